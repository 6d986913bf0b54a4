"""The ledger: what was refused, what was noted, and where it stood."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs
import numpy as np

from ._tables import Table

__all__ = ["Findings", "Ledger", "LedgerEntry"]

SHOWN = 10


@attrs.frozen
class LedgerEntry:
    """One kind of thing that was found in the data.

    Attributes:
        reason: what it is, such as ``missing customer``.
        rows: how many rows (or customers, or names, as the reason says).
        row_numbers: the first of them, counted from 0 in the input.
        detail: what was decided, or what was found there.
    """

    reason: str
    rows: int
    row_numbers: tuple[int, ...] = ()
    detail: str = ""

    def __str__(self) -> str:
        numbers = ", ".join(map(str, self.row_numbers)) + (", …" if self.rows > len(self.row_numbers) else "")
        place = f" (row{'s' if self.rows > 1 else ''} {numbers})" if self.row_numbers else ""
        return f"{self.rows:,} × {self.reason}{place}" + (f": {self.detail}" if self.detail else "")


@attrs.frozen
class Ledger:
    """What reading left out, and what it decided.

    Attributes:
        refused: rows that were left out, by reason; a row can have several reasons.
        noted: what was kept and deserves to be known.
        read: how many rows there were.
        kept: how many of them are in use.

    >>> ledger = Ledger(read=3, kept=2).add(refused=[LedgerEntry("missing customer", 1, (2,))])
    >>> print(ledger)
    3 rows read, 2 kept
    refused: 1 × missing customer (row 2)
    """

    refused: tuple[LedgerEntry, ...] = ()
    noted: tuple[LedgerEntry, ...] = ()
    read: int = 0
    kept: int = 0

    def add(self, *, refused: Iterable[LedgerEntry] = (), noted: Iterable[LedgerEntry] = ()) -> Ledger:
        """A ledger with more entries; this one stays as it is."""
        return attrs.evolve(self, refused=(*self.refused, *refused), noted=(*self.noted, *noted))

    def __str__(self) -> str:
        lines = [f"{self.read:,} rows read, {self.kept:,} kept"]
        lines += [f"refused: {entry}" for entry in self.refused]
        lines += [f"noted: {entry}" for entry in self.noted]
        return "\n".join(lines)

    def to_table(self) -> Table:
        """One row per entry: kind, reason, rows, detail."""
        entries = [("refused", e) for e in self.refused] + [("noted", e) for e in self.noted]
        return Table(
            {
                "kind": _objects(kind for kind, _ in entries),
                "reason": _objects(entry.reason for _, entry in entries),
                "rows": np.array([entry.rows for _, entry in entries], dtype=np.int64),
                "detail": _objects(entry.detail for _, entry in entries),
            },
            name="ledger",
        )


def _objects(values: Iterable[str]) -> np.ndarray:
    return np.array([*values], dtype=object)


class Findings:
    """What is found while a source is read; it becomes the ledger."""

    def __init__(self, n_rows: int) -> None:
        self.n_rows = n_rows
        self.refused: list[LedgerEntry] = []
        self.noted: list[LedgerEntry] = []
        self._is_bad: np.ndarray | None = None

    def refuse(self, reason: str, rows: Any, detail: str = "") -> None:
        """Leave rows out, given as a boolean mask or as row numbers."""
        numbers = as_row_numbers(rows)
        if len(numbers):
            if self._is_bad is None:
                self._is_bad = np.zeros(self.n_rows, dtype=bool)
            self._is_bad[numbers] = True
            self.refused.append(LedgerEntry(reason, len(numbers), _first(numbers), detail))

    def note(self, reason: str, rows: Any, detail: str = "") -> None:
        """Say something about rows that stay, given as a mask, as row numbers or as their count."""
        if isinstance(rows, (int, np.integer)):
            entry = LedgerEntry(reason, int(rows), (), detail)
        else:
            numbers = as_row_numbers(rows)
            entry = LedgerEntry(reason, len(numbers), _first(numbers), detail)
        if entry.rows:
            self.noted.append(entry)

    def is_refused(self) -> np.ndarray:
        """(n_rows,) bool: which rows were refused so far."""
        return np.zeros(self.n_rows, dtype=bool) if self._is_bad is None else self._is_bad

    def is_kept(self) -> np.ndarray | None:
        """(n_rows,) bool; None if all rows stay."""
        return None if self._is_bad is None else ~self._is_bad

    def ledger(self) -> Ledger:
        """All that was found so far."""
        n_bad = 0 if self._is_bad is None else int(self._is_bad.sum())
        return Ledger(tuple(self.refused), tuple(self.noted), self.n_rows, self.n_rows - n_bad)


def as_row_numbers(rows: Any) -> np.ndarray:
    """Row numbers, from a boolean mask or from numbers."""
    rows = np.asarray(rows)
    return np.flatnonzero(rows) if rows.dtype == bool else rows.astype(np.int64)


def _first(numbers: np.ndarray) -> tuple[int, ...]:
    return tuple(int(number) for number in numbers[:SHOWN])
