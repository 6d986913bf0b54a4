"""What each channel does for each persona in each stage, and which contacts need not have been."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ..data import Coded, EventLog, Table
from ..journey import Journey
from ..scoring.figures._by_facts import Facts
from ..trace import Trace
from ._chance import LEVEL, corrected, share_of
from ._contacts import Contacts, followed_within, satisfaction_answers
from ._contract import Finding, Place, Test
from ._given import Given
from ._inconsistencies import first_channels
from ._say import said
from ._stays import Stays, persona_codes

__all__ = ["Channels", "channels"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


def channels(
    journey: Journey, trace: Trace, log: EventLog, *, within: timedelta = timedelta(days=7)
) -> Table:
    """What each channel does: one row per persona, stage and channel over which there was a contact.

    Args:
        journey: the definition.
        trace: its replay.
        log: the events that were replayed.
        within: for how long after a digital contact no human one may come for it to count as resolved.

    Returns:
        ``persona`` (None for none), ``stage``, ``channel``; ``customers`` who had a contact, ``of`` how many
        were in the stage, ``reach`` (their share); ``contacts``; ``visits`` that ended and began over this
        channel, ``forward`` of them, ``conversion``; ``answers`` and ``satisfaction`` (their mean, by the
        touchpoints' metrics); ``digital`` contacts that could have been followed, ``alone`` of them without a
        human contact within the span, ``without_human`` (their share); ``effort_hours`` of human time.

    Raises:
        UsageError: if the three do not belong together.

    >>> import cjlib as cj
    >>> shop = cj.template("ecommerce")
    >>> made = cj.simulate(shop, 200, seed=1, until="2026-01-01")
    >>> trace = cj.replay(shop, made.log, made.customers, until="2026-01-01")
    >>> found = cj.findings.channels(shop, trace, made.log)
    >>> bool((found["customers"] <= found["of"]).all())
    True
    """
    facts = Facts.of(journey, trace, log)
    given = Given(trace=trace, log=facts.log, facts=facts)
    contacts, stays, persona = Contacts.of(given), Stays.of(given), persona_codes(given)
    cells = _Cells(len(journey.personas) + 1, len(journey.stages), len(contacts.log.channels))
    rows = np.flatnonzero((contacts.channel >= 0) & (contacts.stage >= 0))
    who, channel = contacts.customer[rows], contacts.channel[rows].astype(np.int64)
    cell = cells.of(persona[who], contacts.stage[rows], channel)
    table: dict[str, Any] = {"contacts": cells.count(cell)}
    table["customers"] = cells.count(cells.distinct(cell, who))
    pairs = np.unique(np.stack([stays.customer, stays.stage]), axis=1)
    table["of"] = cells.spread(persona[pairs[0]], pairs[1])
    first = first_channels(contacts, len(stays.stage))
    ended = np.flatnonzero((first >= 0) & stays.is_left)
    began = cells.of(persona[stays.customer[ended]], stays.stage[ended], first[ended])
    table["visits"] = cells.count(began)
    table["forward"] = cells.count(began[stays.is_forward[ended]])
    answers, values = _answers(contacts)
    is_one = np.isin(rows, answers)
    table["answers"] = cells.count(cell[is_one])
    total = cells.sum(cell[is_one], values[np.searchsorted(answers, rows[is_one])] if len(answers) else [])
    digital, alone = _alone(contacts, rows, within)
    table["digital"] = cells.count(cell[digital])
    table["alone"] = cells.count(cell[digital & alone])
    effort = np.array([_hours(one.effort) for one in journey.touchpoints] + [0.0])
    table["effort_hours"] = cells.sum(cell, effort[contacts.touchpoint[rows]])
    return _table(journey, contacts.log, cells, table, total)


@attrs.frozen
class _Cells:
    """Persona × stage × channel, numbered; a customer of no persona stands in the last."""

    personas: int
    stages: int
    channels: int

    def of(self, persona: Ints, stage: Any, channel: Ints) -> Ints:
        own = np.where(persona < 0, self.personas - 1, persona)
        cell: Ints = (own * self.stages + stage) * self.channels + channel
        return cell

    @property
    def size(self) -> int:
        return self.personas * self.stages * self.channels

    def count(self, cell: Ints) -> Ints:
        return np.bincount(cell, minlength=self.size).astype(np.int64)

    def sum(self, cell: Ints, values: Any) -> Floats:
        return np.bincount(cell, np.asarray(values, float), minlength=self.size).astype(np.float64)

    def distinct(self, cell: Ints, who: Any) -> Ints:
        """Each cell once for each different customer in it."""
        n = int(who.max(initial=0)) + 1
        pairs: Ints = np.unique(cell * n + who)
        return pairs // n

    def spread(self, persona: Ints, stage: Ints) -> Ints:
        """The number of customers of a persona in a stage, for each channel."""
        own = np.where(persona < 0, self.personas - 1, persona)
        counts = np.bincount(own * self.stages + stage, minlength=self.personas * self.stages)
        return np.repeat(counts.astype(np.int64), self.channels)


def _table(journey: Journey, log: EventLog, cells: _Cells, table: dict[str, Any], total: Floats) -> Table:
    rows = np.flatnonzero(table["contacts"] > 0)
    persona, rest = np.divmod(rows, max(cells.stages * cells.channels, 1))
    stage, channel = np.divmod(rest, max(cells.channels, 1))
    picked = {name: column[rows] for name, column in table.items()}

    def ratio(part: str, whole: str) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            share: Floats = picked[part] / picked[whole].astype(float)
        return np.where(picked[whole] > 0, share, np.nan)

    with np.errstate(divide="ignore", invalid="ignore"):
        satisfaction = np.where(picked["answers"] > 0, total[rows] / picked["answers"], np.nan)
    return Table(
        {
            "persona": Coded(
                np.where(persona == cells.personas - 1, -1, persona), [one.id for one in journey.personas]
            ),
            "stage": Coded(stage, [one.id for one in journey.stages]),
            "channel": Coded(channel, log.channels),
            "customers": picked["customers"],
            "of": picked["of"],
            "reach": ratio("customers", "of"),
            "contacts": picked["contacts"],
            "visits": picked["visits"],
            "forward": picked["forward"],
            "conversion": ratio("forward", "visits"),
            "answers": picked["answers"],
            "satisfaction": satisfaction,
            "digital": picked["digital"],
            "alone": picked["alone"],
            "without_human": ratio("alone", "digital"),
            "effort_hours": picked["effort_hours"],
        },
        name="channels",
    )


def _answers(contacts: Contacts) -> tuple[Ints, Floats]:
    """The positions of the events that answer how a touchpoint was felt, ascending, and their values."""
    rows = np.flatnonzero(satisfaction_answers(contacts))
    return rows, np.zeros(0) if contacts.log.value is None else contacts.log.value[rows]


def _alone(contacts: Contacts, rows: Ints, within: timedelta) -> tuple[Mask, Mask]:
    """(k,) which contacts are digital and were seen for the span after; whether no human one came then."""
    modes = np.array([one.mode for one in contacts.given.journey.touchpoints] + [""])
    mode, span = modes[contacts.touchpoint], int(within.total_seconds() * 1e6)
    came = np.zeros(len(contacts.log), bool)
    followed_within(contacts.log.starts, contacts.log.time, mode == "human", span, came)
    is_digital = (mode[rows] == "digital") & (contacts.log.time[rows] + span <= contacts.given.until)
    return is_digital, ~came[rows]


def _hours(duration: timedelta | None) -> float:
    return 0.0 if duration is None else duration / timedelta(hours=1)


@attrs.frozen(kw_only=True)
class Channels:
    """Contacts that need not have been: in the wrong stage, or twice about the same.

    * *misplaced contact*: a human touchpoint that reaches customers in a stage where it does not lie, such as
      a sales call to an adopter, for more than ``tolerated`` of its contacts;
    * *repeated contact*: a human touchpoint that customers have again within ``within``, over another channel
      or with another person: the same problem explained twice, for more than ``tolerated`` of its customers.

    Attributes:
        tolerated: the share that may.
        within: how soon it is the same problem.

    >>> Channels(tolerated=0.1).name
    'channels'
    """

    tolerated: float = 0.05
    within: timedelta = timedelta(days=7)
    name: str = attrs.field(default="channels", init=False)
    needs: frozenset[str] = attrs.field(default=frozenset({"log"}), init=False)

    def detect(self, given: Given, /) -> Iterator[Finding]:
        """Up to two findings per human touchpoint."""
        contacts, touchpoints = Contacts.of(given), given.journey.touchpoints
        _, moved = contacts.again(int(self.within.total_seconds() * 1e6))
        found = []
        for number, touchpoint in enumerate(touchpoints):
            if touchpoint.mode == "human":
                here = (contacts.touchpoint == number) & (contacts.stage >= 0)
                found += [
                    self._misplaced(contacts, number, here),
                    self._repeated(contacts, number, here, moved),
                ]
        ps = corrected([one.test.p if one.test is not None else 1.0 for one in found])
        for one, p in zip(found, ps, strict=True):
            if p <= LEVEL and one.test is not None and len(one):
                yield attrs.evolve(one, test=attrs.evolve(one.test, p=p))

    def _misplaced(self, contacts: Contacts, number: int, here: Mask) -> Finding:
        journey, touchpoint = contacts.given.journey, contacts.given.journey.touchpoints[number]
        stages = [journey.stage_index[stage] for stage in touchpoint.stages]
        wrong = here & ~np.isin(contacts.stage, stages) if stages else np.zeros_like(here)
        worst = np.bincount(contacts.stage[wrong], minlength=len(journey.stages)).argmax()
        stage = journey.stages[int(worst)]
        finding = self._finding(
            contacts, "misplaced contact", number, wrong, int(wrong.sum()), int(here.sum())
        )
        words = self._words(contacts, number, finding, int(wrong.sum()), stage.label or stage.id)
        place = Place(touchpoint=touchpoint.id, stage=stage.id)
        return attrs.evolve(finding, place=place, per="contacts", **words)

    def _repeated(self, contacts: Contacts, number: int, here: Mask, moved: Mask) -> Finding:
        twice = here & moved
        count, of = (len(contacts.given.distinct(contacts.customer[rows])) for rows in (twice, here))
        finding = self._finding(contacts, "repeated contact", number, twice, count, of)
        return attrs.evolve(finding, **self._words(contacts, number, finding, int(twice.sum())))

    def _words(
        self, contacts: Contacts, number: int, finding: Finding, count: int, stage: str = ""
    ) -> Mapping[str, Any]:
        touchpoint = contacts.given.journey.touchpoints[number]
        return said(
            finding.kind,
            touchpoint=touchpoint.label or touchpoint.id,
            count=count,
            customers=len(finding),
            of=finding.of,
            share=finding.estimate,
            within=self.within / timedelta(days=1),
            stage=stage,
        )

    def _finding(
        self, contacts: Contacts, kind: str, number: int, rows: Mask, count: int, of: int
    ) -> Finding:
        given, log, touchpoint = contacts.given, contacts.log, contacts.given.journey.touchpoints[number]
        share, picked = share_of(count, of, self.tolerated), np.flatnonzero(rows)
        evidence = {
            "customer": Coded(contacts.customer[picked], given.trace.ids),
            "time": log.time[picked].view("datetime64[us]"),
            "stage": Coded(contacts.stage[picked], [stage.id for stage in given.journey.stages]),
            "channel": Coded(contacts.channel[picked], log.channels),
            "row": log.row[picked],
            "effort_hours": np.full(len(picked), _hours(touchpoint.effort)),
        }
        return Finding(
            kind=kind,
            place=Place(touchpoint=touchpoint.id),
            sentence="",
            who=given.who(contacts.customer[picked]),
            of=of,
            estimate=share.share,
            low=share.low,
            high=share.high,
            unit="share",
            base=self.tolerated,
            test=Test(name=f"binomial against {self.tolerated:g}", statistic=share.share, p=share.p),
            evidence=Table(evidence, name=kind),
        )
