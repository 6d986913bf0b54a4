"""Contrast: every answer by segment; the parts of a row add up to the whole."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import fisher_exact
from tests.findings import paths as made

import cjlib as cj
from cjlib import findings
from cjlib.errors import UnknownNameError, UsageError
from cjlib.findings import contrast
from cjlib.findings._rates import newcombe, wilson

JOURNEY = cj.template("saas")
COMPANY = cj.simulate(JOURNEY, 150, seed=6, until="2026-07-01")
UNTIL = "2026-07-01"


@pytest.fixture(scope="module")
def trace() -> cj.Trace:
    return cj.replay(JOURNEY, COMPANY.log, COMPANY.customers, until=UNTIL)


ANSWERS: dict[str, Callable[[cj.Trace], findings.Answer]] = {
    "funnel": lambda trace: findings.funnel(trace, ["website_visit", "stage:purchase", "login"]),
    "directly follows": lambda trace: findings.directly_follows(trace, of="stage"),
    "variants": lambda trace: findings.variants(trace, of="stage"),
    "cohorts": lambda trace: findings.cohorts(trace),
    "deviations": lambda trace: findings.deviations(trace, [("login", "login")]),
    "attribution": lambda trace: findings.attribution(trace, conversion="stage:purchase"),
    "drivers": lambda trace: findings.drivers(trace, early="30d", horizon="60d"),
    "stoppers": lambda trace: findings.near_misses(trace, "retention").stoppers,
    "planned order": lambda trace: findings.planned_order(trace),
    "seasons": lambda trace: findings.seasons(trace),
    "time to value": lambda trace: findings.time_to_value(trace),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_the_segments_of_every_answer_add_up_to_it(name: str, trace: cj.Trace) -> None:
    found = ANSWERS[name](trace)
    split = contrast(found, trace, by=["stage"], most=15)
    assert len(split) > 0
    for row in np.unique(split["row"]).tolist():
        mine = split.select(split["row"] == row)
        assert mine["customers"].sum() == len(found.customers(row))
        assert mine["among"].sum() == len(found.among(row))
    for row in range(0, len(split), max(len(split) // 5, 1)):
        assert len(split.customers(row)) == split["customers"][row]
        assert len(split.among(row)) == split["among"][row]


def test_share_difference_and_test_by_hand() -> None:
    """Of pro 3 of 4 order, of basic 1 of 4: 50 points apart, base one half, lift 1.5."""
    names = [f"c{i}" for i in range(8)]
    log = made.words("; ".join(f"c{i}: a0" + (" b1" if i in (0, 1, 2, 4) else "") for i in range(8)))
    plans = cj.Customers.from_frame({"customer": names, "plan": ["pro"] * 4 + ["basic"] * 4})
    trace = cj.replay(cj.Journey("one", stages=[cj.Stage("care")]), log, plans, until="2026-02-01")
    split = contrast(findings.funnel(trace, ["a", "b"]), trace, by="plan")
    row = next(one for one in split.rows() if one["row"] == 1 and one["segment"] == "pro")
    assert (row["share"], row["elsewhere"], row["difference"], row["base"], row["lift"]) == (
        0.75,
        0.25,
        0.5,
        0.5,
        1.5,
    )
    assert row["p"] == pytest.approx(fisher_exact([[3, 1], [1, 3]]).pvalue)
    assert row["low"] < 0.5 < row["high"]


def test_newcombe_is_that_of_the_paper() -> None:
    """Newcombe (1998), table II, method 10, the examples (a), (c) and (e)."""
    for counts, expected in (
        ((56, 70, 48, 80), (0.0524, 0.3339)),
        ((6, 7, 2, 7), (0.0582, 0.8062)),
        ((5, 56, 0, 29), (-0.0381, 0.1926)),
    ):
        assert [round(float(side), 4) for side in newcombe(*counts)] == list(expected)
    low, high = wilson([0, 1], [0, 2])
    assert np.isnan([low[0], high[0]]).all()


def test_what_cannot_be_contrasted_is_told(trace: cj.Trace) -> None:
    found = findings.cohorts(trace)
    with pytest.raises(UsageError, match="an answer such as a funnel"):
        contrast(trace.visits, trace, by="stage")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="says what the segments are made by"):
        contrast(found, trace, by=None)
    with pytest.raises(UnknownNameError, match="did you mean 'stage'"):
        contrast(found, trace, by="stag")
    others = cj.replay(JOURNEY, made.words("zed: a0"), until=UNTIL)
    with pytest.raises(UsageError, match="customers whom this trace does not have"):
        contrast(found, others, by="stage")
