"""How a metric becomes a score: curves as frozen values."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, ClassVar, TypeAlias

import attrs

from ..errors import DefinitionError, Problem
from . import _fields as f

__all__ = [
    "CURVES",
    "EDGE_SIDES",
    "Curve",
    "Linear",
    "Logistic",
    "Lookup",
    "Percentile",
    "Points",
    "Steps",
    "Zscore",
]

EDGE_SIDES = ("upper", "lower")
LARGEST_SCORE = 1e12

a_score = f.between(-LARGEST_SCORE, LARGEST_SCORE)


def numbers(value: Any) -> Any:
    """A tuple of floats; one number alone is a tuple of one."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = (value,)
    entries = f.items(value)
    return tuple(map(f.number, entries)) if isinstance(entries, tuple) else entries


def number_pairs(value: Any) -> Any:
    """A tuple of pairs of floats; a mapping is accepted."""
    entries: Any = tuple(value.items()) if isinstance(value, Mapping) else f.items(value)
    if not isinstance(entries, tuple):
        return entries
    return tuple(numbers(entry) if _is_pair(entry) else entry for entry in entries)


def _is_pair(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str) and len(value) == 2


def a_span(instance: Any, field: Any, value: Any) -> None:
    """Two finite numbers, the lower one first."""
    if not isinstance(value, tuple) or len(value) != 2:
        f.fail(instance, field, f"two numbers were expected, lowest and highest, not {f.shown(value)}")
    for entry in value:
        a_score(instance, field, entry)
    if not value[0] < value[1]:
        f.fail(instance, field, f"the lowest comes first and below the highest, not {f.shown(value)}")


def rising(validator: f.Validator = f.a_number) -> f.Validator:
    """A tuple of numbers, each above the one before it."""

    def check(instance: Any, field: Any, value: Any) -> None:
        f.a_tuple(instance, field, value)
        for entry in value:
            validator(instance, field, entry)
        if any(after <= before for before, after in pairwise(value)):
            f.fail(instance, field, f"each number must be above the one before it, not {f.shown(value)}")

    check.inner = validator  # type: ignore[attr-defined]
    return check


def _scores(instance: Any, field: Any, value: Any) -> None:
    f.a_tuple(instance, field, value)
    for entry in value:
        a_score(instance, field, entry)


def _rising_points(instance: Any, field: Any, value: Any) -> None:
    f.a_tuple(instance, field, value)
    for entry in value:
        if not isinstance(entry, tuple) or len(entry) != 2:
            f.fail(instance, field, f"pairs of metric and score were expected, not {f.shown(entry)}")
        f.a_number(instance, field, entry[0])
        a_score(instance, field, entry[1])
    if len(value) < 2:
        f.fail(instance, field, "a line needs two points at least")
    rising()(instance, field, tuple(x for x, _ in value))


def contradiction(instance: object, problems: Iterable[tuple[str, str]]) -> None:
    """Raise everything that does not go together, once."""
    found = [Problem("CJ007", "error", place, message) for place, message in problems]
    if found:
        label = getattr(instance, "id", None)
        kind = type(instance).__name__
        raise DefinitionError(f"{kind} {label!r}" if label else kind, found)


def _to_field() -> Any:
    convert: Callable[[Any], Any] = lambda value: None if value is None else numbers(value)  # noqa: E731
    return attrs.field(default=None, kw_only=True, converter=convert, validator=f.optional(a_span))


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

    edges: tuple[float, ...] = attrs.field(converter=numbers, validator=rising())
    scores: tuple[float, ...] = attrs.field(converter=numbers, validator=_scores)
    at_edge: str = attrs.field(default="upper", kw_only=True, validator=f.one_of(*EDGE_SIDES))

    def __attrs_post_init__(self) -> None:
        if len(self.scores) != len(self.edges) + 1:
            expected = f"{len(self.edges)} edges make {len(self.edges) + 1} ranges"
            contradiction(self, [("scores", f"{expected}, but there are {len(self.scores)} scores")])

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

    points: tuple[tuple[float, float], ...] = attrs.field(converter=number_pairs, validator=_rising_points)

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
            contradiction(self, [("best", f"worst and best are both {self.best:g}; take steps for a jump")])

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
            contradiction(self, [("spread", "a spread of 0 is a jump; take steps for it")])

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
            contradiction(self, [("width", f"a width above 0 was expected, not {self.width:g}")])

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
    if not isinstance(entries, tuple) or not all(map(_is_pair, entries)):
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
        converter=_category_scores, validator=f.pairs_of(a_score)
    )
    otherwise: float | None = attrs.field(
        default=None, kw_only=True, converter=f.optional_number, validator=f.optional(a_score)
    )

    def __attrs_post_init__(self) -> None:
        if not self.scores:
            contradiction(self, [("scores", "there is no category to look up")])

    def span(self, scale: tuple[float, float]) -> tuple[float, float]:
        """The lowest and the highest score that this curve can give on a scale."""
        scores = [score for _, score in self.scores]
        scores += [] if self.otherwise is None else [self.otherwise]
        return min(scores), max(scores)


Curve: TypeAlias = Steps | Points | Linear | Logistic | Percentile | Zscore | Lookup
CURVES: tuple[type[Curve], ...] = (Steps, Points, Linear, Logistic, Percentile, Zscore, Lookup)
