"""What a term is worth at a moment: counters kept as events arrive and windows empty."""

from __future__ import annotations

import numpy as np

from .._jit import jit
from ._layout import (
    ACT_FROM, ACT_TERMS, AGE, ATTRIBUTE, BEGINNING, COUNT, DISTINCT, IDLE, LAST, M_CUSTOMER, M_ENTERED, M_FIRST,
    M_NEXT, MAX, MEAN, MIN, N_STAGES, NAT, S_COUNT, S_COUNT_BASE, S_EPOCH, S_HAS, S_HEAD, S_SINCE, S_SUM,
    S_SUM_BASE, S_TAIL, SUM, T_ATTRIBUTE, T_CHANNEL, T_KIND, T_SLOT, T_SPAN, T_TOUCHPOINT, T_VALUED, T_WINDOW,
    TOUCH_STAGES, UNTIL, WINDOW, X_EVENTS, Inputs, Program, State,
)  # fmt: skip

# Called by kernels only: wrappers for calls from Python would take most of the time to compile.
inner = jit(no_cpython_wrapper=True, no_cfunc_wrapper=True, error_model="numpy")


@inner
def counts_for(p: Program, x: Inputs, w: State, term: int, event: int) -> bool:
    """Whether an event is one that the term looks at."""
    match = p.flags[term, x.activity[event]]
    if match == 0:
        return False
    if match == 2:
        stage = w.queues[-1, event - x.customers[w.marks[M_CUSTOMER], X_EVENTS]]
        touchpoint = p.terms[term, T_TOUCHPOINT]
        if stage < 0 or p.ints[p.ints[TOUCH_STAGES] + touchpoint * p.ints[N_STAGES] + stage] == 0:
            return False
    channel = p.terms[term, T_CHANNEL]
    if channel != -1 and x.channel[event] != channel:
        return False
    if p.terms[term, T_VALUED] != 0 and np.isnan(x.value[event]):
        return False
    return not (p.terms[term, T_KIND] == DISTINCT and x.actor[event] < 0)


@inner
def begin_terms(p: Program, w: State, first_event: int, events: int) -> None:
    """Nothing has happened yet."""
    for term in range(p.terms.shape[0]):
        epoch = w.counts[term, S_EPOCH] + 1
        w.counts[term, :] = 0
        w.counts[term, S_EPOCH] = epoch
        w.counts[term, S_TAIL] = first_event
        w.counts[term, S_SINCE] = NAT
        if p.terms[term, T_SPAN] == WINDOW:
            kind = p.terms[term, T_KIND]
            if kind == DISTINCT:
                w.actors[p.terms[term, T_SLOT], :events] = 0
            elif kind == MIN or kind == MAX:
                w.counts[term, S_TAIL] = 0


@inner
def begin_span(p: Program, w: State, term: int) -> None:
    """From here on only what is new counts for the term."""
    kind = p.terms[term, T_KIND]
    w.counts[term, S_COUNT_BASE] = w.counts[term, S_COUNT]
    w.counts[term, S_SUM_BASE] = w.counts[term, S_SUM]
    if kind == MIN or kind == MAX:
        w.counts[term, S_HAS] = 0
    elif kind == DISTINCT:
        w.counts[term, S_EPOCH] += 1


@inner
def begin_beginning(p: Program, w: State) -> None:
    """The first moment has come: terms of milestones and signals count from here."""
    for term in range(p.terms.shape[0]):
        if p.terms[term, T_SPAN] == BEGINNING:
            begin_span(p, w, term)


@inner
def take_event(p: Program, x: Inputs, w: State, event: int) -> None:
    """One more event for every term that looks at it."""
    activity = p.ints[ACT_FROM] + x.activity[event]
    for position in range(p.ints[activity], p.ints[activity + 1]):
        term = p.ints[p.ints[ACT_TERMS] + position]
        if not counts_for(p, x, w, term, event):
            continue
        kind = p.terms[term, T_KIND]
        if kind == COUNT:
            w.counts[term, S_COUNT] += 1
        elif kind == SUM or kind == MEAN:
            w.counts[term, S_COUNT] += 1
            w.counts[term, S_SUM] += np.int64(np.rint(x.value[event] * 1e6))
        elif kind == IDLE:
            w.counts[term, S_SINCE] = x.time[event]
        elif kind == LAST:
            w.counts[term, S_HAS] = 1
            w.floats[term] = x.value[event]
        elif kind == DISTINCT:
            _take_actor(p, w, term, x.actor[event])
        else:
            _take_extreme(p, x, w, term, event)


@inner
def _take_actor(p: Program, w: State, term: int, actor: int) -> None:
    slot = p.terms[term, T_SLOT]
    if p.terms[term, T_SPAN] == WINDOW:
        if w.actors[slot, actor] == 0:
            w.counts[term, S_COUNT] += 1
        w.actors[slot, actor] += 1
    elif w.actors[slot, actor] != w.counts[term, S_EPOCH]:
        w.actors[slot, actor] = w.counts[term, S_EPOCH]
        w.counts[term, S_COUNT] += 1


@inner
def _take_extreme(p: Program, x: Inputs, w: State, term: int, event: int) -> None:
    value = x.value[event]
    is_min = p.terms[term, T_KIND] == MIN
    if p.terms[term, T_SPAN] != WINDOW:
        if w.counts[term, S_HAS] == 0 or (value < w.floats[term] if is_min else value > w.floats[term]):
            w.counts[term, S_HAS] = 1
            w.floats[term] = value
        return
    # The queue holds what can still become the extreme when older events leave, best first.
    slot = p.terms[term, T_SLOT]
    tail = w.counts[term, S_TAIL]
    while tail > w.counts[term, S_HEAD]:
        latest = x.value[w.queues[slot, tail - 1]]
        if latest < value if is_min else latest > value:
            break
        tail -= 1
    w.queues[slot, tail] = event
    w.counts[term, S_TAIL] = tail + 1


@inner
def empty_window(p: Program, x: Inputs, w: State, term: int, now: int) -> None:
    """Let go of what has grown older than the window."""
    edge = now - p.terms[term, T_WINDOW]
    kind = p.terms[term, T_KIND]
    slot = p.terms[term, T_SLOT]
    if kind == MIN or kind == MAX:
        head = w.counts[term, S_HEAD]
        while head < w.counts[term, S_TAIL] and x.time[w.queues[slot, head]] <= edge:
            head += 1
        w.counts[term, S_HEAD] = head
        return
    tail = w.counts[term, S_TAIL]
    while tail < w.marks[M_NEXT]:
        if counts_for(p, x, w, term, tail):
            if x.time[tail] > edge:
                break
            if kind == DISTINCT:
                w.actors[slot, x.actor[tail]] -= 1
                w.counts[term, S_COUNT] -= w.actors[slot, x.actor[tail]] == 0
            else:
                w.counts[term, S_COUNT] -= 1
                if kind != COUNT:
                    w.counts[term, S_SUM] -= np.int64(np.rint(x.value[tail] * 1e6))
        tail += 1
    w.counts[term, S_TAIL] = tail


@inner
def next_exit(p: Program, x: Inputs, w: State, term: int) -> int:
    """When the oldest event leaves the window that was emptied last, or NAT if it is empty."""
    kind = p.terms[term, T_KIND]
    event = w.counts[term, S_TAIL]
    if kind == MIN or kind == MAX:
        head = w.counts[term, S_HEAD]
        if head == event:
            return NAT
        event = w.queues[p.terms[term, T_SLOT], head]
    elif w.counts[term, S_COUNT] == 0:
        return NAT
    return x.time[event] + p.terms[term, T_WINDOW]  # type: ignore[no-any-return]


@inner
def is_known(p: Program, w: State, term: int) -> bool:
    """Whether the term has a value (its window emptied before)."""
    kind = p.terms[term, T_KIND]
    if kind == MEAN:
        return w.counts[term, S_COUNT] > w.counts[term, S_COUNT_BASE]  # type: ignore[no-any-return]
    if (kind == MIN or kind == MAX) and p.terms[term, T_SPAN] == WINDOW:
        return w.counts[term, S_HEAD] < w.counts[term, S_TAIL]  # type: ignore[no-any-return]
    if kind == MIN or kind == MAX or kind == LAST:
        return w.counts[term, S_HAS] != 0  # type: ignore[no-any-return]
    if kind >= ATTRIBUTE:
        return not np.isnan(w.floats[p.terms[term, T_ATTRIBUTE]])
    return True


@inner
def since(p: Program, w: State, term: int) -> int:
    """The moment from which a clock runs."""
    kind = p.terms[term, T_KIND]
    moment = w.marks[M_ENTERED]
    if kind == AGE or kind == IDLE or p.terms[term, T_SPAN] == BEGINNING:
        moment = w.marks[M_FIRST]
    if kind == IDLE and w.counts[term, S_SINCE] != NAT:
        moment = w.counts[term, S_SINCE]
    return moment  # type: ignore[no-any-return]


@inner
def whole_value(p: Program, w: State, term: int, now: int) -> int:
    """Counts as they are, sums in millionths, times in microseconds."""
    kind = p.terms[term, T_KIND]
    if kind == COUNT or kind == DISTINCT:
        return w.counts[term, S_COUNT] - w.counts[term, S_COUNT_BASE]  # type: ignore[no-any-return]
    if kind == SUM or kind == MEAN:
        return w.counts[term, S_SUM] - w.counts[term, S_SUM_BASE]  # type: ignore[no-any-return]
    if kind == UNTIL:
        return np.int64(w.floats[p.terms[term, T_ATTRIBUTE]]) - now
    return now - since(p, w, term)


@inner
def float_value(p: Program, x: Inputs, w: State, term: int) -> float:
    """Extremes, latest values and attributes as they came."""
    kind = p.terms[term, T_KIND]
    if kind == ATTRIBUTE:
        return w.floats[p.terms[term, T_ATTRIBUTE]]  # type: ignore[no-any-return]
    if kind != LAST and p.terms[term, T_SPAN] == WINDOW:
        return x.value[w.queues[p.terms[term, T_SLOT], w.counts[term, S_HEAD]]]  # type: ignore[no-any-return]
    return w.floats[term]  # type: ignore[no-any-return]
