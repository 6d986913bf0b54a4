"""Variants: the different paths, as pm4py and a plain count have them."""

from __future__ import annotations

from collections import Counter
from itertools import groupby

import numpy as np
import pytest
from hypothesis import given, settings
from tests import strategies
from tests.findings import paths as made
from tests.oracle import World
from tests.worlds import replayed

import cjlib as cj
from cjlib.errors import UsageError
from cjlib.findings import variants


def test_variants_are_those_of_pm4py() -> None:
    found = variants(made.golden_log())
    expected = {tuple(path): -count for count, path in made.golden()["variants"]}
    assert dict(found.paths(len(found))) == expected


@given(made.EVENTS)
@pytest.mark.parametrize("collapse", [False, True])
def test_the_same_as_a_plain_count(collapse: bool, events: list[made.Event]) -> None:
    log = made.log_of(events)
    found = variants(log, collapse=collapse)
    paths = {
        customer: tuple(name for name, _ in path)
        for customer, path in made.paths_of(log).items()
    }  # fmt: skip
    if collapse:
        paths = {customer: tuple(name for name, _ in groupby(path)) for customer, path in paths.items()}
    assert dict(found.paths(len(found))) == Counter(paths.values())
    assert found["customers"].tolist() == sorted(found["customers"], reverse=True)
    for row in range(len(found)):
        path = found.path(row)
        assert set(found.customers(row)) == {one for one, own in paths.items() if own == path}
        assert found["length"][row] == len(path)
        assert paths[found["example"][row]] == path
    assert found["cumulative"][-1] == pytest.approx(1)
    assert found["customers"].sum() == len(found.among(0)) == log.n_customers


@given(strategies.worlds(largest=12))
@settings(max_examples=15)
def test_ways_through_the_stages_are_those_of_the_replay(world: World) -> None:
    trace = replayed(world)
    found = variants(trace, of="stage")
    ways: Counter[tuple[str, ...]] = Counter()
    for customer in range(len(trace.ids)):
        stages = trace.visits["stage"][trace.visits.codes("customer") == customer]
        ways[tuple(stages)] += bool(len(stages))
    assert dict(found.paths(len(found))) == +ways


def test_durations_are_from_the_first_step_to_the_last() -> None:
    found = variants(made.words("ann: a0 b1; bob: a0 b3; cy: c5"))
    assert found["median"].tolist() == [2 * 86_400.0, 0.0]
    assert str(found).splitlines() == ["variants: 2 rows", "        2  a > b", "        1  c"]


def test_rows_of_several_customers_are_never_mixed() -> None:
    """The rows come in no order at all; pm4py would mix the cases without a word."""
    log = cj.EventLog.from_columns(
        ["b", "a", "b", "a"], ["y", "x", "x", "y"], ["2026-01-02", "2026-01-01", "2026-01-01", "2026-01-02"]
    )
    assert dict(variants(log).paths()) == {("x", "y"): 2}


def test_very_many_different_paths_are_all_told_apart() -> None:
    """So many that some share a slot of the table."""
    n = 3000
    log = cj.EventLog.from_columns(
        np.arange(n), [f"n{i}" for i in range(n)], np.full(n, np.datetime64("2026-01-01", "us"))
    )
    assert len(variants(log)) == n


def test_a_log_of_nobody_has_no_variants_and_flags_are_flags() -> None:
    assert len(variants(cj.EventLog.from_columns([], [], []))) == 0
    with pytest.raises(UsageError, match="collapse is True or False"):
        variants(made.words("ann: a0"), collapse="yes")  # type: ignore[arg-type]
