"""Drivers: only the early window is looked at, only what comes after counts, and chance is corrected for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import fisher_exact
from statsmodels.stats.multitest import multipletests
from tests.findings import paths as made

import cjlib as cj
from cjlib.errors import UsageError
from cjlib.findings import drivers
from cjlib.findings._drivers import holm

JOURNEY = cj.Journey(
    "shop",
    stages=[cj.Stage("care"), cj.Stage("gone", kind="lost")],
    transitions=[cj.Transition("care", "gone", when='happened("d")', kind="exit")],
    milestones=[cj.Milestone("second", when='count("b", ever=True) >= 2')],
)


def traced(log: cj.EventLog, until: str = "2026-06-01") -> cj.Trace:
    return cj.replay(JOURNEY, log, until=until)


@given(
    st.lists(
        st.tuples(st.integers(0, 7), st.sampled_from(made.ACTIVITIES), st.integers(0, 59)),
        min_size=1,
        max_size=60,
    )
)
def test_every_row_is_what_a_plain_loop_says(events: list[made.Event]) -> None:
    log = made.log_of(events)
    found = drivers(traced(log, "2026-03-01"), early="10d", horizon="20d")
    end = made.START + 59 * made.DAY
    decided, already, undecided = {}, set(), set()
    for customer, path in made.paths_of(log).items():
        begin = path[0][1] + 10 * made.DAY
        lost = [time for name, time in path if name == "d"]
        if lost and lost[0] < begin:
            already.add(customer)
        elif begin + 20 * made.DAY - 1 > end:
            undecided.add(customer)
        else:
            early = [name for name, time in path if time < begin]
            decided[customer] = (early, not (lost and lost[0] < begin + 20 * made.DAY))
    counts = [found.asked[name] for name in ("decided", "already", "undecided")]
    assert counts == [len(decided), len(already), len(undecided)]
    for row, one in enumerate(found.rows()):
        who = {c for c, (early, _) in decided.items() if early.count(one["activity"]) >= one["at_least"]}
        assert set(found.customers(row)) == who
        assert set(found.among(row)) == set(decided)
        stayed = [decided[c][1] for c in who]
        others = [is_good for c, (_, is_good) in decided.items() if c not in who]
        assert one["share"] == pytest.approx(np.mean(stayed))
        assert one["elsewhere"] == pytest.approx(np.mean(others))
        table = [[sum(stayed), len(stayed) - sum(stayed)], [sum(others), len(others) - sum(others)]]
        assert one["p"] == pytest.approx(fisher_exact(table).pvalue)
        has, good = [c in who for c in decided], [is_good for _, is_good in decided.values()]
        expected = np.corrcoef(has, good)[0, 1] if len(set(good)) > 1 else 0.0
        assert one["strength"] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("correction", "method"), [("fdr", "fdr_bh"), ("holm", "holm")])
def test_chance_is_corrected_for_as_statsmodels_does(correction: str, method: str) -> None:
    found = drivers(traced(company(seed=2)), early="14d", horizon="60d", correction=correction)
    np.testing.assert_allclose(found["q"], multipletests(found["p"], method=method)[1])


@pytest.mark.parametrize("n", [1, 2, 9])
def test_holm_is_that_of_statsmodels(n: int) -> None:
    for ps in np.random.default_rng(n).random((3, n)) ** 2:
        np.testing.assert_allclose(holm(ps.tolist()), multipletests(ps, method="holm")[1])


def company(seed: int, aha: int = 3, n: int = 400) -> cj.EventLog:
    """Who does b at least so often in the first two weeks is lost in 10 % of cases, else in 70 %."""
    rng = np.random.default_rng(seed)
    rows: list[tuple[str, str, float]] = []
    for customer in range(n):
        times = rng.integers(0, 7)
        rows += [(f"c{customer}", "a", 0.0)]
        rows += [(f"c{customer}", "b", day) for day in rng.uniform(0.1, 13, times)]
        rows += [(f"c{customer}", "c", day) for day in rng.uniform(0.1, 13, rng.integers(0, 4))]
        if rng.random() < (0.1 if times >= aha else 0.7):
            rows.append((f"c{customer}", "d", rng.uniform(20, 60)))
    return logged(rows)


def logged(rows: Sequence[tuple[str, str, float]]) -> cj.EventLog:
    customers, names, days = zip(*rows, strict=True)
    times = np.array([made.START + round(day * made.DAY) for day in days], "datetime64[us]")
    return cj.EventLog.from_columns([*customers], [*names], times)


def test_the_aha_moment_is_found_with_its_threshold() -> None:
    found = drivers(traced(company(seed=4)), early="14d", horizon="60d")
    assert found.aha is not None
    assert (found.aha["activity"], found.aha["at_least"]) == ("b", 3)
    text = found.sentence(0)
    assert text.startswith("Of ")
    assert "b at least 3 times in the first 14d" in text
    assert "is not shown" in text
    assert not found["is_candidate"][found["activity"] == "c"].any()


def test_what_comes_after_the_window_changes_no_dose_and_what_comes_after_the_horizon_nothing() -> None:
    log = company(seed=5, n=80)
    later = [(f"c{i}", name, 14.0 + i % 3) for i in range(80) for name in ("b", "c")]
    beyond = [(f"c{i}", "d", 80.0) for i in range(80)]
    plain, more = (
        drivers(traced(one), early="14d", horizon="60d") for one in (log, added(log, [*later, *beyond]))
    )
    for name in plain.columns:
        np.testing.assert_array_equal(plain[name], more[name])


def added(log: cj.EventLog, rows: Sequence[tuple[str, str, float]]) -> cj.EventLog:
    old = [
        (customer, name, (time - made.START) / made.DAY)
        for customer, path in made.paths_of(log).items()
        for name, time in path
    ]
    return logged([*old, *rows])


def test_another_outcome_may_be_asked_for() -> None:
    """Ann comes to her second b after the window, bob in it, cy never."""
    log = made.words("ann: a0 b1 b20; bob: b0 b1; cy: a0 c1; zoe: a0 b2 b30")
    found = drivers(traced(log), early="10d", horizon="60d", outcome="milestone:second")
    assert (found.asked["decided"], found.asked["already"]) == (3, 1)
    row = list(zip(found["activity"], found["at_least"].tolist(), strict=True)).index(("b", 1))
    assert (found["share"][row], found["elsewhere"][row]) == (1.0, 0.0)
    assert "came to milestone:second" in found.sentence(row)


def test_the_window_may_begin_with_something() -> None:
    """Ann's window begins with her c on day 20 and sees the b of day 25; bob never begins."""
    log = made.words("ann: a0 b1 c20 b25; bob: a0 b1; cy: a0 c3; zoe: c0 d30")
    found = drivers(traced(log), early="10d", horizon="30d", begins="c")
    assert (found.asked["decided"], found.asked["begins"]) == (3, "c")
    row = list(zip(found["activity"], found["at_least"].tolist(), strict=True)).index(("b", 1))
    assert found.customers(row).tolist() == ["ann"]


def test_nothing_decided_says_nothing() -> None:
    found = drivers(traced(made.words("ann: a0"), "2026-01-10"))
    assert len(found) == 0
    assert found.aha is None
    assert found.asked["undecided"] == 1


def test_what_cannot_be_meant_is_told() -> None:
    trace = traced(made.words("ann: a0"))
    with pytest.raises(UsageError, match="early must be longer than nothing"):
        drivers(trace, early="0d")
    with pytest.raises(UsageError, match="correction is one of fdr, holm"):
        drivers(trace, correction="none")
    with pytest.raises(UsageError, match="a Trace was expected"):
        drivers(made.words("ann: a0"))  # type: ignore[arg-type]
