"""Answers: tables whose every row can name the customers behind it, and those it is a share of."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Protocol

import attrs
import numpy as np
from numpy.typing import NDArray

from ..data import Table
from ..errors import UsageError

__all__ = ["Answer", "Evidence", "Members"]

Mask = NDArray[np.bool_]
Ints = NDArray[np.int64]


class Evidence(Protocol):
    """Who stands behind the rows of an answer; positions of customers among ``ids``."""

    @property
    def ids(self) -> Any:
        """(n,) the customers that the answer is about."""
        ...

    def behind(self, row: int) -> Mask:
        """(n,) who stands behind a row."""
        ...

    def among(self, row: int) -> Mask:
        """(n,) who could: the denominator of the row."""
        ...


def _read_only(values: Mapping[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType(dict(values))


@attrs.frozen(eq=False, repr=False)
class Answer(Table):
    """A table that keeps how it was asked, and for every row the customers behind it.

    Attributes:
        asked: what was asked, under the names of the call; also what was left out, if anything was.

    >>> import cjlib as cj
    >>> log = cj.EventLog.from_columns(["a", "a", "b"], ["signup", "login", "signup"], ["2026-01-01"] * 3)
    >>> found = cj.findings.funnel(log, ["signup", "login"])
    >>> found.customers(1).tolist(), found.among(1).tolist()
    (['a'], ['a', 'b'])
    """

    asked: Mapping[str, Any] = attrs.field(factory=dict, kw_only=True, converter=_read_only)
    _evidence: Evidence = attrs.field(kw_only=True)

    @property
    def ids(self) -> Any:
        """(n,) all customers that the answer is about."""
        return self._evidence.ids

    def customers(self, row: int) -> Any:
        """The ids of the customers behind a row."""
        return self.ids[self._evidence.behind(self._checked(row))]

    def among(self, row: int) -> Any:
        """The ids of the customers of whom those behind a row are a part: its denominator."""
        return self.ids[self._evidence.among(self._checked(row))]

    def _checked(self, row: int) -> int:
        if (
            isinstance(row, bool)
            or not isinstance(row, (int, np.integer))
            or not -len(self) <= row < len(self)
        ):
            raise UsageError(f"{self.name}: a row from 0 to {len(self) - 1} was expected, not {row!r:.40}")
        return int(row) % len(self)

    def __reduce__(self) -> tuple[Any, ...]:
        state = {name.lstrip("_"): getattr(self, name) for name in _fields(type(self))}
        return _rebuilt, (type(self), dict(self._columns), state | {"asked": dict(self.asked)})


def _fields(kind: type[Answer]) -> list[str]:
    return [field.name for field in attrs.fields(kind) if field.init and field.name != "_columns"]


def _rebuilt(kind: type[Answer], columns: Mapping[str, Any], state: Mapping[str, Any]) -> Answer:
    return kind(columns, **state)


@attrs.frozen(eq=False)
class Members:
    """Evidence that is at hand: for every row, the customers behind it and those among whom they are.

    Attributes:
        ids: (n,) the customers that the answer is about.
        rows: (m,) the row of each membership.
        members: (m,) its customer, a position among ``ids``.
        wholes: (rows,) which of ``denominators`` is that of each row; None: everybody is among all.
        denominators: (d, n) masks.
    """

    ids: Any
    rows: Ints
    members: Ints
    wholes: Any = None
    denominators: Any = None

    def behind(self, row: int) -> Mask:
        is_behind = np.zeros(len(self.ids), bool)
        is_behind[self.members[self.rows == row]] = True
        return is_behind

    def among(self, row: int) -> Mask:
        if self.wholes is None:
            return np.ones(len(self.ids), bool)
        whole: Mask = self.denominators[self.wholes[row]]
        return whole
