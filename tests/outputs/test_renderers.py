"""Renderers see the map only, and whatever its labels hold, they stay labels."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from tests.outputs import maps

import cjlib as cj
from cjlib import plugins
from cjlib.errors import UnknownNameError, UsageError
from cjlib.journey import Journey, Stage, Touchpoint, Transition
from cjlib.outputs import JourneyMap, draw, render

NAMES = ("dot", "html", "mermaid", "mermaid-state", "svg", "text")
OURS = {name: plugins.load("renderers", name) for name in NAMES}  # looked up once: that takes a while
HOSTILE = '"><script>alert(1)</script> --> ; : # % \\" \u202e 😀 [*] ' + "x" * 10_000
SVG = "{http://www.w3.org/2000/svg}"
HTML_VOID = re.compile(r"<(meta|br|col|hr)\b[^>]*>")


def hostile() -> JourneyMap:
    return draw(
        Journey(
            HOSTILE[:200],
            description=HOSTILE,
            stages=[
                Stage("end", label=HOSTILE, phase=HOSTILE[:80]),
                Stage("state", label=HOSTILE, kind="lost"),
            ],
            transitions=[Transition("end", "state", when='happened("<b>")', label=HOSTILE)],
            touchpoints=[Touchpoint("t", stages="end", label=HOSTILE, channel="<i>")],
        )
    )


def test_ours_are_found_by_their_names_as_those_of_others_are() -> None:
    assert set(NAMES) <= set(plugins.names("renderers"))


@given(maps.maps(stages=4))
def test_any_map_is_rendered_the_same_each_time_and_holds_nothing_that_runs(journey_map: JourneyMap) -> None:
    made = {name: render(journey_map, ours) for name, ours in OURS.items()}
    assert made == {name: render(journey_map, ours) for name, ours in OURS.items()}
    root = ET.fromstring(made["svg"])
    shapes = {"svg", "style", "g", "a", "rect", "circle", "text", "title", "path", "polygon", "polyline"}
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= shapes
    for element in root.iter():
        assert not [name for name in element.attrib if name.startswith("on")]
        assert element.get("href", "#").startswith("#")


def test_hostile_labels_stay_text_in_svg_and_html() -> None:
    for name in ("svg", "html"):
        made = render(hostile(), name)
        assert "<script" not in made
        assert "&lt;script&gt;" in made
    ET.fromstring(HTML_VOID.sub("", render(hostile(), "html")).removeprefix("<!doctype html>"))


def test_mermaid_keeps_to_its_grammar_whatever_a_label_holds() -> None:
    """A task is a name, a score and actors, parted by colons; a state is quoted and known by a plain id."""
    for line in render(hostile(), "mermaid").splitlines()[1:]:
        assert re.fullmatch(
            r"  title [^:;#<%]*|  section [^:;#<%]*|    [^:;#<%]+: [1-5]: [^:;#<%,]+", line
        ), line
    states = render(hostile(), "mermaid-state").splitlines()
    shape = (
        r'stateDiagram-v2|  direction LR|  state "[^"<>]*" as s\d|  (\[\*\]|s\d) --> (\[\*\]|s\d)( : \d+)?'
    )
    assert all(re.fullmatch(shape, line) for line in states)
    assert "  [*] --> s0" in states


def test_a_label_that_begins_like_a_keyword_of_mermaid_is_kept_apart() -> None:
    journey = Journey(
        "x", stages=[Stage("a", label="a")], touchpoints=[Touchpoint("t", stages="a", label="Title page")]
    )
    assert "    · Title page: 3: -" in render(draw(journey), "mermaid")


def test_dot_quotes_whatever_a_label_holds() -> None:
    """Outside of quoted strings there are only the words of the language."""
    bare = re.sub(r'"(?:[^"\\]|\\.)*"', '""', render(hostile(), "dot"))
    assert not set(re.findall(r"[A-Za-z_0-9]+", bare)) - {
        "digraph", "rankdir", "LR", "node", "shape", "box", "style", "fontname", "edge", "fontsize", "10",
        "label", "fillcolor", "tooltip", "color", "subgraph", "cluster_0",
    }  # fmt: skip


def test_text_has_one_line_for_one_thing() -> None:
    journey = Journey("x", stages=[Stage("a", label="two\nlines", objective="see\n\nit")])
    assert render(draw(journey), "text").splitlines()[2:4] == ["two lines", "  see it"]


def test_notebooks_show_the_drawing() -> None:
    shown = draw(cj.template("ocobo"))._repr_html_()
    assert shown.startswith('<div style="overflow-x: auto"><svg')


def test_a_renderer_of_ones_own_needs_no_name() -> None:
    assert render(draw(cj.template("ocobo")), lambda journey_map: journey_map.title) == "ocobo"


def test_an_unknown_renderer_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown renderer 'mermaids' \(did you mean 'mermaid'"):
        render(draw(cj.template("ocobo")), "mermaids")


def test_what_is_no_map_and_what_gives_no_text_are_refused() -> None:
    with pytest.raises(UsageError, match="a JourneyMap was expected, not str"):
        render("saas", "svg")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="gave int, not text"):
        render(draw(cj.template("ocobo")), lambda journey_map: 1)  # type: ignore[arg-type, return-value]
