"""The regression itself, against statsmodels and against closed forms."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st

import cjlib as cj
from cjlib.scoring.churn._regression import Answer, Rows, best_of, fit_rows, fit_sources


def rows_of(seed: int, n: int = 400, width: int = 4, level: float = -2.0) -> Rows:
    """Rows whose event comes with a hazard that the columns set."""
    rng = np.random.default_rng(seed)
    x = np.column_stack([np.ones(n), rng.normal(size=(n, width - 1))])
    offset = np.log(rng.uniform(0.2, 2.0, n))
    hazard = np.exp(x @ np.append(level, rng.normal(size=width - 1) * 0.6) + offset)
    return Rows(x, [Answer((rng.random(n) < -np.expm1(-hazard)).astype(float), offset)])


def by_statsmodels(rows: Rows, **options: Any) -> Any:
    (answer,) = rows.answers
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        family = sm.families.Binomial(link=sm.families.links.CLogLog())
        model = sm.GLM(answer.came, rows.x, family=family, offset=answer.offset)
        return model.fit(tol=1e-13, maxiter=200, **options)


@given(st.integers(0, 10**6), st.integers(1, 6), st.floats(-3.5, 0.5))
def test_coefficients_errors_and_likelihood_are_those_of_statsmodels(
    seed: int, width: int, level: float
) -> None:
    rows = rows_of(seed, width=width, level=level)
    if not 20 <= rows.answers[0].came.sum() <= 380:
        return
    (ours,), theirs = fit_rows(rows, [0.0]), by_statsmodels(rows)
    assert np.allclose(ours.coefficients, theirs.params, rtol=1e-6, atol=1e-6)
    assert np.allclose(ours.errors(), theirs.bse, rtol=1e-6)
    assert ours.log_likelihood == pytest.approx(theirs.llf, rel=1e-9)


def test_errors_from_scores_of_owners_are_those_of_statsmodels() -> None:
    rows = rows_of(5)
    owner = np.random.default_rng(0).integers(0, 60, len(rows.x))
    (ours,) = fit_rows(Rows(rows.x, rows.answers, owner), [0.0])
    cluster = {"groups": owner, "use_correction": False}
    theirs = by_statsmodels(rows, cov_type="cluster", cov_kwds=cluster)
    assert np.allclose(ours.errors(clustered=True), theirs.bse, rtol=1e-5)


def test_columns_that_say_the_same_twice_share_what_they_tell() -> None:
    rows = rows_of(3)
    twice = Rows(np.column_stack([rows.x, rows.x[:, 1]]), rows.answers)
    (alone,), (shared,), theirs = fit_rows(rows, [0.0]), fit_rows(twice, [0.0]), by_statsmodels(twice)
    assert shared.coefficients[1] == pytest.approx(shared.coefficients[4], abs=1e-8)
    assert shared.coefficients[1] + shared.coefficients[4] == pytest.approx(alone.coefficients[1], abs=1e-7)
    assert shared.log_likelihood == pytest.approx(theirs.llf, rel=1e-9)


@given(st.integers(0, 10**6), st.sampled_from([0.1, 3.0, 100.0]))
def test_at_the_penalised_best_the_slope_is_the_pull_of_the_penalty(seed: int, penalty: float) -> None:
    rows = rows_of(seed)
    (answer,) = rows.answers
    if not 0 < answer.came.sum() < len(rows.x):
        return
    beta = best_of(rows, penalty)
    hazard = np.exp(rows.x @ beta + answer.offset)
    slope = rows.x.T @ np.where(answer.came > 0, hazard / np.expm1(hazard), -hazard)
    assert np.allclose(slope, penalty * np.append(0.0, beta[1:]), atol=1e-6)


def test_a_level_alone_is_the_rate_of_events() -> None:
    """30 events in 100 periods of one day: 1 - exp(-exp(level)) = 0.3."""
    came = np.repeat([1.0, 0.0], [30, 70])
    (found,) = fit_rows(Rows(np.ones((100, 1)), [Answer(came, np.zeros(100))]), [0.0])
    assert found.coefficients[0] == pytest.approx(np.log(-np.log(0.7)), abs=1e-10)


@given(st.integers(0, 10**6), st.integers(1, 5), st.sampled_from([0.0, 2.0]))
def test_blocks_give_what_all_rows_give(seed: int, parts: int, penalty: float) -> None:
    rows = rows_of(seed)
    if not 10 <= rows.answers[0].came.sum() <= 390:
        return
    (whole,) = fit_rows(rows, [penalty])
    cut = [rows.select(np.arange(len(rows.x)) % parts == part) for part in range(parts)]
    (found,) = fit_sources(lambda: cut, [penalty], [np.zeros(rows.x.shape[1])])
    assert np.allclose(found.coefficients, whole.coefficients, atol=1e-8)
    assert np.allclose(found.errors(), whole.errors(), atol=1e-8)


def test_blocks_are_read_once_per_step() -> None:
    rows, reads = rows_of(1), []

    def read() -> list[Rows]:
        reads.append(1)
        return [rows]

    fit_sources(read, [1.0], [np.zeros(rows.x.shape[1])])
    assert len(reads) <= 12  # nine steps or so from nothing, and one pass for the errors


def test_many_rows_start_from_a_sample_and_end_where_few_would() -> None:
    rows = rows_of(2, n=140_000, level=-3.0)
    (fast,) = fit_rows(rows, [1.0])
    (slow,) = fit_sources(lambda: [rows], [1.0], [np.zeros(4)])
    assert np.allclose(fast.coefficients, slow.coefficients, atol=1e-8)


@pytest.mark.parametrize("edge", [0.0, 1.5])
def test_perfect_separation_without_a_penalty_is_told(edge: float) -> None:
    x = np.column_stack([np.ones(200), np.linspace(-3, 3, 200)])
    rows = Rows(x, [Answer((x[:, 1] > edge).astype(float), np.zeros(200))])
    with pytest.raises(cj.CJError, match="give a penalty above 0"):
        fit_rows(rows, [0.0])
    (found,) = fit_rows(rows, [1.0])
    assert np.isfinite(found.coefficients).all()
    assert found.coefficients[1] > 0
