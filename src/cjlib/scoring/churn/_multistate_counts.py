"""Visits counted by stage, way out and duration: all that the multistate scorer keeps of a trace."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray

from ...errors import DataError
from ...journey._journey import Journey
from ...trace import Trace

__all__ = ["VisitCounts", "Ways"]

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

DAY_US = 86_400_000_000


@attrs.frozen
class Ways:
    """The stages of a journey and the ways between them; transitions with the same ends are one way.

    Attributes:
        stages: their ids.
        is_lost: of each, whether it is of kind ``lost``.
        ends: of each way the positions of its stages, source and target.
    """

    stages: tuple[str, ...]
    is_lost: tuple[bool, ...]
    ends: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, journey: Journey) -> Ways:
        """Those of a journey."""
        stages = tuple(stage.id for stage in journey.stages)
        place = {stage: i for i, stage in enumerate(stages)}
        ends = ((place[way.source], place[way.target]) for way in journey.transitions)
        is_lost = tuple(stage.kind == "lost" for stage in journey.stages)
        return cls(stages, is_lost, tuple(dict.fromkeys(ends)))

    @property
    def names(self) -> tuple[str, ...]:
        """Of each way, as an event is named: ``"source -> target"``."""
        return tuple(f"{self.stages[source]} -> {self.stages[target]}" for source, target in self.ends)

    def out_of(self, stage: int) -> list[int]:
        """The ways that lead out of a stage."""
        return [way for way, (source, _) in enumerate(self.ends) if source == stage]


@attrs.frozen(eq=False)
class VisitCounts:
    """How many visits there were to each stage, of each duration, left by each way.

    Attributes:
        stage: (n,) int32, positions in ``Ways.stages``.
        dwell: (n,) int64 microseconds.
        way: (n,) int32, positions in ``Ways.ends``; -1 where the visit was still going on.
        visits: (n,) int64.
    """

    stage: Ints
    dwell: Ints
    way: Ints
    visits: Ints

    @classmethod
    def of(cls, trace: Trace, ways: Ways) -> VisitCounts:
        """All visits of a trace.

        Raises:
            DataError: if there is none.
        """
        table = trace.visits
        if not len(table):
            raise DataError("multistate: the trace has no visits, so nothing can be learnt")
        place = {stage: i for i, stage in enumerate(ways.stages)}
        of_stage = np.array([place[stage] for stage in table.categories("stage")], np.int64)
        pairs = {ends: i for i, ends in enumerate(ways.ends)}
        of_way = [pairs[place[way.source], place[way.target]] for way in trace.journey.transitions]
        ended = np.where(np.isnat(table["left"]), trace.until, table["left"])
        dwell = (ended - table["entered"]).astype(np.int64)
        via = np.array([*of_way, -1], np.int64)[table["via"]]
        return cls._grouped(of_stage[table.codes("stage")], dwell, via, np.ones(len(table), np.int64))

    @classmethod
    def _grouped(cls, stage: Ints, dwell: Ints, way: Ints, visits: Ints) -> VisitCounts:
        order = np.lexsort((way, dwell, stage))
        stage, dwell, way = stage[order], dwell[order], way[order]
        is_new = np.append(True, (np.diff(stage) != 0) | (np.diff(dwell) != 0) | (np.diff(way) != 0))
        first = np.flatnonzero(is_new)
        return cls(stage[first], dwell[first], way[first], np.add.reduceat(visits[order], first))

    def __add__(self, other: VisitCounts) -> VisitCounts:
        fields = ("stage", "dwell", "way", "visits")
        return self._grouped(*(np.append(getattr(self, name), getattr(other, name)) for name in fields))

    def of_stage(self, stage: int) -> VisitCounts:
        """Those to one stage."""
        rows = slice(*np.searchsorted(self.stage, [stage, stage + 1]))
        return VisitCounts(self.stage[rows], self.dwell[rows], self.way[rows], self.visits[rows])
