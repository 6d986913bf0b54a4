"""From a panel to the columns of a regression: the level, the stage and the time in it, the metrics."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import attrs
import numpy as np
from numpy.typing import NDArray

from ._design_terms import Curve, Term, curve_of, indicators, positions, term_of

if TYPE_CHECKING:
    from ...snapshots import Snapshot

__all__ = ["DWELL", "STAGE", "Baseline", "Design", "design_of"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

STAGE, DWELL = "@stage", "@dwell"
STEPS = 160  # in which the hazard of the baseline is told


@attrs.frozen
class Baseline:
    """The stage, and how long the customer has been in it: the hazard that every customer there has.

    It is told between the shortest and the longest time that was seen, and stays as it is beyond them.

    Attributes:
        stages: those with rows; none where the panel knows no stages.
        curve: of the logarithm of one plus the days in stage; None if time makes no difference.
        low: the shortest time that was seen, in days.
        high: the longest.
    """

    stages: tuple[str, ...]
    curve: Curve | None
    low: float
    high: float
    name: str = "@time in stage"

    @property
    def labels(self) -> tuple[str, ...]:
        """What the columns are called."""
        width = 0 if self.curve is None else len(self.curve.shift)
        told = self.stages if len(self.stages) > 1 else ()
        times = [f"time in stage ({i + 1})" for i in range(width)]
        return (
            *(f"stage = {stage}" for stage in told),
            *(f"{stage}: {time}" for stage in self.stages for time in times),
        )

    def columns(self, stage: Ints, days: Floats) -> Floats:
        """(n, k) float64.

        Args:
            stage: (n,) positions in ``stages``, -1 for others.
            days: (n,) in the stage.
        """
        told = indicators(stage, len(self.stages))
        parts = [told] if len(self.stages) > 1 else []
        if self.curve is not None:
            bent = self.curve.columns(np.log1p(np.clip(days, self.low, self.high)))
            parts += [told[:, i : i + 1] * bent for i in range(len(self.stages))]
        return np.concatenate(parts, axis=1) if parts else np.zeros((len(days), 0))

    def edges(self) -> Floats:
        """Days between which the hazard is taken as constant."""
        if self.curve is None:
            return np.array([0.0, 1.0])
        inner = np.expm1(np.linspace(np.log1p(self.low), np.log1p(self.high), STEPS + 1))
        return np.unique(np.concatenate([[0.0], inner, [self.high + 1.0]]))

    def added_up(self, level: float, beta: Floats) -> Floats:
        """(stages + 1, edges) the hazard added up from the entry to each edge; last, of other stages."""
        edges = self.edges()
        rows = []
        for stage in (*range(len(self.stages)), -1):
            columns = self.columns(np.full(len(edges) - 1, stage), (edges[1:] + edges[:-1]) / 2)
            rate = np.exp(np.clip(level + columns @ beta, -500, 500))
            rows.append(np.append(0.0, np.cumsum(rate * np.diff(edges))))
        return np.array(rows)


@attrs.frozen
class Design:
    """How a panel becomes the columns of a regression: the level, the baseline, the terms.

    Attributes:
        baseline: stage and time in it.
        terms: what became of the metrics.
        notes: what is worth saying about the columns.
    """

    baseline: Baseline
    terms: tuple[Term, ...]
    notes: tuple[str, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """What the columns are called."""
        return ("level", *self.baseline.labels, *(label for term in self.terms for label in term.labels))

    def places(self) -> dict[str, slice]:
        """Which columns belong to which term."""
        at, found = 1 + len(self.baseline.labels), {}
        for term in self.terms:
            found[term.name] = slice(at, at + len(term.labels))
            at += len(term.labels)
        return found

    def standing(self, panel: Snapshot) -> tuple[Ints, Floats]:
        """(n,) the position of each row's stage, -1 for others, and the days in it."""
        if not self.baseline.stages:
            return np.full(len(panel), -1, np.int64), np.zeros(len(panel))
        return positions(panel, STAGE, self.baseline.stages), np.nan_to_num(panel[DWELL])

    def columns(self, panel: Snapshot, row: Ints, later: Floats) -> Floats:
        """(m, k) float64: the columns of some rows of a panel, as they will be so many days later."""
        made = np.empty((len(row), len(self.labels)))
        made[:, 0] = 1.0
        stage, days = self.standing(panel)
        width = len(self.baseline.labels)
        made[:, 1 : 1 + width] = self.baseline.columns(stage[row], days[row] + later)
        for term, place in zip(self.terms, self.places().values(), strict=True):
            made[:, place] = term.columns(panel)[row]
        return made


def design_of(
    panel: Snapshot,
    names: Iterable[str],
    row: Ints,
    later: Floats,
    *,
    bends: int = 4,
    notes: Iterable[str] = (),
) -> Design:
    """What becomes of the columns of a panel, with knots at quantiles (Harrell, 2015, table 2.3).

    Args:
        panel: the rows.
        names: the metrics.
        row: (m,) the rows that are learnt from.
        later: (m,) days after the row's moment at which the baseline is read.
        bends: how many knots a number has, 3 to 5; 0 for straight lines.
        notes: what was said before.

    Raises:
        DataError: if a column is infinite somewhere, or has too many categories.
    """
    used = panel.select(np.unique(row))
    said, terms = list(notes), []
    for name in names:
        term = term_of(used, name, bends)
        if term is None:
            said.append(f"{name!r} is the same everywhere: left out")
        else:
            terms.append(term)
    return Design(_baseline(panel, row, later, bends), tuple(terms), tuple(said))


def _baseline(panel: Snapshot, row: Ints, later: Floats, bends: int) -> Baseline:
    if not panel.has_stage:
        return Baseline((), None, 0.0, 0.0)
    known, codes = panel.categories(STAGE), panel.codes(STAGE)[row]
    used = np.bincount(codes[codes >= 0], minlength=len(known))
    stages = tuple(sorted(one for one, count in zip(known, used, strict=True) if count))
    days = np.nan_to_num(panel[DWELL])[row] + later
    low, high = (float(days.min()), float(days.max())) if len(days) else (0.0, 0.0)
    return Baseline(stages, curve_of(np.log1p(days), min(bends, 4)), low, high)
