"""Replay of many events: cjlib on one and on all cores, against a state machine written by hand in Python.

Run it as ``python benchmarks/replay.py [--events 10_000_000] [--customers 300_000]``. It prints one JSON line
per figure; the answers are compared before anything is timed.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import time
from collections import Counter, deque
from collections.abc import Callable
from typing import Any

import numpy as np

import cjlib as cj

DAY = 86_400_000_000
ACTIVITIES = (
    "browse",
    "cancel",
    "complaint",
    "kickoff",
    "login",
    "order",
    "page",
    "purchase",
    "ticket",
    "visit",
)
SHARES = (0.10, 0.001, 0.009, 0.01, 0.38, 0.06, 0.20, 0.02, 0.021, 0.20)
STAGES = ("trial", "onboarding", "adoption", "risk", "lost")
WAYS = (
    ("trial", "onboarding", 'happened("purchase")', 0),
    ("trial", "lost", 'idle("visit") >= "90d"', 0),
    ("onboarding", "adoption", 'happened("kickoff") and count("login", within="14d") >= 3', 0),
    ("onboarding", "risk", 'dwell() > "60d"', 0),
    ("adoption", "risk", 'idle("login") >= "30d" or count("complaint") >= 2', 0),
    ("risk", "adoption", 'count("login") >= 3', 0),
    ("risk", "lost", 'idle("login") >= "60d"', 0),
    ("adoption", "lost", 'happened("cancel")', 1),
    ("lost", "onboarding", 'happened("purchase")', 0),
)


def journey() -> cj.Journey:
    """Five stages, nine transitions, eight different terms."""
    return cj.Journey(
        "benchmark",
        stages=[cj.Stage(name, kind="lost" if name == "lost" else "active") for name in STAGES],
        transitions=[cj.Transition(a, b, when=when, priority=priority) for a, b, when, priority in WAYS],
    )


def columns(events: int, customers: int, seed: int = 7) -> tuple[Any, Any, Any]:
    """Customers, activity codes and times (microseconds), by time; a few customers have many events."""
    rng = np.random.default_rng(seed)
    weight = rng.gamma(0.7, size=customers)
    customer = np.concatenate(
        [np.arange(customers), rng.choice(customers, events - customers, p=weight / weight.sum())]
    )
    activity = rng.choice(len(ACTIVITIES), events, p=np.array(SHARES) / sum(SHARES))
    start = np.datetime64("2025-01-01", "us").astype(np.int64)
    moment = start + np.sort(rng.integers(0, 365 * DAY, events))
    return customer, activity, moment


def make_log(events: int, customers: int) -> cj.EventLog:
    """The log of the benchmark."""
    customer, activity, moment = columns(events, customers)
    return cj.EventLog.from_columns(customer, np.array(ACTIVITIES)[activity], moment.view("datetime64[us]"))


def by_hand(log: cj.EventLog, until: int, customers: int) -> list[tuple[int, str, int, int | None]]:
    """The same journey as a person would write it in Python: (customer, stage, entered, left)."""
    names = log.activities
    rows: list[tuple[int, str, int, int | None]] = []
    for customer in range(customers):
        low, high = int(log.starts[customer]), int(log.starts[customer + 1])
        rows.extend(
            _one(
                customer,
                list(
                    zip(
                        log.time[low:high].tolist(),
                        [names[a] for a in log.activity[low:high].tolist()],
                        strict=True,
                    )
                ),
                until,
            )
        )
    return rows


def _one(customer: int, events: list[tuple[int, str]], until: int) -> list[tuple[int, str, int, int | None]]:
    first = entered = events[0][0]
    stage = "trial"
    rows: list[tuple[int, str, int, int | None]] = []
    counts: Counter[str] = Counter()
    latest = {"visit": first, "login": first}
    logins: deque[int] = deque()

    def target(now: int) -> str:
        if stage == "trial":
            return "onboarding" if counts["purchase"] else "lost" if now >= latest["visit"] + 90 * DAY else ""
        if stage == "onboarding":
            while logins and logins[0] <= now - 14 * DAY:
                logins.popleft()
            is_going = counts["kickoff"] and len(logins) >= 3
            return "adoption" if is_going else "risk" if now > entered + 60 * DAY else ""
        if stage == "adoption":
            is_at_risk = now >= latest["login"] + 30 * DAY or counts["complaint"] >= 2
            return "lost" if counts["cancel"] else "risk" if is_at_risk else ""
        if stage == "risk":
            return "adoption" if counts["login"] >= 3 else "lost" if now >= latest["login"] + 60 * DAY else ""
        return "onboarding" if counts["purchase"] else ""

    def alarm() -> int:
        if stage == "trial":
            return latest["visit"] + 90 * DAY
        if stage == "onboarding":
            return entered + 60 * DAY + 1
        idle = {"adoption": 30, "risk": 60}.get(stage)
        return 2**63 if idle is None else latest["login"] + idle * DAY

    position = 0
    while True:
        now = min(events[position][0] if position < len(events) else 2**63, alarm())
        if now > until:
            break
        while position < len(events) and events[position][0] == now:
            activity = events[position][1]
            position += 1
            counts[activity] += 1
            if activity in latest:
                latest[activity] = now
            if activity == "login":
                logins.append(now)
        while following := target(now):
            rows.append((customer, stage, entered, now))
            stage, entered = following, now
            counts.clear()
    rows.append((customer, stage, entered, None))
    return rows


def answers(log: cj.EventLog, until: str, customers: int) -> None:
    """Stop unless both say the same of the first customers."""
    trace = cj.replay(journey(), log, until=until)
    own = trace.visits
    inside = own.codes("customer") < customers
    entered, left = own["entered"].view(np.int64), own["left"].view(np.int64)
    ours = [
        (int(c), STAGES[s], int(e), None if x == np.iinfo(np.int64).min else int(x))
        for c, s, e, x in zip(
            own.codes("customer")[inside],
            own.codes("stage")[inside],
            entered[inside],
            left[inside],
            strict=True,
        )
    ]
    theirs = by_hand(log, int(np.datetime64(until, "us").astype(np.int64)), customers)
    if ours != theirs:
        wrong = next((a, b) for a, b in zip(ours, theirs, strict=False) if a != b)
        raise SystemExit(f"the answers differ: {wrong}")


def timed(task: str, who: str, rows: int, work: Callable[[], Any], base: float | None, repeats: int) -> float:
    """Print the best of some runs as a JSON line; the seconds per row."""
    best, cpu = float("inf"), 0.0
    for _ in range(repeats):
        wall, used = time.perf_counter(), time.process_time()
        work()
        seconds = time.perf_counter() - wall
        if seconds < best:
            best, cpu = seconds, time.process_time() - used
    per_row = best / rows
    figure = {
        "task": task,
        "who": who,
        "rows": rows,
        "seconds": round(best, 4),
        "cpu_seconds": round(cpu, 4),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "ratio_to_cjlib": None if base is None else round(per_row / base, 2),
        "events_per_second": round(rows / best),
    }
    print(json.dumps(figure), flush=True)
    return per_row


def main() -> None:
    """Compare, then time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--customers", type=int, default=300_000)
    parser.add_argument(
        "--sample", type=int, default=3_000, help="customers for the state machine written by hand"
    )
    parser.add_argument("--repeats", type=int, default=5)
    args = parser.parse_args()
    until = "2026-06-30"
    log = make_log(args.events, args.customers)
    sample = min(args.sample, args.customers)
    answers(log, until, sample)
    definition = journey()
    task = f"replay, {len(STAGES)} stages, {len(WAYS)} transitions"
    base = timed(
        task,
        "cjlib, 1 thread",
        args.events,
        lambda: cj.replay(definition, log, until=until, threads=1),
        None,
        args.repeats,
    )
    cores = os.cpu_count() or 1
    parallel = f"cjlib, {cores} threads"
    timed(
        task,
        parallel,
        args.events,
        lambda: cj.replay(definition, log, until=until, threads=cores),
        base,
        args.repeats,
    )
    rows = int(log.starts[sample])
    end = int(np.datetime64(until, "us").astype(np.int64))
    timed(task, "state machine by hand, Python", rows, lambda: by_hand(log, end, sample), base, 1)


if __name__ == "__main__":
    main()
