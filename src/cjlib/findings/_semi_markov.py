"""How visits end, as a trace shows it, and customers who go on living so."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from .._jit import jit
from ._given import Given
from ._stays import Stays

__all__ = ["Endings", "Sample", "walk"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

MOST_VISITS = 1_000  # of one simulated customer; a journey may go round within no time at all


@jit
def masses(days: Any, is_left: Any, weights: Any, out: Any) -> None:
    """The share of visits that ends at each of the sorted rows, who is still inside counted right.

    Aalen and Johansen (1978): the share still in before the row, times its share of those at risk. At one
    time, endings come before what is last seen then.
    """
    at_risk = weights.sum()
    still_in = 1.0
    i = 0
    while i < len(days):
        j = i
        ended = gone = 0.0
        while j < len(days) and days[j] == days[i]:
            gone += weights[j]
            ended += weights[j] * is_left[j]
            j += 1
        for k in range(i, j):
            out[k] = still_in * weights[k] / at_risk if is_left[k] and at_risk > 0 else 0.0
        if at_risk > 0:
            still_in *= 1.0 - ended / at_risk
        at_risk -= gone
        i = j


@jit
def uniform(seed: int, who: int, step: int) -> float:
    """A number in [0, 1) that depends on nothing else (splitmix64: Steele, Lea and Flood, 2014)."""
    state = np.uint64(seed) * np.uint64(0x9E3779B97F4A7C15)
    state ^= np.uint64(who) * np.uint64(0xBF58476D1CE4E5B9) + np.uint64(step) * np.uint64(0x94D049BB133111EB)
    for _ in range(2):
        state += np.uint64(0x9E3779B97F4A7C15)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        state ^= state >> np.uint64(31)
    return float(state >> np.uint64(11)) / 9007199254740992.0


@jit
def walk(
    stage: Any, dwell: Any, who: Any, worth: Any, starts: Any, days: Any, way: Any, mass: Any, target: Any,
    is_lost: Any, scale: Any, horizon: float, seed: int, most: int, standing: Any, entered: Any, inside: Any,
    lost: Any,
) -> None:  # fmt: skip
    """Let customers go on for so many days; add up where they stand, what they enter, how long they stay.

    ``starts`` says where the endings of each stage begin; ``mass`` is cumulated within each. ``lost`` gets
    how many entered a lost stage, and what they are worth. A visit longer than any that was seen does not
    end.
    """
    seen = np.full(len(standing), -1, np.int64)
    for c in range(len(stage)):
        here, now, age = stage[c], 0.0, dwell[c]
        is_gone = False
        for step in range(most):
            begin, end = starts[here], starts[here + 1]
            place = begin + np.searchsorted(days[begin:end], age / scale[here], side="right")
            before = mass[place - 1] if place > begin else 0.0
            aim = before + uniform(seed, who[c], step) * (1.0 - before)
            ending = begin + np.searchsorted(mass[begin:end], aim, side="right")
            if ending >= end:
                inside[here] += horizon - now
                break
            stays = max(days[ending] * scale[here] - age, 0.0)
            if now + stays > horizon:
                inside[here] += horizon - now
                break
            inside[here] += stays
            now += stays
            here, age = target[way[ending]], 0.0
            if seen[here] != c:
                seen[here] = c
                entered[here] += 1
            if is_lost[here] and not is_gone:
                is_gone = True
                lost[0] += 1
                lost[1] += worth[c]
        standing[here] += 1


@attrs.frozen(eq=False)
class Endings:
    """How the visits to each stage end: rows sorted by stage and days.

    Attributes:
        starts: (stages + 1,) the rows of each stage.
        days: (n,) how long each visit lasted.
        is_left: (n,) whether it ended.
        way: (n,) the transition, 0 where it did not end.
        customer: (n,) whose it was.
        scale: (stages,) by what visits are drawn out, or shortened.
        rates: factors of the probability that a visit ends by a transition.
    """

    starts: Ints
    days: Floats
    is_left: Any
    way: Ints
    customer: Ints
    scale: Floats
    rates: tuple[tuple[int, float], ...] = ()

    @classmethod
    def of(cls, given: Given) -> Endings:
        """Those of a trace."""
        stays = Stays.of(given)
        order = np.lexsort((stays.days, stays.stage))
        n = len(given.journey.stages)
        return cls(
            starts=np.searchsorted(stays.stage[order], np.arange(n + 1)),
            days=stays.days[order],
            is_left=stays.is_left[order],
            way=np.maximum(stays.via[order], 0),
            customer=stays.customer[order],
            scale=np.ones(n),
        )

    def ending(self, weights: Floats) -> Floats:
        """(n,) the share of visits to its stage that ends at each row, as the trace shows it."""
        found = np.zeros(len(self.days))
        mine = weights[self.customer]
        for begin, end in zip(self.starts[:-1], self.starts[1:], strict=True):
            rows = slice(begin, end)
            masses(self.days[rows], self.is_left[rows], mine[rows], found[rows])
        return found

    def mass(self, ending: Floats) -> Floats:
        """(n,) the cumulated share of visits that ends up to each row of its stage, rates in force."""
        found = ending.copy()
        for way, factor in self.rates:
            self._rated(found, way, factor)
        for begin, end in zip(self.starts[:-1], self.starts[1:], strict=True):
            np.cumsum(found[begin:end], out=found[begin:end])
        return found

    def _rated(self, mass: Floats, way: int, factor: float) -> None:
        """One way more, or less, probable; all else, staying included, in proportion."""
        is_way = (self.way == way) & self.is_left
        if not is_way.any():
            return
        row = int(np.flatnonzero(is_way)[0])
        stage = int(np.searchsorted(self.starts, row, side="right")) - 1
        rows = slice(self.starts[stage], self.starts[stage + 1])
        share = float(mass[rows][is_way[rows]].sum())
        wanted = min(share * factor, 1.0)
        if 0 < share < 1:
            mass[rows] *= np.where(is_way[rows], wanted / share, (1 - wanted) / (1 - share))


@attrs.frozen(eq=False)
class Sample:
    """Customers who go on from where they stand.

    Attributes:
        stage: (k,) where each stands.
        dwell: (k,) for how many days.
        worth: (k,) what each is worth in a year.
    """

    stage: Ints
    dwell: Floats
    worth: Floats

    def ahead(
        self, given: Given, endings: Endings, mass: Floats, picked: Ints, horizon: float, seed: int
    ) -> Floats:
        """Shares of the picked: standing, entered and days inside by stage; then lost and its worth."""
        stages, ways = given.journey.stages, given.journey.transitions
        n = len(stages)
        target = np.array([given.journey.stage_index[one.target] for one in ways] + [0])
        is_lost = np.array([one.kind == "lost" for one in stages])
        standing, entered = np.zeros(n, np.int64), np.zeros(n, np.int64)
        inside, lost = np.zeros(n), np.zeros(2)
        walk(
            self.stage[picked], self.dwell[picked], np.arange(len(picked)), self.worth[picked],
            endings.starts, endings.days, endings.way, mass, target, is_lost, endings.scale, horizon, seed,
            MOST_VISITS, standing, entered, inside, lost,
        )  # fmt: skip
        return np.concatenate([standing, entered, inside, lost]) / max(len(picked), 1)
