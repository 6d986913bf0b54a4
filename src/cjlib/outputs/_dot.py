"""The map for Graphviz."""

from __future__ import annotations

from ._journey_map import JourneyMap, MapStage
from ._words import words

__all__ = ["dot"]

FILLS = {"prospect": "#f5f7fa", "active": "#e9f1fd", "won": "#e6f5ec", "lost": "#fdeae8"}
LINES = {"forward": "#5d6f85", "back": "#1b8579", "exit": "#b3261e"}


def dot(journey_map: JourneyMap, /) -> str:
    """The stages and the ways between them as a DOT digraph; phases are clusters.

    >>> import cjlib as cj
    >>> journey = cj.Journey("demo", stages=[cj.Stage("trial"), cj.Stage("active")],
    ...     transitions=[cj.Transition("trial", "active", when='happened("login")')])
    >>> print(dot(cj.draw(journey)))
    digraph "demo" {
      rankdir=LR;
      node [shape=box, style="rounded,filled", fontname="Helvetica"];
      edge [fontname="Helvetica", fontsize=10];
      "trial" [label="trial", fillcolor="#e9f1fd"];
      "active" [label="active", fillcolor="#e9f1fd"];
      "trial" -> "active" [label="", tooltip="happened(\\"login\\")", color="#5d6f85"];
    }
    <BLANKLINE>
    """
    lines = [
        f"digraph {_quoted(journey_map.title)} {{",
        "  rankdir=LR;",
        '  node [shape=box, style="rounded,filled", fontname="Helvetica"];',
        '  edge [fontname="Helvetica", fontsize=10];',
    ]
    phases = dict.fromkeys(stage.phase for stage in journey_map.stages if stage.phase)
    lines += (_node(journey_map, stage, "  ") for stage in journey_map.stages if not stage.phase)
    for number, phase in enumerate(phases):
        inside = [stage for stage in journey_map.stages if stage.phase == phase]
        lines += [f"  subgraph cluster_{number} {{", f"    label={_quoted(phase)};"]
        lines += (_node(journey_map, stage, "    ") for stage in inside)
        lines.append("  }")
    for way in journey_map.ways:
        count = "" if way.count is None else words(journey_map.language).number(way.count)
        pair = f"{_quoted(way.source)} -> {_quoted(way.target)}"
        tip = _quoted("\n".join(way.criteria))
        lines.append(f'  {pair} [label={_quoted(count)}, tooltip={tip}, color="{LINES[way.kind]}"];')
    return "\n".join([*lines, "}", ""])


def _node(journey_map: JourneyMap, stage: MapStage, indent: str) -> str:
    label = stage.label
    if stage.numbers is not None:
        say = words(journey_map.language)
        label += "\n" + say("{count} now", count=say.number(stage.numbers.customers))
    fill = FILLS[stage.kind]
    return f'{indent}{_quoted(stage.id)} [label={_quoted(label)}, fillcolor="{fill}"];'


def _quoted(text: str) -> str:
    """A DOT string: what DOT would read as its own is escaped."""
    said = (
        text.replace("\\", "\\\\")
        .replace('"', '\\"')
        .replace("\r", "")
        .replace("\n", "\\n")
        .replace("\0", "")
    )
    return f'"{said}"'
