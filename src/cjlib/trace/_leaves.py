"""Leaves of criteria as numbers: what a literal means depends on the term that it is held against."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

import attrs
import numpy as np

from ..criteria import Comparison, Contains, Happened, Known, Membership, Term
from ..criteria._nodes import Leaf
from ..data._times import to_us
from ..errors import CJError
from ._layout import EQ, GE, GT, IN, KNOWN, LE, LT, NE, SENSELESS, VALUELESS, WINDOW

OPERATORS = {">=": GE, ">": GT, "<=": LE, "<": LT, "==": EQ, "!=": NE}
MICROSECOND = timedelta(microseconds=1)
NO_CATEGORY = -1.0
# Turns of a leaf that an event or time can bring about, so that nothing is evaluated in vain.
RISES: Final = 1
FALLS: Final = 2
BOTH: Final = 3
UP = {GE: RISES, GT: RISES, LE: FALLS, LT: FALLS}
DOWN = {GE: FALLS, GT: FALLS, LE: RISES, LT: RISES}
ALWAYS_KNOWN = ("count", "distinct", "sum", "idle")


@attrs.frozen
class AttributeKind:
    """What the data say about one attribute: its kind and, for text and sets, what the codes mean."""

    kind: str
    categories: tuple[object, ...] = ()
    codes: Mapping[object, int] = attrs.field(factory=dict)

    @property
    def words(self) -> tuple[object, ...]:
        """What each code means; nothing where the values are numbers."""
        return tuple(self.codes)


@attrs.frozen
class LeafCode:
    """A leaf as the kernel takes it: operator, literal (whole and as a float) and the options of IN."""

    operator: int
    whole: int = 0
    literal: float = 0.0
    options: tuple[float, ...] = ()
    complaint: str = ""


def leaf_code(leaf: Leaf, attributes: Mapping[str, AttributeKind]) -> LeafCode:
    """The numbers of a leaf; where it compares what cannot be compared, the complaint says so."""
    term = leaf.operands()[0]
    kind = attributes.get(term.name or "", AttributeKind("missing"))
    if term.kind == "until" and kind.kind not in ("date", "missing"):
        complaint = _senseless(leaf, f"attribute {term.name!r} holds {kind.kind}, not dates")
        return attrs.evolve(complaint, operator=VALUELESS) if isinstance(leaf, Known) else complaint
    if isinstance(leaf, Known):
        return LeafCode(KNOWN)
    if isinstance(leaf, Happened):
        return LeafCode(GE, 1, 1.0)
    if isinstance(leaf, Contains):
        return _contains(leaf, kind)
    if isinstance(leaf, Membership):
        return _membership(leaf, kind)
    assert isinstance(leaf, Comparison)
    if isinstance(leaf.literal, Term):
        return _against_attribute(leaf, leaf.literal, attributes)
    return _comparison(leaf, kind)


def _senseless(leaf: Leaf, why: str) -> LeafCode:
    return LeafCode(SENSELESS, complaint=f"{leaf}: {why}")


def _comparison(leaf: Comparison, kind: AttributeKind) -> LeafCode:
    term, literal, operator = leaf.term, leaf.literal, OPERATORS[leaf.operator]
    assert not isinstance(literal, Term)
    if isinstance(literal, timedelta):
        return LeafCode(operator, literal // MICROSECOND)
    if term.kind != "attribute":
        assert not isinstance(literal, str)
        if term.kind in ("sum", "mean"):
            millionths = to_millionths(literal)
            return LeafCode(operator, millionths, float(millionths))
        return LeafCode(operator, 0, float(literal))
    try:
        value = attribute_literal(literal, kind)
    except CJError as error:
        return _senseless(leaf, str(error))
    if value is None:
        return _senseless(leaf, f"attribute {term.name!r} holds {kind.kind}, not {type(literal).__name__}")
    if kind.kind in ("text", "set") and operator not in (EQ, NE):
        return _senseless(leaf, f"the categories of {term.name!r} have no order")
    return LeafCode(operator, 0, value)


def attribute_literal(literal: float | bool | str, kind: AttributeKind) -> float | None:
    """The literal as the attribute's own numbers, or None where they cannot be compared."""
    if kind.kind == "missing":
        return 0.0
    if kind.kind == "boolean":
        return float(literal) if isinstance(literal, bool) else None
    if kind.kind == "number":
        return float(literal) if not isinstance(literal, (str, bool)) else None
    if not isinstance(literal, str):
        return None
    if kind.kind == "date":
        return float(to_us(literal))
    if kind.kind == "set":
        return None
    return float(kind.codes.get(literal, NO_CATEGORY))


def _against_attribute(leaf: Comparison, right: Term, attributes: Mapping[str, AttributeKind]) -> LeafCode:
    operator = OPERATORS[leaf.operator]
    other = attributes.get(right.name or "", AttributeKind("missing")).kind
    own = "number"
    if leaf.term.kind == "attribute":
        own = attributes.get(leaf.term.name or "", AttributeKind("missing")).kind
    if "missing" in (own, other):
        return LeafCode(operator)
    if own != other or own not in ("number", "text"):
        return _senseless(leaf, f"{own} and {other} cannot be compared")
    if own == "text" and operator not in (EQ, NE):
        return _senseless(leaf, f"the categories of {leaf.term.name!r} have no order")
    return LeafCode(operator)


def _membership(leaf: Membership, kind: AttributeKind) -> LeafCode:
    if leaf.term.kind in ("sum", "mean"):
        return LeafCode(
            IN, options=tuple(sorted(float(to_millionths(float(value))) for value in leaf.options))
        )
    if leaf.term.kind != "attribute":
        return LeafCode(IN, options=tuple(sorted(float(value) for value in leaf.options)))
    try:
        values = [attribute_literal(option, kind) for option in leaf.options]
    except CJError as error:
        return _senseless(leaf, str(error))
    if any(value is None for value in values):
        return _senseless(leaf, f"attribute {leaf.term.name!r} holds {kind.kind}")
    return LeafCode(IN, options=tuple(sorted(value for value in values if value is not None)))


def _contains(leaf: Contains, kind: AttributeKind) -> LeafCode:
    if kind.kind not in ("set", "text", "missing"):
        return _senseless(leaf, f"attribute {leaf.term.name!r} holds {kind.kind}, not several options")
    holding = [code for value, code in kind.codes.items() if leaf.option in options_of(value)]
    return LeafCode(IN, options=tuple(sorted(map(float, holding))))


def options_of(value: object) -> tuple[str, ...]:
    """The options that a value of a set, or text with semicolons, holds."""
    if isinstance(value, str):
        return tuple(option.strip() for option in value.split(";"))
    return tuple(value)  # type: ignore[arg-type]


def to_millionths(value: float) -> int:
    """The literal in whole millionths, half to even, as sums are kept."""
    scaled = int((Decimal(repr(value)) * 1_000_000).to_integral_value(rounding=ROUND_HALF_EVEN))
    return max(min(scaled, np.iinfo(np.int64).max), -np.iinfo(np.int64).max)


def event_turns(kind: str, operator: int) -> int:
    """What one more event can do to a leaf: counts only grow by it, idle times only shrink."""
    if operator >= SENSELESS:
        return 0
    if operator == KNOWN:
        return 0 if kind in ALWAYS_KNOWN else RISES
    if kind in ("count", "distinct"):
        return UP.get(operator, BOTH)
    if kind == "idle":
        return DOWN.get(operator, BOTH)
    return BOTH


def time_turns(kind: str, span: int, operator: int) -> int:
    """What time alone can do to a leaf."""
    if operator >= SENSELESS:
        return 0
    if span == WINDOW:
        if operator == KNOWN:
            return 0 if kind in ALWAYS_KNOWN else FALLS
        return DOWN.get(operator, BOTH) if kind in ("count", "distinct") else BOTH
    if kind in ("dwell", "age", "idle"):
        return UP.get(operator, 0)
    return DOWN.get(operator, 0) if kind == "until" and operator < EQ else 0
