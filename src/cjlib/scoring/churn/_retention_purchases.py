"""Purchases foretold where nobody says goodbye, by a BG/NBD that was learnt."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ...errors import UsageError
from .._contract import Scores
from ._likelihood import Maximum
from ._retention_ahead import alive, expected_purchases, no_purchase
from ._retention_bgnbd import PurchaseCounts, fit_purchases
from ._retention_rows import SAME_END, alike, fingerprint_of, histories, length, limit_notes

if TYPE_CHECKING:
    from ...snapshots import Snapshot

__all__ = ["FittedPurchases"]

Floats = NDArray[np.float64]

YEAR = 365.0
INSTALMENT = 30.0  # days for which spend is put together when it is discounted
LIMITS = {
    "r high": "all buy at much the same rate", "alpha high": "all buy at much the same rate",
    "r low": "nearly all buy hardly ever", "a low": "nobody leaves", "a high": SAME_END, "b high": SAME_END,
    "b low": "all leave after the first repeat, or not at all",
}  # fmt: skip


@attrs.frozen(eq=False, kw_only=True, repr=False)
class FittedPurchases:
    """A BG/NBD that was learnt; made by :meth:`RetentionScorer.fit`.

    Attributes:
        horizon: how far ahead ``score`` looks.
        tenure: the metric that tells how many days ago the customer first bought.
        purchases: the metric that counts purchases.
        last: the metric that tells how many days ago the last one was.
        counts: purchase histories, in days.
        fit: r, α (in days), a and b, their standard errors, the log-likelihood.
        notes: what is worth saying about the fit.
    """

    horizon: str | timedelta
    tenure: str
    purchases: str
    last: str
    counts: PurchaseCounts
    fit: Maximum
    notes: tuple[str, ...]
    name: str

    @classmethod
    def of(cls, counts: PurchaseCounts, **settings: Any) -> FittedPurchases:
        """The fit on counts."""
        fit = fit_purchases(counts)
        return cls(counts=counts, fit=fit, notes=limit_notes(fit, "r alpha a b", LIMITS), **settings)

    def merge(self, other: FittedPurchases) -> FittedPurchases:
        """The fit on the customers of both; no customer stands in two of them.

        Raises:
            UsageError: if the other was learnt for something else.
        """
        return self.of(self.counts + other.counts, **alike(self, other))

    def __repr__(self) -> str:
        r, alpha, a, b = self.fit.parameters
        return f"<FittedPurchases: r {r:.3f}, alpha {alpha:.1f} days, a {a:.3f}, b {b:.3f}>"

    @property
    def requires(self) -> frozenset[str]:
        """The metrics that it reads."""
        return frozenset({self.tenure, self.purchases, self.last})

    @property
    def fingerprint(self) -> str:
        """A hash of what was learnt."""
        return fingerprint_of(self)

    def score(self, snapshot: Snapshot, /) -> Scores:
        """The probability of no purchase within the horizon; see `within`."""
        return self.within(snapshot, self.horizon)

    def within(self, snapshot: Snapshot, horizon: Any) -> Scores:
        """The probability of no purchase within any horizon, in two parts.

        ``@left``: that the customer has left already; ``@pauses``: that it is still one and buys later. Who
        never bought cannot be judged (NaN).
        """
        x, recency, age = self._histories(snapshot)
        here = alive(self.fit.parameters, x, recency, age)
        parts = {
            "@left": 1 - here,
            "@pauses": here * no_purchase(self.fit.parameters, x, age, length(horizon)),
        }
        return Scores(
            np.clip(parts["@left"] + parts["@pauses"], 0.0, 1.0), scorer=self, snapshot=snapshot,
            scale=(0.0, 1.0), parts=parts, coverage=(~np.isnan(x)).astype(np.float64),
        )  # fmt: skip

    def survival(self, snapshot: Snapshot, horizons: Iterable[Any]) -> Floats:
        """(n, horizons) the probability of no purchase up to then; it never rises with the horizon."""
        return np.column_stack([self.within(snapshot, horizon).values for horizon in horizons])

    def alive(self, snapshot: Snapshot) -> Floats:
        """(n,) the probability that the customer has not left: 1 for who bought once, so no risk at all."""
        x, recency, age = self._histories(snapshot)
        return np.where(np.isnan(x), np.nan, alive(self.fit.parameters, x, recency, age))

    def expected_purchases(self, snapshot: Snapshot, horizon: Any) -> Floats:
        """(n,) how many purchases are to be expected within the horizon; NaN for who never bought."""
        x, recency, age = self._histories(snapshot)
        return self._expected(x, recency, age, length(horizon))

    def expected_value(
        self, snapshot: Snapshot, spend: Any, horizon: Any, *, margin: float = 1.0, discount: float = 0.0
    ) -> Floats:
        """(n,) what the coming purchases are worth today: customer lifetime value within the horizon.

        Args:
            snapshot: the rows.
            spend: what one purchase is worth, (n,), or the scores of a :class:`cjlib.scoring.FittedSpend`.
            horizon: how far ahead.
            margin: the share of the spend that stays.
            discount: per year; purchases count in instalments of 30 days, discounted to the end of each.

        Raises:
            UsageError: if the spend is not one number per row, or margin or discount make no sense.
        """
        each = np.asarray(spend.values if isinstance(spend, Scores) else spend, np.float64)
        if each.shape not in ((), (len(snapshot),)):
            raise UsageError(f"spend is one number per row ({len(snapshot):,}), not of shape {each.shape}")
        if not 0 <= margin < np.inf or not 0 <= discount < np.inf:
            raise UsageError(f"margin and discount are at least 0, not {margin!r:.40} and {discount!r:.40}")
        x, recency, age = self._histories(snapshot)
        end = length(horizon)
        ends = np.append(np.arange(INSTALMENT, end, INSTALMENT), end) if discount else np.array([end])
        worth, before = np.zeros(len(snapshot)), np.zeros(len(snapshot))
        for until in ends.tolist():
            so_far = self._expected(x, recency, age, until)
            worth += (so_far - before) * (1 + discount) ** (-until / YEAR)
            before = so_far
        found: Floats = worth * each * margin
        return found

    def _expected(self, x: Floats, recency: Floats, age: Floats, ahead: float) -> Floats:
        known = ~np.isnan(x)
        found = np.full(len(x), np.nan)
        found[known] = expected_purchases(self.fit.parameters, x[known], recency[known], age[known], ahead)
        return found

    def _histories(self, snapshot: Snapshot) -> tuple[Floats, Floats, Floats]:
        return histories(snapshot, self.purchases, self.last, self.tenure)
