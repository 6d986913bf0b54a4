"""Which findings come first: by satisfaction, by aims, by cost; and at what effort."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import numpy as np
import pytest
from tests.findings.books import JOURNEY, book

import cjlib as cj
from cjlib.errors import UnknownNameError, UsageError
from cjlib.findings import Finding, Given, Place, rank
from cjlib.findings._contacts import Contacts
from cjlib.findings._emotions import felt_by_customer

METRIC = cj.Metric("tickets", activity="ticket", direction="down")


@attrs.frozen
class Says:
    found: tuple[Finding, ...]
    name: str = "says"
    needs: frozenset[str] = frozenset()

    def detect(self, given: Given, /) -> Iterator[Finding]:
        yield from self.found


def finding(kind: str, who: object, **more: object) -> Finding:
    return Finding(kind=kind, sentence=f"{kind}.", who=who, **more)  # type: ignore[arg-type]


def test_whom_it_makes_unhappy_counts_by_how_much_and_how_many() -> None:
    made = book(16)
    felt = felt_by_customer(Contacts(Given(trace=made.trace)))
    order = np.argsort(felt)  # NaN last
    asked = int((~np.isnan(felt)).sum())
    sad, happy = made.trace.ids[order[:50]], made.trace.ids[order[asked - 50 : asked]]
    ranking = rank(made.find(Says((finding("happy", happy), finding("sad", sad)))))
    assert ranking.table["kind"].tolist() == ["sad", "happy"]
    assert ranking.table["felt"][0] == pytest.approx(np.nanmean(felt[order[50:]]) - felt[order[:50]].mean())
    assert ranking.table["satisfaction"][0] == pytest.approx(50 * ranking.table["felt"][0])
    assert ranking.table["satisfaction"][1] == 0
    assert [one.kind for one in ranking.findings] == ["sad", "happy"]


def test_who_misses_the_aims_counts() -> None:
    journey = attrs.evolve(
        JOURNEY, metrics=[*JOURNEY.metrics, METRIC], aims=[cj.Aim(metric="tickets", value=1)]
    )
    made = book(16, journey=journey)
    snap = cj.snapshot(made.log, ["tickets"], as_of=made.until, journey=journey, customers=made.customers)
    now = np.concatenate([made.trace.customers("onboarding"), made.trace.customers("care")])
    there = np.isin(snap.customer, now)
    many = snap.customer[there & (snap["tickets"] > 1)][:20]
    few = snap.customer[there & (snap["tickets"] <= 1)][:20]
    ranking = rank(made.find(Says((finding("few", few), finding("many", many)))), weights={"satisfaction": 0})
    others = there & ~np.isin(snap.customer, many)
    expected = 20 * (1 - (snap["tickets"][others] > 1).mean())
    assert ranking.table["kind"].tolist() == ["many", "few"]
    assert ranking.table["aims"].tolist() == [pytest.approx(expected), 0.0]


def test_cost_is_money_where_a_value_is_known() -> None:
    made = book(16)
    dear, cheap = finding("dear", [], money=100.0, days=1.0), finding("cheap", [], money=10.0, days=90.0)
    ranking = rank(made.find(Says((cheap, dear))), weights={"satisfaction": 0, "aims": 0})
    assert ranking.table["impact"].tolist() == [1.0, 0.1]
    assert ranking.table["kind"].tolist() == ["dear", "cheap"]


def test_the_effort_is_that_of_the_opportunity_noted_for_it() -> None:
    noted = [
        cj.Note(kind="opportunity", text="Anything.", effort=1),
        cj.Note(kind="opportunity", text="Import before the kick-off.", effort=5, finding="bottleneck"),
    ]
    stages = [attrs.evolve(one, notes=noted) if one.id == "onboarding" else one for one in JOURNEY.stages]
    made = book(16, journey=attrs.evolve(JOURNEY, stages=stages))
    at = Place(stage="onboarding")
    found = (
        finding("bottleneck", [], days=10.0, place=at),
        finding("loop", [], days=5.0, place=at),
        finding("loop", [], days=1.0),
    )
    table = rank(made.find(Says(found), value=None)).table
    assert table["effort"].tolist()[:2] == [5, 1]
    assert table["opportunity"].tolist() == ["Import before the kick-off.", "Anything.", None]
    assert table["per_effort"][0] == pytest.approx(table["impact"][0] / 5)


def test_weights_are_checked() -> None:
    found = book(16, 20).find(Says(()))
    with pytest.raises(UnknownNameError, match="did you mean 'aims'"):
        rank(found, weights={"aim": 1})
    with pytest.raises(UsageError, match="at least 0"):
        rank(found, weights={"aims": -1})
    with pytest.raises(UsageError, match="at least one weight"):
        rank(found, weights={"aims": 0, "cost": 0, "satisfaction": 0})
    with pytest.raises(UsageError, match="Findings were expected"):
        rank([])  # type: ignore[arg-type]
