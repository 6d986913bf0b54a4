"""Three-valued truth of a criterion at a moment: True, False or None (unknown)."""

from __future__ import annotations

import operator
from collections.abc import Callable
from fractions import Fraction

from cjlib.criteria import And, Comparison, Contains, Criterion, Happened, Known, Membership, Not, Or, Term

from ._past import Past, scaled, time_of, us
from ._world import Value

SIGNS: dict[str, Callable[[object, object], bool]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
    "==": operator.eq,
    "!=": operator.ne,
}


def truth(criterion: Criterion, past: Past, s: int, entered: int, t: int) -> bool | None:
    if isinstance(criterion, And):
        parts = [truth(part, past, s, entered, t) for part in criterion.criteria]
        return conjunction(parts)
    if isinstance(criterion, Or):
        parts = [negation(truth(part, past, s, entered, t)) for part in criterion.criteria]
        return negation(conjunction(parts))
    if isinstance(criterion, Not):
        return negation(truth(criterion.criterion, past, s, entered, t))
    assert isinstance(criterion, (Comparison, Contains, Happened, Known, Membership))
    value = past.value(criterion.term, s, entered, t)
    if isinstance(criterion, Known):
        return value is not None
    if value is None:
        return None
    if isinstance(criterion, Happened):
        return value >= 1  # type: ignore[operator]
    if isinstance(criterion, Contains):
        return contains(value, criterion.option)
    if isinstance(criterion, Membership):
        misses = [against_literal(criterion.term, value, "!=", option, past) for option in criterion.options]
        return negation(conjunction(misses))
    if isinstance(criterion.literal, Term):
        other = past.value(criterion.literal, s, entered, t)
        return against_attribute(criterion, value, other, past)
    return against_literal(criterion.term, value, criterion.operator, criterion.literal, past)


def negation(one: bool | None) -> bool | None:
    return None if one is None else not one


def conjunction(parts: list[bool | None]) -> bool | None:
    if any(part is False for part in parts):
        return False
    return None if any(part is None for part in parts) else True


def contains(value: object, option: str) -> bool | None:
    if isinstance(value, frozenset):
        return option in value
    return option in [part.strip() for part in value.split(";")] if isinstance(value, str) else None


def against_literal(
    term: Term, value: Value | Fraction, sign: str, literal: object, past: Past
) -> bool | None:
    if term.is_duration:
        return SIGNS[sign](value, us(literal))  # type: ignore[arg-type]
    if term.kind == "attribute" and past.kinds.get(str(term.name)) == "date":
        moment = time_of(literal) if isinstance(literal, str) else None
        return None if moment is None else SIGNS[sign](value, moment)
    return against(term, value, sign, literal)


def against_attribute(
    criterion: Comparison, value: Value | Fraction, other: Value | Fraction, past: Past
) -> bool | None:
    """Each customer's own aim: numbers and categories only."""
    terms = [term for term in criterion.operands() if term.kind == "attribute"]
    kinds = [past.kinds.get(str(term.name)) for term in terms]
    if other is None or any(kind not in ("number", "text") for kind in kinds):
        return None
    return against(criterion.term, value, criterion.operator, other)


def against(term: Term, value: Value | Fraction, sign: str, other: object) -> bool | None:
    """Numbers with numbers, text with text (which has no order); all else is unknown."""
    if isinstance(value, bool) or isinstance(other, bool):
        both = isinstance(value, bool) and isinstance(other, bool)
        return SIGNS[sign](value, other) if both and sign in ("==", "!=") else None
    if isinstance(value, str) or isinstance(other, str):
        both = isinstance(value, str) and isinstance(other, str)
        return SIGNS[sign](value, other) if both and sign in ("==", "!=") else None
    if isinstance(value, frozenset):
        return None
    if term.kind in ("sum", "mean"):
        other = scaled(other)  # type: ignore[arg-type]
    return SIGNS[sign](value, other)
