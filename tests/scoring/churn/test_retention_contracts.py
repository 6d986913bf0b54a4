"""Contracts by the shifted beta-geometric: published figures, plain likelihoods, what cannot be fitted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import betaln
from tests.scoring.made import snapshot

import cjlib as cj
from cjlib.errors import CJError, DataError, UnknownNameError, UsageError
from cjlib.scoring.churn._retention import RetentionScorer
from cjlib.scoring.churn._retention_contracts import ContractCounts, FittedContracts, fit_contracts

# of 1000 contracts, how many are left after each year (Fader and Hardie, 2007, table 1)
REGULAR = [1000, 631, 468, 382, 326, 289, 262, 241, 223, 207, 194, 183, 173]
HIGH_END = [1000, 869, 743, 653, 593, 551, 517, 491, 468, 445, 427, 409, 394]
SETTINGS: dict[str, Any] = {
    "horizon": "365d", "event": "churn", "period": "365d", "tenure": "tenure", "name": "retention"
}  # fmt: skip

contracts = st.lists(st.tuples(st.integers(0, 4), st.integers(1, 6), st.booleans()), min_size=1, max_size=30)
Contracts = list[tuple[int, int, bool]]


def counted(rows: Contracts) -> ContractCounts:
    entered, lasted, lost = (np.array(column) for column in zip(*rows, strict=True))
    return ContractCounts.of(entered, entered + lasted, lost)


def yearly(left: list[int]) -> ContractCounts:
    return ContractCounts(np.array(left[:-1]), -np.diff(left))


@pytest.mark.parametrize(
    ("left", "expected"), [(REGULAR, (0.704, 1.182)), (HIGH_END, (0.668, 3.806))], ids=["regular", "high end"]
)
def test_the_first_seven_years_give_the_published_parameters(
    left: list[int], expected: tuple[float, float]
) -> None:
    assert fit_contracts(yearly(left[:8])).parameters.round(3).tolist() == list(expected)


@pytest.mark.parametrize("left", [REGULAR, HIGH_END], ids=["regular", "high end"])
def test_seven_years_foretell_the_twelfth(left: list[int]) -> None:
    fitted = FittedContracts.of(yearly(left[:8]), **SETTINGS)
    assert fitted.curve(12)["kept"] == pytest.approx(np.array(left[1:]) / 1000, abs=0.02)


def slow_likelihood(rows: Contracts, alpha: float, beta: float) -> float:
    """Of each contract: the chance to end in its period, or to go on, given that it went on so far."""

    def kept(periods: int) -> float:
        return float(np.exp(betaln(alpha, beta + periods) - betaln(alpha, beta)))

    total = 0.0
    for entered, lasted, lost in rows:
        end = entered + lasted
        total += np.log((kept(end - 1) - kept(end) if lost else kept(end)) / kept(entered))
    return total


@given(contracts)
def test_no_parameters_are_likelier_than_those_fitted(rows: Contracts) -> None:
    try:
        fit = fit_contracts(counted(rows))
    except DataError:
        return
    assert fit.log_likelihood == pytest.approx(slow_likelihood(rows, *fit.parameters), rel=1e-6, abs=1e-6)
    start = np.clip(np.log(fit.parameters), -6, 6)
    found = minimize(lambda logs: -slow_likelihood(rows, *np.exp(logs)), start, method="Nelder-Mead",
                     bounds=[(-9, 9)] * 2, options={"maxiter": 200})  # fmt: skip
    assert fit.log_likelihood >= -found.fun - 1e-6


@settings(max_examples=60)
@given(contracts, st.integers(0, 30))
def test_merged_counts_give_the_fit_on_both(rows: Contracts, cut: int) -> None:
    one, other = rows[:cut], rows[cut:]
    try:
        whole, first, second = (
            FittedContracts.of(counted(part), **SETTINGS) for part in (rows, one or rows, other or rows)
        )
    except DataError:
        return
    if one and other:
        merged = first.merge(second)
        assert merged.counts.lost.tolist() == whole.counts.lost.tolist()
        assert merged.fit.parameters.tolist() == whole.fit.parameters.tolist()


def test_what_was_fitted_for_something_else_is_not_merged() -> None:
    fitted = FittedContracts.of(yearly(REGULAR), **SETTINGS)
    with pytest.raises(UsageError, match="fitted alike"):
        fitted.merge(FittedContracts.of(yearly(REGULAR), **SETTINGS | {"period": "30d"}))


def test_risk_is_read_off_the_curve_and_falls_with_the_time_so_far() -> None:
    """After 2 of the periods, 1 - S(3) / S(2); before the next renewal is due, nothing can happen."""
    fitted = FittedContracts.of(yearly(HIGH_END[:8]), **SETTINGS)
    kept = np.append(1.0, fitted.curve(4)["kept"])
    rows = snapshot({"tenure": [0.0, 730.0, 900.0, None]})
    scores = fitted.score(rows)
    assert scores.values.tolist() == pytest.approx(
        [1 - kept[1], 1 - kept[3] / kept[2], 1 - kept[3] / kept[2], np.nan], nan_ok=True
    )
    assert scores.base[1] + scores.part("tenure")[1] == pytest.approx(scores.values[1])
    assert scores.base[1] == pytest.approx(scores.values[0])
    assert scores.part("tenure")[1] < 0
    assert scores.coverage.tolist() == [1, 1, 1, 0]
    assert fitted.within(rows, "30d").values.tolist()[:2] == [0.0, 0.0]
    curves = fitted.survival(rows, ["365d", "730d"])
    assert (curves[:3, 1] < curves[:3, 0]).all()


@pytest.fixture(scope="module")
def book() -> tuple[Any, cj.Trace]:
    """Six contracts of 30 days, all from the first of January: lost after 1, 1, 2 and 3 periods, two kept."""
    journey = cj.Journey(
        "demo", stages=[cj.Stage("active"), cj.Stage("gone", kind="lost")],
        transitions=[cj.Transition("active", "gone", when='happened("cancel")', kind="exit")],
    )  # fmt: skip
    ends = {"a": 30, "b": 20, "c": 60, "d": 75}
    day = np.datetime64("2026-01-01", "us")
    customers = [*"abcdef", *ends]
    times = np.array([day] * 6 + [day + np.timedelta64(days, "D") for days in ends.values()])
    log = cj.EventLog.from_columns(customers, ["sign"] * 6 + ["cancel"] * 4, times)
    trace = cj.replay(journey, log, until=day + np.timedelta64(100, "D"))
    tenure = cj.Metric("tenure", start="sign", end="cancel")
    return cj.panel(log, tenure, as_of=["2026-01-01", "2026-02-10"]), trace


def test_contracts_are_counted_from_the_panel_and_the_trace(book: tuple[Any, cj.Trace]) -> None:
    """Lost are a and b, after 30 and 20 days, in the first period, c in the second, d in the third."""
    fitted = RetentionScorer(model="sbg", period="30d", horizon="30d").fit(*book)
    assert fitted.counts.at_risk.tolist() == [6, 4, 3]
    assert fitted.counts.lost.tolist() == [2, 1, 1]
    assert fitted.event == "churn"
    late = RetentionScorer(model="sbg", period="30d", horizon="30d").fit(book[0].at("2026-02-10"), book[1])
    assert late.counts.at_risk.tolist() == [
        0,
        4,
        3,
    ]  # seen from day 40 on: nothing is known of the first period
    assert late.counts.lost.tolist() == [0, 1, 1]


def test_all_that_leave_at_one_rate_are_told() -> None:
    fit = FittedContracts.of(yearly([1600, 800, 400, 200, 100]), **SETTINGS)
    assert fit.notes == ("all leave at much the same rate",)
    assert fit.curve(6)["kept"][-1] == pytest.approx(0.5**6, rel=0.01)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([(0, 0, False)], "no contract came up for renewal"),
        ([(0, 3, False)] * 5, "5|15 contracts came up for renewal and every one was renewed"),
        ([(0, 1, True)] * 5, "not one was renewed"),
        ([(0, 1, True), (0, 1, False)], "two numbers cannot be told from one"),
        ([(0, 10**7, True)], "is period= too short"),
    ],
)
def test_counts_that_say_too_little_are_refused_with_the_reason(rows: Contracts, told: str) -> None:
    with pytest.raises(CJError, match=told):
        fit_contracts(counted(rows))


@pytest.mark.parametrize(
    ("options", "kind", "told"),
    [
        ({"model": "sgb"}, UnknownNameError, "did you mean 'sbg'"),
        ({"model": "sbg"}, UsageError, "sbg needs period="),
        ({"model": "sbg", "period": "0d"}, CJError, "longer than nothing"),
        ({"model": "sbg", "period": "30d", "horizon": "-1d"}, CJError, "-1d|longer"),
        ({"model": "bgnbd", "event": "gone"}, UsageError, "knows no contracts"),
    ],
)
def test_settings_that_make_no_sense_are_told(options: dict[str, Any], kind: type, told: str) -> None:
    with pytest.raises(kind, match=told):
        RetentionScorer(**options)


def test_contracts_need_a_trace_and_days() -> None:
    scorer = RetentionScorer(model="sbg", period="30d")
    with pytest.raises(UsageError, match="needs the trace"):
        scorer.fit(snapshot({"tenure": [3.0]}))
    fitted = FittedContracts.of(yearly(REGULAR), **SETTINGS)
    for wrong in (-1.0, 1e309):
        with pytest.raises(CJError):
            fitted.score(snapshot({"tenure": [wrong]}))
    with pytest.raises(UsageError, match="numbers were expected"):
        fitted.score(snapshot({"tenure": ["long"]}))
    assert fitted.score(snapshot({"tenure": [1e9]})).values[0] < 1e-5
