"""From values to bins, and from bins to what tables add."""

from __future__ import annotations

from typing import Any

from ..._jit import jit

__all__ = ["add_one", "add_two", "bin_values"]


@jit
def bin_values(values: Any, edges: Any, bins: Any) -> None:
    """The bin of every value: how many edges lie below it; one more than that of the largest if missing."""
    n = len(edges)
    for row in range(len(values)):
        value = values[row]
        low, size = 0, n
        while size > 0:
            half = size // 2
            is_above = edges[low + half] < value
            low = low + half + 1 if is_above else low
            size = size - half - 1 if is_above else half
        bins[row] = n + 1 if value != value else low


@jit
def add_one(bins: Any, table: Any, out: Any, total: Any) -> None:
    """What the table of a column adds to every row."""
    for row in range(len(bins)):
        value = table[bins[row]]
        out[row] = value
        total[row] += value


@jit
def add_two(first: Any, second: Any, table: Any, out: Any, total: Any) -> None:
    """What the table of a pair of columns adds to every row."""
    for row in range(len(first)):
        value = table[first[row], second[row]]
        out[row] = value
        total[row] += value
