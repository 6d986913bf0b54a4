"""Files of rows, CSV and Parquet, as Arrow tables: nothing inferred, nothing too large, every error told."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ..errors import DataError, MissingExtraError, UsageError, did_you_mean
from ._columns import shown
from ._csv import PACKED, FileOptions, Rows, chosen, read_csv

__all__ = ["read_files"]

KINDS = {".csv": "csv", ".txt": "csv", ".tsv": "csv", ".parquet": "parquet", ".pq": "parquet"}


def read_files(source: Any, columns: Iterable[str] | None, options: FileOptions) -> tuple[Any, list[str]]:
    """A ``pyarrow.Table`` of the rows of all files, and the CSV rows that don't fit the header.

    Args:
        source: a path, a folder, or several of them.
        columns: the columns to read; None reads all. In CSV every column is read as text.
        options: how to read.

    Raises:
        DataError: with the path, if anything about a file is wrong.
    """
    pa = _pyarrow()
    rows = Rows(options)
    tables = [_read_file(path, root, columns, rows) for path, root in _all_files(source)]
    try:
        return pa.concat_tables(tables, promote_options="permissive"), rows.ragged
    except pa.ArrowException as error:
        raise DataError(f"{shown(source)}: the files have columns of different types: {error}") from error


def _pyarrow() -> Any:
    try:
        import pyarrow
    except ImportError as error:
        raise MissingExtraError("pyarrow", "io", "reading files") from error
    return pyarrow


def _all_files(source: Any) -> Iterator[tuple[Path, Path]]:
    """Every file, and the folder it was found in."""
    if isinstance(source, (str, os.PathLike)):
        sources: Sequence[Any] = [source]
    elif isinstance(source, Iterable) and not isinstance(source, (bytes, bytearray)):
        sources = [*source]
    else:
        raise UsageError(f"a path, a folder or several were expected, not {shown(source)}")
    if not sources:
        raise DataError("no file was given")
    for one in sources:
        if not isinstance(one, (str, os.PathLike)):
            raise UsageError(f"a path was expected, not {shown(one)}")
        path = Path(one).expanduser()
        yield from _files_at(path)


def _files_at(path: Path) -> Iterator[tuple[Path, Path]]:
    mode = _mode(path)
    if stat.S_ISREG(mode):
        yield path, path.parent
    elif stat.S_ISDIR(mode):
        yield from ((file, path) for file in _files_in(path))
    else:
        raise DataError(f"{path}: a file or a folder was expected, not a device or a pipe")


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except (OSError, ValueError) as error:
        text = repr(str(path))
        text = text if len(text) < 300 else f"{text[:100]}…{text[-100:]}"
        raise DataError(f"{text}: {_reason(error)}{did_you_mean(path.name, _names_beside(path))}") from error


def _names_beside(path: Path) -> list[str]:
    try:
        return [entry.name for entry in path.parent.iterdir()]
    except (OSError, ValueError):
        return []


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)


def _files_in(folder: Path) -> list[Path]:
    """The files of a folder, in order of their names, without hidden ones; none may lead out of it."""
    base = folder.resolve()
    found = []
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if any(part.startswith((".", "_")) for part in parts) or not path.is_file():
            continue
        if not path.resolve().is_relative_to(base):
            raise DataError(f"{path}: leads out of the folder {folder}")
        if _kind_by_name(path) is not None:
            found.append(path)
    if not found:
        raise DataError(f"{folder}: the folder has no file whose name ends in {', '.join(sorted(KINDS))}")
    return found


def _kind_by_name(path: Path) -> str | None:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in PACKED:
        suffixes.pop()
    return KINDS.get(suffixes[-1]) if suffixes else None


def _read_file(path: Path, root: Path, columns: Iterable[str] | None, rows: Rows) -> Any:
    pa = _pyarrow()
    try:
        with path.open("rb") as file:
            head = file.read(4)
            file.seek(0)
            if _kind(path, head) == "parquet":
                return _read_parquet(file, path, root, columns, rows)
            return read_csv(file, path, columns, rows)
    except (pa.ArrowException, OSError, EOFError, UnicodeError, LookupError, MemoryError) as error:
        raise DataError(f"{path}: {_told(error)}") from error


def _told(error: BaseException) -> str:
    text = " ".join(str(_reason(error) if isinstance(error, Exception) else error).split())[:300]
    if "UTF8" in text or isinstance(error, UnicodeError):
        return f"the text is not UTF-8 ({text}); pass encoding='latin-1' or what it is"
    if "straddling" in text:
        return "a line is longer than 4 MB, or a quotation mark is not closed"
    return text or type(error).__name__


def _kind(path: Path, head: bytes) -> str:
    if not head:
        raise DataError(f"{path}: the file is empty; a header or Parquet data were expected")
    kind = _kind_by_name(path)
    if kind is None and head != b"PAR1":
        raise DataError(f"{path}: a name that ends in {', '.join(sorted(KINDS))} was expected")
    if kind == "parquet" and head not in (b"PAR1", b"PARE"):
        raise DataError(f"{path}: Parquet files begin with PAR1, this one with {head!r}")
    if kind == "csv" and head[:4] in (b"PAR1", b"PK\x03\x04"):
        what = "a Parquet file" if head == b"PAR1" else "a zip or Excel file"
        raise DataError(f"{path}: CSV was expected, but this is {what}")
    return kind or "parquet"


def _read_parquet(file: Any, path: Path, root: Path, columns: Iterable[str] | None, rows: Rows) -> Any:
    """Text is read as dictionaries, so that a small file cannot unfold into much memory unseen."""
    from pyarrow import parquet

    schema = parquet.ParquetFile(file).schema_arrow
    inside = _partition(path, root)
    wanted = chosen([*schema.names, *(key for key in inside if key not in schema.names)], columns, path)
    in_file = [name for name in wanted if name in schema.names]
    texts = [name for name in in_file if _unfolds(schema.field(name).type)]
    file.seek(0)
    reader = parquet.ParquetFile(file, read_dictionary=texts)
    width = sum(_width(schema.field(name).type) for name in in_file)
    rows.refuse_beyond(reader.metadata.num_rows * width, path)
    return _with_partition(_row_groups(reader, in_file, schema, path, rows), wanted, inside)


def _row_groups(reader: Any, names: list[str], schema: Any, path: Path, rows: Rows) -> Any:
    pa = _pyarrow()
    groups = []
    for i in range(reader.num_row_groups):
        group = reader.read_row_group(i, columns=names)
        rows.count(group.nbytes, path)
        groups.append(group)
    if not groups:
        return schema.empty_table().select(names)
    return pa.concat_tables(groups, promote_options="default")


def _with_partition(table: Any, wanted: list[str], inside: dict[str, str]) -> Any:
    pa = _pyarrow()
    for key in wanted:
        if key not in table.column_names:
            values = pa.array([inside[key]], pa.string()).take(pa.array([0] * len(table), pa.int8()))
            table = table.append_column(key, values.dictionary_encode())
    return table.select(wanted)


def _width(kind: Any) -> int:
    """Bytes per row once decoded, at least: text takes its code."""
    try:
        return max(1, int(kind.bit_width) // 8)
    except ValueError:
        return 4


def _unfolds(kind: Any) -> bool:
    from pyarrow import types

    return bool(
        types.is_string(kind)
        or types.is_large_string(kind)
        or types.is_binary(kind)
        or types.is_large_binary(kind)
    )


def _partition(path: Path, root: Path) -> dict[str, str]:
    """The columns that folders tell by their names, such as ``channel=web``."""
    parts = (part.partition("=") for part in path.parent.relative_to(root).parts)
    return {key: value for key, sign, value in parts if sign}
