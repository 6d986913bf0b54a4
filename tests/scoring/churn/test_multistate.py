"""From how visits end to where customers will be: closed forms, merged counts, drawn ways."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

import cjlib as cj
from cjlib.errors import CJError, DataError, UnknownNameError, UsageError
from cjlib.scoring import Scorer, outcomes
from cjlib.scoring._survival import kaplan_meier
from cjlib.scoring.churn._multistate import FittedMultistate, MultistateScorer
from cjlib.scoring.churn._multistate_counts import VisitCounts

DAY = np.timedelta64(1, "D")
START = np.datetime64("2026-01-01", "us")
END = START + 60 * DAY
JOURNEY = cj.Journey(
    "demo", stages=[cj.Stage("trial"), cj.Stage("active"), cj.Stage("gone", kind="lost")],
    transitions=[
        cj.Transition("trial", "active", when='happened("buy")'),
        cj.Transition("trial", "gone", when='happened("cancel")', kind="exit"),
        cj.Transition("active", "gone", when='happened("cancel")', kind="exit", reason="price"),
        cj.Transition("active", "gone", when='idle("login") >= "30d"', kind="exit"),
        cj.Transition("active", "trial", when='happened("pause")', kind="regress"),
        cj.Transition("gone", "active", when='happened("buy")', kind="reenter"),
    ],
    milestones=[cj.Milestone("keen", when='count("login", ever=True) >= 2')],
)  # fmt: skip

events = st.lists(
    st.tuples(st.integers(0, 7), st.integers(0, 55), st.sampled_from(["login", "buy", "cancel", "pause"])),
    min_size=1, max_size=50,
)  # fmt: skip
Events = list[tuple[int, int, str]]


def log_of(rows: Events) -> cj.EventLog:
    who, when, what = zip(*rows, strict=True)
    return cj.EventLog.from_columns(list(who), list(what), np.array([START + day * DAY for day in when]))


def replayed(rows: Events) -> cj.Trace:
    return cj.replay(JOURNEY, log_of(rows), until=END)


def drawn(customers: int, seed: int) -> Events:
    """Each customer does one thing about every eleven days, most often a login."""
    rng, found = np.random.default_rng(seed), []
    for customer in range(customers):
        day = int(rng.integers(0, 20))
        while day <= 55:
            found.append(
                (customer, day, str(rng.choice(["login", "buy", "cancel", "pause"], p=[0.6, 0.2, 0.1, 0.1])))
            )
            day += int(rng.geometric(0.09))
    return found


BOOK = drawn(300, seed=1)


@pytest.fixture(scope="module")
def book() -> tuple[cj.Snapshot, cj.Trace]:
    """Where 300 customers stand at the end, and how they came there."""
    return cj.snapshot(log_of(BOOK), None, as_of=END, journey=JOURNEY), replayed(BOOK)


def fitted(trace: cj.Trace, **options: object) -> FittedMultistate:
    return MultistateScorer(**{"horizon": "20d", **options}).fit(None, trace)


@settings(max_examples=100)
@given(events, st.integers(0, 8))
def test_merged_counts_are_those_of_both(rows: Events, cut: int) -> None:
    first, second = [row for row in rows if row[0] < cut], [row for row in rows if row[0] >= cut]
    whole = fitted(replayed(rows))
    merged = fitted(replayed(first)).merge(fitted(replayed(second))) if first and second else whole
    for name in ("stage", "dwell", "way", "visits"):
        np.testing.assert_array_equal(getattr(merged.counts, name), getattr(whole.counts, name))
    assert merged.fingerprint == whole.fingerprint
    rows_now = cj.snapshot(log_of(rows), None, as_of=END, journey=JOURNEY)
    np.testing.assert_array_equal(merged.score(rows_now).values, whole.score(rows_now).values)


@settings(max_examples=60)
@given(events)
def test_chances_add_up_whatever_happened(rows: Events) -> None:
    scorer = fitted(replayed(rows), enough=1)
    now = cj.snapshot(log_of(rows), None, as_of=END, journey=JOURNEY)
    where = scorer.occupation(now, "20d")
    assert where.sum(axis=1) == pytest.approx(1.0)
    assert where.min() >= -1e-12
    is_lost = now["@stage"] == "gone"
    scores = scorer.score(now)
    assert np.isnan(scores.values).tolist() == is_lost.tolist()
    curves = scorer.survival(now, ["40d", "5d", "20d"])[~is_lost]
    assert (curves[:, 0] <= curves[:, 2]).all()
    assert (curves[:, 2] <= curves[:, 1]).all()
    assert (scores.values[~is_lost] >= 0).all()


def test_incidences_are_counted_by_hand() -> None:
    """Trials: 4 days to active, 10 days to gone, 60 days open; at 10 days two of three are left."""
    trace = replayed([(1, 0, "login"), (1, 4, "buy"), (2, 0, "login"), (2, 10, "cancel"), (3, 0, "login")])
    table = fitted(trace).incidence()
    mine = table["transition"] == "trial -> active"
    gone = table["transition"] == "trial -> gone"
    assert (table["days"][mine].tolist(), table["at_risk"][mine].tolist()) == ([4.0], [3.0])
    assert table["incidence"][mine].tolist() == pytest.approx([1 / 3])
    assert table["hazard"][gone].tolist() == pytest.approx([1 / 2])
    assert table["incidence"][gone].tolist() == pytest.approx([2 / 3 * 1 / 2])


def test_constant_rates_give_the_matrix_exponential(book: tuple[cj.Snapshot, cj.Trace]) -> None:
    """With curves followed nowhere, visits are exponential and the journey is a Markov chain."""
    now, trace = book
    scorer = fitted(trace, enough=10**9)
    left_at_once = scorer.counts.dwell == 0
    counts = VisitCounts(
        *(getattr(scorer.counts, f)[~left_at_once] for f in ("stage", "dwell", "way", "visits"))
    )
    scorer = attrs.evolve(scorer, counts=counts)
    generator = np.zeros((3, 3))
    for stage, curve in enumerate(scorer.curves):
        for way, rate in zip(curve.ways, curve.rates, strict=True):
            generator[stage, scorer.ways.ends[way][1]] += rate
    generator -= np.diag(generator.sum(axis=1))
    expected = expm(20 * generator)[[scorer.ways.stages.index(stage) for stage in now["@stage"]]]
    assert scorer.occupation(now, "20d") == pytest.approx(expected, abs=2e-5)
    generator[2] = 0.0  # who is lost stays lost
    risk = expm(20 * generator)[[scorer.ways.stages.index(stage) for stage in now["@stage"]], 2]
    here = now["@stage"] != "gone"
    assert scorer.score(now).values[here] == pytest.approx(risk[here], abs=2e-5)


def test_one_stage_is_the_kaplan_meier_curve_from_where_one_stands() -> None:
    journey = cj.Journey(
        "one", stages=[cj.Stage("active"), cj.Stage("gone", kind="lost")],
        transitions=[cj.Transition("active", "gone", when='happened("cancel")', kind="exit")],
    )  # fmt: skip
    rng = np.random.default_rng(3)
    starts, lasting = rng.integers(0, 50, 80), rng.integers(1, 40, 80)
    rows = [(i, int(s), "login") for i, s in enumerate(starts)]
    rows += [
        (i, int(s + d), "cancel") for i, (s, d) in enumerate(zip(starts, lasting, strict=True)) if s + d <= 55
    ]
    trace = cj.replay(journey, log_of(rows), until=END)
    now = cj.snapshot(log_of(rows), None, as_of=END, journey=journey)
    is_ended = starts + lasting <= 55
    durations = np.where(is_ended, lasting, 60.0 - starts)
    curve = kaplan_meier(durations, is_ended)
    scores = MultistateScorer(horizon="8d", enough=1).fit(now, trace).score(now)
    dwell, here = now["@dwell"], now["@stage"] == "active"
    inside = here & (dwell + 8 <= durations.max())
    assert inside.sum() > 9
    expected = 1 - curve.at(dwell + 8) / curve.at(dwell)
    assert scores.values[inside] == pytest.approx(expected[inside])
    assert scores.coverage[inside] == pytest.approx(1.0)


def test_drawn_ways_end_where_the_chances_say(book: tuple[cj.Snapshot, cj.Trace]) -> None:
    now, trace = book
    scorer = fitted(trace)
    few = now.select(np.arange(6))
    visits = scorer.simulate(few, within="20d", seed=4, times=3000)
    is_last = np.isnat(visits["left"])
    assert is_last.sum() == 18_000
    expected = scorer.occupation(few, "20d")
    for i, customer in enumerate(few.customer):
        mine = is_last & (visits["customer"] == customer)
        for stage, name in enumerate(scorer.ways.stages):
            share, truth = (visits["stage"][mine] == name).mean(), expected[i, stage]
            assert abs(share - truth) < 4 * np.sqrt(truth * (1 - truth) / 3000) + 0.004
    again = scorer.simulate(few, within="20d", seed=4, times=3000)
    assert (again["left"][~is_last] == visits["left"][~is_last]).all()


def test_drawn_visits_follow_each_other_within_the_time(book: tuple[cj.Snapshot, cj.Trace]) -> None:
    now, trace = book
    visits = fitted(trace).simulate(now, within="30d", seed=1)
    follows = visits["number"] > 0
    assert (visits["entered"][follows] == visits["left"][np.flatnonzero(follows) - 1]).all()
    first = visits.select(~follows)
    assert (
        first["entered"] == now.as_of - np.round(now["@dwell"] * 86_400e6).astype("timedelta64[us]")
    ).all()
    assert (visits["left"][~np.isnat(visits["left"])] <= END + 30 * DAY).all()
    assert set(visits["transition"][~np.isnat(visits["left"])]) <= {
        f"{a.source} -> {a.target}" for a in JOURNEY.transitions
    }


def test_parts_are_the_ways_that_are_taken_first(book: tuple[cj.Snapshot, cj.Trace]) -> None:
    now, trace = book
    scores = fitted(trace).score(now)
    here = now["@stage"] == "trial"
    assert (scores.part("trial -> gone")[here] > 0).all()
    assert (scores.part("trial -> active")[here] > 0).all()
    assert (scores.part("active -> gone")[here] == 0).all()
    assert (scores.part("gone -> active")[here] == 0).all()


def test_exits_tell_by_which_way_and_when(book: tuple[cj.Snapshot, cj.Trace]) -> None:
    now, trace = book
    scorer = fitted(trace)
    table = scorer.exits(now, within="20d")
    rows = table["customer"] == now.customer[0]
    out_of = [name for name in scorer.ways.names if name.startswith(f"{now['@stage'][0]} ->")]
    assert table["transition"][rows].tolist() == out_of
    stays = 1 - table["probability"][rows].sum()
    assert 0 < stays < 1
    assert ((table["expected_days"][rows] > 0) & (table["expected_days"][rows] < 20)).all()


def test_expected_days_are_the_area_below_the_curve(book: tuple[cj.Snapshot, cj.Trace]) -> None:
    now, trace = book
    found = fitted(trace).expected_days(now, within="20d")
    here = now["@stage"] != "gone"
    curves = fitted(trace).survival(now, ["10d", "20d"])
    assert (found[here] <= 20).all()
    assert (found[here] >= 20 * curves[here, 1] - 1e-9).all()
    assert np.isnan(found[~here]).all()


@pytest.mark.parametrize("event", ["active", "trial -> active", "active -> gone", "gone"])
def test_other_events_can_be_awaited(book: tuple[cj.Snapshot, cj.Trace], event: str) -> None:
    now, trace = book
    scores = fitted(trace, event=event).score(now)
    at_risk = outcomes(now, trace, event).at_risk
    assert (np.isnan(scores.values) == ~at_risk).all()
    assert (scores.values[at_risk] > 0).all()


def test_it_is_a_scorer_and_can_be_judged_by_backtest(book: tuple[cj.Snapshot, cj.Trace]) -> None:
    assert isinstance(fitted(book[1]), Scorer)
    moments = [START + day * DAY for day in (15, 25, 35, 40)]
    found = cj.backtest(
        MultistateScorer(horizon="10d"), log_of(BOOK), JOURNEY, as_of=moments, horizon="10d", until=END,
        metrics=[cj.Metric("logins", activity="login")], resamples=5,
    )  # fmt: skip
    assert len(found.moments["rows"]) == 4 - len(found.left_out)


@pytest.mark.parametrize(
    ("options", "kind", "told"),
    [
        ({"event": "keen"}, UnknownNameError, "sees stages and transitions only"),
        ({"event": "activ"}, UnknownNameError, "did you mean 'active'"),
        ({"enough": 0}, UsageError, "enough is a whole number"),
        ({"horizon": "0d"}, UsageError, "longer than nothing"),
    ],
)
def test_settings_that_make_no_sense_are_told(
    book: tuple[cj.Snapshot, cj.Trace], options: dict[str, object], kind: type, told: str
) -> None:
    with pytest.raises(kind, match=told):
        fitted(book[1], **options)


def test_a_journey_without_an_end_and_a_trace_without_visits_are_told() -> None:
    endless = cj.Journey("endless", stages=[cj.Stage("care")])
    trace = cj.replay(endless, log_of([(1, 0, "login")]), until=END)
    with pytest.raises(UsageError, match="no stage of kind 'lost'"):
        fitted(trace)
    with pytest.raises(DataError, match="no visits"):
        fitted(cj.replay(JOURNEY, cj.EventLog.from_columns([], [], []), until=END))


def test_one_customer_and_everybody_lost_at_once_have_a_result() -> None:
    for rows in ([(1, 0, "login")], [(i, 0, what) for i in range(5) for what in ("login", "cancel")]):
        now = cj.snapshot(log_of(rows), None, as_of=END, journey=JOURNEY)
        scorer = fitted(replayed(rows))
        assert len(scorer.score(now)) == len(now)
        assert scorer.occupation(now, "9d").sum(axis=1) == pytest.approx(1.0)
        assert len(scorer.simulate(now, within="9d", seed=1)) == len(now)


def test_a_stage_that_nobody_was_in_cannot_be_judged(book: tuple[cj.Snapshot, cj.Trace]) -> None:
    scorer = fitted(replayed([(1, 0, "login")]))
    scores = scorer.score(book[0])
    assert np.isnan(scores.values[book[0]["@stage"] == "active"]).all()
    assert (scores.values[book[0]["@stage"] == "trial"] == 0).all()  # the one that was seen stays


def test_what_does_not_fit_is_told(book: tuple[cj.Snapshot, cj.Trace]) -> None:
    scorer = fitted(book[1])
    with pytest.raises(UsageError, match="make it with journey="):
        scorer.score(cj.Snapshot.from_frame({"customer": [1]}))
    with pytest.raises(UsageError, match="fitted alike"):
        scorer.merge(fitted(book[1], event="gone"))
    with pytest.raises(UsageError, match="times is a whole number"):
        scorer.simulate(book[0], within="9d", seed=1, times=0)
    with pytest.raises(UsageError, match=r"needs a cjlib\.Trace"):
        MultistateScorer().fit(book[1], book[0])
    with pytest.raises(CJError):
        scorer.within(book[0], "-3d")
