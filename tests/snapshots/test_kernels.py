"""Long histories and many rows: where the kernel works in blocks and chunks."""

from __future__ import annotations

import math
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cjlib as cj
from cjlib.snapshots._layout import BLOCK, CHUNK

DAY = 86_400_000_000
START = np.datetime64("2024-01-01", "us")
AGGREGATES = ("count", "sum", "mean", "min", "max", "first", "last", "trend", "distinct_actors", "days_since")


def a_log(sizes: list[int], seed: int, offset: float = 0.0, spacing: int = DAY // 7) -> cj.EventLog:
    """Customers of these many events each, irregular in time, some without value or actor."""
    rng = np.random.default_rng(seed)
    customer = np.repeat(np.arange(len(sizes)), sizes)
    n = len(customer)
    time = START + rng.integers(0, max(n, 1) * spacing // max(len(sizes), 1), n).astype("timedelta64[us]")
    value = np.where(rng.random(n) < 0.2, np.nan, rng.normal(offset, 1.0, n))
    actor = np.where(rng.random(n) < 0.9, rng.integers(0, 40, n).astype(str), None)
    return cj.EventLog.from_columns(customer, np.full(n, "use"), time, value, actor=actor)


def expected(log: cj.EventLog, code: int, t: int, window: float, aggregate: str) -> float:
    """One cell by numpy and exact sums, from what lies in the window."""
    begin, end = log.starts[code], log.starts[code + 1]
    time = log.time[begin:end]
    inside = (time > t - window) & (time <= t)
    time, value, actor = time[inside], log.value[begin:end][inside], log.actor[begin:end][inside]
    if aggregate == "count":
        return len(time)
    if aggregate == "days_since":
        return (t - time[-1]) / DAY if len(time) else math.nan
    if aggregate == "distinct_actors":
        return len(set(actor[actor >= 0].tolist()))
    time, value = time[~np.isnan(value)], value[~np.isnan(value)]
    if aggregate == "sum":
        return math.fsum(value)
    if len(value) == 0:
        return math.nan
    if aggregate == "trend":
        return slope(time, value)
    return {
        "mean": lambda: math.fsum(value) / len(value), "min": value.min, "max": value.max,
        "first": lambda: value[0], "last": lambda: value[-1],
    }[aggregate]()  # fmt: skip


def slope(time: np.ndarray, value: np.ndarray) -> float:
    if len(set(time.tolist())) < 2:
        return math.nan
    x = (time - time[0]) / DAY
    x, y = x - math.fsum(x) / len(x), value - math.fsum(value) / len(value)
    return math.fsum(x * y) / math.fsum(x * x)


def check(log: cj.EventLog, moments: list[int], window: str | None, rows: list[int] | slice) -> None:
    metrics = [cj.Metric(name, activity="use", aggregate=name, window=window) for name in AGGREGATES]
    panel = cj.panel(log, metrics, as_of=[np.datetime64(t, "us") for t in moments])
    width = math.inf if metrics[0].window is None else metrics[0].window.total_seconds() * 1e6
    times, codes = panel.as_of.view(np.int64), panel.codes_of_customers
    for row in np.arange(len(panel))[rows].tolist():
        for name in AGGREGATES:
            answer = expected(log, int(codes[row]), int(times[row]), width, name)
            assert panel[name][row] == pytest.approx(answer, rel=1e-9, abs=1e-9, nan_ok=True), (row, name)


@settings(max_examples=40)
@given(
    st.lists(st.integers(0, 5 * BLOCK), min_size=1, max_size=4),
    st.integers(0, 999),
    st.sampled_from((None, "1d", "11d", "40d")),
)
def test_windows_that_span_blocks_of_a_long_history(sizes: list[int], seed: int, window: str | None) -> None:
    log = a_log([*sizes, 1], seed)
    last = int(log.time.max())
    moments = sorted({last - k * 5 * DAY for k in range(6)} | {last + DAY, last - 1})
    check(log, moments, window, slice(None))


def test_a_trend_survives_large_offsets_and_tiny_steps() -> None:
    """Values around a million and events microseconds apart, over several blocks."""
    log = a_log([10 * BLOCK], seed=5, offset=1e6, spacing=3)
    check(log, [int(log.time.max()) - k for k in (0, 100, 1000)], None, slice(None))


def test_rows_that_do_not_fit_into_one_chunk() -> None:
    sizes = [3] * 700 + [4000] + [2] * 100
    log = a_log(sizes, seed=3, spacing=12 * DAY)
    last = int(log.time.max())
    moments = [last - k * DAY // 3 for k in range(120)]
    rows = np.random.default_rng(1).choice(CHUNK + 9000, 400, replace=False).tolist()
    check(log, moments, "20d", rows)


def test_lateness_in_a_history_of_many_blocks() -> None:
    """Every moment of a panel equals the snapshot of the log as it was known then."""
    log = a_log([3 * BLOCK, 7, 4 * BLOCK], seed=9)
    delays = np.random.default_rng(2).integers(0, 9 * DAY, len(log))
    table = log.to_table()
    late = cj.EventLog.from_columns(
        table["customer"], table["activity"], table["time"], table["value"], actor=table["actor"],
        recorded=table["time"] + delays.astype("timedelta64[us]"),
    )  # fmt: skip
    metrics = [cj.Metric(name, activity="use", aggregate=name, window="9d") for name in AGGREGATES]
    moments = [np.datetime64(int(t), "us") for t in np.linspace(log.time.min(), log.time.max(), 9)]
    panel = cj.panel(late, metrics, as_of=moments)
    for moment in moments:
        here, alone = panel.at(moment), cj.snapshot(late.as_of(moment), metrics, as_of=moment)
        assert here.customer.tolist() == alone.customer.tolist()
        for name in AGGREGATES:
            np.testing.assert_array_equal(here[name], alone[name])


@settings(max_examples=60)
@given(st.sampled_from(("Europe/Paris", "America/St_Johns", "America/Sao_Paulo", "Pacific/Apia")), st.data())
def test_calendar_days_around_the_changes_of_clocks(zone: str, data: st.DataObject) -> None:
    change = {
        "Europe/Paris": "2024-03-31T01", "America/St_Johns": "2010-11-07T02:31",  # fell back at 00:01
        "America/Sao_Paulo": "2018-02-18T02", "Pacific/Apia": "2011-12-30T10",  # a day that never was
    }[zone]  # fmt: skip
    minutes = data.draw(st.lists(st.integers(-3000, 3000), min_size=1, max_size=12))
    times = np.datetime64(change, "us") + np.array(minutes, "timedelta64[m]")
    log = cj.EventLog.from_columns(["a"] * len(times), ["use"] * len(times), times)
    days = cj.Metric("days", activity="use", aggregate="distinct_days", zone=zone)
    found = cj.snapshot(log, days, as_of=times.max())["days"][0]
    seconds = (times.view(np.int64) // 1_000_000).tolist()
    assert found == len({datetime.fromtimestamp(second, ZoneInfo(zone)).date() for second in seconds})
