"""The forecast of distance learners holds what its page says, on the data as they were published."""

from __future__ import annotations

import os
import runpy
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
from tests.examples import oulad_folder

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def churn() -> SimpleNamespace:
    """The names of the script, which imports the one beside it."""
    sys.path.insert(0, str(ROOT / "examples"))
    try:
        return SimpleNamespace(**runpy.run_path(str(ROOT / "examples" / "oulad_churn.py")))
    finally:
        sys.path.remove(str(ROOT / "examples"))


@pytest.fixture(scope="module")
def figures(churn: SimpleNamespace) -> dict[str, dict[str, float]]:
    """What the script finds in the data as they were published."""
    folder = Path(os.environ.get("CJLIB_OULAD", ROOT.parent / "shared" / "data" / "oulad"))
    if not folder.is_dir():
        pytest.skip(f"the Open University data are not in {folder}; CJLIB_OULAD may say where they are")
    return dict(churn.forecast(churn.study(folder)))


def test_the_forecast_of_another_year_is_as_good_as_promised(figures: dict[str, dict[str, float]]) -> None:
    ours, trees = figures["hazard of 2013 on 2014"], figures["boosted trees of 2013 on 2014"]
    assert ours["AUC"] >= 0.73
    assert ours["AUC"] >= trees["AUC"] - 0.003
    assert ours["log loss"] <= 0.156
    assert ours["calibration error"] < 0.015


def test_the_rows_are_those_that_were_announced(figures: dict[str, dict[str, float]]) -> None:
    told = [line for line, found in figures.items() if not found]
    assert told[:3] == [
        "101,791 rows of 2013, 3,068 × withdrawn", "134,243 rows of 2014, 5,358 × withdrawn",
        "93 enrolments withdrawn without a date are left out",
    ]  # fmt: skip


def test_mistakes_pretend_more_than_there_is(figures: dict[str, dict[str, float]]) -> None:
    honest = figures["boosted trees of 2013 on 2014"]["AUC"]
    assert figures["boosted trees, rows divided at random"]["AUC"] > honest + 0.02
    assert figures["boosted trees, columns of the whole course"]["AUC"] > 0.9
    assert figures["hazard, columns of the whole course"]["AUC"] > 0.9


def test_a_deadline_is_known_on_its_day_and_not_before(churn: SimpleNamespace, tmp_path: Path) -> None:
    """Every event of the calendar stands where a reading of the raw files, row by row, puts it."""
    oulad_folder.write(tmp_path)
    oulad = churn.oulad
    raw = {name: oulad.read(tmp_path, name) for name in oulad.FILES if oulad.read(tmp_path, name) is not None}
    enrolled = oulad.enrolments(raw)
    told = oulad.events(raw, enrolled, oulad.submissions(raw, enrolled))
    made = churn.deadlines(raw, enrolled, told)
    days = made.join(enrolled.select("customer", "course_start"), on="customer").with_columns(
        day=(pl.col("time") - pl.col("course_start")).dt.total_days()
    )
    given = {(row["id_student"], row["id_assessment"]): row["date_submitted"]
             for row in raw["student_assessment"].iter_rows(named=True)}  # fmt: skip
    expected = []
    for one in enrolled.iter_rows(named=True):
        for work in raw["assessments"].iter_rows(named=True):
            is_own = all(one[key] == work[key] for key in oulad.RUN)
            first, due = one["date_registration"] or 0, work["date"]
            if not is_own or work["assessment_type"] == "Exam" or due is None or due < first:
                continue
            came = given.get((one["id_student"], work["id_assessment"]))
            expected.append((one["customer"], "due", due, None))
            if came is None or came > due:
                expected.append((one["customer"], "overdue", due, 1.0))
            if came is not None and came > due:
                expected.append((one["customer"], "overdue", came, -1.0))
            if came is not None and came >= first:
                expected.append((one["customer"], "handed_in", came, float(came - due)))
    found = list(days.select("customer", "activity", "day", "value").iter_rows())
    assert sorted(found, key=repr) == sorted(expected, key=repr)
    assert np.isin(["due", "overdue", "handed_in"], made["activity"].to_numpy()).all()
