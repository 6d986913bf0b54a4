"""Who stays, leaves, buys again, gives up, and gets going."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...data._ledger import LedgerEntry
from ...data._times import MICROSECOND, NAT
from ...journey._metrics import Metric
from ._by import Rows
from ._by_facts import first_not_before
from ._span import LOST, Anchor, Counted, Span, Untold

__all__ = ["abandonment", "activation", "churn", "cross_sell", "repurchase", "retention"]

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

PROSPECT = ("prospect",)
BACKWARDS = ("regress", "exit")


def retention(span: Span) -> Counted:
    """Of those who were customers at the start of the period, the share who are at its end."""
    _check_lost(span)
    customers = np.flatnonzero(span.before)
    return _of_customers(span, customers, span.after[customers], span.period.opening)


def churn(span: Span) -> Counted:
    """Of those who were customers at the start of the period, the share who are lost at its end."""
    _check_lost(span)
    customers = np.flatnonzero(span.before)
    is_lost = span.inside(LOST, span.period.closing)[customers]
    return _of_customers(span, customers, is_lost, span.period.opening)


def _check_lost(span: Span) -> None:
    if not len(span.positions_of(LOST)):
        raise Untold("needs a stage of kind 'lost', which is what leaving means")


def repurchase(span: Span) -> Counted:
    """Of those who bought in the period, the share for whom it was not the only time so far."""
    found = span.events("repurchase", "purchase")
    owners = span.facts.owners(found)
    ever = np.bincount(owners, minlength=span.n)
    now = np.bincount(owners[span.within(span.facts.log.time[found])], minlength=span.n)
    customers = np.flatnonzero(now)
    return _of_customers(span, customers, ever[customers] >= 2, span.period.closing)


def cross_sell(span: Span) -> Counted:
    """Of those who were customers at the start of the period, the share who took something more in it."""
    metric, customers = span.metric("cross_sell"), np.flatnonzero(span.before)
    if metric is not None and metric.source == "attribute":
        grew, notes = _grown(span, str(metric.attribute), customers)
        is_known = grew >= 0
        return _of_customers(span, customers[is_known], grew[is_known] == 1, span.period.opening, notes)
    found = span.events("cross_sell", "cross_sell")
    took = np.zeros(span.n, bool)
    took[span.facts.owners(found[span.within(span.facts.log.time[found])])] = True
    return _of_customers(span, customers, took[customers], span.period.opening)


def _grown(span: Span, attribute: str, customers: Ints) -> tuple[Ints, tuple[LedgerEntry, ...]]:
    """1 where a number, or the size of a set, is larger at the end than at the start; -1 where unknown."""
    known = () if span.facts.customers is None else span.facts.customers.names
    if attribute not in known:
        raise Untold(f"needs the attribute {attribute!r}, which the customers do not have")
    column = span.facts.column(attribute)
    if column.kind not in ("number", "set"):
        raise Untold(f"needs a number or a set; attribute {attribute!r} is a {column.kind}")
    moments = (span.period.opening, span.period.closing)
    start, end = (span.facts.values(attribute, moment)[customers] for moment in moments)
    if column.kind == "set":
        sizes = np.append([float(len(one)) for one in column.categories], np.nan)
        start, end = (sizes[np.where(np.isnan(one), -1, one).astype(np.int64)] for one in (start, end))
    unknown = np.isnan(start) | np.isnan(end)
    count = int(np.count_nonzero(unknown))
    detail = f"cross_sell in {span.period.name}: left out, {attribute!r} is unknown at its start or end"
    notes = (LedgerEntry("customers of whom it cannot be said", count, (), detail),) if count else ()
    return np.where(unknown, -1, end > start), notes


def abandonment(span: Span) -> Counted:
    """Of the stays in prospect stages that ended in the period, the share that ended backwards.

    With a metric of a start and an end: of what was started in the period, the share without an end.
    """
    metric = span.metric("abandonment")
    if metric is not None and metric.source == "elapsed":
        starts, is_done = _pairs(span, metric)
        rows = Rows(customers=starts.customers)
        return _counted(rows, ~is_done, span.period.closing)
    prospects = span.positions_of(PROSPECT)
    if not len(prospects):
        raise Untold("needs a stage of kind 'prospect', or a metric 'abandonment' with start and end")
    visits = span.facts.trace.visits
    stages, via = visits.codes("stage"), visits["via"]
    is_over = np.isin(stages, prospects) & span.within(visits["left"].view(np.int64))
    lost = {span.journey.stages[place].id for place in span.positions_of(LOST)}
    is_back = np.array([one.kind in BACKWARDS or one.target in lost for one in span.journey.transitions])
    rows = Rows(customers=visits.codes("customer")[is_over].astype(np.int64), stages=stages[is_over])
    return _counted(rows, is_back[via[is_over]] if len(is_back) else np.zeros(0, bool), span.period.closing)


def activation(span: Span) -> Counted:
    """Of those who became customers in the period, the share who have reached the aha moment by its end.

    The aha moment is the first milestone whose value step is ``realised``, else the one called ``aha``; a
    metric ``activation`` may name start and end. With a window, those count whose time to do so ends in the
    period.
    """
    metric = span.metric("activation")
    if metric is not None and metric.source == "elapsed":
        starts, is_done = _pairs(span, metric, only_first=True)
        return _counted(Rows(customers=starts.customers), is_done, span.period.closing)
    milestones = span.journey.milestones
    realised = [one.id for one in milestones if one.value_step == "realised"]
    named = realised or [one.id for one in milestones if one.id == "aha"]
    if not named:
        raise Untold("needs a milestone whose value step is 'realised', or a metric 'activation'")
    reached = span.anchor(f"milestone:{named[0]}")
    customers = np.flatnonzero(span.within(span.won))
    return _of_customers(span, customers, np.isin(customers, reached.customers), span.period.closing)


def _pairs(span: Span, metric: Metric, *, only_first: bool = False) -> tuple[Anchor, Mask]:
    """The starts of the period, and which of them were followed by an end in time.

    With a window, the starts whose window is over in the period; else those in the period, up to its end. A
    milestone or a date comes once, so it counts even if it came before the start.
    """
    starts, ends = span.anchor(str(metric.start)), span.anchor(str(metric.end))
    window = 0 if metric.window is None else metric.window // MICROSECOND
    if only_first:
        customers, first = np.unique(starts.customers, return_index=True)
        starts = Anchor(customers, starts.times[first])
    is_due = span.within(starts.times, window)
    starts = Anchor(starts.customers[is_due], starts.times[is_due])
    deadline = starts.times + window if metric.window is not None else span.period.closing
    begin, end = (np.searchsorted(ends.customers, starts.customers, side=side) for side in ("left", "right"))
    after = starts.times + (metric.end == metric.start)
    if str(metric.end).startswith(("milestone:", "attribute:")):
        after = np.full(len(after), NAT)
    times = np.append(ends.times, NAT)
    place = first_not_before(begin, end, times, after)
    return starts, (place < end) & (times[place] <= deadline)


def _of_customers(
    span: Span, customers: Ints, is_hit: Mask, moment: int, notes: tuple[LedgerEntry, ...] = ()
) -> Counted:
    return _counted(Rows(customers=customers), is_hit, moment, notes)


def _counted(rows: Rows, is_hit: Mask, moment: int, notes: tuple[LedgerEntry, ...] = ()) -> Counted:
    hits, ones = is_hit.astype(float), np.ones(len(rows))
    return Counted(rows=rows, numerator=hits, denominator=ones, moment=moment, notes=notes)
