"""Where people and score disagreed, and who was right later."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ...data._tables import Coded, Table
from ...errors import UsageError
from ...journey._scorecards import Measure, Scorecard
from .._checks import banded
from .._contract import Scores
from ..figures._intervals import wilson
from ..health._columns import scores_of
from ..health._scorer import HealthScorer
from ._labels import decided
from ._measures import roc_auc

if TYPE_CHECKING:
    from ...snapshots import Snapshot

__all__ = ["PulseRecord", "pulse_record"]

Floats = NDArray[np.float64]

SAID = ("worse", "same", "better")
LEVEL = 0.95
NOBODY = "unsaid"


@attrs.frozen(eq=False, kw_only=True, repr=False)
class PulseRecord:
    """What people said beside what the score said, and what came.

    Attributes:
        disagreements: one row per customer and moment at which they said different things: ``customer``,
            ``as_of``, ``score`` (without the pulse), ``band`` (of it), ``said`` (by people: ``worse`` or
            ``better`` than the score), ``came`` (1, 0, NaN where not decided), ``right`` (``people`` or
            ``score``, None where not decided).
        summary: one row per group and per thing said (``worse``, ``same``, ``better``): ``by``, ``said``,
            ``rows`` (decided), ``events``, ``rate`` with ``low`` and ``high`` (Wilson, 95 %), ``undecided``.
            Whether people know more shows in the rates: where they say worse, it should be higher than where
            they say the same.
        people_right: of the decided disagreements, in how many people were right.
        score_right: in how many the score was.
        auc_people: of all pairs with a pulse, one with the event and one without, the share in which people
            tell which.
        auc_score: the same of the score without the pulse.
    """

    disagreements: Table
    summary: Table
    people_right: int
    score_right: int
    auc_people: float
    auc_score: float

    def __repr__(self) -> str:
        return f"<PulseRecord of {len(self.disagreements):,} disagreements>"

    def __str__(self) -> str:
        known = self.people_right + self.score_right
        lines = [f"{len(self.disagreements):,} disagreements, {known:,} decided: people were right in "
                 f"{self.people_right:,}, the score in {self.score_right:,}"]  # fmt: skip
        if not np.isnan(self.auc_people):
            lines.append(f"people tell {self.auc_people:.0%} of pairs, the score {self.auc_score:.0%}")
        names = ("by", "said", "rows", "events", "rate", "low", "high")
        for by, said, rows, events, rate, low, high in zip(
            *(self.summary[name].tolist() for name in names), strict=True
        ):
            of = "" if by is None else f"{by}: "
            shown = f"{rate:.0%} ({low:.0%} to {high:.0%})" if rows else "nothing decided"
            lines.append(f"  {of}people say {said}: the event came in {events:,} of {rows:,}, {shown}")
        return "\n".join(lines)


def pulse_record(
    scorer: HealthScorer,
    panel: Snapshot,
    outcomes: Any,
    *,
    pulse: str | Measure | None = None,
    horizon: str | timedelta | None = None,
    risk: str = "low",
    by: str | None = None,
) -> PulseRecord:
    """Where people and score disagreed, and who was right later.

    The score is taken as it would be if nobody had said anything. People disagree where their pulse, by its
    own curve, lies in another band than that score; with a pulse that adjusts, where its points are not 0.
    Who said worse was right where the event came, who said better where it did not.

    Args:
        scorer: whose scorecard has bands, and a pulse.
        panel: customers at moments of the past.
        outcomes: what :func:`cjlib.scoring.outcomes` found, with a ``horizon``; or one number per row: 1
            where the event came, 0 where it did not, NaN where that is not decided.
        pulse: the pulse, if it is not the scorecard's own: the id of a measure in a group, or a measure.
        horizon: within which the event counts, if ``outcomes`` are times.
        risk: whether ``low`` scores go with the event (churn) or ``high`` ones (renewal).
        by: a category of the panel, such as the owner, for a record of each.

    Raises:
        UsageError: if there is no pulse, or there are no bands.
        UnknownNameError: if there is no such measure or category.

    >>> import cjlib as cj
    >>> measures = [cj.Measure("logins", metric="logins", curve=cj.curves.linear(0, 10))]
    >>> mood = cj.Measure("mood", metric="mood", curve=cj.curves.lookup({"bad": 0, "good": 100}))
    >>> card = cj.Scorecard("health", groups=[cj.Group("all", measures=measures)], pulse=mood,
    ...                     bands=cj.Bands(("red", "green"), edges=50))
    >>> table = {"customer": ["acme", "brass", "corn"], "logins": [8, 9, 2], "mood": ["bad", None, "good"]}
    >>> print(pulse_record(cj.HealthScorer(card), cj.Snapshot.from_frame(table), [1, 0, 1]))
    2 disagreements, 2 decided: people were right in 1, the score in 1
      people say worse: the event came in 1 of 1, 100% (21% to 100%)
      people say same: the event came in 0 of 0, nothing decided
      people say better: the event came in 1 of 1, 100% (21% to 100%)
    """
    card, measure, adjusts = _pulse_of(scorer, pulse, risk)
    came = decided("pulse_record", panel, outcomes, horizon)
    alone = _without(scorer, measure).score(panel)
    given, shares = scores_of(card, measure, panel)
    given = np.where(shares > 0, given, np.nan)
    said = _said(alone, given, card, adjusts)
    is_worse = said == (0 if risk == "low" else 2)
    is_better = said == (2 if risk == "low" else 0)
    differs = is_worse | is_better
    is_right = np.where(is_worse, came == 1, came == 0)
    known = differs & ~np.isnan(came)
    rows = np.flatnonzero(differs)
    sign = -1.0 if risk == "low" else 1.0
    both = (said >= 0) & ~np.isnan(came)
    opinion = np.where(np.isnan(given), 0.0, given) + (alone.values if adjusts else 0.0)
    return PulseRecord(
        disagreements=_disagreements(panel, alone, said, came, is_right, rows),
        summary=_summary(panel, by, said, came),
        people_right=int((known & is_right).sum()), score_right=int((known & ~is_right).sum()),
        auc_people=roc_auc(sign * opinion[both], came[both]),
        auc_score=roc_auc(sign * alone.values[both], came[both]),
    )  # fmt: skip


def _pulse_of(scorer: object, pulse: Any, risk: object) -> tuple[Scorecard, Measure, bool]:
    """The scorecard, the pulse, and whether it adds points."""
    if not isinstance(scorer, HealthScorer):
        raise UsageError(f"pulse_record: a HealthScorer was expected, not {scorer!r:.80}")
    if risk not in ("low", "high"):
        raise UsageError(f"pulse_record: risk is 'low' or 'high' scores, not {risk!r:.80}")
    card = scorer.scorecard
    if card.bands is None:
        raise UsageError(f"scorecard {card.id!r} has no bands, so there is no verdict to disagree with")
    if isinstance(pulse, Measure):
        return card, pulse, False
    if isinstance(pulse, str):
        return card, card.measure(pulse), False
    if pulse is not None:
        raise UsageError(f"pulse_record: the id of a measure or a measure was expected, not {pulse!r:.80}")
    if card.pulse is None:
        raise UsageError(f"scorecard {card.id!r} has no pulse; say which measure it is, pulse=...")
    return card, card.pulse, card.pulse_as == "adjustment"


def _without(scorer: HealthScorer, measure: Measure) -> HealthScorer:
    """The scorer as if nobody had been asked."""
    card = scorer.scorecard
    groups = []
    for group in card.groups:
        rest = [one for one in group.measures if one.id != measure.id]
        groups += [attrs.evolve(group, measures=rest)] if any(one.weight for one in rest) else []
    if not any(group.weight for group in groups):
        raise UsageError(f"scorecard {card.id!r}: without the pulse {measure.id!r} there is nothing left")
    overrides = [one for one in scorer.overrides if one.measure != measure.id]
    return HealthScorer(
        attrs.evolve(card, groups=groups, pulse=None), journey=scorer.journey, overrides=overrides
    )


def _said(alone: Scores, given: Floats, card: Scorecard, adjusts: bool) -> NDArray[np.int64]:
    """(n,) positions in SAID, −1 where people or score say nothing."""
    assert card.bands is not None
    assert alone.band_codes is not None
    is_mute = np.isnan(given) | (alone.band_codes < 0)
    difference = np.nan_to_num(given) if adjusts else banded(card.bands, given) - alone.band_codes
    return np.where(is_mute, -1, np.sign(difference).astype(np.int64) + 1)


def _disagreements(
    panel: Snapshot, alone: Scores, said: NDArray[np.int64], came: Floats, is_right: Any, rows: Any
) -> Table:
    right = np.where(np.isnan(came), -1, np.where(is_right, 0, 1)).astype(np.int32)
    assert alone.band_codes is not None
    columns: dict[str, Any] = {
        "customer": Coded(panel.codes_of_customers[rows], panel.ids),
        "as_of": panel.as_of[rows],
        "score": alone.values[rows],
        "band": Coded(alone.band_codes[rows], alone.band_labels),
        "said": Coded(said[rows].astype(np.int32), SAID),
        "came": came[rows],
        "right": Coded(right[rows], ("people", "score")),
    }
    return Table(columns, name="disagreements")


def _summary(panel: Snapshot, by: str | None, said: NDArray[np.int64], came: Floats) -> Table:
    """What came after each thing said, group by group; without groups, or with them, all together first."""
    groups: list[tuple[str | None, Any]] = [(None, np.ones(len(panel), bool))]
    if by is not None:
        codes = panel.codes(by)
        groups += [(str(name), codes == code) for code, name in enumerate(panel.categories(by))]
        groups += [(NOBODY, codes < 0)] if (codes < 0).any() else []
    cells = [(name, number, own & (said == number)) for name, own in groups for number in range(len(SAID))]
    rows = np.array([(cell & ~np.isnan(came)).sum() for *_, cell in cells], np.float64)
    events = np.array([(cell & (came == 1)).sum() for *_, cell in cells], np.float64)
    low, high = wilson(events, rows, LEVEL)
    with np.errstate(invalid="ignore"):
        rate = events / rows
    names = np.empty(len(cells), object)
    names[:] = [name for name, *_ in cells]
    columns: dict[str, Any] = {
        "by": names,
        "said": Coded(np.array([number for _, number, _ in cells], np.int32), SAID),
        "rows": rows.astype(np.int64),
        "events": events.astype(np.int64),
        "rate": rate,
        "low": low,
        "high": high,
        "undecided": np.array([(cell & np.isnan(came)).sum() for *_, cell in cells], np.int64),
    }
    return Table(columns, name="pulse")
