"""The map as a page of its own: the drawing, and all of it as a list."""

from __future__ import annotations

from .._version import __version__
from ._blocks import Figure, Section
from ._html import tag
from ._journey_map import JourneyMap
from ._page import document
from ._stage_cards import stage_cards, strip
from ._svg import drawing
from ._words import words

__all__ = ["html"]


def html(journey_map: JourneyMap, /) -> str:
    """The map as one self-contained HTML page without script.

    >>> import cjlib as cj
    >>> html(cj.draw(cj.Journey("demo", stages=[cj.Stage("trial")])))[:15]
    '<!doctype html>'
    """
    say = words(journey_map.language)
    facts = [say("Version {version}", version=journey_map.version)]
    if journey_map.customers is not None:
        facts.append(say("As of {moment} UTC", moment=journey_map.until.replace("T", " ")[:16]))
        facts.append(say.counted(journey_map.customers, "{count} customer", "{count} customers"))
    header = (tag("h1", tag("bdi", journey_map.title)), tag("p", " · ".join(facts), class_="facts"))
    label = say("Journey map: stages and the ways between them")
    figure = Figure(drawing=drawing(journey_map), label=label, wide=True, kind="journey")
    sections = (
        Section(anchor="map", title=say("Map"), blocks=(figure, strip(journey_map, say))),
        Section(anchor="stages", title=say("Stage by stage"), blocks=(stage_cards(journey_map, say),)),
    )
    return document(journey_map.title, header, sections, f"cjlib {__version__}", say)
