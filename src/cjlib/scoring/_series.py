"""Scores over time: bands with a memory, trends, and why a score changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ..criteria._literals import as_duration
from ..data._tables import Coded
from ..data._times import NAT, to_us
from ..errors import CriterionError, DataError, UsageError
from ..journey._scorecards import Bands, Measure, Scorecard
from ._checks import banded, linked
from ._contract import Scorer, Scores, scorer_name
from .health._scorer import HealthScorer

if TYPE_CHECKING:
    from ..snapshots import Snapshot

__all__ = ["ScorePanel", "bands_of", "score_panel", "stayed"]

Floats = NDArray[np.float64]
Codes = NDArray[np.int32]
BASE, STALE, FORMULA, UNEXPLAINED = "@base", "@stale", "@formula", "@unexplained"
DAY_US = 86_400_000_000


@attrs.frozen(eq=False, repr=False)
class ScorePanel:
    """The scores of a panel, moment by moment; made by :func:`cjlib.score_panel`.

    Attributes:
        panel: what was scored.
        scorers: pairs of a moment (microseconds, UTC) and the scorer that counts from then on.
        scores: one row per customer and moment.
    """

    panel: Snapshot
    scorers: tuple[tuple[int, Scorer], ...]
    scores: Scores

    def __len__(self) -> int:
        return len(self.scores)

    def __repr__(self) -> str:
        return f"<ScorePanel of {len(self):,} rows at {len(self.panel.moments)} moments>"

    @cached_property
    def band_codes(self) -> Codes | None:
        """(n,) positions in ``scores.band_labels``, −1 for none; None without bands. See `bands`."""
        if self.scores.band_codes is None:
            return None
        found = self.scores.band_codes.copy()
        before, last = np.full(len(self.panel.ids), -1, np.int32), None
        for number, moment in enumerate(self.panel.moments.view(np.int64).tolist()):
            bands = bands_of(_in_force(self.scorers, moment))
            if bands is None or (last is not None and bands.labels != last.labels):
                before[:] = -1
            if bands is not None:
                rows = np.flatnonzero(self.panel.numbers_of_moments == number)
                customers = self.panel.codes_of_customers[rows]
                codes = stayed(bands, before[customers], self.scores.values[rows])
                before[customers] = np.where(codes < 0, before[customers], codes)
                table = np.array([self.scores.band_labels.index(label) for label in bands.labels] + [-1])
                found[rows] = table[codes]
            last = bands
        return found

    @property
    def bands(self) -> np.ndarray | None:
        """(n,) the band of every customer, which changes only once a score is beyond an edge by the margin.

        A customer whose score is not known for a while comes back to the band that it had.
        """
        codes = self.band_codes
        return None if codes is None else Coded(codes, self.scores.band_labels).decode()

    def trend(self, window: str | timedelta | None = None) -> Floats:
        """(n,) how many points a day the score has moved, up to the moment of each row.

        The least-squares slope of the known scores on time; NaN with fewer than two of them.

        Args:
            window: how far back to look, (t - window, t]; unsaid, all the way.
        """
        span = _microseconds(window)
        moments = self.panel.moments.view(np.int64)
        numbers, customers = self.panel.numbers_of_moments, self.panel.codes_of_customers
        values = np.full((len(moments), len(self.panel.ids)), np.nan)
        values[numbers, customers] = self.scores.values
        slopes = np.full_like(values, np.nan)
        for number, moment in enumerate(moments.tolist()):
            first = int(np.searchsorted(moments, moment - span, side="right")) if span is not None else 0
            slopes[number] = _slopes(
                (moments[first : number + 1] - moment) / DAY_US, values[first : number + 1]
            )
        found: Floats = slopes[numbers, customers]
        return found

    def change(self, since: Any, until: Any = None) -> Scores:
        """Why scores changed between two moments of the panel: ``base`` is the score before.

        Its parts are the changes of the parts of the score, as if all evidence were fresh, and three of their
        own: ``@stale`` is what evidence that went stale did, ``@formula`` what another scorer makes of the
        same customer, ``@base`` what the parts start from (such as the weights of another stage). They add up
        to the score after. NaN where a customer has no score at one of the two.

        Args:
            since: a moment of the panel.
            until: a later one; unsaid, the last.

        Raises:
            UnknownNameError: if the panel has no such moment.
        """
        moments = self.panel.moments
        before = self.panel.at(since)
        after = self.panel.at(moments[-1] if until is None else until)
        if not before.moments[0] <= after.moments[0]:
            raise UsageError(f"a change goes forward: {after.moments[0]} is before {before.moments[0]}")
        old, new = (_in_force(self.scorers, int(one.moments.view(np.int64)[0])) for one in (before, after))
        return _explained(old, new, before, after)


def score_panel(scorer: Scorer | Mapping[Any, Scorer], panel: Snapshot, /) -> ScorePanel:
    """Scores over time: bands with hysteresis, trends, and changes explained by the same parts.

    Args:
        scorer: one scorer; or several, by the moment from which on each counts.
        panel: customers and their metrics at several moments.

    Raises:
        DataError: if the panel doesn't say of which moments its rows are, or the scorers' links differ.

    >>> import cjlib as cj
    >>> measure = cj.Measure("logins", metric="logins", curve=cj.curves.linear(0, 10))
    >>> card = cj.Scorecard("health", groups=[cj.Group("all", measures=[measure])],
    ...                     bands=cj.Bands(("red", "green"), edges=50, margin=5))
    >>> days = ["2026-01-05", "2026-01-12", "2026-01-19"]
    >>> table = {"customer": ["acme"] * 3, "logins": [4.8, 5.2, 5.6], "day": days}
    >>> series = score_panel(cj.HealthScorer(card), cj.Snapshot.from_frame(table, as_of="day"))
    >>> series.bands.tolist()  # 52 is above the edge, but not by 5
    ['red', 'red', 'green']
    >>> print(series.change("2026-01-05"))
    <Scores of 1 customers by change of health since 2026-01-05, 0 cannot be said>
    """
    scorers = _scorers(scorer)
    moments = panel.moments.view(np.int64)
    if (moments == NAT).any():
        raise DataError("a panel says of which moment each row is: Snapshot.from_frame(..., as_of=...)")
    if len(moments) and scorers[0][0] > moments[0]:
        raise UsageError(f"no scorer counts at {panel.moments[0]}, the first moment of the panel")
    if len(scorers) == 1:
        return ScorePanel(panel, scorers, scorers[0][1].score(panel))
    return ScorePanel(panel, scorers, _joined(scorers, panel))


def _scorers(scorer: Any) -> tuple[tuple[int, Scorer], ...]:
    if not isinstance(scorer, Mapping):
        scorer = {None: scorer}
    if not scorer:
        raise UsageError("no scorer at all")
    for one in scorer.values():
        if not isinstance(one, Scorer):
            raise UsageError(f"a scorer was expected, not {one!r:.80}")
    first = np.iinfo(np.int64).min + 1
    found = [(first if since is None else to_us(since), one) for since, one in scorer.items()]
    return tuple(sorted(found, key=lambda pair: pair[0]))


def _in_force(scorers: tuple[tuple[int, Scorer], ...], moment: int) -> Scorer:
    return [scorer for since, scorer in scorers if since <= moment][-1]


def bands_of(scorer: Scorer) -> Bands | None:
    """The bands of a scorer, if it has any."""
    card = getattr(scorer, "scorecard", None)
    return card.bands if isinstance(card, Scorecard) else None


def stayed(bands: Bands, before: Codes, values: Floats) -> Codes:
    """(n,) positions in the labels: as before, unless the score is beyond an edge by the margin."""
    down, up = (
        banded(attrs.evolve(bands, edges=[edge + way * bands.margin for edge in bands.edges]), values)
        for way in (1.0, -1.0)
    )
    codes = np.where(before < 0, banded(bands, values), np.clip(before, down, up))
    return np.where(np.isnan(values), -1, codes).astype(np.int32)


def _microseconds(window: str | timedelta | None) -> int | None:
    try:
        span = None if window is None else as_duration(window) // timedelta(microseconds=1)
    except CriterionError as error:
        raise UsageError(f"window: {error}") from error
    if span is not None and span <= 0:
        raise UsageError(f"a window is longer than nothing, not {window!r:.40}")
    return span


def _slopes(days: Floats, values: Floats) -> Floats:
    """(customers,) least-squares slopes of values (moments, customers) on days (moments,)."""
    is_known = ~np.isnan(values)
    count = is_known.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        x = np.where(is_known, days[:, None], 0.0)
        x = np.where(is_known, x - x.sum(axis=0) / count, 0.0)
        y = np.where(is_known, values, 0.0)
        y = np.where(is_known, y - y.sum(axis=0) / count, 0.0)
        slopes: Floats = (x * y).sum(axis=0) / (x * x).sum(axis=0)
    return np.where(count >= 2, slopes, np.nan)


def _joined(scorers: tuple[tuple[int, Scorer], ...], panel: Snapshot) -> Scores:
    """The scores of several scorers, each at its own moments, as those of the last."""
    which = [_in_force(scorers, moment) for moment in panel.moments.view(np.int64).tolist()]
    numbers = [[one is scorer for one in which].index(True) for scorer in which]
    of_row = np.array(numbers, np.intp)[panel.numbers_of_moments]
    rows = [np.flatnonzero(of_row == number) for number in dict.fromkeys(numbers)]
    found = [
        which[number].score(panel.select(own))
        for number, own in zip(dict.fromkeys(numbers), rows, strict=True)
    ]
    _same_link(*found)
    columns = {name: np.full(len(panel), np.nan) for name in ("values", "base", "coverage", "low", "high")}
    names = dict.fromkeys(name for one in found for name in one.part_names)
    parts = {name: np.zeros(len(panel)) for name in names}
    labels = tuple(dict.fromkeys(label for one in reversed(found) for label in one.band_labels))
    codes = np.full(len(panel), -1)
    for own, one in zip(rows, found, strict=True):
        for name, column in columns.items():
            if getattr(one, name) is not None:
                column[own] = getattr(one, name)
        for i, name in enumerate(one.part_names):
            assert one.parts is not None
            parts[name][own] = one.parts[:, i]
        if one.band_codes is not None:
            table = np.array([*(labels.index(label) for label in one.band_labels), -1])
            codes[own] = table[one.band_codes]
    has_parts = all(one.parts is not None for one in found)
    ends = [one.scale for one in found]
    return Scores(
        columns["values"], scorer=which[-1], snapshot=panel, link=found[0].link,
        parts=parts if has_parts else None, base=columns["base"] if has_parts else None,
        scale=(min(low for low, _ in ends), max(high for _, high in ends)),
        coverage=columns["coverage"], low=columns["low"], high=columns["high"],
        bands=Coded(codes, labels) if labels else None,
    )  # fmt: skip


def _same_link(*found: Scores) -> None:
    links = {one.link for one in found}
    if len(links) > 1:
        raise DataError(f"scores with the links {', '.join(sorted(links))} cannot be compared part by part")


def _explained(old: Scorer, new: Scorer, before: Snapshot, after: Snapshot) -> Scores:
    """The scores after, made up of those before and what changed."""
    was, would_be = old.score(before), old.score(after)
    now = would_be if new is old else new.score(after)
    _same_link(was, now)
    place = np.full(len(after.ids), -1)
    place[before.codes_of_customers] = np.arange(len(before))
    place = place[after.codes_of_customers]
    fresh = _ageless(old)
    names, start, moved = _moved(
        *((was, would_be) if fresh is None else (fresh.score(before), fresh.score(after))), place
    )
    with np.errstate(invalid="ignore"):
        first, middle, last = (linked(one.values, one.link) for one in (was, would_be, now))
        first = _taken(first, place)
        parts = np.column_stack([moved, start, middle - first - start - moved.sum(axis=1), last - middle])
    is_said = np.isfinite(parts).all(axis=1) & np.isfinite(first)
    return Scores(
        np.where(is_said, now.values, np.nan),
        scorer=f"change of {scorer_name(new)} since {str(before.moments[0])[:10]}",
        customers=Coded(after.codes_of_customers, after.ids), as_of=after.as_of, parts=parts,
        part_names=(*names, BASE, STALE, FORMULA), base=first, link=now.link, scale=now.scale,
        bands=None if now.band_codes is None else Coded(now.band_codes, now.band_labels),
    )  # fmt: skip


def _moved(was: Scores, now: Scores, place: NDArray[np.intp]) -> tuple[tuple[str, ...], Floats, Floats]:
    """Names, changes of the base (n,) and of the parts (n, k) between two answers of one scorer."""
    if was.parts is None or now.parts is None or was.base is None or now.base is None:
        first, last = linked(was.values, was.link), linked(now.values, now.link)
        return (UNEXPLAINED,), np.zeros(len(now)), (last - _taken(first, place))[:, None]
    names = tuple(dict.fromkeys((*was.part_names, *now.part_names)))
    moved = np.zeros((len(now), len(names)))
    for i, name in enumerate(names):
        moved[:, i] += now.part(name) if name in now.part_names else 0.0
        moved[:, i] -= _taken(was.part(name), place) if name in was.part_names else 0.0
    return names, now.base - _taken(was.base, place), moved


def _taken(column: Floats, place: NDArray[np.intp]) -> Floats:
    return np.where(place < 0, np.nan, np.append(column, np.nan)[place])


def _ageless(scorer: Scorer) -> HealthScorer | None:
    """The scorer as if evidence never grew old; None if it doesn't."""
    if not isinstance(scorer, HealthScorer):
        return None
    card = scorer.scorecard
    if not any(one.can_fade for one in (*card.measures, *([card.pulse] if card.pulse else ()))):
        return None
    groups = [attrs.evolve(group, measures=[_fresh(one) for one in group.measures]) for group in card.groups]
    pulse = None if card.pulse is None else _fresh(card.pulse)
    return attrs.evolve(scorer, scorecard=attrs.evolve(card, groups=groups, pulse=pulse))


def _fresh(measure: Measure) -> Measure:
    return attrs.evolve(measure, valid_for=None, half_life=None, stale="missing")
