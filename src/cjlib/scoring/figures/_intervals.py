"""Between what a figure may lie: intervals for shares, differences of shares and ratios, group by group."""

from __future__ import annotations

from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["ratio", "summed", "tango", "wilson"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

HALVINGS = 60


def summed(values: NDArray[Any], codes: Ints, groups: int) -> Floats:
    """(g,) the sum of the values of each group."""
    found: Floats = np.bincount(codes, values, minlength=groups).astype(np.float64)
    return found


def wilson(hits: Floats, trials: Floats, confidence: float) -> tuple[Floats, Floats]:
    """(g,) and (g,): Wilson's score interval of shares; NaN without trials.

    E. B. Wilson (1927): Probable inference, the law of succession, and statistical inference, JASA 22.

    >>> low, high = wilson(np.array([8.0]), np.array([10.0]), 0.95)
    >>> low.round(4), high.round(4)
    (array([0.4902]), array([0.9433]))
    """
    z2 = NormalDist().inv_cdf((1 + confidence) / 2) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        share = hits / trials
        middle = (hits + z2 / 2) / (trials + z2)
        half = np.sqrt(z2 * trials * share * (1 - share) + z2 * z2 / 4) / (trials + z2)
    return np.where(hits <= 0, share * 0, middle - half), np.where(hits >= trials, share, middle + half)


def tango(more: Floats, less: Floats, trials: Floats, confidence: float) -> tuple[Floats, Floats]:
    """(g,) and (g,): the score interval of the share of one answer minus that of another; NaN without trials.

    T. Tango (1998): Equivalence test and confidence interval for the difference in proportions for the
    paired-sample design, Statistics in Medicine 17. Answers of which some count +1, some -1 and the rest
    nothing, as for the net promoter score, are of that very form.

    Args:
        more: (g,) how many count +1.
        less: (g,) how many count -1.
        trials: (g,) how many there are.
        confidence: how sure, such as 0.95.

    >>> low, high = tango(np.array([6.0]), np.array([1.0]), np.array([10.0]), 0.95)
    >>> low.round(3), high.round(3)
    (array([-0.02]), array([0.793]))
    """
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        middle = (more - less) / trials
    ends = []
    for side in (-1.0, 1.0):
        near, far = middle.copy(), np.full(middle.shape, side)
        for _ in range(HALVINGS):
            guess = (near + far) / 2
            is_inside = np.abs(_tango_score(more, less, trials, guess)) <= z
            near, far = np.where(is_inside, guess, near), np.where(is_inside, far, guess)
        ends.append(np.where(np.isnan(middle), np.nan, near))
    return ends[0], ends[1]


def _tango_score(more: Floats, less: Floats, trials: Floats, difference: Floats) -> Floats:
    """(g,) how many standard errors the difference is from what was seen; the rest fitted by likelihood."""
    b = -more - less + (2 * trials - more + less) * difference
    c = -less * difference * (1 - difference)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = (np.sqrt(np.maximum(b * b - 8 * trials * c, 0)) - b) / (4 * trials)
        spread = trials * (2 * share + difference * (1 - difference))
        away = more - less - trials * difference
        score = away / np.sqrt(np.maximum(spread, 0))
    found: Floats = np.where(np.abs(away) <= 1e-12 * trials, 0.0, score)
    return found


def ratio(
    numerator: Floats, denominator: Floats, codes: Ints, groups: int, confidence: float
) -> tuple[Floats, Floats]:
    """(g,) and (g,): the interval of a ratio of sums over customers, by linearisation and Student's t.

    W. G. Cochran (1977): Sampling Techniques, 3rd ed., section 6.3. With all denominators 1 it is the usual
    interval of a mean. NaN for fewer than two customers, and where all are alike: nothing varied, so nothing
    tells how much it might.

    Args:
        numerator: (k,) of each customer.
        denominator: (k,) of each customer.
        codes: (k,) the group of each customer.
        groups: how many groups there are.
        confidence: how sure, such as 0.95.

    >>> mean = np.array([4.0, 5.0, 6.0]), np.ones(3), np.zeros(3, np.int64), 1
    >>> low, high = ratio(*mean, 0.95)
    >>> low.round(3), high.round(3)
    (array([2.516]), array([7.484]))
    """
    from scipy.special import stdtrit

    tops, bottoms = summed(numerator, codes, groups), summed(denominator, codes, groups)
    counts = np.bincount(codes, minlength=groups)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = tops / bottoms
        errors = summed((numerator - value[codes] * denominator) ** 2, codes, groups)
        spread = np.sqrt(counts / (counts - 1) * errors) / bottoms
    t = stdtrit(np.maximum(counts - 1, 1), (1 + confidence) / 2)
    half = np.where((counts >= 2) & (spread > 0), t * spread, np.nan)
    return value - half, value + half
