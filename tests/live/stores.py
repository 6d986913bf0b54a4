"""Empty stores for tests."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import attrs
import sqlalchemy as sa

NUMBERS = count()


@attrs.define
class Stores:
    """Makes empty stores in one database system."""

    postgres: str | None
    folder: Path

    def new(self) -> str:
        """The URL of an empty store; with PostgreSQL, what was in the last one is gone."""
        if self.postgres is None:
            return f"sqlite:///{self.folder}/{next(NUMBERS)}.db"
        engine = server(self.postgres)
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
        engine.dispose()
        return self.postgres


def server(url: str) -> sa.Engine:
    """A connection to PostgreSQL beside the tracker's."""
    parsed = sa.engine.make_url(url)
    folder, port = parsed.query["host"], parsed.port or 5432
    bare = parsed.difference_update_query(["host"]).set(drivername="postgresql+pg8000")
    return sa.create_engine(bare, connect_args={"unix_sock": f"{folder}/.s.PGSQL.{port}"})
