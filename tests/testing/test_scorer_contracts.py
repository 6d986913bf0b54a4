"""Our own scorers keep the contracts of scorers, and those who break them are told."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

import cjlib as cj
from cjlib.scoring import Scorer
from cjlib.testing import FittableScorerContract, RowwiseScorerContract, ScorerContract, small_world


class TestHealth(RowwiseScorerContract):
    @pytest.fixture
    def scorer(self) -> Scorer:
        measures = [
            cj.Measure("use", metric="logins", curve=cj.curves.linear(0, 20), weight=3),
            cj.Measure("calm", metric="tickets", curve=cj.curves.steps([2, 5], [100, 50, 0])),
        ]
        return cj.HealthScorer(cj.Scorecard("health", groups=[cj.Group("all", measures=measures)]))


class TestHealthAmongPeers(ScorerContract):
    @pytest.fixture
    def scorer(self) -> Scorer:
        measures = [cj.Measure("use", metric="logins", curve=cj.curves.percentile())]
        return cj.HealthScorer(cj.Scorecard("health", groups=[cj.Group("all", measures=measures)]))


class TestHealthOfCategories(RowwiseScorerContract):
    @pytest.fixture
    def scorer(self) -> Scorer:
        curve = cj.curves.lookup({"firm": 100, "team": 60}, otherwise=0)
        measures = [cj.Measure("plan", metric="plan", curve=curve)]
        return cj.HealthScorer(cj.Scorecard("health", groups=[cj.Group("all", measures=measures)]))

    def values(self, name: str) -> st.SearchStrategy[Any]:
        return st.sampled_from(["firm", "team", "free"])


class TestAdditiveFits(FittableScorerContract):
    @pytest.fixture
    def scorer(self) -> Any:
        return cj.AdditiveScorer(horizon="60d", trees=30, pairs=1)


@functools.cache
def additive() -> Scorer:
    return cj.AdditiveScorer(horizon="60d", trees=30, metrics=["logins", "tickets"]).fit(*small_world())


class TestAdditive(RowwiseScorerContract):
    @pytest.fixture
    def scorer(self) -> Scorer:
        return additive()


class TestEstimatorFits(FittableScorerContract):
    @pytest.fixture
    def scorer(self) -> Any:
        from sklearn.linear_model import LogisticRegression

        return cj.EstimatorScorer(LogisticRegression(), horizon="30d", metrics=["logins", "tickets"])


# --- scorers that break their word


class Sound:
    """Twice the logins."""

    requires = frozenset({"logins"})

    def score(self, snapshot: cj.Snapshot, /) -> cj.Scores:
        return cj.Scores(np.nan_to_num(snapshot["logins"]) * 2, scorer="doubled", snapshot=snapshot)


class TooFew(Sound):
    def score(self, snapshot: cj.Snapshot, /) -> cj.Scores:
        rows = snapshot.select(np.arange(len(snapshot) // 2))
        return super().score(rows)


class Bare(Sound):
    def score(self, snapshot: cj.Snapshot, /) -> Any:
        return snapshot["logins"]


class Infinite(Sound):
    def score(self, snapshot: cj.Snapshot, /) -> cj.Scores:
        values = np.full(len(snapshot), np.inf)
        return cj.Scores(values, scorer="infinite", snapshot=snapshot)


class Square(Sound):
    def score(self, snapshot: cj.Snapshot, /) -> cj.Scores:
        values = np.zeros((len(snapshot), 2))
        return cj.Scores(values, scorer="square", snapshot=snapshot)


class Forgetful(Sound):
    def __init__(self) -> None:
        self.calls = 0

    def score(self, snapshot: cj.Snapshot, /) -> cj.Scores:
        self.calls += 1
        return cj.Scores(np.full(len(snapshot), float(self.calls)), scorer="forgetful", snapshot=snapshot)


class Meddling(Sound):
    def score(self, snapshot: cj.Snapshot, /) -> cj.Scores:
        column = np.array(snapshot["logins"])
        snapshot._columns["logins"] = type(snapshot._columns["logins"])(column + 1)
        return super().score(snapshot)


class Writing(Sound):
    def score(self, snapshot: cj.Snapshot, /) -> cj.Scores:
        snapshot["logins"][:] = 0
        return super().score(snapshot)


class Raising(Sound):
    def score(self, snapshot: cj.Snapshot, /) -> cj.Scores:
        return cj.Scores(1 / np.nansum(snapshot["logins"]) + [0], scorer="raising", snapshot=snapshot)


class Averaging(Sound):
    def score(self, snapshot: cj.Snapshot, /) -> cj.Scores:
        values = np.nan_to_num(snapshot["logins"])
        return cj.Scores(
            values - values.mean() if len(values) else values, scorer="averaging", snapshot=snapshot
        )


class Careless(Sound):
    requires = {"logins"}  # type: ignore[assignment]  # noqa: RUF012


class Anonymous(Sound):
    def score(self, snapshot: cj.Snapshot, /) -> cj.Scores:
        values = snapshot["logins"] if "logins" in snapshot else np.zeros(len(snapshot))
        return cj.Scores(np.nan_to_num(values), scorer="anonymous", snapshot=snapshot)


@pytest.mark.parametrize(
    ("scorer", "test", "told"),
    [
        (TooFew(), "every_row", "scores of"),
        (Bare(), "every_row", "gave ndarray, not cjlib.Scores"),
        (Infinite(), "every_row", "infinite"),
        (Square(), "every_row", "square"),
        (Forgetful(), "same_scores", "Arrays are not equal"),
        (Meddling(), "every_row", "changed the snapshot that it was given"),
        (Writing(), "every_row", "read-only"),
        (Raising(), "nothing_known", "raising"),
        (Averaging(), "other_rows", "Arrays are not equal"),
        (Careless(), "says_what", "requires is a set, not a frozenset"),
        (Anonymous(), "by_name", "DID NOT RAISE"),
        (object(), "says_what", "lacks requires or score"),
    ],
    ids=lambda one: type(one).__name__ if not isinstance(one, str) else "",
)
def test_a_scorer_that_breaks_its_word_is_told(
    pytester: pytest.Pytester, scorer: object, test: str, told: str
) -> None:
    name = type(scorer).__name__
    made = "object()" if name == "object" else f"module.{name}()"
    pytester.makepyfile(f"""
        import pytest
        from tests.testing import test_scorer_contracts as module
        from cjlib.testing import RowwiseScorerContract

        class TestBroken(RowwiseScorerContract):
            @pytest.fixture
            def scorer(self):
                return {made}
    """)
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-q", "-k", test)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert told in result.stdout.str()


def test_a_sound_scorer_of_another_package_passes(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest
        from tests.testing.test_scorer_contracts import Sound
        from cjlib.testing import RowwiseScorerContract

        class TestSound(RowwiseScorerContract):
            @pytest.fixture
            def scorer(self):
                return Sound()
    """)
    assert pytester.runpytest_inprocess("-p", "no:cacheprovider", "-q").ret == pytest.ExitCode.OK


def test_a_forgotten_fixture_is_told(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        from cjlib.testing import ScorerContract

        class TestNothing(ScorerContract):
            pass
    """)
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-q")
    result.stdout.fnmatch_lines(["*TestNothing needs a fixture named 'scorer'*"])
