"""The trace: where everybody was, since when, and on what evidence."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from functools import cached_property
from typing import Any

import attrs
import numpy as np

from ..criteria._literals import as_duration
from ..data._customers import Customers
from ..data._events import EventLog
from ..data._ledger import Ledger, LedgerEntry
from ..data._tables import Coded, Table
from ..data._times import to_us
from ..errors import UnknownNameError, UsageError
from ..journey._journey import Journey
from ._answers import Breaches, answers, breaches
from ._explain import Explanation, explain_customer
from ._inputs import Prepared
from ._layout import NAT, OPEN, X_FIRST, Ints
from ._leaves import MICROSECOND
from ._run import run

__all__ = ["Trace", "due_table", "make_trace"]

OUTCOMES = ("ended", "abandoned", "open")
STATUSES = ("failed", "unknown", "passed", "waived")
BREACHES = ("limit", "deadline", "answer")


@attrs.frozen(eq=False, repr=False, slots=False)
class Trace:
    """What a replay yields: one row per visit, milestone, signal, checklist item and breach.

    Attributes:
        journey: the definition that was replayed.
        until: the end of the replay, included; ``datetime64[us]``, UTC.
        ids: (n,) every customer that log or attributes know, sorted.
        visits: customer, number (from 0), stage, entered, left (NaT while open), via (the position of the
            transition by which it was left, -1 while open).
        milestones: customer, milestone, time at which its criterion was first true.
        signals: customer, signal, raised, ceased (NaT while on), answered (NaT without a response).
        handoffs: one row per started handoff and checklist item: customer, number of the visit, transition
            (its position), item, started, ended (NaT while open), outcome (ended, abandoned, open), status
            (passed, failed, unknown, waived) as of its end, first_true (the first moment of the visit at
            which the item was true) and row (the input row of the last event of that moment that the item
            mentions, -1 where time or an attribute did it).
        breaches: customer, kind (limit, deadline, answer), place, started, at.
        ledger: what was left out of the log, and what is worth knowing about names and data.
    """

    journey: Journey
    until: np.datetime64
    ids: Any
    visits: Table
    milestones: Table
    signals: Table
    handoffs: Table
    breaches: Table
    ledger: Ledger
    _log: EventLog
    _customers: Customers | None
    _prepared: Prepared
    _max_visits: int

    def __len__(self) -> int:
        """How many customers were traced."""
        return int(np.count_nonzero(self.visits["number"] == 0))

    def __repr__(self) -> str:
        what = f"{len(self):,} customers, {len(self.visits):,} visits"
        return f"<Trace of {self.journey.name!r} until {self.until}: {what}>"

    @cached_property
    def fingerprint(self) -> str:
        """A hash of the journey, the data and the end of the replay."""
        parts = [self.journey.fingerprint, self._log.fingerprint, str(self.until)]
        if self._customers is not None:
            parts.append(self._customers.fingerprint)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def at(self, moment: Any) -> Table:
        """Where every customer was: the last stage entered at or before the moment.

        Args:
            moment: a datetime, a date or ISO text, not after ``until``.

        Returns:
            customer, stage, entered; a customer without a first moment by then has no row.
        """
        at = _us(moment, self.until)
        entered, left = _int64(self.visits["entered"]), _int64(self.visits["left"])
        inside = (entered <= at) & ((left == NAT) | (left > at))
        rows = self.visits.select(np.flatnonzero(inside))
        return Table(
            {name: _column(rows, name) for name in ("customer", "stage", "entered")},
            name=f"stages at {moment}",
        )

    def customers(self, stage: str, at: Any = None) -> Any:
        """The ids of the customers who were in a stage at a moment (at ``until`` if unsaid)."""
        self.journey.stage(stage)
        where = self.at(self.until if at is None else at)
        return where["customer"][where["stage"] == stage]

    def explain(self, customer: Any) -> Explanation:
        """Where a customer is, since when, and for every way out what holds and what is missing.

        Raises:
            UnknownNameError: if nobody by that id was traced.
        """
        code = self._code(customer)
        return explain_customer(self.journey, self._prepared, code, int(_int64(self.until)), self._max_visits)

    def _code(self, customer: Any) -> int:
        if isinstance(customer, (list, tuple, set, dict, np.ndarray)):
            raise UsageError(f"explain takes the id of one customer, not {customer!r:.80}")
        found = np.flatnonzero(self.ids == customer)
        if len(found) != 1 or self._prepared.inputs.customers[found[0], X_FIRST] == NAT:
            near = [str(one) for one in self.ids[:10_000].tolist()]
            raise UnknownNameError("customer (none such was traced)", customer, near)
        return int(found[0])

    def due(self, horizon: str | timedelta) -> Table:
        """What time alone will do by ``until + horizon`` if nothing else happens.

        Args:
            horizon: how far to look ahead, such as ``"14d"``.

        Returns:
            customer, kind (transition, milestone, signal, limit, deadline, answer), place, at; by time.
        """
        ahead = as_duration(horizon) // MICROSECOND
        if ahead <= 0:
            raise UsageError(f"due looks ahead; the horizon must be longer than nothing, not {horizon!r}")
        now = int(_int64(self.until))
        stages = tuple(stage.id for stage in self.journey.stages)
        tables = run(self._prepared, stages, until=now + ahead, threads=None, max_visits=self._max_visits)
        first = self._prepared.inputs.customers[:-1, X_FIRST]
        since = np.where(first <= now, now, now + ahead)  # who is yet to begin is not traced yet
        return due_table(self.journey, self._prepared, tables, since, np.full(len(since), now + ahead))


def make_trace(
    journey: Journey,
    log: EventLog,
    customers: Customers | None,
    prepared: Prepared,
    tables: tuple[Ints, ...],
    until: np.int64,
    max_visits: int,
) -> Trace:
    """The trace from what the kernel wrote."""
    visits, milestones, signals, handoffs, items = tables
    answered = answers(journey, prepared, visits, signals)
    ids = prepared.ids
    return Trace(
        journey=journey,
        until=until.view("datetime64[us]"),
        ids=ids,
        visits=_visit_table(journey, ids, visits),
        milestones=Table(
            {
                "customer": _coded(milestones[:, 0], ids),
                "milestone": _coded(milestones[:, 1], [milestone.id for milestone in journey.milestones]),
                "time": _times(milestones[:, 2]),
            },
            name="milestones",
        ),
        signals=Table(
            {
                "customer": _coded(signals[:, 0], ids),
                "signal": _coded(signals[:, 1], [signal.id for signal in journey.signals]),
                "raised": _times(signals[:, 2]),
                "ceased": _times(signals[:, 3]),
                "answered": _times(answered),
            },
            name="signals",
        ),
        handoffs=_handoff_table(journey, prepared, handoffs, items),
        breaches=_breach_table(
            journey, ids, breaches(journey, visits, handoffs, signals, answered, int(until))
        ),
        ledger=_ledger(log, customers, prepared),
        log=log,
        customers=customers,
        prepared=prepared,
        max_visits=max_visits,
    )


def _visit_table(journey: Journey, ids: Any, visits: Ints) -> Table:
    return Table(
        {
            "customer": _coded(visits[:, 0], ids),
            "number": visits[:, 1].astype(np.int32),
            "stage": _coded(visits[:, 2], [stage.id for stage in journey.stages]),
            "entered": _times(visits[:, 3]),
            "left": _times(visits[:, 4]),
            "via": visits[:, 5].astype(np.int32),
        },
        name="visits",
    )


def _handoff_table(journey: Journey, prepared: Prepared, handoffs: Ints, items: Ints) -> Table:
    owners = prepared.compiled.items
    checklists = [t.handoff.checklist if t.handoff is not None else () for t in journey.transitions]
    names = list(dict.fromkeys(item.id for checklist in checklists for item in checklist))
    number_of = np.array([names.index(checklists[t][k].id) for t, k in owners], np.int64)
    rows = handoffs[items[:, 0]]
    return Table(
        {
            "customer": _coded(rows[:, 0], prepared.ids),
            "number": rows[:, 1].astype(np.int32),
            "transition": rows[:, 2].astype(np.int32),
            "item": _coded(number_of[items[:, 1]] if len(items) else items[:, 1], names),
            "started": _times(rows[:, 3]),
            "ended": _times(np.where(rows[:, 5] == OPEN, NAT, rows[:, 4])),
            "outcome": _coded(rows[:, 5], OUTCOMES),
            "status": _coded(items[:, 2], STATUSES),
            "first_true": _times(items[:, 3]),
            "row": items[:, 4].copy(),
        },
        name="handoffs",
    )


def _places(journey: Journey) -> tuple[list[str], list[int]]:
    """Where a breach can be, and at which of these the places of each kind begin."""
    stages = [stage.id for stage in journey.stages]
    transitions = [f"{t.source} -> {t.target}" for t in journey.transitions]
    return [*stages, *transitions, *(s.id for s in journey.signals)], [
        0,
        len(stages),
        len(stages) + len(transitions),
    ]


def _breach_table(journey: Journey, ids: Any, found: Breaches) -> Table:
    names, offsets = _places(journey)
    return Table(
        {
            "customer": _coded(found.customer, ids),
            "kind": _coded(found.kind, BREACHES),
            "place": _coded(found.place + np.array(offsets)[found.kind], names),
            "started": _times(found.started),
            "at": _times(found.at),
        },
        name="breaches",
    )


def due_table(journey: Journey, prepared: Prepared, tables: tuple[Ints, ...], now: Ints, end: Ints) -> Table:
    """What a replay up to ``end`` tells that happens after ``now``; both are given by customer."""
    visits, milestones, signals, handoffs, _ = tables
    answered = answers(journey, prepared, visits, signals)
    late = breaches(journey, visits, handoffs, signals, answered, end)
    names, offsets = _places(journey)
    first_milestone = len(names)
    names += [milestone.id for milestone in journey.milestones]
    moved = visits[(visits[:, 5] >= 0) & (visits[:, 4] > now[visits[:, 0]])]
    reached = milestones[milestones[:, 2] > now[milestones[:, 0]]]
    raised = signals[signals[:, 2] > now[signals[:, 0]]]
    overdue = late.at > now[late.customer]
    parts = [
        (moved[:, 0], np.full(len(moved), 0), moved[:, 5] + offsets[1], moved[:, 4]),
        (reached[:, 0], np.full(len(reached), 1), reached[:, 1] + first_milestone, reached[:, 2]),
        (raised[:, 0], np.full(len(raised), 2), raised[:, 1] + offsets[2], raised[:, 2]),
        (
            late.customer[overdue],
            late.kind[overdue] + 3,
            (late.place + np.array(offsets)[late.kind])[overdue],
            late.at[overdue],
        ),
    ]
    customer, kind, place, at = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((place, kind, customer, at))
    return Table(
        {
            "customer": _coded(customer[order], prepared.ids),
            "kind": _coded(kind[order], ("transition", "milestone", "signal", *BREACHES)),
            "place": _coded(place[order], names),
            "at": _times(at[order]),
        },
        name="due",
    )


def _ledger(log: EventLog, customers: Customers | None, prepared: Prepared) -> Ledger:
    notes = [
        LedgerEntry(reason=reason, rows=count, detail=detail) for reason, count, detail in prepared.notes
    ]
    if customers is not None:
        notes.extend(customers.ledger.noted)
    refused = () if customers is None else customers.ledger.refused
    return log.ledger.add(refused=refused, noted=notes)


def _coded(codes: Ints, categories: Any) -> Coded:
    return Coded(codes.astype(np.int32), categories)


def _times(values: Ints) -> Any:
    return np.ascontiguousarray(values).view("datetime64[us]")


def _int64(values: Any) -> Any:
    return values.view(np.int64)


def _column(table: Table, name: str) -> Any:
    return table[name] if name == "entered" else Coded(table.codes(name), table.categories(name))


def _us(moment: Any, until: np.datetime64) -> int:
    at = (
        int(_int64(moment))
        if isinstance(moment, np.datetime64) and moment.dtype == "datetime64[us]"
        else to_us(moment)
    )
    if at == NAT:
        raise UsageError("a time was expected, not NaT")
    if at > int(_int64(until)):
        raise UsageError(f"the trace ends at {until}; at {moment} nothing is known yet")
    return at
