"""Files that mean harm are refused or do nothing; none is lost in silence, and no other error gets out."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter
from tests.data.systems import made

import cjlib as cj
from cjlib.errors import CJError, DataError

ROWS = b"Record ID,Company name,Create Date\n8001,Acme,2025-01-01\n"


def archive(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return out.getvalue()


def workbook(fill: Callable[[xlsxwriter.Workbook], object]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    fill(book)
    book.close()
    return out.getvalue()


def test_exports_in_a_zip_archive_are_read(tmp_path: Path) -> None:
    (tmp_path / "export.zip").write_bytes(archive({"a/companies.csv": ROWS}))
    reading = cj.read_system("hubspot", tmp_path)
    assert reading.events.customers.tolist() == ["8001"]
    assert {(field.file, field.field) for field in reading.report} >= {
        ("export.zip", "a/companies.csv: Record ID"),
    }


def test_a_line_file_in_a_gzip_archive_is_read(tmp_path: Path) -> None:
    rows = made.FORMS["jsonl"](made.rows_of("amplitude", "export"))
    (tmp_path / "events.json.gz").write_bytes(gzip.compress(rows))
    assert len(cj.read_system("amplitude", tmp_path).events) == made.N_ROWS


@pytest.mark.parametrize("name", ["../x.csv", "/etc/x.csv", "a\\..\\x.csv", "C:/x.csv"])
def test_a_path_that_leads_out_of_an_archive_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "export.zip").write_bytes(archive({name: ROWS}))
    with pytest.raises(DataError, match="leads out of it"):
        cj.read_system("hubspot", tmp_path)


@pytest.mark.parametrize("name", ["companies.csv", "export.csv.gz"])
def test_an_archive_that_unpacks_to_very_much_is_refused(name: str, tmp_path: Path) -> None:
    zeros = b"0" * (30 << 20)
    if name.endswith(".gz"):
        (tmp_path / name).write_bytes(gzip.compress(zeros))
    else:
        (tmp_path / "export.zip").write_bytes(archive({name: zeros}))
    with pytest.raises(DataError, match="unpacks to"):
        cj.read_system("hubspot", tmp_path)


def test_a_workbook_that_unpacks_to_very_much_is_refused(tmp_path: Path) -> None:
    (tmp_path / "companies.xlsx").write_bytes(archive({"xl/worksheets/sheet1.xml": b" " * (30 << 20)}))
    with pytest.raises(DataError, match="unpacks to"):
        cj.read_system("planhat", tmp_path)


def test_two_cells_far_apart_do_not_take_all_memory(tmp_path: Path) -> None:
    """A workbook of two cells spans 1,048,576 × 16,384."""

    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet()
        sheet.write_string(0, 0, "name")
        sheet.write_string(1_048_575, 16_383, "x")

    (tmp_path / "companies.xlsx").write_bytes(workbook(fill))
    with pytest.raises(DataError, match="span"):
        cj.read_system("planhat", tmp_path)


def test_a_formula_is_the_text_it_was_and_nothing_runs(tmp_path: Path) -> None:
    formula = "=cmd|' /C calc'!A0"
    (tmp_path / "companies.csv").write_text(f'Record ID,Company name\n8001,"{formula}"\n')
    customers = cj.read_system("hubspot", tmp_path).customers
    assert customers is not None
    assert customers.column("name").categories == (formula,)


def test_a_formula_in_a_workbook_is_its_last_value(tmp_path: Path) -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet("Companies")
        sheet.write_row(0, 0, ["_id", "name"])
        sheet.write_string(1, 0, "a")
        sheet.write_formula(1, 1, "=1+1", value="two")

    (tmp_path / "companies.xlsx").write_bytes(workbook(fill))
    customers = cj.read_system("planhat", tmp_path).customers
    assert customers is not None
    assert customers.column("name").categories == ("two",)


BOMB = '<?xml version="1.0"?><!DOCTYPE log [<!ENTITY a "{0}"><!ENTITY b "&a;&a;&a;&a;">]><log>&b;</log>'
OUTSIDE = '<?xml version="1.0"?><!DOCTYPE log [<!ENTITY a SYSTEM "file:///etc/passwd">]><log>&a;</log>'


@pytest.mark.parametrize("text", [BOMB.format("x" * 1000), OUTSIDE])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_of_xml_are_refused(text: str, encoding: str, tmp_path: Path) -> None:
    (tmp_path / "log.xes").write_bytes(
        text.replace('"1.0"', f'"1.0" encoding="{encoding}"', 1).encode(encoding)
    )
    with pytest.raises(DataError, match="entities are not read"):
        cj.read_system("xes", tmp_path)


def test_xml_that_is_nested_without_end_is_refused(tmp_path: Path) -> None:
    (tmp_path / "log.xes").write_text("<log>" + "<trace>" * 100_000)
    with pytest.raises(DataError, match="nested"):
        cj.read_system("xes", tmp_path)


def test_a_link_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    (tmp_path / "secret.csv").write_bytes(ROWS)
    (tmp_path / "inside" / "companies.csv").symlink_to(tmp_path / "secret.csv")
    with pytest.raises(DataError, match="leads out"):
        cj.read_system("hubspot", tmp_path / "inside")


def test_more_bytes_than_allowed_are_refused(tmp_path: Path) -> None:
    (tmp_path / "companies.csv").write_bytes(ROWS)
    with pytest.raises(DataError, match="raise max_bytes"):
        cj.read_system("hubspot", tmp_path, max_bytes=10)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("companies.csv", b'Record ID,Company name\n8001,"not closed\n8002,b\n'),
        ("companies.csv", b"Record ID,Company name\n8001,a\0b\n"),
        ("companies.csv", b",".join(b"c%d" % i for i in range(20_000)) + b"\n"),
        ("companies.csv", b"Record ID,Company name\n1," + b"x" * 200_000 + b"\n"),
        ("companies.json", b"[" * 200_000),
        ("companies.json", b"3"),
        ("companies.json", b'[{"id": ' + b"9" * 5000 + b"}]"),
        ("companies.xlsx", b"PK\x03\x04 no workbook"),
        ("companies.xlsx", archive({"xl/workbook.xml": b"<a", "xl/worksheets/s.xml": b'<c r="A1"/>'})),
        ("export.zip", b"PK\x03\x04 no archive"),
        ("export.zip", archive({"a.csv": b"x"})[:-30]),
        ("events.json.gz", b"\x1f\x8b no gzip"),
        ("log.xes", b"<log><trace>"),
    ],
)
@pytest.mark.parametrize("system", ["hubspot", "xes"])
def test_what_cannot_be_read_is_told_with_its_file(
    name: str, content: bytes, system: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CJError, match=name.replace(".", "[.]")):
        cj.read_system(system, tmp_path)


def test_files_of_other_kinds_and_empty_ones_are_noted(tmp_path: Path) -> None:
    (tmp_path / "companies.csv").write_bytes(ROWS)
    (tmp_path / "readme.pdf").write_bytes(b"%PDF")
    (tmp_path / "deals.csv").write_bytes(b"")
    noted = {entry.reason: entry.detail for entry in cj.read_system("hubspot", tmp_path).report.noted}
    assert noted == {"file of a kind that is not read": "readme.pdf", "empty file": "deals.csv"}


def test_lines_that_are_no_records_are_left_out_and_told(tmp_path: Path) -> None:
    record = json.dumps({"event": "login", "properties": {"distinct_id": "a", "time": 1735689600}})
    (tmp_path / "export.jsonl").write_text(f"{record}\nno record\n[3]\n")
    reading = cj.read_system("mixpanel", tmp_path)
    assert len(reading.events) == 1
    assert "2 × left out: lines that are no JSON records" in str(reading.report)


def test_rows_that_do_not_fit_the_header_are_left_out_and_told(tmp_path: Path) -> None:
    (tmp_path / "companies.csv").write_bytes(ROWS + b"8002,b\n8003,c,2025-01-02,more\n8004,d,2025-01-03,,\n")
    reading = cj.read_system("hubspot", tmp_path)
    assert reading.events.customers.tolist() == ["8001", "8004"]
    assert "2 × left out: rows that do not fit the header" in str(reading.report)
