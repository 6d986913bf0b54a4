"""A book of customers in which nothing is wrong, and the same with a fault planted in it."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pyarrow as pa

import cjlib as cj

START = np.datetime64("2025-01-01", "us")
UNTIL = np.datetime64("2026-01-01", "us")
YEAR = 365.0
CHANNELS = ("email", "phone", "video")

JOURNEY = cj.Journey(
    "book",
    stages=[
        cj.Stage("trial", kind="prospect", owner="sales", target="30d"),
        cj.Stage("onboarding", owner="csm", target="30d"),
        cj.Stage("care", owner="csm"),
        cj.Stage("lost", kind="lost", owner="csm"),
    ],
    transitions=[
        cj.Transition(
            "trial",
            "onboarding",
            when='happened("signed")',
            handoff=cj.Handoff(
                deadline="10d", checklist=[cj.ChecklistItem("scope", when='happened("scoped", ever=True)')]
            ),
        ),
        cj.Transition("trial", "lost", when='happened("cancelled")', kind="exit", reason="budget"),
        cj.Transition("onboarding", "care", when='happened("live")'),
        cj.Transition("onboarding", "lost", when='happened("cancelled")', kind="exit"),
        cj.Transition("onboarding", "trial", when='happened("reopened")', kind="regress"),
        cj.Transition("care", "lost", when='happened("cancelled")', kind="exit"),
    ],
    touchpoints=[
        cj.Touchpoint(
            "demo", stages="trial", activities="demo", channel="video", owner="sales", effort="1h",
            metrics="csat_demo", share=0.5,
            notes=[cj.Note(kind="feeling", text="Fine.", emotion=0, evidence="survey")],
        ),
        cj.Touchpoint("site", stages=["trial", "care"], activities=["visit", "cancelled"], mode="digital"),
        cj.Touchpoint("kickoff", stages="onboarding", activities="kickoff", owner="csm", effort="2h"),
        cj.Touchpoint(
            "ticket", stages=["trial", "onboarding", "care", "lost"], activities="ticket", owner="csm",
            metrics="csat_ticket", effort="30min",
        ),
    ],
    personas=[
        cj.Persona("small", when='attribute("segment") == "small"'),
        cj.Persona("large", when='attribute("segment") == "large"'),
    ],
    metrics=[
        cj.Metric("csat_demo", activity="csat_demo", aggregate="mean", direction="up"),
        cj.Metric("csat_ticket", touchpoint="ticket", aggregate="mean", direction="up"),
    ],
)  # fmt: skip


@attrs.frozen(eq=False)
class Book:
    """A journey, its events, its customers and their replay."""

    journey: cj.Journey
    log: cj.EventLog
    customers: cj.Customers
    until: Any = UNTIL

    @property
    def trace(self) -> cj.Trace:
        return cj.replay(self.journey, self.log, self.customers, until=self.until)

    def find(self, *detectors: Any, **options: Any) -> cj.findings.Findings:
        given = {"log": self.log, "value": "arr"} | options
        return cj.find(self.journey, self.trace, detectors=detectors or None, **given)


@attrs.define(eq=False)
class Events:
    """Events that are collected part by part."""

    parts: list[dict[str, Any]] = attrs.Factory(list)

    def add(self, who: Any, activity: str, day: Any, **more: Any) -> None:
        """One event for each of these customers on its day, if that day is a number before the end."""
        day = np.asarray(day, float)
        is_there = day < YEAR  # NaN: it does not happen
        part = {"customer": np.asarray(who)[is_there], "day": day[is_there]}
        part["activity"] = np.full(is_there.sum(), activity, dtype=object)
        for name in ("value", "channel", "actor", "text"):
            given = more.get(name)
            column = np.empty(len(day), dtype=object)
            column[:] = given
            part[name] = column[is_there]
        self.parts.append(part)

    def log(self) -> cj.EventLog:
        joined = {name: np.concatenate([part[name] for part in self.parts]) for name in self.parts[0]}
        optional = {
            name: joined[name].tolist()
            for name in ("channel", "actor", "text")
            if any(one is not None for one in joined[name])
        }
        values = np.array([np.nan if one is None else one for one in joined["value"]], float)
        times = START + (joined["day"] * 86_400e6).astype("timedelta64[us]")
        return cj.EventLog.from_columns(
            joined["customer"].tolist(), joined["activity"].tolist(), times, values, **optional
        )


def customers(segment: Any, arr: Any = 1000.0) -> cj.Customers:
    n = len(segment)
    columns = {"customer": list(range(n)), "segment": list(segment), "arr": np.full(n, arr).tolist()}
    return cj.Customers.from_frame(pa.table(columns))


def book(
    seed: int,
    n: int = 300,
    *,
    onboarding: float = 20.0,
    lost: tuple[float, float, float] = (0.15, 0.15, 0.15),
    large_onboarding: float | None = None,
    scope_delay: float = 1.0,
    reopened: float = 0.0,
    demo_again: float = 0.0,
    felt: float = 3.0,
    phone: float = 3.0,
    journey: cj.Journey = JOURNEY,
) -> Book:
    """Customers for whom everything is chance, but for what is planted.

    Args:
        seed: of the chance.
        n: how many.
        onboarding: the mean days of onboarding; 20 leaves 22 % beyond the target of 30.
        lost: the share lost from trial, onboarding and care.
        large_onboarding: the mean for large customers, where it is another.
        scope_delay: mean days from the signature until the scope is known.
        reopened: the share that goes from onboarding back to the trial.
        demo_again: the share that has the demo a second time, two days later.
        felt: the mean answer about the demo, from 1 to 5.
        phone: the mean answer about tickets by phone; that of others is 3.
    """
    rng = np.random.default_rng(seed)
    events, who = Events(), np.arange(n)
    is_large = rng.random(n) < 0.5
    begun = rng.uniform(0, 250, n)
    trial = begun + rng.exponential(15.0, n)
    events.add(who, "visit", begun)
    leaves = rng.random((n, 3)) < np.array(lost)
    demo = np.where(rng.random(n) < 0.6, begun + 0.5 * (trial - begun), np.nan)
    events.add(who, "demo", demo, channel=rng.choice(CHANNELS, n))
    events.add(who, "csat_demo", demo + 0.01, value=_answers(rng, felt, n))
    events.add(who, "demo", np.where(rng.random(n) < demo_again, demo + 2, np.nan))
    events.add(who, "cancelled", np.where(leaves[:, 0], trial, np.nan))
    signed = np.where(leaves[:, 0], np.nan, trial)
    events.add(who, "signed", signed)
    scoped = signed + rng.exponential(scope_delay, n)
    events.add(who, "scoped", scoped)
    mean = np.where(is_large & (large_onboarding is not None), large_onboarding or 0.0, onboarding)
    live = scoped + rng.exponential(1.0, n) * mean
    back = rng.random(n) < reopened
    events.add(who, "reopened", np.where(back, scoped + 0.5 * (live - scoped), np.nan))
    events.add(who, "signed", np.where(back, live + 5, np.nan))
    live = np.where(back, live + 10, live)
    events.add(who, "kickoff", scoped + 0.3 * np.minimum(live - scoped, 5.0))
    events.add(who, "cancelled", np.where(leaves[:, 1], live, np.nan))
    cared = np.where(leaves[:, 1], np.nan, live)
    events.add(who, "live", cared)
    events.add(who, "cancelled", np.where(leaves[:, 2], cared + rng.exponential(30.0, n), np.nan))
    for _ in range(2):
        channel = rng.choice(CHANNELS, n)
        answers = np.where(channel == "phone", _answers(rng, phone, n), _answers(rng, 3.0, n))
        day = begun + rng.uniform(0, 1, n) * (YEAR - begun)
        events.add(who, "ticket", day, value=answers, channel=channel, text="It does not work.")
    return Book(journey, events.log(), customers(np.where(is_large, "large", "small")))


def _answers(rng: Any, mean: float, n: int) -> Any:
    return np.clip(np.round(rng.normal(mean, 1.0, n)), 1, 5)
