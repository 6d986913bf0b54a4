"""Variants: which ways customers go, and how many go each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
import numpy as np

from ..data import Coded
from ..errors import UsageError
from ..scoring.figures._by import Where
from ._answers import Answer, Mask
from ._directly_follows import quantiles
from ._path_kernels import group_paths
from ._paths import Ints, Paths, Source, paths_of

__all__ = ["Variants", "variants"]

SHOWN = 6


@attrs.frozen(eq=False, repr=False)
class Variants(Answer):
    """One row per different path; see :func:`variants`."""

    def path(self, row: int) -> tuple[str, ...]:
        """The steps of a variant, in order."""
        return self._evidence.path(self._checked(row))  # type: ignore[attr-defined, no-any-return]

    def paths(self, most: int = 10) -> Iterator[tuple[tuple[str, ...], int]]:
        """The most frequent variants: the steps of each, and how many customers go that way."""
        for row in range(min(most, len(self))):
            yield self.path(row), int(self["customers"][row])

    def __repr__(self) -> str:
        lines = [f"{n:>9,}  {' > '.join(path)}"[:110] for path, n in self.paths(SHOWN)]
        return "\n".join([f"variants: {len(self):,} rows", *lines, *(["…"] if len(self) > SHOWN else [])])


def variants(
    source: Source, *, of: str = "activity", collapse: bool = False, where: Where = None, until: Any = None
) -> Variants:
    """One row per different path, the one that most customers took first.

    Args:
        source: a log, or a trace (which also knows touchpoints and stages).
        of: what is a step: ``activity``, ``touchpoint``, ``stage`` or ``channel``.
        collapse: whether a step that repeats the one before it counts as one with it.
        where: whose paths; it needs a trace.
        until: what happened later is not read.

    Returns:
        ``length`` (steps), ``customers``, ``share`` (of all with a path), ``cumulative`` (share up to this
        row), ``median`` (seconds from the first step to the last) and ``example`` (the first customer that
        shows it). ``found.path(row)`` gives the steps.

    >>> import cjlib as cj
    >>> log = cj.EventLog.from_columns(["a", "a", "b", "b", "c"], ["visit", "order"] * 2 + ["visit"],
    ...     ["2026-01-01", "2026-01-02"] * 2 + ["2026-01-03"])
    >>> print(variants(log))
    variants: 2 rows
            2  visit > order
            1  visit
    """
    if not isinstance(collapse, bool):
        raise UsageError(f"variants: collapse is True or False, not {collapse!r:.40}")
    paths = paths_of(source, of, "variants", where=where, until=until)
    n = len(paths.ids)
    groups, firsts, sizes = np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n, np.int64)
    found = group_paths(paths.starts, paths.codes, collapse, groups, firsts, sizes)
    order = np.lexsort((firsts[:found], -sizes[:found]))
    places = np.argsort(order)
    numbers = np.where(groups >= 0, places[groups] if found else groups, -1)
    evidence = _Taking(paths, firsts[order], numbers, collapse)
    customers = sizes[order]
    share = customers / max(int(customers.sum()), 1)
    return Variants(
        {
            "length": evidence.lengths(),
            "customers": customers,
            "share": share,
            "cumulative": np.cumsum(share),
            "median": evidence.medians(customers),
            "example": Coded(firsts[order], paths.ids),
        },
        name="variants",
        asked={"of": of, "collapse": collapse, "where": where, "until": until, "left_out": paths.left_out},
        evidence=evidence,
    )


@attrs.frozen(eq=False)
class _Taking:
    """Who takes which path."""

    _paths: Paths
    firsts: Ints
    numbers: Ints
    collapse: bool

    @property
    def ids(self) -> Any:
        return self._paths.ids

    def behind(self, row: int) -> Mask:
        is_taking: Mask = self.numbers == row
        return is_taking

    def among(self, row: int) -> Mask:
        return self._paths.has_steps

    def path(self, row: int) -> tuple[str, ...]:
        starts, first = self._paths.starts, self.firsts[row]
        codes = self._paths.codes[starts[first] : starts[first + 1]]
        if self.collapse:
            codes = codes[np.append(True, codes[1:] != codes[:-1])]
        return tuple(str(self._paths.names[code]) for code in codes.tolist())

    def lengths(self) -> Ints:
        """(rows,) how many steps each variant has."""
        starts, codes = self._paths.starts, self._paths.codes
        if not self.collapse:
            plain: Ints = (starts[self.firsts + 1] - starts[self.firsts]).astype(np.int64)
            return plain
        is_new = np.append(True, codes[1:] != codes[:-1])[: len(codes)]
        is_new[starts[:-1][self._paths.has_steps]] = True
        before = np.append(0, np.cumsum(is_new))
        collapsed: Ints = before[starts[self.firsts + 1]] - before[starts[self.firsts]]
        return collapsed

    def medians(self, customers: Ints) -> Any:
        """(rows,) the median time from the first step to the last, in seconds."""
        starts, time, has_steps = self._paths.starts, self._paths.time, self._paths.has_steps
        spans = time[starts[1:][has_steps] - 1] - time[starts[:-1][has_steps]]
        order = np.argsort(self.numbers[has_steps], kind="stable")
        return quantiles(spans[order], np.append(0, np.cumsum(customers)), (0.5,))[0] / 1e6
