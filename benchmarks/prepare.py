"""Preparing a log, codes and order, from an Arrow table in memory, against sorting the same table elsewhere.

Run it as ``python benchmarks/prepare.py [--events 10_000_000] [--customers 300_000] [--shuffled]``. It prints
one JSON line per figure; the answers are compared before anything is timed.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

import cjlib as cj

ARRAYS = ("starts", "time", "activity", "value", "row")


def make_table(events: int, customers: int, *, shuffled: bool) -> pa.Table:
    """Text ids and activities, microseconds, values; in order of time unless shuffled."""
    rng = np.random.default_rng(3)
    ids = pa.array([f"customer-{i:08d}" for i in rng.permutation(customers)])
    names = pa.array([f"activity {i}" for i in range(12)])
    codes = rng.integers(0, customers, events).astype(np.int32)
    moments = np.sort(rng.choice(10**15, events) + 1_600_000_000_000_000)
    table = pa.table(
        {
            "customer": pa.DictionaryArray.from_arrays(codes, ids).cast(pa.large_string()),
            "activity": pa.DictionaryArray.from_arrays(
                rng.integers(0, 12, events).astype(np.int32), names
            ).cast(pa.large_string()),
            "time": pa.array(moments).cast(pa.timestamp("us")),
            "value": rng.normal(size=events),
        }
    )
    return table.take(pa.array(rng.permutation(events))) if shuffled else table


def measured(task: Callable[[], Any]) -> tuple[Any, float, float, float | None]:
    """The answer, seconds, CPU seconds, and megabytes above what was in use before (on Linux).

    Memory that was given back but is still held counts as in use, so peaks are lower bounds.
    """
    before = _reset_peak()
    wall, cpu = time.perf_counter(), time.process_time()
    answer = task()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return answer, wall, cpu, None if before is None else _memory("VmHWM") - before


def _reset_peak() -> float | None:
    gc.collect()
    pa.default_memory_pool().release_unused()
    try:
        ctypes.CDLL("libc.so.6").malloc_trim(0)
        Path("/proc/self/clear_refs").write_text("5")
        return _memory("VmRSS")
    except OSError:
        return None


def _memory(key: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(float(line.split()[1]) / 1024 for line in lines if line.startswith(f"{key}:"))


def main() -> None:
    """Compare, then time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--customers", type=int, default=300_000)
    parser.add_argument("--shuffled", action="store_true")
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    table = make_table(options.events, options.customers, shuffled=options.shuffled)
    frame = pl.DataFrame(table)

    contenders: dict[str, Callable[[], Any]] = {
        "cjlib": lambda: cj.EventLog.from_frame(table, value="value"),
        "polars": lambda: frame.sort("customer", "time"),
        "polars, stable": lambda: frame.sort("customer", "time", maintain_order=True),
    }
    log, ordered = contenders["cjlib"](), contenders["polars, stable"]()
    assert np.array_equal(log.customers[log.customer_codes()], ordered["customer"].to_numpy())
    assert np.array_equal(log.time, ordered["time"].to_physical().to_numpy())
    assert np.array_equal(log.value, ordered["value"].to_numpy())
    kept = sum(getattr(log, name).nbytes for name in ARRAYS)
    kept = (kept + log.customers.nbytes + sum(map(sys.getsizeof, log.customers))) / len(log)
    del log, ordered

    task = "prepare, shuffled" if options.shuffled else "prepare, in time order"
    ours = None
    for who, run in contenders.items():
        runs = [measured(run)[1:] for _ in range(options.repeat)]
        seconds, cpu, _ = min(runs, key=lambda run: run[0])
        peak = max(run[2] or 0 for run in runs)
        ours = ours or seconds
        line = {
            "task": task,
            "who": who,
            "rows": options.events,
            "seconds": round(seconds, 3),
            "cpu_seconds": round(cpu, 3),
            "peak_mb": round(peak) or None,
            "ratio_to_cjlib": round(seconds / ours, 2),
        }
        print(json.dumps(line | ({"bytes_per_event": round(kept, 1)} if who == "cjlib" else {})), flush=True)


if __name__ == "__main__":
    main()
