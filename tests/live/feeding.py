"""Worlds fed to a tracker piece by piece, and what a replay of all of them says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import attrs
import numpy as np
from tests import worlds
from tests.oracle import Event, Fact, History, Waiver, World

import cjlib as cj

Piece = Event | Fact | Waiver


def pieces(world: World, rng: np.random.Generator, *, is_repeated: bool = True) -> list[list[Piece]]:
    """All that happens in a world, shuffled, partly told twice, in parts of any size.

    Rows of one attribute keep their order: of several at one moment, the later counts.
    """
    events = list(world.events)
    if is_repeated and events:
        events += [events[place] for place in rng.integers(0, len(events), len(events) // 4)]
    told: list[Piece] = [events[place] for place in rng.permutation(len(events))]
    told += list(world.waivers)
    for fact in world.facts:
        told.insert(int(rng.integers(0, len(told) + 1)), fact)
    facts = iter(world.facts)
    told = [next(facts) if isinstance(one, Fact) else one for one in told]
    cuts = np.sort(rng.integers(0, len(told) + 1, int(rng.integers(0, 6))))
    return [told[low:high] for low, high in zip([0, *cuts], [*cuts, len(told)], strict=True)]


def feed(tracker: cj.Tracker, world: World, some: Sequence[Piece]) -> None:
    """Record one part."""
    mine = attrs.evolve(world, waivers=tuple(one for one in some if isinstance(one, Waiver)))
    facts = [one for one in some if isinstance(one, Fact)]
    tracker.record(
        log_of([one for one in some if isinstance(one, Event)]),
        worlds.customers(facts, world.kinds),
        worlds.waivers(mine),
    )


def log_of(events: Sequence[Event]) -> cj.EventLog:
    """The events as a log, with their row as id and as order."""
    recorded = [one.recorded for one in events]
    return cj.EventLog.from_columns(
        [one.customer for one in events],
        [one.activity for one in events],
        np.array([one.time for one in events], "datetime64[us]"),
        np.array([np.nan if one.value is None else one.value for one in events], float),
        channel=[one.channel for one in events],
        actor=[one.actor for one in events],
        recorded=None if None in recorded or not events else np.array(recorded, "datetime64[us]"),
        order=[one.row for one in events],
        event_id=[one.row for one in events],
    )


def told_of(world: World) -> list[object]:
    """Everybody whom the world says anything of."""
    return sorted({one.customer for one in (*world.events, *world.facts, *world.waivers)}, key=str)


def by_tracker(tracker: cj.Tracker, ids: Iterable[object]) -> dict[object, History]:
    """Every customer's history as the tracker tells it, evidence by the event's id."""
    found: dict[object, History] = {}
    for one in ids:
        if np.isnat(tracker.where(one).at):
            continue  # nothing has happened yet, and time was never advanced
        trace = tracker.history(one)
        log = trace._log
        names = dict(
            zip(log.row.tolist(), [] if log.event_id is None else log.event_id.tolist(), strict=True)
        )
        for customer, history in worlds.histories(trace).items():
            found[customer] = attrs.evolve(
                history,
                handoffs=[attrs.evolve(row, row=names.get(row.row, -1)) for row in history.handoffs],
            )
    return found


def by_batch(world: World, advanced: int | None) -> dict[object, History]:
    """The same by replays of the whole world, one for every moment up to which anybody is known."""
    ends: dict[object, int] = {} if advanced is None else dict.fromkeys(told_of(world), advanced)
    for event in world.events:
        ends[event.customer] = max(event.time, ends.get(event.customer, event.time))
    found: dict[object, History] = {}
    for end in sorted(set(ends.values())):
        histories = worlds.by_replay(attrs.evolve(world, until=end))
        found |= {one: history for one, history in histories.items() if ends.get(one) == end}
    return found


def advances(world: World, rng: np.random.Generator, parts: int) -> Iterator[int | None]:
    """Before each part, whether time is advanced and to when; never backwards."""
    moment = min((one.time for one in world.events), default=world.until)
    for _ in range(parts):
        if rng.random() < 0.5:
            yield None
        else:
            moment += int(rng.integers(0, max(2, (world.until - moment) // 2)))
            yield moment
