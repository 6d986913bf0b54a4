"""The contract of findings: what is asked, what is skipped, in which order, and what a finding carries."""

from __future__ import annotations

import pickle
from collections.abc import Iterator

import attrs
import numpy as np
import pytest
from tests.findings.books import UNTIL, Events
from tests.findings.books import book as planted

import cjlib as cj
from cjlib.errors import UnknownNameError, UsageError
from cjlib.findings import Bottlenecks, Detector, Finding, Findings, Given, Place
from cjlib.findings import Test as Chance

JOURNEY = cj.Journey(
    "two",
    stages=[cj.Stage("trial", target="30d"), cj.Stage("active", target="30d")],
    transitions=[cj.Transition("trial", "active", when='happened("login")')],
)


@attrs.frozen
class Says:
    """Finds what it is told to find."""

    found: tuple[object, ...] = ()
    name: str = "says"
    needs: frozenset[str] = frozenset()

    def detect(self, given: Given, /) -> Iterator[object]:
        yield from self.found


def book(n: int = 40) -> tuple[cj.EventLog, cj.Trace]:
    events = Events()
    events.add(range(n), "signup", np.full(n, 1.0))
    events.add(range(n), "login", np.full(n, 100.0))
    return events.log(), cj.replay(JOURNEY, events.log(), until=UNTIL)


def test_a_class_of_ours_or_theirs_is_a_detector() -> None:
    assert isinstance(Bottlenecks(), Detector)
    assert isinstance(Says(), Detector)


def test_detectors_come_by_name_as_class_or_as_object() -> None:
    _, trace = book()
    by_name = cj.find(JOURNEY, trace, detectors=["bottlenecks"])
    by_object = cj.find(JOURNEY, trace, detectors=[Bottlenecks()])
    by_class = cj.find(JOURNEY, trace, detectors=[Bottlenecks])
    assert [str(one) for one in by_name] == [str(one) for one in by_object] == [str(one) for one in by_class]
    assert by_name.detectors == ("bottlenecks",)


def test_a_detector_that_needs_what_is_not_given_is_skipped_and_said_so() -> None:
    _, trace = book()
    found = cj.find(JOURNEY, trace, detectors=[Says(needs=frozenset({"log", "scores"}))])
    assert not found
    assert [(one.detector, one.why) for one in found.skipped] == [("says", "it needs log and scores")]
    assert "not looked: says: it needs log and scores" in str(found)


def test_who_asks_for_findings_looks_last_and_sees_them() -> None:
    seen: list[tuple[Finding, ...]] = []

    @attrs.frozen
    class Listens:
        name: str = "listens"
        needs: frozenset[str] = frozenset({"findings"})

        def detect(self, given: Given, /) -> list[Finding]:
            seen.append(given.findings)
            return []

    _, trace = book()
    one = Finding(kind="odd", sentence="It is odd.")
    cj.find(JOURNEY, trace, detectors=[Listens(), Says((one,))])
    assert seen == [(one,)]


def test_the_costliest_comes_first_by_money_then_days_then_customers() -> None:
    sizes = [
        {"who": ["a", "b"]},
        {"who": ["a"], "days": 3.0},
        {"who": ["a"], "days": 5.0},
        {"who": ["a"], "money": 1.0},
        {"who": ["a", "b", "c"]},
    ]
    found = [Finding(kind=str(i), sentence=".", **size) for i, size in enumerate(sizes)]  # type: ignore[arg-type]
    _, trace = book()
    assert [one.kind for one in cj.find(JOURNEY, trace, detectors=[Says(tuple(found))])] == list("32140")


def test_findings_are_picked_by_kind_and_place() -> None:
    found = tuple(
        Finding(kind=kind, place=Place(stage=stage, channel=channel), sentence=".")
        for kind, stage, channel in [("x", "trial", None), ("y", "trial", "phone"), ("x", "active", "phone")]
    )
    _, trace = book()
    all_of_them = cj.find(JOURNEY, trace, detectors=[Says(found)])
    assert len(all_of_them.of("x")) == 2
    assert len(all_of_them.of(stage="trial", channel="phone")) == 1
    assert len(all_of_them.of("x", channel="phone")) == 1
    with pytest.raises(UnknownNameError, match="did you mean 'stage'"):
        all_of_them.of(stages="trial")


def test_the_table_has_one_row_per_finding_and_reconciles_with_it() -> None:
    events, trace = book()
    found = cj.find(JOURNEY, trace, log=events, detectors=["bottlenecks"])
    table = found.to_table()
    assert len(table) == len(found) > 0
    assert table["customers"].tolist() == [len(one.customers) for one in found]
    assert table["sentence"].tolist() == [one.sentence for one in found]
    assert table["stage"].tolist() == [one.place.stage for one in found]


def test_a_finding_carries_what_it_rests_on_and_can_be_pickled() -> None:
    one = Finding(
        kind="odd",
        place=Place(persona="p"),
        sentence="It is odd.",
        who=[3, 1],
        of=8,
        estimate=0.5,
        base=0.25,
        test=Chance(name="exact", statistic=1.0, p=0.01),
        translations={"fr": "C'est étrange."},
    )
    again = pickle.loads(pickle.dumps(one))
    for each in (one, again):
        assert each.customers.tolist() == [3, 1]
        assert (each.share, each.lift, each.said("fr")) == (0.25, 2.0, "C'est étrange.")
        assert each.said("de") == "It is odd."
    assert bool(Finding(kind="x", sentence="."))
    assert np.isnan(Finding(kind="x", sentence=".").share)


def test_the_result_carries_the_trace_that_it_is_about() -> None:
    _, trace = book()
    found = cj.find(JOURNEY, trace, detectors=[])
    assert isinstance(found, Findings)
    assert found.fingerprint == trace.fingerprint


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"detectors": "bottlenecks"}, "a list of names"),
        ({"detectors": [3]}, "3 is no detector"),
        ({"detectors": [Says(needs=frozenset({"logs"}))]}, "needs 'logs'"),
        ({"detectors": [Says((3,))]}, "gave int"),
        ({"scores": [1.0]}, "scores must be"),
        ({"log": [1.0]}, "log must be"),
    ],
)
def test_a_call_that_cannot_be_meant_is_told_plainly(options: dict[str, object], message: str) -> None:
    _, trace = book()
    with pytest.raises(UsageError, match=message):
        cj.find(JOURNEY, trace, **options)  # type: ignore[arg-type]


def test_where_asks_about_some_as_if_the_others_were_not_there() -> None:
    made = planted(3, 300, onboarding=60.0, demo_again=0.4, phone=2.0, reopened=0.3)
    segment = made.customers.column("segment")
    large = np.flatnonzero([segment.categories[int(code)] == "large" for code in segment.values])
    alone = attrs.evolve(made, log=made.log.select(large))
    some = made.find(where={"segment": "large"})
    others = [one for one in alone.find() if one.kind != "no persona"]
    assert len(some) > 2
    assert [(str(one), one.customers.tolist()) for one in some] == [
        (str(one), one.customers.tolist()) for one in others
    ]


def test_unknown_detectors_and_values_are_told_with_the_nearest_name() -> None:
    _, trace = book()
    with pytest.raises(UnknownNameError, match="did you mean 'bottlenecks'"):
        cj.find(JOURNEY, trace, detectors=["bottleneck"])
    with pytest.raises(UnknownNameError, match="arr"):
        cj.find(JOURNEY, trace, value="arr", detectors=[])
    other = attrs.evolve(JOURNEY, version="2")
    with pytest.raises(UsageError, match="another version"):
        cj.find(other, trace)
