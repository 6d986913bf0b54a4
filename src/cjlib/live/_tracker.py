"""The tracker: a journey that takes events as they come, and knows where everybody is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any, TypeVar

from ..criteria._literals import as_duration
from ..data._customers import Customers
from ..data._ledger import Ledger
from ..data._tables import Table
from ..data._times import to_us
from ..errors import DataError, StoreError, UnknownNameError, UsageError
from ..findings import Card
from ..findings import card as make_card
from ..journey._files import dumps
from ..journey._journey import Journey
from ..scoring import Scores
from ..trace import Explanation, Trace, Waiver, replay
from ..trace._leaves import MICROSECOND
from ._asking import Place, coming, moment, place, soon
from ._delivery import HOLD, DeadLetter, Delivery, dead_letters, deliver, revive
from ._given import given
from ._hooks import Hook
from ._keeping import Compacted, Forgotten, compact, forget, forgotten
from ._keys import to_key
from ._observing import records
from ._past import Past
from ._recording import Receipt, take_in
from ._rows import Customer, Head, Rows
from ._settling import past_of, settle
from ._store import Store

__all__ = ["Place", "Receipt", "Tracker"]

T = TypeVar("T")

BLOCK = 2_000  # customers whose time has come are seen to so many at once


class Tracker:
    """Takes events as they come, in any order and from several processes, and knows where everybody is.

    What it says is always what `cjlib.replay` says of everything that was recorded, each event id once, up
    to the later of the last `advance` and the customer's latest event.

    Args:
        journey: the definition. A store keeps to the journey it was begun with; `cjlib.live.migrate` takes
            it to another.
        store: where events are kept: ``sqlite:///journey.db`` (a file), ``sqlite://`` (only in memory) or
            ``postgresql://user@host/database`` (for many processes).
        hooks: who is told what happens, by `deliver`. The store remembers them by name: what is recorded
            later, also by trackers without hooks, is kept for them.
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
        self,
        journey: Journey,
        store: str = "sqlite:///journey.db",
        *,
        hooks: Iterable[Hook] = (),
        max_visits: int = 100_000,
    ) -> None:
        if not isinstance(journey, Journey):
            raise UsageError(f"a tracker follows a cjlib.Journey, not {type(journey).__name__}")
        self.journey = journey
        self.max_visits = max_visits
        self.hooks = _checked(hooks)
        self.store = Store(store)
        try:
            self.write(self._open)
        except BaseException:
            self.close()
            raise

    def _open(self, rows: Rows) -> None:
        rows.begin(dumps(self.journey, format="json"), self.journey.fingerprint)
        self.head(rows, lock="exclusive" if self.hooks else "")
        rows.put_hooks({hook.name: hook.kinds for hook in self.hooks})

    def __repr__(self) -> str:
        return f"<Tracker of {self.journey.name!r} in {self.store.url}>"

    def close(self) -> None:
        """Close the connections to the store; what was recorded stays."""
        self.store.close()

    def __enter__(self) -> Tracker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

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
        return self.write(
            lambda rows: take_in(rows, self.journey, self.head(rows, lock="shared"), news, self.max_visits)
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
        time = to_us(now)

        def begin(rows: Rows) -> None:
            # Exclusive: whoever is recording is waited for; whoever records next reckons with the new moment.
            head = self.head(rows, lock="exclusive")
            if head.advanced is not None and time < head.advanced:
                last = moment(head.advanced)
                raise UsageError(f"time never runs backwards: the last advance was to {last}, not to {now}")
            rows.set_head(advanced=time)

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

    def compact(self, before: Any) -> Compacted:
        """Drop events before a moment that no answer needs any more, and refuse older ones from now on.

        Every customer keeps the first event, and all that a criterion or a touchpoint mentions, so histories
        stay as they are.

        Args:
            before: a datetime, a date or ISO text; not later than the last advance.

        Raises:
            UsageError: if it is later than the last advance.
        """
        time, total, after = to_us(before), Compacted(dropped=0, kept=0), ""

        def begin(rows: Rows) -> None:
            head = self.head(rows, lock="exclusive")
            if head.advanced is None or time > head.advanced:
                raise UsageError(f"compact what is past: advance to {before} first")
            rows.set_head(compacted=max(time, head.compacted or time))

        def some(rows: Rows) -> tuple[str | None, Compacted]:
            return compact(rows, self.journey, self.head(rows, lock="exclusive"), time, after)

        self.write(begin)
        while True:
            last, found = self.write(some)
            if last is None:
                return total
            after = last
            total = Compacted(dropped=total.dropped + found.dropped, kept=total.kept + found.kept)

    def forget(self, customer: Any) -> Forgotten:
        """Erase everything about a customer: what was recorded, what hooks were to be told, the ledger.

        Where the customer's id names who acted in events of another one, it stays there. Copies of the
        database, and PostgreSQL's archives, are not in the hands of the tracker.

        Returns:
            How many rows there were by table, and how many are left.

        >>> import cjlib as cj
        >>> tracker = cj.Tracker(cj.Journey("demo", stages=[cj.Stage("trial")]), store="sqlite://")
        >>> receipt = tracker.record({"customer": "a", "activity": "login", "time": "2026-01-03"})
        >>> tracker.forget("a").is_complete
        True
        """

        erased = self.write(lambda rows: forget(rows, customer))
        self.store.wipe()
        return Forgotten(erased=erased, left=self.read(lambda rows: forgotten(rows, customer)))

    # --- hooks

    def deliver(self, *, hold: float = HOLD) -> Delivery:
        """Tell the hooks of this tracker all that waits for them; call it again and again.

        Args:
            hold: for how many seconds at a time this process has a hook to itself; no call takes longer.

        Returns:
            What was delivered, and what failed and will be tried again.
        """
        return deliver(self.write, self.hooks, hold=hold)

    def tell(self, scores: Scores) -> int:
        """Tell hooks the scores of customers of whom something was recorded: of how many."""
        told = list(records(scores))

        def put(rows: Rows) -> int:
            head = self.head(rows, lock="shared")
            held = rows.customers(sorted({to_key(one.customer) for one in told}), lock=True)
            found = [(key, one) for one in told if (key := to_key(one.customer)) in held]
            rows.put_records(head.hooks, found)
            return len(found)

        return self.write(put)

    def dead_letters(self) -> list[DeadLetter]:
        """The records that hooks never took, and why, oldest first."""
        return self.read(dead_letters)

    def revive(self, hook: str) -> int:
        """Try the dead letters of a hook again: how many there are."""
        return self.write(lambda rows: revive(rows, hook))

    def drop_hook(self, name: str) -> None:
        """Forget a hook, and what waits for it."""
        self.write(lambda rows: rows.drop_hook(name))

    # --- reading

    def where(self, customer: Any) -> Place:
        """Where a customer is, and since when.

        Raises:
            UnknownNameError: if nothing was recorded of that customer.
        """

        def find(rows: Rows) -> Place:
            return place(rows, self.journey, self.head(rows), self._known(rows, customer), self.max_visits)

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
        until = moment(end)
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

        near, ends = self.read(lambda rows: soon(rows, self.journey, self.head(rows), ahead))
        return coming(self.journey, near, ends, ahead, self.max_visits)

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
        return self.read(Rows.ledger)

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


def _checked(hooks: Iterable[Hook]) -> tuple[Hook, ...]:
    found = tuple(hooks)
    names = [one.name if isinstance(one, Hook) else one for one in found]
    if not all(isinstance(one, Hook) for one in found) or len(set(names)) < len(names):
        raise UsageError(f"hooks are cjlib.live.Hook values with names of their own, not {names!r:.200}")
    return found
