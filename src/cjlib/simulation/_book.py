"""What customers leave behind while they visit a stage."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from ._literals import Kind, Literal, Stream
from ._memory import Floats, Rows, State
from ._openings import Times
from ._plans import SOON, Plan
from ._randoms import Keys

__all__ = ["Book", "Visit"]


@attrs.frozen(eq=False)
class Book:
    """What a block of customers leaves behind, in the order of writing: events, changes by attribute."""

    kinds: dict[Kind, int]
    events: list[tuple[Rows, Times, NDArray[np.int16], Floats, NDArray[np.int64]]]
    changes: dict[str, list[tuple[Rows, Times, NDArray[np.int64]]]]

    def change(self, name: str, rows: Rows, times: Times, values: NDArray[np.int64]) -> None:
        self.changes.setdefault(name, []).append((rows, times, values))


@attrs.frozen(eq=False)
class Visit:
    """Customers who enter a stage and follow one plan; one element of each array per customer."""

    plan: Plan
    rows: Rows
    starts: Times
    ends: Times
    keys: Keys
    energy: Floats  # satisfaction, which drives the use
    until: int
    is_first: bool
    following: tuple[Literal, ...]  # what is read in the stage that is entered next
    state: State
    book: Book
    parts: list[tuple[Kind, Rows, Times, Floats]] = attrs.field(factory=list)

    @property
    def soon(self) -> Times:
        return self.starts if self.is_first else self.starts + SOON

    def emit(self, kind: Kind, at: Rows, times: Times, values: Floats | None = None) -> None:
        """Write events of the customers at these positions."""
        known = times <= self.until
        values = np.full(len(at), np.nan) if values is None else values
        if known.any():
            self.parts.append((kind, at[known], times[known], values[known]))

    def emitted(self, stream: Stream, after: Times) -> NDArray[np.int64]:
        """How many events of the stream the visit has so far, later than the moment."""
        found = np.zeros(len(self.rows), np.int64)
        for kind, at, times, _ in self.parts:
            if stream.takes(kind):
                found += np.bincount(at[times > after[at]], minlength=len(self.rows))
        return found
