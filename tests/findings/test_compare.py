"""Compare: the same events under two versions of a journey."""

from __future__ import annotations

import copy
import pickle

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from tests import strategies
from tests.oracle import World
from tests.worlds import customers, event_log, moment

import cjlib as cj
from cjlib.criteria import parse
from cjlib.errors import UnknownNameError, UsageError
from cjlib.findings import Comparison, compare

NOTHING = np.datetime64("NaT")


def compared(world: World, old: cj.Journey, new: cj.Journey) -> Comparison:
    facts = customers(world.facts, world.kinds)
    return compare(old, new, event_log(world.events), facts, until=moment(world.until))


def changed(journey: cj.Journey) -> cj.Journey:
    """The journey without its last transition, every other one of the rest a little harder to pass."""
    harder = parse('count("a", ever=True) >= 2')
    ways = [attrs.evolve(way, when=way.when & harder) for way in journey.transitions[:-1:2]]
    return attrs.evolve(journey, transitions=[*ways, *journey.transitions[1:-1:2]])


def stage_at(trace: cj.Trace, time: np.datetime64) -> dict[object, object]:
    table = trace.at(time)
    return dict(zip(table["customer"].tolist(), table["stage"].tolist(), strict=True))


@given(strategies.worlds(largest=12))
@settings(max_examples=15)
def test_nobody_stands_elsewhere_under_the_same_journey(world: World) -> None:
    found = compared(world, world.journey, world.journey)
    assert not found.diff
    assert len(found.elsewhere) == 0
    assert (found.flow["old"] == found.flow["new"]).all()
    for column in found.stages.columns:
        if column.startswith("old_"):
            other = found.stages[column.replace("old_", "new_")]
            np.testing.assert_array_equal(found.stages[column], other)


@given(strategies.worlds(largest=12))
@settings(max_examples=15)
def test_counts_reconcile_with_the_two_replays(world: World) -> None:
    found = compared(world, world.journey, changed(world.journey))
    flow, until = found.flow, found.until
    assert flow["customers"].sum() == len(
        stage_at(found.old, until).keys() | stage_at(found.new, until).keys()
    )
    is_moved = flow["old"] != flow["new"]
    assert flow["customers"][is_moved].sum() == len(found.elsewhere)
    for side, trace in (("old", found.old), ("new", found.new)):
        standing = list(stage_at(trace, until).values())
        for stage, count in zip(found.stages["stage"], found.stages[f"{side}_customers"], strict=True):
            assert standing.count(stage) == count == flow["customers"][flow[side] == stage].sum()
        assert found.stages[f"{side}_visits"].sum() == len(trace.visits)


@given(strategies.worlds(largest=12))
@settings(max_examples=15)
def test_the_other_way_round_is_the_mirror_image(world: World) -> None:
    one = compared(world, world.journey, changed(world.journey))
    other = compared(world, changed(world.journey), world.journey)
    for column, mirrored in (
        ("old", "new"),
        ("old_since", "new_since"),
        ("new", "old"),
        ("customer", "customer"),
    ):
        np.testing.assert_array_equal(one.elsewhere[column], other.elsewhere[mirrored])
    np.testing.assert_array_equal(one.elsewhere["apart_since"], other.elsewhere["apart_since"])
    flows = [
        {(row[a], row[b]): row["customers"] for row in found.flow.rows()}
        for found, a, b in ((one, "old", "new"), (other, "new", "old"))
    ]
    assert flows[0] == flows[1]


@given(strategies.worlds(largest=12))
@settings(max_examples=15)
def test_the_two_are_apart_from_that_moment_on_and_not_just_before(world: World) -> None:
    found = compared(world, world.journey, changed(world.journey))
    for row in found.elsewhere.rows():
        since = row["apart_since"]
        assert since <= max(time for time in (row["old_since"], row["new_since"]) if not np.isnat(time))
        entered = [trace.visits["entered"] for trace in (found.old, found.new)]
        later = {time for times in entered for time in times if since <= time <= found.until}
        for time in sorted(later):
            stages = [stage_at(trace, time).get(row["customer"]) for trace in (found.old, found.new)]
            assert stages[0] != stages[1]
        before = since - np.timedelta64(1, "us")
        stages = [stage_at(trace, before).get(row["customer"]) for trace in (found.old, found.new)]
        assert stages[0] == stages[1]


def version(number: str, *ways: tuple[str, str, str], **more: object) -> cj.Journey:
    stages = dict.fromkeys(name for way in ways for name in way[:2])
    transitions = [cj.Transition(source, target, when=when) for source, target, when in ways]
    return cj.Journey(
        "demo", version=number, stages=[cj.Stage(name) for name in stages], transitions=transitions, **more
    )


OLD = version("1", ("trial", "active", 'happened("login")'), ("active", "gone", 'happened("bye")'))
NEW = version("2", ("trial", "active", 'count("login") >= 2'), ("active", "care", 'idle("login") >= "5d"'))
LOG = cj.EventLog.from_columns(
    ["a", "a", "b", "c", "c", "c"],
    ["login", "bye", "login", "visit", "login", "login"],
    ["2026-01-01", "2026-01-04", "2026-01-02", "2026-01-01", "2026-01-03", "2026-01-06"],
)


@pytest.fixture(scope="module")
def found() -> Comparison:
    """Under the old version a is active, then gone from the 4th, b and c are active.

    Under the new one a and b stay in the trial, c is active from the 6th and in care from the 11th.
    """
    return compare(OLD, NEW, LOG, until="2026-01-20")


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("customer", ["a", "b", "c"]),
        ("old", ["gone", "active", "active"]),
        ("new", ["trial", "trial", "care"]),
        ("old_since", ["2026-01-04", "2026-01-02", "2026-01-03"]),
        ("new_since", ["2026-01-01", "2026-01-02", "2026-01-11"]),
        ("apart_since", ["2026-01-01", "2026-01-02", "2026-01-11"]),
    ],
)
def test_who_stands_elsewhere_as_counted_by_hand(found: Comparison, column: str, expected: list[str]) -> None:
    values = found.elsewhere[column]
    assert (
        values.tolist() == np.array(expected, values.dtype if values.dtype.kind == "M" else object).tolist()
    )


def test_stages_of_either_version_are_told(found: Comparison) -> None:
    """Median of active: under the old version a left after 3 days, b and c never did."""
    stages = {row["stage"]: row for row in found.stages.rows()}
    assert list(stages) == ["trial", "active", "care", "gone"]
    assert (stages["care"]["old_visits"], stages["care"]["new_visits"]) == (0, 1)
    assert np.isnan(stages["care"]["old_median_days"])
    assert stages["active"]["new_median_days"] == 5.0
    assert (stages["gone"]["old_customers"], stages["gone"]["new_customers"]) == (1, 0)


def test_it_tells_what_changed_in_words(found: Comparison) -> None:
    text = str(found)
    assert text.startswith("demo 1 -> demo 2 until 2026-01-20: 3 of 3 customers stand elsewhere\n")
    assert "  active -> care: 1 customer\n" in text
    assert "transitions[0] 'trial -> active'.when" in text
    assert repr(found) == "<Comparison of demo 1 and demo 2: 3 of 3 elsewhere>"
    assert "nothing changed that a replay reads" in str(compare(OLD, OLD, LOG, until="2026-01-20"))


def test_it_carries_what_made_it(found: Comparison) -> None:
    assert found.diff == cj.diff(OLD, NEW)
    assert found.fingerprints == (found.old.fingerprint, found.new.fingerprint)
    assert found.fingerprint == compare(OLD, NEW, LOG, until="2026-01-20").fingerprint
    assert found.fingerprint != compare(OLD, NEW, LOG, until="2026-01-21").fingerprint
    for again in (copy.deepcopy(found), pickle.loads(pickle.dumps(found))):
        assert str(again) == str(found)


def test_who_has_begun_under_one_version_only_stands_nowhere_under_the_other() -> None:
    """b begins on its own date, after the end; without the date its event of the 2nd counts."""
    facts = cj.Customers.from_frame(
        {
            "customer": ["a", "b", "c"],
            "signed": np.array(["2026-01-01", "2026-03-01", "2026-01-01"], "M8[us]"),
        }
    )
    dated = attrs.evolve(OLD, start="signed")
    found = compare(dated, OLD, LOG, facts, until="2026-01-20")
    (row,) = found.elsewhere.rows()
    assert (row["customer"], row["old"], row["new"]) == ("b", None, "active")
    assert np.isnat(row["old_since"])
    assert "(not begun) -> active: 1 customer" in str(found)


def test_nobody_at_all_is_a_comparison_of_zeros() -> None:
    found = compare(OLD, NEW, cj.EventLog.from_columns([], [], []), until="2026-01-20")
    assert (len(found.elsewhere), len(found.flow), found.stages["new_visits"].sum()) == (0, 0, 0)
    assert "0 of 0 customers" in str(found)


def with_item(*items: str) -> cj.Journey:
    checklist = [cj.ChecklistItem(item, when='happened("never")') for item in items]
    way = cj.Transition(
        "trial",
        "active",
        when='happened("login")',
        handoff=cj.Handoff(source="s", target="t", checklist=checklist),
    )
    return cj.Journey("demo", stages=[cj.Stage("trial"), cj.Stage("active")], transitions=[way])


@pytest.mark.parametrize("transition", [0, ("trial", "active")])
def test_a_waiver_is_used_by_every_version_that_has_its_item(transition: object) -> None:
    waiver = cj.Waiver(
        customer="a", transition=transition, item="sponsor", author="x", reason="y", start="2026-01-01"
    )
    found = compare(with_item("sponsor"), with_item(), LOG, until="2026-01-20", waivers=[waiver])
    assert found.elsewhere["customer"].tolist() == ["b", "c"]
    again = compare(with_item(), with_item("sponsor"), LOG, until="2026-01-20", waivers=(w for w in [waiver]))
    assert again.elsewhere["customer"].tolist() == ["b", "c"]


def test_a_waiver_that_neither_version_knows_is_refused() -> None:
    waiver = cj.Waiver(customer="a", transition=0, item="sponsr", author="x", reason="y", start="2026-01-01")
    with pytest.raises(UnknownNameError, match=r"'sponsr'.*did you mean 'sponsor'"):
        compare(with_item("sponsor"), with_item(), LOG, until="2026-01-20", waivers=[waiver])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((OLD, "2", LOG), "two journeys are compared, not '2'"),
        ((OLD, LOG, NEW), "two journeys are compared"),
        ((OLD, NEW, "log"), "log must be a cjlib.EventLog"),
        ((OLD, NEW, LOG, "plan"), "customers must be cjlib.Customers"),
    ],
)
def test_wrong_calls_are_told_plainly(arguments: tuple[object, ...], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        compare(*arguments, until="2026-01-20")  # type: ignore[arg-type]


@pytest.mark.parametrize("waivers", [3, "x", [3], [None]])
def test_waivers_of_another_kind_are_refused(waivers: object) -> None:
    with pytest.raises(UsageError, match=r"list of cjlib\.Waiver"):
        compare(OLD, NEW, LOG, until="2026-01-20", waivers=waivers)  # type: ignore[arg-type]


def test_the_findings_of_both_versions_are_held_against_each_other() -> None:
    """Under the old version trials wait for a login that comes late; the new one lets them go on at once."""
    stages = [cj.Stage("trial", target="7d"), cj.Stage("active")]

    def version(number: str, activity: str) -> cj.Journey:
        way = cj.Transition("trial", "active", when=parse(f'happened("{activity}")'))
        return cj.Journey("demo", version=number, stages=stages, transitions=[way])

    who = [f"c{number}" for number in range(30)]
    log = cj.EventLog.from_columns(
        who * 2, ["signup"] * 30 + ["login"] * 30, ["2026-01-01"] * 30 + ["2026-01-21"] * 30
    )
    found = compare(version("1", "login"), version("2", "signup"), log, until="2026-02-01")
    table = found.findings(detectors=["bottlenecks"])
    (row,) = table.rows()
    assert (row["kind"], row["place"], row["status"]) == ("bottleneck", "stage trial", "gone")
    assert (row["old_customers"], row["new_customers"], row["old_days"]) == (30, 0, 30 * 13)
    same = compare(version("1", "login"), version("1", "login"), log, until="2026-02-01")
    assert set(same.findings()["status"]) == {"stays"}
