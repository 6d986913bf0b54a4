"""What every scorer must hold: inherit a contract, give it your scorer, and run pytest."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ..errors import CJError
from ..scoring import Scorer, Scores
from ..snapshots import Snapshot
from ..trace import Trace
from ._strategies import SHARED, columns_of, numbers, snapshot_of, snapshots
from ._worlds import small_world

__all__ = ["FittableScorerContract", "RowwiseScorerContract", "ScorerContract"]

STAGES = frozenset({"@stage", "@dwell"})


class ScorerContract:
    """What holds of every scorer. A subclass has a fixture ``scorer``.

    Where the metrics that it requires are not just any numbers, it overrides ``values`` too; where it reads
    the stages of customers, ``drawn``.

    ::

        class TestMine(ScorerContract):
            @pytest.fixture
            def scorer(self):
                return Mine(weight=3)
    """

    @pytest.fixture
    def scorer(self) -> Scorer:
        """The scorer, ready to score."""
        pytest.fail(f"{type(self).__name__} needs a fixture named 'scorer' that returns the scorer")

    def values(self, name: str) -> st.SearchStrategy[Any]:
        """What a metric that the scorer requires may hold where it is known; numbers.

        Override it for categories: ``return st.sampled_from(["free", "paid"])``. The contract leaves out some
        values by itself.
        """
        return numbers(name)

    def drawn(self, scorer: Scorer, *, least: int = 0) -> st.SearchStrategy[Snapshot]:
        """Snapshots of at least so many rows to score.

        Override it for a scorer that reads stages, which ready-made tables don't have:
        ``return some_rows(panel, least)``.
        """
        return snapshots(scorer.requires, self.values, least=least)

    def scored(self, scorer: Scorer, snapshot: Snapshot) -> Scores:
        """Its scores, once the scorer has been seen to keep its word about what it gives."""
        before = _contents(snapshot)
        scores = scorer.score(snapshot)
        assert isinstance(scores, Scores), f"{_name(scorer)} gave {type(scores).__name__}, not cjlib.Scores"
        assert len(scores) == len(snapshot), f"{_name(scorer)}: {len(scores)} scores of {len(snapshot)} rows"
        assert _contents(snapshot) == before, f"{_name(scorer)} changed the snapshot that it was given"
        return scores

    def test_it_says_what_it_requires(self, scorer: Scorer) -> None:
        """``requires`` is a frozen set of names, the same whenever it is read."""
        assert isinstance(scorer, Scorer), f"{type(scorer).__name__} lacks requires or score"
        required = scorer.requires
        assert isinstance(required, frozenset), f"requires is a {type(required).__name__}, not a frozenset"
        assert all(isinstance(name, str) for name in required), (
            f"requires names metrics by text: {required!r}"
        )
        assert scorer.requires == required

    @SHARED
    @given(data=st.data())
    def test_every_row_gets_a_score_or_nan(self, scorer: Scorer, data: st.DataObject) -> None:
        """One score per row, on the scale, with parts that add up; nothing of the snapshot is changed."""
        snapshot = data.draw(self.drawn(scorer), label="snapshot")
        scores = self.scored(scorer, snapshot)
        low, high = scores.scale
        said = scores.values[~np.isnan(scores.values)]
        assert ((low <= said) & (said <= high)).all(), f"{_name(scorer)} leaves its scale {scores.scale}"
        assert scores.customers.tolist() == snapshot.customer.tolist()

    @SHARED
    @given(data=st.data())
    def test_the_same_snapshot_gets_the_same_scores(self, scorer: Scorer, data: st.DataObject) -> None:
        """Bit for bit, also from several threads at once."""
        snapshot = data.draw(self.drawn(scorer), label="snapshot")
        first = self.scored(scorer, snapshot)
        with ThreadPoolExecutor(3) as pool:
            others = list(pool.map(lambda _: scorer.score(snapshot), range(3)))
        for again in others:
            np.testing.assert_array_equal(again.values, first.values)

    @SHARED
    @given(data=st.data())
    def test_nothing_known_is_no_accident(self, scorer: Scorer, data: st.DataObject) -> None:
        """Where everything is missing, there is a score or NaN, and no error of another library."""
        if STAGES & scorer.requires:
            return  # every row of a panel is in a stage
        scores = self.scored(scorer, self._two(scorer.requires, data, missing=scorer.requires))
        if scores.coverage is not None and scorer.requires:
            assert not (scores.coverage == 1).any(), "coverage 1 where nothing is known"

    @SHARED
    @given(data=st.data())
    def test_what_it_requires_is_asked_for_by_name(self, scorer: Scorer, data: st.DataObject) -> None:
        """Without a metric that it requires, the error is one of cjlib's and names the metric.

        Where stages are required, it may ask for the journey instead.
        """
        for name in sorted(scorer.requires):
            lacking = self._two((scorer.requires - {name}) | {"unrelated"}, data)
            with pytest.raises(CJError) as told:
                scorer.score(lacking)
            asks = name in str(told.value) or (STAGES & scorer.requires and "journey" in str(told.value))
            assert asks, f"the error does not name {name!r}: {told.value}"

    def _two(self, names: Iterable[str], data: st.DataObject, missing: Collection[str] = ()) -> Snapshot:
        """Two rows with these metrics, some of them missing."""
        like = {name: data.draw(self.values(name), label=name) for name in sorted(names)}
        columns = {name: [None if name in missing else value] * 2 for name, value in like.items()}
        return snapshot_of(columns, like, 2)


class RowwiseScorerContract(ScorerContract):
    """What holds, beside the contract of all, of a scorer that looks at each row by itself."""

    @SHARED
    @given(data=st.data())
    def test_other_rows_do_not_matter(self, scorer: Scorer, data: st.DataObject) -> None:
        """Some of the rows, in another order, get the scores that they had among all."""
        snapshot = data.draw(self.drawn(scorer, least=1), label="snapshot")
        chosen = data.draw(st.lists(st.integers(0, len(snapshot) - 1), min_size=1, unique=True), label="rows")
        whole = self.scored(scorer, snapshot).values
        np.testing.assert_array_equal(self.scored(scorer, snapshot.select(chosen)).values, whole[chosen])


class FittableScorerContract:
    """What holds of a scorer that learns: it has ``fit(panel, outcomes)``, which gives another scorer.

    A subclass has a fixture ``scorer`` that has not learnt yet. The rows come from a small made-up company;
    override the fixtures ``panel`` and ``trace`` for others.
    """

    @pytest.fixture
    def scorer(self) -> Any:
        """The scorer, not fitted."""
        pytest.fail(f"{type(self).__name__} needs a fixture named 'scorer' that returns the scorer to fit")

    @pytest.fixture
    def panel(self) -> Snapshot:
        """The rows from which it learns."""
        return small_world()[0]

    @pytest.fixture
    def trace(self) -> Trace:
        """What came after."""
        return small_world()[1]

    def test_fit_gives_a_scorer(self, scorer: Any, panel: Snapshot, trace: Trace) -> None:
        """One that keeps the contract of scorers on the rows from which it learnt."""
        fitted = scorer.fit(panel, trace)
        assert isinstance(fitted, Scorer), f"fit gave {type(fitted).__name__}, which is no scorer"
        scores = fitted.score(panel)
        assert isinstance(scores, Scores)
        assert len(scores) == len(panel)
        assert not np.isnan(scores.values).all(), "it can say nothing of the rows from which it learnt"

    def test_fit_changes_nothing(self, scorer: Any, panel: Snapshot, trace: Trace) -> None:
        """Neither the scorer nor what it learnt from: fitted twice, it says the same."""
        before, told = _contents(panel), repr(scorer)
        first = scorer.fit(panel, trace).score(panel).values
        assert _contents(panel) == before, "fit changed the panel"
        assert repr(scorer) == told, "fit changed the scorer: it must give a new one"
        np.testing.assert_array_equal(scorer.fit(panel, trace).score(panel).values, first)

    def test_the_order_of_the_rows_does_not_matter(self, scorer: Any, panel: Snapshot, trace: Trace) -> None:
        """Learning from the same rows in another order gives the same scores, within rounding."""
        shuffled = panel.select(np.random.default_rng(0).permutation(len(panel)))
        first, second = (scorer.fit(rows, trace).score(panel).values for rows in (panel, shuffled))
        np.testing.assert_allclose(second, first, rtol=1e-6, atol=1e-6)

    def test_nothing_to_learn_from_is_told(self, scorer: Any, panel: Snapshot, trace: Trace) -> None:
        """Without a row, the error is one of cjlib's."""
        with pytest.raises(CJError):
            scorer.fit(panel.select(np.zeros(len(panel), bool)), trace)


def _contents(snapshot: Snapshot) -> dict[str, bytes]:
    """What stands in the columns, to be compared later."""
    names = snapshot.names
    return {name: columns_of(snapshot, name).tobytes() for name in names}


def _name(scorer: object) -> str:
    return str(getattr(scorer, "name", type(scorer).__name__))
