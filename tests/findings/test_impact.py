"""Did a change help? Planted effects, none, and a trend that only looks like one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.findings.books import JOURNEY, Book, Events, customers

from cjlib.errors import UsageError
from cjlib.findings import impact

CHANGE = "2025-07-02"  # day 182


def changed(seed: int, *, effect: float, trend: float = 0.0, n: int = 4000) -> Book:
    """Half of the trials go on within a month; those of large customers from day 182 on more often.

    With a trend, the share of all grows by so much over the year.
    """
    rng = np.random.default_rng(seed)
    events, who = Events(), np.arange(n)
    begun = rng.uniform(0, 330, n)
    is_large = rng.random(n) < 0.5
    chance = 0.4 + trend * begun / 365 + effect * (is_large & (begun >= 182))
    events.add(who, "visit", begun)
    events.add(who, "scoped", begun)
    events.add(who, "signed", np.where(rng.random(n) < chance, begun + rng.uniform(1, 29, n), np.nan))
    events.add(
        who, "ticket", begun + 5, value=3.0 + effect * (is_large & (begun >= 177)) + rng.normal(0, 1, n)
    )
    return Book(JOURNEY, events.log(), customers(np.where(is_large, "large", "small")))


def asked(made: Book, **options: Any) -> Any:
    return impact(made.journey, made.trace, made.log, change=CHANGE, **options)


LARGE = {"treated": 'attribute("segment") == "large"'}


def test_an_effect_is_found_by_the_difference_in_differences() -> None:
    found = asked(changed(1, effect=0.2, trend=0.2), stage="trial", **LARGE)
    assert found.low < 0.2 < found.high
    assert found.p < 0.01
    assert found.low > 0
    assert not found.association
    assert found.drift > 0.05
    assert "more than in the comparison group" in found.verdict


def test_a_trend_that_all_share_is_no_effect() -> None:
    made = changed(2, effect=0.0, trend=0.3)
    assert asked(made, stage="trial", **LARGE).p > 0.05
    alone = asked(made, stage="trial")
    assert alone.p < 0.05  # before and after alone would have claimed it
    assert alone.association
    assert "other causes" in alone.verdict


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    found = [asked(changed(seed, effect=0.1, n=1200), stage="trial", **LARGE) for seed in range(40)]
    assert sum(one.low < 0.1 < one.high for one in found) >= 34


def test_too_few_customers_are_said_to_show_nothing() -> None:
    found = asked(changed(3, effect=0.05, n=200), stage="trial", **LARGE)
    assert found.p > 0.05
    assert found.smallest > 0.2
    assert "would hardly have shown" in found.verdict


def test_groups_that_moved_apart_before_are_told() -> None:
    made = changed(4, effect=0.3)
    early = impact(
        made.journey, made.trace, made.log, change="2025-10-01", stage="trial", window="365d", **LARGE
    )
    assert early.drift < 0.05


def test_visits_that_straddle_the_change_count_on_neither_side() -> None:
    made = changed(5, effect=0.0)
    found = asked(made, stage="trial", within="30d")
    visits = made.trace.visits
    day = (visits["entered"] - np.datetime64("2025-01-01")) / np.timedelta64(1, "D")
    first = (visits["stage"] == "trial") & (visits["number"] == 0)
    before, after = found.table["customers"]
    assert before == (first & (day >= 2) & (day + 30 <= 182)).sum()
    assert after == (first & (day >= 182) & (day + 30 <= 365)).sum()


def test_means_are_the_plain_ones() -> None:
    found = asked(changed(5, effect=0.0), stage="trial")
    share, error, n = (found.table[name] for name in ("mean", "error", "customers"))
    assert error == pytest.approx(np.sqrt(share * (1 - share) / (n - 1)))
    assert found.effect == pytest.approx(share[1] - share[0])
    assert found.smallest == pytest.approx((1.959964 + 0.841621) * np.hypot(*error), rel=1e-5)


def test_satisfaction_is_compared_by_the_answers_of_a_touchpoint() -> None:
    found = asked(changed(6, effect=0.5), touchpoint="ticket", outcome="satisfaction", **LARGE)
    assert found.low < 0.5 < found.high
    assert found.p < 0.01


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "pass stage="),
        ({"stage": "trial", "outcome": "satisfaction"}, "pass touchpoint="),
        ({"stage": "trial", "outcome": "better"}, "outcome is one of"),
        ({"touchpoint": "kickoff", "outcome": "satisfaction"}, "no metric that tells"),
    ],
)
def test_a_call_that_cannot_be_meant_is_told(options: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        asked(changed(7, effect=0.0, n=50), **options)


def test_a_change_to_come_shows_nothing_yet() -> None:
    made = changed(7, effect=0.0, n=50)
    with pytest.raises(UsageError, match="shows nothing yet"):
        impact(made.journey, made.trace, made.log, change="2027-01-01", stage="trial")
