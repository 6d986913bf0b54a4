"""How a case looks at particular moments: on entry, at rest, without data, when it has just become true."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ._cases import SPANNED, Case, Key, merged, tightened, us_of
from ._domains import POSITIVE, UNKNOWN, ZERO, Domain, Span

__all__ = ["at_entry", "at_rest", "lasting", "shortest_dwell", "triggered", "without_data"]


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
