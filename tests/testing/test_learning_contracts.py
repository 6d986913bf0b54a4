"""A sound scorer that learns keeps its contract, and those who break it are told."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest

import cjlib as cj
from cjlib.errors import DataError
from cjlib.scoring import outcomes
from cjlib.testing import FittableScorerContract


@attrs.frozen
class Rate:
    """The share of those who left, for everybody."""

    rate: float = float("nan")
    name: str = "rate"
    requires: frozenset[str] = frozenset()

    def fit(self, panel: cj.Snapshot, trace: cj.Trace) -> Any:
        left = outcomes(panel, trace).within("30d")
        if np.isnan(left).all():
            raise DataError("nothing to learn from")
        return type(self)(float(np.nanmean(left)))

    def score(self, snapshot: cj.Snapshot, /) -> cj.Scores:
        return cj.Scores(np.full(len(snapshot), self.rate), scorer=self, snapshot=snapshot)


class Selfish(Rate):
    def fit(self, panel: cj.Snapshot, trace: cj.Trace) -> Any:
        object.__setattr__(self, "rate", super().fit(panel, trace).rate)
        return self


class Void(Rate):
    def fit(self, panel: cj.Snapshot, trace: cj.Trace) -> Any:
        super().fit(panel, trace)


class Speechless(Rate):
    def fit(self, panel: cj.Snapshot, trace: cj.Trace) -> Any:
        super().fit(panel, trace)
        return self


class Hasty(Rate):
    def fit(self, panel: cj.Snapshot, trace: cj.Trace) -> Any:
        return type(self)(float(panel["logins"][0]))


class Daring(Rate):
    def fit(self, panel: cj.Snapshot, trace: cj.Trace) -> Any:
        left = outcomes(panel, trace).within("30d")
        return type(self)(float(np.nansum(left) / len(left)) if len(left) else 0.5)


class Meddling(Rate):
    def fit(self, panel: cj.Snapshot, trace: cj.Trace) -> Any:
        column = panel._columns["logins"]
        panel._columns["logins"] = type(column)(column.values + 1)
        return super().fit(panel, trace)


BROKEN = [
    (Selfish, "changes_nothing", "fit changed the scorer: it must give a new one"),
    (Void, "gives_a_scorer", "fit gave NoneType, which is no scorer"),
    (Speechless, "gives_a_scorer", "it can say nothing of the rows from which it learnt"),
    (Hasty, "order_of_the_rows", "Not equal to tolerance"),
    (Daring, "nothing_to_learn", "DID NOT RAISE"),
    (Meddling, "changes_nothing", "fit changed the panel"),
]


class TestSound(FittableScorerContract):
    @pytest.fixture
    def scorer(self) -> Any:
        return Rate()


@pytest.mark.parametrize(("scorer", "test", "told"), BROKEN)
def test_a_scorer_that_learns_wrongly_is_told(
    pytester: pytest.Pytester, scorer: type[Rate], test: str, told: str
) -> None:
    pytester.makepyfile(f"""
        import pytest
        from tests.testing import test_learning_contracts as module
        from cjlib.testing import FittableScorerContract, small_world

        class TestBroken(FittableScorerContract):
            @pytest.fixture
            def scorer(self):
                return module.{scorer.__name__}()

            @pytest.fixture
            def panel(self):
                return small_world()[0].select(range(900))  # whatever happens to it
    """)
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-q", "-k", test)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert told in result.stdout.str()
