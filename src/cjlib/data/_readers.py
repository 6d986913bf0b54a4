"""Readers: events and customers from files, folders and databases."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import tzinfo
from typing import Any

import attrs
import numpy as np

from ..errors import CJError, DataError, UsageError
from ._columns import Frame, as_frame, as_objects, shown
from ._csv import FileOptions
from ._customers import Customers
from ._events import ROLES, EventLog
from ._files import read_files
from ._ledger import Ledger, LedgerEntry
from ._numbers import number_of

__all__ = ["read_customers", "read_events"]

BATCH = 50_000
BYTES_PER_CELL = 16
_NUMBER = re.compile(r"[+-]?(0|[1-9]\d{0,14})(\.\d{1,15})?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?", re.ASCII)
_BOOLEAN = re.compile(r"true|false", re.IGNORECASE)


def read_events(
    source: Any,
    *,
    customer: str = "customer",
    activity: str = "activity",
    time: str = "time",
    value: str | None = None,
    channel: str | None = None,
    actor: str | None = None,
    recorded: str | None = None,
    order: str | None = None,
    event_id: str | None = None,
    text: str | None = None,
    tz: str | tzinfo = "UTC",
    strict: bool = True,
    connection: Any = None,
    parameters: Any = None,
    delimiter: str | None = None,
    quote: str | None = '"',
    encoding: str = "utf-8",
    max_bytes: int = 4 << 30,
) -> EventLog:
    """An event log from a CSV or Parquet file, a folder, several of them, or a query.

    In CSV nothing is guessed: ids and names are text as it stands (``007``, ``NA``), times are ISO text,
    values are numbers with a decimal point.

    Args:
        source: a path, a folder, several of them, or, with ``connection``, a query in SQL.
        customer: the name of the column of that role; so are all below. See `EventLog.from_columns`.
        activity: as above.
        time: as above.
        value: as above; None if there is none.
        channel: as above.
        actor: as above.
        recorded: as above.
        order: as above.
        event_id: as above.
        text: as above.
        tz: the zone of naive times.
        strict: whether a refused row raises; if not, it is left out and told in the log's ledger.
        connection: an open connection: DB-API, ADBC, DuckDB or SQLAlchemy. It is left open.
        parameters: what the database binds to the placeholders of the query.
        delimiter: between the values of a CSV row; a comma if unsaid, in ``.tsv`` a tab.
        quote: around CSV values that hold a delimiter; None if quotation marks are mere text.
        encoding: of CSV files.
        max_bytes: how much memory the decoded columns may take; more is refused.

    Raises:
        DataError: with the path, if a file, column or row cannot be used, or the query fails.
        MissingExtraError: if pyarrow is missing, for files.

    >>> import sqlite3
    >>> connection = sqlite3.connect(":memory:")
    >>> query = "select 'a' as customer, 'login' as activity, '2024-01-01' as time"
    >>> len(read_events(query, connection=connection))
    1
    """
    given = (customer, activity, time, value, channel, actor, recorded, order, event_id, text)
    names = {role: name for role, name in zip(ROLES, given, strict=True) if name is not None}
    options = FileOptions(delimiter, quote, encoding, max_bytes)
    frame, ragged = _rows(source, [*names.values()], connection, parameters, options)
    _refuse_ragged(ragged, "events", strict)
    columns = {}
    for role, name in names.items():
        column = frame.column(name, role)
        columns[name] = _numbers_of_text(column.values) if role in ("value", "order") else column.values
    log = EventLog.from_frame(columns, **names, tz=tz, strict=strict)
    return attrs.evolve(log, ledger=_with_ragged(log.ledger, ragged))


def read_customers(
    source: Any,
    *,
    customer: str = "customer",
    valid_from: str | None = None,
    recorded: str | None = None,
    parent: str | None = None,
    links: Sequence[str] = (),
    types: Mapping[str, str] | None = None,
    columns: Sequence[str] | None = None,
    tz: str | tzinfo = "UTC",
    strict: bool = True,
    connection: Any = None,
    parameters: Any = None,
    delimiter: str | None = None,
    quote: str | None = '"',
    encoding: str = "utf-8",
    max_bytes: int = 4 << 30,
) -> Customers:
    """Customers from a CSV or Parquet file, a folder, several of them, or a query.

    A CSV column that ``types`` doesn't name is a number if every value is a plain number without leading
    zeros, a date if every value is an ISO time, a boolean if every value is true or false, else text.

    Args:
        source: a path, a folder, several of them, or, with ``connection``, a query in SQL.
        customer: the name of the column with the ids.
        valid_from: the column that says from when on a row holds. See `Customers.from_frame`.
        recorded: the column that says when a row became known.
        parent: the column with the id of the customer that this one belongs to.
        links: more columns with ids of other customers.
        types: kinds of attributes by name, such as ``{"seats": "number", "options": "set"}``.
        columns: the attributes to read; all other columns if unsaid.
        tz: the zone of naive times.
        strict: whether a refused row raises; if not, it is left out and told in the ledger.
        connection: an open connection: DB-API, ADBC, DuckDB or SQLAlchemy. It is left open.
        parameters: what the database binds to the placeholders of the query.
        delimiter: between the values of a CSV row; a comma if unsaid, in ``.tsv`` a tab.
        quote: around CSV values that hold a delimiter; None if quotation marks are mere text.
        encoding: of CSV files.
        max_bytes: how much memory the decoded columns may take; more is refused.

    Raises:
        DataError: with the path, if a file, column or row cannot be used, or the query fails.
        MissingExtraError: if pyarrow is missing, for files.

    >>> import pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "customers.csv"
    >>> _ = file.write_text("customer,plan,seats\\na,pro,5\\nb,,7\\n")
    >>> read_customers(file)
    Customers(2 with plan, seats)
    """
    roles = [name for name in (customer, valid_from, recorded, parent, *links) if name is not None]
    wanted = None if columns is None else [*roles, *columns]
    options = FileOptions(delimiter, quote, encoding, max_bytes)
    frame, ragged = _rows(source, wanted, connection, parameters, options)
    _refuse_ragged(ragged, "customers", strict)
    read = {name: frame.column(name, name).values for name in (frame.names if wanted is None else wanted)}
    told = dict(types or {})
    if connection is None:
        guessed = {
            name: kind
            for name, values in read.items()
            if name not in told and name not in roles and (kind := _kind_of_text(values))
        }
        told |= guessed
    customers = Customers.from_frame(
        read,
        customer=customer,
        valid_from=valid_from,
        recorded=recorded,
        parent=parent,
        links=links,
        types=told,
        tz=tz,
        strict=strict,
    )
    return attrs.evolve(customers, ledger=_with_ragged(customers.ledger, ragged))


def _rows(
    source: Any, names: list[str] | None, connection: Any, parameters: Any, options: FileOptions
) -> tuple[Frame, list[str]]:
    if connection is None:
        if parameters is not None:
            raise UsageError("parameters belong to a query: pass connection= too")
        table, ragged = read_files(source, names, options)
        return as_frame(table), ragged
    if not isinstance(source, str):
        raise UsageError(f"with a connection, a query was expected as text, not {shown(source)}")
    return _query(source, connection, parameters, options), []


def _query(query: str, connection: Any, parameters: Any, options: FileOptions) -> Frame:
    try:
        if type(connection).__module__.lstrip("_").startswith("duckdb"):
            relation = connection.sql(query, params=parameters)
            if relation is None:
                raise DataError("the query gave no rows to read; a SELECT was expected")
            return as_frame(relation)
        if hasattr(connection, "raw_connection"):  # SQLAlchemy's engine lends one, to be given back
            with closing(connection.raw_connection()) as lent:
                return _fetched(lent.cursor(), query, parameters, options)
        return _fetched(_plain_connection(connection).cursor(), query, parameters, options)
    except CJError:
        raise
    except Exception as error:  # every driver has errors of its own
        raise DataError(f"the query failed: {' '.join(str(error).split())[:300]}") from error


def _plain_connection(connection: Any) -> Any:
    """The DB-API connection under SQLAlchemy's, or the connection itself."""
    if hasattr(connection, "exec_driver_sql"):
        return connection.connection
    if not hasattr(connection, "cursor"):
        raise UsageError(f"an open database connection was expected, not {shown(connection)}")
    return connection


def _fetched(cursor: Any, query: str, parameters: Any, options: FileOptions) -> Frame:
    try:
        cursor.execute(query, *([] if parameters is None else [parameters]))
        if cursor.description is None:
            raise DataError("the query gave no rows to read; a SELECT was expected")
        if hasattr(cursor, "fetch_arrow_table"):
            return as_frame(cursor.fetch_arrow_table())
        return _fetched_rows(cursor, options)
    finally:
        cursor.close()


def _fetched_rows(cursor: Any, options: FileOptions) -> Frame:
    names = [column[0] for column in cursor.description]
    columns: list[list[Any]] = [[] for _ in names]
    while batch := cursor.fetchmany(BATCH):
        for values, more in zip(columns, zip(*batch, strict=True), strict=True):
            values.extend(more)
        if len(columns[0]) * len(columns) * BYTES_PER_CELL > options.max_bytes:
            raise DataError(f"the query gave more than {options.max_bytes:,} bytes; raise max_bytes if right")
    return Frame(names, lambda name: columns[names.index(name)], len(columns[0]))


def _numbers_of_text(values: Any) -> Any:
    """Text as numbers, as CSV holds them; what is no number stays text and is refused with its row."""
    import pyarrow as pa
    from pyarrow import compute

    if isinstance(values, np.ndarray) or not pa.types.is_large_string(values.type):
        return values
    trimmed = compute.utf8_trim_whitespace(values)
    numbers = compute.if_else(compute.equal(trimmed, ""), None, trimmed)
    for kind in (pa.int64(), pa.float64()):
        try:
            return numbers.cast(kind)
        except pa.ArrowInvalid:
            continue
    texts = numbers.to_pylist()
    return as_objects([text if text is None or (n := number_of(text)) is None else n for text in texts])


def _kind_of_text(values: Any) -> str | None:
    if isinstance(values, np.ndarray) or "string" not in str(values.type):
        return None
    texts = {text.strip() for text in values.unique().to_pylist() if text is not None} - {""}
    for kind, pattern in (("number", _NUMBER), ("date", _DATE), ("boolean", _BOOLEAN)):
        if texts and all(pattern.fullmatch(text) for text in texts):
            return kind
    return None


def _refuse_ragged(ragged: list[str], what: str, strict: bool) -> None:
    if ragged and strict:
        entry = _ragged_entry(ragged)
        raise DataError(f"{what}: {entry}", ledger=Ledger(refused=(entry,), read=len(ragged)))


def _ragged_entry(ragged: list[str]) -> LedgerEntry:
    return LedgerEntry("rows with too many or too few values", len(ragged), (), "; ".join(ragged[:3]))


def _with_ragged(ledger: Ledger, ragged: list[str]) -> Ledger:
    if not ragged:
        return ledger
    return attrs.evolve(ledger.add(refused=[_ragged_entry(ragged)]), read=ledger.read + len(ragged))
