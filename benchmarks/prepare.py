"""Preparing a log, codes and order, from an Arrow table in memory, against sorting the same table elsewhere.

Run it as ``python benchmarks/prepare.py [--events 10_000_000] [--customers 300_000] [--shuffled]``. It prints
one JSON line per figure; the answers are compared before anything is timed.
"""

from __future__ import annotations

import argparse
import gc
import json
import subprocess
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


def measured(task: Callable[[], Any]) -> tuple[float, float]:
    """Seconds and CPU seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    task()
    return time.perf_counter() - wall, time.process_time() - cpu


def peak_of(who: str, options: argparse.Namespace) -> int | None:
    """Megabytes above those of the table, in a process of its own (on Linux)."""
    command = [sys.executable, __file__, "--peak-of", who, f"--events={options.events}"]
    command += [f"--customers={options.customers}"] + ["--shuffled"] * options.shuffled
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def _peak(task: Callable[[], Any]) -> int | None:
    gc.collect()
    try:
        Path("/proc/self/clear_refs").write_text("5")
        before = _memory("VmRSS")
    except OSError:
        return None
    _answer = task()
    return round(_memory("VmHWM") - before)


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
    parser.add_argument("--peak-of", help=argparse.SUPPRESS)
    options = parser.parse_args()
    pa.set_memory_pool(pa.system_memory_pool())  # gives back at once what is freed
    table = make_table(options.events, options.customers, shuffled=options.shuffled)
    frame = pl.DataFrame(table)

    contenders: dict[str, Callable[[], Any]] = {
        "cjlib": lambda: cj.EventLog.from_frame(table, value="value"),
        "polars": lambda: frame.sort("customer", "time"),
        "polars, stable": lambda: frame.sort("customer", "time", maintain_order=True),
    }
    if options.peak_of:
        print(_peak(contenders[options.peak_of]))
        return
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
        seconds, cpu = min(measured(run) for _ in range(options.repeat))
        ours = ours or seconds
        line = {
            "task": task,
            "who": who,
            "rows": options.events,
            "seconds": round(seconds, 3),
            "cpu_seconds": round(cpu, 3),
            "peak_mb": peak_of(who, options),
            "ratio_to_cjlib": round(seconds / ours, 2),
        }
        print(json.dumps(line | ({"bytes_per_event": round(kept, 1)} if who == "cjlib" else {})), flush=True)


if __name__ == "__main__":
    main()
