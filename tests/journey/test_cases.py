"""When a criterion can be true: the intervals agree with the logic."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cjlib import criteria as c
from cjlib.criteria import And, Comparison, Criterion, Known, Membership, Not, Term, parse
from cjlib.journey._cases import (
    KNOWN,
    UNKNOWN,
    Case,
    Choice,
    Domain,
    Key,
    Span,
    at_entry,
    at_rest,
    cases,
    meet,
    span_of,
    without_data,
)

NUMBERS = [c.attribute("x"), c.last("y")]
WORDS = [c.attribute("p"), c.attribute("q")]
Value = float | str | None
World = Mapping[str, Value]

leaves = st.one_of(
    st.builds(
        Comparison,
        st.sampled_from(NUMBERS),
        st.sampled_from([">=", ">", "<=", "<", "==", "!="]),
        st.integers(0, 3),
    ),
    st.builds(Membership, st.sampled_from(NUMBERS), st.lists(st.integers(0, 3), min_size=1, max_size=3)),
    st.builds(Comparison, st.sampled_from(WORDS), st.sampled_from(["==", "!="]), st.sampled_from("ab")),
    st.builds(Membership, st.sampled_from(WORDS), st.lists(st.sampled_from("abc"), min_size=1, max_size=3)),
    st.builds(Known, st.sampled_from(NUMBERS + WORDS)),
)
criteria = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda pair: pair[0] & pair[1]),
        st.tuples(inner, inner).map(lambda pair: pair[0] | pair[1]),
        inner.map(Not),
    ),
    max_leaves=6,
)
number = st.none() | st.sampled_from([-1.0, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0])
word = st.none() | st.sampled_from("abcd")
worlds = st.fixed_dictionaries(
    {str(NUMBERS[0]): number, str(NUMBERS[1]): number, str(WORDS[0]): word, str(WORDS[1]): word}
)


def truth(criterion: Criterion, world: World) -> bool | None:
    """Kleene's logic, as plainly as it can be written."""
    if isinstance(criterion, Not):
        inner = truth(criterion.criterion, world)
        return None if inner is None else not inner
    if isinstance(criterion, (And, c.Or)):
        values = [truth(part, world) for part in criterion.criteria]
        decisive = not isinstance(criterion, And)
        if decisive in values:
            return decisive
        return None if None in values else not decisive
    assert isinstance(criterion, (Comparison, Membership, Known))
    value = world[str(criterion.term)]
    if isinstance(criterion, Known):
        return value is not None
    if value is None:
        return None
    if isinstance(criterion, Membership):
        return value in criterion.options
    assert not isinstance(criterion.literal, Term)
    compare = {">=": "__ge__", ">": "__gt__", "<=": "__le__", "<": "__lt__", "==": "__eq__", "!=": "__ne__"}
    literal = criterion.literal if isinstance(criterion.literal, str) else float(criterion.literal)  # type: ignore[arg-type]
    return bool(getattr(value, compare[criterion.operator])(literal))


def holds(domain: Domain, value: Value) -> bool:
    if domain is UNKNOWN or value is None:
        return domain is UNKNOWN and value is None
    if domain is KNOWN:
        return True
    exact = Span(value, value) if isinstance(value, float) else Choice(frozenset([value]))
    return meet(domain, exact) is not None


@given(criteria, worlds)
def test_a_criterion_is_true_if_and_only_if_one_of_its_cases_holds(
    criterion: Criterion, world: World
) -> None:
    found = cases(criterion)
    assert found is not None
    terms = {Key("attribute", "x"): NUMBERS[0], Key("last", "y"): NUMBERS[1]}
    terms |= {Key("attribute", "p"): WORDS[0], Key("attribute", "q"): WORDS[1]}
    matching = [case for case in found if all(holds(case[key], world[str(terms[key])]) for key in case)]
    assert bool(matching) is (truth(criterion, world) is True)


@pytest.mark.parametrize(
    ("operator", "value"), [(o, v) for o in (">=", ">", "<=", "<", "==", "!=") for v in (2, 2.5)]
)
def test_spans_of_whole_numbers_hold_the_whole_numbers(operator: str, value: float) -> None:
    compare = {">=": "__ge__", ">": "__gt__", "<=": "__le__", "<": "__lt__", "==": "__eq__", "!=": "__ne__"}
    spans = span_of(operator, value, whole=True)
    for candidate in range(-1, 6):
        inside = any(meet(span, Span(candidate, candidate)) is not None for span in spans)
        assert inside is getattr(float(candidate), compare[operator])(value)


def only(text: str) -> Case:
    (case,) = cases(parse(text)) or []
    return case


def test_on_entry_nothing_has_happened_in_the_visit() -> None:
    assert not at_entry(only('happened("x")'))
    assert not at_entry(only('dwell() >= "1d"'))
    assert not at_entry(only('mean("x") > 3'))
    assert at_entry(only('happened("x", within="1d")'))
    assert at_entry(only('happened("x", ever=True)'))
    assert at_entry(only('count("x") == 0 and sum("x") >= 0 and not known(max("x"))'))


def test_at_rest_windows_empty_and_clocks_run() -> None:
    assert not at_rest(only('dwell() >= "30d" and idle("x") < "7d"'))
    assert cases(parse('dwell() >= "30d" and age() < "7d"')) == []
    assert not at_rest(only('dwell() >= "30d" and happened("x", within="30d")'))
    assert at_rest(only('dwell() >= "30d" and happened("x", within="31d")'))
    assert at_rest(only('dwell() >= "30d" and last("x") > 3'))


def test_without_data_only_time_is_left() -> None:
    assert without_data(only('idle("x") >= "30d" and until("renewal") < "3d"'))
    assert without_data(only('not happened("x", ever=True)'))
    assert not without_data(only('happened("x", ever=True)'))
    assert not without_data(only('attribute("x") > 3'))
    assert not without_data(only('"a" in attribute("x")'))
    assert not without_data(only('count("x") >= attribute("y")'))


def test_shorter_spans_hold_no_more_than_longer_ones() -> None:
    assert cases(parse('count("x", within="7d") >= 3 and count("x", within="14d") < 3')) == []
    assert cases(parse('count("x", within="14d") >= 3 and count("x", within="7d") < 3'))
    assert cases(parse('count("x") >= 3 and count("x", ever=True) < 3')) == []
    assert cases(parse('distinct("x") >= 3 and count("x") < 3')) == []
    assert cases(parse('distinct("x") >= 3 and count("x", ever=True) < 3')) == []
    assert cases(parse('count("x") >= 3 and count("y", ever=True) < 3'))


def test_time_without_an_event_is_shorter_than_the_window_with_one() -> None:
    assert cases(parse('happened("x", within="7d") and idle("x") >= "7d"')) == []
    assert cases(parse('happened("x", within="7d") and idle("x") < "7d"'))
    us = timedelta(days=7) // timedelta(microseconds=1)
    assert (
        cases(parse('happened("x", within="7d") and idle("x") >= "1d"'))[0][Key("idle", "x")].high == us - 1
    )  # type: ignore[index,union-attr]


def test_too_many_cases_are_no_claim() -> None:
    assert cases(parse(" and ".join(f'(last("a{n}") > 1 or last("b{n}") > 1)' for n in range(20)))) is None
