"""Readers: nothing inferred, nothing lost."""

from __future__ import annotations

import gzip
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

import adbc_driver_sqlite.dbapi
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy

from cjlib.data import EventLog, read_customers, read_events
from cjlib.errors import DataError, MissingExtraError, UsageError

CSV = """customer,activity,time,value,note
007,login,2024-01-02T10:00:00,1.5,"a, b"
NA,signup,2024-01-01T00:00:00.000001,,"two
lines"
007,null,2024-01-03,-2,
"""
ROLES = {"value": "value", "text": "note"}


@pytest.fixture
def expected() -> EventLog:
    return EventLog.from_columns(
        ["007", "NA", "007"],
        ["login", "signup", "null"],
        ["2024-01-02T10:00:00", "2024-01-01T00:00:00.000001", "2024-01-03"],
        [1.5, None, -2],
        text=["a, b", "two\nlines", ""],
    )


def write(path: Path, content: str = CSV, encoding: str = "utf-8") -> Path:
    path.write_bytes(content.encode(encoding))
    return path


def test_csv_ids_and_names_are_text_as_they_stand(tmp_path: Path, expected: EventLog) -> None:
    log = read_events(write(tmp_path / "events.csv"), **ROLES)
    assert log.fingerprint == expected.fingerprint
    assert log.customers.tolist() == ["007", "NA"]
    assert log.activities == ("login", "null", "signup")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
def test_other_encodings_are_read_when_told(tmp_path: Path, expected: EventLog, encoding: str) -> None:
    path = write(tmp_path / "events.csv", encoding=encoding)
    assert read_events(path, encoding=encoding, **ROLES).fingerprint == expected.fingerprint


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("tail", ["", "\n", "\n\n"])
def test_line_ends_do_not_matter(tmp_path: Path, end: str, tail: str) -> None:
    text = "customer,activity,time\na,x,2024-01-01\nb,y,2024-01-02" + tail
    assert len(read_events(write(tmp_path / "events.csv", text.replace("\n", end)))) == 2


def test_other_delimiters_and_packed_files_are_read(tmp_path: Path, expected: EventLog) -> None:
    semicolons = write(tmp_path / "semicolons.csv", CSV.replace(",", ";").replace("a; b", "a, b"))
    tabs = write(tmp_path / "tabs.tsv", CSV.replace(",", "\t").replace("a\t b", "a, b"))
    packed = tmp_path / "packed.csv.gz"
    packed.write_bytes(gzip.compress(CSV.encode()))
    assert read_events(semicolons, delimiter=";", **ROLES).fingerprint == expected.fingerprint
    assert read_events(tabs, **ROLES).fingerprint == expected.fingerprint
    assert read_events(packed, **ROLES).fingerprint == expected.fingerprint


def test_quotation_marks_may_be_mere_text(tmp_path: Path) -> None:
    path = write(tmp_path / "e.csv", 'customer,activity,time\na,5" pipe,2024-01-01\n')
    assert read_events(path, quote=None).activities == ('5" pipe',)


def test_only_the_columns_that_are_asked_for_are_read(tmp_path: Path) -> None:
    assert read_events(write(tmp_path / "events.csv")).value is None


def test_values_that_are_no_numbers_are_refused_with_their_row(tmp_path: Path) -> None:
    path = write(tmp_path / "e.csv", CSV.replace("-2", "1_000"))
    log = read_events(path, value="value", strict=False)
    assert len(log) == 2
    assert "not '1_000'" in str(log.ledger)


def test_long_order_numbers_keep_their_digits(tmp_path: Path) -> None:
    text = f"customer,activity,time,seq\na,x,2024-01-01,{2**60 + 1}\na,y,2024-01-01,{2**60}\n"
    log = read_events(write(tmp_path / "e.csv", text), order="seq")
    assert log.order is not None
    assert log.order.tolist() == [2**60, 2**60 + 1]


def test_rows_that_do_not_fit_the_header_are_in_the_ledger(tmp_path: Path) -> None:
    path = write(tmp_path / "e.csv", "customer,activity,time\na,x,2024-01-01\nb\nc,x,2024-01-01\n")
    log = read_events(path, strict=False)
    assert (len(log), log.ledger.read, log.ledger.kept) == (2, 3, 2)
    with pytest.raises(DataError, match=r"e.csv:3 has 1 values for 3 columns: 'b'"):
        read_events(path)


def test_parquet_keeps_the_types_it_has(tmp_path: Path) -> None:
    ids, times = [2**53 + 1, None, 5], [datetime(2024, 1, 1, 0, 0, 0, 1)] * 3
    pq.write_table(pa.table({"customer": ids, "activity": ["x"] * 3, "time": times}), tmp_path / "e.parquet")
    log = read_events(tmp_path / "e.parquet", strict=False)
    assert log.customers.tolist() == [5, 2**53 + 1]
    assert log.time[0] % 1_000_000 == 1


def test_a_folder_is_read_in_order_of_names_with_what_its_folders_say(tmp_path: Path) -> None:
    for i, channel in enumerate(["web", "phone"]):
        folder = tmp_path / f"channel={channel}"
        folder.mkdir()
        table = pa.table({"customer": ["a"], "activity": ["x"], "time": [datetime(2024, 1, 1 + i)]})
        pq.write_table(table, folder / "part.parquet")
    write(tmp_path / "_SUCCESS.csv", "")
    write(tmp_path / "notes.md", "# no data")
    log = read_events(tmp_path, channel="channel")
    assert log.to_table()["channel"].tolist() == ["web", "phone"]
    assert log.row.tolist() == [1, 0]


def test_several_files_are_one_log(tmp_path: Path) -> None:
    head, *rows = "customer,activity,time\na,x,2024-01-02\na,y,2024-01-01".splitlines()
    paths = [write(tmp_path / f"{i}.csv", f"{head}\n{row}\n") for i, row in enumerate(rows)]
    assert read_events(paths).row.tolist() == [1, 0]
    assert len(read_events([str(path) for path in paths])) == 2


def test_many_row_groups_with_dictionaries_of_their_own_are_one_column(tmp_path: Path) -> None:
    n = 1000
    table = pa.table(
        {
            "customer": [f"c{i % 300}" for i in range(n)],
            "activity": ["x"] * n,
            "time": [datetime(2024, 1, 1)] * n,
        }
    )
    pq.write_table(table, tmp_path / "e.parquet", row_group_size=100)
    assert read_events(tmp_path / "e.parquet").fingerprint == EventLog.from_frame(table).fingerprint


QUERY = "select 'a' as customer, 'x' as activity, '2024-01-01' as time, 1.5 as value"


def test_every_kind_of_connection_gives_the_same_log() -> None:
    expected = EventLog.from_columns(["a"], ["x"], ["2024-01-01"], [1.5]).fingerprint
    engine = sqlalchemy.create_engine("sqlite://")
    plain, duck, adbc = sqlite3.connect(":memory:"), duckdb.connect(), adbc_driver_sqlite.dbapi.connect()
    with plain, duck, adbc, engine.connect() as open_connection:
        for connection in (plain, duck, adbc, engine, open_connection):
            assert read_events(QUERY, connection=connection, value="value").fingerprint == expected
        assert plain.execute("select 1").fetchone() == (1,)
    plain.close()
    engine.dispose()


def test_values_are_bound_not_pasted() -> None:
    query = QUERY + " where 'a' = ?"
    with duckdb.connect() as duck, closing(sqlite3.connect(":memory:")) as lite:
        for connection in (lite, duck):
            assert len(read_events(query, connection=connection, parameters=["a"])) == 1
            assert len(read_events(query, connection=connection, parameters=["'; drop table x"])) == 0
    with pytest.raises(UsageError, match="connection="):
        read_events("events.csv", parameters=[1])


def test_attributes_in_csv_are_guessed_with_care_or_told(tmp_path: Path) -> None:
    path = write(
        tmp_path / "c.csv",
        "customer,seats,zip,since,vip,plan,options\n01,5,01234,2024-01-01,true,pro,sso;api\n02,,99999,,false,,\n",
    )
    customers = read_customers(path, types={"options": "set"})
    kinds = {name: customers.column(name).kind for name in customers.names}
    assert kinds == {
        "seats": "number",
        "zip": "text",
        "since": "date",
        "vip": "boolean",
        "plan": "text",
        "options": "set",
    }
    assert customers.ids.tolist() == ["01", "02"]
    assert read_customers(path, columns=["plan"]).names == ("plan",)
    assert read_customers(path, types={"seats": "text"}).column("seats").categories == ("5",)


def test_attributes_in_a_database_keep_their_types() -> None:
    with duckdb.connect() as duck:
        query = "select 1 as customer, date '2024-01-01' as renewal, 'x' as plan, ['a', 'b'] as options"
        customers = read_customers(query, connection=duck)
    assert [customers.column(name).kind for name in customers.names] == ["date", "text", "set"]


def test_files_need_pyarrow_and_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"cjlib\[io\]"):
        read_events(write(tmp_path / "events.csv"))
