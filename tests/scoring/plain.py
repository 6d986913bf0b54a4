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


def weighing(group, measures, scores, factors):
    """Pairs (weight, score) of what counts; a factor below 1 is what staleness leaves of a weight."""
    return [(m.weight * factors.get(m.id, 1.0), scores[m.id]) for m in measures if scores[m.id] is not None]


def raw_score(card: Scorecard, scores: dict[str, float | None], factors=None) -> tuple:
    """The score before it is cut to the scale, and those of the groups without and with caps."""
    uncapped = {
        group.id: combine(group.combine or card.combine, weighing(group, measures, scores, factors or {}))
        for group, measures in groups_that_count(card)
    }
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


def parts(card: Scorecard, scores, factors, raw, uncapped, capped) -> dict[str, float]:
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
                found[measure.id] = factor * (within * factors[measure.id] * moved)
        if uncapped[group.id] is not None and (group.minimum is not None or group.maximum is not None):
            found[f"@cap:{group.id}"] = factor * (capped[group.id] - uncapped[group.id])
    found["@reweighting"] = raw - base(card) - math.fsum(found.values())
    found["@clip"] = clip(card, raw) - raw
    return found


def coverage(card: Scorecard, data: dict[str, float]) -> float:
    total = math.fsum(group.weight for group, _ in groups_that_count(card))
    return math.fsum(
        group.weight / total * measure.weight / math.fsum(one.weight for one in measures) * data[measure.id]
        for group, measures in groups_that_count(card)
        for measure in measures
    )


def freshness(measure, value, age) -> float:
    """How much the evidence still counts; what is missing, or of unknown age, does not age."""
    if not known(value) or not known(age):
        return 1.0
    days = max(age, 0.0)
    if measure.valid_for is not None and days > measure.valid_for.total_seconds() / 86_400:
        return 0.0
    return 1.0 if measure.half_life is None else 0.5 ** (days * 86_400 / measure.half_life.total_seconds())


def stale_score(card: Scorecard, group, measure) -> float | None:
    """What takes the place of stale evidence; None leaves it out."""
    if measure.stale == "neutral":
        return 0.0 if (group.combine or card.combine) == "sum" else neutral(card)
    return measure.curve.span(card.scale)[0] if measure.stale == "worst" else assumed(card, group, measure)


def judged(card: Scorecard, group, measure, score, share) -> tuple[float | None, float]:
    """The score that counts, None if it is left out, and the share of its weight that does."""
    if score is None and share == 1:
        return assumed(card, group, measure), 1.0
    instead = stale_score(card, group, measure)
    if score is None or share == 0:
        return instead, 1.0
    if instead is not None:
        return share * score + (1 - share) * instead, 1.0
    return (share * score, 1.0) if (group.combine or card.combine) == "sum" else (score, share)


def ended(card: Scorecard, measure, score, share, end: int) -> float:
    """The score with all that is missing at one end of its curve."""
    at_end = measure.curve.span(card.scale)[end]
    return at_end if score is None else share * score + (1 - share) * at_end


def by_people(card: Scorecard, value: float, pulse: float | None, share: float) -> dict[str, float]:
    """What pulse and rounding make of a score, step by step."""
    steps = {"before": value}
    if card.pulse is not None and not math.isnan(value):
        heard = value
        if pulse is not None:
            heard = clip(card, min(value, pulse) if card.pulse_as == "veto" else value + pulse)
        value = steps["@pulse"] = value + share * (heard - value)
    if card.decimals is not None and not math.isnan(value):
        value = steps["@rounding"] = clip(card, rounded(value, card.decimals))
    return steps | {"after": value}


def rounded(value: float, decimals: int) -> float:
    units = value * 10**decimals
    return math.floor(units + 0.5 + 1e-9 * max(1.0, abs(units))) / 10**decimals


def score(card: Scorecard, columns: dict[str, list], row: int, ages: dict[str, list] | None = None) -> dict:
    """Everything about one customer."""

    def share_of(measure) -> float:
        value, age = columns[measure.metric][row], (ages or {}).get(measure.metric, {row: None})[row]
        is_heard_of = measure.curve.kind != "lookup" or score_of(measure) is not None
        return freshness(measure, value if is_heard_of else None, age)

    def score_of(m) -> float | None:
        peers = columns[m.metric]
        if m.valid_for is not None and m.curve.kind in ("percentile", "zscore"):
            old = [a is not None and a > m.valid_for.total_seconds() / 86_400 for a in ages[m.metric]]
            peers = [None if is_old else peer for peer, is_old in zip(peers, old, strict=True)]
        return curve_score(m.curve, card.scale, peers[row], peers)

    counting = [(group, measure) for group, measures in groups_that_count(card) for measure in measures]
    scores = {m.id: score_of(m) for _, m in counting}
    shares = {m.id: share_of(m) for _, m in counting}
    data = {id: 0.0 if scores[id] is None else shares[id] for id in scores}
    filled = {m.id: judged(card, g, m, scores[m.id], shares[m.id]) for g, m in counting}
    factors = {id: factor for id, (_, factor) in filled.items()}
    filled = {id: found for id, (found, _) in filled.items()}
    lowest, highest = (
        {m.id: ended(card, m, scores[m.id], shares[m.id], end) for _, m in counting} for end in (0, 1)
    )
    raw, uncapped, capped = raw_score(card, filled, factors)
    if any((m.missing or card.missing) == "propagate" and filled[m.id] is None for _, m in counting):
        raw = None
    value = clip(card, raw)
    ends = [clip(card, raw_score(card, lowest)[0]), clip(card, raw_score(card, highest)[0])]
    ends = [min(ends[0], ends[0] if raw is None else value), max(ends[1], ends[1] if raw is None else value)]
    pulse = (None, 0.0) if card.pulse is None else (score_of(card.pulse), share_of(card.pulse))
    steps = by_people(card, value, *pulse)
    found = None if raw is None else parts(card, filled, factors, raw, uncapped, capped)
    if found is not None:
        names = list(steps)[:-1]
        found |= {name: steps[name] - steps[last] for last, name in pairwise(names)}
    return {
        "value": steps["after"],
        "coverage": coverage(card, data),
        "is_complete": all(data[id] == 1 for id in data),
        "low": by_people(card, ends[0], *pulse)["after"],
        "high": by_people(card, ends[1], *pulse)["after"],
        "parts": found,
    }
