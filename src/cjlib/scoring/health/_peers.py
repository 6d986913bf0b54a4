"""Scores that depend on how others stand: percentiles and z-scores, with what missing peers could change."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...journey.curves import Percentile, Zscore

__all__ = ["peer_scores"]

Floats = NDArray[np.float64]


def peer_scores(
    curve: Percentile | Zscore, metric: Floats, moments: np.ndarray, scale: tuple[float, float]
) -> tuple[Floats, Floats, Floats]:
    """(n,) scores, NaN where the metric is missing, and their bounds once the missing peers are known.

    Args:
        curve: how to compare.
        metric: (n,) NaN where missing.
        moments: (n,) numbers of moments; peers are the rows of the same one.
        scale: the scale of the scorecard.
    """
    ways = np.full((3, len(metric)), np.nan)
    compare = _percentiles if isinstance(curve, Percentile) else _zscores
    for rows in _same_moment(moments):
        is_known = ~np.isnan(metric[rows])
        known = metric[rows][is_known]
        missing = len(rows) - len(known)
        width = curve.width if isinstance(curve, Zscore) else 1.0
        ways[:, rows[is_known]] = compare(known, missing, width)
    if curve.falling:
        ways = 1.0 - ways[[0, 2, 1]]
    low, high = curve.span(scale)
    scores, lows, highs = low + (high - low) * ways
    return scores, np.minimum(lows, scores), np.maximum(highs, scores)


def _same_moment(moments: np.ndarray) -> list[NDArray[np.intp]]:
    order = np.argsort(moments, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(moments[order])) + 1)


def _percentiles(known: Floats, missing: int, width: float) -> Floats:
    """(3, n) shares of the way: now, if all missing peers came to stand above, if all came to stand below."""
    ordered = np.sort(known)
    below = np.searchsorted(ordered, known, side="left")
    level = np.searchsorted(ordered, known, side="right") - below
    ranks = below + level / 2
    peers, all_peers = max(len(known), 1), max(len(known) + missing, 1)
    return np.stack([ranks / peers, ranks / all_peers, (ranks + missing) / all_peers])


def _zscores(known: Floats, missing: int, width: float) -> Floats:
    """(3, n) shares of the way: now, and the extremes over all finite values of the missing peers.

    With n peers known and m missing, N = n + m, the z-score of one whose score now is z > 0 can become
    anything above -sqrt(m / n) and up to sqrt((z² N + m) / n), by the inequality of Cauchy and Schwarz.
    """
    is_finite = np.isfinite(known)
    peers = max(int(is_finite.sum()), 1)
    z = np.where(is_finite, 0.0, np.copysign(np.inf, known))
    z[is_finite] = _standardised(known[is_finite])
    near, far = np.sqrt((z**2 * (peers + missing) + missing) / peers), np.sqrt(missing / peers)
    lows = np.where(z > 0, -far, -near) if missing else z
    highs = np.where(z < 0, far, near) if missing else z
    lows, highs = np.where(is_finite, lows, z), np.where(is_finite, highs, z)
    ways: Floats = np.clip((np.stack([z, lows, highs]) / width + 1) / 2, 0.0, 1.0)
    return ways


def _standardised(values: Floats) -> Floats:
    """Distances from the mean in standard deviations of the population; 0 where all are alike."""
    if not len(values) or values.min() == values.max():
        return np.zeros(len(values))
    scaled = np.ldexp(values, -np.frexp(np.abs(values).max())[1])
    distances = scaled - scaled.mean()
    spread = np.sqrt(np.mean(distances**2))
    return np.asarray(distances / spread if spread else np.zeros(len(values)))
