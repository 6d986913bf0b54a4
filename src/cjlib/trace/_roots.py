"""The criteria of a journey taken apart into terms, leaves and roots, each with a number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import attrs

from ..criteria import And, Criterion, Not, Or, Term
from ..criteria._nodes import EVENT_KINDS, SPANNED, Leaf
from ..journey._journey import Journey
from . import _layout as lay
from ._leaves import FALLS, RISES, AttributeKind, LeafCode, leaf_code

__all__ = [
    "Plan",
    "Roots",
    "Vocabulary",
    "activities_of",
    "attribute_of",
    "claims",
    "make_plan",
    "stage_numbers",
    "used_criteria",
    "used_terms",
]


@attrs.frozen
class Vocabulary:
    """The names that the data use, in the order of their codes."""

    activities: tuple[str, ...]
    channels: tuple[str, ...]
    attributes: Mapping[str, AttributeKind]


def used_criteria(journey: Journey) -> Iterator[Criterion]:
    """Every criterion that a replay reads."""
    for transition in journey.transitions:
        yield transition.when
        if transition.handoff is not None:
            for item in transition.handoff.checklist:
                yield item.criterion
    yield from (milestone.when for milestone in journey.milestones)
    yield from (signal.when for signal in journey.signals)


def used_terms(journey: Journey) -> tuple[Term, ...]:
    """Every term of every criterion that a replay reads."""
    return tuple(term for criterion in used_criteria(journey) for term in criterion.terms())


def attribute_of(term: Term) -> str | None:
    """The attribute that a term mentions: its own, or the one whose changes are the events ``@name``."""
    if term.kind in ("attribute", "until"):
        return term.name
    return term.name[1:] if term.name is not None and term.name.startswith("@") else None


class Roots:
    """A growing collection of criteria; what is the same term gets the same number."""

    def __init__(self, attributes: Mapping[str, AttributeKind]) -> None:
        self.kinds = attributes
        self.attributes: dict[str, int] = {}
        self.terms: list[tuple[Term, int]] = []
        self.leaves: list[Leaf] = []
        self.leaf_terms: list[int] = []
        self.leaf_codes: list[LeafCode] = []
        self.leaf_watches: list[int] = []
        self.code: list[int] = []
        self.ends: list[int] = [0]
        self.leaf_slices: list[tuple[int, int]] = []
        self._numbers: dict[tuple[str, int], int] = {}

    def add(self, criterion: Criterion, *, span: int, watch: int) -> int:
        """Take a criterion in.

        Args:
            criterion: the criterion.
            span: what "since the visit began" means to it: VISIT or BEGINNING.
            watch: which of its turns matter, RISES and FALLS.

        Returns:
            Its number as a root.
        """
        first = len(self.leaves)
        self._emit(criterion, span, watch)
        self.ends.append(len(self.code))
        self.leaf_slices.append((first, len(self.leaves)))
        return len(self.ends) - 2

    def leaf_numbers(self, roots: Iterable[int]) -> list[int]:
        """The leaves of some roots."""
        return [leaf for root in roots for leaf in range(*self.leaf_slices[root])]

    def term_numbers(self, roots: Iterable[int]) -> list[int]:
        """The terms of some roots, each once."""
        return list(dict.fromkeys(self.leaf_terms[leaf] for leaf in self.leaf_numbers(roots)))

    def _emit(self, criterion: Criterion, span: int, watch: int) -> None:
        if isinstance(criterion, (And, Or)):
            for position, part in enumerate(criterion.criteria):
                self._emit(part, span, watch)
                if position:
                    self.code.append(lay.AND if isinstance(criterion, And) else lay.OR)
        elif isinstance(criterion, Not):
            turned = (FALLS if watch & RISES else 0) | (RISES if watch & FALLS else 0)
            self._emit(criterion.criterion, span, turned)
            self.code.append(lay.NOT)
        else:
            assert isinstance(criterion, Leaf)
            self._leaf(criterion, span, watch)

    def _leaf(self, leaf: Leaf, span: int, watch: int) -> None:
        self.code.append(len(self.leaves))
        self.leaves.append(leaf)
        self.leaf_terms.append(self._term(leaf.operands()[0], span))
        self.leaf_codes.append(leaf_code(leaf, self.kinds))
        self.leaf_watches.append(watch)
        for term in leaf.operands():
            if (name := attribute_of(term)) is not None:
                self.attributes.setdefault(name, len(self.attributes))

    def _term(self, term: Term, visit_span: int) -> int:
        span = lay.EVER
        if term.within is not None:
            span = lay.WINDOW
        elif term.kind == "dwell" or (term.kind in SPANNED and not term.ever):
            span = visit_span
        key = (str(term), span)
        if key not in self._numbers:
            self._numbers[key] = len(self.terms)
            self.terms.append((term, span))
        return self._numbers[key]


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
