"""Seasons in which customers are lost."""

from __future__ import annotations

import numpy as np
from tests.findings.books import JOURNEY, Book, Events, book, customers

from cjlib.findings._seasonality import Seasonality


def lost_on(shift: float) -> Book:
    """A thousand customers who come evenly, of whom six in ten are lost; half of them on one weekday."""
    rng = np.random.default_rng(3)
    events, who = Events(), np.arange(1000)
    begun = rng.uniform(0, 200, 1000)
    gone = begun + rng.exponential(40, 1000)
    monday = np.ceil(gone / 7) * 7 + shift  # 2025 began on a Wednesday
    gone = np.where(rng.random(1000) < 0.5, monday, gone)
    events.add(who, "visit", begun)
    events.add(who, "cancelled", np.where(rng.random(1000) < 0.6, gone, np.nan))
    return Book(JOURNEY, events.log(), customers(["small"] * 1000))


def test_a_weekday_on_which_more_are_lost_is_a_season() -> None:
    made = lost_on(0.5)
    (finding,) = made.find(Seasonality())
    lost = made.trace.visits
    day = (
        lost["left"][(lost["stage"] == "trial") & ~np.isnat(lost["left"])].astype("datetime64[D]").astype(int)
    )
    is_wednesday = (day + 3) % 7 == 2
    assert finding.sentence.startswith("In Wed, customers are lost")
    assert len(finding) == is_wednesday.sum()
    assert finding.lift > 2
    assert finding.money == 1000 * len(finding)


def test_a_month_that_was_seen_once_is_no_season() -> None:
    assert not lost_on(0.5).find(Seasonality(units=("month",)))


def test_chance_is_no_season() -> None:
    assert sum(bool(book(seed, 200).find(Seasonality())) for seed in range(20)) <= 3
