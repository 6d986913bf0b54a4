"""What customers do besides what criteria ask: touchpoints, use, tickets, answers to surveys."""

from __future__ import annotations

import re
from collections.abc import Mapping

import attrs
import numpy as np

from ..journey._journey import Journey
from ._ground import Ground, channels_of
from ._literals import Kind, Literal
from ._plans import Plan
from ._recipes import SCALES, holds_value
from ._state import Floats, Keys, Rows, Visit, normal, uniform

__all__ = ["Habit", "dress", "dresses_of", "habits_of", "live"]

_DAY = 86_400_000_000
_PATTERNS = {
    "use": re.compile(r"^(login|session|use|usage|active_day|app_open|app_opened|visit)$"),
    "ticket": re.compile(r"^(ticket|ticket_opened|complaint|support_request|issue|incident)$"),
    "nps": re.compile(r"^nps"),
    "csat": re.compile(r"^csat"),
    "ces": re.compile(r"^ces($|_)"),
}
_FALLBACK = {"use": "login", "ticket": "ticket_opened", "nps": "nps"}
_EVERY = {
    "use": 9.0,
    "ticket": 60.0,
    "nps": 90.0,
    "csat": 120.0,
    "ces": 150.0,
}  # days, at average satisfaction
_PULL = {"use": 0.35, "ticket": -0.6}


@attrs.frozen
class Habit:
    """One kind of event in one stage: so many a day, and so many a visit."""

    kind: Kind
    sort: str
    per_day: float
    per_visit: float = 0.0


def habits_of(journey: Journey, intensity: float) -> tuple[tuple[Habit, ...], ...]:
    """Per stage, what customers do there."""
    names = _vocabulary(journey)
    channels = channels_of(journey)
    found = []
    for stage in journey.stages:
        habits = {habit.kind[0]: habit for habit in _touches(journey, stage.id, intensity)}
        if stage.kind in ("active", "won"):
            habits |= {habit.kind[0]: habit for habit in _general(names, channels, intensity)}
        found.append(tuple(habits.values()))
    return tuple(found)


def _vocabulary(journey: Journey) -> list[str]:
    names = [
        *journey.activities,
        *(one for touchpoint in journey.touchpoints for one in touchpoint.activities),
    ]
    names += [metric.activity for metric in journey.metrics if metric.activity is not None]
    names += [
        term.name
        for one in journey.transitions
        for term in one.when.terms()
        if term.is_event_term and term.name
    ]
    return list(dict.fromkeys(name for name in names if not name.startswith("@")))


def _general(names: list[str], channels: Mapping[str, str | None], intensity: float) -> list[Habit]:
    found = []
    for sort, pattern in _PATTERNS.items():
        fitting = [name for name in names if pattern.search(name)] or [
            one for one in (_FALLBACK.get(sort),) if one
        ]
        found += [Habit((name, channels.get(name)), sort, intensity / _EVERY[sort]) for name in fitting[:2]]
    return found


def _touches(journey: Journey, stage: str, intensity: float) -> list[Habit]:
    found = []
    for touchpoint in journey.touchpoints:
        if stage in touchpoint.stages:
            share = 0.6 if touchpoint.share is None else touchpoint.share
            per_day = intensity * share / (40.0 if touchpoint.mode == "digital" else 120.0)
            number = len(touchpoint.activities)
            for activity in touchpoint.activities:
                kind = activity, touchpoint.channel
                found.append(Habit(kind, "touch", per_day / number, 0.5 * intensity * share / number))
    return found


def dresses_of(journey: Journey, ground: Ground) -> dict[str, str]:
    """By activity, the sort of value that its events have, where no criterion would be disturbed by it."""
    found = {}
    for name in _vocabulary(journey):
        for sort, pattern in _PATTERNS.items():
            if pattern.search(name) and not any(_is_disturbed(one, (name, None)) for one in ground.literals):
                found[name] = sort
    return found | {name: sort for sort, name in _FALLBACK.items() if sort not in found.values()}


def _is_disturbed(literal: Literal, kind: Kind) -> bool:
    """Whether values of everyday events could not be told apart from those that the literal waits for."""
    if literal.sort != "value" or literal.stream is None or kind[0] not in literal.stream.activities:
        return False
    is_simple = literal.kind == "last" or (
        not literal.remembers and (literal.kind, literal.operator[0]) in (("min", "<"), ("max", ">"))
    )
    return not is_simple or literal.aim is not None


def live(visit: Visit, habits: tuple[Habit, ...], ground: Ground) -> None:
    """Write the events of everyday life into the visit, as far as they leave the plan alone."""
    for habit in habits:
        silence = _silence(habit.kind, visit.plan, ground, visit.following)
        if silence is not None:
            _write(visit, habit, silence)


def dress(visit: Visit, dresses: Mapping[str, str]) -> None:
    """Give the events without a value one that opens no way out; whoever would, gives no answer."""
    for position, (kind, at, times, values) in enumerate(visit.parts):
        sort = dresses.get(kind[0])
        if sort is None:
            continue
        bare = np.isnan(values) & (times < visit.ends[at]) & (times > visit.starts[at])
        found = np.where(bare, _values(sort, visit.keys[at], times, visit.energy[at]), values)
        for literal in _forbidding(visit.plan, kind):
            different, places = np.unique(found, return_inverse=True)
            opens = np.array([not np.isnan(one) and holds_value(literal, float(one)) for one in different])[
                places
            ]
            found[bare & opens] = np.nan
        visit.parts[position] = (kind, at, times, found)


def _forbidding(plan: Plan, kind: Kind) -> list[Literal]:
    return [
        role.literal
        for role in plan.roles
        if role.part != "member"
        and role.literal.sort == "value"
        and role.literal.stream is not None
        and role.literal.stream.takes(kind)
    ]


def _silence(kind: Kind, plan: Plan, ground: Ground, following: tuple[Literal, ...]) -> int | None:
    """How long before the end the habit must cease; None if it must not be at all."""
    silence = 0
    for literal in ground.literals:
        if (
            literal.sort in ("rise", "fall")
            and literal.ever
            and literal.stream is not None
            and literal.stream.takes(kind)
        ):
            return None
    for role in plan.roles:
        literal = role.literal
        if literal.stream is None or not literal.stream.takes(kind):
            continue
        if literal.sort == "rise" and role.part in ("trigger", "blocker"):
            return None
        if literal.sort == "fall" and role.part in ("trigger", "member"):
            if literal.window is None:
                return None
            silence = max(silence, literal.window)
        if literal.sort == "value" and literal.window is not None and literal.kind == "sum":
            silence = max(silence, literal.window)
    for literal in following:
        if literal.sort == "rise" and literal.stream is not None and literal.stream.takes(kind):
            silence = max(silence, literal.window or 0)
    return silence


def _write(visit: Visit, habit: Habit, silence: int) -> None:
    name = "habit " + habit.kind[0]
    ends = np.minimum(visit.ends - silence, visit.until)
    lengths = np.maximum(ends - visit.soon, 0)
    means = habit.per_day * lengths / _DAY * np.exp(_PULL.get(habit.sort, 0.0) * visit.energy)
    means += habit.per_visit * (lengths > _DAY)
    spread = 0.5 + uniform(visit.keys, name, 0)
    counts = np.floor(means * spread + uniform(visit.keys, name, 1)).astype(np.int64)
    counts[lengths < 2] = 0
    at = np.repeat(np.arange(len(counts)), counts)
    steps = np.arange(len(at)) - np.repeat(np.cumsum(counts) - counts, counts)
    keys = visit.keys[at]
    times = visit.soon[at] + 1 + (uniform(keys, name, steps + 2) * (lengths[at] - 1)).astype(np.int64)
    visit.emit(habit.kind, at, times)


def _values(sort: str, keys: Keys, times: Rows, energy: Floats) -> Floats:
    noise = normal(keys, "value " + sort, times)
    if sort == "use":
        return np.round(np.exp(3.0 + 0.3 * energy + 0.5 * noise), 1)
    if sort == "ticket":
        return np.clip(np.round(2.2 - 0.5 * energy + 0.8 * noise), 1, 4)
    middle, slope = {"nps": (7.6, 1.6), "csat": (3.9, 0.7), "ces": (5.0, 0.9)}[sort]
    return np.clip(np.round(middle + slope * (energy + 0.7 * noise)), *SCALES[sort])
