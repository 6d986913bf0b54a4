"""Times of any zone become microseconds in UTC; what could be read in two ways is refused."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from ..errors import DataError, UsageError
from ._columns import Column, main_kind, shown
from ._ledger import Findings

__all__ = ["MAX_US", "MIN_US", "NAT", "to_times", "to_us", "zone_of", "zoned"]

NAT = np.iinfo(np.int64).min
MIN_US = int(np.datetime64("1900-01-01", "us").astype(np.int64))
MAX_US = int(np.datetime64("2201-01-01", "us").astype(np.int64))
EPOCH = datetime(1970, 1, 1)
MOMENTS = frozenset({"date", "time"})
MICROSECOND = timedelta(microseconds=1)
STEP = 43_200_000_000  # a zone does not change twice in half a day

_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[T ](\d\d)(?::(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?\s?(Z|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)?)?",
    re.ASCII,
)
INTEGER_HINT = (
    "integers could be seconds, milliseconds or more; convert them first, "
    "such as numpy.array(values, 'datetime64[s]') or pandas.to_datetime(values, unit='s')"
)


def to_us(value: object, tz: str | tzinfo = "UTC") -> int:
    """One time as microseconds since 1970 in UTC; a naive one is read in the zone ``tz``.

    Args:
        value: a datetime, a date (its midnight), a ``numpy.datetime64`` or ISO text.
        tz: the zone of naive times.

    Raises:
        DataError: if the text is no ISO time, the time is missing or outside 1900 to 2200.
        UsageError: if the value is no time at all; integers are refused, for their unit is unknown.

    >>> to_us("1970-01-02T00:00:00.000001")
    86400000001
    >>> to_us("2024-03-04 12:00+02:00") == to_us("2024-03-04 10:00Z")
    True
    """
    if isinstance(value, (bool, int, float, np.integer, np.floating)):
        raise UsageError(f"a time was expected, not {shown(value)}: {INTEGER_HINT}")
    if not isinstance(value, (str, datetime, date, np.datetime64)):
        raise UsageError(f"a time was expected (a datetime, a date or ISO text), not {shown(value)}")
    quick = _quick(value, tz)
    if quick is not None:
        return quick
    findings = Findings(1)
    array = np.empty(1, dtype=object)
    array[0] = value
    time = to_times(Column("time", array), tz, findings)
    if findings.refused:
        entry = findings.refused[0]
        raise DataError(f"{shown(value)}: {entry.reason}{': ' + entry.detail if entry.detail else ''}")
    return int(time[0])


def _quick(value: Any, tz: str | tzinfo) -> int | None:
    """The same for what is plainly a time; None for all that needs a closer look."""
    if isinstance(value, str):
        us, state = _from_text(value)
    elif isinstance(value, np.datetime64):
        exact = value if value.dtype == "datetime64[us]" else _exactly(value)
        us, state = int(exact.view(np.int64)), NAIVE
    elif value == value:  # pandas' NaT does not equal itself
        us, state = _from_object(value)
    else:
        return None
    is_told = state == AWARE or (state == NAIVE and (tz is UTC or tz == "UTC"))
    return us if is_told and MIN_US <= us < MAX_US else None


def _exactly(value: np.datetime64) -> np.datetime64:
    """The same moment in microseconds, NaT where that is not exactly so."""
    try:
        fine = value.astype("datetime64[us]")
        return fine if fine.astype(value.dtype) == value else np.datetime64("NaT", "us")
    except (OverflowError, TypeError, ValueError):
        return np.datetime64("NaT", "us")


def to_times(column: Column, tz: str | tzinfo, findings: Findings, *, required: bool = True) -> np.ndarray:
    """(n,) int64 microseconds in UTC, NAT where there is none; unusable rows are refused.

    Raises:
        DataError: if the whole column is of a type that no time has.
    """
    name, values = column.name, column.values
    if column.is_arrow:
        times, is_naive = _from_arrow(values, name, findings)
    elif values.dtype.kind == "M":
        times, is_naive = _in_microseconds(values, name, findings), True
    elif values.dtype.kind in "UT":
        times, is_naive = _from_texts(values.astype(object), np.ones(len(values), dtype=bool), name, findings)
    elif values.dtype.kind == "O":
        times, is_naive = _from_objects(values, name, findings)
    else:
        raise _wrong_type(name, values.dtype)
    if is_naive is not False:
        times = _localised(times, is_naive, tz, name, findings)
    is_out = (times != NAT) & ((times < MIN_US) | (times >= MAX_US))
    findings.refuse(f"{name} outside 1900 to 2200", is_out)
    if required:
        findings.refuse(f"missing {name}", (times == NAT) & ~findings.is_refused())
    return times


def _wrong_type(name: str, found: object) -> DataError:
    text = str(found)
    is_number = re.match(r"u?int|float|double|decimal", text)
    hint = INTEGER_HINT if is_number else "give datetimes, dates or ISO text"
    return DataError(f"{name}: times were expected, not {text}: {hint}")


def _localised(
    times: np.ndarray, is_naive: Any, tz: str | tzinfo, name: str, findings: Findings
) -> np.ndarray:
    zone = zone_of(tz)
    if zone is UTC:
        return times
    rows = np.flatnonzero((times != NAT) & (times >= MIN_US) & (times < MAX_US) & is_naive)
    local, is_gap, is_twice = zoned(times[rows], zone)
    findings.refuse(f"{name} that no clock of {zone} showed", rows[is_gap], "clocks were set forward then")
    findings.note(f"{name} that clocks of {zone} showed twice", rows[is_twice], "read as the first")
    times = times.copy()
    times[rows] = local
    return times


def _in_microseconds(values: np.ndarray, name: str, findings: Findings) -> np.ndarray:
    """datetime64 of any unit as int64 microseconds; out-of-range values become MAX_US instead of wrapping."""
    unit, count = np.datetime_data(values.dtype)
    if unit == "generic":
        raise _wrong_type(name, "datetime64 without a unit")
    if (unit, count) == ("us", 1):
        return values.view(np.int64)
    numbers = values.view(np.int64)
    is_null, is_inside = numbers == NAT, numbers != NAT
    if unit not in ("ps", "fs", "as"):  # these reach from 1969 to 1970
        low, high = (np.datetime64(year).astype(values.dtype).astype(np.int64) for year in ("1900", "2201"))
        is_inside = (numbers >= low) & (numbers <= high)
    safe = np.where(is_inside, numbers, 0).view(values.dtype)
    times = safe.astype("datetime64[us]").view(np.int64)
    if unit in ("ns", "ps", "fs", "as"):
        is_fine = is_inside & (times.view("datetime64[us]").astype(values.dtype).view(np.int64) != numbers)
        findings.note(f"{name} finer than a microsecond", is_fine, "cut to microseconds")
    times[~is_inside] = MAX_US
    times[is_null] = NAT
    return times


def _from_arrow(values: Any, name: str, findings: Findings) -> tuple[np.ndarray, Any]:
    import pyarrow as pa
    from pyarrow import types

    kind = values.type
    if types.is_null(kind):
        return np.full(len(values), NAT, dtype=np.int64), False
    if types.is_dictionary(kind):
        return _from_arrow(values.cast(kind.value_type), name, findings)
    if types.is_timestamp(kind):
        numbers = values.cast(pa.int64())
        numbers = numbers.fill_null(NAT) if numbers.null_count else numbers
        stamps = numbers.to_numpy().view(f"datetime64[{kind.unit}]")
        return _in_microseconds(stamps, name, findings), kind.tz is None
    if types.is_date(kind):
        return _from_arrow(values.cast(pa.timestamp("s" if types.is_date32(kind) else "ms")), name, findings)
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        return _from_arrow_texts(values, name, findings)
    raise _wrong_type(name, kind)


def _from_arrow_texts(values: Any, name: str, findings: Findings) -> tuple[np.ndarray, Any]:
    """Arrow reads ISO text fast where all of a column is written alike; else row by row."""
    import pyarrow as pa

    values = values.cast(pa.large_string())
    for target in (pa.timestamp("us"), pa.timestamp("us", "UTC")):
        try:
            return _from_arrow(values.cast(target), name, findings)
        except pa.ArrowInvalid:
            continue
    texts = values.to_numpy()
    is_text = np.array([text is not None for text in texts], dtype=bool)
    return _from_texts(texts, is_text, name, findings)


def _from_objects(values: np.ndarray, name: str, findings: Findings) -> tuple[np.ndarray, Any]:
    kinds, is_main = main_kind(values, name, findings, (MOMENTS, frozenset({"text"})))
    if kinds == {"text"}:
        return _from_texts(values, is_main, name, findings)
    if not kinds <= MOMENTS:
        found = " and ".join(sorted(kinds))
        raise _wrong_type(name, f"{found} such as {shown(values[int(np.argmax(is_main))])}")
    times, state = np.full(len(values), NAT, dtype=np.int64), np.zeros(len(values), dtype=np.int8)
    for row in np.flatnonzero(is_main):
        times[row], state[row] = _from_object(values[row])
    return times, _one_kind(times, state, name, findings)


NAIVE, AWARE, BROKEN = 1, 2, 3


def _from_object(value: Any) -> tuple[int, int]:
    if isinstance(value, np.datetime64):
        findings = Findings(1)
        return int(_in_microseconds(np.array([value]), "time", findings)[0]), NAIVE
    if not isinstance(value, datetime):
        return (datetime(value.year, value.month, value.day) - EPOCH) // MICROSECOND, NAIVE
    if hasattr(value, "to_pydatetime"):  # pandas' Timestamp cannot be subtracted from times beyond its range
        value = value.to_pydatetime(warn=False)
    offset = value.utcoffset()
    if offset is None:
        return (value.replace(tzinfo=None) - EPOCH) // MICROSECOND, NAIVE
    return (value.replace(tzinfo=None) - EPOCH - offset) // MICROSECOND, AWARE


def _from_texts(
    values: np.ndarray, is_text: np.ndarray, name: str, findings: Findings
) -> tuple[np.ndarray, Any]:
    times, state = np.full(len(values), NAT, dtype=np.int64), np.zeros(len(values), dtype=np.int8)
    known: dict[str, tuple[int, int]] = {}
    for row in np.flatnonzero(is_text):
        text = values[row]
        if text not in known:
            known[text] = _from_text(text)
        times[row], state[row] = known[text]
    is_broken = state == BROKEN
    if is_broken.any():
        first = shown(values[int(np.argmax(is_broken))])
        findings.refuse(f"{name} is no ISO time", is_broken, f"such as {first}; write 2024-03-04T10:00:00")
    return times, _one_kind(times, state, name, findings)


def _from_text(text: str) -> tuple[int, int]:
    """Microseconds and whether they are naive; only what ISO 8601 writes with dashes and colons is a time."""
    if not text.strip():
        return NAT, 0
    match = _ISO.fullmatch(text.strip())
    if match is None:
        return NAT, BROKEN
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    try:
        moment = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0))
    except ValueError:
        return NAT, BROKEN
    us = (moment - EPOCH) // MICROSECOND + int((fraction or "0")[:6].ljust(6, "0"))
    return (us, NAIVE) if offset is None else (us - _offset_us(offset), AWARE)


def _offset_us(offset: str) -> int:
    if offset == "Z":
        return 0
    digits = offset[1:].replace(":", "").ljust(4, "0")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    return (-minutes if offset[0] == "-" else minutes) * 60_000_000


def _one_kind(times: np.ndarray, state: np.ndarray, name: str, findings: Findings) -> Any:
    """Which rows are naive; where naive and aware times are mixed, the rarer kind is refused."""
    n_naive, n_aware = int((state == NAIVE).sum()), int((state == AWARE).sum())
    if n_naive and n_aware:
        rare, word = (NAIVE, "without") if n_naive <= n_aware else (AWARE, "with")
        is_rare = state == rare
        findings.refuse(f"{name} {word} a zone", is_rare, "most others in this column are not so")
        times[is_rare] = NAT
    return state == NAIVE


def zone_of(tz: str | tzinfo) -> tzinfo:
    """The zone of that name.

    Raises:
        UsageError: if there is none.
    """
    if isinstance(tz, tzinfo):
        return UTC if str(tz) == "UTC" else tz
    if not isinstance(tz, str):
        raise UsageError(f"tz must be the name of a zone, such as 'Europe/Paris', not {shown(tz)}")
    if tz == "UTC":
        return UTC
    try:
        return ZoneInfo(tz)
    except (KeyError, ValueError, OSError) as error:
        raise UsageError(f"there is no time zone {shown(tz)}; write one such as 'Europe/Paris'") from error


def zoned(local: np.ndarray, zone: tzinfo) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(n,) UTC microseconds of local ones, which of them no clock showed, which every clock showed twice.

    An hour that comes twice is read as the first one.
    """
    if not len(local):
        return local, np.zeros(0, dtype=bool), np.zeros(0, dtype=bool)
    starts, shifts = offsets(int(local.min()) - 2 * STEP, int(local.max()) + 2 * STEP, zone)
    local_ends = np.append(starts[1:] + shifts[:-1], np.iinfo(np.int64).max)
    local_starts = starts + shifts
    period = np.searchsorted(local_ends, local, side="right")
    following = np.minimum(period + 1, len(starts) - 1)
    is_gap = local < local_starts[period]
    is_twice = (following > period) & (local >= local_starts[following])
    return local - shifts[period], is_gap, is_twice


def offsets(low: int, high: int, zone: tzinfo) -> tuple[np.ndarray, np.ndarray]:
    """When each offset of a zone begins between two UTC moments, and the offset, in microseconds."""
    low = low // STEP * STEP
    starts, found = [low], [_offset_at(low, zone)]
    for probe in range(low + STEP, high + STEP, STEP):
        if _offset_at(probe, zone) != found[-1]:
            starts.append(_change_between(probe - STEP, probe, zone))
            found.append(_offset_at(probe, zone))
    return np.array(starts, dtype=np.int64), np.array(found, dtype=np.int64)


def _change_between(before: int, after: int, zone: tzinfo) -> int:
    """The first second of the new offset, by halving."""
    old = _offset_at(before, zone)
    while after - before > 1_000_000:
        middle = before + (after - before) // 2_000_000 * 1_000_000
        before, after = (middle, after) if _offset_at(middle, zone) == old else (before, middle)
    return after // 1_000_000 * 1_000_000


def _offset_at(us: int, zone: tzinfo) -> int:
    offset = (EPOCH.replace(tzinfo=UTC) + timedelta(microseconds=us)).astimezone(zone).utcoffset()
    assert offset is not None
    return offset // timedelta(microseconds=1)
