"""Channels: what each does, counted by hand; and contacts that need not have been."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given as given_that
from hypothesis import strategies as st
from tests.findings.books import JOURNEY, Book, Events, book, customers

import cjlib as cj
from cjlib.findings import Given
from cjlib.findings._channels import Channels, channels
from cjlib.findings._contacts import Contacts, followed_within
from cjlib.findings._stays import persona_codes


@given_that(st.integers(0, 10_000), st.integers(1, 30))
def test_every_cell_is_what_counting_one_by_one_gives(seed: int, n: int) -> None:
    made = book(seed, n)
    trace, log = made.trace, made.log
    table = channels(JOURNEY, trace, log)
    given = Given(trace=trace)
    contacts, persona = Contacts(given), persona_codes(given)
    for row in table.rows():
        p = [one.id for one in JOURNEY.personas].index(row["persona"])
        s, c = JOURNEY.stage_index[row["stage"]], log.channels.index(row["channel"])
        rows = [
            i
            for i in range(len(log))
            if (contacts.stage[i], contacts.channel[i], persona[contacts.customer[i]]) == (s, c, p)
        ]
        visits = trace.visits.select(trace.visits["stage"] == row["stage"])
        assert row["contacts"] == len(rows)
        assert row["customers"] == len({int(contacts.customer[i]) for i in rows})
        assert row["of"] == len({one for one in visits["customer"].tolist() if persona[one] == p})
        answers = [log.value[i] for i in rows if log.activities[log.activity[i]] in ("ticket", "csat_demo")]
        assert row["answers"] == len(answers)
        if answers:
            assert row["satisfaction"] == pytest.approx(np.mean(answers))
        efforts = {"demo": 1.0, "kickoff": 2.0, "ticket": 0.5}
        assert row["effort_hours"] == pytest.approx(
            sum(efforts.get(log.activities[log.activity[i]], 0.0) for i in rows)
        )
    assert table["contacts"].sum() == ((contacts.stage >= 0) & (contacts.channel >= 0)).sum()


@given_that(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9), st.booleans()), max_size=30))
def test_followed_within_is_what_looking_at_all_pairs_gives(rows: list[tuple[int, int, bool]]) -> None:
    rows = sorted(rows, key=lambda row: row[:2])
    customer, time, is_one = (np.array([row[i] for row in rows], np.int64) for i in range(3))
    starts = np.searchsorted(customer, np.arange(5))
    found = np.zeros(len(rows), bool)
    followed_within(starts, time, is_one.astype(bool), 4, found)
    for i in range(len(rows)):
        later = (customer == customer[i]) & (time > time[i]) & (time <= time[i] + 4) & is_one.astype(bool)
        assert found[i] == later.any()


def test_a_problem_that_is_solved_without_a_human_is_resolved() -> None:
    """Of two digital contacts one is followed by a human one three days later."""
    journey = cj.Journey(
        "help",
        stages=[cj.Stage("use")],
        touchpoints=[
            cj.Touchpoint("bot", stages="use", activities="bot", mode="digital"),
            cj.Touchpoint("agent", stages="use", activities="agent", effort="1h"),
        ],
    )
    events = Events()
    events.add([0, 1], "bot", [1.0, 1.0], channel="chat")
    events.add([1], "agent", [4.0], channel="phone")
    log = events.log()
    table = channels(journey, cj.replay(journey, log, until="2026-01-01"), log)
    chat, phone = table.rows()
    assert (chat["digital"], chat["alone"], chat["without_human"]) == (2, 1, 0.5)
    assert (phone["digital"], phone["effort_hours"]) == (0, 1.0)
    assert np.isnan(phone["without_human"])


def test_a_sales_call_to_an_adopter_is_misplaced() -> None:
    made = book(8, demo_again=0.0)
    events = Events()
    in_care = made.trace.customers("care", "2025-11-01").tolist()
    events.add(in_care, "demo", np.full(len(in_care), 310.0), channel="phone")
    joined = _with(made, events)
    (finding,) = joined.find(Channels())
    assert (finding.kind, str(finding.place)) == ("misplaced contact", "stage care, touchpoint demo")
    assert set(finding.customers.tolist()) <= set(in_care)
    assert finding.evidence["effort_hours"].sum() == len(finding.evidence)


def test_the_same_problem_explained_twice_is_a_repeated_contact() -> None:
    """Forty customers have a ticket by chat and another by phone two days later; forty have only one."""
    events, who = Events(), np.arange(80)
    events.add(who, "visit", np.full(80, 1.0))
    events.add(who, "ticket", np.full(80, 10.0), channel="email", value=3.0)
    events.add(who[:40], "ticket", np.full(40, 12.0), channel="phone", value=3.0)
    made = Book(JOURNEY, events.log(), customers(["small"] * 80))
    (finding,) = made.find(Channels())
    assert (finding.kind, len(finding), finding.of) == ("repeated contact", 40, 80)
    assert not made.find(Channels(within=timedelta(days=1)))


def _with(made: Book, events: Events) -> Book:
    """The book with more events."""
    log = made.log.to_table()
    more = events.log().to_table()
    columns = [np.concatenate([log[name], more[name]]) for name in ("customer", "activity", "time")]
    channel = np.concatenate([log["channel"], more["channel"]])
    none = np.full(len(more), np.nan)
    value = np.concatenate([log["value"], none])
    return Book(made.journey, cj.EventLog.from_columns(*columns, value, channel=channel), made.customers)
