"""Key figures against the same questions put to DuckDB, Polars and pandas.

Run it as ``python benchmarks/figures.py [--customers 1_000_000] [--quick]``. Two questions about one year:
net revenue retention by signing cohort, and the net promoter score by the stage in which they were asked.
The peers get the visits that cjlib's replay found, and integer codes, so nothing is left to encode; cjlib
counts from trace, log and customers, with intervals. Answers are compared before anything is timed.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from typing import Any

os.environ["POLARS_MAX_THREADS"] = "2"  # before Polars is imported

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

import cjlib as cj

DAY = 86_400_000_000
BEGIN = int(np.datetime64("2024-01-01", "us").astype(np.int64))
START, END = (int(np.datetime64(day, "us").astype(np.int64)) for day in ("2025-01-01", "2026-01-01"))
NAMES = np.array(["visit", "purchase", "left", "nps", "call"])
Answer = dict[Any, float]

JOURNEY = cj.Journey(
    "shop",
    stages=[cj.Stage("look", kind="prospect"), cj.Stage("care"), cj.Stage("gone", kind="lost")],
    transitions=[
        cj.Transition("look", "care", when='happened("purchase")'),
        cj.Transition("care", "gone", when='happened("left")', kind="exit"),
        cj.Transition("gone", "care", when='happened("purchase")', kind="reenter"),
    ],
)


def make(customers: int) -> tuple[cj.EventLog, cj.Customers]:
    """Ten events per customer over two years, and a revenue that changes once."""
    rng = np.random.default_rng(1)
    events = 10 * customers
    who = rng.integers(0, customers, events)
    what = rng.choice(5, events, p=[0.4, 0.15, 0.03, 0.12, 0.3])
    when = (BEGIN + rng.integers(0, 730 * DAY, events)).view("datetime64[us]")
    value = np.where(what == 3, rng.integers(0, 11, events), np.nan)
    log = cj.EventLog.from_columns(who, NAMES[what], when, value)
    since = np.tile(np.array(["2023-12-01", "2025-05-15"], "datetime64[us]"), customers)
    arr = rng.integers(1, 100, 2 * customers) * 100.0
    facts = {"customer": np.repeat(np.arange(customers), 2), "since": since, "arr": arr}
    return log, cj.Customers.from_frame(facts, valid_from="since")


def tables(log: cj.EventLog, trace: cj.Trace, customers: cj.Customers) -> dict[str, pa.Table]:
    """What the peers get."""
    visits, column = trace.visits, customers.column("arr")
    asked = log.activities.index("nps")
    entered = visits["entered"].view(np.int64)
    left = visits["left"].view(np.int64)
    return {
        "visits": pa.table({
            "customer": visits.codes("customer"), "number": visits["number"], "stage": visits.codes("stage"),
            "entered": entered, "left_at": np.where(left < 0, 2**62, left),
            "met_from": entered + (visits["number"] > 0),  # at the instant of a move: the stage left
        }),
        "facts": pa.table({
            "customer": np.repeat(np.arange(len(customers), dtype=np.int32), np.diff(column.starts)),
            "since": column.valid_from, "arr": column.values,
        }),
        "events": pa.table({
            "customer": np.searchsorted(trace.ids, log.customers)[log.customer_codes()].astype(np.int32),
            "activity": log.activity, "time": log.time, "value": log.value, "is_nps": log.activity == asked,
        }),
    }  # fmt: skip


def by_cjlib(log: cj.EventLog, trace: cj.Trace, figure: str, by: str) -> Answer:
    found = cj.kpis(JOURNEY, trace, log, period="2025", figures=[figure], by=by)[figure]
    return dict(zip(found[by].tolist(), found["value"].tolist(), strict=True))


# --- net revenue retention by cohort

CARE = 1


def nrr_by_duckdb(given: dict[str, pa.Table]) -> Answer:
    connection = connected(given)
    arr = "SELECT customer, arg_max(arr, since) AS arr FROM facts WHERE since {} {} GROUP BY customer"
    inside = (
        f"SELECT customer FROM visits WHERE stage = {CARE} AND entered {{0}} {{1}} AND left_at {{2}} {{1}}"
    )
    query = f"""
        SELECT strftime(make_timestamp(first), '%Y-%m') AS cohort,
               sum(CASE WHEN kept.customer IS NULL THEN 0 ELSE later.arr END) / sum(early.arr) AS nrr
        FROM ({inside.format("<", START, ">=")}) AS ours
        JOIN (SELECT customer, entered AS first FROM visits WHERE number = 0) USING (customer)
        JOIN ({arr.format("<", START)}) AS early USING (customer)
        JOIN ({arr.format("<", END)}) AS later USING (customer)
        LEFT JOIN ({inside.format("<", END, ">=")}) AS kept ON kept.customer = ours.customer
        GROUP BY cohort
    """
    return dict(connection.execute(query).fetchall())


def nrr_by_polars(given: dict[str, pa.Table]) -> Answer:
    visits, facts = (pl.from_arrow(given[name]).lazy() for name in ("visits", "facts"))

    def inside(moment: int) -> pl.LazyFrame:
        is_in = (pl.col("stage") == CARE) & (pl.col("entered") < moment) & (pl.col("left_at") >= moment)
        return visits.filter(is_in).select("customer")

    def arr(moment: int, name: str) -> pl.LazyFrame:
        known = facts.filter(pl.col("since") < moment).group_by("customer")
        return known.agg(pl.col("arr").sort_by("since").last().alias(name))

    month = pl.col("entered").cast(pl.Datetime("us")).dt.strftime("%Y-%m")
    first = visits.filter(pl.col("number") == 0).select("customer", month.alias("cohort"))
    kept = inside(END).with_columns(is_kept=pl.lit(True))
    joined = inside(START).join(first, on="customer").join(arr(START, "early"), on="customer")
    joined = joined.join(arr(END, "later"), on="customer").join(kept, on="customer", how="left")
    end = pl.when(pl.col("is_kept")).then(pl.col("later")).otherwise(0.0).sum()
    found = joined.group_by("cohort").agg((end / pl.col("early").sum()).alias("nrr")).collect()
    return dict(found.iter_rows())


def nrr_by_pandas(given: dict[str, pd.DataFrame]) -> Answer:
    visits, facts = given["visits"], given["facts"]

    def inside(moment: int) -> pd.Index[Any]:
        is_in = (visits["stage"] == CARE) & (visits["entered"] < moment) & (visits["left_at"] >= moment)
        return pd.Index(visits.loc[is_in, "customer"])

    def arr(moment: int) -> pd.Series[Any]:
        return facts[facts["since"] < moment].sort_values("since").groupby("customer")["arr"].last()

    first = visits[visits["number"] == 0].set_index("customer")["entered"]
    ours = inside(START)
    early, later = arr(START).reindex(ours), arr(END).reindex(ours)
    end = later.where(ours.isin(inside(END)), 0.0)
    cohort = pd.to_datetime(first.reindex(ours), unit="us").dt.strftime("%Y-%m")
    return (end.groupby(cohort).sum() / early.groupby(cohort).sum()).to_dict()


# --- net promoter score by stage


def nps_by_duckdb(given: dict[str, pa.Table]) -> Answer:
    query = f"""
        SELECT stage, 100.0 * (avg((value >= 9)::INT) - avg((value <= 6)::INT))
        FROM (SELECT * FROM events WHERE is_nps AND time >= {START} AND time < {END}) AS asked
        ASOF JOIN visits ON asked.customer = visits.customer AND asked.time >= visits.met_from
        GROUP BY stage
    """
    return named(dict(connected(given).execute(query).fetchall()))


def nps_by_polars(given: dict[str, pa.Table]) -> Answer:
    visits, events = (pl.from_arrow(given[name]).lazy() for name in ("visits", "events"))
    asked = events.filter(pl.col("is_nps") & (pl.col("time") >= START) & (pl.col("time") < END)).sort("time")
    met = asked.join_asof(
        visits.sort("met_from"), left_on="time", right_on="met_from", by="customer", check_sortedness=False
    )
    score = 100.0 * ((pl.col("value") >= 9).mean() - (pl.col("value") <= 6).mean())
    return named(dict(met.group_by("stage").agg(score.alias("nps")).collect().iter_rows()))


def nps_by_pandas(given: dict[str, pd.DataFrame]) -> Answer:
    events, visits = given["events"], given["visits"].sort_values("met_from")
    asked = events[events["is_nps"] & (events["time"] >= START) & (events["time"] < END)].sort_values("time")
    met = pd.merge_asof(asked, visits, left_on="time", right_on="met_from", by="customer")
    scores = (met["value"] >= 9).astype(int) - (met["value"] <= 6).astype(int)
    return named((100.0 * scores.groupby(met["stage"]).mean()).to_dict())


def named(found: Answer) -> Answer:
    return {JOURNEY.stages[int(code)].id: value for code, value in found.items()}


def connected(given: dict[str, pa.Table]) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"threads": 2})
    for name, table in given.items():
        connection.register(name, table)
    return connection


def main() -> None:
    """Compare, then time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="a twentieth of the customers")
    options = parser.parse_args()
    n = options.customers // (20 if options.quick else 1)
    log, customers = make(n)
    trace = cj.replay(JOURNEY, log, customers, until="2026-01-01")
    given = tables(log, trace, customers)
    frames = {name: table.to_pandas() for name, table in given.items()}
    compare("nrr by cohort", n, options.repeat, {
        "cjlib": lambda: by_cjlib(log, trace, "nrr", "cohort"), "duckdb": lambda: nrr_by_duckdb(given),
        "polars": lambda: nrr_by_polars(given), "pandas": lambda: nrr_by_pandas(frames),
    })  # fmt: skip
    compare("nps by stage", n, options.repeat, {
        "cjlib": lambda: by_cjlib(log, trace, "nps", "stage"), "duckdb": lambda: nps_by_duckdb(given),
        "polars": lambda: nps_by_polars(given), "pandas": lambda: nps_by_pandas(frames),
    })  # fmt: skip


def compare(task: str, rows: int, repeat: int, contenders: dict[str, Callable[[], Answer]]) -> None:
    """Stop unless all say the same; then one line for each."""
    answers = {who: run() for who, run in contenders.items()}
    ours = answers["cjlib"]
    for who, answer in answers.items():
        is_same = answer.keys() == ours.keys() and all(abs(answer[k] - ours[k]) < 1e-9 for k in ours)
        if not is_same:
            raise SystemExit(f"{task}: {who} says {answer}, cjlib {ours}")
    best = 0.0
    for who, run in contenders.items():
        seconds, cpu = min(timed(run) for _ in range(repeat))
        best = best or seconds
        line = {
            "task": task, "who": who, "rows": rows, "seconds": round(seconds, 3),
            "cpu_seconds": round(cpu, 3), "peak_mb": None, "ratio_to_cjlib": round(seconds / best, 2),
        }  # fmt: skip
        print(json.dumps(line), flush=True)


def timed(run: Callable[[], Answer]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - wall, time.process_time() - cpu


if __name__ == "__main__":
    main()
