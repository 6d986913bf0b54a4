"""The sections of the report about the journey: map, stages, funnel, durations, signals, breaches."""

from __future__ import annotations

import numpy as np

from ..scoring._survival import kaplan_meier
from ._blocks import Block, Card, Cards, Cell, Figure, Grid, Said, Section
from ._cells import NUMBER, TEXT, days, heads, named, number, share
from ._charts import Step, curve_chart, funnel_chart
from ._stage_cards import stage_cards, strip
from ._svg import drawing
from ._told import SHOWN, Told

__all__ = ["DAY", "breaches", "durations", "funnel", "signals", "stages", "steps_of", "the_map"]

DAY = np.timedelta64(1, "D")
DAY_US = 86_400_000_000


def the_map(told: Told) -> Section:
    """The drawing; what it shows stands in the sections below too."""
    say = told.say
    label = say("Journey map: stages and the ways between them")
    note = say(
        "On the lines: how often each way was taken. Every stage and every finding leads to its details."
    )
    figure = Figure(drawing=drawing(told.map), label=label, wide=True, kind="journey")
    return Section(
        anchor="map", title=say("Map"), blocks=(Said(note, tone="soft"), figure, strip(told.map, say))
    )


def stages(told: Told) -> Section:
    """The map as a list."""
    return Section(
        anchor="stages", title=told.say("Stage by stage"), blocks=(stage_cards(told.map, told.say),)
    )


def steps_of(told: Told) -> tuple[Step, ...]:
    """How far customers came, at their furthest, and what became of those who went no further."""
    standing = [i for i, stage in enumerate(told.journey.stages) if stage.kind != "lost"]
    place = np.full(len(told.journey.stages), -1, dtype=np.int64)
    place[standing] = np.arange(len(standing))
    visits = told.trace.visits
    codes, stage = visits.codes("customer"), visits.codes("stage")
    furthest = np.full(len(told.trace.ids), -1, dtype=np.int64)
    np.maximum.at(furthest, codes, place[stage])
    is_lost = np.zeros(len(told.trace.ids), dtype=bool)
    now = np.isnat(visits["left"])
    is_lost[codes[now]] = place[stage[now]] < 0
    came = furthest >= 0
    stopped = np.bincount(furthest[came], minlength=len(standing))
    lost = np.bincount(furthest[came & is_lost], minlength=len(standing))
    reached = np.cumsum(stopped[::-1])[::-1]
    return tuple(
        Step(
            label=told.map.stage(told.journey.stages[i].id).label,
            reached=int(reached[k]),
            waiting=int(stopped[k] - lost[k]),
            lost=int(lost[k]),
        )
        for k, i in enumerate(standing)
    )


def funnel(told: Told) -> Section:
    """How many came how far, as bars and as a table that adds up."""
    say, steps = told.say, steps_of(told)
    note = say(
        "How far customers came at their furthest. Each went further, still stands there, or was lost "
        "without going further; whoever stands there may yet go on."
    )
    columns = heads(
        say, ("Stage", TEXT), ("Came so far", NUMBER), ("Share of all", NUMBER),
        ("Share of the step before", NUMBER), ("Went further", NUMBER), ("Still there", NUMBER),
        ("Lost", NUMBER),
    )  # fmt: skip
    rows = []
    for k, step in enumerate(steps):
        before = steps[k - 1].reached if k else step.reached
        counts = (step.reached - step.waiting - step.lost, step.waiting, step.lost)
        rows.append(
            (
                named(step.label),
                number(say, step.reached),
                share(say, step.reached, steps[0].reached),
                share(say, step.reached, before),
                *(number(say, count) for count in counts),
            )
        )
    legend = Said(say("Blue: went further. Amber: still there. Red: lost."), tone="soft")
    figure = Figure(drawing=funnel_chart(steps, say), label=say("Funnel as bars"), wide=True)
    grid = Grid(name=say("Funnel"), caption=note, columns=columns, rows=tuple(rows))
    return Section(anchor="funnel", title=say("Funnel"), blocks=(figure, legend, grid))


def durations(told: Told) -> Section:
    """How long customers stay: a curve with its band for each stage, and the figures."""
    say = told.say
    note = say(
        "Medians are Kaplan–Meier estimates: a customer who is still in a stage counts as at least as "
        "long as they have been there. “—” means that fewer than half have left."
    )
    columns = heads(
        say, ("Stage", TEXT), ("Customers now", NUMBER), ("Entered", NUMBER), ("Visits", NUMBER),
        ("Median time", NUMBER), ("Finished visits only", NUMBER), ("Target", NUMBER), ("Limit", NUMBER),
        ("Over limit", NUMBER), ("Forward", NUMBER), ("Lost", NUMBER),
    )  # fmt: skip
    grid = Grid(name=say("Time in stage"), caption=note, columns=columns,
                rows=tuple(_stage_row(told, row) for row in told.stages))  # fmt: skip
    explained = say(
        "The share of visits that still go on, day by day, with its 95 % band. Dashed: the target. "
        "Red: the limit."
    )
    curves = _curves(told)
    blocks: tuple[Block, ...] = (
        (grid, Said(explained, tone="soft"), Cards(entries=curves)) if curves else (grid,)
    )
    return Section(anchor="durations", title=say("Time in stage"), blocks=blocks)


def _stage_row(told: Told, row: dict[str, float]) -> tuple[Cell, ...]:
    say, stage = told.say, told.journey.stage(str(row["stage"]))
    found = told.map.stage(stage.id)
    between = (
        "" if np.isnan(row["low_days"]) else f"{say.days(row['low_days'])} – {say.days(row['high_days'])}"
    )
    return (
        Cell(said=Said(found.label, is_name=True, href=f"#stage-{stage.id}"), note=found.owner),
        number(say, row["customers"]),
        number(say, row["entered"]),
        number(say, row["visits"]),
        days(say, row["median_days"], between, "over" if row["median_days"] > row["target_days"] else ""),
        days(say, row["left_median_days"]),
        days(say, row["target_days"]),
        days(say, row["limit_days"]),
        Cell(said=Said(say.number(row["over_limit"]), tone="over" if row["over_limit"] else ""),
             value=row["over_limit"]),
        share(say, row["forward"], row["left"]),
        share(say, row["lost"], row["left"]),
    )  # fmt: skip


def _curves(told: Told) -> tuple[Card, ...]:
    """A curve for each stage that somebody has left."""
    visits = told.trace.visits
    stage, left = visits.codes("stage"), visits["left"]
    ends = np.where(np.isnat(left), told.trace.until, left)
    lasted = (ends - visits["entered"]).astype(np.int64) / DAY_US
    cards = []
    for code, element in enumerate(told.journey.stages):
        here = stage == code
        is_left = ~np.isnat(left[here])
        if element.kind == "lost" or not is_left.any():
            continue
        found = told.map.stage(element.id)
        curve = kaplan_meier(lasted[here], is_left)
        chart = curve_chart(curve, found.target, found.limit, told.say)
        figure = Figure(drawing=chart, label=found.label)
        cards.append(Card(anchor=f"curve-{element.id}", title=found.label, blocks=(figure,), tone="plain"))
    return tuple(cards)


def signals(told: Told) -> Section:
    """What asks for an answer and has none, the most severe first."""
    say, until = told.say, told.trace.until
    title = say("Signals waiting")
    if not told.waiting:
        return Section(anchor="signals", title=title, blocks=(Said(say("No signal waits for an answer.")),))
    columns = heads(
        say, ("Customer", TEXT), ("Signal", TEXT), ("Severity", TEXT), ("Stage", TEXT), ("Raised", TEXT)
    )
    rows = tuple(
        (
            named(str(one.customer)),
            named(told.signal_label(one.signal)),
            Cell(said=Said(say(one.severity), pill=True, tone=one.severity)),
            named(told.stage_label(one.stage)),
            Cell(said=Said(say.day(one.raised)), note=say.days((until - one.raised) / DAY), value=one.raised),
        )
        for one in told.waiting
    )
    shown, count = say.number(min(SHOWN, told.n_waiting)), say.number(told.n_waiting)
    caption = say(
        "The {shown} most urgent of {count}: the most severe, and of these the oldest.",
        shown=shown,
        count=count,
    )
    grid = Grid(name=title, caption=caption, columns=columns, rows=rows)
    return Section(anchor="signals", title=title, blocks=(grid,))


def breaches(told: Told) -> Section:
    """What ran over."""
    say, title = told.say, told.say("Breaches")
    if not told.breaches:
        return Section(anchor="breaches", title=title, blocks=(Said(say("Nothing has run over.")),))
    columns = heads(say, ("Kind", TEXT), ("Place", TEXT), ("Number", NUMBER), ("Last", NUMBER))
    rows = tuple(
        (
            Cell(said=Said(say(one.kind))),
            named(told.place_label(one.place)),
            number(say, one.count),
            Cell(said=Said(say.day(one.last)), value=one.last),
        )
        for one in told.breaches
    )
    caption = say("Limits of stages, deadlines of handoffs, answers to signals.")
    grid = Grid(name=title, caption=caption, columns=columns, rows=rows)
    return Section(anchor="breaches", title=title, blocks=(grid,))
