"""The sections of the report, one function each."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from .._version import __version__
from ._facts import SHOWN, Facts
from ._health_section import health_section, risk_section
from ._html import Child, Markup, tag
from ._map import Place, draw_stages
from ._summary import summary_section
from ._tables import Column, grid, name

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


# Anchor, title, and what draws the section, in the order of the page.
SECTIONS: tuple[tuple[str, str, Callable[[Facts], Markup]], ...] = (
    ("summary", "Summary", summary_section),
    ("map", "Map", _map),
    ("stages", "Stages", _stages),
    ("health", "Health", health_section),
    ("risk", "At risk", risk_section),
    ("signals", "Signals waiting", _waiting),
    ("breaches", "Breaches", _breaches),
    ("data", "Data", _data),
    ("definitions", "Definitions", _definitions),
)
