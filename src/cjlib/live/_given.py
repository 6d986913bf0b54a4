"""What a tracker is given to record, in any of the forms that people have it in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from ..data._columns import as_frame
from ..data._customers import Customers
from ..data._events import ROLES, EventLog
from ..data._ledger import Ledger
from ..data._times import NAT
from ..errors import UsageError
from ..trace._layout import NEVER
from ..trace._waivers import Waiver
from ._keys import to_key
from ._pages import Event, events_of

__all__ = ["Given", "given"]


@attrs.frozen
class Given:
    """Events, attributes and waivers by the key of their customer.

    Attributes:
        events: in the order of the log.
        attributes: rows of name, valid_from, recorded and value.
        kinds: of every attribute its kind, and whether it is constant.
        waivers: rows of transition, item, author, reason, start and end.
        ledger: what was found while the events were read.
    """

    events: Mapping[str, list[Event]]
    attributes: Mapping[str, list[list[Any]]]
    kinds: Mapping[str, tuple[str, bool]]
    waivers: Mapping[str, list[list[Any]]]
    ledger: Ledger

    @property
    def keys(self) -> set[str]:
        """Whom anything is said of."""
        return {*self.events, *self.attributes, *self.waivers}


def given(events: Any, customers: Customers | None, waivers: Iterable[Waiver] | None) -> Given:
    """Read what is to be recorded.

    Raises:
        UsageError: if it is none of what is taken.
        DataError: if a row cannot be used.
    """
    if customers is not None and not isinstance(customers, Customers):
        raise UsageError(f"record: customers must be cjlib.Customers, not {type(customers).__name__}")
    log = None if events is None else _log(events)
    return Given(
        events={} if log is None else events_of(log),
        attributes={} if customers is None else _attributes(customers),
        kinds={} if customers is None else _kinds(customers),
        waivers=_waivers(waivers),
        ledger=Ledger() if log is None else log.ledger,
    )


def _log(events: Any) -> EventLog:
    if isinstance(events, EventLog):
        return events
    if isinstance(events, Mapping) and _is_one(events):
        events = [events]
    if isinstance(events, (list, tuple)) and not events:
        return EventLog.from_columns([], [], [])
    known = as_frame(events).names
    optional: dict[str, Any] = {role: role for role in ROLES[3:] if role in known}
    return EventLog.from_frame(events, **optional)


def _is_one(events: Mapping[Any, Any]) -> bool:
    """Whether the values are those of one event, not columns."""
    customer = events.get("customer")
    return isinstance(customer, (str, bytes)) or not hasattr(customer, "__len__")


def _kinds(customers: Customers) -> dict[str, tuple[str, bool]]:
    columns = [customers.stored(name) for name in customers.names]
    return {column.name: (column.kind, column.constant) for column in columns}


def _attributes(customers: Customers) -> dict[str, list[list[Any]]]:
    found: dict[str, list[list[Any]]] = {}
    keys = [to_key(one) for one in customers.ids.tolist()]
    for name in customers.names:
        column = customers.stored(name)
        starts, values = column.starts.tolist(), column.values.tolist()
        since = column.valid_from.tolist()
        recorded = None if column.recorded is None else column.recorded.tolist()
        for key, low, high in zip(keys, starts[:-1], starts[1:], strict=True):
            for row in range(low, high):
                value = _value(values[row], column.categories)
                start = None if since[row] == NAT else since[row]
                told = None if recorded is None else recorded[row]
                found.setdefault(key, []).append([name, start, told, value])
    return found


def _value(value: float, categories: tuple[Any, ...]) -> Any:
    """The value as JSON has it: None, a number, text, or a list for a set."""
    if value != value:
        return None
    if not categories:
        return value
    category = categories[int(value)]
    return list(category) if isinstance(category, tuple) else category


def _waivers(waivers: Iterable[Waiver] | None) -> dict[str, list[list[Any]]]:
    if waivers is not None and not isinstance(waivers, Iterable):
        raise UsageError(f"waivers are cjlib.Waiver values, not {waivers!r:.80}")
    found: dict[str, list[list[Any]]] = {}
    for one in waivers or ():
        if not isinstance(one, Waiver):
            raise UsageError(f"waivers are cjlib.Waiver values, not {type(one).__name__}")
        way = list(one.transition) if isinstance(one.transition, tuple) else one.transition
        end = None if one.end_us == NEVER else one.end_us
        row = [way, one.item, one.author, one.reason, one.start_us, end]
        found.setdefault(to_key(one.customer), []).append(row)
    return found
