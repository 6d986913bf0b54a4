"""The replay of a block of customers: one pass over their sorted events."""

from __future__ import annotations  # noqa: I001 - the names of the layout stand as a paragraph

from .._jit import hot, inner, jit
from ._instants_kernel import (
    choose, differs, enter, leave, next_alarm, release, release_waived, watch, watch_handoffs,
)  # fmt: skip
from ._layout import (
    ACT_FROM, CLOCKS, HANDOFF_FROM, INITIAL, ITEM_FROM, M_CUSTOMER, M_FIRST, M_HELD, M_NEXT, M_NUMBER,
    M_STAGE, M_WRITTEN, NAT, NEVER, N_ACTIVITIES, N_ATTRIBUTES, N_MILESTONES, N_SIGNALS, N_STAGES, RAISED,
    REACHED, STAGES_DECIDE, STAMPS, TARGETS, WAKES, X_CHANGES, X_EVENTS, X_FIRST, X_WAIVERS, Inputs, Ints,
    Program, State, Whole,
)  # fmt: skip
from ._terms_kernel import begin_beginning, begin_terms, take_event

__all__ = ["DONE", "NO_ROOM", "TOO_MANY_VISITS", "replay_block"]

DONE = 0
NO_ROOM = 1
TOO_MANY_VISITS = 2


@hot
def begin_customer(p: Program, x: Inputs, w: State, customer: int) -> int:
    """Put the customer in the initial stage at the first moment, what happened before it taken in.

    Returns:
        The position of the first change of an attribute that is not taken in yet.
    """
    first, event = x.customers[customer, X_FIRST], x.customers[customer, X_EVENTS]
    end = x.customers[customer + 1, X_EVENTS]
    begin_terms(p, w, event, end - event)
    w.marks[M_CUSTOMER] = customer
    w.marks[M_FIRST] = first
    w.marks[M_NUMBER] = 0
    for attribute in range(p.ints[N_ATTRIBUTES]):
        w.floats[p.terms.shape[0] + attribute] = x.attributes[attribute, customer]
    for stage in range(p.ints[N_STAGES]):
        w.marks[p.ints[STAMPS] + stage] = NAT
    for milestone in range(p.ints[N_MILESTONES]):
        w.marks[p.ints[REACHED] + milestone] = 0
    for signal in range(p.ints[N_SIGNALS]):
        w.marks[p.ints[RAISED] + signal] = -1
    while event < end and x.time[event] < first:
        if p.ints[STAGES_DECIDE] != 0:
            w.queues[-1, event - x.customers[customer, X_EVENTS]] = -1
        activity = p.ints[ACT_FROM] + p.ints[INITIAL] * p.ints[N_ACTIVITIES] + x.activity[event]
        take_event(p, x, w, p.ints[activity], p.ints[activity + 1], event)
        event += 1
    w.marks[M_NEXT] = event
    change = x.customers[customer, X_CHANGES]
    while change < x.customers[customer + 1, X_CHANGES] and x.changes[change, 0] < first:
        w.floats[p.terms.shape[0] + x.changes[change, 1]] = x.change_values[change]
        change += 1
    begin_beginning(p, w)
    enter(p, w, p.ints[INITIAL], first)
    return change  # type: ignore[no-any-return]


@hot
def take_events(p: Program, x: Inputs, w: State, limit: int) -> tuple[int, int, int]:
    """Take in events up to the limit, but stop after the instant of the first that can matter.

    An event that only starts a clock anew wakes nobody: the alarm that was set for the old clock stays, which
    is too early at worst, and the limit is moved to where the new clock could ring.

    Returns:
        What is woken (bit 1: ways out of the stage, bit 2: milestones and signals), when, and the limit.
    """
    customer, stage = w.marks[M_CUSTOMER], w.marks[M_STAGE]
    first_event, end = x.customers[customer, X_EVENTS], x.customers[customer + 1, X_EVENTS]
    stages_decide = p.ints[STAGES_DECIDE] != 0
    is_any_held = w.marks[M_HELD] != 0
    wakes_row, act_from = p.ints[WAKES] + stage, p.ints[ACT_FROM] + stage * p.ints[N_ACTIVITIES]
    clock = p.ints[p.ints[CLOCKS] + stage]
    event = w.marks[M_NEXT]
    wakes, now = Whole(0), limit
    while event < end:
        time = x.time[event]
        if time > limit or (wakes != 0 and time != now):
            break
        now = time
        if stages_decide:
            w.queues[-1, event - first_event] = stage
        activity = x.activity[event]
        low, high = p.ints[act_from + activity], p.ints[act_from + activity + 1]
        if low < high:
            take_event(p, x, w, low, high, event)
        woken = p.flags[wakes_row, activity]
        if woken & 4 != 0:
            limit = min(limit, time + clock)
        wakes |= woken & 3
        if is_any_held:
            wakes |= release(p, w, Whole(activity), Whole(-1))
        event += 1
    w.marks[M_NEXT] = event
    return wakes, now if wakes != 0 else limit, limit


@inner
def take_changes(p: Program, x: Inputs, w: State, change: int, now: int) -> tuple[int, int]:
    """Take in the attributes that change now: the next change, and whether any value is another."""
    wakes = Whole(0)
    while change < x.customers[w.marks[M_CUSTOMER] + 1, X_CHANGES] and x.changes[change, 0] <= now:
        attribute = x.changes[change, 1]
        place = p.terms.shape[0] + attribute
        if differs(w.floats[place], x.change_values[change]):
            wakes = Whole(3)
            release(p, w, Whole(-1), attribute)
        w.floats[place] = x.change_values[change]
        change += 1
    return change, wakes


@inner
def next_waiver(x: Inputs, customer: int, now: int) -> int:
    """The first start or end of a waiver after now."""
    moment = NEVER
    for position in range(x.customers[customer, X_WAIVERS], x.customers[customer + 1, X_WAIVERS]):
        if x.waivers[position, 1] > now:
            moment = min(moment, x.waivers[position, 1])
        if x.waivers[position, 2] > now:
            moment = min(moment, x.waivers[position, 2])
    return moment


@inner
def turn_waivers(p: Program, x: Inputs, w: State, now: int) -> None:
    """Let transitions try again whose waiver starts or ends now."""
    customer = w.marks[M_CUSTOMER]
    for position in range(x.customers[customer, X_WAIVERS], x.customers[customer + 1, X_WAIVERS]):
        if x.waivers[position, 1] == now or x.waivers[position, 2] == now:
            release_waived(p, w, x.waivers[position, 0])


@inner
def next_moment(p: Program, x: Inputs, w: State, change: int, waiver: int, until: int) -> int:
    """The first moment after the end at which time alone could matter, never too late."""
    moment = min(next_alarm(p, x, w, until), waiver)
    if change < x.customers[w.marks[M_CUSTOMER] + 1, X_CHANGES]:
        moment = min(moment, x.changes[change, 0])
    return moment


@inner
def room_needed(p: Program) -> int:
    """More rows than one instant can write: each stage left twice with its handoffs, and every watcher."""
    n_stages = p.ints[N_STAGES]
    n_handoffs = p.ints[p.ints[HANDOFF_FROM] + n_stages]
    n_items = p.ints[p.ints[ITEM_FROM] + n_handoffs]
    return 2 * (n_stages + n_handoffs + n_items + 1) + p.ints[N_MILESTONES] + p.ints[N_SIGNALS]  # type: ignore[no-any-return]


@inner
def replay_customer(
    p: Program, x: Inputs, w: State, rows: Ints, customer: int, until: int, most: int, alarms: Ints
) -> int:
    """Replay one customer up to until, included: DONE, NO_ROOM or TOO_MANY_VISITS."""
    room = rows.shape[0] - room_needed(p)
    n_watchers = p.ints[N_MILESTONES] + p.ints[N_SIGNALS]
    change = begin_customer(p, x, w, customer)
    first = x.customers[customer, X_FIRST]
    alarm, waiver, is_first = first, next_waiver(x, customer, first), True
    while True:
        limit = min(min(alarm, waiver), until + 1)
        if change < x.customers[customer + 1, X_CHANGES]:
            limit = min(limit, x.changes[change, 0])
        wakes, now, moved = take_events(p, x, w, limit)
        if moved < limit:
            limit = alarm = moved
        if w.marks[M_WRITTEN] > room:
            return NO_ROOM
        if now > until:
            break
        if now == limit:
            change, turned = take_changes(p, x, w, change, now)
            wakes |= turned
            if now == waiver:
                turn_waivers(p, x, w, now)
                waiver = next_waiver(x, customer, now)
                wakes = Whole(3)
            if is_first:
                wakes, is_first = Whole(3), False
            elif now == alarm:
                # The alarm may have been set for a clock that has been started anew since.
                alarm = next_alarm(p, x, w, now - 1)
                if alarm == now:
                    wakes = Whole(3)
        if wakes == 0:
            continue
        while wakes & 1 != 0:
            stage = p.ints[HANDOFF_FROM] + w.marks[M_STAGE]
            if p.ints[stage] < p.ints[stage + 1]:
                watch_handoffs(p, x, w, now)
            fired = choose(p, x, w, now)
            if fired < 0:
                break
            leave(p, x, w, rows, fired, now)
            w.marks[M_NUMBER] += 1
            enter(p, w, p.ints[p.ints[TARGETS] + fired], now)
            wakes = Whole(3)
        if n_watchers > 0 and wakes & 2 != 0:
            watch(p, x, w, rows, now)
        if w.marks[M_NUMBER] >= most:
            return TOO_MANY_VISITS
        alarm = next_alarm(p, x, w, now)
    leave(p, x, w, rows, Whole(-1), until)
    if len(alarms) > 0:
        alarms[customer] = next_moment(p, x, w, change, waiver, until)
    return DONE


@jit(_nrt=False)
def replay_block(
    p: Program, x: Inputs, w: State, rows: Ints, low: int, high: int, ends: Ints, most: int, alarms: Ints
) -> tuple[int, int]:
    """Replay customers low to high, each up to its own end, included.

    ``alarms``, unless it is empty, takes for each customer the first moment after the end at which time alone
    could matter.

    Returns:
        The customer at which it stopped and why: DONE, NO_ROOM (nothing of that customer is written: give
        more room and go on from there) or TOO_MANY_VISITS.
    """
    for customer in range(low, high):
        if x.customers[customer, X_FIRST] == NAT or x.customers[customer, X_FIRST] > ends[customer]:
            if len(alarms) > 0 and x.customers[customer, X_FIRST] != NAT:
                alarms[customer] = x.customers[customer, X_FIRST]
            continue
        written = w.marks[M_WRITTEN]
        status = replay_customer(p, x, w, rows, customer, ends[customer], most, alarms)
        if status == NO_ROOM:
            w.marks[M_WRITTEN] = written
        if status != DONE:
            return customer, status
    return high, DONE
