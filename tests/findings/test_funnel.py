"""Funnels: who came how far is what SQL says, in every mode, with and without a window."""

from __future__ import annotations

import itertools
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter
from tests.findings import paths as made

import cjlib as cj
from cjlib.errors import UnknownNameError, UsageError
from cjlib.findings import directly_follows, funnel

STEPS = st.lists(st.sampled_from(["a", "b", "c", ["a", "b"], ["c", "d"]]), min_size=1, max_size=4)
WITHIN = st.sampled_from([None, 1, 2, 5])


def named(step: str | list[str]) -> str:
    names = [step] if isinstance(step, str) else step
    return "(" + ", ".join(repr(name) for name in names) + ")"


def by_sql(log: cj.EventLog, steps: list, mode: str, within: int | None, window: str) -> list[set]:
    """For every step, who came there: each chain of events is tried, as a self-join says it."""
    connection = made.in_duckdb(log)
    found = []
    for depth in range(1, len(steps) + 1):
        chains = itertools.combinations(range(len(steps)), depth) if mode == "any" else [tuple(range(depth))]
        came: set = set()
        for chain in chains:
            query = chained([steps[one] for one in chain], mode, within, window)
            came |= {row[0] for row in connection.execute(query).fetchall()}
        found.append(came)
    return found


def chained(steps: list, mode: str, within: int | None, window: str) -> str:
    tables = [f"events e{i}" for i in range(len(steps))]
    where = [f"e{i}.activity IN {named(step)}" for i, step in enumerate(steps)]
    where += [f"e{i}.customer = e0.customer" for i in range(1, len(steps))]
    pairs = itertools.pairwise(range(len(steps)))
    if mode == "any":
        where += [f"e{i}.row <> e{j}.row" for i, j in itertools.combinations(range(len(steps)), 2)]
    else:
        where += [
            f"e{j}.row = e{i}.row + 1" if mode == "strict" else f"e{j}.row > e{i}.row" for i, j in pairs
        ]
    if within is not None:
        if mode == "any":
            limits = [*itertools.permutations(range(len(steps)), 2)]
        else:
            limits = [(i - 1 if window == "step" else 0, i) for i in range(1, len(steps))]
        where += [f"e{j}.time - e{i}.time < {within * made.DAY}" for i, j in limits]
    return f"SELECT DISTINCT e0.customer FROM {', '.join(tables)} WHERE {' AND '.join(where)}"


@given(made.EVENTS, STEPS, WITHIN)
@settings(max_examples=60)
@pytest.mark.parametrize(("mode", "window"), [("ordered", "first"), ("ordered", "step"), ("strict", "first")])
def test_who_came_how_far_is_what_sql_says(
    mode: str, window: str, events: list[made.Event], steps: list, within: int | None
) -> None:
    log = made.log_of([*events, (9, "a", 0), (9, "b", 1), (9, "c", 1), (9, "d", 1)])
    found = funnel(log, steps, mode=mode, window=window, within=None if within is None else f"{within}d")
    expected = by_sql(log, steps, mode, within, window)
    assert [set(found.customers(row)) for row in range(len(steps))] == expected
    assert found["customers"].tolist() == [len(came) for came in expected]


@given(made.EVENTS, st.lists(st.sampled_from("abc"), min_size=1, max_size=4), WITHIN)
@settings(max_examples=60)
def test_in_any_order_too(events: list[made.Event], steps: list[str], within: int | None) -> None:
    log = made.log_of([*events, (9, "a", 0), (9, "b", 1), (9, "c", 1)])
    found = funnel(log, steps, mode="any", within=None if within is None else f"{within}d")
    expected = by_sql(log, steps, "any", within, "first")
    assert [set(found.customers(row)) for row in range(len(steps))] == expected


@given(made.EVENTS, st.lists(st.sampled_from("abc"), min_size=1, max_size=4), WITHIN)
@pytest.mark.parametrize("mode", ["ordered", "strict", "any"])
def test_the_rows_reconcile(
    mode: str, events: list[made.Event], steps: list[str], within: int | None
) -> None:
    log = made.log_of([*events, (9, "a", 0), (9, "b", 1), (9, "c", 1)])
    found = funnel(log, steps, mode=mode, within=None if within is None else f"{within}d")
    counts = found["customers"]
    assert (np.diff(counts) <= 0).all()
    further = np.append(counts[1:], counts[-1])
    assert (counts - further == found["open"] + found["dropped"]).all()
    for row in range(len(steps)):
        assert len(found.still_open(row)) == found["open"][row]
        assert len(found.dropped(row)) == found["dropped"][row]
        assert len(found.customers(row)) == counts[row]
        before = log.n_customers if row == 0 else counts[row - 1]
        assert len(found.among(row)) == before
        assert found["from_previous"][row] == pytest.approx(
            counts[row] / before if before else np.nan, nan_ok=True
        )
    strict, ordered, any_ = (
        funnel(log, steps, mode=one)["customers"] for one in ("strict", "ordered", "any")
    )
    assert (strict <= ordered).all()
    assert (ordered <= any_).all()


@given(made.EVENTS, st.sampled_from("abc"), st.sampled_from("abc"))
def test_a_strict_funnel_of_two_is_a_pair_that_follows_directly(
    events: list[made.Event], first: str, second: str
) -> None:
    log = made.log_of([*events, (9, "a", 0), (9, "b", 1), (9, "c", 1)])
    pairs = directly_follows(log)
    row = [*zip(pairs["source"], pairs["target"], strict=True), (first, second)].index((first, second))
    expected = set(pairs.customers(row)) if row < len(pairs) else set()
    assert set(funnel(log, [first, second], mode="strict").customers(1)) == expected


def test_the_three_modes_by_hand() -> None:
    """Ann does a, c, b; bob b, a; cy a, b at once."""
    log = made.words("ann: a0 c1 b2; bob: b0 a1; cy: a0 b1")
    modes = {
        mode: funnel(log, ["a", "b"], mode=mode)["customers"].tolist()
        for mode in ("ordered", "strict", "any")
    }
    assert modes == {"ordered": [3, 2], "strict": [3, 1], "any": [3, 3]}


def test_neighbouring_pairs_are_not_a_chain() -> None:
    """b follows a and c follows b, but c never comes after an a and a b: 2, not 3 steps."""
    assert funnel(made.words("ann: b0 c1 a2 b3"), ["a", "b", "c"])["customers"].tolist() == [1, 1, 0]


def test_the_first_occurrence_is_not_all_there_is() -> None:
    """The first b is before the first a; the second one counts."""
    assert funnel(made.words("ann: b0 a1 b2"), ["a", "b"])["customers"].tolist() == [1, 1]


def test_every_first_step_begins_a_new_attempt() -> None:
    """From day 0 the order is too late, from day 8 it is in time."""
    found = funnel(made.words("ann: a0 a8 b10"), ["a", "b"], within="7d")
    assert found["customers"].tolist() == [1, 1]
    assert found["median"].tolist() == [0.0, 2 * 86_400.0]


def test_the_window_is_half_open() -> None:
    log = made.words("ann: a0 b7")
    assert funnel(log, ["a", "b"], within="7d")["customers"].tolist() == [1, 0]
    assert funnel(log, ["a", "b"], within="604800.000001s")["customers"].tolist() == [1, 1]


def test_a_window_from_the_first_step_is_tighter_than_one_per_step() -> None:
    log = made.words("ann: a0 b5 c10")
    assert funnel(log, ["a", "b", "c"], within="7d")["customers"].tolist() == [1, 1, 0]
    assert funnel(log, ["a", "b", "c"], within="7d", window="step")["customers"].tolist() == [1, 1, 1]


def test_a_tie_in_the_order_of_the_log_counts() -> None:
    assert funnel(made.words("ann: a1 b1"), ["a", "b"])["customers"].tolist() == [1, 1]
    assert funnel(made.words("ann: b1 a1"), ["a", "b"])["customers"].tolist() == [1, 0]


def test_a_step_that_stands_twice_needs_two_events() -> None:
    log = made.words("ann: a0; bob: a0 a1")
    for mode in ("ordered", "strict", "any"):
        assert funnel(log, ["a", "a"], mode=mode)["customers"].tolist() == [2, 1]


def test_forty_steps_are_forty_steps() -> None:
    names = [f"s{i:02d}" for i in range(40)]
    times = np.arange(40).astype("datetime64[D]").astype("datetime64[us]")
    log = cj.EventLog.from_columns(["ann"] * 40, names, times)
    assert funnel(log, names)["customers"].tolist() == [1] * 40


def test_who_can_still_convert_is_not_dropped() -> None:
    """On day 10, ann's week is over and bob's is not; cy came through."""
    log = made.words("ann: a0; bob: a9; cy: a0 b3; zoe: c10")
    found = funnel(log, ["a", "b"], within="7d")
    assert (found["open"].tolist(), found["dropped"].tolist()) == ([1, 0], [1, 0])
    assert (found.still_open(0).tolist(), found.dropped(0).tolist()) == (["bob"], ["ann"])


JOURNEY = cj.Journey(
    "shop",
    stages=[cj.Stage("trial"), cj.Stage("care"), cj.Stage("gone", kind="lost")],
    transitions=[
        cj.Transition("trial", "care", when='happened("b")'),
        cj.Transition("care", "gone", when='happened("d")', kind="exit"),
    ],
    touchpoints=[cj.Touchpoint("hello", stages=["trial"], activities=["a"])],
    milestones=[cj.Milestone("twice", when='count("c", ever=True) >= 2')],
)


def test_steps_may_be_stages_milestones_and_touchpoints() -> None:
    """Ann: hello, care, twice; bob says c twice before care; cy is lost."""
    log = made.words("ann: a0 b1 c2 c3; bob: a0 c1 c2 b3; cy: a0 b1 d2")
    trace = cj.replay(JOURNEY, log, until="2026-02-01")
    found = funnel(trace, ["touchpoint:hello", "stage:care", "milestone:twice"])
    assert found["customers"].tolist() == [3, 3, 1]
    assert found["name"].tolist() == ["touchpoint:hello", "stage:care", "milestone:twice"]
    assert found.still_open(1).tolist() == ["bob"]
    assert found.dropped(1).tolist() == ["cy"]
    assert funnel(trace, ["stage:care", "d"], where={"stage": "gone"})["customers"].tolist() == [1, 1]


def test_what_an_event_causes_comes_after_it() -> None:
    trace = cj.replay(JOURNEY, made.words("ann: a0 b1"), until="2026-02-01")
    assert funnel(trace, ["b", "stage:care"])["customers"].tolist() == [1, 1]
    assert funnel(trace, ["stage:care", "b"])["customers"].tolist() == [1, 0]


@given(made.EVENTS)
def test_conversion_by_age_is_the_curve_of_lifelines(events: list[made.Event]) -> None:
    log = made.log_of([*events, (9, "a", 0), (9, "b", 1)])
    found, end = funnel(log, ["a", "b"]), int(log.time.max())
    days, is_there = [], []
    for path in made.paths_of(log).values():
        entered = next((time for name, time in path if name == "a"), None)
        if entered is None:
            continue
        names = [name for name, _ in path]
        later = [time for name, time in path[names.index("a") + 1 :] if name == "b"]
        days.append(((later[0] if later else end) - entered) / made.DAY)
        is_there.append(bool(later))
    ages = [0, 1, 2.5, 8]
    curve = KaplanMeierFitter().fit(days, is_there).survival_function_at_times(ages).to_numpy()
    table = found.by_age(ages=ages)
    is_seen = (np.array(ages) <= max(days)) | all(is_there)
    np.testing.assert_allclose(table["share"], np.where(is_seen, 1 - curve, np.nan), atol=1e-9)
    assert (
        table["converted"]
        == [sum(d <= age for d, t in zip(days, is_there, strict=True) if t) for age in ages]
    ).all()


def test_base_and_lift_by_hand() -> None:
    """Of four customers two ever did b, one of the two who did a: lift 1."""
    found = funnel(made.words("ann: a0 b1; bob: a0; cy: b0; zoe: c0"), ["a", "b"])
    assert [found[name][1] for name in ("from_previous", "base", "lift")] == [0.5, 0.5, 1.0]


def test_the_call_is_echoed_and_everything_pickles() -> None:
    found = pickle.loads(pickle.dumps(funnel(made.words("ann: a0 b1"), ["a", ["b", "a"]], within="2w")))
    asked = {name: found.asked[name] for name in ("steps", "mode", "within", "window", "ties")}
    assert asked == {
        "steps": ("a", "b or a"),
        "mode": "ordered",
        "within": "14d",
        "window": "first",
        "ties": "row order",
    }
    assert found.customers(1).tolist() == ["ann"]


@pytest.mark.parametrize(
    ("steps", "options", "error", "told"),
    [
        ("abc", {}, UsageError, "steps are a list of names"),
        ([], {}, UsageError, "at least one step"),
        ([3], {}, UsageError, "a step is a name"),
        (["a", "bb"], {}, UnknownNameError, "unknown activity 'bb'"),
        (["a"], {"mode": "loose"}, UsageError, "mode is one of ordered, strict, any"),
        (["a"], {"window": "day"}, UsageError, "window is one of first, step"),
        (["a"], {"mode": "any", "window": "step"}, UsageError, "there is no step before"),
        (["a"], {"within": "0d"}, UsageError, "longer than nothing"),
        ([["a", "b"], "b"], {"mode": "any"}, UsageError, "they overlap"),
        (["stage:care"], {}, UsageError, "needs a trace"),
        (["a", "channel:x"], {"mode": "strict"}, UsageError, "neighbours of one kind"),
    ],
)
def test_what_cannot_be_meant_is_told(steps: object, options: dict, error: type, told: str) -> None:
    with pytest.raises(error, match=told):
        funnel(made.words("ann: a0 b1"), steps, **options)  # type: ignore[arg-type]
