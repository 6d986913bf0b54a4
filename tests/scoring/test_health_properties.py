"""What holds for every scorecard and every snapshot."""

from __future__ import annotations

import attrs
import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.scoring.made import snapshot
from tests.scoring.strategies import metrics, scorecards, slopes, snapshots

from cjlib.journey import Group, Measure, Scorecard, curves
from cjlib.scoring import HealthScorer, Scorer


def shuffled(card, data):
    """The same scorecard with groups and measures in another order."""
    groups = [
        attrs.evolve(group, measures=data.draw(st.permutations(group.measures)))
        for group in data.draw(st.permutations(card.groups))
    ]
    return attrs.evolve(card, groups=groups)


@given(st.data())
def test_base_and_parts_add_up_to_the_score_exactly_in_any_order(data):
    card = data.draw(scorecards())
    scores = HealthScorer(card).score(snapshot(data.draw(snapshots(card))))
    order = data.draw(st.permutations(range(len(scores.part_names))))
    sums = scores.base.copy()
    for i in order:
        sums += scores.parts[:, i]
    said = ~np.isnan(scores.values)
    np.testing.assert_array_equal(sums[said], scores.values[said])
    np.testing.assert_array_equal((scores.base + scores.parts.sum(axis=1))[said], scores.values[said])


@given(st.data())
def test_the_order_of_measures_and_groups_changes_nothing(data):
    card = data.draw(scorecards())
    columns = snapshot(data.draw(snapshots(card)))
    scores = HealthScorer(card).score(columns)
    others = HealthScorer(shuffled(card, data)).score(columns)
    for name in ("values", "coverage", "low", "high", "base"):
        np.testing.assert_array_equal(getattr(scores, name), getattr(others, name))
    assert set(scores.part_names) == set(others.part_names)
    for name in scores.part_names:
        np.testing.assert_array_equal(scores.part(name), others.part(name))


@given(st.data())
def test_coverage_is_one_if_and_only_if_nothing_is_missing(data):
    card = data.draw(scorecards(slopes()))
    columns = data.draw(snapshots(card))
    counting = [m.metric for g in card.groups if g.weight for m in g.measures if m.weight]
    scores = HealthScorer(card).score(snapshot(columns))
    is_missing = [any(columns[name][row] is None for name in counting) for row in range(len(scores))]
    np.testing.assert_array_equal(scores.coverage < 1, is_missing)
    np.testing.assert_array_equal(scores.low[scores.coverage == 1], scores.values[scores.coverage == 1])
    np.testing.assert_array_equal(scores.high[scores.coverage == 1], scores.values[scores.coverage == 1])


def completion(data, curve, value):
    """The value itself, or what it may turn out to be."""
    known = dict(curve.scores) if curve.kind == "lookup" else {}
    if value is not None and (not known or value in known or curve.otherwise is not None):
        return value
    return data.draw(st.sampled_from(sorted(known)) if known else metrics)


@given(st.data())
def test_the_interval_contains_the_score_of_every_completion(data):
    card = data.draw(scorecards())
    columns = data.draw(snapshots(card))
    complete = {m.metric: [completion(data, m.curve, v) for v in columns[m.metric]] for m in card.measures}
    scores = HealthScorer(card).score(snapshot(columns))
    completed = HealthScorer(card).score(snapshot(complete))
    assert (completed.coverage == 1).all()
    room = 1e-9 * max(1.0, *map(abs, card.scale))
    assert (completed.values >= scores.low - room).all()
    assert (completed.values <= scores.high + room).all()
    said = ~np.isnan(scores.values)
    assert (scores.values[said] >= scores.low[said]).all()
    assert (scores.values[said] <= scores.high[said]).all()


rising_curves = st.one_of(
    slopes().map(lambda c: curves.linear(min(c.worst, c.best), max(c.worst, c.best), to=c.to)),
    st.builds(curves.logistic, metrics, st.sampled_from([0.3, 7.0, 1e4])),
    st.just(curves.points({0: 0, 5: 33.3, 7: 33.3, 20: 100})),
    st.just(curves.steps((0, 5, 10), (-20, 0, 33.3, 60), at_edge="lower")),
    st.just(curves.percentile()),
    st.just(curves.zscore(width=2)),
)


@given(st.data())
def test_where_all_curves_rise_a_better_metric_never_lowers_the_score(data):
    card = data.draw(scorecards(rising_curves))
    columns = data.draw(snapshots(card))
    better = {name: list(values) for name, values in columns.items()}
    name = data.draw(st.sampled_from(sorted(better)))
    assume(better[name][0] is not None)
    better[name][0] += data.draw(st.floats(0, 1e6))
    before, after = (HealthScorer(card).score(snapshot(one)) for one in (columns, better))
    assume(not np.isnan(before.values[0]))
    has_peers = card.measure(f"m{name[1:]}").curve.kind == "zscore"
    room = 1e-9 * max(map(abs, card.scale)) if has_peers else 0.0
    assert after.values[0] >= before.values[0] - room


@given(st.data())
def test_a_customer_is_scored_alike_alone_and_among_others(data):
    card = data.draw(scorecards(slopes()))
    columns = data.draw(snapshots(card))
    together = HealthScorer(card).score(snapshot(columns))
    alone = HealthScorer(card).score(snapshot({name: values[:1] for name, values in columns.items()}))
    np.testing.assert_array_equal(together.values[:1], alone.values)
    np.testing.assert_array_equal(together.parts[:1], alone.parts)


@given(st.data())
def test_the_snapshot_is_left_as_it_was(data):
    card = data.draw(scorecards())
    columns = snapshot(data.draw(snapshots(card)))
    before = {name: np.array(columns[name]) for name in columns.names}
    HealthScorer(card).score(columns)
    for name in columns.names:
        np.testing.assert_array_equal(columns[name], before[name])


def test_many_blocks_are_scored_like_one():
    measure = Measure("x", metric="x", curve=curves.linear(0, 100))
    card = Scorecard("health", groups=[Group("all", measures=[measure])])
    values = np.random.default_rng(0).normal(50, 40, 5000)
    values[::7] = np.nan
    scores = HealthScorer(card).score(snapshot({"x": values.tolist()}))
    expected = np.where(np.isnan(values), np.nan, np.clip(values, 0, 100))
    np.testing.assert_allclose(scores.values, expected, atol=1e-11)
    assert isinstance(HealthScorer(card), Scorer)


@given(st.data(), st.integers(1, 4))
def test_a_stream_of_blocks_is_the_whole_in_its_order(data, rows):
    card = data.draw(scorecards())
    columns = snapshot(data.draw(snapshots(card)))
    whole = HealthScorer(card).score(columns)
    blocks = list(HealthScorer(card).stream(columns, rows=rows))
    assert [len(block) for block in blocks[:-1]] == [rows] * (len(blocks) - 1)
    for name in ("values", "parts", "base", "coverage", "low", "high"):
        np.testing.assert_array_equal(
            np.concatenate([getattr(b, name) for b in blocks]), getattr(whole, name)
        )
    assert [one for block in blocks for one in block.customers.tolist()] == whole.customers.tolist()
    next(HealthScorer(card).stream(columns, rows=1)).values  # and one may stop early
