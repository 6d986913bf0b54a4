"""What every reader must hold."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ..data import EventLog, Reader, Reading
from ..errors import CJError
from ..journey import Journey, Stage
from ..trace import conformance, replay
from ._strategies import SHARED

__all__ = ["ReaderContract"]

STRANGE = "cjlib has never heard of this"


class ReaderContract:
    """What holds of every reader. A subclass has fixtures ``reader`` and ``folder``.

    ``folder`` is a sample of the exports that it reads: small, with at least one event in it.

    ::

        class TestMine(ReaderContract):
            @pytest.fixture
            def reader(self):
                return read_mine

            @pytest.fixture
            def folder(self, tmp_path):
                (tmp_path / "events.csv").write_text("who,what,when\\\\na,login,2026-01-01\\\\n")
                return tmp_path
    """

    @pytest.fixture
    def reader(self) -> Reader:
        """The reader."""
        pytest.fail(f"{type(self).__name__} needs a fixture named 'reader' that returns the reader")

    @pytest.fixture
    def folder(self) -> Path:
        """A folder with a sample of what it reads."""
        pytest.fail(f"{type(self).__name__} needs a fixture named 'folder' with a sample of what it reads")

    def read(self, reader: Reader, folder: Path) -> Reading:
        """What it reads, once it has been seen to leave the folder alone."""
        before = _contents(folder)
        reading = reader(folder)
        assert isinstance(reading, Reading), f"it gave {type(reading).__name__}, not cjlib.data.Reading"
        assert _contents(folder) == before, "the reader changed something in the folder"
        return reading

    def test_the_sample_is_read(self, reader: Reader, folder: Path) -> None:
        """There are events in it, each of somebody, and the same for the same files."""
        first, again = self.read(reader, folder), self.read(reader, folder)
        assert len(first.events), "there is no event in the sample"
        assert _said(first) == _said(again), "the same files were read in two ways"

    def test_it_takes_what_every_reader_is_given(self, reader: Reader, folder: Path) -> None:
        """A time zone, and no overrides."""
        assert isinstance(reader(folder, tz="Europe/Paris", overrides=None), Reading)

    def test_recorded_changes_can_be_compared(self, reader: Reader, folder: Path) -> None:
        """``recorded`` is what :func:`cjlib.conformance` takes."""
        reading = self.read(reader, folder)
        if reading.recorded is None:
            return
        names = dict.fromkeys(map(str, reading.recorded["stage"].tolist()))
        journey = Journey("recorded", stages=[Stage(f"s{i}", label=name) for i, name in enumerate(names)])
        trace = replay(journey, reading.events, until="2199-01-01")
        with pytest.warns(UserWarning, match="no stage of the journey"):
            assert len(conformance(trace, reading.recorded))

    def test_the_report_says_why(self, reader: Reader, folder: Path) -> None:
        """Each field stands in it once, with a reason if it was guessed, ignored or refused."""
        report = self.read(reader, folder).report
        assert len(report), "the report names no field"
        places = [(field.file, field.field) for field in report]
        assert len(set(places)) == len(places), "a field stands in the report twice"
        for field in report:
            assert field.became == "mapped" or field.why, f"{field}: it is not said why"
            assert field.as_ or field.became in ("ignored", "refused"), f"{field}: it is not said as what"
            assert (folder / field.file).exists(), f"{field}: there is no such file"

    def test_a_field_that_nobody_knows_is_told(self, reader: Reader, folder: Path, tmp_path: Path) -> None:
        """A column more in a CSV file changes no event and stands in the report."""
        plain = self.read(reader, folder)
        for path in sorted(folder.rglob("*.csv")):
            if path.relative_to(folder).as_posix() not in {field.file for field in plain.report}:
                continue
            more = _copied(folder, tmp_path / f"more {path.stem}")
            _with_column(more / path.relative_to(folder))
            reading = self.read(reader, more)
            assert STRANGE in {field.field for field in reading.report}, f"{path.name}: a field was lost"
            assert _events(reading.events) == _events(plain.events), f"{path.name}: events changed"

    def test_nothing_to_read_is_told(self, reader: Reader, tmp_path: Path) -> None:
        """An empty folder, or none, is an error of cjlib's that names it."""
        empty = tmp_path / "nothing in here"
        empty.mkdir()
        for folder in (empty, tmp_path / "no such folder"):
            with pytest.raises(CJError) as told:
                reader(folder)
            assert folder.name in str(told.value), f"the error does not name the folder: {told.value}"

    @SHARED
    @given(data=st.data())
    def test_files_that_are_damaged_are_read_or_told(
        self, reader: Reader, folder: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
    ) -> None:
        """Whatever became of a file, there is a reading or an error of cjlib's, and no other."""
        damaged = _copied(folder, tmp_path_factory.mktemp("damaged") / "folder")
        path = data.draw(st.sampled_from(sorted(one for one in damaged.rglob("*") if one.is_file())))
        harm = data.draw(st.sampled_from(HARMS))
        path.write_bytes(harm(path.read_bytes(), data.draw(st.integers(0, 2**16))))
        try:
            self.read(reader, damaged)
        except CJError:
            pass
        finally:
            shutil.rmtree(damaged.parent)


def cut_off(content: bytes, number: int) -> bytes:
    """Cut off somewhere."""
    return content[: number % (len(content) + 1)]


def without_a_line(content: bytes, number: int) -> bytes:
    """Without one of its lines, which may be the header."""
    lines = content.splitlines(keepends=True)
    return b"".join(line for i, line in enumerate(lines) if i != number % max(len(lines), 1))


def with_a_line_twice(content: bytes, number: int) -> bytes:
    """With one of its lines twice."""
    lines = content.splitlines(keepends=True)
    position = number % max(len(lines), 1)
    return b"".join([*lines[: position + 1], *lines[position:]])


def with_other_bytes(content: bytes, number: int) -> bytes:
    """With some bytes that are no text."""
    position = number % (len(content) + 1)
    return content[:position] + bytes([0, 255, 34, 10, 44]) + content[position:]


def in_utf_16(content: bytes, number: int) -> bytes:
    """In another encoding."""
    return content.decode("utf-8", "replace").encode("utf-16")


def with_a_mark(content: bytes, number: int) -> bytes:
    """With a byte order mark, and line ends of Windows."""
    return b"\xef\xbb\xbf" + content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def with_other_numbers(content: bytes, number: int) -> bytes:
    """With digits where there were others, so that dates and numbers are none any more."""
    return content.replace(str(number % 10).encode(), b"9x")


HARMS: list[Callable[[bytes, int], bytes]] = [
    cut_off,
    without_a_line,
    with_a_line_twice,
    with_other_bytes,
    in_utf_16,
    with_a_mark,
    with_other_numbers,
]


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


def _copied(folder: Path, target: Path) -> Path:
    return Path(shutil.copytree(folder, target))


def _with_column(path: Path) -> None:
    with path.open(encoding="utf-8-sig", newline="") as file:
        first, *rest = csv.reader(file)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([[*first, STRANGE], *([*row, "?"] for row in rest)])


def _events(log: EventLog) -> list[tuple[Any, ...]]:
    table = log.to_table()
    columns = [np.asarray(table[name]).astype(str).tolist() for name in ("customer", "activity", "time")]
    return sorted(zip(*columns, strict=True))


def _said(reading: Reading) -> tuple[object, ...]:
    recorded = None if reading.recorded is None else repr([*reading.recorded.rows()])
    return _events(reading.events), recorded, str(reading.report)
