"""The attributes that criteria mention, laid out for the kernel."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import attrs
import numpy as np

from ..data._attributes import AttributeColumn
from ..data._customers import Customers
from ._layout import Codes, Floats, Ints
from ._leaves import AttributeKind

__all__ = ["Changes", "attribute_changes", "attribute_kinds", "change_events", "initial_attributes"]


@attrs.frozen(eq=False)
class Changes:
    """Rows of changing attributes: sorted by customer and time."""

    slices: Ints
    time: Ints
    attribute: Codes
    value: Floats


def attribute_kinds(customers: Customers | None, names: Iterable[str]) -> dict[str, AttributeKind]:
    """What the data say about each attribute; text shares one dictionary, so that it can be compared."""
    words: dict[object, int] = {}
    kinds = {}
    for name in names:
        if customers is None or name not in customers.names:
            continue
        column = customers.column(name)
        if column.kind == "text":
            for category in column.categories:
                words.setdefault(category, len(words))
            kinds[name] = AttributeKind("text", tuple(column.categories), words)
        else:
            own = {category: code for code, category in enumerate(column.categories)}
            kinds[name] = AttributeKind(column.kind, tuple(column.categories), own)
    return kinds


def _values(column: AttributeColumn, kind: AttributeKind) -> Floats:
    """The column's numbers, with text in the shared dictionary."""
    if kind.kind != "text" or not kind.categories:
        return column.values
    shared = np.array([kind.codes[category] for category in kind.categories], np.float64)
    known = ~np.isnan(column.values)
    values = np.full(len(column.values), np.nan)
    values[known] = shared[column.values[known].astype(np.int64)]
    return values


def _owners(column: AttributeColumn, places: Ints) -> Ints:
    """For each row of the column the number of its customer among all."""
    return np.repeat(places, np.diff(column.starts))


def initial_attributes(
    customers: Customers | None, kinds: dict[str, AttributeKind], names: Sequence[str], places: Ints, n: int
) -> Floats:
    """(attributes, customers) values of constant attributes; NaN where unknown or changing."""
    initial = np.full((len(names), n), np.nan)
    for number, name in enumerate(names):
        if customers is not None and name in kinds:
            column = customers.column(name)
            if column.constant:
                initial[number, _owners(column, places)] = _values(column, kinds[name])
    return initial


def attribute_changes(
    customers: Customers | None, kinds: dict[str, AttributeKind], names: Sequence[str], places: Ints, n: int
) -> Changes:
    """The rows of the changing attributes among the names."""
    parts = []
    for number, name in enumerate(names):
        if customers is not None and name in kinds:
            column = customers.column(name)
            if not column.constant:
                owners = _owners(column, places)
                parts.append(
                    (owners, column.valid_from, np.full(len(owners), number), _values(column, kinds[name]))
                )
    if not parts:
        return Changes(np.zeros(n + 1, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros(0))
    owner, time, attribute, value = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((time, owner))
    slices = np.searchsorted(owner[order], np.arange(n + 1)).astype(np.int64)
    return Changes(slices, time[order], attribute[order].astype(np.int32), value[order])


def change_events(customers: Customers, name: str, places: Ints) -> tuple[Ints, Ints, Floats]:
    """The events ``@name``: owner, time and, for numbers, the difference of adjacent known values."""
    column = customers.column(name)
    if column.constant or len(column.values) < 2:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    owners = _owners(column, places)
    before, after = column.values[:-1], column.values[1:]
    is_change = (owners[1:] == owners[:-1]) & (before != after) & ~np.isnan(before) & ~np.isnan(after)
    difference = after - before if column.kind == "number" else np.full(len(before), np.nan)
    return owners[1:][is_change], column.valid_from[1:][is_change], difference[is_change]
