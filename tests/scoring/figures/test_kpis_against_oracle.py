"""Key figures are those of the slow, obvious version, and add up, and never look into the future."""

from __future__ import annotations

import math

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.oracle import Event, Fact
from tests.strategies import DAY, START
from tests.worlds import moment

import cjlib as cj

from .plain import figures
from .shop import Shop, shops

PERIODS = st.sampled_from(((4, 9), (0, 20), (10, 11), (3, 22)))
SUMS = ("mrr", "arr")


def asked(shop: Shop, days: tuple[int, int], **options: object) -> cj.scoring.KeyFigures:
    start, end = (moment(START + day * DAY) for day in days)
    return shop.kpis(period=(start, end), **options)


def sums(found: cj.scoring.KeyFigures, figure: str) -> dict[object, tuple[float, float]]:
    """Numerator and denominator by label."""
    if figure in found.missing:
        return {}
    table = found[figure]
    names = table.columns[table.columns.index("figure") + 1 : table.columns.index("numerator")]
    labels = [tuple(row[name] for name in names) for row in table.rows()]
    pairs = zip(table["numerator"].tolist(), table["denominator"].tolist(), strict=True)
    return {(label[0] if label else None): pair for label, pair in zip(labels, pairs, strict=True)}


@given(shops(), PERIODS, st.sampled_from((None, "segment", "stage", "csm")))
@settings(max_examples=50)
def test_figures_are_those_of_the_obvious_version(shop: Shop, days: tuple[int, int], by: str | None) -> None:
    start, end = (START + day * DAY - 1 for day in days)
    expected = figures(shop, start, end, by)
    found = asked(shop, days, by=by)
    for figure, groups in expected.items():
        ours = sums(found, figure)
        is_empty = ours == {} or list(ours.values()) == [(0.0, 0.0)] or (figure == "arr" and not groups)
        if not groups and is_empty:
            continue
        assert ours.keys() == groups.keys(), figure
        for label, (top, bottom) in groups.items():
            np.testing.assert_allclose(ours[label], (top, bottom), err_msg=f"{figure} of {label}")


@given(shops(), PERIODS, st.sampled_from(("nps", "csat")))
@settings(max_examples=20)
def test_answers_have_the_channel_over_which_they_came(
    shop: Shop, days: tuple[int, int], figure: str
) -> None:
    start, end = (START + day * DAY - 1 for day in days)
    assert sums(asked(shop, days, by="channel"), figure) == figures(shop, start, end, "channel")[figure]


@given(shops(), PERIODS, st.sampled_from(("segment", "stage", "channel", "persona", 'happened("call")')))
@settings(max_examples=25)
def test_groups_add_up_to_the_whole(shop: Shop, days: tuple[int, int], by: str) -> None:
    whole, parts = asked(shop, days), asked(shop, days, by=by)
    assert whole.missing == parts.missing
    for figure in dict.fromkeys(whole.table["figure"].tolist()):
        table, total = parts[figure], whole[figure]
        for name in ("numerator", "denominator"):
            if figure not in SUMS or name == "numerator":
                assert math.isclose(table[name].sum(), total[name][0], abs_tol=1e-9), figure


@given(shops(), PERIODS, st.sampled_from(("small", "large")))
@settings(max_examples=25)
def test_where_is_as_good_as_a_log_of_those_only(shop: Shop, days: tuple[int, int], segment: str) -> None:
    """Who referred whom is left out: a log of some only does not know the others."""
    world = shop.world
    chosen = {fact.customer for fact in world.facts if fact.name == "segment" and fact.value == segment}
    events, facts = (
        tuple(row for row in rows if row.customer in chosen) for rows in (world.events, world.facts)
    )
    if not chosen or not events:
        return
    kinds = {name: kind for name, kind in world.kinds.items() if any(fact.name == name for fact in facts)}
    some = Shop(attrs.evolve(world, events=events, facts=facts, kinds=kinds), dict.fromkeys(chosen))
    ours, theirs = asked(shop, days, where={"segment": segment}), asked(some, days)
    for figure in dict.fromkeys(theirs.table["figure"].tolist()):
        if not figure.startswith("referral"):
            for name in ("numerator", "denominator", "value", "low", "high"):
                np.testing.assert_allclose(ours[figure][name], theirs[figure][name], err_msg=figure)


@given(shops(), st.data())
@settings(max_examples=25)
def test_what_comes_or_is_known_later_never_changes_an_earlier_period(
    shop: Shop, data: st.DataObject
) -> None:
    days = data.draw(st.sampled_from(((4, 9), (0, 12), (10, 11))))
    end = START + days[1] * DAY
    world = shop.world
    if any(row.recorded is None for row in (*world.events, *world.facts)):
        at = end + data.draw(st.integers(0, 8 * DAY))
        more = Event("c00", at, data.draw(st.sampled_from(("purchase", "left", "nps", "extra"))), 9.0, "fax",
                     row=len(world.events))  # fmt: skip
        fact = Fact("c00", "arr", 999.0, at)
    else:
        at = START + data.draw(st.integers(0, 20)) * DAY
        late = max(at, end) + data.draw(st.integers(0, DAY))
        more = Event("c00", at, data.draw(st.sampled_from(("purchase", "left", "nps", "extra"))), 9.0, "fax",
                     recorded=late, row=len(world.events))  # fmt: skip
        fact = Fact("c00", "arr", 999.0, at, late)
    facts = (*world.facts, fact)
    later = attrs.evolve(shop, world=attrs.evolve(world, events=(*world.events, more), facts=facts))
    by = data.draw(st.sampled_from((None, "stage", "channel", "csm")))
    one, other = (asked(which, days, by=by, margin=0.5) for which in (shop, later))
    assert str(one) == str(other)


@given(shops(), PERIODS, st.sampled_from((None, "segment", "csm")))
@settings(max_examples=25)
def test_gross_retention_is_never_above_net_nor_above_all(
    shop: Shop, days: tuple[int, int], by: str | None
) -> None:
    """And NRR = (start + expansion - contraction - lost) / start, as it is published."""
    found = asked(shop, days, by=by)
    if "nrr" in found.missing:
        return
    values = {
        name: found[name]["value"] for name in ("nrr", "grr", "expansion", "contraction", "lost_revenue")
    }
    is_known = ~np.isnan(values["nrr"])
    assert (values["grr"] <= np.minimum(1.0, values["nrr"]) + 1e-12)[is_known].all()
    parts = 1 + values["expansion"] - values["contraction"] - values["lost_revenue"]
    np.testing.assert_allclose(values["nrr"], parts)


@pytest.mark.parametrize("by", [None, "channel"])
@given(shops(largest=20), PERIODS)
@settings(max_examples=10)
def test_intervals_hold_the_figure(by: str | None, shop: Shop, days: tuple[int, int]) -> None:
    table = asked(shop, days, by=by, margin=0.5).table
    with np.errstate(invalid="ignore"):
        is_told = ~np.isnan(table["low"])
        assert (table["low"] <= table["value"] + 1e-9)[is_told].all()
        assert (table["value"] <= table["high"] + 1e-9)[is_told].all()
