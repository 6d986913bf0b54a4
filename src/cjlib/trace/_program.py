"""A journey's criteria compiled into arrays, which are all that the kernel knows of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs
import numpy as np

from ..criteria import Term
from ..criteria._nodes import Leaf
from ..journey._journey import Journey
from . import _layout as lay
from ._layout import Program
from ._leaves import MICROSECOND, event_turns, time_turns
from ._roots import (
    Plan,
    Roots,
    Vocabulary,
    activities_of,
    attribute_of,
    claims,
    make_plan,
    stage_numbers,
)

__all__ = ["Compiled", "compile_journey"]

KINDS = (
    "count",
    "distinct",
    "sum",
    "mean",
    "min",
    "max",
    "last",
    "idle",
    "dwell",
    "age",
    "attribute",
    "until",
)
VALUED = ("sum", "mean", "min", "max", "last")
UNSEEN = -2
STACK = 256  # deeper than any criterion may be nested


@attrs.frozen
class Compiled:
    """A program and what its numbers mean.

    Attributes:
        program: the arrays for the kernel.
        attributes: the attributes in the order of their numbers.
        leaves: the leaves in the order of their numbers.
        leaf_slices: for each root, its first leaf and the one after its last.
        items: for each checklist item, the position of its transition and its own in the checklist.
        complaints: leaves that compare what cannot be compared.
    """

    program: Program
    attributes: tuple[str, ...]
    leaves: tuple[Leaf, ...]
    leaf_slices: tuple[tuple[int, int], ...]
    items: tuple[tuple[int, int], ...]
    complaints: tuple[str, ...]


def compile_journey(journey: Journey, words: Vocabulary) -> Compiled:
    """The journey as a program over the names that the data use."""
    roots = Roots(words.attributes)
    plan = make_plan(journey, roots)
    matches = _matches(journey, words, roots.terms)
    retries, retry_attributes = _retries(journey, words, plan, roots)
    wakes = _wakes(plan, roots, matches)
    tables = {
        lay.RETRY_ATTRIBUTES: retry_attributes,
        **_term_tables(journey, plan, roots, matches),
        **_stage_tables(plan, roots),
        **_handoff_tables(journey, plan, roots),
        **_watcher_tables(journey, plan, roots),
    }
    numbers = _numbers(journey, plan, roots, matches)
    program = Program(
        terms=_term_rows(journey, words, roots),
        leaves=_leaf_rows(roots),
        ints=_laid_out(tables, numbers),
        floats=_floats(roots),
        flags=np.ascontiguousarray(np.concatenate([matches, wakes, retries]), np.int8),
    )
    complaints = dict.fromkeys(code.complaint for code in roots.leaf_codes if code.complaint)
    return Compiled(
        program=program,
        attributes=tuple(roots.attributes),
        leaves=tuple(roots.leaves),
        leaf_slices=tuple(roots.leaf_slices),
        items=tuple(plan.item_owners),
        complaints=tuple(complaints),
    )


def _laid_out(tables: Mapping[int, Any], numbers: Mapping[int, int]) -> lay.Ints:
    """Tables end to end behind a header that says where each begins; single numbers stand in the header."""
    header = np.zeros(lay.HEADER, np.int64)
    parts = [header]
    place = lay.HEADER
    for table in range(lay.TABLES):
        header[table] = place
        parts.append(np.asarray(tables[table], np.int64).reshape(-1))
        place += len(parts[-1])
    for number, value in numbers.items():
        header[number] = value
    return np.concatenate(parts)


def _numbers(journey: Journey, plan: Plan, roots: Roots, matches: lay.Flags) -> dict[int, int]:
    """The single numbers of the header, the layout of State.marks among them."""
    sizes = {
        lay.STAMPS: len(journey.stages),
        lay.HELD: len(plan.transitions),
        lay.STARTED: len(plan.handoffs),
        lay.ITEM_FIRST: len(plan.items),
        lay.ITEM_ROW: len(plan.items),
        lay.RAISED: len(plan.signals),
        lay.REACHED: len(plan.milestones),
        lay.STACK: STACK,
    }
    marks = {}
    place = lay.M_HEADER
    for part, size in sizes.items():
        marks[part] = place
        place += size
    return marks | {
        lay.N_MARKS: place,
        lay.N_STAGES: len(journey.stages),
        lay.N_ATTRIBUTES: len(roots.attributes),
        lay.N_ACTIVITIES: matches.shape[1],
        lay.N_MILESTONES: len(plan.milestones),
        lay.N_SIGNALS: len(plan.signals),
        lay.INITIAL: stage_numbers(journey)[journey.initial],
        lay.WAKES: len(roots.terms),
        lay.RETRIES: len(roots.terms) + len(journey.stages),
        lay.N_QUEUES: sum(_is_queued(term, span) for term, span in roots.terms),
        lay.N_ACTORS: sum(term.kind == "distinct" for term, _ in roots.terms),
        lay.STAGES_DECIDE: int((matches == 2).any()),
    }


def _is_queued(term: Term, span: int) -> bool:
    return term.kind in ("min", "max") and span == lay.WINDOW


def _matches(journey: Journey, words: Vocabulary, terms: Sequence[tuple[Term, int]]) -> lay.Flags:
    codes = {activity: code for code, activity in enumerate(words.activities)}
    claimed = claims(journey)
    matches = np.zeros((len(terms), len(words.activities)), np.int8)
    for number, (term, _) in enumerate(terms):
        is_choosy = term.channel is not None or term.kind in VALUED or term.kind == "distinct"
        for activity in activities_of(journey, term):
            if activity in codes:
                is_shared = term.touchpoint is not None and len(claimed[activity]) > 1
                matches[number, codes[activity]] = 2 if is_shared else 3 if is_choosy else 1
    return matches


def _term_rows(journey: Journey, words: Vocabulary, roots: Roots) -> lay.Ints:
    channels = {channel: code for code, channel in enumerate(words.channels)}
    touchpoints = {touchpoint.id: number for number, touchpoint in enumerate(journey.touchpoints)}
    slots = _slots(roots.terms)
    rows = []
    for number, (term, span) in enumerate(roots.terms):
        is_attribute = term.kind in ("attribute", "until")
        rows.append(
            [
                KINDS.index(term.kind),
                span,
                0 if term.within is None else term.within // MICROSECOND,
                -1 if term.channel is None else channels.get(term.channel, UNSEEN),
                slots[number],
                touchpoints.get(term.touchpoint or "", -1),
                len(roots.terms) + roots.attributes[term.name or ""] if is_attribute else -1,
                int(term.kind in VALUED),
            ]
        )
    return np.array(rows, np.int64).reshape(-1, lay.TERM_COLUMNS)


def _term_tables(journey: Journey, plan: Plan, roots: Roots, matches: lay.Flags) -> dict[int, Any]:
    act_from, act_terms = _act_terms(plan, roots, matches)
    touch_stages = [
        [not t.stages or stage.id in t.stages for stage in journey.stages] for t in journey.touchpoints
    ]
    return {
        lay.ACT_FROM: act_from,
        lay.ACT_TERMS: act_terms,
        lay.TOUCH_STAGES: touch_stages,
        lay.CODE: roots.code,
        lay.ROOTS: roots.ends,
    }


def _act_terms(plan: Plan, roots: Roots, matches: lay.Flags) -> tuple[lay.Ints, Any]:
    """For each stage and activity the terms that an event changes: those of visits only where read."""
    spans = np.array([span for _, span in roots.terms], np.int64)
    sizes, terms = [np.zeros(1, np.int64)], []
    for stage in range(len(plan.ways_out)):
        is_used = np.isin(np.arange(len(spans)), roots.term_numbers(plan.stage_roots(stage)))
        is_kept = (spans != lay.WINDOW) & ((spans != lay.VISIT) | is_used)
        by_activity = ((matches != 0) & is_kept[:, None]).T
        sizes.append(by_activity.sum(axis=1))
        terms.append(np.nonzero(by_activity)[1])
    return np.cumsum(np.concatenate(sizes)), np.concatenate(terms)


def _slots(terms: Sequence[tuple[Term, int]]) -> list[int]:
    """Scratch rows: one numbering for windowed extremes, one for distinct counts."""
    queues = actors = 0
    slots = []
    for term, span in terms:
        if term.kind == "distinct":
            slots.append(actors)
            actors += 1
        elif _is_queued(term, span):
            slots.append(queues)
            queues += 1
        else:
            slots.append(-1)
    return slots


def _leaf_rows(roots: Roots) -> lay.Ints:
    option_ends, _ = _slices([code.options for code in roots.leaf_codes])
    option_ends += len(roots.leaves)
    rows = []
    for number, (leaf, code) in enumerate(zip(roots.leaves, roots.leaf_codes, strict=True)):
        right = leaf.operands()[1:]
        against = len(roots.terms) + roots.attributes[right[0].name or ""] if right else -1
        rows.append([roots.leaf_terms[number], code.operator, code.whole, against, option_ends[number],
                     option_ends[number + 1], roots.leaf_watches[number]])  # fmt: skip
    return np.array(rows, np.int64).reshape(-1, lay.LEAF_COLUMNS)


def _floats(roots: Roots) -> lay.Floats:
    literals = [code.literal for code in roots.leaf_codes]
    return np.array(literals + [option for code in roots.leaf_codes for option in code.options], np.float64)


def _timed(roots: Roots, numbers: Iterable[int]) -> list[int]:
    """The leaves that time alone can change."""
    return [leaf for leaf in roots.leaf_numbers(numbers) if time_turns(*_nature(roots, leaf))]


def _nature(roots: Roots, leaf: int) -> tuple[str, int, int]:
    """Kind and span of the leaf's term, and its operator."""
    term, span = roots.terms[roots.leaf_terms[leaf]]
    return term.kind, span, roots.leaf_codes[leaf].operator


def _clock(roots: Roots, leaf: int) -> int:
    """How long the idle time is that the leaf waits for, if it does."""
    kind, span, operator = _nature(roots, leaf)
    is_waiting = kind == "idle" and time_turns(kind, span, operator) & roots.leaf_watches[leaf]
    return max(0, roots.leaf_codes[leaf].whole) if is_waiting else lay.NEVER // 4


def _stage_tables(plan: Plan, roots: Roots) -> dict[int, Any]:
    stage_roots = [plan.stage_roots(stage) for stage in range(len(plan.ways_out))]
    ways_from, ways = _slices(plan.ways_out)
    leaf_from, stage_leaves = _slices([_timed(roots, numbers) for numbers in stage_roots])
    begun = [
        [t for t in roots.term_numbers(numbers) if roots.terms[t][1] == lay.VISIT] for numbers in stage_roots
    ]
    term_from, stage_terms = _slices(begun)
    return {
        lay.WAYS_FROM: ways_from,
        lay.WAYS: ways,
        lay.STAGE_LEAF_FROM: leaf_from,
        lay.STAGE_LEAVES: stage_leaves,
        lay.STAGE_TERM_FROM: term_from,
        lay.STAGE_TERMS: stage_terms,
        lay.CLOCKS: [
            min(
                (_clock(roots, leaf) for leaf in roots.leaf_numbers([*numbers, *plan.watchers])),
                default=lay.NEVER // 4,
            )
            for numbers in stage_roots
        ],
    }


def _wakes(plan: Plan, roots: Roots, matches: lay.Flags) -> lay.Flags:
    """Which activities can matter in which stage.

    Bit 1: to ways out. Bit 2: to milestones and signals. Bit 3: they start a clock anew, nothing else.
    """
    wakes = np.zeros((len(plan.ways_out), matches.shape[1]), np.int8)
    for stage in range(len(plan.ways_out)):
        for bit, numbers in ((1, plan.stage_roots(stage)), (2, plan.watchers)):
            for leaf in roots.leaf_numbers(numbers):
                matched = matches[roots.leaf_terms[leaf]] != 0
                wakes[stage][matched] |= _woken(*_nature(roots, leaf), roots.leaf_watches[leaf], bit)
    return wakes


def _woken(kind: str, span: int, operator: int, watch: int, bit: int) -> int:
    """An event wakes if it can turn the leaf in a way that is watched, at once or on leaving a window."""
    if event_turns(kind, operator) & watch:
        return bit
    if time_turns(kind, span, operator) & watch:
        return bit if span == lay.WINDOW else 4 if kind == "idle" else 0
    return 0


def _retries(journey: Journey, words: Vocabulary, plan: Plan, roots: Roots) -> tuple[lay.Flags, lay.Flags]:
    """For each transition the activities and attributes that its criterion and required items mention."""
    activities = np.zeros((len(plan.transitions), len(words.activities)), np.int8)
    attributes = np.zeros((len(plan.transitions), len(roots.attributes)), np.int8)
    codes = {activity: code for code, activity in enumerate(words.activities)}
    for position, numbers in enumerate(plan.gates):
        leaves = [roots.leaves[number] for number in roots.leaf_numbers(numbers)]
        for term in (term for leaf in leaves for term in leaf.operands()):
            for activity in activities_of(journey, term):
                if activity in codes:
                    activities[position, codes[activity]] = 1
            if (name := attribute_of(term)) is not None:
                attributes[position, roots.attributes[name]] = 1
    return activities, attributes


def _handoff_tables(journey: Journey, plan: Plan, roots: Roots) -> dict[int, Any]:
    stages = [journey.transitions[position].source for position in plan.handoffs]
    handoff_from, _ = _slices([[1] * stages.count(stage.id) for stage in journey.stages])
    term_from, item_terms = _slices(
        [[t for t in roots.term_numbers([root]) if roots.terms[t][0].is_event_term] for root, _ in plan.items]
    )
    return {
        lay.TARGETS: [target for target, _, _ in plan.transitions],
        lay.WHENS: [when for _, when, _ in plan.transitions],
        lay.HANDOFFS: [handoff for _, _, handoff in plan.transitions],
        lay.HANDOFF_FROM: handoff_from,
        lay.HANDOFF_TRANSITION: plan.handoffs,
        lay.ITEM_FROM: plan.item_ends,
        lay.ITEM_ROOTS: [root for root, _ in plan.items],
        lay.ITEM_REQUIRED: [required for _, required in plan.items],
        lay.ITEM_TERM_FROM: term_from,
        lay.ITEM_TERMS: item_terms,
    }


def _watcher_tables(journey: Journey, plan: Plan, roots: Roots) -> dict[int, Any]:
    leaf_from, leaves = _slices([_timed(roots, [root]) for root in plan.watchers])
    stages = [[not s.stages or stage.id in s.stages for stage in journey.stages] for s in journey.signals]
    return {
        lay.WATCHER_ROOTS: plan.watchers,
        lay.WATCHER_LEAF_FROM: leaf_from,
        lay.WATCHER_LEAVES: leaves,
        lay.SIGNAL_STAGES: stages,
    }


def _slices(groups: Sequence[Sequence[Any]]) -> tuple[lay.Ints, list[Any]]:
    """Groups of values laid end to end, and where each group begins."""
    ends = np.zeros(len(groups) + 1, np.int64)
    np.cumsum([len(group) for group in groups], out=ends[1:])
    return ends, [value for group in groups for value in group]
