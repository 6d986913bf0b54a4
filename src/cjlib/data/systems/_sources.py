"""The files of a folder and of its archives: nothing unpacked to disk, nothing outside, nothing too large."""

from __future__ import annotations

import gzip
import io
import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import attrs

from ...errors import DataError, UsageError
from .._ledger import Findings

__all__ = ["Source", "Unpacking", "safe_archive", "sources_of"]

KINDS = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".xlsx": "xlsx", ".json": "json", ".jsonl": "json",
    ".ndjson": "json", ".xes": "xes", ".xml": "xes",
}  # fmt: skip
PACKED = (".zip", ".gz")
MOST_FILES = 10_000
LARGE = 10 << 20  # below it, no archive is a bomb
MOST_RATIO = 200
ARCHIVE_ERRORS = (
    OSError,
    EOFError,
    zipfile.BadZipFile,
    zlib.error,
    RuntimeError,
    NotImplementedError,
    ValueError,
)


@attrs.frozen(kw_only=True)
class Source:
    """The content of one file.

    Attributes:
        file: the path below the folder.
        member: the name inside of the archive that the file is; empty if it is none.
        kind: ``csv``, ``xlsx``, ``json`` or ``xes``.
        content: the bytes.
    """

    file: str
    member: str
    kind: str
    content: bytes = attrs.field(repr=False)

    @property
    def stem(self) -> str:
        """The name without its ending."""
        return _stem(self.member or self.file)


@attrs.define
class Unpacking:
    """How much was read so far, and what may not be read."""

    max_bytes: int
    findings: Findings = attrs.field(factory=lambda: Findings(0))
    n_bytes: int = 0

    def count(self, n_bytes: int, place: str) -> None:
        """Count what is read.

        Raises:
            DataError: if it is more than ``max_bytes``.
        """
        self.n_bytes += n_bytes
        if self.n_bytes > self.max_bytes:
            raise DataError(
                f"{place}: the files hold more than {self.max_bytes:,} bytes; "
                "raise max_bytes if that is right"
            )


def sources_of(folder: str | os.PathLike[str], unpacking: Unpacking) -> Iterator[Source]:
    """Every file that could be an export, in order of its path; all others are told.

    Raises:
        DataError: with the path, if there is no such folder, nothing in it, or a file that must not be read.
        UsageError: if it is no path.
    """
    if not isinstance(folder, (str, os.PathLike)):
        raise UsageError(f"a folder was expected, not {folder!r:.80}")
    base = Path(folder).expanduser()
    for n_found, (path, name) in enumerate(_paths(base), start=1):
        if n_found > MOST_FILES:
            raise DataError(f"{base}: more than {MOST_FILES:,} files; read the folders in it one by one")
        yield from _contents(path, name, unpacking)


def _paths(base: Path) -> Iterator[tuple[Path, str]]:
    try:
        mode = base.stat().st_mode
        if stat.S_ISREG(mode):
            yield base, base.name
            return
        if not stat.S_ISDIR(mode):
            raise DataError(f"{base}: a folder was expected, not a device or a pipe")
        within, listed = base.resolve(), sorted(base.rglob("*"))
    except (OSError, ValueError) as error:
        raise DataError(f"{str(base)!r}: {getattr(error, 'strerror', None) or error}") from error
    found = False
    for path in listed:
        parts = path.relative_to(base).parts
        if any(part.startswith((".", "__MACOSX", "~$")) for part in parts) or not path.is_file():
            continue
        if not path.resolve().is_relative_to(within):
            raise DataError(f"{path}: leads out of the folder {base}")
        found = True
        yield path, "/".join(parts)
    if not found:
        raise DataError(f"{base}: there is no file in the folder")


def _contents(path: Path, name: str, unpacking: Unpacking) -> Iterator[Source]:
    suffix = path.suffix.casefold()
    if suffix not in KINDS and suffix not in PACKED:
        unpacking.findings.note("file of a kind that is not read", 1, name)
        return
    try:
        unpacking.count(path.stat().st_size, name)
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{name}: {error.strerror or error}") from error
    if not content.strip():
        unpacking.findings.note("empty file", 1, name)
    elif suffix == ".zip":
        yield from _members(content, name, unpacking)
    elif suffix == ".gz":
        yield from _unzipped(content, name, "", unpacking)
    else:
        yield Source(file=name, member="", kind=KINDS[suffix], content=content)


def _members(content: bytes, name: str, unpacking: Unpacking) -> Iterator[Source]:
    archive = safe_archive(content, name)
    for info in archive.infolist():
        suffix = PurePosixPath(info.filename).suffix.casefold()
        if info.is_dir() or info.filename.startswith("__MACOSX"):
            continue
        if suffix not in KINDS and suffix != ".gz":
            unpacking.findings.note("file of a kind that is not read", 1, f"{name}: {info.filename}")
            continue
        unpacking.count(info.file_size, f"{name}: {info.filename}")
        try:
            inside = archive.read(info)
        except ARCHIVE_ERRORS as error:
            raise DataError(f"{name}: {info.filename}: {error}") from error
        if suffix == ".gz":
            yield from _unzipped(inside, name, info.filename, unpacking)
        else:
            yield Source(file=name, member=info.filename, kind=KINDS[suffix], content=inside)


def safe_archive(content: bytes, name: str) -> zipfile.ZipFile:
    """The archive, if nothing in it leads elsewhere or unpacks to more than it should.

    Raises:
        DataError: if it is none, or a member has an unsafe name, a password, another's name, or a bomb in it.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except ARCHIVE_ERRORS as error:
        raise DataError(f"{name}: the archive cannot be read: {error}") from error
    infos = archive.infolist()
    if len(infos) > MOST_FILES:
        raise DataError(f"{name}: more than {MOST_FILES:,} files in the archive")
    if len({info.filename for info in infos}) < len(infos):
        raise DataError(f"{name}: two files in the archive have one name")
    for info in infos:
        _check_member(info, name)
    total = sum(info.file_size for info in infos)
    if total > LARGE and total > MOST_RATIO * len(content):
        raise DataError(f"{name}: unpacks to {total:,} bytes, {total // len(content):,} times its size")
    return archive


def _check_member(info: zipfile.ZipInfo, name: str) -> None:
    inside = info.filename
    parts = inside.replace("\\", "/").split("/")
    if inside.startswith(("/", "\\")) or ".." in parts or "\0" in inside or ":" in parts[0]:
        raise DataError(f"{name}: a file in the archive leads out of it: {inside!r:.80}")
    if info.flag_bits & 1:
        raise DataError(f"{name}: {inside!r:.80} is locked by a password")
    if info.file_size > LARGE and info.file_size > MOST_RATIO * max(info.compress_size, 1):
        raise DataError(f"{name}: {inside!r:.80} unpacks to {info.file_size:,} bytes, far more than its size")


def _unzipped(content: bytes, name: str, member: str, unpacking: Unpacking) -> Iterator[Source]:
    inner = (member or name)[: -len(".gz")]
    kind = KINDS.get(PurePosixPath(inner).suffix.casefold())
    place = f"{name}: {member}" if member else name
    if kind is None:
        unpacking.findings.note("file of a kind that is not read", 1, place)
        return
    limit = max(LARGE, MOST_RATIO * len(content))
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            plain = file.read(min(limit, unpacking.max_bytes) + 1)
    except ARCHIVE_ERRORS as error:
        raise DataError(f"{place}: {error}") from error
    if len(plain) > limit:
        raise DataError(f"{place}: unpacks to more than {MOST_RATIO} times its size")
    unpacking.count(len(plain), place)
    yield Source(file=name, member=inner, kind=kind, content=plain)


def _stem(name: str) -> str:
    path: Any = PurePosixPath(name.replace("\\", "/"))
    while path.suffix.casefold() in (*KINDS, *PACKED):
        path = path.with_suffix("")
    return str(path.name)
