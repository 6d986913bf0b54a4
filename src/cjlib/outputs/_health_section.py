"""The sections of the report about scores: how they spread, and who is worst off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ._facts import Facts
from ._health import BandCount, Health, Risk
from ._html import Child, Markup, tag
from ._tables import Column, grid, name

__all__ = ["health_section", "risk_section"]

WIDTH, HEIGHT, FOOT = 640, 150, 20


def health_section(facts: Facts) -> Markup:
    """The histogram of all scores, and the bands stage by stage."""
    health, say = facts.health, facts.say
    if health is None or not health.count:
        return tag("p", say("Nobody has been scored."))
    columns = [Column(say("Stage")), Column(say("Mean health"), True), Column(say("Health by stage"))]
    columns += [Column(band.label, True) for band in health.bands]
    rows: Iterator[list[Child]] = (
        [name(facts.stage_label(stage.id)), say.number(found.mean), _bar(found.bands),
         *(say.number(band.count) for band in found.bands)]
        for stage in facts.journey.stages
        if (found := health.by_stage.get(stage.id)) is not None
    )  # fmt: skip
    caption = say(
        "Customers by band, in stages that are scored; {count} without a score.",
        count=say.number(health.unsaid),
    )
    return tag("div", _histogram(health, facts), grid(caption, columns, rows))


def _bar(bands: Sequence[BandCount]) -> Markup:
    """The shares of the bands as one bar; the numbers stand beside it."""
    total = max(1, sum(band.count for band in bands))
    starts = np.cumsum([0, *(band.count for band in bands)]) / total * 100
    pieces = (
        tag("rect", tag("title", f"{band.label}: {band.count}"), x=f"{start:.2f}%", y=0,
            width=f"{100 * band.count / total:.2f}%", height="100%", class_=band.tone)
        for band, start in zip(bands, starts[:-1], strict=True)
        if band.count
    )  # fmt: skip
    return tag("svg", pieces, class_="bar", aria_hidden="true")


def _histogram(health: Health, facts: Facts) -> Markup:
    say, (low, high) = facts.say, health.scale
    largest = max(1, *health.columns)
    step = WIDTH / len(health.columns)
    floor = HEIGHT - FOOT
    heights = [round((floor - 16) * count / largest, 1) for count in health.columns]
    bars = (
        tag("rect", tag("title", say.number(count)), x=round(i * step + 1, 1), width=round(step - 2, 1),
            y=floor - height, height=height, class_="columns-bar")
        for i, (count, height) in enumerate(zip(health.columns, heights, strict=True))
    )  # fmt: skip
    ticks = (
        tag("text", say.number(low + share * (high - low), 0 if high - low > 10 else 2),
            x=round(14 + share * (WIDTH - 28), 1), y=HEIGHT - 4)
        for share in (0, 0.25, 0.5, 0.75, 1)
    )  # fmt: skip
    label = say("How many customers have which score")
    line = tag("line", x1=0, x2=WIDTH, y1=floor + 0.5, y2=floor + 0.5)
    return tag("svg", tag("title", label), bars, line, ticks, class_="columns", role="img", aria_label=label,
               viewBox=f"0 0 {WIDTH} {HEIGHT}", width=WIDTH, height=HEIGHT)  # fmt: skip


def risk_section(facts: Facts) -> Markup:
    """The lowest scores with what sets them apart."""
    health, say = facts.health, facts.say
    if health is None or not health.risks:
        return tag("p", say("Nobody has been scored."))
    columns = [Column(say("Customer")), Column(say("Score"), True), Column(say("Band")), Column(say("Stage")),
               Column(say("Coverage"), True), Column(say("What pulls it down"))]  # fmt: skip
    caption = say("The lowest scores, and the parts that take most from them.")
    return grid(caption, columns, (_risk_row(facts, risk) for risk in health.risks))


def _risk_row(facts: Facts, risk: Risk) -> list[Child]:
    say = facts.say
    score: list[Child] = [say.number(risk.score)]
    if not np.isnan(risk.low) and risk.high - risk.low >= 0.5:
        score.append(tag("small", f"{say.number(risk.low)} – {say.number(risk.high)}"))
    since = say("since {day}", day=say.day(risk.entered))
    labels = _part_labels(facts)
    parts = (
        tag("li", tag("b", _signed(facts, size)), " ", name(labels.get(part, part)))
        for part, size in risk.parts
    )
    return [
        name(risk.customer),
        score,
        tag("span", risk.band, class_=f"pill {risk.tone}") if risk.band else None,
        [name(facts.stage_label(risk.stage)), tag("small", since)],
        say.share(risk.coverage, 1) if not np.isnan(risk.coverage) else "—",
        tag("ul", parts, class_="parts") if risk.parts else "—",
    ]


def _signed(facts: Facts, size: float) -> str:
    return f"{'−' if size < 0 else '+'}{facts.say.number(abs(size), 1)}"


def _part_labels(facts: Facts) -> dict[str, str]:
    """How the measures are called on the page."""
    groups = (group for scorecard in facts.journey.scorecards for group in scorecard.groups)
    return {measure.id: measure.label or measure.id for group in groups for measure in group.measures}
