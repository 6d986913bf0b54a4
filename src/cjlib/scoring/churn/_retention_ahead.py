"""What a BG/NBD says of the time ahead: who has left, who buys nothing, how many purchases are to come."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["alive", "expected_purchases", "no_purchase"]

Floats = NDArray[np.float64]

NUDGE = 1e-4  # from the removable gaps of a formula; what is even about them cancels
MOST_ALIKE = 5.0  # of a, up to which the formula can be computed
FAR = 10.0  # times the time so far, up to which sums are exact
NODES = 64
BLOCK = 8192  # rows at a time


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

    Of one who has not left and leaves after a purchase at a chance p, (1 - (1 + p s)^-(r + x)) / p are to be
    expected, s being the time ahead over α + age; and p is beta-distributed (a, b + x). The integral is
    summed up at the nodes of Gauss and Jacobi. Where the time ahead is very long, and so the integrand steep,
    it is equation 10 of Fader, Hardie and Lee (2005).
    """
    alpha, a = parameters[1], parameters[2]
    far = np.broadcast_to(ahead / (alpha + age), x.shape)
    expected = np.full(len(x), np.nan)
    if a <= MOST_ALIKE:
        is_far = far > FAR
        expected[is_far] = _by_formula(parameters, x[is_far], far[is_far])
    rest = ~np.isfinite(expected)
    expected[rest] = _by_sums(parameters, x[rest], far[rest])
    found: Floats = expected * alive(parameters, x, recency, age)
    return found


def _by_sums(parameters: Floats, x: Floats, far: Floats) -> Floats:
    """(n,) the expectation for who has not left, summed up over the chance to leave."""
    r, _, a, b = parameters
    found = np.empty(len(x))
    order = np.argsort(x, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(x[order])) + 1) if len(x) else []:
        shape = r + x[rows[0]]
        p, weights = _beta_nodes(a, b + x[rows[0]])
        for part in np.array_split(rows, 1 + len(rows) // BLOCK):
            found[part] = -np.expm1(-shape * np.log1p(np.outer(far[part], p))) @ (weights / p)
    return found


def _by_formula(parameters: Floats, x: Floats, far: Floats) -> Floats:
    """(n,) the same in closed form, NaN where it cannot be computed.

    Euler's transformation of the hypergeometric function (DLMF 15.8.1) keeps it small for those who buy
    often. At a = 1 and a + b + x = 1 the formula has gaps that are no gaps of the expectation; the mean of
    both sides stands in.
    """
    from scipy.special import hyp2f1

    r, _, at, b = parameters
    gaps = np.abs(at - 1) < NUDGE or (at + b + x == 1).any()
    sides = []
    for a in (at - NUDGE, at + NUDGE) if gaps else (at,):
        with np.errstate(all="ignore"):
            still = np.exp((1 - a) * np.log1p(far))
            still *= hyp2f1(a - 1, a + b - 1 - r, a + b + x - 1, far / (1 + far))
            sides.append((a + b + x - 1) / (a - 1) * (1 - still))
    found: Floats = np.mean(sides, axis=0)
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
    return np.maximum((1 + nodes) / 2, np.finfo(np.float64).tiny), vectors[0] ** 2
