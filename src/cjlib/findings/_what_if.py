"""What would come of a change: shorter visits, better rates, other criteria."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ..criteria import Criterion
from ..criteria._literals import as_duration
from ..data import Coded, Table
from ..errors import UnknownNameError, UsageError
from ..journey import Journey, Transition
from ..scoring.figures._by_facts import _prepared
from ..trace import Trace
from ..trace._run import run
from ..trace._trace import make_trace
from ._given import DAY_US, Given
from ._semi_markov import Endings, Sample

__all__ = ["Lever", "WhatIf", "what_if"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

MEASURES = ("standing", "entered", "days")


def _number_over_zero(instance: Any, field: Any, value: Any) -> None:
    if value is not None and not (isinstance(value, (int, float)) and 0 < value < float("inf")):
        raise UsageError(f"Lever: {field.name} is a factor over 0, such as 0.8, not {value!r:.40}")


@attrs.frozen(kw_only=True)
class Lever:
    """One change of the journey.

    Attributes:
        stage: the stage whose visits last ``duration`` times as long; or
        transition: the way, as ``(source, target)``, that is ``rate`` times as probable, or whose criterion
            becomes ``when``.
        duration: a factor of the time that visits take.
        rate: a factor of the probability that a visit ends by this way; all else shrinks or grows in
            proportion.
        when: another criterion: the same events are replayed under it.

    >>> Lever(stage="onboarding", duration=0.8)
    Lever(stage='onboarding', transition=None, duration=0.8, rate=None, when=None)
    """

    stage: str | None = None
    transition: tuple[str, str] | None = None
    duration: float | None = attrs.field(default=None, validator=_number_over_zero)
    rate: float | None = attrs.field(default=None, validator=_number_over_zero)
    when: Criterion | str | None = None

    def __attrs_post_init__(self) -> None:
        said = [name for name in ("duration", "rate", "when") if getattr(self, name) is not None]
        if len(said) != 1:
            raise UsageError(
                f"a Lever changes one of duration, rate and when, not {' and '.join(said) or 'none'}"
            )
        needed, other = ("stage", "transition") if said == ["duration"] else ("transition", "stage")
        if getattr(self, needed) is None or getattr(self, other) is not None:
            raise UsageError(f"a Lever on {said[0]} takes {needed}=, and no {other}=")

    def __str__(self) -> str:
        if self.duration is not None:
            return f"visits to {self.stage} last {self.duration:g} times as long"
        way = " -> ".join(self.transition or ())
        return f"{way} when {self.when}" if self.rate is None else f"{way} is {self.rate:g} times as probable"


@attrs.frozen(eq=False, repr=False, kw_only=True)
class WhatIf:
    """What the same customers would do with and without a change.

    Attributes:
        levers: the change.
        horizon: how far ahead.
        table: ``measure``, ``stage``, ``before`` and ``after`` (without and with the change), ``difference``
            with its 95 % interval ``low`` and ``high``. Measures: ``standing`` (share of the customers who
            are in the stage at the end), ``entered`` (share who enter it), ``days`` (mean days in it),
            ``lost`` (share who enter a lost stage), ``value_lost`` (what these are worth in a year, in all).
        customers: how many customers it is about.
        trace: the replay from which they go on.
    """

    levers: tuple[Lever, ...]
    horizon: timedelta
    table: Table
    customers: int
    trace: Trace

    def of(self, measure: str, stage: str | None = None) -> dict[str, Any]:
        """The row of a measure.

        Raises:
            UnknownNameError: if there is no such measure or stage.
        """
        for row in self.table.rows():
            if row["measure"] == measure and row["stage"] == stage:
                return row
        known = dict.fromkeys(f"{row['measure']}:{row['stage']}" for row in self.table.rows())
        raise UnknownNameError("measure", f"{measure}:{stage}", known)

    def __repr__(self) -> str:
        return f"<WhatIf {'; '.join(map(str, self.levers))}: {self.customers:,} customers>"

    def __str__(self) -> str:
        days = self.horizon / timedelta(days=1)
        lines = [f"If {'; '.join(map(str, self.levers))}, of {self.customers:,} customers in {days:g} days:"]
        rows = [row for row in self.table.rows() if row["low"] > 0 or row["high"] < 0]
        for row in rows:
            what = f"{row['measure']} {row['stage'] or ''}".strip()
            change = f"{row['difference']:+.4g} ({row['low']:+.4g} to {row['high']:+.4g})"
            lines.append(f"  {what}: {row['before']:.4g} -> {row['after']:.4g}, {change}")
        return "\n".join([*lines, *([] if rows else ["  nothing moves by more than chance"])])


def what_if(
    trace: Trace,
    lever: Lever | Iterable[Lever],
    *,
    horizon: str | timedelta = "90d",
    start: str = "now",
    value: str | None = None,
    seed: int = 0,
    resamples: int = 100,
    draws: int = 10_000,
) -> WhatIf:
    """What a change would do to customers, by simulation from what the trace shows.

    Visits end as they ended so far: at the same ages, by the same ways, those still open counted right (a
    semi-Markov chain on Aalen-Johansen estimates); a visit longer than any that was seen does not end. The
    same random numbers serve with and without the change. The interval comes from drawing the customers
    anew, fitting and simulating each time; it says nothing of whether the change can be brought about, nor
    of what else would change with it.

    Args:
        trace: the replay.
        lever: what changes; several at once if a list.
        horizon: how far ahead.
        start: ``now``: the customers from where they stand; ``new``: as many who begin.
        value: the attribute that says what a customer is worth in a year.
        seed: of the random numbers.
        resamples: how often customers are drawn anew for the interval.
        draws: how many customers are simulated each time, at most.

    Raises:
        UsageError: if something is of the wrong kind, or nobody stands anywhere.
        UnknownNameError: if a lever names a stage or transition that there is not.

    >>> import cjlib as cj
    >>> shop = cj.template("ecommerce")
    >>> made = cj.simulate(shop, 300, seed=1, until="2026-01-01")
    >>> trace = cj.replay(shop, made.log, made.customers, until="2026-01-01")
    >>> stage = shop.stages[0].id
    >>> found = cj.what_if(trace, cj.findings.Lever(stage=stage, duration=0.5), start="new", resamples=10)
    >>> found.of("days", stage)["difference"] < 0
    True
    """
    levers = _levers(trace, lever)
    if start not in ("now", "new"):
        raise UsageError(f"what_if: start is 'now' or 'new', not {start!r:.40}")
    span = as_duration(horizon) / timedelta(days=1)
    here, other = _Side.of(trace, start, value), _other(trace, levers)
    there = here if other is trace else _Side.of(other, start, value)
    sides = [here, attrs.evolve(there, endings=_changed(there, levers))]
    if not len(sides[0].sample.stage) or not len(sides[1].sample.stage):
        raise UsageError("what_if: there is no customer who could go on")
    rng = np.random.default_rng(seed)
    n = len(trace.ids)
    found = [_both(sides, np.ones(n), rng, span, draws)]
    found += [_both(sides, rng.poisson(1.0, n).astype(float), rng, span, draws) for _ in range(resamples)]
    return WhatIf(
        levers=levers,
        horizon=as_duration(horizon),
        table=_table(trace.journey, np.array(found), len(sides[0].sample.stage)),
        customers=len(sides[0].sample.stage),
        trace=trace,
    )


@attrs.frozen(eq=False)
class _Side:
    """What is known with, or without, the change."""

    given: Given
    endings: Endings
    sample: Sample
    owners: Ints

    @classmethod
    def of(cls, trace: Trace, start: str, value: str | None) -> _Side:
        given = Given(trace=trace, value=value)
        if start == "new":
            owners = np.unique(trace.visits.codes("customer")).astype(np.int64)
            stage = np.full(len(owners), trace.journey.stage_index[trace.journey.initial])
            dwell = np.zeros(len(owners))
        else:
            open_ = np.flatnonzero(np.isnat(trace.visits["left"]))
            owners = trace.visits.codes("customer")[open_].astype(np.int64)
            stage = trace.visits.codes("stage")[open_].astype(np.int64)
            dwell = (given.until - trace.visits["entered"].view(np.int64)[open_]) / DAY_US
        worth = np.nan_to_num(given.worth[owners])
        return cls(given, Endings.of(given), Sample(stage, dwell, worth), owners)


def _levers(trace: Any, lever: Any) -> tuple[Lever, ...]:
    if not isinstance(trace, Trace):
        raise UsageError(f"what_if: a Trace was expected, not {type(trace).__name__}: see cjlib.replay")
    levers = (lever,) if isinstance(lever, Lever) else tuple(lever) if isinstance(lever, Iterable) else ()
    if not levers or not all(isinstance(one, Lever) for one in levers):
        raise UsageError(f"what_if: a Lever, or several, was expected, not {lever!r:.80}")
    for one in levers:
        if one.stage is not None:
            trace.journey.stage(one.stage)
        else:
            _ways(trace.journey, one)
    return levers


def _ways(journey: Journey, lever: Lever) -> list[int]:
    """The positions of the transitions that a lever is about."""
    found = [i for i, one in enumerate(journey.transitions) if (one.source, one.target) == lever.transition]
    if not found:
        known = [f"{one.source} -> {one.target}" for one in journey.transitions]
        raise UnknownNameError("transition", " -> ".join(lever.transition or ()), known)
    return found


def _other(trace: Trace, levers: Sequence[Lever]) -> Trace:
    """The trace under the criteria of the levers; the same one if none of them is about a criterion."""
    journey = trace.journey
    for lever in levers:
        if lever.when is not None:
            position, *others = _ways(journey, lever)
            if others:
                way = " -> ".join(lever.transition or ())
                raise UsageError(f"what_if: {way} has {len(others) + 1} transitions: which one is to change?")
            journey = _with(journey, position, attrs.evolve(journey.transitions[position], when=lever.when))
    if journey is trace.journey:
        return trace
    return _replayed(trace, journey)


def _replayed(trace: Trace, journey: Journey) -> Trace:
    """The same events, attributes and waivers under another version of the journey."""
    until = trace.until.astype("datetime64[us]").astype(np.int64)
    prepared = _prepared(trace, journey, trace._log, trace._customers)
    stages = tuple(stage.id for stage in journey.stages)
    tables = run(prepared, stages, until=int(until), threads=None, max_visits=trace._max_visits)
    return make_trace(journey, trace._log, trace._customers, prepared, tables, until, trace._max_visits)


def _with(journey: Journey, position: int, way: Transition) -> Journey:
    ways = list(journey.transitions)
    ways[position] = way
    return attrs.evolve(journey, transitions=ways)


def _changed(side: _Side, levers: Sequence[Lever]) -> Endings:
    journey = side.given.journey
    scale, rates = side.endings.scale.copy(), []
    for lever in levers:
        if lever.duration is not None and lever.stage is not None:
            scale[journey.stage_index[lever.stage]] *= lever.duration
        elif lever.rate is not None:
            rates += [(position, lever.rate) for position in _ways(journey, lever)]
    return attrs.evolve(side.endings, scale=scale, rates=tuple(rates))


def _both(sides: Sequence[_Side], weights: Floats, rng: Any, span: float, draws: int) -> Floats:
    """(2, measures) without and with the change, by the same random numbers."""
    seed = int(rng.integers(2**62))
    found: list[Floats] = []
    ending = sides[0].endings.ending(weights)
    for number, side in enumerate(sides):
        if number and side.given.trace is not sides[0].given.trace:
            ending = side.endings.ending(weights)
        mine = weights[side.owners]
        if not mine.sum():
            mine = np.ones(len(side.owners))
        places = np.random.default_rng(seed).random(min(draws, len(side.owners)))
        if len(places) == len(side.owners) and (mine == 1).all():
            picked = np.arange(len(side.owners))
        else:
            picked = np.searchsorted(np.cumsum(mine) / mine.sum(), places, side="right")
        mass = side.endings.mass(ending)
        found.append(side.sample.ahead(side.given, side.endings, mass, picked, span, seed))
    return np.stack(found)


def _table(journey: Journey, found: Floats, customers: int) -> Table:
    """Of the first row as it is; the interval from how the others differ."""
    n = len(journey.stages)
    scale = np.ones(found.shape[-1])
    scale[-1] = customers  # the value lost in all, not by customer
    found = found * scale
    before, after = found[0]
    moved = found[1:, 1] - found[1:, 0]
    difference = after - before
    if len(moved):
        low, high = np.quantile(moved, [0.025, 0.975], axis=0)
    else:
        low = high = np.full(len(difference), np.nan)
    columns = before, after, difference, np.minimum(low, difference), np.maximum(high, difference)
    measure = np.append(np.repeat(np.arange(3), n), [3, 4])
    stage = np.append(np.tile(np.arange(n), 3), [-1, -1])
    names = ("before", "after", "difference", "low", "high")
    return Table(
        {
            "measure": Coded(measure, (*MEASURES, "lost", "value_lost")),
            "stage": Coded(stage, [one.id for one in journey.stages]),
            **dict(zip(names, columns, strict=True)),
        },
        name="what if",
    )
