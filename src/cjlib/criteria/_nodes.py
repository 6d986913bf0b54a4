"""Terms and criteria as frozen values, composed with ``& | ~``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any, ClassVar, NoReturn

import attrs

from ..errors import CriterionError, UsageError, did_you_mean
from ._literals import (
    DURATION_KINDS,
    Literal,
    checked_text,
    duration_text,
    listed_literals,
    literal_text,
    typed_literal,
)

__all__ = [
    "And", "Comparison", "Contains", "Criterion", "Happened", "Known", "Membership", "Not", "Or", "Term",
]  # fmt: skip

MAX_LENGTH = 100_000
MAX_DEPTH = 60
SPANNED = ("count", "distinct", "sum", "mean", "min", "max")
EVENT_KINDS = (*SPANNED, "last", "idle")
CLOCKS = ("dwell", "age")
KINDS = (*EVENT_KINDS, *CLOCKS, "attribute", "until")
_BRACKETS = (
    'a term is no criterion yet: compare it, in brackets, as in (count("login") >= 3) & happened("kickoff")'
)


@attrs.frozen(eq=False, repr=False)
class Term:
    """A quantity that has a value, or none, at every moment of a customer's history.

    Made by the functions of :mod:`cjlib.criteria`; comparing a term makes a criterion.

    Attributes:
        kind: ``count distinct sum mean min max last idle dwell age attribute until``.
        name: the activity or the attribute; None for ``dwell`` and ``age`` or with a touchpoint.
        touchpoint: the touchpoint that stands in place of the activity.
        channel: only events over this channel.
        ever: over the whole past instead of since the visit began.
        within: over the window (t - within, t].
    """

    kind: str
    name: str | None = None
    touchpoint: str | None = attrs.field(default=None, kw_only=True)
    channel: str | None = attrs.field(default=None, kw_only=True)
    ever: bool = attrs.field(default=False, kw_only=True)
    within: timedelta | None = attrs.field(default=None, kw_only=True)

    __hash__: ClassVar[None]  # type: ignore[assignment]

    def __attrs_post_init__(self) -> None:
        if self.kind not in KINDS:
            raise CriterionError(f"{self.kind!r:.80} is no term{did_you_mean(self.kind, KINDS)}")
        for text in (self.name, self.touchpoint, self.channel):
            if text is not None:
                checked_text(text)
        if self.kind in EVENT_KINDS and (self.name is None) == (self.touchpoint is None):
            raise CriterionError(f"{self.kind} needs an activity or touchpoint=..., one of the two")
        if self.ever and self.within is not None:
            raise CriterionError(f"{self.kind} takes ever=True or within=..., not both")
        if self.within is not None and self.within <= timedelta(0):
            raise CriterionError(f"within must be longer than nothing, not {duration_text(self.within)!r}")

    @property
    def is_duration(self) -> bool:
        """Whether the value is a length of time."""
        return self.kind in DURATION_KINDS

    @property
    def is_event_term(self) -> bool:
        """Whether the value comes from events."""
        return self.kind in EVENT_KINDS

    def __str__(self) -> str:
        parts = [] if self.name is None else [literal_text(self.name)]
        if self.touchpoint is not None:
            parts.append(f"touchpoint={literal_text(self.touchpoint)}")
        if self.ever:
            parts.append("ever=True")
        if self.within is not None:
            parts.append(f"within={literal_text(self.within)}")
        if self.channel is not None:
            parts.append(f"channel={literal_text(self.channel)}")
        return f"{self.kind}({', '.join(parts)})"

    __repr__ = __str__

    def __ge__(self, other: object) -> Comparison:
        return Comparison(self, ">=", other)

    def __gt__(self, other: object) -> Comparison:
        return Comparison(self, ">", other)

    def __le__(self, other: object) -> Comparison:
        return Comparison(self, "<=", other)

    def __lt__(self, other: object) -> Comparison:
        return Comparison(self, "<", other)

    def __eq__(self, other: object) -> Comparison:  # type: ignore[override]
        return Comparison(self, "==", other)

    def __ne__(self, other: object) -> Comparison:  # type: ignore[override]
        return Comparison(self, "!=", other)

    def is_in(self, options: Iterable[object]) -> Membership:
        """A criterion: the value is one of the options."""
        return Membership(self, options)

    def contains(self, option: str) -> Contains:
        """A criterion: the options that the attribute holds include this one."""
        return Contains(self, option)

    def __bool__(self) -> NoReturn:
        raise UsageError(
            f"{self} has no truth of its own; compare it and compose with & | ~ (not: and or not)"
        )

    def _no_logic(self, *_: object) -> NoReturn:
        raise UsageError(f"& | ~ on the bare term {self}: {_BRACKETS}")

    __and__ = __or__ = __rand__ = __ror__ = __invert__ = _no_logic

    def _no_arithmetic(self, *_: object) -> NoReturn:
        raise UsageError(f"{self}: criteria have no arithmetic; declare a metric for what must be computed")

    __add__ = __sub__ = __mul__ = __truediv__ = __radd__ = __rsub__ = __rmul__ = __rtruediv__ = _no_arithmetic
    __neg__ = __pow__ = __mod__ = __floordiv__ = _no_arithmetic


Term.__hash__ = None


class Criterion:
    """A typed, three-valued condition over a customer's history.

    Equal criteria have equal canonical texts, which is what ``str`` gives.
    """

    __slots__ = ("_text",)
    _text: str
    depth: int = 1

    def __str__(self) -> str:
        if not hasattr(self, "_text"):  # written once: a thousand criteria may be joined one by one
            object.__setattr__(self, "_text", self._written())
        return self._text

    def _written(self) -> str:
        raise UsageError(f"{type(self).__name__} is no criterion of cjlib")  # pragma: no cover

    def __and__(self, other: object) -> Criterion:
        return And(_operands(And, "&", self, other))

    def __or__(self, other: object) -> Criterion:
        return Or(_operands(Or, "|", self, other))

    def __rand__(self, other: object) -> Criterion:
        return And(_operands(And, "&", other, self))

    def __ror__(self, other: object) -> Criterion:
        return Or(_operands(Or, "|", other, self))

    def __invert__(self) -> Criterion:
        return Not(self)

    def __bool__(self) -> NoReturn:
        raise UsageError(
            f"a criterion is true only of a history; compose with & | ~ instead of and, or, not: {self!s:.80}"
        )

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other) if isinstance(other, Criterion) else NotImplemented

    def __hash__(self) -> int:
        return hash(str(self))

    def __repr__(self) -> str:
        return f"parse({str(self)!r})"

    def leaves(self) -> Iterator[Leaf]:
        """The comparisons and their like in the order in which they are written."""
        raise UsageError(f"{type(self).__name__} is no criterion of cjlib")  # pragma: no cover

    def terms(self) -> Iterator[Term]:
        """Every term in the order in which it is written, attributes on the right included."""
        for leaf in self.leaves():
            yield from leaf.operands()


def _operands(kind: type, sign: str, *sides: object) -> tuple[Criterion, ...]:
    found: list[Criterion] = []
    for side in sides:
        if isinstance(side, Term):
            raise UsageError(f"{sign} on the bare term {side}: {_BRACKETS}")
        if not isinstance(side, Criterion):
            raise UsageError(f"{sign} joins criteria, not {side!r:.80}; put brackets around each comparison")
        found.extend(side.criteria if isinstance(side, kind) else [side])  # type: ignore[attr-defined]
    return tuple(found)


def _check_term(term: object) -> None:
    if not isinstance(term, Term):
        raise UsageError(f"a term was expected, such as count('login'), not {term!r:.80}")


def _check_criteria(criteria: object) -> None:
    parts = criteria if isinstance(criteria, tuple) else ()
    if not parts or not all(isinstance(part, Criterion) for part in parts):
        raise UsageError(f"a tuple of criteria was expected, not {criteria!r:.80}")


def _check_size(criterion: Criterion) -> None:
    if criterion.depth > MAX_DEPTH:
        raise CriterionError(f"a criterion may be nested {MAX_DEPTH} deep, this is deeper")
    if (length := len(str(criterion))) > MAX_LENGTH:
        raise CriterionError(f"a criterion may have {MAX_LENGTH:,} characters, this has {length:,}")


class Leaf(Criterion):
    """A criterion without others inside."""

    __slots__ = ()
    term: Term

    def leaves(self) -> Iterator[Leaf]:
        yield self

    def operands(self) -> tuple[Term, ...]:
        """The terms that this leaf reads."""
        return (self.term,)


@attrs.frozen(eq=False, repr=False, init=False)
class Comparison(Leaf):
    """A term held against a literal or against an attribute of the same customer."""

    term: Term
    operator: str
    literal: Literal | Term

    def __init__(self, term: Term, operator: str, literal: Any) -> None:
        _check_term(term)
        if operator not in (">=", ">", "<=", "<", "==", "!="):
            raise CriterionError(f"{operator!r} is no comparison")
        if isinstance(literal, Term):
            term, operator, literal = _against_term(term, operator, literal)
        else:
            literal = typed_literal(term.kind, operator, literal, where=f"{term} {operator} {literal!r:.80}")
        self.__attrs_init__(term, operator, literal)

    def operands(self) -> tuple[Term, ...]:
        return (self.term, self.literal) if isinstance(self.literal, Term) else (self.term,)

    def _written(self) -> str:
        right = str(self.literal) if isinstance(self.literal, Term) else literal_text(self.literal)
        return f"{self.term} {self.operator} {right}"


FLIPPED = {">=": "<=", ">": "<", "<=": ">=", "<": ">", "==": "==", "!=": "!="}


def _against_term(left: Term, operator: str, right: Term) -> tuple[Term, str, Term]:
    if right.kind != "attribute" and left.kind == "attribute":
        left, operator, right = right, FLIPPED[operator], left
    if right.kind != "attribute":
        raise CriterionError(
            f"{left} {operator} {right}: a term is compared with a literal or with attribute(...), "
            "not with another term; declare a metric for the difference"
        )
    if left.is_duration:
        raise CriterionError(
            f"{left} {operator} {right}: a duration is compared with a literal such as '30d'; "
            "attributes on the right are numbers or categories"
        )
    return left, operator, right


@attrs.frozen(eq=False, repr=False, init=False)
class Membership(Leaf):
    """A term whose value is one of a list."""

    term: Term
    options: tuple[int | float | bool | str, ...]

    def __init__(self, term: Term, options: Iterable[object]) -> None:
        _check_term(term)
        if term.is_duration:
            raise CriterionError(f"{term} in [...]: a duration is no member of a list; use >= and <=")
        self.__attrs_init__(term, listed_literals(term.kind, options, where=str(term)))

    def _written(self) -> str:
        return f"{self.term} in [{', '.join(map(literal_text, self.options))}]"


@attrs.frozen(eq=False, repr=False)
class Contains(Leaf):
    """An attribute that holds several options, one of which is this."""

    term: Term
    option: str

    def __attrs_post_init__(self) -> None:
        _check_term(self.term)
        if self.term.kind != "attribute":
            raise CriterionError(
                f"{self.option!r:.80} in {self.term}: only an attribute holds several options"
            )
        checked_text(self.option)

    def _written(self) -> str:
        return f"{literal_text(self.option)} in {self.term}"


@attrs.frozen(eq=False, repr=False)
class Happened(Leaf):
    """At least one such event: ``happened("a")`` is ``count("a") >= 1``."""

    term: Term

    def __attrs_post_init__(self) -> None:
        _check_term(self.term)

    def _written(self) -> str:
        return "happened" + str(self.term).removeprefix("count")


@attrs.frozen(eq=False, repr=False)
class Known(Leaf):
    """Whether a term has a value; never unknown itself."""

    term: Term

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.term, Term):
            raise CriterionError(f"known(...) takes a term, such as attribute('plan'), not {self.term!r:.80}")

    def _written(self) -> str:
        return f"known({self.term})"


@attrs.frozen(eq=False, repr=False)
class _Joined(Criterion):
    criteria: tuple[Criterion, ...]
    depth: int = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        _check_criteria(self.criteria)
        object.__setattr__(self, "depth", 1 + max(criterion.depth for criterion in self.criteria))
        _check_size(self)

    def leaves(self) -> Iterator[Leaf]:
        for criterion in self.criteria:
            yield from criterion.leaves()


@attrs.frozen(eq=False, repr=False)
class And(_Joined):
    """True where all are true, false where one is false, else unknown."""

    def _written(self) -> str:
        return " and ".join(f"({part})" if isinstance(part, Or) else str(part) for part in self.criteria)


@attrs.frozen(eq=False, repr=False)
class Or(_Joined):
    """True where one is true, false where all are false, else unknown."""

    def _written(self) -> str:
        return " or ".join(map(str, self.criteria))


@attrs.frozen(eq=False, repr=False)
class Not(Criterion):
    """True where the other is false; unknown where it is unknown."""

    criterion: Criterion
    depth: int = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        _check_criteria((self.criterion,))
        object.__setattr__(self, "depth", 1 + self.criterion.depth)
        _check_size(self)

    def leaves(self) -> Iterator[Leaf]:
        yield from self.criterion.leaves()

    def _written(self) -> str:
        return f"not ({self.criterion})" if isinstance(self.criterion, _Joined) else f"not {self.criterion}"
