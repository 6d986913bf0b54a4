"""Gaps between the map and what is lived."""

from __future__ import annotations

import attrs
import numpy as np
from tests.findings.books import JOURNEY, Book, Events, book, customers

import cjlib as cj
from cjlib.findings._gaps import Gaps, named_activities


def test_a_touchpoint_that_nobody_has_is_unseen() -> None:
    plus = attrs.evolve(
        JOURNEY, touchpoints=[*JOURNEY.touchpoints, cj.Touchpoint("tour", stages="trial", activities="tour")]
    )
    made = book(5, journey=plus)
    (finding,) = made.find(Gaps())
    visits = made.trace.visits
    left = np.unique(visits["customer"][(visits["stage"] == "trial") & ~np.isnat(visits["left"])])
    assert (finding.kind, finding.place.touchpoint) == ("unseen touchpoint", "tour")
    assert finding.customers.tolist() == left.tolist()
    assert (finding.estimate, finding.of) == (0.0, len(left))
    assert finding.evidence["events"].tolist() == [0]


def test_a_touchpoint_that_too_few_have_is_rare() -> None:
    demo = attrs.evolve(JOURNEY.touchpoint("demo"), share=0.9)
    eager = attrs.evolve(JOURNEY, touchpoints=[demo, *JOURNEY.touchpoints[1:]])
    (finding,) = book(5, journey=eager).find(Gaps())
    assert (finding.kind, finding.place.touchpoint) == ("rare touchpoint", "demo")
    assert finding.low < 0.6 < finding.high  # six of ten have it, by construction
    assert finding.base == 0.9


def test_who_is_still_in_the_stage_may_have_it_yet() -> None:
    plus = attrs.evolve(
        JOURNEY, touchpoints=[*JOURNEY.touchpoints, cj.Touchpoint("tour", stages="trial", activities="tour")]
    )
    events = Events()
    events.add(range(200), "visit", np.full(200, 300.0))
    assert not Book(plus, events.log(), customers(["small"] * 200)).find(Gaps()).of("unseen touchpoint")


def test_a_touchpoint_for_one_persona_is_expected_of_no_other() -> None:
    tour = cj.Touchpoint("tour", stages="trial", activities="tour", personas="large")
    plus = attrs.evolve(JOURNEY, touchpoints=[*JOURNEY.touchpoints, tour])
    made = book(5, journey=plus)
    segment = made.customers.column("segment")
    (finding,) = made.find(Gaps())
    kinds = {segment.categories[int(segment.values[one])] for one in finding.customers}
    assert kinds == {"large"}


def test_an_activity_that_nothing_names_is_on_no_map() -> None:
    less = attrs.evolve(JOURNEY, touchpoints=[one for one in JOURNEY.touchpoints if one.id != "kickoff"])
    made = book(5, journey=less)
    (finding,) = made.find(Gaps()).of("unmapped activity")
    code = made.log.activities.index("kickoff")
    assert finding.place.activity == "kickoff"
    assert finding.evidence["events"].sum() == (made.log.activity == code).sum()
    assert {"signed", "scoped", "csat_demo", "demo"} <= named_activities(less)


def test_a_stage_in_which_customer_and_company_never_meet() -> None:
    bare = cj.Journey(
        "bare",
        stages=[cj.Stage("trial"), cj.Stage("gone", kind="lost")],
        transitions=[cj.Transition("trial", "gone", when='happened("cancelled")', kind="exit")],
    )
    events = Events()
    events.add(range(3), "visit", np.full(3, 1.0))
    events.add([0], "cancelled", [2.0])
    (finding,) = (
        Book(bare, events.log(), customers(["small"] * 3)).find(Gaps()).of("stage without touchpoint")
    )
    assert (finding.place.stage, finding.customers.tolist()) == ("trial", [1, 2])
