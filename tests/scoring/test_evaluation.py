"""Measures of quality against scikit-learn, ties and weights included."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from cjlib.errors import UsageError
from cjlib.scoring.evaluation._measures import (
    average_precision,
    brier_score,
    calibration,
    calibration_error,
    log_loss,
    roc_auc,
    top_of,
)

LEVELS = (0.0, 0.1, 0.25, 0.5, 0.5, 0.75, 1.0)
judged = st.lists(
    st.tuples(st.sampled_from(LEVELS), st.booleans(), st.integers(0, 3)), min_size=2, max_size=60
)


def columns(rows: list[tuple[float, bool, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    risk, happened, weight = zip(*rows, strict=True)
    return np.array(risk), np.array(happened), np.array(weight, float)


@given(judged)
def test_ranking_is_that_of_scikit_learn(rows: list[tuple[float, bool, int]]) -> None:
    risk, happened, weight = columns(rows)
    if 0 < happened.sum() < len(happened):
        assert roc_auc(risk, happened) == pytest.approx(metrics.roc_auc_score(happened, risk), abs=1e-12)
        expected = metrics.average_precision_score(happened, risk)
        assert average_precision(risk, happened) == pytest.approx(expected, abs=1e-12)
    if (weight * happened).sum() and (weight * ~happened).sum():
        expected = metrics.roc_auc_score(happened, risk, sample_weight=weight)
        assert roc_auc(risk, happened, weight) == pytest.approx(expected, abs=1e-12)
        expected = metrics.average_precision_score(happened, risk, sample_weight=weight)
        assert average_precision(risk, happened, weight) == pytest.approx(expected, abs=1e-12)


@given(judged)
def test_probabilities_are_judged_as_by_scikit_learn(rows: list[tuple[float, bool, int]]) -> None:
    risk, happened, _ = columns(rows)
    assert brier_score(risk, happened) == pytest.approx(
        metrics.brier_score_loss(happened, risk, pos_label=True)
    )
    expected = metrics.log_loss(happened, risk, labels=[False, True])
    assert log_loss(risk, happened) == pytest.approx(expected, rel=1e-9)


@given(judged, st.integers(1, 20))
def test_the_bins_hold_every_row_once(rows: list[tuple[float, bool, int]], bins: int) -> None:
    risk, happened, _ = columns(rows)
    table = calibration(risk, happened, bins=bins)
    assert table["rows"].sum() == len(rows)
    assert table["rows"].max() - table["rows"].min() <= 1
    assert (table["rows"] * table["came"]).sum() == pytest.approx(happened.sum())
    assert (np.diff(table["said"]) >= 0).all()
    assert 0 <= calibration_error(risk, happened, bins=bins) <= 1


@given(judged, st.integers(1, 10))
def test_ties_at_the_edge_count_as_drawn_by_lot(rows: list[tuple[float, bool, int]], k: int) -> None:
    """The mean over many orders of the tied rows is what is told at once."""
    risk, happened, _ = columns(rows)
    k = min(k, len(rows))
    rng = np.random.default_rng(1)
    hits = []
    for _ in range(400):
        order = np.lexsort((rng.random(len(risk)), -risk))[:k]
        hits.append(happened[order].sum())
    assert top_of(risk, happened, capacity=k).precision * k == pytest.approx(np.mean(hits), abs=0.35)


def test_a_list_small_enough_to_count() -> None:
    """Four of ten listed, three of the five events among them: precision 3/4, lift (3/4) / (1/2)."""
    risk = np.arange(10, 0, -1)
    happened = np.array([1, 1, 0, 1, 0, 1, 0, 1, 0, 0])
    top = top_of(risk, happened, capacity=0.4, value=np.array([5.0, 1, 1, 1, 1, 3, 1, 0, 1, 1]))
    assert (top.rows, top.precision, top.recall, top.lift) == (4, 0.75, 0.6, 1.5)
    assert top.value_lift == pytest.approx((7 / 10) / 0.4)


def test_one_class_only_has_no_ranking() -> None:
    assert np.isnan(roc_auc([0.1, 0.2], [0, 0]))
    assert np.isnan(average_precision([0.1, 0.2], [0, 0]))
    assert np.isnan(top_of([0.1, 0.2], [0, 0], capacity=1).lift)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: roc_auc([0.1], [0, 1]), "one length"),
        (lambda: roc_auc([np.nan, 1], [0, 1]), "row 0 has no risk"),
        (lambda: roc_auc([0.1, 1], [0, np.nan]), "undecided"),
        (lambda: brier_score([0.1, 1.5], [0, 1]), "between 0 and 1, not at 1.5"),
        (lambda: calibration([0.5], [1], bins=0), "at least 1"),
        (lambda: top_of([0.5], [1], capacity=0), "a number of rows"),
    ],
)
def test_what_cannot_be_judged_is_told(call: object, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        call()  # type: ignore[operator]
