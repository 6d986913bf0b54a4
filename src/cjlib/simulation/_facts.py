"""What a company knows about its simulated customers: the attributes as columns of ``Customers``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ..data._attributes import AttributeColumn
from ..data._customers import Customers
from ..data._ledger import Ledger
from ..journey._elements import Attribute
from ..journey._journey import Journey
from ._ground import Ground
from ._memory import UNKNOWN, Rows
from ._randoms import Floats, Keys, integers, keys_of, normal, uniform
from ._rounds import Block

__all__ = ["Column", "customers_of", "facts_of"]

ALWAYS = np.iinfo(np.int64).min
_DAY = 86_400_000_000
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


@attrs.frozen(eq=False)
class Column:
    """Rows of one attribute, sorted by customer and time."""

    name: str
    kind: str
    customers: NDArray[np.int64]
    times: NDArray[np.int64]
    values: Floats
    categories: tuple[Any, ...] = ()


def facts_of(ground: Ground, block: Block, seed: int, until: int) -> list[Column]:
    """All attributes of a block of customers, those that criteria read and those that are just told."""
    found = [*_steered(ground, block, until), *_starts(ground, block)]
    taken = {column.name for column in found}
    watched = {
        activity for one in ground.literals if one.stream is not None for activity in one.stream.activities
    }
    declared = {attribute.id: attribute for attribute in (*_USUAL, *ground.journey.attributes)}
    keys = keys_of(seed, block.state.customers)
    for attribute in declared.values():
        if attribute.id not in taken:
            found.append(_told(attribute, block, keys, until, "@" + attribute.id not in watched))
    return sorted(found, key=lambda column: column.name)


def _steered(ground: Ground, block: Block, until: int) -> Iterable[Column]:
    state = block.state
    rows = np.arange(len(state.first))
    for name, domain in state.domains.items():
        at, times, codes = _joined(block.book.changes.get(name, []), until)
        yield _of_domain(name, domain.values[1:], state.customers[at], times, codes - 1.0)
    for name in state.dates:
        at, times, dates = _joined(block.book.changes.get(name, []), until)
        yield Column(
            name, "date", state.customers[at], times, np.where(dates == UNKNOWN, np.nan, dates.astype(float))
        )
    for name, aims in state.aims.items():
        yield Column(name, "number", state.customers, np.full(len(rows), ALWAYS), aims)


def _starts(ground: Ground, block: Block) -> Iterable[Column]:
    if ground.journey.start is not None:
        first = block.state.first
        yield Column(
            ground.journey.start,
            "date",
            block.state.customers,
            np.full(len(first), ALWAYS),
            first.astype(float),
        )


def _joined(parts: list[tuple[Rows, Rows, Rows]], until: int) -> tuple[Rows, Rows, Rows]:
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


def _of_domain(name: str, values: tuple[Any, ...], customers: Rows, times: Rows, codes: Floats) -> Column:
    is_unknown = codes < 0
    if any(isinstance(value, tuple) for value in values):
        return Column(name, "set", customers, times, np.where(is_unknown, np.nan, codes), values)
    if all(isinstance(value, str) for value in values):
        ordered = tuple(sorted(values))
        places = np.array([ordered.index(value) for value in values], float)
        return Column(name, "text", customers, times, _picked(places, codes), ordered)
    numbers = np.array([float(value) for value in values])
    kind = "boolean" if all(isinstance(value, bool) for value in values) else "number"
    return Column(name, kind, customers, times, _picked(numbers, codes))


def _picked(values: Floats, codes: Floats) -> Floats:
    return np.where(codes < 0, np.nan, values[np.maximum(codes, 0).astype(np.int64)])


def _told(attribute: Attribute, block: Block, keys: Keys, until: int, may_change: bool) -> Column:
    name, state = attribute.id, block.state
    if attribute.type == "date":
        dates = state.first + 365 * _DAY * (1 + (until - state.first) // (365 * _DAY))
        return Column(name, "date", state.customers, np.full(len(keys), ALWAYS), dates.astype(float))
    if attribute.type == "boolean":
        return Column(
            name, "boolean", state.customers, np.full(len(keys), ALWAYS), (uniform(keys, name) < 0.5) * 1.0
        )
    if attribute.type == "set":
        subsets = (*((option,) for option in attribute.options), tuple(attribute.options))
        return Column(
            name,
            "set",
            state.customers,
            np.full(len(keys), ALWAYS),
            integers(keys, name, len(subsets)) * 1.0,
            subsets,
        )
    if attribute.type == "number":
        scale = 9.2 if _MONEY.search(name) else 2.5
        numbers = np.maximum(
            1, np.round(np.exp(scale + 0.8 * normal(keys, "size") + 0.2 * normal(keys, name)))
        )
        grown = np.round(numbers * (1.2 + 0.6 * uniform(keys, "growth")))
        return _changing(
            name,
            "number",
            block,
            keys,
            until,
            numbers,
            grown,
            (),
            0.3 * may_change * (name in ("seats", "arr")),
        )
    options = tuple(sorted(attribute.options or (f"{name} {letter}" for letter in "ABCDE")))
    first = (uniform(keys, name) ** 1.5 * len(options)).astype(np.int64)
    second = (first + 1) % len(options)
    share = 0.2 * may_change * bool(_PEOPLE.search(name))
    return _changing(name, "text", block, keys, until, first * 1.0, second * 1.0, options, share)


def _changing(
    name: str,
    kind: str,
    block: Block,
    keys: Keys,
    until: int,
    before: Floats,
    after: Floats,
    categories: tuple[Any, ...],
    share: float,
) -> Column:
    """Values of which some change once, at a time between the customer's first moment and the end."""
    state = block.state
    if not share:
        return Column(name, kind, state.customers, np.full(len(keys), ALWAYS), before, categories)
    moved = np.flatnonzero(uniform(keys, "changes " + name) < share)
    times = state.first + (uniform(keys, "when " + name) * np.maximum(until - state.first, 1)).astype(
        np.int64
    )
    rows = np.concatenate([np.arange(len(keys)), moved])
    order = np.argsort(rows, kind="stable")
    every = np.concatenate([state.first, times[moved]])
    values = np.concatenate([before, after[moved]])
    return Column(name, kind, state.customers[rows[order]], every[order], values[order], categories)


def customers_of(journey: Journey, parts: list[list[Column]], number: int) -> Customers:
    """All blocks as one ``Customers``."""
    ids = np.arange(number, dtype=np.int64)
    columns = {}
    for same in zip(*parts, strict=True):
        customers = np.concatenate([part.customers for part in same])
        times = np.concatenate([part.times for part in same])
        values = np.concatenate([part.values for part in same])
        starts = np.searchsorted(customers, np.arange(number + 1))
        columns[same[0].name] = AttributeColumn(
            name=same[0].name,
            kind=same[0].kind,
            constant=bool(len(times)) and bool((times == ALWAYS).all()),
            starts=starts.astype(np.int64),
            valid_from=times,
            recorded=None,
            values=values,
            categories=same[0].categories,
        )
    rows = sum(len(column.values) for column in columns.values())
    names = tuple(sorted(columns))
    return Customers(ids=ids, names=names, links=(), ledger=Ledger(read=rows, kept=rows), columns=columns)
