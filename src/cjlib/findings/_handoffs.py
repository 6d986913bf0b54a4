"""Where another owner takes over late, and what was missing when it did."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
import numpy as np

from ..data import Coded, Table
from ..journey import Transition
from ..scoring._survival import median_time
from ._chance import LEVEL, Share, corrected, share_of
from ._contract import Finding, Place, Test
from ._given import DAY_US, Given
from ._say import said
from ._stays import days_of

__all__ = ["Handoffs", "owner_pair"]


@attrs.frozen(kw_only=True)
class Handoffs:
    """Handoffs that outlast their deadline, and checklist items that are missing, by pair of owners.

    A handoff is judged once it could have outlasted its deadline, ended or not. An item is *missing* in
    a handoff that was abandoned without it, or that is past its deadline (without one: still open) and
    waits for it. Both shares are tested exactly against ``tolerated``. A handoff without a checklist leaves
    no rows in a trace and is not seen.

    Attributes:
        tolerated: the share of handoffs that may be late, or lack an item.

    >>> Handoffs(tolerated=0.05).name
    'handoffs'
    """

    tolerated: float = 0.1
    name: str = attrs.field(default="handoffs", init=False)
    needs: frozenset[str] = attrs.field(default=frozenset(), init=False)

    def detect(self, given: Given, /) -> Iterator[Finding]:
        """One finding per transition that is late, and one per item that is missing."""
        sides = [_Side(given, number) for number in np.unique(given.trace.handoffs["transition"]).tolist()]
        late = [(side, share) for side in sides if (share := side.late(self.tolerated)) is not None]
        items = [(side, item, side.missing(item, self.tolerated)) for side in sides for item in side.items]
        ps = corrected([share.p for _, share in late] + [share.p for *_, share in items])
        for (side, share), p in zip(late, ps, strict=False):
            if p <= LEVEL:
                yield _late(given, side, share, p, self.tolerated)
        for (side, item, share), p in zip(items, ps[len(late) :], strict=True):
            if p <= LEVEL:
                yield _missing(given, side, item, share, p, self.tolerated)


def owner_pair(given: Given, way: Transition) -> str:
    """Who hands over to whom, as ``source -> target``."""
    stages = {stage.id: stage for stage in given.journey.stages}
    handoff = way.handoff
    source = (handoff.source if handoff else None) or stages[way.source].owner or "?"
    target = (handoff.target if handoff else None) or stages[way.target].owner or "?"
    return f"{source} -> {target}"


def _named(given: Given, pair: str) -> str:
    """A pair of owners as people call them."""
    labels = {role.id: role.label or role.id for role in given.journey.roles}
    return " → ".join(labels.get(one, one) for one in pair.split(" -> "))


class _Side:
    """The handoffs of one transition: one row each, and one row per item of each."""

    def __init__(self, given: Given, transition: int) -> None:
        table = given.trace.handoffs
        self.rows = np.flatnonzero(table["transition"] == transition)
        self.way = given.journey.transitions[transition]
        self.pair = owner_pair(given, self.way)
        self.deadline = days_of(self.way.handoff.deadline if self.way.handoff else None)
        self.items = tuple(dict.fromkeys(table["item"][self.rows].tolist()))
        self.item = table["item"][self.rows]
        self.status = table["status"][self.rows]
        first_true = table["first_true"].view(np.int64)[self.rows]
        customer, number = table.codes("customer")[self.rows], table["number"][self.rows]
        started = table["started"].view(np.int64)[self.rows]
        _, first, self.of = np.unique(
            np.stack([customer.astype(np.int64), number]), axis=1, return_index=True, return_inverse=True
        )
        self.of = self.of.reshape(-1)  # (rows) the handoff of each
        self.customer = customer[first].astype(np.int64)
        self.started = started[first]
        self.outcome = table["outcome"][self.rows][first]
        ended = table["ended"].view(np.int64)[self.rows][first]
        self.is_over = self.outcome != "open"
        self.days = (np.where(self.is_over, ended, given.until) - self.started) / DAY_US
        self.followed = (given.until - self.started) / DAY_US
        waits = np.where(np.isin(self.status, ("passed", "waived")), first_true, np.iinfo(np.int64).min)
        latest = np.full(len(first), np.iinfo(np.int64).min)
        np.maximum.at(latest, self.of, waits)
        self.is_last = (waits == latest[self.of]) & (waits > self.started[self.of])

    def late(self, tolerated: float) -> Share | None:
        """The share of handoffs that outlasted the deadline, of those that could have."""
        could = self.followed > self.deadline
        return share_of(int(self.is_late.sum()), int(could.sum()), tolerated) if could.any() else None

    @property
    def is_late(self) -> Any:
        """(handoffs,) which outlasted the deadline."""
        return self.days > self.deadline

    def missing(self, item: str, tolerated: float) -> Share:
        """The share of handoffs in which an item was missing."""
        is_judged = self.is_judged
        return share_of(int((self.lacks(item) & is_judged).sum()), int(is_judged.sum()), tolerated)

    @property
    def is_judged(self) -> Any:
        """(handoffs,) which are over, or open for longer than they should be."""
        return self.is_over | (self.days > (0.0 if np.isnan(self.deadline) else self.deadline))

    def lacks(self, item: str) -> Any:
        """(handoffs,) in which an item has failed or is unknown."""
        lacking = np.zeros(len(self.customer), bool)
        is_bad = (self.item == item) & np.isin(self.status, ("failed", "unknown"))
        lacking[self.of[is_bad]] = True
        return lacking

    def place(self) -> Place:
        """The transition and the two owners."""
        return Place(transition=f"{self.way.source} -> {self.way.target}", role=self.pair)


def _late(given: Given, side: _Side, share: Share, p: float, tolerated: float) -> Finding:
    is_late = side.is_late
    excess = (side.days - side.deadline)[is_late]
    median, low, high = median_time(side.days, side.outcome == "ended")
    order = np.argsort(-excess, kind="stable")
    evidence = Table(
        {
            "customer": Coded(side.customer[is_late][order], given.trace.ids),
            "started": side.started[is_late][order].view("datetime64[us]"),
            "outcome": side.outcome[is_late][order],
            "days": side.days[is_late][order],
            "excess_days": excess[order],
        },
        name="late handoffs",
    )
    return Finding(
        kind="late handoff",
        place=side.place(),
        who=given.who(side.customer[is_late]),
        of=len(given.distinct(side.customer)),
        days=excess.sum(),
        money=given.money(side.customer[is_late], excess),
        estimate=median,
        low=low,
        high=high,
        unit="days",
        base=side.deadline,
        test=Test(name=f"binomial against {tolerated:g}", statistic=share.share, p=p),
        evidence=evidence,
        **said(
            "late handoff",
            late=int(is_late.sum()),
            of=int((side.followed > side.deadline).sum()),
            pair=_named(given, side.pair),
            share=share.share,
            deadline=side.deadline,
            median=median,
            abandoned=int((side.outcome == "abandoned").sum()),
        ),
    )


def _missing(given: Given, side: _Side, item: str, share: Share, p: float, tolerated: float) -> Finding:
    lacks = side.lacks(item) & side.is_judged
    is_item = side.item == item
    statuses, counts = np.unique(side.status[is_item].astype(str), return_counts=True)
    ended = side.outcome[side.of] == "ended"
    handoff = side.way.handoff
    meant = next((one for one in handoff.checklist if one.id == item), None) if handoff else None
    label = (meant.label if meant else "") or item
    return Finding(
        kind="missing item",
        place=side.place(),
        who=given.who(side.customer[lacks]),
        of=int(side.is_judged.sum()),
        per="handoffs",
        estimate=share.share,
        low=share.low,
        high=share.high,
        unit="share",
        base=tolerated,
        test=Test(name=f"binomial against {tolerated:g}", statistic=share.share, p=p),
        evidence=Table({"status": statuses.astype(object), "handoffs": counts}, name=item),
        **said(
            "missing item" if meant is None or meant.required else "missing optional item",
            item=label,
            missing=int(lacks.sum()),
            of=int(side.is_judged.sum()),
            pair=_named(given, side.pair),
            share=share.share,
            blocking=int((is_item & side.is_last & ended).sum()),
        ),
    )
