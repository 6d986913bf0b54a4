"""How many like this one left: a score that learns."""

from __future__ import annotations

import attrs
import numpy as np

import cjlib as cj
from cjlib.errors import DataError
from cjlib.scoring import outcomes

__all__ = ["FittedRates", "Rates"]


@attrs.frozen(kw_only=True)
class Rates:
    """The share of customers with as much of a metric who left within the horizon, to be learnt.

    Attributes:
        metric: of which metric.
        horizon: within which time.
        groups: into how many groups of equal size the rows are divided.
    """

    metric: str = "logins"
    horizon: str = "60d"
    groups: int = 5
    name: str = "acme-rates"

    @property
    def requires(self) -> frozenset[str]:
        """The metric."""
        return frozenset({self.metric})

    def fit(self, panel: cj.Snapshot, trace: cj.Trace) -> FittedRates:
        """A scorer that has learnt from the rows of a panel and from what came after.

        Raises:
            DataError: if there is no row of which it is known whether the customer left.
        """
        left = outcomes(panel, trace).within(self.horizon)
        values = panel[self.metric]
        is_row = ~np.isnan(left) & ~np.isnan(values)
        if not is_row.any():
            raise DataError(f"{self.name}: of no row is {self.metric!r} known and whether the customer left")
        edges = np.quantile(values[is_row], np.linspace(0, 1, self.groups + 1)[1:-1])
        group = np.searchsorted(edges, values[is_row], side="right")
        overall = left[is_row].mean()
        # One row more in each group, of the overall rate: small groups say little.
        count = np.bincount(group, minlength=self.groups) + 1
        rates = (np.bincount(group, left[is_row], self.groups) + overall) / count
        return FittedRates(learnt_by=self, edges=edges, rates=rates, overall=float(overall))


@attrs.frozen(kw_only=True, eq=False)
class FittedRates:
    """The rates that were learnt."""

    learnt_by: Rates
    edges: np.ndarray
    rates: np.ndarray
    overall: float

    @property
    def name(self) -> str:
        """As the scorer before it had learnt."""
        return self.learnt_by.name

    @property
    def requires(self) -> frozenset[str]:
        """The metric."""
        return self.learnt_by.requires

    def score(self, snapshot: cj.Snapshot, /) -> cj.Scores:
        """The rate of each row's group; of all where the metric is missing."""
        values = snapshot[self.learnt_by.metric]
        is_known = ~np.isnan(values)
        rates = self.rates[np.searchsorted(self.edges, np.where(is_known, values, 0.0), side="right")]
        return cj.Scores(
            np.where(is_known, rates, self.overall),
            scorer=self,
            snapshot=snapshot,
            scale=(0, 1),
            coverage=is_known.astype(float),
        )
