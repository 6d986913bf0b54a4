"""The plan of a visit as values, and what it asks of time, attributes and dates."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable

import attrs
import numpy as np
from numpy.typing import NDArray

from ._literals import COMPARE, Conjunct, Kind, Literal, Stream, UnplannableError

__all__ = [
    "AIMS", "SOON", "Beat", "Date", "Domain", "Exit", "Mark", "Plan", "Role", "Room", "Setting", "Site",
    "Want", "aims_of", "changes_of", "date_names", "dates_of", "domains_of", "named", "read_by",
    "settings_of", "times_of",
]  # fmt: skip

Value = str | float | bool | tuple[str, ...] | None
Codes = NDArray[np.bool_]

AIMS = (2, 6)  # the least and the most that a customer's own aim can be
SOON = 1_000_000  # how long after entry a customer's affairs are put in order


@attrs.frozen
class Exit:
    """One alternative of one transition's criterion."""

    transition: int
    way: int
    conjunct: Conjunct
    rank: tuple[int, int] = (0, 0)  # the smaller wins where several are true at one instant

    @property
    def text(self) -> str:
        return " and ".join(literal.text for literal in self.conjunct) or "always"


@attrs.frozen(eq=False)
class Domain:
    """The values that a watched attribute may take; the first is None, unknown."""

    name: str
    values: tuple[Value, ...]

    def truth(self, literal: Literal) -> Codes:
        """Per value, whether the literal is true."""
        return np.array([_is_true(literal, value) for value in self.values])


@attrs.frozen(eq=False)
class Site:
    """A stage with its ways out, and what the planner must know of the journey."""

    stage: int
    exits: tuple[Exit, ...]
    domains: dict[str, Domain]
    dates: frozenset[str]
    channel_of: Callable[[str], str | None]

    def kind_of(self, stream: Stream) -> Kind:
        """The event that is emitted for a stream: of an activity that no other term here reads, if any."""
        others = [one.stream for exit_ in self.exits for one in exit_.conjunct if one.stream != stream]
        taken = {activity for other in others if other is not None for activity in other.activities}
        free = [activity for activity in stream.activities if activity not in taken]
        activity = (free or list(stream.activities))[0]
        return activity, stream.channel or self.channel_of(activity)


@attrs.frozen
class Role:
    """What is asked of a literal.

    To turn true at the end (``trigger``), to be true then (``member``), to be so from earlier visits on
    (``past``), or to be true neither before the end nor at it (``blocker``).
    """

    literal: Literal
    part: str


@attrs.frozen
class Beat:
    """Events at regular intervals that keep a window filled.

    At ``tail`` before the end come ``last`` events, then only ``after`` more: so the window empties.
    """

    kind: Kind
    gap: float
    top: int
    steady: bool = False
    tail: int = 0
    last: int = 0
    after: int = 0
    value: float | None = None
    literals: tuple[Literal, ...] = ()


@attrs.frozen
class Want:
    """As many events as a literal still lacks at the end."""

    kind: Kind
    literal: Literal
    is_trigger: bool


@attrs.frozen
class Mark:
    """One event with a value, at the end."""

    kind: Kind
    literals: tuple[Literal, ...]
    choices: tuple[float, ...]


@attrs.frozen(eq=False)
class Room:
    """A threshold not to be reached: ``taken`` by the visit itself, filled up at entry by some beats."""

    literal: Literal
    taken: int
    beats: tuple[Beat, ...]


@attrs.frozen(eq=False)
class Setting:
    """The values that an attribute may have during the visit and, if it is the trigger, at its end."""

    name: str
    during: Codes
    calm: Codes  # the values under which no other way is open, whether or not they suffice for this one
    final: Codes | None = None
    is_counted: bool = False  # a change during the visit would be counted


@attrs.frozen
class Date:
    """The interval in which a date attribute must lie, from the end or the start of the visit."""

    name: str
    from_end: int | None = None
    to_end: int | None = None
    to_start: int | None = None
    calm: int | None = None
    is_known: bool = False
    is_unknown: bool = False
    moved_at_end: int | None = None
    end_below: int | None = None  # how far ahead a date set at the end may lie
    set_at_end: bool = False


@attrs.frozen(kw_only=True, eq=False)
class Plan:
    """A recipe for one way out of one stage; ``transition`` is −1 where the customer stays."""

    transition: int
    roles: tuple[Role, ...]
    floor: int
    ceiling: int | None
    exact: int | None
    beats: tuple[Beat, ...]
    wants: tuple[Want, ...]
    marks: tuple[Mark, ...]
    fixes: tuple[Mark, ...]
    rooms: tuple[Room, ...]
    quiets: tuple[Literal, ...]
    absent: tuple[Literal, ...]
    present: tuple[Literal, ...]
    settings: tuple[Setting, ...]
    dates: tuple[Date, ...]
    changes: tuple[str, ...]
    cost: float


def named(roles: Iterable[Role]) -> str:
    """What a plan is to bring about, for messages."""
    return " with ".join(role.literal.text for role in roles if role.part != "blocker") or "staying"


def times_of(
    roles: tuple[Role, ...], beats: tuple[Beat, ...], dates: tuple[Date, ...]
) -> tuple[int, int | None, int | None]:
    floor = max((beat.tail + 2 * SOON for beat in beats if beat.tail), default=0)
    ceiling: int | None = None
    exact: int | None = None
    for role in roles:
        sort, length = role.literal.sort, int(role.literal.amount)
        if sort == "fall" and role.part == "trigger" and role.literal.window is None:
            raise UnplannableError(f"{role.literal.text}: only ever turns false")
        if not sort.startswith("dwell"):
            continue
        if (sort, role.part) == ("dwell_ge", "trigger"):
            exact = length
        elif sort == "dwell_ge" and role.part == "member":
            floor = max(floor, length)
        else:
            limit = length - 1 if sort == "dwell_ge" else length
            ceiling = limit if ceiling is None else min(ceiling, limit)
    for date in dates:
        if date.is_known and date.to_start is not None and date.from_end is not None:
            limit = date.to_start - date.from_end
            ceiling = limit if ceiling is None else min(ceiling, limit)
    if exact is not None:
        if exact < floor or (ceiling is not None and exact > ceiling):
            raise UnplannableError(f"{named(roles)}: another way out opens before")
        floor = exact
    return floor, ceiling, exact


def settings_of(site: Site, roles: tuple[Role, ...]) -> tuple[Setting, ...]:
    found: dict[str, Setting] = {}
    for role in roles:
        literal = role.literal
        if literal.sort != "holds" or literal.attribute in site.dates:
            continue
        name = str(literal.attribute)
        truth = site.domains[name].truth(literal)
        everything = np.ones(len(truth), bool)
        before = found.get(name) or Setting(name, everything, everything)
        final = before.final if before.final is not None else before.during
        during = before.during & (truth if role.part == "member" else ~truth)
        has_final = before.final is not None or role.part == "trigger"
        final = final & (~truth if role.part == "blocker" else truth)
        calm = before.calm if role.part == "member" else before.calm & ~truth
        counted = [one.literal for one in roles if _counts(one, name)]
        if counted and has_final:
            raise UnplannableError(f"{counted[0].text!r} would count the change of {name!r}")
        found[name] = Setting(name, during, calm, final if has_final else None, is_counted=bool(counted))
        if not during.any() or (has_final and not final.any()):
            raise UnplannableError(f"{literal.text}: no value of the attribute does it")
    return tuple(found.values())


def _counts(role: Role, attribute: str) -> bool:
    """Whether a change of the attribute would open, or spoil, what the literal counts."""
    stream, sort = role.literal.stream, role.literal.sort
    opens = sort == "rise" and role.part in ("trigger", "blocker")
    spoils = sort == "fall" and role.part != "blocker"
    return (opens or spoils) and stream is not None and stream.takes(("@" + attribute, None))


def dates_of(site: Site, roles: tuple[Role, ...]) -> tuple[Date, ...]:
    found: dict[str, Date] = {}
    for role in roles:
        literal, part = role.literal, role.part
        if literal.attribute not in site.dates:
            continue
        date = found.get(str(literal.attribute)) or Date(str(literal.attribute))
        found[date.name] = _dated(date, literal, part)
    for date in found.values():
        if date.is_unknown and (date.is_known or date.from_end is not None or date.to_end is not None):
            raise UnplannableError(f"attribute {date.name!r} would have to be known and unknown")
        if date.moved_at_end is not None and date.to_end is not None and date.moved_at_end > date.to_end:
            raise UnplannableError(f"attribute {date.name!r} would have to be early and late")
        latest = date.moved_at_end if date.moved_at_end is not None else 0 if date.set_at_end else None
        if latest is not None and date.end_below is not None and latest > date.end_below:
            raise UnplannableError(f"attribute {date.name!r}: another way out opens as well")
        if date.from_end is not None and date.to_end is not None and date.from_end > date.to_end:
            raise UnplannableError(f"attribute {date.name!r}: another way out opens before")
    return tuple(found.values())


def _dated(date: Date, literal: Literal, part: str) -> Date:
    if literal.sort == "holds":
        if (part, literal.operator) == ("trigger", "unknown"):
            raise UnplannableError(f"{literal.text}: a date that is forgotten")
        if (literal.operator == "known") == (part == "member"):
            return attrs.evolve(date, is_known=True)
        return attrs.evolve(date, is_unknown=True, set_at_end=date.set_at_end or part == "trigger")
    length = int(literal.amount)
    lows = [one for one in (date.from_end,) if one is not None]
    highs = [one for one in (date.to_end,) if one is not None]
    if literal.sort == "until_le":
        if part != "member":
            date = attrs.evolve(date, calm=max(length + 1, length + 1 if date.calm is None else date.calm))
        if part == "blocker":
            return attrs.evolve(date, from_end=max([*lows, length + 1]))
        low = max([*lows, length]) if part == "trigger" else date.from_end
        return attrs.evolve(date, from_end=low, to_end=min([*highs, length]), is_known=True)
    if part == "member":
        return attrs.evolve(date, from_end=max([*lows, length]), is_known=True)
    ends = [one for one in (date.to_start, length - 1) if one is not None]
    if part == "trigger":
        return attrs.evolve(date, to_start=min(ends), moved_at_end=length)
    below = min(one for one in (date.end_below, length - 1) if one is not None)
    return attrs.evolve(date, to_start=min(ends), end_below=below)


def changes_of(site: Site, wants: tuple[Want, ...], roles: tuple[Role, ...]) -> tuple[str, ...]:
    """Attributes that change at the end because ``@name`` is wanted."""
    names = tuple(dict.fromkeys(want.kind[0][1:] for want in wants if want.kind[0].startswith("@")))
    fixed = {role.literal.attribute for role in roles}
    for name in names:
        if name in fixed or name not in site.domains or len(site.domains[name].values) < 3:
            raise UnplannableError(f"attribute {name!r} would have to change and to stay")
    return names


def date_names(literals: Iterable[Literal], declared: dict[str, str]) -> frozenset[str]:
    """The attributes that hold a date: read by ``until`` or declared so."""
    read = {str(literal.attribute) for literal in literals if literal.sort.startswith("until")}
    return frozenset(read | {name for name, kind in declared.items() if kind == "date"})


def read_by(literals: Iterable[Literal]) -> frozenset[str]:
    """All activities that some literal reads."""
    streams = [one.stream for one in literals if one.stream is not None]
    return frozenset(activity for stream in streams for activity in stream.activities)


def aims_of(literals: Iterable[Literal]) -> frozenset[str]:
    """The attributes that hold each customer's own aim for a count or value."""
    return frozenset(literal.aim for literal in literals if literal.aim is not None)


def domains_of(
    literals: Iterable[Literal],
    declared: dict[str, str],
    options: dict[str, tuple[str, ...]],
    changing: set[str],
) -> dict[str, Domain]:
    """A domain per attribute that a ``holds`` literal reads or whose changes are counted."""
    grouped: dict[str, list[Literal]] = {name: [] for name in sorted(changing)}
    for literal in literals:
        if literal.sort == "holds":
            grouped.setdefault(str(literal.attribute), []).append(literal)
    found = {}
    for name, group in grouped.items():
        values = _values(name, group, declared.get(name, ""), options.get(name, ()))
        found[name] = Domain(name, (None, *dict.fromkeys(values)))
    return found


def _values(name: str, group: list[Literal], declared: str, options: tuple[str, ...]) -> list[Value]:
    mentioned = [option for literal in group for option in literal.options if option is not None]
    if declared == "set" or any(literal.operator in ("contains", "lacks") for literal in group):
        return _sets(list(dict.fromkeys([*map(str, mentioned), *options])))
    if declared == "boolean" or any(isinstance(option, bool) for option in mentioned):
        return [True, False]
    if declared == "number" or any(not isinstance(option, str) for option in mentioned):
        return _numbers([one for one in map(_number, mentioned) if one is not None])
    if options:
        return list(options)
    return [*map(str, mentioned), *(f"{name} {letter}" for letter in "AB")]


def _sets(options: list[str]) -> list[Value]:
    if len(options) > 4:
        return [*((option,) for option in options), tuple(options), ()]
    return [subset for size in range(len(options) + 1) for subset in itertools.combinations(options, size)]


def _number(option: object) -> float | None:
    return float(option) if isinstance(option, (int, float)) else None


def _numbers(mentioned: list[float]) -> list[Value]:
    if not mentioned:
        return [5.0, 10.0, 25.0, 50.0]
    step = 1.0 if all(abs(number) >= 2 or number == int(number) for number in mentioned) else 0.05
    return [round(number + step * shift, 6) for number in mentioned for shift in (0, 1, -1, 3, -3)]


def _is_true(literal: Literal, value: Value) -> bool:
    operator, options = literal.operator, literal.options
    if operator in ("known", "unknown"):
        return (value is not None) == (operator == "known")
    if value is None:
        return False
    if operator in ("contains", "lacks"):
        return isinstance(value, tuple) and (options[0] in value) == (operator == "contains")
    if operator in ("in", "not in"):
        return (value in options) == (operator == "in")
    if operator in ("==", "!="):
        return (value == options[0]) == (operator == "==")
    if isinstance(value, (str, tuple)) or isinstance(options[0], str):
        return False
    return bool(COMPARE[operator](value, _number(options[0]) or 0.0))
