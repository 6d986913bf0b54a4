"""Key figures worked by hand, what they need, and what they say where they lack it."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest

import cjlib as cj

STAGES = [cj.Stage("trial", kind="prospect"), cj.Stage("care"), cj.Stage("gone", kind="lost")]
MOVES = [
    cj.Transition("trial", "care", when='happened("signed")'),
    cj.Transition("care", "gone", when='happened("left")', kind="exit"),
]
JOURNEY = cj.Journey("small", stages=STAGES, transitions=MOVES)
PERIOD = ("2026-01-01", "2026-07-01")


def log_of(*rows: tuple[Any, ...]) -> cj.EventLog:
    """Events as (customer, activity, day, value, channel)."""
    filled = [(*row, None, None)[:5] for row in rows]
    who, what, when, value, channel = (list(column) for column in zip(*filled, strict=True))
    return cj.EventLog.from_columns(who, what, when, value, channel=channel)


def kpis(
    log: cj.EventLog, facts: dict[str, Any] | None = None, journey: cj.Journey = JOURNEY, *, links: Any = (),
    period: Any = PERIOD, **options: Any,
) -> cj.scoring.KeyFigures:  # fmt: skip
    since = "since" if facts and "since" in facts else None
    customers = None if facts is None else cj.Customers.from_frame(facts, valid_from=since, links=links)
    trace = cj.replay(journey, log, customers, until="2026-08-01")
    return cj.kpis(journey, trace, log, period=period, **options)


def book() -> tuple[cj.EventLog, dict[str, Any]]:
    """Four customers of 100 each at New Year: one grows to 150, one shrinks to 80, one leaves, one stays."""
    log = log_of(*[(name, "signed", "2025-06-01") for name in "abcd"], ("c", "left", "2026-03-01"),
                 ("new", "signed", "2026-02-01"))  # fmt: skip
    facts = {
        "customer": ["a", "b", "c", "d", "a", "b", "new"],
        "since": ["2025-06-01"] * 4 + ["2026-04-01", "2026-05-01", "2026-02-01"],
        "arr": [100.0, 100.0, 100.0, 100.0, 150.0, 80.0, 500.0],
        "csm": ["ann", "ann", "bob", "bob", "bob", "ann", "bob"],
    }
    return log, facts


def test_net_revenue_retention_as_published() -> None:
    """(400 + 50 - 20 - 100) / 400 = 0.825; without the 50 it is 0.7; a new customer does not count."""
    found = kpis(*book())
    assert found.value("nrr") == pytest.approx(0.825)
    assert found.value("grr") == pytest.approx(0.7)
    names = ("expansion", "contraction", "lost_revenue")
    assert [found.value(name) for name in names] == pytest.approx([50 / 400, 20 / 400, 100 / 400])
    assert found["nrr"]["denominator"].tolist() == [400.0]
    assert found.value("arr") == 150 + 80 + 100 + 500
    assert found.value("mrr") == pytest.approx(830 / 12)
    assert (found.value("retention"), found.value("churn")) == (0.75, 0.25)


def test_revenue_counts_for_whoever_had_the_customer_at_the_start() -> None:
    """ann: a (150) and b (80) of 200; bob: d (100) of 200. a went from ann to bob with 150."""
    found = kpis(*book(), by="csm")
    rows = {row["csm"]: (row["numerator"], row["denominator"]) for row in found["nrr"].rows()}
    assert rows == {"ann": (230.0, 200.0), "bob": (100.0, 200.0)}
    assert [tuple(row.values()) for row in found.moved.rows()] == [
        ("2026-01-01 to 2026-07-01", "csm", "ann", "bob", 1, 100.0, 150.0)
    ]


def test_answers() -> None:
    """NPS: 9 and 10 of five answers, minus 6 and 0: 0; 11 is none. CSAT of 4 and up: 1 of 2; CES: mean 4."""
    rows = [
        (who, "nps", "2026-02-01", value, "mail")
        for who, value in zip("abcdef", (9, 10, 7, 6, 0, 11), strict=True)
    ]
    rows += [
        (who, activity, "2026-02-02", value)
        for who, activity, value in (("a", "csat", 4), ("b", "csat", 3), ("a", "ces", 3), ("b", "ces", 5))
    ]
    rows += [("c", "nps", day, 0) for day in ("2025-12-31", "2026-07-01")]  # fmt: skip
    found = kpis(log_of(*rows))
    assert (found.value("nps"), found.value("csat"), found.value("ces")) == (0.0, 0.5, 4.0)
    assert found["nps"]["denominator"].tolist() == [5.0]
    assert ("values off the scale", 1) in [(one.reason, one.rows) for one in found.ledger.noted]


def test_a_metric_with_the_name_of_a_figure_says_what_it_is_computed_from() -> None:
    metrics = [
        cj.Metric("nps", activity="survey"), cj.Metric("csat", activity="smile", aggregate="mean"),
        cj.Metric("ces", activity="ease", aggregate="share", between=(5, 7)),
        cj.Metric("repurchase", touchpoint="till"), cj.Metric("arr", attribute="revenue"),
        cj.Metric("activation", start="stage:care", end="used", window="10d"),
        cj.Metric("abandonment", start="offer", end="signed", window="10d"),
        cj.Metric("cross_sell", attribute="seats"),
    ]  # fmt: skip
    till = [cj.Touchpoint("till", stages=["trial", "care"], activities=["order"])]
    journey = attrs.evolve(JOURNEY, metrics=metrics, touchpoints=till)
    log = log_of(
        ("a", "survey", "2026-02-01", 10), ("a", "smile", "2026-02-01", 7), ("a", "ease", "2026-02-01", 6),
        ("b", "ease", "2026-02-01", 1), ("a", "order", "2025-02-01"), ("a", "order", "2026-02-01"),
        ("b", "order", "2026-02-01"), ("a", "signed", "2026-02-01"), ("a", "used", "2026-02-11"),
        ("b", "signed", "2026-02-01"), ("b", "used", "2026-02-12"), ("c", "offer", "2026-03-01"),
        ("c", "signed", "2026-03-05"), ("d", "offer", "2026-03-01"), ("e", "offer", "2026-06-25"),
        ("f", "signed", "2025-06-01"),
    )  # fmt: skip
    facts = {"customer": ["a", "f", "f"], "since": ["2025-01-01", "2025-01-01", "2026-02-01"],
             "revenue": [120.0, 1.0, 1.0], "seats": [3.0, 5.0, 6.0]}  # fmt: skip
    found = kpis(log, facts, journey)
    assert {name: found.value(name) for name in ("nps", "csat", "ces", "repurchase", "cross_sell")} == {
        "nps": 100.0, "csat": 7.0, "ces": 0.5, "repurchase": 0.5, "cross_sell": 1.0
    }  # fmt: skip
    assert found.value("arr") == 121.0
    assert found["activation"]["numerator"].tolist() == [1.0]  # a in ten days; b is late; c has not used it
    assert found["activation"]["denominator"].tolist() == [3.0]
    assert (found["abandonment"]["numerator"][0], found["abandonment"]["denominator"][0]) == (1.0, 2.0)


def test_revenue_may_be_the_sum_of_payments() -> None:
    journey = attrs.evolve(
        JOURNEY, metrics=[cj.Metric("mrr", activity="paid", aggregate="sum", window="30d")]
    )
    log = log_of(
        ("a", "signed", "2025-12-01"), ("a", "paid", "2025-12-15", 10), ("a", "paid", "2026-06-15", 12)
    )
    found = kpis(log, journey=journey)
    assert (found.value("mrr"), found.value("arr"), found.value("nrr")) == pytest.approx((12.0, 144.0, 1.2))


def test_customer_lifetime_value_by_hand() -> None:
    """Half a year keeps 3 of 4, a year (3/4)^(1/0.4956); c = 830/4 x 0.8 - 50; (c x 1.1 / (1.1 - r)) - 30."""
    found = kpis(*book(), margin=0.8, cost_to_serve=50, acquisition_cost=30)
    years = 181 / 365.25
    r, c = 0.75 ** (1 / years), 830 / 4 * 0.8 - 50
    assert found.value("clv") == pytest.approx(c * 1.1 / (1.1 - r) - 30)
    row = next(found["clv"].rows())
    assert row["numerator"] == pytest.approx(4 * row["value"])
    low, high = found["retention"]["low"][0], found["retention"]["high"][0]
    ends = [c * 1.1 / (1.1 - one ** (1 / years)) - 30 for one in (low, high)]
    assert (row["low"], row["high"]) == pytest.approx(tuple(ends))


def test_the_effort_of_touchpoints_is_a_cost_to_serve() -> None:
    journey = attrs.evolve(
        JOURNEY, touchpoints=[cj.Touchpoint("call", stages=["care"], activities=["call"], effort="30min")]
    )
    facts = book()[1]
    calls = log_of(*[("a", "call", f"2026-0{month}-15") for month in (2, 3)], *[
        ("abcd"[i], "signed", "2025-06-01") for i in range(4)], ("c", "left", "2026-03-01"))  # fmt: skip
    plain, served = (kpis(calls, facts, journey, margin=1, hourly_cost=cost) for cost in (None, 60))
    stay = 0.75 ** (365.25 / 181)
    yearly = 2 * 0.5 * 60 * 365.25 / 181 / 3  # two calls, of one of three customers
    assert plain.value("clv") - served.value("clv") == pytest.approx(yearly * 1.1 / (1.1 - stay))


def test_nobody_left_and_no_discount_make_no_lifetime_value() -> None:
    log, facts = log_of(("a", "signed", "2025-01-01")), {"customer": ["a"], "arr": [10.0]}
    found = kpis(log, facts, margin=1, discount=0)
    assert np.isnan(found.value("clv"))
    assert "lifetimes without end" in [one.reason for one in found.ledger.noted]
    assert kpis(log, facts, margin=1, discount=0.25).value("clv") == pytest.approx(10 * 1.25 / 0.25)


def test_referrals_and_what_they_bring() -> None:
    """a came first and referred b and c, of 50 and 70; d and e refer each other on one day, f itself."""
    names = ["a", "b", "c", "d", "e", "f"]
    days = ["2025-06-01", "2026-01-02", "2026-01-03", "2026-02-01", "2026-02-01", "2026-02-02"]
    log = log_of(*[(name, "signed", day) for name, day in zip(names, days, strict=True)])
    facts = {"customer": names, "referred_by": [None, "a", "a", "e", "d", "f"],
             "arr": [10.0, 50.0, 70.0, 1.0, 1.0, 1.0], "segment": ["x", "y", "y", "y", "y", "y"]}  # fmt: skip
    found = kpis(log, facts, links=["referred_by"])
    assert (found["referrals"]["numerator"][0], found["referrals"]["denominator"][0]) == (2.0, 5.0)
    assert found["referral_value"]["numerator"].tolist() == [120.0]
    assert found.value("referral_value") == 20.0
    odd = [one for one in found.ledger.noted if one.reason == "referrals that cannot be"]
    assert odd[0].rows == 3
    by_segment = kpis(log, facts, links=["referred_by"], by="segment")["referral_value"]
    assert dict(zip(by_segment["segment"], by_segment["numerator"], strict=True)) == {"x": 120.0, "y": 0.0}


def test_aims_are_those_of_the_place_and_are_met_in_their_direction() -> None:
    stages = [STAGES[0], cj.Stage("care", aims=[cj.Aim(metric="nps", value=50)]), STAGES[2]]
    journey = cj.Journey("aims", stages=stages, transitions=MOVES, aims=[
        cj.Aim(metric="nps", value=20, by="2026-03-01"), cj.Aim(metric="nps", value=40, by="2026-12-31"),
        cj.Aim(metric="churn", value=0.3), cj.Aim(metric="nrr", value=110)])  # fmt: skip
    log = log_of(("a", "signed", "2025-01-01"), ("a", "nps", "2026-02-01", 10), ("b", "nps", "2026-02-01", 8))
    found = kpis(log, journey=journey)
    row = next(found["nps"].rows())
    assert (row["value"], row["aim"], row["is_met"]) == (50.0, 40.0, True)
    assert [(row["aim"], row["is_met"]) for row in found["churn"].rows()] == [(0.3, True)]
    assert next(found["retention"].rows())["is_met"] is None
    by_stage = {row["stage"]: (row["aim"], row["is_met"])
                for row in kpis(log, journey=journey, by="stage")["nps"].rows()}  # fmt: skip
    assert by_stage == {"trial": (40.0, False), "care": (50.0, True)}
    assert "nrr is a share: 1.1 instead of 110?" in [one.detail for one in found.ledger.noted]


def test_what_is_lacking_is_told_and_never_nought() -> None:
    journey = cj.Journey("bare", stages=[cj.Stage("in")])
    found = kpis(log_of(("a", "came", "2026-02-01")), journey=journey)
    assert len(found.table) == 0
    assert found.missing["nps"].startswith("no event 'nps' until then")
    for name, needs in {"retention": "kind 'lost'", "nrr": "'arr' or 'mrr'", "referrals": "'referred_by'",
                        "activation": "value step is 'realised'", "clv": "margin="}.items():  # fmt: skip
        assert needs in found.missing[name]
    with pytest.raises(cj.errors.UsageError, match="nps could not be computed: no event 'nps'"):
        found["nps"]
    assert "nrr: needs an attribute" in str(found)


def test_customers_are_of_no_touchpoint_so_their_figures_are_missing_by_touchpoint() -> None:
    found = kpis(*book(), by="touchpoint")
    assert "a customer is of no touchpoint" in found.missing["nrr"]


def test_a_period_without_customers_has_no_value() -> None:
    found = kpis(log_of(("a", "signed", "2026-07-15")), period="2026-Q1")
    assert np.isnan(found.value("retention"))
    assert found["retention"]["denominator"].tolist() == [0.0]


def test_unknown_and_negative_revenue_is_left_out_and_told() -> None:
    log, facts = book()
    facts["arr"][3] = -5.0
    facts["arr"][0] = float("nan")
    found = kpis(log, facts)
    assert found["nrr"]["denominator"].tolist() == [200.0]
    told = {str(one) for one in found.ledger.noted if "revenue" in one.reason}
    assert told == {
        f"1 × customers of {what} revenue: arr in 2026-01-01 to 2026-07-01: left out, such as {who!r}"
        for what, who in (("unknown", "a"), ("negative", "d"))
    }


def test_other_customers_may_bring_the_attributes() -> None:
    log, facts = book()
    more = cj.Customers.from_frame(
        facts | {"customer": ["a", "b", "c", "d", "a", "b", "stranger"]}, valid_from="since"
    )
    assert kpis(log, customers=more).value("nrr") == pytest.approx(0.825)
    with pytest.raises(cj.errors.DataError, match="ids of one kind"):
        kpis(log, customers=cj.Customers.from_frame({"customer": [1], "arr": [2.0]}))


def test_periods_in_a_row() -> None:
    found = kpis(*book(), period="quarter", last=3, figures=["retention"])
    assert found["retention"]["period"].tolist() == ["2025-Q4", "2026-Q1", "2026-Q2"]
    assert found["retention"]["value"].tolist() == [1.0, 0.75, 1.0]
    rolling = kpis(*book(), period="30d", figures=["churn"])
    assert rolling["churn"]["period"].tolist() == ["2026-07-02 to 2026-08-01"]


def test_a_period_holds_its_first_moment_and_not_its_last() -> None:
    log = log_of(*[("a", "nps", day, 10) for day in ("2025-12-31", "2026-01-01", "2026-01-31", "2026-02-01")])
    assert kpis(log, period="2026-01")["nps"]["denominator"].tolist() == [2.0]
    paris = kpis(log, period="2026-01", tz="Europe/Paris")["nps"]["denominator"]
    assert paris.tolist() == [2.0]  # the year begins an hour earlier there, and so does February


@pytest.mark.parametrize(
    ("options", "error", "told"),
    [
        ({"period": "fortnight"}, cj.errors.UsageError, "a period is"),
        ({"period": "mont"}, cj.errors.UsageError, "did you mean 'month'"),
        ({"period": "2026-13"}, cj.errors.UsageError, "a period is"),
        ({"period": "2026-W60"}, cj.errors.UsageError, "a period is"),
        ({"period": "2026-08"}, cj.errors.UsageError, "is not over when the trace ends"),
        ({"period": ("2026-02-01", "2026-01-01")}, cj.errors.UsageError, "begins before it ends"),
        ({"period": "0d"}, cj.errors.UsageError, "longer than nothing"),
        ({"period": "year", "last": 0}, cj.errors.UsageError, "last is a number of periods"),
        ({"period": "year", "last": 500}, cj.errors.UsageError, "reach beyond 1900"),
        ({"period": "365d", "last": 200}, cj.errors.UsageError, "before 1900"),
        ({"figures": "nrr"}, cj.errors.UsageError, "figures takes several names"),
        ({"figures": ["nnr"]}, cj.errors.UnknownNameError, "did you mean 'nrr'"),
        ({"by": "cms"}, cj.errors.UnknownNameError, "did you mean 'csm'"),
        ({"where": {"csm": "anne"}}, cj.errors.UnknownNameError, "did you mean 'ann'"),
        ({"confidence": 95}, cj.errors.UsageError, "confidence lies between 0 and 1"),
        ({"margin": 80}, cj.errors.UsageError, "margin is a share"),
        ({"margin": "csm"}, cj.errors.UsageError, "holds no numbers"),
        ({"margin": "margn"}, cj.errors.UnknownNameError, "attribute in margin="),
        ({"margin": 1, "discount": "arr"}, cj.errors.UsageError, "discount is a number"),
        ({"margin": 1, "cost_to_serve": -1}, cj.errors.UsageError, "cost_to_serve is a number"),
        ({"margin": 1, "hourly_cost": 50}, cj.errors.UsageError, "say their effort"),
        ({"customers": "x"}, cj.errors.UsageError, "customers must be a"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_told(options: dict[str, Any], error: Any, told: str) -> None:
    with pytest.raises(error, match=told):
        kpis(*book(), **options)


def test_an_attribute_called_like_a_column_gets_a_prefix() -> None:
    facts = {"customer": ["a"], "value": ["x"]}
    found = kpis(log_of(("a", "signed", "2025-01-01")), facts, by="value", figures=["retention"])
    assert found.table["by:value"].tolist() == ["x"]


def test_a_key_figure_that_is_not_there_is_told() -> None:
    found = kpis(*book(), by="csm")
    with pytest.raises(cj.errors.UnknownNameError, match="did you mean 'nrr'"):
        found["nnr"]
    with pytest.raises(cj.errors.UsageError, match="nrr has 2 rows"):
        found.value("nrr")
