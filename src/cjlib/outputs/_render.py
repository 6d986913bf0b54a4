"""Makes pictures and text of a journey map, by the name of a renderer."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from .. import plugins
from ..errors import UsageError
from ._journey_map import JourneyMap

__all__ = ["Renderer", "render"]


@runtime_checkable
class Renderer(Protocol):
    """What makes text of a journey map; plugins implement it.

    It is called once per drawing with the map as its only argument, sees nothing else, changes nothing of it,
    and gives the same text for the same map. Text of the map is not trusted: labels may hold anything.
    """

    def __call__(self, journey_map: JourneyMap, /) -> str:
        """The drawing, as text."""
        ...


def render(journey_map: JourneyMap, renderer: str | Renderer = "svg", /) -> str:
    """The map as a picture or as text.

    Args:
        journey_map: what :func:`cjlib.draw` gave.
        renderer: ``html`` (a page), ``svg``, ``text``, ``mermaid`` (what customers go through),
            ``mermaid-state`` (the stages as states), ``dot`` (Graphviz); what a plugin adds; or a renderer of
            your own.

    Raises:
        UnknownNameError: if there is no renderer of that name.
        PluginError: if it cannot be loaded, or fails.

    >>> import cjlib as cj
    >>> print(render(cj.draw(cj.Journey("demo", stages=[cj.Stage("trial")])), "text"))
    demo · Version 1
    <BLANKLINE>
    trial
    <BLANKLINE>
    """
    if not isinstance(journey_map, JourneyMap):
        raise UsageError(f"render: a JourneyMap was expected, not {type(journey_map).__name__}: see cj.draw")
    make = plugins.load("renderers", renderer) if isinstance(renderer, str) else renderer
    with plugins.naming(f"renderer {renderer!r:.80}"):
        made = make(journey_map)
    if not isinstance(made, str):
        raise UsageError(f"renderer {renderer!r:.80} gave {type(made).__name__}, not text")
    return made
