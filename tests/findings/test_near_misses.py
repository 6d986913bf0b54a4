"""Near misses: what stopped each is the least that would have to change, and the counts add up."""

from __future__ import annotations

import itertools

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from tests import strategies
from tests.findings import paths as made
from tests.oracle import World
from tests.worlds import replayed

import cjlib as cj
from cjlib.criteria import And, Criterion, Not, Or
from cjlib.errors import UnknownNameError, UsageError
from cjlib.findings import near_misses
from cjlib.findings._near_misses import _needed

JOURNEY = cj.Journey(
    "shop",
    stages=[
        cj.Stage("trial"),
        cj.Stage("pilot"),
        cj.Stage("care", kind="won"),
        cj.Stage("gone", kind="lost"),
    ],
    transitions=[
        cj.Transition("trial", "pilot", when='happened("a")'),
        cj.Transition("trial", "care", when='happened("c") and count("b") >= 3'),
        cj.Transition(
            "pilot",
            "care",
            when='happened("b")',
            handoff=cj.Handoff(checklist=[cj.ChecklistItem("plan", when='happened("c")')]),
        ),
        cj.Transition("trial", "gone", when='happened("d")', kind="exit"),
    ],
)


def test_what_stopped_whom_by_hand() -> None:
    """Ann's pilot lacks the item; bob's trial lacks one c; cy two things; dan is gone; eve is in care."""
    log = made.words("ann: a0 b1; bob: b0 b1 b2; cy: b0; dan: d0; eve: a0 b1 c1")
    found = near_misses(cj.replay(JOURNEY, log, until="2026-02-01"))
    rows = {row["customer"]: row for row in found.rows()}
    assert list(rows) == ["ann", "bob", "cy", "dan"]
    assert rows["ann"]["stopped_by"] == "item plan"
    assert (rows["ann"]["moves"], rows["ann"]["met"], rows["ann"]["needed"]) == (1, 1, 2)
    assert rows["bob"]["stopped_by"] == 'happened("c")'
    assert rows["cy"]["stopped_by"] == 'happened("c"); count("b") >= 3'
    assert (rows["dan"]["moves"], rows["dan"]["stopped_by"]) == (-1, "no way leads there")
    stoppers = {row["what"]: row for row in found.stoppers.rows()}
    assert (stoppers['happened("c")']["customers"], stoppers['happened("c")']["alone"]) == (2, 1)
    assert found.stoppers.customers(0).tolist() == ["bob", "cy"]
    assert found.stoppers.among(0).tolist() == ["ann", "bob", "cy", "dan"]


def held(criterion: Criterion, leaves: list[bool], place: itertools.count) -> bool:
    if isinstance(criterion, Not):
        return not held(criterion.criterion, leaves, place)
    if isinstance(criterion, (And, Or)):
        parts = [held(part, leaves, place) for part in criterion.criteria]
        return all(parts) if isinstance(criterion, And) else any(parts)
    return leaves[next(place)]


@pytest.mark.parametrize(
    "text",
    [
        'happened("a") and (happened("b") or not happened("c"))',
        'not (happened("a") and happened("b")) or happened("c")',
        'happened("a") or (happened("b") and happened("c") and happened("d"))',
        'not (happened("a") or not (happened("b") and happened("c")))',
    ],
)
def test_the_least_that_has_to_change_is_the_least_of_all_sets(text: str) -> None:
    """Every set of leaves is tried, for every state of the leaves."""
    criterion = cj.parse(text)
    n = len(list(criterion.leaves())) if hasattr(criterion, "leaves") else text.count("happened")
    for state in itertools.product([False, True], repeat=n):
        told = iter([("true" if one else "false", f"leaf{i}") for i, one in enumerate(state)])
        needed = _needed(criterion, told, True)
        sizes = [
            len(flipped)
            for size in range(n + 1)
            for flipped in itertools.combinations(range(n), size)
            if held(criterion, [one != (i in flipped) for i, one in enumerate(state)], itertools.count())
        ]
        assert len(needed) == min(sizes)


@given(strategies.worlds(largest=12))
@settings(max_examples=10)
def test_who_never_came_there_is_there_once_and_nobody_else(world: World) -> None:
    trace = replayed(world)
    target = world.journey.stages[-1].id
    found = near_misses(trace, target)
    been = set(trace.visits["customer"][trace.visits["stage"] == target].tolist())
    traced = set(trace.visits["customer"].tolist())
    assert sorted(map(str, found["customer"])) == sorted(map(str, traced - been))
    assert (found["lacking"] >= 1).all()
    for row in found.rows():
        assert trace.explain(row["customer"]).stage == row["stage"]


def test_how_many_were_not_looked_at_is_told() -> None:
    log = made.words("ann: a0; bob: b0; cy: b0")
    trace = cj.replay(JOURNEY, log, until="2026-02-01")
    found = near_misses(trace, most=1)
    assert (len(found), found.asked["not_explained"]) == (1, 2)
    assert len(near_misses(trace, where={"stage": "pilot"})) == 1
    assert len(near_misses(trace, "gone")) == 3


def test_nobody_missed_is_an_empty_table() -> None:
    found = near_misses(cj.replay(JOURNEY, made.words("eve: a0 b1 c1"), until="2026-02-01"))
    assert len(found) == len(found.stoppers) == 0


def test_what_cannot_be_meant_is_told() -> None:
    plain = attrs.evolve(JOURNEY, stages=[attrs.evolve(one, kind="active") for one in JOURNEY.stages])
    log = made.words("ann: a0")
    with pytest.raises(UsageError, match="say which stage is the target"):
        near_misses(cj.replay(plain, log, until="2026-02-01"))
    with pytest.raises(UnknownNameError, match="did you mean 'care'"):
        near_misses(cj.replay(plain, log, until="2026-02-01"), "car")
    assert np.datetime64("2026-02-01") == cj.replay(plain, log, until="2026-02-01").until
