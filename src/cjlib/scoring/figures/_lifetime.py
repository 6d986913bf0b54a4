"""What a customer is worth over the whole time to come, after what winning and serving it costs."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ...data._ledger import LedgerEntry
from ...errors import UnknownNameError, UsageError
from ._by import By, Groups, Rows, Where
from ._loyalty import retention
from ._money import yearly_of
from ._span import Counted, Span, Untold
from ._tally import Tally, tally

__all__ = ["Economics", "clv"]

Floats = NDArray[np.float64]
Notes = tuple[LedgerEntry, ...]


def _amount(instance: Any, field: attrs.Attribute[Any], value: Any) -> None:
    if value is None or (isinstance(value, str) and value):
        return
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)) or not 0 <= value < math.inf:
        raise UsageError(
            f"{field.name} is a number, 0 or more, or the name of an attribute, not {value!r:.60}"
        )


def _share(instance: Any, field: attrs.Attribute[Any], value: Any) -> None:
    _amount(instance, field, value)
    if not isinstance(value, str) and value is not None and value > 1:
        raise UsageError(f"{field.name} is a share from 0 to 1, not {value!r:.60}")


def _number(instance: Any, field: attrs.Attribute[Any], value: Any) -> None:
    if isinstance(value, str):
        raise UsageError(f"{field.name} is a number, 0 or more, not {value!r:.60}")
    _amount(instance, field, value)


@attrs.frozen(kw_only=True)
class Economics:
    """What is earned with customers, and what they cost; a number, or the name of an attribute.

    Attributes:
        margin: the share of revenue that is left after what it costs to make the product.
        acquisition_cost: what winning a customer cost.
        cost_to_serve: what serving a customer costs a year.
        hourly_cost: what an hour of a human touchpoint's effort costs.
        discount: by how much a year later is worth less.
    """

    margin: Any = attrs.field(default=None, validator=_share)
    acquisition_cost: Any = attrs.field(default=None, validator=_amount)
    cost_to_serve: Any = attrs.field(default=None, validator=_amount)
    hourly_cost: float | None = attrs.field(default=None, validator=_number)
    discount: float = attrs.field(default=0.1, validator=_number)


def clv(
    span: Span, economics: Economics, groups: Groups, by: By, where: Where, confidence: float
) -> tuple[Tally, Notes]:
    """The customer lifetime value of each group: c (1 + d) / (1 + d - r) - a.

    c is what a customer leaves a year (revenue x margin - cost to serve), paid at the beginning of each year;
    r the retention of the group, taken to a year; d the discount; a what winning the customer cost.
    P. Berger and N. Nasr (1998): Customer lifetime value, Journal of Interactive Marketing 12, case 1;
    S. Gupta and D. Lehmann (2003): Customers as assets, ibid. 17. The interval is that of the retention;
    money is taken as it is. Numerator: the sum over the customers; denominator: how many they are.

    Raises:
        Untold: if revenue, margin or retention is unknown.
        NoSuchGroup: if customers belong to no groups of this kind.
    """
    customers, yearly, costs, notes = _contributions(span, economics)
    money, spent = (
        tally(_per_customer(span, customers, one), groups, by, where, confidence) for one in (yearly, costs)
    )
    stay = tally(retention(span), groups, by, where, confidence)
    places = {labels: place for place, labels in enumerate(stay.labels)}
    where_from = np.array([places.get(labels, -1) for labels in money.labels], np.int64)
    values = [
        _worth(
            money.value,
            spent.value,
            np.append(rate, np.nan)[where_from] ** (1 / span.period.years),
            economics,
        )
        for rate in (stay.value, stay.low, stay.high)
    ]
    value, ends = values[0], np.stack(values[1:])
    if np.isinf(value).any():
        value = np.where(np.isinf(value), np.nan, value)
        notes = (*notes, LedgerEntry("lifetimes without end", int(np.isnan(value).sum()), (), NO_END))
    return attrs.evolve(
        money, numerator=value * money.denominator, value=value, low=ends.min(axis=0), high=ends.max(axis=0)
    ), notes


NO_END = "clv: nobody left and discount is 0, so the value has no bound"


def _worth(yearly: Floats, cost: Floats, stays: Floats, economics: Economics) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return yearly * (1 + economics.discount) / (1 + economics.discount - stays) - cost


def _per_customer(span: Span, customers: Any, values: Floats) -> Counted:
    return Counted(
        rows=Rows(customers=customers), numerator=values, denominator=np.ones(len(values)),
        moment=span.period.closing, method="ratio", bounds=(-np.inf, np.inf),
    )  # fmt: skip


def _contributions(span: Span, economics: Economics) -> tuple[Any, Floats, Floats, Notes]:
    """Customers at the end of the period, what each leaves a year, and what winning it cost."""
    if economics.margin is None:
        raise Untold("needs margin=, the share of revenue that is left, or the attribute that says it")
    revenue = yearly_of(span)
    names = ("margin", "acquisition_cost", "cost_to_serve")
    margin, acquisition, service = (_column(span, name, getattr(economics, name)) for name in names)
    service = service + _effort(span, economics.hourly_cost)
    yearly = revenue.at(span.period.closing) * margin - service
    is_known = ~np.isnan(yearly + acquisition)
    unsaid = [name for name in names[1:] if getattr(economics, name) is None]
    if economics.hourly_cost is not None:
        unsaid = [name for name in unsaid if name != "cost_to_serve"]
    notes = list(_told(span, int(np.count_nonzero(span.after & ~is_known)), unsaid))
    customers = np.flatnonzero(span.after & is_known)
    return customers, yearly[customers], acquisition[customers], tuple(notes)


def _told(span: Span, unknown: int, unsaid: list[str]) -> Iterable[LedgerEntry]:
    if unknown:
        detail = f"clv in {span.period.name}: left out, revenue, margin or a cost is unknown"
        yield LedgerEntry("customers of whom it cannot be said", unknown, (), detail)
    if unsaid:
        yield LedgerEntry("costs unsaid", len(unsaid), (), f"clv is before {' and '.join(unsaid)}")


def _column(span: Span, name: str, given: Any) -> Floats:
    if not isinstance(given, str):
        return np.full(span.n, 0.0 if given is None else float(given))
    known = () if span.facts.customers is None else span.facts.customers.names
    if given not in known:
        raise UnknownNameError(f"attribute in {name}=", given, known)
    if span.facts.column(given).kind != "number":
        raise UsageError(f"{name}={given!r}: the attribute holds no numbers")
    return span.facts.values(given, span.period.closing)


def _effort(span: Span, hourly_cost: float | None) -> Floats:
    """(n,) what the human time of the period's touchpoints costs a year."""
    if hourly_cost is None:
        return np.zeros(span.n)
    efforts = [0.0 if one.effort is None else one.effort.total_seconds() / 3600
               for one in span.journey.touchpoints]  # fmt: skip
    if not any(efforts):
        raise UsageError("hourly_cost= needs touchpoints that say their effort")
    found = np.flatnonzero(span.within(span.facts.log.time))
    hours = np.append(efforts, 0.0)[span.facts.touchpoints_of(found)]
    yearly = np.bincount(span.facts.owners(found), hours, minlength=span.n) / span.period.years
    return hourly_cost * yearly
