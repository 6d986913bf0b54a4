"""One customer from all sides."""

from __future__ import annotations

import attrs
import numpy as np
import pyarrow as pa
import pytest
from tests.findings.books import JOURNEY, book

import cjlib as cj
from cjlib.errors import UnknownNameError, UsageError
from cjlib.findings import cards

TIMES = ["2025-01-01", "2025-01-05", "2025-01-10", "2025-01-20", "2025-02-01", "2025-02-03", "2025-02-04"]


def small() -> tuple[cj.Journey, cj.EventLog, cj.Customers]:
    """Acme signs without a scope, waits ten days for it, and goes live on 1 February; brass only looks."""
    journey = attrs.evolve(
        JOURNEY,
        stages=[
            attrs.evolve(one, value_step=step)
            for one, step in zip(JOURNEY.stages, ("defined", "delivered", None, None), strict=True)
        ],
        milestones=[cj.Milestone("aha", when='happened("ticket", ever=True)', value_step="realised")],
        signals=[cj.Signal("quiet", when='idle("visit") >= "20d"', severity="high")],
        roles=[cj.Role(one) for one in ("sales", "csm")] + [cj.Role("sponsor", side="customer")],
        metrics=[*JOURNEY.metrics, cj.Metric("tickets", activity="ticket", direction="down")],
        aims=[cj.Aim(metric="tickets", value=1)],
        attributes=[
            cj.Attribute("segment", group="firmographic"), cj.Attribute("arr", type="number"),
            cj.Attribute("sponsor", group="plan"), cj.Attribute("objective", group="plan"),
        ],
    )  # fmt: skip
    log = cj.EventLog.from_columns(
        ["acme"] * 7 + ["brass"],
        ["visit", "demo", "signed", "scoped", "live", "ticket", "ticket", "visit"],
        [*TIMES, "2025-02-01"],
        [np.nan] * 5 + [4.0, 2.0, np.nan],
        channel=["video"] * 5 + ["email", "phone", "video"],
        actor=[None, "Ann", "Ann", None, None, "Ben", "Ann", None],
        text=[None] * 5 + ["It fails.", "It still fails.", None],
    )
    customers = cj.Customers.from_frame(
        pa.table({
            "customer": ["acme", "brass"], "segment": ["large", "small"], "arr": [5000.0, None],
            "sponsor": ["Ann", None], "objective": ["less paper", None],
        })
    )  # fmt: skip
    return journey, log, customers


@pytest.fixture(scope="module")
def acme() -> cj.findings.Card:
    journey, log, customers = small()
    trace = cj.replay(journey, log, customers, until="2025-02-15")
    scores = cj.Scores([80.0, 20.0], scorer="mine", customers=["acme", "brass"])
    return cj.card("acme", journey, trace, log, scores={"health": scores}, value="arr", due="30d")


def test_it_says_where_and_since_when(acme: cj.findings.Card) -> None:
    assert (acme.stage, str(acme.since)[:10], acme.persona, acme.worth) == (
        "care",
        "2025-02-01",
        "large",
        5000,
    )
    assert acme.visits["stage"].tolist() == ["trial", "onboarding", "care"]
    assert acme.visits["days"].tolist() == [19, 12, 14]
    assert acme.visits["target_days"].tolist()[:2] == [30, 30]


def test_attributes_stand_in_their_groups_unknown_ones_included(acme: cj.findings.Card) -> None:
    assert {group: dict(values) for group, values in acme.attributes.items()} == {
        "firmographic": {"segment": "large"},
        "other": {"arr": 5000.0},
        "plan": {"sponsor": "Ann", "objective": "less paper"},
    }


def test_people_are_those_who_acted_and_those_in_a_role(acme: cj.findings.Card) -> None:
    rows = {
        row["person"]: (row["role"], row["contacts"], str(row["last"])[:10]) for row in acme.people.rows()
    }
    assert rows == {"Ann": ("sponsor", 3, "2025-02-04"), "Ben": (None, 1, "2025-02-03")}


def test_value_steps_are_reached_by_stages_and_milestones(acme: cj.findings.Card) -> None:
    found = {row["step"]: (str(row["reached"])[:10], row["through"]) for row in acme.values.rows()}
    assert found == {
        "defined": ("2025-01-20", "trial"),
        "delivered": ("2025-02-01", "onboarding"),
        "realised": ("2025-02-03", "aha"),
        "validated": ("NaT", None),
        "optimised": ("NaT", None),
    }


def test_the_plan_is_held_against_what_is(acme: cj.findings.Card) -> None:
    (row,) = acme.plan.rows()
    assert (row["metric"], row["aim"], row["actual"], row["is_met"]) == ("tickets", 1, 2, False)


def test_scores_keep_their_parts(acme: cj.findings.Card) -> None:
    assert acme.scores["health"].value == 80.0


def test_signals_and_what_is_due(acme: cj.findings.Card) -> None:
    assert acme.signals["signal"].tolist() == ["quiet"]
    assert acme.signals["severity"].tolist() == ["high"]
    assert acme.due["kind"].tolist() == []


def test_the_last_contacts_come_first_with_their_feedback(acme: cj.findings.Card) -> None:
    rows = list(acme.contacts.rows())
    assert [row["activity"] for row in rows] == [
        "ticket",
        "ticket",
        "live",
        "scoped",
        "signed",
        "demo",
        "visit",
    ]
    assert [row["answer"] for row in rows[:2]] == [2.0, 4.0]
    assert rows[0]["text"] == "It still fails."
    assert (rows[5]["touchpoint"], rows[5]["channel"], rows[5]["person"]) == ("demo", "video", "Ann")


def test_as_text_it_says_all_that_is_known(acme: cj.findings.Card) -> None:
    text = str(acme)
    assert text.startswith("acme (large) is in care since 2025-02-01")
    for words in ("mine of 'acme': 80", "plan: sponsor Ann", "It still fails."):
        assert words in text


def test_the_checklist_shows_what_the_next_owner_waits_for() -> None:
    journey, log, customers = small()
    trace = cj.replay(journey, log, customers, until="2025-01-15")
    early = cj.card("acme", journey, trace, log)
    assert list(early.checklist.rows()) == [
        {"to": "onboarding", "item": "scope", "required": True, "status": "failed"}
    ]
    assert [(row["kind"], str(row["at"])[:10]) for row in early.due.rows()] == [
        ("deadline", "2025-01-20"),
        ("signal", "2025-01-21"),
    ]


def test_who_is_unknown_and_what_was_meant() -> None:
    journey, log, customers = small()
    trace = cj.replay(journey, log, customers, until="2025-02-15")
    with pytest.raises(UnknownNameError, match="did you mean 'acme'"):
        cj.card("acne", journey, trace, log)
    with pytest.raises(UsageError, match="several customers"):
        cards("acme", journey, trace, log)


def test_many_cards_are_the_same_as_one_by_one() -> None:
    made = book(17, 20)
    trace = made.trace
    many = cards(range(20), JOURNEY, trace, made.log, due=trace.due("30d"))
    assert [str(one) for one in many] == [str(cj.card(who, JOURNEY, trace, made.log)) for who in range(20)]
