"""Who has gone quiet: a detector."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import numpy as np

from cjlib.findings import Finding, Given, Place

__all__ = ["Quiet"]

DAY_US = 86_400_000_000


@attrs.frozen(kw_only=True)
class Quiet:
    """One finding per stage in which customers have not done something for long.

    Attributes:
        activity: what they have not done.
        days: for how many days.
    """

    activity: str = "login"
    days: float = 30
    name: str = "acme-quiet"
    needs: frozenset[str] = frozenset({"log"})

    def detect(self, given: Given, /) -> Iterator[Finding]:
        """Customers who are in a stage now, and did it last before so many days, or never."""
        assert given.log is not None  # needs says so
        log, since = given.log, given.until - self.days * DAY_US
        name = np.array(log.activities, dtype=object) == self.activity
        is_recent = (log.time > since) & (log.time <= given.until) & name[log.activity]
        active = log.customers[np.unique(log.customer_codes()[is_recent])]
        for stage in given.journey.stages:
            if stage.kind == "lost":
                continue
            here = given.trace.customers(stage.id)
            quiet = [customer for customer in here.tolist() if customer not in set(active.tolist())]
            if quiet:
                yield Finding(
                    kind="quiet",
                    place=Place(stage=stage.id, activity=self.activity),
                    sentence=f"{len(quiet)} of {len(here)} customers in {stage.id} have not done "
                    f"{self.activity!r} for {self.days:g} days.",
                    who=quiet,
                    of=len(here),
                    estimate=len(quiet) / len(here),
                    unit="share",
                )
