"""What the report says, as plain values, before anything is drawn."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np

from ..data import Ledger, Table
from ..findings import time_in_stage
from ..journey import Journey
from ..trace import Trace
from ._health import Health
from ._words import Words

__all__ = ["Breach", "Facts", "Waiting", "gather"]

SHOWN = 15


@attrs.frozen(kw_only=True)
class Waiting:
    """A signal that was raised and neither answered nor over."""

    customer: object
    signal: str
    severity: str
    raised: np.datetime64


@attrs.frozen(kw_only=True)
class Breach:
    """How often one thing ran over, and when it last did."""

    kind: str
    place: str
    count: int
    last: np.datetime64


@attrs.frozen(kw_only=True, eq=False)
class Facts:
    """Everything that the sections of the report read."""

    journey: Journey
    trace: Trace
    title: str
    say: Words
    stages: tuple[dict[str, Any], ...]  # the rows of time_in_stage
    taken: tuple[int, ...]
    health: Health | None
    waiting: tuple[Waiting, ...]
    n_waiting: int
    breaches: tuple[Breach, ...]
    ledger: Ledger

    def stage_label(self, stage: str) -> str:
        """How a stage is called on the page."""
        return self.journey.stage(stage).label or stage

    def role_label(self, role: str) -> str:
        """How a role is called on the page, declared or not."""
        return next((one.label for one in self.journey.roles if one.id == role and one.label), role)

    @property
    def customers(self) -> int:
        """All customers that the replay traced."""
        return sum(row["customers"] for row in self.stages)

    def place_label(self, place: str) -> str:
        """How a stage or signal that ran over is called on the page; a transition as it is."""
        labels = {signal.id: signal.label for signal in self.journey.signals}
        labels |= {stage.id: stage.label for stage in self.journey.stages}
        return labels.get(place) or place

    @property
    def over_limit(self) -> int:
        """Customers who are in their stage for longer than its limit."""
        return sum(row["over_limit"] for row in self.stages)

    def customers_in(self, *kinds: str) -> int:
        """Customers who are now in stages of these kinds."""
        kind = {stage.id: stage.kind for stage in self.journey.stages}
        return sum(row["customers"] for row in self.stages if kind[row["stage"]] in kinds)


def gather(
    journey: Journey, trace: Trace, health: Health | None, ledger: Ledger, title: str, say: Words
) -> Facts:
    """Reads off the trace what the report needs."""
    is_waiting = np.isnat(trace.signals["ceased"]) & np.isnat(trace.signals["answered"])
    return Facts(
        journey=journey,
        trace=trace,
        title=title,
        say=say,
        stages=tuple(time_in_stage(trace).rows()),
        taken=_taken(trace),
        health=health,
        waiting=_oldest(journey, trace.signals.select(is_waiting)),
        n_waiting=int(is_waiting.sum()),
        breaches=_summed(trace.breaches),
        ledger=ledger,
    )


def _taken(trace: Trace) -> tuple[int, ...]:
    via = trace.visits["via"]
    return tuple(np.bincount(via[via >= 0], minlength=len(trace.journey.transitions)).tolist())


def _oldest(journey: Journey, signals: Table) -> tuple[Waiting, ...]:
    severity = {signal.id: signal.severity for signal in journey.signals}
    order = np.argsort(signals["raised"], kind="stable")[:SHOWN]
    return tuple(
        Waiting(
            customer=row["customer"],
            signal=row["signal"],
            severity=severity[row["signal"]],
            raised=row["raised"],
        )
        for row in signals.select(order).rows()
    )


def _summed(breaches: Table) -> tuple[Breach, ...]:
    """Breaches by kind and place, the most frequent first."""
    kinds, places = breaches.categories("kind"), breaches.categories("place")
    key = breaches.codes("kind").astype(np.int64) * (len(places) + 1) + breaches.codes("place")
    found = []
    for group in np.unique(key):
        rows = key == group
        kind, place = divmod(int(group), len(places) + 1)
        found.append(
            Breach(
                kind=str(kinds[kind]),
                place=str(places[place]),
                count=int(rows.sum()),
                last=breaches["at"][rows].max(),
            )
        )
    return tuple(sorted(found, key=lambda breach: -breach.count))
