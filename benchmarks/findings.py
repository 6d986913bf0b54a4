"""Questions about paths, against plain numpy, Polars and DuckDB on two threads, and pm4py if it is there.

Run it as ``python benchmarks/findings.py [--events 10_000_000] [--customers 300_000] [--quick]``. It prints
one JSON line per figure; the answers are compared before anything is timed. Everybody gets the same prepared
columns: integer codes, sorted by customer, time and row. pm4py is AGPL and is found only in an environment
of its own: ``--pm4py /elsewhere/bin/python``; it runs on the first ``--sample`` events, beside cjlib on the
same ones.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

os.environ["POLARS_MAX_THREADS"] = "2"  # before Polars is imported

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import replay

import cjlib as cj
from cjlib import findings

THREADS = 2
DAY = 86_400_000_000
UNTIL = "2026-06-30"
STEPS = ("visit", "login", "order", "purchase")
BANNED = (("cancel", "cancel"), ("cancel", "purchase"), ("complaint", "complaint"))
Numbers = Mapping[str, np.ndarray]


class World:
    """The log and its prepared columns, as each contender likes them best."""

    def __init__(self, log: cj.EventLog, trace: cj.Trace | None) -> None:
        self.log, self.trace, self.k = log, trace, len(log.activities)
        self.customer, self.n = log.customer_codes(), log.n_customers
        self.activity, self.time, self.starts = log.activity, log.time, log.starts
        self.steps = [log.activities.index(step) for step in STEPS]
        self.is_allowed = np.ones((self.k, self.k), bool)
        for source, target in BANNED:
            self.is_allowed[log.activities.index(source), log.activities.index(target)] = False
        self.allowed = [(log.activities[a], log.activities[b]) for a, b in np.argwhere(self.is_allowed)]
        table = pa.table({"customer": self.customer, "activity": self.activity, "time": self.time,
                          "row": np.arange(len(log))})  # fmt: skip
        self.frame = pl.from_arrow(table)
        self.sql = duckdb.connect(config={"threads": THREADS})
        self.sql.execute("SET preserve_insertion_order = true")
        self.sql.register("arrow", table)
        self.sql.execute("CREATE TABLE events AS SELECT * FROM arrow")
        if trace is not None:
            self._add_visits(trace)

    def _add_visits(self, trace: cj.Trace) -> None:
        visits = trace.visits
        left, entered = visits["left"].view(np.int64), visits["entered"].view(np.int64)
        self.is_left = left != np.iinfo(np.int64).min
        until = int(trace.until.astype(np.int64))
        self.inside = np.where(self.is_left, left, until) - entered
        self.stage = visits.codes("stage")
        table = pa.table({"stage": self.stage, "inside": self.inside, "is_left": self.is_left})
        self.visits = pl.from_arrow(table)
        self.sql.register("visits_arrow", table)
        self.sql.execute("CREATE TABLE visits AS SELECT * FROM visits_arrow")


# --- the directly-follows graph


def graph_cjlib(world: World) -> Numbers:
    found = findings.directly_follows(world.log, durations=False)
    return {"count": square(world, found.codes("source"), found.codes("target"), found["count"])}


def square(world: World, source: Any, target: Any, values: Any) -> np.ndarray:
    table = np.zeros((world.k, world.k))
    table[np.asarray(source), np.asarray(target)] = values
    return table


def pairs_numpy(world: World) -> tuple[np.ndarray, np.ndarray]:
    """Which rows are the second of a pair, and the pairs."""
    is_pair = world.customer[1:] == world.customer[:-1]
    return is_pair, (world.activity[:-1] * world.k + world.activity[1:])[is_pair]


def graph_numpy(world: World) -> Numbers:
    counts = np.bincount(pairs_numpy(world)[1], minlength=world.k**2)
    return {"count": counts.reshape(world.k, world.k).astype(float)}


def pairs_polars(world: World) -> pl.LazyFrame:
    before = pl.all().shift(1).name.suffix("_before")
    frame = world.frame.lazy().select("customer", "activity", "time").with_columns(before)
    return frame.filter(pl.col("customer") == pl.col("customer_before"))


def graph_polars(world: World) -> Numbers:
    found = pairs_polars(world).group_by("activity_before", "activity").len().collect()
    return {"count": square(world, found["activity_before"], found["activity"], found["len"])}


PAIRS = """SELECT lag(activity) OVER w AS source, activity AS target, time - lag(time) OVER w AS pause
           FROM events WINDOW w AS (PARTITION BY customer ORDER BY row)"""


def graph_duckdb(world: World) -> Numbers:
    query = f"SELECT source, target, count(*) AS n FROM ({PAIRS}) WHERE source IS NOT NULL GROUP BY ALL"
    found = world.sql.execute(query).fetchnumpy()
    return {"count": square(world, found["source"], found["target"], found["n"])}


# --- how long the edges take

MEASURES = ("mean", "median", "p95")


def edges_cjlib(world: World) -> Numbers:
    found = findings.directly_follows(world.log)
    where = found.codes("source"), found.codes("target")
    return {name: square(world, *where, found[name]) for name in MEASURES}


def edges_numpy(world: World) -> Numbers:
    is_pair, pairs = pairs_numpy(world)
    seconds = np.diff(world.time)[is_pair] / 1e6
    order = np.argsort(pairs, kind="stable")
    groups = np.split(seconds[order], np.cumsum(np.bincount(pairs, minlength=world.k**2))[:-1])
    tables = np.zeros((3, world.k**2))
    for i, group in enumerate(groups):
        if len(group):
            tables[:, i] = group.mean(), *np.quantile(group, [0.5, 0.95])
    return dict(zip(MEASURES, tables.reshape(3, world.k, world.k), strict=True))


def edges_polars(world: World) -> Numbers:
    pause = (pl.col("time") - pl.col("time_before")) / 1e6
    measures = [pause.mean().alias("mean"), pause.median().alias("median"),
                pause.quantile(0.95, "linear").alias("p95")]  # fmt: skip
    found = pairs_polars(world).group_by("activity_before", "activity").agg(measures).collect()
    where = found["activity_before"], found["activity"]
    return {name: square(world, *where, found[name]) for name in MEASURES}


def edges_duckdb(world: World) -> Numbers:
    found = world.sql.execute(
        f"""SELECT source, target, avg(pause) / 1e6 AS mean, quantile_cont(pause, 0.5) / 1e6 AS median,
            quantile_cont(pause, 0.95) / 1e6 AS p95 FROM ({PAIRS}) WHERE source IS NOT NULL GROUP BY ALL"""
    ).fetchnumpy()
    return {name: square(world, found["source"], found["target"], found[name]) for name in MEASURES}


# --- a funnel of four steps, in order


def funnel_cjlib(world: World) -> Numbers:
    return {"customers": findings.funnel(world.log, STEPS)["customers"]}


def funnel_numpy(world: World) -> Numbers:
    rows, counts = np.full(world.n, -1, np.int64), []
    for step in world.steps:
        found = np.flatnonzero(world.activity == step)
        found = found[found > rows[world.customer[found]]]
        who, first = np.unique(world.customer[found], return_index=True)
        rows = np.full(world.n, len(world.log), np.int64)
        rows[who] = found[first]
        counts.append(len(who))
    return {"customers": np.array(counts)}


def funnel_polars(world: World) -> Numbers:
    reached, counts = None, []
    for step in world.steps:
        found = world.frame.lazy().filter(pl.col("activity") == step).select("customer", "row")
        if reached is not None:
            found = found.join(reached.lazy(), on="customer").filter(pl.col("row") > pl.col("reached"))
        reached = found.group_by("customer").agg(pl.col("row").min().alias("reached")).collect()
        counts.append(len(reached))
    return {"customers": np.array(counts)}


def funnel_duckdb(world: World) -> Numbers:
    parts = [
        f"s0 AS (SELECT customer, min(row) AS r FROM events WHERE activity = {world.steps[0]} GROUP BY 1)"
    ]
    for i, step in enumerate(world.steps[1:], start=1):
        parts.append(
            f"s{i} AS (SELECT e.customer, min(row) AS r FROM events e JOIN s{i - 1} s USING (customer) "
            f"WHERE activity = {step} AND row > r GROUP BY 1)"
        )
    counts = ", ".join(f"(SELECT count(*) FROM s{i})" for i in range(len(STEPS)))
    found = world.sql.execute(f"WITH {', '.join(parts)} SELECT {counts}").fetchone()
    return {"customers": np.array(found)}


# --- time in stage: visits, those that ended, their median, and the Kaplan-Meier median


def stage_cjlib(world: World) -> Numbers:
    found = findings.time_in_stage(world.trace)
    return {name: found[name] for name in ("visits", "left", "left_median_days", "median_days")}


def stage_numpy(world: World) -> Numbers:
    rows = []
    for stage in range(len(replay.STAGES)):
        mine = world.stage == stage
        days, is_left = world.inside[mine] / DAY, world.is_left[mine]
        order = np.argsort(days)
        days, is_left = days[order], is_left[order]
        times, first = np.unique(days, return_index=True)
        ended = np.add.reduceat(is_left.astype(float), first) if len(first) else np.zeros(0)
        curve = np.cumprod(1 - ended / (len(days) - first))
        below = np.flatnonzero(curve <= 0.5 + 1e-12)
        naive = np.median(days[is_left]) if is_left.any() else np.nan
        rows.append((len(days), is_left.sum(), naive, times[below[0]] if len(below) else np.nan))
    return dict(zip(("visits", "left", "left_median_days", "median_days"), np.array(rows).T, strict=True))


def stage_polars(world: World) -> Numbers:
    frame = world.visits.lazy()
    plain = frame.group_by("stage").agg(
        pl.len().alias("visits"), pl.col("is_left").sum().alias("left"),
        (pl.col("inside").filter(pl.col("is_left")).median() / DAY).alias("left_median_days"),
    )  # fmt: skip
    times = frame.group_by("stage", "inside").agg(pl.col("is_left").sum().alias("ended"), pl.len().alias("n"))
    times = times.sort("stage", "inside").with_columns(
        (pl.col("n").sum().over("stage") - pl.col("n").cum_sum().over("stage") + pl.col("n")).alias("at_risk")
    )
    curve = (1 - pl.col("ended") / pl.col("at_risk")).cum_prod().over("stage")
    median = times.with_columns(curve.alias("curve")).filter(pl.col("curve") <= 0.5 + 1e-12)
    median = median.group_by("stage").agg((pl.col("inside").min() / DAY).alias("median_days"))
    return by_stage(plain.join(median, on="stage", how="left").collect().to_dict(as_series=False))


def by_stage(found: Any) -> Numbers:
    tables = {}
    for name in ("visits", "left", "left_median_days", "median_days"):
        column = (
            np.zeros(len(replay.STAGES))
            if name in ("visits", "left")
            else np.full(len(replay.STAGES), np.nan)
        )
        values = np.ma.filled(np.ma.asarray(found[name]).astype(float), np.nan)
        column[np.asarray(found["stage"])] = values
        tables[name] = column
    return tables


def stage_duckdb(world: World) -> Numbers:
    query = f"""
        WITH plain AS (
            SELECT stage, count(*) AS visits, count(*) FILTER (is_left) AS left,
                median(inside) FILTER (is_left) / {DAY} AS left_median_days FROM visits GROUP BY stage),
        times AS (
            SELECT stage, inside, count(*) FILTER (is_left) AS ended, count(*) AS n FROM visits GROUP BY ALL),
        risk AS (
            SELECT *, sum(n) OVER (PARTITION BY stage ORDER BY inside DESC) AS at_risk FROM times),
        curve AS (
            SELECT stage, inside,
                product(1 - ended / at_risk) OVER (PARTITION BY stage ORDER BY inside) AS curve
            FROM risk)
        SELECT plain.*, (SELECT min(inside) / {DAY} FROM curve c WHERE c.stage = plain.stage
                         AND curve <= 0.5 + 1e-12) AS median_days FROM plain"""
    return by_stage(world.sql.execute(query).fetchnumpy())


# --- variants: how many customers take each different path


def variants_cjlib(world: World) -> Numbers:
    return {"customers": findings.variants(world.log)["customers"]}


def variants_numpy(world: World) -> Numbers:
    """A path as one number of 64 bits: equal paths for equal numbers is taken on trust."""
    place = np.arange(len(world.log)) - world.starts[:-1][world.customer]
    rng = np.random.default_rng(0)
    weights = rng.integers(1, 2**63, int(place.max()) + 1, dtype=np.uint64) | np.uint64(1)
    mixed = (world.activity.astype(np.uint64) + np.uint64(1)) * weights[place]
    has_steps = world.starts[1:] > world.starts[:-1]
    hashes = np.add.reduceat(mixed, world.starts[:-1][has_steps])
    return {"customers": -np.sort(-np.unique(hashes, return_counts=True)[1])}


def variants_polars(world: World) -> Numbers:
    paths = world.frame.lazy().group_by("customer").agg(pl.col("activity"))
    found = paths.group_by("activity").len().collect()
    return {"customers": -np.sort(-found["len"].to_numpy().astype(np.int64))}


def variants_duckdb(world: World) -> Numbers:
    found = world.sql.execute(
        """SELECT count(*) AS n
           FROM (SELECT list(activity ORDER BY row) AS path FROM events GROUP BY customer)
           GROUP BY path ORDER BY n DESC"""
    ).fetchnumpy()
    return {"customers": found["n"]}


# --- cohorts: who is there in each month after that of its first event


def cohorts_cjlib(world: World) -> Numbers:
    found = findings.cohorts(world.log)
    return {"there": months(found.codes("cohort"), found["period"], found["customers"] + found["so_far"])}


def months(cohort: Any, period: Any, values: Any) -> np.ndarray:
    table = np.zeros((12, 12))
    table[np.asarray(cohort), np.asarray(period)] = values
    return table


def cohorts_numpy(world: World) -> Numbers:
    month = world.time.view("datetime64[us]").astype("datetime64[M]").astype(np.int64)
    month -= month.min()
    first = month[world.starts[:-1]]
    seen = np.zeros((world.n, 12), bool)
    seen[world.customer, month] = True
    who, when = np.nonzero(seen)
    there = np.bincount(first[who] * 12 + when - first[who], minlength=144)
    return {"there": there.reshape(12, 12).astype(float)}


def cohorts_polars(world: World) -> Numbers:
    month = pl.col("time").cast(pl.Datetime("us")).dt.month().cast(pl.Int32) - 1
    there = world.frame.lazy().select("customer", month.alias("month")).unique()
    there = there.with_columns(pl.col("month").min().over("customer").alias("cohort"))
    found = there.group_by("cohort", pl.col("month") - pl.col("cohort")).len().collect()
    return {"there": months(found["cohort"], found["month"], found["len"])}


def cohorts_duckdb(world: World) -> Numbers:
    found = world.sql.execute(
        """WITH there AS (SELECT DISTINCT customer, month(make_timestamp(time)) - 1 AS m FROM events),
           first AS (SELECT customer, min(m) AS cohort FROM there GROUP BY customer)
           SELECT cohort, m - cohort AS period, count(*) AS n
           FROM there JOIN first USING (customer) GROUP BY ALL"""
    ).fetchnumpy()
    return {"there": months(found["cohort"], found["period"], found["n"])}


# --- conformance: whose path stays within a graph


def conformance_cjlib(world: World) -> Numbers:
    found = findings.deviations(world.log, world.allowed)
    return {"fitting": np.array([len(found.fitting)]), "steps": np.array([found["count"].sum()])}


def conformance_numpy(world: World) -> Numbers:
    is_pair = world.customer[1:] == world.customer[:-1]
    is_wrong = is_pair & ~world.is_allowed[world.activity[:-1], world.activity[1:]]
    is_unfit = np.zeros(world.n, bool)
    is_unfit[world.customer[1:][is_wrong]] = True
    return {"fitting": np.array([(~is_unfit).sum()]), "steps": np.array([is_wrong.sum()])}


def conformance_polars(world: World) -> Numbers:
    banned = np.flatnonzero(~world.is_allowed.reshape(-1)).tolist()
    pair = pl.col("activity_before") * world.k + pl.col("activity")
    wrong = pairs_polars(world).filter(pair.is_in(banned))
    found = wrong.select(pl.col("customer").n_unique(), pl.len()).collect()
    return {"fitting": np.array([world.n - found["customer"][0]]), "steps": np.array([found["len"][0]])}


def conformance_duckdb(world: World) -> Numbers:
    banned = ", ".join(map(str, np.flatnonzero(~world.is_allowed.reshape(-1)).tolist()))
    query = f"""SELECT count(DISTINCT customer), count(*) FROM (
        SELECT customer, activity, lag(activity) OVER (PARTITION BY customer ORDER BY row) AS source
        FROM events) WHERE source * {world.k} + activity IN ({banned})"""
    unfit, steps = world.sql.execute(query).fetchone()
    return {"fitting": np.array([world.n - unfit]), "steps": np.array([steps])}


QUESTIONS = {
    "directly-follows graph": "graph", "edge durations": "edges", "funnel of 4 steps": "funnel",
    "time in stage": "stage", "variants": "variants", "cohorts": "cohorts", "conformance": "conformance",
}  # fmt: skip
PEERS = ("numpy", "polars", "duckdb")


def compare(ours: Numbers, theirs: Numbers, who: str) -> None:
    """Stop unless both say the same."""
    for name, mine in ours.items():
        if not np.allclose(np.asarray(mine, float), theirs[name], rtol=1e-9, atol=1e-9, equal_nan=True):
            raise SystemExit(f"{who} says otherwise of {name}: {mine!r} here, {theirs[name]!r} there")


def ask(world: World, task: str, prefix: str, peers: list[str], repeat: int, rows: int) -> None:
    """Compare everybody's first answer with cjlib's, then time; the first run also tells the memory."""
    runs: dict[str, Callable[[World], Numbers]] = {
        who: globals()[f"{prefix}_{who}"] for who in ("cjlib", *peers)
    }
    ours: Numbers = {}
    peaks = {}
    for who, run in runs.items():
        answer, peaks[who] = with_peak(lambda run=run: run(world))
        ours = ours or answer
        compare(ours, answer, who)
    best = 0.0
    for who, run in runs.items():
        times = [timed(lambda run=run: run(world)) for _ in range(repeat)]
        seconds, cpu = min(times)
        best = best or seconds
        line(task, who, rows, seconds, cpu, peaks[who], seconds / best)


def line(
    task: str, who: str, rows: int, seconds: float, cpu: float, peak: float | None, ratio: float
) -> None:
    figure = {
        "task": task, "who": who, "rows": rows, "seconds": round(seconds, 4), "cpu_seconds": round(cpu, 4),
        "peak_mb": None if peak is None else round(peak), "ratio_to_cjlib": round(ratio, 2),
    }  # fmt: skip
    print(json.dumps(figure), flush=True)


def timed(task: Callable[[], Any]) -> tuple[float, float]:
    """Seconds and CPU seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    task()
    return time.perf_counter() - wall, time.process_time() - cpu


def with_peak(task: Callable[[], Numbers]) -> tuple[Numbers, float | None]:
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


def against_pm4py(world: World, python: str, repeat: int) -> None:
    """The questions that pm4py answers, on the same events in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "events.npz"
        names = np.array(world.log.activities)
        np.savez(file, customer=world.customer, activity=world.activity, time=world.time, names=names,
                 steps=np.array(STEPS), allowed=world.is_allowed)  # fmt: skip
        script = Path(__file__).with_name("findings_pm4py.py")
        printed = subprocess.run(
            [python, str(script), str(file)], check=True, capture_output=True, text=True
        ).stdout
    theirs = {one["task"]: one for one in map(json.loads, printed.splitlines()) if "task" in one}
    rows = len(world.log)
    for task, one in theirs.items():
        run = globals()[f"{QUESTIONS[task]}_cjlib"]
        ours = run(world)
        answer = {name: np.array(value) for name, value in one["answer"].items()}
        last = {name: np.asarray(ours[name])[-len(value) :] for name, value in answer.items()}
        compare(last, answer, "pm4py")  # of the funnel it tells the last step only
        seconds, cpu = min(timed(lambda run=run: run(world)) for _ in range(repeat))
        line(task, "cjlib", rows, seconds, cpu, None, 1.0)
        line(task, one["who"], rows, one["seconds"], one["cpu_seconds"], None, one["seconds"] / seconds)


def main() -> None:
    """Compare, then time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--customers", type=int, default=300_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--peers", nargs="*", default=list(PEERS), choices=PEERS, help="against whom")
    parser.add_argument("--tasks", nargs="*", default=list(QUESTIONS), choices=list(QUESTIONS))
    parser.add_argument("--pm4py", help="the python of an environment that has pm4py")
    parser.add_argument("--sample", type=int, default=200_000, help="events for pm4py")
    parser.add_argument("--quick", action="store_true", help="a twentieth of the events and customers")
    options = parser.parse_args()
    if options.quick:
        options.events, options.customers = options.events // 20, options.customers // 20
    log = replay.make_log(options.events, options.customers)
    trace = cj.replay(replay.journey(), log, until=UNTIL)
    world = World(log, trace)
    for task in options.tasks:
        rows = len(trace.visits) if task == "time in stage" else len(log)
        ask(world, task, QUESTIONS[task], options.peers, options.repeat, rows)
    if options.pm4py:
        some = int(np.searchsorted(log.starts, options.sample, side="right")) - 1
        is_chosen = np.arange(log.n_customers) < some
        against_pm4py(World(log.select(is_chosen), None), options.pm4py, options.repeat)


if __name__ == "__main__":
    main()
