"""From what the store holds back to a log, attributes and waivers, as they were known at any moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import numpy as np

from ..data._attributes import AttributeColumn, Kind, cut, last_per_moment
from ..data._customers import Customers
from ..data._events import EventLog
from ..data._ledger import Ledger
from ..data._order import in_order
from ..data._tables import Coded
from ..data._times import NAT
from ..trace._layout import NEVER, Ints
from ..trace._waivers import Waiver
from ._keys import from_key
from ._pages import EVENT, Page

__all__ = ["Kept", "Kinds", "Past", "as_known"]

Kinds = Mapping[str, tuple[Kind, bool]]
"""Kind of every attribute, and whether it is constant."""


@attrs.define
class Kept:
    """What the store holds of one customer.

    Attributes:
        key: the customer.
        pages: the events.
        attributes: rows of name, valid_from, recorded (None where unsaid) and value.
        waivers: rows of transition, item, author, reason, start and end.
    """

    key: str
    pages: list[Page] = attrs.field(factory=list)
    attributes: list[list[Any]] = attrs.field(factory=list)
    waivers: list[list[Any]] = attrs.field(factory=list)

    def waivers_for(self, customer: Any) -> list[Waiver]:
        """The waivers as values."""
        return [
            Waiver(
                customer=customer,
                transition=tuple(way) if isinstance(way, list) else way,
                item=item,
                author=author,
                reason=reason,
                start=np.datetime64(start, "us"),
                end=None if end is None else np.datetime64(end, "us"),
            )
            for way, item, author, reason, start, end in self.waivers
        ]


@attrs.frozen(eq=False)
class Past:
    """All that was recorded of some customers."""

    log: EventLog
    customers: Customers | None
    waivers: tuple[Waiver, ...]

    @classmethod
    def of(cls, kept: Sequence[Kept], kinds: Kinds, *, by_key: bool = False) -> Past:
        """What the store holds of some customers, by their ids, or by their keys where ids don't matter."""
        ids = [one.key if by_key else from_key(one.key) for one in kept]
        order = sorted(range(len(ids)), key=ids.__getitem__)
        kept, ids = [kept[place] for place in order], [ids[place] for place in order]
        array = _id_array(ids)
        return cls(
            _log(array, kept, with_labels=not by_key),
            _customers(array, kept, kinds) if kinds else None,
            tuple([waiver for one, id_ in zip(kept, ids, strict=True) for waiver in one.waivers_for(id_)]),
        )


def _id_array(ids: list[Any]) -> Any:
    if ids and all(type(one) is int for one in ids):
        return np.array(ids, np.int64)
    array = np.empty(len(ids), object)
    array[:] = ids
    return array


def _log(ids: Any, kept: Sequence[Kept], *, with_labels: bool) -> EventLog:
    pages = [page for one in kept for page in one.pages]
    owners = np.repeat(np.arange(len(kept)), [len(one.pages) for one in kept])
    rows = np.frombuffer(b"".join([page.events for page in pages]), EVENT)
    sizes = [len(page.events) // EVENT.itemsize for page in pages]
    page_of = np.repeat(np.arange(len(pages)), sizes)
    owner = owners[page_of].astype(np.int32) if len(pages) else np.zeros(0, np.int32)
    has_order = rows["order"] != NAT
    starts, places, time, order = in_order(
        owner, len(kept), rows["time"].copy(), np.where(has_order, rows["order"], 0)
    )
    rows, page_of = rows[places], page_of[places]
    activity, activities = _named(rows["activity"], page_of, [page.activities for page in pages])
    channel, channels = _named(rows["channel"], page_of, [page.channels for page in pages])
    actor, actors = _named(rows["actor"], page_of, [page.actors for page in pages])
    assert activity is not None or not len(rows)
    recorded, value = rows["recorded"], rows["value"]
    ids_of_events, texts = _labels(rows, page_of, pages) if with_labels else (None, None)
    return EventLog(
        customers=ids,
        starts=starts,
        time=time,
        activity=np.zeros(0, np.int32) if activity is None else activity,
        value=None if bool(np.isnan(value).all()) else value,
        channel=channel,
        actor=actor,
        recorded=None if bool((recorded == NAT).all()) else np.where(recorded == NAT, time, recorded),
        order=order if bool(has_order.any()) else None,
        event_ids=ids_of_events,
        text=texts,
        row=rows["number"],
        activities=tuple(activities),
        channels=tuple(channels),
        actors=_id_array([from_key(one) for one in actors] if with_labels else actors),
        ledger=Ledger(read=len(rows), kept=len(rows)),
    )


def _named(codes: Any, page_of: Any, names: list[list[str]]) -> tuple[Any, list[str]]:
    """Codes into the names of all pages, sorted, from codes into those of each page; None if all are none."""
    if not len(codes) or int(codes.max()) < 0:
        return None, []
    known = sorted({name for some in names for name in some})
    place = {name: code for code, name in enumerate(known)}
    flat = np.array([place[name] for some in names for name in some], np.int32)
    offsets = np.cumsum([0, *map(len, names)])[:-1]
    found = flat[np.where(codes < 0, 0, offsets[page_of] + codes)]
    return np.where(codes < 0, -1, found).astype(np.int32), known


def _labels(rows: Any, page_of: Any, pages: list[Page]) -> tuple[Coded | None, Any]:
    """Ids and texts of the events, None where no event has any."""
    ids: dict[tuple[int, int], str | None] = {}
    texts: dict[tuple[int, int], str | None] = {}
    for place, page in enumerate(pages):
        for number, event_id, text in page.labelled():
            ids[place, number], texts[place, number] = event_id, text
    where = list(zip(page_of.tolist(), rows["number"].tolist(), strict=True))
    distinct = sorted({one for one in ids.values() if one is not None})
    codes = {one: code for code, one in enumerate(distinct)}
    found = None
    if distinct:
        event_codes = np.array([codes.get(ids.get(one) or "", -1) for one in where], np.int32)
        found = Coded(event_codes, _id_array([from_key(one) for one in distinct]))
    if not any(text is not None for text in texts.values()):
        return found, None
    column = np.empty(len(where), object)
    column[:] = [texts.get(one) for one in where]
    return found, column


def _customers(ids: Any, kept: Sequence[Kept], kinds: Kinds) -> Customers:
    rows: dict[str, list[tuple[int, Any, Any, Any]]] = {name: [] for name in kinds}
    for owner, one in enumerate(kept):
        for name, valid_from, recorded, value in one.attributes:
            rows[name].append((owner, valid_from, recorded, value))
    columns = {name: _column(name, *kinds[name], rows[name], len(ids)) for name in kinds}
    return Customers(ids=ids, names=tuple(kinds), links=(), ledger=Ledger(), columns=columns)


def _column(
    name: str, kind: Kind, constant: bool, rows: list[tuple[int, Any, Any, Any]], n: int
) -> AttributeColumn:
    owner = np.array([row[0] for row in rows], np.int32)
    since = np.array([NAT if row[1] is None else row[1] for row in rows], np.int64)
    told = [row[2] is not None for row in rows]
    recorded = np.array(
        [row[2] if known else start for row, known, start in zip(rows, told, since, strict=True)], np.int64
    )
    values = [tuple(row[3]) if isinstance(row[3], list) else row[3] for row in rows]
    categories: tuple[Any, ...] = ()
    if kind in ("text", "set"):
        categories = tuple(sorted({value for value in values if value is not None}))
        codes = {category: float(code) for code, category in enumerate(categories)}
        values = [None if value is None else codes[value] for value in values]
    numbers = np.array([np.nan if value is None else value for value in values], np.float64)
    starts, places, since, known_at = in_order(owner, n, since, recorded if any(told) else None)
    column = AttributeColumn(
        name=name,
        kind=kind,
        constant=constant,
        starts=starts,
        valid_from=since,
        recorded=known_at,
        values=numbers[places],
        categories=categories,
    )
    return last_per_moment(column) if known_at is None else column


def as_known(past: Past, ends: Ints) -> tuple[EventLog, Customers | None, Ints]:
    """Log and attributes as they were known at an end per customer, and when more of them becomes known.

    Returns:
        The third is the first moment after the end at which another row counts; NEVER without one.
    """
    log, customers = past.log, past.customers
    following = np.full(len(ends), NEVER, np.int64)
    if log.recorded is not None:
        owner = log.customer_codes()
        seen = np.maximum(log.recorded, log.time)
        is_known = seen <= ends[owner]
        np.minimum.at(following, owner[~is_known], seen[~is_known])
        log = log if bool(is_known.all()) else log._kept(is_known)
    if customers is not None:
        columns = {}
        for name in customers.names:
            column = customers.stored(name)
            owner = np.repeat(np.arange(len(ends)), np.diff(column.starts))
            at = (
                column.valid_from
                if column.recorded is None
                else np.maximum(column.valid_from, column.recorded)
            )
            later = at > ends[owner]
            np.minimum.at(following, owner[later], at[later])
            columns[name] = cut(column, ends[owner])
        customers = attrs.evolve(customers, columns=columns)
    return log, customers, following
