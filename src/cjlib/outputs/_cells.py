"""Headings and cells of the report's tables: what is shown, and the number that it stands for."""

from __future__ import annotations

from ._blocks import Cell, Column, Said
from ._words import Words

__all__ = ["TEXT", "NUMBER", "days", "heads", "named", "number", "share"]

TEXT, NUMBER = False, True


def heads(say: Words, *headings: tuple[str, bool]) -> tuple[Column, ...]:
    """Columns by their headings, and whether numbers stand in them."""
    return tuple(Column(heading=say(text), is_number=is_number) for text, is_number in headings)


def named(text: object, *, href: str = "", note: str = "") -> Cell:
    """A cell with a name of the user's."""
    return Cell(said=Said(str(text), is_name=True, href=href), note=note)


def number(say: Words, value: float, digits: int = 0) -> Cell:
    """A cell with a number."""
    return Cell(said=Said(say.number(value, digits)), value=float(value))


def share(say: Words, part: float, whole: float) -> Cell:
    """A cell with a share, which a workbook holds as a number from 0 to 1."""
    return Cell(said=Said(say.share(part, whole)), value=part / whole if whole else None)


def days(say: Words, value: float, note: str = "", tone: str = "") -> Cell:
    """A cell with a length of time, which a workbook holds in days."""
    return Cell(said=Said(say.days(value), tone=tone), note=note, value=float(value))
