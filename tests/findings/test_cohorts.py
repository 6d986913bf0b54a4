"""Cohorts: every cell is what a plain loop over the calendar says; what is not over is not pretended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.findings import paths as made

import cjlib as cj
from cjlib.errors import UnknownNameError, UsageError
from cjlib.findings import cohorts

LONG = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from(made.ACTIVITIES), st.integers(0, 120)),
    min_size=1,
    max_size=40,
)
UNTIL = datetime(2026, 5, 20, tzinfo=UTC)


def moment(time: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time)


def begin_of(period: str, at: datetime) -> datetime:
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    if period == "week":
        return day - timedelta(days=day.weekday())
    if period == "month":
        return day.replace(day=1)
    if period == "quarter":
        return day.replace(day=1, month=(day.month - 1) // 3 * 3 + 1)
    return day.replace(day=1, month=1) if period == "year" else day


def after(period: str, begin: datetime, count: int) -> datetime:
    """The beginning of the period so many periods later."""
    for _ in range(count):
        begin = begin_of(
            period, begin + timedelta(days={"day": 1, "week": 7, "month": 31, "quarter": 92}[period])
        )
    return begin


def plainly(
    log: cj.EventLog, period: str, bounded: bool, returns: str | None
) -> dict[tuple[str, int], tuple]:
    """Per cohort and period: customers whose period is over, those there, those under way, those there."""
    cells: dict[tuple[str, int], list[set]] = {}
    for customer, path in made.paths_of(log).items():
        entered = moment(path[0][1])
        times = [moment(time) for name, time in path if returns in (None, name)]
        rolls = period.endswith("d") and period[0].isdigit()
        length = timedelta(days=int(period[:-1])) if rolls else timedelta(0)
        cohort = begin_of("month" if rolls else period, entered)
        label = f"{cohort:%Y-%m}" if rolls or period == "month" else f"{cohort:%Y-%m-%d}"
        label = f"{cohort:%Y}-Q{(cohort.month + 2) // 3}" if period == "quarter" else label
        number = 0
        while True:
            begin = entered + number * length if rolls else after(period, cohort, number)
            end = begin + length if rolls else after(period, begin, 1)
            if begin > UNTIL:
                break
            is_there = any(begin <= time and (time < end or not bounded) for time in times)
            among, there, under, early = cells.setdefault((label, number), [set(), set(), set(), set()])
            is_over = end <= UNTIL + timedelta(microseconds=1)
            (among if is_over else under).add(customer)
            if is_there:
                (there if is_over else early).add(customer)
            number += 1
    return {cell: tuple(sets) for cell, sets in cells.items()}


@given(LONG, st.sampled_from(["week", "month", "quarter", "day", "30d", "7d"]), st.booleans(), st.booleans())
def test_every_cell_is_what_a_plain_loop_says(
    events: list[made.Event], period: str, bounded: bool, only_a: bool
) -> None:
    log = made.log_of([*events, (9, "a", 0)])
    returns = "a" if only_a else None
    found = cohorts(log, period=period, bounded=bounded, returns=returns, until=UNTIL)
    expected = plainly(log, period, bounded, returns)
    rows = {(row["cohort"], row["period"]): i for i, row in enumerate(found.rows())}
    assert rows.keys() == expected.keys()
    for cell, i in list(rows.items())[:: max(len(rows) // 20, 1)]:
        told = found.among(i), found.customers(i), found.so_far(i)
        among, there, _under, early = expected[cell]
        assert [set(who) for who in told] == [among, there, early]
    for column, which in (("among", 0), ("customers", 1), ("under_way", 2), ("so_far", 3)):
        assert found[column].tolist() == [len(expected[cell][which]) for cell in rows]


@given(LONG)
def test_everybody_is_in_one_cohort_and_there_at_the_beginning(events: list[made.Event]) -> None:
    log = made.log_of(events)
    found = cohorts(log, period="week", until=UNTIL)
    first = found["period"] == 0
    assert found["size"][first].sum() == log.n_customers
    assert (found["customers"] + found["so_far"])[first].sum() == log.n_customers
    unbounded = cohorts(log, period="week", bounded=False, until=UNTIL)
    assert (unbounded["customers"] >= found["customers"]).all()


def test_a_period_that_is_not_over_has_no_share() -> None:
    """Until February 10: January is over, February is not, whoever has come already."""
    log = made.words("ann: a0 a35; bob: a3")
    found = cohorts(log, until="2026-02-10")
    assert found["share"].tolist() == pytest.approx([1.0, np.nan], nan_ok=True)
    assert found["is_complete"].tolist() == [True, False]
    assert (found["under_way"].tolist(), found["so_far"].tolist()) == ([0, 2], [0, 1])
    assert found.so_far(1).tolist() == ["ann"]


def test_rolling_and_calendar_differ_for_who_begins_late_in_the_month() -> None:
    """Ann begins on January 31 and comes back on February 1: the next month, but the same 30 days."""
    log = made.words("ann: a30 a31; zoe: b120")
    calendar = cohorts(log).matrix().select([0])
    rolling = cohorts(log, period="30d").matrix().select([0])
    assert [calendar[number][0] for number in "012"] == [1.0, 1.0, 0.0]
    assert [rolling[number][0] for number in "012"] == [1.0, 0.0, 0.0]


def test_bounded_and_unbounded_differ_for_who_comes_back_late() -> None:
    log = made.words("ann: a0 a70; zoe: b120")
    shares = [cohorts(log, bounded=one).matrix()["1"][0] for one in (True, False)]
    assert shares == [0.0, 1.0]


def test_what_begins_a_customer_may_be_said_and_what_brings_it_back() -> None:
    """Ann begins with b in February; her c in March counts, a does not."""
    log = made.words("ann: a0 b35 a40 c62; bob: a0; zoe: d120")
    found = cohorts(log, begins="b", returns="c")
    assert found["cohort"].tolist()[:2] == ["2026-02", "2026-02"]
    assert found.matrix()["0"].tolist() == [0.0]
    assert found.matrix()["1"].tolist() == [1.0]
    assert found.asked["begins"], found.asked["returns"] == ("b", "c")


def test_a_stage_may_begin_a_customer() -> None:
    journey = cj.Journey(
        "two", stages=[cj.Stage("trial"), cj.Stage("care")],
        transitions=[cj.Transition("trial", "care", when='happened("b")')],
    )  # fmt: skip
    trace = cj.replay(journey, made.words("ann: a0 b40 a65; bob: a0"), until="2026-04-01")
    found = cohorts(trace, begins="stage:care")
    assert found.matrix()["cohort"].tolist() == ["2026-02"]
    assert [found.matrix()[number][0] for number in "01"] == [1.0, 1.0]
    assert cohorts(trace, where={"stage": "care"})["size"][0] == 1


def test_base_and_lift_by_hand() -> None:
    """In period 1 one of two January customers is there and the only one of February: base 2/3."""
    found = cohorts(made.words("ann: a0 a35; bob: a0; cy: a35 a60; zoe: d120"))
    row = next(i for i, one in enumerate(found.rows()) if (one["cohort"], one["period"]) == ("2026-01", 1))
    assert [found[name][row] for name in ("share", "base", "lift")] == pytest.approx([0.5, 2 / 3, 0.75])


@pytest.mark.parametrize(
    ("options", "error", "told"),
    [
        ({"period": "moon"}, UnknownNameError, "did you mean 'month'"),
        ({"period": "0d"}, UsageError, "longer than nothing"),
        ({"period": "1s"}, UsageError, "too many"),
        (
            {"period": "month", "cohort": "week"},
            UsageError,
            "periods of the calendar and cohorts are the same",
        ),
        ({"period": "30d", "cohort": "30d"}, UsageError, "cohort is one of day, week"),
        ({"bounded": 1}, UsageError, "bounded is True or False"),
        ({"returns": "stage:x"}, UsageError, "returns is an event"),
        ({"returns": "aa"}, UnknownNameError, "unknown activity 'aa'"),
        ({"begins": "aa"}, UnknownNameError, "unknown activity 'aa'"),
    ],
)
def test_what_cannot_be_meant_is_told(options: dict, error: type, told: str) -> None:
    with pytest.raises(error, match=told):
        cohorts(made.words("ann: a0 b30"), **options)


def test_a_log_of_nobody_has_no_cohorts() -> None:
    assert len(cohorts(cj.EventLog.from_columns([], [], []))) == 0
