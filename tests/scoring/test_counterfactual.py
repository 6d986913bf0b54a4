"""The cheapest way to a band, against trying everything; and what a change of weights leaves standing."""

from __future__ import annotations

import itertools
import math

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.scoring.made import snapshot
from tests.scoring.strategies import scorecards, snapshots

from cjlib.errors import CJError, UnknownNameError, UsageError
from cjlib.journey import Bands, Group, Measure, Scorecard, curves
from cjlib.scoring import HealthScorer, Override, Scores, counterfactual, sensitivity
from cjlib.scoring.health._curves_back import metric_for
from cjlib.scoring.health._plan import weighted

BANDS = Bands(("red", "yellow", "green"), edges=(50, 75))
LINE = curves.linear(0, 10)


def with_effort(card: Scorecard, efforts: list) -> Scorecard:
    """The scorecard with efforts, one measure after the other, and bands within its scale."""
    left = itertools.cycle(efforts)
    groups = [
        attrs.evolve(group, measures=[attrs.evolve(one, effort=next(left)) for one in group.measures])
        for group in card.groups
    ]
    low, high = card.scale
    edges = [low + (high - low) * way for way in (0.3, 0.6)]
    return attrs.evolve(card, groups=groups, bands=Bands(("red", "yellow", "green"), edges=edges))


levels = st.builds(
    lambda scores: curves.steps(tuple(range(1, len(scores))), scores),
    st.lists(st.sampled_from([0.0, 20.0, 30.0, 50.0, 80.0, 100.0]), min_size=2, max_size=4),
)


def choices(card: Scorecard, columns: dict) -> list:
    """Every combination of metrics to which somebody could move one customer, with what it takes."""
    options = []
    for measure in card.measures:
        now = columns[measure.metric][0]
        here = [(now, 0.0)]
        if measure.effort is not None and now is not None:
            score = dict(zip(range(len(measure.curve.scores)), measure.curve.scores, strict=True))
            current = score[sum(now >= edge for edge in measure.curve.edges)]
            span = max(score.values()) - min(score.values())
            here += [(place + 0.5, measure.effort * (one - current) / span)
                     for place, one in score.items() if one > current]  # fmt: skip
        options.append(here)
    return [(dict(zip([m.metric for m in card.measures], [x for x, _ in pick], strict=True)),
             sum(effort for _, effort in pick)) for pick in itertools.product(*options)]  # fmt: skip


@settings(max_examples=60)
@given(st.data())
def test_the_cheapest_way_is_the_cheapest_of_all_that_there_are(data):
    efforts = data.draw(st.lists(st.sampled_from([None, 1.0, 2.0, 5.0]), min_size=3, max_size=3))
    card = with_effort(data.draw(scorecards(levels, ("ignore", "neutral", "worst"))), [1.0, *efforts])
    card = attrs.evolve(card, decimals=data.draw(st.sampled_from([None, 0])))
    columns = data.draw(snapshots(card, rows=1))
    scores = HealthScorer(card).score(snapshot(columns))
    band = data.draw(st.sampled_from(["yellow", "green"]))
    table = counterfactual(scores, band)
    target = card.bands.labels.index(band)
    if scores.band_codes[0] >= target or math.isnan(scores.values[0]):
        assert all(measure is None for measure in table["measure"].tolist())
        return
    tried = choices(card, columns)
    all_columns = {name: [metrics[name] for metrics, _ in tried] for name in columns}
    codes = HealthScorer(card).score(snapshot(all_columns)).band_codes
    reaching = [effort for (_, effort), code in zip(tried, codes.tolist(), strict=True) if code >= target]
    found = [one for one in table["measure"].tolist() if one is not None]
    assert bool(reaching) == bool(found)
    if reaching:
        assert table["effort"].sum() == pytest.approx(min(reaching), abs=1e-6)


movable = st.one_of(
    st.just(LINE), st.just(curves.points({0: 0, 5: 80, 10: 100})), st.just(curves.logistic(5, 2)),
    st.just(curves.linear(10, -5)), levels,
)  # fmt: skip


@settings(max_examples=60)
@given(st.data())
def test_whoever_does_as_told_reaches_the_band(data):
    card = with_effort(data.draw(scorecards(movable, ("ignore", "neutral", "worst"))), [3.0, 1.0, None])
    columns = data.draw(snapshots(card, rows=2))
    scores = HealthScorer(card).score(snapshot(columns))
    table = counterfactual(scores, "yellow")
    moved = {name: list(values) for name, values in columns.items()}
    helped = set()
    for customer, metric, aim in zip(
        *(table[one].tolist() for one in ("customer", "metric", "aim")), strict=True
    ):
        if metric is not None:
            moved[metric][customer] = aim
            helped.add(customer)
    after = HealthScorer(card).score(snapshot(moved))
    assert all(after.band_codes[customer] >= 1 for customer in helped)


def card(*measures: Measure, **options) -> Scorecard:
    return Scorecard("health", **{"groups": [Group("all", measures=measures)], "bands": BANDS} | options)


def rows(table) -> list:
    return list(zip(*(table[name].tolist() for name in ("measure", "now", "aim", "effort")), strict=True))


def test_a_cheap_step_is_taken_before_a_dear_line():
    """Of 50 points, 30 are missing; the plan costs 2 for 50 points, logins 10 for 50: the plan is changed, as
    a whole, although 20 of its points are not needed."""
    plan = Measure("plan", metric="plan", curve=curves.lookup({"free": 0, "pro": 100}), effort=2)
    logins = Measure("logins", metric="logins", curve=LINE, effort=10)
    scores = HealthScorer(card(plan, logins)).score(snapshot({"plan": ["free"], "logins": [4]}))
    assert rows(counterfactual(scores, "yellow")) == [("plan", "free", "pro", 2.0)]
    assert rows(counterfactual(scores, "green")) == [("plan", "free", "pro", 2.0), ("logins", 4.0, 5.0, 1.0)]


def test_who_cannot_be_helped_is_told_without_a_measure():
    mood = Measure("mood", metric="mood", curve=LINE)
    logins = Measure("logins", metric="logins", curve=LINE, effort=1)
    veto = Measure("pulse", metric="pulse", curve=LINE)
    scores = HealthScorer(card(mood, logins)).score(snapshot({"mood": [0, None], "logins": [3, None]}))
    table = counterfactual(scores, "green")
    assert table["customer"].tolist() == [0, 1]
    assert table["measure"].tolist() == [None, None]
    scorer = HealthScorer(card(logins, pulse=veto))
    table = counterfactual(scorer.score(snapshot({"logins": [3, 3], "pulse": [4, 9]})), "green")
    assert table["measure"].tolist() == [None, "logins"]


def test_what_people_decided_is_not_acted_on():
    measures = [Measure(name, metric=name, curve=LINE, effort=1) for name in "ab"]
    held = Override(customer=0, measure="a", value=20, author="Ada", reason="audit", start="2025-01-01")
    scores = HealthScorer(card(*measures), overrides=[held]).score(snapshot({"a": [9], "b": [5]}))
    assert [row[:3] for row in rows(counterfactual(scores, "yellow"))] == [("b", 5.0, pytest.approx(8.0))]


@pytest.mark.parametrize(("curve", "now", "score", "expected"), [
    (curves.linear(0, 10), 2, 50, 5), (curves.linear(10, 0), 9, 50, 5),
    (curves.points({0: 0, 10: 80, 20: 40}), 20, 60, 15), (curves.points({0: 0, 10: 80, 20: 40}), 1, 60, 7.5),
    (curves.steps((5, 20), (0, 50, 100)), 3, 50, 5), (curves.steps((5, 20), (100, 50, 0)), 30, 50, 20),
    (curves.logistic(4, 2), 0, 50, 4), (curves.lookup({"a": 10, "b": 60, "c": 90}), "a", 50, "b"),
    (curves.percentile(), 3, 50, None),
])  # fmt: skip
def test_the_nearest_metric_is_found(curve, now, score, expected):
    found = metric_for(curve, (0, 100), now, score)
    assert found == expected or found == pytest.approx(expected)


def test_wrong_calls_are_told():
    measure = Measure("a", metric="a", curve=LINE, effort=1)
    scores = HealthScorer(card(measure)).score(snapshot({"a": [1]}))
    with pytest.raises(UnknownNameError, match="unknown band 'gren'"):
        counterfactual(scores, "gren")
    with pytest.raises(UnknownNameError):
        counterfactual(scores, "green", customers=["nobody"])
    idle = HealthScorer(card(attrs.evolve(measure, effort=None))).score(snapshot({"a": [1]}))
    with pytest.raises(UsageError, match="nobody can act"):
        counterfactual(idle, "green")
    plain = HealthScorer(card(measure, bands=None)).score(snapshot({"a": [1]}))
    streamed = next(HealthScorer(card(measure)).stream(snapshot({"a": [1]})))
    for wrong in (Scores([1.0], scorer="mine"), plain, streamed, "scores"):
        with pytest.raises(UsageError):
            counterfactual(wrong, "green")
        with pytest.raises(UsageError):
            sensitivity(wrong)
    for options in ({"spread": 1}, {"spread": -0.1}, {"draws": 0}, {"draws": 1.5}):
        with pytest.raises(CJError):
            sensitivity(scores, **options)


@settings(max_examples=50)
@given(st.data())
def test_sensitivity_is_that_of_scorecards_with_those_weights(data):
    made = with_effort(data.draw(scorecards(fading=True)), [None])
    columns = data.draw(snapshots(made))
    told = snapshot(columns, ages={name: [1.0] * len(cells) for name, cells in columns.items()})
    scores = HealthScorer(made).score(told)
    table = sensitivity(scores, spread=0.5, draws=3, seed=7)
    rng = np.random.default_rng(7)
    counting = sorted(m.id for g in made.groups if g.weight for m in g.measures if m.weight)
    codes, values = [], []
    for _ in range(3):
        drawn = rng.uniform(0.5, 1.5, len(counting) + len(made.groups)).tolist()
        own = dict(zip(counting, drawn, strict=False))
        changed = weighted(made, {id: made.measure(id).weight * factor for id, factor in own.items()})
        groups = [attrs.evolve(group, weight=group.weight * factor)
                  for group, factor in zip(changed.groups, drawn[len(counting):], strict=True)]  # fmt: skip
        found = HealthScorer(attrs.evolve(changed, groups=groups)).score(told)
        codes.append(found.band_codes)
        values.append(found.values)
    room = 1e-9 * max(1.0, *map(abs, made.scale))
    np.testing.assert_allclose(table["low"], np.min(values, axis=0), atol=room)
    np.testing.assert_allclose(table["high"], np.max(values, axis=0), atol=room)
    kept = np.mean(np.array(codes) == scores.band_codes, axis=0)
    np.testing.assert_allclose(table["kept"], np.where(scores.band_codes < 0, np.nan, kept))


def test_what_nothing_can_change_is_kept_for_sure():
    measures = [Measure(name, metric=name, curve=LINE) for name in "ab"]
    scores = HealthScorer(card(*measures)).score(snapshot({"a": [9, 9, None], "b": [9, 6, None]}))
    table = sensitivity(scores, draws=50)
    np.testing.assert_array_equal(np.isnan(table["kept"]), [False, False, True])
    assert table["kept"][0] == 1 > table["kept"][1]
    assert table["other"].tolist() == [None, "yellow", None]
    np.testing.assert_array_equal(table["kept"], sensitivity(scores, draws=50)["kept"])
