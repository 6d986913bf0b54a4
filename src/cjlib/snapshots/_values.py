"""Customers and their metrics at one moment, or at several."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Protocol

import attrs
import numpy as np

from ..data._attributes import as_attribute
from ..data._codes import encode_ids
from ..data._columns import Frame, as_frame
from ..data._ledger import Findings, Ledger
from ..data._preparing import raise_if_refused
from ..data._tables import Coded, Table
from ..data._times import NAT, to_times, to_us
from ..errors import DataError, UnknownNameError, UsageError
from ..journey._metrics import Metric
from ._layout import Codes, Floats, Ints, positions_of

__all__ = ["STAGE", "Column", "Later", "Snapshot"]

STAGE = "@stage"
DWELL = "@dwell"


def _read_only(array: Any) -> Any:
    if array is None:
        return None
    view = np.asarray(array).view()
    view.flags.writeable = False
    return view


@attrs.frozen(eq=False)
class Column:
    """A metric for every row: numbers, or codes of categories.

    Attributes:
        values: (rows,) float64, NaN where it cannot be said; or int32 codes, -1 where it cannot.
        categories: what codes stand for; None for numbers.
        so_far: (rows,) where a time is still open, how much has passed; NaN elsewhere. None but for times.
    """

    values: Any = attrs.field(converter=_read_only)
    categories: tuple[Any, ...] | None = None
    so_far: Floats | None = attrs.field(default=None, converter=_read_only)

    def take(self, rows: Any) -> Column:
        """The same over other rows."""
        so_far = None if self.so_far is None else self.so_far[rows]
        return Column(self.values[rows], self.categories, so_far)


class Later(Protocol):
    """What can still be computed when somebody asks for it."""

    def age(self, name: str) -> Floats:
        """(rows,) days since the newest evidence of a metric."""

    def visit(self, name: str) -> Column:
        """The stage of every row, or the days since it was entered."""

    def fingerprint(self) -> str:
        """A hash of the data and of what was asked of them."""


@attrs.frozen
class Given:
    """A table that came ready-made: nothing is known of what it was made from."""

    rows: int
    digest: str
    ages: Mapping[str, Floats] = attrs.field(factory=dict, eq=False)

    def age(self, name: str) -> Floats:
        """As the table tells; NaN where nobody knows."""
        return self.ages.get(name, np.full(self.rows, np.nan))

    def visit(self, name: str) -> Column:
        """Not to be had."""
        raise UnknownNameError("metric", name)

    def fingerprint(self) -> str:
        """A hash of the table."""
        return self.digest


@attrs.frozen
class Part:
    """What can still be computed for some of the rows."""

    whole: Later
    rows: Any = attrs.field(eq=False)

    def age(self, name: str) -> Floats:
        """(rows,) days."""
        return self.whole.age(name)[self.rows]  # type: ignore[no-any-return]

    def visit(self, name: str) -> Column:
        """The stage, or the days in it."""
        return self.whole.visit(name).take(self.rows)

    def fingerprint(self) -> str:
        """A hash of the whole and of the choice."""
        return hashlib.sha256(self.whole.fingerprint().encode() + np.asarray(self.rows).tobytes()).hexdigest()


@attrs.frozen(eq=False, repr=False, kw_only=True)
class Snapshot:
    """One row per customer and moment; a panel is the same with several moments.

    ``snapshot["logins"]`` is the metric's read-only column, (n,) float64 with NaN where it cannot be said;
    of a category, (n,) objects with None. Made by :func:`cjlib.snapshot` and :func:`cjlib.panel`, or from a
    ready-made table with `from_frame`.

    Attributes:
        ids: (customers,) who can appear, sorted; some may have no row.
        codes_of_customers: (n,) int32, the position of each row's customer in ``ids``.
        moments: (moments,) datetime64[us], UTC, ascending; NaT where nobody said.
        numbers_of_moments: (n,) int32, the position of each row's moment in ``moments``.
        names: the columns.
        ages: the metrics of a ready-made table of whose evidence it tells the age.
        has_stage: whether ``snapshot["@stage"]``, the stage of each row, and ``snapshot["@dwell"]``, the days
            since it was entered, can be had.
        ledger: what is worth knowing about the data and the metrics.
    """

    ids: Any = attrs.field(converter=_read_only)
    codes_of_customers: Codes = attrs.field(converter=_read_only)
    moments: Any = attrs.field(converter=_read_only)
    numbers_of_moments: Codes = attrs.field(converter=_read_only)
    ledger: Ledger
    ages: frozenset[str] = frozenset()
    has_stage: bool = False
    _metrics: dict[str, Metric]
    _columns: dict[str, Column]
    _later: Later
    _kept: dict[tuple[str, str], Any] = attrs.field(factory=dict, init=False)

    @classmethod
    def from_frame(
        cls,
        frame: Any,
        *,
        customer: str = "customer",
        as_of: Any = None,
        ages: Mapping[str, str] | None = None,
    ) -> Snapshot:
        """A snapshot from a ready-made table: every other column is a metric.

        Numbers and booleans (1 and 0) become numbers, text and sets become categories.

        Args:
            frame: pandas, polars, pyarrow, DuckDB, or a mapping of columns; it is never changed.
            customer: the name of the column with the ids.
            as_of: the moment of the whole table, or the name of a column with the moments.
            ages: by metric, the name of the column that tells how many days old its evidence is.

        Raises:
            DataError: if a column is missing or cannot be used, an id is missing, or a customer stands twice
                at one moment.

        >>> snapshot = Snapshot.from_frame({"customer": ["a", "b"], "logins": [3, 7], "plan": ["pro", None]})
        >>> snapshot["logins"], snapshot["plan"]
        (array([3., 7.]), array(['pro', None], dtype=object))
        """
        found = columns_of(frame, customer, as_of)
        known = _ages(found.columns, ages or {})
        return cls(
            ids=found.ids, codes_of_customers=found.codes, moments=found.moments.view("datetime64[us]"),
            numbers_of_moments=found.numbers, metrics={}, ledger=found.ledger, columns=found.columns,
            later=Given(len(found.codes), found.digest, known), ages=frozenset(known),
        )  # fmt: skip

    @property
    def names(self) -> tuple[str, ...]:
        """The columns, in the order in which they were asked for."""
        return tuple(self._columns)

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """What was measured, by id; nothing where a ready-made table doesn't tell."""
        return MappingProxyType(self._metrics)

    def __len__(self) -> int:
        return len(self.codes_of_customers)

    def __contains__(self, name: object) -> bool:
        return name in self._columns or (name in (STAGE, DWELL) and self.has_stage)

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def _column(self, name: str) -> Column:
        if name in (STAGE, DWELL) and self.has_stage:
            return self._once("column", name, lambda: self._later.visit(name))  # type: ignore[no-any-return]
        if name not in self._columns:
            raise UnknownNameError("metric", name, self._columns)
        return self._columns[name]

    def _once(self, what: str, name: str, make: Any) -> Any:
        if (what, name) not in self._kept:
            self._kept[what, name] = make()
        return self._kept[what, name]

    def __getitem__(self, name: str) -> Any:
        column = self._column(name)
        if column.categories is None:
            return column.values
        return self._once("decoded", name, lambda: _read_only(_decoded(column)))

    def codes(self, name: str) -> Codes:
        """(n,) int32 positions in ``categories(name)``, -1 where the category is unknown."""
        return self._categorical(name).values  # type: ignore[no-any-return]

    def categories(self, name: str) -> tuple[Any, ...]:
        """What the codes of a category stand for."""
        return self._categorical(name).categories or ()

    def _categorical(self, name: str) -> Column:
        column = self._column(name)
        if column.categories is None:
            raise UsageError(f"metric {name!r} is a number: read it as snapshot[{name!r}]")
        return column

    def kind(self, name: str) -> str:
        """``number`` or ``category``."""
        return "number" if self._column(name).categories is None else "category"

    def evidence_age(self, name: str) -> Floats:
        """(n,) days between each row's moment and the newest evidence that its number rests on.

        NaN where there is none (a count of 0 rests on nothing); 0 for constant attributes, which are as of
        today. A ratio is as old as the older of its two.
        """
        self._column(name)
        if name in (STAGE, DWELL):
            raise UsageError("the stage of a row is as old as its visit: ask for a metric time_in_stage")
        return self._once("age", name, lambda: _read_only(self._later.age(name)))  # type: ignore[no-any-return]

    def is_open(self, name: str) -> Any:
        """(n,) bool: where the time from start to end has begun and not ended; its value there is NaN."""
        return ~np.isnan(self.so_far(name))

    def so_far(self, name: str) -> Floats:
        """(n,) how much of a time has passed where it is still open, in the metric's unit; NaN elsewhere."""
        column = self._column(name)
        return np.full(len(self), np.nan) if column.so_far is None else column.so_far

    @property
    def customer(self) -> Any:
        """(n,) the id of each row's customer."""
        return self._once("customer", "", lambda: _read_only(self.ids[self.codes_of_customers]))

    @property
    def as_of(self) -> Any:
        """(n,) datetime64[us]: each row's moment."""
        return self._once("as_of", "", lambda: _read_only(self.moments[self.numbers_of_moments]))

    @property
    def fingerprint(self) -> str:
        """A hash of the data and of what was asked of them."""
        return self._once("fingerprint", "", self._later.fingerprint)  # type: ignore[no-any-return]

    def at(self, moment: Any) -> Snapshot:
        """The rows of one moment of a panel.

        Raises:
            UnknownNameError: if the panel has no such moment.
        """
        found = np.flatnonzero(self.moments == np.int64(to_us(moment)).view("datetime64[us]"))
        if len(found) == 0:
            raise UnknownNameError("moment", moment, [str(one) for one in self.moments])
        return self.select(self.numbers_of_moments == found[0])

    def select(self, rows: Any) -> Snapshot:
        """Some of the rows: a boolean mask or positions."""
        rows = positions_of(rows, len(self))
        numbers = self.numbers_of_moments[rows]
        used = np.unique(numbers)
        return Snapshot(
            ids=self.ids, codes_of_customers=self.codes_of_customers[rows], moments=self.moments[used],
            numbers_of_moments=np.searchsorted(used, numbers).astype(np.int32), metrics=self._metrics,
            ledger=self.ledger, has_stage=self.has_stage, ages=self.ages,
            columns={name: column.take(rows) for name, column in self._columns.items()},
            later=Part(self._later, rows),
        )  # fmt: skip

    def to_table(self) -> Table:
        """One row per customer and moment: customer, as_of, one column per metric."""
        metrics = {name: _for_table(column) for name, column in self._columns.items()}
        customer = Coded(self.codes_of_customers, self.ids)
        return Table({"customer": customer, "as_of": self.as_of, **metrics}, name="snapshot")

    def __repr__(self) -> str:
        when = str(self.moments[0])[:19] if len(self.moments) else "no moment"
        if len(self.moments) > 1:
            when = f"{len(self.moments)} moments from {when} to {str(self.moments[-1])[:19]}"
        return f"<Snapshot of {len(self):,} rows at {when}: {', '.join(self.names)}>"


def _decoded(column: Column) -> Any:
    return Coded(column.values, column.categories).decode()


def _for_table(column: Column) -> Any:
    return column.values if column.categories is None else Coded(column.values, column.categories)


@attrs.frozen(eq=False)
class Found:
    """What stands in a table: ids and their codes, moments and their numbers, the metrics."""

    ids: Any
    codes: Codes
    moments: Ints
    numbers: Codes
    columns: dict[str, Column]
    ledger: Ledger

    @property
    def digest(self) -> str:
        """A hash of all of it."""
        sha = hashlib.sha256("\x1f".join(map(repr, self.ids.tolist())).encode("utf-8", "surrogatepass"))
        for array in (self.codes, self.moments, self.numbers):
            sha.update(np.ascontiguousarray(array).data)
        for name, column in self.columns.items():
            sha.update(f"{name};{column.categories!r};".encode("utf-8", "surrogatepass"))
            sha.update(np.ascontiguousarray(column.values).data)
        return sha.hexdigest()


def columns_of(frame: Any, customer: str, as_of: Any) -> Found:
    """What stands in a table.

    Raises:
        DataError: if it cannot be used.
    """
    source = as_frame(frame)
    is_column = isinstance(as_of, str) and as_of in source.names
    rest = [name for name in source.names if name not in ({customer, as_of} if is_column else {customer})]
    ids = source.column(customer, "customer")
    findings = Findings(len(ids))
    encoded = encode_ids(ids, "customer", findings)
    times = _moments(source, as_of, is_column, len(ids), findings)
    columns = {name: _column(source, name, findings) for name in rest}
    raise_if_refused(findings, "snapshot", None)
    codes, known = encoded.settled()
    moments, numbers = np.unique(times, return_inverse=True)
    _refuse_repeats(codes, numbers, known)
    return Found(known, codes, moments, numbers.astype(np.int32), columns, findings.ledger())


def _ages(columns: dict[str, Column], ages: Mapping[str, str]) -> dict[str, Floats]:
    """Days by metric, out of the columns, of which they are none any more."""
    for name in (*ages, *ages.values()):
        if name not in columns:
            raise UnknownNameError("column", name, columns)
        if columns[ages.get(name, name)].categories:
            raise DataError(f"column {ages.get(name, name)!r} must hold days, the age of evidence")
    found = {name: columns[age].values for name, age in ages.items()}
    for age in set(ages.values()):
        del columns[age]
    return found


def _moments(source: Frame, as_of: Any, is_column: bool, n_rows: int, findings: Findings) -> Ints:
    if is_column:
        return to_times(source.column(as_of, "as_of"), "UTC", findings)
    return np.full(n_rows, NAT if as_of is None else to_us(as_of), np.int64)


def _column(source: Frame, name: Any, findings: Findings) -> Column:
    if not isinstance(name, str) or not name:
        raise DataError(f"a metric's column must be named by text, not {name!r:.60}")
    kind, values, categories = as_attribute(source.column(name, name), None, "UTC", findings)
    if kind == "date":
        raise DataError(f"column {name!r} holds dates; turn them into numbers first, such as days until then")
    if kind in ("number", "boolean"):
        return Column(values)
    return Column(np.where(np.isnan(values), -1, values).astype(np.int32), tuple(categories))


def _refuse_repeats(codes: Codes, numbers: Any, ids: Any) -> None:
    pairs = codes.astype(np.int64) * (int(numbers.max(initial=0)) + 1) + numbers
    distinct, counts = np.unique(pairs, return_counts=True)
    if len(distinct) < len(pairs):
        repeated = ids[distinct[counts > 1][0] // (int(numbers.max(initial=0)) + 1)]
        raise DataError(
            f"customer {repeated!r:.60} stands twice at one moment, as {int((counts > 1).sum()):,} do; "
            "name the column of the moments with as_of=..."
        )
