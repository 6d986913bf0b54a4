"""Scores of families, against a plain walk over the tree."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.scoring.made import snapshot

from cjlib.data import Customers
from cjlib.errors import CJError, DataError, UsageError
from cjlib.journey import Bands, Group, Measure, Scorecard, curves
from cjlib.scoring import HealthScorer, Scores, rollup

NAN = math.nan


def by_id(scores: Scores) -> dict:
    return dict(zip(scores.customers.tolist(), scores.values.tolist(), strict=True))


def combined(found: list[tuple[float, float]], how: str, quantile: float) -> float | None:
    """Of pairs (weight, score)."""
    if how == "mean":
        total = math.fsum(weight for weight, _ in found)
        return math.fsum(weight * score for weight, score in found) / total if total else None
    ordered = sorted(score for _, score in found)
    return ordered[0] if how == "worst" else float(np.quantile(ordered, quantile))


def walked(
    customer, own: dict, children: dict, worth, how, quantile, with_own, at_least
) -> tuple[float, float]:
    """Score and weight of a customer, from those below it."""
    below = [walked(child, own, children, worth, how, quantile, with_own, at_least)
             for child in children.get(customer, ())]  # fmt: skip
    mine = own.get(customer, NAN)
    weight = (worth or {}).get(customer, math.fsum(w for _, w in below) if worth else 1.0)
    found = [(w, score) for score, w in below if not math.isnan(score)]
    if below and with_own and not math.isnan(mine):
        found.append((weight, mine))
    if not below or len(found) < at_least:
        return mine, weight
    score = combined(found, how, quantile)
    return (mine if score is None else score), weight


@st.composite
def families(draw):
    """Scores of some, and to whom each belongs; who belongs to nobody stands on top."""
    n = draw(st.integers(1, 9))
    links = {one: draw(st.integers(one + 1, n)) for one in range(n) if draw(st.integers(0, 4))}
    scored = draw(st.lists(st.integers(0, n), min_size=1, unique=True))
    own = {one: draw(st.sampled_from([NAN, 0.0, 12.5, 50.0, 50.0, 99.0])) for one in scored}
    worth = draw(st.none() | st.just({one: draw(st.sampled_from([0.0, 1.0, 2.5])) for one in range(n + 1)}))
    return links, own, worth


@given(families(), st.sampled_from(["mean", "worst", "quantile"]), st.sampled_from([0.0, 0.3, 1.0]),
       st.booleans(), st.integers(1, 3))  # fmt: skip
def test_every_score_is_that_of_the_plain_walk(family, how, quantile, with_own, at_least):
    links, own, worth = family
    scores = Scores(list(own.values()), scorer="mine", customers=list(own))
    found = by_id(
        rollup(scores, links, how=how, values=worth, quantile=quantile, own=with_own, at_least=at_least)
    )
    children: dict = {}
    for child in found:
        if child in links:
            children.setdefault(links[child], []).append(child)
    for customer, score in found.items():
        expected, _ = walked(customer, own, children, worth, how, quantile, with_own, at_least)
        assert score == pytest.approx(expected, nan_ok=True), customer


def ends_below(customer, children: dict) -> list:
    below = children.get(customer, [])
    return [customer] if not below else [end for child in below for end in ends_below(child, children)]


@given(families(), st.sampled_from([10.0, 50.0]))
def test_the_share_below_is_that_of_the_ends_of_the_branches(family, below):
    links, own, _ = family
    scores = Scores(list(own.values()), scorer="mine", customers=list(own))
    found = by_id(rollup(scores, links, how="below", below=below))
    children: dict = {}
    for child in found:
        if child in links:
            children.setdefault(links[child], []).append(child)
    for customer, share in found.items():
        ends = [own.get(one, NAN) for one in ends_below(customer, children)]
        known = [score for score in ends if not math.isnan(score)]
        expected = sum(score < below for score in known) / len(known) if known else NAN
        assert share == pytest.approx(expected, nan_ok=True)


def card(**options) -> Scorecard:
    measures = [Measure(name, metric=name, curve=curves.linear(0, 100)) for name in "ab"]
    return Scorecard("health", groups=[Group("all", measures=measures)], **options)


@given(st.data())
def test_parts_add_up_and_the_interval_holds_the_score(data):
    n = data.draw(st.integers(2, 8))
    cell = st.none() | st.integers(0, 100)
    columns = {name: data.draw(st.lists(cell, min_size=n, max_size=n)) for name in "ab"}
    scores = HealthScorer(card(decimals=data.draw(st.sampled_from([None, 0])))).score(snapshot(columns))
    links = {one: data.draw(st.integers(one + 1, n)) for one in range(n) if data.draw(st.booleans())}
    how = data.draw(st.sampled_from(["mean", "worst", "quantile"]))
    found = rollup(scores, links, how=how, own=data.draw(st.booleans()))
    said = ~np.isnan(found.values)
    np.testing.assert_allclose((found.base + found.parts.sum(axis=1))[said], found.values[said], atol=1e-9)
    assert (found.low[said] <= found.values[said]).all()
    assert (found.high[said] >= found.values[said]).all()
    assert ((found.coverage >= 0) & (found.coverage <= 1)).all()


@given(st.data())
def test_the_interval_holds_the_score_of_every_completion(data):
    n = data.draw(st.integers(2, 6))
    columns = {
        name: data.draw(st.lists(st.none() | st.integers(0, 100), min_size=n, max_size=n)) for name in "ab"
    }
    complete = {name: [data.draw(st.integers(0, 100)) if v is None else v for v in column]
                for name, column in columns.items()}  # fmt: skip
    links = {one: data.draw(st.integers(one + 1, n)) for one in range(n) if data.draw(st.booleans())}
    options = data.draw(st.sampled_from([{"how": "mean"}, {"how": "worst"}, {"how": "quantile"},
                                         {"how": "below", "below": 40}]))  # fmt: skip
    found, completed = (rollup(HealthScorer(card()).score(snapshot(one)), links, **options)
                        for one in (columns, complete))  # fmt: skip
    assert found.customers.tolist() == completed.customers.tolist()
    assert (completed.values >= found.low - 1e-9).all()
    assert (completed.values <= found.high + 1e-9).all()


def test_users_count_for_their_accounts_and_accounts_for_their_group():
    """acme: (90 + 30) / 2 = 60; brass: 60 alone. group, by revenue 3 to 1: (3 * 60 + 1 * 70) / 4 = 62.5."""
    scores = Scores([90.0, 30.0, 70.0], scorer="mine", customers=["ann", "ben", "cat"])
    links = {"ann": "acme", "ben": "acme", "cat": "brass", "acme": "group", "brass": "group"}
    worth = {"ann": 1, "ben": 1, "cat": 1, "acme": 3, "brass": 1}
    found = by_id(rollup(scores, links, values=worth))
    assert (found["acme"], found["brass"], found["group"]) == (60, 70, 62.5)
    assert by_id(rollup(scores, links, how="worst"))["group"] == 30
    assert by_id(rollup(scores, links, how="below", below=80))["group"] == pytest.approx(2 / 3)
    assert math.isnan(by_id(rollup(scores, links, at_least=2))["brass"])


def test_planhat_takes_the_parent_in_and_rounds():
    """(8 + 5 + 6) / 3 = 6.33, rounded 6; the parent's own 8 counts like a child's."""
    eight = Scorecard("planhat", scale=(0, 10), combine="sum", start=5, decimals=0, groups=[
        Group("factors", measures=[Measure("a", metric="a", curve=curves.linear(0, 10, to=(-5, 5)))])
    ])  # fmt: skip
    scores = HealthScorer(eight).score(snapshot({"a": [8, 5, 6]}, ["parent", "one", "two"]))
    found = rollup(scores, {"one": "parent", "two": "parent"}, own=True)
    assert by_id(found)["parent"] == 6
    assert dict(found.explain("parent").parts)["@rounding"] == pytest.approx(-1 / 3)


def test_links_of_customers_are_read_as_of_each_moment():
    table = {"customer": ["u", "u"], "since": ["2026-01-01", "2026-02-01"], "account": ["acme", "brass"]}
    customers = Customers.from_frame(table, valid_from="since", parent="account")
    scores = Scores([10.0, 30.0], scorer="mine", customers=["u", "u"], as_of=["2026-01-15", "2026-02-15"])
    found = rollup(scores, customers)
    assert list(zip(found.customers.tolist(), found.values.tolist(), strict=True)) == [
        ("u", 10.0), ("acme", 10.0), ("u", 30.0), ("brass", 30.0)]  # fmt: skip


def test_bands_are_those_of_the_scorecard():
    bands = Bands(("red", "green"), edges=50)
    scores = HealthScorer(card(bands=bands)).score(snapshot({"a": [20, 90], "b": [20, 90]}, ["x", "y"]))
    assert rollup(scores, {"x": "z", "y": "z"}).explain("z").band == "green"
    assert rollup(scores, {"x": "z", "y": "z"}, how="worst").explain("z").band == "red"


@pytest.mark.parametrize("links", [{1: 1}, {1: 2, 2: 1}, {0: 1, 1: 2, 2: 3, 3: 1}])
def test_links_in_a_circle_are_told_with_the_circle(links):
    with pytest.raises(DataError, match=r"go round in circles: (1 -> 1|1 -> 2 -> 1|1 -> 2 -> 3 -> 1)"):
        rollup(Scores([1.0, 2.0], scorer="mine"), links)


@pytest.mark.parametrize("options", [
    {"how": "median"}, {"how": "below"}, {"below": 3}, {"quantile": 2}, {"at_least": 0},
    {"values": {0: -1}}, {"values": {0: math.inf}}, {"values": {}}, {"links": [1, 2]}, {"links": None},
])  # fmt: skip
def test_wrong_calls_are_told(options):
    options = {"links": {0: 1}} | options
    with pytest.raises(CJError):
        rollup(Scores([1.0, 2.0], scorer="mine"), **options)


def test_where_all_that_counts_is_nothing_the_parent_keeps_its_own_score():
    scores = Scores([10.0, 70.0], scorer="mine")
    assert by_id(rollup(scores, {0: 1}, values={0: 0, 1: 5})) == {0: 10, 1: 70}
    with pytest.raises(UsageError):
        rollup(scores, {0: 1}, how="worse")
    assert len(rollup(Scores([], scorer="mine"), {})) == 0
