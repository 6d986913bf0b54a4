"""Simulated customers: what they are made of, and that they are always the same."""

from __future__ import annotations

import numpy as np
import pytest

import cjlib as cj

from .made import BY_HAND, journey_of

UNTIL = "2026-01-01"
SAAS = cj.template("saas")


@pytest.fixture(scope="module")
def simulated() -> cj.Simulation:
    return cj.simulate(SAAS, 800, seed=1, until=UNTIL, verify=False)


def test_the_same_seed_gives_the_same_customers(simulated: cj.Simulation) -> None:
    again = cj.simulate(SAAS, 800, seed=1, until=UNTIL, verify=False)
    assert again.log.fingerprint == simulated.log.fingerprint
    assert again.customers.fingerprint == simulated.customers.fingerprint


def test_another_seed_gives_others(simulated: cj.Simulation) -> None:
    other = cj.simulate(SAAS, 800, seed=2, until=UNTIL, verify=False)
    assert other.log.fingerprint != simulated.log.fingerprint


def test_a_generator_is_a_seed_and_the_global_one_stays_untouched() -> None:
    before = np.random.get_state()[1].copy()
    made = [
        cj.simulate(SAAS, 20, seed=np.random.default_rng(7), until=UNTIL, verify=False).log.fingerprint
        for _ in range(2)
    ]
    assert made[0] == made[1]
    assert (np.random.get_state()[1] == before).all()


def test_a_customer_does_not_depend_on_how_many_there_are(simulated: cj.Simulation) -> None:
    few = cj.simulate(SAAS, 100, seed=1, until=UNTIL, verify=False)
    last = simulated.log.starts[100]
    np.testing.assert_array_equal(few.log.time, simulated.log.time[:last])
    np.testing.assert_array_equal(few.log.value, simulated.log.value[:last])


def test_everything_happens_between_start_and_until() -> None:
    simulated = cj.simulate(SAAS, 200, seed=1, start="2025-06-01", until=UNTIL, verify=False)
    times = simulated.log.time.view("datetime64[us]")
    assert times.min() >= np.datetime64("2025-06-01")
    assert times.max() <= np.datetime64(UNTIL)
    assert (simulated.log.first > np.iinfo(np.int64).min).all()


def test_a_company_of_customers_has_usage_tickets_answers_and_attributes(simulated: cj.Simulation) -> None:
    log, customers = simulated.log, simulated.customers
    assert {"login", "ticket_opened", "nps", "csat"} <= set(log.activities)
    answers = log.value[log.activity == log.activities.index("nps")]
    assert np.nanmin(answers) >= 0
    assert np.nanmax(answers) <= 10
    assert customers.column("segment").kind == "text"
    assert customers.column("renewal_date").kind == "date"
    assert not customers.column("csm").constant
    assert customers.column("employees").constant


def test_unhappy_customers_leave_more_often(simulated: cj.Simulation) -> None:
    visits = simulated.visits
    lost = [number for number, one in enumerate(SAAS.transitions) if one.target == "churned"]
    chosen = np.isin(np.asarray(visits["stage"]), ["onboarding", "adoption", "retention"])
    left = np.isin(np.asarray(visits["drawn"])[chosen], lost)
    satisfaction = np.asarray(visits["satisfaction"])[chosen]
    assert satisfaction[left].mean() < satisfaction[~left].mean() - 0.3


def test_answers_foretell_who_leaves(simulated: cj.Simulation) -> None:
    """Mean NPS answer of customers whose last visit is in the lost stage against all others."""
    log, visits = simulated.log, simulated.visits
    is_open = np.isnat(np.asarray(visits["left"]))
    lost = np.asarray(visits["customer"])[is_open & (np.asarray(visits["stage"]) == "churned")]
    chosen = (log.activity == log.activities.index("nps")) & ~np.isnan(log.value)
    is_lost = np.isin(log.customer_codes()[chosen], lost)
    values = log.value[chosen]
    assert values[is_lost].mean() < values[~is_lost].mean() - 0.2


def test_rates_and_durations_can_be_given() -> None:
    journey = journey_of("thresholds", BY_HAND["thresholds"])
    simulated = cj.simulate(
        journey,
        2000,
        seed=1,
        until=UNTIL,
        start="2016-01-01",
        effect=0,
        rates={("a", "b"): 0.7, ("a", "lost"): 0.3},
        durations={"a": "30d", ("b", "a"): ("60d", 0.2)},
        verify=False,
    )
    drawn = np.asarray(simulated.visits["drawn"])[np.asarray(simulated.visits["stage"]) == "a"]
    share = (drawn == 0).sum() / np.isin(drawn, [0, 1]).sum()
    assert abs(share - 0.7) < 4.5 * np.sqrt(0.21 / len(drawn))
    rates = simulated.rates
    way = list(rates["transition"]).index(3)
    assert rates["shape"][way] == 0.2
    assert rates["median"][way] == pytest.approx(60 * 86_400, rel=0.01)


def test_what_cannot_be_planned_is_told_and_not_drawn() -> None:
    """Whoever has done x five times has done it three times before."""
    rows = [("a", "b", 'count("x") >= 5'), ("a", "c", 'count("x") >= 3')]
    simulated = cj.simulate(journey_of("early", rows), 50, seed=1, until=UNTIL)
    assert "a -> b" in simulated.ledger.noted[0].detail
    assert not (np.asarray(simulated.visits["via"]) == 0).any()


def test_a_rate_for_what_cannot_be_planned_is_refused() -> None:
    rows = [("a", "b", 'count("x") >= 5'), ("a", "c", 'count("x") >= 3')]
    with pytest.raises(cj.errors.UsageError, match="a -> b cannot be planned"):
        cj.simulate(journey_of("early", rows), 50, seed=1, until=UNTIL, rates={("a", "b"): 0.5})


def test_a_criterion_that_is_true_at_entry_is_passed_at_once() -> None:
    """Two events ever are enough for a: who comes back to it goes on at the same moment."""
    rows = [
        ("a", "b", 'count("x", ever=True) >= 2'),
        ("b", "a", 'happened("y")'),
        ("b", "c", 'happened("z")'),
    ]
    simulated = cj.simulate(journey_of("again", rows), 200, seed=1, until=UNTIL)
    visits = simulated.visits
    again = (np.asarray(visits["stage"]) == "a") & (np.asarray(visits["number"]) > 0)
    assert again.any()
    assert np.asarray(visits["is_forced"])[again].all()
    assert (np.asarray(visits["entered"]) == np.asarray(visits["left"]))[again].all()


def test_the_start_attribute_is_the_first_moment() -> None:
    rows = [("a", "b", 'happened("x")'), ("b", "lost", 'idle("x") >= "30d"')]
    plain = journey_of("dated", rows)
    journey = cj.Journey("dated", start="signed_on", stages=plain.stages, transitions=plain.transitions)
    simulated = cj.simulate(journey, 100, seed=1, until=UNTIL)
    assert simulated.ledger.noted == ()
    first = np.asarray(simulated.visits["entered"])[np.asarray(simulated.visits["number"]) == 0]
    np.testing.assert_array_equal(simulated.customers.column("signed_on").values, first.view("int64"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n": 0}, "number of customers"),
        ({"n": True}, "number of customers"),
        ({"start": "2027-01-01"}, "start must not lie after until"),
        ({"effect": -1}, "effect lies between"),
        ({"intensity": float("nan")}, "intensity lies between"),
        ({"rates": {("a", "nowhere"): 0.5}}, "names no transition"),
        ({"rates": {("a", "b"): 1.5}}, "between 0 and 1"),
        ({"rates": {("b", "c"): 0.7, ("b", "a"): 0.7}}, "exceed 1"),
        ({"durations": {"a": "0s"}}, "at least a minute"),
    ],
)
def test_what_cannot_be_meant_is_refused(options: dict[str, object], message: str) -> None:
    journey = journey_of("thresholds", BY_HAND["thresholds"])
    arguments = {"n": 10, "seed": 1, "until": UNTIL} | options
    with pytest.raises(cj.errors.UsageError, match=message):
        cj.simulate(journey, **arguments)  # type: ignore[arg-type]
