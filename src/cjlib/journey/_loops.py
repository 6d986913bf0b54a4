"""Rounds of transitions that a customer could go without anything happening in between."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import attrs

from ..criteria import And, Criterion
from ._cases import Case, cases, merged, tightened
from ._definition import Definition
from ._domains import Span
from ._moments import at_entry, at_rest, lasting, shortest_dwell, triggered, without_data
from ._transitions import Transition
from ._ways import knots, successors

__all__ = ["Rounds", "effective", "rounds"]

MOST_STEPS = 5_000
SECOND = 1_000_000


@attrs.frozen
class Rounds:
    """Loops by what it takes to pass them, each as the stages in their order from the first in the journey.

    Attributes:
        rapid: time alone passes them, the whole round in less than a second.
        timed: time alone passes them, with the seconds that a round takes at least.
        instant: all their criteria can be true at one instant.
    """

    rapid: tuple[tuple[str, ...], ...]
    timed: tuple[tuple[tuple[str, ...], float], ...]
    instant: tuple[tuple[str, ...], ...]


@attrs.frozen
class _Move:
    target: str
    cases: tuple[Case, ...]


Moves = Mapping[str, list[_Move]]
View = Callable[[Case], Iterable[Case]]


def effective(move: Transition) -> Criterion:
    """What opens the transition: its criterion and every required item of its checklist."""
    parts = [move.when, *(item.criterion for item in move.required_items)]
    flat = [inner for part in parts for inner in (part.criteria if isinstance(part, And) else (part,))]
    return And(tuple(flat)) if len(flat) > 1 else flat[0]


def rounds(journey: Definition, categories: Mapping[str, frozenset[str]]) -> Rounds:
    """The loops of a journey that deserve a word."""
    moves = _moves(journey, categories)
    order = {stage.id: position for position, stage in enumerate(journey.stages)}
    timeless = _shortest(_walks(_seen(moves, without_data), order))
    resting = _shortest(filter(_can_last, _walks(_seen(moves, at_rest), order)))
    bouncing = _shortest(_walks(_seen(moves, at_entry), order, first=_seen(moves, triggered)))
    rapid = {loop for loop, us in timeless.items() if us < SECOND}
    rapid |= {loop for loop, us in resting.items() if 0 < us < SECOND}
    timed = {loop: us / SECOND for loop, us in resting.items() if us >= SECOND and loop not in rapid}
    instant = [loop for loop in {**resting, **bouncing} if loop not in rapid and loop not in timed]
    return Rounds(tuple(sorted(rapid)), tuple(sorted(timed.items())), tuple(sorted(instant)))


def _moves(journey: Definition, categories: Mapping[str, frozenset[str]]) -> dict[str, list[_Move]]:
    """The moves inside knots, with the cases in which they open; those beyond telling are left out."""
    ways = successors((move.source, move.target) for move in journey.transitions)
    knot_of = {stage: number for number, knot in enumerate(knots(ways)) for stage in knot}
    found: dict[str, list[_Move]] = {}
    for move in journey.transitions:
        if move.source in knot_of and knot_of[move.source] == knot_of.get(move.target):
            possible = cases(effective(move), categories)
            if possible:
                found.setdefault(move.source, []).append(_Move(move.target, tuple(possible)))
    return found


def _seen(moves: Moves, view: View) -> dict[str, list[_Move]]:
    found: dict[str, list[_Move]] = {}
    for source, several in moves.items():
        for move in several:
            left = tuple(seen for case in move.cases for seen in view(case))
            if left:
                found.setdefault(source, []).append(_Move(move.target, left))
    return found


@attrs.frozen
class _Walk:
    stages: tuple[str, ...]
    held: Case
    us: float


def _can_last(walk: _Walk) -> bool:
    """Whether nothing has to have happened since the round began."""
    clocks = [domain for key, domain in walk.held.items() if key.kind in ("idle", "age")]
    return all(domain.high >= walk.us for domain in clocks if isinstance(domain, Span))


def _walks(moves: Moves, order: Mapping[str, int], first: Moves | None = None) -> Iterator[_Walk]:
    """Every round whose criteria agree with each other, as far as a fair number of steps leads.

    With ``first``, the first step is taken from there, and a round has two stages at least.
    """
    steps = 0
    for start in first or moves:
        open_ends = [_Walk((start,), {}, 0)]
        while open_ends:
            walk = open_ends.pop()
            is_first = len(walk.stages) == 1
            for move in ((first or moves) if is_first else moves).get(walk.stages[-1], ()):
                is_round = move.target == start and not (is_first and first is not None)
                is_fresh = move.target not in walk.stages
                if not is_round and not (
                    is_fresh and (first is not None or _is_later(move.target, start, order))
                ):
                    continue
                for case in move.cases:
                    steps += 1
                    if steps > MOST_STEPS:
                        return
                    held = tightened(merged([walk.held, lasting(case)]))
                    if held is None:
                        continue
                    us = walk.us + shortest_dwell(case)
                    if is_round:
                        yield _Walk(_turned(walk.stages, order), held, us)
                    else:
                        open_ends.append(_Walk((*walk.stages, move.target), held, us))


def _is_later(stage: str, start: str, order: Mapping[str, int]) -> bool:
    return order.get(stage, -1) > order.get(start, -1)


def _turned(stages: tuple[str, ...], order: Mapping[str, int]) -> tuple[str, ...]:
    first = min(range(len(stages)), key=lambda position: order.get(stages[position], -1))
    return stages[first:] + stages[:first]


def _shortest(walks: Iterable[_Walk]) -> dict[tuple[str, ...], float]:
    found: dict[tuple[str, ...], float] = {}
    for walk in walks:
        found[walk.stages] = min(walk.us, found.get(walk.stages, walk.us))
    return found
