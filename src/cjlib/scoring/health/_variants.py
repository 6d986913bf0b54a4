"""Which scorecard judges which customer: weights by stage and persona, and who is not judged at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import TYPE_CHECKING

import attrs
import numpy as np

from ...errors import UsageError
from ...journey._journey import Journey
from ...journey._scorecards import Scorecard
from ...snapshots._values import STAGE
from ._plan import weighted

if TYPE_CHECKING:
    from ...snapshots import Snapshot

__all__ = ["PERSONA", "Variants"]

PERSONA = "@persona"
Weights = Mapping[str, Mapping[str, float]]


@attrs.frozen
class Variants:
    """The scorecard as it stands, and with the weights of every stage and persona that has its own.

    Attributes:
        card: the scorecard.
        stages: the stages with weights of their own, and these.
        personas: the personas likewise.
        prospects: the stages of which the scorecard says nothing.
    """

    card: Scorecard
    stages: Weights
    personas: Weights
    prospects: frozenset[str]

    @classmethod
    def of(cls, card: Scorecard, journey: Journey | None) -> Variants:
        """What a journey says about a scorecard."""
        if journey is None:
            return cls(card, {}, {}, frozenset())
        is_success = card.face == "success"
        prospects = {stage.id for stage in journey.stages if is_success and stage.kind == "prospect"}
        own = {measure.id for measure in card.measures}
        weights = [
            {one.id: found for one in ones if (found := {k: w for k, w in one.weights if k in own})}
            for ones in (journey.stages, journey.personas)
        ]
        return cls(card, weights[0], weights[1], frozenset(prospects))

    def cards(self) -> Iterator[Scorecard]:
        """The scorecard of every pair of stage and persona, in the order of their numbers."""
        for stage, persona in product(("", *self.stages), ("", *self.personas)):
            weights = {**self.stages.get(stage, {}), **self.personas.get(persona, {})}
            yield weighted(self.card, weights) if weights else self.card

    def check(self) -> None:
        """Whether something counts everywhere.

        Raises:
            UsageError: if not.
        """
        for _ in self.cards():
            pass

    def numbers(self, snapshot: Snapshot) -> np.ndarray | None:
        """(n,) which of the scorecards judges each row; None if there is only one."""
        if not self.stages and not self.personas:
            return None
        of_stage = _numbers(self.stages, STAGE, snapshot, "stages", "cj.snapshot(..., journey=journey)")
        of_persona = _numbers(self.personas, PERSONA, snapshot, "personas", f"a column {PERSONA!r}")
        found: np.ndarray = of_stage * (len(self.personas) + 1) + of_persona
        return found

    def undefined(self, snapshot: Snapshot) -> np.ndarray | None:
        """(n,) bool: where the scorecard says nothing; None if nowhere."""
        if not self.prospects:
            return None
        prospects: Weights = {stage: {} for stage in sorted(self.prospects)}
        why = "cj.snapshot(..., journey=journey)"
        return np.asarray(_numbers(prospects, STAGE, snapshot, "prospect stages", why) > 0)


def _numbers(weights: Weights, column: str, snapshot: Snapshot, what: str, remedy: str) -> np.ndarray:
    """(n,) the position, from 1, of each row's category among those with weights; 0 for the others."""
    if not weights:
        return np.zeros(len(snapshot), np.int64)
    if column not in snapshot:
        raise UsageError(f"the journey judges {what} in their own way, but the snapshot tells none: {remedy}")
    positions = {name: position for position, name in enumerate(weights, 1)}
    table = np.array([positions.get(name, 0) for name in snapshot.categories(column)] + [0], np.int64)
    return np.asarray(table[snapshot.codes(column)])
