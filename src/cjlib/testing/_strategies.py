"""Snapshots and logs for Hypothesis."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from ..data import EventLog
from ..snapshots import Snapshot

__all__ = ["SHARED", "columns_of", "logs", "numbers", "snapshot_of", "snapshots", "some_rows"]

SHARED = settings(
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
)
"""Of all contracts: the fixture of a contract is one for all examples."""

DAY_US = 86_400_000_000
START = 20_000 * DAY_US
ACTIVITIES = ("signup", "login", "ticket", "cancelled")


def numbers(name: str = "") -> st.SearchStrategy[float]:
    """Numbers as metrics hold them."""
    return st.integers(-5, 50).map(float) | st.floats(-1e6, 1e6)


@st.composite
def snapshots(
    draw: st.DrawFn,
    names: Iterable[str] = ("logins", "tickets"),
    values: Callable[[str], st.SearchStrategy[Any]] = numbers,
    *,
    least: int = 0,
    most: int = 12,
) -> Snapshot:
    """Snapshots with these metrics, as ``draw(snapshots(scorer.requires))``; some values are missing.

    Args:
        draw: given by Hypothesis.
        names: the metrics.
        values: from the name of a metric to what it may hold where it is known; numbers if unsaid.
        least: how many customers at the least.
        most: how many at the most.
    """
    rows = draw(st.integers(least, most))
    columns = {
        name: draw(st.lists(st.none() | values(name), min_size=rows, max_size=rows))
        for name in sorted(set(names))
    }
    return snapshot_of(columns, {name: draw(values(name)) for name in columns}, rows)


def some_rows(panel: Snapshot, least: int = 0, most: int = 12) -> st.SearchStrategy[Snapshot]:
    """Some rows of a snapshot or panel, in any order.

    Args:
        panel: where they come from.
        least: how many at the least.
        most: how many at the most.
    """
    positions = st.integers(0, len(panel) - 1)
    return st.lists(positions, min_size=least, max_size=most, unique=True).map(panel.select)


def snapshot_of(columns: Mapping[str, Sequence[Any]], like: Mapping[str, Any], rows: int) -> Snapshot:
    """A snapshot of these columns, each of the kind of a value, also where it holds nothing."""
    told = {name: [*column, like[name]] for name, column in columns.items()}
    customers = [f"c{row:03}" for row in range(rows + 1)]
    made = Snapshot.from_frame({"customer": customers, **told}, as_of="2026-01-01")
    return made.select(np.arange(rows))


@st.composite
def logs(
    draw: st.DrawFn,
    activities: Iterable[str] = ACTIVITIES,
    *,
    customers: int = 4,
    most: int = 30,
    days: int = 30,
) -> EventLog:
    """Logs of a few customers, with ties, in any order.

    Args:
        draw: given by Hypothesis.
        activities: what may happen.
        customers: how many there are at the most.
        most: how many events at the most.
        days: from the first to the last moment.
    """
    event = st.tuples(
        st.integers(0, customers - 1), st.sampled_from(sorted(set(activities))), st.integers(0, days * 4)
    )
    events = draw(st.lists(event, min_size=1, max_size=most))
    times = np.array([START + quarter * DAY_US // 4 for *_, quarter in events]).view("datetime64[us]")
    return EventLog.from_columns(
        [f"c{customer}" for customer, *_ in events], [activity for _, activity, _ in events], times
    )


def columns_of(snapshot: Snapshot, name: str) -> np.ndarray:
    """The column as it is stored: numbers, or codes."""
    column: np.ndarray = snapshot.codes(name) if snapshot.kind(name) == "category" else snapshot[name]
    return column
