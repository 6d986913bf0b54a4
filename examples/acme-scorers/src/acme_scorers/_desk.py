"""Exports of the Acme service desk: a reader."""

from __future__ import annotations

import csv
import os
from datetime import tzinfo
from pathlib import Path
from typing import Any

import cjlib as cj
from cjlib.data import MappedField, MappingReport, Reading
from cjlib.errors import DataError, UsageError

__all__ = ["read_desk"]

FILE = "tickets.csv"
FIELDS = {
    "Requester": "customer",
    "Opened": "time of 'ticket'",
    "Solved": "time of 'solved'",
    "Subject": "text of 'ticket'",
}


def read_desk(
    folder: str | os.PathLike[str], /, *, tz: str | tzinfo = "UTC", overrides: Any = None
) -> Reading:
    """What stands in ``tickets.csv``: an event when a ticket was opened, another when it was solved.

    Args:
        folder: where the export is.
        tz: the zone of its times.
        overrides: None; the fields of the service desk always have the same names.

    Raises:
        DataError: if the file is missing or cannot be used.
    """
    if overrides is not None:
        raise UsageError("acme-desk takes no overrides")
    path = Path(folder) / FILE
    header, rows = _rows(path)
    if missing := [name for name in ("Requester", "Opened") if name not in header]:
        raise DataError(f"{path}: there is no field {missing[0]!r}")
    opened = [(row["Requester"], "ticket", row["Opened"], row.get("Subject")) for row in rows]
    solved = [(row["Requester"], "solved", row["Solved"], None) for row in rows if row.get("Solved")]
    columns = [list(column) for column in zip(*opened, *solved, strict=True)] or [[], [], [], []]
    customer, activity, time, text = columns
    log = cj.EventLog.from_columns(customer, activity, time, text=text, tz=tz, strict=False)
    return Reading(events=log, report=MappingReport(fields=[_field(name) for name in header]))


def _rows(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = next(reader, [])
            rows = [dict(zip(header, row, strict=True)) for row in reader if row]
    except (OSError, UnicodeError, csv.Error, ValueError) as error:
        raise DataError(f"{path}: it cannot be read: {error}") from error
    if len(set(header)) < len(header):
        raise DataError(f"{path}: a field stands in it twice")
    return header, [{name: value.strip() for name, value in row.items()} for row in rows]


def _field(name: str) -> MappedField:
    if name in FIELDS:
        return MappedField(file=FILE, field=name, became="mapped", as_=FIELDS[name])
    return MappedField(file=FILE, field=name, became="ignored", why="it is no field of the service desk")
