"""The compiled arithmetic equals the plain one, customer by customer."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.scoring import plain
from tests.scoring.made import snapshot
from tests.scoring.strategies import ages_of, any_curve, lonely, lookups, scorecards, snapshots

from cjlib.scoring import HealthScorer


def room(card) -> float:
    """What rounding may make of a score: 1e-9 of the largest number that the scorecard deals with."""
    spans = [abs(end) for measure in card.measures for end in measure.curve.span(card.scale)]
    return 1e-9 * max(1.0, *map(abs, card.scale), *spans)


def close(found: float, expected: float, card) -> bool:
    return math.isclose(found, expected, abs_tol=room(card)) or (math.isnan(found) and math.isnan(expected))


def check(card, columns, ages) -> None:
    scores = HealthScorer(card).score(snapshot(columns, ages=ages))
    for row in range(len(scores)):
        expected = plain.score(card, columns, row, ages)
        assert close(scores.values[row], expected["value"], card)
        assert math.isclose(scores.coverage[row], expected["coverage"], abs_tol=1e-12)
        assert (scores.coverage[row] == 1) == expected["is_complete"]
        assert scores.low[row] <= expected["low"] + room(card)
        assert scores.high[row] >= expected["high"] - room(card)
        if expected["parts"] is None:
            assert np.isnan(scores.parts[row]).all()
        else:
            found = dict(zip(scores.part_names, scores.parts[row], strict=True))
            for name in {*found, *expected["parts"]}:
                assert close(found.get(name, 0.0), expected["parts"].get(name, 0.0), card), name
            assert close(scores.base[row], plain.base(card), card)


@given(st.data())
def test_every_number_equals_the_oracle(data):
    card = data.draw(scorecards())
    check(card, data.draw(snapshots(card)), None)


@given(st.data())
def test_every_number_equals_the_oracle_where_evidence_ages_and_people_talk(data):
    card = data.draw(scorecards(any_curve, fading=True))
    columns = data.draw(snapshots(card))
    check(card, columns, data.draw(ages_of(columns)))


@given(st.data())
def test_without_peers_the_interval_equals_the_oracle(data):
    card = data.draw(scorecards(lonely | lookups))
    columns = data.draw(snapshots(card))
    scores = HealthScorer(card).score(snapshot(columns))
    for row in range(len(scores)):
        expected = plain.score(card, columns, row)
        assert close(scores.low[row], expected["low"], card)
        assert close(scores.high[row], expected["high"], card)
