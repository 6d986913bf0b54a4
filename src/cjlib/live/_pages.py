"""How the store holds what was recorded of a customer: pages of packed events, appended to.

Rows of many columns would cost the drivers of databases ten times what replaying them costs.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Iterator
from json.encoder import encode_basestring_ascii
from typing import Any

import attrs
import numpy as np

from ..data._events import EventLog
from ..data._times import NAT
from ._keys import to_key

__all__ = ["EVENT", "Event", "Page", "appended", "events_of"]

PACKED = struct.Struct("<qqqdiiii")
EVENT = np.dtype(
    [
        ("time", "<i8"),
        ("recorded", "<i8"),  # NAT: at its time
        ("order", "<i8"),  # NAT: none
        ("value", "<f8"),
        ("activity", "<i4"),  # position among the page's names; so are the next two, -1 for none
        ("channel", "<i4"),
        ("actor", "<i4"),
        ("number", "<i4"),  # among all events that were recorded of the customer, from 0
    ]
)
FULL = 32_768
"""A page of more bytes is not appended to: what one event costs must not grow with the past."""


@attrs.frozen
class Event:
    """One event on its way into the store."""

    time: int
    recorded: int
    order: int
    value: float
    activity: str
    channel: str | None
    actor: str | None
    event_id: str | None
    text: str | None


@attrs.define
class Page:
    """Some events of one customer, in the order in which they were recorded.

    Attributes:
        number: of the page, from 0.
        events: packed as `EVENT`.
        activities: the names that the events' codes stand for; so are channels and actors.
        labels: ids and texts of events, one line of JSON for each event that has any: number, id, text.
    """

    number: int
    events: bytes = b""
    activities: list[str] = attrs.field(factory=list)
    channels: list[str] = attrs.field(factory=list)
    actors: list[str] = attrs.field(factory=list)
    labels: str = ""
    _names: str = ""

    @classmethod
    def read(cls, number: int, events: bytes, names: str, labels: str) -> Page:
        """The page from the columns that hold it."""
        activities, channels, actors = json.loads(names)
        return cls(number, bytes(events), activities, channels, actors, labels, names)

    @property
    def names(self) -> str:
        """The column that holds the names."""
        if not self._names:
            self._names = json.dumps([self.activities, self.channels, self.actors])
        return self._names

    def add(self, event: Event, number: int) -> None:
        """Append one event."""
        self.events += PACKED.pack(
            event.time,
            event.recorded,
            event.order,
            event.value,
            self._place(self.activities, event.activity),
            -1 if event.channel is None else self._place(self.channels, event.channel),
            -1 if event.actor is None else self._place(self.actors, event.actor),
            number,
        )
        if event.event_id is not None or event.text is not None:
            self.labels += f"[{number}, {_quoted(event.event_id)}, {_quoted(event.text)}]\n"

    def _place(self, names: list[str], name: str) -> int:
        try:
            return names.index(name)
        except ValueError:
            names.append(name)
            self._names = ""
            return len(names) - 1

    def labelled(self) -> Iterator[tuple[int, str | None, str | None]]:
        """Number, id and text of every event that has any."""
        for line in self.labels.splitlines():
            number, event_id, text = json.loads(line)
            yield number, event_id, text


def _quoted(text: str | None) -> str:
    """As JSON has it; `json.dumps` takes three times longer for one text."""
    return "null" if text is None else encode_basestring_ascii(text)


def appended(pages: list[Page], events: Iterable[Event], number: int) -> list[Page]:
    """The pages that have changed once the events are appended to a customer's pages, in place.

    ``number`` is that of the first of them among all of the customer.
    """
    changed: dict[int, Page] = {}
    for event in events:
        if not pages or len(pages[-1].events) >= FULL:
            pages.append(Page(pages[-1].number + 1 if pages else 0))
        pages[-1].add(event, number)
        changed[pages[-1].number] = pages[-1]
        number += 1
    return list(changed.values())


def events_of(log: EventLog) -> dict[str, list[Event]]:
    """The events of a log by the key of their customer, in the order of the log."""
    n = len(log)

    def listed(column: Any, nothing: Any) -> list[Any]:
        return [nothing] * n if column is None else column.tolist()

    def named(codes: Any, names: list[Any]) -> list[Any]:
        if codes is None:
            return [None] * n
        with_none = [*names, None]
        return [with_none[code] for code in codes.tolist()]

    ids = None if log.event_ids is None else [to_key(one) for one in log.event_ids.categories.tolist()]
    columns = (
        log.time.tolist(),
        _unless_equal(log.recorded, log.time),
        listed(log.order, NAT),
        listed(log.value, np.nan),
        named(log.activity, list(log.activities)),
        named(log.channel, list(log.channels)),
        named(log.actor, [to_key(one) for one in log.actors.tolist()]),
        [None] * n if ids is None or log.event_ids is None else named(log.event_ids.codes, ids),
        listed(log.text, None),
    )
    events = [Event(*row) for row in zip(*columns, strict=True)]
    starts = log.starts.tolist()
    keys = [to_key(one) for one in log.customers.tolist()]
    return {
        key: events[low:high]
        for key, low, high in zip(keys, starts[:-1], starts[1:], strict=True)
        if high > low
    }


def _unless_equal(recorded: Any, time: Any) -> list[int]:
    """When each event became known, NAT where that was at its time."""
    if recorded is None:
        return [NAT] * len(time)
    return np.where(recorded == time, NAT, recorded).tolist()  # type: ignore[no-any-return]
