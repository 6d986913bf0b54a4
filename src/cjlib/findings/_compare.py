"""What would have been under another version of the journey."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ..data import Coded, Customers, EventLog, Table
from ..errors import UsageError
from ..journey import Diff, Journey, diff
from ..trace import Trace, Waiver, replay
from ._contract import Detector, Finding, Findings
from ._find import find
from ._stages import time_in_stage

__all__ = ["Comparison", "compare"]

Ints = NDArray[np.int64]

_NAT = np.iinfo(np.int64).min
_MOVED = ("customers", "entered", "visits", "left", "forward", "lost", "median_days", "breaches")
_SHOWN = 10  # lines of the flow in the text of a comparison


@attrs.frozen(eq=False, repr=False, slots=False)
class Comparison:
    """Two versions of a journey on the same events: who stands elsewhere, and how stages move.

    Attributes:
        diff: what changed from the old version to the new.
        old: the replay of the old version.
        new: the replay of the new version.
        elsewhere: one row per customer who stands elsewhere at ``until``: ``customer``, ``old`` and ``new``
            (the stages; None where the customer has not begun), ``old_since`` and ``new_since`` (when it
            entered them) and ``apart_since`` (from when on the two have differed without a break).
        flow: ``old``, ``new`` (stages) and ``customers``: how many stand where under both; those who stand in
            the same stage are counted too, so the column adds up to all who have begun under either.
        stages: one row per stage of either version: ``stage``, and under the names of :func:`time_in_stage`
            with ``old_`` and ``new_`` before them ``customers``, ``entered``, ``visits``, ``left``,
            ``forward``, ``lost``, ``median_days`` (NaN also where a version has no such stage) and
            ``breaches``.
    """

    diff: Diff
    old: Trace
    new: Trace
    elsewhere: Table
    flow: Table
    stages: Table

    @property
    def until(self) -> np.datetime64:
        """The end of both replays, included; ``datetime64[us]``, UTC."""
        return self.new.until

    @property
    def fingerprints(self) -> tuple[str, str]:
        """The hashes of the old and of the new trace: journey, data and end of the replay."""
        return self.old.fingerprint, self.new.fingerprint

    @cached_property
    def fingerprint(self) -> str:
        """A hash of both traces."""
        return hashlib.sha256("\n".join(self.fingerprints).encode()).hexdigest()

    def findings(
        self, *, value: str | None = None, detectors: Iterable[str | Detector] | None = None
    ) -> Table:
        """How the findings move: what is found under the old version, under the new one, or both.

        Args:
            value: the attribute that says what a customer is worth in a year.
            detectors: as for :func:`cjlib.find`; unsaid: all that are installed.

        Returns:
            One row per kind and place: ``kind``, ``place``, ``status`` (gone, new, stays), and with ``old_``
            and ``new_`` before them ``customers`` (0 where it is not found), ``days``, ``money`` and
            ``estimate`` (NaN); what moves most customers first.
        """
        asked = None if detectors is None else list(detectors)
        sides = [
            find(trace.journey, trace, log=trace._log, value=value, detectors=asked)
            for trace in (self.old, self.new)
        ]
        return _moved(*sides)

    def __repr__(self) -> str:
        moved, traced = len(self.elsewhere), int(self.flow["customers"].sum())
        return f"<Comparison of {self.diff.old} and {self.diff.new}: {moved:,} of {traced:,} elsewhere>"

    def __str__(self) -> str:
        moved, traced = len(self.elsewhere), int(self.flow["customers"].sum())
        title = f"{self.diff.old} -> {self.diff.new} until {str(self.until)[:10]}"
        lines = [f"{title}: {moved:,} of {traced:,} customers stand elsewhere", *_flow_lines(self.flow)]
        changes = self.diff.replay
        if not changes:
            return "\n".join([*lines, "nothing changed that a replay reads"])
        return "\n".join([*lines, "changes that a replay reads:", *(f"  {change}" for change in changes)])


def _flow_lines(flow: Table) -> Iterator[str]:
    rows = [row for row in flow.rows() if row["old"] != row["new"]]
    rows.sort(key=lambda row: -row["customers"])
    for row in rows[:_SHOWN]:
        count = row["customers"]
        old, new = row["old"] or "(not begun)", row["new"] or "(not begun)"
        yield f"  {old} -> {new}: {count:,} customer{'' if count == 1 else 's'}"
    if len(rows) > _SHOWN:
        yield f"  ... and {len(rows) - _SHOWN:,} more"


def compare(
    old: Journey,
    new: Journey,
    log: EventLog,
    customers: Customers | None = None,
    *,
    until: Any,
    waivers: Iterable[Waiver] | None = None,
) -> Comparison:
    """What the same events would have been under another version of the journey.

    Both versions are replayed; a customer stands elsewhere if the ids of its stages at ``until`` differ.

    Args:
        old: the version to compare with.
        new: the version to look at.
        log: the events.
        customers: the attributes that criteria mention.
        until: the end of both replays, included: a datetime, a date or ISO text.
        waivers: waivers of checklist items, each used by every version that has the item; the position of a
            transition is that in ``old``.

    Raises:
        UsageError: if something is of the wrong kind.
        UnknownNameError: if a waiver names what neither version has.
        DataError, ReplayError: as :func:`cjlib.replay` does.

    >>> import cjlib as cj
    >>> def version(number, when):
    ...     return cj.Journey("demo", version=number, stages=[cj.Stage("trial"), cj.Stage("active")],
    ...         transitions=[cj.Transition("trial", "active", when=when)])
    >>> log = cj.EventLog.from_columns(
    ...     ["a", "a", "b"], ["login"] * 3, ["2026-01-01", "2026-01-03", "2026-01-02"])
    >>> old, new = version("1", 'count("login") >= 1'), version("2", 'count("login") >= 2')
    >>> comparison = compare(old, new, log, until="2026-01-31")
    >>> print(comparison)
    demo 1 -> demo 2 until 2026-01-31: 1 of 2 customers stand elsewhere
      active -> trial: 1 customer
    changes that a replay reads:
      changed transitions[0] 'trial -> active'.when: count("login") >= 1 -> count("login") >= 2 (replay)
    >>> print(comparison.elsewhere)
    elsewhere: 1 rows
    customer  old     new    old_since   new_since   apart_since
    b         active  trial  2026-01-02  2026-01-02  2026-01-02
    """
    changes = diff(old, new)
    given = _waivers(waivers)
    traces = [
        replay(journey, log, customers, until=until, waivers=_meant(given, journey, old, new))
        for journey in (old, new)
    ]
    return _compared(changes, *traces)


def _moved(old: Findings, new: Findings) -> Table:
    """Findings of both sides by kind and place; several of one kind at one place in their order."""
    sides: list[dict[tuple[str, str, int], Finding]] = []
    for findings in (old, new):
        seen: dict[tuple[str, str, int], Finding] = {}
        for one in findings:
            place = one.kind, str(one.place)
            seen[(*place, sum(key[:2] == place for key in seen))] = one
        sides.append(seen)
    keys = list(dict.fromkeys([*sides[1], *sides[0]]))
    pairs = [tuple(side.get(key) for side in sides) for key in keys]
    sizes = np.array([[0 if one is None else len(one) for one in pair] for pair in pairs], np.int64)
    sizes = sizes.reshape(-1, 2)
    order = np.argsort(-np.abs(sizes[:, 1] - sizes[:, 0]), kind="stable")
    status = [2 if None not in pair else 1 if pair[0] is None else 0 for pair in pairs]
    columns: dict[str, Any] = {
        "kind": np.array([kind for kind, _, _ in keys], object),
        "place": np.array([place for _, place, _ in keys], object),
        "status": Coded(np.array(status, np.int32), ("gone", "new", "stays")),
        "old_customers": sizes[:, 0],
        "new_customers": sizes[:, 1],
    }
    for name in ("days", "money", "estimate"):
        for side, label in enumerate(("old", "new")):
            values = [np.nan if pair[side] is None else getattr(pair[side], name) for pair in pairs]
            columns[f"{label}_{name}"] = np.array(values, float)
    return Table(columns, name="findings").select(order)


def _waivers(waivers: Iterable[Waiver] | None) -> list[Waiver]:
    given = list(waivers) if isinstance(waivers, Iterable) else []
    if (waivers is not None and not isinstance(waivers, Iterable)) or not all(
        isinstance(one, Waiver) for one in given
    ):
        raise UsageError(f"compare: waivers are a list of cjlib.Waiver, not {waivers!r:.80}")
    return given


def _meant(waivers: list[Waiver], journey: Journey, old: Journey, new: Journey) -> list[Waiver]:
    """The waivers that are for this version; what neither version has is left for the replay to refuse."""
    named = [_by_stages(waiver, old) for waiver in waivers]
    return [
        waiver
        for waiver in named
        if _has_item(journey, waiver) or not (_has_item(old, waiver) or _has_item(new, waiver))
    ]


def _by_stages(waiver: Waiver, old: Journey) -> Waiver:
    position = waiver.transition
    if not isinstance(position, int) or not 0 <= position < len(old.transitions):
        return waiver
    way = old.transitions[position]
    return attrs.evolve(waiver, transition=(way.source, way.target))


def _has_item(journey: Journey, waiver: Waiver) -> bool:
    items = (
        item.id
        for way in journey.transitions
        if (way.source, way.target) == waiver.transition and way.handoff is not None
        for item in way.handoff.checklist
    )
    return waiver.item in items


def _compared(changes: Diff, old: Trace, new: Trace) -> Comparison:
    names = list(dict.fromkeys([*_stage_ids(new), *_stage_ids(old)]))
    before, after = _visits(old, names), _visits(new, names)
    n_customers = len(new.ids)
    stages = np.stack([_last(visits, n_customers, 1, -1) for visits in (before, after)])
    since = np.stack([_last(visits, n_customers, 2, _NAT) for visits in (before, after)])
    moved = np.flatnonzero(stages[0] != stages[1])
    apart = _apart_since(before, after, n_customers)
    return Comparison(
        diff=changes,
        old=old,
        new=new,
        elsewhere=Table(
            {
                "customer": Coded(moved, new.ids),
                "old": Coded(stages[0][moved], names),
                "new": Coded(stages[1][moved], names),
                "old_since": since[0][moved].view("datetime64[us]"),
                "new_since": since[1][moved].view("datetime64[us]"),
                "apart_since": apart[moved].view("datetime64[us]"),
            },
            name="elsewhere",
        ),
        flow=_flow(stages, names),
        stages=_stages(names, old, new),
    )


def _stage_ids(trace: Trace) -> list[str]:
    return [stage.id for stage in trace.journey.stages]


def _visits(trace: Trace, names: list[str]) -> Ints:
    """(n_visits, 3): customer, position of the stage among the names, entered; in their order."""
    position = {name: i for i, name in enumerate(names)}
    numbers = np.array([position[name] for name in trace.visits.categories("stage")], np.int64)
    entered = trace.visits["entered"].view(np.int64)
    stage = numbers[trace.visits.codes("stage")]
    return np.stack([trace.visits.codes("customer").astype(np.int64), stage, entered], axis=1)


def _last(visits: Ints, n_customers: int, column: int, otherwise: int) -> Ints:
    """(n_customers,) a column of the last visit of each customer."""
    found = np.full(n_customers, otherwise, np.int64)
    is_last = np.append(visits[1:, 0] != visits[:-1, 0], True)[: len(visits)]
    found[visits[is_last, 0]] = visits[is_last, column]
    return found


def _apart_since(before: Ints, after: Ints, n_customers: int) -> Ints:
    """(n_customers,) when the last stretch began in which the two stages differ; NAT where there is none.

    All entries of both are put in the order of time; after each instant the stages of both are known.
    """
    rows = np.concatenate([before, after])
    is_new = np.arange(len(rows)) >= len(before)
    order = np.lexsort((rows[:, 2], rows[:, 0]))
    customer, stage, time = rows[order].T
    sides = np.stack([_carried(customer, stage, is_new[order] == side) for side in (False, True)])
    is_settled = np.append((customer[1:] != customer[:-1]) | (time[1:] != time[:-1]), True)[: len(rows)]
    customer, time, differ = customer[is_settled], time[is_settled], (sides[0] != sides[1])[is_settled]
    begins = differ & np.append(True, ~differ[:-1] | (customer[1:] != customer[:-1]))[: len(differ)]
    found = np.full(n_customers, _NAT, np.int64)
    found[customer[begins]] = time[begins]
    return found


def _carried(customer: Ints, stage: Ints, is_mine: NDArray[np.bool_]) -> Ints:
    """(n,) the stage of the latest row of this side up to each row, −1 where its customer has none yet."""
    latest = np.maximum.accumulate(np.where(is_mine, np.arange(len(stage)), -1))
    is_own = (latest >= 0) & (customer[latest] == customer)
    carried: Ints = np.where(is_own, stage[latest], -1)
    return carried


def _flow(stages: Ints, names: list[str]) -> Table:
    has_begun = (stages >= 0).any(axis=0)
    pairs, counts = np.unique((stages[0] * (len(names) + 1) + stages[1])[has_begun], return_counts=True)
    before, after = np.divmod(pairs + 1, len(names) + 1)
    return Table(
        {"old": Coded(before, names), "new": Coded(after - 1, names), "customers": counts.astype(np.int64)},
        name="flow",
    )


def _stages(names: list[str], old: Trace, new: Trace) -> Table:
    columns: dict[str, Any] = {"stage": Coded(np.arange(len(names)), names)}
    found = {"old": time_in_stage(old), "new": time_in_stage(new)}
    for column in _MOVED:
        for side, table in found.items():
            values = table[column]
            filled = np.full(len(names), np.nan if values.dtype.kind == "f" else 0, values.dtype)
            filled[[names.index(stage) for stage in table["stage"]]] = values
            columns[f"{side}_{column}"] = filled
    return Table(columns, name="stages")
