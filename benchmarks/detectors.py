"""Every detector, and what stands on them, over many customers; there is no peer that does the same.

Run it as ``python benchmarks/detectors.py [--customers 200_000] [--copies 20]``. It prints one JSON line
per figure. The customers are those of the shop that ``simulate`` makes, copied under other ids.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from panel import timed, with_peak

import cjlib as cj
from cjlib import findings, plugins

UNTIL = "2026-01-01"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=200_000)
    parser.add_argument("--copies", type=int, default=20)
    options = parser.parse_args()
    shop = cj.template("ecommerce")
    made = cj.simulate(shop, max(options.customers // options.copies, 1), seed=1, until=UNTIL)
    log, customers = copied_log(made.log, options.copies), copied_customers(made.customers, options.copies)
    trace = cj.replay(shop, log, customers, until=UNTIL)
    cj.find(shop, trace, log=log)  # compiles, and warms the caches of the system
    for task, run in tasks(shop, trace, log):
        seconds, cpu = timed(run)
        _, peak = with_peak(run)
        line = {
            "task": task, "who": "cjlib", "rows": len(log), "customers": log.n_customers,
            "seconds": round(seconds, 2), "cpu_seconds": round(cpu, 2),
            "peak_mb": None if peak is None else round(peak), "ratio_to_cjlib": 1.0,
        }  # fmt: skip
        print(json.dumps(line), flush=True)


def tasks(shop: cj.Journey, trace: cj.Trace, log: cj.EventLog) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Each detector alone (what they share is computed each time), all together, and what follows."""
    for name in plugins.names("detectors"):
        yield f"find {name}", lambda name=name: cj.find(shop, trace, log=log, detectors=[name])
    yield "find all", lambda: cj.find(shop, trace, log=log)
    found, stage = cj.find(shop, trace, log=log), shop.stages[0].id
    lever = findings.Lever(stage=stage, duration=0.8)
    yield "rank", lambda: findings.rank(found)
    yield "review", lambda: findings.review(shop, trace, log, since="2025-07-01")
    yield "impact", lambda: findings.impact(shop, trace, log, change="2025-07-01", stage=stage)
    yield "what if", lambda: cj.what_if(trace, lever)
    yield "channels", lambda: findings.channels(shop, trace, log)
    yield "load", lambda: findings.load(shop, trace, log)
    yield "card", lambda: cj.card(trace.ids[0], shop, trace, log)


def copied_log(log: cj.EventLog, copies: int) -> cj.EventLog:
    """The same events under the ids of so many more customers."""
    table, n = log.to_table(), log.n_customers
    customer = np.concatenate([table.codes("customer").astype(np.int64) + n * k for k in range(copies)])

    def names(codes: np.ndarray, categories: Any) -> pa.Array:
        again = np.tile(codes, copies)
        return pa.DictionaryArray.from_arrays(pa.array(again, mask=again < 0), pa.array(list(categories)))

    channel = None if log.channel is None else names(log.channel, log.channels)
    value = None if log.value is None else np.tile(log.value, copies)
    times = np.tile(table["time"], copies)
    return cj.EventLog.from_columns(
        customer, names(log.activity, log.activities), times, value, channel=channel
    )


def copied_customers(customers: cj.Customers, copies: int) -> cj.Customers:
    """The same attributes, as they are at the end, under the ids of so many more customers."""
    columns: dict[str, Any] = {"customer": np.arange(len(customers) * copies)}
    for name in customers.names:
        values = [list(one) if isinstance(one, tuple) else one for one in customers.at(name, UNTIL).tolist()]
        columns[name] = pa.array(values * copies)
    return cj.Customers.from_frame(pa.table(columns))


if __name__ == "__main__":
    main()
