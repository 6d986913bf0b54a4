"""Which event answered a signal, and what was not done in time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import attrs
import numpy as np

from .._jit import jit
from ..journey._journey import Journey
from ._inputs import Prepared
from ._layout import NAT, OPEN, X_EVENTS, Floats, Inputs, Ints
from ._leaves import MICROSECOND
from ._roots import claims

__all__ = ["Breaches", "answers", "breaches"]


@jit
def stages_before(owner: Ints, time: Ints, visit_from: Ints, entered: Ints, stage: Ints) -> Ints:
    """The stage of each customer just before what happens at an instant; -1 before the first moment."""
    found = np.full(len(owner), -1, np.int64)
    for row in range(len(owner)):
        low, high = visit_from[owner[row]], visit_from[owner[row] + 1]
        first = low
        while low < high:
            middle = (low + high) // 2
            if entered[middle] < time[row]:
                low = middle + 1
            else:
                high = middle
        if low > first:
            found[row] = stage[low - 1]
        elif low < visit_from[owner[row] + 1] and entered[low] == time[row]:
            found[row] = stage[low]
    return found


@jit
def first_after(owner: Ints, moment: Ints, event_from: Ints, time: Ints) -> Ints:
    """For each row the time of the owner's first event strictly after the moment, or NAT."""
    found = np.full(len(owner), NAT, np.int64)
    for row in range(len(owner)):
        low, high = event_from[owner[row]], event_from[owner[row] + 1]
        end = high
        while low < high:
            middle = (low + high) // 2
            if time[middle] <= moment[row]:
                low = middle + 1
            else:
                high = middle
        if low < end:
            found[row] = time[low]
    return found


def answers(journey: Journey, prepared: Prepared, visits: Ints, signals: Ints) -> Ints:
    """(signals,) when each was answered: the first event of its response strictly after it was raised."""
    answered = np.full(len(signals), NAT, np.int64)
    for number, signal in enumerate(journey.signals):
        rows = np.flatnonzero(signals[:, 1] == number)
        if signal.response is None or not len(rows):
            continue
        event_from, time = _touchpoint_events(journey, prepared, visits, signal.response)
        answered[rows] = first_after(signals[rows, 0].copy(), signals[rows, 2].copy(), event_from, time)
    return answered


def _touchpoint_events(
    journey: Journey, prepared: Prepared, visits: Ints, touchpoint: str
) -> tuple[Ints, Ints]:
    """The touchpoint's events: slices per customer and times."""
    inputs = prepared.inputs
    wanted = journey.touchpoint(touchpoint)
    codes = [prepared.activities.index(a) for a in wanted.activities if a in prepared.activities]
    picked = np.flatnonzero(np.isin(inputs.activity, codes))
    owner = np.searchsorted(inputs.customers[:, X_EVENTS], picked, side="right") - 1
    claimed = claims(journey)
    shared = [code for code in codes if len(claimed[prepared.activities[code]]) > 1]
    if shared:
        stage = _stage_of(inputs, visits, owner, inputs.time[picked])
        allowed = np.array([s.id in wanted.stages for s in journey.stages] + [False])
        keep = ~np.isin(inputs.activity[picked], shared) | allowed[stage]
        picked, owner = picked[keep], owner[keep]
    return np.searchsorted(owner, np.arange(len(inputs.customers))), inputs.time[picked]


def _stage_of(inputs: Inputs, visits: Ints, owner: Ints, time: Ints) -> Ints:
    visit_from = np.searchsorted(visits[:, 0], np.arange(len(inputs.customers)))
    return stages_before(owner, time, visit_from, visits[:, 3].copy(), visits[:, 2].copy())


@attrs.frozen(eq=False)
class Breaches:
    """What was not done in time: parallel columns."""

    customer: Ints
    kind: Ints  # 0 limit, 1 deadline, 2 answer
    place: Ints  # stage, transition or signal, by kind
    started: Ints
    at: Ints


def _microseconds(durations: Iterator[timedelta | None]) -> tuple[Ints, Floats]:
    """Durations in microseconds and where there is none."""
    known = [None if duration is None else duration // MICROSECOND for duration in durations]
    return np.array([value or 0 for value in known], np.int64), np.array(
        [value is None for value in known], bool
    )


def breaches(
    journey: Journey, visits: Ints, handoffs: Ints, signals: Ints, answered: Ints, until: int | Ints
) -> Breaches:
    """Limits of stages overrun, deadlines of handoffs missed, signals not answered in time.

    ``until`` is the end of the replay, for all or by customer.
    """
    limit, no_limit = _microseconds(stage.limit for stage in journey.stages)
    deadline, no_deadline = _microseconds(
        t.handoff.deadline if t.handoff is not None else None for t in journey.transitions
    )
    within, no_within = _microseconds(
        signal.within if signal.response else None for signal in journey.signals
    )
    ended = np.where(handoffs[:, 5] == OPEN, NAT, handoffs[:, 4])
    parts = [
        # A limit is overrun one microsecond after it, if the customer is still inside at that moment.
        _late(0, visits[:, 0], visits[:, 2], visits[:, 3], visits[:, 4], limit + 1, no_limit, until),
        _late(1, handoffs[:, 0], handoffs[:, 2], handoffs[:, 3], ended, deadline, no_deadline, until),
        _late(2, signals[:, 0], signals[:, 1], signals[:, 2], answered, within, no_within, until),
    ]
    table = np.concatenate(parts)
    table = table[np.lexsort((table[:, 2], table[:, 1], table[:, 4], table[:, 0]))]
    return Breaches(*(table[:, column].copy() for column in range(5)))


def _late(
    kind: int,
    customer: Ints,
    place: Ints,
    started: Ints,
    ended: Ints,
    allowed: Ints,
    is_free: Floats,
    until: int | Ints,
) -> Ints:
    if not len(customer) or bool(is_free.all()):
        return np.zeros((0, 5), np.int64)
    at = started + allowed[place]
    end = until[customer] if isinstance(until, np.ndarray) else until
    is_late = ~is_free[place].astype(bool) & (at <= end) & ((ended == NAT) | (ended > at))
    columns = (customer, np.full(len(at), kind), place, started, at)
    return np.stack([column[is_late] for column in columns], axis=1)
