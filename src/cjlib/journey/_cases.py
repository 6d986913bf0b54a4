"""When a criterion can be true: the cases in which it is, as one domain per term.

All domains of a case hold at one moment. Where the cases of a criterion are too many, or a comparison is
beyond intervals, nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import NamedTuple, TypeAlias

from ..criteria import And, Comparison, Contains, Criterion, Happened, Known, Membership, Not, Or, Term
from ._domains import KNOWN, POSITIVE, UNKNOWN, Choice, Domain, Span, meet, span_of

__all__ = ["Case", "Key", "cases", "key_of", "merged", "tightened", "us_of"]

MOST_CASES = 200
WHOLE = ("count", "distinct", "dwell", "age", "idle", "until")
NEVER_NEGATIVE = ("count", "distinct", "dwell", "age", "idle")
ALWAYS_KNOWN = ("count", "distinct", "sum", "dwell", "age", "idle")
SPANNED = ("count", "distinct", "sum", "mean", "min", "max")
NEGATED = {">=": "<", ">": "<=", "<=": ">", "<": ">=", "==": "!=", "!=": "=="}
SIGNS = {">=": ">=", ">": ">", "<=": "<=", "<": "<", "==": "=", "!=": "<>"}


class Key(NamedTuple):
    """What a term reads, as something that can be looked up."""

    kind: str
    name: str | None
    touchpoint: str | None = None
    channel: str | None = None
    ever: bool = False
    within: timedelta | None = None

    @property
    def is_of_visit(self) -> bool:
        """Whether it counts from the beginning of the visit."""
        since_entry = self.kind in SPANNED and not self.ever and self.within is None
        return since_entry or self.kind == "dwell"

    @property
    def events(self) -> tuple[str | None, str | None, str | None]:
        """Which events it reads."""
        return self.name, self.touchpoint, self.channel


Case: TypeAlias = Mapping[Key, Domain]


class _TooManyError(Exception):
    pass


def cases(criterion: Criterion, categories: Mapping[str, frozenset[str]] | None = None) -> list[Case] | None:
    """The cases in which the criterion is true; an empty list if it never is, None if that is beyond telling.

    Args:
        criterion: the criterion.
        categories: what the attributes can be that are categories, where that is declared.
    """
    try:
        found = _cases(criterion, True)
    except _TooManyError:
        return None
    declared = {
        Key("attribute", name): Choice(frozenset(known)) for name, known in (categories or {}).items()
    }
    possible = (
        tightened(merged([case, {key: declared[key] for key in case if key in declared}])) for case in found
    )
    return [case for case in possible if case is not None]


def key_of(term: Term) -> Key:
    """The key of a term."""
    return Key(term.kind, term.name, term.touchpoint, term.channel, term.ever, term.within)


def _cases(criterion: Criterion, is_wanted: bool) -> list[Case]:
    if isinstance(criterion, Not):
        return _cases(criterion.criterion, not is_wanted)
    if isinstance(criterion, (And, Or)):
        parts = [_cases(part, is_wanted) for part in criterion.criteria]
        return _all_of(parts) if isinstance(criterion, And) == is_wanted else _limited(_flat(parts))
    if isinstance(criterion, Happened):
        return _numeric(criterion.term, ">=" if is_wanted else "<", 1)
    if isinstance(criterion, Known):
        return _known(criterion.term, is_wanted)
    if isinstance(criterion, Membership):
        return _membership(criterion, is_wanted)
    if isinstance(criterion, Contains):
        key = Key("attribute", criterion.term.name)
        return [{key: KNOWN, Key("contains", criterion.term.name, criterion.option): _exactly(is_wanted)}]
    assert isinstance(criterion, Comparison)
    return _comparison(criterion, is_wanted)


def _flat(parts: Iterable[list[Case]]) -> list[Case]:
    return [case for part in parts for case in part]


def _limited(found: list[Case]) -> list[Case]:
    if len(found) > MOST_CASES:
        raise _TooManyError
    return found


def _all_of(parts: Iterable[list[Case]]) -> list[Case]:
    found: list[Case] = [{}]
    for part in parts:
        if len(found) * len(part) > 20 * MOST_CASES:
            raise _TooManyError
        joined = (merged([one, other]) for one in found for other in part)
        found = _limited([case for case in joined if case is not None])
    return found


def merged(several: Iterable[Case | None]) -> Case | None:
    """The case in which all of them hold, None if there is none."""
    found: dict[Key, Domain] = {}
    for case in several:
        if case is None:
            return None
        for key, domain in case.items():
            narrowed = meet(found[key], domain) if key in found else domain
            if narrowed is None:
                return None
            found[key] = narrowed
    return found


def _exactly(value: object) -> Choice:
    return Choice(frozenset([value]))


def _comparison(leaf: Comparison, is_wanted: bool) -> list[Case]:
    operator = leaf.operator if is_wanted else NEGATED[leaf.operator]
    literal = leaf.literal
    if isinstance(literal, Term):
        pair = Key("against", str(leaf.term), str(literal))
        return [{key_of(leaf.term): KNOWN, key_of(literal): KNOWN, pair: Choice(frozenset(SIGNS[operator]))}]
    if isinstance(literal, timedelta):
        return _numeric(leaf.term, operator, literal // timedelta(microseconds=1))
    if isinstance(literal, (bool, str)):
        if operator not in ("==", "!="):
            return [{key_of(leaf.term): KNOWN}]
        return [{key_of(leaf.term): Choice(frozenset([literal]), is_exclusion=operator == "!=")}]
    return _numeric(leaf.term, operator, literal)


def _numeric(term: Term, operator: str, value: float) -> list[Case]:
    natural = POSITIVE if term.kind in NEVER_NEGATIVE else Span()
    found = (
        meet(natural, span)
        for span in span_of(operator, value, whole=term.kind in WHOLE)
        if not span.is_empty
    )
    return [{key_of(term): domain} for domain in found if domain is not None]


def _known(term: Term, is_wanted: bool) -> list[Case]:
    if term.kind in ALWAYS_KNOWN:
        return [{}] if is_wanted else []
    return [{key_of(term): KNOWN if is_wanted else UNKNOWN}]


def _membership(leaf: Membership, is_wanted: bool) -> list[Case]:
    if isinstance(leaf.options[0], (bool, str)):
        return [{key_of(leaf.term): Choice(frozenset(leaf.options), is_exclusion=not is_wanted)}]
    each = [_numeric(leaf.term, "==" if is_wanted else "!=", float(option)) for option in leaf.options]
    return _limited(_flat(each)) if is_wanted else _all_of(each)


def tightened(case: Case | None) -> Case | None:
    """The case with what one term says about another; None if they contradict each other.

    A shorter span holds no more events than a longer one, an event within a window bounds the time
    without one, and nobody has been in a stage for longer than a customer.
    """
    for _ in range(2):
        case = merged([case, *_implied(case)]) if case is not None else None
    return case


def _implied(case: Case) -> list[Case]:
    found: list[Case] = []
    for key, domain in case.items():
        for other in case:
            if other != key and isinstance(domain, Span):
                found.extend(_told(key, domain, other))
    return found


def _told(key: Key, span: Span, other: Key) -> list[Case]:
    """What the span of one key says about another key."""
    if _is_within(key, other):
        return [{other: Span(span.low, is_low_open=span.is_low_open)}]
    if _is_within(other, key):
        return [{other: Span(high=span.high, is_high_open=span.is_high_open)}]
    has_window = key.kind in ("count", "distinct") and key.within is not None and span.low >= 1
    if has_window and other.kind == "idle" and other.events == key.events:
        assert key.within is not None
        return [{other: Span(high=us_of(key.within) - 1)}]
    return []


def _is_within(small: Key, large: Key) -> bool:
    """Whether the value of the one is never above the value of the other."""
    if small.kind == "dwell" and large.kind == "age":
        return True
    counts = {"count": ("count",), "distinct": ("distinct", "count")}.get(small.kind, ())
    if large.kind not in counts or small.events != large.events:
        return False
    if small.within is not None and large.within is not None:
        return small.within <= large.within
    same_span = (small.ever, small.within) == (large.ever, large.within)
    return large.ever or same_span


def us_of(duration: timedelta) -> int:
    """The microseconds of a duration."""
    return duration // timedelta(microseconds=1)
