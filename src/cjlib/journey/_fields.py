"""What a field of an element may hold: converters and validators that name the field and the element."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from datetime import date, datetime, timedelta
from itertools import islice, pairwise
from typing import Any, NoReturn

import attrs

from ..criteria import Criterion, Term, parse
from ..criteria._literals import as_duration
from ..errors import CriterionError, DefinitionError, Problem, did_you_mean

__all__ = [
    "Validator", "a_criterion", "a_day", "a_number", "a_score", "a_span", "a_tuple", "between",
    "boolean", "contradiction", "criterion", "day", "each", "fail", "identifier", "instance_of",
    "is_pair", "items", "members", "name", "named_durations", "named_numbers", "names", "number",
    "number_pairs", "numbers", "one_of", "optional", "optional_criterion", "optional_number",
    "pairs_of", "period", "positive", "rising", "shown", "text", "whole",
]  # fmt: skip

Validator = Callable[[Any, Any, Any], None]

LARGEST_SCORE = 1e12
LONGEST_NAME = 200
LONGEST_TEXT = 20_000
MOST_MEMBERS = 10_000
_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}", re.ASCII)
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def fail(instance: object, field: Any, message: str, code: str = "CJ001") -> NoReturn:
    """Raise the error that names the element, the field and what is wrong with it."""
    raise DefinitionError(_thing(instance), [Problem(code, "error", field.name, message)])


def _thing(instance: object) -> str:
    label = getattr(instance, "id", None)
    kind = type(instance).__name__ if instance is not None else "element"
    ends = [getattr(instance, name, None) for name in ("source", "target")]
    if all(isinstance(end, str) for end in ends):
        label = " -> ".join(map(str, ends))
    return f"{kind} {label!r:.80}" if isinstance(label, str) else kind


def contradiction(instance: object, problems: Iterable[tuple[str, str]]) -> None:
    """Raise everything that does not go together, once: fields and messages."""
    found = [Problem("CJ007", "error", field, message) for field, message in problems]
    if found:
        raise DefinitionError(_thing(instance), found)


def shown(value: object) -> str:
    """A value as it stands in a message: short, and never another library's failure."""
    try:
        text = repr(value)
    except Exception as error:  # a repr may do anything; the message must not
        text = f"<{type(value).__name__}, whose repr raises {type(error).__name__}>"
    return text if len(text) <= 80 else text[:77] + "..."


# Converters turn what they can and leave the rest as it is, for the validator to refuse: only validators
# know the element and the field, and type checkers understand converters only as plain functions.


def period(value: str | timedelta | None) -> timedelta | None:
    """The duration that a text means."""
    try:
        return None if value is None else as_duration(value)
    except CriterionError:
        return value  # type: ignore[return-value]


def criterion(value: str | Criterion) -> Criterion:
    """The criterion that a text means."""
    return optional_criterion(value)  # type: ignore[return-value]


def optional_criterion(value: str | Criterion | None) -> Criterion | None:
    """The criterion that a text means, or None."""
    try:
        return parse(value) if isinstance(value, str) else value
    except CriterionError:
        return value  # type: ignore[return-value]


def names(value: str | Iterable[str] | None) -> tuple[str, ...]:
    """A tuple of names; one name alone is a tuple of one."""
    return (value,) if isinstance(value, str) else items(value)


def items(value: Any) -> tuple[Any, ...]:
    """A tuple of elements; one element alone is a tuple of one."""
    if value is None:
        return ()
    if attrs.has(type(value)):
        return (value,)
    if isinstance(value, (str, bytes, Mapping, Set)) or not isinstance(value, Iterable):
        return value  # type: ignore[return-value]
    return tuple(islice(value, MOST_MEMBERS + 1))


def day(value: date | str | None) -> date | None:
    """The day that a text means."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else value  # type: ignore[return-value]
    except ValueError:
        return value  # type: ignore[return-value]


def number(value: float) -> float:
    """A float, where the number is exact as one."""
    return optional_number(value)  # type: ignore[return-value]


def optional_number(value: float | None) -> float | None:
    """A float, where the number is exact as one, or None."""
    if hasattr(value, "item") and getattr(value, "shape", None) == ():
        value = value.item()  # type: ignore[union-attr]  # numpy's scalars
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    return float(value) + 0.0 if not isinstance(value, int) or abs(value) <= 2**53 else value


def named_durations(
    value: Mapping[str, str | timedelta] | Iterable[tuple[str, str | timedelta]],
) -> tuple[tuple[str, timedelta], ...]:
    """Pairs of a name and the duration that a text means, sorted by name."""
    return _pairs(value, period)  # type: ignore[no-any-return]


def named_numbers(value: Mapping[str, float] | Iterable[tuple[str, float]]) -> tuple[tuple[str, float], ...]:
    """Pairs of a name and a number, sorted by name."""
    return _pairs(value, number)  # type: ignore[no-any-return]


def _pairs(value: Any, convert: Callable[[Any], Any]) -> Any:
    entries = tuple(value.items()) if isinstance(value, Mapping) else items(value)
    if not isinstance(entries, tuple) or not all(map(_is_named, entries)):
        return value
    return tuple((key, convert(entry)) for key, entry in sorted(entries, key=lambda entry: entry[0]))


def is_pair(value: object) -> bool:
    """Whether it is a list or a tuple of two."""
    return isinstance(value, Sequence) and not isinstance(value, str) and len(value) == 2


def _is_named(value: Any) -> bool:
    return is_pair(value) and isinstance(value[0], str)


def numbers(value: Any) -> Any:
    """A tuple of floats; one number alone is a tuple of one."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = (value,)
    entries = items(value)
    return tuple(map(number, entries)) if isinstance(entries, tuple) else entries


def number_pairs(value: Any) -> Any:
    """A tuple of pairs of floats; a mapping is accepted."""
    entries: Any = tuple(value.items()) if isinstance(value, Mapping) else items(value)
    if not isinstance(entries, tuple):
        return entries
    return tuple(numbers(entry) if is_pair(entry) else entry for entry in entries)


def identifier(instance: Any, field: Any, value: Any) -> None:
    """An id: ASCII letters, digits, ``_`` and ``-``, at most 64, not starting with a digit or ``-``."""
    if not isinstance(value, str):
        fail(instance, field, f"an id is text, not {shown(value)}", "CJ002")
    if not _ID.fullmatch(value):
        strange = next((char for char in value if not char.isascii()), None)
        why = "" if strange is None else f" (it has {strange!r}, U+{ord(strange):04X})"
        hint = re.sub(r"[^A-Za-z0-9_-]+", "_", value[:64]).strip("_").lower()
        proposal = f", such as {hint!r}" if _ID.fullmatch(hint) else ""
        rule = f"at most 64 letters a-z, digits, _ and -{proposal}; free text goes into label"
        fail(instance, field, f"{shown(value)} is no id{why}: {rule}", "CJ002")


def text(instance: Any, field: Any, value: Any) -> None:
    """Free text, possibly empty, that every file can hold."""
    _check_text(instance, field, value, LONGEST_TEXT)


def name(instance: Any, field: Any, value: Any) -> None:
    """The name of something outside the definition (activity, channel, role): text, not empty."""
    _check_text(instance, field, value, LONGEST_NAME)
    if not value.strip():
        fail(instance, field, "the name is empty", "CJ004")


def _check_text(instance: Any, field: Any, value: Any, longest: int) -> None:
    if not isinstance(value, str):
        fail(instance, field, f"text was expected, not {shown(value)}")
    if len(value) > longest:
        fail(instance, field, f"{len(value):,} characters are too many, at most {longest:,}", "CJ004")
    if found := _CONTROLS.search(value):
        fail(instance, field, f"the character U+{ord(found[0]):04X} cannot stand in a text", "CJ004")


def boolean(instance: Any, field: Any, value: Any) -> None:
    """True or False, nothing that merely counts as one."""
    if not isinstance(value, bool):
        fail(instance, field, f"true or false was expected, not {shown(value)}")


def positive(instance: Any, field: Any, value: Any) -> None:
    """A duration that is longer than nothing."""
    try:
        if as_duration(value) > timedelta(0):
            return
    except CriterionError as error:
        fail(instance, field, str(error), "CJ006")
    fail(instance, field, f"a duration longer than nothing was expected, not {shown(value)}", "CJ006")


def a_day(instance: Any, field: Any, value: Any) -> None:
    """A day of the calendar, without a time."""
    if isinstance(value, datetime) or not isinstance(value, date):
        message = f"a day was expected, written year-month-day such as '2026-11-30', not {shown(value)}"
        fail(instance, field, message)


def a_criterion(instance: Any, field: Any, value: Any) -> None:
    """A criterion; text that reached this validator could not be read, and here it is told why."""
    if isinstance(value, Criterion):
        return
    message = f"a criterion or its text was expected, not {shown(value)}"
    if isinstance(value, Term):
        message = f"{value} is a term; compare it with something, such as {value} >= 3"
    elif isinstance(value, str):
        try:
            parse(value)
        except CriterionError as error:
            message = str(error)
    raise CriterionError(_thing(instance), [Problem("CJ005", "error", field.name, message)])


def one_of(*options: str) -> Validator:
    """One word of a short list."""

    def check(instance: Any, field: Any, value: Any) -> None:
        if value not in options if isinstance(value, str) else True:
            hint = did_you_mean(value, options) if isinstance(value, str) else ""
            message = f"one of {', '.join(options)} was expected, not {shown(value)}{hint}"
            fail(instance, field, message, "CJ003")

    check.options = options  # type: ignore[attr-defined]
    return check


def whole(low: int, high: int) -> Validator:
    """A whole number from low to high."""

    def check(instance: Any, field: Any, value: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            fail(instance, field, f"a whole number from {low} to {high} was expected, not {shown(value)}")

    check.minimum, check.maximum = low, high  # type: ignore[attr-defined]
    return check


def a_number(instance: Any, field: Any, value: Any) -> None:
    """A finite number, exact as a float."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        fail(instance, field, f"a number was expected, not {shown(value)}")
    if isinstance(value, int):
        fail(instance, field, "the number is too large to be exact (beyond 2**53)")
    if not math.isfinite(value):
        fail(instance, field, f"a finite number was expected, not {value!r}")


def between(low: float, high: float = math.inf) -> Validator:
    """A finite number from low to high."""

    def check(instance: Any, field: Any, value: Any) -> None:
        a_number(instance, field, value)
        if not low <= value <= high:
            span = f"{low:g} or more" if math.isinf(high) else f"from {low:g} to {high:g}"
            fail(instance, field, f"a number {span} was expected, not {value:g}")

    check.minimum = low  # type: ignore[attr-defined]
    if not math.isinf(high):
        check.maximum = high  # type: ignore[attr-defined]
    return check


a_score = between(-LARGEST_SCORE, LARGEST_SCORE)


def a_span(instance: Any, field: Any, value: Any) -> None:
    """Two finite numbers, the lower one first."""
    if not isinstance(value, tuple) or len(value) != 2:
        fail(instance, field, f"two numbers were expected, lowest and highest, not {shown(value)}")
    for entry in value:
        a_score(instance, field, entry)
    if not value[0] < value[1]:
        fail(instance, field, f"the lowest comes first and below the highest, not {shown(value)}")


def optional(validator: Validator) -> Validator:
    """None, or what the validator wants."""

    def check(instance: Any, field: Any, value: Any) -> None:
        if value is not None:
            validator(instance, field, value)

    check.inner = validator  # type: ignore[attr-defined]
    return check


def members(validator: Validator) -> Validator:
    """A tuple whose members the validator accepts, none of them twice."""

    def check(instance: Any, field: Any, value: Any) -> None:
        a_tuple(instance, field, value)
        for member in value:
            validator(instance, field, member)
        if len(set(value)) < len(value):
            twice = next(member for member in value if value.count(member) > 1)
            fail(instance, field, f"{shown(twice)} stands twice")

    check.inner = validator  # type: ignore[attr-defined]
    return check


def a_tuple(instance: Any, field: Any, value: Any) -> None:
    """A tuple of a length that somebody could have written."""
    if not isinstance(value, tuple):
        fail(instance, field, f"a list was expected, not {shown(value)}")
    if len(value) > MOST_MEMBERS:
        fail(instance, field, f"more than {MOST_MEMBERS:,} entries")


def rising(validator: Validator = a_number) -> Validator:
    """A tuple of numbers, each above the one before it."""

    def check(instance: Any, field: Any, value: Any) -> None:
        a_tuple(instance, field, value)
        for entry in value:
            validator(instance, field, entry)
        if any(after <= before for before, after in pairwise(value)):
            fail(instance, field, f"each number must be above the one before it, not {shown(value)}")

    check.inner = validator  # type: ignore[attr-defined]
    return check


def each(kind: type) -> Validator:
    """A tuple of elements of this kind."""

    def check(instance: Any, field: Any, value: Any) -> None:
        a_tuple(instance, field, value)
        for member in value:
            if not isinstance(member, kind):
                fail(instance, field, f"a list of {kind.__name__} was expected, with {shown(member)} in it")

    return check


def instance_of(kind: type) -> Validator:
    """A value of this kind."""

    def check(instance: Any, field: Any, value: Any) -> None:
        if not isinstance(value, kind):
            fail(instance, field, f"a {kind.__name__} was expected, not {shown(value)}")

    return check


def pairs_of(validator: Validator) -> Validator:
    """Pairs of a name and a value that the validator accepts, no name twice."""

    def check(instance: Any, field: Any, value: Any) -> None:
        if not isinstance(value, tuple) or not all(map(_is_named, value)):
            fail(instance, field, f"a mapping from names to values was expected, not {shown(value)}")
        for key, entry in value:
            name(instance, field, key)
            validator(instance, field, entry)
        if len(dict(value)) < len(value):
            fail(instance, field, "a name stands twice")

    check.inner = validator  # type: ignore[attr-defined]
    return check
