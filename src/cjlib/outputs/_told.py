"""What the report tells, as plain values, before anything is laid out."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from ..data import AttributeColumn, Ledger, Table
from ..errors import UsageError
from ..findings import Finding
from ..journey import Journey
from ..scoring import KeyFigures, Scores
from ..scoring.figures._by_facts import Facts
from ..trace import Trace
from ._health import Health, tone_of
from ._journey_map import JourneyMap
from ._words import Words

__all__ = ["SHOWN", "Risk", "Told", "breaches_of", "is_waiting", "risks_of", "waiting_of", "worth_of"]

SHOWN = 12
SEVERITIES = ("critical", "high", "medium", "low")
Floats = NDArray[np.float64]


@attrs.frozen(kw_only=True)
class Waiting:
    """A signal that was raised and neither answered nor over."""

    customer: object
    signal: str
    severity: str
    stage: str
    raised: np.datetime64


@attrs.frozen(kw_only=True)
class Breach:
    """How often one thing ran over, and when it last did."""

    kind: str
    place: str
    count: int
    last: np.datetime64


@attrs.frozen(kw_only=True)
class Risk:
    """A customer with a low score: where it stands, and what the score consists of, worst part first."""

    customer: object
    code: int
    stage: str
    entered: np.datetime64
    score: float
    tone: str
    band: str
    low: float
    high: float
    coverage: float
    base: float
    worth: float
    parts: tuple[tuple[str, float], ...]
    link: str


@attrs.frozen(kw_only=True, eq=False)
class Told:
    """Everything that the sections of the report read."""

    journey: Journey
    trace: Trace
    title: str
    say: Words
    map: JourneyMap
    stages: tuple[dict[str, float], ...]  # the rows of time_in_stage
    scores: Scores | None
    health: Health | None
    risks: tuple[Risk, ...]
    n_risks: int
    waiting: tuple[Waiting, ...]
    breaches: tuple[Breach, ...]
    findings: tuple[Finding, ...]
    not_looked: tuple[tuple[str, str], ...]
    kpis: KeyFigures | None
    ledger: Ledger
    value: str
    worth: Floats | None  # (n_ids,)
    is_waiting: NDArray[np.bool_]  # (n_signals,)
    _read: dict[str, Floats] = attrs.field(factory=dict, init=False)

    def attribute(self, name: str) -> tuple[AttributeColumn, Floats]:
        """An attribute, and (n_ids,) its values at the end of the replay, which are read once."""
        facts = Facts(self.trace, self.trace._log, self.trace._customers)
        if name not in self._read:
            self._read[name] = facts.values(name, int(self.trace.until.view(np.int64)))
        return facts.column(name), self._read[name]

    def stage_label(self, stage: str) -> str:
        """How a stage is called on the page."""
        return self.journey.stage(stage).label or stage

    def signal_label(self, signal: str) -> str:
        """How a signal is called on the page."""
        return self.journey.signal(signal).label or signal

    def place_label(self, place: str) -> str:
        """How a stage, a signal or a transition that ran over is called on the page."""
        labels = {signal.id: signal.label for signal in self.journey.signals}
        labels |= {stage.id: stage.label for stage in self.journey.stages}
        source, arrow, target = place.partition(" -> ")
        if arrow:
            return f"{labels.get(source) or source} → {labels.get(target) or target}"
        return labels.get(place) or place

    def money(self, amount: float) -> str:
        """An amount of what customers are worth, with its unit if the journey tells it."""
        if amount != amount:
            return "—"
        unit = next((one.unit for one in self.journey.attributes if one.id == self.value), "")
        return f"{self.say.number(amount)}\N{NO-BREAK SPACE}{unit}".rstrip("\N{NO-BREAK SPACE}")

    @property
    def n_waiting(self) -> int:
        """How many signals wait for an answer."""
        return int(np.count_nonzero(self.is_waiting))

    @property
    def customers(self) -> int:
        """All customers that the replay traced."""
        return int(sum(row["customers"] for row in self.stages))

    @property
    def over_limit(self) -> int:
        """Customers who are in their stage for longer than its limit."""
        return int(sum(row["over_limit"] for row in self.stages))

    def customers_in(self, *kinds: str) -> int:
        """Customers who are now in stages of these kinds."""
        kind = {stage.id: stage.kind for stage in self.journey.stages}
        return int(sum(row["customers"] for row in self.stages if kind[str(row["stage"])] in kinds))


def worth_of(trace: Trace, value: str | None) -> Floats | None:
    """(n_ids,) what each customer is worth in a year; NaN where unknown, None if nobody says."""
    if value is None:
        return None
    facts = Facts(trace, trace._log, trace._customers)
    kind = facts.column(value).kind
    if kind != "number":
        raise UsageError(f"value={value!r}: an attribute with numbers was expected, not a {kind}")
    return facts.values(value, int(trace.until.view(np.int64)))


def is_waiting(journey: Journey, trace: Trace) -> NDArray[np.bool_]:
    """(n_signals,) which signals ask for an answer and are neither answered nor over."""
    signals = trace.signals
    asks = np.array([*(signal.response is not None for signal in journey.signals), False])
    waits: NDArray[np.bool_] = np.isnat(signals["ceased"]) & np.isnat(signals["answered"])
    waits &= asks[signals.codes("signal")]
    return waits


def waiting_of(journey: Journey, trace: Trace) -> tuple[Waiting, ...]:
    """The signals that wait, the most severe and of these the oldest first."""
    signals = trace.signals
    rows = signals.select(np.flatnonzero(is_waiting(journey, trace)))
    rank = np.array([SEVERITIES.index(signal.severity) for signal in journey.signals] or [0])
    order = np.lexsort((rows["raised"], rank[rows.codes("signal")]))[:SHOWN]
    stage_now = _stages_now(trace)
    names = trace.visits.categories("stage")
    return tuple(
        Waiting(
            customer=row["customer"],
            signal=row["signal"],
            severity=journey.signal(row["signal"]).severity,
            stage=str(names[stage_now[code]]),
            raised=row["raised"],
        )
        for row, code in zip(rows.select(order).rows(), rows.codes("customer")[order], strict=True)
    )


def _stages_now(trace: Trace) -> NDArray[np.int32]:
    """(n_ids,) the code of each customer's stage, -1 before it began."""
    stages = np.full(len(trace.ids), -1, dtype=np.int32)
    is_open = np.isnat(trace.visits["left"])
    stages[trace.visits.codes("customer")[is_open]] = trace.visits.codes("stage")[is_open]
    return stages


def breaches_of(breaches: Table) -> tuple[Breach, ...]:
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


def risks_of(
    scores: Scores, trace: Trace, health: Health, worth: Floats | None
) -> tuple[tuple[Risk, ...], int]:
    """Who is in the lowest band, the most valuable first; and how many there are.

    Without bands they are the lowest scores; where nobody says what customers are worth, the lowest first,
    of equal ones the longest in their stage.
    """
    rows, visits = health.rows, health.visits
    codes = trace.visits.codes("customer")[visits]
    band = np.zeros(len(rows), np.int32) if scores.band_codes is None else scores.band_codes[rows]
    values = scores.values[rows]
    prize = np.zeros(len(rows)) if worth is None else np.nan_to_num(worth[codes])
    order = np.lexsort((trace.visits["entered"][visits], values, -prize, band))
    lowest = int((band == 0).sum()) if scores.band_codes is not None else len(rows)
    chosen = order[: min(SHOWN, lowest)]
    found = (_risk(scores, trace, int(rows[i]), int(visits[i]), worth) for i in chosen)
    return tuple(found), lowest if scores.band_codes is not None else len(chosen)


def _risk(scores: Scores, trace: Trace, row: int, visit: int, worth: Floats | None) -> Risk:
    band = -1 if scores.band_codes is None else int(scores.band_codes[row])
    code = int(trace.visits.codes("customer")[visit])

    def at(column: np.ndarray | None) -> float:
        return np.nan if column is None else float(column[row])

    return Risk(
        customer=scores.customers[row],
        code=code,
        stage=str(trace.visits["stage"][visit]),
        entered=trace.visits["entered"][visit],
        score=float(scores.values[row]),
        tone=tone_of(scores, band),
        band=scores.band_labels[band] if band >= 0 else "",
        low=at(scores.low),
        high=at(scores.high),
        coverage=at(scores.coverage),
        base=at(scores.base),
        worth=np.nan if worth is None else float(worth[code]),
        parts=_parts(scores, row),
        link=scores.link,
    )


def _parts(scores: Scores, row: int) -> tuple[tuple[str, float], ...]:
    """All parts that do anything, the one that takes most first."""
    if scores.parts is None:
        return ()
    parts = scores.parts[row]
    order = np.argsort(parts, kind="stable")
    return tuple((scores.part_names[i], float(parts[i])) for i in order if abs(parts[i]) > 1e-9)
