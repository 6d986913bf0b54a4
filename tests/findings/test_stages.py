"""Time in stage: open visits are censored, not dropped."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import CensoredData, ecdf

from cjlib.data import EventLog, Table
from cjlib.findings import time_in_stage
from cjlib.journey import Journey, Stage, Transition
from cjlib.scoring._survival import median_time
from cjlib.trace import replay

DURATIONS = st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=1, max_size=60)


@given(DURATIONS)
def test_the_median_is_where_the_curve_of_scipy_comes_down_to_one_half(
    visits: list[tuple[int, bool]],
) -> None:
    days = np.array([day for day, _ in visits], dtype=np.float64)
    is_ended = np.array([ended for _, ended in visits])
    if not is_ended.any():
        assert np.isnan(median_time(days, is_ended)).all()
        return
    curve = ecdf(CensoredData(uncensored=days[is_ended], right=days[~is_ended])).sf
    below = curve.quantiles[curve.probabilities <= 0.5 + 1e-12]
    expected = below[0] if len(below) else np.nan
    assert median_time(days, is_ended)[0] == pytest.approx(expected, nan_ok=True)


def test_the_interval_inverts_the_log_log_band_of_scipy() -> None:
    rng = np.random.default_rng(7)
    days, limit = rng.exponential(30, 200), rng.exponential(60, 200)
    is_ended = days <= limit
    inside = np.minimum(days, limit)
    curve = ecdf(CensoredData(uncensored=inside[is_ended], right=inside[~is_ended])).sf
    band = curve.confidence_interval(method="log-log")
    expected = [one.quantiles[np.flatnonzero(one.probabilities <= 0.5)[0]] for one in (band.low, band.high)]
    assert median_time(inside, is_ended)[1:] == pytest.approx(tuple(expected))


def test_whoever_is_still_inside_makes_the_median_longer() -> None:
    """Two left after 1 and 2 days, two are there after 9: half of four left by day 2, not 1.5."""
    days, is_ended = np.array([1.0, 2.0, 9.0, 9.0]), np.array([True, True, False, False])
    assert median_time(days, is_ended)[0] == 2.0
    assert np.median(days[is_ended]) == 1.5


def test_fewer_than_half_have_left_and_there_is_no_median() -> None:
    assert np.isnan(median_time(np.array([1.0, 5.0, 5.0]), np.array([True, False, False]))[0])


@pytest.fixture(scope="module")
def stages() -> Table:
    """Three customers: a goes on after 4 days, b never does, c is lost after 2 and comes back."""
    journey = Journey(
        "demo",
        stages=[Stage("trial", target="3d", limit="20d"), Stage("care"), Stage("gone", kind="lost")],
        transitions=[
            Transition("trial", "care", when='happened("order")'),
            Transition("trial", "gone", when='happened("cancel")', kind="exit"),
            Transition("gone", "trial", when='happened("return")', kind="reenter"),
        ],
    )
    log = EventLog.from_columns(
        ["a", "a", "b", "c", "c", "c"],
        ["visit", "order", "visit", "visit", "cancel", "return"],
        ["2026-01-01", "2026-01-05", "2026-01-01", "2026-01-10", "2026-01-12", "2026-01-21"],
    )
    return time_in_stage(replay(journey, log, until="2026-01-31"))


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("stage", ["trial", "care", "gone"]),
        ("customers", [2, 1, 0]),
        ("entered", [3, 1, 1]),
        ("visits", [4, 1, 1]),
        ("left", [2, 0, 1]),
        ("forward", [1, 0, 0]),
        ("lost", [1, 0, 0]),
        ("left_median_days", [3.0, np.nan, 9.0]),
        ("median_days", [4.0, np.nan, 9.0]),
        ("target_days", [3.0, np.nan, np.nan]),
        ("over_limit", [1, 0, 0]),
        ("breaches", [1, 0, 0]),
    ],
)
def test_each_column_as_counted_by_hand(stages: Table, column: str, expected: list[object]) -> None:
    """Visits to the trial last 4, 2, at least 30, at least 10 days; half of the four left by day 4."""
    np.testing.assert_array_equal(stages[column], expected)


def test_nobody_at_all_is_a_table_of_zeros() -> None:
    journey = Journey("empty", stages=[Stage("trial"), Stage("care")])
    log = EventLog.from_columns([], [], [])
    found = time_in_stage(replay(journey, log, until="2026-01-31"))
    assert found["customers"].tolist() == [0, 0]
    assert np.isnan(found["median_days"]).all()
