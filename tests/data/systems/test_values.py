"""Times and numbers as people and systems write them; what could be two things is not guessed."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cjlib.data.systems._values import numbers_of, times_of

MOMENTS = st.datetimes(datetime(2001, 9, 10), datetime(2100, 1, 1)).map(lambda t: t.replace(microsecond=0))


def us(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1)) // timedelta(microseconds=1)


@given(
    MOMENTS, st.sampled_from(["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S UTC", "%Y-%m-%dT%H:%M:%S.000+0000"])
)
def test_every_iso_form_is_the_same_moment(moment: datetime, form: str) -> None:
    assert times_of([moment.strftime(form)], "Asia/Kolkata", None).us.tolist() == [us(moment)]


@given(MOMENTS, st.sampled_from([1, 1_000, 1_000_000]))
def test_numbers_since_1970_tell_their_unit_by_their_length(moment: datetime, unit: int) -> None:
    assert times_of([str(us(moment) // 1_000_000 * unit)], "UTC", None).us.tolist() == [us(moment)]


@given(MOMENTS)
def test_days_with_slashes_are_read_as_told(moment: datetime) -> None:
    texts = [f"{moment:%d/%m/%Y %H:%M:%S}"], [f"{moment:%m/%d/%Y %I:%M:%S %p}"]
    for text, order in zip(texts, ("dmy", "mdy"), strict=True):
        assert times_of(text, "UTC", order).us.tolist() == [us(moment)]


@given(st.datetimes(datetime(2010, 1, 1), datetime(2037, 1, 1)))
def test_local_times_are_those_of_the_zone(moment: datetime) -> None:
    """The oracle is zoneinfo; hours that no clock showed are bad."""
    zone = ZoneInfo("Europe/Paris")
    moment = moment.replace(microsecond=0, fold=0)
    aware = moment.replace(tzinfo=zone).astimezone(ZoneInfo("UTC")).replace(tzinfo=None)
    is_gap = aware.replace(tzinfo=ZoneInfo("UTC")).astimezone(zone).replace(tzinfo=None) != moment
    read = times_of([f"{moment:%Y-%m-%d %H:%M:%S}"], "Europe/Paris", None)
    assert read.is_bad.tolist() == [is_gap]
    assert is_gap or read.us.tolist() == [us(aware)]


def test_days_and_months_that_cannot_be_told_apart_are_not_guessed() -> None:
    read = times_of(["03/04/2025", "05/06/2025"], "UTC", None)
    assert read.is_bad.all()
    assert read.told == ("day and month cannot be told apart: pass dates='dmy' or dates='mdy'",)


def test_days_that_contradict_each_other_are_not_guessed() -> None:
    assert times_of(["13/01/2025", "01/13/2025"], "UTC", None).is_bad.all()


@pytest.mark.parametrize(
    "text", ["31/02/2025x", "2025-02-30", "25:00", "1e400", "12", "0001-01-01", "Q3 2025", "9" * 40]
)
def test_what_is_no_time_is_bad(text: str) -> None:
    assert times_of([text], "UTC", "dmy").is_bad.tolist() == [True]


@given(st.floats(-1e9, 1e9).map(lambda x: round(x, 2)))
def test_numbers_are_read_with_points_and_with_commas(number: float) -> None:
    plain, comma = f"{number:.2f}", f"{number:.2f}".replace(".", ",")
    german = f"{number:,.2f}".replace(",", " ").replace(".", ",").replace(" ", ".") + " €"
    english, french = (
        f"${number:,.2f}".replace("$-", "-"),
        f"{number:,.2f}".replace(",", "\u202f").replace(".", ","),
    )
    for text in (plain, comma, german, english, french):
        numbers, is_bad, _ = numbers_of([text], False)
        assert (numbers.tolist(), is_bad.tolist()) == ([pytest.approx(number, abs=1e-9)], [False])


def test_a_lone_comma_is_a_decimal_one_only_where_the_file_says_so() -> None:
    for has_comma, expected in ((False, 1234.0), (True, 1.234)):
        assert numbers_of(["1,234"], has_comma)[0].tolist() == [expected]


@pytest.mark.parametrize("text", ["n/a", "1e999", "NaN", "inf", "--1", "1.2.3", "٣", "0x10", "1_000"])
def test_what_is_no_number_is_bad(text: str) -> None:
    numbers, is_bad, _ = numbers_of([text], False)
    assert np.isnan(numbers[0])
    assert is_bad[0]
