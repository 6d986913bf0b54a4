"""The command proposes a journey that the other commands take."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import cjlib as cj
from cjlib.cli import main

EVENTS = (
    "customer,activity,time\na,visit,2026-01-01\na,order,2026-01-03\nb,visit,2026-01-01\nb,order,2026-01-04\n"
)
CHANGES = "customer,stage,time\na,New,2026-01-01\na,Won,2026-01-03\nb,New,2026-01-01\nb,Won,2026-01-04\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "events.csv").write_text(EVENTS, "utf-8")
    (tmp_path / "changes.csv").write_text(CHANGES, "utf-8")
    return tmp_path


def run(*arguments: object) -> str:
    result = CliRunner().invoke(main, [str(one) for one in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_proposal_is_printed_as_a_journey(folder: Path) -> None:
    journey = cj.loads(run("discover", "--events", folder / "events.csv"))
    assert [stage.id for stage in journey.stages] == ["visit", "order"]


def test_a_proposal_from_recorded_changes_is_written_and_passes_the_check(folder: Path) -> None:
    output = folder / "journey.toml"
    run("discover", "--events", folder / "events.csv", "--recorded", folder / "changes.csv", "-o", output)
    assert 'chosen: happened("order"): 2 customers, precision 1.00, recall 1.00' in output.read_text("utf-8")
    assert "new" in run("replay", output, "--events", folder / "events.csv").lower()


def test_programs_get_the_evidence_as_json(folder: Path) -> None:
    answer = json.loads(run("discover", "--events", folder / "events.csv", "--json"))
    assert answer["stages"] == ["visit", "order"]
    assert answer["evidence"][0]["precision"] is None


def test_a_wrong_noise_is_a_sentence(folder: Path) -> None:
    result = CliRunner().invoke(main, ["discover", "--events", str(folder / "events.csv"), "--noise", "2"])
    assert result.exit_code == 2
    assert "share from 0" in result.stderr
