"""CSV as Arrow tables: every column as text, every row counted, every quotation mark closed."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import attrs

from ..errors import DataError, did_you_mean
from ._columns import shown

__all__ = ["FileOptions", "Rows", "chosen", "read_csv"]

PACKED = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd"}
CHUNK = 1 << 20
BLOCK = 1 << 22
LONGEST_HEADER = 1 << 22
BYTE_ORDER_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
DELIMITERS = (";", "\t", "|", ",")


@attrs.frozen
class FileOptions:
    """How files are read.

    Attributes:
        delimiter: between the values of a CSV row; None means a comma, in ``.tsv`` a tab.
        quote: around values that hold a delimiter; None if quotation marks are text like any other.
        encoding: of CSV files.
        max_bytes: how much memory the decoded columns may take.
    """

    delimiter: str | None = None
    quote: str | None = '"'
    encoding: str = "utf-8"
    max_bytes: int = 4 << 30


@attrs.define
class Rows:
    """What was read so far: the memory it takes and the CSV rows that had too many or too few values."""

    options: FileOptions
    n_bytes: int = 0
    ragged: list[str] = attrs.field(factory=list)

    def count(self, n_bytes: int, path: Path) -> None:
        """Count memory that was taken.

        Raises:
            DataError: if it is more than ``max_bytes``.
        """
        self.n_bytes += n_bytes
        self.refuse_beyond(0, path)

    def refuse_beyond(self, n_bytes: int, path: Path) -> None:
        """Raise if that much more memory would be too much.

        Raises:
            DataError: if it is more than ``max_bytes``.
        """
        if self.n_bytes + n_bytes > self.options.max_bytes:
            raise DataError(
                f"{path}: the columns decode to more than {self.options.max_bytes:,} bytes; "
                "raise max_bytes if that is right, or read fewer columns or files"
            )


class _Decoded(io.RawIOBase):
    """A file as UTF-8, with the quotation marks counted while it is read, and a line end at its end."""

    def __init__(self, file: Any, encoding: str, quote: str | None) -> None:
        self._file = file
        is_utf8 = codecs.lookup(encoding).name == "utf-8"
        self._decoder = None if is_utf8 else codecs.getincrementaldecoder(encoding)()
        self._checker = codecs.getincrementaldecoder("utf-8")()
        self._quote = (quote or "").encode()
        self._buffer = bytearray()
        self._is_done = False
        self.n_quotes = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while not self._is_done and (size < 0 or len(self._buffer) < size):
            self._fill()
        count = len(self._buffer) if size < 0 else size
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        self._checker.decode(taken)  # Arrow hands over rows that it cannot read as text
        return taken

    def peek(self) -> bytes:
        """The first megabyte, which stays to be read."""
        self._fill()
        return bytes(self._buffer)

    def _fill(self) -> None:
        raw = self._file.read(CHUNK)
        self._is_done = not raw
        chunk = raw if self._decoder is None else self._decoder.decode(raw, not raw).encode()
        if self._quote:
            self.n_quotes += chunk.count(self._quote)
        self._buffer += chunk
        if self._is_done:
            self._buffer += b"\n"


def read_csv(file: Any, path: Path, columns: Iterable[str] | None, rows: Rows) -> Any:
    """A ``pyarrow.Table`` of text columns.

    Raises:
        DataError: with the path, if columns are missing or a quotation mark is not closed.
    """
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    options = rows.options
    delimiter = options.delimiter or ("\t" if ".tsv" in path.suffixes else ",")
    codec = PACKED.get(path.suffix.lower())
    plain = pa.CompressedInputStream(file, codec) if codec else file
    source = _Decoded(plain, options.encoding, options.quote)
    names = chosen(_header(source, path, delimiter, options), columns, path, delimiter)

    def keep_ragged(row: Any) -> str:
        found = f"{row.actual_columns} values for {row.expected_columns} columns"
        rows.ragged.append(f"{path}:{row.number} has {found}: {shown(row.text)}")
        return "skip"

    reader = arrow_csv.open_csv(
        pa.PythonFile(source, "r"),
        read_options=arrow_csv.ReadOptions(block_size=BLOCK, use_threads=False),
        parse_options=arrow_csv.ParseOptions(
            delimiter=delimiter,
            quote_char=options.quote or False,
            newlines_in_values=bool(options.quote),
            invalid_row_handler=keep_ragged,
        ),
        convert_options=arrow_csv.ConvertOptions(
            column_types={name: pa.large_string() for name in names},
            include_columns=names,
            strings_can_be_null=False,
            null_values=[],
        ),
    )
    batches = []
    for batch in reader:
        rows.count(batch.nbytes, path)
        batches.append(batch)
    if source.n_quotes % 2:
        raise DataError(f"{path}: one quotation mark is not closed; pass quote=None if they are mere text")
    return pa.Table.from_batches(batches, reader.schema)


def _header(source: _Decoded, path: Path, delimiter: str, options: FileOptions) -> list[str]:
    head = source.peek()
    if head[:2] in BYTE_ORDER_MARKS and options.encoding == "utf-8":
        raise DataError(f"{path}: the text is UTF-16; pass encoding='utf-16'")
    text = io.StringIO(head.decode("utf-8-sig", errors="replace"), newline="")
    quoting: dict[str, Any] = {"quotechar": options.quote} if options.quote else {"quoting": csv.QUOTE_NONE}
    try:
        return next((row for row in csv.reader(text, delimiter=delimiter, **quoting) if row), [])
    except csv.Error as error:
        raise DataError(f"{path}: the header cannot be read: {error}") from error


def chosen(
    names: Sequence[str], columns: Iterable[str] | None, path: Path, delimiter: str | None = None
) -> list[str]:
    """The columns to read, each of which must be there once.

    Raises:
        DataError: if one is not, with the nearest name or a likelier delimiter.
    """
    wanted = [*names] if columns is None else [*dict.fromkeys(columns)]
    for name in wanted:
        count = [*names].count(name)
        if count > 1:
            raise DataError(f"{path}: {count} columns are called {shown(name)}; names must differ")
        if not count:
            found = ", ".join(map(shown, names[:12])) or "none"
            hint = did_you_mean(name, names) or _other_delimiter(names, delimiter)
            raise DataError(f"{path}: there is no column {shown(name)}{hint}; columns are {found}")
    return wanted


def _other_delimiter(names: Sequence[str], delimiter: str | None) -> str:
    likely = [other for other in DELIMITERS if delimiter and len(names) == 1 and other in names[0]]
    return f" (pass delimiter={likely[0]!r}?)" if likely else ""
