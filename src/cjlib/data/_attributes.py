"""Attribute columns: from when on which customer has which value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np

from ..errors import DataError
from ._kernels import kept_per_customer
from ._kinds import Kind

__all__ = ["AttributeColumn", "cut", "last_per_moment", "latest", "moved", "positions", "union"]


def _frozen_array(array: np.ndarray | None) -> np.ndarray | None:
    if array is not None:
        array = array.view()
        array.flags.writeable = False
    return array


@attrs.frozen(eq=False, kw_only=True)
class AttributeColumn:
    """One attribute of all customers: from when on it has which value.

    Attributes:
        name: the attribute.
        kind: what its values are.
        constant: whether it has no ``valid_from``: one value, as of today.
        starts: (n_ids + 1,) int64; the rows of customer i are ``starts[i]:starts[i + 1]``.
        valid_from: (m,) int64 microseconds, ascending per customer; the smallest int64 where constant.
        recorded: (m,) int64, when each row became known; None if that is not told.
        values: (m,) float64, NaN for unknown: the number, 0 or 1, microseconds since 1970, or a position in
            ``categories``.
        categories: the texts, or the sets of texts as tuples, that values stand for.
    """

    name: str
    kind: Kind
    constant: bool
    starts: np.ndarray = attrs.field(converter=_frozen_array)
    valid_from: np.ndarray = attrs.field(converter=_frozen_array)
    recorded: np.ndarray | None = attrs.field(converter=_frozen_array)
    values: np.ndarray = attrs.field(converter=_frozen_array)
    categories: tuple[Any, ...] = ()


def union(parts: Sequence[np.ndarray]) -> np.ndarray:
    """All ids of several sorted arrays, sorted.

    Raises:
        DataError: if they are of different kinds, such as text and integers.
    """
    parts = [part for part in parts if len(part)] or list(parts[:1])
    kinds = {type(part.tolist()[0]).__name__ for part in parts if len(part)}
    if len(kinds) > 1:
        found = " and ".join(sorted(kinds))
        raise DataError(f"ids of one kind were expected, not {found}; convert one of them")
    merged = np.concatenate(parts)
    if merged.dtype.kind != "O":
        return np.unique(merged)
    distinct = sorted(set(merged))
    array = np.empty(len(distinct), dtype=object)
    array[:] = distinct
    return array


def positions(ids: np.ndarray, within: np.ndarray) -> np.ndarray:
    """(n,) int64: where each of the ids stands in a sorted array that has them all."""
    return np.searchsorted(within, ids) if len(ids) else np.zeros(0, dtype=np.int64)


def _kept(column: AttributeColumn, is_kept: np.ndarray) -> AttributeColumn:
    if is_kept.all():
        return column
    return attrs.evolve(
        column,
        starts=kept_per_customer(column.starts, is_kept),
        valid_from=column.valid_from[is_kept],
        recorded=None if column.recorded is None else column.recorded[is_kept],
        values=column.values[is_kept],
    )


def last_per_moment(column: AttributeColumn) -> AttributeColumn:
    """Of several rows of a customer at one moment, the last."""
    is_last = np.ones(len(column.values), dtype=bool)
    is_last[:-1] = column.valid_from[1:] != column.valid_from[:-1]
    ends = column.starts[1:]
    is_last[ends[ends > 0] - 1] = True
    return _kept(column, is_last)


def cut(column: AttributeColumn, moment: int) -> AttributeColumn:
    """The rows that held and were recorded at a moment."""
    is_known = column.valid_from <= moment
    if column.recorded is not None:
        is_known &= column.recorded <= moment
    return _kept(column, is_known)


def latest(column: AttributeColumn) -> np.ndarray:
    """(n_ids,) float64: the last value of every customer, NaN where there is none."""
    values = np.full(len(column.starts) - 1, np.nan)
    has_rows = column.starts[1:] > column.starts[:-1]
    values[has_rows] = column.values[column.starts[1:][has_rows] - 1]
    return values


def moved(column: AttributeColumn, ids: np.ndarray, within: np.ndarray, *, is_link: bool) -> AttributeColumn:
    """The same rows over more customers; the values of a link are positions too."""
    places, values = positions(ids, within), column.values
    counts = np.zeros(len(within), dtype=np.int64)
    counts[places] = np.diff(column.starts)
    if is_link:
        values = values.copy()
        has_link = ~np.isnan(values)
        values[has_link] = places[values[has_link].astype(np.int64)]
    return attrs.evolve(column, starts=np.concatenate([[0], np.cumsum(counts)]), values=values)
