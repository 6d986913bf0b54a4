"""Files become sheets: columns of text by name, and what was odd about their rows."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import attrs

from ...errors import CJError, DataError, MissingExtraError
from .._ledger import Findings
from ._decoding import decoded, repaired
from ._json import records_of, spread
from ._sources import Source, safe_archive
from ._values import days_of
from ._xes import traces_of

__all__ = ["Sheet", "sheets_of"]

MOST_COLUMNS = 5_000
MOST_CELLS = 50_000_000
DELIMITERS = ",;\t|"
FOOTER = re.compile(r"copyright \(c\)|confidential information|all rights reserved", re.IGNORECASE)
IMPORT_ID = re.compile(r"\{\s*['\"]ImportId['\"]")
CELL = re.compile(rb'<c\b[^>]*?\br="([A-Z]{1,3})(\d{1,7})"')


@attrs.frozen(kw_only=True, eq=False)
class Sheet:
    """One table of text.

    Attributes:
        file: the path of its file below the folder.
        part: which of several sheets or members of the file it is; empty if it is all of it.
        stem: by what name it may be known.
        names: of the columns, each once.
        headings: the names as they stand in the file.
        labels: what else stands above the columns, such as the wording of questions.
        columns: (n_columns) lists of text, empty where there is nothing.
        n_rows: how many rows.
        has_comma: whether a lone comma in a number is probably a decimal one.
        days: whether days with slashes begin with the day or the month, as far as the sheet tells.
    """

    file: str
    part: str
    stem: str
    names: tuple[str, ...]
    headings: tuple[str, ...]
    labels: tuple[str, ...]
    columns: tuple[list[str], ...] = attrs.field(repr=False)
    n_rows: int
    has_comma: bool = False
    days: str | None = None

    def told(self, position: int) -> str:
        """The name of a column as the report calls it."""
        return f"{self.part}: {self.names[position]}" if self.part else self.names[position]

    @property
    def place(self) -> str:
        """Where it stands."""
        return f"{self.file}: {self.part}" if self.part else self.file


def sheets_of(source: Source, findings: Findings, *, repair: bool, dates: str | None) -> Iterator[Sheet]:
    """The sheets of a file.

    Raises:
        DataError: with the file, if it cannot be read at all.
        MissingExtraError: if a workbook comes and nothing is there that reads one.
    """
    place = f"{source.file}: {source.member}" if source.member else source.file
    try:
        if source.kind == "xlsx":
            read = _of_workbook(source, place)
        elif source.kind == "json":
            read = [("", _of_json(source, place, findings))]
        elif source.kind == "xes":
            read = [("", spread(traces_of(source.content, place)))]
        else:
            read = [("", _of_csv(source, place, findings))]
    except CJError:
        raise
    except (ValueError, RecursionError, csv.Error, MemoryError) as error:
        raise DataError(f"{place}: {' '.join(str(error).split())[:300] or type(error).__name__}") from error
    comma = source.kind == "csv" and _delimiter(decoded(source.content[:65_536])[0]) == ";"
    for name, rows in read:
        part = ": ".join(filter(None, (source.member, name)))
        sheet = _sheet(rows, source, part, place, findings, has_comma=comma)
        if sheet is not None:
            sheet = _mended(sheet, findings, repair=repair)
            days = dates or days_of(chain.from_iterable(sheet.columns))
            yield attrs.evolve(sheet, stem=name or source.stem, days=days)


def _sheet(
    rows: list[list[str]], source: Source, part: str, place: str, findings: Findings, *, has_comma: bool
) -> Sheet | None:
    rows = [row for row in _without_footer(rows, place, findings) if any(cell.strip() for cell in row)]
    if not rows:
        findings.note("empty sheet", 1, f"{source.file}: {part}" if part else source.file)
        return None
    headings, *rest = rows
    while headings and not headings[-1].strip():  # a delimiter too many at the end of the header
        headings = headings[:-1]
    if len(headings) > MOST_COLUMNS:
        raise DataError(f"{place}: {len(headings):,} columns; at most {MOST_COLUMNS:,} are read")
    labels: Sequence[str] = [""] * len(headings)
    if len(rest) > 1 and any(IMPORT_ID.match(cell.strip()) for cell in rest[1]):
        labels, rest = (rest[0] + [""] * len(headings))[: len(headings)], rest[2:]
        findings.note("rows of headings below the first", 2, place)
    rest = _of_one_length(rest, len(headings), place, findings)
    columns = tuple([cell.strip("\ufeff") for cell in column] for column in zip(*rest, strict=True))
    return Sheet(
        file=source.file,
        part=part,
        stem="",
        names=_each_once(headings),
        headings=tuple(heading.strip().strip("\ufeff") for heading in headings),
        labels=tuple(labels),
        columns=columns or tuple([] for _ in headings),
        n_rows=len(rest),
        has_comma=has_comma,
    )


def _each_once(headings: Sequence[str]) -> tuple[str, ...]:
    """Names as they stand; one that is empty or was there before gets its position."""
    names: dict[str, None] = {}
    for i, heading in enumerate(headings, start=1):
        name = heading.strip().strip("\ufeff")
        unique = name if name and name not in names else f"{name} (column {i})".strip()
        while unique in names:
            unique += "'"
        names[unique] = None
    return tuple(names)


def _of_one_length(rows: list[list[str]], width: int, place: str, findings: Findings) -> list[list[str]]:
    """The rows that fit the header; empty cells too many or too few do not matter at the end of a row."""
    kept, odd = [], []
    for number, row in enumerate(rows):
        if len(row) > width and not any(cell.strip() for cell in row[width:]):
            row = row[:width]
        if len(row) == width:
            kept.append(row)
        else:
            odd.append(number)
    if odd:
        first = f"row {odd[0]} has {len(rows[odd[0]])} values for {width} columns"
        findings.note("left out: rows that do not fit the header", len(odd), f"{place}: {first}")
    return kept


def _without_footer(rows: list[list[str]], place: str, findings: Findings) -> list[list[str]]:
    """Rows without the lines that a report has below them: single cells, one of which is a copyright."""
    end = len(rows)
    while end > 1 and (len(rows[end - 1]) <= 1 or FOOTER.match(rows[end - 1][0])):
        end -= 1
    below = [" ".join(row).strip() for row in rows[end:]]
    if len(rows[0]) < 2 or not any(FOOTER.search(line) for line in below):
        return rows
    findings.note("lines of a report's footer", sum(map(bool, below)), f"{place}: {below[-1]!r:.80}")
    return rows[:end]


def _mended(sheet: Sheet, findings: Findings, *, repair: bool) -> Sheet:
    """The sheet, with text repaired that was once read in the wrong encoding; told in either case."""
    known: dict[str, tuple[str, str]] = {}

    def mended(text: str) -> str:
        if text.isascii():
            return text
        if text not in known:
            known[text] = repaired(text)
        better, codec = known[text]
        if codec:
            counts[codec] = counts.get(codec, 0) + 1
            examples.setdefault(codec, text)
        return better if repair else text

    counts: dict[str, int] = {}
    examples: dict[str, str] = {}
    columns = tuple([mended(cell) for cell in column] for column in sheet.columns)
    headings = tuple(repaired(heading)[0] for heading in sheet.headings)  # so that the fields are known
    for codec, count in counts.items():
        read_as = "Mac Roman" if codec == "mac_roman" else "Windows-1252"
        done = "repaired" if repair else "left as it is: pass repair=True"
        detail = f"{sheet.place}: {done}, such as {examples[codec]!r:.60}"
        findings.note(f"cells of UTF-8 that was once read as {read_as}", count, detail)
    return attrs.evolve(sheet, columns=columns, headings=headings)


def _of_csv(source: Source, place: str, findings: Findings) -> list[list[str]]:
    text, told = decoded(source.content)
    if told:
        findings.note("encoding", 1, f"{place}: {told}")
    if "\0" in text:
        raise DataError(f"{place}: there are NUL characters in it; it is no text, or UTF-16 without its mark")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    delimiter = _delimiter(text)
    return [*csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)]


def _delimiter(text: str) -> str:
    """The sign that stands most often in the header, outside of quotation marks."""
    head = next((line for line in text.splitlines() if line.strip()), "")
    bare = re.sub(r'"[^"]*"', "", head)
    return max(DELIMITERS, key=bare.count)


def _of_json(source: Source, place: str, findings: Findings) -> list[list[str]]:
    text, told = decoded(source.content)
    if told:
        findings.note("encoding", 1, f"{place}: {told}")
    return spread(records_of(text, place, findings))


def _of_workbook(source: Source, place: str) -> list[tuple[str, list[list[str]]]]:
    try:
        from python_calamine import CalamineWorkbook
    except ImportError as error:
        raise MissingExtraError("python-calamine", "excel", f"reading {place}") from error
    _check_extent(source.content, place)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(source.content))
        read = [(name, book.get_sheet_by_name(name).to_python()) for name in book.sheet_names]
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # what is written in Rust may panic, and that is no Exception
        raise DataError(f"{place}: the workbook cannot be read: {error}") from error
    filled = [(name, [[*map(_cell, row)] for row in rows]) for name, rows in read if rows]
    return filled if len(filled) > 1 else [("", rows) for _, rows in filled]


def _check_extent(content: bytes, place: str) -> None:
    """Refuse workbooks in which a few cells far apart span more than memory holds."""
    archive = safe_archive(content, place)
    for info in archive.infolist():
        if not info.filename.startswith("xl/worksheets/"):
            continue
        try:
            cells = CELL.findall(archive.read(info))
        except Exception as error:  # a damaged archive fails in the ways of zipfile, zlib and struct
            raise DataError(f"{place}: {info.filename}: {error}") from error
        if cells:
            width = max(
                sum((ord(c) - 64) * 26**i for i, c in enumerate(reversed(name.decode())))
                for name in {name for name, _ in cells}
            )
            height = max(int(row) for _, row in cells)
            if width * height > max(MOST_CELLS // 50, 50 * len(cells)):
                raise DataError(f"{place}: {len(cells):,} cells span {height:,} × {width:,}")


def _cell(value: Any) -> str:
    """A cell as text: whole numbers without a point, times as ISO text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
