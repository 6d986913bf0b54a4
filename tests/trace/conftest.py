"""Worked examples run twice: by the oracle and by the kernel."""

from __future__ import annotations

import pytest
from tests.worked import Play
from tests.worlds import by_oracle, by_replay


@pytest.fixture(params=[by_oracle, by_replay], ids=["oracle", "kernel"])
def by(request: pytest.FixtureRequest) -> Play:
    """The replay under test: from a world to a history per customer."""
    return request.param  # type: ignore[no-any-return]
