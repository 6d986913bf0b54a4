"""Retention by counts: contracts that are renewed or not, and purchases where nobody says goodbye."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import attrs
import numpy as np
from numpy.typing import NDArray

from ...errors import UnknownNameError, UsageError
from ...journey._metrics import Metric
from ..evaluation._outcomes import NAT, Outcomes, outcomes
from ._learning import Unfitted
from ._retention_bgnbd import PurchaseCounts
from ._retention_contracts import ContractCounts, FittedContracts
from ._retention_purchases import FittedPurchases
from ._retention_rows import LAST, PURCHASES, TENURE, days, histories, latest, length, metrics_of

if TYPE_CHECKING:
    from ...snapshots import Snapshot
    from ...trace import Trace

__all__ = ["RetentionScorer"]

Floats = NDArray[np.float64]

DAY_US = 86_400_000_000
MODELS = ("sbg", "bgnbd")


@attrs.frozen(kw_only=True)
class RetentionScorer(Unfitted):
    """A model of counts, to be fitted: who stays, told from nothing but when customers came, bought or left.

    ``sbg``, the shifted beta-geometric, is for contracts: at the end of every ``period`` a customer renews or
    is lost, each at a chance of its own. The risk is that the event comes within the horizon.

    ``bgnbd`` is for purchases where nobody says goodbye: customers buy at rates of their own, and after each
    purchase may leave for good without a word. The risk is that of **no purchase within the horizon**. It is
    not the chance to have left already, which ranks the wrong way: one who bought once has not left for sure.

    Sources: Fader and Hardie (2007), How to project customer retention; Fader, Hardie and Lee (2005),
    "Counting your customers" the easy way.

    Attributes:
        model: ``sbg`` or ``bgnbd``.
        horizon: how far ahead scores look; every other horizon can be had of the fitted scorer.
        event: what ends contracts, as for :func:`cjlib.scoring.outcomes`; churn if unsaid.
        period: how long a contract of ``sbg`` runs until it is renewed.
        tenure: the metric that tells how many days ago the customer began, or first bought.
        purchases: the metric of ``bgnbd`` that counts purchases.
        last: the metric of ``bgnbd`` that tells how many days ago the last one was.

    >>> sorted(RetentionScorer(model="bgnbd", horizon="90d").requires)
    ['days_since_purchase', 'purchases', 'tenure']
    """

    model: str = "bgnbd"
    horizon: str | timedelta = "90d"
    event: str | None = None
    period: str | timedelta | None = None
    tenure: str = TENURE
    purchases: str = PURCHASES
    last: str = LAST
    name: str = "retention"

    def __attrs_post_init__(self) -> None:
        if self.model not in MODELS:
            raise UnknownNameError("model of retention", self.model, MODELS)
        length(self.horizon)
        if self.model == "sbg":
            if self.period is None:
                raise UsageError("sbg needs period=, how long a contract runs, such as '30d' or '365d'")
            length(self.period)
        elif self.event is not None or self.period is not None:
            raise UsageError(
                "bgnbd foretells the next purchase and knows no contracts: leave out event= and period=, "
                "or take model='sbg'"
            )

    @property
    def requires(self) -> frozenset[str]:
        """The metrics that it reads."""
        return frozenset({self.tenure} if self.model == "sbg" else {self.tenure, self.purchases, self.last})

    @staticmethod
    def metrics_of(activity: str) -> tuple[Metric, ...]:
        """What ``bgnbd`` and a :class:`cjlib.scoring.SpendScorer` read, of the events of one activity.

        >>> [metric.id for metric in RetentionScorer.metrics_of("order")]
        ['purchases', 'days_since_purchase', 'tenure', 'spend', 'first_spend']
        """
        return metrics_of(activity)

    def fit(self, panel: Snapshot, trace: Trace | None = None) -> FittedContracts | FittedPurchases:
        """A scorer fitted on a panel: of purchases the last row of every customer, of contracts the first.

        Args:
            panel: the rows.
            trace: what came after them, for contracts; purchases need none.

        Raises:
            UsageError: if contracts come without a trace.
            DataError: if the counts cannot tell the parameters; it says what is missing.
        """
        if self.model == "bgnbd":
            x, recency, age = histories(latest(panel), self.purchases, self.last, self.tenure)
            known = ~np.isnan(x)
            return FittedPurchases.of(
                PurchaseCounts.of(x[known], recency[known], age[known]), horizon=self.horizon,
                tenure=self.tenure, purchases=self.purchases, last=self.last, name=self.name,
            )  # fmt: skip
        if trace is None:
            raise UsageError("sbg learns from contracts that ended: fit(panel, trace) needs the trace")
        assert self.period is not None
        found = outcomes(panel, trace, self.event)
        return FittedContracts.of(
            _contracts(panel, found, days(panel, self.tenure), length(self.period)), horizon=self.horizon,
            event=found.event, period=self.period, tenure=self.tenure, name=self.name,
        )  # fmt: skip


def _contracts(panel: Snapshot, found: Outcomes, begun: Floats, period: float) -> ContractCounts:
    """From the first row of every customer at risk to the event, or to the end of what was seen."""
    order = np.lexsort((found.start, panel.codes_of_customers))
    order = order[(found.at_risk & ~np.isnan(begun))[order]]
    owner = panel.codes_of_customers[order]
    rows = order[np.append(True, owner[1:] != owner[:-1])[: len(owner)]]
    is_lost = found.at[rows] != NAT
    until = np.where(is_lost, found.at[rows], found.until[rows])
    ended = (begun[rows] + (until - found.start[rows]) / DAY_US) / period
    return ContractCounts.of(
        _whole(begun[rows] / period), np.where(is_lost, _whole(-ended) * -1, _whole(ended)), is_lost
    )


def _whole(periods: Floats) -> NDArray[np.int64]:
    """(n,) how many are over; a rounding error before the end of one is its end."""
    return np.floor(periods + 1e-9).astype(np.int64)
