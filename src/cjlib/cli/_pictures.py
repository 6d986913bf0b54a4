"""Commands that show: demo, report, map."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .. import plugins
from ..errors import OutputError
from ..findings import find, time_in_stage
from ..journey import load, template
from ..outputs import Report, draw, render
from ..outputs import report as made_report
from ..scoring import kpis
from ..simulation import simulate
from ._app import VALUE, Shown, click, main, step
from ._inputs import FILE, OUTPUT, Given, Source, read, scored, with_data
from ._tables import stage_lines

__all__: list[str] = []

SIMULATED_UNTIL = "2026-06-30"
LANGUAGE = click.option("--language", type=click.Choice(["en", "fr"]), default="en", show_default=True)


@main.command()
@click.option("--journey", "journey_file", type=FILE, help="A journey; unsaid: the template 'saas'.")
@click.option("-n", "--number", default=1000, show_default=True, help="How many customers to make up.")
@click.option("--seed", default=1, show_default=True, help="Seed of the simulation.")
@LANGUAGE
@VALUE
@click.option("-o", "--output", type=OUTPUT, default="journey-report.html", show_default=True)
@with_data(needs_events=False)
def demo(
    journey_file: Path | None, number: int, seed: int, language: Any, value: str | None, output: Path,
    source: Source, shown: Shown,
) -> None:  # fmt: skip
    """Replay a journey, score health, look for findings, print a table of stages and write a report.

    Without --events the customers are made up by the simulator.
    """
    journey = load(journey_file) if journey_file else template("saas", language=language)
    if source.events is None:
        until = source.until or SIMULATED_UNTIL
        with step("simulate", shown):
            made = simulate(journey, number, seed=seed, until=until, verify=False)
        given = Given(journey=journey, log=made.log, customers=made.customers, until=until)
        value = value or next((one.id for one in journey.attributes if one.id == "arr"), None)
    else:
        given = read(journey, source, shown)
    _reported(given, language, value, None, output, shown)


@main.command()
@click.argument("journey", type=FILE)
@LANGUAGE
@VALUE
@click.option("--period", default="90d", show_default=True, help="Of the key figures.")
@click.option("--title", help="What stands at the top; unsaid: the name of the journey.")
@click.option("-o", "--output", type=OUTPUT, default="journey-report.html", show_default=True,
              help="A page (.html), Markdown (.md) or a workbook (.xlsx).")  # fmt: skip
@with_data()
def report(
    journey: Path, language: str, value: str | None, period: str, title: str | None, output: Path,
    source: Source, shown: Shown,
) -> None:  # fmt: skip
    """Write a report: where customers are, where they get stuck, who is at risk, what to do first."""
    _reported(read(journey, source, shown), language, value, title, output, shown, period)


def _reported(
    given: Given, language: str, value: str | None, title: str | None, output: Path, shown: Shown,
    period: str = "90d",
) -> None:  # fmt: skip
    """Everything that a report can show, and the table of stages."""
    trace = given.replayed(shown)
    scores = scored(given, shown)
    with step("findings", shown):
        found = find(given.journey, trace, log=given.log, scores=scores, value=value)
    with step("key figures", shown):
        figures = kpis(given.journey, trace, given.log, period=period, customers=given.customers)
    with step("report", shown):
        made: Report = made_report(given.journey, trace, scores=scores, findings=found, kpis=figures,
                                   log=given.log, value=value, title=title, language=language)  # fmt: skip
        saved = made.save(output)
    stages = time_in_stage(trace)
    told = f"{len(trace):,} customers, {len(given.log):,} events until {str(trace.until)[:10]}: see {saved}"
    answer = {"report": str(saved), "customers": len(trace), "events": len(given.log), "until": trace.until,
              "findings": len(found), "stages": stages}  # fmt: skip
    shown.say(f"{stage_lines(given.journey, stages)}\n\n{told}", answer)


@main.command()
@click.argument("journey", type=FILE)
@click.option("--as", "renderer", default="svg", show_default=True,
              help="One of the renderers that `cjlib plugins renderers` lists.")  # fmt: skip
@click.option("-o", "--output", type=OUTPUT, help="Where to write it; unsaid: to the terminal.")
@LANGUAGE
@with_data(needs_events=False)
def map(
    journey: Path, renderer: str, output: Path | None, language: str, source: Source, shown: Shown
) -> None:
    """Draw the journey: the plan, or with --events what happens on it."""
    plugins.load("renderers", renderer)  # a name that is none is told before anything is read
    if source.events is None:
        drawn = draw(load(journey), language=language)
    else:
        given = read(journey, source, shown)
        trace = given.replayed(shown)
        drawn = draw(given.journey, trace, scores=scored(given, shown), language=language)
    made = render(drawn, renderer)
    if output is None:
        click.echo(made, nl=not made.endswith("\n"))
        return
    try:
        output.write_text(made, encoding="utf-8", newline="\n")
    except OSError as error:
        raise OutputError(f"{output}: it cannot be written ({error})") from error
    shown.say(f"see {output}", {"map": str(output), "renderer": renderer})
