"""Attributes: columns of any kind as numbers and categories, and who has which value from when on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import tzinfo
from typing import Any, Literal, get_args

import attrs
import numpy as np

from ..errors import DataError, UnknownNameError
from ._codes import encode_names, to_texts
from ._columns import Column, as_objects, is_missing, main_kind, shown
from ._ledger import Findings
from ._numbers import NUMBERS, number_of, to_numbers
from ._order import kept_per_customer
from ._times import NAT, to_times

__all__ = [
    "AttributeColumn",
    "Kind",
    "as_attribute",
    "check_kind",
    "cut",
    "last_per_moment",
    "latest",
    "moved",
    "positions",
    "union",
]

Kind = Literal["number", "text", "boolean", "date", "set"]
KIND_OF_OBJECTS: dict[str, Kind] = {
    "text": "text",
    "UUID": "text",
    "bool": "boolean",
    "time": "date",
    "date": "date",
    "set": "set",
    "int": "number",
    "float": "number",
    "decimal": "number",
}
OBJECT_KINDS = (
    NUMBERS,
    frozenset({"bool"}),
    frozenset({"date", "time"}),
    *(frozenset({kind}) for kind in ("text", "set", "UUID")),
)
WRITTEN = frozenset(KIND_OF_OBJECTS) | {"bytes"}
WORDS = {"true": 1.0, "yes": 1.0, "1": 1.0, "false": 0.0, "no": 0.0, "0": 0.0}
SEPARATOR = ";"


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


def cut(column: AttributeColumn, moment: int | np.ndarray) -> AttributeColumn:
    """The rows that held and were recorded at a moment, which is one for all or one per row."""
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


def check_kind(name: str, kind: str) -> Kind:
    """The kind itself, if there is one of that name.

    Raises:
        UnknownNameError: if there is none.
    """
    for known in get_args(Kind):
        if kind == known:
            return known  # type: ignore[no-any-return]
    raise UnknownNameError(f"type of attribute {name!r}", kind, get_args(Kind))


def as_attribute(
    column: Column, kind: Kind | None, tz: str | tzinfo, findings: Findings
) -> tuple[Kind, np.ndarray, tuple[Any, ...]]:
    """Kind, (n,) float64 values with NaN for unknown, and categories.

    Args:
        column: the column, of any type.
        kind: what it is to be; None takes what its type says, where text stays text.
        tz: the zone of naive times.
        findings: where rows are refused that don't fit the kind.

    Raises:
        DataError: if the column cannot be of that kind.
    """
    natural = _natural_kind(column, findings)
    kind = kind or natural
    if natural == "text" and kind in PARSED:
        column = Column(column.name, _parsed(column, kind, findings))
    return kind, *READ[kind](column, tz, findings)


def _natural_kind(column: Column, findings: Findings) -> Kind:
    if column.is_arrow:
        return _arrow_kind(column.values.type)
    if column.values.dtype.kind == "O":
        found, is_main = main_kind(column.values, column.name, Findings(len(column)), OBJECT_KINDS)
        strange = sorted(found - WRITTEN)
        if strange:
            row = int(np.argmax(is_main))
            raise DataError(
                f"{column.name}: numbers, text, booleans, dates or sets were expected, not {strange[0]} "
                f"in row {row}, {shown(column.values[row])}"
            )
        return KIND_OF_OBJECTS.get(min(found, default=""), "text")
    kinds: dict[str, Kind] = {"b": "boolean", "i": "number", "u": "number", "f": "number", "M": "date"}
    return kinds.get(column.values.dtype.kind, "text")


def _arrow_kind(kind: Any) -> Kind:
    from pyarrow import types

    if types.is_dictionary(kind):
        return _arrow_kind(kind.value_type)
    if types.is_boolean(kind):
        return "boolean"
    if types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind):
        return "number"
    if types.is_timestamp(kind) or types.is_date(kind):
        return "date"
    is_list = types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)
    return "set" if is_list else "text"


def _read_number(column: Column, tz: Any, findings: Findings) -> tuple[np.ndarray, tuple[Any, ...]]:
    return to_numbers(column, findings), ()


def _read_date(column: Column, tz: Any, findings: Findings) -> tuple[np.ndarray, tuple[Any, ...]]:
    times = to_times(column, tz, findings, required=False)
    return np.where(times == NAT, np.nan, times.astype(np.float64)), ()


def _read_text(column: Column, tz: Any, findings: Findings) -> tuple[np.ndarray, tuple[Any, ...]]:
    if _is_to_be_written(column):
        column = Column(column.name, to_texts(column, findings))
    codes, categories = encode_names(column, column.name, findings, required=False).settled()
    return np.where(codes < 0, np.nan, codes.astype(np.float64)), tuple(categories.tolist())


def _is_to_be_written(column: Column) -> bool:
    """Whether the values are no text yet: numbers, UUIDs and their like."""
    if column.is_arrow:
        return _arrow_kind(column.values.type) != "text" or "uuid" in str(column.values.type)
    if column.values.dtype.kind == "O":
        found, _ = main_kind(column.values, column.name, Findings(len(column)), OBJECT_KINDS)
        return "text" not in found
    return column.values.dtype.kind not in "UT"


def _read_boolean(column: Column, tz: Any, findings: Findings) -> tuple[np.ndarray, tuple[Any, ...]]:
    values = to_numbers(column, findings)
    findings.refuse(f"{column.name} is neither 0 nor 1", ~np.isnan(values) & (values != 0) & (values != 1))
    return values, ()


def _read_set(column: Column, tz: Any, findings: Findings) -> tuple[np.ndarray, tuple[Any, ...]]:
    values = as_objects(column.values.to_pylist() if column.is_arrow else [*column.values])
    found, is_set = main_kind(values, column.name, findings, (frozenset({"set"}),))
    if found - {"set"}:
        raise DataError(f"{column.name}: sets or lists were expected, not {' and '.join(sorted(found))}")
    options = {
        row: tuple(sorted({str(o) for o in values[row] if not is_missing(o)}))
        for row in np.flatnonzero(is_set)
    }
    categories = sorted(set(options.values()))
    positions = {option: float(i) for i, option in enumerate(categories)}
    codes = np.full(len(values), np.nan)
    codes[is_set] = [positions[options[row]] for row in np.flatnonzero(is_set)]
    return codes, tuple(categories)


READ: dict[Kind, Callable[[Column, Any, Findings], tuple[np.ndarray, tuple[Any, ...]]]] = {
    "number": _read_number,
    "boolean": _read_boolean,
    "date": _read_date,
    "text": _read_text,
    "set": _read_set,
}


def _parsed(column: Column, kind: Kind, findings: Findings) -> np.ndarray:
    """Text as the kind asks for; rows that don't read so are refused."""
    texts = to_texts(column, findings)
    values, is_odd = as_objects([None] * len(texts)), np.zeros(len(texts), dtype=bool)
    known: dict[str, Any] = {}
    for row, text in enumerate(texts):
        if text is not None and text.strip():
            if text not in known:
                known[text] = PARSED[kind](text.strip())
            values[row] = known[text]
            is_odd[row] = values[row] is None
    if is_odd.any():
        first = shown(texts[int(np.argmax(is_odd))])
        findings.refuse(f"{column.name} is no {kind}", is_odd, f"such as {first}")
    return values


def _parsed_boolean(text: str) -> bool | None:
    value = WORDS.get(text.casefold())
    return None if value is None else bool(value)


def _parsed_set(text: str) -> tuple[str, ...]:
    return tuple(option.strip() for option in text.split(SEPARATOR) if option.strip())


PARSED: dict[str, Callable[[str], Any]] = {
    "number": number_of,
    "boolean": _parsed_boolean,
    "set": _parsed_set,
}
