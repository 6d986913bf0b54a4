"""What a hazard says once it is learnt: one survival curve for each customer, and what it consists of."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ...data._tables import Table
from ...errors import UnknownNameError, UsageError
from .._checks import linked
from .._contract import Scores
from ._design import DWELL, STAGE, Design
from ._design_terms import missing
from ._hazard_curves import STEPS, Now, chunks, incidence
from ._hazard_periods import days_of

if TYPE_CHECKING:
    from ...snapshots import Snapshot

__all__ = ["CauseHazard", "FittedHazard"]

Floats = NDArray[np.float64]

TINY = 1e-300
POINTS = 129
SEVERAL, COMPETING = "@several causes", "@competing exits"


@attrs.frozen(eq=False, kw_only=True)
class CauseHazard:
    """What was learnt of one cause.

    Attributes:
        cause: what comes.
        is_awaited: whether it is the event (or a cause of it), or competes with it.
        coefficients: (k,) in the order of ``FittedHazard.design.labels``.
        errors: (k,) their standard errors.
        log_likelihood: of the rows, as far as this cause goes.
        events: in how many rows it came.
        penalty: the strength of the ridge.
        why: how it was chosen.
    """

    cause: str
    is_awaited: bool
    coefficients: Floats
    errors: Floats
    log_likelihood: float
    events: int
    penalty: float
    why: str


@attrs.frozen(eq=False, kw_only=True, repr=False, slots=False)
class FittedHazard:
    """A hazard that was learnt; made by :meth:`cjlib.HazardScorer.fit`.

    Attributes:
        scorer: the :class:`cjlib.HazardScorer` that was fitted.
        event: what is awaited.
        design: how a panel becomes columns, with knots and levels.
        hazards: what was learnt of each cause; of one only, where nothing competes.
        rows: how many person-periods there were.
        clustered: whether errors allow for periods of one customer that overlap.
        over: stages in which nothing is awaited any more; scores there are NaN.
        has_stage: whether stages are known.
    """

    scorer: Any
    event: str
    design: Design
    hazards: tuple[CauseHazard, ...]
    rows: int
    clustered: bool
    over: tuple[str, ...]
    has_stage: bool

    def __repr__(self) -> str:
        seen = ", ".join(f"{one.events:,} × {one.cause}" for one in self.hazards)
        return f"<FittedHazard of {self.event} within {self.scorer.horizon}: {seen} in {self.rows:,} rows>"

    @property
    def name(self) -> str:
        """How scores call it."""
        return str(self.scorer.name)

    @property
    def requires(self) -> frozenset[str]:
        """The metrics that it reads, and the stage."""
        own = {STAGE, DWELL} if self.has_stage else set()
        return frozenset({*own, *(term.name for term in self.design.terms)})

    @property
    def causes(self) -> tuple[str, ...]:
        """What can come, the causes of the event first."""
        return tuple(one.cause for one in self.hazards)

    @property
    def log_likelihood(self) -> float:
        """Of the rows, over all causes."""
        return float(sum(one.log_likelihood for one in self.hazards))

    @property
    def notes(self) -> tuple[str, ...]:
        """What was chosen, and what was left out."""
        chosen = [f"{one.cause}: penalty {one.why}" for one in self.hazards]
        errors = ["periods of one customer overlap: errors are from the sums of scores by customer"]
        return (*self.design.notes, *chosen, *(errors if self.clustered else ()))

    @cached_property
    def fingerprint(self) -> str:
        """A hash of what was learnt."""
        sha = hashlib.sha256(repr((self.scorer, self.event, self.design, self.causes, self.over)).encode())
        for one in self.hazards:
            sha.update(one.coefficients.tobytes())
        return sha.hexdigest()

    def of(self, cause: str) -> CauseHazard:
        """What was learnt of one cause.

        Raises:
            UnknownNameError: if there is no such cause.
        """
        return self.hazards[self._number(cause)]

    def coefficient_table(self) -> Table:
        """One row per cause and column: cause, column, coefficient, standard_error."""
        labels = np.array(self.design.labels * len(self.hazards), dtype=object)
        causes = np.repeat(np.array(self.causes, dtype=object), len(self.design.labels))
        told = {name: np.concatenate([getattr(one, name) for one in self.hazards])
                for name in ("coefficients", "errors")}  # fmt: skip
        columns = {"cause": causes, "column": labels, "coefficient": told["coefficients"],
                   "standard_error": told["errors"]}  # fmt: skip
        return Table(columns, name=f"hazard of {self.event}")

    def score(self, snapshot: Snapshot, /) -> Scores:
        """The probability of the event within the horizon, with parts for the baseline and each metric."""
        return self.within(snapshot, self.scorer.horizon)

    def within(self, snapshot: Snapshot, horizon: Any) -> Scores:
        """The same within any horizon, such as ``"30d"``; it never falls as the horizon grows.

        Where one cause is awaited and nothing competes, the parts of metrics are equal at all horizons. Where
        causes add up, each part is their mean, weighted by what each adds to the hazard, and
        ``@several causes`` is what a sum of hazards is more than that mean; ``@competing exits`` is by how
        much the chance that another exit comes first lowers the risk.

        Args:
            snapshot: the rows.
            horizon: how far to look ahead.
        """
        days = days_of(horizon)
        awaited = [number for number, one in enumerate(self.hazards) if one.is_awaited]
        bases, told = zip(*(self._parts(snapshot, number, days) for number in awaited), strict=True)
        logs = np.stack([base + sum(parts.values()) for base, parts in zip(bases, told, strict=True)])
        top = logs.max(axis=0)
        total = top + np.log(np.exp(logs - top).sum(axis=0))
        weights = np.exp(logs - total)
        base = weights.T @ np.array(bases)
        parts = {
            name: np.einsum("cn,cn->n", weights, np.stack([one[name] for one in told])) for name in told[0]
        }
        if len(awaited) > 1:
            parts[SEVERAL] = total - base - sum(parts.values())
        values = -np.expm1(-np.exp(total))
        if len(awaited) < len(self.hazards):
            values = self.incidence(snapshot, [horizon])[:, 0, awaited].sum(axis=1)
            parts[COMPETING] = linked(np.clip(values, TINY, 1 - 1e-16), "cloglog") - total
        return self._scores(snapshot, values, parts, base)

    def alone(self, snapshot: Snapshot, cause: str, horizon: Any = None) -> Scores:
        """The probability of one cause within a horizon if no other could come first, with its own parts.

        Args:
            snapshot: the rows.
            cause: one of ``causes``.
            horizon: how far to look ahead; the scorer's if unsaid.
        """
        days = days_of(self.scorer.horizon if horizon is None else horizon)
        base, parts = self._parts(snapshot, self._number(cause), days)
        total = base + sum(parts.values())
        return self._scores(snapshot, -np.expm1(-np.exp(total)), parts, base)

    def survival(self, snapshot: Snapshot, horizons: Iterable[Any]) -> Floats:
        """(n, horizons) the probability that nothing has come by then, neither the event nor another exit.

        Args:
            snapshot: the rows.
            horizons: durations, such as ``["30d", "90d", "365d"]``.
        """
        days = _days(horizons)
        now = self._now(snapshot)
        found = [np.exp(-now.hazards(rows, days).sum(axis=2)) for rows in chunks(len(snapshot))]
        return self._told(snapshot, np.concatenate(found))

    def incidence(self, snapshot: Snapshot, horizons: Iterable[Any]) -> Floats:
        """(n, horizons, causes) the probability that each cause has come by then, before any other.

        Over the causes and the survival they add up to 1. Within short steps the causes share the risk in
        proportion to their hazards.

        Source: Tutz and Schmid (2016), section 8.1.

        Args:
            snapshot: the rows.
            horizons: as for `survival`.
        """
        days = _days(horizons)
        longest = days.max(initial=0.0)
        edges = STEPS[: np.searchsorted(STEPS, longest) + 1]
        edges = edges if edges[-1] >= longest else np.append(edges, longest)
        now = self._now(snapshot)
        found = [incidence(now.hazards(rows, edges), now.hazards(rows, days), edges, days)
                 for rows in chunks(len(snapshot))]  # fmt: skip
        return self._told(snapshot, np.concatenate(found))

    def expected_days(self, snapshot: Snapshot, within: Any = "730d") -> Floats:
        """(n,) how many of the coming days pass before anything comes: the restricted mean survival.

        Source: Royston and Parmar, BMC Medical Research Methodology 13:152 (2013).

        Args:
            snapshot: the rows.
            within: of how long a time; a curve says nothing about what lies far beyond all that was seen.
        """
        times = np.linspace(0.0, days_of(within), POINTS)
        now = self._now(snapshot)
        found = [
            np.trapezoid(np.exp(-now.hazards(rows, times).sum(axis=2)), times, axis=1)
            for rows in chunks(len(snapshot))
        ]
        return self._told(snapshot, np.concatenate(found))

    def _number(self, cause: str) -> int:
        if cause not in self.causes:
            raise UnknownNameError("cause", cause, self.causes)
        return self.causes.index(cause)

    def _told(self, snapshot: Snapshot, found: Floats) -> Floats:
        """NaN where nothing is awaited any more."""
        found[self._is_over(snapshot)] = np.nan
        return found

    def _is_over(self, snapshot: Snapshot) -> NDArray[np.bool_]:
        if not self.has_stage:
            return np.zeros(len(snapshot), bool)
        _check_stages(snapshot)
        codes, known = snapshot.codes(STAGE), snapshot.categories(STAGE)
        over = [i for i, stage in enumerate(known) if stage in self.over]
        return (codes < 0) | np.isin(codes, over)

    def _scores(self, snapshot: Snapshot, values: Floats, parts: dict[str, Floats], base: Any) -> Scores:
        over = self._is_over(snapshot)
        known = [~missing(snapshot, term.name) for term in self.design.terms]
        coverage = np.mean(known, axis=0) if known else None
        return Scores(
            np.where(over, np.nan, np.clip(values, 0.0, 1.0)), scorer=self, snapshot=snapshot, link="cloglog",
            parts={name: np.where(over, np.nan, part) for name, part in parts.items()}, base=base,
            coverage=coverage,
        )  # fmt: skip

    def _parts(self, snapshot: Snapshot, number: int, days: float) -> tuple[float, dict[str, Floats]]:
        """The logarithm of a hazard added up over the coming days: what it starts from, and its parts."""
        beta = self.hazards[number].coefficients
        base = float(beta[0] + np.log(days))
        effects = self._effects(snapshot, beta)
        if not self.has_stage:
            return base, effects
        now = self._standing(snapshot, [self.hazards[number]], [])
        added = now.baseline(0, slice(None), np.array([days]))[:, 0]
        return base, {self.design.baseline.name: np.log(np.maximum(added, TINY)) - base, **effects}

    def _effects(self, snapshot: Snapshot, beta: Floats) -> dict[str, Floats]:
        return {
            term.name: term.columns(snapshot) @ beta[place]
            for term, place in zip(self.design.terms, self.design.places().values(), strict=True)
        }

    def _now(self, snapshot: Snapshot) -> Now:
        """From where the curves of all rows go on."""
        effects = [
            sum(self._effects(snapshot, one.coefficients).values(), np.zeros(len(snapshot)))
            for one in self.hazards
        ]
        return self._standing(snapshot, self.hazards, effects)

    def _standing(self, snapshot: Snapshot, chosen: Sequence[CauseHazard], effects: list[Floats]) -> Now:
        if self.has_stage:
            _check_stages(snapshot)
        baseline = self.design.baseline
        stage, days = self.design.standing(snapshot)
        own = slice(1, 1 + len(baseline.labels))
        curves = [baseline.added_up(float(one.coefficients[0]), one.coefficients[own]) for one in chosen]
        return Now(stage, days, baseline.edges(), curves, effects)


def _check_stages(snapshot: Snapshot) -> None:
    if not snapshot.has_stage:
        raise UsageError("the scorer learnt from stages, and the snapshot knows none: make it with journey=")


def _days(horizons: Iterable[Any]) -> Floats:
    if isinstance(horizons, str) or not isinstance(horizons, Iterable):
        raise UsageError(f"horizons are a list of durations, such as ['30d', '90d'], not {horizons!r:.80}")
    return np.array([days_of(one) for one in horizons], np.float64)
