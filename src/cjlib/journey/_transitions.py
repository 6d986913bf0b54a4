"""How customers move on: transitions, and the handoffs in which another owner takes over."""

from __future__ import annotations

from datetime import timedelta

import attrs

from ..criteria import Criterion, Known, Term
from . import _fields as f

__all__ = ["TRANSITION_KINDS", "ChecklistItem", "Handoff", "Transition"]

TRANSITION_KINDS = ("advance", "regress", "skip", "reenter", "exit")


@attrs.frozen
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

    id: str = attrs.field(validator=f.identifier)
    label: str = attrs.field(default="", kw_only=True, validator=f.text)
    when: Criterion | None = attrs.field(
        default=None, kw_only=True, converter=f.optional_criterion, validator=f.optional(f.a_criterion)
    )
    attribute: str | None = attrs.field(default=None, kw_only=True, validator=f.optional(f.name))
    required: bool = attrs.field(default=True, kw_only=True, validator=f.boolean)

    def __attrs_post_init__(self) -> None:
        if (self.when is None) == (self.attribute is None):
            field = attrs.fields(ChecklistItem).when
            f.fail(self, field, "either a criterion (when) or a required attribute is needed, one of the two")

    @property
    def criterion(self) -> Criterion:
        """The criterion that ticks the item: ``when``, or that the required attribute is known."""
        return self.when if self.when is not None else Known(Term("attribute", self.attribute))


@attrs.frozen
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

    source: str | None = attrs.field(default=None, kw_only=True, validator=f.optional(f.name))
    target: str | None = attrs.field(default=None, kw_only=True, validator=f.optional(f.name))
    deadline: timedelta | None = attrs.field(
        default=None, kw_only=True, converter=f.period, validator=f.optional(f.longer_than_nothing)
    )
    checklist: tuple[ChecklistItem, ...] = attrs.field(
        default=(), kw_only=True, converter=f.items, validator=f.each(ChecklistItem)
    )


@attrs.frozen
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

    source: str = attrs.field(validator=f.identifier)
    target: str = attrs.field(validator=f.identifier)
    when: Criterion = attrs.field(kw_only=True, converter=f.criterion, validator=f.a_criterion)
    kind: str = attrs.field(default="advance", kw_only=True, validator=f.one_of(*TRANSITION_KINDS))
    reason: str | None = attrs.field(default=None, kw_only=True, validator=f.optional(f.name))
    imposed: bool = attrs.field(default=False, kw_only=True, validator=f.boolean)
    priority: int = attrs.field(default=0, kw_only=True, validator=f.whole(-1_000_000, 1_000_000))
    handoff: Handoff | None = attrs.field(
        default=None, kw_only=True, validator=f.optional(f.instance_of(Handoff))
    )
    label: str = attrs.field(default="", kw_only=True, validator=f.text)

    @property
    def required_items(self) -> tuple[ChecklistItem, ...]:
        """The items of the checklist for which the transition waits."""
        return () if self.handoff is None else tuple(item for item in self.handoff.checklist if item.required)
