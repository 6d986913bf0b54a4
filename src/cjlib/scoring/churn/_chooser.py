"""The simplest of several scorers that foretells later rows as well as any."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ...criteria._literals import as_duration
from ...data._tables import Table
from ...errors import DataError, MissingExtraError, UnknownNameError, UsageError
from ...trace import Trace
from .._contract import Scorer, Scores
from ._additive import AdditiveScorer
from ._hazard import HazardScorer
from ._hazard_penalty import folds
from ._learning import Decided, Unfitted, decided, inputs_of, names, names_or_all
from ._simple import prior_of, recency_of

if TYPE_CHECKING:
    from ...snapshots import Snapshot

__all__ = ["FittedRisk", "RiskScorer"]

Floats = NDArray[np.float64]
Fit = Callable[["Snapshot", Decided], Scorer]

CANDIDATES = ("prior", "recency", "spline", "additive")  # from the simplest on
MICROSECOND = timedelta(microseconds=1)
TINY = 1e-12


def _candidates(given: Any) -> tuple[str, ...]:
    chosen = names(given)
    for name in chosen:
        if name not in CANDIDATES:
            raise UnknownNameError("candidate", name, CANDIDATES)
    if not chosen:
        raise UsageError(f"at least one candidate is needed, of {', '.join(CANDIDATES)}")
    return tuple(name for name in CANDIDATES if name in chosen)


@attrs.frozen(kw_only=True)
class RiskScorer(Unfitted):
    """Chooses how much can be learnt from the rows that there are: for books of any size, small ones first.

    The candidates are, from the simplest on: ``prior``, the same chance for everybody; ``recency``, a line in
    the time since a customer was last seen; ``spline``, the hazard of :class:`cjlib.HazardScorer`; and
    ``additive``, the boosted tables of :class:`cjlib.AdditiveScorer`. Each learns from earlier rows and
    foretells later ones, several times; chosen is the simplest whose log loss is within one standard error of
    the best, and then it learns from all rows. With 200 customers that is often recency, and it says so.

    Source: the rule of one standard error is that of Breiman, Friedman, Olshen and Stone, *Classification and
    Regression Trees* (1984), section 3.4.3, with differences summed up by customer.

    Attributes:
        horizon: within which time the event is awaited.
        event: what is awaited, as for :func:`cjlib.scoring.outcomes`; churn if unsaid.
        metrics: the columns to learn from; all of the panel if unsaid.
        candidates: those that are tried; the tables need the extra ``ml``.
        allow: columns that are as of the moment of the row, though their names look like outcomes.

    >>> RiskScorer(horizon="60d", candidates=["additive", "recency"]).candidates
    ('recency', 'additive')
    """

    horizon: str | timedelta = "90d"
    event: str | None = None
    metrics: Sequence[str] | None = attrs.field(default=None, converter=names_or_all)
    candidates: Sequence[str] = attrs.field(default=CANDIDATES, converter=_candidates)
    allow: Sequence[str] = attrs.field(default=(), converter=names)
    name: str = "risk"

    def __attrs_post_init__(self) -> None:
        as_duration(self.horizon)

    @property
    def requires(self) -> frozenset[str]:
        """The metrics to learn from, as far as they were named."""
        return frozenset(self.metrics or ())

    def fit(self, panel: Snapshot, outcomes: Any, /) -> FittedRisk:
        """The candidate that was chosen, having learnt from all rows.

        Args:
            panel: a snapshot or panel.
            outcomes: a trace, what :func:`cjlib.scoring.outcomes` made of it, or (n,) bool: whether the
                event came within the horizon; NaN where nobody knows.

        Raises:
            UsageError: if something else is passed.
            DataError: if nothing can be learnt, or an input betrays the outcome.
        """
        found = decided(panel, outcomes, event=self.event, horizon=self.horizon)
        inputs = inputs_of(panel, self.metrics, allow=self.allow)
        learnt = dict(self._fits(panel, outcomes, tuple(one for one in inputs if not one.startswith("@"))))
        divided, how = folds(
            np.asarray(panel.as_of).view(np.int64)[found.rows], as_duration(self.horizon) // MICROSECOND,
            found.happened > 0, panel.codes_of_customers[found.rows],
        )  # fmt: skip
        losses, notes = _losses(panel, found, learnt, divided)
        chosen = _simplest(losses) if losses else next(iter(learnt))
        told = ", ".join(f"{name} {float(one.loss.mean()):.4f}" for name, one in losses.items())
        judged = len(next(iter(losses.values())).loss) if losses else 0
        why = (
            f"{chosen}: the simplest within one standard error of the best log loss, where {judged:,} {how} "
            f"are foretold ({told})"
            if losses
            else f"{chosen}: too few rows to try anything else"
        )
        fitted = learnt[chosen](panel, found)
        return FittedRisk(scorer=self, event=found.event, fitted=fitted, chosen=chosen, losses=_table(losses),
                          notes=(why, *found.notes, *notes, *getattr(fitted, "notes", ())))  # fmt: skip

    def _fits(self, panel: Snapshot, outcomes: Any, inputs: tuple[str, ...]) -> Iterator[tuple[str, Fit]]:
        """How each candidate learns from some of the rows."""
        shared: dict[str, Any] = {"horizon": self.horizon, "event": self.event, "allow": self.allow}

        def spline(rows: Snapshot, found: Decided) -> Scorer:
            told = outcomes if isinstance(outcomes, Trace) else found.happened
            return HazardScorer(metrics=inputs, **shared).fit(rows.select(found.rows), told)

        def additive(rows: Snapshot, found: Decided) -> Scorer:
            return AdditiveScorer(metrics=self.metrics, **shared).fit(rows.select(found.rows), found.happened)

        ways: dict[str, Fit] = {
            "prior": lambda _, found: prior_of(found),
            "recency": lambda rows, found: recency_of(rows, found, inputs),
            "spline": spline,
            "additive": additive,
        }
        yield from ((name, ways[name]) for name in self.candidates)


@attrs.frozen(eq=False, kw_only=True, repr=False)
class FittedRisk:
    """The scorer that was chosen; made by :meth:`RiskScorer.fit`.

    Attributes:
        scorer: with what it was fitted.
        event: what is awaited.
        fitted: the chosen candidate, having learnt from all rows.
        chosen: its name among the candidates.
        losses: one row per candidate: its log loss on later rows, the difference from the best and the
            standard error of that.
        notes: which was chosen and why, first; then what was left out.
    """

    scorer: RiskScorer
    event: str
    fitted: Scorer
    chosen: str
    losses: Table
    notes: tuple[str, ...]

    @property
    def name(self) -> str:
        """How it is called."""
        return f"{self.scorer.name} ({self.chosen})"

    @property
    def requires(self) -> frozenset[str]:
        """The metrics that the chosen scorer reads."""
        return self.fitted.requires

    def __repr__(self) -> str:
        return f"<risk of {self.event} within {self.scorer.horizon}: {self.chosen}>"

    def score(self, snapshot: Snapshot, /) -> Scores:
        """What the chosen scorer says."""
        return self.fitted.score(snapshot)


@attrs.frozen(eq=False)
class _Judged:
    """(m,) the log loss of every later row, and whose it is."""

    loss: Floats
    owner: Any


def _losses(
    panel: Snapshot, found: Decided, learnt: Mapping[str, Fit], divided: Sequence[tuple[Any, Any]]
) -> tuple[dict[str, _Judged], list[str]]:
    """What every candidate loses on later rows, and why some could not be tried."""
    losses, notes = {}, []
    for name, fit in learnt.items():
        try:
            parts = [_part(panel, found, fit, early, late) for early, late in divided]
        except (DataError, MissingExtraError) as error:
            notes.append(f"{name} was not tried: {error}")
            continue
        if parts:
            losses[name] = _Judged(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    return losses, notes


def _part(panel: Snapshot, found: Decided, fit: Fit, early: Any, late: Any) -> tuple[Floats, Any]:
    before = attrs.evolve(found, rows=found.rows[early], happened=found.happened[early])
    said = fit(panel, before).score(panel.select(found.rows[late])).values
    right = np.where(found.happened[late] == 1, said, 1 - said)
    return -np.log(np.maximum(right, TINY)), panel.codes_of_customers[found.rows[late]]


def _simplest(losses: Mapping[str, _Judged]) -> str:
    """The first whose loss exceeds the least by no more than one standard error."""
    best = min(losses, key=lambda name: float(losses[name].loss.mean()))
    return next(name for name in losses if _beyond(losses[name], losses[best]) <= 1 or name == best)


def _beyond(one: _Judged, best: _Judged) -> float:
    """By how many standard errors a loss exceeds the best, rows of one customer being one draw."""
    difference, error = _difference(one, best)
    return difference / error if error > 0 else (0.0 if difference <= 0 else np.inf)


def _difference(one: _Judged, best: _Judged) -> tuple[float, float]:
    less = one.loss - best.loss
    mean = float(less.mean())
    sums = np.bincount(one.owner, less - mean)
    return mean, float(np.sqrt((sums**2).sum())) / len(less)


def _table(losses: Mapping[str, _Judged]) -> Table:
    best = min(losses.values(), key=lambda one: float(one.loss.mean()), default=None)
    found = [(*_difference(one, best), float(one.loss.mean())) for one in losses.values() if best is not None]
    columns = np.array(found, np.float64).reshape(-1, 3).T
    return Table(
        {
            "candidate": np.array(list(losses), dtype=object),
            "log_loss": columns[2],
            "beyond_best": columns[0],
            "standard_error": columns[1],
        },
        name="candidates",
    )
