"""How wide a text is on the page, and how it breaks into lines that fit."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files

__all__ = ["fits_exactly", "fitted", "width_of", "wrapped"]

ELLIPSIS = "…"
# Advances in thousandths of the font size of what the table does not know; on the safe side.
UNKNOWN, WIDE, PICTURE = 900, 1050, 1400
MOST = 2000  # characters of one text that are looked at


@lru_cache(maxsize=2)
def _advances(style: str) -> dict[str, int]:
    """In thousandths of the font size: those of Liberation Sans, to which Arial and Helvetica keep."""
    table = json.loads(files(__package__).joinpath("widths.json").read_text("utf-8"))[style]
    return {character: int(advance) for advance, characters in table.items() for character in characters}


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """The width of a text in one line, in pixels.

    >>> width_of("care", 10), width_of("care", 10, bold=True)
    (19.45, 20.57)
    """
    advances = _advances("bold" if bold else "regular")
    total = sum(advances[one] if one in advances else _guessed(one) for one in text)
    return round(total * size / 1000, 2)


def fits_exactly(text: str) -> bool:
    """Whether the table knows every character, so that the width is measured and not guessed."""
    return all(one in _advances("regular") for one in text)


@lru_cache(maxsize=4096)
def _guessed(character: str) -> int:
    category = unicodedata.category(character)
    if category in ("Mn", "Me", "Cf"):
        return 0
    if ord(character) > 0x1F000 or category == "So":
        return PICTURE
    return WIDE if unicodedata.east_asian_width(character) in "WF" else UNKNOWN


def fitted(text: str, width: float, size: float, *, bold: bool = False) -> str:
    """The text in one line, cut with an ellipsis where it is too wide."""
    lines = wrapped(text, width, size, lines=1, bold=bold)
    return lines[0] if lines else ""


def wrapped(text: str, width: float, size: float, *, lines: int, bold: bool = False) -> tuple[str, ...]:
    """The text in so many lines at most, each within the width; what is left over becomes an ellipsis.

    >>> wrapped("first value within a month", 60, 10, lines=2)
    ('first value', 'within a m…')
    """
    words = text[:MOST].split()
    found: list[str] = []
    line = ""
    for word in _pieces(words, width, size, bold):
        joined = f"{line} {word}" if line else word
        if width_of(joined, size, bold=bold) <= width:
            line = joined
            continue
        if len(found) == lines - 1:
            return (*found, _cut(joined, width, size, bold))
        found.append(line)
        line = word
    shortened = len(text) > MOST
    return (*found, _cut(line + ELLIPSIS, width, size, bold) if shortened else line) if line else ()


def _pieces(words: list[str], width: float, size: float, bold: bool) -> Iterator[str]:
    """Words, those that are wider than a line broken where it ends."""
    for word in words:
        rest = word
        while width_of(rest, size, bold=bold) > width:
            end = _end(rest, width, size, bold)
            yield rest[:end]
            rest = rest[end:]
        if rest:
            yield rest


def _end(text: str, width: float, size: float, bold: bool) -> int:
    """How many characters fit, at least one; a mark stays with what it marks."""
    end = 1
    while end < len(text) and width_of(text[: end + 1], size, bold=bold) <= width:
        end += 1
    while end < len(text) and unicodedata.category(text[end]) in ("Mn", "Me", "Cf"):
        end += 1
    return end


def _cut(text: str, width: float, size: float, bold: bool) -> str:
    if width_of(text, size, bold=bold) <= width:
        return text
    end = _end(text, width - width_of(ELLIPSIS, size, bold=bold), size, bold)
    return text[:end].rstrip() + ELLIPSIS
