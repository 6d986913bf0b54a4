"""Scores of those above from those below: users to accounts, accounts to their parents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ..data import Customers
from ..errors import DataError, UsageError, did_you_mean
from ..journey._scorecards import Scorecard
from ._contract import Scores, scorer_name
from .health._run import ROUNDING, rounded

__all__ = ["rollup"]

LINEAR = ("values", "base", "parts")
HOWS = ("mean", "worst", "quantile", "below")
Floats = NDArray[np.float64]
Places = NDArray[np.int64]


def rollup(
    scores: Scores,
    links: Customers | Mapping[Any, Any],
    *,
    link: str = "parent",
    how: str = "mean",
    values: Mapping[Any, float] | None = None,
    quantile: float = 0.5,
    below: float | None = None,
    own: bool = False,
    at_least: int = 1,
) -> Scores:
    """Scores of whole families: everyone who has children gets its score from theirs, level by level.

    A parent whose children are parents themselves gets its score from their rolled-up scores, at any depth.
    With ``how="below"`` it gets the share of the customers at the ends of the branches, from 0 to 1. Those
    without children keep their own score, and so do those of whom too few children can be said.

    Args:
        scores: scores of customers, at one moment or several.
        links: customers with a link; or, by customer, to whom each belongs.
        link: which link.
        how: ``mean``, ``worst``, ``quantile`` (linear between neighbours), or ``below``: the share of the
            children whose score is below a number.
        values: by customer, how much it counts in a mean or share, such as its revenue; of parents that are
            not named, what those below them count together. Unsaid: all count alike.
        quantile: which one, from 0 to 1.
        below: the number for ``how="below"``.
        own: whether a parent's own score, where it has one, counts as that of one more child.
        at_least: how many scores, its own included if it counts, a parent's score needs.

    Returns:
        Every row of the scores, and a row for every parent without one, moment by moment. Coverage, interval
        and the parts are combined as the scores are; where a scorecard rounds, every level is rounded. The
        scores of ``below`` have no parts, nor have those with a link.

    Raises:
        DataError: if the links go round in circles.
        UsageError: if the arguments don't fit together.

    >>> users = Scores([90.0, 30.0, 60.0], scorer="health", customers=["ann", "ben", "cat"])
    >>> accounts = rollup(users, {"ann": "acme", "ben": "acme", "cat": "brass"})
    >>> dict(zip(accounts.customers.tolist(), accounts.values.tolist(), strict=True))
    {'ann': 90.0, 'ben': 30.0, 'cat': 60.0, 'acme': 60.0, 'brass': 60.0}
    """
    card = getattr(scores.scorer, "scorecard", None)
    card = card if isinstance(card, Scorecard) else None
    way = _Way(how, float(quantile), below, own, at_least, card, scores.part_names)
    codes, ids = _coded(scores)
    moments = np.zeros(len(scores), "M8[us]") if scores.as_of is None else scores.as_of
    blocks = [
        _rolled(
            scores,
            np.flatnonzero(moments == moment),
            codes,
            ids,
            _parents(links, link, moment, scores),
            values,
            way,
        )
        for moment in np.unique(moments)
    ]
    return _scores_of(scores, blocks, way)


@attrs.frozen
class _Way:
    """How scores are combined, checked."""

    how: str
    quantile: float
    below: float | None
    own: bool
    at_least: int
    card: Scorecard | None
    part_names: tuple[str, ...]

    def __attrs_post_init__(self) -> None:
        if self.how not in HOWS:
            raise UsageError(
                f"how is one of {', '.join(HOWS)}, not {self.how!r:.40}{did_you_mean(self.how, HOWS)}"
            )
        if (self.how == "below") != (self.below is not None):
            raise UsageError(
                "how='below' and below=... belong together: the share of children below a number"
            )
        if not 0 <= self.quantile <= 1:
            raise UsageError(f"a quantile is from 0 to 1, not {self.quantile:g}")
        if isinstance(self.at_least, bool) or not isinstance(self.at_least, int) or self.at_least < 1:
            raise UsageError(f"at_least is a whole number from 1 on, not {self.at_least!r:.40}")


@attrs.frozen(eq=False)
class _Block:
    """One moment: who, and everything about them in the columns of `Scores`."""

    ids: list[Any]
    as_of: np.datetime64 | None
    columns: dict[str, Floats]


def _coded(scores: Scores) -> tuple[Places, list[Any]]:
    """(n,) positions of each row's customer among the ids."""
    known: dict[Any, int] = {}
    codes = [known.setdefault(customer, len(known)) for customer in scores.customers.tolist()]
    return np.array(codes, np.int64), list(known)


def _parents(links: Any, link: str, moment: np.datetime64, scores: Scores) -> Mapping[Any, Any]:
    if isinstance(links, Customers):
        return (links if scores.as_of is None else links.as_of(moment)).linked(link)
    if not isinstance(links, Mapping):
        raise UsageError(f"links are cjlib.Customers or a mapping to parents, not {links!r:.80}")
    return links


def _rolled(
    scores: Scores,
    rows: Places,
    codes: Places,
    ids: list[Any],
    parents: Mapping[Any, Any],
    values: Mapping[Any, float] | None,
    way: _Way,
) -> _Block:
    """One moment, rolled up."""
    people = {ids[code]: place for place, code in enumerate(codes[rows].tolist())}
    parent = _placed(people, parents)
    members = list(people)
    heights = _heights(parent, members)
    columns = _columns(scores, rows, len(members))
    has_own = way.own & ~np.isnan(columns["values"])
    worth = _worths(members, values, parent, heights, has_own)
    steps = []
    for height in range(1, int(heights.max(initial=0)) + 1):
        below = np.flatnonzero((parent >= 0) & (heights[parent] == height))
        steps.append((below, parent[below]))
        unsaid = np.flatnonzero((heights == height) & np.isnan(worth))
        worth[unsaid] = np.bincount(parent[below], worth[below], len(worth))[unsaid]
        own = np.flatnonzero((heights == height) & has_own)
        if way.how != "below":
            _lift(columns, np.append(below, own), np.append(parent[below], own), worth, way)
    if way.how == "below":
        columns = _shares_below(columns, steps, worth, way, (heights == 0) | has_own)
    as_of = None if scores.as_of is None or not len(rows) else scores.as_of[rows[0]]
    return _Block(members, as_of, columns)


def _worths(
    members: list[Any],
    values: Mapping[Any, float] | None,
    parent: Places,
    heights: Places,
    has_own: NDArray[np.bool_],
) -> Floats:
    """(members,) how much each counts, NaN for parents whose children tell."""
    if values is None:
        return np.ones(len(members))
    worth = np.array([np.nan if (one := values.get(who)) is None else one for who in members], float)
    wrong = np.flatnonzero((worth < 0) | np.isinf(worth))
    if len(wrong):
        raise DataError(
            f"customer {members[wrong[0]]!r:.60} counts {worth[wrong[0]]:g}: from 0 on was expected"
        )
    unsaid = np.flatnonzero(np.isnan(worth) & (((heights == 0) & (parent >= 0)) | ((heights > 0) & has_own)))
    if len(unsaid):
        more = f", nor of {len(unsaid) - 1:,} more" if len(unsaid) > 1 else ""
        raise DataError(f"values do not tell how much customer {members[unsaid[0]]!r:.60} counts{more}")
    return worth


def _placed(people: dict[Any, int], parents: Mapping[Any, Any]) -> Places:
    """(members,) the position of each one's parent, −1 for none; parents without a row come last."""
    parent: list[int] = []
    queue = list(people)
    for customer in queue:
        above = parents.get(customer)
        if above is not None and above not in people:
            people[above] = len(people)
            queue.append(above)
        parent.append(-1 if above is None else people[above])
    return np.array(parent, np.int64)


def _heights(parent: Places, members: list[Any]) -> Places:
    """(members,) how many levels lie below each; 0 for those without children."""
    heights = np.zeros(len(parent), np.int64)
    waiting = np.bincount(parent[parent >= 0], minlength=len(parent))
    ready = np.flatnonzero(waiting == 0)
    done = 0
    while len(ready):
        done += len(ready)
        own = ready[parent[ready] >= 0]
        above = parent[own]
        np.maximum.at(heights, above, heights[own] + 1)
        np.subtract.at(waiting, above, 1)
        above = np.unique(above)
        ready = above[waiting[above] == 0]
    if done < len(parent):
        raise DataError(f"the links go round in circles: {_circle(parent, waiting, members)}")
    return heights


def _circle(parent: Places, waiting: Places, members: list[Any]) -> str:
    """One of the circles, told from member to member."""
    one = int(np.flatnonzero(waiting > 0)[0])
    seen: list[int] = []
    while one not in seen:
        seen.append(one)
        one = int(parent[one])
    circle = [*seen[seen.index(one) :], one]
    shown = circle if len(circle) <= 8 else [*circle[:7], circle[-1]]
    return " -> ".join(repr(members[place])[:60] for place in shown)


def _columns(scores: Scores, rows: Places, size: int) -> dict[str, Floats]:
    """What is combined, for those with and, as NaN, those without a row."""
    given = {"values": scores.values, "coverage": scores.coverage, "low": scores.low, "high": scores.high}
    columns = {name: _padded(column[rows], size) for name, column in given.items() if column is not None}
    if "coverage" in columns:
        columns["coverage"][len(rows) :] = 0.0
    if scores.parts is not None and scores.base is not None and scores.link == "identity":
        columns["base"] = _padded(scores.base[rows], size)
        columns["parts"] = _padded(scores.parts[rows], size)
    return columns


def _padded(column: Floats, size: int) -> Floats:
    rest = np.full((size - len(column), *column.shape[1:]), np.nan)
    return np.concatenate([column, rest])


def _lift(columns: dict[str, Floats], members: Places, above: Places, worth: Floats, way: _Way) -> None:
    """Give some parents their scores, from those of their members."""
    values = columns["values"]
    known = _Family.of(values[members], members, above, worth, way)
    has = known.suffice(len(worth), way)
    lifted: dict[str, Floats] = {name: known.sums(columns[name]) for name in columns if name in LINEAR}
    for name, hull in (("low", np.fmin), ("high", np.fmax)):
        if name in columns:
            ends = _Family.of(columns[name][members], members, above, worth, way)
            lifted[name] = np.where(has, ends.sums(columns[name]), columns[name])
            can = ~has & ends.suffice(len(worth), way)
            lifted[name][can] = hull(columns[name], ends.sums(columns[name]))[can]
    if "coverage" in columns:
        alike = attrs.evolve(way, how="mean")
        covered = _Family.of(columns["coverage"][members], members, above, worth, alike)
        lifted["coverage"] = np.clip(covered.sums(columns["coverage"]), 0.0, 1.0)
    if way.card is not None and way.card.decimals is not None:
        _round(lifted, way.card, way.part_names)
    for name, column in lifted.items():
        is_new = has if name not in ("low", "high") else slice(None)
        columns[name][is_new] = column[is_new]
    for name, hull in (("low", np.fmin), ("high", np.fmax)):
        if name in columns:
            columns[name][has] = hull(columns[name], values)[has]


def _round(lifted: dict[str, Floats], card: Scorecard, names: tuple[str, ...]) -> None:
    """Round as the scorecard does, at every level."""
    before = lifted["values"]
    for name in ("values", "low", "high"):
        if name in lifted:
            lifted[name] = rounded(card, lifted[name])
    if "parts" in lifted:
        lifted["parts"][:, names.index(ROUNDING)] += lifted["values"] - before


@attrs.frozen(eq=False)
class _Family:
    """Members, to whom each belongs, and what share of the parent's score is the member's."""

    members: Places
    above: Places
    shares: Floats

    @classmethod
    def of(cls, scores: Floats, members: Places, above: Places, worth: Floats, way: _Way) -> _Family:
        """The members with a score, as the way of combining wants them."""
        order = np.lexsort((scores, above))
        order = order[~np.isnan(scores[order])]
        scores, members, above = scores[order], members[order], above[order]
        starts = np.flatnonzero(np.diff(above, prepend=-1))
        counts = np.diff(np.append(starts, len(above)))
        rank = np.arange(len(above)) - np.repeat(starts, counts)
        if way.how == "mean":
            total = np.bincount(above, worth[members], len(worth))[above]
            shares = np.divide(worth[members], total, out=np.zeros(len(members)), where=total > 0)
        else:
            quantile = 0.0 if way.how == "worst" else way.quantile
            place = np.repeat(quantile * (counts - 1), counts)
            shares = np.maximum(0.0, 1.0 - np.abs(rank - place))
        return cls(members, above, shares)

    def suffice(self, size: int, way: _Way) -> NDArray[np.bool_]:
        """(all,) who has enough members for a score."""
        is_many = np.bincount(self.above, minlength=size) >= way.at_least
        return np.asarray(is_many & (np.bincount(self.above, self.shares, size) > 0))

    def sums(self, column: Floats) -> Floats:
        """(all,) or (all, k): the members' numbers, combined."""
        if column.ndim == 2:
            return np.column_stack([self.sums(one) for one in column.T]) if column.shape[1] else column
        counts = self.shares > 0
        own = np.where(counts, column[self.members], 0.0)
        return np.asarray(np.bincount(self.above, self.shares * own, len(column)), dtype=np.float64)


def _shares_below(
    columns: dict[str, Floats], steps: list[tuple[Places, Places]], worth: Floats, way: _Way, counts: Any
) -> dict[str, Floats]:
    """The share of all below who score below a number; the interval tells what the unknown could change."""
    values, below = columns["values"], 0.0 if way.below is None else way.below
    low, high = columns.get("low", values), columns.get("high", values)
    known = ~np.isnan(values)
    surely, maybe = np.where(np.isnan(high), False, high < below), ~(low >= below)
    sums = [
        np.where(counts, worth * one, 0.0) for one in (known, known & (values < below), surely, maybe, True)
    ]
    number = np.where(counts, known, 0).astype(np.float64)
    for members, above in steps:
        for one in (*sums, number):
            np.add.at(one, above, one[members])
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(number >= np.where(counts, 1, way.at_least), sums[1] / sums[0], np.nan)
        ends = sums[2] / sums[4], sums[3] / sums[4]
    return {
        "values": share, "coverage": np.clip(np.nan_to_num(sums[0] / sums[4]), 0, 1),
        "low": np.fmin(ends[0], share), "high": np.fmax(ends[1], share),
    }  # fmt: skip


def _scores_of(scores: Scores, blocks: list[_Block], way: _Way) -> Scores:
    """All moments again as scores."""
    names = blocks[0].columns if blocks else {}
    columns = {name: np.concatenate([block.columns[name] for block in blocks]) for name in names}
    values, rest = columns.pop("values", np.empty(0)), dict[str, Any](columns)
    ids = [customer for block in blocks for customer in block.ids]
    times = [np.full(len(block.ids), block.as_of) for block in blocks if block.as_of is not None]
    is_share = way.how == "below"
    return Scores(
        values,
        scorer=f"{scorer_name(scores.scorer)} rolled up",
        customers=ids,
        as_of=np.concatenate(times) if times else None,
        part_names=scores.part_names if "parts" in rest else None,
        scale=(0.0, 1.0) if is_share else scores.scale,
        link="identity" if is_share else scores.link,
        bands=None if is_share or way.card is None else way.card.bands,
        fingerprints=scores.fingerprints,
        **rest,
    )
