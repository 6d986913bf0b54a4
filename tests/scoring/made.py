"""Snapshots from plain columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cjlib.snapshots import Snapshot


def snapshot(
    columns: Mapping[str, Sequence[Any]],
    customers: Sequence[Any] | None = None,
    as_of: Any = "2026-01-01",
    ages: Mapping[str, Sequence[Any]] | None = None,
) -> Snapshot:
    """A snapshot of these columns: numbers or text, None where missing; ages in days, by column."""
    rows = len(next(iter(columns.values())))
    ids = list(range(rows)) if customers is None else list(customers)
    told = {f"age of {name}": np.array(days, dtype=float) for name, days in (ages or {}).items()}
    named = {name: f"age of {name}" for name in ages or {}}
    return Snapshot.from_frame({"customer": ids, **columns, **told}, as_of=as_of, ages=named)
