"""What the kernels take: rows, events and questions as arrays."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Final, NamedTuple

import attrs
import numpy as np
import numpy.typing as npt

from .._jit import jit
from ..errors import UsageError

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Flags = npt.NDArray[np.int8]
Places = npt.NDArray[np.uint32]  # positions that are never negative, which spares kernels a test
Floats = npt.NDArray[np.float64]
Int = int | np.int64

DAY: Final = 86_400_000_000
ALWAYS: Final = -1  # no window: the whole past
NEVER: Final = 2**63 - 1
BLOCK: Final = 64  # long windows are summed by blocks of so many matches, counted from the first
LONG: Final = 2 * BLOCK
CHUNK: Final = 8_000
CELLS: Final = 2_048

COUNT: Final = 0
SUM: Final = 1
MEAN: Final = 2
MIN: Final = 3
MAX: Final = 4
FIRST: Final = 5
LAST: Final = 6
FIRST_TIME: Final = 7
LAST_TIME: Final = 8
AGE: Final = 9  # days since the latest
TREND: Final = 10
DAYS: Final = 11  # different calendar days
ACTORS: Final = 12  # different actors

NEEDS_VALUE: Final = 1
NEEDS_ACTOR: Final = 2


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

    @cached_property
    def places(self) -> tuple[Codes, Codes]:
        """(rows,) the position of each row's customer, and that of its moment."""
        customers, numbers = np.empty(len(self), np.int32), np.empty(len(self), np.int32)
        lay_out(self.begins, len(self.moments), customers, numbers)
        return customers, numbers

    @property
    def customers(self) -> Codes:
        """(rows,) the position of each row's customer."""
        return self.places[0]

    @property
    def numbers(self) -> Codes:
        """(rows,) the position of each row's moment."""
        return self.places[1]

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


@jit
def lay_out(begins: Ints, moments: int, customers: Codes, numbers: Codes) -> None:
    """Name the customer and the moment of every row."""
    row = 0
    for customer in range(len(begins)):
        for number in range(begins[customer], moments):
            customers[row], numbers[row] = customer, number
            row += 1


class Moments(NamedTuple):
    """Moments in ascending order, and cells of time in which the next of them is found at once."""

    time: Ints  # (moments,)
    cells: Ints  # (1,) each is so many powers of two microseconds long, the first from the first moment on
    next: Ints  # (cells + 1,) the position of the first moment that is not before the cell


def in_cells(moments: Ints) -> Moments:
    """The moments with their cells, about as many as make a cell with a moment in it rare."""
    first, span = int(moments[0]), int(moments[-1]) - int(moments[0])
    shift = max(span.bit_length() - CELLS.bit_length(), 0)
    cells = np.arange((span >> shift) + 2, dtype=np.int64)
    following = np.searchsorted(moments, first + (cells << shift)).astype(np.int64)
    return Moments(moments, np.array([shift], np.int64), following)


class Events(NamedTuple):
    """What customers lived, one after the other in order of time; a column that is not there is empty."""

    begin: Ints  # (customers,) the slice of each
    end: Ints
    time: Ints
    kind: Codes  # the activity
    value: Floats
    channel: Codes
    actor: Codes
    recorded: Ints


class Questions(NamedTuple):
    """What is asked of them: filters, and for each the aggregates over windows of what it lets pass."""

    kinds: Flags  # (filters, kinds)
    channel: Codes  # (filters,) -1: any
    needs: Codes  # (filters,)
    lowest: Floats  # (filters,) the range of values, for those that need one
    highest: Floats
    asked_from: Ints  # (filters + 1,) slices of what follows
    aggregate: Codes  # (questions,)
    window: Ints
    lag: Ints  # the window is (t - lag - window, t - lag]
    zone: Codes
    zone_from: Ints  # (zones + 1,) slices of what follows
    zone_since: Ints  # from when on a shift against UTC holds
    zone_shift: Ints
    codes: Ints  # the earliest day, and how many different actors or days there can be


class Segments(NamedTuple):
    """Rows that know the same events: a customer's, or where events came late each row for itself."""

    customer: Ints
    first: Ints  # the moments of the rows, from first to last
    last: Ints
    begin: Ints  # the slice of the matches
    end: Ints


class Matches(NamedTuple):
    """The events that a filter let pass, and what their blocks amount to."""

    time: Ints
    value: Floats
    actor: Codes
    code: Codes  # of what is counted once
    sums: Floats  # (blocks,)
    minima: Floats
    maxima: Floats
    lines: Floats  # (blocks, 4) for the trend
    seen: Codes  # (codes,) all 0 between uses


class Windows(NamedTuple):
    """Of every row: its moment and the slice of the matches that its window holds."""

    moment: Ints
    low: Places
    high: Places


def scratch(x: Events, codes: int, moments: int, first: int, last: int) -> tuple[Segments, Matches, Windows]:
    """Room for one chunk of the customers from first to last, or for the one with the most events."""
    most = int((x.end[first:last] - x.begin[first:last]).max(initial=0))
    rows = CHUNK + moments
    size = CHUNK + most + LONG + CHUNK // 2 + rows
    blocks = size // BLOCK + 1
    return (
        Segments(*(np.empty(rows, np.int64) for _ in Segments._fields)),
        Matches(
            time=np.zeros(size, np.int64), value=np.empty(size), actor=np.empty(size, np.int32),
            code=np.empty(size, np.int32), sums=np.empty(blocks), minima=np.empty(blocks),
            maxima=np.empty(blocks), lines=np.empty((blocks, 4)), seen=np.zeros(codes, np.int32),
        ),
        Windows(np.empty(rows, np.int64), np.empty(rows, np.uint32), np.empty(rows, np.uint32)),
    )  # fmt: skip


def positions_of(rows: Any, n_rows: int) -> npt.NDArray[np.intp]:
    """(k,) positions, given by a mask over the rows or by themselves.

    Raises:
        UsageError: if they are neither.
    """
    asked = np.asarray(rows)
    if asked.dtype == bool and asked.shape == (n_rows,):
        return np.flatnonzero(asked)
    if asked.ndim == 1 and (asked.size == 0 or asked.dtype.kind in "iu"):
        asked = asked.astype(np.intp)
        if ((-n_rows <= asked) & (asked < n_rows)).all():
            return asked
    raise UsageError(
        f"a mask over {n_rows:,} rows or some of their positions were expected, not {rows!r:.60}"
    )
