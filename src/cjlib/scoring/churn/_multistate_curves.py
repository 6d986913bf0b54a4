"""How visits to a stage end, and what follows from that over several stages."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from .._survival import Incidence, aalen_johansen
from ._multistate_counts import DAY_US, VisitCounts, Ways

__all__ = [
    "STEPS", "StageCurve", "curves_of", "each", "foretold", "left", "moments", "renewed",
    "taken",
]  # fmt: skip

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

STEPS = 128  # into which a horizon is divided; what enters within a step enters half before, half after it
BLOCK = 4096  # rows at a time


@attrs.frozen(eq=False)
class StageCurve:
    """By which ways visits to one stage are left, and when: Aalen–Johansen, then constant rates.

    Attributes:
        ways: (ways,) positions of the ways out.
        found: the incidences by way, as they were seen.
        seen: days up to which they are followed, for enough visits were that long.
        rates: (ways,) per day, from then on.
    """

    ways: Ints
    found: Incidence
    seen: float
    rates: Floats

    @classmethod
    def of(cls, counts: VisitCounts, ways: list[int], enough: int) -> StageCurve:
        """From visits to one stage.

        Later than `seen`, ways are taken at constant rates: exits over time spent, of the later half of what
        was seen, together with one exit at the rate of the whole stage. (Brown, Hollander and Korwar, 1974,
        complete Kaplan–Meier curves in this way.)
        """
        days, visits = counts.dwell / DAY_US, counts.visits.astype(np.float64)
        local = np.full(max(ways, default=0) + 2, -1, np.int64)
        local[ways] = np.arange(len(ways))
        cause = local[counts.way]
        found = aalen_johansen(days, cause, len(ways), weights=visits)
        longer = np.cumsum(visits[::-1])[::-1]  # how many visits lasted at least so long
        is_long = np.flatnonzero(longer >= enough)
        seen = float(days[is_long[-1]]) if len(is_long) else 0.0
        return cls(np.array(ways, np.int64), found, seen, _rates(days, cause, visits, len(ways), seen / 2))

    def survival(self, days: Floats) -> Floats:
        """The share of visits that last longer than so many days."""
        left: Floats = 1.0 - self.incidence(days).sum(axis=-1)
        return np.maximum(left, 0.0)

    def incidence(self, days: Floats) -> Floats:
        """(…, ways) the share of visits that are left by each way within so many days; none before 0."""
        days = np.asarray(days, np.float64)
        left = max(1.0 - float(self.found.at(self.seen).sum()), 0.0)
        found: Floats = self.found.at(np.minimum(days, self.seen)) + left * self._late(days - self.seen)
        return found

    def after(self, dwell: Floats, ahead: Floats) -> Floats:
        """(n, steps, ways) the incidence in times ahead (n, steps), of visits that have lasted so long (n,).

        A negative dwell stands for a visit that is about to begin.
        """
        so_far = self.incidence(dwell)
        left = 1.0 - so_far.sum(axis=-1)
        is_late = dwell >= self.seen
        with np.errstate(divide="ignore", invalid="ignore"):
            found = (self.incidence(dwell[:, None] + ahead) - so_far[:, None]) / left[:, None, None]
        found[is_late] = self._late(ahead[is_late])
        above: Floats = np.maximum(found, 0.0)
        return above

    def _late(self, days: Floats) -> Floats:
        """(…, ways) the incidence under constant rates."""
        total = float(self.rates.sum())
        if total == 0:
            return np.zeros((*np.shape(days), len(self.rates)))
        share = -np.expm1(-total * np.maximum(days, 0.0))
        return np.asarray(np.multiply.outer(share, self.rates / total))


def _rates(days: Floats, cause: Ints, visits: Floats, ways: int, since: float) -> Floats:
    """(ways,) per day: exits after a time, over the time spent since, shrunk by one exit of the whole."""

    def exits(after: float) -> Floats:
        rows = (cause >= 0) & (days > after)
        return np.bincount(cause[rows], weights=visits[rows], minlength=ways).astype(np.float64)

    whole, exposure = exits(0.0), float(visits @ days)
    if not whole.sum():
        return np.zeros(ways)
    late = float(visits @ np.maximum(days - since, 0.0))
    found: Floats = (exits(since) + whole / whole.sum()) / (late + exposure / whole.sum())
    return found


def curves_of(counts: VisitCounts, ways: Ways, enough: int) -> tuple[StageCurve, ...]:
    """One per stage."""
    return tuple(
        StageCurve.of(counts.of_stage(stage), ways.out_of(stage), enough) for stage in range(len(ways.stages))
    )


def steps_of(curve: StageCurve, dwell: Floats, days: float) -> tuple[Floats, Floats]:
    """At once, and within each of the steps ahead, the share of visits left by each way.

    Returns:
        (n, ways) at once: only visits that are about to begin, which a negative dwell stands for, can; and
        (n, STEPS, ways).
    """
    ahead = np.linspace(0, days, STEPS + 1)
    begins = dwell < 0
    by_then = curve.after(dwell, ahead + np.where(begins, -dwell, 0.0)[:, None])
    return by_then[:, 0], np.diff(by_then, axis=1)


def renewed(
    curves: tuple[StageCurve, ...], ways: Ways, goes_on: NDArray[np.bool_], own: Floats, days: float
) -> Floats:
    """(stages, STEPS + 1, k) what is to be expected of a visit that begins, with so many steps to go.

    It is what the stage itself gives, and by every way that goes on, what the next stage gives with the time
    that remains then: a Markov renewal equation (Çinlar, *Introduction to Stochastic Processes*, 1975,
    chapter 10), solved step by step. The clock begins anew in every stage.

    Args:
        curves: one per stage.
        ways: the ways between them.
        goes_on: (ways,) which are followed beyond their first step.
        own: (stages, STEPS + 1, k) what each stage gives by itself.
        days: how long the steps are together.
    """
    stages = len(curves)
    now, later = np.zeros((stages, stages)), np.zeros((STEPS, stages, stages))
    for stage, curve in enumerate(curves):
        at_once, within = steps_of(curve, np.array([-1.0]), days)
        for i, way in enumerate(curve.ways.tolist()):
            if goes_on[way]:
                now[stage, ways.ends[way][1]] += at_once[0, i]
                later[:, stage, ways.ends[way][1]] += within[0, :, i] / 2
    same_step = np.linalg.inv(np.eye(stages) - now - later[0])
    found = np.zeros((stages, STEPS + 1, own.shape[2]))
    found[:, 0] = np.linalg.solve(np.eye(stages) - now, own[:, 0])
    for step in range(1, STEPS + 1):
        before = found[:, step - 1 :: -1]  # with step - 1, … 0 to go
        known = np.einsum("kst,tkm->sm", later[:step], before)
        known += np.einsum("kst,tkm->sm", later[1:step], before[:, : step - 1])
        found[:, step] = same_step @ (own[:, step] + known)
    return found


def foretold(curve: StageCurve, dwell: Floats, days: float, next_: Floats) -> Floats:
    """(n, ways, k) what is to be expected within so many days, by the way that is taken first.

    Args:
        curve: of the stage.
        dwell: (n,) days in it so far.
        days: how long.
        next_: (ways, STEPS + 1, k) what each way leads to, with so many steps to go.
    """
    found = np.zeros((len(dwell), len(curve.ways), next_.shape[2]))
    between = (next_[:, 1:] + next_[:, :-1])[:, ::-1] / 2
    for block in range(0, len(dwell), BLOCK):
        rows = slice(block, block + BLOCK)
        found[rows] = np.einsum("nkw,wkm->nwm", steps_of(curve, dwell[rows], days)[1], between)
    return found


def taken(curve: StageCurve, chosen: NDArray[np.bool_], days: float) -> Floats:
    """(STEPS + 1,) the share of visits that are left by one of the chosen ways up to each step."""
    found: Floats = curve.incidence(np.linspace(0, days, STEPS + 1))[:, chosen].sum(axis=1)
    return found


def left(curve: StageCurve, dwell: Floats, days: float) -> Floats:
    """(n,) the chance to have left the stage within so many days."""
    found: Floats = curve.after(dwell, np.full((len(dwell), 1), days))[:, 0].sum(axis=1)
    return found


def moments(curve: StageCurve, dwell: Floats, days: float, weights: Floats) -> Floats:
    """(n, ways, k) shares by step and way, weighted by step (STEPS, k) and added up."""
    found: Floats = np.einsum("nkw,km->nwm", steps_of(curve, dwell, days)[1], weights)
    return found


def each(function: Any, curve: StageCurve, dwell: Floats, *arguments: Any) -> Floats:
    """What a function says of dwells, computed once for each different one."""
    different, which = np.unique(dwell, return_inverse=True)
    found: Floats = function(curve, different, *arguments)[which]
    return found
