"""Simulate: customers who live a journey, with everything that a company would record of them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ..data._customers import Customers
from ..data._events import EventLog
from ..data._ledger import Ledger, LedgerEntry
from ..data._tables import Coded, Table
from ..data._times import to_us
from ..errors import UsageError
from ..journey._journey import Journey
from ..trace._replay import replay
from ._assembly import Piece, log_of, piece_of, rates_of, visits_of
from ._facts import customers_of
from ._ground import Ground, prepare
from ._habits import dresses_of, habits_of
from ._rounds import Setup
from ._state import Rows, seed_key

__all__ = ["Simulation", "simulate"]

_DAY = 86_400_000_000
_BLOCK = 32_768
_SHOWN = 10
_COMPARED = ("stage", "entered", "left", "via")
_FILLINGS = {"drawn": -1, "way": -1, "satisfaction": np.nan, "is_forced": True}


@attrs.frozen(eq=False, kw_only=True, repr=False)
class Simulation:
    """Simulated customers, and the truth about them.

    Attributes:
        journey: the definition that they live.
        log: what they did.
        customers: what is known about them.
        visits: the truth: customer, number, stage, entered, left, via, as a replay of log and customers
            finds them. Besides, ``drawn``: the transition that the customer was going to take (also after the
            end; −1: stays), ``way``: the row of ``rates``, ``satisfaction``, and ``is_forced``: what no plan
            covers, such as leaving at once because a criterion was true at entry.
        rates: one row per way out of a stage (transition −1: to stay): the ``rate`` with which a customer
            of average satisfaction takes it, how often it was ``expected`` from the probabilities in force,
            with ``variance``, and ``drawn``; ``median``, ``floor`` and ``ceiling`` of its duration in seconds
            and the ``shape`` of its lognormal part.
        until: the end of all observation, in UTC.
        seed: the seed, as 64 bits.
        ledger: what could not be planned, and the customers of whom a replay says something else.
    """

    journey: Journey
    log: EventLog
    customers: Customers
    visits: Table
    rates: Table
    until: np.datetime64
    seed: int
    ledger: Ledger

    def __repr__(self) -> str:
        sizes = f"{len(self.customers):,} customers, {len(self.log):,} events, {len(self.visits):,} visits"
        return f"Simulation({sizes})"


def simulate(
    journey: Journey,
    n: int,
    *,
    seed: int | np.random.Generator,
    until: Any,
    start: Any = None,
    rates: Mapping[Any, float] | None = None,
    durations: Mapping[Any, Any] | None = None,
    effect: float = 0.8,
    intensity: float = 1.0,
    verify: bool = True,
) -> Simulation:
    """Customers who live the journey: events, attributes, and the truth about their visits.

    Customers are semi-Markov: at entry into a stage each draws the way by which it will leave and the moment,
    from a lognormal duration; then events and attributes are written so that the criterion of that transition
    turns true at that moment, and no other before. Each visit has a *satisfaction* q, standard normal: 0.8 ×
    a part that lasts as long as the customer + 0.6 × one of its own. It drives the usage (e^(0.35 q)), lowers
    the number of tickets (e^(−0.6 q)) and moves the answers to NPS, CSAT and CES; and it lowers the weight of
    ways into a lost stage (e^(−effect × q), half as much in the exponent for a regress). So what is observed
    foretells who leaves. A customer's history does not depend on ``n``.

    Where criteria leave no plan at some entry, a way that is open already is taken at once; a customer who
    has none falls silent, and ``visits`` tells what criteria make of that: all this is marked ``is_forced``.

    Args:
        journey: the definition.
        n: how many customers; their ids are 0 … n − 1.
        seed: a number, or a numpy Generator, of which one number is drawn.
        until: the end of observation: a datetime, a date or ISO text.
        start: customers begin evenly between ``start`` and ``until``; two years before ``until`` if unsaid.
        rates: the probability of a transition by ``(source, target)`` or position; the rest of the stage's
            transitions share what is left, by kind. What is left of transitions that all have one is staying.
        durations: the median duration, or ``(median, shape)``, by stage, ``(source, target)`` or position;
            unsaid, it follows from the stage's target and the transition's kind.
        effect: how much satisfaction keeps customers.
        intensity: a factor for the number of everyday events.
        verify: whether to replay the result, so that ``visits`` is what a replay finds and ``ledger`` tells
            whom no plan foresaw; without, ``visits`` is the plan.

    Raises:
        UsageError: if a transition that was given a rate cannot be planned, or none at all can.

    >>> import cjlib as cj
    >>> journey = cj.Journey("demo", stages=[cj.Stage("trial"), cj.Stage("active", kind="won")],
    ...     transitions=[cj.Transition("trial", "active", when='count("login", within="14d") >= 3')])
    >>> simulated = cj.simulate(journey, 100, seed=1, until="2026-01-01", verify=False)
    >>> len(simulated.customers), simulated.visits.columns[:4]
    (100, ('customer', 'number', 'stage', 'entered'))
    """
    if not isinstance(journey, Journey):
        raise UsageError(f"simulate: journey must be a cjlib.Journey, not {type(journey).__name__}")
    end, begin = _times(n, start, until)
    _check_numbers(effect, intensity)
    ground = prepare(journey, rates or {}, durations or {})
    if journey.transitions and not any(
        way.plans and way.transition >= 0 for ways in ground.ways for way in ways
    ):
        raise UsageError("simulate: no transition can be planned:\n  " + "\n  ".join(ground.refusals))
    setup = Setup(
        ground=ground,
        habits=habits_of(journey, intensity),
        dresses=dresses_of(journey, ground),
        opener=_opener(ground),
        seed=seed_key(seed),
        start=begin,
        until=end,
        effect=effect,
    )
    pieces = _pieces(setup, n)
    simulation = Simulation(
        journey=journey,
        log=log_of(pieces, n),
        customers=customers_of([piece.facts for piece in pieces], n),
        visits=visits_of(ground, pieces, n, end),
        rates=rates_of(ground, pieces),
        until=np.datetime64(end, "us"),
        seed=setup.seed,
        ledger=_ledger(ground, pieces, n),
    )
    return _verified(simulation) if verify else simulation


def _times(n: int, start: Any, until: Any) -> tuple[int, int]:
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or not 1 <= n < 2**31:
        raise UsageError(f"simulate: n is a number of customers, 1 or more, not {n!r:.80}")
    end = to_us(until)
    begin = end - 730 * _DAY if start is None else to_us(start)
    if begin > end:
        raise UsageError("simulate: start must not lie after until")
    return end, begin


def _check_numbers(effect: float, intensity: float) -> None:
    for name, value, most in (("effect", effect, 10), ("intensity", intensity, 1000)):
        if not isinstance(value, (int, float, np.number)) or not 0 <= value <= most:
            raise UsageError(f"simulate: {name} lies between 0 and {most}, not {value!r:.80}")


def _opener(ground: Ground) -> str:
    """The event at which a customer begins: one that no criterion reads, of the initial stage if any."""
    journey, read = ground.journey, ground.activities
    initial = [one for one in journey.touchpoints if journey.initial in one.stages]
    names = [*(activity for one in initial for activity in one.activities), *journey.activities]
    name = next((activity for activity in names if activity not in read), "joined")
    while name in read:
        name += "_"
    return name


def _pieces(setup: Setup, n: int) -> list[Piece]:
    """Blocks of customers, each by itself: so cores share the work and the result does not depend on them."""
    blocks = [np.arange(first, min(first + _BLOCK, n), dtype=np.int64) for first in range(0, n, _BLOCK)]
    if len(blocks) == 1:
        return [piece_of(setup, blocks[0])]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(lambda block: piece_of(setup, block), blocks))


def _ledger(ground: Ground, pieces: list[Piece], n: int) -> Ledger:
    noted = [LedgerEntry("way out that cannot be planned", 1, (), told) for told in ground.refusals]
    silent = np.concatenate([piece.silent for piece in pieces])
    if len(silent):
        detail = "no way could be planned at some entry; "
        detail += "what criteria make of their silence is marked is_forced"
        noted.append(LedgerEntry("customer who falls silent", len(silent), _first_of(silent), detail))
    return Ledger(read=n, kept=n).add(noted=noted)


def _first_of(customers: Any) -> tuple[int, ...]:
    return tuple(int(one) for one in customers[:_SHOWN])


def _verified(simulation: Simulation) -> Simulation:
    """The simulation with the visits that a replay finds, and a ledger of whom it surprises."""
    trace = replay(simulation.journey, simulation.log, simulation.customers, until=simulation.until)
    planned, found = simulation.visits, trace.visits
    wrong = _first_wrong(planned, found)
    if not len(wrong):
        return simulation
    entries = [
        LedgerEntry(
            "customer whose replay differs from the plan", len(customers), _first_of(customers), place
        )
        for place, customers in sorted(_surprises(planned, wrong).items())
    ]
    visits, ledger = _corrected(planned, found, wrong), simulation.ledger.add(noted=entries)
    return attrs.evolve(simulation, visits=visits, ledger=ledger)


def _first_wrong(planned: Table, found: Table) -> Rows:
    """The key of the first visit that differs, of every customer who has one."""
    here, there = _keys(planned), _keys(found)
    shared, ours, theirs = np.intersect1d(here, there, assume_unique=True, return_indices=True)
    is_wrong = np.zeros(len(shared), bool)
    for name in _COMPARED:
        is_wrong |= _raw(planned, name)[ours] != _raw(found, name)[theirs]
    wrong = np.sort(np.concatenate([shared[is_wrong], np.setxor1d(here, there, assume_unique=True)]))
    _, first = np.unique(wrong >> 32, return_index=True)
    return wrong[first]


def _surprises(planned: Table, wrong: Rows) -> dict[str, list[int]]:
    """The customers whose visits differ although a plan covers them, by the place of the first that does."""
    is_silence = planned["is_forced"] & (planned["drawn"] < 0)
    stages = dict(zip(_keys(planned).tolist(), planned["stage"].tolist(), strict=True))
    told: dict[str, list[int]] = {}
    for key in wrong[~np.isin(wrong, _keys(planned)[is_silence])].tolist():
        place = f"in stage {stages[key]!r}" if key in stages else "after the last planned visit"
        told.setdefault(place, []).append(key >> 32)
    return told


def _corrected(planned: Table, found: Table, wrong: Rows) -> Table:
    """The planned visits; a customer's from the first that differs on are as replayed."""
    ends = np.full(len(planned.categories("customer")), np.iinfo(np.int64).max)
    ends[wrong >> 32] = wrong
    is_kept = _keys(planned) < ends[_raw(planned, "customer")]
    is_new = _keys(found) >= ends[_raw(found, "customer")]
    order = np.argsort(np.concatenate([_keys(planned)[is_kept], _keys(found)[is_new]]))
    columns: dict[str, Any] = {}
    for name in planned.columns:
        ours = _raw(planned, name)[is_kept]
        if name in _FILLINGS:
            theirs = np.full(int(is_new.sum()), _FILLINGS[name], ours.dtype)
        else:
            theirs = _raw(found, name)[is_new].astype(ours.dtype)
        values = np.concatenate([ours, theirs])[order]
        is_coded = name in ("customer", "stage")
        columns[name] = (
            Coded(values, planned.categories(name)) if is_coded else values.view(planned[name].dtype)
        )
    return Table(columns, name="planned visits")


def _keys(table: Table) -> Rows:
    """One number per row: customer and number of the visit."""
    return (_raw(table, "customer") << 32) | table["number"].astype(np.int64)


def _raw(table: Table, name: str) -> NDArray[Any]:
    """A column as it is compared: customers by id, stages by code, times with NaT as a number."""
    if name == "customer":
        return np.asarray(table["customer"]).astype(np.int64)
    values = table.codes(name) if name == "stage" else np.asarray(table[name])
    return values.view(np.int64) if values.dtype.kind == "M" else values
