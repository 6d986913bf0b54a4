"""Hostile files, folders and queries."""

from __future__ import annotations

import gzip
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from tests.hostile.cases import Case

from cjlib.data import EventLog, read_customers, read_events


def file(name: str, content: bytes | str, **options: Any) -> Callable[[Path], Any]:
    def run(folder: Path) -> EventLog:
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_events(path, **({"strict": False} | options))

    return run


def parquet(table: pa.Table, *, cut: int = 0, **options: Any) -> Callable[[Path], Any]:
    def run(folder: Path) -> EventLog:
        pq.write_table(table, folder / "events.parquet")
        if cut:
            content = (folder / "events.parquet").read_bytes()
            (folder / "events.parquet").write_bytes(content[:-cut])
        return read_events(folder / "events.parquet", **({"strict": False} | options))

    return run


def query(text: str, connection: Any = None) -> Callable[[Path], Any]:
    def run(_: Path) -> EventLog:
        if isinstance(connection, str):
            return read_events(text, connection=connection, strict=False)
        with closing(duckdb.connect() if connection else sqlite3.connect(":memory:")) as opened:
            return read_events(text, connection=opened, strict=False)

    return run


def folder_with_way_out(folder: Path) -> Any:
    (folder / "inside").mkdir()
    (folder / "outside.csv").write_text("customer,activity,time\na,b,2024-01-01\n")
    (folder / "inside" / "link.csv").symlink_to(folder / "outside.csv")
    return read_events(folder / "inside")


def folder_of_strangers(folder: Path) -> Any:
    (folder / "a.csv").write_text("customer,activity,time\na,b,2024-01-01\n")
    pq.write_table(
        pa.table({"customer": [1], "activity": ["b"], "time": [datetime(2024, 1, 1)]}), folder / "b.parquet"
    )
    return read_events(folder)


def empty_folder(folder: Path) -> Any:
    (folder / ".hidden.csv").write_text("customer,activity,time\na,b,2024-01-01\n")
    return read_events(folder)


def pipe(folder: Path) -> Any:
    os.mkfifo(folder / "pipe.csv")
    return read_events(folder / "pipe.csv")


def bomb(folder: Path) -> Any:
    ids = pa.DictionaryArray.from_arrays(np.zeros(2000, dtype=np.int32), ["x" * 900_000])
    table = pa.table({"customer": ids, "activity": ["a"] * 2000, "time": [datetime(2024, 1, 1)] * 2000})
    pq.write_table(table, folder / "bomb.parquet", store_schema=False)
    log = read_events(folder / "bomb.parquet", strict=False)
    assert len(log) == 0
    return log


HEADER = "customer,activity,time,value\n"
ROW = "a,login,2024-01-01,1\n"
GOOD = pa.table({"customer": ["a"], "activity": ["login"], "time": [datetime(2024, 1, 1)], "value": [1.0]})

FILE_CASES = (
    # files
    Case("a missing file", lambda p: read_events(p / "no.csv"), ("no.csv", "No such file")),
    Case("an empty file", file("e.csv", ""), ("e.csv", "empty")),
    Case("only a header", file("e.csv", HEADER.strip()), (), 0),
    Case(
        "a header without the column",
        file("e.csv", "customer,activity,tme\na,b,c\n"),
        ("e.csv", "'time'", "did you mean 'tme'"),
    ),
    Case(
        "a header twice",
        file("e.csv", "customer,customer,activity,time\na,b,c,d\n"),
        ("e.csv", "2 columns", "customer"),
    ),
    Case(
        "ragged rows",
        file("e.csv", HEADER + ROW + "a,b\n" + "a,b,c,d,e\n"),
        ("too many or too few values", "e.csv:3"),
        2,
    ),
    Case("ragged rows, strict", file("e.csv", HEADER + "a,b\n", strict=True), ("too few values", "e.csv:2")),
    Case(
        "an open quote", file("e.csv", HEADER + 'a,"login,2024-01-01,1\n' + ROW), ("e.csv", "quotation mark")
    ),
    Case(
        "an open quote in the last column",
        file("e.csv", HEADER + 'a,b,2024-01-01,"1\n' + ROW),
        ("e.csv", "quotation mark"),
    ),
    Case(
        "semicolons",
        file("e.csv", HEADER.replace(",", ";") + "a;b;2024-01-01;2,5\n"),
        ("e.csv", "delimiter=';'"),
    ),
    Case(
        "decimal commas",
        file("e.csv", HEADER.replace(",", ";") + "a;b;2024-01-01;2,5\n", delimiter=";", value="value"),
        ("value", "2,5"),
    ),
    Case(
        "latin-1",
        file("e.csv", (HEADER + "é,login,2024-01-01,1\n").encode("latin-1")),
        ("e.csv", "UTF-8", "encoding="),
    ),
    Case("UTF-16", file("e.csv", (HEADER + ROW).encode("utf-16")), ("e.csv", "UTF-16")),
    Case(
        "an encoding that doesn't exist", file("e.csv", HEADER + ROW, encoding="utf-99"), ("e.csv", "utf-99")
    ),
    Case(
        "a line of 20 MB",
        file("e.csv", HEADER + "a" * 20_000_000 + ",b,2024-01-01,1\n"),
        ("e.csv", "line is longer"),
    ),
    Case("a zip called csv", file("e.csv", b"PK\x03\x04rubbish"), ("e.csv", "zip or Excel")),
    Case("Parquet called csv", file("e.csv", b"PAR1rubbish"), ("e.csv", "Parquet")),
    Case("text called parquet", file("e.parquet", HEADER), ("e.parquet", "PAR1")),
    Case("an ending nobody knows", file("e.xyz", HEADER + ROW), ("e.xyz", "ends in")),
    Case("a broken gzip", file("e.csv.gz", gzip.compress((HEADER + ROW).encode())[:-9]), ("e.csv.gz",)),
    Case("a gzip that is none", file("e.csv.gz", HEADER + ROW), ("e.csv.gz",)),
    Case(
        "a gzip bomb",
        file("e.csv.gz", gzip.compress((HEADER + ROW * 400_000).encode()), max_bytes=1_000_000),
        ("e.csv.gz", "max_bytes"),
    ),
    Case("Parquet cut short", parquet(GOOD, cut=20), ("events.parquet",)),
    Case("Parquet without the column", parquet(GOOD.drop(["time"])), ("events.parquet", "'time'")),
    Case(
        "Parquet of too many rows",
        parquet(GOOD.take(pa.array([0] * 100_000)), max_bytes=100_000),
        ("events.parquet", "max_bytes"),
    ),
    Case("a nested column", parquet(GOOD.set_column(0, "customer", pa.array([["a"]]))), ("customer", "list")),
    Case("a small file of 1.8 GB of text", bomb, ("customer longer than",), 2000),
    Case("files of different types", folder_of_strangers, ("different types",)),
    Case("a folder with hidden files only", empty_folder, ("no file whose name ends in",)),
    Case("a link out of the folder", folder_with_way_out, ("leads out of the folder",)),
    Case("a pipe", pipe, ("pipe.csv", "device or a pipe")),
    Case("/dev/zero", lambda _: read_events("/dev/zero"), ("/dev/zero", "device or a pipe")),
    Case("a path with NUL", lambda _: read_events("a\0b.csv"), ("a\\x00b.csv", "null")),
    Case("a number as path", lambda _: read_events(3), ("path", "3")),
    Case("no path at all", lambda _: read_events([]), ("no file",)),
    Case("a path of 5,000 characters", lambda _: read_events("x" * 5000), ("too long",)),
    # queries
    Case("a query that fails", query("select nonsense"), ("query failed", "nonsense")),
    Case("a query without rows", query("create table t (a)"), ("SELECT was expected",)),
    Case("a DuckDB query that fails", query("select nonsense", duckdb), ("query failed", "nonsense")),
    Case("a query without the column", query("select 'a' as customer"), ("no column 'activity'",)),
    Case("no connection", query("select 1", "sqlite:///x"), ("connection was expected",)),
    Case("customers in a broken file", lambda p: read_customers(p / "c.csv"), ("c.csv",)),
)
