"""A scorecard as arrays, ready for the kernel."""

from __future__ import annotations

import math
from collections.abc import Mapping

import attrs
import numpy as np

from ...errors import UsageError
from ...journey._scorecards import Group, Measure, Scorecard
from ...journey.curves import Curve, Linear, Logistic, Points, Steps
from ._curves import GIVEN, LINE, LOGISTIC, STEPS_LOWER, STEPS_UPPER
from ._layout import CARD, GROUP, MEAN, MEASURE, SUM, WORST, PlanArrays

__all__ = ["CLIP", "REWEIGHTING", "HealthPlan", "cap_name", "compiled", "curve_arrays", "neutral", "weighted"]

CLIP = "@clip"
REWEIGHTING = "@reweighting"
COARSE = 1e-10  # quanta above it call for ends of the scale that are multiples of them, too
SMALLEST = -970  # exponent of a quantum: below it, the inverse of a quantum would be infinite
COMBINES = {"mean": MEAN, "sum": SUM, "worst": WORST}


@attrs.frozen(eq=False)
class HealthPlan:
    """A compiled scorecard.

    Attributes:
        measures: those that count, in the order of the arrays.
        groups: the ids of their groups, likewise.
        arrays: what the kernel reads.
        part_names: the columns of the parts, in the order of the scorecard.
    """

    measures: tuple[Measure, ...]
    groups: tuple[str, ...]
    arrays: PlanArrays
    part_names: tuple[str, ...]

    @property
    def base(self) -> float:
        """What the parts start from."""
        return float(self.arrays.card["base"][0])

    def unwritten(self, parts: int) -> np.ndarray:
        """Which of so many columns of parts the arithmetic of measures and groups does not write."""
        measures, groups, card = self.arrays.measures, self.arrays.groups, self.arrays.card
        written = [measures["column"], groups["cap_column"], card["clip_column"]]
        return np.setdiff1d(np.arange(parts), np.concatenate(written))


def cap_name(group: Group) -> str:
    """What the part that a group's minimum or maximum adds or takes is called."""
    return f"@cap:{group.id}"


def weighted(card: Scorecard, weights: Mapping[str, float]) -> Scorecard:
    """The scorecard with other weights, by measure; a group of which nothing is left weighs nothing.

    Raises:
        UsageError: if nothing is left at all.
    """
    groups = []
    for group in card.groups:
        own = [attrs.evolve(one, weight=weights.get(one.id, one.weight)) for one in group.measures]
        is_left = any(one.weight for one in own)
        groups.append(attrs.evolve(group, measures=own) if is_left else attrs.evolve(group, weight=0.0))
    if not any(group.weight for group in groups):
        raise UsageError(f"scorecard {card.id!r}: with the weights {dict(weights)!r:.200} nothing counts")
    return attrs.evolve(card, groups=groups)


def compiled(card: Scorecard, given: frozenset[str] = frozenset(), can_leave_out: bool = False) -> HealthPlan:
    """The scorecard as arrays; what has no weight is left out.

    Args:
        card: the scorecard.
        given: the measures that come as scores, their curves already applied.
        can_leave_out: whether measures may be left out whatever their policy.
    """
    groups = sorted((group for group in card.groups if group.weight), key=lambda group: group.id)
    names = _part_names(card, can_leave_out)
    columns = {name: i for i, name in enumerate(names)}
    pairs = [(group, measure) for group in groups for measure in _counting(group)]
    knots = [_knots(measure.curve, card.scale) for _, measure in pairs]
    arrays = PlanArrays(
        measures=_measure_rows(card, pairs, np.cumsum([0, *map(len, knots)]), columns, given),
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
    ids = tuple(group.id for group in groups)
    return HealthPlan(tuple(measure for _, measure in pairs), ids, arrays, names)


def _measure_rows(
    card: Scorecard,
    pairs: list[tuple[Group, Measure]],
    knots: np.ndarray,
    columns: dict[str, int],
    given: frozenset[str],
) -> np.ndarray:
    rows = np.zeros(len(pairs), dtype=MEASURE)
    for i, (group, measure) in enumerate(pairs):
        lowest, highest = measure.curve.span(card.scale)
        fill = _fill(card, group, measure)
        stale = {"missing": fill, "worst": lowest}.get(measure.stale, _neutral_in(group, card))
        propagates = (measure.missing or card.missing) == "propagate"
        kind = GIVEN if measure.id in given else _kind(measure.curve)
        rows[i] = (kind, knots[i], knots[i + 1], lowest, highest, fill, stale, propagates,
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
    row = (COMBINES[card.combine], total, card.start or 0.0, neutral(card), 0.0, *card.scale, 1.0,
           columns.get(REWEIGHTING, -1), columns[CLIP])  # fmt: skip
    return np.array([row], dtype=CARD)


def neutral(card: Scorecard) -> float:
    """The score that says neither good nor bad."""
    return card.neutral if card.neutral is not None else card.scale[0] / 2 + card.scale[1] / 2


def _counting(group: Group) -> list[Measure]:
    return sorted((measure for measure in group.measures if measure.weight), key=lambda measure: measure.id)


def _neutral_in(group: Group, card: Scorecard) -> float:
    return 0.0 if (group.combine or card.combine) == "sum" else neutral(card)


def _part_names(card: Scorecard, can_leave_out: bool) -> tuple[str, ...]:
    """The measures, then what is none: re-weighting where it can happen, caps, and clipping to the scale."""
    policies = {measure.missing or card.missing for measure in card.measures}
    policies |= {"ignore"} if any(measure.half_life for measure in card.measures) else set()
    ignores = can_leave_out or "ignore" in policies
    combines = {card.combine, *(group.combine or card.combine for group in card.groups)}
    capped = [group for group in card.groups if group.minimum is not None or group.maximum is not None]
    return (
        *(measure.id for measure in card.measures),
        *([REWEIGHTING] if ignores and combines not in ({"sum"}, {"worst"}) else []),
        *map(cap_name, capped),
        CLIP,
    )


def curve_arrays(curve: Curve, scale: tuple[float, float]) -> tuple[int, np.ndarray]:
    """Kind and knots of a curve, as the kernel reads them."""
    return _kind(curve), _knots(curve, scale)


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
        return _neutral_in(group, card)
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
    fills = [np.nan_to_num(measures[name]) for name in ("fill", "stale")]
    ends = np.stack([measures["lowest"], measures["highest"], *fills])
    reach = np.abs(ends).max(axis=0) + abs(card["neutral"])
    factors = _factors(group["weight"], card["combine"], card["total"])
    in_group = zip(measures["weight"], group["combine"], group["total"], strict=True)
    within = np.array([_factors(*row) for row in in_group])
    caps = np.abs(np.nan_to_num([groups["minimum"], groups["maximum"]], posinf=0.0, neginf=0.0)).max(axis=0)
    largest = 2 * math.fsum(reach * factors * within) + 2 * float((reach * factors).max())
    largest += math.fsum(caps * _factors(groups["weight"], card["combine"], card["total"]))
    largest += abs(card["low"]) + abs(card["high"]) + abs(card["start"])
    return float(2.0 ** max(math.frexp(largest)[1] - 51, SMALLEST))


def _factors(weight: np.ndarray, combine: int, total: float) -> np.ndarray:
    return weight / total if combine == MEAN else np.where(combine == SUM, weight, 1.0)
