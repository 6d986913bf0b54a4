"""Conformance: whose path leaves what is allowed, and where."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs
import numpy as np

from .._jit import jit
from ..data import Coded
from ..errors import UsageError, did_you_mean
from ..scoring.figures._by import Where
from ._answers import Answer, Mask
from ._blocks import in_blocks
from ._directly_follows import DirectlyFollows
from ._path_kernels import who_pass
from ._paths import Ints, Paths, Source, paths_of
from ._rates import divided

__all__ = ["Deviations", "deviations"]

Pairs = Iterable[tuple[str, str]] | DirectlyFollows
KINDS = ("unknown", "start", "step", "end")
MOST_NAMES = 4096


@attrs.frozen(eq=False, repr=False)
class Deviations(Answer):
    """One row per way in which paths deviate; see :func:`deviations`."""

    @property
    def fitting(self) -> Any:
        """The ids of the customers whose paths fit: nothing in them deviates."""
        return self.ids[self._evidence.is_fitting]  # type: ignore[attr-defined]

    @property
    def fitness(self) -> float:
        """The share of the customers with a path whose paths fit; NaN without customers."""
        return float(divided(len(self.fitting), int(self._evidence.among(0).sum())))


def deviations(
    source: Source,
    allowed: Pairs,
    *,
    starts: Iterable[str] | None = None,
    ends: Iterable[str] | None = None,
    of: str = "activity",
    where: Where = None,
    until: Any = None,
) -> Deviations:
    """How the paths of customers deviate from a graph of what may follow what.

    Every path is walked step by step. What the graph does not know is a deviation of its own, never left
    out; the steps to and from it are not counted again. For what a CRM recorded, see :func:`recorded_stages`.

    Args:
        source: a log, or a trace (which also knows touchpoints and stages).
        allowed: the pairs that may follow each other, as (source, target); or what
            :func:`directly_follows` found elsewhere.
        starts: with what a path may begin; None: with anything known.
        ends: with what it may end; None: with anything known.
        of: what is a step: ``activity``, ``touchpoint``, ``stage`` or ``channel``.
        where: whose paths; it needs a trace.
        until: what happened later is not read.

    Returns:
        ``kind`` (``unknown``, ``start``, ``step``, ``end``), ``source``, ``target`` (None where there is
        none), ``count``, ``customers`` and ``share`` (of all with a path); most customers first. Who fits is
        in ``found.fitting``.

    >>> import cjlib as cj
    >>> log = cj.EventLog.from_columns(["a", "a", "b", "b", "c"],
    ...     ["visit", "order", "order", "visit", "churn"],
    ...     ["2026-01-01", "2026-01-02", "2026-01-01", "2026-01-02", "2026-01-03"])
    >>> found = deviations(log, [("visit", "order")], starts=["visit"])
    >>> print(found)
    deviations: 3 rows
    kind     source  target  count  customers  share
    unknown  churn   ·       1      1          0.3333333333333333
    start    order   ·       1      1          0.3333333333333333
    step     order   visit   1      1          0.3333333333333333
    >>> found.fitting.tolist()
    ['a']
    """
    paths = paths_of(source, of, "deviations", where=where, until=until)
    pairs, first, last = _pairs(allowed), _names("starts", starts), _names("ends", ends)
    names = [str(name) for name in paths.names]
    model = _Model.of(names, pairs, first, last)
    alone, steps = np.zeros((2, 3, len(names)), np.int64), np.zeros((2, *model.is_allowed.shape), np.int64)
    is_fitting = np.zeros(len(paths.ids), bool)
    graph = model.place, model.is_allowed, model.may_start, model.may_end

    def look(low: int, high: int) -> tuple[Ints, Ints]:
        found = np.zeros_like(alone), np.zeros_like(steps)
        walk(low, high, paths.starts, paths.codes, *graph, *found, is_fitting)
        return found

    for one, two in in_blocks(paths.starts, look):
        alone += one
        steps += two
    kind, origin, target, counts, customers = _rows(alone, steps, model)
    return Deviations(
        {
            "kind": Coded(kind, KINDS), "source": Coded(origin, names), "target": Coded(target, names),
            "count": counts, "customers": customers,
            "share": divided(customers, int(paths.has_steps.sum())),
        },
        name="deviations",
        asked={
            "of": of, "allowed": tuple(pairs), "starts": first, "ends": last, "where": where, "until": until,
            "left_out": paths.left_out,
        },
        evidence=_Deviating(paths, kind, origin, target, is_fitting),
    )  # fmt: skip


@attrs.frozen(eq=False)
class _Model:
    """The graph.

    Attributes:
        place: (n,) where the graph has each name of the paths, -1 where it does not.
        codes: (m,) which name of the paths each of its own is, -1 for one that never occurs.
        is_allowed: (m, m) whether the second may follow the first.
        may_start: (m,) whether a path may begin so.
        may_end: (m,) whether it may end so.
    """

    place: Ints
    codes: Ints
    is_allowed: Mask
    may_start: Mask
    may_end: Mask

    @classmethod
    def of(cls, names: list[str], pairs: list[tuple[str, str]], first: Any, last: Any) -> _Model:
        known = list(dict.fromkeys([*(n for pair in pairs for n in pair), *(first or ()), *(last or ())]))
        if names and not set(known) & set(names):
            near = did_you_mean(known[0] if known else "", names)
            raise UsageError(f"deviations: no name of the graph occurs{near}: is it the graph of this log?")
        if len(known) > MOST_NAMES:
            raise UsageError(
                f"deviations: a graph of {len(known):,} names is too large; {MOST_NAMES:,} are not"
            )
        own, given = ({name: i for i, name in enumerate(some)} for some in (known, names))
        is_allowed = np.zeros((len(known), len(known)), bool)
        for source, target in pairs:
            is_allowed[own[source], own[target]] = True
        ends = (np.array([some is None or name in some for name in known], bool) for some in (first, last))
        place, codes = (
            np.array([a.get(n, -1) for n in b], np.int64) for a, b in ((own, names), (given, known))
        )
        return cls(place, codes, is_allowed, *ends)


def _rows(alone: Ints, steps: Ints, model: _Model) -> tuple[Ints, ...]:
    """Kind, source, target, count and customers of every deviation, most customers first."""
    where = np.argwhere(alone[0] > 0)
    kind = np.array([KINDS.index(name) for name in ("unknown", "start", "end")])[where[:, 0]]
    pairs = np.argwhere(steps[0] > 0)
    columns = (
        (kind, np.full(len(pairs), KINDS.index("step"))),
        (where[:, 1], model.codes[pairs[:, 0]]),
        (np.full(len(where), -1), model.codes[pairs[:, 1]]),
        *((one[tuple(where.T)], two[tuple(pairs.T)]) for one, two in zip(alone, steps, strict=True)),
    )
    found = [np.concatenate(column) for column in columns]
    order = np.lexsort((found[2], found[1], found[0], -found[4]))
    return tuple(column[order] for column in found)


@attrs.frozen(eq=False)
class _Deviating:
    """Who deviates how."""

    paths: Paths
    kinds: Ints
    sources: Ints
    targets: Ints
    is_fitting: Mask

    @property
    def ids(self) -> Any:
        return self.paths.ids

    def behind(self, row: int) -> Mask:
        paths, kind, source = self.paths, KINDS[self.kinds[row]], self.sources[row]
        is_behind = np.zeros(len(self.ids), bool)
        if kind == "step":
            who_pass(paths.starts, paths.codes, int(source), int(self.targets[row]), is_behind)
        elif kind == "unknown":
            is_behind[paths.owners[paths.codes == source]] = True
        else:
            there = paths.has_steps
            edge = paths.starts[:-1][there] if kind == "start" else paths.starts[1:][there] - 1
            is_behind[there] = paths.codes[edge] == source
        return is_behind

    def among(self, row: int) -> Mask:
        return self.paths.has_steps


def _pairs(allowed: Any) -> list[tuple[str, str]]:
    if isinstance(allowed, DirectlyFollows):
        return list(zip(allowed["source"], allowed["target"], strict=True))
    if isinstance(allowed, (str, bytes)) or not isinstance(allowed, Iterable):
        raise UsageError(f"deviations: allowed are pairs such as ('visit', 'order'), not {allowed!r:.60}")
    pairs = list(allowed)
    for pair in pairs:
        is_pair = isinstance(pair, (tuple, list)) and len(pair) == 2
        if not is_pair or not all(isinstance(name, str) for name in pair):
            raise UsageError(f"deviations: a pair such as ('visit', 'order') was expected, not {pair!r:.60}")
    return [(source, target) for source, target in pairs]


def _names(role: str, names: Any) -> tuple[str, ...] | None:
    if names is None:
        return None
    if isinstance(names, (str, bytes)) or not isinstance(names, Iterable):
        raise UsageError(f"deviations: {role} are several names, such as ['visit'], not {names!r:.60}")
    return tuple(names)


@jit
def walk(
    low: int, high: int, starts: Any, codes: Any, place: Any, is_allowed: Any, may_start: Any, may_end: Any,
    alone: Any, steps: Any, is_fitting: Any,
) -> None:  # fmt: skip
    """Walk every path: how often each deviation occurs, and for how many customers.

    Args:
        low, high: the customers that are looked at.
        starts, codes: the paths.
        place, is_allowed, may_start, may_end: the graph.
        alone: (2, 3, n) events and customers of each name that is unknown, a wrong start, a wrong end.
        steps: (2, m, m) events and customers of each step that is not allowed.
        is_fitting: (n_customers,) to be filled with who does not deviate.
    """
    last_alone, last_steps = np.full(alone.shape[1:], -1, np.int32), np.full(steps.shape[1:], -1, np.int32)
    m = len(may_start)
    own_or_last = np.where(place < 0, m, place).astype(np.uint32)
    is_bad = np.ones((m + 1, m + 1), np.bool_)
    is_bad[:m, :m] = ~is_allowed
    for c in range(low, high):
        begin, end = starts[c], starts[c + 1]
        is_fitting[c] = False
        if begin == end:
            continue
        first, final = place[codes[begin]], place[codes[end - 1]]
        is_off = first < 0 or final < 0 or not may_start[first] or not may_end[final]
        before = own_or_last[codes[begin]]
        for i in range(begin + 1, end):  # without branches: most paths need no second look
            code = own_or_last[codes[i]]
            is_off |= is_bad[before, code]
            before = code
        is_fitting[c] = not is_off
        if is_off:
            told = alone, steps, last_alone, last_steps
            tell(c, begin, end, codes, place, is_allowed, may_start, may_end, *told)


@jit
def tell(
    c: int, begin: int, end: int, codes: Any, place: Any, is_allowed: Any, may_start: Any, may_end: Any,
    alone: Any, steps: Any, last_alone: Any, last_steps: Any,
) -> None:  # fmt: skip
    """Count all deviations of one path."""
    before = -1
    for i in range(begin, end):
        code = codes[i]
        own = place[code]
        if own < 0:
            note(0, code, c, alone, last_alone)
        elif i == begin and not may_start[own]:
            note(1, code, c, alone, last_alone)
        elif before >= 0 and not is_allowed[before, own]:
            note(before, own, c, steps, last_steps)
        if own >= 0 and i == end - 1 and not may_end[own]:
            note(2, code, c, alone, last_alone)
        before = own


@jit
def note(one: int, two: int, c: int, counts: Any, last: Any) -> None:
    """Count an event, and its customer unless it was counted here."""
    counts[0, one, two] += 1
    if last[one, two] != c:
        last[one, two] = c
        counts[1, one, two] += 1
