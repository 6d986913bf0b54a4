"""Journeys in files: what is written is read back, and what cannot be meant is told with its place."""

from __future__ import annotations

import copy
import json
import os
import pickle
import stat
import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings

import cjlib as cj
from cjlib.errors import CJError, DefinitionError, UsageError
from cjlib.testing import journeys

SHORT = """
[journey]
name = "short"

[[stages]]
id = "trial"

[[stages]]
id = "gone"
kind = "lost"

[[transitions]]
source = "trial"
target = "gone"
when = 'idle("login") >= "30d"'
"""


@given(journeys())
@settings(max_examples=40)
def test_a_journey_is_read_back_from_both_formats(journey: cj.Journey) -> None:
    for format in ("toml", "json"):
        text = cj.dumps(journey, format=format)
        again = cj.loads(text, format=format)
        assert again == journey
        assert again.fingerprint == journey.fingerprint
        assert cj.dumps(again, format=format) == text


@given(journeys())
@settings(max_examples=20)
def test_a_journey_survives_copies_and_pickles(journey: cj.Journey) -> None:
    for again in (copy.deepcopy(journey), pickle.loads(pickle.dumps(journey))):
        assert again == journey
        assert hash(again) == hash(journey)
        assert again.fingerprint == journey.fingerprint


@given(journeys(), journeys())
@settings(max_examples=10)
def test_fingerprints_are_equal_if_and_only_if_journeys_are(one: cj.Journey, other: cj.Journey) -> None:
    assert (one.fingerprint == other.fingerprint) is (one == other)


def test_a_file_is_read_and_written_by_its_ending(tmp_path: Path) -> None:
    journey = cj.loads(SHORT)
    for name in ("short.toml", "short.json", "SHORT.JSON"):
        cj.dump(journey, tmp_path / name)
        assert cj.load(tmp_path / name) == journey
        assert cj.load(str(tmp_path / name)) == journey
    assert json.loads((tmp_path / "short.json").read_text())["journey"] == {"name": "short"}


def test_defaults_are_not_written() -> None:
    journey = cj.Journey("a", version="1", initial="x", stages=[cj.Stage("x", kind="active")])
    assert tomllib.loads(cj.dumps(journey)) == {"journey": {"name": "a"}, "stages": [{"id": "x"}]}


def test_a_handoff_is_from_one_role_to_another() -> None:
    text = SHORT + '[transitions.handoff]\nfrom = "sales"\nto = "CSM"\n'
    handoff = cj.loads(text).transitions[0].handoff
    assert handoff == cj.Handoff(source="sales", target="CSM")
    assert 'from = "sales"' in cj.dumps(cj.loads(text))


def test_a_file_that_exists_is_replaced_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "journey.toml"
    path.write_text("what was there")
    path.chmod(0o640)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", fail)
        with pytest.raises(DefinitionError, match="No space left"):
            cj.dump(cj.loads(SHORT), path)
    assert path.read_text() == "what was there"
    assert list(tmp_path.iterdir()) == [path]
    cj.dump(cj.loads(SHORT), path)
    assert cj.load(path) == cj.loads(SHORT)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "journey.toml"
    path.write_bytes(b"\xef\xbb\xbf" + SHORT.encode())
    assert cj.load(path) == cj.loads("\ufeff" + SHORT) == cj.loads(SHORT)


UNREADABLE = {
    "utf-16": (SHORT.encode("utf-16"), "looks like UTF-16"),
    "utf-16 without mark": (SHORT.encode("utf-16-le"), "looks like UTF-16"),
    "latin-1": (SHORT.replace("short", "né").encode("latin-1"), "line 3 is not UTF-8"),
    "empty": (b"", "it is empty"),
    "blank": (b" \n", "it is empty"),
    "nul": (b'[journey]\nname = "a\0"', "Illegal character"),
    "cut": (SHORT[:-3].encode(), "TOML document"),
    "huge": (b"# " + b"a" * 10_000_000, "too many"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_is_no_text_is_told_plainly(tmp_path: Path, name: str) -> None:
    content, message = UNREADABLE[name]
    path = tmp_path / "journey.toml"
    path.write_bytes(content)
    with pytest.raises(DefinitionError, match=message) as caught:
        cj.load(path)
    assert "journey.toml" in str(caught.value)


def test_a_path_that_is_no_file_is_told_plainly(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        cj.load(tmp_path / "missing.toml")
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(DefinitionError, match="it is no file"):
        cj.load(tmp_path / "folder.toml")
    os.mkfifo(tmp_path / "pipe.toml")
    with pytest.raises(DefinitionError, match="it is no file"):
        cj.load(tmp_path / "pipe.toml")
    with pytest.raises(DefinitionError, match="null"):
        cj.load("a\0b.toml")
    with pytest.raises(DefinitionError, match="cannot be written"):
        cj.dump(cj.loads(SHORT), tmp_path / "no" / "folder.toml")


def test_wrong_calls_are_told_plainly(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.toml or \.json"):
        cj.load(tmp_path / "journey.yaml")
    with pytest.raises(UsageError, match="'toml' or 'json', not 'tml'"):
        cj.loads(SHORT, format="tml")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="text, not from bytes"):
        cj.loads(SHORT.encode())  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="path was expected"):
        cj.load(3)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="Journey was expected"):
        cj.dumps("short")  # type: ignore[arg-type]


DOCUMENTS = {
    "nesting": ("toml", "x = " + "[" * 200_000, "nested too deeply"),
    "nesting in json": ("json", "[" * 200_000, "nested too deeply"),
    "dotted key": ("toml", "a" + ".a" * 100_000 + " = 1", "more than 20 parts"),
    "dotted table": ("toml", "[" + "a." * 100_000 + "a]", "more than 20 parts"),
    "dotted quoted key": ("toml", '"a"' + '."a"' * 100_000 + " = 1", "more than 20 parts"),
    "dotted key behind a comment": ("toml", '# """\n' + "a" + ".a" * 100_000 + ' = 1\n# """', "more than 20"),
    "levels": ("json", '{"journey": ' + '{"a": ' * 30 + "1" + "}" * 31, "more than 20 levels"),
    "doubled key": ("toml", "[journey]\nname = 'a'\nname = 'b'", "Cannot overwrite"),
    "doubled json key": ("json", '{"journey": {"name": "a", "name": "b"}}', "'name' stands twice"),
    "nan": ("toml", "[journey]\nname = nan", "nan is no finite number"),
    "infinity": ("toml", "[journey]\nname = -inf", "-inf is no finite number"),
    "json nan": ("json", '{"journey": NaN}', "NaN is no number"),
    "json infinity": ("json", '{"journey": -Infinity}', "-Infinity is no number"),
    "overflow": ("json", '{"journey": 1e999}', "1e999 is no finite number"),
    "long integer": ("json", '{"journey": ' + "9" * 5000 + "}", "JSON document"),
    "long toml integer": ("toml", "x = " + "9" * 5000, "TOML document"),
    "array": ("json", "[]", "an object was expected"),
    "text": ("json", '"journey"', "an object was expected"),
    "two documents": ("json", "{} {}", "Extra data"),
    "yaml": ("toml", "journey: &a [*a]", "TOML document"),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_hostile_document_is_refused_at_once(name: str) -> None:
    format, text, message = DOCUMENTS[name]
    start = time.perf_counter()
    with pytest.raises(DefinitionError, match=message) as caught:
        cj.loads(text, format=format)  # type: ignore[arg-type]
    assert time.perf_counter() - start < 2
    assert len(str(caught.value)) < 600


FIELDS = {
    "stages = []": ("journey.stages", "[[stages]]"),
    "tuchpoint = []": ("journey", "unknown field 'tuchpoint'"),
    "vesion = '1'": ("journey", "did you mean 'version'"),
    "version = 1": ("journey.version", "text was expected, not 1; put it in quotes"),
    "version = true": ("journey.version", "not true"),
    "owner = ''": ("journey.owner", "the name is empty"),
    "reviewed = 2026-11-30T12:00:00": ("journey.reviewed", "a day was expected"),
    "reviewed = '2026-13-01'": ("journey.reviewed", "a day was expected"),
    "reviewed = 3": ("journey.reviewed", "a day was expected"),
    "review_every = '3m'": ("journey.review_every", "write 'min' for minutes"),
    "review_every = 3": ("journey.review_every", "duration in quotes"),
    "review_every = '0d'": ("journey.review_every", "longer than nothing"),
    "activities = 'login'": ("journey.activities", "a list was expected"),
    "activities = ['login', 'login']": ("journey.activities", "stands twice"),
    "activities = ['login', 3]": ("journey.activities[1]", "text was expected"),
    "aims = [{metric = 'a', value = 'b'}]": ("journey.aims[0].value", "a number was expected"),
    "aims = [{metric = 'a', value = true}]": ("journey.aims[0].value", "a number was expected"),
    "aims = [{metric = 'a'}]": ("journey.aims[0]", "'value' is missing"),
    "aims = [{metric = 'a', value = 1, vlue = 2}]": ("journey.aims[0]", "did you mean 'value'"),
    "aims = {metric = 'a', value = 1}": ("journey.aims", "a list was expected"),
    "initial = 'trail'": ("journey.initial", "did you mean 'trial'"),
}


@pytest.mark.parametrize("field", FIELDS)
def test_a_wrong_field_is_told_with_its_place(field: str) -> None:
    place, message = FIELDS[field]
    with pytest.raises(DefinitionError) as caught:
        cj.loads(SHORT.replace('name = "short"', f'name = "short"\n{field}'))
    (problem,) = caught.value.problems
    assert (problem.place, problem.severity) in ((place, "error"), (place.rpartition(".")[0], "error"))
    assert message in problem.message


BROKEN = """
[journey]
nam = "x"
version = 1

[[stage]]
id = "a"

[[stages]]
id = "b c"
kind = "actve"
limit = "3m"
notes = [{ kind = "feeling", txt = "a" }]

[[transitions]]
source = "a"
when = "count('x') >"
priority = true

[transitions.handoff]
from = 3

[[transitions.handoff.checklist]]
id = "x"

[[personas]]
id = "p"
targets = { a = "3m" }

[[scorecards]]
id = "s"

[[scorecards.groups]]
id = "g"

[[scorecards.groups.measures]]
id = "m"
metric = "x"
curve = { kind = "step", edges = [1] }
"""


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(DefinitionError, match="toml text has 16 problems") as caught:
        cj.loads(BROKEN)
    places = [problem.place for problem in caught.value.problems]
    assert places == [
        "", "journey", "journey", "journey.version",
        "stages[0].id", "stages[0].kind", "stages[0].limit", "stages[0].notes[0]", "stages[0].notes[0]",
        "transitions[0]", "transitions[0].when", "transitions[0].priority", "transitions[0].handoff.from",
        "transitions[0].handoff.checklist[0].when",
        "personas[0].targets", "scorecards[0].groups[0].measures[0].curve",
    ]  # fmt: skip


@pytest.mark.parametrize("value", [2, 0, "1", True, 1.5, None, [1]])
def test_a_format_of_the_future_is_refused(value: object) -> None:
    document = {"format": value, "journey": {"name": "a"}, "stages": [{"id": "x"}]}
    with pytest.raises(DefinitionError, match="CJ013 format"):
        cj.loads(json.dumps(document), format="json")


def test_the_format_and_the_schema_may_be_named() -> None:
    document = {
        "$schema": "journey.schema.json",
        "format": 1,
        "journey": {"name": "a"},
        "stages": [{"id": "x"}],
    }
    assert cj.loads(json.dumps(document), format="json").name == "a"


@pytest.mark.parametrize(
    "place", ["journey", "stages", "stages[0].label", "stages[0].limit", "stages[0].aims"]
)
def test_null_is_no_value(place: str) -> None:
    document: dict[str, object] = {"journey": {"name": "a"}, "stages": [{"id": "x"}]}
    if "." in place:
        document["stages"] = [{"id": "x", place.partition(".")[2]: None}]
    else:
        document[place] = None
    with pytest.raises(DefinitionError) as caught:
        cj.loads(json.dumps(document), format="json")
    assert place in [problem.place for problem in caught.value.problems]


def test_too_many_elements_are_refused() -> None:
    document = {"journey": {"name": "a"}, "stages": [{"id": f"s{number}"} for number in range(10_001)]}
    with pytest.raises(DefinitionError, match="more than 10,000 entries"):
        cj.loads(json.dumps(document), format="json")


def test_a_lone_surrogate_in_json_is_refused() -> None:
    with pytest.raises(CJError, match=r"U\+D800"):
        cj.loads('{"journey": {"name": "\\ud800"}, "stages": [{"id": "x"}]}', format="json")
