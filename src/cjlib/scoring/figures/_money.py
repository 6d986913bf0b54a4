"""Recurring revenue, what becomes of it, what a customer is worth, and what recommendations bring."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import numpy as np
from numpy.typing import NDArray

from ...data._ledger import LedgerEntry
from ...data._times import MICROSECOND, NAT
from ...errors import did_you_mean
from ...journey._metrics import Metric
from ._by import Rows
from ._intervals import summed
from ._span import Counted, Span, Untold

__all__ = ["Book", "Yearly", "arr", "book_of", "flow", "mrr", "referral_value", "referrals", "yearly_of"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
Notes = tuple[LedgerEntry, ...]

MONTHS = 12.0
REFERRED = "referred_by"


@attrs.frozen(eq=False)
class Yearly:
    """Where the yearly recurring revenue of customers is found.

    Attributes:
        name: what is read.
        unit: of the revenue.
        at: from a moment to (n,) revenue a year, NaN where unknown.
    """

    name: str
    unit: str
    at: Callable[[int], Floats]


def yearly_of(span: Span) -> Yearly:
    """What the metric ``arr`` or ``mrr`` names, else the attribute of that name.

    Raises:
        Untold: if there is neither.
    """
    known = () if span.facts.customers is None else span.facts.customers.names
    for figure, factor in (("arr", 1.0), ("mrr", MONTHS)):
        metric = span.metric(figure)
        if metric is not None:
            return _by_metric(span, metric, factor)
    for figure, factor in (("arr", 1.0), ("mrr", MONTHS)):
        if figure in known:
            return _by_attribute(span, figure, factor)
    raise Untold("needs an attribute 'arr' or 'mrr', or a metric of that id that names the revenue")


def _by_metric(span: Span, metric: Metric, factor: float) -> Yearly:
    if metric.source == "attribute" and metric.aggregate == "value":
        return _by_attribute(span, str(metric.attribute), factor, metric.unit)
    if metric.source != "event" or metric.aggregate != "sum":
        raise Untold(f"metric {metric.id!r} must be an attribute, or the sum of the values of events")
    found, log = span.events(metric.id, metric.id), span.facts.log
    if log.value is None:
        raise Untold(f"the events of metric {metric.id!r} have no values")
    owners, times, values = span.facts.owners(found), log.time[found], np.nan_to_num(log.value[found])
    window = None if metric.window is None else metric.window // MICROSECOND

    def at(moment: int) -> Floats:
        is_in = (times <= moment) & (times > (NAT if window is None else moment - window))
        return factor * summed(values[is_in], owners[is_in], span.n)

    return Yearly(f"events of metric {metric.id!r}", metric.unit, at)


def _by_attribute(span: Span, attribute: str, factor: float, unit: str = "") -> Yearly:
    known = () if span.facts.customers is None else span.facts.customers.names
    if attribute not in known:
        hint = did_you_mean(attribute, known)
        raise Untold(f"needs the attribute {attribute!r}, which the customers do not have{hint}")
    if (kind := span.facts.column(attribute).kind) != "number":
        raise Untold(f"needs a number; attribute {attribute!r} is a {kind}")
    declared = [one.unit for one in span.journey.attributes if one.id == attribute]
    return Yearly(
        attribute, unit or "".join(declared), lambda moment: factor * span.facts.values(attribute, moment)
    )


@attrs.frozen(eq=False)
class Book:
    """What those who were customers at a moment paid a year, and what the same pay at the end of the period.

    Attributes:
        customers: (k,) who they are.
        start: (k,) what they paid.
        end: (k,) what they pay at the end of the period: nothing if they are customers no more.
        is_kept: (k,) whether they still are customers.
        moment: when they were customers.
        unit: of the revenue.
        notes: whom it leaves out.
    """

    customers: Ints
    start: Floats
    end: Floats
    is_kept: Mask
    moment: int
    unit: str
    notes: Notes


def book_of(span: Span) -> Book:
    """The revenue of those who were customers at the start of the period; new customers are left out.

    Raises:
        Untold: if no revenue is known.
    """
    revenue = yearly_of(span)
    start, end = revenue.at(span.period.opening), revenue.at(span.period.closing)
    end = np.where(span.after, end, 0.0)
    is_sound, notes = _sound(span, revenue.name, span.before, start, end)
    customers = np.flatnonzero(is_sound)
    return Book(
        customers, start[customers], end[customers], span.after[customers], span.period.opening, revenue.unit,
        notes,
    )  # fmt: skip


def _sound(span: Span, name: str, wanted: Mask, *columns: Floats) -> tuple[Mask, Notes]:
    """(n,) of whom the revenue is known and not negative, and what is said of the others."""
    is_unknown = wanted & np.any([np.isnan(one) for one in columns], axis=0)
    with np.errstate(invalid="ignore"):
        is_negative = wanted & ~is_unknown & np.any([one < 0 for one in columns], axis=0)
    notes = []
    for reason, mask in (("unknown revenue", is_unknown), ("negative revenue", is_negative)):
        if count := int(np.count_nonzero(mask)):
            first = span.facts.ids[np.flatnonzero(mask)[0]]
            detail = f"{name} in {span.period.name}: left out, such as {first!r:.60}"
            notes.append(LedgerEntry(f"customers of {reason}", count, (), detail))
    return wanted & ~is_unknown & ~is_negative, tuple(notes)


def flow(book: Book, figure: str) -> Counted:
    """One part of what became of the revenue at the start of the period, as a share of it.

    ``nrr`` = (start + expansion - contraction - lost revenue) / start, ``grr`` the same without expansion.
    """
    start, end = book.start, book.end
    parts: dict[str, Floats] = {
        "nrr": end,
        "grr": np.minimum(start, end),
        "expansion": np.maximum(end - start, 0.0),
        "contraction": np.where(book.is_kept, np.maximum(start - end, 0.0), 0.0),
        "lost_revenue": np.where(book.is_kept, 0.0, start),
    }
    highest = np.inf if figure in ("nrr", "expansion") else 1.0
    return Counted(
        rows=Rows(customers=book.customers), numerator=parts[figure], denominator=start,
        bounds=(0.0, highest), moment=book.moment, method="ratio", notes=book.notes,
    )  # fmt: skip


def arr(span: Span) -> Counted:
    """What all customers pay a year at the end of the period."""
    return _stock(span, 1.0)


def mrr(span: Span) -> Counted:
    """What all customers pay a month at the end of the period."""
    return _stock(span, 1 / MONTHS)


def _stock(span: Span, factor: float) -> Counted:
    revenue = yearly_of(span)
    yearly = revenue.at(span.period.closing)
    is_sound, notes = _sound(span, revenue.name, span.after, yearly)
    customers = np.flatnonzero(is_sound)
    return Counted(
        rows=Rows(customers=customers), numerator=factor * yearly[customers], denominator=np.ones(0),
        moment=span.period.closing, method="", bounds=(0.0, np.inf), unit=revenue.unit, notes=notes,
    )  # fmt: skip


# --- recommendations


def referrals(span: Span) -> Counted:
    """Of those who became customers in the period, the share whom another customer referred."""
    referrer, notes = _referrers(span)
    customers = np.flatnonzero(span.within(span.won))
    return Counted(
        rows=Rows(customers=customers), numerator=(referrer[customers] >= 0).astype(float),
        denominator=np.ones(len(customers)), moment=span.period.closing, notes=notes,
    )  # fmt: skip


def referral_value(span: Span) -> Counted:
    """The yearly revenue, at the end of the period, of those whom each customer referred; per customer."""
    referrer, notes = _referrers(span)
    revenue = yearly_of(span)
    yearly = revenue.at(span.period.closing)
    is_sound, more = _sound(span, revenue.name, span.after & (referrer >= 0), yearly)
    brought = summed(yearly[is_sound], referrer[is_sound], span.n)
    customers = np.flatnonzero(span.after | (brought > 0))
    return Counted(
        rows=Rows(customers=customers), numerator=brought[customers], denominator=np.ones(len(customers)),
        moment=span.period.closing, method="ratio", bounds=(0.0, np.inf), unit=revenue.unit,
        notes=(*notes, *more),
    )  # fmt: skip


def _referrers(span: Span) -> tuple[Ints, Notes]:
    """(n,) the position of whoever referred each, -1 where nobody; a referrer must have begun before.

    So nobody refers themselves, and no circle of referrals is left.
    """
    customers, facts = span.facts.customers, span.facts
    if customers is None or REFERRED not in customers.links:
        raise Untold(f"needs the link {REFERRED!r}: Customers.from_frame(..., links=[{REFERRED!r}])")
    places = np.append(facts.places, -1)
    linked = facts.placed(customers.link(REFERRED).astype(float))
    referrer = places[np.where(np.isnan(linked), -1, linked).astype(np.int64)]
    first = np.append(facts.first, NAT)
    has_begun = (first != NAT) & (first <= span.period.closing)
    is_odd = (referrer >= 0) & has_begun[:-1] & ~(has_begun[referrer] & (first[referrer] < first[:-1]))
    count = int(np.count_nonzero(is_odd))
    detail = f"{REFERRED} in {span.period.name}: by themselves, in a circle, or by who began no earlier"
    notes = (LedgerEntry("referrals that cannot be", count, (), detail),) if count else ()
    return np.where(is_odd, -1, referrer), notes
