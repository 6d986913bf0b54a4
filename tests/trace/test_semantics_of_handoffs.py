"""When handoffs start, end and are late, and what their evidence is."""

from __future__ import annotations

from tests.oracle import Breach, Evidence, History
from tests.worked import Play, day, entered, event, fact, of_transitions, play, waiver, way

import cjlib as cj


def item(id: str, when: str | None = None, **more: object) -> cj.ChecklistItem:
    return cj.ChecklistItem(id, when=when, **more)  # type: ignore[arg-type]


DONE = item("done", 'happened("d")')


def handing_over(
    *items: cj.ChecklistItem, deadline: str | None = None, when: str = 'happened("b")'
) -> cj.Journey:
    """From x to y with a checklist; or from x to z, without one, when z happens."""
    handoff = cj.Handoff(checklist=items, deadline=deadline)
    return of_transitions(
        [cj.Transition("x", "y", when=when, handoff=handoff), cj.Transition("x", "z", when='happened("z")')]
    )


def rows(history: History | None) -> list[Evidence]:
    """By visit, transition and the name of the item."""
    assert history is not None
    return history.handoffs


def deadlines(history: History | None) -> list[Breach]:
    assert history is not None
    return [breach for breach in history.breaches if breach.kind == "deadline"]


def test_a_transition_waits_for_every_required_item(by: Play) -> None:
    items = (DONE, item("signed", 'happened("s")'))
    assert entered(play(by, handing_over(*items), "a0 b1 d2 s3")) == [day(0), day(3)]


def test_an_optional_item_never_gates(by: Play) -> None:
    history = play(by, handing_over(item("done", 'happened("d")', required=False)), "a0 b1")
    assert way(history) == "x y"
    assert rows(history) == [Evidence(0, 0, "done", day(1), day(1), "ended", "failed", None, -1)]


def test_an_item_may_be_true_before_when_is(by: Play) -> None:
    """The handoff starts with b on day 2; the item was true from day 1, by row 1."""
    history = play(by, handing_over(DONE), "a0 d1 b2")
    assert rows(history) == [Evidence(0, 0, "done", day(2), day(2), "ended", "passed", day(1), 1)]


def test_a_handoff_starts_when_when_is_true_and_ends_when_its_transition_fires(by: Play) -> None:
    history = play(by, handing_over(DONE), "a0 b1 d4")
    assert rows(history) == [Evidence(0, 0, "done", day(1), day(4), "ended", "passed", day(4), 2)]


def test_a_handoff_is_abandoned_when_the_customer_leaves_otherwise(by: Play) -> None:
    history = play(by, handing_over(DONE), "a0 b1 z4")
    assert rows(history) == [Evidence(0, 0, "done", day(1), day(4), "abandoned", "failed", None, -1)]


def test_a_handoff_is_open_at_the_end(by: Play) -> None:
    history = play(by, handing_over(DONE), "a0 b1")
    assert rows(history) == [Evidence(0, 0, "done", day(1), None, "open", "failed", None, -1)]


def test_a_handoff_that_never_started_has_no_row(by: Play) -> None:
    assert rows(play(by, handing_over(DONE), "a0 d1 z2")) == []


def test_a_handoff_starts_once_per_visit_although_when_comes_and_goes(by: Play) -> None:
    """b is in the window from day 1 to 3 and from day 5 on."""
    history = play(by, handing_over(DONE, when='happened("b", within="2d")'), "a0 b1 b5 d6")
    assert rows(history) == [Evidence(0, 0, "done", day(1), day(6), "ended", "passed", day(6), 3)]


def test_every_visit_has_its_own_handoff(by: Play) -> None:
    back = of_transitions(
        [
            cj.Transition("x", "y", when='happened("b")', handoff=cj.Handoff(checklist=[DONE])),
            cj.Transition("y", "x", when='happened("r")'),
        ]
    )
    history = play(by, back, "a0 b1 d2 r3 b4 d5")
    assert rows(history) == [
        Evidence(0, 0, "done", day(1), day(2), "ended", "passed", day(2), 2),
        Evidence(2, 0, "done", day(4), day(5), "ended", "passed", day(5), 5),
    ]


def test_a_handoff_that_loses_at_the_instant_it_starts_is_abandoned_there(by: Play) -> None:
    handoff = cj.Handoff(checklist=[DONE])
    losing = of_transitions(
        [
            cj.Transition("x", "z", when='happened("b")', priority=1),
            cj.Transition("x", "y", when='happened("b")', handoff=handoff),
        ]
    )
    history = play(by, losing, "a0 d0 b1")
    assert rows(history) == [Evidence(0, 1, "done", day(1), day(1), "abandoned", "passed", day(0), 1)]


# --- status and evidence


def test_a_status_is_unknown_where_the_item_is(by: Play) -> None:
    history = play(by, handing_over(item("good", 'mean("c") >= 4')), "a0 b1 z2")
    assert rows(history)[0].status == "unknown"


def test_the_status_is_read_at_the_end_of_the_handoff(by: Play) -> None:
    """d was in the window on day 1, and is not on day 9."""
    history = play(
        by, handing_over(item("lately", 'happened("d", within="3d")', required=False), DONE), "a0 d1 z9 b9"
    )
    assert rows(history)[1] == Evidence(0, 0, "lately", day(9), day(9), "ended", "failed", day(1), 1)


def test_a_required_attribute_must_be_known(by: Play) -> None:
    history = play(
        by, handing_over(item("sponsor", attribute="sponsor")), "a0 b1", [fact("sponsor", "ann", 3)]
    )
    assert rows(history) == [Evidence(0, 0, "sponsor", day(1), day(3), "ended", "passed", day(3), -1)]


def test_time_alone_leaves_no_evidence_row(by: Play) -> None:
    history = play(by, handing_over(item("calm", 'idle("c") >= "5d"')), "a0 c1 b2")
    assert rows(history) == [Evidence(0, 0, "calm", day(2), day(6), "ended", "passed", day(6), -1)]


def test_the_evidence_is_the_last_event_of_the_instant_that_the_item_mentions(by: Play) -> None:
    """Rows 1 to 4 on day 1: d, e, d over another channel, n."""
    log = [
        event("b", 0),
        event("d", 1, channel="mail"),
        event("e", 1),
        event("d", 1, channel="phone"),
        event("n", 1),
    ]
    either = 'happened("d", channel="mail") or happened("e")'
    assert rows(play(by, handing_over(item("done", either)), log))[0].row == 2


def test_an_item_that_is_true_from_the_first_moment_has_its_evidence_there(by: Play) -> None:
    history = play(by, handing_over(DONE), "d0 b1")
    assert rows(history) == [Evidence(0, 0, "done", day(1), day(1), "ended", "passed", day(0), 0)]


# --- waivers


def test_a_waiver_in_force_stands_for_its_item(by: Play) -> None:
    history = play(by, handing_over(DONE), "a0 b1", waivers=[waiver(0, "done", 3, 9)])
    assert rows(history) == [Evidence(0, 0, "done", day(1), day(3), "ended", "waived", None, -1)]


def test_a_waiver_has_ended_at_its_end(by: Play) -> None:
    waivers = [waiver(0, "done", 3, 5)]
    assert way(play(by, handing_over(DONE), "a0 b5", waivers=waivers)) == "x"
    just_before = [event("a", 0), event("b", 5, us=-1)]
    assert way(play(by, handing_over(DONE), just_before, waivers=waivers)) == "x y"


def test_a_waiver_of_another_item_does_not_help(by: Play) -> None:
    items = (DONE, item("signed", 'happened("s")'))
    history = play(by, handing_over(*items), "a0 b1", waivers=[waiver(0, "signed", 0, 9)], until=8)
    assert [row.status for row in rows(history)] == ["failed", "waived"]


def test_what_has_passed_is_not_waived(by: Play) -> None:
    history = play(by, handing_over(DONE), "a0 d0 b1", waivers=[waiver(0, "done", 0, 9)])
    assert rows(history)[0].status == "passed"


# --- deadlines


def test_a_handoff_is_breached_at_its_deadline_if_it_has_not_ended(by: Play) -> None:
    history = play(by, handing_over(DONE, deadline="3d"), "a0 b1 d9")
    assert [(one.started, one.at) for one in deadlines(history)] == [(day(1), day(4))]


def test_a_handoff_that_ends_at_its_deadline_is_in_time(by: Play) -> None:
    assert deadlines(play(by, handing_over(DONE, deadline="3d"), "a0 b1 d4")) == []


def test_an_abandoned_handoff_is_not_late(by: Play) -> None:
    assert deadlines(play(by, handing_over(DONE, deadline="3d"), "a0 b1 z2")) == []


def test_an_open_handoff_is_late_only_when_its_deadline_has_come(by: Play) -> None:
    late = handing_over(DONE, deadline="3d")
    assert deadlines(play(by, late, "a0 b1", until=4, us=-1)) == []
    assert len(deadlines(play(by, late, "a0 b1", until=4))) == 1
