"""Criteria taken apart: alternatives, each a set of conditions that can be brought about one by one."""

from __future__ import annotations

import itertools
import math
import operator as op
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import attrs

from ..criteria import And, Comparison, Contains, Criterion, Happened, Known, Membership, Not, Or, Term
from ..criteria._nodes import Leaf

__all__ = ["COMPARE", "Conjunct", "Kind", "Literal", "Stream", "UnplannableError", "conjuncts"]

Conjunct = tuple["Literal", ...]
Kind = tuple[str, str | None]  # activity and channel of an event

OPPOSITE = {
    ">=": "<", "<": ">=", ">": "<=", "<=": ">", "==": "!=", "!=": "==", "in": "not in", "not in": "in",
    "contains": "lacks", "lacks": "contains", "known": "unknown", "unknown": "known",
}  # fmt: skip
COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    ">=": op.ge, ">": op.gt, "<=": op.le, "<": op.lt, "==": op.eq, "!=": op.ne,
}  # fmt: skip
COUNTS = ("count", "distinct")
MOST_ALTERNATIVES = 256


class UnplannableError(Exception):
    """A condition that the simulator cannot bring about; says which and why."""


@attrs.frozen
class Stream:
    """The events that a term reads."""

    activities: tuple[str, ...]
    channel: str | None = None

    def takes(self, kind: Kind) -> bool:
        return kind[0] in self.activities and self.channel in (None, kind[1])


@attrs.frozen(kw_only=True)
class Literal:
    """One condition without negation.

    Attributes:
        sort: ``rise`` (at least ``amount`` events), ``fall`` (at most), ``value`` (of the events),
            ``dwell_ge``, ``dwell_le``, ``age_ge``, ``age_le``, ``until_ge``, ``until_le``, or ``holds``
            (of an attribute).
        window: the span in microseconds; None for the visit or, with ``ever``, the whole past.
        idle: the span is that of ``idle``: without any event it counts from the customer's first moment.
        aim: the attribute whose number is added to ``amount``.
        kind: the aggregate of a ``value``.
        distinct: actors are counted, not events.
        text: the words of the criterion, for messages.
    """

    sort: str
    stream: Stream | None = None
    window: int | None = None
    ever: bool = False
    idle: bool = False
    amount: float = 0
    aim: str | None = None
    kind: str = ""
    operator: str = ""
    options: tuple[object, ...] = ()
    attribute: str | None = None
    distinct: bool = False
    text: str = attrs.field(default="", eq=False)

    @property
    def remembers(self) -> bool:
        """Whether events of earlier visits have a say."""
        return self.stream is not None and (self.ever or self.window is not None or self.kind == "last")


def conjuncts(criterion: Criterion, activities_of: Callable[[str], Iterable[str]]) -> tuple[Conjunct, ...]:
    """The alternatives of a criterion, each a tuple of literals that must all be true.

    De Morgan's and the distributive laws hold in Kleene's logic, so the alternatives are true where, and
    only where, the criterion is.

    Raises:
        UnplannableError: if a leaf has no literal form.
    """
    found = _alternatives(criterion, False, activities_of)
    unique = list(dict.fromkeys(tuple(dict.fromkeys(conjunct)) for conjunct in found))
    return tuple(one for one in unique if not any(set(other) < set(one) for other in unique))


def _alternatives(
    criterion: Criterion, negated: bool, activities_of: Callable[[str], Iterable[str]]
) -> list[Conjunct]:
    if isinstance(criterion, Not):
        return _alternatives(criterion.criterion, not negated, activities_of)
    if isinstance(criterion, (And, Or)):
        parts = [_alternatives(part, negated, activities_of) for part in criterion.criteria]
        if isinstance(criterion, Or) != negated:
            return [conjunct for part in parts for conjunct in part]
        if math.prod(map(len, parts)) > MOST_ALTERNATIVES:
            raise UnplannableError(f"more than {MOST_ALTERNATIVES} alternatives in {str(criterion)[:80]!r}")
        return [sum(combination, ()) for combination in itertools.product(*parts)]
    assert isinstance(criterion, Leaf)
    return _of_leaf(criterion, negated, activities_of)


def _of_leaf(leaf: Leaf, negated: bool, activities_of: Callable[[str], Iterable[str]]) -> list[Conjunct]:
    operator, operand = _operation(leaf)
    operator = OPPOSITE[operator] if negated else operator
    term = leaf.operands()[0]
    text = f"not {leaf}" if negated else str(leaf)
    if term.kind in ("dwell", "age", "until"):
        return _of_clock(term, operator, operand, text)
    if term.kind == "attribute":
        if isinstance(operand, Term):
            raise UnplannableError(f"{text}: one attribute held against another")
        options = tuple(operand) if isinstance(operand, tuple) else (operand,)
        return [(Literal(sort="holds", attribute=term.name, operator=operator, options=options, text=text),)]
    names = activities_of(term.touchpoint) if term.touchpoint is not None else [str(term.name)]
    stream = Stream(tuple(sorted(names)), term.channel)
    if not stream.activities:
        raise UnplannableError(f"{text}: the touchpoint has no activities")
    if term.kind == "idle":
        return _of_idle(stream, operator, operand, text)
    window = None if term.within is None else _microseconds(term.within)
    literal = Literal(sort="", stream=stream, window=window, ever=term.ever or term.kind == "last", text=text)
    if term.kind in COUNTS:
        literal = attrs.evolve(literal, distinct=term.kind == "distinct")
        return _of_count(literal, operator, operand)
    return _of_value(attrs.evolve(literal, sort="value", kind=term.kind), operator, operand)


def _operation(leaf: Leaf) -> tuple[str, object]:
    if isinstance(leaf, Comparison):
        return leaf.operator, leaf.literal
    if isinstance(leaf, Membership):
        return "in", leaf.options
    if isinstance(leaf, Contains):
        return "contains", leaf.option
    if isinstance(leaf, Known):
        return "known", None
    assert isinstance(leaf, Happened)
    return ">=", 1


def _microseconds(duration: object) -> int:
    assert isinstance(duration, timedelta)
    return duration // timedelta(microseconds=1)


def _of_clock(term: Term, operator: str, operand: object, text: str) -> list[Conjunct]:
    if operator in ("known", "unknown"):
        if term.kind != "until":
            return [()] if operator == "known" else []
        return [(Literal(sort="holds", attribute=term.name, operator=operator, text=text),)]
    side, length = _at_least(operator, _microseconds(operand))
    return [(Literal(sort=f"{term.kind}_{side}", amount=length, attribute=term.name, text=text),)]


def _at_least(operator: str, length: int) -> tuple[str, int]:
    """The comparison as >= or <=, for time is discrete."""
    if operator in (">=", ">"):
        return "ge", length + (operator == ">")
    return "le", length - (operator == "<")


def _of_idle(stream: Stream, operator: str, operand: object, text: str) -> list[Conjunct]:
    if operator in ("known", "unknown"):
        return [()] if operator == "known" else []
    side, length = _at_least(operator, _microseconds(operand))
    if length <= 0:
        return [()] if side == "ge" else ([] if length < 0 else _fresh(stream, 1, text))
    if side == "ge":
        return [(Literal(sort="fall", stream=stream, window=length, idle=True, amount=0, text=text),)]
    return _fresh(stream, length + 1, text)


def _fresh(stream: Stream, window: int, text: str) -> list[Conjunct]:
    return [(Literal(sort="rise", stream=stream, window=window, idle=True, amount=1, text=text),)]


def _of_count(literal: Literal, operator: str, operand: object) -> list[Conjunct]:
    if operator in ("known", "unknown"):
        return [()] if operator == "known" else []
    if isinstance(operand, tuple):
        parts = [_of_count(literal, "==" if operator == "in" else "!=", option) for option in operand]
        if operator == "in":
            return [conjunct for part in parts for conjunct in part]
        return [sum(combination, ()) for combination in itertools.product(*parts)]
    aim = operand.name if isinstance(operand, Term) else None
    number = 0.0 if isinstance(operand, Term) else float(operand)  # type: ignore[arg-type]
    if operator == "==":
        return [
            low + high
            for low in _of_count(literal, ">=", operand)
            for high in _of_count(literal, "<=", operand)
        ]
    if operator == "!=":
        return _of_count(literal, "<", operand) + _of_count(literal, ">", operand)
    if operator in (">=", ">"):
        least = math.floor(number) + 1 if operator == ">" else math.ceil(number)
        if aim is None and least <= 0:
            return [()]
        return [(attrs.evolve(literal, sort="rise", amount=least, aim=aim),)]
    most = math.ceil(number) - 1 if operator == "<" else math.floor(number)
    if aim is None and most < 0:
        return []
    return [(attrs.evolve(literal, sort="fall", amount=most, aim=aim),)]


def _of_value(literal: Literal, operator: str, operand: object) -> list[Conjunct]:
    if operator in ("known", "unknown"):
        if literal.kind == "sum":
            return [()] if operator == "known" else []
        return [(attrs.evolve(literal, operator=operator),)]
    if isinstance(operand, tuple):
        return [(attrs.evolve(literal, operator=operator, options=operand),)]
    if isinstance(operand, Term):
        return [(attrs.evolve(literal, operator=operator, aim=operand.name),)]
    return [(attrs.evolve(literal, operator=operator, amount=float(operand)),)]  # type: ignore[arg-type]
