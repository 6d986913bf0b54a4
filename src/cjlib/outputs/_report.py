"""One self-contained HTML page about a journey and its customers."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from pathlib import Path

import attrs

from ..data import EventLog, Ledger
from ..errors import OutputError, UsageError
from ..journey import Journey
from ..scoring import Scores
from ..trace import Trace
from ._facts import Facts, gather, health_of
from ._html import Markup, tag
from ._sections import SECTIONS, heading
from ._words import words

__all__ = ["Report", "report"]


@attrs.frozen
class Report:
    """A finished page; it needs no network, runs no script and is the same for the same input.

    Attributes:
        html: the whole document.
        title: what stands at its top.
    """

    html: str = attrs.field(repr=False)
    title: str

    def save(self, path: str | Path) -> Path:
        """Writes the page to a file, and says where it is.

        Raises:
            OutputError: also an OSError, if the file cannot be written.
        """
        if not isinstance(path, (str, Path)):
            raise UsageError(f"report: a path was expected, not {type(path).__name__}")
        try:
            Path(path).write_text(self.html, encoding="utf-8", newline="\n")
        except (OSError, ValueError) as error:
            raise OutputError(f"{path}: it cannot be written ({error})") from error
        return Path(path)


def report(
    journey: Journey,
    trace: Trace,
    *,
    scores: Scores | None = None,
    log: EventLog | None = None,
    title: str | None = None,
    language: str = "en",
) -> Report:
    """Where customers are, how long they stay, who is at risk and on what evidence, as one HTML page.

    Args:
        journey: the journey that was replayed.
        trace: what the replay found.
        scores: health scores of the same customers, if there are any.
        log: the events, whose ledger is shown beside that of the trace.
        title: what stands at the top; the name of the journey if unsaid.
        language: ``en`` or ``fr``.

    Raises:
        UsageError: if the trace is of another journey, or something is not what it should be.
        UnknownNameError: if the language is neither.

    >>> import cjlib as cj
    >>> journey = cj.Journey("demo", stages=[cj.Stage("trial"), cj.Stage("active")],
    ...     transitions=[cj.Transition("trial", "active", when='happened("login")')])
    >>> log = cj.EventLog.from_columns(["a", "b"], ["login", "visit"], ["2026-01-05", "2026-01-06"])
    >>> page = report(journey, cj.replay(journey, log, until="2026-02-01"), title="January")
    >>> page, page.html[:15]
    (Report(title='January'), '<!doctype html>')
    """
    _check(journey, trace, scores, log)
    say = words(language)
    health = None if scores is None else health_of(scores, trace)
    facts = gather(journey, trace, health, _joined(trace, log), title or journey.name, say)
    return Report(_page(facts), facts.title)


def _check(journey: object, trace: object, scores: object, log: object) -> None:
    for name, value, kind in (
        ("journey", journey, Journey),
        ("trace", trace, Trace),
        ("scores", scores, Scores),
        ("log", log, EventLog),
    ):
        if not isinstance(value, kind) and not (value is None and name in ("scores", "log")):
            raise UsageError(f"report: {name} must be {kind.__name__}, not {type(value).__name__}")
    assert isinstance(journey, Journey)
    assert isinstance(trace, Trace)
    if journey.fingerprint != trace.journey.fingerprint:
        raise UsageError(f"the trace is of another version of the journey than {journey.name!r}")
    if isinstance(scores, Scores) and len(scores):
        known = set(trace.ids.tolist())
        if not any(customer in known for customer in scores.customers.tolist()):
            raise UsageError(
                f"report: no customer of the scores, such as {scores.customers[0]!r:.80}, is in the trace"
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


def _page(facts: Facts) -> str:
    style = files(__package__).joinpath("report.css").read_text("utf-8")
    sections = (_section(facts, anchor, title) for anchor, title, _ in SECTIONS)
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_policy(style)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", f"{facts.title} · {facts.say('Customer journey report')}"),
        Markup(f"<style>{style}</style>"),
    )
    body = tag("body", heading(facts), tag("main", sections))
    return f"<!doctype html>\n{tag('html', head, body, lang=facts.say.language)}\n"


def _section(facts: Facts, anchor: str, title: str) -> Markup:
    draw = next(draw for key, _, draw in SECTIONS if key == anchor)
    return tag("section", tag("h2", facts.say(title), id=f"{anchor}-title"), draw(facts),
               id=anchor, aria_labelledby=f"{anchor}-title")  # fmt: skip


def _policy(style: str) -> str:
    """Nothing may load or run; the one style sheet is known by its hash."""
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
