"""What changed between two journeys, and what of it changes behaviour."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import given, settings

import cjlib as cj
from cjlib.errors import UsageError
from cjlib.testing import journeys

WHEN = 'happened("x")'
ITEM = cj.ChecklistItem("sponsor", attribute="sponsor")
CARD = cj.Scorecard(
    "health",
    groups=[cj.Group("use", measures=[cj.Measure("logins", metric="m", curve=cj.curves.linear(0, 9))])],
)


def journey(**parts: Any) -> cj.Journey:
    stages = [cj.Stage("trial", limit="30d"), cj.Stage("care"), cj.Stage("gone", kind="lost")]
    moves = [
        cj.Transition("trial", "care", when=WHEN, handoff=cj.Handoff(checklist=[ITEM])),
        cj.Transition("trial", "gone", when='happened("y")'),
    ]
    return cj.Journey("saas", **{"stages": stages, "transitions": moves} | parts)


def changes(old: cj.Journey, new: cj.Journey) -> list[tuple[str, str, str]]:
    return [(change.kind, change.place, change.effect) for change in cj.diff(old, new).changes]


def changed(field: str, position: int, **fields: Any) -> list[tuple[str, str, str]]:
    """What diff says when one element is another."""
    parts = list(getattr(journey(), field))
    parts[position] = attrs.evolve(parts[position], **fields)
    return changes(journey(), journey(**{field: parts}))


@pytest.mark.parametrize(
    ("field", "position", "fields", "place", "effect"),
    [
        ("stages", 0, {"limit": "31d"}, "stages[0] 'trial'.limit", "replay"),
        ("stages", 0, {"limit": None}, "stages[0] 'trial'.limit", "replay"),
        ("stages", 0, {"target": "3d"}, "stages[0] 'trial'.target", "judgement"),
        ("stages", 0, {"kind": "won"}, "stages[0] 'trial'.kind", "judgement"),
        ("stages", 0, {"label": "Trial"}, "stages[0] 'trial'.label", "documentation"),
        ("stages", 0, {"owner": "CSM"}, "stages[0] 'trial'.owner", "documentation"),
        ("transitions", 0, {"when": 'happened("z")'}, "transitions[0] 'trial -> care'.when", "replay"),
        ("transitions", 0, {"priority": 1}, "transitions[0] 'trial -> care'.priority", "replay"),
        ("transitions", 0, {"reason": "x"}, "transitions[0] 'trial -> care'.reason", "judgement"),
        ("transitions", 0, {"label": "x"}, "transitions[0] 'trial -> care'.label", "documentation"),
    ],
)  # fmt: skip
def test_a_changed_field_is_told_with_its_effect(
    field: str, position: int, fields: dict[str, Any], place: str, effect: str
) -> None:
    assert changed(field, position, **fields) == [("changed", place, effect)]


def test_what_is_inside_is_compared_too() -> None:
    required = attrs.evolve(ITEM, required=False, label="Sponsor")
    place = "transitions[0] 'trial -> care'.handoff"
    assert changed("transitions", 0, handoff=cj.Handoff(source="sales", checklist=[required])) == [
        ("changed", f"{place}.from", "documentation"),
        ("changed", f"{place}.checklist[0] 'sponsor'.label", "documentation"),
        ("changed", f"{place}.checklist[0] 'sponsor'.required", "replay"),
    ]
    assert changed("transitions", 0, handoff=None) == [("removed", place, "replay")]
    assert changed("transitions", 1, handoff=cj.Handoff(source="sales")) == [
        ("added", "transitions[1] 'trial -> gone'.handoff", "documentation")
    ]


def test_elements_come_and_go() -> None:
    new = journey(
        stages=[cj.Stage("trial", limit="30d"), cj.Stage("gone", kind="lost"), cj.Stage("new")],
        transitions=[cj.Transition("trial", "gone", when='happened("y")')],
        roles=[cj.Role("CSM")],
    )
    assert changes(journey(), new) == [
        ("added", "roles[0] 'CSM'", "documentation"),
        ("added", "stages[2] 'new'", "replay"),
        ("removed", "stages[1] 'care'", "replay"),
        ("removed", "transitions[0] 'trial -> care'", "replay"),
    ]


def test_the_order_of_transitions_out_of_one_stage_decides() -> None:
    moves = journey().transitions
    assert changes(journey(), journey(transitions=moves[::-1])) == [
        ("moved", "transitions of 'trial'", "replay")
    ]
    back = cj.Transition("gone", "trial", when=WHEN)
    assert changes(journey(transitions=[*moves, back]), journey(transitions=[back, *moves])) == []


def test_the_order_of_personas_decides_who_counts() -> None:
    people = [cj.Persona("p", when=WHEN), cj.Persona("q", when='happened("y")')]
    assert changes(journey(personas=people), journey(personas=people[::-1])) == [
        ("moved", "personas", "judgement")
    ]


def test_the_order_of_everything_else_is_for_the_eye() -> None:
    assert (
        changes(journey(), journey(stages=[*journey().stages[1:], journey().stages[0]], initial="trial"))
        == []
    )


def test_the_head_of_the_journey_is_compared() -> None:
    old, new = journey(), journey(initial="care", version="2", aims=[cj.Aim(metric="nps", value=9)])
    assert changes(old, new) == [
        ("changed", "journey.version", "documentation"),
        ("changed", "journey.initial", "replay"),
        ("added", "journey.aims[0]", "judgement"),
    ]


def test_metrics_and_scorecards_are_judgement() -> None:
    old = journey(metrics=[cj.Metric("m", activity="x")], scorecards=[CARD])
    steeper = attrs.evolve(CARD.groups[0].measures[0], curve=cj.curves.linear(0, 5))
    steps = attrs.evolve(CARD.groups[0].measures[0], curve=cj.curves.steps([5], [0, 100]))
    place = "scorecards[0] 'health'.groups[0] 'use'.measures[0] 'logins'.curve"
    for measure, where in ((steeper, f"{place}.best"), (steps, place)):
        card = attrs.evolve(CARD, groups=[attrs.evolve(CARD.groups[0], measures=[measure])])
        new = journey(metrics=[cj.Metric("m", activity="x", window="7d", label="M")], scorecards=[card])
        assert changes(old, new) == [
            ("changed", "metrics[0] 'm'.label", "documentation"),
            ("changed", "metrics[0] 'm'.window", "judgement"),
            ("changed", where, "judgement"),
        ]


def test_parallel_transitions_are_compared_one_by_one() -> None:
    moves = [cj.Transition("trial", "gone", when=f'happened("{name}")') for name in "ab"]
    other = cj.Transition("trial", "gone", when='happened("c")')
    assert changes(journey(transitions=moves), journey(transitions=[moves[0], other])) == [
        ("changed", "transitions[1] 'trial -> gone'.when", "replay")
    ]


def test_it_reads_well() -> None:
    new = journey(stages=[cj.Stage("trial", limit="45d", label="Trial"), *journey().stages[1:]])
    diff = cj.diff(journey(), new)
    assert str(diff) == (
        "saas 1 -> saas 1: 2 changes, 1 of behaviour\n"
        "  changed stages[0] 'trial'.label: '' -> 'Trial' (documentation)\n"
        "  changed stages[0] 'trial'.limit: 30d -> 45d (replay)"
    )
    assert [change.place for change in diff.behaviour] == ["stages[0] 'trial'.limit"]
    assert diff.replay == diff.behaviour
    assert diff
    assert not cj.diff(new, new)


@given(journeys(), journeys())
@settings(max_examples=15)
def test_there_is_a_change_if_and_only_if_the_journeys_differ(old: cj.Journey, new: cj.Journey) -> None:
    assert not cj.diff(old, old).changes
    assert bool(cj.diff(old, new).changes) is (old != new)
    assert str(cj.diff(old, new))


def test_only_journeys_are_compared() -> None:
    with pytest.raises(UsageError, match="two journeys"):
        cj.diff(journey(), "journey")  # type: ignore[arg-type]
