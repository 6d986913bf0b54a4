"""Checks of the graph, each with a journey that triggers it and one that does not."""

from __future__ import annotations

import pytest
from tests.journey.small import (
    ITEM,
    PLAN,
    Build,
    Cases,
    exits,
    found,
    journey,
    made,
    moves,
    pairs,
    stage,
    touchpoint,
)

import cjlib as cj

CASES: Cases = {
    "CJ101": [
        (made(stages=[stage("trial"), stage("care", kind="won"), stage("gone", kind="lost")]), made()),
        (
            moves(
                stages=[stage(id) for id in "abde"],
                transitions=[cj.Transition(*way, when='happened("x")') for way in ("ab", "ba", "de", "ed")],
            ),
            moves(),
        ),
    ],
    "CJ102": [
        (made(stages=[stage("trial")], transitions=[]), made()),
        (
            made(
                stages=[stage("trial")],
                transitions=[cj.Transition("trial", "trial", when='happened("again")')],
            ),
            made(stages=[stage("trial", kind="won")], transitions=[]),
        ),
    ],
    "CJ103": [
        (
            moves(("a", "b", 'idle("login") >= "7d"'), ("b", "a", 'idle("login") >= "30d"')),
            moves(("a", "b", 'idle("login") >= "7d"'), ("b", "a", 'idle("login") < "7d"')),
        ),
        (
            moves(("b", "a", "dwell() >= '0.5s'"), ("a", "b", "age() > '1d'")),
            moves(("b", "a", "dwell() >= '1d'")),
        ),
        (
            moves(
                ("a", "b", "not happened('x')"),
                ("b", "c", "not happened('y')"),
                ("c", "a", "dwell() > '10s'"),
                ("b", "a", "until('renewal') < '30d'"),
            ),
            moves(("a", "b", "not happened('x')"), ("b", "a", "happened('y')")),
        ),
        (
            moves(
                ("a", "b", 'dwell() > "1s" or happened("x")'),
                ("b", "a", 'dwell() > "0s"'),
                ("a", "b", "age() > '1d'"),
            ),
            moves(("a", "b", 'dwell() > "1s" or happened("x")'), ("b", "a", 'happened("y")')),
        ),
        (
            moves(
                ("a", "b", 'attribute("plan") == "pro" and dwell() >= "0.4s"'),
                ("b", "a", 'dwell() >= "0.4s"'),
            ),
            moves(
                ("a", "b", 'attribute("plan") == "pro" and dwell() >= "0.4s"'),
                ("b", "a", 'attribute("plan") != "pro" and dwell() >= "0.4s"'),
            ),
        ),
        (moves(("a", "a", "dwell() > '0.1s'")), moves(("a", "a", "happened('again')"))),
    ],
    "CJ104": [
        (
            moves(("a", "b", 'dwell() >= "30d"'), ("b", "a", 'dwell() >= "30d"')),
            moves(("a", "b", 'dwell() >= "30d"'), ("b", "a", 'happened("back")')),
        ),
        (
            moves(
                ("a", "b", 'dwell() >= "30d" and count("x", within="14d") == 0'), ("b", "a", 'age() > "1d"')
            ),
            moves(("a", "b", 'dwell() >= "30d" and happened("x", within="14d")'), ("b", "a", 'age() > "1d"')),
        ),
        (
            moves(("a", "b", 'dwell() >= "30d"'), ("b", "a", 'idle("x") >= "7d"')),
            moves(("a", "b", 'dwell() >= "30d"'), ("b", "a", 'idle("x") < "7d"')),
        ),
        (
            moves(("a", "a", "dwell() >= '30d'")),
            moves(("a", "a", "dwell() >= '30d' and last('x') > 3 and last('x') < 2")),
        ),
    ],
    "CJ105": [
        (
            moves(("a", "b", 'attribute("x") >= 5'), ("b", "a", 'attribute("x") <= 7')),
            moves(("a", "b", 'attribute("x") >= 5'), ("b", "a", 'attribute("x") < 5')),
        ),
        (
            moves(("a", "b", 'happened("go")'), ("b", "a", 'happened("complaint", within="14d")')),
            moves(("a", "b", 'happened("go")'), ("b", "a", 'happened("complaint")')),
        ),
        (
            moves(
                ("a", "b", 'attribute("plan") == "pro"'), ("b", "a", 'attribute("plan") in ["pro", "free"]')
            ),
            moves(
                ("a", "b", 'attribute("plan") == "pro"'),
                ("b", "a", 'attribute("plan") not in ["pro", "free"]'),
            ),
        ),
        (
            moves(("a", "b", 'idle("login") >= "30d"'), ("b", "a", 'happened("login", within="60d")')),
            moves(("a", "b", 'idle("login") >= "30d"'), ("b", "a", 'happened("login", within="7d")')),
        ),
        (
            moves(("a", "b", 'count("x", within="30d") >= 9'), ("b", "a", 'count("x", within="7d") < 3')),
            moves(("a", "b", 'count("x", within="30d") < 3'), ("b", "a", 'count("x", within="7d") >= 3')),
        ),
        (
            moves(
                ("a", "b", '"sso" in attribute("o")'),
                ("b", "c", 'known(attribute("o"))'),
                ("c", "a", "age() > '1d'"),
            ),
            moves(
                ("a", "b", '"sso" in attribute("o")'),
                ("b", "a", '"sso" not in attribute("o")'),
                ("b", "a", 'not known(attribute("o"))'),
            ),
        ),
        (
            moves(("a", "b", 'last("x") > attribute("y")'), ("b", "a", 'last("x") >= attribute("y")')),
            moves(("a", "b", 'last("x") > attribute("y")'), ("b", "a", 'last("x") <= attribute("y")')),
        ),
        (
            moves(("a", "b", 'happened("go")'), ("b", "a", 'idle("other") >= "3d"')),
            moves(("a", "b", 'happened("go")'), ("b", "a", 'idle("go") >= "3d"')),
        ),
    ],
    "CJ106": [
        (
            moves(("a", "c", 'happened("x")'), ("a", "b", 'happened("x")')),
            moves(("a", "c", 'happened("x")'), ("b", "c", 'happened("x")')),
        ),
        (
            lambda: journey(
                transitions=[
                    cj.Transition("trial", "gone", when='happened("x") and known(attribute("sponsor"))'),
                    cj.Transition(
                        "trial", "gone", when='happened("x")', handoff=cj.Handoff(checklist=[ITEM])
                    ),
                ]
            ),
            lambda: journey(
                transitions=[
                    cj.Transition("trial", "gone", when='happened("x")'),
                    cj.Transition(
                        "trial", "gone", when='happened("x")', handoff=cj.Handoff(checklist=[ITEM])
                    ),
                ]
            ),
        ),
    ],
    "CJ107": [
        (exits('count("x") >= 3 and count("x") < 3'), exits('count("x") >= 3 and count("y") < 3')),
        (exits('dwell() > "30d" and age() < "30d"'), exits('dwell() > "30d" and age() > "30d"')),
        (exits('dwell() < "-1d"'), exits('until("renewal") < "-1d"')),
        (exits('count("x") > 2 and count("x") < 3'), exits('last("x") > 2 and last("x") < 3')),
        (exits('not known(count("x"))'), exits('not known(last("x"))')),
        (
            exits('known(last("x")) and not known(last("x"))'),
            exits('known(last("x")) or not known(last("x"))'),
        ),
        (
            exits('attribute("x") == 3 and attribute("x") == "a"'),
            exits('attribute("x") == 3 or attribute("x") == "a"'),
        ),
        (
            exits('attribute("plan") != "free" and attribute("plan") != "pro"', attributes=PLAN),
            exits('attribute("plan") != "free"', attributes=PLAN),
        ),
        (
            made(signals=[cj.Signal("s", when='idle("x") < "1d" and idle("x") > "2d"')]),
            made(signals=[cj.Signal("s", when='idle("x") < "1d" or idle("x") > "2d"')]),
        ),
        (
            made(
                milestones=[cj.Milestone("m", when='happened("x", ever=True) and count("x", ever=True) == 0')]
            ),
            made(
                milestones=[
                    cj.Milestone("m", when='not happened("x", ever=True) and count("x", ever=True) == 0')
                ]
            ),
        ),
        (
            lambda: journey(
                transitions=[
                    cj.Transition(
                        "trial",
                        "gone",
                        when='attribute("plan") == "pro"',
                        handoff=cj.Handoff(
                            checklist=[cj.ChecklistItem("i", when='attribute("plan") == "free"')]
                        ),
                    )
                ]
            ),
            lambda: journey(
                transitions=[
                    cj.Transition(
                        "trial",
                        "gone",
                        when='attribute("plan") == "pro"',
                        handoff=cj.Handoff(
                            checklist=[
                                cj.ChecklistItem("i", when='attribute("plan") == "free"', required=False)
                            ]
                        ),
                    )
                ]
            ),
        ),
    ],
    "CJ108": [
        (
            made(touchpoints=[touchpoint("x", after="y"), touchpoint("y", after="x")]),
            made(touchpoints=[touchpoint("x", after="y"), touchpoint("y")]),
        ),
        (made(touchpoints=[touchpoint("x", after="x")]), made(touchpoints=[touchpoint("x")])),
    ],
    "CJ109": [
        (
            moves(
                ("a", "c", 'happened("x")'),
                touchpoints=[touchpoint("x", stages="a", after="y"), touchpoint("y", stages="c")],
            ),
            moves(
                ("a", "c", 'happened("x")'),
                touchpoints=[touchpoint("x", stages="c", after="y"), touchpoint("y", stages="a")],
            ),
        ),
    ],
}


@pytest.mark.parametrize(("code", "wrong", "right"), pairs(CASES))
def test_a_check_finds_what_is_wrong_and_nothing_else(code: str, wrong: Build, right: Build) -> None:
    assert code in found(wrong)
    assert code not in found(right)
