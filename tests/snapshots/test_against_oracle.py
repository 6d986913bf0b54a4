"""Every cell of a panel equals the slow, obvious version."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from tests.snapshots.made import Case, cases, panel_of, rows_of
from tests.snapshots.plain import Answer, Open, Past, evidence_age, has_begun, measure

import cjlib as cj

FEWER = settings(max_examples=settings.default.max_examples // 2)


def expected_rows(case: Case) -> list[tuple[object, int]]:
    world = case.world
    ids = {event.customer for event in world.events} | {fact.customer for fact in world.facts}
    pasts = [Past(world, customer, t) for customer in sorted(ids) for t in case.moments]
    return [(past.customer, past.t) for past in pasts if has_begun(past)]


def is_answer(panel: cj.Snapshot, name: str, row: int, answer: Answer) -> bool:
    """Whether a cell holds the answer: exactly, or to 1e-9 where floats were added."""
    value = panel[name][row]
    if isinstance(answer, Open):
        is_open = math.isnan(value) and panel.is_open(name)[row]
        return is_open and is_close(panel.so_far(name)[row], answer.so_far)
    if panel.is_open(name)[row]:
        return False
    if panel.kind(name) == "category":
        return value is None if isinstance(answer, float) else value == answer
    assert not isinstance(answer, (str, tuple))
    return is_close(value, answer)


def is_close(value: float, answer: float) -> bool:
    if math.isnan(answer):
        return math.isnan(value)
    return math.isclose(value, answer, rel_tol=1e-9, abs_tol=1e-9)


@given(cases(only_events=True))
def test_metrics_of_events_and_the_age_of_their_evidence(case: Case) -> None:
    panel = panel_of(case)
    assert rows_of(panel) == expected_rows(case)
    for row, (customer, t) in enumerate(rows_of(panel)):
        past = Past(case.world, customer, t)
        for metric in case.metrics:
            assert is_answer(panel, metric.id, row, measure(metric, past)), (metric, row)
            age = panel.evidence_age(metric.id)[row]
            assert age == pytest.approx(evidence_age(metric, past), nan_ok=True), (metric, row)


@FEWER
@given(cases())
def test_metrics_of_attributes_visits_times_and_ratios(case: Case) -> None:
    panel = panel_of(case)
    assert rows_of(panel) == expected_rows(case)
    others = {metric.id: metric for metric in case.metrics}
    for row, (customer, t) in enumerate(rows_of(panel)):
        past = Past(case.world, customer, t)
        for metric in case.metrics:
            assert is_answer(panel, metric.id, row, measure(metric, past, others)), (metric, row)
