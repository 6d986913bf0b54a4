"""A sound reader keeps the contract of readers, and those who break it are told."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest

import cjlib as cj
from cjlib.data import MappedField, MappingReport, Reader, Reading, Table
from cjlib.errors import DataError
from cjlib.testing import ReaderContract

KNOWN = {"who": "customer", "what": "activity", "when": "time"}
SAMPLE = "who,what,when,mood\na,login,2026-01-01,good\nb,login,2026-01-02,\na,left,2026-01-05,bad\n"


def sound(folder: Any, /, **options: Any) -> Reading:
    """Reads ``events.csv``, and takes what is done for stages that were recorded."""
    path = Path(folder) / "events.csv"
    if not path.is_file():
        raise DataError(f"{folder}: there is no events.csv")
    try:
        log = cj.read_events(path, customer="who", activity="what", time="when", strict=False)
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = next(csv.reader(file))
    except UnicodeError as error:
        raise DataError(f"{path}: not in UTF-8") from error
    recorded = log.to_table()
    changes = {"customer": recorded["customer"], "stage": recorded["activity"], "time": recorded["time"]}
    return Reading(events=log, recorded=Table(changes), report=MappingReport(fields=map(field, header)))


def field(name: str) -> MappedField:
    if name in KNOWN:
        return MappedField(file="events.csv", field=name, became="mapped", as_=KNOWN[name])
    return MappedField(file="events.csv", field=name, became="ignored", why="nobody knows it")


class Sample:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        folder = tmp_path / "export"
        folder.mkdir()
        (folder / "events.csv").write_text(SAMPLE, "utf-8")
        return folder


class TestSound(Sample, ReaderContract):
    @pytest.fixture
    def reader(self) -> Reader:
        return sound


# --- readers that break their word


def bare(folder: Any, /, **options: Any) -> Any:
    return sound(folder).events


def nothing(folder: Any, /, **options: Any) -> Reading:
    return attrs.evolve(sound(folder), events=cj.EventLog.from_columns([], [], []))


def tidying(folder: Any, /, **options: Any) -> Reading:
    reading = sound(folder)
    (Path(folder) / "events.csv").write_text(SAMPLE.lower() + "\n", "utf-8")
    return reading


def forgetful(folder: Any, /, calls: Any = itertools.count(), **options: Any) -> Reading:  # noqa: B008
    day = np.datetime64("2026-01-01") + next(calls)
    return attrs.evolve(sound(folder), events=cj.EventLog.from_columns(["a"], ["x"], [day]))


def silent(folder: Any, /, **options: Any) -> Reading:
    reading = sound(folder)
    return attrs.evolve(reading, report=MappingReport(fields=reading.report.of("mapped")))


def unexplained(folder: Any, /, **options: Any) -> Reading:
    reading = sound(folder)
    fields = [attrs.evolve(one, why="") for one in reading.report]
    return attrs.evolve(reading, report=MappingReport(fields=fields))


def doubled(folder: Any, /, **options: Any) -> Reading:
    reading = sound(folder)
    return attrs.evolve(reading, report=MappingReport(fields=[*reading.report, *reading.report]))


def astray(folder: Any, /, **options: Any) -> Reading:
    reading = sound(folder)
    fields = [attrs.evolve(one, file="event.csv") for one in reading.report]
    return attrs.evolve(reading, report=MappingReport(fields=fields))


def careless(folder: Any, /, **options: Any) -> Reading:
    (Path(folder) / "events.csv").read_text("utf-8")
    return sound(folder)


def misnamed(folder: Any, /, **options: Any) -> Reading:
    reading = sound(folder)
    assert reading.recorded is not None
    table = Table({"who": reading.recorded["customer"], "stage": reading.recorded["stage"]})
    return attrs.evolve(reading, recorded=table)


BROKEN = [
    (bare, "sample", "it gave EventLog, not cjlib.data.Reading"),
    (nothing, "sample", "there is no event in the sample"),
    (tidying, "sample", "changed something in the folder"),
    (forgetful, "sample", "the same files were read in two ways"),
    (silent, "nobody_knows", "a field was lost"),
    (unexplained, "says_why", "it is not said why"),
    (doubled, "says_why", "stands in the report twice"),
    (astray, "says_why", "there is no such file"),
    (careless, "damaged", "UnicodeDecodeError"),
    (misnamed, "compared", "recorded stage changes have columns customer, stage and time"),
]


@pytest.mark.parametrize(("reader", "test", "told"), BROKEN)
def test_a_reader_that_breaks_its_word_is_told(
    pytester: pytest.Pytester, reader: Any, test: str, told: str
) -> None:
    pytester.makepyfile(f"""
        import pytest
        from tests.testing import test_reader_contracts as module
        from cjlib.testing import ReaderContract

        class TestBroken(module.Sample, ReaderContract):
            @pytest.fixture
            def reader(self):
                return module.{reader.__name__}
    """)
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-q", "-k", test)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert told in result.stdout.str()


def test_a_forgotten_sample_is_told(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest
        from tests.testing.test_reader_contracts import sound
        from cjlib.testing import ReaderContract

        class TestNothing(ReaderContract):
            @pytest.fixture
            def reader(self):
                return sound
    """)
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-q")
    result.stdout.fnmatch_lines(["*TestNothing needs a fixture named 'folder'*"])
