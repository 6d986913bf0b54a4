"""What a journey looks like: the map, its renderers, and the report."""

from ._dot import dot
from ._draw import draw
from ._journey_map import JourneyMap
from ._mermaid import mermaid, mermaid_state
from ._plain_text import text
from ._render import Renderer, render
from ._report import Report, report
from ._svg import svg
from ._web import html

__all__ = [
    "JourneyMap",
    "Renderer",
    "Report",
    "dot",
    "draw",
    "html",
    "mermaid",
    "mermaid_state",
    "render",
    "report",
    "svg",
    "text",
]
