"""What processes do that tests kill, or run side by side."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import resource
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tests.live.small import JOURNEY, event

import cjlib as cj
from cjlib.live import Hook, Record

CUSTOMERS = ("a", "b", "c", "d")
DAYS = range(1, 29)


def processes() -> Any:
    """Processes that begin with everything loaded, so that a test can afford many."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.live.warm"])
    return context


def events() -> list[dict[str, Any]]:
    """All events that writers record, over and over."""
    names = ("login", "login", "report", "call")
    rng = np.random.default_rng(7)
    return [
        event(day, names[int(rng.integers(4))], customer)
        for customer in CUSTOMERS
        for day in DAYS
        if rng.random() < 0.7
    ]


def write(url: str, acknowledged: str, received: str, seed: int) -> None:
    """Record events in any order until somebody ends us; what has been recorded is written down after it."""
    rng = np.random.default_rng(seed)
    known = events()

    def receive(record: Record) -> None:
        append(received, record.to_json())

    with cj.Tracker(JOURNEY, store=url, hooks=[Hook("receiver", receive)]) as tracker:
        for turn in itertools.count():
            some = [known[place] for place in rng.integers(0, len(known), 5)]
            tracker.record(some)
            append(acknowledged, "\t".join(one["event_id"] for one in some))
            if turn % 3 == 0:
                tracker.deliver(hold=0.3)
            if turn % 5 == 0:
                tracker.settle_due()


def append(path: str, line: str) -> None:
    """One line, whole or not at all: it is one call of the system."""
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(handle, f"{line}\n".encode())
    os.close(handle)


def record_all(url: str, parts: Sequence[Sequence[dict[str, Any]]]) -> None:
    """Record parts one after the other."""
    with cj.Tracker(JOURNEY, store=url) as tracker:
        for part in parts:
            tracker.record(part)


def fill_disk(url: str, size: int, outcome: str) -> None:
    """Record until no file may grow any more, and write down how that was told."""
    with cj.Tracker(JOURNEY, store=url) as tracker:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        for number in itertools.count():
            text = os.urandom(2000).hex()
            try:
                tracker.record(event(1, customer=number, text=text))
            except cj.errors.StoreError as error:
                Path(outcome).write_text(f"{number}\n{error}")
                return
