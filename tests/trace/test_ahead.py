"""What time alone will do: explain and due, held against the oracle that goes on without new events."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from tests.oracle import World
from tests.strategies import DAY, worlds
from tests.worlds import by_oracle, plain_rows, replayed

import cjlib as cj
from cjlib.errors import CJError, UnknownNameError

FEWER = settings(max_examples=settings.default.max_examples // 4)
AHEAD = 40


def later(world: World, days: int) -> World:
    """Nothing more becomes known, and time goes on."""
    known = attrs.evolve(
        world,
        events=tuple(e for e in world.events if e.time <= world.until),
        facts=tuple(f for f in world.facts if f.valid_from is None or f.valid_from <= world.until),
        until=world.until + days * DAY,
    )
    return known


@FEWER
@given(worlds(largest=40, lateness=False))
def test_due_is_what_happens_if_nothing_else_does(world: World) -> None:
    trace = replayed(world)
    found = {(row["customer"], row["kind"], row["place"], row["at"]) for row in plain_rows(trace.due("40d"))}
    expected = set()
    for customer, history in by_oracle(later(world, AHEAD)).items():
        for visit in history.visits:
            if visit.left is not None and visit.left > world.until:
                way = world.journey.transitions[visit.via]
                expected.add((customer, "transition", f"{way.source} -> {way.target}", visit.left))
        expected |= {(customer, "milestone", one.milestone, one.time) for one in history.milestones}
        expected |= {(customer, "signal", one.signal, one.raised) for one in history.signals}
        expected |= {(customer, one.kind, one.place, one.at) for one in history.breaches}
    # A customer whose start is yet to come is not traced yet, so nothing is due for it.
    traced = set(trace.visits["customer"].tolist())
    assert found == {row for row in expected if row[3] > world.until and row[0] in traced}


@FEWER
@given(worlds(largest=12, lateness=False))
def test_the_earliest_opening_is_when_the_customer_leaves(world: World) -> None:
    trace = replayed(world)
    goes_on = by_oracle(later(world, AHEAD))
    for customer in sorted(set(trace.visits["customer"].tolist()))[:6]:
        explained = trace.explain(customer)
        here = [visit for visit in goes_on[customer].visits if visit.entered <= world.until][-1]
        assert explained.stage == here.stage
        assert explained.entered == np.datetime64(here.entered, "us")
        if any(way.verdict == "true" for way in explained.ways_out):
            continue  # held back: no criterion turns true, so its opening says nothing
        opens = [int(way.opens.astype(np.int64)) for way in explained.ways_out if not np.isnat(way.opens)]
        soon = [one for one in opens if one <= world.until + AHEAD * DAY]
        assert (min(soon) if soon else None) == here.left


def handoff_journey() -> cj.Journey:
    checklist = [
        cj.ChecklistItem("sponsor", attribute="sponsor"),
        cj.ChecklistItem("kickoff", when='happened("kickoff")'),
        cj.ChecklistItem("notes", when='happened("notes")', required=False),
    ]
    return cj.Journey(
        "worked",
        stages=[
            cj.Stage("sold", owner="sales"),
            cj.Stage("onboarding", owner="CSM"),
            cj.Stage("lost", kind="lost"),
        ],
        transitions=[
            cj.Transition(
                "sold",
                "onboarding",
                when='happened("signed")',
                handoff=cj.Handoff(deadline="7d", checklist=checklist),
            ),
            cj.Transition("sold", "lost", when='idle("call") >= "30d"', kind="exit"),
        ],
    )


def test_explain_names_the_missing_items_and_what_time_alone_will_open() -> None:
    log = cj.EventLog.from_columns(["a", "a"], ["signed", "kickoff"], ["2026-01-01", "2026-01-03"])
    people = cj.Customers.from_frame({"customer": ["a"], "sponsor": [None]})
    explained = cj.replay(handoff_journey(), log, people, until="2026-01-20").explain("a")
    onboarding, lost = explained.ways_out
    assert onboarding.missing == ("sponsor",)
    assert [item.status for item in onboarding.items] == ["failed", "passed", "failed"]
    assert onboarding.verdict == "false"
    assert np.isnat(onboarding.opens)
    assert lost.opens == np.datetime64("2026-01-31", "us")
    assert lost.readings[0].value.days == 19
    assert "[x] kickoff: passed" in str(explained)


def test_a_waiver_that_is_to_start_opens_the_way() -> None:
    log = cj.EventLog.from_columns(["a", "a"], ["signed", "kickoff"], ["2026-01-01", "2026-01-03"])
    waiver = cj.Waiver(
        customer="a", transition=0, item="sponsor", author="Ada", reason="on leave", start="2026-01-25"
    )
    trace = cj.replay(handoff_journey(), log, until="2026-01-20", waivers=[waiver])
    assert trace.explain("a").ways_out[0].opens == np.datetime64("2026-01-25", "us")
    assert [(row["kind"], row["place"]) for row in plain_rows(trace.due("7d"))] == [
        ("transition", "sold -> onboarding")
    ]


def test_explain_shows_values_as_they_came() -> None:
    ways = [
        'attribute("plan") == "pro"',
        'attribute("trial_ends") >= "2027-01-01"',
        'attribute("vip") == True',
        'sum("order") >= 100.5',
        'mean("csat", ever=True) >= 4.5',
        'max("seats", within="10d") >= 7',
        'until("trial_ends") <= "1d"',
        'distinct("login") >= 2',
        'attribute("seats") >= 50',
        'attribute("unheard_of") == 1',
    ]
    stages = [cj.Stage("a"), *(cj.Stage(f"s{n}") for n in range(len(ways)))]
    moves = [cj.Transition("a", f"s{n}", when=way) for n, way in enumerate(ways)]
    log = cj.EventLog.from_columns(
        ["x"] * 5,
        ["order", "csat", "csat", "seats", "login"],
        ["2026-01-01"] * 5,
        [10.25, 4.0, 3.0, 5.0, None],
        actor=["u", "u", "v", "u", "u"],
    )
    people = cj.Customers.from_frame(
        {
            "customer": ["x"],
            "plan": ["basic"],
            "trial_ends": np.array(["2026-02-01"], "datetime64[us]"),
            "vip": [False],
            "seats": [12],
        }
    )
    explained = cj.replay(
        cj.Journey("values", stages=stages, transitions=moves), log, people, until="2026-01-05"
    ).explain("x")
    values = [way.readings[0].value for way in explained.ways_out]
    assert values[:6] == ["basic", np.datetime64("2026-02-01", "us"), False, 10.25, 3.5, 5.0]
    assert values[6].days == 27
    assert values[7:] == [1, 12.0, None]
    assert [way.verdict for way in explained.ways_out] == ["false"] * 9 + ["unknown"]


def test_nobody_by_that_name_is_an_error_with_the_nearest() -> None:
    log = cj.EventLog.from_columns(["acme"], ["signed"], ["2026-01-01"])
    trace = cj.replay(handoff_journey(), log, until="2026-01-20")
    with pytest.raises(UnknownNameError, match="did you mean 'acme'"):
        trace.explain("acne")
    with pytest.raises(CJError, match="longer than nothing"):
        trace.due("0d")
    with pytest.raises(CJError, match="ends at"):
        trace.at("2026-02-01")


def test_at_and_customers_say_where_everybody_was() -> None:
    log = cj.EventLog.from_columns(
        ["a", "b", "a"], ["signed", "call", "kickoff"], ["2026-01-01", "2026-01-02", "2026-01-03"]
    )
    journey = cj.Journey(
        "two",
        stages=[cj.Stage("sold"), cj.Stage("onboarding")],
        transitions=[cj.Transition("sold", "onboarding", when='happened("kickoff")')],
    )
    trace = cj.replay(journey, log, until="2026-01-20")
    assert trace.at("2026-01-01")["customer"].tolist() == ["a"]
    assert trace.at("2026-01-02")["stage"].tolist() == ["sold", "sold"]
    assert trace.at("2026-01-03")["stage"].tolist() == ["onboarding", "sold"]
    assert trace.customers("onboarding").tolist() == ["a"]
    assert trace.customers("onboarding", at="2026-01-02").tolist() == []
    assert len(trace) == 2


def test_who_is_yet_to_begin_is_not_traced_and_has_nothing_due() -> None:
    journey = cj.Journey(
        "dated",
        start="begin",
        stages=[cj.Stage("a"), cj.Stage("b")],
        transitions=[cj.Transition("a", "b", when='dwell() >= "1d"')],
    )
    customers = cj.Customers.from_frame(
        {"customer": ["now", "soon"], "begin": ["2026-01-01", "2026-01-03"]}, types={"begin": "date"}
    )
    log = cj.EventLog.from_columns([], [], [])
    trace = cj.replay(journey, log, customers, until="2026-01-01T12:00")
    assert trace.due("30d")["customer"].tolist() == ["now"]
