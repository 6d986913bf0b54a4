"""Hazards added up over the days to come, and what each cause takes of the risk."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

__all__ = ["STEPS", "Now", "chunks", "incidence"]

Floats = NDArray[np.float64]

STEPS = np.append(0.0, np.exp(np.arange(-8, 85) / 7.0))  # days, within which causes share the risk evenly
ROWS = 1 << 14  # whose curves are told at once


@attrs.frozen(eq=False)
class Now:
    """From where the curves of some rows go on.

    Attributes:
        stage: (n,) the position of each row's stage.
        days: (n,) in it.
        edges: of the steps of the curves, in days since the entry.
        curves: (stages + 1, edges) the hazard of the baseline added up, for each cause.
        effects: (n,) by which its logarithm is raised, for each cause.
    """

    stage: Any
    days: Floats
    edges: Floats
    curves: list[Floats]
    effects: list[Floats]

    def hazards(self, rows: slice, times: Floats) -> Floats:
        """(n, times, causes) each hazard added up from now on."""
        told = [self.baseline(number, rows, times) * np.exp(effect[rows])[:, None]
                for number, effect in enumerate(self.effects)]  # fmt: skip
        return np.stack(told, axis=2)

    def baseline(self, number: int, rows: slice, times: Floats) -> Floats:
        """(n, times) the hazard of the baseline added up from now on, as if nobody changed the stage."""
        stage, days = self.stage[rows], self.days[rows]
        found = np.empty((len(days), len(times)))
        for one in np.unique(stage):
            here, curve = stage == one, self.curves[number][one]
            start = _read(curve, self.edges, days[here])
            for column, time in enumerate(times):
                found[here, column] = _read(curve, self.edges, days[here] + time) - start
        return found


def incidence(stepwise: Floats, hazards: Floats, edges: Floats, days: Floats) -> Floats:
    """(n, days, causes) what each cause has taken by then: its share of what survival lost in every step."""
    steps = np.diff(stepwise, axis=1)
    whole = steps.sum(axis=2, keepdims=True)
    shares = np.divide(steps, whole, out=np.zeros_like(steps), where=whole > 0)
    alive = np.exp(-stepwise.sum(axis=2, keepdims=True))
    gone = np.cumsum((alive[:, :-1] - alive[:, 1:]) * shares, axis=1)
    before = np.concatenate([np.zeros_like(gone[:, :1]), gone], axis=1)
    step = np.clip(np.searchsorted(edges, days, side="left") - 1, 0, len(edges) - 2)
    since = alive[:, step] - np.exp(-hazards.sum(axis=2, keepdims=True))
    found: Floats = before[:, step] + since * shares[:, step]
    return found


def chunks(rows: int) -> list[slice]:
    """The rows, in pieces whose curves fit into memory."""
    return [slice(low, low + ROWS) for low in range(0, max(rows, 1), ROWS)]


def _read(curve: Floats, edges: Floats, days: Floats) -> Floats:
    """A curve that rises evenly between the edges, and after the last as just before it."""
    beyond = np.maximum(days - edges[-1], 0.0) * (curve[-1] - curve[-2]) / (edges[-1] - edges[-2])
    read: Floats = np.interp(days, edges, curve) + beyond
    return read
