"""How strong the penalty is: as strong as earlier rows still foretell later ones well."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ._regression import Rows, best_of, log_likelihoods

__all__ = ["Chosen", "chosen_penalty", "folds"]

Ints = NDArray[np.int64]

PENALTIES = (10_000.0, 3000.0, 1000.0, 300.0, 100.0, 30.0, 10.0, 3.0, 1.0, 0.3)
UNCHOSEN = 300.0
PARTS = 4  # of the time: each but the first is foretold from those before it
GROUPS = 5  # of customers, where there is no time
WORSE = 2  # times in a row, then weaker penalties are not tried


@attrs.frozen
class Chosen:
    """The strength of a penalty, and how it was chosen."""

    penalty: float
    why: str


def folds(moment: Ints, ahead_us: int, came: Any, owner: Any) -> tuple[list[tuple[Any, Any]], str]:
    """Earlier rows and later ones, (n,) bool each, without an outcome that reaches from one to the other.

    Both have rows with the event and rows without. What the rows are called is told, too.

    Later parts begin where as many events are past; earlier rows are those whose horizon is over by then.
    Where time divides nothing, groups of customers take its place.

    Args:
        moment: (n,) microseconds.
        ahead_us: how long a row is followed.
        came: (n,) whether the event came.
        owner: (n,) whose row it is.
    """
    by_time = [pair for pair in _in_time(moment, ahead_us, came) if _both(pair, came)]
    if by_time:
        return by_time, "later rows from earlier ones"
    return [
        pair for pair in _by_owner(owner) if _both(pair, came)
    ], "rows of some customers from those of others"


def chosen_penalty(rows: Rows, number: int, moment: Ints, ahead_us: int) -> Chosen:
    """The strongest one under which some rows foretell others about as well as under the best.

    They are judged by the likelihood of the others.

    Args:
        rows: all of them; owners must be known.
        number: of the cause.
        moment: (n,) microseconds.
        ahead_us: how long a row is followed.
    """
    alone = Rows(rows.x, [rows.answers[number]])
    came = alone.answers[0].came > 0
    divided, others = folds(moment, ahead_us, came, rows.owner)
    if not divided:
        return Chosen(UNCHOSEN, f"{UNCHOSEN:g}, for there are too few events to choose by")
    parts = [(alone.select(early), alone.select(late)) for early, late in divided]
    betas: list[Any] = [None] * len(parts)
    told: dict[float, Any] = {}
    for penalty in PENALTIES:
        betas = [best_of(early, penalty, beta) for (early, _), beta in zip(parts, betas, strict=True)]
        told[penalty] = np.concatenate([log_likelihoods(late, beta) for (_, late), beta in
                                        zip(parts, betas, strict=True)])  # fmt: skip
        sums = {one: float(rows.sum()) for one, rows in told.items()}
        if max(sums, key=sums.__getitem__) in list(sums)[:-WORSE]:
            break
    best = max(sums, key=sums.__getitem__)
    owner = np.concatenate([rows.owner[late] for _, late in divided])
    close = [one for one in told if one >= best and _is_close(told[one], told[best], owner)]
    judged, tried = len(told[best]), ", ".join(f"{one:g}" for one in sorted(told))
    return Chosen(
        max(close), f"{max(close):g} of {tried}: the strongest that foretells {judged:,} {others} as well as "
        f"the best ({best:g}) does, but for one standard error",
    )  # fmt: skip


def _is_close(told: Any, best: Any, owner: Any) -> bool:
    """Whether likelihoods are lower than the best by no more than one standard error of the difference.

    Rows of one owner are one draw. Source: Breiman, Friedman, Olshen and Stone, *Classification and
    Regression Trees* (1984), section 3.4.3.
    """
    less = best - told
    sums = np.bincount(np.unique(owner, return_inverse=True)[1], less - less.mean())
    return bool(less.sum() <= np.sqrt((sums**2).sum()))


def _both(pair: tuple[Any, Any], came: Any) -> bool:
    return all(came[rows].any() and not came[rows].all() for rows in pair)


def _in_time(moment: Ints, ahead_us: int, came: Any) -> Iterator[tuple[Any, Any]]:
    order = np.sort(moment[came])
    if not len(order):
        return
    cuts = np.unique(order[[len(order) * part // PARTS for part in range(1, PARTS)]])
    for cut, until in zip(cuts, [*cuts[1:], np.iinfo(np.int64).max], strict=True):
        early = moment + ahead_us <= cut
        if early.any():
            yield early, (moment >= cut) & (moment < until)


def _by_owner(owner: Any) -> Iterator[tuple[Any, Any]]:
    group = np.unique(owner, return_inverse=True)[1] % GROUPS
    for number in range(GROUPS):
        yield group != number, group == number
