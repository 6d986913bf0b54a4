"""The elements of a journey by number, with the roots of their criteria."""

from __future__ import annotations

import attrs

from ..criteria import Term
from ..criteria._nodes import EVENT_KINDS
from ..journey._journey import Journey
from . import _layout as lay
from ._roots import Roots
from ._turns import FALLS, RISES

__all__ = ["Plan", "activities_of", "claims", "make_plan", "stage_numbers"]


@attrs.frozen
class Plan:
    """The journey's elements by number, with the roots of their criteria."""

    transitions: list[list[int]]
    transition_roots: list[list[int]]
    gates: list[list[int]]  # the roots that must be true for the transition to fire
    ways_out: list[list[int]]
    handoffs: list[int] = attrs.field(factory=list)
    items: list[list[int]] = attrs.field(factory=list)
    item_ends: list[int] = attrs.field(factory=lambda: [0])
    item_owners: list[tuple[int, int]] = attrs.field(factory=list)
    milestones: list[int] = attrs.field(factory=list)
    signals: list[int] = attrs.field(factory=list)

    @property
    def watchers(self) -> list[int]:
        """The roots of milestones, then of signals."""
        return [*self.milestones, *self.signals]

    def stage_roots(self, stage: int) -> list[int]:
        """Every root that is watched while a customer is in the stage."""
        return [root for transition in self.ways_out[stage] for root in self.transition_roots[transition]]


def make_plan(journey: Journey, roots: Roots) -> Plan:
    stages = stage_numbers(journey)
    # Handoffs are numbered stage by stage, so that those of a stage are neighbours.
    by_stage = sorted(range(len(journey.transitions)), key=lambda n: stages[journey.transitions[n].source])
    plan = Plan(
        transitions=[[] for _ in by_stage],
        transition_roots=[[] for _ in by_stage],
        gates=[[] for _ in by_stage],
        ways_out=[[] for _ in stages],
    )
    for position in by_stage:
        transition = journey.transitions[position]
        when = roots.add(transition.when, span=lay.VISIT, watch=RISES)
        plan.transition_roots[position].append(when)
        plan.gates[position].append(when)
        handoff = -1
        if transition.handoff is not None:
            handoff = len(plan.handoffs)
            plan.handoffs.append(position)
            for number, item in enumerate(transition.handoff.checklist):
                root = roots.add(item.criterion, span=lay.VISIT, watch=RISES)
                plan.transition_roots[position].append(root)
                if item.required:
                    plan.gates[position].append(root)
                plan.items.append([root, int(item.required)])
                plan.item_owners.append((position, number))
            plan.item_ends.append(len(plan.items))
        plan.transitions[position] = [stages[transition.target], when, handoff]
    for position in sorted(by_stage, key=lambda n: (-journey.transitions[n].priority, n)):
        plan.ways_out[stages[journey.transitions[position].source]].append(position)
    plan.milestones.extend(roots.add(m.when, span=lay.BEGINNING, watch=RISES) for m in journey.milestones)
    plan.signals.extend(roots.add(s.when, span=lay.BEGINNING, watch=RISES | FALLS) for s in journey.signals)
    return plan


def stage_numbers(journey: Journey) -> dict[str, int]:
    return {stage.id: number for number, stage in enumerate(journey.stages)}


def claims(journey: Journey) -> dict[str, list[int]]:
    """For each activity the touchpoints that it belongs to."""
    found: dict[str, list[int]] = {}
    for number, touchpoint in enumerate(journey.touchpoints):
        for activity in touchpoint.activities:
            found.setdefault(activity, []).append(number)
    return found


def activities_of(journey: Journey, term: Term) -> tuple[str, ...]:
    """The activities that an event term looks at."""
    if term.kind not in EVENT_KINDS:
        return ()
    return (term.name,) if term.name is not None else journey.touchpoint(term.touchpoint or "").activities
