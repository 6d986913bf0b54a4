"""What a reader of another system's exports is, and what it gives."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import tzinfo
from typing import Any, Literal, Protocol, runtime_checkable

import attrs
import numpy as np

from ..errors import UnknownNameError
from ._customers import Customers
from ._events import EventLog
from ._ledger import LedgerEntry
from ._tables import Table

__all__ = ["MappedField", "MappingReport", "Reader", "Reading"]

BECAME = ("mapped", "guessed", "ignored", "refused")
optional = attrs.validators.optional
of_kind = attrs.validators.instance_of


@attrs.frozen(kw_only=True)
class MappedField:
    """What became of one field of one file.

    Attributes:
        file: the file, as a path below the folder that was read.
        field: the name of the field, as it stands there.
        became: ``mapped`` (the field is known), ``guessed``, ``ignored``, or ``refused`` (it would betray the
            outcome, or cannot be used).
        as_: what it is now, such as ``attribute 'plan'`` or ``time of 'ticket'``; empty if it is nothing.
        why: why it was guessed, ignored or refused.
    """

    file: str
    field: str
    became: Literal["mapped", "guessed", "ignored", "refused"] = attrs.field(
        validator=attrs.validators.in_(BECAME)
    )
    as_: str = ""
    why: str = ""

    def __str__(self) -> str:
        target = f" as {self.as_}" if self.as_ else ""
        return f"{self.file}: {self.field!r} {self.became}{target}" + (f": {self.why}" if self.why else "")


def _fields(value: Iterable[MappedField]) -> tuple[MappedField, ...]:
    return tuple(value)


def _entries(value: Iterable[LedgerEntry]) -> tuple[LedgerEntry, ...]:
    return tuple(value)


@attrs.frozen(kw_only=True)
class MappingReport:
    """What became of every field of an export, and what is odd about its rows.

    Attributes:
        fields: every field of every file.
        noted: what deserves to be known, such as rows that contradict each other, with counts.

    >>> seats = MappedField(file="accounts.csv", field="Seats", became="mapped", as_="attribute 'seats'")
    >>> report = MappingReport(fields=[seats])
    >>> print(report)
    accounts.csv: 'Seats' mapped as attribute 'seats'
    >>> len(report.of("ignored"))
    0
    """

    fields: tuple[MappedField, ...] = attrs.field(converter=_fields)
    noted: tuple[LedgerEntry, ...] = attrs.field(default=(), converter=_entries)

    def of(self, became: str) -> tuple[MappedField, ...]:
        """The fields that were mapped, guessed, ignored or refused.

        Raises:
            UnknownNameError: if it is none of these.
        """
        if became not in BECAME:
            raise UnknownNameError("fate of a field", became, BECAME)
        return tuple(field for field in self.fields if field.became == became)

    def to_table(self) -> Table:
        """One row per field: file, field, became, as, why."""
        columns = {name.rstrip("_"): [getattr(one, name) for one in self.fields] for name in FIELDS}
        made = {name: np.array(values, dtype=object) for name, values in columns.items()}
        return Table(made, name="mapping report")

    def __len__(self) -> int:
        return len(self.fields)

    def __iter__(self) -> Iterator[MappedField]:
        return iter(self.fields)

    def __str__(self) -> str:
        return "\n".join([*map(str, self.fields), *(f"noted: {entry}" for entry in self.noted)])


FIELDS = tuple(field.name for field in attrs.fields(MappedField))


@attrs.frozen(eq=False, kw_only=True)
class Reading:
    """What stands in the exports of another system.

    Attributes:
        events: what happened.
        customers: their attributes; None if the exports hold none.
        recorded: the stage changes that the system recorded, with the columns ``customer``, ``stage`` and
            ``time``, as :func:`cjlib.conformance` takes them; None if there are none.
        report: what became of every field.
    """

    events: EventLog = attrs.field(validator=of_kind(EventLog))
    customers: Customers | None = attrs.field(default=None, validator=optional(of_kind(Customers)))
    recorded: Table | None = attrs.field(default=None, validator=optional(of_kind(Table)))
    report: MappingReport = attrs.field(validator=of_kind(MappingReport))


@runtime_checkable
class Reader(Protocol):
    """What reads the exports of a system; plugins implement it.

    It is called once per folder, by hand or by :func:`cjlib.read_system`, which always passes ``tz`` (the
    zone of times without one) and ``overrides`` (None, or what fields are: refuse those that you do not take)
    and hands on all other options. It changes nothing in the folder, reads nothing outside of it, remembers
    nothing, and gives the same for the same files. Files are not trusted: they may hold anything, and what
    cannot be used ends up in a ledger or the report, or in an error of :mod:`cjlib.errors` that names the
    file. Every field of every file that it reads stands in the report.
    """

    def __call__(
        self,
        folder: str | os.PathLike[str],
        /,
        *,
        tz: str | tzinfo = "UTC",
        overrides: str | os.PathLike[str] | Mapping[str, Any] | None = None,
        **options: Any,
    ) -> Reading:
        """What stands in the files of the folder."""
        ...
