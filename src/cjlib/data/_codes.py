"""Ids and names become codes; what they stood for is kept as it came."""

from __future__ import annotations

import os
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import attrs
import numpy as np

from ..errors import DataError
from ._columns import Column, as_objects, is_missing, main_kind, shown
from ._ledger import Findings

__all__ = ["Encoded", "encode_ids", "encode_names", "to_texts"]

MISSING, ODD = -1, -2
LONGEST = 1000
MOST_THREADS, ROWS_PER_THREAD = 4, 500_000
NAME_KINDS = tuple(frozenset({kind}) for kind in ("text", "int"))
ID_KINDS = tuple(frozenset({kind}) for kind in ("text", "int", "UUID", "bytes", "float"))
EXACT_FLOATS = 2.0**53
TEXT_HINT = "; read them as text"


@attrs.frozen(eq=False)
class Encoded:
    """Codes into categories that are in no order yet, and the order to put them into.

    Attributes:
        codes: (n,) int32; −1 where there is none, −2 where the row was refused.
        categories: (k,) what the codes stand for.
        order: (k,) positions that would sort the categories.
    """

    codes: np.ndarray
    categories: np.ndarray
    order: np.ndarray

    def settled(self, is_kept: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Codes and categories once rows are filtered: used categories only, in sorted order."""
        codes = self.codes if is_kept is None else self.codes[is_kept]
        is_used = np.zeros(len(self.categories) + 2, dtype=bool)
        is_used[codes] = True
        order = self.order[is_used[self.order]]
        new_codes = np.full(len(self.categories) + 2, MISSING, dtype=np.int32)
        new_codes[order] = np.arange(len(order), dtype=np.int32)
        return new_codes[codes], self.categories[order]


def encode_ids(column: Column, role: str, findings: Findings, *, required: bool = True) -> Encoded:
    """Ids as codes: text, integers, UUIDs or bytes, as they came.

    Empty text is a missing id; ``"NA"``, ``"null"`` and ``"007"`` are ids like any other.

    Raises:
        DataError: if the whole column is of a type that no id has.
    """
    return _checked(_encode(column, role, findings, is_name=False), role, findings, required)


def encode_names(column: Column, role: str, findings: Findings, *, required: bool = True) -> Encoded:
    """Names (activities, channels) as codes: text; integers are read as text, with a note.

    Raises:
        DataError: if the whole column is of a type that no name has.
    """
    encoded = _encode(column, role, findings, is_name=True)
    if encoded.categories.dtype.kind == "i":
        findings.note(f"{role} given as integers", len(encoded.categories), "read as text")
        encoded = _with_order(encoded.codes, as_objects([str(name) for name in encoded.categories]))
    return _checked(encoded, role, findings, required)


def _checked(encoded: Encoded, role: str, findings: Findings, required: bool) -> Encoded:
    """Empty text is missing; what no file can hold is refused; blanks at the ends are noted."""
    codes, names = encoded.codes, encoded.categories.tolist()
    if names and isinstance(names[0], (str, bytes)):
        _mark(codes, [not name for name in names], MISSING)
        if max(map(len, names)) > LONGEST:
            is_long = _mark(codes, [len(name) > LONGEST for name in names], ODD)
            findings.refuse(f"{role} longer than {LONGEST:,} characters", is_long)
        if isinstance(names[0], str) and not all(map(str.isascii, names)):
            is_broken = _mark(codes, [_is_broken(name) for name in names], ODD)
            findings.refuse(f"{role} with half a character (a lone surrogate)", is_broken)
        n_padded = sum(name != name.strip() for name in names)
        findings.note(f"different {role} texts with blanks around", n_padded, "kept as they are")
    if required:
        findings.refuse(f"missing {role}", codes == MISSING)
    return encoded


def _mark(codes: np.ndarray, is_meant: list[bool], mark: int) -> np.ndarray:
    """(n,) which rows have one of the categories meant; their codes become the mark."""
    if not any(is_meant):
        return np.zeros(0, dtype=bool)
    is_hit = _hits(codes, np.array(is_meant, dtype=bool))
    codes[is_hit] = mark
    return is_hit


def _is_broken(name: str) -> bool:
    return any("\ud800" <= char <= "\udfff" for char in name)


def _encode(column: Column, role: str, findings: Findings, *, is_name: bool) -> Encoded:
    values = column.values
    if column.is_arrow:
        return _encode_arrow(values, role, findings, is_name)
    kind = values.dtype.kind
    if kind == "O":
        return _encode_objects(values, role, findings, is_name)
    if kind in "iu":
        return _encode_integers(values, role, findings)
    if kind == "f" and not is_name:
        return _encode_floats(values, role, findings)
    if kind in "UT" or (kind == "S" and not is_name):
        categories, codes = np.unique(values, return_inverse=True)
        return _with_order(codes.astype(np.int32), as_objects(categories.tolist()))
    raise _wrong_type(role, values.dtype, is_name)


def _wrong_type(role: str, found: object, is_name: bool) -> DataError:
    expected = "names as text" if is_name else "ids as text, integers, UUIDs or bytes"
    return DataError(f"{role}: {expected} were expected, not {found}{TEXT_HINT}")


def _with_order(codes: np.ndarray, categories: np.ndarray) -> Encoded:
    return Encoded(codes, categories, np.argsort(categories, kind="stable"))


def _nothing(n_rows: int) -> Encoded:
    return Encoded(np.full(n_rows, MISSING, dtype=np.int32), as_objects([]), np.zeros(0, dtype=np.int64))


def _encode_objects(values: np.ndarray, role: str, findings: Findings, is_name: bool) -> Encoded:
    kinds, is_main = main_kind(values, role, findings, NAME_KINDS if is_name else ID_KINDS)
    if not kinds:
        return _nothing(len(values))
    kind = " and ".join(sorted(kinds))
    if kind == "float" and not is_name:
        return _encode_floats(np.where(is_main, values, np.nan).astype(np.float64), role, findings)
    if kinds not in (NAME_KINDS if is_name else ID_KINDS):
        raise _wrong_type(role, f"{kind} such as {shown(values[int(np.argmax(is_main))])}", is_name)
    codes = np.where(_is_absent(values, is_main), MISSING, ODD).astype(np.int32)
    table: dict[Any, int] = {}
    chosen = values[is_main].tolist() if kind != "bytes" else [bytes(value) for value in values[is_main]]
    codes[is_main] = np.fromiter((table.setdefault(v, len(table)) for v in chosen), np.int32, len(chosen))
    if kind == "int":
        return _narrowed(codes, [int(value) for value in table], role, findings)
    return _with_order(codes, as_objects([_plain(value) for value in table]))


def _is_absent(values: np.ndarray, is_main: np.ndarray) -> np.ndarray:
    absent = np.zeros(len(values), dtype=bool)
    rest = np.flatnonzero(~is_main)
    absent[rest] = [is_missing(value) for value in values[rest]]
    return absent


def _plain(value: Any) -> Any:
    """The value itself, without the subclass that numpy or an enumeration wrapped around it."""
    return str.__str__(value) if isinstance(value, str) else value


def _narrowed(codes: np.ndarray, integers: list[int], role: str, findings: Findings) -> Encoded:
    """Python integers as int64; the rows of those that don't fit are refused."""
    is_large = np.array([not -(2**63) <= value < 2**63 for value in integers], dtype=bool)
    _refuse_large(codes, is_large, role, findings)
    safe = [0 if large else value for value, large in zip(integers, is_large, strict=True)]
    return _with_order(codes, np.array(safe, dtype=np.int64))


def _refuse_large(codes: np.ndarray, is_large: np.ndarray, role: str, findings: Findings) -> None:
    if is_large.any():
        is_bad = _hits(codes, is_large)
        findings.refuse(f"{role} beyond 64 bits", is_bad, f"integers up to 2^63 - 1 were expected{TEXT_HINT}")
        codes[is_bad] = ODD


def _hits(codes: np.ndarray, is_meant: np.ndarray) -> np.ndarray:
    """(n,) which rows have one of the categories meant."""
    is_hit: np.ndarray = np.append(is_meant, [False, False])[codes]
    return is_hit


def _encode_integers(values: np.ndarray, role: str, findings: Findings) -> Encoded:
    categories, codes = _unique_integers(values)
    if categories.dtype.kind == "u" and len(categories):
        _refuse_large(codes, categories > np.uint64(2**63 - 1), role, findings)
    return Encoded(codes, categories.astype(np.int64), np.arange(len(categories)))


def _unique_integers(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sorted distinct integers and codes; dense ranges, the usual case, need no sort."""
    if len(values):
        low, high = int(values.min()), int(values.max())
        if high - low < 4 * len(values) + 1024 and high < 2**62 and low > -(2**62):
            offsets = values.astype(np.int64) - low
            is_used = np.zeros(high - low + 1, dtype=bool)
            is_used[offsets] = True
            numbers = np.cumsum(is_used, dtype=np.int64) - 1
            return np.flatnonzero(is_used) + low, numbers.astype(np.int32)[offsets]
    categories, codes = np.unique(values, return_inverse=True)
    return categories, codes.astype(np.int32)


def _encode_floats(values: np.ndarray, role: str, findings: Findings) -> Encoded:
    """Integers that became floats because some were missing; those that may have lost digits are refused."""
    values = values.astype(np.float64)
    is_null = np.isnan(values)
    is_fraction = ~is_null & (np.isinf(values) | (values != np.floor(values)))
    is_rounded = ~is_null & ~is_fraction & (np.abs(values) >= EXACT_FLOATS)
    findings.refuse(f"{role} is a fraction", is_fraction, f"an id must be whole{TEXT_HINT}")
    findings.refuse(
        f"{role} is a float that may have lost digits",
        is_rounded,
        "floats hold whole numbers exactly only below 2^53; integer columns with nulls often become floats"
        + TEXT_HINT,
    )
    is_good = ~(is_null | is_fraction | is_rounded)
    findings.note(f"{role} given as floats", int(is_good.sum()), "read as integers")
    codes = np.where(is_null, MISSING, ODD).astype(np.int32)
    encoded = _encode_integers(values[is_good].astype(np.int64), role, findings)
    codes[is_good] = encoded.codes
    return attrs.evolve(encoded, codes=codes)


def _encode_arrow(values: Any, role: str, findings: Findings, is_name: bool) -> Encoded:
    import pyarrow as pa
    from pyarrow import types

    kind = values.type
    is_uuid = getattr(kind, "extension_name", "") == "arrow.uuid"
    if isinstance(kind, pa.BaseExtensionType):
        values = pa.chunked_array([chunk.storage for chunk in values.chunks], kind.storage_type)
        kind = values.type
    if types.is_null(kind) or len(values) == 0:
        return _nothing(len(values))
    if types.is_integer(kind):
        encoded = _encode_integers(values.fill_null(0).to_numpy(), role, findings)
        if values.null_count:
            encoded.codes[values.is_null().to_numpy()] = MISSING
        return encoded
    if types.is_floating(kind) and not is_name:
        return _encode_floats(values.to_numpy(), role, findings)
    if types.is_dictionary(kind):
        values, kind = _plain_dictionary(values), kind.value_type
        if types.is_integer(kind):
            return _encode_arrow(values.cast(kind), role, findings, is_name)
    if _is_text(kind) or (_is_bytes(kind) and not is_name):
        return _from_dictionary(values, is_uuid)
    raise _wrong_type(role, kind, is_name)


def _is_text(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def _is_bytes(kind: Any) -> bool:
    from pyarrow import types

    return bool(
        types.is_binary(kind)
        or types.is_large_binary(kind)
        or types.is_fixed_size_binary(kind)
        or types.is_binary_view(kind)
    )


def _plain_dictionary(values: Any) -> Any:
    """Dictionaries in the one form that all of Arrow's functions know: int32 codes, plain text."""
    import pyarrow as pa

    def plain(chunk: Any) -> Any:
        categories = chunk.dictionary
        if _is_text(categories.type):
            categories = categories.cast(pa.large_string())
        return pa.DictionaryArray.from_arrays(chunk.indices.cast(pa.int32()), categories)

    return pa.chunked_array([plain(chunk) for chunk in values.chunks]).unify_dictionaries()


def _from_dictionary(values: Any, is_uuid: bool) -> Encoded:
    import pyarrow as pa
    from pyarrow import compute

    if not pa.types.is_dictionary(values.type):
        if pa.types.is_string_view(values.type):
            values = values.cast(pa.large_string())
        values = _dictionary_of(values)
    codes = np.concatenate([_indices(chunk) for chunk in values.chunks])
    dictionary = values.chunk(values.num_chunks - 1).dictionary
    distinct = dictionary.dictionary_encode()
    if len(distinct.dictionary) < len(dictionary) - dictionary.null_count:
        codes = np.append(_indices(distinct), [MISSING, MISSING]).astype(np.int32)[codes]
        dictionary = distinct.dictionary
    order = compute.sort_indices(dictionary).to_numpy().astype(np.int64)
    categories = dictionary.to_numpy(zero_copy_only=False)
    if dictionary.null_count:
        is_null = dictionary.is_null().to_numpy(zero_copy_only=False)
        codes[_hits(codes, is_null)] = MISSING
        categories = np.where(is_null, b"" if _is_bytes(dictionary.type) else "", categories)
    if is_uuid:
        categories = as_objects([uuid.UUID(bytes=value) for value in categories])
    return Encoded(codes, categories, order)


def _dictionary_of(values: Any) -> Any:
    """Text or bytes as a dictionary; of many, each core encodes a part."""
    n_parts = min(MOST_THREADS, os.cpu_count() or 1, len(values) // ROWS_PER_THREAD)
    if n_parts < 2:
        return values.dictionary_encode()
    size = -(-len(values) // n_parts)
    with ThreadPoolExecutor(n_parts) as pool:
        parts = pool.map(lambda i: values.slice(i * size, size).dictionary_encode(), range(n_parts))
    return _joined([*parts]).unify_dictionaries()


def _joined(parts: list[Any]) -> Any:
    import pyarrow as pa

    return pa.chunked_array([chunk for part in parts for chunk in part.chunks], parts[0].type)


def _indices(chunk: Any) -> np.ndarray:
    indices = chunk.indices.fill_null(MISSING) if chunk.indices.null_count else chunk.indices
    return np.asarray(indices.to_numpy(zero_copy_only=False), dtype=np.int32)


def to_texts(column: Column, findings: Findings) -> np.ndarray:
    """(n,) objects: text as it came, None where there is none; what else stands there becomes text."""
    values = as_objects(column.values.to_pylist() if column.is_arrow else [*column.values])
    if any(value is not None and not isinstance(value, str) for value in values):
        return as_objects([_as_text(value) for value in values])
    return values


def _as_text(value: Any) -> str | None:
    return None if is_missing(value) else str(_plain(value))
