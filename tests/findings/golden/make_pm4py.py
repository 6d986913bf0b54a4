"""Write pm4py.json: a generated log, and what pm4py says of it. See README.md."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

NAMES = ("visit", "signup", "login", "order", "ticket", "cancel")
SHARES = (0.25, 0.1, 0.35, 0.15, 0.1, 0.05)
ALLOWED = [
    ("visit", "signup"), ("visit", "visit"), ("visit", "login"), ("signup", "login"), ("login", "login"),
    ("login", "order"), ("login", "visit"), ("order", "login"), ("order", "visit"),
]  # fmt: skip


def columns() -> dict[str, list]:
    """Paths of any length, many short, so that variants repeat; one event in ten ties with another."""
    rng = np.random.default_rng(20261126)
    sizes = np.minimum(rng.geometric(0.18, 80), 25)
    customer = rng.permutation(np.repeat(np.arange(80), sizes))
    start = np.datetime64("2026-01-01", "us").astype(np.int64)
    time = start + rng.integers(0, 90 * 86_400_000_000, len(customer))
    for row in rng.choice(len(time), len(time) // 10, replace=False):
        time[row] = time[rng.choice(np.flatnonzero(customer == customer[row]))]
    activity = rng.choice(NAMES, len(time), p=SHARES)
    return {"customer": [f"c{c:02d}" for c in customer], "activity": activity.tolist(), "time": time.tolist()}


def main() -> None:
    import pm4py  # here, so that the tests, which read every file, do without it

    log = columns()
    frame = pd.DataFrame({
        "case:concept:name": log["customer"], "concept:name": log["activity"],
        "time:timestamp": pd.to_datetime(log["time"], unit="us", utc=True),
    })  # fmt: skip
    frame = frame.sort_values(["case:concept:name", "time:timestamp"], kind="stable").reset_index(drop=True)
    counts, starts, ends = pm4py.discover_dfg(frame.copy())
    performance = {}
    from pm4py.algo.discovery.dfg.adapters.pandas import df_statistics

    for measure in ("mean", "median"):
        found = df_statistics.get_dfg_graph(
            frame.copy(), measure="performance", perf_aggregation_key=measure, sort_caseid_required=False,
            sort_timestamp_along_case_id=False,
        )  # fmt: skip
        performance[measure] = found
    grouped = df_statistics.get_dfg_graph(
        frame.copy(), measure="performance", perf_aggregation_key="raw_values", sort_caseid_required=False,
        sort_timestamp_along_case_id=False,
    )  # fmt: skip
    variants = pm4py.get_variants(frame.copy())
    graph = dict.fromkeys(ALLOWED, 1)
    net = pm4py.convert_to_petri_net(graph, {"visit": 1, "login": 1}, {"order": 1, "login": 1, "visit": 1})
    known = frame[frame["concept:name"].isin({name for edge in ALLOWED for name in edge})]
    fits = {}
    for case, events in frame.groupby("case:concept:name"):
        is_known = len(events) == (known["case:concept:name"] == case).sum()  # pm4py leaves out the others
        fits[case] = (
            is_known and pm4py.conformance_diagnostics_token_based_replay(events, *net)[0]["trace_is_fit"]
        )
    answer = {
        "made_by": f"pm4py {pm4py.__version__}",
        "log": log,
        "edges": [
            {"source": a, "target": b, "count": int(n), "mean": float(performance["mean"][a, b]),
             "median": float(performance["median"][a, b]), "p95": float(np.quantile(grouped[a, b], 0.95))}
            for (a, b), n in sorted(counts.items())
        ],
        "starts": {k: int(v) for k, v in sorted(starts.items())},
        "ends": {k: int(v) for k, v in sorted(ends.items())},
        "model": {"edges": ALLOWED, "starts": ["visit", "login"], "ends": ["order", "login", "visit"]},
        "fits": sorted(case for case, is_fit in fits.items() if is_fit),
        "variants": sorted([-int(n), list(path)] for path, n in variants.items()),
    }  # fmt: skip
    Path(__file__).with_name("pm4py.json").write_text(
        json.dumps(answer, indent=None, separators=(",", ":")) + "\n"
    )
    print(
        answer["made_by"],
        len(log["time"]),
        len(answer["edges"]),
        len(answer["variants"]),
        answer["variants"][:3],
        len(answer["fits"]),
    )


if __name__ == "__main__":
    main()
