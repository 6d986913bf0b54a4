"""Literals of criteria: durations, numbers, text, and how each is written."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal

from ..errors import CriterionError

__all__ = [
    "DURATION_KINDS",
    "Literal",
    "as_duration",
    "checked_text",
    "duration_text",
    "listed_literals",
    "literal_text",
    "plain_literal",
    "typed_literal",
]

Literal = int | float | bool | str | timedelta
DURATION_KINDS = ("dwell", "age", "idle", "until")

UNITS = {"w": 604_800_000_000, "d": 86_400_000_000, "h": 3_600_000_000, "min": 60_000_000, "s": 1_000_000}
LONGEST = 1000 * 366 * UNITS["d"]
_DURATION = re.compile(r"(-?)(\d{1,12}(?:\.\d{1,6})?)(w|d|h|min|s)", re.ASCII)


def as_duration(value: object) -> timedelta:
    """The duration meant by ``"2w"``, ``"30d"``, ``"12h"``, ``"90min"``, ``"45s"`` or a timedelta.

    Raises:
        CriterionError: if the text is no duration; ``"m"`` is refused, for minutes are ``min``
            and a month is no fixed duration.

    >>> as_duration("90min")
    datetime.timedelta(seconds=5400)
    """
    if isinstance(value, timedelta):
        microseconds = Decimal(value // timedelta(microseconds=1))
    elif isinstance(value, str):
        match = _DURATION.fullmatch(value.strip())
        if match is None:
            raise CriterionError(f"{value[:80]!r} is no duration{_duration_hint(value)}")
        sign, digits, unit = match.groups()
        microseconds = Decimal(sign + digits) * UNITS[unit]
        if microseconds != int(microseconds):
            raise CriterionError(f"{value[:80]!r} is finer than a microsecond")
    else:
        raise CriterionError(f"a duration was expected, such as '30d', not {value!r:.80}")
    if abs(microseconds) > LONGEST:
        raise CriterionError(f"{value!r:.80} is longer than a thousand years")
    return timedelta(microseconds=int(microseconds))


def _duration_hint(text: str) -> str:
    lowered = text.strip().casefold()
    if re.fullmatch(r"-?[\d.]+\s*m", lowered):
        return ": 'm' could be minutes or months; write 'min' for minutes, and days for months ('30d')"
    return ": write a number and one of w, d, h, min, s, such as '30d'"


def duration_text(value: timedelta) -> str:
    """The shortest exact text in the largest of d, h, min and s.

    >>> duration_text(timedelta(weeks=2))
    '14d'
    """
    microseconds = value // timedelta(microseconds=1)
    for unit in ("d", "h", "min", "s"):
        if microseconds % UNITS[unit] == 0:
            return f"{microseconds // UNITS[unit]}{unit}"
    sign = "-" if microseconds < 0 else ""
    seconds, rest = divmod(abs(microseconds), UNITS["s"])
    return f"{sign}{seconds}.{rest:06d}".rstrip("0") + "s"


def plain_literal(value: object) -> int | float | bool | str:
    """A finite number, a boolean, or text as it is written (times become ISO text)."""
    if hasattr(value, "item") and getattr(value, "shape", None) == ():
        value = value.item()
    if isinstance(value, bool):
        return value
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, str):
        return checked_text(value)
    if isinstance(value, (int, float)):
        if not math.isfinite(value) or abs(value) > 1e300:
            raise CriterionError(f"a literal must be a finite number, not {value!r:.80}")
        return int(value) if float(value).is_integer() and abs(value) < 2**53 else float(value)
    raise CriterionError(
        f"a literal must be a number, text, a boolean, a duration or a time, not {value!r:.80}"
    )


def checked_text(value: str) -> str:
    """The text itself, if it can stand in a file: not empty, no NUL, no lone surrogate, not endless."""
    if not isinstance(value, str):
        raise CriterionError(f"a name was expected as text, not {value!r:.80}")
    if not value or len(value) > 1000:
        raise CriterionError(f"a name must have 1 to 1,000 characters, not {len(value)}")
    if "\0" in value or any(0xD800 <= ord(char) <= 0xDFFF for char in value):
        raise CriterionError(f"{value!r:.80} has a character that no text file can hold")
    return value


def literal_text(value: int | float | bool | str | timedelta) -> str:
    """How a literal is written in a criterion."""
    if isinstance(value, timedelta):
        return f'"{duration_text(value)}"'
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return repr(value)


def typed_literal(kind: str, operator: str, value: object, *, where: str) -> Literal:
    """What a literal means to a kind of term: a duration to clocks, a number to counts.

    Raises:
        CriterionError: if the two cannot be compared; ``where`` is the comparison as it was written.
    """
    if kind in DURATION_KINDS:
        if operator in ("==", "!="):
            raise CriterionError(
                f"{where}: a duration hardly ever equals a literal to the microsecond; use >= or <="
            )
        return as_duration(value)
    if isinstance(value, timedelta):
        raise CriterionError(f"{where}: {kind} is no duration; durations are {', '.join(DURATION_KINDS)}")
    if isinstance(value, (list, tuple, set, frozenset)):
        raise CriterionError(f"{where}: a list stands after 'in' (in Python: {kind}(...).is_in([...]))")
    literal = plain_literal(value)
    if kind != "attribute" and isinstance(literal, (bool, str)):
        hint = "; for time use idle(...)" if isinstance(literal, str) else ""
        raise CriterionError(f"{where}: {kind} is a number, compare it with a number{hint}")
    if isinstance(literal, bool) and operator not in ("==", "!="):
        raise CriterionError(f"{where}: true and false have no order; use == or !=")
    return literal


def listed_literals(kind: str, options: object, *, where: str) -> tuple[int | float | bool | str, ...]:
    """What a list of literals means to a kind of term, each once.

    Raises:
        CriterionError: if it is no list, is empty or cannot be compared; ``where`` is the term.
    """
    if isinstance(options, (str, bytes)) or not isinstance(options, Iterable):
        raise CriterionError(f"{where} in {options!r:.80}: a list is needed, such as ['a', 'b']")
    found = tuple(plain_literal(option) for option in options)
    if not found:
        raise CriterionError(f"{where} in []: an empty list is never true")
    if kind != "attribute" and any(isinstance(option, (bool, str)) for option in found):
        raise CriterionError(f"{where} in {list(found)!r:.80}: {kind} is a number")
    if len({isinstance(option, str) for option in found}) > 1:
        raise CriterionError(f"{where} in {list(found)!r:.80}: numbers and text in one list")
    return tuple(dict.fromkeys(found))
