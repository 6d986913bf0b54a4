"""What can be asked of the data, and the answers: kernels get their arrays, threads their customers."""

from __future__ import annotations

import itertools
import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import attrs
import numpy as np

from ..data._times import offsets, zone_of
from ._kernels import first_starts, held, mean_spans, measure, next_ends, stays
from ._known import EVENTS, MILESTONES, VISITS, Happened, Known, Stream, frozen
from ._layout import (
    ACTORS,
    ALWAYS,
    DAY,
    DAYS,
    FIRST_TIME,
    NEEDS_ACTOR,
    NEEDS_VALUE,
    Flags,
    Floats,
    Grid,
    Ints,
    Questions,
    in_cells,
    scratch,
)

__all__ = [
    "Anchor", "Filter", "Held", "Pairing", "Question", "Request", "Stay", "answer_all", "width",
]  # fmt: skip

BLOCK_WEIGHT = 200_000


@attrs.frozen(kw_only=True)
class Filter:
    """Which of the things that happened count.

    Attributes:
        stream: where they are looked for.
        kinds: activities (stages, milestones); None for all.
        channel: only over this channel.
        needs: a bit for each column that must hold something.
        lowest: the smallest value that counts, where values are needed.
        highest: the largest.
    """

    stream: Stream = EVENTS
    kinds: tuple[str, ...] | None = None
    channel: str | None = None
    needs: int = 0
    lowest: float = -math.inf
    highest: float = math.inf


@attrs.frozen(kw_only=True)
class Question:
    """An aggregate of what a filter lets pass in (t - lag - window, t - lag], in microseconds."""

    filter: Filter
    aggregate: int
    window: int = ALWAYS
    lag: int = 0
    zone: str = "UTC"


@attrs.frozen(kw_only=True)
class Held:
    """The value of an attribute a while before t, as it is known at t."""

    attribute: str
    lag: int = 0


@attrs.frozen(kw_only=True)
class Stay:
    """The time spent in a stage in (t - window, t]."""

    stage: str
    window: int = ALWAYS


@attrs.frozen
class Anchor:
    """Where a time begins or ends: something that recurs in a stream, or a moment that comes once."""

    kind: str
    name: str


@attrs.frozen(kw_only=True)
class Pairing:
    """Starts and ends that belong together: which pair, or the mean over those that ended in the window."""

    start: Anchor
    end: Anchor
    of: str
    window: int = ALWAYS


Request = Question | Held | Stay | Pairing
Answers = Mapping[Request, tuple[Floats, ...]]


def answer_all(known: Known, grid: Grid, requests: Sequence[Request], threads: int | None) -> Answers:
    """(rows,) arrays for every request: one for a question or a stay, more for the others.

    An attribute gives its value and since when it holds, a pairing the times of start and end, both in
    microseconds, and the mean in days.
    """
    answers: dict[Request, tuple[Floats, ...]] = {}
    questions = [request for request in requests if isinstance(request, Question)]
    for stream in dict.fromkeys(question.filter.stream for question in questions):
        chosen = [question for question in questions if question.filter.stream == stream]
        answers.update(ask(known.stream(stream), chosen, grid, threads))
    for request in requests:
        if isinstance(request, Held):
            answers[request] = _held(known, grid, request)
        elif isinstance(request, Stay):
            answers[request] = (_stay(known, grid, request),)
        elif isinstance(request, Pairing):
            answers[request] = _pairing(known, grid, request, threads)
    return answers


def width(requests: tuple[Request, ...]) -> int:
    """How many arrays answer them."""
    return sum(_width(one) for one in requests)


def _width(request: Request) -> int:
    if isinstance(request, Pairing):
        return 3 if request.of == "mean" else 2
    return 2 if isinstance(request, Held) else 1


def ask(
    happened: Happened, questions: Sequence[Question], grid: Grid, threads: int | None
) -> dict[Request, tuple[Floats, ...]]:
    """One pass over a stream that answers all questions about it."""
    filters = list(dict.fromkeys(question.filter for question in questions))
    ordered = [q for one in filters for q in sorted({*questions}, key=_window) if q.filter == one]
    asked = as_arrays(happened, filters, ordered, grid)
    out = np.empty((len(ordered), len(grid)))
    begins, rows = (frozen(array, np.int64) for array in (grid.begins, grid.rows))
    moments = in_cells(frozen(grid.moments, np.int64))

    def work(block: tuple[int, int]) -> None:
        space = scratch(happened.events, int(asked.codes[1]), len(grid.moments), *block)
        measure(happened.events, asked, *space, moments, begins, rows, block[0], block[1], out)

    blocks = list(_blocks(happened, grid))
    workers = max(1, min(threads or os.cpu_count() or 1, len(blocks)))
    if workers == 1:
        for block in blocks:
            work(block)
    else:
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(work, blocks))
    return {question: (out[number],) for number, question in enumerate(ordered)}


def _window(question: Question) -> tuple[int, int, int]:
    return question.lag, question.window, question.aggregate


def _blocks(happened: Happened, grid: Grid) -> Iterator[tuple[int, int]]:
    """Customers from first to last with about the same work each."""
    x = happened.events
    weight = np.concatenate([[0], np.cumsum(x.end - x.begin)]) + grid.rows
    marks = np.searchsorted(weight, np.arange(BLOCK_WEIGHT, weight[-1], BLOCK_WEIGHT))
    edges = np.unique(np.concatenate([[0], marks, [len(grid.begins)]])).tolist()
    yield from itertools.pairwise(edges)


def as_arrays(
    happened: Happened, filters: Sequence[Filter], ordered: Sequence[Question], grid: Grid
) -> Questions:
    """The questions as the kernel wants them; those about one filter stand together."""
    zones = list(dict.fromkeys(question.zone for question in ordered))
    low, high = _span(happened, grid)
    shifts = [_shifts(zone, low, high) for zone in zones]
    days = any(question.aggregate == DAYS for question in ordered)
    actors = any(question.aggregate == ACTORS for question in ordered)
    codes = max((high - low) // DAY + 8 if days else 1, happened.actors if actors else 1)
    counts = [sum(question.filter == one for question in ordered) for one in filters]
    return Questions(
        kinds=np.array([_kinds(happened, one) for one in filters], np.int8),
        channel=np.array([_channel(happened, one) for one in filters], np.int32),
        needs=np.array([one.needs for one in filters], np.int32),
        lowest=np.array([one.lowest for one in filters]),
        highest=np.array([one.highest for one in filters]),
        asked_from=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        aggregate=np.array([question.aggregate for question in ordered], np.int32),
        window=np.array([question.window for question in ordered], np.int64),
        lag=np.array([question.lag for question in ordered], np.int64),
        zone=np.array([zones.index(question.zone) for question in ordered], np.int32),
        zone_from=np.concatenate([[0], np.cumsum([len(since) for since, _ in shifts])]).astype(np.int64),
        zone_since=np.concatenate([since for since, _ in shifts]),
        zone_shift=np.concatenate([shift for _, shift in shifts]),
        codes=np.array([low // DAY - 3, codes], np.int64),
    )


def _span(happened: Happened, grid: Grid) -> tuple[int, int]:
    """The first and the last time that can matter."""
    time = happened.events.time
    first = int(time.min()) if len(time) else int(grid.moments[0])
    return first, max(first, min(int(time.max()) if len(time) else first, int(grid.moments[-1])))


def _shifts(zone: str, low: int, high: int) -> tuple[Ints, Ints]:
    """From when on which shift against UTC holds in a zone."""
    since, shift = offsets(low, high, zone_of(zone)) if zone != "UTC" else (np.zeros(1), np.zeros(1))
    return np.concatenate([[np.iinfo(np.int64).min], since[1:]]).astype(np.int64), shift.astype(np.int64)


def _kinds(happened: Happened, one: Filter) -> Flags:
    """(kinds,) which of them a filter lets pass; none where the column that it needs is not there."""
    x = happened.events
    lacks = (one.needs & NEEDS_VALUE and len(x.value) == 0) or (one.needs & NEEDS_ACTOR and len(x.actor) == 0)
    if lacks or (one.channel is not None and len(x.channel) == 0):
        return np.zeros(len(happened.kinds), np.int8)
    return _flags(happened, one.kinds)


def _flags(happened: Happened, kinds: Iterable[str] | None) -> Flags:
    if kinds is None:
        return np.ones(len(happened.kinds), np.int8)
    return np.isin(np.array(happened.kinds, dtype=object), list(kinds)).astype(np.int8)


def _channel(happened: Happened, one: Filter) -> int:
    if one.channel is None or len(happened.events.channel) == 0:
        return -1
    return happened.channels.index(one.channel) if one.channel in happened.channels else -2


def _held(known: Known, grid: Grid, request: Held) -> tuple[Floats, ...]:
    column = known.column(request.attribute)
    begin, end = np.zeros(known.n_customers, np.int64), np.zeros(known.n_customers, np.int64)
    begin[known.places[2]], end[known.places[2]] = column.starts[:-1], column.starts[1:]
    out, since = np.empty(len(grid)), np.empty(len(grid))
    held(
        begin, end, frozen(column.valid_from, np.int64), frozen(column.recorded, np.int64),
        frozen(column.values, np.float64), grid.moments, grid.begins, grid.rows, request.lag, out, since,
    )  # fmt: skip
    return out, since


def _stay(known: Known, grid: Grid, request: Stay) -> Floats:
    visits = known.stream(VISITS)
    stage = visits.kinds.index(request.stage)
    out = np.empty(len(grid))
    stays(visits.events, visits.left, stage, request.window, grid.moments, grid.begins, grid.rows, out)
    return out


def _pairing(known: Known, grid: Grid, request: Pairing, threads: int | None) -> tuple[Floats, ...]:
    """Start and end of the pair in microseconds; the mean in days, where it is asked for."""
    layout = (grid.moments, grid.begins, grid.rows)
    starts, found = _starts(known, grid, request, threads)
    ends = _once(known, grid, request.end, threads)
    if ends is None:
        happened, kinds = _recurring(known, request.end)
        ends = np.empty(len(grid))
        next_ends(happened.events, kinds, request.start == request.end, starts, found, *layout, ends)
    ends[np.isnan(starts)] = np.nan
    if request.of != "mean":
        return starts, ends
    happened, start_kinds = _recurring(known, request.start)
    mean, ended = np.empty(len(grid)), np.empty(len(grid))
    end_kinds = _recurring(known, request.end)[1]
    is_same = request.start == request.end
    mean_spans(happened.events, start_kinds, end_kinds, is_same, request.window, *layout, mean, ended)
    return starts, np.where(np.isnan(ended), ends, ended), mean


def _starts(known: Known, grid: Grid, request: Pairing, threads: int | None) -> tuple[Floats, Ints]:
    found = np.full(len(grid), -1, np.int64)
    starts = _once(known, grid, request.start, threads)
    window = ALWAYS if request.of == "mean" else request.window
    if starts is not None:
        if window != ALWAYS:
            starts[~(starts > grid.times - window)] = np.nan
        return starts, found
    happened, kinds = _recurring(known, request.start)
    starts = np.empty(len(grid))
    is_last = request.of != "first"
    first_starts(happened.events, kinds, is_last, window, grid.moments, grid.begins, grid.rows, starts, found)
    return starts, found


def _once(known: Known, grid: Grid, anchor: Anchor, threads: int | None) -> Floats | None:
    """(rows,) when what comes once came, NaN where it has not yet; None for what recurs."""
    if anchor.kind == "attribute":
        times = _held(known, grid, Held(attribute=anchor.name))[0]
        times[~(times <= grid.times)] = np.nan
        return times
    if anchor.kind == "milestone":
        reached = Question(filter=Filter(stream=MILESTONES, kinds=(anchor.name,)), aggregate=FIRST_TIME)
        return ask(known.stream(MILESTONES), [reached], grid, threads)[reached][0]
    return None


def _recurring(known: Known, anchor: Anchor) -> tuple[Happened, Flags]:
    happened = known.stream(VISITS if anchor.kind == "stage" else EVENTS)
    return happened, _flags(happened, [anchor.name])
