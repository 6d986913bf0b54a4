"""Exports as they come: whatever was done to a table, it is read alike, or what is lost is told."""

from __future__ import annotations

import itertools
import random
import re
import tempfile
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.data.systems import made

import cjlib as cj
from cjlib.data import Reading
from cjlib.data.systems._decoding import repaired

Rows = list[made.Row]
ALPHABET = "abc XYZ-éèàçêîôûœäöüß’…«»€ÉÀÖ"


def events() -> Rows:
    """Twelve rows of the plainest export of events, each with a day beyond 12."""
    rows = []
    for i in range(12):
        row = made.rows_of("csv", "events")[i % made.N_ROWS]
        at = f"2025-0{1 + i % 9}-{13 + i}T08:{i:02d}:00"
        rows.append(row | {"time": at, "recorded": "", "event_id": f"e{i}", "value": f"{1000 + i}.25"})
    return rows


def read(rows: Rows, **options: Any) -> Reading:
    return read_bytes(made.as_csv(rows), **options)


def read_bytes(content: bytes, **options: Any) -> Reading:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "events.csv").write_bytes(content)
        return cj.read_system("csv", folder, **options)


def said(reading: Reading) -> dict[str, list[object]]:
    table = reading.events.to_table()
    return {name: [None if v != v else v for v in table[name].tolist()] for name in table.columns}


@lru_cache
def plainly() -> dict[str, list[object]]:
    """The events as they are."""
    return said(read(events()))


def iso(text: str) -> str:
    return text


def dotted(text: str) -> str:
    return f"{datetime.fromisoformat(text):%d.%m.%Y %H:%M}"


def european(text: str) -> str:
    return f"{datetime.fromisoformat(text):%d/%m/%Y %H:%M:%S}"


def american(text: str) -> str:
    return f"{datetime.fromisoformat(text):%m/%d/%Y %I:%M %p}"


def since_1970(text: str) -> str:
    return str(made.epoch(datetime.fromisoformat(text)) * 1000)


@given(
    names=st.permutations([*events()[0]]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"]),
    ends=st.sampled_from(["\n", "\r\n", "\r"]),
    delimiter=st.sampled_from(",;\t|"),
    time=st.sampled_from([iso, dotted, european, american, since_1970]),
    has_comma=st.booleans(),
    twice=st.booleans(),
)
def test_the_way_of_writing_does_not_matter(
    names: list[str],
    encoding: str,
    ends: str,
    delimiter: str,
    time: Callable[[str], str],
    has_comma: bool,
    twice: bool,
) -> None:
    """Order of columns, encodings, line ends, separators, decimal commas, forms of dates: read alike."""
    rows = [{name: row[name] for name in names} for row in events()]
    for row in rows:
        row["time"] = time(row["time"])
        row["value"] = row["value"].replace(".", ",") if has_comma else row["value"]
    content = made.as_csv(rows, encoding, lineterminator=ends, delimiter=delimiter)
    if twice:  # a column that stands there twice
        lines = made.as_csv(rows, "utf-8", lineterminator="\n", delimiter="\t").decode().splitlines()
        content = "\n".join(f"{line}\t{line.split(chr(9))[0]}" for line in lines).encode()
    assert said(read_bytes(content)) == plainly()


def dropped(rows: Rows, name: str, rng: random.Random) -> Rows:
    return [{key: text for key, text in row.items() if key != name} for row in rows]


def renamed(rows: Rows, name: str, rng: random.Random) -> Rows:
    return [{("zzz" if key == name else key): text for key, text in row.items()} for row in rows]


def retyped(rows: Rows, name: str, rng: random.Random) -> Rows:
    return [row | {name: rng.choice(["", "?", "12", "true", "31/02/2025", row[name]])} for row in rows]


def doubled(rows: Rows, name: str, rng: random.Random) -> Rows:
    return [*rows, *rng.sample(rows, rng.randrange(1, 5))]


def shuffled(rows: Rows, name: str, rng: random.Random) -> Rows:
    return rng.sample(rows, len(rows))


@given(
    harms=st.lists(st.sampled_from([dropped, renamed, retyped, doubled, shuffled]), min_size=1, max_size=3),
    names=st.lists(st.sampled_from([*events()[0]]), min_size=3, max_size=3),
    seed=st.integers(0, 2**16),
)
def test_nothing_is_lost_in_silence(
    harms: list[Callable[[Rows, str, random.Random], Rows]], names: list[str], seed: int
) -> None:
    """Every row is an event or counted as left out, and every field stands in the report."""
    rows, rng = events(), random.Random(seed)
    for harm, name in zip(harms, names, strict=False):
        if name in rows[0]:
            rows = harm(rows, name, rng)
    reading = read(rows)
    log, report = reading.events, reading.report
    left_out = [entry.rows for entry in report.noted if entry.reason.startswith("left out")]
    left_out += [entry.rows for entry in log.ledger.refused]
    left_out += [entry.rows for entry in log.ledger.noted if "was there before" in entry.reason]
    assert len(log) + sum(left_out) >= len(rows)
    assert [field.field for field in report] == [*rows[0]]


@pytest.mark.parametrize("system", ["hubspot", "salesforce", "csv"])
@pytest.mark.parametrize("form", ["json", "envelope", "jsonl", "xlsx"])
def test_the_form_of_the_file_does_not_matter(system: str, form: str, tmp_path: Path) -> None:
    """The same rows in CSV, JSON, an envelope of JSON, JSON Lines and a workbook are read alike."""
    made.write(tmp_path / "plain", system)
    (tmp_path / "other").mkdir()
    for exported in made.SCHEMAS[system]:
        content = made.FORMS[form](made.rows_of(system, exported))
        ending = {"envelope": "json"}.get(form, form)
        (tmp_path / "other" / f"{exported}.{ending}").write_bytes(content)
    plain, other = (cj.read_system(system, tmp_path / name) for name in ("plain", "other"))
    assert said(other) == said(plain)
    assert [field.as_ for field in other.report] == [field.as_ for field in plain.report]


TABLES = [(system, exported) for system in made.SCHEMAS for exported in made.SCHEMAS[system]]


@given(
    table=st.sampled_from(TABLES),
    harms=st.lists(st.sampled_from([dropped, renamed, retyped, doubled, shuffled]), min_size=1, max_size=4),
    seed=st.integers(0, 2**16),
)
def test_every_export_may_be_damaged(
    table: tuple[str, str], harms: list[Callable[[Rows, str, random.Random], Rows]], seed: int
) -> None:
    """Whatever becomes of a table, every field of it stands in the report, and no other error gets out."""
    system, exported = table
    rows, rng = made.rows_of(system, exported), random.Random(seed)
    for harm in harms:
        rows = harm(rows, rng.choice([*rows[0]]), rng)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, f"{exported}.csv").write_bytes(made.as_csv(rows))
        report = cj.read_system(system, folder).report
    assert [field.field for field in report] == [*rows[0]]


@given(text=st.text(ALPHABET), codec=st.sampled_from(["mac_roman", "cp1252"]))
def test_utf_8_that_was_read_in_the_wrong_encoding_is_repaired(text: str, codec: str) -> None:
    """Five bytes that Windows-1252 does not have stand as control characters, as programs leave them."""
    wrong = "".join(_sign(byte, codec) for byte in text.encode())
    assert repaired(wrong)[0] == text


@given(text=st.text(ALPHABET))
def test_text_that_is_right_stays_as_it_is(text: str) -> None:
    assert repaired(text) == (text, "")


def _sign(byte: int, codec: str) -> str:
    try:
        return bytes([byte]).decode(codec)
    except UnicodeDecodeError:
        return chr(byte)


@pytest.mark.parametrize("codec", ["mac_roman", "cp1252"])
def test_wrongly_read_text_is_named_and_repaired_on_request(codec: str) -> None:
    rows = [row | {"text": "L’expérience"} for row in events()]
    wrong = [row | {"text": "".join(_sign(b, codec) for b in row["text"].encode())} for row in rows]
    kept, better = read(wrong), read(wrong, repair=True)
    assert "left as it is: pass repair=True" in str(kept.report)
    assert said(kept)["text"] == [row["text"] for row in _as_read(wrong)]
    assert said(better) == said(read(rows))
    assert re.search(r"12 × cells of UTF-8 that was once read as .*: repaired", str(better.report))


def _as_read(rows: Rows) -> Rows:
    by_customer = sorted(rows, key=lambda row: (row["customer"], row["time"]))
    return [*itertools.chain(by_customer)]
