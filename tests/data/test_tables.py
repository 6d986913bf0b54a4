"""Tables: read-only, decoded on demand, understood by every dataframe library."""

from __future__ import annotations

import uuid

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from cjlib.data._tables import Coded, Table
from cjlib.errors import UnknownNameError, UsageError


@pytest.fixture
def table() -> Table:
    return Table(
        {
            "customer": Coded(np.array([0, 1, 1]), np.array([7, 9])),
            "stage": Coded(np.array([0, -1, 1]), ("trial", "care")),
            "left": np.array(["2024-03-01T10:00:00.000001", "NaT", "2024-03-02"], dtype="datetime64[us]"),
            "share": np.array([0.5, np.nan, 1.0]),
        },
        name="visits",
    )


def test_columns_are_decoded_by_name(table: Table) -> None:
    assert table["customer"].tolist() == [7, 9, 9]
    assert table["stage"].tolist() == ["trial", None, "care"]
    assert table.codes("stage").tolist() == [0, -1, 1]
    assert table.categories("stage").tolist() == ["trial", "care"]


def test_nothing_in_a_table_can_be_written(table: Table) -> None:
    for name in table.columns:
        with pytest.raises(ValueError, match="read-only"):
            table[name][0] = table[name][1]


def test_the_array_that_was_given_stays_writeable() -> None:
    mine = np.array([1.0])
    Table({"a": mine})
    mine[0] = 2.0


def test_an_unknown_column_is_told_with_the_nearest_name(table: Table) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'stage'"):
        table["stages"]


def test_codes_of_a_plain_column_are_a_wrong_call(table: Table) -> None:
    with pytest.raises(UsageError, match="holds float64"):
        table.codes("share")


def test_columns_of_different_length_are_a_wrong_call() -> None:
    with pytest.raises(UsageError, match="one length"):
        Table({"a": np.zeros(2), "b": np.zeros(3)})


def test_arrow_gets_dictionaries_and_utc(table: Table) -> None:
    arrow = pa.table(table)
    assert pa.types.is_dictionary(arrow.schema.field("stage").type)
    assert arrow.schema.field("left").type == pa.timestamp("us", "UTC")
    assert arrow["stage"].to_pylist() == ["trial", None, "care"]
    assert arrow["left"].null_count == 1


def test_pandas_gets_categoricals_and_utc(table: Table) -> None:
    frame = table.to_pandas()
    assert frame["stage"].astype(object).tolist()[0] == "trial"
    assert frame["stage"].isna().tolist() == [False, True, False]
    assert frame["left"][0] == pd.Timestamp("2024-03-01T10:00:00.000001", tz="UTC")
    assert frame["customer"].tolist() == [7, 9, 9]


def test_polars_gets_values_and_utc(table: Table) -> None:
    for frame in (table.to_polars(), pl.DataFrame(table)):
        assert frame["stage"].to_list() == ["trial", None, "care"]
        assert frame["left"].null_count() == 1
        assert frame["left"].dtype == pl.Datetime("us", "UTC")


def test_uuids_stay_themselves_here_and_are_text_elsewhere() -> None:
    one = uuid.UUID(int=1)
    table = Table({"customer": Coded(np.array([0]), (one,))})
    assert table["customer"][0] is one
    assert pa.table(table)["customer"].to_pylist() == [str(one)]
    assert table.to_polars()["customer"].to_list() == [str(one)]


def test_an_empty_table_is_a_table_everywhere() -> None:
    table = Table({"stage": Coded(np.array([], dtype=np.int32), ()), "n": np.array([], dtype=np.int64)})
    assert len(table) == len(table.to_pandas()) == len(table.to_polars()) == len(pa.table(table)) == 0
    assert str(table).startswith("0 rows")


def test_rows_are_plain_values(table: Table) -> None:
    row = next(table.select(slice(0, 1)).rows())
    assert row["customer"] == 7
    assert type(row["customer"]) is int
    assert row["share"] == 0.5
