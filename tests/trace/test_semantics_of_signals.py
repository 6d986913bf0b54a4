"""Milestones, signals and their answers, and the limits of stages."""

from __future__ import annotations

from tests.oracle import Breach, History, Raised, Reached
from tests.worked import Play, day, fact, journey, play

import cjlib as cj


def with_milestone(when: str, moves: str = "x>y b") -> cj.Journey:
    return journey(moves, milestones=[cj.Milestone("aha", when=when)])


def with_signal(
    when: str, moves: str = "x>y b", *, stages: tuple[str, ...] = (), **more: object
) -> cj.Journey:
    called = cj.Touchpoint("call", stages=["x", "y"], activities=["c"])
    signal = cj.Signal("need", when=when, stages=stages, **more)  # type: ignore[arg-type]
    return journey(moves, signals=[signal], touchpoints=[called])


def reached(history: History | None) -> list[Reached]:
    assert history is not None
    return history.milestones


def raised(history: History | None) -> list[Raised]:
    assert history is not None
    return history.signals


def breaches(history: History | None) -> list[Breach]:
    assert history is not None
    return history.breaches


# --- milestones


def test_a_milestone_is_reached_at_the_first_moment_its_criterion_is_true(by: Play) -> None:
    assert reached(play(by, with_milestone('count("a") >= 2'), "a0 a3 a5")) == [Reached("aha", day(3))]


def test_time_alone_reaches_a_milestone(by: Play) -> None:
    assert reached(play(by, with_milestone('idle("a") > "7d"'), "a0 n20")) == [Reached("aha", day(7, 1))]


def test_a_milestone_counts_since_just_before_the_first_moment(by: Play) -> None:
    """The visit that began on day 1 does not start its count anew."""
    assert reached(play(by, with_milestone('count("a") >= 2'), "a0 b1 a2")) == [Reached("aha", day(2))]


def test_in_a_milestone_dwell_is_age(by: Play) -> None:
    assert reached(play(by, with_milestone('dwell() >= "5d"'), "a0 b2")) == [Reached("aha", day(5))]


def test_what_happened_before_the_start_does_not_reach_a_milestone_that_counts_since_then(by: Play) -> None:
    started = journey("x>y b", start="begin", milestones=[cj.Milestone("aha", when='happened("a")')])
    assert reached(play(by, started, "a0 a6", [fact("begin", day(4))])) == [Reached("aha", day(6))]


def test_a_milestone_can_be_reached_at_the_first_moment_but_not_before(by: Play) -> None:
    started = journey(
        "x>y b", start="begin", milestones=[cj.Milestone("aha", when='happened("a", ever=True)')]
    )
    assert reached(play(by, started, "a0", [fact("begin", day(4))])) == [Reached("aha", day(4))]


def test_a_milestone_that_is_never_true_has_no_row(by: Play) -> None:
    assert reached(play(by, with_milestone('happened("c")'), "a0")) == []


# --- signals


def test_a_signal_is_raised_each_time_its_criterion_turns_true(by: Play) -> None:
    history = play(by, with_signal('idle("a") >= "7d"'), "a0 a10 a12", until=15)
    assert raised(history) == [Raised("need", day(7), day(10), None)]
    again = play(by, with_signal('idle("a") >= "7d"'), "a0 a10 a12", until=30)
    assert raised(again) == [Raised("need", day(7), day(10), None), Raised("need", day(19), None, None)]


def test_a_signal_ceases_a_microsecond_after_its_last_true_moment(by: Play) -> None:
    assert raised(play(by, with_signal('age() <= "2d"'), "a0")) == [Raised("need", day(0), day(2, 1), None)]


def test_a_signal_ceases_where_its_criterion_becomes_unknown(by: Play) -> None:
    facts = [fact("plan", "pro", 1), fact("plan", None, 4)]
    assert raised(play(by, with_signal('attribute("plan") == "pro"'), "a0", facts)) == [
        Raised("need", day(1), day(4), None)
    ]


def test_a_signal_belongs_to_its_stages(by: Play) -> None:
    """True from day 1 on; the customer is in y from day 2 to 5."""
    history = play(by, with_signal('happened("a", ever=True)', "x>y b; y>z d", stages=("y",)), "n0 a1 b2 d5")
    assert raised(history) == [Raised("need", day(2), day(5), None)]


def test_a_stage_that_is_passed_at_one_instant_raises_nothing(by: Play) -> None:
    history = play(by, with_signal('happened("a")', 'x>y b; y>z age() >= "1d"', stages=("y",)), "a0 b2")
    assert raised(history) == []


def test_a_signal_counts_since_just_before_the_first_moment(by: Play) -> None:
    assert raised(play(by, with_signal('count("a") >= 2'), "a0 b1 a2")) == [
        Raised("need", day(2), None, None)
    ]


def test_a_signal_is_answered_by_its_response(by: Play) -> None:
    history = play(by, with_signal('happened("s")', response="call"), "a0 s1 c4 c5")
    assert raised(history) == [Raised("need", day(1), None, day(4))]


def test_a_response_of_the_instant_at_which_it_is_raised_is_no_answer(by: Play) -> None:
    history = play(by, with_signal('happened("s")', response="call"), "c0 s1 c1")
    assert raised(history) == [Raised("need", day(1), None, None)]


def test_an_answer_may_come_after_the_signal_has_ceased(by: Play) -> None:
    history = play(by, with_signal('happened("s", within="1d")', response="call"), "a0 s1 c4")
    assert raised(history) == [Raised("need", day(1), day(2), day(4))]


def test_a_missing_answer_is_a_breach(by: Play) -> None:
    promised = with_signal('happened("s")', response="call", within="3d")
    assert breaches(play(by, promised, "a0 s1")) == [Breach("answer", "need", day(1), day(4))]


def test_a_late_answer_is_a_breach(by: Play) -> None:
    promised = with_signal('happened("s")', response="call", within="3d")
    assert breaches(play(by, promised, "a0 s1 c5")) == [Breach("answer", "need", day(1), day(4))]


def test_an_answer_at_the_last_moment_is_in_time(by: Play) -> None:
    promised = with_signal('happened("s")', response="call", within="3d")
    assert breaches(play(by, promised, "a0 s1 c4")) == []


def test_an_answer_that_is_not_due_yet_is_no_breach(by: Play) -> None:
    promised = with_signal('happened("s")', response="call", within="3d")
    assert breaches(play(by, promised, "a0 s1", until=4, us=-1)) == []


# --- limits


def limited(moves: str = "x>y b") -> cj.Journey:
    return journey(moves, stages=[cj.Stage("x", limit="5d"), cj.Stage("y")])


def test_a_limit_is_breached_a_microsecond_after_it(by: Play) -> None:
    assert breaches(play(by, limited(), "a0 b9")) == [Breach("limit", "x", day(0), day(5, 1))]


def test_who_leaves_at_the_limit_or_just_after_is_not_inside_any_more(by: Play) -> None:
    assert breaches(play(by, limited(), "a0 b5")) == []
    assert breaches(play(by, limited('x>y dwell() > "5d"'), "a0")) == []


def test_who_is_still_inside_at_the_end_has_breached_the_limit(by: Play) -> None:
    assert breaches(play(by, limited(), "a0", until=5)) == []
    assert breaches(play(by, limited(), "a0", until=5, us=1)) == [Breach("limit", "x", day(0), day(5, 1))]
