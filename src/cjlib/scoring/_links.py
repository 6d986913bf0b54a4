"""Links: the scale on which the parts of a score add up."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["LINKS", "inverse", "linked", "mismatched"]

Floats = NDArray[np.float64]

LINKS = ("identity", "logit", "cloglog")
TOLERANCE = 1e-9
_ROUNDING = 8 * np.finfo(np.float64).eps


def linked(values: Floats, link: str) -> Floats:
    """(n,) the link of values: themselves, log odds, or log(-log(1 - p)), the log cumulative hazard.

    >>> linked(np.array([0.5]), "logit")
    array([0.])
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        if link == "logit":
            return np.log(values) - np.log1p(-values)
        if link == "cloglog":
            return np.log(-np.log1p(-values))
    return values


def inverse(sums: Floats, link: str) -> Floats:
    """(n,) the values whose link these are.

    >>> inverse(np.array([0.0]), "logit")
    array([0.5])
    """
    with np.errstate(over="ignore"):
        if link == "logit":
            shrunk = np.exp(-np.abs(sums))
            return np.where(sums >= 0, 1.0, shrunk) / (1.0 + shrunk)
        if link == "cloglog":
            return -np.expm1(-np.exp(sums))
    return sums


def mismatched(values: Floats, sums: Floats, link: str) -> NDArray[np.bool_]:
    """(n,) where sums are not the links of values within 1e-9 * max(1, |link|); NaN values match anything.

    Near 0 and 1 a probability in float64 tells its link less exactly than that; there it is enough that the
    sum leads back to the probability.
    """
    expected = linked(values, link)
    with np.errstate(invalid="ignore"):
        is_close = np.abs(sums - expected) <= TOLERANCE * np.maximum(1.0, np.abs(expected))
        if link != "identity":
            is_close |= np.abs(inverse(sums, link) - values) <= _ROUNDING * np.abs(values)
    mismatches: NDArray[np.bool_] = ~(is_close | np.isnan(values))
    return mismatches
