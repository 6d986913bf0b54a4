"""From roles to a plan: regular events, missing events and silence, held against each other."""

from __future__ import annotations

import math

import attrs

from ._literals import COMPARE, Kind, Literal, Stream, UnplannableError
from ._plans import (
    AIMS,
    Beat,
    Exit,
    Mark,
    Plan,
    Role,
    Room,
    Site,
    Want,
    changes_of,
    dates_of,
    named,
    settings_of,
    times_of,
)  # fmt: skip

__all__ = ["DENSEST", "EARLIEST", "JITTER", "LATEST", "SCALES", "compose", "cost_of", "holds_value"]

SHORTEST = 60_000_000  # a visit lasts a minute at least
JITTER = 0.35  # how far a regular event may be from its place, both sides together, in gaps
EARLIEST, LATEST = 0.2, 0.6  # where the first regular event of a visit lies, in gaps
WIDEST = 1 + JITTER  # how far two regular events may be apart, in gaps
SCALES = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7)}  # of the answers to surveys
MOST_EVENTS = 10_000  # of one kind in one visit
DENSEST = 0.36  # the gap of the busiest customers, in gaps of the least busy
COST = {  # how unnatural it is to let the end come by this, or to hold this back until then
    "trigger": {
        "rise": 0, "value": 1, "holds": 2, "until_le": 2, "until_ge": 3, "fall": 3, "dwell_ge": 5,
        "age_ge": 6,
    },
    "blocker": {
        "rise": 1, "value": 2, "holds": 2, "until_le": 3, "until_ge": 4, "fall": 4, "age_le": 6,
        "dwell_ge": 8, "age_ge": 9,
    },
}  # fmt: skip


def compose(site: Site, exit_: Exit | None, roles: tuple[Role, ...]) -> Plan:
    """The plan that gives every literal its role.

    Raises:
        UnplannableError: if two roles exclude each other.
    """
    marks = _marks(site, roles)
    wants = _wants(site, roles)
    beats = _tails(_beats(site, roles), roles)
    emitted: list[Want | Mark] = [*wants, *marks]
    for role in roles:
        _check_silence(role, emitted)
        _check_values(role, marks, beats)
    dates = dates_of(site, roles)
    floor, ceiling, exact = times_of(roles, beats, dates)
    rooms, beats, floor, ceiling = _room(roles, wants, marks, beats, floor, ceiling)
    if exact is not None and exact < floor:
        raise UnplannableError(f"{named(roles)}: another way out opens before")
    if ceiling is not None and max(floor, SHORTEST) > ceiling:
        raise UnplannableError(f"{named(roles)}: it would have to last too long")
    return Plan(
        transition=-1 if exit_ is None else exit_.transition,
        roles=roles,
        floor=max(floor, SHORTEST),
        ceiling=ceiling,
        exact=exact,
        beats=beats,
        wants=wants,
        marks=marks,
        fixes=_fixes(site, roles),
        rooms=rooms,
        quiets=tuple(one.literal for one in roles if _is_quiet(one)),
        absent=tuple(one.literal for one in roles if _is_absent(one)),
        present=tuple(one.literal for one in roles if _is_present(one)),
        settings=settings_of(site, roles),
        dates=dates,
        changes=changes_of(site, wants, roles),
        cost=sum(map(cost_of, roles)) + sum(1 + 1e11 / beat.gap for beat in beats),
    )


def cost_of(role: Role) -> float:
    """How unnatural it is to ask this of a literal; infinite where it cannot be asked."""
    literal = role.literal
    base = COST.get(role.part, {}).get(literal.sort, math.inf if role.part in COST else 0)
    return float(
        base + 2 * literal.remembers * (role.part == "blocker") + (literal.sort == "rise" and literal.ever)
    )


def _is_fading(literal: Literal) -> bool:
    """Whether a sum over a window falls below its bound when the window empties."""
    return (
        literal.sort == "value"
        and literal.kind == "sum"
        and literal.window is not None
        and literal.operator in ("<", "<=")
        and literal.aim is None
        and literal.amount > (-1e-9 if literal.operator == "<=" else 0)
    )


def _is_fall(role: Role) -> bool:
    literal = role.literal
    return literal.window is not None and (literal.sort == "fall" or _is_fading(literal))


def _is_quiet(role: Role) -> bool:
    return role.part == "member" and _is_fall(role)


def _is_absent(role: Role) -> bool:
    """Literals that must not be true when the visit begins and that no other part of the plan sees to."""
    literal = role.literal
    if role.part == "blocker":
        return (literal.sort == "value" and not _is_fading(literal)) or (
            literal.sort == "fall" and (literal.ever or literal.window is None)
        )
    return role.part == "trigger" and literal.sort == "value" and not _is_fading(literal)


def _is_present(role: Role) -> bool:
    """Literals that must be true when the visit begins and that nothing in the visit may touch."""
    literal = role.literal
    if role.part == "member" and literal.sort == "value":
        return literal.operator == "unknown" or (_is_low_sum(literal) and literal.ever)
    return role.part == "past"


def _is_low_sum(literal: Literal) -> bool:
    return literal.kind == "sum" and literal.operator in ("<", "<=")


def _most(literal: Literal) -> int:
    return int(literal.amount) + (AIMS[1] if literal.aim else 0)


def _least(literal: Literal) -> int:
    return int(literal.amount) + (AIMS[0] if literal.aim else 0)


def _check_number(literal: Literal) -> None:
    if _most(literal) > MOST_EVENTS:
        raise UnplannableError(f"{literal.text}: more than {MOST_EVENTS:,} events in one visit")


def _wants(site: Site, roles: tuple[Role, ...]) -> tuple[Want, ...]:
    found = []
    for role in roles:
        literal = role.literal
        if literal.sort == "rise" and role.part in ("trigger", "member"):
            assert literal.stream is not None
            kind = site.kind_of(literal.stream)
            _check_number(literal)
            if kind[0].startswith("@") and (_most(literal) > 1 or literal.stream.channel):
                raise UnplannableError(f"{literal.text}: more than one change of an attribute")
            found.append(Want(kind, literal, role.part == "trigger"))
    return tuple(sorted(found, key=lambda want: want.is_trigger))


def _marks(site: Site, roles: tuple[Role, ...]) -> tuple[Mark, ...]:
    asked: dict[Kind, list[Literal]] = {}
    for role in roles:
        literal = role.literal
        if literal.sort == "value" and role.part != "blocker" and not _is_fading(literal):
            if literal.operator == "unknown":
                if role.part == "trigger":
                    raise UnplannableError(f"{literal.text}: a value that is forgotten")
                continue
            if _is_low_sum(literal) and role.part == "member":
                continue
            assert literal.stream is not None
            asked.setdefault(site.kind_of(literal.stream), []).append(literal)
    found = []
    for kind, literals in asked.items():
        blockers = [role.literal for role in roles if role.part == "blocker"]
        choices = _choices(kind, literals, blockers)
        if not choices or kind[0].startswith("@"):
            raise UnplannableError(f"{' and '.join(one.text for one in literals)}: no value does it")
        found.append(Mark(kind, tuple(literals), choices))
    return tuple(found)


def _choices(kind: Kind, wanted: list[Literal], unwanted: list[Literal]) -> tuple[float, ...]:
    """Values of a single event, as offsets from an aim where there is one."""
    against = [
        one for one in unwanted if one.sort == "value" and one.stream is not None and one.stream.takes(kind)
    ]
    pool = [number for one in (*wanted, *against) for number in _near(one)] or [1.0]
    found = tuple(
        number
        for number in dict.fromkeys(pool)
        if all(holds_value(one, number) for one in wanted)
        and not any(holds_value(one, number) for one in against)
    )
    return _on_scale(kind, found)


def _on_scale(kind: Kind, choices: tuple[float, ...]) -> tuple[float, ...]:
    """The answers that the question allows, if one of them will do."""
    low, high = next(
        (scale for name, scale in SCALES.items() if kind[0].startswith(name)), (-math.inf, math.inf)
    )
    return tuple(choice for choice in choices if low <= choice <= high) or choices


def _near(literal: Literal) -> list[float]:
    numbers = [float(str(option)) for option in literal.options] or [literal.amount]
    step = 1.0 if all(abs(number) >= 2 or number == int(number) for number in numbers) else 0.05
    return [round(number + step * shift, 6) for number in numbers for shift in (0, 1, -1, 2, -2)] + [
        float(rounded(number)) for number in numbers for rounded in (math.floor, math.ceil)
    ]


def holds_value(literal: Literal, value: float) -> bool:
    """Whether the value of a single event makes the literal true."""
    if literal.operator in ("known", "unknown"):
        return literal.operator == "known"
    if literal.operator in ("in", "not in"):
        return (value in literal.options) == (literal.operator == "in")
    return bool(COMPARE[literal.operator](value, literal.amount))


def _fixes(site: Site, roles: tuple[Role, ...]) -> tuple[Mark, ...]:
    """Values that put a ``last`` right at entry, should it be true already."""
    found = []
    for role in roles:
        literal = role.literal
        if _is_absent(role) and literal.kind == "last" and literal.operator != "known" and not literal.aim:
            assert literal.stream is not None
            others = [
                one.literal for one in roles if _is_absent(one) and one.literal.stream == literal.stream
            ]
            choices = tuple(
                n for one in others for n in _near(one) if not any(holds_value(o, n) for o in others)
            )
            if choices:
                kind = site.kind_of(literal.stream)
                found.append(Mark(kind, (literal,), _on_scale(kind, choices)))
    return tuple(found)


def _check_silence(role: Role, emitted: list[Want | Mark]) -> None:
    """A window that must be empty at the end excludes events at the end."""
    literal = role.literal
    if not _is_fall(role) or role.part == "blocker" or literal.stream is None:
        return
    for one in emitted:
        if literal.stream.takes(one.kind):
            raise UnplannableError(f"{literal.text}: the events that others need would break it")


def _check_values(role: Role, marks: tuple[Mark, ...], beats: tuple[Beat, ...]) -> None:
    """Values that come for other literals must not open or spoil this one."""
    literal = role.literal
    if literal.sort != "value" or literal.stream is None:
        return
    is_low = _is_low_sum(literal) and role.part == "member"
    if (_is_present(role) or is_low) and any(literal.stream.takes(mark.kind) for mark in marks):
        raise UnplannableError(f"{literal.text}: a value that another criterion needs would break it")
    for beat in beats:
        is_other = literal not in beat.literals and literal.stream.takes(beat.kind) and role.part != "member"
        if (
            is_other
            and beat.value is not None
            and (literal.kind == "sum" or holds_value(literal, beat.value))
        ):
            raise UnplannableError(f"{literal.text!r} would be true before")


def _beats(site: Site, roles: tuple[Role, ...]) -> dict[Kind, tuple[Beat, list[Literal]]]:
    found: dict[Kind, tuple[Beat, list[Literal]]] = {}
    for role in roles:
        literal = role.literal
        if not _is_fall(role) or role.part == "member":
            continue
        assert literal.stream is not None
        assert literal.window is not None
        count = 1
        if literal.sort != "value":
            _check_number(literal)
            count = _most(literal) + 1
        kind = next((one for one in found if literal.stream.takes(one)), site.kind_of(literal.stream))
        if kind[0].startswith("@"):
            raise UnplannableError(f"{literal.text}: an attribute would have to change all the time")
        if literal.window < count * 60_000_000:
            raise UnplannableError(f"{literal.text}: too many events in too short a time")
        value = None if literal.sort != "value" else float(math.floor(literal.amount) + 1)
        gap = 0.97 * literal.window / (count * WIDEST)
        if kind in found:
            beat, literals = found[kind]
            values = [one for one in (value, beat.value) if one is not None]
            merged = attrs.evolve(
                beat, gap=min(gap, beat.gap), top=max(count, beat.top), value=max(values, default=None)
            )
            found[kind] = merged, [*literals, literal]
        else:
            found[kind] = Beat(kind, gap, count, value=value), [literal]
    return found


def _tails(beats: dict[Kind, tuple[Beat, list[Literal]]], roles: tuple[Role, ...]) -> tuple[Beat, ...]:
    """Regular events end where a window has to empty; the last of them keep the other windows filled."""
    ends = [role.literal for role in roles if role.part != "blocker" and _is_fall(role)]
    found = []
    for beat, literals in beats.values():
        own = [end for end in ends if end.stream is not None and end.stream.takes(beat.kind)]
        tail = max((end.window or 0 for end in own), default=0)
        after = min((0 if end.sort == "value" else _least(end) for end in own), default=0)
        last = max(1, beat.top - after) if own else 0
        for literal in literals:
            if tail and literal not in ends and (literal.window or 0) <= tail:
                raise UnplannableError(f"{literal.text!r} would be true before")
            if tail and literal in ends and literal.window != tail:
                raise UnplannableError(f"{literal.text!r} would be true before")
        found.append(attrs.evolve(beat, tail=tail, last=last, after=after, literals=tuple(literals)))
    return tuple(found)


def _limits(roles: tuple[Role, ...]) -> list[tuple[Role, Literal, int]]:
    """Literals that allow only so many events before the end."""
    found = []
    for role in roles:
        literal = role.literal
        if literal.sort == "rise" and role.part in ("blocker", "trigger"):
            found.append((role, literal, _least(literal) - 1))
        if literal.sort == "fall" and role.part == "member" and literal.window is None:
            found.append((role, literal, _least(literal)))
        if literal.sort == "fall" and role.part == "blocker" and literal.window is None and not literal.ever:
            raise UnplannableError(f"{literal.text!r} is true from the start of the visit on")
    return found


def _room(
    roles: tuple[Role, ...],
    wants: tuple[Want, ...],
    marks: tuple[Mark, ...],
    beats: tuple[Beat, ...],
    floor: int,
    ceiling: int | None,
) -> tuple[tuple[Room, ...], tuple[Beat, ...], int, int | None]:
    rooms = []
    for role, literal, most in _limits(roles):
        stream = literal.stream
        assert stream is not None
        used = _used(role, stream, wants, marks)
        if used > most:
            raise UnplannableError(f"{literal.text!r} would be true before")
        crowd = 0
        for position, beat in enumerate(beats):
            if not stream.takes(beat.kind):
                continue
            if literal.ever:
                raise UnplannableError(f"{literal.text!r} cannot be kept from coming true")
            if literal.window is None:
                beat = attrs.evolve(beat, steady=True)
                longest = int((most - used - beat.top - beat.last - beat.after) * beat.gap * 0.97) + beat.tail
                ceiling = longest if ceiling is None else min(longest, ceiling)
            else:
                beat, number = _sparse(beat, literal.window, most - used)
                floor = max(floor, beat.tail + literal.window if beat.tail else 0)
                crowd += number
            beats = (*beats[:position], beat, *beats[position + 1 :])
        if literal.remembers:
            filled = tuple(beat for beat in beats if stream.takes(beat.kind))
            rooms.append(Room(literal, used + crowd - (role.part == "member"), filled))
    if ceiling is not None and ceiling < max(SHORTEST, floor):
        raise UnplannableError(f"{named(roles)}: the events that keep other ways shut open one themselves")
    return tuple(rooms), beats, floor, ceiling


def _used(role: Role, stream: Stream, wants: tuple[Want, ...], marks: tuple[Mark, ...]) -> int:
    own = [want for want in wants if want.literal != role.literal and stream.takes(want.kind)]
    at_end = 0 if role.part == "trigger" else sum(stream.takes(mark.kind) for mark in marks)
    return sum(_most(want.literal) for want in own) + at_end


def _sparse(beat: Beat, window: int, most: int) -> tuple[Beat, int]:
    """The regular events thin enough for a window that must not hold more than so many.

    The second number is how many of them lie in the first such window of the visit at most.
    """
    for steady in (False, True):
        gap = beat.gap * (1.0 if steady else DENSEST)
        number = math.floor(window / gap + JITTER) + 1
        if number + max(beat.last, 1) <= most:
            return attrs.evolve(beat, steady=steady or beat.steady), math.ceil(
                window / gap - EARLIEST + JITTER / 2
            )
    raise UnplannableError(f"the regular {beat.kind[0]!r} would open another way out")
