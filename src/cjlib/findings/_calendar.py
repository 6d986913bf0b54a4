"""Periods of the calendar (UTC): where they begin, and what they are called."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError

__all__ = ["PERIODS", "edges_of", "labels_of_periods"]

Ints = NDArray[np.int64]

DAY_US = 86_400_000_000
MONDAY = 3  # 1970-01-01 was a Thursday: so many days after a Monday
PERIODS = ("day", "week", "month", "quarter", "year")
MOST = 4000  # periods in one answer
MONTHS = {"month": 1, "quarter": 3, "year": 12}


def edges_of(period: str, first: int, last: int, question: str) -> Ints:
    """(p + 1,) where the periods begin that hold the moments from first to last, and where the last one ends.

    Raises:
        UsageError: if there are too many to look at.

    >>> edges = edges_of("month", 0, 31 * DAY_US, "cohorts")
    >>> edges.view("datetime64[us]").astype("datetime64[D]").astype(str).tolist()
    ['1970-01-01', '1970-02-01', '1970-03-01']
    """
    moments = np.array([first, last], np.int64).view("datetime64[us]")
    if period in MONTHS:
        step = MONTHS[period]
        months = moments.astype("datetime64[M]").astype(np.int64) // step
        numbers = np.arange(months[0], months[1] + 2) * step
        edges = numbers.astype("datetime64[M]").astype("datetime64[us]").view(np.int64)
    else:
        step, shift = (7, MONDAY) if period == "week" else (1, 0)
        days = (np.array([first, last], np.int64) // DAY_US + shift) // step
        edges = (np.arange(days[0], days[1] + 2) * step - shift) * DAY_US
    if len(edges) > MOST:
        raise UsageError(
            f"{question}: {len(edges) - 1:,} {period}s are too many to look at: take longer ones"
        )
    return edges


def labels_of_periods(period: str, edges: Ints) -> list[str]:
    """What the periods that begin at these moments are called.

    >>> labels_of_periods("quarter", np.array([0]))
    ['1970-Q1']
    """
    days = edges.view("datetime64[us]").astype("datetime64[D]").astype(str).tolist()
    if period == "quarter":
        return [f"{day[:4]}-Q{(int(day[5:7]) + 2) // 3}" for day in days]
    return [day[: {"year": 4, "month": 7}.get(period, 10)] for day in days]
