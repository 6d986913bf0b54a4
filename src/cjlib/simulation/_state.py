"""What belongs to a customer: its own chance, what it remembers, what it leaves behind."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from .._jit import inner, jit
from ..data._order import in_order
from ..errors import UsageError
from ._literals import COMPARE, Kind, Literal, Stream
from ._plans import AIMS, SOON, Domain, Plan

__all__ = [
    "NEVER", "UNKNOWN", "Book", "Flags", "Floats", "Keys", "Memory", "Rows", "State", "Times", "Visit",
    "integers", "keys_of", "memories_of", "normal", "seed_key", "shifted_lognormal", "uniform",
]  # fmt: skip

Keys = NDArray[np.uint64]
Rows = NDArray[np.int64]
Times = NDArray[np.int64]
Flags = NDArray[np.bool_]
Floats = NDArray[np.floating[Any]]

NEVER = -(2**61)
UNKNOWN = np.iinfo(np.int64).min
_VALUES_KEPT = 8
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_LONGEST = 0.994  # durations end at this share of their distribution, so that every plan has an end


@inner
def _mixed(bits: np.uint64) -> np.uint64:
    """The finaliser of splitmix64 (Steele, Lea, Flood 2014): every bit reaches every other."""
    bits = (bits ^ (bits >> np.uint64(30))) * _FIRST
    bits = (bits ^ (bits >> np.uint64(27))) * _SECOND
    return bits ^ (bits >> np.uint64(31))


@jit
def _drawn(keys: Keys, label: np.uint64, items: Rows, out: Floats) -> None:
    for i in range(len(out)):
        item = np.uint64(items[i % len(items)])
        bits = _mixed((keys[i] ^ label) + _GOLDEN * item) >> np.uint64(12)
        out[i] = (np.float64(bits) + 0.5) * 2.0**-52


@jit
def _keys(seed: np.uint64, customers: Rows, number: np.uint64, out: Keys) -> None:
    for i in range(len(out)):
        own = _mixed(seed + _GOLDEN * (np.uint64(customers[i]) + np.uint64(1)))
        out[i] = _mixed(own + _GOLDEN * number)


def seed_key(seed: int | np.random.Generator) -> int:
    """The 64 bits that a seed stands for; a Generator is asked once."""
    if isinstance(seed, np.random.Generator):
        return int(seed.integers(0, 2**63))
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise UsageError(f"simulate: seed is a number, 0 or more, or a numpy Generator, not {seed!r:.80}")
    return int(np.random.SeedSequence(seed).generate_state(1, np.uint64)[0])


def keys_of(seed: int, customers: Rows, number: int = 0) -> Keys:
    """One key per customer and visit number; the same whoever else is simulated."""
    keys = np.empty(len(customers), np.uint64)
    _keys(np.uint64(seed), customers, np.uint64(number), keys)
    return keys


def uniform(keys: Keys, purpose: str, item: int | Rows = 0) -> Floats:
    """Numbers in (0, 1), one per key, independent between purposes and items."""
    label = np.uint64(zlib.crc32(purpose.encode()) * int(_GOLDEN) % 2**64)
    found = np.empty(len(keys))
    _drawn(keys, label, np.atleast_1d(np.asarray(item, np.int64)), found)
    return found


def integers(keys: Keys, purpose: str, count: int, item: int | NDArray[Any] = 0) -> NDArray[np.int64]:
    """Numbers 0 … count − 1."""
    return (uniform(keys, purpose, item) * count).astype(np.int64)


def normal(keys: Keys, purpose: str, item: int | NDArray[Any] = 0) -> Floats:
    """Standard normal numbers."""
    from scipy.special import ndtri

    found: Floats = ndtri(uniform(keys, purpose, item))
    return found


def shifted_lognormal(shares: Floats, median: Floats, shape: float, longest: Floats) -> Floats:
    """The quantiles of a lognormal duration that is cut off at ``longest`` (all in the same unit).

    >>> shifted_lognormal(np.array([0.5]), np.array([10.0]), 0.5, np.array([np.inf])).round(1)
    array([10.])
    """
    from scipy.special import ndtr, ndtri

    with np.errstate(divide="ignore"):
        cut = np.minimum(ndtr((np.log(longest) - np.log(median)) / shape), _LONGEST)
    cut = np.where(np.isinf(longest), _LONGEST, cut)
    found: Floats = median * np.exp(shape * ndtri(shares * np.maximum(cut, 1e-290)))
    return np.minimum(found, longest)


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
        starts, order, times, _ = in_order(rows, len(self.totals), times, None)
        counts = np.diff(starts)
        owners = np.flatnonzero(counts)
        rows, values, counts, first = rows[order], values[order], counts[owners], starts[owners]
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


@attrs.frozen(eq=False)
class Book:
    """What a block of customers leaves behind, in the order of writing: events, changes by attribute."""

    kinds: dict[Kind, int]
    events: list[tuple[Rows, Times, NDArray[np.int16], Floats, NDArray[np.int64]]]
    changes: dict[str, list[tuple[Rows, Times, NDArray[np.int64]]]]

    def write(self, kind: Kind, rows: Rows, times: Times, values: Floats, people: Rows) -> None:
        """Events of one kind."""
        number = self.kinds.setdefault(kind, len(self.kinds))
        self.events.append((rows, times, np.full(len(rows), number, np.int16), values, people))

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
