"""Where customers go back, go round, do things twice, or wait for nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ..data import Coded, Table
from ._chance import LEVEL, Share, corrected, ranks_differ, share_of
from ._contacts import Contacts
from ._contract import Finding, Place, Test
from ._given import DAY_US, Given
from ._say import said
from ._stays import Stays

__all__ = ["Friction"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@attrs.frozen(kw_only=True)
class Friction:
    """Regressions, loops, repeats, and silence before a handoff.

    * *regression*: a transition of kind ``regress`` that takes more than ``tolerated`` of finished visits;
    * *loop*: a stage to which more than ``tolerated`` of its customers were sent back twice or more, by ways
      of which at least one is a regress; a planned cycle of advances is no loop, nor is a return from a loss;
    * *repeat*: a human touchpoint that is usually lived once in a visit, and again within ``within`` by more
      than ``tolerated`` of its customers;
    * *wait*: handoffs before which the silence is at least twice that between other contacts of the
      stage, by a rank test.

    Without the log only the first two are looked for.

    Attributes:
        tolerated: the share of visits or customers that may.
        within: how soon a second time is a repeat.

    >>> Friction(tolerated=0.1).name
    'friction'
    """

    tolerated: float = 0.05
    within: timedelta = timedelta(days=7)
    name: str = attrs.field(default="friction", init=False)
    needs: frozenset[str] = attrs.field(default=frozenset(), init=False)

    def detect(self, given: Given, /) -> Iterator[Finding]:
        """Up to one finding per transition, stage and touchpoint."""
        stays = Stays.of(given)
        found = [*_regressions(stays, self.tolerated), *_loops(stays, self.tolerated)]
        if given.log is not None:
            contacts = Contacts.of(given)
            found += [*_repeats(contacts, self.tolerated, self.within), *_waits(contacts, stays)]
        ps = corrected([one.test.p for one in found if one.test is not None])
        for one, p in zip(found, ps, strict=True):
            if p <= LEVEL and one.test is not None:
                yield attrs.evolve(one, test=attrs.evolve(one.test, p=p))


def _regressions(stays: Stays, tolerated: float) -> Iterator[Finding]:
    journey = stays.given.journey
    for position, way in enumerate(journey.transitions):
        if way.kind != "regress":
            continue
        finished = (stays.stage == journey.stage_index[way.source]) & stays.is_left
        back = stays.via == position
        if not back.any():
            continue
        share = share_of(int(back.sum()), int(finished.sum()), tolerated)
        again = _next_visits(stays, back)
        yield _of_visits(
            stays, "regression", Place(transition=f"{way.source} -> {way.target}"), share, tolerated,
            who=stays.customer[back], of=int(finished.sum()), per="visits", again=again,
            stage=_label(stays, way.source), target=_label(stays, way.target), count=int(back.sum()),
        )  # fmt: skip


def _loops(stays: Stays, tolerated: float) -> Iterator[Finding]:
    """Returns to a stage since the last coming back from a loss, a regress among the ways since then."""
    returns = _returns(stays)
    for number, stage in enumerate(stays.given.journey.stages):
        here = stays.stage == number
        of = len(stays.given.distinct(stays.customer[here]))
        who = stays.given.distinct(stays.customer[here & (returns >= 2)])
        if not len(who):
            continue
        share = share_of(len(who), of, tolerated)
        yield _of_visits(
            stays, "loop", Place(stage=stage.id), share, tolerated, who=who, of=of, per="customers",
            again=here & (returns >= 1) & np.isin(stays.customer, who),
            stage=stage.label or stage.id, count=len(who),
        )  # fmt: skip


def _of_visits(
    stays: Stays, kind: str, place: Place, share: Share, tolerated: float, *, who: Ints, of: int, per: str,
    again: Mask, **facts: Any,
) -> Finding:  # fmt: skip
    """A finding about visits that were spent again."""
    given, rows = stays.given, np.flatnonzero(again)
    rows = rows[np.argsort(-stays.days[rows], kind="stable")]
    evidence = Table(
        {
            "customer": Coded(stays.customer[rows], given.trace.ids),
            "stage": Coded(stays.stage[rows], [stage.id for stage in given.journey.stages]),
            "entered": given.trace.visits["entered"][rows],
            "days": stays.days[rows],
        },
        name="visits spent again",
    )
    days = float(stays.days[rows].sum())
    return Finding(
        kind=kind, place=place, who=given.who(who), of=of, per=per, days=days,
        money=given.money(stays.customer[rows], stays.days[rows]),
        estimate=share.share, low=share.low, high=share.high, unit="share", base=tolerated,
        test=Test(name=f"binomial against {tolerated:g}", statistic=share.share, p=share.p),
        evidence=evidence, **said(kind, of=of, share=share.share, days=round(days), **facts),
    )  # fmt: skip


def _next_visits(stays: Stays, rows: Mask) -> Mask:
    """The visits that come right after these."""
    follows = np.zeros(len(rows), bool)
    follows[1:] = rows[:-1] & (stays.customer[1:] == stays.customer[:-1])
    return follows


def _returns(stays: Stays) -> Ints:
    """(n_visits,) how often the customer had been sent back to the stage by then, losses apart."""
    kinds = [way.kind for way in stays.given.journey.transitions]
    came = np.append(-1, stays.via[:-1]) if len(stays.via) else stays.via
    came = np.where(np.append(True, stays.customer[1:] != stays.customer[:-1])[: len(came)], -1, came)
    fresh = np.array([kind == "reenter" for kind in kinds] + [False])[came]
    is_back = np.array([kind == "regress" for kind in kinds] + [False])[came]
    epoch = np.cumsum(fresh | (came < 0))  # a new life begins with each customer and each coming back
    backs = np.cumsum(is_back)
    order = np.lexsort((np.arange(len(came)), stays.stage, epoch))
    same = np.zeros(len(came), bool)
    same[1:] = (epoch[order][1:] == epoch[order][:-1]) & (stays.stage[order][1:] == stays.stage[order][:-1])
    went_back = np.zeros(len(came), bool)
    went_back[1:] = same[1:] & (backs[order][1:] > backs[order][:-1])
    total = np.cumsum(went_back)
    start = np.maximum.accumulate(np.where(~same, np.arange(len(came)), 0)) if len(came) else total
    returns = np.empty(len(came), np.int64)
    returns[order] = total - total[start] if len(came) else total
    return returns


def _repeats(contacts: Contacts, tolerated: float, within: timedelta) -> Iterator[Finding]:
    given, touchpoints = contacts.given, contacts.given.journey.touchpoints
    again, _ = contacts.again(int(within.total_seconds() * 1e6))
    for number, touchpoint in enumerate(touchpoints):
        if touchpoint.mode != "human":
            continue
        here = np.flatnonzero((contacts.touchpoint == number) & (contacts.visit >= 0))
        if not len(here):
            continue
        per_visit = np.bincount(contacts.visit[here])
        per_visit = per_visit[per_visit > 0]
        rows = here[again[here]]
        if np.median(per_visit) > 1 or not len(rows):
            continue
        who = given.distinct(contacts.customer[rows])
        of = len(given.distinct(contacts.customer[here]))
        share = share_of(len(who), of, tolerated)
        effort = touchpoint.effort
        days = np.nan if effort is None else len(rows) * effort / timedelta(days=1)
        yield Finding(
            kind="repeat", place=Place(touchpoint=touchpoint.id), who=given.who(who), of=of,
            estimate=share.share, low=share.low, high=share.high, unit="share", base=tolerated,
            test=Test(name=f"binomial against {tolerated:g}", statistic=share.share, p=share.p),
            evidence=Table({
                "customer": Coded(contacts.customer[rows], given.trace.ids),
                "time": contacts.log.time[rows].view("datetime64[us]"),
                "row": contacts.log.row[rows],
                "effort_hours": np.full(len(rows), 24 * days / len(rows)),
            }, name="repeats"),
            **said("repeat", count=len(who), of=of, touchpoint=touchpoint.label or touchpoint.id,
                   within=within / timedelta(days=1), share=share.share),
        )  # fmt: skip


def _waits(contacts: Contacts, stays: Stays) -> Iterator[Finding]:
    """Handoffs before which the customer hears nothing for longer than between other contacts."""
    given, log = contacts.given, contacts.log
    if not len(log):
        return
    same = np.append(False, (contacts.customer[1:] == contacts.customer[:-1]))
    same[1:] &= (contacts.visit[1:] == contacts.visit[:-1]) & (contacts.visit[1:] >= 0)
    gaps = np.append(0.0, np.diff(log.time) / DAY_US)
    for position, way in enumerate(given.journey.transitions):
        if way.handoff is None:
            continue
        here = np.flatnonzero(same & (contacts.stage == given.journey.stage_index[way.source]))
        left_by = (stays.via == position)[contacts.visit[here]]
        before = left_by & (log.time[here] == stays.ends[contacts.visit[here]])
        before &= gaps[here] > 0
        if not before.any() or before.all():
            continue
        above, p = ranks_differ(gaps[here], before)
        waits, usual = gaps[here][before], float(np.median(gaps[here][~before]))
        median = float(np.median(waits))
        if above <= 0.5 or median < 2 * usual:
            p = 1.0
        extra = np.maximum(waits - usual, 0.0)
        customers = contacts.customer[here][before].astype(np.int64)
        yield Finding(
            kind="wait", place=Place(stage=way.source, transition=f"{way.source} -> {way.target}"),
            who=given.who(customers), of=int((stays.via == position).sum()), per="visits",
            days=extra.sum(), money=given.money(customers, extra), estimate=median, unit="days", base=usual,
            test=Test(name="Mann-Whitney", statistic=above, p=p),
            evidence=Table({
                "customer": Coded(customers, given.trace.ids),
                "time": log.time[here][before].view("datetime64[us]"),
                "days": waits,
            }, name="waits"),
            **said("wait", way=f"{_label(stays, way.source)} → {_label(stays, way.target)}",
                   stage=_label(stays, way.source), median=median, base=usual),
        )  # fmt: skip


def _label(stays: Stays, id: str) -> str:
    stage = stays.given.journey.stage(id)
    return stage.label or stage.id
