"""What is known of one customer, and the value of every term at a moment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from cjlib import Journey
from cjlib.criteria import Term

from ._world import Event, Fact, Value, World

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
LONG_AGO = -(10**18)


def us(duration: timedelta) -> int:
    return duration // MICROSECOND


def time_of(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return us((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - EPOCH)


def or_long_ago(time: int | None) -> int:
    return LONG_AGO if time is None else time


def scaled(number: float) -> Fraction:
    """The number, rounded half to even to a millionth."""
    return Fraction(round(number * 1e6), 1_000_000)


class Past:
    """The events and attributes of a world of one customer, as they were known at ``until``."""

    def __init__(self, world: World) -> None:
        self.journey: Journey = world.journey
        self.kinds = world.kinds
        self.until = world.until
        self.facts = [
            fact
            for fact in world.facts
            if (fact.valid_from is None or fact.valid_from <= world.until)
            and (fact.recorded is None or fact.recorded <= world.until)
        ]
        logged = [
            event
            for event in world.events
            if event.time <= world.until and (event.recorded is None or event.recorded <= world.until)
        ]
        self.logged = sorted(logged, key=lambda event: (event.time, event.row))
        self.attributes = {name: self.rows(name) for name in {fact.name for fact in self.facts}}
        together = [*self.logged, *self.attribute_events()]
        self.events = sorted(together, key=lambda event: (event.time, event.row))
        self.first = self.first_moment()
        self.stage_before: dict[int, str] = {}
        """The stage before the transitions of each instant that was passed so far."""

    def first_moment(self) -> int | None:
        """The date attribute that the journey names, else the first event; None if later than ``until``."""
        if self.journey.start is not None:
            date = self.attribute(self.journey.start, self.until)
            is_date = self.kinds.get(self.journey.start) == "date"
            return date if is_date and date is not None and date <= self.until else None
        return self.logged[0].time if self.logged else None

    def rows(self, name: str) -> list[Fact]:
        """The attribute's rows in the order of valid_from; of equal ones the one that became known last."""
        found: dict[int | None, Fact] = {}
        for fact in sorted(self.facts, key=lambda fact: or_long_ago(fact.recorded)):
            if fact.name == name:
                found[fact.valid_from] = fact
        return sorted(found.values(), key=lambda fact: or_long_ago(fact.valid_from))

    def attribute(self, name: str, t: int) -> Value:
        value: Value = None
        for fact in self.attributes.get(name, []):
            if fact.valid_from is None or fact.valid_from <= t:
                value = fact.value
        return value

    def changes(self, name: str) -> Iterator[tuple[int, Value, Value]]:
        """When the attribute changed its value, before and after; unknown is a value here."""
        before: Value = None
        for fact in self.attributes.get(name, []):
            if fact.valid_from is not None and fact.value != before:
                yield fact.valid_from, before, fact.value
            before = fact.value

    def attribute_events(self) -> Iterator[Event]:
        """A change from one known value to another is an event ``@name``."""
        for name in sorted(self.attributes):
            for time, before, after in self.changes(name):
                if before is not None and after is not None:
                    difference = after - before if self.kinds[name] == "number" else None  # type: ignore[operator]
                    yield Event(None, time, f"@{name}", difference)

    def is_of_touchpoint(self, event: Event, touchpoint: str) -> bool:
        """Where several touchpoints claim an activity, the stage before the instant's transitions decides."""
        claiming = [one for one in self.journey.touchpoints if event.activity in one.activities]
        if touchpoint not in [one.id for one in claiming]:
            return False
        if len(claiming) == 1:
            return True
        (stages,) = [one.stages for one in claiming if one.id == touchpoint]
        return self.stage_before.get(event.time) in stages

    def is_meant(self, event: Event, term: Term) -> bool:
        if term.channel is not None and event.channel != term.channel:
            return False
        if term.touchpoint is not None:
            return self.is_of_touchpoint(event, term.touchpoint)
        return event.activity == term.name

    def span(self, term: Term, s: int, t: int) -> list[Event]:
        if term.within is not None:
            s = t - us(term.within)
        elif term.ever or term.kind in ("last", "idle"):
            s = LONG_AGO
        return [event for event in self.events if s < event.time <= t and self.is_meant(event, term)]

    def value(self, term: Term, s: int, entered: int, t: int) -> Value | Fraction:
        """The term's value at t, None where unknown; events count after s, ``dwell`` from ``entered``."""
        if term.kind == "dwell":
            return t - entered
        if term.kind == "age":
            return t - self.first  # type: ignore[operator]
        if term.kind == "attribute":
            return self.attribute(str(term.name), t)
        if term.kind == "until":
            date = self.attribute(str(term.name), t)
            return None if date is None or self.kinds[str(term.name)] != "date" else date - t  # type: ignore[operator]
        return self.event_value(term, self.span(term, s, t), t)

    def event_value(self, term: Term, events: list[Event], t: int) -> Value | Fraction:
        if term.kind == "count":
            return len(events)
        if term.kind == "distinct":
            return len({event.actor for event in events if event.actor is not None})
        if term.kind == "idle":
            return t - (events[-1].time if events else self.first)  # type: ignore[operator]
        values = [event.value for event in events if event.value is not None]
        if term.kind == "sum":
            return sum((scaled(value) for value in values), Fraction(0))
        if not values:
            return None
        if term.kind == "mean":
            return sum((scaled(value) for value in values), Fraction(0)) / len(values)
        return {"min": min(values), "max": max(values), "last": values[-1]}[term.kind]
