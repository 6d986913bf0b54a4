"""Early habits that go with staying."""

from __future__ import annotations

import numpy as np
import pytest
from tests.findings.books import JOURNEY, Book, Events, customers

from cjlib.findings._early_drivers import EarlyDrivers


def made(seed: int, effect: float) -> Book:
    """Six hundred customers, half of whom have three tickets early; of the others 60 % stay."""
    rng = np.random.default_rng(seed)
    events, who = Events(), np.arange(600)
    begun = rng.uniform(0, 200, 600)
    asks = rng.random(600) < 0.5
    events.add(who, "visit", begun)
    for number in range(3):
        events.add(who, "ticket", np.where(asks, begun + 2 + number, np.nan), value=3.0)
    stays = rng.random(600) < 0.6 + effect * asks
    events.add(who, "cancelled", np.where(stays, np.nan, begun + rng.uniform(20, 90, 600)))
    return Book(JOURNEY, events.log(), customers(["small"] * 600))


def test_an_early_habit_that_goes_with_staying_is_found() -> None:
    (finding,) = made(1, 0.3).find(EarlyDrivers())
    assert finding.place.activity == "ticket"
    assert finding.low < 0.3 < finding.high
    assert finding.association
    assert set(finding.evidence["activity"].tolist()) == {"ticket"}
    assert len(finding) == pytest.approx(300, abs=40)


def test_a_habit_that_goes_with_nothing_is_not() -> None:
    assert sum(bool(made(seed, 0.0).find(EarlyDrivers())) for seed in range(10)) <= 2
