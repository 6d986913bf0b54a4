"""Metrics are values that are checked when they are made."""

from __future__ import annotations

import pickle
from datetime import timedelta
from typing import Any

import attrs
import pytest

import cjlib as cj
from cjlib.errors import DefinitionError
from cjlib.journey._metrics import AGGREGATES, anchor_of


@pytest.mark.parametrize(
    ("fields", "source", "aggregate"),
    [
        ({}, "event", "count"),
        ({"activity": "login"}, "event", "count"),
        ({"touchpoint": "kickoff", "aggregate": "nps"}, "event", "nps"),
        ({"attribute": "plan"}, "attribute", "value"),
        ({"attribute": "renewal", "aggregate": "until"}, "attribute", "until"),
        ({"visit": "care"}, "visit", "visits"),
        ({"visit": "care", "aggregate": "days_since"}, "visit", "days_since"),
        ({"aggregate": "stage"}, "visit", "stage"),
        ({"ratio": ["a", "b"]}, "ratio", "ratio"),
        ({"start": "ticket", "end": "answer"}, "elapsed", "elapsed"),
    ],
)
def test_the_fields_tell_the_source_and_the_usual_aggregate(
    fields: dict[str, Any], source: str, aggregate: str
) -> None:
    metric = cj.Metric("x", **fields)
    assert (metric.source, metric.aggregate) == (source, aggregate)


@pytest.mark.parametrize("aggregate", sorted({name for names in AGGREGATES.values() for name in names}))
def test_every_aggregate_can_be_asked_for(aggregate: str) -> None:
    fields: dict[str, Any] = {
        "share": {"channel": "phone"}, "change": {"window": "7d"}, "value": {"attribute": "plan"},
        "until": {"attribute": "renewal"}, "ratio": {"ratio": ("a", "b")},
        "elapsed": {"start": "a", "end": "b"},
    }.get(aggregate, {})  # fmt: skip
    assert cj.Metric("x", aggregate=aggregate, **fields).aggregate == aggregate


def test_what_is_unsaid_is_filled_in() -> None:
    assert cj.Metric("x", aggregate="change", window="7d").of == "count"
    assert cj.Metric("x", attribute="seats", aggregate="change", window="7d").of is None
    assert cj.Metric("x", start="a", end="b").of == "first"
    assert cj.Metric("x", start="a", end="b").unit == "d"
    assert cj.Metric("x", activity="a").unit == ""


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"activity": "a", "attribute": "b"}, "attribute", "exclude each other"),
        ({"attribute": "b", "channel": "phone"}, "channel", "only events"),
        ({"activity": "@plan", "channel": "phone"}, "channel", "only events"),
        ({"aggregate": "cuont"}, "aggregate", "did you mean 'count'"),
        ({"aggregate": 3}, "aggregate", "was expected"),
        ({"aggregate": "until"}, "attribute", "needs attribute="),
        ({"attribute": "b", "aggregate": "nps"}, "aggregate", "makes no sense"),
        ({"visit": "care", "aggregate": "sum"}, "aggregate", "makes no sense"),
        ({"aggregate": "ratio"}, "ratio", "is missing"),
        ({"ratio": ("x", "b")}, "ratio", "this very metric"),
        ({"ratio": "ab"}, "ratio", "two entries"),
        ({"ratio": ("a", "b", "c")}, "ratio", "two entries"),
        ({"start": "a"}, "end", "needs end="),
        ({"start": "milestone:", "end": "b"}, "start", "names nothing"),
        ({"start": "@plan", "end": "b"}, "start", "cannot be timed"),
        ({"start": "stage:a", "end": "b", "of": "mean"}, "of", "pairs of activities"),
        ({"start": "a", "end": "b", "of": "count"}, "of", "one of first, last, mean"),
        ({"of": "sum"}, "of", "takes no 'of'"),
        ({"aggregate": "change"}, "window", "say which"),
        ({"window": "1m"}, "window", "minutes or months"),
        ({"window": "0d"}, "window", "longer than nothing"),
        ({"aggregate": "stage", "window": "7d"}, "window", "takes no window"),
        ({"attribute": "plan", "window": "7d"}, "window", "takes no window"),
        ({"ratio": ("a", "b"), "window": "7d"}, "window", "takes no window"),
        ({"aggregate": "time_in_stage", "window": "7d"}, "window", "takes no window"),
        ({"zone": "Europe/Pari", "aggregate": "distinct_days"}, "zone", "did you mean 'Europe/Paris'"),
        ({"zone": "Europe/Paris"}, "zone", "only distinct_days"),
        ({"zone": "../etc/passwd"}, "zone", "unknown time zone"),
        ({"aggregate": "share"}, "aggregate", "the share of what"),
        ({"aggregate": "share", "activity": "@plan"}, "activity", "no share of the events"),
        ({"aggregate": "share", "between": (3, 1)}, "between", "empty"),
        ({"aggregate": "share", "between": (3, float("nan"))}, "between", "finite"),
        ({"between": (1, 3)}, "between", "only share"),
        ({"aggregate": "days_since", "unit": "months"}, "unit", "a time is in s, min, h, d, w"),
        ({"direction": "sideways"}, "direction", "up, down"),
        ({"activity": ""}, "activity", "empty"),
        ({"activity": 3}, "activity", "text was expected"),
    ],
)
def test_what_cannot_be_meant_is_refused_where_it_stands(
    fields: dict[str, Any], field: str, message: str
) -> None:
    with pytest.raises(DefinitionError, match=message) as caught:
        cj.Metric("x", **fields)
    assert field in [problem.place for problem in caught.value.problems]


def test_an_id_is_an_id() -> None:
    with pytest.raises(DefinitionError, match="no id"):
        cj.Metric("two words")


def test_all_contradictions_are_told_at_once() -> None:
    with pytest.raises(DefinitionError, match="3 problems"):
        cj.Metric("x", start="milestone:", end="@plan", of="count")


def test_metrics_are_equal_by_value_and_travel() -> None:
    metric = cj.Metric("x", activity="nps", aggregate="share", between=[9, 10], window="30d")
    same = cj.Metric("x", activity="nps", aggregate="share", between=(9.0, 10.0), window=timedelta(days=30))
    assert metric == same == pickle.loads(pickle.dumps(metric)) == attrs.evolve(metric)
    assert hash(metric) == hash(same)


def test_what_a_metric_names_can_be_read_off() -> None:
    metric = cj.Metric("x", start="ticket", end="attribute:signed")
    assert (metric.activities, metric.attributes) == (("ticket",), ("signed",))
    assert cj.Metric("x", activity="@plan").attributes == ("plan",)
    assert cj.Metric("x", start="a", end="milestone:m").needs_journey
    assert cj.Metric("x", aggregate="stage").is_category
    assert cj.Metric("x", attribute="plan").is_category is None


@pytest.mark.parametrize(
    ("text", "anchor"),
    [
        ("ticket", ("activity", "ticket")),
        ("stage:care", ("stage", "care")),
        ("web:login", ("activity", "web:login")),
    ],
)
def test_anchors_have_a_kind(text: str, anchor: tuple[str, str]) -> None:
    assert anchor_of(text) == anchor


def test_metrics_stand_in_files() -> None:
    metrics = [
        cj.Metric("logins", activity="login", window="30d", direction="up"),
        cj.Metric("used", ratio=("logins", "seats")),
        cj.Metric("reply", start="ticket", end="answer", unit="h", of="mean", direction="down"),
        cj.Metric("happy", activity="nps", aggregate="share", between=(9, 10)),
        cj.Metric("days", activity="login", aggregate="distinct_days", zone="Europe/Paris"),
    ]
    journey = cj.Journey("small", stages=[cj.Stage("here")], metrics=metrics)
    for form in ("toml", "json"):
        assert cj.loads(cj.dumps(journey, format=form), format=form).metrics == tuple(metrics)
