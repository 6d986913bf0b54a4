"""How far a number is from chance: exact tests, rank tests, and their correction."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
from numpy.typing import NDArray

__all__ = ["LEVEL", "Share", "corrected", "ranks_differ", "share_of", "shares_differ"]

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

LEVEL = 0.05  # how many of the things found by chance are put up with, over all that a detector looks at


@attrs.frozen
class Share:
    """A share with its exact 95 % interval (Clopper and Pearson, 1934), and how often chance does as much."""

    share: float
    low: float
    high: float
    p: float


def share_of(count: int, total: int, over: float = 0.0) -> Share:
    """A share, and by the exact binomial test whether it is over a tolerated one.

    >>> share_of(9, 10, over=0.5).p < 0.05
    True
    """
    from scipy.stats import binomtest

    if not total:
        return Share(np.nan, np.nan, np.nan, 1.0)
    interval = binomtest(int(count), int(total)).proportion_ci(method="exact")
    p = binomtest(int(count), int(total), over, alternative="greater").pvalue
    return Share(count / total, float(interval.low), float(interval.high), float(p))


def shares_differ(first: tuple[int, int], second: tuple[int, int], *, is_greater: bool = False) -> float:
    """p of Fisher's exact test that two shares, each (count, total), are one; or the first is not greater."""
    from scipy.stats import fisher_exact

    table = np.array([[count, total - count] for count, total in (first, second)])
    return float(fisher_exact(table, alternative="greater" if is_greater else "two-sided").pvalue)


def ranks_differ(values: Floats, in_group: Mask) -> tuple[float, float]:
    """How often a value of the group exceeds one of the others, and p of the rank test of that.

    Ties count half (Mann and Whitney, 1947); 0.5 where there is no difference.
    """
    from scipy.stats import mannwhitneyu

    mine, others = values[in_group], values[~in_group]
    if not len(mine) or not len(others) or (values == values[0]).all():
        return 0.5, 1.0
    found = mannwhitneyu(mine, others, method="asymptotic")
    return float(found.statistic) / (len(mine) * len(others)), float(found.pvalue)


def corrected(ps: Sequence[float]) -> list[float]:
    """The p of several tests, corrected for their number (Benjamini and Hochberg, 1995).

    Where there is nothing to find at all, a detector says something in 5 % of cases at most.
    """
    from scipy.stats import false_discovery_control

    if not ps:
        return []
    bounded = np.minimum(np.asarray(ps, float), 1.0)
    adjusted: list[float] = false_discovery_control(bounded, method="bh").tolist()
    return adjusted
