"""Compiled loops for what is no window of events: attributes, stays, and times from one thing to another."""

from __future__ import annotations

import numpy as np

from .._jit import jit
from ._layout import ALWAYS, DAY, Events, Flags, Floats, Ints

NAT = -(2**63)


@jit
def held(
    begin: Ints, end: Ints, valid_from: Ints, recorded: Ints, value: Floats, moments: Ints, begins: Ints,
    rows: Ints, lag: int, out: Floats, since: Floats,
) -> None:  # fmt: skip
    """The value in force at t - lag, as known at t, and since when (NaN where constant or unknown)."""
    for customer in range(len(begins)):
        high = begin[customer]
        for moment in range(begins[customer], len(moments)):
            row = rows[customer] + moment - begins[customer]
            while high < end[customer] and valid_from[high] <= moments[moment] - lag:
                high += 1
            position = high - 1
            while position >= begin[customer] and len(recorded) != 0 and recorded[position] > moments[moment]:
                position -= 1
            if position < begin[customer]:
                out[row] = since[row] = np.nan
            else:
                out[row] = value[position]
                since[row] = np.nan if valid_from[position] == NAT else float(valid_from[position])


@jit
def stays(
    x: Events, left: Ints, stage: int, window: int, moments: Ints, begins: Ints, rows: Ints, out: Floats
) -> None:
    """Days spent in a stage in (t - window, t]; an open visit goes on (its end is NAT)."""
    for customer in range(len(begins)):
        for moment in range(begins[customer], len(moments)):
            t = moments[moment]
            spent = np.int64(0)
            for visit in range(x.begin[customer], x.end[customer]):
                if x.kind[visit] == stage and x.time[visit] <= t:
                    to = t if left[visit] == NAT else min(left[visit], t)
                    since = x.time[visit] if window == ALWAYS else max(x.time[visit], t - window)
                    spent += max(to - since, 0)
            out[rows[customer] + moment - begins[customer]] = spent / DAY


@jit
def first_starts(
    x: Events, kinds: Flags, is_last: bool, window: int, moments: Ints, begins: Ints, rows: Ints, out: Floats,
    found: Ints,
) -> None:  # fmt: skip
    """The first or the last start in (t - window, t], and its position (-1 where there is none)."""
    for customer in range(len(begins)):
        for moment in range(begins[customer], len(moments)):
            row = rows[customer] + moment - begins[customer]
            out[row] = np.nan
            found[row] = -1
            for event in range(x.begin[customer], x.end[customer]):
                if x.time[event] > moments[moment]:
                    break
                if kinds[x.kind[event]] and (window == ALWAYS or x.time[event] > moments[moment] - window):
                    out[row] = x.time[event]
                    found[row] = event
                    if not is_last:
                        break


@jit
def next_ends(
    x: Events, kinds: Flags, is_same: bool, starts: Floats, found: Ints, moments: Ints, begins: Ints,
    rows: Ints, out: Floats,
) -> None:  # fmt: skip
    """The first end at or after each row's start and not after t; a later event if both are the same."""
    for customer in range(len(begins)):
        for moment in range(begins[customer], len(moments)):
            row = rows[customer] + moment - begins[customer]
            out[row] = np.nan
            if np.isnan(starts[row]):
                continue
            first = found[row] + 1 if is_same else x.begin[customer]
            for event in range(first, x.end[customer]):
                if x.time[event] > moments[moment]:
                    break
                if kinds[x.kind[event]] and x.time[event] >= starts[row]:
                    out[row] = x.time[event]
                    break


@jit
def mean_spans(
    x: Events, start_kinds: Flags, end_kinds: Flags, is_same: bool, window: int, moments: Ints,
    begins: Ints, rows: Ints, out: Floats, ended: Floats,
) -> None:  # fmt: skip
    """The mean time in days over the pairs that ended in (t - window, t], and when the last of them ended."""
    for customer in range(len(begins)):
        for moment in range(begins[customer], len(moments)):
            row = rows[customer] + moment - begins[customer]
            t = moments[moment]
            spent, pairs, last = 0.0, 0, np.nan
            end = x.begin[customer]
            for start in range(x.begin[customer], x.end[customer]):
                if x.time[start] > t:
                    break
                if not start_kinds[x.kind[start]]:
                    continue
                while end < x.end[customer] and not (
                    end_kinds[x.kind[end]] and (end > start if is_same else x.time[end] >= x.time[start])
                ):
                    end += 1
                if end == x.end[customer] or x.time[end] > t:
                    break
                if window == ALWAYS or x.time[end] > t - window:
                    spent += (x.time[end] - x.time[start]) / DAY
                    pairs += 1
                    last = float(x.time[end])
            out[row] = spent / pairs if pairs else np.nan
            ended[row] = last
