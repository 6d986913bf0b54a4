"""From what is counted to one value per group, with its interval."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import attrs
import numpy as np
from numpy.typing import NDArray

from ._by import By, Groups, Rows, Where
from ._intervals import ratio, summed, tango, wilson
from ._span import Counted

__all__ = ["Tally", "tally"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@attrs.frozen(eq=False, kw_only=True)
class Tally:
    """A figure by group: (g,) each; NaN where there is nothing to divide by, and no interval.

    Attributes:
        names: what the groups are made by.
        labels: the labels of each group, None where it cannot be said.
        numerator: the sum above the line.
        denominator: the sum below it; NaN for what is no quotient.
        value: the figure.
        low: where its interval begins.
        high: where its interval ends.
    """

    names: tuple[str, ...]
    labels: tuple[tuple[str | None, ...], ...]
    numerator: Floats
    denominator: Floats
    value: Floats
    low: Floats
    high: Floats


def tally(counted: Counted, groups: Groups, by: By, where: Where, confidence: float) -> Tally:
    """The figure of each group.

    Raises:
        NoSuchGroup: if such rows belong to no groups of this kind.
    """
    rows, numerator, denominator = counted.rows, counted.numerator, counted.denominator
    if where is not None:
        is_chosen = groups.chosen(where, rows, counted.moment)
        rows, numerator = _taken(rows, is_chosen), numerator[is_chosen]
        denominator = denominator[is_chosen] if len(denominator) else denominator
    grouping = groups.grouped(by, rows, counted.moment)
    codes, g = grouping.codes, len(grouping.labels)
    tops = summed(numerator, codes, g)
    if not counted.method:
        none = np.full(g, np.nan)
        value, below, low, high = tops, none, none, none
    else:
        below = summed(denominator, codes, g)
        with np.errstate(invalid="ignore", divide="ignore"):
            value = counted.scale * np.where(below > 0, tops / below, np.nan)
        ends = INTERVALS[counted.method](numerator, denominator, codes, g, rows, confidence)
        low, high = (
            np.where(np.isfinite(end), np.clip(counted.scale * end, *counted.bounds), np.nan) for end in ends
        )
    return Tally(
        names=grouping.names, labels=grouping.labels, numerator=tops, denominator=below, value=value, low=low,
        high=high,
    )  # fmt: skip


def _taken(rows: Rows, is_chosen: NDArray[np.bool_]) -> Rows:
    return Rows(
        customers=rows.customers[is_chosen],
        events=None if rows.events is None else rows.events[is_chosen],
        stages=None if rows.stages is None else rows.stages[is_chosen],
    )


def _wilson(
    numerator: Floats, denominator: Floats, codes: Ints, g: int, rows: Rows, confidence: float
) -> tuple[Floats, Floats]:
    return wilson(summed(numerator, codes, g), summed(denominator, codes, g), confidence)


def _tango(
    numerator: Floats, denominator: Floats, codes: Ints, g: int, rows: Rows, confidence: float
) -> tuple[Floats, Floats]:
    more, less = (summed(numerator == sign, codes, g) for sign in (1, -1))
    return tango(more, less, summed(denominator, codes, g), confidence)


def _ratio(
    numerator: Floats, denominator: Floats, codes: Ints, g: int, rows: Rows, confidence: float
) -> tuple[Floats, Floats]:
    """Rows of one customer count as one, for they hang together."""
    if rows.events is None and rows.stages is None:
        return ratio(numerator, denominator, codes, g, confidence)
    width = int(rows.customers.max(initial=0)) + 1
    pairs, units = np.unique(codes * width + rows.customers, return_inverse=True)
    top, bottom = (summed(one, units, len(pairs)) for one in (numerator, denominator))
    return ratio(top, bottom, pairs // width, g, confidence)


INTERVALS: Mapping[str, Callable[..., tuple[Floats, Floats]]] = {
    "wilson": _wilson, "tango": _tango, "ratio": _ratio,
}  # fmt: skip
