"""The cheapest set of changes that reaches a band."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ...data._tables import Coded, Table
from ...errors import UnknownNameError, UsageError
from ...journey._scorecards import Measure
from .._checks import banded
from .._contract import Scores
from ._curves_back import ALMOST_ALL, levels_of, metric_for
from ._kernel import combine_card
from ._layout import MEAN, WORST
from ._plan import HealthPlan
from ._run import Prepared, judge, people_make
from ._scorer import prepared
from ._sensitivity import banded_health

__all__ = ["counterfactual"]

Floats = NDArray[np.float64]
HALVINGS, DIGITS = 60, 8
FREE = 1e-9  # what costs nothing is still not moved for nothing
EXACT, ROOM = 1e-12, 1e-6  # of the scale: a score that is reached, and within what the solver is exact


def counterfactual(scores: Scores, band: str, *, customers: Iterable[Any] | None = None) -> Table:
    """The cheapest changes of measures that somebody can act on, by which a customer reaches a band.

    A measure with ``effort`` can be moved: that effort over the whole span of its curve, and part of the way
    in proportion; steps and categories from level to level. What is missing or waived stays so, what fades
    keeps its weight, and other customers stay where they are. The answer is exact: a small integer program
    for every customer below the band, some milliseconds each.

    Args:
        scores: of a `HealthScorer` whose scorecard has bands, as ``score`` gave them.
        band: the band to reach, or a better one.
        customers: for whom; unsaid: everybody below the band.

    Returns:
        One row per customer and change: ``customer as_of measure metric now aim score_now score_aim effort``.
        ``now`` and ``aim`` are values of the metric (None where peers decide), the scores those of the
        measure. A customer whom no change brings there has one row without a measure.

    Raises:
        UnknownNameError: if there is no such band or customer.
        UsageError: if the scores are not those of a scorecard with bands, or no measure has an effort.

    >>> import cjlib as cj
    >>> logins = cj.Measure("logins", metric="logins", curve=cj.curves.linear(0, 10), effort=10)
    >>> mood = cj.Measure("mood", metric="nps", curve=cj.curves.steps((7, 9), (0, 50, 100)), effort=4)
    >>> card = cj.Scorecard("health", groups=[cj.Group("all", measures=[logins, mood])],
    ...                     bands=cj.Bands(("red", "green"), edges=50))
    >>> snapshot = cj.Snapshot.from_frame({"customer": ["acme"], "logins": [4], "nps": [3]})
    >>> table = cj.counterfactual(cj.HealthScorer(card).score(snapshot), "green")
    >>> for change in zip(*(table[name].tolist() for name in ("measure", "now", "aim", "effort"))):
    ...     print(change)
    ('logins', 4.0, 5.0, 1.0)
    ('mood', 3.0, 7.0, 2.0)
    """
    scorer, bands = banded_health(scores)
    if band not in bands.labels:
        raise UnknownNameError("band", band, bands.labels)
    read = prepared(scorer, scores.snapshot, as_scores=True)
    if not any(measure.effort is not None for measure in scorer.scorecard.measures):
        raise UsageError(f"scorecard {scorer.name!r}: no measure has an effort, so nobody can act on any")
    target = bands.labels.index(band)
    assert scores.band_codes is not None
    rows = np.flatnonzero(scores.band_codes < target)
    if customers is not None:
        rows = np.intersect1d(rows, _rows_of(scores, customers))
    needed = _needed(read, lambda values: banded(bands, values) >= target)
    changes: list[_Change] = []
    variants = np.zeros(len(scores), np.int64) if read.variants is None else read.variants
    for number in np.unique(variants[rows]).tolist():
        own = rows[variants[rows] == number]
        known, shares, filled, weighed = judge(read, number, own)
        plan = read.plans[number]
        for place, row in enumerate(own.tolist()):
            own_decided = frozenset(read.held.get(row, ()))
            standing = _Standing(
                plan, known[:, place], shares[:, place], filled[:, place], weighed[:, place], own_decided
            )
            aims = None if np.isnan(scores.values[row]) else _solved(read, standing, needed[row])
            changes += _changes(read, standing, row, aims)
    order = {measure.id: place for place, measure in enumerate(scorer.scorecard.measures)}
    changes.sort(key=lambda change: (change.row, order[change.measure.id] if change.measure else 0))
    return _table(scores, changes)


def _rows_of(scores: Scores, customers: Iterable[Any]) -> NDArray[np.intp]:
    wanted = list(customers) if not isinstance(customers, (str, bytes)) else [customers]
    known = {customer: place for place, customer in enumerate(scores.snapshot.ids.tolist())}
    for customer in wanted:
        if customer not in known:
            raise UnknownNameError("customer", customer, known)
    return np.flatnonzero(np.isin(scores.snapshot.codes_of_customers, [known[one] for one in wanted]))


def _needed(read: Prepared, reaches: Any) -> Floats:
    """(n,) the least score, before people have their say, that reaches the band; NaN if none does."""
    size = len(next(iter(read.columns.values())).metric)
    low, high = (np.full(size, end) for end in read.card.scale)
    can = reaches(people_make(read, high))
    for _ in range(HALVINGS):
        middle = low / 2 + high / 2
        is_enough = reaches(people_make(read, middle))
        low, high = np.where(is_enough, low, middle), np.where(is_enough, middle, high)
    unit = read.card.scale[1] - read.card.scale[0]
    for plain in (np.full(size, read.card.scale[0]), np.round(high / unit, DIGITS) * unit):
        high = np.where(reaches(people_make(read, plain)), plain, high)
    return np.where(can, high, np.nan)


@attrs.frozen(eq=False)
class _Standing:
    """Where one customer stands: per measure the known score, its share, what counts as score and weight."""

    plan: HealthPlan
    known: Floats
    shares: Floats
    filled: Floats
    weighed: Floats
    decided: frozenset[str]

    def slope(self, i: int) -> float:
        """What a point of the measure's score is worth in what counts as its score."""
        return float(self.shares[i]) if self.weighed[i] == 1 else 1.0

    def can_move(self, i: int) -> bool:
        """Whether somebody can act on it: it is known, not out of date, and nobody has decided it."""
        measure = self.plan.measures[i]
        is_known = not np.isnan(self.known[i]) and self.shares[i] > 0
        return is_known and measure.effort is not None and measure.id not in self.decided

    def raw(self, aims: dict[int, float]) -> float:
        """The score, before it is cut, with some measures moved to other scores."""
        filled = self.filled.copy()
        for i, aim in aims.items():
            filled[i] += self.slope(i) * (aim - self.known[i])
        uncapped, groups = (np.empty((len(self.plan.groups), 1)) for _ in range(2))
        found, weighed = np.empty(1), self.weighed[:, None].copy()
        combine_card(filled[:, None], weighed, self.plan.arrays, False, uncapped, groups, found)
        return float(found[0])


@attrs.frozen(eq=False)
class _Change:
    row: int
    measure: Measure | None = None
    score_now: float = np.nan
    score_aim: float = np.nan
    metric_now: Any = None
    metric_aim: Any = None
    effort: float = np.nan


@attrs.define(eq=False)
class _Program:
    """A small integer program, written down piece by piece: least cost, rows low <= Ax <= high."""

    costs: list[float] = attrs.field(factory=list)
    ends: list[tuple[float, float]] = attrs.field(factory=list)
    whole: list[int] = attrs.field(factory=list)
    rows: list[tuple[dict[int, float], float]] = attrs.field(factory=list)

    def variable(self, low: float, high: float, cost: float = 0.0, *, whole: bool = False) -> int:
        """A new unknown and its number."""
        self.costs.append(cost)
        self.ends.append((low, high))
        self.whole.append(int(whole))
        return len(self.costs) - 1

    def at_least(self, terms: dict[int, float], bound: float) -> None:
        """A row: the sum of the terms is not below the bound."""
        self.rows.append((terms, bound))

    def solved(self) -> Floats | None:
        """The cheapest solution, None if there is none."""
        from scipy.optimize import Bounds, LinearConstraint, milp
        from scipy.sparse import coo_array

        entries = [(n, i, value) for n, (terms, _) in enumerate(self.rows) for i, value in terms.items()]
        row, column, value = (np.array(one) for one in zip(*entries, strict=True))
        matrix = coo_array((value, (row, column)), shape=(len(self.rows), len(self.costs))).tocsr()
        low, high = (np.array(one) for one in zip(*self.ends, strict=True))
        bounds = [bound for _, bound in self.rows]
        found = milp(
            self.costs,
            integrality=np.array(self.whole),
            bounds=Bounds(low, high),
            constraints=LinearConstraint(matrix, lb=bounds),
            options={"mip_rel_gap": 0.0},
        )
        return None if found.x is None else np.asarray(found.x)


def _solved(read: Prepared, standing: _Standing, needed: float) -> dict[int, float] | None:
    """The scores to which measures are to be moved, by their number; None if nothing reaches that far."""
    if np.isnan(needed):
        return None
    unit = read.card.scale[1] - read.card.scale[0]
    aims = _cheapest(read, standing, needed, unit)
    if aims is not None and standing.raw(aims) < needed - EXACT * unit:  # the solver is not exact
        safe = _cheapest(read, standing, needed + ROOM * unit, unit)
        aims = aims if safe is None else safe
    return aims


def _cheapest(read: Prepared, standing: _Standing, needed: float, unit: float) -> dict[int, float] | None:
    """The integer program: in units of the scale, so that its tolerances fit."""
    program, moves = _Program(), {}
    scores: list[Any] = []
    for i, filled in enumerate(standing.filled.tolist()):
        scores.append(None if np.isnan(filled) else program.variable(filled / unit, filled / unit))
        if standing.can_move(i) and scores[i] is not None:
            moves[i] = _movable(read, standing, program, i, scores[i], unit)
    groups = [_group(program, standing, g, scores, unit) for g in range(len(standing.plan.groups))]
    card = standing.plan.arrays.card[0]
    weights = standing.plan.arrays.groups["weight"].tolist()
    there = [(group, weights[g]) for g, group in enumerate(groups) if group is not None]
    bound = (needed - float(card["start"])) / unit
    if card["combine"] == WORST:
        for group, _ in there:
            program.at_least({group: 1.0}, bound)
    else:
        total = sum(weight for _, weight in there) if card["combine"] == MEAN else 1.0
        program.at_least({group: weight / total for group, weight in there}, bound)
    found = program.solved()
    if found is None:
        return None
    return {i: aim for i, read_off in moves.items() if (aim := read_off(found)) is not None}


def _movable(read: Prepared, standing: _Standing, program: _Program, i: int, score: Any, unit: float) -> Any:
    """Let a measure move upwards, at its cost; gives how its new score is read off a solution."""
    measure, now, slope = standing.plan.measures[i], float(standing.known[i]), standing.slope(i)
    low, high = measure.curve.span(read.card.scale)
    cost = max(measure.effort or 0.0, FREE) / (high - low) if high > low else 0.0
    levels = levels_of(measure.curve, read.card.scale)
    base = program.ends[score][0]
    if measure.curve.kind == "logistic":
        high = low + (high - low) * ALMOST_ALL
    program.ends[score] = (base, base + max(high - now, 0.0) * slope / unit)
    if levels is None:
        moved = program.variable(0.0, max(high - now, 0.0) / unit, cost * unit)
        program.at_least({moved: slope, score: -1.0}, -base)
        return lambda found: now + float(found[moved]) * unit if found[moved] > ROOM / 100 else None
    better = [level for level in levels if level > now]
    chosen = [program.variable(0, 1, cost * (level - now), whole=True) for level in better]
    gains = {one: slope * (level - now) / unit for one, level in zip(chosen, better, strict=True)}
    program.at_least(gains | {score: -1.0}, -base)
    if chosen:
        program.at_least(dict.fromkeys(chosen, -1.0), -1.0)
    return lambda found: next((b for c, b in zip(chosen, better, strict=True) if found[c] > 0.5), None)


def _group(program: _Program, standing: _Standing, g: int, scores: list[Any], unit: float) -> int | None:
    """The score of a group, at most what its measures make of it; None if all of it is left out."""
    row = standing.plan.arrays.groups[g]
    measures = range(int(row["first"]), int(row["last"]))
    weights = standing.plan.arrays.measures["weight"] * standing.weighed
    there = [i for i in measures if scores[i] is not None]
    if not there:
        return None
    ends = [np.array([program.ends[scores[i]][end] for i in there]) for end in (0, 1)]
    own = weights[there]
    if row["combine"] == MEAN:
        own = own / own.sum()
    low, high = ((end.min() if row["combine"] == WORST else (own * end).sum()) for end in ends)
    minimum, maximum = float(row["minimum"]) / unit, float(row["maximum"]) / unit
    group = program.variable(-np.inf, min(max(high, minimum), maximum))
    slack: dict[int, float] = {}
    if minimum > low:  # either the minimum holds, or what the measures make of it
        held = program.variable(0, 1, whole=True)
        slack = {held: minimum - low}
        program.at_least({group: -1.0, held: -(max(high - minimum, 0.0))}, -max(high, minimum))
    if row["combine"] == WORST:
        for i in there:
            program.at_least({scores[i]: 1.0, group: -1.0, **slack}, 0.0)
    else:
        terms = {scores[i]: float(weight) for i, weight in zip(there, own.tolist(), strict=True)}
        program.at_least({**terms, group: -1.0, **slack}, 0.0)
    return group


def _changes(read: Prepared, standing: _Standing, row: int, aims: dict[int, float] | None) -> list[_Change]:
    if aims is None:
        return [_Change(row)]
    return [_Change(row, standing.plan.measures[i], float(standing.known[i]), aim) for i, aim in aims.items()]


def _table(scores: Scores, changes: list[_Change]) -> Table:
    """The changes with what they mean for metrics and what they take."""
    snapshot, scale = scores.snapshot, scores.scorer.scorecard.scale
    told = [_told(change, snapshot, scale) for change in changes]
    rows = np.array([change.row for change in changes], np.intp)
    columns: dict[str, Any] = {
        "customer": Coded(snapshot.codes_of_customers[rows], snapshot.ids),
        "as_of": snapshot.as_of[rows],
        "measure": _objects([change.measure and change.measure.id for change in told]),
        "metric": _objects([change.measure and change.measure.metric for change in told]),
        "now": _objects([change.metric_now for change in told]),
        "aim": _objects([change.metric_aim for change in told]),
        **{name: np.array([getattr(change, name) for change in told], float)
           for name in ("score_now", "score_aim", "effort")},
    }  # fmt: skip
    return Table(columns, name="counterfactual")


def _told(change: _Change, snapshot: Any, scale: tuple[float, float]) -> _Change:
    measure = change.measure
    if measure is None:
        return change
    low, high = measure.curve.span(scale)
    now = snapshot[measure.metric][change.row]
    now = float(now) if isinstance(now, (int, float, np.number)) else now
    return attrs.evolve(
        change, metric_now=now, metric_aim=metric_for(measure.curve, scale, now, change.score_aim),
        effort=(measure.effort or 0.0) * (change.score_aim - change.score_now) / (high - low),
    )  # fmt: skip


def _objects(values: list[Any]) -> np.ndarray:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array
