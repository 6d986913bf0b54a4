"""Odd input: each gives a result that says what it did, or an error that says what to do."""

from __future__ import annotations

from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tests.scoring.churn.hazard_worlds import JOURNEY, day, world

import cjlib as cj
from cjlib.scoring import FittedHazard, outcomes

SCORER = cj.HazardScorer(horizon="30d", penalty=3.0)


@lru_cache(maxsize=2)
def small() -> SimpleNamespace:
    return world(120, 4)


def panel_with(rows: Any = slice(None), **columns: Any) -> cj.Snapshot:
    """The rows of the small world with other columns, and without stages."""
    panel = small().panel
    return cj.Snapshot.from_frame(
        {"customer": panel.customer[rows], "as_of": panel.as_of[rows], **columns}, as_of="as_of"
    )


def fit(panel: cj.Snapshot, **options: Any) -> FittedHazard:
    return cj.HazardScorer(**({"horizon": "30d", "penalty": 3.0} | options)).fit(panel, small().trace)


@pytest.mark.parametrize("value", [7.0, float("nan"), 1e9, -1e300])
def test_a_constant_column_is_left_out_and_named(value: float) -> None:
    z = small().panel["z"]
    found = fit(panel_with(z=z, same=np.full(len(z), value)))
    assert "'same' is the same everywhere: left out" in found.notes
    assert found.requires == {"z"}


@pytest.mark.parametrize("scale", [1e-9, 1e9, 1e200])
def test_no_unit_of_a_metric_matters(scale: float) -> None:
    z = small().panel["z"]
    one, other = panel_with(z=z), panel_with(z=z * scale)
    assert np.allclose(fit(one).score(one).values, fit(other).score(other).values, atol=1e-9)


def test_an_outlier_moves_its_own_row_only() -> None:
    z = small().panel["z"].copy()
    z[3] = 1e300
    wild = panel_with(z=z)
    said = fit(wild).score(wild).values
    calm = panel_with(z=small().panel["z"])
    assert np.isfinite(said).all()
    assert np.abs(said - fit(calm).score(calm).values)[np.arange(len(z)) != 3].max() < 0.05


def test_an_infinite_number_is_refused_with_its_row() -> None:
    """A ratio of a huge and a tiny number is one."""
    found = small()
    rows = {"customer": list(range(120)), "huge": np.full(120, 1e300), "tiny": np.full(120, 1e-300)}
    ratio = cj.Metric("ratio", ratio=("huge", "tiny"))
    with np.errstate(over="ignore"):
        panel = cj.panel(
            found.log, ratio, as_of=[day(90)], customers=cj.Customers.from_frame(rows), journey=JOURNEY
        )
    with pytest.raises(cj.CJError, match="'ratio' is infinite in row 0"):
        fit(panel)


def test_what_is_missing_has_a_column_of_its_own_and_lowers_the_coverage() -> None:
    z, plan = small().panel["z"].copy(), small().panel["plan"].copy()
    z[::3] = np.nan
    plan[::4] = None
    panel = panel_with(z=z, plan=plan)
    found = fit(panel)
    assert {"z missing", "plan missing"} <= set(found.design.labels)
    coverage = found.score(panel).coverage
    assert coverage is not None
    assert coverage[0] == 0.0
    assert coverage[3] == 0.5
    assert coverage[1] == 1.0


def test_all_missing_at_scoring_is_scored_without_evidence() -> None:
    panel = panel_with(z=small().panel["z"], plan=small().panel["plan"])
    nothing = panel_with(z=np.full(len(panel), np.nan), plan=np.full(len(panel), np.nan))
    scores = fit(panel).score(nothing)
    assert np.isfinite(scores.values).all()
    assert (scores.coverage == 0).all()
    assert np.ptp(scores.values) == 0


def test_perfect_separation_is_told_without_a_penalty_and_survived_with_one() -> None:
    came = outcomes(small().panel, small().trace).within("30d")
    panel = panel_with(tells=np.nan_to_num(came), z=small().panel["z"])
    with pytest.raises(cj.CJError, match="give a penalty above 0"):
        fit(panel, penalty=0.0)
    found = fit(panel, penalty=None)
    risks = found.score(panel).values
    assert risks[came == 1].min() > risks[came == 0].max()


def test_without_an_event_there_is_nothing_to_learn() -> None:
    panel = small().panel
    stayed = np.nan_to_num(outcomes(panel, small().trace).within("30d"), nan=1.0) == 0
    with pytest.raises(cj.CJError, match=r"came in none of [\d,]+ periods"):
        SCORER.fit(panel.select(stayed), small().trace)
    left = np.nan_to_num(outcomes(panel, small().trace).within("30d")) == 1
    with pytest.raises(cj.CJError, match=r"came in all of \d+ periods: nothing to tell apart"):
        SCORER.fit(panel.select(left), small().trace)
    with pytest.raises(cj.CJError, match="no row of the panel is at risk"):
        SCORER.fit(panel.select(panel["@stage"] == "gone"), small().trace)


def test_one_customer_is_enough_to_learn_a_level() -> None:
    panel, came = small().panel, outcomes(small().panel, small().trace).within("30d")
    customer = next(
        one for one in np.unique(panel.customer[came == 1]) if (came[panel.customer == one] == 0).sum() >= 2
    )
    own = panel.select(panel.customer == customer)
    found = cj.HazardScorer(horizon="30d").fit(own, small().trace)
    assert "churn came 1 times only: little can be told of it" in found.notes
    assert "too few events to choose by" in found.hazards[0].why
    scores = found.score(own)
    assert np.nanmax(scores.values) < 1


def test_columns_that_betray_the_outcome_are_refused() -> None:
    z = small().panel["z"]
    panel = panel_with(z=z, churned_at=z)
    with pytest.raises(cj.CJError, match="'churned_at': it is filled in when the customer leaves"):
        fit(panel)
    assert fit(panel, metrics=["z"]).requires == {"z"}
    assert fit(panel, allow=["churned_at"]).requires == {"z", "churned_at"}
    told = {"customer": small().panel.customer, "as_of": small().panel.as_of, "z": z, "age": z * 0 - 2}
    late = cj.Snapshot.from_frame(told, as_of="as_of", ages={"z": "age"})
    with pytest.raises(cj.CJError, match="younger than the moment of the row by 2 days"):
        fit(late)


def test_kinds_and_levels_may_not_change_but_new_levels_are_average() -> None:
    plan = small().panel["plan"]
    found = fit(panel_with(plan=plan))
    with pytest.raises(cj.CJError, match="was a category when the scorer learnt, and is a number now"):
        found.score(panel_with(plan=small().panel["z"]))
    scores = found.score(panel_with(plan=np.full(len(plan), "never seen", dtype=object)))
    assert scores.parts is not None
    assert (scores.parts == 0).all()
    with pytest.raises(cj.CJError, match="was a number when the scorer learnt, and is a category now"):
        fit(panel_with(z=small().panel["z"])).score(panel_with(z=plan))
    with pytest.raises(cj.CJError, match="more than 50: leave it out or put rare ones together"):
        fit(panel_with(many=[f"{i % 60}" for i in range(len(plan))]))


def test_who_has_left_gets_no_score() -> None:
    scores = SCORER.fit(small().panel, small().trace).score(small().panel.at(day(270)))
    gone = small().panel.at(day(270))["@stage"] == "gone"
    assert gone.any()
    assert np.isnan(scores.values[gone]).all()
    assert np.isfinite(scores.values[~gone]).all()


def test_one_outcome_per_row_says_the_same_as_the_trace() -> None:
    """Where every horizon is over, a trace knows nothing more about one period."""
    panel = small().panel
    found = outcomes(panel, small().trace)
    came = found.within("30d")
    models = [SCORER.fit(panel, told) for told in (small().trace, found, came)]
    for model in models[1:]:
        assert np.allclose(model.hazards[0].coefficients, models[0].hazards[0].coefficients, atol=1e-8)
    with pytest.raises(cj.CJError, match="by, competing and period need a trace"):
        cj.HazardScorer(horizon="30d", period="10d").fit(panel, came)


def test_mistakes_are_told_where_they_are_made() -> None:
    found = small()
    for options, message in (
        ({"horizon": "0d"}, "must be longer than nothing"),
        ({"period": "-1d"}, "a period must be longer than nothing"),
        ({"penalty": -1.0}, "the penalty is a number, at least 0"),
        ({"penalty": True}, "the penalty is a number"),
        ({"by": "colour"}, "by 'stage' or by 'reason'"),
        ({"bends": 2}, "bends at 0, 3, 4, 5 knots"),
        ({"metrics": [3]}, "names of columns were expected"),
    ):
        with pytest.raises(cj.CJError, match=message):
            cj.HazardScorer(**options)
    with pytest.raises(cj.CJError, match="did you mean 'logins'"):
        cj.HazardScorer(metrics=["login"]).fit(found.panel, found.trace)
    with pytest.raises(cj.CJError, match="did you mean 'grown'"):
        cj.HazardScorer(event="groan").fit(found.panel, found.trace)
    with pytest.raises(cj.CJError, match="can't compete as well"):
        cj.HazardScorer(event="grown", competing=["grown"]).fit(found.panel, found.trace)
    with pytest.raises(cj.CJError, match=r"fit takes a cjlib\.Snapshot or panel"):
        SCORER.fit("panel", found.trace)  # type: ignore[arg-type]
    model = SCORER.fit(found.panel, found.trace)
    with pytest.raises(cj.CJError, match="make it with journey="):
        model.score(panel_with(**{name: found.panel[name] for name in found.panel.names}))
    with pytest.raises(cj.CJError, match="horizons are a list of durations"):
        model.survival(found.panel, "30d")
    with pytest.raises(cj.CJError, match="unknown cause 'chrun'"):
        model.of("chrun")
