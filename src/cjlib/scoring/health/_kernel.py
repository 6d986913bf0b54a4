"""The arithmetic of scorecards, a block of customers at a time: this is the definition.

Loops over measures and groups are outside, over customers inside and without branches, so that each reads
whole columns and the processor takes several customers at a time.
"""

from __future__ import annotations

import numpy as np

from ..._jit import jit
from ._curves import apply_curve, clipped
from ._layout import MEAN, SUM, WORST, PlanArrays
from ._parts import quantised, write_parts

__all__ = ["combine_card", "fill_missing", "propagate", "score_block"]

ALMOST_ONE = 1.0 - 2.0**-53


@jit(error_model="numpy")
def score_block(
    metrics: np.ndarray,
    lows: np.ndarray,
    highs: np.ndarray,
    shares: np.ndarray,
    plan: PlanArrays,
    values: np.ndarray,
    parts: np.ndarray,
    coverage: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    start: int,
    scratch: np.ndarray,
) -> None:
    """Fill values (n,), coverage and interval of a block of customers, and its parts (k, all), from start on.

    ``metrics`` (m, n) holds NaN where missing. ``lows`` and ``highs`` (m, n), where they are no NaN, bound
    what becomes of a known score once its missing peers are known; they are (m, 0) if none has peers.
    ``shares`` (m, n) tells how much the evidence still counts, from 0 to 1, and NaN where the measure is
    waived; it is (m, 0) if all is fresh. ``scratch`` is room for two numbers per customer and measure, and
    per customer and group.
    """
    count, rows, card = metrics.shape[0], metrics.shape[1], plan.card[0]
    known = scratch[: count * rows].reshape(count, rows)
    filled = scratch[count * rows : 2 * count * rows].reshape(count, rows)
    rest, size = scratch[2 * count * rows :], len(plan.groups) * rows
    uncapped = rest[:size].reshape(len(plan.groups), rows)
    groups = rest[size : 2 * size].reshape(len(plan.groups), rows)
    weighed, whole = np.empty(shares.shape), np.empty((count, 0))
    for i in range(count):
        measure = plan.measures[i]
        apply_curve(measure.curve, plan.knots[measure.first : measure.last], metrics[i], known[i])
    is_complete = shares.shape[1] == 0  # once filled: what is waived stays out
    cover(known, shares, plan, coverage)
    complete(known, shares, plan.measures, False, lows, filled)
    combine_card(filled, whole, plan, is_complete, uncapped, groups, low)
    complete(known, shares, plan.measures, True, highs, filled)
    combine_card(filled, whole, plan, is_complete, uncapped, groups, high)
    fill_missing(known, shares, plan, filled, weighed)
    combine_card(filled, weighed, plan, False, uncapped, groups, values)
    propagate(filled, shares, plan.measures, values)
    write_parts(filled, weighed, uncapped, groups, values, plan, parts, start)
    for row in range(rows):
        values[row] = clipped(values[row], card.low, card.high)
        least, most = clipped(low[row], card.low, card.high), clipped(high[row], card.low, card.high)
        low[row] = values[row] if values[row] < least else least
        high[row] = values[row] if values[row] > most else most


@jit(error_model="numpy")
def cover(known: np.ndarray, shares: np.ndarray, plan: PlanArrays, coverage: np.ndarray) -> None:
    """The share of the weight that rests on data: 1 if and only if nothing is missing, 0 if all is."""
    rows = len(coverage)
    in_group, missing = np.empty(rows), np.zeros(rows)
    coverage[:] = 0.0
    for group in plan.groups:
        in_group[:] = 0.0
        for i in range(group.first, group.last):
            weight = plan.measures[i].weight
            if shares.shape[1]:
                for row in range(rows):
                    is_waived, share = np.isnan(shares[i, row]), shares[i, row]
                    share = 1.0 if is_waived else 0.0 if np.isnan(known[i, row]) else share
                    missing[row] += 1.0 if share < 1.0 else 0.0
                    in_group[row] += share * weight
            else:
                for row in range(rows):
                    missing[row] += 1.0 if np.isnan(known[i, row]) else 0.0
                    in_group[row] += 0.0 if np.isnan(known[i, row]) else weight
        weight, total = group.weight, group.total
        for row in range(rows):
            coverage[row] += weight * (in_group[row] / total)
    total = plan.card[0].total
    for row in range(rows):
        covered = coverage[row] / total
        covered = ALMOST_ONE if covered > ALMOST_ONE else covered
        coverage[row] = 1.0 if missing[row] == 0.0 else covered


@jit(error_model="numpy")
def complete(
    known: np.ndarray,
    shares: np.ndarray,
    measures: np.ndarray,
    is_best: bool,
    bounds: np.ndarray,
    filled: np.ndarray,
) -> None:
    """Put all that is missing or stale at one end of its curve; every score only rises with each."""
    rows = known.shape[1]
    for i in range(known.shape[0]):
        end = measures[i].highest if is_best else measures[i].lowest
        for row in range(rows):
            filled[i, row] = end if np.isnan(known[i, row]) else known[i, row]
        for row in range(bounds.shape[1]):
            if not np.isnan(bounds[i, row]):
                filled[i, row] = bounds[i, row]
        for row in range(shares.shape[1]):
            share = shares[i, row]
            if share != 1.0:  # also NaN, which waives the measure
                filled[i, row] = end if share == 0.0 else share * filled[i, row] + (1.0 - share) * end


@jit(error_model="numpy")
def fill_missing(
    known: np.ndarray, shares: np.ndarray, plan: PlanArrays, filled: np.ndarray, weighed: np.ndarray
) -> None:
    """Put what the policies say in place of what is missing or stale: a score, or NaN to leave it out.

    ``weighed`` tells how much of its weight a measure keeps whose stale share is left out.
    """
    for group in plan.groups:
        for i in range(group.first, group.last):
            fill, stale = plan.measures[i].fill, plan.measures[i].stale
            for row in range(known.shape[1]):
                filled[i, row] = fill if np.isnan(known[i, row]) else known[i, row]
            for row in range(shares.shape[1]):
                share = shares[i, row]
                weighed[i, row] = 1.0
                if share == 0.0 or (share < 1.0 and np.isnan(known[i, row])):
                    filled[i, row] = stale
                elif np.isnan(share):
                    filled[i, row] = np.nan
                elif share < 1.0 and not np.isnan(stale):
                    filled[i, row] = share * known[i, row] + (1.0 - share) * stale
                elif share < 1.0 and group.combine == SUM:
                    filled[i, row] = share * known[i, row]
                elif share < 1.0:
                    weighed[i, row] = share


@jit(error_model="numpy")
def propagate(filled: np.ndarray, shares: np.ndarray, measures: np.ndarray, raw: np.ndarray) -> None:
    """Take the score away where a measure is left out without which there shall be none, unless waived."""
    for i in range(filled.shape[0]):
        if measures[i].propagates:
            for row in range(filled.shape[1]):
                if np.isnan(filled[i, row]) and not (shares.shape[1] and np.isnan(shares[i, row])):
                    raw[row] = np.nan


@jit(error_model="numpy")
def combine_card(
    filled: np.ndarray,
    weighed: np.ndarray,
    plan: PlanArrays,
    is_complete: bool,
    uncapped: np.ndarray,
    groups: np.ndarray,
    raw: np.ndarray,
) -> None:
    """The score before it is cut to the scale, NaN if all is left out; fills the scores of the groups."""
    card = plan.card[0]
    start, quantum = card.start, card.quantum
    for g in range(len(plan.groups)):
        group = plan.groups[g]
        first, last = group.first, group.last
        weights = plan.measures["weight"][first:last]
        combine(group.combine, filled[first:last], weighed[first:last], weights, is_complete, uncapped[g])
        minimum, maximum = group.minimum, group.maximum
        for row in range(len(raw)):
            groups[g, row] = clipped(uncapped[g, row], minimum, maximum)
    combine(card.combine, groups, np.empty((len(groups), 0)), plan.groups["weight"], is_complete, raw)
    for row in range(len(raw)):
        raw[row] = quantised(start + raw[row], quantum)


@jit(error_model="numpy")
def combine(
    how: int,
    scores: np.ndarray,
    weighed: np.ndarray,
    weights: np.ndarray,
    is_complete: bool,
    combined: np.ndarray,
) -> None:
    """Weighted mean, weighted sum or worst of the scores that are no NaN; NaN if there is none.

    ``weighed`` are the shares of the weights that count, (m, 0) if all count in full. Complete scores have no
    NaN, and their weights one total.
    """
    rows = len(combined)
    whole, total = 0.0, np.zeros(0 if is_complete else rows)
    combined[:] = np.inf if how == WORST else 0.0
    for i in range(len(scores)):
        weight = weights[i]
        whole += weight
        if how == WORST:
            for row in range(rows):
                combined[row] = scores[i, row] if scores[i, row] < combined[row] else combined[row]
        elif is_complete:
            for row in range(rows):
                combined[row] += weight * scores[i, row]
        elif weighed.shape[1]:
            for row in range(rows):
                one = weight * weighed[i, row] * scores[i, row]
                combined[row] += 0.0 if np.isnan(scores[i, row]) else one
        else:
            for row in range(rows):
                combined[row] += 0.0 if np.isnan(scores[i, row]) else weight * scores[i, row]
        for row in range(len(total)):
            own = weight * weighed[i, row] if weighed.shape[1] else weight
            total[row] += 0.0 if np.isnan(scores[i, row]) else own
    for row in range(len(total)):
        one = combined[row] / total[row] if how == MEAN else combined[row]
        combined[row] = np.nan if total[row] == 0.0 else one
    if is_complete and how == MEAN:
        for row in range(rows):
            combined[row] /= whole
