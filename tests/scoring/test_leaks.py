"""Inputs that betray the outcome are refused, and told why."""

from __future__ import annotations

import numpy as np
import pytest

import cjlib as cj
from cjlib.scoring import refuse_leaks

from .made import snapshot


@pytest.mark.parametrize(
    "name",
    [
        "churnedAt", "churned_at", "Churned At", "customerTo", "renewalStatus", "hDiff", "IsWon",
        "sfdc.IsWon", "Probability", "ForecastCategory", "closedate", "Close Date", "property_closedate",
        "hs_is_closed_lost", "hs_v2_date_entered_churned", "hs_time_in_closedlost", "churn_reason__c",
    ],
)  # fmt: skip
def test_a_field_that_is_written_when_the_outcome_comes_is_refused_in_every_spelling(name: str) -> None:
    with pytest.raises(cj.CJError, match="inputs betray the outcome"):
        refuse_leaks(snapshot({"logins": [1.0], name: [1.0]}))


@pytest.mark.parametrize("name", ["logins", "close_calls", "mrr", "renewal_date", "hs_csm_sentiment"])
def test_an_honest_field_is_let_through(name: str) -> None:
    refuse_leaks(snapshot({name: [1.0]}))


def test_every_column_at_fault_is_told_at_once_and_nothing_that_is_not_used() -> None:
    table = snapshot({"isChurn": [1.0], "logins": [2.0], "IsWon": [0.0]})
    with pytest.raises(cj.CJError) as caught:
        refuse_leaks(table)
    assert str(caught.value).splitlines() == [
        "inputs betray the outcome: leave them out, or allow what is as of the moment of its row",
        "  'isChurn': it is filled in when the customer leaves",
        "  'IsWon': it is written when the deal closes",
    ]
    refuse_leaks(table, ["logins"])
    refuse_leaks(table, allow=["isChurn", "IsWon"])


@pytest.mark.parametrize(
    "metric",
    [
        cj.Metric("harmless", attribute="churnedAt", aggregate="days_since"),
        cj.Metric("harmless", activity="@renewalStatus"),
        cj.Metric("harmless", start="signed", end="attribute:customerTo"),
    ],
    ids=["attribute", "change", "end"],
)
def test_a_metric_under_another_name_is_refused_for_what_it_reads(metric: cj.Metric) -> None:
    log = cj.EventLog.from_columns(["a"], ["signed"], ["2026-01-01"])
    facts = {"customer": ["a"], "renewalStatus": ["lost"]}
    facts |= {name: [np.datetime64("2026-02-01")] for name in ("churnedAt", "customerTo")}
    table = cj.snapshot(log, metric, as_of="2026-03-01", customers=cj.Customers.from_frame(facts))
    with pytest.raises(cj.CJError, match="it reads the attribute"):
        refuse_leaks(table)


def test_evidence_from_after_the_moment_is_refused() -> None:
    table = snapshot({"nps": [9.0, 3.0], "logins": [1.0, 1.0]}, ages={"nps": [4.0, -2.5]})
    with pytest.raises(cj.CJError, match=r"younger than the moment of the row by 2\.5 days"):
        refuse_leaks(table)
    refuse_leaks(table, ["logins"])


def test_a_single_name_is_no_list_of_names() -> None:
    with pytest.raises(cj.CJError, match="allow takes a list"):
        refuse_leaks(snapshot({"IsWon": [1.0]}), allow="IsWon")
