"""From plain values to cjlib's inputs, and from a trace back to plain values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa
from tests import oracle
from tests.oracle import Breach, Event, Evidence, Fact, History, Raised, Reached, Visit, World

import cjlib as cj

KINDS = {
    "number": pa.float64(),
    "text": pa.string(),
    "boolean": pa.bool_(),
    "date": pa.timestamp("us", "UTC"),
    "set": pa.list_(pa.string()),
}


def by_oracle(world: World) -> dict[object, History]:
    return oracle.replay(world)


def by_replay(world: World) -> dict[object, History]:
    return histories(replayed(world))


def replayed(world: World, **options: object) -> cj.Trace:
    return cj.replay(
        world.journey,
        event_log(world.events),
        customers(world.facts, world.kinds),
        until=moment(world.until),
        waivers=waivers(world),
        **options,
    )


def moment(time: int) -> np.datetime64:
    return np.datetime64(time, "us")


def event_log(events: Sequence[Event], order: Sequence[int] | None = None) -> cj.EventLog:
    """The events as a log, in the order of their rows; that order, or ``order``, decides ties."""
    rows = sorted(events, key=lambda event: event.row)
    recorded = [event.recorded for event in rows]
    return cj.EventLog.from_columns(
        [event.customer for event in rows],
        [event.activity for event in rows],
        np.array([event.time for event in rows], "datetime64[us]"),
        np.array([np.nan if event.value is None else event.value for event in rows], float),
        channel=[event.channel for event in rows],
        actor=[event.actor for event in rows],
        recorded=None if None in recorded else np.array(recorded, "datetime64[us]"),
        order=order,
    )


def customers(facts: Iterable[Fact], kinds: dict[str, str]) -> cj.Customers | None:
    """The attributes, one table per attribute, joined."""
    by_name: dict[str, list[Fact]] = {}
    for fact in facts:
        by_name.setdefault(fact.name, []).append(fact)
    tables = [attribute_table(name, rows, kinds[name]) for name, rows in sorted(by_name.items())]
    if not tables:
        return None
    joined = tables[0]
    for table in tables[1:]:
        joined = joined.join(table)
    return joined


def attribute_table(name: str, rows: list[Fact], kind: str) -> cj.Customers:
    values = [sorted(row.value) if isinstance(row.value, frozenset) else row.value for row in rows]
    columns = {"customer": [row.customer for row in rows], name: pa.array(values, KINDS[kind])}
    named = {}
    if rows[0].valid_from is not None:
        columns["valid_from"] = pa.array([row.valid_from for row in rows], KINDS["date"])
        named["valid_from"] = "valid_from"
    if rows[0].recorded is not None:
        columns["recorded"] = pa.array([row.recorded for row in rows], KINDS["date"])
        named["recorded"] = "recorded"
    return cj.Customers.from_frame(pa.table(columns), **named)


def waivers(world: World) -> list[cj.Waiver]:
    return [
        cj.Waiver(
            customer=one.customer,
            transition=one.transition,
            item=one.item,
            author="lead",
            reason="agreed",
            start=moment(one.start),
            end=moment(one.end),
        )
        for one in world.waivers
    ]


def histories(trace: cj.Trace) -> dict[object, History]:
    """Every customer's history as the oracle writes it."""
    found: dict[object, History] = {}
    for row in plain_rows(trace.visits):
        history = found.setdefault(row["customer"], History([], [], [], [], []))
        history.visits.append(Visit(row["number"], row["stage"], row["entered"], row["left"], row["via"]))
    for row in plain_rows(trace.milestones):
        found[row["customer"]].milestones.append(Reached(row["milestone"], row["time"]))
    for row in plain_rows(trace.signals):
        found[row["customer"]].signals.append(
            Raised(row["signal"], row["raised"], row["ceased"], row["answered"])
        )
    for row in plain_rows(trace.handoffs):
        fields = (
            "number",
            "transition",
            "item",
            "started",
            "ended",
            "outcome",
            "status",
            "first_true",
            "row",
        )
        found[row["customer"]].handoffs.append(Evidence(*(row[field] for field in fields)))
    for row in plain_rows(trace.breaches):
        found[row["customer"]].breaches.append(Breach(row["kind"], row["place"], row["started"], row["at"]))
    for history in found.values():
        for rows in (history.milestones, history.signals, history.handoffs, history.breaches):
            rows.sort()
    return found


def plain_rows(table: object) -> Iterable[dict[str, object]]:
    """The rows as Python values; times as integers of microseconds, open ends as None."""
    columns = {name: plain(table[name]) for name in table.columns}  # type: ignore[attr-defined,index]
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def plain(column: np.ndarray) -> list[object]:
    if column.dtype.kind == "M":
        values = column.astype("datetime64[us]").astype(np.int64)
        return [
            None if absent else int(value) for value, absent in zip(values, np.isnat(column), strict=True)
        ]
    return column.tolist()
