"""What a block of customers carries from visit to visit, as columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ._attributes import AIMS, Domain
from ._literals import Kind, Literal, Stream

__all__ = ["COMPARE", "NEVER", "UNKNOWN", "Memory", "State", "in_order", "memories_of"]

Rows = NDArray[np.int64]
Flags = NDArray[np.bool_]
Floats = NDArray[np.floating[Any]]

COMPARE: dict[str, Callable[..., Any]] = {
    ">=": np.greater_equal,
    ">": np.greater,
    "<=": np.less_equal,
    "<": np.less,
    "==": np.equal,
    "!=": np.not_equal,
}
NEVER = -(2**61)
UNKNOWN = np.iinfo(np.int64).min
_VALUES_KEPT = 8


def in_order(rows: Rows, times: NDArray[np.int64]) -> Rows:
    """The order by row and time, ties as they are: one packed key is sorted, then the few ties."""
    early = times.min()
    width = int(times.max() - early).bit_length()
    if width + int(rows.max()).bit_length() > 62:
        return np.lexsort((times, rows))
    keys = (rows << width) | (times - early)
    order = np.argsort(keys)
    keys = keys[order]
    is_tie = np.zeros(len(keys), bool)
    is_tie[1:] = keys[1:] == keys[:-1]
    is_tie[:-1] |= is_tie[1:]
    if is_tie.any():
        ties = order[is_tie]
        order[is_tie] = ties[np.lexsort((ties, keys[is_tie]))]
    return order


@attrs.frozen(eq=False)
class Memory:
    """The latest events of one stream per customer, oldest first, and totals over the whole past."""

    times: NDArray[np.int64]
    values: Floats
    totals: NDArray[np.int64]
    sums: Floats
    lows: Floats
    highs: Floats

    @classmethod
    def empty(cls, customers: int, depth: int, valued: bool) -> Memory:
        return cls(
            np.full((customers, depth), NEVER, np.int64),
            np.full((customers, depth if valued else 0), np.nan),
            np.zeros(customers, np.int64),
            np.zeros(customers),
            np.full(customers, np.inf),
            np.full(customers, -np.inf),
        )

    def since(self, rows: Rows, moments: Rows) -> NDArray[np.int64]:
        """How many remembered events are later than the moment."""
        found: NDArray[np.int64] = (self.times[rows] > moments[:, None]).sum(axis=1)
        return found

    def add(self, rows: Rows, times: NDArray[np.int64], values: Floats) -> None:
        """Take in later events, in any order of customers."""
        order = in_order(rows, times)
        rows, times, values = rows[order], times[order], values[order]
        first = np.flatnonzero(np.concatenate([[True], rows[1:] != rows[:-1]]))
        owners, counts = rows[first], np.diff(np.append(first, len(rows)))
        depth = self.times.shape[1]
        self.totals[owners] += counts
        ranks = np.repeat(first + counts, counts) - 1 - np.arange(len(rows))
        near = ranks < depth
        at = np.repeat(np.arange(len(owners)), counts)[near], depth - 1 - ranks[near]
        shift = np.minimum(counts, depth)[:, None]
        columns = np.arange(depth)[None, :]
        index = np.where(columns >= depth - shift, columns + depth, columns + shift)
        self.times[owners] = _moved(self.times[owners], at, times[near], index, NEVER)
        if self.values.shape[1]:
            self.values[owners] = _moved(self.values[owners], at, values[near], index, np.nan)
            np.add.at(self.sums, rows, values)
            np.minimum.at(self.lows, rows, values)
            np.maximum.at(self.highs, rows, values)


def _moved(
    old: NDArray[Any], at: tuple[Rows, Rows], new: NDArray[Any], index: Rows, nothing: float
) -> NDArray[Any]:
    fresh = np.full_like(old, nothing)
    fresh[at] = new
    return np.take_along_axis(np.concatenate([old, fresh], axis=1), index, axis=1)


def memories_of(literals: Iterable[Literal]) -> dict[tuple[Stream, bool], int]:
    """Which streams must be remembered (by itself, or its values), and how many events of each."""
    found: dict[tuple[Stream, bool], int] = {}
    for literal in literals:
        if literal.stream is None or not literal.remembers:
            continue
        is_valued = literal.sort == "value"
        depth = _VALUES_KEPT if is_valued else int(literal.amount) + 2 + (AIMS[1] if literal.aim else 0)
        key = literal.stream, is_valued
        found[key] = max(found.get(key, 2), depth)
    return found


@attrs.frozen(eq=False)
class State:
    """A block of customers, one row each."""

    customers: NDArray[np.int64]
    first: NDArray[np.int64]
    memories: dict[tuple[Stream, bool], Memory]
    domains: dict[str, Domain]
    codes: dict[str, NDArray[np.int16]]
    dates: dict[str, NDArray[np.int64]]
    aims: dict[str, Floats]
    people: NDArray[np.int64]

    def memory(self, literal: Literal) -> Memory:
        assert literal.stream is not None
        return self.memories[literal.stream, literal.sort == "value"]

    def threshold(self, literal: Literal, rows: Rows) -> Floats:
        """The number that a literal asks of each customer."""
        number = np.full(len(rows), literal.amount, float)
        return number + self.aims[literal.aim][rows] if literal.aim else number

    def carried(self, literal: Literal, rows: Rows, moments: Rows) -> NDArray[np.int64]:
        """How many events of earlier visits count for the literal at the moment."""
        if not literal.remembers:
            return np.zeros(len(rows), np.int64)
        memory = self.memory(literal)
        if literal.window is None:
            return memory.totals[rows]
        return memory.since(rows, moments - literal.window)

    def remember(self, kind: Kind, rows: Rows, times: NDArray[np.int64], values: Floats) -> None:
        """Take in the events of a visit."""
        for (stream, is_valued), memory in self.memories.items():
            if not stream.takes(kind):
                continue
            kept = ~np.isnan(values) if is_valued else np.ones(len(rows), bool)
            if kept.any():
                memory.add(rows[kept], times[kept], values[kept])

    def truth(self, literal: Literal, rows: Rows, moments: Rows) -> Flags:
        """Whether the literal is true at the very moment of entry."""
        if literal.sort == "holds":
            return self._truth_of_attribute(literal, rows)
        if literal.sort == "value":
            return self._truth_of_value(literal, rows, moments)
        if literal.sort in ("rise", "fall"):
            return self._truth_of_count(literal, rows, moments)
        return self._truth_of_clock(literal, rows, moments)

    def _truth_of_attribute(self, literal: Literal, rows: Rows) -> Flags:
        name = str(literal.attribute)
        if name in self.domains:
            truth = self.domains[name].truth(literal)
            return np.asarray(truth[self.codes[name][rows]])
        is_known = self.dates[name][rows] != UNKNOWN
        return np.asarray(is_known == (literal.operator == "known"))

    def _truth_of_clock(self, literal: Literal, rows: Rows, moments: Rows) -> Flags:
        clock, side = literal.sort.split("_")
        gone, is_known = np.zeros(len(rows), np.int64), np.ones(len(rows), bool)
        if clock == "age":
            gone = moments - self.first[rows]
        if clock == "until":
            dates = self.dates[str(literal.attribute)][rows]
            is_known = dates != UNKNOWN
            gone = np.where(is_known, dates - moments, 0)
        return np.asarray(is_known & (gone >= literal.amount if side == "ge" else gone <= literal.amount))

    def _truth_of_count(self, literal: Literal, rows: Rows, moments: Rows) -> Flags:
        counts, bound = self.carried(literal, rows, moments), self.threshold(literal, rows)
        found = counts >= bound if literal.sort == "rise" else counts <= bound
        if literal.idle and literal.window is not None:
            idle = moments - self.first[rows]
            alone = idle < literal.window if literal.sort == "rise" else idle >= literal.window
            found = np.where(self.memory(literal).totals[rows] == 0, alone, found)
        return np.asarray(found)

    def _truth_of_value(self, literal: Literal, rows: Rows, moments: Rows) -> Flags:
        values = self.value(literal, rows, moments)
        is_known = ~np.isnan(values)
        if literal.operator in ("known", "unknown"):
            return np.asarray(is_known == (literal.operator == "known"))
        if literal.options:
            inside = np.isin(values, np.array(literal.options, float))
            return np.asarray(is_known & (inside == (literal.operator == "in")))
        return np.asarray(is_known & COMPARE[literal.operator](values, self.threshold(literal, rows)))

    def may_turn(self, literal: Literal, rows: Rows, moments: Rows) -> Flags:
        """Whether a value over a window could come right by itself, when some of its events leave."""
        if (
            literal.window is None
            or literal.kind not in ("min", "max", "mean")
            or literal.operator not in COMPARE
        ):
            return np.zeros(len(rows), bool)
        memory = self.memory(literal)
        inside = memory.times[rows] > (moments - literal.window)[:, None]
        bound = self.threshold(literal, rows)[:, None]
        holds = np.asarray(COMPARE[literal.operator](memory.values[rows], bound))
        return np.asarray((inside & holds).any(axis=1))

    def value(self, literal: Literal, rows: Rows, moments: Rows) -> Floats:
        """The value of the literal's term from earlier visits alone."""
        nothing = np.full(len(rows), 0.0 if literal.kind == "sum" else np.nan)
        if not literal.remembers:
            return nothing
        memory = self.memory(literal)
        values = memory.values[rows]
        if literal.kind == "last":
            return values[:, -1]
        if literal.window is None:
            return _over_all(memory, literal.kind, rows, nothing)
        inside = memory.times[rows] > (moments - literal.window)[:, None]
        kept = np.where(inside, values, {"min": np.inf, "max": -np.inf}.get(literal.kind, 0.0))
        counts = inside.sum(axis=1)
        found = {"min": kept.min(axis=1), "max": kept.max(axis=1)}.get(literal.kind, kept.sum(axis=1))
        if literal.kind == "mean":
            found = found / np.maximum(counts, 1)
        return np.where(counts > 0, found, nothing)


def _over_all(memory: Memory, kind: str, rows: Rows, nothing: Floats) -> Floats:
    totals = memory.totals[rows]
    sums = memory.sums[rows]
    found = {
        "sum": sums,
        "mean": sums / np.maximum(totals, 1),
        "min": memory.lows[rows],
        "max": memory.highs[rows],
    }
    return np.where(totals > 0, found[kind], nothing)
