"""The sections of the report, one function each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from .._version import __version__
from ._facts import SHOWN, BandCount, Facts, Health, Risk
from ._html import Child, Column, Markup, grid, name, tag
from ._map import Place, draw_stages
from ._words import isolated

__all__ = ["SECTIONS", "heading"]

DAY = np.timedelta64(1, "D")


def heading(facts: Facts) -> Markup:
    """What this is, of when, and where to find what."""
    say, trace = facts.say, facts.trace
    facts_line = " · ".join(
        [
            say("Version {version}", version=facts.journey.version),
            say("As of {moment} UTC", moment=say.moment(np.datetime64(trace.until))),
            f"{say('Fingerprint')} {facts.journey.fingerprint[:12]}",
        ]
    )
    links = (tag("li", tag("a", say(title), href=f"#{anchor}")) for anchor, title, _ in SECTIONS)
    return tag(
        "header",
        tag("p", say("Customer journey report"), class_="kind"),
        tag("h1", name(facts.title)),
        tag("p", name(facts.journey.description)) if facts.journey.description else None,
        tag("p", facts_line, class_="facts"),
        tag("nav", tag("ul", links), aria_label=say("Sections")),
    )


def _map(facts: Facts) -> Markup:
    scores = facts.health.by_stage if facts.health else {}
    places = [
        Place(
            stage=facts.journey.stage(row["stage"]),
            customers=row["customers"],
            median_days=row["median_days"],
            score=scores[row["stage"]].mean if row["stage"] in scores else np.nan,
            tone=scores[row["stage"]].tone if row["stage"] in scores else "none",
        )
        for row in facts.stages
    ]
    drawing = draw_stages(facts.journey, places, facts.taken, facts.say)
    note = facts.say("On the lines: how often each way was taken. Grey: never.")
    label = facts.say("Journey map: stages and the ways between them")
    return tag("div", tag("p", note, class_="soft"),
               tag("div", drawing, class_="wide", role="region", tabindex=0, aria_label=label))  # fmt: skip


def _stages(facts: Facts) -> Markup:
    say = facts.say
    headings = [("Stage", 0), ("Customers now", 1), ("Entered", 1), ("Visits", 1), ("Median time", 1),
                ("Finished visits only", 1), ("Target", 1), ("Limit", 1), ("Over limit", 1), ("Forward", 1),
                ("Lost", 1)]  # fmt: skip
    columns = [Column(say(text), bool(is_number)) for text, is_number in headings]
    note = say(
        "Medians are Kaplan–Meier estimates: a customer who is still in a stage counts as at least as "
        "long as they have been there. “—” means that fewer than half have left."
    )
    return grid(note, columns, (_stage_row(facts, row) for row in facts.stages))


def _stage_row(facts: Facts, row: dict[str, float]) -> list[Child]:
    say, stage = facts.say, facts.journey.stage(str(row["stage"]))
    median: list[Child] = [say.days(row["median_days"])]
    if not np.isnan(row["low_days"]):
        median.append(tag("small", f"{say.days(row['low_days'])} – {say.days(row['high_days'])}"))
    return [
        [
            name(stage.label or stage.id),
            tag("small", name(facts.role_label(stage.owner))) if stage.owner else None,
        ],
        say.number(row["customers"]),
        say.number(row["entered"]),
        say.number(row["visits"]),
        median,
        say.days(row["left_median_days"]),
        say.days(row["target_days"]),
        say.days(row["limit_days"]),
        tag("span", say.number(row["over_limit"]), class_="over" if row["over_limit"] else None),
        say.share(row["forward"], row["left"]),
        say.share(row["lost"], row["left"]),
    ]


def _waiting(facts: Facts) -> Markup:
    say, until = facts.say, np.datetime64(facts.trace.until)
    if not facts.waiting:
        return tag("p", say("No signal waits for an answer."))
    labels = {signal.id: signal.label or signal.id for signal in facts.journey.signals}
    columns = [Column(say(text)) for text in ("Customer", "Signal", "Severity", "Raised")]
    rows: Iterator[list[Child]] = (
        [
            name(found.customer),
            name(labels[found.signal]),
            tag("span", say(found.severity), class_=f"pill {found.severity}"),
            [say.day(found.raised), tag("small", say.days((until - found.raised) / DAY))],
        ]
        for found in facts.waiting
    )
    shown, count = say.number(min(SHOWN, facts.n_waiting)), say.number(facts.n_waiting)
    caption = say("The {shown} oldest of {count}.", shown=shown, count=count)
    return grid(caption, columns, rows)


def _breaches(facts: Facts) -> Markup:
    say = facts.say
    if not facts.breaches:
        return tag("p", say("Nothing has run over."))
    columns = [Column(say("Kind")), Column(say("Place"))]
    columns += [Column(say("Number"), True), Column(say("Last"), True)]
    rows: Iterator[list[Child]] = (
        [say(found.kind), name(facts.place_label(found.place)), say.number(found.count), say.day(found.last)]
        for found in facts.breaches
    )
    return grid(say("Limits of stages, deadlines of handoffs, answers to signals."), columns, rows)


def _data(facts: Facts) -> Markup:
    say, ledger = facts.say, facts.ledger
    if not ledger.refused and not ledger.noted:
        return tag("p", say("No row of the data was refused or noted."))
    entries = [("refused", entry) for entry in ledger.refused] + [("noted", entry) for entry in ledger.noted]
    columns = [Column(say("Reason")), Column(say("Detail")), Column(say("Kind")), Column(say("Number"), True)]
    rows: Iterator[list[Child]] = (
        [
            name(entry.reason),
            name(entry.detail),
            tag("span", say(kind), class_=f"pill {kind}"),
            say.number(entry.rows),
        ]
        for kind, entry in entries
    )
    return grid(say("What was left out, and what deserves to be known."), columns, rows)


def _definitions(facts: Facts) -> Markup:
    say, journey = facts.say, facts.journey
    columns = [Column(say("From")), Column(say("To")), Column(say("Criterion")), Column(say("Taken"), True)]
    rows: Iterator[list[Child]] = (
        [name(facts.stage_label(way.source)), name(facts.stage_label(way.target)), tag("code", str(way.when)),
         say.number(taken)]
        for way, taken in zip(journey.transitions, facts.taken, strict=True)
    )  # fmt: skip
    prints = [("journey", journey.fingerprint), ("trace", facts.trace.fingerprint)]
    if facts.health is not None:
        prints += facts.health.fingerprints
    return tag(
        "div",
        grid(say("What opens each way."), columns, rows),
        tag("ul", (tag("li", f"{say(what)} ", tag("code", text)) for what, text in prints), class_="prints"),
        tag("footer", f"cjlib {__version__}"),
    )


def _summary(facts: Facts) -> Markup:
    """Sentences, then figures."""
    lines = (tag("li", line) for line in _sentences(facts))
    return tag("div", tag("ul", lines, class_="summary"), _tiles(facts))


def _sentences(facts: Facts) -> Iterator[str]:
    yield from _whereabouts(facts)
    yield from _busiest(facts)
    yield from _slowest(facts)
    yield from _alarms(facts)
    yield from _mood(facts)
    yield from _refused(facts)


def _whereabouts(facts: Facts) -> Iterator[str]:
    say, lost, count = facts.say, facts.customers_in("lost"), facts.customers
    yield say.counted(
        count,
        "{count} customer, in one stage at a time; {active} on the journey now.",
        "{count} customers, each in one stage at a time; {active} on the journey now.",
        active=say.number(count - lost),
    )
    if lost:
        one, many = "{count} has been lost ({share} of all).", "{count} have been lost ({share} of all)."
        yield say.counted(lost, one, many, share=say.share(lost, count))


def _busiest(facts: Facts) -> Iterator[str]:
    standing = [row for row in facts.stages if facts.journey.stage(row["stage"]).kind != "lost"]
    busiest = max(standing, key=lambda row: int(row["customers"]), default=None)
    if busiest and busiest["customers"]:
        label = isolated(facts.stage_label(busiest["stage"]))
        one, many = "Most are in “{stage}”: {count} customer.", "Most are in “{stage}”: {count} customers."
        yield facts.say.counted(busiest["customers"], one, many, stage=label)


def _slowest(facts: Facts) -> Iterator[str]:
    late = [
        row
        for row in facts.stages
        if row["median_days"] > row["target_days"]
        and facts.say.days(row["median_days"]) != facts.say.days(row["target_days"])
    ]
    if late:
        worst = max(late, key=lambda row: float(row["median_days"] / max(row["target_days"], 1e-9)))
        yield facts.say(
            "“{stage}” is furthest over its target: half of the visits last longer than {median}, "
            "the target is {target}.",
            stage=isolated(facts.stage_label(worst["stage"])),
            median=facts.say.days(worst["median_days"]),
            target=facts.say.days(worst["target_days"]),
        )


def _alarms(facts: Facts) -> Iterator[str]:
    if over := facts.over_limit:
        yield facts.say.counted(
            over,
            "{count} customer is over the limit of their stage.",
            "{count} customers are over the limit of their stage.",
        )
    if waiting := facts.n_waiting:
        one, many = "{count} signal waits for an answer.", "{count} signals wait for an answer."
        yield facts.say.counted(waiting, one, many)


def _mood(facts: Facts) -> Iterator[str]:
    say, health = facts.say, facts.health
    if health is None or not health.count:
        return
    yield say("Health is {mean} on average.", mean=say.number(health.mean))
    if health.bands and health.bands[0].count:
        one, many = "{count} customer is “{band}”.", "{count} customers are “{band}”."
        yield say.counted(health.bands[0].count, one, many, band=isolated(health.bands[0].label))


def _refused(facts: Facts) -> Iterator[str]:
    if refused := sum(entry.rows for entry in facts.ledger.refused):
        yield facts.say.counted(
            refused,
            "{count} row of the data was refused; see the data section.",
            "{count} rows of the data were refused; see the data section.",
        )


def _tiles(facts: Facts) -> Markup:
    say, health = facts.say, facts.health
    lost, over = facts.customers_in("lost"), facts.over_limit
    tiles = [
        ("Customers", say.number(facts.customers), None),
        ("On the journey", say.number(facts.customers - lost), None),
        ("Lost", say.share(lost, facts.customers), None),
        ("Over the limit", say.number(over), "bad" if over else "good"),
        ("Signals waiting", say.number(facts.n_waiting), "bad" if facts.n_waiting else "good"),
    ]
    if health is not None and health.count:
        tiles.append(("Mean health", say.number(health.mean), None))
    return tag("dl", (tag("div", tag("dt", say(label)), tag("dd", value), class_=tone)
                      for label, value, tone in tiles), class_="tiles")  # fmt: skip


WIDTH, HEIGHT, FOOT = 640, 150, 20


def _health(facts: Facts) -> Markup:
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


def _risk(facts: Facts) -> Markup:
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
    """How the measures, and what else a score consists of, are called on the page."""
    say, groups = facts.say, [group for scorecard in facts.journey.scorecards for group in scorecard.groups]
    caps = {
        f"@cap:{group.id}": say("Cap of “{group}”", group=isolated(group.label or group.id))
        for group in groups
    }
    own = {
        "@clip": say("Cut off by the scale"),
        "@reweighting": say("Missing measures, re-weighted"),
        "@pulse": say("Human judgement"),
        "@rounding": say("Rounding"),
        "@override": say("Override"),
    }
    return own | caps | {one.id: one.label or one.id for group in groups for one in group.measures}


# Anchor, title, and what draws the section, in the order of the page.
SECTIONS: tuple[tuple[str, str, Callable[[Facts], Markup]], ...] = (
    ("summary", "Summary", _summary),
    ("map", "Map", _map),
    ("stages", "Stages", _stages),
    ("health", "Health", _health),
    ("risk", "At risk", _risk),
    ("signals", "Signals waiting", _waiting),
    ("breaches", "Breaches", _breaches),
    ("data", "Data", _data),
    ("definitions", "Definitions", _definitions),
)
