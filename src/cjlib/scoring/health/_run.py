"""Scores of some rows: the kernel block by block, then what people say."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

import attrs
import numpy as np
from numpy.typing import NDArray

from ...journey._scorecards import Scorecard
from ._columns import Column, block_of, column_of, scores_of
from ._kernel import fill_missing, score_block
from ._overrides import InForce, Override
from ._plan import COARSE, HealthPlan

if TYPE_CHECKING:
    from ...snapshots import Snapshot

__all__ = [
    "OVERRIDE",
    "PULSE",
    "ROUNDING",
    "Outcome",
    "Prepared",
    "in_order",
    "judge",
    "outcome",
    "people_make",
    "rounded",
]

T = TypeVar("T")
Floats = NDArray[np.float64]
Change = Callable[[Floats], Floats]

PULSE, ROUNDING, OVERRIDE = "@pulse", "@rounding", "@override"
BLOCK = 4096
THREADED = 1 << 15  # rows from which on a second thread is worth its start
ALMOST_HALF = 1e-9


@attrs.frozen(eq=False)
class Outcome:
    """What was found out about some rows, in the terms of `Scores`."""

    values: Floats
    parts: Floats
    base: Floats
    coverage: Floats
    low: Floats
    high: Floats

    @classmethod
    def room(cls, rows: int, parts: int) -> Outcome:
        """Room for some rows; every part lies in one piece, as it is computed."""
        values, base, coverage, low, high = (np.empty(rows) for _ in range(5))
        return cls(values, np.empty((parts, rows)).T, base, coverage, low, high)

    def score(
        self, block: tuple[Floats, Floats, Floats, Floats], plan: HealthPlan, start: int, scratch: Floats
    ) -> None:
        """Let the kernel fill a block of rows, from start on."""
        rows = slice(start, start + block[0].shape[1])
        values, coverage, low, high = (one[rows] for one in (self.values, self.coverage, self.low, self.high))
        score_block(*block, plan.arrays, values, self.parts.T, coverage, low, high, start, scratch)


@attrs.frozen(eq=False, kw_only=True)
class Prepared:
    """A snapshot as the arithmetic reads it.

    Attributes:
        card: the scorecard.
        plans: it and its variants, compiled.
        columns: a column per measure.
        variants: (n,) which plan judges each row; None if there is only one.
        undefined: (n,) where nothing is to be said; None if nowhere.
        pulse: (n,) scores of the pulse and how much they count; None without one.
        decided: what people decided about whole scores, row by row.
        held: by row, the measures whose scores people decided.
        part_names: the columns of the parts.
        fingerprint: that of the snapshot.
    """

    card: Scorecard
    plans: Sequence[HealthPlan]
    columns: dict[str, Column]
    variants: NDArray[np.int64] | None
    undefined: NDArray[np.bool_] | None
    pulse: tuple[Floats, Floats] | None
    decided: InForce
    held: dict[int, set[str]]
    part_names: tuple[str, ...]
    fingerprint: str

    @classmethod
    def of(
        cls,
        card: Scorecard,
        plans: Sequence[HealthPlan],
        snapshot: Snapshot,
        *,
        given: frozenset[str],
        overrides: InForce,
        has_overrides: bool,
        variants: NDArray[np.int64] | None,
        undefined: NDArray[np.bool_] | None,
    ) -> Prepared:
        """What a scorecard reads of a snapshot."""
        measures = {one.id: one for plan in plans for one in plan.measures}
        columns = {
            id: column_of(card, one, snapshot, [o for o in overrides if o[1].measure == id], id in given)
            for id, one in measures.items()
        }
        held: dict[int, set[str]] = {}
        for row, one in overrides:
            if one.measure is not None:
                held.setdefault(row, set()).add(one.measure)
        extras = [PULSE] if card.pulse else []
        extras += [ROUNDING] if card.decimals is not None else []
        extras += [OVERRIDE] if has_overrides else []
        return cls(
            card=card, plans=plans, columns=columns, variants=variants, undefined=undefined,
            pulse=None if card.pulse is None else scores_of(card, card.pulse, snapshot),
            decided=[pair for pair in overrides if pair[1].measure is None],
            held=held, part_names=(*plans[0].part_names, *extras), fingerprint=snapshot.fingerprint,
        )  # fmt: skip

    def snapped(self, scores: Any) -> Any:
        """The nearest multiples of the quantum where it is coarse, or sums of parts would not be exact."""
        quantum = max(float(plan.arrays.card["quantum"][0]) for plan in self.plans)
        return np.rint(scores / quantum) * quantum if quantum > COARSE else scores


def outcome(prepared: Prepared, rows: slice, *, threads: int | None = None) -> Outcome:
    """The scores of some consecutive rows, on as many threads as there are processors if unsaid."""
    size = rows.stop - rows.start
    names = prepared.part_names
    found = Outcome.room(size, len(names))
    if prepared.variants is None:
        found.base[:] = prepared.plans[0].base
        _fill(prepared.plans[0], prepared.columns, rows, found, threads)
    else:
        _fill_variants(prepared, prepared.variants[rows], rows, found, threads)
    _by_people(prepared, rows, found)
    return found


def _fill_variants(
    prepared: Prepared, variants: NDArray[np.int64], rows: slice, found: Outcome, threads: int | None
) -> None:
    """Every variant scores the rows that it judges."""
    for number in np.unique(variants).tolist():
        own = np.flatnonzero(variants == number)
        columns = {id: one.take(own + rows.start) for id, one in prepared.columns.items()}
        part = Outcome.room(len(own), found.parts.shape[1])
        part.base[:] = prepared.plans[number].base
        _fill(prepared.plans[number], columns, slice(0, len(own)), part, threads)
        for whole, some in zip(_arrays(found), _arrays(part), strict=True):
            whole[own] = some


def _arrays(found: Outcome) -> tuple[Floats, ...]:
    return attrs.astuple(found, recurse=False)


def _fill(
    plan: HealthPlan, columns: dict[str, Column], rows: slice, found: Outcome, threads: int | None
) -> None:
    """One plan scores rows of columns, block by block."""
    chosen = [columns[measure.id] for measure in plan.measures]
    found.parts[:, plan.unwritten(found.parts.shape[1])] = 0.0

    def work(start: int, stop: int) -> None:
        room = min(BLOCK, stop - start)
        metrics = np.empty(room * len(chosen))
        scratch = np.empty(2 * room * (len(chosen) + len(plan.groups)))
        for first in range(start, stop, BLOCK):
            block = slice(first, min(first + BLOCK, stop))
            found.score(block_of(chosen, block, metrics), plan, first - rows.start, scratch)

    size = rows.stop - rows.start
    threads = (threads or os.cpu_count() or 1) if size >= THREADED else 1
    if threads == 1:
        work(rows.start, rows.stop)
    else:
        ends = [rows.start + size * number // threads for number in range(threads + 1)]
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(work, ends, ends[1:]))


def in_order(task: Callable[[int], T], starts: Sequence[int]) -> Iterator[T]:
    """What a task makes of every start, in their order, computed ahead by one for every processor."""
    threads = os.cpu_count() or 1
    if threads == 1 or len(starts) == 1:
        yield from map(task, starts)
        return
    with ThreadPoolExecutor(threads) as pool:
        ahead: deque[Future[T]] = deque()
        try:
            for start in starts:
                ahead.append(pool.submit(task, start))
                if len(ahead) > threads:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


def _by_people(prepared: Prepared, rows: slice, found: Outcome) -> None:
    """What the pulse, rounding and overrides make of the scores; each has its part."""
    card, column = prepared.card, {name: i for i, name in enumerate(prepared.part_names)}
    if prepared.pulse is not None:
        pulse, shares = (one[rows] for one in prepared.pulse)
        _change(prepared, found, column[PULSE], lambda scores: _pulsed(card, scores, pulse, shares))
    if card.decimals is not None:
        _change(prepared, found, column[ROUNDING], lambda scores: rounded(card, scores))
    for row, override in prepared.decided:
        if rows.start <= row < rows.stop:
            _override(prepared, found, row - rows.start, column[OVERRIDE], override)
    if prepared.undefined is not None:
        for one in (found.values, found.parts, found.low, found.high):
            one[prepared.undefined[rows]] = np.nan


def people_make(prepared: Prepared, raw: Floats) -> Floats:
    """(n,) what clipping, the pulse, rounding and overrides make of scores of all rows."""
    parts = np.zeros((len(raw), len(prepared.part_names)))
    ends = [np.clip(raw, *prepared.card.scale) for _ in range(3)]
    found = Outcome(ends[0], parts, np.zeros(len(raw)), np.zeros(len(raw)), ends[1], ends[2])
    _by_people(prepared, slice(0, len(raw)), found)
    return found.values


def judge(prepared: Prepared, number: int, rows: NDArray[np.intp]) -> tuple[Floats, Floats, Floats, Floats]:
    """Of the measures of one plan (m, n): known scores, shares, what counts as score, and of the weight.

    The columns must hold scores.
    """
    plan = prepared.plans[number]
    columns = [prepared.columns[measure.id].take(rows) for measure in plan.measures]
    known, _, _, shares = block_of(columns, slice(0, len(rows)))
    filled, weighed = np.empty_like(known), np.empty_like(shares)
    fill_missing(known, shares, plan.arrays, filled, weighed)
    whole = np.ones_like(known)
    return known, shares if shares.size else whole, filled, weighed if weighed.size else whole


def _change(prepared: Prepared, found: Outcome, column: int, change: Change) -> None:
    before = found.values.copy()
    for one in (found.values, found.low, found.high):
        one[:] = prepared.snapped(change(one))
    found.parts[:, column] = found.values - before


def _pulsed(card: Scorecard, scores: Floats, pulse: Floats, shares: Floats) -> Floats:
    """What a pulse makes of scores; it never makes a better score the worse one."""
    heard = np.fmin(scores, pulse) if card.pulse_as == "veto" else scores + np.nan_to_num(pulse)
    heard = np.clip(heard, *card.scale)
    faded = np.where(shares == 1, heard, scores + shares * (heard - scores))
    return np.where(np.isnan(scores) | (shares == 0), scores, faded)


def rounded(card: Scorecard, scores: Floats) -> Floats:
    """To the decimals of the scorecard, halves upwards; what is a half but for rounding errors is one."""
    unit = 10.0 ** (card.decimals or 0)
    units = scores * unit
    rounded = np.floor(units + 0.5 + ALMOST_HALF * np.maximum(1.0, np.abs(units))) / unit
    return np.clip(rounded, *card.scale)


def _override(prepared: Prepared, found: Outcome, row: int, column: int, override: Override) -> None:
    before = found.values[row]
    found.values[row] = prepared.snapped(override.apply(before))
    if np.isnan(before) and override.value is not None:
        found.parts[row] = 0.0
        before = found.base[row]
    found.parts[row, column] += found.values[row] - before
    for end in (found.low, found.high):
        end[row] = prepared.snapped(override.apply(end[row]))
