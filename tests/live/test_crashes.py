"""Nothing is lost and nothing happens twice, whenever a process ends and however many there are."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from tests import worlds
from tests.live.crashing import events, fill_disk, processes, record_all, write
from tests.live.small import JOURNEY, event
from tests.live.stores import Stores, server

import cjlib as cj
from cjlib.live import Hook, Record

KILLS = 200 if os.environ.get("HYPOTHESIS_PROFILE") == "nightly" else 20
END = "2026-03-01"


def batch() -> dict[object, worlds.History]:
    log = cj.EventLog.from_records(events(), order="order", event_id="event_id")
    return worlds.histories(cj.replay(JOURNEY, log, until=END))


def test_a_killed_writer_loses_nothing_and_doubles_nothing(store: str, tmp_path: Path) -> None:
    """Killed at random moments; each time all that was acknowledged is there, and at the end all is told."""
    acknowledged, received = tmp_path / "acknowledged", tmp_path / "received"
    cj.Tracker(JOURNEY, store=store, hooks=[Hook("receiver", print)]).close()
    rng = np.random.default_rng(1)
    context = processes()
    for kill in range(KILLS):
        child = context.Process(target=write, args=(store, str(acknowledged), str(received), kill))
        before = acknowledged.stat().st_size if acknowledged.exists() else 0
        child.start()
        wait_for(lambda before=before: acknowledged.exists() and acknowledged.stat().st_size > before)
        time.sleep(float(rng.random()) * 0.2)
        assert child.is_alive()
        os.kill(child.pid, signal.SIGKILL)
        child.join()
        with cj.Tracker(JOURNEY, store=store) as tracker:
            assert {one for line in lines(acknowledged) for one in line.split("\t")} <= recorded(tracker)
    finish(store, received)


def wait_for(holds: object) -> None:
    patience = time.monotonic() + 60
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < patience
        time.sleep(0.005)


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def recorded(tracker: cj.Tracker) -> set[str]:
    return set(tracker.recorded().log.event_id.tolist())


def finish(store: str, received: Path) -> None:
    """Record the rest, tell the rest; then every record was received, and each key stands for one of them."""

    def receive(record: Record) -> None:
        with received.open("a") as file:
            file.write(record.to_json() + "\n")

    with cj.Tracker(JOURNEY, store=store, hooks=[Hook("receiver", receive)]) as tracker:
        tracker.record(events())
        tracker.advance(END)
        wait_for(lambda: not tracker.deliver().busy)
        expected = batch()
        assert {one: worlds.histories(tracker.history(one))[one].visits for one in expected} == {
            one: history.visits for one, history in expected.items()
        }
        customers = tracker.read(lambda rows: rows.customers_after("", 100)).values()
    told: dict[str, set[str]] = {}
    order: dict[str, list[int]] = {}
    for line in lines(received):
        key = json.loads(line)["key"]
        if key not in told:
            token, _, number = key.rpartition("-")
            order.setdefault(token, []).append(int(number))
        told.setdefault(key, set()).add(line)
    assert set(told) == {f"{one.token}-{number}" for one in customers for number in range(one.number)}
    assert all(len(some) == 1 for some in told.values())
    assert all(numbers == sorted(numbers) for numbers in order.values())
    assert len(told) > len(customers)


def test_several_processes_write_at_once_and_nothing_is_lost(stores: Stores) -> None:
    """Four processes, each with most of the events in an order of its own, in small parts."""
    store = stores.new()
    cj.Tracker(JOURNEY, store=store).close()
    known, context = events(), processes()
    children = []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        mine = [one for place, one in enumerate(known) if place % 4 == seed or rng.random() < 0.5]
        shuffled = [mine[place] for place in rng.permutation(len(mine))]
        parts = [shuffled[low : low + 4] for low in range(0, len(shuffled), 4)]
        children.append(context.Process(target=record_all, args=(store, parts)))
    for child in children:
        child.start()
    for child in children:
        child.join()
        assert child.exitcode == 0
    with cj.Tracker(JOURNEY, store=store) as tracker:
        tracker.advance(END)
        expected = batch()
        found = {one: worlds.histories(tracker.history(one))[one] for one in expected}
        assert found == expected
        assert len(tracker.recorded().log) == len({one["event_id"] for one in known})


def test_a_full_disk_is_told_and_the_store_opens_again(tmp_path: Path) -> None:
    store, outcome = f"sqlite:///{tmp_path}/journey.db", tmp_path / "outcome"
    child = processes().Process(target=fill_disk, args=(store, 400_000, str(outcome)))
    child.start()
    child.join()
    number, _, message = outcome.read_text().partition("\n")
    assert "nothing of this call was written" in message
    with cj.Tracker(JOURNEY, store=store) as tracker:
        assert len(tracker.recorded().log) == int(number)
        assert tracker.record(event(2, customer=0)).events == 1


def test_a_dropped_connection_is_told_and_the_next_call_works(postgres: str, tmp_path: Path) -> None:
    store = Stores(postgres, tmp_path).new()
    engine = server(postgres)
    with cj.Tracker(JOURNEY, store=store) as tracker:
        tracker.record(event(1))
        with engine.connect() as connection:
            connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
                "AND backend_type = 'client backend'"
            )
        with pytest.raises(cj.errors.StoreError, match="connection was lost"):
            tracker.record(event(2))
        assert tracker.record(event(2)).events == 1
        assert tracker.where("a").stage == "active"
    engine.dispose()


def test_a_store_that_is_not_there_is_told() -> None:
    with pytest.raises(cj.errors.StoreError, match="unable to open database file"):
        cj.Tracker(JOURNEY, store="sqlite:////no/such/folder/journey.db")
    with pytest.raises(cj.errors.StoreError):
        cj.Tracker(JOURNEY, store="postgresql://postgres@/nothing?host=/no/such/folder")
