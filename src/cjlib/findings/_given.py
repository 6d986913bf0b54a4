"""What a detector may look at."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ..data import Coded, EventLog
from ..errors import UsageError
from ..journey import Journey
from ..scoring import Scores
from ..scoring.figures._by import Groups
from ..scoring.figures._by_facts import Facts
from ..trace import Trace

__all__ = ["DAY_US", "Given"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

DAY_US = 86_400_000_000
YEAR_DAYS = 365.25


@attrs.frozen(eq=False, repr=False, kw_only=True, slots=False)
class Given:
    """The journey, the replay, and what else the caller gave; made by :func:`find`, read by detectors.

    Attributes:
        trace: the replay.
        log: the events that it read; None if not given.
        scores: a score per customer; None if not given.
        value: the attribute that says what a customer is worth in a year; None if not given.
        findings: what the detectors before this one found.
        facts: stages and touchpoints of events, attributes at a moment.
        groups: ``by=`` and ``where=``, read the same way by every answer.
        shared: what cjlib's own detectors compute once for all of them.
    """

    trace: Trace
    log: EventLog | None = None
    scores: Scores | None = None
    value: str | None = None
    findings: tuple[Any, ...] = ()
    facts: Facts = attrs.field()
    groups: Groups = attrs.field()
    shared: dict[str, Any] = attrs.field(factory=dict)

    @facts.default
    def _own_facts(self) -> Facts:
        return Facts.of(self.trace.journey, self.trace, self.trace._log)

    @groups.default
    def _own_groups(self) -> Groups:
        return Groups(self.facts)

    @property
    def journey(self) -> Journey:
        """The definition that was replayed."""
        return self.trace.journey

    @property
    def until(self) -> int:
        """The end of the replay in microseconds: nothing later is known."""
        return int(self.trace.until.astype("datetime64[us]").astype(np.int64))

    @cached_property
    def worth(self) -> Floats:
        """(n,) what each customer is worth in a year, at the end of the replay; NaN where unknown."""
        if self.value is None:
            return np.full(len(self.trace.ids), np.nan)
        if self.facts.column(self.value).kind != "number":
            kind = self.facts.column(self.value).kind
            raise UsageError(f"value={self.value!r}: an attribute with numbers was expected, not a {kind}")
        return self.facts.values(self.value, self.until)

    def money(self, customers: Ints, days: Floats | None = None) -> float:
        """What customers are worth in so many days of theirs, or in a year; NaN without ``value=``.

        Args:
            customers: (k,) positions in ``trace.ids``; one may come several times.
            days: (k,) how many days of each; None: a year.
        """
        worth = self.worth[customers]
        if self.value is None:
            return float("nan")
        return float(np.nansum(worth if days is None else worth * days / YEAR_DAYS))

    def who(self, customers: Any) -> Coded:
        """Customers, given by positions in ``trace.ids`` or a mask over it, as a finding holds them."""
        return Coded(self.distinct(customers), self.trace.ids)

    def distinct(self, customers: Any) -> Ints:
        """Each customer once, in order, given by positions in ``trace.ids`` or a mask over it."""
        chosen = np.asarray(customers)
        if chosen.dtype != bool:
            is_one = np.zeros(len(self.trace.ids), bool)
            is_one[chosen.astype(np.int64)] = True
            chosen = is_one
        return np.flatnonzero(chosen)
