"""The command line: it does the main job, and its errors are sentences."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import cjlib
from cjlib.cli import main

JOURNEY = """
[journey]
name = "shop"

[[stages]]
id = "looking"
limit = "30d"

[[stages]]
id = "buying"
label = "Buying"
kind = "won"

[[transitions]]
source = "looking"
target = "buying"
when = 'sum("order") >= 20 and attribute("plan") == "gold"'
"""
EVENTS = """customer,activity,time,value
007,visit,2026-01-01,
007,order,2026-01-03,25
008,order,2026-01-04,30
009,order,,10
"""
CUSTOMERS = "customer,plan\n007,gold\n008,silver\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in (("journey.toml", JOURNEY), ("events.csv", EVENTS), ("customers.csv", CUSTOMERS)):
        (tmp_path / name).write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


def rows(printed: str) -> dict[str, list[str]]:
    """The table of stages: the cells of each line by their first."""
    return {line.split()[0]: line.split()[1:] for line in printed.splitlines() if line.split()}


def test_the_demo_makes_up_customers_prints_stages_and_writes_a_report(folder: Path) -> None:
    done = run("demo", "--number", "40", "--until", "2026-06-30")
    assert done.exit_code == 0
    assert rows(done.stdout)["Awareness"][1] == "40"
    assert "see journey-report.html" in done.stdout
    assert "40 customers" in (folder / "journey-report.html").read_text("utf-8")


def test_the_demo_takes_files(folder: Path) -> None:
    """007 buys on 3 January, 008 has the wrong plan; the last event, on 4 January, ends the replay."""
    done = run(
        *("demo", "--journey", "journey.toml", "--events", "events.csv", "--customers", "customers.csv"),
        *("--output", "shop.html"),
    )
    assert done.exit_code == 0
    assert rows(done.stdout)["Buying"][:2] == ["1", "1"]
    assert rows(done.stdout)["looking"][:2] == ["1", "2"]
    assert "2 customers, 3 events until 2026-01-04: see shop.html" in done.stdout
    assert (folder / "shop.html").exists()


def test_refused_rows_are_told_on_the_error_stream(folder: Path) -> None:
    done = run("demo", "--journey", "journey.toml", "--events", "events.csv", "--quiet")
    assert done.exit_code == 0
    assert done.stdout == ""
    assert "refused: 1 × missing time (row 3)" in done.stderr


def test_check_prints_warnings_and_a_count(folder: Path) -> None:
    done = run("check", "journey.toml")
    assert done.exit_code == 0
    assert "CJ301 stages[0] 'looking'" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("shop: 2 stages, 1 transitions, ")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["check", "broken.toml"], "no transition leads|does not exist|unknown stage"),
        (["check", "no.toml"], "'no.toml' does not exist"),
        (["demo", "--journey", "journey.toml", "--events", "customers.csv"], "cjlib: .*activity"),
        (
            ["demo", "--journey", "journey.toml", "--events", "empty.csv"],
            "cjlib: there is no event to replay",
        ),
        (["demo", "--journey", "journey.toml", "--events", "events.csv", "--until", "soon"], "cjlib: .*soon"),
        (
            ["demo", "--journey", "journey.toml", "--events", "events.csv", "-o", "no/where.html"],
            "cjlib: .*No such",
        ),
        (["demo", "--language", "de"], "'de' is not one of 'en', 'fr'"),
    ],
)
def test_errors_are_sentences_with_exit_code_2(folder: Path, arguments: list[str], told: str) -> None:
    (folder / "broken.toml").write_text(JOURNEY.replace('target = "buying"', 'target = "bying"'), "utf-8")
    (folder / "empty.csv").write_text("customer,activity,time\n", "utf-8")
    done = run(*arguments)
    assert done.exit_code == 2
    assert "Traceback" not in done.stderr
    assert re.search(told, done.stderr)


def test_the_version_is_printed() -> None:
    assert run("--version").stdout == f"cjlib, version {cjlib.__version__}\n"


def test_without_click_the_command_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "click.py").write_text("raise ImportError", "utf-8")
    code = "from cjlib.cli import main"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert done.returncode != 0
    assert done.stderr.strip() == 'the command line needs click: pip install "cjlib[cli]"'
