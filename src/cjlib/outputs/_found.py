"""The sections of the report about findings, data and definitions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..findings import Finding
from ..findings._contract import costliest_first
from ..journey import Persona, Stage, Touchpoint
from ._blocks import Block, Card, Cards, Cell, Column, Grid, Items, Said, Section
from ._cells import NUMBER, TEXT, heads, named, number, share
from ._scored import figure_label
from ._told import Told

__all__ = ["data", "definitions", "evidence", "findings"]

MOST, N_ROWS, N_COLUMNS, NAMED = 30, 6, 6, 8


def findings(told: Told) -> Section:
    """What was found, the costliest first."""
    say, title = told.say, told.say("Findings")
    if not told.findings and not told.not_looked:
        return Section(
            anchor="findings", title=title, blocks=(Said(say("Nothing was found, or nobody looked.")),)
        )
    blocks: list[Block] = [_list(told)] if told.findings else []
    if len(told.findings) > MOST:
        blocks.append(Said(say("and {count} more", count=say.number(len(told.findings) - MOST)), tone="soft"))
    if told.not_looked:
        entries = tuple((Said(name), Said(f": {why}", tone="soft")) for name, why in told.not_looked)
        blocks += [Said(say("What was not looked for, and why:")), Items(entries=entries)]
    return Section(anchor="findings", title=title, blocks=tuple(blocks))


def evidence(told: Told) -> Section:
    """A card for each finding on the list."""
    shown = enumerate(told.findings[:MOST], start=1)
    cards = tuple(_card(told, i, one) for i, one in shown)
    title = told.say("Findings, one by one")
    return Section(anchor="evidence", title=title, blocks=(Cards(entries=cards),) if cards else ())


def _list(told: Told) -> Grid:
    say = told.say
    columns = heads(
        say,
        ("Finding", TEXT),
        ("Kind", TEXT),
        ("Customers", NUMBER),
        ("Customer-days", NUMBER),
        ("Money", NUMBER),
    )
    rows = tuple(
        (
            Cell(said=Said(f"{i}. {one.said(say.language)}", is_name=True, href=f"#finding-{min(i, MOST)}")),
            Cell(said=Said(say.name(one.kind))),
            number(say, len(one)),
            number(say, one.days),
            Cell(said=Said(told.money(one.money)), value=one.money),
        )
        for i, one in enumerate(told.findings[:MOST], start=1)
    )
    is_by_cost = list(told.findings) == costliest_first(told.findings)
    by_cost = say("The costliest first: by money, then by days, then by customers.")
    caption = by_cost if is_by_cost else say("Findings")
    return Grid(name=say("Findings"), caption=caption, columns=columns, rows=rows)


def _card(told: Told, position: int, one: Finding) -> Card:
    say = told.say
    facts = tuple((Said(fact),) for fact in _sizes(told, one))
    blocks: list[Block] = [Said(one.said(say.language), is_name=True)]
    if facts:
        blocks.append(Items(entries=facts))
    if one.association:
        blocks.append(
            Said(say("This goes together; that one is the cause of the other is not shown."), tone="soft")
        )
    if len(one):
        blocks.append(Said(_who(told, one), tone="soft"))
    if len(one.evidence) and one.evidence.columns:
        blocks.append(_evidence(told, position, one))
    badge = Said(say.name(one.kind), pill=True, tone="soft")
    title = f"{position}. {_place(told, one)}"
    return Card(anchor=f"finding-{position}", title=title, blocks=tuple(blocks), badge=badge, tone="broad")


def _place(told: Told, one: Finding) -> str:
    """Where it is, in the labels of the page."""
    place, names = one.place, []
    if place.stage:
        names.append(told.place_label(place.stage))
    if place.transition:
        names.append(told.place_label(place.transition))
    touchpoints = {touchpoint.id: touchpoint.label for touchpoint in told.journey.touchpoints}
    personas = {persona.id: persona.label for persona in told.journey.personas}
    roles = {role.id: role.label for role in told.journey.roles}
    if place.touchpoint:
        names.append(touchpoints.get(place.touchpoint) or place.touchpoint)
    if place.persona:
        names.append(personas.get(place.persona) or place.persona)
    if place.role:
        names.append(" → ".join(roles.get(role) or role for role in place.role.split(" -> ")))
    names += [told.say.name(place.channel)] if place.channel else []
    names += [place.activity] if place.activity else []
    return " · ".join(names) or told.say("The whole journey")


def _sizes(told: Told, one: Finding) -> Iterator[str]:
    say = told.say
    if one.of is not None and one.per == "customers":
        yield say("{count} of {of} customers ({share})", count=say.number(len(one)), of=say.number(one.of),
                  share=say.share(len(one), one.of))  # fmt: skip
    elif len(one):
        yield say.counted(len(one), "{count} customer", "{count} customers")
    if one.days == one.days:
        yield say("{days} customer-days so far", days=say.number(one.days))
    if one.money == one.money:
        yield say("worth {money}", money=told.money(one.money))
    if one.estimate == one.estimate:
        between = (
            ""
            if np.isnan(one.low)
            else f" ({_valued(told, one.low, one.unit)} – {_valued(told, one.high, one.unit)})"
        )
        against = (
            "" if np.isnan(one.base) else say(", against {base}", base=_valued(told, one.base, one.unit))
        )
        yield say("Measured: {value}", value=f"{_valued(told, one.estimate, one.unit)}{between}{against}")
    if one.test is not None:
        p = "< 0.001" if one.test.p < 0.001 else f"= {told.say.number(one.test.p, 3)}"
        yield say(
            "Chance alone: p {p} ({test}, corrected for all that was looked at)", p=p, test=one.test.name
        )


def _valued(told: Told, value: float, unit: str) -> str:
    say = told.say
    if unit == "share":
        return say.share(value, 1)
    if unit == "days":
        return say.days(value)
    shown = say.number(value, 0 if abs(value) >= 100 else 2)
    return f"{shown}\N{NO-BREAK SPACE}{say.name(unit)}" if unit and np.isfinite(value) else shown


def _who(told: Told, one: Finding) -> str:
    names = [str(customer) for customer in one.customers[:NAMED].tolist()]
    more = len(one) - len(names)
    rest = f" {told.say('and {count} more', count=told.say.number(more))}" if more > 0 else ""
    return f"{told.say('Customers:')} {', '.join(names)}{rest}"


def _evidence(told: Told, position: int, one: Finding) -> Grid:
    """The first rows behind it; in Python ``finding.evidence`` has them all."""
    say, names = told.say, one.evidence.columns[:N_COLUMNS]
    head = one.evidence.select(slice(0, N_ROWS))
    columns = [list(head[name]) for name in names]
    caption = say(
        "Evidence of finding {number}: {shown} of {count} rows",
        number=position,
        shown=say.number(len(head)),
        count=say.number(len(one.evidence)),
    )
    is_number = [head[name].dtype.kind in "if" for name in names]
    return Grid(
        name=say("Finding {number}", number=position),
        caption=caption,
        columns=tuple(
            Column(heading=say.name(name), is_number=n) for name, n in zip(names, is_number, strict=True)
        ),
        rows=tuple(tuple(_plain(told, value) for value in row) for row in zip(*columns, strict=True)),
    )


def _plain(told: Told, value: Any) -> Cell:
    if isinstance(value, np.datetime64):
        return Cell(said=Said(told.say.moment(value)), value=value)
    if isinstance(value, (int, float, np.number)) and not isinstance(value, (bool, np.bool_)):
        real = float(value)
        return Cell(said=Said(told.say.number(real, 0 if real.is_integer() else 2)), value=real)
    return named("—" if value is None else str(value))


def data(told: Told) -> Section:
    """What was left out, what deserves to be known, and on how much evidence the scores rest."""
    say, ledger = told.say, told.ledger
    entries = [("refused", one) for one in ledger.refused] + [("noted", one) for one in ledger.noted]
    blocks: list[Block] = []
    if told.trace._log is not None:
        read = say("{events} events of {customers} customers were replayed.",
                   events=say.number(len(told.trace._log)), customers=say.number(told.customers))  # fmt: skip
        blocks.append(Said(read))
    if not entries:
        blocks.append(Said(say("No row of the data was refused or noted.")))
    else:
        columns = heads(say, ("Reason", TEXT), ("Detail", TEXT), ("Kind", TEXT), ("Number", NUMBER))
        rows = tuple(
            (
                named(one.reason),
                named(one.detail),
                Cell(said=Said(say(kind), pill=True, tone=kind)),
                number(say, one.rows),
            )
            for kind, one in entries
        )
        caption = say("What was left out, and what deserves to be known.")
        blocks.append(Grid(name=say("Data"), caption=caption, columns=columns, rows=rows))
    return Section(anchor="data", title=say("Data"), blocks=(*blocks, *_coverage(told)))


def _coverage(told: Told) -> Iterator[Block]:
    """On what share of the weight the scores rest, in quarters."""
    say, scores, found = told.say, told.scores, told.health
    if scores is None or found is None or scores.coverage is None or not found.count:
        return
    covered = scores.coverage[found.rows]
    edges = ((1.0, 1.01), (0.75, 1.0), (0.5, 0.75), (0.0, 0.5))
    names = (say("all of it"), say("75 to 100 %"), say("50 to 75 %"), say("less than half"))
    columns = heads(say, ("Evidence behind the score", TEXT), ("Customers", NUMBER), ("Share", NUMBER))
    counts = [int(((covered >= low) & (covered < high)).sum()) for low, high in edges]
    rows = tuple(
        (Cell(said=Said(name)), number(say, count), share(say, count, found.count))
        for name, count in zip(names, counts, strict=True)
    )
    caption = say("How much of the weight of the scores rests on data.")
    yield Grid(name=say("Coverage"), caption=caption, columns=columns, rows=rows)


def definitions(told: Told) -> Section:
    """What opens each way, what aims there are, and the fingerprints of all that was used."""
    say, journey = told.say, told.journey
    via = told.trace.visits["via"]
    taken = np.bincount(via[via >= 0], minlength=len(journey.transitions)).tolist()
    columns = heads(say, ("From", TEXT), ("To", TEXT), ("Criterion", TEXT), ("Taken", NUMBER))
    rows = tuple(
        (
            named(told.stage_label(way.source)),
            named(told.stage_label(way.target)),
            Cell(said=Said(str(way.when), code=True)),
            number(say, count),
        )
        for way, count in zip(journey.transitions, taken, strict=True)
    )
    prints = [("journey", journey.fingerprint), ("trace", told.trace.fingerprint)]
    if told.health is not None:
        prints += told.health.fingerprints
    blocks: list[Block] = [
        Grid(name=say("Transitions"), caption=say("What opens each way."), columns=columns, rows=rows)
    ]
    blocks += _aims(told)
    blocks.append(
        Said(say("Fingerprints: equal ones were made from equal definitions and data."), tone="soft")
    )
    blocks.append(
        Items(entries=tuple((Said(f"{say(what)} "), Said(text, code=True)) for what, text in prints))
    )
    return Section(anchor="definitions", title=say("Definitions"), blocks=tuple(blocks))


def _aims(told: Told) -> Iterator[Block]:
    say, journey = told.say, told.journey
    holders: tuple[Stage | Touchpoint | Persona, ...]
    holders = (*journey.stages, *journey.touchpoints, *journey.personas)
    places = [(say("The whole journey"), journey.aims), *((one.label or one.id, one.aims) for one in holders)]
    rows = tuple(
        (
            named(where),
            named(figure_label(told, aim.metric)),
            number(say, aim.value, 0 if aim.value.is_integer() else 2),
            Cell(said=Said("—" if aim.by is None else str(aim.by))),
        )
        for where, aims in places
        for aim in aims
    )
    if rows:
        columns = heads(say, ("Place", TEXT), ("Metric", TEXT), ("Aim", NUMBER), ("By", TEXT))
        caption = say("What is to be reached, where and by when.")
        yield Grid(name=say("Aims"), caption=caption, columns=columns, rows=rows)
