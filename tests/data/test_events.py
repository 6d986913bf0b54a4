"""The event log: order, ties, ids, moments, links."""

from __future__ import annotations

import copy
import pickle
import uuid

import numpy as np
import pandas as pd
import pytest

from cjlib.data import Customers, EventLog
from cjlib.errors import DataError, UnknownNameError, UsageError

DAYS = ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04"]


def noted(log: EventLog, words: str) -> int:
    """How many the ledger notes under these words."""
    return sum(entry.rows for entry in log.ledger.noted if words in entry.reason or words in entry.detail)


def test_events_are_sorted_by_customer_and_time() -> None:
    log = EventLog.from_columns(["b", "a", "b", "a"], ["w", "x", "y", "z"], DAYS[::-1])
    assert log.customers.tolist() == ["a", "b"]
    assert log.starts.tolist() == [0, 2, 4]
    assert [log.activities[code] for code in log.activity] == ["z", "x", "y", "w"]
    assert log.row.tolist() == [3, 1, 2, 0]


def test_ties_keep_the_input_order_and_are_counted() -> None:
    """Customer a has x=1, x=2 at one instant: last("x") is 2 only because that row came later.

    b's tie leaves no answer of last open, for its activities differ.
    """
    log = EventLog.from_columns(
        ["a", "a", "b", "b"], ["x", "x", "x", "y"], [DAYS[0]] * 4, [1.0, 2.0, 3.0, 4.0]
    )
    assert log.row.tolist() == [0, 1, 2, 3]
    assert noted(log, "at the same time") == 4
    assert noted(log, "2 customers; for 1 of them the answer of last() depends on it") == 4


def test_ties_follow_the_order_column_and_are_ties_no_longer() -> None:
    log = EventLog.from_columns(["a", "a"], ["x", "x"], [DAYS[0]] * 2, [1.0, 2.0], order=[2, 1])
    assert log.row.tolist() == [1, 0]
    assert log.value is not None
    assert log.value.tolist() == [2.0, 1.0]
    assert noted(log, "at the same time") == 0


def test_equal_values_leave_no_answer_open() -> None:
    log = EventLog.from_columns(["a", "a"], ["x", "x"], [DAYS[0]] * 2, [1.0, 1.0])
    assert noted(log, "for 0 of them") == 2


def test_rows_that_repeat_another_are_counted_and_kept() -> None:
    log = EventLog.from_columns(["a"] * 3, ["x", "x", "y"], [DAYS[0]] * 3)
    assert len(log) == 3
    assert noted(log, "repeat another exactly") == 1


@pytest.mark.parametrize("n", [3, 40, 1000])
def test_unsorted_input_gives_the_log_of_sorted_input(n: int) -> None:
    rng = np.random.default_rng(n)
    customer, time = rng.integers(0, 3, n), rng.permutation(n).astype("datetime64[s]")
    activity = np.array(["x", "y"])[rng.integers(0, 2, n)]
    order = np.argsort(time)
    log = EventLog.from_columns(customer, activity, time, np.arange(n))
    ordered = EventLog.from_columns(customer[order], activity[order], time[order], np.arange(n)[order])
    assert log.fingerprint == ordered.fingerprint
    assert all((np.diff(log.time[a:b]) >= 0).all() for a, b in zip(log.starts, log.starts[1:], strict=False))


@pytest.mark.parametrize("n", [10, 200])
def test_unsorted_ties_follow_the_order_column_then_the_input(n: int) -> None:
    rng = np.random.default_rng(n)
    time, order = rng.integers(0, 3, n), rng.integers(0, 3, n)
    log = EventLog.from_columns([1] * n, ["x"] * n, time.astype("M8[D]"), order=order)
    assert log.row.tolist() == np.lexsort([order, time]).tolist()


def test_microseconds_survive() -> None:
    times = np.array([1, 0, 2], dtype="datetime64[us]") + np.timedelta64(1_700_000_000_123_456, "us")
    log = EventLog.from_columns(["a"] * 3, ["x"] * 3, times)
    assert log.time.tolist() == [1_700_000_000_123_456 + i for i in range(3)]


@pytest.mark.parametrize(
    "ids",
    [
        [3, 1],
        ["3", "1"],
        [uuid.UUID(int=3), uuid.UUID(int=1)],
        [b"3", b"1"],
        pd.Categorical(["3", "1"]),
        ["NA", "007"],
    ],
    ids=["int", "text", "UUID", "bytes", "categorical", "odd text"],
)
def test_ids_stay_as_they_came(ids: object) -> None:
    log = EventLog.from_columns(ids, ["x", "x"], DAYS[:2])
    assert log.customers.tolist() == sorted(ids)  # type: ignore[call-overload]
    assert log.row.tolist() == [1, 0]


def test_integer_ids_are_an_integer_array() -> None:
    assert EventLog.from_columns([2**60 + 1, -5], ["x", "x"], DAYS[:2]).customers.dtype == np.int64
    assert EventLog.from_columns([2**60 + 1, -5], ["x", "x"], DAYS[:2]).customers.tolist() == [-5, 2**60 + 1]


def test_categories_that_no_row_uses_are_no_customers() -> None:
    ids = pd.Categorical(["b", "a"], categories=["z", "b", "q", "a"])
    assert EventLog.from_columns(ids, ["x", "x"], DAYS[:2]).customers.tolist() == ["a", "b"]


def test_customers_of_refused_rows_are_left_out() -> None:
    log = EventLog.from_columns(["a", "b"], ["x", "x"], [DAYS[0], None], strict=False)
    assert log.customers.tolist() == ["a"]
    assert (log.ledger.read, log.ledger.kept) == (2, 1)


def test_a_refused_row_raises_with_its_ledger_unless_told_otherwise() -> None:
    with pytest.raises(
        DataError, match=r"1 of 2 rows cannot be used\n  1 × missing time \(row 1\)"
    ) as caught:
        EventLog.from_columns(["a", "b"], ["x", "x"], [DAYS[0], None])
    assert caught.value.ledger.refused[0].row_numbers == (1,)  # type: ignore[attr-defined]


def test_equal_event_ids_are_one_event() -> None:
    log = EventLog.from_columns(["a"] * 4, ["x", "x", "y", "z"], DAYS, event_id=["1", "1", None, None])
    assert len(log) == 3
    assert noted(log, "event id that was there before") == 1
    assert noted(log, "other content") == 1
    assert log.event_id is not None
    assert log.event_id.tolist() == ["1", None, None]


def test_of_equal_event_ids_the_one_known_first_counts() -> None:
    """The row about day 1 was recorded on day 4, the one about day 2 on day 3, when only that was known."""
    log = EventLog.from_columns(
        ["a", "a"], ["x", "x"], DAYS[:2], [1, 2], recorded=[DAYS[3], DAYS[2]], event_id=[7, 7]
    )
    assert log.value is not None
    assert log.value.tolist() == [2.0]
    assert log.as_of(DAYS[2]).n_customers == 1


def test_as_of_holds_what_had_happened_and_was_known() -> None:
    log = EventLog.from_columns(
        ["a", "a", "b"], ["x", "y", "x"], DAYS[:3], recorded=[DAYS[0], DAYS[3], DAYS[2]]
    )
    known = log.as_of(DAYS[2])
    assert known.starts.tolist() == [0, 1, 2]
    assert (known.customers.tolist(), known.activities) == (["a", "b"], ("x", "y"))
    assert log.as_of("2024-01-01T00:00:00").starts.tolist() == [0, 1, 1]
    assert log.as_of(DAYS[0]).first.tolist() == [
        int(np.datetime64(DAYS[0], "us").astype(int)),
        np.iinfo(np.int64).min,
    ]
    assert log.as_of("2025-01-01") is log


def test_select_leaves_one_customers_log() -> None:
    log = EventLog.from_columns(["a", "b", "c", "b"], ["x"] * 4, DAYS)
    assert log.select(["b"]).row.tolist() == [1, 3]
    assert log.select(np.array([True, False, True])).customers.tolist() == ["a", "c"]
    with pytest.raises(UnknownNameError, match="unknown customer 'd'"):
        log.select(["d"])
    with pytest.raises(UsageError, match="several customers"):
        log.select("b")


def test_events_of_users_are_read_as_their_accounts() -> None:
    """u1 and u2 belong to acme, solo to nobody; acme's own event keeps the actor it had."""
    log = EventLog.from_columns(
        ["u2", "u1", "solo", "acme"],
        ["x"] * 4,
        [DAYS[1], DAYS[0], DAYS[2], DAYS[3]],
        actor=[None, None, None, "boss"],
    )
    users = Customers.from_frame({"customer": ["u1", "u2"], "parent": ["acme", "acme"]}, parent="parent")
    by_account = log.by("parent", users)
    assert by_account.customers.tolist() == ["acme", "solo"]
    assert by_account.to_table()["actor"].tolist() == ["u1", "u2", "boss", None]
    assert by_account.row.tolist() == [1, 0, 3, 2]
    assert noted(by_account, "without a link") == 2
    with pytest.raises(UsageError, match="customers="):
        log.by("parent")


def test_ties_between_users_of_one_account_keep_the_input_order() -> None:
    log = EventLog.from_columns(["b", "a"], ["x", "x"], [DAYS[0]] * 2)
    assert log.by({"a": "c", "b": "c"}).row.tolist() == [0, 1]


def test_nothing_of_a_log_can_be_written() -> None:
    log = EventLog.from_columns(["a"], ["x"], DAYS[:1], [1.0])
    for name in ("customers", "starts", "time", "activity", "value", "row"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(log, name)[0] = 0


def test_the_table_of_a_log_makes_the_same_log() -> None:
    log = EventLog.from_columns(
        ["b", "a"],
        ["x", "y"],
        DAYS[:2],
        [1, None],
        channel=["web", None],
        actor=["u", None],
        recorded=DAYS[1:3],
        order=[1, 2],
        event_id=["1", "2"],
        text=["hello", None],
    )
    roles = {name: name for name in ("value", "channel", "actor", "recorded", "order", "event_id", "text")}
    assert EventLog.from_frame(log.to_table(), **roles).fingerprint == log.fingerprint  # type: ignore[arg-type]


def test_logs_can_be_copied_and_pickled() -> None:
    log = EventLog.from_columns(["b", "a"], ["x", "y"], DAYS[:2])
    for other in (pickle.loads(pickle.dumps(log)), copy.deepcopy(log)):
        assert other.fingerprint == log.fingerprint


def test_an_empty_log_is_a_log() -> None:
    log = EventLog.from_columns([], [], [])
    assert (len(log), log.n_customers, log.starts.tolist()) == (0, 0, [0])
    assert log.as_of("2024-01-01") is log
    assert len(log.to_table()) == 0
    assert "no events" in repr(log)


def test_recorded_counts_from_its_time_where_it_is_missing() -> None:
    log = EventLog.from_columns(["a", "a"], ["x", "x"], DAYS[:2], recorded=[None, DAYS[3]])
    assert log.recorded is not None
    assert log.recorded[0] == log.time[0]


def test_ties_in_the_order_column_too_are_told_as_such() -> None:
    log = EventLog.from_columns(["a"] * 2, ["x"] * 2, ["2024-01-01"] * 2, [1.0, 2.0], order=[7, 7])
    assert noted(log, "equal in the order column too, so kept in input order") == 2
