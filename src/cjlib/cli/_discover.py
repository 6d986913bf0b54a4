"""The command that proposes a first journey from events."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..data import EventLog, read_events
from ..findings import discover as proposed
from ._app import Shown, click, main, shown_options, step
from ._inputs import FILE, OUTPUT, optional_columns

__all__: list[str] = []


@main.command()
@click.option("--events", type=FILE, required=True, help="Events: a CSV or Parquet file, or a folder.")
@click.option("--recorded", type=FILE, help="Recorded stage changes: customer, stage and time.")
@click.option("--customer", default="customer", show_default=True, help="Column of their ids.")
@click.option("--activity", default="activity", show_default=True, help="Column of what happened.")
@click.option("--time", default="time", show_default=True, help="Column of when it happened.")
@click.option("--noise", default=0.1, show_default=True, help="Rarer activities and moves are left out.")
@click.option("--tolerance", default="1d", show_default=True, help="How late a change may be recorded.")
@click.option("-o", "--output", type=OUTPUT, help="Write the journey to a TOML file.")
@shown_options
def discover(
    events: Path,
    recorded: Path | None,
    customer: str,
    activity: str,
    time: str,
    noise: float,
    tolerance: str,
    output: Path | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Propose a first journey from events, to be edited: a TOML file with its evidence in comments."""
    shown = Shown(quiet, as_json)
    with step("read", shown):
        log = _read(events, customer=customer, activity=activity, time=time)
        changes = None if recorded is None else _changes(recorded)
    with step("discover", shown):
        found = proposed(log, recorded=changes, noise=noise, tolerance=tolerance)
    text = found.to_toml()
    if output is not None:
        output.write_text(text, "utf-8", newline="\n")
    stages, ways = len(found.journey.stages), len(found.journey.transitions)
    summary = (
        f"{stages} stages, {ways} transitions, {found.explained:.1%} of the moves explained: see {output}"
    )
    answer = {"stages": [stage.id for stage in found.journey.stages], "evidence": found.evidence,
              "explained": found.explained, "left_out": found.left_out, "toml": text}  # fmt: skip
    shown.say(text if output is None else f"{summary}: see {output}", answer)


def _read(file: Path, **columns: Any) -> EventLog:
    log = read_events(file, **columns, **optional_columns(file, ("recorded", "order", "event_id")))
    for entry in log.ledger.refused:
        click.echo(f"refused: {entry}", err=True)
    return log


def _changes(file: Path) -> dict[str, Any]:
    table = _read(file, customer="customer", activity="stage", time="time").to_table()
    return {"customer": table["customer"], "stage": table["activity"], "time": table["time"]}
