"""What a tracker says is what a replay says, however the events came."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.live.feeding import advances, by_batch, by_tracker, feed, pieces, told_of
from tests.live.stores import Stores
from tests.oracle import World
from tests.strategies import loops, worlds
from tests.worlds import moment

import cjlib as cj
from cjlib.live._telling import read_told

SOME = settings(
    max_examples=max(20, settings.default.max_examples // 4),
    suppress_health_check=[*settings.default.suppress_health_check, HealthCheck.function_scoped_fixture],
)
seeds = st.integers(0, 2**32 - 1)


@SOME
@given(world=worlds(largest=12), seed=seeds)
def test_live_equals_batch(stores: Stores, world: World, seed: int) -> None:
    assert_live_equals_batch(stores, world, seed)


@SOME
@given(world=worlds(largest=8, of=loops()), seed=seeds)
def test_live_equals_batch_on_loops(stores: Stores, world: World, seed: int) -> None:
    assert_live_equals_batch(stores, world, seed)


def assert_live_equals_batch(stores: Stores, world: World, seed: int) -> None:
    """Any permutation, batching, repetition and lateness, time advanced now and then."""
    rng = np.random.default_rng(seed)
    parts = pieces(world, rng)
    advanced = None
    with cj.Tracker(world.journey, store=stores.new()) as tracker:
        for part, now in zip(parts, advances(world, rng, len(parts)), strict=True):
            if now is not None:
                tracker.advance(moment(now))
                advanced = now
            feed(tracker, world, part)
        ids = told_of(world)
        assert by_tracker(tracker, ids) == by_batch(world, advanced)
        assert_where_agrees(tracker, ids)


def assert_where_agrees(tracker: cj.Tracker, ids: list[object]) -> None:
    """What is kept ready to be asked is what a replay says."""
    for one in ids:
        place = tracker.where(one)
        if np.isnat(place.at):
            assert place.stage is None
            continue
        visits = tracker.history(one).visits
        assert place.stage == (visits["stage"][-1] if len(visits) else None)
        assert len(visits) == 0 or place.entered == visits["entered"][-1]
    stages = told_stages(tracker)
    for one in stages:
        visits = tracker.history(one).visits
        moves = list(zip(visits["left"].tolist(), visits["via"].tolist(), strict=True))[:-1]
        assert stages[one] == [(np.datetime64(left, "us"), via) for left, via in moves]


def told_stages(tracker: cj.Tracker) -> dict[object, list[tuple[np.datetime64, int]]]:
    """The moves that hooks have been told, by customer, where nothing is due."""
    found = {}
    for one in tracker.read(lambda rows: rows.customers_after("", 10_000)).values():
        if one.ends is not None:
            found[one.id] = [
                (np.datetime64(fact[1], "us"), fact[4])
                for _, fact in read_told(one.told)
                if fact[0] == "transition"
            ]
    return found
