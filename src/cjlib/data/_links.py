"""Events of linked customers, such as users, read as those of whom they belong to, such as accounts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ._attributes import positions, union
from ._codes import encode_ids
from ._columns import as_column
from ._ledger import Findings, LedgerEntry
from ._order import in_order
from ._preparing import raise_if_refused

__all__ = ["regrouped"]

Log = Any  # an EventLog, which uses this file


def regrouped(log: Log, link: Mapping[Any, Any]) -> dict[str, Any]:
    """The fields of a log that change when its events are told by whom its customers belong to."""
    own = log.customers.tolist()
    is_linked = np.array([link.get(customer) is not None for customer in own], dtype=bool)
    findings = Findings(len(own))
    targets = [customer if link.get(customer) is None else link[customer] for customer in own]
    codes, customers = encode_ids(as_column(targets, "link"), "link", findings).settled()
    raise_if_refused(findings, "link", True)
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
