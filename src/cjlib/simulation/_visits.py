"""One visit of many customers: the events, attributes and dates that a plan asks for."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._literals import COMPARE, Kind, Literal, Stream
from ._openings import date_is_restless, fill_is_urgent, lacking_at_entry
from ._plans import Beat, Date, Mark, Setting, Want
from ._recipes import DENSEST, EARLIEST, JITTER, LATEST
from ._state import NEVER, UNKNOWN, Floats, Rows, State, Times, Visit, integers, uniform

__all__ = ["carry_out", "close"]

Codes = NDArray[np.integer[Any]]
_DAY = 86_400_000_000
_YEAR = 365 * _DAY
_MOST_PEOPLE = 97


def carry_out(visit: Visit) -> None:
    """Write everything that the plan asks for."""
    for setting in visit.plan.settings:
        _set_attribute(visit, setting)
    for date in visit.plan.dates:
        _set_date(visit, date)
    for mark in visit.plan.fixes:
        _fix(visit, mark)
    for beat in visit.plan.beats:
        _beat(visit, beat)
    for mark in visit.plan.marks:
        _mark(visit, mark)
    for want in visit.plan.wants:
        _fulfil(visit, want)
    for setting in visit.plan.settings:
        _finish_attribute(visit, setting)
    for name in visit.plan.changes:
        _change_attribute(visit, name)


def _fix(visit: Visit, mark: Mark) -> None:
    wrong = np.flatnonzero(visit.state.truth(mark.literals[0], visit.rows, visit.starts))
    if len(wrong):
        chosen = np.array(mark.choices)[integers(visit.keys[wrong], "fix", len(mark.choices))]
        visit.emit(mark.kind, wrong, visit.starts[wrong], chosen)


def _beat(visit: Visit, beat: Beat) -> None:
    rows, starts = visit.rows, visit.starts
    ends = visit.ends - beat.tail
    faster = np.clip(np.exp(-0.35 * visit.energy) * 0.72, DENSEST, 1.0)
    gaps = beat.gap * (np.ones(len(rows)) if beat.steady else faster)
    _fill(visit, beat, gaps)
    phases = EARLIEST + (LATEST - EARLIEST) * uniform(visit.keys, f"phase {beat.kind}")
    spans = np.minimum(ends, visit.until) - starts
    counts = np.maximum(np.floor(spans / gaps - phases).astype(np.int64) + 1, 0)
    at = np.repeat(np.arange(len(rows)), counts)
    steps = np.arange(len(at)) - np.repeat(np.cumsum(counts) - counts, counts)
    shifts = JITTER * (uniform(visit.keys[at], f"beat {beat.kind}", steps) - 0.5)
    times = starts[at] + ((phases[at] + steps + shifts) * gaps[at]).astype(np.int64)
    kept = times < ends[at]
    visit.emit(beat.kind, at[kept], times[kept], _values(beat, int(kept.sum())))
    if beat.tail:
        everyone = np.repeat(np.arange(len(rows)), beat.last)
        visit.emit(beat.kind, everyone, ends[everyone], _values(beat, len(everyone)))
        for step in range(beat.after):
            times = ends + beat.tail * (step + 1) // (beat.after + 1)
            visit.emit(beat.kind, np.arange(len(rows)), times, _values(beat, len(rows)))


def _values(beat: Beat, count: int) -> Floats | None:
    return None if beat.value is None else np.full(count, beat.value)


def _fill(visit: Visit, beat: Beat, gaps: Floats) -> None:
    """Bring a window to its number at entry, so that the regular events only have to keep it."""
    lacking = lacking_at_entry(beat, visit.state, visit.rows, visit.starts, gaps)
    urgent = fill_is_urgent(beat, visit.state, visit.rows, visit.starts)
    times = np.where(urgent, visit.starts, visit.soon)
    at = np.repeat(np.arange(len(visit.rows)), lacking)
    visit.emit(beat.kind, at, times[at], _values(beat, len(at)))


def _mark(visit: Visit, mark: Mark) -> None:
    literal = mark.literals[0]
    values = np.array(mark.choices)[integers(visit.keys, f"mark {mark.kind}", len(mark.choices))]
    if literal.aim:
        values = values + visit.state.aims[literal.aim][visit.rows]
    for one in mark.literals:
        values = _balanced(visit, one, values)
    visit.emit(mark.kind, np.arange(len(visit.rows)), visit.ends, np.round(values, 6))


def _balanced(visit: Visit, literal: Literal, values: Floats) -> Floats:
    """The value that outweighs what earlier visits left in a sum or mean."""
    if literal.kind not in ("sum", "mean") or not literal.remembers:
        return values
    counts = np.zeros(len(values))
    memory = visit.state.memory(literal)
    if literal.window is None:
        counts = memory.totals[visit.rows].astype(float)
    else:
        counts = memory.since(visit.rows, visit.ends - literal.window).astype(float)
    carried = np.nan_to_num(visit.state.value(literal, visit.rows, visit.ends))
    if literal.kind == "sum":
        return values - carried
    plain = (carried * counts + values) / (counts + 1)
    compare = COMPARE.get(literal.operator)
    is_enough = compare is not None and compare(plain, visit.state.threshold(literal, visit.rows))
    return np.where((counts == 0) | is_enough, values, values * (counts + 1) - carried * counts)


def _fulfil(visit: Visit, want: Want) -> None:
    """The events that are still missing; the trigger's last one stands at the very end."""
    literal = want.literal
    if want.kind[0].startswith("@"):
        return
    assert literal.stream is not None
    lacking = _lacking(visit, literal)
    at = np.repeat(np.arange(len(visit.rows)), lacking)
    earliest, latest = visit.starts, visit.ends
    if literal.window is not None:
        earliest = np.maximum(earliest, visit.ends - int(literal.window * 0.95))
    else:
        early = latest - _hush(visit, want.kind)
        latest = np.where(early - earliest > (latest - earliest) // 8, early, latest)
    steps = np.arange(len(at)) - np.repeat(np.cumsum(lacking) - lacking, lacking)
    begins = earliest[at]
    if literal.window is not None and want.is_trigger:
        calm, leaving = _before_window(visit, literal)
        late = steps >= (lacking - 1 - leaving)[at]
        begins = np.where(late, np.maximum(begins, visit.ends[at] - calm[at]), begins)
    spans = np.maximum(latest[at] - begins - 1, 0)
    times = begins + 1 + (uniform(visit.keys[at], f"want {literal.text}", steps) * spans).astype(np.int64)
    if want.is_trigger:
        times = np.where(steps == lacking[at] - 1, visit.ends[at], np.minimum(times, visit.ends[at]))
    visit.emit(want.kind, at, times)


def _hush(visit: Visit, kind: Kind) -> int:
    """How long before the end events had better cease, for the windows of the stage that follows."""
    return max(
        (
            one.window or 0
            for one in visit.following
            if one.sort == "rise" and one.stream is not None and one.stream.takes(kind)
        ),
        default=0,
    )


def _lacking(visit: Visit, literal: Literal) -> NDArray[np.int64]:
    """How many events the literal still needs at the end."""
    assert literal.stream is not None
    starts = visit.starts - 1 if visit.is_first or literal.ever else visit.starts
    after = starts if literal.window is None else visit.ends - literal.window
    have = visit.state.carried(literal, visit.rows, visit.ends) + visit.emitted(literal.stream, after)
    return np.maximum(visit.state.threshold(literal, visit.rows).astype(np.int64) - have, 0)


def _before_window(visit: Visit, literal: Literal) -> tuple[Times, NDArray[np.int64]]:
    """How long before the last window no event is, and how many leave while the missing ones come."""
    assert literal.stream is not None
    assert literal.window is not None
    border = visit.ends - literal.window
    far = border - literal.window
    times = visit.state.memory(literal).times[visit.rows]
    is_early = (times <= border[:, None]) & (times > far[:, None])
    latest = np.where(is_early, times, NEVER).max(axis=1)
    leaving = is_early.sum(axis=1)
    for kind, at, moments, _ in visit.parts:
        if literal.stream.takes(kind):
            early = (moments <= border[at]) & (moments > far[at])
            np.maximum.at(latest, at[early], moments[early])
            leaving += np.bincount(at[early], minlength=len(leaving))
    return border - latest, leaving


def close(visit: Visit, distinct: tuple[Stream, ...]) -> None:
    """Write the parts into the book, give every event its person, and let the state remember them."""
    state, rows = visit.state, visit.rows
    for kind, at, times, values in visit.parts:
        state.remember(kind, rows[at], times, values)
        if kind[0].startswith("@"):
            continue
        keys = visit.keys[at]
        if any(stream.takes(kind) for stream in distinct):
            people = _in_turn(state, rows[at])
        else:
            people = (uniform(keys, "person", times) ** 2 * (1 + state.customers[rows[at]] % 8)).astype(
                np.int64
            )
        visit.book.write(kind, rows[at], times, values, people)


def _in_turn(state: State, rows: Rows) -> NDArray[np.int64]:
    order = np.argsort(rows, kind="stable")
    owners, first, counts = np.unique(rows[order], return_index=True, return_counts=True)
    ranks = np.empty(len(rows), np.int64)
    ranks[order] = np.arange(len(rows)) - np.repeat(first, counts)
    people = (state.people[rows] + ranks) % _MOST_PEOPLE
    state.people[owners] += counts
    return people


def _set_attribute(visit: Visit, setting: Setting) -> None:
    codes = visit.state.codes[setting.name]
    before = codes[visit.rows]
    moved = np.flatnonzero(~setting.during[before])
    if not len(moved):
        return
    at_once = ~setting.calm[before[moved]]
    times = np.where(at_once, visit.starts[moved], visit.soon[moved])
    allowed = np.flatnonzero(setting.during)
    chosen = allowed[integers(visit.keys[moved], "set " + setting.name, len(allowed))]
    codes[visit.rows[moved]] = chosen
    visit.book.change(setting.name, visit.rows[moved], times, chosen)
    _count(visit, setting.name, moved, times, before[moved], chosen)


def _finish_attribute(visit: Visit, setting: Setting) -> None:
    if setting.final is None:
        return
    codes = visit.state.codes[setting.name]
    before = codes[visit.rows]
    moved = np.flatnonzero(~setting.final[before])
    allowed = np.flatnonzero(setting.final)
    chosen = allowed[integers(visit.keys[moved], "end " + setting.name, len(allowed))]
    codes[visit.rows[moved]] = chosen
    visit.book.change(setting.name, visit.rows[moved], visit.ends[moved], chosen)
    _count(visit, setting.name, moved, visit.ends[moved], before[moved], chosen)


def _count(visit: Visit, name: str, moved: Rows, times: Times, before: Codes, after: Codes) -> None:
    """A change from one known value to another is an event as well."""
    is_change = (before > 0) & (after > 0)
    visit.emit(("@" + name, None), moved[is_change], times[is_change])


def _set_date(visit: Visit, date: Date) -> None:
    column = visit.state.dates[date.name]
    before = column[visit.rows]
    is_known = before != UNKNOWN
    lows = np.full(len(before), -(2**62)) if date.from_end is None else visit.ends + date.from_end
    highs = np.full(len(before), 2**62) if date.to_end is None else visit.ends + date.to_end
    if date.to_start is not None:
        highs = np.minimum(highs, visit.starts + date.to_start)
    fits = np.where(is_known, (before >= lows) & (before <= highs), not date.is_known)
    if date.is_unknown:
        fits = ~is_known
    moved = np.flatnonzero(~fits)
    if len(moved):
        new = _new_dates(visit, date, lows[moved], highs[moved], before[moved], moved)
        restless = date_is_restless(date, before[moved], visit.starts[moved])
        times = np.where(restless, visit.starts[moved], visit.soon[moved])
        column[visit.rows[moved]] = new
        visit.book.change(date.name, visit.rows[moved], times, new)
    if date.moved_at_end is not None or date.set_at_end:
        length = date.moved_at_end or 0
        ahead = min(one - length for one in (_YEAR + length, date.to_end, date.end_below) if one is not None)
        new = visit.ends + length + ahead
        column[visit.rows] = new
        visit.book.change(date.name, visit.rows, visit.ends, new)


def _new_dates(visit: Visit, date: Date, lows: Times, highs: Times, before: Times, moved: Rows) -> Times:
    if date.is_unknown:
        return np.full(len(moved), UNKNOWN)
    shares = uniform(visit.keys[moved], "date " + date.name)
    starts = visit.starts[moved]
    anchor = np.where(before == UNKNOWN, starts, before)
    years = np.maximum(1, np.ceil((lows - anchor) / _YEAR))
    prolonged = anchor + (years * _YEAR).astype(np.int64)
    free_low = lows <= -(2**62)
    free_high = highs >= 2**62
    below = highs - (shares * 30 * _DAY).astype(np.int64)
    between = lows + (shares * np.where(free_low | free_high, 0, highs - lows)).astype(np.int64)
    found = np.where(
        free_high, np.where(free_low, starts + _YEAR, prolonged), np.where(free_low, below, between)
    )
    return np.where(lows > highs, UNKNOWN, found)


def _change_attribute(visit: Visit, name: str) -> None:
    """A change of the attribute at the end, from one known value to another."""
    codes = visit.state.codes[name]
    before = codes[visit.rows]
    unknown = np.flatnonzero(before == 0)
    visit.book.change(name, visit.rows[unknown], visit.soon[unknown], np.ones(len(unknown), np.int64))
    known = np.maximum(before, 1)
    after = known % (len(visit.state.domains[name].values) - 1) + 1
    codes[visit.rows] = after
    visit.book.change(name, visit.rows, visit.ends, after.astype(np.int64))
    everyone = np.arange(len(visit.rows))
    visit.emit(("@" + name, None), everyone, visit.ends)
