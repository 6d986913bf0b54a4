"""Commands that answer questions about customers: replay, score, backtest, compare, customer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..data import Table
from ..errors import UnknownNameError, UsageError
from ..findings import card, time_in_stage
from ..findings import compare as comparison
from ..journey import load
from ..scoring import Scores
from ..scoring import backtest as judged
from ..trace import Trace
from ._app import STRICT, VALUE, Shown, click, main, step
from ._inputs import FILE, OUTPUT, Source, read, scored, scorer_of, with_data
from ._tables import aligned, save_table, stage_lines

__all__: list[str] = []

SHOWN = 20


@main.command()
@click.argument("journey", type=FILE)
@click.option("-o", "--output", type=OUTPUT, help="Write all visits to a CSV or Parquet file.")
@with_data()
def replay(journey: Path, output: Path | None, source: Source, shown: Shown) -> None:
    """Replay events through a journey: how many customers are where, and how long stages take."""
    given = read(journey, source, shown)
    trace = given.replayed(shown)
    stages = time_in_stage(trace)
    if output is not None:
        save_table(trace.visits, output)
    told = f"\n\n{len(trace):,} customers, {len(given.log):,} events until {str(trace.until)[:10]}"
    answer = {"until": trace.until, "customers": len(trace), "events": len(given.log),
              "fingerprint": trace.fingerprint, "stages": stages}  # fmt: skip
    shown.say(stage_lines(given.journey, stages) + told + (f": see {output}" if output else ""), answer)


@main.command()
@click.argument("journey", type=FILE)
@click.option("--scorecard", help="The id of a scorecard; unsaid: the first.")
@click.option("-o", "--output", type=OUTPUT, help="Write all scores to a CSV or Parquet file.")
@with_data()
def score(journey: Path, scorecard: str | None, output: Path | None, source: Source, shown: Shown) -> None:
    """Score customers by a scorecard: bands, and the lowest scores with what pulls them down."""
    given = read(journey, source, shown)
    scores = scored(given, shown, scorecard, needed=True)
    assert scores is not None
    if output is not None:
        save_table(scores.to_table(), output)
    lowest = scores.to_table(parts=False).select(np.argsort(scores.values, kind="stable")[:SHOWN])
    counts, unsaid = _counts(scores), int(np.isnan(scores.values).sum())
    told = [*(f"{count:,} {label}" for label, count in counts.items()), f"{unsaid:,} without a score"]
    summary = f"{len(scores):,} customers: {', '.join(told)}"
    answer = {"customers": len(scores), "bands": counts, "unsaid": unsaid, "lowest": lowest}
    shown.say(f"{_lowest(lowest)}\n{summary}", answer)


def _counts(scores: Scores) -> dict[str, int]:
    """How many customers are in each band, the lowest first."""
    if scores.band_codes is None:
        return {}
    known = scores.band_codes[scores.band_codes >= 0]
    counts: list[int] = np.bincount(known, minlength=len(scores.band_labels)).tolist()
    return dict(zip(scores.band_labels, counts, strict=True))


def _lowest(lowest: Table) -> str:
    rows = [("Customer", "Score", "Band", "Coverage")]
    for row in lowest.rows():
        covered = row.get("coverage", np.nan)
        rows.append((str(row["customer"]), f"{row['value']:.1f}", str(row.get("band") or ""),
                     "" if np.isnan(covered) else f"{100 * covered:.0f} %"))  # fmt: skip
    return aligned(rows)


@main.command()
@click.argument("journey", type=FILE)
@click.option("--as-of", "moments", multiple=True, required=True, help="A past moment; give several.")
@click.option("--horizon", default="90d", show_default=True, help="How far ahead outcomes are awaited.")
@click.option("--scorecard", help="The id of a scorecard; unsaid: the first.")
@click.option("--event", help="What is awaited; unsaid: that a customer is lost.")
@with_data()
def backtest(
    journey: Path, moments: tuple[str, ...], horizon: str, scorecard: str | None, event: str | None,
    source: Source, shown: Shown,
) -> None:  # fmt: skip
    """Judge the scores at past moments by what came after, beside the simplest rules."""
    given = read(journey, source, shown)
    scorer = scorer_of(given.journey, scorecard)
    if scorer is None:
        raise UsageError(f"journey {given.journey.name!r} has no scorecard to judge")
    with step("backtest", shown):
        found = judged(scorer, given.log, given.journey, as_of=moments, horizon=horizon, event=event,
                       customers=given.customers, until=source.until)  # fmt: skip
    shown.say(str(found), found)


@main.command()
@click.argument("old", type=FILE)
@click.argument("new", type=FILE)
@STRICT
@with_data()
def compare(old: Path, new: Path, strict: bool, source: Source, shown: Shown) -> None:
    """Replay the same events under two versions of a journey: who stands elsewhere, and since when."""
    given = read(new, source, shown)
    with step("compare", shown):
        found = comparison(load(old), given.journey, given.log, given.customers, until=given.until)
    shown.say(str(found), {"changes": found.diff.changes, "stages": found.stages, "flow": found.flow,
                           "elsewhere": found.elsewhere})  # fmt: skip
    shown.leave(strict, len(found.elsewhere) > 0)


@main.command()
@click.argument("id")
@click.argument("journey", type=FILE)
@click.option("--horizon", default="30d", show_default=True, help="How far to look ahead.")
@VALUE
@with_data()
def customer(id: str, journey: Path, horizon: str, value: str | None, source: Source, shown: Shown) -> None:
    """Tell all about one customer: where it is and why, what is missing, how healthy it is, what is due."""
    given = read(journey, source, shown)
    trace = given.replayed(shown)
    scores = scored(given, shown)
    one = _known(trace, id)
    named = {} if scores is None or not (scores.customers == one).any() else {"health": scores}
    found = card(one, given.journey, trace, given.log, scores=named, value=value, due=horizon)
    shown.say(f"{found.standing}\n\n{found}", found)


def _known(trace: Trace, id: str) -> Any:
    """The id as the data have it: text stays text, a number is a number."""
    for one in (id, int(id)) if id.lstrip("-").isdigit() else (id,):
        if (trace.ids == one).any():
            return one
    raise UnknownNameError("customer", id, [str(one) for one in trace.ids[:10_000].tolist()])
