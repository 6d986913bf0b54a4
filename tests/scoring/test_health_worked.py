"""Scores small enough to work out by hand, in the arithmetic of the tools that teams come from."""

from __future__ import annotations

import numpy as np
import pytest
from tests.scoring.made import snapshot

from cjlib.errors import DataError, UnknownNameError, UsageError
from cjlib.journey import Bands, Group, Measure, Scorecard, curves
from cjlib.scoring import HealthScorer


def score(card: Scorecard, **columns: list):
    rows = len(next(iter(columns.values())))
    return HealthScorer(card).score(snapshot(columns, customers=[f"c{i}" for i in range(rows)]))


def points(scores, customer: str) -> dict[str, float]:
    """The parts of a customer that are not nought."""
    return {name: size for name, size in scores.explain(customer).parts if size}


@pytest.fixture
def planhat() -> Scorecard:
    """Starts at 5, factors add and take points, cut to 0 … 10."""
    return Scorecard(
        "planhat", scale=(0, 10), combine="sum", start=5,
        groups=[Group("factors", measures=[
            Measure("usage", metric="logins", curve=curves.steps((1, 10), (-3, 1, 4))),
            Measure("support", metric="tickets", curve=curves.steps((3, 8), (1, 0, -2), at_edge="lower")),
            Measure("nps", metric="nps", curve=curves.linear(-100, 100, to=(-3, 3))),
        ])],
    )  # fmt: skip


def test_points_are_added_to_a_start_and_cut_to_the_scale(planhat):
    """c0: 5 + 1 + 1 + 0 = 7. c1: 5 + 4 + 1 + 3 = 13, cut to 10. c2: 5 - 3 - 2 - 3 = -3, cut to 0."""
    scores = score(planhat, logins=[4, 25, 0], tickets=[3, 0, 9], nps=[0, 100, -100])
    assert scores.values.tolist() == [7, 10, 0]
    assert scores.base.tolist() == [5, 5, 5]
    assert points(scores, "c0") == {"usage": 1, "support": 1}
    assert points(scores, "c1") == {"usage": 4, "support": 1, "nps": 3, "@clip": -3}
    assert points(scores, "c2") == {"usage": -3, "support": -2, "nps": -3, "@clip": 3}


def test_in_a_sum_a_missing_measure_adds_nothing_and_widens_the_interval(planhat):
    """5 + 1 = 6 from usage alone; support could take 2 or add 1, nps take or add 3: from 1 to 10."""
    scores = score(planhat, logins=[4], tickets=[None], nps=[None])
    assert (scores.values[0], scores.low[0], scores.high[0]) == (6, 1, 10)
    assert scores.coverage[0] == pytest.approx(1 / 3)
    assert points(scores, "c0") == {"usage": 1}


def test_groups_of_points_have_their_own_maximum():
    """HubSpot: engagement would give 15 + 30 = 45 and is held at 40; fit gives 20; together 60 of 100."""
    card = Scorecard("hubspot", combine="sum", groups=[
        Group("engagement", maximum=40, measures=[
            Measure("mails", metric="mails", curve=curves.linear(0, 10, to=(0, 15))),
            Measure("visits", metric="visits", curve=curves.linear(0, 10, to=(0, 30))),
        ]),
        Group("fit", maximum=60, measures=[
            Measure("size", metric="size", curve=curves.lookup({"small": 5, "large": 20}, otherwise=0)),
        ]),
    ])  # fmt: skip
    scores = score(card, mails=[10], visits=[10], size=["large"])
    assert scores.values.tolist() == [60]
    assert points(scores, "c0") == {"mails": 15, "visits": 30, "size": 20, "@cap:engagement": -5}


@pytest.fixture
def vitally() -> Scorecard:
    """Healthy 10, concerning 5, poor 0; a score is the mean of its metrics; scores have weights."""
    levels = {"scale": (0, 10), "bands": Bands(("poor", "concerning", "healthy"), edges=(10 / 3, 20 / 3))}
    return Scorecard("vitally", **levels, groups=[
        Group("product", weight=60, measures=[
            Measure("logins", metric="logins", curve=curves.steps((2, 10), (0, 5, 10))),
            Measure("seats", metric="seats", curve=curves.steps((0.3, 0.8), (0, 5, 10))),
        ]),
        Group("relation", weight=40, measures=[
            Measure("nps", metric="nps", curve=curves.steps((7, 9), (0, 5, 10))),
        ]),
    ])  # fmt: skip


def test_three_levels_are_averaged_and_weighted(vitally):
    """(10 + 5) / 2 = 7.5, and 0: 0.6 * 7.5 + 0.4 * 0 = 4.5."""
    scores = score(vitally, logins=[12], seats=[0.5], nps=[6])
    assert scores.values.tolist() == [4.5]
    assert scores.bands.tolist() == ["concerning"]
    assert points(scores, "c0") == pytest.approx({"logins": 1.5, "nps": -2.0})


def test_a_missing_metric_leaves_its_weight_to_those_of_its_group(vitally):
    """seats unknown: product is 10, so 0.6 * 10 + 0.4 * 5 = 8. Logins alone moved it by 0.3 * 5 = 1.5, so the
    other 1.5 are re-weighting. With seats at 0 or 10, product is 5 or 10: from 5 to 8."""
    scores = score(vitally, logins=[12], seats=[None], nps=[8])
    assert scores.values[0] == pytest.approx(8)
    assert scores.coverage[0] == pytest.approx(0.7)
    assert points(scores, "c0") == pytest.approx({"logins": 1.5, "@reweighting": 1.5})
    assert (scores.low[0], scores.high[0]) == pytest.approx((5, 8))


def test_a_missing_group_leaves_its_weight_to_the_other_groups(vitally):
    """relation unknown: the score is that of product, (0 + 5) / 2 = 2.5."""
    scores = score(vitally, logins=[0], seats=[0.5], nps=[None])
    assert scores.values[0] == pytest.approx(2.5)
    assert scores.bands.tolist() == ["poor"]
    assert points(scores, "c0") == pytest.approx({"logins": -1.5, "@reweighting": -1.0})


@pytest.fixture
def gainsight() -> Scorecard:
    """0 to 100, weights in the group and overall; ranges 0-50, 51-75, 76-100 without their lower end."""

    def measure(id: str, weight: float) -> Measure:
        return Measure(id, metric=id, curve=curves.linear(0, 100), weight=weight)

    return Scorecard(
        "gainsight", bands=Bands(("red", "yellow", "green"), edges=(50, 75), at_edge="lower"),
        groups=[
            Group("usage", weight=50, measures=[measure("depth", 70), measure("breadth", 30)]),
            Group("service", weight=30, measures=[measure("tickets", 100)]),
            Group("advocacy", weight=20, measures=[measure("nps", 50), measure("references", 50)]),
        ],
    )  # fmt: skip


def test_measures_weigh_in_groups_and_groups_overall(gainsight):
    """usage 0.7 * 80 + 0.3 * 60 = 74; service 90; advocacy 55: 37 + 27 + 11 = 75, on the edge: yellow."""
    scores = score(gainsight, depth=[80], breadth=[60], tickets=[90], nps=[70], references=[40])
    assert scores.values.tolist() == [75]
    assert scores.bands.tolist() == ["yellow"]
    assert (scores.low.tolist(), scores.high.tolist()) == ([75], [75])
    moved = {"depth": 10.5, "breadth": 1.5, "tickets": 12, "nps": 2, "references": -1}
    assert points(scores, "c0") == pytest.approx(moved)


def test_a_customer_of_whom_nothing_is_known_has_no_score(gainsight):
    scores = score(gainsight, depth=[None], breadth=[None], tickets=[None], nps=[None], references=[None])
    assert np.isnan(scores.values[0])
    assert np.isnan(scores.parts).all()
    assert scores.bands.tolist() == [None]
    assert (scores.coverage[0], scores.low[0], scores.high[0]) == (0, 0, 100)


def test_good_if_all_are_good_and_poor_if_any_is_poor():
    """Totango: good 100, average 60, poor 0, and the worst of them counts; what has no value is left out."""
    levels = {"good": 100, "average": 60, "poor": 0}
    card = Scorecard("totango", combine="worst", neutral=60, groups=[Group("attributes", measures=[
        Measure(id, metric=id, curve=curves.lookup(levels)) for id in ("usage", "support", "mood")
    ])])  # fmt: skip
    scores = score(card, usage=["good", "good", "poor", "good"], support=["good", "average", "average", None],
                   mood=["good", "good", "poor", None])  # fmt: skip
    assert scores.values.tolist() == [100, 60, 0, 100]
    assert points(scores, "c1") == {}
    assert points(scores, "c2") == {"usage": -30, "mood": -30}
    assert (scores.low[3], scores.high[3]) == (0, 100)


def test_peers_are_compared_by_rank():
    """Of four, one is the least (1/8 of the way), two are level in the middle (1/2), one the most (7/8)."""
    card = Scorecard("peers", groups=[Group("g", measures=[
        Measure("growth", metric="growth", curve=curves.percentile())])])  # fmt: skip
    scores = score(card, growth=[1.0, 5.0, 5.0, 9.0])
    assert scores.values.tolist() == [12.5, 50, 50, 87.5]


def test_peers_are_compared_by_standard_deviations():
    """2, 4, 4, 4, 5, 5, 7, 9 have mean 5 and deviation 2; of width 2, a deviation is a quarter of the way."""
    card = Scorecard("peers", groups=[Group("g", measures=[
        Measure("growth", metric="growth", curve=curves.zscore(width=2, falling=True))])])  # fmt: skip
    scores = score(card, growth=[2, 4, 4, 4, 5, 5, 7, 9])
    assert scores.values.tolist() == [87.5, 62.5, 62.5, 62.5, 50, 50, 25, 0]


@pytest.mark.parametrize(("policy", "value", "part"), [
    ("ignore", 90.0, 0.0),  # 90 alone
    ("neutral", 70.0, 0.0),  # (90 + 50) / 2
    ("worst", 45.0, -25.0),  # (90 + 0) / 2
    ("prior", 80.0, 10.0),  # (90 + 70) / 2
    ("propagate", None, None),
])  # fmt: skip
def test_every_policy_says_what_a_missing_metric_means(policy, value, part):
    missing = Measure("b", metric="b", curve=curves.linear(0, 10), missing=policy, prior=70)
    card = Scorecard("card", groups=[
        Group("g", measures=[Measure("a", metric="a", curve=curves.linear(0, 10)), missing])
    ])  # fmt: skip
    scores = score(card, a=[9], b=[None])
    assert (scores.low[0], scores.high[0], scores.coverage[0]) == (45, 95, 0.5)
    if value is None:
        assert np.isnan(scores.values[0])
    else:
        assert scores.values[0] == value
        assert scores.part("b")[0] == part


def test_a_line_may_span_all_numbers():
    card = Scorecard("card", groups=[Group("g", measures=[
        Measure("a", metric="a", curve=curves.linear(-1.7e308, 1.7e308))])])  # fmt: skip
    assert score(card, a=[-1.7e308, 0.0, 1.7e308]).values.tolist() == [0, 50, 100]


def test_a_measure_or_group_without_weight_is_switched_off():
    card = Scorecard("card", groups=[
        Group("g", measures=[
            Measure("a", metric="a", curve=curves.linear(0, 10)),
            Measure("b", metric="not_there", curve=curves.linear(0, 10), weight=0),
        ]),
        Group("h", weight=0, measures=[Measure("c", metric="nor_this", curve=curves.linear(0, 1))]),
    ])  # fmt: skip
    assert HealthScorer(card).requires == {"a"}
    scores = score(card, a=[3])
    assert (scores.values[0], scores.coverage[0]) == (30, 1)
    assert points(scores, "c0") == {"a": -20}


def test_truth_values_are_looked_up_as_such():
    card = Scorecard("card", groups=[Group("g", measures=[
        Measure("a", metric="a", curve=curves.lookup({True: 80, False: 10}))])])  # fmt: skip
    assert score(card, a=[True, False, None]).values[:2].tolist() == [80, 10]


def test_peers_are_those_of_the_same_moment():
    """In a panel, a later moment changes nothing about an earlier one."""
    card = Scorecard("peers", groups=[Group("g", measures=[
        Measure("growth", metric="growth", curve=curves.percentile())])])  # fmt: skip
    moments = ["2026-01-01", "2026-01-01", "2026-02-01", "2026-02-01"]
    panel = {"growth": [1.0, 2.0, 100.0, 50.0], "moment": moments}
    scores = HealthScorer(card).score(snapshot(panel, customers=["a", "b", "a", "b"], as_of="moment"))
    assert scores.values.tolist() == [25, 75, 75, 25]
    assert scores.explain("a").value == 75
    assert scores.explain("a", as_of="2026-01-01").value == 25


def test_an_unknown_metric_is_named_with_the_nearest():
    card = Scorecard("card", groups=[Group("g", measures=[
        Measure("a", metric="seat", curve=curves.linear(0, 10))])])  # fmt: skip
    with pytest.raises(UnknownNameError, match=r"unknown metric 'seat' \(did you mean 'seats'\?\)"):
        score(card, seats=[3])


def test_categories_under_a_line_and_numbers_under_names_are_refused():
    line = Scorecard("card", groups=[Group("g", measures=[
        Measure("a", metric="plan", curve=curves.linear(0, 10))])])  # fmt: skip
    with pytest.raises(DataError, match=r"measure 'a': .* 'plan' has categories: take cj.curves.lookup"):
        score(line, plan=["free"])
    names = Scorecard("card", groups=[Group("g", measures=[
        Measure("a", metric="seats", curve=curves.lookup({"free": 10}))])])  # fmt: skip
    with pytest.raises(DataError, match=r"names 'free', but the metric 'seats' has numbers"):
        score(names, seats=[3])


def test_a_metric_that_nobody_has_may_be_numbers_or_categories():
    card = Scorecard("card", groups=[Group("g", measures=[
        Measure("a", metric="a", curve=curves.linear(0, 10)),
        Measure("b", metric="b", curve=curves.lookup({"free": 10})),
        Measure("c", metric="c", curve=curves.zscore()),
    ])])  # fmt: skip
    scores = score(card, a=[None, None], b=[None, None], c=[None, None])
    assert np.isnan(scores.values).all()


def test_no_customer_makes_no_scores():
    card = Scorecard("card", groups=[Group("g", measures=[
        Measure("a", metric="a", curve=curves.linear(0, 10)),
        Measure("b", metric="b", curve=curves.percentile()),
    ])], bands=Bands(("red", "green"), edges=(50,)))  # fmt: skip
    empty = snapshot({"a": np.array([], dtype=float), "b": np.array([], dtype=float)})
    scores = HealthScorer(card).score(empty)
    assert (len(scores), scores.parts.shape, scores.bands.tolist()) == (0, (0, 4), [])


def test_only_a_scorecard_makes_a_health_scorer(planhat):
    with pytest.raises(UsageError, match=r"a Scorecard was expected, not 'health': take journey\.scorecard"):
        HealthScorer("health")
    with pytest.raises(UsageError, match="a Journey was expected"):
        HealthScorer(planhat, journey="saas")


def test_the_fingerprint_tells_scorecards_apart_and_not_processes():
    def scorer(weight: float) -> HealthScorer:
        measure = Measure("a", metric="a", curve=curves.linear(0, 10), weight=weight)
        return HealthScorer(Scorecard("card", groups=[Group("g", measures=[measure])]))

    assert scorer(1).fingerprint == scorer(1.0).fingerprint != scorer(2).fingerprint
    assert score(scorer(1).scorecard, a=[1]).fingerprints.scorer == scorer(1).fingerprint


def test_parts_add_up_on_enormous_scales_with_crooked_ends():
    measure = Measure("a", metric="a", curve=curves.linear(0, 10, to=(-1e9, 3e9)))
    third = Measure("b", metric="b", curve=curves.linear(0, 10), weight=2)
    card = Scorecard("card", scale=(0.1, 1e9 + 0.3), groups=[Group("g", measures=[measure, third])])
    scores = score(card, a=[0, 10, 5, 1], b=[0, 10, 1, 3])
    assert (scores.base + scores.parts.sum(axis=1)).tolist() == scores.values.tolist()
    assert scores.values[:2] == pytest.approx([0.1, 1e9 + 0.3], abs=1e-3)
