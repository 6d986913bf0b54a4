"""Criteria as Python values: they compose with & | ~, and with nothing else."""

from __future__ import annotations

import copy
import pickle
from datetime import date, datetime, timedelta

import attrs
import numpy as np
import pytest
from hypothesis import given

from cjlib import criteria as c
from cjlib.criteria import Comparison, Criterion, Happened, parse
from cjlib.errors import CriterionError, UsageError
from cjlib.testing import criteria

TERM = c.count("login")
CRITERION = c.happened("kickoff")


def test_a_term_has_no_truth() -> None:
    with pytest.raises(UsageError, match="compare it"):
        bool(TERM)
    with pytest.raises(UsageError, match="instead of and, or, not"):
        bool(TERM == 3)
    with pytest.raises(CriterionError, match="not with another term"):
        bool(TERM == TERM)


def test_a_criterion_has_no_truth() -> None:
    with pytest.raises(UsageError, match="instead of and, or, not"):
        bool(CRITERION)
    with pytest.raises(UsageError, match="instead of and, or, not"):
        CRITERION and CRITERION
    with pytest.raises(UsageError, match="instead of and, or, not"):
        1 < TERM < 3  # noqa: B015


def test_a_term_cannot_be_joined() -> None:
    for joined in (
        lambda: TERM & CRITERION,
        lambda: CRITERION & TERM,
        lambda: TERM | CRITERION,
        lambda: ~TERM,
    ):
        with pytest.raises(UsageError, match=r'\(count\("login"\) >= 3\) & happened\("kickoff"\)'):
            joined()


def test_a_comparison_without_brackets_is_refused_with_the_brackets() -> None:
    with pytest.raises(UsageError, match="in brackets"):
        assert c.happened("kickoff") & c.count("login") >= 3  # type: ignore[operator]


def test_a_term_has_no_hash() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(TERM)
    with pytest.raises(TypeError, match="unhashable"):
        {TERM}


def test_a_criterion_is_hashable() -> None:
    assert len({CRITERION, c.happened("kickoff"), c.happened("login")}) == 2


@pytest.mark.parametrize("other", [True, 1, "happened('a')", None])
def test_criteria_are_joined_with_criteria_only(other: object) -> None:
    for join in (lambda: CRITERION & other, lambda: CRITERION | other):
        with pytest.raises(UsageError, match="joins criteria"):
            join()


def test_terms_have_no_arithmetic() -> None:
    for compute in (lambda: TERM + 1, lambda: 1 - TERM, lambda: TERM * 2, lambda: TERM / 2, lambda: -TERM):
        with pytest.raises(UsageError, match="declare a metric"):
            compute()


def test_nothing_can_be_set() -> None:
    criterion = TERM >= 3
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        criterion.operator = "<"  # type: ignore[misc]
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        TERM.ever = True  # type: ignore[misc]


@given(criteria())
def test_criteria_survive_copies_and_pickles(criterion: Criterion) -> None:
    assert copy.deepcopy(criterion) == criterion
    assert pickle.loads(pickle.dumps(criterion)) == criterion


@given(criteria())
def test_leaves_and_terms_are_those_that_are_written(criterion: Criterion) -> None:
    leaves = list(criterion.leaves())
    assert all(str(leaf) in str(criterion) for leaf in leaves)
    assert sum(len(leaf.operands()) for leaf in leaves) == len(list(criterion.terms()))


def test_literals_may_come_from_numpy_and_the_calendar() -> None:
    assert (c.count("login") >= np.int64(3)) == parse('count("login") >= 3')
    assert (c.last("a") >= np.float64(2.5)) == parse('last("a") >= 2.5')
    assert (c.attribute("since") >= date(2026, 1, 31)) == parse('attribute("since") >= "2026-01-31"')
    assert (c.attribute("since") < datetime(2026, 1, 31, 12)) == parse(
        'attribute("since") < "2026-01-31T12:00:00"'
    )
    assert (c.dwell() >= timedelta(hours=36)) == parse('dwell() >= "36h"')


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e301, None, object(), 3 + 2j, b"a", ""])
def test_what_is_no_literal_is_refused(value: object) -> None:
    with pytest.raises(CriterionError):
        c.attribute("x") >= value  # noqa: B015


def test_minus_zero_is_zero() -> None:
    assert (c.last("a") > -0.0) == (c.last("a") > 0)


def test_happened_is_its_own_criterion() -> None:
    assert isinstance(c.happened("a"), Happened)
    assert isinstance(c.count("a") >= 1, Comparison)
    assert c.happened("a") != (c.count("a") >= 1)
