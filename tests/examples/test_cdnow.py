"""The journey of buyers who never say goodbye: silence moves them, and the next purchase brings them back."""

from __future__ import annotations

import csv
import os
import runpy
from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner

import cjlib as cj
from cjlib.cli import main

ROOT = Path(__file__).parents[2]
UNTIL = datetime(1998, 6, 30)
ROWS = """customer_id,date,cds,value
once,1997-01-05,1,11.50
twice-a-day,1997-01-05,2,20
twice-a-day,1997-01-05,2,20
twice-a-day,1997-01-05,1,7
returns,1997-01-05,1,10
returns,1997-02-05,1,0
returns,1998-06-01,3,30
keen,1998-01-01,1,15
keen,1998-02-01,1,15
keen,1998-03-01,1,15
keen,1998-04-01,1,15
keen,1998-05-01,1,15
lost-slip,,1,5
newcomer,1998-06-30,1,9
"""
cdnow = SimpleNamespace(**runpy.run_path(str(ROOT / "examples" / "cdnow.py")))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """What the script makes of a few purchases, read and replayed."""
    raw, output = tmp_path_factory.mktemp("raw"), tmp_path_factory.mktemp("made")
    (raw / "cdnow_master.csv").write_text(ROWS, "utf-8")
    return replayed(raw, output)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """What the script makes of the data as they were published."""
    folder = Path(os.environ.get("CJLIB_CDNOW", ROOT.parent / "shared" / "data" / "cdnow"))
    if not folder.is_dir():
        pytest.skip(f"the CDNOW data are not in {folder}; CJLIB_CDNOW may say where they are")
    return replayed(folder, tmp_path_factory.mktemp("made"))


def replayed(raw: Path, output: Path) -> SimpleNamespace:
    told = cdnow.convert(raw, output)
    log = cj.read_events(output / "cdnow-events.parquet", value="value", order="order", strict=False)
    customers = cj.read_customers(output / "cdnow-customers.parquet", valid_from="valid_from", strict=False)
    trace = cj.replay(cj.load(ROOT / "examples" / "cdnow.toml"), log, customers, until=UNTIL)
    return SimpleNamespace(raw=raw, output=output, told=told, log=log, customers=customers, trace=trace)


def purchase_days(folder: Path) -> dict[str, list[datetime]]:
    """The different days on which each customer bought, read with nothing but the standard library."""
    days = defaultdict(set)
    with (folder / "cdnow_master.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            days[row["customer_id"]].add(datetime.fromisoformat(row["date"]))
    return {customer: sorted(found) for customer, found in days.items()}


def stages(made: SimpleNamespace, customer: str) -> list[str]:
    visits = made.trace.visits
    return visits["stage"][visits["customer"] == customer].tolist()


def test_the_journey_has_no_warnings() -> None:
    assert cj.load(ROOT / "examples" / "cdnow.toml").check() == ()


@pytest.mark.parametrize(
    ("customer", "expected"),
    [
        ("once", ["new", "dormant", "lapsed"]),
        ("twice-a-day", ["new", "dormant", "lapsed"]),
        ("returns", ["new", "repeat", "dormant", "lapsed", "repeat"]),
        ("keen", ["new", "repeat", "loyal"]),
        ("newcomer", ["new"]),
    ],
)
def test_purchases_and_silence_move_customers(
    made: SimpleNamespace, customer: str, expected: list[str]
) -> None:
    assert stages(made, customer) == expected


def test_silence_lasts_to_the_microsecond(made: SimpleNamespace) -> None:
    visits = made.trace.visits
    entered = visits["entered"][visits["customer"] == "once"].tolist()
    first = datetime(1997, 1, 5)
    assert entered == [first, first + timedelta(days=120), first + timedelta(days=365)]


def test_what_is_bought_on_one_day_is_one_purchase_worth_the_sum(made: SimpleNamespace) -> None:
    events = made.log.to_table()
    mine = events["customer"] == "twice-a-day"
    assert dict(zip(events["activity"][mine].tolist(), events["value"][mine].tolist(), strict=True)) == {
        "purchased": 47.0,
        "discs_bought": 5.0,
    }


def test_the_ledger_tells_what_is_odd(made: SimpleNamespace) -> None:
    assert {entry.reason: entry.rows for entry in made.told.noted} == {
        "purchase on a day with an earlier one": 2,
        "row that repeats another exactly": 1,
        "purchase that cost nothing": 1,
        "purchase without a day": 1,
        "purchase without a time of day": 13,
    }
    refused = [(entry.reason, entry.rows) for entry in made.trace.ledger.refused]
    assert refused == [("missing time", 2), ("missing valid_from", 1)]


def test_real_customers_come_back_and_lapse_as_their_days_say(real: SimpleNamespace) -> None:
    """Who bought on two days has been a repeat buyer; who has not bought for 365 days is lapsed."""
    days = purchase_days(real.raw)
    visits = real.trace.visits
    returned = set(visits["customer"][visits["stage"] == "repeat"].tolist())
    assert returned == {customer for customer, found in days.items() if len(found) > 1}
    assert len(returned) == 23_570 - 12_054
    lapsed = visits["customer"][(visits["stage"] == "lapsed") & np.isnat(visits["left"])].tolist()
    assert set(lapsed) == {c for c, found in days.items() if UNTIL - found[-1] >= timedelta(days=365)}
    assert len(lapsed) == 15_238


def test_the_real_money_is_all_there(real: SimpleNamespace) -> None:
    with (real.raw / "cdnow_master.csv").open(newline="", encoding="utf-8") as file:
        cents = sum(round(100 * float(row["value"])) for row in csv.DictReader(file))
    events = real.log.to_table()
    assert round(100 * events["value"][events["activity"] == "purchased"].sum()) == cents


def test_the_sample_has_the_ids_of_the_whole(tmp_path: Path) -> None:
    sample = "master_id,customer_id,date,cds,value\n4,1,1997-01-01,2,29.33\n4,1,1997-01-18,2,29.73\n"
    (tmp_path / "cdnow_sample.csv").write_text(sample, "utf-8")
    cdnow.convert(tmp_path, tmp_path, sample=True)
    log = cj.read_events(tmp_path / "cdnow-events.parquet", value="value")
    assert log.customers.tolist() == ["4"]


def test_a_folder_without_the_file_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"no cdnow_master\.csv"):
        cdnow.convert(tmp_path, tmp_path)


def test_the_demo_runs_on_what_the_script_writes(made: SimpleNamespace) -> None:
    report = made.output / "report.html"
    arguments = [
        "demo", "--journey", str(ROOT / "examples" / "cdnow.toml"),
        "--events", str(made.output / "cdnow-events.parquet"),
        "--customers", str(made.output / "cdnow-customers.parquet"), "--output", str(report),
    ]  # fmt: skip
    done = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert "5 customers" in done.stdout
    assert "Lapsed" in report.read_text("utf-8")
