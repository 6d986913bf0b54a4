"""Whom each touchpoint reached, stage by stage."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ..scoring.figures._by_facts import Facts
from ..trace import Trace

__all__ = ["reach"]

BLOCK = 2_000_000  # events that are looked at together


def reach(trace: Trace) -> dict[tuple[str, str], int]:
    """How many different customers had each touchpoint in each stage, by the ids of the two.

    >>> import cjlib as cj
    >>> journey = cj.Journey("demo", stages=[cj.Stage("trial")],
    ...     touchpoints=[cj.Touchpoint("call", stages="trial", activities="called")])
    >>> log = cj.EventLog.from_columns(["a", "a", "b"], ["called", "called", "login"], ["2026-01-05"] * 3)
    >>> reach(cj.replay(journey, log, until="2026-02-01"))
    {('call', 'trial'): 1}
    """
    journey, facts = trace.journey, Facts(trace, trace._log, trace._customers)
    n_touchpoints, n_stages = len(journey.touchpoints), len(journey.stages)
    counts = np.zeros(n_touchpoints * n_stages, dtype=np.int64)
    for positions in _blocks(facts):
        touchpoints, stages = facts.touchpoints_of(positions), facts.stages_of(positions)
        is_met = (touchpoints >= 0) & (stages >= 0)
        place = touchpoints[is_met].astype(np.int64) * n_stages + stages[is_met]
        met = np.unique(facts.owners(positions[is_met]) * len(counts) + place)
        counts += np.bincount(met % len(counts), minlength=len(counts))
    names = [(touchpoint.id, stage.id) for touchpoint in journey.touchpoints for stage in journey.stages]
    return {name: int(count) for name, count in zip(names, counts, strict=True) if count}


def _blocks(facts: Facts) -> Iterator[NDArray[np.int64]]:
    """Positions of events that may be a touchpoint, all of a customer in one block."""
    log = facts.log
    activities = {a for touchpoint in facts.trace.journey.touchpoints for a in touchpoint.activities}
    is_meant = np.array([activity in activities for activity in log.activities], dtype=bool)
    if not is_meant.any():
        return
    begin = 0
    while begin < len(log):
        end = int(log.starts[np.searchsorted(log.starts, min(begin + BLOCK, len(log)))])
        yield begin + np.flatnonzero(is_meant[log.activity[begin:end]])
        begin = end
