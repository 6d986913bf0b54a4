"""Who takes whom: the assignment that saves most, as a minimum-cost flow.

Customers whom the same owners may take make one *kind*; in a kind those with most at stake go first, and of
those served the first ones go to their own owners. So a kind that serves x customers, a of them by their own
owners, saves (1 - loss) x S(x) + loss x S(a), S(x) being the sum of its x largest stakes: a concave function,
which is a flow over parallel arcs of falling gain. Arcs of many customers stand for blocks of them (with the
mean gain), and blocks next to where the solution stops are split until they are single customers: then the
solution is optimal near itself, hence everywhere, as the gain is concave.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["assign"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PIECES = 12  # into how many a block is split
EXACT = 1e12  # gains become whole numbers up to this, for exact arithmetic
SOURCE, SINK, POOL = "source", "sink", "pool"


@attrs.frozen(eq=False)
class _Kind:
    """Customers whom the same owners may take, those with most at stake first.

    Attributes:
        rows: (m,) where they stand.
        sums: (m + 1,) the sum of the first 0, 1, ... m stakes.
        owners: who may take them without loss.
    """

    rows: Ints
    sums: Floats
    owners: tuple[int, ...]


def assign(
    stake: Floats, kinds: Ints, owners: Sequence[tuple[int, ...]], capacity: Ints, loss: float | None
) -> Ints:
    """(n,) the owner who takes each customer, -1 where there is no room.

    Args:
        stake: (n,) what is saved if a customer is taken; those with nothing at stake are not taken.
        kinds: (n,) which kind each customer is.
        owners: for each kind, who may take it.
        capacity: (o,) how many customers each owner can take.
        loss: the share of the stake that is lost if somebody else takes a customer; None: nobody else may.
    """
    found = np.full(len(stake), -1, np.int64)
    listed = _kinds(stake, kinds, owners, capacity, loss)
    if not listed:
        return found
    cuts = [(_split(0, len(one.rows)), _split(0, len(one.rows))) for one in listed]
    while True:
        flow = _solved(listed, cuts, capacity, loss)
        stops = [_stops(flow, number) for number in range(len(listed))]
        finer = [
            tuple(_refined(edges, stop) for edges, stop in zip(pair, ends, strict=True))
            for pair, ends in zip(cuts, stops, strict=True)
        ]
        if all(
            len(new) == len(old) for news, olds in zip(finer, cuts, strict=True)
            for new, old in zip(news, olds, strict=True)
        ):  # fmt: skip
            break
        cuts = finer  # type: ignore[assignment]
    _dealt(found, stake, listed, flow, stops, len(capacity))
    return found


def _kinds(
    stake: Floats, kinds: Ints, owners: Sequence[tuple[int, ...]], capacity: Ints, loss: float | None
) -> list[_Kind]:
    """The kinds with customers who may be served at all, without those who cannot be."""
    places = int(capacity.sum())
    candidates = np.flatnonzero(stake > 0)
    if not places or not len(candidates):
        return []
    if loss is not None and len(candidates) > places:
        # whoever has less than that is worth less than the weakest of the strongest in anybody's hands
        least = np.partition(stake[candidates], len(candidates) - places)[len(candidates) - places]
        candidates = candidates[stake[candidates] >= (1 - loss) * least]
    order = candidates[np.lexsort((candidates, -stake[candidates], kinds[candidates]))]
    edges = np.flatnonzero(np.diff(kinds[order], prepend=-1, append=-1))
    listed = []
    for begin, end in pairwise(edges.tolist()):
        own = owners[int(kinds[order[begin]])]
        room = places if loss is not None else int(capacity[list(own)].sum())
        rows = order[begin : min(end, begin + room)]
        if len(rows):
            listed.append(_Kind(rows, np.append(0.0, np.cumsum(stake[rows])), own))
    return listed


def _split(begin: int, end: int) -> list[int]:
    """Edges of blocks from begin to end, both included."""
    return sorted({begin + (end - begin) * piece // PIECES for piece in range(PIECES + 1)})


def _refined(edges: list[int], stop: int) -> list[int]:
    """The edges with the blocks split that lie next to, or around, the place where the solution stops."""
    found = set(edges)
    for begin, end in pairwise(edges):
        if begin <= stop <= end and end - begin > 1:
            found.update(_split(begin, end), {begin + 1, end - 1})
            found.update(near for near in (stop - 1, stop, stop + 1) if begin <= near <= end)
    return sorted(found)


def _solved(
    listed: Sequence[_Kind], cuts: Sequence[tuple[list[int], list[int]]], capacity: Ints, loss: float | None
) -> dict[Any, dict[Any, dict[Any, int]]]:
    """The flow that saves most, blocks counting by their mean."""
    import networkx as nx

    graph: nx.MultiDiGraph[Any] = nx.MultiDiGraph()
    places = int(capacity.sum())
    graph.add_node(SOURCE, demand=-places)
    graph.add_node(SINK, demand=places)
    graph.add_edge(SOURCE, SINK, capacity=places, weight=0)
    unit = EXACT / max(one.sums[1] for one in listed)
    share = 0.0 if loss is None else max(loss, 1e-9)  # of equal worth, the own owner
    for number, kind in enumerate(listed):
        served, own = cuts[number]
        _blocks(graph, SOURCE, ("kind", number), kind, served, unit * (1 - share))
        if loss is None:
            graph.add_edge(("kind", number), ("own", number), capacity=places, weight=0)
        else:
            _blocks(graph, ("kind", number), ("own", number), kind, own, unit * share)
            graph.add_edge(("kind", number), POOL, capacity=places, weight=0)
        for owner in kind.owners:
            graph.add_edge(("own", number), ("owner", owner), capacity=places, weight=0)
    for owner, room in enumerate(capacity.tolist()):
        graph.add_edge(("owner", owner), SINK, capacity=room, weight=0)
        if loss is not None:
            graph.add_edge(POOL, ("owner", owner), capacity=places, weight=0)
    flow: dict[Any, dict[Any, dict[Any, int]]] = nx.network_simplex(graph)[1]
    return flow


def _blocks(
    graph: nx.MultiDiGraph[Any], source: Any, target: Any, kind: _Kind, edges: list[int], unit: float
) -> None:
    for begin, end in pairwise(edges):
        gain = (kind.sums[end] - kind.sums[begin]) / (end - begin)
        graph.add_edge(source, target, capacity=end - begin, weight=-round(gain * unit))


def _stops(flow: dict[Any, dict[Any, dict[Any, int]]], number: int) -> tuple[int, int]:
    """How many of a kind are served, and how many of these by their own owners."""
    served = sum(flow[SOURCE][("kind", number)].values())
    return served, sum(flow[("kind", number)].get(("own", number), {}).values())


def _dealt(
    found: Ints, stake: Floats, listed: Sequence[_Kind], flow: Any, stops: Sequence[tuple[int, int]], n: int
) -> None:
    """Write who takes whom: each owner gets its share of the urgent and of the less urgent ones."""
    pooled = []
    for number, (kind, (served, own)) in enumerate(zip(listed, stops, strict=True)):
        loads = {target[1]: sum(arcs.values()) for target, arcs in flow[("own", number)].items()}
        found[kind.rows[:own]] = _interleaved(loads)
        pooled.append(kind.rows[own:served])
    rest = np.concatenate(pooled)
    if len(rest):
        loads = {target[1]: sum(arcs.values()) for target, arcs in flow[POOL].items()}
        found[rest[np.argsort(-stake[rest], kind="stable")]] = _interleaved(loads)


def _interleaved(loads: dict[int, int]) -> Ints:
    """Owners in turn, each as often as its load says, evenly spread."""
    owners = np.repeat(list(loads), list(loads.values())).astype(np.int64)
    turns = np.concatenate(
        [(np.arange(load) + 0.5) / load for load in loads.values() if load] or [np.zeros(0)]
    )
    return owners[np.lexsort((owners, turns))]
