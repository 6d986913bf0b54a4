"""How much can be learnt is chosen on later rows, and what was chosen is said."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cjlib as cj
from cjlib.errors import CJError, NotFittedError, UsageError
from cjlib.scoring.churn._chooser import FittedRisk, RiskScorer, _Judged, _simplest
from cjlib.scoring.churn._learning import decided
from cjlib.scoring.churn._simple import prior_of, recency_of
from cjlib.testing import FittableScorerContract, small_journey, small_log, small_world

MOMENTS = [f"2025-{month:02d}-01" for month in range(1, 9)]
BOTH = ["prior", "recency"]


def months(customers: int, strength: float, seed: int = 0) -> tuple[cj.Snapshot, np.ndarray]:
    """Who leaves depends so strongly on the logins of the month; all were seen some days before."""
    rng = np.random.default_rng(seed)
    rows = customers * len(MOMENTS)
    logins, seen = rng.normal(size=rows), rng.integers(0, 60, rows)
    came = rng.random(rows) < 1 / (1 + np.exp(strength * logins + 1.5))
    columns = {"when": MOMENTS * customers, "logins": logins, "age": seen}
    ids = np.repeat(np.arange(customers), len(MOMENTS))
    frame = {"customer": ids, **columns}
    return cj.Snapshot.from_frame(frame, as_of="when", ages={"logins": "age"}), came


def test_where_nothing_can_be_learnt_everybody_has_the_same_chance() -> None:
    found = RiskScorer(horizon="30d").fit(*months(60, strength=0.0))
    assert found.chosen == "prior"
    assert found.notes[0].startswith("prior: the simplest within one standard error of the best log loss")


def test_where_much_can_be_learnt_it_is() -> None:
    rows, came = months(250, strength=2.0)
    found = RiskScorer(horizon="30d").fit(rows, came)
    assert found.chosen in ("spline", "additive")
    assert found.losses["candidate"].tolist() == ["prior", "recency", "spline", "additive"]
    assert found.losses["log_loss"].argmin() >= 2


def test_it_learns_from_a_trace() -> None:
    found = RiskScorer(horizon="60d", metrics=["logins", "tickets"]).fit(*small_world())
    assert found.losses["candidate"].tolist() == ["prior", "recency", "spline", "additive"]


def test_recency_can_win() -> None:
    rng = np.random.default_rng(1)
    seen = rng.integers(0, 90, 600)
    came = rng.random(600) < 1 / (1 + np.exp(5 - 1.4 * np.log1p(seen)))
    frame = {"customer": range(600), "logins": rng.normal(size=600), "age": seen}
    rows = cj.Snapshot.from_frame(frame, as_of="2026-01-01", ages={"logins": "age"})
    found = RiskScorer(horizon="30d").fit(rows, came)
    assert found.chosen == "recency"
    risks = found.score(rows).values
    assert (np.diff(risks[np.argsort(seen)]) >= 0).all()


def test_a_few_rows_get_the_simplest() -> None:
    rows = cj.Snapshot.from_frame({"customer": ["a", "b"], "logins": [1, 2]}, as_of="2026-01-01")
    found = RiskScorer(candidates=BOTH).fit(rows, [True, False])
    assert found.chosen == "prior"
    assert found.notes[0] == "prior: too few rows to try anything else"
    assert len(found.losses) == 0


def test_what_could_not_be_tried_is_told() -> None:
    rng = np.random.default_rng(0)
    rows = cj.Snapshot.from_frame({"customer": range(100), "x": rng.normal(size=100)}, as_of="2026-01-01")
    found = RiskScorer(candidates=BOTH).fit(rows, rng.random(100) < 0.5)
    assert [note for note in found.notes if "was not tried" in note] == [
        "recency was not tried: the panel does not tell how old its evidence is, so recency can't be learnt"
    ]


def test_the_choice_can_be_backtested() -> None:
    journey, log = small_journey(), small_log()
    moments = ["2026-02-01", "2026-03-01", "2026-04-01", "2026-05-01"]
    scorer = RiskScorer(horizon="30d", candidates=BOTH)
    found = cj.backtest(scorer, log, journey, as_of=moments, horizon="30d", resamples=10)
    assert len(found.moments) == 2  # before the third nothing was decided to learn from


@pytest.mark.parametrize(
    "scorer",
    [RiskScorer(), cj.HazardScorer(), cj.AdditiveScorer(), cj.MultistateScorer(), cj.RetentionScorer()],
)
def test_a_scorer_that_has_not_learnt_says_so(scorer: Any) -> None:
    rows, _ = months(10, strength=1.0)
    with pytest.raises(NotFittedError, match="Scorer has not learnt yet"):
        scorer.score(rows)
    assert not isinstance(scorer, cj.Scorer)
    assert not hasattr(scorer, "scores")


def test_outcomes_in_words_are_refused() -> None:
    rows, came = months(10, strength=1.0)
    with pytest.raises(UsageError, match="80 outcomes, each True or False"):
        RiskScorer(candidates=BOTH).fit(rows, ["yes" if one else "no" for one in came])


def test_wrong_candidates_are_told() -> None:
    with pytest.raises(CJError, match=r"unknown candidate 'recencies' \(did you mean 'recency'\?\)"):
        RiskScorer(candidates=["recencies"])
    with pytest.raises(UsageError, match="at least one candidate is needed"):
        RiskScorer(candidates=[])


@given(st.integers(0, 2**32 - 1), st.floats(0, 0.5))
def test_chosen_is_the_first_within_one_standard_error(seed: int, effect: float) -> None:
    rng = np.random.default_rng(seed)
    owner = rng.integers(0, 20, 200)
    worst = rng.gamma(1.0, 1.0, 200)
    losses = {
        "prior": _Judged(worst, owner),
        "recency": _Judged(worst - effect * rng.random(200), owner),
        "additive": _Judged(worst - effect * rng.random(200) + rng.normal(0, 0.2, 200), owner),
    }
    best = min(losses, key=lambda name: losses[name].loss.mean())

    def is_close(name: str) -> bool:
        less = losses[name].loss - losses[best].loss
        by_owner = [np.sum(less[owner == one] - less.mean()) for one in range(20)]
        return bool(less.mean() <= np.sqrt(np.sum(np.square(by_owner))) / 200 + 1e-15)

    assert _simplest(losses) == next(name for name in losses if name == best or is_close(name))


def test_the_prior_is_the_rate_kept_from_the_ends() -> None:
    rows = cj.Snapshot.from_frame({"customer": range(9), "x": range(9)}, as_of="2026-01-01")
    found = decided(rows, [True] + [False] * 8, event=None, horizon="30d")
    prior = prior_of(found)
    assert prior.rate == pytest.approx(0.15)
    scores = prior.score(rows)
    assert scores.values.tolist() == pytest.approx([0.15] * 9)


def test_recency_falls_back_on_the_rate() -> None:
    frame = {"customer": range(6), "x": [1.0] * 6, "age": [1, 2, 30, 40, 50, None]}
    rows = cj.Snapshot.from_frame(frame, as_of="2026-01-01", ages={"x": "age"})
    found = decided(rows, [False, False, True, True, False, True], event=None, horizon="30d")
    recency = recency_of(rows, found, ("x",))
    values = recency.score(rows).values
    assert values[-1] == pytest.approx(recency.rate)
    assert values[0] < values[2] < values[4]


class TestRisk(FittableScorerContract):
    @pytest.fixture
    def scorer(self) -> RiskScorer:
        return RiskScorer(horizon="60d", candidates=["prior", "recency", "spline"])

    def test_it_is_fitted(self, scorer: RiskScorer, panel: cj.Snapshot, trace: cj.Trace) -> None:
        assert isinstance(scorer.fit(panel, trace), FittedRisk)
