"""The order of events: by customer, time, order column and input, and what ties leave open."""

from __future__ import annotations

import numpy as np

from .._jit import inner, jit
from ._ledger import Findings

__all__ = [
    "customer_starts",
    "earliest_of_each",
    "gathered",
    "in_order",
    "kept_per_customer",
    "note_ties",
    "place_rows",
    "sort_within",
    "tied_rows",
]

NO_ORDER = np.zeros(0, dtype=np.int64)
FEW = 32  # so many are put in order by insertion


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


@jit
def customer_starts(codes: np.ndarray, n_customers: int) -> np.ndarray:
    """(n_customers + 1,) int64 offsets: where each customer's events will begin."""
    starts = np.zeros(n_customers + 1, dtype=np.int64)
    for i in range(codes.shape[0]):
        starts[codes[i] + 1] += 1
    for c in range(n_customers):
        starts[c + 1] += starts[c]
    return starts


@jit
def place_rows(codes: np.ndarray, starts: np.ndarray, rows: np.ndarray) -> None:
    """Row numbers by customer, each customer's in input order (a stable counting sort)."""
    cursors = starts[:-1].copy()
    for i in range(codes.shape[0]):
        c = codes[i]
        rows[cursors[c]] = i
        cursors[c] += 1


@jit
def gathered(values: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """``values[rows]``, without the wide copy that numpy makes of row numbers."""
    taken = np.empty(rows.shape[0], dtype=values.dtype)
    for i in range(rows.shape[0]):
        taken[i] = values[rows[i]]
    return taken


@jit
def sort_within(starts: np.ndarray, time: np.ndarray, order: np.ndarray, rows: np.ndarray) -> int:
    """Put each customer's rows in order of time, then ``order`` (empty: none), stably and in place.

    Returns how many customers were out of order.
    """
    n_sorted = 0
    for c in range(starts.shape[0] - 1):
        begin, end = starts[c], starts[c + 1]
        if not _is_ordered(time, order, begin, end):
            n_sorted += 1
            _sort(time, order, rows, begin, end)
    return n_sorted


@inner
def _is_ordered(time: np.ndarray, order: np.ndarray, begin: int, end: int) -> bool:
    for i in range(begin + 1, end):
        if time[i] < time[i - 1]:
            return False
        if order.shape[0] > 0 and time[i] == time[i - 1] and order[i] < order[i - 1]:
            return False
    return True


@jit
def _sort(time: np.ndarray, order: np.ndarray, rows: np.ndarray, begin: int, end: int) -> None:
    """Runs of a few are sorted by insertion, then merged pair by pair.

    It is written out because numba's own sort takes seconds to compile and knows one key only.
    """
    for low in range(begin, end, FEW):
        _insertion_sort(time, order, rows, low, min(low + FEW, end))
    if end - begin > FEW:
        spare_time, spare_order = time[begin:end].copy(), order[begin:end].copy()
        spare_rows = rows[begin:end].copy()
        width = FEW
        while width < end - begin:
            for low in range(begin, end - width, 2 * width):
                high = min(low + 2 * width, end)
                _merge(time, order, rows, spare_time, spare_order, spare_rows, low, low + width, high)
            width *= 2


@inner
def _merge(
    time: np.ndarray,
    order: np.ndarray,
    rows: np.ndarray,
    spare_time: np.ndarray,
    spare_order: np.ndarray,
    spare_rows: np.ndarray,
    low: int,
    middle: int,
    high: int,
) -> None:
    """Merge two neighbouring runs; of equal events, those of the left run come first."""
    has_order = order.shape[0] > 0
    n_left = middle - low
    for i in range(n_left):
        spare_time[i] = time[low + i]
        spare_rows[i] = rows[low + i]
        if has_order:
            spare_order[i] = order[low + i]
    left, right, place = 0, middle, low
    while left < n_left:
        is_right = right < high and (
            time[right] < spare_time[left]
            or (has_order and time[right] == spare_time[left] and order[right] < spare_order[left])
        )
        if is_right:
            time[place], rows[place] = time[right], rows[right]
            if has_order:
                order[place] = order[right]
            right += 1
        else:
            time[place], rows[place] = spare_time[left], spare_rows[left]
            if has_order:
                order[place] = spare_order[left]
            left += 1
        place += 1


@inner
def _insertion_sort(time: np.ndarray, order: np.ndarray, rows: np.ndarray, begin: int, end: int) -> None:
    has_order = order.shape[0] > 0
    for i in range(begin + 1, end):
        t, r = time[i], rows[i]
        o = order[i] if has_order else np.int64(0)
        k = i
        while k > begin and (time[k - 1] > t or (has_order and time[k - 1] == t and order[k - 1] > o)):
            time[k] = time[k - 1]
            rows[k] = rows[k - 1]
            if has_order:
                order[k] = order[k - 1]
            k -= 1
        time[k] = t
        rows[k] = r
        if has_order:
            order[k] = o


@jit
def tied_rows(starts: np.ndarray, time: np.ndarray, order: np.ndarray) -> np.ndarray:
    """(n,) bool: events that share customer, time and ``order`` (empty: none) with a neighbour."""
    is_tied = np.zeros(time.shape[0], dtype=np.bool_)
    for c in range(starts.shape[0] - 1):
        for i in range(starts[c] + 1, starts[c + 1]):
            if time[i] == time[i - 1] and (order.shape[0] == 0 or order[i] == order[i - 1]):
                is_tied[i] = True
                is_tied[i - 1] = True
    return is_tied


@jit
def kept_per_customer(starts: np.ndarray, is_kept: np.ndarray) -> np.ndarray:
    """(n_customers + 1,) int64 offsets of the events that are kept."""
    kept = np.zeros(starts.shape[0], dtype=np.int64)
    for c in range(starts.shape[0] - 1):
        count = 0
        for i in range(starts[c], starts[c + 1]):
            if is_kept[i]:
                count += 1
        kept[c + 1] = kept[c] + count
    return kept
