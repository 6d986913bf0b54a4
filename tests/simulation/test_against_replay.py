"""What is simulated is what a replay finds: the same visits, the same rates, the same durations."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cjlib as cj
from cjlib.data import Table

from .made import BY_HAND, by_chance, journey_of

TEMPLATES = ["ecommerce", "lifecycle", "ocobo", "relationship", "saas", "success-manager"]
COMPARED = ("customer", "number", "stage", "entered", "left", "via")
UNTIL = "2026-01-01"


def assert_same(planned: Table, found: Table) -> None:
    for name in COMPARED:
        np.testing.assert_array_equal(np.asarray(planned[name]), np.asarray(found[name]), err_msg=name)


def replayed(simulated: cj.Simulation) -> Table:
    trace = cj.replay(simulated.journey, simulated.log, simulated.customers, until=simulated.until)
    return trace.visits


@functools.cache
def long_histories(name: str) -> tuple[cj.Simulation, Table]:
    """Histories of up to thirty years, so that most visits have come to their end."""
    simulated = cj.simulate(
        cj.template(name), 250, seed=6, until=UNTIL, start="1996-01-01", intensity=0.1, verify=False
    )
    return simulated, replayed(simulated)


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_planned_visit_of_a_template_is_replayed_exactly(name: str) -> None:
    simulated = cj.simulate(cj.template(name), 400, seed=3, until=UNTIL, verify=False)
    assert simulated.ledger.noted == ()
    assert_same(simulated.visits, replayed(simulated))


@pytest.mark.parametrize("name", BY_HAND)
def test_every_planned_visit_of_a_small_journey_is_replayed_exactly(name: str) -> None:
    journey = journey_of(name, BY_HAND[name])
    simulated = cj.simulate(journey, 200, seed=4, until=UNTIL, start="2022-01-01", verify=False)
    assert simulated.ledger.noted == ()
    assert_same(simulated.visits, replayed(simulated))


@settings(max_examples=25)
@given(st.integers(0, 900))
def test_where_criteria_leave_no_plan_the_simulator_says_so_and_is_right_all_the_same(seed: int) -> None:
    journey = by_chance(seed)
    if journey is None:
        return
    try:
        simulated = cj.simulate(journey, 60, seed=seed, until=UNTIL, start="2023-01-01")
    except cj.errors.UsageError:
        return
    assert_same(simulated.visits, replayed(simulated))
    assert not [entry for entry in simulated.ledger.noted if "differs" in entry.reason]


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_replay_gives_back_the_rates_within_the_sampling_error(name: str) -> None:
    """Of a sum of independent draws with probabilities p: mean Σp, variance Σp(1 − p)."""
    simulated, found = long_histories(name)
    visits, rates = simulated.visits, simulated.rates
    is_forced = np.asarray(visits["is_forced"])
    drawn = np.asarray(visits["drawn"])
    left = np.asarray(found["via"])
    assert ((left == drawn) | (left == -1)).all()
    ways = np.asarray(visits["way"])[~is_forced]
    counts = np.bincount(ways[ways >= 0], minlength=len(rates))
    np.testing.assert_array_equal(counts, rates["drawn"])
    error = np.sqrt(np.maximum(rates["variance"], 1e-9))
    assert (np.abs(counts - rates["expected"]) <= 4.5 * error + 1e-6).all()


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_replay_gives_back_the_durations_within_the_sampling_error(name: str) -> None:
    """Half of the visits that had time to end are no longer than the median: binomial, p = 1/2."""
    simulated, found = long_histories(name)
    visits, rates = simulated.visits, simulated.rates
    entered, left = (np.asarray(found[column]).view("int64") / 1e6 for column in ("entered", "left"))
    is_over = np.asarray(found["via"]) >= 0
    for way in range(len(rates)):
        floor, median, ceiling = (rates[column][way] for column in ("floor", "median", "ceiling"))
        if not np.isfinite(median) or floor == ceiling:
            continue
        longest = min(ceiling, floor + 12 * (median - floor))
        mine = (np.asarray(visits["way"]) == way) & ~np.asarray(visits["is_forced"])
        mine &= entered < simulated.until.astype("int64") / 1e6 - longest
        if mine.sum() < 20:
            continue
        assert is_over[mine].all()
        lengths = (left - entered)[mine]
        assert (lengths >= floor - 1).all()
        assert (lengths <= ceiling + 1).all()
        share = (lengths <= median).mean()
        assert abs(share - 0.5) <= 4.5 * 0.5 / np.sqrt(mine.sum()), rates["way"][way]
