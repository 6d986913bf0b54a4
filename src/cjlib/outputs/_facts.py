"""What the report says, as plain values, before anything is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ..data import Ledger, Table
from ..findings import time_in_stage
from ..journey import Journey
from ..scoring import Scores
from ..trace import Trace
from ._words import Words

__all__ = ["BandCount", "Facts", "Health", "Risk", "gather", "health_of"]

SHOWN = 15


@attrs.frozen(kw_only=True)
class Waiting:
    """A signal that was raised and neither answered nor over."""

    customer: object
    signal: str
    severity: str
    raised: np.datetime64


@attrs.frozen(kw_only=True)
class Breach:
    """How often one thing ran over, and when it last did."""

    kind: str
    place: str
    count: int
    last: np.datetime64


@attrs.frozen(kw_only=True, eq=False)
class Facts:
    """Everything that the sections of the report read."""

    journey: Journey
    trace: Trace
    title: str
    say: Words
    stages: tuple[dict[str, Any], ...]  # the rows of time_in_stage
    taken: tuple[int, ...]
    health: Health | None
    waiting: tuple[Waiting, ...]
    n_waiting: int
    breaches: tuple[Breach, ...]
    ledger: Ledger

    def stage_label(self, stage: str) -> str:
        """How a stage is called on the page."""
        return self.journey.stage(stage).label or stage

    def role_label(self, role: str) -> str:
        """How a role is called on the page, declared or not."""
        return next((one.label for one in self.journey.roles if one.id == role and one.label), role)

    @property
    def customers(self) -> int:
        """All customers that the replay traced."""
        return sum(row["customers"] for row in self.stages)

    def place_label(self, place: str) -> str:
        """How a stage or signal that ran over is called on the page; a transition as it is."""
        labels = {signal.id: signal.label for signal in self.journey.signals}
        labels |= {stage.id: stage.label for stage in self.journey.stages}
        return labels.get(place) or place

    @property
    def over_limit(self) -> int:
        """Customers who are in their stage for longer than its limit."""
        return sum(row["over_limit"] for row in self.stages)

    def customers_in(self, *kinds: str) -> int:
        """Customers who are now in stages of these kinds."""
        kind = {stage.id: stage.kind for stage in self.journey.stages}
        return sum(row["customers"] for row in self.stages if kind[row["stage"]] in kinds)


def gather(
    journey: Journey, trace: Trace, health: Health | None, ledger: Ledger, title: str, say: Words
) -> Facts:
    """Reads off the trace what the report needs."""
    is_waiting = np.isnat(trace.signals["ceased"]) & np.isnat(trace.signals["answered"])
    asks = np.array([signal.response is not None for signal in journey.signals], dtype=bool)
    is_waiting &= asks[trace.signals.codes("signal")]
    return Facts(
        journey=journey,
        trace=trace,
        title=title,
        say=say,
        stages=tuple(time_in_stage(trace).rows()),
        taken=_taken(trace),
        health=health,
        waiting=_oldest(journey, trace.signals.select(is_waiting)),
        n_waiting=int(is_waiting.sum()),
        breaches=_summed(trace.breaches),
        ledger=ledger,
    )


def _taken(trace: Trace) -> tuple[int, ...]:
    via = trace.visits["via"]
    return tuple(np.bincount(via[via >= 0], minlength=len(trace.journey.transitions)).tolist())


def _oldest(journey: Journey, signals: Table) -> tuple[Waiting, ...]:
    severity = {signal.id: signal.severity for signal in journey.signals}
    order = np.argsort(signals["raised"], kind="stable")[:SHOWN]
    return tuple(
        Waiting(
            customer=row["customer"],
            signal=row["signal"],
            severity=severity[row["signal"]],
            raised=row["raised"],
        )
        for row in signals.select(order).rows()
    )


def _summed(breaches: Table) -> tuple[Breach, ...]:
    """Breaches by kind and place, the most frequent first."""
    kinds, places = breaches.categories("kind"), breaches.categories("place")
    key = breaches.codes("kind").astype(np.int64) * (len(places) + 1) + breaches.codes("place")
    found = []
    for group in np.unique(key):
        rows = key == group
        kind, place = divmod(int(group), len(places) + 1)
        found.append(
            Breach(
                kind=str(kinds[kind]),
                place=str(places[place]),
                count=int(rows.sum()),
                last=breaches["at"][rows].max(),
            )
        )
    return tuple(sorted(found, key=lambda breach: -breach.count))


N_PARTS, N_COLUMNS = 3, 20
Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


@attrs.frozen(kw_only=True)
class BandCount:
    """How many customers are in one band, and its colour."""

    label: str
    tone: str
    count: int


@attrs.frozen(kw_only=True)
class StageHealth:
    """The scores of the customers in one stage."""

    mean: float
    tone: str
    bands: tuple[BandCount, ...]


@attrs.frozen(kw_only=True)
class Risk:
    """One customer with a low score; the parts that take most from it, worst first."""

    customer: object
    stage: str
    entered: np.datetime64
    score: float
    tone: str
    band: str
    low: float
    high: float
    coverage: float
    parts: tuple[tuple[str, float], ...]


@attrs.frozen(kw_only=True)
class Health:
    """The scores of all customers who are now in a stage with a scorecard.

    ``columns`` counts scores in equal ranges over the scale, which ``scale`` bounds.
    """

    count: int
    unsaid: int
    mean: float
    bands: tuple[BandCount, ...]
    by_stage: Mapping[str, StageHealth]
    columns: tuple[int, ...]
    scale: tuple[float, float]
    risks: tuple[Risk, ...]
    fingerprints: tuple[tuple[str, str], ...]


def health_of(scores: Scores, trace: Trace) -> Health:
    """The part of the scores that the report shows: standing customers at their latest moment."""
    rows, visits = _standing(scores, trace)
    values = scores.values[rows]
    said, seen = rows[~np.isnan(values)], visits[~np.isnan(values)]
    numbers, stage = scores.values[said], trace.visits["stage"][seen]
    scale = _scale(scores, numbers)
    codes = _band_codes(scores, said)
    return Health(
        count=len(said),
        unsaid=len(rows) - len(said),
        mean=_mean(numbers),
        bands=_bands(scores, codes),
        by_stage={
            name: StageHealth(
                mean=_mean(numbers[stage == name]),
                tone=_tone_of_mean(scores, numbers[stage == name], codes[stage == name]),
                bands=_bands(scores, codes[stage == name]),
            )
            for name in dict.fromkeys(stage.tolist())
        },
        columns=tuple(np.histogram(numbers, bins=N_COLUMNS, range=scale)[0].tolist()),
        scale=scale,
        risks=_risks(scores, trace, said, seen),
        fingerprints=tuple(
            (name, text)
            for name, text in (("scorer", scores.fingerprints.scorer), ("data", scores.fingerprints.data))
            if text
        ),
    )


def _standing(scores: Scores, trace: Trace) -> tuple[Rows, Rows]:
    """Rows of the scores and open visits of the same customers, in the stages that are judged."""
    is_judged = np.array([name in _judged(trace) for name in trace.visits.categories("stage")], dtype=bool)
    visits = np.flatnonzero(np.isnat(trace.visits["left"]) & is_judged[trace.visits.codes("stage")])
    visit_of = dict(zip(trace.visits["customer"][visits].tolist(), visits.tolist(), strict=True))
    latest = np.ones(len(scores), dtype=bool) if scores.as_of is None else scores.as_of == scores.as_of.max()
    rows = np.flatnonzero(latest)
    found = np.array([visit_of.get(name, -1) for name in scores.customers[rows].tolist()], dtype=np.int64)
    return rows[found >= 0], found[found >= 0]


def _judged(trace: Trace) -> set[str]:
    """The stages that have a scorecard; where none has one, all but the lost ones."""
    standing = [stage for stage in trace.journey.stages if stage.kind != "lost"]
    return {stage.id for stage in standing if stage.scorecard} or {stage.id for stage in standing}


def _scale(scores: Scores, numbers: Floats) -> tuple[float, float]:
    low, high = scores.scale
    if np.isfinite([low, high]).all():
        return low, high
    return (float(numbers.min()), float(numbers.max())) if len(numbers) else (0.0, 1.0)


def _band_codes(scores: Scores, rows: Rows) -> NDArray[np.int32]:
    return np.full(len(rows), -1, dtype=np.int32) if scores.band_codes is None else scores.band_codes[rows]


def _bands(scores: Scores, codes: NDArray[np.int32]) -> tuple[BandCount, ...]:
    return tuple(
        BandCount(label=label, tone=_tone(scores, i), count=int((codes == i).sum()))
        for i, label in enumerate(scores.band_labels)
    )


def _tone(scores: Scores, code: int) -> str:
    """The lowest band is bad, the highest good, those between fair."""
    if code < 0:
        return "none"
    return "bad" if code == 0 else "good" if code == len(scores.band_labels) - 1 else "fair"


def _tone_of_mean(scores: Scores, numbers: Floats, codes: NDArray[np.int32]) -> str:
    """The colour of the customer whose score is next to the mean."""
    nearest = int(np.argmin(np.abs(numbers - numbers.mean())))
    return _tone(scores, int(codes[nearest]))


def _mean(numbers: Floats) -> float:
    return float(numbers.mean()) if len(numbers) else np.nan


def _risks(scores: Scores, trace: Trace, rows: Rows, visits: Rows) -> tuple[Risk, ...]:
    """The lowest scores; of equal ones the longest in their stage first."""
    entered = trace.visits["entered"]
    order = np.lexsort((entered[visits], scores.values[rows]))[:SHOWN]
    return tuple(_risk(scores, trace, int(rows[i]), int(visits[i])) for i in order)


def _risk(scores: Scores, trace: Trace, row: int, visit: int) -> Risk:
    code = -1 if scores.band_codes is None else int(scores.band_codes[row])
    return Risk(
        customer=scores.customers[row],
        stage=str(trace.visits["stage"][visit]),
        entered=trace.visits["entered"][visit],
        score=float(scores.values[row]),
        tone=_tone(scores, code),
        band=scores.band_labels[code] if code >= 0 else "",
        low=np.nan if scores.low is None else float(scores.low[row]),
        high=np.nan if scores.high is None else float(scores.high[row]),
        coverage=np.nan if scores.coverage is None else float(scores.coverage[row]),
        parts=_worst_parts(scores, row),
    )


def _worst_parts(scores: Scores, row: int) -> tuple[tuple[str, float], ...]:
    if scores.parts is None:
        return ()
    parts = scores.parts[row]
    order = np.argsort(parts, kind="stable")[:N_PARTS]
    return tuple((scores.part_names[i], float(parts[i])) for i in order if parts[i] < 0)
