"""The command line: a demo on made-up or real events, and the check of a journey."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ._version import __version__
from .data import Customers, EventLog, Table, read_customers, read_events
from .errors import CJError, DataError, MissingExtraError
from .findings import time_in_stage
from .journey import Journey, load, template
from .outputs import report
from .outputs._words import words
from .scoring import HealthScorer, Scores
from .simulation import simulate
from .snapshots import snapshot
from .trace import Trace, replay

try:
    import click
except ImportError:  # told as a sentence: this file is only ever loaded by the command
    sys.exit(str(MissingExtraError("click", "cli", "the command line")))

__all__ = ["main"]

SIMULATED_UNTIL = "2026-06-30"
EVENT_ROLES = ("value", "channel", "actor", "recorded", "order", "event_id", "text")
CUSTOMER_ROLES = ("valid_from", "recorded", "parent")


class _Sentences(click.Group):
    """Commands whose errors are sentences: what went wrong, exit code 2, no traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (CJError, OSError) as error:
            click.echo(f"cjlib: {error}", err=True)
            ctx.exit(2)


@click.group(cls=_Sentences, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="cjlib")
def main() -> None:
    """The customer journey as a program you can run, test and explain."""


_FILE = click.Path(exists=True, path_type=Path)


@main.command()
@click.argument("journey", type=_FILE)
def check(journey: Path) -> None:
    """Check the journey in a TOML or JSON file, and print what is worth a look."""
    found = load(journey)
    problems = found.check()
    for problem in problems:
        click.echo(str(problem))
    stages, ways = len(found.stages), len(found.transitions)
    click.echo(f"{found.name}: {stages} stages, {ways} transitions, {len(problems)} warnings")


@main.command()
@click.option("--journey", "journey_file", type=_FILE, help="A journey; unsaid: the template 'saas'.")
@click.option("--events", "events_file", type=_FILE, help="Events: a CSV or Parquet file, or a folder.")
@click.option("--customers", "customers_file", type=_FILE, help="Attributes: a CSV or Parquet file.")
@click.option("--customer", default="customer", show_default=True, help="Column of the customer's id.")
@click.option("--activity", default="activity", show_default=True, help="Column of what happened.")
@click.option("--time", default="time", show_default=True, help="Column of when it happened.")
@click.option("--until", help="The end of the replay; unsaid: the last event.")
@click.option("-n", "--number", default=1000, show_default=True, help="How many customers to make up.")
@click.option("--seed", default=1, show_default=True, help="Seed of the simulation.")
@click.option("--language", type=click.Choice(["en", "fr"]), default="en", show_default=True)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default="journey-report.html", show_default=True
)
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
def demo(
    journey_file: Path | None,
    events_file: Path | None,
    customers_file: Path | None,
    customer: str,
    activity: str,
    time: str,
    until: str | None,
    number: int,
    seed: int,
    language: str,
    output: Path,
    quiet: bool,
) -> None:
    """Replay a journey, score health, print a table of stages and write a report.

    Without --events the customers are made up by the simulator. Besides the columns named below, events
    may have the columns value, channel, actor, recorded, order, event_id and text; attributes may have
    valid_from, recorded and parent.
    """
    journey = load(journey_file) if journey_file else template("saas", language=_known(language))
    log: EventLog
    customers: Customers | None
    if events_file is None:
        until = until or SIMULATED_UNTIL
        made = simulate(journey, number, seed=seed, until=until, verify=False)
        log, customers = made.log, made.customers
    else:
        more = _optional(events_file, EVENT_ROLES)
        log = read_events(events_file, customer=customer, activity=activity, time=time, **more)
        customers = _customers(customers_file, customer)
    trace = _replayed(journey, log, customers, until, quiet)
    scores = _scored(journey, log, customers, trace)
    saved = report(journey, trace, scores=scores, log=log, language=language).save(output)
    for entry in trace.ledger.refused:
        click.echo(f"refused: {entry}", err=True)
    if not quiet:
        click.echo(_stage_lines(journey, time_in_stage(trace)))
        click.echo(
            f"\n{len(trace):,} customers, {len(log):,} events until {str(trace.until)[:10]}: see {saved}"
        )


def _known(language: str) -> Any:
    """The language as the type checker wants it; click has let through no other."""
    return language


def _optional(file: Path, roles: tuple[str, ...]) -> dict[str, Any]:
    """How to read a file: what columns it has under the names of their roles; bad rows go to the ledger."""
    kind = "parquet" if ".parquet" in file.suffixes or any(file.rglob("*.parquet")) else "csv"
    try:
        from pyarrow import dataset

        names = set(dataset.dataset(file, format=kind).schema.names)
    except (ImportError, ValueError, OSError):  # the reader will say what is missing or wrong with the file
        names = set()
    return {"strict": False, **{role: role for role in roles if role in names}}


def _customers(file: Path | None, customer: str) -> Customers | None:
    if file is None:
        return None
    return read_customers(file, customer=customer, **_optional(file, CUSTOMER_ROLES))


def _replayed(
    journey: Journey, log: EventLog, customers: Customers | None, until: str | None, quiet: bool
) -> Trace:
    if not len(log):
        raise DataError("there is no event to replay")
    end = until or np.datetime64(int(log.time.max()), "us").item()
    with _progress("replay", quiet) as progress:
        return replay(journey, log, customers, until=end, progress=progress)


@contextmanager
def _progress(what: str, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """A bar on the error stream, if somebody is looking."""
    from tqdm import tqdm

    with tqdm(desc=what, leave=False, disable=True if quiet else None) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield show


def _scored(journey: Journey, log: EventLog, customers: Customers | None, trace: Trace) -> Scores | None:
    """Scores by the first scorecard, if the journey has one."""
    if not journey.scorecards:
        return None
    scorer = HealthScorer(journey.scorecards[0], journey=journey)
    wanted = [metric for metric in journey.metrics if metric.id in scorer.requires]
    return scorer.score(snapshot(log, wanted, as_of=trace.until, customers=customers, journey=journey))


def _stage_lines(journey: Journey, stages: Table) -> str:
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
    return _aligned([heads, *rows]).replace("\N{NO-BREAK SPACE}", " ")


def _aligned(lines: list[tuple[str, ...]]) -> str:
    """Columns of equal width, the first to the left and all others to the right."""
    first, *widths = (max(map(len, column)) for column in zip(*lines, strict=True))
    rest = (
        "  ".join(cell.rjust(width) for cell, width in zip(line[1:], widths, strict=True)) for line in lines
    )
    return "\n".join(f"{line[0].ljust(first)}  {cells}" for line, cells in zip(lines, rest, strict=True))
