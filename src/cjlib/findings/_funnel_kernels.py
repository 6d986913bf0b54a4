"""The compiled loops of funnels: how far each customer came, and when."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._jit import jit
from ..data import NAT

__all__ = ["any_order", "in_order"]


@jit
def in_order(
    low: int, high: int, starts: Any, time: Any, codes: Any, offsets: Any, steps_of: Any, n_steps: int,
    within: int, is_per_step: bool, is_strict: bool, until: int, reached: Any, began: Any, before: Any,
    depth: Any, is_open: Any, ever: Any,
) -> None:  # fmt: skip
    """How far each customer came in this order; every step-one event begins a new attempt.

    Of the attempts that have come to a step, the one that began last can still reach whatever any of them
    can, so it is the only one that is kept (per step: the one that came there last).

    Args:
        low, high: the customers that are looked at.
        starts, time, codes: the paths.
        offsets: (n_codes + 1,) where the steps of each code lie in ``steps_of``.
        steps_of: the steps that a code is, the last first, so that no event is two steps of one attempt.
        n_steps: how many there are.
        within: the window in microseconds, half-open; negative for none.
        is_per_step: whether the window runs from the step before, not from the first one.
        is_strict: whether nothing may lie between two steps.
        until: the end of what is known.
        reached: (n, n_steps) NAT, to be filled with when each step was first reached.
        began: (n, n_steps) when the attempt that reached it began.
        before: (n, n_steps) when that attempt reached the step before.
        depth: (n,) zeros, to be filled with how many steps each customer came.
        is_open: (n,) whether an attempt is still inside its window at the end.
        ever: (n_steps,) to be added to: who ever did each step, whatever came before.
    """
    start, at = np.empty(n_steps, np.int64), np.empty(n_steps, np.int64)
    row, latest = np.empty(n_steps, np.int64), np.full(n_steps, -1, np.int64)
    for c in range(low, high):
        start[:] = NAT
        for i in range(starts[c], starts[c + 1]):
            code = codes[i]
            for s in range(offsets[code], offsets[code + 1]):
                step, t = steps_of[s], time[i]
                ever[step] += latest[step] != c
                latest[step] = c
                if step == 0:
                    start[0], at[0], row[0] = t, t, i
                    if depth[c] == 0:
                        reached[c, 0], began[c, 0], before[c, 0] = t, t, t
                        depth[c] = 1
                    continue
                last = step - 1
                if start[last] == NAT or (is_strict and row[last] != i - 1):
                    continue
                since = at[last] if is_per_step else start[last]
                if within >= 0 and t - since >= within:
                    continue
                if depth[c] == step:
                    reached[c, step], began[c, step], before[c, step] = t, start[last], at[last]
                    depth[c] = step + 1
                start[step], at[step], row[step] = start[last], t, i
        for step in range(n_steps - 1):
            if start[step] == NAT or (is_strict and row[step] != starts[c + 1] - 1):
                continue
            since = at[step] if is_per_step else start[step]
            if within < 0 or until - since < within:
                is_open[c] = True


@jit
def any_order(
    low: int, high: int, starts: Any, time: Any, codes: Any, class_of: Any, wanted: Any, within: int,
    until: int, reached: Any, began: Any, before: Any, depth: Any, is_open: Any,
) -> None:  # fmt: skip
    """How many of the steps each customer did within one window, in any order.

    Args:
        low, high: the customers that are looked at.
        starts, time, codes: the paths.
        class_of: (n_codes,) which of the different steps a code is, -1 for none.
        wanted: (n_classes,) how often each is wanted.
        within: the window in microseconds, half-open, from the first event that counts; negative for none.
        until: the end of what is known.
        reached: (n, n_steps) NAT, to be filled with when so many steps were first done.
        began: (n, n_steps) when that window began.
        before: (n, n_steps) when the step before was done.
        depth: (n,) zeros, to be filled with how many steps each customer did.
        is_open: (n,) whether a window has not ended at the end.
    """
    counts, last = np.zeros(len(wanted), np.int64), np.zeros(len(wanted), np.int64)
    for c in range(low, high):
        counts[:] = 0
        first, latest = starts[c], NAT
        for i in range(starts[c], starts[c + 1]):
            own, t = class_of[codes[i]], time[i]
            if own < 0:
                continue
            while within >= 0 and first < i and t - time[first] >= within:
                gone = class_of[codes[first]]
                if gone >= 0:
                    counts[gone] -= 1
                first += 1
            while class_of[codes[first]] < 0:
                first += 1
            done, earlier = 0, NAT
            for k in range(len(wanted)):
                done += min(counts[k] + (k == own), wanted[k])
                if counts[k] > 0 and (k != own or wanted[k] > 1):
                    earlier = max(earlier, last[k])
            counts[own] += 1
            last[own] = t
            latest = t
            if done > depth[c]:
                most = depth[c]
                reached[c, most], began[c, most] = t, time[first]
                before[c, most] = t if earlier == NAT else earlier
                depth[c] = most + 1
        if latest != NAT and (within < 0 or until - latest < within):
            is_open[c] = True
