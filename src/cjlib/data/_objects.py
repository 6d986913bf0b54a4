"""Columns of Python objects: which kinds are in them, which rows are the odd ones out."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np

from ._columns import shown
from ._ledger import Findings

__all__ = ["is_missing", "kinds_of", "main_kind"]

# The first type that fits names the kind: to Python, bool is an int and a datetime is a date.
KINDS: tuple[tuple[tuple[type, ...], str], ...] = (
    ((bool, np.bool_), "bool"),
    ((int, np.integer), "int"),
    ((float, np.floating), "float"),
    ((Decimal,), "decimal"),
    ((str,), "text"),
    ((uuid.UUID,), "UUID"),
    ((bytes, bytearray, memoryview), "bytes"),
    ((datetime, np.datetime64), "time"),
    ((date,), "date"),
    ((list, tuple, set, frozenset, np.ndarray), "set"),
)
NEVER_MISSING = frozenset({"bool", "int", "text", "UUID", "bytes", "set"})


def is_missing(value: Any) -> bool:
    """Whether an object stands for no value: None, NaN, NaT or pandas' NA.

    >>> [is_missing(value) for value in (None, float("nan"), "", 0)]
    [True, True, False, False]
    """
    if value is None or type(value).__name__ == "NAType":
        return True
    if isinstance(value, (float, np.floating, np.datetime64, datetime, Decimal)):
        return bool(value != value)
    return False


def _kind_of_type(kind: type) -> str:
    for types, name in KINDS:
        if issubclass(kind, types):
            return name
    return kind.__name__


def kinds_of(values: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """The kind of each object: (n,) int8 codes, −1 where there is no value, and the names of the kinds."""
    objects = values.tolist()
    types = {kind: _kind_of_type(kind) for kind in set(map(type, objects))}
    names = sorted(set(types.values()))
    by_type = {kind: names.index(name) for kind, name in types.items()}
    codes = np.fromiter(map(by_type.__getitem__, map(type, objects)), dtype=np.int8, count=len(objects))
    unsure = [names.index(name) for name in names if name not in NEVER_MISSING]
    for row in np.flatnonzero(np.isin(codes, unsure)):
        if is_missing(values[row]):
            codes[row] = -1
    return codes, names


def main_kind(
    values: np.ndarray, name: str, findings: Findings, accepted: Sequence[frozenset[str]]
) -> tuple[frozenset[str], np.ndarray]:
    """The accepted kinds that most objects have, and a mask of the rows that have them.

    Args:
        values: (n,) objects.
        name: what the column is called.
        findings: where rows of other kinds are refused.
        accepted: groups of kinds that may stand together; of groups with equally many rows, the first counts.

    Returns:
        The kinds found of that group, and (n,) bool. Where none is accepted, the kinds that there are; where
        there is no value at all, no kind.
    """
    codes, names = kinds_of(values)
    counts = {name: int((codes == code).sum()) for code, name in enumerate(names)}
    present = frozenset(name for name, count in counts.items() if count)
    groups = [present & group for group in accepted if present & group]
    if not groups:
        return present, codes >= 0
    main = max(groups, key=lambda group: sum(counts[kind] for kind in group))
    is_main = np.isin(codes, [names.index(kind) for kind in main])
    is_odd = ~is_main & (codes >= 0)
    if is_odd.any():
        first, expected = values[int(np.argmax(is_odd))], " or ".join(sorted(main))
        detail = f"{expected} was expected, as in other rows, not {shown(first)}"
        findings.refuse(f"mixed types in {name}", is_odd, detail)
    return main, is_main
