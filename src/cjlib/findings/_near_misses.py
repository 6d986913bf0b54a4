"""Near misses: how far customers came who did not convert, and what stopped each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
import numpy as np

from ..criteria import And, Criterion, Not, Or
from ..data import NAT, Coded, Table
from ..errors import UsageError
from ..journey import Journey
from ..scoring.figures._by import Groups, Rows, Where
from ..scoring.figures._by_facts import Facts
from ..trace import Explanation, Trace, WayOut
from ._answers import Answer, Members
from ._paths import Ints, end_of
from ._rates import divided

__all__ = ["NearMisses", "near_misses"]

DAY_US = 86_400_000_000
NO_WAY = "no way leads there"
TIME = "time alone"


@attrs.frozen(eq=False, repr=False)
class NearMisses(Table):
    """One row per customer who did not convert; see :func:`near_misses`.

    Attributes:
        asked: what was asked; ``not_explained``: how many customers were left out for their number.
        stoppers: one row per way and thing that stopped customers: ``way``, ``what``, ``customers``,
            ``share`` (of those who were explained) and ``alone`` (customers whom nothing else stopped).
    """

    asked: dict[str, Any] = attrs.field(kw_only=True)
    stoppers: Answer = attrs.field(kw_only=True)


def near_misses(
    trace: Trace, target: str | None = None, *, where: Where = None, most: int = 2000
) -> NearMisses:
    """How far each customer came who never reached a stage, and what is still missing.

    For the ways out that lead nearer, :meth:`Trace.explain` tells every leaf and checklist item as it stands.
    What stopped a customer is the smallest set of these that would have to be true; of several ways, the one
    that lacks least.

    Args:
        trace: the replay.
        target: the stage that was to be reached; unsaid, the first one of kind ``won``.
        where: which customers.
        most: how many customers are explained, the nearest first (it takes milliseconds for each).

    Returns:
        ``customer``, ``stage`` (where it is), ``days`` (since when), ``moves`` (how many moves are left at
        least; -1 where no way leads there), ``way`` (the one that lacks least), ``met`` and ``needed`` (of
        the leaves of that way, those that are true, and how many there are), ``lacking`` (how many have to
        come true), ``stopped_by`` (which, in words), ``opens`` (when time alone would open the way; NaT if
        never). The nearest come first. ``found.stoppers`` counts what stops most.

    >>> import cjlib as cj
    >>> journey = cj.Journey("demo", stages=[cj.Stage("trial"), cj.Stage("care", kind="won")], transitions=[
    ...     cj.Transition("trial", "care", when='happened("kickoff") and count("login") >= 3')])
    >>> log = cj.EventLog.from_columns(["a", "a", "b"], ["login", "kickoff", "login"],
    ...     ["2026-01-01", "2026-01-02", "2026-01-01"])
    >>> found = near_misses(cj.replay(journey, log, until="2026-02-01"))
    >>> found["customer"].tolist(), found["met"].tolist(), found["stopped_by"].tolist()
    (['a', 'b'], [1, 0], ['count("login") >= 3', 'happened("kickoff"); count("login") >= 3'])
    """
    if not isinstance(trace, Trace):
        raise UsageError(f"near_misses: a Trace was expected, not {type(trace).__name__}: see replay")
    goal = _goal(trace.journey, target)
    moves = _moves_left(trace.journey, goal)
    rows = _unconverted(trace, goal, where)
    stages = [stage.id for stage in trace.journey.stages]
    left = np.array([moves.get(stage, -1) for stage in stages])[trace.visits.codes("stage")[rows]]
    entered = trace.visits["entered"].view(np.int64)[rows]
    far = np.where(left < 0, len(stages), left)
    nearest = np.lexsort((entered, far))[:most]
    told = (trace.explain(customer) for customer in trace.visits["customer"][rows[nearest]])
    missed = [_missed(trace.journey, one, moves) for one in told]
    lacking = np.array([len(one.lacking) for one in missed], np.int64)
    order = np.lexsort((entered[nearest], -np.array([one.met for one in missed]), lacking, far[nearest]))
    missed, chosen = [missed[i] for i in order], rows[nearest[order]]
    days = (end_of(trace) - entered[nearest[order]]) / DAY_US
    customers = trace.visits.codes("customer")[chosen]
    return NearMisses(
        {
            "customer": Coded(customers, trace.ids),
            "stage": Coded(trace.visits.codes("stage")[chosen], stages),
            "days": days, "moves": left[nearest[order]], "way": _texts([one.way for one in missed]),
            "met": np.array([one.met for one in missed], np.int64),
            "needed": np.array([one.needed for one in missed], np.int64), "lacking": lacking[order],
            "stopped_by": _texts(["; ".join(one.lacking) for one in missed]),
            "opens": np.array([one.opens for one in missed], "datetime64[us]"),
        },
        name="near misses",
        asked={"target": goal, "where": where, "not_explained": max(len(rows) - most, 0)},
        stoppers=_stoppers(trace, missed, customers.astype(np.int64)),
    )  # fmt: skip


@attrs.frozen
class _Missed:
    """What stops one customer: the way that lacks least, and what it lacks."""

    way: str
    met: int
    needed: int
    lacking: tuple[str, ...]
    opens: np.datetime64


def _goal(journey: Journey, target: str | None) -> str:
    if target is not None:
        return journey.stage(target).id
    won = [stage.id for stage in journey.stages if stage.kind == "won"]
    if not won:
        raise UsageError("near_misses: the journey has no stage of kind 'won': say which stage is the target")
    return won[0]


def _moves_left(journey: Journey, goal: str) -> dict[str, int]:
    """How many moves each stage is from the target at least; lost stages are no way to anywhere else."""
    moves, frontier = {goal: 0}, [goal]
    lost = {stage.id for stage in journey.stages if stage.kind == "lost"}
    while frontier:
        open_ways = [way for way in journey.transitions if way.target not in lost - {goal}]
        nearer = [way.source for way in open_ways if way.target in frontier]
        frontier = [stage for stage in dict.fromkeys(nearer) if stage not in moves]
        moves |= dict.fromkeys(frontier, max(moves.values()) + 1)
    return moves


def _unconverted(trace: Trace, goal: str, where: Where) -> Ints:
    """The last visits of those who never were in the target."""
    visits = trace.visits
    customer = visits.codes("customer")
    has_been = np.zeros(len(trace.ids), bool)
    has_been[customer[visits["stage"] == goal]] = True
    facts = Facts(trace, trace._log, trace._customers)
    everybody = Rows(customers=np.arange(len(trace.ids)))
    is_chosen = Groups(facts).chosen(where, everybody, end_of(trace))
    is_last = visits["left"].view(np.int64) == NAT
    return np.flatnonzero(is_last & is_chosen[customer] & ~has_been[customer])


def _missed(journey: Journey, told: Explanation, moves: dict[str, int]) -> _Missed:
    here = moves.get(told.stage, -1)
    nearer = [way for way in told.ways_out if moves.get(way.target, here) < here]
    ways = [_lacking(journey, way) for way in nearer]
    if not ways:
        return _Missed("", 0, 0, (NO_WAY,), np.datetime64("NaT", "us"))
    return min(ways, key=lambda one: (len(one.lacking), one.needed - one.met))


def _lacking(journey: Journey, way: WayOut) -> _Missed:
    transition = journey.transitions[way.transition]
    texts = iter(way.readings)
    short = _needed(transition.when, iter([(one.verdict, str(one.text)) for one in texts]), True)
    items = [item for item in way.items if item.required]
    short += [f"item {item.item}" for item in items if item.status not in ("passed", "waived")]
    met = sum(one.verdict == "true" for one in way.readings)
    met += sum(item.status in ("passed", "waived") for item in items)
    name = f"{transition.source} -> {transition.target}"
    return _Missed(name, met, len(way.readings) + len(items), tuple(short or [TIME]), way.opens)


def _needed(criterion: Criterion, leaves: Iterator[tuple[str, str]], wanted: bool) -> list[str]:
    """The smallest set of leaves that have to change for the criterion to be as wanted."""
    if isinstance(criterion, Not):
        return _needed(criterion.criterion, leaves, not wanted)
    if isinstance(criterion, (And, Or)):
        parts = [_needed(part, leaves, wanted) for part in criterion.criteria]
        takes_all = isinstance(criterion, And) == wanted
        return [leaf for part in parts for leaf in part] if takes_all else min(parts, key=len)
    verdict, text = next(leaves)
    if verdict == ("true" if wanted else "false"):
        return []
    return [text if wanted else f"not {text}"]


def _stoppers(trace: Trace, missed: list[_Missed], customers: Ints) -> Answer:
    """What stopped most customers, way by way."""
    found: dict[tuple[str, str], list[int]] = {}
    for one, customer in zip(missed, customers.tolist(), strict=True):
        for what in dict.fromkeys(one.lacking):
            found.setdefault((one.way, what), []).append(customer)
    single = set(customers[[len(one.lacking) == 1 for one in missed]].tolist()) if missed else set()
    ordered = sorted(found.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    counts = np.array([len(who) for _, who in ordered], np.int64)
    alone = np.array([len(single.intersection(who)) for _, who in ordered], np.int64)
    explained = np.zeros((1, len(trace.ids)), bool)
    explained[0, customers] = True
    members = np.array([customer for _, who in ordered for customer in who], np.int64)
    rows = np.repeat(np.arange(len(ordered)), counts)
    wholes = np.zeros(len(ordered), np.int64)
    return Answer(
        {
            "way": _texts([way for (way, _), _ in ordered]),
            "what": _texts([what for (_, what), _ in ordered]),
            "customers": counts, "share": divided(counts, len(customers)), "alone": alone,
        },
        name="stoppers",
        asked={},
        evidence=Members(trace.ids, rows, members, wholes, explained),
    )  # fmt: skip


def _texts(values: list[str]) -> Coded:
    names = list(dict.fromkeys(values))
    place = {name: code for code, name in enumerate(names)}
    return Coded(np.array([place[value] for value in values], np.int64), names)
