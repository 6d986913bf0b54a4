"""People against the score: who said what, and who was right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cjlib as cj
from cjlib.scoring import pulse_record

from .made import snapshot

LOGINS = cj.Measure("logins", metric="logins", curve=cj.curves.linear(0, 10))
MOOD = cj.Measure("mood", metric="mood", curve=cj.curves.linear(0, 10))
BANDS = cj.Bands(("red", "yellow", "green"), edges=(40, 70))


def scorer(*, pulse: cj.Measure | None = MOOD, pulse_as: str = "veto", **options: Any) -> cj.HealthScorer:
    groups = [cj.Group("all", measures=options.pop("measures", [LOGINS]))]
    card = cj.Scorecard("health", groups=groups, bands=BANDS, pulse=pulse, pulse_as=pulse_as)
    return cj.HealthScorer(card, **options)


def rows(record: Any, *names: str) -> list[tuple[Any, ...]]:
    return list(zip(*(record.disagreements[name].tolist() for name in names), strict=True))


def test_who_said_worse_is_right_where_the_event_comes_and_who_said_better_where_not() -> None:
    """Scores 90 90 20 20 60; people say 30 30 90 90 60, the last agrees; a, d left, b, c stayed."""
    table = {"logins": [9, 9, 2, 2, 6], "mood": [3, 3, 9, 9, 6]}
    record = pulse_record(scorer(), snapshot(table, list("abcde")), [1, 0, 0, 1, 0])
    assert rows(record, "customer", "score", "band", "said", "right") == [
        ("a", 90.0, "green", "worse", "people"),
        ("b", 90.0, "green", "worse", "score"),
        ("c", 20.0, "red", "better", "people"),
        ("d", 20.0, "red", "better", "score"),
    ]
    assert (record.people_right, record.score_right) == (2, 2)


grades = st.lists(st.tuples(*[st.sampled_from([None, 0.0, 3.9, 4.0, 5.5, 7.0, 10.0])] * 2,
                            st.sampled_from([0.0, 1.0, np.nan])), min_size=1, max_size=20)  # fmt: skip


@given(grades)
def test_every_row_is_what_one_would_write_down_by_hand(told: list[tuple[Any, Any, float]]) -> None:
    """A plain walk over the customers: bands by comparison, then who was right."""
    logins, mood, came = (list(column) for column in zip(*told, strict=True))
    record = pulse_record(scorer(), snapshot({"logins": logins, "mood": mood}), came)
    expected, right = [], {"people": 0, "score": 0}
    for number, (score, opinion, outcome) in enumerate(told):
        if score is None or opinion is None:
            continue
        score_band, people_band = (int(one >= 4) + int(one >= 7) for one in (score, opinion))
        if score_band == people_band:
            continue
        said = "worse" if people_band < score_band else "better"
        who = None if np.isnan(outcome) else "people" if (said == "worse") == bool(outcome) else "score"
        expected.append((number, said, who))
        if who:
            right[who] += 1
    assert rows(record, "customer", "said", "right") == expected
    assert (record.people_right, record.score_right) == (right["people"], right["score"])
    assert record.summary["rows"].sum() + record.summary["undecided"].sum() == sum(
        score is not None and opinion is not None for score, opinion, _ in told
    )


def test_an_adjustment_disagrees_by_the_sign_of_its_points() -> None:
    points = cj.Measure("mood", metric="mood", curve=cj.curves.lookup({"bad": -10, "so": 0, "good": 10}))
    table = snapshot({"logins": [5, 5, 5, 5], "mood": ["bad", "so", "good", None]})
    record = pulse_record(scorer(pulse=points, pulse_as="adjustment"), table, [1, 0, 0, 0])
    assert rows(record, "customer", "score", "said", "right") == [
        (0, 50.0, "worse", "people"),
        (2, 50.0, "better", "people"),
    ]


def test_a_pulse_that_is_a_measure_is_taken_out_of_the_score_first() -> None:
    """Together (90 + 10) / 2 = 50, yellow; without the pulse 90, green, against its 10, red."""
    both = scorer(pulse=None, measures=[LOGINS, MOOD])
    record = pulse_record(both, snapshot({"logins": [9], "mood": [1]}), [1], pulse="mood")
    assert rows(record, "score", "band", "said") == [(90.0, "green", "worse")]


def test_old_opinions_count_for_nothing() -> None:
    fading = cj.Measure("mood", metric="mood", curve=cj.curves.linear(0, 10), valid_for="30d")
    table = snapshot({"logins": [9, 9], "mood": [1, 1]}, ages={"mood": [5, 50]})
    assert rows(pulse_record(scorer(pulse=fading), table, [0, 0]), "customer") == [(0,)]


def test_there_is_a_record_for_everyone_who_speaks() -> None:
    table = {"logins": [9, 9, 9], "mood": [1, 1, 1], "csm": ["ann", "ben", None]}
    record = pulse_record(scorer(), snapshot(table), [1, 0, 0], by="csm")
    worse = record.summary["said"] == "worse"
    assert record.summary["by"][worse].tolist() == [None, "ann", "ben", "unsaid"]
    assert record.summary["events"][worse].tolist() == [1, 1, 0, 0]
    assert "ann: people say worse: the event came in 1 of 1" in str(record)


def test_people_and_score_are_told_apart_by_the_pairs_that_they_tell() -> None:
    """People say it of all pairs, the score of none."""
    table = {"logins": [2, 3, 8, 9], "mood": [9, 8, 2, 1]}
    record = pulse_record(scorer(), snapshot(table), [0, 0, 1, 1])
    assert (record.auc_people, record.auc_score) == (1.0, 0.0)
    assert "people tell 100% of pairs, the score 0%" in str(record)


TABLE = snapshot({"logins": [1], "mood": [1]})


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: pulse_record("health", TABLE, [1]), "a HealthScorer was expected"),  # type: ignore[arg-type]
        (lambda: pulse_record(scorer(pulse=None), TABLE, [1]), "has no pulse"),
        (lambda: pulse_record(scorer(), TABLE, [1], pulse="moods"), "unknown measure 'moods'"),
        (lambda: pulse_record(scorer(), TABLE, [1], pulse="logins"), "there is nothing left"),
        (lambda: pulse_record(scorer(), TABLE, [2]), "the outcome is 1, 0 or NaN"),
        (lambda: pulse_record(scorer(), TABLE, [1], by="csm"), "unknown metric 'csm'"),
        (lambda: pulse_record(scorer(), TABLE, [1], by="mood"), "is a number"),
        (lambda: pulse_record(scorer(), TABLE, [1], risk="bad"), "'low' or 'high'"),
        (lambda: pulse_record(cj.HealthScorer(cj.Scorecard("h", groups=[cj.Group("g", measures=[LOGINS])])),
                              TABLE, [1]), "no bands"),
    ],
)  # fmt: skip
def test_wrong_calls_are_told(call: Callable[[], object], told: str) -> None:
    with pytest.raises(cj.CJError, match=told):
        call()
