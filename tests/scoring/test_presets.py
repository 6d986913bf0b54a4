"""The arithmetic of the tools that teams come from, number for number, each worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cjlib as cj
from cjlib.scoring import presets

from .made import snapshot

c = cj.curves


def scored(card: cj.Scorecard, **columns: list[Any]) -> cj.Scores:
    scores = cj.HealthScorer(card).score(snapshot(columns))
    said = ~np.isnan(scores.values)
    assert scores.parts is not None
    assert scores.base is not None
    np.testing.assert_array_equal((scores.base + scores.parts.sum(axis=1))[said], scores.values[said])
    return scores


def bands(scores: cj.Scores) -> list[Any]:
    return [] if scores.bands is None else scores.bands.tolist()


def planhat(**options: Any) -> cj.Scorecard:
    return presets.planhat(
        {
            "logins": c.steps((1, 10), (-3, 1, 4)),
            "tickets": c.steps((3, 8), (1, 0, -2), at_edge="lower"),
            "nps": c.linear(-100, 100, to=(-3, 3)),
        },
        **{"missing": "ignore", "bands": None} | options,
    )


def test_planhat_adds_points_to_five_and_cuts_at_ten_and_nought() -> None:
    """5 + 1 + 1 + 0 = 7; 5 + 4 + 1 + 3 = 13, cut to 10; 5 - 3 - 2 - 3 = -3, cut to 0;
    5 + 1 + 0 + 3 × 17 / 100 = 6.51, the whole number 7."""
    scores = scored(planhat(), logins=[4, 25, 0, 4], tickets=[3, 0, 9, 5], nps=[0, 100, -100, 17])
    assert scores.values.tolist() == [7, 10, 0, 7]


def test_planhat_gives_a_parent_the_mean_of_all_its_own_included() -> None:
    """Own 4, children 7 and 9: (4 + 7 + 9) / 3 = 6.67, the whole number 7."""
    card = presets.planhat({"points": c.linear(-5, 5, to=(-5, 5))}, missing="ignore", bands=None)
    scores = cj.HealthScorer(card).score(snapshot({"points": [-1, 2, 4]}, ["acme", "north", "south"]))
    above = cj.rollup(scores, {"north": "acme", "south": "acme"}, own=True)
    assert above.values.tolist() == [7, 7, 9]


def test_planhat_says_what_is_missing_only_if_told() -> None:
    """5 + 1 + 1 without an answer to NPS; at the worst 3 less; none at all if it must be known."""
    told = {"logins": [4], "tickets": [0], "nps": [None]}
    assert scored(planhat(missing="ignore"), **told).values.tolist() == [7]
    assert scored(planhat(missing="worst"), **told).values.tolist() == [4]
    assert np.isnan(scored(planhat(missing="propagate"), **told).values).all()


def vitally(**options: Any) -> cj.Scorecard:
    scores = {"product": (60, {"logins": (2, 10), "seats": (0.3, 0.8)}), "relation": (40, {"nps": (7, 9)})}
    return presets.vitally(scores, **{"edge": "better", "at_edge": "upper"} | options)


def test_vitally_averages_metrics_and_weighs_scores() -> None:
    """(10 + 5) / 2 = 7.5 and 0: 0.6 × 7.5 + 0.4 × 0 = 4.5, in the middle third."""
    scores = scored(vitally(), logins=[12], seats=[0.5], nps=[6])
    assert scores.values.tolist() == [4.5]
    assert bands(scores) == ["concerning"]


def test_vitally_leaves_null_out_unless_it_is_a_condition() -> None:
    """Without NPS the score is that of product, 7.5. If null is poor: 0.6 × 7.5 + 0.4 × 0 = 4.5."""
    told = {"logins": [12], "seats": [0.5], "nps": [None]}
    assert scored(vitally(), **told).values.tolist() == [7.5]
    assert scored(vitally(null={"nps": "poor"}), **told).values.tolist() == [4.5]


def test_an_edge_belongs_to_the_level_that_is_said_whichever_way_is_better() -> None:
    """10 logins and 3 tickets lie on the edges of the best level, 2 and 8 on those of the worst."""
    for edge, expected in (("better", [10, 5]), ("worse", [5, 0])):
        card = presets.vitally(
            {"all": (1, {"logins": (2, 10), "tickets": (8, 3)})}, edge=edge, at_edge="upper"
        )
        assert scored(card, logins=[10, 2], tickets=[3, 8]).values.tolist() == expected


def hubspot(**options: Any) -> cj.Scorecard:
    groups = {
        "engagement": (40, {"mails": c.linear(0, 10, to=(0, 15)), "visits": c.linear(0, 10, to=(0, 30))}),
        "fit": (60, {"size": c.lookup({"small": -5, "large": 20}, otherwise=0)}),
    }
    ranges = cj.Bands(("low", "high"), edges=(50,))
    return presets.hubspot(groups, **{"minimum": None, "missing": "ignore", "bands": ranges} | options)


def test_hubspot_holds_every_group_at_its_maximum() -> None:
    """15 + 30 = 45 is held at 40, and 20: 60. Of a small one 3 + 0 - 5 = -2, cut to 0."""
    scores = scored(hubspot(), mails=[10, 2], visits=[10, 0], size=["large", "small"])
    assert scores.values.tolist() == [60, 0]
    assert scores.part("@cap:engagement").tolist() == [-5, 0]
    assert bands(scores) == ["high", "low"]


def test_hubspot_groups_have_a_least_if_told() -> None:
    """Fit would take 5; with a least of 0 per group 3 + 0 stays."""
    assert scored(hubspot(minimum=0), mails=[2], visits=[0], size=["small"]).values.tolist() == [3]


def gainsight(weights: str) -> cj.Scorecard:
    if weights == "group":
        groups = {"usage": (60, {"depth": 70, "breadth": 30}), "mood": (40, {"nps": 50, "refs": 50})}
    else:
        groups = {"usage": (0, {"depth": 42, "breadth": 18}), "mood": (0, {"nps": 20, "refs": 20})}
    return presets.gainsight(groups, weights=weights)


def test_gainsight_weighs_in_groups_and_overall_alike_while_all_is_known() -> None:
    """0.6 × (0.7 × 80 + 0.3 × 60) + 0.4 × (70 + 40) / 2 = 44.4 + 22 = 66.4: yellow."""
    told = {"depth": [80.0], "breadth": [60.0], "nps": [70.0], "refs": [40.0]}
    for weights in ("group", "overall"):
        scores = scored(gainsight(weights), **told)
        assert scores.values[0] == pytest.approx(66.4, abs=1e-12)
        assert bands(scores) == ["yellow"]


def test_gainsight_shares_out_na_as_the_weights_are_meant() -> None:
    """Without breadth. In the group depth counts for all of it: 0.6 × 80 + 22 = 70. Overall 18 of 100 are
    missing: (42 × 80 + 20 × 70 + 20 × 40) / 82 = 5560 / 82 = 67.8."""
    told = {"depth": [80.0], "breadth": [None], "nps": [70.0], "refs": [40.0]}
    assert scored(gainsight("group"), **told).values[0] == pytest.approx(70, abs=1e-12)
    assert scored(gainsight("overall"), **told).values[0] == pytest.approx(5560 / 82, abs=1e-12)


def test_gainsight_has_the_upper_end_of_a_range_in_it_and_the_lower_not() -> None:
    card = presets.gainsight({"all": (1, {"set": 1})}, weights="group")
    scores = scored(card, set=[0.0, 50.0, 50.5, 75.0, 75.5, 100.0])
    assert bands(scores) == ["red", "red", "yellow", "yellow", "green", "green"]


def test_totango_is_good_if_all_is_good_and_poor_if_anything_is_poor() -> None:
    """All good; one average; one poor; a good one and one without a value, which is left out."""
    card = presets.totango_simple({"logins": (2, 10), "tickets": (8, 3)}, edge="better")
    scores = scored(card, logins=[12, 5, 12, 12], tickets=[0, 0, 9, None])
    assert bands(scores) == ["good", "average", "poor", "good"]


def totango(missing: Any) -> cj.Scorecard:
    use = {"logins": (60, (2, 10)), "plan": (40, {"pro": "good", "free": "poor"})}
    return presets.totango(
        {"use": (70, use), "care": (30, {"tickets": (100, (8, 3))})}, edge="better", missing=missing,
        bands=cj.Bands(("poor", "average", "good"), edges=(40, 70)),
    )  # fmt: skip


def test_totango_weighs_in_dimensions_and_dimensions_and_rounds() -> None:
    """0.7 × (0.6 × 60 + 0.4 × 100) + 0.3 × 60 = 53.2 + 18 = 71.2, rounded to 71: good."""
    scores = scored(totango("ignore"), logins=[5], plan=["pro"], tickets=[5])
    assert scores.values.tolist() == [71]
    assert bands(scores) == ["good"]


def test_totango_leaves_what_is_missing_to_a_choice_per_metric() -> None:
    """No plan. Ignored: 0.7 × 60 + 18 = 60. As poor: 0.7 × (36 + 0) + 18 = 43.2, rounded to 43."""
    told = {"logins": [5], "plan": [None], "tickets": [5]}
    ways = {"logins": "ignore", "plan": "ignore", "tickets": "ignore"}
    assert scored(totango(ways), **told).values.tolist() == [60]
    assert scored(totango({**ways, "plan": "worst"}), **told).values.tolist() == [43]


def churnzero(missing: str = "ignore") -> cj.Scorecard:
    factors = {"logins": ((3, 10), (0, 30, 60)), "tickets": ((5,), (40, 0))}
    return presets.churnzero(factors, missing=missing, bands=None)


def test_churnzero_has_the_top_of_a_tier_in_it_and_the_bottom_not() -> None:
    """(0, 3] gives 0, (3, 10] 30, above 60; up to 5 tickets give 40. 3 and 5: 0 + 40; 10 and 6: 30 + 0."""
    scores = scored(churnzero(), logins=[3, 3.1, 10, 11], tickets=[5, 5, 6, 0])
    assert scores.values.tolist() == [40, 70, 30, 100]


def test_churnzero_gives_a_parent_the_mean_of_its_children_or_its_own() -> None:
    """The parent's own 100 does not count beside 40 and 30: 35. Without children it is 100."""
    told = snapshot({"logins": [11, 3, 10], "tickets": [0, 5, 6]}, ["acme", "north", "south"])
    scores = cj.HealthScorer(churnzero()).score(told)
    assert cj.rollup(scores, {"north": "acme", "south": "acme"}).values.tolist() == [35, 40, 30]
    assert cj.rollup(scores, {}).values.tolist() == [100, 40, 30]


def catalyst(**options: Any) -> cj.Scorecard:
    groups = {
        "use": (3, {"logins": (2, (2, 10)), "seats": (1, (0.3, 0.8))}),
        "mood": (1, {"nps": (1, {"promoter": "healthy", "passive": "neutral", "detractor": "at risk"})}),
    }
    known = {"levels": (0, 50, 100), "edge": "better", "bands": (40, 70), "at_edge": "upper"}
    return presets.catalyst(groups, **known | options)


def test_catalyst_weighs_three_levels_in_groups() -> None:
    """use (2 × 100 + 50) / 3 = 83.3, mood 0: (3 × 83.3 + 0) / 4 = 62.5, neutral."""
    scores = scored(catalyst(), logins=[12], seats=[0.5], nps=["detractor"])
    assert scores.values.tolist() == [62.5]
    assert bands(scores) == ["neutral"]


def test_catalyst_shares_out_weight_in_the_group_and_then_among_groups() -> None:
    """Without logins use is 50: (3 × 50 + 0) / 4 = 37.5. Without any use mood alone is 100."""
    told = {"logins": [None, None], "seats": [0.5, None], "nps": ["detractor", "promoter"]}
    assert scored(catalyst(), **told).values.tolist() == [37.5, 100]


levels = st.lists(st.sampled_from([0.0, 5.0, 10.0, None]), min_size=4, max_size=4)


@given(levels, st.floats(0.1, 9), st.floats(0.1, 9))
def test_vitally_is_a_mean_of_means_whatever_is_null(known: list[Any], left: float, right: float) -> None:
    curve = c.linear(0, 10)
    scores = {"one": (left, {"a": curve, "b": curve}), "two": (right, {"c": curve, "d": curve})}
    card = presets.vitally(scores, edge="better", at_edge="upper")
    found = scored(card, **{name: [value] for name, value in zip("abcd", known, strict=True)}).values[0]
    means = [
        (weight, np.mean(given))
        for weight, pair in ((left, known[:2]), (right, known[2:]))
        if (given := [value for value in pair if value is not None])
    ]
    expected = sum(w * m for w, m in means) / sum(w for w, _ in means) if means else np.nan
    assert found == pytest.approx(expected, abs=1e-9, nan_ok=True)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: presets.planhat({}, missing="ignore", bands=None), "mapping by name"),
        (lambda: presets.planhat({"x": (1, 2)}, missing="ignore", bands=None), r"cj\.curves or"),
        (lambda: presets.planhat({"x": c.linear(0, 1)}, missing="ignor", bands=None), "ignore"),
        (lambda: presets.vitally({"a": (1, {"x": (1, 2)})}, edge="upper", at_edge="upper"), "better"),
        (lambda: presets.vitally({"a": (1, {"x": (1, 1)})}, edge="better", at_edge="upper"), "must be"),
        (lambda: presets.vitally({"a": {"x": (1, 2)}}, edge="better", at_edge="upper"), "a pair of a number"),
        (lambda: presets.vitally({"a": ("1", {})}, edge="better", at_edge="upper"), "begins with a number"),
        (lambda: vitally(null={"nsp": "poor"}), "did you mean 'nps'"),
        (lambda: vitally(null={"nps": "bad"}), "unknown level 'bad'"),
        (lambda: presets.hubspot({"a": (90, {"x": c.linear(0, 1)})}, minimum=0, missing="ignore",
                                 bands=None), "add up to 90, not to 100"),
        (lambda: presets.gainsight({"a": (1, {"x": 1})}, weights="share"), "'group' or 'overall'"),
        (lambda: presets.gainsight({"a": (1, {"x": 1})}, weights="group", bands=cj.Bands(
            list("abcdefghijklm"), edges=range(12))), "up to twelve ranges"),
        (lambda: presets.totango({"a": (100, {"x": (50, (1, 2))})}, edge="better", missing="ignore",
                                 bands=None), "weights in the dimension 'a' add up to 50"),
        (lambda: totango({"logins": "ignore"}), "what a missing 'plan' means"),
        (lambda: presets.churnzero({"x": ((1,), (0, 30))}, missing="ignore", bands=None), "to 30, not"),
        (lambda: catalyst(levels=(0, 50)), "3 numbers were expected"),
        (lambda: presets.catalyst({f"g{i}": (1, {f"x{i}": (1, (1, 2))}) for i in range(11)}, levels=(0, 1, 2),
                                  edge="better", bands=(1, 2), at_edge="upper"), "up to ten groups"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told(call: Callable[[], object], told: str) -> None:
    with pytest.raises(cj.CJError, match=told):
        call()
