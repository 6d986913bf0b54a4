"""What a multistate scorer tells as tables."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data._tables import Coded, Table
from ...snapshots import Snapshot
from ._multistate_counts import DAY_US, Ways
from ._multistate_curves import STEPS, StageCurve, each, moments
from ._multistate_paths import Visits

__all__ = ["exits_table", "incidence_table", "visits_table"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def incidence_table(curves: tuple[StageCurve, ...], ways: Ways) -> Table:
    """One row per way and time at which visits ended by it."""
    names = ("way", "days", "at_risk", "ended", "hazard", "incidence", "low", "high")
    rows = [np.zeros((0, len(names)))]
    for curve in curves:
        found = curve.found
        for i, way in enumerate(curve.ways.tolist()):
            ended = found.ended[:, i]
            hazard = np.cumsum(ended / found.at_risk)
            own = (
                found.times,
                found.at_risk,
                ended,
                hazard,
                found.curves[:, i],
                found.low[:, i],
                found.high[:, i],
            )
            rows.append(np.column_stack([np.full(len(ended), way), *own])[ended > 0])
    table = np.concatenate(rows)
    columns: dict[str, Any] = {"transition": Coded(table[:, 0].astype(np.int32), ways.names)}
    return Table(columns | dict(zip(names[1:], table[:, 1:].T, strict=True)), name="incidence")


def exits_table(
    curves: tuple[StageCurve, ...], ways: Ways, snapshot: Snapshot, stage: Ints, dwell: Floats, days: float
) -> Table:
    """One row per customer and way out of its stage."""
    middles = (np.arange(STEPS) + 0.5) * days / STEPS
    weights = np.column_stack([np.ones(STEPS), middles])
    found = [np.zeros((0, 4))]
    for i, curve in enumerate(curves):
        rows = np.flatnonzero(stage == i)
        sums = each(moments, curve, dwell[rows], days, weights).reshape(-1, 2)
        found.append(
            np.column_stack([np.repeat(rows, len(curve.ways)), np.tile(curve.ways, len(rows)), sums])
        )
    table = np.concatenate(found)
    table = table[np.lexsort((table[:, 1], table[:, 0]))]
    row, probability = table[:, 0].astype(np.int64), table[:, 2]
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = np.where(probability > 0, table[:, 3] / probability, np.nan)
    columns = {
        "customer": Coded(snapshot.codes_of_customers[row], snapshot.ids), "as_of": snapshot.as_of[row],
        "transition": Coded(table[:, 1].astype(np.int32), ways.names), "probability": probability,
        "expected_days": expected,
    }  # fmt: skip
    return Table(columns, name="exits")


def visits_table(visits: Visits, ways: Ways, snapshot: Snapshot, row: Ints, draw: Ints) -> Table:
    """One row per simulated visit, by walker and time.

    Args:
        visits: what walkers did.
        ways: the ways between stages.
        snapshot: where they started from.
        row: (walkers,) whose row of the snapshot each walks for.
        draw: (walkers,) which of its draws this is.
    """
    order = np.lexsort((visits.number, visits.walker))
    walker = visits.walker[order]
    as_of = snapshot.as_of[row[walker]]

    def moment(days: Floats) -> Any:
        return as_of + np.round(days * DAY_US).astype("timedelta64[us]")

    columns = {
        "customer": Coded(snapshot.codes_of_customers[row[walker]], snapshot.ids),
        "draw": draw[walker],
        "number": visits.number[order],
        "stage": Coded(visits.stage[order].astype(np.int32), ways.stages),
        "entered": moment(visits.entered[order]),
        "left": moment(visits.left[order]),
        "transition": Coded(visits.way[order].astype(np.int32), ways.names),
    }
    return Table(columns, name="simulated visits")
