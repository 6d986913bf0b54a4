"""Checks of the graph: where customers cannot get to, cannot get away from, or go round and round."""

from __future__ import annotations

from datetime import date, timedelta

from ..criteria._literals import duration_text
from ._cases import cases
from ._checking import Found, check, criteria, place
from ._definition import Definition
from ._loops import Rounds, effective, rounds
from ._ways import knots, reach, successors

__all__ = ["CHECKS", "categories"]


def categories(journey: Definition) -> dict[str, frozenset[str]]:
    """What the attributes can be whose categories are declared."""
    return {
        known.id: frozenset(known.options)
        for known in journey.attributes
        if known.type == "text" and known.options
    }


@check("CJ101", "warning")
def unreachable_stage(journey: Definition, day: date) -> Found:
    """A stage that no customer can ever reach."""
    found = reach([journey.initial], successors((move.source, move.target) for move in journey.transitions))
    for position, stage in enumerate(journey.stages):
        if stage.id not in found:
            is_target = any(stage.id == move.target != move.source for move in journey.transitions)
            message = (
                "only ways that cannot be reached lead here" if is_target else "no transition leads here"
            )
            yield place(journey, "stages", position), message


@check("CJ102", "warning")
def no_way_out(journey: Definition, day: date) -> Found:
    """A stage, neither lost nor won, that no customer can ever leave."""
    left = {move.source for move in journey.transitions if move.source != move.target}
    for position, stage in enumerate(journey.stages):
        if stage.kind not in ("lost", "won") and stage.id not in left:
            yield place(journey, "stages", position), "no way leads out of it"


def _rounds(journey: Definition) -> Rounds:
    return rounds(journey, categories(journey))


def _closed(loop: tuple[str, ...]) -> str:
    return " -> ".join((*loop, loop[0]))


@check("CJ103", "error")
def rapid_loop(journey: Definition, day: date) -> Found:
    """A loop that time alone can pass, the whole round in less than a second."""
    for loop in _rounds(journey).rapid:
        message = f"time alone can pass the loop {_closed(loop)}, a whole round in less than a second"
        yield "transitions", f"{message}; let an event or a longer dwell() decide one of its steps"


@check("CJ104", "warning")
def timed_loop(journey: Definition, day: date) -> Found:
    """A loop that time alone can pass, again and again."""
    for loop, seconds in _rounds(journey).timed:
        shortest = duration_text(timedelta(seconds=seconds))
        yield "transitions", f"time alone can pass the loop {_closed(loop)}, a round in {shortest}"


@check("CJ105", "warning")
def instant_loop(journey: Definition, day: date) -> Found:
    """A loop whose criteria can all be true at one instant."""
    for loop in _rounds(journey).instant:
        yield "transitions", f"the criteria of the loop {_closed(loop)} can all be true at one instant"


@check("CJ106", "warning")
def same_criterion(journey: Definition, day: date) -> Found:
    """Two ways out of a stage under the same criterion, so that one of them is never taken."""
    first: dict[tuple[str, str], int] = {}
    for position, move in enumerate(journey.transitions):
        earlier = first.setdefault((move.source, str(effective(move))), position)
        if earlier != position:
            yield (
                f"transitions[{position}]",
                f"the same criterion as transitions[{earlier}], from the same stage",
            )


@check("CJ107", "warning")
def never_true(journey: Definition, day: date) -> Found:
    """A criterion that can never be true."""
    known = categories(journey)
    for where, criterion in criteria(journey):
        if not where.startswith("personas") and cases(criterion, known) == []:
            yield where, "it contradicts itself and is never true"
    for position, move in enumerate(journey.transitions):
        if move.required_items and cases(move.when, known) and cases(effective(move), known) == []:
            yield f"transitions[{position}]", "its criterion contradicts its checklist, so it never opens"


@check("CJ108", "warning")
def after_in_circles(journey: Definition, day: date) -> Found:
    """Touchpoints each of which is planned after the other."""
    order = successors((earlier, later.id) for later in journey.touchpoints for earlier in later.after)
    position = {touchpoint.id: number for number, touchpoint in enumerate(journey.touchpoints)}
    for knot in knots(order):
        first = min((id for id in knot if id in position), key=position.__getitem__)
        circle = ", ".join(repr(id) for id in sorted(knot, key=lambda id: position.get(id, -1)))
        message = f"planned in circles: {circle}" if len(knot) > 1 else "planned after itself"
        yield f"{place(journey, 'touchpoints', position[first])}.after", message


@check("CJ109", "warning")
def after_out_of_reach(journey: Definition, day: date) -> Found:
    """A touchpoint planned after one from whose stages no way leads to its own."""
    ways = successors((move.source, move.target) for move in journey.transitions)
    stages = {touchpoint.id: touchpoint.stages for touchpoint in journey.touchpoints}
    for position, touchpoint in enumerate(journey.touchpoints):
        for earlier in touchpoint.after:
            before = stages.get(earlier, ())
            if before and touchpoint.stages and not reach(before, ways) & set(touchpoint.stages):
                message = f"no way leads from the stages of {earlier!r} to its own"
                yield f"{place(journey, 'touchpoints', position)}.after", message


CHECKS = (
    unreachable_stage,
    no_way_out,
    rapid_loop,
    timed_loop,
    instant_loop,
    same_criterion,
    never_true,
    after_in_circles,
    after_out_of_reach,
)
