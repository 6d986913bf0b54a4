"""What was felt against what the map assumes."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from tests.findings.books import JOURNEY, book

import cjlib as cj
from cjlib.findings import Given
from cjlib.findings._contacts import Contacts
from cjlib.findings._emotions import Emotions, emotions


def with_note(**more: object) -> cj.Journey:
    note = cj.Note(kind="feeling", text="Relief.", evidence="survey", **more)  # type: ignore[arg-type]
    demo = attrs.evolve(JOURNEY.touchpoint("demo"), notes=[note])
    return attrs.evolve(JOURNEY, touchpoints=[demo, *JOURNEY.touchpoints[1:]])


def test_a_touchpoint_that_is_felt_worse_than_assumed_is_found() -> None:
    """Answers of 3 on a scale from 1 to 5 are in the middle, 0; the map assumes 2."""
    made = book(9, journey=with_note(emotion=2))
    (finding,) = made.find(Emotions())
    answers = made.log.value[made.log.activity == made.log.activities.index("csat_demo")]
    assert (finding.kind, finding.place.touchpoint, finding.base) == ("felt worse", "demo", 2)
    assert finding.estimate == pytest.approx(np.mean(answers) - 3)
    assert finding.low < finding.estimate < finding.high < 2
    assert (finding.evidence["felt"] < 2).sum() == len(finding)


def test_better_is_told_too() -> None:
    (finding,) = book(9, felt=4.5, journey=with_note(emotion=0)).find(Emotions())
    assert finding.kind == "felt better"


def test_a_note_of_a_persona_is_held_against_its_own_customers() -> None:
    made = book(9, journey=with_note(emotion=2, persona="large"))
    (finding,) = made.find(Emotions())
    segment = made.customers.column("segment")
    assert finding.place.persona == "large"
    kinds = {segment.categories[int(segment.values[one])] for one in finding.evidence["customer"]}
    assert kinds == {"large"}


def test_a_lower_number_may_be_the_better_one() -> None:
    down = attrs.evolve(JOURNEY.metric("csat_demo"), direction="down")
    turned = attrs.evolve(JOURNEY, metrics=[down, *JOURNEY.metrics[1:]])
    up, other = (emotions(Contacts(Given(trace=book(9, journey=one).trace))) for one in (JOURNEY, turned))
    assert up["demo"] == -other["demo"]


def test_without_a_note_nothing_is_assumed() -> None:
    bare = attrs.evolve(JOURNEY.touchpoint("demo"), notes=[])
    made = book(9, felt=1.0, journey=attrs.evolve(JOURNEY, touchpoints=[bare, *JOURNEY.touchpoints[1:]]))
    assert not made.find(Emotions())
