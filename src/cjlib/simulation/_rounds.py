"""A block of customers, visit by visit, until the end of time."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import numpy as np
from numpy.typing import NDArray

from ._book import Book, Visit
from ._ground import Ground, Way
from ._habits import Habit, dress, live
from ._literals import Literal
from ._memory import UNKNOWN, Flags, Floats, Memory, Rows, State, memories_of
from ._openings import ENDLESS, Opening, Times, date_is_restless, fill_is_urgent, forced_exits, opening
from ._plans import Plan
from ._randoms import Keys, integers, keys_of, normal, shifted_lognormal, uniform
from ._visits import carry_out, close

__all__ = ["MOST_VISITS", "Block", "Diary", "Setup", "simulate_block"]

_DAY = 86_400_000_000
MOST_VISITS = 2000
NOTHING, PASSED = -1, -2  # instead of the plan that led here: none, or a stage passed at this very moment


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
class Diary:
    """The truth, one array per visit of all customers in one round."""

    rows: list[Rows] = attrs.field(factory=list)
    numbers: list[Rows] = attrs.field(factory=list)
    stages: list[Rows] = attrs.field(factory=list)
    entered: list[Times] = attrs.field(factory=list)
    left: list[Times] = attrs.field(factory=list)
    ways: list[Rows] = attrs.field(factory=list)
    satisfaction: list[Floats] = attrs.field(factory=list)
    is_forced: list[Flags] = attrs.field(factory=list)


@attrs.frozen(eq=False)
class Block:
    """What a block of customers has lived."""

    state: State
    book: Book
    diary: Diary
    stuck: Flags
    expected: tuple[Floats, ...]  # per stage and way, the sum of the probabilities drawn with
    variance: tuple[Floats, ...]
    temper: Floats


def simulate_block(setup: Setup, customers: NDArray[np.int64]) -> Block:
    """All visits of some customers; the result does not depend on who else is simulated."""
    ground = setup.ground
    keys = keys_of(setup.seed, customers)
    state = _born(setup, customers, keys)
    size = len(customers)
    zeros = tuple(np.zeros(len(ways)) for ways in ground.ways)
    block = Block(
        state,
        Book({}, [], {}),
        Diary(),
        np.zeros(size, bool),
        zeros,
        tuple(one.copy() for one in zeros),
        normal(keys, "temper"),
    )
    _open(setup, block)
    stages = np.full(size, ground.journey.stage_index[str(ground.journey.initial)])
    starts = state.first.copy()
    previous = np.full(size, NOTHING)
    seen = np.zeros(size, np.int64)
    active = np.arange(size)
    for number in range(MOST_VISITS):
        if not len(active):
            break
        goes_on = []
        standing = stages[active]
        for stage in np.unique(standing):
            rows = active[standing == stage]
            goes_on.append(_round(setup, block, int(stage), number, rows, starts, stages, previous, seen))
        active = np.sort(np.concatenate(goes_on))
    block.stuck[active] = True
    return block


def _born(setup: Setup, customers: NDArray[np.int64], keys: Keys) -> State:
    ground = setup.ground
    size = len(customers)
    span = setup.until - setup.start
    first = setup.start + (uniform(keys, "first") * (span + 1)).astype(np.int64)
    site = ground.sites[0]
    memories = {key: Memory.empty(size, depth, key[1]) for key, depth in memories_of(ground.literals).items()}
    codes = {name: np.zeros(size, np.int16) for name in site.domains}
    required = {one.attribute for one in ground.literals if one.sort == "holds"}
    dates = {
        name: np.full(size, UNKNOWN) if name in required else first + 365 * _DAY
        for name in sorted(site.dates)
        if name != ground.journey.start
    }
    aims = {name: 2.0 + integers(keys, "aim " + name, 5) for name in sorted(ground.aims)}
    return State(customers, first, memories, site.domains, codes, dates, aims, np.zeros(size, np.int64))


def _open(setup: Setup, block: Block) -> None:
    """The event at which a customer begins, and the dates that are known from then on."""
    state = block.state
    rows = np.arange(len(state.first))
    kind = (setup.opener, None)
    number = block.book.kinds.setdefault(kind, len(block.book.kinds))
    nothing = np.full(len(rows), np.nan)
    block.book.events.append(
        (rows, state.first, np.full(len(rows), number, np.int16), nothing, np.zeros(len(rows), np.int64))
    )
    state.remember(kind, rows, state.first, nothing)
    for name, dates in state.dates.items():
        known = np.flatnonzero(dates != UNKNOWN)
        block.book.change(name, known, state.first[known], dates[known])


def _round(
    setup: Setup,
    block: Block,
    stage: int,
    number: int,
    rows: Rows,
    starts: Times,
    stages: Rows,
    previous: Rows,
    seen: Rows,
) -> Rows:
    """One visit to one stage of all who are in it; returns who makes another."""
    ground, state, begins = setup.ground, block.state, starts[rows]
    ways = ground.ways[stage]
    keys = keys_of(setup.seed, state.customers[rows], number + 1)
    energy = 0.8 * block.temper[rows] + 0.6 * normal(keys, "mood")
    offers = [_offer(setup, way, state, rows, begins, previous[rows]) for way in ways]
    drawn = _draw(setup, block, stage, offers, energy, keys)
    ends = np.full(len(rows), setup.until + 1, np.int64)
    for position, (way, offer) in enumerate(zip(ways, offers, strict=True)):
        for plan_number, plan in enumerate(way.plans):
            mine = np.flatnonzero((drawn == position) & (offer.plans == plan_number))
            if len(mine):
                ends[mine] = _ends(setup, way, plan, offer, mine, begins[mine], keys[mine])
                _go(
                    setup,
                    block,
                    stage,
                    number,
                    plan,
                    rows[mine],
                    begins[mine],
                    ends[mine],
                    keys[mine],
                    energy[mine],
                )
                previous[rows[mine]] = ground.number_of(plan)
    forced = _force(setup, block, stage, rows, begins, drawn, ends, seen, previous)
    _write(block.diary, rows, number, stage, begins, ends, drawn, energy, forced)
    moves = np.flatnonzero((drawn >= 0) & (ends <= setup.until))
    targets = np.array([ground.target_of(way) for way in ways])[drawn]
    stages[rows[moves]] = targets[moves]
    starts[rows[moves]] = ends[moves]
    return rows[moves]


@attrs.frozen(eq=False)
class _Offer:
    """Per customer, the first plan of a way that can be followed (−1 none) and when it could end."""

    plans: Rows
    earliest: Times
    latest: Times


def _offer(setup: Setup, way: Way, state: State, rows: Rows, begins: Times, previous: Rows) -> _Offer:
    offer = _Offer(np.full(len(rows), -1), np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64))
    for number, plan in enumerate(way.plans if way.rate > 0 or way.transition < 0 else ()):
        left = np.flatnonzero(offer.plans < 0)
        if not len(left):
            break
        found: Opening = opening(plan, state, rows[left], begins[left])
        if way.transition < 0:
            found.is_open[found.latest <= setup.until] = False
        fits = found.is_open & ~_clashes(setup.ground, plan, state, rows[left], begins[left], previous[left])
        offer.plans[left[fits]] = number
        offer.earliest[left[fits]] = found.earliest[fits]
        offer.latest[left[fits]] = found.latest[fits]
    return offer


def _clashes(ground: Ground, plan: Plan, state: State, rows: Rows, begins: Times, previous: Rows) -> Flags:
    """Whether what must be put right at entry would undo what opened the way here."""
    found = np.zeros(len(rows), bool)
    if plan.settings or plan.dates or plan.beats or plan.fixes:
        for before in np.unique(previous[previous != NOTHING]):
            mine = np.flatnonzero(previous == before)
            read = ground.literals if before == PASSED else ground.read_beside(ground.plans[before])
            found[mine] = _undoes(plan, read, state, rows[mine], begins[mine])
    return found


def _undoes(plan: Plan, read: tuple[Literal, ...], state: State, rows: Rows, begins: Times) -> Flags:
    """Whether something must be put right at the very moment of entry that the stage just left reads."""
    found = np.zeros(len(rows), bool)
    for setting in plan.settings:
        if any(_reads(one, setting.name) for one in read):
            found |= ~setting.calm[state.codes[setting.name][rows]]
    for date in plan.dates:
        if any(_reads(one, date.name) for one in read):
            found |= date_is_restless(date, state.dates[date.name][rows], begins)
    for beat in plan.beats:
        if any(one.stream is not None and one.stream.takes(beat.kind) for one in read):
            found |= fill_is_urgent(beat, state, rows, begins)
    for mark in plan.fixes:
        if any(one.stream is not None and one.stream.takes(mark.kind) for one in read):
            found |= state.truth(mark.literals[0], rows, begins)
    return found


def _reads(literal: Literal, attribute: str) -> bool:
    changes = literal.stream is not None and literal.stream.takes(("@" + attribute, None))
    return literal.attribute == attribute or changes


def _draw(setup: Setup, block: Block, stage: int, offers: list[_Offer], energy: Floats, keys: Keys) -> Rows:
    """The way that each customer will take, −1 where none is open."""
    ways = setup.ground.ways[stage]
    weights = np.zeros((len(energy), len(ways)))
    for position, (way, offer) in enumerate(zip(ways, offers, strict=True)):
        weights[:, position] = (offer.plans >= 0) * way.rate * np.exp(-setup.effect * way.leaning * energy)
        if way.transition < 0 and way.plans:  # whoever finds no other way open stays
            weights[:, position] += (offer.plans >= 0) * 1e-12
    totals = weights.sum(axis=1)
    shares = weights / np.where(totals > 0, totals, 1)[:, None]
    block.expected[stage][:] += shares.sum(axis=0)
    block.variance[stage][:] += (shares * (1 - shares)).sum(axis=0)
    marks = uniform(keys, "way")[:, None] >= np.cumsum(shares, axis=1)
    drawn = np.minimum(marks.sum(axis=1), len(ways) - 1)
    drawn = np.where(weights[np.arange(len(energy)), drawn] > 0, drawn, weights.argmax(axis=1))
    return np.where(totals > 0, drawn, -1)


def _ends(setup: Setup, way: Way, plan: Plan, offer: _Offer, mine: Rows, begins: Times, keys: Keys) -> Times:
    if way.transition < 0:
        return np.full(len(mine), setup.until + 1, np.int64)
    earliest, latest = offer.earliest[mine], offer.latest[mine]
    median = np.full(len(mine), float(max(way.median - plan.floor, way.median // 4)))
    longest = np.where(latest >= ENDLESS, np.inf, (latest - earliest).astype(float))
    lengths = shifted_lognormal(uniform(keys, "length"), median, way.shape, longest)
    return earliest + lengths.astype(np.int64)


def _go(
    setup: Setup,
    block: Block,
    stage: int,
    number: int,
    plan: Plan,
    rows: Rows,
    begins: Times,
    ends: Times,
    keys: Keys,
    energy: Floats,
) -> None:
    following = _following(setup.ground, plan)
    visit = Visit(
        plan, rows, begins, ends, keys, energy, setup.until, number == 0, following, block.state, block.book
    )
    live(visit, setup.habits[stage], setup.ground)
    carry_out(visit)
    dress(visit, setup.dresses)
    close(visit, setup.ground.distinct)


def _following(ground: Ground, plan: Plan) -> tuple[Literal, ...]:
    if plan.transition < 0:
        return ()
    target = ground.journey.stage_index[ground.journey.transitions[plan.transition].target]
    return tuple(one for exit_ in ground.sites[target].exits for one in exit_.conjunct)


def _force(
    setup: Setup,
    block: Block,
    stage: int,
    rows: Rows,
    begins: Times,
    drawn: Rows,
    ends: Times,
    seen: Rows,
    previous: Rows,
) -> Flags:
    """Where no plan is open: a way that is open already is taken at once; who has none falls silent."""
    own = 1 << (stage % 62)
    seen[rows[drawn >= 0]] = 0
    lost = np.flatnonzero(drawn < 0)
    if len(lost):
        seen[rows[lost]] |= own
        targets = [setup.ground.target_of(way) for way in setup.ground.ways[stage]]
        found = forced_exits(setup.ground.sites[stage].exits, block.state, rows[lost], begins[lost])
        bits = np.array([1 << (target % 62) for target in targets])[found]
        found[(seen[rows[lost]] & bits) > 0] = -1
        drawn[lost] = found
        ends[lost] = np.where(found >= 0, begins[lost], setup.until + 1)
        block.stuck[rows[lost[found < 0]]] = True
        previous[rows[lost]] = PASSED
    is_forced = np.zeros(len(rows), bool)
    is_forced[lost] = True
    return is_forced


def _write(
    diary: Diary,
    rows: Rows,
    number: int,
    stage: int,
    begins: Times,
    ends: Times,
    drawn: Rows,
    energy: Floats,
    forced: Flags,
) -> None:
    diary.rows.append(rows)
    diary.numbers.append(np.full(len(rows), number))
    diary.stages.append(np.full(len(rows), stage))
    diary.entered.append(begins)
    diary.left.append(ends)
    diary.ways.append(drawn)
    diary.satisfaction.append(energy)
    diary.is_forced.append(forced)
