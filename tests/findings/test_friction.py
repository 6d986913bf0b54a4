"""Friction: back, round, twice, and waiting for nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given as given_that
from hypothesis import settings
from hypothesis import strategies as st
from tests.findings.books import JOURNEY, Book, Events, book, customers

from cjlib.findings import Given
from cjlib.findings._contacts import Contacts
from cjlib.findings._friction import Friction, _returns
from cjlib.findings._stays import Stays


def test_a_way_back_that_many_take_is_a_regression() -> None:
    back = book(4, reopened=0.3)
    found = back.find(Friction()).of("regression")
    assert [one.place.transition for one in found] == ["onboarding -> trial"]
    assert found[0].days == pytest.approx(found[0].evidence["days"].sum())
    assert set(found[0].evidence["stage"]) == {"trial"}
    assert found[0].of is not None
    assert found[0].estimate == pytest.approx(len(found[0]) / found[0].of, abs=0.02)


def test_who_is_sent_back_twice_goes_round() -> None:
    """Thirty customers go from trial to onboarding and back, twice; sixty go straight."""
    events, who = Events(), np.arange(90)
    events.add(who, "visit", np.full(90, 1.0))
    events.add(who, "scoped", np.full(90, 2.0))
    for lap in range(3):
        events.add(who[:30] if lap else who, "signed", np.full(30 if lap else 90, 10.0 + 20 * lap))
        events.add(who[:30], "reopened", np.full(30, 20.0 + 20 * lap) if lap < 2 else np.full(30, np.nan))
    (finding,) = (
        Book(JOURNEY, events.log(), customers(["small"] * 90)).find(Friction()).of("loop", stage="trial")
    )
    assert set(finding.customers.tolist()) == set(range(30))
    assert finding.days == pytest.approx(30 * 2 * 10)


def test_coming_back_from_a_loss_or_along_a_planned_cycle_is_no_loop() -> None:
    back = book(4, reopened=0.0)
    assert not back.find(Friction()).of("loop")
    assert not _returns(Stays(Given(trace=back.trace))).any()


def test_what_is_usually_lived_once_and_again_soon_is_a_repeat() -> None:
    again = book(4, demo_again=0.4)
    (finding,) = again.find(Friction()).of("repeat")
    assert finding.place.touchpoint == "demo"
    assert (finding.evidence["effort_hours"] == 1).all()
    assert len(np.unique(finding.evidence["customer"])) == len(finding)


def test_silence_before_a_handoff_is_a_wait() -> None:
    """Contacts come every two days; then nothing for twenty, then the contract."""
    events, who = Events(), np.arange(40)
    for day in (1, 3, 5, 7):
        events.add(who, "visit", np.full(40, float(day)) + who / 100)
    events.add(who, "scoped", np.full(40, 7.5))
    events.add(who, "signed", np.full(40, 27.0) + who / 100)
    (finding,) = Book(JOURNEY, events.log(), customers(["small"] * 40)).find(Friction()).of("wait")
    assert finding.place.transition == "trial -> onboarding"
    assert finding.estimate == pytest.approx(19.5, abs=0.5)
    assert finding.base == pytest.approx(2)


@settings(max_examples=20)
@given_that(st.integers(0, 1000), st.integers(1, 40))
def test_each_event_is_in_the_visit_stage_and_touchpoint_that_key_figures_see(seed: int, n: int) -> None:
    made = book(seed, n, reopened=0.5)
    given = Given(trace=made.trace)
    contacts, rows = Contacts(given), np.arange(len(made.log))
    np.testing.assert_array_equal(contacts.stage, given.facts.stages_of(rows))
    np.testing.assert_array_equal(contacts.touchpoint, given.facts.touchpoints_of(rows))
    np.testing.assert_array_equal(contacts.customer, given.facts.owners(rows))
