"""What happened after each row, against a slow reading of the visits."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cjlib as cj
from cjlib.data import NAT
from cjlib.scoring import Outcomes, outcomes

DAY = 86_400_000_000
START = int(np.datetime64("2026-01-01", "us").astype(np.int64))
END = 40
JOURNEY = cj.Journey(
    "demo",
    stages=[
        cj.Stage("trial"), cj.Stage("active"), cj.Stage("gone", kind="lost"), cj.Stage("lapsed", kind="lost"),
    ],
    transitions=[
        cj.Transition("trial", "active", when='happened("buy")'),
        cj.Transition("active", "gone", when='happened("cancel")', kind="exit", reason="price"),
        cj.Transition("active", "lapsed", when='idle("login") >= "9d"', kind="exit"),
        cj.Transition("trial", "lapsed", when='happened("cancel")', kind="exit", reason="product"),
        cj.Transition("lapsed", "active", when='happened("login")', kind="reenter"),
        cj.Transition("gone", "trial", when='happened("buy")', kind="reenter"),
    ],
    milestones=[cj.Milestone("keen", when='count("login", ever=True) >= 2')],
    signals=[cj.Signal("quiet", when='idle("login") >= "4d"')],
)  # fmt: skip
EVENTS = (None, "active", "gone", "active -> gone", "keen", "quiet")

rows = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, END), st.sampled_from(["login", "login", "buy", "cancel"])),
    min_size=1, max_size=40,
)  # fmt: skip


def replayed(events: list[tuple[int, int, str]]) -> tuple[cj.EventLog, cj.Trace]:
    times = np.array([START + day * DAY for _, day, _ in events], "datetime64[us]")
    log = cj.EventLog.from_columns([who for who, _, _ in events], [what for *_, what in events], times)
    return log, cj.replay(JOURNEY, log, until=np.datetime64(START + END * DAY, "us"))


def panel_of(log: cj.EventLog) -> cj.Snapshot:
    moments = [np.datetime64(START + day * DAY, "us") for day in (0, 3, 11, 12, 27, END)]
    return cj.panel(log, cj.Metric("logins", activity="login"), as_of=moments)


def slowly(trace: cj.Trace, customer: Any, start: int, event: str | None, by: str) -> tuple[Any, ...]:
    """Whether at risk, when the event came, whether an exit came first, and the cause."""
    visits = [row for row in trace.visits.rows() if row["customer"] == customer]
    times = [int(row["entered"].astype(np.int64)) for row in visits]
    lost = {stage.id for stage in JOURNEY.stages if stage.kind == "lost"}
    found: list[tuple[int, str]] = []
    for number, (row, entered) in enumerate(zip(visits, times, strict=True)):
        way = JOURNEY.transitions[visits[number - 1]["via"]] if number else None
        if row["stage"] in lost if event is None else row["stage"] == event:
            found.append((entered, row["stage"] if by == "stage" else (way and way.reason) or "unsaid"))
        if way is not None and f"{way.source} -> {way.target}" == event:
            found.append((entered, event))
    for table, kind, time in ((trace.milestones, "milestone", "time"), (trace.signals, "signal", "raised")):
        found += [
            (int(row[time].astype(np.int64)), row[kind])
            for row in table.rows()
            if row["customer"] == customer and row[kind] == event
        ]
    here = [row["stage"] for row, entered in zip(visits, times, strict=True) if entered <= start]
    at_risk = bool(here) and here[-1] not in lost and here[-1] != event
    if event == "keen":
        at_risk = at_risk and not any(time <= start for time, _ in found)
    time, cause = min((one for one in sorted(found) if one[0] > start), default=(math.inf, None))
    exits = [t for t, row in zip(times, visits, strict=True) if row["stage"] in lost and t > start]
    if event is not None and min(exits, default=math.inf) < time:
        return at_risk, math.inf, min(exits), None
    return at_risk, time, None, cause


@given(rows, st.sampled_from(EVENTS), st.sampled_from(["stage", "reason"]), st.integers(1, 45))
def test_every_row_is_what_its_visits_say(
    events: list[tuple[int, int, str]], event: str | None, by: str, days: int
) -> None:
    log, trace = replayed(events)
    panel = panel_of(log)
    found = outcomes(panel, trace, event, by=by)
    within = found.within(f"{days}d")
    for row, customer in enumerate(panel.customer.tolist()):
        start = int(panel.as_of[row].astype(np.int64))
        at_risk, at, left, cause = slowly(trace, customer, start, event, by)
        assert found.at_risk[row] == at_risk
        if not at_risk:
            assert math.isnan(within[row])
            continue
        assert found.at[row] == (at if math.isfinite(at) else NAT)
        assert found.exited[row] == (left is not None)
        code = found.cause[row]
        assert (None if code < 0 else found.causes[code]) == cause
        end = start + days * DAY
        expected = 1.0 if at <= end else 0.0 if left is not None or end <= START + END * DAY else math.nan
        assert within[row] == expected or (math.isnan(within[row]) and math.isnan(expected))


@given(rows, st.integers(0, END - 1))
def test_what_comes_later_never_changes_what_was_decided(
    events: list[tuple[int, int, str]], day: int
) -> None:
    log, trace = replayed(events)
    until = np.datetime64(START + day * DAY, "us")
    early = cj.replay(JOURNEY, log, until=until)
    panel = panel_of(log)
    before, after = outcomes(panel, early).within("8d"), outcomes(panel, trace).within("8d")
    decided = ~np.isnan(before)
    assert np.array_equal(before[decided], after[decided])


def test_what_is_no_event_is_told_with_the_nearest_name() -> None:
    log, trace = replayed([(0, 0, "login")])
    with pytest.raises(cj.CJError, match="did you mean 'keen'"):
        outcomes(panel_of(log), trace, "kee")
    with pytest.raises(cj.CJError, match="has no moment"):
        outcomes(cj.Snapshot.from_frame({"customer": [0], "x": [1]}), trace)
    with pytest.raises(cj.CJError, match="not str and Trace"):
        outcomes("x", trace)  # type: ignore[arg-type]
    with pytest.raises(cj.CJError, match="longer than nothing"):
        outcomes(panel_of(log), trace).within("-3d")


def test_a_journey_without_a_lost_stage_has_no_churn() -> None:
    journey = cj.Journey("demo", stages=[cj.Stage("trial")])
    log = cj.EventLog.from_columns(["a"], ["login"], ["2026-01-01"])
    with pytest.raises(cj.CJError, match="say event="):
        outcomes(panel_of(log), cj.replay(journey, log, until="2026-02-01"))


def test_rows_can_be_chosen() -> None:
    log, trace = replayed([(0, 0, "login"), (1, 0, "buy"), (1, 5, "cancel")])
    found = outcomes(panel_of(log), trace)
    some = found.select(found.at_risk)
    assert isinstance(some, Outcomes)
    assert some.at_risk.all()
    assert "churn" in repr(some)
