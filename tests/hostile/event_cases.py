"""Hostile columns and frames."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from tests.hostile.cases import Case

from cjlib.data import Customers, EventLog

TIME = "2024-03-04T10:00:00"


def events(
    customer: Any = None, time: Any = None, activity: Any = None, **more: Any
) -> Callable[[Path], Any]:
    """A log of a few rows, of which one column is given."""

    def run(_: Path) -> EventLog:
        given = next(column for column in (customer, time, activity, *more.values()) if column is not None)
        n = len(given)
        return EventLog.from_columns(
            ["a"] * n if customer is None else customer,
            ["login"] * n if activity is None else activity,
            [TIME] * n if time is None else time,
            strict=False,
            **more,
        )

    return run


def frame(columns: Any, **options: Any) -> Callable[[Path], Any]:
    return lambda _: EventLog.from_frame(columns() if callable(columns) else columns, strict=False, **options)


def customers(columns: Any, **options: Any) -> Callable[[Path], Any]:
    return lambda _: Customers.from_frame(columns, **({"strict": False} | options))


def generator() -> Any:
    yield "a"
    raise RuntimeError("the source broke")


class Broken:
    """Says it is a dataframe and is none."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        raise ValueError("no stream")


EVENT_CASES = (
    # ids
    Case("None among ids", events(["a", None]), ("missing customer",), 1),
    Case("NaN among ids", events(["a", float("nan")]), ("missing customer",), 1),
    Case("pandas NA among ids", events(pd.Series(["a", pd.NA], dtype="string")), ("missing customer",), 1),
    Case("empty text as id", events(["a", ""]), ("missing customer",), 1),
    Case("all ids missing", events([None, None]), ("missing customer",), 2),
    Case("bool ids", events(np.array([True, False])), ("customer", "bool", "text")),
    Case("bool objects as ids", events([True, False]), ("customer", "bool")),
    Case("fractions as ids", events([1.5, 2.0]), ("customer", "fraction"), 1),
    Case("infinite id", events([np.inf, 2.0]), ("customer", "fraction"), 1),
    Case("float ids above 2^53", events([2.0**53, 7.0]), ("customer", "lost digits", "2^53"), 1),
    Case("nullable ints become floats", events([7.0, np.nan]), ("missing customer",), 1),
    Case("ids of 2^63 as objects", events([2**63, 7]), ("customer", "64 bits"), 1),
    Case("ids of 2^63 as uint64", events(np.array([2**63, 7], dtype=np.uint64)), ("customer", "64 bits"), 1),
    Case("1, 1.0 and '1'", events([1, "1", "2", 1.0]), ("mixed types in customer", "text was expected"), 2),
    Case("UUID among text", events(["a", "b", uuid.UUID(int=1)]), ("mixed types in customer",), 1),
    Case("bytes among text", events(["a", "b", b"c"]), ("mixed types in customer",), 1),
    Case("lists as ids", events([["a"], ["b"]]), ("customer", "set")),
    Case("a set as a column", events({"a", "b"}), ("customer", "order", "list")),
    Case("polars objects as ids", events(pl.Series([object()] * 2, dtype=pl.Object)), ("customer", "object")),
    Case("a megabyte as id", events(["a", "x" * 1_000_000]), ("customer longer than 1,000 characters",), 1),
    Case("a lone surrogate as id", events(["a", "\ud800"]), ("customer", "surrogate"), 1),
    Case("times as ids", events([datetime(2024, 1, 1)]), ("customer", "time", "text")),
    Case("arrow times as ids", events(pa.array([datetime(2024, 1, 1)])), ("customer", "timestamp")),
    Case("decimals as ids", events([Decimal(1)]), ("customer", "decimal")),
    Case("complex ids", events(np.array([1j])), ("customer", "complex")),
    # activities
    Case("None among activities", events(activity=["login", None]), ("missing activity",), 1),
    Case("empty activity", events(activity=["login", ""]), ("missing activity",), 1),
    Case("float activities", events(activity=np.array([1.5, 2.5])), ("activity", "float64", "text")),
    Case("bytes activities", events(activity=[b"login"]), ("activity", "bytes")),
    Case("mixed activities", events(activity=["login", "x", 3]), ("mixed types in activity",), 1),
    Case("integer activities", events(activity=[1, 2]), ("activity given as integers",), 0),
    Case("case and blanks", events(activity=["Login", "login "]), ("alike but for case or blanks",), 0),
    Case(
        "half a million activities",
        events(activity=[f"a{i}" for i in range(500_000)]),
        ("different activities",),
        0,
    ),
    # times
    Case("missing times", events(time=[TIME, None, pd.NaT, float("nan"), ""]), ("missing time",), 4),
    Case("NaT", events(time=np.array(["2024-01-01", "NaT"], dtype="M8[us]")), ("missing time",), 1),
    Case("integers as times", events(time=[1_700_000_000]), ("time", "int", "datetime64")),
    Case("integer array as times", events(time=np.array([1_700_000_000])), ("time", "int64", "seconds")),
    Case("floats as times", events(time=pa.array([1.7e9])), ("time", "double", "seconds")),
    Case("3 April or 4 March", events(time=[TIME, "03/04/2024"]), ("no ISO time", "03/04/2024"), 1),
    Case("a week date", events(time=[TIME, "2024-W09-1"]), ("no ISO time",), 1),
    Case("digits only", events(time=[TIME, "20240304"]), ("no ISO time",), 1),
    Case("the 30th of February", events(time=[TIME, "2024-02-30"]), ("no ISO time",), 1),
    Case("a leap second", events(time=[TIME, "2016-12-31T23:59:60Z"]), ("no ISO time",), 1),
    Case("words as times", events(time=["yesterday", "2024-01-01"]), ("no ISO time", "yesterday"), 1),
    Case("the year 1", events(time=[TIME, "0001-01-01"]), ("outside 1900 to 2200",), 1),
    Case("the year 1677", events(time=["1677-01-01", TIME]), ("outside 1900 to 2200",), 1),
    Case(
        "the year 9999",
        events(time=[datetime(9999, 12, 31), datetime(2024, 1, 1)]),
        ("outside 1900 to 2200",),
        1,
    ),
    Case(
        "beyond nanoseconds", events(time=np.array([2**62, 0], dtype="M8[s]")), ("outside 1900 to 2200",), 1
    ),
    Case(
        "the far past in days",
        events(time=np.array([-(2**62), 0], dtype="M8[D]")),
        ("outside 1900 to 2200",),
        1,
    ),
    Case("with and without zone as text", events(time=[TIME, TIME, TIME + "Z"]), ("with a zone",), 1),
    Case(
        "with and without zone as objects",
        events(
            time=[datetime(2024, 1, 1), datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC)]
        ),
        ("without a zone",),
        1,
    ),
    Case(
        "a local time that no clock showed",
        events(time=["2024-03-31T02:30:00", TIME], tz="Europe/Paris"),
        ("no clock of Europe/Paris",),
        1,
    ),
    Case(
        "a local time shown twice",
        events(time=["2024-10-27T02:30:00", TIME], tz="Europe/Paris"),
        ("showed twice", "first"),
        0,
    ),
    Case(
        "an hour of the zone that no clock has", events(time=["2024-01-01T00:00+25:00"]), ("no ISO time",), 1
    ),
    Case("minutes of the zone beyond an hour", events(time=["2024-01-01T00:00+10:75"]), ("no ISO time",), 1),
    Case("a zone that doesn't exist", events(time=[TIME], tz="Europe/Pariss"), ("time zone", "Pariss")),
    Case("a zone out of the folder", events(time=[TIME], tz="../../etc/passwd"), ("time zone",)),
    Case(
        "text, datetimes and dates", events(time=[TIME, TIME, date(2024, 1, 1)]), ("mixed types in time",), 1
    ),
    Case("durations as times", events(time=np.array([1], dtype="m8[s]")), ("time", "timedelta64")),
    Case(
        "finer than a microsecond",
        events(time=np.array(["2024-01-01T00:00:00.000000001"], dtype="M8[ns]")),
        ("finer than a microsecond",),
        0,
    ),
    # values, order, recorded, ids of events
    Case("infinite value", events(value=[1.0, -np.inf]), ("value is infinite",), 1),
    Case("text as value", events(value=["1", "2"]), ("value", "numbers were expected")),
    Case("one text among values", events(value=[1, 2, "3"]), ("mixed types in value",), 1),
    Case("a signalling NaN", events(value=[Decimal("sNaN"), 1, "x"]), ("mixed types in value",), 1),
    Case("values beyond floats", events(value=[10**400, 1]), ("value is infinite",), 1),
    Case("values above 2^53", events(value=np.array([2**53 + 1])), ("value beyond 2^53",), 0),
    Case("times as values", events(value=pa.array([datetime(2024, 1, 1)])), ("value", "timestamp")),
    Case("fractions as order", events(order=[1.5, 2.0]), ("order", "whole number"), 1),
    Case("missing order", events(order=[1.0, np.nan]), ("missing order",), 1),
    Case("text as order", events(order=["first"]), ("order", "numbers were expected")),
    Case("missing recorded", events(recorded=[TIME, None]), ("without recorded time",), 0),
    Case(
        "one id, two contents",
        events(activity=["x", "y"], event_id=["e", "e"]),
        ("other content", "event id"),
        0,
    ),
    Case("the same row twice", events(activity=["x", "x"]), ("repeat another exactly",), 0),
    # frames and columns
    Case(
        "columns of different length",
        lambda _: EventLog.from_columns(["a"], ["x", "y"], [TIME]),
        ("one length", "2"),
    ),
    Case(
        "a text as column",
        lambda _: EventLog.from_columns("abc", ["x"], [TIME]),
        ("customer", "column was expected"),
    ),
    Case(
        "a number as column",
        lambda _: EventLog.from_columns(5, ["x"], [TIME]),
        ("customer", "column was expected"),
    ),
    Case(
        "two dimensions",
        lambda _: EventLog.from_columns(np.zeros((1, 2)), ["x"], [TIME]),
        ("customer", "one dimension"),
    ),
    Case(
        "a broken generator",
        lambda _: EventLog.from_columns(generator(), ["x"], [TIME]),
        ("customer", "the source broke"),
    ),
    Case(
        "a missing column",
        frame({"customer": ["a"], "activities": ["x"], "time": [TIME]}),
        ("'activity'", "did you mean 'activities'"),
    ),
    Case(
        "a column twice in pandas",
        frame(
            lambda: pd.DataFrame(
                [["a", "b", "x", TIME]], columns=["customer", "customer", "activity", "time"]
            )
        ),
        ("2 columns are called 'customer'",),
    ),
    Case(
        "a column twice in arrow",
        frame(
            lambda: pa.Table.from_arrays(
                [pa.array(["a"])] * 4, names=["customer", "customer", "activity", "time"]
            )
        ),
        ("called 'customer'",),
    ),
    Case(
        "labels in two levels",
        frame(
            lambda: pd.DataFrame(
                [["a", "x"]], columns=pd.MultiIndex.from_tuples([("u", "customer"), ("u", "activity")])
            )
        ),
        ("no column 'customer'",),
    ),
    Case(
        "labels that are numbers",
        frame(lambda: pd.DataFrame([["a", "x", TIME]])),
        ("no column 'customer'", "0, 1, 2"),
    ),
    Case("no dataframe at all", frame(42), ("dataframe was expected", "42")),
    Case("a series as frame", frame(lambda: pl.Series([1])), ("dataframe",)),
    Case("a liar with the Arrow interface", frame(Broken()), ("dataframe",)),
    Case(
        "a lazy frame that fails",
        frame(
            lambda: pl.LazyFrame({"customer": ["a"], "activity": ["x"], "time": ["?"]}).with_columns(
                pl.col("time").str.to_datetime("%Y")
            )
        ),
        ("lazy frame failed",),
    ),
    Case(
        "records of different keys",
        lambda _: EventLog.from_records(
            [{"customer": "a", "activity": "x", "time": TIME}, {"customer": "b", "activity": "x"}],
            strict=False,
        ),
        ("missing time",),
        1,
    ),
    Case(
        "records that are none", lambda _: EventLog.from_records([("a", "x", TIME)]), ("record 0", "mapping")
    ),
    Case("no rows", frame({"customer": [], "activity": [], "time": []}), (), 0),
    # customers
    Case(
        "a customer without id",
        customers({"customer": ["a", None], "seats": [1, 2]}),
        ("missing customer",),
        1,
    ),
    Case(
        "an infinite attribute",
        customers({"customer": ["a", "b"], "seats": [1.0, np.inf]}),
        ("seats is infinite",),
        1,
    ),
    Case(
        "an attribute of two types",
        customers({"customer": ["a", "b", "c"], "seats": [1, 2, "x"]}),
        ("mixed types in seats",),
        1,
    ),
    Case(
        "valid_from missing",
        customers({"customer": ["a", "b"], "since": [TIME, None], "seats": [1, 2]}, valid_from="since"),
        ("missing valid_from",),
        1,
    ),
    Case(
        "no number under a number",
        customers({"customer": ["a", "b"], "seats": ["5", "many"]}, types={"seats": "number"}),
        ("seats is no number", "many"),
        1,
    ),
    Case(
        "a type nobody knows",
        customers({"customer": ["a"], "seats": [1]}, types={"seats": "numbr"}),
        ("did you mean 'number'",),
    ),
    Case(
        "a type for no column",
        customers({"customer": ["a"], "seats": [1]}, types={"seat": "number"}),
        ("did you mean 'seats'",),
    ),
    Case(
        "a number that is to be a set",
        customers({"customer": ["a"], "seats": [1]}, types={"seats": "set"}),
        ("seats", "sets or lists"),
    ),
    Case(
        "one text among sets",
        customers({"customer": ["a", "b", "c"], "options": [["x"], ["y", None], "z"]}),
        ("mixed types in options",),
        1,
    ),
    Case(
        "a five that is to be true or false",
        customers({"customer": ["a", "b"], "vip": [1, 5]}, types={"vip": "boolean"}),
        ("vip is neither 0 nor 1",),
        1,
    ),
    Case(
        "a parent of another kind",
        customers({"customer": ["a"], "parent": [1]}, parent="parent"),
        ("one kind",),
    ),
    Case(
        "two rows at one moment",
        customers({"customer": ["a", "a"], "seats": [1, 2]}),
        ("later one at the same time",),
        0,
    ),
)
