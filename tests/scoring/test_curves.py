"""What curves make of numbers at their ends and beyond."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.scoring.plain import percentile, zscore
from tests.scoring.strategies import lonely, metrics

from cjlib.journey import Group, Measure, Scorecard, curves
from cjlib.scoring.health._curves import apply_curve
from cjlib.scoring.health._peers import peer_scores
from cjlib.scoring.health._plan import compiled

SCALE = (0.0, 100.0)


def applied(curve, values: list[float]) -> list[float]:
    card = Scorecard("card", groups=[Group("g", measures=[Measure("a", metric="a", curve=curve)])])
    arrays = compiled(card).arrays
    scores = np.empty(len(values))
    apply_curve(arrays.measures[0]["curve"], arrays.knots, np.array(values, dtype=float), scores)
    return scores.tolist()


@pytest.mark.parametrize("curve", [
    curves.linear(0, 1),
    curves.points({0: 0, 1: 100}),
    curves.steps((0,), (0, 100)),
    curves.logistic(0, 1),
    curves.logistic(1e308, 1e-308),
])  # fmt: skip
def test_infinities_get_what_the_curve_tends_to_and_nan_stays(curve):
    worst, best, missing = applied(curve, [-math.inf, math.inf, math.nan])
    assert (worst, best) == (0, 100)
    assert math.isnan(missing)


@given(lonely, metrics)
def test_a_score_stays_within_the_span_of_its_curve(curve, metric):
    low, high = curve.span(SCALE)
    assert low <= applied(curve, [metric])[0] <= high


@pytest.mark.parametrize(("at_edge", "expected"), [("upper", [0, 5, 5, 10, 10]), ("lower", [0, 0, 5, 5, 10])])
def test_an_edge_belongs_to_the_step_that_is_said(at_edge, expected):
    assert applied(curves.steps((1, 2), (0, 5, 10), at_edge=at_edge), [0, 1, 1.5, 2, 3]) == expected


def test_lines_meet_their_points_and_are_flat_beyond():
    curve = curves.points({0: 10, 10: 30, 20: 0})
    assert applied(curve, [-5, 0, 5, 10, 15, 20, 25]) == [10, 10, 20, 30, 15, 0, 0]


def test_the_logistic_curve_is_half_way_in_the_middle_and_mirrored():
    assert applied(curves.logistic(10, 2), [10]) == [50]
    rising, falling = (applied(curves.logistic(10, spread), [13, 7]) for spread in (2, -2))
    assert rising == pytest.approx(falling[::-1])
    assert rising[0] == pytest.approx(100 / (1 + math.exp(-1.5)))


few = st.lists(metrics, min_size=1, max_size=6)


@given(few, st.booleans())
def test_percentiles_are_mid_ranks(values, falling):
    moments = np.zeros(len(values), dtype=np.int32)
    scores, lows, highs = peer_scores(curves.percentile(falling=falling), np.array(values), moments, SCALE)
    ways = [percentile(values, value) for value in values]
    expected = [100 * (1 - way if falling else way) for way in ways]
    for found in (scores, lows, highs):
        np.testing.assert_allclose(found, expected, atol=1e-9)


@given(few, st.integers(1, 3), st.data())
def test_bounds_among_peers_hold_whatever_the_missing_ones_turn_out_to_be(values, missing, data):
    """Also where they turn out enormous, which brings z-scores near their bounds."""
    others = data.draw(st.lists(metrics | st.sampled_from([1e30, -1e30]), min_size=missing, max_size=missing))
    known = np.array([*values, *[np.nan] * missing])
    complete = np.array([*values, *others])
    moments = np.zeros(len(known), dtype=np.int32)
    for curve in (curves.percentile(), curves.percentile(falling=True), curves.zscore(width=2)):
        _, lows, highs = peer_scores(curve, known, moments, SCALE)
        scores = peer_scores(curve, complete, moments, SCALE)[0][: len(values)]
        assert (lows[: len(values)] <= scores + 1e-6).all()
        assert (highs[: len(values)] >= scores - 1e-6).all()


whole = st.lists(st.integers(-1000, 1000).map(float), min_size=1, max_size=6)


@given(whole)
def test_z_scores_are_distances_from_the_mean_in_deviations(values):
    scores = peer_scores(curves.zscore(), np.array(values), np.zeros(len(values), dtype=np.int32), SCALE)[0]
    np.testing.assert_allclose(scores, [100 * zscore(values, value, 3.0) for value in values], atol=1e-9)


@given(whole, st.sampled_from([1e-300, 1e300]))
def test_z_scores_do_not_depend_on_the_unit(values, unit):
    moments = np.zeros(len(values), dtype=np.int32)
    scores, others = (
        peer_scores(curves.zscore(), np.array(values) * factor, moments, SCALE)[0] for factor in (1.0, unit)
    )
    np.testing.assert_allclose(scores, others, atol=1e-9)


def test_peers_that_are_all_alike_stand_in_the_middle():
    moments = np.zeros(3, dtype=np.int32)
    for curve in (curves.zscore(), curves.percentile()):
        assert peer_scores(curve, np.full(3, 0.1), moments, SCALE)[0].tolist() == [50, 50, 50]


def test_an_infinite_peer_stands_at_the_end_and_moves_no_one_else():
    metric, moments = np.array([1.0, 3.0, np.inf, -np.inf]), np.zeros(4, dtype=np.int32)
    scores, lows, highs = peer_scores(curves.zscore(width=2), metric, moments, SCALE)
    assert scores.tolist() == [25, 75, 100, 0]
    assert (lows.tolist(), highs.tolist()) == (scores.tolist(), scores.tolist())
