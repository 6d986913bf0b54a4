"""Hostile definitions: documents, graphs and expressions that make no sense are refused with their place."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.hostile.told import told

import cjlib as cj
from cjlib import criteria as c
from cjlib.errors import CriterionError, DefinitionError, UsageError

HEAD = '[journey]\nname = "a"\n[[stages]]\nid = "x"\n[[stages]]\nid = "y"\n'
WAY = HEAD + '[[transitions]]\nsource = "x"\ntarget = "y"\nwhen = "happened(\'a\')"\n'


def as_json(**more: object) -> str:
    return json.dumps({"journey": {"name": "a"}, "stages": [{"id": "x"}], **more})


def ways(*transitions: dict[str, object], stages: int = 2) -> str:
    return as_json(stages=[{"id": f"s{i}"} for i in range(stages)], transitions=list(transitions))


TOML = {
    # what is no TOML at all
    "empty": ("", ["TOML document", "empty"]),
    "a YAML document": ("journey:\n  name: a\n", ["TOML document", "line 1"]),
    "two YAML documents": (HEAD + "---\n" + HEAD, ["TOML document", "line 7"]),
    "a YAML tag that runs": ("!!python/object/apply:os.system ['id']", ["TOML document", "line 1"]),
    "a YAML binary": ("x = !!binary aGk=", ["Invalid value", "line 1"]),
    "a YAML merge key": ("<<: *a", ["TOML document", "line 1"]),
    "a YAML bomb": ("a: &a [l,l]\nb: &b [*a,*a]\n", ["TOML document", "line 1"]),
    "a YAML self-reference": ("a = &a [*a]", ["Invalid value"]),
    "JSON": (as_json(), ["TOML document", "line 1"]),
    "a word as truth": (HEAD + "label = NO", ["Invalid value", "line 7"]),
    "an octal of old": (WAY + "priority = 0123", ["line 11"]),
    "infinity as in YAML": (WAY + "priority = .inf", ["Invalid value", "line 11"]),
    "infinity": (WAY + "priority = inf", ["inf is no finite number"]),
    "an overflow": (WAY + "priority = 1e999", ["1e999 is no finite number"]),
    "not a number": (HEAD + '[[touchpoints]]\nid = "t"\nshare = nan', ["nan is no finite number"]),
    "5,000 digits": (WAY + "priority = " + "9" * 5000, ["TOML document", "digits"]),
    "4,000 digits": (WAY + "priority = " + "9" * 4000, ["transitions[0].priority", "1000000"]),
    "a control character": (HEAD + 'label = "a\\u0001b"', ["stages[1].label", "U+0001"]),
    "NUL in a text": (HEAD + 'label = "a\\u0000b"', ["stages[1].label", "U+0000"]),
    "NUL in the document": (HEAD + 'label = "a\0b"', ["Illegal character", "line 7"]),
    "a lone surrogate as escape": (HEAD + 'label = "a\\ud800b"', ["line 7", "Unicode scalar"]),
    "a lone surrogate as it is": (HEAD + 'label = "a\ud800b"', ["stages[1].label", "U+D800"]),
    # the wrong type for a field
    "a time as name": ("[journey]\nname = 12:30:45", ["journey.name", "text was expected"]),
    "a truth as number": (WAY + "priority = true", ["transitions[0].priority", "whole number", "true"]),
    "text as number": (WAY + 'priority = "3"', ["transitions[0].priority", "whole number", "'3'"]),
    "a fraction as whole number": (WAY + "priority = 3.9", ["transitions[0].priority", "3.9"]),
    "a number as duration": (HEAD + "limit = 30", ["stages[1].limit", "duration in quotes", "30d"]),
    "a time of day as duration": (HEAD + "limit = 12:30:45", ["stages[1].limit", "duration in quotes"]),
    "months or minutes": (HEAD + 'limit = "3m"', ["stages[1].limit", "'min'"]),
    "an endless duration": (HEAD + 'limit = "999999999999w"', ["stages[1].limit", "thousand years"]),
    "a table as text": (HEAD + "label = {a = 1}", ["stages[1].label", "text was expected"]),
    "a number as criterion": (WAY.replace("\"happened('a')\"", "3"), ["transitions[0].when", "criterion"]),
    # the wrong name for a field
    "one letter off": (HEAD + '[[tuchpoints]]\nid = "t"', ["'tuchpoints'", "did you mean 'touchpoints'"]),
    "one letter off, inside": (HEAD + 'lable = "x"', ["stages[1]", "'lable'", "did you mean 'label'"]),
    "a field of the journey outside": ("version = 9\n" + HEAD, ["'version'", "stands in [journey]"]),
    "a format of the future": ("format = 999\n" + HEAD, ["CJ013", "999", "reads 1"]),
    "a version that is no text": ('[journey]\nname = "a"\nversion = 1', ["journey.version", "in quotes"]),
    # without end
    "200,000 brackets": ("x = " + "[" * 200_000, ["nested too deeply"]),
    "100,000 braces": ("x = " + "{a=" * 100_000, ["nested too deeply"]),
    "a key of a million letters": ("a" * 1_000_000, ["TOML document"]),
    "half a million quotes": ("'" * 500_000, ["TOML document"]),
    "half a million escaped quotes": ('"\\' * 250_000, ["TOML document"]),
    "a dotted key behind a text in five quotes": (
        "x = {a = '''b'''', " + "b." * 100_000 + "b = 1} # '",
        ["more than 20 parts"],
    ),
    "10 MB": (HEAD + "#" + "x" * 10_000_000, ["TOML document", "2,000,000"]),
    "100,000 unknown tables": ("".join(f"[a{i}]\n" for i in range(100_000)), ["at least 500 problems"]),
    "100,000 unknown fields": (
        HEAD + "".join(f"b{i} = 1\n" for i in range(100_000)),
        ["stages[1]", "at least 500 problems", "more"],
    ),
}

JSON = {
    "empty": ("", ["JSON document", "empty"]),
    "a comment": ('{"journey": {"name": "a"}, // hi\n"stages": []}', ["JSON document", "line 1"]),
    "a comma too many": ('{"journey": {"name": "a"}, "stages": [],}', ["JSON document"]),
    "two documents": ("{} {}", ["JSON document", "Extra data"]),
    "a list": ("[]", ["an object was expected", "list"]),
    "NaN": ('{"journey": NaN}', ["NaN is no number"]),
    "infinity": ('{"journey": -Infinity}', ["-Infinity is no number"]),
    "1e400": ('{"journey": 1e400}', ["1e400 is no finite number"]),
    "the same key twice": ('{"journey": {"name": "a", "name": "b"}}', ["'name'", "twice"]),
    "the same key twice among 100,000": (
        "{" + "".join(f'"k{i}": 1,' for i in range(100_000)) + '"k99999": 2}',
        ["'k99999'", "twice"],
    ),
    "a lone surrogate": (as_json(description=1).replace("1", '"\\ud800"'), ["'description'"]),
    "a lone surrogate in a label": (as_json(stages=[{"id": "x", "label": "\ud800"}]), ["stages[0].label"]),
    "null as text": (as_json(stages=[{"id": "x", "label": None}]), ["stages[0].label", "null"]),
    "null as stage": (as_json(stages=[None]), ["stages[0]", "a table was expected"]),
    "a table as list": (as_json(stages={"id": "x"}), ["stages", "a list was expected"]),
    "text as list": (as_json(stages="x"), ["stages", "a list was expected"]),
    "a list in a list": (as_json(stages=[[{"id": "x"}]]), ["stages[0]", "a table was expected"]),
    "a list as journey": (as_json(journey=[]), ["journey", "a table was expected"]),
    "200,000 brackets": ("[" * 200_000, ["nested too deeply"]),
    "5,000 digits": (as_json() + "9" * 5000, ["JSON document"]),
    "100,000 stages": (as_json(stages=[{"id": f"s{i}"} for i in range(100_000)]), ["stages", "10,000"]),
    "5,000 transitions from nowhere": (
        ways(
            *[{"source": "z", "target": f"t{i}", "when": "happened('a')"} for i in range(5000)], stages=5000
        ),
        ["at least 500 problems", "transitions[0].source", "unknown stage 'z'"],
    ),
    "2,000 transitions by nothing known": (
        ways(*[{"source": "s0", "target": "s1", "when": f"hapened('a{i}')"} for i in range(2000)]),
        ["at least 500 problems", "transitions[0].when", "did you mean 'happened'"],
    ),
}


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


# --- expressions

EXPRESSIONS = {
    "__import__('os').system('id')": ["character 1", "only the words of the criteria"],
    "().__class__.__bases__": ["character 1"],
    "count('a').__class__ >= 1": ["one side of a comparison must be a term"],
    "attribute.__class__": ["character 1"],
    "lambda: 1": ["character 1"],
    "[x for x in y]": ["character 1"],
    "(x := 1)": ["character 2"],
    "await x": ["character 1"],
    "yield 1": ["character 1", "invalid syntax"],
    "count(*a) >= 1": ["character 7", "*a"],
    "count(**{'a': 1}) >= 1": ["unknown argument"],
    "count(f'{x}') >= 1": ["character 7"],
    "count(b'a') >= 1": ["character 7", "text in quotes"],
    "happened('a') if True else happened('b')": ["character 1"],
    "count('a') >= 3; import os": ["character 16"],
    "(" * 5000 + "1" + ")" * 5000: ["100 brackets"],
    "not " * 5000 + "happened('a')": ["criterion"],
    "not " * 65 + "happened('a')": ["60 deep"],
    "x" * 1_000_000: ["100,000 characters"],
    "count('a') >= 9**9**9": ["character 15", "no arithmetic"],
    "count('a') >= 'a'*10**9": ["character 15", "no arithmetic"],
    "count('a') >= 1/0": ["character 15", "no arithmetic"],
    "count('a') + count('b') >= 3": ["one side of a comparison"],
    "1/0": ["character 1"],
    "NaN == NaN": ["must be a term"],
    "count('a') >= nan": ["'nan'", "names stand in quotes"],
    "count('a') >= 1e999": ["finite number", "inf"],
    "count('a') >= 1j": ["a number"],
    "count('a') >= " + "9" * 5000: ["digits"],
    "count('a') == None": ["character 15", "None"],
    "count('a') >= '3'": ["count is a number", "'3'"],
    "count('a') >= True": ["count is a number", "True"],
    "attribute('p') in [1, 'a']": ["numbers and text in one list"],
    "attribute('p') in []": ["empty list"],
    "'a' in 'abc'": ["after 'in' comes a list"],
    "'a' in count('x')": ["only an attribute"],
    "1 < count('a') < 3": ["chained comparison"],
    "count('a') >= count('b')": ["not with another term"],
    "count('a') is 3": ["'is' compares nothing"],
    "dwell() == '30d'": ["hardly ever", ">= or <="],
    "dwell() >= 30": ["duration was expected", "30"],
    "dwell() in ['30d']": ["no member of a list"],
    "until('x') >= '2026-01-01'": ["'2026-01-01' is no duration"],
    "idle('a') >= attribute('b')": ["compared with a literal"],
    "attribute('d') >= 2026-01-01": ["character 24"],
    "\uff57au('a')": ["U+FF57", "in quotes only"],
    "count('a')\u00a0>= 3": ["U+00A0"],
    "count('a') \u2265 3": ["U+2265"],
    "\u0441ount('a') >= 3": ["U+0441"],
    "happened('a\\0b')": ["no text file can hold"],
    "happened('a\\ud800')": ["no text file can hold"],
    "happened('" + "a" * 1001 + "')": ["1,000 characters", "1001"],
    "happened('')": ["1 to 1,000 characters"],
    "happened('a') \0": ["null bytes"],
    "cuont('a') >= 3": ["unknown word 'cuont'", "did you mean 'count'"],
    "Count('a') >= 3": ["did you mean 'count'"],
    "count('a', widthin='14d') >= 3": ["'widthin'", "did you mean 'within'"],
    "count('a', within='14m') >= 3": ["'14m'", "'min'"],
    "count('a', within=14) >= 3": ["duration was expected", "14"],
    "count('a', ever=1) >= 3": ["ever is True or False"],
    "count('a', ever=True, within='1d') >= 3": ["not both"],
    "count() >= 3": ["needs an activity or touchpoint"],
    "count('a', touchpoint='t') >= 3": ["one of the two"],
    "count(a) >= 3": ["character 7", "names stand in quotes"],
    "count(3) >= 3": ["as text", "3"],
    "count('a', channel=3) >= 1": ["as text", "3"],
    "seats >= 5": ["must be a term"],
    "not count('a')": ["is a term", ">= 3"],
    "count('a') and count('b')": ["is a term", ">= 3"],
    "happened('a') >= 1": ["is a criterion already"],
    "happened('a') & happened('b')": ["in text write 'and' and 'or'"],
    "known('a')": ["a term was expected"],
    "count('a') = 3": ["character 12"],
    "happened(\"a)": ["character 10", "unterminated"],
    "": ["empty"],
    " \n": ["empty"],
    "True": ["character 1"],
}  # fmt: skip


@pytest.mark.parametrize("text", EXPRESSIONS, ids=lambda text: repr(text)[:40])
def test_an_expression_that_makes_no_sense_is_refused_with_its_place(text: str) -> None:
    assert isinstance(told(lambda: cj.parse(text), EXPRESSIONS[text]), CriterionError)


@pytest.mark.parametrize("text", EXPRESSIONS, ids=lambda text: repr(text)[:40])
def test_in_a_file_it_has_the_place_in_the_file_too(text: str) -> None:
    document = ways({"source": "s0", "target": "s1", "when": text})
    told(lambda: cj.loads(document, format="json"), ["transitions[0].when"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(" * 99 + "happened('a')" + ")" * 99, 'happened("a")'),
        ("count('\u0430') >= 3", 'count("\u0430") >= 3'),
        ("count('a' 'b') >= 1", 'count("ab") >= 1'),
        ("count('a') >= 3 # comment", 'count("a") >= 3'),
        ("count('a') >= 1_000", 'count("a") >= 1000'),
        ("count('a') >= -0.0", 'count("a") >= 0'),
        ("happened('(a+)+$')", 'happened("(a+)+$")'),
        ("attribute('__class__') == 'x'", 'attribute("__class__") == "x"'),
        ("'a' not in attribute('x')", 'not "a" in attribute("x")'),
        ("sum('a') >= 1e19", 'sum("a") >= 1e+19'),
    ],
)
def test_what_is_strange_but_means_something_is_read(text: str, expected: str) -> None:
    assert str(cj.parse(text)) == expected
    assert cj.parse(expected) == cj.parse(text)


PYTHON: dict[str, tuple[Callable[[], Any], list[str]]] = {
    "a term as truth": (lambda: bool(c.count("a")), ["no truth", "& | ~"]),
    "a criterion as truth": (lambda: (c.count("a") >= 3) and (c.count("b") >= 3), ["& | ~"]),
    "missing brackets": (lambda: c.count("a") >= 3 & c.count("b") >= 3, ["bare term", "in brackets"]),
    "text among criteria": (lambda: (c.count("a") >= 3) & 'happened("b")', ["joins criteria"]),
    "criteria among text": (lambda: "x" & (c.count("a") >= 3), ["joins criteria", "'x'"]),
    "None among criteria": (lambda: (c.count("a") >= 3) | None, ["joins criteria", "None"]),
    "arithmetic": (lambda: c.count("a") + 1, ["no arithmetic"]),
    "a term among terms": (lambda: c.count("a") in [c.count("b")], ["not with another term"]),
    "NaN": (lambda: c.count("a") >= float("nan"), ["finite number", "nan"]),
    "None": (lambda: c.count("a") >= None, ["literal", "None"]),
    "an object": (lambda: c.count("a") >= object(), ["literal", "object"]),
    "an array": (lambda: c.count("a") >= np.array([1, 2]), ["literal", "array"]),
    "a decimal": (lambda: c.count("a") >= Decimal(3), ["literal", "Decimal"]),
    "a complex number": (lambda: c.count("a") >= 3j, ["literal", "3j"]),
    "no time": (lambda: c.attribute("d") >= np.datetime64("NaT"), ["literal", "None"]),
    "options that are none": (lambda: c.attribute("a").is_in(None), ["a list is needed"]),
    "options as text": (lambda: c.attribute("a").is_in("abc"), ["a list is needed"]),
    "an option that is no text": (lambda: c.attribute("a").contains(3), ["text", "3"]),
    "a window of nothing": (lambda: c.count("a", within=timedelta(0)), ["longer than nothing"]),
    "a window back to front": (lambda: c.count("a", within="-3d"), ["longer than nothing", "-3d"]),
    "a kind of term": (lambda: c.Term("cuont", "a"), ["'cuont' is no term", "'count'"]),
    "an operator": (lambda: c.Comparison(c.count("a"), "**", 3), ["'**' is no comparison"]),
    "no term compared": (lambda: c.Comparison("a", ">=", 3), ["a term was expected", "'a'"]),
    "no term in a list": (lambda: c.Membership("a", ["b"]), ["a term was expected", "'a'"]),
    "no term that holds": (lambda: c.Contains("a", "b"), ["a term was expected", "'a'"]),
    "no term that happened": (lambda: c.Happened("a"), ["a term was expected", "'a'"]),
    "nothing joined": (lambda: c.And(()), ["criteria", "()"]),
    "a number joined": (lambda: c.Or((3,)), ["criteria", "3"]),
    "a number negated": (lambda: c.Not(3), ["criteria", "3"]),
    "no text": (lambda: cj.parse(b"happened('a')"), ["from text", "bytes"]),
    "not a path": (lambda: cj.load(3), ["a path was expected", "int"]),
    "a stage as journey": (lambda: cj.dumps(cj.Stage("x")), ["a Journey was expected", "Stage"]),
    "a text compared": (lambda: cj.diff(journey("x")(), "x"), ["two journeys", "'x'"]),
}  # fmt: skip


@pytest.mark.parametrize("name", PYTHON)
def test_python_code_that_makes_no_sense_is_told_what_to_write(name: str) -> None:
    run, words = PYTHON[name]
    assert isinstance(told(run, words), (CriterionError, UsageError))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.int64(3), "3"),
        (np.float64(0.5), "0.5"),
        (np.bool_(True), "True"),
        (np.str_("a"), '"a"'),
        (date(2026, 1, 2), '"2026-01-02"'),
        (datetime(2026, 1, 2, 3), '"2026-01-02T03:00:00"'),
    ],
)
def test_literals_of_other_libraries_are_taken_as_what_they_are(value: object, expected: str) -> None:
    assert str(c.attribute("a") == value) == f'attribute("a") == {expected}'


def test_a_fraction_is_no_literal_that_a_file_can_hold() -> None:
    told(lambda: c.count("a") >= Fraction(1, 3), ["literal", "Fraction"])


def test_a_criterion_nested_too_deeply_is_refused_as_it_is_built() -> None:
    told(lambda: reduce(lambda criterion, _: ~criterion, range(5000), c.happened("a")), ["60 deep"])


def test_what_was_given_is_not_changed() -> None:
    options = ["b", "a", "b"]
    given = {"stages": stages("x", "y"), "transitions": [way()]}
    c.attribute("p").is_in(options)
    cj.Journey("a", **given)
    assert options == ["b", "a", "b"]
    assert given == {"stages": stages("x", "y"), "transitions": [way()]}
