"""Funnels: how many customers came how far, who may still come further, and how long it took."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ..criteria._literals import as_duration, duration_text
from ..data import NAT, Coded, Table
from ..errors import UsageError
from ..scoring._survival import kaplan_meier
from ..scoring.figures._by import Where
from ..trace import Trace
from ._answers import Answer, Mask
from ._blocks import in_blocks
from ._funnel_kernels import any_order, in_order
from ._funnel_steps import Items, Step, items_of, read_steps
from ._paths import Ints, Source, end_of
from ._rates import divided, wilson

__all__ = ["Funnel", "funnel"]

Floats = NDArray[np.float64]

DAY_US = 86_400_000_000
MODES = ("ordered", "strict", "any")
WINDOWS = ("first", "step")
AGES = (1, 7, 14, 30, 60, 90, 180, 365)


@attrs.frozen(eq=False, repr=False)
class Funnel(Answer):
    """One row per step; see :func:`funnel`."""

    def still_open(self, row: int) -> Any:
        """Who came to this step, no further yet, and still could."""
        way = self._way
        return self.ids[way.stands_at(self._checked(row)) & way.is_open]

    def dropped(self, row: int) -> Any:
        """Who came to this step and can come no further in the attempts made so far."""
        way = self._way
        return self.ids[way.stands_at(self._checked(row)) & ~way.is_open]

    @property
    def _way(self) -> _Way:
        return self._evidence  # type: ignore[return-value]

    def by_age(self, step: int = -1, ages: Sequence[float] = AGES) -> Table:
        """How many have come to a step by so many days after their first one, the young counted right.

        A Kaplan–Meier estimate: whoever has not come there is counted for as long as it has been seen.

        Args:
            step: the row of the step; the last one if unsaid.
            ages: in days.

        Returns:
            ``age_days``, ``at_risk`` (customers seen for so long who were not there before), ``converted``
            (customers who were there by then) and ``share`` with its 95 % interval ``low`` and ``high``; NaN
            where nobody has been seen for so long.
        """
        way, row = self._way, self._checked(step)
        wanted = np.asarray(ages, np.float64)
        if wanted.ndim != 1 or not (wanted >= 0).all():
            raise UsageError(f"by_age: ages are days from 0 on, not {ages!r:.60}")
        has_begun = way.depth > 0
        entered, arrived = way.reached[has_begun, 0], way.reached[has_begun, row]
        is_there = arrived != NAT
        days = (np.where(is_there, arrived, way.until) - entered) / DAY_US
        found = kaplan_meier(days, is_there)
        place = np.searchsorted(found.times, wanted, side="right")
        curves = {"share": (1, found.curve), "low": (1, found.high), "high": (1, found.low)}
        known = {name: 1 - np.append(first, curve)[place] for name, (first, curve) in curves.items()}
        is_beyond = (wanted > days.max(initial=-1)) & ~is_there.all()
        columns = {
            "age_days": wanted,
            "at_risk": len(days) - np.searchsorted(np.sort(days), wanted, side="left"),
            "converted": np.searchsorted(np.sort(days[is_there]), wanted, side="right"),
            **{name: np.where(is_beyond, np.nan, curve) for name, curve in known.items()},
        }
        return Table(columns, name="conversion by age")


def funnel(
    source: Source,
    steps: Sequence[str | Sequence[str]],
    *,
    mode: str = "ordered",
    within: str | timedelta | None = None,
    window: str = "first",
    where: Where = None,
    until: Any = None,
) -> Funnel:
    """How many customers came how far.

    A step is the name of an activity; ``touchpoint:``, ``stage:``, ``milestone:`` or ``channel:`` before a
    name says what else is meant; a list of names is a step that any of them is. Every event that is the first
    step begins a new attempt, and a customer came as far as its furthest attempt. Events at one time are in
    the order of the log (time, order column, input), so a tie in that order counts. One event is one step
    of an attempt; a step that stands twice needs two events.

    Args:
        source: a log; or a trace, which also knows touchpoints, stages and milestones.
        steps: what is to happen.
        mode: ``ordered``: in this order, whatever else lies between; ``strict``: nothing else between;
            ``any``: in any order.
        within: the window, half-open: an event exactly so long after is outside; None: no window.
        window: what the window runs from: the ``first`` step, or each ``step`` from the one before.
        where: whose paths; it needs a trace.
        until: the end of what is known; unsaid, that of the replay, or the last event of the log.

    Returns:
        One row per step: ``step`` (from 1), ``name``, ``customers`` (who came there), ``from_first`` and
        ``from_previous`` (of those who came to the step before; of all for the first) with its 95 % interval
        ``low`` and ``high``, ``base`` (the share of all customers who ever did this, whatever came before)
        and ``lift``; ``open`` (no further yet, but an attempt is inside its window, and the customer in no
        lost stage) and ``dropped`` (neither); ``median`` and ``median_total``: seconds from the step before
        and from the first one, in the attempt that first came there. In mode ``any`` the rows count steps:
        one of them done, two, ..., without a base. The mode, the window and how ties are read are in
        ``found.asked``.

    >>> import cjlib as cj
    >>> log = cj.EventLog.from_columns(["a", "a", "b", "c"], ["visit", "order", "visit", "order"],
    ...     ["2026-01-01", "2026-01-03", "2026-01-20", "2026-01-02"])
    >>> found = funnel(log, ["visit", "order"], within="7d")
    >>> found["customers"].tolist(), found["open"].tolist(), found["median"].tolist()
    ([2, 1], [1, 0], [0.0, 172800.0])
    >>> found.customers(1).tolist(), found.still_open(0).tolist()
    (['a'], ['b'])
    >>> found.asked["mode"], found.asked["within"], found.asked["window"]
    ('ordered', '7d', 'first')
    """
    duration = _checked(mode, within, window)
    read = read_steps(steps)
    end = end_of(source, until)
    items = items_of(source, read, mode, where=where, until=until)
    way, base = _way(items, read, mode, duration, window, end, _lost(source, items))
    customers = np.array([int(np.count_nonzero(way.depth > row)) for row in range(len(read))])
    stands = np.bincount(way.depth, minlength=len(read) + 1)[1:]
    n_open = np.bincount(way.depth[way.is_open], minlength=len(read) + 1)[1:]
    n_open[-1] = stands[-1] = 0  # who has come through is neither
    before = np.append(len(items.ids), customers[:-1])
    rate = divided(customers, before)
    low, high = wilson(customers, before)
    names = [step.text for step in read]
    shown = [f"any {row + 1}" for row in range(len(read))] if mode == "any" else names
    return Funnel(
        {
            "step": np.arange(1, len(read) + 1), "name": Coded(np.arange(len(read)), shown),
            "customers": customers, "from_first": divided(customers, customers[0]), "from_previous": rate,
            "low": low, "high": high, "base": base, "lift": divided(rate, base),
            "open": n_open, "dropped": stands - n_open,
            "median": _medians(way.reached, way.before), "median_total": _medians(way.reached, way.began),
        },
        name="funnel",
        asked={
            "steps": tuple(names), "mode": mode,
            "within": None if duration is None else duration_text(duration),
            "window": window if duration is not None else None, "ties": "row order",
            "until": np.int64(end).view("datetime64[us]"), "where": where,
        },
        evidence=way,
    )  # fmt: skip


@attrs.frozen(eq=False)
class _Way:
    """How far everybody came.

    Attributes:
        ids: (n,) customers.
        depth: (n,) how many steps.
        is_open: (n,) whether an attempt can still go on.
        reached: (n, steps) when each was first reached, NAT if never.
        began: (n, steps) when the attempt began.
        before: (n, steps) when that attempt came to the step before.
        until: the end of what is known.
    """

    ids: Any
    depth: Ints
    is_open: Mask
    reached: Ints
    began: Ints
    before: Ints
    until: int

    def behind(self, row: int) -> Mask:
        came: Mask = self.depth > row
        return came

    def among(self, row: int) -> Mask:
        came: Mask = self.depth >= row
        return came

    def stands_at(self, row: int) -> Mask:
        """(n,) who came to this step and not to the next."""
        is_last = row == self.reached.shape[1] - 1
        stands: Mask = np.zeros(len(self.depth), bool) if is_last else self.depth == row + 1
        return stands


def _checked(mode: Any, within: Any, window: Any) -> timedelta | None:
    for name, value, known in (("mode", mode, MODES), ("window", window, WINDOWS)):
        if value not in known:
            raise UsageError(f"funnel: {name} is one of {', '.join(known)}, not {value!r:.40}")
    if mode == "any" and window == "step":
        raise UsageError("funnel: in any order there is no step before; the window runs from the first one")
    duration = None if within is None else as_duration(within)
    if duration is not None and duration <= timedelta(0):
        raise UsageError(f"funnel: within must be longer than nothing, not {within!r}")
    return duration


def _way(
    items: Items, steps: Sequence[Step], mode: str, within: timedelta | None, window: str, end: int,
    lost: Mask,
) -> tuple[_Way, Floats]:  # fmt: skip
    """How far everybody came; and the share of all who ever did each step, NaN in any order."""
    n, k = len(items.ids), len(steps)
    reached, began, before = (np.full((n, k), NAT, np.int64) for _ in range(3))
    depth, is_open = np.zeros(n, np.int64), np.zeros(n, bool)
    limit = -1 if within is None else within // timedelta(microseconds=1)
    path = items.starts, items.time, items.codes
    told = reached, began, before, depth, is_open
    asked = items.classes(steps) if mode == "any" else items.matches()
    if mode == "any":
        in_blocks(items.starts, lambda low, high: any_order(low, high, *path, *asked, limit, end, *told))
        ever = np.full(k, np.nan)
    else:
        is_per_step, is_strict = window == "step", mode == "strict"

        def come(low: int, high: int) -> Ints:
            did = np.zeros(k, np.int64)
            in_order(low, high, *path, *asked, k, limit, is_per_step, is_strict, end, *told, did)
            return did

        ever = np.sum(in_blocks(items.starts, come), axis=0)
    way = _Way(items.ids, depth, is_open & ~lost & (depth < k), reached, began, before, end)
    return way, divided(ever, n)


def _lost(source: Source, items: Items) -> Mask:
    """(n,) who stands in a lost stage at the end; nobody is known to without a trace."""
    if not isinstance(source, Trace):
        return np.zeros(len(items.ids), bool)
    lost = [stage.id for stage in source.journey.stages if stage.kind == "lost"]
    left = source.visits["left"]
    stands = np.isnat(left) & np.isin(source.visits["stage"], lost)
    codes = source.visits.codes("customer")[stands]
    is_lost = np.zeros(len(source.ids), bool)
    is_lost[codes] = True
    found: Mask = is_lost[np.searchsorted(source.ids, items.ids)]
    return found


def _medians(ends: Ints, begins: Ints) -> Floats:
    found = np.full(ends.shape[1], np.nan)
    for row in range(ends.shape[1]):
        came = np.flatnonzero(ends[:, row] != NAT)
        if len(came):
            found[row] = np.median((ends[:, row] - begins[:, row])[came]) / 1e6
    return found
