"""Hostile surroundings: zones, locales, hash seeds and flags change nothing; wrong files are told."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.hostile.call_cases import CARD, EMPTY, JOURNEY, LOG, LOGINS, UNTIL, replayed

import cjlib as cj
from cjlib.cli import main

SCRIPT = """
import hashlib, locale, sys
from datetime import datetime
locales = sys.argv[1:]
for name in locales:
    try:
        locale.setlocale(locale.LC_ALL, name)
        break
    except locale.Error:
        continue
import cjlib as cj
journey = cj.template("saas")
made = cj.simulate(journey, 60, seed=7, until="2026-03-01", verify=False)
trace = cj.replay(journey, made.log, made.customers, until="2026-03-01")
snapshot = cj.snapshot(made.log, as_of="2026-03-01", customers=made.customers, journey=journey)
scores = cj.HealthScorer(journey.scorecards[0], journey=journey).score(snapshot)
page = cj.report(journey, trace, scores=scores, log=made.log).html
log = cj.EventLog.from_columns(
    ["a", "a"], ["login", "login"], [datetime(2026, 3, 29, 2, 30), datetime(2026, 1, 1)], [0.5, 1e-7])
told = [str(journey.transitions[0].when), cj.dumps(journey), str(trace.visits), str(trace.due("30d")),
        str(trace.explain(trace.ids[0])), str(log.time.tolist()), str(snapshot.to_table()), str(trace.ledger)]
told += [journey.fingerprint, made.log.fingerprint, trace.fingerprint, snapshot.fingerprint,
         hashlib.sha256(scores.values.tobytes()).hexdigest(), hashlib.sha256(page.encode()).hexdigest()]
sys.stdout.buffer.write("\\n".join(told).encode())
"""


def run(*flags: str, arguments: tuple[str, ...] = (), **variables: str) -> str:
    """What the script tells in a process of its own."""
    surroundings = {**os.environ, **variables}
    command = [sys.executable, *flags, "-c", SCRIPT, *arguments]
    done = subprocess.run(command, env=surroundings, capture_output=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


@cache
def plainly() -> str:
    return run(TZ="UTC", PYTHONHASHSEED="0")


@pytest.mark.parametrize(
    "variables",
    [
        {"TZ": "Asia/Kolkata", "PYTHONHASHSEED": "1"},
        {"TZ": "America/St_Johns", "PYTHONHASHSEED": "random"},
        {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0"},
        {"NUMBA_NUM_THREADS": "1"},
    ],
    ids=" ".join,
)
def test_zone_hash_seed_locale_and_threads_change_no_answer(variables: dict[str, str]) -> None:
    assert run(**variables) == plainly()


@pytest.mark.parametrize(
    "flags", [("-O", "-W", "error"), ("-X", "dev", "-W", "error"), ("-I",)], ids=" ".join
)
def test_flags_of_the_interpreter_change_no_answer(flags: tuple[str, ...]) -> None:
    assert run(*flags) == plainly()


def test_a_locale_with_a_decimal_comma_changes_no_answer() -> None:
    assert run(arguments=("de_DE.UTF-8", "fr_FR.UTF-8", "pt_BR.UTF-8")) == plainly()


def test_star_import_brings_what_is_listed_and_hides_no_builtin() -> None:
    code = "from cjlib import *; from cjlib.criteria import count; import builtins, cjlib; "
    code += "print(sorted(set(cjlib.__all__) & set(vars(builtins))), Journey is cjlib.Journey)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=100, check=True
    )
    assert done.stdout.strip() == "[] True"


def test_many_at_once_get_the_same_answers() -> None:
    answers: list[tuple[list[object], list[object]]] = []

    def ask() -> None:
        trace = replayed(threads=2)
        scores = cj.HealthScorer(CARD).score(cj.snapshot(LOG, LOGINS, as_of=UNTIL))
        answers.append((trace.visits["left"].tolist(), scores.values.tolist()))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8
    assert all(answer == answers[0] for answer in answers)


FORKED = """
import multiprocessing
import cjlib as cj
journey = cj.template("saas")
made = cj.simulate(journey, 20, seed=1, until="2026-01-01", verify=False)
def work(_):
    return cj.replay(journey, made.log, made.customers, until="2026-01-01", threads=1).fingerprint
own = work(0)
with multiprocessing.get_context("fork").Pool(2) as pool:
    print({*pool.map(work, range(4))} == {own})
"""


def test_a_forked_process_gets_the_same_answers() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORKED], capture_output=True, text=True, timeout=200, check=False
    )
    assert done.stdout.strip() == "True", done.stderr


# --- the command line

FILES: dict[str, bytes] = {
    "good.toml": cj.dumps(JOURNEY).encode(),
    "good.csv": b"customer,activity,time\na,login,2026-01-01\na,login,2026-01-03\n",
    "header.csv": b"customer,activity,time\n",
    "empty.csv": b"",
    "empty.toml": b"",
    "other.csv": b"id,what,when\na,login,2026-01-01\n",
    "times.csv": b"customer,activity,time\na,login,soon\n",
    "binary.csv": bytes(range(256)),
    "binary.toml": bytes(range(256)),
    "bad.parquet": b"PAR1" + b"\0" * 100,
    "wrong.toml": b'[journey]\nname = "a"\n[[stages]]\nid = "x"\nlimt = "3d"\n',
    "journey.yaml": b"journey:\n  name: a\n",
    "folder/x.txt": b"x",
}
WITH = ["demo", "--journey", "good.toml", "--events", "good.csv"]

COMMANDS: dict[str, tuple[list[str], list[str]]] = {
    "no command": (["dmeo"], ["dmeo"]),
    "no such file": (["check", "missing.toml"], ["missing.toml"]),
    "an empty journey": (["check", "empty.toml"], ["empty.toml", "it is empty"]),
    "a binary journey": (["check", "binary.toml"], ["binary.toml"]),
    "a typo in a journey": (["check", "wrong.toml"], ["wrong.toml", "stages[0]", "'limt'", "'limit'"]),
    "a journey in YAML": (["check", "journey.yaml"], ["journey.yaml", ".toml or .json"]),
    "events as journey": (["check", "good.csv"], ["good.csv", ".toml or .json"]),
    "a folder as journey": (["check", "folder"], ["folder"]),
    "a journey as events": (["demo", "--events", "good.toml"], ["good.toml"]),
    "empty events": (["demo", "--events", "empty.csv"], ["empty.csv"]),
    "binary events": (["demo", "--events", "binary.csv"], ["binary.csv"]),
    "broken Parquet": (["demo", "--events", "bad.parquet"], ["bad.parquet"]),
    "a folder without events": (["demo", "--events", "folder"], ["folder"]),
    "a header alone": (["demo", "--events", "header.csv"], ["no event"]),
    "other columns": (["demo", "--events", "other.csv"], ["'customer'", "'id'"]),
    "only wrong times": (["demo", "--events", "times.csv"], ["no event"]),
    "customers that are none": ([*WITH, "--customers", "binary.csv"], ["binary.csv"]),
    "no time": ([*WITH, "--until", "soon"], ["'soon'"]),
    "no number": (["demo", "-n", "many"], ["many"]),
    "nobody": (["demo", "-n", "0"], ["simulate: n", "0"]),
    "a seed below": (["demo", "-n", "3", "--seed", "-1"], ["seed", "-1"]),
    "a language": (["demo", "--language", "tlh"], ["tlh"]),
    "a folder as output": ([*WITH, "-o", "folder"], ["folder"]),
    "output nowhere": ([*WITH, "-o", "no/such/place.html"], ["place.html"]),
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", COMMANDS)
def test_a_wrong_command_ends_in_a_sentence_and_exit_code_2(name: str, here: Path) -> None:
    arguments, words = COMMANDS[name]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2, result.output
    for word in words:
        assert word in result.output
    assert "Traceback" not in result.output
    assert not (here / "journey-report.html").exists()
    assert {name: (here / name).read_bytes() for name in FILES} == FILES


def test_a_command_before_everything_and_one_on_good_files_end_well(here: Path) -> None:
    for more in ([], ["--until", "1950-01-01"], ["--until", "2199-01-01"]):
        result = CliRunner().invoke(main, [*WITH, *more])
        assert result.exit_code == 0, result.output
        assert (here / "journey-report.html").read_text("utf-8").startswith("<!doctype html>")


def test_nobody_in_two_threads_is_nobody() -> None:
    assert len(replayed(EMPTY, threads=2)) == 0
