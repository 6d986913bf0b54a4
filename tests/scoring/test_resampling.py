"""Measures over several moments: what they are, and that drawing a customer twice is having it twice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from cjlib.scoring.evaluation._measures import top_of
from cjlib.scoring.evaluation._resampling import Sample, intervals, measured

risks = st.sampled_from([0.05, 0.2, 0.2, 0.5, 0.7, 0.95])
row = st.tuples(st.integers(0, 7), risks, st.integers(0, 5), st.booleans(), st.integers(0, 4))
moments = st.lists(st.lists(row, min_size=1, max_size=25), min_size=1, max_size=4)
CAPACITY = st.sampled_from([1, 3, 100, 0.2, 0.5])


def sample(rows: list[Any]) -> Sample:
    customer, risk, recency, happened, value = (np.array(column) for column in zip(*rows, strict=True))
    return Sample.of(
        customer, risk, recency.astype(float), happened.astype(float), risk, 0.3, value.astype(float)
    )


def close(one: dict[str, float], other: dict[str, float]) -> bool:
    return one == pytest.approx(other, nan_ok=True, abs=1e-12)


@given(moments, CAPACITY, st.lists(st.integers(0, 3), min_size=8, max_size=8))
def test_who_is_drawn_twice_counts_as_if_there_were_two(
    given_rows: list[list[Any]], capacity: float, drawn: list[int]
) -> None:
    weights = np.array(drawn, float)
    repeated = [[one for one in rows for _ in range(drawn[one[0]])] for rows in given_rows]
    there = [rows for rows in repeated if rows]
    found = measured([sample(rows) for rows in given_rows], capacity, weights)
    expected = measured([sample(rows) for rows in there], capacity, np.ones(8))
    assert close(found, expected)


@given(st.lists(row, min_size=2, max_size=40), CAPACITY)
def test_at_one_moment_all_is_as_the_textbooks_have_it(rows: list[Any], capacity: float) -> None:
    _, risk, _, happened, value = (np.array(column) for column in zip(*rows, strict=True))
    found = measured([sample(rows)], capacity, np.ones(8))
    top = top_of(risk, happened, capacity=capacity, value=value)
    assert found["brier"] == pytest.approx(brier_score_loss(happened, risk))
    assert found["log_loss"] == pytest.approx(log_loss(happened, risk, labels=[0, 1]))
    assert found["base_log_loss"] == pytest.approx(log_loss(happened, np.full(len(rows), 0.3), labels=[0, 1]))
    assert found["precision"] == pytest.approx(top.precision)
    for name in ("recall", "lift", "value_lift"):
        assert found[name] == pytest.approx(getattr(top, name), nan_ok=True)
    if 0 < happened.sum() < len(rows):
        assert found["auc"] == pytest.approx(roc_auc_score(happened, risk))
        assert found["average_precision"] == pytest.approx(average_precision_score(happened, risk))
    else:
        assert np.isnan(found["auc"])


def test_two_moments_small_enough_to_count() -> None:
    """At the first, one of two with the event stands above the one without: 1 of 2 pairs; then 1 of 1.
    Together 2 of 3. Lists of one: the event stands on top both times, 2 of 2; 3 of 5 have it: lift 5 / 3."""
    first = [(0, 0.9, 0, True, 1), (1, 0.2, 0, True, 1), (2, 0.5, 0, False, 1)]
    second = [(0, 0.8, 0, True, 1), (1, 0.1, 0, False, 1)]
    found = measured([sample(first), sample(second)], 1, np.ones(8))
    assert found["auc"] == pytest.approx(2 / 3)
    assert (found["precision"], found["recall"]) == (1, pytest.approx(2 / 3))
    assert found["lift"] == pytest.approx(5 / 3)


def test_an_interval_holds_the_middle_of_the_draws() -> None:
    """Of 400 rows the AUC is that of normal scores one deviation apart, 0.76, within a few hundredths."""
    rng = np.random.default_rng(1)
    happened = rng.random(400) < 0.4
    risk = rng.normal(happened * 1.0)
    one = Sample.of(np.arange(400), risk, np.zeros(400), happened.astype(float), None, np.nan, None)
    found = intervals([one], 20, 400, 300, 0)
    low, high = found["auc"]
    assert low < 0.76 < high
    assert 0.05 < high - low < 0.15
    assert np.isnan(found["log_loss"]).all()
