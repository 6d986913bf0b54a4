"""What moved the score, part by part, a block of customers at a time: this is the definition."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..._jit import jit
from ._curves import clipped
from ._layout import MEAN, SUM, WORST, PlanArrays

__all__ = ["quantised", "write_parts"]


@jit(error_model="numpy")
def write_parts(
    filled: np.ndarray,
    weighed: np.ndarray,
    uncapped: np.ndarray,
    groups: np.ndarray,
    raw: np.ndarray,
    plan: PlanArrays,
    parts: np.ndarray,
    start: int,
) -> None:
    """Split the score less its base (n,) into parts (k, all); a row without a score has no parts either.

    Parts that are written nowhere here come as nought. Measures and caps go first, as if nothing were left
    out. What remains is re-weighting where something was left out; else rounding, a few quanta, which the
    last measure takes that has a part.
    """
    card, rows = plan.card[0], len(raw)
    quantum, base = card.quantum, card.base
    rest, factors, moved = np.empty(rows), np.empty(rows), np.empty(rows)
    receiver = np.full(rows, plan.measures[0].column)
    for row in range(rows):
        rest[row] = raw[row] - base
    for g in range(len(plan.groups)):
        group = plan.groups[g]
        write_factors(g, groups, plan, factors)
        for i in range(group.first, group.last):
            move_by_measure(i, group, filled, weighed, plan, moved)
            column = plan.measures[i].column
            own = parts[column, start : start + rows]
            for row in range(rows):
                part = quantised(factors[row] * moved[row], quantum)
                own[row] = part
                rest[row] -= part
                receiver[row] = column if part != 0.0 else receiver[row]
        if group.cap_column >= 0:
            own = parts[group.cap_column, start : start + rows]
            for row in range(rows):
                change = factors[row] * (groups[g, row] - uncapped[g, row])
                part = 0.0 if np.isnan(uncapped[g, row]) else quantised(change, quantum)
                own[row] = part
                rest[row] -= part
    if card.reweighting_column >= 0:
        send_to_reweighting(filled, weighed, card.reweighting_column, receiver)
    for row in range(rows):
        parts[receiver[row], start + row] += rest[row]
    own, low, high = parts[card.clip_column, start : start + rows], card.low, card.high
    for row in range(rows):
        own[row] = clipped(raw[row], low, high) - raw[row]
    for row in range(rows):
        if np.isnan(raw[row]):
            parts[:, start + row] = np.nan


@jit(error_model="numpy")
def write_factors(g: int, groups: np.ndarray, plan: PlanArrays, factors: np.ndarray) -> None:
    """What one point of a group is worth in the score (n,), were nothing left out."""
    card, weight = plan.card[0], plan.groups[g].weight
    if card.combine == WORST:
        shares_of_worst(g, groups, factors)
    else:
        factors[:] = weight / card.total if card.combine == MEAN else weight


@jit(error_model="numpy")
def move_by_measure(
    i: int, group: Any, filled: np.ndarray, weighed: np.ndarray, plan: PlanArrays, moved: np.ndarray
) -> None:
    """What a measure moves its group (n,), were nothing left out: from neutral, or in a sum from nothing."""
    weight = plan.measures[i].weight
    reference = 0.0 if group.combine == SUM else plan.card[0].neutral
    if group.combine == WORST:
        shares_of_worst(i - group.first, filled[group.first : group.last], moved)
        for row in range(len(moved)):
            moved[row] *= 0.0 if np.isnan(filled[i, row]) else filled[i, row] - reference
    else:
        factor = weight / group.total if group.combine == MEAN else weight
        for row in range(len(moved)):
            moved[row] = 0.0 if np.isnan(filled[i, row]) else factor * (filled[i, row] - reference)
    for row in range(weighed.shape[1]):
        moved[row] *= weighed[i, row]


@jit(error_model="numpy")
def shares_of_worst(i: int, scores: np.ndarray, shares: np.ndarray) -> None:
    """1 where row i of scores (m, n) is the worst, shared out evenly if several are; 0 elsewhere."""
    for row in range(len(shares)):
        ties = 0
        for j in range(len(scores)):
            if scores[j, row] < scores[i, row]:
                ties = -len(scores)
            if scores[j, row] == scores[i, row]:
                ties += 1
        shares[row] = 1.0 / ties if ties > 0 else 0.0


@jit(error_model="numpy")
def send_to_reweighting(filled: np.ndarray, weighed: np.ndarray, column: int, columns: np.ndarray) -> None:
    """Let what remains go to the re-weighting (n,) where a measure is left out, be it in part."""
    for i in range(filled.shape[0]):
        for row in range(filled.shape[1]):
            is_whole = not np.isnan(filled[i, row])
            columns[row] = columns[row] if is_whole else column
        for row in range(weighed.shape[1]):
            columns[row] = column if weighed[i, row] < 1.0 else columns[row]


@jit(error_model="numpy")
def quantised(value: float, quantum: float) -> float:
    """The nearest multiple of a power of two."""
    return float(np.rint(value * (1.0 / quantum)) * quantum)
