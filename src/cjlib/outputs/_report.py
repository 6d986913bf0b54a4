"""One self-contained HTML page about a journey and its customers; also as Markdown and as a workbook."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import attrs

from .._version import __version__
from ..data import EventLog, Ledger
from ..errors import OutputError, UsageError
from ..findings import Finding, Findings, time_in_stage
from ..journey import Journey
from ..scoring import KeyFigures, Scores
from ..trace import Trace
from ._blocks import Section
from ._draw import check_given, map_of, numbered
from ._found import MOST, data, definitions, evidence
from ._found import findings as found_section
from ._health import health_of
from ._html import tag
from ._markdown import markdown
from ._page import document
from ._risk_cards import risk_cards
from ._scored import figures, health, risk
from ._sections import breaches, durations, funnel, signals, stages, the_map
from ._summary import summary
from ._told import Told, breaches_of, is_waiting, risks_of, waiting_of, worth_of
from ._words import words
from ._workbook import save_workbook

__all__ = ["Report", "report"]

FOOTER = f"cjlib {__version__}"
# What the report consists of, in the order of the page: answers first, then their evidence.
SECTIONS: tuple[Callable[[Told], Section], ...] = (
    summary, the_map, risk, signals, found_section, funnel, durations, figures, health, risk_cards,
    evidence, stages, breaches, data, definitions,
)  # fmt: skip


@attrs.frozen(kw_only=True)
class Report:
    """A finished report; it needs no network, runs no script and is the same for the same input.

    Attributes:
        title: what stands at its top.
        facts: of what and when it is, in words.
        description: what the journey is about.
        sections: what it consists of.
        language: ``en`` or ``fr``.
    """

    title: str
    facts: tuple[str, ...] = attrs.field(repr=False)
    description: str = attrs.field(default="", repr=False)
    sections: tuple[Section, ...] = attrs.field(repr=False)
    language: str = attrs.field(default="en", repr=False)

    @property
    def html(self) -> str:
        """The whole page."""
        say = words(self.language)
        header = (
            tag("p", say("Customer journey report"), class_="kind"),
            tag("h1", tag("bdi", self.title)),
            tag("p", tag("bdi", self.description)) if self.description else None,
            tag("p", " · ".join(self.facts), class_="facts"),
        )
        title = f"{self.title} · {say('Customer journey report')}"
        return document(title, header, self.sections, FOOTER, say)

    def to_markdown(self) -> str:
        """The report as Markdown: everything but the drawings."""
        return markdown(self.title, (*self.facts, self.description), self.sections, FOOTER)

    def save(self, path: str | Path) -> Path:
        """Writes a page, or Markdown (``.md``), or a workbook of all tables (``.xlsx``); says where it is.

        Raises:
            OutputError: also an OSError, if the file cannot be written.
            MissingExtraError: for a workbook without XlsxWriter.
        """
        if not isinstance(path, (str, Path)):
            raise UsageError(f"report: a path was expected, not {type(path).__name__}")
        suffix = Path(path).suffix.lower()
        if suffix == ".xlsx":
            save_workbook(Path(path), self.title, self.facts, self.sections)
            return Path(path)
        try:
            text = self.to_markdown() if suffix == ".md" else self.html
            Path(path).write_text(text, encoding="utf-8", newline="\n")
        except (OSError, ValueError) as error:
            raise OutputError(f"{path}: it cannot be written ({error})") from error
        return Path(path)


def report(
    journey: Journey,
    trace: Trace,
    *,
    scores: Scores | None = None,
    findings: Iterable[Finding] | None = None,
    kpis: KeyFigures | None = None,
    log: EventLog | None = None,
    value: str | None = None,
    title: str | None = None,
    language: str = "en",
) -> Report:
    """Where customers are, where they get stuck, who is at risk, what it costs and what to do first.

    Everything that is not given is left out, and said to be.

    Args:
        journey: the journey that was replayed.
        trace: what the replay found.
        scores: health scores of the same customers; of several moments, those that moved are told.
        findings: what :func:`cjlib.find` found.
        kpis: what :func:`cjlib.kpis` computed.
        log: the events, whose ledger is shown beside that of the trace.
        value: the attribute that says what a customer is worth in a year, such as ``arr``.
        title: what stands at the top; the name of the journey if unsaid.
        language: ``en`` or ``fr``.

    Raises:
        UsageError: if the trace is of another journey, or something is not what it should be.
        UnknownNameError: if the language is neither, or there is no such attribute.

    >>> import cjlib as cj
    >>> journey = cj.Journey("demo", stages=[cj.Stage("trial"), cj.Stage("active")],
    ...     transitions=[cj.Transition("trial", "active", when='happened("login")')])
    >>> log = cj.EventLog.from_columns(["a", "b"], ["login", "visit"], ["2026-01-05", "2026-01-06"])
    >>> page = report(journey, cj.replay(journey, log, until="2026-02-01"), title="January")
    >>> page, page.html[:15]
    (Report(title='January'), '<!doctype html>')
    """
    _check(journey, trace, scores, kpis, log)
    told = _told(journey, trace, scores, findings, kpis, log, value, title or journey.name, language)
    say = told.say
    facts = (
        say("Version {version}", version=journey.version),
        say("As of {moment} UTC", moment=say.moment(trace.until)),
        f"{say('Fingerprint')} {journey.fingerprint[:12]}",
    )
    sections = tuple(section for make in SECTIONS if (section := make(told)).blocks)
    return Report(
        title=told.title, facts=facts, description=journey.description, sections=sections, language=language
    )


def _check(journey: object, trace: object, scores: object, kpis: object, log: object) -> None:
    if trace is None:
        raise UsageError("report: a Trace was expected, not None: see replay")
    check_given("report", journey, trace, scores)
    for name, value, kind in (("kpis", kpis, KeyFigures), ("log", log, EventLog)):
        if not isinstance(value, kind) and value is not None:
            raise UsageError(f"report: {name} must be {kind.__name__}, not {type(value).__name__}")


def _told(
    journey: Journey,
    trace: Trace,
    scores: Scores | None,
    findings: Iterable[Finding] | None,
    kpis: KeyFigures | None,
    log: EventLog | None,
    value: str | None,
    title: str,
    language: str,
) -> Told:
    """Reads off everything once."""
    say = words(language)
    found = tuple(findings or ())
    markers = numbered(journey, found[:MOST], language)
    scored = None if scores is None else health_of(scores, trace)
    table = time_in_stage(trace)
    worth = worth_of(trace, value)
    risks, n_risks = risks_of(scores, trace, scored, worth) if scores is not None and scored else ((), 0)
    skipped = findings.skipped if isinstance(findings, Findings) else ()
    return Told(
        journey=journey,
        trace=trace,
        title=title,
        say=say,
        map=map_of(journey, trace, table, scored, markers, title, language),
        stages=tuple(table.rows()),
        scores=scores,
        health=scored,
        risks=risks,
        n_risks=n_risks,
        waiting=waiting_of(journey, trace),
        is_waiting=is_waiting(journey, trace),
        breaches=breaches_of(trace.breaches),
        findings=found,
        not_looked=tuple((one.detector, one.why) for one in skipped),
        kpis=kpis,
        ledger=_joined(trace, log),
        value=value or "",
        worth=worth,
    )


def _joined(trace: Trace, log: EventLog | None) -> Ledger:
    """What reading the events and replaying them left out or noted."""
    if log is None or log.ledger is trace.ledger:
        return trace.ledger
    told = {*trace.ledger.refused, *trace.ledger.noted}
    return trace.ledger.add(
        refused=[entry for entry in log.ledger.refused if entry not in told],
        noted=[entry for entry in log.ledger.noted if entry not in told],
    )
