"""The journey as a value: look-ups, reach, graph, fingerprint."""

from __future__ import annotations

import subprocess
import sys

import networkx as nx
import pytest
from hypothesis import given, settings

import cjlib as cj
from cjlib.errors import DefinitionError, UnknownNameError
from cjlib.journey._checks_graph import knots
from cjlib.journey._definition import reach, successors
from cjlib.testing import journeys

TRIAL, ACTIVE, GONE = cj.Stage("trial"), cj.Stage("active", label="Active"), cj.Stage("gone", kind="lost")
START = cj.Transition("trial", "active", when='happened("start")')
LEAVE = cj.Transition("active", "gone", when='happened("cancelled")', kind="exit")
CALL = cj.Touchpoint("call", stages=["trial", "active"], activities=["call held", "called back"])
REVIEW = cj.Touchpoint("review", stages="active", after="call")
JOURNEY = cj.Journey(
    "saas", stages=[TRIAL, ACTIVE, GONE], transitions=[START, LEAVE], touchpoints=[CALL, REVIEW]
)


def test_the_first_stage_is_initial_unless_said() -> None:
    assert JOURNEY.initial == "trial"
    assert cj.Journey("x", stages=[TRIAL, ACTIVE], initial=None).initial == "trial"  # type: ignore[arg-type]
    assert cj.Journey("x", stages=[TRIAL, ACTIVE], initial="active").initial == "active"
    assert cj.Journey("x", stages=[TRIAL, ACTIVE], initial="trial") == cj.Journey("x", stages=[TRIAL, ACTIVE])


def test_parts_are_found_by_id() -> None:
    assert JOURNEY.stage("active") is ACTIVE
    assert JOURNEY.touchpoint("call") is CALL
    assert JOURNEY.stage_index == {"trial": 0, "active": 1, "gone": 2}
    assert JOURNEY.touchpoint_activities("call") == ("call held", "called back")


@pytest.mark.parametrize(
    "what",
    ["stage", "touchpoint", "milestone", "signal", "persona", "role", "attribute", "metric", "scorecard"],
)
def test_an_unknown_part_is_told_with_the_nearest(what: str) -> None:
    with pytest.raises(UnknownNameError, match=f"unknown {what} 'activ'"):
        getattr(JOURNEY, what)("activ")
    with pytest.raises(KeyError):
        getattr(JOURNEY, what)("activ")
    with pytest.raises(UnknownNameError, match="did you mean 'active'"):
        JOURNEY.stage("activ")


def test_reach_follows_the_ways() -> None:
    assert JOURNEY.reachable("trial") == ("active", "gone")
    assert JOURNEY.reachable("active") == ("gone",)
    assert JOURNEY.reachable("gone") == ()


def test_it_is_shown_in_short() -> None:
    assert str(JOURNEY) == "saas 1"
    assert repr(JOURNEY) == "Journey('saas', version='1', 3 stages, 2 transitions)"


@pytest.mark.parametrize("name", ["", " ", None, 3, "a\0", "x" * 201])
def test_it_has_a_name(name: object) -> None:
    with pytest.raises(DefinitionError, match=r"CJ00\d name"):
        cj.Journey(name, stages=[TRIAL])  # type: ignore[arg-type]


def test_the_fingerprint_is_that_of_the_content() -> None:
    """The same on every machine and in every session, whatever the hash seed."""
    again = cj.loads(cj.dumps(JOURNEY))
    assert again.fingerprint == JOURNEY.fingerprint
    program = f"import cjlib as cj; print(cj.loads({cj.dumps(JOURNEY)!r}).fingerprint)"
    for seed in ("1", "2"):
        env = {"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)}
        run = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=env
        )
        assert run.stdout.strip() == JOURNEY.fingerprint


def test_any_change_changes_the_fingerprint() -> None:
    others = [
        cj.Journey(
            "saas", stages=[TRIAL, ACTIVE, GONE], transitions=[LEAVE, START], touchpoints=[CALL, REVIEW]
        ),
        cj.Journey("saas", stages=[TRIAL, ACTIVE, GONE], transitions=[START, LEAVE], touchpoints=[CALL]),
        cj.Journey(
            "sass", stages=[TRIAL, ACTIVE, GONE], transitions=[START, LEAVE], touchpoints=[CALL, REVIEW]
        ),
    ]
    assert len({journey.fingerprint for journey in [JOURNEY, *others]}) == 4


def test_the_graph_has_stages_and_touchpoints_and_what_holds_them_together() -> None:
    graph = JOURNEY.graph
    assert dict(graph.nodes(data="kind")) == {
        "trial": "stage", "active": "stage", "gone": "stage", "call": "touchpoint", "review": "touchpoint",
    }  # fmt: skip
    assert sorted(graph.edges(data="kind")) == [
        ("active", "call", "contains"),
        ("active", "gone", "transition"),
        ("active", "review", "contains"),
        ("call", "review", "then"),
        ("trial", "active", "transition"),
        ("trial", "call", "contains"),
    ]
    assert graph.nodes["active"]["element"] is ACTIVE
    assert graph.nodes["active"]["label"] == "Active"
    assert graph.nodes["trial"]["label"] == "trial"
    assert graph.edges["active", "gone", 0]["element"] is LEAVE
    assert graph.edges["active", "gone", 0]["position"] == 1


def test_parallel_transitions_are_parallel_edges() -> None:
    other = cj.Transition("trial", "active", when='happened("upgrade")')
    graph = cj.Journey("x", stages=[TRIAL, ACTIVE], transitions=[START, other]).graph
    assert [data["position"] for _, _, data in graph.edges("trial", data=True)] == [0, 1]


def test_the_graph_cannot_be_changed() -> None:
    with pytest.raises(nx.NetworkXError, match="Frozen"):
        JOURNEY.graph.add_node("x")
    assert JOURNEY.graph is JOURNEY.graph


@given(journeys())
@settings(max_examples=15)
def test_reach_is_that_of_the_graph(journey: cj.Journey) -> None:
    ways = nx.MultiDiGraph(
        [
            (source, target)
            for source, target, kind in journey.graph.edges(data="kind")
            if kind == "transition"
        ]
    )
    for stage in journey.stages:
        expected = nx.descendants(ways, stage.id) if stage.id in ways else set()
        assert set(journey.reachable(stage.id)) == expected


@pytest.mark.parametrize("seed", range(20))
def test_reach_and_knots_agree_with_networkx(seed: int) -> None:
    graph = nx.gnp_random_graph(12, 0.12, seed=seed, directed=True)
    pairs = [(str(source), str(target)) for source, target in [*graph.edges, *([(3, 3)] if seed % 2 else [])]]
    ways, oracle = successors(pairs), nx.DiGraph(pairs)
    expected = {
        frozenset(knot)
        for knot in nx.strongly_connected_components(oracle)
        if len(knot) > 1 or any(oracle.has_edge(node, node) for node in knot)
    }
    assert {frozenset(knot) for knot in knots(ways)} == expected
    for node in oracle:
        assert reach([node], ways) == nx.descendants(oracle, node) | {node}
