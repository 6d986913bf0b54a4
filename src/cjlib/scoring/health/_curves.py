"""The curves of scorecards, a column at a time: this is the definition."""

from __future__ import annotations

import numpy as np

from ..._jit import jit

__all__ = ["GIVEN", "LINE", "LOGISTIC", "STEPS_LOWER", "STEPS_UPPER", "apply_curve", "clipped"]

GIVEN, STEPS_UPPER, STEPS_LOWER, LINE, LOGISTIC = 0, 1, 2, 3, 4


@jit(error_model="numpy")
def apply_curve(kind: int, knots: np.ndarray, metrics: np.ndarray, scores: np.ndarray) -> None:
    """Fill the scores of one measure; NaN stays NaN, and infinities get what the curve tends to.

    ``knots`` (p, 2) are pairs of metric and score; for steps the upper edge of each range and its score; for
    a logistic curve (middle, lowest) and (spread, highest).
    """
    last = len(knots) - 1
    for row in range(len(metrics)):
        metric, j = metrics[row], 0
        if kind == GIVEN or np.isnan(metric):
            scores[row] = metric
        elif kind == LOGISTIC:
            scores[row] = logistic(metric, knots[0, 0], knots[1, 0], knots[0, 1], knots[1, 1])
        elif kind == STEPS_UPPER:
            while j < last and metric >= knots[j, 0]:
                j += 1
            scores[row] = knots[j, 1]
        elif kind == STEPS_LOWER:
            while j < last and metric > knots[j, 0]:
                j += 1
            scores[row] = knots[j, 1]
        elif metric <= knots[0, 0]:
            scores[row] = knots[0, 1]
        else:
            while j < last and metric >= knots[j + 1, 0]:
                j += 1
            right = min(j + 1, last)
            scores[row] = line(metric, knots[j, 0], knots[right, 0], knots[j, 1], knots[right, 1])


@jit(error_model="numpy")
def line(metric: float, left: float, right: float, left_score: float, right_score: float) -> float:
    """On the straight line between two knots; halves, because a difference may overflow."""
    if left == right:
        return left_score
    way = (metric / 2 - left / 2) / (right / 2 - left / 2)
    score = left_score + (right_score - left_score) * way
    return clipped(score, min(left_score, right_score), max(left_score, right_score))


@jit(error_model="numpy")
def logistic(metric: float, middle: float, spread: float, lowest: float, highest: float) -> float:
    """On the S-shaped curve, written so that neither end overflows."""
    distance = (metric - middle) / spread
    shrunk = np.exp(-abs(distance))
    way = 1.0 / (1.0 + shrunk) if distance >= 0 else shrunk / (1.0 + shrunk)
    return float(lowest + (highest - lowest) * way)


@jit(error_model="numpy")
def clipped(value: float, low: float, high: float) -> float:
    """The value, or the end beyond which it lies; NaN stays NaN."""
    if value < low:
        return low
    return high if value > high else value
