"""Any classifier as a scorer: calibrated on later data, one part, no weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import approx_fprime, minimize
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

import cjlib as cj
from cjlib.errors import CJError, DataError, UsageError
from cjlib.scoring.churn._calibration import AsSaid, isotonic_of, log_odds_of, platt_of
from cjlib.scoring.churn._estimator import EstimatorScorer
from cjlib.scoring.evaluation._measures import calibration_error, roc_auc

MOMENTS = [f"2025-{month:02d}-01" for month in range(1, 13)]


def months(customers: int = 200, seed: int = 0) -> tuple[cj.Snapshot, np.ndarray]:
    """A panel of twelve months, and who left within the month after each."""
    rng = np.random.default_rng(seed)
    rows = customers * len(MOMENTS)
    logins, plan = rng.normal(size=rows), rng.choice(["free", "team"], rows)
    came = rng.random(rows) < 1 / (1 + np.exp(1.5 * logins + (plan == "team") + 1))
    logins = np.where(rng.random(rows) < 0.05, np.nan, logins)
    columns = {"logins": logins, "plan": plan.tolist(), "seats": rng.integers(1, 9, rows)}
    ids = np.repeat(np.arange(customers), len(MOMENTS))
    return cj.Snapshot.from_frame(
        {"customer": ids, "when": MOMENTS * customers, **columns}, as_of="when"
    ), came


class Seeing(ClassifierMixin, BaseEstimator):
    """Says twice the log-odds that are right, and remembers how many rows it was shown."""

    def fit(self, matrix: Any, came: Any) -> Seeing:
        self.classes_, self.rows_ = np.unique(came), len(matrix)
        self.model_ = LogisticRegression().fit(matrix, came)
        return self

    def decision_function(self, matrix: Any) -> Any:
        return 2 * self.model_.decision_function(matrix)


@pytest.mark.parametrize(
    "estimator",
    [
        LogisticRegression(),
        make_pipeline(StandardScaler(), LogisticRegression()),
        RandomForestClassifier(30, min_samples_leaf=20, random_state=0),
        HistGradientBoostingClassifier(max_iter=20, max_leaf_nodes=4),
        LinearSVC(),
    ],
    ids=lambda one: type(one).__name__,
)
def test_classifiers_rank_and_their_probabilities_come_true(estimator: Any) -> None:
    fitted = EstimatorScorer(estimator, horizon="30d").fit(*months())
    later, came = months(seed=1)
    scores = fitted.score(later)
    assert roc_auc(scores.values, came) > 0.72
    assert calibration_error(scores.values, came) < 0.06
    log_odds = np.log(scores.values / (1 - scores.values))
    np.testing.assert_allclose(scores.base + scores.parts.sum(axis=1), log_odds, atol=1e-9)
    assert scores.part_names == (fitted.name,)


def test_the_calibration_sees_only_later_rows() -> None:
    rows, came = months()
    fitted = EstimatorScorer(Seeing(), horizon="30d").fit(rows, came)
    # October to December are the last quarter; September's thirty days are just over by then.
    assert fitted.estimator.rows_ == 200 * 9
    assert "calibrated on later rows" in fitted.notes[-1]
    assert fitted.calibration.slope == pytest.approx(0.5, abs=0.1)


def test_the_estimator_that_was_passed_is_not_fitted() -> None:
    estimator = LogisticRegression()
    EstimatorScorer(estimator, horizon="30d").fit(*months())
    assert not hasattr(estimator, "coef_")


def test_one_moment_divides_customers_instead_and_says_so() -> None:
    rows, came = months()
    is_first = rows.as_of == rows.as_of[0]
    fitted = EstimatorScorer(LogisticRegression()).fit(rows.select(is_first), came[is_first])
    assert "calibrated on a quarter" in fitted.notes[-1]


def test_missing_numbers_reach_those_who_take_them() -> None:
    rows, came = months()
    plain = EstimatorScorer(LogisticRegression(), horizon="30d").fit(rows, came)
    assert plain.design.matrix(rows).shape[1] == 2 + 2 + 2  # a number and its gap twice, two levels
    boosted = EstimatorScorer(HistGradientBoostingClassifier(max_iter=5), horizon="30d").fit(rows, came)
    assert np.isnan(boosted.design.matrix(rows)).any()
    assert (plain.score(rows).coverage < 1).tolist() == np.isnan(rows["logins"]).tolist()


@pytest.mark.parametrize("way", ["as said", "platt", "isotonic"])
def test_a_calibration_can_be_asked_for(way: str) -> None:
    fitted = EstimatorScorer(LogisticRegression(), horizon="30d", calibration=way).fit(*months(60))
    assert f"{way}, as asked for" in fitted.notes[-1]


def test_class_weights_are_refused() -> None:
    weighted = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced"))
    with pytest.raises(
        UsageError, match=r"logisticregression__class_weight='balanced' makes every probability"
    ):
        EstimatorScorer(weighted)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (LogisticRegression, "an object, not a class"),
        ("forest", "a scikit-learn classifier was expected"),
        (StandardScaler(), "StandardScaler has neither predict_proba nor decision_function"),
    ],
)
def test_what_is_no_classifier_is_told(given: Any, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        EstimatorScorer(given)


def test_an_unknown_calibration_is_told() -> None:
    with pytest.raises(CJError, match=r"unknown calibration 'plat' \(did you mean 'platt'\?\)"):
        EstimatorScorer(LogisticRegression(), calibration="plat")


def test_too_few_rows_are_told() -> None:
    rows, came = months(3)
    came[:] = False
    came[0] = True
    with pytest.raises(DataError, match="rows for the calibration all have the same outcome"):
        EstimatorScorer(LogisticRegression(), horizon="30d").fit(rows, came)
    empty = cj.Snapshot.from_frame({"customer": range(40), "x": [1.0] * 40}, as_of="2026-01-01")
    with pytest.raises(DataError, match="there is no column to learn from"):
        EstimatorScorer(LogisticRegression()).fit(empty, [True, False] * 20)


# --- the calibrations themselves


@given(st.integers(0, 2**32 - 1))
def test_platts_line_is_the_likeliest(seed: int) -> None:
    rng = np.random.default_rng(seed)
    said = rng.normal(size=80) * 2
    came = (rng.random(80) < 1 / (1 + np.exp(-said / 2))).astype(float)
    n1, n0 = came.sum(), 80 - came.sum()
    aim = np.where(came == 1, (n1 + 1) / (n1 + 2), 1 / (n0 + 2))

    def loss(beta: np.ndarray) -> float:
        eta = beta[0] * said + beta[1]
        return float(np.sum(np.logaddexp(0, eta) - aim * eta))

    line = platt_of(said, came)
    found = np.array([line.slope, line.level])
    assert loss(found) <= minimize(loss, [1.0, 0.0]).fun + 1e-6
    assert np.abs(approx_fprime(found, loss, 1e-6)).max() < 1e-2


@given(st.integers(0, 2**32 - 1))
def test_the_isotonic_curve_is_scikit_learns(seed: int) -> None:
    from sklearn.isotonic import IsotonicRegression

    rng = np.random.default_rng(seed)
    said, came = np.round(rng.normal(size=60), 1), (rng.random(60) < 0.4).astype(float)
    margin = 0.5 / 61
    expected = np.clip(IsotonicRegression().fit(said, came).predict(said), margin, 1 - margin)
    np.testing.assert_allclose(isotonic_of(said, came)(said), expected, atol=1e-9)


def test_probabilities_at_the_ends_stay_finite() -> None:
    odds = log_odds_of(np.array([0.0, 0.5, 1.0]))
    assert np.isfinite(odds).all()
    np.testing.assert_allclose(AsSaid()(odds), [0, 0.5, 1], atol=1e-8)
