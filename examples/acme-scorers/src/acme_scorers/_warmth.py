"""How warm a customer is: a score that looks at each customer alone."""

from __future__ import annotations

import attrs
import numpy as np

import cjlib as cj

__all__ = ["Warmth"]

BASE = 50.0


@attrs.frozen(kw_only=True)
class Warmth:
    """50 points, up to 50 more for use, up to 50 less for tickets; NaN where neither is known.

    Attributes:
        usual: as many logins as are worth all 50 points.
        cost: points that each ticket costs.

    >>> table = {"customer": ["a", "b"], "logins": [10, None], "tickets": [1, 2]}
    >>> scores = Warmth(usual=20, cost=5).score(cj.Snapshot.from_frame(table))
    >>> scores.values, scores.coverage
    (array([70., 40.]), array([1. , 0.5]))
    """

    usual: float = attrs.field(default=20.0, converter=float, validator=attrs.validators.gt(0))
    cost: float = attrs.field(default=5.0, converter=float, validator=attrs.validators.ge(0))
    name: str = "acme-warmth"

    @property
    def requires(self) -> frozenset[str]:
        """Both metrics."""
        return frozenset({"logins", "tickets"})

    def score(self, snapshot: cj.Snapshot, /) -> cj.Scores:
        """The points, and where they come from."""
        logins, tickets = snapshot["logins"], snapshot["tickets"]
        use = BASE * np.clip(logins / self.usual, 0, 1)
        trouble = -np.clip(tickets * self.cost, 0, BASE)
        is_known = ~np.isnan([use, trouble])
        nobody_knows = ~is_known.any(axis=0)
        parts = np.where(nobody_knows, np.nan, np.where(is_known, [use, trouble], 0.0))
        values = BASE + parts.sum(axis=0)
        return cj.Scores(
            values,
            scorer=self,
            snapshot=snapshot,
            base=BASE,
            parts={"logins": parts[0], "tickets": parts[1]},
            scale=(0, 100),
            coverage=is_known.mean(axis=0),
            low=np.where(is_known[1], values, values - BASE),
            high=np.where(is_known[0], values, values + BASE),
        )
