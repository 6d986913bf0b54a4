"""From a score back to the metric: how far a metric must move to earn a score."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from ...journey.curves import Curve, Linear, Logistic, Lookup, Points, Steps

__all__ = ["levels_of", "metric_for"]

NEARLY = 1e-9
ALMOST_ALL = 1 - 1e-6  # of the way, the most that a logistic curve can be asked for


def levels_of(curve: Curve, scale: tuple[float, float]) -> tuple[float, ...] | None:
    """The scores that a curve can give, rising; None if it gives all of its span.

    >>> levels_of(Steps((5, 20), (0, 50, 100)), (0, 100))
    (0.0, 50.0, 100.0)
    """
    if isinstance(curve, Steps):
        return tuple(sorted(set(curve.scores)))
    if isinstance(curve, Lookup):
        return tuple(sorted({score for _, score in curve.scores}))
    return None


def metric_for(curve: Curve, scale: tuple[float, float], metric: float, score: float) -> float | str | None:
    """The nearest metric that earns a score; of categories the first; None where peers decide.

    Args:
        curve: the curve.
        scale: that of the scorecard.
        metric: where it stands.
        score: what it is to earn at least, within the span of the curve.

    >>> metric_for(Linear(30, 0), (0, 100), 20.0, 50.0)
    15.0
    """
    if isinstance(curve, Lookup):
        return min((one, name) for name, one in curve.scores if one >= score - NEARLY)[1]
    if isinstance(curve, Steps):
        return _on_steps(curve, metric, score)
    if isinstance(curve, Logistic):
        low, high = curve.span(scale)
        way = min((score - low) / (high - low), ALMOST_ALL)
        return curve.middle + curve.spread * math.log(way / (1 - way)) if way > 0 else metric
    if isinstance(curve, (Linear, Points)):
        return _on_lines(curve, scale, metric, score)
    return None


def _on_steps(curve: Steps, metric: float, score: float) -> float:
    found = []
    for (left, right), level in zip(pairwise((-math.inf, *curve.edges, math.inf)), curve.scores, strict=True):
        if level >= score - NEARLY:
            first = left if curve.at_edge == "upper" else np.nextafter(left, math.inf)
            last = right if curve.at_edge == "lower" else np.nextafter(right, -math.inf)
            found.append(min(max(metric, float(first)), float(last)))
    return min(found, key=lambda one: abs(one - metric))


def _on_lines(curve: Linear | Points, scale: tuple[float, float], metric: float, score: float) -> float:
    if isinstance(curve, Points):
        points = list(curve.points)
    else:
        low, high = curve.span(scale)
        points = sorted([(curve.worst, low), (curve.best, high)])
    found = [x for x, y in points if y >= score - NEARLY]
    for (x0, y0), (x1, y1) in pairwise(points):
        if min(y0, y1) < score < max(y0, y1):
            found.append(x0 + (x1 - x0) * (score - y0) / (y1 - y0))
    return min(found, key=lambda one: abs(one - metric))
