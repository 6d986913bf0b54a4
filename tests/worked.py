"""Small words for worked examples: days, events, facts, and a journey of two stages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import attrs
from tests.oracle import Event, Fact, History, Waiver, World

import cjlib as cj

Play = Callable[[World], dict[object, History]]
DAY = 86_400_000_000
START = 19_000 * DAY
ME = "me"


def day(number: float, us: int = 0) -> int:
    """The moment so many days after the start, and so many microseconds."""
    return START + round(number * DAY) + us


def event(
    activity: str,
    on: float,
    value: float | None = None,
    *,
    us: int = 0,
    channel: str | None = None,
    actor: str | None = None,
    known_on: float | None = None,
) -> Event:
    time = day(on, us)
    recorded = None if known_on is None else day(known_on)
    return Event(ME, time, activity, value, channel=channel, actor=actor, recorded=recorded)


def events(text: str) -> list[Event]:
    """``events("a0 b1 b1")``: a on day 0, b twice on day 1."""
    return [event(word[0], float(word[1:])) for word in text.split()]


def fact(name: str, value: object, since: float | None = None, *, known_on: float | None = None) -> Fact:
    """An attribute's row: constant, or valid since a day."""
    return Fact(
        ME,
        name,
        value,  # type: ignore[arg-type]
        None if since is None else day(since),
        None if known_on is None else day(known_on),
    )


def waiver(transition: int, item: str, start: float, end: float) -> Waiver:
    return Waiver(ME, transition, item, day(start), day(end))


def kind_of(values: list[object]) -> str:
    kinds = {bool: "boolean", str: "text", frozenset: "set", float: "number", int: "date"}
    found = {kinds[type(value)] for value in values if value is not None}
    return found.pop() if found else "text"


def make(
    journey: cj.Journey,
    log: str | Sequence[Event],
    facts: Sequence[Fact] = (),
    *,
    waivers: Sequence[Waiver] = (),
    until: float = 100,
    us: int = 0,
) -> World:
    """The world of one customer; events are rows in the order in which they are written.

    In facts, floats are numbers and integers are dates.
    """
    rows = events(log) if isinstance(log, str) else log
    numbered = tuple(attrs.evolve(one, row=row) for row, one in enumerate(rows))
    names = {one.name for one in facts}
    kinds = {name: kind_of([one.value for one in facts if one.name == name]) for name in names}
    return World(journey, numbered, day(until, us), tuple(facts), kinds, tuple(waivers))


def play(by: Play, journey: cj.Journey, *world: Any, **options: Any) -> History | None:
    """The history of the one customer in the world that :func:`make` makes; None if not traced."""
    return by(make(journey, *world, **options)).get(ME)


def two_stages(when: str, **more: object) -> cj.Journey:
    """From ``here`` to ``there``."""
    return cj.Journey(
        "two stages",
        stages=[cj.Stage("here"), cj.Stage("there")],
        transitions=[cj.Transition("here", "there", when=when)],
        **more,  # type: ignore[arg-type]
    )


def journey(moves: str, **more: object) -> cj.Journey:
    """``journey("x>y a; y>x b")``: from x to y as soon as a has happened, and back as soon as b has.

    A condition of one letter means ``happened``; all else is a criterion as it stands.
    """
    transitions = []
    for move in moves.split("; "):
        way, when = move.split(" ", 1)
        source, target = way.split(">")
        transitions.append(
            cj.Transition(source, target, when=f'happened("{when}")' if len(when) == 1 else when)
        )
    return of_transitions(transitions, **more)


def of_transitions(transitions: Sequence[cj.Transition], **more: object) -> cj.Journey:
    """A journey of exactly these moves; it starts where the first one does."""
    names = dict.fromkeys(name for one in transitions for name in (one.source, one.target))
    more.setdefault("stages", [cj.Stage(name) for name in names])
    return cj.Journey("worked", transitions=transitions, **more)  # type: ignore[arg-type]


def left(by: Play, when: str, *world: Any, **options: Any) -> int | None:
    """When the customer moves on under this criterion, as a moment; None if never."""
    history = play(by, two_stages(when), *world, **options)
    assert history is not None
    return history.visits[0].left


def way(history: History | None) -> str:
    """The stages in order, such as ``x y x``."""
    assert history is not None
    return " ".join(visit.stage for visit in history.visits)


def entered(history: History | None) -> list[int]:
    """The moments at which the visits began."""
    assert history is not None
    return [visit.entered for visit in history.visits]
