"""Attribution: removal effects are those of closed forms, and the chain converts as its paths did."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.findings import paths as made

import cjlib as cj
from cjlib.errors import UnknownNameError, UsageError
from cjlib.findings import attribution
from cjlib.findings._attribution import conversion_probability, removal_effects

PATHS = st.lists(
    st.tuples(st.lists(st.sampled_from("abc"), min_size=1, max_size=6), st.booleans()),
    min_size=1,
    max_size=12,
)


def log_of(paths: list[tuple[list[str], bool]]) -> cj.EventLog:
    """One customer per path of channels; a conversion is an event without a channel."""
    rows = [
        (customer, channel)
        for customer, (channels, is_won) in enumerate(paths)
        for channel in [*channels, *([None] if is_won else [])]
    ]
    customers, channels = zip(*rows, strict=True)
    names = ["won" if channel is None else "touch" for channel in channels]
    times = made.START + np.arange(len(rows)) * made.SECOND
    return cj.EventLog.from_columns(customers, [*names], times.view("datetime64[us]"), channel=[*channels])


def by_channel(found: cj.findings.Answer, column: str) -> dict[str, float]:
    return dict(zip(found["channel"], found[column].tolist(), strict=True))


def closed_form(paths: list[tuple[list[str], bool]]) -> dict[str, float]:
    """Of order one: whoever ever comes to c converts from there, so the effect is h(c) p(c) / p(start).

    With the fundamental matrix N, the walk ever comes to c with h(c) = N[s, c] / N[c, c]; p = N r.
    """
    names = sorted({name for channels, _ in paths for name in channels})
    place = {name: i for i, name in enumerate(names)}
    k = len(names)
    counts, won, start, total = np.zeros((k, k)), np.zeros(k), np.zeros(k), np.zeros(k)
    for channels, is_won in paths:
        start[place[channels[0]]] += 1
        won[place[channels[-1]]] += is_won
        for one in channels:
            total[place[one]] += 1
        for one, two in pairwise(channels):
            counts[place[one], place[two]] += 1
    fundamental = np.linalg.inv(np.eye(k) - counts / total[:, None])
    visits = start / start.sum() @ fundamental
    converts = fundamental @ (won / total)
    whole = float(start / start.sum() @ converts)
    return {
        name: float(visits[i] / fundamental[i, i] * converts[i] / whole) if whole else np.nan
        for name, i in place.items()
    }


@given(PATHS)
def test_removal_effects_are_those_of_the_closed_form(paths: list[tuple[list[str], bool]]) -> None:
    if not any(is_won for _, is_won in paths):
        paths = [*paths, (["a"], True)]
    found = by_channel(attribution(log_of(paths), conversion="won"), "removal_effect")
    assert found == pytest.approx(closed_form(paths))


@given(PATHS, st.integers(1, 3))
def test_the_chain_converts_as_often_as_the_paths_did(
    paths: list[tuple[list[str], bool]], order: int
) -> None:
    """What flows into a state flows out of it, so the expected share is the observed one, at any order."""
    log = log_of([*paths, (["a"], True)])
    found = attribution(log, conversion="won", order=order)
    share = np.mean([is_won for _, is_won in [*paths, (["a"], True)]])
    assert found["base"] == pytest.approx(np.full(len(found), share))
    assert np.nansum(found["credit"]) == pytest.approx(found.asked["conversions"])
    assert ((found["removal_effect"] >= -1e-12) & (found["removal_effect"] <= 1 + 1e-12)).all()
    for row, name in enumerate(found["channel"]):
        having = {i for i, (channels, _) in enumerate([*paths, (["a"], True)]) if name in channels}
        assert set(found.customers(row)) == having
        assert found["customers"][row] == len(having)


def test_a_worked_chain() -> None:
    """Mail, web: won. Mail: nothing. Without web nobody converts: 1. Without mail nobody gets to web: 1.

    With a third path, web alone: won. Then p = 2/3; without mail only the web path is left: 1/3, so 1/2.
    """
    log = log_of([(["mail", "web"], True), (["mail"], False), (["web"], True)])
    found = attribution(log, conversion="won")
    assert by_channel(found, "removal_effect") == pytest.approx({"mail": 0.5, "web": 1.0})
    assert by_channel(found, "credit") == pytest.approx({"mail": 2 / 3, "web": 4 / 3})
    assert by_channel(found, "first") == {"mail": 1, "web": 1}
    assert by_channel(found, "last") == {"mail": 0, "web": 2}


def test_a_second_step_back_may_matter() -> None:
    """Of order one, web converts half the time wherever one comes from; of order two, only after mail."""
    log = log_of([(["mail", "web"], True), (["tv", "web"], False)] * 3)
    one = by_channel(attribution(log, conversion="won"), "removal_effect")
    two = by_channel(attribution(log, conversion="won", order=2), "removal_effect")
    assert one == pytest.approx({"mail": 0.5, "tv": 0.5, "web": 1.0})
    assert two == pytest.approx({"mail": 1.0, "tv": 0.0, "web": 1.0})


def test_a_closed_circle_that_leads_nowhere_is_no_singular_matrix() -> None:
    chain = np.array([[0.0, 0.5, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
    assert conversion_probability(chain, np.array([0.5, 0.0, 0.0]), np.array([1.0, 0, 0])) == 0.5
    effects = removal_effects(
        chain, np.array([0.5, 0, 0]), np.array([1.0, 0, 0]), [np.array([False, True, False])]
    )
    assert effects.tolist() == [0.0]


def test_without_conversions_nothing_is_said_and_steps_after_one_do_not_count() -> None:
    log = log_of([(["mail"], False)] * 3 + [(["web"], True)])
    late = attribution(log.select([0, 1, 2]), conversion="touch", of="activity")
    assert late.asked["without_steps"] == 3
    journey = cj.Journey("demo", stages=[cj.Stage("trial"), cj.Stage("care")],
                         transitions=[cj.Transition("trial", "care", when='happened("won")')])  # fmt: skip
    trace = cj.replay(journey, log, until="2026-02-01")
    assert by_channel(attribution(trace, conversion="stage:care"), "converted") == {"mail": 0, "web": 1}
    nobody = attribution(trace, conversion="stage:care", where={"stage": "trial"})
    assert np.isnan(nobody["removal_effect"]).all()
    assert nobody.asked["conversions"] == 0


def test_what_cannot_be_meant_is_told() -> None:
    log = log_of([(["mail"], True)])
    with pytest.raises(UsageError, match="order is a number of steps"):
        attribution(log, conversion="won", order=0)
    with pytest.raises(UnknownNameError, match="unknown activity 'wonn'"):
        attribution(log, conversion="wonn")
    with pytest.raises(UnknownNameError, match="did you mean 'channel'"):
        attribution(log, conversion="won", of="chanel")
