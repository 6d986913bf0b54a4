"""A panel of many moments and metrics, against DuckDB's range join and Polars' join_where on two threads.

Run it as ``python benchmarks/panel.py [--events 10_000_000] [--customers 300_000] [--quick]``. It prints one
JSON line per figure; the answers are compared before anything is timed: counts, minima, maxima and latest
values to the cell, sums, means and slopes to 1e-9. The log is that of ``replay.py``, with values.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path

os.environ["POLARS_MAX_THREADS"] = "2"  # before Polars is imported

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
from replay import ACTIVITIES, columns

import cjlib as cj

THREADS = 2
DAY = 86_400_000_000
Table = Mapping[str, np.ndarray]

# id, activity, aggregate, days; every peer gets the same list
METRICS = (
    ("logins", "login", "count", 30),
    ("events", None, "count", 14),
    ("spent", "order", "sum", 90),
    ("basket", "order", "mean", 90),
    ("least", "order", "min", 90),
    ("most", "order", "max", 60),
    ("latest", "page", "last", 90),
    ("trend", "page", "trend", 90),
    ("since_login", "login", "days_since", 60),
    ("visited", "visit", "mean", 45),
)
EXACT = ("count", "min", "max", "last")
LONGEST = max(days for *_, days in METRICS)


def make_log(events: int, customers: int) -> cj.EventLog:
    """The log of the replay benchmark, with a value for nine events in ten."""
    customer, activity, moment = columns(events, customers)
    rng = np.random.default_rng(11)
    value = np.round(rng.gamma(2.0, 30.0, events), 2)
    value[rng.random(events) < 0.1] = np.nan
    names = np.array(ACTIVITIES)[activity]
    return cj.EventLog.from_columns(customer, names, moment.view("datetime64[us]"), value)


def by_cjlib(log: cj.EventLog, moments: np.ndarray, threads: int) -> Table:
    metrics = [
        cj.Metric(name, activity=activity, aggregate=aggregate, window=f"{days}d")
        for name, activity, aggregate, days in METRICS
    ]
    panel = cj.panel(log, metrics, as_of=moments, threads=threads)
    found = {name: panel[name] for name in panel.names}
    return {"customer": panel.codes_of_customers, "moment": panel.numbers_of_moments, **found}


def events_of(log: cj.EventLog) -> pa.Table:
    """The log's columns as the peers get them: integer codes, nothing left to encode."""
    return pa.table(
        {
            "customer": log.customer_codes(), "activity": log.activity, "time": log.time,
            "row": np.arange(len(log)), "value": pa.array(log.value, from_pandas=True),
        }
    )  # fmt: skip


def by_duckdb(log: cj.EventLog, events: pa.Table, moments: np.ndarray) -> Table:
    """One range join, one aggregation with filters, and the customers without events in the window."""
    connection = duckdb.connect(config={"threads": THREADS})
    connection.register("events", events)
    connection.register("moments", moment_table(moments))
    columns = ", ".join(sql(log, *metric) + f" AS {metric[0]}" for metric in METRICS)
    zeros = ", ".join(
        f"coalesce({name}, 0) AS {name}" if aggregate in ("count", "sum") else name
        for name, _, aggregate, _ in METRICS
    )
    query = f"""
        WITH firsts AS (SELECT customer, min(time) AS first FROM events GROUP BY customer),
        rows AS (SELECT customer, moment, t FROM firsts JOIN moments ON first <= t),
        measured AS (
            SELECT customer, moment, {columns}
            FROM events JOIN moments ON time <= t AND time > t - {LONGEST * DAY}
            GROUP BY customer, moment
        )
        SELECT customer, moment, {zeros}
        FROM rows LEFT JOIN measured USING (customer, moment) ORDER BY customer, moment
    """
    return connection.execute(query).fetchnumpy()


def sql(log: cj.EventLog, name: str, activity: str | None, aggregate: str, days: int) -> str:
    """One metric in SQL."""
    conditions = [f"time > t - {days * DAY}"] if days < LONGEST else []
    conditions += [f"activity = {log.activities.index(activity)}"] if activity else []
    conditions += ["value IS NOT NULL"] if aggregate in ("last", "trend") else []
    call = {
        "count": "count(*)", "last": "arg_max(value, row)", "days_since": f"min((t - time) / {float(DAY)})",
        "trend": f"regr_slope(value, (time - {int(log.time.min())}) / {float(DAY)})",
    }.get(aggregate, f"{'avg' if aggregate == 'mean' else aggregate}(value)")  # fmt: skip
    return f"{call} FILTER (WHERE {' AND '.join(conditions)})" if conditions else call


def moment_table(moments: np.ndarray) -> pa.Table:
    return pa.table({"moment": np.arange(len(moments), dtype=np.int32), "t": moments.view(np.int64)})


def by_polars(log: cj.EventLog, events: pa.Table, moments: np.ndarray) -> Table:
    """One join_where, one aggregation of masked columns, and the customers without events in the window."""
    frame, grid = pl.from_arrow(events).lazy(), pl.from_arrow(moment_table(moments)).lazy()
    rows = frame.group_by("customer").agg(pl.col("time").min().alias("first"))
    rows = rows.join_where(grid, pl.col("first") <= pl.col("t")).select("customer", "moment")
    joined = frame.join_where(
        grid, pl.col("time") <= pl.col("t"), pl.col("time") > pl.col("t") - LONGEST * DAY
    )
    found = joined.group_by("customer", "moment").agg(expression(log, *metric) for metric in METRICS)
    found = rows.join(found, on=["customer", "moment"], how="left").sort("customer", "moment")
    zeros = [name for name, _, aggregate, _ in METRICS if aggregate in ("count", "sum")]
    result = found.with_columns(pl.col(zeros).fill_null(0)).collect()
    table = {name: result[name].to_numpy() for name in result.columns}
    latest = np.nan_to_num(table["latest"]).astype(int)
    return table | {"latest": np.where(np.isnan(table["latest"]), np.nan, log.value[latest])}


def expression(log: cj.EventLog, name: str, activity: str | None, aggregate: str, days: int) -> pl.Expr:
    """One metric in Polars; of the latest value the row, which is looked up afterwards."""
    condition = pl.col("time") > pl.col("t") - days * DAY
    if activity:
        condition &= pl.col("activity") == log.activities.index(activity)
    valued = condition & pl.col("value").is_not_null()

    def masked(column: str, where: pl.Expr = condition) -> pl.Expr:
        return pl.when(where).then(pl.col(column))

    if aggregate == "trend":
        x = pl.when(valued).then((pl.col("time") - int(log.time.min())) / DAY)
        y = masked("value", valued)
        return (pl.cov(x, y) / x.var()).alias(name)
    made = {
        "count": lambda: condition.sum(),
        "last": lambda: masked("row", valued).max(),
        "days_since": lambda: (pl.col("t") - masked("time")).min() / DAY,
    }.get(aggregate, lambda: getattr(masked("value"), aggregate)())
    return made().alias(name)


def compare(ours: Table, theirs: Table, who: str) -> None:
    """Stop unless both say the same."""
    for name, _, aggregate, _ in (("customer", 0, "count", 0), ("moment", 0, "count", 0), *METRICS):
        mine = np.asarray(ours[name], float)
        other = np.ma.filled(np.ma.asarray(theirs[name]).astype(float), np.nan)
        if aggregate == "trend":  # with one distinct time there is none; peers say NaN or infinity
            other = np.where(np.isfinite(other), other, np.nan)
        is_same = (mine == other) | (np.isnan(mine) & np.isnan(other))
        if aggregate not in EXACT:
            scale = np.abs(mine) + (1.0 if aggregate == "trend" else 0.0)
            is_same |= np.abs(mine - other) <= 1e-9 * scale
        if not is_same.all():
            row = int(np.flatnonzero(~is_same)[0])
            raise SystemExit(f"{who} says otherwise of {name} in {np.sum(~is_same)} rows, such as {row}: "
                             f"{mine[row]!r} here, {other[row]!r} there")  # fmt: skip


def main() -> None:
    """Compare, then time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--customers", type=int, default=300_000)
    parser.add_argument("--moments", type=int, default=24)
    parser.add_argument("--repeat", type=int, default=5, help="runs of cjlib; peers run once")
    parser.add_argument("--peers", nargs="*", default=["duckdb", "polars"], help="against whom")
    parser.add_argument("--quick", action="store_true", help="a twentieth of the events and customers")
    options = parser.parse_args()
    if options.quick:
        options.events, options.customers = options.events // 20, options.customers // 20
    log = make_log(options.events, options.customers)
    first, last = int(log.time.min()), int(log.time.max())
    moments = np.linspace(first, last, options.moments + 1)[1:].astype(np.int64).view("datetime64[us]")
    events = events_of(log)

    # the small panel compiles the kernels
    by_cjlib(log.select(log.customers[:10]), moments[:2], THREADS)
    contenders: dict[str, Callable[[], Table]] = {
        "cjlib": lambda: by_cjlib(log, moments, THREADS),
        "cjlib, one thread": lambda: by_cjlib(log, moments, 1),
        "duckdb": lambda: by_duckdb(log, events, moments),
        "polars": lambda: by_polars(log, events, moments),
    }
    chosen = {who: run for who, run in contenders.items() if who.startswith("cjlib") or who in options.peers}
    report(log, options, chosen)


def report(
    log: cj.EventLog, options: argparse.Namespace, contenders: Mapping[str, Callable[[], Table]]
) -> None:
    """Compare everybody's first answer with cjlib's, then time; the first run also tells the memory."""
    ours: Table = {}
    peaks = {}
    for who, run in contenders.items():
        answer, peaks[who] = with_peak(run)
        ours = ours or answer
        compare(ours, answer, who)
        del answer
        gc.collect()
    rows = len(ours["customer"])
    del ours
    best = 0.0
    for who, run in contenders.items():
        runs = [timed(run) for _ in range(options.repeat if who.startswith("cjlib") else 1)]
        seconds, cpu = min(runs)
        best = best or seconds
        line = {
            "task": f"panel of {options.moments} moments and {len(METRICS)} metrics", "who": who,
            "rows": options.events, "seconds": round(seconds, 3), "cpu_seconds": round(cpu, 3),
            "peak_mb": None if peaks[who] is None else round(peaks[who]),
            "ratio_to_cjlib": round(seconds / best, 2),
        }  # fmt: skip
        print(json.dumps(line | (sizes(log, rows) if who == "cjlib" else {})), flush=True)


def timed(task: Callable[[], Table]) -> tuple[float, float]:
    """Seconds and CPU seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    task()
    return time.perf_counter() - wall, time.process_time() - cpu


def with_peak(task: Callable[[], Table]) -> tuple[Table, float | None]:
    """The answer, and the megabytes above what was in use before (on Linux)."""
    gc.collect()
    try:
        Path("/proc/self/clear_refs").write_text("5")
        before = memory("VmRSS")
    except OSError:
        return task(), None
    answer = task()
    return answer, memory("VmHWM") - before


def memory(key: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(float(line.split()[1]) / 1024 for line in lines if line.startswith(f"{key}:"))


def sizes(log: cj.EventLog, rows: int) -> dict[str, int]:
    """The columns that go in and those that come out, in megabytes."""
    arrays = (log.starts, log.time, log.activity, log.value)
    going_in = sum(array.nbytes for array in arrays if array is not None)
    coming_out = rows * (len(METRICS) * 8 + 2 * 4)
    return {"panel_rows": rows, "columns_in_mb": going_in >> 20, "columns_out_mb": coming_out >> 20}


if __name__ == "__main__":
    main()
