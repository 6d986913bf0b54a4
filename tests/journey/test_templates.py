"""The shipped templates load, hold together, say the same in both languages, and can be walked through."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

import attrs
import pytest

from cjlib.data import Customers, EventLog
from cjlib.errors import UnknownNameError
from cjlib.journey import Journey, dumps, loads
from cjlib.journey._templates import template, template_text, templates
from cjlib.trace import Trace, replay

NAMES = ("ecommerce", "lifecycle", "ocobo", "relationship", "saas", "success-manager")
TEXTS = {"label", "labels", "description", "objective", "text", "phase"}
DAY_0 = datetime(2026, 1, 1)

every = pytest.mark.parametrize("name", NAMES)
both = pytest.mark.parametrize("language", ["en", "fr"])


def test_the_six_templates_are_shipped() -> None:
    assert templates() == NAMES


@every
@both
def test_a_template_is_built_and_called_by_its_name(name: str, language: str) -> None:
    assert template(name, language).name == name


@every
@both
def test_a_template_has_no_warnings_now_nor_in_ten_years(name: str, language: str) -> None:
    journey = template(name, language)
    assert journey.check() == ()
    assert journey.check(on="2036-01-01") == ()


@every
@both
@pytest.mark.parametrize("format", ["toml", "json"])
def test_a_template_survives_being_written_and_read(name: str, language: str, format: str) -> None:
    journey = template(name, language)
    assert loads(dumps(journey, format=format), format=format) == journey


@every
def test_the_twins_differ_in_their_texts_only(name: str) -> None:
    english, french = (json.loads(dumps(template(name, tongue), format="json")) for tongue in ("en", "fr"))
    assert without_texts(english) == without_texts(french)


@every
def test_the_texts_are_translated(name: str) -> None:
    """Terms such as Customer success manager are the same in both languages; sentences are not."""
    english, french = (json.loads(dumps(template(name, tongue), format="json")) for tongue in ("en", "fr"))
    pairs = zip(texts_of(english), texts_of(french), strict=True)
    assert [before for before, after in pairs if before == after and len(str(before).split()) > 3] == []


@every
def test_no_text_is_missing(name: str) -> None:
    journey = template(name)
    groups = (journey.roles, journey.stages, journey.touchpoints, journey.milestones, journey.signals)
    parts = [*sum(groups, ()), *journey.personas, *journey.metrics, *journey.scorecards, *journey.attributes]
    assert [part.id for part in parts if not part.label] == []


@every
@both
def test_a_template_begins_by_saying_what_it_is(name: str, language: str) -> None:
    assert template_text(name, language).startswith("# ")


@every
def test_a_template_has_an_entry_a_lost_stage_and_a_way_back(name: str) -> None:
    journey = template(name)
    lost = {stage.id for stage in journey.stages if stage.kind == "lost"}
    ways_back = [move for move in journey.transitions if move.kind == "reenter" and move.source in lost]
    assert journey.initial == journey.stages[0].id
    assert lost
    assert ways_back
    for stage in journey.stages:
        assert lost & {stage.id, *journey.reachable(stage.id)}
        assert {move.target for move in ways_back} & {stage.id, *journey.reachable(stage.id)}


@every
def test_churn_has_reasons(name: str) -> None:
    journey = template(name)
    lost = {stage.id for stage in journey.stages if stage.kind == "lost"}
    exits = [move for move in journey.transitions if move.target in lost and move.source not in lost]
    assert all(move.kind == "exit" and move.reason for move in exits)


@every
def test_every_stage_has_touchpoints_and_people_on_both_sides(name: str) -> None:
    journey = template(name)
    assert {role.side for role in journey.roles} == {"company", "customer"}
    assert {touchpoint.mode for touchpoint in journey.touchpoints} == {"human", "digital", "internal"}
    assert {id for touchpoint in journey.touchpoints for id in touchpoint.stages} == {
        stage.id for stage in journey.stages
    }


@every
def test_every_signal_is_answered_where_it_is_raised(name: str) -> None:
    journey = template(name)
    for signal in journey.signals:
        assert signal.owner
        assert signal.within
        assert set(signal.stages) <= set(journey.touchpoint(signal.response).stages), signal.id


@every
def test_every_part_of_the_vocabulary_is_used(name: str) -> None:
    journey = template(name)
    on_the_map = {activity for touchpoint in journey.touchpoints for activity in touchpoint.activities}
    decisive = {term.name for move in journey.transitions for term in move.when.terms()}
    assert set(journey.activities) <= on_the_map | decisive


@every
def test_health_is_judged_by_several_measures(name: str) -> None:
    journey = template(name)
    card = journey.scorecard("health")
    assert 5 <= len(card.measures) <= 8
    assert card.bands is not None
    assert {stage.scorecard for stage in journey.stages} == {None, "health"}


def test_ocobo_has_its_four_stages_and_five_value_states() -> None:
    journey = template("ocobo", "fr")
    labels = [stage.label for stage in journey.stages if stage.kind != "lost"]
    assert labels == ["Implémentation", "Adoption", "Impact", "Engagement"]
    states = ["defined", "delivered", "realised", "validated", "optimised"]
    assert [milestone.value_step for milestone in journey.milestones] == states


def test_the_success_plan_is_required_at_the_sales_handoff() -> None:
    journey = template("success-manager")
    plan = {attribute.id for attribute in journey.attributes if attribute.group == "plan"} - {"main_contact"}
    required = {item.attribute for item in journey.transitions[0].required_items}
    assert plan <= required


def test_the_success_manager_has_a_rhythm_and_six_events() -> None:
    journey = template("success-manager")
    assert str(journey.signal("weekly_rhythm").when) == 'idle("meeting") >= "7d"'
    assert str(journey.signal("monthly_rhythm").when) == 'idle("meeting") >= "30d"'
    assert [signal.id for signal in journey.signals[2:]] == [
        "contact_changed",
        "product_evolved",
        "new_need",
        "sales_opportunity",
        "dissatisfaction",
        "churn_in_sight",
    ]
    assert [stage.id for stage in journey.stages if stage.phase == "onboarding"] == [
        "scoping",
        "delivery",
        "training",
    ]


@pytest.mark.parametrize("name", ["sass", "SaaS", "", "../saas", None, ["saas"]])
def test_an_unknown_template_is_named(name: object) -> None:
    with pytest.raises(UnknownNameError, match="unknown template"):
        template(name)  # type: ignore[arg-type]


def test_the_nearest_template_is_suggested() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'relationship'"):
        template("relations")


def test_an_unknown_language_is_named() -> None:
    with pytest.raises(UnknownNameError, match="unknown language 'de'"):
        template("saas", "de")  # type: ignore[arg-type]


def without_texts(data: object) -> object:
    """The same data with every text replaced by a dot."""
    if isinstance(data, dict):
        return {key: "." if key in TEXTS else without_texts(value) for key, value in data.items()}
    return [without_texts(entry) for entry in data] if isinstance(data, list) else data


def texts_of(data: object) -> Iterator[object]:
    if isinstance(data, dict):
        for key, value in data.items():
            yield from [value] if key in TEXTS else texts_of(value)
    elif isinstance(data, list):
        for entry in data:
            yield from texts_of(entry)


# Walks: one customer's history, by hand, and the stages that it must lead through ---------------------


@attrs.frozen
class Walk:
    """Events as day: activities; attributes as day: what is known from then on; the visits expected."""

    events: Mapping[int | range, str]
    known: Mapping[int, Mapping[str, object]]
    visits: Iterable[tuple[str, int]]
    reason: str | None
    until: int


SAAS = Walk(
    events={
        0: "website_visit", 5: "demo_requested", 10: "demo_attended", 12: "proposal_sent",
        30: "contract_signed", 31: "internal_kickoff", 35: "kickoff", 45: "go_live",
        range(46, 300): "login key_action", 100: "nps=9", 200: "renewed", 210: "need_voiced",
        220: "seats_added=10", 230: "nps=5", 240: "cancelled", 310: "reactivated",
    },
    known={
        0: {"segment": "medium"},
        30: {"seats": 20, "renewal_date": "2027-01-01", "objective": "fewer meetings", "sponsor": "Ada"},
        150: {"decision_maker": "Grace"},
        239: {"cancel_reason": "budget"},
    },
    visits=[
        ("awareness", 0), ("consideration", 5), ("purchase", 12), ("onboarding", 31), ("adoption", 48),
        ("retention", 78), ("advocacy", 200), ("expansion", 210), ("advocacy", 220), ("retention", 230),
        ("churned", 240), ("onboarding", 310),
    ],
    reason="budget",
    until=320,
)  # fmt: skip

RELATIONSHIP = Walk(
    events={
        0: "inquiry", 5: "meeting_held", 10: "contract_signed", 11: "handover_meeting", 20: "training",
        25: "go_live", range(26, 260): "use", 250: "renewed", 300: "cancelled", 350: "returned",
    },
    known={
        10: {"objective": "one source of truth", "sponsor": "Ada", "renewal_date": "2026-10-28"},
        250: {"renewal_date": "2027-10-28"},
    },
    visits=[
        ("acquisition", 0), ("onboarding", 11), ("adoption", 25), ("engagement", 53), ("renewal", 210),
        ("engagement", 250), ("adoption", 286), ("ended", 300), ("onboarding", 350),
    ],
    reason="no_use",
    until=360,
)  # fmt: skip

OCOBO = Walk(
    events={
        1: "sales_handover", 5: "pre_kickoff", 20: "training", 30: "go_live", range(31, 34): "unit_added",
        range(31, 200): "session", 40: "unit_added", 41: "unit_added", 100: "value_review",
        101: "value_confirmed", 120: "nps=4", 130: "value_review", 131: "value_confirmed", 150: "cancelled",
        210: "restarted",
    },
    known={
        0: {"signature_date": "2026-01-01", "renewal_date": "2027-01-01", "scope": "two sites",
            "package": "complete", "expected_value": "an hour a day", "units_agreed": 5,
            "decision_makers": "the board"},
    },
    visits=[
        ("implementation", 0), ("adoption", 33), ("impact", 42), ("engagement", 101), ("impact", 120),
        ("engagement", 131), ("departed", 150), ("implementation", 210),
    ],
    reason="not_renewed",
    until=220,
)  # fmt: skip

LIFECYCLE = Walk(
    events={
        0: "page_visited", 1: "page_visited", 2: "contact_asked", 3: "consultation", 20: "order_signed",
        30: "system_connected", 40: "acceptance_signed", range(41, 330): "active_day", 45: "goal_reached",
        300: "renewed", 310: "extension_signed", 318: "system_connected", 320: "acceptance_signed",
        340: "cancelled", 400: "returned",
    },
    known={
        20: {"goal": "no more paper", "systems": "erp;crm", "go_live_planned": "2026-02-15",
             "contract_end": "2027-01-21"},
        300: {"contract_end": "2028-01-21"},
    },
    visits=[
        ("interest", 0), ("purchase", 2), ("implementation", 20), ("onboarding", 40), ("expansion", 48),
        ("renewal", 265), ("expansion", 300), ("implementation", 310), ("onboarding", 320), ("former", 340),
        ("purchase", 400),
    ],
    reason="no_benefit",
    until=410,
)  # fmt: skip

SUCCESS_MANAGER = Walk(
    events={
        0: "sales_meeting", 10: "contract_signed", 11: "sales_handoff", 15: "scoping_workshop",
        16: "scope_approved", 30: "delivery_accepted", 32: "training_session", 33: "training_session",
        35: "go_live", range(36, 250): "use", range(42, 250, 7): "meeting", 100: "complaint",
        101: "apology_call", 200: "notice_given", 210: "notice_withdrawn", 250: "notice_given",
        255: "exit_interview", 260: "contract_ended", 300: "returned",
    },
    known={
        10: {"objectives": "…", "problems": "…", "brakes": "…", "motivations": "…", "sponsor": "Ada",
             "daily_work_criteria": "…", "adoption_criteria": "…", "decision_makers": "Grace",
             "scope": "two teams", "contract_end": "2027-01-01"},
        199: {"notice_reason": "product"},
    },
    visits=[
        ("acquisition", 0), ("scoping", 11), ("delivery", 16), ("training", 30), ("hypercare", 35),
        ("care", 63), ("offboarding", 200), ("care", 210), ("offboarding", 250), ("former", 260),
        ("acquisition", 300),
    ],
    reason="product",
    until=310,
)  # fmt: skip

ECOMMERCE = Walk(
    events={
        0: "visit", 1: "cart_updated", 5: "visit cart_updated", 6: "order_placed=40 payment_received",
        8: "delivered", 20: "visit cart_updated", 21: "order_placed=60 payment_received", 23: "delivered",
        24: "loyalty_joined", 400: "visit",
    },
    known={0: {"delivery_address": "1 rue de la Paix"}},
    visits=[
        ("search", 0), ("order", 1), ("search", 4), ("order", 5), ("delivery", 6), ("use", 8), ("order", 20),
        ("delivery", 21), ("use", 23), ("loyalty", 24), ("dormant", 291), ("search", 400),
    ],
    reason="silence",
    until=410,
)  # fmt: skip

WALKS = {
    "saas": SAAS,
    "relationship": RELATIONSHIP,
    "ocobo": OCOBO,
    "lifecycle": LIFECYCLE,
    "success-manager": SUCCESS_MANAGER,
    "ecommerce": ECOMMERCE,
}


@every
def test_a_customer_walks_through_the_template(name: str) -> None:
    trace = walked(template(name), WALKS[name])
    rows = list(trace.visits.rows())
    assert [(row["stage"], (row["entered"] - DAY_0).days) for row in rows] == list(WALKS[name].visits)


@every
def test_the_customer_is_lost_for_the_reason_that_was_given(name: str) -> None:
    journey = template(name)
    ways = [row["via"] for row in walked(journey, WALKS[name]).visits.rows() if row["via"] >= 0]
    exits = [journey.transitions[way].reason for way in ways if journey.transitions[way].kind == "exit"]
    assert exits[0] == WALKS[name].reason


@every
def test_no_event_of_a_walk_is_unknown_to_its_template(name: str) -> None:
    journey = template(name)
    assert {activity for _, activity, _ in dated(WALKS[name])} <= set(journey.activities)
    assert {key for row in WALKS[name].known.values() for key in row} <= {a.id for a in journey.attributes}


def test_a_complaint_in_care_is_answered_by_the_call_of_the_next_day() -> None:
    trace = walked(template("success-manager"), SUCCESS_MANAGER)
    complaint = next(row for row in trace.signals.rows() if row["signal"] == "dissatisfaction")
    assert complaint["answered"] - complaint["raised"] == timedelta(days=1)


def walked(journey: Journey, walk: Walk) -> Trace:
    days, activities, values = zip(*dated(walk), strict=True)
    log = EventLog.from_columns(["a"] * len(days), activities, [DAY_0 + timedelta(d) for d in days], values)
    return replay(journey, log, customers(journey, walk), until=DAY_0 + timedelta(walk.until))


def dated(walk: Walk) -> list[tuple[int, str, float | None]]:
    """Day, activity and value of every event."""
    found = []
    for when, text in walk.events.items():
        for day in when if isinstance(when, range) else [when]:
            for word in text.split():
                activity, _, value = word.partition("=")
                found.append((day, activity, float(value) if value else None))
    return sorted(found, key=lambda event: event[0])


def customers(journey: Journey, walk: Walk) -> Customers:
    """All that is known from each day on."""
    names = list(dict.fromkeys(name for known in walk.known.values() for name in known))
    state: dict[str, object] = {}
    rows = [(day, dict(state)) for day, known in walk.known.items() if state.update(known) is None]
    frame = {"customer": ["a"] * len(rows), "valid_from": [DAY_0 + timedelta(day) for day, _ in rows]}
    frame |= {name: [row.get(name) for _, row in rows] for name in names}
    types = {name: journey.attribute(name).type for name in names}
    return Customers.from_frame(frame, valid_from="valid_from", types=types)
