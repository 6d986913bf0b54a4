"""Tables: read-only columns by name, handed on to dataframes without copying."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from ..errors import MissingExtraError, UnknownNameError, UsageError

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

__all__ = ["Coded", "Table"]

HEAD = 6


def _read_only(values: Any) -> np.ndarray:
    view = np.asarray(values).view()
    view.flags.writeable = False
    return view


def _as_categories(values: Any) -> np.ndarray:
    """Categories as a one-dimensional array; those that aren't numbers stay the objects they are."""
    if isinstance(values, np.ndarray):
        return _read_only(values)
    values = tuple(values)
    if values and all(type(value) is int and abs(value) < 2**63 for value in values):
        return _read_only(np.array(values, dtype=np.int64))
    array = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):
        array[i] = value
    return _read_only(array)


def _as_codes(values: Any) -> np.ndarray:
    return _read_only(np.asarray(values, dtype=np.int32))


@attrs.frozen(eq=False)
class Coded:
    """A column of few different values: codes and the categories that they point to.

    Attributes:
        codes: (n,) int32; −1 where there is none.
        categories: (k,) the values themselves, such as stage ids or customers.

    >>> Coded(np.array([1, 0, -1]), ("care", "trial")).decode()
    array(['trial', 'care', None], dtype=object)
    """

    codes: np.ndarray = attrs.field(converter=_as_codes)
    categories: np.ndarray = attrs.field(converter=_as_categories)

    def __attrs_post_init__(self) -> None:
        if len(self.codes) and not -1 <= self.codes.min() <= self.codes.max() < len(self.categories):
            raise UsageError(f"codes must lie between -1 and {len(self.categories) - 1}")

    def __len__(self) -> int:
        return len(self.codes)

    def decode(self) -> np.ndarray:
        """(n,) the value of every row; None where there is none."""
        if not len(self.categories):
            return np.full(len(self.codes), None, dtype=object)
        is_missing = self.codes < 0
        if not is_missing.any():
            decoded: np.ndarray = self.categories[self.codes]
            return decoded
        values: np.ndarray = self.categories.astype(object)[self.codes]
        values[is_missing] = None
        return values

    def take(self, rows: Any) -> Coded:
        """The same categories over other rows: a mask or positions."""
        return Coded(self.codes[rows], self.categories)


def _as_column(value: Any) -> np.ndarray | Coded:
    return value if isinstance(value, Coded) else _read_only(value)


def _as_columns(columns: Mapping[str, Any]) -> Mapping[str, np.ndarray | Coded]:
    return MappingProxyType({str(name): _as_column(column) for name, column in columns.items()})


@attrs.frozen(eq=False, repr=False)
class Table:
    """Read-only columns of one length. Times are ``datetime64[us]`` in UTC, an open end is ``NaT``.

    >>> table = Table({"stage": Coded(np.array([0, 1]), ("trial", "care")), "days": np.array([3.0, 9.5])})
    >>> table["stage"]
    array(['trial', 'care'], dtype=object)
    >>> table.select(table["days"] > 5)["stage"]
    array(['care'], dtype=object)
    >>> print(table)
    2 rows
    stage  days
    trial  3.0
    care   9.5
    """

    _columns: Mapping[str, np.ndarray | Coded] = attrs.field(converter=_as_columns)
    name: str = attrs.field(default="", kw_only=True)
    _decoded: dict[str, np.ndarray] = attrs.field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        lengths = {name: len(column) for name, column in self._columns.items()}
        if len(set(lengths.values())) > 1:
            raise UsageError(f"the columns of a table must have one length, not {lengths}")

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(self._columns)

    def __len__(self) -> int:
        return next((len(column) for column in self._columns.values()), 0)

    def __contains__(self, name: object) -> bool:
        return name in self._columns

    def _column(self, name: str) -> np.ndarray | Coded:
        if name not in self._columns:
            raise UnknownNameError("column", name, self._columns)
        return self._columns[name]

    def __getitem__(self, name: str) -> np.ndarray:
        column = self._column(name)
        if not isinstance(column, Coded):
            return column
        if name not in self._decoded:
            self._decoded[name] = _read_only(column.decode())
        return self._decoded[name]

    def _coded(self, name: str) -> Coded:
        column = self._column(name)
        if not isinstance(column, Coded):
            raise UsageError(f"column {name!r} holds {column.dtype}, not codes: read it as table[{name!r}]")
        return column

    def codes(self, name: str) -> np.ndarray:
        """(n,) int32 codes of a column of few different values, −1 where there is none."""
        return self._coded(name).codes

    def categories(self, name: str) -> np.ndarray:
        """(k,) what the codes of a column stand for."""
        return self._coded(name).categories

    def select(self, rows: Any) -> Table:
        """The same table over some of its rows: a boolean mask, positions or a slice."""
        columns = self._columns.items()
        try:
            picked = {name: v.take(rows) if isinstance(v, Coded) else v[rows] for name, v in columns}
        except IndexError as error:
            expected = f"a mask, positions or a slice of {len(self):,} rows were expected"
            raise UsageError(f"select: {expected} ({error})") from error
        return Table(picked, name=self.name)

    def rows(self) -> Iterator[dict[str, Any]]:
        """One dict per row, for small tables: times as ``numpy.datetime64``, all else as plain values."""
        columns = {name: _plain(self[name]) for name in self._columns}
        for i in range(len(self)):
            yield {name: values[i] for name, values in columns.items()}

    def __reduce__(self) -> tuple[Any, ...]:
        return _table, (dict(self._columns), self.name)

    def __repr__(self) -> str:
        title = f"{self.name}: {len(self):,} rows" if self.name else f"{len(self):,} rows"
        cells = [[name, *map(_cell, _plain(self._head(name)))] for name in self._columns]
        widths = [max(map(len, column)) for column in cells]
        lines = [
            "  ".join(text.ljust(w) for text, w in zip(line, widths, strict=True)).rstrip()
            for line in zip(*cells, strict=True)
        ]
        return "\n".join([title, *lines, *(["…"] if len(self) > HEAD else [])])

    def _head(self, name: str) -> np.ndarray:
        column = self._columns[name]
        return column.take(slice(HEAD)).decode() if isinstance(column, Coded) else column[:HEAD]

    def to_arrow(self) -> pa.Table:
        """A ``pyarrow.Table``; columns of codes become dictionaries, times are UTC."""
        try:
            import pyarrow
        except ImportError as error:
            raise MissingExtraError("pyarrow", "io", "handing a table to Arrow") from error
        return pyarrow.table({name: _to_arrow(column) for name, column in self._columns.items()})

    def __arrow_c_schema__(self) -> object:
        return self.to_arrow().schema.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def to_pandas(self) -> pd.DataFrame:
        """A pandas frame; columns of codes become categoricals, times are UTC."""
        try:
            import pandas
        except ImportError as error:
            raise MissingExtraError("pandas", "io", "to_pandas()") from error
        frame: dict[str, Any] = {}
        for name, column in self._columns.items():
            if isinstance(column, Coded):
                categories: Any = list(column.categories)
                frame[name] = pandas.Categorical.from_codes(column.codes.copy(), categories=categories)
            elif column.dtype.kind == "M":
                frame[name] = pandas.Series(column).dt.tz_localize("UTC")
            else:
                frame[name] = pandas.Series(column.copy())
        return pandas.DataFrame(frame, columns=list(self._columns))

    def to_polars(self) -> pl.DataFrame:
        """A polars frame; columns of codes are decoded, times are UTC."""
        try:
            import polars
        except ImportError as error:
            raise MissingExtraError("polars", "io", "to_polars()") from error
        frame = {}
        for name in self._columns:
            values = self[name]
            series = polars.Series(name, _texts(values) if values.dtype.kind == "O" else values)
            frame[name] = series.dt.replace_time_zone("UTC") if values.dtype.kind == "M" else series
        return polars.DataFrame(frame)


def _table(columns: Mapping[str, Any], name: str) -> Table:
    return Table(columns, name=name)


def _to_arrow(column: np.ndarray | Coded) -> pa.Array:
    import pyarrow

    if isinstance(column, Coded):
        codes = pyarrow.array(column.codes, mask=column.codes < 0)
        return pyarrow.DictionaryArray.from_arrays(codes, _to_arrow(column.categories))
    if column.dtype.kind == "M":
        return pyarrow.array(column).cast(pyarrow.timestamp("us", "UTC"))
    return pyarrow.array(_texts(column) if column.dtype.kind == "O" else column)


def _texts(values: np.ndarray) -> Sequence[Any]:
    """Objects as other libraries can hold them: UUIDs and sets as text, one kind per column."""
    kinds = {type(value) for value in values if value is not None}
    if len(kinds) <= 1 and kinds <= {str, bytes, int, float, bool}:
        return list(values)
    return [None if value is None else str(value) for value in values]


def _plain(values: np.ndarray) -> Sequence[Any]:
    return list(values if values.dtype.kind in "mM" else values.tolist())


def _cell(value: object) -> str:
    if value is None or (isinstance(value, np.datetime64) and np.isnat(value)):
        return "·"
    if isinstance(value, np.datetime64):
        return str(value).replace("T", " ").removesuffix(".000000").removesuffix(" 00:00:00")
    text = str(value) if isinstance(value, str) else repr(value)
    return text if len(text) <= 40 else text[:39] + "…"
