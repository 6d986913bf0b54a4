"""How a metric becomes a score: curves as frozen values, under names in which a definition reads well.

>>> from cjlib.journey import curves
>>> curves.points({0: 0, 5: 40, 20: 100})
Points(points=((0.0, 0.0), (5.0, 40.0), (20.0, 100.0)))
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeAlias

import attrs

from . import _fields as f

__all__ = ["linear", "logistic", "lookup", "percentile", "points", "steps", "zscore"]

EDGE_SIDES = ("upper", "lower")


def _scores(instance: Any, field: Any, value: Any) -> None:
    f.a_tuple(instance, field, value)
    for entry in value:
        f.a_score(instance, field, entry)


def _rising_points(instance: Any, field: Any, value: Any) -> None:
    f.a_tuple(instance, field, value)
    for entry in value:
        if not isinstance(entry, tuple) or len(entry) != 2:
            f.fail(instance, field, f"pairs of metric and score were expected, not {f.shown(entry)}")
        f.a_number(instance, field, entry[0])
        f.a_score(instance, field, entry[1])
    if len(value) < 2:
        f.fail(instance, field, "a line needs two points at least")
    f.rising()(instance, field, tuple(x for x, _ in value))


def _to_field() -> Any:
    convert: Callable[[Any], Any] = lambda value: None if value is None else f.numbers(value)  # noqa: E731
    return attrs.field(default=None, kw_only=True, converter=convert, validator=f.optional(f.a_span))


@attrs.frozen
class Steps:
    """A score for each range of the metric, as in tiers.

    Attributes:
        edges: where one range ends and the next begins, rising.
        scores: the score of each range from the lowest metric on: one more than edges.
        at_edge: the range that an edge itself belongs to: the ``upper`` or the ``lower`` one.

    >>> Steps((5, 20), (0, 50, 100)).span((0, 100))
    (0.0, 100.0)
    """

    kind: ClassVar[str] = "steps"

    edges: tuple[float, ...] = attrs.field(converter=f.numbers, validator=f.rising())
    scores: tuple[float, ...] = attrs.field(converter=f.numbers, validator=_scores)
    at_edge: str = attrs.field(default="upper", kw_only=True, validator=f.one_of(*EDGE_SIDES))

    def __attrs_post_init__(self) -> None:
        if len(self.scores) != len(self.edges) + 1:
            expected = f"{len(self.edges)} edges make {len(self.edges) + 1} ranges"
            f.contradiction(self, [("scores", f"{expected}, but there are {len(self.scores)} scores")])

    def span(self, scale: tuple[float, float]) -> tuple[float, float]:
        """The lowest and the highest score that this curve can give on a scale."""
        return min(self.scores), max(self.scores)


@attrs.frozen
class Points:
    """Straight lines between points; beyond the first and the last the score stays as it is.

    Attributes:
        points: pairs of metric and score, by rising metric; a mapping is accepted.

    >>> Points({0: 0, 5: 40, 20: 100}).points
    ((0.0, 0.0), (5.0, 40.0), (20.0, 100.0))
    """

    kind: ClassVar[str] = "points"

    points: tuple[tuple[float, float], ...] = attrs.field(converter=f.number_pairs, validator=_rising_points)

    def span(self, scale: tuple[float, float]) -> tuple[float, float]:
        """The lowest and the highest score that this curve can give on a scale."""
        scores = [score for _, score in self.points]
        return min(scores), max(scores)


@attrs.frozen
class Linear:
    """A straight line from the worst value of the metric to the best, flat beyond them.

    Attributes:
        worst: the metric that earns the lowest score; it may lie above ``best``.
        best: the metric that earns the highest score.
        to: the lowest and the highest score; unsaid: the scale of the scorecard.

    >>> Linear(30, 0).span((0, 100))
    (0, 100)
    """

    kind: ClassVar[str] = "linear"

    worst: float = attrs.field(converter=f.number, validator=f.a_number)
    best: float = attrs.field(converter=f.number, validator=f.a_number)
    to: tuple[float, float] | None = _to_field()

    def __attrs_post_init__(self) -> None:
        if self.worst == self.best:
            f.contradiction(self, [("best", f"worst and best are both {self.best:g}; take steps for a jump")])

    def span(self, scale: tuple[float, float]) -> tuple[float, float]:
        """The lowest and the highest score that this curve can give on a scale."""
        return self.to or scale


@attrs.frozen
class Logistic:
    """An S-shaped curve: lowest + (highest - lowest) / (1 + exp(-(metric - middle) / spread)).

    Attributes:
        middle: the metric that earns half of the way.
        spread: how far from the middle 73 % of the way is reached; negative where less is better.
        to: the lowest and the highest score; unsaid: the scale of the scorecard.

    >>> Logistic(10, -2, to=(0, 10)).span((0, 100))
    (0.0, 10.0)
    """

    kind: ClassVar[str] = "logistic"

    middle: float = attrs.field(converter=f.number, validator=f.a_number)
    spread: float = attrs.field(converter=f.number, validator=f.a_number)
    to: tuple[float, float] | None = _to_field()

    def __attrs_post_init__(self) -> None:
        if self.spread == 0:
            f.contradiction(self, [("spread", "a spread of 0 is a jump; take steps for it")])

    def span(self, scale: tuple[float, float]) -> tuple[float, float]:
        """The lowest and the highest score that this curve can give on a scale."""
        return self.to or scale


@attrs.frozen
class Percentile:
    """The rank among peers: the customers of the same snapshot, at the same moment, whose metric is known.

    The share of the way is (peers below + half of those level, oneself included) / peers.

    Attributes:
        falling: whether less is better.
        to: the lowest and the highest score; unsaid: the scale of the scorecard.

    >>> Percentile(falling=True).span((0, 100))
    (0, 100)
    """

    kind: ClassVar[str] = "percentile"

    falling: bool = attrs.field(default=False, kw_only=True, validator=f.boolean)
    to: tuple[float, float] | None = _to_field()

    def span(self, scale: tuple[float, float]) -> tuple[float, float]:
        """The lowest and the highest score that this curve can give on a scale."""
        return self.to or scale


@attrs.frozen
class Zscore:
    """The distance from the mean of the peers in standard deviations, from ``-width`` to ``width``.

    Peers are the customers of the same snapshot, at the same moment, whose metric is known and finite. Where
    they are all alike, everyone stands in the middle.

    Attributes:
        width: how many standard deviations (of the population) lead to either end.
        falling: whether less is better.
        to: the lowest and the highest score; unsaid: the scale of the scorecard.

    >>> Zscore(width=2).falling
    False
    """

    kind: ClassVar[str] = "zscore"

    width: float = attrs.field(default=3.0, kw_only=True, converter=f.number, validator=f.between(0.0))
    falling: bool = attrs.field(default=False, kw_only=True, validator=f.boolean)
    to: tuple[float, float] | None = _to_field()

    def __attrs_post_init__(self) -> None:
        if self.width < 1e-6:
            f.contradiction(self, [("width", f"a width above 0 was expected, not {self.width:g}")])

    def span(self, scale: tuple[float, float]) -> tuple[float, float]:
        """The lowest and the highest score that this curve can give on a scale."""
        return self.to or scale


def _category(key: object) -> object:
    if isinstance(key, bool):
        return "true" if key else "false"
    if isinstance(key, (int, float)) and math.isfinite(key):
        return repr(int(key)) if key == int(key) else repr(float(key))
    return key


def _category_scores(value: Any) -> Any:
    entries: Any = tuple(value.items()) if isinstance(value, Mapping) else f.items(value)
    if not isinstance(entries, tuple) or not all(map(f.is_pair, entries)):
        return entries
    pairs: list[Any] = [(_category(key), score) for key, score in entries]
    return f.named_numbers(pairs) if all(isinstance(key, str) for key, _ in pairs) else entries


@attrs.frozen
class Lookup:
    """A score for each category.

    Attributes:
        scores: pairs of category and score; a mapping is accepted. Truth values and numbers are written as
            text (``"true"``, ``"3"``) and fit metrics that are numbers, where true is 1.
        otherwise: the score of any other category; None: it counts as missing.

    >>> Lookup({"enterprise": 100, "free": 20}, otherwise=50).span((0, 100))
    (20.0, 100.0)
    """

    kind: ClassVar[str] = "lookup"

    scores: tuple[tuple[str, float], ...] = attrs.field(
        converter=_category_scores, validator=f.pairs_of(f.a_score)
    )
    otherwise: float | None = attrs.field(
        default=None, kw_only=True, converter=f.optional_number, validator=f.optional(f.a_score)
    )

    def __attrs_post_init__(self) -> None:
        if not self.scores:
            f.contradiction(self, [("scores", "there is no category to look up")])

    def span(self, scale: tuple[float, float]) -> tuple[float, float]:
        """The lowest and the highest score that this curve can give on a scale."""
        scores = [score for _, score in self.scores]
        scores += [] if self.otherwise is None else [self.otherwise]
        return min(scores), max(scores)


Curve: TypeAlias = Steps | Points | Linear | Logistic | Percentile | Zscore | Lookup
CURVES: tuple[type[Curve], ...] = (Steps, Points, Linear, Logistic, Percentile, Zscore, Lookup)

steps, points, linear, logistic = Steps, Points, Linear, Logistic
percentile, zscore, lookup = Percentile, Zscore, Lookup
