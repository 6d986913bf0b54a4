"""Logistic regression with slopes that are never negative, drawn towards the proportions of given ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

__all__ = ["KEPT", "PENALTIES", "Choice", "Fit", "chosen_penalty", "fitted"]

Floats = NDArray[np.float64]

KEPT = float("inf")  # the penalty under which proportions stay as they were
PENALTIES = (KEPT, *np.exp2(np.arange(4, -17, -2.0)).tolist())
FOLDS = 5
STEPS, TINY = 50, 1e-10
FAR, RIDGE = 30.0, 1e-10


@attrs.frozen(eq=False)
class Fit:
    """A level and slopes: the chance of the event is 1 / (1 + exp(-level - slopes · scores))."""

    level: float
    slopes: Floats

    def losses(self, scores: Floats, happened: Floats) -> Floats:
        """(n,) negative log-likelihoods of what came."""
        log_odds = self.level + self.slopes @ scores
        return np.asarray(np.logaddexp(0.0, log_odds) - happened * log_odds)


def fitted(scores: Floats, happened: Floats, target: Floats, penalty: float) -> Fit:
    """The least of mean(-log-likelihood) + penalty / 2 · Σ ((slope - b · target) · spread)², slopes ≥ 0.

    Spread is the standard deviation of a score, so that units do not matter. The factor b, from 0 on, is
    free: only proportions are drawn to those of the target. The sum is convex. Every step of Newton's method
    is a problem of non-negative least squares (Lawson and Hanson, 1974), halved until the sum falls.

    Args:
        scores: (m, n) one row per measure, none of them constant.
        happened: (n,) 1 or 0, both.
        target: (m,) slopes whose proportions are wanted.
        penalty: from 0 on; infinite: the proportions of the target.
    """
    if np.isinf(penalty):
        one = fitted((target @ scores)[None], happened, np.ones(1), 0.0)
        return Fit(one.level, one.slopes[0] * target)
    centre, spread = scores.mean(axis=1), scores.std(axis=1)
    rows = np.vstack([np.zeros(scores.shape[1]), (scores - centre[:, None]) / spread[:, None]])
    aim = target * spread
    away = np.column_stack([-aim / np.sqrt(aim @ aim), np.eye(len(aim))])
    drawn = penalty * away.T @ away

    def total(level: float, at: Floats) -> float:
        log_odds = level + at @ rows
        return float(np.mean(np.logaddexp(0.0, log_odds) - happened * log_odds) + at @ drawn @ at / 2)

    rate = happened.mean()
    level, at = float(np.log(rate / (1 - rate))), np.zeros(len(rows))
    least = total(level, at)
    for _ in range(STEPS):
        step = _step(rows, happened, drawn, level, at)
        share = 1.0
        while share > TINY and not (new := total(level + share * step[0], at + share * step[1:])) <= least:
            share /= 2
        if share <= TINY or least - new <= TINY * abs(least):
            break
        level, at, least = level + share * step[0], at + share * step[1:], new
    slopes = at[1:] / spread
    return Fit(float(level - slopes @ centre), slopes)


def _step(rows: Floats, happened: Floats, drawn: Floats, level: float, at: Floats) -> Floats:
    """(1 + m,) from where we are to the least of the parabola that fits there, slopes from 0 on."""
    from scipy.linalg import cholesky, solve_triangular
    from scipy.optimize import nnls

    chance = 1.0 / (1.0 + np.exp(-np.clip(level + at @ rows, -FAR, FAR)))
    weight = chance * (1.0 - chance) / len(chance)
    error = (chance - happened) / len(chance)
    mean = rows @ weight / weight.sum()
    bent = (rows * weight) @ rows.T - np.outer(mean, mean) * weight.sum() + drawn
    bent[np.diag_indices_from(bent)] += RIDGE
    slope = rows @ error - mean * error.sum() + drawn @ at
    upper = cholesky(bent)
    to, _ = nnls(upper, solve_triangular(upper, bent @ at - slope, trans="T"))
    return np.append(-error.sum() / weight.sum() - mean @ (to - at), to - at)


@attrs.frozen(eq=False, kw_only=True)
class Choice:
    """A penalty, and how well it foretold customers who were left out.

    Attributes:
        penalty: the chosen one.
        loss: its mean negative log-likelihood.
        kept: that of keeping the proportions.
        losses: those of all penalties, in their order.
    """

    penalty: float
    loss: float
    kept: float
    losses: tuple[float, ...]


def chosen_penalty(
    scores: Floats,
    happened: Floats,
    target: Floats,
    customer: NDArray[Any],
    seed: int,
    penalties: Sequence[float] = PENALTIES,
) -> Choice:
    """The strongest penalty that is no worse than the best by more than a standard error of the difference.

    Every customer is left out once, with all its rows. The standard error is that of the sum over customers,
    for rows of one customer are no news to each other.
    """
    customers, place = np.unique(customer, return_inverse=True)
    fold = np.random.default_rng(seed).permutation(len(customers)) % FOLDS
    losses = np.zeros((len(penalties), len(happened)))
    for number in range(FOLDS):
        is_out = fold[place] == number
        if not is_out.any():
            continue
        own, came = scores[:, ~is_out], happened[~is_out]
        can_learn = len(scores) > 0 and 0 < came.sum() < len(came) and (own.std(axis=1) > 0).all()
        rate = (came.sum() + 0.5) / (len(came) + 1)
        nothing = Fit(float(np.log(rate / (1 - rate))), np.zeros(len(scores)))
        for i, penalty in enumerate(penalties):
            fit = fitted(own, came, target, penalty) if can_learn else nothing
            losses[i, is_out] = fit.losses(scores[:, is_out], happened[is_out])
    means = losses.mean(axis=1)
    best = int(means.argmin())
    worse = np.array([_sums(one - losses[best], place) for one in losses])
    n = worse.shape[1]
    errors = worse.std(axis=1) * np.sqrt(n) / len(happened)
    allowed = np.flatnonzero(means - means[best] <= errors)
    pick = max(allowed.tolist(), key=lambda i: penalties[i])
    kept = float(means[list(penalties).index(KEPT)])
    return Choice(
        penalty=float(penalties[pick]), loss=float(means[pick]), kept=kept, losses=tuple(means.tolist())
    )


def _sums(differences: Floats, place: NDArray[np.intp]) -> Floats:
    return np.asarray(np.bincount(place, differences))
