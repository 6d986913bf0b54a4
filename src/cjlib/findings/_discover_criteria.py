"""Criteria that announce recorded stage changes: which activity comes shortly before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ..criteria import Criterion, happened
from ..data import EventLog
from ..errors import CriterionError, DataError

__all__ = ["Candidate", "Found", "can_be_said", "of_recorded"]

Ints = NDArray[np.int64]
MOST = 3  # candidates that are told per move
OPEN = np.iinfo(np.int64).max


@attrs.frozen
class Candidate:
    """A criterion that may lead from one stage to another."""

    source: str
    target: str
    criterion: Criterion
    customers: int
    precision: float = np.nan
    recall: float = np.nan
    is_chosen: bool = True


@attrs.frozen
class Found:
    """What a proposal is made of: names of stages in their order, and candidates for the moves."""

    stages: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    explained: float
    left_out: tuple[str, ...]


@attrs.frozen(eq=False)
class _Stays:
    """One row per recorded stay, sorted by customer and time; ``next`` is −1 while it is open."""

    customer: Ints
    stage: Ints
    entered: Ints
    left: Ints
    next: Ints


def of_recorded(log: EventLog, recorded: Any, noise: float, allowed: int) -> Found:
    """The recorded stages, and for each move between them the activities that announce it best."""
    changes = EventLog.from_frame(recorded, customer="customer", activity="stage", time="time")
    stays, names = _stays(log, changes), [str(name) for name in changes.activities]
    if not len(stays.stage):
        raise DataError("no recorded stage change is of a customer of the log")
    visit, activity, first = _firsts(log, stays)
    is_first = np.r_[True, stays.customer[1:] != stays.customer[:-1]]
    order = _ordered(stays, is_first, len(names))
    is_said = np.array([can_be_said(str(name)) for name in log.activities])
    candidates: list[Candidate] = []
    left_out, told, moves = [], 0, int((stays.next >= 0).sum())
    for source, target in ((a, b) for a in order for b in order if a != b):
        is_here, goes = stays.stage == source, (stays.stage == source) & (stays.next == target)
        customers = len(np.unique(stays.customer[goes]))
        if not customers:
            continue
        is_near = goes[visit] & (stays.left[visit] - first <= allowed)
        size = len(log.activities)
        having = np.bincount(activity[is_here[visit]], minlength=size)
        hits = np.bincount(activity[is_near], minlength=size) * is_said
        is_common = customers >= noise * len(np.unique(stays.customer[is_here]))
        if is_common and hits.any():
            told += int(goes.sum())
            pair = names[source], names[target]
            candidates += _best(log, pair, customers, hits, having, int(goes.sum()))
        else:
            why = "no event announces it" if is_common else "rare"
            left_out.append(f"{names[source]} to {names[target]} ({customers} customers): {why}")
    stages = tuple(names[one] for one in order)
    return Found(stages, tuple(candidates), told / moves if moves else 1.0, tuple(left_out))


def can_be_said(name: str) -> bool:
    """Whether a criterion can mention the activity: some characters cannot stand in a file."""
    try:
        happened(name)
    except CriterionError:
        return False
    return True


def _best(
    log: EventLog, pair: tuple[str, str], customers: int, hits: Ints, having: Ints, changes: int
) -> Iterator[Candidate]:
    """The candidates of a move by the harmonic mean of precision and recall, 2 hits / (having + changes)."""
    score = 2 * hits / (having + changes)
    best = np.lexsort((np.arange(len(score)), -score))[:MOST]
    for rank, one in enumerate(best[hits[best] > 0].tolist()):
        criterion = happened(str(log.activities[one]))
        precision, recall = hits[one] / having[one], hits[one] / changes
        yield Candidate(*pair, criterion, customers, float(precision), float(recall), rank == 0)


def _stays(log: EventLog, changes: EventLog) -> _Stays:
    """The recorded stays of the customers of the log; a stage recorded twice in a row is one stay."""
    place = {one: position for position, one in enumerate(log.customers.tolist())}
    ours = np.array([place.get(one, -1) for one in changes.customers.tolist()], np.int64)
    customer, stage, entered = ours[changes.customer_codes()], changes.activity, changes.time.astype(np.int64)
    is_known = customer >= 0
    customer, stage, entered = (column[is_known] for column in (customer, stage, entered))
    by = np.argsort(customer, kind="stable")
    customer, stage, entered = customer[by], stage[by].astype(np.int64), entered[by]
    is_new = np.ones(len(customer), bool)
    is_new[1:] = (customer[1:] != customer[:-1]) | (stage[1:] != stage[:-1])
    customer, stage, entered = customer[is_new], stage[is_new], entered[is_new]
    left, following = np.full(len(stage), OPEN), np.full(len(stage), -1)
    goes_on = np.flatnonzero(customer[1:] == customer[:-1])
    left[goes_on], following[goes_on] = entered[goes_on + 1], stage[goes_on + 1]
    return _Stays(customer, stage, entered, left, following)


def _firsts(log: EventLog, stays: _Stays) -> tuple[Ints, Ints, Ints]:
    """Stay, activity and time of each activity's first event in each stay.

    An event at the moment of a change belongs to the stay that ends; what came before the first record
    belongs to the first stay.
    """
    owner, time = log.customer_codes().astype(np.int64), log.time.astype(np.int64)
    moments = np.unique(np.concatenate([time, stays.entered]))
    width = len(moments) + 1
    keys = stays.customer * width + np.searchsorted(moments, stays.entered)
    visit = np.searchsorted(keys, owner * width + np.searchsorted(moments, time), side="left") - 1
    visit = np.maximum(visit, np.searchsorted(stays.customer, owner))
    is_ours = visit < len(stays.customer)
    is_ours[is_ours] = stays.customer[visit[is_ours]] == owner[is_ours]
    size = len(log.activities)
    pairs, at = np.unique(visit[is_ours] * size + log.activity[is_ours], return_index=True)
    visits, activities = np.divmod(pairs, size)
    return visits, activities, time[is_ours][at]


def _ordered(stays: _Stays, is_first: NDArray[np.bool_], size: int) -> list[int]:
    """The stages that occur: the one in which most begin, then by how many stays come before, on average."""
    number = np.arange(len(is_first)) - np.maximum.accumulate(np.where(is_first, np.arange(len(is_first)), 0))
    begun = np.bincount(stays.stage[is_first], minlength=size)
    count = np.bincount(stays.stage, minlength=size)
    mean = np.bincount(stays.stage, number, minlength=size) / np.maximum(count, 1)
    order = [one for one in np.lexsort((np.arange(size), mean)).tolist() if count[one]]
    first = max(order, key=begun.__getitem__)
    return [first, *(one for one in order if one != first)]
