"""Taking in what is new: what was recorded before is left out, what is too old refused, all else settled."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import attrs

from ..data._ledger import Ledger, LedgerEntry
from ..errors import DataError
from ..journey._journey import Journey
from ._given import Given
from ._pages import Event
from ._rows import Head, Rows
from ._settling import settle, with_rows

__all__ = ["Receipt", "take_in"]

OLD = "event before the moment up to which the store was compacted"


@attrs.frozen(kw_only=True)
class Receipt:
    """What became of a call of `Tracker.record`, once it is safely written.

    Attributes:
        events: how many events are new.
        repeated: how many were there before, by their id.
        refused: how many are older than `Tracker.compact` allows.
        ledger: what was found while the events were read.
    """

    events: int
    repeated: int
    refused: int
    ledger: Ledger


@contextmanager
def without_collections() -> Iterator[None]:
    """No cyclic garbage is looked for meanwhile.

    Thousands of rows make none, and every search passes over all objects of the process, which took a quarter
    of the time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@without_collections()
def take_in(rows: Rows, journey: Journey, head: Head, news: Given, max_visits: int) -> Receipt:
    """Record what is given, within one transaction that holds the head."""
    if news.kinds:
        head = attrs.evolve(head, kinds=_agreed(rows.add_kinds(news.kinds), news.kinds))
    kept, refused = _split(news.events, head.compacted)
    rows.note(
        [{"customer": key, "reason": OLD, "rows": n, "detail": "refused"} for key, n in refused.items()]
    )
    touched = rows.lock([*kept, *news.attributes, *news.waivers])
    fresh = _fresh(rows, kept)
    changed = {
        key: with_rows(one, news.attributes.get(key, []), news.waivers.get(key, []))
        for key, one in touched.items()
        if key in fresh or key in news.attributes or key in news.waivers
    }
    settle(rows, journey, head, changed, rows.pages(sorted(changed)), fresh, max_visits=max_visits)
    new, n_refused = sum(map(len, fresh.values())), sum(refused.values())
    entry = LedgerEntry(OLD, n_refused, (), "refused")
    return Receipt(
        events=new,
        repeated=sum(map(len, kept.values())) - new,
        refused=n_refused,
        ledger=news.ledger.add(refused=[entry] if refused else []),
    )


def _agreed(known: dict[str, Any], given: Any) -> dict[str, Any]:
    """The kinds of all attributes, if those given are the same.

    Raises:
        DataError: if an attribute was recorded with another kind.
    """
    for name, (kind, constant) in given.items():
        if known[name] != (kind, constant):
            was, is_ = (f"{'constant' if c else 'changing'} {k}" for k, c in (known[name], (kind, constant)))
            raise DataError(f"attribute {name!r} was recorded as {was}, not as {is_}")
    return known


def _split(events: Any, compacted: int | None) -> tuple[dict[str, list[Event]], dict[str, int]]:
    """The events that may still be recorded, and how many of each customer may not."""
    if compacted is None:
        return dict(events), {}
    kept = {key: [one for one in some if one.time >= compacted] for key, some in events.items()}
    refused = {key: len(some) - len(kept[key]) for key, some in events.items()}
    return {k: v for k, v in kept.items() if v}, {k: n for k, n in refused.items() if n}


def _fresh(rows: Rows, events: dict[str, list[Event]]) -> dict[str, list[Event]]:
    """The events that were not recorded before: those without an id, and those with a new one."""
    named = {one.event_id: key for key, some in events.items() for one in some if one.event_id is not None}
    new = rows.new_event_ids(named)
    fresh = {
        key: [one for one in some if one.event_id is None or one.event_id in new]
        for key, some in events.items()
    }
    return {key: some for key, some in fresh.items() if some}
