"""Why a customer is where it is: every way out, leaf by leaf."""

from __future__ import annotations  # noqa: I001 - the names of the layout stand as a paragraph

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import attrs
import numpy as np

from .._jit import jit
from ..criteria import And, Criterion, Not, Or, Term
from ..journey._journey import Journey
from ._criteria_kernel import leaf_value, next_flip
from ._inputs import Prepared
from ._instants_kernel import is_waived, transition_value
from ._kernel import DONE, next_waiver, replay_block
from ._layout import (
    ATTRIBUTE, ITEM_ROOTS, LAST, L_OPERATOR, L_TERM, MAX, MEAN, MIN, M_CUSTOMER, M_ENTERED, M_STAGE, NAT,
    NEVER, ROW_COLUMNS, SENSELESS, S_COUNT, S_COUNT_BASE, TRUE, T_KIND, WHENS, Floats, Inputs, Ints,
    Program, State, Whole,
)  # fmt: skip
from ._leaves import MICROSECOND
from ._run import NO_ALARMS, new_state
from ._terms_kernel import float_value, is_known, whole_value

__all__ = ["Explanation", "ItemReading", "Reading", "WayOut", "explain_customer"]

VERDICTS = ("false", "unknown", "true")
STATUSES = ("failed", "unknown", "passed")
HORIZON = 200 * 366 * 86_400_000_000


@attrs.frozen(kw_only=True)
class Reading:
    """One leaf of a criterion as it stands.

    Attributes:
        text: the leaf as it is written.
        value: the term's value (number, text, boolean, timedelta or datetime64), None where it has none.
        needs: what the value is held against.
        verdict: ``true``, ``false`` or ``unknown``.
    """

    text: str
    value: Any
    needs: str
    verdict: str

    def __str__(self) -> str:
        return f"{self.verdict:7} {self.text} (now {_shown(self.value)})"


@attrs.frozen(kw_only=True)
class ItemReading:
    """One checklist item as it stands: passed, failed, unknown or waived, and its leaves."""

    item: str
    label: str
    required: bool
    status: str
    readings: tuple[Reading, ...]

    def __str__(self) -> str:
        kind = "" if self.required else " (optional)"
        tick = "x" if self.status in ("passed", "waived") else " "
        return f"[{tick}] {self.label or self.item}{kind}: {self.status}"


@attrs.frozen(kw_only=True)
class WayOut:
    """One way out of the stage.

    Attributes:
        transition: its position in the journey.
        target: where it leads.
        verdict: whether it is open, its checklist included: ``true`` (held back), ``false`` or ``unknown``.
        readings: the leaves of its criterion.
        items: its checklist.
        opens: the first moment at which time alone would open it; NaT if it never would.
    """

    transition: int
    target: str
    verdict: str
    readings: tuple[Reading, ...]
    items: tuple[ItemReading, ...]
    opens: np.datetime64

    @property
    def missing(self) -> tuple[str, ...]:
        """The required checklist items that are neither passed nor waived."""
        return tuple(i.item for i in self.items if i.required and i.status not in ("passed", "waived"))


@attrs.frozen(kw_only=True)
class Explanation:
    """Where a customer is, since when, and what every way out still needs."""

    customer: Any
    stage: str
    entered: np.datetime64
    at: np.datetime64
    ways_out: tuple[WayOut, ...]

    def __str__(self) -> str:
        lines = [f"{self.customer} is in {self.stage} since {_day(self.entered)} (as of {_day(self.at)})"]
        for way in self.ways_out:
            when = "" if np.isnat(way.opens) else f"; time alone opens it at {_day(way.opens)}"
            lines.append(f"  to {way.target}: {way.verdict}{when}")
            lines.extend(f"    {part}" for part in (*way.readings, *way.items))
        return "\n".join(lines)


def _day(moment: np.datetime64) -> str:
    return str(moment).replace("T", " ").removesuffix(".000000").removesuffix(" 00:00:00")


def _shown(value: object) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, timedelta):
        return f"{value / timedelta(days=1):.6g} d"
    if isinstance(value, np.datetime64):
        return _day(value)
    return (
        repr(value) if isinstance(value, str) else f"{value:.10g}" if isinstance(value, float) else str(value)
    )


@jit
def read_leaves(
    p: Program, x: Inputs, w: State, until: int, verdicts: Ints, whole: Ints, numbers: Floats
) -> None:
    """Read every leaf of the program as it stands for the customer who was replayed last.

    ``whole`` takes counts, sums and times, ``numbers`` all else; NaN in ``numbers`` where there is no value.
    """
    for leaf in range(len(p.leaves)):
        verdicts[leaf] = leaf_value(p, x, w, leaf, until)
        term = p.leaves[leaf, L_TERM]
        kind = p.terms[term, T_KIND]
        numbers[leaf] = np.nan
        if p.leaves[leaf, L_OPERATOR] >= SENSELESS or not is_known(p, w, term):
            continue
        numbers[leaf] = 0.0
        if kind == MIN or kind == MAX or kind == LAST or kind == ATTRIBUTE:
            numbers[leaf] = float_value(p, x, w, term)
        else:
            whole[leaf] = whole_value(p, w, term, until)
        if kind == MEAN:
            numbers[leaf] = whole[leaf] / (w.counts[term, S_COUNT] - w.counts[term, S_COUNT_BASE]) / 1e6


@jit
def opening(
    p: Program, x: Inputs, w: State, until: int, transition: int, leaf_from: int, leaf_to: int, horizon: int
) -> int:
    """The first moment after until at which time alone makes a transition's criterion true, or NAT."""
    now = until
    while True:
        following = next_waiver(x, w.marks[M_CUSTOMER], now)
        for leaf in range(leaf_from, leaf_to):
            following = min(following, next_flip(p, x, w, leaf, now, Whole(3)))
        if following == NEVER or following > horizon:
            return NAT
        now = following
        if transition_value(p, x, w, transition, now) == TRUE:
            return now


@attrs.frozen(eq=False)
class _Probed:
    """A customer at the end of the replay, and every leaf as it stands."""

    prepared: Prepared
    customer: int
    until: int
    most: int
    state: State
    readings: tuple[Reading, ...]

    def opens(self, transition: int, leaves: tuple[int, int]) -> int:
        """The first moment at which time alone would open the transition, or NAT."""
        # Looking ahead empties windows, so each look starts from the end of the replay anew.
        state = _replayed(self.prepared, self.customer, self.until, self.most)
        p, x = self.prepared.compiled.program, self.prepared.inputs
        return opening(p, x, state, self.until, transition, *leaves, self.until + HORIZON)


def explain_customer(
    journey: Journey, prepared: Prepared, customer: int, until: int, most: int
) -> Explanation:
    """The explanation of one customer, by number, as of the end of the replay."""
    probed = _probe(prepared, customer, until, most)
    stage, entered = int(probed.state.marks[M_STAGE]), int(probed.state.marks[M_ENTERED])
    positions = [
        n for n, transition in enumerate(journey.transitions) if transition.source == journey.stages[stage].id
    ]
    return Explanation(
        customer=prepared.ids[customer],
        stage=journey.stages[stage].id,
        entered=np.int64(entered).view("datetime64[us]"),
        at=np.int64(until).view("datetime64[us]"),
        ways_out=tuple([_way_out(journey, probed, position) for position in positions]),
    )


def _replayed(prepared: Prepared, customer: int, until: int, most: int) -> State:
    """The state in which a replay of one customer ends."""
    program, inputs = prepared.compiled.program, prepared.inputs
    ends, rows = np.full(customer + 1, until, np.int64), 256
    while True:
        state = new_state(program, inputs, customer, customer + 1)
        table = np.zeros((rows, ROW_COLUMNS), np.int64)
        block = (customer, customer + 1, ends, most, NO_ALARMS)
        if replay_block(program, inputs, state, table, *block)[1] == DONE:
            return state
        rows *= 4


def _probe(prepared: Prepared, customer: int, until: int, most: int) -> _Probed:
    state = _replayed(prepared, customer, until, most)
    n = len(prepared.compiled.leaves)
    verdicts, whole, numbers = np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n)
    read_leaves(prepared.compiled.program, prepared.inputs, state, until, verdicts, whole, numbers)
    readings = [
        _reading(prepared, leaf, int(verdicts[leaf]), int(whole[leaf]), float(numbers[leaf]))
        for leaf in range(n)
    ]
    return _Probed(prepared, customer, until, most, state, tuple(readings))


def _way_out(journey: Journey, probed: _Probed, position: int) -> WayOut:
    compiled, x = probed.prepared.compiled, probed.prepared.inputs
    program = compiled.program
    transition = journey.transitions[position]
    when = int(program.ints[program.ints[WHENS] + position])
    checklist = transition.handoff.checklist if transition.handoff is not None else ()
    items = []
    for number, item in enumerate(checklist):
        code = compiled.items.index((position, number))
        readings = _slice(probed, int(program.ints[program.ints[ITEM_ROOTS] + code]))
        verdict = _verdict(item.criterion, iter(readings))
        waived = verdict != "true" and is_waived.py_func(x, probed.state, code, probed.until)
        status = "waived" if waived else STATUSES[VERDICTS.index(verdict)]
        items.append(
            ItemReading(
                item=item.id, label=item.label, required=item.required, status=status, readings=readings
            )
        )
    # The roots of a transition and its checklist are neighbours, and so are their leaves.
    leaves = (compiled.leaf_slices[when][0], compiled.leaf_slices[when + len(checklist)][1])
    readings = _slice(probed, when)
    return WayOut(
        transition=position,
        target=transition.target,
        verdict=_whole_verdict(_verdict(transition.when, iter(readings)), items),
        readings=readings,
        items=tuple(items),
        opens=np.int64(probed.opens(position, leaves)).view("datetime64[us]"),
    )


def _slice(probed: _Probed, root: int) -> tuple[Reading, ...]:
    return probed.readings[slice(*probed.prepared.compiled.leaf_slices[root])]


def _whole_verdict(when: str, items: list[ItemReading]) -> str:
    """The criterion and every required item, waived or not."""
    gates = {"passed": 2, "waived": 2, "unknown": 1, "failed": 0}
    return VERDICTS[min([VERDICTS.index(when), *(gates[item.status] for item in items if item.required)])]


def _verdict(criterion: Criterion, readings: Iterator[Reading]) -> str:
    """A criterion's verdict from those of its leaves, by Kleene's logic."""
    return VERDICTS[_kleene(criterion, readings)]


def _kleene(criterion: Criterion, readings: Iterator[Reading]) -> int:
    if isinstance(criterion, (And, Or)):
        parts = [_kleene(part, readings) for part in criterion.criteria]
        return min(parts) if isinstance(criterion, And) else max(parts)
    if isinstance(criterion, Not):
        return 2 - _kleene(criterion.criterion, readings)
    return VERDICTS.index(next(readings).verdict)


def _reading(prepared: Prepared, number: int, verdict: int, whole: int, real: float) -> Reading:
    leaf = prepared.compiled.leaves[number]
    term = leaf.operands()[0]
    return Reading(
        text=str(leaf),
        value=None if np.isnan(real) else _value(prepared, term, whole, real),
        needs=str(leaf).removeprefix(str(term)).strip(),
        verdict=VERDICTS[verdict],
    )


def _value(prepared: Prepared, term: Term, whole: int, real: float) -> Any:
    """The term's value as a person would write it."""
    if term.is_duration:
        return whole * MICROSECOND
    if term.kind in ("count", "distinct"):
        return whole
    if term.kind == "sum":
        return whole / 1e6
    if term.kind != "attribute":
        return real
    kind = prepared.kinds[term.name or ""]
    if kind.kind == "date":
        return np.int64(real).view("datetime64[us]")
    if kind.kind == "boolean":
        return bool(real)
    return kind.words[int(real)] if kind.words else real
