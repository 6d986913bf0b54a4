"""Where customers stand and what is true of them, each as of a moment of their own."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import attrs
import numpy as np

from ..journey._journey import Journey
from ..trace._answers import Breaches, answers, breaches
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
    facts, owners = _facts(journey, visits, milestones, signals, owed, ~is_ahead)
    stage: list[str | None] = [None] * len(ends)
    entered: list[int | None] = [None] * len(ends)
    for customer, _, number, since, _, _ in visits[visits[:, 5] < 0].tolist():
        stage[customer], entered[customer] = journey.stages[number].id, since
    following = np.maximum(due, ends + 1).tolist()
    edges = np.searchsorted(owners, np.arange(len(ends) + 1)).tolist()
    told = [tuple(facts[low:high]) for low, high in pairwise(edges)]
    return [Standing(*columns) for columns in zip(stage, entered, following, told, strict=True)]


def _facts(
    journey: Journey, visits: Ints, milestones: Ints, signals: Ints, owed: Breaches, has_come: Any
) -> tuple[list[Fact], Ints]:
    """All facts by customer, time and kind, and whose they are; moves of one moment as they followed."""
    left = visits[visits[:, 5] >= 0]
    ways = [(way.source, way.target, via) for via, way in enumerate(journey.transitions)]
    facts: list[Fact] = [("transition", time, *ways[via]) for time, via in left[:, 4:6].tolist()]
    names = [milestone.id for milestone in journey.milestones]
    facts += [("milestone", time, names[code]) for code, time in milestones[:, 1:3].tolist()]
    names = [signal.id for signal in journey.signals]
    facts += [("signal", time, names[code]) for code, time in signals[:, 1:3].tolist()]
    places = place_names(journey)
    late = zip(
        *(column[has_come].tolist() for column in (owed.at, owed.kind, owed.place, owed.started)), strict=True
    )
    facts += [("breach", at, BREACHES[kind], places[kind][code], since) for at, kind, code, since in late]
    n_late = int(np.count_nonzero(has_come))
    owners = np.concatenate([left[:, 0], milestones[:, 0], signals[:, 0], owed.customer[has_come]])
    times = np.concatenate([left[:, 4], milestones[:, 2], signals[:, 2], owed.at[has_come]])
    kinds = np.repeat(np.arange(4), [len(left), len(milestones), len(signals), n_late])
    order = np.lexsort((kinds, times, owners))
    return [facts[place] for place in order.tolist()], owners[order]


def place_names(journey: Journey) -> tuple[list[str], list[str], list[str]]:
    """Where limits, deadlines and answers can be breached."""
    return (
        [stage.id for stage in journey.stages],
        [f"{way.source} -> {way.target}" for way in journey.transitions],
        [signal.id for signal in journey.signals],
    )
