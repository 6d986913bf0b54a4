"""What must not make a difference to a panel."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.oracle import Event, World
from tests.snapshots.made import Case, cases, panel_of, rows_of
from tests.snapshots.plain import is_known
from tests.worlds import moment

import cjlib as cj

FEWER = settings(max_examples=settings.default.max_examples // 8)


def renumbered(world: World, events: Sequence[Event]) -> World:
    return attrs.evolve(world, events=tuple(attrs.evolve(one, row=row) for row, one in enumerate(events)))


def cells(panel: cj.Snapshot) -> dict[str, list[object]]:
    """All that a panel says, with NaN as text so that it equals itself."""
    found: dict[str, list[object]] = {"rows": list(rows_of(panel))}
    for name in panel.names:
        columns = (panel[name], panel.so_far(name), panel.evidence_age(name))
        found[name] = [str(column.tolist()) for column in columns]
    return found


@FEWER
@given(cases(lateness=True))
def test_what_comes_or_is_recorded_later_never_changes_an_answer(case: Case) -> None:
    t = case.moments[-1]
    known = [event for event in case.world.events if is_known(event.time, event, t)]
    later = [event for event in case.world.events if not is_known(event.time, event, t)]
    facts = tuple(fact for fact in case.world.facts if is_known(fact.valid_from, fact, t))
    if {fact.name for fact in facts} != {fact.name for fact in case.world.facts}:
        return  # an attribute of which nothing is known yet is no attribute yet
    all_of_it = attrs.evolve(case, world=renumbered(case.world, [*known, *later]))
    as_it_was = attrs.evolve(case, world=attrs.evolve(renumbered(case.world, known), facts=facts))
    found = cells(panel_of(all_of_it))
    assert found == cells(panel_of(as_it_was))


@FEWER
@given(cases())
def test_a_panel_equals_its_snapshots_to_the_last_bit(case: Case) -> None:
    panel = panel_of(case)
    for t in case.moments:
        alone = panel_of(case, moments=[t])
        here = panel.at(moment(t)) if len(panel) else panel
        assert cells(here) == cells(alone)


@FEWER
@given(cases())
def test_metrics_do_not_depend_on_their_company(case: Case) -> None:
    together = cells(panel_of(case))
    for metric in case.metrics:
        if metric.source != "ratio":
            alone = cells(panel_of(case, metrics=[metric]))
            assert alone == {name: together[name] for name in ("rows", metric.id)}


@FEWER
@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter_without_ties(case: Case, random: object) -> None:
    times: dict[object, set[int]] = {}
    kept = []
    for event in case.world.events:
        if event.time not in times.setdefault(event.customer, set()):
            times[event.customer].add(event.time)
            kept.append(event)
    case = attrs.evolve(case, world=renumbered(case.world, kept))
    random.shuffle(kept)  # type: ignore[attr-defined]
    shuffled = attrs.evolve(case, world=renumbered(case.world, kept))
    assert cells(panel_of(case)) == cells(panel_of(shuffled))


@FEWER
@given(cases())
def test_threads_do_not_matter(case: Case) -> None:
    one, two = panel_of(case, threads=1), panel_of(case, threads=2)
    assert cells(one) == cells(two)
    assert one.fingerprint == two.fingerprint
