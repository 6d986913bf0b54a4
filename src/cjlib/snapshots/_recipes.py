"""How each metric is made: what has to be asked, and how the answers become its column."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import attrs
import numpy as np
import numpy.typing as npt

from ..data._attributes import AttributeColumn
from ..errors import DataError, UnknownNameError, UsageError
from ..journey._journey import Journey
from ..journey._metrics import DURATION_UNITS, Metric, anchor_of
from . import _layout as lay
from ._answers import Anchor, Filter, Held, Pairing, Question, Request, Stay, width
from ._known import EVENTS, VISITS
from ._layout import ALWAYS, DAY, NEEDS_ACTOR, NEEDS_VALUE, Floats, Grid
from ._values import Column

__all__ = ["Context", "Recipe", "age_recipe", "dwell_recipe", "recipe", "stage_recipe"]

MICROSECOND = timedelta(microseconds=1)
OF_VALUES = {
    "sum": lay.SUM, "mean": lay.MEAN, "min": lay.MIN, "max": lay.MAX, "first": lay.FIRST, "last": lay.LAST,
    "trend": lay.TREND,
}  # fmt: skip
Cook = Callable[..., Column]  # from the rows and the answers


@attrs.frozen
class Recipe:
    """What to ask, and what to make of the answers."""

    requests: tuple[Request, ...]
    cook: Cook


@attrs.frozen(eq=False)
class Context:
    """What names in metrics mean: the other metrics, the attributes, the journey."""

    metrics: dict[str, Metric]
    attribute: Callable[[str], AttributeColumn]
    attribute_names: tuple[str, ...]
    journey: Journey | None


def recipe(metric: Metric, context: Context) -> Recipe:
    """How a metric is made."""
    made = {
        "event": _from_events, "attribute": _from_attribute, "visit": _from_visits, "ratio": _ratio,
        "elapsed": _elapsed,
    }[metric.source]  # fmt: skip
    return made(metric, context)


def age_recipe(metric: Metric, context: Context) -> Recipe:
    """How the age of its evidence is made, in days: of the newest thing that went into it."""
    made = {
        "event": _age_of_events, "attribute": _age_of_attribute, "visit": _age_of_visits,
        "ratio": _age_of_ratio, "elapsed": _age_of_elapsed,
    }[metric.source]  # fmt: skip
    return made(metric, context)


def _from_events(metric: Metric, context: Context) -> Recipe:
    """A metric of events."""
    chosen, window = _event_filter(metric, context), _microseconds(metric.window)
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
        return Recipe((ask(OF_VALUES[aggregate], valued),), _as_is)
    if aggregate == "distinct_days":
        return Recipe((ask(lay.DAYS, zone=metric.zone),), _as_is)
    if aggregate == "distinct_actors":
        return Recipe((ask(lay.ACTORS, attrs.evolve(chosen, needs=NEEDS_ACTOR)),), _as_is)
    if aggregate == "days_since":
        return Recipe((ask(lay.AGE),), _in_unit(metric))
    if aggregate == "nps":
        return Recipe((answers_between(9, 10), answers_between(0, 6), answers_between(0, 10)), _score)
    if aggregate == "share" and metric.between is not None:
        return Recipe((answers_between(*metric.between), ask(lay.COUNT, valued)), _share)
    if aggregate == "share":
        return Recipe((ask(lay.COUNT), ask(lay.COUNT, Filter())), _share)
    return Recipe((ask(lay.COUNT),), _as_is)


def _age_of_events(metric: Metric, context: Context) -> Recipe:
    """Days since the newest of its events; for a change, of both windows."""
    chosen = _event_filter(metric, context)
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
    window = ALWAYS if metric.window is None else windows * _microseconds(metric.window)
    return Recipe((Question(filter=chosen, aggregate=lay.AGE, window=window),), _as_is)


def _event_filter(metric: Metric, context: Context) -> Filter:
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
    return Column(_divided(part, whole))


def _score(_: Grid, promoters: Floats, detractors: Floats, all_of_them: Floats) -> Column:
    return Column(_divided(100.0 * (promoters - detractors), all_of_them))


def _numbers(metric: str, column: AttributeColumn, kinds: tuple[str, ...]) -> None:
    if column.kind not in kinds:
        hint = {"date": "; of a date take aggregate='until' or 'days_since'"}.get(column.kind, "")
        found = f"attribute {column.name!r} holds {column.kind}{hint}"
        raise DataError(f"metric {metric!r} needs {' or '.join(kinds)}, and {found}")


def _from_attribute(metric: Metric, context: Context) -> Recipe:
    column = context.attribute(metric.attribute or "")
    now = Held(attribute=column.name)
    if metric.aggregate == "value":
        return _value(metric.id, column)
    if metric.aggregate == "change":
        return _change(metric, column)
    _numbers(metric.id, column, ("date",))
    sign, scale = (1.0 if metric.aggregate == "until" else -1.0), _per_day(metric)
    return Recipe((now,), lambda grid, date, _: Column((date - grid.times) * sign / DAY * scale))


def _value(metric: str, column: AttributeColumn) -> Recipe:
    _numbers(metric, column, ("number", "boolean", "text", "set"))
    held = Held(attribute=column.name)
    if column.kind in ("number", "boolean"):
        return Recipe((held,), lambda _, values, since: Column(values))
    return Recipe((held,), lambda _, codes, since: Column(_codes(codes), tuple(column.categories)))


def _codes(values: Floats) -> npt.NDArray[np.int32]:
    return np.where(np.isnan(values), -1, values).astype(np.int32)


def _change(metric: Metric, column: AttributeColumn) -> Recipe:
    _numbers(metric.id, column, ("number",))
    if column.constant:
        raise DataError(
            f"metric {metric.id!r}: attribute {column.name!r} is constant, so nobody knows how it changed; "
            "read it with valid_from=..."
        )
    now, then = Held(attribute=column.name), Held(attribute=column.name, lag=_microseconds(metric.window))
    return Recipe((now, then), lambda _, after, s, before, t: Column(after - before))


def _age_of_attribute(metric: Metric, context: Context) -> Recipe:
    held = Held(attribute=metric.attribute or "")

    def age(grid: Grid, values: Floats, since: Floats) -> Column:
        days = np.where(np.isnan(since), 0.0, (grid.times - since) / DAY)  # constant: as of today
        return Column(np.where(np.isnan(values), np.nan, days))

    return Recipe((held,), age)


def _visit_filter(metric: Metric, context: Context) -> Filter:
    if context.journey is None:
        raise UsageError(f"metric {metric.id!r} is about visits: pass journey=...")
    if metric.visit is None:
        return Filter(stream=VISITS)
    return Filter(stream=VISITS, kinds=(context.journey.stage(metric.visit).id,))


def _from_visits(metric: Metric, context: Context) -> Recipe:
    chosen, window = _visit_filter(metric, context), _microseconds(metric.window)
    scale = _in_unit(metric) if metric.aggregate in ("days_since", "time_in_stage") else _as_is
    if metric.aggregate == "time_in_stage" and metric.visit is not None:
        return Recipe((Stay(stage=metric.visit, window=window),), scale)
    if metric.aggregate == "stage":
        return stage_recipe(context)
    kind = lay.COUNT if metric.aggregate in ("visits", "entered") else lay.AGE
    asked = (Question(filter=chosen, aggregate=kind, window=window),)
    if metric.aggregate == "entered":
        return Recipe(asked, lambda _, visits: Column(np.minimum(visits, 1.0)))
    return Recipe(asked, scale)


def stage_recipe(context: Context) -> Recipe:
    """The stage of every row."""
    assert context.journey is not None
    stages = tuple(stage.id for stage in context.journey.stages)
    latest = Question(filter=Filter(stream=VISITS, needs=NEEDS_VALUE), aggregate=lay.LAST)
    return Recipe((latest,), lambda _, codes: Column(_codes(codes), stages))


def dwell_recipe() -> Recipe:
    """The days since every row's stage was entered."""
    return Recipe((Question(filter=Filter(stream=VISITS), aggregate=lay.AGE),), _as_is)


def _age_of_visits(metric: Metric, context: Context) -> Recipe:
    chosen, window = _visit_filter(metric, context), _microseconds(metric.window)
    return Recipe((Question(filter=chosen, aggregate=lay.AGE, window=window),), _as_is)


def _operands(
    metric: Metric, context: Context, made: Callable[[Metric, Context], Recipe]
) -> tuple[Recipe, Recipe]:
    assert metric.ratio is not None
    above, below = (made(_operand(metric, name, context), context) for name in metric.ratio)
    return above, below


def _operand(metric: Metric, name: str, context: Context) -> Metric:
    if name in context.metrics:
        found = context.metrics[name]
        if found.is_category:
            raise DataError(f"metric {metric.id!r} divides {name!r}, which is a category")
        others = {key: value for key, value in context.metrics.items() if key != name}
        _refuse_circle(found, others, (metric.id, name))
        return found
    if name in context.attribute_names:
        _numbers(metric.id, context.attribute(name), ("number", "boolean"))
        return Metric("operand", attribute=name)
    raise UnknownNameError(f"metric or attribute in the ratio {metric.id!r}:", name,
                           (*context.metrics, *context.attribute_names))  # fmt: skip


def _refuse_circle(metric: Metric, others: dict[str, Metric], path: tuple[str, ...]) -> None:
    for name in metric.ratio or ():
        if name in path:
            raise DataError(f"metrics are ratios of each other in a circle: {' -> '.join((*path, name))}")
        if name in others:
            _refuse_circle(others[name], others, (*path, name))


def _ratio(metric: Metric, context: Context) -> Recipe:
    above, below = _operands(metric, context, recipe)
    return _joined(above, below, _divided)


def _age_of_ratio(metric: Metric, context: Context) -> Recipe:
    return _joined(*_operands(metric, context, age_recipe), np.fmax)


def _joined(a: Recipe, b: Recipe, operation: Callable[[Floats, Floats], Floats]) -> Recipe:
    """Two recipes in one."""

    def cook(grid: Grid, *answers: Floats) -> Column:
        size = width(a.requests)
        left, right = a.cook(grid, *answers[:size]), b.cook(grid, *answers[size:])
        return Column(operation(left.values, right.values))

    return Recipe((*a.requests, *b.requests), cook)


def _anchor(metric: Metric, text: str | None, context: Context) -> Anchor:
    kind, name = anchor_of(text or "")
    if kind == "attribute":
        _numbers(metric.id, context.attribute(name), ("date",))
    elif kind in ("stage", "milestone"):
        if context.journey is None:
            raise UsageError(f"metric {metric.id!r} is about {kind} {name!r}: pass journey=...")
        known = context.journey.stages if kind == "stage" else context.journey.milestones
        if name not in {one.id for one in known}:
            raise UnknownNameError(kind, name, [one.id for one in known])
    return Anchor(kind, name)


def _pairing(metric: Metric, context: Context) -> Pairing:
    start, end = _anchor(metric, metric.start, context), _anchor(metric, metric.end, context)
    return Pairing(start=start, end=end, of=metric.of or "first", window=_microseconds(metric.window))


def _elapsed(metric: Metric, context: Context) -> Recipe:
    scale = _per_day(metric)

    def cook(grid: Grid, start: Floats, end: Floats, mean: Floats | None = None) -> Column:
        days = (end - start) / DAY if mean is None else mean
        is_open = np.isnan(days) & ~np.isnan(start) & np.isnan(end)
        so_far = np.where(is_open, (grid.times - start) / DAY, np.nan)
        return Column(days * scale, so_far=so_far * scale)

    return Recipe((_pairing(metric, context),), cook)


def _age_of_elapsed(metric: Metric, context: Context) -> Recipe:
    def cook(grid: Grid, start: Floats, end: Floats, *_: Floats) -> Column:
        return Column((grid.times - np.where(np.isnan(end), start, end)) / DAY)

    return Recipe((_pairing(metric, context),), cook)


def _microseconds(window: timedelta | None) -> int:
    """A window as the kernels take it."""
    return ALWAYS if window is None else window // MICROSECOND


def _as_is(_: Grid, values: Floats) -> Column:
    """The answer itself."""
    return Column(values)


def _in_unit(metric: Metric) -> Cook:
    """Days in the metric's unit."""
    factor = _per_day(metric)
    return _as_is if factor == 1.0 else lambda _, days: Column(days * factor)


def _per_day(metric: Metric) -> float:
    """How many of the metric's units make a day."""
    return 1.0 / DURATION_UNITS[metric.unit]


def _divided(above: Floats, below: Floats) -> Floats:
    """The ratio, NaN where there is nothing to divide by."""
    out = np.full(len(above), np.nan)
    np.divide(above, below, out=out, where=(below != 0) & ~np.isnan(below))
    return out
