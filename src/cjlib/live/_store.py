"""The database behind a tracker: transactions that happen wholly or not at all, and errors that help."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from ..errors import MissingExtraError, StoreError, UsageError
from ._tables import sqlalchemy, tables

__all__ = ["Again", "Store"]

T = TypeVar("T")

TRIES = 20
BUSY_SECONDS = 60
AGAIN = {"40001", "40P01", "55P03"}  # PostgreSQL: serialization failure, deadlock, lock not available


class Again(Exception):
    """Another process was quicker; the transaction is rolled back and begun anew."""


class Store:
    """A database, opened; SQLite in one file or PostgreSQL.

    Args:
        url: such as ``sqlite:///journey.db`` or ``postgresql://user@host/database``.
    """

    def __init__(self, url: str) -> None:
        if not isinstance(url, str) or "://" not in url:
            raise UsageError(f"a store is a URL such as 'sqlite:///journey.db', not {url!r:.80}")
        self.url = _parsed(url)
        self.is_postgres = self.url.get_backend_name() == "postgresql"
        self.tables = tables()
        self._engine = _postgres(self.url) if self.is_postgres else _sqlite(self.url)
        try:
            self.write(self._create)
        except BaseException:
            self.close()
            raise

    def _create(self, connection: Any) -> None:
        if self.is_postgres:
            # Two processes that create the tables at one moment would trip over each other.
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(6355710)")
        self.tables.metadata.create_all(connection)

    def __repr__(self) -> str:
        return f"<Store {self.url}>"

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def write(self, work: Callable[[Any], T]) -> T:
        """What the work returns, done in one transaction; anew if another process came in between."""
        return self._tried(work, {})

    def read(self, work: Callable[[Any], T]) -> T:
        """What the work returns; all it reads is of one moment."""
        is_one_moment = {"isolation_level": "REPEATABLE READ"} if self.is_postgres else {"cjlib_reads": True}
        return self._tried(work, is_one_moment)

    def _tried(self, work: Callable[[Any], T], options: dict[str, Any]) -> T:
        for attempt in range(TRIES):
            try:
                with self.errors(), self._engine.connect() as connection:
                    connection = connection.execution_options(**options)
                    with connection.begin():
                        return work(connection)
            except Again:
                time.sleep(random.random() * 0.01 * 2 ** min(attempt, 6))
        raise StoreError(f"{self.url}: other processes were quicker {TRIES} times; nothing was written")

    def wipe(self) -> None:
        """Take what was deleted out of the files too."""
        with self.errors():
            if self.is_postgres:
                with self._engine.connect() as connection:
                    connection = connection.execution_options(isolation_level="AUTOCOMMIT")
                    for table in self.tables.of_customers:
                        connection.exec_driver_sql(f"VACUUM {table}")
                return
            # SQLite overwrites what it deletes; what is left stands in the write-ahead log.
            raw = self._engine.raw_connection()
            try:
                _checkpoint(raw)
            finally:
                raw.close()

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Errors of the database as `StoreError`."""
        sa = sqlalchemy()
        try:
            yield
        except sa.exc.DBAPIError as error:
            if _state(error) in AGAIN:
                raise Again from error
            raise StoreError(f"{self.url}: {_told(error)}") from error
        except sa.exc.SQLAlchemyError as error:
            raise StoreError(f"{self.url}: {error}; nothing of this call is certain to be written") from error


def _state(error: Any) -> str | None:
    """PostgreSQL's code of an error."""
    first = error.orig.args[0] if error.orig is not None and error.orig.args else None
    return first.get("C") if isinstance(first, dict) else None


def _told(error: Any) -> str:
    first = error.orig.args[0] if error.orig is not None and error.orig.args else error.orig
    cause = first.get("M", first) if isinstance(first, dict) else first
    if error.connection_invalidated or "connection" in str(cause).lower() or "network" in str(cause).lower():
        return f"the connection was lost ({cause}); record the same again: events with ids are taken once"
    if "locked" in str(cause):
        return f"another process has been writing for {BUSY_SECONDS} seconds ({cause}); nothing was written"
    return f"{cause}; nothing of this call was written"


def _parsed(url: str) -> Any:
    sa = sqlalchemy()
    try:
        parsed = sa.engine.make_url(url)
    except sa.exc.ArgumentError as error:
        raise UsageError(f"{url!r:.200} is no URL of a database: {error}") from error
    name = parsed.get_backend_name()
    if name not in ("sqlite", "postgresql"):
        raise UsageError(f"a tracker keeps its store in sqlite or postgresql, not {name}")
    return parsed.set(drivername="postgresql+pg8000") if parsed.drivername == "postgresql" else parsed


def _checkpoint(raw: Any) -> None:
    """Move all of the write-ahead log into the database and empty it, once nobody reads it any more."""
    patience = time.monotonic() + BUSY_SECONDS
    while raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
        if time.monotonic() > patience:
            raise StoreError("what was erased still stands in the write-ahead log: another process reads it")
        time.sleep(0.05)


def _sqlite(url: Any) -> Any:
    sa = sqlalchemy()
    options: dict[str, Any] = {"connect_args": {"timeout": BUSY_SECONDS}}
    if url.database in (None, "", ":memory:"):
        # One connection for all: each would have a database of its own.
        options = {
            "poolclass": sa.pool.QueuePool,
            "pool_size": 1,
            "max_overflow": 0,
            "connect_args": {"timeout": BUSY_SECONDS, "check_same_thread": False},
        }
    engine = sa.create_engine(url, **options)

    def connected(raw: Any, _: Any) -> None:
        raw.isolation_level = None  # the driver would begin transactions where it thinks fit
        cursor = raw.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "secure_delete=ON",
            "cache_size=-65536",
            "wal_autocheckpoint=10000",  # seldom, since whoever commits has to wait for it
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def begun(connection: Any) -> None:
        reads = connection.get_execution_options().get("cjlib_reads")
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    sa.event.listen(engine, "connect", connected)
    sa.event.listen(engine, "begin", begun)
    return engine


def _postgres(url: Any) -> Any:
    sa = sqlalchemy()
    options: dict[str, Any] = {}
    folder = url.query.get("host")
    if url.get_driver_name() == "pg8000" and folder:
        # libpq's way to name a socket; pg8000 has its own.
        port = url.port or url.query.get("port") or 5432
        options["connect_args"] = {"unix_sock": f"{folder}/.s.PGSQL.{port}"}
        url = url.difference_update_query(["host", "port"])
    try:
        engine = sa.create_engine(url, **options)
    except ImportError as error:
        raise MissingExtraError(str(error.name), "live", "a store in PostgreSQL") from error
    return engine
