"""What a company knows about its simulated customers: the attributes as columns of ``Customers``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import attrs
import numpy as np

from ..data._attributes import AttributeColumn, Kind
from ..data._customers import Customers
from ..data._ledger import Ledger
from ..journey._elements import Attribute
from ._rounds import Block, Setup
from ._state import UNKNOWN, Floats, Keys, Rows, Times, integers, keys_of, normal, uniform

__all__ = ["customers_of", "facts_of"]

ALWAYS = np.iinfo(np.int64).min
_YEAR = 365 * 86_400_000_000
_USUAL = (
    Attribute("segment", options=("small", "medium", "large")),
    Attribute("plan", options=("basic", "pro", "enterprise")),
    Attribute("seats", type="number"),
    Attribute("arr", type="number"),
    Attribute("csm"),
    Attribute("renewal_date", type="date"),
)
_PEOPLE = re.compile(r"csm|manager|sponsor|champion|contact|lead$|owner|decision")
_MONEY = re.compile(r"arr|mrr|revenue|value|price|budget")


def facts_of(setup: Setup, block: Block) -> tuple[AttributeColumn, ...]:
    """All attributes of a block of customers, those that criteria read and those that are just told."""
    ground = setup.ground
    found = {column.name: column for column in _steered(setup, block)}
    keys = keys_of(setup.seed, block.state.customers)
    for attribute in {one.id: one for one in (*_USUAL, *ground.journey.attributes)}.values():
        if attribute.id not in found:
            may_change = "@" + attribute.id not in ground.activities
            found[attribute.id] = _told(attribute, block, keys, setup.until, may_change)
    return tuple(found[name] for name in sorted(found))


def _column(
    block: Block, name: str, kind: Kind, values: Floats, categories: tuple[Any, ...] = (),
    rows: Rows | None = None, times: Times | None = None,
) -> AttributeColumn:  # fmt: skip
    """A column of rows by customer and time; unsaid, each customer has one, as of today."""
    size = len(block.stages)
    rows = np.arange(size) if rows is None else rows
    times = np.full(size, ALWAYS) if times is None else times
    return AttributeColumn(
        name=name,
        kind=kind,
        constant=False,
        starts=np.searchsorted(rows, np.arange(size + 1)).astype(np.int64),
        valid_from=times,
        recorded=None,
        values=values,
        categories=categories,
    )


def _steered(setup: Setup, block: Block) -> Iterator[AttributeColumn]:
    """The attributes that criteria read."""
    state, start = block.state, setup.ground.journey.start
    for name, domain in state.domains.items():
        rows, times, codes = _joined(block.book.changes.get(name, []), setup.until)
        kind, values, categories = _of_domain(domain.values[1:], codes - 1.0)
        yield _column(block, name, kind, values, categories, rows, times)
    for name in state.dates:
        rows, times, dates = _joined(block.book.changes.get(name, []), setup.until)
        values = np.where(dates == UNKNOWN, np.nan, dates.astype(float))
        yield _column(block, name, "date", values, (), rows, times)
    for name, aims in state.aims.items():
        yield _column(block, name, "number", aims)
    if start is not None:
        yield _column(block, start, "date", state.first.astype(float))


def _joined(parts: list[tuple[Rows, Times, Rows]], until: int) -> tuple[Rows, Times, Rows]:
    """The rows by customer and time; of several at one moment the last written one is kept."""
    if not parts:
        empty = np.zeros(0, np.int64)
        return empty, empty, empty
    rows, times, values = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((times, rows))
    rows, times, values = rows[order], times[order], values[order]
    kept = np.ones(len(rows), bool)
    kept[:-1] = (rows[1:] != rows[:-1]) | (times[1:] != times[:-1])
    kept &= times <= until
    return rows[kept], times[kept], values[kept]


def _of_domain(values: tuple[Any, ...], codes: Floats) -> tuple[Kind, Floats, tuple[Any, ...]]:
    """Kind, values and categories of codes, of which −1 is unknown."""
    if any(isinstance(value, tuple) for value in values):
        return "set", np.where(codes < 0, np.nan, codes), values
    ordered: tuple[Any, ...] = ()
    kind: Kind = "boolean" if all(isinstance(value, bool) for value in values) else "number"
    numbers = values
    if all(isinstance(value, str) for value in values):
        kind, ordered = "text", tuple(sorted(values))
        numbers = tuple(ordered.index(value) for value in values)
    places = np.maximum(codes, 0).astype(np.int64)
    return kind, np.where(codes < 0, np.nan, np.array(numbers, float)[places]), ordered


def _told(attribute: Attribute, block: Block, keys: Keys, until: int, may_change: bool) -> AttributeColumn:
    """An attribute that no criterion reads."""
    name, first = attribute.id, block.state.first
    if attribute.type == "date":
        return _column(block, name, "date", (first + _YEAR * (1 + (until - first) // _YEAR)).astype(float))
    if attribute.type == "boolean":
        return _column(block, name, "boolean", (uniform(keys, name) < 0.5) * 1.0)
    if attribute.type == "set":
        subsets = (*((option,) for option in attribute.options), tuple(attribute.options))
        return _column(block, name, "set", integers(keys, name, len(subsets)) * 1.0, subsets)
    if attribute.type == "number":
        scale = 9.2 if _MONEY.search(name) else 2.5
        sizes = np.exp(scale + 0.8 * normal(keys, "size") + 0.2 * normal(keys, name))
        before = np.maximum(1, np.round(sizes))
        after = np.round(before * (1.2 + 0.6 * uniform(keys, "growth")))
        share = 0.3 * may_change * (name in ("seats", "arr"))
        return _changing(block, keys, until, share, name, "number", before, after)
    options = tuple(sorted(attribute.options or (f"{name} {letter}" for letter in "ABCDE")))
    before = np.floor(uniform(keys, name) ** 1.5 * len(options))
    share = 0.2 * may_change * bool(_PEOPLE.search(name))
    return _changing(block, keys, until, share, name, "text", before, (before + 1) % len(options), options)


def _changing(
    block: Block, keys: Keys, until: int, share: float, name: str, kind: Kind, before: Floats, after: Floats,
    categories: tuple[str, ...] = (),
) -> AttributeColumn:  # fmt: skip
    """Values of which a share changes once, at a time between the customer's first moment and the end."""
    if not share:
        return _column(block, name, kind, before, categories)
    first = block.state.first
    moved = np.flatnonzero(uniform(keys, "changes " + name) < share)
    times = first + (uniform(keys, "when " + name) * np.maximum(until - first, 1)).astype(np.int64)
    rows = np.concatenate([np.arange(len(keys)), moved])
    order = np.argsort(rows, kind="stable")
    every = np.concatenate([first, times[moved]])[order]
    values = np.concatenate([before, after[moved]])[order]
    return _column(block, name, kind, values, categories, rows[order], every)


def customers_of(parts: Iterable[tuple[AttributeColumn, ...]], number: int) -> Customers:
    """All blocks as one ``Customers``."""
    columns = {same[0].name: _together(same) for same in zip(*parts, strict=True)}
    rows = sum(len(column.values) for column in columns.values())
    return Customers(
        ids=np.arange(number, dtype=np.int64),
        names=tuple(sorted(columns)),
        links=(),
        ledger=Ledger(read=rows, kept=rows),
        columns=columns,
    )


def _together(parts: tuple[AttributeColumn, ...]) -> AttributeColumn:
    times = np.concatenate([part.valid_from for part in parts])
    counts = np.concatenate([np.diff(part.starts) for part in parts])
    return attrs.evolve(
        parts[0],
        constant=bool(len(times)) and bool((times == ALWAYS).all()),
        starts=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        valid_from=times,
        values=np.concatenate([part.values for part in parts]),
    )
