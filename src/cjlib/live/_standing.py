"""Where customers stand and what is true of them, each as of a moment of their own."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np

from ..journey._journey import Journey
from ..trace._answers import answers, breaches
from ..trace._inputs import Prepared, prepare
from ..trace._layout import NEVER, Ints
from ..trace._run import run
from ..trace._trace import BREACHES
from ._past import Past, as_known

__all__ = ["Fact", "Standing", "place_names", "standings"]

Fact = tuple[Any, ...]
"""Kind, moment, and what tells it from others of its kind and moment, as JSON has it."""

KINDS = ("transition", "milestone", "signal", "breach")


@attrs.frozen
class Standing:
    """Where a customer stands at the end of a replay.

    Attributes:
        stage: the stage, None before the first moment.
        entered: since when.
        due: the first moment after the end at which anything could change by itself; never too late.
        facts: what has happened, in order.
    """

    stage: str | None
    entered: int | None
    due: int
    facts: tuple[Fact, ...]


def standings(journey: Journey, past: Past, ends: Ints, max_visits: int) -> list[Standing]:
    """Where everybody stands, in the order of the past's customers, each at an end of its own."""
    log, customers, due = as_known(past, ends)
    prepared = prepare(journey, log, customers, past.waivers, with_notes=False)
    alarms = np.full(len(ends), NEVER, np.int64)
    stages = tuple(stage.id for stage in journey.stages)
    tables = run(prepared, stages, until=ends, threads=None, max_visits=max_visits, alarms=alarms)
    return _standings(journey, prepared, tables, ends, np.minimum(due, alarms))


def _standings(
    journey: Journey, prepared: Prepared, tables: tuple[Ints, ...], ends: Ints, due: Ints
) -> list[Standing]:
    visits, milestones, signals, handoffs, _ = tables
    answered = answers(journey, prepared, visits, signals)
    owed = breaches(journey, visits, handoffs, signals, answered, NEVER)
    is_ahead = owed.at > ends[owed.customer]
    np.minimum.at(due, owed.customer[is_ahead], owed.at[is_ahead])
    facts: list[list[Fact]] = [[] for _ in ends]
    for customer, _, _, _, left, via in visits[visits[:, 5] >= 0].tolist():
        way = journey.transitions[via]
        facts[customer].append(("transition", left, way.source, way.target, via))
    for customer, milestone, time in milestones[:, :3].tolist():
        facts[customer].append(("milestone", time, journey.milestones[milestone].id))
    for customer, signal, raised in signals[:, :3].tolist():
        facts[customer].append(("signal", raised, journey.signals[signal].id))
    names = place_names(journey)
    for row in np.flatnonzero(~is_ahead).tolist():
        kind = int(owed.kind[row])
        place = names[kind][int(owed.place[row])]
        facts[int(owed.customer[row])].append(
            ("breach", int(owed.at[row]), BREACHES[kind], place, int(owed.started[row]))
        )
    stage: list[str | None] = [None] * len(ends)
    entered: list[int | None] = [None] * len(ends)
    for customer, _, number, since, _, _ in visits[visits[:, 5] < 0].tolist():
        stage[customer], entered[customer] = journey.stages[number].id, since
    # The sort is stable: at one moment, transitions stay in the order in which they fired.
    told = [tuple(sorted(some, key=lambda fact: (fact[1], KINDS.index(fact[0])))) for some in facts]
    following = np.maximum(due, ends + 1).tolist()
    return [Standing(*columns) for columns in zip(stage, entered, following, told, strict=True)]


def place_names(journey: Journey) -> tuple[list[str], list[str], list[str]]:
    """Where limits, deadlines and answers can be breached."""
    return (
        [stage.id for stage in journey.stages],
        [f"{way.source} -> {way.target}" for way in journey.transitions],
        [signal.id for signal in journey.signals],
    )
