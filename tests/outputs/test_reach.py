"""Whom touchpoints reached: one pass of a kernel, and the slow and obvious way."""

from __future__ import annotations

import numpy as np
import pytest

import cjlib as cj
from cjlib.outputs._reach import reach
from cjlib.scoring.figures._by_facts import Facts
from cjlib.trace import Trace


def obvious(trace: Trace) -> dict[tuple[str, str], int]:
    """Event by event: the sets of customers who met a touchpoint in a stage."""
    facts = Facts(trace, trace._log, trace._customers)
    events = np.arange(len(trace._log))
    met: dict[tuple[str, str], set[int]] = {}
    rows = zip(facts.touchpoints_of(events), facts.stages_of(events), facts.owners(events), strict=True)
    for touchpoint, stage, owner in rows:
        if touchpoint >= 0 and stage >= 0:
            pair = (trace.journey.touchpoints[touchpoint].id, trace.journey.stages[stage].id)
            met.setdefault(pair, set()).add(int(owner))
    return {pair: len(customers) for pair, customers in met.items()}


@pytest.mark.parametrize("name", cj.templates())
def test_the_kernel_counts_what_the_obvious_way_counts(name: str) -> None:
    journey = cj.template(name)
    made = cj.simulate(journey, 40, seed=7, until="2026-06-30", verify=False)
    trace = cj.replay(journey, made.log, made.customers, until="2026-05-31")
    assert reach(trace) == obvious(trace)


def test_events_before_the_first_moment_meet_nobody() -> None:
    """The customer begins by contract on 5 January; of its calls only that of the 6th counts."""
    journey = cj.Journey(
        "demo",
        start="signed",
        stages=[cj.Stage("trial")],
        touchpoints=[cj.Touchpoint("call", stages="trial", activities="called")],
    )
    log = cj.EventLog.from_columns(
        ["a", "a", "b"], ["called"] * 3, ["2026-01-01", "2026-01-06", "2026-01-02"]
    )
    frame = {"customer": ["a", "b"], "signed": np.array(["2026-01-05", "2026-01-07"], "datetime64[us]")}
    trace = cj.replay(journey, log, cj.Customers.from_frame(frame), until="2026-01-31")
    assert reach(trace) == {("call", "trial"): 1}
