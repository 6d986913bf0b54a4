"""Hostile calls of all that reads data: a right answer, or an error that says what to write instead."""

from __future__ import annotations

import copy
import pickle
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.hostile.call_cases import (
    CALLS,
    CARD,
    EMPTY,
    JOURNEY,
    LOG,
    LOGINS,
    NAN,
    PLAN,
    TIMES,
    UNTIL,
    frame,
    replayed,
    said,
    scores,
    simulated,
    stages,
    waiver,
)
from tests.hostile.told import told

import cjlib as cj
from cjlib.errors import DataError, ReplayError, UnknownNameError, UsageError


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    """Kernels are compiled before anybody looks at the time that an error takes."""
    scores()
    replayed()


@pytest.mark.parametrize("name", CALLS)
def test_a_call_that_cannot_be_meant_is_told_plainly(name: str) -> None:
    run, words = CALLS[name]
    told(run, words)


ENTRIES: dict[str, Callable[[Any], Any]] = {
    "replay": lambda time: replayed(until=time),
    "at": lambda time: replayed().at(time),
    "compare": lambda time: cj.compare(JOURNEY, JOURNEY, LOG, until=time),
    "snapshot": lambda time: cj.snapshot(LOG, LOGINS, as_of=time),
    "panel": lambda time: cj.panel(LOG, LOGINS, as_of=[UNTIL, time]),
    "simulate": lambda time: simulated(until=time),
    "waiver": lambda time: waiver(start=time),
}


@pytest.mark.parametrize("place", [f"{entry}-{name}" for entry in ENTRIES for name in TIMES])
def test_a_moment_that_is_none_is_refused_wherever_it_is_given(place: str) -> None:
    entry, _, name = place.partition("-")
    time, words = TIMES[name]
    told(lambda: ENTRIES[entry](time), words if (entry, name) != ("snapshot", "a list") else ["panel()"])


@pytest.mark.parametrize(
    "time",
    [
        "2026-01-03",
        "2026-01-03T00:00:00Z",
        "2026-01-03 05:30+05:30",
        datetime(2026, 1, 3),
        datetime(2026, 1, 3, tzinfo=UTC),
        pd.Timestamp("2026-01-03 05:30", tz="Asia/Kolkata"),
        np.datetime64("2026-01-03"),
        np.datetime64("2026-01-03", "ns"),
    ],
)
def test_a_moment_may_be_written_in_any_way_that_means_one(time: Any) -> None:
    trace = replayed(until=time)
    assert trace.until == np.datetime64("2026-01-03", "us")
    assert trace.fingerprint == replayed(until="2026-01-03").fingerprint


# --- right results where there is nothing, little, or too much


def test_nobody_at_all_is_an_answer_everywhere() -> None:
    trace = replayed(EMPTY)
    tables = [trace.visits, trace.milestones, trace.signals, trace.handoffs, trace.breaches]
    tables += [trace.at("2026-01-01"), trace.due("90d"), cj.conformance(trace, NONE_SAID)]
    assert [len(table) for table in tables] == [0] * len(tables)
    assert len(trace) == len(trace.customers("trial")) == 0
    assert all(len(table.to_pandas()) == len(table.to_polars()) == 0 for table in tables)
    assert cj.findings.time_in_stage(trace)["customers"].sum() == 0
    assert len(cj.HealthScorer(CARD).score(cj.snapshot(EMPTY, LOGINS, as_of=UNTIL)).values) == 0
    assert len(cj.panel(EMPTY, LOGINS, as_of=[UNTIL])) == 0
    assert "demo" in cj.report(JOURNEY, trace, log=EMPTY).html


NONE_SAID: dict[str, list[str]] = {"customer": [], "stage": [], "time": []}


def test_before_everything_nobody_is_traced_and_the_ledger_tells_how_many() -> None:
    trace = replayed(until="2020-01-01")
    assert (len(trace), len(trace.visits)) == (0, 0)
    (entry,) = [one for one in trace.ledger.noted if "first moment" in one.reason]
    assert entry.rows == 2
    assert cj.snapshot(LOG, LOGINS, as_of="1950-01-01")["logins"].tolist() == []


def test_one_event_is_one_visit() -> None:
    log = cj.EventLog.from_columns(["a"], ["login"], ["2026-01-01"])
    visits = replayed(log, until="2026-01-01").visits
    (row,) = visits.rows()
    assert np.isnat(row.pop("left"))
    began = np.datetime64("2026-01-01", "us")
    assert row == {"customer": "a", "number": 0, "stage": "trial", "entered": began, "via": -1}


def test_an_activity_nobody_knows_is_noted_and_the_one_that_never_occurs_too() -> None:
    log = cj.EventLog.from_columns(["a"], ["lgoin"], ["2026-01-01"])
    ledger = str(replayed(log).ledger)
    assert "never occurs: 'login' (did you mean 'lgoin'?)" in ledger
    assert "on no map: 'lgoin'" in ledger


def test_values_that_no_exact_sum_holds_are_named() -> None:
    ways = [cj.Transition("trial", "active", when='sum("paid") >= 10')]
    journey = cj.Journey("demo", stages=[cj.Stage("trial"), cj.Stage("active")], transitions=ways)
    days = ["2026-01-01", "2026-01-02", "2026-01-03"]
    log = cj.EventLog.from_columns(["a", "b", "b"], ["paid"] * 3, days, [1.0, 4e12, 2e12])
    with pytest.raises(cj.CJError, match=r"'b', such as 4000000000000\.0 of 'paid' in row 1"):
        cj.replay(journey, log, until="2026-02-01")


def test_a_waiver_for_nobody_is_noted() -> None:
    assert "waiver for an unknown customer" in str(replayed(waivers=[waiver(customer="zz")]).ledger)


def test_a_stage_nobody_knows_is_a_record_that_nothing_justifies() -> None:
    with pytest.warns(UserWarning, match="did you mean 'active'"):
        found = cj.conformance(replayed(), said(stage=["actve"]))
    assert found["verdict"][found["stage"] == "actve"].tolist() == ["unjustified"]


def test_more_threads_than_cores_change_nothing() -> None:
    assert replayed(threads=10**9).visits["left"].tolist() == replayed(threads=1).visits["left"].tolist()


def test_a_customer_in_a_loop_is_named_with_the_loop() -> None:
    log = cj.EventLog.from_columns(
        ["a"] * 200, ["go", "back"] * 100, np.datetime64("2026-01-01", "us") + np.arange(200)
    )
    transitions = [
        cj.Transition("x", "y", when='happened("go")'),
        cj.Transition("y", "x", when='happened("back")'),
    ]
    journey = cj.Journey("loop", stages=stages("x", "y"), transitions=transitions)
    error = told(lambda: replayed(log, journey, max_visits=50), ["'a'", "50 visits", "x -> y"])
    assert isinstance(error, ReplayError)
    assert len(replayed(log, journey).visits) == 201


def test_time_alone_round_a_loop_ends_where_the_replay_ends() -> None:
    transitions = [
        cj.Transition("x", "y", when='dwell() >= "1s"'),
        cj.Transition("y", "x", when='dwell() >= "1s"'),
    ]
    journey = cj.Journey("clock", stages=stages("x", "y"), transitions=transitions)
    log = cj.EventLog.from_columns(["a"], ["login"], ["2026-01-01"])
    assert len(replayed(log, journey, until="2026-01-01T00:10").visits) == 601
    told(lambda: replayed(log, journey, until="2199-01-01"), ["'a'", "100,000", "x -> y"])


@pytest.mark.parametrize(
    ("values", "expected"),
    [([NAN, "pro"], "xy"), ([None, "free"], "xx"), (["", "pro"], "xy"), (["PRO", "free"], "xx")],
)
def test_only_true_opens_a_way_and_unknown_does_not(values: list[Any], expected: str) -> None:
    plans = cj.Customers.from_frame({"customer": ["a", "b"], "plan": pd.Series(values, dtype=object)})
    trace = cj.replay(PLAN, LOG, plans, until=UNTIL)
    assert "".join(trace.at(UNTIL)["stage"]) == expected


LABELS = {
    "script": "</script><script>alert(1)</script>",
    "image": '"><img src=x onerror=alert(1)>',
    "attribute": "' onmouseover='alert(1)",
    "cdata": "]]><!--",
    "javascript": "javascript:alert(1)",
    "style": "red;background:url(//x)",
    "template": "{{7*7}} %s%n {0} ${x}",
    "entity": "&amp;&lt;&#0;",
    "right to left": "\u202egnp.exe\u202c מזל",
    "zero width": "a\u200bb\ufeffc",
    "emoji": "👩\u200d👩\u200d👧\u200d👦 🇫🇷",
    "lines": "a\nb\tc\u2028d",
    "composed": "e\u0301\u00e9",
    "long": "x" * 10_000,
}


@pytest.mark.parametrize("name", LABELS)
def test_a_label_is_a_label_whatever_it_says(name: str) -> None:
    label = LABELS[name]
    short = label[:200].replace("\n", " ").replace("\u2028", " ")
    journey = cj.Journey(
        short,
        description=label,
        stages=[
            cj.Stage("trial", label=label, objective=label, owner=short, phase=short, limit="1d"),
            cj.Stage("active", label=label, notes=[cj.Note(kind="pain", text=label)]),
        ],
        touchpoints=[cj.Touchpoint("t", label=label, stages="trial", channel=short, activities=short)],
        transitions=[cj.Transition("trial", "active", when='count("login") >= 2', label=label)],
    )
    for format in ("toml", "json"):
        assert cj.loads(cj.dumps(journey, format=format), format=format) == journey
    log = cj.EventLog.from_columns([short, short, "b"], ["login", short, "login"], ["2026-01-01"] * 3)
    trace = replayed(log, journey)
    page = cj.report(journey, trace, log=log, title=label).html
    assert not any(text in page for text in ("<script", "<img", "onmouseover='", "url(//x)</style"))
    assert trace.explain(short).customer == short
    assert short in cj.conformance(trace, NONE_SAID)["customer"].tolist()


# --- values that travel, and what must not be touched

PLANS = cj.Customers.from_frame({"customer": ["a", "b"], "plan": ["pro", None]})
VALUES: dict[str, Callable[[], Any]] = {
    "journey": lambda: JOURNEY,
    "log": lambda: LOG,
    "customers": lambda: PLANS,
    "trace": replayed,
    "trace with attributes": lambda: replayed(journey=PLAN, customers=PLANS),
    "explanation": lambda: replayed().explain("a"),
    "table": lambda: replayed().visits,
    "ledger": lambda: replayed(until="2020-01-01").ledger,
    "comparison": lambda: cj.compare(JOURNEY, JOURNEY, LOG, until=UNTIL),
    "snapshot": lambda: cj.snapshot(LOG, LOGINS, as_of=UNTIL),
    "scorer": lambda: cj.HealthScorer(CARD),
    "scores": scores,
    "simulation": simulated,
    "report": lambda: cj.report(JOURNEY, replayed()),
    "waiver": waiver,
    "diff": lambda: cj.diff(JOURNEY, PLAN),
}


@pytest.mark.parametrize("name", VALUES)
def test_a_value_survives_copies_and_pickles(name: str) -> None:
    value = VALUES[name]()
    for again in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert type(again) is type(value)
        assert str(again) == str(value)


@pytest.mark.parametrize(
    "of", ["DefinitionError", "UnknownNameError", "DataError", "MissingExtraError", "UsageError"]
)
def test_an_error_survives_copies_and_pickles(of: str) -> None:
    errors = {
        "DefinitionError": lambda: cj.Journey("a", stages=[]),
        "UnknownNameError": lambda: JOURNEY.stage("trail"),
        "DataError": lambda: cj.EventLog.from_columns([None], ["a"], ["2026-01-01"]),
        "MissingExtraError": lambda: raised(cj.errors.MissingExtraError("pyarrow", "io", "to_arrow()")),
        "UsageError": lambda: bool(cj.criteria.count("a")),
    }
    error = told(errors[of], [])
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again)) == (type(error), str(error))


def raised(error: Exception) -> None:
    raise error


def test_a_trace_from_a_pickle_answers_as_before() -> None:
    trace = replayed()
    again = pickle.loads(pickle.dumps(trace))
    assert str(again.explain("a")) == str(trace.explain("a"))
    assert str(again.due("60d")) == str(trace.due("60d"))
    assert again.fingerprint == trace.fingerprint
    with pytest.raises(ValueError, match="read-only"):
        again.visits["via"][0] = 9


def test_what_was_given_is_never_changed() -> None:
    given = pd.DataFrame(
        {"customer": ["b", "a", "a"], "activity": ["login"] * 3, "time": pd.to_datetime(["2026-01-03"] * 3)}
    )
    before = given.copy(deep=True)
    log = cj.EventLog.from_frame(given)
    waivers = [waiver()]
    trace = replayed(log, waivers=waivers)
    records = pd.DataFrame(said())
    records_before = records.copy(deep=True)
    cj.conformance(trace, records)
    moments = ["2026-02-01", "2026-01-05"]
    cj.panel(log, [LOGINS], as_of=moments)
    pd.testing.assert_frame_equal(given, before)
    pd.testing.assert_frame_equal(records, records_before)
    assert waivers == [waiver()]
    assert moments == ["2026-02-01", "2026-01-05"]


def test_results_cannot_be_changed() -> None:
    for array in (replayed().visits["via"], scores().values, cj.snapshot(LOG, LOGINS, as_of=UNTIL)["logins"]):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 9


def test_no_global_random_number_is_drawn() -> None:
    before = random.getstate(), np.random.get_state()[1].tolist()
    simulated(n=50)
    cj.HealthScorer(CARD).score(cj.panel(LOG, LOGINS, as_of=["2026-01-05", UNTIL]))
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before


@pytest.mark.parametrize("seed", [0, 2**70, np.int64(3), np.random.default_rng(1)])
def test_a_seed_of_any_size_gives_the_same_customers_again(seed: Any) -> None:
    one, other = (simulated(seed=copy.deepcopy(seed)) for _ in range(2))
    assert one.log.fingerprint == other.log.fingerprint
    assert one.seed == other.seed


def test_all_missing_is_no_score_and_none_is_invented() -> None:
    found = cj.HealthScorer(CARD).score(frame(logins=[NAN]))
    assert np.isnan(found.values).all()
    assert found.coverage is not None
    assert found.coverage.tolist() == [0.0]


def test_errors_are_ours_and_what_people_expect() -> None:
    assert issubclass(DataError, ValueError)
    assert issubclass(UnknownNameError, KeyError)
    assert issubclass(UsageError, TypeError)
    assert isinstance(told(lambda: replayed(until=5), []), (TypeError, ValueError))


def test_a_duration_may_be_a_timedelta() -> None:
    assert str(replayed().due(timedelta(days=60))) == str(replayed().due("60d"))
