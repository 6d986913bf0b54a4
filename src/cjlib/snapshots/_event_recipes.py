"""How metrics of events are made."""

from __future__ import annotations

import attrs

from ..errors import UsageError
from ..journey._metrics import Metric
from . import _layout as lay
from ._columns import Column, Context, Recipe, as_is, divided, in_unit, microseconds
from ._grid import Grid
from ._layout import ALWAYS, NEEDS_ACTOR, NEEDS_VALUE, Floats
from ._requests import EVENTS, Filter, Question

__all__ = ["age_of_events", "from_events"]

OF_VALUES = {
    "sum": lay.SUM, "mean": lay.MEAN, "min": lay.MIN, "max": lay.MAX, "first": lay.FIRST, "last": lay.LAST,
    "trend": lay.TREND,
}  # fmt: skip


def from_events(metric: Metric, context: Context) -> Recipe:
    """A metric of events."""
    chosen, window = event_filter(metric, context), microseconds(metric.window)
    if metric.aggregate != "change":
        return _events(metric, metric.aggregate, chosen, window, 0)
    now = _events(metric, metric.of or "", chosen, window, 0)
    before = _events(metric, metric.of or "", chosen, window, window)
    size = len(now.requests)

    def difference(grid: Grid, *answers: Floats) -> Column:
        return Column(now.cook(grid, *answers[:size]).values - before.cook(grid, *answers[size:]).values)

    return Recipe((*now.requests, *before.requests), difference)


def _events(metric: Metric, aggregate: str, chosen: Filter, window: int, lag: int) -> Recipe:
    """One aggregate over one window of the events."""
    valued = attrs.evolve(chosen, needs=NEEDS_VALUE)

    def ask(kind: int, one: Filter = chosen, zone: str = "UTC") -> Question:
        return Question(filter=one, aggregate=kind, window=window, lag=lag, zone=zone)

    def answers_between(low: float, high: float) -> Question:
        return ask(lay.COUNT, attrs.evolve(valued, lowest=low, highest=high))

    if aggregate in OF_VALUES:
        return Recipe((ask(OF_VALUES[aggregate], valued),), as_is)
    if aggregate == "distinct_days":
        return Recipe((ask(lay.DAYS, zone=metric.zone),), as_is)
    if aggregate == "distinct_actors":
        return Recipe((ask(lay.ACTORS, attrs.evolve(chosen, needs=NEEDS_ACTOR)),), as_is)
    if aggregate == "days_since":
        return Recipe((ask(lay.AGE),), in_unit(metric))
    if aggregate == "nps":
        return Recipe((answers_between(9, 10), answers_between(0, 6), answers_between(0, 10)), _score)
    if aggregate == "share" and metric.between is not None:
        return Recipe((answers_between(*metric.between), ask(lay.COUNT, valued)), _share)
    if aggregate == "share":
        return Recipe((ask(lay.COUNT), ask(lay.COUNT, Filter())), _share)
    return Recipe((ask(lay.COUNT),), as_is)


def age_of_events(metric: Metric, context: Context) -> Recipe:
    """Days since the newest of its events; for a change, of both windows."""
    chosen = event_filter(metric, context)
    aggregate = metric.of if metric.aggregate == "change" else metric.aggregate
    if aggregate in OF_VALUES or (aggregate == "share" and metric.between is not None):
        chosen = attrs.evolve(chosen, needs=NEEDS_VALUE)
    elif aggregate == "nps":
        chosen = attrs.evolve(chosen, needs=NEEDS_VALUE, lowest=0.0, highest=10.0)
    elif aggregate == "distinct_actors":
        chosen = attrs.evolve(chosen, needs=NEEDS_ACTOR)
    elif aggregate == "share":
        chosen = Filter()
    windows = 2 if metric.aggregate == "change" else 1
    window = ALWAYS if metric.window is None else windows * microseconds(metric.window)
    return Recipe((Question(filter=chosen, aggregate=lay.AGE, window=window),), as_is)


def event_filter(metric: Metric, context: Context) -> Filter:
    """Which events a metric looks at."""
    if metric.touchpoint is not None:
        return _touchpoint_filter(metric, context)
    activity = metric.activity
    if activity is not None and activity.startswith("@"):
        context.attribute(activity[1:])
        return Filter(stream=("changes", activity[1:]), kinds=(activity,), channel=metric.channel)
    return Filter(kinds=None if activity is None else (activity,), channel=metric.channel)


def _touchpoint_filter(metric: Metric, context: Context) -> Filter:
    if context.journey is None:
        raise UsageError(f"metric {metric.id!r} is about touchpoint {metric.touchpoint!r}: pass journey=...")
    touchpoint = context.journey.touchpoint(metric.touchpoint or "")
    others = [other for other in context.journey.touchpoints if other.id != touchpoint.id]
    shared = {activity for other in others for activity in other.activities} & {*touchpoint.activities}
    stream = ("touchpoint", touchpoint.id) if shared else EVENTS
    return Filter(stream=stream, kinds=touchpoint.activities, channel=metric.channel)


def _share(_: Grid, part: Floats, whole: Floats) -> Column:
    return Column(divided(part, whole))


def _score(_: Grid, promoters: Floats, detractors: Floats, all_of_them: Floats) -> Column:
    return Column(divided(100.0 * (promoters - detractors), all_of_them))
