"""A scorecard as arrays, ready for the kernel."""

from __future__ import annotations

import math

import attrs
import numpy as np

from ..journey._scorecards import Group, Measure, Scorecard
from ..journey.curves import Curve, Linear, Logistic, Points, Steps
from ._health_kernel import (
    CARD,
    GIVEN,
    GROUP,
    LINE,
    LOGISTIC,
    MEAN,
    MEASURE,
    STEPS_LOWER,
    STEPS_UPPER,
    SUM,
    WORST,
    PlanArrays,
)

__all__ = ["CLIP", "REWEIGHTING", "HealthPlan", "cap_name", "compiled"]

CLIP = "@clip"
REWEIGHTING = "@reweighting"
COARSE = 1e-10  # quanta above it call for ends of the scale that are multiples of them, too
COMBINES = {"mean": MEAN, "sum": SUM, "worst": WORST}


@attrs.frozen(eq=False)
class HealthPlan:
    """A compiled scorecard.

    Attributes:
        measures: those that count, in the order of the arrays.
        arrays: what the kernel reads.
        part_names: the columns of the parts, in the order of the scorecard.
    """

    measures: tuple[Measure, ...]
    arrays: PlanArrays
    part_names: tuple[str, ...]

    @property
    def base(self) -> float:
        """What the parts start from."""
        return float(self.arrays.card["base"][0])


def cap_name(group: Group) -> str:
    """What the part that a group's minimum or maximum adds or takes is called."""
    return f"@cap:{group.id}"


def compiled(card: Scorecard) -> HealthPlan:
    """The scorecard as arrays; what has no weight is left out."""
    groups = sorted((group for group in card.groups if group.weight), key=lambda group: group.id)
    names = _part_names(card)
    columns = {name: i for i, name in enumerate(names)}
    pairs = [(group, measure) for group in groups for measure in _counting(group)]
    knots = [_knots(measure.curve, card.scale) for _, measure in pairs]
    arrays = PlanArrays(
        measures=_measure_rows(card, pairs, np.cumsum([0, *map(len, knots)]), columns),
        groups=_group_rows(card, groups, columns),
        card=_card_row(card, groups, columns),
        knots=np.concatenate([*knots, np.empty((0, 2))]),
    )
    row = arrays.card[0]
    row["quantum"] = quantum = _quantum(arrays)
    row["base"] = round(_base(arrays) / quantum) * quantum
    if quantum > COARSE:
        row["low"] = math.ceil(card.scale[0] / quantum) * quantum
        row["high"] = math.floor(card.scale[1] / quantum) * quantum
    return HealthPlan(tuple(measure for _, measure in pairs), arrays, names)


def _measure_rows(
    card: Scorecard, pairs: list[tuple[Group, Measure]], knots: np.ndarray, columns: dict[str, int]
) -> np.ndarray:
    rows = np.zeros(len(pairs), dtype=MEASURE)
    for i, (group, measure) in enumerate(pairs):
        lowest, highest = measure.curve.span(card.scale)
        fill = _fill(card, group, measure)
        propagates = (measure.missing or card.missing) == "propagate"
        rows[i] = (_kind(measure.curve), knots[i], knots[i + 1], lowest, highest, fill, propagates,
                   measure.weight, columns[measure.id])  # fmt: skip
    return rows


def _group_rows(card: Scorecard, groups: list[Group], columns: dict[str, int]) -> np.ndarray:
    rows = np.zeros(len(groups), dtype=GROUP)
    last = 0
    for i, group in enumerate(groups):
        first, last = last, last + len(_counting(group))
        total = math.fsum(measure.weight for measure in _counting(group))
        minimum = -math.inf if group.minimum is None else group.minimum
        maximum = math.inf if group.maximum is None else group.maximum
        rows[i] = (first, last, COMBINES[group.combine or card.combine], group.weight, total, minimum,
                   maximum, columns.get(cap_name(group), -1))  # fmt: skip
    return rows


def _card_row(card: Scorecard, groups: list[Group], columns: dict[str, int]) -> np.ndarray:
    total = math.fsum(group.weight for group in groups)
    row = (COMBINES[card.combine], total, card.start or 0.0, _neutral(card), 0.0, *card.scale, 1.0,
           columns.get(REWEIGHTING, -1), columns[CLIP])  # fmt: skip
    return np.array([row], dtype=CARD)


def _neutral(card: Scorecard) -> float:
    return card.neutral if card.neutral is not None else card.scale[0] / 2 + card.scale[1] / 2


def _counting(group: Group) -> list[Measure]:
    return sorted((measure for measure in group.measures if measure.weight), key=lambda measure: measure.id)


def _part_names(card: Scorecard) -> tuple[str, ...]:
    """The measures, then what is none: re-weighting where it can happen, caps, and clipping to the scale."""
    ignores = any((measure.missing or card.missing) == "ignore" for measure in card.measures)
    combines = {card.combine, *(group.combine or card.combine for group in card.groups)}
    capped = [group for group in card.groups if group.minimum is not None or group.maximum is not None]
    return (
        *(measure.id for measure in card.measures),
        *([REWEIGHTING] if ignores and combines not in ({"sum"}, {"worst"}) else []),
        *map(cap_name, capped),
        CLIP,
    )


def _kind(curve: Curve) -> int:
    if isinstance(curve, Steps):
        return STEPS_UPPER if curve.at_edge == "upper" else STEPS_LOWER
    if isinstance(curve, (Points, Linear)):
        return LINE
    return LOGISTIC if isinstance(curve, Logistic) else GIVEN


def _knots(curve: Curve, scale: tuple[float, float]) -> np.ndarray:
    low, high = curve.span(scale)
    if isinstance(curve, Steps):
        return np.array([*zip((*curve.edges, np.inf), curve.scores, strict=True)])
    if isinstance(curve, Points):
        return np.array(curve.points)
    if isinstance(curve, Linear):
        return np.array(sorted([(curve.worst, low), (curve.best, high)]))
    if isinstance(curve, Logistic):
        return np.array([(curve.middle, low), (curve.spread, high)])
    return np.empty((0, 2))


def _fill(card: Scorecard, group: Group, measure: Measure) -> float:
    policy = measure.missing or card.missing
    if policy == "neutral":
        return 0.0 if (group.combine or card.combine) == "sum" else _neutral(card)
    if policy == "worst":
        return measure.curve.span(card.scale)[0]
    if policy == "prior":
        assert measure.prior is not None
        return measure.prior
    return math.nan


def _base(plan: PlanArrays) -> float:
    """The score as long as nothing is known: groups that add up begin at nothing, others at neutral."""
    card, groups = plan.card[0], plan.groups
    if card["combine"] == WORST:
        return float(card["neutral"])
    at_start = np.where(groups["combine"] == SUM, 0.0, card["neutral"])
    weighted = math.fsum(groups["weight"] * at_start)
    return float(weighted / card["total"] if card["combine"] == MEAN else card["start"] + weighted)


def _quantum(plan: PlanArrays) -> float:
    """A power of two so small that it hides nothing, yet 2**51 of it exceed any sum of parts.

    Sums of multiples of it are exact in float64, whatever the order.
    """
    measures, groups, card = plan.measures, plan.groups, plan.card[0]
    group = groups[np.repeat(np.arange(len(groups)), groups["last"] - groups["first"])]
    ends = np.stack([measures["lowest"], measures["highest"], np.nan_to_num(measures["fill"])])
    reach = np.abs(ends).max(axis=0) + abs(card["neutral"])
    factors = _factors(group["weight"], card["combine"], card["total"])
    in_group = zip(measures["weight"], group["combine"], group["total"], strict=True)
    within = np.array([_factors(*row) for row in in_group])
    caps = np.abs(np.nan_to_num([groups["minimum"], groups["maximum"]], posinf=0.0, neginf=0.0)).max(axis=0)
    largest = 2 * math.fsum(reach * factors * within) + 2 * float((reach * factors).max())
    largest += math.fsum(caps * _factors(groups["weight"], card["combine"], card["total"]))
    largest += abs(card["low"]) + abs(card["high"]) + abs(card["start"])
    return float(2.0 ** (math.frexp(largest)[1] - 51))


def _factors(weight: np.ndarray, combine: int, total: float) -> np.ndarray:
    return weight / total if combine == MEAN else np.where(combine == SUM, weight, 1.0)
