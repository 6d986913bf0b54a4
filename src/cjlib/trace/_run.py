"""Runs the kernel over blocks of customers, on as many threads as there are, and joins what they write."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from ..errors import ReplayError
from . import _layout as lay
from ._inputs import Prepared
from ._kernel import NO_ROOM, TOO_MANY_VISITS, replay_block
from ._layout import Inputs, Ints, Program, State

__all__ = ["run"]

BLOCK_EVENTS = 500_000
NO_ALARMS = np.zeros(0, np.int64)


def run(
    prepared: Prepared,
    stages: tuple[str, ...],
    *,
    until: int | Ints,
    threads: int | None,
    max_visits: int,
    progress: Callable[[int, int], None] | None = None,
    alarms: Ints | None = None,
) -> tuple[Ints, ...]:
    """Replay everybody up to until, or each customer up to an end of their own.

    ``alarms``, where given, takes for each customer the first moment after the end at which time alone could
    matter; it is never too late.

    Returns:
        Visits, milestones, signals, handoffs and items as integer tables, in the order of the customers.
    """
    blocks = list(_blocks(prepared.inputs.customers[:, lay.X_EVENTS]))
    workers = max(1, min(threads or os.cpu_count() or 1, len(blocks)))

    n_customers = len(prepared.inputs.customers) - 1
    ends = np.array(np.broadcast_to(until, n_customers), np.int64)
    noted = NO_ALARMS if alarms is None else alarms

    def work(block: tuple[int, int]) -> list[Ints]:
        return _run_block(prepared, stages, *block, ends, max_visits, noted)

    parts: list[list[Ints]] = []
    if workers == 1:
        for block in blocks:
            parts.append(work(block))
            _tell(progress, len(parts), len(blocks))
    else:
        with ThreadPoolExecutor(workers) as pool:
            for part in pool.map(work, blocks):
                parts.append(part)
                _tell(progress, len(parts), len(blocks))
    return _joined(parts)


def _tell(progress: Callable[[int, int], None] | None, done: int, of: int) -> None:
    if progress is not None:
        progress(done, of)


def _blocks(event_from: Ints) -> Iterator[tuple[int, int]]:
    """Customers low to high with about the same number of events each."""
    n = len(event_from) - 1
    weight = event_from + np.arange(n + 1)
    marks = np.searchsorted(weight, np.arange(BLOCK_EVENTS, weight[-1], BLOCK_EVENTS))
    edges = np.unique(np.concatenate([[0], marks, [n]]))
    yield from zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)


def new_state(program: Program, inputs: Inputs, low: int, high: int) -> State:
    """Scratch space for the customers low to high."""
    edges = inputs.customers[low : high + 1, lay.X_EVENTS]
    most_events = int(np.diff(edges).max(initial=0))
    n_terms, header = len(program.terms), program.ints
    most_actors = int(inputs.actor[edges[0] : edges[-1]].max(initial=0)) + 1 if len(inputs.actor) else 1
    needs_events = header[lay.N_QUEUES] > 0 or header[lay.STAGES_DECIDE] != 0
    return State(
        counts=np.zeros((n_terms, lay.STATE_COLUMNS), np.int64),
        floats=np.zeros(n_terms + header[lay.N_ATTRIBUTES]),
        queues=np.zeros((header[lay.N_QUEUES] + 1, most_events if needs_events else 0), np.int64),
        actors=np.zeros((header[lay.N_ACTORS], most_actors), np.int64),
        marks=np.zeros(header[lay.N_MARKS], np.int64),
    )


def _run_block(
    prepared: Prepared, stages: tuple[str, ...], low: int, high: int, ends: Ints, most: int, alarms: Ints
) -> list[Ints]:
    program, inputs = prepared.compiled.program, prepared.inputs
    state = new_state(program, inputs, low, high)
    rows = np.zeros((4 * (high - low) + 1024, lay.ROW_COLUMNS), np.int64)
    while True:
        low, status = replay_block(program, inputs, state, rows, low, high, ends, most, alarms)
        written = int(state.marks[lay.M_WRITTEN])
        if status == TOO_MANY_VISITS:
            raise ReplayError(_loop(prepared.ids[low], rows[:written], stages, most))
        if status != NO_ROOM:
            return _by_kind(rows[:written])
        rows = np.concatenate([rows, np.zeros_like(rows)])


def _by_kind(rows: Ints) -> list[Ints]:
    """The rows of each kind, without the kind; items point to their handoff among the handoffs."""
    parts = [rows[rows[:, 0] == kind, 1:] for kind in range(lay.KINDS_OF_ROWS)]
    number = np.cumsum(rows[:, 0] == lay.HANDOFF_ROWS) - 1
    parts[lay.ITEM_ROWS][:, 0] = number[parts[lay.ITEM_ROWS][:, 0]]
    return parts


def _loop(customer: Any, rows: Ints, stages: tuple[str, ...], most: int) -> str:
    visited = rows[rows[:, 0] == lay.VISITS][-50:, 3].tolist()
    last = visited[-1]
    again = next((k for k in range(2, len(visited) + 1) if visited[-k] == last), len(visited))
    names = " -> ".join(stages[stage] for stage in visited[-again:])
    return f"customer {customer!r:.80} made {most:,} visits and is caught in the loop {names}"


def _joined(parts: list[list[Ints]]) -> tuple[Ints, ...]:
    if not parts:
        return tuple(np.zeros((0, lay.ROW_COLUMNS - 1), np.int64) for _ in range(lay.KINDS_OF_ROWS))
    shift = 0
    for part in parts:
        part[lay.ITEM_ROWS][:, 0] += shift
        shift += len(part[lay.HANDOFF_ROWS])
    return tuple(np.concatenate([part[kind] for part in parts]) for kind in range(lay.KINDS_OF_ROWS))
