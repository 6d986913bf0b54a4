"""What a replay and its log tell of customers and events at any moment, as known at the replay's end."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ...criteria import Criterion
from ...data._attributes import AttributeColumn, cut, latest, union
from ...data._customers import Customers
from ...data._events import EventLog
from ...data._ledger import LedgerEntry
from ...data._times import NAT
from ...errors import CriterionError, DefinitionError, UnknownNameError, UsageError
from ...journey._elements import Signal, Stage
from ...journey._journey import Journey
from ...trace._inputs import Prepared, prepare
from ...trace._layout import X_WAIVERS
from ...trace._run import run
from ...trace._trace import Trace, make_trace

__all__ = ["Facts", "first_not_before", "held"]

Codes = NDArray[np.int32]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

TOLD = ("activity never occurs", "attribute never occurs", "senseless comparison")


@attrs.frozen(eq=False, slots=False)
class Facts:
    """What a trace and its log tell of customers and events.

    Attributes:
        trace: the replay.
        log: the events that it read.
        customers: whose attributes and links these are; None if there are none.
    """

    trace: Trace
    log: EventLog
    customers: Customers | None

    @classmethod
    def of(cls, journey: Journey, trace: Trace, log: EventLog, customers: Customers | None = None) -> Facts:
        """The facts, if all belong together.

        Args:
            journey: what was replayed.
            trace: the replay.
            log: the events that were replayed.
            customers: attributes and links, where they are others than those that were replayed.

        Raises:
            UsageError: if one is of the wrong kind, or the trace is of another journey or other events.
            DataError: if ids of customers are of another kind than those of the trace.
        """
        given: list[tuple[str, object, type]]
        given = [("journey", journey, Journey), ("trace", trace, Trace), ("log", log, EventLog)]
        given += [] if customers is None else [("customers", customers, Customers)]
        for name, value, kind in given:
            if not isinstance(value, kind):
                raise UsageError(f"{name} must be a cjlib.{kind.__name__}, not {type(value).__name__}")
        if journey.fingerprint != trace.journey.fingerprint:
            raise UsageError(
                f"the trace is of another version than journey {str(journey)!r}: replay this one"
            )
        known, read = log.as_of(trace.until), trace._log
        if len(known) != len(read) or not np.array_equal(known.customers, read.customers):
            raise UsageError(
                f"the trace was replayed from {len(read):,} events of {read.n_customers:,} customers, but by "
                f"then this log has {len(known):,} of {known.n_customers:,}: pass the log that was replayed"
            )
        if customers is None:
            return cls(trace, read, trace._customers)
        union([trace.ids, customers.ids])
        return cls(trace, read, customers.as_of(trace.until))

    def as_known(self, moment: int) -> Facts:
        """The facts as they were known at a moment, not after the end of the replay.

        The journey is replayed once more if something became known later that happened before.
        """
        at = np.int64(moment).view("datetime64[us]")
        log, trace = self.log.as_of(at), self.trace
        customers = None if self.customers is None else self.customers.as_of(at)
        if not _has_late(trace, moment):
            return Facts(trace, log, customers)
        known = None if trace._customers is None else trace._customers.as_of(at)
        again = trace._log.as_of(at)
        prepared = _prepared(trace, trace.journey, again, known)
        stages = tuple(stage.id for stage in trace.journey.stages)
        tables = run(prepared, stages, until=moment, threads=None, max_visits=trace._max_visits)
        earlier = make_trace(
            trace.journey, again, known, prepared, tables, np.int64(moment), trace._max_visits
        )
        return Facts(earlier, log, customers)

    @property
    def ids(self) -> Any:
        """(n,) all customers."""
        return self.trace.ids

    @cached_property
    def first(self) -> Ints:
        """(n,) when each customer began, NAT where it did not."""
        visits = self.trace.visits
        is_first = visits["number"] == 0
        first = np.full(len(self.ids), NAT, np.int64)
        first[visits.codes("customer")[is_first]] = visits["entered"].view(np.int64)[is_first]
        return first

    def stages_at(self, moment: int) -> Codes:
        """(n,) the position of each customer's stage at a moment, -1 before it began."""
        visits = self.trace.visits
        entered, left = (visits[name].view(np.int64) for name in ("entered", "left"))
        is_inside = (entered <= moment) & ((left == NAT) | (left > moment))
        stages = np.full(len(self.ids), -1, np.int32)
        stages[visits.codes("customer")[is_inside]] = visits.codes("stage")[is_inside]
        return stages

    def column(self, attribute: str) -> AttributeColumn:
        """An attribute with all rows that were known at the end of the replay.

        Raises:
            UnknownNameError: if the customers of the replay have none by that name.
        """
        customers = self.customers
        if customers is None or attribute not in customers.names:
            known = () if customers is None else customers.names
            raise UnknownNameError("attribute of the customers that were replayed", attribute, known)
        return attrs.evolve(customers.column(attribute), recorded=None)

    def values(self, attribute: str, moment: int) -> Floats:
        """(n,) an attribute at a moment, as an `AttributeColumn` holds it; NaN where unknown."""
        return self.placed(latest(cut(self.column(attribute), moment)))

    @cached_property
    def places(self) -> Ints:
        """(k,) where the ids of ``customers`` stand in ``ids``, -1 of whom was not traced."""
        assert self.customers is not None
        return _places(self.customers.ids, self.ids)

    def placed(self, found: Floats) -> Floats:
        """(n,) what is known of ``customers``, in the order of ``ids``; NaN of whom nothing is known."""
        values, is_traced = np.full(len(self.ids), np.nan), self.places >= 0
        values[self.places[is_traced]] = found[is_traced]
        return values

    @cached_property
    def _log_places(self) -> Ints:
        return np.searchsorted(self.ids, self.log.customers).astype(np.int64)

    def owners(self, positions: Ints) -> Ints:
        """(k,) the customers of events, given by their positions in the log."""
        if len(positions) > len(self.log) // 8:  # then writing all down is faster than looking each up
            return np.repeat(self._log_places, np.diff(self.log.starts))[positions]
        return self._log_places[np.searchsorted(self.log.starts, positions, side="right") - 1]

    def stages_of(self, positions: Ints) -> Codes:
        """(k,) the stage in which each event met its customer, -1 before it began.

        Events of the instant of a move meet the customer in the stage that is left.
        """
        visits = self.trace.visits
        customers, stages = visits.codes("customer"), np.append(visits.codes("stage"), np.int32(-1))
        entered = np.append(visits["entered"].view(np.int64), NAT)
        owners, times = self.owners(positions), self.log.time[positions]
        begin, end = (np.searchsorted(customers, owners, side=side) for side in ("left", "right"))
        place = first_not_before(begin, end, entered, times) - 1
        is_first = (place < begin) & (begin < end) & (entered[begin] == times)
        place = np.where(is_first, begin, place)
        return np.where(place >= begin, stages[place], np.int32(-1))

    def touchpoints_of(self, positions: Ints) -> Codes:
        """(k,) the position of the touchpoint that each event is, -1 where it is none.

        Of several touchpoints with one activity the customer's stage decides.
        """
        touchpoints, stages = self.trace.journey.touchpoints, self.trace.journey.stage_index
        codes = {activity: number for number, activity in enumerate(self.log.activities)}
        table = np.full((len(codes) + 1, len(stages) + 1), -1, np.int32)
        for number, touchpoint in enumerate(touchpoints):
            others = {a for other in touchpoints if other is not touchpoint for a in other.activities}
            for activity in touchpoint.activities:
                row = table[codes.get(activity, -1)]
                row[[stages[stage] for stage in touchpoint.stages]] = number
                if activity not in others:
                    row[:] = number
        found: Codes = table[self.log.activity[positions], self.stages_of(positions)]
        return found


def first_not_before(begin: Ints, end: Ints, sorted_times: Ints, times: Ints) -> Ints:
    """(k,) the first position in [begin, end) whose time is not before the given one, else the end."""
    low, high = begin.copy(), end.copy()
    while (is_open := low < high).any():
        middle = (low + high) // 2
        is_before = sorted_times[middle] < times
        low = np.where(is_open & is_before, middle + 1, low)
        high = np.where(is_open & ~is_before, middle, high)
    return low


def held(trace: Trace, criteria: Sequence[Criterion], moment: int) -> tuple[Mask, tuple[LedgerEntry, ...]]:
    """For which customers criteria are true at a moment.

    A criterion is read as that of a signal: what is counted "since the visit began" is counted since the
    customer's first moment. The events are replayed once more, with the criteria as signals; along the whole
    journey only where a criterion mentions a touchpoint, since then the stage may decide which one it is.

    Args:
        trace: the replay; its waivers hold.
        criteria: (k,) what is asked.
        moment: not after the end of the trace, in microseconds.

    Returns:
        (n_ids, k) where they are true, and what is odd about the names in them.

    Raises:
        CriterionError: if a criterion names or compares what the journey does not allow.
    """
    is_held = np.zeros((len(trace.ids), len(criteria)), bool)
    if not criteria:
        return is_held, ()
    try:
        signals = [Signal(f"asked{number}", when=one) for number, one in enumerate(criteria)]
        journey = _asking(trace.journey, signals)
    except DefinitionError as error:
        problems = [attrs.evolve(one, place="") for one in error.problems]
        raise CriterionError(f"criterion {str(criteria[0])!r}", problems) from error
    if journey.transitions:
        prepared = _prepared(trace, journey, trace._log, trace._customers)
    else:
        prepared = prepare(journey, trace._log, trace._customers, None)  # no way out, so nothing to waive
    stages = tuple(stage.id for stage in journey.stages)
    found = run(prepared, stages, until=moment, threads=None, max_visits=trace._max_visits)[2]
    in_force = found[found[:, 3] == NAT]
    is_held[in_force[:, 0], in_force[:, 1]] = True
    before = set(trace._prepared.notes)
    notes = [LedgerEntry(*note[:2], (), note[2]) for note in prepared.notes if note not in before]
    return is_held, tuple(note for note in notes if note.reason in TOLD)


def _asking(journey: Journey, signals: Sequence[Signal]) -> Journey:
    """A journey that says when the signals hold, as short as can be."""
    if any(term.touchpoint is not None for one in signals for term in one.when.terms()):
        return attrs.evolve(journey, signals=signals)
    return Journey(
        journey.name, version=journey.version, start=journey.start, attributes=journey.attributes,
        activities=journey.activities, stages=[Stage(journey.initial)], signals=signals,
    )  # fmt: skip


def _prepared(trace: Trace, journey: Journey, log: EventLog, customers: Customers | None) -> Prepared:
    """What a replay needs, with the waivers of the trace."""
    prepared = prepare(journey, log, customers, None)
    table = prepared.inputs.customers.copy()
    table[:, X_WAIVERS] = trace._prepared.inputs.customers[:, X_WAIVERS]
    inputs = prepared.inputs._replace(customers=table, waivers=trace._prepared.inputs.waivers)
    return attrs.evolve(prepared, inputs=inputs)


def _has_late(trace: Trace, moment: int) -> bool:
    """Whether the trace rests on what happened by the moment and became known after it."""
    log, customers = trace._log, trace._customers
    columns = () if customers is None else (customers.stored(name) for name in customers.names)
    rows = [(log.time, log.recorded), *((one.valid_from, one.recorded) for one in columns)]
    return any(
        bool(((times <= moment) & (known > moment)).any()) for times, known in rows if known is not None
    )


def _places(ids: Any, within: Any) -> Ints:
    """(k,) where each of the ids stands in sorted ones, -1 where it does not."""
    if len(ids) == len(within) and bool(np.all(ids == within)):
        return np.arange(len(ids))
    places = np.searchsorted(within, ids).astype(np.int64)
    is_there = places < len(within)
    is_there[is_there] = within[places[is_there]] == ids[is_there]
    return np.where(is_there, places, -1)
