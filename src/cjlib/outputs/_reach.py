"""Whom each touchpoint reached, stage by stage."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .._jit import jit
from ..trace import Trace

__all__ = ["reach"]

Ints = NDArray[np.int64]
Codes = NDArray[np.int32]


def reach(trace: Trace) -> dict[tuple[str, str], int]:
    """How many different customers had each touchpoint in each stage, by the ids of the two.

    An event of the instant of a move meets the customer in the stage that is left. Of several touchpoints
    with one activity the customer's stage decides.

    >>> import cjlib as cj
    >>> journey = cj.Journey("demo", stages=[cj.Stage("trial")],
    ...     touchpoints=[cj.Touchpoint("call", stages="trial", activities="called")])
    >>> log = cj.EventLog.from_columns(["a", "a", "b"], ["called", "called", "login"], ["2026-01-05"] * 3)
    >>> reach(cj.replay(journey, log, until="2026-02-01"))
    {('call', 'trial'): 1}
    """
    journey, log, visits = trace.journey, trace._log, trace.visits
    if not journey.touchpoints or not len(log):
        return {}
    owners = np.searchsorted(trace.ids, log.customers)
    edges = np.searchsorted(visits.codes("customer"), np.arange(len(trace.ids) + 1))
    counts = np.zeros((len(journey.stages), len(journey.touchpoints)), np.int64)
    _count(
        np.ascontiguousarray(log.starts),
        np.ascontiguousarray(log.time),
        np.ascontiguousarray(log.activity),
        np.stack([edges[owners], edges[owners + 1]], axis=1).astype(np.int64),
        visits["entered"].view(np.int64),
        np.ascontiguousarray(visits.codes("stage")),
        _touchpoint_table(trace),
        counts,
    )
    met = np.argwhere(counts)
    return {
        (journey.touchpoints[t].id, journey.stages[s].id): int(counts[s, t])
        for s, t in sorted(met.tolist(), key=lambda pair: (pair[1], pair[0]))
    }


def _touchpoint_table(trace: Trace) -> Codes:
    """(activities, stages) which touchpoint an activity is in a stage, -1 where it is none."""
    journey, stages = trace.journey, trace.journey.stage_index
    codes = {activity: number for number, activity in enumerate(trace._log.activities)}
    table = np.full((len(codes), len(stages)), -1, np.int32)
    claims = [activity for touchpoint in journey.touchpoints for activity in touchpoint.activities]
    for number, touchpoint in enumerate(journey.touchpoints):
        here = [stages[stage] for stage in touchpoint.stages]
        for activity in touchpoint.activities:
            if activity in codes:
                table[codes[activity], slice(None) if claims.count(activity) == 1 else here] = number
    return table


@jit
def _count(
    starts: Ints,
    time: Ints,
    activity: Codes,
    spans: Ints,
    entered: Ints,
    stage: Codes,
    table: Codes,
    counts: Ints,
) -> None:
    """Counts each customer once per stage and touchpoint; ``spans`` holds the visits of each customer."""
    last_seen = np.full(counts.shape, -1, np.int64)
    for customer in range(len(starts) - 1):
        visit, end = spans[customer, 0], spans[customer, 1]
        if visit == end:
            continue
        first = entered[visit]
        for event in range(starts[customer], starts[customer + 1]):
            if time[event] < first:
                continue
            while visit + 1 < end and entered[visit + 1] < time[event]:
                visit += 1
            touchpoint = table[activity[event], stage[visit]]
            if touchpoint >= 0 and last_seen[stage[visit], touchpoint] != customer:
                last_seen[stage[visit], touchpoint] = customer
                counts[stage[visit], touchpoint] += 1
