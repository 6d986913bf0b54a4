"""What is different in a segment: any answer, held against the same answer of everybody else."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np

from ..data import Coded
from ..errors import UsageError
from ..scoring.figures._by import By, Groups, Rows
from ..scoring.figures._by_facts import Facts
from ..trace import Trace
from ._answers import Answer, Mask
from ._chance import corrected, shares_differ
from ._paths import Ints, end_of
from ._rates import divided, newcombe

__all__ = ["contrast"]


def contrast(found: Answer, trace: Trace, *, by: By, most: int = 100) -> Answer:
    """For every row of an answer and every segment: how often there, and how often elsewhere.

    An answer knows the customers behind each of its rows and those they are a share of. So the share can be
    taken within a segment and among all others, whatever was asked: steps of a funnel, pairs that follow each
    other, variants, cohorts, drivers, deviations.

    Args:
        found: the answer.
        trace: the replay of the same customers.
        by: what the segments are made by: an attribute, ``persona``, ``stage``, ``role``, ``channel``,
            ``cohort``, a criterion, or several of these; read at the end of the replay.
        most: how many rows are looked at, the first ones of the answer.

    Returns:
        ``row`` (of the answer), the columns that say what it is, ``segment`` (None where it cannot be said),
        ``customers``, ``among`` and ``share`` in the segment, ``elsewhere`` (the share among the others),
        ``difference`` with its 95 % interval ``low`` and ``high`` (Newcombe), ``base`` (the share among all),
        ``lift`` (share / base), ``p`` (Fisher's exact test) and ``q`` (p corrected for the number of
        comparisons, Benjamini and Hochberg). An association, whatever is behind it.

    Raises:
        UsageError: if it is no such answer, or of other customers.

    >>> import cjlib as cj
    >>> journey = cj.Journey("one", stages=[cj.Stage("care")])
    >>> log = cj.EventLog.from_columns(["a", "a", "b"], ["visit", "order", "visit"], ["2026-01-01"] * 3)
    >>> plans = cj.Customers.from_frame({"customer": ["a", "b"], "plan": ["pro", "basic"]})
    >>> trace = cj.replay(journey, log, plans, until="2026-02-01")
    >>> found = contrast(cj.findings.funnel(trace, ["visit", "order"]), trace, by="plan")
    >>> print(found.select(found["row"] == 1).select([0, 1])["share"])
    [0. 1.]
    """
    if not isinstance(found, Answer):
        raise UsageError(f"contrast: an answer such as a funnel was expected, not {type(found).__name__}")
    if not isinstance(trace, Trace):
        raise UsageError(f"contrast: a Trace was expected, not {type(trace).__name__}: see replay")
    if by is None:
        raise UsageError("contrast: by= says what the segments are made by")
    segments, labels = _segments(found, trace, by)
    looked = range(min(most, len(found)))
    parts = [(found._evidence.behind(row), found._evidence.among(row)) for row in looked]
    counts = np.array(
        [
            [_counted(behind & among, segments, len(labels)), _counted(among, segments, len(labels))]
            for behind, among in parts
        ]
    ).reshape(-1, 2, len(labels))
    row, segment = np.divmod(np.flatnonzero(counts[:, 1] > 0), max(len(labels), 1))
    mine, whole = counts[row, 0, segment], counts[row, 1, segment]
    total, all_ = counts[row, 0].sum(axis=1), counts[row, 1].sum(axis=1)
    others, rest = total - mine, all_ - whole
    low, high = newcombe(mine, whole, others, rest)
    share, base = divided(mine, whole), divided(total, all_)
    tables = zip(mine.tolist(), whole.tolist(), others.tolist(), rest.tolist(), strict=True)
    ps = [shares_differ((a, b), (c, d)) if d else 1.0 for a, b, c, d in tables]
    places = np.array([place for place, label in enumerate(labels) if label is not None], np.int64)
    codes = np.full(len(labels), -1, np.int64)
    codes[places] = np.arange(len(places))
    elsewhere = divided(others, rest)
    return Answer(
        {
            "row": row, **_named(found, row),
            "segment": Coded(codes[segment], [labels[place] for place in places]),
            "customers": mine, "among": whole, "share": share, "elsewhere": elsewhere,
            "difference": share - elsewhere, "low": low, "high": high, "base": base,
            "lift": divided(share, base), "p": np.array(ps, np.float64),
            "q": np.array(corrected(ps), np.float64),
        },
        name=f"{found.name} by segment",
        asked={**found.asked, "by": by, "rows_left_out": max(len(found) - most, 0)},
        evidence=_InSegment(found, segments, row, segment),
    )  # fmt: skip


@attrs.frozen(eq=False)
class _InSegment:
    """Who of a segment stands behind a row of another answer."""

    found: Answer
    segments: Ints
    rows: Ints
    numbers: Ints

    @property
    def ids(self) -> Any:
        return self.found.ids

    def behind(self, row: int) -> Mask:
        return self.found._evidence.behind(int(self.rows[row])) & self.among(row)

    def among(self, row: int) -> Mask:
        is_mine: Mask = self.segments == self.numbers[row]
        return is_mine & self.found._evidence.among(int(self.rows[row]))


def _segments(found: Answer, trace: Trace, by: By) -> tuple[Ints, list[str | None]]:
    """(n,) the segment of each customer of the answer, and what the segments are called."""
    known = {customer: place for place, customer in enumerate(trace.ids.tolist())}
    try:
        places = np.array([known[customer] for customer in found.ids.tolist()], np.int64)
    except KeyError as error:
        raise UsageError(
            f"contrast: the answer is about customers whom this trace does not have: {error.args[0]!r:.60}"
        ) from error
    groups = Groups(Facts(trace, trace._log, trace._customers))
    grouping = groups.grouped(by, Rows(customers=places), end_of(trace))
    labels = [None if None in label else ", ".join(map(str, label)) for label in grouping.labels]
    return grouping.codes, labels


def _counted(chosen: Mask, segments: Ints, n_segments: int) -> Ints:
    counts: Ints = np.bincount(segments[chosen], minlength=n_segments)
    return counts


def _named(found: Answer, rows: Ints) -> dict[str, Any]:
    """The columns that say what each row of an answer is."""
    named: dict[str, Any] = {}
    for name in found.columns:
        column = found._columns[name]
        if isinstance(column, Coded):
            named[name] = column.take(rows)
        elif name in ("period", "step", "at_least", "number"):
            named[name] = column[rows]
    return named
