"""Customers: what is known about them, since when, and how they are linked."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import tzinfo
from functools import cached_property
from typing import Any

import attrs
import numpy as np

from ..errors import DataError, UnknownNameError
from ._attributes import (
    AttributeColumn,
    Kind,
    as_attribute,
    check_kind,
    cut,
    last_per_moment,
    latest,
    moved,
    positions,
    union,
)
from ._codes import encode_ids
from ._columns import Column, Frame, as_column, as_frame
from ._ledger import Findings, Ledger, LedgerEntry
from ._order import in_order
from ._preparing import raise_if_refused
from ._times import NAT, to_times, to_us

__all__ = ["Customers", "regrouped"]

LINK = "->"
Log = Any  # an EventLog, which uses this file


@attrs.frozen(eq=False, kw_only=True, repr=False)
class Customers:
    """Attributes of customers, constant or changing, and links between customers.

    Make one with `from_frame` or ``cjlib.read_customers``.

    Attributes:
        ids: (n_ids,) as they came, sorted.
        names: the attributes.
        links: the links to other customers, such as ``parent``.
        ledger: what was refused and what was noted.
    """

    ids: np.ndarray
    names: tuple[str, ...]
    links: tuple[str, ...]
    ledger: Ledger
    _columns: Mapping[str, AttributeColumn]

    @classmethod
    def from_frame(
        cls,
        frame: Any,
        *,
        customer: str = "customer",
        valid_from: str | None = None,
        recorded: str | None = None,
        parent: str | None = None,
        links: Sequence[str] = (),
        types: Mapping[str, str] | None = None,
        tz: str | tzinfo = "UTC",
        strict: bool = True,
    ) -> Customers:
        """Customers from a dataframe; every column without another role is an attribute.

        Args:
            frame: what holds the columns; it is never changed.
            customer: the name of the column with the ids.
            valid_from: the column that says from when on a row holds; without one, attributes are constant.
                Of several rows at one time the later counts; a missing value is unknown from then on.
            recorded: the column that says when a row became known.
            parent: the column with the id of the customer that this one belongs to.
            links: more columns with ids of other customers.
            types: kinds of attributes by name (``number text boolean date set``), where the column's own
                type doesn't say it; sets in text are separated by ``;``.
            tz: the zone of naive times.
            strict: whether a refused row raises; if not, it is left out and told in ``ledger``.

        Raises:
            DataError: if a column is missing or cannot be used, or, with ``strict``, if a row is refused.

        >>> customers = Customers.from_frame({"customer": ["a", "b"], "plan": ["pro", None], "seats": [5, 7]})
        >>> customers.names, customers.column("plan").categories
        (('plan', 'seats'), ('pro',))
        """
        source = as_frame(frame)
        linked = ({"parent": parent} if parent else {}) | {name: name for name in links}
        roles = {"customer": customer, "valid_from": valid_from, "recorded": recorded}
        given = {role: name for role, name in roles.items() if name is not None}
        return cls(**_fields(_given(source, given, linked, types or {}), tz, strict))

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        return f"Customers({len(self.ids):,} with {', '.join(self.names) or 'no attributes'})"

    def stored(self, name: str) -> AttributeColumn:
        if name not in self.names:
            raise UnknownNameError("attribute", name, self.names)
        return self._columns[name]

    def column(self, name: str) -> AttributeColumn:
        """One attribute: per customer its values and from when on they hold, one row per moment.

        Raises:
            UnknownNameError: if there is no such attribute.
        """
        return last_per_moment(self.stored(name))

    def at(self, name: str, t: Any) -> np.ndarray:
        """(n_ids,) float64: the attribute's values at ``t`` (see `AttributeColumn`), NaN where unknown.

        >>> customers = Customers.from_frame({"customer": ["a"], "seats": [5]})
        >>> customers.at("seats", "2024-01-01")
        array([5.])
        """
        return latest(self.as_of(t).column(name))

    def link(self, name: str) -> np.ndarray:
        """(n_ids,) int64: the position in ``ids`` of the customer linked to, −1 where there is none.

        Raises:
            UnknownNameError: if there is no such link.
        """
        if name not in self.links:
            raise UnknownNameError("link", name, self.links)
        codes = latest(self._columns[_stored_link(name)])
        return np.where(np.isnan(codes), -1, codes).astype(np.int64)

    def linked(self, name: str) -> dict[Any, Any]:
        """Whom each customer is linked to, by id; those without a link are left out."""
        ids, positions = self.ids.tolist(), self.link(name).tolist()
        return {own: ids[other] for own, other in zip(ids, positions, strict=True) if other >= 0}

    def as_of(self, t: Any) -> Customers:
        """The customers as they were known at ``t``: rows that held and were recorded by then.

        Constant attributes have no past: they are what they are today, and the ledger names them.
        """
        moment = to_us(t)
        columns = {name: cut(column, moment) for name, column in self._columns.items()}
        constant = [name for name in self.names if self._columns[name].constant]
        entry = LedgerEntry("constant attributes", len(constant), (), f"as of today: {', '.join(constant)}")
        known = any(noted == entry for noted in self.ledger.noted)
        ledger = self.ledger.add(noted=[entry]) if constant and not known else self.ledger
        return attrs.evolve(self, columns=columns, ledger=ledger)

    def join(self, other: Customers) -> Customers:
        """These customers with the attributes and links of others too.

        Raises:
            DataError: if both have an attribute or link of one name, or ids of different kinds.

        >>> a = Customers.from_frame({"customer": ["a"], "plan": ["pro"]})
        >>> b = Customers.from_frame({"customer": ["b"], "seats": [3]})
        >>> a.join(b).names
        ('plan', 'seats')
        """
        twice = sorted(set(self._columns) & set(other._columns))
        if twice:
            raise DataError(f"both tables have {twice[0].removeprefix(LINK)!r}; rename one of them")
        ids = union([self.ids, other.ids])
        columns = {
            name: moved(column, table.ids, ids, is_link=name.startswith(LINK))
            for table in (self, other)
            for name, column in table._columns.items()
        }
        return Customers(
            ids=ids,
            names=self.names + other.names,
            links=self.links + other.links,
            ledger=attrs.evolve(
                self.ledger.add(refused=other.ledger.refused, noted=other.ledger.noted),
                read=self.ledger.read + other.ledger.read,
                kept=self.ledger.kept + other.ledger.kept,
            ),
            columns=columns,
        )

    @cached_property
    def fingerprint(self) -> str:
        """A hash of ids, attributes and links: equal tables have equal ones."""
        sha = hashlib.sha256("\x1f".join(map(repr, self.ids.tolist())).encode("utf-8", "surrogatepass"))
        for name in sorted(self._columns):
            column = self._columns[name]
            sha.update(f"{name};{column.kind};{column.constant};{column.categories!r};".encode())
            for array in (column.starts, column.valid_from, column.recorded, column.values):
                sha.update(b"none;" if array is None else np.ascontiguousarray(array).data)
        return sha.hexdigest()


def _link(name: str) -> str:
    """Under which name a link is stored, so that an attribute may be called the same."""
    return LINK + name


def _stored_link(name: str) -> str:
    """Under which name a link is stored, so that an attribute may be called the same."""
    return LINK + name


@attrs.frozen
class _Given:
    """The columns of a table of customers, by what they are for."""

    roles: Mapping[str, Column]
    links: Mapping[str, Column]
    facts: Mapping[str, Column]
    types: Mapping[str, Kind]


def _given(
    source: Frame, roles: Mapping[str, str], links: Mapping[str, str], types: Mapping[str, str]
) -> _Given:
    taken = {*roles.values(), *links.values()}
    facts = [name for name in source.names if name not in taken]
    for name in facts:
        if not isinstance(name, str) or not name:
            raise DataError(f"an attribute's column must be named by text, not {name!r:.60}")
    for name in types:
        if name not in facts:
            raise UnknownNameError("attribute", name, facts)
    given = _Given(
        {role: source.column(name, role) for role, name in roles.items()},
        {link: source.column(name, link) for link, name in links.items()},
        {name: source.column(name, name) for name in facts},
        {name: check_kind(name, kind) for name, kind in types.items()},
    )
    lengths = {k: len(v) for part in (given.roles, given.links, given.facts) for k, v in part.items()}
    if len(set(lengths.values())) > 1:
        raise DataError(f"the columns must have one length, not {lengths}")
    return given


def _fields(given: _Given, tz: str | tzinfo, strict: bool) -> dict[str, Any]:
    """The fields of `Customers`: every column read, bad rows refused, the rest in order."""
    findings = Findings(len(given.roles["customer"]))
    customer = encode_ids(given.roles["customer"], "customer", findings)
    since = to_times(given.roles["valid_from"], tz, findings) if "valid_from" in given.roles else None
    recorded = _recorded(given.roles, since, tz, findings)
    links = {name: encode_ids(column, name, findings, required=False) for name, column in given.links.items()}
    facts = {
        name: as_attribute(column, given.types.get(name), tz, findings)
        for name, column in given.facts.items()
    }
    raise_if_refused(findings, "customers", strict)

    is_kept = findings.is_kept()
    kept = np.arange(findings.n_rows) if is_kept is None else np.flatnonzero(is_kept)
    codes, own = customer.settled(kept)
    targets = {name: encoded.settled(kept) for name, encoded in links.items()}
    ids = union([own, *(categories for _, categories in targets.values())])
    moments = np.full(len(kept), NAT, dtype=np.int64) if since is None else since[kept]
    codes = positions(own, ids).astype(np.int32)[codes]
    known = None if recorded is None else recorded[kept]
    starts, rows, moments, known = in_order(codes, len(ids), moments, known)
    blank = AttributeColumn(
        name="",
        kind="number",
        constant=since is None,
        starts=starts,
        valid_from=moments,
        recorded=known,
        values=np.zeros(len(rows)),
    )
    columns = {
        name: attrs.evolve(blank, name=name, kind=kind, values=values[kept][rows], categories=categories)
        for name, (kind, values, categories) in facts.items()
    }
    for name, (link_codes, categories) in targets.items():
        values = np.append(positions(categories, ids).astype(np.float64), np.nan)[link_codes][rows]
        columns[_stored_link(name)] = attrs.evolve(blank, name=name, values=values)
    if known is None:
        findings.note(
            "rows that a later one at the same time replaces",
            len(rows) - len(last_per_moment(blank).values),
            "the later row counts",
        )
        columns = {name: last_per_moment(column) for name, column in columns.items()}
    return {
        "ids": ids,
        "names": tuple(facts),
        "links": tuple(links),
        "ledger": findings.ledger(),
        "columns": columns,
    }


def _recorded(
    roles: Mapping[str, Column], since: np.ndarray | None, tz: str | tzinfo, findings: Findings
) -> np.ndarray | None:
    """When rows became known; where that is missing, when they began to hold."""
    if "recorded" not in roles:
        return None
    recorded = to_times(roles["recorded"], tz, findings, required=since is None)
    if since is None:
        return recorded
    findings.note("rows without recorded time", recorded == NAT, "taken as known from when they hold")
    return np.where(recorded == NAT, since, recorded)


def regrouped(log: Log, link: Mapping[Any, Any]) -> dict[str, Any]:
    """The fields of a log that change when its events are told by whom its customers belong to."""
    own = log.customers.tolist()
    is_linked = np.array([link.get(customer) is not None for customer in own], dtype=bool)
    findings = Findings(len(own))
    targets = [customer if link.get(customer) is None else link[customer] for customer in own]
    codes, customers = encode_ids(as_column(targets, "link"), "link", findings).settled()
    raise_if_refused(findings, "link", None)
    in_input_order = np.argsort(log.row, kind="stable")
    owner = log.customer_codes()
    starts, places, time, order = in_order(
        codes[owner[in_input_order]],
        len(customers),
        log.time[in_input_order],
        None if log.order is None else log.order[in_input_order],
    )
    rows = in_input_order[places]
    actor, actors = _actors(log, owner, is_linked)
    n_alone = int((~is_linked).sum())
    alone = LedgerEntry("customers without a link", n_alone, (), "kept as customers of their own")
    same = ("activity", "value", "channel", "recorded", "text", "row")
    return {
        "customers": customers,
        "starts": starts,
        "time": time,
        "order": order,
        "actor": actor[rows],
        "actors": actors,
        "event_ids": None if log.event_ids is None else log.event_ids.take(rows),
        "ledger": log.ledger.add(noted=[alone] if alone.rows else []),
    } | {name: getattr(log, name)[rows] for name in same if getattr(log, name) is not None}


def _actors(log: Log, owner: np.ndarray, is_linked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Who acted: the linked customer; for others, whom the log names."""
    users = log.customers[is_linked]
    actors = union([users, log.actors])
    codes = np.full(log.n_customers, -1, dtype=np.int32)
    codes[is_linked] = positions(users, actors)
    actor = codes[owner]
    if log.actor is not None:
        named = np.append(positions(log.actors, actors), -1).astype(np.int32)[log.actor]
        actor = np.where(is_linked[owner], actor, named)
    return actor, actors
