"""Work on many customers, block by block on all cores."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["in_blocks"]

R = TypeVar("R")

LEAST = 1_000_000  # steps for which a thread of its own pays


def in_blocks(starts: NDArray[np.int64], work: Callable[[int, int], R]) -> list[R]:
    """What the work says of customers low to high, for blocks of about the same number of steps.

    Args:
        starts: (n + 1,) where the steps of each customer begin.
        work: called with (low, high), at the same time for several blocks; its kernels release the GIL.

    >>> in_blocks(np.array([0, 2, 3]), lambda low, high: high - low)
    [2]
    """
    n = len(starts) - 1
    threads = max(min(os.cpu_count() or 1, int(starts[-1]) // LEAST), 1)
    if threads == 1:
        return [work(0, n)]
    marks = np.searchsorted(starts, np.linspace(0, starts[-1], threads + 1)[1:-1])
    edges = [0, *marks.tolist(), n]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, edges[:-1], edges[1:]))
