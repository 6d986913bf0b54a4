"""Paths: what each customer did, one thing after the other, in the words that are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ..data import NAT, EventLog, to_us
from ..errors import UnknownNameError, UsageError
from ..scoring.figures._by import Groups, Rows, Where
from ..scoring.figures._by_facts import Facts
from ..trace import Trace

__all__ = [
    "KINDS", "OF_EVENTS", "Paths", "Source", "end_of", "event_codes", "first_times", "limited", "log_of",
    "moments_of", "named_step", "names_of", "needed_trace", "paths_of",
]  # fmt: skip

Ints = NDArray[np.int64]
Codes = NDArray[np.int32]
Mask = NDArray[np.bool_]
Source = EventLog | Trace

OF_EVENTS = ("activity", "touchpoint", "channel")
KINDS = (*OF_EVENTS, "stage", "milestone")


@attrs.frozen(eq=False, slots=False)
class Paths:
    """Steps sorted by customer, time and row.

    Attributes:
        ids: (n,) the customers, those without a step included.
        starts: (n + 1,) the steps of customer i are ``starts[i]:starts[i + 1]``.
        time: (m,) int64 microseconds.
        codes: (m,) int32, what each step is.
        names: what the codes stand for.
        left_out: events that are no step of this kind.
    """

    ids: Any
    starts: Ints
    time: Ints
    codes: Codes
    names: Any
    left_out: int = 0

    def __len__(self) -> int:
        return len(self.time)

    @cached_property
    def owners(self) -> Codes:
        """(m,) the position of the customer of each step."""
        return np.repeat(np.arange(len(self.ids), dtype=np.int32), np.diff(self.starts))

    @cached_property
    def has_steps(self) -> Mask:
        """(n,) who has any step."""
        is_there: Mask = self.starts[1:] > self.starts[:-1]
        return is_there

    def of(self, is_chosen: Mask) -> Paths:
        """The paths of some of the customers."""
        if is_chosen.all():
            return self
        is_kept = np.repeat(is_chosen, np.diff(self.starts))
        starts = np.append(0, np.cumsum(np.diff(self.starts)[is_chosen]))
        kept = self.time[is_kept], self.codes[is_kept]
        return Paths(self.ids[is_chosen], starts, *kept, self.names, self.left_out)


def log_of(source: Source, question: str) -> EventLog:
    """The events that are asked about.

    Raises:
        UsageError: if it is neither a log nor a trace.
    """
    if isinstance(source, Trace):
        return source._log
    if isinstance(source, EventLog):
        return source
    raise UsageError(f"{question}: an EventLog or a Trace was expected, not {type(source).__name__}")


def end_of(source: Source, until: Any = None) -> int:
    """When what is known ends, in microseconds: as said, else the end of the replay, else the last event.

    Raises:
        UsageError: if it is said to be later than the end of the replay.
    """
    last = int(source.until.astype("datetime64[us]").astype(np.int64)) if isinstance(source, Trace) else None
    if until is None:
        return last if last is not None else int(log_of(source, "until").time.max(initial=0))
    end = to_us(until)
    if last is not None and end > last:
        raise UsageError(f"the trace ends at {source.until}; at {until} nothing is known yet")  # type: ignore[union-attr]
    return end


def paths_of(source: Source, of: str, question: str, *, where: Where = None, until: Any = None) -> Paths:
    """The paths of customers.

    Args:
        source: a log; or a trace, which also knows touchpoints, stages and milestones.
        of: what is a step: ``activity touchpoint stage channel milestone``.
        question: who asks, for messages.
        where: whose paths, as for every answer; it needs a trace.
        until: what happened later is not read.

    Raises:
        UsageError: if the trace that this needs is not given.
        UnknownNameError: if there are no steps of that kind.
    """
    if of not in KINDS:
        raise UnknownNameError(f"of= ({question} takes {', '.join(KINDS)})", of, KINDS)
    log = log_of(source, question)
    if of in OF_EVENTS:
        return limited(_kept(log, event_codes(source, of, question), names_of(source, of, question)),
                       source, question, where=where, until=until)  # fmt: skip
    trace = needed_trace(source, question, f"of={of!r}")
    table, column = (trace.visits, "entered") if of == "stage" else (trace.milestones, "time")
    time, owner = table[column].view(np.int64), table.codes("customer")
    order = np.lexsort((time, owner))  # stable: visits of one instant stay in their order
    starts = np.append(0, np.cumsum(np.bincount(owner, minlength=len(trace.ids))))
    found = Paths(trace.ids, starts, time[order], table.codes(of)[order], table.categories(of))
    return limited(found, source, question, where=where, until=until)


def limited(paths: Paths, source: Source, question: str, *, where: Where, until: Any) -> Paths:
    """The paths of those who are meant, as far as they are to be read."""
    if until is not None:
        paths = _until(paths, end_of(source, until))
    if where is None:
        return paths
    trace = needed_trace(source, question, "where=")
    groups = Groups(Facts(trace, trace._log, trace._customers))
    is_chosen = groups.chosen(where, Rows(customers=np.arange(len(trace.ids))), end_of(trace))
    return paths.of(is_chosen[np.searchsorted(trace.ids, paths.ids)])


def needed_trace(source: Source, question: str, what: str) -> Trace:
    """The source, which must be a trace."""
    if not isinstance(source, Trace):
        raise UsageError(f"{question}: {what} needs a trace: pass what replay gave in place of the log")
    return source


def event_codes(source: Source, kind: str, question: str) -> Codes:
    """(m,) what each event is: an activity, a touchpoint or a channel; -1 for none."""
    log = log_of(source, question)
    if kind == "activity":
        return log.activity
    if kind == "channel":
        return np.full(len(log), -1, np.int32) if log.channel is None else log.channel
    trace = needed_trace(source, question, f"a {kind}")
    return Facts(trace, log, trace._customers).touchpoints_of(np.arange(len(log)))


def names_of(source: Source, kind: str, question: str) -> Any:
    """What the codes of events stand for."""
    if kind == "touchpoint":
        trace = needed_trace(source, question, f"a {kind}")
        return [touchpoint.id for touchpoint in trace.journey.touchpoints]
    log = log_of(source, question)
    return log.activities if kind == "activity" else log.channels


def _kept(log: EventLog, codes: Codes, names: Any) -> Paths:
    """The events that are a step at all."""
    if codes is log.activity:
        return Paths(log.customers, log.starts, log.time, codes, names)
    is_step = codes >= 0
    before = np.append(0, np.cumsum(is_step))
    return Paths(
        log.customers, before[log.starts], log.time[is_step], codes[is_step].astype(np.int32), names,
        int(len(codes) - before[-1]),
    )  # fmt: skip


def _until(paths: Paths, end: int) -> Paths:
    is_kept = paths.time <= end
    if is_kept.all():
        return paths
    before = np.append(0, np.cumsum(is_kept))
    return attrs.evolve(
        paths, starts=before[paths.starts], time=paths.time[is_kept], codes=paths.codes[is_kept]
    )


def named_step(name: str, question: str) -> tuple[str, str]:
    """What kind of step is meant, and its name: ``milestone:aha``; an activity where nothing is said.

    >>> named_step("stage:care", "funnel"), named_step("login", "funnel")
    (('stage', 'care'), ('activity', 'login'))
    """
    if not isinstance(name, str):
        raise UsageError(f"{question}: a step is a name, such as 'login' or 'stage:care', not {name!r:.60}")
    kind, colon, rest = name.partition(":")
    return (kind, rest) if colon and kind in KINDS else ("activity", name)


def moments_of(source: Source, name: str, question: str) -> tuple[Any, Ints]:
    """Customers, and when each first came to what a name means; NAT where never.

    Raises:
        UnknownNameError: if nothing is called so.
    """
    kind, plain = named_step(name, question)
    paths = paths_of(source, kind, question)
    names = list(paths.names)
    if plain not in names:
        raise UnknownNameError(kind, plain, names)
    return paths.ids, first_times(paths, [names.index(plain)])


def first_times(paths: Paths, codes: Sequence[int]) -> Ints:
    """(n,) when each customer first did one of these; NAT where never."""
    first = np.full(len(paths.ids), NAT, np.int64)
    rows = np.flatnonzero(np.isin(paths.codes, list(codes)))[::-1]
    first[paths.owners[rows]] = paths.time[rows]
    return first
