"""Revenue at risk: sums of probability times value, and between what the loss may lie."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cjlib as cj
from cjlib.scoring import revenue_at_risk

from .shop import Shop, shops
from .test_prioritise import scores


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 100)), min_size=1, max_size=9))
def test_mean_and_spread_are_those_of_all_that_can_happen(pairs: list[tuple[float, float]]) -> None:
    """Every set of leavers, with its probability."""
    risks, values = np.array(pairs).T
    outcomes = np.array(list(product((0, 1), repeat=len(pairs))))
    chances = np.prod(np.where(outcomes, risks, 1 - risks), axis=1)
    losses = outcomes @ values
    mean = float(chances @ losses)
    spread = float(np.sqrt(max(chances @ losses**2 - mean**2, 0.0)))
    found = revenue_at_risk(scores(risks), values)
    assert found["at_risk"][0] == pytest.approx(mean, abs=1e-6)
    low, high = max(mean - 1.959964 * spread, 0.0), min(mean + 1.959964 * spread, values.sum())
    assert (found["low"][0], found["high"][0]) == pytest.approx((low, high), abs=1e-3)


@given(shops(largest=20), st.sampled_from(("stage", "csm", "reason", ["reason", "stage"], "persona")))
@settings(max_examples=25)
def test_groups_add_up(shop: Shop, by: Any) -> None:
    trace, log = shop.trace, shop.log
    ids = trace.visits["customer"][trace.visits["number"] == 0]
    risks = np.linspace(0, 1, len(ids))
    some = cj.Scores(risks, scorer="mine", customers=ids, scale=(0, 1), low=risks / 2, high=(1 + risks) / 2)
    whole = revenue_at_risk(some, 100.0)
    parts = revenue_at_risk(some, 100.0, by=by, trace=trace, log=log)
    for name in ("at_risk", "least", "most"):
        assert parts[name].sum() == pytest.approx(whole[name][0])
    if "reason" not in by:
        for name in ("customers", "value"):
            assert parts[name].sum() == pytest.approx(whole[name][0])


def history() -> tuple[cj.Trace, cj.EventLog]:
    """Two have left care for the price, one for the product; x and y are in care, z has not signed."""
    journey = cj.Journey(
        "small",
        stages=[cj.Stage("trial", kind="prospect"), cj.Stage("care"), cj.Stage("gone", kind="lost")],
        transitions=[
            cj.Transition("trial", "care", when='happened("signed")'),
            cj.Transition("care", "gone", when='happened("dear")', kind="exit", reason="price"),
            cj.Transition("care", "gone", when='happened("bad")', kind="exit", reason="product"),
        ],
    )
    rows = [(who, "signed", "2026-01-01") for who in "abcxy"] + [("z", "came", "2026-01-01")]
    rows += [("a", "dear", "2026-02-01"), ("b", "dear", "2026-02-01"), ("c", "bad", "2026-02-01")]
    rows += [("late", "signed", "2026-01-01"), ("late", "bad", "2026-03-15")]
    log = cj.EventLog.from_columns(*zip(*rows, strict=True))
    return cj.replay(journey, log, until="2026-04-01"), log


def test_risk_is_shared_out_by_why_others_left_the_same_stage() -> None:
    trace, log = history()
    some = scores([0.3, 0.6, 0.5], ["x", "y", "z"], as_of="2026-03-01")
    found = revenue_at_risk(some, 100, by=["reason", "stage"], trace=trace, log=log)
    rows = {(row["reason"], row["stage"]): row["at_risk"] for row in found.rows()}
    expected = {("price", "care"): 60.0, ("product", "care"): 30.0, (None, "trial"): 50.0}
    assert {key: value for key, value in rows.items() if value} == pytest.approx(expected)


def test_scores_by_reason_keep_their_reasons_and_add_up_without() -> None:
    by_reason = {"price": scores([0.3, 0.1], ["x", "y"]), "product": scores([0.2, 0.1], ["x", "y"])}
    found = revenue_at_risk(by_reason, [100, 200], by="reason")
    assert dict(zip(found["reason"], found["at_risk"], strict=True)) == {"price": 50.0, "product": 40.0}
    assert revenue_at_risk(by_reason, [100, 200])["at_risk"].tolist() == [90.0]


def test_where_and_what_is_unsaid() -> None:
    trace, log = history()
    some = scores([0.3, np.nan, 0.5], ["x", "y", "z"])
    found = revenue_at_risk(some, {"x": 100, "y": 100}, where={"stage": "care"}, trace=trace, log=log)
    assert (found["customers"].item(), found["unsaid"].item(), found["at_risk"].item()) == (1, 1, 30.0)
    assert revenue_at_risk(some, {"x": 100})["unsaid"].item() == 2


def test_what_cannot_be_meant_is_told() -> None:
    trace, log = history()
    some = scores([0.3], ["x"])
    cases: list[tuple[dict[str, Any], type[Exception], str]] = [
        ({"by": "stage"}, cj.errors.UsageError, "trace=, log="),
        ({"by": "reason"}, cj.errors.UsageError, "trace=, log="),
        ({"by": "stge", "trace": trace, "log": log}, cj.errors.UnknownNameError, "did you mean 'stage'"),
        ({"confidence": 2}, cj.errors.UsageError, "confidence lies between"),
        ({"scores": {}}, cj.errors.UsageError, "a mapping from reasons"),
        ({"scores": {"a": some, "b": scores([0.3], ["y"])}}, cj.errors.DataError, "the same customers"),
        ({"scores": {"a": scores([0.7]), "b": scores([0.7])}}, cj.errors.DataError, "more than 1"),
        ({"scores": scores([0.3], ["stranger"]), "by": "stage", "trace": trace, "log": log},
         cj.errors.UnknownNameError, "customer of the trace"),
        ({"scores": scores([0.3], ["x"], as_of="2027-01-01"), "by": "stage", "trace": trace, "log": log},
         cj.errors.UsageError, "before the moment of the scores"),
    ]  # fmt: skip
    for change, error, told in cases:
        with pytest.raises(error, match=told):
            revenue_at_risk(**({"scores": some, "value": 1} | change))
