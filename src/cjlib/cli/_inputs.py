"""What commands read: a journey, events, attributes; and what they all make of them first."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from ..data import Customers, EventLog, read_customers, read_events
from ..errors import DataError, UsageError
from ..journey import Journey, Scorecard, load
from ..scoring import HealthScorer, Scores
from ..snapshots import snapshot
from ..trace import Trace, replay
from ._app import Shown, click, progress, shown_options, step

__all__ = [
    "FILE",
    "OUTPUT",
    "Given",
    "Source",
    "optional_columns",
    "read",
    "scored",
    "scorer_of",
    "with_data",
]

EVENT_ROLES = ("value", "channel", "actor", "recorded", "order", "event_id", "text")
CUSTOMER_ROLES = ("valid_from", "recorded", "parent")
FILE = click.Path(exists=True, path_type=Path)
OUTPUT = click.Path(path_type=Path)


@attrs.frozen(kw_only=True)
class Source:
    """Where events and attributes are, and under which names."""

    events: Path | None
    customers: Path | None
    customer: str
    activity: str
    time: str
    until: str | None


@attrs.frozen(kw_only=True)
class Given:
    """A journey with the data that it is run on."""

    journey: Journey
    log: EventLog
    customers: Customers | None
    until: Any

    def replayed(self, shown: Shown) -> Trace:
        """The replay, with a bar."""
        with progress("replay", shown) as show:
            trace = replay(self.journey, self.log, self.customers, until=self.until, progress=show)
        for entry in trace.ledger.refused:
            click.echo(f"refused: {entry}", err=True)
        return trace


def with_data(needs_events: bool = True) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Adds the options that say where the data are; the command gets ``source`` and ``shown``.

    Besides the columns that are named, events may have the columns value, channel, actor, recorded, order,
    event_id and text; attributes may have valid_from, recorded and parent.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def run(*, quiet: bool, as_json: bool, **options: Any) -> None:
            fields = [one.name for one in attrs.fields(Source)]
            source = Source(**{name: options.pop(name) for name in fields})
            command(source=source, shown=Shown(quiet, as_json), **options)

        chosen = shown_options(run)
        for option in reversed(_options(needs_events)):
            chosen = option(chosen)
        return chosen

    return decorate


def _options(needs_events: bool) -> list[Callable[..., Any]]:
    return [
        click.option("--events", type=FILE, required=needs_events,
                     help="Events: a CSV or Parquet file, or a folder."),
        click.option("--customers", type=FILE, help="Attributes: a CSV or Parquet file."),
        click.option("--customer", default="customer", show_default=True, help="Column of their ids."),
        click.option("--activity", default="activity", show_default=True, help="Column of what happened."),
        click.option("--time", default="time", show_default=True, help="Column of when it happened."),
        click.option("--until", help="The end of the replay; unsaid: the last event."),
    ]  # fmt: skip


def read(journey: Path | Journey, source: Source, shown: Shown) -> Given:
    """The journey and its data, from files."""
    found = load(journey) if isinstance(journey, Path) else journey
    assert source.events is not None
    columns: dict[str, Any] = {"customer": source.customer, "activity": source.activity, "time": source.time}
    with step("read", shown):
        log = read_events(source.events, **columns, **optional_columns(source.events, EVENT_ROLES))
        customers = None
        if source.customers is not None:
            more = optional_columns(source.customers, CUSTOMER_ROLES)
            customers = read_customers(source.customers, customer=source.customer, **more)
    if not len(log):
        raise DataError("there is no event to replay")
    until = source.until or np.datetime64(int(log.time.max()), "us").item()
    return Given(journey=found, log=log, customers=customers, until=until)


def optional_columns(file: Path, roles: tuple[str, ...]) -> dict[str, Any]:
    """How to read a file: what columns it has under the names of their roles; bad rows go to the ledger."""
    kind = "parquet" if ".parquet" in file.suffixes or any(file.rglob("*.parquet")) else "csv"
    try:
        from pyarrow import dataset

        names = set(dataset.dataset(file, format=kind).schema.names)
    except (ImportError, ValueError, OSError):  # the reader will say what is missing or wrong with the file
        names = set()
    return {"strict": False, **{role: role for role in roles if role in names}}


def scorer_of(journey: Journey, scorecard: str | None) -> HealthScorer | None:
    """Health by the scorecard of that id, or by the first; None if there is none and none is asked for."""
    if scorecard is None and not journey.scorecards:
        return None
    chosen: Scorecard = journey.scorecards[0] if scorecard is None else journey.scorecard(scorecard)
    return HealthScorer(chosen, journey=journey)


def scored(
    given: Given, shown: Shown, scorecard: str | None = None, *, needed: bool = False
) -> Scores | None:
    """Scores at the end of the replay, if the journey has a scorecard.

    Raises:
        UsageError: if they are needed and it has none.
    """
    scorer = scorer_of(given.journey, scorecard)
    if scorer is None:
        if needed:
            raise UsageError(f"journey {given.journey.name!r} has no scorecard to score by")
        return None
    wanted = [metric for metric in given.journey.metrics if metric.id in scorer.requires]
    with step("score", shown):
        taken = snapshot(
            given.log, wanted, as_of=given.until, customers=given.customers, journey=given.journey
        )
        return scorer.score(taken)
