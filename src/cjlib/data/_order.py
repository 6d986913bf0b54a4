"""The order of events: by customer, time, order column and input, and what ties leave open."""

from __future__ import annotations

import numpy as np

from ._kernels import customer_starts, gathered, place_rows, sort_within, tied_rows
from ._ledger import Findings

__all__ = ["earliest_of_each", "in_order", "note_ties"]

NO_ORDER = np.zeros(0, dtype=np.int64)


def in_order(
    codes: np.ndarray, n_customers: int, time: np.ndarray, order: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray | None]:
    """Offsets per customer, row numbers in order, times and ``order`` in that order.

    A stable counting sort by customer is all that a log in time order needs; only customers whose rows are
    out of order after it are sorted, one by one.
    """
    starts = customer_starts(codes, n_customers)
    rows = np.empty(len(codes), dtype=np.int32 if len(codes) < 2**31 else np.int64)
    place_rows(codes, starts, rows)
    time = gathered(time, rows)
    order = None if order is None else gathered(order, rows)
    sort_within(starts, time, NO_ORDER if order is None else order, rows)
    return starts, rows, time, order


def earliest_of_each(ids: np.ndarray, *keys: np.ndarray | None) -> np.ndarray:
    """(n,) bool: of the rows with one id (codes, negative for none), only the first by the keys."""
    given = [key for key in reversed(keys) if key is not None]
    order = np.lexsort([*given, ids]) if given else np.argsort(ids, kind="stable")
    ordered = ids[order]
    is_repeat = np.zeros(len(ids), dtype=bool)
    is_repeat[order[1:]] = (ordered[1:] == ordered[:-1]) & (ordered[1:] >= 0)
    return ~is_repeat


def note_ties(
    findings: Findings,
    starts: np.ndarray,
    time: np.ndarray,
    order: np.ndarray | None,
    activity: np.ndarray,
    value: np.ndarray | None,
    others: tuple[np.ndarray | None, ...],
    *,
    has_ids: bool,
) -> None:
    """Say how many events tie, for how many customers that matters to ``last``, and how many are repeats.

    Args:
        findings: where it is noted.
        starts: (n_customers + 1,) offsets.
        time: (n,) in order; so are the others.
        order: (n,) of the order column, if there is one.
        activity: (n,) codes.
        value: (n,) float64, if there is one.
        others: more columns by which rows may differ.
        has_ids: whether events have ids, so that equal rows are different events.
    """
    tied = np.flatnonzero(tied_rows(starts, time, NO_ORDER if order is None else order))
    if not len(tied):
        return
    customer = np.searchsorted(starts, tied, side="right") - 1
    moment = _mixed(customer, time[tied], None if order is None else order[tied])
    n_open = 0 if value is None else _n_open_lasts(moment, customer, activity[tied], value[tied])
    kept = "kept in input order" if order is None else "equal in the order column too, so kept in input order"
    findings.note(
        "events at the same time as another of their customer",
        len(tied),
        f"{kept}; {_n_distinct(customer):,} customers; "
        f"for {n_open:,} of them the answer of last() depends on it",
    )
    if not has_ids:
        columns = (None if column is None else column[tied] for column in (activity, value, *others))
        n_distinct = _n_distinct(_mixed(moment, *columns))
        detail = "each counts; with event ids, equal ids are one event"
        findings.note("rows that repeat another exactly", len(tied) - n_distinct, detail)


def _n_open_lasts(moment: np.ndarray, customer: np.ndarray, activity: np.ndarray, value: np.ndarray) -> int:
    """For how many customers one activity has several values at one moment."""
    has_value = ~np.isnan(value)
    moment, customer, activity, value = (a[has_value] for a in (moment, customer, activity, value))
    _, first = np.unique(_mixed(moment, activity, value + 0.0), return_index=True)
    questions = _mixed(moment, activity)[first]
    _, position, count = np.unique(questions, return_inverse=True, return_counts=True)
    return len(np.unique(customer[first][count[position] > 1]))


def _n_distinct(values: np.ndarray) -> int:
    ordered = np.sort(values)
    return min(len(ordered), 1) + int(np.count_nonzero(ordered[1:] != ordered[:-1]))


def _mixed(*columns: np.ndarray | None) -> np.ndarray:
    """(n,) uint64, equal where all columns are equal and, but for one case in 10^19, different elsewhere."""
    given = [column for column in columns if column is not None]
    mixed = np.zeros(len(given[0]), dtype=np.uint64)
    for column in given:
        wide = column if column.dtype.itemsize == 8 else column.astype(np.int64)
        bits = wide.view(np.uint64)
        mixed = (mixed ^ bits) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
        mixed *= np.uint64(0xBF58476D1CE4E5B9)
        mixed ^= mixed >> np.uint64(32)
    return mixed
