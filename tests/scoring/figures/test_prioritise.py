"""Whom to call first: the best there is within capacity, with the reason for each place."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

import cjlib as cj

OWNERS = ("ann", "bob", "cy", "di")


def scores(risks: Any, customers: Any = None, **options: Any) -> cj.Scores:
    options = {"scale": (0, 1)} | options
    return cj.Scores(risks, scorer="mine", customers=customers, **options)


@st.composite
def books(draw: st.DrawFn) -> dict[str, Any]:
    """Some customers, whose they are, and how many each can call."""
    n, names = draw(st.integers(1, 25)), OWNERS[: draw(st.integers(1, 4))]
    risks = draw(st.lists(st.sampled_from((0.0, 0.1, 0.25, 0.5, 0.9, 1.0)), min_size=n, max_size=n))
    values = draw(st.lists(st.floats(0, 1000).map(lambda one: round(one, 1)), min_size=n, max_size=n))
    whose = st.one_of(st.none(), st.sampled_from(names), st.lists(st.sampled_from(names), max_size=3))
    return {
        "risks": risks,
        "values": values,
        "owners": draw(st.lists(whose, min_size=n, max_size=n)),
        "capacity": {name: draw(st.integers(0, 6)) for name in names},
        "handover": draw(st.sampled_from((None, 0.0, 0.2, 0.7, 1.0))),
    }


def prioritised(book: dict[str, Any], **changes: Any) -> cj.scoring.Priorities:
    book = book | changes
    return cj.prioritise(
        scores(book["risks"]), book["values"], book["owners"], book["capacity"], handover=book["handover"]
    )


def best(book: dict[str, Any]) -> float:
    """What could be saved, by scipy's assignment of customers to places."""
    places = [name for name, room in book["capacity"].items() for _ in range(room)]
    if not places:
        return 0.0
    kept = np.zeros((len(book["risks"]), len(places)))
    for row, owner in enumerate(book["owners"]):
        own = OWNERS if owner in (None, []) else owner if isinstance(owner, list) else [owner]
        other = 0.0 if book["handover"] is None else 1 - book["handover"]
        kept[row] = [1.0 if place in own else other for place in places]
    kept *= (np.array(book["risks"]) * book["values"])[:, None]
    return float(kept[linear_sum_assignment(kept, maximize=True)].sum())


@given(books())
def test_nothing_better_is_possible(book: dict[str, Any]) -> None:
    assert prioritised(book).saved == pytest.approx(best(book), rel=1e-8, abs=1e-8)


@given(books())
@settings(max_examples=50)
def test_nobody_gets_more_than_there_is_room_for(book: dict[str, Any]) -> None:
    found = prioritised(book)
    loads = dict(zip(found.loads["owner"], found.loads["placed"], strict=True))
    assert all(loads[name] <= room for name, room in book["capacity"].items())
    assert sum(loads.values()) == len(found.placed)
    assert len(found.table) == len(book["risks"])
    assert sorted(found.table["customer"].tolist()) == list(range(len(book["risks"])))


@given(books())
@settings(max_examples=50)
def test_ranks_follow_what_is_at_stake(book: dict[str, Any]) -> None:
    found = prioritised(book)
    expected = found.placed["expected"]
    assert (np.diff(expected) <= 0).all()
    assert found.placed["rank"].tolist() == list(range(1, len(found.placed) + 1))
    assert (found.table["rank"][len(found.placed) :] == 0).all()


@given(books(), st.data())
@settings(max_examples=50)
def test_more_at_stake_or_more_room_never_saves_less(book: dict[str, Any], data: st.DataObject) -> None:
    before = prioritised(book).saved
    name = data.draw(st.sampled_from(sorted(book["capacity"])))
    roomier = book["capacity"] | {name: book["capacity"][name] + 1}
    assert prioritised(book, capacity=roomier).saved >= before - 1e-6
    row = data.draw(st.integers(0, len(book["risks"]) - 1))
    values = [value + (200 if number == row else 0) for number, value in enumerate(book["values"])]
    assert prioritised(book, values=values).saved >= before - 1e-6


@given(books(), st.data())
@settings(max_examples=50)
def test_who_is_on_the_list_stays_on_it_with_more_at_stake(book: dict[str, Any], data: st.DataObject) -> None:
    found = prioritised(book)
    if not len(found.placed):
        return
    row = data.draw(st.sampled_from(found.placed["customer"].tolist()))
    values = [value + (200 if number == row else 0) for number, value in enumerate(book["values"])]
    assert row in prioritised(book, values=values).placed["customer"].tolist()


def test_thousands_of_customers_are_placed_as_well_as_by_scipy() -> None:
    """Blocks of many customers are split until nothing more can be won."""
    rng = np.random.default_rng(5)
    n = 3000
    book = {
        "risks": rng.random(n), "values": rng.lognormal(3, 1, n),
        "capacity": {"ann": 90, "bob": 40, "cy": 150},
        "owners": rng.choice(["ann", "ann", "ann", "bob", "cy"], n).tolist(), "handover": 0.3,
    }  # fmt: skip
    assert prioritised(book).saved == pytest.approx(best(book), rel=1e-10)


# --- examples


def team() -> cj.scoring.Priorities:
    """ann has two of three customers in need and one place, bob one in need and two places."""
    return cj.prioritise(
        scores(
            [0.5, 0.4, 0.2, 0.1], ["a", "b", "c", "d"], low=[0.4, 0.3, 0.1, 0.0], high=[0.6, 0.5, 0.3, 0.2]
        ),
        {"a": 1000, "b": 1000, "c": 100, "d": 0},
        {"a": "ann", "b": "ann", "c": "bob", "d": "bob"},
        {"ann": 1, "bob": 2},
        handover=0.25,
    )


def test_an_overloaded_owner_hands_over_at_a_loss() -> None:
    found = team()
    rows = [(row["customer"], row["owner"], row["own"], row["expected"]) for row in found.placed.rows()]
    assert rows == [("a", "ann", "ann", 500.0), ("b", "bob", "ann", 400.0), ("c", "bob", "bob", 20.0)]
    assert found.saved == 500 + 0.75 * 400 + 20
    assert found.of("bob")["customer"].tolist() == ["b", "c"]
    assert found.explain("b").splitlines() == [
        "'b': number 2",
        "  0.4 of 1,000 = 400 at stake (300 to 500)",
        "  bob calls in place of ann, at a loss of 25%: bob has 2 of 2 places taken, 20 or more at stake "
        "with each",
    ]
    assert found.table["outcome"].tolist()[-1] == "nothing at stake"


def test_the_parts_of_the_score_are_told() -> None:
    risk = cj.Scores([62.0], scorer="mine", customers=["a"], parts={"logins": [12.0]}, base=50.0,
                     bands=["red"])  # fmt: skip
    told = cj.prioritise(risk, 100, risk={"red": 0.5}).explain("a")
    assert told.splitlines()[1:3] == [
        "  0.5 of 100 = 50 at stake",
        "  team calls: team has 1 places taken, 50 or more at stake with each",
    ]
    assert "+12    logins" in told


def test_bands_stand_for_risks() -> None:
    bands = cj.Bands(("red", "green"), edges=(50,))
    health = cj.Scores(
        [20.0, 80.0, np.nan], scorer="health", customers=["a", "b", "c"], scale=(0, 100), bands=bands
    )
    found = cj.prioritise(health, 100, risk={"red": 0.4, "green": 0.05})
    assert found.table["expected"].tolist()[:2] == [40.0, 5.0]
    assert found.table["outcome"].tolist() == ["placed", "placed", "no score"]


def test_no_room_at_all() -> None:
    found = cj.prioritise(scores([0.5, 0.2], ["a", "b"]), 10, capacity=0)
    assert (len(found.placed), found.saved) == (0, 0.0)
    assert found.explain("a").splitlines()[-1] == "  all 0 places are taken by others"
    assert str(found) == "no room: 2"
    strict = cj.prioritise(scores([0.5], ["a"]), 10, ["ann"], {"ann": 0})
    assert strict.explain("a").splitlines()[-1] == "  ann has 0 of 0 places taken"
    assert strict.loads["waiting"].tolist() == [1]


def test_what_cannot_be_said_is_told_and_not_placed() -> None:
    found = cj.prioritise(
        scores([np.nan, 0.5, 0.5, 0.5], list("abcd")), {"a": 1, "b": -5, "d": 2}, capacity=9
    )
    outcomes = dict(zip(found.table["customer"], found.table["outcome"], strict=True))
    assert outcomes == {"a": "no score", "b": "negative value", "c": "no value", "d": "placed"}
    assert "no score: 1" in str(found)


def test_the_urgent_are_spread_evenly() -> None:
    found = cj.prioritise(scores(np.linspace(1, 0.1, 6)), 100, capacity={"ann": 3, "bob": 3})
    assert [found.of(name)["rank"].tolist() for name in ("ann", "bob")] == [[1, 3, 5], [2, 4, 6]]


def test_a_column_of_the_snapshot_may_be_value_and_owner() -> None:
    frame = {"customer": ["a", "b"], "arr": [10.0, 20.0], "csm": ["ann", "bob"]}
    snapshot = cj.Snapshot.from_frame(frame, as_of="2026-01-01")
    risk = cj.Scores([0.5, 0.5], scorer="mine", snapshot=snapshot, scale=(0, 1))
    found = cj.prioritise(risk, "arr", "csm", 1)
    assert found.placed["owner"].tolist() == ["bob", "ann"]


@pytest.mark.parametrize(
    ("change", "error", "told"),
    [
        ({"owners": {"a": "ann", "b": "bbo"}}, cj.errors.UnknownNameError, "a capacity.*'bbo'.*'bob'"),
        ({"owners": ["ann"]}, cj.errors.DataError, "1 owners for 2 customers"),
        ({"owners": 5}, cj.errors.UsageError, "a mapping or one per customer"),
        ({"owners": "csm"}, cj.errors.UsageError, "carry no snapshot"),
        ({"owners": [{"x": 1}, None]}, cj.errors.DataError, "an owner is a name or an id"),
        ({"capacity": -1}, cj.errors.UsageError, "a capacity is a whole number"),
        ({"capacity": 2.5}, cj.errors.UsageError, "a capacity is a whole number"),
        ({"capacity": True}, cj.errors.UsageError, "a capacity is a whole number"),
        ({"capacity": {"ann": None, "bob": 1}}, cj.errors.UsageError, "a capacity is a whole number"),
        ({"capacity": {"ann": -1, "bob": 1}}, cj.errors.UsageError, "a capacity is a whole number"),
        ({"handover": 1.5}, cj.errors.UsageError, "handover is a share"),
        ({"value": "arr"}, cj.errors.UsageError, "carry no snapshot"),
        ({"value": ["x", "y"]}, cj.errors.DataError, "value must be numbers"),
        ({"value": [1.0]}, cj.errors.DataError, "one per customer"),
        ({"value": [1.0, np.inf]}, cj.errors.DataError, "finite"),
        ({"risk": {"red": 0.1}}, cj.errors.UsageError, "have no bands"),
        ({"scores": scores([0.5, 0.5], ["a", "a"])}, cj.errors.DataError, "'a' has several scores"),
        ({"scores": scores([50, 60], ["a", "b"], scale=(0, 100))}, cj.errors.UsageError, "no probabilities"),
        ({"scores": [0.5]}, cj.errors.UsageError, "must be cjlib.Scores"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_told(change: dict[str, Any], error: Any, told: str) -> None:
    given: dict[str, Any] = {
        "scores": scores([0.5, 0.2], ["a", "b"]), "value": 10, "owners": {"a": "ann", "b": "bob"},
        "capacity": {"ann": 1, "bob": 1},
    } | change  # fmt: skip
    with pytest.raises(error, match=told):
        cj.prioritise(**given)


def test_bands_need_each_a_probability() -> None:
    health = cj.Scores([20.0], scorer="h", scale=(0, 100), bands=cj.Bands(("red", "green"), edges=(50,)))
    for risk, error, told in (({"red": 0.1}, cj.errors.UnknownNameError, "band in risk= 'green'"),
                              ({"red": 0.1, "gren": 0, "green": 0}, cj.errors.UnknownNameError, "'green'"),
                              ({"red": 40, "green": 0}, cj.errors.UsageError, "of 'red' is a probability"),
                              ("red", cj.errors.UsageError, "maps bands")):  # fmt: skip
        with pytest.raises(error, match=told):
            cj.prioritise(health, 1, risk=risk)  # type: ignore[arg-type]


def test_who_is_not_there_cannot_be_explained() -> None:
    with pytest.raises(cj.errors.UnknownNameError, match="customer 'x'"):
        team().explain("x")
    with pytest.raises(cj.errors.UnknownNameError, match="did you mean 'bob'"):
        team().of("bobb")
