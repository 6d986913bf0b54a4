"""Blocks of customers put together: the event log and the tables of truth."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ..data._attributes import AttributeColumn
from ..data._events import EventLog
from ..data._ledger import Ledger
from ..data._order import in_order
from ..data._tables import Coded, Table
from ..data._times import NAT
from ._facts import facts_of
from ._ground import Ground, Way
from ._rounds import Block, Setup, simulate_block
from ._state import Floats, Rows, shifted_lognormal

__all__ = ["Piece", "log_of", "piece_of", "rates_of", "visits_of"]

_PEOPLE = 128
_KEPT = ("rows", "starts", "ends", "ways", "energy", "is_forced")


@attrs.frozen(eq=False, kw_only=True)
class Piece:
    """What a block of customers leaves behind.

    Attributes:
        events: customers, times, kinds, values, actors and codes of actors, by customer and time, ties as
            they were written.
        kinds: activity and channel of the events.
        facts: the attributes.
        visits: the columns of all rounds.
        odds: per stage (3, ways): expected, variance, drawn.
        silent: the customers for whom no way could be planned.
    """

    events: dict[str, NDArray[Any]]
    kinds: tuple[tuple[str, str | None], ...]
    facts: tuple[AttributeColumn, ...]
    visits: dict[str, NDArray[Any]]
    odds: tuple[Floats, ...]
    silent: Rows


def piece_of(setup: Setup, customers: Rows) -> Piece:
    """Some customers' lives."""
    block = simulate_block(setup, customers)
    return Piece(
        events=_events_of(block),
        kinds=tuple(block.book.kinds),
        facts=facts_of(setup, block),
        visits=_columns_of(block),
        odds=_odds_of(block),
        silent=customers[block.is_stuck],
    )


def _events_of(block: Block) -> dict[str, NDArray[Any]]:
    rows, times, kinds, values, people = map(np.concatenate, zip(*block.book.events, strict=True))
    starts, order, times, _ = in_order(rows, len(block.stages), times, None)
    customers = np.repeat(block.state.customers, np.diff(starts))
    persons = rows[order] * _PEOPLE + people[order]
    is_there = np.zeros(len(block.stages) * _PEOPLE, bool)
    is_there[persons] = True
    actors = np.flatnonzero(is_there) + block.state.customers[0] * _PEOPLE
    actor = np.cumsum(is_there, dtype=np.int32)[persons] - np.int32(1)
    return {
        "customers": customers.astype(np.int32), "times": times, "kinds": kinds[order],
        "values": values[order], "actors": actors, "actor": actor,
    }  # fmt: skip


def _columns_of(block: Block) -> dict[str, NDArray[Any]]:
    rounds = block.rounds
    counts = [len(one.rows) for one in rounds]
    found = {name: np.concatenate([getattr(one, name) for one in rounds]) for name in _KEPT}
    found |= {name: np.repeat([getattr(one, name) for one in rounds], counts) for name in ("stage", "number")}
    return found | {"rows": block.state.customers[found["rows"]]}


def _odds_of(block: Block) -> tuple[Floats, ...]:
    drawn = [np.zeros(len(ways)) for ways in block.expected]
    for one in block.rounds:
        kept = one.ways[(one.ways >= 0) & ~one.is_forced]
        drawn[one.stage] += np.bincount(kept, minlength=len(drawn[one.stage]))
    return tuple(np.array(odds) for odds in zip(block.expected, block.variance, drawn, strict=True))


def log_of(pieces: list[Piece], number: int) -> EventLog:
    """All events as one log; customers are 0 … number − 1, actors ``128 · customer + person``."""
    activities = tuple(sorted({name for piece in pieces for name, _ in piece.kinds}))
    channels = tuple(sorted({name for piece in pieces for _, name in piece.kinds if name is not None}))
    customers = _taken(pieces, "customers")
    known = np.cumsum([0, *(len(piece.events["actors"]) for piece in pieces)]).astype(np.int32)
    actor = [piece.events["actor"] + before for piece, before in zip(pieces, known, strict=False)]
    channel = np.concatenate([_coded(piece, 1, channels) for piece in pieces]) if channels else None
    return EventLog(
        customers=np.arange(number, dtype=np.int64),
        starts=np.searchsorted(customers, np.arange(number + 1)).astype(np.int64),
        time=_taken(pieces, "times"),
        activity=np.concatenate([_coded(piece, 0, activities) for piece in pieces]),
        value=_taken(pieces, "values"),
        channel=channel,
        actor=np.concatenate(actor),
        recorded=None,
        order=None,
        text=None,
        row=np.arange(len(customers)),
        activities=activities,
        channels=channels,
        actors=_taken(pieces, "actors"),
        ledger=Ledger(read=len(customers), kept=len(customers)),
    )


def _taken(pieces: list[Piece], name: str) -> NDArray[Any]:
    return np.concatenate([piece.events[name] for piece in pieces])


def _coded(piece: Piece, place: int, names: tuple[str, ...]) -> NDArray[np.int32]:
    positions = {name: position for position, name in enumerate(names)}
    codes = np.array([positions.get(str(kind[place]), -1) for kind in piece.kinds], np.int32)
    return np.take(codes, piece.events["kinds"])


def visits_of(ground: Ground, pieces: list[Piece], number: int, until: int) -> Table:
    """The visits as they were planned, up to ``until``."""
    found = {name: np.concatenate([piece.visits[name] for piece in pieces]) for name in pieces[0].visits}
    order = np.lexsort((found["number"], found["rows"]))
    found = {name: array[order] for name, array in found.items()}
    offsets = np.cumsum([0, *(len(ways) for ways in ground.ways)])
    way = np.where(found["ways"] >= 0, offsets[found["stage"]] + found["ways"], -1)
    drawn = np.array([*(way.transition for ways in ground.ways for way in ways), -1])[way]
    is_open = (found["ends"] > until) | (drawn < 0)
    return Table(
        {
            "customer": Coded(found["rows"], np.arange(number)),
            "number": found["number"].astype(np.int32),
            "stage": Coded(found["stage"], tuple(stage.id for stage in ground.journey.stages)),
            "entered": found["starts"].view("datetime64[us]"),
            "left": np.where(is_open, NAT, found["ends"]).view("datetime64[us]"),
            "via": np.where(is_open, -1, drawn).astype(np.int32),
            "drawn": drawn.astype(np.int32),
            "way": way.astype(np.int32),
            "satisfaction": found["energy"],
            "is_forced": found["is_forced"],
        },
        name="planned visits",
    )


def rates_of(ground: Ground, pieces: list[Piece]) -> Table:
    """One row per way out: what it was given, and what was drawn and expected from it."""
    journey = ground.journey
    ways = [way for found in ground.ways for way in found]
    odds = [sum(same) for same in zip(*(piece.odds for piece in pieces), strict=True)]
    expected, variance, drawn = np.concatenate(odds, axis=1)
    ids = tuple(stage.id for stage in journey.stages)
    targets = [ground.target_of(way) if way.transition >= 0 else -1 for way in ways]
    texts = np.empty(len(ways), object)
    texts[:] = [way.text for way in ways]
    median, floor, ceiling = np.array([_length(way) for way in ways], float).reshape(len(ways), 3).T
    return Table(
        {
            "stage": Coded([way.stage for way in ways], ids),
            "transition": np.array([way.transition for way in ways], np.int32),
            "target": Coded(targets, ids),
            "way": texts,
            "rate": np.array([way.rate for way in ways]),
            "expected": expected,
            "variance": variance,
            "drawn": drawn.astype(np.int64),
            "median": median,
            "shape": np.array([way.shape for way in ways]),
            "floor": floor,
            "ceiling": ceiling,
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
    usual = np.array([float(max(way.median - plan.floor, way.median // 4))])
    beyond = shifted_lognormal(np.array([0.5]), usual, way.shape, np.array([longest]))
    median = float(plan.floor + beyond[0])
    return median / 1e6, plan.floor / 1e6, (plan.floor + longest) / 1e6
