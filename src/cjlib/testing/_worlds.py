"""A small made-up company, for those who need a journey with customers in it."""

from __future__ import annotations

import functools

import numpy as np

from ..data import EventLog
from ..journey import Journey, Metric, Stage, Transition
from ..snapshots import Snapshot, panel
from ..trace import Trace, replay

__all__ = ["small_journey", "small_log", "small_world"]

DAY_US = 86_400_000_000
START = np.datetime64("2026-01-01", "us").astype(np.int64)
UNTIL = "2026-07-01"
MOMENTS = ("2026-02-01", "2026-03-01", "2026-04-01")


@functools.cache
def small_journey() -> Journey:
    """Three stages: a trial, a time of use, and the end of it."""
    return Journey(
        "small",
        stages=[Stage("trial"), Stage("active", kind="won"), Stage("gone", kind="lost")],
        transitions=[
            Transition("trial", "active", when='count("login") >= 3'),
            Transition("trial", "gone", when='happened("cancelled")', kind="exit"),
            Transition("active", "gone", when='happened("cancelled")', kind="exit"),
        ],
        metrics=[
            Metric("logins", activity="login", window="30d"),
            Metric("tickets", activity="ticket", window="30d"),
        ],
    )


@functools.cache
def small_log(customers: int = 300, seed: int = 0) -> EventLog:
    """Half a year of customers who log in, complain, and leave the sooner the less they log in.

    Args:
        customers: how many.
        seed: of all that is drawn.
    """
    rng = np.random.default_rng(seed)
    rates = rng.gamma(2.0, 0.15, customers)  # logins a day
    ends = rng.exponential(40 + 400 * rates)  # days until they leave
    who, what, when = [], [], []
    for customer, (rate, end) in enumerate(zip(rates, ends, strict=True)):
        begin, end = rng.uniform(0, 25), min(end, 185.0)
        for activity, each in (("login", rate), ("ticket", 0.05)):
            times = begin + np.sort(rng.uniform(0, end, rng.poisson(each * end)))
            who += [customer] * len(times)
            what += [activity] * len(times)
            when += times.tolist()
        who += [customer] + ([customer] if end < 185 else [])
        what += ["signup"] + (["cancelled"] if end < 185 else [])
        when += [begin] + ([begin + end] if end < 185 else [])
    times = (START + np.array(when) * DAY_US).astype(np.int64).view("datetime64[us]")
    return EventLog.from_columns([f"c{i:03}" for i in who], what, times)


@functools.cache
def small_world() -> tuple[Snapshot, Trace]:
    """The panel of three moments and the trace of the small company."""
    journey, log = small_journey(), small_log()
    rows = panel(log, as_of=list(MOMENTS), journey=journey)
    return rows, replay(journey, log, until=UNTIL)
