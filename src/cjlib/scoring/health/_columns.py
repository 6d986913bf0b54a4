"""What the arithmetic of scorecards reads of a snapshot: a column for every measure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ...errors import DataError, UnknownNameError
from ...journey._scorecards import Measure, Scorecard
from ...journey.curves import Lookup, Percentile, Zscore
from ._curves import apply_curve
from ._overrides import InForce
from ._peers import peer_scores
from ._plan import curve_arrays

if TYPE_CHECKING:
    from ...snapshots import Snapshot

__all__ = ["Column", "block_of", "column_of", "scores_of"]

Floats = NDArray[np.float64]
DAY = timedelta(days=1)


@attrs.frozen(eq=False)
class Column:
    """What the kernel reads of one measure.

    Attributes:
        metric: (n,) the metric, or its score where a curve was applied before; NaN where missing.
        lows: (n,) how low a known score could fall if missing peers were known; None without peers.
        highs: (n,) how high it could rise.
        shares: (n,) how much the evidence still counts, NaN where waived; None if all is fresh.
    """

    metric: Floats
    lows: Floats | None = None
    highs: Floats | None = None
    shares: Floats | None = None

    def take(self, rows: NDArray[np.intp]) -> Column:
        """The same of other rows."""
        rest = (None if one is None else one[rows] for one in (self.lows, self.highs, self.shares))
        return Column(self.metric[rows], *rest)


def column_of(card: Scorecard, measure: Measure, snapshot: Snapshot, decided: InForce, given: bool) -> Column:
    """The column of one measure.

    Args:
        card: the scorecard.
        measure: one of its measures.
        snapshot: the customers.
        decided: what people decided about this measure, row by row.
        given: whether the column shall hold scores whatever the curve.

    Raises:
        UnknownNameError: if the snapshot lacks the metric.
        DataError: if the metric is of the wrong kind, or nobody knows the age of evidence that may be stale.
    """
    if measure.metric not in snapshot:
        raise UnknownNameError("metric", measure.metric, snapshot.names)
    curve = measure.curve
    if isinstance(curve, Lookup):
        metric = _looked_up(curve, measure, snapshot)
    else:
        metric = _numbers(measure, snapshot)
    shares = _shares(measure, metric, snapshot)
    column = Column(metric, shares=shares)
    if isinstance(curve, (Percentile, Zscore)):
        is_peer = metric if shares is None else np.where(shares == 0, np.nan, metric)
        column = Column(*peer_scores(curve, is_peer, snapshot.numbers_of_moments, card.scale), shares=shares)
    elif given:
        column = Column(_curved(card, measure, metric), shares=shares)
    return _overridden(column, decided) if decided else column


def scores_of(card: Scorecard, measure: Measure, snapshot: Snapshot) -> tuple[Floats, Floats]:
    """(n,) scores of one measure, NaN where missing, and how much their evidence still counts."""
    column = column_of(card, measure, snapshot, (), True)
    shares = np.ones(len(snapshot)) if column.shares is None else column.shares
    return column.metric, np.where(np.isnan(column.metric), 0.0, shares)


def _curved(card: Scorecard, measure: Measure, metric: Floats) -> Floats:
    kind, knots = curve_arrays(measure.curve, card.scale)
    scores = np.empty(len(metric))
    apply_curve(kind, knots, np.ascontiguousarray(metric), scores)
    return scores


def _overridden(column: Column, decided: InForce) -> Column:
    """The column with what people decided about some of its rows."""
    size = len(column.metric)
    metric = column.metric.copy()
    shares = np.ones(size) if column.shares is None else column.shares.copy()
    bounds = [None if bound is None else bound.copy() for bound in (column.lows, column.highs)]
    for row, override in decided:
        if override.waives:
            shares[row] = np.nan
            continue
        metric[row] = override.apply(metric[row])
        if override.value is not None:
            shares[row] = 1.0
        for bound in bounds:
            if bound is not None:
                bound[row] = np.nan if override.value is not None else override.apply(bound[row])
    return Column(metric, bounds[0], bounds[1], shares)


def _shares(measure: Measure, metric: Floats, snapshot: Snapshot) -> Floats | None:
    """(n,) how much the evidence counts, by its age; None if that does not matter."""
    if not measure.can_fade:
        return None
    if measure.metric not in snapshot.metrics and measure.metric not in snapshot.ages:
        raise DataError(
            f"measure {measure.id!r}: the table does not tell how old the evidence of {measure.metric!r} is; "
            f"name a column with the days, Snapshot.from_frame(..., ages={{{measure.metric!r}: ...}})"
        )
    ages = snapshot.evidence_age(measure.metric)
    ages, is_known = np.where(np.isnan(ages), 0.0, np.maximum(ages, 0.0)), ~np.isnan(metric)
    shares = np.ones(len(metric))
    if measure.half_life is not None:
        shares = 0.5 ** (ages / (measure.half_life / DAY))
    if measure.valid_for is not None:
        shares[ages > measure.valid_for / DAY] = 0.0
    shares[~is_known] = 1.0
    return shares


def block_of(
    columns: list[Column], rows: slice, room: Floats | None = None
) -> tuple[Floats, Floats, Floats, Floats]:
    """(m, n) metrics, bounds and shares of some rows; what no column has is (m, 0).

    Metrics are written where there is room for them: fresh memory costs more than the arithmetic.
    """
    names = ("lows", "highs", "shares")
    has = {name: any(getattr(column, name) is not None for column in columns) for name in names}
    size = rows.stop - rows.start
    shape = (len(columns), size)
    metrics = np.empty(shape) if room is None else room[: size * len(columns)].reshape(shape)
    rest: dict[str, Any] = {}
    for name in names:
        nothing = 1.0 if name == "shares" else np.nan
        rest[name] = np.full((len(columns), size if has[name] else 0), nothing)
    for i, column in enumerate(columns):
        metrics[i] = column.metric[rows]
        for name in names:
            if getattr(column, name) is not None:
                rest[name][i] = getattr(column, name)[rows]
    return metrics, rest["lows"], rest["highs"], rest["shares"]


def _numbers(measure: Measure, snapshot: Snapshot) -> Floats:
    """(n,) the metric; a column without a single value could be anything, so it may be numbers."""
    if snapshot.kind(measure.metric) == "category":
        if snapshot.categories(measure.metric):
            raise DataError(
                f"measure {measure.id!r}: the curve {measure.curve.kind} needs numbers, but the metric "
                f"{measure.metric!r} has categories: take cj.curves.lookup"
            )
        return np.full(len(snapshot), np.nan)
    column: Floats = snapshot[measure.metric]
    return column


def _looked_up(curve: Lookup, measure: Measure, snapshot: Snapshot) -> Floats:
    """(n,) scores of categories, or of numbers that the lookup names; NaN where missing or unheard of."""
    otherwise = np.nan if curve.otherwise is None else curve.otherwise
    if snapshot.kind(measure.metric) == "category":
        scores = dict(curve.scores)
        table = [scores.get(category, otherwise) for category in snapshot.categories(measure.metric)]
        of_category: Floats = np.array([*table, np.nan])[snapshot.codes(measure.metric)]
        return of_category
    numbers = snapshot[measure.metric]
    found: Floats = np.where(np.isnan(numbers), np.nan, otherwise)
    for key, score in curve.scores if not np.isnan(numbers).all() else ():
        found[numbers == _as_number(measure, key)] = score
    return found


def _as_number(measure: Measure, key: str) -> float:
    try:
        return {"true": 1.0, "false": 0.0}[key] if key in ("true", "false") else float(key)
    except ValueError:
        known = f"the metric {measure.metric!r} has numbers"
        raise DataError(f"measure {measure.id!r}: the lookup names {key!r}, but {known}") from None
