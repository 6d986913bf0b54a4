"""The map for Mermaid: what customers go through, and the stages as states."""

from __future__ import annotations

import re

from ._journey_map import JourneyMap, MapStage
from ._words import words

__all__ = ["mermaid", "mermaid_state"]

# What ends a name in Mermaid's grammar of journeys, and what stands in its place.
_SIGNS = str.maketrans({":": "：", ";": "；", "#": "＃", ",": "，", "<": "‹", ">": "›", "%": "％"})
_KEYWORDS = re.compile(r"(title|section|journey|acctitle|accdescr)\b", re.IGNORECASE)
_ENTITIES = str.maketrans({"#": "#35;", ";": "#59;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "%": "#37;"})


def mermaid(journey_map: JourneyMap, /) -> str:
    """A Mermaid ``journey``: a section per stage, a task per touchpoint, scored from 1 to 5 by its emotion.

    A touchpoint of which nobody says how it feels counts as neutral, 3. Mermaid has no transitions here;
    :func:`mermaid_state` has.

    >>> import cjlib as cj
    >>> call = cj.Touchpoint("call", label="Kick-off", stages="trial", owner="CSM")
    >>> journey = cj.Journey("demo", stages=[cj.Stage("trial", label="Trial")], touchpoints=[call])
    >>> print(mermaid(cj.draw(journey)))
    journey
      title demo
      section Trial
        Kick-off: 3: CSM
    <BLANKLINE>
    """
    lines = ["journey", f"  title {_name(journey_map.title)}"]
    for stage in journey_map.stages:
        lines.append(f"  section {_name(stage.label)}")
        for one in stage.touchpoints:
            score = 3 if one.emotion != one.emotion else round(3 + one.emotion)
            lines.append(f"    {_name(one.label)}: {score}: {_name(one.owner or stage.owner or '-')}")
    return "\n".join([*lines, ""])


def mermaid_state(journey_map: JourneyMap, /) -> str:
    """A Mermaid ``stateDiagram-v2``: stages as states, the ways between them with their counts.

    >>> import cjlib as cj
    >>> journey = cj.Journey("demo", stages=[cj.Stage("trial"), cj.Stage("gone", kind="lost")],
    ...     transitions=[cj.Transition("trial", "gone", when='happened("cancel")')])
    >>> print(mermaid_state(cj.draw(journey)))
    stateDiagram-v2
      direction LR
      state "trial" as s0
      state "gone" as s1
      [*] --> s0
      s0 --> s1
      s1 --> [*]
    <BLANKLINE>
    """
    names = {stage.id: f"s{i}" for i, stage in enumerate(journey_map.stages)}
    lines = ["stateDiagram-v2", "  direction LR"]
    lines += (f'  state "{_state(journey_map, stage)}" as {names[stage.id]}' for stage in journey_map.stages)
    if journey_map.initial in names:
        lines.append(f"  [*] --> {names[journey_map.initial]}")
    for way in journey_map.ways:
        count = "" if way.count is None else f" : {way.count}"
        lines.append(f"  {names[way.source]} --> {names[way.target]}{count}")
    lines += (f"  {names[stage.id]} --> [*]" for stage in journey_map.stages if stage.kind == "lost")
    return "\n".join([*lines, ""])


def _state(journey_map: JourneyMap, stage: MapStage) -> str:
    label = " ".join(stage.label.split()).translate(_ENTITIES)
    if stage.numbers is None:
        return label
    say = words(journey_map.language)
    return f"{label} ({say('{count} now', count=stage.numbers.customers)})"


def _name(text: str) -> str:
    """The text in one line, without what Mermaid would read as its own."""
    said = " ".join(text.split()).translate(_SIGNS) or "-"
    return f"· {said}" if _KEYWORDS.match(said) else said
