"""Order: whether touchpoints come in the order that the journey plans."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np

from ..data import Coded
from ..errors import UsageError
from ..scoring.figures._by import Where
from ..trace import Trace
from ._answers import Answer, Mask
from ._paths import Ints, Paths, paths_of
from ._rates import divided, wilson

__all__ = ["PlannedOrder", "planned_order"]

COUNTS = ("in_order", "reversed", "skipped", "waiting")
NEVER = np.iinfo(np.int64).max


@attrs.frozen(eq=False, repr=False)
class PlannedOrder(Answer):
    """One row per planned pair; see :func:`planned_order`."""

    def reversed(self, row: int) -> Any:
        """Who had the later touchpoint first, and the earlier one after it."""
        first, then = self._moments(row)
        return self.ids[(then < first) & (first < NEVER)]

    def skipped(self, row: int) -> Any:
        """Who had the later touchpoint and never the earlier one."""
        first, then = self._moments(row)
        return self.ids[(then < NEVER) & (first == NEVER)]

    def waiting(self, row: int) -> Any:
        """Who had the earlier touchpoint and not the later one yet."""
        first, then = self._moments(row)
        return self.ids[(first < NEVER) & (then == NEVER)]

    def _moments(self, row: int) -> tuple[Ints, Ints]:
        return self._evidence.moments(self._checked(row))  # type: ignore[attr-defined, no-any-return]


def planned_order(trace: Trace, *, where: Where = None, until: Any = None) -> PlannedOrder:
    """For every touchpoint that normally comes after another one, whether it does.

    The first time of each counts; at one time, the order of the log does.

    Args:
        trace: the replay of a journey whose touchpoints say what they come ``after``.
        where: whose touchpoints.
        until: what happened later is not read.

    Returns:
        ``before`` and ``after`` (touchpoints), ``among`` (customers who had the later one), ``in_order``,
        ``reversed`` and ``skipped`` (never had the earlier one) of these, ``share`` in order with its 95 %
        interval ``low`` and ``high``, ``waiting`` (had the earlier one, the later one not yet) and ``median``
        (seconds from the one to the other, where in order). ``found.customers(row)`` gives who kept the
        order, ``found.reversed(row)`` and ``found.skipped(row)`` who did not.

    >>> import cjlib as cj
    >>> journey = cj.Journey("demo", stages=[cj.Stage("trial")], touchpoints=[
    ...     cj.Touchpoint("demo", stages=["trial"], activities=["demo"]),
    ...     cj.Touchpoint("offer", stages=["trial"], activities=["offer"], after=["demo"])])
    >>> log = cj.EventLog.from_columns(["a", "a", "b", "b"], ["demo", "offer", "offer", "demo"],
    ...     ["2026-01-01", "2026-01-02", "2026-01-01", "2026-01-05"])
    >>> found = planned_order(cj.replay(journey, log, until="2026-02-01"))
    >>> found["share"].tolist(), found.reversed(0).tolist()
    ([0.5], ['b'])
    """
    if not isinstance(trace, Trace):
        raise UsageError(f"planned_order: a Trace was expected, not {type(trace).__name__}: see replay")
    touchpoints = trace.journey.touchpoints
    names = [touchpoint.id for touchpoint in touchpoints]
    pairs = [(names.index(one), names.index(two.id)) for two in touchpoints for one in two.after]
    paths = paths_of(trace, "touchpoint", "planned_order", where=where, until=until)
    firsts = {code: _first_rows(paths, code) for code in {code for pair in pairs for code in pair}}
    columns: dict[str, list[float]] = {name: [] for name in (*COUNTS, "median")}
    for before, after in pairs:
        first, then = firsts[before], firsts[after]
        is_kept = (first < then) & (then < NEVER)
        columns["in_order"].append(int(is_kept.sum()))
        columns["reversed"].append(int(((then < first) & (first < NEVER)).sum()))
        columns["skipped"].append(int(((then < NEVER) & (first == NEVER)).sum()))
        columns["waiting"].append(int(((first < NEVER) & (then == NEVER)).sum()))
        pause = (paths.time[then[is_kept]] - paths.time[first[is_kept]]) / 1e6
        columns["median"].append(float(np.median(pause)) if len(pause) else np.nan)
    counts = {name: np.array(columns[name], np.int64) for name in COUNTS}
    among = counts["in_order"] + counts["reversed"] + counts["skipped"]
    low, high = wilson(counts["in_order"], among)
    codes = np.array(pairs, np.int64).reshape(-1, 2)
    waiting = counts.pop("waiting")
    return PlannedOrder(
        {
            "before": Coded(codes[:, 0], names), "after": Coded(codes[:, 1], names), "among": among, **counts,
            "share": divided(counts["in_order"], among), "low": low, "high": high, "waiting": waiting,
            "median": np.array(columns["median"], np.float64),
        },
        name="planned order",
        asked={"where": where, "until": until, "left_out": paths.left_out},
        evidence=_Ordered(paths.ids, [(firsts[one], firsts[two]) for one, two in pairs]),
    )  # fmt: skip


def _first_rows(paths: Paths, code: int) -> Ints:
    """(n,) the row of each customer's first such touchpoint, NEVER without."""
    first = np.full(len(paths.ids), NEVER, np.int64)
    rows = np.flatnonzero(paths.codes == code)[::-1]
    first[paths.owners[rows]] = rows
    return first


@attrs.frozen(eq=False)
class _Ordered:
    """The rows of the first time of both touchpoints of each pair."""

    ids: Any
    pairs: list[tuple[Ints, Ints]]

    def moments(self, row: int) -> tuple[Ints, Ints]:
        return self.pairs[row]

    def behind(self, row: int) -> Mask:
        first, then = self.pairs[row]
        is_kept: Mask = (first < then) & (then < NEVER)
        return is_kept

    def among(self, row: int) -> Mask:
        had_it: Mask = self.pairs[row][1] < NEVER
        return had_it
