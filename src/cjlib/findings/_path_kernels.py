"""The compiled loops over paths: which step follows which, how long after, and which paths are equal."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._jit import jit

__all__ = ["count_pairs", "group_paths", "place_durations", "sort_small", "who_pass"]

FEW = 64
MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


@jit
def count_pairs(
    starts: Any, codes: Any, low: int, high: int, counts: Any, customers: Any, owners: Any, first: Any,
    final: Any,
) -> None:  # fmt: skip
    """How often neighbours occur, and for how many customers; where paths begin and end.

    Without branches, which nobody could predict.

    Args:
        starts, codes: the paths.
        low, high: the customers that are looked at.
        counts: (n * n,) to be added to: how often each pair occurs.
        customers: (n * n,) for how many customers.
        owners: (n,) for how many customers each name occurs.
        first, final: (n,) how many paths begin and end with each name.
    """
    n = len(owners)
    last, latest = np.full(n * n, -1, np.int32), np.full(n, -1, np.int32)
    for c in range(low, high):
        begin, end = starts[c], starts[c + 1]
        if begin == end:
            continue
        before = codes[begin]
        first[before] += 1
        owners[before] += 1
        latest[before] = c
        for i in range(begin + 1, end):
            code = codes[i]
            pair = before * n + code
            counts[pair] += 1
            customers[pair] += last[pair] != c
            last[pair] = c
            owners[code] += latest[code] != c
            latest[code] = c
            before = code
        final[before] += 1


@jit
def place_durations(
    starts: Any, time: Any, codes: Any, n_names: int, cursors: Any, out: Any, low: Any, high: Any
) -> None:
    """Put the durations of each pair side by side; sum them in two halves, so that no sum overflows."""
    for c in range(len(starts) - 1):
        for i in range(starts[c] + 1, starts[c + 1]):
            pair = codes[i - 1] * n_names + codes[i]
            duration = time[i] - time[i - 1]
            out[cursors[pair]] = duration
            cursors[pair] += 1
            low[pair] += duration & 0xFFFFFFFF
            high[pair] += duration >> 32


@jit
def sort_small(bounds: Any, values: Any) -> None:
    """Sort the groups of few values, each in its place."""
    for group in range(len(bounds) - 1):
        begin, end = bounds[group], bounds[group + 1]
        if end - begin > FEW:
            continue
        for i in range(begin + 1, end):
            value, k = values[i], i
            while k > begin and values[k - 1] > value:
                values[k] = values[k - 1]
                k -= 1
            values[k] = value


@jit
def who_pass(starts: Any, codes: Any, source: int, target: int, is_passing: Any) -> None:
    """Mark the customers in whose path the target directly follows the source."""
    for c in range(len(starts) - 1):
        for i in range(starts[c] + 1, starts[c + 1]):
            if codes[i - 1] == source and codes[i] == target:
                is_passing[c] = True
                break


@jit
def group_paths(starts: Any, codes: Any, collapse: bool, groups: Any, firsts: Any, sizes: Any) -> int:
    """Number the different paths in the order in which they come up: how many there are.

    Equal hashes are not taken for equal paths: the paths themselves are compared.

    Args:
        starts: (n + 1,) offsets.
        codes: (m,) what each step is.
        collapse: whether a step that repeats the one before it is none.
        groups: (n,) to be filled with the number of each customer's path, -1 without steps.
        firsts: (n,) to be filled with the first customer of each path.
        sizes: (n,) to be filled with how many customers take each path; zeros.
    """
    n = len(starts) - 1
    room = 16
    while room < 2 * n:
        room *= 2
    slots = np.full(room, -1, np.int32)
    hashes = np.zeros(n, np.uint64)
    found = 0
    for c in range(n):
        groups[c] = -1
        begin, end = starts[c], starts[c + 1]
        if begin == end:
            continue
        mixed = np.uint64(0)
        for i in range(begin, end):
            if collapse and i > begin and codes[i] == codes[i - 1]:
                continue
            mixed = (mixed ^ np.uint64(codes[i] + 1)) * MULTIPLIER
            mixed ^= mixed >> np.uint64(29)
        slot = np.int64(mixed & np.uint64(room - 1))
        while slots[slot] >= 0:
            other = slots[slot]
            first = firsts[other]
            if hashes[other] == mixed and is_same_path(
                codes, begin, end, starts[first], starts[first + 1], collapse
            ):
                break
            slot = (slot + 1) & (room - 1)
        if slots[slot] < 0:
            slots[slot] = found
            firsts[found] = c
            hashes[found] = mixed
            found += 1
        groups[c] = slots[slot]
        sizes[slots[slot]] += 1
    return found


@jit
def is_same_path(codes: Any, i: int, end: int, j: int, other_end: int, collapse: bool) -> bool:
    """Whether two paths are equal, step by step."""
    if not collapse and end - i != other_end - j:
        return False
    while i < end and j < other_end:
        if codes[i] != codes[j]:
            return False
        i += 1
        j += 1
        while collapse and i < end and codes[i] == codes[i - 1]:
            i += 1
        while collapse and j < other_end and codes[j] == codes[j - 1]:
            j += 1
    return i == end and j == other_end
