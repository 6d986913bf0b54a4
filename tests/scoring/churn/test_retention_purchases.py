"""Purchases by BG/NBD: plain likelihoods and integrals, known parameters, published figures."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import betaincinv, betaln, gammaln
from tests.scoring.churn.cdnow import histories_of_the_sample
from tests.scoring.made import snapshot

from cjlib.errors import CJError, DataError, UsageError
from cjlib.scoring.churn._retention import RetentionScorer
from cjlib.scoring.churn._retention_ahead import alive, expected_purchases, no_purchase
from cjlib.scoring.churn._retention_bgnbd import PurchaseCounts, fit_purchases, log_likelihood

histories = st.lists(
    st.tuples(st.integers(0, 5), st.integers(1, 9), st.integers(0, 9)), min_size=4, max_size=30
)
sizes = st.floats(0.05, 8.0)
parameters = st.tuples(sizes, sizes, sizes, sizes).map(np.array)
Histories = list[tuple[int, int, int]]


def columns(rows: Histories) -> tuple[np.ndarray, ...]:
    """Repeats, recency, age."""
    x, last, rest = (np.array(column, float) for column in zip(*rows, strict=True))
    last = np.where(x > 0, last, 0.0)
    return x, last, last + rest


def counted(rows: Histories) -> PurchaseCounts:
    return PurchaseCounts.of(*columns(rows))


def slow_likelihood(rows: Histories, theta: np.ndarray) -> float:
    """Equation 6 of Fader, Hardie and Lee (2005), customer by customer."""
    r, alpha, a, b = theta
    total = 0.0
    for x, last, age in zip(*columns(rows), strict=True):
        common = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
        here = betaln(a, b + x) - (r + x) * np.log(alpha + age)
        gone = betaln(a + 1, b + x - 1) - (r + x) * np.log(alpha + last) if x else -np.inf
        total += common - betaln(a, b) + np.logaddexp(here, gone)
    return total


@given(histories, parameters)
def test_the_likelihood_is_that_of_the_paper(rows: Histories, theta: np.ndarray) -> None:
    assert log_likelihood(counted(rows), theta)[0] == pytest.approx(slow_likelihood(rows, theta), rel=1e-9)


@given(histories, parameters)
def test_the_derivatives_are_those_of_small_differences(rows: Histories, theta: np.ndarray) -> None:
    counts = counted(rows)
    _, gradient, curvature = log_likelihood(counts, theta)
    for i in range(4):
        step = np.zeros(4)
        step[i] = 1e-5 * theta[i]
        (above, slopes_above, _), (below, slopes_below, _) = (
            log_likelihood(counts, theta + step), log_likelihood(counts, theta - step),
        )  # fmt: skip
        size = 1 + np.abs(curvature[i]).max() + abs(gradient[i])
        assert (above - below) / (2 * step[i]) == pytest.approx(gradient[i], abs=1e-5 * size)
        assert (slopes_above - slopes_below) / (2 * step[i]) == pytest.approx(curvature[i], abs=1e-5 * size)


@settings(max_examples=60)
@given(histories)
def test_no_step_from_the_fit_is_uphill(rows: Histories) -> None:
    counts = counted(rows)
    try:
        fit = fit_purchases(counts)
    except DataError:
        return
    best = slow_likelihood(rows, fit.parameters)
    assert fit.log_likelihood == pytest.approx(best, rel=1e-6, abs=1e-6)
    for i in np.flatnonzero(~fit.at_limit):
        for factor in (0.97, 1.03):
            theta = fit.parameters * np.where(np.arange(4) == i, factor, 1.0)
            assert slow_likelihood(rows, theta) <= best + 1e-7


@given(histories, st.integers(0, 30))
def test_merged_counts_give_the_fit_on_both(rows: Histories, cut: int) -> None:
    one, other = (
        PurchaseCounts.of(*(c[part] for c in columns(rows))) for part in (slice(cut), slice(cut, None))
    )
    both, whole = one + other, counted(rows)
    for name in ("repeats", "recency", "age", "customers"):
        np.testing.assert_array_equal(getattr(both, name), getattr(whole, name))


def drawn(theta: tuple[float, ...], customers: int, seed: int) -> PurchaseCounts:
    """Customers as the model thinks of them, each on its own."""
    r, alpha, a, b = theta
    rng = np.random.default_rng(seed)
    found = []
    for age in rng.uniform(200, 300, customers):
        rate, leaves = rng.gamma(r) / alpha, rng.beta(a, b)
        x, now, last = 0, 0.0, 0.0
        while (now := now + rng.exponential(1 / max(rate, 1e-300))) <= age:
            x, last = x + 1, now
            if rng.random() < leaves:
                break
        found.append((x, last, age))
    return PurchaseCounts.of(*zip(*found, strict=True))


def test_parameters_that_made_customers_are_found_again() -> None:
    truth = (0.6, 12.0, 0.8, 2.5)
    fit = fit_purchases(drawn(truth, 12_000, seed=5))
    assert np.abs((fit.parameters - truth) / fit.errors).max() < 3
    assert not fit.at_limit.any()
    assert (fit.errors / truth).max() < 0.15


def test_the_cdnow_sample_gives_the_published_parameters() -> None:
    """Fader, Hardie and Lee (2005), table 2; in the first 39 weeks."""
    x, recency, age, _ = histories_of_the_sample()
    fit = fit_purchases(PurchaseCounts.of(x, recency, age))
    assert fit.parameters.round(3).tolist() == [0.243, 4.414, 0.793, 2.426]
    assert round(fit.log_likelihood, 1) == -9582.4


def test_the_worked_customer_of_the_paper() -> None:
    """Bought twice more, the last time in week 30.43 of 38.86: 1.226 purchases in the next 39 weeks."""
    theta = np.array([0.243, 4.414, 0.793, 2.426])
    found = expected_purchases(theta, *(np.array([one]) for one in (2.0, 30.43, 38.86)), 39.0)
    assert found[0] == pytest.approx(1.226, abs=5e-4)


@given(
    st.tuples(sizes, sizes, st.floats(-2, 3.5), st.floats(-2, 3.5)),
    st.sampled_from([0, 1, 3, 20, 200]),
    st.floats(-3, 3),
)
def test_expected_purchases_are_the_integral_over_who_leaves_when(
    theta: tuple[float, ...], x: int, ahead: float
) -> None:
    """At rate λ and chance p to leave, (1 - exp(-λpt)) / p are expected; λ is integrated in closed form."""
    r, alpha, a, b = theta[0], theta[1], 10 ** theta[2], 10 ** theta[3]
    one = np.array([float(x)]), np.array([alpha if x else 0.0]), np.array([2 * alpha])
    time = 3 * alpha * 10**ahead

    def expected(share: float) -> float:
        p = max(betaincinv(a, b + x, share), 1e-300)
        return float(-np.expm1(-(r + x) * np.log1p(p * 10**ahead)) / p)

    edges = [0, 1e-6, 1e-3, 0.05, 0.3, 0.7, 0.95, 0.999, 1 - 1e-6, 1]
    pieces = [quad(expected, low, high, limit=100)[0] for low, high in itertools.pairwise(edges)]
    parameters = np.array([r, alpha, a, b])
    found = expected_purchases(parameters, *one, time)[0] / alive(parameters, *one)[0]
    assert found == pytest.approx(sum(pieces), rel=1e-6)


@pytest.mark.parametrize(("a", "b"), [(1.0, 2.5), (1.0 + 1e-6, 2.5), (0.4, 0.6), (1.0, 1.0)])
def test_expected_purchases_have_no_gaps_where_the_formula_has(a: float, b: float) -> None:
    one = (np.array([0.0, 2.0]), np.array([0.0, 9.0]), np.array([12.0, 12.0]))
    around = [expected_purchases(np.array([0.5, 4.0, a + e, b]), *one, 300.0) for e in (-0.01, 0.01)]
    found = expected_purchases(np.array([0.5, 4.0, a, b]), *one, 300.0)
    assert found == pytest.approx(np.mean(around, axis=0), rel=1e-3)


@given(parameters, st.integers(0, 5), st.floats(0.1, 30), st.floats(0.1, 60))
def test_no_purchase_is_as_likely_as_having_been_seen_for_longer_without_one(
    theta: np.ndarray, x: int, age: float, ahead: float
) -> None:
    """P(none within t) is the likelihood of the same history at age + t, over that at age."""
    recency = age / 3 if x else 0.0
    now, later = (
        np.exp(log_likelihood(PurchaseCounts.of([x], [recency], [until]), theta)[0])
        for until in (age, age + ahead)
    )
    one = np.array([float(x)]), np.array([recency]), np.array([age])
    here = alive(theta, *one)
    risk = 1 - here + here * no_purchase(theta, one[0], one[2], ahead)
    assert risk[0] == pytest.approx(later / now, rel=1e-9)


def book(rows: list[tuple[Any, Any, Any]]) -> Any:
    purchases, last, tenure = zip(*rows, strict=True)
    return snapshot({"purchases": purchases, "days_since_purchase": last, "tenure": tenure})


BOOK = [
    (1, 90, 90),
    (3, 10, 80),
    (2, 70, 95),
    (6, 2, 60),
    (1, 5, 5),
    (2, 30, 50),
    (1, 40, 40),
    (9, 1, 90),
] * 5


def test_the_risk_is_that_of_no_purchase_and_its_parts_say_why() -> None:
    fitted = RetentionScorer(horizon="30d").fit(book(BOOK))
    scores = fitted.score(book([*BOOK[:4], (None, None, None), (0, None, None)]))
    here = fitted.alive(book(BOOK[:4]))
    assert here[0] == 1.0  # one purchase: never had the occasion to leave
    assert scores.part("@left")[:4] == pytest.approx(1 - here)
    assert scores.values[0] > scores.values[3]
    assert np.isnan(scores.values[4:]).all()
    assert scores.coverage.tolist() == [1, 1, 1, 1, 0, 0]
    curves = fitted.survival(book(BOOK), ["7d", "30d", "365d"])
    assert (np.diff(curves, axis=1) < 0).all()


def test_value_is_purchases_times_spend_discounted() -> None:
    fitted, rows = RetentionScorer(horizon="30d").fit(book(BOOK)), book(BOOK)
    bought = fitted.expected_purchases(rows, "60d")
    assert fitted.expected_value(rows, 20.0, "60d", margin=0.25) == pytest.approx(bought * 5)
    first = fitted.expected_purchases(rows, "30d")
    by_hand = 20 * (first * 1.1 ** (-30 / 365) + (bought - first) * 1.1 ** (-60 / 365))
    assert fitted.expected_value(rows, 20.0, "60d", discount=0.1) == pytest.approx(by_hand)
    for options in ({"margin": -1.0}, {"discount": -0.1}):
        with pytest.raises(UsageError, match="at least 0"):
            fitted.expected_value(rows, 20.0, "60d", **options)
    with pytest.raises(UsageError, match="one number per row"):
        fitted.expected_value(rows, [1.0, 2.0], "60d")


def test_the_unit_of_time_changes_alpha_and_nothing_else() -> None:
    x, recency, age = (
        np.array(c, float) for c in ([0, 2, 1, 5, 0, 3], [0, 70, 25, 58, 0, 20], [90, 80, 95, 60, 5, 50])
    )
    one, other = (fit_purchases(PurchaseCounts.of(x, recency * unit, age * unit)) for unit in (1.0, 1e7))
    assert other.parameters == pytest.approx(one.parameters * [1, 1e7, 1, 1], rel=1e-6)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([(0, None, None)] * 5, "nobody has bought"),
        ([(1, 5, 5), (1, 6, 6), (1, 7, 7), (1, 8, 8)], "not one of 4 customers bought a second time"),
        ([(3, 5, 10)], "from 1 different history"),
        ([(3, 5, 10)] * 50, "from 1 different history"),
        ([(2.5, 5, 10)], "whole numbers"),
        ([(-1, 5, 10)], "whole numbers"),
        ([(3, 11, 10)], "before the first"),
        ([(3, -1, 10)], "at least 0"),
    ],
)
def test_histories_that_say_too_little_are_refused_with_the_reason(rows: list[Any], told: str) -> None:
    with pytest.raises(CJError, match=told):
        RetentionScorer().fit(book(rows))


def test_regular_buyers_who_never_leave_are_fitted_and_that_is_told() -> None:
    rows = [(bought, 1 + bought % 3, 100 + bought) for bought in range(20, 40)]
    fitted = RetentionScorer().fit(book(rows))
    assert any("same rate" in note or "nobody leaves" in note or "bounds" in note for note in fitted.notes)
    assert fitted.score(book(rows)).values.max() < 0.2


def test_what_is_no_panel_is_told() -> None:
    with pytest.raises(UsageError, match=r"a cjlib\.Snapshot \(or panel\) was expected"):
        RetentionScorer().fit([1, 2, 3])


def test_merging_is_only_for_what_was_fitted_alike() -> None:
    one = RetentionScorer(horizon="30d").fit(book(BOOK))
    assert one.merge(one).fit.parameters == pytest.approx(one.fit.parameters, rel=1e-6)
    assert one.merge(one).counts.customers.sum() == 80
    with pytest.raises(UsageError, match="fitted alike"):
        one.merge(RetentionScorer(horizon="60d").fit(book(BOOK)))
