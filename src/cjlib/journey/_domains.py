"""Which values a term may have: spans of numbers, choices of categories, or none at all."""

from __future__ import annotations

import math
from enum import Enum
from typing import TypeAlias

import attrs

__all__ = ["KNOWN", "POSITIVE", "UNKNOWN", "ZERO", "Choice", "Domain", "Span", "meet", "span_of"]


class _Mark(Enum):
    KNOWN = "any value"
    UNKNOWN = "no value"


KNOWN = _Mark.KNOWN
UNKNOWN = _Mark.UNKNOWN


@attrs.frozen
class Span:
    """The numbers from low to high, ends included unless they are open."""

    low: float = -math.inf
    high: float = math.inf
    is_low_open: bool = False
    is_high_open: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether no number lies in it."""
        is_open = self.is_low_open or self.is_high_open
        return self.low > self.high or (self.low == self.high and is_open)


@attrs.frozen
class Choice:
    """One of the options, or, as an exclusion, any other category."""

    options: frozenset[object]
    is_exclusion: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether no category is left."""
        return not self.options and not self.is_exclusion


Domain: TypeAlias = Span | Choice | _Mark
ZERO = Span(0, 0)
POSITIVE = Span(0)


def meet(one: Domain, other: Domain) -> Domain | None:
    """The values that lie in both, None where there are none."""
    if UNKNOWN in (one, other):
        return UNKNOWN if one is other else None
    if KNOWN in (one, other):
        return other if one is KNOWN else one
    if isinstance(one, Span) and isinstance(other, Span):
        return _nonempty(_meet_spans(one, other))
    if isinstance(one, Choice) and isinstance(other, Choice):
        return _nonempty(_meet_choices(one, other))
    return None  # one says it is a number, the other a category


def _nonempty(domain: Span | Choice) -> Domain | None:
    return None if domain.is_empty else domain


def _meet_spans(one: Span, other: Span) -> Span:
    low, is_low_open = max((one.low, one.is_low_open), (other.low, other.is_low_open))
    high, is_high_closed = min((one.high, not one.is_high_open), (other.high, not other.is_high_open))
    return Span(low, high, is_low_open, not is_high_closed)


def _meet_choices(one: Choice, other: Choice) -> Choice:
    if one.is_exclusion and other.is_exclusion:
        return Choice(one.options | other.options, is_exclusion=True)
    if one.is_exclusion:
        return Choice(other.options - one.options)
    if other.is_exclusion:
        return Choice(one.options - other.options)
    return Choice(one.options & other.options)


def span_of(operator: str, value: float, *, whole: bool) -> tuple[Span, ...]:
    """The numbers of which a comparison with a value is true; of whole numbers if so said."""
    above, below = (math.floor(value) + 1, math.ceil(value) - 1) if whole else (value, value)
    open_end = not whole
    is_possible = not whole or float(value).is_integer()
    spans = {
        ">=": (Span(math.ceil(value) if whole else value),),
        ">": (Span(above, is_low_open=open_end),),
        "<=": (Span(high=math.floor(value) if whole else value),),
        "<": (Span(high=below, is_high_open=open_end),),
        "==": (Span(value, value),) if is_possible else (),
        "!=": (Span(high=below, is_high_open=open_end), Span(above, is_low_open=open_end)),
    }
    return spans[operator]
