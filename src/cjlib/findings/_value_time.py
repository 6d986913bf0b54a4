"""Time to value: how long customers take from one value step to the next."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import numpy as np

from ..criteria._literals import as_duration, duration_text
from ..data import NAT, Coded
from ..errors import UsageError
from ..journey._elements import VALUE_STEPS
from ..scoring._survival import aalen_johansen, log_rank, median_time
from ..scoring.figures._by import By, Groups, Rows, Where
from ..scoring.figures._by_facts import Facts
from ..trace import Trace
from ._answers import Answer, Mask, Members
from ._paths import Ints, end_of, first_times, paths_of

__all__ = ["time_to_value"]

DAY_US = 86_400_000_000
START = "start"
NAMES = (
    "customers", "reached", "lost", "open", "median_days", "low_days", "high_days", "within", "low", "high",
    "p",
)  # fmt: skip


def time_to_value(
    trace: Trace, *, horizon: str | timedelta = "90d", by: By = None, where: Where = None
) -> Answer:
    """How long customers take from one value step to the next, those under way counted right.

    A value step (``defined``, ``delivered``, ``realised``, ``validated``, ``optimised``) is reached at the
    first moment at which a stage that has it is entered, or a milestone that has it; one that was reached
    earlier than the step before it took no time.

    Args:
        trace: the replay of a journey whose stages or milestones say their ``value_step``.
        horizon: for which ``within`` tells who gets there.
        by: what segments are made by; then there is a row per segment, and ``p`` of the log-rank test that
            all are equally fast.
        where: whose times.

    Returns:
        ``source`` and ``target`` (value steps; the first source is the ``start``), ``segment`` if asked for,
        ``customers`` (who came to the source), ``reached`` (of these, the target), ``lost`` (entered a lost
        stage before), ``open`` (neither yet), ``median_days`` with its 95 % interval ``low_days`` and
        ``high_days`` (Kaplan–Meier: who is lost or still under way counts for as long as it was), ``within``
        with ``low`` and ``high`` (the share that is there by the horizon; here who is lost never gets there:
        Aalen–Johansen). ``found.customers(row)`` gives who reached it, ``found.among(row)`` who came to the
        source.

    >>> import cjlib as cj
    >>> journey = cj.Journey("demo", stages=[cj.Stage("trial"), cj.Stage("care", value_step="delivered")],
    ...     transitions=[cj.Transition("trial", "care", when='happened("kickoff")')])
    >>> log = cj.EventLog.from_columns(["a", "a", "b"], ["visit", "kickoff", "visit"],
    ...     ["2026-01-01", "2026-01-09", "2026-01-01"])
    >>> found = time_to_value(cj.replay(journey, log, until="2026-02-01"))
    >>> [found[name].tolist()[0] for name in ("source", "target", "reached", "open", "median_days")]
    ['start', 'delivered', 1, 1, 8.0]
    """
    if not isinstance(trace, Trace):
        raise UsageError(f"time_to_value: a Trace was expected, not {type(trace).__name__}: see replay")
    ahead = as_duration(horizon)
    facts = Facts(trace, trace._log, trace._customers)
    end, everybody = end_of(trace), Rows(customers=np.arange(len(trace.ids)))
    groups = Groups(facts)
    chosen = groups.chosen(where, everybody, end) & (facts.first != NAT)
    grouping = groups.grouped(by, everybody, end)
    labels = [None if None in label else ", ".join(map(str, label)) for label in grouping.labels]
    moments = _moments(trace, facts.first)
    if len(moments) < 2:
        raise UsageError("time_to_value: no stage and no milestone of the journey says its value_step")
    lost, rows, told, members, wholes = _lost(trace), [], [], [], []
    steps = list(moments)
    for number, (source, target) in enumerate(itertools.pairwise(steps)):
        came = chosen & (moments[source] != NAT)
        days, cause = _ends(moments[source], moments[target], lost, end)
        tested = came & (grouping.codes >= 0)
        p = log_rank(days[tested], cause[tested] == 0, grouping.codes[tested]).p if by is not None else np.nan
        for group in range(len(labels)):
            mine = came & (grouping.codes == group)
            if not mine.any():
                continue
            rows.append((number, group))
            told.append((*_measured(days[mine], cause[mine], ahead / timedelta(days=1)), p))
            members.append(np.flatnonzero(mine & (cause == 0)))
            wholes.append(mine)
    return _answer(trace, steps, labels, rows, told, members, wholes, ahead, by, where)


def _answer(
    trace: Trace, steps: list[str], labels: list[str | None], rows: list[tuple[int, int]], told: list[Any],
    members: list[Ints], wholes: list[Mask], ahead: timedelta, by: By, where: Where,
) -> Answer:  # fmt: skip
    number, group = np.array(rows, np.int64).reshape(-1, 2).T
    columns = dict(zip(NAMES, np.array(told, np.float64).reshape(-1, len(NAMES)).T, strict=True))
    counts = {name: columns.pop(name).astype(np.int64) for name in NAMES[:4]}
    shown = [label for label in labels if label is not None]
    codes = np.array([-1 if label is None else shown.index(label) for label in labels], np.int64)
    segment = {} if by is None else {"segment": Coded(codes[group], shown)}
    if by is None:
        columns.pop("p")
    sizes = [len(one) for one in members]
    behind = np.concatenate([*members, np.zeros(0, np.int64)])
    return Answer(
        {
            "source": Coded(number, steps), "target": Coded(number + 1, steps), **segment, **counts,
            **columns,
        },
        name="time to value",
        asked={"horizon": duration_text(ahead), "by": by, "where": where},
        evidence=Members(
            trace.ids, np.repeat(np.arange(len(rows)), sizes), behind,
            np.arange(len(rows)), np.array(wholes, bool).reshape(len(rows), len(trace.ids)),
        ),
    )  # fmt: skip


def _moments(trace: Trace, first: Ints) -> dict[str, Ints]:
    """When each customer came to each value step that the journey has; NAT where never."""
    journey, found = trace.journey, {START: first}
    for step in VALUE_STEPS:
        whens = []
        for kind, elements in (("stage", journey.stages), ("milestone", journey.milestones)):
            paths = paths_of(trace, kind, "time_to_value")
            names = list(paths.names)
            codes = [names.index(one.id) for one in elements if one.value_step == step and one.id in names]
            if any(one.value_step == step for one in elements):
                whens.append(first_times(paths, codes))
        if whens:
            both = np.stack(whens)
            earliest = np.where(both == NAT, np.iinfo(np.int64).max, both).min(axis=0)
            found[step] = np.where((both == NAT).all(axis=0), NAT, earliest)
    return found


def _lost(trace: Trace) -> tuple[Ints, Ints]:
    """Customer and moment of every entry into a lost stage."""
    lost = [stage.id for stage in trace.journey.stages if stage.kind == "lost"]
    rows = np.isin(trace.visits["stage"], lost)
    customer, moment = trace.visits.codes("customer")[rows], trace.visits["entered"].view(np.int64)[rows]
    return customer.astype(np.int64), moment


def _ends(begins: Ints, reached: Ints, lost: tuple[Ints, Ints], end: int) -> tuple[Any, Ints]:
    """(n,) days until the step is reached (cause 0), the customer lost (1), or the replay ends (-1)."""
    left = np.full(len(begins), NAT, np.int64)
    customer, moment = lost
    late = np.flatnonzero(moment >= begins[customer])
    late = late[np.argsort(-moment[late], kind="stable")]
    left[customer[late]] = moment[late]  # what is written last is the first loss
    is_there = (reached != NAT) & ((left == NAT) | (reached <= left))
    is_lost = ~is_there & (left != NAT)
    ends = np.where(is_there, reached, np.where(is_lost, left, end))
    days = np.maximum(ends - begins, 0) / DAY_US
    return np.where(begins == NAT, 0.0, days), np.where(is_there, 0, np.where(is_lost, 1, -1))


def _measured(days: Any, cause: Ints, horizon: float) -> tuple[float, ...]:
    reached, lost = int((cause == 0).sum()), int((cause == 1).sum())
    curve = aalen_johansen(days, cause, 2)
    place = int(np.searchsorted(curve.times, horizon, side="right")) - 1
    is_seen = horizon <= days.max() or not (cause < 0).any()
    sides = curve.curves, curve.low, curve.high
    shares = tuple(float(side[place, 0]) if place >= 0 else 0.0 for side in sides)
    within = shares if is_seen else (np.nan, np.nan, np.nan)
    return (len(days), reached, lost, len(days) - reached - lost, *median_time(days, cause == 0), *within)
