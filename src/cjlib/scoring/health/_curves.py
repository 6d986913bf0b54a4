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
    a logistic curve (middle, lowest) and (spread, highest). Loops over knots are outside: a loop over
    customers without branches is one that the processor runs four at a time.
    """
    if kind == GIVEN:
        for row in range(len(metrics)):
            scores[row] = metrics[row]
    elif kind == LOGISTIC:
        for row in range(len(metrics)):
            scores[row] = logistic(metrics[row], knots[0, 0], knots[1, 0], knots[0, 1], knots[1, 1])
    else:
        for row in range(len(metrics)):
            scores[row] = np.nan if np.isnan(metrics[row]) else knots[0, 1]
        for j in range(len(knots) - 1):
            edge, score, following, following_score = (
                knots[j, 0],
                knots[j, 1],
                knots[j + 1, 0],
                knots[j + 1, 1],
            )
            if kind == STEPS_UPPER:
                for row in range(len(metrics)):
                    scores[row] = following_score if metrics[row] >= edge else scores[row]
            elif kind == STEPS_LOWER:
                for row in range(len(metrics)):
                    scores[row] = following_score if metrics[row] > edge else scores[row]
            else:
                for row in range(len(metrics)):
                    on_line = line(metrics[row], edge, following, score, following_score)
                    scores[row] = on_line if metrics[row] > edge else scores[row]


@jit(error_model="numpy")
def line(metric: float, left: float, right: float, left_score: float, right_score: float) -> float:
    """On the straight line between two knots, flat beyond them; halves, because a difference may overflow."""
    way = (metric / 2 - left / 2) / (right / 2 - left / 2)
    score = left_score + (right_score - left_score) * (1.0 if metric >= right else way)
    lowest, highest = min(left_score, right_score), max(left_score, right_score)
    return lowest if score < lowest else highest if score > highest else score


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
