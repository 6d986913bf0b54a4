"""The fields of a journey, how a part is found by its id, and where everything stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from functools import cached_property
from typing import Any, TypeVar

import attrs

from ..criteria import Criterion, Term
from ..errors import UnknownNameError
from . import _fields as f
from ._elements import (
    Aim,
    Attribute,
    ChecklistItem,
    Milestone,
    Note,
    Persona,
    Role,
    Signal,
    Stage,
    Touchpoint,
    Transition,
)
from ._metrics import Metric
from ._scorecards import Scorecard

__all__ = [
    "HEAD",
    "LISTS",
    "Definition",
    "Found",
    "aims",
    "checklist_items",
    "criteria",
    "named",
    "notes",
    "placed",
    "reach",
    "successors",
    "terms",
]

LISTS = {
    "roles": Role,
    "attributes": Attribute,
    "stages": Stage,
    "touchpoints": Touchpoint,
    "transitions": Transition,
    "milestones": Milestone,
    "signals": Signal,
    "personas": Persona,
    "metrics": Metric,
    "scorecards": Scorecard,
}
HEAD = (
    "name", "version", "description", "initial", "start", "owner", "aims", "reviewed", "review_every",
    "activities",
)  # fmt: skip

Found = Iterator[tuple[str, str]]
Element = TypeVar("Element")
Part = TypeVar("Part", Role, Attribute, Stage, Touchpoint, Milestone, Signal, Persona, Metric, Scorecard)


def _first_stage(definition: Definition) -> str:
    first = definition.stages[:1] if isinstance(definition.stages, tuple) else ()
    return first[0].id if first and isinstance(first[0], Stage) else ""


@attrs.frozen(kw_only=True)
class Definition:
    """What a journey holds; :class:`Journey` adds the checks and what follows from them."""

    name: str = attrs.field(validator=f.name, kw_only=False)
    version: str = attrs.field(default="1", validator=f.name)
    description: str = attrs.field(default="", validator=f.text)
    start: str | None = attrs.field(default=None, validator=f.optional(f.name))
    owner: str | None = attrs.field(default=None, validator=f.optional(f.name))
    aims: tuple[Aim, ...] = attrs.field(default=(), converter=f.items, validator=f.each(Aim))
    reviewed: date | None = attrs.field(default=None, converter=f.day, validator=f.optional(f.a_day))
    review_every: timedelta | None = attrs.field(
        default=None, converter=f.period, validator=f.optional(f.positive)
    )
    activities: tuple[str, ...] = attrs.field(default=(), converter=f.names, validator=f.members(f.name))
    roles: tuple[Role, ...] = attrs.field(default=(), converter=f.items, validator=f.each(Role))
    attributes: tuple[Attribute, ...] = attrs.field(
        default=(), converter=f.items, validator=f.each(Attribute)
    )
    stages: tuple[Stage, ...] = attrs.field(default=(), converter=f.items, validator=f.each(Stage))
    touchpoints: tuple[Touchpoint, ...] = attrs.field(
        default=(), converter=f.items, validator=f.each(Touchpoint)
    )
    transitions: tuple[Transition, ...] = attrs.field(
        default=(), converter=f.items, validator=f.each(Transition)
    )
    milestones: tuple[Milestone, ...] = attrs.field(
        default=(), converter=f.items, validator=f.each(Milestone)
    )
    signals: tuple[Signal, ...] = attrs.field(default=(), converter=f.items, validator=f.each(Signal))
    personas: tuple[Persona, ...] = attrs.field(default=(), converter=f.items, validator=f.each(Persona))
    metrics: tuple[Metric, ...] = attrs.field(default=(), converter=f.items, validator=f.each(Metric))
    scorecards: tuple[Scorecard, ...] = attrs.field(
        default=(), converter=f.items, validator=f.each(Scorecard)
    )
    initial: str = attrs.field(
        default=attrs.Factory(_first_stage, takes_self=True), validator=f.optional(f.text)
    )

    @cached_property
    def stage_index(self) -> dict[str, int]:
        """The position of each stage by its id."""
        return {stage.id: position for position, stage in enumerate(self.stages)}

    def stage(self, id: str) -> Stage:
        """The stage of that id.

        Raises:
            UnknownNameError: with the nearest id there is; so do all the look-ups below.
        """
        return _find(self.stages, "stage", id)

    def touchpoint(self, id: str) -> Touchpoint:
        """The touchpoint of that id."""
        return _find(self.touchpoints, "touchpoint", id)

    def milestone(self, id: str) -> Milestone:
        """The milestone of that id."""
        return _find(self.milestones, "milestone", id)

    def signal(self, id: str) -> Signal:
        """The signal of that id."""
        return _find(self.signals, "signal", id)

    def persona(self, id: str) -> Persona:
        """The persona of that id."""
        return _find(self.personas, "persona", id)

    def role(self, id: str) -> Role:
        """The declared role of that id."""
        return _find(self.roles, "role", id)

    def attribute(self, id: str) -> Attribute:
        """The declared attribute of that name."""
        return _find(self.attributes, "attribute", id)

    def metric(self, id: str) -> Metric:
        """The metric of that id."""
        return _find(self.metrics, "metric", id)

    def scorecard(self, id: str) -> Scorecard:
        """The scorecard of that id."""
        return _find(self.scorecards, "scorecard", id)

    def touchpoint_activities(self, id: str) -> tuple[str, ...]:
        """The activities whose events are this touchpoint."""
        return self.touchpoint(id).activities

    def reachable(self, id: str) -> tuple[str, ...]:
        """The other stages to which a way leads from this one, in the order of the journey."""
        ways = successors((move.source, move.target) for move in self.transitions)
        found = reach([self.stage(id).id], ways) - {id}
        return tuple(stage.id for stage in self.stages if stage.id in found)


def _find(parts: Iterable[Part], what: str, id: str) -> Part:
    for part in parts:
        if part.id == id:
            return part
    raise UnknownNameError(what, id, [part.id for part in parts])


def placed(kind: str, elements: Iterable[Element]) -> Iterator[tuple[str, Element]]:
    """Elements with their places: ``stages[3] 'renewal'``; transitions have no id of their own."""
    for position, element in enumerate(elements):
        label = getattr(element, "id", None)
        yield f"{kind}[{position}]" + (f" {label!r}" if label is not None else ""), element


def named(journey: Definition, *fields: str) -> Found:
    """Every name in fields such as ``touchpoints.stages``, with its place; of a pair, what comes first."""
    for kind, _, field in (path.partition(".") for path in fields):
        elements = [("journey", journey)] if kind == "journey" else placed(kind, getattr(journey, kind))
        for where, element in elements:
            value = getattr(element, field)
            for name in (value,) if isinstance(value, str) else value or ():
                yield f"{where}.{field}", name if isinstance(name, str) else name[0]


def checklist_items(journey: Definition) -> Iterator[tuple[str, ChecklistItem]]:
    """Every item of every checklist with its place."""
    for position, move in enumerate(journey.transitions):
        for number, item in enumerate(move.handoff.checklist if move.handoff else ()):
            yield f"transitions[{position}].handoff.checklist[{number}]", item


def criteria(journey: Definition) -> Iterator[tuple[str, Criterion]]:
    """Every criterion of the journey with its place."""
    holders: list[tuple[str, Any]] = [*checklist_items(journey)]
    for kind in ("transitions", "milestones", "signals", "personas"):
        holders += ((f"{kind}[{position}]", one) for position, one in enumerate(getattr(journey, kind)))
    yield from ((f"{where}.when", holder.when) for where, holder in holders if holder.when is not None)


def terms(journey: Definition) -> Iterator[tuple[str, Term]]:
    """Every term of every criterion with its place."""
    return ((where, term) for where, criterion in criteria(journey) for term in criterion.terms())


def aims(journey: Definition) -> Iterator[tuple[str, Aim]]:
    """Every aim with its place."""
    yield from ((f"journey.aims[{number}]", aim) for number, aim in enumerate(journey.aims))
    yield from _of_elements(journey, "aims")


def notes(journey: Definition) -> Iterator[tuple[str, Note]]:
    """Every note with its place."""
    return _of_elements(journey, "notes")


def _of_elements(journey: Definition, field: str) -> Iterator[tuple[str, Any]]:
    for kind in ("stages", "touchpoints", "personas"):
        for position, element in enumerate(getattr(journey, kind)):
            for number, entry in enumerate(getattr(element, field)):
                yield f"{kind}[{position}].{field}[{number}]", entry


def successors(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """The targets of each source, each once, in the order in which they come."""
    found: dict[str, dict[str, None]] = {}
    for source, target in pairs:
        found.setdefault(source, {})[target] = None
    return {source: tuple(targets) for source, targets in found.items()}


def reach(starts: Iterable[str], ways: Mapping[str, tuple[str, ...]]) -> set[str]:
    """Everything to which ways lead from the starts, the starts included."""
    found = set(starts)
    open_ends = list(found)
    while open_ends:
        fresh = set(ways.get(open_ends.pop(), ())) - found
        found |= fresh
        open_ends.extend(fresh)
    return found
