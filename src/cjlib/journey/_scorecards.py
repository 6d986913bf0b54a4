"""By what a customer's health is judged: scorecards of groups of weighted measures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

import attrs

from ..errors import UnknownNameError
from . import _fields as f
from .curves import CURVES, EDGE_SIDES, Curve

__all__ = ["COMBINATIONS", "MISSING_POLICIES", "Bands", "Group", "Measure", "Scorecard"]

COMBINATIONS = ("mean", "sum", "worst")
MISSING_POLICIES = ("ignore", "neutral", "worst", "prior", "propagate")
STALE_POLICIES = ("missing", "neutral", "worst")
PULSE_USES = ("veto", "adjustment")
FACES = ("success", "experience")
SMALLEST_WEIGHT = 1e-9
LARGEST_WEIGHT = 1e9


def _weight(instance: Any, field: Any, value: Any) -> None:
    f.between(0.0)(instance, field, value)
    if value and not SMALLEST_WEIGHT <= value <= LARGEST_WEIGHT:
        between = f"0, or from {SMALLEST_WEIGHT:g} to {LARGEST_WEIGHT:g}"
        f.fail(instance, field, f"a weight is {between}, not {value:g}")


def _a_curve(instance: Any, field: Any, value: Any) -> None:
    if not isinstance(value, CURVES):
        known = ", ".join(kind.kind for kind in CURVES)
        f.fail(instance, field, f"one of cj.curves ({known}) was expected, not {f.shown(value)}")


def _doubled(elements: Iterable[Any]) -> Iterator[str]:
    seen: set[str] = set()
    for element in elements:
        if element.id in seen:
            yield element.id
        seen.add(element.id)


@attrs.frozen(kw_only=True)
class Bands:
    """Names for the ranges of a score, such as red, yellow and green.

    Attributes:
        labels: from the lowest range to the highest.
        edges: where one range ends and the next begins, rising: one less than labels. A score within 1e-9
            of an edge counts as on it.
        at_edge: the range that an edge itself belongs to: the ``upper`` or the ``lower`` one.
        margin: in a panel, how far beyond an edge a score must go before the customer changes its band (see
            :func:`cj.score_panel <cjlib.score_panel>`); 0: not at all.

    >>> Bands(("red", "yellow", "green"), edges=(50, 75), at_edge="lower").edges
    (50.0, 75.0)
    """

    labels: tuple[str, ...] = attrs.field(converter=f.names, validator=f.members(f.name), kw_only=False)
    edges: tuple[float, ...] = attrs.field(converter=f.numbers, validator=f.rising(f.a_score))
    at_edge: str = attrs.field(default="upper", validator=f.one_of(*EDGE_SIDES))
    margin: float = attrs.field(default=0.0, converter=f.number, validator=f.between(0.0, f.LARGEST_SCORE))

    def __attrs_post_init__(self) -> None:
        if len(self.labels) != len(self.edges) + 1:
            expected = f"{len(self.edges)} edges make {len(self.edges) + 1} ranges"
            f.contradiction(self, [("labels", f"{expected}, but there are {len(self.labels)} labels")])


@attrs.frozen(kw_only=True)
class Measure:
    """One metric, mapped through a curve to a score, and how much it counts.

    Attributes:
        id: unique in its scorecard; the name of its part of the score.
        label: how it is shown.
        metric: the id of the metric that it reads.
        curve: from the metric to a score (in a sum: to points), one of :mod:`cj.curves <cjlib.curves>`.
        weight: how much it counts among the measures of its group (in a sum: the factor of its points); 0
            switches it off.
        missing: what happens where the metric is missing: ``ignore`` (leave it out: in a mean the others
            share its weight, in a sum it adds nothing), ``neutral`` (the middle; in a sum nothing), ``worst``
            (the lowest score of its curve), ``prior``, ``propagate`` (no score at all). Unsaid: as the
            scorecard says.
        prior: the score that ``missing="prior"`` assumes.
        valid_for: how old the evidence may be; what is older counts for nothing.
        half_life: after how long the evidence counts for half, after twice that for a quarter.
        stale: what takes the place of evidence that counts for nothing, and the rest of evidence that counts
            for less: it is ``missing`` (as ``missing`` says: under ``ignore`` the weight goes to the others),
            or assumed to be ``neutral`` or ``worst``.
        effort: what it takes to move the score over the whole span of the curve, part of the way in
            proportion, in a unit of the team's choice; unsaid: nobody can act on it.

    >>> from cjlib import curves
    >>> Measure("tickets", metric="tickets_30d", curve=curves.linear(10, 0), weight=30).missing is None
    True
    """

    id: str = attrs.field(validator=f.identifier, kw_only=False)
    label: str = attrs.field(default="", validator=f.text)
    metric: str = attrs.field(validator=f.name)
    curve: Curve = attrs.field(validator=_a_curve)
    weight: float = attrs.field(default=1.0, converter=f.number, validator=_weight)
    missing: str | None = attrs.field(default=None, validator=f.optional(f.one_of(*MISSING_POLICIES)))
    prior: float | None = attrs.field(
        default=None, converter=f.optional_number, validator=f.optional(f.a_score)
    )
    valid_for: timedelta | None = attrs.field(
        default=None, converter=f.period, validator=f.optional(f.positive)
    )
    half_life: timedelta | None = attrs.field(
        default=None, converter=f.period, validator=f.optional(f.positive)
    )
    stale: str = attrs.field(default="missing", validator=f.one_of(*STALE_POLICIES))
    effort: float | None = attrs.field(
        default=None, converter=f.optional_number, validator=f.optional(f.between(0, f.LARGEST_SCORE))
    )

    @property
    def can_fade(self) -> bool:
        """Whether the age of its evidence matters."""
        return self.valid_for is not None or self.half_life is not None

    def __attrs_post_init__(self) -> None:
        if self.missing == "prior" and self.prior is None:
            f.contradiction(self, [("prior", "missing='prior' needs the score to assume, prior=...")])


@attrs.frozen(kw_only=True)
class Group:
    """Measures that belong together.

    Attributes:
        id: unique in its scorecard.
        label: how it is shown.
        weight: how much it counts among the groups (in a sum: the factor of its points); 0 switches it off.
        measures: what it consists of.
        combine: ``mean`` (weighted), ``sum`` (of points) or ``worst``; unsaid: as the scorecard.
        minimum: the group's score or points never count for less.
        maximum: the group's score or points never count for more.

    >>> from cjlib import curves
    >>> logins = Measure("logins", metric="logins_30d", curve=curves.steps((1,), (-2, 2)))
    >>> Group("usage", combine="sum", maximum=3, measures=[logins]).measures[0].id
    'logins'
    """

    id: str = attrs.field(validator=f.identifier, kw_only=False)
    label: str = attrs.field(default="", validator=f.text)
    weight: float = attrs.field(default=1.0, converter=f.number, validator=_weight)
    measures: tuple[Measure, ...] = attrs.field(converter=f.items, validator=f.each(Measure))
    combine: str | None = attrs.field(default=None, validator=f.optional(f.one_of(*COMBINATIONS)))
    minimum: float | None = attrs.field(
        default=None, converter=f.optional_number, validator=f.optional(f.a_score)
    )
    maximum: float | None = attrs.field(
        default=None, converter=f.optional_number, validator=f.optional(f.a_score)
    )

    def __attrs_post_init__(self) -> None:
        f.contradiction(self, _group_problems(self))


def _group_problems(group: Group) -> Iterator[tuple[str, str]]:
    if not group.measures:
        yield "measures", "there is no measure in it"
    elif not any(measure.weight for measure in group.measures):
        yield "measures", "all weights are 0, so none of the measures would count"
    if group.minimum is not None and group.maximum is not None and group.minimum >= group.maximum:
        yield "maximum", f"the maximum {group.maximum:g} must be above the minimum {group.minimum:g}"


@attrs.frozen(kw_only=True)
class Scorecard:
    """How measures become one score: groups, weights, what missing evidence means, and bands.

    Attributes:
        id: by which stages refer to it.
        label: how it is shown.
        scale: the lowest and the highest score; what lies beyond is cut, and shown as a part of its own.
        combine: how the groups make the score: their weighted ``mean``, the ``sum`` of their points, or the
            ``worst`` of them. Groups that say nothing combine their measures likewise.
        start: where a sum of points begins; unsaid: 0.
        neutral: the score that says neither good nor bad; unsaid: the middle of the scale.
        missing: what missing metrics mean where the measure does not say (see :class:`Measure`).
        groups: what it consists of.
        bands: names for the ranges of the score.
        decimals: to how many decimals the score is rounded, halves upwards; unsaid: not at all.
        face: ``success`` (facts and value: undefined for prospects) or ``experience`` (what customers feel:
            from the first contact on); unsaid: both in one.
        pulse: what people who know the customer say, in a measure of its own outside the groups; where nobody
            has said anything, it changes nothing.
        pulse_as: ``veto`` (the score is never above that of the pulse) or ``adjustment`` (the points of its
            curve are added; the span of the curve is the bound). A pulse that is evidence like any other is a
            measure of a group instead.

    Raises:
        DefinitionError: with all that is wrong with it.

    >>> from cjlib import curves
    >>> usage = Measure("usage", metric="active_days", curve=curves.linear(0, 20), weight=2)
    >>> mood = Measure("mood", metric="nps", curve=curves.linear(-100, 100))
    >>> health = Scorecard("health", groups=[Group("all", measures=[usage, mood])],
    ...                    bands=Bands(("red", "yellow", "green"), edges=(50, 75)))
    >>> sorted(health.requires)
    ['active_days', 'nps']
    """

    id: str = attrs.field(validator=f.identifier, kw_only=False)
    label: str = attrs.field(default="", validator=f.text)
    scale: tuple[float, float] = attrs.field(default=(0.0, 100.0), converter=f.numbers, validator=f.a_span)
    combine: str = attrs.field(default="mean", validator=f.one_of(*COMBINATIONS))
    start: float | None = attrs.field(
        default=None, converter=f.optional_number, validator=f.optional(f.a_score)
    )
    neutral: float | None = attrs.field(
        default=None, converter=f.optional_number, validator=f.optional(f.a_score)
    )
    missing: str = attrs.field(default="ignore", validator=f.one_of(*MISSING_POLICIES))
    groups: tuple[Group, ...] = attrs.field(converter=f.items, validator=f.each(Group))
    bands: Bands | None = attrs.field(default=None, validator=f.optional(f.instance_of(Bands)))
    decimals: int | None = attrs.field(default=None, validator=f.optional(f.whole(0, 9)))
    face: str | None = attrs.field(default=None, validator=f.optional(f.one_of(*FACES)))
    pulse: Measure | None = attrs.field(default=None, validator=f.optional(f.instance_of(Measure)))
    pulse_as: str = attrs.field(default="veto", validator=f.one_of(*PULSE_USES))

    def __attrs_post_init__(self) -> None:
        f.contradiction(self, _scorecard_problems(self))

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The measures of all groups, in their order."""
        return tuple(measure for group in self.groups for measure in group.measures)

    @property
    def requires(self) -> frozenset[str]:
        """The ids of the metrics that it reads; what has no weight reads none."""
        counting = [one for group in self.groups if group.weight for one in group.measures if one.weight]
        return frozenset(one.metric for one in (*counting, *([self.pulse] if self.pulse else ())))

    def measure(self, id: str) -> Measure:
        """The measure with this id.

        Raises:
            UnknownNameError: if there is none.
        """
        measures = {measure.id: measure for measure in self.measures}
        if id not in measures:
            raise UnknownNameError("measure", id, measures)
        return measures[id]


def _scorecard_problems(card: Scorecard) -> Iterator[tuple[str, str]]:
    lowest, highest = card.scale
    if not card.groups:
        yield "groups", "there is no group in it"
    elif not any(group.weight for group in card.groups):
        yield "groups", "all weights are 0, so none of the groups would count"
    for id in _doubled(card.groups):
        yield "groups", f"two groups are called {id!r}"
    for id in _doubled(card.measures):
        yield "groups", f"two measures are called {id!r}"
    if card.neutral is not None and not lowest <= card.neutral <= highest:
        yield "neutral", f"{card.neutral:g} lies outside the scale from {lowest:g} to {highest:g}"
    if card.start is not None and card.combine != "sum":
        yield "start", f"only a sum has a start; this is combine={card.combine!r}"
    if card.missing == "prior":
        for measure in card.measures:
            if measure.missing is None and measure.prior is None:
                yield f"measure {measure.id!r}", "missing='prior' needs the score to assume, prior=..."
    for group in card.groups:
        for measure in group.measures:
            if (group.combine or card.combine) == "worst" and _fades_to_nothing(measure, card):
                message = (
                    "a worst-of has no weight to share out: a half_life needs stale='neutral' or 'worst'"
                )
                yield f"measure {measure.id!r}", message
    yield from _pulse_problems(card)
    if card.combine == "worst":
        for group in card.groups:
            if group.combine == "sum":
                yield f"group {group.id!r}", "points have no place on the scale, so no worst of them either"
    if card.bands is not None and any(not lowest <= edge <= highest for edge in card.bands.edges):
        yield "bands", f"an edge lies outside the scale from {lowest:g} to {highest:g}, so a band stays empty"


def _fades_to_nothing(measure: Measure, card: Scorecard) -> bool:
    is_left_out = measure.stale == "missing" and (measure.missing or card.missing) in ("ignore", "propagate")
    return measure.half_life is not None and is_left_out


def _pulse_problems(card: Scorecard) -> Iterator[tuple[str, str]]:
    if card.pulse is None:
        return
    if any(card.pulse.id == measure.id for measure in card.measures):
        yield "pulse", f"a measure is called {card.pulse.id!r} too"
    for name in ("missing", "prior", "effort"):
        if getattr(card.pulse, name) is not None:
            yield "pulse", f"{name} means nothing here: a pulse that nobody gave changes nothing"
    if card.pulse.stale != "missing" or card.pulse.weight != 1:
        yield "pulse", "a pulse has neither weight nor stale=...: where it is old, it changes less"
