"""Text becomes times and numbers, column by column: what can be read in two ways is told, not guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Final

import attrs
import numpy as np

from .._times import MAX_US, MIN_US, NAT, zone_of, zoned

__all__ = ["FALSE", "TRUE", "Times", "days_of", "numbers_of", "times_of"]

TRUE = frozenset({"true", "yes", "1", "oui", "vrai", "ja", "wahr", "y", "t", "1.0"})
FALSE = frozenset({"false", "no", "0", "non", "faux", "nein", "falsch", "n", "f", "0.0"})
LONGEST = 40  # no time is written with more signs
EPOCH: Final = datetime(1970, 1, 1)
MICROSECOND: Final = timedelta(microseconds=1)
# How many digits since 1970 are seconds, milliseconds, microseconds and nanoseconds, from 2001 on.
EPOCH_UNITS = {10: 1_000_000, 13: 1_000, 16: 1}
OFFSET = r"(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?"
CLOCK = r"(?:,?[T ]\s?(\d\d?):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s?([AaPp]\.?[Mm]\.?)?\s?" + OFFSET + ")?"
ISO = re.compile(r"(\d{4})-(\d\d?)-(\d\d?)" + CLOCK, re.ASCII)
SLASHED = re.compile(r"(\d{1,4})([/.-])(\d\d?)\2(\d{4}|\d\d?)" + CLOCK, re.ASCII)
COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)", re.ASCII)
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
COMMA = re.compile(r"[+-]?\d+,\d+|[+-]?\d{1,3}(\.\d{3})+(,\d+)?", re.ASCII)
THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", re.ASCII)
SURELY_COMMA = re.compile(
    r"[+-]?\d+,(\d{1,2}|\d{4,})|[+-]?\d{1,3}(\.\d{3})+,\d+|[+-]?\d{1,3}(\.\d{3}){2,}", re.ASCII
)
AROUND = re.compile(r"[\s\u00a0\u202f'’€$£%]|EUR|USD|GBP|CHF")


@attrs.frozen(eq=False)
class Times:
    """A column read as times.

    Attributes:
        us: (n,) int64 microseconds in UTC, NAT where there is none.
        is_bad: (n,) bool, where there is text that is no time.
        told: what deserves to be known.
    """

    us: np.ndarray
    is_bad: np.ndarray
    told: tuple[str, ...] = ()


def times_of(texts: Sequence[str], tz: str | tzinfo, order: str | None) -> Times:
    """Times of ISO text, epoch numbers, and days written with slashes or dots.

    ``order`` says whether ``03/04/2026`` is in April (``"dmy"``) or March (``"mdy"``); unsaid, a column tells
    it by a day beyond 12, or its times cannot be read.

    >>> read = times_of(["31/12/2025", "01/02/2026"], "UTC", None)
    >>> read.us.view("datetime64[us]").astype("datetime64[D]")
    array(['2025-12-31', '2026-02-01'], dtype='datetime64[D]')
    """
    distinct = dict.fromkeys(texts, (NAT, False))
    days = order or days_of(distinct)
    for text in distinct:
        distinct[text] = _time_of(text.strip(), days)
    us = np.fromiter((distinct[text][0] for text in texts), np.int64, len(texts))
    is_naive = np.fromiter((distinct[text][1] for text in texts), bool, len(texts))
    has_text = np.fromiter((bool(text.strip()) for text in texts), bool, len(texts))
    us = np.where((us < MIN_US) | (us >= MAX_US), NAT, us)
    told: tuple[str, ...] = ()
    rows = np.flatnonzero(is_naive & (us != NAT))
    if len(rows):
        local, is_gap, is_twice = zoned(us[rows], zone_of(tz))
        us[rows] = np.where(is_gap, NAT, local)
        if is_twice.any():
            told = (f"{int(is_twice.sum()):,} times that clocks of {tz} showed twice are read as the first",)
    is_bad = has_text & (us == NAT)
    if days is None and is_bad.any() and any(SLASHED.fullmatch(text.strip()) for text in distinct):
        told = (*told, "day and month cannot be told apart: pass dates='dmy' or dates='mdy'")
    return Times(us, is_bad, told)


def days_of(texts: Iterable[str]) -> str | None:
    """Whether days come before months, as far as one value beyond 12 tells; None where values contradict."""
    found = set()
    for text in texts:
        if not text[:1].isdigit() or len(text) > LONGEST:
            continue
        match = SLASHED.fullmatch(text.strip())
        if match is None or len(match[1]) == 4:
            continue
        if match[2] == "." or int(match[1]) > 12:
            found.add("dmy")
        elif int(match[3]) > 12:
            found.add("mdy")
    return found.pop() if len(found) == 1 else None


def _time_of(text: str, days: str | None) -> tuple[int, bool]:
    """Microseconds, and whether they are local."""
    if not text:
        return NAT, False
    if text.isdigit() and text.isascii():
        if len(text) in EPOCH_UNITS:
            return int(text) * EPOCH_UNITS[len(text)], False
        if len(text) == 19:
            return int(text) // 1_000, False
        compact = COMPACT.fullmatch(text)
        return _moment(int(compact[1]), int(compact[2]), int(compact[3])) if compact else (NAT, False)
    match = ISO.fullmatch(text)
    if match:
        return _moment(int(match[1]), int(match[2]), int(match[3]), *match.groups()[3:])
    match = SLASHED.fullmatch(text)
    if match is None or len(match[4]) == 1:
        return _epoch_with_fraction(text)
    first, second, last = int(match[1]), int(match[3]), int(match[4])
    if len(match[1]) == 4:
        return _moment(first, second, last, *match.groups()[4:])
    year = last if len(match[4]) == 4 else 2000 + last
    if days is None:
        return NAT, False
    day, month = (first, second) if days == "dmy" else (second, first)
    return _moment(year, month, day, *match.groups()[4:])


def _epoch_with_fraction(text: str) -> tuple[int, bool]:
    whole, point, fraction = text.partition(".")
    if not (
        point and whole.isdigit() and fraction.isdigit() and text.isascii() and len(whole) in EPOCH_UNITS
    ):
        return NAT, False
    return int(whole) * EPOCH_UNITS[len(whole)] + int(
        float(f"0.{fraction[:9]}") * EPOCH_UNITS[len(whole)]
    ), False


def _moment(
    year: int,
    month: int,
    day: int,
    hour: str | None = None,
    minute: str | None = None,
    second: str | None = None,
    fraction: str | None = None,
    half: str | None = None,
    offset: str | None = None,
) -> tuple[int, bool]:
    hours = int(hour or 0)
    if half:
        if not 1 <= hours <= 12:
            return NAT, False
        hours = hours % 12 + (12 if half[0] in "pP" else 0)
    try:
        moment = datetime(year, month, day, hours, int(minute or 0), int(second or 0))
    except ValueError:
        return NAT, False
    us = (moment - EPOCH) // MICROSECOND + int((fraction or "0")[:6].ljust(6, "0"))
    if offset is None:
        return us, True
    digits = re.sub(r"[^0-9]", "", offset).ljust(4, "0")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    return us - (-minutes if offset[0] == "-" else minutes) * 60_000_000, False


def numbers_of(texts: Sequence[str], has_comma: bool) -> tuple[np.ndarray, np.ndarray, str]:
    """(n,) numbers with NaN where there is none, (n,) where text is none, and how it was read if not plainly.

    Args:
        texts: the column.
        has_comma: whether a lone comma is a decimal one where the column does not tell.

    >>> numbers_of(["1.234,50 €", "2,5"], False)
    (array([1234.5,    2.5]), array([False, False]), 'with decimal commas')
    """
    bare = {text: AROUND.sub("", text) for text in dict.fromkeys(texts)}
    values = [value for value in bare.values() if value]
    is_english = any(re.search(r",\d{3}.*\.\d+$", value) for value in values)
    comma = not is_english and (
        any(SURELY_COMMA.fullmatch(value) for value in values)
        or (has_comma and any("," in value for value in values))
    )
    read = {text: _number(value, comma) for text, value in bare.items()}
    numbers = np.array([read[text] for text in texts], dtype=np.float64)
    has_text = np.array([bool(bare[text]) for text in texts], dtype=bool)
    numbers[np.isinf(numbers)] = np.nan
    told = "with decimal commas" if comma else ""
    if not comma and any(THOUSANDS.fullmatch(value) for value in values):
        told = "with commas between thousands"
    return numbers, has_text & np.isnan(numbers), told


def _number(text: str, comma: bool) -> float:
    if comma and COMMA.fullmatch(text):
        return float(text.replace(".", "").replace(",", "."))
    if NUMBER.fullmatch(text):
        return float(text)
    return float(text.replace(",", "")) if not comma and THOUSANDS.fullmatch(text) else float("nan")
