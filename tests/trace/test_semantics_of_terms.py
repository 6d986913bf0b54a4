"""What each term of a criterion is worth, by examples small enough to check by hand."""

from __future__ import annotations

import pytest
from tests.oracle import Event
from tests.worked import Play, day, entered, event, events, fact, journey, left, play, two_stages, way

import cjlib as cj

# --- spans


def test_the_first_visit_counts_the_events_of_the_first_instant(by: Play) -> None:
    assert left(by, 'count("a") >= 2', "a0 a0") == day(0)


def test_later_visits_do_not_count_the_events_of_the_instant_at_which_they_begin(by: Play) -> None:
    """b on day 1 leads to y; there it does not count again, only the b of day 2 leads on."""
    history = play(by, journey("x>y b; y>z b"), "a0 b1 b2")
    assert entered(history) == [day(0), day(1), day(2)]


def test_a_new_visit_starts_counting_anew(by: Play) -> None:
    history = play(by, journey('x>y count("b") >= 2; y>x c'), "b0 b1 c2 b3 b4")
    assert entered(history) == [day(0), day(1), day(2), day(4)]


def test_ever_counts_what_came_before_the_visit(by: Play) -> None:
    history = play(by, journey('x>y b; y>z count("b", ever=True) >= 2'), "b0 a1 b2")
    assert entered(history)[2] == day(2)


def test_a_window_counts_what_came_before_the_visit(by: Play) -> None:
    assert way(play(by, journey('x>y b; y>z happened("b", within="3d")'), "b0")) == "x y z"


def test_an_event_exactly_fourteen_days_old_is_outside_the_window(by: Play) -> None:
    assert left(by, 'not happened("a", within="14d")', "a0") == day(14)


def test_an_event_a_microsecond_younger_than_the_window_is_inside(by: Play) -> None:
    log = [event("a", 0), event("b", 14, us=-1)]
    assert left(by, 'happened("a", within="14d") and happened("b")', log) == day(14, -1)


def test_an_event_exactly_as_old_as_the_window_does_not_count_beside_a_new_one(by: Play) -> None:
    assert left(by, 'count("a", within="14d") >= 2', "a0 a14") is None


def test_events_of_one_instant_are_applied_together(by: Play) -> None:
    for log in ("a0 b1 c1", "a0 c1 b1"):
        assert left(by, 'happened("b") and not happened("c")', log) is None


# --- aggregates


def test_distinct_counts_different_actors_and_no_missing_ones(by: Play) -> None:
    log = [event("a", on, actor=who) for on, who in ((0, "ann"), (1, None), (2, "ann"), (3, "bob"))]
    assert left(by, 'distinct("a") >= 2', log) == day(3)


def test_a_sum_is_zero_where_there_is_nothing(by: Play) -> None:
    assert left(by, 'sum("b") == 0', "a0") == day(0)


def test_a_sum_is_exact(by: Play) -> None:
    """Three times 0.1 is 0.3, which floats deny."""
    assert left(by, 'sum("a") == 0.3', [event("a", on, 0.1) for on in (0, 1, 2)]) == day(2)


def test_a_mean_is_exact(by: Play) -> None:
    """(0.1 + 0.1 + 0.1) / 3 is 0.1, which floats deny."""
    log = [event("a", on, 0.1) for on in (0, 1, 2)]
    assert left(by, 'mean("a") == 0.1 and count("a") == 3', log) == day(2)


def test_sums_round_half_to_even_at_a_millionth(by: Play) -> None:
    assert left(by, 'sum("a") == 0', [event("a", 0, 0.0000005)]) == day(0)
    assert left(by, 'sum("a") == 0.000002', [event("a", 0, 0.0000015)]) == day(0)


def test_a_mean_is_unknown_where_there_is_nothing(by: Play) -> None:
    assert left(by, 'mean("b") < 5 or not mean("b") < 5', "a0") is None


@pytest.mark.parametrize("term", ["mean", "min", "max", "last"])
def test_events_without_a_value_do_not_count_for_values(by: Play, term: str) -> None:
    assert left(by, f'{term}("a") == 4', [event("a", 0, 4), event("a", 0)]) == day(0)
    assert left(by, f'known({term}("a"))', [event("a", 0)]) is None


def test_min_and_max_use_the_float_as_it_came(by: Play) -> None:
    log = [event("a", 0, 0.1), event("a", 1, 0.30000000000000004)]
    assert left(by, 'max("a") == 0.3', log) is None
    assert left(by, 'max("a") > 0.3', log) == day(1)
    assert left(by, 'min("a") == 0.1', log) == day(0)


def test_a_minimum_grows_when_its_event_leaves_the_window(by: Play) -> None:
    log = [event("a", 0, 1), event("a", 2, 5)]
    assert left(by, 'min("a", within="3d") >= 5', log) == day(3)


def test_the_last_value_of_a_tie_is_the_later_row(by: Play) -> None:
    log = [event("a", 0, 1), event("a", 0, 2)]
    assert left(by, 'last("a") == 2', log) == day(0)
    assert left(by, 'last("a") == 1', log) is None


def test_the_last_value_is_remembered_over_visits(by: Play) -> None:
    log = [event("a", 0, 7), event("b", 1)]
    assert way(play(by, journey('x>y b; y>z last("a") == 7'), log)) == "x y z"


# --- clocks


def test_dwell_above_thirty_days_is_first_true_a_microsecond_after_thirty_days(by: Play) -> None:
    assert left(by, 'dwell() > "30d"', "a0") == day(30, 1)
    assert left(by, 'dwell() >= "30d"', "a0") == day(30)


def test_dwell_starts_with_the_visit_and_age_does_not(by: Play) -> None:
    assert entered(play(by, journey('x>y b; y>z dwell() >= "5d"'), "a0 b2")) == [day(0), day(2), day(7)]
    assert entered(play(by, journey('x>y b; y>z age() >= "5d"'), "a0 b2")) == [day(0), day(2), day(5)]


def test_an_upper_bound_on_dwell_holds_at_its_edge(by: Play) -> None:
    log = [event("a", 0), event("b", 3)]
    assert left(by, 'happened("b") and dwell() <= "3d"', log) == day(3)
    assert left(by, 'happened("b") and dwell() < "3d"', log) is None


def test_idle_counts_from_the_first_moment_where_there_is_no_event(by: Play) -> None:
    assert left(by, 'idle("b") >= "60d"', "a0") == day(60)


def test_idle_starts_again_with_every_event(by: Play) -> None:
    assert left(by, 'idle("b") >= "60d"', "a0 b10 b60") is None
    assert left(by, 'idle("b") >= "60d"', "a0 b10 b60", until=120) == day(120)


def test_idle_remembers_events_before_the_visit(by: Play) -> None:
    history = play(by, journey('x>y b; y>z idle("b") > "5d"'), "a0 b2 c3")
    assert entered(history)[2] == day(7, 1)


# --- attributes


def test_a_row_at_t_is_seen_at_t(by: Play) -> None:
    facts = [fact("plan", "basic", 0), fact("plan", "pro", 3)]
    assert left(by, 'attribute("plan") == "pro"', "a0", facts) == day(3)


def test_a_row_from_before_the_first_moment_is_seen(by: Play) -> None:
    assert left(by, 'attribute("plan") == "pro"', "a0", [fact("plan", "pro", -5)]) == day(0)


def test_a_null_row_makes_an_attribute_unknown_from_then_on(by: Play) -> None:
    facts = [fact("plan", "pro", 0), fact("plan", None, 2)]
    assert left(by, 'attribute("plan") == "pro" and happened("b")', "a0 b3", facts) is None
    assert left(by, 'not known(attribute("plan"))', "a0 b3", facts) == day(2)


def test_at_equal_valid_from_the_later_row_wins(by: Play) -> None:
    facts = [fact("plan", "basic", 0), fact("plan", "pro", 0)]
    assert left(by, 'attribute("plan") == "pro"', "a0", facts) == day(0)
    assert left(by, 'attribute("plan") == "basic"', "a0", facts) is None


def test_an_attribute_that_nobody_has_is_unknown(by: Play) -> None:
    assert left(by, 'attribute("plan") == "pro" or attribute("plan") != "pro"', "a0") is None


def test_a_category_that_never_occurs_is_simply_not_equal(by: Play) -> None:
    assert left(by, 'attribute("plan") != "gold"', "a0", [fact("plan", "pro")]) == day(0)


@pytest.mark.parametrize("sign", ["==", "!="])
def test_a_number_is_not_compared_with_a_category(by: Play, sign: str) -> None:
    assert left(by, f'attribute("plan") {sign} 3', "a0", [fact("plan", "pro")]) is None
    assert left(by, f'attribute("seats") {sign} "pro"', "a0", [fact("seats", 3.0)]) is None


def test_a_category_has_no_order(by: Play) -> None:
    assert (
        left(by, 'attribute("plan") < "zzz" or attribute("plan") >= "zzz"', "a0", [fact("plan", "pro")])
        is None
    )


def test_membership(by: Play) -> None:
    facts = [fact("plan", "basic", 0), fact("plan", "pro", 1), fact("seats", 2.5)]
    assert left(by, 'attribute("plan") in ["team", "pro"]', "a0", facts) == day(1)
    assert left(by, 'attribute("plan") not in ["team", "basic"]', "a0", facts) == day(1)
    assert left(by, 'attribute("seats") in [1, 2.5]', "a0", facts) == day(0)
    assert left(by, 'count("a") in [2, 3]', "a0 a1 a2") == day(1)


def test_a_boolean_attribute_is_compared_with_true_and_false(by: Play) -> None:
    facts = [fact("paying", False, 0), fact("paying", True, 4)]
    assert left(by, 'attribute("paying") == True', "a0", facts) == day(4)


def test_a_set_contains_its_options(by: Play) -> None:
    facts = [fact("options", frozenset({"sso"}), 0), fact("options", frozenset({"sso", "api"}), 2)]
    assert left(by, '"api" in attribute("options")', "a0", facts) == day(2)


def test_a_text_holds_options_between_semicolons(by: Play) -> None:
    facts = [fact("options", "sso; api")]
    assert left(by, '"api" in attribute("options")', "a0", facts) == day(0)
    assert left(by, '"ap" in attribute("options")', "a0", facts) is None


def test_until_is_negative_once_passed(by: Play) -> None:
    assert left(by, 'until("renewal") <= "-2d"', "a0", [fact("renewal", day(10))]) == day(12)


def test_until_is_first_small_enough_at_its_edge(by: Play) -> None:
    facts = [fact("renewal", day(50))]
    assert left(by, 'until("renewal") <= "20d"', "a0", facts) == day(30)
    assert left(by, 'until("renewal") < "20d"', "a0", facts) == day(30, 1)


def test_until_follows_a_date_that_moves(by: Play) -> None:
    facts = [fact("renewal", day(50), 0), fact("renewal", day(80), 20)]
    assert left(by, 'until("renewal") <= "20d"', "a0", facts) == day(60)


def test_a_date_attribute_is_compared_with_an_iso_time(by: Play) -> None:
    """The start of these examples, day 19,000 since 1970, is 2022-01-08."""
    facts = [fact("renewal", day(0), 0), fact("renewal", day(40), 5)]
    assert left(by, 'attribute("renewal") > "2022-01-08"', "a0", facts) == day(5)
    assert left(by, 'attribute("renewal") == "2022-01-08"', "a0", facts) == day(0)
    assert left(by, 'attribute("renewal") >= "2022-02-17T00:00:00Z"', "a0", facts) == day(5)


def test_an_own_aim_is_the_customers_attribute(by: Play) -> None:
    when = 'count("a", ever=True) >= attribute("agreed")'
    assert left(by, when, "a0 a1 a2", [fact("agreed", 2.0)]) == day(1)
    assert left(by, when, "a0 a1 a2", [fact("agreed", 2.5)]) == day(2)
    assert left(by, when, "a0 a1 a2") is None


def test_an_own_aim_of_a_sum_is_exact(by: Play) -> None:
    log = [event("a", on, 0.1) for on in (0, 1, 2)]
    assert left(by, 'sum("a") >= attribute("agreed")', log, [fact("agreed", 0.3)]) == day(2)


def test_a_mean_is_compared_with_an_own_aim_near_the_largest_number_that_fits(by: Play) -> None:
    assert left(by, 'mean("a") <= attribute("agreed")', [event("a", 0, 1)], [fact("agreed", 9e12)]) == day(0)
    assert left(by, 'mean("a") >= attribute("agreed")', [event("a", 0, 1)], [fact("agreed", 9e12)]) is None


def test_categories_of_two_attributes_are_compared_as_text(by: Play) -> None:
    facts = [fact("sold", "pro"), fact("used", "basic", 0), fact("used", "pro", 6)]
    assert left(by, 'attribute("used") == attribute("sold")', "a0", facts) == day(6)


# --- changes of attributes


def test_a_change_between_known_values_is_an_event(by: Play) -> None:
    facts = [fact("csm", "ann", 0), fact("csm", "bob", 4)]
    assert left(by, 'count("@csm", within="90d") >= 1', "a0", facts) == day(4)


@pytest.mark.parametrize(
    "values", [["ann", "ann"], ["ann", None, "ann"], ["ann", None, "bob"], [None, "bob"]]
)
def test_restating_a_value_or_learning_it_is_no_change(by: Play, values: list[str | None]) -> None:
    facts = [fact("csm", value, 2 * on) for on, value in enumerate(values)]
    assert left(by, 'happened("@csm", ever=True)', "a0", facts) is None


def test_the_value_of_a_change_is_the_difference_of_numbers(by: Play) -> None:
    facts = [fact("seats", 10.0, 0), fact("seats", 7.0, 4)]
    assert left(by, 'last("@seats") == -3', "a0", facts) == day(4)


def test_a_change_of_text_has_no_value(by: Play) -> None:
    facts = [fact("csm", "ann", 0), fact("csm", "bob", 4)]
    assert left(by, 'known(last("@csm"))', "a0", facts) is None


def test_a_change_makes_no_first_moment(by: Play) -> None:
    facts = [fact("seats", 10.0, 0), fact("seats", 7.0, 4)]
    history = play(by, two_stages('age() >= "5d"'), "a10", facts)
    assert entered(history)[0] == day(10)
    assert play(by, two_stages('age() >= "5d"'), "", facts) is None


# --- channels and touchpoints


def test_a_channel_leaves_out_events_over_other_channels(by: Play) -> None:
    log = [event("a", 0, channel="mail"), event("a", 1), event("a", 2, channel="phone")]
    assert left(by, 'happened("a", channel="phone")', log) == day(2)


def of_two(when: str) -> cj.Journey:
    """Both touchpoints claim c; `first` in stage x, `second` in stage y."""
    touchpoints = [
        cj.Touchpoint("first", stages=["x"], activities=["c", "d"]),
        cj.Touchpoint("second", stages=["y"], activities=["c"]),
    ]
    return journey(f"x>y b; y>z {when}", touchpoints=touchpoints)


def test_a_touchpoint_stands_for_its_activities(by: Play) -> None:
    kickoff = cj.Touchpoint("kickoff", stages=["x"], activities=["c", "d"])
    history = play(by, journey('x>y count(touchpoint="kickoff") >= 2', touchpoints=[kickoff]), "a0 c1 d2")
    assert entered(history)[1] == day(2)


def test_an_activity_of_one_touchpoint_is_its_own_in_every_stage(by: Play) -> None:
    history = play(by, of_two('happened(touchpoint="first")'), "a0 b1 d2")
    assert way(history) == "x y z"


def test_the_stage_decides_to_which_touchpoint_a_shared_activity_belongs(by: Play) -> None:
    assert way(play(by, of_two('happened(touchpoint="first")'), "a0 b1 c2")) == "x y"
    assert way(play(by, of_two('happened(touchpoint="second")'), "a0 b1 c2")) == "x y z"
    assert way(play(by, of_two('happened(touchpoint="first", ever=True)'), "a0 c1 b2")) == "x y z"


def test_the_stage_before_the_transitions_of_the_instant_decides(by: Play) -> None:
    """c and b on day 1: c happened in x, although the customer is in y by the end of the instant."""
    assert way(play(by, of_two('happened(touchpoint="first", ever=True)'), "a0 b1 c1")) == "x y z"
    assert way(play(by, of_two('happened(touchpoint="second", ever=True)'), "a0 b1 c1")) == "x y"


# --- three values


UNKNOWN = 'attribute("ghost") == 1'
TRUE, FALSE = 'happened("a")', 'happened("never")'


@pytest.mark.parametrize(
    ("when", "opens"),
    [
        (TRUE, True),
        (UNKNOWN, False),
        (f"not {UNKNOWN}", False),
        (f"not ({FALSE} and {UNKNOWN})", True),
        (f"not ({UNKNOWN} and {FALSE})", True),
        (f"{TRUE} and {UNKNOWN}", False),
        (f"not ({TRUE} and {UNKNOWN})", False),
        (f"{TRUE} or {UNKNOWN}", True),
        (f"{UNKNOWN} or {TRUE}", True),
        (f"{FALSE} or {UNKNOWN}", False),
        (f"not ({FALSE} or {UNKNOWN})", False),
        ('known(attribute("ghost"))', False),
        ('not known(attribute("ghost"))', True),
        ('known(sum("never"))', True),
        ('known(idle("never"))', True),
        ('known(until("ghost"))', False),
    ],
)
def test_only_true_opens_and_unknown_follows_kleene(by: Play, when: str, opens: bool) -> None:
    assert left(by, when, "a0") == (day(0) if opens else None)


def test_known_is_false_where_a_term_does_not_fit_its_attribute(by: Play) -> None:
    assert left(by, 'not known(until("plan"))', "a0", [fact("plan", "pro")]) == day(0)


def test_what_is_recorded_after_the_end_is_not_seen(by: Play) -> None:
    log: list[Event] = [event("a", 0, known_on=0), event("b", 1, known_on=9), event("b", 2, known_on=3)]
    assert left(by, 'happened("b")', log, until=8) == day(2)
    assert left(by, 'happened("b")', log, until=9) == day(1)


def test_what_is_recorded_of_an_attribute_after_the_end_is_not_seen(by: Play) -> None:
    """At equal valid_from the later row wins, once it is known."""
    facts = [fact("plan", "basic", 0, known_on=0), fact("plan", "pro", 0, known_on=9)]
    assert left(by, 'attribute("plan") == "basic"', events("a0"), facts, until=8) == day(0)
    assert left(by, 'attribute("plan") == "basic"', events("a0"), facts, until=9) is None
