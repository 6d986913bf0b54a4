"""From what a classifier says to a probability that comes true as often as it says."""

from __future__ import annotations

from typing import Protocol

import attrs
import numpy as np
from numpy.typing import NDArray

from .._checks import inverse

__all__ = ["AsSaid", "Calibration", "Isotonic", "Platt", "isotonic_of", "log_odds_of", "platt_of"]

Floats = NDArray[np.float64]

TINY = 1e-9  # how near to 0 and 1 a probability may come
STEPS = 50


class Calibration(Protocol):
    """From log-odds that were said to a probability."""

    @property
    def label(self) -> str:
        """What was done, in a few words."""
        ...

    def __call__(self, log_odds: Floats, /) -> Floats:
        """(n,) probabilities."""
        ...


@attrs.frozen
class AsSaid:
    """The probability as it was said."""

    label: str = "as said"

    def __call__(self, log_odds: Floats, /) -> Floats:
        """(n,) probabilities."""
        return inverse(log_odds, "logit")


@attrs.frozen
class Platt:
    """A straight line in log-odds."""

    slope: float
    level: float
    label: str = "Platt's line"

    def __call__(self, log_odds: Floats, /) -> Floats:
        """(n,) probabilities."""
        return inverse(self.level + self.slope * log_odds, "logit")


@attrs.frozen(eq=False)
class Isotonic:
    """A curve that never falls, straight between the points that it was learnt from."""

    log_odds: Floats
    probabilities: Floats
    label: str = "isotonic"

    def __call__(self, log_odds: Floats, /) -> Floats:
        """(n,) probabilities."""
        return np.interp(log_odds, self.log_odds, self.probabilities)


def log_odds_of(probabilities: Floats) -> Floats:
    """(n,) log-odds; what is nearer to 0 or 1 than 1e-9 is taken as that near."""
    p = np.clip(probabilities, TINY, 1 - TINY)
    found: Floats = np.log(p) - np.log1p(-p)
    return found


def platt_of(said: Floats, came: Floats) -> Platt:
    """The line in log-odds that makes what came likeliest, by Newton's method.

    The outcomes are drawn in a little, to (n1 + 1) / (n1 + 2) and 1 / (n0 + 2), so that there is a best line
    also where the classes are apart.

    Source: Platt, *Probabilistic outputs for support vector machines* (1999); Lin, Lin and Weng, *A note on
    Platt's probabilistic outputs* (Machine Learning, 2007).

    Args:
        said: (n,) log-odds.
        came: (n,) 1 where the event came, else 0.
    """
    n1, n0 = came.sum(), len(came) - came.sum()
    aim = np.where(came == 1, (n1 + 1) / (n1 + 2), 1 / (n0 + 2))
    design = np.column_stack([said, np.ones(len(said))])
    beta = np.array([0.0, np.log((n1 + 1) / (n0 + 1))])
    for _ in range(STEPS):
        p = inverse(design @ beta, "logit")
        gradient = design.T @ (p - aim)
        hessian = (design * (p * (1 - p))[:, None]).T @ design + 1e-12 * np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        beta, loss = _stepped(beta, step, design, aim)
        if np.abs(step).max() < 1e-10 or not np.isfinite(loss):
            break
    return Platt(float(beta[0]), float(beta[1]))


def _stepped(beta: Floats, step: Floats, design: Floats, aim: Floats) -> tuple[Floats, float]:
    """The longest half of a half of the step that does not make things worse."""
    before = _loss(design @ beta, aim)
    for share in 0.5 ** np.arange(12):
        after = _loss(design @ (beta - share * step), aim)
        if after <= before:
            return beta - share * step, after
    return beta, float("nan")


def _loss(eta: Floats, aim: Floats) -> float:
    return float(np.sum(np.logaddexp(0, eta) - aim * eta))


def isotonic_of(said: Floats, came: Floats) -> Isotonic:
    """The curve that never falls and lies nearest to what came, kept away from 0 and 1 by half an event.

    Source: Zadrozny and Elkan, *Transforming classifier scores into accurate multiclass probability
    estimates* (KDD 2002); the curve by pool-adjacent-violators, from scipy.

    Args:
        said: (n,) log-odds.
        came: (n,) 1 where the event came, else 0.
    """
    from scipy.optimize import isotonic_regression

    places, of_place, rows = np.unique(said, return_inverse=True, return_counts=True)
    rates = np.bincount(of_place, came) / rows
    curve = isotonic_regression(rates, weights=rows.astype(np.float64)).x
    margin = 0.5 / (len(came) + 1)
    return Isotonic(places, np.clip(curve, margin, 1 - margin))
