"""Old events go, people are forgotten, journeys change: each wholly or not at all."""

from __future__ import annotations

from pathlib import Path

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.live.feeding import by_batch, by_tracker, feed, told_of
from tests.live.small import JOURNEY, OTHER, RENAMED, event
from tests.live.stores import Stores
from tests.live.test_live_equals_batch import SOME
from tests.oracle import World
from tests.strategies import DAY, worlds
from tests.worlds import moment

import cjlib as cj
from cjlib.live import Hook, Revised, migrate


@SOME
@given(world=worlds(largest=12), days=st.integers(0, 12))
def test_compacting_changes_no_answer(stores: Stores, world: World, days: int) -> None:
    """Half of the world, time, compaction, and of the other half what is not too old."""
    half = len(world.events) // 2
    now = world.until
    before = now - days * DAY
    first = attrs.evolve(world, events=world.events[:half])
    rest = [one for one in world.events[half:] if one.time >= before]
    with cj.Tracker(world.journey, store=stores.new()) as tracker:
        feed(tracker, first, [*first.events, *first.facts, *first.waivers])
        tracker.advance(moment(now))
        compacted = tracker.compact(moment(before))
        assert len(tracker.recorded().log) == half - compacted.dropped
        feed(tracker, world, rest)
        known = attrs.evolve(world, events=(*first.events, *rest))
        assert by_tracker(tracker, told_of(known)) == by_batch(known, now)


def test_events_older_than_compacted_are_refused_and_told(store: str) -> None:
    with cj.Tracker(JOURNEY, store=store) as tracker:
        tracker.record([event(1), event(2, "noise"), event(3, "noise")])
        tracker.advance("2026-01-20")
        assert tracker.compact("2026-01-03").dropped == 1
        receipt = tracker.record([event(2), event(5)])
        assert (receipt.events, receipt.refused) == (1, 1)
        assert "compacted" in str(receipt.ledger)
        assert [one.rows for one in tracker.ledger.refused] == [1]
        assert tracker.recorded().log.event_id.tolist() == [
            "a login 2026-01-01",
            "a noise 2026-01-03",
            "a login 2026-01-05",
        ]


def test_only_the_past_is_compacted(store: str) -> None:
    with cj.Tracker(JOURNEY, store=store) as tracker:
        tracker.record(event(1))
        with pytest.raises(cj.errors.UsageError, match="advance"):
            tracker.compact("2026-01-01")


def test_forgetting_erases_a_person_from_every_table(store: str) -> None:
    """A dead letter, a letter that waits, a line in the ledger, events, attributes: all of them go."""

    def down(_: object) -> None:
        raise OSError("down")

    hooks = [Hook("down", down, retry=cj.live.Retry(attempts=1)), Hook("away", print)]
    attributes = cj.Customers.from_frame({"customer": ["secret-person", "b"], "plan": ["pro", "pro"]})
    with cj.Tracker(JOURNEY, store=store, hooks=hooks) as tracker:
        for who in ("secret-person", "b"):
            tracker.record([event(1, customer=who), event(3, customer=who, text="secret words")], attributes)
        with cj.Tracker(JOURNEY, store=store, hooks=hooks[:1]) as other:
            other.deliver()
        tracker.advance("2026-01-20")
        tracker.compact("2026-01-10")
        tracker.record(event(2, customer="secret-person"))
        gone = tracker.forget("secret-person")
        assert all(count > 0 for count in gone.erased.values()), gone
        assert gone.is_complete
        assert set(gone.left) == {
            "cj_customers", "cj_pages", "cj_event_ids", "cj_outbox", "cj_dead_letters", "cj_ledger",
        }  # fmt: skip
        with pytest.raises(cj.errors.UnknownNameError):
            tracker.history("secret-person")
        assert tracker.where("b").stage == "active"


def test_of_a_forgotten_person_no_byte_is_left_in_the_file(tmp_path: Path) -> None:
    with cj.Tracker(
        JOURNEY, store=f"sqlite:///{tmp_path}/journey.db", hooks=[Hook("away", print)]
    ) as tracker:
        for day in range(1, 28):
            tracker.record([event(day, customer=who, text=f"{who} said") for who in ("secret-person", "b")])
        assert any(b"secret-person" in file.read_bytes() for file in tmp_path.iterdir())
        tracker.forget("secret-person")
        assert not any(b"secret-person" in file.read_bytes() for file in tmp_path.iterdir())


def test_a_migration_is_looked_at_first(store: str) -> None:
    """Under the other version three logins are wanted, so a goes back; b has them."""
    seen: list[object] = []
    with cj.Tracker(JOURNEY, store=store, hooks=[Hook("all", seen.append)]) as tracker:
        tracker.record([event(1), event(2)])
        tracker.record([event(day, customer="b") for day in (1, 2, 3)])
        report = migrate(tracker, OTHER, RENAMED)
        assert str(report) == "1 of 2 customers would move\n  active -> evaluation: 1"
        assert tracker.where("a").stage == "active"
        tracker.deliver()
        seen.clear()
        assert migrate(tracker, OTHER, RENAMED, dry_run=False).is_done
        with pytest.raises(cj.errors.StoreError, match="another version"):
            tracker.where("a")
    with pytest.raises(cj.errors.StoreError, match="migrate"):
        cj.Tracker(JOURNEY, store=store)
    with cj.Tracker(OTHER, store=store, hooks=[Hook("all", seen.append)]) as tracker:
        assert tracker.where("a").stage == "evaluation"
        tracker.deliver()
    assert [type(one) for one in seen if one.customer == "a"] == [Revised]  # type: ignore[attr-defined]


def test_a_migration_that_cannot_be_done_changes_nothing(store: str) -> None:
    with cj.Tracker(JOURNEY, store=store) as tracker:
        tracker.record([event(1), event(2)])
        for names, told in (
            ({"trial": "evaluatoin"}, "did you mean 'evaluation'"),
            ({"trail": "evaluation"}, "did you mean 'trial'"),
        ):
            assert told in str(migrate(tracker, OTHER, names))
            with pytest.raises(cj.errors.DataError, match="cannot be taken"):
                migrate(tracker, OTHER, names, dry_run=False)
        assert tracker.where("a").stage == "active"
        assert tracker.record(event(3)).events == 1


def test_a_renamed_stage_alone_tells_hooks_nothing(store: str) -> None:
    renamed = attrs.evolve(
        JOURNEY,
        initial="start",
        stages=[cj.Stage("start", limit="10d"), *JOURNEY.stages[1:]],
        touchpoints=[attrs.evolve(JOURNEY.touchpoints[0], stages=["start", "active"])],
        transitions=[cj.Transition("start", "active", when='count("login") >= 2'), *JOURNEY.transitions[1:]],
    )
    seen: list[object] = []
    with cj.Tracker(JOURNEY, store=store, hooks=[Hook("all", seen.append)]) as tracker:
        tracker.record([event(1), event(12), event(14)])
        tracker.deliver()
        seen.clear()
        migrate(tracker, renamed, {"trial": "start"}, dry_run=False)
    with cj.Tracker(renamed, store=store, hooks=[Hook("all", seen.append)]) as tracker:
        assert tracker.deliver().delivered == 0
        assert tracker.where("a").stage == "active"
        assert np.datetime64("2026-01-12") == tracker.where("a").entered
