"""Checks as a whole: all of them tested, all problems at once, never slow, never failing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from tests.journey.made import journeys
from tests.journey.small import exits, found, journey, moves
from tests.journey.test_checks_graph import CASES as graph
from tests.journey.test_checks_names import CASES as names
from tests.journey.test_checks_plan import CASES as plan
from tests.journey.test_checks_types import CASES as types

import cjlib as cj
from cjlib.errors import DefinitionError, UsageError
from cjlib.journey._checks import CHECKS, codes


def test_every_check_is_tested() -> None:
    assert {check.code for check in CHECKS} == {*graph, *names, *plan, *types}


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
