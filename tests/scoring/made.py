"""Snapshots from plain columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cjlib.snapshots import Snapshot


def snapshot(
    columns: Mapping[str, Sequence[Any]], customers: Sequence[Any] | None = None, as_of: Any = "2026-01-01"
) -> Snapshot:
    """A snapshot of these columns: numbers or text, None where missing."""
    rows = len(next(iter(columns.values())))
    ids = list(range(rows)) if customers is None else list(customers)
    return Snapshot.from_frame({"customer": ids, **columns}, as_of=as_of)
