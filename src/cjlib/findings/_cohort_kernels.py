"""The compiled loops of cohorts: in which periods each customer was there."""

from __future__ import annotations

from typing import Any

from .._jit import jit

__all__ = ["mark_calendar", "mark_rolling", "was_there"]


@jit
def mark_calendar(
    low: int, high: int, starts: Any, time: Any, codes: Any, is_return: Any, entered: Any, group: Any,
    complete: Any, edges: Any, first: Any, is_bounded: bool, done: Any, so_far: Any,
) -> None:  # fmt: skip
    """Count who was there in each period of the calendar after the one of its entry.

    Args:
        low, high: the customers that are looked at.
        starts, time, codes: the paths.
        is_return: (n_codes,) which steps count as being there.
        entered: (n,) when each customer began.
        group: (n,) its cohort, -1 for who never began.
        complete: (n,) how many periods from its first on are over.
        edges: (p + 1,) where the periods begin.
        first: (n,) the period of the entry.
        is_bounded: whether only the very period counts, not a later one.
        done: (cohorts, periods) to be filled: were there, of those whose period is over.
        so_far: (cohorts, periods) were there, of those whose period is under way.
    """
    for c in range(low, high):
        if group[c] < 0:
            continue
        period, last = first[c], -1
        for i in range(starts[c], starts[c + 1]):
            if time[i] < entered[c] or not is_return[codes[i]]:
                continue
            while time[i] >= edges[period + 1]:
                period += 1
            last = mark(group[c], period - first[c], last, complete[c], is_bounded, done, so_far)


@jit
def mark_rolling(
    low: int, high: int, starts: Any, time: Any, codes: Any, is_return: Any, entered: Any, group: Any,
    complete: Any, length: int, is_bounded: bool, done: Any, so_far: Any,
) -> None:  # fmt: skip
    """The same for periods of one length that begin with each customer's entry."""
    for c in range(low, high):
        if group[c] < 0:
            continue
        last = -1
        for i in range(starts[c], starts[c + 1]):
            if time[i] < entered[c] or not is_return[codes[i]]:
                continue
            period = (time[i] - entered[c]) // length
            last = mark(group[c], period, last, complete[c], is_bounded, done, so_far)


@jit
def mark(group: int, period: int, last: int, complete: int, is_bounded: bool, done: Any, so_far: Any) -> int:
    """Count a customer in a period unless it is counted there already: the last period counted."""
    if period > last:
        begin = period if is_bounded else last + 1
        for one in range(begin, period + 1):
            if one < complete:
                done[group, one] += 1
            else:
                so_far[group, one] += 1
        return period
    return last


@jit
def was_there(
    starts: Any, time: Any, codes: Any, is_return: Any, entered: Any, begins: Any, ends: Any, is_there: Any
) -> None:
    """Mark the customers who were there in a span of their own, [begins, ends), not before their entry."""
    for c in range(len(starts) - 1):
        for i in range(starts[c], starts[c + 1]):
            t = time[i]
            if t >= begins[c] and t < ends[c] and t >= entered[c] and is_return[codes[i]]:
                is_there[c] = True
                break
