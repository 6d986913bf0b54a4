"""What a check is, and how places in a journey are written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Literal

import attrs

from ..criteria import Criterion, Term
from ..errors import Problem
from ._annotations import Aim, Note
from ._definition import Definition

__all__ = ["Check", "Found", "aims", "check", "criteria", "notes", "place", "terms"]

Severity = Literal["error", "warning"]
Found = Iterator[tuple[str, str]]


@attrs.frozen
class Check:
    """One check: a code, what it finds, and the function that finds it.

    Attributes:
        code: never given to another check.
        severity: an error stops the building of the journey.
        summary: what it finds, in one sentence.
        find: from the journey and the day to places and messages.
    """

    code: str
    severity: Severity
    summary: str
    find: Callable[[Definition, date], Found]

    def __call__(self, journey: Definition, day: date) -> Iterator[Problem]:
        for where, message in self.find(journey, day):
            yield Problem(self.code, self.severity, where, message)


def check(code: str, severity: Severity) -> Callable[[Callable[[Definition, date], Found]], Check]:
    """Make a check of a function; the first line of its docstring says what it finds."""

    def decorate(find: Callable[[Definition, date], Found]) -> Check:
        summary = (find.__doc__ or "").partition("\n")[0]
        return Check(code, severity, summary, find)

    return decorate


def place(journey: Definition, kind: str, position: int) -> str:
    """The place of an element: ``stages[3] 'renewal'``; transitions have no id of their own."""
    element = getattr(journey, kind)[position]
    label = getattr(element, "id", None)
    return f"{kind}[{position}] {label!r}" if label is not None else f"{kind}[{position}]"


def criteria(journey: Definition) -> Iterator[tuple[str, Criterion]]:
    """Every criterion of the journey with its place."""
    for position, move in enumerate(journey.transitions):
        yield f"transitions[{position}].when", move.when
        for number, item in enumerate(move.handoff.checklist if move.handoff else ()):
            if item.when is not None:
                yield f"transitions[{position}].handoff.checklist[{number}].when", item.when
    for kind in ("milestones", "signals", "personas"):
        for position, element in enumerate(getattr(journey, kind)):
            if element.when is not None:
                yield f"{kind}[{position}].when", element.when


def terms(journey: Definition) -> Iterator[tuple[str, Term]]:
    """Every term of every criterion with its place."""
    for where, criterion in criteria(journey):
        for term in criterion.terms():
            yield where, term


def aims(journey: Definition) -> Iterator[tuple[str, Aim]]:
    """Every aim with its place."""
    for number, aim in enumerate(journey.aims):
        yield f"journey.aims[{number}]", aim
    for kind in ("stages", "touchpoints", "personas"):
        for position, element in enumerate(getattr(journey, kind)):
            for number, aim in enumerate(element.aims):
                yield f"{kind}[{position}].aims[{number}]", aim


def notes(journey: Definition) -> Iterator[tuple[str, Note]]:
    """Every note with its place."""
    for kind in ("stages", "touchpoints", "personas"):
        for position, element in enumerate(getattr(journey, kind)):
            for number, note in enumerate(element.notes):
                yield f"{kind}[{position}].notes[{number}]", note
