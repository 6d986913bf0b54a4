"""Where customers wait longer than is fine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
import numpy as np

from ..data import Coded, Table
from ..scoring._survival import median_time
from ._chance import LEVEL, Share, corrected, share_of
from ._contract import Finding, Place, Test
from ._given import Given
from ._say import said
from ._stays import Stays

__all__ = ["Bottlenecks"]


@attrs.frozen(kw_only=True)
class Bottlenecks:
    """Stages that more visits outlast than may: days beyond the target, customers, value.

    A visit is judged once it *could* have outlasted its target (a persona's own target goes first), so that
    nobody is left out or counted early because the replay ends: among those visits the share of late ones is
    tested exactly against ``tolerated``. Medians are Kaplan–Meier estimates over all visits. ``days`` adds up
    the days beyond the target of all visits so far, ``money`` the value of these days.

    Attributes:
        tolerated: the share of visits that may outlast the target.

    >>> Bottlenecks(tolerated=0.2).name
    'bottlenecks'
    """

    tolerated: float = 0.5
    name: str = attrs.field(default="bottlenecks", init=False)
    needs: frozenset[str] = attrs.field(default=frozenset(), init=False)

    def detect(self, given: Given, /) -> Iterator[Finding]:
        """One finding per stage that is one."""
        stays = Stays.of(given)
        late = [self._late(stays, number) for number in range(len(given.journey.stages))]
        asked = [number for number, share in enumerate(late) if share is not None]
        ps = corrected([share.p for share in late if share is not None])
        for number, p in zip(asked, ps, strict=True):
            share = late[number]
            if p <= LEVEL and share is not None:
                yield _finding(given, stays, number, share, p, self.tolerated)

    def _late(self, stays: Stays, number: int) -> Share | None:
        """How many of the visits that could be late are; None where there is no target or no such visit."""
        could = (stays.stage == number) & (stays.followed > stays.targets)
        if not could.any():
            return None
        is_late = stays.days[could] > stays.targets[could]
        return share_of(int(is_late.sum()), len(is_late), self.tolerated)


def _finding(given: Given, stays: Stays, number: int, share: Share, p: float, tolerated: float) -> Finding:
    stage = given.journey.stages[number]
    here = stays.stage == number
    median, low, high = median_time(stays.days[here], stays.is_left[here])
    is_late = here & (stays.days > stays.targets)
    rows = np.flatnonzero(is_late)
    excess = stays.days[rows] - stays.targets[rows]
    could = int((here & (stays.followed > stays.targets)).sum())
    target = float(np.median(stays.targets[here & ~np.isnan(stays.targets)]))
    who = given.who(stays.customer[rows])
    return Finding(
        kind="bottleneck",
        place=Place(stage=stage.id),
        who=who,
        of=len(given.distinct(stays.customer[here])),
        days=excess.sum(),
        money=given.money(stays.customer[rows], excess),
        estimate=median,
        low=low,
        high=high,
        unit="days",
        base=target,
        test=Test(name=f"binomial against {tolerated:g}", statistic=share.share, p=p),
        evidence=_evidence(given, stays, rows, excess),
        **said(
            "bottleneck",
            late=len(rows),
            of=could,
            share=share.share,
            stage=stage.label or stage.id,
            target=target,
            median=median,
            customers=len(who),
            days=round(float(excess.sum())),
        ),
    )


def _evidence(given: Given, stays: Stays, rows: Any, excess: Any) -> Table:
    """The late visits, the latest first."""
    order = np.argsort(-excess, kind="stable")
    rows, visits = rows[order], given.trace.visits
    return Table(
        {
            "customer": Coded(stays.customer[rows], given.trace.ids),
            "number": visits["number"][rows],
            "entered": visits["entered"][rows],
            "left": visits["left"][rows],
            "days": stays.days[rows],
            "target_days": stays.targets[rows],
            "excess_days": excess[order],
        },
        name="late visits",
    )
