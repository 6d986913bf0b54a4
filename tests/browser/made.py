"""Pages that the browser is shown."""

from __future__ import annotations

import runpy
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cjlib as cj
from cjlib.data import EventLog
from cjlib.findings import Finding, Place
from cjlib.outputs import JourneyMap
from cjlib.scoring import kpis

ROOT = Path(__file__).parents[2]
HOSTILE = "\"><script>alert(1)</script><img src=x onerror=alert(2)>' مرحبا \u202eevil\u202c 😀👩‍👩‍👧 "
LONG = HOSTILE + "x" * 10_000


def demo_report(language: Any) -> str:
    """Customers of the shipped software company, with all that a report can show."""
    journey = cj.template("saas", language=language)
    made = cj.simulate(journey, 150, seed=1, until="2026-06-30", verify=False)
    trace = cj.replay(journey, made.log, made.customers, until="2026-06-30")
    scorer = cj.HealthScorer(journey.scorecards[0], journey=journey)
    metrics = [metric for metric in journey.metrics if metric.id in scorer.requires]
    moments = ["2026-05-31", "2026-06-30"]
    panel = cj.panel(made.log, metrics, as_of=moments, customers=made.customers, journey=journey)
    scores = scorer.score(panel)
    found = cj.findings.find(journey, trace, log=made.log, scores=scores, value="arr")
    figures = kpis(journey, trace, made.log, period="90d")
    return cj.report(journey, trace, scores=scores, findings=found, kpis=figures, log=made.log, value="arr",
                     title="Example", language=language).html  # fmt: skip


def hostile_journey() -> cj.Journey:
    """Labels that would like to be markup, and some that never end."""
    note = cj.Note(kind="pain", text=HOSTILE, emotion=-2)
    return cj.Journey(
        "hostile",
        description=HOSTILE,
        roles=[cj.Role("csm", label=HOSTILE)],
        stages=[
            cj.Stage("trial", label=HOSTILE, phase=HOSTILE, owner="csm", objective=LONG, target="3d",
                     limit="9d", notes=[note]),
            cj.Stage("care", label=LONG, notes=[note] * 3),
            cj.Stage("gone", label=HOSTILE, kind="lost"),
        ],
        transitions=[
            cj.Transition("trial", "care", when='happened("order")', label=HOSTILE),
            cj.Transition("care", "trial", when='happened("</script>")', kind="regress"),
            cj.Transition("care", "gone", when='happened("cancel")', kind="exit", reason=HOSTILE),
        ],
        touchpoints=[cj.Touchpoint("call", label=LONG, stages=["trial", "care"], activities=["call"],
                                   channel=HOSTILE, notes=[note])],
        signals=[cj.Signal("silent", label=HOSTILE, when='idle("visit") >= "15d"', severity="high",
                           response="call")],
    )  # fmt: skip


@lru_cache(maxsize=1)
def _hostile() -> SimpleNamespace:
    journey, customers = hostile_journey(), [HOSTILE, HOSTILE, "b", LONG[:1000], LONG[:1000]]
    log = EventLog.from_columns(
        customers,
        ["visit", "order", "call", "visit", "cancel"],
        ["2026-01-01", "2026-01-05", "2026-01-02", "2026-01-10", "2026-01-12"],
    )
    trace = cj.replay(journey, log, until="2026-01-31")
    bands = cj.Bands((HOSTILE, "green"), edges=(70,))
    scores = cj.Scores([20.0, 60.0, 80.0], scorer=HOSTILE, customers=trace.ids, base=50.0, scale=(0, 100),
                       parts={HOSTILE: [-30.0, 10.0, 30.0]}, bands=bands)  # fmt: skip
    place = Place(stage="trial", activity=HOSTILE, channel=HOSTILE)
    found = [Finding(kind=HOSTILE, place=place, sentence=LONG, who=[HOSTILE, LONG[:1000]], of=3, days=3.0,
                     evidence=trace.visits)]  # fmt: skip
    return SimpleNamespace(journey=journey, trace=trace, scores=scores, found=found, log=log)


def hostile_report() -> str:
    """A report on them."""
    made = _hostile()
    return cj.report(made.journey, made.trace, scores=made.scores, findings=made.found, log=made.log,
                     title=LONG).html  # fmt: skip


def hostile_map() -> JourneyMap:
    """A map of them."""
    made = _hostile()
    return cj.draw(made.journey, made.trace, scores=made.scores, findings=made.found, title=LONG)


def oulad_report(raw: Path, folder: Path) -> str:
    """The distance learners of the Open University at the end of 2014."""
    oulad = runpy.run_path(str(ROOT / "examples" / "oulad.py"))
    oulad["convert"](raw, folder)
    log = cj.read_events(folder / "oulad-events.parquet", value="value", order="order", strict=False)
    customers = cj.read_customers(folder / "oulad-customers.parquet", valid_from="valid_from")
    journey, until = cj.load(ROOT / "examples" / "oulad.toml"), "2014-12-31"
    trace = cj.replay(journey, log, customers, until=until)
    scorer = cj.HealthScorer(journey.scorecards[0], journey=journey)
    metrics = [metric for metric in journey.metrics if metric.id in scorer.requires]
    snapshot = cj.snapshot(log, metrics, as_of=until, customers=customers, journey=journey)
    found = cj.findings.find(journey, trace, log=log)
    return cj.report(journey, trace, scores=scorer.score(snapshot), findings=found, log=log).html
