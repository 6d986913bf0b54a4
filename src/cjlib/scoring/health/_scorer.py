"""How healthy every customer is, by a scorecard, and why."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from ...data._tables import Coded, Table
from ...errors import UsageError
from ...journey._journey import Journey
from ...journey._plain import canonical_json, plain
from ...journey._scorecards import Scorecard
from .._contract import Fingerprints, Scores
from ._overrides import Override, checked_overrides, in_force, override_table
from ._plan import compiled
from ._run import Outcome, Prepared, in_order, outcome
from ._variants import Variants

if TYPE_CHECKING:
    from ...snapshots import Snapshot

__all__ = ["HealthScorer", "prepared"]

ROWS = 1 << 16
_plan_of = lru_cache(maxsize=256)(compiled)


def _a(kind: type) -> Any:
    def check(instance: object, field: Any, value: Any) -> None:
        if not isinstance(value, kind):
            hint = ": take journey.scorecard(id)" if isinstance(value, (str, Journey)) else ""
            raise UsageError(f"HealthScorer: a {kind.__name__} was expected, not {value!r:.80}{hint}")

    return check


def _are_overrides(instance: HealthScorer, field: Any, value: Any) -> None:
    checked_overrides(instance.scorecard, value)


def _listed(value: Any) -> Any:
    return (value,) if isinstance(value, Override) else tuple(value) if isinstance(value, list) else value


@attrs.frozen
class HealthScorer:
    """Scores by a scorecard: the arithmetic that a team agreed on, with exact parts.

    Every measure has its part of the score: how far it moves the score away from neutral (in a sum: from the
    start) as if nothing were missing. Parts that begin with ``@`` are no measures: ``@reweighting`` is what
    sharing out the weight of missing measures changes, ``@cap:…`` what a group's minimum or maximum adds or
    takes, ``@clip`` what is cut at the ends of the scale, ``@pulse`` what the pulse changes, ``@rounding``
    what rounding does, ``@override`` what people decided. In a worst-of, the part goes to the worst, evenly
    if there are several. Base and the parts of measures, re-weighting, caps and clipping are multiples of a
    tiny power of two: they add up exactly, in any order. Where the score is NaN, so are the parts.

    ``coverage`` is the share of the weight whose metric is known, fading evidence in proportion; what is
    waived counts as known. ``low`` and ``high`` are what the score would be with everything missing or stale
    at the worst, or at the best, that its curve can give; under a curve among peers that includes what the
    peers miss. A pulse that nobody gave is no missing evidence.

    With a journey, the weights of the stage in which a customer is take the place of the scorecard's, and
    those of its persona (the category ``@persona`` of the snapshot) the place of both; a scorecard whose face
    is ``success`` says nothing of customers in prospect stages.

    Attributes:
        scorecard: the measures, curves, weights and bands.
        journey: the journey that it belongs to; its fingerprint goes into the scores.
        overrides: what people decided about single customers, each with its author and time.

    >>> import cjlib as cj
    >>> logins = cj.Measure("logins", metric="logins", curve=cj.curves.linear(0, 10), weight=2)
    >>> mood = cj.Measure("mood", metric="nps", curve=cj.curves.linear(-100, 100), weight=1)
    >>> card = cj.Scorecard("health", groups=[cj.Group("all", measures=[logins, mood])])
    >>> table = {"customer": ["acme", "brass"], "logins": [8, 2], "nps": [50, None]}
    >>> scores = HealthScorer(card).score(cj.Snapshot.from_frame(table))
    >>> print(scores.explain("brass"))
    health of 'brass': 20, 67 % of the weight rests on data, with all of it 13.33 to 46.67
      +50    base
      -20    logins
      -10    @reweighting
    """

    scorecard: Scorecard = attrs.field(validator=_a(Scorecard))
    journey: Journey | None = attrs.field(
        default=None, kw_only=True, repr=False, validator=attrs.validators.optional(_a(Journey))
    )
    overrides: tuple[Override, ...] = attrs.field(
        default=(), kw_only=True, repr=False, converter=_listed, validator=_are_overrides
    )

    def __attrs_post_init__(self) -> None:
        self.variants.check()

    @cached_property
    def variants(self) -> Variants:
        """The scorecard with the weights of every stage and persona."""
        return Variants.of(self.scorecard, self.journey)

    @property
    def name(self) -> str:
        """The id of the scorecard."""
        return self.scorecard.id

    @property
    def requires(self) -> frozenset[str]:
        """The names of the metrics that the snapshot must have."""
        return frozenset(name for card in self.variants.cards() for name in card.requires)

    @cached_property
    def fingerprint(self) -> str:
        """Content hash of the scorecard and the overrides; the order counts, defaults do not."""
        text = canonical_json(plain(self.scorecard))
        text += "".join(repr(attrs.astuple(override)) for override in self.overrides)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

    def score(self, snapshot: Snapshot, /) -> Scores:
        """One score per row of a snapshot or panel.

        Raises:
            UnknownNameError: if the snapshot lacks a metric.
            DataError: if a metric has categories where the curve needs numbers, or the other way round; if
                nobody knows how old the evidence is that may grow stale.
            UsageError: if the snapshot tells no stages or personas, and they matter.
        """
        read = prepared(self, snapshot)
        return self._scores(read, outcome(read, slice(0, len(snapshot))), snapshot=snapshot)

    def stream(self, snapshot: Snapshot, *, rows: int = ROWS) -> Iterator[Scores]:
        """The same scores, some rows at a time: parts of many millions need no memory of their own.

        Every processor works on one block, so a few blocks beyond that which is looked at are in memory.

        Args:
            snapshot: a snapshot or panel.
            rows: how many rows at a time.

        >>> import cjlib as cj
        >>> card = cj.Scorecard("health", groups=[cj.Group("all", measures=[
        ...     cj.Measure("logins", metric="logins", curve=cj.curves.linear(0, 10))])])
        >>> snapshot = cj.Snapshot.from_frame({"customer": ["a", "b", "c"], "logins": [1, 5, 9]})
        >>> [scores.values.tolist() for scores in HealthScorer(card).stream(snapshot, rows=2)]
        [[10.0, 50.0], [90.0]]
        """
        if isinstance(rows, bool) or not isinstance(rows, (int, np.integer)) or rows < 1:
            raise UsageError(f"rows is a whole number, at least 1, not {rows!r:.80}")
        read = prepared(self, snapshot)

        def scored(start: int) -> Scores:
            block = slice(start, min(start + rows, len(snapshot)))
            return self._scores(
                read, outcome(read, block, threads=1),
                customers=Coded(snapshot.codes_of_customers[block], snapshot.ids),
                as_of=snapshot.moments[snapshot.numbers_of_moments[block]],
            )  # fmt: skip

        yield from in_order(scored, range(0, len(snapshot), rows))

    def overrides_in(self, snapshot: Snapshot, /) -> Table:
        """What people decided: each override with its author and reason, and whether it is in force.

        Columns ``customer measure value minimum maximum author reason start end status rows``; the status is
        ``in force`` (in that many rows), ``expired``, ``not yet`` or ``unknown customer``.
        """
        return override_table(self.overrides, snapshot)

    def _scores(self, read: Prepared, found: Outcome, **about: Any) -> Scores:
        journey = None if self.journey is None else self.journey.fingerprint
        return Scores(
            found.values,
            scorer=self,
            parts=found.parts,
            part_names=read.part_names,
            base=found.base,
            scale=self.scorecard.scale,
            coverage=found.coverage,
            low=found.low,
            high=found.high,
            bands=self.scorecard.bands,
            fingerprints=Fingerprints(journey=journey, scorer=self.fingerprint, data=read.fingerprint),
            **about,
        )


def prepared(scorer: HealthScorer, snapshot: Snapshot, *, as_scores: bool = False) -> Prepared:
    """What a scorer reads of a snapshot.

    Args:
        scorer: the scorer.
        snapshot: the customers.
        as_scores: whether every column shall hold the scores of its measure, all curves applied.
    """
    if not hasattr(snapshot, "numbers_of_moments"):
        kind = type(snapshot).__name__
        raise UsageError(f"HealthScorer: a Snapshot was expected, not {kind}: see Snapshot.from_frame")
    decided = [override for override in scorer.overrides if override.measure is not None]
    given = frozenset(o.measure for o in decided if o.measure is not None and not o.waives)
    if as_scores:
        given = frozenset(measure.id for measure in scorer.scorecard.measures)
    waives = any(override.waives for override in decided)
    plans = [_plan_of(card, given, waives) for card in scorer.variants.cards()]
    return Prepared.of(
        scorer.scorecard, plans, snapshot, given=given, overrides=in_force(scorer.overrides, snapshot),
        has_overrides=len(decided) < len(scorer.overrides),
        variants=scorer.variants.numbers(snapshot), undefined=scorer.variants.undefined(snapshot),
    )  # fmt: skip
