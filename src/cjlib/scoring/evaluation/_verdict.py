"""What a backtest found: measures over all moments, their intervals, and a verdict in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

import attrs
import numpy as np
from numpy.typing import NDArray

from ...data._tables import Table
from ._judged import EARLY, Judged, band_changes, band_table, lead, moment_table, samples_of
from ._measures import calibration, calibration_error
from ._resampling import intervals, measured

__all__ = ["Backtest", "judge"]

Floats = NDArray[np.float64]


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
        recency_auc: the same of the days since the last event.
        gain: how much higher ``auc`` is than ``recency_auc``.
        average_precision: within moments, averaged over the events.
        precision: of those of highest risk at each moment, as many as the capacity, the share with the event.
        recall: the share of the events that is among them.
        lift: precision by the rate.
        value_lift: the same in value, NaN without a value; customers of unknown value count as nothing.
        brier: the mean squared distance of probability and outcome; NaN if scores are no probabilities.
        log_loss: the mean negative log-likelihood; likewise.
        base_log_loss: that of the rate that was known at each moment, over the moments that had one.
        log_loss_gain: how much lower the log loss is over these moments.
        intervals: by the name of each of these measures, between what it lies in 95 % of the resamples of
            customers.
        calibration: what was said and what came in 15 bins, if scores are probabilities.
        calibration_error: the mean distance of the two.
        bands: one row per band, from that of the highest risk on: band, rows, events, rate with low and high
            (Wilson, 95 %), of_rows and of_events (its share of them); None without bands. The rate of the
            first is the precision of the red list.
        band_changes: the share of customers whose band is another a week later, by the same scorer and with
            the margin of its bands; NaN without bands.
        flagged: the share of those with the event who stood on some moment's list before.
        lead_days: the median of days from the first such moment to the event.
        early: the share of those with the event who stood on a list 30 days before or earlier.
    """

    scorer: str
    event: str
    horizon: str | timedelta
    verdict: str
    moments: Table
    left_out: tuple[tuple[np.datetime64, str], ...]
    auc: float
    recency_auc: float
    gain: float
    average_precision: float
    precision: float
    recall: float
    lift: float
    value_lift: float
    brier: float
    log_loss: float
    base_log_loss: float
    log_loss_gain: float
    intervals: Mapping[str, tuple[float, float]]
    calibration: Table | None
    calibration_error: float
    bands: Table | None
    band_changes: float
    flagged: float
    lead_days: float
    early: float

    def __repr__(self) -> str:
        rows, events = int(self.moments["rows"].sum()), int(self.moments["events"].sum())
        return f"<Backtest of {self.scorer}: {rows:,} rows, {events:,} × {self.event}, AUC {self.auc:.3f}>"

    def __str__(self) -> str:
        lines = [
            f"{self.scorer}: {self.event} within {self.horizon}, at {len(self.moments)} moments",
            self.verdict,
            f"  AUC within moments  {self._between('auc', '.3f')}; recency {self.recency_auc:.3f}",
            f"  top of the list     precision {self.precision:.3f}, recall {self.recall:.3f}, "
            f"lift {self._between('lift', '.2f')}",
        ]
        if not np.isnan(self.value_lift):
            lines.append(f"  top in value        lift {self._between('value_lift', '.2f')}")
        lines.append(
            f"  lead time           {self.flagged:.0%} flagged before, median {self.lead_days:.0f} days, "
            f"{self.early:.0%} {EARLY} days before"
        )
        if self.calibration is not None:
            lines.append(
                f"  probabilities       log loss {self._between('log_loss', '.4f')}, base rate "
                f"{self.base_log_loss:.4f}; calibration error {self.calibration_error:.4f}"
            )
        if self.bands is not None:
            lines += self._of_bands(self.bands)
        lines += [f"  not judged          {moment}: {why}" for moment, why in self.left_out]
        return "\n".join(lines)

    def _between(self, name: str, form: str) -> str:
        low, high = self.intervals.get(name, (np.nan, np.nan))
        return f"{getattr(self, name):{form}} ({low:{form}} to {high:{form}})"

    def _of_bands(self, bands: Table) -> Iterator[str]:
        for row in bands.rows():
            if row["rows"]:
                yield (
                    f"  {row['band']:<19.19} {row['of_rows']:.0%} of rows, {row['of_events']:.0%} of events, "
                    f"rate {row['rate']:.3f} ({row['low']:.3f} to {row['high']:.3f})"
                )
        if not np.isnan(self.band_changes):
            yield f"  bands               {self.band_changes:.1%} are another a week later"


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
    samples, customers = samples_of(kept)
    found = measured(samples, capacity, np.ones(customers))
    said = [one for one in kept if one.probability is not None]
    p, y = _joined(said, "probability"), _joined(said, "happened")
    flagged, days, early = lead(kept, capacity)
    result = Backtest(
        scorer=scorer, event=event, horizon=horizon, verdict="",
        moments=moment_table(judged, kept, capacity),
        left_out=tuple((np.int64(m).view("datetime64[us]"), why) for m, why in left_out),
        intervals=intervals(samples, capacity, customers, resamples, seed),
        calibration=calibration(p, y) if len(p) else None, calibration_error=calibration_error(p, y),
        bands=band_table(kept), band_changes=band_changes(judged),
        flagged=flagged, lead_days=days, early=early, **found,
    )  # fmt: skip
    return attrs.evolve(result, verdict=" ".join(_verdict(result)))


def _joined(parts: Sequence[Judged], name: str) -> Floats:
    return np.concatenate([np.zeros(0), *(getattr(one, name) for one in parts)])


def _verdict(found: Backtest) -> Iterator[str]:
    rows, events = int(found.moments["rows"].sum()), int(found.moments["events"].sum())
    if np.isnan(found.auc):
        yield f"It cannot be judged: {events:,} events in {rows:,} rows."
        return
    least = found.intervals["auc"][0]
    if least <= 0.5:
        yield f"No better than chance: the AUC of {found.auc:.3f} may be {least:.3f}."
    low, high = found.intervals["gain"]
    told = f"AUC {found.auc:.3f} against {found.recency_auc:.3f}, difference {found.gain:+.3f}"
    told += f" ({low:+.3f} to {high:+.3f})"
    if np.isnan(low):
        yield f"Beside the days since the last event: {told}."
    else:
        word = "Better" if low > 0 else "Worse" if high < 0 else "No better"
        yield f"{word} than the days since the last event: {told}."
    low, high = found.intervals["lift"]
    if low <= 1:
        yield (
            "At the top of the list no better than drawing lots: "
            f"lift {found.lift:.2f} ({low:.2f} to {high:.2f})."
        )
    low, high = found.intervals["log_loss_gain"]
    if low <= 0:
        yield (
            "Its probabilities are no better than the base rate: log loss lower by "
            f"{found.log_loss_gain:.4f} ({low:.4f} to {high:.4f})."
        )
