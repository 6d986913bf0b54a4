"""What scores say about the customers who are on the journey now."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import numpy as np
from numpy.typing import NDArray

from ..scoring import Scores
from ..trace import Trace
from ._journey_map import BandCount

__all__ = ["Health", "Move", "StageHealth", "health_of", "standing", "tone_of"]

N_COLUMNS, MOVERS = 20, 6
Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
Codes = NDArray[np.int32]


@attrs.frozen(kw_only=True)
class StageHealth:
    """The scores of the customers in one stage."""

    count: int
    mean: float
    tone: str
    bands: tuple[BandCount, ...]


@attrs.frozen(kw_only=True)
class Move:
    """A customer whose score moved between the last two moments that were scored."""

    customer: object
    stage: str
    before: float
    after: float
    tone: str


@attrs.frozen(kw_only=True, eq=False)
class Health:
    """The scores of all customers who are now in a stage with a scorecard.

    Attributes:
        rows: of the scores: customers with a score, their latest moment.
        visits: (the same customers) their open visits.
        unsaid: customers who stand in such a stage and have no score.
        strangers: customers of the scores who are not in the trace.
        mean: of all scores.
        bands: how many customers are in which.
        by_stage: the same, stage by stage.
        columns: counts of scores in equal ranges over the scale.
        scale: the lowest and the highest score that is possible.
        movers: the largest falls, then the largest rises, since the moment before the last.
        since: that moment; NaT where only one was scored.
        fingerprints: what was scored, and by what.
    """

    rows: Rows
    visits: Rows
    unsaid: int
    strangers: int
    mean: float
    bands: tuple[BandCount, ...]
    by_stage: Mapping[str, StageHealth]
    columns: tuple[int, ...]
    scale: tuple[float, float]
    movers: tuple[Move, ...]
    since: np.datetime64
    fingerprints: tuple[tuple[str, str], ...]

    @property
    def count(self) -> int:
        """How many customers have a score."""
        return len(self.rows)


def health_of(scores: Scores, trace: Trace) -> Health:
    """The part of the scores that is shown: standing customers at their latest moment."""
    place = _places(scores, trace)
    latest = np.ones(len(scores), dtype=bool) if scores.as_of is None else scores.as_of == scores.as_of.max()
    rows, visits = _among(np.flatnonzero(latest), place, standing(trace), trace)
    values = scores.values[rows]
    said, seen = rows[~np.isnan(values)], visits[~np.isnan(values)]
    numbers, stage = scores.values[said], trace.visits.codes("stage")[seen]
    scale, codes = _scale(scores, numbers), _band_codes(scores, said)
    names = trace.visits.categories("stage").tolist()
    since = _moment_before(scores)
    return Health(
        rows=said,
        visits=seen,
        unsaid=len(rows) - len(said),
        strangers=len(set(scores.customers[place < 0].tolist())),
        mean=_mean(numbers),
        bands=_bands(scores, codes),
        by_stage={
            names[code]: _of_stage(scores, numbers[stage == code], codes[stage == code])
            for code in np.unique(stage)
        },
        columns=tuple(np.histogram(numbers, bins=N_COLUMNS, range=scale)[0].tolist()),
        scale=scale,
        movers=_movers(scores, trace, place, said, seen, since),
        since=since,
        fingerprints=tuple(
            (name, text)
            for name, text in (("scorer", scores.fingerprints.scorer), ("data", scores.fingerprints.data))
            if text
        ),
    )


def standing(trace: Trace) -> Rows:
    """Positions of the open visits in the stages that are judged.

    These are the stages with a scorecard; where none has one, all but the lost ones.
    """
    standing = [stage for stage in trace.journey.stages if stage.kind != "lost"]
    judged = {stage.id for stage in standing if stage.scorecard} or {stage.id for stage in standing}
    is_judged = np.array([name in judged for name in trace.visits.categories("stage").tolist()], dtype=bool)
    return np.flatnonzero(np.isnat(trace.visits["left"]) & is_judged[trace.visits.codes("stage")])


def _places(scores: Scores, trace: Trace) -> Rows:
    """(n,) for every row of the scores the position of its customer in the trace, -1 if it is not there."""
    position = {customer: i for i, customer in enumerate(trace.ids.tolist())}
    return np.array([position.get(customer, -1) for customer in scores.customers.tolist()], dtype=np.int64)


def _among(rows: Rows, place: Rows, visits: Rows, trace: Trace) -> tuple[Rows, Rows]:
    """Of these rows those whose customers have one of these visits, and the visits."""
    visit_of = np.full(len(trace.ids) + 1, -1, dtype=np.int64)
    visit_of[trace.visits.codes("customer")[visits]] = visits
    found = visit_of[place[rows]]  # -1, a stranger, reads the -1 at the end
    return rows[found >= 0], found[found >= 0]


def _of_stage(scores: Scores, numbers: Floats, codes: Codes) -> StageHealth:
    """The colour of the mean is that of the customer whose score is next to it."""
    nearest = int(np.argmin(np.abs(numbers - numbers.mean())))
    return StageHealth(
        count=len(numbers),
        mean=_mean(numbers),
        tone=tone_of(scores, int(codes[nearest])),
        bands=_bands(scores, codes),
    )


def _scale(scores: Scores, numbers: Floats) -> tuple[float, float]:
    low, high = scores.scale
    if np.isfinite([low, high]).all():
        return low, high
    return (float(numbers.min()), float(numbers.max())) if len(numbers) else (0.0, 1.0)


def _band_codes(scores: Scores, rows: Rows) -> Codes:
    return np.full(len(rows), -1, dtype=np.int32) if scores.band_codes is None else scores.band_codes[rows]


def _bands(scores: Scores, codes: Codes) -> tuple[BandCount, ...]:
    return tuple(
        BandCount(label=label, tone=tone_of(scores, i), count=int((codes == i).sum()))
        for i, label in enumerate(scores.band_labels)
    )


def tone_of(scores: Scores, code: int) -> str:
    """The lowest band is bad, the highest good, those between fair."""
    if code < 0:
        return "none"
    return "bad" if code == 0 else "good" if code == len(scores.band_labels) - 1 else "fair"


def _mean(numbers: Floats) -> float:
    return float(numbers.mean()) if len(numbers) else np.nan


def _moment_before(scores: Scores) -> np.datetime64:
    moments = np.unique(scores.as_of) if scores.as_of is not None else np.array([], "datetime64[us]")
    return moments[-2] if len(moments) > 1 else np.datetime64("NaT", "us")


def _movers(
    scores: Scores, trace: Trace, place: Rows, rows: Rows, visits: Rows, since: np.datetime64
) -> tuple[Move, ...]:
    """The largest falls and the largest rises, up to six of each."""
    if scores.as_of is None or np.isnat(since):
        return ()
    before = np.full(len(trace.ids) + 1, np.nan)
    is_then = (scores.as_of == since) & (place >= 0)
    before[place[is_then]] = scores.values[is_then]
    change = scores.values[rows] - before[place[rows]]
    order = np.argsort(change, kind="stable")  # NaN, no score before, comes last
    order = order[: len(order) - int(np.isnan(change).sum())]
    falls, rises = order[:MOVERS], order[::-1][:MOVERS]
    chosen = [*(i for i in falls if change[i] < 0), *(i for i in rises if change[i] > 0)]
    return tuple(
        Move(
            customer=scores.customers[rows[i]],
            stage=str(trace.visits["stage"][visits[i]]),
            before=float(before[place[rows[i]]]),
            after=float(scores.values[rows[i]]),
            tone=tone_of(scores, -1 if scores.band_codes is None else int(scores.band_codes[rows[i]])),
        )
        for i in chosen
    )
