"""The load of owners: what it was, and what is to be expected."""

from __future__ import annotations

import numpy as np
import pytest
from tests.findings.books import JOURNEY, Book, Events, book, customers

import cjlib as cj
from cjlib.findings._load import Load, load


def test_what_is_behind_is_counted() -> None:
    made = book(12)
    table = load(JOURNEY, made.trace, made.log, horizon="90d")
    row = dict(
        zip(table.columns, (table[name][table["role"] == "csm"][0] for name in table.columns), strict=True)
    )
    recent = made.log.time > np.datetime64("2025-10-03", "us").astype(np.int64)
    names = np.array(made.log.activities)[made.log.activity[recent]]
    assert row["contacts"] == np.isin(names, ["kickoff", "ticket"]).sum()
    assert row["hours"] == pytest.approx(2 * (names == "kickoff").sum() + 0.5 * (names == "ticket").sum())
    assert (
        row["customers"] == np.isin(made.trace.at(made.until)["stage"], ["onboarding", "care", "lost"]).sum()
    )


def test_what_is_ahead_is_what_comes() -> None:
    """The forecast from day 200 on, summed over books, against what these books then hold until day 228."""
    ahead, came, low, high = 0.0, 0.0, 0.0, 0.0
    for seed in range(6):
        made = book(seed)
        then = made.log.as_of("2025-07-20")
        table = load(JOURNEY, cj.replay(JOURNEY, then, made.customers, until="2025-07-20"), then)
        ahead += table["hours_ahead"].sum()
        low, high = low + table["low"].sum(), high + table["high"].sum()
        is_next = (made.log.time > _us("2025-07-20")) & (made.log.time <= _us("2025-08-17"))
        names = np.array(made.log.activities)[made.log.activity[is_next]]
        came += sum(hours * (names == name).sum() for name, hours in
                    (("demo", 1.0), ("kickoff", 2.0), ("ticket", 0.5)))  # fmt: skip
    assert low < came < high
    assert ahead == pytest.approx(came, rel=0.12)


def test_a_wave_of_customers_makes_work_for_who_comes_next() -> None:
    """Ten customers a month, each with a kick-off ten days after signing; then a hundred sign at once."""
    events, early = Events(), np.arange(100)
    begun = np.concatenate([early * 3.0, np.full(150, 363.0)])
    who = np.arange(250)
    events.add(who, "visit", begun)
    events.add(who, "scoped", begun + 0.1)
    events.add(who, "signed", begun + 1.0)
    events.add(who, "kickoff", begun + 11.0)
    events.add(who, "live", begun + 30.0)
    made = Book(JOURNEY, events.log(), customers(["small"] * 250))
    (finding,) = made.find(Load())
    assert finding.place.role == "csm"
    assert finding.estimate > 2 * 150  # two hours each, and those who come in the weeks to come
    assert finding.base < 40
    assert set(range(100, 250)) <= set(finding.customers.tolist())


def test_open_handoffs_and_signals_wait_for_their_owner() -> None:
    events = Events()
    events.add(range(4), "visit", np.full(4, 300.0))
    events.add(range(3), "signed", np.full(3, 310.0))
    events.add([0], "scoped", [311.0])
    made = Book(JOURNEY, events.log(), customers(["small"] * 4))
    table = load(JOURNEY, made.trace, made.log)
    assert dict(zip(table["role"], table["handoffs"], strict=True)) == {"sales": 0, "csm": 2}


def _us(text: str) -> int:
    return int(np.datetime64(text, "us").astype(np.int64))
