"""What is said about places of the map: notes, aims, roles and declared attributes."""

from __future__ import annotations

from datetime import date

import attrs

from . import _fields as f

__all__ = [
    "ATTRIBUTE_GROUPS",
    "ATTRIBUTE_TYPES",
    "EVIDENCE",
    "NOTE_KINDS",
    "SIDES",
    "Aim",
    "Attribute",
    "Note",
    "Role",
]

NOTE_KINDS = ("goal", "thought", "feeling", "action", "pain", "opportunity")
EVIDENCE = ("none", "interview", "survey", "user_test", "social", "analytics", "tickets", "several")
SIDES = ("company", "customer")
ATTRIBUTE_TYPES = ("number", "text", "boolean", "date", "set")
ATTRIBUTE_GROUPS = ("demographic", "firmographic", "technographic", "psychographic", "plan")


@attrs.frozen
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

    kind: str = attrs.field(kw_only=True, validator=f.one_of(*NOTE_KINDS))
    text: str = attrs.field(kw_only=True, validator=f.text)
    emotion: int | None = attrs.field(default=None, kw_only=True, validator=f.optional(f.whole(-2, 2)))
    persona: str | None = attrs.field(default=None, kw_only=True, validator=f.optional(f.identifier))
    channel: str | None = attrs.field(default=None, kw_only=True, validator=f.optional(f.name))
    evidence: str = attrs.field(default="none", kw_only=True, validator=f.one_of(*EVIDENCE))
    effort: float | None = attrs.field(
        default=None, kw_only=True, converter=f.optional_number, validator=f.optional(f.between(0))
    )
    finding: str | None = attrs.field(default=None, kw_only=True, validator=f.optional(f.name))


@attrs.frozen
class Aim:
    """The number that a metric is to reach, by when.

    Attributes:
        metric: the id of the metric.
        value: the number to reach, in the metric's unit.
        by: the day by which it is to be reached.

    >>> Aim(metric="active_users", value=80, by="2027-06-30").by
    datetime.date(2027, 6, 30)
    """

    metric: str = attrs.field(kw_only=True, validator=f.name)
    value: float = attrs.field(kw_only=True, converter=f.number, validator=f.a_number)
    by: date | None = attrs.field(default=None, kw_only=True, converter=f.day, validator=f.optional(f.a_day))


@attrs.frozen
class Role:
    """Who acts, on the company's or the customer's side: CSM, sales, sponsor, end user, decision maker.

    Attributes:
        id: the name under which owners and participants refer to it.
        label: how it is shown.
        side: ``company`` or ``customer``.

    >>> Role("sponsor", label="Executive sponsor", side="customer").side
    'customer'
    """

    id: str = attrs.field(validator=f.identifier)
    label: str = attrs.field(default="", kw_only=True, validator=f.text)
    side: str = attrs.field(default="company", kw_only=True, validator=f.one_of(*SIDES))


@attrs.frozen
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

    id: str = attrs.field(validator=f.name)
    label: str = attrs.field(default="", kw_only=True, validator=f.text)
    type: str = attrs.field(default="text", kw_only=True, validator=f.one_of(*ATTRIBUTE_TYPES))
    unit: str = attrs.field(default="", kw_only=True, validator=f.text)
    group: str | None = attrs.field(
        default=None, kw_only=True, validator=f.optional(f.one_of(*ATTRIBUTE_GROUPS))
    )
    source: str = attrs.field(default="", kw_only=True, validator=f.text)
    options: tuple[str, ...] = attrs.field(
        default=(), kw_only=True, converter=f.names, validator=f.members(f.name)
    )

    def __attrs_post_init__(self) -> None:
        if self.options and self.type not in ("text", "set"):
            field = attrs.fields(Attribute).options
            f.fail(self, field, f"a {self.type} has no options; text and set have")
