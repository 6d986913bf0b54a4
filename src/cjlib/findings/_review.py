"""Whether it is time to rethink the journey, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ..data import Coded, EventLog, Table, to_us
from ..errors import UsageError
from ..journey import Journey
from ..journey._metrics import KEY_FIGURES
from ..scoring._survival import log_rank, median_time
from ..scoring.figures._by_facts import Facts
from ..scoring.figures._kpis import kpis
from ..trace import Trace
from ._aims import aim_gaps
from ._chance import LEVEL, corrected, share_of, shares_differ
from ._contacts import Contacts
from ._contract import Finding, Findings, Place, Test, costliest_first
from ._drop_off import settled
from ._gaps import named_activities
from ._given import DAY_US, Given
from ._say import said
from ._stays import Stays

__all__ = ["review"]

Mask = NDArray[np.bool_]

SLOWER, POINTS, LEAST = 1.25, 0.05, 0.01  # what is less is not worth rethinking anything
PERIOD = "90d"  # over which key figures are held against their aims


def review(journey: Journey, trace: Trace, log: EventLog, *, since: Any = None) -> Findings:
    """Reasons to rethink the journey: what has become different since it was last held against reality.

    Visits, handoffs and signals that began before are held against those that began since: how many go on
    (Fisher's exact test), how long they last (log-rank; those of before as they were known then), how many
    outlast their limit, deadline or answer. All tests are corrected together; only differences worth telling
    are told. Besides: activities that are new and on no map, aims that are missed, and whether the review is
    overdue (``journey.review_every`` after ``journey.reviewed``).

    Args:
        journey: the definition.
        trace: its replay.
        log: the events that were replayed.
        since: when it was last reviewed; ``journey.reviewed`` if unsaid.

    Returns:
        Findings of the kinds ``drift in conversion``, ``drift in duration``, ``more breaches``, ``new
        activity``, ``aim missed`` and ``review overdue``.

    Raises:
        UsageError: if the three do not belong together, or no moment is known.

    >>> import cjlib as cj
    >>> shop = cj.template("ecommerce")
    >>> made = cj.simulate(shop, 300, seed=1, until="2026-01-01")
    >>> trace = cj.replay(shop, made.log, made.customers, until="2026-01-01")
    >>> reasons = cj.findings.review(shop, trace, made.log, since="2025-07-01")
    >>> reasons.detectors
    ('review',)
    """
    facts = Facts.of(journey, trace, log)
    given = Given(trace=trace, log=facts.log, facts=facts)
    last = since if since is not None else journey.reviewed
    if last is None:
        raise UsageError("review: when was the last one? Say since=, or reviewed in the journey")
    at = to_us(last)
    stays = Stays.of(given)
    tested: list[tuple[Finding | None, float]] = []
    for number in range(len(journey.stages)):
        tested += [*_conversion(stays, number, at), *_duration(stays, number, at)]
    tested += _breaches(given, stays, at)
    found = [
        attrs.evolve(one, test=attrs.evolve(one.test, p=p))
        for (one, _), p in zip(tested, corrected([p for _, p in tested]), strict=True)
        if one is not None and one.test is not None and p <= LEVEL
    ]
    found += [*_new_activities(given, at), *_aims(given), *_overdue(given)]
    return Findings(trace=trace, found=costliest_first(found), detectors=("review",))


def _conversion(stays: Stays, number: int, at: int) -> Iterator[tuple[Finding | None, float]]:
    """How many visits of a stage go on, before and since."""
    is_settled, horizon = settled(stays, number)
    went_on = stays.is_forward & (stays.days <= horizon)
    if not (is_settled & went_on).any():
        return
    length = int(horizon * DAY_US)
    before = is_settled & (stays.entered + length <= at)
    after = is_settled & (stays.entered >= at)
    counts = [(int((went_on & one).sum()), int(one.sum())) for one in (before, after)]
    if not counts[0][1] or not counts[1][1]:
        return
    p, share = shares_differ(*counts), share_of(*counts[1])
    base = counts[0][0] / counts[0][1]
    if abs(share.share - base) < POINTS:
        yield None, p
        return
    stage = stays.given.journey.stages[number]
    kind = "drift in conversion"
    yield Finding(
        kind=kind, place=Place(stage=stage.id), who=stays.given.who(stays.customer[after]),
        of=counts[1][1], per="visits", estimate=share.share, low=share.low, high=share.high, unit="share",
        base=base, association=True, test=Test(name="Fisher's exact", statistic=share.share - base, p=p),
        evidence=_both("forward", "visits", counts),
        **said(kind, stage=stage.label or stage.id, share=share.share, base=base, horizon=horizon,
               of=counts[1][1]),
    ), p  # fmt: skip


def _duration(stays: Stays, number: int, at: int) -> Iterator[tuple[Finding | None, float]]:
    """How long visits to a stage last, before and since; those of before as they were known then."""
    here = stays.stage == number
    early = stays.entered < at
    is_over = stays.is_left & ~(early & (stays.ends > at))
    days = np.where(early, np.minimum(stays.ends, at) - stays.entered, stays.ends - stays.entered) / DAY_US
    sides = [here & early, here & ~early]
    if not all((one & is_over).any() for one in sides):
        return
    test = log_rank(days[here], is_over[here], (~early[here]).astype(np.int64))
    medians = [median_time(days[one], is_over[one]) for one in sides]
    before, after = medians[0][0], medians[1][0]
    if not (after >= SLOWER * before or after * SLOWER <= before):
        yield None, test.p
        return
    stage, kind = stays.given.journey.stages[number], "drift in duration"
    table = Table(
        {
            "time": Coded(np.arange(2), ("before", "since")),
            "visits": np.array([one.sum() for one in sides]),
            "left": np.array([(one & is_over).sum() for one in sides]),
            "median_days": np.array([before, after]),
        },
        name="durations",
    )
    yield Finding(
        kind=kind, place=Place(stage=stage.id), who=stays.given.who(stays.customer[sides[1]]),
        of=int(sides[1].sum()), per="visits", estimate=after, low=medians[1][1], high=medians[1][2],
        unit="days", base=before, association=True, evidence=table,
        test=Test(name="log-rank", statistic=test.statistic, p=test.p),
        **said(kind, stage=stage.label or stage.id, median=after, base=before),
    ), test.p  # fmt: skip


def _breaches(given: Given, stays: Stays, at: int) -> Iterator[tuple[Finding | None, float]]:
    """Limits, deadlines and answers that are missed more often than before."""
    breaches, journey = given.trace.breaches, given.journey
    started = breaches["started"].view(np.int64)
    for kind, place, owners, begun, span in _promises(given, stays):
        is_one = (breaches["kind"] == kind) & (breaches["place"] == place)
        is_ripe = begun + span <= given.until  # what began later could not be missed yet
        before, after = is_ripe & (begun + span <= at), is_ripe & (begun >= at)
        late = is_one & (started + span <= given.until)
        missed = [int((late & (started + span <= at)).sum()), int((late & (started >= at)).sum())]
        counts = [(min(m, int(w.sum())), int(w.sum())) for m, w in zip(missed, (before, after), strict=True)]
        if not counts[0][1] or not counts[1][1]:
            continue
        p, share = shares_differ(counts[1], counts[0], is_greater=True), share_of(*counts[1])
        base = counts[0][0] / counts[0][1]
        if share.share - base < POINTS:
            yield None, p
            continue
        who = breaches.codes("customer")[late & (started >= at)]
        where = {"limit": "stage", "deadline": "transition"}.get(kind)
        yield Finding(
            kind="more breaches", place=Place(**{where: place}) if where else Place(), who=given.who(who),
            of=len(given.distinct(owners[after])), estimate=share.share, low=share.low, high=share.high,
            unit="share", base=base, association=True,
            test=Test(name="Fisher's exact", statistic=share.share - base, p=p),
            evidence=_both("missed", "begun", counts),
            **said("more breaches", what=kind, place=_label(journey, kind, place), share=share.share,
                   base=base, missed=counts[1][0], of=counts[1][1]),
        ), p  # fmt: skip


def _promises(given: Given, stays: Stays) -> Iterator[tuple[str, str, Any, Any, int]]:
    """Every limit, deadline and answer: its kind and place, who was promised it when, and for how long."""
    journey, trace = given.journey, given.trace
    for number, stage in enumerate(journey.stages):
        if stage.limit is not None:
            here = stays.stage == number
            yield "limit", stage.id, stays.customer[here], stays.entered[here], _us(stage.limit)
    handoffs = trace.handoffs
    for number, way in enumerate(journey.transitions):
        if way.handoff is not None and way.handoff.deadline is not None:
            rows = np.flatnonzero(handoffs["transition"] == number)
            keys = np.stack([handoffs.codes("customer")[rows], handoffs["number"][rows]])
            rows = rows[np.unique(keys, axis=1, return_index=True)[1]] if len(rows) else rows
            started = handoffs["started"].view(np.int64)[rows]
            owner = handoffs.codes("customer")[rows]
            yield "deadline", f"{way.source} -> {way.target}", owner, started, _us(way.handoff.deadline)
    for signal in journey.signals:
        if signal.within is not None and signal.response is not None:
            rows = np.flatnonzero(trace.signals["signal"] == signal.id)
            raised = trace.signals["raised"].view(np.int64)[rows]
            yield "answer", signal.id, trace.signals.codes("customer")[rows], raised, _us(signal.within)


def _new_activities(given: Given, at: int) -> Iterator[Finding]:
    contacts, named = Contacts.of(given), named_activities(given.journey)
    log = contacts.log
    first = np.full(len(log.activities), np.iinfo(np.int64).max)
    np.minimum.at(first, log.activity, log.time)
    active = len(given.distinct(contacts.customer[log.time >= at]))
    for code in np.flatnonzero((first >= at) & (first < np.iinfo(np.int64).max)):
        activity = log.activities[int(code)]
        rows = np.flatnonzero(log.activity == code)
        who = given.who(contacts.customer[rows])
        if activity in named or len(who) < LEAST * active:
            continue
        yield Finding(
            kind="new activity", place=Place(activity=activity), who=who, of=active,
            evidence=Table({"first": np.array([first[code]]).view("datetime64[us]"),
                            "events": np.array([len(rows)])}, name=activity),
            **said("new activity", activity=activity, count=len(who), of=active,
                   day=str(np.datetime64(int(first[code]), "us"))[:10]),
        )  # fmt: skip


def _aims(given: Given) -> Iterator[Finding]:
    """Aims that customers miss on average, and key figures that miss theirs."""
    gaps = aim_gaps(given)
    for gap, p in zip(gaps, corrected([gap.p for gap in gaps]), strict=True):
        if p <= LEVEL:
            yield Finding(
                kind="aim missed", place=gap.place, who=given.who(gap.who[gap.misses]), of=len(gap.who),
                estimate=gap.mean, low=gap.low, high=gap.high, unit=gap.metric, base=gap.aim,
                test=Test(name="t", statistic=gap.statistic, p=p),
                evidence=Table({"customer": Coded(gap.who, given.trace.ids), "value": gap.values},
                               name=gap.metric),
                **said("aim missed", metric=gap.metric, place=str(gap.place), mean=gap.mean, aim=gap.aim,
                       count=int(gap.misses.sum()), of=len(gap.who)),
            )  # fmt: skip
    yield from _key_figures(given)


def _key_figures(given: Given) -> Iterator[Finding]:
    measured = {metric.id for metric in given.journey.metrics}
    wanted = [
        one.metric for one in given.journey.aims if one.metric in KEY_FIGURES and one.metric not in measured
    ]
    if not wanted or given.log is None:
        return
    figures = kpis(given.journey, given.trace, given.log, period=PERIOD, figures=dict.fromkeys(wanted))
    for row in figures.table.rows():
        is_sure = row["high"] < row["aim"] or row["low"] > row["aim"]
        if row["is_met"] is False and is_sure:
            yield Finding(
                kind="aim missed", of=None if np.isnan(row["denominator"]) else int(row["denominator"]),
                estimate=row["value"], low=row["low"], high=row["high"], unit=row["figure"], base=row["aim"],
                evidence=figures[row["figure"]],
                **said("figure missed", figure=row["figure"], value=row["value"], aim=row["aim"],
                       period=row["period"]),
            )  # fmt: skip


def _overdue(given: Given) -> Iterator[Finding]:
    journey = given.journey
    if journey.reviewed is None or journey.review_every is None:
        return
    due = to_us(journey.reviewed) + _us(journey.review_every)
    if due < given.until:
        late = (given.until - due) / DAY_US
        yield Finding(
            kind="review overdue", estimate=late, unit="days", of=len(given.trace),
            **said("review overdue", day=str(journey.reviewed), late=late),
        )  # fmt: skip


def _both(part: str, whole: str, counts: list[tuple[int, int]]) -> Table:
    return Table(
        {
            "time": Coded(np.arange(2), ("before", "since")),
            part: np.array([count for count, _ in counts]),
            whole: np.array([of for _, of in counts]),
        },
        name=part,
    )


def _label(journey: Journey, kind: str, place: str) -> str:
    look: dict[str, Callable[[str], Any]] = {"limit": journey.stage, "answer": journey.signal}
    return (look[kind](place).label if kind in look else "") or place


def _us(duration: timedelta) -> int:
    return round(duration / timedelta(microseconds=1))
