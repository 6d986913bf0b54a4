"""Backtest: a score judged at past moments by what came after, knowing only what was known then."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Protocol, runtime_checkable

import attrs
import numpy as np
from numpy.typing import NDArray

from ...criteria._literals import as_duration
from ...data._customers import Customers
from ...data._events import EventLog
from ...data._times import to_us
from ...errors import DataError, UsageError
from ...journey._journey import Journey
from ...journey._metrics import Metric
from ...snapshots import Snapshot, panel
from ...trace import Trace, replay
from .._contract import Scorer, Scores, scorer_name
from .._series import bands_of, stayed
from ._judged import Judged
from ._leaks import refuse_leaks
from ._outcomes import outcomes
from ._verdict import Backtest, judge

__all__ = ["backtest"]

MICROSECOND = timedelta(microseconds=1)
WEEK = 7 * 86_400_000_000
NEVER = 1e9  # days since the last event of who never had one
RECENCY = Metric("days_since_last_event", aggregate="days_since")

Floats = NDArray[np.float64]


@runtime_checkable
class _Learns(Protocol):
    def fit(self, panel: Snapshot, trace: Trace, /) -> Scorer: ...


def backtest(
    scorer: Any,
    log: EventLog,
    journey: Journey,
    *,
    as_of: Iterable[Any],
    horizon: str | timedelta,
    customers: Customers | None = None,
    metrics: Any = None,
    event: str | None = None,
    waivers: Any = None,
    until: Any = None,
    capacity: float = 0.1,
    value: str | None = None,
    risk: str | None = None,
    allow: Iterable[str] = (),
    resamples: int = 200,
    seed: int = 0,
    threads: int | None = None,
) -> Backtest:
    """How good a score would have been at past moments, beside the simplest rules.

    At every moment the customers are scored on what was known then, and judged by whether the event came
    within the horizon. A scorer that learns (it has ``fit``) is fitted anew at each moment, on the rows of
    moments at least one horizon before it, with the outcomes as they were known then: nothing that is judged
    was seen. Moments whose horizon is not over by the end of the replay are not judged, for of them only
    those are known who left early. Beside the score stand the base rate and the days since the last event.

    Args:
        scorer: any scorer, one of health included; its ``fit(panel, trace)`` is called where it has one.
        log: the events, the later ones too; lateness is respected if they have recorded times.
        journey: its replay tells who left; its metrics are what ``metrics`` may name.
        as_of: the moments, in any order.
        horizon: how far ahead, such as ``"90d"``.
        customers: attributes, where metrics or criteria read them.
        metrics: what the scorer reads; unsaid, what it requires of the journey's, or all of them.
        event: what is awaited, as for :func:`cjlib.scoring.outcomes`; churn if unsaid.
        waivers: as for :func:`cjlib.replay`.
        until: up to when outcomes are known; the time of the last event if unsaid.
        capacity: how many customers the team can care for at each moment, or (below 1) which share.
        value: the metric that says what a customer is worth, for the value-weighted lift.
        risk: whether ``high`` or ``low`` scores mean risk; unsaid, high probabilities do, and low scores.
        allow: metrics that are as of the moment in spite of their names, see
            :func:`cjlib.scoring.refuse_leaks`.
        resamples: how often customers are drawn anew for the intervals.
        seed: of these draws.
        threads: how many to use; all cores if unsaid.

    Returns:
        The measures per moment and over all, and a verdict in words.

    Raises:
        UsageError: if an argument is of the wrong kind or out of range.
        DataError: if no moment can be judged, and why not; if a metric betrays the outcome.
    """
    ahead = _checked(scorer, log, journey, horizon, risk, resamples)
    moments = sorted({to_us(moment) for moment in as_of})
    end = to_us(until) if until is not None else int(log.time.max(initial=0))
    wanted = _metrics(scorer, journey, metrics)
    common: dict[str, Any] = {
        "customers": customers,
        "journey": journey,
        "waivers": waivers,
        "threads": threads,
    }
    times = [np.int64(moment).view("datetime64[us]") for moment in moments]
    rows = panel(log, wanted, as_of=times, **common)
    refuse_leaks(rows, allow=allow)
    recency = np.nan_to_num(panel(log, RECENCY, as_of=times, **common)[RECENCY.id], nan=NEVER)
    final = replay(journey, log, customers, until=np.int64(end).view("datetime64[us]"), waivers=waivers,
                   threads=threads)  # fmt: skip
    found = outcomes(rows, final, event)
    happened = found.within(horizon)
    judged: list[Judged] = []
    left_out, scorers = [], []
    for moment in moments:
        here = rows.numbers_of_moments == np.searchsorted(rows.moments.view(np.int64), moment)
        if moment + ahead > end:
            left_out.append((moment, "the horizon is not over"))
            continue
        known = _known_then(rows, log, journey, moment, ahead, event, horizon, customers, waivers, threads)
        if isinstance(scorer, _Learns) and (known is None or not len(known[0])):
            left_out.append((moment, "nothing was decided by then to learn from"))
            continue
        fitted = scorer.fit(known[0], known[1]) if isinstance(scorer, _Learns) and known else scorer
        scores = fitted.score(rows.select(here))
        _check_scores(scores, int(here.sum()))
        sign, is_probability = _direction(scores, risk)
        scorers.append((fitted, scores, sign))
        judged.append(
            Judged(
                moment=moment, customer=rows.codes_of_customers[here], risk=sign * scores.values,
                probability=scores.values if is_probability else None, happened=happened[here],
                at=found.at[here], at_risk=found.at_risk[here], recency=recency[here],
                base_rate=np.nan if known is None else known[2],
                band_codes=_worst_first(scores.band_codes, len(scores.band_labels), sign),
                band_labels=scores.band_labels[:: 1 if sign < 0 else -1], bands_later=None,
                value=None if value is None else rows[value][here],
            )
        )  # fmt: skip
    if not judged:
        told = (
            "; ".join(f"{np.int64(m).view('datetime64[us]')}: {why}" for m, why in left_out)
            or "none was given"
        )
        raise DataError(f"backtest: no moment can be judged ({told})")
    if judged[0].band_codes is not None:
        judged = _with_later_bands(judged, scorers, log, wanted, end, common)
    return judge(
        judged, left_out, scorer=scorer_name(scorer), event=found.event, horizon=horizon, capacity=capacity,
        resamples=resamples, seed=seed,
    )  # fmt: skip


def _worst_first(codes: Any, labels: int, sign: float) -> Any:
    """Codes of bands counted from that of the highest risk on."""
    return codes if codes is None or sign < 0 else np.where(codes < 0, codes, labels - 1 - codes)


def _with_later_bands(
    judged: list[Judged],
    scorers: list[tuple[Scorer, Scores, float]],
    log: EventLog,
    wanted: Any,
    end: int,
    common: dict[str, Any],
) -> list[Judged]:
    """Who stands in which band a week later, by the scorer of the moment; bands have a margin, if any."""
    times = [one.moment + WEEK for one in judged if one.moment + WEEK <= end]
    if not times:
        return judged
    later = panel(log, wanted, as_of=np.array(times).view("datetime64[us]"), **common)
    found = []
    for one, (scorer, scores, sign) in zip(judged, scorers, strict=True):
        rows = later.numbers_of_moments == np.searchsorted(later.moments.view(np.int64), one.moment + WEEK)
        codes = np.full(len(one.risk), -1)
        if one.moment + WEEK <= end and rows.any():
            then = later.select(rows)
            after = scorer.score(then)
            _, own, same = np.intersect1d(one.customer, then.codes_of_customers, return_indices=True)
            bands = bands_of(scorer)
            assert scores.band_codes is not None
            before = scores.band_codes[own]
            codes[own] = (
                stayed(bands, before, after.values[same])
                if bands is not None
                else np.full(len(own), -1)
                if after.band_codes is None
                else after.band_codes[same]
            )
        found.append(attrs.evolve(one, bands_later=_worst_first(codes, len(scores.band_labels), sign)))
    return found


def _checked(
    scorer: object, log: object, journey: object, horizon: Any, risk: object, resamples: object
) -> int:
    if not isinstance(scorer, Scorer) and not isinstance(scorer, _Learns):
        raise UsageError(f"backtest: a scorer (it has score or fit) was expected, not {scorer!r:.80}")
    for name, given, kind in (("log", log, EventLog), ("journey", journey, Journey)):
        if not isinstance(given, kind):
            raise UsageError(f"backtest: {name} must be a cjlib.{kind.__name__}, not {type(given).__name__}")
    if risk not in (None, "high", "low"):
        raise UsageError(f"backtest: risk is 'high' or 'low' scores, not {risk!r:.80}")
    if isinstance(resamples, bool) or not isinstance(resamples, int) or resamples < 1:
        raise UsageError(f"backtest: resamples is a whole number, at least 1, not {resamples!r:.80}")
    ahead = as_duration(horizon) // MICROSECOND
    if ahead <= 0:
        raise UsageError(f"backtest: the horizon must be longer than nothing, not {horizon!r:.80}")
    return ahead


def _metrics(scorer: Any, journey: Journey, metrics: Any) -> Any:
    """What to measure: what was said, else what the scorer requires, else all that the journey has."""
    if metrics is not None:
        return metrics
    required: frozenset[str] = getattr(scorer, "requires", frozenset())
    own = [metric for metric in journey.metrics if metric.id in required]
    return own or list(journey.metrics) or None


def _known_then(
    rows: Snapshot, log: EventLog, journey: Journey, moment: int, ahead: int, event: str | None,
    horizon: str | timedelta, customers: Customers | None, waivers: Any, threads: int | None,
) -> tuple[Snapshot, Trace, float] | None:  # fmt: skip
    """The rows whose horizon was over at a moment, the replay as of then, and the rate among them."""
    earlier = np.flatnonzero(rows.moments.view(np.int64) + ahead <= moment)
    if not len(earlier):
        return None
    past = rows.select(np.isin(rows.numbers_of_moments, earlier))
    then = replay(journey, log, customers, until=np.int64(moment).view("datetime64[us]"), waivers=waivers,
                  threads=threads)  # fmt: skip
    came = outcomes(past, then, event).within(horizon)
    decided = ~np.isnan(came)
    rate = float(came[decided].mean()) if decided.any() else np.nan
    return past.select(decided), then, rate


def _check_scores(scores: object, rows: int) -> None:
    if not isinstance(scores, Scores) or len(scores) != rows:
        raise DataError(f"backtest: {rows} scores were expected, one per row, not {scores!r:.80}")


def _direction(scores: Scores, risk: str | None) -> tuple[float, bool]:
    """By what to multiply scores so that high means risk, and whether they are probabilities of the event."""
    is_probability = scores.link != "identity" or scores.scale == (0.0, 1.0)
    if risk is None:
        return (1.0, True) if is_probability else (-1.0, False)
    return (1.0, is_probability) if risk == "high" else (-1.0, False)
