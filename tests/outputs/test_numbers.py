"""The numbers of the report's views agree with each other and with what they are made from."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pytest
from lifelines import KaplanMeierFitter

import cjlib as cj
from cjlib.data import EventLog
from cjlib.errors import UnknownNameError, UsageError
from cjlib.findings import Finding, Place
from cjlib.outputs._report import _told
from cjlib.outputs._scored import part_label
from cjlib.outputs._sections import steps_of
from cjlib.outputs._told import Told, risks_of, worth_of
from cjlib.scoring._survival import kaplan_meier

UNTIL = "2026-06-30"


@pytest.fixture(scope="module")
def told() -> Told:
    """Eighty customers of the shipped software company at two moments."""
    journey = cj.template("saas")
    made = cj.simulate(journey, 80, seed=5, until=UNTIL, verify=False)
    trace = cj.replay(journey, made.log, made.customers, until=UNTIL)
    scorer = cj.HealthScorer(journey.scorecards[0], journey=journey)
    metrics = [metric for metric in journey.metrics if metric.id in scorer.requires]
    panel = cj.panel(
        made.log, metrics, as_of=["2026-05-31", UNTIL], customers=made.customers, journey=journey
    )
    return _told(journey, trace, scorer.score(panel), None, None, made.log, "arr", "x", "en")


def test_everybody_is_in_the_funnel_once(told: Told) -> None:
    """Whoever reached a stage went further, still stands there, or is lost; the first step has them all."""
    steps = steps_of(told)
    assert steps[0].reached == told.customers
    for step, after in pairwise(steps):
        assert step.reached - step.waiting - step.lost == after.reached
    assert sum(step.lost for step in steps) == told.customers_in("lost")
    assert sum(step.waiting for step in steps) == told.customers - told.customers_in("lost")


def test_the_curves_are_those_of_lifelines(told: Told) -> None:
    visits = told.trace.visits
    here = visits["stage"] == "onboarding"
    left = visits["left"][here]
    days = (np.where(np.isnat(left), told.trace.until, left) - visits["entered"][here]) / np.timedelta64(
        1, "D"
    )
    ours = kaplan_meier(days, ~np.isnat(left))
    theirs = KaplanMeierFitter().fit(days, ~np.isnat(left))
    np.testing.assert_allclose(ours.curve, theirs.survival_function_at_times(ours.times), atol=1e-12)


def test_health_counts_each_standing_customer_once(told: Told) -> None:
    assert told.health is not None
    assert sum(band.count for band in told.health.bands) == told.health.count == sum(told.health.columns)
    assert sum(one.count for one in told.health.by_stage.values()) == told.health.count


def test_movers_fell_or_rose_between_the_last_two_moments(told: Told) -> None:
    assert told.health is not None
    assert str(told.health.since)[:10] == "2026-05-31"
    assert told.scores is not None
    for move in told.health.movers:
        now, before = (told.scores.explain(move.customer, as_of=day).value for day in (UNTIL, "2026-05-31"))
        assert (move.before, move.after) == (before, now)
    changes = [move.after - move.before for move in told.health.movers]
    falls = [change for change in changes if change < 0]
    assert falls == sorted(falls)


def test_who_is_at_risk_is_in_the_lowest_band_and_the_most_valuable_comes_first(told: Told) -> None:
    assert told.health is not None
    assert {risk.band for risk in told.risks} == {"red"}
    assert told.n_risks == told.health.bands[0].count
    worths = [risk.worth for risk in told.risks]
    assert worths == sorted(worths, reverse=True)


def test_the_parts_of_a_risk_add_up_to_its_score(told: Told) -> None:
    for risk in told.risks:
        assert risk.base + sum(size for _, size in risk.parts) == pytest.approx(risk.score, abs=1e-6)


def test_every_part_of_a_score_is_told_in_words(told: Told) -> None:
    for part in ("@clip", "@reweighting", "@pulse", "@rounding", "@override", "@stale", "@formula", "@base",
                 "@cap:usage", "@persona", "@stage", "@dwell", "@time in stage", "@unexplained"):  # fmt: skip
        assert not part_label(told, part).startswith("@")
    assert part_label(told, "active_days") == "Used on most working days"


def test_scores_of_strangers_are_told() -> None:
    journey = cj.Journey("demo", stages=[cj.Stage("trial")])
    log = EventLog.from_columns(["a"], ["visit"], ["2026-01-01"])
    trace = cj.replay(journey, log, until="2026-01-31")
    scores = cj.Scores([1.0, 2.0, 3.0], scorer="mine", customers=["a", "x", "y"])
    page = cj.report(journey, trace, scores=scores)
    assert "2 customers with a score are not in the trace and are left out here." in page.html


def test_an_attribute_without_numbers_is_no_value(told: Told) -> None:
    with pytest.raises(UsageError, match="an attribute with numbers was expected, not a text"):
        worth_of(told.trace, "plan")
    with pytest.raises(UnknownNameError, match=r"arrr.*did you mean 'arr'"):
        worth_of(told.trace, "arrr")


def test_without_bands_and_values_the_lowest_scores_come_first(told: Told) -> None:
    assert told.scores is not None
    assert told.health is not None
    bare = cj.Scores(
        told.scores.values, scorer="mine", customers=told.scores.customers, as_of=told.scores.as_of
    )
    risks, _ = risks_of(bare, told.trace, told.health, None)
    assert [risk.score for risk in risks] == sorted(risk.score for risk in risks)


def test_findings_stand_in_the_report_with_their_size_and_test(told: Told) -> None:
    found = Finding(
        kind="drop-off", place=Place(stage="adoption"), sentence="Many stop here.", who=[1, 2], of=8,
        days=12.0, money=900.0, estimate=0.25, low=0.1, high=0.4, base=0.1, unit="share", association=True,
        test=cj.findings.Test(name="exact", statistic=2.0, p=0.004),
        translations={"fr": "Beaucoup s’arrêtent ici."},
    )  # fmt: skip
    page = cj.report(told.journey, told.trace, findings=[found], value="arr").to_markdown()
    page = page.replace("\N{NO-BREAK SPACE}", " ")
    for said in ("2 of 8 customers (25.0 %)", "12 customer-days so far", "worth 900 EUR",
                 "Measured: 25.0 % (10.0 % – 40.0 %), against 10.0 %", "p = 0.004 (exact",
                 "that one is the cause of the other is not shown"):  # fmt: skip
        assert said in page
    assert (
        "Beaucoup s’arrêtent ici."
        in cj.report(told.journey, told.trace, findings=[found], language="fr").html
    )


def test_findings_stand_as_they_are_given_and_the_costliest_is_named(told: Told) -> None:
    cheap, dear = (
        Finding(kind="bottleneck", sentence=f"It costs {days} days.", days=days) for days in (3, 700)
    )
    as_given = cj.report(told.journey, told.trace, findings=[cheap, dear]).html
    assert as_given.index("1. It costs 3 days.") < as_given.index("2. It costs 700 days.")
    assert "The costliest first" not in as_given
    assert "The costliest finding costs 700" in as_given
    assert "The costliest first" in cj.report(told.journey, told.trace, findings=[dear, cheap]).html


def test_every_marker_leads_to_a_card(told: Told) -> None:
    stage = told.journey.stages[0].id
    found = [
        Finding(kind="bottleneck", place=Place(stage=stage), sentence=f"Finding {i}.") for i in range(40)
    ]
    page = cj.report(told.journey, told.trace, findings=found).html
    targets = set(re.findall(r'href="#(finding-\d+)"', page))
    assert targets
    assert targets <= set(re.findall(r'id="([^"]+)"', page))
