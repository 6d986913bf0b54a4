"""Customers whose hazards are known: they leave, or grow, at rates that two attributes set."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

import cjlib as cj

DAY = 86_400_000_000
START = int(np.datetime64("2025-01-01", "us").astype(np.int64))
END = 360
JOURNEY = cj.Journey(
    "demo",
    stages=[
        cj.Stage("trial"), cj.Stage("active"), cj.Stage("grown", kind="won"), cj.Stage("gone", kind="lost"),
    ],
    transitions=[
        cj.Transition("trial", "active", when='happened("buy")'),
        *(cj.Transition(stage, "gone", when=f'happened("{why}")', kind="exit", reason=why)
          for stage in ("trial", "active", "grown") for why in ("price", "product")),
        cj.Transition("active", "grown", when='happened("grow")'),
    ],
    milestones=[cj.Milestone("keen", when='happened("buy", ever=True)')],
)  # fmt: skip
MOMENTS = (60, 90, 120, 150, 180, 210, 240, 270)


def day(number: float) -> np.datetime64:
    return np.datetime64(START + round(number * DAY), "us")


def world(
    n: int, seed: int, *, rate: float = 0.004, effect: float = 0.7, moments: Any = MOMENTS
) -> SimpleNamespace:
    """Log, customers, trace and panel of n customers.

    Everybody starts in the first 60 days and buys after about a month. ``price`` comes at the daily rate
    rate * exp(effect z), ``product`` at half the rate, ``grow`` at rate * exp(-effect z) after the purchase.
    """
    rng = np.random.default_rng(seed)
    begin, z = rng.uniform(0, 60, n), np.round(rng.normal(size=n), 3)
    plan = rng.choice(["basic", "pro", "team"], n)
    buy = begin + rng.exponential(30, n)
    price = begin + rng.exponential(1, n) / (rate * np.exp(effect * z))
    product = begin + rng.exponential(2, n) / rate
    grow = buy + rng.exponential(1, n) / (rate * np.exp(-effect * z))
    who, what, when = [], [], []
    for customer in range(n):
        said = {"start": begin, "buy": buy, "price": price, "product": product, "grow": grow}
        for activity, times in said.items():
            if times[customer] <= END:
                who.append(customer)
                what.append(activity)
                when.append(day(times[customer]))
        for login in rng.uniform(begin[customer], END, 5):
            who.append(customer)
            what.append("login")
            when.append(day(login))
    log = cj.EventLog.from_columns(who, what, np.array(when))
    customers = cj.Customers.from_frame({"customer": list(range(n)), "z": z, "plan": plan})
    return replayed(log, customers, moments)


METRICS = (
    cj.Metric("z", attribute="z"), cj.Metric("plan", attribute="plan"),
    cj.Metric("logins", activity="login", window="60d"),
    cj.Metric("days_since_login", activity="login", aggregate="days_since"),
)  # fmt: skip


def replayed(log: cj.EventLog, customers: cj.Customers, moments: Any = MOMENTS) -> SimpleNamespace:
    trace = cj.replay(JOURNEY, log, customers, until=day(END))
    panel = cj.panel(log, METRICS, as_of=[day(one) for one in moments], customers=customers, journey=JOURNEY)
    return SimpleNamespace(log=log, customers=customers, trace=trace, panel=panel, journey=JOURNEY)


def part(whole: SimpleNamespace, chosen: Any) -> tuple[cj.Snapshot, cj.Trace]:
    """The panel and the trace of some of the customers only."""
    log = whole.log.select(chosen)
    made = replayed(log, whole.customers)
    return made.panel.select(np.isin(made.panel.customer, chosen)), made.trace
