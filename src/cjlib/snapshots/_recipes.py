"""How each metric is made: what has to be asked, and how the answers become its column."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from ..data._attributes import AttributeColumn
from ..errors import DataError, UnknownNameError, UsageError
from ..journey._metrics import Metric, anchor_of
from . import _layout as lay
from ._columns import Column, Context, Recipe, as_is, divided, in_unit, microseconds, per_day
from ._event_recipes import age_of_events, from_events
from ._grid import Grid
from ._layout import DAY, NEEDS_VALUE, Floats
from ._requests import VISITS, Anchor, Filter, Held, Pairing, Question, Request, Stay

__all__ = ["age_recipe", "recipe", "stage_recipe", "width"]


def recipe(metric: Metric, context: Context) -> Recipe:
    """How a metric is made."""
    made = {
        "event": from_events, "attribute": _from_attribute, "visit": _from_visits, "ratio": _ratio,
        "elapsed": _elapsed,
    }[metric.source]  # fmt: skip
    return made(metric, context)


def age_recipe(metric: Metric, context: Context) -> Recipe:
    """How the age of its evidence is made, in days: of the newest thing that went into it."""
    made = {
        "event": age_of_events, "attribute": _age_of_attribute, "visit": _age_of_visits,
        "ratio": _age_of_ratio, "elapsed": _age_of_elapsed,
    }[metric.source]  # fmt: skip
    return made(metric, context)


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
    sign, scale = (1.0 if metric.aggregate == "until" else -1.0), per_day(metric)
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
    now, then = Held(attribute=column.name), Held(attribute=column.name, lag=microseconds(metric.window))
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
    chosen, window = _visit_filter(metric, context), microseconds(metric.window)
    scale = in_unit(metric) if metric.aggregate in ("days_since", "time_in_stage") else as_is
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


def _age_of_visits(metric: Metric, context: Context) -> Recipe:
    chosen, window = _visit_filter(metric, context), microseconds(metric.window)
    return Recipe((Question(filter=chosen, aggregate=lay.AGE, window=window),), as_is)


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
    return _joined(above, below, divided)


def _age_of_ratio(metric: Metric, context: Context) -> Recipe:
    return _joined(*_operands(metric, context, age_recipe), np.fmax)


def _joined(a: Recipe, b: Recipe, operation: Callable[[Floats, Floats], Floats]) -> Recipe:
    """Two recipes in one."""

    def cook(grid: Grid, *answers: Floats) -> Column:
        size = width(a.requests)
        left, right = a.cook(grid, *answers[:size]), b.cook(grid, *answers[size:])
        return Column(operation(left.values, right.values))

    return Recipe((*a.requests, *b.requests), cook)


def width(requests: tuple[Request, ...]) -> int:
    """How many arrays answer them."""
    return sum(_width(one) for one in requests)


def _width(request: Request) -> int:
    if isinstance(request, Pairing):
        return 3 if request.of == "mean" else 2
    return 2 if isinstance(request, Held) else 1


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
    return Pairing(start=start, end=end, of=metric.of or "first", window=microseconds(metric.window))


def _elapsed(metric: Metric, context: Context) -> Recipe:
    scale = per_day(metric)

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
