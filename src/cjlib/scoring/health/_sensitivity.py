"""Which verdicts survive a change of the weights."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data._tables import Coded, Table
from ...errors import UsageError
from ...journey._scorecards import Bands
from .._checks import banded
from .._contract import Scores
from ._kernel import combine_card, propagate
from ._layout import PlanArrays
from ._run import Prepared, judge, people_make
from ._scorer import HealthScorer, prepared

__all__ = ["banded_health", "sensitivity"]

Floats = NDArray[np.float64]


def sensitivity(scores: Scores, *, spread: float = 0.2, draws: int = 200, seed: int = 0) -> Table:
    """Which bands survive a change of the weights, customer by customer.

    The weight of every measure and of every group is multiplied by numbers of its own, drawn evenly from
    1 - spread to 1 + spread, time and again; curves, policies, pulse and overrides stay as they are.

    Args:
        scores: of a `HealthScorer` whose scorecard has bands, as ``score`` gave them.
        spread: how far weights may move, as a share of themselves, below 1.
        draws: how many times.
        seed: for the random numbers: the same seed, the same answer.

    Returns:
        One row per row of the scores: ``customer as_of band kept other low high``: the band now, the share of
        the draws that keep it, the most frequent other band, the least and the highest score of all draws.

    Raises:
        UsageError: if the scores are not those of a scorecard with bands, or the numbers make no sense.

    >>> import cjlib as cj
    >>> line = cj.curves.linear(0, 10)
    >>> measures = [cj.Measure(name, metric=name, curve=line) for name in ("logins", "mood")]
    >>> card = cj.Scorecard("health", groups=[cj.Group("all", measures=measures)],
    ...                     bands=cj.Bands(("red", "green"), edges=50))
    >>> snapshot = cj.Snapshot.from_frame({"customer": ["acme", "brass"], "logins": [8, 9], "mood": [8, 1.5]})
    >>> table = cj.sensitivity(cj.HealthScorer(card).score(snapshot))
    >>> table["band"].tolist(), table["kept"].tolist()[0], bool(table["kept"][1] < 1)
    (['green', 'green'], 1.0, True)
    """
    scorer, bands = banded_health(scores)
    if not 0 <= spread < 1:
        raise UsageError(f"spread is a share from 0 to below 1, not {spread!r:.40}")
    if isinstance(draws, bool) or not isinstance(draws, int) or draws < 1:
        raise UsageError(f"draws is a whole number from 1 on, not {draws!r:.40}")
    read = prepared(scorer, scores.snapshot, as_scores=True)
    rows = len(scores)
    counts = np.zeros((rows, len(bands.labels) + 1), np.int64)
    low, high = np.full(rows, np.nan), np.full(rows, np.nan)
    for values in _drawn(read, spread, draws, np.random.default_rng(seed)):
        codes = banded(bands, values)
        counts[np.arange(rows), codes] += 1
        np.fmin(low, values, out=low)
        np.fmax(high, values, out=high)
    assert scores.band_codes is not None
    kept = counts[np.arange(rows), scores.band_codes] / draws
    counts[np.arange(rows), scores.band_codes] = 0
    counts[:, -1] = 0
    others = np.where(counts.any(axis=1), counts.argmax(axis=1), -1)
    columns: dict[str, Any] = {
        "customer": Coded(scores.snapshot.codes_of_customers, scores.snapshot.ids),
        "as_of": scores.snapshot.as_of,
        "band": Coded(scores.band_codes, bands.labels),
        "kept": np.where(scores.band_codes < 0, np.nan, kept),
        "other": Coded(others, bands.labels),
        "low": low,
        "high": high,
    }
    return Table(columns, name="sensitivity")


def banded_health(scores: Scores) -> tuple[HealthScorer, Bands]:
    """The scorer of scores and its bands.

    Raises:
        UsageError: if they are not of a scorecard, have no bands, or don't know what was scored.
    """
    scorer = scores.scorer if isinstance(scores, Scores) else None
    if not isinstance(scorer, HealthScorer):
        raise UsageError(f"scores of a HealthScorer were expected, not {scores!r:.80}")
    if scorer.scorecard.bands is None:
        raise UsageError(f"scorecard {scorer.name!r} has no bands, so there is no verdict to look at")
    if scores.snapshot is None:
        raise UsageError("these scores don't know what was scored: take those of HealthScorer.score")
    return scorer, scorer.scorecard.bands


def _drawn(read: Prepared, spread: float, draws: int, rng: np.random.Generator) -> Any:
    """(n,) scores under other weights, once per draw."""
    size = len(next(iter(read.columns.values())).metric)
    variants = np.zeros(size, np.int64) if read.variants is None else read.variants
    pieces = []
    for number in np.unique(variants).tolist():
        rows = np.flatnonzero(variants == number)
        pieces.append((number, rows, judge(read, number, rows)))
    measures = sorted({measure.id for plan in read.plans for measure in plan.measures})
    groups = [group.id for group in read.card.groups]
    for _ in range(draws):
        factors = dict(zip((*measures, *map("@".__add__, groups)), rng.uniform(
            1 - spread, 1 + spread, len(measures) + len(groups)), strict=True))  # fmt: skip
        raw = np.empty(size)
        for number, rows, judged in pieces:
            raw[rows] = _reweighed(read, number, factors, *judged)
        yield people_make(read, raw)


def _reweighed(
    read: Prepared, number: int, factors: dict[str, float], known: Floats, shares: Floats, filled: Floats,
    weighed: Floats,
) -> Floats:  # fmt: skip
    """(n,) scores before they are cut, under other weights."""
    plan = read.plans[number]
    measures, groups = plan.arrays.measures.copy(), plan.arrays.groups.copy()
    measures["weight"] *= [factors[measure.id] for measure in plan.measures]
    groups["weight"] *= [factors[f"@{id}"] for id in plan.groups]
    arrays = PlanArrays(measures, groups, plan.arrays.card, plan.arrays.knots)
    uncapped, capped = (np.empty((len(groups), filled.shape[1])) for _ in range(2))
    raw = np.empty(filled.shape[1])
    combine_card(filled, weighed, arrays, False, uncapped, capped, raw)
    propagate(filled, shares, measures, raw)
    return raw
