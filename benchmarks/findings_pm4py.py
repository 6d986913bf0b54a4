"""What pm4py says of the events that ``findings.py`` hands over, and how long it takes: one JSON line each.

It runs in an environment of its own, for pm4py is AGPL. Times are of pm4py's own call, on a frame that is
already formatted, sorted and of strings.
"""

import json
import sys
import time

import numpy as np
import pandas as pd
import pm4py
from pm4py.algo.filtering.pandas.ltl import ltl_checker

CASE, NAME, TIME = "case:concept:name", "concept:name", "time:timestamp"


def told(task, call, answer):
    """Print what came out and how long it took."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = call()
    seconds, used = time.perf_counter() - wall, time.process_time() - cpu
    figure = {"task": task, "who": f"pm4py {pm4py.__version__}", "seconds": seconds, "cpu_seconds": used}
    print(json.dumps(figure | {"answer": answer(found)}), flush=True)


def main():
    data = np.load(sys.argv[1])
    names, steps, allowed = data["names"].tolist(), data["steps"].tolist(), data["allowed"]
    frame = pd.DataFrame({
        CASE: data["customer"].astype(str), NAME: data["names"][data["activity"]],
        TIME: pd.to_datetime(data["time"], unit="us", utc=True),
    })  # fmt: skip
    place = {name: code for code, name in enumerate(names)}

    def square(found):
        table = np.zeros((len(names), len(names)))
        for (source, target), count in found[0].items():
            table[place[source], place[target]] = count
        return {"count": table.tolist()}

    told("directly-follows graph", lambda: pm4py.discover_dfg(frame), square)
    told("funnel of 4 steps", lambda: ltl_checker.eventually_follows(frame, steps),
         lambda found: {"customers": [found[CASE].nunique()]})  # fmt: skip
    graph = {(names[a], names[b]): 1 for a, b in np.argwhere(allowed)}
    every = dict.fromkeys(names, 1)
    net = pm4py.convert_to_petri_net(graph, every, every)
    told("conformance", lambda: pm4py.conformance_diagnostics_token_based_replay(frame, *net),
         lambda found: {"fitting": [sum(one["trace_is_fit"] for one in found)]})  # fmt: skip


if __name__ == "__main__":
    main()
