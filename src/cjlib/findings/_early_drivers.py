"""Early habits that go with staying."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import attrs
import numpy as np

from ._chance import LEVEL
from ._contract import Finding, Place, Test
from ._drivers import drivers
from ._given import Given
from ._say import said

__all__ = ["EarlyDrivers"]


@attrs.frozen(kw_only=True)
class EarlyDrivers:
    """Activities that, done often enough in the first days, go with staying; the aha moment is among them.

    See :func:`cjlib.findings.drivers`, whose tests are corrected for all activities and doses. Of each
    activity the dose with the strongest association is told. It says what goes with what, not why.

    Attributes:
        early: how long the first days are.
        horizon: for how long after them a customer stays.
        points: the least difference worth telling.
        most: how many activities are told.

    >>> EarlyDrivers(most=3).name
    'drivers'
    """

    early: timedelta = timedelta(days=14)
    horizon: timedelta = timedelta(days=90)
    points: float = 0.1
    most: int = 5
    name: str = attrs.field(default="drivers", init=False)
    needs: frozenset[str] = attrs.field(default=frozenset({"log"}), init=False)

    def detect(self, given: Given, /) -> Iterator[Finding]:
        """One finding per activity, the strongest associations only."""
        if not len(given.trace.visits) or all(one.kind != "lost" for one in given.journey.stages):
            return
        table = drivers(given.trace, early=self.early, horizon=self.horizon)
        is_worth = table["is_candidate"] & (table["difference"] >= self.points) & (table["q"] <= LEVEL)
        told: set[str] = set()
        for row in np.flatnonzero(is_worth).tolist():
            activity = str(table["activity"][row])
            if activity in told or len(told) == self.most:
                continue
            told.add(activity)
            yield Finding(
                kind="driver", place=Place(activity=activity), who=list(table.customers(row)),
                of=int(table.asked["decided"]), estimate=table["difference"][row], low=table["low"][row],
                high=table["high"][row], unit="share", base=np.nan, association=True,
                test=Test(name="Fisher's exact", statistic=table["difference"][row], p=table["q"][row]),
                evidence=table.select(table["activity"] == activity),
                **said("driver", activity=activity, dose=int(table["at_least"][row]),
                       count=int(table["customers"][row]), early=self.early / timedelta(days=1),
                       share=table["share"][row], elsewhere=table["elsewhere"][row],
                       horizon=self.horizon / timedelta(days=1)),
            )  # fmt: skip
