"""All checks of a journey, and what every code means."""

from __future__ import annotations

from datetime import date
from itertools import islice
from typing import Literal

from ..errors import MOST_PROBLEMS, Problem, UsageError
from . import _checks_graph, _checks_names, _checks_plan, _checks_types, _fields
from ._checking import Check
from ._definition import Definition

__all__ = ["CHECKS", "codes", "problems"]

CHECKS: tuple[Check, ...] = tuple(
    sorted(
        (*_checks_graph.CHECKS, *_checks_names.CHECKS, *_checks_types.CHECKS, *_checks_plan.CHECKS),
        key=lambda check: check.code,
    )
)
_OF_FIELDS = {
    "CJ001": "A value that the field cannot hold.",
    "CJ002": "An id that is none: up to 64 ASCII letters, digits, _ and -.",
    "CJ003": "A word that is not among those of the field.",
    "CJ004": "A text that is empty, too long or holds characters that no file can.",
    "CJ005": "A criterion that cannot be read or makes no sense.",
    "CJ006": "A duration that cannot be read or is not longer than nothing.",
    "CJ007": "Fields of one element that contradict each other.",
    "CJ010": "A field of a file that does not exist.",
    "CJ011": "A value of a file that is of the wrong kind.",
    "CJ012": "A field that a file must have and has not.",
    "CJ013": "A file format that this version does not know.",
}


def codes() -> dict[str, tuple[Literal["error", "warning"], str]]:
    """Every code with its severity and what it means.

    >>> codes()["CJ102"]
    ('warning', 'A stage, neither lost nor won, that no customer can ever leave.')
    """
    fields: dict[str, tuple[Literal["error", "warning"], str]] = {
        code: ("error", summary) for code, summary in _OF_FIELDS.items()
    }
    return fields | {check.code: (check.severity, check.summary) for check in CHECKS}


def problems(
    journey: Definition, severity: Literal["error", "warning"], *, on: date | str | None = None
) -> tuple[Problem, ...]:
    """What the checks of one severity find, by code and place; of errors, the first 500.

    Args:
        journey: the definition.
        severity: ``error`` or ``warning``.
        on: the day on which dates are looked at; unsaid, today.
    """
    day = date.today() if on is None else _fields.day(on)
    if type(day) is not date:
        raise UsageError(f"on is a day such as '2026-11-30', not {_fields.shown(on)}")
    chosen = (check for check in CHECKS if check.severity == severity)
    found = (problem for check in chosen for problem in check(journey, day))
    return tuple(islice(found, MOST_PROBLEMS) if severity == "error" else found)
