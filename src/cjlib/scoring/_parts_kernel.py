"""What each measure, cap, re-weighting and clipping contributes to a score."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._jit import jit
from ._curve_kernel import clipped
from ._health_layout import MEAN, SUM, WORST, PlanArrays

__all__ = ["quantised", "write_parts"]


@jit(error_model="numpy")
def quantised(value: float, quantum: float) -> float:
    """The nearest multiple of a power of two."""
    return float(np.rint(value / quantum) * quantum)


@jit(error_model="numpy")
def write_parts(
    filled: np.ndarray,
    uncapped: np.ndarray,
    groups: np.ndarray,
    raw: np.ndarray,
    plan: PlanArrays,
    parts: np.ndarray,
) -> None:
    """Split the score less its base (n,) into parts (n, k); a row without a score has no parts either.

    Measures and caps come first, as if nothing were left out. What remains is re-weighting where something
    was left out; else it is rounding, a few quanta, and goes to the largest part.
    """
    card, rows = plan.card[0], len(raw)
    rest, factors, moved = np.empty(rows), np.empty(rows), np.empty(rows)
    largest, largest_column = np.zeros(rows), np.full(rows, plan.measures[0].column)
    parts[:] = 0.0
    for row in range(rows):
        rest[row] = raw[row] - card.base
    for g in range(len(plan.groups)):
        group = plan.groups[g]
        write_factors(g, groups, plan, factors)
        for i in range(group.first, group.last):
            move_by_measure(i, group, filled, plan, moved)
            column = plan.measures[i].column
            for row in range(rows):
                part = quantised(factors[row] * moved[row], card.quantum)
                parts[row, column] = part
                rest[row] -= part
                if abs(part) > largest[row]:
                    largest[row], largest_column[row] = abs(part), column
        if group.cap_column >= 0:
            for row in range(rows):
                if groups[g, row] != uncapped[g, row] and not np.isnan(uncapped[g, row]):
                    part = quantised(factors[row] * (groups[g, row] - uncapped[g, row]), card.quantum)
                    parts[row, group.cap_column] = part
                    rest[row] -= part
    if card.reweighting_column >= 0:
        send_to_reweighting(filled, card.reweighting_column, largest_column)
    for row in range(rows):
        parts[row, largest_column[row]] += rest[row]
        parts[row, card.clip_column] = clipped(raw[row], card.low, card.high) - raw[row]
        if np.isnan(raw[row]):
            parts[row, :] = np.nan


@jit(error_model="numpy")
def write_factors(g: int, groups: np.ndarray, plan: PlanArrays, factors: np.ndarray) -> None:
    """What one point of a group is worth in the score (n,), were nothing left out."""
    card, weight = plan.card[0], plan.groups[g].weight
    if card.combine == WORST:
        shares_of_worst(g, groups, factors)
    else:
        factors[:] = weight / card.total if card.combine == MEAN else weight


@jit(error_model="numpy")
def move_by_measure(i: int, group: Any, filled: np.ndarray, plan: PlanArrays, moved: np.ndarray) -> None:
    """What a measure moves its group (n,), were nothing left out: from neutral, or in a sum from nothing."""
    weight = plan.measures[i].weight
    reference = 0.0 if group.combine == SUM else plan.card[0].neutral
    if group.combine == WORST:
        shares_of_worst(i - group.first, filled[group.first : group.last], moved)
    else:
        moved[:] = weight / group.total if group.combine == MEAN else weight
    for row in range(len(moved)):
        moved[row] *= 0.0 if np.isnan(filled[i, row]) else filled[i, row] - reference


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
def send_to_reweighting(filled: np.ndarray, column: int, columns: np.ndarray) -> None:
    """Let what remains go to the re-weighting (n,) where a measure is left out."""
    for i in range(filled.shape[0]):
        for row in range(filled.shape[1]):
            if np.isnan(filled[i, row]):
                columns[row] = column
