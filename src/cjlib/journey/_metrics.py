"""What is measured: a number, or a category, per customer and moment."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from functools import lru_cache
from typing import Any

import attrs

from ..errors import did_you_mean
from . import _fields as f

__all__ = ["AGGREGATES", "DURATION_UNITS", "KEY_FIGURES", "Metric", "anchor_of"]

KEY_FIGURES = (
    "nps", "csat", "ces", "retention", "churn", "repurchase", "abandonment", "activation", "cross_sell",
    "mrr", "arr", "grr", "nrr", "clv", "referrals",
)  # fmt: skip  # what cj.kpis computes: aims may name them

EVENT_AGGREGATES = (
    "count", "sum", "mean", "min", "max", "last", "first", "distinct_days", "days_since", "distinct_actors",
    "share", "nps", "trend", "change",
)  # fmt: skip
ATTRIBUTE_AGGREGATES = ("value", "until", "days_since", "change")
VISIT_AGGREGATES = ("stage", "time_in_stage", "visits", "entered", "days_since")
AGGREGATES = {
    "event": EVENT_AGGREGATES,
    "attribute": ATTRIBUTE_AGGREGATES,
    "visit": VISIT_AGGREGATES,
    "ratio": ("ratio",),
    "elapsed": ("elapsed",),
}
USUAL = {"event": "count", "attribute": "value", "visit": "visits", "ratio": "ratio", "elapsed": "elapsed"}
CHANGES_OF = (
    "count", "sum", "mean", "min", "max", "last", "first", "distinct_days", "distinct_actors", "share", "nps",
    "trend",
)  # fmt: skip
PAIRS = ("first", "last", "mean")
WINDOWED = frozenset({*EVENT_AGGREGATES, "time_in_stage", "visits", "entered", "elapsed"})
DURATIONS = frozenset({"days_since", "time_in_stage", "until", "elapsed"})
DURATION_UNITS = {"s": 1 / 86_400, "min": 1 / 1_440, "h": 1 / 24, "d": 1.0, "w": 7.0}
ANCHORS = ("activity", "milestone", "attribute", "stage")


def _pair(value: Any) -> Any:
    return tuple(value) if isinstance(value, Iterable) and not isinstance(value, (str, bytes)) else value


def _span(value: Any) -> Any:
    pair = _pair(value)
    return tuple(map(f.number, pair)) if isinstance(pair, tuple) else pair


def _two(validator: f.Validator) -> f.Validator:
    def check(instance: Any, field: Any, value: Any) -> None:
        if not isinstance(value, tuple) or len(value) != 2:
            f.fail(instance, field, f"two entries were expected, not {f.shown(value)}")
        for entry in value:
            validator(instance, field, entry)

    check.inner = validator  # type: ignore[attr-defined]
    return check


def _zone(instance: Any, field: Any, value: Any) -> None:
    f.name(instance, field, value)
    if not _is_zone(value):
        known = zoneinfo.available_timezones()
        f.fail(instance, field, f"unknown time zone {f.shown(value)}{did_you_mean(value, known)}", "CJ004")


@lru_cache(maxsize=256)
def _is_zone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _said_source(metric: Metric) -> str | None:
    """The source that the fields speak of, if they do."""
    given = {
        "ratio": metric.ratio, "elapsed": metric.start or metric.end, "attribute": metric.attribute,
        "visit": metric.visit,
    }  # fmt: skip
    return next((source for source, value in given.items() if value is not None), None)


def _usual_aggregate(metric: Metric) -> str:
    return USUAL[_said_source(metric) or "event"]


def _usual_of(metric: Metric) -> str | None:
    if metric.aggregate == "elapsed":
        return "first"
    return "count" if metric.aggregate == "change" and metric.attribute is None else None


def _usual_unit(metric: Metric) -> str:
    return "d" if metric.aggregate in DURATIONS else ""


_own: Callable[..., Any] = attrs.Factory  # a default that reads the fields before it


@attrs.frozen(kw_only=True)
class Metric:
    """A number (or a category) per customer and moment, computed from events, attributes or visits.

    All aggregates look at what was known at the moment t: events with time ≤ t (and recorded ≤ t), in the
    window (t − window, t] if there is one, else all. Counts and sums are 0 where there is nothing, all
    else is NaN. *Values* are the values of events that have one.

    From **events** (``activity``, or ``touchpoint``, or neither for all events; ``channel`` narrows them):

    =================== ==============================================================================
    ``count``           events (the usual aggregate)
    ``sum`` ``mean``    of the values
    ``min`` ``max``     of the values
    ``last`` ``first``  the value of the latest, of the earliest event that has one
    ``distinct_days``   calendar days with an event, in ``zone``
    ``distinct_actors`` different actors
    ``days_since``      time since the latest event
    ``share``           with ``between=(low, high)``: share of the values with low ≤ value ≤ high;
                        without: these events over all events of the customer in the window
    ``nps``             net promoter score, −100 to 100: % of values 9 to 10 minus % of values 0 to 6;
                        values outside 0 to 10 are no answers
    ``trend``           least-squares slope of value on time, per day; two distinct times at least
    ``change``          this window minus the one before it, of the aggregate ``of``
    =================== ==============================================================================

    The activity ``@seats`` stands for the changes of the attribute ``seats`` from one known value to another.

    From an **attribute**: ``value`` (number, category; true and false are 1 and 0), ``until`` (a date minus
    t) and ``days_since`` (t minus a date), ``change`` (the number now minus the number a window ago).

    From **visits**, which needs ``journey=`` in the call: ``stage`` (the current one, a category),
    ``time_in_stage`` (the current visit's time so far; with ``visit``: time in that stage altogether, in the
    window), ``visits`` (visits begun), ``entered`` (1 if a visit began, else 0), ``days_since`` (since the
    latest entry); ``visit`` names the stage, unsaid: any.

    **Derived**: ``ratio=(x, y)`` of two metrics or attributes, NaN where y is 0; ``start`` and ``end`` for
    the time from one to the other. Each names an activity or, with a prefix, ``milestone:aha``,
    ``attribute:signed_on`` (a date) or ``stage:care`` (the entry). ``of`` says which pair: the ``first``
    start in the window and the first end at or after it, the same for the ``last`` start, or the ``mean``
    over the pairs that ended in the window. An end of the same name as the start is a later event. Unknown
    where the start is missing; *open*, which a snapshot tells apart, where the end is. A date after t has not
    come yet. Milestones and dates come once, so such an end may lie before the start (a negative time).

    Attributes:
        id: the name by which scorecards, aims and snapshots know the metric.
        label: what people read.
        description: what it tells, and why it matters.
        aggregate: see above; unsaid, what is usual of the source: ``count``, ``value``, ``visits``,
            ``ratio``, ``elapsed``.
        activity: the name of the events; None with a touchpoint or for all events.
        touchpoint: the touchpoint whose events these are.
        channel: only events over this channel.
        attribute: the attribute that is read.
        visit: the stage whose visits these are.
        of: what ``change`` compares (unsaid: ``count``), or which pair is timed (unsaid: ``first``).
        window: a duration such as ``"30d"``; None: the whole past.
        unit: of the number. Times are in ``d`` (days) unless it says ``s``, ``min``, ``h`` or ``w``.
        direction: ``up`` or ``down``, whichever is good; None if neither.
        zone: the time zone of ``distinct_days``.
        between: the range of ``share``, both ends included.
        ratio: ids of metrics or names of attributes: numerator, denominator. A metric goes first.
        start: where the time begins.
        end: where the time ends.
        source: ``event``, ``attribute``, ``visit``, ``ratio`` or ``elapsed``, which follows from the rest.

    Raises:
        DefinitionError: with all that is wrong with it.

    >>> Metric("logins", activity="login", window="30d", direction="up").aggregate
    'count'
    >>> Metric("seats_used", ratio=("seats_in_use", "seats_bought")).source
    'ratio'
    >>> Metric("first_answer", start="ticket", end="answer", unit="h", direction="down").of
    'first'
    """

    id: str = attrs.field(validator=f.identifier, kw_only=False)
    label: str = attrs.field(default="", validator=f.text)
    description: str = attrs.field(default="", validator=f.text)
    activity: str | None = attrs.field(default=None, validator=f.optional(f.name))
    touchpoint: str | None = attrs.field(default=None, validator=f.optional(f.identifier))
    channel: str | None = attrs.field(default=None, validator=f.optional(f.name))
    attribute: str | None = attrs.field(default=None, validator=f.optional(f.name))
    visit: str | None = attrs.field(default=None, validator=f.optional(f.identifier))
    ratio: tuple[str, str] | None = attrs.field(
        default=None, converter=_pair, validator=f.optional(_two(f.name))
    )
    start: str | None = attrs.field(default=None, validator=f.optional(f.name))
    end: str | None = attrs.field(default=None, validator=f.optional(f.name))
    aggregate: str = attrs.field(
        default=_own(_usual_aggregate, takes_self=True),
        validator=f.one_of(*dict.fromkeys(name for names in AGGREGATES.values() for name in names)),
    )
    of: str | None = attrs.field(
        default=_own(_usual_of, takes_self=True),
        validator=f.optional(f.one_of(*CHANGES_OF)),
    )
    window: timedelta | None = attrs.field(default=None, converter=f.period, validator=f.optional(f.positive))
    between: tuple[float, float] | None = attrs.field(
        default=None, converter=_span, validator=f.optional(_two(f.a_number))
    )
    unit: str = attrs.field(default=_own(_usual_unit, takes_self=True), validator=f.text)
    direction: str | None = attrs.field(default=None, validator=f.optional(f.one_of("up", "down")))
    zone: str = attrs.field(default="UTC", validator=_zone)

    def __attrs_post_init__(self) -> None:
        f.contradiction(self, _contradictions(self))

    @property
    def source(self) -> str:
        """What the metric is computed from: ``event``, ``attribute``, ``visit``, ``ratio`` or ``elapsed``."""
        only = (
            source
            for source in ("visit", "ratio", "elapsed", "attribute")
            if self.aggregate in AGGREGATES[source] and self.aggregate not in EVENT_AGGREGATES
        )
        return _said_source(self) or next(only, "event")

    @property
    def is_category(self) -> bool | None:
        """Whether it is a category; None where the attribute's type decides."""
        return None if self.aggregate == "value" else self.aggregate == "stage"

    @property
    def activities(self) -> tuple[str, ...]:
        """The activities that the metric names itself (those of a touchpoint not included)."""
        anchors = [anchor_of(text) for text in (self.start, self.end) if text is not None]
        named = [self.activity] if self.activity is not None else []
        return tuple(dict.fromkeys([*named, *(name for kind, name in anchors if kind == "activity")]))

    @property
    def attributes(self) -> tuple[str, ...]:
        """The attributes that the metric names itself (a ratio's, which may be metrics, not included)."""
        anchors = [anchor_of(text) for text in (self.start, self.end) if text is not None]
        named = [self.attribute] if self.attribute is not None else []
        changed = [name[1:] for name in self.activities if name.startswith("@")]
        dates = [name for kind, name in anchors if kind == "attribute"]
        return tuple(dict.fromkeys([*named, *changed, *dates]))

    @property
    def needs_journey(self) -> bool:
        """Whether it can be computed only along a journey: visits, milestones, touchpoints."""
        anchors = {anchor_of(text)[0] for text in (self.start, self.end) if text is not None}
        return self.source == "visit" or self.touchpoint is not None or bool({"milestone", "stage"} & anchors)


def anchor_of(text: str) -> tuple[str, str]:
    """The kind and the name of what ``start`` or ``end`` says.

    >>> anchor_of("ticket"), anchor_of("milestone:aha")
    (('activity', 'ticket'), ('milestone', 'aha'))
    """
    kind, colon, name = text.partition(":")
    return (kind, name) if colon and kind in ANCHORS else ("activity", text)


def _contradictions(metric: Metric) -> Iterator[tuple[str, str]]:
    """Fields that do not go together, each with the reason."""
    yield from _several_sources(metric)
    allowed = AGGREGATES[metric.source]
    if metric.aggregate not in allowed:
        hint = f"from {_noun(metric)}: {', '.join(allowed)}"
        yield "aggregate", f"{metric.aggregate} makes no sense here; {hint}"
        return
    yield from _anchors(metric)
    yield from _window(metric)
    yield from _options(metric)


def _noun(metric: Metric) -> str:
    return {"elapsed": "start and end", "ratio": "a ratio"}.get(metric.source, f"{metric.source}s")


def _several_sources(metric: Metric) -> Iterator[tuple[str, str]]:
    given = {
        "activity": metric.activity, "touchpoint": metric.touchpoint, "attribute": metric.attribute,
        "visit": metric.visit, "ratio": metric.ratio, "start and end": metric.start or metric.end,
    }  # fmt: skip
    named = [name for name, value in given.items() if value is not None]
    if len(named) > 1:
        yield named[1], f"{' and '.join(named)} exclude each other: a metric has one source"
    if metric.channel is not None and (metric.source != "event" or (metric.activity or "").startswith("@")):
        yield "channel", "only events of the log come over a channel"
    if metric.source == "attribute" and metric.attribute is None:
        yield "attribute", f"{metric.aggregate} needs attribute=..."
    if metric.source == "ratio" and metric.ratio is None:
        yield "ratio", "ratio=(numerator, denominator) is missing"
    if metric.ratio is not None and metric.id in metric.ratio:
        yield "ratio", f"{metric.id!r} is this very metric; give it another id than the attribute's name"


def _anchors(metric: Metric) -> Iterator[tuple[str, str]]:
    if metric.source != "elapsed":
        return
    for field in ("start", "end"):
        text = getattr(metric, field)
        if text is None:
            yield field, f"the time from start to end needs {field}=..."
        elif not anchor_of(text)[1].strip():
            yield field, f"{text!r} names nothing"
        elif anchor_of(text)[0] == "activity" and anchor_of(text)[1].startswith("@"):
            yield field, "a change of an attribute cannot be timed; name the date attribute as attribute:name"
    if metric.of == "mean" and any(anchor_of(t)[0] != "activity" for t in (metric.start, metric.end) if t):
        yield "of", "the mean is over pairs of activities; milestones and dates come once"


def _window(metric: Metric) -> Iterator[tuple[str, str]]:
    if metric.aggregate == "change" and metric.window is None:
        yield "window", "change compares a window with the one before it: say which, such as window='30d'"
    if metric.window is None:
        return
    takes = metric.aggregate in WINDOWED and (metric.source != "attribute" or metric.aggregate == "change")
    if not takes or (metric.aggregate == "time_in_stage" and metric.visit is None):
        yield "window", f"{metric.aggregate} from {_noun(metric)} takes no window"


def _options(metric: Metric) -> Iterator[tuple[str, str]]:
    counts_days = "distinct_days" in (metric.aggregate, metric.of)
    if metric.zone != "UTC" and not counts_days:
        yield "zone", "only distinct_days depends on a time zone"
    shares = "share" in (metric.aggregate, metric.of)
    narrowed = (metric.activity, metric.touchpoint, metric.channel) != (None, None, None)
    if metric.between is not None and not shares:
        yield "between", "only share takes a range"
    if metric.between is not None and metric.between[0] > metric.between[1]:
        yield "between", f"the range is empty: {metric.between[0]:g} is more than {metric.between[1]:g}"
    if shares and metric.between is None and not narrowed:
        yield "aggregate", "the share of what? Say activity, touchpoint, channel or between"
    if shares and metric.between is None and (metric.activity or "").startswith("@"):
        yield "activity", "changes of attributes are no share of the events"
    yield from _of(metric)
    if metric.aggregate in DURATIONS and metric.unit not in DURATION_UNITS:
        yield "unit", f"a time is in {', '.join(DURATION_UNITS)}, not {metric.unit!r}"


def _of(metric: Metric) -> Iterator[tuple[str, str]]:
    if metric.aggregate == "elapsed":
        if metric.of not in PAIRS:
            yield "of", f"one of {', '.join(PAIRS)} was expected, not {metric.of!r}"
    elif metric.aggregate == "change" and metric.source == "event":
        if metric.of is None:
            yield "of", f"the change of what? One of {', '.join(CHANGES_OF)}"
    elif metric.of is not None:
        yield "of", f"{metric.aggregate} from {_noun(metric)} takes no 'of'"
