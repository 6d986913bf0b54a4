"""Our own renderers keep the contract of renderers, and those who break it are told."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from cjlib import plugins
from cjlib.outputs import JourneyMap, Renderer
from cjlib.testing import RendererContract

MARKUP = ("html", "svg")


class Ours(RendererContract):
    @pytest.fixture
    def renderer(self, name: str) -> Renderer:
        made: Renderer = plugins.load("renderers", name)
        return made


@pytest.mark.parametrize("name", [name for name in plugins.names("renderers") if name not in MARKUP])
class TestOurs(Ours):
    pass


@pytest.mark.parametrize("name", MARKUP)
class TestOurMarkup(Ours):
    is_markup = True


# --- renderers that break their word


def sound(journey_map: JourneyMap) -> str:
    return f"{journey_map.title!r}: {', '.join(stage.id for stage in journey_map.stages)}"


def empty(journey_map: JourneyMap) -> str:
    return ""


def in_bytes(journey_map: JourneyMap) -> Any:
    return sound(journey_map).encode()


def forgetful(journey_map: JourneyMap, calls: Any = itertools.count()) -> str:  # noqa: B008
    return f"{next(calls)}: {sound(journey_map)}"


def titled(journey_map: JourneyMap) -> str:
    return f"The map of {journey_map.title!r}"


def raw(journey_map: JourneyMap) -> str:
    return f"<p>{sound(journey_map)}, {[stage.label for stage in journey_map.stages]}"


def raising(journey_map: JourneyMap) -> str:
    return sound(journey_map) + str(1 / len(journey_map.ways))


def meddling(journey_map: JourneyMap) -> str:
    object.__setattr__(journey_map, "title", journey_map.title + "!")
    return sound(journey_map)


def tidying(journey_map: JourneyMap) -> str:
    object.__setattr__(journey_map, "title", "Tidy")
    return sound(journey_map)


BROKEN = [
    (empty, "nothing_happened", "there is nothing in it"),
    (in_bytes, "nothing_happened", "gave bytes, not text"),
    (forgetful, "nothing_happened", "rendered in two ways"),
    (titled, "every_stage", "stage 'trial' is missing"),
    (raw, "labels", "is a script now: escape it"),
    (raising, "nothing_happened", "failed: ZeroDivisionError"),
    (raising, "any_map", "failed: ZeroDivisionError"),
    (meddling, "nothing_happened", "rendered in two ways"),
    (tidying, "nothing_happened", "changed the map that it was given"),
]


@pytest.mark.parametrize(("renderer", "test", "told"), BROKEN)
def test_a_renderer_that_breaks_its_word_is_told(
    pytester: pytest.Pytester, renderer: Any, test: str, told: str
) -> None:
    pytester.makepyfile(f"""
        import pytest
        from tests.testing import test_renderer_contracts as module
        from cjlib.testing import RendererContract

        class TestBroken(RendererContract):
            is_markup = True

            @pytest.fixture
            def renderer(self):
                return module.{renderer.__name__}
    """)
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-q", "-k", test)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert told in result.stdout.str()


class TestSound(RendererContract):
    @pytest.fixture
    def renderer(self) -> Renderer:
        return sound
