"""Models of counts and survival curves on a million customers, against lifetimes and lifelines.

Run it as ``python benchmarks/retention.py [--customers 1_000_000] [--quick]``. It prints one JSON line per
figure; the answers are compared before anything is timed: every point of the curves to 1e-9, parameters and
log-likelihood of BG/NBD to 1e-3, parameters of gamma-gamma to 5e-3, for lifetimes stops climbing early. It
needs ``pip install lifetimes`` (MIT), which no test does.

The customers are made up as the models think of them, with times and money that no two of them share, so that
there is nothing to group: the hardest case for models of counts. ``--whole-days`` groups as real data do.
"""

from __future__ import annotations

import argparse
import json
import warnings
from collections.abc import Callable, Mapping

import numpy as np
from lifelines import AalenJohansenFitter, KaplanMeierFitter
from lifetimes import BetaGeoFitter, GammaGammaFitter
from panel import timed, with_peak

from cjlib.scoring._survival import aalen_johansen, kaplan_meier
from cjlib.scoring.churn._retention_bgnbd import PurchaseCounts, fit_purchases
from cjlib.scoring.churn._spend import fit_spend

Answer = np.ndarray
Contenders = Mapping[str, Callable[[], Answer]]

R, ALPHA, A, B = 0.243, 4.414, 0.793, 2.426  # weeks, as on CDNOW
P, Q, GAMMA = 6.25, 3.74, 15.44
ROUNDS = 400  # the most repeats that are drawn


def histories(customers: int, whole_days: bool) -> tuple[np.ndarray, ...]:
    """Repeats, recency, age and what the repeats cost."""
    rng = np.random.default_rng(1)
    age = rng.uniform(27, 39, customers)
    rate, leaves = rng.gamma(R, 1 / ALPHA, customers), rng.beta(A, B, customers)
    repeats, recency, now = np.zeros(customers), np.zeros(customers), np.zeros(customers)
    walking = np.arange(customers)
    for _ in range(ROUNDS):
        with np.errstate(divide="ignore", over="ignore"):
            now[walking] += rng.exponential(1, len(walking)) / rate[walking]
        walking = walking[now[walking] <= age[walking]]
        repeats[walking], recency[walking] = repeats[walking] + 1, now[walking]
        walking = walking[rng.random(len(walking)) >= leaves[walking]]
    shape = P * np.maximum(repeats, 1)
    spent = np.where(repeats > 0, rng.gamma(shape) / rng.gamma(Q, 1 / GAMMA, customers), 0.0)
    if whole_days:
        recency, age = np.round(recency * 7) / 7, np.ceil(age * 7) / 7
    return repeats, recency, age, spent


def by_cjlib(repeats: np.ndarray, recency: np.ndarray, age: np.ndarray) -> Answer:
    fit = fit_purchases(PurchaseCounts.of(repeats, recency, age))
    return np.append(fit.parameters, fit.log_likelihood)


def by_lifetimes(repeats: np.ndarray, recency: np.ndarray, age: np.ndarray) -> Answer:
    fit = BetaGeoFitter().fit(repeats, recency, age)
    parameters = fit.params_[["r", "alpha", "a", "b"]].to_numpy()
    # lifetimes measures time in units of its own and tells the mean likelihood in them
    unit = float(fit._scale)
    return np.append(parameters, -fit._negative_log_likelihood_ * len(repeats) + repeats.sum() * np.log(unit))


def spend_by_cjlib(repeats: np.ndarray, spent: np.ndarray) -> Answer:
    return fit_spend([(repeats, spent)])[0].parameters


def spend_by_lifetimes(repeats: np.ndarray, spent: np.ndarray) -> Answer:
    again = repeats > 0
    fit = GammaGammaFitter().fit(repeats[again], spent[again] / repeats[again])
    return fit.params_[["p", "q", "v"]].to_numpy()


def curve_by_lifelines(durations: np.ndarray, is_ended: np.ndarray) -> Answer:
    fit = KaplanMeierFitter().fit(durations, is_ended)
    return fit.survival_function_.iloc[1:, 0].to_numpy()[is_ended[np.argsort(durations)]]


def incidence_by_lifelines(durations: np.ndarray, cause: np.ndarray) -> Answer:
    fit = AalenJohansenFitter().fit(durations, cause + 1, event_of_interest=1)
    order = np.argsort(durations)
    return fit.cumulative_density_.iloc[1:, 0].to_numpy()[cause[order] >= 0]


def report(task: str, rows: int, contenders: Contenders, repeat: int, tolerance: float) -> None:
    """Compare everybody's answer with cjlib's, then time; the compared run also tells the memory."""
    ours: Answer | None = None
    peaks = {}
    for who, run in contenders.items():
        answer, peaks[who] = with_peak(run)
        ours = answer if ours is None else ours
        gap = float(np.max(np.abs(answer - ours) / np.maximum(np.abs(ours), 1e-12)))
        if answer.shape != ours.shape or gap > tolerance:
            raise SystemExit(f"{task}: {who} says otherwise: {answer[:5]}, not {ours[:5]} (gap {gap:.2g})")
    best = 0.0
    for who, run in contenders.items():
        seconds, cpu = min(timed(run) for _ in range(repeat if who == "cjlib" else 1))
        best = best or seconds
        line = {
            "task": task, "who": who, "rows": rows, "seconds": round(seconds, 3),
            "cpu_seconds": round(cpu, 3), "peak_mb": None if peaks[who] is None else round(peaks[who]),
            "ratio_to_cjlib": round(seconds / best, 2),
        }  # fmt: skip
        print(json.dumps(line), flush=True)


def main() -> None:
    """Compare, then time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=5, help="runs of cjlib; peers run once")
    parser.add_argument("--quick", action="store_true", help="a twentieth of the customers")
    parser.add_argument(
        "--whole-days", action="store_true", help="times in whole days, so that some are shared"
    )
    options = parser.parse_args()
    customers = options.customers // 20 if options.quick else options.customers
    warnings.simplefilter("ignore")  # of the peers
    repeats, recency, age, spent = histories(customers, options.whole_days)
    by_cjlib(repeats[:1000], recency[:1000], age[:1000])  # compiles the kernel
    rng = np.random.default_rng(2)
    durations = rng.permutation(np.cumsum(rng.uniform(0.5, 1.5, customers)) / customers)
    cause = rng.choice([-1, 0, 1], customers, p=[0.3, 0.5, 0.2])
    report("Kaplan-Meier of distinct durations", customers, {
        "cjlib": lambda: kaplan_meier(durations, cause >= 0).curve,
        "lifelines": lambda: curve_by_lifelines(durations, cause >= 0),
    }, options.repeat, 1e-9)  # fmt: skip
    few = customers // 20  # lifelines loops over the rows
    report("Aalen-Johansen of two causes with errors", few, {
        "cjlib": lambda: aalen_johansen(durations[:few], cause[:few], 2).curves[:, 0],
        "lifelines": lambda: incidence_by_lifelines(durations[:few], cause[:few]),
    }, options.repeat, 1e-9)  # fmt: skip
    report("BG/NBD", customers, {
        "cjlib": lambda: by_cjlib(repeats, recency, age),
        "lifetimes": lambda: by_lifetimes(repeats, recency, age),
    }, options.repeat, 1e-3)  # fmt: skip
    report("gamma-gamma", customers, {
        "cjlib": lambda: spend_by_cjlib(repeats, spent),
        "lifetimes": lambda: spend_by_lifetimes(repeats, spent),
    }, options.repeat, 5e-3)  # fmt: skip


if __name__ == "__main__":
    main()
