"""The one boundary to dataframes: whatever holds columns becomes numpy or Arrow columns."""

from __future__ import annotations

import itertools
import sys
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import attrs
import narwhals.stable.v2 as nw
import numpy as np

from ..errors import DataError, MissingExtraError, UsageError, did_you_mean
from ._ledger import Findings
from ._tables import Table

__all__ = [
    "Column",
    "Frame",
    "as_column",
    "as_frame",
    "as_objects",
    "is_missing",
    "kinds_of",
    "main_kind",
    "shown",
]

LONGEST_SHOWN = 60
# The first type that fits names the kind: to Python, bool is an int and a datetime is a date.
KINDS: tuple[tuple[tuple[type, ...], str], ...] = (
    ((bool, np.bool_), "bool"),
    ((int, np.integer), "int"),
    ((float, np.floating), "float"),
    ((Decimal,), "decimal"),
    ((str,), "text"),
    ((uuid.UUID,), "UUID"),
    ((bytes, bytearray, memoryview), "bytes"),
    ((datetime, np.datetime64), "time"),
    ((date,), "date"),
    ((list, tuple, set, frozenset, np.ndarray), "set"),
)
NEVER_MISSING = frozenset({"bool", "int", "text", "UUID", "bytes", "set"})


@attrs.frozen(eq=False)
class Column:
    """A column under the name by which errors call it.

    Attributes:
        name: what the caller calls it.
        values: a one-dimensional numpy array in native byte order, or a ``pyarrow.ChunkedArray``.
    """

    name: str
    values: Any

    def __len__(self) -> int:
        return len(self.values)

    @property
    def is_arrow(self) -> bool:
        """Whether the values are Arrow's."""
        return not isinstance(self.values, np.ndarray)


def shown(value: object) -> str:
    """A value as errors may show it: short, on one line."""
    text = repr(value)
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"


def as_column(values: Any, name: str) -> Column:
    """A column from an array, a list, or a series of any dataframe library.

    Raises:
        DataError: if the values have more than one dimension or cannot be read.
        UsageError: if they are no column at all.
    """
    if isinstance(values, (str, bytes, Mapping)) or not hasattr(values, "__iter__"):
        raise UsageError(f"{name}: a column was expected, not {shown(values)}")
    if isinstance(values, (set, frozenset)):
        raise UsageError(f"{name}: a set has no order, so nobody knows which value is whose; pass a list")
    if not isinstance(values, (np.ndarray, list, tuple)):
        values = _from_library(values, name)
    if isinstance(values, np.ma.MaskedArray):
        values = values.tolist()
    if isinstance(values, (list, tuple)):
        values = as_objects(values)
    return Column(name, _native(values, name) if isinstance(values, np.ndarray) else values)


def as_objects(values: Sequence[Any]) -> np.ndarray:
    """(n,) object array of any Python values; lists among them stay lists."""
    array = np.empty(len(values), dtype=object)
    if set(map(type, values)) & {list, tuple, set, frozenset, np.ndarray}:
        for i, value in enumerate(values):
            array[i] = value
    else:
        array[:] = values
    return array


def _native(values: np.ndarray, name: str) -> np.ndarray:
    if values.ndim != 1 or values.dtype.kind == "V":
        raise DataError(f"{name}: one dimension was expected, not shape {values.shape} of {values.dtype}")
    if not values.dtype.isnative:
        return values.astype(values.dtype.newbyteorder("="))
    return values


def _from_library(values: Any, name: str) -> Any:
    module = type(values).__module__.partition(".")[0]
    if module == "narwhals":
        return _from_library(values.to_native(), name)
    if module == "pandas":
        return _from_pandas(values)
    if module == "polars" and str(values.dtype) == "Object":  # its Arrow form holds addresses in memory
        return values.to_list()
    if hasattr(values, "__arrow_c_stream__") or hasattr(values, "__arrow_c_array__"):
        return _from_arrow(values, name)
    if hasattr(values, "__array__"):
        return np.asarray(values)
    try:
        return list(values)
    except Exception as error:  # any iterable of the caller's may fail in its own way
        raise DataError(f"{name}: reading the values failed: {shown(error)}") from error


def _from_pandas(values: Any) -> Any:
    """numpy where pandas holds numpy, Arrow for what else it holds, objects where pyarrow is missing."""
    dtype = values.dtype
    if isinstance(dtype, np.dtype):
        return values.to_numpy()
    if _has_pyarrow():
        return _chunked(_pyarrow().array(values, from_pandas=True))
    if str(dtype).startswith("datetime64"):
        return values.astype("datetime64[us, UTC]").to_numpy(dtype="datetime64[us]")
    return values.to_numpy(dtype=object)


def _from_arrow(values: Any, name: str) -> Any:
    if not _has_pyarrow():
        if hasattr(values, "to_numpy"):
            return _without_pyarrow(values)
        raise MissingExtraError("pyarrow", "io", f"reading {type(values).__name__} as {name}")
    pa = _pyarrow()
    if isinstance(values, pa.ChunkedArray):
        return values
    if hasattr(values, "__arrow_c_stream__"):
        return pa.chunked_array(values)
    return _chunked(pa.array(values))


def _without_pyarrow(values: Any) -> np.ndarray:
    series = nw.from_native(values, series_only=True)
    if isinstance(series.dtype, nw.Datetime) and series.dtype.time_zone is not None:
        series = series.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    if series.dtype.is_integer() and series.null_count():
        return as_objects(series.to_list())
    array: np.ndarray = series.to_numpy()
    return array


def _has_pyarrow() -> bool:
    try:
        _pyarrow()
    except ImportError:
        return False
    return True


def _pyarrow() -> Any:
    import pyarrow

    return pyarrow


def _chunked(array: Any) -> Any:
    pa = _pyarrow()
    return array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])


class Frame:
    """Named columns of anything that has them, read one by one."""

    def __init__(self, names: Sequence[Any], read: Any, n_rows: int) -> None:
        self.names = list(names)
        self._read = read
        self.n_rows = n_rows

    def column(self, name: str, role: str) -> Column:
        """The column of that name, for that role.

        Raises:
            DataError: if there is none, or more than one.
        """
        count = self.names.count(name)
        if count == 0:
            columns = ", ".join(shown(known) for known in self.names[:12]) or "none"
            hint = did_you_mean(name, self.names)
            raise DataError(f"{role}: there is no column {shown(name)}{hint}; columns are {columns}")
        if count > 1:
            raise DataError(f"{role}: {count} columns are called {shown(name)}; names must differ")
        return as_column(self._read(name), role)


def as_frame(source: Any, wanted: Iterable[str] | None = None) -> Frame:
    """A frame over pandas, polars, pyarrow, DuckDB, a mapping of columns, records, or a structured array.

    Args:
        source: what holds the columns; it is never changed.
        wanted: the columns that will be asked for, so that a lazy source computes no others.

    Raises:
        UsageError: if the source holds no columns.
    """
    if isinstance(source, Table):
        return Frame(source.columns, source.__getitem__, len(source))
    if isinstance(source, Mapping):
        return _from_mapping(source)
    if isinstance(source, np.ndarray) and source.dtype.names:
        return Frame(source.dtype.names, source.__getitem__, len(source))
    if isinstance(source, (list, tuple)) and all(isinstance(record, Mapping) for record in source):
        return _from_records(source)
    return _from_dataframe(source, wanted)


def _from_mapping(source: Mapping[Any, Any]) -> Frame:
    columns = dict(source)
    lengths = {name: len(values) for name, values in columns.items() if hasattr(values, "__len__")}
    if len(set(lengths.values())) > 1:
        raise DataError(f"the columns must have one length, not {shown(lengths)}")
    return Frame(list(columns), columns.__getitem__, next(iter(lengths.values()), 0))


def _from_records(records: Sequence[Mapping[Any, Any]]) -> Frame:
    names = list(dict.fromkeys(itertools.chain.from_iterable(records)))
    return Frame(names, lambda name: [record.get(name) for record in records], len(records))


def _from_dataframe(source: Any, wanted: Iterable[str] | None) -> Frame:
    if type(source).__module__.partition(".")[0] == "pandas" and hasattr(source, "columns"):
        return Frame([*source.columns], source.__getitem__, len(source))
    _refuse_duplicates(source)
    try:
        frame = nw.from_native(source)
    except TypeError as error:
        return _from_capsule(source, error)
    if isinstance(frame, nw.LazyFrame):
        frame = _collected(frame, wanted)
    return Frame(frame.columns, lambda name: frame.get_column(name).to_native(), len(frame))


def _from_capsule(source: Any, error: Exception) -> Frame:
    """What no dataframe library knows, but speaks Arrow."""
    told = f"a dataframe was expected, or a mapping of columns, not {shown(source)}"
    if not hasattr(source, "__arrow_c_stream__"):
        raise UsageError(told) from error
    if not _has_pyarrow():
        raise MissingExtraError("pyarrow", "io", f"reading {type(source).__name__}") from error
    try:
        table = _pyarrow().table(source)
    except Exception as failure:  # the stream is another library's and may fail in its own way
        raise UsageError(f"{told}: {shown(str(failure))}") from failure
    _refuse_duplicates(table)
    return Frame(table.column_names, table.column, len(table))


def _collected(frame: Any, wanted: Iterable[str] | None) -> Any:
    try:
        names = frame.collect_schema().names()
        columns = names if wanted is None else [name for name in names if name in set(wanted)]
        backend = None if frame.implementation.is_polars() else "pyarrow"
        return frame.select(columns).collect(backend)
    except ImportError as error:
        raise MissingExtraError("pyarrow", "io", "collecting this lazy frame") from error
    except Exception as error:  # every engine fails in its own way when a lazy plan is run
        raise DataError(f"collecting the lazy frame failed: {shown(str(error))}") from error


def _refuse_duplicates(source: Any) -> None:
    names = getattr(source, "column_names", None)
    if isinstance(names, list) and len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise DataError(f"several columns are called {shown(twice[0])}; names must differ")


def is_loaded(package: str) -> bool:
    """Whether a package is imported already, so that its values may occur."""
    return package in sys.modules


def is_missing(value: Any) -> bool:
    """Whether an object stands for no value: None, NaN, NaT or pandas' NA.

    >>> [is_missing(value) for value in (None, float("nan"), "", 0)]
    [True, True, False, False]
    """
    if value is None or type(value).__name__ == "NAType":
        return True
    if isinstance(value, Decimal):
        return value.is_nan()
    if isinstance(value, (float, np.floating, np.datetime64, datetime)):
        return bool(value != value)
    return False


def _kind_of_type(kind: type) -> str:
    for types, name in KINDS:
        if issubclass(kind, types):
            return name
    return kind.__name__


def kinds_of(values: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """The kind of each object: (n,) int8 codes, −1 where there is no value, and the names of the kinds."""
    objects = values.tolist()
    types = {kind: _kind_of_type(kind) for kind in set(map(type, objects))}
    names = sorted(set(types.values()))
    by_type = {kind: names.index(name) for kind, name in types.items()}
    codes = np.fromiter(map(by_type.__getitem__, map(type, objects)), dtype=np.int8, count=len(objects))
    unsure = [names.index(name) for name in names if name not in NEVER_MISSING]
    for row in np.flatnonzero(np.isin(codes, unsure)):
        if is_missing(values[row]):
            codes[row] = -1
    return codes, names


def main_kind(
    values: np.ndarray, name: str, findings: Findings, accepted: Sequence[frozenset[str]]
) -> tuple[frozenset[str], np.ndarray]:
    """The accepted kinds that most objects have, and a mask of the rows that have them.

    Args:
        values: (n,) objects.
        name: what the column is called.
        findings: where rows of other kinds are refused.
        accepted: groups of kinds that may stand together; of groups with equally many rows, the first counts.

    Returns:
        The kinds found of that group, and (n,) bool. Where none is accepted, the kinds that there are; where
        there is no value at all, no kind.
    """
    codes, names = kinds_of(values)
    counts = {name: int((codes == code).sum()) for code, name in enumerate(names)}
    present = frozenset(name for name, count in counts.items() if count)
    groups = [present & group for group in accepted if present & group]
    if not groups:
        return present, codes >= 0
    main = max(groups, key=lambda group: sum(counts[kind] for kind in group))
    is_main = np.isin(codes, [names.index(kind) for kind in main])
    is_odd = ~is_main & (codes >= 0)
    if is_odd.any():
        first, expected = values[int(np.argmax(is_odd))], " or ".join(sorted(main))
        detail = f"{expected} was expected, as in other rows, not {shown(first)}"
        findings.refuse(f"mixed types in {name}", is_odd, detail)
    return main, is_main
