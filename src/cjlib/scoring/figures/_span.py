"""A period of a journey, as it was known at the period's end: what figures are counted from."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ...data._ledger import LedgerEntry
from ...data._times import NAT
from ...errors import did_you_mean
from ...journey._journey import Journey
from ...journey._metrics import Metric, anchor_of
from ._by import Rows
from ._by_facts import Facts
from ._periods import Period

__all__ = ["LOST", "OURS", "Anchor", "Counted", "Span", "Untold"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

OURS = ("active", "won")  # the kinds of stage in which somebody is a customer
LOST = ("lost",)


class Untold(Exception):
    """A figure that cannot be computed; the text says what it needs."""


@attrs.frozen(eq=False, kw_only=True)
class Counted:
    """A figure before it is divided into groups: the sum of one column over the sum of another.

    Attributes:
        rows: what is counted.
        numerator: (k,) of each row.
        denominator: (k,) of each row.
        moment: when customers are looked at, to say in which group they are.
        method: of its interval: ``wilson``, ``tango``, ``ratio`` or none.
        scale: what the quotient is multiplied by.
        bounds: the lowest and the highest value that there can be.
        unit: of the value.
        notes: what was left out, and what is worth knowing.
    """

    rows: Rows
    numerator: Floats
    denominator: Floats
    moment: int
    method: str = "wilson"
    scale: float = 1.0
    bounds: tuple[float, float] = (0.0, 1.0)
    unit: str = ""
    notes: tuple[LedgerEntry, ...] = ()


@attrs.frozen(eq=False)
class Anchor:
    """When something happened: (m,) customers and times, sorted by both."""

    customers: Ints
    times: Ints


@attrs.frozen(eq=False, slots=False, kw_only=True)
class Span:
    """One period.

    Attributes:
        journey: the definition; a metric with the id of a figure says what that figure is computed from.
        facts: what was known at the end of the period.
        period: the period.
    """

    journey: Journey
    facts: Facts
    period: Period

    @property
    def n(self) -> int:
        """How many customers there may be."""
        return len(self.facts.ids)

    def metric(self, figure: str) -> Metric | None:
        """What the journey says the figure is computed from, if it does."""
        return next((one for one in self.journey.metrics if one.id == figure), None)

    def positions_of(self, kinds: tuple[str, ...]) -> Ints:
        """The positions of the stages of these kinds."""
        return np.array([i for i, one in enumerate(self.journey.stages) if one.kind in kinds], np.int64)

    def inside(self, kinds: tuple[str, ...], moment: int) -> Mask:
        """(n,) who is in a stage of these kinds at a moment."""
        return np.isin(self.facts.stages_at(moment), self.positions_of(kinds))

    @cached_property
    def before(self) -> Mask:
        """(n,) who is a customer when the period begins."""
        return self.inside(OURS, self.period.opening)

    @cached_property
    def after(self) -> Mask:
        """(n,) who is a customer when the period ends."""
        return self.inside(OURS, self.period.closing)

    @cached_property
    def won(self) -> Ints:
        """(n,) when each first became a customer: entered an active or won stage; NAT where not yet."""
        visits = self.facts.trace.visits
        entered = visits["entered"].view(np.int64)
        is_ours = np.isin(visits.codes("stage"), self.positions_of(OURS)) & (entered <= self.period.closing)
        customers, first = np.unique(visits.codes("customer")[is_ours], return_index=True)
        won = np.full(self.n, NAT, np.int64)
        won[customers] = entered[is_ours][first]
        return won

    def within(self, times: Ints, shift: int = 0) -> Mask:
        """Which times lie in the period, moved back by ``shift``; NAT does not."""
        return (times > self.period.opening - shift) & (times <= self.period.closing - shift)

    def events(self, figure: str, usual: str) -> Ints:
        """The positions in the log of the events that a figure is computed from, up to the period's end.

        Raises:
            Untold: if the journey's metric is computed from something else, or nothing such ever happened.
        """
        metric = self.metric(figure)
        if metric is not None and metric.source != "event":
            raise Untold(f"needs events, but metric {figure!r} of the journey is computed from others")
        if metric is None:
            return self._happened(usual, f"; a metric {figure!r} of the journey can name other events")
        if metric.touchpoint is not None:
            found = self._at_touchpoint(metric.touchpoint)
        elif metric.activity is not None:
            found = self._happened(metric.activity)
        else:
            found = np.arange(len(self.facts.log))
        return found if metric.channel is None else found[self._over(metric.channel)[found]]

    def _happened(self, activity: str, hint: str = "") -> Ints:
        log = self.facts.log
        code = log.activities.index(activity) if activity in log.activities else -1
        found = np.flatnonzero(log.activity == code)
        if not len(found):
            near = did_you_mean(activity, log.activities) if code < 0 else ""
            raise Untold(f"no event {activity!r} until then{near}{hint}")
        return found

    def _at_touchpoint(self, touchpoint: str) -> Ints:
        names = [one.id for one in self.journey.touchpoints]
        if touchpoint not in names:
            raise Untold(f"the journey has no touchpoint {touchpoint!r}{did_you_mean(touchpoint, names)}")
        wanted = self.journey.touchpoints[names.index(touchpoint)].activities
        log = self.facts.log
        codes = [code for code, activity in enumerate(log.activities) if activity in wanted]
        some = np.flatnonzero(np.isin(log.activity, codes))
        found: Ints = some[self.facts.touchpoints_of(some) == names.index(touchpoint)]
        if not len(found):
            raise Untold(f"no event at the touchpoint {touchpoint!r} until then")
        return found

    def _over(self, channel: str) -> Mask:
        log = self.facts.log
        code = log.channels.index(channel) if channel in log.channels else -2
        is_over: Mask = np.equal(-1 if log.channel is None else log.channel, np.full(len(log), code))
        return is_over

    def anchor(self, text: str) -> Anchor:
        """When something happened, for ``start`` and ``end`` of a metric, up to the period's end.

        Raises:
            Untold: if there is no such thing.
        """
        kind, name = anchor_of(text)
        if kind == "activity":
            found = self._happened(name)
            return Anchor(self.facts.owners(found), self.facts.log.time[found])
        if kind == "attribute":
            return self._dates(name)
        trace, column = self.facts.trace, {"milestone": "time", "stage": "entered"}[kind]
        table = trace.milestones if kind == "milestone" else trace.visits
        known = [str(one) for one in table.categories(kind)]
        if name not in known:
            raise Untold(f"the journey has no {kind} {name!r}{did_you_mean(name, known)}")
        is_meant = (table.codes(kind) == known.index(name)) & (
            table[column].view(np.int64) <= self.period.closing
        )
        return _sorted(table.codes("customer")[is_meant], table[column].view(np.int64)[is_meant])

    def _dates(self, name: str) -> Anchor:
        customers = self.facts.customers
        if customers is None or name not in customers.names:
            known = () if customers is None else customers.names
            raise Untold(f"no attribute {name!r} of the customers{did_you_mean(name, known)}")
        if self.facts.column(name).kind != "date":
            raise Untold(f"attribute {name!r} holds no dates")
        values = self.facts.values(name, self.period.closing)
        is_there = np.flatnonzero(values <= self.period.closing)
        return Anchor(is_there, values[is_there].astype(np.int64))


def _sorted(customers: Any, times: Ints) -> Anchor:
    order = np.lexsort((times, customers))
    return Anchor(customers[order].astype(np.int64), times[order])
