"""What people decide, when it counts, and for whom: overrides, waivers, the pulse, weights of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import cjlib as cj

from .made import snapshot

LINE = cj.curves.linear(0, 100)


def card(**options: Any) -> cj.Scorecard:
    """Use and mood, half each."""
    measures = [
        cj.Measure(name, metric=name, curve=LINE, **options.pop(name, {})) for name in ("use", "mood")
    ]
    return cj.Scorecard("health", groups=[cj.Group("all", measures=measures)], **options)


def decided(**options: Any) -> cj.Override:
    told = {"customer": "acme", "author": "ann", "reason": "she knows", "start": "2026-01-01"}
    return cj.Override(**{**told, **options})


def scored(
    columns: dict[str, list[Any]], *overrides: cj.Override, as_of: Any = "2026-02-01", **options: Any
) -> Any:
    customers = ["acme", "brass", "corn"][: len(columns["use"])]
    scorer = cj.HealthScorer(card(**options), overrides=overrides)
    return scorer.score(snapshot(columns, customers, as_of))


@pytest.mark.parametrize(
    ("override", "value"),
    [
        ({"value": 10}, 10),  # whatever the measures say
        ({"maximum": 40}, 40),  # 60 is above
        ({"maximum": 80}, 60),  # 60 is not
        ({"minimum": 70}, 70),
        ({"minimum": 20, "maximum": 50}, 50),
        ({"measure": "mood", "value": 0}, 40),  # (80 + 0) / 2
        ({"measure": "mood", "minimum": 60}, 70),  # (80 + 60) / 2
        ({"measure": "mood"}, 80),  # waived: use alone
    ],
)
def test_an_override_decides_the_score_or_a_measure_of_it(override: dict[str, Any], value: float) -> None:
    """Use 80, mood 40: without a decision 60; brass is not spoken of."""
    scores = scored({"use": [80, 80], "mood": [40, 40]}, decided(**override))
    assert scores.values.tolist() == pytest.approx([value, 60])
    assert scores.base + scores.parts.sum(axis=1) == pytest.approx(scores.values)
    if "measure" not in override:
        assert scores.part("@override").tolist() == pytest.approx([value - 60, 0])


def test_a_waiver_counts_as_known_and_gives_its_weight_to_the_others() -> None:
    scores = scored({"use": [80], "mood": [None]}, decided(measure="mood"))
    assert (scores.values[0], scores.coverage[0], scores.low[0], scores.high[0]) == (80, 1, 80, 80)
    assert scores.part("@reweighting")[0] == pytest.approx(15)


def test_an_override_holds_from_its_start_to_before_its_end() -> None:
    days = ["2025-12-31", "2026-01-01", "2026-01-31", "2026-02-01"]
    table = {"customer": ["acme"] * 4, "use": [60] * 4, "mood": [60] * 4, "day": days}
    panel = cj.Snapshot.from_frame(table, as_of="day")
    one = decided(value=10, end="2026-02-01")
    assert cj.HealthScorer(card(), overrides=[one]).score(panel).values.tolist() == [60, 10, 10, 60]


def test_of_several_the_one_that_began_last_counts() -> None:
    older, newer = decided(value=10), decided(value=20, start="2026-01-15")
    for order in ((older, newer), (newer, older)):
        assert scored({"use": [60], "mood": [60]}, *order).values.tolist() == [20]


def test_it_is_told_who_decided_what_and_whether_it_is_in_force() -> None:
    ones = [
        decided(value=10), decided(customer="brass", value=1, start="2027-01-01"),
        decided(customer="corn", value=1, end="2026-01-02"), decided(customer="dune", value=1),
    ]  # fmt: skip
    table = cj.HealthScorer(card(), overrides=ones).overrides_in(
        snapshot({"use": [1, 1, 1], "mood": [1, 1, 1]}, ["acme", "brass", "corn"], "2026-02-01")
    )
    assert table["status"].tolist() == ["in force", "not yet", "expired", "unknown customer"]
    assert table["author"].tolist() == ["ann"] * 4
    assert table["rows"].tolist() == [1, 0, 0, 0]


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: decided(), "say value, minimum or maximum, or which measure is waived"),
        (lambda: decided(value=1, author=" "), "author must be text"),
        (lambda: decided(value=1, reason=None), "reason must be text"),
        (lambda: decided(value=1, end="2025-01-01"), "ends before it starts"),
        (lambda: decided(value=1, maximum=2), "leaves nothing"),
        (lambda: decided(minimum=3, maximum=2), "is above the maximum"),
        (lambda: decided(value=np.inf), "a finite number"),
        (lambda: scored({"use": [1], "mood": [1]}, decided(value=101)), "outside the scale from 0 to 100"),
        (lambda: scored({"use": [1], "mood": [1]}, decided(measure="mod")), "did you mean 'mood'"),
        (lambda: scored({"use": [1], "mood": [1]}, decided(value=1), as_of=None), "as_of"),
        (lambda: cj.HealthScorer(card(), overrides=3), "overrides are a list"),
    ],
)
def test_what_nobody_can_have_decided_is_refused(call: Callable[[], object], told: str) -> None:
    with pytest.raises(cj.CJError, match=told):
        call()


PULSE = cj.Measure("pulse", metric="pulse", curve=cj.curves.lookup({"bad": 20, "good": 90}))
POINTS = cj.Measure("pulse", metric="pulse", curve=cj.curves.lookup({"bad": -30, "good": 10}))


@pytest.mark.parametrize(
    ("pulse", "use", "expected"),
    [
        (
            {"pulse": PULSE, "pulse_as": "veto"},
            [80, 80, 80],
            [20, 80, 80],
        ),  # never above 20; 90 lifts nothing
        ({"pulse": POINTS, "pulse_as": "adjustment"}, [80, 80, 80], [50, 90, 80]),
        ({"pulse": POINTS, "pulse_as": "adjustment"}, [10, 95, 95], [0, 100, 95]),  # never beyond the scale
    ],
)
def test_a_pulse_holds_the_score_down_or_moves_it_within_bounds(pulse: Any, use: Any, expected: Any) -> None:
    """The third customer is one of whom nobody said anything."""
    scores = scored({"use": use, "mood": use, "pulse": ["bad", "good", None]}, **pulse)
    assert scores.values.tolist() == expected
    assert scores.part("@pulse").tolist() == pytest.approx(
        [e - u for e, u in zip(expected, use, strict=True)]
    )


def test_a_pulse_fades() -> None:
    """A veto of 20 on a score of 80, 60 days old, with a half-life of 30: a quarter of the way: 65."""
    fading = cj.Measure("pulse", metric="pulse", curve=LINE, half_life="30d")
    table = snapshot({"use": [80], "mood": [80], "pulse": [20]}, ["acme"], ages={"pulse": [60]})
    scores = cj.HealthScorer(card(pulse=fading)).score(table)
    assert scores.values[0] == pytest.approx(65)


@pytest.mark.parametrize(
    ("options", "age", "expected"),
    [
        ({"valid_for": "30d"}, 30, 60),  # just valid
        ({"valid_for": "30d"}, 31, 80),  # left out: use alone
        ({"valid_for": "30d", "stale": "worst"}, 31, 40),  # (80 + 0) / 2
        ({"valid_for": "30d", "stale": "neutral"}, 31, 65),  # (80 + 50) / 2
        ({"half_life": "10d"}, 20, (80 + 0.25 * 40) / 1.25),  # a quarter of its weight
        ({"half_life": "10d", "stale": "neutral"}, 10, (80 + 45) / 2),  # half 40, half 50
    ],
)
def test_evidence_fades_and_expires(options: dict[str, Any], age: float, expected: float) -> None:
    """Use 80, fresh; mood 40, so many days old."""
    table = snapshot({"use": [80], "mood": [40]}, ["acme"], ages={"mood": [age]})
    assert cj.HealthScorer(card(mood=options)).score(table).values[0] == pytest.approx(expected)


def test_scores_are_rounded_halves_upwards() -> None:
    """(50 + 55) / 2 = 52.5 is 53, (50 + 54) / 2 = 52; the part says what rounding did."""
    scores = scored({"use": [50, 50], "mood": [55, 54]}, decimals=0)
    assert scores.values.tolist() == [53, 52]
    assert scores.part("@rounding").tolist() == [0.5, 0]


def journey(**options: Any) -> cj.Journey:
    return cj.Journey(
        "demo",
        stages=[
            cj.Stage("trial", kind="prospect"),
            cj.Stage("start", weights={"use": 3, "mood": 1}),
            cj.Stage("care"),
        ],
        transitions=[
            cj.Transition("trial", "start", when='happened("bought")'),
            cj.Transition("start", "care", when='happened("live")'),
        ],
        personas=[cj.Persona("fan", when='attribute("kind") == "fan"', weights={"use": 0, "mood": 1})],
        scorecards=[card(**options)],
    )


def table(**columns: list[Any]) -> cj.Snapshot:
    """Stages and personas as columns, as those have them who bring a table of their own."""
    return snapshot({"use": [80] * 3, "mood": [40] * 3, **columns}, ["acme", "brass", "corn"])


def test_stages_and_personas_weigh_in_their_own_way_and_the_persona_has_the_last_word() -> None:
    """In start (3 × 80 + 40) / 4 = 70; in care 60; a fan is judged by its mood alone, in start too."""
    one = journey()
    told = table(**{"@stage": ["start", "care", "start"], "@persona": [None, None, "fan"]})
    scores = cj.HealthScorer(one.scorecards[0], journey=one).score(told)
    assert scores.values.tolist() == pytest.approx([70, 60, 40])
    assert scores.base + scores.parts.sum(axis=1) == pytest.approx(scores.values)


@pytest.mark.parametrize(("face", "expected"), [("success", np.nan), ("experience", 60), (None, 60)])
def test_success_says_nothing_of_prospects_and_experience_does(face: Any, expected: float) -> None:
    one = journey(face=face)
    told = table(**{"@stage": ["trial", "care", "start"], "@persona": [None] * 3})
    scores = cj.HealthScorer(one.scorecards[0], journey=one).score(told)
    assert scores.values[:2] == pytest.approx([expected, 60], nan_ok=True)


def test_a_table_without_stages_is_told_how_to_get_them() -> None:
    one = journey()
    with pytest.raises(cj.CJError, match="judges stages in their own way, but the snapshot tells none"):
        cj.HealthScorer(one.scorecards[0], journey=one).score(table())
