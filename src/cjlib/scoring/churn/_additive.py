"""The additive scorer: boosted trees of columns and of pairs, compiled into tables whose parts are exact."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ...criteria._literals import as_duration
from ...data._tables import Coded, Table
from ...errors import MissingExtraError, UnknownNameError, UsageError
from .._checks import inverse
from .._contract import Scores
from ..evaluation._measures import log_loss
from ._learning import Encoding, Unfitted, decided, encoding_of, inputs_of, later_rows, names, names_or_all
from ._table_kernels import add_one, add_two, bin_values
from ._tables import Tables, bins_of, compiled, ends, purified, spread

if TYPE_CHECKING:
    from ...snapshots import Snapshot

__all__ = ["AdditiveScorer", "FittedAdditive"]

Floats = NDArray[np.float64]

ROWS = 1 << 15  # of a block: what a thread does at once
STEP = 10  # trees between two looks at the later rows
TRIAL = 100  # trees that show which pairs of columns work together
LEAST = 0.05  # of the spread of the strongest pair: below that, a pair is noise
PRECISION = 1e-9
BAGS, BAG = 3, 0.8  # the trees are the mean of so many forests, each of that share of the rows
FEW = 50_000  # rows below which threads wait for each other longer than they work
SAMPLE = 2000  # rows on which tables are held against the trees


@attrs.frozen(kw_only=True)
class AdditiveScorer(Unfitted):
    """Boosted trees that ask about one column or about two, to be fitted on rows whose outcome is known.

    The trees are scikit-learn's histogram gradient boosting, small and slow to learn, under the constraint
    that a branch asks about no more than two columns. Their sum is then rewritten as one table per column and
    one per chosen pair of columns: a generalised additive model with pairwise interactions, whose parts are
    exact. How many trees there are is chosen by how well earlier rows foretell later ones; the final ones are
    grown three times, from four fifths of the rows each, and averaged.

    Sources: Lou et al., *Accurate intelligible models with pairwise interactions* (KDD 2013); Lengerich et
    al., *Purifying interaction effects with the functional ANOVA* (AISTATS 2020).

    Needs scikit-learn to fit (``pip install "cjlib[ml]"``), not to score.

    Attributes:
        horizon: within which time the event is awaited.
        event: what is awaited, as for :func:`cjlib.scoring.outcomes`; churn if unsaid.
        metrics: the columns to learn from; all of the panel if unsaid.
        pairs: how many pairs of columns at the most.
        trees: how many trees at the most.
        leaves: of every tree.
        rate: by how much each tree is shrunk.
        allow: columns that are as of the moment of the row, though their names look like outcomes.
        seed: of the choice of rows where time does not order them.

    >>> AdditiveScorer(horizon="30d", metrics=["logins"]).requires
    frozenset({'logins'})
    """

    horizon: str | timedelta = "90d"
    event: str | None = None
    metrics: Sequence[str] | None = attrs.field(default=None, converter=names_or_all)
    pairs: int = 10
    trees: int = 1000
    leaves: int = 3
    rate: float = 0.15
    allow: Sequence[str] = attrs.field(default=(), converter=names)
    seed: int = 0
    name: str = "additive"

    def __attrs_post_init__(self) -> None:
        as_duration(self.horizon)
        for what, least in (("pairs", 0), ("trees", 1), ("leaves", 2)):
            given = getattr(self, what)
            if isinstance(given, bool) or not isinstance(given, int) or given < least:
                raise UsageError(f"{what} is a whole number, at least {least}, not {given!r:.80}")
        if not 0 < self.rate <= 1:
            raise UsageError(f"the rate is above 0 and at most 1, not {self.rate!r:.80}")

    @property
    def requires(self) -> frozenset[str]:
        """The metrics to learn from, as far as they were named."""
        return frozenset(self.metrics or ())

    def fit(self, panel: Snapshot, outcomes: Any, /) -> FittedAdditive:
        """A scorer that has learnt from rows whose outcome is known.

        Args:
            panel: a snapshot or panel.
            outcomes: a trace, what :func:`cjlib.scoring.outcomes` made of it, or (n,) bool: whether the
                event came within the horizon; NaN where nobody knows.

        Raises:
            MissingExtraError: without scikit-learn.
            UsageError: if something else is passed.
            DataError: if nothing can be learnt, or an input betrays the outcome.
        """
        found = decided(panel, outcomes, event=self.event, horizon=self.horizon)
        rows = panel.select(found.rows)
        encoding, notes = encoding_of(rows, inputs_of(panel, self.metrics, allow=self.allow), found.happened)
        columns = encoding.columns(rows)
        matrix = np.stack(columns, axis=1) if columns else np.zeros((len(rows), 1))
        trees, why = self._trees(rows, matrix, found.happened)
        tables = self._grown(matrix[:, : len(columns)], found.happened, trees)
        bins = bins_of(columns, tables.edges)
        return FittedAdditive(
            scorer=self, event=found.event, encoding=encoding, tables=tables, trees=trees, rows=len(rows),
            events=int(found.happened.sum()), notes=(*found.notes, *notes, why),
            weights=tuple(_mean_sizes(tables, bins)),
        )  # fmt: skip

    def _trees(self, rows: Snapshot, matrix: Floats, came: Floats) -> tuple[int, str]:
        """How many trees foretell later rows best, and how that was seen."""
        divided, told = later_rows(rows, self.horizon), "judged on later rows"
        if divided is None or len(np.unique(came[divided[0]])) < 2:
            shuffled = np.random.default_rng(self.seed).permutation(len(rows))
            divided, told = (shuffled[len(rows) // 4 :], shuffled[: len(rows) // 4]), "judged on a quarter"
        earlier, later = divided
        if len(np.unique(came[earlier])) < 2 or not len(later):
            return 0, f"0 of {self.trees} trees: too few rows to choose"
        past = matrix[earlier], came[earlier]
        model = self._boosted(*past, self._allowed(*past), self.trees)
        rate = float(came[earlier].mean())
        losses = [log_loss(np.full(len(later), rate), came[later])]
        with _alone(len(later)):
            for number, said in enumerate(model.staged_predict_proba(matrix[later]), start=1):
                if number % STEP == 0:
                    losses.append(log_loss(said[:, 1], came[later]))
        best = int(np.argmin(losses)) * STEP
        return (
            best,
            f"{best} of {self.trees} trees, {told}: log loss {min(losses):.4f}, without any {losses[0]:.4f}",
        )

    def _grown(self, matrix: Floats, came: Floats, trees: int) -> Tables:
        """The tables of so many trees."""
        if trees and matrix.shape[1]:
            return self._compiled(matrix, came, self._allowed(matrix, came), trees, bags=BAGS)
        rate, edges = float(came.mean()), tuple(np.empty(0) for _ in range(matrix.shape[1]))
        nothing = tuple(np.zeros(2) for _ in edges)
        return Tables(edges=edges, base=float(np.log(rate / (1 - rate))), mains=nothing, pairs={})

    def _allowed(self, matrix: Floats, came: Floats) -> list[set[int]]:
        """Every column, and the pairs that spread most in a few trees that may ask about any pair."""
        alone = [{column} for column in range(matrix.shape[1])]
        if not self.pairs or len(alone) < 2:
            return alone
        free = self._compiled(matrix, came, "pairwise", min(self.trees, TRIAL))
        spreads = spread(free, bins_of(list(matrix.T), free.edges))
        strongest = sorted(spreads, key=lambda pair: (-spreads[pair], pair))[: self.pairs]
        chosen = [pair for pair in strongest if spreads[pair] > LEAST * spreads[strongest[0]]]
        return [*alone, *map(set, sorted(chosen))]

    def _compiled(self, matrix: Floats, came: Floats, allowed: Any, trees: int, bags: int = 1) -> Tables:
        """The tables of so many trees; with bags, the mean of trees that each saw some of the rows."""
        models = [self._boosted(matrix[rows], came[rows], allowed, trees) for rows in self._bags(came, bags)]
        nodes = [of_class[0].nodes for model in models for of_class in model._predictors]
        bases = [float(model._baseline_prediction[0, 0]) for model in models]
        made = compiled(nodes, matrix.shape[1], sum(bases), share=1 / bags)
        bins = bins_of(list(matrix.T), made.edges)
        tables = purified(made, bins)
        with _alone(SAMPLE):
            said = [model.decision_function(matrix[:SAMPLE]) for model in models]
        _check(tables, [one[:SAMPLE] for one in bins], np.mean(said, axis=0))
        return tables

    def _bags(self, came: Floats, bags: int) -> Iterator[Any]:
        if bags == 1:
            yield slice(None)
            return
        rng = np.random.default_rng(self.seed)
        for _ in range(bags):
            rows = np.sort(rng.permutation(len(came))[: round(len(came) * BAG)])
            yield rows if len(np.unique(came[rows])) == 2 else slice(None)

    def _boosted(self, matrix: Floats, came: Floats, allowed: Any, trees: int) -> Any:
        try:
            from sklearn.ensemble import HistGradientBoostingClassifier
        except ImportError:
            raise MissingExtraError("scikit-learn", "ml", "an additive scorer") from None
        model = HistGradientBoostingClassifier(
            max_iter=trees, learning_rate=self.rate, max_leaf_nodes=self.leaves, interaction_cst=allowed,
            early_stopping=False, l2_regularization=1.0, max_bins=64, random_state=self.seed,
            categorical_features=None,
        )  # fmt: skip
        with _alone(len(matrix)):
            return model.fit(matrix, came)


@attrs.frozen(eq=False, kw_only=True, repr=False)
class FittedAdditive:
    """Tables that were learnt; made by :meth:`AdditiveScorer.fit`.

    Attributes:
        scorer: with what it was fitted.
        event: what is awaited.
        encoding: how columns become numbers.
        tables: what each bin of each column and pair adds to the log-odds.
        trees: how many trees they stand for.
        rows: from how many rows it learnt.
        events: in how many of them the event came.
        notes: what was left out, and how the number of trees was chosen.
        weights: (k,) by how much each part moves the log-odds of a row, on average.
    """

    scorer: AdditiveScorer
    event: str
    encoding: Encoding
    tables: Tables
    trees: int
    rows: int
    events: int
    notes: tuple[str, ...]
    weights: tuple[float, ...]

    @property
    def name(self) -> str:
        """How it is called."""
        return self.scorer.name

    @property
    def horizon(self) -> str | timedelta:
        """Within which time the event is awaited."""
        return self.scorer.horizon

    @property
    def requires(self) -> frozenset[str]:
        """The metrics that it reads."""
        return self.encoding.requires

    @property
    def part_names(self) -> tuple[str, ...]:
        """The columns, then the pairs."""
        own = self.encoding.names
        return (*own, *(f"{own[first]} × {own[second]}" for first, second in self.tables.pairs))

    @property
    def fingerprint(self) -> str:
        """A content hash of the tables and of how columns become numbers."""
        sha = hashlib.sha256(repr((self.event, str(self.horizon), self.encoding)).encode())
        for array in (*self.tables.edges, *self.tables.mains, *self.tables.pairs.values()):
            sha.update(np.ascontiguousarray(array).tobytes())
        return sha.hexdigest()

    def __repr__(self) -> str:
        size = f"{len(self.encoding.names)} columns, {len(self.tables.pairs)} pairs, {self.trees} trees"
        learnt = f"{self.events:,} events in {self.rows:,} rows"
        return f"<additive scorer of {self.event} within {self.horizon}: {size}, {learnt}>"

    def score(self, snapshot: Snapshot, /) -> Scores:
        """The probability that the event comes within the horizon, and its parts in log-odds.

        What is missing has a bin of its own. ``low`` and ``high`` are the least and the most that each part
        could be, once what is missing in it were known.

        Raises:
            UnknownNameError: if the snapshot lacks a column.
            DataError: if a number became a category, or the other way round.
        """
        columns = self.encoding.columns(snapshot)
        n, k = len(snapshot), len(self.part_names)
        parts, total = np.empty((k, n)), np.full(n, self.tables.base)
        bins = np.empty((len(columns), n), np.uint8)

        def work(start: int) -> None:
            rows = slice(start, start + ROWS)
            for column, values in enumerate(columns):
                bin_values(values[rows], self.tables.edges[column], bins[column, rows])
            _add(self.tables, bins[:, rows], parts[:, rows], total[rows])

        _in_threads(work, n)
        probability = inverse(total, "logit")
        coverage, low, high = self._uncertain(columns, bins, total, probability)
        return Scores(
            probability, scorer=self, snapshot=snapshot, parts=parts.T, part_names=self.part_names,
            base=self.tables.base, link="logit", coverage=coverage, low=low, high=high,
        )  # fmt: skip

    def _uncertain(
        self, columns: Sequence[Floats], bins: Any, total: Floats, probability: Floats
    ) -> tuple[Floats, Floats, Floats]:
        """Which share of the weight rests on data, and how far the rest could lead."""
        is_missing = [np.isnan(values) for values in columns]
        rows = np.flatnonzero(np.logical_or.reduce(is_missing)) if columns else np.empty(0, np.int64)
        coverage, low, high = np.ones(len(total)), probability.copy(), probability.copy()
        if len(rows):
            weights = self.weights if any(self.weights) else [1.0] * len(self.weights)
            missing = [own[rows] for own in is_missing]
            lost = [*missing, *(missing[first] | missing[second] for first, second in self.tables.pairs)]
            coverage[rows] -= sum(w * gone for w, gone in zip(weights, lost, strict=True)) / sum(weights)
            np.clip(coverage, 0.0, 1.0, out=coverage)
            scratch = np.empty((len(self.part_names), len(rows)))
            for end, tables in zip((low, high), _bounds(self.tables), strict=True):
                bound = np.full(len(rows), tables.base)
                _add(tables, np.ascontiguousarray(bins[:, rows]), scratch, bound)
                end[rows] = inverse(bound, "logit")
            low[rows], high[rows] = (
                np.minimum(low[rows], probability[rows]),
                np.maximum(high[rows], probability[rows]),
            )
        return coverage, low, high

    def shape(self, name: str) -> Table:
        """What a column adds to the log-odds, from bin to bin: what one would draw.

        Args:
            name: the column.

        Returns:
            One row per bin with ``above`` and ``up_to`` (numbers) or ``level`` (a category), and ``adds``;
            the last row is what is missing.

        Raises:
            UnknownNameError: if the scorer does not read the column.
        """
        if name not in self.encoding.names:
            raise UnknownNameError("column of the scorer", name, self.encoding.names)
        place = self.encoding.names.index(name)
        edges, adds, levels = self.tables.edges[place], self.tables.mains[place], self.encoding.levels[place]
        if levels is not None:
            (of_level,) = bins_of([np.append(np.arange(len(levels), dtype=float), np.nan)], [edges])
            codes = np.append(np.arange(len(levels)), -1).astype(np.int32)
            labels = tuple(map(str, levels))
            return Table({"level": Coded(codes, labels), "adds": adds[of_level]}, name=f"shape of {name}")
        above = np.concatenate([[-np.inf], edges, [np.nan]])
        up_to = np.concatenate([edges, [np.inf], [np.nan]])
        return Table({"above": above, "up_to": up_to, "adds": adds}, name=f"shape of {name}")


def _add(tables: Tables, bins: Any, parts: Any, total: Any) -> None:
    """Fill the parts of some rows, and add them to the total in their order."""
    for column, table in enumerate(tables.mains):
        add_one(bins[column], table, parts[column], total)
    for part, ((first, second), table) in enumerate(tables.pairs.items(), start=len(tables.mains)):
        add_two(bins[first], bins[second], table, parts[part], total)


def _bounds(tables: Tables) -> tuple[Tables, Tables]:
    mains = [tuple(ends(table)) for table in tables.mains]
    pairs = {pair: tuple(ends(table)) for pair, table in tables.pairs.items()}
    low, high = (
        attrs.evolve(
            tables,
            mains=tuple(both[end] for both in mains),
            pairs={pair: both[end] for pair, both in pairs.items()},
        )
        for end in (0, 1)
    )
    return low, high


def _mean_sizes(tables: Tables, bins: Sequence[NDArray[np.int64]]) -> list[float]:
    mains = [float(np.abs(table[of]).mean()) for table, of in zip(tables.mains, bins, strict=True)]
    pairs = [float(np.abs(table[bins[a], bins[b]]).mean()) for (a, b), table in tables.pairs.items()]
    return [*mains, *pairs]


def _check(tables: Tables, bins: Sequence[NDArray[np.int64]], expected: Floats) -> None:
    """The tables say what the trees say; their nodes are no public interface of scikit-learn's."""
    found = tables.base + sum(table[of] for table, of in zip(tables.mains, bins, strict=True))
    found = found + sum(table[bins[a], bins[b]] for (a, b), table in tables.pairs.items())
    off = float(np.abs(found - expected).max(initial=0))
    if off > PRECISION * max(1.0, float(np.abs(expected).max(initial=0))):
        raise RuntimeError(
            f"the tables miss what the trees say by {off:g}: this version of scikit-learn keeps its trees in "
            "another way than cjlib reads them; please report it"
        )


def _alone(rows: int) -> Any:
    """One thread for scikit-learn, where the rows are few."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1 if rows < FEW else None, user_api="openmp")


def _in_threads(work: Any, rows: int) -> None:
    starts = range(0, rows, ROWS)
    if len(starts) <= 1:
        for start in starts:
            work(start)
        return
    with ThreadPoolExecutor(min(len(starts), os.cpu_count() or 1)) as pool:
        list(pool.map(work, starts))
