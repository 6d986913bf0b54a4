"""The journey of distance learners: who withdrew is withdrawn, on the day, whatever else the data say."""

from __future__ import annotations

import csv
import json
import os
import runpy
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner
from tests.examples import oulad_folder

import cjlib as cj
from cjlib.cli import main

ROOT = Path(__file__).parents[2]
STARTS = {
    "2013B": datetime(2013, 2, 1),
    "2013J": datetime(2013, 10, 1),
    "2014B": datetime(2014, 2, 1),
    "2014J": datetime(2014, 10, 1),
}
oulad = SimpleNamespace(**runpy.run_path(str(ROOT / "examples" / "oulad.py")))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """What the script makes of the small folder, read and replayed."""
    raw, output = tmp_path_factory.mktemp("raw"), tmp_path_factory.mktemp("made")
    oulad_folder.write(raw)
    return replayed(raw, output)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """What the script makes of the data as they were published."""
    folder = Path(os.environ.get("CJLIB_OULAD", ROOT.parent / "shared" / "data" / "oulad"))
    if not folder.is_dir():
        pytest.skip(f"the Open University data are not in {folder}; CJLIB_OULAD may say where they are")
    return replayed(folder, tmp_path_factory.mktemp("made"))


def replayed(raw: Path, output: Path) -> SimpleNamespace:
    told = oulad.convert(raw, output)
    log = cj.read_events(output / "oulad-events.parquet", value="value", order="order", strict=False)
    customers = cj.read_customers(output / "oulad-customers.parquet", valid_from="valid_from")
    journey = cj.load(ROOT / "examples" / "oulad.toml")
    until = np.datetime64(int(log.time.max()), "us").item()
    trace = cj.replay(journey, log, customers, until=until)
    return SimpleNamespace(
        raw=raw, output=output, told=told, log=log, customers=customers, journey=journey, trace=trace
    )


def last_visits(trace: cj.Trace) -> dict[str, tuple[str, np.datetime64]]:
    """Where each customer ended, and since when."""
    visits = trace.visits
    is_open = np.isnat(visits["left"])
    columns = (visits[name][is_open].tolist() for name in ("customer", "stage", "entered"))
    return {customer: (stage, entered) for customer, stage, entered in zip(*columns, strict=True)}


def withdrawn(trace: cj.Trace) -> dict[str, datetime]:
    return {
        customer: entered for customer, (stage, entered) in last_visits(trace).items() if stage == "withdrawn"
    }


def recorded(folder: Path) -> dict[str, datetime]:
    """Every recorded un-registration, read from the raw file with nothing but the standard library."""
    name = next(n for n in ("oulad_student_registration", "studentRegistration")
                if (folder / f"{n}.csv").exists())  # fmt: skip
    with (folder / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return {
            "-".join((row["code_module"], run, row["id_student"])):
                STARTS[run] + timedelta(days=float(row["date_unregistration"]))
            for row in csv.DictReader(file)
            if (run := row["code_presentation"]) and row["date_unregistration"]
        }  # fmt: skip


def counts(told: object) -> dict[str, int]:
    return {entry.reason: entry.rows for entry in (*told.refused, *told.noted)}


def test_the_journey_has_no_warnings() -> None:
    assert cj.load(ROOT / "examples" / "oulad.toml").check() == ()


def test_withdrawn_are_exactly_those_with_an_unregistration_each_at_its_day(made: SimpleNamespace) -> None:
    assert len(recorded(made.raw)) == 10
    assert withdrawn(made.trace) == recorded(made.raw)


def test_the_real_withdrawn_are_the_10_072_with_an_unregistration_each_at_its_day(
    real: SimpleNamespace,
) -> None:
    expected = recorded(real.raw)
    assert len(expected) == 10_072
    assert withdrawn(real.trace) == expected


def test_every_real_enrolment_ends_where_its_result_says(real: SimpleNamespace) -> None:
    """12,361 passes and 3,024 distinctions; 7,052 fails less 9 who had un-registered; 93 without a date."""
    stages = [stage for stage, _ in last_visits(real.trace).values()]
    found = {stage: stages.count(stage) for stage in set(stages)}
    assert found == {"completed": 15_385, "failed": 7_043, "withdrawn": 10_072, "silent": 93}


def test_the_real_ledgers_tell_what_is_missing(real: SimpleNamespace) -> None:
    """45 registrations and 93 withdrawals without a date reach the ledger of the log itself."""
    assert counts(real.log.ledger)["missing time"] == 45 + 93
    assert counts(real.told) | {
        "registration without a date": 45,
        "withdrawn without a date of un-registration": 93,
        "un-registered, but the result is not Withdrawn": 9,
        "un-registered before the start of the course": 2_678,
        "submission after the un-registration": 586,
        "score carried over from an earlier run": 1_908,
        "assessment without a due day": 11,
    } == counts(real.told)


@pytest.mark.parametrize(
    ("student", "stage", "day"),
    [
        ("passes", "completed", 268),
        ("shines", "completed", 268),
        ("fails", "failed", 268),
        ("banks", "completed", 268),
        ("leaves-silently", "silent", 268),
    ],
)
def test_who_stays_ends_with_the_course(made: SimpleNamespace, student: str, stage: str, day: int) -> None:
    assert last_visits(made.trace)[f"AAA-2013J-{student}"] == (stage, STARTS["2013J"] + timedelta(days=day))


def test_an_assignment_is_missed_when_the_week_after_its_due_day_has_passed(made: SimpleNamespace) -> None:
    """Due on days 19 and 54: 'passes' hands in on 18 and 61; 'fails' on 27, a day too late, then never."""
    assert days_of(made, "deadline_missed", "passes") == []
    assert days_of(made, "deadline_missed", "fails") == [27, 62]
    assert days_of(made, "deadline_missed", "leaves-and-works") == []  # had left before the second was due


def test_who_registers_late_starts_late_and_who_left_never_starts(made: SimpleNamespace) -> None:
    assert days_of(made, "course_started", "passes") == [0]
    assert days_of(made, "course_started", "never-registered") == [0]
    assert days_of(made, "course_started", "banks") == [3]
    for student in ("leaves-early", "leaves-first-day", "comes-and-leaves", "leaves-before-coming"):
        assert days_of(made, "course_started", student) == []


def days_of(made: SimpleNamespace, activity: str, student: str) -> list[int]:
    """The days of a course on which a student has events of one name."""
    events = made.log.to_table()
    mine = (events["customer"] == f"AAA-2013J-{student}") & (events["activity"] == activity)
    return [(time - STARTS["2013J"]).days for time in events["time"][mine].tolist()]


def test_missing_times_are_refused_by_the_log_and_counted(made: SimpleNamespace) -> None:
    """One registration and one withdrawal without a date."""
    assert counts(made.log.ledger)["missing time"] == 2


def test_the_ledger_tells_every_contradiction(made: SimpleNamespace) -> None:
    assert counts(made.told) == {
        "submission of an unknown enrolment or assessment": 1,
        "registration without a date": 1,
        "registered after the start of the course": 3,
        "un-registered before the start of the course": 2,
        "un-registered on the first day of the course": 1,
        "un-registered before they registered": 1,
        "un-registered after the end of the course": 1,
        "withdrawn without a date of un-registration": 1,
        "un-registered, but the result is not Withdrawn": 2,
        "passed with nothing handed in": 1,
        "result without a date": 6,
        "submission after the un-registration": 1,
        "submission before the start of the course": 1,
        "submission after the end of the course": 1,
        "score carried over from an earlier run": 1,
        "submission without a score": 1,
        "assessment without a due day": 1,
        "run of a course of which only the month is known": 2,
        "deprivation band that is missing": 1,
        "deprivation band without its %": 1,
        "enrolment of a student who has another": 2,
        "enrolment without a click before the start": 14,
    }
    assert (made.output / "oulad-ledger.txt").read_text("utf-8") == f"{made.told}\n"
    written = json.loads((made.output / "oulad-ledger.json").read_text("utf-8"))
    assert {row["reason"]: row["rows"] for row in written} == counts(made.told)


def test_clicks_before_the_start_are_known_from_the_start_and_not_before(made: SimpleNamespace) -> None:
    clicks = {
        day: dict(zip(made.customers.ids.tolist(), made.customers.at("pre_course_clicks", day), strict=True))
        for day in ("2013-09-30", "2013-10-01")
    }
    assert np.isnan(clicks["2013-09-30"]["AAA-2013J-passes"])
    assert clicks["2013-10-01"]["AAA-2013J-passes"] == 98
    assert clicks["2013-10-01"]["AAA-2013J-fails"] == 0


def test_a_folder_without_the_files_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"no oulad_courses\.csv or \.parquet, and no courses\.csv"):
        oulad.convert(tmp_path, tmp_path)


def test_the_demo_runs_on_what_the_script_writes(made: SimpleNamespace) -> None:
    report = made.output / "report.html"
    arguments = [
        "demo", "--journey", str(ROOT / "examples" / "oulad.toml"),
        "--events", str(made.output / "oulad-events.parquet"),
        "--customers", str(made.output / "oulad-customers.parquet"), "--output", str(report),
    ]  # fmt: skip
    done = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert "15 customers" in done.stdout
    assert "Left without a word" in report.read_text("utf-8")
