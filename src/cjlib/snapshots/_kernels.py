"""One pass over every customer's events, whatever the number of moments."""

from __future__ import annotations

import numpy as np

from .._jit import jit
from ._aggregates import (
    ages,
    counts,
    different,
    extremes,
    means,
    plain_extreme,
    plain_line,
    plain_total,
    slopes,
    sums,
    times,
    values,
)  # fmt: skip
from ._layout import (
    ACTORS,
    AGE,
    ALWAYS,
    BLOCK,
    CHUNK,
    COUNT,
    DAY,
    DAYS,
    FIRST,
    FIRST_TIME,
    LAST,
    LAST_TIME,
    LONG,
    MAX,
    MEAN,
    MIN,
    NEEDS_ACTOR,
    NEEDS_VALUE,
    SUM,
    Events,
    Floats,
    Ints,
    Matches,
    Questions,
    Segments,
    Windows,
)  # fmt: skip


@jit
def measure(
    x: Events, q: Questions, moments: Ints, begins: Ints, rows: Ints, first: int, last: int, out: Floats
) -> None:
    """Answer all questions about the customers from first to last, row by row.

    Args:
        x: the events.
        q: the questions.
        moments: (moments,) ascending.
        begins: (customers,) the position of the first moment at which each has a row.
        rows: (customers,) the number of that row; those of the later moments follow.
        first: the customer to begin with.
        last: the customer to stop before.
        out: (questions, rows) what is filled.
    """
    s, w, v = scratch(x, q, len(moments), first, last)
    customer, moment = first, -1
    while customer < last:
        row = rows[customer] + max(moment - begins[customer], 0)
        cut, length, customer, moment = take_segments(x, s, v, moments, begins, customer, moment, last)
        for number in range(len(q.channel)):
            matched = gather(x, q, s, w, number, cut, moments)
            if q.needs[number] & NEEDS_VALUE:
                sum_up(s, w, cut)
            answer_all(q, s, w, v, number, cut, matched, moments, out[:, row : row + length])


@jit
def scratch(
    x: Events, q: Questions, moments: int, first: int, last: int
) -> tuple[Segments, Matches, Windows]:
    """Room for one chunk, or for the customer with the most events."""
    most = 0
    for customer in range(first, last):
        most = max(most, x.end[customer] - x.begin[customer])
    size, length = CHUNK + most + LONG + CHUNK // 2, CHUNK + moments
    blocks = size // BLOCK + 1
    s = Segments(
        np.empty(length, np.int64), np.empty(length, np.int64), np.empty(length, np.int64),
        np.empty(length, np.int64), np.empty(length, np.int64),
    )  # fmt: skip
    w = Matches(
        np.zeros(size, np.int64), np.empty(size, np.float64), np.empty(size, np.int32),
        np.empty(size, np.int64), np.empty(blocks), np.empty(blocks), np.empty(blocks), np.empty((blocks, 4)),
        np.zeros(q.codes[1], np.int32),
    )  # fmt: skip
    v = Windows(np.empty(length, np.int64), np.empty(length, np.int64), np.empty(length, np.int64))
    return s, w, v


@jit
def take_segments(
    x: Events, s: Segments, v: Windows, moments: Ints, begins: Ints, customer: int, moment: int, last: int
) -> tuple[int, int, int, int]:
    """Cut the next segments, as many as fit: how many, their rows, and where to go on."""
    cut, length, events = 0, 0, 0
    while customer < last and length < CHUNK and events < CHUNK:
        begin = max(begins[customer], moment)
        end = begin + 1 if is_late(x, customer, moments) else len(moments)
        if begin < len(moments):
            s.customer[cut], s.first[cut], s.last[cut] = customer, begin, end
            v.moment[length : length + end - begin] = moments[begin:end]
            events += x.end[customer] - x.begin[customer]
            length += end - begin
            cut += 1
        if end < len(moments):
            moment = end
        else:
            customer, moment = customer + 1, -1
    return cut, length, customer, moment


@jit
def is_late(x: Events, customer: int, moments: Ints) -> bool:
    """Whether some moment sees that an event has happened and does not know it yet."""
    if len(x.recorded) == 0:
        return False
    moment = 0
    for event in range(x.begin[customer], x.end[customer]):
        if x.recorded[event] > x.time[event]:
            while moment < len(moments) and moments[moment] < x.time[event]:
                moment += 1
            if moment < len(moments) and moments[moment] < x.recorded[event]:
                return True
    return False


@jit
def gather(x: Events, q: Questions, s: Segments, w: Matches, number: int, cut: int, moments: Ints) -> int:
    """Copy side by side what a filter lets pass of the events known to each segment.

    A long segment begins at a full block, so that its blocks do not depend on its neighbours.
    """
    kinds, channel, needs = q.kinds[number], q.channel[number], q.needs[number]
    lowest, highest = q.lowest[number], q.highest[number]
    time, value, actor = w.time, w.value, w.actor
    matched = 0
    for segment in range(cut):
        customer, until = s.customer[segment], moments[s.last[segment] - 1]
        if x.end[customer] - x.begin[customer] >= LONG:
            matched = (matched + BLOCK - 1) // BLOCK * BLOCK
        s.begin[segment] = matched
        for event in range(x.begin[customer], x.end[customer]):
            if x.time[event] > until:
                break
            if kinds[x.kind[event]] == 0 or (channel != -1 and x.channel[event] != channel):
                continue
            if len(x.recorded) != 0 and x.recorded[event] > until:
                continue
            if needs & NEEDS_VALUE:
                if not lowest <= x.value[event] <= highest:  # NaN is in no range
                    continue
                value[matched] = x.value[event]
            if needs & NEEDS_ACTOR:
                if x.actor[event] < 0:
                    continue
                actor[matched] = x.actor[event]
            time[matched] = x.time[event]
            matched += 1
        s.end[segment] = matched
    return matched


@jit
def sum_up(s: Segments, w: Matches, cut: int) -> None:
    """What every full block of long segments amounts to."""
    for segment in range(cut):
        if s.end[segment] - s.begin[segment] >= LONG:
            for block in range(s.begin[segment] // BLOCK, s.end[segment] // BLOCK):
                low, high = block * BLOCK, (block + 1) * BLOCK
                w.sums[block] = plain_total(w.value, low, high)
                w.minima[block] = plain_extreme(w.value, True, low, high)
                w.maxima[block] = plain_extreme(w.value, False, low, high)
                _, _, _, x, y, xx, xy = plain_line(w.time, w.value, low, high)
                w.lines[block, 0], w.lines[block, 1], w.lines[block, 2], w.lines[block, 3] = x, y, xx, xy


@jit
def answer_all(
    q: Questions, s: Segments, w: Matches, v: Windows, number: int, cut: int, matched: int, moments: Ints,
    out: Floats,
) -> None:  # fmt: skip
    """All questions that are asked of what one filter let pass."""
    window, lag = np.int64(-2), np.int64(0)
    for question in range(q.asked_from[number], q.asked_from[number + 1]):
        if q.window[question] != window or q.lag[question] != lag:
            window, lag = q.window[question], q.lag[question]
            find_windows(s, v, w.time, cut, moments, window, lag)
        answer(q, w, v, question, matched, out[question])


@jit
def find_windows(s: Segments, v: Windows, time: Ints, cut: int, moments: Ints, window: int, lag: int) -> None:
    """The slice of the matches in (t - lag - window, t - lag] for the moment t of every row."""
    row = 0
    lows, highs = v.low, v.high
    for segment in range(cut):
        low = high = s.begin[segment]
        end = s.end[segment]
        for moment in range(s.first[segment], s.last[segment]):
            edge = moments[moment] - lag
            while high < end and time[high] <= edge:
                high += 1
            if window != ALWAYS:
                while low < high and time[low] <= edge - window:
                    low += 1
            lows[row], highs[row] = low, high
            row += 1


@jit
def answer(q: Questions, w: Matches, v: Windows, question: int, matched: int, out: Floats) -> None:
    """One question for every row."""
    aggregate = q.aggregate[question]
    if aggregate == COUNT:
        counts(v.low, v.high, out)
    elif aggregate == SUM:
        sums(w.value, w.sums, v.low, v.high, out)
    elif aggregate == MEAN:
        means(w.value, w.sums, v.low, v.high, out)
    elif aggregate == MIN:
        extremes(w.value, w.minima, True, v.low, v.high, out)
    elif aggregate == MAX:
        extremes(w.value, w.maxima, False, v.low, v.high, out)
    elif aggregate in (FIRST, LAST):
        values(w.value, aggregate == FIRST, v.low, v.high, out)
    elif aggregate in (FIRST_TIME, LAST_TIME):
        times(w.time, aggregate == FIRST_TIME, v.low, v.high, out)
    elif aggregate == AGE:
        ages(w.time, v.moment, v.low, v.high, out)
    elif aggregate in (ACTORS, DAYS):
        number_codes(q, w, question, matched)
        different(w.code, w.seen, v.low, v.high, out)
    else:
        slopes(w.time, w.value, w.lines, v.low, v.high, out)


@jit
def number_codes(q: Questions, w: Matches, question: int, matched: int) -> None:
    """What is counted once: the actor, or the calendar day in the question's zone."""
    if q.aggregate[question] == ACTORS:
        w.code[:matched] = w.actor[:matched]
        return
    begin, end = q.zone_from[q.zone[question]], q.zone_from[q.zone[question] + 1]
    since, shift = q.zone_since[begin:end], q.zone_shift[begin:end]
    for i in range(matched):
        local = w.time[i] + shift[np.searchsorted(since, w.time[i], side="right") - 1]
        w.code[i] = local // DAY - q.codes[0]
