"""Stages that the directly-follows graph shows: what goes back and forth belongs together."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

import numpy as np

from ..criteria import happened
from ..data import EventLog
from ..errors import DataError
from ._directly_follows import DirectlyFollows, directly_follows
from ._discover_criteria import Candidate, Found, can_be_said

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["of_paths"]


def of_paths(log: EventLog, noise: float) -> Found:
    """Stages and moves from the directly-follows graph of the frequent activities."""
    import networkx as nx

    kept, left_out = _frequent(log, noise)
    follows = directly_follows(kept, durations=False)
    graph = _without_noise(follows, noise)
    knots = nx.condensation(graph)
    size = {row["activity"]: row["customers"] for row in follows.steps.rows()}
    named = {
        knot: max(sorted(data["members"]), key=size.__getitem__) for knot, data in knots.nodes(data=True)
    }
    stage = {name: named[knots.graph["mapping"][name]] for name in graph}
    starts = {row["activity"]: row["starts"] for row in follows.steps.rows()}
    order = _ordered(knots, named, {name: sum(starts[one] for one in stage if stage[one] == name)
                                    for name in named.values()})  # fmt: skip
    moves = _moves(graph, stage, order, size)
    is_allowed = {(one.source, one.target) for one in moves}
    pairs = [(stage[row["source"]], stage[row["target"]], row["count"]) for row in follows.rows()]
    total = sum(count for *_, count in pairs)
    told = sum(count for a, b, count in pairs if a == b or (a, b) in is_allowed)
    return Found(tuple(order), tuple(moves), told / total if total else 1.0, left_out)


def _frequent(log: EventLog, noise: float) -> tuple[EventLog, tuple[str, ...]]:
    """The log without the activities that few customers have; the names of those."""
    names = [str(name) for name in log.activities]
    seen = np.unique(log.customer_codes() * len(names) + log.activity)
    share = np.bincount(seen % len(names), minlength=len(names)) / log.n_customers
    share[[not can_be_said(name) for name in names]] = -1
    if share.max() < 0:
        raise DataError("no activity of the log has a name that a criterion can mention")
    is_frequent = share >= min(noise, share.max())
    rows = is_frequent[log.activity]
    kept = EventLog.from_columns(
        log.customers[log.customer_codes()[rows]],
        np.array(names, object)[log.activity[rows]],
        log.time[rows].astype("datetime64[us]"),
    )
    return kept, tuple(name for name, frequent in zip(names, is_frequent, strict=True) if not frequent)


def _without_noise(follows: DirectlyFollows, noise: float) -> nx.DiGraph[str]:
    """The graph of the moves that enough of the customers of their source make."""
    import networkx as nx

    size = {row["activity"]: row["customers"] for row in follows.steps.rows()}
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(size)
    for row in follows.rows():
        is_move = row["source"] != row["target"]
        if is_move and row["customers"] >= noise * size[row["source"]]:
            graph.add_edge(row["source"], row["target"], customers=row["customers"])
    return graph


def _ordered(knots: nx.DiGraph[int], named: dict[int, str], starts: dict[str, int]) -> list[str]:
    """The stages, the one in which most begin first, then as they follow each other."""
    import networkx as nx

    order = [named[knot] for knot in nx.lexicographical_topological_sort(knots, key=named.__getitem__)]
    first = max(order, key=starts.__getitem__)
    return [first, *(name for name in order if name != first)]


def _moves(
    graph: nx.DiGraph[str], stage: dict[str, str], order: list[str], size: dict[str, int]
) -> list[Candidate]:
    """One candidate per pair of stages: any activity by which the second is entered from the first.

    A stage to which no move leads is entered from the first stage, by any of its activities.
    """
    entries: dict[tuple[str, str], dict[str, int]] = {}
    for a, b in graph.edges:
        if stage[a] != stage[b]:
            ways = entries.setdefault((stage[a], stage[b]), {})
            ways[b] = max(ways.get(b, 0), graph.edges[a, b]["customers"])
    reached = {target for _, target in entries}
    for name in order[1:]:
        if name not in reached:
            entries[order[0], name] = {one: size[one] for one in stage if stage[one] == name}
    place = {name: position for position, name in enumerate(order)}
    return [
        Candidate(*pair, reduce(or_, map(happened, sorted(entries[pair]))), max(entries[pair].values()))
        for pair in sorted(entries, key=lambda pair: (place[pair[0]], place[pair[1]]))
    ]
