"""The arithmetic of scorecards, a block of customers at a time: this is the definition.

Loops over measures and groups are outside, over customers inside, so that each reads whole columns.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..._jit import jit
from ._curves import apply_curve, clipped

__all__ = [
    "CARD", "GROUP", "MEAN", "MEASURE", "SUM", "WORST", "PlanArrays", "combine_card", "fill_missing",
    "propagate", "score_block",
]  # fmt: skip

ALMOST_ONE = 1.0 - 2.0**-53
MEAN, SUM, WORST = 0, 1, 2

MEASURE = np.dtype(
    [
        ("curve", np.int64),  # its kind
        ("first", np.int64),  # its knots, from here
        ("last", np.int64),  # to before here
        ("lowest", np.float64),  # score that the curve gives
        ("highest", np.float64),
        ("fill", np.float64),  # score of a missing metric, NaN to leave it out
        ("stale", np.float64),  # score in place of stale evidence, NaN to leave it out
        ("propagates", np.bool_),  # left out, it leaves no score
        ("weight", np.float64),
        ("column", np.int64),  # of the parts
    ],
    align=True,
)
GROUP = np.dtype(
    [
        ("first", np.int64),  # its measures, from here
        ("last", np.int64),  # to before here
        ("combine", np.int64),
        ("weight", np.float64),
        ("total", np.float64),  # weight of its measures
        ("minimum", np.float64),
        ("maximum", np.float64),
        ("cap_column", np.int64),  # of the parts, −1 without caps
    ],
    align=True,
)
CARD = np.dtype(
    [
        ("combine", np.int64),
        ("total", np.float64),  # weight of the groups
        ("start", np.float64),
        ("neutral", np.float64),
        ("base", np.float64),
        ("low", np.float64),  # end of the scale
        ("high", np.float64),
        ("quantum", np.float64),  # see _quantum
        ("reweighting_column", np.int64),  # of the parts, −1 if it cannot happen
        ("clip_column", np.int64),
    ],
    align=True,
)


class PlanArrays(NamedTuple):
    """What the kernel reads; measures lie group by group, both by id, so that no order given matters."""

    measures: np.ndarray
    """(m,) MEASURE"""
    groups: np.ndarray
    """(g,) GROUP"""
    card: np.ndarray
    """(1,) CARD"""
    knots: np.ndarray
    """(p, 2) float64, as the curves read them"""


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
) -> None:
    """Fill values (n,), parts (n, k), coverage and interval of a block of customers.

    ``metrics`` (m, n) holds NaN where missing. ``lows`` and ``highs`` (m, n), where they are no NaN, bound
    what becomes of a known score once its missing peers are known; they are (m, 0) if none has peers.
    ``shares`` (m, n) tells how much the evidence still counts, from 0 to 1, and NaN where the measure is
    waived; it is (m, 0) if all is fresh.
    """
    count, rows, card = metrics.shape[0], metrics.shape[1], plan.card[0]
    known, filled = np.empty((count, rows)), np.empty((count, rows))
    uncapped, groups = np.empty((len(plan.groups), rows)), np.empty((len(plan.groups), rows))
    weighed, whole = np.empty(shares.shape), np.empty((count, 0))
    for i in range(count):
        measure = plan.measures[i]
        apply_curve(measure.curve, plan.knots[measure.first : measure.last], metrics[i], known[i])
    cover(known, shares, plan, coverage)
    complete(known, shares, plan.measures, False, lows, filled)
    combine_card(filled, whole, plan, uncapped, groups, low)
    complete(known, shares, plan.measures, True, highs, filled)
    combine_card(filled, whole, plan, uncapped, groups, high)
    fill_missing(known, shares, plan, filled, weighed)
    combine_card(filled, weighed, plan, uncapped, groups, values)
    propagate(filled, shares, plan.measures, values)
    write_parts(filled, weighed, uncapped, groups, values, plan, parts)
    for row in range(rows):
        values[row] = clipped(values[row], card.low, card.high)
        low[row] = clipped(low[row], card.low, card.high)
        high[row] = clipped(high[row], card.low, card.high)
        if values[row] < low[row]:
            low[row] = values[row]
        if values[row] > high[row]:
            high[row] = values[row]


@jit(error_model="numpy")
def cover(known: np.ndarray, shares: np.ndarray, plan: PlanArrays, coverage: np.ndarray) -> None:
    """The share of the weight that rests on data: 1 if and only if nothing is missing, 0 if all is."""
    rows = len(coverage)
    in_group, missing = np.empty(rows), np.zeros(rows, dtype=np.int64)
    coverage[:] = 0.0
    for group in plan.groups:
        in_group[:] = 0.0
        for i in range(group.first, group.last):
            weight = plan.measures[i].weight
            for row in range(rows):
                share = 0.0 if np.isnan(known[i, row]) else 1.0
                if shares.shape[1]:
                    share = 1.0 if np.isnan(shares[i, row]) else share * shares[i, row]
                missing[row] += share < 1.0
                in_group[row] += share * weight
        weight, total = group.weight, group.total
        for row in range(rows):
            coverage[row] += weight * (in_group[row] / total)
    total = plan.card[0].total
    for row in range(rows):
        coverage[row] = 1.0 if missing[row] == 0 else min(coverage[row] / total, ALMOST_ONE)


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
        combine(group.combine, filled[first:last], weighed[first:last], weights, uncapped[g])
        minimum, maximum = group.minimum, group.maximum
        for row in range(len(raw)):
            groups[g, row] = clipped(uncapped[g, row], minimum, maximum)
    combine(card.combine, groups, np.empty((len(groups), 0)), plan.groups["weight"], raw)
    for row in range(len(raw)):
        raw[row] = quantised(start + raw[row], quantum)


@jit(error_model="numpy")
def combine(
    how: int, scores: np.ndarray, weighed: np.ndarray, weights: np.ndarray, combined: np.ndarray
) -> None:
    """Weighted mean, weighted sum or worst of the scores that are no NaN; NaN if there is none.

    ``weighed`` are the shares of the weights that count, (m, 0) if all count in full.
    """
    rows = len(combined)
    weight = np.zeros(rows)
    combined[:] = np.inf if how == WORST else 0.0
    for i in range(len(scores)):
        for row in range(rows):
            own = weights[i] * weighed[i, row] if weighed.shape[1] else weights[i]
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


@jit(error_model="numpy")
def write_parts(
    filled: np.ndarray,
    weighed: np.ndarray,
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
            move_by_measure(i, group, filled, weighed, plan, moved)
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
        send_to_reweighting(filled, weighed, card.reweighting_column, largest_column)
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
def move_by_measure(
    i: int, group: Any, filled: np.ndarray, weighed: np.ndarray, plan: PlanArrays, moved: np.ndarray
) -> None:
    """What a measure moves its group (n,), were nothing left out: from neutral, or in a sum from nothing."""
    weight = plan.measures[i].weight
    reference = 0.0 if group.combine == SUM else plan.card[0].neutral
    if group.combine == WORST:
        shares_of_worst(i - group.first, filled[group.first : group.last], moved)
    else:
        moved[:] = weight / group.total if group.combine == MEAN else weight
    for row in range(len(moved)):
        moved[row] *= 0.0 if np.isnan(filled[i, row]) else filled[i, row] - reference
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
            if np.isnan(filled[i, row]) or (weighed.shape[1] and weighed[i, row] < 1.0):
                columns[row] = column


@jit(error_model="numpy")
def quantised(value: float, quantum: float) -> float:
    """The nearest multiple of a power of two."""
    return float(np.rint(value / quantum) * quantum)
