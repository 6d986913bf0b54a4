"""How healthy every customer is, by a scorecard, and why."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from ..errors import DataError, UnknownNameError, UsageError
from ..journey._journey import Journey
from ..journey._plain import canonical_json, plain
from ..journey._scorecards import Measure, Scorecard
from ..journey.curves import Lookup, Percentile, Zscore
from ._contract import Fingerprints, Scores
from ._health_kernel import score_block
from ._health_plan import HealthPlan, compiled
from ._peers import peer_scores

if TYPE_CHECKING:
    from ..snapshots import Snapshot

__all__ = ["HealthScorer"]

BLOCK = 2048
_plan_of = lru_cache(maxsize=64)(compiled)


def _a(kind: type) -> Any:
    def check(instance: object, field: Any, value: Any) -> None:
        if not isinstance(value, kind):
            hint = ": take journey.scorecard(id)" if isinstance(value, (str, Journey)) else ""
            raise UsageError(f"HealthScorer: a {kind.__name__} was expected, not {value!r:.80}{hint}")

    return check


@attrs.frozen
class HealthScorer:
    """Scores by a scorecard: the arithmetic that a team agreed on, with exact parts.

    Every measure has its part of the score: how far it moves the score away from neutral (in a sum: from the
    start) as if nothing were missing. Parts that begin with ``@`` are no measures: ``@reweighting`` is what
    sharing out the weight of missing measures changes, ``@cap:…`` what a group's minimum or maximum adds or
    takes, ``@clip`` what is cut at the ends of the scale. In a worst-of, the part goes to the worst, evenly
    if there are several. Base and parts are multiples of a tiny power of two: they add up to the score
    exactly, in any order. Where the score is NaN, so are the parts.

    ``coverage`` is the share of the weight whose metric is known. ``low`` and ``high`` are what the score
    would be with everything missing at the worst, or at the best, that its curve can give; under a curve
    among peers that includes what the peers miss.

    Attributes:
        scorecard: the measures, curves, weights and bands.
        journey: the journey that it belongs to; its fingerprint goes into the scores.

    >>> import cjlib as cj
    >>> logins = cj.Measure("logins", metric="logins", curve=cj.curves.linear(0, 10), weight=2)
    >>> mood = cj.Measure("mood", metric="nps", curve=cj.curves.linear(-100, 100), weight=1)
    >>> card = cj.Scorecard("health", groups=[cj.Group("all", measures=[logins, mood])])
    >>> table = {"customer": ["acme", "brass"], "logins": [8, 2], "nps": [50, None]}
    >>> scores = HealthScorer(card).score(cj.Snapshot.from_frame(table))
    >>> print(scores.explain("brass"))
    health of 'brass': 20, 67 % of the weight rests on data, with all of it 13.33 to 46.67
      +50    base
      -20    logins
      -10    @reweighting
    """

    scorecard: Scorecard = attrs.field(validator=_a(Scorecard))
    journey: Journey | None = attrs.field(
        default=None, kw_only=True, repr=False, validator=attrs.validators.optional(_a(Journey))
    )

    @property
    def name(self) -> str:
        """The id of the scorecard."""
        return self.scorecard.id

    @property
    def requires(self) -> frozenset[str]:
        """The names of the metrics that the snapshot must have."""
        return self.scorecard.requires

    @property
    def fingerprint(self) -> str:
        """Content hash of the scorecard; the order of what it lists counts, defaults do not."""
        return hashlib.sha256(canonical_json(plain(self.scorecard)).encode()).hexdigest()

    def score(self, snapshot: Snapshot, /) -> Scores:
        """One score per row of a snapshot or panel.

        Raises:
            UnknownNameError: if the snapshot lacks a metric.
            DataError: if a metric has categories where the curve needs numbers, or the other way round.
        """
        if not hasattr(snapshot, "numbers_of_moments"):
            kind = type(snapshot).__name__
            raise UsageError(f"HealthScorer: a Snapshot was expected, not {kind}: see Snapshot.from_frame")
        plan = _plan_of(self.scorecard)
        columns = [_column(self.scorecard, measure, snapshot) for measure in plan.measures]
        values, parts, coverage, low, high = _scored(plan, columns, len(snapshot))
        journey = None if self.journey is None else self.journey.fingerprint
        return Scores(
            values,
            scorer=self,
            snapshot=snapshot,
            parts=parts,
            part_names=plan.part_names,
            base=plan.base,
            scale=self.scorecard.scale,
            coverage=coverage,
            low=low,
            high=high,
            bands=self.scorecard.bands,
            fingerprints=Fingerprints(journey=journey, scorer=self.fingerprint, data=snapshot.fingerprint),
        )


def _scored(plan: HealthPlan, columns: list[_Column], rows: int) -> tuple[np.ndarray, ...]:
    values, coverage, low, high = (np.empty(rows) for _ in range(4))
    parts = np.empty((rows, len(plan.part_names)))
    for start in range(0, rows, BLOCK):
        block = slice(start, min(start + BLOCK, rows))
        inputs = _block(columns, block)
        outputs = (column[block] for column in (values, parts, coverage, low, high))
        score_block(*inputs, plan.arrays, *outputs)
    return values, parts, coverage, low, high


def _block(columns: list[_Column], rows: slice) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(m, n) metrics and bounds of some rows; the bounds are (m, 0) if there are none."""
    shape = (len(columns), rows.stop - rows.start)
    has_peers = any(column.lows is not None for column in columns)
    metrics = np.empty(shape)
    lows, highs = (np.full(shape if has_peers else (len(columns), 0), np.nan) for _ in range(2))
    for i, column in enumerate(columns):
        metrics[i] = column.metric[rows]
        if column.lows is not None and column.highs is not None:
            lows[i], highs[i] = column.lows[rows], column.highs[rows]
    return metrics, lows, highs


@attrs.frozen(eq=False)
class _Column:
    """What the kernel reads of one measure: its metric, or its score where a curve was applied before."""

    metric: np.ndarray
    lows: np.ndarray | None = None
    highs: np.ndarray | None = None


def _column(card: Scorecard, measure: Measure, snapshot: Snapshot) -> _Column:
    if measure.metric not in snapshot:
        raise UnknownNameError("metric", measure.metric, snapshot.names)
    curve = measure.curve
    if isinstance(curve, Lookup):
        return _Column(_looked_up(curve, measure, snapshot))
    metric = _numbers(measure, snapshot)
    if isinstance(curve, (Percentile, Zscore)):
        return _Column(*peer_scores(curve, metric, snapshot.numbers_of_moments, card.scale))
    return _Column(metric)


def _numbers(measure: Measure, snapshot: Snapshot) -> np.ndarray:
    """(n,) the metric; a column without a single value could be anything, so it may be numbers."""
    if snapshot.kind(measure.metric) == "category":
        if snapshot.categories(measure.metric):
            raise DataError(
                f"measure {measure.id!r}: the curve {measure.curve.kind} needs numbers, but the metric "
                f"{measure.metric!r} has categories: take cj.curves.lookup"
            )
        return np.full(len(snapshot), np.nan)
    column: np.ndarray = snapshot[measure.metric]
    return column


def _looked_up(curve: Lookup, measure: Measure, snapshot: Snapshot) -> np.ndarray:
    """(n,) scores of categories, or of numbers that the lookup names; NaN where missing or unheard of."""
    otherwise = np.nan if curve.otherwise is None else curve.otherwise
    if snapshot.kind(measure.metric) == "category":
        scores = dict(curve.scores)
        table = [scores.get(category, otherwise) for category in snapshot.categories(measure.metric)]
        of_category: np.ndarray = np.array([*table, np.nan])[snapshot.codes(measure.metric)]
        return of_category
    numbers = snapshot[measure.metric]
    found: np.ndarray = np.where(np.isnan(numbers), np.nan, otherwise)
    for key, score in curve.scores if not np.isnan(numbers).all() else ():
        found[numbers == _as_number(measure, key)] = score
    return found


def _as_number(measure: Measure, key: str) -> float:
    try:
        return {"true": 1.0, "false": 0.0}[key] if key in ("true", "false") else float(key)
    except ValueError:
        known = f"the metric {measure.metric!r} has numbers"
        raise DataError(f"measure {measure.id!r}: the lookup names {key!r}, but {known}") from None
