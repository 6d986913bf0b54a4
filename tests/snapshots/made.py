"""Worlds, moments and metrics of all kinds; Hypothesis draws the journey and a seed, numpy the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np
from hypothesis import strategies as st
from tests.oracle import Event, World
from tests.strategies import ACTIVITIES, CHANNELS, DAY, SPAN, START, worlds
from tests.worlds import customers, event_log, moment, waivers

import cjlib as cj

WINDOWS = (None, None, "1d", "2d", "5d", "36h", "12d")
UNITS = ("s", "min", "h", "d", "w")
AGGREGATES = (
    "count", "sum", "mean", "min", "max", "last", "first", "distinct_days", "days_since", "distinct_actors",
    "share", "nps", "trend", "change",
)  # fmt: skip
ZONES = ("UTC", "Europe/Paris", "America/St_Johns", "Pacific/Auckland", "Asia/Kolkata")
VALUES = (-1, 0, 0.1, 0.3, 1, 2.5, 5, 6, 7, 8.5, 9, 9, 10, 11)
HOUR = DAY // 24


@attrs.frozen
class Case:
    """A world, and what is asked of it."""

    world: World
    metrics: tuple[cj.Metric, ...]
    moments: tuple[int, ...]


@st.composite
def cases(draw: st.DrawFn, *, only_events: bool = False, lateness: bool | None = None) -> Case:
    world = draw(worlds(largest=20, lateness=lateness))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    world = attrs.evolve(world, events=tuple(livelier(event, rng) for event in world.events))
    made = event_metric if only_events else any_metric
    metrics = [made(world, rng, f"metric{number}") for number in range(8)]
    if not only_events:
        metrics += ratios(world, metrics, rng)
    days = rng.integers(0, SPAN + 3, draw(st.sampled_from((5, 3, 1))))
    moments = sorted({START + int(day) * DAY for day in days})
    jitter = rng.choice((0, 0, 0, 1, -1, 5 * HOUR), len(moments))
    return Case(world, tuple(metrics), tuple(int(t + j) for t, j in zip(moments, jitter, strict=True)))


def livelier(event: Event, rng: np.random.Generator) -> Event:
    """Values of a survey, and times of day, where the world has only midnights."""
    shift = int(rng.choice((0, 0, 0, 5 * HOUR, 23 * HOUR)))
    value = None if event.value is None else float(rng.choice(VALUES))
    recorded = None if event.recorded is None else event.recorded + shift
    return attrs.evolve(event, value=value, time=event.time + shift, recorded=recorded)


def pick(rng: np.random.Generator, options: Sequence[Any]) -> Any:
    return options[int(rng.integers(len(options)))]


def any_metric(world: World, rng: np.random.Generator, name: str) -> cj.Metric:
    return pick(rng, (event_metric, attribute_metric, visit_metric, elapsed_metric))(world, rng, name)


def event_metric(world: World, rng: np.random.Generator, name: str) -> cj.Metric:
    aggregate = pick(rng, AGGREGATES)
    fields: dict[str, Any] = {"aggregate": aggregate, "window": pick(rng, WINDOWS)}
    sources = [("activity", activity) for activity in (None, None, *ACTIVITIES, *ACTIVITIES, "never")]
    sources += [("activity", f"@{attribute}") for attribute in ("plan", "seats") if attribute in world.kinds]
    sources += [("touchpoint", touchpoint.id) for touchpoint in world.journey.touchpoints]
    source, what = pick(rng, sources)
    fields[source] = what
    if not str(what).startswith("@"):
        fields["channel"] = pick(rng, (None, None, None, *CHANNELS, "pigeon"))
    if aggregate == "change":
        fields["window"] = fields["window"] or "3d"
        fields["of"] = pick(rng, [a for a in AGGREGATES if a not in ("change", "days_since")])
    if "share" in (aggregate, fields.get("of")):
        needs_range = (what, fields.get("channel")) == (None, None) or str(what).startswith("@")
        fields["between"] = (0.1, 6) if needs_range or rng.random() < 0.5 else None
    if "distinct_days" in (aggregate, fields.get("of")):
        fields["zone"] = pick(rng, ZONES)
    if aggregate == "days_since":
        fields["unit"] = pick(rng, UNITS)
    return cj.Metric(name, **fields)


def attribute_metric(world: World, rng: np.random.Generator, name: str) -> cj.Metric:
    changing = {fact.name for fact in world.facts if fact.valid_from is not None}
    if not world.kinds:
        return cj.Metric(name)
    attribute, kind = pick(rng, list(world.kinds.items()))
    if kind == "date":
        return cj.Metric(name, attribute=attribute, aggregate=pick(rng, ("until", "days_since")), unit="h")
    if kind == "number" and attribute in changing and rng.random() < 0.6:
        return cj.Metric(name, attribute=attribute, aggregate="change", window=pick(rng, WINDOWS[2:]))
    return cj.Metric(name, attribute=attribute)


def visit_metric(world: World, rng: np.random.Generator, name: str) -> cj.Metric:
    stages = [stage.id for stage in world.journey.stages]
    aggregate = pick(rng, ("stage", "time_in_stage", "visits", "entered", "days_since"))
    fields: dict[str, Any] = {"aggregate": aggregate}
    if aggregate != "stage":
        fields["visit"] = pick(rng, (None, *stages) if aggregate != "days_since" else stages)
    if aggregate in ("visits", "entered", "days_since") or fields.get("visit") is not None:
        fields["window"] = pick(rng, WINDOWS)
    if aggregate in ("time_in_stage", "days_since"):
        fields["unit"] = pick(rng, UNITS)
    return cj.Metric(name, **fields)


def elapsed_metric(world: World, rng: np.random.Generator, name: str) -> cj.Metric:
    once = [f"milestone:{one.id}" for one in world.journey.milestones]
    once += [f"attribute:{attribute}" for attribute, kind in world.kinds.items() if kind == "date"]
    anchors = [*ACTIVITIES, *ACTIVITIES, *once, *(f"stage:{one.id}" for one in world.journey.stages[:3])]
    start, end = pick(rng, anchors), pick(rng, anchors)
    recurs = start in ACTIVITIES and end in ACTIVITIES
    of = pick(rng, ("first", "last", "mean") if recurs else ("first", "last"))
    return cj.Metric(name, start=start, end=end, of=of, window=pick(rng, WINDOWS), unit=pick(rng, UNITS))


def ratios(world: World, metrics: Sequence[cj.Metric], rng: np.random.Generator) -> list[cj.Metric]:
    """Two, the second of which may rest on the first."""
    numbers = [metric.id for metric in metrics if metric.is_category is False]
    numbers += [name for name, kind in world.kinds.items() if kind in ("number", "boolean")]
    if not numbers:
        return []
    first = cj.Metric("ratio", ratio=(pick(rng, numbers), pick(rng, numbers)))
    return [first, cj.Metric("second_ratio", ratio=(pick(rng, numbers), "ratio"))]


def panel_of(case: Case, **options: Any) -> cj.Snapshot:
    """cjlib's own answer."""
    world = case.world
    return cj.panel(
        event_log(world.events),
        options.pop("metrics", case.metrics),
        as_of=[moment(t) for t in options.pop("moments", case.moments)],
        customers=customers(world.facts, world.kinds),
        journey=world.journey,
        waivers=waivers(world),
        **options,
    )


def rows_of(panel: cj.Snapshot) -> list[tuple[object, int]]:
    """Customer and moment of every row."""
    times = panel.as_of.view(np.int64).tolist()
    return list(zip(panel.customer.tolist(), times, strict=True))
