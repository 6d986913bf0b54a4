"""What the map shows and nobody lives, and what customers live and no map shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
import numpy as np

from ..data import Coded, Table
from ..journey import Journey, Touchpoint
from ..journey._definition import terms
from ._chance import LEVEL, corrected, share_of
from ._contacts import Contacts
from ._contract import Finding, Place, Test
from ._given import Given
from ._say import said
from ._stays import Stays, persona_codes

__all__ = ["Gaps", "named_activities"]

SHORT = 0.9  # of what is expected: what falls short by less is not worth telling


@attrs.frozen(kw_only=True)
class Gaps:
    """Touchpoints that are hardly ever lived, activities on no map, stages without a touchpoint.

    A touchpoint is held against its expected ``share`` (``expected`` where the journey says none) among the
    customers for whom it is and who have left one of its stages, by the exact binomial test: it is *unseen*
    if none of them had it, *rare* if too few had. An activity is *unmapped* if no touchpoint, criterion,
    metric or persona names it and at least ``least`` of the customers have it.

    Attributes:
        expected: the share of customers who have a touchpoint of which the journey does not say it.
        least: the share of customers from which on an unmapped activity is told.

    >>> sorted(Gaps().needs)
    ['log']
    """

    expected: float = 0.2
    least: float = 0.01
    name: str = attrs.field(default="gaps", init=False)
    needs: frozenset[str] = attrs.field(default=frozenset({"log"}), init=False)

    def detect(self, given: Given, /) -> Iterator[Finding]:
        """One finding per touchpoint, activity and stage that is one."""
        contacts = Contacts.of(given)
        yield from _touchpoints(contacts, Stays.of(given), self.expected)
        yield from _activities(contacts, self.least)
        yield from _stages(given)


def named_activities(journey: Journey) -> set[str]:
    """Every activity that the journey names in touchpoints, criteria, metrics and personas."""
    named = {activity for one in journey.touchpoints for activity in one.activities}
    named |= {term.name for _, term in terms(journey) if term.name is not None}
    named |= {activity for metric in journey.metrics for activity in metric.activities}
    return named | {activity for persona in journey.personas for activity in persona.triggers}


def _touchpoints(contacts: Contacts, stays: Stays, expected: float) -> Iterator[Finding]:
    given = contacts.given
    journey, n = given.journey, len(given.trace.ids)
    has = np.zeros((n, len(journey.touchpoints) + 1), bool)
    has[contacts.customer, contacts.touchpoint] = True
    asked = [number for number, one in enumerate(journey.touchpoints) if one.activities and one.stages]
    found = []
    for number in asked:
        touchpoint = journey.touchpoints[number]
        could = _could(given, stays, touchpoint)
        total, count = int(could.sum()), int((has[:, number] & could).sum())
        share = expected if touchpoint.share is None else touchpoint.share
        p = share_of(total - count, total, 1 - share).p if 0 < share < 1 else 1.0
        found.append((touchpoint, could & ~has[:, number], share_of(count, total), share, total, count, p))
    for (touchpoint, lacks, seen, share, total, count, _), p in zip(
        found, corrected([one[-1] for one in found]), strict=True
    ):
        if p <= LEVEL and seen.share <= SHORT * share:
            kind = "rare touchpoint" if count else "unseen touchpoint"
            yield Finding(
                kind=kind,
                place=Place(touchpoint=touchpoint.id),
                who=given.who(lacks),
                of=total,
                estimate=seen.share,
                low=seen.low,
                high=seen.high,
                unit="share",
                base=share,
                test=Test(name=f"binomial against {share:g}", statistic=seen.share, p=p),
                evidence=_activity_counts(contacts, touchpoint.activities),
                **said(kind, touchpoint=touchpoint.label or touchpoint.id, count=count, of=total,
                       seen=seen.share, share=share),
            )  # fmt: skip


def _could(given: Given, stays: Stays, touchpoint: Touchpoint) -> Any:
    """(n,) who has left one of the touchpoint's stages, and is one of those for whom it is."""
    journey = given.journey
    stages = [journey.stage_index[stage] for stage in touchpoint.stages]
    could = np.zeros(len(given.trace.ids), bool)
    could[stays.customer[stays.is_left & np.isin(stays.stage, stages)]] = True
    if touchpoint.personas:
        wanted = [i for i, persona in enumerate(journey.personas) if persona.id in touchpoint.personas]
        could &= np.isin(persona_codes(given), wanted)
    return could


def _activity_counts(contacts: Contacts, activities: tuple[str, ...]) -> Table:
    """How often each of the activities occurs at all."""
    counts = np.bincount(contacts.log.activity, minlength=len(contacts.log.activities))
    known = dict(zip(contacts.log.activities, counts.tolist(), strict=True))
    return Table(
        {
            "activity": Coded(np.arange(len(activities)), activities),
            "events": np.array([known.get(activity, 0) for activity in activities], np.int64),
        },
        name="activities",
    )


def _activities(contacts: Contacts, least: float) -> Iterator[Finding]:
    given, log = contacts.given, contacts.log
    named, of = named_activities(given.journey), len(given.trace)
    for code, activity in enumerate(log.activities):
        if activity in named:
            continue
        rows = np.flatnonzero(log.activity == code)
        who = given.who(contacts.customer[rows])
        if not len(rows) or len(who) < least * of:
            continue
        stages, counts = np.unique(contacts.stage[rows], return_counts=True)
        order = np.argsort(-counts, kind="stable")
        names = [stage.id for stage in given.journey.stages]
        yield Finding(
            kind="unmapped activity",
            place=Place(activity=activity),
            who=who,
            of=of,
            estimate=len(rows) / len(log),
            unit="share",
            evidence=Table({"stage": Coded(stages[order], names), "events": counts[order]}, name=activity),
            **said("unmapped activity", activity=activity, count=len(who), of=of, events=len(rows),
                   share=len(rows) / len(log)),
        )  # fmt: skip


def _stages(given: Given) -> Iterator[Finding]:
    with_one = {stage for one in given.journey.touchpoints for stage in one.stages}
    now = given.facts.stages_at(given.until)
    for number, stage in enumerate(given.journey.stages):
        if stage.id not in with_one and stage.kind != "lost":
            who = given.who(now == number)
            yield Finding(
                kind="stage without touchpoint",
                place=Place(stage=stage.id),
                who=who,
                of=len(given.trace),
                **said("stage without touchpoint", stage=stage.label or stage.id, count=len(who)),
            )
