"""Key figures as a value: rows with numerator, denominator, interval and aim."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs
import numpy as np

from ...data._ledger import Ledger
from ...data._tables import Coded, Table
from ...errors import UnknownNameError, UsageError
from ...journey._journey import Journey
from ._aims import aim_of, is_met
from ._periods import Period
from ._tally import Tally

__all__ = ["FIGURES", "FLOWS", "Found", "KeyFigures", "figure_table", "move_table"]

FLOWS = ("grr", "nrr", "expansion", "contraction", "lost_revenue")
FIGURES = (
    "nps", "csat", "ces", "retention", "churn", "repurchase", "abandonment", "activation", "cross_sell",
    "mrr", "arr", *FLOWS, "clv", "referrals", "referral_value",
)  # fmt: skip
COLUMNS = ("numerator", "denominator", "value", "low", "high", "method", "unit", "aim", "is_met")
MOVES = ("period", "by", "before", "after", "customers", "start", "end")


@attrs.frozen(eq=False)
class Found:
    """One figure of one period, by group."""

    period: Period
    figure: str
    tally: Tally
    method: str
    unit: str


@attrs.frozen(eq=False, repr=False, kw_only=True)
class KeyFigures:
    """Key figures by period and group, with numerator, denominator, interval and aim.

    Attributes:
        table: one row per period, figure and group: ``period``, ``start``, ``end``, ``figure``, the groups
            by what they are made by (None where it cannot be said), ``numerator``, ``denominator``,
            ``value``, ``low``, ``high``, ``method`` (of the interval), ``unit``, ``aim`` and ``is_met`` (None
            without an aim).
        moved: who changed the group during the period, and the revenue that went along: ``period``, ``by``,
            ``before``, ``after``, ``customers``, ``start``, ``end``. They count where they were before.
        missing: the figures that could not be computed, and what each needs.
        ledger: whom figures leave out, and what is odd.
        fingerprint: the content hash of the journey.
    """

    table: Table
    moved: Table
    missing: Mapping[str, str]
    ledger: Ledger
    fingerprint: str

    def __getitem__(self, figure: str) -> Table:
        """The rows of one figure.

        Raises:
            UnknownNameError: if there is no such figure.
            UsageError: if it could not be computed; the message says what it needs.
        """
        if figure in self.missing:
            raise UsageError(f"{figure} could not be computed: {self.missing[figure]}")
        rows = self.table["figure"] == figure
        if not rows.any() and figure not in FIGURES:
            raise UnknownNameError("key figure", figure, FIGURES)
        return self.table.select(np.flatnonzero(rows))

    def value(self, figure: str) -> float:
        """The value of a figure that has one row only.

        Raises:
            UsageError: if there are several periods or groups.
        """
        rows = self[figure]
        if len(rows) != 1:
            raise UsageError(
                f"{figure} has {len(rows)} rows, by period and group: read them from [{figure!r}]"
            )
        return float(rows["value"][0])

    def __repr__(self) -> str:
        count = len(set(self.table["figure"].tolist()))
        return f"<KeyFigures: {count} figures in {len(self.table)} rows, {len(self.missing)} missing>"

    def __str__(self) -> str:
        lines = [_line(row, self.table.columns) for row in self.table.rows()]
        return "\n".join([*lines, *(f"{name}: {why}" for name, why in self.missing.items())])


def _line(row: Mapping[str, Any], columns: Sequence[str]) -> str:
    names = columns[columns.index("figure") + 1 : columns.index("numerator")]
    group = ", ".join(f"{name} {row[name] if row[name] is not None else '(unknown)'}" for name in names)
    interval = "" if np.isnan(row["low"]) else f" ({row['low']:,.4g} to {row['high']:,.4g})"
    of = "" if np.isnan(row["denominator"]) else f", {row['numerator']:,.10g} of {row['denominator']:,.10g}"
    aim = "" if np.isnan(row["aim"]) else f", aim {row['aim']:,g} {'met' if row['is_met'] else 'not met'}"
    unit = f" {row['unit']}" if row["unit"] else ""
    return f"{row['period']}  {row['figure']}{f' [{group}]' if group else ''}: {row['value']:,.4g}{unit}" + (
        f"{interval}{of}{aim}"
    )


def figure_table(journey: Journey, ways: Iterable[str], found: Iterable[Found]) -> Table:
    """One row per period, figure and group; a way of grouping that is called like a column gets a prefix."""
    taken = ("period", "start", "end", "figure", *COLUMNS)
    names = [f"by:{way}" if way in taken else way for way in ways]
    columns: dict[str, list[Any]] = {
        name: [] for name in ("period", "start", "end", "figure", *names, *COLUMNS)
    }
    for row in (row for one in found for row in _rows(journey, one)):
        for values, value in zip(columns.values(), row, strict=True):
            values.append(value)
    texts = {"period", "figure", *names, "method", "unit"}
    made = {name: _column(name, values, texts) for name, values in columns.items()}
    return Table(made, name="key figures")


def _rows(journey: Journey, one: Found) -> Iterator[tuple[Any, ...]]:
    span = (one.period.name, one.period.opening + 1, one.period.closing + 1)
    tally = one.tally
    numbers = (tally.numerator, tally.denominator, tally.value, tally.low, tally.high)
    for labels, *row in zip(tally.labels, *(column.tolist() for column in numbers), strict=True):
        group = dict(zip(tally.names, labels, strict=True))
        aim = aim_of(journey, one.figure, group, one.period.closing)
        yield (
            *span,
            one.figure,
            *labels,
            *row,
            one.method,
            one.unit,
            aim,
            is_met(journey, one.figure, row[2], aim),
        )


def _column(name: str, values: list[Any], texts: Iterable[str]) -> Any:
    if name in texts:
        labels = list(dict.fromkeys(value for value in values if value is not None))
        places = {label: place for place, label in enumerate(labels)}
        return Coded([places.get(value, -1) for value in values], labels)
    if name in ("start", "end"):
        return np.array(values, np.int64).view("datetime64[us]")
    return np.array(values, object if name == "is_met" else np.float64)


def move_table(moves: Sequence[tuple[Any, ...]]) -> Table:
    """Who changed the group, one row per period, way of grouping and pair of groups."""
    columns = list(zip(*moves, strict=True)) if moves else [()] * len(MOVES)
    kinds = (object, object, object, object, np.int64, np.float64, np.float64)
    made = {name: np.array(column, kind) for name, column, kind in zip(MOVES, columns, kinds, strict=True)}
    return Table(made, name="moved")
