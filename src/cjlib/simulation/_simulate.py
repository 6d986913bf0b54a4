"""Simulate: customers who live a journey, with everything that a company would record of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np

from ..data._customers import Customers
from ..data._events import EventLog
from ..data._ledger import Ledger, LedgerEntry
from ..data._tables import Table
from ..data._times import to_us
from ..errors import UsageError
from ..journey._journey import Journey
from ..trace._replay import replay
from ._assembly import BlockEvents, events_of, log_of, rates_of, visits_of
from ._facts import Column, customers_of, facts_of
from ._ground import Ground, prepare
from ._habits import dresses_of, habits_of
from ._randoms import seed_key
from ._rounds import Block, Setup, simulate_block
from ._verification import corrected, first_of, surprises

__all__ = ["Simulation", "simulate"]

_DAY = 86_400_000_000
_BLOCK = 32_768


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
        ground,
        habits_of(journey, intensity),
        dresses_of(journey, ground),
        _opener(ground),
        seed_key(seed),
        begin,
        end,
        effect,
    )
    blocks, events, facts = _blocks(setup, n)
    simulation = Simulation(
        journey=journey,
        log=log_of(events, n),
        customers=customers_of(journey, facts, n),
        visits=visits_of(ground, blocks, n, end),
        rates=rates_of(ground, blocks),
        until=np.datetime64(end, "us"),
        seed=setup.seed,
        ledger=_ledger(ground, blocks),
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
    journey = ground.journey
    read = {
        activity for one in ground.literals if one.stream is not None for activity in one.stream.activities
    }
    own = [
        one
        for touchpoint in journey.touchpoints
        if journey.initial in touchpoint.stages
        for one in touchpoint.activities
    ]
    free = [activity for activity in (*own, *journey.activities) if activity not in read]
    name = free[0] if free else "joined"
    while name in read:
        name += "_"
    return name


def _blocks(setup: Setup, n: int) -> tuple[list[Block], list[BlockEvents], list[list[Column]]]:
    blocks, events, facts = [], [], []
    for first in range(0, n, _BLOCK):
        block = simulate_block(setup, np.arange(first, min(first + _BLOCK, n), dtype=np.int64))
        events.append(events_of(block))
        facts.append(facts_of(setup.ground, block, setup.seed, setup.until))
        block.book.events.clear()
        block.book.changes.clear()
        blocks.append(block)
    return blocks, events, facts


def _verified(simulation: Simulation) -> Simulation:
    """The simulation with the visits that a replay finds, and a ledger of whom it surprises."""
    trace = replay(simulation.journey, simulation.log, simulation.customers, until=simulation.until)
    found = trace.visits
    entries = [
        LedgerEntry("customer whose replay differs from the plan", len(customers), first_of(customers), place)
        for place, customers in sorted(surprises(simulation.visits, found).items())
    ]
    ledger = simulation.ledger.add(noted=entries)
    return attrs.evolve(simulation, visits=corrected(simulation.visits, found), ledger=ledger)


def _ledger(ground: Ground, blocks: list[Block]) -> Ledger:
    number = sum(len(block.stuck) for block in blocks)
    ledger = Ledger(read=number, kept=number)
    ledger = ledger.add(
        noted=[LedgerEntry("way out that cannot be planned", 1, (), told) for told in ground.refusals]
    )
    silent = np.concatenate([block.state.customers[block.stuck] for block in blocks])
    if not len(silent):
        return ledger
    detail = "no way could be planned at some entry; what criteria make of their silence is marked is_forced"
    return ledger.add(noted=[LedgerEntry("customer who falls silent", len(silent), first_of(silent), detail)])
