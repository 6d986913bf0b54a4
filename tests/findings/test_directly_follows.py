"""Directly-follows: counts and durations by hand, by pm4py, by numpy, and as the replay has them."""

from __future__ import annotations

import itertools
import pickle
from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from tests import strategies
from tests.findings import paths as made
from tests.oracle import World
from tests.worlds import replayed

import cjlib as cj
from cjlib.errors import UnknownNameError, UsageError
from cjlib.findings import _directly_follows as module
from cjlib.findings import directly_follows

COLUMNS = ("source", "target", "count", "mean", "median", "p95")


def edges(found: cj.findings.DirectlyFollows) -> dict[tuple[str, str], tuple[float, ...]]:
    rows = zip(*(found[name].tolist() for name in COLUMNS), strict=True)
    return {(source, target): numbers for source, target, *numbers in rows}  # type: ignore[misc]


def test_counts_and_times_are_those_of_pm4py() -> None:
    golden = made.golden()
    found = directly_follows(made.golden_log())
    expected = {
        (edge["source"], edge["target"]): [edge["count"], edge["mean"], edge["median"], edge["p95"]]
        for edge in golden["edges"]
    }
    assert edges(found).keys() == expected.keys()
    for pair, numbers in edges(found).items():
        assert numbers == pytest.approx(expected[pair], rel=1e-12)
    steps = {row["activity"]: row for row in found.steps.rows()}
    for side in ("starts", "ends"):
        assert {name: row[side] for name, row in steps.items() if row[side]} == golden[side]


def by_numpy(log: cj.EventLog) -> dict[tuple[str, str], tuple[float, ...]]:
    durations = defaultdict(list)
    for path in made.paths_of(log).values():
        for (source, before), (target, after) in itertools.pairwise(path):
            durations[source, target].append((after - before) / 1e6)
    return {
        pair: (len(all_), float(np.mean(all_)), float(np.median(all_)), float(np.quantile(all_, 0.95)))
        for pair, all_ in durations.items()
    }


@pytest.fixture(params=[module.MOST_PAIRS, 0], ids=["all pairs", "pairs that occur"])
def _either_way(request: pytest.FixtureRequest) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MOST_PAIRS", request.param)
        yield


@pytest.mark.usefixtures("_either_way")
@given(made.EVENTS)
def test_the_same_as_a_plain_loop(events: list[made.Event]) -> None:
    log = made.log_of(events)
    found, expected = edges(directly_follows(log)), by_numpy(log)
    assert found.keys() == expected.keys()
    for pair, numbers in found.items():
        assert numbers == pytest.approx(expected[pair])


@pytest.mark.usefixtures("_either_way")
@given(made.EVENTS)
def test_what_goes_in_comes_out_and_customers_stand_behind_it(events: list[made.Event]) -> None:
    log = made.log_of(events)
    found = directly_follows(log)
    for row in found.steps.rows():
        leaving, leading = found["source"] == row["activity"], found["target"] == row["activity"]
        assert found["count"][leaving].sum() + row["ends"] == row["count"]
        assert found["count"][leading].sum() + row["starts"] == row["count"]
    for row, pair in enumerate(zip(found["source"], found["target"], strict=True)):
        went = {
            customer
            for customer, path in made.paths_of(log).items()
            if pair in [(a, b) for (a, _), (b, _) in itertools.pairwise(path)]
        }
        assert set(found.customers(row)) == went
        assert len(went) == found["customers"][row]
        assert went <= set(found.among(row))


@given(strategies.worlds(largest=12))
@settings(max_examples=25)
def test_moves_between_stages_are_the_transitions_of_the_replay(world: World) -> None:
    trace = replayed(world)
    found = directly_follows(trace, of="stage")
    visits = trace.visits
    ways = trace.journey.transitions
    taken = [visits["via"][row] for row in range(len(visits)) if visits["via"][row] >= 0]
    expected: dict[tuple[str, str], int] = defaultdict(int)
    for way in taken:
        expected[ways[way].source, ways[way].target] += 1
    assert {pair: numbers[0] for pair, numbers in edges(found).items()} == expected
    assert found.steps["count"].sum() == len(visits)
    assert found.steps["starts"].sum() == len(trace)


def test_ties_stay_in_the_order_of_the_log() -> None:
    """By name, a would come before b; the file says that b came first."""
    found = directly_follows(made.words("ann: b1 a1 c2"))
    assert edges(found).keys() == {("b", "a"), ("a", "c")}
    assert edges(found)["b", "a"][1] == 0.0


def test_times_below_a_second_are_kept() -> None:
    times = np.array(["2026-01-01T00:00:00.000000", "2026-01-01T00:00:00.250001"], "datetime64[us]")
    found = directly_follows(cj.EventLog.from_columns(["a", "a"], ["x", "y"], times))
    assert found["median"].tolist() == found["mean"].tolist() == [0.250001]


def test_long_times_do_not_overflow() -> None:
    n = 4000
    times = np.array(["1900-01-01", "2200-12-31"] * n, "datetime64[us]")
    ids = np.repeat(np.arange(n), 2)
    found = directly_follows(cj.EventLog.from_columns(ids, ["x", "y"] * n, times))
    assert found["mean"][0] == found["median"][0] == (times[1] - times[0]).astype(np.int64) / 1e6


def test_share_base_and_lift_by_hand() -> None:
    """a leads to b in 2 of its 3 occurrences; of the 4 pairs 2 lead to b."""
    found = directly_follows(made.words("ann: a0 b1 a2 c3; bob: a0 b1"))
    row = list(zip(found["source"], found["target"], strict=True)).index(("a", "b"))
    assert [found[name][row] for name in ("share", "base", "lift")] == pytest.approx([2 / 3, 0.5, 4 / 3])


def test_the_way_it_was_asked_is_kept_and_everything_pickles() -> None:
    found = directly_follows(made.words("ann: a0 b1"), until="2026-01-01", durations=False)
    again = pickle.loads(pickle.dumps(found))
    assert (again.asked["of"], again.asked["until"]) == ("activity", "2026-01-01")
    assert "median" not in again
    assert len(again) == 0
    assert again.steps["ends"].tolist() == [1]


def test_what_cannot_be_asked_is_told() -> None:
    log = made.words("ann: a0 b1")
    with pytest.raises(UsageError, match="of='stage' needs a trace"):
        directly_follows(log, of="stage")
    with pytest.raises(UsageError, match="where= needs a trace"):
        directly_follows(log, where={"persona": "x"})
    with pytest.raises(UnknownNameError, match="did you mean 'stage'"):
        directly_follows(log, of="stages")
    with pytest.raises(UsageError, match="an EventLog or a Trace was expected, not int"):
        directly_follows(3)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="a row from 0 to 0"):
        directly_follows(log).customers(1)


def test_the_graph_has_all_counts_and_times() -> None:
    found = directly_follows(made.golden_log())
    graph = found.to_networkx()
    assert {pair: data["count"] for *pair, data in graph.edges(data=True) for pair in [tuple(pair)]} == {
        (edge["source"], edge["target"]): edge["count"] for edge in made.golden()["edges"]
    }
    leaving = sum(data["share"] for _, _, data in graph.out_edges("login", data=True))
    node = graph.nodes["login"]
    assert leaving == pytest.approx(1 - node["ends"] / node["count"])


def test_a_log_of_nobody_has_no_pairs() -> None:
    found = directly_follows(cj.EventLog.from_columns([], [], []))
    assert len(found) == len(found.steps) == 0
