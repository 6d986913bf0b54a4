"""The report as Markdown: everything but the drawings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ._blocks import Bars, Block, Card, Cell, Facts, Figure, Grid, Items, Said, Section, Tiles

__all__ = ["markdown"]

_SPECIAL = re.compile(r"([\\`*_{}\[\]#|~!])")
_BLANK = re.compile("[\u2066-\u2069\u202a-\u202e]")


def markdown(title: str, facts: Sequence[str], sections: Sequence[Section], footer: str) -> str:
    """The report as GitHub-flavoured Markdown in which text of the user's is only ever text."""
    lines = [f"# {_escaped(title)}", "", *(f"{_escaped(fact)}  " for fact in facts), ""]
    for section in sections:
        lines += [f"## {_escaped(section.title)}", ""]
        for block in section.blocks:
            lines += [*_lines(block, 3), ""]
    return "\n".join([*lines, f"_{_escaped(footer)}_", ""])


def _lines(block: Block, level: int) -> Iterator[str]:
    if isinstance(block, Said):
        yield _said(block)
    elif isinstance(block, Grid):
        yield from _grid(block)
    elif isinstance(block, Items):
        yield from (f"- {''.join(map(_said, entry))}" for entry in block.entries)
    elif isinstance(block, Bars):
        yield from (f"- {_escaped(part.shown)} {_escaped(part.name)}" for part in block.parts)
    elif isinstance(block, Facts):
        for question, answers in block.entries:
            yield f"- **{_escaped(question)}** " + " ".join("".join(map(_said, one)) for one in answers)
    elif isinstance(block, Tiles):
        yield from (f"- {_escaped(tile.label)}: **{_escaped(tile.shown)}**" for tile in block.entries)
    elif not isinstance(block, Figure):
        for card in block.entries:
            yield from _card(card, level)


def _card(card: Card, level: int) -> Iterator[str]:
    badge = f" ({_escaped(card.badge.text)})" if card.badge else ""
    yield f"{'#' * level} {_escaped(card.title)}{badge}"
    yield ""
    for block in card.blocks:
        yield from _lines(block, level + 1)
        yield ""


def _grid(grid: Grid) -> Iterator[str]:
    yield _escaped(grid.caption)
    yield ""
    yield "| " + " | ".join(_escaped(column.heading) or " " for column in grid.columns) + " |"
    yield "|" + "|".join(" ---: " if column.is_number else " --- " for column in grid.columns) + "|"
    for row in grid.rows:
        yield "| " + " | ".join(map(_cell, row)) + " |"


def _cell(cell: Cell) -> str:
    if cell.parts:
        return "; ".join(f"{_escaped(part.shown)} {_escaped(part.name)}" for part in cell.parts)
    note = f" ({_escaped(cell.note)})" if cell.note else ""
    return _said(cell.said) + note


def _said(said: Said) -> str:
    if said.code:
        return f"`{_plain(said.text).replace('`', 'ˋ').replace('|', '∣')}`"
    return _escaped(said.text)


def _escaped(text: str) -> str:
    said = _SPECIAL.sub(r"\\\1", _plain(text))
    return said.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _plain(text: str) -> str:
    """In one line, without marks of direction."""
    return " ".join(_BLANK.sub("", text).splitlines())
