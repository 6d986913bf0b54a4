"""Commands about the definition alone: check, diff, plugins."""

from __future__ import annotations

from pathlib import Path

from .. import plugins as registry
from ..journey import diff as difference
from ..journey import load
from ._app import STRICT, Shown, click, main, shown_options
from ._inputs import FILE

__all__: list[str] = []


@main.command()
@click.argument("journey", type=FILE)
@STRICT
@shown_options
def check(journey: Path, strict: bool, quiet: bool, as_json: bool) -> None:
    """Check the journey in a TOML or JSON file, and print what is worth a look."""
    shown, found = Shown(quiet, as_json), load(journey)
    problems = found.check()
    stages, ways = len(found.stages), len(found.transitions)
    summary = f"{found.name}: {stages} stages, {ways} transitions, {len(problems)} warnings"
    answer = {"name": found.name, "version": found.version, "fingerprint": found.fingerprint,
              "stages": stages, "transitions": ways, "problems": problems}  # fmt: skip
    shown.say("\n".join([*map(str, problems), summary]), answer)
    shown.leave(strict, bool(problems))


@main.command()
@click.argument("old", type=FILE)
@click.argument("new", type=FILE)
@STRICT
@shown_options
def diff(old: Path, new: Path, strict: bool, quiet: bool, as_json: bool) -> None:
    """Tell what changed between two versions of a journey, and what of it changes behaviour."""
    shown, found = Shown(quiet, as_json), difference(load(old), load(new))
    shown.say(str(found), found)
    shown.leave(strict, bool(found.behaviour))


@main.command()
@click.argument("group", required=False, type=click.Choice(registry.GROUPS))
@shown_options
def plugins(group: str | None, quiet: bool, as_json: bool) -> None:
    """List scorers, detectors, renderers and readers: our own, and those of other packages."""
    found = registry.listed(group)
    Shown(quiet, as_json).say("\n".join(map(str, found)), found)
