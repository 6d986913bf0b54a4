"""The map is laid out so that everything can be read, whatever stands on it."""

from __future__ import annotations

import pytest
from hypothesis import given
from tests.outputs import boxes, maps

import cjlib as cj
from cjlib.outputs import JourneyMap
from cjlib.outputs._sheet import Sheet, lay_out_map


def check(sheet: Sheet) -> None:
    assert not boxes.overlaps(sheet.pieces)
    assert not boxes.outside(sheet)
    assert not boxes.spilt(sheet)
    assert not boxes.covered_names(sheet)


@given(maps.maps())
def test_no_box_covers_another_and_every_text_keeps_within_its_own(journey_map: JourneyMap) -> None:
    """Nor does a cut for paper go through a box; and the same map is laid out the same."""
    sheet = lay_out_map(journey_map)
    check(sheet)
    assert list(sheet.breaks) == sorted(sheet.breaks)
    for y in sheet.breaks:
        assert not [one for one in (*sheet.pieces, *sheet.grounds) if one.y < y < one.y + one.height]
    assert sheet == lay_out_map(journey_map)


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("name", cj.templates())
def test_every_template_has_a_readable_map(name: str, language: str) -> None:
    check(lay_out_map(cj.draw(cj.template(name, language=language), language=language)))


def test_twenty_stages_of_sixty_touchpoints_have_a_readable_map() -> None:
    check(lay_out_map(maps.largest()))


def test_a_map_without_stages_is_a_page_with_a_title() -> None:
    check(lay_out_map(JourneyMap(title="empty")))
