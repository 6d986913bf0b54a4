"""Scores over time: bands that don't flutter, trends, and changes explained part by part."""

from __future__ import annotations

import math

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.scoring.made import snapshot
from tests.scoring.strategies import ages_of, scorecards, snapshots

from cjlib.errors import CJError, DataError, UnknownNameError, UsageError
from cjlib.journey import Bands, Group, Measure, Scorecard, curves
from cjlib.scoring import HealthScorer, Scores, score_panel

DAYS = ("2026-01-01", "2026-01-08", "2026-01-15", "2026-01-22", "2026-01-29")
BANDS = Bands(("red", "yellow", "green"), edges=(50, 75), margin=5)


def card(*measures: Measure, **options) -> Scorecard:
    own = measures or (Measure("a", metric="a", curve=curves.linear(0, 100)),)
    return Scorecard("health", **{"groups": [Group("all", measures=own)], "bands": BANDS} | options)


def one_customer(values: list, bands: Bands = BANDS):
    panel = snapshot({"a": values, "day": DAYS[: len(values)]}, ["acme"] * len(values), "day")
    return score_panel(HealthScorer(card(bands=bands)), panel)


def by_walking(bands: Bands, values: list) -> list:
    """Bands with a memory, step by step: one band up or down while the edge is passed by the margin."""
    found, now = [], None
    for value in values:
        if value is None:
            found.append(None)
            continue
        plain = sum(value >= edge if bands.at_edge == "upper" else value > edge for edge in bands.edges)
        if now is None:
            now = plain
        while now < plain and beyond(bands, value, bands.edges[now] + bands.margin):
            now += 1
        while now > plain and not beyond(bands, value, bands.edges[now - 1] - bands.margin):
            now -= 1
        found.append(bands.labels[now])
    return found


def beyond(bands: Bands, value: float, edge: float) -> bool:
    return value >= edge if bands.at_edge == "upper" else value > edge


@given(
    st.lists(st.none() | st.integers(0, 100), min_size=1, max_size=5),
    st.sampled_from(["upper", "lower"]), st.sampled_from([0, 5, 30]),
)  # fmt: skip
def test_bands_with_a_margin_are_those_of_a_walk_from_band_to_band(values, at_edge, margin):
    bands = attrs.evolve(BANDS, at_edge=at_edge, margin=margin)
    assert one_customer(values, bands).bands.tolist() == by_walking(bands, values)


def test_a_score_that_swings_about_an_edge_does_not_change_its_band():
    """48, 52, 49, 53 stay red; 55 is 5 beyond and turns yellow; then 46 is within 5 of the edge: yellow."""
    assert one_customer([48, 52, 49, 53, 55]).bands.tolist() == ["red"] * 4 + ["yellow"]
    assert one_customer([55, 46, 44]).bands.tolist() == ["yellow", "yellow", "red"]
    assert one_customer([55, None, 46]).bands.tolist() == ["yellow", None, "yellow"]


@given(st.data())
def test_without_a_margin_bands_are_those_of_the_scores(data):
    columns = {"a": data.draw(st.lists(st.none() | st.integers(0, 100), min_size=6, max_size=6))}
    panel = snapshot(columns | {"day": DAYS[:3] * 2}, ["a"] * 3 + ["b"] * 3, "day")
    series = score_panel(HealthScorer(card(bands=attrs.evolve(BANDS, margin=0))), panel)
    assert series.bands.tolist() == series.scores.bands.tolist()


@given(st.lists(st.none() | st.floats(0, 100), min_size=1, max_size=5), st.sampled_from([None, "10d", "20d"]))
def test_the_trend_is_the_slope_of_a_fitted_line(values, window):
    found = one_customer(values).trend(window)
    scored = one_customer(values).scores.values
    for row in range(len(values)):
        first = 0 if window is None else max(0, row - {"10d": 1, "20d": 2}[window])
        points = [(7.0 * i, scored[i]) for i in range(first, row + 1) if not math.isnan(scored[i])]
        if len(points) < 2:
            assert math.isnan(found[row])
        else:
            assert found[row] == pytest.approx(np.polyfit(*zip(*points, strict=True), 1)[0], abs=1e-9)


@given(st.data())
def test_what_comes_later_changes_neither_bands_nor_trends(data):
    values = data.draw(st.lists(st.none() | st.integers(0, 100), min_size=2, max_size=5))
    whole, part = one_customer(values), one_customer(values[:-1])
    assert whole.bands.tolist()[:-1] == part.bands.tolist()
    np.testing.assert_array_equal(whole.trend("10d")[:-1], part.trend("10d"))


@given(st.data())
def test_a_change_is_the_sum_of_its_parts(data):
    old = data.draw(scorecards(fading=True))
    new = data.draw(st.sampled_from([old, attrs.evolve(old, scale=(old.scale[0], old.scale[1] * 2))]))
    n = data.draw(st.integers(1, 3))
    columns = data.draw(snapshots(old, rows=2 * n))
    ages = data.draw(ages_of(columns))
    days = {"day": [DAYS[0]] * n + [DAYS[1]] * n}
    panel = snapshot(columns | days, [*range(n)] * 2, "day", ages)
    series = score_panel({DAYS[0]: HealthScorer(old), DAYS[1]: HealthScorer(new)}, panel)
    change = series.change(DAYS[0])
    before, after = (series.scores.values[panel.numbers_of_moments == i] for i in (0, 1))
    is_said = ~np.isnan(change.values)
    np.testing.assert_array_equal(is_said, ~np.isnan(before) & ~np.isnan(after) & is_said)
    np.testing.assert_allclose(change.base[is_said], before[is_said])
    np.testing.assert_allclose(change.values[is_said], after[is_said])
    room = 1e-9 * max(1.0, *map(abs, new.scale))
    np.testing.assert_allclose(
        (change.base + change.parts.sum(axis=1) - change.values)[is_said], 0, atol=room
    )
    if new == old:
        np.testing.assert_array_equal(change.part("@formula")[is_said], 0)


def test_stale_evidence_and_another_formula_have_parts_of_their_own():
    """acme: logins 80 stay 80, nps 90 stays 90 but is 40 days old at the second moment and valid for 30.

    Before: (80 + 90) / 2 = 85. After: 80 alone, so staleness took 5. The new card counts logins twice: its
    score is 80 as well, for nps is stale in it too. brass: logins 20 to 40, nps 60 fresh: 40 to 50 is +10 by
    logins; the new card makes (2 * 40 + 60) / 3 = 46.67 of it: -3.33.
    """
    nps = Measure("nps", metric="nps", curve=curves.linear(0, 100), valid_for="30d")
    logins = Measure("logins", metric="logins", curve=curves.linear(0, 100))
    old, new = card(logins, nps), card(attrs.evolve(logins, weight=2), nps)
    columns = {"logins": [80, 20, 80, 40], "nps": [90, 60, 90, 60], "day": [DAYS[0]] * 2 + [DAYS[1]] * 2}
    panel = snapshot(columns, ["acme", "brass"] * 2, "day", {"nps": [10, 10, 40, 10]})
    change = score_panel({DAYS[0]: HealthScorer(old), DAYS[1]: HealthScorer(new)}, panel).change(DAYS[0])
    parts = {one: {k: v for k, v in change.explain(one).parts if abs(v) > 1e-9} for one in ("acme", "brass")}
    assert parts["acme"] == pytest.approx({"@stale": -5})
    assert parts["brass"] == pytest.approx({"logins": 10, "@formula": -10 / 3})
    assert change.base.tolist() == pytest.approx([85, 40])
    assert change.bands.tolist() == ["green", "red"]


def test_other_scorers_have_changes_too():
    class Risk:
        requires = frozenset({"a"})

        def score(self, snapshot, /):
            return Scores(snapshot["a"], scorer=self, snapshot=snapshot, scale=(0, 1))

    panel = snapshot({"a": [0.2, 0.5], "day": DAYS[:2]}, ["acme"] * 2, "day")
    change = score_panel(Risk(), panel).change(DAYS[0], DAYS[1])
    assert change.explain("acme").parts == (
        ("@unexplained", 0.3),
        ("@base", 0),
        ("@stale", 0),
        ("@formula", 0),
    )
    assert score_panel(Risk(), panel).bands is None


def test_a_customer_without_a_score_before_has_no_change():
    panel = snapshot({"a": [10, 20, 30], "day": [DAYS[0], DAYS[1], DAYS[1]]}, ["a", "a", "b"], "day")
    change = score_panel(HealthScorer(card()), panel).change(DAYS[0])
    np.testing.assert_array_equal(change.values, [20, math.nan])


def test_wrong_calls_are_told():
    series = one_customer([1, 2])
    with pytest.raises(UnknownNameError):
        series.change("2025-12-24")
    with pytest.raises(UsageError, match="goes forward"):
        series.change(DAYS[1], DAYS[0])
    for window in ("0d", "soon"):
        with pytest.raises(CJError):
            series.trend(window)
    with pytest.raises(UsageError, match="a scorer was expected"):
        score_panel("health", series.panel)
    with pytest.raises(UsageError, match="no scorer at all"):
        score_panel({}, series.panel)
    with pytest.raises(UsageError, match="no scorer counts at"):
        score_panel({DAYS[1]: HealthScorer(card())}, series.panel)
    with pytest.raises(DataError, match="of which moment"):
        score_panel(HealthScorer(card()), snapshot({"a": [1]}, as_of=None))
