"""Scorecards that reckon as the tools do that teams come from, so that a present score can be brought along.

Each function gives a `cjlib.Scorecard` with the arithmetic that the tool's own documentation describes. What
the documentation leaves open (where an edge belongs, what a missing metric means) has no default: say how it
is in your account, and compare the scores that come out with those that the tool shows.

Metrics come as mappings: by the name of the metric, what it earns. Where a tool knows three levels, that is

* a pair of edges: ``(2, 10)`` is worst below 2 and best above 10, ``(8, 3)`` is worst above 8, best below 3;
* a mapping from categories to the names of the levels;
* one of `cjlib.curves`, or a whole `cjlib.Measure`, for anything else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ..errors import UnknownNameError, UsageError
from ..journey._scorecards import Bands, Group, Measure, Scorecard
from ..journey.curves import CURVES, Steps
from ._levels import (
    Levels,
    adds_up,
    items,
    measure_of,
    numbers,
    pair,
    score_of,
    scored,
    weighted,
    with_policy,
)  # fmt: skip

__all__ = [
    "catalyst", "churnzero", "gainsight", "hubspot", "planhat", "totango", "totango_simple", "vitally",
]  # fmt: skip


def planhat(
    factors: Mapping[str, Any], *, missing: str, bands: Bands | None, id: str = "planhat"
) -> Scorecard:
    """Planhat: 5 plus the points of all factors, cut to 0 and 10, a whole number.

    The score of a parent is the mean of its own and its children's: ``cj.rollup(..., own=True)``.

    Args:
        factors: by metric, a curve that gives points, above and below 0.
        missing: what a missing metric means (see `cjlib.Measure`): the documentation doesn't say.
        bands: names for the ranges of the score; None for none: the documentation doesn't say.
        id: of the scorecard.

    >>> import cjlib as cj
    >>> card = planhat({"logins": cj.curves.steps((1, 10), (-3, 0, 4))}, missing="ignore", bands=None)
    >>> card.start, card.scale, card.decimals
    (5.0, (0.0, 10.0), 0)
    """
    measures = [measure_of(name, factor, None) for name, factor in items("factors", factors)]
    return Scorecard(
        id, scale=(0, 10), combine="sum", start=5, missing=missing, decimals=0, bands=bands,
        groups=[Group("factors", measures=measures)],
    )  # fmt: skip


def vitally(
    scores: Mapping[str, tuple[float, Mapping[str, Any]]],
    *,
    edge: str,
    at_edge: str,
    null: Mapping[str, str] | None = None,
    id: str = "vitally",
) -> Scorecard:
    """Vitally: metrics are healthy (10), concerning (5) or poor (0); means of them; their weighted mean.

    A metric without a value is left out, unless null is one of its conditions. The ranges of the overall
    score are a third of the scale each.

    Args:
        scores: by name of a score, its weight and its metrics with their levels (see above).
        edge: whether a metric on an edge of a pair has the ``better`` or the ``worse`` level.
        at_edge: whether a score on the edge of a range lies in the ``upper`` or in the ``lower`` one.
        null: by metric, the level of which null is a condition.
        id: of the scorecard.

    >>> card = vitally({"product": (60, {"logins": (2, 10)}), "mood": (40, {"nps": (7, 9)})},
    ...                edge="better", at_edge="upper", null={"nps": "poor"})
    >>> card.measure("nps").missing, card.measure("nps").prior
    ('prior', 0.0)
    """
    levels: Levels = (("poor", 0), ("concerning", 5), ("healthy", 10))
    found = weighted("scores", scores)
    fills = {metric: score_of(levels, level) for metric, level in (null or {}).items()}
    known = [metric for _, (_, metrics) in found for metric in metrics]
    for metric in fills:
        if metric not in known:
            raise UnknownNameError("metric of null", metric, known)
    groups = []
    for name, (weight, metrics) in found:
        measures = [measure_of(one, given, levels, edge) for one, given in metrics.items()]
        filled = [
            attrs.evolve(one, missing="prior", prior=fills[one.id]) if one.id in fills else one
            for one in measures
        ]
        groups.append(Group(name, weight=weight, measures=filled))
    bands = Bands([name for name, _ in levels], edges=(10 / 3, 20 / 3), at_edge=at_edge)
    return Scorecard(id, scale=(0, 10), missing="ignore", groups=groups, bands=bands)


def hubspot(
    groups: Mapping[str, tuple[float, Mapping[str, Any]]],
    *,
    minimum: float | None,
    missing: str,
    bands: Bands | None,
    id: str = "hubspot",
) -> Scorecard:
    """HubSpot: criteria add and take points in groups, each with a maximum; the maxima add up to 100.

    Args:
        groups: by name, the maximum and its criteria: by metric, a curve that gives points.
        minimum: what a group never counts less than, None for no such end: the documentation doesn't say.
        missing: what a missing metric means (see `cjlib.Measure`): the documentation doesn't say.
        bands: two or three labels and their thresholds.
        id: of the scorecard.

    Raises:
        UsageError: if the maxima do not add up to 100.

    >>> import cjlib as cj
    >>> visits, size = cj.curves.linear(0, 20, to=(0, 60)), cj.curves.lookup({"large": 40}, otherwise=0)
    >>> card = hubspot({"engagement": (70, {"visits": visits}), "fit": (30, {"size": size})},
    ...                minimum=0, missing="ignore", bands=cj.Bands(("cold", "warm"), edges=(50,)))
    >>> [group.maximum for group in card.groups]
    [70.0, 30.0]
    """
    found = weighted("groups", groups)
    adds_up("the maxima of the groups", [maximum for _, (maximum, _) in found])
    return Scorecard(
        id, combine="sum", missing=missing, bands=bands,
        groups=[
            Group(name, minimum=minimum, maximum=maximum,
                  measures=[measure_of(metric, curve, None) for metric, curve in criteria.items()])
            for name, (maximum, criteria) in found
        ],
    )  # fmt: skip


def gainsight(
    groups: Mapping[str, tuple[float, Mapping[str, Any]]],
    *,
    weights: str,
    bands: Bands | None = None,
    id: str = "gainsight",
) -> Scorecard:
    """Gainsight: the weighted mean of measures from 0 to 100; what is NA leaves its weight to the others.

    Args:
        groups: by name, its weight and its measures: by metric, the weight, or the weight and a curve. A
            measure without a curve has the score itself for a metric, set by a rule or by hand.
        weights: ``group`` if weights of measures are shares of their group, and those of groups shares of the
            whole: NA is then shared out inside the group. ``overall`` if weights of measures are shares of
            the whole: NA is shared out among all, and the weights of the groups are not read.
        bands: up to twelve ranges; unsaid: red to 50, yellow to 75, green. The lower end of a range is not
            in it, but for the first.
        id: of the scorecard.

    >>> card = gainsight({"usage": (60, {"depth": 70, "breadth": 30}), "mood": (40, {"nps": 100})},
    ...                  weights="group")
    >>> card.bands.labels, card.bands.at_edge
    (('red', 'yellow', 'green'), 'lower')
    """
    if weights not in ("group", "overall"):
        raise UsageError(f"weights are shares of the 'group' or 'overall', not {weights!r:.80}")
    found = weighted("groups", groups)
    made = [
        Group(name, weight=weight, measures=[scored(metric, given) for metric, given in measures.items()])
        for name, (weight, measures) in found
    ]
    if weights == "overall":
        made = [Group("overall", measures=[measure for group in made for measure in group.measures])]
    if bands is None:
        bands = Bands(("red", "yellow", "green"), edges=(50, 75), at_edge="lower")
    if len(bands.labels) > 12:
        raise UsageError(f"Gainsight has up to twelve ranges, not {len(bands.labels)}")
    return Scorecard(id, missing="ignore", groups=made, bands=bands)


def totango_simple(attributes: Mapping[str, Any], *, edge: str, id: str = "totango") -> Scorecard:
    """Totango, simple profile: good if all attributes are good, poor if any is poor, else average.

    An attribute without a value is left out. Scores are 0, 1 and 2.

    Args:
        attributes: by metric, its levels ``poor``, ``average`` and ``good`` (see above).
        edge: whether a metric on an edge of a pair has the ``better`` or the ``worse`` level.
        id: of the scorecard.

    >>> totango_simple({"logins": (2, 10), "tickets": (8, 3)}, edge="better").combine
    'worst'
    """
    levels: Levels = (("poor", 0), ("average", 1), ("good", 2))
    found = [measure_of(name, given, levels, edge) for name, given in items("attributes", attributes)]
    return Scorecard(
        id, scale=(0, 2), combine="worst", missing="ignore", groups=[Group("attributes", measures=found)],
        bands=Bands([name for name, _ in levels], edges=(1, 2)),
    )  # fmt: skip


def totango(
    dimensions: Mapping[str, tuple[float, Mapping[str, tuple[float, Any]]]],
    *,
    edge: str,
    missing: str | Mapping[str, str],
    bands: Bands | None,
    id: str = "totango",
) -> Scorecard:
    """Totango, multidimensional: good is 100, average 60, poor 0; weights in a dimension, then of dimensions.

    The score is rounded to a whole number, halves upwards.

    Args:
        dimensions: by name, its weight and its metrics: by name, the weight and the levels (see above).
        edge: whether a metric on an edge of a pair has the ``better`` or the ``worse`` level.
        missing: what a missing metric means (see `cjlib.Measure`), for all or by metric: the tool leaves the
            choice to you.
        bands: names for the ranges of the score, None for none.
        id: of the scorecard.

    Raises:
        UsageError: if the weights in a dimension, or those of the dimensions, do not add up to 100.

    >>> card = totango({"use": (70, {"logins": (60, (2, 10)), "seats": (40, (0.3, 0.8))}),
    ...                 "care": (30, {"tickets": (100, (8, 3))})},
    ...                edge="better", missing="ignore", bands=None)
    >>> card.groups[0].measures[0].curve.scores
    (0.0, 60.0, 100.0)
    """
    levels: Levels = (("poor", 0), ("average", 60), ("good", 100))
    found = weighted("dimensions", dimensions)
    adds_up("the weights of the dimensions", [weight for _, (weight, _) in found])
    made = []
    for name, (weight, metrics) in found:
        own = weighted(f"dimension {name!r}", metrics, Any)
        adds_up(f"the weights in the dimension {name!r}", [share for _, (share, _) in own])
        measures = [
            attrs.evolve(measure_of(one, given, levels, edge), weight=share) for one, (share, given) in own
        ]
        made.append(Group(name, weight=weight, measures=[with_policy(one, missing) for one in measures]))
    return Scorecard(id, groups=made, decimals=0, bands=bands)


def churnzero(
    factors: Mapping[str, Any], *, missing: str, bands: Bands | None, id: str = "churnzero"
) -> Scorecard:
    """ChurnZero: every factor gives the points of its tier; the most that all can give add up to 100.

    A tier contains its upper end and not its lower. The score of a parent is the mean of its children's,
    without its own: ``cj.rollup(..., own=False)``.

    Args:
        factors: by metric, a pair of edges and points, one more than edges: ``((3, 10), (0, 15, 30))``.
        missing: what a missing metric means (see `cjlib.Measure`): the documentation doesn't say.
        bands: names for the ranges of the score, None for none.
        id: of the scorecard.

    Raises:
        UsageError: if the best tiers do not add up to 100.

    >>> card = churnzero({"logins": ((3, 10), (0, 30, 60)), "tickets": ((5,), (40, 0))},
    ...                  missing="ignore", bands=None)
    >>> card.groups[0].measures[0].curve.at_edge
    'lower'
    """
    measures = []
    for name, given in items("factors", factors):
        if not isinstance(given, (*CURVES, Measure)):
            edges, points = pair(f"factor {name!r}", given, "edges and points")
            given = Steps(edges, points, at_edge="lower")
        measures.append(measure_of(name, given, None))
    adds_up("the points of the best tiers", [one.curve.span((0.0, 100.0))[1] for one in measures])
    return Scorecard(
        id, combine="sum", missing=missing, bands=bands, groups=[Group("factors", measures=measures)]
    )


def catalyst(
    groups: Mapping[str, tuple[float, Mapping[str, tuple[float, Any]]]],
    *,
    levels: tuple[float, float, float],
    edge: str,
    bands: tuple[float, float],
    at_edge: str,
    id: str = "catalyst",
) -> Scorecard:
    """Catalyst: inputs are at risk, neutral or healthy; weighted in up to ten groups, and these weighted.

    An input without a value leaves its weight to the others of its group in proportion, a group without any
    to the other groups.

    Args:
        groups: by name, its weight and its inputs: by metric, the weight and the levels ``at risk``,
            ``neutral`` and ``healthy`` (see above).
        levels: the numbers of the three levels, the worst first: the documentation doesn't say.
        edge: whether a metric on an edge of a pair has the ``better`` or the ``worse`` level.
        bands: from which scores on a customer is neutral, and healthy: the documentation doesn't say.
        at_edge: whether a score on such an edge lies in the ``upper`` or in the ``lower`` range.
        id: of the scorecard.

    >>> card = catalyst({"use": (3, {"logins": (2, (2, 10)), "seats": (1, (0.3, 0.8))})},
    ...                 levels=(0, 50, 100), edge="better", bands=(40, 70), at_edge="upper")
    >>> card.scale, card.bands.labels
    ((0.0, 100.0), ('at risk', 'neutral', 'healthy'))
    """
    names = ("at risk", "neutral", "healthy")
    worst, middle, best = numbers("levels", levels, 3)
    named: Levels = ((names[0], worst), (names[1], middle), (names[2], best))
    found = weighted("groups", groups)
    if len(found) > 10:
        raise UsageError(f"Catalyst has up to ten groups, not {len(found)}")
    made = []
    for name, (weight, inputs) in found:
        own = weighted(f"group {name!r}", inputs, Any)
        measures = [
            attrs.evolve(measure_of(one, given, named, edge), weight=share) for one, (share, given) in own
        ]
        made.append(Group(name, weight=weight, measures=measures))
    edges = Bands(names, edges=numbers("bands", bands, 2), at_edge=at_edge)
    return Scorecard(id, scale=(worst, best), missing="ignore", groups=made, bands=edges)
