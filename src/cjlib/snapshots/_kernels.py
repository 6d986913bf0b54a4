"""The loops over customers: windows of events, attributes, stays, and times from one thing to another."""

from __future__ import annotations

import numpy as np

from .._jit import inner, jit
from ._aggregates import (
    ages,
    counts,
    days,
    different,
    extremes,
    means,
    slopes,
    sum_up,
    sums,
    times,
    values,
)
from ._layout import (
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
    NEVER,
    SUM,
    TREND,
    Events,
    Flags,
    Floats,
    Int,
    Ints,
    Matches,
    Moments,
    Places,
    Questions,
    Segments,
    Windows,
)

NAT = -(2**63)


@jit
def measure(
    x: Events, q: Questions, s: Segments, w: Matches, v: Windows, m: Moments, begins: Ints, rows: Ints,
    first: int, last: int, out: Floats,
) -> None:  # fmt: skip
    """Answer all questions about the customers from first to last, in one pass over their events.

    Args:
        x: the events.
        q: the questions.
        s: scratch space; so are w and v.
        w: as above.
        v: as above.
        m: the moments.
        begins: (customers,) the position of the first moment at which each has a row.
        rows: (customers,) the number of that row; those of the later moments follow.
        first: the customer to begin with.
        last: the customer to stop before.
        out: (questions, rows) what is filled.
    """
    customer: Int = np.int64(first)
    moment: Int = np.int64(-1)
    while customer < last:
        row = rows[customer] + max(moment - begins[customer], 0)
        cut, length, customer, moment = take_segments(x, s, v, m.time, begins, customer, moment, last)
        for number in range(len(q.channel)):
            matched = gather(x, q, s, w, number, cut, m.time)
            if q.needs[number] & NEEDS_VALUE:
                sum_up(s, w, cut)
            answer_all(q, s, w, v, number, cut, matched, m, out[:, row : row + length])


@inner
def take_segments(
    x: Events, s: Segments, v: Windows, moments: Ints, begins: Ints, customer: Int, moment: Int, last: int
) -> tuple[int, int, Int, Int]:
    """Cut the next segments, as many as fit: how many, their rows, and where to go on."""
    cut, length, events = 0, 0, 0
    while customer < last and length < CHUNK and events < CHUNK:
        begin = max(begins[customer], moment)
        end = begin + 1 if is_late(x, customer, moments) else len(moments)
        if begin < len(moments):
            s.customer[cut], s.first[cut], s.last[cut] = customer, begin, end
            for position in range(begin, end):
                v.moment[length + position - begin] = moments[position]
            events += x.end[customer] - x.begin[customer]
            length += end - begin
            cut += 1
        if end < len(moments):
            moment = end
        else:
            customer, moment = customer + 1, np.int64(-1)
    return cut, length, customer, moment


@inner
def is_late(x: Events, customer: Int, moments: Ints) -> bool:
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


@inner
def gather(x: Events, q: Questions, s: Segments, w: Matches, number: int, cut: int, moments: Ints) -> Int:
    """Copy side by side what a filter lets pass of the events known to each segment.

    Every event is copied, and the next one over it where it does not pass: a branch that nobody can foresee
    costs more. A long segment begins at a full block, so that its blocks do not depend on its neighbours.
    """
    kinds, channel, needs, time, value = q.kinds[number], q.channel[number], q.needs[number], w.time, w.value
    lowest, highest = q.lowest[number], q.highest[number]
    is_plain = channel == -1 and len(x.recorded) == 0 and needs & NEEDS_ACTOR == 0
    matched: Int = 0
    for segment in range(cut):
        customer, until = s.customer[segment], moments[s.last[segment] - 1]
        begin, end = x.begin[customer], x.end[customer]
        if end - begin >= LONG:
            matched = (matched + BLOCK - 1) // BLOCK * BLOCK
        s.begin[segment] = matched
        while end > begin and x.time[end - 1] > until:
            end -= 1
        to = np.uint64(matched)
        if is_plain and needs == 0:
            for event in range(np.uint64(begin), np.uint64(end)):
                time[to] = x.time[event]
                to += np.uint64(kinds[np.uint64(x.kind[event])])
            matched = np.int64(to)
        elif is_plain:
            for event in range(np.uint64(begin), np.uint64(end)):
                one = x.value[event]
                time[to], value[to] = x.time[event], one
                is_in = (one >= lowest) & (one <= highest)  # NaN is in no range
                to += np.uint64(kinds[np.uint64(x.kind[event])] & is_in)
            matched = np.int64(to)
        else:
            matched = gather_some(x, q, w, number, begin, end, until, matched)
        s.end[segment] = matched
        time[matched] = NEVER
        matched += 1
    return matched


@inner
def gather_some(
    x: Events, q: Questions, w: Matches, number: int, begin: Int, end: Int, until: Int, matched: Int
) -> Int:
    """The same of one customer where more than activity and value decides."""
    kinds, channel, needs = q.kinds[number], q.channel[number], q.needs[number]
    for event in range(begin, end):
        passes = kinds[x.kind[event]]
        w.time[matched] = x.time[event]
        if channel != -1:
            passes &= x.channel[event] == channel
        if len(x.recorded) != 0:
            passes &= x.recorded[event] <= until
        if needs & NEEDS_VALUE:
            w.value[matched] = x.value[event]
            passes &= (x.value[event] >= q.lowest[number]) & (x.value[event] <= q.highest[number])
        if needs & NEEDS_ACTOR:
            w.actor[matched] = x.actor[event]
            passes &= x.actor[event] >= 0
        matched += passes
    return matched


@inner
def answer_all(
    q: Questions, s: Segments, w: Matches, v: Windows, number: int, cut: int, matched: Int, m: Moments,
    out: Floats,
) -> None:  # fmt: skip
    """All questions that are asked of what one filter let pass."""
    window, lag, length = np.int64(-2), np.int64(-1), out.shape[1] + 1  # one for what no row sees
    for question in range(q.asked_from[number], q.asked_from[number + 1]):
        is_new = q.lag[question] != lag
        if is_new:
            lag = q.lag[question]
            find_edges(s, w.time, cut, m, lag, v.high[:length])
        if is_new or q.window[question] != window:
            window = q.window[question]
            before = NEVER if window == ALWAYS else lag + window
            find_edges(s, w.time, cut, m, before, v.low[:length])
        answer(q, w, v, question, matched, out[question])


@inner
def find_edges(s: Segments, time: Ints, cut: int, m: Moments, before: int, edges: Places) -> None:
    """For the moment t of every row, the position of the first match after t - before.

    Every match is counted at the first row that it precedes, and the counts are summed up: a branch for every
    row, which nobody can foresee, would cost many times that. What lies behind a segment's last row is
    counted at the next segment's first.
    """
    first_moment, last_moment, shift = m.time[0], m.time[-1], m.cells[0]
    edges[:] = 0
    row, place = 0, np.int64(0)
    for segment in range(cut):
        begin, end = s.begin[segment], s.end[segment]
        first, length = s.first[segment], s.last[segment] - s.first[segment]
        edges[row] += np.uint32(begin - place)
        place = begin
        if before != NEVER:
            place = end
            for match in range(np.uint64(begin), np.uint64(end)):
                t = time[match] + before
                if t > last_moment:
                    edges[row + length] += np.uint32(end - np.int64(match))
                    break
                cell = np.uint64(max(t - first_moment, 0) >> shift)
                moment, high = m.next[cell], m.next[cell + np.uint64(1)]
                while moment < high:
                    middle = (moment + high) >> 1
                    if m.time[middle] < t:
                        moment = middle + 1
                    else:
                        high = middle
                edges[np.uint64(row + min(max(moment - first, 0), length))] += np.uint32(1)
        row += length
    total = np.uint32(0)
    for row in range(len(edges)):
        total += edges[row]
        edges[row] = total


@inner
def answer(q: Questions, w: Matches, v: Windows, question: int, matched: Int, out: Floats) -> None:
    """One question for every row; the aggregates are numbered in the order in which they stand here."""
    aggregate, low, high = q.aggregate[question], v.low, v.high
    if aggregate == COUNT:
        counts(low, high, out)
    elif aggregate == SUM:
        sums(w.value, w.sums, low, high, out)
    elif aggregate == MEAN:
        means(w.value, w.sums, low, high, out)
    elif aggregate <= MAX:
        blocks = w.minima if aggregate == MIN else w.maxima
        extremes(w.value, blocks, aggregate == MIN, low, high, out)
    elif aggregate <= LAST:
        values(w.value, aggregate == FIRST, low, high, out)
    elif aggregate <= LAST_TIME:
        times(w.time, aggregate == FIRST_TIME, low, high, out)
    elif aggregate == AGE:
        ages(w.time, v.moment, low, high, out)
    elif aggregate == TREND:
        slopes(w.time, w.value, w.lines, low, high, out)
    elif aggregate == DAYS:
        begin, end = q.zone_from[q.zone[question]], q.zone_from[q.zone[question] + 1]
        days(w.time, q.zone_since[begin:end], q.zone_shift[begin:end], q.codes[0], w.code[:matched])
        different(w.code, w.seen, low, high, out)
    else:
        different(w.actor, w.seen, low, high, out)


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
