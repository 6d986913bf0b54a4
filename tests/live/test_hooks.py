"""Hooks are told everything at least once, in order for each customer, again after failures."""

from __future__ import annotations

import asyncio
import json

import httpx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.live.feeding import advances, feed, pieces
from tests.live.small import JOURNEY, event
from tests.live.stores import Stores
from tests.live.test_live_equals_batch import SOME, told_stages
from tests.oracle import World
from tests.strategies import worlds
from tests.worlds import moment

import cjlib as cj
from cjlib.live import (
    Breached,
    Hook,
    MilestoneReached,
    Raised,
    Record,
    Retry,
    Revised,
    Scored,
    Transitioned,
    Webhook,
    observe,
    verify,
)  # fmt: skip

AT_ONCE = Retry(attempts=3, first="0s", most="0s")
SECRET = b"0123456789abcdef"


def words(records: list[Record]) -> list[str]:
    return [f"{one.kind} {str(one.at)[5:10]}" for one in records]


def test_a_hook_is_told_every_kind_of_record_in_order(store: str) -> None:
    seen: list[Record] = []
    with cj.Tracker(JOURNEY, store=store, hooks=[Hook("all", seen.append)]) as tracker:
        tracker.record([event(1), event(3), event(4, "report")])
        tracker.advance("2026-02-20")
        assert tracker.deliver().delivered == 5
        assert tracker.deliver().delivered == 0
    moved, reached, raised, late, gone = seen
    assert isinstance(moved, Transitioned)
    assert (moved.customer, moved.source, moved.target) == ("a", "trial", "active")
    assert isinstance(reached, MilestoneReached)
    assert reached.milestone == "value"
    assert isinstance(raised, Raised)
    assert isinstance(late, Breached)
    assert (late.what, late.place) == ("answer", "quiet")
    assert isinstance(gone, Transitioned)
    assert words(seen) == [
        "transitioned 01-03",
        "milestone_reached 01-04",
        "raised 01-08",
        "breached 01-10",
        "transitioned 02-02",
    ]
    assert len({one.key for one in seen}) == 5


def test_a_late_event_revises_what_was_told(store: str) -> None:
    """Told: active since the 3rd. The login of the 2nd comes late: active since the 2nd."""
    seen: list[Record] = []
    with cj.Tracker(JOURNEY, store=store, hooks=[Hook("all", seen.append)]) as tracker:
        tracker.record([event(1), event(3)])
        tracker.deliver()
        tracker.record(event(2))
        tracker.deliver()
    first, revised, second = seen
    assert isinstance(revised, Revised)
    assert words(seen) == ["transitioned 01-03", "revised 01-02", "transitioned 01-02"]
    assert revised.before == (first,)
    assert revised.after == (second,)
    assert first.key != second.key


def test_a_repeated_event_tells_nothing(store: str) -> None:
    seen: list[Record] = []
    with cj.Tracker(JOURNEY, store=store, hooks=[Hook("all", seen.append)]) as tracker:
        tracker.record([event(1), event(3)])
        receipt = tracker.record([event(3), event(1)])
        assert (receipt.events, receipt.repeated) == (0, 2)
        tracker.deliver()
    assert len(seen) == 1


def test_a_hook_that_wants_one_kind_is_told_that_kind(store: str) -> None:
    seen: list[Record] = []
    hook = Hook("moves", seen.append, kinds=[Transitioned])
    with cj.Tracker(JOURNEY, store=store, hooks=[hook]) as tracker:
        tracker.record([event(1), event(3), event(4, "report")])
        tracker.deliver()
    assert words(seen) == ["transitioned 01-03"]


def test_what_a_tracker_without_hooks_records_waits_for_them(store: str) -> None:
    seen: list[Record] = []
    cj.Tracker(JOURNEY, store=store, hooks=[Hook("all", seen.append)]).close()
    with cj.Tracker(JOURNEY, store=store) as tracker:
        tracker.record([event(1), event(3)])
    with cj.Tracker(JOURNEY, store=store, hooks=[Hook("all", seen.append)]) as tracker:
        tracker.deliver()
    assert len(seen) == 1


def test_a_failing_hook_is_tried_again_and_later_records_of_its_customer_wait(store: str) -> None:
    seen: list[str] = []

    def falters(record: Record) -> None:
        if record.customer == "a" and len(seen) < 3:
            seen.append("failed")
            raise ValueError("not now")
        seen.append(f"{record.customer} {record.kind}")

    hook = Hook("falters", falters, retry=Retry(attempts=5, first="0s", most="0s"))
    with cj.Tracker(JOURNEY, store=store, hooks=[hook]) as tracker:
        tracker.record([event(1), event(3), event(4, "report")])
        tracker.record([event(1, customer="b"), event(3, customer="b")])
        done = tracker.deliver()
    assert (done.delivered, done.dead) == (3, 0)
    assert [one for one in seen if one.startswith("a")] == ["a transitioned", "a milestone_reached"]
    assert "b transitioned" in seen


def test_what_is_never_taken_becomes_a_dead_letter_and_can_be_revived(store: str) -> None:
    seen: list[Record] = []
    is_down = True

    def call(record: Record) -> None:
        if is_down and isinstance(record, Transitioned):
            raise OSError("down")
        seen.append(record)

    with cj.Tracker(JOURNEY, store=store, hooks=[Hook("crm", call, retry=AT_ONCE)]) as tracker:
        tracker.record([event(1), event(3), event(4, "report")])
        done = tracker.deliver()
        assert (done.delivered, done.failed, done.dead) == (1, 3, 1)
        (dead,) = tracker.dead_letters()
        assert (dead.hook, dead.error, dead.record.kind) == ("crm", "OSError: down", "transitioned")
        is_down = False
        assert tracker.revive("crm") == 1
        assert tracker.deliver().delivered == 1
        assert tracker.dead_letters() == []
    assert words(seen) == ["milestone_reached 01-04", "transitioned 01-03"]


def test_between_attempts_there_is_a_wait_that_grows(store: str) -> None:
    hook = Hook("slow", lambda record: 1 / 0, retry=Retry(first="1h", factor=3, most="10h"))
    assert [hook.retry.wait(n) / 3600 for n in (1, 2, 3, 4)] == [1, 3, 9, 10]
    with cj.Tracker(JOURNEY, store=store, hooks=[hook]) as tracker:
        tracker.record([event(1), event(3)])
        assert tracker.deliver().failed == 1
        assert tracker.deliver().failed == 0


def test_an_async_hook_is_awaited(store: str) -> None:
    seen: list[Record] = []

    async def call(record: Record) -> None:
        await asyncio.sleep(0)
        seen.append(record)

    with cj.Tracker(JOURNEY, store=store, hooks=[Hook("async", call)]) as tracker:
        tracker.record([event(1), event(3)])
        tracker.deliver()
    assert len(seen) == 1


def test_inside_a_loop_deliver_says_how_it_is_called(store: str) -> None:
    async def main(tracker: cj.Tracker) -> int:
        with pytest.raises(cj.errors.UsageError, match="to_thread"):
            tracker.deliver()
        return (await asyncio.to_thread(tracker.deliver)).delivered

    with cj.Tracker(JOURNEY, store=store, hooks=[Hook("all", print)]) as tracker:
        tracker.record([event(1), event(3)])
        assert asyncio.run(main(tracker)) == 1


def test_a_webhook_is_signed_and_its_receiver_can_check_it(store: str) -> None:
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(204)

    webhook = Webhook("https://crm.test/hooks", secret=SECRET, transport=httpx.MockTransport(answer))
    with cj.Tracker(JOURNEY, store=store, hooks=[Hook("crm", webhook)]) as tracker:
        tracker.record([event(1), event(3)])
        assert tracker.deliver().delivered == 1
    (request,) = requests
    headers = dict(request.headers)
    assert verify(SECRET, headers, request.content)
    assert not verify(b"another secret..", headers, request.content)
    assert not verify(SECRET, headers, request.content + b" ")
    assert not verify(SECRET, headers | {"webhook-timestamp": "1000000000"}, request.content)
    told = json.loads(request.content)
    assert told["kind"] == "transitioned"
    assert told["key"] == headers["webhook-id"]
    assert (told["source"], told["target"], told["at"]) == ("trial", "active", "2026-01-03T00:00:00.000000Z")
    webhook.close()


@pytest.mark.parametrize("status", [301, 404, 500])
def test_any_other_answer_to_a_webhook_is_a_failure_and_redirects_are_not_followed(status: int) -> None:
    addresses: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        addresses.append(str(request.url))
        return httpx.Response(status, headers={"location": "https://elsewhere.test/"})

    webhook = Webhook("https://crm.test/hooks", secret=SECRET, transport=httpx.MockTransport(answer))
    record = MilestoneReached(customer="a", at=np.datetime64(0, "us"), milestone="value")
    with pytest.raises(OSError, match=str(status)):
        webhook(record)
    assert addresses == ["https://crm.test/hooks"]
    webhook.close()


def test_a_webhook_without_encryption_is_refused() -> None:
    with pytest.raises(cj.errors.UsageError, match="https"):
        Webhook("http://crm.test/hooks", secret=SECRET)


def test_in_batch_code_hooks_are_told_the_same(store: str) -> None:
    log = cj.EventLog.from_records(
        [event(1), event(3), event(4, "report")], order="order", event_id="event_id"
    )
    seen: list[Record] = []
    with observe(seen.append) as tell:
        assert tell(cj.replay(JOURNEY, log, until="2026-02-20")) == 5
    live: list[Record] = []
    with cj.Tracker(JOURNEY, store=store, hooks=[Hook("all", live.append)]) as tracker:
        tracker.record(log)
        tracker.advance("2026-02-20")
        tracker.deliver()
    assert words(seen) == words(live)


def test_scores_are_told(store: str) -> None:
    seen: list[Record] = []
    scores = cj.Scores([40.0, 60.0], scorer="mine", customers=["a", "stranger"], as_of="2026-01-05")
    with cj.Tracker(JOURNEY, store=store, hooks=[Hook("all", seen.append, kinds=[Scored])]) as tracker:
        tracker.record(event(1))
        assert tracker.tell(scores) == 1
        tracker.deliver()
    (told,) = seen
    assert isinstance(told, Scored)
    assert (told.customer, told.scorer, told.value, told.band) == ("a", "mine", 40.0, None)


@SOME
@given(world=worlds(largest=8), seed=st.integers(0, 2**32 - 1))
def test_who_adds_up_what_hooks_are_told_knows_what_is_so(stores: Stores, world: World, seed: int) -> None:
    """All that was told, less what was revised away, is what holds; and it came in order."""
    rng = np.random.default_rng(seed)
    parts = pieces(world, rng)
    seen: list[Record] = []
    with cj.Tracker(world.journey, store=stores.new(), hooks=[Hook("all", seen.append)]) as tracker:
        for part, now in zip(parts, advances(world, rng, len(parts)), strict=True):
            if now is not None:
                tracker.advance(moment(now))
            feed(tracker, world, part)
            tracker.deliver()
        expected = told_stages(tracker)
    holds: dict[str, Record] = {}
    for one in seen:
        if isinstance(one, Revised):
            for gone in one.before:
                assert holds.pop(gone.key) == gone
        else:
            assert one.key not in holds
            holds[one.key] = one
    found: dict[object, list[tuple[np.datetime64, int]]] = {customer: [] for customer in expected}
    moves = [one for one in holds.values() if isinstance(one, Transitioned)]
    for one in sorted(moves, key=lambda one: (one.at, int(one.key.rpartition("-")[2]))):
        found[one.customer].append((one.at, one.transition))
    assert {customer: sorted(some) for customer, some in found.items()} == {
        customer: sorted(some) for customer, some in expected.items()
    }
