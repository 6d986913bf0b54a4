"""The journey as an outline in Markdown: a renderer."""

from __future__ import annotations

import re

from cjlib import JourneyMap

__all__ = ["outline"]

_SIGNS = re.compile(r"([\\`*_{}\[\]()<>#+!|~&-])")


def outline(journey_map: JourneyMap, /) -> str:
    """A heading per stage, a line per touchpoint."""
    lines = [f"# {_plain(journey_map.title)}"]
    for stage in journey_map.stages:
        now = f" ({stage.numbers.customers:,} now)" if stage.numbers is not None else ""
        lines += ["", f"## {_plain(stage.label)}{now}", ""]
        lines += [f"- {_plain(touchpoint.label)}" for touchpoint in stage.touchpoints]
    return "\n".join([*lines, ""])


def _plain(text: str) -> str:
    """The text in one line, without what Markdown would read as its own."""
    return _SIGNS.sub(r"\\\1", " ".join(text.split())) or "–"
