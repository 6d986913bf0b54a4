"""How long things are kept: old events that nothing needs any more, and people who want to be forgotten."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np

from ..data._times import NAT
from ..journey._journey import Journey
from ..trace._roots import used_terms
from ._keys import to_key
from ._pages import EVENT, Page
from ._past import as_known
from ._rows import Head, Rows
from ._settling import past_of

__all__ = ["Compacted", "Forgotten", "compact", "forget", "forgotten", "needed_activities"]

BLOCK = 2_000


@attrs.frozen(kw_only=True)
class Compacted:
    """What became of a call of `Tracker.compact`.

    Attributes:
        dropped: how many events are gone.
        kept: how many older events the journey's criteria still need.
    """

    dropped: int
    kept: int


@attrs.frozen(kw_only=True)
class Forgotten:
    """What became of a call of `Tracker.forget`: rows by table.

    Attributes:
        erased: how many rows were there.
        left: how many there still are, counted after the erasure was written.
    """

    erased: Mapping[str, int]
    left: Mapping[str, int]

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left."""
        return not any(self.left.values())


def needed_activities(journey: Journey) -> set[str] | None:
    """The activities that anything in the journey mentions; None if something mentions all of them."""
    needed = {activity for touchpoint in journey.touchpoints for activity in touchpoint.activities}
    for term in used_terms(journey):
        if not term.is_event_term:
            continue
        if term.name is None and term.touchpoint is None:
            return None
        if term.name is not None:
            needed.add(term.name)
    return needed


def compact(
    rows: Rows, journey: Journey, head: Head, before: int, after: str
) -> tuple[str | None, Compacted]:
    """Drop what is not needed of the next customers after a key.

    Returns:
        The last of them, None if there are no more.
    """
    some = rows.customers_after(after, BLOCK, lock=True)
    if not some:
        return None, Compacted(dropped=0, kept=0)
    pages = rows.pages(sorted(some))
    needed = needed_activities(journey)
    dropped_names: set[str] = set()
    dropped = kept = 0
    for key, one in some.items():
        end = one.end(head.advanced)
        if end is None or needed is None:
            continue
        first = _first_known(journey, head, {key: one}, pages, end)
        rest: list[Page] = []
        n_dropped = 0
        for page in pages[key]:
            page_rest, names, counts = _without(page, needed, before, end, first)
            rest.append(page_rest)
            dropped_names |= names
            n_dropped += counts[0]
            kept += counts[1]
        if n_dropped:
            rows.drop_pages(key)
            rows.put_pages([(key, page) for page in rest if page.events])
            dropped += n_dropped
    if dropped_names - set(head.dropped):
        rows.set_head(dropped=json.dumps(sorted({*rows.head().dropped, *dropped_names})))
    return max(some), Compacted(dropped=dropped, kept=kept)


def _first_known(journey: Journey, head: Head, one: Any, pages: Any, end: int) -> int:
    """The number of the event that is the customer's first moment."""
    past = past_of(journey, head, one, pages, by_key=True)
    log, _, _ = as_known(past, np.array([end], np.int64))
    return int(log.row[0]) if len(log) else -1


def _without(
    page: Page, needed: set[str], before: int, end: int, first: int
) -> tuple[Page, set[str], tuple[int, int]]:
    """The page without old events that nothing needs, their activities, and how many went and stayed."""
    rows = np.frombuffer(page.events, EVENT)
    is_needed = np.array([name in needed for name in page.activities], bool)[rows["activity"]]
    is_old = rows["time"] < before
    # Who is not known yet may be a first moment once it is.
    is_known = (rows["recorded"] == NAT) | (rows["recorded"] <= end)
    is_dropped = is_old & is_known & ~is_needed & (rows["number"] != first)
    gone = set(rows["number"][is_dropped].tolist())
    labels = [line for line in page.labels.splitlines() if json.loads(line)[0] not in gone]
    names = {page.activities[code] for code in set(rows["activity"][is_dropped].tolist())}
    left = attrs.evolve(
        page,
        events=rows[~is_dropped].tobytes(),
        labels="".join(f"{line}\n" for line in labels),
    )
    return left, names, (int(is_dropped.sum()), int((is_old & ~is_dropped).sum()))


def forget(rows: Rows, customer: Any) -> dict[str, int]:
    """Erase all rows of a customer: how many by table."""
    key = to_key(customer)
    rows.customers([key], lock=True)
    found = forgotten(rows, customer)
    for table in rows.tables.of_customers.values():
        rows.connection.execute(table.delete().where(table.c.customer == key))
    return found


def forgotten(rows: Rows, customer: Any) -> dict[str, int]:
    """How many rows each table has of a customer."""
    key, sa = to_key(customer), rows.sa
    return {
        name: rows.connection.execute(
            sa.select(sa.func.count()).select_from(table).where(table.c.customer == key)
        ).scalar_one()
        for name, table in rows.tables.of_customers.items()
    }
