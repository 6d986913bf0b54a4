"""How customers move, by examples small enough to check by hand."""

from __future__ import annotations

import attrs
import pytest
from tests.oracle import Visit
from tests.worked import (
    ME,
    Play,
    day,
    entered,
    event,
    fact,
    journey,
    left,
    make,
    of_transitions,
    play,
    two_stages,
    waiver,
    way,
)
from tests.worlds import moment, replayed

import cjlib as cj

# --- when a transition fires


def test_a_customer_starts_in_the_initial_stage_at_its_first_event(by: Play) -> None:
    history = play(by, two_stages('happened("b")'), "a3")
    assert history is not None
    assert history.visits == [Visit(0, "here", day(3), None, -1)]


def test_the_initial_stage_need_not_be_the_first(by: Play) -> None:
    assert way(play(by, two_stages('happened("a")', initial="there"), "a0")) == "there"


def test_time_alone_opens_a_transition_between_events(by: Play) -> None:
    assert left(by, 'dwell() >= "5d"', "a0 b20") == day(5)


def test_a_criterion_is_tried_at_the_very_instant_of_entry(by: Play) -> None:
    history = play(by, journey('x>y b; y>z age() >= "2d"'), "a0 b3")
    assert history is not None
    assert history.visits[1:] == [Visit(1, "y", day(3), day(3), 1), Visit(2, "z", day(3), None, -1)]


def test_one_instant_can_pass_several_stages(by: Play) -> None:
    three_days = 'age() >= "3d"'
    history = play(by, journey(f"w>x {three_days}; x>y {three_days}; y>z {three_days}"), "a0")
    assert entered(history) == [day(0), day(3), day(3), day(3)]


def test_the_larger_priority_wins(by: Play) -> None:
    moves = [
        cj.Transition("x", "y", when='happened("a")'),
        cj.Transition("x", "z", when='happened("a")', priority=1),
    ]
    history = play(by, of_transitions(moves), "a0")
    assert history is not None
    assert (way(history), history.visits[0].via) == ("x z", 1)


def test_among_equal_priorities_the_order_in_the_file_wins(by: Play) -> None:
    history = play(by, journey("x>y a; x>z a"), "a0")
    assert history is not None
    assert (way(history), history.visits[0].via) == ("x y", 0)


def test_priority_does_not_make_a_customer_wait(by: Play) -> None:
    moves = [
        cj.Transition("x", "y", when='happened("b")'),
        cj.Transition("x", "z", when='happened("c")', priority=9),
    ]
    assert way(play(by, of_transitions(moves), "a0 b1 c2")) == "x y"


def test_the_end_is_included(by: Play) -> None:
    assert left(by, 'dwell() >= "5d"', "a0", until=5) == day(5)
    assert left(by, 'dwell() >= "5d"', "a0", until=5, us=-1) is None
    assert left(by, 'happened("b")', "a0 b5", until=5) == day(5)


def test_events_after_the_end_are_not_seen(by: Play) -> None:
    assert left(by, 'happened("b")', "a0 b6", until=5) is None
    assert play(by, two_stages('happened("b")'), "a6", until=5) is None


def test_microseconds_survive(by: Play) -> None:
    assert left(by, 'happened("b")', [event("a", 0), event("b", 1, us=1)]) == day(1, 1)


# --- a journey with a start


def starting(moves: str) -> cj.Journey:
    return journey(moves, start="begin")


def test_a_start_date_is_the_first_moment(by: Play) -> None:
    assert entered(play(by, starting('x>y dwell() >= "2d"'), "a0", [fact("begin", day(4))])) == [
        day(4),
        day(6),
    ]


def test_a_start_can_be_before_the_first_event(by: Play) -> None:
    assert entered(play(by, starting("x>y a"), "a4", [fact("begin", day(1))])) == [day(1), day(4)]


def test_events_before_the_start_do_not_count_for_the_visit(by: Play) -> None:
    assert way(play(by, starting("x>y a"), "a0", [fact("begin", day(4))])) == "x"


def test_events_at_the_instant_of_the_start_count_for_the_visit(by: Play) -> None:
    assert way(play(by, starting("x>y a"), "a4", [fact("begin", day(4))])) == "x y"


@pytest.mark.parametrize(
    "when", ['happened("a", ever=True)', 'happened("a", within="9d")', 'last("a") == 5', 'idle("a") >= "4d"']
)
def test_events_before_the_start_count_for_ever_within_last_and_idle(by: Play, when: str) -> None:
    assert (
        entered(play(by, starting(f"x>y {when}"), [event("a", 0, 5)], [fact("begin", day(4))]))
        == [day(4)] * 2
    )


def test_events_before_the_start_belong_to_no_touchpoint_that_shares_them(by: Play) -> None:
    touchpoints = [cj.Touchpoint(f"in-{stage}", stages=[stage], activities=["c"]) for stage in ("x", "y")]
    shared = journey('x>y happened(touchpoint="in-x", ever=True)', touchpoints=touchpoints, start="begin")
    assert way(play(by, shared, "c0", [fact("begin", day(4))])) == "x"


def test_a_customer_with_a_start_and_no_events_is_traced(by: Play) -> None:
    assert entered(play(by, starting('x>y dwell() >= "2d"'), "", [fact("begin", day(4))])) == [day(4), day(6)]


def test_a_customer_without_a_start_up_to_the_end_is_not_traced(by: Play) -> None:
    someone_elses = attrs.evolve(fact("begin", day(1)), customer="you")
    for mine in (fact("begin", None), fact("begin", day(200)), someone_elses):
        assert play(by, starting("x>y a"), "a0", [someone_elses, mine]) is None


# --- held back


THERE_AND_BACK = 'x>y happened("a", ever=True); y>x happened("b", ever=True)'


def test_at_one_instant_each_stage_is_entered_at_most_once(by: Play) -> None:
    """The initial stage counts as entered at the first moment."""
    assert way(play(by, journey(THERE_AND_BACK), "a0 b0")) == "x y"


def test_the_current_stage_can_be_entered_again_when_it_was_entered_before(by: Play) -> None:
    """On day 1 the customer leaves x, comes back, and could leave it again only for y, entered already."""
    history = play(by, journey('x>y happened("b", ever=True); y>x happened("b", ever=True)'), "a0 b1")
    assert entered(history) == [day(0), day(1), day(1)]
    assert way(history) == "x y x"


def test_a_held_back_transition_is_tried_again_at_an_event_that_it_mentions(by: Play) -> None:
    history = play(by, journey(THERE_AND_BACK), "a0 b0 b3")
    assert (way(history), entered(history)) == ("x y x y", [day(0), day(0), day(3), day(3)])


def test_events_that_its_criterion_does_not_mention_do_not_try_it_again(by: Play) -> None:
    assert way(play(by, journey(THERE_AND_BACK), "a0 b0 n1 a3")) == "x y"


def test_an_event_over_another_channel_tries_it_again_too(by: Play) -> None:
    """The activity is mentioned; that is enough."""
    back = 'x>y happened("a", ever=True); y>x happened("b", channel="mail", ever=True)'
    log = [event("a", 0), event("b", 0, channel="mail"), event("b", 2, channel="phone")]
    assert entered(play(by, journey(back), log)) == [day(0), day(0), day(2), day(2)]


@pytest.mark.parametrize("second", ["pro", None])
def test_a_held_back_transition_is_tried_again_when_an_attribute_changes(
    by: Play, second: str | None
) -> None:
    """Re-stated on day 2, changed (or made unknown) on day 3."""
    back = 'x>y happened("a", ever=True); y>x happened("b", ever=True) or attribute("plan") == "gold"'
    facts = [fact("plan", "basic", 0), fact("plan", "basic", 2), fact("plan", second, 3)]
    assert entered(play(by, journey(back), "a0 b0", facts)) == [day(0), day(0), day(3), day(3)]


def test_a_held_back_transition_is_tried_again_when_an_attribute_becomes_known(by: Play) -> None:
    back = 'x>y happened("a", ever=True); y>x happened("b", ever=True) or known(attribute("plan"))'
    assert entered(play(by, journey(back), "a0 b0", [fact("plan", "pro", 3)]))[2:] == [day(3), day(3)]


def test_a_held_back_transition_is_tried_again_once_it_was_not_true(by: Play) -> None:
    """True on day 0, not true after day 1, true again on day 5."""
    back = 'x>y happened("a", ever=True); y>x idle("b") <= "1d" or dwell() >= "5d"'
    assert entered(play(by, journey(back), "a0 b0"))[:4] == [day(0), day(0), day(5), day(5)]


def with_item(required: bool = True) -> cj.Journey:
    item = cj.ChecklistItem("i", when='happened("c", ever=True)', required=required)
    return of_transitions(
        [
            cj.Transition("x", "y", when='happened("a", ever=True)'),
            cj.Transition("y", "x", when='happened("b", ever=True)', handoff=cj.Handoff(checklist=[item])),
        ]
    )


def test_a_held_back_transition_is_tried_again_at_an_event_that_its_checklist_mentions(by: Play) -> None:
    assert entered(play(by, with_item(), "a0 b0 c0 c4")) == [day(0), day(0), day(4), day(4)]


def test_an_optional_item_never_tries_it_again(by: Play) -> None:
    assert way(play(by, with_item(required=False), "a0 b0 c0 c4")) == "x y"


def test_a_held_back_transition_is_tried_again_at_the_start_and_end_of_a_waiver(by: Play) -> None:
    history = play(by, with_item(), "a0 b0 c0", waivers=[waiver(1, "i", 3, 5)])
    assert entered(history) == [day(0), day(0), day(3), day(3), day(5), day(5)]


def test_leaving_the_visit_forgets_what_was_held_back(by: Play) -> None:
    """y > x is held back on day 0; in the visit that begins on day 2 it is free."""
    assert way(play(by, journey(f"{THERE_AND_BACK}; y>z c; z>y d"), "a0 b0 c1 d2")) == "x y z y x"


def test_a_held_back_transition_does_not_compete(by: Play) -> None:
    moves = [
        cj.Transition("x", "y", when='happened("a", ever=True)'),
        cj.Transition("y", "x", when='happened("b", ever=True)', priority=5),
        cj.Transition("y", "z", when='happened("b", ever=True)'),
    ]
    assert way(play(by, of_transitions(moves), "a0 b0")) == "x y z"


# --- of the trace itself


def test_a_visit_of_length_zero_is_never_at() -> None:
    trace = replayed(make(journey('x>y b; y>z age() >= "2d"'), "a0 b3"))
    assert [list(trace.at(moment(day(on)))["stage"]) for on in (2, 3, 4)] == [["x"], ["z"], ["z"]]


def test_before_its_first_moment_a_customer_is_nowhere() -> None:
    trace = replayed(make(two_stages('happened("b")'), "a3"))
    assert len(trace.at(moment(day(3, -1)))) == 0
    assert list(trace.customers("here", moment(day(3)))) == [ME]


def test_a_customer_caught_in_a_loop_names_the_loop() -> None:
    world = make(journey('x>y dwell() >= "1d"; y>x dwell() >= "1d"'), "a0")
    with pytest.raises(cj.errors.ReplayError, match=r"x.*y|y.*x"):
        replayed(world, max_visits=10)
