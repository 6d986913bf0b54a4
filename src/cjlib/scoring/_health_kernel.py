"""The arithmetic of scorecards, a block of customers at a time: this is the definition.

Loops over measures and groups are outside, over customers inside, so that each reads whole columns.
"""

from __future__ import annotations

import numpy as np

from .._jit import jit
from ._curve_kernel import apply_curve, clipped
from ._health_layout import MEAN, WORST, PlanArrays
from ._parts_kernel import quantised, write_parts

__all__ = ["score_block"]

ALMOST_ONE = 1.0 - 2.0**-53


@jit(error_model="numpy")
def score_block(
    metrics: np.ndarray,
    lows: np.ndarray,
    highs: np.ndarray,
    plan: PlanArrays,
    values: np.ndarray,
    parts: np.ndarray,
    coverage: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
) -> None:
    """Fill values (n,), parts (n, k), coverage and interval of a block of customers.

    ``metrics`` (m, n) holds NaN where missing. ``lows`` and ``highs`` (m, n), where they are no NaN, bound
    what becomes of a known score once its missing peers are known; they are (m, 0) if none has peers.
    """
    count, rows, card = metrics.shape[0], metrics.shape[1], plan.card[0]
    known, filled = np.empty((count, rows)), np.empty((count, rows))
    uncapped, groups = np.empty((len(plan.groups), rows)), np.empty((len(plan.groups), rows))
    for i in range(count):
        measure = plan.measures[i]
        apply_curve(measure.curve, plan.knots[measure.first : measure.last], metrics[i], known[i])
    cover(known, plan, coverage)
    complete(known, plan.measures, False, lows, filled)
    combine_card(filled, plan, uncapped, groups, low)
    complete(known, plan.measures, True, highs, filled)
    combine_card(filled, plan, uncapped, groups, high)
    fill_missing(known, plan.measures, filled)
    combine_card(filled, plan, uncapped, groups, values)
    propagate(known, plan.measures, values)
    write_parts(filled, uncapped, groups, values, plan, parts)
    for row in range(rows):
        values[row] = clipped(values[row], card.low, card.high)
        low[row] = clipped(low[row], card.low, card.high)
        high[row] = clipped(high[row], card.low, card.high)
        if values[row] < low[row]:
            low[row] = values[row]
        if values[row] > high[row]:
            high[row] = values[row]


@jit(error_model="numpy")
def cover(known: np.ndarray, plan: PlanArrays, coverage: np.ndarray) -> None:
    """The share of the weight that rests on data: 1 if and only if nothing is missing, 0 if all is."""
    rows = len(coverage)
    in_group, missing = np.empty(rows), np.zeros(rows, dtype=np.int64)
    coverage[:] = 0.0
    for group in plan.groups:
        in_group[:] = 0.0
        for i in range(group.first, group.last):
            weight = plan.measures[i].weight
            for row in range(rows):
                if np.isnan(known[i, row]):
                    missing[row] += 1
                else:
                    in_group[row] += weight
        weight, total = group.weight, group.total
        for row in range(rows):
            coverage[row] += weight * (in_group[row] / total)
    total = plan.card[0].total
    for row in range(rows):
        coverage[row] = 1.0 if missing[row] == 0 else min(coverage[row] / total, ALMOST_ONE)


@jit(error_model="numpy")
def complete(
    known: np.ndarray, measures: np.ndarray, is_best: bool, bounds: np.ndarray, filled: np.ndarray
) -> None:
    """Put all that is missing at one end of its curve; every score only rises with each."""
    for i in range(known.shape[0]):
        end = measures[i].highest if is_best else measures[i].lowest
        for row in range(known.shape[1]):
            filled[i, row] = end if np.isnan(known[i, row]) else known[i, row]
        for row in range(bounds.shape[1]):
            if not np.isnan(bounds[i, row]):
                filled[i, row] = bounds[i, row]


@jit(error_model="numpy")
def fill_missing(known: np.ndarray, measures: np.ndarray, filled: np.ndarray) -> None:
    """Put what the policies say in place of missing scores: a score, or NaN to leave them out."""
    for i in range(known.shape[0]):
        fill = measures[i].fill
        for row in range(known.shape[1]):
            filled[i, row] = fill if np.isnan(known[i, row]) else known[i, row]


@jit(error_model="numpy")
def propagate(known: np.ndarray, measures: np.ndarray, raw: np.ndarray) -> None:
    """Take the score away where a measure is missing without which there shall be none."""
    for i in range(known.shape[0]):
        if measures[i].propagates:
            for row in range(known.shape[1]):
                if np.isnan(known[i, row]):
                    raw[row] = np.nan


@jit(error_model="numpy")
def combine_card(
    filled: np.ndarray, plan: PlanArrays, uncapped: np.ndarray, groups: np.ndarray, raw: np.ndarray
) -> None:
    """The score before it is cut to the scale, NaN if all is left out; fills the scores of the groups."""
    card = plan.card[0]
    start, quantum = card.start, card.quantum
    for g in range(len(plan.groups)):
        group = plan.groups[g]
        first, last = group.first, group.last
        combine(group.combine, filled[first:last], plan.measures["weight"][first:last], uncapped[g])
        minimum, maximum = group.minimum, group.maximum
        for row in range(len(raw)):
            groups[g, row] = clipped(uncapped[g, row], minimum, maximum)
    combine(card.combine, groups, plan.groups["weight"], raw)
    for row in range(len(raw)):
        raw[row] = quantised(start + raw[row], quantum)


@jit(error_model="numpy")
def combine(how: int, scores: np.ndarray, weights: np.ndarray, combined: np.ndarray) -> None:
    """Weighted mean, weighted sum or worst of the scores that are no NaN; NaN if there is none."""
    rows = len(combined)
    weight = np.zeros(rows)
    combined[:] = np.inf if how == WORST else 0.0
    for i in range(len(scores)):
        own = weights[i]
        for row in range(rows):
            if not np.isnan(scores[i, row]):
                weight[row] += own
                if how == WORST:
                    combined[row] = min(combined[row], scores[i, row])
                else:
                    combined[row] += own * scores[i, row]
    for row in range(rows):
        if weight[row] == 0.0:
            combined[row] = np.nan
        elif how == MEAN:
            combined[row] /= weight[row]
