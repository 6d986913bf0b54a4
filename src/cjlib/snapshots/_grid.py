"""The rows of a panel: which customers stand there at which moments."""

from __future__ import annotations

from functools import cached_property

import attrs
import numpy as np
import numpy.typing as npt

from ._layout import Codes, Ints

__all__ = ["Grid"]


@attrs.frozen(eq=False, slots=False)
class Grid:
    """One row per customer and moment, customer by customer, from the customer's first such moment on.

    Attributes:
        moments: (moments,) ascending, in microseconds.
        begins: (customers,) the position of the first moment with a row; where there is none, one too far.
    """

    moments: Ints
    begins: Ints

    @cached_property
    def rows(self) -> Ints:
        """(customers + 1,) where each customer's rows begin."""
        rows = np.zeros(len(self.begins) + 1, np.int64)
        np.cumsum(len(self.moments) - self.begins, out=rows[1:])
        return rows

    def __len__(self) -> int:
        return int(self.rows[-1])

    @property
    def customers(self) -> Codes:
        """(rows,) the position of each row's customer."""
        positions = np.arange(len(self.begins), dtype=np.int32)
        return np.repeat(positions, len(self.moments) - self.begins)

    @property
    def numbers(self) -> Codes:
        """(rows,) the position of each row's moment."""
        if len(self.moments) == 1:
            return np.zeros(len(self), np.int32)
        shifts = self.rows[:-1] - self.begins
        return (np.arange(len(self)) - np.repeat(shifts, len(self.moments) - self.begins)).astype(np.int32)

    @property
    def times(self) -> Ints:
        """(rows,) each row's moment, in microseconds."""
        return self.moments[self.numbers]

    def at(self, number: int) -> Grid:
        """The rows of one moment."""
        return Grid(self.moments[number : number + 1], (self.begins > number).astype(np.int64))

    def rows_at(self, number: int) -> npt.NDArray[np.int64]:
        """Where the rows of one moment stand among all."""
        here = self.begins <= number
        return self.rows[:-1][here] + number - self.begins[here]
