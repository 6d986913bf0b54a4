"""The statements of a tracker: what is read from the store and written to it, inside one transaction."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

import attrs

from ..data._attributes import Kind
from ..data._ledger import Ledger, LedgerEntry
from ..errors import StoreError
from ._keys import from_key
from ._pages import Page
from ._past import Kept
from ._records import Record, stored
from ._statements import Statements, chunks
from ._store import Again
from ._tables import FORMAT
from ._telling import NOTHING

__all__ = ["EARLY", "Customer", "Head", "Rows"]

NO_FACTS = "[[], []]"
EARLY = -(2**61)  # before any moment, and far enough from the edge of 64 bits to be reckoned with


@attrs.frozen
class Head:
    """What concerns the whole store.

    Attributes:
        token: names this store and no other.
        journey: the definition, as JSON.
        fingerprint: of the journey.
        advanced: the moment of the last advance, None before the first.
        compacted: events before this moment are refused; None if none are.
        dropped: activities of which events were dropped when the store was compacted.
        kinds: of every attribute its kind, and whether it is constant.
        hooks: for every hook the kinds of records that it wants, None for all.
    """

    token: str
    journey: str
    fingerprint: str
    advanced: int | None
    compacted: int | None
    dropped: tuple[str, ...]
    kinds: Mapping[str, tuple[Kind, bool]]
    hooks: Mapping[str, tuple[str, ...] | None]


@attrs.define
class Customer:
    """The row of one customer: where it stands, and what hooks were told."""

    key: str
    token: str
    events: int
    latest: int | None
    ends: int | None
    due: int
    stage: str | None
    entered: int | None
    attributes: list[list[Any]]
    waivers: list[list[Any]]
    told: str  # as write_told writes it
    number: int

    @classmethod
    def new(cls, key: str) -> Customer:
        """Of whom nothing was recorded yet."""
        return cls(key, secrets.token_hex(8), 0, None, None, EARLY, None, None, [], [], NOTHING, 0)

    @property
    def id(self) -> Any:
        """The id as it came."""
        return from_key(self.key)

    @property
    def is_known(self) -> bool:
        """Whether anything was recorded of the customer."""
        return self.events > 0 or bool(self.attributes) or bool(self.waivers)

    def end(self, advanced: int | None) -> int | None:
        """Up to when the customer is known: the later of the last advance and of its latest event."""
        if advanced is None or self.latest is None:
            return self.latest if advanced is None else advanced
        return max(advanced, self.latest)

    def told_until(self, advanced: int | None) -> int | None:
        """As of when hooks were told; an advance at which nothing was due has told that nothing happened."""
        if self.ends is None or advanced is None or self.due <= advanced:
            return self.ends
        return max(self.ends, advanced)

    def kept(self, pages: list[Page]) -> Kept:
        """Everything that was recorded."""
        return Kept(self.key, pages, self.attributes, self.waivers)


class Rows(Statements):
    """What a tracker reads and writes within one transaction."""

    # --- the head

    def begin(self, journey: str, fingerprint: str) -> None:
        """Write the head of a new store, if it is one."""
        self.insert_new(
            self.tables.head,
            [
                {
                    "id": 1,
                    "format": FORMAT,
                    "token": secrets.token_hex(8),
                    "journey": journey,
                    "fingerprint": fingerprint,
                    "dropped": "[]",
                }
            ],
        )

    def head(self, *, lock: str = "") -> Head:
        """The head; ``lock`` is ``shared`` to write customers, ``exclusive`` to write the head."""
        table = self.tables.head
        chosen = self.sa.select(table)
        if lock:
            chosen = chosen.with_for_update(read=lock == "shared")
        row = self.connection.execute(chosen).one()
        if row.format != FORMAT:
            raise StoreError(f"the store is of format {row.format}; this version of cjlib reads {FORMAT}")
        hooks = self.connection.execute(
            self.sa.select(self.tables.hooks.c.name, self.tables.hooks.c.kinds)
        ).all()
        wanted = {hook.name: json.loads(hook.kinds) for hook in hooks}
        return Head(
            token=row.token,
            journey=row.journey,
            fingerprint=row.fingerprint,
            advanced=row.advanced,
            compacted=row.compacted,
            dropped=tuple(json.loads(row.dropped)),
            kinds=self.kinds(),
            hooks={name: None if kinds is None else tuple(kinds) for name, kinds in wanted.items()},
        )

    def set_head(self, **values: Any) -> None:
        self.connection.execute(self.tables.head.update().values(**values))

    # --- attributes

    def kinds(self) -> dict[str, tuple[Kind, bool]]:
        """Of every attribute its kind, and whether it is constant."""
        rows = self.connection.execute(self.sa.select(self.tables.attributes)).all()
        return {row.name: (cast(Kind, row.kind), bool(row.constant)) for row in rows}

    def add_kinds(self, kinds: Mapping[str, tuple[str, bool]]) -> dict[str, tuple[Kind, bool]]:
        """All kinds, once new attributes are added; the kind that was there first stays."""
        table = self.tables.attributes
        new = [
            {"name": name, "kind": kind, "constant": constant}
            for name, (kind, constant) in sorted(kinds.items())
        ]
        self.insert_new(table, new)
        return self.kinds()

    # --- customers

    def lock(self, keys: Iterable[str]) -> dict[str, Customer]:
        """The rows of these customers, made where there are none, and held until the transaction ends."""
        wanted = sorted(set(keys))
        if self.is_postgres:
            self._make(wanted)
        found = self.customers(wanted, lock=True)
        if len(found) < len(wanted) and self.is_postgres:
            raise Again  # someone was forgotten in between
        return found | {key: Customer.new(key) for key in wanted if key not in found}

    def _make(self, keys: Sequence[str]) -> None:
        """Write the rows of new customers, so that they can be held; in order, lest they wait in a ring."""
        table = self.tables.customers
        for some in chunks(keys):
            chosen = self.sa.select(table.c.customer).where(self.among(table.c.customer, some))
            known = set(self.connection.execute(chosen).scalars().all())
            self.insert_new(table, [_row(Customer.new(key)) for key in some if key not in known])

    def lock_due(self, moment: int, most: int) -> dict[str, Customer]:
        """Some of the customers for whom anything could happen by the moment, held."""
        table = self.tables.customers
        chosen = self.sa.select(table).where(table.c.due <= moment).order_by(table.c.customer).limit(most)
        return dict(self._customers(chosen.with_for_update()))

    def customers_after(self, key: str, most: int, *, lock: bool = False) -> dict[str, Customer]:
        """The next customers in the order of their keys."""
        table = self.tables.customers
        chosen = self.sa.select(table).where(table.c.customer > key).order_by(table.c.customer).limit(most)
        return dict(self._customers(chosen.with_for_update() if lock else chosen))

    def customers(self, keys: Sequence[str], *, lock: bool = False) -> dict[str, Customer]:
        """The rows of those customers that there are."""
        table = self.tables.customers
        found: dict[str, Customer] = {}
        for some in chunks(keys):
            chosen = (
                self.sa.select(table).where(self.among(table.c.customer, some)).order_by(table.c.customer)
            )
            found.update(self._customers(chosen.with_for_update() if lock else chosen))
        return found

    def due_by(self, horizon: int, advanced: int | None) -> dict[str, Customer]:
        """Customers for whom anything could happen within the horizon after what is known of them."""
        table = self.tables.customers
        is_near = table.c.due - horizon <= table.c.latest
        if advanced is not None:
            is_near = is_near | (table.c.due - horizon <= advanced)
        return dict(self._customers(self.sa.select(table).where(is_near)))

    def _customers(self, chosen: Any) -> Iterator[tuple[str, Customer]]:
        for row in self.connection.execute(chosen).all():
            key, token, events, latest, ends, due, stage, entered, facts, told, number = row
            attributes, waivers = ([], []) if facts == NO_FACTS else json.loads(facts)
            yield (
                key,
                Customer(
                    key, token, events, latest, ends, due, stage, entered, attributes, waivers, told, number
                ),
            )

    def put_customers(self, customers: Iterable[Customer]) -> None:
        self.put(self.tables.customers, [_row(one) for one in customers])

    # --- events

    def new_event_ids(self, customers_by_id: Mapping[str, str]) -> set[str]:
        """Those of the event ids that were never recorded before; from now on they were."""
        table, found = self.tables.event_ids, set()
        for some in chunks(sorted(customers_by_id)):
            new = set(some)
            if not self.is_postgres:  # nobody else writes
                chosen = self.sa.select(table.c.event_id).where(self.among(table.c.event_id, some))
                new -= set(self.connection.execute(chosen).scalars().all())
            rows = [{"event_id": one, "customer": customers_by_id[one]} for one in sorted(new)]
            if rows and self.is_postgres:
                inserted = self.from_json(table, rows).on_conflict_do_nothing()
                new = set(self.connection.execute(inserted.returning(table.c.event_id)).scalars().all())
            elif rows:
                self.many(table, rows, lambda statement: statement)
            found |= new
        return found

    def pages(self, keys: Sequence[str]) -> dict[str, list[Page]]:
        """The pages of these customers, in order."""
        table = self.tables.pages
        found: dict[str, list[Page]] = {key: [] for key in keys}
        for some in chunks(keys):
            chosen = self.sa.select(table).where(self.among(table.c.customer, some))
            rows = self.connection.execute(chosen.order_by(table.c.customer, table.c.number)).all()
            for key, number, events, names, labels in rows:
                found[key].append(Page.read(number, events, names, labels))
        return found

    def put_pages(self, pages: Iterable[tuple[str, Page]]) -> None:
        self.put(
            self.tables.pages,
            [
                {
                    "customer": key,
                    "number": page.number,
                    "events": page.events,
                    "names": page.names,
                    "labels": page.labels,
                }
                for key, page in pages
            ],
        )

    def drop_pages(self, key: str) -> None:
        table = self.tables.pages
        self.connection.execute(table.delete().where(table.c.customer == key))

    # --- outbox and ledger

    def put_records(
        self, hooks: Mapping[str, tuple[str, ...] | None], records: Iterable[tuple[str, Record]]
    ) -> None:
        """Records for every hook that wants them, by the key of their customer."""
        rows = [
            {"hook": hook, "customer": key, "record": stored(record), "attempts": 0, "not_before": 0.0}
            for key, record in records
            for hook, kinds in hooks.items()
            if kinds is None or record.kind in kinds
        ]
        if rows:
            self.many(self.tables.outbox, rows, lambda statement: statement)

    def put_hooks(self, hooks: Mapping[str, tuple[str, ...] | None]) -> None:
        """Remember hooks by name, and what they want."""
        rows = [
            {"name": name, "kinds": json.dumps(kinds), "held_until": 0.0} for name, kinds in hooks.items()
        ]
        self.insert_new(self.tables.hooks, rows)
        for row in rows:
            changed = self.tables.hooks.update().where(self.tables.hooks.c.name == row["name"])
            self.connection.execute(changed.values(kinds=row["kinds"]))

    def drop_hook(self, name: str) -> None:
        for table, column in ((self.tables.outbox, "hook"), (self.tables.dead_letters, "hook")):
            self.connection.execute(table.delete().where(table.c[column] == name))
        self.connection.execute(self.tables.hooks.delete().where(self.tables.hooks.c.name == name))

    def note(self, rows: Sequence[dict[str, Any]]) -> None:
        """Lines for the ledger: customer, reason, rows, detail."""
        if rows:
            self.connection.execute(self.tables.ledger.insert(), list(rows))

    def ledger(self) -> Ledger:
        """What was refused so far."""
        table = self.tables.ledger
        noted = self.connection.execute(self.sa.select(table).order_by(table.c.id)).all()
        return Ledger(refused=tuple([LedgerEntry(one.reason, one.rows, (), one.detail) for one in noted]))


def _row(one: Customer) -> dict[str, Any]:
    has_facts = one.attributes or one.waivers
    return {
        "customer": one.key,
        "token": one.token,
        "events": one.events,
        "latest": one.latest,
        "ends": one.ends,
        "due": one.due,
        "stage": one.stage,
        "entered": one.entered,
        "facts": json.dumps([one.attributes, one.waivers]) if has_facts else NO_FACTS,
        "told": one.told,
        "number": one.number,
    }
