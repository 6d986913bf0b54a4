"""Intervals: statsmodels' Wilson, scipy's t, and Tango's score by its definition."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats
from statsmodels.stats.proportion import proportion_confint

from cjlib.scoring.figures._intervals import ratio, tango, wilson

CONFIDENCES = st.sampled_from((0.5, 0.8, 0.95, 0.99))


@given(st.integers(1, 5000), st.floats(0, 1), CONFIDENCES)
def test_wilson_is_that_of_statsmodels(trials: int, share: float, confidence: float) -> None:
    hits = round(share * trials)
    low, high = wilson(np.array([float(hits)]), np.array([float(trials)]), confidence)
    expected = proportion_confint(hits, trials, 1 - confidence, "wilson")
    np.testing.assert_allclose([low[0], high[0]], expected, atol=1e-12)


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=30), CONFIDENCES)
def test_the_interval_of_a_mean_is_that_of_scipy(values: list[float], confidence: float) -> None:
    sample = np.array(values)
    if np.ptp(sample) < 1e-3:
        return
    ones, codes = np.ones(len(sample)), np.zeros(len(sample), np.int64)
    low, high = ratio(sample, ones, codes, 1, confidence)
    expected = stats.t.interval(confidence, len(sample) - 1, sample.mean(), stats.sem(sample))
    np.testing.assert_allclose([low[0], high[0]], expected, rtol=1e-9, atol=1e-9)


def likely_rest(more: int, less: int, trials: int, difference: float) -> float:
    """The most likely share of -1, given the difference of the shares."""

    def against(share: float) -> float:
        pairs = (more, share + difference), (less, share), (trials - more - less, 1 - 2 * share - difference)
        return -sum(k * math.log(max(p, 1e-300)) for k, p in pairs if k)

    low, high = max(0.0, -difference), (1 - difference) / 2
    return float(optimize.minimize_scalar(against, bounds=(low, high), method="bounded",
                                          options={"xatol": 1e-12}).x)  # fmt: skip


@given(st.integers(0, 30), st.integers(0, 30), st.integers(1, 30), CONFIDENCES)
@settings(max_examples=60)
def test_at_the_ends_of_tangos_interval_the_score_is_the_quantile(
    more: int, less: int, rest: int, confidence: float
) -> None:
    """z = (b - c - n d) / sqrt(n (2 q + d (1 - d))), q fitted by likelihood under the difference d."""
    trials = more + less + rest
    ends = tango(*(np.array([float(one)]) for one in (more, less, trials)), confidence)
    z = stats.norm.ppf((1 + confidence) / 2)
    for end, sign in zip((ends[0][0], ends[1][0]), (1, -1), strict=True):
        if abs(end) < 1 - 1e-6:
            share = likely_rest(more, less, trials, end)
            spread = math.sqrt(trials * (2 * share + end * (1 - end)))
            assert sign * (more - less - trials * end) / spread == pytest.approx(z, rel=1e-4, abs=1e-4)


def test_without_rows_there_is_no_interval() -> None:
    nothing = np.zeros(1)
    assert np.isnan([*wilson(nothing, nothing, 0.95), *tango(nothing, nothing, nothing, 0.95)]).all()
    alone = ratio(np.ones(1), np.ones(1), np.zeros(1, np.int64), 1, 0.95)
    alike = ratio(np.ones(5), np.ones(5), np.zeros(5, np.int64), 1, 0.95)
    assert np.isnan([*alone, *alike]).all()


def test_tangos_interval_grows_with_confidence_and_shrinks_with_answers() -> None:
    ends = [tango(np.array([6.0 * k]), np.array([2.0 * k]), np.array([10.0 * k]), c)
            for k, c in ((1, 0.99), (1, 0.9), (10, 0.9))]  # fmt: skip
    widths = [float(high[0] - low[0]) for low, high in ends]
    assert widths == sorted(widths, reverse=True)
