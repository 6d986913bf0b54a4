"""The numbers of different views reconcile, and what comes later changes no earlier answer."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests import strategies
from tests.findings import paths as made
from tests.oracle import World
from tests.worlds import replayed

import cjlib as cj
from cjlib import findings
from cjlib.errors import CJError


@given(strategies.worlds(largest=12))
@settings(max_examples=20)
def test_a_funnel_of_one_stage_is_who_entered_it(world: World) -> None:
    trace = replayed(world)
    entered = findings.time_in_stage(trace)
    for stage, customers in zip(entered["stage"], entered["entered"].tolist(), strict=True):
        assert findings.funnel(trace, [f"stage:{stage}"])["customers"].tolist() == [customers]


@given(strategies.worlds(largest=12))
@settings(max_examples=20)
def test_a_strict_funnel_of_two_stages_is_a_move_of_the_replay(world: World) -> None:
    trace = replayed(world)
    moves = findings.directly_follows(trace, of="stage")
    visits = trace.visits
    for row, pair in enumerate(zip(moves["source"], moves["target"], strict=True)):
        found = findings.funnel(trace, [f"stage:{name}" for name in pair], mode="strict")
        ways = [n for n, way in enumerate(trace.journey.transitions) if (way.source, way.target) == pair]
        taken = set(visits["customer"][np.isin(visits["via"], ways)])
        assert set(found.customers(1)) == set(moves.customers(row)) == taken


@given(made.EVENTS)
def test_variants_pairs_and_cohorts_are_of_the_same_customers(events: list[made.Event]) -> None:
    log = made.log_of(events)
    pairs, paths, there = findings.directly_follows(log), findings.variants(log), findings.cohorts(log)
    lengths = (paths["length"] * paths["customers"]).sum()
    assert pairs["count"].sum() + log.n_customers == lengths == len(log)
    assert (there["customers"] + there["so_far"])[there["period"] == 0].sum() == paths["customers"].sum()


QUESTIONS: dict[str, Callable[[cj.Trace], cj.findings.Answer]] = {
    "directly follows": findings.directly_follows,
    "touchpoints": lambda trace: findings.directly_follows(trace, of="touchpoint"),
    "variants": findings.variants,
    "funnel": lambda trace: findings.funnel(trace, ["a", "b"], within="5d"),
    "cohorts": lambda trace: findings.cohorts(trace, period="day"),
    "attribution": lambda trace: findings.attribution(trace, conversion="b"),
    "drivers": lambda trace: findings.drivers(trace, early="3d", horizon="5d"),
    "deviations": lambda trace: findings.deviations(trace, [("a", "b")]),
    "planned order": findings.planned_order,
    "seasons": lambda trace: findings.seasons(trace, unit="weekday"),
    "stoppers": lambda trace: findings.near_misses(trace, trace.journey.stages[-1].id).stoppers,
}


def asked(question: Callable[[cj.Trace], cj.findings.Answer], trace: cj.Trace) -> dict[str, list] | str:
    try:
        found = question(trace)
    except CJError as error:
        return str(error)
    return {name: found[name].tolist() for name in found.columns}


@pytest.mark.parametrize("name", QUESTIONS)
@given(strategies.worlds(largest=12), st.integers(1, 10), st.booleans())
@settings(max_examples=8)
def test_what_comes_or_becomes_known_later_changes_nothing(
    name: str, world: World, days: int, is_late: bool
) -> None:
    until = world.until
    later = until + days * made.DAY
    events = [event for event in world.events if event.recorded is not None] if is_late else world.events
    known = [event for event in events if max(event.time, event.recorded or event.time) <= until]
    if known and (is_late or all(event.recorded is None for event in events)):
        moments = {"time": until, "recorded": later} if is_late else {"time": later, "recorded": None}
        extra = attrs.evolve(known[0], row=10_000, **moments)
        worlds = [attrs.evolve(world, events=(*events, *more)) for more in ((), (extra,))]
        told = [asked(QUESTIONS[name], replayed(one)) for one in worlds]
        assert repr(told[0]) == repr(told[1])
