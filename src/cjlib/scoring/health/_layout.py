"""Scorecards as the arithmetic reads them: how the arrays of a plan are laid out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

__all__ = ["CARD", "GROUP", "MEAN", "MEASURE", "SUM", "WORST", "PlanArrays"]

MEAN, SUM, WORST = 0, 1, 2

MEASURE = np.dtype(
    [
        ("curve", np.int64),  # its kind
        ("first", np.int64),  # its knots, from here
        ("last", np.int64),  # to before here
        ("lowest", np.float64),  # score that the curve gives
        ("highest", np.float64),
        ("fill", np.float64),  # score of a missing metric, NaN to leave it out
        ("stale", np.float64),  # score in place of stale evidence, NaN to leave it out
        ("propagates", np.bool_),  # left out, it leaves no score
        ("weight", np.float64),
        ("column", np.int64),  # of the parts
    ],
    align=True,
)
GROUP = np.dtype(
    [
        ("first", np.int64),  # its measures, from here
        ("last", np.int64),  # to before here
        ("combine", np.int64),
        ("weight", np.float64),
        ("total", np.float64),  # weight of its measures
        ("minimum", np.float64),
        ("maximum", np.float64),
        ("cap_column", np.int64),  # of the parts, −1 without caps
    ],
    align=True,
)
CARD = np.dtype(
    [
        ("combine", np.int64),
        ("total", np.float64),  # weight of the groups
        ("start", np.float64),
        ("neutral", np.float64),
        ("base", np.float64),
        ("low", np.float64),  # end of the scale
        ("high", np.float64),
        ("quantum", np.float64),  # see _quantum
        ("reweighting_column", np.int64),  # of the parts, −1 if it cannot happen
        ("clip_column", np.int64),
    ],
    align=True,
)


class PlanArrays(NamedTuple):
    """What the kernel reads; measures lie group by group, both by id, so that no order given matters."""

    measures: np.ndarray
    """(m,) MEASURE"""
    groups: np.ndarray
    """(g,) GROUP"""
    card: np.ndarray
    """(1,) CARD"""
    knots: np.ndarray
    """(p, 2) float64, as the curves read them"""
