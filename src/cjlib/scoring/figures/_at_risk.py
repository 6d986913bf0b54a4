"""How much revenue is at risk, where, whose, and why."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import NormalDist
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ...data._events import EventLog
from ...data._tables import Coded, Table
from ...errors import DataError, UnknownNameError, UsageError
from ...trace._trace import Trace
from .._contract import Scores
from ._by import By, Grouping, Groups, Rows, Where, listed
from ._by_facts import Facts
from ._intervals import summed
from ._span import LOST
from ._stakes import KNOWN, Stakes, stakes

__all__ = ["revenue_at_risk"]

WHO = "revenue_at_risk"
REASON = "reason"
SUMS = ("customers", "unsaid", "value", "at_risk", "low", "high", "least", "most")


def revenue_at_risk(
    scores: Scores | Mapping[str, Scores],
    value: Any,
    *,
    risk: Mapping[str, float] | None = None,
    by: By = None,
    where: Where = None,
    trace: Trace | None = None,
    log: EventLog | None = None,
    confidence: float = 0.95,
) -> Table:
    """The value that customers are expected to take along when they leave, by group.

    Args:
        scores: the probability that each customer leaves, or scores with bands and ``risk``; or a mapping
            from reasons to the probability that a customer leaves for that reason.
        value: what each customer is worth: a number, one per customer, a mapping from customers, or a column
            of the snapshot that was scored.
        risk: of scores that are no probabilities: how likely each band is to leave.
        by: what groups are made by, as for :func:`cjlib.kpis`, at the moment of the scores; and ``reason``:
            of a mapping its reasons; else the risk is shared out by the reasons of those who have left the
            same stage so far, None where nobody has or said any.
        where: whom it is about, as for :func:`cjlib.kpis`.
        trace: the replay, for ``by`` and ``where``.
        log: the events that were replayed, likewise.
        confidence: how sure ``low`` and ``high`` are.

    Returns:
        One row per group: the groups, ``customers``, ``unsaid`` (customers without score or value, who are
        left out), ``value``, ``at_risk`` (the sum of probability x value), ``low`` and ``high`` (between
        which the loss will lie if customers decide independently of each other: the sum's normal interval,
        within 0 and the value), ``least`` and ``most`` (sums of what the scores allow for; NaN if untold).

    Raises:
        UsageError: if ``by`` or ``where`` lacks the trace or the log, or scores are no probabilities.
        DataError: if a customer stands twice, or values are no numbers.

    >>> import cjlib as cj
    >>> scores = cj.Scores([0.5, 0.1, 0.2], scorer="mine", customers=["a", "b", "c"], scale=(0, 1))
    >>> found = cj.scoring.revenue_at_risk(scores, {"a": 1000, "b": 2000})
    >>> found["at_risk"].item(), found["value"].item(), found["unsaid"].item()
    (700.0, 3000.0, 1)
    """
    if not isinstance(confidence, (int, float)) or not 0 < confidence < 1:
        raise UsageError(f"{WHO}: confidence lies between 0 and 1, not {confidence!r:.60}")
    ways = listed(by)
    rest = [way for way in ways if way != REASON]
    by_reason = len(rest) < len(ways)
    found = _stakes(scores, value, risk)
    first = next(iter(scores.values())) if isinstance(scores, Mapping) else scores
    place = None
    if rest or where is not None or (by_reason and None in found):
        place = _Place.of(first, trace, log)
    if not by_reason and None not in found:
        found = {None: _together(list(found.values()))}
    elif by_reason and None in found and place is not None:
        found = _by_reason(place, found[None])
    grouping = _grouping(place, rest, len(first))
    is_chosen = np.ones(len(first), bool)
    if place is not None and where is not None:
        is_chosen = place.groups.chosen(where, place.rows, place.moment)
    columns = [_sums(one, reason, grouping, is_chosen, confidence) for reason, one in found.items()]
    return _table(ways, rest, grouping, columns)


def _stakes(scores: Any, value: Any, risk: Any) -> dict[str | None, Stakes]:
    """What may be lost, by reason; None: for any."""
    if not isinstance(scores, Mapping):
        return {None: stakes(WHO, scores, value, risk)}
    if not scores or not all(isinstance(reason, str) for reason in scores):
        raise UsageError(f"{WHO}: a mapping from reasons to scores was expected, not {scores!r:.60}")
    found: dict[str | None, Stakes] = {
        reason: stakes(WHO, one, value, risk) for reason, one in scores.items()
    }
    ids = [one.customers.tolist() for one in scores.values()]
    if any(one != ids[0] for one in ids):
        raise DataError(f"{WHO}: the scores of all reasons must be of the same customers, in the same order")
    return found


@attrs.frozen(eq=False)
class _Place:
    """The customers of scores, in a trace, at the moment of the scores."""

    groups: Groups
    rows: Rows
    moment: int

    @classmethod
    def of(cls, scores: Scores, trace: Any, log: Any) -> _Place:
        if not isinstance(trace, Trace) or not isinstance(log, EventLog):
            raise UsageError(f"{WHO}: by= and where= need the replay and its events: trace=, log=")
        end = int(trace.until.view(np.int64))
        moment = end if scores.as_of is None or not len(scores) else int(scores.as_of.view(np.int64).max())
        if moment > end:
            raise UsageError(f"{WHO}: the trace ends at {trace.until}, before the moment of the scores")
        places = {customer: place for place, customer in enumerate(trace.ids.tolist())}
        found = [places.get(customer, -1) for customer in scores.customers.tolist()]
        if -1 in found:
            unknown = scores.customers[found.index(-1)]
            raise UnknownNameError("customer of the trace", unknown, trace.ids[:1000].tolist())
        facts = Facts.of(trace.journey, trace, log).as_known(moment)
        return cls(Groups(facts), Rows(customers=np.array(found, np.int64)), moment)


def _grouping(place: _Place | None, ways: list[Any], n: int) -> Grouping:
    if place is not None:
        return place.groups.grouped(ways, place.rows, place.moment)
    size = np.array([n], np.int64)
    return Grouping(names=(), labels=((),), codes=np.zeros(n, np.int64), sizes=size)


def _together(parts: list[Stakes]) -> Stakes:
    """The risk of leaving for any of several reasons, which exclude each other."""
    risk, expected, low, high = (
        np.sum([getattr(one, name) for one in parts], axis=0) for name in ("risk", "expected", "low", "high")
    )
    if np.nanmax(risk, initial=0.0) > 1 + 1e-9:
        raise DataError(f"{WHO}: the probabilities of all reasons together are more than 1")
    reason = np.max([one.reason for one in parts], axis=0)
    return Stakes(risk, parts[0].value, np.where(reason == KNOWN, expected, 0.0), low, high, reason)


def _by_reason(place: _Place, found: Stakes) -> dict[str | None, Stakes]:
    """The risk shared out by why those left who have left the same stage so far."""
    facts = place.groups.facts
    journey, visits = facts.trace.journey, facts.trace.visits
    lost = {stage.id for stage in journey.stages if stage.kind in LOST}
    exits = [one.reason if one.target in lost else None for one in journey.transitions]
    names: list[str | None] = [*dict.fromkeys(reason for reason in exits if reason is not None), None]
    left, via = visits["left"].view(np.int64), visits["via"]
    is_lost = np.array([one.target in lost for one in journey.transitions] + [False])[via]
    is_exit = is_lost & (left <= place.moment)
    code = np.array([names.index(reason) for reason in exits] + [0])
    counts = np.zeros((len(journey.stages) + 1, len(names)))
    np.add.at(counts, (visits.codes("stage")[is_exit], code[via[is_exit]]), 1.0)
    counts[counts.sum(axis=1) == 0, -1] = 1.0
    shares = counts / counts.sum(axis=1, keepdims=True)
    of_customers = shares[facts.stages_at(place.moment)[place.rows.customers]]
    columns = (found.risk, found.expected, found.low, found.high)
    parts: dict[str | None, Stakes] = {}
    for number, name in enumerate(names):
        risk, expected, low, high = (one * of_customers[:, number] for one in columns)
        parts[name] = Stakes(risk, found.value, expected, low, high, found.reason)
    return parts


def _sums(
    found: Stakes, reason: Any, grouping: Grouping, is_chosen: NDArray[np.bool_], confidence: float
) -> dict[str, Any]:
    g, codes = len(grouping.labels), grouping.codes
    is_known = is_chosen & (found.reason == KNOWN)
    worth, expected = np.where(is_known, found.value, 0.0), np.where(is_known, found.expected, 0.0)
    spread = np.where(is_known, expected * (worth - expected), 0.0)  # p (1 - p) v², customer by customer
    value, at_risk = summed(worth, codes, g), summed(expected, codes, g)
    half = NormalDist().inv_cdf((1 + confidence) / 2) * np.sqrt(np.maximum(summed(spread, codes, g), 0.0))
    ends = (np.where(is_known, one, 0.0) for one in (found.low, found.high))
    least, most = (summed(one, codes, g) for one in ends)
    return {
        "reason": reason,
        "customers": np.bincount(codes[is_known], minlength=g),
        "unsaid": np.bincount(codes[is_chosen & ~is_known], minlength=g),
        "value": value, "at_risk": at_risk, "low": np.maximum(at_risk - half, 0.0),
        "high": np.minimum(at_risk + half, value), "least": least, "most": most,
    }  # fmt: skip


def _table(ways: list[Any], rest: list[Any], grouping: Grouping, columns: list[dict[str, Any]]) -> Table:
    """The groups of every reason below each other; those of nobody do not appear."""
    kept = [np.flatnonzero((one["customers"] + one["unsaid"] > 0) | (not rest)) for one in columns]
    made: dict[str, Any] = {}
    for way in ways:
        if way == REASON:
            cells = [one["reason"] for one, rows in zip(columns, kept, strict=True) for _ in rows]
        else:
            place = rest.index(way)
            cells = [grouping.labels[row][place] for rows in kept for row in rows.tolist()]
        labels = list(dict.fromkeys(cell for cell in cells if cell is not None))
        codes = [-1 if cell is None else labels.index(cell) for cell in cells]
        made[f"by:{way}" if str(way) in SUMS else str(way)] = Coded(codes, labels)
    for name in SUMS:
        made[name] = np.concatenate([one[name][rows] for one, rows in zip(columns, kept, strict=True)])
    return Table(made, name="revenue at risk")
