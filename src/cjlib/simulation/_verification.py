"""The plan held against a replay of what was simulated."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data._tables import Coded, Table

__all__ = ["corrected", "first_of", "surprises"]

Keys = NDArray[np.int64]
COMPARED = ("stage", "entered", "left", "via")
FILLINGS = {"drawn": -1, "way": -1, "satisfaction": np.nan, "is_forced": True}
SHOWN = 10


def first_of(customers: Any) -> tuple[int, ...]:
    """The first few customers, for a ledger."""
    return tuple(int(one) for one in customers[:SHOWN])


def surprises(planned: Table, found: Table) -> dict[str, list[int]]:
    """The customers whose visits differ although a plan covers them, by the place of the first that does."""
    wrong = _first_wrong(planned, found)
    is_silence = np.asarray(planned["is_forced"]) & (np.asarray(planned["drawn"]) < 0)
    wrong = wrong[~np.isin(wrong, _keys(planned)[is_silence])]
    stages = (
        dict(zip(_keys(planned).tolist(), planned.codes("stage").tolist(), strict=True)) if len(wrong) else {}
    )
    names = planned.categories("stage")
    told: dict[str, list[int]] = {}
    for key in wrong.tolist():
        place = f"in stage {names[stages[key]]!r}" if key in stages else "after the last planned visit"
        told.setdefault(place, []).append(key >> 32)
    return told


def corrected(planned: Table, found: Table) -> Table:
    """The planned visits; a customer's from the first that differs on are as replayed."""
    wrong = _first_wrong(planned, found)
    if not len(wrong):
        return planned
    ends = np.full(len(planned.categories("customer")), np.iinfo(np.int64).max)
    ends[wrong >> 32] = wrong
    is_kept = _keys(planned) < ends[_raw(planned, "customer")]
    is_new = _keys(found) >= ends[_raw(found, "customer")]
    order = np.argsort(np.concatenate([_keys(planned)[is_kept], _keys(found)[is_new]]))
    columns: dict[str, Any] = {}
    for name in planned.columns:
        ours = _raw(planned, name)[is_kept]
        if name in FILLINGS:
            theirs = np.full(int(is_new.sum()), FILLINGS[name], ours.dtype)
        else:
            theirs = _raw(found, name)[is_new].astype(ours.dtype)
        values = np.concatenate([ours, theirs])[order]
        columns[name] = Coded(values, planned.categories(name)) if name in ("customer", "stage") else values
    return Table(columns, name="planned visits")


def _first_wrong(planned: Table, found: Table) -> Keys:
    """The key of the first visit that differs, of every customer who has one."""
    here, there = _keys(planned), _keys(found)
    shared, ours, theirs = np.intersect1d(here, there, assume_unique=True, return_indices=True)
    is_wrong = np.zeros(len(shared), bool)
    for name in COMPARED:
        is_wrong |= _numbers(planned, name)[ours] != _numbers(found, name)[theirs]
    wrong = np.sort(np.concatenate([shared[is_wrong], np.setxor1d(here, there, assume_unique=True)]))
    _, first = np.unique(wrong >> 32, return_index=True)
    return wrong[first]


def _keys(table: Table) -> Keys:
    """One number per row: customer and number of the visit."""
    return (_raw(table, "customer") << 32) | np.asarray(table["number"]).astype(np.int64)


def _numbers(table: Table, name: str) -> Keys:
    values = _raw(table, name)
    return values.view(np.int64) if values.dtype.kind == "M" else values.astype(np.int64)


def _raw(table: Table, name: str) -> NDArray[Any]:
    if name == "customer":
        return np.asarray(table["customer"]).astype(np.int64)
    return table.codes(name) if name == "stage" else np.asarray(table[name])
