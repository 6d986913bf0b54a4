"""What every renderer must hold."""

from __future__ import annotations

import pytest
from hypothesis import given

from ..journey import Journey, Stage, Touchpoint, Transition
from ..outputs import JourneyMap, Renderer, draw, render
from ._maps import maps
from ._strategies import SHARED

__all__ = ["RendererContract"]

SCRIPT = "<script>alert(1)</script>"
HOSTILE = f"\"'>{SCRIPT} --> ]]> ; : # % \\ \u202e\n😀 [*] {{{{}}}} ${{x}}" + "x" * 10_000


class RendererContract:
    """What holds of every renderer. A subclass has a fixture ``renderer``.

    If what it makes is markup that a browser or another program reads, it says so with ``is_markup = True``.

    ::

        class TestMine(RendererContract):
            @pytest.fixture
            def renderer(self):
                return mine
    """

    is_markup = False

    @pytest.fixture
    def renderer(self) -> Renderer:
        """The renderer."""
        pytest.fail(f"{type(self).__name__} needs a fixture named 'renderer' that returns the renderer")

    def rendered(self, renderer: Renderer, journey_map: JourneyMap) -> str:
        """What it makes, once it has been seen to make the same twice and to change nothing."""
        before = repr(journey_map)
        made = render(journey_map, renderer)
        assert made.strip(), "there is nothing in it"
        assert render(journey_map, renderer) == made, "the same map was rendered in two ways"
        assert repr(journey_map) == before, "the renderer changed the map that it was given"
        return made

    @SHARED
    @given(journey_map=maps(stages=4))
    def test_any_map_is_rendered(self, renderer: Renderer, journey_map: JourneyMap) -> None:
        """There is text for every map, and it can be written to a file."""
        self.rendered(renderer, journey_map).encode("utf-8")

    def test_every_stage_is_on_it(self, renderer: Renderer) -> None:
        """The labels of stages, or at least their ids, can be read somewhere."""
        stages = [Stage("trial", label="Probation"), Stage("active", label="Partnership")]
        ways = [Transition("trial", "active", when='happened("login")')]
        made = self.rendered(renderer, draw(Journey("demo", stages=stages, transitions=ways)))
        for stage in stages:
            assert stage.label in made or stage.id in made, f"stage {stage.id!r} is missing"

    def test_nothing_happened_is_no_accident(self, renderer: Renderer) -> None:
        """A map of one stage, without customers, touchpoints and ways."""
        self.rendered(renderer, draw(Journey("empty", stages=[Stage("only")])))

    def test_labels_stay_labels(self, renderer: Renderer) -> None:
        """Text of the map cannot become a command to whoever reads what was made."""
        made = self.rendered(renderer, hostile_map())
        if self.is_markup:
            assert SCRIPT not in made, "a label with a script in it is a script now: escape it"


def hostile_map() -> JourneyMap:
    """A map whose labels try to be something else."""
    stages = [
        Stage("end", label=HOSTILE, phase=SCRIPT),
        Stage("state", label=HOSTILE, kind="lost", owner=SCRIPT, objective=HOSTILE),
    ]
    return draw(
        Journey(
            SCRIPT,
            description=HOSTILE,
            stages=stages,
            transitions=[Transition("end", "state", when='happened("<b>")', label=HOSTILE)],
            touchpoints=[Touchpoint("t", stages="end", label=HOSTILE, channel=SCRIPT)],
        )
    )
