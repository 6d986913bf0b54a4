"""Values become float64, sequence numbers int64."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from ..errors import DataError
from ._columns import Column, main_kind, shown
from ._ledger import Findings

__all__ = ["NUMBERS", "number_of", "to_integers", "to_numbers"]

NUMBERS = frozenset({"int", "float", "decimal"})
EXACT_FLOATS = 2**53
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def to_numbers(column: Column, findings: Findings) -> np.ndarray:
    """(n,) float64, NaN where there is none; booleans are 0 and 1, infinite values are refused.

    Raises:
        DataError: if the column holds no numbers.
    """
    values = _arrow_numbers(column) if column.is_arrow else column.values
    kind = values.dtype.kind
    if kind == "O":
        numbers = _object_numbers(values, column.name, findings)
    elif kind in "biuf":
        numbers = values.astype(np.float64, copy=False)
        if kind in "iu":
            _note_rounded(values, column.name, findings)
    else:
        raise _wrong_type(column.name, values.dtype)
    findings.refuse(f"{column.name} is infinite", np.isinf(numbers))
    return numbers


def _wrong_type(name: str, found: object) -> DataError:
    return DataError(f"{name}: numbers were expected, not {found}; convert them first")


def _note_rounded(values: np.ndarray, name: str, findings: Findings) -> None:
    if len(values) and max(int(values.max()), -int(values.min())) > EXACT_FLOATS:
        is_large = (values > EXACT_FLOATS) | (values < -EXACT_FLOATS if values.dtype.kind == "i" else False)
        findings.note(f"{name} beyond 2^53", is_large, "rounded to the nearest float")


def _object_numbers(values: np.ndarray, name: str, findings: Findings) -> np.ndarray:
    kinds, is_main = main_kind(values, name, findings, (NUMBERS, frozenset({"bool"})))
    if not kinds <= NUMBERS | {"bool"}:
        found = " and ".join(sorted(kinds))
        raise _wrong_type(name, f"{found} such as {shown(values[int(np.argmax(is_main))])}")
    numbers = np.full(len(values), np.nan)
    numbers[is_main] = [_number(value) for value in values[is_main]]
    return numbers


def _number(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf")


def _arrow_numbers(column: Column) -> np.ndarray:
    import pyarrow as pa
    from pyarrow import types

    values = column.values
    if types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    kind = values.type
    if types.is_boolean(kind):
        values = values.cast(pa.int8())
    elif types.is_decimal(kind) or types.is_null(kind) or types.is_float16(kind):
        values = values.cast(pa.float64())
    elif not (types.is_integer(kind) or types.is_floating(kind)):
        raise _wrong_type(column.name, kind)
    numbers: np.ndarray = values.to_numpy()
    return numbers


def number_of(text: str) -> float | None:
    """The number that a text is, written with digits and a decimal point; None if it is none.

    >>> number_of("2.5"), number_of("2,5")
    (2.5, None)
    """
    return float(text) if _NUMBER.fullmatch(text) else None


def to_integers(column: Column, findings: Findings) -> np.ndarray:
    """(n,) int64 sequence numbers; rows without one are refused.

    Raises:
        DataError: if the column holds no whole numbers.
    """
    values = _arrow_numbers(column) if column.is_arrow else column.values
    if values.dtype.kind == "i":
        return values.astype(np.int64, copy=False)
    numbers = to_numbers(Column(column.name, values), findings)
    findings.refuse(f"missing {column.name}", np.isnan(numbers))
    is_odd = ~np.isnan(numbers) & ((numbers != np.floor(numbers)) | (np.abs(numbers) > EXACT_FLOATS))
    findings.refuse(f"{column.name} is no whole number below 2^53", is_odd)
    return np.where(np.isnan(numbers) | is_odd, 0, numbers).astype(np.int64)
