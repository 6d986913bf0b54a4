"""What is known about customers: constant facts of the export, and those that changed on a known day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Any

import attrs
import numpy as np

from .._customers import Customers
from .._ledger import Findings
from .._times import MIN_US, NAT
from ._dialects import Role, bare
from ._matching import Match
from ._sheets import Sheet
from ._values import FALSE, TRUE, numbers_of, times_of

__all__ = ["Facts"]

CUSTOMER, SINCE = "\x00customer", "\x00since"  # which no field of an export is called
Dated = Mapping[str, Sequence[tuple[str, int, str, str]]]
Rows = list[tuple[str, int, Any]]


@attrs.define
class Facts:
    """The attributes of customers, as the sheets tell them.

    Attributes:
        findings: where is noted what cannot be read.
        kinds: of the attributes.
        values: per attribute, from customers to values as of the export.
        parents: per link, from customers to others.
        ids: all customers of these sheets, in their order.
        spellings: from the plain names of fields to the attributes that they are.
    """

    findings: Findings
    tz: str | tzinfo
    dates: str | None
    kinds: dict[str, str] = attrs.field(factory=dict)
    values: dict[str, dict[str, Any]] = attrs.field(factory=dict)
    parents: dict[str, dict[str, str]] = attrs.field(factory=dict)
    ids: dict[str, None] = attrs.field(factory=dict)
    spellings: dict[str, Role] = attrs.field(factory=dict)

    def add(self, match: Match, ids: Sequence[str], normal: Any) -> None:
        """The attributes of one sheet of customers; of several rows of one customer the later counts."""
        is_missing = np.array([not one for one in ids], dtype=bool)
        self.findings.note("left out: customers without an id", is_missing, match.sheet.place)
        repeats = []
        for row, one in enumerate(ids):
            if one in self.ids:
                repeats.append(row)
            elif one:
                self.ids[one] = None
        self.findings.note(
            "rows of a customer who was there before", np.array(repeats, int), match.sheet.place
        )
        self._spell(match)
        for placed in match.placed:
            column = match.sheet.columns[placed.position]
            if placed.role.verb == "attribute":
                self._attribute(match, placed.role, column, ids)
            elif placed.role.verb == "link":
                links = self.parents.setdefault(placed.role.name, {})
                told = zip(ids, column, strict=True)
                links |= {
                    one: normal(text) for one, text in told if one and text.strip() and normal(text) != one
                }

    def _spell(self, match: Match) -> None:
        assert match.exported is not None
        for field in match.exported.fields:
            if field.role.verb == "attribute":
                self.spellings |= {bare(name): field.role for name in field.names}
        for placed in match.placed:
            if placed.role.verb == "attribute":
                self.spellings[bare(match.sheet.headings[placed.position])] = placed.role

    def _attribute(self, match: Match, role: Role, column: list[str], ids: Sequence[str]) -> None:
        values = self._read(role, column, match.sheet.place, match.sheet)
        self.kinds.setdefault(role.name, role.kind)
        kept = self.values.setdefault(role.name, {})
        kept |= {one: value for one, value in zip(ids, values, strict=True) if one and value is not None}

    def _read(self, role: Role, column: list[str], place: str, sheet: Sheet | None = None) -> list[Any]:
        """Values of a column; None where there is none; what is none of its kind is told."""
        values: list[Any]
        if role.kind == "number":
            numbers, is_bad, _ = numbers_of(column, sheet is not None and sheet.has_comma)
            values = [None if np.isnan(number) else float(number) for number in numbers]
        elif role.kind == "date":
            times = times_of(column, self.tz, self.dates if sheet is None else sheet.days)
            is_bad = times.is_bad
            values = [None if us == NAT else us for us in times.us.tolist()]
        elif role.kind == "boolean":
            said = [text.strip().casefold() for text in column]
            is_bad = np.array([bool(text) and text not in TRUE | FALSE for text in said], dtype=bool)
            values = [text in TRUE if text in TRUE | FALSE else None for text in said]
        elif role.kind == "set":
            is_bad = np.zeros(len(column), dtype=bool)
            parts = [tuple(part.strip() for part in text.split(";") if part.strip()) for text in column]
            values = [each or None for each in parts]
        else:
            is_bad = np.zeros(len(column), dtype=bool)
            values = [text.strip() or None for text in column]
        if is_bad.any():
            example = column[int(np.argmax(is_bad))]
            detail = f"{place}: such as {example!r:.60}"
            self.findings.note(f"left out: {role.name} that is no {role.kind}", is_bad, detail)
        return values

    def customers(self, dated: Dated) -> Customers | None:
        """All of it as a table of customers; None if there is nothing to tell."""
        changing = self._changing(dated)
        constant = {name: values for name, values in self.values.items() if values and name not in changing}
        return self._joined(constant, changing) if self.ids or changing else None

    def _changing(self, dated: Dated) -> dict[str, tuple[str, Rows]]:
        """Attributes with more than one moment: kind, and rows of customer, since when, value."""
        changing: dict[str, tuple[str, Rows]] = {}
        for key, rows in dated.items():
            kind, _, name = key.partition(" ")
            role = self.spellings.get(name) if kind == "field" else Role("attribute", name, kind)
            if role is None:
                self.findings.note("changes of a field that is no attribute", len(rows), f"field {name!r}")
                continue
            place = f"history of {role.name!r}"
            before = self._read(role, [old for _, _, old, _ in rows], place)
            after = self._read(role, [new for _, _, _, new in rows], place)
            told = [(one, since, value) for (one, since, *_), value in zip(rows, after, strict=True)]
            kept = changing.setdefault(role.name, (role.kind, []))[1]
            kept += self._before(role.name, rows, before) + told
        return changing

    def _before(self, name: str, rows: Sequence[tuple[str, int, str, str]], olds: Sequence[Any]) -> Rows:
        """What held before the first change of each customer, and for good where nothing ever changed."""
        first: dict[str, int] = {}
        for i, (one, since, *_) in enumerate(rows):
            if one not in first or since < rows[first[one]][1]:
                first[one] = i
        begun = [(one, MIN_US, olds[i]) for one, i in first.items() if olds[i] is not None]
        never = [(one, MIN_US, value) for one, value in self.values.get(name, {}).items() if one not in first]
        detail = f"attribute {name!r}: no change of it is recorded"
        self.findings.note("values of the export that are taken to have held always", len(never), detail)
        return begun + never

    def _joined(
        self, constant: Mapping[str, Mapping[str, Any]], changing: Mapping[str, tuple[str, Rows]]
    ) -> Customers:
        ids = [*self.ids]
        links = {name: links for name, links in self.parents.items() if links}
        frame: dict[str, Any] = {CUSTOMER: _objects(ids)}
        for name, values in constant.items():
            free = name if name not in links else f"{name}_"
            frame[free] = _column([values.get(one) for one in ids], self.kinds[name])
        for name, targets in links.items():
            frame[name] = _objects([targets.get(one) for one in ids])
        made = Customers.from_frame(frame, customer=CUSTOMER, links=[*links], strict=False) if ids else None
        for name, (kind, rows) in changing.items():
            columns = {
                CUSTOMER: _objects([one for one, _, _ in rows]),
                SINCE: np.array([since for _, since, _ in rows], np.int64).view("datetime64[us]"),
                name: _column([value for _, _, value in rows], kind),
            }
            table = Customers.from_frame(columns, customer=CUSTOMER, valid_from=SINCE, strict=False)
            made = table if made is None else made.join(table)
        assert made is not None
        return made


def _objects(values: Sequence[Any]) -> np.ndarray:
    array = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):
        array[i] = value
    return array


def _column(values: Sequence[Any], kind: str) -> np.ndarray:
    if kind == "number":
        return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    if kind == "date":
        stamps = np.array([NAT if value is None else value for value in values], dtype=np.int64)
        return stamps.view("datetime64[us]")
    return _objects(values)
