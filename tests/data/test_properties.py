"""What must hold of every log and every table of customers."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cjlib.data import Customers, EventLog

DAY = 86_400_000_000
MOMENTS = st.integers(0, 12)

ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "customer": st.sampled_from(["a", "b", "ç", "NA", "007"]),
            "activity": st.sampled_from(["login", "order", "ticket"]),
            "time": MOMENTS,
            "recorded": st.one_of(st.none(), MOMENTS),
            "value": st.one_of(st.none(), st.floats(-9, 9)),
            "event_id": st.one_of(st.none(), st.integers(0, 5)),
        }
    ),
    max_size=30,
)


def moment(days: int | None) -> np.datetime64:
    return np.datetime64("NaT", "us") if days is None else np.datetime64(days * DAY, "us")


def log_of(rows: list[dict[str, Any]], *, ids: bool = True, order: list[int] | None = None) -> EventLog:
    return EventLog.from_columns(
        [row["customer"] for row in rows],
        [row["activity"] for row in rows],
        np.array([moment(row["time"]) for row in rows], dtype="M8[us]"),
        [row["value"] for row in rows],
        recorded=np.array([moment(row["recorded"]) for row in rows], dtype="M8[us]"),
        event_id=[row["event_id"] for row in rows] if ids else None,
        order=order,
    )


def told(log: EventLog) -> list[dict[str, Any]]:
    """The rows of a log, decoded, so that codes don't matter; NaN as None."""
    return [
        {name: None if value != value else value for name, value in row.items()}
        for row in log.to_table().rows()
    ]


def seen(row: dict[str, Any]) -> int:
    """From which day on a row is both over and known."""
    return max(row["time"], row["time"] if row["recorded"] is None else row["recorded"])


@given(ROWS, st.randoms(use_true_random=False))
def test_row_order_does_not_matter_with_an_order_column(rows: list[dict[str, Any]], random: Any) -> None:
    order = list(range(len(rows)))
    shuffled = order.copy()
    random.shuffle(shuffled)
    log = log_of(rows, order=order)
    other = log_of([rows[i] for i in shuffled], order=shuffled)
    assert log.fingerprint == other.fingerprint


@given(ROWS, st.randoms(use_true_random=False))
def test_row_order_does_not_matter_without_ties(rows: list[dict[str, Any]], random: Any) -> None:
    untied = [row | {"time": i, "event_id": None} for i, row in enumerate(rows)]
    log = log_of(untied)
    random.shuffle(untied)
    assert log.fingerprint == log_of(untied).fingerprint


@given(ROWS)
def test_relabelling_ids_relabels_the_log_and_nothing_else(rows: list[dict[str, Any]]) -> None:
    names = {"a": "zz", "b": "y", "ç": "1", "NA": "0", "007": "null"}
    log, other = log_of(rows), log_of([row | {"customer": names[row["customer"]]} for row in rows])
    assert len(log) == len(other)
    for i, customer in enumerate(log.customers):
        k = other.customers.tolist().index(names[customer])
        ours, theirs = slice(*log.starts[i : i + 2]), slice(*other.starts[k : k + 2])
        assert log.row[ours].tolist() == other.row[theirs].tolist()


@given(ROWS, ROWS, MOMENTS)
def test_what_comes_later_never_changes_what_was_known(
    rows: list[dict[str, Any]], more: list[dict[str, Any]], days: int
) -> None:
    late = [row for row in more if seen(row) > days]
    before = told(log_of(rows).as_of(moment(days)))
    assert told(log_of(rows + late).as_of(moment(days))) == before
    assert sorted(map(repr, told(log_of(late + rows).as_of(moment(days))))) == sorted(map(repr, before))


@given(ROWS, MOMENTS, MOMENTS)
def test_moments_nest(rows: list[dict[str, Any]], early: int, late: int) -> None:
    early, late = min(early, late), max(early, late)
    log = log_of(rows)
    assert log.as_of(moment(late)).as_of(moment(early)).fingerprint == log.as_of(moment(early)).fingerprint


@given(ROWS)
def test_every_row_is_kept_refused_or_told_as_a_repeat(rows: list[dict[str, Any]]) -> None:
    columns = [[row[name] for row in rows] for name in ("customer", "activity")]
    times = np.array([moment(row["time"] or None) for row in rows], dtype="M8[us]")
    values = [np.inf if row["value"] == 0 else row["value"] for row in rows]
    log = EventLog.from_columns(*columns, times, values, strict=False)
    bad = [row["time"] == 0 or row["value"] == 0 for row in rows]
    assert (log.ledger.read, log.ledger.kept) == (len(rows), len(rows) - sum(bad))
    assert sorted(log.row.tolist()) == [i for i, is_bad in enumerate(bad) if not is_bad]


@given(ROWS)
def test_the_order_is_the_stable_sort_by_customer_and_time(rows: list[dict[str, Any]]) -> None:
    log = log_of(rows, ids=False)
    expected = sorted(range(len(rows)), key=lambda i: (rows[i]["customer"], rows[i]["time"]))
    assert log.row.tolist() == expected


@given(ROWS)
def test_splitting_by_customers_and_reading_each_gives_the_same_rows(rows: list[dict[str, Any]]) -> None:
    log = log_of(rows)
    parts = [row for customer in log.customers for row in told(log.select([customer]))]
    assert parts == told(log)


FACTS = st.lists(
    st.fixed_dictionaries(
        {
            "customer": st.sampled_from(["a", "b"]),
            "since": MOMENTS,
            "recorded": st.one_of(st.none(), MOMENTS),
            "seats": st.one_of(st.none(), st.integers(0, 3)),
            "plan": st.one_of(st.none(), st.sampled_from(["free", "pro"])),
        }
    ),
    max_size=20,
)


def customers_of(rows: list[dict[str, Any]]) -> Customers:
    return Customers.from_frame(
        {
            "customer": [row["customer"] for row in rows],
            "since": np.array([moment(row["since"]) for row in rows], dtype="M8[us]"),
            "recorded": np.array([moment(row["recorded"]) for row in rows], dtype="M8[us]"),
            "seats": np.array([row["seats"] for row in rows], dtype=float),
            "plan": [row["plan"] for row in rows],
        },
        valid_from="since",
        recorded="recorded",
    )


def answers(customers: Customers, days: int) -> dict[str, tuple[float | None, str | None]]:
    seats, plans = customers.at("seats", moment(days)), customers.at("plan", moment(days))
    categories = customers.column("plan").categories
    return {
        customer: (None if s != s else s, None if p != p else categories[int(p)])
        for customer, s, p in zip(customers.ids.tolist(), seats.tolist(), plans.tolist(), strict=True)
        if s == s or p == p
    }


@given(FACTS, MOMENTS)
def test_an_attribute_is_what_the_latest_known_row_says(rows: list[dict[str, Any]], days: int) -> None:
    """Of the rows that held and were recorded by then: the latest, the last recorded, the last read."""
    expected: dict[str, tuple[Any, Any]] = {}
    known = [row for row in rows if (row["since"] if row["recorded"] is None else row["recorded"]) <= days]
    for row in sorted(
        known, key=lambda r: (r["since"], r["since"] if r["recorded"] is None else r["recorded"])
    ):
        if row["since"] <= days:
            expected[row["customer"]] = (row["seats"], row["plan"])
    expected = {k: v for k, v in expected.items() if v != (None, None)}
    assert answers(customers_of(rows), days) == expected


@given(FACTS, FACTS, MOMENTS)
def test_attributes_known_later_change_nothing(
    rows: list[dict[str, Any]], more: list[dict[str, Any]], days: int
) -> None:
    late = [row | {"value": 0} for row in more if seen(row | {"time": row["since"]}) > days]
    assert answers(customers_of(rows + late), days) == answers(customers_of(rows), days)
