"""One instant of one customer: what fires, what is held back, what is noted."""

from __future__ import annotations  # noqa: I001 - the names of the layout stand as a paragraph

import numpy as np

from .._jit import hot, inner
from ._criteria_kernel import next_flip, root_value
from ._layout import (
    ABANDONED, ENDED, HANDOFFS, HANDOFF_FROM, HANDOFF_ROWS, HANDOFF_TRANSITION, HELD, ITEM_FIRST, ITEM_FROM,
    ITEM_REQUIRED, ITEM_ROOTS, ITEM_ROW, ITEM_ROWS, ITEM_TERMS, ITEM_TERM_FROM, L_WATCH, MILESTONES,
    M_CUSTOMER, M_ENTERED, M_HELD, M_NEXT, M_NUMBER, M_STAGE, M_WRITTEN, NAT, NEVER, N_ATTRIBUTES,
    N_MILESTONES, N_SIGNALS, N_STAGES, OPEN, RAISED, REACHED, RETRIES, RETRY_ATTRIBUTES, SIGNALS,
    SIGNAL_STAGES, STAGE_LEAF_FROM, STAGE_LEAVES, STAGE_TERMS, STAGE_TERM_FROM, STAMPS, STARTED, TARGETS,
    TRUE, VISITS, WAIVED, WATCHER_LEAF_FROM, WATCHER_LEAVES, WATCHER_ROOTS, WAYS, WAYS_FROM, WHENS,
    X_EVENTS, X_WAIVERS, Inputs, Ints, Program, State, Whole,
)  # fmt: skip
from ._terms_kernel import begin_span, looks_at


@hot
def enter(p: Program, w: State, stage: int, now: int) -> None:
    """A visit begins."""
    w.marks[M_STAGE] = stage
    w.marks[M_ENTERED] = now
    w.marks[M_HELD] = 0
    w.marks[p.ints[STAMPS] + stage] = now
    for position in range(
        p.ints[p.ints[STAGE_TERM_FROM] + stage], p.ints[p.ints[STAGE_TERM_FROM] + stage + 1]
    ):
        begin_span(p, w, p.ints[p.ints[STAGE_TERMS] + position])
    for position in range(p.ints[p.ints[WAYS_FROM] + stage], p.ints[p.ints[WAYS_FROM] + stage + 1]):
        w.marks[p.ints[HELD] + p.ints[p.ints[WAYS] + position]] = 0
    for handoff in range(p.ints[p.ints[HANDOFF_FROM] + stage], p.ints[p.ints[HANDOFF_FROM] + stage + 1]):
        w.marks[p.ints[STARTED] + handoff] = NAT
        for item in range(p.ints[p.ints[ITEM_FROM] + handoff], p.ints[p.ints[ITEM_FROM] + handoff + 1]):
            w.marks[p.ints[ITEM_FIRST] + item] = NAT
            w.marks[p.ints[ITEM_ROW] + item] = -1


@inner
def is_waived(x: Inputs, w: State, item: int, now: int) -> bool:
    """Whether a waiver of the item is in force, start <= now < end."""
    customer = w.marks[M_CUSTOMER]
    for position in range(x.customers[customer, X_WAIVERS], x.customers[customer + 1, X_WAIVERS]):
        if x.waivers[position, 0] == item and x.waivers[position, 1] <= now < x.waivers[position, 2]:
            return True
    return False


@hot
def transition_value(p: Program, x: Inputs, w: State, transition: int, now: int) -> int:
    """The criterion and every required item of the checklist, or its waiver."""
    value = root_value(p, x, w, p.ints[p.ints[WHENS] + transition], now)
    handoff = p.ints[p.ints[HANDOFFS] + transition]
    if handoff < 0:
        return value
    for item in range(p.ints[p.ints[ITEM_FROM] + handoff], p.ints[p.ints[ITEM_FROM] + handoff + 1]):
        if p.ints[p.ints[ITEM_REQUIRED] + item] != 0 and value != 0 and not is_waived(x, w, item, now):
            value = min(value, root_value(p, x, w, p.ints[p.ints[ITEM_ROOTS] + item], now))
    return value


@inner
def watch_handoffs(p: Program, x: Inputs, w: State, now: int) -> None:
    """Note the handoffs that start and the items that are true for the first time in this visit."""
    stage = w.marks[M_STAGE]
    for handoff in range(p.ints[p.ints[HANDOFF_FROM] + stage], p.ints[p.ints[HANDOFF_FROM] + stage + 1]):
        when = p.ints[p.ints[WHENS] + p.ints[p.ints[HANDOFF_TRANSITION] + handoff]]
        if w.marks[p.ints[STARTED] + handoff] == NAT and root_value(p, x, w, when, now) == TRUE:
            w.marks[p.ints[STARTED] + handoff] = now
        for item in range(p.ints[p.ints[ITEM_FROM] + handoff], p.ints[p.ints[ITEM_FROM] + handoff + 1]):
            if w.marks[p.ints[ITEM_FIRST] + item] != NAT:
                continue
            if root_value(p, x, w, p.ints[p.ints[ITEM_ROOTS] + item], now) == TRUE:
                w.marks[p.ints[ITEM_FIRST] + item] = now
                w.marks[p.ints[ITEM_ROW] + item] = _evidence(p, x, w, item, now)


@inner
def _evidence(p: Program, x: Inputs, w: State, item: int, now: int) -> int:
    """The input row of the last event of the instant that the item mentions, or -1."""
    event = w.marks[M_NEXT] - 1
    low, high = p.ints[p.ints[ITEM_TERM_FROM] + item], p.ints[p.ints[ITEM_TERM_FROM] + item + 1]
    while event >= x.customers[w.marks[M_CUSTOMER], X_EVENTS] and x.time[event] == now:
        for position in range(low, high):
            if x.row[event] >= 0 and looks_at(p, x, w, p.ints[p.ints[ITEM_TERMS] + position], event):
                return x.row[event]  # type: ignore[no-any-return]
        event -= 1
    return -1


@inner
def write(w: State, rows: Ints, kind: int, a: int, b: int, c: int, d: int, e: int, f: int) -> None:
    """One row of output; the caller has seen to it that there is room."""
    row = w.marks[M_WRITTEN]
    w.marks[M_WRITTEN] = row + 1
    rows[row, 0] = kind
    rows[row, 1] = a
    rows[row, 2] = b
    rows[row, 3] = c
    rows[row, 4] = d
    rows[row, 5] = e
    rows[row, 6] = f


@inner
def leave(p: Program, x: Inputs, w: State, rows: Ints, fired: int, now: int) -> None:
    """Write the visit, the handoffs that have started in it and their items; ``fired`` is -1 at the end."""
    customer, stage, number = w.marks[M_CUSTOMER], w.marks[M_STAGE], w.marks[M_NUMBER]
    for handoff in range(p.ints[p.ints[HANDOFF_FROM] + stage], p.ints[p.ints[HANDOFF_FROM] + stage + 1]):
        started = w.marks[p.ints[STARTED] + handoff]
        if started == NAT:
            continue
        row = w.marks[M_WRITTEN]
        transition = p.ints[p.ints[HANDOFF_TRANSITION] + handoff]
        outcome = OPEN if fired < 0 else ENDED if transition == fired else ABANDONED
        write(w, rows, HANDOFF_ROWS, customer, number, transition, started, now, outcome)
        for item in range(p.ints[p.ints[ITEM_FROM] + handoff], p.ints[p.ints[ITEM_FROM] + handoff + 1]):
            status = root_value(p, x, w, p.ints[p.ints[ITEM_ROOTS] + item], now)
            if status != TRUE and is_waived(x, w, item, now):
                status = WAIVED
            first, event_row = w.marks[p.ints[ITEM_FIRST] + item], w.marks[p.ints[ITEM_ROW] + item]
            write(w, rows, ITEM_ROWS, row, item, status, first, event_row, 0)
    left = NAT if fired < 0 else now
    write(w, rows, VISITS, customer, number, stage, w.marks[M_ENTERED], left, fired)


@hot
def choose(p: Program, x: Inputs, w: State, now: int) -> int:
    """The transition that fires now, or -1; those held back by an entry at this instant are marked."""
    stage = w.marks[M_STAGE]
    for position in range(p.ints[p.ints[WAYS_FROM] + stage], p.ints[p.ints[WAYS_FROM] + stage + 1]):
        transition = p.ints[p.ints[WAYS] + position]
        held = p.ints[HELD] + transition
        if transition_value(p, x, w, transition, now) != TRUE:
            w.marks[held] = 0
        elif w.marks[p.ints[STAMPS] + p.ints[p.ints[TARGETS] + transition]] == now:
            w.marks[held] = 1
            w.marks[M_HELD] = 1
        elif w.marks[held] == 0:
            return transition  # type: ignore[no-any-return]
    return -1


@inner
def watch(p: Program, x: Inputs, w: State, rows: Ints, now: int) -> None:
    """Note milestones reached, signals raised and ceased, once the moves of the instant are done."""
    customer, stage, n_milestones = w.marks[M_CUSTOMER], w.marks[M_STAGE], p.ints[N_MILESTONES]
    for watcher in range(n_milestones + p.ints[N_SIGNALS]):
        is_milestone = watcher < n_milestones
        signal = watcher - n_milestones
        if is_milestone and w.marks[p.ints[REACHED] + watcher] != 0:
            continue
        holds = is_milestone or p.ints[p.ints[SIGNAL_STAGES] + signal * p.ints[N_STAGES] + stage] != 0
        holds = holds and root_value(p, x, w, p.ints[p.ints[WATCHER_ROOTS] + watcher], now) == TRUE
        if is_milestone:
            if holds:
                w.marks[p.ints[REACHED] + watcher] = 1
                write(w, rows, MILESTONES, customer, watcher, now, 0, 0, 0)
            continue
        raised = p.ints[RAISED] + signal
        if holds and w.marks[raised] < 0:
            w.marks[raised] = w.marks[M_WRITTEN]
            write(w, rows, SIGNALS, customer, signal, now, NAT, 0, 0)
        elif not holds and w.marks[raised] >= 0:
            rows[w.marks[raised], 4] = now
            w.marks[raised] = -1


@inner
def next_alarm(p: Program, x: Inputs, w: State, now: int) -> int:
    """The first moment after now at which time alone could matter to this customer."""
    stage = w.marks[M_STAGE]
    low, high = p.ints[p.ints[STAGE_LEAF_FROM] + stage], p.ints[p.ints[STAGE_LEAF_FROM] + stage + 1]
    alarm = NEVER
    for position in range(low, high):
        leaf = p.ints[p.ints[STAGE_LEAVES] + position]
        alarm = min(
            alarm, next_flip(p, x, w, leaf, now, 3 if w.marks[M_HELD] != 0 else p.leaves[leaf, L_WATCH])
        )
    n_milestones = p.ints[N_MILESTONES]
    for watcher in range(n_milestones + p.ints[N_SIGNALS]):
        if watcher >= n_milestones or w.marks[p.ints[REACHED] + watcher] == 0:
            slices = p.ints[WATCHER_LEAF_FROM] + watcher
            for position in range(p.ints[slices], p.ints[slices + 1]):
                leaf = p.ints[p.ints[WATCHER_LEAVES] + position]
                alarm = min(alarm, next_flip(p, x, w, leaf, now, p.leaves[leaf, L_WATCH]))
    return alarm


@inner
def release(p: Program, w: State, activity: int, attribute: int) -> int:
    """Let held transitions that mention an event or a change of value try again; -1 stands for none.

    Returns:
        1 if any is tried again, else 0.
    """
    stage = w.marks[M_STAGE]
    released = Whole(0)
    for position in range(p.ints[p.ints[WAYS_FROM] + stage], p.ints[p.ints[WAYS_FROM] + stage + 1]):
        transition = p.ints[p.ints[WAYS] + position]
        is_mentioned = activity >= 0 and p.flags[p.ints[RETRIES] + transition, activity] != 0
        if attribute >= 0:
            place = p.ints[RETRY_ATTRIBUTES] + transition * p.ints[N_ATTRIBUTES] + attribute
            is_mentioned = p.ints[place] != 0
        if is_mentioned and w.marks[p.ints[HELD] + transition] != 0:
            w.marks[p.ints[HELD] + transition] = 0
            released = Whole(1)
    return released


@inner
def release_waived(p: Program, w: State, item: int) -> None:
    """A waiver that begins or ends lets its held transition try again."""
    stage = w.marks[M_STAGE]
    for handoff in range(p.ints[p.ints[HANDOFF_FROM] + stage], p.ints[p.ints[HANDOFF_FROM] + stage + 1]):
        is_own = p.ints[p.ints[ITEM_FROM] + handoff] <= item < p.ints[p.ints[ITEM_FROM] + handoff + 1]
        if is_own and p.ints[p.ints[ITEM_REQUIRED] + item] != 0:
            w.marks[p.ints[HELD] + p.ints[p.ints[HANDOFF_TRANSITION] + handoff]] = 0


@inner
def differs(left: float, right: float) -> bool:
    """Whether two attribute values differ; unknown equals unknown."""
    return not (left == right or (np.isnan(left) and np.isnan(right)))
