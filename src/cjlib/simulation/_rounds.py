"""A block of customers, visit by visit, until the end of time."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import numpy as np
from numpy.typing import NDArray

from ._ground import Ground, Way
from ._habits import Habit, dress, live
from ._literals import Literal
from ._openings import ENDLESS, NOTHING, PASSED, Offer, forced_exits, offer
from ._plans import Plan
from ._state import (
    UNKNOWN,
    Book,
    Flags,
    Floats,
    Keys,
    Memory,
    Rows,
    State,
    Times,
    Visit,
    integers,
    keys_of,
    memories_of,
    normal,
    shifted_lognormal,
    uniform,
)  # fmt: skip
from ._visits import carry_out, close

__all__ = ["Block", "Round", "Setup", "simulate_block"]

_DAY = 86_400_000_000
MOST_VISITS = 2000


@attrs.frozen(eq=False)
class Setup:
    """What one call of ``simulate`` asks for."""

    ground: Ground
    habits: tuple[tuple[Habit, ...], ...]
    dresses: Mapping[str, str]
    opener: str
    seed: int
    start: int
    until: int
    effect: float


@attrs.frozen(eq=False)
class Round:
    """The visits to one stage that so many visits precede; one element of each array per customer."""

    stage: int
    number: int
    rows: Rows
    starts: Times
    keys: Keys
    energy: Floats  # satisfaction, which drives the use
    ends: Times
    ways: Rows  # positions among the stage's ways, −1: falls silent
    is_forced: Flags


@attrs.frozen(eq=False)
class Block:
    """Some customers: where they stand, and what they have lived."""

    state: State
    book: Book
    temper: Floats
    stages: Rows
    starts: Times
    previous: Rows  # the number of the plan by which each came here
    passed: Rows  # one bit per stage that was passed without a plan since the last one
    is_stuck: Flags
    expected: tuple[Floats, ...]  # per stage and way, the sum of the probabilities drawn with
    variance: tuple[Floats, ...]
    rounds: list[Round] = attrs.field(factory=list)


def simulate_block(setup: Setup, customers: NDArray[np.int64]) -> Block:
    """All visits of some customers; the result does not depend on who else is simulated."""
    block = _born(setup, customers)
    _open(setup, block)
    active = np.arange(len(customers))
    for number in range(MOST_VISITS):
        if not len(active):
            break
        standing = block.stages[active]
        here = [(int(stage), active[standing == stage]) for stage in np.unique(standing)]
        active = np.sort(np.concatenate([_visit(setup, block, stage, number, rows) for stage, rows in here]))
    block.is_stuck[active] = True
    return block


def _born(setup: Setup, customers: NDArray[np.int64]) -> Block:
    ground, size = setup.ground, len(customers)
    keys = keys_of(setup.seed, customers)
    first = setup.start + (uniform(keys, "first") * (setup.until - setup.start + 1)).astype(np.int64)
    site = ground.sites[0]
    required = {one.attribute for one in ground.literals if one.sort == "holds"}
    state = State(
        customers=customers,
        first=first,
        memories={
            key: Memory.empty(size, depth, key[1]) for key, depth in memories_of(ground.literals).items()
        },
        domains=site.domains,
        codes={name: np.zeros(size, np.int16) for name in site.domains},
        dates={
            name: np.full(size, UNKNOWN) if name in required else first + 365 * _DAY
            for name in sorted(site.dates)
            if name != ground.journey.start
        },
        aims={name: 2.0 + integers(keys, "aim " + name, 5) for name in sorted(ground.aims)},
        people=np.zeros(size, np.int64),
    )
    return Block(
        state=state,
        book=Book({}, [], {}),
        temper=normal(keys, "temper"),
        stages=np.full(size, ground.journey.stage_index[str(ground.journey.initial)]),
        starts=first.copy(),
        previous=np.full(size, NOTHING),
        passed=np.zeros(size, np.int64),
        is_stuck=np.zeros(size, bool),
        expected=tuple(np.zeros(len(ways)) for ways in ground.ways),
        variance=tuple(np.zeros(len(ways)) for ways in ground.ways),
    )


def _open(setup: Setup, block: Block) -> None:
    """The event at which a customer begins, and the dates that are known from then on."""
    state, book, rows = block.state, block.book, np.arange(len(block.stages))
    nothing = np.full(len(rows), np.nan)
    book.write((setup.opener, None), rows, state.first, nothing, np.zeros(len(rows), np.int64))
    state.remember((setup.opener, None), rows, state.first, nothing)
    for name, dates in state.dates.items():
        known = np.flatnonzero(dates != UNKNOWN)
        book.change(name, known, state.first[known], dates[known])


def _visit(setup: Setup, block: Block, stage: int, number: int, rows: Rows) -> Rows:
    """One visit to one stage of all who are in it; returns who makes another."""
    ground, state, starts = setup.ground, block.state, block.starts[rows]
    ways = ground.ways[stage]
    keys = keys_of(setup.seed, state.customers[rows], number + 1)
    energy = 0.8 * block.temper[rows] + 0.6 * normal(keys, "mood")
    offers = [offer(ground, way, state, rows, starts, block.previous[rows], setup.until) for way in ways]
    drawn = _draw(setup, block, stage, offers, energy, keys)
    ends = np.full(len(rows), setup.until + 1, np.int64)
    one = Round(stage, number, rows, starts, keys, energy, ends, drawn, drawn < 0)
    for position, (way, offered) in enumerate(zip(ways, offers, strict=True)):
        for plan_number, plan in enumerate(way.plans):
            mine = np.flatnonzero((drawn == position) & (offered.plans == plan_number))
            if len(mine):
                if way.transition >= 0:
                    ends[mine] = _ends(way, plan, offered, mine, keys[mine])
                _go(setup, block, one, plan, mine)
                block.previous[rows[mine]] = ground.number_of(plan)
    _force(setup, block, one)
    block.rounds.append(one)
    moves = np.flatnonzero((drawn >= 0) & (ends <= setup.until))
    targets = np.array([ground.target_of(way) for way in ways])[drawn]
    block.stages[rows[moves]] = targets[moves]
    block.starts[rows[moves]] = ends[moves]
    return rows[moves]


def _draw(setup: Setup, block: Block, stage: int, offers: list[Offer], energy: Floats, keys: Keys) -> Rows:
    """The way that each customer will take, −1 where none is open."""
    ways = setup.ground.ways[stage]
    weights = np.zeros((len(energy), len(ways)))
    for position, (way, offered) in enumerate(zip(ways, offers, strict=True)):
        weights[:, position] = (offered.plans >= 0) * way.rate * np.exp(-setup.effect * way.leaning * energy)
        if way.transition < 0 and way.plans:  # whoever finds no other way open stays
            weights[:, position] += (offered.plans >= 0) * 1e-12
    totals = weights.sum(axis=1)
    shares = weights / np.where(totals > 0, totals, 1)[:, None]
    block.expected[stage][:] += shares.sum(axis=0)
    block.variance[stage][:] += (shares * (1 - shares)).sum(axis=0)
    marks = uniform(keys, "way")[:, None] >= np.cumsum(shares, axis=1)
    drawn = np.minimum(marks.sum(axis=1), len(ways) - 1)
    drawn = np.where(weights[np.arange(len(energy)), drawn] > 0, drawn, weights.argmax(axis=1))
    return np.where(totals > 0, drawn, -1)


def _ends(way: Way, plan: Plan, offered: Offer, mine: Rows, keys: Keys) -> Times:
    earliest, latest = offered.earliest[mine], offered.latest[mine]
    median = np.full(len(mine), float(max(way.median - plan.floor, way.median // 4)))
    longest = np.where(latest >= ENDLESS, np.inf, (latest - earliest).astype(float))
    lengths = shifted_lognormal(uniform(keys, "length"), median, way.shape, longest)
    return earliest + lengths.astype(np.int64)


def _go(setup: Setup, block: Block, one: Round, plan: Plan, mine: Rows) -> None:
    """Live the visits of those who follow one plan."""
    visit = Visit(
        plan=plan,
        rows=one.rows[mine],
        starts=one.starts[mine],
        ends=one.ends[mine],
        keys=one.keys[mine],
        energy=one.energy[mine],
        until=setup.until,
        is_first=one.number == 0,
        following=_following(setup.ground, plan),
        state=block.state,
        book=block.book,
    )
    live(visit, setup.habits[one.stage], setup.ground)
    carry_out(visit)
    dress(visit, setup.dresses)
    close(visit, setup.ground.distinct)


def _following(ground: Ground, plan: Plan) -> tuple[Literal, ...]:
    if plan.transition < 0:
        return ()
    target = ground.journey.stage_index[ground.journey.transitions[plan.transition].target]
    return tuple(one for exit_ in ground.sites[target].exits for one in exit_.conjunct)


def _force(setup: Setup, block: Block, one: Round) -> None:
    """Where no plan is open: a way that is open already is taken at once; who has none falls silent."""
    block.passed[one.rows[~one.is_forced]] = 0
    lost = np.flatnonzero(one.is_forced)
    if not len(lost):
        return
    rows, ground = one.rows[lost], setup.ground
    block.passed[rows] |= 1 << (one.stage % 62)
    found = forced_exits(ground.sites[one.stage].exits, block.state, rows, one.starts[lost])
    bits = np.array([1 << (ground.target_of(way) % 62) for way in ground.ways[one.stage]])[found]
    found[(block.passed[rows] & bits) > 0] = -1
    one.ways[lost] = found
    one.ends[lost] = np.where(found >= 0, one.starts[lost], setup.until + 1)
    block.is_stuck[rows[found < 0]] = True
    block.previous[rows] = PASSED
