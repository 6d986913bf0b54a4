"""Snapshots as values, and what is said of calls that cannot be meant."""

from __future__ import annotations

import pickle
import uuid
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import cjlib as cj
from cjlib.errors import DataError, UnknownNameError, UsageError

LOG = cj.EventLog.from_columns(
    ["a", "a", "b"], ["login", "buy", "login"], ["2026-01-01", "2026-01-02", "2026-01-03"]
)
LOGINS = cj.Metric("logins", activity="login")
PEOPLE = cj.Customers.from_frame(
    {
        "customer": ["a", "b"],
        "plan": ["pro", None],
        "seats": [2, 3],
        "signed": [np.datetime64("2025-01-01")] * 2,
    }
)
JOURNEY = cj.Journey(
    "small",
    stages=[cj.Stage("new"), cj.Stage("old")],
    metrics=[LOGINS, cj.Metric("stage", aggregate="stage")],
    transitions=[cj.Transition("new", "old", when='happened("buy")')],
)


def snapshot(*metrics: Any, **options: Any) -> cj.Snapshot:
    return cj.snapshot(LOG, list(metrics), **{"as_of": "2026-02-01"} | options)


def test_all_that_a_snapshot_returns_is_read_only() -> None:
    found = snapshot(LOGINS, cj.Metric("plan", attribute="plan"), customers=PEOPLE)
    arrays = [found["logins"], found["plan"], found.codes("plan"), found.customer, found.as_of,
              found.evidence_age("logins"), found.so_far("logins")]  # fmt: skip
    for array in arrays[:-1]:
        assert not array.flags.writeable


def test_a_ready_made_table_is_left_as_it_is() -> None:
    frame = pd.DataFrame(FRAME)
    before = frame.copy(deep=True)
    cj.Snapshot.from_frame(frame)
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ([3, 1], [1, 3]),
        (["x", "007"], ["007", "x"]),
        ([b"x", b"a"], [b"a", b"x"]),
        ([uuid.UUID(int=2), uuid.UUID(int=1)], [uuid.UUID(int=1), uuid.UUID(int=2)]),
    ],
)
def test_customers_keep_the_ids_they_came_with(ids: list[Any], expected: list[Any]) -> None:
    log = cj.EventLog.from_columns(ids, ["x", "x"], ["2026-01-01", "2026-01-01"])
    people = cj.Customers.from_frame({"customer": ids, "n": [0.0, 1.0]})
    found = cj.snapshot(log, cj.Metric("n", attribute="n"), as_of="2026-01-02", customers=people)
    assert found.customer.tolist() == expected
    assert found["n"].tolist() == [1, 0]


def test_metrics_come_from_the_journey_when_none_are_named() -> None:
    found = snapshot(journey=JOURNEY)  # an empty list: nothing is asked
    assert found.names == ()
    whole = cj.snapshot(LOG, as_of="2026-02-01", journey=JOURNEY)
    assert whole.names == ("logins", "stage")
    assert cj.snapshot(LOG, "stage", as_of="2026-02-01", journey=JOURNEY)["stage"].tolist() == ["old", "new"]


def test_the_stage_can_be_had_where_a_journey_is() -> None:
    assert "@stage" in snapshot(LOGINS, journey=JOURNEY)
    assert "@stage" not in snapshot(LOGINS)
    assert snapshot(LOGINS, journey=JOURNEY).names == ("logins",)
    with pytest.raises(UnknownNameError):
        snapshot(LOGINS)["@stage"]


def test_moments_stand_in_order_and_once() -> None:
    panel = cj.panel(LOG, LOGINS, as_of=["2026-01-03", "2026-01-01", "2026-01-03"])
    assert panel.moments.astype("datetime64[D]").astype(str).tolist() == ["2026-01-01", "2026-01-03"]
    assert panel.customer.tolist() == ["a", "a", "b"]


def test_rows_of_a_panel_can_be_taken() -> None:
    panel = cj.panel(LOG, LOGINS, as_of=["2026-01-01", "2026-01-05"], journey=JOURNEY)
    late = panel.at("2026-01-05")
    assert len(late) == 2
    assert late.evidence_age("logins").tolist() == [4, 2]
    assert late["@stage"].tolist() == ["old", "new"]
    assert panel.select([0])["logins"].tolist() == [1]
    assert late.fingerprint != panel.fingerprint
    with pytest.raises(UnknownNameError, match="moment"):
        panel.at("2026-01-04")


def test_rows_that_are_not_there_cannot_be_taken() -> None:
    made = cj.Snapshot.from_frame({"customer": ["a", "b"], "logins": [3, 7]})
    assert len(made.select([])) == 0
    assert made.select([1, -1, 0])["logins"].tolist() == [7, 7, 3]
    for rows in ([2], [-3], [True], [0.5], ["a"], "a", [[0]], 0):
        with pytest.raises(UsageError, match="a mask over 2 rows or some of their positions"):
            made.select(rows)


def test_a_table_of_it() -> None:
    found = snapshot(LOGINS, cj.Metric("plan", attribute="plan"), customers=PEOPLE)
    frame = found.to_table().to_pandas()
    assert list(frame.columns) == ["customer", "as_of", "logins", "plan"]
    assert "2 rows" in repr(found)


def test_fingerprints_tell_data_and_questions_apart() -> None:
    one = snapshot(LOGINS)
    assert one.fingerprint == snapshot(LOGINS).fingerprint
    assert one.fingerprint != snapshot(cj.Metric("logins", activity="login", window="1d")).fingerprint
    assert one.fingerprint != snapshot(LOGINS, as_of="2026-02-02").fingerprint


def test_snapshots_travel() -> None:
    made = snapshot(LOGINS, "stage", journey=JOURNEY)
    found = pickle.loads(pickle.dumps(made))
    assert found["logins"].tolist() == [1, 1]
    assert found["@stage"].tolist() == ["old", "new"]
    assert found.evidence_age("logins").tolist() == [31, 29]
    assert found.fingerprint == made.fingerprint


def test_what_never_occurs_is_told() -> None:
    found = snapshot(cj.Metric("typo", activity="logn"), cj.Metric("pigeons", channel="pigeon"))
    details = [entry.detail for entry in found.ledger.noted]
    assert "metric 'typo': 'logn' (did you mean 'login'?)" in details
    assert "metric 'pigeons': 'pigeon'" in details


def test_constant_attributes_are_as_of_today() -> None:
    found = snapshot(cj.Metric("plan", attribute="plan"), customers=PEOPLE)
    assert any("as of today" in entry.detail for entry in found.ledger.noted)
    np.testing.assert_array_equal(found.evidence_age("plan"), [0, np.nan])


def test_nobody_and_nothing() -> None:
    empty = cj.EventLog.from_columns([], [], [])
    kinds = ("count", "sum", "trend", "distinct_days", "distinct_actors", "last")
    found = cj.snapshot(empty, [cj.Metric(kind, aggregate=kind) for kind in kinds], as_of="2026-01-01")
    assert len(found) == 0
    assert found["trend"].shape == found.evidence_age("sum").shape == (0,)
    assert len(cj.panel(LOG, LOGINS, as_of=["1999-01-01"])) == 0


def test_a_log_without_the_column_that_a_metric_reads_has_nothing_there() -> None:
    kinds = ("sum", "mean", "distinct_actors", "last", "nps")
    found = snapshot(
        *(cj.Metric(kind, aggregate=kind) for kind in kinds), cj.Metric("phone", channel="phone")
    )
    np.testing.assert_array_equal([found[name][0] for name in found.names], [0, np.nan, 0, np.nan, np.nan, 0])


@pytest.mark.parametrize(
    ("metric", "options", "error", "message"),
    [
        ({"attribute": "plan"}, {}, UsageError, "pass customers="),
        ({"attribute": "plam"}, {"customers": PEOPLE}, UnknownNameError, "did you mean 'plan'"),
        ({"attribute": "signed"}, {"customers": PEOPLE}, DataError, "until"),
        ({"attribute": "plan", "aggregate": "until"}, {"customers": PEOPLE}, DataError, "holds text"),
        (
            {"attribute": "seats", "aggregate": "change", "window": "1d"},
            {"customers": PEOPLE},
            DataError,
            "constant",
        ),
        ({"aggregate": "stage"}, {}, UsageError, "pass journey="),
        ({"visit": "nwe"}, {"journey": JOURNEY}, UnknownNameError, "did you mean 'new'"),
        ({"touchpoint": "call"}, {}, UsageError, "pass journey="),
        ({"start": "a", "end": "milestone:aha"}, {"journey": JOURNEY}, UnknownNameError, "milestone"),
        ({"start": "a", "end": "attribute:seats"}, {"customers": PEOPLE}, DataError, "date"),
        ({"ratio": ("logins", "stage")}, {"journey": JOURNEY}, DataError, "category"),
        (
            {"ratio": ("logins", "seets")},
            {"journey": JOURNEY, "customers": PEOPLE},
            UnknownNameError,
            "seats",
        ),
        ({"ratio": ("plan", "seats")}, {"customers": PEOPLE}, DataError, "holds text"),
        ({"activity": "@plan"}, {}, UsageError, "pass customers="),
    ],
)
def test_what_a_metric_lacks_is_named(
    metric: dict[str, Any], options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        snapshot(cj.Metric("x", **metric), **options)


def test_ratios_in_a_circle_are_refused() -> None:
    circle = [
        cj.Metric("x", ratio=("y", "y")),
        cj.Metric("y", ratio=("z", "z")),
        cj.Metric("z", ratio=("x", "x")),
    ]
    with pytest.raises(DataError, match="circle"):
        snapshot(*circle)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: snapshot(LOGINS, as_of=["2026-01-01"]), "panel"),
        (lambda: cj.panel(LOG, LOGINS, as_of="2026-01-01"), "snapshot"),
        (lambda: cj.panel(LOG, LOGINS, as_of=[]), "at least one moment"),
        (lambda: snapshot(LOGINS, as_of=20260101), "a time was expected"),
        (lambda: snapshot("logins"), "no journey"),
        (lambda: snapshot(LOGINS, cj.Metric("logins")), "two different metrics"),
        (lambda: snapshot(3), "a metric was expected"),
        (lambda: snapshot(LOGINS, threads=0), "threads"),
        (lambda: snapshot(LOGINS, customers={}), "cjlib.Customers"),
        (lambda: cj.snapshot(pd.DataFrame(), LOGINS, as_of="2026-01-01"), "cjlib.EventLog"),
        (lambda: cj.snapshot(LOG, as_of="2026-01-01"), "say which metrics"),
        (lambda: snapshot(LOGINS).codes("logins"), "is a number"),
    ],
)
def test_calls_that_cannot_be_meant(call: Any, message: str) -> None:
    with pytest.raises((UsageError, UnknownNameError), match=message):
        call()


FRAME = {"customer": ["b", "a"], "n": [1.5, None], "flag": [True, False], "plan": ["pro", None]}


@pytest.mark.parametrize("make", [lambda d: d, pd.DataFrame, pl.DataFrame])
def test_a_ready_made_table(make: Any) -> None:
    found = cj.Snapshot.from_frame(make(FRAME), as_of="2026-01-01")
    np.testing.assert_array_equal(found["n"], [1.5, np.nan])
    assert found["flag"].tolist() == [1, 0]
    assert found["plan"].tolist() == ["pro", None]
    assert found.customer.tolist() == ["b", "a"]
    assert str(found.as_of[0]) == "2026-01-01T00:00:00.000000"
    assert np.isnan(found.evidence_age("n")).all()
    assert "@stage" not in found
    assert found.fingerprint == cj.Snapshot.from_frame(FRAME, as_of="2026-01-01").fingerprint


def test_a_ready_made_panel() -> None:
    frame = {"customer": ["a", "a"], "when": ["2026-01-02", "2026-01-01"], "n": [1, 2]}
    found = cj.Snapshot.from_frame(frame, as_of="when")
    assert found["n"].tolist() == [1, 2]
    assert found.at("2026-01-01")["n"].tolist() == [2]


@pytest.mark.parametrize(
    ("frame", "options", "message"),
    [
        ({"customer": ["a", "a"], "n": [1, 2]}, {}, "stands twice"),
        ({"customer": ["a", None], "n": [1, 2]}, {}, "missing customer"),
        ({"customer": ["a"], "d": [np.datetime64("2026-01-01")]}, {}, "holds dates"),
        ({"who": ["a"]}, {}, "customer"),
        ({"customer": ["a"], "n": [1]}, {"as_of": "wehn"}, "wehn"),
    ],
)
def test_tables_that_are_no_snapshot(frame: Any, options: Any, message: str) -> None:
    with pytest.raises(DataError, match=message) as told:
        cj.Snapshot.from_frame(frame, **options)
    assert "strict" not in str(told.value)  # there is no such choice
