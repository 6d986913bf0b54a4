"""Checks of the plan, each with a journey that triggers it and one that does not."""

from __future__ import annotations

import pytest
from tests.journey.small import (
    FEELING,
    ITEM,
    PLAN,
    Build,
    Cases,
    found,
    handed,
    made,
    pairs,
    stage,
    touchpoint,
)

import cjlib as cj

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
