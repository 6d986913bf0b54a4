"""Examples small enough to check by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

import cjlib as cj

NAN = math.nan


def log(*rows: tuple[object, ...], recorded: list[str] | None = None) -> cj.EventLog:
    """Events of customer a: activity, day of January 2026, value, channel, actor."""
    padded = [(*row, *[None] * (5 - len(row))) for row in rows]
    activity, day, value, channel, actor = zip(*padded, strict=True)
    times = [day if isinstance(day, str) else f"2026-01-{day:02}" for day in day]
    return cj.EventLog.from_columns(
        ["a"] * len(rows), activity, times, value, channel=channel, actor=actor, recorded=recorded
    )


def answer(events: cj.EventLog, as_of: str = "2026-01-31", **metric: object) -> float:
    return float(cj.snapshot(events, cj.Metric("x", **metric), as_of=as_of)["x"][0])


def test_a_window_holds_its_later_edge_and_not_its_earlier_one() -> None:
    """(10 − 7, 10]: the event of the 10th counts, that of the 3rd does not, a microsecond after it does."""
    events = log(("a", 3), ("a", "2026-01-03T00:00:00.000001"), ("a", 10), ("a", 11))
    assert answer(events, "2026-01-10", activity="a", window="7d") == 2


def test_counts_and_sums_are_zero_and_all_else_is_nan_where_there_is_nothing() -> None:
    events = log(("b", 1, 1.0, "phone", "ann"))
    zeros = ("count", "sum", "distinct_days", "distinct_actors")
    others = ("mean", "min", "max", "first", "last", "days_since", "nps", "trend")
    assert [answer(events, activity="a", aggregate=one) for one in zeros] == [0, 0, 0, 0]
    assert all(math.isnan(answer(events, activity="a", aggregate=one)) for one in others)


def test_events_without_a_value_count_and_have_none() -> None:
    events = log(("a", 1, 4.0), ("a", 2, None), ("a", 3, 2.0))
    assert answer(events, activity="a") == 3
    assert answer(events, activity="a", aggregate="mean") == 3
    assert answer(events, activity="a", aggregate="last") == 2


def test_of_events_at_one_time_the_last_row_is_the_latest() -> None:
    events = log(("a", 1, 4.0), ("a", 1, 2.0))
    assert answer(events, activity="a", aggregate="last") == 2
    assert answer(events, activity="a", aggregate="first") == 4


def test_a_trend_is_the_least_squares_slope_per_day() -> None:
    """Days 0, 1, 3 with 1, 2, 6, means 4/3 and 3: (8/3 + 1/3 + 5) / (16/9 + 1/9 + 25/9) = 12/7."""
    events = log(("a", 1, 1.0), ("a", 2, 2.0), ("a", 4, 6.0))
    assert answer(events, activity="a", aggregate="trend") == pytest.approx(12 / 7)


def test_a_trend_needs_two_distinct_times() -> None:
    assert math.isnan(answer(log(("a", 1, 1.0), ("a", 1, 5.0)), activity="a", aggregate="trend"))


def test_nps_is_promoters_minus_detractors_among_the_answers() -> None:
    """10, 9, 8, 6 and no answers 11 and −1: (2 − 1) / 4."""
    events = log(*(("nps", 1, float(v)) for v in (10, 9, 8, 6, 11, -1)))
    assert answer(events, activity="nps", aggregate="nps") == 25


def test_a_share_is_of_all_events_or_of_the_values() -> None:
    events = log(("a", 1, 5.0, "phone"), ("a", 2, 9.0), ("b", 3, 1.0, "phone"), ("b", 4))
    assert answer(events, activity="a", aggregate="share") == 0.5
    assert answer(events, channel="phone", aggregate="share") == 0.5
    assert answer(events, activity="a", aggregate="share", between=(5, 8)) == 0.5
    assert answer(events, activity="a", aggregate="share", between=(5, 9)) == 1
    assert math.isnan(answer(events, activity="a", aggregate="share", window="1d"))


def test_a_change_is_this_window_minus_the_one_before() -> None:
    """(20, 30] holds two, (10, 20] holds three; the sums are 7 and 6."""
    events = log(*(("a", day, float(v)) for day, v in ((11, 1), (12, 2), (20, 3), (21, 3), (30, 4))))
    assert answer(events, "2026-01-30", activity="a", aggregate="change", window="10d") == -1
    assert answer(events, "2026-01-30", activity="a", aggregate="change", of="sum", window="10d") == 1
    assert math.isnan(answer(events, "2026-01-12", activity="a", aggregate="change", of="mean", window="3d"))


def test_days_are_those_of_the_zone() -> None:
    """23:30 and 00:30 UTC are two days in London and one, the second, in Paris."""
    events = log(("a", "2026-01-01T23:30"), ("a", "2026-01-02T00:30"))
    assert answer(events, activity="a", aggregate="distinct_days") == 2
    assert answer(events, activity="a", aggregate="distinct_days", zone="Europe/Paris") == 1


def test_actors_are_counted_once_and_nobody_is_none() -> None:
    events = log(
        ("a", 1, None, None, "ann"), ("a", 2, None, None, "ann"), ("a", 3), ("a", 4, None, None, "bob")
    )
    assert answer(events, activity="a", aggregate="distinct_actors") == 2


def test_times_are_in_the_unit_of_the_metric() -> None:
    events = log(("a", 29))
    assert [answer(events, activity="a", aggregate="days_since", unit=u) for u in ("d", "h", "w")] == [
        2,
        48,
        2 / 7,
    ]


def test_what_became_known_late_is_seen_from_then_on() -> None:
    events = log(("a", 1), ("a", 2), recorded=["2026-01-01", "2026-01-20"])
    panel = cj.panel(events, cj.Metric("x"), as_of=["2026-01-02", "2026-01-19", "2026-01-20"])
    assert panel["x"].tolist() == [1, 1, 2]


def test_a_customer_appears_once_the_first_event_is_known() -> None:
    events = log(("a", 5), recorded=["2026-01-20"])
    panel = cj.panel(events, cj.Metric("x"), as_of=["2026-01-04", "2026-01-05", "2026-01-20"])
    assert panel.as_of.astype(str).tolist() == ["2026-01-20T00:00:00.000000"]


def test_a_time_is_unknown_without_a_start_and_open_without_an_end() -> None:
    customer, activity = ["a", "a", "b", "c"], ["ticket", "answer", "ticket", "answer"]
    events = cj.EventLog.from_columns(customer, activity, [f"2026-01-0{day}" for day in (1, 2, 3, 4)])
    metric = cj.Metric("reply", start="ticket", end="answer", unit="h")
    found = cj.snapshot(events, metric, as_of="2026-01-05")
    np.testing.assert_array_equal(found["reply"], [24, NAN, NAN])
    np.testing.assert_array_equal(found.is_open("reply"), [False, True, False])
    np.testing.assert_array_equal(found.so_far("reply"), [NAN, 48, NAN])
    np.testing.assert_array_equal(found.evidence_age("reply"), [3, 2, NAN])


def test_which_pair_is_timed() -> None:
    """Tickets on days 1, 2 and 10, answers on 4 and 13: times of 3, 2 and 3 days."""
    rows = (("ticket", 1), ("ticket", 2), ("answer", 4), ("ticket", 10), ("answer", 13))
    found = [answer(log(*rows), start="ticket", end="answer", of=of) for of in ("first", "last", "mean")]
    assert found == [3, 3, pytest.approx(8 / 3)]
    assert answer(log(*rows), start="ticket", end="answer", of="mean", window="20d") == 3


def test_the_time_from_one_purchase_to_the_next() -> None:
    assert answer(log(("order", 1), ("order", 1), ("order", 9)), start="order", end="order") == 0
    assert answer(log(("order", 1), ("order", 9)), start="order", end="order") == 8


def test_an_answer_at_the_instant_of_the_ticket_took_no_time() -> None:
    assert answer(log(("answer", 1), ("ticket", 1)), start="ticket", end="answer") == 0


ATTRIBUTES = {
    "customer": ["a", "a", "a", "b"],
    "since": ["2026-01-01", "2026-01-10", "2026-01-20", "2026-01-01"],
    "seats": [5.0, 8.0, None, 3.0],
    "plan": ["basic", "pro", "pro", None],
    "renewal": [np.datetime64("2026-03-01"), np.datetime64("2026-04-01"), None, None],
    "sso": [False, True, True, None],
}


def attributes(**options: object) -> cj.Customers:
    return cj.Customers.from_frame(ATTRIBUTES, valid_from="since", **options)


def both() -> cj.EventLog:
    return cj.EventLog.from_columns(["a", "b"], ["x", "x"], ["2026-01-01", "2026-01-01"])


def test_attributes_are_those_of_the_moment() -> None:
    metrics = [cj.Metric(name, attribute=name) for name in ("seats", "plan", "sso")]
    panel = cj.panel(
        both(), metrics, as_of=["2026-01-09", "2026-01-10", "2026-01-21"], customers=attributes()
    )
    np.testing.assert_array_equal(panel["seats"], [5, 8, NAN, 3, 3, 3])
    assert panel["plan"].tolist() == ["basic", "pro", "pro", None, None, None]
    np.testing.assert_array_equal(panel["sso"], [0, 1, 1, NAN, NAN, NAN])
    assert panel.kind("plan") == "category"
    assert panel.codes("plan").tolist() == [0, 1, 1, -1, -1, -1]
    assert panel.evidence_age("seats")[:2].tolist() == [8, 0]


def test_dates_are_so_far_ahead_or_so_long_ago() -> None:
    metrics = [cj.Metric(a, attribute="renewal", aggregate=a) for a in ("until", "days_since")]
    found = cj.snapshot(both(), metrics, as_of="2026-01-11", customers=attributes())
    np.testing.assert_array_equal(found["until"], [80, NAN])
    np.testing.assert_array_equal(found["days_since"], [-80, NAN])


def test_the_change_of_an_attribute_and_the_events_of_its_changes() -> None:
    """Seats go from 5 to 8 on the 10th; the plan changes then too; unknown is no change."""
    metrics = [
        cj.Metric("grown", attribute="seats", aggregate="change", window="7d"),
        cj.Metric("moves", activity="@plan"),
        cj.Metric("added", activity="@seats", aggregate="sum"),
    ]
    found = cj.snapshot(both(), metrics, as_of="2026-01-12", customers=attributes())
    np.testing.assert_array_equal(found["grown"], [3, 0])
    np.testing.assert_array_equal(found["moves"], [1, 0])
    np.testing.assert_array_equal(found["added"], [3, 0])


def test_a_ratio_of_a_metric_and_an_attribute_is_as_old_as_its_older_part() -> None:
    """Four logins over eight seats; over none of them nothing can be said."""
    events = cj.EventLog.from_columns(
        ["a"] * 4 + ["b"], ["login"] * 4 + ["x"], ["2026-01-11"] * 4 + ["2026-01-01"]
    )
    metrics = [cj.Metric("logins", activity="login"), cj.Metric("used", ratio=("logins", "seats")),
               cj.Metric("inverse", ratio=("seats", "logins"))]  # fmt: skip
    found = cj.snapshot(events, metrics, as_of="2026-01-12", customers=attributes())
    np.testing.assert_array_equal(found["used"], [0.5, 0])
    np.testing.assert_array_equal(found["inverse"], [2, NAN])
    assert found.evidence_age("used").tolist() == [2, 11]


def journey(**options: object) -> cj.Journey:
    return cj.Journey(
        "small",
        stages=[cj.Stage("trial"), cj.Stage("care"), cj.Stage("gone", kind="lost")],
        touchpoints=[
            cj.Touchpoint("welcome", stages=["trial"], activities=["call"]),
            cj.Touchpoint("review", stages=["care"], activities=["call", "report"]),
        ],
        transitions=[
            cj.Transition("trial", "care", when='happened("buy")'),
            cj.Transition("care", "gone", when='happened("cancel")', kind="exit"),
            cj.Transition("gone", "care", when='happened("buy")', kind="reenter"),
        ],
        milestones=[cj.Milestone("value", when='count("login") >= 2')],
        **options,
    )


MOVES = (
    ("login", 1),
    ("call", 2),
    ("buy", 3),
    ("call", 3),
    ("call", 4),
    ("login", 5),
    ("cancel", 9),
    ("buy", 19),
)


def test_stages_and_visits_as_they_were() -> None:
    """Trial from the 1st, care from the 3rd, gone from the 9th, care again from the 19th."""
    metrics = [
        cj.Metric("stage", aggregate="stage"),
        cj.Metric("here", aggregate="time_in_stage"),
        cj.Metric("in_care", visit="care", aggregate="time_in_stage"),
        cj.Metric("lately", visit="care", aggregate="time_in_stage", window="15d"),
        cj.Metric("visits", visit="care"),
        cj.Metric("back", visit="care", aggregate="entered", window="5d"),
        cj.Metric("since", visit="gone", aggregate="days_since"),
    ]
    panel = cj.panel(
        log(*MOVES), metrics, as_of=["2026-01-02", "2026-01-10", "2026-01-21"], journey=journey()
    )
    assert panel["stage"].tolist() == panel["@stage"].tolist() == ["trial", "gone", "care"]
    np.testing.assert_array_equal(panel["here"], [1, 1, 2])
    np.testing.assert_array_equal(panel["@dwell"], panel["here"])
    np.testing.assert_array_equal(panel["in_care"], [0, 6, 8])
    np.testing.assert_array_equal(panel["lately"], [0, 6, 3 + 2])
    np.testing.assert_array_equal(panel["visits"], [0, 1, 2])
    np.testing.assert_array_equal(panel["back"], [0, 0, 1])
    np.testing.assert_array_equal(panel["since"], [NAN, 1, 12])


def test_the_stage_decides_whose_call_it_was() -> None:
    """Calls of the 2nd and 3rd (the instant of the purchase) are welcomes; that of the 4th is a review."""
    metrics = [cj.Metric(name, touchpoint=name) for name in ("welcome", "review")]
    found = cj.snapshot(log(*MOVES), metrics, as_of="2026-01-31", journey=journey())
    assert [found["welcome"][0], found["review"][0]] == [2, 1]


def test_times_between_milestones_stages_and_dates() -> None:
    """Value on the 5th, care first on the 3rd, the contract signed on the 2nd."""
    customers = cj.Customers.from_frame({"customer": ["a"], "signed": [np.datetime64("2026-01-02")]})
    metrics = [
        cj.Metric("to_value", start="attribute:signed", end="milestone:value"),
        cj.Metric("backwards", start="milestone:value", end="attribute:signed"),
        cj.Metric("to_care", start="login", end="stage:care"),
        cj.Metric("again", start="stage:care", end="stage:care"),
    ]
    found = cj.snapshot(log(*MOVES), metrics, as_of="2026-01-31", customers=customers, journey=journey())
    assert [found[metric.id][0] for metric in metrics] == [3, -3, 2, 16]
    early = cj.snapshot(log(*MOVES), metrics, as_of="2026-01-04", customers=customers, journey=journey())
    assert early.is_open("to_value").tolist() == [True]
    assert early.so_far("to_value").tolist() == [2]


def test_a_start_that_is_put_off_takes_the_customer_out_again() -> None:
    """On the 5th the start is moved from the 3rd to the 10th: in, out and in again; b has no start."""
    customers = cj.Customers.from_frame(
        {"customer": ["a", "a"], "since": ["2026-01-01", "2026-01-05"],
         "begin": [np.datetime64("2026-01-03"), np.datetime64("2026-01-10")]}, valid_from="since",
    )  # fmt: skip
    days = ["2026-01-02", "2026-01-04", "2026-01-06", "2026-01-12"]
    here = cj.Metric("here", aggregate="time_in_stage")
    panel = cj.panel(both(), here, as_of=days, customers=customers, journey=journey(start="begin"))
    assert panel.customer.tolist() == ["a", "a"]
    assert panel.as_of.astype("datetime64[D]").astype(str).tolist() == ["2026-01-04", "2026-01-12"]
    assert panel["here"].tolist() == [1, 2]


def test_customers_with_a_start_and_no_events_appear() -> None:
    customers = cj.Customers.from_frame({"customer": ["z"], "begin": [np.datetime64("2026-01-02")]})
    found = cj.snapshot(
        both(), cj.Metric("x"), as_of="2026-01-05", customers=customers, journey=journey(start="begin")
    )
    assert (found.customer.tolist(), found["x"].tolist(), found["@stage"].tolist()) == (["z"], [0], ["trial"])
