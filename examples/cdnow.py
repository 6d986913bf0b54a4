"""Buyers of compact discs: the purchases of CDNOW as events and attributes.

    python examples/cdnow.py FOLDER [--sample] [--output FOLDER]
    cjlib demo --journey examples/cdnow.toml --events cdnow-events.parquet --customers cdnow-customers.parquet

FOLDER holds ``cdnow_master.csv`` (customer_id, date, cds, value) and, for ``--sample``, ``cdnow_sample.csv``:
all purchases until June 1998 of those who first bought in the first quarter of 1997, as published with the
papers of Fader and Hardie; the sample is the tenth of them that the papers use. Three files are written: the
events, the attributes, and a ledger of what is odd about the raw data and what was made of it.

What the raw data don't say and this script decides:

- Purchases have a day and no time: midnight UTC. What a customer bought on one day is one purchase, as in
  the papers, worth the sum.
- One row tells two numbers, money and discs, and an event has one value: a purchase is two events of one
  instant, ``purchased`` with the dollars and ``discs_bought`` with the number of discs.
- Nobody says goodbye: the data have no end of a relationship, so silence has to tell.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import polars as pl

from cjlib.data import Ledger, LedgerEntry

TYPES = {"date": pl.Date, "cds": pl.Int64, "value": pl.Float64}


def read(folder: Path, sample: bool) -> pl.DataFrame:
    """The raw rows: customer (the id in the whole file, also for the sample), date, cds, value."""
    name, customer = ("cdnow_sample.csv", "master_id") if sample else ("cdnow_master.csv", "customer_id")
    if not (folder / name).exists():
        raise SystemExit(f"{folder}: no {name}")
    frame = pl.read_csv(folder / name, schema_overrides=TYPES | {customer: pl.String})
    return frame.select(
        customer=customer, time=pl.col("date").cast(pl.Datetime("us")), cds="cds", value="value"
    )


def purchases(raw: pl.DataFrame) -> pl.DataFrame:
    """One row per customer and day; a row without a day stays as it is."""
    usable = raw.filter(pl.col("time").is_not_null()).group_by("customer", "time", maintain_order=True)
    undated = raw.filter(pl.col("time").is_null())
    return pl.concat([undated, usable.agg(pl.col("cds").sum(), pl.col("value").sum())])


def events(bought: pl.DataFrame) -> pl.DataFrame:
    """What happened: customer, activity, time, value, order within the instant."""
    names = {"purchased": "value", "discs_bought": "cds"}
    return pl.concat(
        bought.select(
            "customer",
            activity=pl.lit(activity),
            time="time",
            value=pl.col(column).cast(pl.Float64),
            order=pl.lit(order),
        )
        for order, (activity, column) in enumerate(names.items())
    ).sort("time", "order", maintain_order=True)


def attributes(bought: pl.DataFrame) -> pl.DataFrame:
    """The month in which each customer first bought, known from that day on."""
    first = bought.group_by("customer", maintain_order=True).agg(valid_from=pl.col("time").min())
    return first.with_columns(cohort=pl.col("valid_from").dt.strftime("%Y-%m")).sort("customer")


def ledger(raw: pl.DataFrame, bought: pl.DataFrame) -> Ledger:
    """What is odd about the raw data, with its count and what was made of it."""
    is_again = ~pl.struct(pl.all()).is_first_distinct()
    notes = [
        ("purchase on a day with an earlier one", len(raw) - len(bought), "one purchase, worth the sum"),
        ("row that repeats another exactly", int(raw.select(is_again.sum()).item()),
         "counted: who says that nobody buys the same twice a day?"),
        ("purchase that cost nothing", int((raw["value"] == 0).sum()), "a purchase with the value 0"),
        ("purchase without a day", raw["time"].null_count(), "handed on without a time, which cjlib refuses"),
        ("purchase without a value", raw["value"].null_count(), "adds nothing to the sum of its day"),
        ("purchase without a time of day", len(raw) - raw["time"].null_count(), "at midnight UTC"),
    ]  # fmt: skip
    entries = [LedgerEntry(reason, rows, (), detail) for reason, rows, detail in notes if rows]
    return Ledger(read=len(raw), kept=len(raw)).add(noted=entries)


def convert(folder: Path, output: Path, *, sample: bool = False) -> Ledger:
    """Reads the raw file in one folder and writes events, attributes and ledger to another."""
    raw = read(folder, sample)
    bought = purchases(raw)
    told = ledger(raw, bought)
    output.mkdir(parents=True, exist_ok=True)
    events(bought).write_parquet(output / "cdnow-events.parquet")
    attributes(bought).write_parquet(output / "cdnow-customers.parquet")
    (output / "cdnow-ledger.txt").write_text(f"{told}\n", "utf-8")
    rows = [{**row, "rows": int(row["rows"])} for row in told.to_table().rows()]
    (output / "cdnow-ledger.json").write_text(json.dumps(rows, indent=1), "utf-8")
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="where the raw files are")
    parser.add_argument("--sample", action="store_true", help="only the tenth that the papers use")
    parser.add_argument("--output", type=Path, default=Path(), help="where to write; unsaid: here")
    arguments = parser.parse_args()
    print(convert(arguments.folder, arguments.output, sample=arguments.sample))


if __name__ == "__main__":
    main()
