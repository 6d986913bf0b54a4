"""Readers of other systems' exports: a folder of files becomes one reading."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import tzinfo
from typing import Any, Literal

import attrs
import numpy as np

from ...errors import DataError, UsageError
from ...plugins import load, naming
from .._columns import shown
from .._events import EventLog
from .._ledger import Findings
from .._reading import MappingReport, Reading
from .._tables import Table
from .._times import zone_of
from ._contradictions import Contradictions
from ._dialects import Dialect, Overrides, dialect_of, overrides_of
from ._facts import Facts
from ._gathering import Gathered, Gathering
from ._matching import Match, matched
from ._owners import Ids, Owners, identity
from ._sheets import sheets_of
from ._sources import Unpacking, sources_of

__all__ = ["SystemReader", "read_system"]


def read_system(
    name: str,
    folder: str | os.PathLike[str],
    *,
    tz: str | tzinfo = "UTC",
    overrides: str | os.PathLike[str] | Mapping[str, Any] | None = None,
    **options: Any,
) -> Reading:
    """What stands in a folder of another system's exports, as they come.

    Args:
        name: the system, such as ``hubspot``; the readers that are installed are those of
            ``cjlib plugins``.
        folder: the folder with the files; they may be in folders and zip archives in it.
        tz: the zone of times without one: that of the portal.
        overrides: a TOML file, or a mapping, that says what fields and files are where the reader should
            not do as it does by itself.
        options: what else the reader takes. Those of cjlib take ``dates`` (``"dmy"`` or ``"mdy"``: how days
            with slashes are read where the file does not tell), ``repair`` (whether text is repaired that
            was once read in the wrong encoding) and ``max_bytes`` (how much the files may hold).

    Raises:
        UnknownNameError: if there is no such reader, or an override names what does not exist.
        DataError: with the path, if a file cannot be read or must not be.
        PluginError: if the reader is not ours and fails.
        MissingExtraError: if workbooks are there and ``cjlib[excel]`` is not installed.

    >>> import tempfile, pathlib
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> rows = ["Record ID,Company name,Close Date", "8001,Acme,2026-01-05"]
    >>> _ = (folder / "companies.csv").write_text("\\n".join(rows))
    >>> print(read_system("hubspot", folder).report)
    companies.csv: 'Record ID' mapped as the customer
    companies.csv: 'Company name' mapped as attribute 'name'
    companies.csv: 'Close Date' refused: it is written when the deal closes
    """
    reader = load("readers", name)
    with naming(f"reader {name!r}"):
        reading = reader(folder, tz=tz, overrides=overrides, **options)
    if not isinstance(reading, Reading):
        raise UsageError(f"reader {name!r} gave {type(reading).__name__}, not a Reading")
    return reading


@attrs.frozen
class SystemReader:
    """The reader of one system, driven by its table of names.

    Attributes:
        name: the system.
    """

    name: str

    def __call__(
        self,
        folder: str | os.PathLike[str],
        /,
        *,
        tz: str | tzinfo = "UTC",
        overrides: str | os.PathLike[str] | Mapping[str, Any] | None = None,
        dates: Literal["dmy", "mdy"] | None = None,
        repair: bool = False,
        max_bytes: int = 1 << 30,
    ) -> Reading:
        """What stands in the files of the folder; see :func:`cjlib.read_system`."""
        zone_of(tz)
        if dates not in (None, "dmy", "mdy"):
            raise UsageError(f"dates is 'dmy', 'mdy' or None, not {shown(dates)}")
        dialect = dialect_of(self.name)
        told = overrides_of(overrides, dialect)
        unpacking = Unpacking(max_bytes)
        matches = [
            matched(sheet, dialect, told)
            for source in sources_of(folder, unpacking)
            for sheet in sheets_of(source, unpacking.findings, repair=repair, dates=dates)
        ]
        if not matches:
            raise DataError(
                f"{os.fspath(folder)}: there is nothing in the folder that {self.name}'s reader reads"
            )
        return _Assembly(dialect, told, tz, dates, unpacking.findings).reading(matches)


class _Assembly:
    """From sheets that are understood to one reading."""

    def __init__(
        self, dialect: Dialect, overrides: Overrides, tz: str | tzinfo, dates: str | None, findings: Findings
    ) -> None:
        self.dialect = dialect
        self.overrides = overrides
        self.findings = findings
        self.owners = Owners(identity(dialect.ids))
        self.gathering = Gathering(tz=tz, findings=findings)
        self.facts = Facts(findings, tz, dates)
        self.contradictions = Contradictions(findings, tz)

    def reading(self, matches: list[Match]) -> Reading:
        """Everything, once the customers are known, then whom they are joined to."""
        order = {one.name: i for i, one in enumerate(self.dialect.objects)}
        known = [match for match in matches if match.exported is not None]
        known.sort(key=lambda one: (not one.exported.is_customers, order[one.exported.name]))  # type: ignore[union-attr]
        owned: list[list[Ids]] = []
        for match in known:
            assert match.exported is not None
            if match.exported.is_customers:
                ids = self.owners.add_customers(match)
                self.facts.add(match, ids, self.owners.normal)
                if not match.has("customer") and any(ids):
                    what = "customers known by their names, for there is no field of ids"
                    self.findings.note(what, len(set(ids)), match.sheet.place)
                owned.append([(one,) if one else () for one in ids])
            else:
                owned.append(self.owners.of(match))
        for match in matches:
            self._tell_what_is_lost(match)
        for match, owners in zip(known, owned, strict=True):
            self.gathering.gather(match, owners)
            self.contradictions.add(match, owners)
        gathered = self.gathering.gathered
        self.contradictions.of_events(gathered, self._beginnings(known))
        for field, count in gathered.unused.items():
            self.findings.note(
                "changes of a field that is no attribute of a customer", count, f"field {field!r}"
            )
        self._tell_idle_overrides(matches)
        customers = self.facts.customers(gathered.facts)
        recorded = self._recorded(gathered, known)
        report = MappingReport(
            fields=[field for match in matches for field in match.fields], noted=self.findings.noted
        )
        return Reading(events=_events(gathered), customers=customers, recorded=recorded, report=report)

    def _tell_what_is_lost(self, match: Match) -> None:
        """Rows of sheets that nobody knows, and of those whose field for the time is missing."""
        exported = match.exported
        if exported is None:
            what = "left out: rows of a file that is not known"
        elif not any(match.has(verb) for verb in ("time", "at", "entered", "since", "field")) and (
            (exported.begins and not exported.is_customers)
            or any(field.role.verb in ("time", "since") for field in exported.fields)
        ):
            what = "left out: rows without a time"
        else:
            return
        self.findings.note(what, match.sheet.n_rows, match.sheet.place)

    def _beginnings(self, known: list[Match]) -> dict[str, int]:
        names = {m.exported.begins for m in known if m.exported is not None and m.exported.is_customers}
        return {
            one: us
            for name in names
            if self.facts.kinds.get(name) == "date"
            for one, us in self.facts.values.get(name, {}).items()
        }

    def _recorded(self, gathered: Gathered, known: list[Match]) -> Table | None:
        """Stage changes, each once, under the labels of stages and the names that overrides give."""
        labels: dict[str, str] = {}
        for match in known:
            ids, said = match.first("id"), match.first("label")
            if ids is not None and said is not None:
                labels |= {
                    one.strip(): label.strip() for one, label in zip(ids, said, strict=True) if label.strip()
                }
        own, n_left_out, changes = self.overrides.stages, 0, []
        for customer, stage, us in gathered.changes:
            label = labels.get(stage, stage)
            name = own.get(stage, own.get(label, label))
            if name:
                changes.append((us, customer, name))
            else:
                n_left_out += 1
        self.findings.note("left out: recorded stages, by an override", n_left_out)
        once = sorted(set(changes), key=lambda one: (one[1], one[0], one[2]))
        self.findings.note("recorded stage changes told more than once", len(changes) - len(once))
        if not once:
            return None
        columns = {
            "customer": _objects([one[1] for one in once]),
            "stage": _objects([one[2] for one in once]),
            "time": np.array([one[0] for one in once], np.int64).view("datetime64[us]"),
        }
        return Table(columns, name="recorded stage changes")

    def _tell_idle_overrides(self, matches: list[Match]) -> None:
        """Overrides that nothing in the folder answers to are probably misspelt."""
        places = {match.sheet.file for match in matches} | {match.sheet.place for match in matches}
        idle = [f"file {name!r}" for name in self.overrides.files if name not in places]
        for exported, fields in self.overrides.fields.items():
            headings = {
                heading.casefold()
                for match in matches
                if match.exported is not None and match.exported.name == exported
                for heading in match.sheet.headings
            }
            idle += [f"{exported} field {name!r}" for name in fields if name.casefold() not in headings]
        if idle:
            self.findings.note(
                "overrides that nothing in the folder answers to", len(idle), ", ".join(idle)[:300]
            )


def _events(gathered: Gathered) -> EventLog:
    """The log, without the columns in which there is nothing."""
    columns = gathered.events
    times = np.array(columns["time"], dtype=np.int64)
    recorded = np.array(columns["recorded"], dtype=np.int64)
    values = np.array(columns["value"], dtype=np.float64)
    optional: dict[str, Any] = {
        name: _objects(columns[name])
        for name in ("channel", "actor", "event_id", "text")
        if any(one is not None for one in columns[name])
    }
    if (recorded != times).any():
        optional["recorded"] = recorded.view("datetime64[us]")
    if not np.isnan(values).all():
        optional["value"] = values
    return EventLog.from_columns(
        _objects(columns["customer"]),
        _objects(columns["activity"]),
        times.view("datetime64[us]"),
        strict=False,
        **optional,
    )


def _objects(values: list[Any]) -> np.ndarray:
    array = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):
        array[i] = value
    return array
