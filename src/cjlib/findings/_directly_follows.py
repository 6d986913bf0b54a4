"""What follows what: how often, for how many customers, how long after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ..data import Coded, Table
from ..scoring.figures._by import Where
from ._answers import Answer, Mask
from ._blocks import in_blocks
from ._path_kernels import FEW, count_pairs, place_durations, sort_small, who_pass
from ._paths import Ints, Paths, Source, paths_of

if TYPE_CHECKING:
    import networkx as nx

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

    def to_networkx(self) -> nx.DiGraph[str]:
        """The graph: nodes with the columns of ``steps``, edges with the other columns.

        >>> import cjlib as cj
        >>> log = cj.EventLog.from_columns(["a", "a"], ["visit", "order"], ["2026-01-01", "2026-01-02"])
        >>> directly_follows(log).to_networkx().edges["visit", "order"]["median"]
        86400.0
        """
        import networkx as nx

        graph: nx.DiGraph[str] = nx.DiGraph()
        name, *counted = self.steps.columns
        for row in self.steps.rows():
            graph.add_node(row[name], **{column: row[column] for column in counted})
        for row in self.rows():
            graph.add_edge(row.pop("source"), row.pop("target"), **row)
        return graph


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
    counted = _counted(paths)
    pairs, counts, occurrences = counted.pairs, counted.counts, counted.occurrences
    origin, target = np.divmod(pairs, max(len(paths.names), 1))
    names = list(paths.names)
    order = np.lexsort((target, origin, -counts))
    leading = np.bincount(target, counts, minlength=len(names))
    with np.errstate(divide="ignore", invalid="ignore"):
        share, base = counts / occurrences[origin], leading[target] / counts.sum()
        lift = share / base
    columns: dict[str, Any] = {
        "source": Coded(origin[order], names), "target": Coded(target[order], names),
        "count": counts[order], "customers": counted.customers[order], "share": share[order],
        "base": base[order], "lift": lift[order],
    }  # fmt: skip
    if durations:
        found = _durations(paths, counted)
        columns |= {
            name: values[order] for name, values in zip(("mean", "median", "p95"), found, strict=True)
        }
    return DirectlyFollows(
        columns,
        name="directly follows",
        asked={"of": of, "where": where, "until": until, "left_out": paths.left_out},
        evidence=_Passing(paths, origin[order], target[order]),
        steps=counted.steps(paths.names, of),
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


@attrs.frozen(eq=False)
class _Counted:
    """What a pass over the paths counts.

    Attributes:
        pairs: (p,) the pairs that occur: source × number of names + target.
        counts: (p,) how often.
        customers: (p,) for how many customers.
        owners: (n,) for how many customers each name occurs.
        first, final: (n,) how many paths begin and end with it.
        occurring: rows that are the second of a pair, and the place of their pair; None where the pairs are
            few enough for a table of all.
    """

    pairs: Ints
    counts: Ints
    customers: Ints
    owners: Ints
    first: Ints
    final: Ints
    occurring: tuple[Ints, Ints] | None = None

    @property
    def occurrences(self) -> Ints:
        """(n,) how often each name occurs: all but the last of a path are the first of a pair."""
        origin = self.pairs // max(len(self.owners), 1)
        leaving = np.bincount(origin, self.counts, minlength=len(self.owners))
        found: Ints = self.final + leaving.astype(np.int64)
        return found

    def steps(self, names: Any, of: str) -> Table:
        """What occurs: how often, for how many customers, and how many paths it starts and ends."""
        columns = {
            "count": self.occurrences, "customers": self.owners, "starts": self.first, "ends": self.final,
        }  # fmt: skip
        whole = Table({of: Coded(np.arange(len(names)), list(names)), **columns}, name="steps")
        return whole.select(np.flatnonzero(self.occurrences))


def _counted(paths: Paths) -> _Counted:
    n = len(paths.names)
    if n * n > MOST_PAIRS:
        return _occurring(paths)

    def count(low: int, high: int) -> list[Ints]:
        found = [np.zeros(size, np.int64) for size in (n * n, n * n, n, n, n)]
        count_pairs(paths.starts, paths.codes, low, high, *found)
        return found

    blocks = in_blocks(paths.starts, count)
    counts, customers, owners, first, final = (np.sum(parts, axis=0) for parts in zip(*blocks, strict=True))
    pairs = np.flatnonzero(counts)
    return _Counted(pairs, counts[pairs], customers[pairs], owners, first, final)


def _occurring(paths: Paths) -> _Counted:
    """The same where a table of all pairs would be too large: each pair that occurs gets a place."""
    n = len(paths.names)
    is_first = np.zeros(len(paths), bool)
    is_first[paths.starts[:-1][paths.has_steps]] = True
    rows = np.flatnonzero(~is_first)
    keys = paths.codes[rows - 1].astype(np.int64) * n + paths.codes[rows]
    pairs, places, counts = np.unique(keys, return_inverse=True, return_counts=True)
    customers = _different(places, len(pairs), paths.owners[rows])
    owners = _different(paths.codes, n, paths.owners)
    ends = paths.starts[:-1][paths.has_steps], paths.starts[1:][paths.has_steps] - 1
    first, final = (np.bincount(paths.codes[rows], minlength=n) for rows in ends)
    return _Counted(pairs, counts.astype(np.int64), customers, owners, first, final, (rows, places))


def _different(places: Any, n_places: int, owners: Any) -> Ints:
    """(n_places,) for how many different customers each place occurs."""
    both = np.unique(owners.astype(np.int64) * n_places + places) % max(n_places, 1)
    return np.bincount(both, minlength=n_places)


def _durations(paths: Paths, counted: _Counted) -> tuple[Floats, Floats, Floats]:
    """Mean, median and 95 % quantile of the time between the two steps of each pair, in seconds."""
    pairs, counts = counted.pairs, counted.counts
    bounds = np.append(0, np.cumsum(counts))
    if counted.occurring is not None:
        rows, places = counted.occurring
        values = (paths.time[rows] - paths.time[rows - 1])[np.argsort(places, kind="stable")]
        sums = np.add.reduceat(values.astype(np.float64), bounds[:-1]) if len(pairs) else np.zeros(0)
    else:
        values, n = np.empty(bounds[-1], np.int64), len(paths.names)
        cursors = np.zeros(n * n, np.int64)
        cursors[pairs] = bounds[:-1]
        low, high = np.zeros_like(cursors), np.zeros_like(cursors)
        place_durations(paths.starts, paths.time, paths.codes, n, cursors, values, low, high)
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
