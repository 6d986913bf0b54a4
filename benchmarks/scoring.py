"""Health of many customers, against a copy of the matrix in numpy, Polars expressions and a pandas apply.

Run it as ``python benchmarks/scoring.py [--customers 10_000_000] [--quick]``. It prints one JSON line per
figure; the answers (score, parts, coverage, interval, band) are compared before anything is timed. Ten
measures in three groups under four kinds of curves, one cell in twenty missing; everybody reckons in blocks
and lets them go again, as cjlib's ``stream`` does. ``copies`` is the time in copies of the matrix. pandas
reckons some rows only and is charged for all.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ["POLARS_MAX_THREADS"] = "2"  # before Polars is imported

import numpy as np
import pandas as pd
import polars as pl

import cjlib as cj

MEASURES = 10
PANDAS_ROWS = 5_000
BLOCK = 1_000_000  # rows that Polars takes at a time
TOLERANCE = 1e-9
NEUTRAL, EDGES = 50.0, (40.0, 70.0)
ON_EDGE = [edge - 1e-9 for edge in EDGES]  # as cjlib takes it
c = cj.curves

CURVES = (
    c.linear(0, 20), c.linear(30, 0), c.linear(0, 10), c.linear(25, 5),
    c.steps((2, 10, 20), (0, 40, 70, 100)), c.steps((5, 15), (100, 50, 0)), c.steps((1,), (0, 100)),
    c.points({0: 0, 5: 40, 20: 100}), c.points({0: 100, 3: 80, 10: 50, 30: 0}), c.logistic(10, 3),
)  # fmt: skip
GROUPS = (("usage", 3.0, range(4)), ("service", 2.0, range(4, 7)), ("mood", 1.0, range(7, 10)))


def weight(i: int) -> float:
    return 1.0 + i % 3


def make_matrix(rows: int) -> np.ndarray:
    """(measures, rows), one cell in twenty missing."""
    rng = np.random.default_rng(5)
    matrix = rng.gamma(2.0, 5.0, (MEASURES, rows))
    for column in matrix:
        column[rng.random(rows) < 0.05] = np.nan
    return matrix


def make_scorer() -> cj.HealthScorer:
    groups = [
        cj.Group(name, weight=size, measures=[
            cj.Measure(f"m{i}", metric=f"m{i}", curve=CURVES[i], weight=weight(i)) for i in members])
        for name, size, members in GROUPS
    ]  # fmt: skip
    return cj.HealthScorer(
        cj.Scorecard("health", groups=groups, bands=cj.Bands(("red", "yellow", "green"), edges=EDGES))
    )


def columns_of(scores: cj.Scores) -> dict[str, np.ndarray]:
    assert scores.coverage is not None
    named = {"value": scores.values, "coverage": scores.coverage, "low": scores.low, "high": scores.high}
    named |= {"band": scores.band_codes}
    return named | {name: scores.part(name) for name in (*(f"m{i}" for i in range(MEASURES)), "@reweighting")}


def expressions() -> dict[str, pl.Expr]:
    """The same arithmetic, as a Polars user would write it."""
    score = {i: expression(pl.col(f"m{i}"), CURVES[i]) for i in range(MEASURES)}
    total = sum(size for _, size, _ in GROUPS)
    filled = {end: pl.lit(0.0) for end in ("low", "high")}
    up, down, coverage = pl.lit(0.0), pl.lit(0.0), pl.lit(0.0)
    parts = {}
    for _, size, members in GROUPS:
        whole = sum(weight(i) for i in members)
        own = sum((score[i].fill_null(0.0) * weight(i) for i in members), pl.lit(0.0))
        known = sum((score[i].is_not_null().cast(pl.Float64) * weight(i) for i in members), pl.lit(0.0))
        counts = (known > 0).cast(pl.Float64) * size
        up, down = up + pl.when(known > 0).then(own / known * size).otherwise(0.0), down + counts
        coverage = coverage + known / whole * size
        for end, at in (("low", 0.0), ("high", 100.0)):
            one = sum((score[i].fill_null(at) * weight(i) for i in members), pl.lit(0.0))
            filled[end] = filled[end] + one / whole * size / total
        for i in members:
            parts[f"m{i}"] = (score[i] - NEUTRAL).fill_null(0.0) * (weight(i) / whole * size / total)
    value = pl.when(down > 0).then(up / down)
    band = (
        pl.when(value >= ON_EDGE[1])
        .then(2)
        .when(value >= ON_EDGE[0])
        .then(1)
        .when(value.is_not_null())
        .then(0)
    )
    parts["@reweighting"] = value - NEUTRAL - sum(parts.values(), pl.lit(0.0))
    return {"value": value, "coverage": coverage / total, **filled, "band": band, **parts}


def expression(x: pl.Expr, curve: Any) -> pl.Expr:
    if curve.kind == "logistic":
        return 100.0 / (1.0 + (-(x - curve.middle) / curve.spread).exp())
    if curve.kind == "steps":
        at: Any = pl.when(x.is_not_null()).then(pl.lit(curve.scores[0]))
        for edge, score in zip(curve.edges, curve.scores[1:], strict=True):
            at = pl.when(x >= edge).then(pl.lit(score)).otherwise(at)
        return at  # type: ignore[no-any-return]
    if curve.kind == "linear":
        return ((x - curve.worst) / (curve.best - curve.worst) * 100.0).clip(0.0, 100.0)
    on = None
    for (left, low), (right, high) in zip(curve.points, curve.points[1:], strict=False):
        line = low + (high - low) * ((x - left) / (right - left)).clip(0.0, 1.0)
        on = line if on is None else pl.when(x > left).then(line).otherwise(on)
    assert on is not None
    return on


def plain(row: Any) -> list[float]:
    """The same arithmetic of one row, as one writes it for ``apply``."""
    score = [plain_curve(row.iloc[i], CURVES[i]) for i in range(MEASURES)]
    total = sum(size for _, size, _ in GROUPS)
    up = down = coverage = low = high = 0.0
    parts = [0.0] * MEASURES
    for _, size, members in GROUPS:
        whole = sum(weight(i) for i in members)
        there = [i for i in members if not math.isnan(score[i])]
        known = sum(weight(i) for i in there)
        if known:
            up += sum(score[i] * weight(i) for i in there) / known * size
            down += size
        coverage += known / whole * size / total
        low += sum(score[i] * weight(i) for i in there) / whole * size / total
        missing = sum(weight(i) for i in members) - known
        high += (sum(score[i] * weight(i) for i in there) + 100.0 * missing) / whole * size / total
        for i in there:
            parts[i] = (score[i] - NEUTRAL) * weight(i) / whole * size / total
    value = up / down if down else math.nan
    band = -1.0 if math.isnan(value) else float(sum(bool(value >= edge) for edge in ON_EDGE))
    return [value, coverage, low, high, band, *parts, value - NEUTRAL - sum(parts)]


def plain_curve(x: float, curve: Any) -> float:
    if math.isnan(x):
        return math.nan
    if curve.kind == "logistic":
        return 100.0 / (1.0 + math.exp(-(x - curve.middle) / curve.spread))
    if curve.kind == "steps":
        return float(curve.scores[sum(x >= edge for edge in curve.edges)])
    if curve.kind == "linear":
        return min(max((x - curve.worst) / (curve.best - curve.worst) * 100.0, 0.0), 100.0)
    metrics, scores = zip(*curve.points, strict=True)
    return float(np.interp(x, metrics, scores))


def by_polars(frame: pl.DataFrame) -> Iterator[pl.DataFrame]:
    named = [expression.alias(name) for name, expression in expressions().items()]
    for start in range(0, len(frame), BLOCK):
        yield frame.lazy().slice(start, BLOCK).select(named).collect()


def by_pandas(frame: pd.DataFrame) -> pd.DataFrame:
    found = frame.apply(plain, axis=1, result_type="expand")
    found.columns = list(expressions())
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=10_000_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="200,000 customers")
    options = parser.parse_args()
    rows = 200_000 if options.quick else options.customers
    matrix = make_matrix(rows)
    named = {f"m{i}": column for i, column in enumerate(matrix)}
    snapshot = cj.Snapshot.from_frame({"customer": np.arange(rows), **named}, as_of="2026-01-01")
    scorer = make_scorer()
    compare(scorer, named)
    frame = pl.DataFrame(named).fill_nan(None)
    tasks: dict[str, Callable[[], Any]] = {
        "cjlib": lambda: drain(scorer.stream(snapshot)),
        "numpy copy": lambda: matrix.copy(),
        "polars": lambda: drain(by_polars(frame)),
    }
    best: dict[str, tuple[float, float]] = {}
    for _ in range(options.repeat):
        for who, task in tasks.items():
            best[who] = min(best.get(who, (math.inf, math.inf)), timed(task))
    few = pd.DataFrame({name: column[:PANDAS_ROWS] for name, column in named.items()})
    seconds, cpu = timed(lambda: by_pandas(few))
    best["pandas apply"] = (seconds * rows / len(few), cpu * rows / len(few))
    gc.collect()
    peak = peak_mb(tasks["cjlib"])
    for who, (seconds, cpu) in best.items():
        line = {
            "task": f"health of {MEASURES} measures, parts and bands", "who": who, "rows": rows,
            "seconds": round(seconds, 4), "cpu_seconds": round(cpu, 4),
            "peak_mb": None if who != "cjlib" or peak is None else round(peak),
            "ratio_to_cjlib": round(seconds / best["cjlib"][0], 2),
            "copies": round(seconds / best["numpy copy"][0], 2), "matrix_mb": matrix.nbytes >> 20,
        }  # fmt: skip
        print(json.dumps(line), flush=True)


def compare(scorer: cj.HealthScorer, named: dict[str, np.ndarray]) -> None:
    """Everybody's answer on the first rows is cjlib's."""
    few = {name: column[:PANDAS_ROWS] for name, column in named.items()}
    rows = len(few["m0"])
    ours = columns_of(scorer.score(cj.Snapshot.from_frame({"customer": np.arange(rows), **few})))
    theirs = {
        "polars": pl.concat(by_polars(pl.DataFrame(few).fill_nan(None))).to_pandas(),
        "pandas": by_pandas(pd.DataFrame(few)),
    }
    for who, table in theirs.items():
        for name, column in ours.items():
            other = table[name].to_numpy(dtype=np.float64)
            other = np.nan_to_num(other, nan=-1.0) if name == "band" else other
            if not np.allclose(column, other, rtol=0, atol=TOLERANCE, equal_nan=True):
                raise SystemExit(f"{who} differs from cjlib in {name}")


def drain(blocks: Iterator[Any]) -> None:
    for _ in blocks:
        pass


def timed(task: Callable[[], Any]) -> tuple[float, float]:
    """Seconds and CPU seconds."""
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    task()
    return time.perf_counter() - wall, time.process_time() - cpu


def peak_mb(task: Callable[[], Any]) -> float | None:
    """The megabytes above what was in use before (on Linux)."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
        before = memory("VmRSS")
    except OSError:
        return None
    task()
    return memory("VmHWM") - before


def memory(key: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(float(line.split()[1]) / 1024 for line in lines if line.startswith(f"{key}:"))


if __name__ == "__main__":
    main()
