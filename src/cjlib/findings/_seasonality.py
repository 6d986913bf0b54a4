"""Seasons in which customers are lost more often."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import numpy as np

from ..errors import DataError, UsageError
from ._chance import LEVEL, corrected
from ._contract import Finding, Place, Test
from ._given import Given
from ._say import said
from ._seasons import seasons

__all__ = ["Seasonality"]


@attrs.frozen(kw_only=True)
class Seasonality:
    """Months and weekdays in which more customers are lost than the time that they spend explains.

    See :func:`cjlib.findings.seasons`. A month that was seen once only is not told: that is an incident.

    Attributes:
        units: of ``month``, ``quarter`` and ``weekday``, those to look at.
        least: by how much the rate must exceed that over all.

    >>> Seasonality(units=("month",)).name
    'seasonality'
    """

    units: tuple[str, ...] = ("month", "weekday")
    least: float = 1.25
    name: str = attrs.field(default="seasonality", init=False)
    needs: frozenset[str] = attrs.field(default=frozenset(), init=False)

    def detect(self, given: Given, /) -> Iterator[Finding]:
        """One finding per season with more losses."""
        if not len(given.trace.visits) or all(one.kind != "lost" for one in given.journey.stages):
            return
        try:
            tables = [(unit, seasons(given.trace, unit=unit)) for unit in self.units]
        except UsageError as error:  # nobody asked for these units: it is the data that they don't suit
            raise DataError(str(error)) from error
        rows = [
            (unit, table, row)
            for unit, table in tables
            for row in np.flatnonzero((table["periods"] > 1) & ~np.isnan(table["p"])).tolist()
        ]
        ps = corrected([float(table["p"][row]) for _, table, row in rows])
        for (unit, table, row), p in zip(rows, ps, strict=True):
            if p <= LEVEL and table["lift"][row] >= self.least:
                who = table.customers(row)
                yield Finding(
                    kind="season", place=Place(), who=list(who), of=len(given.trace),
                    money=given.money(np.flatnonzero(np.isin(given.trace.ids, who))),
                    estimate=table["rate"][row], low=table["low"][row], high=table["high"][row],
                    unit="lost per 30 days", base=table["base"][row], association=True,
                    test=Test(name="binomial", statistic=float(table["lift"][row]), p=p), evidence=table,
                    **said("season", season=table[unit][row], lift=table["lift"][row],
                           lost=int(table["lost"][row]), periods=int(table["periods"][row])),
                )  # fmt: skip
