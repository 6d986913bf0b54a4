"""The customers of every moment, what was said of them and what came, moment by moment and band by band."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ...data._tables import Coded, Table
from ...data._times import NAT
from ..figures._intervals import wilson
from ._measures import average_precision, brier_score, log_loss, roc_auc, top_of
from ._resampling import LEVEL, Sample

__all__ = ["EARLY", "Judged", "band_changes", "band_table", "lead", "moment_table", "samples_of"]

DAY = 86_400_000_000
EARLY = 30  # days

Floats = NDArray[np.float64]
COLUMNS = (
    "customer", "risk", "probability", "happened", "at", "at_risk", "recency", "band_codes", "bands_later",
    "value",
)  # fmt: skip


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
        band_codes: (n,) the bands, from that of the highest risk on; None without bands.
        band_labels: what they are called.
        bands_later: (n,) the bands a week later, −1 where nobody knows; None without bands.
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
    band_labels: tuple[str, ...]
    bands_later: Any
    value: Any

    @property
    def is_judged(self) -> Any:
        """(n,) bool: at risk, decided, and with a score."""
        return self.at_risk & ~np.isnan(self.happened) & ~np.isnan(self.risk)

    def kept(self) -> Judged:
        """The rows that are judged."""
        keep = self.is_judged
        own = {name: getattr(self, name) for name in COLUMNS}
        changes: dict[str, Any] = {name: None if one is None else one[keep] for name, one in own.items()}
        return attrs.evolve(self, **changes)


def samples_of(kept: Sequence[Judged]) -> tuple[list[Sample], int]:
    """The moments, ready to be drawn anew, and how many customers there are."""
    everybody = np.concatenate([np.zeros(0, np.int64), *(one.customer for one in kept)])
    customers, place = np.unique(everybody, return_inverse=True)
    places = np.split(place, np.cumsum([len(one.risk) for one in kept])[:-1])
    samples = [
        Sample.of(
            where, one.risk, one.recency, one.happened, one.probability, one.base_rate, one.value
        )
        for one, where in zip(kept, places, strict=True)
    ]  # fmt: skip
    return samples, len(customers)


def moment_table(judged: Sequence[Judged], kept: Sequence[Judged], capacity: float) -> Table:
    """One row per moment."""
    found = [_of_moment(one, rows, capacity) for one, rows in zip(judged, kept, strict=True)]
    counted = ("rows", "events", "undecided", "unsaid")
    arrays = {
        name: np.array([row[name] for row in found], np.int64 if name in counted else np.float64)
        for name in found[0]
    }
    moments = np.array([one.moment for one in judged], np.int64).view("datetime64[us]")
    return Table({"as_of": moments, **arrays}, name="backtest")


def _of_moment(one: Judged, rows: Judged, capacity: float) -> dict[str, float]:
    n = len(rows.risk)
    decided = one.at_risk & ~np.isnan(one.happened)
    p = rows.probability
    return {
        "rows": n,
        "events": float(rows.happened.sum()),
        "undecided": float((one.at_risk & np.isnan(one.happened)).sum()),
        "unsaid": float((decided & np.isnan(one.risk)).sum()),
        "rate": float(rows.happened.mean()) if n else np.nan,
        "base_rate": one.base_rate,
        "auc": roc_auc(rows.risk, rows.happened),
        "recency_auc": roc_auc(rows.recency, rows.happened),
        "average_precision": average_precision(rows.risk, rows.happened),
        "lift": top_of(rows.risk, rows.happened, capacity=capacity).lift,
        "brier": np.nan if p is None else brier_score(p, rows.happened),
        "log_loss": np.nan if p is None else log_loss(p, rows.happened),
    }


def lead(kept: Sequence[Judged], capacity: float) -> tuple[float, float, float]:
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
        came = one.happened == 1
        met |= set(zip(one.customer[came].tolist(), one.at[came].tolist(), strict=True))
    if not met:
        return np.nan, np.nan, np.nan
    days = np.array([(at - first[customer, at]) / DAY for customer, at in met if (customer, at) in first])
    median = float(np.median(days)) if len(days) else np.nan
    return len(days) / len(met), median, float((days >= EARLY).sum() / len(met))


def band_table(kept: Sequence[Judged]) -> Table | None:
    """One row per band, from that of the highest risk on: what came to those who stood in it."""
    if not kept or any(one.band_codes is None for one in kept):
        return None
    labels = kept[0].band_labels
    codes = np.concatenate([one.band_codes for one in kept])
    happened = np.concatenate([one.happened for one in kept])
    rows = np.bincount(codes, minlength=len(labels)).astype(np.float64)
    events = np.bincount(codes, happened, minlength=len(labels)).astype(np.float64)
    low, high = wilson(events, rows, LEVEL)
    with np.errstate(invalid="ignore", divide="ignore"):
        columns: dict[str, Any] = {
            "band": Coded(np.arange(len(labels), dtype=np.int32), labels),
            "rows": rows.astype(np.int64),
            "events": events.astype(np.int64),
            "rate": events / rows,
            "low": low,
            "high": high,
            "of_rows": rows / rows.sum(),
            "of_events": events / events.sum(),
        }
    return Table(columns, name="bands")


def band_changes(judged: Sequence[Judged]) -> float:
    """The share of customers whose band is another a week later; NaN without bands."""
    changed = known = 0
    for one in judged:
        if one.bands_later is not None:
            both = (one.band_codes >= 0) & (one.bands_later >= 0)
            known += int(both.sum())
            changed += int((both & (one.band_codes != one.bands_later)).sum())
    return changed / known if known else np.nan
