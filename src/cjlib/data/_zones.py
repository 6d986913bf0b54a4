"""Local times of a zone become UTC, with the hours that clocks skip or show twice told apart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import numpy as np

from ..errors import UsageError
from ._columns import shown

__all__ = ["zone_of", "zoned"]

STEP = 43_200_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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
    offset = (EPOCH + timedelta(microseconds=us)).astimezone(zone).utcoffset()
    assert offset is not None
    return offset // timedelta(microseconds=1)
