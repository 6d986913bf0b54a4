"""Hostile definitions: documents, graphs and expressions that make no sense are refused with their place."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.hostile.document_cases import HEAD, JSON, TOML, WAY
from tests.hostile.told import told

import cjlib as cj
from cjlib import criteria as c
from cjlib.errors import DefinitionError


@pytest.mark.parametrize("name", TOML)
def test_a_hostile_toml_document_is_refused_with_its_place(name: str) -> None:
    text, words = TOML[name]
    assert isinstance(told(lambda: cj.loads(text), words), DefinitionError)


@pytest.mark.parametrize("name", JSON)
def test_a_hostile_json_document_is_refused_with_its_place(name: str) -> None:
    text, words = JSON[name]
    assert isinstance(told(lambda: cj.loads(text, format="json"), words), DefinitionError)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", ["it is empty"]),
        (HEAD.encode("utf-16"), ["UTF-16"]),
        (HEAD.encode("utf-16-be"), ["UTF-16"]),
        (HEAD.encode("utf-32"), ["UTF-16"]),
        (b"\xff" + HEAD.encode(), ["line 1 is not UTF-8"]),
        (HEAD.replace('"a"', '"\xe9"').encode("latin-1"), ["line 2 is not UTF-8"]),
        (b"\x00" * 1000, ["bad.toml"]),
        (bytes(range(256)) * 10, ["bad.toml"]),
        (b"\x1f\x8b" + os.urandom(100), ["bad.toml"]),
    ],
)
def test_a_file_that_is_no_text_names_itself(tmp_path: Path, content: bytes, words: list[str]) -> None:
    path = tmp_path / "bad.toml"
    path.write_bytes(content)
    told(lambda: cj.load(path), ["bad.toml", *words])
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    "path", ["", "x" * 5000 + ".toml", "a\0.toml", "~nobody/x.toml", "/dev/zero.toml", "x"]
)
def test_a_path_that_leads_nowhere_is_refused(path: str) -> None:
    told(lambda: cj.load(path), [])


@pytest.mark.parametrize("value", ["0x1F", "1_000", "-0.0", "1e3"])
def test_numbers_that_toml_knows_are_read_as_they_are_meant(value: str) -> None:
    way = cj.loads(WAY + f"priority = {value}").transitions[0]
    assert way.priority == {"0x1F": 31, "1_000": 1000, "-0.0": 0, "1e3": 1000}[value]


# --- graph


def stages(*ids: Any, **more: Any) -> list[cj.Stage]:
    return [cj.Stage(id, **more) for id in ids]


def way(source: str = "x", target: str = "y", when: Any = 'happened("a")', **more: Any) -> cj.Transition:
    return cj.Transition(source, target, when=when, **more)


def journey(*ids: str, **more: Any) -> Callable[[], cj.Journey]:
    return lambda: cj.Journey("demo", stages=stages(*ids), **more)


def at_once(when: str) -> Callable[[], cj.Journey]:
    return journey("x", "y", transitions=[way(when=when), way("y", "x", when=when)])


GRAPHS: dict[str, tuple[Callable[[], Any], list[str]]] = {
    "no stage": (journey(), ["journey 'demo'", "CJ200", "one stage"]),
    "two starts": (journey("x", "y", initial=["x", "y"]), ["initial", "text was expected"]),
    "no such start": (journey("trial", initial="trail"), ["journey.initial", "'trail'", "'trial'"]),
    "no such target": (journey("x", transitions=[way()]), ["transitions[0].target", "unknown stage 'y'"]),
    "a stage twice": (journey("x", "x"), ["stages[1] 'x'", "stages[0]", "same id"]),
    "a stage and a touchpoint": (
        journey("x", touchpoints=[cj.Touchpoint("x", stages="x")]),
        ["touchpoints[0] 'x'", "a stage is called"],
    ),
    "one activity, two touchpoints": (
        journey("x", touchpoints=[cj.Touchpoint(id, stages="x", activities="a") for id in ("t", "u")]),
        ["touchpoints[1] 'u'", "'a'", "'x'"],
    ),
    "a loop in no time": (at_once('dwell() >= "0s"'), ["CJ103", "x -> y -> x", "less than a second"]),
    "a loop in a microsecond": (at_once('age() > "0s"'), ["CJ103", "x -> y -> x"]),
    "stages as text": (lambda: cj.Journey("a", stages="abc"), ["stages", "a list was expected"]),
    "a stage that is none": (
        lambda: cj.Journey("a", stages=[*stages("x"), None]),
        ["stages", "Stage", "None"],
    ),
    "stages without end": (
        lambda: cj.Journey("a", stages=(cj.Stage(f"s{i}") for i in itertools.count())),
        ["stages", "10,000"],
    ),
    "a stage as transition": (journey("x", transitions=stages("y")), ["transitions", "Transition"]),
    "no name": (lambda: cj.Journey(None, stages=stages("x")), ["name", "text was expected", "None"]),
    "a version in numbers": (journey("x", version=2), ["version", "text was expected", "2"]),
    "a kind that is none": (lambda: cj.Stage("x", kind="actve"), ["Stage 'x'", "kind", "'active'"]),
    "less than no time": (lambda: cj.Stage("x", limit="-3d"), ["Stage 'x'", "limit", "longer than nothing"]),
    "longer than for ever": (lambda: cj.Stage("x", limit=timedelta.max), ["limit", "thousand years"]),
    "a limit that is NaN": (lambda: cj.Stage("x", limit=float("nan")), ["limit", "duration", "nan"]),
    "a share that is NaN": (
        lambda: cj.Touchpoint("t", stages="x", share=float("nan")),
        ["Touchpoint 't'", "share", "finite"],
    ),
    "a label without end": (lambda: cj.Stage("x", label="x" * 100_000), ["label", "100,000", "20,000"]),
    "a term as criterion": (lambda: way(when=c.count("a")), ["Transition 'x -> y'", "is a term", ">= 3"]),
    "no criterion": (lambda: way(when=None), ["Transition 'x -> y'", "when", "None"]),
    "a function as criterion": (lambda: way(when=lambda _: True), ["when", "criterion", "function"]),
    "a truth as priority": (lambda: way(priority=True), ["priority", "whole number", "True"]),
    "an item of nothing": (lambda: cj.ChecklistItem("i"), ["ChecklistItem 'i'", "when", "attribute"]),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_a_journey_that_cannot_be_run_is_refused_with_its_place(name: str) -> None:
    run, words = GRAPHS[name]
    assert isinstance(told(run, words), DefinitionError)


@pytest.mark.parametrize(
    ("id", "words"),
    [
        ("a b", ["'a b'", "'a_b'"]),
        ("x" * 1000, ["64"]),
        ("\u0430", ["U+0430"]),
        ("\u00e9", ["U+00E9"]),
        ("e\u0301", ["U+0301", "'e'"]),
        ("\uff41", ["U+FF41"]),
        ("a\u200b", ["U+200B", "'a'"]),
        ("", ["''"]),
        ("1a", ["'1a'"]),
        ("a\n", ["'a\\n'"]),
        ("<script>", ["'script'"]),
        ("..", ["'..'"]),
        (None, ["an id is text", "None"]),
        (3, ["an id is text", "3"]),
        (b"x", ["an id is text", "b'x'"]),
        (["x"], ["an id is text"]),
    ],
)
def test_an_id_that_is_none_is_refused_with_what_is_wrong_and_one_that_would_do(
    id: Any, words: list[str]
) -> None:
    told(lambda: cj.Stage(id), ["Stage", "CJ002", *words])


@pytest.mark.parametrize(
    "id", ["end", "constructor", "__class__", "__proto__", "class", "None", "NaN", "CON"]
)
def test_an_id_that_other_languages_reserve_is_an_id_like_any_other(id: str) -> None:
    made = cj.Journey("a", stages=stages(id, "other"), transitions=[way(id, "other")])
    assert cj.loads(cj.dumps(made)) == made
    assert cj.loads(cj.dumps(made, format="json"), format="json") == made
    log = cj.EventLog.from_columns(["c"], ["a"], ["2026-01-01"])
    assert cj.replay(made, log, until="2026-02-01").visits["stage"].tolist() == [id, "other"]


def test_what_is_odd_but_can_be_run_is_a_warning() -> None:
    codes = {problem.code for problem in journey("x", "y")().check()}
    assert {"CJ101", "CJ102"} <= codes


def test_a_self_loop_and_parallel_ways_are_journeys() -> None:
    loop = journey("x", transitions=[way("x", "x")])()
    log = cj.EventLog.from_columns(["c"] * 2, ["a"] * 2, ["2026-01-01", "2026-01-02"])
    assert cj.replay(loop, log, until="2026-02-01").visits["stage"].tolist() == ["x", "x"]
    parallel = journey("x", "y", transitions=[way(when='happened("b")'), way()])()
    assert cj.replay(parallel, log, until="2026-02-01").visits["via"].tolist() == [1, -1]


@pytest.mark.parametrize(("priorities", "expected"), [((0, 0), 0), ((0, 1), 1), ((1, 1), 0), ((-1, 0), 1)])
def test_of_two_criteria_true_at_one_instant_the_declared_priority_decides(
    priorities: tuple[int, int], expected: int
) -> None:
    transitions = [way("x", target, priority=p) for target, p in zip("yz", priorities, strict=True)]
    log = cj.EventLog.from_columns(["c"], ["a"], ["2026-01-01"])
    visits = cj.replay(journey("x", "y", "z", transitions=transitions)(), log, until="2026-02-01").visits
    assert visits["via"].tolist() == [expected, -1]


def broken() -> Iterator[cj.Stage]:
    yield cj.Stage("x")
    raise RuntimeError("the source broke")


def test_an_error_of_the_caller_s_own_is_passed_on() -> None:
    with pytest.raises(RuntimeError, match="the source broke"):
        cj.Journey("a", stages=broken())


def test_what_was_given_is_not_changed() -> None:
    options = ["b", "a", "b"]
    given = {"stages": stages("x", "y"), "transitions": [way()]}
    c.attribute("p").is_in(options)
    cj.Journey("a", **given)
    assert options == ["b", "a", "b"]
    assert given == {"stages": stages("x", "y"), "transitions": [way()]}
