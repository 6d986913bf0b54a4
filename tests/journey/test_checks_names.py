"""Checks of names, types and units, each with a journey that triggers it and one that does not."""

from __future__ import annotations

import attrs
import pytest
from tests.journey.small import (
    CARD,
    ITEM,
    KINDS,
    PLAN,
    SEATS,
    SET,
    Build,
    Cases,
    exits,
    found,
    handed,
    journey,
    made,
    metric,
    moves,
    pairs,
    stage,
    touchpoint,
)

import cjlib as cj

PULSE = cj.Measure("felt", metric="mood", curve=cj.curves.linear(1, 5))

CASES: Cases = {
    "CJ200": [(made(stages=[], transitions=[]), made())],
    "CJ201": [
        (made(stages=[stage("trial"), stage("trial"), stage("gone")]), made()),
        (made(touchpoints=[touchpoint("trial")]), made(touchpoints=[touchpoint("call")])),
        (made(metrics=[metric("nps"), metric("nps")]), made(metrics=[metric("nps"), metric("csat")])),
        (
            made(signals=[cj.Signal("s", when='happened("x")'), cj.Signal("s", when='happened("y")')]),
            made(
                signals=[cj.Signal("s", when='happened("x")')],
                milestones=[cj.Milestone("s", when='happened("y")')],
            ),
        ),
        (handed("a", "b", checklist=[ITEM, ITEM]), handed("a", "b", checklist=[ITEM])),
    ],
    "CJ202": [
        (made(initial="trail"), made(initial="trial")),
        (made(touchpoints=[touchpoint("x", stages="trail")]), made(touchpoints=[touchpoint("x")])),
        (
            made(transitions=[cj.Transition("trial", "gon", when='happened("x")')]),
            made(transitions=[cj.Transition("trial", "gone", when='happened("x")')]),
        ),
        (
            made(personas=[cj.Persona("p", targets={"x": "1d"})]),
            made(personas=[cj.Persona("p", targets={"trial": "1d"})]),
        ),
        (
            made(signals=[cj.Signal("s", when='happened("x")', stages="y")]),
            made(signals=[cj.Signal("s", when='happened("x")', stages="trial")]),
        ),
        (
            made(metrics=[metric("nps"), metric("m", visit="y")]),
            made(metrics=[metric("nps"), metric("m", visit="trial")]),
        ),
        (
            made(metrics=[metric("nps"), metric("m", start="stage:y", end="x")]),
            made(metrics=[metric("nps"), metric("m", start="stage:trial", end="x")]),
        ),
    ],
    "CJ203": [
        (
            made(touchpoints=[touchpoint("x", after="y")]),
            made(touchpoints=[touchpoint("x", after="y"), touchpoint("y")]),
        ),
        (
            exits('happened(touchpoint="cal")'),
            exits('happened(touchpoint="call")', touchpoints=[touchpoint("call")]),
        ),
        (
            made(signals=[cj.Signal("s", when='happened("x")', response="y")]),
            made(signals=[cj.Signal("s", when='happened("x")', response="y")], touchpoints=[touchpoint("y")]),
        ),
        (
            made(metrics=[metric("nps"), metric("m", touchpoint="y")]),
            made(metrics=[metric("nps"), metric("m", touchpoint="y")], touchpoints=[touchpoint("y")]),
        ),
    ],
    "CJ204": [
        (exits('happened("lgin")', activities=["login"]), exits('happened("login")', activities=["login"])),
        (exits('happened("lgin")', activities=["login"]), exits('happened("lgin")')),
        (
            made(touchpoints=[touchpoint("x")], activities=["cancelled"]),
            made(touchpoints=[touchpoint("x")], activities=["cancelled", "x held"]),
        ),
        (
            made(personas=[cj.Persona("p", triggers="x")], activities=["cancelled"]),
            made(personas=[cj.Persona("p", triggers="cancelled")], activities=["cancelled"]),
        ),
        (
            made(metrics=[metric("nps", activity="nsp")], activities=["cancelled", "nps"]),
            made(metrics=[metric("nps", activity="nps")], activities=["cancelled", "nps"]),
        ),
    ],
    "CJ205": [
        (
            made(metrics=[metric("npz")], aims=[cj.Aim(metric="npx", value=1)]),
            made(metrics=[metric("npz")], aims=[cj.Aim(metric="npz", value=1)]),
        ),
        (
            made(
                metrics=[metric("npz")], aims=[cj.Aim(metric="ndr", value=1)]
            ),  # a key figure needs no metric
            made(metrics=[metric("npz")], aims=[cj.Aim(metric="nrr", value=1)]),
        ),
        (
            made(metrics=[metric("nps")], touchpoints=[touchpoint("x", metrics="csat")]),
            made(metrics=[metric("nps")], touchpoints=[touchpoint("x", metrics="nps")]),
        ),
        (
            made(metrics=[metric("nps")], scorecards=[CARD]),
            made(metrics=[metric("nps"), metric("logins")], scorecards=[CARD]),
        ),
        (
            made(metrics=[metric("logins")], scorecards=[attrs.evolve(CARD, pulse=PULSE)]),
            made(metrics=[metric("logins"), metric("mood")], scorecards=[attrs.evolve(CARD, pulse=PULSE)]),
        ),
        (
            made(metrics=[metric("nps"), metric("r", ratio=("nps", "seat"))], attributes=SEATS),
            made(metrics=[metric("nps"), metric("r", ratio=("nps", "seats"))], attributes=SEATS),
        ),
    ],
    "CJ206": [
        (
            exits('attribute("pln") == "pro"', attributes=PLAN),
            exits('attribute("plan") == "pro"', attributes=PLAN),
        ),
        (exits('attribute("pln") == "pro"', attributes=PLAN), exits('attribute("pln") == "pro"')),
        (exits('happened("@pln")', attributes=PLAN), exits('happened("@plan")', attributes=PLAN)),
        (made(start="begin", attributes=PLAN), made(start="begin")),
        (handed("a", "b", known=PLAN, checklist=[ITEM]), handed("a", "b", checklist=[ITEM])),
        (
            made(metrics=[metric("nps"), metric("m", attribute="pln")], attributes=PLAN),
            made(metrics=[metric("nps"), metric("m", attribute="plan")], attributes=PLAN),
        ),
    ],
    "CJ207": [
        (made(roles=[cj.Role("CMS")]), made(roles=[cj.Role("CSM")])),
        (made(roles=[cj.Role("CSM")], owner="boss"), made(owner="boss")),
        (
            made(roles=[cj.Role("CSM")], touchpoints=[touchpoint("x", participants="user")]),
            made(roles=[cj.Role("CSM"), cj.Role("user")], touchpoints=[touchpoint("x", participants="user")]),
        ),
        (
            lambda: journey(
                roles=[cj.Role("CSM")],
                transitions=[
                    cj.Transition("trial", "gone", when='happened("x")', handoff=cj.Handoff(target="sales")),
                ],
            ),
            lambda: journey(
                roles=[cj.Role("CSM")],
                transitions=[
                    cj.Transition("trial", "gone", when='happened("x")', handoff=cj.Handoff(target="CSM")),
                ],
            ),
        ),
    ],
    "CJ208": [
        (
            made(touchpoints=[touchpoint("x", personas="ceo")]),
            made(touchpoints=[touchpoint("x", personas="ceo")], personas=[cj.Persona("ceo")]),
        ),
        (
            made(
                stages=[
                    stage("trial", notes=[cj.Note(kind="goal", text="x", persona="ceo")]),
                    stage("gone", kind="lost"),
                ]
            ),
            made(stages=[stage("trial", notes=[cj.Note(kind="goal", text="x")]), stage("gone", kind="lost")]),
        ),
    ],
    "CJ209": [
        (
            made(stages=[stage("trial", scorecard="helth"), stage("gone", kind="lost")], scorecards=[CARD]),
            made(stages=[stage("trial", scorecard="health"), stage("gone", kind="lost")], scorecards=[CARD]),
        ),
        (
            made(personas=[cj.Persona("p", weights={"login": 2})], scorecards=[CARD]),
            made(personas=[cj.Persona("p", weights={"logins": 2})], scorecards=[CARD]),
        ),
    ],
    "CJ210": [
        (
            made(metrics=[metric("nps"), metric("m", start="x", end="milestone:ah")]),
            made(
                metrics=[metric("nps"), metric("m", start="x", end="milestone:ah")],
                milestones=[cj.Milestone("ah", when='happened("x")')],
            ),
        ),
    ],
    "CJ211": [
        (
            moves(
                touchpoints=[
                    touchpoint("x", stages=["a", "b"], activities="mail"),
                    touchpoint("y", stages=["b", "c"], activities="mail"),
                ]
            ),
            moves(
                touchpoints=[
                    touchpoint("x", stages=["a"], activities="mail"),
                    touchpoint("y", stages=["b", "c"], activities="mail"),
                ]
            ),
        ),
        (
            moves(
                touchpoints=[
                    touchpoint("x", stages="a", activities="mail"),
                    touchpoint("y", stages=[], activities="mail"),
                ]
            ),
            moves(
                touchpoints=[
                    touchpoint("x", stages="a", activities="mail"),
                    touchpoint("y", stages=[], activities="call"),
                ]
            ),
        ),
    ],
    "CJ212": [
        (
            made(touchpoints=[touchpoint("Call"), touchpoint("call")]),
            made(touchpoints=[touchpoint("call_1"), touchpoint("call_2")]),
        ),
    ],
    "CJ213": [
        (
            exits('happened(touchpoint="call")', touchpoints=[touchpoint("call", activities=[])]),
            exits('happened(touchpoint="call")', touchpoints=[touchpoint("call")]),
        ),
    ],
    "CJ221": [
        (exits(f"{wrong}", attributes=KINDS), exits(f"{right}", attributes=KINDS))
        for wrong, right in [
            ('attribute("seats") == "five"', 'attribute("seats") == 5'),
            ('attribute("seats") == True', 'attribute("seats") in [1, 2]'),
            ('attribute("seats") in ["a"]', 'attribute("paying") == True'),
            ('attribute("paying") == 1', 'attribute("paying") != False'),
            ('attribute("plan") == 5', 'attribute("plan") == "pro"'),
            ('attribute("plan") >= "pro"', 'attribute("plan") in ["pro"]'),
            ('attribute("renewal") >= "soon"', 'attribute("renewal") >= "2026-11-30"'),
            ('attribute("renewal") >= 3', 'attribute("renewal") < "2026-11-30T12:00:00+01:00"'),
            ('attribute("sso") == "saml"', '"saml" in attribute("sso")'),
            ('"pro" in attribute("plan")', '"oidc" not in attribute("sso")'),
            ('until("plan") < "3d"', 'until("renewal") < "3d"'),
            ('last("@plan") > 3', 'last("@seats") > 3'),
            ('count("x") >= attribute("plan")', 'count("x") >= attribute("seats")'),
            ('count("x") >= attribute("renewal")', 'count("@plan") >= 1'),
            ('attribute("plan") == attribute("seats")', 'attribute("plan") == attribute("plan")'),
            ('attribute("plan") > attribute("plan")', 'attribute("seats") > attribute("seats")'),
            ('attribute("x1") == attribute("sso")'.replace("x1", "plan"), 'known(attribute("sso"))'),
        ]
    ]
    + [(made(start="plan", attributes=KINDS), made(start="renewal", attributes=KINDS))],
    "CJ222": [
        (
            exits('attribute("plan") == "prp"', attributes=PLAN),
            exits('attribute("plan") == "pro"', attributes=PLAN),
        ),
        (
            exits('attribute("plan") in ["prp"]', attributes=PLAN),
            exits('attribute("plan") in ["pro"]', attributes=PLAN),
        ),
        (
            exits('"sml" in attribute("sso")', attributes=SET),
            exits('"saml" in attribute("sso")', attributes=SET),
        ),
    ],
    "CJ223": [
        (
            exits('attribute("seats") > attribute("arr")', attributes=SEATS),
            exits('count("seat used") > attribute("seats")', attributes=SEATS),
        ),
        (
            made(metrics=[metric("nps"), metric("m", attribute="arr", unit="USD")], attributes=SEATS),
            made(metrics=[metric("nps"), metric("m", attribute="arr", unit="EUR")], attributes=SEATS),
        ),
    ],
    "CJ224": [
        (
            made(metrics=[metric("nps"), metric("m", attribute="plan", aggregate="until")], attributes=KINDS),
            made(
                metrics=[metric("nps"), metric("m", attribute="renewal", aggregate="until")], attributes=KINDS
            ),
        ),
        (
            made(metrics=[metric("nps"), metric("m", start="x", end="attribute:plan")], attributes=KINDS),
            made(metrics=[metric("nps"), metric("m", start="x", end="attribute:renewal")], attributes=KINDS),
        ),
        (
            made(metrics=[metric("nps"), metric("m", ratio=("n", "nps")), metric("n", ratio=("m", "nps"))]),
            made(metrics=[metric("nps"), metric("m", ratio=("n", "nps")), metric("n")]),
        ),
        (
            made(metrics=[metric("nps"), metric("m", ratio=("nps", "plan"))], attributes=KINDS),
            made(metrics=[metric("nps"), metric("m", ratio=("nps", "seats"))], attributes=KINDS),
        ),
        (
            made(metrics=[metric("nps"), metric("m", attribute="sso")], attributes=KINDS),
            made(metrics=[metric("nps"), metric("m", attribute="plan")], attributes=KINDS),
        ),
    ],
}


@pytest.mark.parametrize(("code", "wrong", "right"), pairs(CASES))
def test_a_check_finds_what_is_wrong_and_nothing_else(code: str, wrong: Build, right: Build) -> None:
    assert code in found(wrong)
    assert code not in found(right)
