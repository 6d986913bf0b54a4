"""What a term is worth at a moment: counters kept as events arrive and windows empty."""

from __future__ import annotations  # noqa: I001 - the names of the layout stand as a paragraph

import numpy as np

from .._jit import hot, inner
from ._layout import (
    ACT_TERMS, AGE, ATTRIBUTE, BEGINNING, COUNT, DISTINCT, IDLE, LAST, MAX, MEAN, MIN, M_CUSTOMER,
    M_ENTERED, M_FIRST, M_NEXT, NAT, N_STAGES, SUM, S_COUNT, S_COUNT_BASE, S_EPOCH, S_HAS, S_HEAD, S_SINCE,
    S_SUM, S_SUM_BASE, S_TAIL, S_TAKEN, TOUCH_STAGES, T_ATTRIBUTE, T_CHANNEL, T_KIND, T_SLOT, T_SPAN,
    T_TOUCHPOINT, T_VALUED, T_WINDOW, UNTIL, WINDOW, X_EVENTS, Inputs, Program, State, Whole,
)  # fmt: skip


@hot
def looks_at(p: Program, x: Inputs, w: State, term: int, event: int) -> bool:
    """Whether the term mentions an event: its activity, or its touchpoint, over its channel."""
    match = p.flags[term, x.activity[event]]
    if match == 2:
        stage = w.queues[-1, event - x.customers[w.marks[M_CUSTOMER], X_EVENTS]]
        touchpoint = p.terms[term, T_TOUCHPOINT]
        if stage < 0 or p.ints[p.ints[TOUCH_STAGES] + touchpoint * p.ints[N_STAGES] + stage] == 0:
            return False
    channel = p.terms[term, T_CHANNEL]
    return match != 0 and (channel == -1 or x.channel[event] == channel)  # type: ignore[no-any-return]


@hot
def counts_for(p: Program, x: Inputs, w: State, term: int, event: int) -> bool:
    """Whether an event changes the term: one without a value is nothing to a sum."""
    match = p.flags[term, x.activity[event]]
    if match <= 1:
        return match == 1  # type: ignore[no-any-return]
    if not looks_at(p, x, w, term, event):
        return False
    if p.terms[term, T_VALUED] != 0:
        return not np.isnan(x.value[event])
    return p.terms[term, T_KIND] != DISTINCT or x.actor[event] >= 0  # type: ignore[no-any-return]


@inner
def begin_terms(p: Program, w: State, first_event: int, events: int) -> None:
    """Nothing has happened yet."""
    for term in range(p.terms.shape[0]):
        for column in range(S_EPOCH):
            w.counts[term, column] = 0
        w.counts[term, S_EPOCH] += 1
        w.counts[term, S_TAKEN] = first_event
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


@hot
def take_event(p: Program, x: Inputs, w: State, low: int, high: int, event: int) -> None:
    """One more event for the terms low to high of ACT_TERMS; windows take it in when they are read."""
    for position in range(p.ints[ACT_TERMS] + low, p.ints[ACT_TERMS] + high):
        term = p.ints[position]
        if not counts_for(p, x, w, term, event):
            continue
        kind = p.terms[term, T_KIND]
        if kind == COUNT:
            w.counts[term, S_COUNT] += 1
        elif kind == IDLE:
            w.counts[term, S_SINCE] = x.time[event]
        elif kind == SUM or kind == MEAN:
            w.counts[term, S_COUNT] += 1
            w.counts[term, S_SUM] += Whole(np.rint(x.value[event] * 1e6))
        elif kind == DISTINCT:
            _take_actor(p, w, term, x.actor[event])
        else:
            _take_value(p, w, term, x.value[event])


@hot
def _take_actor(p: Program, w: State, term: int, actor: int) -> None:
    slot = p.terms[term, T_SLOT]
    if w.actors[slot, actor] != w.counts[term, S_EPOCH]:
        w.actors[slot, actor] = w.counts[term, S_EPOCH]
        w.counts[term, S_COUNT] += 1


@hot
def _take_value(p: Program, w: State, term: int, value: float) -> None:
    kind = p.terms[term, T_KIND]
    is_better = value < w.floats[term] if kind == MIN else value > w.floats[term]
    if kind == LAST or w.counts[term, S_HAS] == 0 or is_better:
        w.counts[term, S_HAS] = 1
        w.floats[term] = value


@inner
def roll_window(p: Program, x: Inputs, w: State, term: int, now: int) -> None:
    """Take in the events since the window was last read, and let go of what has grown older than it."""
    for event in range(w.counts[term, S_TAKEN], w.marks[M_NEXT]):
        if counts_for(p, x, w, term, event):
            _take_into_window(p, x, w, term, event)
    w.counts[term, S_TAKEN] = w.marks[M_NEXT]
    edge = now - p.terms[term, T_WINDOW]
    kind = p.terms[term, T_KIND]
    if kind == MIN or kind == MAX:
        slot = p.terms[term, T_SLOT]
        while w.counts[term, S_HEAD] < w.counts[term, S_TAIL]:
            if x.time[w.queues[slot, w.counts[term, S_HEAD]]] > edge:
                break
            w.counts[term, S_HEAD] += 1
        return
    tail = w.counts[term, S_TAIL]
    while tail < w.marks[M_NEXT]:
        if counts_for(p, x, w, term, tail):
            if x.time[tail] > edge:
                break
            _let_go(p, x, w, term, tail)
        tail += 1
    w.counts[term, S_TAIL] = tail


@hot
def _take_into_window(p: Program, x: Inputs, w: State, term: int, event: int) -> None:
    kind, slot = p.terms[term, T_KIND], p.terms[term, T_SLOT]
    if kind == DISTINCT:
        w.counts[term, S_COUNT] += w.actors[slot, x.actor[event]] == 0
        w.actors[slot, x.actor[event]] += 1
    elif kind == MIN or kind == MAX:
        # The queue holds what can still become the extreme when older events leave, best first.
        tail = w.counts[term, S_TAIL]
        while tail > w.counts[term, S_HEAD]:
            latest = x.value[w.queues[slot, tail - 1]]
            if latest < x.value[event] if kind == MIN else latest > x.value[event]:
                break
            tail -= 1
        w.queues[slot, tail] = event
        w.counts[term, S_TAIL] = tail + 1
    else:
        w.counts[term, S_COUNT] += 1
        if kind != COUNT:
            w.counts[term, S_SUM] += Whole(np.rint(x.value[event] * 1e6))


@hot
def _let_go(p: Program, x: Inputs, w: State, term: int, event: int) -> None:
    kind = p.terms[term, T_KIND]
    if kind == DISTINCT:
        slot = p.terms[term, T_SLOT]
        w.actors[slot, x.actor[event]] -= 1
        w.counts[term, S_COUNT] -= w.actors[slot, x.actor[event]] == 0
    else:
        w.counts[term, S_COUNT] -= 1
        if kind != COUNT:
            w.counts[term, S_SUM] -= Whole(np.rint(x.value[event] * 1e6))


@hot
def next_exit(p: Program, x: Inputs, w: State, term: int) -> int:
    """When the oldest event leaves the window that was rolled last, or NAT if it is empty."""
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


@hot
def is_known(p: Program, w: State, term: int) -> bool:
    """Whether the term has a value (its window rolled before)."""
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


@hot
def since(p: Program, w: State, term: int) -> int:
    """The moment from which a clock runs."""
    kind = p.terms[term, T_KIND]
    moment = w.marks[M_ENTERED]
    if kind == AGE or kind == IDLE or p.terms[term, T_SPAN] == BEGINNING:
        moment = w.marks[M_FIRST]
    if kind == IDLE and w.counts[term, S_SINCE] != NAT:
        moment = w.counts[term, S_SINCE]
    return moment  # type: ignore[no-any-return]


@hot
def whole_value(p: Program, w: State, term: int, now: int) -> int:
    """Counts as they are, sums in millionths, times in microseconds."""
    kind = p.terms[term, T_KIND]
    if kind == COUNT or kind == DISTINCT:
        return w.counts[term, S_COUNT] - w.counts[term, S_COUNT_BASE]  # type: ignore[no-any-return]
    if kind == SUM or kind == MEAN:
        return w.counts[term, S_SUM] - w.counts[term, S_SUM_BASE]  # type: ignore[no-any-return]
    if kind == UNTIL:
        return Whole(w.floats[p.terms[term, T_ATTRIBUTE]]) - now
    return now - since(p, w, term)


@hot
def float_value(p: Program, x: Inputs, w: State, term: int) -> float:
    """Extremes, latest values and attributes as they came."""
    kind = p.terms[term, T_KIND]
    if kind == ATTRIBUTE:
        return w.floats[p.terms[term, T_ATTRIBUTE]]  # type: ignore[no-any-return]
    if kind != LAST and p.terms[term, T_SPAN] == WINDOW:
        return x.value[w.queues[p.terms[term, T_SLOT], w.counts[term, S_HEAD]]]  # type: ignore[no-any-return]
    return w.floats[term]  # type: ignore[no-any-return]
