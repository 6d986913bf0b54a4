"""Which plans a customer can follow from the moment of entry on, and when each could end."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from ._literals import Literal
from ._memory import COMPARE, NEVER, UNKNOWN, Flags, Floats, Rows, State
from ._plans import SOON, Beat, Date, Exit, Mark, Plan
from ._recipes import JITTER, LATEST

__all__ = [
    "ENDLESS",
    "Opening",
    "date_is_restless",
    "fill_is_urgent",
    "forced_exits",
    "lacking_at_entry",
    "opening",
]

Times = NDArray[np.int64]
ENDLESS = 2**61


@attrs.frozen(eq=False)
class Opening:
    """Per customer, whether a plan can be followed and the earliest and latest moment of leaving."""

    is_open: Flags
    earliest: Times
    latest: Times


def opening(plan: Plan, state: State, rows: Rows, starts: Times) -> Opening:
    """When the plan can end for customers who enter now."""
    earliest = starts + plan.floor
    latest = np.full(len(rows), ENDLESS, np.int64) if plan.ceiling is None else starts + plan.ceiling
    if plan.exact is not None:
        latest = earliest.copy()
    for role in plan.ages:
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
    return Opening(is_open, earliest, latest)


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
