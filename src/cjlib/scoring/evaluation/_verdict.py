"""What a backtest found: measures per moment and over all, intervals, and a verdict in words."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ...data._tables import Table
from ...data._times import NAT
from ._measures import (
    average_precision,
    brier_score,
    calibration,
    calibration_error,
    log_loss,
    roc_auc,
    top_of,
)

__all__ = ["Backtest", "Judged", "judge"]

DAY = 86_400_000_000
LEVEL = 0.95
EARLY = 30  # days

Floats = NDArray[np.float64]


@attrs.frozen(eq=False, kw_only=True)
class Judged:
    """The customers of one moment: what was said, and what came.

    Attributes:
        moment: microseconds, UTC.
        customer: (n,) codes.
        risk: (n,) the higher, the likelier; NaN for "cannot say".
        probability: the same as a probability, if it is one.
        happened: (n,) 1, 0, or NaN where it is not decided.
        at: (n,) when the event came, the smallest int64 where it did not.
        at_risk: (n,) bool.
        recency: (n,) days since the last event.
        base_rate: the rate among the rows that were decided by then.
        band_codes: (n,) the bands, if there are any.
        value: (n,) what customers are worth, if that was asked for.
    """

    moment: int
    customer: Any
    risk: Floats
    probability: Floats | None
    happened: Floats
    at: Any
    at_risk: Any
    recency: Floats
    base_rate: float
    band_codes: Any
    value: Any

    @property
    def is_judged(self) -> Any:
        """(n,) bool: at risk, decided, and with a score."""
        return self.at_risk & ~np.isnan(self.happened) & ~np.isnan(self.risk)

    def kept(self) -> Judged:
        """The rows that are judged."""
        keep = self.is_judged
        names = (
            "customer",
            "risk",
            "probability",
            "happened",
            "at",
            "at_risk",
            "recency",
            "band_codes",
            "value",
        )
        changes: dict[str, Any] = {
            n: None if getattr(self, n) is None else getattr(self, n)[keep] for n in names
        }
        return attrs.evolve(self, **changes)


@attrs.frozen(eq=False, kw_only=True, repr=False)
class Backtest:
    """How good a score was at past moments; made by :func:`cjlib.backtest`.

    Attributes:
        scorer: what was judged.
        event: what was awaited.
        horizon: how far ahead.
        verdict: what to make of it, in a sentence or two.
        moments: one row per moment: as_of, rows (judged), events, undecided, unsaid, rate, base_rate (known
            then), auc, recency_auc, average_precision, lift, and for probabilities brier and log_loss.
        left_out: the moments that could not be judged, and why.
        auc: the area under the ROC curve within moments: of all pairs of one moment, one with the event and
            one without, the share in which the score tells which.
        auc_interval: between which it lies in 95 % of the resamples of customers.
        recency_auc: the same of the days since the last event.
        gain: how much higher ``auc`` is than ``recency_auc``.
        gain_interval: between which that lies in 95 % of the resamples.
        brier: the mean squared distance of probability and outcome; NaN if scores are no probabilities.
        log_loss: the mean negative log-likelihood; likewise.
        base_log_loss: that of the rate that was known at each moment, over the moments that had one.
        calibration: what was said and what came in 15 bins, if scores are probabilities.
        calibration_error: the mean distance of the two.
        precision: of those of highest risk at each moment, as many as the capacity, the share with the event.
        recall: the share of the events that is among them.
        lift: precision by the rate.
        value_lift: the same in value, NaN without a value.
        flagged: the share of those with the event who stood on some moment's list before.
        lead_days: the median of days from the first such moment to the event.
        early: the share of those with the event who stood on a list 30 days before or earlier.
        band_changes: the share of customers whose band is another at the next moment; NaN without bands.
    """

    scorer: str
    event: str
    horizon: str | timedelta
    verdict: str
    moments: Table
    left_out: tuple[tuple[np.datetime64, str], ...]
    auc: float
    auc_interval: tuple[float, float]
    recency_auc: float
    gain: float
    gain_interval: tuple[float, float]
    brier: float
    log_loss: float
    base_log_loss: float
    calibration: Table | None
    calibration_error: float
    precision: float
    recall: float
    lift: float
    value_lift: float
    flagged: float
    lead_days: float
    early: float
    band_changes: float

    def __repr__(self) -> str:
        rows, events = int(self.moments["rows"].sum()), int(self.moments["events"].sum())
        return f"<Backtest of {self.scorer}: {rows:,} rows, {events:,} × {self.event}, AUC {self.auc:.3f}>"

    def __str__(self) -> str:
        low, high = self.auc_interval
        lines = [
            f"{self.scorer}: {self.event} within {self.horizon}, at {len(self.moments)} moments",
            self.verdict,
            f"  AUC within moments  {self.auc:.3f} ({low:.3f} to {high:.3f}); recency {self.recency_auc:.3f}",
            f"  top of the list     precision {self.precision:.3f}, recall {self.recall:.3f}, "
            f"lift {self.lift:.2f}",
            f"  lead time           {self.flagged:.0%} flagged before, median {self.lead_days:.0f} days, "
            f"{self.early:.0%} {EARLY} days before",
        ]
        if self.calibration is not None:
            lines.append(
                f"  probabilities       log loss {self.log_loss:.4f} (base rate {self.base_log_loss:.4f}), "
                f"calibration error {self.calibration_error:.4f}"
            )
        if not np.isnan(self.band_changes):
            lines.append(f"  bands               {self.band_changes:.1%} change from moment to moment")
        lines += [f"  not judged          {moment}: {why}" for moment, why in self.left_out]
        return "\n".join(lines)


def judge(
    judged: Sequence[Judged],
    left_out: Sequence[tuple[int, str]],
    *,
    scorer: str,
    event: str,
    horizon: str | timedelta,
    capacity: float,
    resamples: int,
    seed: int,
) -> Backtest:
    """The measures over all moments."""
    kept = [one.kept() for one in judged]
    tops = [
        top_of(one.risk, one.happened, capacity=capacity, value=one.value) for one in kept if len(one.risk)
    ]
    auc, recency, draws = _ranking(kept, resamples, seed)
    gains = draws[:, 0] - draws[:, 1]
    said = [one for one in kept if one.probability is not None and len(one.risk)]
    p, y = _joined(said, "probability"), _joined(said, "happened")
    based = [one for one in said if not np.isnan(one.base_rate)]
    base = np.repeat([one.base_rate for one in based], [len(one.risk) for one in based])
    in_list, all_rows = sum(t.rows for t in tops), sum(len(one.risk) for one in kept)
    hits = float(sum(t.precision * t.rows for t in tops))
    events = float(sum(one.happened.sum() for one in kept))
    with np.errstate(invalid="ignore", divide="ignore"):
        precision, recall = np.float64(hits) / in_list, np.float64(hits) / events
        lift = precision / (np.float64(events) / all_rows)
    value_lifts = [t.value_lift for t, one in zip(tops, (k for k in kept if len(k.risk)), strict=True)
                   if one.value is not None]  # fmt: skip
    flagged, lead, early = _lead(kept, capacity)
    result = Backtest(
        scorer=scorer, event=event, horizon=horizon, verdict="", moments=_table(judged, kept, capacity),
        left_out=tuple((np.int64(m).view("datetime64[us]"), why) for m, why in left_out),
        auc=auc, auc_interval=_interval(draws[:, 0]), recency_auc=recency, gain=auc - recency,
        gain_interval=_interval(gains), brier=brier_score(p, y), log_loss=log_loss(p, y),
        base_log_loss=log_loss(base, _joined(based, "happened")),
        calibration=calibration(p, y) if len(p) else None, calibration_error=calibration_error(p, y),
        precision=float(precision), recall=float(recall), lift=float(lift),
        value_lift=float(np.nanmean(value_lifts)) if value_lifts else np.nan,
        flagged=flagged, lead_days=lead, early=early, band_changes=_band_changes(judged),
    )  # fmt: skip
    same = log_loss(_joined(based, "probability"), _joined(based, "happened"))
    return attrs.evolve(result, verdict=" ".join(_verdict(result, events, same)))


def _joined(parts: Sequence[Judged], name: str) -> Floats:
    return np.concatenate([np.zeros(0), *(getattr(one, name) for one in parts)])


def _interval(draws: Floats) -> tuple[float, float]:
    said = draws[~np.isnan(draws)]
    if not len(said):
        return np.nan, np.nan
    low, high = np.quantile(said, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def _ranking(kept: Sequence[Judged], resamples: int, seed: int) -> tuple[float, float, Floats]:
    """AUC within moments of the score and of recency, and both in every resample of customers."""
    customers, place = np.unique(_joined(kept, "customer"), return_inverse=True)
    places = np.split(place, np.cumsum([len(one.risk) for one in kept])[:-1])
    ranked = [
        (
            np.unique(one.risk, return_inverse=True)[1],
            np.unique(one.recency, return_inverse=True)[1],
            one.happened,
        )
        for one in kept
    ]
    rng = np.random.default_rng(seed)
    n = len(customers)

    def both(weights: Floats) -> tuple[float, float]:
        totals, pairs = np.zeros(2), 0.0
        for (score, recency, happened), rows in zip(ranked, places, strict=True):
            weight = weights[rows]
            product = float((weight @ happened) * (weight @ (1 - happened)))
            if product > 0:
                totals += product * np.array([_auc(score, happened, weight), _auc(recency, happened, weight)])
                pairs += product
        return (totals[0] / pairs, totals[1] / pairs) if pairs else (np.nan, np.nan)

    exact = both(np.ones(n))
    draws = [
        both(np.bincount(rng.integers(0, n, n), minlength=n).astype(float))
        for _ in range(resamples if n else 0)
    ]
    return *exact, np.array(draws, np.float64).reshape(-1, 2)


def _auc(place: Any, happened: Floats, weight: Floats) -> float:
    events, others = np.bincount(place, weight * happened), np.bincount(place, weight * (1 - happened))
    below = np.cumsum(others) - others
    return float((events * (below + others / 2)).sum() / (events.sum() * others.sum()))


def _table(judged: Sequence[Judged], kept: Sequence[Judged], capacity: float) -> Table:
    nothing = np.nan
    columns: dict[str, list[float]] = {
        name: []
        for name in (
            "rows", "events", "undecided", "unsaid", "rate", "base_rate", "auc", "recency_auc",
            "average_precision", "lift", "brier", "log_loss",
        )
    }  # fmt: skip
    for one, rows in zip(judged, kept, strict=True):
        n, is_probability = len(rows.risk), rows.probability is not None
        decided = one.at_risk & ~np.isnan(one.happened)
        found = {
            "rows": n, "events": rows.happened.sum(),
            "undecided": (one.at_risk & np.isnan(one.happened)).sum(),
            "unsaid": (decided & np.isnan(one.risk)).sum(), "rate": rows.happened.mean() if n else nothing,
            "base_rate": one.base_rate, "auc": roc_auc(rows.risk, rows.happened),
            "recency_auc": roc_auc(rows.recency, rows.happened),
            "average_precision": average_precision(rows.risk, rows.happened),
            "lift": top_of(rows.risk, rows.happened, capacity=capacity).lift if n else nothing,
            "brier": brier_score(rows.probability, rows.happened) if is_probability else nothing,
            "log_loss": log_loss(rows.probability, rows.happened) if is_probability else nothing,
        }  # fmt: skip
        for name, number in found.items():
            columns[name].append(float(number))
    counted = ("rows", "events", "undecided", "unsaid")
    arrays = {
        name: np.array(column, np.int64 if name in counted else float) for name, column in columns.items()
    }
    moments = np.array([one.moment for one in judged], np.int64).view("datetime64[us]")
    return Table({"as_of": moments, **arrays}, name="backtest")


def _lead(kept: Sequence[Judged], capacity: float) -> tuple[float, float, float]:
    """Of those with the event: the share listed before, the median days before, the share 30 days before."""
    first: dict[tuple[int, int], int] = {}
    met: set[tuple[int, int]] = set()
    for one in sorted(kept, key=lambda rows: rows.moment):
        n = len(one.risk)
        k = min(int(capacity), n) if capacity >= 1 else min(max(round(capacity * n), 1), n)
        listed = np.zeros(n, bool)
        listed[np.argsort(-one.risk, kind="stable")[:k]] = True
        seen = one.at != NAT
        pairs = zip(one.customer[seen].tolist(), one.at[seen].tolist(), listed[seen].tolist(), strict=True)
        for customer, at, is_listed in pairs:
            if is_listed:
                first.setdefault((customer, at), one.moment)
        met |= set(
            zip(one.customer[one.happened == 1].tolist(), one.at[one.happened == 1].tolist(), strict=True)
        )
    if not met:
        return np.nan, np.nan, np.nan
    days = np.array([(at - first[customer, at]) / DAY for customer, at in met if (customer, at) in first])
    median = float(np.median(days)) if len(days) else np.nan
    return len(days) / len(met), median, float((days >= EARLY).sum() / len(met))


def _band_changes(judged: Sequence[Judged]) -> float:
    changed = both = 0
    ordered = sorted(judged, key=lambda one: one.moment)
    for before, after in itertools.pairwise(ordered):
        if before.band_codes is None or after.band_codes is None:
            return np.nan
        _, left, right = np.intersect1d(before.customer, after.customer, return_indices=True)
        both += len(left)
        changed += int((before.band_codes[left] != after.band_codes[right]).sum())
    return changed / both if both else np.nan


def _verdict(found: Backtest, events: float, log_loss_where_based: float) -> Iterator[str]:
    low, high = found.gain_interval
    difference = f"difference {found.gain:+.3f} ({low:+.3f} to {high:+.3f})"
    told = f"AUC {found.auc:.3f} against {found.recency_auc:.3f}, {difference}"
    if np.isnan(found.auc):
        yield f"It cannot be judged: {events:.0f} events in {int(found.moments['rows'].sum()):,} rows."
        return
    if found.auc_interval[0] <= 0.5:
        yield f"No better than chance: the AUC of {found.auc:.3f} may be {found.auc_interval[0]:.3f}."
    if np.isnan(low):
        yield f"Beside the days since the last event: {told}."
    elif low > 0:
        yield f"Better than the days since the last event: {told}."
    elif high < 0:
        yield f"Worse than the days since the last event: {told}."
    else:
        yield f"No better than the days since the last event: {told}."
    if (
        found.log_loss >= 0
        and not np.isnan(found.base_log_loss)
        and log_loss_where_based >= found.base_log_loss
    ):
        yield (
            "Its probabilities are no better than the base rate: log loss "
            f"{log_loss_where_based:.4f} against {found.base_log_loss:.4f}."
        )
