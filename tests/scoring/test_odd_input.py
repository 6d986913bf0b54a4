"""Odd input gives a result that says what it did, or an error that says what to do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import cjlib as cj
from cjlib.scoring import learn_weights, pulse_record

from .made import snapshot

c = cj.curves
EVERY = {
    "linear": c.linear(0, 10),
    "points": c.points({0: 0, 5: 40, 10: 100}),
    "steps": c.steps((5,), (0, 100)),
    "logistic": c.logistic(5, 2),
    "percentile": c.percentile(),
    "zscore": c.zscore(),
}
JOURNEY = cj.Journey(
    "demo",
    stages=[cj.Stage("active"), cj.Stage("gone", kind="lost")],
    transitions=[cj.Transition("active", "gone", when='happened("cancel")', kind="exit")],
)
LOGINS = cj.Metric("logins", activity="login")


def scorer(curve: Any = EVERY["linear"], **options: Any) -> cj.HealthScorer:
    group = cj.Group("all", measures=[cj.Measure("x", metric="x", curve=curve)])
    return cj.HealthScorer(cj.Scorecard("health", groups=[group]), **options)


@pytest.mark.parametrize("name", EVERY)
def test_a_constant_column_gives_everybody_one_score_and_peers_the_middle(name: str) -> None:
    scores = scorer(EVERY[name]).score(snapshot({"x": [4.0] * 5}))
    assert len(set(scores.values.tolist())) == 1
    assert name not in ("percentile", "zscore") or scores.values[0] == 50


@pytest.mark.parametrize("name", EVERY)
def test_where_all_is_missing_nothing_can_be_said_and_everything_is_possible(name: str) -> None:
    scores = scorer(EVERY[name]).score(snapshot({"x": [None, None]}))
    assert np.isnan(scores.values).all()
    assert scores.coverage is not None
    assert scores.coverage.tolist() == [0, 0]
    assert (scores.low, scores.high) == (pytest.approx([0, 0]), pytest.approx([100, 100]))
    assert "cannot say, 0 % of the weight rests on data" in str(scores.explain(0))


def test_infinite_metrics_are_refused_with_their_rows() -> None:
    with pytest.raises(cj.CJError, match=r"x is infinite \(rows 0, 2\)"):
        snapshot({"x": [-np.inf, 5.0, np.inf]})


@pytest.mark.parametrize("size", [1e-9, 1e9, 1e12])
def test_the_size_of_the_scale_does_not_matter(size: float) -> None:
    group = cj.Group("all", measures=[cj.Measure(n, metric=n, curve=c.linear(0, size)) for n in ("x", "y")])
    card = cj.Scorecard("health", scale=(0, size), groups=[group])
    scores = cj.HealthScorer(card).score(snapshot({"x": [size / 4], "y": [size]}))
    assert scores.values[0] == pytest.approx(size * 5 / 8)
    assert scores.base is not None
    assert scores.parts is not None
    assert scores.base[0] + scores.parts[0].sum() == scores.values[0]


def test_duplicates_are_told_with_their_names() -> None:
    with pytest.raises(cj.CJError, match="customer 'acme' stands twice at one moment"):
        snapshot({"x": [1, 2]}, ["acme", "acme"])
    twice = cj.Measure("x", metric="x", curve=c.linear(0, 1))
    with pytest.raises(cj.CJError, match="two measures are called 'x'"):
        cj.Scorecard("health", groups=[cj.Group("all", measures=[twice, twice])])


@pytest.mark.parametrize(
    ("weights", "told"), [((0, 0), "all weights are 0"), ((1, -1), "0 or more"), ((1, np.inf), "finite|0 or")]
)
def test_weights_that_cannot_be_meant_are_refused_at_definition(weights: Any, told: str) -> None:
    with pytest.raises(cj.CJError, match=told):
        cj.Group("all", measures=[
            cj.Measure(f"x{i}", metric="x", curve=c.linear(0, 1), weight=one) for i, one in enumerate(weights)
        ])  # fmt: skip


def test_parents_in_a_circle_are_told_with_the_circle() -> None:
    scores = scorer().score(snapshot({"x": [1, 2]}, ["a", "b"]))
    with pytest.raises(cj.CJError, match="'a' -> 'b' -> 'a'"):
        cj.rollup(scores, {"a": "b", "b": "a"})


def test_an_expired_override_changes_nothing_and_is_called_expired() -> None:
    old = cj.Override(
        customer="acme", value=90, author="ann", reason="a promise", start="2025-01-01", end="2025-06-01"
    )
    one = scorer(overrides=[old])
    table = snapshot({"x": [2]}, ["acme"])
    assert one.score(table).values.tolist() == [20]
    assert one.overrides_in(table)["status"].tolist() == ["expired"]


def test_one_customer_has_a_score_and_stands_in_the_middle_of_its_peers() -> None:
    assert scorer().score(snapshot({"x": [7]})).values.tolist() == [70]
    assert scorer(EVERY["percentile"]).score(snapshot({"x": [7]})).values.tolist() == [50]


def test_nobody_has_no_scores() -> None:
    nobody = snapshot({"x": [1]}).select([False])
    assert len(scorer().score(nobody)) == 0
    assert list(scorer().stream(nobody)) == []
    assert len(cj.rollup(scorer().score(nobody), {})) == 0


def test_a_backtest_of_one_customer_or_without_an_event_says_that_it_cannot_judge() -> None:
    log = cj.EventLog.from_columns(["acme"] * 2, ["login"] * 2, ["2026-01-01", "2026-06-01"])
    group = cj.Group("all", measures=[cj.Measure("logins", metric="logins", curve=c.linear(0, 9))])
    health = cj.HealthScorer(cj.Scorecard("health", groups=[group]))
    found = cj.backtest(health, log, JOURNEY, metrics=[LOGINS], as_of=["2026-02-01"], horizon="30d")
    assert found.verdict == "It cannot be judged: 0 events in 1 rows."
    assert np.isnan(found.auc)
    assert "lift nan" in str(found)


def test_one_class_only_teaches_nothing_and_says_so() -> None:
    with pytest.raises(cj.CJError, match="3 of 3 decided rows have the event, so there is nothing to learn"):
        learn_weights(scorer(), snapshot({"x": [1, 2, 3]}), [1, 1, 1])


def test_a_record_of_nobody_who_spoke_is_empty() -> None:
    mood = cj.Measure("mood", metric="mood", curve=c.linear(0, 10))
    group = cj.Group("all", measures=[cj.Measure("x", metric="x", curve=c.linear(0, 10))])
    bands = cj.Bands(("red", "green"), edges=50)
    card = cj.Scorecard("health", groups=[group], bands=bands, pulse=mood)
    record = pulse_record(cj.HealthScorer(card), snapshot({"x": [1], "mood": [None]}), [1])
    assert len(record.disagreements) == 0
    assert str(record).startswith("0 disagreements, 0 decided")
