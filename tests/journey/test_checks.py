"""Checks as a whole, and those of the plan: all tested, all problems at once, never slow, never failing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from tests.journey.small import (
    FEELING,
    ITEM,
    PLAN,
    Build,
    Cases,
    exits,
    found,
    handed,
    journey,
    made,
    moves,
    pairs,
    stage,
    touchpoint,
)
from tests.journey.test_checks_graph import CASES as graph
from tests.journey.test_checks_names import CASES as names

import cjlib as cj
from cjlib.errors import DefinitionError, UsageError
from cjlib.journey._checks import CHECKS, codes
from cjlib.testing import journeys

CASES: Cases = {
    "CJ301": [
        (
            made(stages=[stage("trial", owner=None), stage("gone", kind="lost")]),
            made(stages=[stage("trial"), cj.Stage("gone", kind="lost")]),
        )
    ],
    "CJ302": [(made(stages=[stage("trial", objective=" "), stage("gone", kind="lost")]), made())],
    "CJ303": [(made(stages=[stage("trial", aims=[]), stage("gone", kind="lost")]), made())],
    "CJ304": [(made(touchpoints=[touchpoint("x", stages=[])]), made(touchpoints=[touchpoint("x")]))],
    "CJ305": [
        (
            made(touchpoints=[touchpoint("x", moment_of_truth=True)]),
            made(touchpoints=[touchpoint("x", moment_of_truth=True, metrics="nps")]),
        )
    ],
    "CJ306": [
        (
            made(touchpoints=[touchpoint("x", notes=cj.Note(**FEELING))]),
            made(touchpoints=[touchpoint("x", notes=cj.Note(evidence="survey", **FEELING))]),
        ),
        (
            made(personas=[cj.Persona("p", notes=cj.Note(**FEELING))]),
            made(personas=[cj.Persona("p", notes=cj.Note(kind="pain", text="slow"))]),
        ),
    ],
    "CJ307": [
        (made(review_every="90d", reviewed="2026-08-31"), made(review_every="90d", reviewed="2026-09-01")),
        (made(review_every="90d"), made(reviewed="2020-01-01")),
    ],
    "CJ308": [
        (
            made(stages=[stage("trial", target="30d", limit="29d"), stage("gone", kind="lost")]),
            made(stages=[stage("trial", target="30d", limit="30d"), stage("gone", kind="lost")]),
        ),
        (
            made(
                stages=[stage("trial", limit="29d"), stage("gone", kind="lost")],
                personas=[cj.Persona("p", targets={"trial": "30d"})],
            ),
            made(
                stages=[stage("trial"), stage("gone", kind="lost")],
                personas=[cj.Persona("p", targets={"trial": "30d"})],
            ),
        ),
    ],
    "CJ309": [
        (
            handed("a", "b", deadline="31d", checklist=[ITEM]),
            handed("a", "b", deadline="30d", checklist=[ITEM]),
        )
    ],
    "CJ310": [
        (
            made(personas=[cj.Persona("p", when='attribute("seats") > 5 and attribute("seats") <= 5')]),
            made(personas=[cj.Persona("p", when='attribute("seats") > 5')]),
        ),
        (
            made(personas=[cj.Persona("p"), cj.Persona("q", when='attribute("seats") > 5')]),
            made(personas=[cj.Persona("q", when='attribute("seats") > 5'), cj.Persona("p")]),
        ),
        (
            made(personas=[cj.Persona("p", when='happened("x")'), cj.Persona("q", when='happened("x")')]),
            made(personas=[cj.Persona("p", when='happened("x")'), cj.Persona("q", when='happened("y")')]),
        ),
        (
            made(
                personas=[cj.Persona("p", when='attribute("plan") not in ["free", "pro"]')], attributes=PLAN
            ),
            made(personas=[cj.Persona("p", when='attribute("plan") not in ["free"]')], attributes=PLAN),
        ),
    ],
    "CJ311": [
        (handed("a", "b"), handed("a", "b", checklist=[ITEM])),
        (handed("a", "b", deadline="1d"), handed("a", "a")),
        (handed("a", "b", kind="skip"), handed("a", "b", kind="exit")),
        (handed("a", "b"), handed(None, "b")),
    ],
    "CJ312": [
        (
            made(signals=[cj.Signal("s", when='happened("x")', within="3d")]),
            made(signals=[cj.Signal("s", when='happened("x")')]),
        ),
        (
            made(
                signals=[cj.Signal("s", when='happened("x")', response="y")],
                touchpoints=[touchpoint("y", activities=[])],
            ),
            made(signals=[cj.Signal("s", when='happened("x")', response="y")], touchpoints=[touchpoint("y")]),
        ),
    ],
}


@pytest.mark.parametrize(("code", "wrong", "right"), pairs(CASES))
def test_a_check_finds_what_is_wrong_and_nothing_else(code: str, wrong: Build, right: Build) -> None:
    assert code in found(wrong)
    assert code not in found(right)


def test_every_check_is_tested() -> None:
    assert {check.code for check in CHECKS} == {*graph, *names, *CASES}


def test_every_code_is_used_once_and_explained() -> None:
    assert len({check.code for check in CHECKS}) == len(CHECKS)
    assert all(
        summary.endswith(".") and severity in ("error", "warning") for severity, summary in codes().values()
    )


def test_a_sound_journey_has_no_problems() -> None:
    assert journey().check() == ()
    assert moves()().check() == ()


def test_all_errors_are_raised_at_once_with_their_places() -> None:
    """Four mistakes, four lines."""
    with pytest.raises(DefinitionError) as caught:
        cj.Journey(
            "saas",
            stages=[cj.Stage("trial"), cj.Stage("trial")],
            touchpoints=[cj.Touchpoint("call", after="cal")],
            transitions=[
                cj.Transition("trial", "actve", when='happened("lgin")'),
            ],
            activities=["login"],
        )
    assert str(caught.value) == (
        "journey 'saas' has 4 problems\n"
        "  CJ201 stages[1] 'trial': stages[0] has the same id\n"
        "  CJ202 transitions[0].target: unknown stage 'actve'\n"
        "  CJ203 touchpoints[0] 'call'.after: unknown touchpoint 'cal' (did you mean 'call'?)\n"
        "  CJ204 transitions[0].when: unknown activity 'lgin' (did you mean 'login'?)"
    )


@pytest.mark.parametrize("on", ["2026-13-01", 3, "today"])
def test_the_day_of_a_check_is_a_day(on: object) -> None:
    with pytest.raises(UsageError, match="on is a day"):
        journey().check(on=on)  # type: ignore[arg-type]


@given(journeys())
@settings(max_examples=20)
def test_checking_never_fails(made: cj.Journey) -> None:
    for problem in made.check(on="2026-11-30"):
        assert problem.severity == "warning"
        assert problem.code in codes()


def test_a_tangled_journey_is_checked_in_a_moment() -> None:
    """Thirty stages, each with a way to every other: far more loops than anybody could count."""
    ids = [f"s{number}" for number in range(30)]
    ways = [
        cj.Transition(a, b, when=f'attribute("x") >= {number}')
        for number, a in enumerate(ids)
        for b in ids
        if a != b
    ]
    tangled = cj.Journey("tangled", stages=[cj.Stage(id) for id in ids], transitions=ways)
    assert "CJ105" in {problem.code for problem in tangled.check()}


def test_a_criterion_with_too_many_cases_is_passed_over() -> None:
    either = " and ".join(f'(last("a{n}") > 1 or last("b{n}") > 1)' for n in range(20))
    assert found(exits(f'{either} and count("x") > 1 and count("x") < 1')) == set()
