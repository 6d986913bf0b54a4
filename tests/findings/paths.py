"""Small logs for the tests of paths: few customers, few times, so that ties are common."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

import cjlib as cj

ACTIVITIES = "abcd"
SECOND = 1_000_000
DAY = 86_400 * SECOND
START = 1_767_225_600 * SECOND  # 2026-01-01

Event = tuple[int, str, int]

EVENTS = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(ACTIVITIES), st.integers(0, 12)), min_size=1, max_size=40
)


def log_of(events: Sequence[Event]) -> cj.EventLog:
    """The log of (customer, activity, day) in the order in which they are written."""
    customers, activities, days = zip(*events, strict=True)
    times = np.array([START + day * DAY for day in days], "datetime64[us]")
    return cj.EventLog.from_columns([f"c{customer}" for customer in customers], activities, times)


def words(text: str) -> cj.EventLog:
    """``words("ann: a0 b1; bob: a0")``: ann did a on day 0 and b on day 1, bob a on day 0."""
    events = [
        (customer.strip(), word[0], float(word[1:]))
        for customer, _, path in (part.partition(":") for part in text.split(";"))
        for word in path.split()
    ]
    customers, activities, days = zip(*events, strict=True)
    times = np.array([START + round(day * DAY) for day in days], "datetime64[us]")
    return cj.EventLog.from_columns(customers, activities, times)


def paths_of(log: cj.EventLog) -> dict[Any, list[tuple[str, int]]]:
    """Every customer's (activity, microseconds), in the order of the log."""
    return {
        customer: [
            (log.activities[code], int(time))
            for code, time in zip(log.activity[begin:end].tolist(), log.time[begin:end].tolist(), strict=True)
        ]
        for customer, begin, end in zip(log.customers.tolist(), log.starts[:-1], log.starts[1:], strict=True)
    }


def in_duckdb(log: cj.EventLog) -> duckdb.DuckDBPyConnection:
    """The events as a table ``events`` of customer, activity, time (microseconds) and row."""
    names = np.array(log.activities, dtype=object)
    connection = duckdb.connect(config={"threads": 1})
    columns = {
        "customer": log.customers.tolist() and np.array(log.customers, object)[log.customer_codes()].tolist(),
        "activity": names[log.activity].tolist(),
        "time": log.time,
        "row": np.arange(len(log)),
    }
    connection.register("events", pa.table(columns))
    return connection


def golden() -> dict[str, Any]:
    """What pm4py says of a generated log; see ``golden/README.md``."""
    found: dict[str, Any] = json.loads((Path(__file__).parent / "golden" / "pm4py.json").read_text())
    return found


def golden_log() -> cj.EventLog:
    """The generated log."""
    columns = golden()["log"]
    times = np.array(columns["time"], "datetime64[us]")
    return cj.EventLog.from_columns(columns["customer"], columns["activity"], times)
