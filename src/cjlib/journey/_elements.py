"""The parts of a journey: who, where, when and why, as frozen values."""

from __future__ import annotations

from datetime import timedelta

import attrs

from ..criteria import Criterion
from . import _fields as f
from ._annotations import Aim, Attribute, Note, Role
from ._transitions import ChecklistItem, Handoff, Transition

__all__ = [
    "MODES",
    "SEVERITIES",
    "STAGE_KINDS",
    "VALUE_STEPS",
    "Aim",
    "Attribute",
    "ChecklistItem",
    "Handoff",
    "Milestone",
    "Note",
    "Persona",
    "Role",
    "Signal",
    "Stage",
    "Touchpoint",
    "Transition",
]

STAGE_KINDS = ("prospect", "active", "won", "lost")
VALUE_STEPS = ("defined", "delivered", "realised", "validated", "optimised")
MODES = ("human", "digital", "internal")
SEVERITIES = ("low", "medium", "high", "critical")


@attrs.frozen
class Stage:
    """Where a customer is; exactly one at a time.

    Attributes:
        id: unique among stages and touchpoints.
        label: how it is shown.
        phase: a heading that groups stages; never a place where a customer is.
        kind: ``prospect active won lost``; a lost stage is what churn means.
        owner: the role that answers for it.
        participants: the roles that take part.
        objective: what is to be reached here, in one sentence.
        target: the duration that is fine.
        limit: the duration that must not be exceeded (the SLA).
        aims: the numbers that metrics are to reach here.
        value_step: ``defined delivered realised validated optimised``.
        scorecard: the id of the scorecard by which customers are judged here.
        notes: what people say about it.

    >>> Stage("onboarding", owner="CSM", target="30d", limit="45d").limit
    datetime.timedelta(days=45)
    """

    id: str = attrs.field(validator=f.identifier)
    label: str = attrs.field(default="", kw_only=True, validator=f.text)
    phase: str | None = attrs.field(default=None, kw_only=True, validator=f.optional(f.name))
    kind: str = attrs.field(default="active", kw_only=True, validator=f.one_of(*STAGE_KINDS))
    owner: str | None = attrs.field(default=None, kw_only=True, validator=f.optional(f.name))
    participants: tuple[str, ...] = attrs.field(
        default=(), kw_only=True, converter=f.names, validator=f.members(f.name)
    )
    objective: str = attrs.field(default="", kw_only=True, validator=f.text)
    target: timedelta | None = attrs.field(
        default=None, kw_only=True, converter=f.period, validator=f.optional(f.longer_than_nothing)
    )
    limit: timedelta | None = attrs.field(
        default=None, kw_only=True, converter=f.period, validator=f.optional(f.longer_than_nothing)
    )
    aims: tuple[Aim, ...] = attrs.field(default=(), kw_only=True, converter=f.items, validator=f.each(Aim))
    value_step: str | None = attrs.field(
        default=None, kw_only=True, validator=f.optional(f.one_of(*VALUE_STEPS))
    )
    scorecard: str | None = attrs.field(default=None, kw_only=True, validator=f.optional(f.name))
    notes: tuple[Note, ...] = attrs.field(default=(), kw_only=True, converter=f.items, validator=f.each(Note))


@attrs.frozen
class Touchpoint:
    """Where customer and company meet, in stages, over a channel, human or digital.

    Attributes:
        id: unique among stages and touchpoints.
        label: how it is shown.
        stages: the stages in which it lies.
        after: the touchpoints that normally come before.
        channel: the channel over which it is planned.
        mode: ``human digital internal``; internal ones stand below the line of visibility.
        activities: the events that are this touchpoint.
        owner: the role that answers for it.
        participants: the roles that take part.
        personas: for whom it is; empty, for everyone.
        moment_of_truth: whether much is decided here.
        metrics: how it was really felt.
        effort: the human time that it takes.
        share: the share of customers that is expected to have it, from 0 to 1.
        aims: the numbers that metrics are to reach here.
        notes: what people say about it.

    >>> Touchpoint("kickoff", stages="onboarding", activities="kickoff_held", channel="video").stages
    ('onboarding',)
    """

    id: str = attrs.field(validator=f.identifier)
    label: str = attrs.field(default="", kw_only=True, validator=f.text)
    stages: tuple[str, ...] = attrs.field(
        default=(), kw_only=True, converter=f.names, validator=f.members(f.identifier)
    )
    after: tuple[str, ...] = attrs.field(
        default=(), kw_only=True, converter=f.names, validator=f.members(f.identifier)
    )
    channel: str | None = attrs.field(default=None, kw_only=True, validator=f.optional(f.name))
    mode: str = attrs.field(default="human", kw_only=True, validator=f.one_of(*MODES))
    activities: tuple[str, ...] = attrs.field(
        default=(), kw_only=True, converter=f.names, validator=f.members(f.name)
    )
    owner: str | None = attrs.field(default=None, kw_only=True, validator=f.optional(f.name))
    participants: tuple[str, ...] = attrs.field(
        default=(), kw_only=True, converter=f.names, validator=f.members(f.name)
    )
    personas: tuple[str, ...] = attrs.field(
        default=(), kw_only=True, converter=f.names, validator=f.members(f.identifier)
    )
    moment_of_truth: bool = attrs.field(default=False, kw_only=True, validator=f.boolean)
    metrics: tuple[str, ...] = attrs.field(
        default=(), kw_only=True, converter=f.names, validator=f.members(f.name)
    )
    effort: timedelta | None = attrs.field(
        default=None, kw_only=True, converter=f.period, validator=f.optional(f.longer_than_nothing)
    )
    share: float | None = attrs.field(
        default=None, kw_only=True, converter=f.optional_number, validator=f.optional(f.between(0, 1))
    )
    aims: tuple[Aim, ...] = attrs.field(default=(), kw_only=True, converter=f.items, validator=f.each(Aim))
    notes: tuple[Note, ...] = attrs.field(default=(), kw_only=True, converter=f.items, validator=f.each(Note))


@attrs.frozen
class Milestone:
    """A named criterion whose first moment is recorded, such as the aha moment.

    Attributes:
        id: unique among milestones.
        label: how it is shown.
        when: the criterion.
        value_step: ``defined delivered realised validated optimised``.

    >>> Milestone("aha", when='count("report_shared", ever=True) >= 3', value_step="realised").when
    parse('count("report_shared", ever=True) >= 3')
    """

    id: str = attrs.field(validator=f.identifier)
    label: str = attrs.field(default="", kw_only=True, validator=f.text)
    when: Criterion = attrs.field(kw_only=True, converter=f.criterion, validator=f.a_criterion)
    value_step: str | None = attrs.field(
        default=None, kw_only=True, validator=f.optional(f.one_of(*VALUE_STEPS))
    )


@attrs.frozen
class Signal:
    """A named criterion of which every occurrence is recorded, with the answer that it asks for.

    Attributes:
        id: unique among signals.
        label: how it is shown.
        when: the criterion; the signal is raised when it turns true and ceases when it turns false.
        stages: the stages in which it counts; empty, all.
        severity: ``low medium high critical``.
        owner: the role that answers.
        response: the touchpoint that answers it.
        within: how long the answer may take.

    >>> Signal("silent", when='idle("meeting") >= "30d"', response="call", within="5d").severity
    'medium'
    """

    id: str = attrs.field(validator=f.identifier)
    label: str = attrs.field(default="", kw_only=True, validator=f.text)
    when: Criterion = attrs.field(kw_only=True, converter=f.criterion, validator=f.a_criterion)
    stages: tuple[str, ...] = attrs.field(
        default=(), kw_only=True, converter=f.names, validator=f.members(f.identifier)
    )
    severity: str = attrs.field(default="medium", kw_only=True, validator=f.one_of(*SEVERITIES))
    owner: str | None = attrs.field(default=None, kw_only=True, validator=f.optional(f.name))
    response: str | None = attrs.field(default=None, kw_only=True, validator=f.optional(f.identifier))
    within: timedelta | None = attrs.field(
        default=None, kw_only=True, converter=f.period, validator=f.optional(f.longer_than_nothing)
    )


@attrs.frozen
class Persona:
    """A kind of customer; of several whose criterion holds, the first counts.

    Attributes:
        id: unique among personas.
        label: how it is shown.
        when: who it is, behaviour included; unsaid, everyone whom no earlier persona claims.
        ideal: whether it is an ideal-customer profile.
        triggers: the activities that show that such a customer is in the market.
        channels: the preferred channels.
        notes: goals, thoughts, feelings and pains of the persona.
        aims: the numbers that metrics are to reach for it.
        targets: own targets, stage by stage, in place of the stage's; a mapping is accepted.
        weights: own weights, measure by measure, in place of the scorecard's; a mapping is accepted.

    >>> Persona("enterprise", when='attribute("seats") >= 500', targets={"trial": "60d"}).targets
    (('trial', datetime.timedelta(days=60)),)
    """

    id: str = attrs.field(validator=f.identifier)
    label: str = attrs.field(default="", kw_only=True, validator=f.text)
    when: Criterion | None = attrs.field(
        default=None, kw_only=True, converter=f.optional_criterion, validator=f.optional(f.a_criterion)
    )
    ideal: bool = attrs.field(default=False, kw_only=True, validator=f.boolean)
    triggers: tuple[str, ...] = attrs.field(
        default=(), kw_only=True, converter=f.names, validator=f.members(f.name)
    )
    channels: tuple[str, ...] = attrs.field(
        default=(), kw_only=True, converter=f.names, validator=f.members(f.name)
    )
    notes: tuple[Note, ...] = attrs.field(default=(), kw_only=True, converter=f.items, validator=f.each(Note))
    aims: tuple[Aim, ...] = attrs.field(default=(), kw_only=True, converter=f.items, validator=f.each(Aim))
    targets: tuple[tuple[str, timedelta], ...] = attrs.field(
        default=(), kw_only=True, converter=f.named_durations, validator=f.pairs_of(f.longer_than_nothing)
    )
    weights: tuple[tuple[str, float], ...] = attrs.field(
        default=(), kw_only=True, converter=f.named_numbers, validator=f.pairs_of(f.between(0))
    )
