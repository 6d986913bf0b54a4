"""The fields of a journey, and how a part is found by its id."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from functools import cached_property
from typing import TypeVar

import attrs

from ..errors import UnknownNameError
from . import _fields as f
from ._elements import (
    Aim,
    Attribute,
    Milestone,
    Persona,
    Role,
    Signal,
    Stage,
    Touchpoint,
    Transition,
)
from ._metrics import Metric
from ._scorecards import Scorecard

__all__ = ["HEAD", "LISTS", "Definition"]

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

Part = TypeVar("Part", Role, Attribute, Stage, Touchpoint, Milestone, Signal, Persona, Metric, Scorecard)


def _first_stage(definition: Definition) -> str:
    first = definition.stages[:1] if isinstance(definition.stages, tuple) else ()
    return first[0].id if first and isinstance(first[0], Stage) else ""


@attrs.frozen
class Definition:
    """What a journey holds; :class:`Journey` adds the checks and what follows from them."""

    name: str = attrs.field(validator=f.name)
    version: str = attrs.field(default="1", kw_only=True, validator=f.name)
    description: str = attrs.field(default="", kw_only=True, validator=f.text)
    start: str | None = attrs.field(default=None, kw_only=True, validator=f.optional(f.name))
    owner: str | None = attrs.field(default=None, kw_only=True, validator=f.optional(f.name))
    aims: tuple[Aim, ...] = attrs.field(default=(), kw_only=True, converter=f.items, validator=f.each(Aim))
    reviewed: date | None = attrs.field(
        default=None, kw_only=True, converter=f.day, validator=f.optional(f.a_day)
    )
    review_every: timedelta | None = attrs.field(
        default=None, kw_only=True, converter=f.period, validator=f.optional(f.longer_than_nothing)
    )
    activities: tuple[str, ...] = attrs.field(
        default=(), kw_only=True, converter=f.names, validator=f.members(f.name)
    )
    roles: tuple[Role, ...] = attrs.field(default=(), kw_only=True, converter=f.items, validator=f.each(Role))
    attributes: tuple[Attribute, ...] = attrs.field(
        default=(), kw_only=True, converter=f.items, validator=f.each(Attribute)
    )
    stages: tuple[Stage, ...] = attrs.field(
        default=(), kw_only=True, converter=f.items, validator=f.each(Stage)
    )
    touchpoints: tuple[Touchpoint, ...] = attrs.field(
        default=(), kw_only=True, converter=f.items, validator=f.each(Touchpoint)
    )
    transitions: tuple[Transition, ...] = attrs.field(
        default=(), kw_only=True, converter=f.items, validator=f.each(Transition)
    )
    milestones: tuple[Milestone, ...] = attrs.field(
        default=(), kw_only=True, converter=f.items, validator=f.each(Milestone)
    )
    signals: tuple[Signal, ...] = attrs.field(
        default=(), kw_only=True, converter=f.items, validator=f.each(Signal)
    )
    personas: tuple[Persona, ...] = attrs.field(
        default=(), kw_only=True, converter=f.items, validator=f.each(Persona)
    )
    metrics: tuple[Metric, ...] = attrs.field(
        default=(), kw_only=True, converter=f.items, validator=f.each(Metric)
    )
    scorecards: tuple[Scorecard, ...] = attrs.field(
        default=(), kw_only=True, converter=f.items, validator=f.each(Scorecard)
    )
    initial: str = attrs.field(
        default=attrs.Factory(_first_stage, takes_self=True), kw_only=True, validator=f.optional(f.text)
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
        start = self.stage(id).id
        found, open_ends = {start}, [start]
        while open_ends:
            source = open_ends.pop()
            targets = {move.target for move in self.transitions if move.source == source} - found
            found |= targets
            open_ends.extend(targets)
        return tuple(stage.id for stage in self.stages if stage.id in found - {start})


def _find(parts: Iterable[Part], what: str, id: str) -> Part:
    for part in parts:
        if part.id == id:
            return part
    raise UnknownNameError(what, id, [part.id for part in parts])
