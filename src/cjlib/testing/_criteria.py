"""Criteria for Hypothesis: every word, every operator, names that are hard to write down."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from .. import criteria as c
from ..criteria import Comparison, Contains, Criterion, Happened, Known, Membership, Not, Term

__all__ = ["criteria"]

Names = st.SearchStrategy[str]

SPANNED = {"count": c.count, "distinct": c.distinct, "sum": c.sum, "mean": c.mean, "min": c.min, "max": c.max}

names = st.one_of(
    st.sampled_from(
        ["login", "kick-off", 'he said "yes"', "it's", "back\\slash", "été", "@seats", " ", "a\nb", "#"]
    ),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=8),
)
durations = st.integers(1, 10**15).map(lambda us: timedelta(microseconds=us))
any_durations = st.integers(-(10**15), 10**15).map(lambda us: timedelta(microseconds=us))
numbers = st.one_of(st.integers(-(2**60), 2**60), st.floats(-1e300, 1e300, allow_nan=False))
operators = st.sampled_from([">=", ">", "<=", "<", "==", "!="])
orders = st.sampled_from([">=", ">", "<=", "<"])


@st.composite
def spans(draw: st.DrawFn) -> dict[str, Any]:
    """What follows the name of the event."""
    span = draw(st.sampled_from(["visit", "ever", "within"]))
    found: dict[str, Any] = {}
    if span == "ever":
        found["ever"] = True
    if span == "within":
        found["within"] = draw(durations)
    return found | draw(channels())


@st.composite
def channels(draw: st.DrawFn) -> dict[str, Any]:
    """A channel, or none."""
    return {"channel": draw(names)} if draw(st.booleans()) else {}


@st.composite
def events(draw: st.DrawFn, touchpoints: Names) -> dict[str, Any]:
    """An activity or a touchpoint."""
    is_activity = draw(st.booleans())
    return {"activity": draw(names)} if is_activity else {"touchpoint": draw(touchpoints)}


@st.composite
def spanned_terms(draw: st.DrawFn, touchpoints: Names, kinds: tuple[str, ...] = tuple(SPANNED)) -> Term:
    """A term over a span."""
    named = draw(events(touchpoints))
    return SPANNED[draw(st.sampled_from(kinds))](**named, **draw(spans()))


@st.composite
def last_terms(draw: st.DrawFn, touchpoints: Names) -> Term:
    """The last value of an event."""
    named = draw(events(touchpoints))
    return c.last(**named, **draw(channels()))


@st.composite
def idle_terms(draw: st.DrawFn, touchpoints: Names) -> Term:
    """The time since an event."""
    named = draw(events(touchpoints))
    return c.idle(**named, **draw(channels()))


attributes = names.map(c.attribute)
options = st.lists(numbers, min_size=1, max_size=4) | st.lists(names, min_size=1, max_size=4)


def leaves_over(touchpoints: Names) -> st.SearchStrategy[Criterion]:
    """Criteria without others inside, over these touchpoints."""
    number_terms = spanned_terms(touchpoints) | last_terms(touchpoints)
    duration_terms = st.just(c.dwell()) | st.just(c.age()) | names.map(c.until) | idle_terms(touchpoints)
    return st.one_of(
        st.builds(Comparison, number_terms | attributes, operators, numbers),
        st.builds(Comparison, duration_terms, orders, any_durations),
        st.builds(Comparison, attributes, operators, names),
        st.builds(Comparison, attributes, st.sampled_from(["==", "!="]), st.booleans()),
        st.builds(Comparison, number_terms | attributes, operators, attributes),
        st.builds(Membership, number_terms, st.lists(numbers, min_size=1, max_size=4)),
        st.builds(Membership, attributes, options),
        st.builds(Contains, attributes, names),
        st.builds(Happened, spanned_terms(touchpoints, kinds=("count",))),
        st.builds(Known, number_terms | duration_terms | attributes),
    )


def _compound(inner: st.SearchStrategy[Criterion]) -> st.SearchStrategy[Criterion]:
    pairs = st.tuples(inner, inner)
    both, either = pairs.map(lambda pair: pair[0] & pair[1]), pairs.map(lambda pair: pair[0] | pair[1])
    return both | either | inner.map(Not)


def criteria(touchpoints: Names = names, *, max_leaves: int = 8) -> st.SearchStrategy[Criterion]:
    """Criteria of every kind, with names that are hard to write down.

    Args:
        touchpoints: the touchpoints that they may speak of; any names if unsaid.
        max_leaves: about how many comparisons one may hold.
    """
    return st.recursive(leaves_over(touchpoints), _compound, max_leaves=max_leaves)
