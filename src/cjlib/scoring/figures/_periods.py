"""Spans of time: rolling, by the calendar, or from one moment to another."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

import attrs
import numpy as np

from ...criteria._literals import as_duration
from ...data._times import MAX_US, MIN_US, to_us, zone_of
from ...errors import CJError, UsageError, did_you_mean

__all__ = ["Period", "periods"]

MICROSECOND = timedelta(microseconds=1)
NAMES = ("week", "month", "quarter", "year")
WRITTEN = re.compile(r"(\d{4})(?:-(?:W(\d\d?)|Q(\d)|(\d\d?)))?", re.ASCII)
EXPECTED = (
    'a period is ("2026-01-01", "2026-04-01"), a length such as "90d", one of week, month, quarter and year, '
    'or "2026", "2026-Q1", "2026-03", "2026-W07"'
)


@attrs.frozen
class Period:
    """A span of time.

    Attributes:
        name: how it is called.
        opening: the last moment before it, in microseconds.
        closing: its last moment.
    """

    name: str
    opening: int
    closing: int

    @property
    def years(self) -> float:
        """How long it is, in years of 365.25 days."""
        return (self.closing - self.opening) / (365.25 * 86_400e6)


def periods(period: Any, last: int, until: int, tz: str | tzinfo) -> list[Period]:
    """The periods that are meant, the earliest first.

    Args:
        period: a pair of moments, the first included, the second not; a duration: such periods up to
            ``until``, included; ``week month quarter year``: those that were over by then; or one of the
            calendar, such as ``2026-Q1``.
        last: how many, the last of them being the one that is meant.
        until: up to when is known, in microseconds.
        tz: the zone of naive moments and of the calendar.

    Raises:
        UsageError: if that is no period, or one that is not over by ``until``.
    """
    if isinstance(last, bool) or not isinstance(last, (int, np.integer)) or not 1 <= last <= 10_000:
        raise UsageError(f"last is a number of periods, 1 to 10,000, not {last!r:.80}")
    found = _found(period, int(last), until, tz)
    if found[-1].closing > until:
        end = np.datetime64(until, "us")
        raise UsageError(f"the period {found[-1].name} is not over when the trace ends, at {end}")
    if found[0].opening < MIN_US:
        raise UsageError(f"{last:,} periods such as {found[-1].name} reach back to before 1900")
    return found


def _found(period: Any, last: int, until: int, tz: str | tzinfo) -> list[Period]:
    if isinstance(period, str) and period in NAMES:
        return _calendar(period, _latest(period, until, tz), last, tz)
    if isinstance(period, str) and (written := WRITTEN.fullmatch(period)):
        return _calendar(*_named(period, *written.groups()), last, tz)
    if isinstance(period, (str, timedelta)):
        length = _length(period)
        ends = [until - k * length for k in reversed(range(last))]
        return [_between(end - length, end) for end in ends]
    if not isinstance(period, Sequence) or len(period) != 2:
        raise UsageError(f"{EXPECTED}, not {period!r:.80}")
    start, end = (to_us(moment, tz) for moment in period)
    if start >= end:
        raise UsageError(f"a period begins before it ends, not at {period[0]} to {period[1]}")
    steps = [k * (end - start) for k in reversed(range(last))]
    return [_between(start - step, end - step, 1) for step in steps]


def _between(start: int, end: int, shift: int = 0) -> Period:
    texts = [str(np.datetime64(one, "us")).removesuffix(".000000").removesuffix("T00:00:00")
             for one in (start, end)]  # fmt: skip
    return Period(f"{texts[0]} to {texts[1]}", start - shift, end - shift)


def _length(period: str | timedelta) -> int:
    try:
        length = as_duration(period)
    except CJError as error:
        raise UsageError(f"{EXPECTED}, not {period!r:.80}{did_you_mean(period, NAMES)}") from error
    if not timedelta(0) < length < timedelta(days=300 * 365):
        raise UsageError(f"a period lasts longer than nothing and less than 300 years, not {period!r:.80}")
    return length // MICROSECOND


# --- the calendar


def _calendar(kind: str, first: date, last: int, tz: str | tzinfo) -> list[Period]:
    """``last`` periods, of which that beginning at ``first`` is the latest."""
    starts = [first]
    try:
        starts.append(_step(kind, first, 1))
        for _ in range(last - 1):
            starts.insert(0, _step(kind, starts[0], -1))
        edges = [to_us(datetime(one.year, one.month, one.day), tz) - 1 for one in starts]
    except (CJError, ValueError, OverflowError) as error:
        raise UsageError(f"{last:,} × {kind} up to {first} reach beyond 1900 to 2200") from error
    names = [NAMED[kind](one) for one in starts[:-1]]
    return [Period(name, *edges[k : k + 2]) for k, name in enumerate(names)]


def _step(kind: str, first: date, by: int) -> date:
    if kind == "week":
        return first + timedelta(weeks=by)
    months = {"month": 1, "quarter": 3, "year": 12}[kind]
    number = first.year * 12 + first.month - 1 + by * months
    return date(number // 12, number % 12 + 1, 1)


def _latest(kind: str, until: int, tz: str | tzinfo) -> date:
    """The first day of the latest period that is over."""
    after = min(until + 1, MAX_US - 1)
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=after)
    today = moment.astimezone(zone_of(tz)).date()
    begun = {
        "week": today - timedelta(days=today.weekday()),
        "month": today.replace(day=1),
        "quarter": date(today.year, (today.month - 1) // 3 * 3 + 1, 1),
        "year": date(today.year, 1, 1),
    }[kind]
    return _step(kind, begun, -1)


def _named(
    text: str, year: str, week: str | None, quarter: str | None, month: str | None
) -> tuple[str, date]:
    try:
        if week is not None:
            return "week", date.fromisocalendar(int(year), int(week), 1)
        if quarter is not None:
            return "quarter", date(int(year), int(quarter) * 3 - 2, 1)
        return ("year", date(int(year), 1, 1)) if month is None else ("month", date(int(year), int(month), 1))
    except ValueError as error:
        raise UsageError(f"{EXPECTED}, not {text!r}") from error


NAMED: dict[str, Callable[[date], str]] = {
    "week": lambda day: f"{day.isocalendar().year}-W{day.isocalendar().week:02}",
    "month": lambda day: f"{day:%Y-%m}",
    "quarter": lambda day: f"{day.year}-Q{(day.month + 2) // 3}",
    "year": lambda day: f"{day.year}",
}
