"""What a BG/NBD says of the time ahead: who has left, who buys nothing, how many purchases are to come."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["alive", "expected_purchases", "no_purchase"]

Floats = NDArray[np.float64]

NUDGE = 1e-4  # from the removable gaps of a formula; what is even about them cancels
MOST_ALIKE = 5.0  # of a, up to which the formula is used
NODES = 64


def alive(parameters: Floats, x: Floats, recency: Floats, age: Floats) -> Floats:
    """(n,) the chance that a customer has not left: 1 without a repeat, for one leaves after a purchase.

    Source: Fader, Hardie and Lee (2008), Computing P(alive) using the BG/NBD model.
    """
    r, alpha, a, b = parameters
    with np.errstate(over="ignore"):
        ratio = a / (b + np.maximum(x, 1.0) - 1) * np.exp((r + x) * np.log((alpha + age) / (alpha + recency)))
    return np.where(x > 0, 1 / (1 + ratio), 1.0)


def no_purchase(parameters: Floats, x: Floats, age: Floats, ahead: float | Floats) -> Floats:
    """(n,) the chance that a customer who has not left buys nothing for so long.

    Rates of those who have bought x times more in the time so far are gamma-distributed (r + x, α + age).
    """
    r, alpha, _, _ = parameters
    found: Floats = np.exp(-(r + x) * np.log1p(ahead / (alpha + age)))
    return found


def expected_purchases(
    parameters: Floats, x: Floats, recency: Floats, age: Floats, ahead: float | Floats
) -> Floats:
    """(n,) how many purchases are to be expected of each customer in the time ahead.

    Source: Fader, Hardie and Lee (2005), equation 10, with Euler's transformation of the hypergeometric
    function (DLMF 15.8.1), which keeps it small for those who buy often. At a = 1 and a + b + x = 1 the
    formula has gaps that are no gaps of the expectation; the mean of both sides stands in. Where chances to
    leave hardly differ (a is large), the function leaves all bounds and the integral is summed up instead.
    """
    a, b = parameters[2], parameters[3]
    gaps = np.abs(a - 1) < NUDGE or (a + b + x == 1).any()
    sides = (-NUDGE, NUDGE) if gaps else (0.0,)
    each = [_by_formula(parameters + np.array([0, 0, side, 0]), x, age, ahead) for side in sides]
    expected: Floats = np.mean(each, axis=0)
    rest = ~np.isfinite(expected) | (a > MOST_ALIKE)
    if rest.any():
        expected[rest] = _by_sums(parameters, x[rest], (ahead / (parameters[1] + age))[rest])
    found: Floats = expected * alive(parameters, x, recency, age)
    return found


def _by_formula(parameters: Floats, x: Floats, age: Floats, ahead: float | Floats) -> Floats:
    """(n,) the expectation for who has not left, NaN where it cannot be computed."""
    from scipy.special import hyp2f1

    r, alpha, a, b = parameters
    share = ahead / (alpha + age + ahead)
    with np.errstate(all="ignore"):
        still = np.exp((a - 1) * np.log1p(-share)) * hyp2f1(a - 1, a + b - 1 - r, a + b + x - 1, share)
        found: Floats = (a + b + x - 1) / (a - 1) * (1 - still)
    return found


def _by_sums(parameters: Floats, x: Floats, ahead: Floats) -> Floats:
    """(n,) the same by Gauss–Jacobi sums over the chance p to leave, which is beta-distributed (a, b + x).

    Given p, (1 - (1 + p s)^-(r + x)) / p purchases are to be expected, s being the time ahead over α + age.
    """
    r, _, a, b = parameters
    found = np.empty(len(x))
    for value in np.unique(x):
        rows = x == value
        p, weights = _beta_nodes(a, b + value)
        found[rows] = -np.expm1(-(r + value) * np.log1p(np.outer(ahead[rows], p))) @ (weights / p)
    return found


def _beta_nodes(a: float, b: float) -> tuple[Floats, Floats]:
    """Nodes in (0, 1) and weights for means over a beta distribution (Golub and Welsch, 1969).

    >>> nodes, weights = _beta_nodes(2.0, 3.0)
    >>> round(float(weights @ nodes), 12)
    0.4
    """
    from scipy.linalg import eigh_tridiagonal

    n, upper, lower = np.arange(1.0, NODES), b - 1, a - 1  # exponents of Jacobi's weight on (-1, 1)
    sums = 2 * n + upper + lower
    middle = np.append((lower - upper) / (a + b), (lower**2 - upper**2) / (sums * (sums + 2)))
    beside = 4 * n * (n + upper) * (n + lower) / (sums**2 * (sums + 1))
    beside[1:] *= (n[1:] + upper + lower) / (sums[1:] - 1)
    nodes, vectors = eigh_tridiagonal(middle, np.sqrt(beside))
    return (1 + nodes) / 2, vectors[0] ** 2
