"""The events of a log as contacts: in which visit, at which touchpoint, over which channel each was."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from .._jit import jit
from ..data import EventLog
from ..journey import Metric, Touchpoint
from ._given import Given

__all__ = ["Contacts", "felt_metrics", "followed_within", "satisfaction_answers"]

Ints = NDArray[np.int64]
Codes = NDArray[np.int32]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

SATISFACTION = ("nps", "mean", "last", "first", "min", "max")


@jit
def visits_of_events(starts: Any, time: Any, owner: Any, first: Any, entered: Any, found: Any) -> None:
    """The visit in which each event met its customer, −1 before it began.

    Events of the instant of a move belong to the visit that is left; those of the first moment to the first.
    """
    for c in range(len(starts) - 1):
        begin, end = first[owner[c]], first[owner[c] + 1]
        place = begin - 1
        for i in range(starts[c], starts[c + 1]):
            while place + 1 < end and (
                entered[place + 1] < time[i] or (place + 1 == begin and entered[begin] == time[i])
            ):
                place += 1
            found[i] = place if place >= begin else -1


@jit
def again_within(
    starts: Any, time: Any, what: Any, channel: Any, actor: Any, within: int, n: int, again: Any, moved: Any
) -> None:
    """Which events come within a span of the customer's one before of the same kind, and whether elsewhere.

    ``moved`` is for those over another channel or with another person than the one before.
    """
    last = np.full(n, -1, np.int64)
    for c in range(len(starts) - 1):
        for i in range(starts[c], starts[c + 1]):
            if what[i] >= 0:
                before = last[what[i]]
                if before >= starts[c] and time[i] - time[before] <= within:
                    again[i] = True
                    moved[i] = channel[before] != channel[i] or actor[before] != actor[i]
                last[what[i]] = i


@jit
def followed_within(starts: Any, time: Any, is_one: Any, within: int, found: Any) -> None:
    """Which events are followed, later and within a span, by an event of a kind."""
    for c in range(len(starts) - 1):
        following = -1  # the nearest such event that is later than the events of this instant
        at_instant = -1
        for i in range(starts[c + 1] - 1, starts[c] - 1, -1):
            if i + 1 < starts[c + 1] and time[i + 1] > time[i] and at_instant >= 0:
                following = at_instant
            found[i] = following >= 0 and time[following] - time[i] <= within
            if is_one[i]:
                at_instant = i


@attrs.frozen(eq=False, slots=False)
class Contacts:
    """(n_events,) arrays over the events that the replay read."""

    given: Given

    @classmethod
    def of(cls, given: Given) -> Contacts:
        """The events of the log, looked at once for all detectors."""
        contacts: Contacts = given.shared.setdefault("contacts", cls(given))
        return contacts

    @property
    def log(self) -> EventLog:
        """The events."""
        return self.given.facts.log

    @cached_property
    def customer(self) -> Codes:
        """The position of each event's customer in ``trace.ids``."""
        return np.repeat(self.owners, np.diff(self.log.starts))

    @cached_property
    def owners(self) -> Codes:
        """(customers of the log,) the position of each in ``trace.ids``."""
        return np.searchsorted(self.given.trace.ids, self.log.customers).astype(np.int32)

    @cached_property
    def visit(self) -> Ints:
        """The row in ``trace.visits`` of each event, −1 before its customer began."""
        visits = self.given.trace.visits
        sizes = np.bincount(visits.codes("customer"), minlength=len(self.given.trace.ids))
        first = np.append(0, np.cumsum(sizes))
        found = np.empty(len(self.log), np.int64)
        entered = visits["entered"].view(np.int64)
        visits_of_events(self.log.starts, self.log.time, self.owners, first, entered, found)
        return found

    @cached_property
    def stage(self) -> Codes:
        """The position of the stage in which each event met its customer, −1 before it began."""
        stages = np.append(self.given.trace.visits.codes("stage"), np.int32(-1))
        return stages[self.visit]

    @cached_property
    def touchpoint(self) -> Codes:
        """The position of the touchpoint that each event is; −1 where it is none.

        Of several with one activity the customer's stage decides; an activity of one touchpoint alone is that
        one, whatever the stage.
        """
        table = self._touchpoints
        found: Codes = table[self.log.activity, self.stage]
        return found

    @cached_property
    def _touchpoints(self) -> Codes:
        """(activities + 1, stages + 1) the touchpoint of each activity in each stage."""
        journey, stages = self.given.journey, self.given.journey.stage_index
        codes = {activity: number for number, activity in enumerate(self.log.activities)}
        table = np.full((len(codes) + 1, len(stages) + 1), -1, np.int32)
        owners: dict[str, list[int]] = {}
        for number, one in enumerate(journey.touchpoints):
            for activity in one.activities:
                owners.setdefault(activity, []).append(number)
        for activity, numbers in owners.items():
            row = table[codes.get(activity, -1)]
            for number in numbers:
                row[[stages[stage] for stage in journey.touchpoints[number].stages]] = number
            if len(numbers) == 1:
                row[:] = numbers[0]
        table[-1] = -1
        return table

    @cached_property
    def channel(self) -> Codes:
        """The channel of each event, a position in ``log.channels``; −1 where there is none."""
        n = len(self.log)
        return np.full(n, -1, np.int32) if self.log.channel is None else self.log.channel

    @cached_property
    def actor(self) -> Codes:
        """Who acted in each event, −1 where that is not told."""
        return np.full(len(self.log), -1, np.int32) if self.log.actor is None else self.log.actor

    def again(self, within: int) -> tuple[Mask, Mask]:
        """Which events repeat their touchpoint within so many microseconds; which of them elsewhere.

        Elsewhere is over another channel, or with another person, than the time before.
        """
        key = f"again within {within}"
        if key not in self.given.shared:
            again, moved = np.zeros(len(self.log), bool), np.zeros(len(self.log), bool)
            n = len(self.given.journey.touchpoints)
            log, channel, actor = self.log, self.channel, self.actor
            again_within(log.starts, log.time, self.touchpoint, channel, actor, within, n, again, moved)
            self.given.shared[key] = again, moved
        found: tuple[Mask, Mask] = self.given.shared[key]
        return found

    def answers(self, metric: Metric) -> Mask:
        """Which events are answers that a metric of satisfaction reads."""
        log = self.log
        if log.value is None:
            return np.zeros(len(log), bool)
        is_one = ~np.isnan(log.value)
        if metric.activity is not None:
            code = log.activities.index(metric.activity) if metric.activity in log.activities else -2
            is_one = is_one & (log.activity == code)
        if metric.touchpoint is not None:
            ids = [one.id for one in self.given.journey.touchpoints]
            is_one = is_one & (self.touchpoint == ids.index(metric.touchpoint))
        if metric.channel is not None:
            code = log.channels.index(metric.channel) if metric.channel in log.channels else -2
            is_one = is_one & (self.channel == code)
        if metric.aggregate == "nps":
            is_one = is_one & (log.value >= 0) & (log.value <= 10)
        is_answer: Mask = is_one
        return is_answer


def satisfaction_answers(contacts: Contacts) -> Mask:
    """Which events answer how a touchpoint was felt, by any of its metrics."""
    metrics = {
        m.id: m for one in contacts.given.journey.touchpoints for m in felt_metrics(contacts.given, one)
    }
    is_one = np.zeros(len(contacts.log), bool)
    for metric in metrics.values():
        is_one |= contacts.answers(metric)
    return is_one


def felt_metrics(given: Given, touchpoint: Touchpoint) -> list[Metric]:
    """The metrics of a touchpoint that tell how it was felt: values of answers, with a good direction."""
    named = (one for one in given.journey.metrics if one.id in touchpoint.metrics)
    return [
        one
        for one in named
        if one.source == "event"
        and one.aggregate in SATISFACTION
        and (one.direction is not None or one.aggregate == "nps")
        and not (one.activity or "").startswith("@")
    ]
