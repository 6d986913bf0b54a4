"""Scorecards, groups, measures, bands and curves hold what makes sense and refuse the rest."""

from __future__ import annotations

import attrs
import pytest

from cjlib.errors import DefinitionError, UnknownNameError
from cjlib.journey import curves
from cjlib.journey._scorecards import Bands, Group, Measure, Scorecard

LINE = curves.linear(0, 10)


def measure(id: str = "a", **options: object) -> Measure:
    return Measure(id, **{"metric": id, "curve": LINE, **options})


def card(*measures: Measure, **options: object) -> Scorecard:
    return Scorecard("health", groups=[Group("all", measures=measures or (measure(),))], **options)


@pytest.mark.parametrize(
    "curve",
    [
        lambda: curves.steps((5, 5), (0, 1, 2)),
        lambda: curves.steps((5, 3), (0, 1, 2)),
        lambda: curves.steps((5,), (0, 1, 2)),
        lambda: curves.steps((float("nan"),), (0, 1)),
        lambda: curves.steps((1,), (0, float("inf"))),
        lambda: curves.steps((1,), (0, 1), at_edge="top"),
        lambda: curves.steps("5", (0, 1)),
        lambda: curves.points({1: 0}),
        lambda: curves.points([(1, 0), (1, 5)]),
        lambda: curves.points([(1, 0), (0, 5)]),
        lambda: curves.points([(1, 0, 3), (0, 5)]),
        lambda: curves.points(7),
        lambda: curves.linear(3, 3),
        lambda: curves.linear(0, float("inf")),
        lambda: curves.linear(0, 1, to=(5, 5)),
        lambda: curves.linear(0, 1, to=(5, 1)),
        lambda: curves.linear(0, 1, to=7),
        lambda: curves.linear("0", 1),
        lambda: curves.linear(True, 3),
        lambda: curves.logistic(0, 0),
        lambda: curves.percentile(falling="no"),
        lambda: curves.zscore(width=0),
        lambda: curves.zscore(width=-1),
        lambda: curves.lookup({}),
        lambda: curves.lookup({"a": "b"}),
        lambda: curves.lookup({("a", "b"): 1}),
        lambda: curves.lookup([("a", 1), ("a", 2)]),
        lambda: curves.lookup({"a": 1}, otherwise=float("nan")),
    ],
)
def test_a_curve_that_makes_no_sense_is_refused(curve):
    with pytest.raises(DefinitionError):
        curve()


@pytest.mark.parametrize(
    "build",
    [
        lambda: measure(weight=-1),
        lambda: measure(weight=float("nan")),
        lambda: measure(weight=float("inf")),
        lambda: measure(weight=1e300),
        lambda: measure(weight="3"),
        lambda: measure(curve=None),
        lambda: measure(curve="linear"),
        lambda: measure(missing="impute"),
        lambda: measure(missing="prior"),
        lambda: measure("not an id"),
        lambda: measure(metric=""),
        lambda: Group("g", measures=()),
        lambda: Group("g", measures=[measure(weight=0)]),
        lambda: Group("g", measures=[measure()], minimum=5, maximum=5),
        lambda: Group("g", measures=[measure()], combine="median"),
        lambda: Group("g", measures=["a"]),
        lambda: Scorecard("health", groups=()),
        lambda: Scorecard("health", groups=[Group("g", weight=0, measures=[measure()])]),
        lambda: Scorecard(
            "h", groups=[Group("g", measures=[measure()]), Group("g", measures=[measure("b")])]
        ),
        lambda: card(measure("a"), measure("a")),
        lambda: card(scale=(100, 0)),
        lambda: card(scale=(0, float("inf"))),
        lambda: card(neutral=101),
        lambda: card(start=5),
        lambda: card(missing="prior"),
        lambda: card(bands=Bands(("red", "green"), edges=(120,))),
        lambda: card(bands=("red", "green")),
        lambda: Scorecard("h", combine="worst", groups=[Group("g", combine="sum", measures=[measure()])]),
        lambda: Bands(("red", "green"), edges=()),
        lambda: Bands(("red", "red"), edges=(5,)),
        lambda: Bands(("red", "yellow", "green"), edges=(75, 50)),
        lambda: Bands(("red", "green"), edges=(50,), at_edge="inside"),
    ],
)
def test_a_scorecard_that_makes_no_sense_is_refused(build):
    with pytest.raises(DefinitionError):
        build()


def test_all_problems_of_a_scorecard_are_told_at_once():
    with pytest.raises(DefinitionError) as caught:
        card(measure("a"), measure("a"), neutral=-1, start=2)
    assert [problem.place for problem in caught.value.problems] == ["groups", "neutral", "start"]


def test_a_message_names_the_element_the_field_and_the_nearest_word():
    with pytest.raises(
        DefinitionError, match=r"Measure 'nps'(?s:.*)missing: one of .*did you mean 'neutral'"
    ):
        measure("nps", missing="neutrale")


def test_a_curve_knows_the_lowest_and_the_highest_score_it_can_give():
    scale = (0.0, 10.0)
    assert curves.linear(30, 0).span(scale) == scale
    assert curves.linear(30, 0, to=(-3, 0)).span(scale) == (-3, 0)
    assert curves.steps((1, 2), (5, 9, 0)).span(scale) == (0, 9)
    assert curves.lookup({"a": 3}, otherwise=1).span(scale) == (1, 3)


def test_categories_may_be_truth_values_and_numbers():
    assert curves.lookup({True: 10, False: 0}).scores == (("false", 0.0), ("true", 10.0))
    assert curves.lookup({3: 1, 2.5: 2}).scores == (("2.5", 2.0), ("3", 1.0))


def test_lookups_of_the_same_scores_in_another_order_are_equal():
    assert curves.lookup({"a": 1, "b": 2}) == curves.lookup([("b", 2), ("a", 1)])


def test_every_curve_has_its_own_kind_and_is_hashable():
    assert len({kind.kind for kind in curves.CURVES}) == len(curves.CURVES)
    assert {kind.kind for kind in curves.CURVES} == set(curves.__all__)
    assert len({hash(curves.percentile()), hash(curves.percentile(falling=True))}) == 2


def test_a_scorecard_lists_its_measures_and_the_metrics_it_reads():
    health = card(measure("a", metric="x"), measure("b", metric="x"), measure("c", metric="y"))
    assert [one.id for one in health.measures] == ["a", "b", "c"]
    assert health.requires == {"x", "y"}
    assert health.measure("b").metric == "x"
    with pytest.raises(UnknownNameError):
        health.measure("d")


def test_values_stay_as_they_were_built():
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        card().scale = (0, 1)
