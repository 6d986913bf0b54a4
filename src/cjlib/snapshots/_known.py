"""What is known at a moment: the log, the attributes, the trace, each as streams of things that happened."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import attrs
import numpy as np

from ..data._attributes import AttributeColumn
from ..data._customers import Customers
from ..data._events import EventLog
from ..data._tables import Table
from ..errors import UsageError
from ..journey._journey import Journey
from ..trace._inputs import join_ids
from ..trace._replay import replay
from ..trace._trace import Trace
from ._layout import Codes, Events, Ints

__all__ = ["EVENTS", "MILESTONES", "VISITS", "Happened", "Known", "Stream", "frozen"]

Stream = tuple[str, ...]  # what happened one by one; also ("changes", "plan"), ("touchpoint", "kickoff")
EVENTS: Stream = ("events",)
VISITS: Stream = ("visits",)
MILESTONES: Stream = ("milestones",)


@attrs.frozen(eq=False)
class Happened:
    """A stream: its arrays and the names of its kinds and channels.

    Attributes:
        events: the arrays.
        kinds: what the codes of ``events.kind`` stand for.
        channels: what those of ``events.channel`` stand for.
        actors: how many different actors there can be.
        left: (visits,) when visits ended, NAT while open; empty for other streams.
    """

    events: Events
    kinds: tuple[str, ...]
    channels: tuple[str, ...] = ()
    actors: int = 0
    left: Ints = attrs.field(factory=lambda: frozen(None, np.int64))


def frozen(array: Any, dtype: Any) -> Any:
    """A contiguous read-only view, empty where there is none: kernels are compiled for one kind of array."""
    view = np.ascontiguousarray(np.empty(0, dtype) if array is None else array, dtype).view()
    view.flags.writeable = False
    return view


def slices(owners: Ints, n_customers: int) -> tuple[Ints, Ints]:
    """Where the rows of each customer begin and end; they are in order of the customers."""
    edges = np.searchsorted(owners, np.arange(n_customers + 1))
    return edges[:-1], edges[1:]


@attrs.frozen(eq=False, slots=False)
class Known:
    """One state of knowledge: the data as of a moment, and what a replay makes of them.

    Attributes:
        log: the events.
        customers: the attributes.
        journey: what the customers travel.
        until: the moment, in microseconds.
        waivers: of checklist items.
        threads: how many may be used.
    """

    log: EventLog
    customers: Customers | None
    journey: Journey | None
    until: int
    waivers: Any = None
    threads: int | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        """What travels is the data, not what was made of them."""
        return Known, (self.log, self.customers, self.journey, self.until, self.waivers, self.threads)

    @cached_property
    def places(self) -> tuple[Any, Ints, Ints]:
        """All ids, and the places of the log's and of the attributes' customers among them."""
        return join_ids(self.log.customers, None if self.customers is None else self.customers.ids)

    @property
    def n_customers(self) -> int:
        """How many customers log and attributes know together."""
        return len(self.places[0])

    @cached_property
    def trace(self) -> Trace:
        """Where everybody was."""
        if self.journey is None:
            raise UsageError("visits, stages and milestones are known only along a journey: pass journey=...")
        moment = np.int64(self.until).view("datetime64[us]")
        return replay(
            self.journey, self.log, self.customers, until=moment, waivers=self.waivers, threads=self.threads
        )

    def stream(self, name: Stream) -> Happened:
        """The stream of that name."""
        if name == EVENTS:
            return self.happened
        if name == VISITS:
            return self._visits
        if name == MILESTONES:
            return _from_table(self.trace.milestones, "milestone", "time", self.n_customers)
        return self._changes(name[1]) if name[0] == "changes" else self._touchpoint(name[1])

    @cached_property
    def happened(self) -> Happened:
        """The events of the log."""
        log = self.log
        begin, end = np.zeros(self.n_customers, np.int64), np.zeros(self.n_customers, np.int64)
        begin[self.places[1]], end[self.places[1]] = log.starts[:-1], log.starts[1:]
        late = log.recorded is not None and bool((log.recorded > log.time).any())
        return Happened(
            _events(begin, end, log.time, log.activity, log.value, log.channel, log.actor,
                    log.recorded if late else None),
            log.activities, log.channels, len(log.actors),
        )  # fmt: skip

    @cached_property
    def _visits(self) -> Happened:
        visits = self.trace.visits
        stream = _from_table(visits, "stage", "entered", self.n_customers)
        stage = stream.events._replace(value=frozen(stream.events.kind, np.float64))
        return attrs.evolve(stream, events=stage, left=frozen(visits["left"].view(np.int64), np.int64))

    def column(self, attribute: str) -> AttributeColumn:
        """All rows of an attribute, those that a later one replaced included."""
        if self.customers is None:
            raise UsageError(f"attribute {attribute!r} is known only of customers: pass customers=...")
        return self.customers.stored(attribute)

    def _changes(self, attribute: str) -> Happened:
        """The events ``@attribute``: from one known value to another, with the difference of numbers."""
        self.column(attribute)
        assert self.customers is not None
        column = self.customers.column(attribute)
        owners = np.repeat(self.places[2], np.diff(column.starts))
        before, after = column.values[:-1], column.values[1:]
        is_change = (owners[1:] == owners[:-1]) & (before != after) & ~np.isnan(before) & ~np.isnan(after)
        differences = (after - before)[is_change] if column.kind == "number" else None
        begin, end = slices(owners[1:][is_change], self.n_customers)
        time = column.valid_from[1:][is_change]
        return Happened(_events(begin, end, time, np.zeros(len(time)), differences), (f"@{attribute}",))

    def _touchpoint(self, name: str) -> Happened:
        """The events of a touchpoint, where the stage decides which of several touchpoints they are."""
        assert self.journey is not None
        touchpoint = self.journey.touchpoint(name)
        others = {a for other in self.journey.touchpoints if other.id != name for a in other.activities}
        x, visits = self.happened.events, self._visits
        owners = np.repeat(np.arange(self.n_customers), x.end - x.begin)
        is_in_stage = np.append([stage in touchpoint.stages for stage in visits.kinds], False)
        is_own = np.array([kind not in others for kind in self.happened.kinds], bool)
        is_here = is_in_stage[_stage_before(x, owners, visits.events)] | is_own[x.kind]
        here = np.flatnonzero(is_here)
        begin, end = slices(owners[here], self.n_customers)
        columns = (None if len(column) == 0 else column[here] for column in (x.value, x.channel, x.actor))
        return attrs.evolve(self.happened, events=_events(begin, end, x.time[here], x.kind[here], *columns))


def _events(
    begin: Ints, end: Ints, time: Ints, kind: Any, value: Any = None, channel: Any = None, actor: Any = None,
    recorded: Any = None,
) -> Events:  # fmt: skip
    return Events(
        frozen(begin, np.int64), frozen(end, np.int64), frozen(time, np.int64), frozen(kind, np.int32),
        frozen(value, np.float64), frozen(channel, np.int32), frozen(actor, np.int32),
        frozen(recorded, np.int64),
    )  # fmt: skip


def _from_table(table: Table, kind: str, time: str, n_customers: int) -> Happened:
    """Rows of a trace, in order of customer and time."""
    owners, times, kinds = table.codes("customer"), table[time].view(np.int64), table.codes(kind)
    order = np.lexsort((times, owners))  # stable: visits of one instant stay in their order
    begin, end = slices(owners[order], n_customers)
    return Happened(_events(begin, end, times[order], kinds[order]), tuple(table.categories(kind).tolist()))


def _stage_before(x: Events, owners: Ints, visits: Events) -> Codes:
    """(events,) the stage in which each event met its customer, -1 before the first moment.

    Events of the instant of a move meet the customer in the stage that is left.
    """
    found = np.full(len(x.time), -1, np.int32)
    for number in range(int((visits.end - visits.begin).max(initial=0))):
        position = visits.begin[owners] + number
        has_visit = position < visits.end[owners]
        entered = visits.time[np.where(has_visit, position, 0)]
        is_inside = has_visit & (x.time >= entered if number == 0 else x.time > entered)
        found[is_inside] = visits.kind[position[is_inside]]
    return found
