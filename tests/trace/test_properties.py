"""What must not make a difference to a replay."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.oracle import Event, History, World
from tests.strategies import DAY, worlds
from tests.worlds import by_replay, customers, event_log, histories, moment, replayed, waivers

import cjlib as cj

FEWER = settings(max_examples=settings.default.max_examples // 4)
small_worlds = worlds(largest=60)
seeds = st.integers(0, 2**32 - 1)


def renumbered(world: World, events: Sequence[Event]) -> World:
    """The world with these events, in this order."""
    return attrs.evolve(world, events=tuple(attrs.evolve(one, row=row) for row, one in enumerate(events)))


def is_known(row: object, until: int) -> bool:
    """Whether an event or fact has happened, and become known, by ``until``."""
    happened = row.time if isinstance(row, Event) else row.valid_from  # type: ignore[attr-defined]
    times = (happened, row.recorded)  # type: ignore[attr-defined]
    return all(time is None or time <= until for time in times)


@FEWER
@given(worlds(largest=60, lateness=True))
def test_what_comes_or_is_recorded_later_never_changes_an_answer(world: World) -> None:
    known = [one for one in world.events if is_known(one, world.until)]
    later = [one for one in world.events if not is_known(one, world.until)]
    facts = tuple(one for one in world.facts if is_known(one, world.until))
    as_it_was = attrs.evolve(renumbered(world, known), facts=facts)
    assert by_replay(renumbered(world, known + later)) == by_replay(as_it_was)


@FEWER
@given(worlds(largest=60, lateness=False), st.integers(0, 20))
def test_a_longer_replay_begins_like_a_shorter_one(world: World, days: int) -> None:
    longer = by_replay(world)
    until = world.until - days * DAY
    shorter = by_replay(attrs.evolve(world, until=until))
    for customer, history in shorter.items():
        begun = [visit for visit in longer[customer].visits if visit.entered <= until]
        assert history.visits == [
            visit if visit.left is None or visit.left <= until else attrs.evolve(visit, left=None, via=-1)
            for visit in begun
        ]


@FEWER
@given(small_worlds, seeds)
def test_the_order_of_rows_does_not_matter_beside_an_order_column(world: World, seed: int) -> None:
    shuffled = np.random.default_rng(seed).permutation(len(world.events))
    rows = [world.events[row] for row in shuffled]
    log = ordered_log(rows, [one.row for one in rows])
    found = histories(
        cj.replay(
            world.journey,
            log,
            customers(world.facts, world.kinds),
            until=moment(world.until),
            waivers=waivers(world),
        )
    )
    assert {customer: in_rows(history, shuffled) for customer, history in found.items()} == by_replay(world)


def ordered_log(rows: Sequence[Event], order: Sequence[int]) -> cj.EventLog:
    """A log whose ties follow ``order`` and not the order of its rows."""
    return event_log([attrs.evolve(one, row=row) for row, one in enumerate(rows)], order=order)


def in_rows(history: History, rows: np.ndarray) -> History:
    """The history with the evidence's rows named as ``rows`` says."""
    handoffs = [attrs.evolve(one, row=int(rows[one.row]) if one.row >= 0 else -1) for one in history.handoffs]
    return attrs.evolve(history, handoffs=handoffs)


@FEWER
@given(small_worlds, seeds)
def test_without_ties_the_order_of_rows_does_not_matter(world: World, seed: int) -> None:
    untied = list({(one.customer, one.time): one for one in world.events}.values())
    shuffled = np.random.default_rng(seed).permutation(len(untied))
    found = by_replay(renumbered(world, [untied[row] for row in shuffled]))
    expected = by_replay(renumbered(world, untied))
    assert {customer: in_rows(history, shuffled) for customer, history in found.items()} == expected


@FEWER
@given(small_worlds, seeds)
def test_the_names_of_customers_do_not_matter(world: World, seed: int) -> None:
    ids = {one.customer for one in (*world.events, *world.facts, *world.waivers)}
    numbers = np.random.default_rng(seed).permutation(len(ids))
    names = {old: f"customer {new}" for old, new in zip(sorted(ids, key=str), numbers, strict=True)}

    def renamed(rows: Sequence[object]) -> tuple[object, ...]:
        return tuple(attrs.evolve(one, customer=names[one.customer]) for one in rows)  # type: ignore[attr-defined]

    other = attrs.evolve(
        world,
        events=renamed(world.events),
        facts=renamed(world.facts),
        waivers=renamed(world.waivers),
    )
    assert by_replay(other) == {names[old]: history for old, history in by_replay(world).items()}


@FEWER
@given(small_worlds, seeds)
def test_rows_that_no_criterion_mentions_do_not_matter(world: World, seed: int) -> None:
    """They are put after each customer's first event, for a first event is a first moment."""
    rng = np.random.default_rng(seed)
    first: dict[object, int] = {}
    for one in world.events:
        known = max(one.time, one.time if one.recorded is None else one.recorded)
        if known <= world.until:
            first[one.customer] = min(one.time, first.get(one.customer, one.time))
    unheard = [
        Event(customer, time + int(rng.integers(0, 8)) * DAY, "unheard of", 1.0, "fax", "zoe", recorded=0)
        for customer, time in first.items()
        for _ in range(3)
    ]
    if any(one.recorded is None for one in world.events):
        unheard = [attrs.evolve(one, recorded=None) for one in unheard]
    assert by_replay(renumbered(world, [*world.events, *unheard])) == by_replay(world)


@FEWER
@given(small_worlds, st.integers(2, 4))
def test_the_parts_of_a_split_log_join_to_the_whole_trace(world: World, parts: int) -> None:
    joined: dict[object, History] = {}
    ids = sorted({one.customer for one in (*world.events, *world.facts)}, key=str)
    for part in range(min(parts, len(ids))):
        mine = only(world, set(ids[part::parts]))
        rows = np.array([one.row for one in mine.events], int)
        joined |= {customer: in_rows(history, rows) for customer, history in by_replay(mine).items()}
    assert joined == by_replay(world)


def only(world: World, ids: set[object]) -> World:
    """The world of these customers."""
    return attrs.evolve(
        world,
        events=tuple(one for one in world.events if one.customer in ids),
        facts=tuple(one for one in world.facts if one.customer in ids),
        waivers=tuple(one for one in world.waivers if one.customer in ids),
    )


@pytest.mark.parametrize("threads", [1, 2])
@FEWER
@given(world=small_worlds)
def test_the_number_of_threads_does_not_matter(world: World, threads: int) -> None:
    assert histories(replayed(world, threads=threads)) == by_replay(world)
