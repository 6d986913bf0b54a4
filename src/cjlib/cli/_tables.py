"""Tables for people: aligned text, and files that other programs open."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..data import Table
from ..errors import MissingExtraError, OutputError, UsageError
from ..journey import Journey
from ..outputs._words import words

__all__ = ["aligned", "save_table", "stage_lines"]


def save_table(table: Table, path: Path) -> None:
    """Writes a table as CSV or Parquet, as the name of the file says.

    Raises:
        OutputError: if the file cannot be written.
        MissingExtraError: without pyarrow.
    """
    try:
        from pyarrow import csv, parquet
    except ImportError as error:
        raise MissingExtraError("pyarrow", "io", "writing a table") from error
    try:
        if path.suffix.lower() == ".parquet":
            parquet.write_table(table.to_arrow(), path)
        elif path.suffix.lower() == ".csv":
            csv.write_csv(table.to_arrow(), path)
        else:
            raise UsageError(f"{path}: tables are written as .csv or .parquet")
    except OSError as error:
        raise OutputError(f"{path}: it cannot be written ({error})") from error


def stage_lines(journey: Journey, stages: Table) -> str:
    """The table of stages as text."""
    say = words("en")
    heads = ("Stage", "Customers", "Entered", "Median", "Target", "Over limit", "Forward", "Lost")
    rows = (
        (
            journey.stage(row["stage"]).label or row["stage"],
            say.number(row["customers"]),
            say.number(row["entered"]),
            say.days(row["median_days"]),
            say.days(row["target_days"]),
            say.number(row["over_limit"]),
            say.share(row["forward"], row["left"]),
            say.share(row["lost"], row["left"]),
        )
        for row in stages.rows()
    )
    return aligned([heads, *rows]).replace("\N{NO-BREAK SPACE}", " ")


def aligned(lines: Sequence[tuple[str, ...]]) -> str:
    """Columns of equal width, the first to the left and all others to the right."""
    first, *widths = (max(map(len, column)) for column in zip(*lines, strict=True))
    rest = (
        "  ".join(cell.rjust(width) for cell, width in zip(line[1:], widths, strict=True)) for line in lines
    )
    return "\n".join(f"{line[0].ljust(first)}  {cells}" for line, cells in zip(lines, rest, strict=True))
