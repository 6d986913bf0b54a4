"""Kaplan–Meier, Aalen–Johansen and log-rank equal lifelines, and plain loops where lifelines can't count."""

from __future__ import annotations

import warnings

import lifelines
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lifelines.statistics import multivariate_logrank_test

from cjlib.errors import CJError
from cjlib.scoring._survival import aalen_johansen, kaplan_meier, log_rank

# entered in half weeks, ended in whole ones: lifelines counts who enters at a time as at risk then
rows = st.lists(
    st.tuples(st.integers(0, 5), st.integers(1, 9), st.integers(-1, 2), st.integers(1, 4)),
    min_size=1,
    max_size=40,
)
Rows = list[tuple[int, int, int, int]]


def columns(rows: Rows) -> tuple[np.ndarray, ...]:
    """One more is seen all the time, for lifelines counts nothing where nobody is left among later ones."""
    late, lasting, cause, weight = (np.array(column) for column in zip(*rows, (0, 99, -1, 1), strict=True))
    entered = np.where(late > 0, late - 0.5, 0.0)
    return np.ceil(entered) + lasting, cause, entered, weight.astype(float)


@given(rows)
def test_kaplan_meier_is_that_of_lifelines_with_ties_late_entry_censoring_and_weights(
    given_rows: Rows,
) -> None:
    durations, cause, entered, weights = columns(given_rows)
    ours = kaplan_meier(durations, cause >= 0, entered=entered, weights=weights)
    theirs = lifelines.KaplanMeierFitter().fit(durations, cause >= 0, entry=entered, weights=weights)
    expected = theirs.survival_function_.iloc[:, 0].reindex(ours.times).to_numpy()
    np.testing.assert_allclose(ours.curve, expected, atol=1e-12)
    np.testing.assert_array_equal(ours.at_risk, theirs.event_table["at_risk"].reindex(ours.times))
    inside = (ours.curve > 1e-12) & (ours.curve < 1)
    band = theirs.confidence_interval_.reindex(ours.times).to_numpy()
    np.testing.assert_allclose(np.stack([ours.low, ours.high], 1)[inside], band[inside], atol=1e-9)


@given(rows)
def test_a_weight_is_as_many_rows(given_rows: Rows) -> None:
    durations, cause, entered, weights = columns(given_rows)
    often = weights.astype(int)
    once = aalen_johansen(durations, cause, 3, entered=entered, weights=weights)
    repeated = aalen_johansen(
        np.repeat(durations, often), np.repeat(cause, often), 3, entered=np.repeat(entered, often)
    )
    for name in ("times", "at_risk", "ended", "curves", "errors"):
        np.testing.assert_allclose(getattr(once, name), getattr(repeated, name), atol=1e-9)


@given(rows, st.integers(0, 2))
def test_aalen_johansen_is_that_of_lifelines_where_causes_share_no_time(given_rows: Rows, one: int) -> None:
    durations, cause, entered, weights = columns(given_rows)
    durations = durations + np.where(cause >= 0, cause / 10, 0)  # lifelines shifts ties of causes at random
    ours = aalen_johansen(durations, cause, 3, entered=entered, weights=weights)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # logarithms of 0
        theirs = lifelines.AalenJohansenFitter().fit(
            durations, cause + 1, event_of_interest=one + 1, entry=entered, weights=weights
        )
    expected = theirs.cumulative_density_.iloc[:, 0].reindex(ours.times).to_numpy()
    np.testing.assert_allclose(ours.curves[:, one], expected, atol=1e-12)
    errors = np.sqrt(np.maximum(theirs.variance_.reindex(ours.times), 0))
    np.testing.assert_allclose(ours.errors[:, one], errors, atol=1e-7)


def slow_incidence(durations: np.ndarray, cause: np.ndarray, entered: np.ndarray, one: int) -> list[float]:
    survival, incidence, found = 1.0, 0.0, []
    for time in sorted({t for t, c in zip(durations, cause, strict=True) if c >= 0}):
        at_risk = [
            c for t, c, e in zip(durations, cause, entered, strict=True) if (e == 0 or e < time) and t >= time
        ]
        now = [c for t, c in zip(durations, cause, strict=True) if t == time and c >= 0]
        incidence += survival * sum(c == one for c in now) / len(at_risk)
        survival *= 1 - len(now) / len(at_risk)
        found.append(incidence)
    return found


@given(rows)
def test_causes_at_one_time_share_what_is_left(given_rows: Rows) -> None:
    durations, cause, entered, _ = columns(given_rows)
    durations, entered = np.floor(durations), np.floor(entered)
    ours = aalen_johansen(durations, cause, 3, entered=entered)
    for one in range(3):
        np.testing.assert_allclose(
            ours.curves[:, one], slow_incidence(durations, cause, entered, one), atol=1e-12
        )
    goes_on = kaplan_meier(durations, cause >= 0, entered=entered).curve
    np.testing.assert_allclose(ours.curves.sum(axis=1) + goes_on, 1.0, atol=1e-12)


@given(rows)
def test_log_rank_is_that_of_lifelines(given_rows: Rows) -> None:
    durations, cause, _, weights = columns(given_rows)
    group = (weights - 1).astype(int)
    ours = log_rank(durations, cause >= 0, group)
    assert sum(ours.observed) == pytest.approx(sum(ours.expected))
    if ours.freedom == len(set(group.tolist())) - 1 > 0:
        theirs = multivariate_logrank_test(durations, group, cause >= 0)
        assert ours.statistic == pytest.approx(theirs.test_statistic, abs=1e-8)
        assert ours.p == pytest.approx(theirs.p_value, abs=1e-8)


def test_the_interval_of_incidence_is_that_of_its_logarithm() -> None:
    """Ten visits, ended after 1, 2 … 10 days, by two causes in turn: the first has 0.3 after 5 days."""
    found = aalen_johansen(np.arange(1.0, 11), np.arange(10) % 2, 2)
    assert found.at([5, 0.5])[:, 0].tolist() == pytest.approx([0.3, 0.0])
    assert found.errors[4, 0] == pytest.approx(np.sqrt(0.3 * 0.7 / 10))
    assert found.low[4, 0] < 0.3 < found.high[4, 0]


def test_quantiles_are_read_off_the_curve() -> None:
    found = kaplan_meier(np.array([1.0, 2.0, 3.0, 9.0]), np.array([True, True, True, False]))
    assert found.quantile(0.25)[0] == 1.0
    assert found.quantile(0.75)[0] == 3.0
    assert np.isnan(found.quantile(0.8)[0])
    assert found.at([0, 1, 2.5, 99]).tolist() == [1.0, 0.75, 0.5, 0.25]


def test_nothing_ended_and_nobody_there_make_empty_curves() -> None:
    for durations in (np.array([]), np.array([1.0, 2.0])):
        found = kaplan_meier(durations, np.zeros(len(durations), bool))
        assert len(found.times) == 0
        assert np.isnan(found.quantile()).all()
        assert log_rank(durations, np.zeros(len(durations), bool), np.arange(len(durations))).p == 1.0


def test_durations_of_zero_and_of_a_billion_are_durations() -> None:
    found = kaplan_meier(np.array([0.0, 0.0, 1e9]), np.ones(3, bool))
    assert found.curve.tolist() == pytest.approx([1 / 3, 0.0])


@pytest.mark.parametrize(
    ("durations", "options", "told"),
    [
        ([1.0, np.nan], {}, r"each duration is a finite number.*row 1"),
        ([np.inf, 1.0], {}, "each duration is a finite number"),
        ([-1.0, 1.0], {}, "at least 0"),
        ([1.0, 2.0], {"weights": [-1.0, 1.0]}, "each weight is a finite number"),
        ([1.0, 2.0], {"weights": [1.0]}, "for each weight: 2 numbers"),
        ([1.0, 2.0], {"entered": [0.5, 2.0]}, "longer than the time from which on it was seen"),
        ([[1.0, 2.0]], {}, "one row of numbers"),
        (["long", "short"], {}, "must be a number"),
    ],
)
def test_what_is_no_duration_is_told(durations: object, options: dict[str, object], told: str) -> None:
    with pytest.raises(CJError, match=told):
        kaplan_meier(np.array(durations), np.ones(2, bool), **{k: np.array(v) for k, v in options.items()})


def test_a_cause_out_of_range_is_told() -> None:
    with pytest.raises(CJError, match="from 0 to 1"):
        aalen_johansen(np.array([1.0]), np.array([2]), 2)
    with pytest.raises(CJError, match="from 0 on"):
        log_rank(np.array([1.0]), np.array([True]), np.array([-1]))
