"""Ways through a journey, drawn visit by visit from the curves of its stages."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ._multistate_counts import Ways
from ._multistate_curves import StageCurve

__all__ = ["Visits", "paths"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@attrs.frozen(eq=False)
class Visits:
    """Visits of walkers, in days from now.

    Attributes:
        walker: (n,) whose.
        number: (n,) from 0, the visit in which the walker stands.
        stage: (n,) its stage.
        entered: (n,) when it began; at most 0 for the first.
        left: (n,) when it ended, NaN where it goes on.
        way: (n,) by which way, -1 where it goes on.
    """

    walker: Ints
    number: Ints
    stage: Ints
    entered: Floats
    left: Floats
    way: Ints


def paths(
    curves: tuple[StageCurve, ...], ways: Ways, stage: Ints, dwell: Floats, days: float,
    rng: np.random.Generator,
) -> Visits:  # fmt: skip
    """All visits of walkers up to so many days from now.

    Args:
        curves: one per stage.
        ways: the ways between stages.
        stage: (walkers,) where each stands.
        dwell: (walkers,) for how many days.
        days: when to stop.
        rng: where chance comes from.
    """
    targets = np.array([target for _, target in ways.ends], np.int64)
    walker, entered, begins = np.arange(len(stage)), -dwell, dwell
    rounds: list[tuple[NDArray[Any], ...]] = []
    while len(walker):
        left, way = np.full(len(walker), np.inf), np.full(len(walker), -1)
        for i, curve in enumerate(curves):
            rows = np.flatnonzero(stage == i)
            if len(rows) and len(curve.ways):
                lasting, taken = _drawn(curve, begins[rows], rng)
                left[rows], way[rows] = entered[rows] + lasting, curve.ways[taken]
        goes_on = left > days
        left[goes_on], way[goes_on] = np.nan, -1
        rounds.append((walker, np.full(len(walker), len(rounds)), stage, entered, left, way))
        walker, stage, entered = walker[~goes_on], targets[way[~goes_on]], left[~goes_on]
        begins = np.full(len(walker), -1.0)
    empty = (np.array([], np.int64),) * 6
    return Visits(*(np.concatenate(column) for column in zip(empty, *rounds, strict=True)))


def _drawn(curve: StageCurve, dwell: Floats, rng: np.random.Generator) -> tuple[Floats, Ints]:
    """(n,) each: how long visits last that have lasted so long, and the way they end, by inversion."""
    found, rates = curve.found, curve.rates
    known = found.times <= curve.seen
    times, ended = found.times[known], found.curves[known]
    shares = np.diff(ended, axis=0, prepend=np.zeros((1, ended.shape[1])))
    going_on = np.append(1 - ended.sum(axis=1), -np.inf)  # after each time; the last stands for later
    level = curve.survival(dwell) * rng.random(len(dwell))
    which = np.searchsorted(-going_on, -level, side="left")
    is_late = (which == len(times)) | (dwell >= curve.seen)
    lasting = np.append(times, 0.0)[which]
    weights = np.vstack([shares, rates])[np.where(is_late, len(times), which)]
    total = float(rates.sum())
    wait = rng.exponential(1 / total, len(dwell)) if total else np.full(len(dwell), np.inf)
    lasting = np.where(is_late, np.maximum(dwell, curve.seen) + wait, lasting)
    edges = np.cumsum(weights, axis=1)
    taken = (rng.random(len(dwell))[:, None] * edges[:, -1:] >= edges).sum(axis=1)
    return lasting, np.minimum(taken, len(curve.ways) - 1)
