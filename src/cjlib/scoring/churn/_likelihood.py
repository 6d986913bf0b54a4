"""The parameters under which what was counted is likeliest: Newton's method on their logarithms."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs
import numpy as np
from numpy.typing import NDArray

from ...errors import DataError

__all__ = ["Evaluate", "Maximum", "maximise"]

Floats = NDArray[np.float64]
Evaluate = Callable[[Floats], tuple[float, Floats, Floats]]

LIMIT = np.log(1e4)  # parameters are looked for between a ten-thousandth and ten thousand
MOST_STEPS = 200
MOST_HALVINGS = 40
LONGEST_STEP = 2.0
SETTLED = 1e-10  # a step in logarithms after which there is none
ROUNDING = 1e-10  # of a log-likelihood, below which its differences are not to be trusted
STEEPEST = 1e-9  # the least curvature that is believed, as a share of the largest


@attrs.frozen(eq=False, kw_only=True)
class Maximum:
    """Where a likelihood is largest.

    Attributes:
        parameters: (k,) all above 0.
        errors: (k,) their standard errors, from the observed information; NaN of what stands at a limit.
        log_likelihood: there.
        at_limit: (k,) whether the likelihood goes on rising beyond what was looked at.
    """

    parameters: Floats
    errors: Floats
    log_likelihood: float
    at_limit: NDArray[np.bool_]


def maximise(evaluate: Evaluate, starts: Sequence[Sequence[float]], what: str) -> Maximum:
    """The highest of the maxima that are reached from several starts.

    Args:
        evaluate: log-likelihood, gradient (k,) and second derivatives (k, k) at parameters (k,).
        starts: parameters to begin with, each above 0; of a size around 1.
        what: how the model is called where it cannot be fitted.

    Raises:
        DataError: if no maximum is reached from any start.
    """
    found = [one for start in starts if (one := _climb(evaluate, np.log(start))) is not None]
    if not found:
        raise DataError(
            f"{what}: the likelihood has no maximum that can be found from {len(starts)} starts; "
            "look for rows of a very different size, such as times in other units or customers that are tests"
        )
    return max(found, key=lambda one: one.log_likelihood)


def _climb(evaluate: Evaluate, logs: Floats) -> Maximum | None:
    """From one start to a maximum within the limits, None if none is reached."""
    value, gradient, curvature = _in_logs(evaluate, logs)
    for _ in range(MOST_STEPS):
        if not np.isfinite(value):
            return None
        free = ~_stuck(logs, gradient)
        step = np.zeros_like(logs)
        if free.any():
            step[free] = _newton(gradient[free], curvature[np.ix_(free, free)])
        gain = float(gradient @ step)
        is_near = gain <= ROUNDING * (1 + abs(value))
        following = np.clip(logs + step, -LIMIT, LIMIT)
        if is_near and np.abs(following - logs).max(initial=0.0) <= SETTLED:
            return _maximum(logs, value, curvature, _stuck(logs, gradient))
        if not is_near:
            following = _uphill(evaluate, logs, step, value, gain)
        if np.array_equal(following, logs):
            return _maximum(logs, value, curvature, _stuck(logs, gradient)) if is_near else None
        logs = following
        value, gradient, curvature = _in_logs(evaluate, logs)
    return None


def _in_logs(evaluate: Evaluate, logs: Floats) -> tuple[float, Floats, Floats]:
    """Value and derivatives by the logarithms of the parameters."""
    theta = np.exp(logs)
    value, gradient, curvature = evaluate(theta)
    return value, theta * gradient, np.outer(theta, theta) * curvature + np.diag(theta * gradient)


def _stuck(logs: Floats, gradient: Floats) -> NDArray[np.bool_]:
    """(k,) which parameters stand at a limit and would go beyond it."""
    found: NDArray[np.bool_] = ((logs <= -LIMIT) & (gradient <= 0)) | ((logs >= LIMIT) & (gradient >= 0))
    return found


def _newton(gradient: Floats, curvature: Floats) -> Floats:
    """Uphill also where the surface is not curved like a hilltop: by the sizes of its curvatures."""
    sizes, axes = np.linalg.eigh(curvature)
    sizes = np.maximum(np.abs(sizes), max(STEEPEST * np.abs(sizes).max(initial=0.0), np.finfo(float).tiny))
    step: Floats = axes @ ((axes.T @ gradient) / sizes)
    return step * min(1.0, LONGEST_STEP / max(float(np.abs(step).max()), np.finfo(float).tiny))


def _uphill(evaluate: Evaluate, logs: Floats, step: Floats, value: float, gain: float) -> Floats:
    """The step, halved until the likelihood rises as it should; where it never does, no step."""
    for halving in range(MOST_HALVINGS):
        size = 0.5**halving
        following = np.clip(logs + size * step, -LIMIT, LIMIT)
        if evaluate(np.exp(following))[0] >= value + 1e-4 * size * min(gain, 1.0):
            return following
    return logs


def _maximum(logs: Floats, value: float, curvature: Floats, stuck: NDArray[np.bool_]) -> Maximum:
    theta, errors = np.exp(logs), np.full(len(logs), np.nan)
    free = np.flatnonzero(~stuck)
    if len(free):
        inverse = np.linalg.pinv(-curvature[np.ix_(free, free)], hermitian=True)
        errors[free] = theta[free] * np.sqrt(np.maximum(np.diag(inverse), 0.0))
    return Maximum(parameters=theta, errors=errors, log_likelihood=float(value), at_limit=stuck)
