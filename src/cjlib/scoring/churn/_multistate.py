"""The multistate scorer: from how visits to each stage ended, where customers will be."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ...data._tables import Table
from ...errors import DataError, UnknownNameError, UsageError
from ...trace import Trace
from .._contract import Scores
from ._learning import Unfitted
from ._multistate_counts import VisitCounts, Ways
from ._multistate_curves import StageCurve, curves_of, each, foretold, left, renewed, taken
from ._multistate_paths import paths
from ._multistate_tables import exits_table, incidence_table, visits_table
from ._retention_rows import length

if TYPE_CHECKING:
    from ...snapshots import Snapshot

__all__ = ["FittedMultistate", "MultistateScorer"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

STAGE, DWELL = "@stage", "@dwell"


@attrs.frozen(kw_only=True)
class MultistateScorer(Unfitted):
    """Hazards of every transition, by the time in the stage, to be fitted on the visits of a trace.

    How visits to a stage end is read off its Aalen–Johansen curves; which stage comes next, and when, makes
    the way through the journey (a semi-Markov model: the clock begins anew in every stage, and nothing counts
    but the stage and the time in it). No metric is read, so it says what the map alone can say.

    Sources: Andersen, Borgan, Gill and Keiding, *Statistical Models Based on Counting Processes* (1993),
    section IV.4; Çinlar, *Introduction to Stochastic Processes* (1975), chapter 10.

    Attributes:
        horizon: how far ahead scores look; every other horizon can be had of the fitted scorer.
        event: what is awaited: churn if unsaid, a stage, or a transition as ``"source -> target"``.
        enough: up to which duration curves are followed: as long as so many visits were at least. Later ways
            are taken at constant rates.

    >>> sorted(MultistateScorer(horizon="30d").requires)
    ['@dwell', '@stage']
    """

    horizon: str | timedelta = "90d"
    event: str | None = None
    enough: int = 10
    name: str = "multistate"

    def __attrs_post_init__(self) -> None:
        length(self.horizon)
        if isinstance(self.enough, bool) or not isinstance(self.enough, int) or self.enough < 1:
            raise UsageError(f"enough is a whole number, at least 1, not {self.enough!r:.80}")

    @property
    def requires(self) -> frozenset[str]:
        """The stage, and the time in it."""
        return frozenset({STAGE, DWELL})

    def fit(self, panel: Snapshot | None, trace: Trace) -> FittedMultistate:
        """A scorer fitted on all visits of a trace, those that still go on counted right.

        Args:
            panel: not read, for the trace tells all; None will do.
            trace: the visits.

        Raises:
            DataError: if there are no visits.
            UnknownNameError: if the journey has no such stage or transition.
            UsageError: if nobody can be lost and no event is said.
        """
        if not isinstance(trace, Trace):
            raise UsageError(
                f"{self.name}: fit(panel, trace) needs a cjlib.Trace, not {trace!r:.80}: see replay"
            )
        ways = Ways.of(trace.journey)
        _hits(ways, self.event)
        return FittedMultistate(
            horizon=self.horizon, event=self.event, enough=self.enough, ways=ways,
            counts=VisitCounts.of(trace, ways), name=self.name,
        )  # fmt: skip


def _hits(ways: Ways, event: str | None) -> NDArray[np.bool_]:
    """(ways,) which of them are the event."""
    if event is None and not any(ways.is_lost):
        raise UsageError("the journey has no stage of kind 'lost', so nobody churns: say event=")
    if event is not None and event not in ways.names and event not in ways.stages:
        raise UnknownNameError(
            "event of a multistate scorer, which sees stages and transitions only", event,
            (*ways.stages, *ways.names),
        )  # fmt: skip
    return np.array(
        [
            ways.is_lost[target] if event is None else event in (name, ways.stages[target])
            for name, (_, target) in zip(ways.names, ways.ends, strict=True)
        ],
        dtype=bool,
    )


@attrs.frozen(eq=False, kw_only=True, repr=False, slots=False)
class FittedMultistate:
    """Hazards that were learnt; made by :meth:`MultistateScorer.fit`.

    Attributes:
        horizon: how far ahead ``score`` looks.
        event: what is awaited; None for churn.
        enough: as long as how many visits curves are followed.
        ways: the stages, and the ways between them.
        counts: the visits.
    """

    horizon: str | timedelta
    event: str | None
    enough: int
    ways: Ways
    counts: VisitCounts
    name: str

    def __repr__(self) -> str:
        visits = int(self.counts.visits.sum())
        stages = len(self.ways.stages)
        return f"<FittedMultistate of {self.event or 'churn'}: {visits:,} visits to {stages} stages>"

    @property
    def requires(self) -> frozenset[str]:
        """The stage, and the time in it."""
        return frozenset({STAGE, DWELL})

    @cached_property
    def curves(self) -> tuple[StageCurve, ...]:
        """How visits end, one curve per stage."""
        return curves_of(self.counts, self.ways, self.enough)

    @property
    def fingerprint(self) -> str:
        """A hash of what was learnt, and what for."""
        told = repr((self.horizon, self.event, self.enough, self.ways)).encode()
        arrays = (self.counts.stage, self.counts.dwell, self.counts.way, self.counts.visits)
        return hashlib.sha256(told + b"".join(array.tobytes() for array in arrays)).hexdigest()

    def merge(self, other: FittedMultistate) -> FittedMultistate:
        """The fit on the customers of both; no customer stands in two of them.

        Raises:
            UsageError: if the other was learnt for something else, or along another journey.
        """
        settings = ("horizon", "event", "enough", "ways", "name")
        if not isinstance(other, FittedMultistate) or any(
            getattr(self, name) != getattr(other, name) for name in settings
        ):
            raise UsageError(f"merge puts together what was fitted alike, not {self!r} and {other!r:.120}")
        return attrs.evolve(self, counts=self.counts + other.counts)

    def incidence(self) -> Table:
        """How visits end, as they were seen: Aalen–Johansen by stage and way, one row per time of an exit.

        Returns:
            transition, days, at_risk, ended, hazard (Nelson–Aalen, added up), incidence, low, high (95 %).
        """
        return incidence_table(self.curves, self.ways)

    def score(self, snapshot: Snapshot, /) -> Scores:
        """The probability of the event within the horizon, in parts by the way that is taken first."""
        return self.within(snapshot, self.horizon)

    def within(self, snapshot: Snapshot, horizon: Any) -> Scores:
        """The same within any horizon, such as ``"30d"``.

        NaN for who is lost already, stands where the event leads, is in no stage, or in one that nobody was
        seen in. Coverage is the share of the horizon for which visits were seen that lasted so long.
        """
        days = length(horizon)
        stage, dwell = self._standing(snapshot)
        next_ = self._next(days)
        parts, coverage = np.full((len(snapshot), len(next_)), np.nan), np.zeros(len(snapshot))
        for i, curve in enumerate(self.curves):
            if self._is_over(i):
                continue
            rows = np.flatnonzero(stage == i)
            parts[rows] = 0.0
            chances = each(foretold, curve, dwell[rows], days, next_[curve.ways])
            parts[np.ix_(rows, curve.ways)] = chances[:, :, 0]
            coverage[rows] = np.clip((curve.seen - dwell[rows]) / days, 0.0, 1.0)
        return Scores(
            np.minimum(parts.sum(axis=1), 1.0), scorer=self, snapshot=snapshot, scale=(0.0, 1.0), parts=parts,
            part_names=self.ways.names, coverage=coverage,
        )  # fmt: skip

    def _next(self, days: float) -> Floats:
        """(ways, STEPS + 1, 1) the chance of the event with so many steps to go, once each way is taken."""
        is_hit = _hits(self.ways, self.event)
        targets = np.array([target for _, target in self.ways.ends], np.int64)
        goes_on = ~is_hit & ~np.array(self.ways.is_lost)[targets]
        own = np.stack([taken(curve, is_hit[curve.ways], days) for curve in self.curves])
        later = renewed(self.curves, self.ways, goes_on, own[:, :, None], days)
        return np.where(is_hit[:, None, None], 1.0, goes_on[:, None, None] * later[targets])

    def _is_over(self, stage: int) -> bool:
        """Whether the event cannot be awaited in a stage, or nobody was seen there."""
        is_reached = self.event == self.ways.stages[stage]
        return self.ways.is_lost[stage] or is_reached or not len(self.counts.of_stage(stage).stage)

    def survival(self, snapshot: Snapshot, horizons: Iterable[Any]) -> Floats:
        """(n, horizons) the probability that the event has not come; it never rises with the horizon."""
        given = list(horizons)
        order = np.argsort([length(one) for one in given], kind="stable")
        found = np.column_stack([1 - self.within(snapshot, given[i]).values for i in order])
        sorted_back = np.empty_like(found)
        sorted_back[:, order] = np.minimum.accumulate(found, axis=1)
        return sorted_back

    def occupation(self, snapshot: Snapshot, horizon: Any) -> Floats:
        """(n, stages) the probability to be in each stage at the end of a horizon, in the journey's order.

        Who was lost may have come back, if the journey lets them.
        """
        days, stages = length(horizon), len(self.ways.stages)
        own = np.stack([1 - taken(curve, np.full(len(curve.ways), True), days) for curve in self.curves])
        own = own[:, :, None] * np.eye(stages)[:, None]
        later = renewed(self.curves, self.ways, np.ones(len(self.ways.ends), dtype=bool), own, days)
        stage, dwell = self._standing(snapshot)
        found = np.full((len(snapshot), stages), np.nan)
        for i, curve in enumerate(self.curves):
            rows = np.flatnonzero(stage == i)
            if not len(self.counts.of_stage(i).stage):
                continue
            next_ = later[[self.ways.ends[way][1] for way in curve.ways.tolist()]]
            found[rows] = each(foretold, curve, dwell[rows], days, next_).sum(axis=1)
            found[rows, i] += 1 - each(left, curve, dwell[rows], days)
        return found

    def exits(self, snapshot: Snapshot, *, within: Any = "365d") -> Table:
        """By which way each customer will leave its stage next, and when: one row per customer and way.

        Returns:
            customer, as_of, transition, probability (that this way is taken first, within the time),
            expected_days (until then, given that it is; NaN where it never is).
        """
        stage, dwell = self._standing(snapshot)
        return exits_table(self.curves, self.ways, snapshot, stage, dwell, length(within))

    def expected_days(self, snapshot: Snapshot, within: Any = "730d") -> Floats:
        """(n,) how many of the coming days are to be expected without the event: restricted mean survival.

        Args:
            snapshot: the rows.
            within: of how long a time.
        """
        days = length(within)
        times = np.linspace(0, days, 25)[1:]
        curves = self.survival(snapshot, [timedelta(days=float(time)) for time in times])
        whole = np.column_stack([np.where(np.isnan(curves[:, 0]), np.nan, 1.0), curves])
        areas: Floats = np.trapezoid(whole, np.append(0.0, times), axis=1)
        return areas

    def simulate(self, snapshot: Snapshot, *, within: Any, seed: int, times: int = 1) -> Table:
        """Ways through the journey that customers might take, drawn from the hazards.

        Args:
            snapshot: where they stand.
            within: how far ahead.
            seed: of the draws.
            times: how often each customer is drawn.

        Returns:
            One row per visit, the one that goes on at the moment included: customer, draw, number, stage,
            entered, left and transition (NaT and None where it still goes on).
        """
        if isinstance(times, bool) or not isinstance(times, int) or times < 1:
            raise UsageError(f"times is a whole number, at least 1, not {times!r:.80}")
        stage, dwell = self._standing(snapshot)
        if np.isnat(snapshot.as_of).any():
            raise DataError("simulate needs moments: make the snapshot with as_of=")
        row = np.repeat(np.flatnonzero(stage >= 0), times)
        rng = np.random.default_rng(seed)
        visits = paths(self.curves, self.ways, stage[row], dwell[row], length(within), rng)
        return visits_table(visits, self.ways, snapshot, row, np.arange(len(row)) % times)

    def _standing(self, snapshot: Snapshot) -> tuple[Ints, Floats]:
        """(n,) each: position of the stage, -1 where there is none; days in it."""
        if STAGE not in snapshot or DWELL not in snapshot:
            raise UsageError(f"{self.name}: the snapshot knows no stages: make it with journey=")
        place = {stage: i for i, stage in enumerate(self.ways.stages)}
        of_code = np.array([*(place.get(stage, -1) for stage in snapshot.categories(STAGE)), -1], np.int64)
        stage = of_code[snapshot.codes(STAGE)]
        dwell = snapshot[DWELL]
        return np.where(np.isnan(dwell), -1, stage), np.nan_to_num(dwell)
