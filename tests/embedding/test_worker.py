"""The example worker: time passes, hooks are told, and running it again does no harm."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime

from tests.embedding.conftest import SERVICE, module

import cjlib as cj
from cjlib.live import Hook, Raised, Record, Transitioned

worker = module("worker")
NOW = datetime(2026, 3, 15, tzinfo=UTC)


def record(store: str, hook: Hook) -> None:
    with cj.Tracker(cj.load(worker.JOURNEY), store=store, hooks=[hook]) as tracker:
        tracker.record({"customer": "brass", "activity": "login", "time": "2026-01-01", "event_id": 1})


def test_time_alone_loses_a_customer_and_the_hook_is_told_once(store: str) -> None:
    told: list[Record] = []
    hook = Hook("list", told.append)
    record(store, hook)
    first = worker.work(store, NOW, [hook])
    moves = [one for one in told if isinstance(one, Transitioned)]
    assert [(one.customer, one.source, one.target, str(one.at)[:10]) for one in moves] == [
        ("brass", "trial", "gone", "2026-03-02")
    ]
    assert not [one for one in told if isinstance(one, Raised)]
    count = len(told)
    assert first
    worker.work(store, NOW, [hook])
    assert len(told) == count


def test_cron_can_run_it(store: str) -> None:
    record(store, Hook("stdout", worker.tell))
    command = [sys.executable, str(SERVICE / "worker.py"), store]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert '"transitioned"' in done.stdout
    again = subprocess.run(command, capture_output=True, text=True, check=True)
    assert '"transitioned"' not in again.stdout
