"""Attributes and dates put in order at entry, and changed at the end of a visit."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._book import Visit
from ._memory import UNKNOWN, Rows
from ._openings import Times, date_is_restless
from ._plans import Date, Setting
from ._randoms import integers, uniform

__all__ = ["change_attribute", "finish_attribute", "set_attribute", "set_date"]

Codes = NDArray[np.integer[Any]]
_DAY = 86_400_000_000
_YEAR = 365 * _DAY


def set_attribute(visit: Visit, setting: Setting) -> None:
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


def finish_attribute(visit: Visit, setting: Setting) -> None:
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


def set_date(visit: Visit, date: Date) -> None:
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


def change_attribute(visit: Visit, name: str) -> None:
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
