"""Weights from the past: never negative, drawn to those by hand, and honest about what they are worth."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

import cjlib as cj
from cjlib.scoring import learn_weights, outcomes
from cjlib.scoring.evaluation._measures import roc_auc
from cjlib.scoring.evaluation._penalised import KEPT, fitted

LINE = cj.curves.linear(0, 10)


def card(combine: str = "mean", **weights: float) -> cj.Scorecard:
    """Two groups: the first two measures weigh two thirds, the others one third."""
    to = LINE if combine == "mean" else cj.curves.linear(0, 10, to=(0, 10))
    measures = [cj.Measure(name, metric=name, curve=to, weight=size) for name, size in weights.items()]
    groups = [cj.Group("first", weight=2, measures=measures[:2])]
    groups += [cj.Group("rest", measures=measures[2:])] if measures[2:] else []
    return cj.Scorecard("health", combine=combine, groups=groups)


def past(n: int, seed: int, **pull: float) -> tuple[cj.Snapshot, Any]:
    """Customers with even metrics from 0 to 10, and who left: the more, the less there is of what pulls."""
    rng = np.random.default_rng(seed)
    metrics = {name: rng.uniform(0, 10, n) for name in pull}
    log_odds = 1.5 - sum(size * metrics[name] for name, size in pull.items())
    left = (rng.random(n) < 1 / (1 + np.exp(-log_odds))).astype(float)
    return cj.Snapshot.from_frame({"customer": range(n), **metrics}), left


def shares(learnt: Any) -> dict[str, float]:
    table = learnt.learning.weights
    return dict(zip(table["measure"].tolist(), table["after"].tolist(), strict=True))


def test_what_foretells_gains_and_what_does_not_loses() -> None:
    panel, left = past(3000, 1, a=0.6, b=0.0, c=0.2, d=0.0)
    learnt = learn_weights(cj.HealthScorer(card(a=1, b=1, c=1, d=1)), panel, left)
    found = shares(learnt)
    assert found["a"] > 0.6
    assert found["b"] < 0.1
    assert found["a"] > found["c"] > found["d"]
    assert learnt.learning is not None
    assert learnt.learning.log_loss < learnt.learning.log_loss_before


def test_they_rank_later_customers_better_than_those_by_hand() -> None:
    by_hand = cj.HealthScorer(card(a=1, b=5))
    learnt = learn_weights(by_hand, *past(2000, 2, a=0.5, b=0.05))
    panel, left = past(2000, 3, a=0.5, b=0.05)
    assert roc_auc(-learnt.score(panel).values, left) > roc_auc(-by_hand.score(panel).values, left) + 0.05


def test_weights_that_are_right_already_are_kept() -> None:
    learnt = learn_weights(cj.HealthScorer(card(a=1, b=1)), *past(600, 4, a=0.3, b=0.3))
    assert learnt.learning is not None
    assert learnt.learning.is_kept
    assert shares(learnt) == pytest.approx({"a": 0.5, "b": 0.5})
    assert "kept as they were" in str(learnt.learning)


@given(st.integers(0, 10_000))
@settings(max_examples=25)
def test_no_weight_is_negative_so_more_of_a_good_thing_never_lowers_the_score(seed: int) -> None:
    panel, left = past(150, seed, a=0.4, b=-0.4, c=0.0)
    learnt = learn_weights(cj.HealthScorer(card(a=1, b=1, c=1)), panel, left, penalty=0.001)
    assert all(measure.weight >= 0 for measure in learnt.scorecard.measures)
    more = {name: panel[name] + (name == "b") for name in panel.names}
    better = cj.Snapshot.from_frame({"customer": range(150), **more})
    assert (learnt.score(better).values >= learnt.score(panel).values - 1e-9).all()


def test_the_stronger_the_penalty_the_nearer_to_the_weights_by_hand() -> None:
    panel, left = past(1000, 5, a=0.5, b=0.1, c=0.0)
    scorer = cj.HealthScorer(card(a=1, b=1, c=1))
    away = [
        abs(shares(learn_weights(scorer, panel, left, penalty=one))["a"] - 1 / 3)
        for one in (0, 0.1, 10, KEPT)
    ]
    assert away == sorted(away, reverse=True)
    assert away[-1] == pytest.approx(0)


@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.01, 1.0]))
@settings(max_examples=15)
def test_the_fit_is_the_least_that_a_plain_search_finds(seed: int, penalty: float) -> None:
    """The oracle writes the sum down as it is defined and lets a general method look for its minimum."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(0, [[1.0], [3.0], [10.0]], (3, 120))
    happened = (rng.random(120) < 1 / (1 + np.exp(-scores[0] + 0.1 * scores[1]))).astype(float)
    target = rng.uniform(0.1, 1, 3)

    def plain(at: Any) -> float:
        level, b, slopes = at[0], at[1], at[2:]
        log_odds = level + slopes @ scores
        away = (slopes - b * target) * scores.std(axis=1)
        return float(np.mean(np.logaddexp(0, log_odds) - happened * log_odds) + penalty / 2 * away @ away)

    found = minimize(plain, [0.0, 0.1, 0.1, 0.1, 0.1], bounds=[(None, None)] + 4 * [(0, None)], tol=1e-12)
    fit = fitted(scores, happened, target, penalty)
    weights = scores.std(axis=1)
    b = max(
        float((fit.slopes * weights) @ (target * weights) / ((target * weights) @ (target * weights))), 0.0
    )
    assert plain([fit.level, b, *fit.slopes]) <= found.fun + 1e-6


def test_what_is_not_decided_teaches_nothing() -> None:
    panel, left = past(800, 6, a=0.5, b=0.0)
    unknown = np.arange(800) % 4 == 0
    scorer = cj.HealthScorer(card(a=1, b=1))
    some = learn_weights(scorer, panel, np.where(unknown, np.nan, left), penalty=0.01)
    rest = learn_weights(scorer, panel.select(~unknown), left[~unknown], penalty=0.01)
    assert shares(some) == pytest.approx(shares(rest))


def test_in_a_sum_the_factors_of_the_points_are_learnt() -> None:
    panel, left = past(3000, 7, a=0.5, b=0.0, c=0.2)
    learnt = learn_weights(cj.HealthScorer(card("sum", a=1, b=1, c=1)), panel, left)
    weights = {one.id: one.weight for one in learnt.scorecard.measures}
    assert weights["a"] > 1 > weights["b"]
    assert learnt.scorecard.groups[0].weight == 2


def test_what_says_the_same_of_everybody_keeps_its_share() -> None:
    panel, left = past(800, 8, a=0.5, b=0.0)
    table = {name: panel[name] for name in panel.names} | {"c": np.full(800, 3.0)}
    learnt = learn_weights(
        cj.HealthScorer(card(a=1, b=1, c=1)), cj.Snapshot.from_frame({"customer": range(800), **table}), left
    )
    assert shares(learnt)["c"] == pytest.approx(1 / 3)
    assert "alone it tells" in str(learnt.learning)


def test_times_of_events_count_within_a_horizon() -> None:
    journey = cj.template("saas")
    company = cj.simulate(journey, 300, seed=3, until="2026-07-01")
    scorer = cj.HealthScorer(journey.scorecards[0], journey=None)
    names = [metric for metric in journey.metrics if metric.id in scorer.requires]
    panel = cj.panel(
        company.log, names, as_of=["2026-01-01", "2026-02-01"], customers=company.customers, journey=journey
    )
    trace = cj.replay(journey, company.log, company.customers, until="2026-07-01")
    learnt = learn_weights(scorer, panel, outcomes(panel, trace), horizon="90d")
    assert learnt.learning is not None
    assert learnt.learning.events == np.nansum(outcomes(panel, trace).within("90d"))
    assert learnt.score(panel).scorer is learnt


def test_high_scores_may_go_with_the_event() -> None:
    panel, left = past(800, 9, a=0.5, b=0.0)
    scorer = cj.HealthScorer(card(a=1, b=1))
    stayed = learn_weights(scorer, panel, 1 - left, risk="high")
    assert shares(stayed) == pytest.approx(shares(learn_weights(scorer, panel, left)), abs=1e-6)


PANEL, LEFT = past(50, 0, a=0.3, b=0.3)
SCORER = cj.HealthScorer(card(a=1, b=1))


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: learn_weights("health", PANEL, LEFT), "a HealthScorer was expected"),
        (lambda: learn_weights(SCORER, PANEL, np.zeros(50)), "0 of 50 decided rows have the event"),
        (lambda: learn_weights(SCORER, PANEL, np.ones(50)), "50 of 50 decided rows have the event"),
        (lambda: learn_weights(SCORER, PANEL, np.full(50, np.nan)), "0 of 0 decided rows"),
        (lambda: learn_weights(SCORER, PANEL, LEFT[:9]), "50 rows, but outcomes of the shape"),
        (lambda: learn_weights(SCORER, PANEL, LEFT + 1), "the outcome is 1, 0 or NaN, not"),
        (lambda: learn_weights(SCORER, PANEL, ["left"] * 50), "outcomes are 1, 0 or NaN"),
        (lambda: learn_weights(SCORER, PANEL, LEFT, horizon="90d"), "a horizon goes with"),
        (lambda: learn_weights(SCORER, PANEL, LEFT, risk="bad"), "'low' or 'high'"),
        (lambda: learn_weights(SCORER, PANEL, LEFT, penalty=-1), "from 0 on"),
        (lambda: learn_weights(SCORER, PANEL, LEFT, penalty=float("nan")), "from 0 on"),
        (lambda: learn_weights(cj.HealthScorer(card("worst", a=1, b=1)), PANEL, LEFT), "takes the worst"),
        (lambda: learn_weights(cj.HealthScorer(cj.Scorecard("h", groups=[cj.Group("g", measures=[
            cj.Measure("m", metric="churnedAt", curve=LINE)])])), PANEL, LEFT), "betray the outcome"),
    ],
)  # fmt: skip
def test_what_cannot_be_learnt_from_is_told(call: Callable[[], object], told: str) -> None:
    with pytest.raises(cj.CJError, match=told):
        call()


def test_one_customer_of_each_kind_changes_nothing() -> None:
    learnt = learn_weights(SCORER, PANEL.select([0, 1]), [0.0, 1.0])
    assert shares(learnt) == pytest.approx({"a": 0.5, "b": 0.5})
