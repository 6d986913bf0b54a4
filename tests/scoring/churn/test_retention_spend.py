"""Spend by gamma-gamma: plain likelihoods, known parameters, published figures, blocks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import gammaln
from tests.scoring.churn.cdnow import histories_of_the_sample
from tests.scoring.made import snapshot

from cjlib.errors import CJError, UsageError
from cjlib.scoring.churn._spend import SpendScorer, _Block, fit_spend

buyers = st.lists(st.tuples(st.integers(1, 6), st.floats(0.1, 50.0)), min_size=3, max_size=30)
sizes = st.floats(0.1, 8.0)
Buyers = list[tuple[int, float]]


def columns(rows: Buyers) -> tuple[np.ndarray, np.ndarray]:
    """Repeats, and what was spent on them."""
    x, means = (np.array(column, float) for column in zip(*rows, strict=True))
    return x, x * means


def slow_likelihood(rows: Buyers, p: float, q: float, gamma: float) -> float:
    """Equation 1a of Fader and Hardie (2013), customer by customer."""
    total = 0.0
    for x, mean in rows:
        total += gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(gamma) + p * x * np.log(x)
        total += (p * x - 1) * np.log(mean) - (p * x + q) * np.log(gamma + mean * x)
    return total


@given(buyers, st.tuples(sizes, sizes, sizes))
def test_likelihood_and_derivatives_are_those_of_the_paper(
    rows: Buyers, theta: tuple[float, float, float]
) -> None:
    block, at = _Block.of(*columns(rows)), np.array(theta)
    value, gradient, curvature = block.sums(at)
    assert value == pytest.approx(slow_likelihood(rows, *theta), rel=1e-9, abs=1e-9)
    for i in range(3):
        step = 1e-5 * at[i] * (np.arange(3) == i)
        (above, slopes_above, _), (below, slopes_below, _) = block.sums(at + step), block.sums(at - step)
        size = 1 + np.abs(curvature[i]).max() + abs(gradient[i]) + abs(value) / 100
        assert (above - below) / (2 * step[i]) == pytest.approx(gradient[i], abs=1e-5 * size)
        assert (slopes_above - slopes_below) / (2 * step[i]) == pytest.approx(curvature[i], abs=1e-5 * size)


def drawn(p: float, q: float, gamma: float, customers: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.integers(1, 8, customers).astype(float)
    return x, rng.gamma(p * x) * rng.gamma(q, 1 / gamma, customers) ** -1


def test_parameters_that_made_customers_are_found_again() -> None:
    truth = np.array([6.0, 4.0, 15.0])
    fit, notes = fit_spend([drawn(*truth, 20_000, seed=3)])
    assert np.abs((fit.parameters - truth) / fit.errors).max() < 3
    assert notes == ()


@settings(max_examples=30)
@given(st.lists(st.integers(0, 4), min_size=60, max_size=60))
def test_the_fit_does_not_depend_on_how_customers_are_divided(block_of: list[int]) -> None:
    x, spent = drawn(2.0, 3.0, 40.0, 60, seed=8)
    whole = fit_spend([(x, spent)])[0]
    parts = [(x[rows], spent[rows]) for one in range(5) for rows in [np.array(block_of) == one]]
    assert fit_spend(parts)[0].parameters == pytest.approx(whole.parameters, rel=1e-8)


def test_the_cdnow_sample_gives_the_published_parameters() -> None:
    """Fader and Hardie (2013), table 1: 946 customers who bought again in the first 39 weeks."""
    x, _, _, spent = histories_of_the_sample()
    fit, _ = fit_spend([(x, spent)])
    assert int((x > 0).sum()) == 946
    assert fit.parameters.round(2).tolist() == [6.25, 3.74, 15.44]


def book(x: np.ndarray, spent: np.ndarray) -> Any:
    return snapshot({"purchases": x + 1, "spend": spent + 7.0, "first_spend": np.full(len(x), 7.0)})


def test_who_bought_often_is_judged_by_its_own_purchases_and_a_newcomer_by_all() -> None:
    fitted = SpendScorer().fit(book(*drawn(6.0, 4.0, 15.0, 500, seed=1)))
    rows = snapshot(
        {
            "purchases": [1, 3, 101, None, 0],
            "spend": [7.0, 127.0, 6007.0, None, 0.0],
            "first_spend": [7.0] * 3 + [None] * 2,
        }
    )
    scores = fitted.score(rows)
    assert scores.values[0] == scores.base[0] == fitted.mean
    assert fitted.mean < scores.values[1] < 60
    assert scores.values[2] == pytest.approx(60, rel=0.02)
    assert scores.coverage[0] == 0
    assert scores.coverage[2] > 0.99
    assert scores.values[3] == scores.values[4] == fitted.mean
    own = scores.coverage[1] * 60 + (1 - scores.coverage[1]) * fitted.mean
    assert scores.values[1] == pytest.approx(own)


def test_a_mean_without_bound_is_not_said() -> None:
    fitted = SpendScorer().fit(book(*drawn(3.0, 0.6, 5.0, 800, seed=2)))
    scores = fitted.score(book(np.array([0.0, 3.0]), np.array([0.0, 30.0])))
    assert np.isnan(fitted.mean)
    assert np.isnan(scores.values[0])
    assert scores.values[1] > 0


def test_blocks_of_snapshots_and_the_unit_of_money() -> None:
    x, spent = drawn(6.0, 4.0, 15.0, 300, seed=4)
    whole = SpendScorer().fit(book(x, spent))
    halves = SpendScorer().fit_blocks([book(x[:100], spent[:100]), book(x[100:], spent[100:])])
    assert halves.fit.parameters == pytest.approx(whole.fit.parameters, rel=1e-8)
    assert halves.correlation == pytest.approx(whole.correlation)
    dear = fit_spend([(x, spent * 1e9)])[0]
    assert dear.parameters == pytest.approx(whole.fit.parameters * [1, 1, 1e9], rel=1e-6)


@pytest.mark.parametrize(
    ("x", "spent", "told"),
    [
        ([], [], "0 customers bought a second time"),
        ([0, 0, 0], [0, 0, 0], "0 customers bought a second time"),
        ([2], [10], "1 customers bought a second time"),
        ([2, 2, 2, 2], [10, 20, -5, 10], r"at least 0, not -5.0 as in row 2"),
        ([2, 2, 2, 2], [10, 20, 1e309, 10], "infinite|at least 0"),
    ],
)
def test_spend_that_says_too_little_is_refused_with_the_reason(x: Any, spent: Any, told: str) -> None:
    with pytest.raises(CJError, match=told):
        SpendScorer().fit(book(np.array(x, float), np.array(spent, float)))


def test_all_spend_the_same_and_some_spend_nothing() -> None:
    x = np.array([1.0, 2, 3, 4, 2])
    fitted = SpendScorer().fit(book(x, np.array([10.0, 20, 30, 40, 0])))
    assert fitted.notes == ("1 customers whose repeats cost nothing are left out",)
    assert fitted.mean == pytest.approx(10, rel=0.01)


def test_no_block_at_all_is_told() -> None:
    with pytest.raises(UsageError, match="at least one block"):
        SpendScorer().fit_blocks([])
