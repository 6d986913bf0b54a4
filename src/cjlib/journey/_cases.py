"""When a criterion can be true: the cases in which it is, as one domain per term.

All domains of a case hold at one moment. Where the cases of a criterion are too many, or a comparison is
beyond intervals, nothing is claimed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from enum import Enum
from typing import Any, NamedTuple, TypeAlias

import attrs

from ..criteria import And, Comparison, Contains, Criterion, Happened, Known, Membership, Not, Or, Term

__all__ = [
    "Case", "at_entry", "at_rest", "cases", "lasting", "merged", "shortest_dwell", "tightened", "triggered",
    "without_data",
]  # fmt: skip

MOST_CASES = 200
WHOLE = ("count", "distinct", "dwell", "age", "idle", "until")
NEVER_NEGATIVE = ("count", "distinct", "dwell", "age", "idle")
ALWAYS_KNOWN = ("count", "distinct", "sum", "dwell", "age", "idle")
SPANNED = ("count", "distinct", "sum", "mean", "min", "max")
NEGATED = {">=": "<", ">": "<=", "<=": ">", "<": ">=", "==": "!=", "!=": "=="}
SIGNS = {">=": ">=", ">": ">", "<=": "<=", "<": "<", "==": "=", "!=": "<>"}


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


def at_entry(case: Case) -> list[Case]:
    """The case at the instant at which a visit begins, whose events do not count for it again."""
    nothing: dict[Key, Domain] = {key: _without_events(key) for key in case if key.is_of_visit}
    return _both(case, nothing)


def _both(case: Case, other: Case) -> list[Case]:
    """The case in which both hold, if there is one."""
    found = tightened(merged([case, other]))
    return [] if found is None else [found]


def at_rest(case: Case) -> list[Case]:
    """The case when nothing has happened since the visit began."""
    span = case.get(Key("dwell", None), POSITIVE)
    dwell = span.low if isinstance(span, Span) else 0
    still: dict[Key, Domain] = {}
    for key in case:
        is_past = key.within is not None and us_of(key.within) <= dwell
        if (key.is_of_visit and key.kind != "dwell") or (key.kind in SPANNED and is_past):
            still[key] = _without_events(key)
        elif key.kind in ("idle", "age"):
            still[key] = Span(dwell)
    return _both(case, still)


def without_data(case: Case) -> list[Case]:
    """The case when nothing has ever happened and no attribute is known: what is left is time."""
    if any(key.kind in ("contains", "against") for key in case):
        return []
    nothing: dict[Key, Domain] = {}
    for key in case:
        if key.kind in SPANNED or key.kind in ("last", "attribute"):
            nothing[key] = _without_events(key)
    return [found for timely in _both(case, nothing) for found in at_rest(timely)]


def _without_events(key: Key) -> Domain:
    return ZERO if key.kind in ("count", "distinct", "sum", "dwell") else UNKNOWN


def lasting(case: Case) -> Case:
    """What the case says beyond the visit: the part that must hold for the next stage too."""
    return {key: domain for key, domain in case.items() if not key.is_of_visit}


def shortest_dwell(case: Case) -> float:
    """How long the customer must have been in the stage, in microseconds."""
    domain: Any = case.get(Key("dwell", None), POSITIVE)
    return domain.low if isinstance(domain, Span) else 0


def triggered(case: Case) -> Iterator[Case]:
    """The ways in which the case can become true at an instant: on entry, or by one of its terms."""
    yield from at_entry(case)
    for key, domain in case.items():
        yield from _both(case, _just_turned(key, domain))


def _just_turned(key: Key, domain: Domain) -> Case:
    """What is true at the instant at which time, or else an event, brings the term into its domain."""
    low, high = (domain.low, domain.high) if isinstance(domain, Span) else (0, float("inf"))
    if key.kind in ("idle", "dwell", "age") and low > 0:
        return {key: Span(low, low)}
    needs_event = key.kind in ("last", "idle") or (key.kind in SPANNED and key.within is None)
    if needs_event or (key.kind in ("count", "distinct") and low >= 1 and high == float("inf")):
        return {Key("idle", *key.events): ZERO}
    return {}
