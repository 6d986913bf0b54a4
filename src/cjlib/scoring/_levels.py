"""How presets read what they are given: levels, weights and points."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs

from ..errors import UnknownNameError, UsageError
from ..journey._scorecards import Measure
from ..journey.curves import CURVES, Curve, Linear, Lookup, Steps

__all__ = [
    "Levels",
    "adds_up",
    "items",
    "measure_of",
    "numbers",
    "pair",
    "score_of",
    "scored",
    "weighted",
    "with_policy",
]

SIDES = ("better", "worse")
Levels = tuple[tuple[str, float], tuple[str, float], tuple[str, float]]  # names and scores, the worst first


def measure_of(metric: str, given: Any, levels: Levels | None, edge: str = "better") -> Measure:
    """A measure of what a metric earns."""
    if isinstance(given, Measure):
        return given
    curve = given if isinstance(given, CURVES) or levels is None else _three(metric, given, levels, edge)
    if not isinstance(curve, CURVES):
        raise UsageError(
            f"metric {metric!r}: one of cj.curves or a cj.Measure was expected, not {given!r:.80}"
        )
    return Measure(metric, metric=metric, curve=curve)


def _three(metric: str, given: Any, levels: Levels, edge: str) -> Curve:
    """Three levels by two edges, or by category."""
    if edge not in SIDES:
        raise UsageError(f"edge is the 'better' or the 'worse' level, not {edge!r:.80}")
    if isinstance(given, Mapping):
        return Lookup({category: score_of(levels, level) for category, level in given.items()})
    first, last = numbers(f"metric {metric!r}", given, 2)
    scores = [score for _, score in levels]
    is_rising = first < last
    edges = (first, last) if is_rising else (last, first)
    at_edge = "upper" if is_rising == (edge == "better") else "lower"
    return Steps(edges, scores if is_rising else scores[::-1], at_edge=at_edge)


def score_of(levels: Levels, level: object) -> float:
    scores = dict(levels)
    if level not in scores:
        raise UnknownNameError("level", level, scores)
    return scores[str(level)]


def scored(metric: str, given: Any) -> Measure:
    """A measure whose metric is the score itself, with its weight; or a weight and a curve."""
    if isinstance(given, Measure):
        return given
    weight, curve = given if isinstance(given, tuple) and len(given) == 2 else (given, Linear(0, 100))
    return attrs.evolve(measure_of(metric, curve, None), weight=weight)


def with_policy(measure: Measure, missing: str | Mapping[str, str]) -> Measure:
    policy = missing if isinstance(missing, str) else missing.get(measure.metric)
    if policy is None:
        raise UsageError(f"missing doesn't say what a missing {measure.metric!r} means")
    return attrs.evolve(measure, missing=policy)


def items(what: str, given: Any) -> Iterable[tuple[str, Any]]:
    if not isinstance(given, Mapping) or not given:
        raise UsageError(f"{what} come as a mapping by name, not as {given!r:.80}")
    return given.items()


def weighted(what: str, given: Any, kind: Any = Mapping) -> list[tuple[str, tuple[float, Any]]]:
    """Names with a number and what goes with it."""
    found = []
    for name, both in items(what, given):
        number, rest = pair(f"{what}: {name!r}", both, "a number and what it is of")
        if isinstance(number, bool) or not isinstance(number, (int, float)):
            raise UsageError(f"{what}: {name!r} begins with a number, not {number!r:.80}")
        if kind is Mapping:
            rest = dict(items(f"{what}: those of {name!r}", rest))
        found.append((name, (float(number), rest)))
    return found


def pair(what: str, given: Any, expected: str) -> tuple[Any, Any]:
    if not isinstance(given, (tuple, list)) or len(given) != 2:
        raise UsageError(f"{what}: a pair of {expected} was expected, not {given!r:.80}")
    return given[0], given[1]


def numbers(what: str, given: Any, count: int) -> tuple[float, ...]:
    is_number = [isinstance(one, (int, float)) and not isinstance(one, bool) for one in _iterated(given)]
    if len(is_number) != count or not all(is_number):
        raise UsageError(f"{what}: {count} numbers were expected, not {given!r:.80}")
    return tuple(map(float, given))


def _iterated(given: Any) -> Iterator[Any]:
    return iter(given if isinstance(given, (tuple, list)) else ())


def adds_up(what: str, numbers: list[float]) -> None:
    if abs(sum(numbers) - 100) > 1e-9:
        raise UsageError(f"{what} add up to {sum(numbers):g}, not to 100")
