"""Deviations: who fits is whom pm4py says fits; nothing unknown is left out in silence."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.findings import paths as made

import cjlib as cj
from cjlib.errors import UsageError
from cjlib.findings import deviations, directly_follows

PAIRS = st.sets(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=1)


def test_who_fits_is_whom_pm4py_says_fits() -> None:
    golden = made.golden()
    model = golden["model"]
    pairs = [tuple(pair) for pair in model["edges"]]
    found = deviations(made.golden_log(), pairs, starts=model["starts"], ends=model["ends"])
    assert sorted(found.fitting.tolist()) == golden["fits"]
    assert found.fitness == len(golden["fits"]) / len(set(golden["log"]["customer"]))


@given(made.EVENTS, PAIRS, st.sets(st.sampled_from("abc")), st.sets(st.sampled_from("abc")))
def test_the_same_as_a_plain_walk(
    events: list[made.Event], allowed: set[tuple[str, str]], starts: set[str], ends: set[str]
) -> None:
    log = made.log_of([*events, (9, "a", 0), (9, "b", 1), (9, "c", 1)])
    found = deviations(log, sorted(allowed), starts=sorted(starts), ends=sorted(ends))
    known = {name for pair in allowed for name in pair} | starts | ends
    expected: dict[tuple, list] = {}
    for customer, path in made.paths_of(log).items():
        names = [name for name, _ in path]
        told = [("unknown", name, None) for name in names if name not in known]
        told += [("start", names[0], None)] if names[0] in known - starts else []
        told += [("end", names[-1], None)] if names[-1] in known - ends else []
        told += [("step", *p) for p in pairwise(names) if known.issuperset(p) and p not in allowed]
        for one in told:
            expected.setdefault(one, []).append(customer)
    rows = list(zip(found["kind"], found["source"], found["target"], strict=True))
    assert dict(zip(rows, found["count"].tolist(), strict=True)) == {
        one: len(who) for one, who in expected.items()
    }
    for i, row in enumerate(rows):
        assert set(found.customers(i)) == set(expected[row])
        assert found["customers"][i] == len(set(expected[row]))
    deviating = {customer for who in expected.values() for customer in who}
    assert set(found.fitting) == set(log.customers) - deviating


@given(made.EVENTS)
def test_a_log_fits_what_was_found_in_it(events: list[made.Event]) -> None:
    log = made.log_of([*events, (9, "a", 0), (9, "a", 1)])
    pairs = directly_follows(log)
    steps = pairs.steps["activity"][(pairs.steps["count"] > 0)]
    found = deviations(log, pairs, starts=steps, ends=steps)
    assert len(found) == 0
    assert found.fitness == 1.0


def test_an_unknown_activity_is_no_fit() -> None:
    """A net without churn would drop that event and call the path perfect."""
    log = cj.EventLog.from_columns(["ann"] * 3, ["signup", "login", "churn"], ["2026-01-01"] * 3)
    found = deviations(log, [("signup", "login")])
    assert (found["kind"].tolist(), found["source"].tolist()) == (["unknown"], ["churn"])
    assert found.fitting.tolist() == []


@pytest.mark.parametrize(
    ("allowed", "options", "told"),
    [
        ("ab", {}, "pairs such as"),
        ([("a",)], {}, "a pair such as"),
        ([("a", 3)], {}, "a pair such as"),
        ([("x", "y")], {}, "no name of the graph occurs"),
        ([("a", "b")], {"starts": "a"}, "starts are several names"),
        ([(f"n{i}", "a") for i in range(5000)], {}, "too large"),
    ],
)
def test_what_cannot_be_meant_is_told(allowed: object, options: dict, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        deviations(made.words("ann: a0 b1"), allowed, **options)  # type: ignore[arg-type]
