"""Times: one reading each, or none."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cjlib.data import NAT, to_us
from cjlib.data._columns import as_column
from cjlib.data._ledger import Findings
from cjlib.data._times import to_times, zoned
from cjlib.errors import DataError, UsageError

NOON = datetime(2024, 3, 4, 12)
NOON_US = 1_709_553_600_000_000


def read(values: object, tz: str = "UTC") -> list[int]:
    column = as_column(values, "time")
    return to_times(column, tz, Findings(len(column)), required=False).tolist()


@pytest.mark.parametrize(
    "value",
    [
        NOON,
        NOON.replace(tzinfo=UTC),
        NOON.replace(hour=14, tzinfo=timezone(timedelta(hours=2))),
        np.datetime64(NOON, "s"),
        np.datetime64(NOON, "ns"),
        pd.Timestamp(NOON),
        pd.Timestamp("2024-03-04 13:00", tz="Europe/Paris"),
        "2024-03-04T12:00:00",
        "2024-03-04 12:00",
        "2024-03-04 12",
        " 2024-03-04T12:00:00.000000Z ",
        "2024-03-04T14:00:00+02:00",
        "2024-03-04T07:00:00-0500",
        "2024-03-04T12:00:00,000000000",
    ],
    ids=repr,
)
def test_every_way_to_write_noon_is_noon(value: object) -> None:
    assert to_us(value) == NOON_US
    assert read([value, None]) == [NOON_US, NAT]


def test_a_date_is_its_midnight() -> None:
    assert to_us(date(2024, 3, 4)) == to_us("2024-03-04") == NOON_US - 12 * 3_600_000_000


def test_naive_times_are_read_in_the_zone_and_aware_ones_converted() -> None:
    assert to_us("2024-03-04T13:00:00", "Europe/Paris") == NOON_US
    assert to_us("2024-03-04T12:00:00Z", "Europe/Paris") == NOON_US
    assert read(np.array(["2024-03-04T13:00"], "M8[ms]"), "Europe/Paris") == [NOON_US]


@pytest.mark.parametrize("value", [1, 1.5, True, np.int64(5)])
def test_numbers_are_no_times(value: object) -> None:
    with pytest.raises(UsageError, match=r"integers could be seconds|time was expected"):
        to_us(value)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("04/03/2024", "no ISO time"),
        ("1899-12-31", "1900 to 2200"),
        ("2201-01-01", "1900 to 2200"),
        ("", "missing"),
    ],
)
def test_one_time_that_cannot_be_read_is_told(value: str, words: str) -> None:
    with pytest.raises(DataError, match=words):
        to_us(value)


def test_the_range_holds_its_first_and_last_microsecond() -> None:
    assert to_us("1900-01-01") < to_us("2200-12-31T23:59:59.999999")


@pytest.mark.parametrize("unit", ["D", "h", "m", "s", "ms", "us", "ns"])
def test_every_unit_gives_the_same_microseconds(unit: str) -> None:
    values = np.array(["2024-03-04", "NaT", "1950-01-01"], dtype=f"M8[{unit}]")
    assert read(values) == read(["2024-03-04", None, "1950-01-01"])


@pytest.mark.parametrize("unit", ["ps", "fs", "as"])
def test_units_that_reach_back_to_1969_only_are_times_too(unit: str) -> None:
    values = np.array([2_000_000, -2_000_000], "m8[us]").astype(f"m8[{unit}]") + np.datetime64(0, unit)
    assert read(values) == read(["1970-01-01T00:00:02", "1969-12-31T23:59:58"])


@pytest.mark.parametrize("unit", ["D", "h", "m", "s", "ms", "us", "ns", "as"])
def test_one_moment_of_any_unit_is_read_as_a_column_of_it(unit: str) -> None:
    value = np.datetime64(3, unit)
    assert [to_us(value)] == read(np.array([value]))


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "Asia/Kolkata"])
def test_every_arrow_unit_gives_the_same_microseconds(unit: str, zone: str | None) -> None:
    values = pa.chunked_array([pa.array([NOON, None]), pa.array([], pa.timestamp("us"))]).cast(
        pa.timestamp(unit)
    )
    if zone:
        values = values.cast(pa.timestamp(unit, zone))
    assert read(values, "Europe/Paris" if zone else "UTC") == [NOON_US, NAT]


def test_arrow_dates_and_texts_are_times() -> None:
    midnight = to_us("2024-03-04")
    for kind in (pa.date32(), pa.date64()):
        assert read(pa.array([date(2024, 3, 4), None], kind)) == [midnight, NAT]
    for kind in (pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())):
        assert read(pa.array(["2024-03-04", None]).cast(kind)) == [midnight, NAT]
    assert read(pa.array(["2024-03-04T12:00Z", "2024-03-04T12:00:00.123456789Z"])) == [
        NOON_US,
        NOON_US + 123_456,
    ]


def test_pandas_times_of_every_kind_are_times() -> None:
    zoned_series = pd.Series([pd.Timestamp("2024-03-04 13:00", tz="Europe/Paris"), pd.NaT])
    assert read(zoned_series) == read(zoned_series.astype(object)) == [NOON_US, NAT]
    assert read(zoned_series.dt.tz_convert("UTC").dt.tz_localize(None)) == [NOON_US, NAT]


def test_dates_and_times_may_be_mixed() -> None:
    assert read([date(2024, 3, 4), NOON]) == [to_us("2024-03-04"), NOON_US]


@given(
    st.datetimes(datetime(1901, 1, 1), datetime(2199, 1, 1)),
    st.sampled_from(
        ["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca"]
    ),
)
def test_local_times_become_what_the_standard_library_says(moment: datetime, name: str) -> None:
    zone = ZoneInfo(name)
    us = (moment - datetime(1970, 1, 1)) // timedelta(microseconds=1)
    utc, is_gap, is_twice = zoned(np.array([us]), zone)
    first, second = (moment.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    exists = first.astimezone(zone).replace(tzinfo=None) == moment
    assert bool(is_gap[0]) is not exists
    if exists:
        assert int(utc[0]) == (first - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
        assert bool(is_twice[0]) is (first != second)


def test_the_hours_around_a_clock_change() -> None:
    """Paris goes from +1 to +2 on 31 March 2024 at 01:00 UTC: 02:00 to 02:59:59.999999 are on no clock."""
    texts = [
        "2024-03-31T01:59:59.999999",
        "2024-03-31T02:00:00",
        "2024-03-31T02:59:59.999999",
        "2024-03-31T03:00:00",
    ]
    local = np.array(texts, dtype="M8[us]").view(np.int64)
    utc, is_gap, _ = zoned(local, ZoneInfo("Europe/Paris"))
    assert is_gap.tolist() == [False, True, True, False]
    assert utc[3] - utc[0] == 1


@pytest.mark.parametrize("tz", ["UTC", "Europe/Paris"])
@given(st.datetimes(datetime(1901, 1, 1), datetime(2199, 1, 1)), st.sampled_from(["", "Z", "+05:30"]))
def test_one_moment_is_read_as_a_column_of_it(tz: str, moment: datetime, offset: str) -> None:
    text = moment.isoformat() + offset
    findings = Findings(1)
    column = to_times(as_column(np.array([text], dtype=object), "time"), tz, findings)
    if findings.refused:
        with pytest.raises(DataError, match="no clock"):
            to_us(text, tz)
    else:
        assert to_us(text, tz) == column[0]
        assert offset or to_us(moment, tz) == column[0]
