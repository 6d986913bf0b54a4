"""Rates with their intervals, and held against each other."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..scoring.figures._intervals import wilson as score_interval

__all__ = ["divided", "newcombe", "wilson"]

Floats = NDArray[np.float64]


def divided(part: Any, whole: Any) -> Floats:
    """part / whole, NaN where there is no whole."""
    part, whole = np.asarray(part, np.float64), np.asarray(whole, np.float64)
    shape = np.broadcast_shapes(part.shape, whole.shape)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate: Floats = np.where(whole == 0, np.nan, part / whole).reshape(shape)
    return rate


def wilson(part: Any, whole: Any) -> tuple[Floats, Floats]:
    """The 95 % score interval of a rate; NaN where there is no whole."""
    return score_interval(np.asarray(part, np.float64), np.asarray(whole, np.float64), 0.95)


def newcombe(part: Any, whole: Any, other: Any, other_whole: Any) -> tuple[Floats, Floats]:
    """The 95 % interval of the difference of two independent rates (Newcombe, 1998, method 10).

    >>> low, high = newcombe([56], [70], [48], [80])  # the first example of the paper
    >>> round(float(low[0]), 4), round(float(high[0]), 4)
    (0.0524, 0.3339)
    """
    one, two = divided(part, whole), divided(other, other_whole)
    (low, high), (other_low, other_high) = wilson(part, whole), wilson(other, other_whole)
    apart = one - two
    return (
        apart - np.sqrt((one - low) ** 2 + (other_high - two) ** 2),
        apart + np.sqrt((high - one) ** 2 + (two - other_low) ** 2),
    )
