"""What to do in a visit so that it is left by one transition, at one moment, and by no other earlier."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import attrs
import numpy as np
from numpy.typing import NDArray

from ._attributes import Domain
from ._literals import Conjunct, Kind, Literal, Stream, UnplannableError

__all__ = [
    "Beat",
    "Date",
    "Exit",
    "Mark",
    "Plan",
    "Role",
    "Room",
    "Setting",
    "Site",
    "Want",
    "cost_of",
    "named",
    "plans_for",
]

Codes = NDArray[np.bool_]
MOST_PLANS = 4
SOON = 1_000_000  # how long after entry a customer's affairs are put in order
MOST_TRIES = 4000


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
class Site:
    """A stage with its ways out, and what the planner must know of the journey."""

    stage: int
    exits: tuple[Exit, ...]
    domains: dict[str, Domain]
    dates: frozenset[str]
    channel_of: Callable[[str], str | None]
    is_initial: bool = False

    def kind_of(self, stream: Stream) -> Kind:
        """The event that is emitted for a stream: of an activity that no other term here reads, if any."""
        others = [
            one.stream for exit_ in self.exits for one in exit_.conjunct if one.stream not in (None, stream)
        ]
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
    way: int
    roles: tuple[Role, ...]
    floor: int
    ceiling: int | None
    exact: int | None
    ages: tuple[Role, ...]
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


COST = {
    "trigger": {
        "rise": 0,
        "value": 1,
        "holds": 2,
        "until_le": 2,
        "until_ge": 3,
        "fall": 3,
        "dwell_ge": 5,
        "age_ge": 6,
    },
    "blocker": {
        "rise": 1,
        "value": 2,
        "holds": 2,
        "until_le": 3,
        "until_ge": 4,
        "fall": 4,
        "age_le": 6,
        "dwell_ge": 8,
        "age_ge": 9,
    },
}


def named(roles: Iterable[Role]) -> str:
    """What a plan is to bring about, for messages."""
    return " with ".join(role.literal.text for role in roles if role.part != "blocker") or "staying"


def cost_of(role: Role) -> float:
    """How unnatural it is to ask this of a literal; infinite where it cannot be asked."""
    literal = role.literal
    base = COST.get(role.part, {}).get(literal.sort, np.inf if role.part in COST else 0)
    return float(
        base + 2 * literal.remembers * (role.part == "blocker") + (literal.sort == "rise" and literal.ever)
    )


def plans_for(
    site: Site, exit_: Exit | None, compose: Callable[[Site, Exit | None, tuple[Role, ...]], Plan]
) -> list[Plan]:
    """The plans for a way out (None: to stay), the most natural first.

    Raises:
        UnplannableError: if there is none; tells what stood in the way of the last try.
    """
    found: list[Plan] = []
    reasons: list[str] = []
    budget = [MOST_TRIES]
    for roles in _own_roles(exit_):
        if len(found) < MOST_PLANS:
            _search(site, exit_, roles, _others(site, exit_, roles), compose, found, reasons, budget)
    if not found:
        raise UnplannableError(
            max(reasons, key=len) if reasons else "nothing that can turn true at a chosen moment"
        )
    return sorted(found, key=lambda plan: plan.cost)


def _own_roles(exit_: Exit | None) -> Iterator[tuple[Role, ...]]:
    if exit_ is None:
        yield ()
        return
    triggers = [Role(literal, "trigger") for literal in exit_.conjunct]
    for trigger in sorted((one for one in triggers if np.isfinite(cost_of(one))), key=cost_of):
        members = [one for one in exit_.conjunct if one != trigger.literal]
        yield (trigger, *(Role(one, "member") for one in members))
        if any(one.sort == "rise" and one.ever for one in members):
            yield (
                trigger,
                *(Role(one, "past" if one.sort == "rise" and one.ever else "member") for one in members),
            )


def _others(site: Site, exit_: Exit | None, roles: tuple[Role, ...]) -> list[Conjunct]:
    """The alternatives that must not come true before, those first that leave the least choice."""
    trigger = roles[0].literal if roles else None
    found = []
    for other in site.exits:
        loses = exit_ is not None and (other.transition == exit_.transition or other.rank > exit_.rank)
        if other is not exit_ and not (loses and trigger in other.conjunct):
            found.append(other.conjunct)
    return sorted(found, key=len)


def _search(
    site: Site,
    exit_: Exit | None,
    roles: tuple[Role, ...],
    others: list[Conjunct],
    compose: Callable[[Site, Exit | None, tuple[Role, ...]], Plan],
    found: list[Plan],
    reasons: list[str],
    budget: list[int],
) -> None:
    budget[0] -= 1
    if budget[0] < 0 or len(found) >= MOST_PLANS:
        return
    try:
        plan = compose(site, exit_, roles)
    except UnplannableError as error:
        reasons.append(str(error))
        return
    blocked = {role.literal for role in roles if role.part == "blocker"}
    rest = [conjunct for conjunct in others if not blocked & set(conjunct)]
    if not rest:
        found.append(plan)
        return
    mine = {role.literal for role in roles}
    candidates = [Role(literal, "blocker") for literal in rest[0] if literal not in mine]
    usable = sorted((one for one in candidates if np.isfinite(cost_of(one))), key=cost_of)
    if not usable:
        reasons.append(
            f"nothing keeps {' and '.join(one.text for one in rest[0])!r} from coming true earlier"
        )
    for role in usable:
        _search(site, exit_, (*roles, role), rest[1:], compose, found, reasons, budget)
