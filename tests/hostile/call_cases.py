"""Hostile calls, and the words that the error must have."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

import cjlib as cj

UNTIL = "2026-06-01"
NAN = float("nan")


def stages(*ids: str) -> list[cj.Stage]:
    return [cj.Stage(id) for id in ids]


ITEM = cj.ChecklistItem("thrice", when='count("login") >= 3')
JOURNEY = cj.Journey(
    "demo",
    stages=[cj.Stage("trial", limit="30d"), cj.Stage("active"), cj.Stage("gone", kind="lost")],
    transitions=[
        cj.Transition(
            "trial",
            "active",
            when='count("login") >= 2',
            handoff=cj.Handoff(source="sales", target="CSM", deadline="5d", checklist=[ITEM]),
        ),
        cj.Transition("active", "gone", when='idle("login") >= "60d"', kind="exit"),
        cj.Transition("gone", "trial", when='happened("login")', kind="reenter"),
    ],
)
PLAN = cj.Journey(
    "plan",
    stages=stages("x", "y"),
    transitions=[cj.Transition("x", "y", when='attribute("plan") == "pro"')],
)
LOG = cj.EventLog.from_columns(
    ["a", "a", "b", "a"], ["login"] * 4, ["2026-01-01", "2026-01-03", "2026-01-02", "2026-01-04"]
)
EMPTY = cj.EventLog.from_columns([], [], [])
LOGINS = cj.Metric("logins", activity="login", window="30d")
CARD = cj.Scorecard(
    "health",
    groups=[cj.Group("all", measures=[cj.Measure("l", metric="logins", curve=cj.curves.linear(0, 10))])],
)


def replayed(log: Any = LOG, journey: Any = JOURNEY, **more: Any) -> cj.Trace:
    return cj.replay(journey, log, **({"until": UNTIL} | more))


def waiver(**more: Any) -> cj.Waiver:
    given = {
        "customer": "a",
        "transition": 0,
        "item": "thrice",
        "author": "x",
        "reason": "y",
        "start": "2026-01-01",
    }
    return cj.Waiver(**(given | more))


def scores() -> cj.Scores:
    return cj.HealthScorer(CARD).score(cj.snapshot(LOG, LOGINS, as_of="2026-02-01"))


def simulated(journey: Any = JOURNEY, n: Any = 3, **more: Any) -> cj.Simulation:
    return cj.simulate(journey, n, **({"seed": 1, "until": UNTIL, "verify": False} | more))


def said(**columns: Any) -> dict[str, Any]:
    return {"customer": ["a"], "stage": ["active"], "time": ["2026-01-05"]} | columns


def frame(**columns: Any) -> cj.Snapshot:
    return cj.Snapshot.from_frame({"customer": ["a"]} | columns)


MANY = cj.Transition("x", "y", when='count("login") >= 1000000000')
Call = tuple[Callable[[], Any], list[str]]

TIMES: dict[str, tuple[Any, list[str]]] = {
    "None": (None, ["a time was expected", "None"]),
    "a number": (5, ["a time was expected", "5", "datetime64"]),
    "NaN": (NAN, ["a time was expected", "nan"]),
    "a truth": (True, ["a time was expected", "True"]),
    "bytes": (b"2026-01-01", ["a time was expected"]),
    "a list": (["2026-01-01"], ["2026-01-01"]),
    "NaT": (np.datetime64("NaT"), ["missing time"]),
    "pandas' NaT": (pd.NaT, ["missing time"]),
    "a word": ("yesterday", ["'yesterday'", "no ISO time"]),
    "no text": ("", ["missing time"]),
    "the year 1": ("0001-01-01", ["1900 to 2200"]),
    "the year 9999": (datetime(9999, 12, 31), ["1900 to 2200"]),
}

CALLS: dict[str, Call] = {
    # replay
    "a path as journey": (lambda: replayed(journey="demo.toml"), ["journey", "Journey", "str"]),
    "arguments swapped": (lambda: replayed(JOURNEY, LOG), ["journey", "EventLog"]),
    "a frame as log": (lambda: replayed(pd.DataFrame({"customer": ["a"]})), ["log", "EventLog", "DataFrame"]),
    "a frame as customers": (lambda: replayed(customers=pd.DataFrame()), ["customers", "DataFrame"]),
    "no thread": (lambda: replayed(threads=0), ["threads", "at least 1", "0"]),
    "fewer threads than none": (lambda: replayed(threads=-1), ["threads", "at least 1", "-1"]),
    "threads as text": (lambda: replayed(threads="2"), ["threads", "'2'"]),
    "half a thread": (lambda: replayed(threads=1.5), ["threads", "1.5"]),
    "no visit": (lambda: replayed(max_visits=0), ["max_visits", "at least 1", "0"]),
    "visits without number": (lambda: replayed(max_visits=None), ["max_visits", "None"]),
    "half a visit": (lambda: replayed(max_visits=1.5), ["max_visits", "1.5"]),
    "more visits than numbers": (lambda: replayed(max_visits=10**30), ["max_visits"]),
    "a number as progress": (lambda: replayed(progress=3), ["progress", "3"]),
    "waivers as text": (lambda: replayed(waivers="x"), ["Waiver", "str"]),
    "waivers as number": (lambda: replayed(waivers=3), ["aiver", "3"]),
    "a waiver that is none": (lambda: replayed(waivers=[3]), ["Waiver", "int"]),
    # waivers
    "a waiver by nobody": (lambda: waiver(author=""), ["author"]),
    "a waiver by a number": (lambda: waiver(author=3), ["author", "3"]),
    "a waiver without reason": (lambda: waiver(reason=None), ["reason"]),
    "a waiver that ends before it starts": (lambda: waiver(end="2025-01-01"), ["'thrice'", "'a'", "before"]),
    "a waiver from some time": (lambda: waiver(start="soon"), ["'soon'", "no ISO time"]),
    "a waiver of no transition": (lambda: replayed(waivers=[waiver(transition=9)]), ["transition", "9"]),
    "a waiver of a word": (lambda: replayed(waivers=[waiver(transition="trial")]), ["transition", "'trial'"]),
    "a waiver of nothing": (lambda: replayed(waivers=[waiver(transition=None)]), ["transition", "None"]),
    "a waiver of a fraction": (lambda: replayed(waivers=[waiver(transition=1.5)]), ["transition", "1.5"]),
    "a waiver of a typo": (
        lambda: replayed(waivers=[waiver(transition=("trial", "activ"))]),
        ["transition", "did you mean ('trial', 'active')"],
    ),
    "a waiver of no item": (
        lambda: replayed(waivers=[waiver(item="trice")]),
        ["item", "'trice'", "did you mean 'thrice'"],
    ),
    "a waiver for a list": (lambda: replayed(waivers=[waiver(customer=["a"])]), ["customer", "['a']"]),
    # trace
    "an unknown customer": (lambda: replayed().explain("zz"), ["customer", "'zz'"]),
    "a customer of another type": (lambda: replayed().explain(3), ["customer", "3"]),
    "a customer of nobody": (lambda: replayed(EMPTY).explain("a"), ["customer", "'a'"]),
    "after the end": (lambda: replayed().at("2030-01-01"), ["2026-06-01", "2030-01-01"]),
    "a microsecond after the end": (
        lambda: replayed().at("2026-06-01T00:00:00.000001"),
        ["2026-06-01", ".000001"],
    ),
    "an unknown stage": (lambda: replayed().customers("trail"), ["stage", "'trail'", "'trial'"]),
    "no time ahead": (lambda: replayed().due("0d"), ["longer than nothing", "'0d'"]),
    "back in time": (lambda: replayed().due("-1d"), ["longer than nothing", "'-1d'"]),
    "months or minutes ahead": (lambda: replayed().due("14m"), ["'14m'", "'min'"]),
    "days without a unit": (lambda: replayed().due(14), ["duration", "14"]),
    "longer than a thousand years": (lambda: replayed().due("999999d"), ["thousand years"]),
    "an unknown column": (lambda: replayed().visits["stages"], ["column", "'stages'", "'stage'"]),
    "codes of a number": (lambda: replayed().visits.codes("via"), ["'via'", "not codes"]),
    "rows that are none": (lambda: replayed().visits.select([999]), ["999", "4 rows"]),
    "rows by name": (lambda: replayed().visits.select("x"), ["mask", "4 rows"]),
    # conformance
    "records of no trace": (lambda: cj.conformance("x", said()), ["trace", "str"]),
    "records as text": (lambda: cj.conformance(replayed(), "x"), ["dataframe", "'x'"]),
    "records without stage": (
        lambda: cj.conformance(replayed(), {"customer": ["a"], "stge": ["x"], "time": ["2026-01-01"]}),
        ["'stage'", "did you mean 'stge'"],
    ),
    "records at some time": (lambda: cj.conformance(replayed(), said(time=["soon"])), ["row 0", "'soon'"]),
    "records of nobody": (lambda: cj.conformance(replayed(), said(customer=[None])), ["missing customer"]),
    "records of other ids": (lambda: cj.conformance(replayed(), said(customer=[5])), ["'a'", "int64"]),
    "less than no tolerance": (lambda: cj.conformance(replayed(), said(), "-1d"), ["tolerance", "-1d"]),
    "tolerance without a unit": (lambda: cj.conformance(replayed(), said(), 3), ["duration", "3"]),
    # findings
    "stages of no trace": (lambda: cj.findings.time_in_stage("x"), ["time_in_stage", "Trace", "str"]),
    "a text compared": (lambda: cj.compare(JOURNEY, "x", LOG, until=UNTIL), ["two journeys", "'x'"]),
    "compared at some time": (lambda: cj.compare(JOURNEY, PLAN, LOG, until="soon"), ["'soon'"]),
    # metrics
    "a metric of a typo": (lambda: cj.Metric("m", aggregate="cuont"), ["Metric 'm'", "'count'"]),
    "a window back to front": (lambda: cj.Metric("m", window="-1d"), ["window", "longer than nothing"]),
    "a zone of another planet": (lambda: cj.Metric("m", zone="Mars/X"), ["zone", "Mars/X"]),
    "a range of NaN": (lambda: cj.Metric("m", aggregate="share", between=(NAN, 1)), ["between", "finite"]),
    "a ratio of one": (lambda: cj.Metric("m", aggregate="ratio", ratio=("a",)), ["ratio", "two entries"]),
    # snapshots
    "no log": (lambda: cj.snapshot("x", LOGINS, as_of=UNTIL), ["log", "EventLog", "str"]),
    "no metrics": (lambda: cj.snapshot(LOG, as_of=UNTIL), ["which metrics"]),
    "a number as metrics": (lambda: cj.snapshot(LOG, 3, as_of=UNTIL), ["metric", "3"]),
    "a number as metric": (lambda: cj.snapshot(LOG, [3], as_of=UNTIL), ["metric", "3"]),
    "two metrics of one name": (
        lambda: cj.snapshot(LOG, [LOGINS, cj.Metric("logins", activity="x")], as_of=UNTIL),
        ["'logins'", "two different"],
    ),
    "a metric by name alone": (lambda: cj.snapshot(LOG, "logins", as_of=UNTIL), ["'logins'", "journey"]),
    "an attribute of nobody": (
        lambda: cj.snapshot(LOG, cj.Metric("p", aggregate="value", attribute="plan"), as_of=UNTIL),
        ["'plan'", "customers="],
    ),
    "a visit on no journey": (
        lambda: cj.snapshot(LOG, cj.Metric("s", visit="stage"), as_of=UNTIL),
        ["journey="],
    ),
    "threads of a snapshot": (lambda: cj.snapshot(LOG, LOGINS, as_of=UNTIL, threads="2"), ["threads", "'2'"]),
    "a snapshot at several moments": (lambda: cj.snapshot(LOG, LOGINS, as_of=[UNTIL]), ["panel()"]),
    "a panel at one moment": (lambda: cj.panel(LOG, LOGINS, as_of=UNTIL), ["snapshot()"]),
    "a panel at none": (lambda: cj.panel(LOG, LOGINS, as_of=[]), ["at least one moment"]),
    "a panel at a gap": (lambda: cj.panel(LOG, LOGINS, as_of=[UNTIL, None]), ["a time was expected", "None"]),
    "an unknown metric": (lambda: cj.snapshot(LOG, LOGINS, as_of=UNTIL)["lgins"], ["'lgins'", "'logins'"]),
    "a table without customers": (lambda: cj.Snapshot.from_frame({"x": [1]}), ["'customer'", "'x'"]),
    "a table of infinity": (lambda: frame(x=[np.inf]), ["x is infinite", "row 0"]),
    "a table with text among numbers": (
        lambda: cj.Snapshot.from_frame({"customer": ["a", "b"], "x": [1, "y"]}),
        ["mixed types in x", "row 1", "'y'"],
    ),
    "a customer twice": (
        lambda: cj.Snapshot.from_frame({"customer": ["a", "a"], "x": [1, 2]}),
        ["'a'", "twice", "as_of="],
    ),
    # health
    **{
        f"a weight of {weight}": (
            lambda weight=weight: cj.Measure("l", metric="x", curve=cj.curves.linear(0, 1), weight=weight),
            ["Measure 'l'", "weight", str(weight)],
        )
        for weight in (NAN, float("inf"), -1, None, True, "3", 1e300)
    },
    "all weights zero": (
        lambda: cj.Group("g", measures=[cj.Measure("l", metric="x", curve=cj.curves.linear(0, 1), weight=0)]),
        ["Group 'g'", "all weights are 0"],
    ),
    "no measures": (lambda: cj.Group("g", measures=[]), ["Group 'g'", "no measure"]),
    "no groups": (lambda: cj.Scorecard("h", groups=[]), ["Scorecard 'h'", "no group"]),
    "a flat line": (lambda: cj.curves.linear(1, 1), ["both 1", "steps"]),
    "a line to nowhere": (lambda: cj.curves.linear(0, NAN), ["finite", "nan"]),
    "steps down": (lambda: cj.curves.steps((2, 1), (0, 1, 2)), ["edges", "above"]),
    "nothing to look up": (lambda: cj.curves.lookup({}), ["no category"]),
    "bands out of order": (lambda: cj.Bands(("r", "y", "g"), edges=(2, 1)), ["edges", "above"]),
    "a scale upside down": (lambda: cj.Scorecard("h", scale=(1, 0), groups=CARD.groups), ["scale", "lowest"]),
    "a scorer of a word": (lambda: cj.HealthScorer("health"), ["Scorecard", "'health'", "scorecard(id)"]),
    "a frame scored": (lambda: cj.HealthScorer(CARD).score(pd.DataFrame({"logins": [1]})), ["Snapshot"]),
    "nothing scored": (lambda: cj.HealthScorer(CARD).score(None), ["Snapshot", "None"]),
    "a metric missing": (lambda: cj.HealthScorer(CARD).score(frame(lgins=[1])), ["'logins'", "'lgins'"]),
    "words in a line": (lambda: cj.HealthScorer(CARD).score(frame(logins=["x"])), ["'l'", "lookup"]),
    "an explanation of nobody": (lambda: scores().explain("zz"), ["customer", "'zz'"]),
    "scores as text": (lambda: cj.Scores("abc", scorer="mine"), ["scores of mine", "numbers"]),
    "scores in a table": (lambda: cj.Scores([[1.0]], scorer="mine"), ["mine", "one number per customer"]),
    "an endless score": (lambda: cj.Scores([np.inf], scorer="mine"), ["mine", "finite", "row 0"]),
    "parts that don't add up": (
        lambda: cj.Scores([1.0], scorer="mine", parts={"a": [2.0]}),
        ["mine", "add up", "row 0", "2.0"],
    ),
    "more coverage than all": (lambda: cj.Scores([1.0], scorer="mine", coverage=[1.5]), ["coverage", "1.5"]),
    # simulation
    **{
        f"{n} customers": (lambda n=n: simulated(n=n), ["simulate: n", str(n)])
        for n in (0, -1, 1.5, NAN, None, True, 2**40)
    },
    **{
        f"a seed of {seed}": (lambda seed=seed: simulated(seed=seed), ["seed", str(seed)])
        for seed in (-1, 1.5, "x", NAN, None, True)
    },
    "a billion events": (
        lambda: simulated(cj.Journey("many", stages=stages("x", "y"), transitions=[MANY])),
        ["no transition can be planned", "10,000 events"],
    ),
    "a text simulated": (lambda: simulated("demo"), ["journey", "str"]),
    "a beginning after the end": (lambda: simulated(start="2027-01-01"), ["start", "until"]),
    "a rate above all": (lambda: simulated(rates={("trial", "active"): 2}), ["rate", "2"]),
    "a rate of NaN": (lambda: simulated(rates={("trial", "active"): NAN}), ["rate", "nan"]),
    "a rate of no way": (lambda: simulated(rates={("trial", "x"): 0.5}), ["rates", "('trial', 'x')"]),
    "a rate in words": (lambda: simulated(rates={("trial", "active"): "half"}), ["rate", "'half'"]),
    "rates as number": (lambda: simulated(rates=3), ["rates", "3"]),
    "durations as number": (lambda: simulated(durations=3), ["durations", "3"]),
    "a duration of nothing": (lambda: simulated(durations={"trial": "0d"}), ["at least a minute", "'0d'"]),
    "a duration of three": (lambda: simulated(durations={"trial": ("3d", 1, 2)}), ["('3d', 1, 2)"]),
    "a duration of no stage": (lambda: simulated(durations={"trail": "3d"}), ["stage", "'trail'"]),
    "an effect of NaN": (lambda: simulated(effect=NAN), ["effect", "nan"]),
    "an effect in words": (lambda: simulated(effect="x"), ["effect", "'x'"]),
    # report
    "a report on nothing": (lambda: cj.report(JOURNEY, None), ["Trace", "None"]),
    "a report on another journey": (lambda: cj.report(PLAN, replayed()), ["another version", "'plan'"]),
    "a report in Klingon": (lambda: cj.report(JOURNEY, replayed(), language="tlh"), ["language", "'tlh'"]),
    "a report with words for scores": (lambda: cj.report(JOURNEY, replayed(), scores="x"), ["scores", "str"]),
    **{
        f"a report saved to {path!r:.20}": (
            lambda path=path: cj.report(JOURNEY, replayed()).save(path),
            [str(path)[:20], "cannot be written"],
        )
        for path in ("/", "no/such/folder/a.html", "x" * 300)
    },
    "a report saved to nothing": (lambda: cj.report(JOURNEY, replayed()).save(None), ["path", "None"]),
    "a report saved under NUL": (lambda: cj.report(JOURNEY, replayed()).save("a\0b"), ["null"]),
    "a report with a word for a log": (lambda: cj.report(JOURNEY, replayed(), log="x"), ["log", "str"]),
}
