"""Where it makes a difference over which channel, or as which persona, one travels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ..data import Coded, Table
from ..scoring._survival import log_rank, median_time
from ._chance import LEVEL, corrected, ranks_differ, share_of, shares_differ
from ._contacts import Contacts, felt_metrics
from ._contract import Finding, Place, Test
from ._drop_off import settled
from ._given import Given
from ._say import said
from ._stays import Stays, persona_codes

__all__ = ["Inconsistencies", "first_channels"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@attrs.frozen(kw_only=True)
class Inconsistencies:
    """Durations, rates and satisfaction that differ between channels or personas.

    In each stage the group's visits are held against all others: durations (in stages with a target or a
    limit, where shorter is better) by the log-rank test, the share
    that went on (of visits that had the time to) by Fisher's exact test; at each touchpoint with a metric of
    satisfaction each customer's mean answer by the rank test of Mann and Whitney. All tests of one call are
    corrected together. A visit's channel is that of its first contact; an answer's channel is its own. What
    is worse is told, and only if the difference is worth telling. It says what goes with what, not why.

    Attributes:
        groups: by what: ``persona``, ``channel``, or both.
        least_visits: groups with fewer visits, or answers, are not looked at.
        slower: by what factor durations must differ.
        points: by how much rates must differ.
        above: how often an answer of the others must exceed one of the group; 0.5 is no difference.

    >>> Inconsistencies(groups=("persona",)).name
    'inconsistencies'
    """

    groups: tuple[str, ...] = ("persona", "channel")
    least_visits: int = 10
    slower: float = 1.25
    points: float = 0.05
    above: float = 0.58
    name: str = attrs.field(default="inconsistencies", init=False)
    needs: frozenset[str] = attrs.field(default=frozenset({"log"}), init=False)

    def detect(self, given: Given, /) -> Iterator[Finding]:
        """One finding per place, group and kind of difference."""
        stays, contacts = Stays.of(given), Contacts.of(given)
        found: list[tuple[Finding | None, float]] = []
        for group in self.groups:
            names, of_visits = _of_visits(given, stays, contacts, group)
            found += self._durations(stays, group, names, of_visits)
            found += self._rates(stays, group, names, of_visits)
            found += self._satisfaction(contacts, group, names)
        for (finding, _), p in zip(found, corrected([p for _, p in found]), strict=True):
            if finding is not None and finding.test is not None and p <= LEVEL:
                yield attrs.evolve(finding, test=attrs.evolve(finding.test, p=p))

    def _many(self, codes: Ints, rows: Mask) -> list[int]:
        """The groups that have enough of these rows."""
        counts = np.bincount(codes[rows & (codes >= 0)])
        return np.flatnonzero(counts >= self.least_visits).tolist()

    def _durations(self, stays: Stays, group: str, names: Any, codes: Ints) -> Iterator[Any]:
        for number, stage in enumerate(stays.given.journey.stages):
            if stage.target is None and stage.limit is None:
                continue
            here = (stays.stage == number) & (codes >= 0)
            many = self._many(codes, here)
            for code in many if len(many) > 1 else ():
                days, ended, mine = stays.days[here], stays.is_left[here], codes[here] == code
                test = log_rank(days, ended, mine.astype(np.int64))
                observed, expected = max(float(test.observed[1]), 0.5), float(test.expected[1])
                finding = None
                if expected >= self.slower * observed:
                    spent = days[mine] * (1 - observed / expected)
                    medians = [median_time(days[one], ended[one]) for one in (mine, ~mine)]
                    place = Place(stage=stage.id, **{group: names[code]})
                    chance = Test(name="log-rank", statistic=test.statistic, p=test.p)
                    finding = _slow(stays, place, here & (codes == code), spent, medians, chance)
                yield finding, test.p

    def _rates(self, stays: Stays, group: str, names: Any, codes: Ints) -> Iterator[Any]:
        for number, stage in enumerate(stays.given.journey.stages):
            is_settled, horizon = settled(stays, number)
            here = is_settled & (codes >= 0)
            many, went_on = self._many(codes, here), stays.is_forward & (stays.days <= horizon)
            if not (went_on & here).any():
                continue
            for code in many if len(many) > 1 else ():
                mine, others = here & (codes == code), here & (codes != code)
                counts = [(int((went_on & one).sum()), int(one.sum())) for one in (mine, others)]
                p = shares_differ(counts[0], counts[1])
                share, base = share_of(*counts[0]), counts[1][0] / counts[1][1]
                finding = None
                if base - share.share >= self.points:
                    missed = mine & ~went_on
                    place = Place(stage=stage.id, **{group: names[code]})
                    finding = Finding(
                        kind="uneven conversion", place=place, who=stays.given.who(stays.customer[missed]),
                        of=counts[0][1], per="visits", estimate=share.share, low=share.low, high=share.high,
                        unit="share", base=base, association=True,
                        test=Test(name="Fisher's exact", statistic=share.share - base, p=p),
                        evidence=_two(counts, str(names[code])),
                        **said("uneven conversion", stage=stage.label or stage.id, group=names[code],
                               share=share.share, base=base, count=counts[0][0], of=counts[0][1],
                               horizon=horizon),
                    )  # fmt: skip
                yield finding, p

    def _satisfaction(self, contacts: Contacts, group: str, names: Any) -> Iterator[Any]:
        given, log = contacts.given, contacts.log
        of_event = contacts.channel if group == "channel" else persona_codes(given)[contacts.customer]
        for touchpoint in given.journey.touchpoints:
            for metric in felt_metrics(given, touchpoint):
                rows = np.flatnonzero(contacts.answers(metric) & (of_event >= 0))
                who, codes, means = _means(contacts.customer[rows], of_event[rows], log.value, rows)
                many = self._many(codes, np.ones(len(codes), bool))
                for code in many if len(many) > 1 else ():
                    mine = codes == code
                    felt = -means if metric.direction == "down" else means
                    above, p = ranks_differ(felt, ~mine)
                    finding = None
                    if above >= self.above:
                        place = Place(touchpoint=touchpoint.id, **{group: names[code]})
                        medians = float(np.mean(means[mine])), float(np.mean(means[~mine]))
                        finding = Finding(
                            kind="uneven satisfaction", place=place, who=given.who(who[mine]),
                            of=len(given.distinct(who)), estimate=medians[0], base=medians[1], unit=metric.id,
                            association=True, test=Test(name="Mann-Whitney", statistic=1 - above, p=p),
                            evidence=Table({"customer": Coded(who[mine], given.trace.ids),
                                            "mean": means[mine]}, name=metric.id),
                            **said("uneven satisfaction", touchpoint=touchpoint.label or touchpoint.id,
                                   group=names[code], mean=medians[0], base=medians[1], above=above,
                                   answers=int(mine.sum())),
                        )  # fmt: skip
                    yield finding, p


def first_channels(contacts: Contacts, n_visits: int) -> Ints:
    """(n_visits,) the channel of the first contact of each visit that tells one, −1 where none does."""
    codes = np.full(n_visits, -1, np.int64)
    rows = np.flatnonzero((contacts.channel >= 0) & (contacts.visit >= 0))[::-1]
    codes[contacts.visit[rows]] = contacts.channel[rows]  # what is written last came first
    return codes


def _of_visits(given: Given, stays: Stays, contacts: Contacts, group: str) -> tuple[Any, Ints]:
    """The names of the groups, and (n_visits,) the group of each visit, −1 for none."""
    if group == "channel":
        return contacts.log.channels, first_channels(contacts, len(stays.stage))
    names = [persona.id for persona in given.journey.personas]
    return names, persona_codes(given)[stays.customer] if names else np.full(len(stays.stage), -1)


def _means(customer: Any, group: Any, value: Any, rows: Any) -> tuple[Ints, Ints, Floats]:
    """Of each customer and group: the customer, the group and the mean answer."""
    if not len(rows):
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    n = int(group.max()) + 1
    keys, places = np.unique(customer.astype(np.int64) * n + group, return_inverse=True)
    means = np.bincount(places, value[rows]) / np.bincount(places)
    return keys // n, keys % n, means


def _slow(stays: Stays, place: Place, mine: Mask, spent: Floats, medians: Any, test: Test) -> Finding:
    given = stays.given
    stage = given.journey.stage(str(place.stage))
    who, total = stays.customer[mine], stays.days[mine].sum()
    factor = total / (total - spent.sum())
    order = np.argsort(-stays.days[mine], kind="stable")
    rows = np.flatnonzero(mine)[order]
    return Finding(
        kind="uneven duration", place=place, who=given.who(who), of=len(given.trace),
        days=spent.sum(), money=given.money(who, spent), estimate=medians[0][0], low=medians[0][1],
        high=medians[0][2], unit="days", base=medians[1][0], association=True, test=test,
        evidence=Table({
            "customer": Coded(stays.customer[rows], given.trace.ids),
            "entered": given.trace.visits["entered"][rows],
            "left": given.trace.visits["left"][rows],
            "days": stays.days[rows],
        }, name="visits"),
        **said("uneven duration", stage=stage.label or stage.id, group=place.persona or place.channel,
               factor=factor,
               median=medians[0][0], base=medians[1][0], days=round(float(spent.sum()))),
    )  # fmt: skip


def _two(counts: Any, group: str) -> Table:
    """Both shares in figures."""
    return Table(
        {
            "group": np.array([group, "others"], object),
            "forward": np.array([count for count, _ in counts], np.int64),
            "visits": np.array([of for _, of in counts], np.int64),
        },
        name="conversion",
    )
