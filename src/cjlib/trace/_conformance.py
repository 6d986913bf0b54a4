"""What the CRM says held against what the criteria say."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np

from ..criteria._literals import as_duration
from ..data._events import EventLog
from ..data._tables import Coded, Table
from ..errors import UsageError
from ._inputs import join_ids
from ._layout import NAT, Ints
from ._leaves import MICROSECOND
from ._trace import Trace

__all__ = ["conformance"]

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
        ``missing``: nobody recorded it). Records after the end of the replay are left out.

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
    changes = EventLog.from_frame(recorded, customer="customer", activity="stage", time="time").as_of(
        trace.until
    )
    ids, of_trace, of_changes = join_ids(trace.ids, changes.customers)
    names = list(dict.fromkeys([*(stage.id for stage in trace.journey.stages), *changes.activities]))
    stage_codes = np.array([names.index(activity) for activity in changes.activities], np.int64)
    owner = np.repeat(of_changes, np.diff(changes.starts))
    said = np.stack([owner, stage_codes[changes.activity] if len(changes) else owner, changes.time], axis=1)
    entered = trace.visits["entered"].view(np.int64)
    visits = np.stack(
        [of_trace[trace.visits.codes("customer")], trace.visits.codes("stage"), entered], axis=1
    )
    return _table(_paired(said, visits, allowed), ids, names, allowed)


def _paired(said: Ints, visits: Ints, allowed: int) -> Ints:
    """Rows of customer, stage, recorded, entered (NAT where there is no partner)."""
    rows: list[tuple[int, int, int, int]] = []
    groups = _groups(said), _groups(visits)
    for key in sorted(groups[0].keys() | groups[1].keys()):
        left, right = groups[0].get(key, []), groups[1].get(key, [])
        rows.extend((*key, record, visit) for record, visit in align(left, right, allowed))
    return np.array(rows, np.int64).reshape(-1, 4)


def _groups(rows: Ints) -> dict[tuple[int, int], list[int]]:
    found: dict[tuple[int, int], list[int]] = {}
    for customer, stage, time in rows[np.lexsort((rows[:, 2], rows[:, 1], rows[:, 0]))].tolist():
        found.setdefault((customer, stage), []).append(time)
    return found


def align(left: list[int], right: list[int], allowed: int) -> list[tuple[int, int]]:
    """Pairs in the order of time: as many as can be, most of them close, then the least apart in all."""
    if not left or not right or len(left) == len(right) == 1:
        pairs = list(zip(left, right, strict=False))
        return (
            pairs + [(one, NAT) for one in left[len(pairs) :]] + [(NAT, one) for one in right[len(pairs) :]]
        )
    costs: list[list[tuple[int, int, int]]] = [[(0, 0, 0)] * (len(right) + 1) for _ in range(len(left) + 1)]
    for i in range(len(left) - 1, -1, -1):
        for j in range(len(right) - 1, -1, -1):
            apart = abs(left[i] - right[j])
            rest = costs[i + 1][j + 1]
            pair = (rest[0] - 1, rest[1] - (apart <= allowed), rest[2] + apart)
            costs[i][j] = min(pair, costs[i + 1][j], costs[i][j + 1])
    return _walk(left, right, costs)


def _walk(
    left: list[int], right: list[int], costs: list[list[tuple[int, int, int]]]
) -> list[tuple[int, int]]:
    pairs, i, j = [], 0, 0
    while i < len(left) and j < len(right):
        if costs[i][j] == costs[i + 1][j]:
            pairs.append((left[i], NAT))
            i += 1
        elif costs[i][j] == costs[i][j + 1]:
            pairs.append((NAT, right[j]))
            j += 1
        else:
            pairs.append((left[i], right[j]))
            i, j = i + 1, j + 1
    return pairs + [(one, NAT) for one in left[i:]] + [(NAT, one) for one in right[j:]]


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
