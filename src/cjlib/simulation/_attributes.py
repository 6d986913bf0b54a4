"""The attributes of simulated customers: which values they may take and what these make true."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import attrs
import numpy as np
from numpy.typing import NDArray

from ._literals import Literal, UnplannableError

__all__ = ["AIMS", "Domain", "aims_of", "dates_of", "domains_of"]

Value = str | float | bool | tuple[str, ...] | None
AIMS = (2, 6)  # the least and the most that a customer's own aim can be


@attrs.frozen(eq=False)
class Domain:
    """The values that a watched attribute may take; the first is None, unknown."""

    name: str
    values: tuple[Value, ...]

    def truth(self, literal: Literal) -> NDArray[np.bool_]:
        """Per value, whether the literal is true."""
        return np.array([_is_true(literal, value) for value in self.values])


def _is_true(literal: Literal, value: Value) -> bool:
    operator, options = literal.operator, literal.options
    if operator in ("known", "unknown"):
        return (value is not None) == (operator == "known")
    if value is None:
        return False
    if operator in ("contains", "lacks"):
        return isinstance(value, tuple) and (options[0] in value) == (operator == "contains")
    if operator in ("in", "not in"):
        return (value in options) == (operator == "in")
    if operator in ("==", "!="):
        return (value == options[0]) == (operator == "==")
    if isinstance(value, (str, tuple)) or isinstance(options[0], str):
        return False
    bound = _number(options[0]) or 0.0
    return {">=": value >= bound, ">": value > bound, "<=": value <= bound, "<": value < bound}[operator]


def dates_of(literals: Iterable[Literal], declared: dict[str, str]) -> frozenset[str]:
    """The attributes that hold a date: read by ``until`` or declared so."""
    read = {str(literal.attribute) for literal in literals if literal.sort.startswith("until")}
    return frozenset(read | {name for name, kind in declared.items() if kind == "date"})


def aims_of(literals: Iterable[Literal]) -> frozenset[str]:
    """The attributes that hold each customer's own aim for a count or value."""
    return frozenset(literal.aim for literal in literals if literal.aim is not None)


def domains_of(
    literals: Iterable[Literal],
    declared: dict[str, str],
    options: dict[str, tuple[str, ...]],
    changing: set[str],
) -> dict[str, Domain]:
    """A domain per attribute that a ``holds`` literal reads or whose changes are counted."""
    grouped: dict[str, list[Literal]] = {name: [] for name in sorted(changing)}
    for literal in literals:
        if literal.sort == "holds":
            grouped.setdefault(str(literal.attribute), []).append(literal)
    found = {}
    for name, group in grouped.items():
        values = _values(name, group, declared.get(name, ""), options.get(name, ()))
        found[name] = Domain(name, (None, *dict.fromkeys(values)))
    return found


def _values(name: str, group: list[Literal], declared: str, options: tuple[str, ...]) -> list[Value]:
    mentioned = [option for literal in group for option in literal.options if option is not None]
    if declared == "set" or any(literal.operator in ("contains", "lacks") for literal in group):
        return _sets(list(dict.fromkeys([*map(str, mentioned), *options])))
    if declared == "boolean" or any(isinstance(option, bool) for option in mentioned):
        return [True, False]
    if declared == "number" or any(not isinstance(option, str) for option in mentioned):
        return _numbers([one for one in map(_number, mentioned) if one is not None])
    if options:
        return list(options)
    return [*map(str, mentioned), *(f"{name} {letter}" for letter in "AB")]


def _sets(options: list[str]) -> list[Value]:
    if len(options) > 4:
        return [*((option,) for option in options), tuple(options), ()]
    return [subset for size in range(len(options) + 1) for subset in itertools.combinations(options, size)]


def _number(option: object) -> float | None:
    return float(option) if isinstance(option, (int, float)) else None


def _numbers(mentioned: list[float]) -> list[Value]:
    if not mentioned:
        return [5.0, 10.0, 25.0, 50.0]
    step = 1.0 if all(abs(number) >= 2 or number == int(number) for number in mentioned) else 0.05
    return [round(number + step * shift, 6) for number in mentioned for shift in (0, 1, -1, 3, -3)]


def checked(literal: Literal, dates: frozenset[str], aims: frozenset[str]) -> None:
    """Refuse what attributes cannot be made to do."""
    if literal.sort != "holds":
        return
    if literal.attribute in dates and literal.operator not in ("known", "unknown"):
        raise UnplannableError(f"{literal.text}: a date held against a fixed day")
    if literal.attribute in aims:
        raise UnplannableError(f"{literal.text}: the attribute is an aim of customers as well")
