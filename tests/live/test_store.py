"""Ids and names are data, never statements; what a tracker is given is checked."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from tests.live.small import JOURNEY, event
from tests.live.stores import Stores, server
from tests.live.test_live_equals_batch import SOME

import cjlib as cj
from cjlib.live import Hook
from cjlib.live._keys import from_key, to_key

EVIL = (
    "'; DROP TABLE cj_customers; --",
    '"; DELETE FROM cj_pages; --',
    "x' OR '1'='1",
    "%s %(id)s :id ? $1",
    "\\'; SELECT pg_sleep(10); --",
    "a\x00b",
    "\\0\\\\x",
    "naïve ☃ \U0001f600",
    "line\nbreak\ttab",
)
texts = st.one_of(
    st.sampled_from(EVIL),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30),
)
ids = st.one_of(texts, st.integers(-(2**63), 2**63 - 1), st.binary(min_size=1, max_size=20), st.uuids())


@SOME
@given(customer=ids, activity=texts, event_id=ids, channel=texts, actor=ids, text=texts)
def test_ids_and_names_come_back_as_they_went_in(
    stores: Stores, customer: Any, activity: str, event_id: Any, channel: str, actor: Any, text: str
) -> None:
    one = event(1, activity, customer) | {
        "event_id": event_id, "channel": channel, "actor": actor, "text": text, "value": 2.5,
    }  # fmt: skip
    with cj.Tracker(JOURNEY, store=stores.new(), hooks=[Hook("all", print)]) as tracker:
        tracker.record([one])
        tracker.record([one])
        found = next(iter(tracker.recorded([customer]).log.to_table().rows()))
        assert tracker.where(customer).customer == customer
        assert len(tracker.recorded().log) == 1
        assert tracker.forget(customer).is_complete
    told = {name: found[name] for name in ("customer", "activity", "event_id", "channel", "actor", "text")}
    assert told == {name: one[name] for name in told}


@pytest.mark.parametrize("evil", EVIL)
def test_statements_in_ids_do_nothing(stores: Stores, evil: str) -> None:
    store = stores.new()
    with cj.Tracker(JOURNEY, store=store) as tracker:
        tracker.record([event(1), event(3)])
        with pytest.raises(cj.errors.UnknownNameError):
            tracker.where(evil)
        tracker.record(event(1, evil, evil))
        tracker.forget(evil)
        assert tracker.where("a").stage == "active"
    engine = sa.create_engine(store) if store.startswith("sqlite") else server(store)
    assert len([name for name in sa.inspect(engine).get_table_names() if name.startswith("cj_")]) == 9
    engine.dispose()


@given(ids)
def test_keys_are_one_to_one(value: Any) -> None:
    assert from_key(to_key(value)) == value
    assert type(from_key(to_key(value))) is type(value)


FORMS: dict[str, Callable[[list[dict[str, Any]]], Any]] = {
    "mappings": lambda rows: rows,
    "pandas": pd.DataFrame,
    "columns": lambda rows: {name: [row[name] for row in rows] for name in rows[0]},
    "log": lambda rows: cj.EventLog.from_records(rows, order="order", event_id="event_id"),
}


@pytest.mark.parametrize("form", FORMS)
def test_events_come_in_any_form(form: str) -> None:
    rows = [event(1), event(3), event(2, "report")]
    with cj.Tracker(JOURNEY, store="sqlite://") as tracker:
        assert tracker.record(FORMS[form](rows)).events == 3
        assert tracker.record(FORMS[form](rows)).events == 0
        assert tracker.where("a").stage == "active"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"customer": "a", "time": "2026-01-01"}, "activity"),
        ([event(1) | {"time": "yesterday"}], "no ISO time"),
        ([event(1) | {"customer": None}], "missing customer"),
        (3, "3"),
    ],
)
def test_what_cannot_be_recorded_is_told_and_nothing_is_written(wrong: Any, message: str) -> None:
    with cj.Tracker(JOURNEY, store="sqlite://") as tracker:
        with pytest.raises(cj.CJError, match=message):
            tracker.record(wrong)
        assert len(tracker.recorded().log) == 0


def test_an_attribute_keeps_its_kind(store: str) -> None:
    with cj.Tracker(JOURNEY, store=store) as tracker:
        tracker.record(customers=cj.Customers.from_frame({"customer": ["a"], "seats": [3]}))
        with pytest.raises(cj.errors.DataError, match="constant number, not as constant text"):
            tracker.record(event(1), cj.Customers.from_frame({"customer": ["b"], "seats": ["three"]}))
        with pytest.raises(cj.errors.UnknownNameError):
            tracker.where("b")


def test_a_customer_caught_in_a_loop_is_refused_with_all_of_the_call() -> None:
    loop = cj.Journey(
        "loop",
        stages=[cj.Stage("x"), cj.Stage("y")],
        transitions=[
            cj.Transition("x", "y", when='happened("go")'),
            cj.Transition("y", "x", when='happened("go")'),
        ],
    )
    with cj.Tracker(loop, store="sqlite://", max_visits=5) as tracker:
        tracker.record([event(day, "go") for day in range(1, 4)])
        with pytest.raises(cj.errors.ReplayError, match="loop"):
            tracker.record([event(9, customer="b"), *(event(day, "go") for day in range(4, 12))])
        assert len(tracker.recorded().log) == 3
        with pytest.raises(cj.errors.UnknownNameError):
            tracker.where("b")


def test_a_url_that_is_none_is_told() -> None:
    for url in ("journey.db", "mysql://localhost/x", 3):
        with pytest.raises(cj.errors.UsageError):
            cj.Tracker(JOURNEY, store=url)  # type: ignore[arg-type]


def test_everything_that_is_asked_answers(store: str) -> None:
    with cj.Tracker(JOURNEY, store=store) as tracker:
        tracker.record([event(1), event(3), event(1, customer="b")])
        explanation = tracker.explain("a")
        assert (explanation.stage, explanation.ways_out[0].target) == ("active", "gone")
        due = list(tracker.due("60d").rows())
        assert {(one["customer"], one["kind"], one["place"]) for one in due} >= {
            ("a", "transition", "active -> gone"),
            ("b", "limit", "trial"),
        }
        tracker.advance("2026-01-05")
        log = tracker.recorded().log
        assert list(tracker.due("60d").rows()) == list(
            cj.replay(JOURNEY, log, until="2026-01-05").due("60d").rows()
        )
        assert tracker.card("a").stage == "active"


@pytest.mark.parametrize("is_on", [True, False])
def test_the_collector_of_garbage_is_left_as_it_was(stores: Stores, is_on: bool) -> None:
    was_on = gc.isenabled()
    (gc.enable if is_on else gc.disable)()
    try:
        with cj.Tracker(JOURNEY, store=stores.new()) as tracker:
            tracker.record(event(1, "login", "a"))
            with pytest.raises(cj.CJError):
                tracker.record([{"customer": "a"}])
        assert gc.isenabled() is is_on
    finally:
        (gc.enable if was_on else gc.disable)()
