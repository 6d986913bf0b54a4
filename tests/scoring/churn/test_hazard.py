"""The hazard scorer: what it learns is what happened, and its curves and parts agree at every horizon."""

from __future__ import annotations

from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from tests.scoring.churn.hazard_worlds import DAY, END, JOURNEY, METRICS, START, day, part, replayed, world

import cjlib as cj
from cjlib.scoring import FittedHazard, outcomes

FIELDS = ("horizon", "period", "by", "event", "competing")
HORIZONS = ["1d", "7d", "30d", "90d", "400d", "3000d"]
SCORERS = (
    cj.HazardScorer(horizon="30d", penalty=3.0),
    cj.HazardScorer(horizon="60d", penalty=3.0, period="20d"),
    cj.HazardScorer(horizon="30d", penalty=3.0, by="reason"),
    cj.HazardScorer(horizon="30d", penalty=3.0, event="grown"),
    cj.HazardScorer(horizon="30d", penalty=3.0, competing=["grown"]),
)


@lru_cache(maxsize=4)
def small() -> SimpleNamespace:
    return world(150, 1)


@lru_cache(maxsize=1)
def some() -> cj.Snapshot:
    """Rows of all moments and stages, few enough to be looked at often."""
    panel = small().panel
    return panel.select(np.arange(0, len(panel), 17))


@lru_cache(maxsize=8)
def fitted(number: int) -> FittedHazard:
    return SCORERS[number].fit(small().panel, small().trace)


def table(found: SimpleNamespace, horizon: float) -> dict[str, Any]:
    """The person-period table, read slowly from the visits: which row, how many days, whether churn came."""
    visits = list(found.trace.visits.rows())
    panel, table = found.panel, {"row": [], "days": [], "came": []}
    for row, (customer, moment) in enumerate(zip(panel.customer.tolist(), panel.as_of, strict=True)):
        start = (int(moment.astype(np.int64)) - START) / DAY
        own = [((int(v["entered"].astype(np.int64)) - START) / DAY, v["stage"]) for v in visits
               if v["customer"] == customer]  # fmt: skip
        before = [stage for entered, stage in own if entered <= start]
        left = next((entered for entered, stage in own if stage == "gone" and entered > start), None)
        stop = min(start + horizon, END)
        if before and before[-1] != "gone" and stop > start:
            table["row"].append(row)
            table["days"].append(stop - start)
            table["came"].append(float(left is not None and left <= stop))
    return {name: np.array(column) for name, column in table.items()}


def test_on_the_person_period_table_it_is_the_model_of_statsmodels() -> None:
    """Straight lines and no penalty: the columns can be written down by hand."""
    found = small()
    scorer = cj.HazardScorer(horizon="30d", penalty=0.0, bends=0, metrics=["z", "logins", "plan"])
    ours = scorer.fit(found.panel, found.trace)
    told = table(found, 30.0)
    row = told["row"]
    stage, dwell = found.panel["@stage"][row], found.panel["@dwell"][row] + told["days"] / 2
    stages = sorted(set(stage))

    def squeezed(name: str) -> Any:
        x = found.panel[name][row]
        low, middle, high = np.quantile(found.panel[name][np.unique(row)], (0.25, 0.5, 0.75))
        return np.arcsinh((x - middle) / (high - low))

    columns = [np.ones(len(row)), squeezed("z"), squeezed("logins")]
    columns += [(stage == one).astype(float) for one in stages[1:]]
    columns += [(stage == one) * np.log1p(dwell) for one in stages]
    columns += [(found.panel["plan"][row] == plan).astype(float) for plan in ("pro", "team")]
    family = sm.families.Binomial(link=sm.families.links.CLogLog())
    theirs = sm.GLM(told["came"], np.column_stack(columns), family=family, offset=np.log(told["days"])).fit(
        tol=1e-13, maxiter=100
    )
    assert ours.rows == len(row)
    assert ours.hazards[0].events == told["came"].sum()
    assert ours.log_likelihood == pytest.approx(theirs.llf, rel=1e-8)
    # a column that was centred and scaled has the same test statistic
    labels = ours.design.labels
    for column, name in ((1, "z"), (2, "logins")):
        at = labels.index(name)
        z = ours.hazards[0].coefficients[at] / ours.hazards[0].errors[at]
        assert z == pytest.approx(theirs.tvalues[column], rel=1e-5)
    said = 1 - np.exp(-np.exp(ours.design.columns(found.panel, row, told["days"] / 2)
                              @ ours.hazards[0].coefficients + np.log(told["days"])))  # fmt: skip
    assert np.allclose(said, theirs.fittedvalues, atol=1e-7)


@given(st.integers(0, len(SCORERS) - 1), st.integers(0, 7), st.sampled_from(HORIZONS))
def test_parts_add_up_at_every_horizon(number: int, moment: int, horizon: str) -> None:
    found = small()
    rows = found.panel.at(found.panel.moments[moment])
    scores = fitted(number).within(rows, horizon)  # Scores itself holds base + parts against the value
    awaited = ~np.isin(rows["@stage"], fitted(number).over)
    assert np.array_equal(~np.isnan(scores.values), awaited)
    assert scores.parts is not None
    assert scores.link == "cloglog"
    for cause in fitted(number).causes:
        assert (fitted(number).alone(rows, cause, horizon).values[awaited] >= 0).all()


def test_parts_of_metrics_are_the_same_at_all_horizons() -> None:
    rows = small().panel
    short, long = fitted(0).within(rows, "3d"), fitted(0).within(rows, "300d")
    assert short.part_names == ("@time in stage", "z", "plan", "logins", "days_since_login")
    assert short.parts is not None
    assert long.parts is not None
    assert np.array_equal(short.parts[:, 1:], long.parts[:, 1:], equal_nan=True)


@given(st.integers(0, len(SCORERS) - 1), st.lists(st.floats(0.01, 2000), min_size=2, max_size=6))
def test_one_curve_per_customer_that_never_rises(number: int, days: list[float]) -> None:
    horizons = [f"{round(one * 24 * 60) + 1}min" for one in sorted(days)]
    rows, model = some(), fitted(number)
    survival, incidence = model.survival(rows, horizons), model.incidence(rows, horizons)
    known = ~np.isnan(survival[:, 0])
    assert (np.diff(survival[known], axis=1) <= 1e-15).all()
    assert (np.diff(incidence[known], axis=1) >= -1e-15).all()
    assert np.abs(incidence[known].sum(axis=2) + survival[known] - 1).max() < 1e-12
    assert np.array_equal(model.incidence(rows, horizons[:1])[known], incidence[known][:, :1])
    risks = np.stack([model.within(rows, one).values for one in horizons], axis=1)
    assert (np.diff(risks[known], axis=1) >= -1e-12).all()
    awaited = [one.is_awaited for one in model.hazards]
    assert np.allclose(risks[known], incidence[known][:, :, awaited].sum(axis=2), atol=1e-12)
    lived = model.expected_days(rows, "100d")[known]
    assert ((lived > 0) & (lived <= 100)).all()


def test_expected_days_of_a_constant_hazard_are_those_of_the_exponential() -> None:
    """Without stages and metrics: (1 - exp(-h t)) / h."""
    found = small()
    bare = cj.Snapshot.from_frame(
        {"customer": found.panel.customer, "as_of": found.panel.as_of, "one": np.ones(len(found.panel))},
        as_of="as_of",
    )
    model = cj.HazardScorer(horizon="30d", penalty=1.0).fit(bare, found.trace)
    assert [note for note in model.notes if "same everywhere" in note or "no stages" in note]
    hazard = np.exp(model.hazards[0].coefficients[0])
    expected = (1 - np.exp(-hazard * 500)) / hazard
    assert model.expected_days(bare, "500d")[0] == pytest.approx(expected, rel=1e-4)
    told = table(found, 30.0)
    rate = told["came"].sum() / told["days"].sum()
    assert hazard == pytest.approx(rate, rel=0.15)  # grouped times: a little more than events by days


@given(st.integers(0, len(SCORERS) - 1), st.integers(2, 4), st.integers(0, 99))
def test_blocks_of_customers_give_what_all_customers_give(number: int, parts: int, seed: int) -> None:
    found = small()
    of = np.random.default_rng(seed).integers(0, parts, 150)
    blocks = [part(found, np.flatnonzero(of == one)) for one in range(parts)]
    whole = fitted(number)
    joined = SCORERS[number].fit_blocks(blocks, like=whole)
    assert joined.rows == whole.rows
    for ours, theirs in zip(joined.hazards, whole.hazards, strict=True):
        assert np.allclose(ours.coefficients, theirs.coefficients, atol=1e-8)
        assert np.allclose(ours.errors, theirs.errors, atol=1e-8)
        assert ours.events == theirs.events
        assert ours.log_likelihood == pytest.approx(theirs.log_likelihood, abs=1e-6)


def test_blocks_that_can_be_read_once_only_are_refused() -> None:
    found = small()
    with pytest.raises(cj.CJError, match="give a list, not an iterator"):
        SCORERS[0].fit_blocks(iter([(found.panel, found.trace)]))
    with pytest.raises(cj.CJError, match="at least one block"):
        SCORERS[0].fit_blocks([])
    with pytest.raises(cj.CJError, match="like= was fitted with horizon='60d', event=None"):
        SCORERS[0].fit_blocks([(found.panel, found.trace)], like=fitted(1))
    stayed = np.nan_to_num(outcomes(found.panel, found.trace).within("30d"), nan=1.0) == 0
    with pytest.raises(cj.CJError, match="churn came in none of"):
        SCORERS[0].fit_blocks([(found.panel.select(stayed), found.trace)], like=fitted(0))
    alone = SCORERS[0].fit_blocks([(found.panel, found.trace)])
    assert np.allclose(alone.hazards[0].coefficients, fitted(0).hazards[0].coefficients, atol=1e-9)


@given(st.integers(0, len(SCORERS) - 1), st.integers(0, 10**6))
def test_no_order_of_rows_metrics_or_customers_matters(number: int, seed: int) -> None:
    found, rng = small(), np.random.default_rng(seed)
    names = rng.permutation(found.panel.names).tolist()
    shuffled = found.panel.select(rng.permutation(len(found.panel)))
    model = cj.HazardScorer(
        **{name: getattr(SCORERS[number], name) for name in FIELDS},
        penalty=3.0, metrics=names,
    ).fit(shuffled, found.trace)  # fmt: skip
    ours, theirs = model.score(some()).values, fitted(number).score(some()).values
    assert np.allclose(ours, theirs, atol=1e-9, equal_nan=True)


@given(st.integers(0, 7), st.integers(0, 10**6))
def test_what_comes_after_the_moment_never_changes_a_score(moment: int, seed: int) -> None:
    found, rng = small(), np.random.default_rng(seed)
    as_of = found.panel.moments[moment]
    late = rng.uniform((int(as_of.astype(np.int64)) - START) / DAY + 1e-6, END + 40, 30)
    who, what = rng.integers(0, 150, 30), rng.choice(["login", "price", "grow", "buy"], 30)
    visits = list(zip(who.tolist(), what.tolist(), [day(one) for one in late], strict=True))
    known = [(c, a, t) for c, a, t in events(found.log) if t <= as_of]
    score = fitted(0).score
    ours = [
        score(cj.snapshot(log_of(rows), METRICS, as_of=as_of, customers=found.customers, journey=JOURNEY))
        for rows in (known, [*known, *visits])
    ]
    of = [dict(zip(one.customers.tolist(), one.values.tolist(), strict=True)) for one in ours]
    assert {c: v for c, v in of[1].items() if c in of[0]} == pytest.approx(of[0], nan_ok=True, abs=0)


def events(log: cj.EventLog) -> list[tuple[Any, str, Any]]:
    owners = np.repeat(np.arange(log.n_customers), np.diff(log.starts))
    names = np.array(log.activities, dtype=object)[log.activity]
    times = log.time.view("datetime64[us]")
    return list(zip(log.customers[owners].tolist(), names.tolist(), times, strict=True))


def log_of(rows: list[tuple[Any, str, Any]]) -> cj.EventLog:
    return cj.EventLog.from_columns(
        [c for c, _, _ in rows], [a for _, a, _ in rows], np.array([t for _, _, t in rows])
    )


def test_what_the_trace_does_not_know_yet_is_not_learnt() -> None:
    """An earlier replay of the same log knows less; learning from it is learning from the shorter log."""
    found, until = small(), day(200)
    early = cj.replay(JOURNEY, found.log, found.customers, until=until)
    short = cj.replay(JOURNEY, found.log.as_of(until), found.customers, until=until)
    panel = found.panel.select(found.panel.as_of <= until)
    models = [SCORERS[0].fit(panel, trace) for trace in (early, short)]
    assert np.array_equal(models[0].hazards[0].coefficients, models[1].hazards[0].coefficients)


def test_hazards_that_are_known_are_found_again() -> None:
    """Leaving for the price rises by exp(0.7) with z, leaving for the product does not."""
    found = world(3000, 7)
    model = cj.HazardScorer(horizon="30d", by="reason", competing=["grown"], bends=0).fit(
        found.panel, found.trace
    )
    assert model.causes == ("price", "product", "grown")
    start = found.panel.at(day(120))
    rows = start.select(start["@stage"] == "active")
    z = rows["z"]
    near = np.abs(np.abs(z) - 1) < 0.15
    truth = {"price": 0.004 * np.exp(0.7 * z), "product": np.full(len(z), 0.002),
             "grown": 0.004 * np.exp(-0.7 * z)}  # fmt: skip
    hazards = {cause: -np.log1p(-model.alone(rows, cause, "30d").values) / 30 for cause in model.causes}
    for cause, rate in truth.items():
        for side in (-1, 1):
            at = near & (np.sign(z) == side)
            assert hazards[cause][at].mean() == pytest.approx(rate[at].mean(), rel=0.2)
    assert model.score(rows).values.mean() == pytest.approx(
        np.mean((truth["price"] + truth["product"]) / sum(truth.values())
                * -np.expm1(-30 * sum(truth.values()))), rel=0.12)  # fmt: skip


def test_it_is_fitted_and_judged_by_a_backtest() -> None:
    found = world(600, 3)
    judged = cj.backtest(
        cj.HazardScorer(horizon="60d"), found.log, JOURNEY, as_of=[day(one) for one in (120, 180, 240)],
        horizon="60d", customers=found.customers, metrics=METRICS, resamples=20,
    )  # fmt: skip
    assert judged.auc > 0.6
    assert judged.calibration_error < 0.15


def test_one_moment_is_enough_and_then_customers_take_the_place_of_time() -> None:
    made = replayed(small().log, small().customers, moments=(90,))
    model = cj.HazardScorer(horizon="30d").fit(made.panel, made.trace)
    assert "some customers from those of others" in model.hazards[0].why
    assert not model.clustered
