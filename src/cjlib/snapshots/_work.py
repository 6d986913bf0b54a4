"""What was asked of which data: columns are made at once, ages of evidence when somebody asks."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import attrs
import numpy as np

from ..data._attributes import AttributeColumn
from ..journey._metrics import Metric
from ._answers import answer_all
from ._columns import Column, Context, Recipe
from ._grid import Grid
from ._known import Known
from ._layout import Floats
from ._recipes import age_recipe, recipe, stage_recipe, width
from ._requests import EVENTS, Held, Question, Request

__all__ = ["Work"]

STAGE = "@stage"


@attrs.frozen(eq=False)
class Work:
    """What was asked and of what, so that columns can be made now and ages later.

    Attributes:
        known: the data, as of the last moment.
        grid: the rows.
        metrics: all that ratios may name.
        names: the metrics that were asked for.
    """

    known: Known
    grid: Grid
    metrics: Mapping[str, Metric]
    names: tuple[str, ...]

    @property
    def context(self) -> Context:
        """What names in metrics mean."""
        customers = self.known.customers
        names = () if customers is None else customers.names
        return Context(dict(self.metrics), self._attribute, names, self.known.journey)

    def _attribute(self, name: str) -> AttributeColumn:
        return self.known.column(name)

    def columns(self, metrics: Mapping[str, Metric]) -> dict[str, Column]:
        """The columns of the metrics."""
        context = self.context
        return self.cooked({name: recipe(metric, context) for name, metric in metrics.items()})

    def age(self, name: str) -> Floats:
        """(rows,) days since the newest evidence of a metric."""
        made = self.cooked({name: age_recipe(self.metrics[name], self.context)})
        return made[name].values  # type: ignore[no-any-return]

    def stage(self) -> Column:
        """The stage of every row."""
        return self.cooked({STAGE: stage_recipe(self.context)})[STAGE]

    def cooked(self, recipes: Mapping[str, Recipe]) -> dict[str, Column]:
        """What becomes of recipes: all that they ask is answered at once."""
        requests = list(dict.fromkeys(one for made in recipes.values() for one in made.requests))
        answers = self.answers(requests)
        return {
            name: made.cook(self.grid, *(array for one in made.requests for array in answers[one]))
            for name, made in recipes.items()
        }

    def answers(self, requests: list[Request]) -> Mapping[Request, tuple[Floats, ...]]:
        """Answers for every row; what lateness can change is asked of each moment's own knowledge."""
        threads = self.known.threads
        if not self.is_late:
            return answer_all(self.known, self.grid, requests, threads)
        own = [one for one in requests if _knows_lateness(one)]
        rest = [one for one in requests if not _knows_lateness(one)]
        answers = dict(answer_all(self.known, self.grid, own, threads))
        if rest:
            answers.update({one: tuple(np.empty((width((one,)), len(self.grid)))) for one in rest})
            for number in range(len(self.grid.moments)):
                rows = self.grid.rows_at(number)
                found = answer_all(self._known_at(number), self.grid.at(number), rest, threads)
                for one in rest:
                    for whole, part in zip(answers[one], found[one], strict=True):
                        whole[rows] = part
        return answers

    @property
    def is_late(self) -> bool:
        """Whether an earlier moment may have known something else than the last one tells of it."""
        log, customers, journey = self.known.log, self.known.customers, self.known.journey
        if log.recorded is not None and bool((log.recorded > log.time).any()):
            return True
        if customers is None:
            return False
        if journey is not None and journey.start is not None and not customers.column(journey.start).constant:
            return True
        return any(customers.column(name).recorded is not None for name in customers.names)

    def _known_at(self, number: int) -> Known:
        until = self.grid.moments[number]
        moment, known = until.view("datetime64[us]"), self.known
        customers = None if known.customers is None else known.customers.as_of(moment)
        log, waivers = known.log.as_of(moment), known.waivers
        return Known(log, customers, known.journey, int(until), waivers, known.threads)

    def fingerprint(self) -> str:
        """A hash of the data and of what was asked of them."""
        known = self.known
        parts = [known.log.fingerprint, repr([self.metrics[name] for name in self.names])]
        parts += [part.fingerprint for part in (known.customers, known.journey) if part is not None]
        sha = hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass"))
        sha.update(self.grid.moments.tobytes())
        return sha.hexdigest()


def _knows_lateness(request: Request) -> bool:
    return isinstance(request, Held) or (isinstance(request, Question) and request.filter.stream == EVENTS)
