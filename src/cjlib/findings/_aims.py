"""How far customers are from what the journey aims at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ..journey import Aim
from ..snapshots import Snapshot, snapshot
from ._contract import Place
from ._given import Given
from ._stays import persona_codes

__all__ = ["AimGap", "aim_gaps", "measured"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@attrs.frozen(eq=False, kw_only=True)
class AimGap:
    """An aim, and the customers whom it concerns and of whom the metric is known.

    Attributes:
        place: where the aim stands.
        metric: what is measured.
        aim: the number to reach.
        who: (k,) positions in ``trace.ids``.
        values: (k,) the metric.
        misses: (k,) who is on the wrong side of the aim.
        mean: the mean of the values, with the 95 % interval ``low`` to ``high``.
        statistic: of the t-test that the mean misses the aim.
        p: of that test, one-sided.
    """

    place: Place
    metric: str
    aim: float
    who: Ints
    values: Floats
    misses: Mask
    mean: float
    low: float
    high: float
    statistic: float
    p: float


def measured(given: Given) -> Snapshot | None:
    """The metrics that aims name, of all customers at the end of the replay; None where there are none."""
    ids = {metric.id for metric in given.journey.metrics}
    wanted = list(dict.fromkeys(aim.metric for _, aim in _placed(given) if aim.metric in ids))
    if not wanted:
        return None
    trace = given.trace
    made: Snapshot = given.shared.setdefault(
        "aims",
        snapshot(trace._log, wanted, as_of=trace.until, customers=trace._customers, journey=given.journey),
    )
    return made


def aim_gaps(given: Given) -> list[AimGap]:
    """One for each aim on a metric of the journey that says which direction is good, and is a number."""
    snap = measured(given)
    if snap is None:
        return []
    places = np.searchsorted(given.trace.ids, snap.customer)
    found = []
    for place, aim in _placed(given):
        metric = next((one for one in given.journey.metrics if one.id == aim.metric), None)
        if metric is None or metric.direction is None or snap.kind(aim.metric) != "number":
            continue
        values = np.full(len(given.trace.ids), np.nan)
        values[places] = snap[aim.metric]
        who = np.flatnonzero(_concerned(given, place) & ~np.isnan(values))
        if len(who):
            found.append(_gap(place, aim, who, values[who], metric.direction == "down"))
    return found


def _placed(given: Given) -> Iterator[tuple[Place, Aim]]:
    """Every aim and where it stands."""
    journey = given.journey
    yield from ((Place(), aim) for aim in journey.aims)
    yield from ((Place(stage=one.id), aim) for one in journey.stages for aim in one.aims)
    yield from ((Place(touchpoint=one.id), aim) for one in journey.touchpoints for aim in one.aims)
    yield from ((Place(persona=one.id), aim) for one in journey.personas for aim in one.aims)


def _concerned(given: Given, place: Place) -> Mask:
    """(n,) whom an aim concerns: who is there now; of the journey, who is a customer and not lost."""
    journey = given.journey
    now = given.facts.stages_at(given.until)
    if place.stage is not None:
        is_one: Any = now == journey.stage_index[place.stage]
    elif place.touchpoint is not None:
        stages = [journey.stage_index[stage] for stage in journey.touchpoint(place.touchpoint).stages]
        is_one = np.isin(now, stages)
    else:
        kept = [number for number, one in enumerate(journey.stages) if one.kind in ("active", "won")]
        is_one = np.isin(now, kept)
    if place.persona is not None:
        is_one = is_one & (persona_codes(given) == [one.id for one in journey.personas].index(place.persona))
    concerned: Mask = is_one
    return concerned


def _gap(place: Place, aim: Aim, who: Ints, values: Floats, is_down: bool) -> AimGap:
    from scipy.stats import t

    n, mean = len(values), float(values.mean())
    error = float(values.std(ddof=1) / np.sqrt(n)) if n > 1 else np.nan
    half = float(t.ppf(0.975, n - 1)) * error if n > 1 else np.nan
    short = (mean - aim.value) if is_down else (aim.value - mean)
    statistic = short / error if error > 0 else np.inf * np.sign(short) if short and n > 1 else 0.0
    return AimGap(
        place=place, metric=aim.metric, aim=aim.value, who=who, values=values,
        misses=values > aim.value if is_down else values < aim.value, mean=mean, low=mean - half,
        high=mean + half, statistic=statistic, p=float(t.sf(statistic, n - 1)) if n > 1 else 1.0,
    )  # fmt: skip
