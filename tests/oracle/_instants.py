"""The instants at which anything can become true or stop being true.

Between two of these nothing changes, so trying every criterion at each of them finds the earliest moment.
Too many instants do no harm; one that is missing would.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from cjlib import Journey
from cjlib.criteria import Comparison, Criterion, Term

from ._past import Past, us
from ._world import Waiver


def criteria_of(journey: Journey) -> Iterator[Criterion]:
    for transition in journey.transitions:
        yield transition.when
        if transition.handoff is not None:
            for item in transition.handoff.checklist:
                yield item.criterion
    for milestone in journey.milestones:
        yield milestone.when
    for signal in journey.signals:
        yield signal.when


def activities_of(term: Term, journey: Journey) -> set[str]:
    if term.touchpoint is not None:
        return {name for one in journey.touchpoints if one.id == term.touchpoint for name in one.activities}
    return {str(term.name)} if term.is_event_term else set()


def instants(past: Past, waivers: list[Waiver]) -> set[int]:
    """Every instant that does not depend on where the customer is."""
    found = {past.first, past.until}
    found |= {event.time for event in past.events}
    found |= {fact.valid_from for fact in past.facts if fact.valid_from is not None}
    found |= {moment for waiver in waivers for moment in (waiver.start, waiver.end)}
    for criterion in criteria_of(past.journey):
        for leaf in criterion.leaves():
            for term in leaf.operands():
                if term.within is not None:
                    activities = activities_of(term, past.journey)
                    found |= {e.time + us(term.within) for e in past.events if e.activity in activities}
            if isinstance(leaf, Comparison) and isinstance(leaf.literal, timedelta):
                found |= set(clock_instants(leaf.term, us(leaf.literal), past))
    return found  # type: ignore[return-value]


def clock_instants(term: Term, literal: int, past: Past) -> Iterator[int]:
    """When a duration reaches its literal, and the microsecond after."""
    reached = [past.first + literal]  # type: ignore[operator]
    if term.kind == "idle":
        activities = activities_of(term, past.journey)
        reached += [event.time + literal for event in past.events if event.activity in activities]
    if term.kind == "until" and past.kinds.get(str(term.name)) == "date":
        rows = past.attributes.get(str(term.name), [])
        reached += [fact.value - literal for fact in rows if fact.value is not None]  # type: ignore[operator]
    for moment in reached:
        yield moment
        yield moment + 1


def dwell_steps(journey: Journey) -> set[int]:
    """How long after its beginning a visit's own clock can change a criterion."""
    found = set()
    for criterion in criteria_of(journey):
        for leaf in criterion.leaves():
            if isinstance(leaf, Comparison) and leaf.term.kind == "dwell":
                step = us(leaf.literal)  # type: ignore[arg-type]
                found |= {step, step + 1}
    return found
