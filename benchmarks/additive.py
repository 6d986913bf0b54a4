"""Additive scorers: tables of boosted trees against an explainable boosting machine.

Run it as ``python benchmarks/additive.py [--rows 10_000] [--columns 20]``. The peer is ``interpret-core``, if
it is installed (``pip install interpret-core``). Both learn from the same rows and foretell the same others;
what they reach is compared before anything is timed. It prints one JSON line per figure.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import cjlib as cj
from cjlib.scoring.evaluation._measures import roc_auc

CLOSE = 0.002  # of AUC


def make_table(rows: int, columns: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of which some bend, some work together, some are missing, and some say nothing."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, columns))
    log_odds = np.sin(2 * x[:, 0]) + 0.5 * x[:, 1] ** 2 - np.abs(x[:, 2]) + 0.8 * x[:, 3] * x[:, 4]
    log_odds += 0.7 * (x[:, 5] > 0.5) * (x[:, 6] > 0) + 0.4 * x[:, 7] - 1.0
    came = rng.random(rows) < 1 / (1 + np.exp(-log_odds))
    return np.where(rng.random(x.shape) < 0.02, np.nan, x), came


def as_snapshot(x: np.ndarray) -> cj.Snapshot:
    """The same as a snapshot."""
    columns = {f"x{i:02}": np.ascontiguousarray(x[:, i]) for i in range(x.shape[1])}
    return cj.Snapshot.from_frame({"customer": np.arange(len(x)), **columns}, as_of="2026-01-01")


def measured(task: Callable[[], Any]) -> tuple[float, float]:
    """Seconds and CPU seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    task()
    return time.perf_counter() - wall, time.process_time() - cpu


def told(task: str, who: str, rows: int, seconds: float, cpu: float, ratio: float, **more: Any) -> None:
    """One figure."""
    line = {"task": task, "who": who, "rows": rows, "seconds": round(seconds, 3),
            "cpu_seconds": round(cpu, 3), "peak_mb": None, "ratio_to_cjlib": round(ratio, 2)}  # fmt: skip
    print(json.dumps(line | more), flush=True)


def main() -> None:
    """Compare, then time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--columns", type=int, default=20)
    parser.add_argument("--scored", type=int, default=2_000_000)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    x, came = make_table(options.rows, options.columns, seed=1)
    fresh, happened = make_table(50_000, options.columns, seed=2)
    table, later = as_snapshot(x), as_snapshot(fresh)
    scorer = cj.AdditiveScorer(horizon="90d")
    auc = {"cjlib": roc_auc(scorer.fit(table, came).score(later).values, happened)}
    peers = {}
    if importlib.util.find_spec("interpret"):
        from interpret.glassbox import ExplainableBoostingClassifier

        machine = ExplainableBoostingClassifier(random_state=0)
        peers["interpret"] = lambda: machine.fit(x, came)
        auc["interpret"] = roc_auc(machine.fit(x, came).predict_proba(fresh)[:, 1], happened)
        assert auc["cjlib"] > auc["interpret"] - CLOSE, auc
    else:
        print("interpret-core is not installed and is left out", file=sys.stderr)

    ours = min(measured(lambda: scorer.fit(table, came)) for _ in range(options.repeat))
    told("fit", "cjlib", options.rows, *ours, 1.0, auc=round(auc["cjlib"], 4))
    for who, fit in peers.items():
        seconds, cpu = min(measured(fit) for _ in range(options.repeat))
        told("fit", who, options.rows, seconds, cpu, seconds / ours[0], auc=round(auc[who], 4))

    fitted = scorer.fit(table, came)
    many, _ = make_table(options.scored, options.columns, seed=3)
    rows = as_snapshot(many)
    fitted.score(rows)
    seconds, cpu = min(measured(lambda: fitted.score(rows)) for _ in range(options.repeat))
    parts = len(fitted.part_names)
    told(
        f"score with {parts} parts",
        "cjlib",
        len(rows),
        seconds,
        cpu,
        1.0,
        rows_per_second=round(len(rows) / seconds),
    )
    for who in peers:
        said = measured(lambda: machine.predict_proba(many))
        told(f"score with {parts} parts", f"{who}, without parts", len(rows), *said, said[0] / seconds)


if __name__ == "__main__":
    main()
