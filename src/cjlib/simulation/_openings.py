"""Which plans a customer can follow from the moment of entry on, and when each could end."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from ._ground import Ground, Way
from ._literals import COMPARE, Literal
from ._plans import SOON, Beat, Date, Exit, Mark, Plan
from ._recipes import JITTER, LATEST
from ._state import NEVER, UNKNOWN, Flags, Floats, Rows, State, Times

__all__ = [
    "ENDLESS", "NOTHING", "PASSED", "Offer", "date_is_restless", "fill_is_urgent", "forced_exits",
    "lacking_at_entry", "offer",
]  # fmt: skip

ENDLESS = 2**61
NOTHING, PASSED = -1, -2  # instead of the plan that led here: none, or a stage passed at this very moment


@attrs.frozen(eq=False)
class Offer:
    """Per customer, the first plan of a way that can be followed (−1 none) and when it could end."""

    plans: Rows
    earliest: Times
    latest: Times


def offer(
    ground: Ground, way: Way, state: State, rows: Rows, starts: Times, previous: Rows, until: int
) -> Offer:
    """What a way offers to customers who enter now, whom the plans of these numbers led here."""
    made = Offer(np.full(len(rows), -1), np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64))
    for number, plan in enumerate(way.plans if way.rate > 0 or way.transition < 0 else ()):
        left = np.flatnonzero(made.plans < 0)
        if not len(left):
            break
        is_open, earliest, latest = _opening(plan, state, rows[left], starts[left])
        if way.transition < 0:
            is_open &= latest > until
        fits = is_open & ~_clashes(ground, plan, state, rows[left], starts[left], previous[left])
        made.plans[left[fits]] = number
        made.earliest[left[fits]] = earliest[fits]
        made.latest[left[fits]] = latest[fits]
    return made


def _opening(plan: Plan, state: State, rows: Rows, starts: Times) -> tuple[Flags, Times, Times]:
    """Whether the plan can be followed, and the earliest and latest moment of leaving."""
    earliest = starts + plan.floor
    latest = np.full(len(rows), ENDLESS, np.int64) if plan.ceiling is None else starts + plan.ceiling
    if plan.exact is not None:
        latest = earliest.copy()
    for role in plan.roles:
        if role.literal.sort.startswith("age"):
            earliest, latest = _aged(role.part, role.literal, state.first[rows], earliest, latest, starts)
    for literal in plan.quiets:
        earliest = np.maximum(earliest, _emptied(literal, state, rows))
    if plan.exact is not None:
        earliest = np.where(earliest > latest, ENDLESS, latest)
    is_open = (earliest <= latest) & (earliest < ENDLESS)
    for room in plan.rooms:
        literal = room.literal
        counts = state.carried(literal, rows, starts) + room.taken
        for beat in room.beats:
            counts += lacking_at_entry(beat, state, rows, starts, np.full(len(rows), beat.gap))
        is_open &= counts < state.threshold(literal, rows)
        if literal.idle:
            is_open &= ~state.truth(literal, rows, starts)
    for setting in plan.settings:
        if setting.is_counted:
            codes = state.codes[setting.name][rows]
            is_open &= setting.during[codes] | (codes == 0)
    mended = {literal for mark in plan.fixes for literal in mark.literals}
    for literal in plan.absent:
        if literal not in mended:
            is_open &= ~state.truth(literal, rows, starts) & ~state.may_turn(literal, rows, starts)
    for mark in plan.marks:
        for literal in mark.literals:
            is_open &= _can_be_marked(mark, literal, state, rows, starts)
    for literal in plan.present:
        is_open &= state.truth(literal, rows, starts)
    return is_open, earliest, latest


def _clashes(ground: Ground, plan: Plan, state: State, rows: Rows, begins: Times, previous: Rows) -> Flags:
    """Whether what must be put right at entry would undo what opened the way here."""
    found = np.zeros(len(rows), bool)
    if plan.settings or plan.dates or plan.beats or plan.fixes:
        for before in np.unique(previous[previous != NOTHING]):
            mine = np.flatnonzero(previous == before)
            read = ground.literals if before == PASSED else ground.read_beside(ground.plans[before])
            found[mine] = _undoes(plan, read, state, rows[mine], begins[mine])
    return found


def _undoes(plan: Plan, read: tuple[Literal, ...], state: State, rows: Rows, begins: Times) -> Flags:
    """Whether something must be put right at the very moment of entry that the stage just left reads."""
    found = np.zeros(len(rows), bool)
    for setting in plan.settings:
        if any(_reads(one, setting.name) for one in read):
            found |= ~setting.calm[state.codes[setting.name][rows]]
    for date in plan.dates:
        if any(_reads(one, date.name) for one in read):
            found |= date_is_restless(date, state.dates[date.name][rows], begins)
    for beat in plan.beats:
        if any(one.stream is not None and one.stream.takes(beat.kind) for one in read):
            found |= fill_is_urgent(beat, state, rows, begins)
    for mark in plan.fixes:
        if any(one.stream is not None and one.stream.takes(mark.kind) for one in read):
            found |= state.truth(mark.literals[0], rows, begins)
    return found


def _reads(literal: Literal, attribute: str) -> bool:
    changes = literal.stream is not None and literal.stream.takes(("@" + attribute, None))
    return literal.attribute == attribute or changes


def _aged(
    part: str, literal: Literal, first: Times, earliest: Times, latest: Times, starts: Times
) -> tuple[Times, Times]:
    moment = first + int(literal.amount)
    if literal.sort == "age_ge":
        if part == "member":
            return np.maximum(earliest, moment), latest
        if part == "trigger":
            return np.where(moment >= earliest, moment, ENDLESS), np.minimum(latest, moment)
        return earliest, np.minimum(latest, moment - 1)
    if part == "member":
        return earliest, np.minimum(latest, moment)
    return np.where(starts > moment, earliest, ENDLESS), latest


def _emptied(literal: Literal, state: State, rows: Rows) -> Times:
    """When the events of earlier visits have left the window."""
    assert literal.window is not None
    memory = state.memory(literal)
    place = 1 if literal.sort == "value" else int(literal.amount) + 1
    latest = memory.times[rows, -min(place, memory.times.shape[1])]
    if literal.idle:
        latest = np.where(memory.totals[rows] == 0, state.first[rows], latest)
    return np.where(latest <= NEVER, NEVER, latest + literal.window)


def _can_be_marked(mark: Mark, literal: Literal, state: State, rows: Rows, starts: Times) -> Flags:
    """Whether one more value makes a smallest or largest value right, whatever the earlier ones were."""
    found = np.ones(len(rows), bool)
    if literal.kind not in ("min", "max") or not literal.remembers or literal.operator not in COMPARE:
        return found
    merge = np.fmin if literal.kind == "min" else np.fmax
    carried, bound = state.value(literal, rows, starts), state.threshold(literal, rows)
    for choice in mark.choices:
        value = choice + (bound - literal.amount)  # an offset from the aim, where there is one
        found &= COMPARE[literal.operator](merge(carried, value), bound)
    return found


def lacking_at_entry(beat: Beat, state: State, rows: Rows, starts: Times, gaps: Floats) -> NDArray[np.int64]:
    """How many events bring a window to its number at entry, so that the regular ones can keep it."""
    found = np.zeros(len(rows), np.int64)
    for literal in beat.literals:
        found = np.maximum(found, _lacking(beat, literal, state, rows, starts, gaps))
    return found


def _lacking(
    beat: Beat, literal: Literal, state: State, rows: Rows, starts: Times, gaps: Floats
) -> NDArray[np.int64]:
    """The i-th of the events that fill the window may leave it only once i others have come."""
    assert literal.window is not None
    if literal.sort == "value":  # what earlier values amount to does not matter where one more is enough
        return np.ones(len(rows), np.int64)
    memory = state.memory(literal)
    number = int(state.threshold(literal, rows).max()) + 1
    times = memory.times[rows, -number:]
    if literal.idle and number == 1:
        times = np.where(memory.totals[rows, None] == 0, state.first[rows, None], times)
    lacking = np.full(len(rows), number)
    paces = np.maximum(gaps, beat.tail / (beat.after + 1))
    for kept in range(1, number + 1):
        come = (LATEST + JITTER / 2) * gaps[:, None] + np.arange(kept) * paces[:, None]
        needed = starts[:, None] + come.astype(np.int64) + SOON - literal.window
        lacking[(times[:, number - kept :] >= needed).all(axis=1)] = number - kept
    return lacking


def fill_is_urgent(beat: Beat, state: State, rows: Rows, starts: Times) -> Flags:
    """Whether a window that must stay filled is empty at entry already."""
    found = np.zeros(len(rows), bool)
    for literal in beat.literals:
        found |= state.truth(literal, rows, starts + SOON)
    return found


def date_is_restless(date: Date, dates: Times, starts: Times) -> NDArray[np.bool_]:
    """Whether the date that a customer brings along would open another way at once."""
    found = np.zeros(len(dates), bool)
    if date.calm is not None:
        found |= dates < starts + SOON + date.calm
    if date.to_start is not None:
        found |= dates > starts + date.to_start
    if date.is_unknown:
        found |= True
    return np.asarray(found & (dates != UNKNOWN))


def forced_exits(exits: tuple[Exit, ...], state: State, rows: Rows, starts: Times) -> NDArray[np.int64]:
    """The position of the way out that is open at the moment of entry already, −1 where none is."""
    found = np.full(len(rows), -1)
    for exit_ in sorted(exits, key=lambda one: one.rank, reverse=True):
        is_true = np.ones(len(rows), bool)
        for literal in exit_.conjunct:
            is_true &= state.truth(literal, rows, starts)
        found[is_true] = exit_.way
    return found
