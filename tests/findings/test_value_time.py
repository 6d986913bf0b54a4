"""Time to value: Kaplan-Meier medians and the log-rank test are those of lifelines."""

from __future__ import annotations

import numpy as np
import pytest
from lifelines import KaplanMeierFitter
from lifelines.statistics import multivariate_logrank_test
from tests.findings import paths as made

import cjlib as cj
from cjlib.errors import UsageError
from cjlib.findings import time_to_value

JOURNEY = cj.Journey(
    "shop",
    stages=[
        cj.Stage("trial"),
        cj.Stage("care", value_step="delivered"),
        cj.Stage("gone", kind="lost"),
    ],
    transitions=[
        cj.Transition("trial", "care", when='happened("b")'),
        cj.Transition("trial", "gone", when='happened("d")', kind="exit"),
        cj.Transition("care", "gone", when='happened("d")', kind="exit"),
    ],
    milestones=[cj.Milestone("aha", when='count("c", ever=True) >= 2', value_step="realised")],
)


@pytest.fixture(scope="module")
def trace() -> cj.Trace:
    rng = np.random.default_rng(3)
    n = 120
    plans = ["pro", "basic"] * (n // 2)
    rows: list[tuple[int, str, float]] = []
    for customer in range(n):
        rows.append((customer, "a", 0.0))
        pace = 10 if plans[customer] == "pro" else 25
        moments = [("b", rng.exponential(pace)), ("d", rng.exponential(90)), ("c", rng.exponential(20))]
        moments.append(("c", moments[2][1] + rng.exponential(pace)))
        rows += [(customer, name, day) for name, day in moments if day < 60]
    customers, names, days = zip(*rows, strict=True)
    times = np.array([made.START + round(day * made.DAY) for day in days], "datetime64[us]")
    log = cj.EventLog.from_columns([*customers], [*names], times)
    facts = cj.Customers.from_frame({"customer": np.arange(n), "plan": plans})
    return cj.replay(JOURNEY, log, facts, until="2026-03-02")


def durations(trace: cj.Trace) -> tuple[np.ndarray, np.ndarray]:
    """Days from the start to care, and whether it was reached before the customer was lost."""
    days, is_there = [], []
    for customer in trace.ids:
        mine = trace.visits.select(trace.visits["customer"] == customer)
        begin = mine["entered"][0]
        moments = dict(zip(mine["stage"], mine["entered"], strict=True))
        end = moments.get("care", moments.get("gone", trace.until))
        days.append((end - begin).astype(np.int64) / made.DAY)
        is_there.append("care" in moments)
    return np.array(days), np.array(is_there)


def test_the_median_is_that_of_lifelines(trace: cj.Trace) -> None:
    found, (days, is_there) = time_to_value(trace), durations(trace)
    assert found["source"].tolist() == ["start", "delivered"]
    assert found["median_days"][0] == pytest.approx(
        KaplanMeierFitter().fit(days, is_there).median_survival_time_
    )
    assert set(found.customers(0)) == set(trace.ids[is_there])


def test_segments_are_held_against_each_other_by_log_rank(trace: cj.Trace) -> None:
    found, (days, is_there) = time_to_value(trace, by="plan"), durations(trace)
    plan = np.array(["pro", "basic"] * (len(days) // 2))
    expected = multivariate_logrank_test(days, plan, is_there).p_value
    first = found["source"] == "start"
    assert found["p"][first] == pytest.approx([expected] * 2)
    for row in np.flatnonzero(first):
        mine = plan == found["segment"][row]
        median = KaplanMeierFitter().fit(days[mine], is_there[mine]).median_survival_time_
        assert found["median_days"][row] == pytest.approx(median)
    assert found["customers"][first].sum() == len(trace)


def test_the_rows_reconcile(trace: cj.Trace) -> None:
    found = time_to_value(trace)
    assert (found["reached"] + found["lost"] + found["open"] == found["customers"]).all()
    for row in range(len(found)):
        assert len(found.customers(row)) == found["reached"][row]
        assert len(found.among(row)) == found["customers"][row]


def test_who_is_lost_never_gets_there() -> None:
    """Ann takes 4 days, bob is lost on day 2, cy on day 8: by day 10 one in three is there, not half."""
    log = made.words("ann: a0 b4; bob: a0 d2; cy: a0 d8")
    found = time_to_value(cj.replay(JOURNEY, log, until="2026-02-01"), horizon="10d")
    assert [found[name][0] for name in ("customers", "reached", "lost", "open")] == [3, 1, 2, 0]
    assert found["within"][0] == pytest.approx(1 / 3)
    assert found["median_days"][0] == 4.0


def test_a_step_reached_too_early_took_no_time() -> None:
    found = time_to_value(cj.replay(JOURNEY, made.words("ann: a0 c1 c2 b5"), until="2026-02-01"))
    assert found["median_days"].tolist() == [5.0, 0.0]


def test_a_journey_without_value_steps_says_so() -> None:
    plain = cj.Journey("one", stages=[cj.Stage("care")])
    with pytest.raises(UsageError, match="says its value_step"):
        time_to_value(cj.replay(plain, made.words("ann: a0"), until="2026-02-01"))
