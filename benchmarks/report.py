"""A report of a million customers: how long it takes, and how large the page is.

Run it as ``python benchmarks/report.py [--events 20_000_000] [--customers 1_000_000]``. It prints one JSON
line per figure: the map alone, the report with scores, cards and evidence, and the whole of it, for which
findings are looked for and key figures are counted first. The log is that of ``replay.py``; the journey is
its journey with touchpoints and a scorecard. Nobody else makes such a page, so there is no peer.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Callable
from typing import Any

import attrs
from replay import ACTIVITIES, journey, make_log

import cjlib as cj

UNTIL = "2025-12-31"
METRICS = (
    cj.Metric("logins", activity="login", aggregate="count", window="30d"),
    cj.Metric("complaints", activity="complaint", aggregate="count", window="90d"),
)
MEASURES = (
    cj.Measure("logins", metric="logins", curve=cj.curves.linear(0, 5)),
    cj.Measure("complaints", metric="complaints", curve=cj.curves.linear(2, 0)),
)


def scored_journey() -> cj.Journey:
    """The journey of the replay benchmark; every activity is a touchpoint, two metrics make a score."""
    plain = journey()
    stages = [stage.id for stage in plain.stages]
    bands = cj.Bands(("red", "yellow", "green"), edges=(40, 70))
    return attrs.evolve(
        plain,
        touchpoints=[cj.Touchpoint(f"at_{one}", stages=stages, activities=one) for one in ACTIVITIES],
        metrics=METRICS,
        scorecards=[cj.Scorecard("health", groups=[cj.Group("all", measures=MEASURES)], bands=bands)],
    )


def main() -> None:
    """Makes the data, warms the kernels up on a tenth of a per cent of it, and times both."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=20_000_000)
    parser.add_argument("--customers", type=int, default=1_000_000)
    options = parser.parse_args()
    run(options.events // 1000, options.customers // 1000, tell=False)
    run(options.events, options.customers, tell=True)


def run(events: int, customers: int, *, tell: bool) -> None:
    """One round of both figures."""
    found, log = scored_journey(), make_log(events, customers)
    trace = cj.replay(found, log, until=UNTIL)
    snapshot = cj.snapshot(log, METRICS, as_of=UNTIL, journey=found)
    scores = cj.HealthScorer(found.scorecards[0], journey=found).score(snapshot)
    for task, make in (
        ("journey map", lambda: cj.render(cj.draw(found, trace, scores=scores), "svg")),
        ("report", lambda: cj.report(found, trace, scores=scores, log=log).html),
        ("findings, key figures and report", lambda: whole(found, trace, log, scores)),
    ):
        figure = timed(make)
        if tell:
            line = {"task": task, "who": "cjlib", "rows": events, "customers": customers, **figure}
            print(json.dumps(line | {"ratio_to_cjlib": 1.0}), flush=True)


def whole(found: cj.Journey, trace: cj.Trace, log: cj.EventLog, scores: cj.Scores) -> str:
    """The page with all that it can hold."""
    seen = cj.find(found, trace, log=log, scores=scores)
    figures = cj.kpis(found, trace, log, period=("2025-10-01", UNTIL))
    return cj.report(found, trace, scores=scores, log=log, findings=seen, kpis=figures).html


def timed(make: Callable[[], str]) -> dict[str, Any]:
    """Seconds, CPU seconds, the peak of memory and the size of what came."""
    wall, cpu = time.perf_counter(), time.process_time()
    made = make()
    return {
        "seconds": round(time.perf_counter() - wall, 2),
        "cpu_seconds": round(time.process_time() - cpu, 2),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "page_mb": round(len(made.encode("utf-8")) / 1e6, 3),
    }


if __name__ == "__main__":
    main()
