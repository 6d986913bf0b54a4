"""The journey as a graph for networkx."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._definition import Definition

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["graph_of"]


def graph_of(journey: Definition) -> nx.MultiDiGraph[str]:
    """A frozen graph with the stages and touchpoints as nodes, and how they hang together as edges."""
    import networkx as nx

    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph(name=journey.name, version=journey.version)
    for stage in journey.stages:
        graph.add_node(stage.id, kind="stage", label=stage.label or stage.id, element=stage)
    for touchpoint in journey.touchpoints:
        label = touchpoint.label or touchpoint.id
        graph.add_node(touchpoint.id, kind="touchpoint", label=label, element=touchpoint)
    for position, move in enumerate(journey.transitions):
        graph.add_edge(move.source, move.target, kind="transition", position=position, element=move)
    for touchpoint in journey.touchpoints:
        for stage_id in touchpoint.stages:
            graph.add_edge(stage_id, touchpoint.id, kind="contains")
        for earlier in touchpoint.after:
            graph.add_edge(earlier, touchpoint.id, kind="then")
    nx.freeze(graph)
    return graph
