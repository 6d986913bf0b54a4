"""Every question has its command: text for people, JSON for programs, exit codes for scripts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from python_calamine import CalamineWorkbook

from cjlib.cli import main

JOURNEY = """
[journey]
name = "shop"

[[stages]]
id = "looking"
limit = "30d"
scorecard = "health"

[[stages]]
id = "buying"
label = "Buying"
kind = "won"

[[stages]]
id = "gone"
kind = "lost"

[[transitions]]
source = "looking"
target = "buying"
when = 'sum("order") >= 20'

[[transitions]]
source = "looking"
target = "gone"
when = 'happened("cancel")'
kind = "exit"

[[metrics]]
id = "visits"
activity = "visit"
aggregate = "count"
window = "30d"

[[scorecards]]
id = "health"
bands = { labels = ["red", "green"], edges = [50] }

[[scorecards.groups]]
id = "use"

[[scorecards.groups.measures]]
id = "visits"
metric = "visits"
curve = { kind = "linear", worst = 0, best = 4 }
"""
EVENTS = """customer,activity,time,value
007,visit,2026-01-01,
007,order,2026-01-03,25
008,visit,2026-01-02,
008,order,2026-01-04,15
009,visit,2026-01-05,
009,cancel,2026-01-20,
"""
DATA = ("--events", "events.csv", "--until", "2026-01-31")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    newer = JOURNEY.replace(">= 20", ">= 10").replace('name = "shop"', 'name = "shop"\nversion = "2"')
    for name, text in (("journey.toml", JOURNEY), ("newer.toml", newer), ("events.csv", EVENTS)):
        (tmp_path / name).write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


def answer(*arguments: str) -> dict:
    done = run(*arguments, "--json")
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.usefixtures("folder")
def test_replay_tells_stages_and_writes_visits() -> None:
    """007 buys, 008 has bought too little, 009 has left."""
    found = answer("replay", "journey.toml", *DATA, "-o", "visits.csv")
    assert {row["stage"]: row["customers"] for row in found["stages"]} == {
        "looking": 1,
        "buying": 1,
        "gone": 1,
    }
    assert found["customers"] == 3
    lines = Path("visits.csv").read_text("utf-8").splitlines()
    assert len(lines) == 6
    assert lines[0].replace('"', "") == "customer,number,stage,entered,left,via"


@pytest.mark.usefixtures("folder")
def test_score_counts_bands_and_lists_the_lowest() -> None:
    """One visit of the four that are best: a quarter of the scale; that of 007 is thirty days ago."""
    found = answer("score", "journey.toml", *DATA, "-o", "scores.parquet")
    assert found["bands"] == {"red": 3, "green": 0}
    assert [row["value"] for row in found["lowest"]] == [0.0, 25.0, 25.0]
    assert Path("scores.parquet").stat().st_size
    assert "3 customers: 3 red, 0 green, 0 without a score" in run("score", "journey.toml", *DATA).stdout


@pytest.mark.usefixtures("folder")
def test_customer_tells_where_one_is_and_why() -> None:
    done = run("customer", "008", "journey.toml", *DATA)
    assert done.stdout.startswith("008 is in looking since 2026-01-02")
    assert 'sum("order") >= 20 (now 15)' in done.stdout
    found = answer("customer", "008", "journey.toml", *DATA)
    assert found["standing"]["stage"] == "looking"
    assert found["scores"]["health"]["value"] == 25.0


@pytest.mark.usefixtures("folder")
def test_a_customer_that_is_a_number_is_found() -> None:
    Path("numbers.csv").write_text("customer,activity,time\n7,visit,2026-01-01\n", "utf-8")
    assert run("customer", "7", "journey.toml", "--events", "numbers.csv").exit_code == 0


@pytest.mark.usefixtures("folder")
def test_compare_says_who_stands_elsewhere() -> None:
    """From 10 on, 008 buys too."""
    found = answer("compare", "journey.toml", "newer.toml", *DATA)
    assert [(row["customer"], row["new"]) for row in found["elsewhere"]] == [("008", "buying")]
    assert run("compare", "journey.toml", "newer.toml", *DATA, "--strict").exit_code == 1
    assert run("compare", "journey.toml", "journey.toml", *DATA, "--strict").exit_code == 0


@pytest.mark.usefixtures("folder")
def test_diff_and_check_are_strict_if_asked() -> None:
    changes = answer("diff", "journey.toml", "newer.toml")["changes"]
    assert [change["effect"] for change in changes] == ["documentation", "replay"]
    for arguments, code in (
        (("diff", "journey.toml", "newer.toml"), 0),
        (("diff", "journey.toml", "newer.toml", "--strict"), 1),
        (("diff", "journey.toml", "journey.toml", "--strict"), 0),
        (("check", "journey.toml"), 0),
        (("check", "journey.toml", "--strict", "--quiet"), 1),
    ):
        assert run(*arguments).exit_code == code


@pytest.mark.usefixtures("folder")
def test_report_is_written_as_its_name_says() -> None:
    for name in ("r.html", "r.md", "r.xlsx"):
        done = run("report", "journey.toml", *DATA, "-o", name, "--title", "January", "--language", "fr")
        assert done.exit_code == 0
        assert f"see {name}" in done.stdout
    assert "3 clients" in Path("r.html").read_text("utf-8")
    assert Path("r.md").read_text("utf-8").startswith("# January")
    assert CalamineWorkbook.from_path("r.xlsx").sheet_names[0] == "Summary"


@pytest.mark.usefixtures("folder")
def test_map_is_drawn_with_and_without_events() -> None:
    assert run("map", "journey.toml", "--as", "mermaid-state").stdout.startswith("stateDiagram-v2")
    assert "2 now" not in run("map", "journey.toml", "--as", "text").stdout
    assert "looking · 1 now" in run("map", "journey.toml", "--as", "text", *DATA).stdout
    assert run("map", "journey.toml", *DATA, "-o", "map.svg").stdout.strip() == "see map.svg"
    assert Path("map.svg").read_text("utf-8").startswith("<svg")


@pytest.mark.usefixtures("folder")
def test_backtest_judges_past_moments() -> None:
    """Ten customers a month come, and every second one leaves two weeks later."""
    rows = ["customer,activity,time"]
    for month in range(1, 7):
        for i in range(10):
            rows.append(f"{month}-{i},visit,2025-{month:02}-0{1 + i % 5}")
            rows += (
                [f"{month}-{i},cancel,2025-{month:02}-2{i % 5}"]
                if i % 2
                else [f"{month}-{i},visit,2025-{month:02}-15"]
            )
    Path("many.csv").write_text("\n".join(rows), "utf-8")
    moments = [part for month in range(2, 6) for part in ("--as-of", f"2025-{month:02}-10")]
    done = run("backtest", "journey.toml", "--events", "many.csv", *moments, "--horizon", "20d")
    assert done.exit_code == 0, done.stderr
    assert "AUC within moments" in done.stdout
    found = answer("backtest", "journey.toml", "--events", "many.csv", *moments, "--horizon", "20d")
    assert len(found["moments"]) == 4


def test_plugins_are_listed_with_who_gives_them() -> None:
    assert "'svg' (renderers) of cjlib" in run("plugins", "renderers").stdout
    assert {"svg", "html"} <= {row["name"] for row in answer("plugins", "renderers")}  # type: ignore[index]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["customer", "08", "journey.toml", *DATA], "cjlib: unknown customer '08' (did you mean '008'?)"),
        (["map", "journey.toml", "--as", "svgs"], "cjlib: unknown renderer 'svgs' (did you mean 'svg'?)"),
        (["score", "journey.toml", *DATA, "--scorecard", "healt"], "cjlib: unknown scorecard 'healt'"),
        (
            ["replay", "journey.toml", *DATA, "-o", "visits.txt"],
            "cjlib: visits.txt: tables are written as .csv",
        ),
        (["report", "journey.toml", *DATA, "--value", "arr"], "cjlib: unknown attribute"),
        (["map", "journey.toml", "-o", "no/map.svg"], "cjlib: no/map.svg: it cannot be written"),
        (["replay", "journey.toml"], "Missing option '--events'"),
    ],
)
def test_what_cannot_be_done_is_a_sentence_with_exit_code_2(arguments: list[str], told: str) -> None:
    done = run(*arguments)
    assert done.exit_code == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr
