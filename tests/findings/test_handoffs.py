"""Handoffs: late ones, and what was missing."""

from __future__ import annotations

import numpy as np
import pytest
from tests.findings.books import JOURNEY, Book, Events, book, customers

from cjlib.findings._handoffs import Handoffs


def test_handoffs_that_outlast_their_deadline_are_found_by_pair_of_owners() -> None:
    late = book(3, scope_delay=12.0)
    found = late.find(Handoffs()).of("late handoff")
    assert [(one.place.role, one.place.transition) for one in found] == [
        ("sales -> csm", "trial -> onboarding")
    ]
    rows = found[0].evidence
    assert found[0].days == pytest.approx(rows["excess_days"].sum())
    assert found[0].base == 10
    assert found[0].low < 12 * np.log(2) < found[0].high  # the median of the delays that were planted


def test_the_late_ones_are_the_breaches_of_the_trace() -> None:
    late = book(3, scope_delay=12.0)
    breaches = late.trace.breaches
    is_deadline = breaches["kind"] == "deadline"
    (finding,) = late.find(Handoffs()).of("late handoff")
    assert sorted(finding.evidence["customer"].tolist()) == sorted(breaches["customer"][is_deadline].tolist())


def test_an_item_that_never_comes_is_missing() -> None:
    """60 signed 100 days ago; for 40 of them the scope was never agreed."""
    events, who = Events(), np.arange(60)
    events.add(who, "visit", np.full(60, 250.0))
    events.add(who, "signed", np.full(60, 265.0))
    events.add(who, "scoped", np.where(who < 20, 266.0, np.nan))
    (finding,) = Book(JOURNEY, events.log(), customers(["small"] * 60)).find(Handoffs()).of("missing item")
    assert finding.estimate == pytest.approx(40 / 60)
    assert set(finding.customers.tolist()) == set(range(20, 60))
    assert dict(zip(finding.evidence["status"], finding.evidence["handoffs"], strict=True)) == {
        "failed": 40,
        "passed": 20,
    }
    assert "in 20 of those that went through it was the last to come" in finding.sentence


def test_handoffs_in_time_are_no_finding() -> None:
    assert not book(3).find(Handoffs())
