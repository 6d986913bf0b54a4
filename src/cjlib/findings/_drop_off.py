"""Where more customers are lost than elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import numpy as np
from numpy.typing import NDArray

from ..data import Table
from ._chance import LEVEL, corrected, share_of, shares_differ
from ._contract import Finding, Place, Test
from ._given import Given
from ._say import said
from ._stays import Stays

__all__ = ["DropOff", "settled"]

Mask = NDArray[np.bool_]

SETTLED = 0.95  # by when this share of the finished visits had finished, a visit counts as settled


@attrs.frozen(kw_only=True)
class DropOff:
    """Stages that lose a larger share of their visits than the other stages do.

    Only visits that began long enough before the end of the replay are judged: as long as 95 % of the
    finished visits of the stage took. Who is still inside by then counts as not lost. The share is held
    against the pooled share of the other stages from which customers can be lost, by Fisher's exact test.
    ``money`` is a year's value of the customers who were lost.

    Attributes:
        least: by how much the share must exceed that of the others.

    >>> DropOff(least=1.5).needs
    frozenset()
    """

    least: float = 1.25
    name: str = attrs.field(default="drop_off", init=False)
    needs: frozenset[str] = attrs.field(default=frozenset(), init=False)

    def detect(self, given: Given, /) -> Iterator[Finding]:
        """One finding per stage that is one; none where only one stage can lose customers."""
        stays = Stays.of(given)
        judged = {number: settled(stays, number) for number in _leaky(given)}
        counts = {number: _counts(stays, *one) for number, one in judged.items()}
        counts = {number: count for number, count in counts.items() if count[1]}
        others = {number: _others(counts, number) for number in counts}
        asked = [number for number in counts if others[number][1]]
        ps = corrected([shares_differ(counts[n], others[n], is_greater=True) for n in asked])
        for number, p in zip(asked, ps, strict=True):
            (lost, of), (lost_else, of_else) = counts[number], others[number]
            if p <= LEVEL and lost / of >= self.least * lost_else / of_else:
                base, horizon = lost_else / of_else, judged[number][1]
                yield _finding(given, stays, number, counts[number], base, p, horizon)


def _leaky(given: Given) -> list[int]:
    """The stages from which a way leads to a lost one, themselves not lost."""
    stages = {stage.id: stage for stage in given.journey.stages}
    ways = {way.source for way in given.journey.transitions if stages[way.target].kind == "lost"}
    return [i for i, one in enumerate(given.journey.stages) if one.id in ways and one.kind != "lost"]


def settled(stays: Stays, number: int) -> tuple[Mask, float]:
    """Which visits to a stage have had the time to end, and how many days that is."""
    here = stays.stage == number
    ended = stays.days[here & stays.is_left]
    if not len(ended):
        return np.zeros(len(here), bool), np.nan
    horizon = float(np.quantile(ended, SETTLED, method="higher"))
    return here & (stays.followed >= horizon), horizon


def _counts(stays: Stays, is_in: Mask, horizon: float) -> tuple[int, int]:
    """How many were lost within the horizon, which all of them have had, and of how many."""
    return int((stays.is_lost & is_in & (stays.days <= horizon)).sum()), int(is_in.sum())


def _others(counts: dict[int, tuple[int, int]], number: int) -> tuple[int, int]:
    rest = [count for other, count in counts.items() if other != number]
    return sum(lost for lost, _ in rest), sum(of for _, of in rest)


def _finding(
    given: Given, stays: Stays, number: int, count: tuple[int, int], base: float, p: float, horizon: float
) -> Finding:
    stage = given.journey.stages[number]
    share = share_of(*count)
    lost = (stays.stage == number) & stays.is_lost
    who = given.who(stays.customer[lost])
    return Finding(
        kind="drop-off",
        place=Place(stage=stage.id),
        who=who,
        of=len(given.distinct(stays.customer[stays.stage == number])),
        money=given.money(given.distinct(stays.customer[lost])),
        estimate=share.share,
        low=share.low,
        high=share.high,
        unit="share",
        base=base,
        test=Test(name="Fisher's exact", statistic=share.share / base if base else np.inf, p=p),
        evidence=_ways(given, stays, number),
        **said(
            "drop-off",
            lost=count[0],
            of=count[1],
            stage=stage.label or stage.id,
            share=share.share,
            horizon=horizon,
            base=base,
            customers=len(who),
        ),
    )


def _ways(given: Given, stays: Stays, number: int) -> Table:
    """One row per way by which customers were lost from a stage, the widest first."""
    here = (stays.stage == number) & stays.is_lost
    via, counts = np.unique(stays.via[here], return_counts=True)
    order = np.argsort(-counts, kind="stable")
    ways = [given.journey.transitions[position] for position in via[order]]
    days = [float(np.median(stays.days[here & (stays.via == position)])) for position in via[order]]
    return Table(
        {
            "target": np.array([way.target for way in ways], object),
            "reason": np.array([way.reason for way in ways], object),
            "imposed": np.array([way.imposed for way in ways], bool),
            "visits": counts[order],
            "median_days": np.array(days, float),
        },
        name="ways out",
    )
