"""Checks of the graph: where customers cannot get to, cannot get away from, or go round and round."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta

import attrs

from ..criteria import And, Criterion
from ..criteria._literals import duration_text
from ._cases import (
    Case,
    Span,
    at_entry,
    at_rest,
    cases,
    lasting,
    merged,
    shortest_dwell,
    tightened,
    triggered,
    without_data,
)
from ._definition import Definition, Found, criteria, placed, reach, successors
from ._elements import Transition

__all__ = ["categories", "knots"]

MOST_STEPS = 5_000
SECOND = 1_000_000


def unreachable_stage(journey: Definition, day: date) -> Found:
    """A stage that no customer can ever reach."""
    found = reach([journey.initial], successors((move.source, move.target) for move in journey.transitions))
    for where, stage in placed("stages", journey.stages):
        if stage.id not in found:
            is_target = any(stage.id == move.target != move.source for move in journey.transitions)
            ways = "only ways that cannot be reached lead" if is_target else "no transition leads"
            yield where, f"{ways} here"


def no_way_out(journey: Definition, day: date) -> Found:
    """A stage, neither lost nor won, that no customer can ever leave."""
    left = {move.source for move in journey.transitions if move.source != move.target}
    for where, stage in placed("stages", journey.stages):
        if stage.kind not in ("lost", "won") and stage.id not in left:
            yield where, "no way leads out of it"


def _closed(loop: tuple[str, ...]) -> str:
    return " -> ".join((*loop, loop[0]))


def rapid_loop(journey: Definition, day: date) -> Found:
    """A loop that time alone can pass, the whole round in less than a second."""
    for loop in rounds(journey).rapid:
        message = f"time alone can pass the loop {_closed(loop)}, a whole round in less than a second"
        yield "transitions", f"{message}; let an event or a longer dwell() decide one of its steps"


def timed_loop(journey: Definition, day: date) -> Found:
    """A loop that time alone can pass, again and again."""
    for loop, seconds in rounds(journey).timed:
        shortest = duration_text(timedelta(seconds=seconds))
        yield "transitions", f"time alone can pass the loop {_closed(loop)}, a round in {shortest}"


def instant_loop(journey: Definition, day: date) -> Found:
    """A loop whose criteria can all be true at one instant."""
    for loop in rounds(journey).instant:
        yield "transitions", f"the criteria of the loop {_closed(loop)} can all be true at one instant"


def same_criterion(journey: Definition, day: date) -> Found:
    """Two ways out of a stage under the same criterion, so that one of them is never taken."""
    first: dict[tuple[str, str], int] = {}
    for position, move in enumerate(journey.transitions):
        earlier = first.setdefault((move.source, str(effective(move))), position)
        if earlier != position:
            message = f"the same criterion as transitions[{earlier}], from the same stage"
            yield f"transitions[{position}]", message


def never_true(journey: Definition, day: date) -> Found:
    """A criterion that can never be true."""
    known = categories(journey)
    for where, criterion in criteria(journey):
        if not where.startswith("personas") and cases(criterion, known) == []:
            yield where, "it contradicts itself and is never true"
    for where, move in placed("transitions", journey.transitions):
        if move.required_items and cases(move.when, known) and cases(effective(move), known) == []:
            yield where, "its criterion contradicts its checklist, so it never opens"


def after_in_circles(journey: Definition, day: date) -> Found:
    """Touchpoints each of which is planned after the other."""
    order = successors((earlier, later.id) for later in journey.touchpoints for earlier in later.after)
    rank = {touchpoint.id: number for number, touchpoint in enumerate(journey.touchpoints)}
    where = {touchpoint.id: where for where, touchpoint in placed("touchpoints", journey.touchpoints)}
    for knot in knots(order):
        circle = sorted(knot, key=rank.__getitem__)
        told = ", ".join(map(repr, circle))
        message = f"planned in circles: {told}" if len(knot) > 1 else "planned after itself"
        yield f"{where[circle[0]]}.after", message


def after_out_of_reach(journey: Definition, day: date) -> Found:
    """A touchpoint planned after one from whose stages no way leads to its own."""
    ways = successors((move.source, move.target) for move in journey.transitions)
    stages = {touchpoint.id: touchpoint.stages for touchpoint in journey.touchpoints}
    for where, touchpoint in placed("touchpoints", journey.touchpoints):
        for earlier in touchpoint.after:
            before = stages.get(earlier, ())
            if before and touchpoint.stages and not reach(before, ways) & set(touchpoint.stages):
                message = f"no way leads from the stages of {earlier!r} to its own"
                yield f"{where}.after", message


def categories(journey: Definition) -> dict[str, frozenset[str]]:
    """What the attributes can be whose categories are declared."""
    return {
        known.id: frozenset(known.options)
        for known in journey.attributes
        if known.type == "text" and known.options
    }


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


def rounds(journey: Definition) -> Rounds:
    """The loops of a journey that deserve a word."""
    moves = _moves(journey)
    order = {stage.id: position for position, stage in enumerate(journey.stages)}
    timeless = _shortest(_walks(_seen(moves, without_data), order))
    resting = _shortest(filter(_can_last, _walks(_seen(moves, at_rest), order)))
    bouncing = _shortest(_walks(_seen(moves, at_entry), order, first=_seen(moves, triggered)))
    rapid = {loop for loop, us in timeless.items() if us < SECOND}
    rapid |= {loop for loop, us in resting.items() if 0 < us < SECOND}
    timed = {loop: us / SECOND for loop, us in resting.items() if us >= SECOND and loop not in rapid}
    instant = [loop for loop in {**resting, **bouncing} if loop not in rapid and loop not in timed]
    return Rounds(tuple(sorted(rapid)), tuple(sorted(timed.items())), tuple(sorted(instant)))


def _moves(journey: Definition) -> dict[str, list[_Move]]:
    """The moves inside knots, with the cases in which they open; those beyond telling are left out."""
    ways = successors((move.source, move.target) for move in journey.transitions)
    knot_of = {stage: number for number, knot in enumerate(knots(ways)) for stage in knot}
    found: dict[str, list[_Move]] = {}
    known = categories(journey)
    for move in journey.transitions:
        is_inside = move.source in knot_of and knot_of[move.source] == knot_of.get(move.target)
        if is_inside and (possible := cases(effective(move), known)):
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
            for target, case in _onward(walk, moves, order, first):
                steps += 1
                if steps > MOST_STEPS:
                    return
                held = tightened(merged([walk.held, lasting(case)]))
                if held is None:
                    continue
                us = walk.us + shortest_dwell(case)
                if target == start:
                    yield _Walk(_turned(walk.stages, order), held, us)
                else:
                    open_ends.append(_Walk((*walk.stages, target), held, us))


def _onward(
    walk: _Walk, moves: Moves, order: Mapping[str, int], first: Moves | None
) -> Iterator[tuple[str, Case]]:
    """The steps that close the round or lead to a stage not yet seen; each round is begun but once."""
    start, is_first = walk.stages[0], len(walk.stages) == 1
    for move in ((first or moves) if is_first else moves).get(walk.stages[-1], ()):
        if move.target == start:
            is_open = first is None or not is_first
        else:
            is_later = first is not None or order.get(move.target, -1) > order.get(start, -1)
            is_open = is_later and move.target not in walk.stages
        if is_open:
            yield from ((move.target, case) for case in move.cases)


def _turned(stages: tuple[str, ...], order: Mapping[str, int]) -> tuple[str, ...]:
    first = min(range(len(stages)), key=lambda position: order.get(stages[position], -1))
    return stages[first:] + stages[:first]


def _shortest(walks: Iterable[_Walk]) -> dict[tuple[str, ...], float]:
    found: dict[tuple[str, ...], float] = {}
    for walk in walks:
        found[walk.stages] = min(walk.us, found.get(walk.stages, walk.us))
    return found


def knots(ways: Mapping[str, tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The largest sets in which every member leads to every other, itself included (Kosaraju's method)."""
    order = _finished(ways)
    back = successors((target, source) for source in ways for target in ways[source])
    found: list[tuple[str, ...]] = []
    taken: set[str] = set()
    for root in reversed(order):
        if root in taken:
            continue
        member, open_ends = {root}, [root]
        while open_ends:
            fresh = set(back.get(open_ends.pop(), ())) - taken - member
            member |= fresh
            open_ends.extend(fresh)
        taken |= member
        if len(member) > 1 or root in ways.get(root, ()):
            found.append(tuple(node for node in order if node in member))
    return found


def _finished(ways: Mapping[str, tuple[str, ...]]) -> list[str]:
    order: list[str] = []
    seen: set[str] = set()
    for root in ways:
        if root in seen:
            continue
        seen.add(root)
        path = [(root, iter(ways[root]))]
        while path:
            node, targets = path[-1]
            fresh = next((target for target in targets if target not in seen), None)
            if fresh is None:
                order.append(node)
                path.pop()
            else:
                seen.add(fresh)
                path.append((fresh, iter(ways.get(fresh, ()))))
    return order
