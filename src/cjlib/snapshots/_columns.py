"""Columns of a snapshot, and how they are made: what has to be asked, and what becomes of the answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import attrs
import numpy as np

from ..data._attributes import AttributeColumn
from ..journey._journey import Journey
from ..journey._metrics import DURATION_UNITS, Metric
from ._grid import Grid
from ._layout import ALWAYS, Floats
from ._requests import Request

__all__ = ["Column", "Context", "Recipe", "as_is", "divided", "in_unit", "microseconds", "per_day"]

MICROSECOND = timedelta(microseconds=1)


def _read_only(array: Any) -> Any:
    if array is not None:
        array = array.view()
        array.flags.writeable = False
    return array


@attrs.frozen(eq=False)
class Column:
    """A metric for every row: numbers, or codes of categories.

    Attributes:
        values: (rows,) float64, NaN where it cannot be said; or int32 codes, -1 where it cannot.
        categories: what codes stand for; None for numbers.
        so_far: (rows,) where a time is still open, how much has passed; NaN elsewhere. None but for times.
    """

    values: Any = attrs.field(converter=_read_only)
    categories: tuple[Any, ...] | None = None
    so_far: Floats | None = attrs.field(default=None, converter=_read_only)

    def take(self, rows: Any) -> Column:
        """The same over other rows."""
        so_far = None if self.so_far is None else self.so_far[rows]
        return Column(self.values[rows], self.categories, so_far)


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


def microseconds(window: timedelta | None) -> int:
    """A window as the kernels take it."""
    return ALWAYS if window is None else window // MICROSECOND


def as_is(_: Grid, values: Floats) -> Column:
    """The answer itself."""
    return Column(values)


def in_unit(metric: Metric) -> Cook:
    """Days in the metric's unit."""
    factor = per_day(metric)
    return as_is if factor == 1.0 else lambda _, days: Column(days * factor)


def per_day(metric: Metric) -> float:
    """How many of the metric's units make a day."""
    return 1.0 / DURATION_UNITS[metric.unit]


def divided(above: Floats, below: Floats) -> Floats:
    """The ratio, NaN where there is nothing to divide by."""
    out = np.full(len(above), np.nan)
    np.divide(above, below, out=out, where=(below != 0) & ~np.isnan(below))
    return out
