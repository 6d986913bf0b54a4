"""Aggregates of the matches in every row's window: 0 or NaN where there are none.

What happens in most rows stands in the loop itself: a call costs more than a handful of additions.
"""

from __future__ import annotations

import numpy as np

from .._jit import jit
from ._layout import BLOCK, DAY, LONG, Codes, Floats, Ints

A_DAY = 1 / DAY  # microseconds into days; multiplying is the faster half of the trend

Line = tuple[float, int, float, float, float, float, float]


@jit
def counts(lows: Ints, highs: Ints, out: Floats) -> None:
    """How many there are."""
    for row in range(len(out)):
        out[row] = highs[row] - lows[row]


@jit
def sums(value: Floats, blocks: Floats, lows: Ints, highs: Ints, out: Floats) -> None:
    """The sum of their values."""
    for row in range(len(out)):
        low, high = lows[row], highs[row]
        if high - low < LONG:
            result = 0.0
            for i in range(low, high):
                result += value[i]
            out[row] = result
        else:
            out[row] = long_total(value, blocks, low, high)


@jit
def means(value: Floats, blocks: Floats, lows: Ints, highs: Ints, out: Floats) -> None:
    """The mean of their values."""
    sums(value, blocks, lows, highs, out)
    for row in range(len(out)):
        size = highs[row] - lows[row]
        out[row] = out[row] / size if size > 0 else np.nan


@jit
def extremes(value: Floats, blocks: Floats, is_min: bool, lows: Ints, highs: Ints, out: Floats) -> None:
    """The smallest or the largest of their values."""
    for row in range(len(out)):
        low, high = lows[row], highs[row]
        if low == high:
            out[row] = np.nan
        elif high - low < LONG:
            result = value[low]
            for i in range(low + 1, high):
                if value[i] < result if is_min else value[i] > result:
                    result = value[i]
            out[row] = result
        else:
            out[row] = long_extreme(value, blocks, is_min, low, high)


@jit
def values(value: Floats, is_first: bool, lows: Ints, highs: Ints, out: Floats) -> None:
    """The value of the first or of the last."""
    for row in range(len(out)):
        low, high = lows[row], highs[row]
        out[row] = np.nan if low == high else value[low] if is_first else value[high - 1]


@jit
def times(time: Ints, is_first: bool, lows: Ints, highs: Ints, out: Floats) -> None:
    """The time of the first or of the last, in microseconds."""
    for row in range(len(out)):
        low, high = lows[row], highs[row]
        out[row] = np.nan if low == high else float(time[low] if is_first else time[high - 1])


@jit
def ages(time: Ints, moments: Ints, lows: Ints, highs: Ints, out: Floats) -> None:
    """Days since the last."""
    for row in range(len(out)):
        low, high = lows[row], highs[row]
        out[row] = (moments[row] - time[high - 1]) / DAY if low < high else np.nan


@jit
def slopes(time: Ints, value: Floats, blocks: Floats, lows: Ints, highs: Ints, out: Floats) -> None:
    """The least-squares slope of value on time, per day; two distinct times at least."""
    for row in range(len(out)):
        low, high = lows[row], highs[row]
        if low == high or time[low] == time[high - 1]:
            out[row] = np.nan
        elif high - low >= LONG:
            out[row] = long_slope(time, value, blocks, low, high)
        else:
            mean_x, mean_y, first, base = 0.0, 0.0, time[low], value[low]
            for i in range(low, high):
                mean_x += (time[i] - first) * A_DAY
                mean_y += value[i] - base
            mean_x, mean_y = mean_x / (high - low), mean_y / (high - low)
            xx, xy = 0.0, 0.0
            for i in range(low, high):
                x = (time[i] - first) * A_DAY - mean_x
                xx += x * x
                xy += x * (value[i] - base - mean_y)
            out[row] = xy / xx


@jit
def days(time: Ints, since: Ints, shift: Ints, earliest: int, code: Codes) -> None:
    """The calendar days in a zone, counted from the earliest; the shift against UTC changes now and then."""
    for i in range(len(code)):
        period = 0
        while period + 1 < len(since) and since[period + 1] <= time[i]:
            period += 1
        code[i] = (time[i] + shift[period]) // DAY - earliest


@jit
def different(code: Codes, seen: Codes, lows: Ints, highs: Ints, out: Floats) -> None:
    """How many different codes there are; each match enters and leaves once."""
    left, right, found = 0, 0, 0  # what is counted: the slice from left to right
    for row in range(len(out)):
        if lows[row] >= right:
            for i in range(left, right):
                seen[code[i]] = 0
            left = right = lows[row]
            found = 0
        while right < highs[row]:
            found += seen[code[right]] == 0
            seen[code[right]] += 1
            right += 1
        while left < lows[row]:
            seen[code[left]] -= 1
            found -= seen[code[left]] == 0
            left += 1
        out[row] = found
    for i in range(left, right):
        seen[code[i]] = 0


@jit
def long_total(value: Floats, blocks: Floats, low: int, high: int) -> float:
    """The sum of a long slice, by its full blocks, whose place depends on no moment."""
    head, tail = low // BLOCK + 1, high // BLOCK
    result = plain_total(value, low, head * BLOCK)
    for block in range(head, tail):
        result += blocks[block]
    return result + plain_total(value, tail * BLOCK, high)


@jit
def plain_total(value: Floats, low: int, high: int) -> float:
    """The sum of a slice, from left to right."""
    result = 0.0
    for i in range(low, high):
        result += value[i]
    return result


@jit
def long_extreme(value: Floats, blocks: Floats, is_min: bool, low: int, high: int) -> float:
    """The smallest or the largest of a long slice."""
    head, tail = low // BLOCK + 1, high // BLOCK
    result = plain_extreme(value, is_min, low, head * BLOCK)
    if head < tail:
        inner = plain_extreme(blocks, is_min, head, tail)
        result = min(result, inner) if is_min else max(result, inner)
    if tail * BLOCK < high:
        rest = plain_extreme(value, is_min, tail * BLOCK, high)
        result = min(result, rest) if is_min else max(result, rest)
    return result


@jit
def plain_extreme(value: Floats, is_min: bool, low: int, high: int) -> float:
    """The smallest or the largest of a slice that holds something."""
    result = value[low]
    for i in range(low + 1, high):
        if value[i] < result if is_min else value[i] > result:
            result = value[i]
    return float(result)


@jit
def long_slope(time: Ints, value: Floats, blocks: Floats, low: int, high: int) -> float:
    """The slope over a long slice."""
    head, tail = low // BLOCK + 1, high // BLOCK
    line = plain_line(time, value, low, head * BLOCK)
    for block in range(head, tail):
        line = joined(line, block_line(time, value, blocks, block))
    if tail * BLOCK < high:
        line = joined(line, plain_line(time, value, tail * BLOCK, high))
    return line[6] / line[5]


@jit
def plain_line(time: Ints, value: Floats, low: int, high: int) -> Line:
    """What least squares need of a slice: size, first time and value, means, sums of squares xx and xy.

    Times (in days) and values are taken from the slice's first on, so that nothing cancels.
    """
    size = float(high - low)
    mean_x, mean_y = 0.0, 0.0
    for i in range(low, high):
        mean_x += (time[i] - time[low]) * A_DAY
        mean_y += value[i] - value[low]
    mean_x, mean_y = mean_x / size, mean_y / size
    xx, xy = 0.0, 0.0
    for i in range(low, high):
        x = (time[i] - time[low]) * A_DAY - mean_x
        xx += x * x
        xy += x * (value[i] - value[low] - mean_y)
    return size, time[low], value[low], mean_x, mean_y, xx, xy


@jit
def joined(a: Line, b: Line) -> Line:
    """The same of two slices together (Chan, Golub and LeVeque, 1979)."""
    size = a[0] + b[0]
    x = (b[1] - a[1]) * A_DAY + (b[3] - a[3])
    y = (b[2] - a[2]) + (b[4] - a[4])
    weight = a[0] * b[0] / size
    mean_x, mean_y = a[3] + x * b[0] / size, a[4] + y * b[0] / size
    return size, a[1], a[2], mean_x, mean_y, a[5] + b[5] + x * x * weight, a[6] + b[6] + x * y * weight


@jit
def block_line(time: Ints, value: Floats, blocks: Floats, block: int) -> Line:
    """A full block's part of the trend."""
    first = block * BLOCK
    return (
        float(BLOCK), time[first], value[first],
        blocks[block, 0], blocks[block, 1], blocks[block, 2], blocks[block, 3],
    )  # fmt: skip
