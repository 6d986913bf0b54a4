"""From values to bins, and from bins to what tables add."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..._jit import jit

__all__ = ["add_one", "add_two", "bin_values"]


CELLS = 1024


@jit
def bin_values(values: Any, edges: Any, bins: Any) -> None:
    """The bin of every value: how many edges lie below it; one more than that of the largest if missing.

    A grid of even cells says from which edge on to look; a search by halves waits for memory at each step.
    """
    n = len(edges)
    finite = n
    while finite > 0 and np.isinf(edges[finite - 1]):
        finite -= 1
    low = edges[0] if finite > 0 else 0.0
    width = edges[finite - 1] - low if finite > 0 else 0.0
    scale = CELLS / width if width > 0.0 and np.isfinite(CELLS / width) else 0.0
    first = np.zeros(CELLS + 1, np.int64)
    below = 0
    for cell in range(CELLS + 1):
        while below < finite and (edges[below] - low) * scale < cell - 1:
            below += 1
        first[cell] = below
    for row in range(len(values)):
        value = values[row]
        if value != value:
            bins[row] = n + 1
            continue
        cell = min(max((value - low) * scale, 0.0), float(CELLS))
        found = first[int(cell)] if cell == cell else 0
        while found < n and edges[found] < value:
            found += 1
        bins[row] = found


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
