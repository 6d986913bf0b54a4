"""What if: levers, against closed forms and against what really comes of the change."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given as given_that
from hypothesis import settings
from hypothesis import strategies as st
from tests.findings.books import JOURNEY, book

import cjlib as cj
from cjlib.errors import UnknownNameError, UsageError
from cjlib.findings import Given, Lever, time_in_stage, what_if
from cjlib.findings._semi_markov import Endings, masses, uniform
from cjlib.scoring._survival import aalen_johansen


@given_that(st.lists(st.tuples(st.integers(0, 9), st.booleans(), st.integers(1, 3)), min_size=1, max_size=30))
def test_the_share_that_ends_is_that_of_aalen_and_johansen(rows: list[tuple[int, bool, int]]) -> None:
    rows = sorted(rows, key=lambda row: row[0])
    days, weights = (np.array([row[i] for row in rows], float) for i in (0, 2))
    is_left = np.array([row[1] for row in rows])
    found = np.zeros(len(rows))
    masses(days, is_left, weights, found)
    cause = np.where(is_left, 0, -1)
    curves = aalen_johansen(days, cause, 1, weights=weights)
    for day in np.unique(days):
        place = np.searchsorted(curves.times, day, side="right") - 1
        expected = curves.curves[place, 0] if place >= 0 else 0.0
        assert found[days <= day].sum() == pytest.approx(expected)


def test_the_numbers_of_chance_are_even_and_depend_on_nothing_else() -> None:
    drawn = np.array([uniform(7, who, step) for who in range(2000) for step in range(3)])
    counts = np.histogram(drawn, bins=10, range=(0, 1))[0]
    assert ((counts - 600) ** 2 / 600).sum() < 27.9  # chi-squared with 9 degrees of freedom, p = 0.001
    assert uniform(7, 3, 1) == uniform(7, 3, 1) != uniform(8, 3, 1)


def test_without_a_change_nothing_changes() -> None:
    found = what_if(book(13).trace, Lever(stage="onboarding", duration=1.0), resamples=5)
    assert (found.table["difference"] == 0).all()
    assert (found.table["low"] == 0).all()
    assert "nothing moves by more than chance" in str(found)


def test_shorter_visits_are_a_closed_form_where_time_has_no_memory() -> None:
    """Trials last 15 days on average: within 30 days, 1 - exp(-2) end; at half the length 1 - exp(-4)."""
    trace = book(13, 3000).trace
    found = what_if(trace, Lever(stage="trial", duration=0.5), start="new", horizon="30d", resamples=40)
    row = found.of("standing", "trial")
    assert row["before"] == pytest.approx(np.exp(-2), abs=0.02)
    assert row["after"] == pytest.approx(np.exp(-4), abs=0.02)
    assert row["low"] < np.exp(-4) - np.exp(-2) < row["high"]
    days = found.of("days", "trial")
    assert days["before"] == pytest.approx(15 * (1 - np.exp(-2)), rel=0.05)
    assert days["after"] == pytest.approx(7.5 * (1 - np.exp(-4)), rel=0.05)


def test_what_it_says_is_what_comes_of_the_change() -> None:
    """A book in which onboarding takes 60 days says what a book in which it takes 30 days then shows."""
    slow, fast = book(14, 2000, onboarding=60.0), book(15, 2000, onboarding=30.0)
    found = what_if(
        slow.trace, Lever(stage="onboarding", duration=0.5), start="new", horizon="60d", resamples=40
    )
    truth = what_if(
        fast.trace, Lever(stage="onboarding", duration=1.0), start="new", horizon="60d", resamples=0
    )
    for measure, stage in (("standing", "onboarding"), ("entered", "care"), ("days", "onboarding")):
        row, real = found.of(measure, stage), truth.of(measure, stage)["before"]
        assert row["after"] == pytest.approx(real, rel=0.1, abs=0.02), measure
    assert found.of("entered", "care")["low"] > 0


def test_a_better_rate_is_a_closed_form() -> None:
    """15 % are lost from the trial; at a third of that 5 %."""
    trace = book(13, 3000, lost=(0.15, 0.0, 0.0)).trace
    found = what_if(
        trace, Lever(transition=("trial", "lost"), rate=1 / 3), start="new", horizon="200d", value="arr",
        resamples=40,
    )  # fmt: skip
    row = found.of("lost")
    assert row["before"] == pytest.approx(0.15, abs=0.015)
    assert row["after"] == pytest.approx(row["before"] / 3, abs=0.01)
    assert row["low"] < row["difference"] < row["high"] < 0
    value = found.of("value_lost")
    assert value["before"] == pytest.approx(row["before"] * found.customers * 1000)


def test_another_criterion_is_replayed_on_the_same_events() -> None:
    made = book(13, 500)
    lever = Lever(transition=("trial", "onboarding"), when='happened("demo")')
    found = what_if(made.trace, lever, start="new", horizon="60d", resamples=5)
    eager = attrs.evolve(JOURNEY.transitions[0], when='happened("demo")')
    other = attrs.evolve(JOURNEY, transitions=[eager, *JOURNEY.transitions[1:]])
    replayed = cj.replay(other, made.log, made.customers, until=made.until)
    truth = what_if(replayed, Lever(stage="trial", duration=1.0), start="new", horizon="60d", resamples=0)
    assert found.of("entered", "onboarding")["after"] == truth.of("entered", "onboarding")["before"]


def test_who_stands_somewhere_goes_on_from_there() -> None:
    trace = book(13, 400).trace
    found = what_if(trace, Lever(stage="trial", duration=1.0), horizon="1min", resamples=0)
    shares = time_in_stage(trace)["customers"] / len(trace)
    before = [found.of("standing", stage.id)["before"] for stage in JOURNEY.stages]
    assert before == pytest.approx(shares.tolist(), abs=0.01)


@settings(max_examples=10)
@given_that(st.integers(0, 1000))
def test_each_customer_stands_somewhere_and_days_add_up(seed: int) -> None:
    made = book(seed, 60, reopened=0.4)
    found = what_if(made.trace, Lever(stage="trial", duration=2.0), horizon="45d", resamples=0)
    table = found.table
    for side in ("before", "after"):
        assert table[side][table["measure"] == "standing"].sum() == pytest.approx(1)
        assert table[side][table["measure"] == "days"].sum() == pytest.approx(45)


def test_rates_never_leave_the_range_of_shares() -> None:
    endings = Endings.of(Given(trace=book(13).trace))
    for factor in (0.01, 100.0):
        mass = attrs.evolve(endings, rates=((1, factor),)).mass(endings.ending(np.ones(300)))
        ends = [
            mass[end - 1]
            for begin, end in zip(endings.starts[:-1], endings.starts[1:], strict=True)
            if end > begin
        ]
        assert all(0 <= end <= 1 + 1e-9 for end in ends)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"stage": "trial"}, UsageError, "one of duration, rate and when"),
        ({"stage": "trial", "duration": 0}, UsageError, "factor over 0"),
        ({"stage": "trial", "rate": 2.0}, UsageError, "takes transition="),
        ({"stage": "trail", "duration": 2.0}, UnknownNameError, "did you mean 'trial'"),
        ({"transition": ("trial", "care"), "rate": 2.0}, UnknownNameError, "trial -> care"),
    ],
)
def test_a_lever_that_cannot_be_meant_is_told(options: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        what_if(book(13, 20).trace, Lever(**options))


def test_other_calls_that_cannot_be_meant_are_told() -> None:
    trace, lever = book(13, 20).trace, Lever(stage="trial", duration=2.0)
    with pytest.raises(UsageError, match="'now' or 'new'"):
        what_if(trace, lever, start="then")
    with pytest.raises(UsageError, match="a Lever, or several"):
        what_if(trace, "faster")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="a Trace was expected"):
        what_if(trace.visits, lever)  # type: ignore[arg-type]
