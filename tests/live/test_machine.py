"""Whatever is done to a tracker in whatever order, it says what a replay says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from tests import worlds
from tests.live.small import JOURNEY, OTHER, RENAMED, event
from tests.live.stores import Stores
from tests.oracle import History

import cjlib as cj
from cjlib.live import Hook, Record, Revised, migrate
from cjlib.live._given import given
from cjlib.live._recording import take_in
from cjlib.live._telling import read_told

SETTINGS = settings(
    max_examples=max(5, settings.default.max_examples // 10),
    stateful_step_count=15,
    suppress_health_check=[*settings.default.suppress_health_check, HealthCheck.function_scoped_fixture],
)
CUSTOMERS = ("a", "b")


class Interrupted(Exception):
    """The process ends here."""


class Machine(RuleBasedStateMachine):
    """A tracker, and beside it plainly what was recorded."""

    stores: Stores

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Record] = []
        self.journey = JOURNEY
        self.events: dict[str, dict[str, Any]] = {}
        self.advanced = 0
        self.compacted = 0

    @initialize()
    def begin(self) -> None:
        self.store = self.stores.new()
        self.open()

    def open(self) -> None:
        self.tracker = cj.Tracker(self.journey, store=self.store, hooks=[Hook("all", self.seen.append)])

    @rule(
        rows=st.lists(
            st.tuples(
                st.sampled_from(CUSTOMERS),
                st.integers(1, 28),
                st.sampled_from(("login", "login", "report", "call", "noise")),
            ),
            min_size=1,
            max_size=4,
        )
    )
    def record(self, rows: list[tuple[str, int, str]]) -> None:
        some = [event(day, activity, customer) for customer, day, activity in rows]
        receipt = self.tracker.record(some)
        distinct = {one["event_id"]: one for one in some}
        young = {key: one for key, one in distinct.items() if day_of(one) >= self.compacted}
        assert receipt.events == len(young.keys() - self.events.keys())
        assert receipt.refused == len(distinct) - len(young)
        self.events.update(young)

    @rule(days=st.integers(0, 9))
    def advance(self, days: int) -> None:
        self.advanced = max(self.advanced, 1) + days
        self.tracker.advance(date(self.advanced))
        if self.advanced > 1:
            with pytest.raises(cj.errors.UsageError, match="never runs backwards"):
                self.tracker.advance(date(self.advanced - 1))

    @rule()
    def crash_in_the_middle_and_reopen(self) -> None:
        news = given([event(28, "login", "a"), event(28, "report", "b")], None, None)

        def work(rows: Any) -> None:
            take_in(rows, self.journey, self.tracker.head(rows, lock="shared"), news, 1000)
            raise Interrupted

        with pytest.raises(Interrupted):
            self.tracker.write(work)
        self.tracker.close()
        self.open()

    @rule(customer=st.sampled_from(CUSTOMERS))
    def forget(self, customer: str) -> None:
        assert self.tracker.forget(customer).is_complete
        self.tracker.deliver()
        self.seen[:] = [one for one in self.seen if one.customer != customer]
        self.events = {key: one for key, one in self.events.items() if one["customer"] != customer}
        with pytest.raises(cj.errors.UnknownNameError):
            self.tracker.where(customer)

    @rule()
    def migrate(self) -> None:
        """There and back; not where what the new version mentions was dropped."""
        other = OTHER if self.journey is JOURNEY else JOURNEY
        names = RENAMED if other is OTHER else {new: old for old, new in RENAMED.items()}
        report = migrate(self.tracker, other, names)
        assert not report.is_done
        if report.problems:
            assert "noise" in report.problems[0]
            with pytest.raises(cj.errors.DataError, match="noise"):
                migrate(self.tracker, other, names, dry_run=False)
            return
        assert migrate(self.tracker, other, names, dry_run=False).is_done
        with pytest.raises(cj.errors.StoreError, match="another version"):
            self.tracker.record(event(1))
        self.tracker.close()
        self.journey = other
        self.open()

    @rule(days=st.integers(0, 12))
    def compact(self, days: int) -> None:
        if self.advanced > days:
            self.compacted = max(self.compacted, self.advanced - days)
            self.tracker.compact(date(self.advanced - days))

    @rule()
    def deliver(self) -> None:
        self.tracker.deliver()

    @invariant()
    def live_equals_batch(self) -> None:
        if not hasattr(self, "tracker"):
            return
        for customer in CUSTOMERS:
            mine = [one for one in self.events.values() if one["customer"] == customer]
            if mine:
                assert self.found(customer) == self.expected(customer, mine)
                self.check_place(customer)

    def expected(self, customer: str, mine: list[dict[str, Any]]) -> History:
        log = cj.EventLog.from_records(mine, order="order", event_id="event_id")
        until = max(self.advanced, *(day_of(one) for one in mine))
        return worlds.histories(cj.replay(self.journey, log, until=date(until)))[customer]

    def found(self, customer: str) -> History:
        return worlds.histories(self.tracker.history(customer))[customer]

    def check_place(self, customer: str) -> None:
        visit = self.found(customer).visits[-1]
        place = self.tracker.where(customer)
        assert (place.stage, int(place.entered.astype(int))) == (visit.stage, visit.entered)

    def teardown(self) -> None:
        """Who added up what hooks were told knows what holds."""
        if hasattr(self, "tracker"):
            with self.tracker:
                self.check_told()

    def check_told(self) -> None:
        self.tracker.deliver()
        told = {
            f"{one.token}-{number}"
            for one in self.tracker.read(lambda rows: rows.customers_after("", 100)).values()
            for number, _ in read_told(one.told)
        }
        holds: set[str] = set()
        for one in self.seen:
            if isinstance(one, Revised):
                holds -= {gone.key for gone in one.before}
            else:
                holds.add(one.key)
        assert holds == told


def date(day: int) -> str:
    return str(np.datetime64("2025-12-31") + day)


def day_of(one: dict[str, Any]) -> int:
    return int(one["time"][-2:])


def test_whatever_is_done_live_equals_batch(stores: Stores) -> None:
    class Here(Machine):
        pass

    Here.stores = stores
    run_state_machine_as_test(Here, settings=SETTINGS)
