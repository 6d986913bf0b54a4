"""How long customers stay in each stage, those who are still there counted right."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._jit import jit
from ..data import Coded, Table
from ..errors import UsageError
from ..scoring._survival import median_time
from ..trace import Trace

__all__ = ["time_in_stage"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

DAY_US = 86_400_000_000
FORWARD = ("advance", "skip")
LEFT, OVER, ONWARD, LOST, FIRST = (1 << bit for bit in range(5))


def time_in_stage(trace: Trace) -> Table:
    """One row per stage: who is there, who left, and how long a visit lasts.

    Durations are Kaplan–Meier estimates: a visit that is still open counts as at least as long as it
    has lasted, so that a stage whose slow customers are all still inside does not look quick.

    Args:
        trace: what a replay found.

    Returns:
        A table with ``stage``, ``customers`` (there now), ``entered`` (different customers), ``visits``,
        ``left``, ``forward`` (visits left by an advance or a skip), ``lost`` (left into a lost stage),
        ``median_days`` with its 95 % interval ``low_days`` and ``high_days`` (NaN where it is not
        reached), ``left_median_days`` (finished visits only: what a naive report shows),
        ``target_days``, ``limit_days``, ``over_limit`` (customers inside for longer than the limit now)
        and ``breaches`` (visits that outlasted it).

    >>> import cjlib as cj
    >>> journey = cj.Journey("demo", stages=[cj.Stage("trial"), cj.Stage("active")],
    ...     transitions=[cj.Transition("trial", "active", when='happened("login")')])
    >>> log = cj.EventLog.from_columns(["a", "b", "b"], ["signup", "signup", "login"],
    ...     ["2026-01-01", "2026-01-01", "2026-01-05"])
    >>> found = cj.findings.time_in_stage(cj.replay(journey, log, until="2026-01-31"))
    >>> found["customers"].tolist(), found["median_days"].tolist()
    ([1, 1], [4.0, nan])
    """
    if not isinstance(trace, Trace):
        raise UsageError(f"time_in_stage: a Trace was expected, not {type(trace).__name__}: see replay")
    stages, visits = trace.journey.stages, trace.visits
    stage = _stage_numbers(trace)
    is_left = ~np.isnat(visits["left"])
    days = _days_inside(trace)
    limits = _in_days(element.limit for element in stages)
    is_over = days > limits[stage]
    is_forward, is_lost = _ways_out(trace)
    is_first = np.zeros(len(visits), bool)
    mark_first(stage, visits.codes("customer"), len(stages), is_first)
    medians = [_median(days[rows], is_left[rows]) for rows in _by_stage(stage, len(stages))]
    count = _counter(stage, len(stages), (is_left, is_over, is_forward, is_lost, is_first))
    return Table(
        {
            "stage": Coded(np.arange(len(stages)), tuple(element.id for element in stages)),
            "customers": count() - count(LEFT),
            "entered": count(FIRST),
            "visits": count(),
            "left": count(LEFT),
            "forward": count(ONWARD),
            "lost": count(LOST),
            **dict(zip(("median_days", "low_days", "high_days", "left_median_days"),
                       np.array(medians).reshape(-1, 4).T, strict=True)),
            "target_days": _in_days(element.target for element in stages),
            "limit_days": limits,
            "over_limit": count(OVER) - count(OVER | LEFT),
            "breaches": count(OVER),
        },
        name="time in stage",
    )  # fmt: skip


def _median(days: Floats, is_left: Mask) -> tuple[float, float, float, float]:
    naive = float(np.median(days[is_left])) if is_left.any() else np.nan
    return (*median_time(days, is_left), naive)


def _days_inside(trace: Trace) -> Floats:
    """(n_visits,) days from entering to leaving, or to the end of the replay."""
    left = trace.visits["left"]
    ends = np.where(np.isnat(left), trace.until, left)
    days: Floats = (ends - trace.visits["entered"]).astype(np.int64) / DAY_US
    return days


def _stage_numbers(trace: Trace) -> NDArray[np.int64]:
    """(n_visits,) the position of each visit's stage in the journey."""
    position = {element.id: i for i, element in enumerate(trace.journey.stages)}
    numbers = np.array([position[stage] for stage in trace.visits.categories("stage")], dtype=np.int64)
    stages: NDArray[np.int64] = numbers[trace.visits.codes("stage")]
    return stages


def _ways_out(trace: Trace) -> tuple[Mask, Mask]:
    """(n_visits,) each: left by an advance or a skip; left into a lost stage."""
    lost = {stage.id for stage in trace.journey.stages if stage.kind == "lost"}
    transitions = trace.journey.transitions
    is_forward = np.array([way.kind in FORWARD and way.target not in lost for way in transitions] + [False])
    is_lost = np.array([way.target in lost for way in transitions] + [False])
    via = trace.visits["via"]  # -1, an open visit, reads the False at the end
    return is_forward[via], is_lost[via]


def _by_stage(stage: Ints, n_stages: int) -> list[Ints]:
    """The visits of each stage."""
    return [np.flatnonzero(stage == number) for number in range(n_stages)]


def _counter(stage: Ints, n_stages: int, flags: Iterable[Mask]) -> Callable[..., Ints]:
    """How many visits of each stage have all of some flags, from one pass over the visits."""
    code, width = stage << np.int64(5), 1 << 5
    for bit, flag in enumerate(flags):
        code |= flag.astype(np.int64) << np.int64(bit)
    table = np.bincount(code, minlength=n_stages * width).reshape(n_stages, width)
    held = np.arange(width)

    def count(wanted: int = 0) -> Ints:
        found: Ints = table[:, (held & wanted) == wanted].sum(axis=1)
        return found

    return count


@jit
def mark_first(stage: Any, customer: Any, n_stages: int, is_first: Any) -> None:
    """Mark the first visit of each customer to each stage; the visits are in the order of customers."""
    last = np.full(n_stages, -1, np.int64)
    for row in range(len(stage)):
        is_first[row] = last[stage[row]] != customer[row]
        last[stage[row]] = customer[row]


def _in_days(durations: Iterable[timedelta | None]) -> Floats:
    """(n,) float64 days, NaN where there is none."""
    return np.array([np.nan if value is None else value / timedelta(days=1) for value in durations])
