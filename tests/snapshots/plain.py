"""Metrics in plain Python, as slowly and as obviously as the design says them, one customer at one moment."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import attrs
from tests import oracle
from tests.oracle import Event, History, Visit, World

from cjlib import Metric

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY = 86_400_000_000
PER_DAY = {"s": 86_400.0, "min": 1440.0, "h": 24.0, "d": 1.0, "w": 1 / 7}
NO_HISTORY = History([], [], [], [], [])
VALUED = ("sum", "mean", "min", "max", "first", "last", "trend", "nps")


@attrs.frozen
class Open:
    """A time that has begun and not ended, and how much of it has passed."""

    so_far: float


Answer = float | str | tuple[str, ...] | Open


@attrs.frozen(slots=False)
class Past:
    """What is known of one customer at a moment, and nothing else."""

    world: World
    customer: object
    t: int

    @cached_property
    def events(self) -> list[Event]:
        """In order of time; ties in the order of the input."""
        mine = [e for e in self.world.events if e.customer == self.customer and is_known(e.time, e, self.t)]
        return sorted(mine, key=lambda e: (e.time, e.row))

    @cached_property
    def history(self) -> History:
        """What a replay until the moment says."""
        events = tuple(e for e in self.world.events if e.customer == self.customer)
        facts = tuple(f for f in self.world.facts if f.customer == self.customer)
        found = oracle.replay(attrs.evolve(self.world, until=self.t, events=events, facts=facts))
        return found.get(self.customer, NO_HISTORY)

    def facts(self, name: str) -> list[tuple[int | None, Any]]:
        """From when on the attribute has which value; of several at one time the one that came last."""
        rows = [f for f in self.world.facts if f.customer == self.customer and f.name == name]
        rows = [f for f in rows if is_known(f.valid_from, f, self.t)]
        rows.sort(key=lambda f: f.recorded or 0)
        latest = {f.valid_from: f.value for f in rows}
        return sorted(latest.items(), key=lambda fact: fact[0] or 0)

    def fact(self, name: str, lag: int = 0) -> tuple[int | None, Any]:
        """The value in force a while ago, as it is known now."""
        held = [fact for fact in self.facts(name) if fact[0] is None or fact[0] <= self.t - lag]
        return held[-1] if held else (None, None)

    def changes(self, name: str) -> list[Event]:
        """The events ``@name``."""
        facts, found = self.facts(name), []
        for (_, before), (since, after) in pairwise(facts):
            if before is not None and after is not None and before != after and since is not None:
                is_number = self.world.kinds[name] == "number"
                found.append(Event(self.customer, since, f"@{name}", after - before if is_number else None))
        return found

    def stage_met(self, event: Event) -> str | None:
        """The stage in which the event met the customer; a move of that instant comes after it."""
        met = None
        for visit in self.history.visits:
            if visit.entered < event.time or (visit.number == 0 and visit.entered == event.time):
                met = visit.stage
        return met


def is_known(time: int | None, row: Any, t: int) -> bool:
    return (time is None or time <= t) and (row.recorded is None or row.recorded <= t)


def has_begun(past: Past) -> bool:
    """Whether the customer's first moment is not after the moment."""
    start = past.world.journey.start
    if start is None:
        return bool(past.events)
    date = past.fact(start)[1]
    return date is not None and date <= past.t


def measure(metric: Metric, past: Past, others: dict[str, Metric] | None = None) -> Answer:
    """What a metric says."""
    if metric.source == "ratio":
        return ratio(metric, past, others or {})
    return {"event": of_events, "attribute": of_attribute, "visit": of_visits, "elapsed": elapsed}[
        metric.source
    ](metric, past)


def microseconds(window: timedelta | None) -> float:
    return math.inf if window is None else window // timedelta(microseconds=1)


def chosen_events(metric: Metric, past: Past) -> list[Event]:
    if metric.touchpoint is not None:
        own = past.world.journey.touchpoint(metric.touchpoint)
        claims = [a for touchpoint in past.world.journey.touchpoints for a in touchpoint.activities]
        chosen = [e for e in past.events if e.activity in own.activities]
        chosen = [e for e in chosen if claims.count(e.activity) == 1 or past.stage_met(e) in own.stages]
    elif metric.activity is not None and metric.activity.startswith("@"):
        chosen = past.changes(metric.activity[1:])
    else:
        chosen = [e for e in past.events if metric.activity in (None, e.activity)]
    return [e for e in chosen if metric.channel in (None, e.channel)]


def of_events(metric: Metric, past: Past) -> float:
    window = microseconds(metric.window)
    if metric.aggregate == "change":
        now, before = (aggregate(metric, metric.of or "", past, past.t - lag, window) for lag in (0, window))
        return now - before
    return aggregate(metric, metric.aggregate, past, past.t, window)


def aggregate(metric: Metric, name: str, past: Past, end: float, window: float) -> float:
    def inside(events: Sequence[Event]) -> list[Event]:
        return [e for e in events if end - window < e.time <= end]

    chosen = inside(chosen_events(metric, past))
    valued = [e for e in chosen if e.value is not None]
    values = [float(e.value) for e in valued]  # type: ignore[arg-type]
    if name == "count":
        return len(chosen)
    if name == "sum":
        return float(sum(map(Fraction, values)))
    if name == "mean":
        return float(sum(map(Fraction, values)) / len(values)) if values else math.nan
    if name in ("min", "max", "first", "last"):
        take: Callable[[list[float]], float]
        take = {"min": min, "max": max, "first": lambda v: v[0], "last": lambda v: v[-1]}[name]
        return take(values) if values else math.nan
    if name == "distinct_days":
        zone = ZoneInfo(metric.zone)
        return len({(EPOCH + timedelta(microseconds=e.time)).astimezone(zone).date() for e in chosen})
    if name == "distinct_actors":
        return len({e.actor for e in chosen if e.actor is not None})
    if name == "days_since":
        return (past.t - chosen[-1].time) / DAY * PER_DAY[metric.unit] if chosen else math.nan
    if name == "nps":
        answers = [v for v in values if 0 <= v <= 10]
        net = sum(v >= 9 for v in answers) - sum(v <= 6 for v in answers)
        return 100 * net / len(answers) if answers else math.nan
    if name == "share" and metric.between is not None:
        low, high = metric.between
        return sum(low <= v <= high for v in values) / len(values) if values else math.nan
    if name == "share":
        everything = inside(past.events)
        return len(chosen) / len(everything) if everything else math.nan
    assert name == "trend"
    return slope([e.time for e in valued], values)


def slope(times: list[int], values: list[float]) -> float:
    """Least squares in exact arithmetic, per day."""
    if len(set(times)) < 2:
        return math.nan
    x, y = [Fraction(t, DAY) for t in times], list(map(Fraction, values))
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    xy = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    return float(xy / sum((a - mean_x) ** 2 for a in x))


def of_attribute(metric: Metric, past: Past) -> Answer:
    name = metric.attribute or ""
    _, value = past.fact(name)
    if metric.aggregate == "value":
        if value is None:
            return math.nan
        return tuple(sorted(value)) if isinstance(value, frozenset) else value
    if metric.aggregate == "change":
        _, before = past.fact(name, lag=int(microseconds(metric.window)))
        return math.nan if value is None or before is None else value - before
    if value is None:
        return math.nan
    sign = 1 if metric.aggregate == "until" else -1
    return sign * (value - past.t) / DAY * PER_DAY[metric.unit]


def of_visits(metric: Metric, past: Past) -> Answer:
    visits = [v for v in past.history.visits if metric.visit in (None, v.stage)]
    begun = [v for v in visits if v.entered > past.t - microseconds(metric.window)]
    if metric.aggregate == "stage":
        return past.history.visits[-1].stage
    if metric.aggregate == "visits":
        return len(begun)
    if metric.aggregate == "entered":
        return float(bool(begun))
    per_day = PER_DAY[metric.unit]
    if metric.aggregate == "days_since":
        return (past.t - begun[-1].entered) / DAY * per_day if begun else math.nan
    if metric.visit is None:
        return (past.t - past.history.visits[-1].entered) / DAY * per_day
    return sum(time_inside(v, past.t, microseconds(metric.window)) for v in visits) / DAY * per_day


def time_inside(visit: Visit, t: int, window: float) -> float:
    left = t if visit.left is None else visit.left
    return max(0, left - max(visit.entered, t - window))


def ratio(metric: Metric, past: Past, others: dict[str, Metric]) -> float:
    def operand(name: str) -> Any:
        if name in others:
            return measure(others[name], past, others)
        value = past.fact(name)[1]
        return math.nan if value is None else float(value)

    assert metric.ratio is not None
    above, below = map(operand, metric.ratio)
    if isinstance(above, Open) or isinstance(below, Open):
        return math.nan
    return math.nan if below == 0 else above / below


def elapsed(metric: Metric, past: Past) -> Answer:
    window, per_day = microseconds(metric.window), PER_DAY[metric.unit]
    starts, ends = moments(metric.start or "", past), moments(metric.end or "", past)
    comes_once = (metric.end or "").startswith(("milestone:", "attribute:"))

    def end_of(position: int) -> int | None:
        if comes_once:
            return ends[0] if ends else None
        if metric.start == metric.end:
            return starts[position + 1] if position + 1 < len(starts) else None
        return next((end for end in ends if end >= starts[position]), None)

    pairs = [(start, end_of(i)) for i, start in enumerate(starts)]
    if metric.of == "mean":
        spans = [end - start for start, end in pairs if end is not None and end > past.t - window]
        if spans:
            return sum(spans) / len(spans) / DAY * per_day
        pairs = pairs[-1:]
        return Open((past.t - pairs[0][0]) / DAY * per_day) if pairs and pairs[0][1] is None else math.nan
    pairs = [pair for pair in pairs if pair[0] > past.t - window]
    if not pairs:
        return math.nan
    start, end = pairs[0] if metric.of == "first" else pairs[-1]
    if end is None:
        return Open((past.t - start) / DAY * per_day)
    return (end - start) / DAY * per_day


def moments(anchor: str, past: Past) -> list[int]:
    """When what the anchor names happened, in order."""
    kind, _, name = anchor.rpartition(":")
    if kind == "milestone":
        return [m.time for m in past.history.milestones if m.milestone == name]
    if kind == "stage":
        return [v.entered for v in past.history.visits if v.stage == name]
    if kind == "attribute":
        date = past.fact(name)[1]
        return [] if date is None or date > past.t else [date]
    return [e.time for e in past.events if e.activity == name]


def evidence_age(metric: Metric, past: Past) -> float:
    """Days since the newest event that went into a metric of events."""
    name = metric.of if metric.aggregate == "change" else metric.aggregate
    window = microseconds(metric.window) * (2 if metric.aggregate == "change" else 1)
    chosen = chosen_events(metric, past)
    if name == "share" and metric.between is None:
        chosen = past.events
    chosen = [e for e in chosen if e.time > past.t - window]
    if name in VALUED or metric.between is not None:
        chosen = [e for e in chosen if e.value is not None]
    if name == "nps":
        chosen = [e for e in chosen if 0 <= (e.value or 0) <= 10]
    if name == "distinct_actors":
        chosen = [e for e in chosen if e.actor is not None]
    return (past.t - chosen[-1].time) / DAY if chosen else math.nan
