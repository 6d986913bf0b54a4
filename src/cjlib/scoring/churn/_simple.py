"""The two simplest forecasts: everybody has the same chance; who was not seen for long has more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np
from numpy.typing import NDArray

from ...errors import DataError
from .._checks import inverse
from .._contract import Scores
from ._calibration import Platt, platt_of
from ._learning import Decided

if TYPE_CHECKING:
    from ...snapshots import Snapshot

__all__ = ["Prior", "Recency", "days_since_seen", "prior_of", "recency_of"]

Floats = NDArray[np.float64]

RECENCY = "days since last seen"


@attrs.frozen(kw_only=True)
class Prior:
    """The same chance for everybody."""

    rate: float
    name: str = "prior"
    requires: frozenset[str] = frozenset()

    def score(self, snapshot: Snapshot, /) -> Scores:
        """The rate at which the event came so far, for every row."""
        said = np.full(len(snapshot), self.rate)
        base = float(np.log(self.rate) - np.log1p(-self.rate))
        parts = np.zeros((len(snapshot), 0))
        return Scores(
            said, scorer=self, snapshot=snapshot, parts=parts, part_names=(), base=base, link="logit"
        )


@attrs.frozen(kw_only=True)
class Recency:
    """A chance that depends on nothing but how long ago a customer was last seen.

    Attributes:
        line: from the logarithm of one plus the days to log-odds.
        rate: where it cannot be said.
        metrics: whose newest evidence says when a customer was seen.
    """

    line: Platt
    rate: float
    metrics: tuple[str, ...]
    name: str = "recency"

    @property
    def requires(self) -> frozenset[str]:
        """The metrics whose evidence it looks at."""
        return frozenset(self.metrics)

    def score(self, snapshot: Snapshot, /) -> Scores:
        """The chance by recency; the rate of all where nothing is known of a customer."""
        base = float(np.log(self.rate) - np.log1p(-self.rate))
        seen = days_since_seen(snapshot, self.metrics)
        part = np.nan_to_num(self.line.level + self.line.slope * np.log1p(seen) - base)
        return Scores(
            inverse(base + part, "logit"), scorer=self, snapshot=snapshot, parts={RECENCY: part},
            base=base, link="logit",
        )  # fmt: skip


def prior_of(found: Decided) -> Prior:
    """The rate of events, kept away from 0 and 1 by half an event (Jeffreys' prior)."""
    return Prior(rate=float((found.happened.sum() + 0.5) / (len(found.happened) + 1)))


def recency_of(panel: Snapshot, found: Decided, metrics: tuple[str, ...]) -> Recency:
    """The line that makes what came likeliest.

    Raises:
        DataError: if the panel does not tell of anybody when they were last seen.
    """
    seen = days_since_seen(panel.select(found.rows), metrics)
    is_known = ~np.isnan(seen)
    if len(np.unique(found.happened[is_known])) < 2:
        raise DataError("the panel does not tell how old its evidence is, so recency can't be learnt")
    line = platt_of(np.log1p(seen[is_known]), found.happened[is_known])
    return Recency(line=line, rate=prior_of(found).rate, metrics=metrics)


def days_since_seen(snapshot: Snapshot, metrics: tuple[str, ...]) -> Floats:
    """(n,) days since the newest evidence of any metric that rests on events; NaN where there is none."""
    newest = np.full(len(snapshot), np.nan)
    for name in metrics:
        newest = np.fmin(newest, snapshot.evidence_age(name))
    return newest
