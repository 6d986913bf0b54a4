"""What the CRM says held against what the criteria say."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cjlib as cj
from cjlib.trace._conformance import align
from cjlib.trace._layout import NAT

JOURNEY = cj.Journey(
    "demo",
    stages=[cj.Stage("trial"), cj.Stage("active"), cj.Stage("lost", kind="lost")],
    transitions=[
        cj.Transition("trial", "active", when='happened("kickoff")'),
        cj.Transition("active", "lost", when='happened("cancelled")'),
    ],
)
times = st.lists(st.integers(0, 12), max_size=5, unique=True).map(sorted)


def verdicts(said: dict[str, list[str]], tolerance: str = "1d") -> list[tuple[str, str, str]]:
    log = cj.EventLog.from_columns(
        ["a", "a", "b"], ["login", "kickoff", "login"], ["2026-01-01", "2026-01-08", "2026-01-02"]
    )
    table = cj.conformance(cj.replay(JOURNEY, log, until="2026-02-01"), said, tolerance)
    return [(row["customer"], row["stage"], row["verdict"]) for row in table.rows()]


def test_each_record_gets_one_of_five_verdicts() -> None:
    said = {
        "customer": ["a", "a", "b", "c", "b"],
        "stage": ["trial", "active", "lost", "trial", "trial"],
        "time": ["2026-01-01", "2026-01-05", "2026-01-20", "2026-01-20", "2026-01-09"],
    }
    assert verdicts(said) == [
        ("a", "trial", "agreeing"),
        ("a", "active", "early"),
        ("b", "trial", "late"),
        ("b", "lost", "unjustified"),
        ("c", "trial", "unjustified"),
    ]


def test_what_nobody_recorded_is_missing() -> None:
    said = {"customer": ["a"], "stage": ["active"], "time": ["2026-01-08"]}
    assert verdicts(said) == [
        ("a", "trial", "missing"),
        ("a", "active", "agreeing"),
        ("b", "trial", "missing"),
    ]


def test_the_tolerance_is_included() -> None:
    said = {"customer": ["a"], "stage": ["active"], "time": ["2026-01-10"]}
    assert verdicts(said, "2d")[1][2] == "agreeing"
    assert verdicts(said, "1d")[1][2] == "late"


def test_records_after_the_end_are_left_out() -> None:
    said = {"customer": ["a"], "stage": ["active"], "time": ["2026-05-01"]}
    assert ("a", "active", "missing") in verdicts(said)


def quality(pairs: list[tuple[int, int]], allowed: int) -> tuple[int, int, int]:
    both = [(left, right) for left, right in pairs if NAT not in (left, right)]
    close = sum(abs(left - right) <= allowed for left, right in both)
    return len(both), close, -sum(abs(left - right) for left, right in both)


def aligned(left: list[int], right: list[int], allowed: int) -> list[tuple[int, int]]:
    out = np.empty((len(left) + len(right), 2), np.int64)
    filled = align(np.array(left, np.int64), np.array(right, np.int64), allowed, out)
    return [(one, other) for one, other in out[:filled].tolist()]


def test_thousands_of_records_of_one_customer_and_stage() -> None:
    left, right = list(range(0, 9_000, 3)), list(range(1, 9_001, 3))
    assert aligned(left, right, 1) == list(zip(left, right, strict=True))


def test_a_stage_that_the_journey_does_not_have_is_told() -> None:
    said = {"customer": ["a"], "stage": ["activ"], "time": ["2026-01-05"]}
    with pytest.warns(UserWarning, match=r"1 recorded changes are to 'activ', .*did you mean 'active'"):
        assert ("a", "activ", "unjustified") in verdicts(said)


def test_a_column_that_is_not_there_is_named() -> None:
    with pytest.raises(cj.CJError, match=r"'stage' is not among 'customer', 'time'"):
        verdicts({"customer": ["a"], "time": ["2026-01-05"]})


def test_ids_of_another_type_are_told() -> None:
    with pytest.raises(cj.CJError, match=r"those of the recorded stage changes int"):
        verdicts({"customer": [7], "stage": ["active"], "time": ["2026-01-05"]})


@given(times, times, st.integers(0, 3))
def test_no_pairing_in_order_is_better(left: list[int], right: list[int], allowed: int) -> None:
    found = aligned(left, right, allowed)
    assert sorted(one for one, _ in found if one != NAT) == left
    assert sorted(one for _, one in found if one != NAT) == right
    most = min(len(left), len(right))
    best = max(
        quality(list(zip(some, others, strict=True)), allowed)
        for some in combinations(left, most)
        for others in combinations(right, most)
    )
    assert quality(found, allowed) == best
