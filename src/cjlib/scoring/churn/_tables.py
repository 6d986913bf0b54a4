"""Trees of which no branch asks about more than two columns, as tables of one or two columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

__all__ = ["Pair", "Tables", "bins_of", "compiled", "ends", "purified", "spread"]

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Pair = tuple[int, int]

ROUNDS = 200
STILL = 1e-13


@attrs.frozen(eq=False, kw_only=True)
class Tables:
    """A sum of functions of one and of two columns, each constant between edges.

    Attributes:
        edges: per column, ascending; bin ``b`` holds ``edges[b - 1] < x <= edges[b]``. One more bin, the
            last, is for what is missing.
        base: what the sum starts from.
        mains: per column, (bins + 1,) what its bins add.
        pairs: per pair of columns, (bins + 1, bins + 1) what its cells add.
    """

    edges: tuple[Floats, ...]
    base: float
    mains: tuple[Floats, ...]
    pairs: dict[Pair, Floats]


def compiled(trees: Sequence[Any], columns: int, base: float, *, share: float = 1.0) -> Tables:
    """The tables of a sum of trees.

    Every leaf stands for a box: the values of the columns on its branch for which one gets there. So a tree
    is the sum of its leaves' boxes, each of one or two columns, and so is a sum of trees.

    Args:
        trees: the nodes of each as a record array with the fields ``value feature_idx num_threshold
            missing_go_to_left left right is_leaf``, as scikit-learn's histogram gradient boosting keeps them.
        columns: how many columns there are.
        base: what the sum starts from.
        share: what the sum is multiplied by, base and all.

    Raises:
        ValueError: if a branch asks about more than two columns.
    """
    edges = tuple(_edges(trees, column) for column in range(columns))
    mains = [np.zeros(len(own) + 2) for own in edges]
    pairs: dict[Pair, Floats] = {}
    for nodes in trees:
        for value, box in _leaves(nodes, edges):
            used = tuple(sorted(box))
            if len(used) > 2:
                raise ValueError(f"a branch asks about {len(used)} columns, at most two were expected")
            if not used:
                base += value
            elif len(used) == 1:
                mains[used[0]][box[used[0]]] += value
            else:
                first, second = used
                shape = (len(mains[first]), len(mains[second]))
                pairs.setdefault((first, second), np.zeros(shape))[np.ix_(box[first], box[second])] += value
    return Tables(
        edges=edges, base=base * share, mains=tuple(own * share for own in mains),
        pairs={pair: table * share for pair, table in pairs.items()},
    )  # fmt: skip


def _edges(trees: Sequence[Any], column: int) -> Floats:
    found = [nodes["num_threshold"][~nodes["is_leaf"].astype(bool) & (nodes["feature_idx"] == column)]
             for nodes in trees]  # fmt: skip
    return np.unique(np.concatenate([np.empty(0), *found]))


def _leaves(nodes: Any, edges: tuple[Floats, ...]) -> Iterator[tuple[float, dict[int, Mask]]]:
    """Every leaf's value, and per column on its branch the bins for which one gets there."""
    pending: list[tuple[int, dict[int, Mask]]] = [(0, {})]
    while pending:
        place, box = pending.pop()
        node = nodes[place]
        if node["is_leaf"]:
            yield float(node["value"]), box
            continue
        column = int(node["feature_idx"])
        goes_left = np.arange(len(edges[column]) + 2) <= np.searchsorted(edges[column], node["num_threshold"])
        goes_left[-1] = bool(node["missing_go_to_left"])
        within = box.get(column, np.ones(len(goes_left), bool))
        pending.append((int(node["right"]), {**box, column: within & ~goes_left}))
        pending.append((int(node["left"]), {**box, column: within & goes_left}))


def bins_of(columns: Sequence[Floats], edges: Iterable[Floats]) -> list[NDArray[np.int64]]:
    """Per column, (n,) the bin of every value; the slow, obvious form."""
    return [
        np.where(np.isnan(values), len(own) + 1, np.searchsorted(own, values, side="left"))
        for values, own in zip(columns, edges, strict=True)
    ]


def purified(tables: Tables, bins: Sequence[NDArray[np.int64]]) -> Tables:
    """The same sum, with all that one column can say alone moved to its own table, and all means to the base.

    Afterwards every table has a mean of 0 over the rows, every table of a pair along each of its columns too:
    the functional analysis of variance, which makes the parts of a score unique.

    Source: Lengerich et al., *Purifying interaction effects with the functional ANOVA* (AISTATS 2020),
    algorithm 1; where no row is, every cell counts alike.

    Args:
        tables: the sum.
        bins: per column, (n,) the bin of every row from which was learnt.
    """
    mains, pairs, base = [one.copy() for one in tables.mains], {}, tables.base
    for (first, second), table in tables.pairs.items():
        cells = np.bincount(bins[first] * table.shape[1] + bins[second], minlength=table.size)
        weights = cells.reshape(table.shape) + 1e-6
        left = table.copy()
        for _ in range(ROUNDS):
            of_first = np.average(left, axis=1, weights=weights)
            left -= of_first[:, None]
            mains[first] += of_first
            of_second = np.average(left, axis=0, weights=weights)
            left -= of_second
            mains[second] += of_second
            if np.abs(of_first).max() + np.abs(of_second).max() < STILL:
                break
        pairs[first, second] = left
    for column, own in zip(bins, mains, strict=True):
        mean = float(np.average(own, weights=np.bincount(column, minlength=len(own)))) if len(column) else 0.0
        own -= mean
        base += mean
    return Tables(edges=tables.edges, base=base, mains=tuple(mains), pairs=pairs)


def spread(tables: Tables, bins: Sequence[NDArray[np.int64]]) -> dict[Pair, float]:
    """Per pair, the variance of what it adds over the rows."""
    return {
        (first, second): float(np.mean(table[bins[first], bins[second]] ** 2))
        for (first, second), table in tables.pairs.items()
    }


def ends(table: Floats) -> Iterator[Floats]:
    """The least and the most that every cell could still be, once what is missing were known."""
    known = table[tuple(slice(None, -1) for _ in table.shape)]
    for end in (np.min, np.max):
        bound = table.copy()
        if table.ndim == 1:
            bound[-1] = end(known)
        else:
            bound[-1, :-1], bound[:-1, -1], bound[-1, -1] = end(known, axis=0), end(known, axis=1), end(known)
        yield bound
