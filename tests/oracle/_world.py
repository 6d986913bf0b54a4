"""What goes into a replay and what comes out, as plain values."""

from __future__ import annotations

import attrs

from cjlib import Journey

Value = float | int | bool | str | frozenset[str] | None


@attrs.frozen
class Event:
    """One row of a log; ``row`` is its place in the input and decides ties."""

    customer: object
    time: int
    activity: str
    value: float | None = None
    channel: str | None = None
    actor: str | None = None
    recorded: int | None = None
    row: int = -1


@attrs.frozen
class Fact:
    """One row of an attribute; without ``valid_from`` the attribute is constant, without a value unknown."""

    customer: object
    name: str
    value: Value
    valid_from: int | None = None
    recorded: int | None = None


@attrs.frozen
class Waiver:
    """Item ``item`` of the transition at position ``transition`` is waived for start <= t < end."""

    customer: object
    transition: int
    item: str
    start: int
    end: int


@attrs.frozen
class World:
    """A journey and everything that happened: the input of a replay.

    ``kinds`` tells each attribute's kind (number, text, boolean, date, set); dates are microseconds.
    """

    journey: Journey
    events: tuple[Event, ...]
    until: int
    facts: tuple[Fact, ...] = ()
    kinds: dict[str, str] = attrs.field(factory=dict)
    waivers: tuple[Waiver, ...] = ()


@attrs.frozen(order=True)
class Visit:
    number: int
    stage: str
    entered: int
    left: int | None
    via: int


@attrs.frozen(order=True)
class Reached:
    milestone: str
    time: int


@attrs.frozen(order=True)
class Raised:
    signal: str
    raised: int
    ceased: int | None
    answered: int | None


@attrs.frozen(order=True)
class Evidence:
    number: int
    transition: int
    item: str
    started: int
    ended: int | None
    outcome: str
    status: str
    first_true: int | None
    row: int


@attrs.frozen(order=True)
class Breach:
    kind: str
    place: str
    started: int
    at: int


@attrs.frozen
class History:
    """All that a replay says about one customer, each list in a fixed order."""

    visits: list[Visit]
    milestones: list[Reached]
    signals: list[Raised]
    handoffs: list[Evidence]
    breaches: list[Breach]
