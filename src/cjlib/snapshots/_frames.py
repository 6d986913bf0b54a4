"""Ready-made tables as snapshots."""

from __future__ import annotations

import hashlib
from typing import Any

import attrs
import numpy as np

from ..data._codes import encode_ids
from ..data._columns import Frame, as_frame
from ..data._kinds import as_attribute
from ..data._ledger import Findings, Ledger
from ..data._preparing import raise_if_refused
from ..data._times import NAT, to_times, to_us
from ..errors import DataError
from ._columns import Column
from ._layout import Codes, Ints

__all__ = ["Found", "columns_of"]


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
    raise_if_refused(findings, "snapshot", True)
    codes, known = encoded.settled()
    moments, numbers = np.unique(times, return_inverse=True)
    _refuse_repeats(codes, numbers, known)
    return Found(known, codes, moments, numbers.astype(np.int32), columns, findings.ledger())


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
