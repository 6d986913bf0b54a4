"""What the CRM says held against what the criteria say."""

from __future__ import annotations

import warnings
from datetime import timedelta
from typing import Any, Final

import numpy as np

from .._jit import jit
from ..criteria._literals import as_duration
from ..data._columns import as_frame
from ..data._events import EventLog
from ..data._tables import Coded, Table
from ..errors import DataError, UsageError, did_you_mean
from ._inputs import join_ids
from ._layout import NAT, Ints
from ._leaves import MICROSECOND
from ._trace import Trace

__all__ = ["conformance"]

PAIR: Final = 0
SKIP_LEFT: Final = 1
SKIP_RIGHT: Final = 2
VERDICTS = ("agreeing", "early", "late", "unjustified", "missing")


def conformance(trace: Trace, recorded: Any, tolerance: str | timedelta = "1d") -> Table:
    """Every recorded stage change held against the visit that justifies it, and every visit nobody recorded.

    Per customer and stage, records and visits are paired in the order of time so that as many as possible lie
    within the tolerance, and of such pairings the one with the smallest total difference is taken.

    Args:
        trace: the replay.
        recorded: the stage changes that were recorded: a frame with customer, stage and time.
        tolerance: how far apart a record and its visit may lie and still agree.

    Returns:
        One row per record or unrecorded visit: customer, stage, recorded, entered, verdict (``agreeing``;
        ``early``: recorded before the criteria hold; ``late``; ``unjustified``: the criteria never led there;
        ``missing``: nobody recorded it). Records after the end of the replay are left out; a warning names
        recorded stages that the journey does not have.

    Raises:
        UsageError: if the trace is none, or the tolerance negative.
        DataError: if a column is missing, rows cannot be used, or ids are of another type than the trace's.

    >>> import cjlib as cj
    >>> journey = cj.Journey("demo", stages=[cj.Stage("trial"), cj.Stage("active")],
    ...     transitions=[cj.Transition("trial", "active", when='happened("kickoff")')])
    >>> log = cj.EventLog.from_columns(["a", "a"], ["login", "kickoff"], ["2026-01-01", "2026-01-08"])
    >>> said = {"customer": ["a"], "stage": ["active"], "time": ["2026-01-05"]}
    >>> print(cj.conformance(cj.replay(journey, log, until="2026-02-01"), said))
    conformance: 2 rows
    customer  stage   recorded    entered     verdict
    a         trial   ·           2026-01-01  missing
    a         active  2026-01-05  2026-01-08  early
    """
    if not isinstance(trace, Trace):
        raise UsageError(f"conformance: trace must be a cjlib.Trace, not {type(trace).__name__}")
    allowed = as_duration(tolerance) // MICROSECOND
    if allowed < 0:
        raise UsageError(f"tolerance must not be negative, not {tolerance!r}")
    changes = _changes(recorded).as_of(trace.until)
    ids, of_trace, of_changes = join_ids(trace.ids, changes.customers, "recorded stage changes")
    stages = [stage.id for stage in trace.journey.stages]
    _tell_unknown(changes, stages)
    names = list(dict.fromkeys([*stages, *changes.activities]))
    stage_codes = np.array([names.index(activity) for activity in changes.activities], np.int64)
    owner = np.repeat(of_changes, np.diff(changes.starts))
    said = _sorted(owner, stage_codes[changes.activity] if len(changes) else owner, changes.time)
    entered = trace.visits["entered"].view(np.int64)
    visits = _sorted(of_trace[trace.visits.codes("customer")], trace.visits.codes("stage"), entered)
    rows = np.empty((len(said) + len(visits), 4), np.int64)
    return _table(rows[: pair_all(said, visits, allowed, rows)], ids, names, allowed)


def _changes(recorded: Any) -> EventLog:
    """The records as a log whose activities are stages."""
    frame = as_frame(recorded)
    for name in ("customer", "stage", "time"):
        if name not in frame.names:
            raise DataError(
                f"recorded stage changes have columns customer, stage and time; {name!r} is not among "
                f"{', '.join(map(repr, frame.names))}{did_you_mean(name, frame.names)}"
            )
    return EventLog.from_frame(recorded, customer="customer", activity="stage", time="time")


def _tell_unknown(changes: EventLog, stages: list[str]) -> None:
    counts = np.bincount(changes.activity, minlength=len(changes.activities))
    for name, count in zip(changes.activities, counts.tolist(), strict=True):
        if count and name not in stages:
            told = f"{count:,} recorded changes are to {name!r}, which is no stage of the journey"
            warnings.warn(f"{told}{did_you_mean(name, stages)}: unjustified", UserWarning, stacklevel=3)


def _sorted(customer: Ints, stage: Ints, time: Ints) -> Ints:
    """Rows of customer, stage and time, in this order."""
    return np.stack([customer, stage, time], axis=1)[np.lexsort((time, stage, customer))]


@jit
def pair_all(said: Ints, visits: Ints, allowed: int, out: Ints) -> int:
    """Fill in rows of customer, stage, recorded, entered (NAT where there is no partner): how many."""
    i, j, filled = 0, 0, 0
    while i < len(said) or j < len(visits):
        if j == len(visits) or (i < len(said) and is_before(said[i], visits[j])):
            customer, stage = said[i, 0], said[i, 1]
        else:
            customer, stage = visits[j, 0], visits[j, 1]
        left, right, begin = i, j, filled
        while i < len(said) and said[i, 0] == customer and said[i, 1] == stage:
            i += 1
        while j < len(visits) and visits[j, 0] == customer and visits[j, 1] == stage:
            j += 1
        filled += align(said[left:i, 2], visits[right:j, 2], allowed, out[begin:, 2:])
        out[begin:filled, 0], out[begin:filled, 1] = customer, stage
    return filled


@jit
def is_before(one: Ints, other: Ints) -> bool:
    """Whether a row's customer and stage come first."""
    return bool(one[0] < other[0] or (one[0] == other[0] and one[1] < other[1]))


@jit
def align(left: Ints, right: Ints, allowed: int, out: Ints) -> int:
    """Pairs in the order of time: as many as can be, most of them close, then the least apart in all.

    Dynamic programming from the end on: what is best for the rest of both sides (pairs, close pairs, time
    apart) is kept for two lines only, what to do there for all.
    """
    n, m = len(left), len(right)
    step = np.zeros((n, m), np.int8)
    best, below = np.zeros((m + 1, 3), np.int64), np.zeros((m + 1, 3), np.int64)
    for i in range(n - 1, -1, -1):
        best[m] = 0
        for j in range(m - 1, -1, -1):
            apart = abs(left[i] - right[j])
            pairs, close, total = (
                below[j + 1, 0] + 1,
                below[j + 1, 1] + (apart <= allowed),
                below[j + 1, 2] + apart,
            )
            step[i, j] = PAIR
            for skip, rest in ((SKIP_RIGHT, best[j + 1]), (SKIP_LEFT, below[j])):
                if (-rest[0], -rest[1], rest[2]) <= (-pairs, -close, total):
                    pairs, close, total = rest[0], rest[1], rest[2]
                    step[i, j] = skip
            best[j, 0], best[j, 1], best[j, 2] = pairs, close, total
        best, below = below, best
    i, j, filled = 0, 0, 0
    while i < n or j < m:
        skip_left = j == m or (i < n and step[i, j] == SKIP_LEFT)
        skip_right = not skip_left and (i == n or step[i, j] == SKIP_RIGHT)
        out[filled, 0] = NAT if skip_right else left[i]
        out[filled, 1] = NAT if skip_left else right[j]
        i, j, filled = i + (not skip_right), j + (not skip_left), filled + 1
    return filled


def _table(rows: Ints, ids: Any, names: list[str], allowed: int) -> Table:
    recorded, entered = rows[:, 2], rows[:, 3]
    late_by = np.where((recorded == NAT) | (entered == NAT), 0, recorded - entered)
    verdict = np.select(
        [entered == NAT, recorded == NAT, late_by < -allowed, late_by > allowed], [3, 4, 1, 2], default=0
    )
    moment = np.where(recorded == NAT, entered, recorded)
    order = np.lexsort((moment, rows[:, 0]))
    return Table(
        {
            "customer": Coded(rows[order, 0].astype(np.int32), ids),
            "stage": Coded(rows[order, 1].astype(np.int32), names),
            "recorded": rows[order, 2].view("datetime64[us]"),
            "entered": rows[order, 3].view("datetime64[us]"),
            "verdict": Coded(verdict[order].astype(np.int32), VERDICTS),
        },
        name="conformance",
    )
