"""The published JSON Schema: as the classes are, and of one mind with the reader."""

from __future__ import annotations

import copy
import json
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings

import cjlib as cj
from cjlib.errors import DefinitionError
from cjlib.journey._schema import schema, schema_text
from cjlib.testing import journeys

SHIPPED = files("cjlib.journey").joinpath("journey.schema.json")
VALIDATOR = jsonschema.Draft202012Validator(schema())


def test_the_shipped_schema_is_up_to_date() -> None:
    """If not: ``python -m cjlib.journey._schema > src/cjlib/journey/journey.schema.json``."""
    assert SHIPPED.read_text("utf-8") == schema_text()


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("name", cj.templates())
def test_templates_fit_the_schema(name: str) -> None:
    VALIDATOR.validate(json.loads(cj.dumps(cj.template(name), format="json")))


@given(journeys())
@settings(max_examples=20)
def test_what_is_written_fits_the_schema(journey: cj.Journey) -> None:
    VALIDATOR.validate(json.loads(cj.dumps(journey, format="json")))


def test_every_field_is_explained() -> None:
    for name, kind in schema()["$defs"].items():
        for field, told in kind["properties"].items():
            assert "description" in told or "const" in told, f"{name}.{field}"


SOUND: dict[str, Any] = {
    "journey": {"name": "a", "reviewed": "2026-11-30", "review_every": "90d", "activities": ["x", "y"]},
    "stages": [
        {
            "id": "a",
            "kind": "active",
            "limit": "30d",
            "aims": [{"metric": "m", "value": 1.5, "by": "2026-01-01"}],
        },
        {"id": "b", "notes": [{"kind": "goal", "text": "x", "emotion": -2}]},
    ],
    "touchpoints": [{"id": "t", "stages": ["a"], "share": 0.5, "moment_of_truth": True, "activities": ["x"]}],
    "transitions": [
        {
            "source": "a",
            "target": "b",
            "when": 'happened("x")',
            "priority": 3,
            "handoff": {"from": "p", "to": "q", "checklist": [{"id": "i", "attribute": "z"}]},
        }
    ],
    "personas": [{"id": "p", "targets": {"a": "3d"}, "weights": {"q": 2}}],
    "metrics": [{"id": "m", "activity": "x", "aggregate": "share", "between": [0, 1]}],
    "scorecards": [
        {
            "id": "s",
            "groups": [
                {
                    "id": "g",
                    "measures": [
                        {"id": "q", "metric": "m", "curve": {"kind": "linear", "worst": 0, "best": 9}}
                    ],
                }
            ],
        }
    ],
}

SPOILT: list[tuple[str, Any]] = [
    ("journey", None),
    ("journey.name", None),
    ("journey.name", ""),
    ("journey.name", 3),
    ("journey.name", "a\u0000"),
    ("journey.nam", "a"),
    ("journey.reviewed", "30.11.2026"),
    ("journey.reviewed", 3),
    ("journey.review_every", "3m"),
    ("journey.review_every", "0d"),
    ("journey.review_every", 30),
    ("journey.activities", "x"),
    ("journey.activities", ["x", "x"]),
    ("journey.activities", [1]),
    ("stages", {}),
    ("stages", "a"),
    ("stages.0", "a"),
    ("stages.0.id", "a b"),
    ("stages.0.id", "a\n"),
    ("stages.0.id", None),
    ("stages.0.kind", "actve"),
    ("stages.0.kind", True),
    ("stages.0.limit", "30"),
    ("stages.0.limit", None),
    ("stages.0.lmit", "30d"),
    ("stages.0.aims.0.value", "1"),
    ("stages.0.aims.0.value", True),
    ("stages.0.aims.0.metric", None),
    ("stages.1.notes.0.emotion", 3),
    ("stages.1.notes.0.emotion", 1.5),
    ("touchpoints.0.share", 1.5),
    ("touchpoints.0.moment_of_truth", 1),
    ("touchpoints.0.stages", "a"),
    ("transitions.0.when", 3),
    ("transitions.0.when", ""),
    ("transitions.0.priority", True),
    ("transitions.0.priority", 2.5),
    ("transitions.0.handoff.source", "p"),
    ("transitions.0.handoff.checklist.0.when", 'happened("x")'),
    ("personas.0.targets", ["a"]),
    ("personas.0.targets.a", 3),
    ("personas.0.weights.q", "2"),
    ("metrics.0.between", [0]),
    ("metrics.0.between", [0, 1, 2]),
    ("metrics.0.aggregate", "cnt"),
    ("scorecards.0.groups.0.measures.0.curve.kind", "linea"),
    ("scorecards.0.groups.0.measures.0.curve.best", "9"),
    ("scorecards.0.groups.0.measures.0.curve.bst", 9),
    ("scorecards.0.groups", None),
    ("format", 2),
    ("stagse", []),
]


def spoilt(place: str, value: Any) -> Any:
    """The sound document with another value at a place."""
    document = copy.deepcopy(SOUND)
    inner: Any = document
    *path, last = place.split(".")
    for step in path:
        inner = inner[int(step)] if step.isdigit() else inner[step]
    inner[int(last) if last.isdigit() else last] = value
    return document


def accepts(document: Any) -> bool:
    try:
        cj.loads(json.dumps(document), format="json")
    except DefinitionError:
        return False
    return True


def test_the_sound_document_is_accepted_by_both() -> None:
    VALIDATOR.validate(SOUND)
    assert accepts(SOUND)


@pytest.mark.parametrize(("place", "value"), SPOILT, ids=[f"{place}={value!r}" for place, value in SPOILT])
def test_what_the_schema_refuses_the_reader_refuses_too(place: str, value: Any) -> None:
    document = spoilt(place, value)
    assert not VALIDATOR.is_valid(document)
    assert not accepts(document)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("$schema", "journey.schema.json"),
        ("format", 1),
        ("journey.version", "2"),
        ("transitions.0.priority", 3.0),
        ("stages.0.limit", " 1.5h "),
        ("stages.0.aims.0.value", 3),
        ("stages.1.notes", []),
        ("scorecards.0.groups.0.measures.0.curve", {"kind": "lookup", "scores": {"a": 1}}),
        ("scorecards.0.groups.0.measures.0.curve", {"kind": "points", "points": [[0, 1], [2, 3]]}),
    ],
)
def test_what_the_schema_accepts_the_reader_accepts_too(place: str, value: Any) -> None:
    document = spoilt(place, value)
    VALIDATOR.validate(document)
    assert accepts(document)
