"""Person-periods: from each row of a panel on, who was waited for, how long, and what came."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ...criteria._literals import as_duration
from ...errors import UsageError
from ...trace import Trace
from ..evaluation._outcomes import NAT, Outcomes, outcomes
from ._learning import decided

if TYPE_CHECKING:
    from ...snapshots import Snapshot

__all__ = ["DAY_US", "Periods", "days_of", "periods_of"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DAY_US = 86_400_000_000
MICROSECOND = timedelta(microseconds=1)
LATEST = np.iinfo(np.int64).max
WAYS = (None, "stage", "reason")


def days_of(duration: Any, what: str = "the horizon") -> float:
    """A duration in days.

    Raises:
        UsageError: if it is not longer than nothing.

    >>> days_of("36h")
    1.5
    """
    days = (as_duration(duration) // MICROSECOND) / DAY_US
    if days <= 0:
        raise UsageError(f"{what} must be longer than nothing, not {duration!r:.80}")
    return days


@attrs.frozen(eq=False, kw_only=True)
class Periods:
    """One row per row of a panel at risk and period after its moment, until something ended the waiting.

    Attributes:
        event: what is awaited.
        causes: what can come, the causes of the event first.
        targets: how many of them are the event; the others compete with it.
        row: (m,) the row of the panel.
        since: (m,) days from the row's moment to the beginning of the period.
        whole: (m,) days of the period, as far as it was observed if nothing came.
        days: (m,) days until something came, or all of them.
        cause: (m,) int32, the position in ``causes`` of what came in the period, -1 if nothing did.
        moment: (m,) int64 microseconds, the row's moment.
        overlap: whether some periods of one customer overlap.
    """

    event: str
    causes: tuple[str, ...]
    targets: int
    row: Ints
    since: Floats
    whole: Floats
    days: Floats
    cause: NDArray[np.int32]
    moment: Ints
    overlap: bool

    def __len__(self) -> int:
        return len(self.row)

    def came(self, number: int) -> Floats:
        """(m,) 1 where this cause came in the period."""
        flags: Floats = (self.cause == number).astype(np.float64)
        return flags

    def exposure(self, number: int) -> Floats:
        """(m,) days that the cause had: the whole period, or until another one came first."""
        exposed: Floats = np.where((self.cause < 0) | (self.cause == number), self.whole, self.days)
        return exposed


def periods_of(
    panel: Snapshot,
    given: Any,
    event: str | None = None,
    *,
    by: str | None = None,
    competing: Iterable[str] = (),
    horizon: Any,
    period: Any = None,
) -> Periods:
    """The person-periods of a panel.

    Every row at risk is followed for the horizon, or until what is awaited or a competing event came or
    nobody looked any more. Its columns stand as they were at its moment: that is what will be known when the
    scorer is used (landmarking: van Houwelingen, Scandinavian Journal of Statistics 34, 2007).

    Args:
        panel: the rows.
        given: the trace that tells what came; or, of each row, whether it came within the horizon.
        event: what is awaited, as for :func:`cjlib.scoring.outcomes`.
        by: tell causes of the event apart, by ``stage`` or by ``reason``; None: one cause.
        competing: other events that end the waiting; churn always does where another event is awaited.
        horizon: how long each row is followed.
        period: how long a period is; the whole horizon if unsaid.

    Raises:
        UsageError: if there is no such way to tell causes apart, if an event competes with itself, or if
            without a trace more than one period or cause is asked for.
    """
    if by not in WAYS:
        raise UsageError(f"causes are told apart by 'stage' or by 'reason', not {by!r:.80}")
    if not isinstance(given, Trace):
        if by or competing or period is not None:
            raise UsageError("by, competing and period need a trace; outcomes tell whether it came, not when")
        return _told(panel, given, event, horizon)
    trace = given
    found = outcomes(panel, trace, event, by=by or "stage")
    causes = found.causes if by else (found.event,)
    others = [outcomes(panel, trace, name) for name in _competing(trace, event, competing)]
    at, cause = _first(found, others, bool(by))
    ahead, step = days_of(horizon), days_of(horizon if period is None else period, "a period")
    end = int(trace.until.view(np.int64))
    last = np.minimum(found.start + round(ahead * DAY_US), end)
    stop, cause = np.minimum(at, last), np.where(at <= last, cause, -1)
    used = np.flatnonzero(found.at_risk & (stop > found.start))
    step_us = round(min(step, ahead) * DAY_US)
    counts = -((found.start[used] - stop[used]) // step_us)
    row = np.repeat(used, counts)
    number = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
    begin = found.start[row] + number * step_us
    is_last = np.append(row[1:] != row[:-1], True)[: len(row)]
    close = np.minimum(begin + step_us, last[row])
    return Periods(
        event=found.event, causes=(*causes, *(one.event for one in others)), targets=len(causes), row=row,
        since=(begin - found.start[row]) / DAY_US, whole=(close - begin) / DAY_US,
        days=(np.where(is_last, stop[row], close) - begin) / DAY_US,
        cause=np.where(is_last, cause[row], -1).astype(np.int32), moment=found.start[row],
        overlap=_overlap(panel.codes_of_customers[used], found.start[used], stop[used]),
    )  # fmt: skip


def _told(panel: Snapshot, given: Any, event: str | None, horizon: Any) -> Periods:
    """One period for each row whose outcome is decided, as long as the horizon."""
    found = decided(panel, given, event=event, horizon=horizon)
    row = np.sort(found.rows)
    came = np.full(len(panel), -1, np.int32)
    came[found.rows[found.happened == 1]] = 0
    moment = np.asarray(panel.as_of).view(np.int64)[row]
    whole = np.full(len(row), days_of(horizon))
    return Periods(
        event=found.event, causes=(found.event,), targets=1, row=row, since=np.zeros(len(row)), whole=whole,
        days=whole, cause=came[row], moment=moment,
        overlap=_overlap(panel.codes_of_customers[row], moment, moment + round(days_of(horizon) * DAY_US)),
    )  # fmt: skip


def _competing(trace: Trace, event: str | None, given: Iterable[str]) -> list[str | None]:
    """The events that compete, churn (None) after those that were named."""
    named: list[str | None] = [*dict.fromkeys([given] if isinstance(given, str) else given)]
    if event in named:
        raise UsageError(f"{event!r} is what is awaited, so it can't compete as well")
    lost = [stage.id for stage in trace.journey.stages if stage.kind == "lost"]
    is_new = event is not None and bool(lost) and not {event, *named} >= set(lost)
    return [*named, None] if is_new else named


def _first(found: Outcomes, others: list[Outcomes], is_split: bool) -> tuple[Ints, NDArray[np.int32]]:
    """What came first for every row, and when; the event goes before what comes at the same instant."""
    at = np.where(found.at == NAT, LATEST, found.at)
    cause = np.where(found.at == NAT, -1, found.cause if is_split else 0).astype(np.int32)
    base = len(found.causes) if is_split else 1
    for number, other in enumerate(others):
        when = np.where(other.at == NAT, LATEST, other.at)
        cause = np.where(when < at, base + number, cause).astype(np.int32)
        at = np.minimum(at, when)
    return at, cause


def _overlap(owner: Any, start: Ints, stop: Ints) -> bool:
    order = np.lexsort((start, owner))
    owner, start, stop = owner[order], start[order], stop[order]
    return bool(((owner[1:] == owner[:-1]) & (start[1:] < stop[:-1])).any())
