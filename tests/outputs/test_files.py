"""The report as Markdown and as a workbook: the same numbers, and nothing in them that acts."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook
from tests.outputs.test_report import HOSTILE, journey_called, scores_of, trace_of

from cjlib.data import EventLog
from cjlib.errors import OutputError
from cjlib.findings import Finding, Place
from cjlib.outputs import Report, report
from cjlib.trace import replay

FORMULA = '=HYPERLINK("http://example.org","click")'


def report_called(label: str, customer: str = "a") -> Report:
    journey = journey_called(label)
    trace = trace_of(journey, first=customer)
    found = [Finding(kind="loop", place=Place(stage="trial"), sentence=label, who=["b"], of=4, days=1.5)]
    return report(journey, trace, scores=scores_of(trace, part=label), findings=found, title=label)


def test_a_workbook_has_a_sheet_for_each_table_with_real_numbers(tmp_path: Path) -> None:
    book = CalamineWorkbook.from_path(report_called("Trial").save(tmp_path / "report.xlsx"))
    assert book.sheet_names[0] == "Summary"
    assert {"At risk", "Signals waiting", "Findings", "Funnel", "Time in stage", "Health"} <= set(
        book.sheet_names
    )
    rows = {row[0]: row for row in book.get_sheet_by_name("Time in stage").to_python()}
    assert rows["Trial CSM"][1:4] == [
        2.0,
        4.0,
        4.0,
    ]


@pytest.mark.parametrize(
    "start", ["=1+1", "+1", "-1", "@SUM(A1)", FORMULA, "http://example.org", "007", "1e5", "\t=1"]
)
def test_nothing_in_a_workbook_is_a_formula_or_a_link(tmp_path: Path, start: str) -> None:
    path = report_called(start + "|x", customer=start).save(tmp_path / "report.xlsx")
    with zipfile.ZipFile(path) as archive:
        sheets = [archive.read(name).decode() for name in archive.namelist() if "worksheets" in name]
    assert not [sheet for sheet in sheets if re.search(r"<f>|<hyperlink", sheet)]
    book = CalamineWorkbook.from_path(path)
    rows = [row for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python()]
    assert start in [cell for row in rows for cell in row]


def test_two_workbooks_of_the_same_report_are_the_same_bytes(tmp_path: Path) -> None:
    one, two = (report_called("Trial").save(tmp_path / name) for name in ("a.xlsx", "b.xlsx"))
    assert one.read_bytes() == two.read_bytes()


def test_markdown_says_what_the_page_says(tmp_path: Path) -> None:
    said = report_called("Trial").save(tmp_path / "report.md").read_text("utf-8")
    assert said.startswith("# Trial\n")
    assert "4 customers, each in one stage at a time; 3 on the journey now." in said
    assert "| Trial (CSM) | 2 | 4 | 4 |" in said


def test_markdown_never_takes_a_label_for_its_own() -> None:
    said = report_called(HOSTILE).to_markdown()
    assert "<script" not in said
    assert "<img" not in said
    assert "&lt;script&gt;" in said
    columns = {line.count("|") for line in re.sub(r"\\\|", "", said).splitlines() if line.startswith("| ")}
    heads = {line.count("|") for line in said.splitlines() if re.match(r"\|( -{3}:? \|)+$", line)}
    assert columns <= heads


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    for name in ("report.html", "report.md", "report.xlsx"):
        with pytest.raises(OutputError, match="it cannot be written"):
            report_called("Trial").save(tmp_path / "no" / "where" / name)


def test_a_report_without_anything_still_has_a_workbook(tmp_path: Path) -> None:
    journey = journey_called("Trial")
    empty = replay(journey, EventLog.from_columns([], [], []), until="2026-01-31")
    assert report(journey, empty).save(tmp_path / "empty.xlsx").exists()
