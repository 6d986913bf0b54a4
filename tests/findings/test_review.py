"""Is it time to rethink the journey?"""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest
from tests.findings.books import JOURNEY, YEAR, Book, Events, book, customers

import cjlib as cj
from cjlib.errors import UsageError
from cjlib.findings import review

SINCE = "2025-05-01"  # day 120


def two_halves(seed: int, *, signs: float = 0.9, days: float = 15.0, new: float = 0.0, n: int = 600) -> Book:
    """Trials of which 90 % go on after 15 days; from day 120 on, other shares and durations hold."""
    rng = np.random.default_rng(seed)
    events, who = Events(), np.arange(n)
    begun = rng.uniform(0, 250, n)
    is_late = begun >= 120
    ends = begun + rng.exponential(1.0, n) * np.where(is_late, days, 15.0)
    goes_on = rng.random(n) < np.where(is_late, signs, 0.9)
    events.add(who, "visit", begun)
    events.add(who, "scoped", begun)
    events.add(who, "signed", np.where(goes_on, ends, np.nan))
    events.add(who, "cancelled", np.where(goes_on, np.nan, ends))
    events.add(who, "chat", np.where(is_late & (rng.random(n) < new), begun + 1, np.nan))
    return Book(JOURNEY, events.log(), customers(["small"] * n))


def asked(made: Book, **options: Any) -> cj.findings.Findings:
    return review(made.journey, made.trace, made.log, **({"since": SINCE} | options))


def test_where_nothing_changed_nothing_is_said() -> None:
    said = [len(asked(two_halves(seed))) for seed in range(20)]
    assert sum(one > 0 for one in said) <= 3


def test_a_share_that_fell_is_a_drift() -> None:
    (finding,) = asked(two_halves(1, signs=0.6)).of("drift in conversion")
    assert finding.place.stage == "trial"
    assert finding.low < 0.6 < finding.high
    assert finding.base == pytest.approx(0.9, abs=0.08)  # those who take longest are not in time
    forward, visits = (finding.evidence[name].tolist() for name in ("forward", "visits"))
    assert finding.base == forward[0] / visits[0]


def test_visits_that_take_longer_are_a_drift() -> None:
    found = asked(two_halves(2, days=40.0))
    (finding,) = found.of("drift in duration")
    assert finding.low < 40 * np.log(2) < finding.high
    assert finding.base == pytest.approx(15 * np.log(2), rel=0.2)


def test_what_nobody_did_before_and_no_map_shows_is_new() -> None:
    (finding,) = asked(two_halves(3, new=0.3)).of("new activity")
    assert (finding.place.activity, finding.evidence["events"].tolist()) == ("chat", [len(finding)])


def test_deadlines_that_are_missed_more_often_are_told() -> None:
    rng = np.random.default_rng(4)
    events, who = Events(), np.arange(600)
    begun = rng.uniform(0, 250, 600)
    delay = rng.exponential(1.0, 600) * np.where(begun >= 120, 15.0, 3.0)
    events.add(who, "visit", begun)
    events.add(who, "signed", begun + 1)
    events.add(who, "scoped", begun + 1 + delay)
    made = Book(JOURNEY, events.log(), customers(["small"] * 600))
    (finding,) = asked(made).of("more breaches")
    breaches = made.trace.breaches
    late = breaches["started"] >= np.datetime64(SINCE)
    assert finding.place.transition == "trial -> onboarding"
    assert finding.evidence["missed"][1] == late.sum() == len(finding)
    assert finding.estimate > finding.base + 0.2


def test_an_aim_that_is_missed_on_average_is_told_with_those_who_miss_it() -> None:
    metric = cj.Metric("tickets", activity="ticket", window="365d", direction="down")
    strict = attrs.evolve(
        JOURNEY, metrics=[*JOURNEY.metrics, metric], aims=[cj.Aim(metric="tickets", value=1)]
    )
    made = book(5, journey=strict)
    (finding,) = asked(made).of("aim missed")
    snap = cj.snapshot(made.log, ["tickets"], as_of=made.until, journey=strict, customers=made.customers)
    there = np.isin(
        snap.customer, made.trace.customers("onboarding").tolist() + made.trace.customers("care").tolist()
    )
    assert finding.estimate == pytest.approx(snap["tickets"][there].mean())
    assert sorted(finding.customers.tolist()) == sorted(snap.customer[there & (snap["tickets"] > 1)].tolist())


def test_an_aim_that_is_reached_is_no_reason() -> None:
    metric = cj.Metric("tickets", activity="ticket", window="365d", direction="down")
    mild = attrs.evolve(JOURNEY, metrics=[*JOURNEY.metrics, metric], aims=[cj.Aim(metric="tickets", value=5)])
    assert not asked(book(5, journey=mild)).of("aim missed")


def test_a_key_figure_may_be_an_aim_too() -> None:
    proud = attrs.evolve(JOURNEY, aims=[cj.Aim(metric="churn", value=0.0)])
    found = asked(book(5, lost=(0.1, 0.1, 0.6), journey=proud)).of("aim missed")
    assert [one.unit for one in found] == ["churn"]
    assert found[0].estimate > 0


def test_a_review_that_is_due_says_for_how_long() -> None:
    dated = attrs.evolve(JOURNEY, reviewed="2025-01-01", review_every="100d")
    made = attrs.evolve(book(6), journey=dated)
    (finding,) = review(dated, made.trace, made.log).of("review overdue")
    assert finding.estimate == YEAR - 100


def test_some_moment_must_be_known() -> None:
    with pytest.raises(UsageError, match="when was the last one"):
        asked(book(6), since=None)
