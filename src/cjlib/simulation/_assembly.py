"""Blocks of customers put together: the event log and the tables of truth."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ..data._events import EventLog
from ..data._ledger import Ledger
from ..data._tables import Coded, Table
from ..data._times import NAT
from ._ground import Ground, Way
from ._memory import in_order
from ._plans import Plan
from ._randoms import shifted_lognormal
from ._rounds import Block

__all__ = ["BlockEvents", "events_of", "log_of", "rates_of", "visits_of"]

_PEOPLE = 128


@attrs.frozen(eq=False)
class BlockEvents:
    """The events of a block, by customer and time, ties as they were written."""

    customers: NDArray[np.int32]
    times: NDArray[np.int64]
    kinds: NDArray[np.int16]
    values: NDArray[np.float64]
    people: NDArray[np.int16]
    names: tuple[tuple[str, str | None], ...]


def events_of(block: Block) -> BlockEvents:
    """The events that a block has written, in order."""
    rows, times, kinds, values, people = (
        np.concatenate(column) for column in zip(*block.book.events, strict=True)
    )
    order = in_order(rows, times)
    customers = block.state.customers[rows[order]]
    return BlockEvents(
        customers.astype(np.int32),
        times[order],
        kinds[order],
        values[order],
        people[order].astype(np.int16),
        tuple(block.book.kinds),
    )


def log_of(parts: list[BlockEvents], number: int) -> EventLog:
    """All events as one log; customers are 0 … number − 1, actors ``128 · customer + person``."""
    activities = tuple(sorted({name for part in parts for name, _ in part.names}))
    channels = tuple(sorted({channel for part in parts for _, channel in part.names if channel is not None}))
    customers = _taken(parts, "customers")
    actors, actor = _actors(parts)
    channel = np.concatenate([_coded(part, 1, channels)[part.kinds] for part in parts])
    return EventLog(
        customers=np.arange(number, dtype=np.int64),
        starts=np.searchsorted(customers, np.arange(number + 1)).astype(np.int64),
        time=_taken(parts, "times"),
        activity=np.concatenate([_coded(part, 0, activities)[part.kinds] for part in parts]),
        value=_taken(parts, "values"),
        channel=channel if channels else None,
        actor=actor,
        recorded=None,
        order=None,
        text=None,
        row=np.arange(len(customers)),
        activities=activities,
        channels=channels,
        actors=actors,
        ledger=Ledger(read=len(customers), kept=len(customers)),
    )


def _taken(parts: list[BlockEvents], name: str) -> NDArray[Any]:
    return np.concatenate([getattr(part, name) for part in parts])


def _coded(part: BlockEvents, place: int, names: tuple[str, ...]) -> NDArray[np.int32]:
    positions = {name: position for position, name in enumerate(names)}
    return np.array([positions.get(str(kind[place]), -1) for kind in part.names], np.int32)


def _actors(parts: list[BlockEvents]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Ids and codes; blocks hold customers in order, so the ids of one follow those of the other."""
    ids, codes, taken = [], [], 0
    for part in parts:
        own, code = np.unique(part.customers.astype(np.int64) * _PEOPLE + part.people, return_inverse=True)
        ids.append(own)
        codes.append((code + taken).astype(np.int32))
        taken += len(own)
    return np.concatenate(ids), np.concatenate(codes)


def visits_of(ground: Ground, blocks: list[Block], number: int, until: int) -> Table:
    """The visits as they were planned, up to ``until``."""
    columns: dict[str, list[NDArray[Any]]] = {}
    for block in blocks:
        for name in ("rows", "numbers", "stages", "entered", "left", "ways", "satisfaction", "is_forced"):
            arrays = [np.asarray(one) for one in getattr(block.diary, name)]
            if name == "rows":
                arrays = [block.state.customers[one] for one in arrays]
            columns.setdefault(name, []).extend(arrays)
    found = {name: np.concatenate(arrays) for name, arrays in columns.items()}
    order = np.lexsort((found["numbers"], found["rows"]))
    found = {name: array[order] for name, array in found.items()}
    drawn = _transitions(ground, found["stages"], found["ways"])
    is_open = (found["left"] > until) | (drawn < 0)
    stages = tuple(stage.id for stage in ground.journey.stages)
    return Table(
        {
            "customer": Coded(found["rows"], np.arange(number)),
            "number": found["numbers"].astype(np.int32),
            "stage": Coded(found["stages"], stages),
            "entered": found["entered"].view("datetime64[us]"),
            "left": np.where(is_open, NAT, found["left"]).view("datetime64[us]"),
            "via": np.where(is_open, -1, drawn).astype(np.int32),
            "drawn": drawn.astype(np.int32),
            "way": np.where(found["ways"] >= 0, _offsets(ground)[found["stages"]] + found["ways"], -1).astype(
                np.int32
            ),
            "satisfaction": found["satisfaction"],
            "is_forced": found["is_forced"],
        },
        name="planned visits",
    )


def _offsets(ground: Ground) -> NDArray[np.int64]:
    return np.cumsum([0, *(len(ways) for ways in ground.ways)])[:-1]


def _transitions(ground: Ground, stages: NDArray[np.int64], ways: NDArray[np.int64]) -> NDArray[np.int64]:
    flat = np.array([way.transition for found in ground.ways for way in found])
    return np.where(ways >= 0, flat[np.maximum(_offsets(ground)[stages] + ways, 0)], -1)


def rates_of(ground: Ground, blocks: list[Block]) -> Table:
    """One row per way out: what it was given, and what was drawn and expected from it."""
    flat = [way for found in ground.ways for way in found]
    expected = np.concatenate(
        [sum(block.expected[one] for block in blocks) for one in range(len(ground.ways))]
    )
    variance = np.concatenate(
        [sum(block.variance[one] for block in blocks) for one in range(len(ground.ways))]
    )
    drawn = np.zeros(len(flat), np.int64)
    for block in blocks:
        for stages, ways, forced in zip(
            block.diary.stages, block.diary.ways, block.diary.is_forced, strict=True
        ):
            kept = (ways >= 0) & ~forced
            drawn += np.bincount(_offsets(ground)[stages[kept]] + ways[kept], minlength=len(flat))
    journey = ground.journey
    ids = tuple(stage.id for stage in journey.stages)
    targets = [
        journey.stage_index[journey.transitions[way.transition].target] if way.transition >= 0 else -1
        for way in flat
    ]
    texts = np.empty(len(flat), object)
    texts[:] = [way.text for way in flat]
    lengths = np.array([_length(way) for way in flat], float).reshape(len(flat), 3)
    return Table(
        {
            "stage": Coded([way.stage for way in flat], ids),
            "transition": np.array([way.transition for way in flat], np.int32),
            "target": Coded(targets, ids),
            "way": texts,
            "rate": np.array([way.rate for way in flat]),
            "expected": expected,
            "variance": variance,
            "drawn": drawn,
            "median": lengths[:, 0],
            "shape": np.array([way.shape for way in flat]),
            "floor": lengths[:, 1],
            "ceiling": lengths[:, 2],
        },
        name="rates",
    )


def _length(way: Way) -> tuple[float, float, float]:
    """Median, shortest and longest duration in seconds of the way's first plan; infinite where one stays."""
    if way.transition < 0 or not way.plans:
        return (np.inf if way.transition < 0 else np.nan), 0.0, np.inf
    plan = way.plans[0]
    longest = np.inf if plan.ceiling is None else float(plan.ceiling - plan.floor)
    if plan.exact is not None:
        longest = 0.0
    median = _median(way, plan, longest)
    return median / 1e6, plan.floor / 1e6, (plan.floor + longest) / 1e6


def _median(way: Way, plan: Plan, longest: float) -> float:
    usual = np.array([float(max(way.median - plan.floor, way.median // 4))])
    beyond = shifted_lognormal(np.array([0.5]), usual, way.shape, np.array([longest]))
    return float(plan.floor + beyond[0])
