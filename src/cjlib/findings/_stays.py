"""The visits of a trace as arrays: how long, how they ended, and by whom."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property

import attrs
import numpy as np
from numpy.typing import NDArray

from ..scoring.figures._by import Rows
from ._given import DAY_US, Given
from ._stages import FORWARD

__all__ = ["Stays", "channel_codes", "days_of", "persona_codes"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@attrs.frozen(eq=False, slots=False)
class Stays:
    """(n_visits,) arrays over the visits of a trace."""

    given: Given

    @classmethod
    def of(cls, given: Given) -> Stays:
        """The visits of the trace, looked at once for all detectors."""
        stays: Stays = given.shared.setdefault("stays", cls(given))
        return stays

    @cached_property
    def customer(self) -> Ints:
        """The position of each visit's customer in ``trace.ids``."""
        return self.given.trace.visits.codes("customer").astype(np.int64)

    @cached_property
    def stage(self) -> Ints:
        """The position of each visit's stage."""
        return self.given.trace.visits.codes("stage").astype(np.int64)

    @cached_property
    def entered(self) -> Ints:
        """When, in microseconds."""
        return self.given.trace.visits["entered"].view(np.int64)

    @cached_property
    def is_left(self) -> Mask:
        """Whether it is over."""
        is_left: Mask = ~np.isnat(self.given.trace.visits["left"])
        return is_left

    @cached_property
    def ends(self) -> Ints:
        """When it ended, or the end of the replay."""
        left = self.given.trace.visits["left"].view(np.int64)
        return np.where(self.is_left, left, self.given.until)

    @cached_property
    def days(self) -> Floats:
        """How long it lasted, so far."""
        return (self.ends - self.entered) / DAY_US

    @cached_property
    def followed(self) -> Floats:
        """Days from entering to the end of the replay: how long it could have lasted, known to us."""
        return (self.given.until - self.entered) / DAY_US

    @cached_property
    def is_lost(self) -> Mask:
        """Whether it was left into a lost stage."""
        return self._by_way([way.target in self._lost for way in self.given.journey.transitions])

    @cached_property
    def is_forward(self) -> Mask:
        """Whether it was left by an advance or a skip to a stage that is not a lost one."""
        ways = self.given.journey.transitions
        return self._by_way([way.kind in FORWARD and way.target not in self._lost for way in ways])

    @cached_property
    def is_back(self) -> Mask:
        """Whether it was left by a regress."""
        return self._by_way([way.kind == "regress" for way in self.given.journey.transitions])

    @property
    def via(self) -> Ints:
        """The position of the transition by which it was left, −1 while open."""
        return self.given.trace.visits["via"].astype(np.int64)

    @cached_property
    def targets(self) -> Floats:
        """Days that are fine: the persona's own target where it has one, else the stage's; NaN without."""
        journey = self.given.journey
        own = np.array([days_of(stage.target) for stage in journey.stages])
        table = np.tile(own, (len(journey.personas) + 1, 1))
        for row, persona in zip(table, journey.personas, strict=False):
            for stage, target in persona.targets:
                row[journey.stage_index[stage]] = days_of(target)
        if np.array_equal(table, np.tile(own, (len(table), 1)), equal_nan=True):
            return own[self.stage]  # nobody has targets of their own: personas need not be looked up
        return table[persona_codes(self.given)[self.customer], self.stage]

    @cached_property
    def number_here(self) -> Ints:
        """How many visits of the same customer to the same stage came before."""
        order = np.lexsort((self.entered, self.stage, self.customer))
        keys = np.stack([self.customer[order], self.stage[order]])
        is_new = np.append(True, (keys[:, 1:] != keys[:, :-1]).any(axis=0))[: len(order)]
        places = np.arange(len(order))
        counts = np.empty(len(order), np.int64)
        counts[order] = places - np.maximum.accumulate(np.where(is_new, places, 0))
        return counts

    @property
    def _lost(self) -> set[str]:
        return {stage.id for stage in self.given.journey.stages if stage.kind == "lost"}

    def _by_way(self, answers: list[bool]) -> Mask:
        is_so: Mask = np.array([*answers, False])[self.given.trace.visits["via"]]  # open visits read the last
        return is_so


def days_of(duration: timedelta | None) -> float:
    """A duration in days, NaN where there is none."""
    return np.nan if duration is None else duration / timedelta(days=1)


def persona_codes(given: Given) -> Ints:
    """(n,) the position of each customer's persona at the end of the replay, −1 for none."""
    return _codes(given, "persona", [persona.id for persona in given.journey.personas])


def channel_codes(given: Given) -> Ints:
    """(n,) the channel that each customer has used most, a position in ``log.channels``; −1 for none."""
    return _codes(given, "channel", list(given.facts.log.channels))


def _codes(given: Given, by: str, names: list[str]) -> Ints:
    if by not in given.shared:
        everyone = Rows(customers=np.arange(len(given.trace.ids)))
        grouping = given.groups.grouped(by, everyone, given.until)
        numbers = [-1 if label is None else names.index(label) for (label,) in grouping.labels]
        found = np.array(numbers)[grouping.codes] if numbers else np.full(len(everyone), -1)
        given.shared[by] = found.astype(np.int64)
    codes: Ints = given.shared[by]
    return codes
