"""The first minute: where customers are, where they get stuck, who is at risk, what it costs, what to do."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..findings._contract import costliest_first
from ._blocks import Facts, Said, Section, Tile, Tiles
from ._found import MOST
from ._told import Told
from ._words import isolated

__all__ = ["summary"]

Sentence = tuple[Said, ...]
FIRST = 3  # customers who are named in the summary
STUCK = ("bottleneck", "drop-off", "loop", "regression", "wait", "late handoff")


def summary(told: Told) -> Section:
    """Five questions, each answered in words that lead to their evidence; then the figures."""
    say = told.say
    answers = (
        (say("Where are customers?"), tuple(_where(told))),
        (say("Where do they get stuck?"), tuple(_stuck(told))),
        (say("Who is at risk?"), tuple(_at_risk(told))),
        (say("What does it cost?"), tuple(_cost(told))),
        (say("What to do first?"), tuple(_first(told))),
    )
    return Section(anchor="summary", title=say("Summary"), blocks=(Facts(entries=answers), _tiles(told)))


def _where(told: Told) -> Iterator[Sentence]:
    say, lost, count = told.say, told.customers_in("lost"), told.customers
    yield (
        Said(
            say.counted(
                count,
                "{count} customer, in one stage at a time; {active} on the journey now.",
                "{count} customers, each in one stage at a time; {active} on the journey now.",
                active=say.number(count - lost),
            ),
            href="#map",
        ),
    )
    if lost:
        one, many = "{count} has been lost ({share} of all).", "{count} have been lost ({share} of all)."
        yield (Said(say.counted(lost, one, many, share=say.share(lost, count)), href="#funnel"),)
    standing = [row for row in told.stages if told.journey.stage(str(row["stage"])).kind != "lost"]
    busiest = max(standing, key=lambda row: int(row["customers"]), default=None)
    if busiest and busiest["customers"]:
        stage = str(busiest["stage"])
        one, many = "Most are in “{stage}”: {count} customer.", "Most are in “{stage}”: {count} customers."
        said = say.counted(int(busiest["customers"]), one, many, stage=isolated(told.stage_label(stage)))
        yield (Said(said, href=f"#stage-{stage}"),)
    yield from _refused(told)


def _refused(told: Told) -> Iterator[Sentence]:
    if refused := sum(entry.rows for entry in told.ledger.refused):
        one = "{count} row of the data was refused; see the data section."
        many = "{count} rows of the data were refused; see the data section."
        yield (Said(told.say.counted(refused, one, many), href="#data"),)


def _stuck(told: Told) -> Iterator[Sentence]:
    say = told.say
    shown = enumerate(told.findings[:MOST], start=1)
    found = [(number, one) for number, one in shown if one.kind in STUCK][:2]
    for number, finding in found:
        yield (Said(finding.said(say.language), href=f"#finding-{number}", is_name=True),)
    if not found:
        yield from _slowest(told)
    if told.over_limit:
        one, many = (
            "{count} customer is over the limit of their stage.",
            "{count} customers are over the limit of their stage.",
        )
        yield (Said(say.counted(told.over_limit, one, many), href="#durations"),)
    elif not found and not any(True for _ in _slowest(told)):
        yield (
            Said(
                say("Nobody is over a limit, and no stage takes longer than its target."), href="#durations"
            ),
        )


def _slowest(told: Told) -> Iterator[Sentence]:
    say = told.say
    late = [
        row
        for row in told.stages
        if row["median_days"] > row["target_days"]
        and say.days(row["median_days"]) != say.days(row["target_days"])
    ]
    if late:
        worst = max(late, key=lambda row: float(row["median_days"] / max(row["target_days"], 1e-9)))
        said = say(
            "“{stage}” is furthest over its target: half of the visits last longer than {median}, "
            "the target is {target}.",
            stage=isolated(told.stage_label(str(worst["stage"]))),
            median=say.days(worst["median_days"]),
            target=say.days(worst["target_days"]),
        )
        yield (Said(said, href="#durations"),)


def _at_risk(told: Told) -> Iterator[Sentence]:
    say, health = told.say, told.health
    if health is None or not health.count:
        yield (Said(say("Nobody has been scored."), href="#health"),)
        return
    yield (Said(say("Health is {mean} on average.", mean=say.number(health.mean)), href="#health"),)
    if health.bands and health.bands[0].count:
        one, many = "{count} customer is “{band}”.", "{count} customers are “{band}”."
        said = say.counted(health.bands[0].count, one, many, band=isolated(health.bands[0].label))
        yield (Said(said, href="#risk"),)
        stage, most = max(health.by_stage.items(), key=lambda item: item[1].bands[0].count)
        said = say("Most of these in “{stage}”: {count}.", stage=isolated(told.stage_label(stage)),
                   count=say.number(most.bands[0].count))  # fmt: skip
        yield (Said(said, href=f"#stage-{stage}"),)
    falls = [move for move in health.movers if move.after < move.before]
    if falls:
        said = say("Fell most since {day}: {customer}, from {before} to {after}.", day=say.day(health.since),
                   customer=isolated(str(falls[0].customer)), before=say.number(falls[0].before),
                   after=say.number(falls[0].after))  # fmt: skip
        yield (Said(said, href="#health"),)


def _cost(told: Told) -> Iterator[Sentence]:
    say = told.say
    if shown := told.findings[:MOST]:
        one = costliest_first(shown)[0]
        evidence = f"#finding-{shown.index(one) + 1}"
        if one.money == one.money:
            money, days = told.money(one.money), say.number(one.days)
            said = say("The costliest finding costs {money} in {days} customer-days.", money=money, days=days)
            yield (Said(said, href=evidence),)
        elif one.days == one.days:
            said = say("The costliest finding costs {days} customer-days so far.", days=say.number(one.days))
            yield (Said(said, href=evidence),)
    worth = _worth_at_risk(told)
    if worth == worth:
        yield (
            Said(say("Customers at risk are worth {money} a year.", money=told.money(worth)), href="#risk"),
        )
    if told.worth is None:
        yield (
            Said(
                say("In money it cannot be said: no attribute tells what customers are worth."), tone="soft"
            ),
        )


def _worth_at_risk(told: Told) -> float:
    """What the customers in the lowest band are worth."""
    if told.worth is None or told.health is None or told.scores is None or told.scores.band_codes is None:
        return np.nan
    is_lowest = told.scores.band_codes[told.health.rows] == 0
    codes = told.trace.visits.codes("customer")[told.health.visits[is_lowest]]
    return float(np.nansum(told.worth[codes]))


def _first(told: Told) -> Iterator[Sentence]:
    say = told.say
    if told.n_waiting:
        one, many = "{count} signal waits for an answer.", "{count} signals wait for an answer."
        said = Said(say.counted(told.n_waiting, one, many), href="#signals")
        worst = told.waiting[0]
        label = Said(told.signal_label(worst.signal), is_name=True)
        yield (said, Said(" "), Said(say("First:")), Said(" "), Said(str(worst.customer), is_name=True),
               Said(", "), label, Said("."))  # fmt: skip
    if told.risks:
        named: list[Said] = [Said(say("Call:")), Said(" ")]
        for i, risk in enumerate(told.risks[:FIRST]):
            named += [Said(", ")] if i else []
            named.append(Said(str(risk.customer), href=f"#customer-{i + 1}", is_name=True))
            named += [Said(f" ({told.money(risk.worth)})")] if risk.worth == risk.worth else []
        yield (*named, Said("."))
    if told.findings:
        finding = told.findings[0]
        yield (
            Said(say("Look into:")),
            Said(" "),
            Said(finding.said(say.language), href="#finding-1", is_name=True),
        )
    if not (told.n_waiting or told.risks or told.findings):
        yield (Said(say("Nothing waits, and nobody is at risk.")),)


def _tiles(told: Told) -> Tiles:
    say, health = told.say, told.health
    lost, over = told.customers_in("lost"), told.over_limit
    tiles = [
        Tile(label=say("On the journey"), shown=say.number(told.customers - lost), href="#map"),
        Tile(label=say("Lost"), shown=say.share(lost, told.customers), href="#funnel"),
        Tile(label=say("Over the limit"), shown=say.number(over), href="#durations",
             tone="bad" if over else "good"),
        Tile(label=say("Signals waiting"), shown=say.number(told.n_waiting), href="#signals",
             tone="bad" if told.n_waiting else "good"),
    ]  # fmt: skip
    if health is not None and health.count:
        tiles.append(Tile(label=say("Mean health"), shown=say.number(health.mean), href="#health"))
        if health.bands:
            label = say("Customers “{band}”", band=health.bands[0].label)
            count = health.bands[0].count
            tiles.append(
                Tile(label=label, shown=say.number(count), href="#risk", tone="bad" if count else "good")
            )
    return Tiles(entries=tuple(tiles))
