"""Pains: seen and noted, noted only, seen only; and what customers say."""

from __future__ import annotations

import attrs
from tests.findings.books import JOURNEY, book

import cjlib as cj
from cjlib.findings._bottlenecks import Bottlenecks
from cjlib.findings._pains import Pains

SLOW = cj.Note(kind="pain", text="It takes for ever.", evidence="interview")
BROKEN = cj.Note(kind="pain", text="It does not work at all.", evidence="tickets")


def noted(**notes: cj.Note) -> cj.Journey:
    stages = [attrs.evolve(one, notes=[notes[one.id]] if one.id in notes else []) for one in JOURNEY.stages]
    touchpoints = [
        attrs.evolve(one, notes=[notes[one.id]] if one.id in notes else []) for one in JOURNEY.touchpoints
    ]
    return attrs.evolve(JOURNEY, stages=stages, touchpoints=touchpoints)


def test_a_note_where_something_hurts_is_seen() -> None:
    found = book(11, onboarding=60.0, journey=noted(onboarding=SLOW)).find(Bottlenecks(), Pains())
    (bottleneck,), (pain,) = found.of("bottleneck"), found.of("pain seen")
    assert pain.place.stage == "onboarding"
    assert pain.customers.tolist() == bottleneck.customers.tolist()
    assert pain.days == bottleneck.days
    assert "It takes for ever." in pain.sentence


def test_a_note_where_nothing_is_found_is_noted_only() -> None:
    found = book(11, journey=noted(ticket=BROKEN)).find(Bottlenecks(), Pains())
    assert [one.kind for one in found] == ["pain not seen"]
    assert len(found[0]) == 0


def test_what_hurts_without_a_note_is_seen_only() -> None:
    found = book(11, onboarding=60.0, journey=noted()).find(Bottlenecks(), Pains())
    assert [one.place.stage for one in found.of("pain not noted")] == ["onboarding"]


def test_customers_are_quoted_the_unhappiest_first() -> None:
    made = book(11, journey=noted(ticket=BROKEN))
    (pain,) = made.find(Pains(quotes=3))
    assert pain.evidence["text"].tolist() == ["It does not work."] * 3
    rows = {int(row): i for i, row in enumerate(made.log.row)}
    values = [made.log.value[rows[int(row)]] for row in pain.evidence["row"]]
    tickets = made.log.value[made.log.activity == made.log.activities.index("ticket")]
    assert max(values) == tickets.min()


def test_without_text_there_are_no_quotes() -> None:
    made = book(11, journey=noted(ticket=BROKEN))
    mute = attrs.evolve(made, log=attrs.evolve(made.log, text=None))
    (pain,) = mute.find(Pains())
    assert len(pain.evidence) == 0
