"""Backtests: what was known then, what came after, and words that say no more than the figures."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cjlib as cj
from cjlib.scoring import Scores
from cjlib.scoring.evaluation._measures import log_loss, roc_auc

DAY = 86_400_000_000
START = np.datetime64("2026-01-01", "us")
JOURNEY = cj.Journey(
    "demo",
    stages=[cj.Stage("active"), cj.Stage("gone", kind="lost")],
    transitions=[cj.Transition("active", "gone", when='happened("cancel")', kind="exit")],
)
LOGINS = cj.Metric("logins", activity="login", window="20d")
MOMENTS = [START + np.timedelta64(days, "D") for days in (20, 30, 40, 50, 60, 70)]


def day(number: float) -> np.datetime64:
    return START + np.timedelta64(int(number * DAY), "us")


def a_log(seed: int, n: int = 120, late: bool = False) -> cj.EventLog:
    """Customers whose rate of logins tells how soon they cancel; some after day 80, or never."""
    rng = np.random.default_rng(seed)
    rows: list[tuple[str, str, float]] = []
    for number in range(n):
        keen = rng.random()
        end = min(rng.exponential(40 + 150 * keen), 85.0)
        begin = rng.uniform(0, 20)
        rows += [(f"c{number}", "login", begin)]
        rows += [(f"c{number}", "login", t) for t in rng.uniform(begin, begin + end, int(end * keen))]
        if end < 80:
            rows.append((f"c{number}", "cancel", begin + end))
    names, what, when = zip(*rows, strict=True)
    time = np.array([day(t) for t in when])
    recorded = time + (rng.integers(0, 6, len(rows)) * DAY).astype("m8[us]") if late else None
    return cj.EventLog.from_columns(names, what, time, recorded=recorded)


@attrs.frozen
class ByLogins:
    """Few logins mean risk, as a probability."""

    name = "by logins"
    requires = frozenset({"logins"})

    def score(self, snapshot: cj.Snapshot, /) -> Scores:
        p = 1 / (2 + snapshot["logins"])
        logit = np.log(p / (1 - p))
        return Scores(p, scorer=self, snapshot=snapshot, link="logit", parts={"logins": logit}, base=0.0)


class Learner:
    """Learns the rate, and keeps what it was shown."""

    name = "learner"
    requires = frozenset({"logins"})

    def __init__(self) -> None:
        self.shown: list[tuple[cj.Snapshot, cj.Trace]] = []

    def fit(self, panel: cj.Snapshot, trace: cj.Trace, /) -> ByLogins:
        self.shown.append((panel, trace))
        return ByLogins()

    def score(self, snapshot: cj.Snapshot, /) -> Scores:
        raise AssertionError("fit comes first")


def judged(log: cj.EventLog, scorer: Any = None, **options: Any) -> Any:
    options = {"as_of": MOMENTS, "horizon": "15d", "metrics": [LOGINS], "resamples": 40} | options
    return cj.backtest(scorer or ByLogins(), log, JOURNEY, **options)


def slowly(log: cj.EventLog, moment: np.datetime64, days: int) -> tuple[list[float], list[int]]:
    """Probability and outcome of everybody who was there at the moment and had not cancelled."""
    risks, came = [], []
    for customer in log.customers.tolist():
        own = log.select([customer]).to_table()
        time, activity = own["time"], own["activity"]
        cancelled = time[activity == "cancel"].min(initial=np.datetime64("2100-01-01", "us"))
        if time.min() <= moment < cancelled:
            logins = np.sum(
                (activity == "login") & (time <= moment) & (time > moment - np.timedelta64(20, "D"))
            )
            risks.append(1 / (2 + logins))
            came.append(int(cancelled <= moment + np.timedelta64(days, "D")))
    return risks, came


def test_every_moment_is_what_one_would_count_by_hand() -> None:
    log = a_log(3)
    found = judged(log)
    pairs, total, losses = 0.0, 0.0, []
    for row in found.moments.rows():
        risks, came = slowly(log, row["as_of"], 15)
        assert (row["rows"], row["events"]) == (len(came), sum(came))
        assert row["auc"] == pytest.approx(roc_auc(risks, came))
        assert row["log_loss"] == pytest.approx(log_loss(risks, came))
        weight = sum(came) * (len(came) - sum(came))
        pairs, total = pairs + weight, total + weight * row["auc"]
        losses += [(log_loss(risks, came), len(came))]
    assert found.auc == pytest.approx(total / pairs)
    assert found.log_loss == pytest.approx(sum(a * n for a, n in losses) / sum(n for _, n in losses))


def test_who_learns_sees_only_rows_that_were_decided_then() -> None:
    learner = Learner()
    found = judged(a_log(4, late=True), learner)
    assert [why for _, why in found.left_out] == ["nothing was decided by then to learn from"] * 2
    assert len(learner.shown) == len(found.moments)
    for (panel, trace), moment in zip(learner.shown, found.moments["as_of"], strict=True):
        assert trace.until == moment
        assert (panel.as_of + np.timedelta64(15, "D") <= moment).all()
        times = trace.visits["entered"]
        assert (times <= moment).all()


@settings(max_examples=20)
@given(st.integers(0, 1000), st.floats(41, 90))
def test_events_that_come_later_never_change_what_was_learnt(seed: int, later: float) -> None:
    log = a_log(seed, 40)
    table = log.to_table()
    more = cj.EventLog.from_columns(
        [*table["customer"], "c0", "c1"], [*table["activity"], "cancel", "login"],
        np.append(table["time"], [day(later), day(later)]),
    )  # fmt: skip
    shown = []
    for events in (log, more):
        learner = Learner()
        judged(events, learner, as_of=MOMENTS[:3], until=day(100))
        shown.append([(p.to_table().to_pandas(), t.visits.to_pandas()) for p, t in learner.shown])
    for (panel, visits), (panel_too, visits_too) in zip(*shown, strict=True):
        assert panel.equals(panel_too)
        assert visits.equals(visits_too)


def test_a_moment_whose_horizon_is_not_over_is_not_judged() -> None:
    found = judged(a_log(5), until=day(52), horizon="15d")
    assert [np.datetime64(moment, "D") for moment, _ in found.left_out] == [
        day(d).astype("M8[D]") for d in (40, 50, 60, 70)
    ]
    assert {why for _, why in found.left_out} == {"the horizon is not over"}


def test_a_score_that_says_nothing_is_called_so() -> None:
    """Random numbers: the interval of the AUC holds one half."""

    class Chance:
        name = "chance"
        requires = frozenset({"logins"})

        def score(self, snapshot: cj.Snapshot, /) -> Scores:
            rng = np.random.default_rng(len(snapshot))
            return Scores(rng.random(len(snapshot)), scorer=self, snapshot=snapshot, scale=(0, 1))

    found = judged(a_log(6), Chance())
    assert "No better than chance" in found.verdict
    assert "no better than the base rate" in found.verdict


def test_a_score_beside_recency() -> None:
    """Who logs in most was seen last: fewer days since the last event say nearly the same."""
    found = judged(a_log(7, 400))
    low, high = found.intervals["gain"]
    assert low <= found.gain <= high
    assert found.intervals["auc"][0] > 0.5
    word = "Better" if low > 0 else "Worse" if high < 0 else "No better"
    assert found.verdict.startswith(f"{word} than the days since the last event")


def test_a_health_score_is_judged_as_it_stands() -> None:
    measure = cj.Measure("logins", metric="logins", curve=cj.curves.Linear(worst=0, best=10))
    bands = cj.Bands(["red", "green"], edges=[30])
    scorecard = cj.Scorecard("use", groups=[cj.Group("all", measures=[measure])], bands=bands)
    found = judged(a_log(8, 300), cj.HealthScorer(scorecard))
    same = judged(a_log(8, 300))
    assert np.isnan(found.log_loss)
    assert 0.5 < found.auc <= same.auc + 0.05
    assert 0 <= found.band_changes <= 1
    assert "bands" in str(found)
    assert found.flagged > 0
    assert judged(a_log(8, 300), cj.HealthScorer(scorecard), risk="high").auc == pytest.approx(1 - found.auc)


def test_the_same_seed_gives_the_same_intervals() -> None:
    assert judged(a_log(9), seed=3).intervals["auc"] == judged(a_log(9), seed=3).intervals["auc"]
    assert judged(a_log(9), seed=3).intervals["auc"] != judged(a_log(9), seed=4).intervals["auc"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"scorer": "health"}, "a scorer .* was expected, not 'health'"),
        ({"risk": "up"}, "'high' or 'low'"),
        ({"horizon": "-3d"}, "longer than nothing"),
        ({"resamples": 0}, "at least 1"),
        ({"as_of": []}, "at least one moment"),
        ({"as_of": MOMENTS[-1:], "until": day(50)}, "no moment can be judged .*horizon is not over"),
        ({"capacity": 0}, "number of rows or a share"),
    ],
)
def test_what_cannot_be_judged_is_told(options: dict[str, Any], told: str) -> None:
    with pytest.raises(cj.CJError, match=told):
        judged(a_log(1), **options)


def test_nobody_left_is_said_and_not_raised() -> None:
    log = cj.EventLog.from_columns(["a", "b"], ["login"] * 2, [day(1), day(90)])
    found = judged(log)
    assert found.verdict.startswith("It cannot be judged: 0 events")
    assert np.isnan(found.auc)


def banded_health(margin: float = 0.0) -> cj.HealthScorer:
    measure = cj.Measure("logins", metric="logins", curve=cj.curves.Linear(worst=0, best=10))
    bands = cj.Bands(["red", "green"], edges=[30], margin=margin)
    return cj.HealthScorer(cj.Scorecard("use", groups=[cj.Group("all", measures=[measure])], bands=bands))


def test_the_red_list_is_what_one_would_count_by_hand() -> None:
    """Red is below 3 logins in 20 days: the rows of all moments, counted one by one."""
    log = a_log(8, 200)
    found = judged(log, banded_health())
    counted = [slowly(log, moment, 15) for moment in found.moments["as_of"]]
    risks, came = (np.concatenate(column) for column in zip(*counted, strict=True))
    is_red = np.round(1 / risks - 2) < 3
    red = next(iter(found.bands.rows()))
    assert (red["band"], red["rows"], red["events"]) == ("red", is_red.sum(), came[is_red].sum())
    assert red["rate"] == pytest.approx(came[is_red].mean())
    assert red["of_events"] == pytest.approx(came[is_red].sum() / came.sum())
    high = judged(log, banded_health(), risk="high")
    assert high.bands["band"].tolist() == ["green", "red"]


@pytest.mark.parametrize("margin", [0.0, 15.0])
def test_bands_are_looked_at_again_a_week_later(margin: float) -> None:
    log = a_log(8, 200)
    scorer = banded_health(margin)
    found = judged(log, scorer)
    changed, known = 0, 0
    for moment in found.moments["as_of"]:
        pair = cj.panel(log, [LOGINS], as_of=[moment, moment + np.timedelta64(7, "D")])
        series = cj.score_panel(scorer, pair)
        before, after = (series.band_codes[pair.numbers_of_moments == number] for number in (0, 1))
        _, left, right = np.intersect1d(
            *(pair.codes_of_customers[pair.numbers_of_moments == number] for number in (0, 1)),
            return_indices=True,
        )
        changed += (before[left] != after[right]).sum()
        known += len(left)
    assert found.band_changes == pytest.approx(changed / known)


class Instrumented:
    """Notes the latest moment that anything in the snapshot speaks of."""

    name = "instrumented"
    requires = frozenset({"latest"})

    def __init__(self) -> None:
        self.seen: list[tuple[Any, float]] = []

    def score(self, snapshot: cj.Snapshot, /) -> Scores:
        for moment in snapshot.moments:
            own = snapshot.at(moment)
            self.seen.append((moment, float(np.nanmax(own["latest"], initial=-1.0))))
        return Scores(snapshot["latest"], scorer=self, snapshot=snapshot)


@settings(max_examples=20)
@given(st.integers(0, 1000), st.booleans())
def test_a_scorer_never_sees_a_row_from_after_its_moment(seed: int, late: bool) -> None:
    """Every event of the log carries, as its value, the day on which it became known."""
    table = a_log(seed, 30, late).to_table()
    recorded = table["recorded"] if "recorded" in table.columns else table["time"]
    known = (recorded - START) / np.timedelta64(1, "D")
    log = cj.EventLog.from_columns(
        table["customer"], table["activity"], table["time"], known, recorded=recorded
    )
    scorer = Instrumented()
    judged(log, scorer, metrics=[cj.Metric("latest", aggregate="max")], until=day(100))
    assert len(scorer.seen) == len(MOMENTS)
    assert all(latest <= (moment - START) / np.timedelta64(1, "D") for moment, latest in scorer.seen)


def test_the_value_of_who_left_is_weighed_and_lists_come_early() -> None:
    """Each of ten leaves 12 days after the second moment; one login in the week before the last two stayed.

    On lists of two at days 20 and 30 stand those of no login: the first two of the ten, and the lists hold 2
    of 10 events; they hold their share of the value, 2 × 100 of 2 × 100 + 8 × 1, of 2 in 12 rows."""
    names = [f"c{i:02}" for i in range(12)]
    rows = [(name, "login", 0.5, 1.0) for name in names]
    rows += [(name, "login", 15.0 + i, 1.0) for name in names[2:] for i in range(3)]
    rows += [(name, "login", 27.0 + i, 1.0) for name in names[2:] for i in range(3)]
    rows += [(name, "cancel", 42.0, 1.0) for name in names[:10]]
    who, what, when, _ = zip(*rows, strict=True)
    log = cj.EventLog.from_columns(who, what, [day(t) for t in when])
    worth = cj.Customers.from_frame({"customer": names, "mrr": [100.0] * 2 + [1.0] * 10})
    found = judged(
        log, as_of=[day(20), day(30)], until=day(80), capacity=2, customers=worth, value="mrr",
        metrics=[LOGINS, cj.Metric("mrr", attribute="mrr")], horizon="15d",
    )  # fmt: skip
    assert found.moments["events"].tolist() == [0, 10]
    assert (found.flagged, found.lead_days, found.early) == (0.2, 22, 0)
    assert found.value_lift == pytest.approx(200 / 208 / (2 / 12))
    assert "top in value" in str(found)


def test_what_betrays_the_outcome_is_refused() -> None:
    log = a_log(2, 30)
    facts = cj.Customers.from_frame({"customer": log.customers.tolist(), "is_churned": [1.0] * 30})
    metrics = [LOGINS, cj.Metric("harmless", attribute="is_churned")]
    with pytest.raises(cj.CJError, match="it reads the attribute 'is_churned'"):
        judged(log, customers=facts, metrics=metrics)
    assert len(judged(log, customers=facts, metrics=metrics, allow=["harmless"]).moments)
