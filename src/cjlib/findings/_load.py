"""How much the owners have to do, now and soon."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ..criteria._literals import as_duration
from ..data import Coded, EventLog, Table
from ..journey import Journey
from ..scoring._survival import kaplan_meier
from ..scoring.figures._by_facts import Facts
from ..trace import Trace
from ._chance import LEVEL, corrected
from ._contacts import Contacts
from ._contract import Finding, Place, Test
from ._given import DAY_US, Given
from ._say import said
from ._stays import Stays

__all__ = ["Load", "load"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

FEW = 10  # visits that must have reached an age for it to tell anything
Z = 1.959963984540054  # the 97.5 % quantile of the normal distribution


def load(journey: Journey, trace: Trace, log: EventLog, *, horizon: str | timedelta = "28d") -> Table:
    """What each role has to do: one row per role that owns a stage, a touchpoint or a signal.

    How many contacts are due is read off the past: how often each touchpoint was lived at each age of a
    visit, by those who were still in the stage (the mean function of recurrent events that leaving ends: Cook
    and Lawless, 1997). Customers who are there count from their age on, those to come from zero; they come at
    the pace of the last span. Beyond the age that ten visits have reached, the rate of the later half of the
    ages that are known goes on.

    Args:
        journey: the definition; touchpoints with ``effort`` take human time.
        trace: its replay.
        log: the events that were replayed.
        horizon: how far to look ahead, and back.

    Returns:
        ``role``; ``customers`` in its stages now; ``handoffs`` and ``signals`` that are open; ``contacts``
        and ``hours`` in the last span; ``due`` contacts of customers who are there and ``to_come`` of those
        expected, in the next; ``hours_ahead`` of both, with ``low`` and ``high`` (95 %, chance of the
        contacts alone).

    Raises:
        UsageError: if the three do not belong together.

    >>> import cjlib as cj
    >>> saas = cj.template("saas")
    >>> made = cj.simulate(saas, 200, seed=1, until="2026-01-01")
    >>> trace = cj.replay(saas, made.log, made.customers, until="2026-01-01")
    >>> found = cj.findings.load(saas, trace, made.log)
    >>> "csm" in found["role"], bool((found["low"] <= found["hours_ahead"]).all())
    (True, True)
    """
    facts = Facts.of(journey, trace, log)
    return _load(Given(trace=trace, log=facts.log, facts=facts), as_duration(horizon))[0]


@attrs.frozen(kw_only=True)
class Load:
    """Roles whose work grows by more than chance: hours ahead against hours behind.

    Attributes:
        horizon: the span, ahead and back.
        growth: the least growth worth telling; and
        hours: so many hours more at least.

    >>> Load(growth=2).name
    'load'
    """

    horizon: timedelta = timedelta(days=28)
    growth: float = 1.25
    hours: float = 8.0
    name: str = attrs.field(default="load", init=False)
    needs: frozenset[str] = attrs.field(default=frozenset({"log"}), init=False)

    def detect(self, given: Given, /) -> Iterator[Finding]:
        """One finding per role whose work grows."""
        from scipy.stats import norm

        table, behind = _load(given, self.horizon)
        spread = (table["hours_ahead"] - table["low"]) / Z
        z = (table["hours_ahead"] - table["hours"]) / np.sqrt(np.maximum(spread**2 + behind, 1e-12))
        ps = corrected(norm.sf(z).tolist())
        owners = np.array([stage.owner for stage in given.journey.stages], object)
        now = given.facts.stages_at(given.until)
        for row, p in enumerate(ps):
            role, ahead = table["role"][row], float(table["hours_ahead"][row])
            hours = float(table["hours"][row])
            if p <= LEVEL and ahead >= max(self.growth * hours, hours + self.hours):
                mine = (now >= 0) & (owners[now] == role)
                yield Finding(
                    kind="growing load", place=Place(role=role), who=given.who(mine), of=len(given.trace),
                    estimate=ahead, low=table["low"][row], high=table["high"][row], unit="hours", base=hours,
                    test=Test(name="z", statistic=float(z[row]), p=p), evidence=table.select([row]),
                    **said("growing load", role=role, hours=round(hours, 1), ahead=round(ahead, 1),
                           span=self.horizon / timedelta(days=1), due=round(float(table["due"][row]), 1),
                           to_come=round(float(table["to_come"][row]), 1)),
                )  # fmt: skip


def _load(given: Given, horizon: timedelta) -> tuple[Table, Floats]:
    """The table, and the variance of the hours in the last span."""
    journey, stays, contacts = given.journey, Stays.of(given), Contacts.of(given)
    span = horizon / timedelta(days=1)
    roles = list(dict.fromkeys(role for role in _owners(journey) if role is not None))
    columns: dict[str, Any] = {
        name: np.zeros(len(roles))
        for name in ("contacts", "hours", "squares", "due", "to_come", "hours_ahead", "variance")
    }
    for number, touchpoint in enumerate(journey.touchpoints):
        for stage_id in touchpoint.stages:
            role = touchpoint.owner or journey.stage(stage_id).owner
            if role is None or touchpoint.effort is None:
                continue
            row, hours = roles.index(role), touchpoint.effort / timedelta(hours=1)
            stage = journey.stage_index[stage_id]
            here = (contacts.touchpoint == number) & (contacts.stage == stage)
            is_recent = contacts.log.time[here] > given.until - span * DAY_US
            due, to_come = _ahead(stays, contacts, here, stage, span)
            for name, value in (
                ("contacts", is_recent.sum()), ("hours", hours * is_recent.sum()),
                ("squares", hours**2 * is_recent.sum()), ("due", due), ("to_come", to_come),
                ("hours_ahead", hours * (due + to_come)), ("variance", hours**2 * (due + to_come)),
            ):  # fmt: skip
                columns[name][row] += value
    behind = columns.pop("squares")
    return _table(given, roles, columns), behind


def _ahead(stays: Stays, contacts: Contacts, here: Any, stage: int, span: float) -> tuple[float, float]:
    """How many contacts of a touchpoint to expect: with those in the stage now, and with those to come."""
    visits = np.flatnonzero(stays.stage == stage)
    if not here.any() or not len(visits):
        return 0.0, 0.0
    days = stays.days[visits]
    ordered = np.sort(days)
    ages = np.sort((contacts.log.time[here] - stays.entered[contacts.visit[here]]) / DAY_US)
    known = float(ordered[-min(FEW, len(ordered))])  # beyond this age too few are seen to tell
    late = known / 2
    rate = ((ages > late) & (ages <= known)).sum() / max(np.clip(days - late, 0, known - late).sum(), 1e-9)
    ages = ages[ages <= known]
    curve = kaplan_meier(days, stays.is_left[visits])

    def still_in(at: Floats, side: Any) -> Floats:
        return np.append(1.0, curve.curve)[np.searchsorted(curve.times, at, side=side)]

    at_risk = len(days) - np.searchsorted(ordered, ages, side="left")
    steps = still_in(ages, "left") / at_risk
    means = np.append(0.0, np.cumsum(steps))

    def mean(at: Floats) -> Floats:
        return means[np.searchsorted(ages, at, side="right")]

    inside = days[~stays.is_left[visits]]
    there = still_in(inside, "right")
    due = np.divide(mean(inside + span) - mean(inside), there, out=np.zeros(len(inside)), where=there > 0)
    beyond = rate * (inside + span - np.clip(inside, known, None)).clip(0)
    recent = stays.entered[visits] > stays.given.until - span * DAY_US
    to_come = recent.sum() / span * float((steps * np.maximum(span - ages, 0)).sum())
    return float(due.sum() + beyond.sum()), float(to_come)


def _owners(journey: Journey) -> Iterator[str | None]:
    yield from (stage.owner for stage in journey.stages)
    yield from (touchpoint.owner for touchpoint in journey.touchpoints)
    yield from (signal.owner for signal in journey.signals)


def _table(given: Given, roles: list[str], columns: dict[str, Any]) -> Table:
    journey, trace = given.journey, given.trace
    stage_owner = np.array(
        [-1 if one.owner is None else roles.index(one.owner) for one in journey.stages] + [-1]
    )
    now = stage_owner[given.facts.stages_at(given.until)]
    way_owner = np.array([_taker(journey, way, roles) for way in journey.transitions] + [-1])
    handoffs = trace.handoffs.select(trace.handoffs["outcome"] == "open")
    taking = way_owner[handoffs["transition"]]
    keys = np.unique(np.stack([handoffs.codes("customer").astype(np.int64), taking]), axis=1)[1]
    signal_owner = np.array(
        [-1 if one.owner is None else roles.index(one.owner) for one in journey.signals] + [-1]
    )
    is_open = np.isnat(trace.signals["ceased"]) & np.isnat(trace.signals["answered"])
    waiting = signal_owner[trace.signals.codes("signal")[is_open]]
    half = Z * np.sqrt(columns.pop("variance"))
    ahead = columns["hours_ahead"]
    return Table(
        {
            "role": Coded(np.arange(len(roles)), roles),
            "customers": _count(now, roles),
            "handoffs": _count(keys, roles),
            "signals": _count(waiting, roles),
            **columns,
            "low": np.maximum(ahead - half, 0.0),
            "high": ahead + half,
        },
        name="load",
    )


def _taker(journey: Journey, way: Any, roles: list[str]) -> int:
    role = (way.handoff.target if way.handoff else None) or journey.stage(way.target).owner
    return roles.index(role) if role in roles else -1


def _count(codes: Any, roles: list[str]) -> Ints:
    return np.bincount(codes[codes >= 0], minlength=len(roles))
