"""Scorecards in plain Python, one customer at a time, written from the definitions alone: the oracle."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise

from cjlib.journey import Scorecard

NAN = float("nan")


def known(value: object) -> bool:
    return value is not None and not (isinstance(value, float) and math.isnan(value))


def curve_score(curve, scale, value, column) -> float | None:
    """The score of one value, None where there is none; ``column`` are the values of all customers."""
    if not known(value):
        return None
    if curve.kind == "lookup":
        return dict(curve.scores).get(value, curve.otherwise)
    low, high = curve.span(scale)
    if curve.kind == "steps":
        beyond = [e for e in curve.edges if (value >= e if curve.at_edge == "upper" else value > e)]
        return curve.scores[len(beyond)]
    if curve.kind in ("points", "linear"):
        points = curve.points if curve.kind == "points" else sorted([(curve.worst, low), (curve.best, high)])
        return on_lines(points, value)
    if curve.kind == "logistic":
        distance = (value - curve.middle) / curve.spread
        return low + (high - low) / (1 + math.exp(-distance)) if distance > -700 else low
    peers = [other for other in column if known(other)]
    way = percentile(peers, value) if curve.kind == "percentile" else zscore(peers, value, curve.width)
    return low + (high - low) * ((1 - way) if curve.falling else way)


def on_lines(points, value) -> float:
    if value <= points[0][0]:
        return points[0][1]
    if value >= points[-1][0]:
        return points[-1][1]
    for (x0, y0), (x1, y1) in pairwise(points):
        if x0 <= value <= x1:
            way = (Fraction(value) - Fraction(x0)) / (Fraction(x1) - Fraction(x0))
            return float(Fraction(y0) + way * (Fraction(y1) - Fraction(y0)))
    raise AssertionError(value)


def percentile(peers, value) -> float:
    below = sum(other < value for other in peers)
    level = sum(other == value for other in peers)
    return (below + level / 2) / len(peers)


def zscore(peers, value, width) -> float:
    if math.isinf(value):
        return 1.0 if value > 0 else 0.0
    exact = [Fraction(other) for other in peers if not math.isinf(other)]
    mean = sum(exact) / len(exact)
    variance = sum((other - mean) ** 2 for other in exact) / len(exact)
    z = float((Fraction(value) - mean) / Fraction(math.sqrt(variance))) if variance else 0.0
    return min(max((z / width + 1) / 2, 0.0), 1.0)


def assumed(card: Scorecard, group, measure) -> float | None:
    """The score that the policy puts in place of a missing one; None leaves it out."""
    policy = measure.missing or card.missing
    if policy == "neutral":
        return 0.0 if (group.combine or card.combine) == "sum" else neutral(card)
    if policy == "worst":
        return measure.curve.span(card.scale)[0]
    return measure.prior if policy == "prior" else None


def neutral(card: Scorecard) -> float:
    return sum(card.scale) / 2 if card.neutral is None else card.neutral


def combine(how: str, weighted: list[tuple[float, float]]) -> float | None:
    """Of pairs (weight, score)."""
    if not weighted:
        return None
    if how == "worst":
        return min(score for _, score in weighted)
    total = math.fsum(weight * score for weight, score in weighted)
    return total if how == "sum" else total / math.fsum(weight for weight, _ in weighted)


def cap(group, score: float | None) -> float | None:
    if score is None:
        return None
    score = score if group.maximum is None else min(score, group.maximum)
    return score if group.minimum is None else max(score, group.minimum)


def groups_that_count(card: Scorecard):
    for group in card.groups:
        if group.weight:
            yield group, [measure for measure in group.measures if measure.weight]


def raw_score(card: Scorecard, scores: dict[str, float | None]) -> tuple[float | None, dict, dict]:
    """The score before it is cut to the scale, and those of the groups without and with caps."""
    uncapped = {
        group.id: combine(group.combine or card.combine,
                          [(m.weight, scores[m.id]) for m in measures if scores[m.id] is not None])
        for group, measures in groups_that_count(card)
    }  # fmt: skip
    capped = {group.id: cap(group, uncapped[group.id]) for group, _ in groups_that_count(card)}
    weighted = [(g.weight, capped[g.id]) for g, _ in groups_that_count(card) if capped[g.id] is not None]
    raw = combine(card.combine, weighted)
    return (None if raw is None else raw + (card.start or 0.0)), uncapped, capped


def clip(card: Scorecard, raw: float | None) -> float:
    return NAN if raw is None else min(max(raw, card.scale[0]), card.scale[1])


def base(card: Scorecard) -> float:
    if card.combine == "worst":
        return neutral(card)
    start = [
        (group.weight, 0.0 if (group.combine or card.combine) == "sum" else neutral(card))
        for group, _ in groups_that_count(card)
    ]
    return combine(card.combine, start) + (card.start or 0.0)


def share_of_worst(name: str, scores: dict[str, float | None]) -> float:
    there = {key: score for key, score in scores.items() if score is not None}
    worst = [key for key, score in there.items() if score == min(there.values())]
    return 1 / len(worst) if name in worst else 0.0


def parts(card: Scorecard, scores, raw, uncapped, capped) -> dict[str, float]:
    """Every part by name, re-weighting as what remains; those that are nought may be left out."""
    found = {measure.id: 0.0 for measure in card.measures}
    total = math.fsum(group.weight for group, _ in groups_that_count(card))
    for group, measures in groups_that_count(card):
        how = group.combine or card.combine
        factor = {"sum": group.weight, "mean": group.weight / total}.get(
            card.combine, share_of_worst(group.id, capped)
        )
        own = {measure.id: scores[measure.id] for measure in measures}
        for measure in measures:
            if own[measure.id] is not None:
                all_weights = math.fsum(one.weight for one in measures)
                within = {"sum": measure.weight, "mean": measure.weight / all_weights}.get(
                    how, share_of_worst(measure.id, own)
                )
                moved = own[measure.id] - (0.0 if how == "sum" else neutral(card))
                found[measure.id] = factor * (within * moved)
        if uncapped[group.id] is not None and (group.minimum is not None or group.maximum is not None):
            found[f"@cap:{group.id}"] = factor * (capped[group.id] - uncapped[group.id])
    found["@reweighting"] = raw - base(card) - math.fsum(found.values())
    found["@clip"] = clip(card, raw) - raw
    return found


def coverage(card: Scorecard, scores: dict[str, float | None]) -> float:
    total = math.fsum(group.weight for group, _ in groups_that_count(card))
    return math.fsum(
        group.weight / total * measure.weight / math.fsum(one.weight for one in measures)
        for group, measures in groups_that_count(card)
        for measure in measures
        if scores[measure.id] is not None
    )


def score(card: Scorecard, columns: dict[str, list], row: int) -> dict:
    """Everything about one customer."""
    counting = [(group, measure) for group, measures in groups_that_count(card) for measure in measures]
    scores = {
        m.id: curve_score(m.curve, card.scale, columns[m.metric][row], columns[m.metric]) for _, m in counting
    }
    filled = {m.id: assumed(card, g, m) if scores[m.id] is None else scores[m.id] for g, m in counting}
    lowest, highest = (
        {m.id: m.curve.span(card.scale)[end] if scores[m.id] is None else scores[m.id] for _, m in counting}
        for end in (0, 1)
    )
    raw, uncapped, capped = raw_score(card, filled)
    if any((m.missing or card.missing) == "propagate" and scores[m.id] is None for _, m in counting):
        raw = None
    ends = [clip(card, raw_score(card, lowest)[0]), clip(card, raw_score(card, highest)[0])]
    value = clip(card, raw)
    return {
        "value": value,
        "coverage": coverage(card, scores),
        "is_complete": None not in scores.values(),
        "low": min(ends[0], ends[0] if raw is None else value),
        "high": max(ends[1], ends[1] if raw is None else value),
        "parts": None if raw is None else parts(card, filled, raw, uncapped, capped),
    }
