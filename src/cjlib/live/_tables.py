"""The tables of a tracker's store."""

from __future__ import annotations

from functools import cache
from typing import Any

import attrs

from ..errors import MissingExtraError

__all__ = ["FORMAT", "Tables", "sqlalchemy", "tables"]

FORMAT = 1
"""Of the tables and what is packed in them; a store of another format is refused."""


def sqlalchemy() -> Any:
    """The package, loaded when it is first needed.

    Raises:
        MissingExtraError: if it is not installed.
    """
    try:
        import sqlalchemy as package
    except ImportError as error:
        raise MissingExtraError("sqlalchemy", "live", "a tracker") from error
    return package


@attrs.frozen
class Tables:
    """The tables, by what they hold; SQLAlchemy has no types that could be named without loading it."""

    metadata: Any
    head: Any
    customers: Any
    pages: Any
    event_ids: Any
    attributes: Any
    hooks: Any
    outbox: Any
    dead_letters: Any
    ledger: Any

    @property
    def of_customers(self) -> dict[str, Any]:
        """The tables that hold something about single customers, by name."""
        own = (self.customers, self.pages, self.event_ids, self.outbox, self.dead_letters, self.ledger)
        return {table.name: table for table in own}


@cache
def tables() -> Tables:
    """The tables, described once."""
    sa = sqlalchemy()
    metadata = sa.MetaData()
    # PostgreSQL compares and sorts plain bytes faster than words of a language.
    key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    big = sa.BigInteger()
    counted = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

    def column(name: str, kind: Any, **options: Any) -> Any:
        return sa.Column(name, kind, **({"nullable": False} | options))

    def table(name: str, *parts: Any, **options: Any) -> Any:
        return sa.Table(f"cj_{name}", metadata, *parts, **options)

    def letters(name: str, *more: Any) -> Any:
        return table(
            name,
            column("id", counted, primary_key=True, autoincrement=True),
            column("hook", sa.Text()),
            column("customer", key),
            column("record", sa.Text()),
            *more,
            sa.Index(f"cj_{name}_by_customer", "customer", "hook", "id"),
        )

    return Tables(
        metadata=metadata,
        head=table(
            "head",
            column("id", sa.Integer(), primary_key=True),
            column("format", sa.Integer()),
            column("token", sa.Text()),
            column("journey", sa.Text()),
            column("fingerprint", sa.Text()),
            column("advanced", big, nullable=True),
            column("compacted", big, nullable=True),
            column("dropped", sa.Text()),
        ),
        customers=table(
            "customers",
            column("customer", key, primary_key=True),
            column("token", sa.Text()),
            column("events", sa.Integer()),
            column("latest", big, nullable=True),
            column("ends", big, nullable=True),
            column("due", big, index=True),
            column("stage", sa.Text(), nullable=True),
            column("entered", big, nullable=True),
            column("facts", sa.Text()),
            column("told", sa.Text()),
            column("number", sa.Integer()),
            sqlite_with_rowid=False,
        ),
        pages=table(
            "pages",
            column("customer", key, primary_key=True),
            column("number", sa.Integer(), primary_key=True),
            column("events", sa.LargeBinary()),
            column("names", sa.Text()),
            column("labels", sa.Text()),
            sqlite_with_rowid=False,
        ),
        event_ids=table(
            "event_ids",
            column("event_id", key, primary_key=True),
            column("customer", key),
            sqlite_with_rowid=False,
        ),
        attributes=table(
            "attributes",
            column("name", sa.Text(), primary_key=True),
            column("kind", sa.Text()),
            column("constant", sa.Boolean()),
        ),
        hooks=table(
            "hooks",
            column("name", sa.Text(), primary_key=True),
            column("kinds", sa.Text()),
            column("held_by", sa.Text(), nullable=True),
            column("held_until", sa.Float()),
        ),
        outbox=letters(
            "outbox",
            column("attempts", sa.Integer()),
            column("not_before", sa.Float()),
        ),
        dead_letters=letters(
            "dead_letters",
            column("error", sa.Text()),
        ),
        ledger=table(
            "ledger",
            column("id", counted, primary_key=True, autoincrement=True),
            column("customer", key, index=True),
            column("reason", sa.Text()),
            column("rows", sa.Integer()),
            column("detail", sa.Text()),
        ),
    )
