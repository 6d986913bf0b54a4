"""A hazard on a million rows and twenty columns, against statsmodels and scikit-learn on the same table.

Run it as ``python benchmarks/churn.py [--rows 1_000_000] [--columns 20] [--quick]``. It prints one JSON line
per figure; the answers are compared before anything is timed: coefficients, standard errors and likelihood
with those of statsmodels' GLM (binomial, complementary log-log), and scikit-learn's ranking of the rows with
ours, for its logistic regression has another link. The first task is the fit of the table alone, which is
what the peers do; the second is the whole way from a panel and a trace, which they cannot go.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

THREADS = 2
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(name, str(THREADS))  # before numpy is imported

import numpy as np  # noqa: E402
import statsmodels.api as sm  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402

import cjlib as cj  # noqa: E402
from cjlib.scoring.churn._regression import Answer, Rows, fit_rows  # noqa: E402

PENALTY = 1.0  # that of scikit-learn's logistic regression, unless told otherwise
DAYS = 30.0
START = np.datetime64("2025-01-01", "us")
SECOND = 1_000_000


def made(rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """A table of numbers, and whether the event came: in about one row of twenty-five."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(rows, columns))
    beta = rng.normal(size=columns) * 0.25
    hazard = np.exp(x @ beta - 3.5)
    return x, (rng.random(rows) < -np.expm1(-hazard)).astype(np.float64)


def with_level(x: np.ndarray) -> np.ndarray:
    """The table with a column of ones, which cjlib and statsmodels want before the fit."""
    return np.column_stack([np.ones(len(x)), x])


def by_cjlib(table: np.ndarray, came: np.ndarray, penalty: float = PENALTY) -> Any:
    return fit_rows(Rows(table, [Answer(came, np.full(len(table), np.log(DAYS)))]), [penalty])[0]


def by_statsmodels(table: np.ndarray, came: np.ndarray) -> Any:
    family = sm.families.Binomial(link=sm.families.links.CLogLog())
    return sm.GLM(came, table, family=family, offset=np.full(len(table), np.log(DAYS))).fit()


def by_sklearn(x: np.ndarray, came: np.ndarray) -> Any:
    return LogisticRegression(C=1 / PENALTY).fit(x, came)


def book(x: np.ndarray, came: np.ndarray) -> tuple[cj.Snapshot, cj.Trace]:
    """The same rows as a panel of as many customers, and the trace in which those leave who leave."""
    journey = cj.Journey(
        "demo",
        stages=[cj.Stage("active"), cj.Stage("gone", kind="lost")],
        transitions=[cj.Transition("active", "gone", when='happened("cancel")', kind="exit")],
    )
    customer = np.arange(len(x))
    left = customer[came > 0]
    delay = np.random.default_rng(6).integers(1, int(DAYS * 86_400), len(left)) * SECOND
    log = cj.EventLog.from_columns(
        np.concatenate([customer, left]), np.repeat(["signup", "cancel"], [len(x), len(left)]),
        np.concatenate([np.full(len(x), START), START + delay]),
    )  # fmt: skip
    trace = cj.replay(journey, log, until=START + np.timedelta64(int(DAYS), "D"))
    columns = {f"x{i}": x[:, i] for i in range(x.shape[1])}
    return cj.Snapshot.from_frame({"customer": customer, **columns}, as_of=START), trace


def compare(x: np.ndarray, came: np.ndarray) -> None:
    """Stop unless all say the same."""
    table = with_level(x)
    ours, theirs = by_cjlib(table, came, 0.0), by_statsmodels(table, came)
    pairs = {
        "coefficients": (ours.coefficients, theirs.params), "standard errors": (ours.errors(), theirs.bse),
        "likelihood": (ours.log_likelihood, theirs.llf),
    }  # fmt: skip
    for what, (mine, other) in pairs.items():
        if not np.allclose(mine, other, rtol=1e-4, atol=1e-6):  # statsmodels stops at 1e-8 of the deviance
            raise SystemExit(f"statsmodels says otherwise of {what}: {mine!r} here, {other!r} there")
    said = x @ by_cjlib(table, came).coefficients[1:]
    likeness = np.corrcoef(said, x @ by_sklearn(x, came).coef_[0])[0, 1]
    if likeness < 0.999:
        raise SystemExit(f"scikit-learn ranks the rows otherwise: correlation {likeness:.4f}")


def main() -> None:
    """Compare, then time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=20)
    parser.add_argument("--repeat", type=int, default=5, help="runs of cjlib and scikit-learn")
    parser.add_argument("--quick", action="store_true", help="a twentieth of the rows")
    options = parser.parse_args()
    rows = options.rows // 20 if options.quick else options.rows
    x, came = made(rows, options.columns)
    compare(x[: min(rows, 200_000)], came[: min(rows, 200_000)])
    table = with_level(x)
    task = f"hazard of {options.columns} columns"
    report(task, rows, {
        "cjlib": (lambda: by_cjlib(table, came), options.repeat),
        "statsmodels": (lambda: by_statsmodels(table, came), 1),
        "scikit-learn": (lambda: by_sklearn(x, came), options.repeat),
    })  # fmt: skip
    panel, trace = book(x, came)
    scorer = cj.HazardScorer(horizon="30d", penalty=PENALTY, bends=0)
    report(f"{task}, from a panel and a trace", rows, {
        "cjlib": (lambda: scorer.fit(panel, trace), options.repeat),
    })  # fmt: skip


def report(task: str, rows: int, contenders: dict[str, tuple[Callable[[], Any], int]]) -> None:
    """One line each; the first run also tells the memory."""
    best = 0.0
    for who, (run, repeat) in contenders.items():
        peak, first = peak_of(run)
        seconds, cpu = min([first, *(timed(run) for _ in range(repeat - 1))])
        best = best or seconds
        line = {
            "task": task, "who": who, "rows": rows, "seconds": round(seconds, 3),
            "cpu_seconds": round(cpu, 3), "peak_mb": None if peak is None else round(peak),
            "ratio_to_cjlib": round(seconds / best, 2),
        }  # fmt: skip
        print(json.dumps(line), flush=True)


def timed(task: Callable[[], Any]) -> tuple[float, float]:
    """Seconds and CPU seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    task()
    return time.perf_counter() - wall, time.process_time() - cpu


def peak_of(task: Callable[[], Any]) -> tuple[float | None, tuple[float, float]]:
    """The megabytes above what was in use before (on Linux), and how long it took."""
    gc.collect()
    try:
        Path("/proc/self/clear_refs").write_text("5")
        before = memory("VmRSS")
    except OSError:
        return None, timed(task)
    taken = timed(task)
    return memory("VmHWM") - before, taken


def memory(key: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(float(line.split()[1]) / 1024 for line in lines if line.startswith(f"{key}:"))


if __name__ == "__main__":
    main()
