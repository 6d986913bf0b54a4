"""The parts of a journey: who, where, when and why, as frozen values."""

from __future__ import annotations

from datetime import date, timedelta

import attrs

from ..criteria import Criterion, Known, Term
from . import _fields as f

__all__ = [
    "Aim", "Attribute", "ChecklistItem", "Handoff", "Milestone", "Note", "Persona", "Role", "Signal", "Stage",
    "Touchpoint", "Transition",
]  # fmt: skip

SIDES = ("company", "customer")
ATTRIBUTE_TYPES = ("number", "text", "boolean", "date", "set")
ATTRIBUTE_GROUPS = ("demographic", "firmographic", "technographic", "psychographic", "plan")
NOTE_KINDS = ("goal", "thought", "feeling", "action", "pain", "opportunity")
EVIDENCE = ("none", "interview", "survey", "user_test", "social", "analytics", "tickets", "several")
STAGE_KINDS = ("prospect", "active", "won", "lost")
VALUE_STEPS = ("defined", "delivered", "realised", "validated", "optimised")
MODES = ("human", "digital", "internal")
TRANSITION_KINDS = ("advance", "regress", "skip", "reenter", "exit")
SEVERITIES = ("low", "medium", "high", "critical")


@attrs.frozen(kw_only=True)
class Note:
    """What people say about a place on the map.

    Attributes:
        kind: ``goal thought feeling action pain opportunity``.
        text: what is said, in the customer's words if possible.
        emotion: how it feels, from -2 to +2.
        persona: whose note it is; unsaid, everyone's.
        channel: the channel that it is about.
        evidence: how it is known: ``none interview survey user_test social analytics tickets several``.
        effort: for opportunities, the work that they take, in a unit of the team's choice.
        finding: for opportunities, the kind of finding that they answer.

    >>> Note(kind="feeling", text="lost in the settings", emotion=-1, evidence="interview").emotion
    -1
    """

    kind: str = attrs.field(validator=f.one_of(*NOTE_KINDS))
    text: str = attrs.field(validator=f.text)
    emotion: int | None = attrs.field(default=None, validator=f.optional(f.whole(-2, 2)))
    persona: str | None = attrs.field(default=None, validator=f.optional(f.identifier))
    channel: str | None = attrs.field(default=None, validator=f.optional(f.name))
    evidence: str = attrs.field(default="none", validator=f.one_of(*EVIDENCE))
    effort: float | None = attrs.field(
        default=None, converter=f.optional_number, validator=f.optional(f.between(0))
    )
    finding: str | None = attrs.field(default=None, validator=f.optional(f.name))


@attrs.frozen(kw_only=True)
class Aim:
    """The number that a metric is to reach, by when.

    Attributes:
        metric: the id of the metric.
        value: the number to reach, in the metric's unit.
        by: the day by which it is to be reached.

    >>> Aim(metric="active_users", value=80, by="2027-06-30").by
    datetime.date(2027, 6, 30)
    """

    metric: str = attrs.field(validator=f.name)
    value: float = attrs.field(converter=f.number, validator=f.a_number)
    by: date | None = attrs.field(default=None, converter=f.day, validator=f.optional(f.a_day))


@attrs.frozen(kw_only=True)
class Role:
    """Who acts, on the company's or the customer's side: CSM, sales, sponsor, end user, decision maker.

    Attributes:
        id: the name under which owners and participants refer to it.
        label: how it is shown.
        side: ``company`` or ``customer``.

    >>> Role("sponsor", label="Executive sponsor", side="customer").side
    'customer'
    """

    id: str = attrs.field(validator=f.identifier, kw_only=False)
    label: str = attrs.field(default="", validator=f.text)
    side: str = attrs.field(default="company", validator=f.one_of(*SIDES))


@attrs.frozen(kw_only=True)
class Attribute:
    """A fact about customers that the journey declares, with its type.

    Attributes:
        id: the attribute's name, as it stands in the data.
        label: how it is shown.
        type: ``number text boolean date set``; a set holds several options at once.
        unit: the unit of a number, such as ``EUR`` or ``seats``.
        group: ``demographic firmographic technographic psychographic plan`` (the success plan).
        source: the system that it comes from.
        options: the categories that a text or a set may hold; empty, any.

    >>> Attribute("plan", options=["free", "pro"]).options
    ('free', 'pro')
    """

    id: str = attrs.field(validator=f.name, kw_only=False)
    label: str = attrs.field(default="", validator=f.text)
    type: str = attrs.field(default="text", validator=f.one_of(*ATTRIBUTE_TYPES))
    unit: str = attrs.field(default="", validator=f.text)
    group: str | None = attrs.field(default=None, validator=f.optional(f.one_of(*ATTRIBUTE_GROUPS)))
    source: str = attrs.field(default="", validator=f.text)
    options: tuple[str, ...] = attrs.field(default=(), converter=f.names, validator=f.members(f.name))

    def __attrs_post_init__(self) -> None:
        if self.options and self.type not in ("text", "set"):
            field = attrs.fields(Attribute).options
            f.fail(self, field, f"a {self.type} has no options; text and set have")


@attrs.frozen(kw_only=True)
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
        weights: own weights here, measure by measure, in place of the scorecard's; a mapping is accepted.
        notes: what people say about it.

    >>> Stage("onboarding", owner="CSM", target="30d", limit="45d").limit
    datetime.timedelta(days=45)
    """

    id: str = attrs.field(validator=f.identifier, kw_only=False)
    label: str = attrs.field(default="", validator=f.text)
    phase: str | None = attrs.field(default=None, validator=f.optional(f.name))
    kind: str = attrs.field(default="active", validator=f.one_of(*STAGE_KINDS))
    owner: str | None = attrs.field(default=None, validator=f.optional(f.name))
    participants: tuple[str, ...] = attrs.field(default=(), converter=f.names, validator=f.members(f.name))
    objective: str = attrs.field(default="", validator=f.text)
    target: timedelta | None = attrs.field(default=None, converter=f.period, validator=f.optional(f.positive))
    limit: timedelta | None = attrs.field(default=None, converter=f.period, validator=f.optional(f.positive))
    aims: tuple[Aim, ...] = attrs.field(default=(), converter=f.items, validator=f.each(Aim))
    value_step: str | None = attrs.field(default=None, validator=f.optional(f.one_of(*VALUE_STEPS)))
    scorecard: str | None = attrs.field(default=None, validator=f.optional(f.name))
    weights: tuple[tuple[str, float], ...] = attrs.field(
        default=(), converter=f.named_numbers, validator=f.pairs_of(f.between(0))
    )
    notes: tuple[Note, ...] = attrs.field(default=(), converter=f.items, validator=f.each(Note))


@attrs.frozen(kw_only=True)
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

    id: str = attrs.field(validator=f.identifier, kw_only=False)
    label: str = attrs.field(default="", validator=f.text)
    stages: tuple[str, ...] = attrs.field(default=(), converter=f.names, validator=f.members(f.identifier))
    after: tuple[str, ...] = attrs.field(default=(), converter=f.names, validator=f.members(f.identifier))
    channel: str | None = attrs.field(default=None, validator=f.optional(f.name))
    mode: str = attrs.field(default="human", validator=f.one_of(*MODES))
    activities: tuple[str, ...] = attrs.field(default=(), converter=f.names, validator=f.members(f.name))
    owner: str | None = attrs.field(default=None, validator=f.optional(f.name))
    participants: tuple[str, ...] = attrs.field(default=(), converter=f.names, validator=f.members(f.name))
    personas: tuple[str, ...] = attrs.field(default=(), converter=f.names, validator=f.members(f.identifier))
    moment_of_truth: bool = attrs.field(default=False, validator=f.boolean)
    metrics: tuple[str, ...] = attrs.field(default=(), converter=f.names, validator=f.members(f.name))
    effort: timedelta | None = attrs.field(default=None, converter=f.period, validator=f.optional(f.positive))
    share: float | None = attrs.field(
        default=None, converter=f.optional_number, validator=f.optional(f.between(0, 1))
    )
    aims: tuple[Aim, ...] = attrs.field(default=(), converter=f.items, validator=f.each(Aim))
    notes: tuple[Note, ...] = attrs.field(default=(), converter=f.items, validator=f.each(Note))


@attrs.frozen(kw_only=True)
class ChecklistItem:
    """What must be true, or documented, before another owner takes over.

    Attributes:
        id: unique within its checklist.
        label: how it is shown.
        when: the criterion that ticks it; or
        attribute: the attribute that must be known.
        required: whether the transition waits for it; an optional item is recorded only.

    >>> ChecklistItem("sponsor", attribute="sponsor").criterion
    parse('known(attribute("sponsor"))')
    """

    id: str = attrs.field(validator=f.identifier, kw_only=False)
    label: str = attrs.field(default="", validator=f.text)
    when: Criterion | None = attrs.field(
        default=None, converter=f.optional_criterion, validator=f.optional(f.a_criterion)
    )
    attribute: str | None = attrs.field(default=None, validator=f.optional(f.name))
    required: bool = attrs.field(default=True, validator=f.boolean)

    def __attrs_post_init__(self) -> None:
        if (self.when is None) == (self.attribute is None):
            field = attrs.fields(ChecklistItem).when
            f.fail(self, field, "either a criterion (when) or a required attribute is needed, one of the two")

    @property
    def criterion(self) -> Criterion:
        """The criterion that ticks the item: ``when``, or that the required attribute is known."""
        return self.when if self.when is not None else Known(Term("attribute", self.attribute))


@attrs.frozen(kw_only=True)
class Handoff:
    """The part of a transition in which another owner takes over.

    Attributes:
        source: the role that hands over (``from`` in files); unsaid, the owner of the stage.
        target: the role that takes over (``to`` in files); unsaid, the owner of the next stage.
        deadline: how long it may take from its start.
        checklist: what must be true or documented.

    >>> Handoff(source="sales", target="CSM", deadline="5d").deadline
    datetime.timedelta(days=5)
    """

    source: str | None = attrs.field(default=None, validator=f.optional(f.name))
    target: str | None = attrs.field(default=None, validator=f.optional(f.name))
    deadline: timedelta | None = attrs.field(
        default=None, converter=f.period, validator=f.optional(f.positive)
    )
    checklist: tuple[ChecklistItem, ...] = attrs.field(
        default=(), converter=f.items, validator=f.each(ChecklistItem)
    )


@attrs.frozen(kw_only=True)
class Transition:
    """A permitted move between stages, with its criterion.

    Attributes:
        source: the id of the stage that is left.
        target: the id of the stage that is entered.
        when: the criterion; only where it is true the transition opens.
        kind: ``advance regress skip reenter exit``.
        reason: why customers take it, for exits: budget, product, job change, ...
        imposed: whether it is imposed on the customer rather than the customer's own decision.
        priority: among transitions that open at one instant the largest wins, then the order written.
        handoff: what another owner needs before taking over.
        label: how it is shown.

    >>> Transition("trial", "active", when='happened("first_login") and last("seats") >= 3').target
    'active'
    """

    source: str = attrs.field(validator=f.identifier, kw_only=False)
    target: str = attrs.field(validator=f.identifier, kw_only=False)
    when: Criterion = attrs.field(converter=f.criterion, validator=f.a_criterion)
    kind: str = attrs.field(default="advance", validator=f.one_of(*TRANSITION_KINDS))
    reason: str | None = attrs.field(default=None, validator=f.optional(f.name))
    imposed: bool = attrs.field(default=False, validator=f.boolean)
    priority: int = attrs.field(default=0, validator=f.whole(-1_000_000, 1_000_000))
    handoff: Handoff | None = attrs.field(default=None, validator=f.optional(f.instance_of(Handoff)))
    label: str = attrs.field(default="", validator=f.text)

    @property
    def required_items(self) -> tuple[ChecklistItem, ...]:
        """The items of the checklist for which the transition waits."""
        return () if self.handoff is None else tuple(item for item in self.handoff.checklist if item.required)


@attrs.frozen(kw_only=True)
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

    id: str = attrs.field(validator=f.identifier, kw_only=False)
    label: str = attrs.field(default="", validator=f.text)
    when: Criterion = attrs.field(converter=f.criterion, validator=f.a_criterion)
    value_step: str | None = attrs.field(default=None, validator=f.optional(f.one_of(*VALUE_STEPS)))


@attrs.frozen(kw_only=True)
class Signal:
    """A named criterion of which every occurrence is recorded, with the answer that it asks for.

    It is read over the customer's whole history, not over a visit: ``count("x")`` is the number of all x so
    far and ``dwell()`` the customer's age, whatever ``stages`` says. So is a milestone.

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

    id: str = attrs.field(validator=f.identifier, kw_only=False)
    label: str = attrs.field(default="", validator=f.text)
    when: Criterion = attrs.field(converter=f.criterion, validator=f.a_criterion)
    stages: tuple[str, ...] = attrs.field(default=(), converter=f.names, validator=f.members(f.identifier))
    severity: str = attrs.field(default="medium", validator=f.one_of(*SEVERITIES))
    owner: str | None = attrs.field(default=None, validator=f.optional(f.name))
    response: str | None = attrs.field(default=None, validator=f.optional(f.identifier))
    within: timedelta | None = attrs.field(default=None, converter=f.period, validator=f.optional(f.positive))


@attrs.frozen(kw_only=True)
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

    id: str = attrs.field(validator=f.identifier, kw_only=False)
    label: str = attrs.field(default="", validator=f.text)
    when: Criterion | None = attrs.field(
        default=None, converter=f.optional_criterion, validator=f.optional(f.a_criterion)
    )
    ideal: bool = attrs.field(default=False, validator=f.boolean)
    triggers: tuple[str, ...] = attrs.field(default=(), converter=f.names, validator=f.members(f.name))
    channels: tuple[str, ...] = attrs.field(default=(), converter=f.names, validator=f.members(f.name))
    notes: tuple[Note, ...] = attrs.field(default=(), converter=f.items, validator=f.each(Note))
    aims: tuple[Aim, ...] = attrs.field(default=(), converter=f.items, validator=f.each(Aim))
    targets: tuple[tuple[str, timedelta], ...] = attrs.field(
        default=(), converter=f.named_durations, validator=f.pairs_of(f.positive)
    )
    weights: tuple[tuple[str, float], ...] = attrs.field(
        default=(), converter=f.named_numbers, validator=f.pairs_of(f.between(0))
    )
