"""Cohorts: of those who began together, how many are still there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs
import numpy as np

from ..criteria._literals import as_duration, duration_text
from ..data import NAT, Coded, Table
from ..errors import UnknownNameError, UsageError
from ..scoring.figures._by import Where
from ._answers import Answer, Mask
from ._blocks import in_blocks
from ._calendar import MOST, PERIODS, edges_of, labels_of_periods
from ._cohort_kernels import mark_calendar, mark_rolling, was_there
from ._paths import OF_EVENTS, Ints, Paths, Source, end_of, moments_of, named_step, paths_of
from ._rates import divided, wilson

__all__ = ["Cohorts", "cohorts"]

MICROSECOND = timedelta(microseconds=1)
LATEST = np.iinfo(np.int64).max


@attrs.frozen(eq=False, repr=False)
class Cohorts(Answer):
    """One row per cohort and period; see :func:`cohorts`."""

    def so_far(self, row: int) -> Any:
        """Who was there already, of those whose period is still under way."""
        return self.ids[self._evidence.so_far(self._checked(row))]  # type: ignore[attr-defined]

    def matrix(self, column: str = "share") -> Table:
        """The cohorts as rows and the periods as columns ``0``, ``1``, ...; NaN where nothing is known.

        Args:
            column: which number: ``share``, ``customers``, ``among``, ``so_far``, ...
        """
        values, period, cohort = self[column].astype(np.float64), self["period"], self.codes("cohort")
        shown, rows = np.unique(cohort, return_inverse=True)
        filled = np.full((len(shown), int(period.max(initial=-1)) + 1), np.nan)
        filled[rows, period] = values
        size = np.zeros(len(shown), np.int64)
        size[rows] = self["size"]
        names = Coded(shown, self.categories("cohort"))
        columns = {str(number): column for number, column in enumerate(filled.T)}
        return Table({"cohort": names, "size": size, **columns}, name=f"cohorts: {column}")


def cohorts(
    source: Source,
    *,
    period: str | timedelta = "month",
    cohort: str | None = None,
    bounded: bool = True,
    begins: str | None = None,
    returns: str | None = None,
    where: Where = None,
    until: Any = None,
) -> Cohorts:
    """Of those who began together, how many are there in each period after.

    A period that is not over says nothing yet: it has no share, and ``so_far`` says who was there already.

    Args:
        source: a log, or a trace (which also knows touchpoints, stages and milestones).
        period: ``day``, ``week`` (from Monday), ``month``, ``quarter`` or ``year`` of the calendar, in UTC:
            everybody's period 0 is the one in which it began. Or a duration such as ``"30d"``: periods roll
            from each customer's own beginning.
        cohort: who is taken together: those who began in the same ``day`` ... ``year``; unsaid, the period,
            or the month where periods roll.
        bounded: whether a customer counts in the very period in which it is there; if not, it counts in all
            periods up to the last in which it is there ("on or after").
        begins: what begins a customer: an activity, ``stage:``, ``milestone:``, ``touchpoint:`` or
            ``channel:`` with a name; unsaid, its first event.
        returns: which activity (``touchpoint:``, ``channel:``) is being there; unsaid, any event. Whatever
            happened from the beginning on counts, what begins the customer included.
        where: whose paths; it needs a trace.
        until: the end of what is known; unsaid, that of the replay, or the last event of the log.

    Returns:
        ``cohort``, ``period`` (from 0), ``size`` (who began), ``among`` (of them, those whose period is
        over), ``customers`` (of these, those who were there), ``share`` with its 95 % interval ``low`` and
        ``high``, ``base`` (the share over all cohorts in that period) and ``lift``; ``under_way`` and
        ``so_far`` (whose period is not over, and who of them was there already), ``is_complete`` (whether
        the period is over for all). How it was asked is in ``found.asked``.

    >>> import cjlib as cj
    >>> log = cj.EventLog.from_columns(["a", "a", "b", "b", "c"], ["login"] * 5,
    ...     ["2026-01-05", "2026-02-05", "2026-01-20", "2026-03-02", "2026-03-31"])
    >>> found = cohorts(log, until="2026-03-31")
    >>> print(found.matrix())
    cohorts: share: 2 rows
    cohort   size  0    1    2
    2026-01  2     1.0  0.5  nan
    2026-03  1     nan  nan  nan
    >>> found["so_far"].tolist(), found.asked["mode"], found.asked["bounded"]
    ([0, 0, 1, 1], 'calendar', True)
    """
    length = _length(period)
    together = cohort if cohort is not None else ("month" if length else str(period))
    if together not in PERIODS or (not length and together != period):
        raise UsageError(
            f"cohorts: with period={period!r}, cohort is one of {', '.join(PERIODS)}, not {cohort!r:.40}"
            if length
            else f"cohorts: periods of the calendar and cohorts are the same, not {period!r} and {cohort!r}"
        )
    if not isinstance(bounded, bool):
        raise UsageError(f"cohorts: bounded is True or False, not {bounded!r:.40}")
    paths, is_return = _returns(source, returns, where, until)
    end = end_of(source, until)
    been = _Been.of(paths, is_return, _entered(source, paths, begins, end), together, length, bounded, end)
    return Cohorts(
        been.columns(),
        name="cohorts",
        asked={
            "period": duration_text(length) if length else period, "cohort": together,
            "mode": "rolling" if length else "calendar", "bounded": bounded,
            "begins": begins or "first event", "returns": returns or "any event",
            "until": np.int64(end).view("datetime64[us]"), "where": where,
        },
        evidence=been,
    )  # fmt: skip


def _length(period: Any) -> timedelta | None:
    """How long a rolling period is; None for one of the calendar."""
    if period in PERIODS:
        return None
    if not isinstance(period, timedelta) and not str(period)[:1].isdigit():
        raise UnknownNameError("period (a duration such as '30d' rolls)", period, PERIODS)
    length = as_duration(period)
    if length <= timedelta(0):
        raise UsageError(f"cohorts: a period must be longer than nothing, not {period!r}")
    return length


def _returns(source: Source, returns: str | None, where: Where, until: Any) -> tuple[Paths, Mask]:
    """The paths, and which of their steps count as being there."""
    kind, name = ("activity", None) if returns is None else named_step(returns, "cohorts")
    if kind not in OF_EVENTS:
        raise UsageError(f"cohorts: returns is an event ({', '.join(OF_EVENTS)}), not {returns!r}")
    paths = paths_of(source, kind, "cohorts", where=where, until=until)
    names = list(paths.names)
    if name is not None and name not in names:
        raise UnknownNameError(kind, name, names)
    return paths, np.array([name is None or one == name for one in names], bool)


def _entered(source: Source, paths: Paths, begins: str | None, end: int) -> Ints:
    """(n,) when each customer began; NAT for who has not by the end."""
    entered = np.full(len(paths.ids), NAT, np.int64)
    if begins is None:
        events = paths_of(source, "activity", "cohorts")
        ids, first = events.ids, np.full(len(events.ids), NAT, np.int64)
        first[events.has_steps] = events.time[events.starts[:-1][events.has_steps]]
    else:
        ids, first = moments_of(source, begins, "cohorts")
    place = np.searchsorted(ids, paths.ids)
    entered[:] = first[place]
    return np.where(entered > end, NAT, entered)


@attrs.frozen(eq=False)
class _Been:
    """Who was there when.

    Attributes:
        paths: what they did.
        is_return: (n_codes,) what counts.
        entered: (n,) when each began, NAT if not.
        group: (n,) its cohort, -1 if it did not.
        labels: the names of the cohorts.
        edges: where the cohorts (and the periods of the calendar) begin.
        length: of a period in microseconds, 0 for the calendar.
        complete: (n,) how many periods are over.
        begun: (n,) how many have begun.
        is_bounded: whether only the very period counts.
        done, under: (cohorts, periods) who was there, by whether the period is over.
        rows: (rows, 2) cohort and period of each row.
    """

    paths: Paths
    is_return: Mask
    entered: Ints
    group: Ints
    labels: list[str]
    edges: Ints
    length: int
    complete: Ints
    begun: Ints
    is_bounded: bool
    done: Ints
    under: Ints
    rows: Ints

    @classmethod
    def of(
        cls, paths: Paths, is_return: Mask, entered: Ints, together: str, length: timedelta | None,
        is_bounded: bool, end: int,
    ) -> _Been:  # fmt: skip
        has_begun = entered != NAT
        first = int(entered[has_begun].min()) if has_begun.any() else end
        edges = edges_of(together, first, end, "cohorts")
        group = np.where(has_begun, np.searchsorted(edges, entered, side="right") - 1, -1)
        span = 0 if length is None else length // MICROSECOND
        if span:
            complete, begun = (end + 1 - entered) // span, (end - entered) // span + 1
        else:
            n_over = np.searchsorted(edges, end + 1, side="right") - 1
            complete, begun = n_over - group, len(edges) - 1 - group
        complete, begun = np.where(has_begun, complete, 0), np.where(has_begun, begun, 0)
        shape = len(edges) - 1, int(begun.max(initial=0))
        if shape[1] > MOST:
            raise UsageError(f"cohorts: {shape[1]:,} periods are too many to look at: take longer ones")
        path = paths.starts, paths.time, paths.codes, is_return, entered, group, complete

        def mark(low: int, high: int) -> tuple[Ints, Ints]:
            found = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
            if span:
                mark_rolling(low, high, *path, span, is_bounded, *found)
            else:
                mark_calendar(low, high, *path, edges, group, is_bounded, *found)
            return found

        done, under = (sum(parts) for parts in zip(*in_blocks(paths.starts, mark), strict=True))
        most = np.zeros(shape[0], np.int64)
        np.maximum.at(most, group[has_begun], begun[has_begun])
        rows = np.argwhere(np.arange(shape[1]) < most[:, None])
        labels = labels_of_periods(together, edges[:-1])
        return cls(
            paths,
            is_return,
            entered,
            group,
            labels,
            edges,
            span,
            complete,
            begun,
            is_bounded,
            done,
            under,
            rows,
        )

    def columns(self) -> dict[str, Any]:
        cohort, period = self.rows.T
        size = np.bincount(self.group[self.group >= 0], minlength=len(self.labels))
        over, begun = self._how_many(self.complete), self._how_many(self.begun)
        among, customers = over[cohort, period], self.done[cohort, period]
        share, (low, high) = divided(customers, among), wilson(customers, among)
        base = divided(self.done.sum(axis=0), over.sum(axis=0))[period]
        under_way = begun[cohort, period] - among
        return {
            "cohort": Coded(cohort, self.labels), "period": period, "size": size[cohort],
            "among": among, "customers": customers, "share": share, "low": low, "high": high, "base": base,
            "lift": divided(share, base), "under_way": under_way, "so_far": self.under[cohort, period],
            "is_complete": under_way + (size[cohort] - begun[cohort, period]) == 0,
        }  # fmt: skip

    def _how_many(self, periods: Ints) -> Ints:
        """(cohorts, periods) how many customers have more periods than each, over or begun."""
        cohorts, most = self.done.shape
        counts = np.zeros((cohorts, most + 1), np.int64)
        has_begun = self.group >= 0
        np.add.at(counts, (self.group[has_begun], np.minimum(periods[has_begun], most)), 1)
        more: Ints = counts[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:]
        return more

    @property
    def ids(self) -> Any:
        return self.paths.ids

    def behind(self, row: int) -> Mask:
        return self._there(row) & self.among(row)

    def so_far(self, row: int) -> Mask:
        period = self.rows[row, 1]
        is_early: Mask = self._there(row) & (self.complete <= period)
        return is_early

    def among(self, row: int) -> Mask:
        cohort, period = self.rows[row]
        is_over: Mask = (self.group == cohort) & (self.complete > period)
        return is_over

    def _there(self, row: int) -> Mask:
        """(n,) who was there in the period (or a later one) that the cohort of the row is asked for."""
        cohort, period = self.rows[row]
        if self.length:
            begins = self.entered + period * self.length
            ends = begins + self.length
        else:
            begins = np.full(len(self.ids), self.edges[cohort + period])
            ends = np.full(len(self.ids), self.edges[cohort + period + 1])
        if not self.is_bounded:
            ends = np.full(len(self.ids), LATEST)
        is_there = np.zeros(len(self.ids), bool)
        path = self.paths.starts, self.paths.time, self.paths.codes, self.is_return
        was_there(*path, self.entered, begins, ends, is_there)
        is_there &= self.group == cohort
        return is_there
