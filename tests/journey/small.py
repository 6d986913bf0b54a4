"""Small journeys for the checks: one that is sound, and ways to spoil it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

import cjlib as cj
from cjlib.errors import DefinitionError

Build = Callable[[], cj.Journey]
Cases = dict[str, list[tuple[Build, Build]]]

ON = date(2026, 11, 30)


def stage(id: str, **fields: Any) -> cj.Stage:
    """A stage of which no check complains."""
    complete = {"owner": "CSM", "objective": "be well", "aims": [cj.Aim(metric="nps", value=9)]}
    return cj.Stage(id, **complete | fields)


def journey(**parts: Any) -> cj.Journey:
    """A journey of which no check complains, but for the parts that are given."""
    way = cj.Transition("trial", "gone", when='happened("cancelled")', kind="exit")
    complete = {"stages": [stage("trial"), stage("gone", kind="lost")], "transitions": [way]}
    return cj.Journey("made", **complete | parts)


def moves(*ways: tuple[str, str, str], **parts: Any) -> Build:
    """A journey with these ways between a, b and c, all of which can be reached and left."""
    named = [cj.Transition(source, target, when=when) for source, target, when in ways]
    first = [cj.Transition("start", id, when=f'happened("on to {id}")') for id in "abc"]
    last = [cj.Transition(id, "gone", when='happened("cancelled")', kind="exit") for id in "abc"]
    stages = [stage("start"), stage("a"), stage("b"), stage("c"), stage("gone", kind="lost")]
    return lambda: journey(**{"stages": stages, "transitions": [*first, *named, *last]} | parts)


def touchpoint(id: str, **fields: Any) -> cj.Touchpoint:
    return cj.Touchpoint(id, **{"stages": "trial", "activities": f"{id} held"} | fields)


def metric(id: str, **fields: Any) -> cj.Metric:
    return cj.Metric(id, **fields or {"activity": "login"})


def exits(when: str, **parts: Any) -> Build:
    """A journey whose one way out has this criterion."""
    return lambda: journey(transitions=[cj.Transition("trial", "gone", when=when, kind="exit")], **parts)


def made(**parts: Any) -> Build:
    return lambda: journey(**parts)


def handed(
    source: str | None, target: str | None, kind: str = "advance", known: Any = (), **handoff: Any
) -> Build:
    """A journey from one owner's stage to another's."""
    return lambda: journey(
        attributes=known,
        stages=[
            stage("trial", owner=source, limit="30d"),
            stage("care", owner=target),
            stage("gone", kind="lost"),
        ],
        transitions=[
            cj.Transition("trial", "care", when='happened("go")', kind=kind, handoff=cj.Handoff(**handoff)),
            cj.Transition("care", "gone", when='happened("cancelled")', kind="exit"),
        ],
    )


SET = [cj.Attribute("sso", type="set", options=["saml", "oidc"])]
PLAN = [cj.Attribute("plan", options=["free", "pro"])]
SEATS = [cj.Attribute("seats", type="number", unit="seats"), cj.Attribute("arr", type="number", unit="EUR")]
KINDS = [
    cj.Attribute("plan"),
    cj.Attribute("seats", type="number"),
    cj.Attribute("paying", type="boolean"),
    cj.Attribute("renewal", type="date"),
    cj.Attribute("sso", type="set"),
]
ITEM = cj.ChecklistItem("sponsor", attribute="sponsor")
CARD = cj.Scorecard(
    "health",
    groups=[cj.Group("use", measures=[cj.Measure("logins", metric="logins", curve=cj.curves.linear(0, 9))])],
)
FEELING = {"kind": "feeling", "text": "lost"}


def found(build: Build) -> set[str]:
    """The codes of everything that the checks find, errors and warnings."""
    try:
        return {problem.code for problem in build().check(on=ON)}
    except DefinitionError as error:
        return {problem.code for problem in error.problems}


def pairs(cases: Cases) -> list[Any]:
    """Each code with a journey that triggers it and one that does not."""
    return [
        pytest.param(code, *pair, id=f"{code}-{number}")
        for code, several in cases.items()
        for number, pair in enumerate(several)
    ]
