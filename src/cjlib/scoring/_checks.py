"""What every scorer's answer must hold, told with the scorer, the row and what was expected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data._tables import Coded
from ..data._times import to_us
from ..errors import DataError, did_you_mean
from ..journey._scorecards import Bands

__all__ = [
    "banded", "checked_parts", "checked_scores", "ends_of", "floats", "inverse", "labelled", "linked",
    "listed", "moments",
]  # fmt: skip

Floats = NDArray[np.float64]

LINKS = ("identity", "logit", "cloglog")
TOLERANCE = 1e-9
_ROUNDING = 8 * np.finfo(np.float64).eps


def floats(scorer: str, what: str, given: Any, rows: int | None = None) -> Floats:
    """(n,) read-only float64, or an error that says what came instead."""
    try:
        array = np.asarray(given)
        numbers = array.astype(np.float64, copy=False).view() if array.dtype.kind in "fiuO" else None
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(f"scores of {scorer}: {what} must be numbers ({error})") from error
    if numbers is None:
        raise DataError(f"scores of {scorer}: {what} must be numbers, not {array.dtype}")
    if numbers.ndim != 1 or rows not in (None, len(numbers)):
        expected = "one number per customer" if rows is None else f"{rows} numbers"
        raise DataError(f"scores of {scorer}: {what} must be {expected}, not an array of shape {array.shape}")
    numbers.flags.writeable = False
    return numbers


def listed(scorer: str, what: str, given: Any) -> list[Any]:
    """The entries of what must be a list, or an error that says what came instead."""
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        raise DataError(f"scores of {scorer}: {what} must be a list, not {given!r:.80}")
    return list(given)


def ends_of(scorer: str, scale: Any, link: Any) -> tuple[float, float]:
    """The lowest and the highest possible value."""
    if scale is None:
        return (0.0, 1.0) if link in ("logit", "cloglog") else (-np.inf, np.inf)
    try:
        lowest, highest = map(float, scale if isinstance(scale, (Sequence, np.ndarray)) else ())
    except (TypeError, ValueError, OverflowError):
        lowest = highest = np.nan
    if not lowest < highest:
        raise DataError(
            f"scores of {scorer}: the scale is a pair of the lowest and the highest value, not {scale!r:.80}"
        )
    return lowest, highest


def moments(scorer: str, given: Any, rows: int) -> NDArray[np.datetime64] | None:
    """(n,) read-only datetime64[us], or None."""
    if given is None:
        return None
    if isinstance(given, np.ndarray) and given.dtype.kind in "Mi":
        times = given.astype(np.int64).view("M8[us]") if given.dtype.kind == "i" else given.astype("M8[us]")
    elif isinstance(given, Iterable) and not isinstance(given, str):
        times = np.array([to_us(moment) for moment in given], dtype=np.int64).view("M8[us]")
    else:
        times = np.array(to_us(given), dtype=np.int64).view("M8[us]")
    if times.ndim > 1 or (times.ndim == 1 and len(times) != rows):
        raise DataError(f"scores of {scorer}: {rows} values, but as_of has the shape {times.shape}")
    return None if np.isnat(times).all() else np.broadcast_to(times, (rows,))


def checked_parts(
    scorer: str,
    values: Floats,
    customers: Coded | np.ndarray,
    parts: Any,
    names: Sequence[str] | None,
    base: Any,
    link: str,
) -> tuple[Floats | None, tuple[str, ...], Floats | None]:
    """Parts, their names and the base, if base + parts is the link of the values."""
    if link not in LINKS:
        hint = did_you_mean(link, LINKS)
        raise DataError(f"scores of {scorer}: the link is one of {', '.join(LINKS)}, not {link!r:.40}{hint}")
    if parts is None:
        if base is not None or names:
            raise DataError(f"scores of {scorer}: base and part_names make no sense without parts")
        return None, (), None
    matrix, columns = _matrix(scorer, len(values), parts, names)
    start = floats(scorer, "base", np.broadcast_to(0.0 if base is None else base, values.shape), len(values))
    sums = start + matrix.sum(axis=1)
    at_fault = np.flatnonzero(mismatched(values, sums, link))
    if len(at_fault):
        row = at_fault[0]
        value, expected = float(values[row]), float(linked(values[row : row + 1], link)[0])
        shown = f"the value is {value!r}" if link == "identity" else f"{link}({value!r}) is {expected!r}"
        raise DataError(
            f"scores of {scorer}: parts do not add up in {_rows(at_fault, customers)}: base + parts is "
            f"{float(sums[row])!r}, but {shown}"
        )
    return matrix, columns, start


def _matrix(
    scorer: str, rows: int, parts: Any, names: Sequence[str] | None
) -> tuple[Floats, tuple[str, ...]]:
    if isinstance(parts, Mapping):
        names = tuple(parts)
        columns = [floats(scorer, f"part {name!r}", part, rows) for name, part in parts.items()]
        parts = np.column_stack(columns) if columns else np.empty((rows, 0))
    try:
        matrix = np.asarray(parts)
    except ValueError as error:
        raise DataError(f"scores of {scorer}: parts must be {rows} rows of one length ({error})") from error
    if matrix.dtype.kind not in "fiu" or matrix.ndim != 2 or len(matrix) != rows:
        found = f"{matrix.dtype} of shape {matrix.shape}"
        raise DataError(f"scores of {scorer}: parts must be numbers, {rows} rows × parts, not {found}")
    numbered = [f"part {i}" for i in range(matrix.shape[1])]
    columns_named = tuple(numbered if names is None else listed(scorer, "part_names", names))
    if len(columns_named) != matrix.shape[1]:
        raise DataError(f"scores of {scorer}: {len(columns_named)} part_names for {matrix.shape[1]} parts")
    if len(set(columns_named)) < len(columns_named) or not all(isinstance(n, str) for n in columns_named):
        raise DataError(f"scores of {scorer}: part_names must be different texts, not {columns_named!r:.200}")
    matrix = matrix.astype(np.float64, copy=False).view()
    matrix.flags.writeable = False
    return matrix, columns_named


def checked_scores(
    scorer: str,
    values: Floats,
    customers: Coded | np.ndarray,
    scale: tuple[float, float],
    *,
    coverage: Floats | None,
    low: Floats | None,
    high: Floats | None,
) -> None:
    """Hold values, coverage and interval against what they mean; NaN passes."""
    lowest, highest = scale
    slack = TOLERANCE * max(1.0, *(abs(end) for end in scale if np.isfinite(end)), 0.0)
    span = f"a finite number from {lowest:g} to {highest:g} or NaN"
    for what, column in (("value", values), ("low", low), ("high", high)):
        if column is not None and not _lies(column, lowest - slack, highest + slack):
            bad = np.isinf(column) | (column < lowest - slack) | (column > highest + slack)
            _refuse(scorer, bad, customers, column, f"{what} must be {span}")
    if coverage is not None and not _lies(coverage, 0.0, 1.0):
        _refuse(scorer, (coverage < 0) | (coverage > 1), customers, coverage, "coverage must be from 0 to 1")
    for what, end, beyond in (("low", low, 1.0), ("high", high, -1.0)):
        if end is not None and not _lies((end - values) * beyond, -np.inf, TOLERANCE):
            bad = (end - values) * beyond > TOLERANCE * np.maximum(1.0, np.abs(values))
            side = "above" if what == "low" else "below"
            _refuse(scorer, bad, customers, end, f"{what} must not be {side} the value")


def _lies(column: Floats, lowest: float, highest: float) -> bool:
    """Whether all that is no NaN is finite and lies between two numbers."""
    least, most = np.fmin.reduce(column, initial=np.nan), np.fmax.reduce(column, initial=np.nan)
    return bool(np.isnan(least) or (lowest <= least and most <= highest and np.isfinite([least, most]).all()))


def _refuse(
    scorer: str, is_bad: NDArray[np.bool_], customers: Coded | np.ndarray, column: Floats, expected: str
) -> None:
    bad = np.flatnonzero(is_bad)
    if len(bad):
        found = f"not {float(column[bad[0]])!r} as in {_rows(bad, customers)}"
        raise DataError(f"scores of {scorer}: {expected}, {found}")


def _rows(rows: NDArray[np.intp], customers: Coded | np.ndarray) -> str:
    many = "" if len(rows) == 1 else f" and {len(rows) - 1:,} more"
    customer = customers.take(rows[:1]).decode()[0] if isinstance(customers, Coded) else customers[rows[0]]
    return f"row {rows[0]} (customer {customer!r:.60}){many}"


def linked(values: Floats, link: str) -> Floats:
    """(n,) the link of values: themselves, log odds, or log(-log(1 - p)), the log cumulative hazard.

    >>> linked(np.array([0.5]), "logit")
    array([0.])
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        if link == "logit":
            return np.log(values) - np.log1p(-values)
        if link == "cloglog":
            return np.log(-np.log1p(-values))
    return values


def inverse(sums: Floats, link: str) -> Floats:
    """(n,) the values whose link these are.

    >>> inverse(np.array([0.0]), "logit")
    array([0.5])
    """
    with np.errstate(over="ignore"):
        if link == "logit":
            shrunk = np.exp(-np.abs(sums))
            return np.where(sums >= 0, 1.0, shrunk) / (1.0 + shrunk)
        if link == "cloglog":
            return -np.expm1(-np.exp(sums))
    return sums


def mismatched(values: Floats, sums: Floats, link: str) -> NDArray[np.bool_]:
    """(n,) where sums are not the links of values within 1e-9 * max(1, |link|); NaN values match anything.

    Near 0 and 1 a probability in float64 tells its link less exactly than that; there it is enough that the
    sum leads back to the probability.
    """
    expected = linked(values, link)
    with np.errstate(invalid="ignore"):
        is_close = np.abs(sums - expected) <= TOLERANCE
    rest = np.flatnonzero(~is_close)
    is_close[rest] = _matched(values[rest], sums[rest], expected[rest], link)
    return ~is_close


def _matched(values: Floats, sums: Floats, expected: Floats, link: str) -> NDArray[np.bool_]:
    with np.errstate(invalid="ignore"):
        is_close = np.abs(sums - expected) <= TOLERANCE * np.maximum(1.0, np.abs(expected))
        if link != "identity":
            is_close |= np.abs(inverse(sums, link) - values) <= _ROUNDING * np.abs(values)
    matched: NDArray[np.bool_] = is_close | np.isnan(values)
    return matched


def banded(bands: Bands, values: NDArray[np.float64]) -> NDArray[np.int32]:
    """(n,) positions in ``bands.labels``, −1 where the value is NaN; within 1e-9 of an edge is on it.

    >>> banded(Bands(("red", "green"), edges=(50,)), np.array([49.9, 50.0, np.nan]))
    array([ 0,  1, -1], dtype=int32)
    """
    codes = -np.isnan(values).astype(np.int32)
    for edge in bands.edges:
        slack = TOLERANCE * max(1.0, abs(edge))
        codes += values >= edge - slack if bands.at_edge == "upper" else values > edge + slack
    return codes


def labelled(
    scorer: str, labels: Sequence[str | None], rows: int
) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """Codes and the different labels, in the order in which they first come."""
    given = listed(scorer, "bands", labels)
    if not all(label is None or isinstance(label, str) for label in given):
        raise DataError(f"scores of {scorer}: bands are names or None, one per row, not {given!r:.80}")
    if len(given) != rows:
        raise DataError(f"scores of {scorer}: {rows} values, but {len(given)} bands")
    known = {label: code for code, label in enumerate(dict.fromkeys(one for one in given if one is not None))}
    codes = np.array([-1 if label is None else known[label] for label in given], dtype=np.int32)
    return codes, tuple(known)
