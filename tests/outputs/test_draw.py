"""The map says what the replay found, and nothing else."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from cjlib.data import EventLog
from cjlib.errors import UnknownNameError, UsageError
from cjlib.findings import Finding, Place, time_in_stage
from cjlib.journey import Journey, Note, Role, Stage, Touchpoint, Transition, template
from cjlib.outputs import draw
from cjlib.scoring import Scores
from cjlib.simulation import simulate
from cjlib.trace import Trace, replay

PAIN = Note(kind="pain", text="slow", emotion=-1)
FEELING = Note(kind="feeling", text="good", emotion=2)


def journey() -> Journey:
    return Journey(
        "shop",
        roles=[Role("csm", label="Customer success")],
        stages=[
            Stage("gone", kind="lost"),
            Stage("trial", label="Trial", owner="csm", target="3d", notes=[PAIN]),
            Stage("care"),
        ],
        initial="trial",
        transitions=[
            Transition("trial", "care", when='happened("order")'),
            Transition("trial", "care", when='happened("gift")', label="by gift"),
            Transition("care", "trial", when='happened("relapse")', kind="regress"),
            Transition("care", "gone", when='happened("cancel")', kind="exit"),
        ],
        touchpoints=[
            Touchpoint("call", stages=["trial", "care"], activities=["call"], channel="phone"),
            Touchpoint("visit", stages="trial", activities=["visit"], notes=[FEELING]),
            Touchpoint("review", stages="care", mode="internal"),
        ],
    )  # fmt: skip


def trace() -> Trace:
    """a is called on trial and, having ordered, in care; b only visits; c orders by gift and leaves."""
    log = EventLog.from_columns(
        ["a", "a", "a", "a", "b", "c", "c"],
        ["call", "call", "order", "call", "visit", "gift", "cancel"],
        ["2026-01-01", "2026-01-02", "2026-01-05", "2026-01-06", "2026-01-02", "2026-01-03", "2026-01-12"],
    )
    return replay(journey(), log, until="2026-01-31")


def test_stages_stand_in_order_and_those_where_customers_are_lost_last() -> None:
    assert [stage.id for stage in draw(journey()).stages] == ["trial", "care", "gone"]


def test_a_map_without_a_trace_shows_the_plan_only() -> None:
    plan = draw(journey())
    assert plan.customers is None
    assert {way.count for way in plan.ways} == {None}
    assert {stage.numbers for stage in plan.stages} == {None}


def test_owners_and_labels_are_those_that_people_read() -> None:
    trial = draw(journey()).stage("trial")
    assert (trial.label, trial.owner, trial.target) == ("Trial", "Customer success", 3.0)
    assert trial.emotions == (("slow", -1.0), ("visit", 2.0))


def test_a_touchpoint_counts_different_customers_stage_by_stage() -> None:
    """Two calls of a on trial are one customer of three; the call after the order was in care."""
    drawn = draw(journey(), trace())
    found = {
        (stage.id, one.id): (one.reached, one.share) for stage in drawn.stages for one in stage.touchpoints
    }
    assert found["trial", "call"] == (1, 1 / 3)
    assert found["care", "call"] == (1, 1 / 2)
    assert found["trial", "visit"] == (1, 1 / 3)
    assert found["care", "review"][0] is None


def test_transitions_between_the_same_stages_are_one_way_with_all_criteria() -> None:
    ways = {(way.source, way.target): way for way in draw(journey(), trace()).ways}
    both = ways["trial", "care"]
    assert (both.kind, both.count, both.labels) == ("forward", 2, ("by gift",))
    assert both.criteria == ('happened("order")', 'happened("gift")')
    assert [(ways[pair].kind, ways[pair].count) for pair in (("care", "trial"), ("care", "gone"))] == [
        ("back", 0),
        ("exit", 1),
    ]


def test_the_numbers_are_those_of_time_in_stage() -> None:
    drawn = draw(journey(), trace())
    for row in time_in_stage(trace()).rows():
        numbers = drawn.stage(row["stage"]).numbers
        assert numbers is not None
        for name in ("customers", "entered", "visits", "left", "forward", "lost", "over_limit"):
            assert getattr(numbers, name) == row[name]
        np.testing.assert_equal(numbers.median, row["median_days"])


def test_findings_are_marked_where_they_are() -> None:
    """That of a transition at the stage that is left, that of a touchpoint wherever it is."""
    places = [
        Place(stage="care"),
        Place(transition="trial -> care"),
        Place(touchpoint="call"),
        Place(channel="web"),
    ]
    found = [Finding(kind="loop", place=place, sentence=str(place)) for place in places]
    drawn = draw(journey(), findings=found)
    assert [one.stages for one in drawn.findings] == [("care",), ("trial",), ("trial", "care"), ()]
    assert drawn.stage("trial").findings == (2, 3)
    assert drawn.finding(2).sentence == "transition trial -> care"


def test_a_simulated_journey_loses_nobody_on_the_way_to_the_map() -> None:
    saas = template("saas")
    made = simulate(saas, 60, seed=3, until="2026-06-30", verify=False)
    found = replay(saas, made.log, made.customers, until="2026-06-30")
    drawn = draw(saas, found)
    assert sum(stage.numbers.customers for stage in drawn.stages if stage.numbers) == drawn.customers == 60
    into = {
        stage.id: sum(way.count or 0 for way in drawn.ways if way.target == stage.id)
        for stage in drawn.stages
    }
    visits = {stage.id: stage.numbers.visits for stage in drawn.stages if stage.numbers}
    assert {name: count - into[name] for name, count in visits.items() if count != into[name]} == {
        "awareness": 60
    }
    for stage in drawn.stages:
        assert all(one.reached is None or 0 <= one.share <= 1 for one in stage.touchpoints)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (lambda: draw(trace()), "draw: journey must be Journey, not Trace"),  # type: ignore[arg-type]
        (lambda: draw(journey(), journey()), "draw: trace must be Trace, not Journey"),  # type: ignore[arg-type]
        (lambda: draw(attrs.evolve(journey(), version="2"), trace()), "another version of the journey"),
        (lambda: draw(journey(), scores=Scores([1.0], scorer="mine")), "scores need the trace"),
        (lambda: draw(journey(), findings=["slow"]), "a Finding was expected, not str"),  # type: ignore[list-item]
    ],
)  # fmt: skip
def test_what_does_not_belong_together_is_refused(arguments, told: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UsageError, match=told):
        arguments()


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="unknown language 'de'"):
        draw(journey(), language="de")
