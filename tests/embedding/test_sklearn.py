"""Snapshots stand in scikit-learn's pipelines, and the transformer keeps scikit-learn's own contract."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

import cjlib as cj
from cjlib.errors import DataError, UnknownNameError, UsageError
from cjlib.scoring import outcomes
from cjlib.sklearn import SnapshotFeatures
from cjlib.testing import small_world, snapshots

PLANS = st.sampled_from(["free", "pro"])


@parametrize_with_checks([SnapshotFeatures()])
def test_it_is_a_transformer_as_scikit_learn_wants_it(estimator: Any, check: Any) -> None:
    check(estimator)


@given(snapshots(["logins", "tickets"], least=1))
def test_numbers_stay_as_they_are(snapshot: cj.Snapshot) -> None:
    made = SnapshotFeatures(["tickets", "logins"]).fit_transform(snapshot)
    np.testing.assert_array_equal(made, np.column_stack([snapshot["tickets"], snapshot["logins"]]))


@given(snapshots(["plan"], lambda _: PLANS, least=1))
def test_of_each_known_category_one_column_is_1(snapshot: cj.Snapshot) -> None:
    features = SnapshotFeatures().fit(snapshot)
    made, names = features.transform(snapshot), features.get_feature_names_out().tolist()
    for row, plan in zip(made, snapshot["plan"], strict=True):
        if plan is None:
            assert np.isnan(row).all()
        else:
            assert [name for name, value in zip(names, row, strict=True) if value] == [f"plan={plan}"]
            assert row.sum() == 1


def plans(*values: Any) -> cj.Snapshot:
    return cj.Snapshot.from_frame({"customer": range(len(values)), "plan": list(values)})


def test_a_new_category_is_none_of_the_known() -> None:
    features = SnapshotFeatures().fit(plans("free", "pro"))
    assert features.transform(plans("gold", None)).tolist()[0] == [0, 0]
    assert np.isnan(features.transform(plans("gold", None))[1]).all()
    assert features.transform(plans()).shape == (0, 2)
    assert np.isnan(features.transform(plans(float("nan"), None))).all()


def test_a_pipeline_learns_from_a_panel_and_foretells_a_snapshot() -> None:
    panel, trace = small_world()
    left = outcomes(panel, trace).within("60d")
    known = ~np.isnan(left)
    pipeline = make_pipeline(SnapshotFeatures(), HistGradientBoostingClassifier(max_iter=20))
    pipeline.fit(panel.select(known), left[known].astype(bool))
    last = panel.at("2026-04-01")
    risk = pipeline.predict_proba(last)[:, 1]
    assert risk.shape == (len(last),)
    assert len(clone(pipeline).fit(panel.select(known), left[known].astype(bool)).predict(last)) == len(last)


def test_it_can_give_frames() -> None:
    features = SnapshotFeatures().set_output(transform="pandas")
    assert features.fit_transform(plans("free", "pro")).columns.tolist() == ["plan=free", "plan=pro"]


@pytest.mark.parametrize(
    ("metrics", "first", "then", "error", "told"),
    [
        (["plna"], plans("free"), plans("free"), UnknownNameError, "did you mean 'plan'"),
        (["plan"], np.ones((3, 1)), plans("free"), UsageError, "are those of a Snapshot, not of ndarray"),
        (None, plans("free"), np.ones((3, 1)), UsageError, "fitted on a Snapshot; .* not ndarray"),
        (None, plans("free"), plans(3), DataError, "'plan' was a category"),
        (None, plans(3), plans("free"), DataError, "'plan' was a number"),
    ],
)
def test_what_does_not_fit_together_is_told(
    metrics: Any, first: Any, then: Any, error: type[Exception], told: str
) -> None:
    with pytest.raises(error, match=told):
        SnapshotFeatures(metrics).fit(first).transform(then)


def test_only_who_asks_for_it_loads_scikit_learn() -> None:
    code = "import sys, cjlib; [getattr(cjlib, n) for n in cjlib.__all__]; print('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"
