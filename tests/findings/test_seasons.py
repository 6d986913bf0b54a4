"""Seasons: losses per customer-day, month by month, as counted by hand and by brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, chi2
from tests import strategies
from tests.findings import paths as made
from tests.oracle import World
from tests.worlds import replayed

import cjlib as cj
from cjlib.errors import UsageError
from cjlib.findings import seasons

JOURNEY = cj.Journey(
    "shop",
    stages=[cj.Stage("care"), cj.Stage("gone", kind="lost")],
    transitions=[
        cj.Transition("care", "gone", when='happened("d")', kind="exit"),
        cj.Transition("gone", "care", when='happened("a")', kind="reenter"),
    ],
)


def traced(text: str, until: str = "2026-12-31") -> cj.Trace:
    return cj.replay(JOURNEY, made.words(text), until=until)


def test_losses_are_held_against_customer_days_by_hand() -> None:
    """Ann is there for 31 days of January and lost on February 11; bob for January and February."""
    found = seasons(traced("ann: a0 d41; bob: a0", until="2026-03-01"))
    assert found["lost"][:3].tolist() == [0, 1, 0]
    assert found["customer_days"][:3] == pytest.approx([62.0, 38.0, 0.0])
    assert found["rate"][1] == pytest.approx(30 / 38)
    assert found["high"][1] == pytest.approx(chi2.ppf(0.975, 4) / 2 * 30 / 38)
    assert found["p"][1] == pytest.approx(binomtest(1, 1, 0.38).pvalue)
    assert found["base"][1] == pytest.approx(30 / 100)
    assert found["periods"][:3].tolist() == [1, 1, 0]
    assert (found.customers(1).tolist(), found.among(1).tolist()) == (["ann"], ["ann", "bob"])


@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.sampled_from("ad"), st.integers(0, 300)), min_size=1, max_size=20
    ),
    st.sampled_from(["month", "quarter", "weekday"]),
)
def test_every_day_is_counted_once(events: list[made.Event], unit: str) -> None:
    trace = cj.replay(JOURNEY, made.log_of(events), until="2026-12-31")
    found = seasons(trace, unit=unit)
    days = np.zeros(len(found))
    for visit in trace.visits.rows():
        if visit["stage"] == "gone":
            continue
        end = trace.until if np.isnat(visit["left"]) else visit["left"]
        for day in np.arange(visit["entered"].astype("datetime64[D]"), end.astype("datetime64[D]")):
            month = day.astype("datetime64[M]").astype(int) % 12
            days[{"month": month, "quarter": month // 3, "weekday": day.astype(object).weekday()}[unit]] += 1
    assert found["customer_days"] == pytest.approx(days)
    moved = trace.visits["via"] == 0
    assert found["lost"].sum() == moved.sum()


@given(strategies.worlds(largest=12))
@settings(max_examples=10)
def test_the_losses_are_those_of_the_replay(world: World) -> None:
    trace = replayed(world)
    lost = {stage.id for stage in trace.journey.stages if stage.kind == "lost"}
    ways = trace.journey.transitions
    via, stage = trace.visits["via"], trace.visits["stage"]
    expected = sum(
        ways[way].target in lost and one not in lost for way, one in zip(via, stage, strict=True) if way >= 0
    )
    found = seasons(trace, unit="weekday")
    assert found["lost"].sum() == expected
    for row in range(len(found)):
        assert set(found.customers(row)) <= set(found.among(row))


def test_a_season_stands_out_where_there_is_one() -> None:
    """Two hundred customers, of whom forty are lost in July and one in each other month."""
    days = [f"c{i}: a0 d{181 + i % 31}" for i in range(40)] + [f"e{i}: a0 d{15 + 30 * i}" for i in range(11)]
    found = seasons(traced("; ".join([*days, *(f"f{i}: a0" for i in range(149))])))
    assert np.flatnonzero(found["q"] < 0.05).tolist() == [6]
    assert found["lift"][6] > 5
    assert found.asked["p"] < 1e-6


def test_a_loss_at_the_first_instant_of_a_month_is_of_that_month() -> None:
    found = seasons(traced("ann: a0 d31"))
    assert found["lost"][:2].tolist() == [0, 1]
    assert found["customer_days"][:2] == pytest.approx([31.0, 0.0])
    assert (found.asked["p"], found.customers(1).tolist()) == (1.0, ["ann"])


def test_nobody_lost_says_nothing_and_units_are_named() -> None:
    assert (seasons(traced("ann: a0"))["p"] == 1.0).all()
    assert seasons(traced("ann: a0 d1"), where={"stage": "care"})["lost"].sum() == 0
    with pytest.raises(UsageError, match="unit is one of month, quarter, weekday"):
        seasons(traced("ann: a0"), unit="moon")
