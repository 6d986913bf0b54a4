"""A small journey with something of every kind, and events for it."""

from __future__ import annotations

from typing import Any

import attrs

import cjlib as cj

JOURNEY = cj.Journey(
    "small",
    stages=[cj.Stage("trial", limit="10d"), cj.Stage("active"), cj.Stage("gone", kind="lost")],
    touchpoints=[cj.Touchpoint("call", stages=["trial", "active"], activities=["call"])],
    transitions=[
        cj.Transition("trial", "active", when='count("login") >= 2'),
        cj.Transition("active", "gone", when='idle("login") >= "30d"'),
        cj.Transition("gone", "active", when='happened("login")'),
    ],
    milestones=[cj.Milestone("value", when='happened("report")')],
    signals=[cj.Signal("quiet", when='idle("login") >= "5d"', response="call", within="2d")],
)


RENAMED = {"trial": "evaluation", "quiet": "silent"}


def other_version() -> cj.Journey:
    """Another name for the first stage, more logins wanted, a milestone of what nothing mentioned before."""
    stages = [cj.Stage("evaluation", limit="10d"), *JOURNEY.stages[1:]]
    moves = [
        cj.Transition("active", "evaluation", when='happened("noise")'),
        cj.Transition("evaluation", "active", when='count("login") >= 3'),
        *JOURNEY.transitions[1:],
    ]
    return attrs.evolve(
        JOURNEY,
        initial="evaluation",
        stages=stages,
        touchpoints=[cj.Touchpoint("call", stages=["evaluation", "active"], activities=["call"])],
        transitions=moves,
        signals=[attrs.evolve(JOURNEY.signals[0], id="silent")],
    )


OTHER = other_version()


def event(day: int, activity: str = "login", customer: Any = "a", **more: Any) -> dict[str, Any]:
    """One event on a day of January 2026; its id names all of it."""
    time = f"2026-01-{day:02}"
    return {
        "customer": customer,
        "activity": activity,
        "time": time,
        "order": 0,
        "event_id": f"{customer} {activity} {time}",
    } | more
