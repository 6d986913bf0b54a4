"""What happened after each row of a panel, as far as it is known: what scorers learn and are judged by."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ...criteria._literals import as_duration
from ...data._tables import Table
from ...errors import DataError, UnknownNameError, UsageError
from ...journey._journey import Journey
from ...snapshots import Snapshot
from ...trace import Trace
from ...trace._inputs import join_ids

__all__ = ["Outcomes", "outcomes"]

NAT = np.iinfo(np.int64).min
LATEST = np.iinfo(np.int64).max
MICROSECOND = timedelta(microseconds=1)
UNSAID = "unsaid"

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def _read_only(array: Any) -> Any:
    view = np.asarray(array).view()
    view.flags.writeable = False
    return view


@attrs.frozen(eq=False, kw_only=True, repr=False)
class Outcomes:
    """For every row of a panel, when the event came first after its moment, and how long nobody saw it.

    Attributes:
        event: what is awaited.
        start: (n,) int64 microseconds, the moments of the rows.
        at: (n,) int64, the first occurrence after the moment; the smallest int64 where none was seen.
        until: (n,) int64, up to when the row was observed: the end of the replay, or the competing exit.
        exited: (n,) bool, whether a competing exit ended the observation: the event can't come any more.
        cause: (n,) int32, which of the causes ``at`` was, -1 where none was seen.
        causes: the stages that were entered, the reasons of the exits, or the event itself.
        at_risk: (n,) bool, whether the event could come: the customer is traced, not lost, not there already.

    >>> import cjlib as cj
    >>> journey = cj.Journey("demo", stages=[cj.Stage("active"), cj.Stage("gone", kind="lost")],
    ...     transitions=[cj.Transition("active", "gone", when='happened("cancelled")', kind="exit")])
    >>> log = cj.EventLog.from_columns(
    ...     ["a", "a", "b"], ["login", "cancelled", "login"], ["2026-01-01", "2026-01-20", "2026-01-01"])
    >>> logins = cj.panel(log, cj.Metric("logins", activity="login"), as_of=["2026-01-05"])
    >>> found = outcomes(logins, cj.replay(journey, log, until="2026-01-31"))
    >>> found.within("14d"), found.within("20d"), found.within("60d")
    (array([0., 0.]), array([1., 0.]), array([ 1., nan]))
    """

    event: str
    start: Ints = attrs.field(converter=_read_only)
    at: Ints = attrs.field(converter=_read_only)
    until: Ints = attrs.field(converter=_read_only)
    exited: NDArray[np.bool_] = attrs.field(converter=_read_only)
    cause: NDArray[np.int32] = attrs.field(converter=_read_only)
    causes: tuple[str, ...]
    at_risk: NDArray[np.bool_] = attrs.field(converter=_read_only)

    def __len__(self) -> int:
        return len(self.start)

    def __repr__(self) -> str:
        seen = int(np.count_nonzero(self.at_risk & (self.at != NAT)))
        at_risk = int(self.at_risk.sum())
        return f"<Outcomes of {len(self):,} rows: {self.event} in {seen:,} of {at_risk:,} at risk>"

    def within(self, horizon: str | timedelta) -> Floats:
        """(n,) float64: 1 where the event came in (moment, moment + horizon], 0 where it did not.

        NaN where it is not decided: the observation ended before, or the customer was not at risk. After a
        competing exit the event did not come.

        Args:
            horizon: how far to look ahead, such as ``"90d"``.
        """
        ahead = as_duration(horizon) // MICROSECOND
        if ahead <= 0:
            raise UsageError(f"the horizon must be longer than nothing, not {horizon!r:.80}")
        end = self.start + ahead
        found = np.full(len(self), np.nan)
        found[(self.until >= end) | self.exited] = 0.0
        found[(self.at != NAT) & (self.at <= end)] = 1.0
        found[~self.at_risk] = np.nan
        return found

    def select(self, rows: Any) -> Outcomes:
        """Some of the rows: a boolean mask or positions."""
        names = ("start", "at", "until", "exited", "cause", "at_risk")
        return attrs.evolve(self, **{name: getattr(self, name)[rows] for name in names})


def outcomes(panel: Snapshot, trace: Trace, event: str | None = None, *, by: str = "stage") -> Outcomes:
    """What happened to every row of a panel after its moment.

    Args:
        panel: the rows; they have moments.
        trace: the replay that tells what happened, up to its end.
        event: what is awaited: None for churn (entering a stage of kind ``lost``), else the id of a stage, a
            milestone or a signal, or a transition as ``"source -> target"``. Any event but churn competes
            with churn: who is lost first has not had it.
        by: what distinguishes causes: the ``stage`` entered, or the ``reason`` of the transition.

    Raises:
        UsageError: if an argument is of the wrong kind, or the name means two things.
        DataError: if rows have no moment, or the ids are of another type than the trace's.
        UnknownNameError: if the journey has no such event.
    """
    _check(panel, trace)
    if by not in ("stage", "reason"):
        raise UnknownNameError("way to tell causes apart", by, ("stage", "reason"))
    start = np.asarray(panel.as_of).view(np.int64)
    if (start == NAT).any():
        row = int(np.argmax(start == NAT))
        raise DataError(f"row {row} of the panel has no moment: make it with as_of=")
    _, of_trace, of_panel = join_ids(trace.ids, panel.ids, "panel")
    customer = of_panel[panel.codes_of_customers]
    kind, name = _event(trace.journey, event)
    occurred, causes = _occurrences(trace, kind, name, by)
    when = occurred[:, 1]
    after = _next(of_trace[occurred[:, 0]], when, customer, start)
    at = np.where(after >= 0, when[after] if len(when) else NAT, NAT)
    cause = np.where(after >= 0, occurred[after, 2] if len(when) else -1, -1).astype(np.int32)
    at_risk = _standing(trace, of_trace, customer, start, kind, name)
    until = np.full(len(start), int(trace.until.view(np.int64)))
    exited = np.zeros(len(start), bool)
    if kind != "churn":
        lost = _occurrences(trace, "churn", "", "stage")[0]
        leaves = _next(of_trace[lost[:, 0]], lost[:, 1], customer, start)
        left = np.where(leaves >= 0, lost[leaves, 1] if len(lost) else LATEST, LATEST)
        exited = left < np.where(at == NAT, LATEST, at)
        until, at = np.where(exited, left, until), np.where(exited, NAT, at)
        cause[exited] = -1
    return Outcomes(
        event="churn" if kind == "churn" else name, start=start, at=at, until=until, exited=exited,
        cause=cause, causes=causes, at_risk=at_risk & (start <= int(trace.until.view(np.int64))),
    )  # fmt: skip


def _check(panel: object, trace: object) -> None:
    if not isinstance(panel, Snapshot) or not isinstance(trace, Trace):
        kinds = f"{type(panel).__name__} and {type(trace).__name__}"
        raise UsageError(f"outcomes takes a cjlib.Snapshot (or panel) and a cjlib.Trace, not {kinds}")


def _event(journey: Journey, event: str | None) -> tuple[str, str]:
    """Of which kind the event is, and its name."""
    if event is None:
        if not any(stage.kind == "lost" for stage in journey.stages):
            raise UsageError(
                f"journey {journey.name!r} has no stage of kind 'lost', so nobody churns: say event="
            )
        return "churn", ""
    known = {
        "stage": [stage.id for stage in journey.stages],
        "transition": [f"{way.source} -> {way.target}" for way in journey.transitions],
        "milestone": [milestone.id for milestone in journey.milestones],
        "signal": [signal.id for signal in journey.signals],
    }
    kinds = [kind for kind, names in known.items() if event in names]
    if not kinds:
        raise UnknownNameError(
            "event of the journey", event, [one for names in known.values() for one in names]
        )
    if len(kinds) > 1:
        raise UsageError(f"{event!r} is the id of a {' and of a '.join(kinds)}; rename one of them")
    return kinds[0], event


def _occurrences(trace: Trace, kind: str, name: str, by: str) -> tuple[Ints, tuple[str, ...]]:
    """Rows of customer, time and cause, and what causes are called."""
    journey, visits = trace.journey, trace.visits
    if kind in ("milestone", "signal"):
        table, time = (trace.milestones, "time") if kind == "milestone" else (trace.signals, "raised")
        return _rows(table, table[kind] == name, time, None), (name,)
    if kind == "transition":
        ways = [i for i, way in enumerate(journey.transitions) if f"{way.source} -> {way.target}" == name]
        return _rows(visits, np.isin(visits["via"], ways), "left", None), (name,)
    aims = [
        i
        for i, one in enumerate(journey.stages)
        if (one.kind == "lost" if kind == "churn" else one.id == name)
    ]
    is_entry = np.isin(visits.codes("stage"), aims)
    if by == "stage":
        causes = tuple(journey.stages[i].id for i in aims)
        return _rows(visits, is_entry, "entered", np.searchsorted(aims, visits.codes("stage"))), causes
    before = np.append(
        -1, visits["via"][:-1]
    )  # the row before is the same customer's, unless it is the first
    before[visits["number"] == 0] = -1
    reasons = [way.reason or UNSAID for way in journey.transitions]
    targets = {journey.stages[i].id for i in aims}
    told = (r for way, r in zip(journey.transitions, reasons, strict=True) if way.target in targets)
    causes = tuple(dict.fromkeys([*told, UNSAID]))
    code = np.array([causes.index(reason) if reason in causes else -1 for reason in [*reasons, UNSAID]])
    return _rows(visits, is_entry, "entered", code[before]), causes


def _rows(table: Table, chosen: Any, time: str, cause: Any) -> Ints:
    columns = [
        table.codes("customer"),
        table[time].view(np.int64),
        np.zeros(len(table)) if cause is None else cause,
    ]
    return np.stack([np.asarray(column, np.int64)[chosen] for column in columns], axis=1)


def _merged(owner: Ints, time: Ints, customer: Ints, start: Ints) -> tuple[Ints, Any]:
    """All in order of customer and time, what occurs before the rows of its moment; which are rows."""
    is_row = np.repeat([False, True], [len(owner), len(customer)])
    order = np.lexsort((is_row, np.concatenate([time, start]), np.concatenate([owner, customer])))
    return order, is_row[order]


def _next(owner: Ints, time: Ints, customer: Ints, start: Ints) -> Ints:
    """(n,) for every row the position of its customer's first occurrence after the moment, -1 without one."""
    order, is_row = _merged(owner, time, customer, start)
    place = np.where(is_row, len(order), np.arange(len(order)))
    following = np.minimum.accumulate(place[::-1])[::-1][is_row]
    found = np.append(order, -1)[following]
    rows = order[is_row] - len(owner)
    result = np.full(len(customer), -1, np.int64)
    is_own = (found >= 0) & (np.append(owner, -1)[found] == customer[rows])
    result[rows[is_own]] = found[is_own]
    return result


def _standing(trace: Trace, of_trace: Ints, customer: Ints, start: Ints, kind: str, name: str) -> Any:
    """(n,) bool: traced at the moment, in no lost stage, and not yet where the event leads."""
    visits, stages = trace.visits, trace.journey.stages
    owner = of_trace[visits.codes("customer")]
    order, is_row = _merged(owner, visits["entered"].view(np.int64), customer, start)
    latest = np.maximum.accumulate(np.where(is_row, -1, np.arange(len(order))))[is_row]
    rows, visit = order[is_row] - len(owner), np.append(order, -1)[latest]
    is_own = (visit >= 0) & (np.append(owner, -1)[visit] == customer[rows])
    over = [i for i, one in enumerate(stages) if one.kind == "lost" or (kind == "stage" and one.id == name)]
    standing = np.zeros(len(customer), bool)
    standing[rows] = is_own & ~np.isin(np.append(visits.codes("stage"), -1)[visit], over)
    if kind == "milestone":
        reached = _occurrences(trace, kind, name, "stage")[0]
        by_customer = np.full(len(trace.ids) + 1, LATEST)
        by_customer[reached[:, 0]] = reached[:, 1]
        places = np.full(int(max(of_trace.max(initial=-1), customer.max(initial=-1))) + 1, len(trace.ids))
        places[of_trace] = np.arange(len(of_trace))
        standing &= by_customer[places[customer]] > start
    return standing
