"""Elements: what cannot be meant is refused at once, by element and field."""

from __future__ import annotations

import copy
import math
import pickle
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import attrs
import numpy as np
import pytest

import cjlib as cj
from cjlib import criteria as c
from cjlib.errors import CriterionError, DefinitionError

WHEN = 'happened("x")'


def stage(**fields: Any) -> cj.Stage:
    return cj.Stage("x", **fields)


def aim(**fields: Any) -> cj.Aim:
    return cj.Aim(**{"metric": "nps", "value": 9} | fields)


def move(**fields: Any) -> cj.Transition:
    return cj.Transition("a", "b", **{"when": WHEN} | fields)


REFUSED: list[tuple[Callable[[], object], str, str]] = [
    (lambda: cj.Stage("a b"), "id", "such as 'a_b'"),
    (lambda: cj.Stage("é"), "id", "no id"),
    (lambda: cj.Stage("а"), "id", "no id"),  # Cyrillic
    (lambda: cj.Stage("1st"), "id", "no id"),
    (lambda: cj.Stage("a\n"), "id", "no id"),
    (lambda: cj.Stage("a" * 65), "id", "no id"),
    (lambda: cj.Stage(""), "id", "no id"),
    (lambda: cj.Stage(None), "id", "an id is text"),  # type: ignore[arg-type]
    (lambda: cj.Stage(3), "id", "an id is text"),  # type: ignore[arg-type]
    (lambda: cj.Stage(b"a"), "id", "an id is text"),  # type: ignore[arg-type]
    (lambda: stage(label=3), "label", "text was expected"),
    (lambda: stage(label=None), "label", "text was expected"),
    (lambda: stage(label="a\0"), "label", r"U\+0000"),
    (lambda: stage(label="\ud800"), "label", r"U\+D800"),
    (lambda: stage(label="\x1b[31m"), "label", r"U\+001B"),
    (lambda: stage(objective="x" * 20_001), "objective", "20,001 characters are too many"),
    (lambda: stage(kind="actve"), "kind", "did you mean 'active'"),
    (lambda: stage(kind=None), "kind", "one of prospect, active, won, lost"),
    (lambda: stage(kind=["active"]), "kind", "one of prospect"),
    (lambda: stage(value_step="realized"), "value_step", "did you mean 'realised'"),
    (lambda: stage(owner=""), "owner", "the name is empty"),
    (lambda: stage(owner=" "), "owner", "the name is empty"),
    (lambda: stage(owner="x" * 201), "owner", "too many"),
    (lambda: stage(participants=["a", "a"]), "participants", "'a' stands twice"),
    (lambda: stage(participants={"a"}), "participants", "a list was expected"),
    (lambda: stage(participants=[1]), "participants", "text was expected"),
    (lambda: stage(participants=b"a"), "participants", "a list was expected"),
    (lambda: stage(participants=(str(n) for n in range(10**9))), "participants", "more than 10,000"),
    (lambda: stage(limit="30"), "limit", "no duration"),
    (lambda: stage(limit="1m"), "limit", "write 'min' for minutes"),
    (lambda: stage(limit=30), "limit", "a duration was expected"),
    (lambda: stage(limit="0d"), "limit", "longer than nothing"),
    (lambda: stage(limit=timedelta(days=-1)), "limit", "longer than nothing"),
    (lambda: stage(limit="9999999d"), "limit", "thousand years"),
    (lambda: stage(aims="nps"), "aims", "a list was expected"),
    (lambda: stage(aims=[cj.Stage("y")]), "aims", "a list of Aim was expected"),
    (lambda: stage(notes=[{"kind": "goal", "text": "x"}]), "notes", "a list of Note was expected"),
    (lambda: aim(value=math.nan), "value", "finite"),
    (lambda: aim(value=math.inf), "value", "finite"),
    (lambda: aim(value=True), "value", "a number was expected"),
    (lambda: aim(value="9"), "value", "a number was expected"),
    (lambda: aim(value=None), "value", "a number was expected"),
    (lambda: aim(value=2**53 + 1), "value", "too large to be exact"),
    (lambda: aim(value=10**400), "value", "too large to be exact"),
    (lambda: aim(by="2026-02-30"), "by", "a day was expected"),
    (lambda: aim(by="20260230"), "by", "a day was expected"),
    (lambda: aim(by=datetime(2026, 1, 1)), "by", "a day was expected"),
    (lambda: aim(by=20260101), "by", "a day was expected"),
    (lambda: cj.Note(kind="gaol", text="x"), "kind", "did you mean 'goal'"),
    (lambda: cj.Note(kind="goal", text="x", emotion=3), "emotion", "from -2 to 2"),
    (lambda: cj.Note(kind="goal", text="x", emotion=True), "emotion", "a whole number"),
    (lambda: cj.Note(kind="goal", text="x", emotion=1.0), "emotion", "a whole number"),  # type: ignore[arg-type]
    (lambda: cj.Note(kind="goal", text="x", effort=-1), "effort", "0 or more"),
    (lambda: cj.Note(kind="goal", text="x", evidence="interviews"), "evidence", "did you mean 'interview'"),
    (lambda: cj.Role("CSM", side="ours"), "side", "company, customer"),
    (lambda: cj.Touchpoint("x", share=1.5), "share", "from 0 to 1"),
    (lambda: cj.Touchpoint("x", moment_of_truth=1), "moment_of_truth", "true or false"),  # type: ignore[arg-type]
    (lambda: cj.Touchpoint("x", stages=["a b"]), "stages", "no id"),
    (lambda: cj.Touchpoint("x", activities=[""]), "activities", "the name is empty"),
    (lambda: move(when=3), "when", "a criterion or its text"),
    (lambda: move(when=None), "when", "a criterion or its text"),
    (lambda: move(when="happened("), "when", "was never closed"),
    (lambda: move(when=c.count("x")), "when", r'count\("x"\) >= 3'),
    (lambda: move(priority=True), "priority", "a whole number"),
    (lambda: move(priority=10**9), "priority", "a whole number"),
    (lambda: move(imposed="yes"), "imposed", "true or false"),
    (lambda: move(handoff={}), "handoff", "a Handoff was expected"),
    (lambda: move(kind="exits"), "kind", "did you mean 'exit'"),
    (lambda: cj.ChecklistItem("x"), "when", "one of the two"),
    (lambda: cj.ChecklistItem("x", when=WHEN, attribute="y"), "when", "one of the two"),
    (lambda: cj.Persona("x", targets={"a": "3m"}), "targets", "write 'min'"),
    (lambda: cj.Persona("x", targets=[("a", "3d"), ("a", "4d")]), "targets", "stands twice"),
    (lambda: cj.Persona("x", targets=["a"]), "targets", "a mapping"),  # type: ignore[list-item]
    (lambda: cj.Persona("x", weights={"a": -1}), "weights", "0 or more"),
    (lambda: cj.Persona("x", weights={"a": "b"}), "weights", "a number was expected"),  # type: ignore[dict-item]
    (lambda: cj.Persona("x", weights={1: 1}), "weights", "a mapping"),  # type: ignore[dict-item]
    (lambda: cj.Attribute("x", type="string"), "type", "number, text"),
    (lambda: cj.Attribute("x", type="date", options=["a"]), "options", "text and set have"),
]


@pytest.mark.parametrize(
    ("build", "field", "message"), REFUSED, ids=lambda value: value if isinstance(value, str) else ""
)
def test_what_cannot_be_meant_is_refused(build: Callable[[], object], field: str, message: str) -> None:
    with pytest.raises(DefinitionError, match=message) as caught:
        build()
    (problem,) = caught.value.problems
    assert problem.place == field
    assert problem.code.startswith("CJ00")
    assert len(str(caught.value)) < 500


def test_an_error_names_the_element() -> None:
    with pytest.raises(DefinitionError, match=r"Stage 'care' has 1 problem\n  CJ003 kind: one of"):
        cj.Stage("care", kind="x")


def test_a_criterion_that_cannot_be_read_stays_a_criterion_error() -> None:
    with pytest.raises(CriterionError, match="CJ005 when"):
        move(when="x")


def test_an_object_whose_repr_fails_is_refused_like_any_other() -> None:
    class Rude:
        def __repr__(self) -> str:
            raise RuntimeError("no")

    with pytest.raises(DefinitionError, match="Rude"):
        stage(label=Rude())


def test_fields_take_what_people_write() -> None:
    """Text for durations, days and criteria; one name for a list of one; any list for a tuple."""
    touchpoint = cj.Touchpoint("x", stages="a", activities=["p", "q"], effort="90min", share=1)
    assert touchpoint.stages == ("a",)
    assert touchpoint.activities == ("p", "q")
    assert touchpoint.effort == timedelta(minutes=90)
    assert type(touchpoint.share) is float
    assert move(when=WHEN).when == c.happened("x")
    assert aim(by="2026-11-30").by == date(2026, 11, 30)
    assert aim(value=np.float32(0.5)).value == 0.5
    assert aim(value=np.int64(5)).value == 5.0
    assert stage(aims=aim()).aims == (aim(),)
    assert stage(participants=(name for name in "ab")).participants == ("a", "b")
    assert cj.Persona("x", weights={"b": 1, "a": 2}).weights == (("a", 2.0), ("b", 1.0))


def test_a_checklist_item_asks_for_its_criterion_or_its_attribute() -> None:
    assert cj.ChecklistItem("x", when=WHEN).criterion == c.happened("x")
    assert cj.ChecklistItem("x", attribute="sponsor").criterion == c.known(c.attribute("sponsor"))


def test_the_transition_waits_for_required_items_only() -> None:
    required, optional = cj.ChecklistItem("r", when=WHEN), cj.ChecklistItem("o", when=WHEN, required=False)
    assert move(handoff=cj.Handoff(checklist=[optional, required])).required_items == (required,)
    assert move().required_items == ()


def test_elements_are_frozen_values() -> None:
    for element in (stage(limit="3d"), move(), aim(), cj.Persona("x", when=WHEN), cj.Handoff(deadline="3d")):
        assert copy.deepcopy(element) == element
        assert pickle.loads(pickle.dumps(element)) == element
        assert hash(copy.copy(element)) == hash(element)
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            element.label = "other"  # type: ignore[union-attr,misc]


@pytest.mark.parametrize("word", ["end", "constructor", "__class__", "None", "class", "CSM", "a-b", "_"])
def test_odd_words_are_ids_too(word: str) -> None:
    assert cj.Stage(word).id == word
