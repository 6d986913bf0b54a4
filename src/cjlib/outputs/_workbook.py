"""The tables of the report as an Excel workbook in which nothing is ever a formula."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import MissingExtraError, OutputError
from ._blocks import Block, Cards, Cell, Facts, Grid, Items, Said, Section, Tiles

__all__ = ["save_workbook"]

MOST_CHARACTERS, MOST_NAME = 32_767, 31  # of a cell, of a sheet's name: limits of Excel
_FORBIDDEN = re.compile(r"[\[\]:*?/\\]")
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_MARKS = re.compile("[\u2066-\u2069]")  # of direction: Excel has its own
# Numbers stay numbers; everything else is a string, whatever it looks like.
OPTIONS = {
    "strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False, "in_memory": True,
    "default_date_format": "yyyy-mm-dd hh:mm",
}  # fmt: skip
EPOCH = datetime(2000, 1, 1)


def save_workbook(path: Path, title: str, facts: Sequence[str], sections: Sequence[Section]) -> None:
    """Writes one sheet for the summary and one for each table.

    Raises:
        MissingExtraError: without XlsxWriter.
        OutputError: if the file cannot be written.
    """
    try:
        import xlsxwriter
    except ImportError as error:
        raise MissingExtraError("xlsxwriter", "excel", "a workbook") from error
    try:
        with xlsxwriter.Workbook(str(path), OPTIONS) as book:
            book.set_properties({"title": title[:255], "created": EPOCH})
            styles = {
                "head": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
                "bold": book.add_format({"bold": True}),
                "text": book.add_format({"text_wrap": True, "valign": "top"}),
                "time": book.add_format({"num_format": "yyyy-mm-dd hh:mm", "valign": "top"}),
            }
            _summary(book, title, facts, sections, styles)
            taken = {"summary"}
            for grid in _grids(sections):
                _sheet(book.add_worksheet(_name(grid.name, taken)), grid, styles)
    except (OSError, xlsxwriter.exceptions.XlsxWriterException) as error:
        raise OutputError(f"{path}: it cannot be written ({error})") from error


def _grids(sections: Sequence[Section]) -> list[Grid]:
    found: list[Grid] = []

    def collect(blocks: Sequence[Block]) -> None:
        for block in blocks:
            if isinstance(block, Grid):
                found.append(block)
            elif isinstance(block, Cards):
                for card in block.entries:
                    collect(card.blocks)

    for section in sections:
        collect(section.blocks)
    return found


def _summary(book: Any, title: str, facts: Sequence[str], sections: Sequence[Section], styles: Any) -> None:
    """Everything of the first section, and the text of the others that is no table."""
    sheet = book.add_worksheet("Summary")
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 100)
    lines: list[tuple[str, str]] = [(title, ""), *((fact, "") for fact in facts), ("", "")]
    for block in sections[0].blocks if sections else ():
        lines += _lines(block)
    for row, (left, right) in enumerate(lines):
        sheet.write_string(row, 0, _fit(left), styles["bold"] if row == 0 else styles["text"])
        if right:
            sheet.write_string(row, 1, _fit(right), styles["text"])


def _lines(block: Block) -> list[tuple[str, str]]:
    if isinstance(block, Said):
        return [(block.text, "")]
    if isinstance(block, Facts):
        return [(question, " ".join(_joined(one) for one in answers)) for question, answers in block.entries]
    if isinstance(block, Tiles):
        return [(tile.label, tile.shown) for tile in block.entries]
    if isinstance(block, Items):
        return [("", _joined(entry)) for entry in block.entries]
    return []


def _joined(said: Sequence[Said]) -> str:
    return "".join(one.text for one in said)


def _name(wanted: str, taken: set[str]) -> str:
    """A name that Excel takes and no other sheet has."""
    stem = _FORBIDDEN.sub(" ", wanted).strip("' ")[:MOST_NAME] or "Table"
    name, number = stem, 2
    while name.lower() in taken:
        name = f"{stem[: MOST_NAME - 4]} {number}"
        number += 1
    taken.add(name.lower())
    return name


def _sheet(sheet: Any, grid: Grid, styles: Any) -> None:
    for column, heading in enumerate(grid.columns):
        sheet.write_string(0, column, _fit(heading.heading), styles["head"])
        sheet.set_column(column, column, 14 if heading.is_number else 30)
    sheet.freeze_panes(1, 1)
    for number, row in enumerate(grid.rows, start=1):
        for column, cell in enumerate(row):
            _write(sheet, number, column, cell, styles)


def _write(sheet: Any, row: int, column: int, cell: Cell, styles: Any) -> None:
    if isinstance(cell.value, np.datetime64):
        if not np.isnat(cell.value):
            sheet.write_datetime(row, column, cell.value.astype("datetime64[s]").item(), styles["time"])
    elif cell.value is not None:
        if np.isfinite(cell.value):
            sheet.write_number(row, column, float(cell.value))
    else:
        parts = "; ".join(f"{part.shown} {part.name}" for part in cell.parts)
        text = parts or " ".join(one for one in (cell.said.text, cell.note) if one)
        sheet.write_string(row, column, _fit(text), styles["text"])


def _fit(text: str) -> str:
    return _UNFIT.sub("\N{REPLACEMENT CHARACTER}", _MARKS.sub("", text))[:MOST_CHARACTERS]
