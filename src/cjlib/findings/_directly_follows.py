"""What follows what: how often, for how many customers, how long after."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ..data import Coded, Table
from ..scoring.figures._by import Where
from ._answers import Answer, Mask
from ._path_kernels import FEW, count_ends, count_pairs, place_durations, sort_small, who_pass
from ._paths import Ints, Paths, Source, paths_of

__all__ = ["DirectlyFollows", "directly_follows"]

Floats = NDArray[np.float64]

MOST_PAIRS = 1 << 22  # that are counted in a table of all; with more, only those that occur
QUANTILES = (0.5, 0.95)


@attrs.frozen(eq=False, repr=False)
class DirectlyFollows(Answer):
    """One row per pair of steps that follow each other directly; see :func:`directly_follows`.

    Attributes:
        asked: what was asked.
        steps: one row per name: how often it occurs (``count``), for how many ``customers``, and how many
            paths begin and end with it (``starts``, ``ends``). All paths begin and end somewhere, so
            ``ends`` and the counts of the rows that leave a name add up to its count; so do ``starts`` and
            those of the rows that lead there.
    """

    steps: Table = attrs.field(kw_only=True)


def directly_follows(
    source: Source, *, of: str = "activity", where: Where = None, until: Any = None, durations: bool = True
) -> DirectlyFollows:
    """One row per pair of steps of which the second directly follows the first in somebody's path.

    Steps at one time are in the order of the log: time, order column, input. Starts and ends are kept apart
    from the pairs, in ``found.steps``.

    Args:
        source: a log, or a trace (which also knows touchpoints and stages).
        of: what is a step: ``activity``, ``touchpoint``, ``stage`` or ``channel``; events that are none of
            these are told in ``found.asked["left_out"]``.
        where: whose paths; it needs a trace.
        until: what happened later is not read.
        durations: whether durations are wanted; without, their columns are left out.

    Returns:
        ``source``, ``target``, ``count``, ``customers`` (different ones), ``share`` (of the occurrences of
        the source), ``base`` (of all pairs, how many lead to the target), ``lift`` (share / base), and the
        time between the two in seconds: ``mean``, ``median``, ``p95`` (linear between neighbours, as numpy
        does). Most frequent first, then by name. ``found.customers(row)`` gives who went that way,
        ``found.among(row)`` who was ever at its source.

    >>> import cjlib as cj
    >>> log = cj.EventLog.from_columns(["a", "a", "a", "b"], ["visit", "visit", "order", "visit"],
    ...     ["2026-01-01 10:00", "2026-01-01 10:10", "2026-01-02 10:10", "2026-01-01"])
    >>> found = directly_follows(log)
    >>> list(zip(found["source"], found["target"], found["count"].tolist(), found["median"].tolist()))
    [('visit', 'order', 1, 86400.0), ('visit', 'visit', 1, 600.0)]
    >>> found.steps["starts"].tolist(), found.steps["ends"].tolist()
    ([0, 2], [1, 1])
    """
    paths = paths_of(source, of, "directly_follows", where=where, until=until)
    pairs, counts, customers, codes, n_names = _counted(paths)
    steps = _steps(paths, of)
    occurrences = steps["count"]
    origin, target = np.divmod(pairs, n_names) if len(pairs) else (pairs, pairs)
    names = list(paths.names)
    order = np.lexsort((target, origin, -counts))
    leading = np.bincount(target, counts, minlength=len(names))
    with np.errstate(divide="ignore", invalid="ignore"):
        share, base = counts / occurrences[origin], leading[target] / counts.sum()
        lift = share / base
    columns: dict[str, Any] = {
        "source": Coded(origin[order], names), "target": Coded(target[order], names),
        "count": counts[order], "customers": customers[order], "share": share[order], "base": base[order],
        "lift": lift[order],
    }  # fmt: skip
    if durations:
        found = _durations(paths, codes, n_names, pairs, counts)
        columns |= {
            name: values[order] for name, values in zip(("mean", "median", "p95"), found, strict=True)
        }
    return DirectlyFollows(
        columns,
        name="directly follows",
        asked={"of": of, "where": where, "until": until, "left_out": paths.left_out},
        evidence=_Passing(paths, origin[order], target[order]),
        steps=steps,
    )


@attrs.frozen(eq=False)
class _Passing:
    """Who went from one step directly to another."""

    paths: Paths
    sources: Ints
    targets: Ints

    @property
    def ids(self) -> Any:
        return self.paths.ids

    def behind(self, row: int) -> Mask:
        is_passing = np.zeros(len(self.ids), bool)
        pair = int(self.sources[row]), int(self.targets[row])
        who_pass(self.paths.starts, self.paths.codes, *pair, is_passing)
        return is_passing

    def among(self, row: int) -> Mask:
        was_there = np.zeros(len(self.ids), bool)
        was_there[self.paths.owners[self.paths.codes == self.sources[row]]] = True
        return was_there


def _counted(paths: Paths) -> tuple[Ints, Ints, Ints, Any, int]:
    """The pairs that occur (source × n_names + target), events and customers of each; and codes to pair up.

    Where a table of all pairs would be too large, each pair that occurs becomes a code of its own.
    """
    n_names = len(paths.names)
    if n_names * n_names <= MOST_PAIRS:
        counts, customers = np.zeros(n_names * n_names, np.int64), np.zeros(n_names * n_names, np.int64)
        count_pairs(paths.starts, paths.codes, n_names, counts, customers)
        pairs = np.flatnonzero(counts)
        return pairs, counts[pairs], customers[pairs], paths.codes, n_names
    second = np.ones(len(paths), bool)
    second[paths.starts[:-1][paths.has_steps]] = False
    rows = np.flatnonzero(second)
    keys = paths.codes[rows - 1].astype(np.int64) * n_names + paths.codes[rows]
    pairs, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
    owners = np.unique(inverse.astype(np.int64) * len(paths.ids) + paths.owners[rows])
    customers = np.bincount(owners // len(paths.ids), minlength=len(pairs))
    return pairs, counts.astype(np.int64), customers.astype(np.int64), (rows, inverse), n_names


def _durations(
    paths: Paths, codes: Any, n_names: int, pairs: Ints, counts: Ints
) -> tuple[Floats, Floats, Floats]:
    """Mean, median and 95 % quantile of the time between the two steps of each pair, in seconds."""
    bounds = np.append(0, np.cumsum(counts))
    if isinstance(codes, tuple):
        rows, inverse = codes
        values = (paths.time[rows] - paths.time[rows - 1])[np.argsort(inverse, kind="stable")]
        sums = np.add.reduceat(values.astype(np.float64), bounds[:-1]) if len(pairs) else np.zeros(0)
    else:
        values = np.empty(bounds[-1], np.int64)
        cursors = np.zeros(n_names * n_names, np.int64)
        cursors[pairs] = bounds[:-1]
        low, high = np.zeros_like(cursors), np.zeros_like(cursors)
        place_durations(paths.starts, paths.time, paths.codes, n_names, cursors, values, low, high)
        halves = zip(high[pairs].tolist(), low[pairs].tolist(), strict=True)
        sums = np.array([float((upper << 32) + lower) for upper, lower in halves])
    middle, late = quantiles(values, bounds, QUANTILES)
    mean: Floats = sums / counts / 1e6 if len(pairs) else np.zeros(0)
    return mean, middle / 1e6, late / 1e6


def quantiles(values: Ints, bounds: Ints, wanted: tuple[float, ...]) -> Floats:
    """(q, groups) quantiles of groups of values that lie side by side; the values change their places.

    Between neighbours the line is followed, as numpy's quantile does by default.
    """
    sort_small(bounds, values)
    sizes = np.diff(bounds)
    places = np.array([(sizes - 1) * q for q in wanted])
    lower = np.floor(places).astype(np.int64)
    upper = np.minimum(lower + 1, np.maximum(sizes - 1, 0))
    for group in np.flatnonzero(sizes > FEW).tolist():
        kept = np.unique(np.stack([lower[:, group], upper[:, group]]))
        values[bounds[group] : bounds[group + 1]].partition(kept.tolist())
    below, above = (values[bounds[:-1] + place].astype(np.float64) for place in (lower, upper))
    found: Floats = below + (above - below) * (places - lower)
    return found


def _steps(paths: Paths, of: str) -> Table:
    columns = [np.zeros(len(paths.names), np.int64) for _ in range(4)]
    count_ends(paths.starts, paths.codes, *columns)
    names = Coded(np.arange(len(paths.names)), list(paths.names))
    counted = dict(zip(("count", "customers", "starts", "ends"), columns, strict=True))
    return Table({of: names, **counted}, name="steps")
