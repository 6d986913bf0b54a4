"""The event log: what every customer did, in order, as it was known at any moment."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import tzinfo
from functools import cached_property
from typing import Any

import attrs
import numpy as np

from ..errors import UnknownNameError, UsageError
from ._columns import as_column, as_frame
from ._customers import Customers, regrouped
from ._ledger import Ledger
from ._order import kept_per_customer
from ._preparing import prepared
from ._tables import Coded, Table
from ._times import NAT, to_us

__all__ = ["EventLog"]

ROLES = ("customer", "activity", "time", "value", "channel", "actor", "recorded", "order", "event_id", "text")


def _frozen_array(array: np.ndarray | None) -> np.ndarray | None:
    if array is not None:
        array = np.ascontiguousarray(array).view()
        array.flags.writeable = False
    return array


def _frozen_rows(rows: np.ndarray) -> np.ndarray | None:
    """Row numbers as int32, if they fit: kernels are compiled once more for every other type."""
    fits = rows.dtype == np.int32 or rows.max(initial=0) < 2**31
    return _frozen_array(rows.astype(np.int32, copy=False) if fits else rows)


@attrs.frozen(eq=False, kw_only=True, repr=False)
class EventLog:
    """Events sorted by customer, time, order column and input, as read-only arrays.

    Make one with `from_columns`, `from_frame`, `from_records` or ``cjlib.read_events``.

    Attributes:
        customers: (n_customers,) ids as they came, sorted.
        starts: (n_customers + 1,) int64; the events of customer i are ``starts[i]:starts[i + 1]``.
        time: (n,) int64, microseconds since 1970 in UTC.
        activity: (n,) int32, codes into ``activities``.
        value: (n,) float64, NaN where there is none; None if no event has one.
        channel: (n,) int32, codes into ``channels``, −1 for none; None if no event has one.
        actor: (n,) int32, codes into ``actors``, −1 for none; None if no event has one.
        recorded: (n,) int64, when each event became known; None if that is not told.
        order: (n,) int64, the order column; None without one.
        event_ids: the events' own ids as codes and categories; None without.
        text: (n,) objects carried along, never read by kernels; None without.
        row: (n,) int32 (int64 beyond 2³¹ rows), row number in the input, from 0.
        activities: the names of the activities, sorted.
        channels: the names of the channels, sorted.
        actors: ids of the actors as they came, sorted.
        ledger: what was refused and what was noted.
    """

    customers: np.ndarray = attrs.field(converter=_frozen_array)
    starts: np.ndarray = attrs.field(converter=_frozen_array)
    time: np.ndarray = attrs.field(converter=_frozen_array)
    activity: np.ndarray = attrs.field(converter=_frozen_array)
    value: np.ndarray | None = attrs.field(converter=_frozen_array)
    channel: np.ndarray | None = attrs.field(converter=_frozen_array)
    actor: np.ndarray | None = attrs.field(converter=_frozen_array)
    recorded: np.ndarray | None = attrs.field(converter=_frozen_array)
    order: np.ndarray | None = attrs.field(converter=_frozen_array)
    event_ids: Coded | None = None
    text: np.ndarray | None = attrs.field(converter=_frozen_array)
    row: np.ndarray = attrs.field(converter=_frozen_rows)
    activities: tuple[str, ...]
    channels: tuple[str, ...] = ()
    actors: np.ndarray = attrs.field(converter=_frozen_array)
    ledger: Ledger = attrs.field(factory=Ledger)

    @classmethod
    def from_columns(
        cls,
        customer: Any,
        activity: Any,
        time: Any,
        value: Any = None,
        *,
        channel: Any = None,
        actor: Any = None,
        recorded: Any = None,
        order: Any = None,
        event_id: Any = None,
        text: Any = None,
        tz: str | tzinfo = "UTC",
        strict: bool = True,
    ) -> EventLog:
        """A log from columns of one length: lists, arrays, or series of any dataframe library.

        Args:
            customer: (n,) ids: text, integers, UUIDs or bytes.
            activity: (n,) names of what happened.
            time: (n,) datetimes, dates or ISO text.
            value: (n,) numbers; missing means none.
            channel: (n,) names; missing means none.
            actor: (n,) ids of who acted; missing means none.
            recorded: (n,) when each event became known; missing means at its time.
            order: (n,) integers by which events of one customer at one time follow each other.
            event_id: (n,) ids of the events; equal ids are one event, the one that was known first.
            text: (n,) text carried along.
            tz: the zone of naive times.
            strict: whether a refused row raises; if not, it is left out and told in ``ledger``.

        Raises:
            DataError: if a column cannot be used, or, with ``strict``, if any row is refused.

        >>> log = EventLog.from_columns(["b", "a"], ["login", "signup"], ["2024-01-02", "2024-01-01"])
        >>> log.customers.tolist(), log.activities
        (['a', 'b'], ('login', 'signup'))
        """
        given = (customer, activity, time, value, channel, actor, recorded, order, event_id, text)
        present = {role: values for role, values in zip(ROLES, given, strict=True) if values is not None}
        columns = {role: as_column(values, role) for role, values in present.items()}
        return cls(**prepared(columns, tz, strict))

    @classmethod
    def from_frame(
        cls,
        frame: Any,
        *,
        customer: str = "customer",
        activity: str = "activity",
        time: str = "time",
        value: str | None = None,
        channel: str | None = None,
        actor: str | None = None,
        recorded: str | None = None,
        order: str | None = None,
        event_id: str | None = None,
        text: str | None = None,
        tz: str | tzinfo = "UTC",
        strict: bool = True,
    ) -> EventLog:
        """A log from a dataframe: pandas, polars, pyarrow, DuckDB, or a mapping of columns.

        Args:
            frame: what holds the columns; it is never changed.
            customer: the name of the column of that role; so are all below. See `from_columns`.
            activity: as above.
            time: as above.
            value: as above; None if there is none.
            channel: as above.
            actor: as above.
            recorded: as above.
            order: as above.
            event_id: as above.
            text: as above.
            tz: the zone of naive times.
            strict: whether a refused row raises.

        Raises:
            DataError: if a column is missing or cannot be used, or, with ``strict``, if a row is refused.

        >>> frame = {"user": [7, 7], "what": ["signup", "login"], "at": ["2024-01-01", "2024-01-02"]}
        >>> log = EventLog.from_frame(frame, customer="user", activity="what", time="at")
        >>> len(log)
        2
        """
        names = (customer, activity, time, value, channel, actor, recorded, order, event_id, text)
        wanted = {role: name for role, name in zip(ROLES, names, strict=True) if name is not None}
        source = as_frame(frame, wanted.values())
        return cls(**prepared({role: source.column(name, role) for role, name in wanted.items()}, tz, strict))

    @classmethod
    def from_records(cls, records: Iterable[Mapping[str, Any]], **options: Any) -> EventLog:
        """A log from dicts, one per event; the options are those of `from_frame`.

        >>> record = {"customer": "a", "activity": "login", "time": "2024-01-01"}
        >>> len(EventLog.from_records([record]))
        1
        """
        listed = [*records]
        for i, record in enumerate(listed):
            if not isinstance(record, Mapping):
                raise UsageError(f"record {i}: a mapping was expected, not {type(record).__name__}")
        names = {"customer": "customer", "activity": "activity", "time": "time"} | options
        columns = {
            name: [record.get(name) for record in listed]
            for role, name in names.items()
            if role in ROLES and name is not None
        }
        return cls.from_frame(columns, **options)

    def __len__(self) -> int:
        return len(self.time)

    def __repr__(self) -> str:
        if not len(self):
            return f"EventLog(no events of {self.n_customers:,} customers)"
        first, last = (np.datetime64(int(t), "us") for t in (self.time.min(), self.time.max()))
        return (
            f"EventLog({len(self):,} events of {self.n_customers:,} customers, "
            f"{len(self.activities)} activities, {str(first)[:19]} to {str(last)[:19]})"
        )

    @property
    def n_customers(self) -> int:
        """How many customers there are; as of an early moment, some have no events yet."""
        return len(self.customers)

    @property
    def event_id(self) -> np.ndarray | None:
        """(n,) the events' own ids, as they came; None without."""
        return None if self.event_ids is None else self.event_ids.decode()

    @property
    def first(self) -> np.ndarray:
        """(n_customers,) int64, the time of each customer's first event; NAT (−2⁶³) where there is none."""
        first = np.full(self.n_customers, NAT, dtype=np.int64)
        has_events = self.starts[1:] > self.starts[:-1]
        first[has_events] = self.time[self.starts[:-1][has_events]]
        return first

    def as_of(self, t: Any) -> EventLog:
        """The log as it was known at ``t``: events with time ≤ t that were recorded by t.

        Customers, activities and channels keep their codes, also those without events yet.

        >>> log = EventLog.from_columns(["a", "a"], ["x", "y"], ["2024-01-01", "2024-01-03"])
        >>> len(log.as_of("2024-01-02"))
        1
        """
        moment = to_us(t)
        is_known = self.time <= moment
        if self.recorded is not None:
            is_known &= self.recorded <= moment
        return self if is_known.all() else self._kept(is_known)

    def _kept(self, is_kept: np.ndarray) -> EventLog:
        changes: dict[str, Any] = {
            name: array[is_kept] for name in PER_EVENT if (array := getattr(self, name)) is not None
        }
        if self.event_ids is not None:
            changes["event_ids"] = self.event_ids.take(is_kept)
        return attrs.evolve(self, starts=kept_per_customer(self.starts, is_kept), **changes)

    def select(self, customers: Any) -> EventLog:
        """The log of some customers only, given as ids or as a boolean mask over ``customers``.

        Raises:
            UnknownNameError: if there is no such customer.

        >>> log = EventLog.from_columns(["a", "b"], ["x", "x"], ["2024-01-01", "2024-01-03"])
        >>> log.select(["b"]).customers.tolist()
        ['b']
        """
        is_chosen = self._chosen(customers)
        log = self._kept(np.repeat(is_chosen, np.diff(self.starts)))
        starts = np.append(log.starts[:-1][is_chosen], log.starts[-1])
        return attrs.evolve(log, customers=self.customers[is_chosen], starts=starts)

    def _chosen(self, customers: Any) -> np.ndarray:
        if isinstance(customers, np.ndarray) and customers.dtype == bool:
            if customers.shape != self.customers.shape:
                raise UsageError(f"a mask of {self.n_customers} customers was expected, not {len(customers)}")
            return customers
        if isinstance(customers, (str, bytes)) or not isinstance(customers, Iterable):
            raise UsageError(f"several customers were expected, such as [{customers!r:.60}]")
        positions = {customer: i for i, customer in enumerate(self.customers.tolist())}
        is_chosen = np.zeros(self.n_customers, dtype=bool)
        for customer in customers:
            customer = customer.item() if isinstance(customer, np.generic) else customer
            if customer not in positions:
                raise UnknownNameError("customer", customer, self.customers[:1000].tolist())
            is_chosen[positions[customer]] = True
        return is_chosen

    def by(self, link: Mapping[Any, Any] | str, customers: Customers | None = None) -> EventLog:
        """The events of linked customers read as those of whom they belong to, with them as actors.

        Who is linked to nobody stays a customer of their own, with the actors the log has.

        Args:
            link: whom each customer belongs to, by id; or the name of a link of ``customers``.
            customers: where the link of that name is.

        Raises:
            UsageError: if a name is given without customers.

        >>> log = EventLog.from_columns(["u1", "u2"], ["login", "login"], ["2024-01-01", "2024-01-02"])
        >>> by_account = log.by({"u1": "acme", "u2": "acme"})
        >>> by_account.customers.tolist(), by_account.actors.tolist()
        (['acme'], ['u1', 'u2'])
        """
        if isinstance(link, str):
            if customers is None:
                raise UsageError(f"log.by({link!r}) needs the customers that have the link: pass customers=")
            link = customers.linked(link)
        return attrs.evolve(self, **regrouped(self, link))

    def customer_codes(self) -> np.ndarray:
        """(n,) int32, for every event the position of its customer."""
        return np.repeat(np.arange(self.n_customers, dtype=np.int32), np.diff(self.starts))

    def to_table(self) -> Table:
        """The events as a table, one row per event, in the order of the log."""
        columns: dict[str, Any] = {
            "customer": Coded(self.customer_codes(), self.customers),
            "activity": Coded(self.activity, self.activities),
            "time": self.time.view("datetime64[us]"),
        }
        optional = {
            "value": self.value,
            "channel": None if self.channel is None else Coded(self.channel, self.channels),
            "actor": None if self.actor is None else Coded(self.actor, self.actors),
            "recorded": None if self.recorded is None else self.recorded.view("datetime64[us]"),
            "order": self.order,
            "event_id": self.event_ids,
            "text": self.text,
        }
        return Table(columns | {k: v for k, v in optional.items() if v is not None}, name="events")

    @cached_property
    def fingerprint(self) -> str:
        """A hash of all that the log holds but row numbers and ledger: equal logs have equal ones."""
        sha = hashlib.sha256()
        names = [self.customers, self.activities, self.channels, self.actors]
        for part in (*names, *(getattr(self, name) for name in PER_EVENT if name != "row"), self.event_id):
            _feed(sha, part)
        _feed(sha, self.starts)
        return sha.hexdigest()


PER_EVENT = ("time", "activity", "value", "channel", "actor", "recorded", "order", "text", "row")


def _feed(sha: Any, part: Any) -> None:
    if isinstance(part, np.ndarray) and part.dtype.kind != "O":
        sha.update(f"{part.dtype.str}{len(part)};".encode())
        sha.update(np.ascontiguousarray(part).data)
    elif part is None:
        sha.update(b"none;")
    else:
        sha.update(f"objects{len(part)};".encode())
        sha.update("\x1f".join(map(repr, part)).encode("utf-8", "surrogatepass"))
