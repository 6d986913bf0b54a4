"""One transaction's work: what is new goes to the pages, customers are replayed, hooks are told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np

from ..journey._journey import Journey
from ._pages import Event, Page, appended
from ._past import Past
from ._records import Record
from ._rows import EARLY, Customer, Head, Rows
from ._standing import standings
from ._telling import telling

__all__ = ["kinds_for", "past_of", "settle", "with_rows"]


def kinds_for(journey: Journey, head: Head) -> dict[str, Any]:
    """The kinds of all attributes; the start of the journey is one even while nobody has a value."""
    start = {} if journey.start is None else {journey.start: ("date", True)}
    return {**start, **head.kinds}


def past_of(
    journey: Journey,
    head: Head,
    customers: Mapping[str, Customer],
    pages: Mapping[str, list[Page]],
    *,
    by_key: bool,
) -> Past:
    """All that was recorded of these customers."""
    kept = [one.kept(pages[key]) for key, one in customers.items()]
    return Past.of(kept, kinds_for(journey, head), by_key=by_key)


def settle(
    rows: Rows,
    journey: Journey,
    head: Head,
    customers: Mapping[str, Customer],
    pages: Mapping[str, list[Page]],
    events: Mapping[str, list[Event]],
    *,
    max_visits: int,
) -> None:
    """Take in new events of the customers, replay each to the moment up to which it is known, write the rest.

    Args:
        rows: the statements of the transaction.
        journey: the definition.
        head: what concerns the whole store.
        customers: the customers, held by the transaction; new attributes and waivers stand in them already.
        pages: all pages of theirs.
        events: the new events.
        max_visits: a customer with more visits than this is caught in a loop.
    """
    written: list[tuple[str, Page]] = []
    told_until = {key: one.told_until(head.advanced) for key, one in customers.items()}
    for key, some in events.items():
        one = customers[key]
        written += [(key, page) for page in appended(pages[key], some, one.events)]
        one.events += len(some)
        latest = max(event.time for event in some)
        one.latest = latest if one.latest is None else max(one.latest, latest)
    rows.put_pages(written)
    _replay(rows, journey, head, customers, pages, told_until, max_visits)


def _replay(
    rows: Rows,
    journey: Journey,
    head: Head,
    customers: Mapping[str, Customer],
    pages: Mapping[str, list[Page]],
    told_until: Mapping[str, int | None],
    max_visits: int,
) -> None:
    reached = {key: one for key, one in sorted(customers.items()) if one.end(head.advanced) is not None}
    for one in customers.values():
        if one.key not in reached:
            one.due = EARLY  # the first advance finds it
    records: list[tuple[str, Record]] = []
    if reached:
        ends = np.array([one.end(head.advanced) for one in reached.values()], np.int64)
        past = past_of(journey, head, reached, pages, by_key=True)
        found = standings(journey, past, ends, max_visits)
        for one, standing, end in zip(reached.values(), found, ends.tolist(), strict=True):
            told = telling(
                one.id,
                one.told,
                standing.facts,
                end=told_until[one.key],
                number=one.number,
                key=f"{one.token}-{{}}".format,
                is_heard=bool(head.hooks),
            )
            one.stage, one.entered, one.due, one.ends = standing.stage, standing.entered, standing.due, end
            one.told, one.number = told.told, told.number
            records += [(one.key, record) for record in told.records]
    rows.put_customers(customers.values())
    rows.put_records(head.hooks, records)


def with_rows(customer: Customer, attributes: list[list[Any]], waivers: list[list[Any]]) -> Customer:
    """The customer with new attributes and waivers; a waiver that is there already is the same waiver."""
    if not attributes and not waivers:
        return customer
    new = [waiver for waiver in waivers if waiver not in customer.waivers]
    return attrs.evolve(
        customer, attributes=[*customer.attributes, *attributes], waivers=[*customer.waivers, *new]
    )
