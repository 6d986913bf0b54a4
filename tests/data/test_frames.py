"""Every dataframe library, and every odd form of a column, gives the same log."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import datetime
from typing import Any

import duckdb
import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from cjlib.data import Customers, EventLog

TIMES = [datetime(2024, 1, 2, 3, 4, 5, 678_901), datetime(2024, 1, 1), datetime(2024, 1, 3)]
COLUMNS: dict[str, list[Any]] = {
    "customer": ["b", "a", "b"],
    "activity": ["x", "y", "x"],
    "time": TIMES,
    "value": [1.5, None, -2.0],
    "channel": ["web", None, "phone"],
    "order": [3, 1, 2],
}
ARROW = pa.table(COLUMNS)
ROLES = {"value": "value", "channel": "channel", "order": "order"}


def duckdb_relation() -> Any:
    connection = duckdb.connect()
    connection.register("events", ARROW)
    return connection.sql("select * from events")


class Capsule:
    """Anything that speaks Arrow and nothing else."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return ARROW.__arrow_c_stream__(requested_schema)


FRAMES: dict[str, Callable[[], Any]] = {
    "columns": lambda: COLUMNS,
    "records": lambda: ARROW.to_pylist(),
    "pandas": lambda: pd.DataFrame(COLUMNS),
    "pandas objects": lambda: pd.DataFrame(COLUMNS, dtype=object),
    "pandas categories": lambda: pd.DataFrame(COLUMNS).astype(
        {"customer": "category", "activity": "category"}
    ),
    "pandas nullable": lambda: pd.DataFrame(COLUMNS).convert_dtypes(),
    "pandas on arrow": lambda: ARROW.to_pandas(types_mapper=pd.ArrowDtype),
    "pandas with odd index": lambda: pd.DataFrame(COLUMNS, index=[7, 7, 0]),
    "pandas with a zone": lambda: pd.DataFrame(COLUMNS).assign(
        time=pd.to_datetime(pd.Series(TIMES)).dt.tz_localize("UTC").dt.tz_convert("Asia/Kolkata")
    ),
    "polars": lambda: pl.DataFrame(COLUMNS),
    "polars lazy": lambda: pl.LazyFrame(COLUMNS),
    "polars categorical": lambda: pl.DataFrame(COLUMNS).cast({"customer": pl.Categorical}),
    "polars enum": lambda: pl.DataFrame(COLUMNS).cast({"customer": pl.Enum(["z", "b", "a"])}),
    "polars in chunks": lambda: pl.concat(
        [pl.DataFrame(COLUMNS)[i : i + 1] for i in range(3)], rechunk=False
    ),
    "narwhals": lambda: nw.from_native(pl.DataFrame(COLUMNS)),
    "pyarrow": lambda: ARROW,
    "pyarrow in chunks": lambda: pa.concat_tables(
        [ARROW.slice(i, 1) for i in range(3)] + [ARROW.slice(0, 0)]
    ),
    "pyarrow batch": lambda: ARROW.to_batches()[0],
    "duckdb": duckdb_relation,
    "capsule": Capsule,
}


@pytest.fixture(scope="module")
def expected() -> str:
    return EventLog.from_frame(COLUMNS, **ROLES).fingerprint


@pytest.mark.parametrize("name", FRAMES)
def test_every_library_gives_the_same_log(name: str, expected: str) -> None:
    assert EventLog.from_frame(FRAMES[name](), **ROLES).fingerprint == expected


@pytest.mark.parametrize(
    "name", ["columns", "pandas", "pandas objects", "pandas categories", "polars", "pyarrow"]
)
def test_the_callers_frame_is_never_changed(name: str) -> None:
    frame = FRAMES[name]()
    before = copy.deepcopy(frame)
    EventLog.from_frame(frame, **ROLES, strict=False)
    Customers.from_frame(frame, valid_from="time")
    same = frame.equals(before) if hasattr(frame, "equals") else frame == before
    assert same
    if isinstance(frame, pd.DataFrame):
        assert (frame.dtypes == before.dtypes).all()


def test_only_the_columns_that_are_asked_for_are_computed() -> None:
    lazy = pl.LazyFrame(COLUMNS).with_columns(bad=pl.col("customer").str.to_datetime("%Y"))
    assert len(EventLog.from_frame(lazy)) == 3


@pytest.mark.parametrize(
    "form",
    [
        lambda ids: ids,
        lambda ids: ids.to_numpy(zero_copy_only=False),
        lambda ids: np.array(ids.to_pylist()),
        lambda ids: np.array(ids.to_pylist(), dtype=np.dtypes.StringDType()),
        lambda ids: tuple(ids.to_pylist()),
        lambda ids: iter(ids.to_pylist()),
        lambda ids: ids.cast(pa.large_string()),
        lambda ids: ids.cast(pa.string_view()),
        lambda ids: ids.dictionary_encode(),
        lambda ids: ids.dictionary_encode().cast(pa.dictionary(pa.uint32(), pa.large_string())),
        lambda ids: ids.dictionary_encode().cast(pa.dictionary(pa.uint8(), pa.string_view())),
        lambda ids: pa.concat_arrays([pa.array(["q", "b"]), ids]).dictionary_encode().slice(2),
        lambda ids: pa.chunked_array([ids.slice(0, 1).dictionary_encode(), ids.slice(1).dictionary_encode()]),
        lambda ids: pa.DictionaryArray.from_arrays([2, 1, 0], ["b", "a", "b"]),
        lambda ids: pl.Series(ids.to_pylist(), dtype=pl.Categorical),
        lambda ids: pd.Series(ids.to_pylist(), dtype="string"),
        lambda ids: pd.Index(ids.to_pylist()),
    ],
    ids=lambda _: "",
)
def test_every_form_of_text_ids_gives_the_same_codes(form: Callable[[Any], Any]) -> None:
    log = EventLog.from_columns(form(pa.array(["b", "a", "b"])), ["x"] * 3, TIMES)
    assert log.customers.tolist() == ["a", "b"]
    assert log.row.tolist() == [1, 0, 2]


@pytest.mark.parametrize("dtype", ["i1", "u1", "<i4", ">i4", ">i8", "u8"])
def test_odd_integer_arrays_are_ids(dtype: str) -> None:
    ids = np.array([9, 0, 7, 0, 9, 0], dtype=dtype)[::2]
    ids.flags.writeable = False
    assert EventLog.from_columns(ids, ["x"] * 3, TIMES).customers.tolist() == [7, 9]


def test_integers_far_apart_are_ids() -> None:
    ids = [2**62, -(2**63), 2**63 - 1]
    assert EventLog.from_columns(np.array(ids), ["x"] * 3, TIMES).customers.tolist() == sorted(ids)
    assert EventLog.from_columns(ids, ["x"] * 3, TIMES).customers.tolist() == sorted(ids)


def test_nullable_integers_keep_all_digits() -> None:
    ids = [2**53 + 1, None, 5]
    for column in (pd.Series(ids, dtype="Int64"), pl.Series(ids), pa.array(ids)):
        log = EventLog.from_columns(column, ["x"] * 3, TIMES, strict=False)
        assert log.customers.tolist() == [5, 2**53 + 1]


def test_odd_value_arrays_are_numbers() -> None:
    wide = np.arange(6, dtype=">f4")[::2]
    for values in (
        wide,
        np.ma.masked_array([0, 2, 4]),
        pa.array([0, 2, 4], pa.decimal128(5, 2)),
        [0, 2, 4.0],
    ):
        log = EventLog.from_columns(["a"] * 3, ["x"] * 3, sorted(TIMES), values)
        assert log.value is not None
        assert log.value.tolist() == [0.0, 2.0, 4.0]
    flags = EventLog.from_columns(["a"] * 3, ["x"] * 3, sorted(TIMES), [True, False, None])
    assert flags.value is not None
    np.testing.assert_array_equal(flags.value, [1.0, 0.0, np.nan])


def test_without_pyarrow_the_same_log_comes_out(monkeypatch: pytest.MonkeyPatch, expected: str) -> None:
    def missing() -> None:
        raise ImportError("pyarrow")

    monkeypatch.setattr("cjlib.data._columns._pyarrow", missing)
    for name in (
        "columns",
        "pandas",
        "pandas with a zone",
        "pandas categories",
        "pandas nullable",
        "polars",
        "polars categorical",
        "polars lazy",
    ):
        assert EventLog.from_frame(FRAMES[name](), **ROLES).fingerprint == expected, name


def test_long_columns_are_encoded_in_parts_with_one_result(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = pa.chunked_array([[f"c{i * 7 % 40}" for i in range(n)] + [None] for n in (50, 1, 80)])
    columns = (ids, ["x"] * len(ids), [TIMES[0]] * len(ids))
    whole = EventLog.from_columns(*columns, strict=False)
    monkeypatch.setattr("cjlib.data._codes.ROWS_PER_THREAD", 10)
    parts = EventLog.from_columns(*columns, strict=False)
    assert (parts.fingerprint, parts.row.tolist()) == (whole.fingerprint, whole.row.tolist())
