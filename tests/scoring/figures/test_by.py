"""by= and where=: every answer groups customers and events the same way."""

from __future__ import annotations

from collections import Counter
from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests import oracle
from tests.oracle import World
from tests.strategies import DAY, criteria, worlds
from tests.worlds import by_oracle, event_log, replayed

import cjlib as cj
from cjlib.criteria import Criterion
from cjlib.scoring.figures._by import Groups, NoSuchGroup, Rows, labels_of
from cjlib.scoring.figures._by_facts import Facts, held


def settled(world: World, moment: int) -> World:
    """The world at a moment, as it was known at the end of the replay."""
    known = [
        [
            attrs.evolve(row, recorded=None)
            for row in rows
            if row.recorded is None or row.recorded <= world.until
        ]
        for rows in (world.events, world.facts)
    ]
    return attrs.evolve(world, events=tuple(known[0]), facts=tuple(known[1]), until=moment)


@given(worlds(largest=60), st.data())
@settings(max_examples=100)
def test_a_criterion_holds_for_those_for_whom_the_oracle_says_so(world: World, data: st.DataObject) -> None:
    names = tuple(touchpoint.id for touchpoint in world.journey.touchpoints)
    criterion = data.draw(criteria(names))
    moment = world.until - data.draw(st.sampled_from((0, 1, DAY, 5 * DAY)))
    trace = replayed(world)
    found = held(trace, [criterion, ~criterion], moment)[0]
    expected = [holds(settled(world, moment), one) for one in (criterion, ~criterion)]
    assert [set(trace.ids[column].tolist()) for column in found.T] == expected
    assert not found.all(axis=1).any()


def holds(world: World, criterion: Criterion) -> set[object]:
    journey = attrs.evolve(world.journey, signals=[cj.Signal("asked", when=criterion)])
    found = oracle.replay(attrs.evolve(world, journey=journey))
    return {one for one, history in found.items() if any(s.ceased is None for s in history.signals)}


@given(worlds(largest=60), st.integers(0, 5))
@settings(max_examples=50)
def test_stages_of_customers_and_events_are_those_that_the_oracle_visits(world: World, days: int) -> None:
    trace, log = replayed(world), event_log(world.events)
    facts = Facts.of(world.journey, trace, log)
    moment = world.until - days * DAY
    histories = by_oracle(world)
    stages = [stage.id for stage in world.journey.stages]
    at = facts.stages_at(moment)
    for customer, code in zip(trace.ids.tolist(), at.tolist(), strict=True):
        visits = histories[customer].visits if customer in histories else []
        inside = [v.stage for v in visits if v.entered <= moment and (v.left is None or v.left > moment)]
        assert inside == ([stages[code]] if code >= 0 else [])
    positions = np.arange(len(facts.log))
    for position, owner, code in zip(
        positions, facts.owners(positions), facts.stages_of(positions), strict=True
    ):
        assert facts.ids[owner] == facts.log.customers[facts.log.customer_codes()[position]]
        history, time = histories.get(facts.ids[owner]), int(facts.log.time[position])
        met = [v.stage for v in history.visits if v.entered < time] if history else []
        if history and not met and history.visits[0].entered == time:
            met = [history.visits[0].stage]
        assert (stages[code] if code >= 0 else None) == (met[-1] if met else None)


# --- a small world, checked by hand

SMALL = cj.Journey(
    "small",
    roles=[cj.Role("sales"), cj.Role("csm"), cj.Role("support")],
    attributes=[cj.Attribute("segment", options=["small", "large"]), cj.Attribute("seats", type="number"),
                cj.Attribute("stage", type="text")],
    stages=[cj.Stage("trial", kind="prospect", owner="sales"), cj.Stage("care", owner="csm"),
            cj.Stage("gone", kind="lost")],
    touchpoints=[
        cj.Touchpoint("demo", stages="trial", activities="call"),
        cj.Touchpoint("help", stages="care", activities=["call", "answer"], owner="support"),
    ],
    transitions=[cj.Transition("trial", "care", when='happened("bought")'),
                 cj.Transition("care", "gone", when='happened("left")')],
    personas=[cj.Persona("big", when='attribute("segment") == "large"'),
              cj.Persona("busy", when='count("call", ever=True) >= 2'), cj.Persona("rest")],
)  # fmt: skip
EVENTS = [
    ("ann", "call", "2026-01-01", "phone"), ("ann", "bought", "2026-01-05", "web"),
    ("ann", "call", "2026-01-09", "phone"), ("bob", "call", "2026-01-02", "mail"),
    ("bob", "answer", "2026-01-03", None), ("cy", "bought", "2026-02-01", "web"),
    ("cy", "left", "2026-02-03", "mail"),
]  # fmt: skip
FACTS = {
    "customer": ["ann", "ann", "bob", "cy"],
    "since": ["2026-01-01", "2026-01-08", "2026-01-01", "2026-01-01"],
    "segment": ["small", "large", None, "small"],
    "seats": [3, 3, 10.5, None],
    "stage": ["x", "x", "y", "y"],
}


@pytest.fixture
def groups() -> Groups:
    names, what, when, over = zip(*EVENTS, strict=True)
    log = cj.EventLog.from_columns(names, what, when, channel=over)
    customers = cj.Customers.from_frame(FACTS, valid_from="since")
    trace = cj.replay(SMALL, log, customers, until="2026-03-01")
    return Groups(Facts.of(SMALL, trace, log))


def at(day: str) -> int:
    return int(np.datetime64(day, "us").astype(np.int64))


def everybody(groups: Groups, day: str = "2026-02-02") -> Rows:
    first = groups.facts.first
    return Rows(customers=np.flatnonzero(first <= at(day)))


def shown(groups: Groups, by: Any, day: str = "2026-02-02") -> list[Any]:
    """The label of each customer that has begun, or the labels of several ways."""
    grouping = groups.grouped(by, everybody(groups, day), at(day))
    labels = [grouping.labels[code] for code in grouping.codes]
    return [one[0] if len(one) == 1 else one for one in labels]


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("stage", ["care", "trial", "care"]),
        ("role", ["csm", "sales", "csm"]),
        ("persona", ["big", "rest", "rest"]),
        ("channel", ["phone", "mail", "web"]),
        ("cohort", ["2026-01", "2026-01", "2026-02"]),
        ("segment", ["large", None, "small"]),
        ("seats", ["3", "10.5", None]),
        ("attribute:stage", ["x", "y", "y"]),
        ('attribute("seats") >= 5', ["false", "true", None]),
        (cj.parse('happened("bought", within="10d")'), ["false", "false", "true"]),
        (["stage", "segment"], [("care", "large"), ("trial", None), ("care", "small")]),
    ],
)
def test_customers_by(groups: Groups, by: Any, expected: list[Any]) -> None:
    assert shown(groups, by) == expected


def test_a_customer_is_looked_at_as_it_was_at_the_moment(groups: Groups) -> None:
    assert shown(groups, "segment", "2026-01-07") == ["small", None]
    assert shown(groups, "persona", "2026-01-07") == ["rest", "rest"]
    assert shown(groups, "stage", "2026-01-04") == ["trial", "trial"]


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("touchpoint", ["demo", None, "help", "demo", "help", None, None]),
        ("role", ["sales", "sales", "support", "sales", "support", "sales", "csm"]),
        ("stage", ["trial", "trial", "care", "trial", "trial", "trial", "care"]),
        ("channel", ["phone", "web", "phone", "mail", None, "web", "mail"]),
        ("segment", ["large", "large", "large", None, None, "small", "small"]),
    ],
)
def test_events_by(groups: Groups, by: str, expected: list[str | None]) -> None:
    """The answer of bob belongs to no other touchpoint than help, so it is help wherever bob is."""
    facts = groups.facts
    positions = np.arange(len(facts.log))
    rows = Rows(customers=facts.owners(positions), events=positions)
    grouping = groups.grouped(by, rows, at("2026-03-01"))
    assert [grouping.labels[code][0] for code in grouping.codes] == expected
    counted = Counter(expected)
    assert [counted[label] for (label,) in grouping.labels] == grouping.sizes.tolist()


def test_groups_come_in_the_order_of_the_journey_and_the_unknown_last(groups: Groups) -> None:
    for by, expected in (("segment", ["small", "large", None]), ("stage", ["trial", "care"])):
        grouping = groups.grouped(by, everybody(groups), at("2026-02-02"))
        assert [label for (label,) in grouping.labels] == expected


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (None, ["ann", "bob", "cy"]),
        ({"segment": "large"}, ["ann"]),
        ({"segment": ["large", None]}, ["ann", "bob"]),
        ({"seats": 10.5}, ["bob"]),
        ({"stage": "care", "cohort": "2026-02"}, ["cy"]),
        ({"cohort": "2025-02"}, []),
        ('happened("bought")', ["ann", "cy"]),
        (cj.parse('attribute("seats") < 5'), ["ann"]),
        ({'attribute("seats") < 5': False}, ["bob"]),
    ],
)
def test_where(groups: Groups, where: Any, expected: list[str]) -> None:
    rows = everybody(groups)
    is_chosen = groups.chosen(where, rows, at("2026-02-02"))
    assert groups.facts.ids[rows.customers[is_chosen]].tolist() == expected


@pytest.mark.parametrize(
    ("wrong", "error", "told"),
    [
        ("segmnt", cj.errors.UnknownNameError, "did you mean 'segment'"),
        ("stag", cj.errors.UnknownNameError, "did you mean 'stage'"),
        ('hapened("x")', cj.errors.CriterionError, "did you mean 'happened'"),
        ('attribute("segmnt") == "large"', cj.errors.CriterionError, "did you mean 'segment'"),
        (5, cj.errors.UsageError, "an attribute, a word or a criterion"),
        ([5], cj.errors.UsageError, "an attribute, a word or a criterion"),
        ("touchpoint", NoSuchGroup, "a customer is of no touchpoint"),
    ],
)
def test_what_cannot_be_grouped_by_is_told(groups: Groups, wrong: Any, error: Any, told: str) -> None:
    with pytest.raises(error, match=told.replace("(", r"\(")):
        shown(groups, wrong)


def test_where_needs_a_label_that_there_is(groups: Groups) -> None:
    with pytest.raises(cj.errors.UnknownNameError, match="did you mean 'care'"):
        groups.chosen({"stage": "car"}, everybody(groups), at("2026-02-02"))
    with pytest.raises(cj.errors.UsageError, match="which one"):
        groups.chosen("segment", everybody(groups), at("2026-02-02"))


def test_names_that_never_occur_are_noted(groups: Groups) -> None:
    shown(groups, 'happened("cal")')
    assert [(note.reason, note.detail) for note in groups.notes()] == [
        ("activity never occurs", "'cal' (did you mean 'call'?)")
    ]


def test_dates_and_very_many_numbers_make_no_groups() -> None:
    n = 60
    names, days = [f"c{i}" for i in range(n)], ["2026-01-01"] * n
    log = cj.EventLog.from_columns(names, ["call"] * n, days)
    frame = {"customer": names, "seats": list(range(n)), "renewal": np.array(days, "datetime64[us]")}
    journey = cj.Journey("one", stages=[cj.Stage("care")])
    trace = cj.replay(journey, log, cj.Customers.from_frame(frame), until="2026-02-01")
    groups = Groups(Facts.of(journey, trace, log))
    with pytest.raises(cj.errors.UsageError, match="60 different numbers"):
        shown(groups, "seats")
    with pytest.raises(cj.errors.UsageError, match="holds dates"):
        shown(groups, "renewal")


def test_trace_log_and_journey_must_belong_together(groups: Groups) -> None:
    trace, log = groups.facts.trace, groups.facts.log
    with pytest.raises(cj.errors.UsageError, match="another version"):
        Facts.of(attrs.evolve(SMALL, version="2"), trace, log)
    with pytest.raises(cj.errors.UsageError, match="pass the log that was replayed"):
        Facts.of(SMALL, trace, log.select(["ann"]))
    with pytest.raises(cj.errors.UsageError, match="trace must be a"):
        Facts.of(SMALL, log, log)  # type: ignore[arg-type]


def test_labels_are_plain_text() -> None:
    values = (None, "a", True, np.False_, 3.0, 10.5, 1234567)
    assert [labels_of(one) for one in values] == [None, "a", "true", "false", "3", "10.5", "1234567"]
