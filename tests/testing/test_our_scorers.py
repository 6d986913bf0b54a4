"""Every scorer of ours that learns keeps the contracts, before it has learnt and afterwards."""

from __future__ import annotations

import functools
from typing import Any

import pytest
from hypothesis import strategies as st

import cjlib as cj
from cjlib import plugins
from cjlib.scoring import Scorer
from cjlib.testing import FittableScorerContract, RowwiseScorerContract, small_log, small_world, some_rows

METRICS = ["logins", "tickets"]
MOMENTS = ("2026-02-01", "2026-03-01", "2026-04-01")


@functools.cache
def unfitted() -> dict[str, Any]:
    """Scorers by name; the additive one and the health are in `test_scorer_contracts`."""
    from sklearn.linear_model import LogisticRegression

    return {
        "estimator": cj.EstimatorScorer(LogisticRegression(), horizon="60d", metrics=METRICS),
        "hazard": cj.HazardScorer(horizon="60d"),
        "multistate": cj.MultistateScorer(horizon="60d"),
        "retention": cj.RetentionScorer(horizon="60d"),
        "risk": cj.RiskScorer(horizon="60d", candidates=("prior", "recency")),
    }


@functools.cache
def rows(name: str) -> cj.Snapshot:
    """What it learns from: the panel of the small company, or purchases there."""
    if name != "retention":
        return small_world()[0]
    return cj.panel(small_log(), cj.RetentionScorer.metrics_of("login"), as_of=list(MOMENTS))


@functools.cache
def fitted(name: str) -> Scorer:
    scorer: Scorer = unfitted()[name].fit(rows(name), small_world()[1])
    return scorer


NAMES = ("estimator", "hazard", "multistate", "retention", "risk")


def test_every_scorer_of_ours_is_under_contract(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CJLIB_NO_PLUGINS", "1")
    assert set(plugins.names("scorers")) == {*NAMES, "additive", "health"}
    for name, scorer in unfitted().items():
        assert isinstance(scorer, plugins.load("scorers", name))


@pytest.mark.parametrize("name", NAMES)
class TestFits(FittableScorerContract):
    @pytest.fixture
    def scorer(self, name: str) -> Any:
        return unfitted()[name]

    @pytest.fixture
    def panel(self, name: str) -> cj.Snapshot:
        return rows(name)

    def test_nothing_to_learn_from_is_told(self, scorer: Any, panel: cj.Snapshot, trace: cj.Trace) -> None:
        if scorer.name != "multistate":  # it learns from the visits of the trace alone
            super().test_nothing_to_learn_from_is_told(scorer, panel, trace)


@pytest.mark.parametrize("name", ["estimator", "retention", "risk"])
class TestFitted(RowwiseScorerContract):
    @pytest.fixture
    def scorer(self, name: str) -> Scorer:
        return fitted(name)

    def values(self, name: str) -> st.SearchStrategy[Any]:
        possible: dict[str, st.SearchStrategy[Any]] = {
            "purchases": st.integers(0, 50).map(float),
            "days_since_purchase": st.floats(0, 100),
            "tenure": st.floats(100, 1000),
        }
        return possible[name] if name in possible else super().values(name)


@pytest.mark.parametrize("name", ["hazard", "multistate"])
class TestFittedOnStages(RowwiseScorerContract):
    @pytest.fixture
    def scorer(self, name: str) -> Scorer:
        return fitted(name)

    def drawn(self, scorer: Scorer, *, least: int = 0) -> st.SearchStrategy[cj.Snapshot]:
        return some_rows(small_world()[0], least)
