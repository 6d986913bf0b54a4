"""Personas that the data contradict."""

from __future__ import annotations

import attrs
import numpy as np
from tests.findings.books import JOURNEY, book

import cjlib as cj
from cjlib.findings._personas import Personas


def with_personas(*personas: cj.Persona) -> cj.Journey:
    return attrs.evolve(JOURNEY, personas=personas, touchpoints=JOURNEY.touchpoints)


SMALL = cj.Persona("small", when='attribute("segment") == "small"')


def test_customers_whom_no_persona_fits_are_counted() -> None:
    made = book(10, journey=with_personas(SMALL))
    (finding,) = made.find(Personas())
    assert finding.kind == "no persona"
    sizes = dict(zip(finding.evidence["persona"], finding.evidence["customers"], strict=True))
    assert sizes[None] == len(finding)
    assert sum(sizes.values()) == finding.of == len(made.trace)


def test_a_persona_that_nobody_is_is_empty() -> None:
    nobody = cj.Persona("giant", when='attribute("arr") >= 1000000')
    made = book(10, journey=with_personas(nobody, *JOURNEY.personas))
    (finding,) = made.find(Personas())
    assert (finding.kind, finding.place.persona, len(finding)) == ("empty persona", "giant", 0)


def test_a_persona_that_uses_other_channels_than_it_is_said_to_prefer() -> None:
    choosy = attrs.evolve(SMALL, channels=["fax"])
    made = book(10, journey=with_personas(choosy, JOURNEY.personas[1]))
    (finding,) = made.find(Personas())
    assert (finding.kind, finding.estimate) == ("other channels", 1.0)
    assert finding.evidence["customers"].sum() == finding.of


def test_an_ideal_persona_that_is_lost_sooner_is_not_ideal() -> None:
    ideal = attrs.evolve(JOURNEY.personas[1], ideal=True)
    made = book(10, lost=(0.3, 0.3, 0.3), journey=with_personas(SMALL, ideal))
    log, segment = made.log, made.customers.column("segment")
    is_small = np.array([segment.categories[int(code)] == "small" for code in segment.values])
    cancelled = log.activity == log.activities.index("cancelled")
    keep = ~(cancelled & is_small[log.customer_codes()] & (log.customer_codes() % 4 > 0))
    loyal = attrs.evolve(made, log=log._kept(keep))
    (finding,) = loyal.find(Personas())
    assert (finding.kind, finding.place.persona) == ("not ideal", "large")
    assert finding.lift > 1.5
    assert finding.money == 1000 * len(finding)


def test_a_journey_without_personas_has_nothing_to_contradict() -> None:
    assert not book(10, journey=with_personas()).find(Personas())
