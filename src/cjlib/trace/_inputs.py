"""A journey, a log and attributes brought together: one numbering of customers, one set of arrays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs
import numpy as np

from ..data._attributes import AttributeColumn
from ..data._customers import Customers
from ..data._events import EventLog
from ..errors import DataError, did_you_mean
from ..journey._journey import Journey
from ._layout import NAT, X_FIRST, Codes, Floats, Inputs, Ints
from ._leaves import AttributeKind
from ._program import VALUED, Compiled, compile_journey
from ._roots import Vocabulary, attribute_of, used_terms
from ._waivers import Waiver, waiver_arrays

__all__ = ["Prepared", "prepare"]


@attrs.frozen(eq=False)
class Prepared:
    """What the kernel needs for one replay, and what was left out on the way.

    Attributes:
        ids: everyone that log or attributes know, sorted.
        compiled: the program and what its numbers mean.
        activities: the activities in the order of their codes.
        kinds: what the data say about the attributes.
        inputs: the arrays of the customers.
        notes: what is worth saying about the data: reason, count, detail.
    """

    ids: Any
    compiled: Compiled
    activities: tuple[str, ...]
    kinds: Mapping[str, AttributeKind]
    inputs: Inputs
    notes: tuple[tuple[str, int, str], ...]


@attrs.frozen(eq=False)
class _Events:
    """The events that criteria can see, ``@attribute`` among them."""

    slices: Ints
    time: Ints
    activity: Codes
    value: Floats | None
    channel: Codes | None
    actor: Any
    row: Ints
    activities: tuple[str, ...]


@attrs.frozen(eq=False)
class Changes:
    """Rows of changing attributes: sorted by customer and time."""

    slices: Ints
    time: Ints
    attribute: Codes
    value: Floats


def prepare(
    journey: Journey,
    log: EventLog,
    customers: Customers | None,
    waivers: Iterable[Waiver] | None,
    *,
    with_notes: bool = True,
) -> Prepared:
    """Bring together what is known; ``log`` and ``customers`` are already as of the end of the replay.

    Notes look for the nearest names, which takes longer than replaying a few customers.
    """
    ids, log_places, places = join_ids(log.customers, None if customers is None else customers.ids)
    n = len(ids)
    terms = used_terms(journey)
    names = dict.fromkeys(name for term in terms if (name := attribute_of(term)) is not None)
    kinds = attribute_kinds(customers, names)
    pseudo = tuple(
        dict.fromkeys(term.name for term in terms if term.is_event_term and (term.name or "").startswith("@"))
    )
    events = _with_changes(
        _events(log, log_places, n), customers, [name[1:] for name in pseudo if name], places
    )
    words = Vocabulary(events.activities, log.channels, kinds)
    compiled = compile_journey(journey, words)
    used = compiled.attributes
    changes = attribute_changes(customers, kinds, used, places, n)
    codes = {customer: code for code, customer in enumerate(ids.tolist())} if waivers else None
    waiver_from, waiver_table, unknown = waiver_arrays(waivers, journey, compiled.items, codes, n)
    kinds_used = {term.kind for term in terms}
    first = _first_moments(journey, log, customers, log_places, places, n)
    if kinds_used & {"sum", "mean"}:
        _check_sums(events, ids)
    inputs = Inputs(
        customers=np.stack([events.slices, changes.slices, waiver_from, np.append(first, NAT)], axis=1),
        time=events.time,
        activity=events.activity,
        value=_or_nothing(events.value, np.float64(np.nan), events, bool(kinds_used & set(VALUED))),
        channel=_or_nothing(
            events.channel, np.int32(-1), events, any(term.channel is not None for term in terms)
        ),
        actor=_or_nothing(
            local_actors(events.slices, events.actor) if "distinct" in kinds_used else None,
            np.int32(-1),
            events,
            "distinct" in kinds_used,
        ),
        row=events.row,
        attributes=initial_attributes(customers, kinds, used, places, n),
        changes=np.stack([changes.time, changes.attribute.astype(np.int64)], axis=1),
        change_values=changes.value,
        waivers=waiver_table,
    )
    notes = _notes(journey, log, customers, compiled, names, inputs, unknown) if with_notes else ()
    return Prepared(ids, compiled, events.activities, kinds, inputs, tuple(notes))


def join_ids(left: Any, right: Any, what: str = "attributes") -> tuple[Any, Ints, Ints]:
    """All ids in order, and for the ids of each side their places among them."""
    if right is None or len(right) == 0:
        return left, np.arange(len(left)), np.zeros(0, np.int64)
    if len(left) == 0:
        return right, np.zeros(0, np.int64), np.arange(len(right))
    if type(left[0]) is not type(right[0]) and left.dtype.kind != right.dtype.kind:
        raise DataError(
            f"customer ids of the log are {type(left[0]).__name__} (such as {left[0]!r:.40}), those of the "
            f"{what} {type(right[0]).__name__} (such as {right[0]!r:.40}); read both as the same type"
        )
    if len(left) == len(right) and bool(np.all(left == right)):
        return left, np.arange(len(left)), np.arange(len(right))
    ids = np.union1d(left, right)
    return ids, np.searchsorted(ids, left), np.searchsorted(ids, right)


def _events(log: EventLog, places: Ints, n: int) -> _Events:
    sizes = np.zeros(n, np.int64)
    sizes[places] = np.diff(log.starts)
    slices = np.zeros(n + 1, np.int64)
    np.cumsum(sizes, out=slices[1:])
    return _Events(slices, log.time, log.activity, log.value, log.channel, log.actor, log.row, log.activities)


def _with_changes(events: _Events, customers: Customers | None, names: list[str], places: Ints) -> _Events:
    """The events with those of changing attributes put in, after the others of their instant."""
    if not names:
        return events
    activities = list(events.activities)
    owners = [np.repeat(np.arange(len(events.slices) - 1), np.diff(events.slices))]
    times, codes, values = [events.time], [events.activity], [_or_nan(events.value, len(events.time))]
    for name in names:
        if f"@{name}" not in activities:
            activities.append(f"@{name}")
        if customers is None or name not in customers.names:
            continue
        owner, time, value = change_events(customers, name, places)
        owners.append(owner)
        times.append(time)
        codes.append(np.full(len(owner), activities.index(f"@{name}"), np.int32))
        values.append(value)
    owner, time = np.concatenate(owners), np.concatenate(times)
    order = np.lexsort((time, owner))
    added = len(owner) - len(events.time)
    return _Events(
        slices=np.searchsorted(owner[order], np.arange(len(events.slices))).astype(np.int64),
        time=time[order],
        activity=np.concatenate(codes)[order].astype(np.int32),
        value=np.concatenate(values)[order],
        channel=None if events.channel is None else _padded(events.channel, added)[order],
        actor=None if events.actor is None else _padded(events.actor, added)[order],
        row=_padded(events.row, added)[order],
        activities=tuple(activities),
    )


def _padded(column: Any, added: int) -> Any:
    return np.concatenate([column, np.full(added, -1, column.dtype)])


def _or_nan(values: Floats | None, n: int) -> Floats:
    return np.full(n, np.nan) if values is None else values


def _or_nothing(column: Any, nothing: Any, events: _Events, is_read: bool) -> Any:
    """The column, or one that says nothing where criteria read it, or none at all where they don't."""
    if column is not None:
        return column
    return np.full(len(events.time) if is_read else 0, nothing)


def _check_sums(events: _Events, ids: Any) -> None:
    """Refuse values that 64 bits cannot hold in whole millionths when they are added up."""
    if events.value is None or not len(events.value):
        return
    sizes = np.abs(np.nan_to_num(events.value))
    totals = np.add.reduceat(np.append(sizes, 0.0), events.slices[:-1])
    totals[np.diff(events.slices) == 0] = 0.0
    worst = int(np.argmax(totals))
    if totals[worst] * 1e6 >= 2**62:
        begin, end = events.slices[worst], events.slices[worst + 1]
        event = int(begin + np.argmax(sizes[begin:end]))
        raise DataError(
            f"the values of customer {ids[worst]!r:.80}, such as {float(events.value[event])!r} of "
            f"{events.activities[events.activity[event]]!r} in row {int(events.row[event])}, add up to "
            f"{totals[worst]:.3g}, which is too large for sum() and mean(), exact to a millionth up to 4.6e12"
        )


def local_actors(slices: Ints, actor: Codes | None) -> Codes | None:
    """Actors numbered from 0 for each customer anew; -1 where nobody is named."""
    if actor is None or len(actor) == 0:
        return None
    owner = np.repeat(np.arange(len(slices) - 1), np.diff(slices))
    pairs = owner * (int(actor.max()) + 2) + actor + 1
    pairs[actor < 0] = -1
    distinct, place = np.unique(pairs, return_inverse=True)
    lowest = np.searchsorted(distinct, np.arange(len(slices) - 1) * (int(actor.max()) + 2))
    local = place - lowest[owner]
    return np.where(actor < 0, -1, local).astype(np.int32)


def _first_moments(
    journey: Journey, log: EventLog, customers: Customers | None, log_places: Ints, places: Ints, n: int
) -> Ints:
    first = np.full(n, NAT, np.int64)
    if journey.start is None:
        first[log_places] = log.first
        return first
    if customers is None or journey.start not in customers.names:
        raise DataError(
            f"the journey starts at the date attribute {journey.start!r}, which the customers do not have"
        )
    column = customers.column(journey.start)
    if column.kind != "date":
        raise DataError(f"the journey starts at {journey.start!r}, which holds {column.kind}, not dates")
    has_row = np.diff(column.starts) > 0
    latest = column.values[column.starts[1:][has_row] - 1]
    known = ~np.isnan(latest)
    first[places[has_row][known]] = latest[known].astype(np.int64)
    return first


def _notes(
    journey: Journey, log: EventLog, customers: Customers | None, compiled: Compiled, names: Iterable[str],
    inputs: Inputs, unknown_waivers: int,
) -> Iterable[tuple[str, int, str]]:  # fmt: skip
    for complaint in compiled.complaints:
        yield "senseless comparison", 0, complaint
    missing = [name for name in names if customers is None or name not in customers.names]
    if missing:
        known = () if customers is None else customers.names
        yield "attribute never occurs", len(missing), _named(missing, known)
    mentioned = {
        t.name for t in used_terms(journey) if t.is_event_term and t.name and not t.name.startswith("@")
    }
    mentioned |= {activity for touchpoint in journey.touchpoints for activity in touchpoint.activities}
    never = sorted(mentioned - set(log.activities))
    if never:
        yield "activity never occurs", len(never), _named(never, log.activities)
    unmapped = [code for code, activity in enumerate(log.activities) if activity not in mentioned]
    if unmapped:
        is_unmapped = np.zeros(len(log.activities), bool)
        is_unmapped[unmapped] = True
        count = int(np.count_nonzero(is_unmapped[log.activity]))
        yield "activity on no map", count, ", ".join(repr(log.activities[code]) for code in unmapped[:20])
    absent = int((inputs.customers[:-1, X_FIRST] == NAT).sum())
    if absent:
        yield (
            "customer without a first moment",
            absent,
            "neither an event nor a start up to the end of the replay",
        )
    if unknown_waivers:
        yield (
            "waiver for an unknown customer",
            unknown_waivers,
            "no event and no attribute names that customer",
        )


def attribute_kinds(customers: Customers | None, names: Iterable[str]) -> dict[str, AttributeKind]:
    """What the data say about each attribute; text shares one dictionary, so that it can be compared."""
    words: dict[object, int] = {}
    kinds = {}
    for name in names:
        if customers is None or name not in customers.names:
            continue
        column = customers.column(name)
        if column.kind == "text":
            for category in column.categories:
                words.setdefault(category, len(words))
            kinds[name] = AttributeKind("text", tuple(column.categories), words)
        else:
            own = {category: code for code, category in enumerate(column.categories)}
            kinds[name] = AttributeKind(column.kind, tuple(column.categories), own)
    return kinds


def _values(column: AttributeColumn, kind: AttributeKind) -> Floats:
    """The column's numbers, with text in the shared dictionary."""
    if kind.kind != "text" or not kind.categories:
        return column.values
    shared = np.array([kind.codes[category] for category in kind.categories], np.float64)
    known = ~np.isnan(column.values)
    values = np.full(len(column.values), np.nan)
    values[known] = shared[column.values[known].astype(np.int64)]
    return values


def _owners(column: AttributeColumn, places: Ints) -> Ints:
    """For each row of the column the number of its customer among all."""
    return np.repeat(places, np.diff(column.starts))


def initial_attributes(
    customers: Customers | None, kinds: dict[str, AttributeKind], names: Sequence[str], places: Ints, n: int
) -> Floats:
    """(attributes, customers) values of constant attributes; NaN where unknown or changing."""
    initial = np.full((len(names), n), np.nan)
    for number, name in enumerate(names):
        if customers is not None and name in kinds:
            column = customers.column(name)
            if column.constant:
                initial[number, _owners(column, places)] = _values(column, kinds[name])
    return initial


def attribute_changes(
    customers: Customers | None, kinds: dict[str, AttributeKind], names: Sequence[str], places: Ints, n: int
) -> Changes:
    """The rows of the changing attributes among the names."""
    parts = []
    for number, name in enumerate(names):
        if customers is not None and name in kinds:
            column = customers.column(name)
            if not column.constant:
                owners = _owners(column, places)
                parts.append(
                    (owners, column.valid_from, np.full(len(owners), number), _values(column, kinds[name]))
                )
    if not parts:
        return Changes(np.zeros(n + 1, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros(0))
    owner, time, attribute, value = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((time, owner))
    slices = np.searchsorted(owner[order], np.arange(n + 1)).astype(np.int64)
    return Changes(slices, time[order], attribute[order].astype(np.int32), value[order])


def change_events(customers: Customers, name: str, places: Ints) -> tuple[Ints, Ints, Floats]:
    """The events ``@name``: owner, time and, for numbers, the difference of adjacent known values."""
    column = customers.column(name)
    if column.constant or len(column.values) < 2:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    owners = _owners(column, places)
    before, after = column.values[:-1], column.values[1:]
    is_change = (owners[1:] == owners[:-1]) & (before != after) & ~np.isnan(before) & ~np.isnan(after)
    difference = after - before if column.kind == "number" else np.full(len(before), np.nan)
    return owners[1:][is_change], column.valid_from[1:][is_change], difference[is_change]


def _named(names: list[str], known: Iterable[str]) -> str:
    """Some of the names, each with the nearest that there is."""
    return ", ".join(f"{name!r}{did_you_mean(name, known)}" for name in names[:20])
