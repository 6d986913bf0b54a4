"""Customers: attributes of every kind, constant and changing, and links."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from cjlib.data import Customers
from cjlib.errors import DataError, UnknownNameError

NAT = np.iinfo(np.int64).min
NEW_YEAR = 1_704_067_200_000_000


def table(**columns: Any) -> Customers:
    return Customers.from_frame({"customer": ["b", "a"], **columns})


def values(customers: Customers, name: str) -> list[Any]:
    """The decoded values of an attribute, in order of the ids."""
    column = customers.column(name)
    if column.categories:
        return [None if np.isnan(value) else column.categories[int(value)] for value in column.values]
    return [None if np.isnan(value) else float(value) for value in column.values]


def test_constant_attributes_have_one_row_per_customer_and_no_past() -> None:
    customers = table(seats=[3, 5])
    column = customers.column("seats")
    assert customers.ids.tolist() == ["a", "b"]
    assert (column.constant, column.starts.tolist()) == (True, [0, 1, 2])
    assert column.valid_from.tolist() == [NAT, NAT]
    assert values(customers, "seats") == [5.0, 3.0]


@pytest.mark.parametrize(
    ("given", "kind", "expected"),
    [
        ([1, None], "number", [None, 1.0]),
        ([Decimal("1.5"), 2], "number", [2.0, 1.5]),
        (np.array([1, 2], dtype="u1"), "number", [2.0, 1.0]),
        ([True, False], "boolean", [0.0, 1.0]),
        (pd.array([True, None], dtype="boolean"), "boolean", [None, 1.0]),
        (["pro", None], "text", [None, "pro"]),
        (["pro", ""], "text", [None, "pro"]),
        (pd.Categorical(["x", "y"], categories=["z", "y", "x"]), "text", ["y", "x"]),
        ([datetime(2024, 1, 1), None], "date", [None, float(NEW_YEAR)]),
        ([date(2024, 1, 1), None], "date", [None, float(NEW_YEAR)]),
        (pa.array([date(2024, 1, 1), None]), "date", [None, float(NEW_YEAR)]),
        ([["sso", "api"], None], "set", [None, ("api", "sso")]),
        (pl.Series([["sso"], []]), "set", [(), ("sso",)]),
        (pa.array([1.5, None]), "number", [None, 1.5]),
        ([uuid.UUID(int=1), None], "text", [None, str(uuid.UUID(int=1))]),
        (pa.array([uuid.UUID(int=1).bytes, None], pa.uuid()), "text", [None, str(uuid.UUID(int=1))]),
        ([None, None], "text", [None, None]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_kinds_follow_the_type_of_the_column(given: Any, kind: str, expected: list[Any]) -> None:
    customers = table(it=given)
    assert customers.column("it").kind == kind
    assert values(customers, "it") == expected


@pytest.mark.parametrize(
    ("given", "kind", "expected"),
    [
        (["1.5", ""], "number", [None, 1.5]),
        (["yes", "false"], "boolean", [0.0, 1.0]),
        (["2024-01-01", None], "date", [None, float(NEW_YEAR)]),
        (["sso; api", ""], "set", [None, ("api", "sso")]),
        ([7, 8], "text", ["8", "7"]),
    ],
)
def test_text_is_read_as_the_kind_that_is_asked_for(given: Any, kind: str, expected: list[Any]) -> None:
    customers = Customers.from_frame({"customer": ["b", "a"], "it": given}, types={"it": kind})
    assert customers.column("it").kind == kind
    assert values(customers, "it") == expected


def changing() -> Customers:
    """a has 1 seat from day 1, 2 from day 3, unknown from day 5."""
    return Customers.from_frame(
        {
            "customer": ["a"] * 3,
            "since": ["2024-01-03", "2024-01-01", "2024-01-05"],
            "seats": [2.0, 1.0, None],
        },
        valid_from="since",
    )


def test_changing_attributes_hold_from_their_moment_on() -> None:
    customers = changing()
    assert [customers.at("seats", f"2024-01-0{day}").tolist() for day in (1, 2, 3, 4)] == [[1], [1], [2], [2]]


def test_a_null_row_makes_an_attribute_unknown_from_then_on() -> None:
    assert np.isnan(changing().at("seats", "2024-01-05"))
    assert np.isnan(changing().column("seats").values[-1])


def test_before_the_first_row_an_attribute_is_unknown() -> None:
    assert np.isnan(changing().at("seats", "2023-12-31"))


def test_at_equal_moments_the_later_row_wins_and_that_is_noted() -> None:
    customers = Customers.from_frame({"customer": ["a", "a"], "seats": [1, 2]})
    assert values(customers, "seats") == [2.0]
    assert "1 × rows that a later one at the same time replaces" in str(customers.ledger)


def test_a_correction_counts_from_when_it_was_recorded() -> None:
    """Recorded on day 1: 5 seats since day 1; recorded on day 9: it had been 4."""
    customers = Customers.from_frame(
        {
            "customer": ["a"] * 2,
            "since": ["2024-01-01"] * 2,
            "known": ["2024-01-01", "2024-01-09"],
            "seats": [5, 4],
        },
        valid_from="since",
        recorded="known",
    )
    assert customers.at("seats", "2024-01-08").tolist() == [5]
    assert customers.at("seats", "2024-01-09").tolist() == [4]
    assert customers.column("seats").values.tolist() == [4]


def test_constant_attributes_are_named_in_the_ledger_of_an_as_of_answer() -> None:
    customers = table(seats=[3, 5], plan=["x", "y"]).as_of("2024-01-01")
    assert "as of today: seats, plan" in str(customers.ledger)
    assert str(customers.as_of("2023-01-01").ledger).count("as of today") == 1
    assert "as of today" not in str(changing().as_of("2024-01-01").ledger)


def test_links_point_to_customers_even_those_without_a_row() -> None:
    customers = Customers.from_frame(
        {"customer": ["u1", "u2", "z"], "parent": ["acme", None, "u1"], "invited_by": ["u2", None, None]},
        parent="parent",
        links=["invited_by"],
    )
    assert customers.ids.tolist() == ["acme", "u1", "u2", "z"]
    assert customers.link("parent").tolist() == [-1, 0, -1, 1]
    assert customers.linked("invited_by") == {"u1": "u2"}
    assert customers.names == ()
    with pytest.raises(UnknownNameError, match="did you mean 'parent'"):
        customers.link("parents")


def test_joined_tables_have_all_customers_attributes_and_links() -> None:
    constant = Customers.from_frame(
        {"customer": ["b", "c"], "plan": ["x", "y"], "parent": ["c", None]}, parent="parent"
    )
    both = constant.join(changing())
    assert both.ids.tolist() == ["a", "b", "c"]
    assert both.linked("parent") == {"b": "c"}
    assert both.at("seats", "2024-01-03").tolist()[0] == 2
    assert values(both, "plan") == ["x", "y"]
    assert (both.ledger.read, both.ledger.kept) == (5, 5)
    with pytest.raises(DataError, match="both tables have 'seats'"):
        both.join(changing())
    with pytest.raises(DataError, match="one kind"):
        changing().join(Customers.from_frame({"customer": [1], "x": [1]}))


def test_an_unknown_attribute_is_told_with_the_nearest_name() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'seats'"):
        changing().column("seat")


def test_equal_tables_have_equal_fingerprints() -> None:
    assert changing().fingerprint == changing().fingerprint
    assert changing().fingerprint != changing().as_of("2024-01-02").fingerprint


def test_nothing_of_an_attribute_can_be_written() -> None:
    with pytest.raises(ValueError, match="read-only"):
        changing().column("seats").values[0] = 1


def test_no_rows_make_no_customers() -> None:
    customers = Customers.from_frame({"customer": [], "seats": []})
    assert len(customers) == 0
    assert customers.column("seats").starts.tolist() == [0]


def test_objects_that_are_nothing_known_are_refused_and_not_written_down() -> None:
    class Plan:
        pass

    with pytest.raises(DataError, match=r"plan: numbers, text.*not Plan in row 0"):
        Customers.from_frame({"customer": ["a"], "plan": [Plan()]})
