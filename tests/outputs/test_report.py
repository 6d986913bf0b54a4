"""The report: right numbers, both languages, and nothing in it that runs or loads."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from cjlib.data import EventLog
from cjlib.errors import UnknownNameError, UsageError
from cjlib.journey import Bands, Journey, Signal, Stage, Touchpoint, Transition
from cjlib.outputs import report
from cjlib.scoring import Scores
from cjlib.trace import Trace, replay

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>\u202e\U0001f600 ' + "x" * 300
VOID = {"meta", "br", "col", "hr"}


class Document(HTMLParser):
    """What a browser would see: elements, attributes, text; unclosed elements are an error."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text.append(data)


def journey_called(label: str) -> Journey:
    return Journey(
        "demo",
        description=label,
        stages=[
            Stage("trial", label=label, owner="CSM", target="3d", limit="20d"),
            Stage("care", label="Care"),
            Stage("gone", label="Gone", kind="lost"),
        ],
        transitions=[
            Transition("trial", "care", when='happened("order")'),
            Transition("trial", "gone", when='happened("cancel")', kind="exit"),
            Transition("care", "gone", when='happened("cancel")', kind="exit"),
            Transition("gone", "trial", when='happened("return")', kind="reenter"),
            Transition("care", "trial", when='happened("relapse")', kind="regress"),
        ],
        touchpoints=[Touchpoint("call", stages=["trial", "care"], activities=["call"])],
        signals=[
            Signal("silent", label=label, when='idle("visit") >= "15d"', severity="high", response="call"),
            Signal("noted", when='idle("visit") >= "10d"'),
        ],
    )


def trace_of(journey: Journey, first: str = "a") -> Trace:
    log = EventLog.from_columns(
        [first, first, "b", "c", "c", "d"],
        ["visit", "order", "visit", "visit", "cancel", "visit"],
        ["2026-01-01", "2026-01-05", "2026-01-02", "2026-01-10", "2026-01-12", "2026-01-25"],
    )
    return replay(journey, log, until="2026-01-31")


def scores_of(trace: Trace, part: str = "logins") -> Scores:
    values = np.array([20.0, 60.0, 80.0, np.nan])
    parts = np.array([[-30.0, 0.0], [10.0, 0.0], [25.0, 5.0], [np.nan, np.nan]])
    return Scores(
        values,
        scorer="health",
        customers=trace.ids,
        parts=parts,
        part_names=(part, "tickets"),
        base=50.0,
        scale=(0, 100),
        coverage=[1.0, 0.5, 1.0, 0.0],
        low=[20.0, 45.0, 80.0, np.nan],
        high=[20.0, 75.0, 80.0, np.nan],
        bands=Bands(("red", "yellow", "green"), edges=(50, 75)),
    )


@pytest.fixture(scope="module")
def page() -> Document:
    journey = journey_called("Trial")
    trace = trace_of(journey)
    return Document(report(journey, trace, scores=scores_of(trace), title="January").html)


def text(document: Document) -> str:
    return " ".join(re.sub("[\u2068\u2069]", "", " ".join(document.text)).split())


def test_the_summary_says_in_words_where_everybody_is(page: Document) -> None:
    """a is in care, b and d on trial, c is lost; b has been on trial for 29 days, the limit is 20."""
    said = text(page)
    assert "4 customers, each in one stage at a time; 3 on the journey now." in said
    assert "1 has been lost (25.0 % of all)." in said
    assert "Most are in “Trial”: 2 customers." in said
    assert "1 customer is over the limit of their stage." in said
    assert "Health is 40 on average. 1 customer is “red”." in said


def test_only_customers_who_are_not_lost_count_for_health(page: Document) -> None:
    """a has 20, b has 60, d cannot be said; c, who has 80, is lost."""
    assert "Customers by band, in stages that are scored; 1 without a score." in text(page)
    assert "80" not in [data.strip() for data in page.text]


def test_the_parts_that_take_most_from_a_score_stand_beside_it(page: Document) -> None:
    """Customer a has -30 from logins, b loses nothing; the table and the card of a say so."""
    assert [data for data in page.text if data.startswith("−")] == ["−30.0", "−30.0"]


def test_the_oldest_waiting_signals_come_first(page: Document) -> None:
    said = text(page)
    assert "The 3 most urgent of 3: the most severe, and of these the oldest." in said


def test_scores_of_other_customers_are_refused() -> None:
    journey = journey_called("Trial")
    scores = Scores([1.0], scorer="mine", customers=["somebody else"])
    with pytest.raises(UsageError, match="no customer of the scores, such as 'somebody else'"):
        report(journey, trace_of(journey), scores=scores)


def test_every_section_has_a_heading_that_names_it(page: Document) -> None:
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for tag, attributes in page.elements:
        if tag == "section":
            assert attributes["aria-labelledby"] in ids
        if tag == "a":
            assert (attributes["href"] or "").removeprefix("#") in ids


@pytest.mark.parametrize("language", ["en", "fr"])
def test_whatever_a_label_holds_nothing_runs_and_nothing_loads(language: str) -> None:
    journey = journey_called(HOSTILE)
    trace = trace_of(journey, first=HOSTILE)
    scores = scores_of(trace, part=HOSTILE)
    page = Document(report(journey, trace, scores=scores, title=HOSTILE, language=language).html)
    tags = {tag for tag, _ in page.elements}
    names = {name for _, attributes in page.elements for name in attributes}
    assert not tags & {"script", "img", "iframe", "object", "embed", "link", "form", "base", "foreignobject"}
    assert not {name for name in names if name.startswith("on")} | names & {
        "style",
        "src",
        "srcset",
        "action",
    }
    assert all((a.get("href") or "#").startswith("#") for _, a in page.elements)
    assert HOSTILE in page.text


def test_the_policy_forbids_everything_but_the_style_sheet() -> None:
    journey = journey_called("Trial")
    html = report(journey, trace_of(journey)).html
    style = re.search("<style>(.*)</style>", html, re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = Document(html).elements[3][1]["content"]
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert "http:" not in style[1]
    assert "url(" not in style[1]


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    journey = journey_called("Trial")
    first, second = (
        report(journey, trace_of(journey)).save(tmp_path / name) for name in ("a.html", "b.html")
    )
    assert first.read_bytes() == second.read_bytes()


def test_french_is_french() -> None:
    journey = journey_called("Essai")
    page = Document(report(journey, trace_of(journey), language="fr").html)
    assert page.elements[0] == ("html", {"lang": "fr"})
    assert "4 clients, chacun dans une seule étape à la fois" in text(page)


def test_a_trace_of_another_journey_is_refused() -> None:
    with pytest.raises(UsageError, match="another version of the journey than 'demo'"):
        report(journey_called("Other"), trace_of(journey_called("Trial")))


def test_scores_without_parts_bands_or_bounds_are_shown_as_far_as_they_go() -> None:
    journey = journey_called("Trial")
    trace = trace_of(journey)
    bare = Scores([0.5, 2.0, 3.0, np.nan], scorer="mine", customers=trace.ids)
    assert "Health is 1 on average." in text(Document(report(journey, trace, scores=bare).html))


def test_a_journey_without_customers_has_a_report() -> None:
    journey = journey_called("Trial")
    trace = replay(journey, EventLog.from_columns([], [], []), until="2026-01-31")
    said = text(Document(report(journey, trace).html))
    assert "0 customers, each in one stage at a time; 0 on the journey now." in said


def test_arguments_in_the_wrong_order_are_refused() -> None:
    journey = journey_called("Trial")
    with pytest.raises(UsageError, match="report: journey must be Journey, not Trace"):
        report(trace_of(journey), journey)  # type: ignore[arg-type]


def test_an_unknown_language_is_refused() -> None:
    journey = journey_called("Trial")
    with pytest.raises(UnknownNameError, match="unknown language 'german'"):
        report(journey, trace_of(journey), language="german")
