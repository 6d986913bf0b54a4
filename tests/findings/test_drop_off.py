"""Drop-off: stages that lose more than the others."""

from __future__ import annotations

import numpy as np
import pytest
from tests.findings.books import JOURNEY, Book, Events, book, customers

from cjlib.findings import time_in_stage
from cjlib.findings._drop_off import DropOff


def test_a_stage_that_loses_more_than_the_others_is_found() -> None:
    leaky = book(2, lost=(0.1, 0.45, 0.1))
    (finding,) = leaky.find(DropOff())
    assert finding.place.stage == "onboarding"
    assert finding.lift > 2
    assert finding.low < 0.45 < finding.high
    assert finding.money == 1000 * len(finding)


def test_its_customers_and_ways_add_up_to_time_in_stage() -> None:
    leaky = book(2, lost=(0.1, 0.45, 0.1))
    (finding,), table = leaky.find(DropOff()), time_in_stage(leaky.trace)
    row = table.select(table["stage"] == "onboarding")
    assert finding.evidence["visits"].sum() == row["lost"][0]
    assert len(finding) == row["lost"][0]  # nobody comes twice here
    assert finding.of == row["entered"][0]


def test_who_began_too_late_to_be_lost_yet_does_not_thin_the_share() -> None:
    """40 of 100 are lost after 50 days; 400 more began ten days ago and nobody of them could be lost."""
    events, old, new = Events(), range(100), range(100, 500)
    events.add(old, "visit", np.full(100, 1.0))
    events.add(old, "cancelled", np.where(np.arange(100) < 40, 51.0, np.nan))
    events.add(old, "signed", np.where(np.arange(100) >= 40, 51.0, np.nan))
    events.add(old, "scoped", np.full(100, 40.0))
    events.add(range(40, 100), "live", np.full(60, 60.0))
    events.add(new, "visit", np.full(400, 355.0))
    (finding,) = Book(JOURNEY, events.log(), customers(["small"] * 500)).find(DropOff())
    assert finding.estimate == pytest.approx(0.4)


def test_where_only_one_stage_can_lose_there_is_nothing_to_compare() -> None:
    events = Events()
    events.add(range(50), "visit", np.full(50, 1.0))
    events.add(range(50), "cancelled", np.full(50, 9.0))
    assert not Book(JOURNEY, events.log(), customers(["small"] * 50)).find(DropOff())


def test_everybody_has_the_same_time_to_be_lost() -> None:
    """Half of the old customers are lost, but only after 150 days; the new ones have had 100 days so far.

    The trial's horizon is that of its finished visits, so the loss of the old counts for both or for none.
    """
    events, old, new = Events(), np.arange(100), np.arange(100, 200)
    events.add(old, "visit", np.full(100, 1.0))
    events.add(new, "visit", np.full(100, 265.0))
    events.add(old, "cancelled", np.where(old < 50, 151.0, np.nan))
    events.add(np.arange(200), "scoped", np.full(200, 270.0))
    events.add(new, "signed", np.full(100, 275.0))
    events.add(old, "signed", np.where(old >= 50, 275.0, np.nan))
    events.add(new, "cancelled", np.full(100, 280.0))
    found = Book(JOURNEY, events.log(), customers(["small"] * 200)).find(DropOff())
    (finding,) = found
    assert finding.place.stage == "onboarding"
    assert finding.base == pytest.approx(0.5)  # fifty of the hundred trials that could have taken so long
