"""Statements over many rows at once, in the way that each database takes them quickest."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from operator import itemgetter
from typing import Any

from ._tables import sqlalchemy, tables

__all__ = ["Statements", "chunks"]

CHUNK = 5_000  # as many ids or rows go into one statement


class Statements:
    """Statements within one transaction."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.tables = tables()
        self.sa = sqlalchemy()
        self.is_postgres = connection.dialect.name == "postgresql"

    def among(self, column: Any, keys: Sequence[str]) -> Any:
        """Whether a column is one of many keys, which go over as one value: thousands would be slow."""
        sa = self.sa
        if self.is_postgres:
            given = sa.func.json_array_elements_text(_json(sa, list(keys)))
            return column == sa.any_(sa.func.array(sa.select(given).scalar_subquery()))
        listed = sa.func.json_each(json.dumps(list(keys))).table_valued("value")
        return column.in_(sa.select(listed.c.value))

    def upsert(self, table: Any) -> Any:
        return import_module(f"sqlalchemy.dialects.{self.connection.dialect.name}").insert(table)

    def insert_new(self, table: Any, rows: list[dict[str, Any]]) -> None:
        """Write the rows whose key is not there yet."""
        if rows:
            self.many(table, rows, lambda statement: statement.on_conflict_do_nothing())

    def put(self, table: Any, rows: list[dict[str, Any]]) -> None:
        """Write rows, over those of the same key."""
        if not rows:
            return
        keys = [column.name for column in table.primary_key]
        names = [column.name for column in table.c if column.name not in keys]

        def over(statement: Any) -> Any:
            values = {name: statement.excluded[name] for name in names}
            return statement.on_conflict_do_update(index_elements=keys, set_=values)

        self.many(table, rows, over)

    def many(self, table: Any, rows: Sequence[dict[str, Any]], finish: Callable[[Any], Any]) -> None:
        """Insert many rows; ``finish`` says what happens to those that are there already."""
        if self.is_postgres:
            self.connection.execute(finish(self.from_json(table, rows)))
            return
        # The driver's own loop, for SQLAlchemy's takes longer than SQLite's work.
        statement = finish(self.upsert(table))
        compiled = statement.compile(dialect=self.connection.dialect, column_keys=list(rows[0]))
        read = itemgetter(*compiled.positiontup)
        self.connection.exec_driver_sql(str(compiled), [read(row) for row in rows])

    def from_json(self, table: Any, rows: Sequence[dict[str, Any]]) -> Any:
        """An insert of many rows that go over as one text: pg8000 takes long over each value."""
        sa, names = self.sa, list(rows[0])
        kinds = {name: table.c[name].type for name in names}
        packed = {name for name in names if isinstance(kinds[name], sa.LargeBinary)}
        plain = [{k: v.hex() if k in packed else v for k, v in row.items()} for row in rows]
        is_text = {name for name in names if isinstance(kinds[name], sa.Text)} | packed
        columns = [sa.column(name, sa.Text() if name in is_text else kinds[name]) for name in names]
        given = sa.func.json_to_recordset(_json(sa, plain))
        source = given.table_valued(*columns).render_derived(with_types=True)
        read = [sa.func.decode(source.c[n], "hex") if n in packed else source.c[n] for n in names]
        return self.upsert(table).from_select(names, sa.select(*read))


def _json(sa: Any, value: Any) -> Any:
    """A value as JSON on PostgreSQL's side."""
    return sa.cast(sa.literal(json.dumps(value), sa.Text()), sa.types.JSON)


def chunks(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]
