"""Bottlenecks: stages that more visits outlast than may."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from tests.findings.books import JOURNEY, Book, Events, book, customers

import cjlib as cj
from cjlib.findings import time_in_stage
from cjlib.findings._bottlenecks import Bottlenecks


def test_a_stage_that_most_outlast_is_found_with_what_it_costs() -> None:
    slow = book(1, onboarding=60.0)
    found = slow.find(Bottlenecks())
    assert [one.place.stage for one in found] == ["onboarding"]
    rows = found[0].evidence
    assert found[0].days == pytest.approx(rows["excess_days"].sum())
    assert found[0].money == pytest.approx(found[0].days * 1000 / 365.25)
    assert set(rows["customer"].tolist()) == set(found[0].customers.tolist())
    assert (rows["excess_days"] > 0).all()
    assert found[0].test is not None
    assert found[0].test.p < 1e-3


def test_its_numbers_are_those_of_time_in_stage() -> None:
    slow = book(1, onboarding=60.0)
    finding, table = slow.find(Bottlenecks())[0], time_in_stage(slow.trace)
    row = table.select(table["stage"] == "onboarding")
    assert (finding.estimate, finding.low, finding.high) == tuple(
        row[name][0] for name in ("median_days", "low_days", "high_days")
    )
    assert finding.base == row["target_days"][0]
    assert finding.of == row["entered"][0]


def test_visits_that_could_not_be_late_yet_prove_nothing() -> None:
    """All began ten days before the end, under a target of thirty: nobody is late, nobody is on time."""
    events = Events()
    events.add(range(50), "visit", np.full(50, 355.0))
    fresh = Book(JOURNEY, events.log(), customers(["small"] * 50))
    assert not fresh.find(Bottlenecks())


def test_whoever_is_still_inside_counts() -> None:
    """Eight of ten have waited for 99 days under a target of 30, two left in time: 8 × 69 days."""
    events = Events()
    events.add(range(10), "visit", np.full(10, 266.0))
    events.add([0, 1], "signed", [280.0, 281.0])
    events.add([0, 1], "scoped", [270.0, 270.0])
    stuck = Book(JOURNEY, events.log(), customers(["small"] * 10))
    (finding,) = stuck.find(Bottlenecks(tolerated=0.3))
    assert (len(finding), finding.of) == (8, 10)
    assert finding.days == pytest.approx(8 * 69)
    assert np.isnan(finding.estimate)  # the curve has not come down to one half


def test_a_personas_own_target_goes_first() -> None:
    patient = attrs.evolve(
        JOURNEY,
        personas=[
            cj.Persona("large", when='attribute("segment") == "large"', targets={"onboarding": "365d"})
        ],
    )
    slow = book(1, onboarding=60.0, journey=patient)
    (finding,) = slow.find(Bottlenecks())
    is_large = np.array([one == "large" for one in _segments(slow)])
    assert not is_large[finding.customers].any()


def _segments(one: Book) -> list[str]:
    column = one.customers.column("segment")
    return [column.categories[int(code)] for code in column.values]


def test_its_sentence_comes_in_french_too() -> None:
    (finding,) = book(1, onboarding=60.0).find(Bottlenecks())
    assert "outlasted the target of 30\N{NO-BREAK SPACE}d" in finding.said("en")
    assert "dépassé la cible de 30\N{NO-BREAK SPACE}j" in finding.said("fr")
