"""Aggregates of the matches in every row's window: 0 or NaN where there are none.

What happens in most rows stands in the loop itself: a call costs more than a handful of additions.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from .._jit import inner
from ._layout import BLOCK, DAY, LONG, Codes, Floats, Int, Ints, Matches, Places, Segments

A_DAY = 1 / DAY  # microseconds into days; multiplying is the faster half of the trend

FEW: Final = 4  # so many are taken without a branch: the end of a short loop is what nobody can foresee

Line = tuple[float, int, float, float, float, float, float]


@inner
def counts(lows: Places, highs: Places, out: Floats) -> None:
    """How many there are."""
    for row in range(len(out)):
        out[row] = np.int64(highs[row]) - np.int64(lows[row])


@inner
def sums(value: Floats, blocks: Floats, lows: Places, highs: Places, out: Floats) -> None:
    """The sum of their values."""
    for row in range(len(out)):
        low, high = np.uint64(lows[row]), np.uint64(highs[row])
        if high - low < np.uint64(LONG):
            result = 0.0
            for i in range(np.uint64(FEW)):
                one = value[low + i]
                result += one if i < high - low else 0.0
            for i in range(low + np.uint64(FEW), high):
                result += value[i]
            out[row] = result
        else:
            out[row] = long_total(value, blocks, np.int64(low), np.int64(high))


@inner
def means(value: Floats, blocks: Floats, lows: Places, highs: Places, out: Floats) -> None:
    """The mean of their values."""
    sums(value, blocks, lows, highs, out)
    for row in range(len(out)):
        size = np.int64(highs[row]) - np.int64(lows[row])
        out[row] = out[row] / size if size > 0 else np.nan


@inner
def extremes(value: Floats, blocks: Floats, is_min: bool, lows: Places, highs: Places, out: Floats) -> None:
    """The smallest or the largest of their values."""
    sign = -1.0 if is_min else 1.0
    for row in range(len(out)):
        low, high = np.uint64(lows[row]), np.uint64(highs[row])
        if high - low < np.uint64(LONG):
            result = sign * value[low]
            for i in range(np.uint64(1), np.uint64(FEW)):
                one = sign * value[low + i]
                result = one if (i < high - low) & (one > result) else result
            for i in range(low + np.uint64(FEW), high):
                result = max(result, sign * value[i])
            out[row] = sign * result if low < high else np.nan
        else:
            out[row] = long_extreme(value, blocks, is_min, np.int64(low), np.int64(high))


@inner
def values(value: Floats, is_first: bool, lows: Places, highs: Places, out: Floats) -> None:
    """The value of the first or of the last."""
    for row in range(len(out)):
        low, high = np.uint64(lows[row]), np.uint64(highs[row])
        one = value[low if is_first else high - np.uint64(low < high)]
        out[row] = one if low < high else np.nan


@inner
def times(time: Ints, is_first: bool, lows: Places, highs: Places, out: Floats) -> None:
    """The time of the first or of the last, in microseconds."""
    for row in range(len(out)):
        low, high = np.uint64(lows[row]), np.uint64(highs[row])
        one = float(time[low if is_first else high - np.uint64(low < high)])
        out[row] = one if low < high else np.nan


@inner
def ages(time: Ints, moments: Ints, lows: Places, highs: Places, out: Floats) -> None:
    """Days since the last."""
    for row in range(len(out)):
        low, high = np.uint64(lows[row]), np.uint64(highs[row])
        one = (moments[row] - time[high - np.uint64(low < high)]) / DAY
        out[row] = one if low < high else np.nan


@inner
def slopes(time: Ints, value: Floats, blocks: Floats, lows: Places, highs: Places, out: Floats) -> None:
    """The least-squares slope of value on time, per day; two distinct times at least."""
    for row in range(len(out)):
        low, high = np.uint64(lows[row]), np.uint64(highs[row])
        if low == high or time[low] == time[high - np.uint64(1)]:
            out[row] = np.nan
        elif high - low >= np.uint64(LONG):
            out[row] = long_slope(time, value, blocks, np.int64(low), np.int64(high))
        else:
            mean_x, mean_y, first, base = 0.0, 0.0, time[low], value[low]
            for i in range(low, high):
                mean_x += (time[i] - first) * A_DAY
                mean_y += value[i] - base
            mean_x, mean_y = mean_x / float(high - low), mean_y / float(high - low)
            xx, xy = 0.0, 0.0
            for i in range(low, high):
                x = (time[i] - first) * A_DAY - mean_x
                xx += x * x
                xy += x * (value[i] - base - mean_y)
            out[row] = xy / xx


@inner
def days(time: Ints, since: Ints, shift: Ints, earliest: int, code: Codes) -> None:
    """The calendar days in a zone, counted from the earliest; the shift against UTC changes now and then."""
    for i in range(len(code)):
        period = 0
        while period + 1 < len(since) and since[period + 1] <= time[i]:
            period += 1
        code[i] = (time[i] + shift[period]) // DAY - earliest


@inner
def different(code: Codes, seen: Codes, lows: Places, highs: Places, out: Floats) -> None:
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


@inner
def sum_up(s: Segments, w: Matches, cut: int) -> None:
    """What every full block of long segments amounts to."""
    for segment in range(cut):
        if s.end[segment] - s.begin[segment] >= LONG:
            for block in range(s.begin[segment] // BLOCK, s.end[segment] // BLOCK):
                low, high = block * BLOCK, (block + 1) * BLOCK
                w.sums[block] = plain_total(w.value, low, high)
                for is_min in (True, False):
                    extremes_of = w.minima if is_min else w.maxima
                    extremes_of[block] = plain_extreme(w.value, is_min, low, high)
                _, _, _, x, y, xx, xy = plain_line(w.time, w.value, low, high)
                w.lines[block, 0], w.lines[block, 1], w.lines[block, 2], w.lines[block, 3] = x, y, xx, xy


@inner
def long_total(value: Floats, blocks: Floats, low: Int, high: Int) -> float:
    """The sum of a long slice, by its full blocks, whose place depends on no moment."""
    head, tail = low // BLOCK + 1, high // BLOCK
    result = plain_total(value, low, head * BLOCK)
    for block in range(head, tail):
        result += blocks[block]
    return result + plain_total(value, tail * BLOCK, high)


@inner
def plain_total(value: Floats, low: Int, high: Int) -> float:
    """The sum of a slice, from left to right."""
    result = 0.0
    for i in range(low, high):
        result += value[i]
    return result


@inner
def long_extreme(value: Floats, blocks: Floats, is_min: bool, low: Int, high: Int) -> float:
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


@inner
def plain_extreme(value: Floats, is_min: bool, low: Int, high: Int) -> float:
    """The smallest or the largest of a slice that holds something."""
    result = value[low]
    for i in range(low + 1, high):
        if value[i] < result if is_min else value[i] > result:
            result = value[i]
    return float(result)


@inner
def long_slope(time: Ints, value: Floats, blocks: Floats, low: Int, high: Int) -> float:
    """The slope over a long slice."""
    head, tail = low // BLOCK + 1, high // BLOCK
    line = plain_line(time, value, low, head * BLOCK)
    for block in range(head, tail):
        line = joined(line, block_line(time, value, blocks, block))
    if tail * BLOCK < high:
        line = joined(line, plain_line(time, value, tail * BLOCK, high))
    return line[6] / line[5]


@inner
def plain_line(time: Ints, value: Floats, low: Int, high: Int) -> Line:
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


@inner
def joined(a: Line, b: Line) -> Line:
    """The same of two slices together (Chan, Golub and LeVeque, 1979)."""
    size = a[0] + b[0]
    x = (b[1] - a[1]) * A_DAY + (b[3] - a[3])
    y = (b[2] - a[2]) + (b[4] - a[4])
    weight = a[0] * b[0] / size
    mean_x, mean_y = a[3] + x * b[0] / size, a[4] + y * b[0] / size
    return size, a[1], a[2], mean_x, mean_y, a[5] + b[5] + x * x * weight, a[6] + b[6] + x * y * weight


@inner
def block_line(time: Ints, value: Floats, blocks: Floats, block: int) -> Line:
    """A full block's part of the trend."""
    first = block * BLOCK
    return (
        float(BLOCK), time[first], value[first],
        blocks[block, 0], blocks[block, 1], blocks[block, 2], blocks[block, 3],
    )  # fmt: skip
