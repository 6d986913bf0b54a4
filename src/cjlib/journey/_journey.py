"""The journey: a definition that holds together, or does not exist."""

from __future__ import annotations

import hashlib
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

import attrs

from ..errors import DefinitionError, Problem
from ._checks import problems
from ._definition import Definition
from ._plain import canonical_json, plain

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["Journey"]


@attrs.frozen(repr=False)
class Journey(Definition):
    """A customer journey that one can run, test and explain: stages, transitions and all around them.

    It is checked as a whole when it is built. All problems are collected, each with its code, its place and
    a suggestion, and raised once; what is odd but can be run is listed by :meth:`check`.

    Args:
        name: what it is called.
        version: the team's own version of it.
        description: what it is about.
        initial: the id of the stage in which customers begin; unsaid, the first stage.
        start: the date attribute at which a customer begins; unsaid, its first event.
        owner: the role that answers for the whole.
        aims: the business goals that teams share.
        reviewed: the day on which it was last held against reality.
        review_every: how long a review lasts.
        roles: who acts; if any are declared, owners and participants must be among them.
        stages: where customers are, one at a time.
        touchpoints: where customer and company meet.
        transitions: the permitted moves, each with its criterion.
        milestones: criteria whose first moment is recorded.
        signals: criteria of which every occurrence is recorded.
        personas: kinds of customers; the first that holds counts.
        metrics: what is measured.
        scorecards: how customers are judged.
        attributes: the declared attributes; if any, an undeclared one is an error.
        activities: the declared activities; if any, an undeclared one is an error.

    Raises:
        DefinitionError: with all that keeps it from being run.

    >>> from cjlib import Stage, Transition
    >>> trial = Stage("trial", kind="prospect")
    >>> active, churned = Stage("active"), Stage("churned", kind="lost")
    >>> journey = Journey("saas", stages=[trial, active, churned], transitions=[
    ...     Transition("trial", "active", when='happened("first_login") and last("seats") >= 3'),
    ...     Transition("active", "churned", when='idle("login") >= "60d"', kind="exit"),
    ... ])
    >>> journey.initial, journey.reachable("trial")
    ('trial', ('active', 'churned'))
    >>> journey
    Journey('saas', version='1', 3 stages, 2 transitions)
    """

    def __attrs_post_init__(self) -> None:
        if not self.initial and self.stages:
            object.__setattr__(self, "initial", self.stages[0].id)
        if errors := problems(self, "error"):
            raise DefinitionError(f"journey {self.name!r}", errors)

    def check(self, *, on: date | str | None = None) -> tuple[Problem, ...]:
        """What is odd about the journey although it can be run.

        Args:
            on: the day on which reviews and aims are looked at; unsaid, today.

        >>> from cjlib import Stage
        >>> for problem in Journey("short", stages=[Stage("trial")]).check():
        ...     print(problem)
        CJ102 stages[0] 'trial': no way leads out of it
        CJ301 stages[0] 'trial': it has no owner
        CJ302 stages[0] 'trial': it has no objective
        CJ303 stages[0] 'trial': it has no aim
        """
        return problems(self, "warning", on=on)

    @cached_property
    def fingerprint(self) -> str:
        """A hash of all that the journey says: 64 hexadecimal digits, the same on every machine.

        >>> from cjlib import Stage
        >>> len(Journey("short", stages=[Stage("trial")]).fingerprint)
        64
        """
        return hashlib.sha256(canonical_json(plain(self)).encode()).hexdigest()

    @cached_property
    def graph(self) -> nx.MultiDiGraph[str]:
        """The journey as a read-only networkx graph.

        Nodes are the ids of stages and touchpoints with ``kind`` (``stage`` or ``touchpoint``), ``label`` and
        ``element``. Edges have the ``kind`` ``transition`` (with ``position`` and ``element``), ``contains``
        (stage to touchpoint) or ``then`` (touchpoint to touchpoint, the order that is planned).

        >>> from cjlib import Stage, Touchpoint
        >>> call = Touchpoint("call", stages="trial")
        >>> short = Journey("short", stages=[Stage("trial")], touchpoints=[call])
        >>> list(short.graph.edges(data="kind"))
        [('trial', 'call', 'contains')]
        """
        return _graph(self)

    def __str__(self) -> str:
        return f"{self.name} {self.version}"

    def __repr__(self) -> str:
        sizes = f"{_counted(self.stages, 'stage')}, {_counted(self.transitions, 'transition')}"
        return f"Journey({self.name!r}, version={self.version!r}, {sizes})"


def _counted(parts: tuple[object, ...], what: str) -> str:
    return f"{len(parts)} {what}{'' if len(parts) == 1 else 's'}"


def _graph(journey: Definition) -> nx.MultiDiGraph[str]:
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
