"""The sections of the report about key figures, health and the customers at risk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ._blocks import Block, Cell, Column, Figure, Grid, Items, Part, Said, Section
from ._cells import NUMBER, TEXT, heads, named, number, share
from ._charts import histogram
from ._health import Health, Move, tone_of
from ._journey_map import BandCount
from ._told import Risk, Told
from ._words import capital, isolated

__all__ = ["between", "figures", "health", "part_label", "risk", "signed"]

PULLED = 3
SHARES = (
    "retention", "churn", "repurchase", "abandonment", "activation", "cross_sell", "csat", "grr", "nrr",
    "expansion", "contraction", "lost_revenue",
)  # fmt: skip
ABBREVIATED = ("nps", "csat", "ces", "mrr", "arr", "grr", "nrr", "clv")


def figures(told: Told) -> Section:
    """The key figures with what they rest on, beside their aims."""
    say, title = told.say, told.say("Key figures")
    if told.kpis is None:
        return Section(anchor="figures", title=title, blocks=(Said(say("No key figures were given.")),))
    table = told.kpis.table
    names = table.columns[table.columns.index("figure") + 1 : table.columns.index("numerator")]
    columns = heads(
        say, ("Figure", TEXT), *((name, TEXT) for name in names), ("Period", TEXT), ("Value", NUMBER),
        ("95 % interval", NUMBER), ("Of", NUMBER), ("Aim", NUMBER), ("Met", TEXT),
    )  # fmt: skip
    rows = tuple(_figure_row(told, row, names) for row in table.rows())
    grid = Grid(
        name=title,
        caption=say("Each as it was known at the end of its period, with what it is counted from."),
        columns=columns,
        rows=rows,
    )
    missing = tuple(
        (Said(figure_label(told, name)), Said(f": {why}", tone="soft"))
        for name, why in told.kpis.missing.items()
    )
    blocks: list[Block] = [grid] if rows else []
    if missing:
        blocks += [Said(say("What could not be computed, and what it needs:")), Items(entries=missing)]
    return Section(anchor="figures", title=title, blocks=tuple(blocks))


def figure_label(told: Told, name: str) -> str:
    """How a key figure is called on the page: by the label of its metric, else by its usual name."""
    label = next((metric.label for metric in told.journey.metrics if metric.id == name and metric.label), "")
    return label or (name.upper() if name in ABBREVIATED else capital(told.say.name(name)))


def _figure_row(told: Told, row: dict[str, object], names: Sequence[str]) -> tuple[Cell, ...]:
    say = told.say

    def real(name: str) -> float:
        return float(row[name])  # type: ignore[arg-type]

    unit = str(row["unit"] or "") or ("share" if row["figure"] in SHARES else "")
    low, high, aim = real("low"), real("high"), real("aim")
    between = "—" if np.isnan(low) else f"{_valued(told, low, unit)} – {_valued(told, high, unit)}"
    of = (
        "—"
        if np.isnan(real("denominator"))
        else f"{say.number(real('numerator'))} / {say.number(real('denominator'))}"
    )
    is_met = row["is_met"]
    met = (
        Said("—")
        if is_met is None
        else Said(say("yes"), tone="good")
        if is_met
        else Said(say("no"), tone="over")
    )
    return (
        Cell(said=Said(figure_label(told, str(row["figure"])), is_name=True)),
        *(named("—" if row[name] is None else str(row[name])) for name in names),
        Cell(said=Said(str(row["period"]))),
        Cell(said=Said(_valued(told, real("value"), unit)), value=real("value")),
        Cell(said=Said(between)),
        Cell(said=Said(of)),
        Cell(said=Said("—" if np.isnan(aim) else _valued(told, aim, unit)), value=aim),
        Cell(said=met),
    )


def _digits(value: float, unit: str) -> int:
    return 0 if abs(value) >= 100 else 1 if unit == "points" else 2


def _valued(told: Told, value: float, unit: str) -> str:
    """A figure in its unit: shares as percentages."""
    if unit == "share":
        return told.say.share(value, 1)
    shown = told.say.number(value, _digits(value, unit))
    return f"{shown}\N{NO-BREAK SPACE}{told.say.name(unit)}" if unit and np.isfinite(value) else shown


def health(told: Told) -> Section:
    """The spread of all scores, stage by stage, and who moved."""
    say, found, title = told.say, told.health, told.say("Health")
    if found is None or not found.count:
        return Section(anchor="health", title=title, blocks=(Said(say("Nobody has been scored.")),))
    chart = histogram(found.columns, found.scale, _tones(told, found), say)
    columns = [Column(heading=say("Stage")), Column(heading=say("Mean health"), is_number=True)]
    columns += [Column(heading=say("Health by stage"))]
    columns += [Column(heading=band.label, is_number=True) for band in found.bands]
    rows = tuple(
        (
            Cell(said=Said(told.stage_label(stage.id), is_name=True, href=f"#stage-{stage.id}")),
            number(say, of_stage.mean),
            Cell(said=Said(""), bar=_bar(of_stage.bands)),
            *(number(say, band.count) for band in of_stage.bands),
        )
        for stage in told.journey.stages
        if (of_stage := found.by_stage.get(stage.id)) is not None
    )
    caption = say(
        "Customers by band, in stages that are scored; {count} without a score.",
        count=say.number(found.unsaid),
    )
    grid = Grid(name=title, caption=caption, columns=tuple(columns), rows=rows)
    blocks: list[Block] = [Figure(drawing=chart, label=say("How many customers have which score")), grid]
    if found.strangers:
        one = "{count} customer with a score is not in the trace and is left out here."
        many = "{count} customers with a score are not in the trace and are left out here."
        blocks.append(Said(say.counted(found.strangers, one, many), tone="over"))
    return Section(anchor="health", title=title, blocks=(*blocks, *_movers(told, found)))


def _tones(told: Told, found: Health) -> list[str]:
    """The colour of each column: that of the band in which its middle lies."""
    scores = told.scores
    low, high = found.scale
    width = (high - low) / max(1, len(found.columns))
    if scores is None or scores.band_codes is None:
        return ["accent"] * len(found.columns)
    values, codes = scores.values[found.rows], scores.band_codes[found.rows]
    tones = []
    for i in range(len(found.columns)):
        inside = (values >= low + i * width) & (values <= low + (i + 1) * width)
        tones.append(tone_of(scores, int(np.bincount(codes[inside & (codes >= 0)]).argmax()))
                     if (inside & (codes >= 0)).any() else "none")  # fmt: skip
    return tones


def _bar(bands: Sequence[BandCount]) -> tuple[tuple[float, str], ...]:
    total = max(1, sum(band.count for band in bands))
    return tuple((band.count / total, f"{band.tone}-fill") for band in bands)


def _movers(told: Told, found: Health) -> Iterator[Block]:
    say = told.say
    if np.isnat(found.since):
        return
    if not found.movers:
        yield Said(say("Nobody's score has moved since {day}.", day=say.day(found.since)))
        return
    columns = heads(
        say, ("Customer", TEXT), ("Stage", TEXT), ("Before", NUMBER), ("Now", NUMBER), ("Change", NUMBER)
    )
    yield Grid(
        name=say("Movers"),
        caption=say(
            "Whose score moved most since {day}: the largest falls, then the largest rises.",
            day=say.day(found.since),
        ),
        columns=columns,
        rows=tuple(_move(told, one) for one in found.movers),
    )


def _move(told: Told, one: Move) -> tuple[Cell, ...]:
    say = told.say
    change = one.after - one.before
    return (
        named(str(one.customer)),
        named(told.stage_label(one.stage)),
        number(say, one.before),
        number(say, one.after),
        Cell(said=Said(signed(told, change), tone="over" if change < 0 else "good"), value=change),
    )


def signed(told: Told, size: float, digits: int = 1) -> str:
    """A number with its sign."""
    return f"{'−' if size < 0 else '+'}{told.say.number(abs(size), digits)}"


def part_label(told: Told, part: str) -> str:
    """How a measure, or what else a score consists of, is called on the page."""
    say, scorecards = told.say, told.journey.scorecards
    own = {
        "@clip": say("Cut off by the scale"),
        "@reweighting": say("Missing measures, re-weighted"),
        "@pulse": say("Human judgement"),
        "@rounding": say("Rounding"),
        "@override": say("Override"),
        "@persona": say("Persona"),
        "@stage": say("Stage"),
        "@dwell": say("Time in stage"),
        "@time in stage": say("Time in stage"),
        "@stale": say("Evidence that went stale"),
        "@formula": say("Another scorer"),
        "@base": say("Another starting point"),
        "@unexplained": say("What is left"),
    }
    if part in own:
        return own[part]
    groups = [group for scorecard in scorecards for group in scorecard.groups]
    if part.startswith("@cap:"):
        label = next((group.label or group.id for group in groups if f"@cap:{group.id}" == part), part[5:])
        return say("Cap of “{group}”", group=isolated(label))
    measures = [one for group in groups for one in group.measures]
    return next((one.label for one in measures if one.id == part and one.label), part.removeprefix("@"))


def risk(told: Told) -> Section:
    """Who is at risk, what pulls their scores down, and a card for each."""
    say, title = told.say, told.say("At risk")
    if told.health is None or not told.health.count:
        return Section(anchor="risk", title=title, blocks=(Said(say("Nobody has been scored.")),))
    if not told.risks:
        return Section(anchor="risk", title=title, blocks=(Said(say("Nobody is in the lowest band.")),))
    has_worth = told.worth is not None
    worth = [("Worth a year", NUMBER)] if has_worth else []
    columns = heads(
        say, ("Customer", TEXT), ("Score", NUMBER), ("Band", TEXT), ("Stage", TEXT), *worth,
        ("Coverage", NUMBER), ("What pulls it down", TEXT),
    )  # fmt: skip
    order = say("the most valuable first") if has_worth else say("the lowest scores first")
    caption = say("{shown} of {count}, {order}; the coverage is the share of the weight that rests on data.",
                  shown=say.number(len(told.risks)), count=say.number(told.n_risks), order=order)  # fmt: skip
    grid = Grid(
        name=title,
        caption=caption,
        columns=columns,
        rows=tuple(_risk_row(told, i, one) for i, one in enumerate(told.risks, start=1)),
    )
    return Section(anchor="risk", title=title, blocks=(grid,))


def _risk_row(told: Told, position: int, one: Risk) -> tuple[Cell, ...]:
    say = told.say
    worst = tuple(
        Part(name=part_label(told, part), size=size, shown=signed(told, size))
        for part, size in one.parts[:PULLED]
        if size < 0
    )
    worth = [Cell(said=Said(told.money(one.worth)), value=one.worth)] if told.worth is not None else []
    covered = Cell(said=Said("—")) if np.isnan(one.coverage) else share(say, one.coverage, 1)
    return (
        Cell(said=Said(str(one.customer), is_name=True, href=f"#customer-{position}")),
        Cell(said=Said(say.number(one.score)), note=between(told, one), value=one.score),
        Cell(said=Said(one.band, pill=True, tone=one.tone, is_name=True) if one.band else Said("—")),
        Cell(
            said=Said(told.stage_label(one.stage), is_name=True),
            note=say("since {day}", day=say.day(one.entered)),
        ),
        *worth,
        covered,
        Cell(said=Said("—"), parts=worst),
    )


def between(told: Told, one: Risk) -> str:
    """What the missing part could still make of the score; empty if that is next to nothing."""
    if np.isnan(one.low) or one.high - one.low < 0.5:
        return ""
    return f"{told.say.number(one.low)} – {told.say.number(one.high)}"
