"""Planned order, and what a CRM recorded: each customer is in one of the columns."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from tests.findings import paths as made

import cjlib as cj
from cjlib.errors import UnknownNameError, UsageError
from cjlib.findings import planned_order, recorded_stages

JOURNEY = cj.Journey(
    "shop",
    stages=[cj.Stage("trial"), cj.Stage("care")],
    transitions=[cj.Transition("trial", "care", when='happened("d")')],
    touchpoints=[
        cj.Touchpoint("demo", stages=["trial", "care"], activities=["a"]),
        cj.Touchpoint("offer", stages=["trial", "care"], activities=["b"], after=["demo"]),
        cj.Touchpoint("kickoff", stages=["trial", "care"], activities=["c"], after=["demo", "offer"]),
    ],
)


def traced(log: cj.EventLog, until: str = "2026-03-01") -> cj.Trace:
    return cj.replay(JOURNEY, log, until=until)


def test_who_kept_the_order_by_hand() -> None:
    """Ann keeps it, bob turns it round, cy skips the demo, zoe waits; eve's tie is as the log has it."""
    found = planned_order(traced(made.words("ann: a0 b3; bob: b0 a1; cy: b0; zoe: a0; eve: a0 b0")))
    row = next(found.rows())
    assert (row["before"], row["after"]) == ("demo", "offer")
    assert [row[name] for name in ("among", "in_order", "reversed", "skipped", "waiting")] == [4, 2, 1, 1, 1]
    assert row["share"] == 0.5
    assert row["median"] == 1.5 * 86_400
    assert found.customers(0).tolist() == ["ann", "eve"]
    assert [found.reversed(0).tolist(), found.skipped(0).tolist(), found.waiting(0).tolist()] == [
        ["bob"],
        ["cy"],
        ["zoe"],
    ]


@given(made.EVENTS)
def test_every_pair_is_what_a_plain_loop_says(events: list[made.Event]) -> None:
    log = made.log_of([*events, (9, "a", 0)])
    found = planned_order(traced(log))
    names = {"demo": "a", "offer": "b", "kickoff": "c"}
    paths = {customer: [name for name, _ in path] for customer, path in made.paths_of(log).items()}
    assert len(found) == 3
    for row, one in enumerate(found.rows()):
        before, after = names[one["before"]], names[one["after"]]
        both = {c for c, path in paths.items() if before in path and after in path}
        kept = {c for c in both if paths[c].index(before) < paths[c].index(after)}
        assert set(found.customers(row)) == kept
        assert set(found.reversed(row)) == both - kept
        assert set(found.skipped(row)) == {c for c, path in paths.items() if after in path} - both
        assert set(found.waiting(row)) == {c for c, path in paths.items() if before in path} - both
        assert one["in_order"] + one["reversed"] + one["skipped"] == one["among"] == len(found.among(row))


def test_recorded_stages_by_kind_of_disagreement() -> None:
    """Care from day 10 on: ann agrees, bob is early, cy late, dan was never there, eve not recorded."""
    log = made.words("ann: a0 d10; bob: a0 d10; cy: a0 d10; dan: a0; eve: a0 d10")
    days = {"ann": 10, "bob": 4, "cy": 20, "dan": 10}
    said = {
        "customer": [*days],
        "stage": ["care"] * 4,
        "time": np.array([made.START + day * made.DAY for day in days.values()], "datetime64[us]"),
    }
    found = recorded_stages(traced(log), said)
    row = list(found["stage"]).index("care")
    assert [found[name][row] for name in ("agreeing", "early", "late", "unjustified", "missing")] == [1] * 5
    assert [found.who(row, name).tolist() for name in ("early", "missing")] == [["bob"], ["eve"]]
    assert found["rows"].sum() == len(found.records)
    assert found["median_days"][row] == 0.0
    assert (found["share"][row], found["rows"][row]) == (0.2, 5)
    assert set(found.customers(row)) == {"bob", "cy", "dan", "eve"}
    assert set(found.among(row)) == {"ann", "bob", "cy", "dan", "eve"}
    assert recorded_stages(traced(log), said, "10d")["agreeing"][row] == 3
    with pytest.raises(UnknownNameError, match="did you mean 'early'"):
        found.who(row, "earl")


def test_what_is_no_trace_is_told() -> None:
    with pytest.raises(UsageError, match="a Trace was expected"):
        planned_order(made.words("ann: a0"))  # type: ignore[arg-type]
    assert (
        len(
            planned_order(
                cj.replay(
                    cj.Journey("one", stages=[cj.Stage("care")]), made.words("a: a0"), until="2026-02-01"
                )
            )
        )
        == 0
    )
