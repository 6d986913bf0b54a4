"""The tracker: a journey that takes events as they come, and knows where everybody is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any, TypeVar

import attrs
import numpy as np

from ..criteria._literals import as_duration
from ..data._customers import Customers
from ..data._ledger import Ledger, LedgerEntry
from ..data._tables import Table
from ..data._times import MAX_US, to_us
from ..errors import DataError, StoreError, UnknownNameError, UsageError, did_you_mean
from ..findings import Card
from ..findings import card as make_card
from ..journey._files import dumps
from ..journey._journey import Journey
from ..trace import Explanation, Trace, Waiver, replay
from ..trace._inputs import prepare
from ..trace._leaves import MICROSECOND
from ..trace._run import run
from ..trace._trace import due_table
from ._given import Given, given
from ._keys import to_key
from ._pages import Event
from ._past import Past, as_known
from ._rows import Customer, Head, Rows
from ._settling import past_of, settle, with_rows
from ._standing import Standing, standings
from ._store import Store

__all__ = ["Place", "Receipt", "Tracker"]

T = TypeVar("T")

BLOCK = 2_000  # customers whose time has come are seen to so many at once
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


@attrs.frozen(kw_only=True)
class Place:
    """Where a customer is.

    Attributes:
        customer: the id.
        stage: the stage; None before the customer's first moment.
        entered: since when; NaT before the first moment.
        at: the moment as of which this is said.
    """

    customer: Any
    stage: str | None
    entered: np.datetime64
    at: np.datetime64


class Tracker:
    """Takes events as they come, in any order and from several processes, and knows where everybody is.

    What it says is always what `cjlib.replay` says of everything that was recorded, each event id once, up
    to the later of the last `advance` and the customer's latest event.

    Args:
        journey: the definition. A store keeps to the journey it was begun with; `cjlib.live.migrate` takes
            it to another.
        store: where events are kept: ``sqlite:///journey.db`` (a file), ``sqlite://`` (only in memory) or
            ``postgresql://user@host/database`` (for many processes).
        max_visits: a customer with more visits than this is caught in a loop, and the events that
            lead into it are refused.

    Raises:
        StoreError: if the store cannot be opened, or was begun with another journey.

    >>> import cjlib as cj
    >>> journey = cj.Journey("demo", stages=[cj.Stage("trial"), cj.Stage("active", kind="won")],
    ...     transitions=[cj.Transition("trial", "active", when='count("login") >= 2')])
    >>> tracker = cj.Tracker(journey, store="sqlite://")
    >>> tracker.record({"customer": "a", "activity": "login", "time": "2026-01-03", "event_id": 1}).events
    1
    >>> tracker.where("a").stage
    'trial'
    >>> late = {"customer": "a", "activity": "login", "time": "2026-01-01", "event_id": 2}
    >>> receipt = tracker.record([late, late])
    >>> print(tracker.where("a").stage, tracker.where("a").entered)
    active 2026-01-03T00:00:00.000000
    """

    def __init__(
        self, journey: Journey, store: str = "sqlite:///journey.db", *, max_visits: int = 100_000
    ) -> None:
        if not isinstance(journey, Journey):
            raise UsageError(f"a tracker follows a cjlib.Journey, not {type(journey).__name__}")
        self.journey = journey
        self.max_visits = max_visits
        self.store = Store(store)
        self.write(lambda rows: rows.begin(dumps(journey, format="json"), journey.fingerprint))
        self.read(self.head)

    def __repr__(self) -> str:
        return f"<Tracker of {self.journey.name!r} in {self.store.url}>"

    def __enter__(self) -> Tracker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections to the store; what was recorded stays."""
        self.store.close()

    # --- writing

    def record(
        self,
        events: Any = None,
        customers: Customers | None = None,
        waivers: Iterable[Waiver] | None = None,
    ) -> Receipt:
        """Record events, attributes and waivers: all of them, or none if an error is raised.

        Args:
            events: one event as a mapping, several as mappings, a dataframe or an `EventLog`; columns
                are called as in `EventLog.from_columns`. An event whose id was recorded before is left out.
            customers: rows of attributes; constant ones replace what was recorded before.
            waivers: checklist items that need not hold for some customers for some time.

        Returns:
            How many events are new. Once it returns, they are on disk.

        Raises:
            DataError: if a row cannot be used, or an attribute was recorded with another kind.
            ReplayError: if the events lead a customer into a loop.
            StoreError: if the store cannot be written.
        """
        news = given(events, customers, waivers)
        return self.write(lambda rows: self._record(rows, news))

    def _record(self, rows: Rows, news: Given) -> Receipt:
        head = self.head(rows, lock="shared")
        if news.kinds:
            head = attrs.evolve(head, kinds=_agreed(rows.add_kinds(news.kinds), news.kinds))
        kept, refused = _split(news.events, head.compacted)
        rows.note(
            [
                {"customer": key, "reason": OLD, "rows": count, "detail": "refused"}
                for key, count in refused.items()
            ]
        )
        touched = rows.lock([*kept, *news.attributes, *news.waivers])
        fresh = _fresh(rows, kept)
        changed = {
            key: with_rows(one, news.attributes.get(key, []), news.waivers.get(key, []))
            for key, one in touched.items()
            if key in fresh or key in news.attributes or key in news.waivers
        }
        settle(
            rows, self.journey, head, changed, rows.pages(sorted(changed)), fresh, max_visits=self.max_visits
        )
        new = sum(map(len, fresh.values()))
        entry = LedgerEntry(OLD, sum(refused.values()), (), "refused")
        return Receipt(
            events=new,
            repeated=sum(map(len, kept.values())) - new,
            refused=sum(refused.values()),
            ledger=news.ledger.add(refused=[entry] if refused else []),
        )

    def advance(self, now: Any) -> int:
        """Say that it is ``now`` at least: whatever time alone does until then happens.

        Args:
            now: a datetime, a date or ISO text, not before the last advance.

        Returns:
            For how many customers anything could have happened.

        Raises:
            UsageError: if time would run backwards.
        """
        moment = to_us(now)

        def begin(rows: Rows) -> None:
            # Exclusive: whoever is recording is waited for; whoever records next reckons with the new moment.
            head = self.head(rows, lock="exclusive")
            if head.advanced is not None and moment < head.advanced:
                raise UsageError(
                    f"time runs on: the last advance was to {_moment(head.advanced)}, not to {now}"
                )
            rows.set_head(advanced=moment)

        self.write(begin)
        return self.settle_due()

    def settle_due(self) -> int:
        """See to everybody for whom the last advance could change anything, where that was cut off."""

        def some(rows: Rows) -> int:
            head = self.head(rows, lock="shared")
            if head.advanced is None:
                return 0
            held = rows.lock_due(head.advanced, BLOCK)
            pages = rows.pages(sorted(held))
            settle(rows, self.journey, head, held, pages, {}, max_visits=self.max_visits)
            return len(held)

        total = 0
        while found := self.write(some):
            total += found
        return total

    # --- reading

    def where(self, customer: Any) -> Place:
        """Where a customer is, and since when.

        Raises:
            UnknownNameError: if nothing was recorded of that customer.
        """

        def find(rows: Rows) -> Place:
            head = self.head(rows)
            one = self._known(rows, customer)
            end = one.end(head.advanced)
            found: Standing | Customer = one
            if end is not None and head.advanced is not None and one.due <= head.advanced:
                # An advance is under way, or was cut off, and has not come to this customer.
                past = past_of(self.journey, head, {one.key: one}, rows.pages([one.key]), by_key=True)
                found = standings(self.journey, past, np.array([end]), self.max_visits)[0]
            return Place(
                customer=customer, stage=found.stage, entered=_moment(found.entered), at=_moment(end)
            )

        return self.read(find)

    def history(self, customer: Any) -> Trace:
        """The trace of one customer: what a replay of all that was recorded says.

        It ends at the later of the last advance and the customer's latest event.

        Raises:
            UnknownNameError: if nothing was recorded of that customer.
        """
        return self._history(customer)[0]

    def _history(self, customer: Any) -> tuple[Trace, Past]:
        def find(rows: Rows) -> tuple[Past, int | None]:
            head = self.head(rows)
            one = self._known(rows, customer)
            past = past_of(self.journey, head, {one.key: one}, rows.pages([one.key]), by_key=False)
            return past, one.end(head.advanced)

        past, end = self.read(find)
        if end is None:
            raise DataError(f"nothing has happened to {customer!r:.80} yet, and time was never advanced")
        until = _moment(end)
        options: dict[str, Any] = {"until": until, "waivers": past.waivers, "max_visits": self.max_visits}
        return replay(self.journey, past.log, past.customers, **options), past

    def explain(self, customer: Any) -> Explanation:
        """Where a customer is, since when, and for every way out what holds and what is missing.

        Raises:
            UnknownNameError: if that customer has not begun the journey.
        """
        return self.history(customer).explain(customer)

    def due(self, horizon: str | timedelta) -> Table:
        """What time alone will do within the horizon if nothing else happens.

        Args:
            horizon: how far to look ahead of what is known of each customer, such as ``"14d"``.

        Returns:
            customer, kind (transition, milestone, signal, limit, deadline, answer), place, at; by time.
        """
        ahead = as_duration(horizon) // MICROSECOND
        if ahead <= 0:
            raise UsageError(f"due looks ahead; the horizon must be longer than nothing, not {horizon!r}")

        def find(rows: Rows) -> tuple[Past, dict[Any, int]]:
            head = self.head(rows)
            near = {
                k: v for k, v in rows.due_by(ahead, head.advanced).items() if v.end(head.advanced) is not None
            }
            ends = {one.id: one.end(head.advanced) or 0 for one in near.values()}
            return past_of(self.journey, head, near, rows.pages(sorted(near)), by_key=False), ends

        past, ends = self.read(find)
        now = np.array([ends[one] for one in past.log.customers.tolist()], np.int64)
        log, customers, _ = as_known(past, now)
        prepared = prepare(self.journey, log, customers, past.waivers)
        stages = tuple(stage.id for stage in self.journey.stages)
        later = np.minimum(now + ahead, MAX_US)
        tables = run(prepared, stages, until=later, threads=None, max_visits=self.max_visits)
        return due_table(self.journey, prepared, tables, now, later)

    def card(self, customer: Any, **options: Any) -> Card:
        """Everything about one customer as one value; the options are those of `cjlib.card`."""
        trace, past = self._history(customer)
        return make_card(customer, self.journey, trace, past.log, **options)

    def recorded(self, customers: Iterable[Any] | None = None) -> Past:
        """All that was recorded of some customers, or of everybody: ``log``, ``customers`` and ``waivers``.

        It goes into snapshots, scores and findings as data from anywhere else does.

        Raises:
            UnknownNameError: if nothing was recorded of one of them.
        """

        def find(rows: Rows) -> Past:
            head = self.head(rows)
            if customers is None:
                found = {key: one for key, one in rows.customers_after("", 2**31 - 1).items() if one.is_known}
            else:
                found = {(one := self._known(rows, customer)).key: one for customer in customers}
            return past_of(self.journey, head, found, rows.pages(sorted(found)), by_key=False)

        return self.read(find)

    @property
    def ledger(self) -> Ledger:
        """What was refused since the store was begun."""

        def find(rows: Rows) -> Ledger:
            table = rows.tables.ledger
            noted = rows.connection.execute(rows.sa.select(table).order_by(table.c.id)).all()
            return Ledger(refused=tuple([LedgerEntry(one.reason, one.rows, (), one.detail) for one in noted]))

        return self.read(find)

    # --- what hooks, changes and retention need too

    def write(self, work: Callable[[Rows], T]) -> T:
        return self.store.write(lambda connection: work(Rows(connection)))

    def read(self, work: Callable[[Rows], T]) -> T:
        return self.store.read(lambda connection: work(Rows(connection)))

    def head(self, rows: Rows, *, lock: str = "") -> Head:
        """The head of the store, if it still keeps to this tracker's journey.

        Raises:
            StoreError: if it keeps to another one.
        """
        head = rows.head(lock=lock)
        if head.fingerprint != self.journey.fingerprint:
            raise StoreError(
                f"{self.store.url} keeps to another version of the journey (fingerprint "
                f"{head.fingerprint[:12]}…, not {self.journey.fingerprint[:12]}…): open it with that one, "
                "and take it to this one with cjlib.live.migrate"
            )
        return head

    def _known(self, rows: Rows, customer: Any) -> Customer:
        key = to_key(customer)
        one = rows.customers([key]).get(key)
        if one is None or not one.is_known:
            raise UnknownNameError("customer (nothing was recorded of such a one)", customer)
        return one


def _agreed(known: dict[str, Any], given: Any) -> dict[str, Any]:
    """The kinds of all attributes, if those given are the same.

    Raises:
        DataError: if an attribute was recorded with another kind.
    """
    for name, (kind, constant) in given.items():
        if known[name] != (kind, constant):
            was, is_ = (f"{'constant' if c else 'changing'} {k}" for k, c in (known[name], (kind, constant)))
            raise DataError(f"attribute {name!r} was recorded as {was}, not as {is_}{did_you_mean(name, ())}")
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


def _moment(time: int | None) -> Any:
    return np.datetime64("NaT", "us") if time is None else np.int64(time).view("datetime64[us]")
