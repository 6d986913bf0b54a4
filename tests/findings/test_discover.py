"""Discovery finds structure that was planted, and its proposals are journeys that run."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cjlib as cj
from cjlib.errors import DataError, UsageError
from cjlib.findings import discover

START = datetime(2026, 1, 1)
NOISES = ("newsletter", "survey", "call")


def log_of(paths: list[str]) -> cj.EventLog:
    """One customer per path, its activities separated by spaces, a day apart."""
    rows = [(who, name, START + timedelta(days=day))
            for who, path in enumerate(paths) for day, name in enumerate(path.split())]  # fmt: skip
    return cj.EventLog.from_columns(*zip(*rows, strict=True))


def ways(proposal: Any) -> list[tuple[str, str, str]]:
    return [(way.source, way.target, str(way.when)) for way in proposal.journey.transitions]


def planted(
    seed: int, noise: float, criteria: int = 4, customers: int = 300
) -> tuple[cj.EventLog, dict[str, Any]]:
    """Stages s0, s1, …, each entered an hour after its activity go1, go2, …, among noise."""
    random = np.random.default_rng(seed)
    events, changes = [], []
    for who in range(customers):
        time = START
        changes.append((who, "s0", time))
        for step in range(1, criteria + 1):
            for _ in range(random.poisson(noise)):
                time += timedelta(hours=float(random.uniform(30, 90)))
                events.append((who, str(random.choice(NOISES)), time))
            if random.random() < 0.15:
                break
            time += timedelta(days=3)
            events.append((who, f"go{step}", time))
            time += timedelta(hours=1)
            changes.append((who, f"s{step}", time))
    columns = dict(zip(("customer", "stage", "time"), map(list, zip(*changes, strict=True)), strict=True))
    return cj.EventLog.from_columns(*zip(*events, strict=True)), columns


def test_a_sequence_becomes_a_stage_for_each_step() -> None:
    found = discover(log_of(["visit order deliver"] * 9 + ["visit order"]))
    assert ways(found) == [
        ("visit", "order", 'happened("order")'),
        ("order", "deliver", 'happened("deliver")'),
    ]
    assert found.explained == 1.0


def test_what_goes_back_and_forth_is_one_stage() -> None:
    found = discover(log_of(["sign use ask use ask leave"] * 5 + ["sign ask use leave"] * 5))
    assert [stage.id for stage in found.journey.stages] in (
        ["sign", "use", "leave"],
        ["sign", "ask", "leave"],
    )
    assert [str(way.when) for way in found.journey.transitions] == [
        'happened("ask") or happened("use")', 'happened("leave")',
    ]  # fmt: skip


def test_a_choice_becomes_two_ways() -> None:
    found = discover(log_of(["ask buy"] * 6 + ["ask decline"] * 4))
    assert {way[:2] for way in ways(found)} == {("ask", "buy"), ("ask", "decline")}


def test_rare_moves_and_activities_are_noise_and_told() -> None:
    """One of 40 goes back, one does what nobody else does: 80 of the 82 moves between kept steps remain."""
    paths = ["visit order deliver"] * 38 + ["visit order deliver order", "visit odd order deliver visit"]
    found = discover(log_of(paths))
    assert [way[:2] for way in ways(found)] == [("visit", "order"), ("order", "deliver")]
    assert found.left_out == ("odd",)
    assert found.explained == pytest.approx(80 / 82)


@pytest.mark.parametrize("noise", [0.0, 1.0, 4.0])
def test_every_planted_criterion_is_found_among_the_noise(noise: float) -> None:
    log, recorded = planted(7, noise)
    found = discover(log, recorded=recorded)
    assert ways(found) == [(f"s{one}", f"s{one + 1}", f'happened("go{one + 1}")') for one in range(4)]
    chosen = found.evidence["is_chosen"]
    assert (found.evidence["precision"][chosen] == 1).all()
    assert (found.evidence["recall"][chosen] == 1).all()


def test_the_replay_of_a_discovered_journey_agrees_with_what_was_recorded() -> None:
    log, recorded = planted(3, 2.0)
    journey = discover(log, recorded=recorded).journey
    with_log = {
        one: customer in set(log.customers.tolist()) for one, customer in enumerate(recorded["customer"])
    }
    kept = [one for one in with_log if with_log[one] and recorded["stage"][one] != "s0"]
    said = {name: [column[one] for one in kept] for name, column in recorded.items()}
    records = cj.conformance(cj.replay(journey, log, until="2027-06-01"), said)
    verdicts = records["verdict"][records["stage"] != "s0"]
    assert (verdicts == "agreeing").all()


def test_precision_and_recall_are_counted_by_hand() -> None:
    """Calls: of a, b and c; a and b then move (precision 2/3); of the moves of a, b and d two were called."""
    log = cj.EventLog.from_columns(
        ["a", "b", "c", "d"], ["call", "call", "call", "mail"],
        ["2026-01-02", "2026-01-02", "2026-01-02", "2026-01-02"],
    )  # fmt: skip
    recorded = {"customer": list("abcdabd"), "stage": ["new"] * 4 + ["won"] * 3,
                "time": ["2026-01-01"] * 4 + ["2026-01-02 12:00"] * 3}  # fmt: skip
    rows = discover(log, recorded=recorded).evidence
    assert rows["criterion"].tolist() == ['happened("call")', 'happened("mail")']
    assert rows["precision"].tolist() == pytest.approx([2 / 3, 1])
    assert rows["recall"].tolist() == pytest.approx([2 / 3, 1 / 3])
    assert rows["customers"].tolist() == [3, 3]


def test_a_recorded_move_that_no_event_announces_is_told() -> None:
    log = log_of(["visit"])
    recorded = {"customer": [0, 0], "stage": ["new", "won"], "time": ["2026-01-01", "2026-03-01"]}
    found = discover(log, recorded=recorded)
    assert found.left_out == ("new to won (1 customers): no event announces it",)
    assert not found.journey.transitions


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5).filter(str.strip)


NAMES = TEXTS | st.sampled_from(["a", "A", "ä", '"\n[[transitions]]\n', "]]"])


@given(st.lists(st.lists(NAMES, min_size=1, max_size=6),
                min_size=1, max_size=6))  # fmt: skip
def test_any_log_gives_a_journey_that_can_be_written_read_and_replayed(paths: list[list[str]]) -> None:
    rows = [(who, name, START + timedelta(days=day)) for who, path in enumerate(paths)
            for day, name in enumerate(path)]  # fmt: skip
    log = cj.EventLog.from_columns(*zip(*rows, strict=True), strict=False)
    if not len(log):
        return
    if not any("\0" not in name for name in log.activities):
        with pytest.raises(DataError, match="no activity"):
            discover(log)
        return
    found = discover(log)
    assert cj.loads(found.to_toml()) == found.journey
    assert not [one for one in found.journey.check() if one.severity == "error" or one.code == "CJ101"]
    assert cj.replay(found.journey, log, until="2027-01-01").visits["customer"].size >= log.n_customers


def test_what_cannot_be_discovered_is_refused_with_a_reason() -> None:
    log = log_of(["visit order"])
    with pytest.raises(UsageError, match=r"must be a cjlib\.EventLog"):
        discover([1])  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="share from 0"):
        discover(log, noise=1.5)
    with pytest.raises(UsageError, match="negative"):
        discover(log, tolerance="-1d")
    with pytest.raises(DataError, match="no recorded stage change"):
        discover(log, recorded={"customer": [77], "stage": ["x"], "time": ["2026-01-01"]})


def test_the_criteria_of_a_simulated_journey_are_found() -> None:
    journey = cj.Journey(
        "demo",
        stages=[cj.Stage("lead"), cj.Stage("trial"), cj.Stage("care", kind="won")],
        transitions=[
            cj.Transition("lead", "trial", when='happened("signed_up")'),
            cj.Transition("trial", "care", when='happened("ordered")'),
        ],
        activities=["visit", "mail", "signed_up", "ordered"],
    )
    made = cj.simulate(journey, 500, seed=1, until="2027-01-01")
    visits = made.visits
    recorded = {"customer": visits["customer"], "stage": visits["stage"], "time": visits["entered"]}
    found = discover(made.log, recorded=recorded)
    assert ways(found) == [(way.source, way.target, str(way.when)) for way in journey.transitions]
