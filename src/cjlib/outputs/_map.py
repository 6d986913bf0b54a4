"""A first drawing of the journey: stages as boxes, the ways between them as lines with counts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from textwrap import wrap

import attrs

from ..journey import Journey, Stage
from ._html import Markup, tag
from ._layout import HEIGHT, WIDTH, Layout, Pair, Point, Route, lay_out
from ._words import Words

__all__ = ["Place", "draw_stages"]

RADIUS, ARROW, CHARACTER = 9.0, 8.0, 7.2
LINE, LARGE = 15, 928


@attrs.frozen(kw_only=True)
class Place:
    """What the drawing says about one stage; ``tone`` names the colour of its mean score."""

    stage: Stage
    customers: int
    median_days: float
    score: float = math.nan
    tone: str = "none"


def draw_stages(journey: Journey, places: Sequence[Place], taken: Sequence[int], say: Words) -> Markup:
    """The stages in a row with their ways forward, back (above) and out (below), as SVG.

    Args:
        journey: whose stages and transitions are drawn.
        places: one per stage, in the order of the journey.
        taken: how often each transition was taken, in the order of the journey.
        say: the words of the reader's language.
    """
    lost = [stage.id for stage in journey.stages if stage.kind == "lost"]
    standing = [stage.id for stage in journey.stages if stage.kind != "lost"]
    counts = _counts(journey, taken)
    layout = lay_out(standing, lost, counts)
    ways = sorted(counts, key=counts.__getitem__)
    most = max(1, *counts.values())
    lines = [_line(journey, pair, layout.routes[pair], counts[pair] / most) for pair in ways]
    labels = [_label(layout.routes[pair], say.number(counts[pair])) for pair in ways if counts[pair]]
    boxes = [_box(place, layout, say) for place in places]
    label = say("Journey map: stages and the ways between them")
    size = "map large" if layout.size[0] > LARGE else "map"
    return tag("svg", lines, labels, boxes, class_=size, role="img", aria_label=label, **_frame(layout))


def _frame(layout: Layout) -> dict[str, str | int]:
    width, height = (math.ceil(length) for length in layout.size)
    return {"viewBox": f"0 0 {width} {height}", "width": width, "height": height}


def _counts(journey: Journey, taken: Sequence[int]) -> dict[Pair, int]:
    """How often customers went from one stage to another, by whatever transition."""
    counts: dict[Pair, int] = {}
    for transition, count in zip(journey.transitions, taken, strict=True):
        pair = (transition.source, transition.target)
        counts[pair] = counts.get(pair, 0) + int(count)
    return counts


def _line(journey: Journey, pair: Pair, route: Route, share: float) -> Markup:
    """A line as thick as it is used; its tooltip has the criteria."""
    ways = [way for way in journey.transitions if (way.source, way.target) == pair]
    stroke = 1.3 + 5 * math.sqrt(share)
    tone = "unused" if not share else _tone(journey, pair)
    tip = tag("title", f"{pair[0]} → {pair[1]}\n" + "\n".join(str(way.when) for way in ways))
    path = tag("path", d=_path(_shortened(route.points, ARROW)), stroke_width=round(stroke, 2))
    return tag("g", tip, path, _arrow(route.points, max(4.5, stroke)), class_=f"way {tone}")


def _tone(journey: Journey, pair: Pair) -> str:
    order = {stage.id: i for i, stage in enumerate(journey.stages)}
    kinds = {stage.id: stage.kind for stage in journey.stages}
    if kinds[pair[1]] == "lost":
        return "exit"
    return "back" if kinds[pair[0]] == "lost" or order[pair[1]] <= order[pair[0]] else "forward"


def _shortened(points: Sequence[Point], by: float) -> list[Point]:
    """The same line, ending where its arrow begins."""
    (x0, y0), (x1, y1) = points[-2:]
    length = math.hypot(x1 - x0, y1 - y0) or 1.0
    return [*points[:-1], (x1 - by * (x1 - x0) / length, y1 - by * (y1 - y0) / length)]


def _path(points: Sequence[Point]) -> str:
    """Straight pieces with round corners, as SVG path data."""
    pieces = [f"M{_at(points[0])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        pieces.append(f"L{_at(_towards(corner, before))}Q{_at(corner)} {_at(_towards(corner, after))}")
    return "".join([*pieces, f"L{_at(points[-1])}"])


def _towards(corner: Point, other: Point) -> Point:
    distance = math.dist(corner, other)
    part = min(RADIUS, distance / 2) / distance if distance else 0.0
    return (corner[0] + part * (other[0] - corner[0]), corner[1] + part * (other[1] - corner[1]))


def _at(point: Point) -> str:
    return f"{point[0]:.1f} {point[1]:.1f}"


def _arrow(points: Sequence[Point], half: float) -> Markup:
    (x0, y0), (x1, y1) = points[-2:]
    length = math.hypot(x1 - x0, y1 - y0) or 1.0
    dx, dy = (x1 - x0) / length, (y1 - y0) / length
    base = (x1 - (ARROW + 1) * dx, y1 - (ARROW + 1) * dy)
    wings = [(base[0] - half * dy, base[1] + half * dx), (base[0] + half * dy, base[1] - half * dx)]
    return tag("polygon", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in [(x1, y1), *wings]))


def _label(route: Route, text: str) -> Markup:
    x, y = route.label
    width = CHARACTER * len(text) + 10
    return tag(
        "g",
        tag("rect", x=round(x - width / 2, 1), y=round(y - 9, 1), width=round(width, 1), height=18, rx=5),
        tag("text", text, x=round(x, 1), y=round(y + 4, 1)),
        class_="count",
    )


def _box(place: Place, layout: Layout, say: Words) -> Markup:
    x, y = layout.boxes[place.stage.id]
    label = place.stage.label or place.stage.id
    lines = wrap(label, LINE, max_lines=2, placeholder="…", break_long_words=True) or [""]
    first = 22 if len(lines) == 2 else 29
    texts = [
        *(tag("text", line, x=x + 12, y=y + first + 16 * i, class_="name") for i, line in enumerate(lines)),
        tag("text", say.number(place.customers), x=x + 12, y=y + 60, class_="number"),
        tag("text", f"{say('Median')} {say.days(place.median_days)}", x=x + 12, y=y + 76, class_="small"),
    ]
    outline = tag("rect", x=x, y=y, width=WIDTH, height=HEIGHT, rx=9)
    score = _score(place, x + WIDTH - 23, y + 62, say)
    return tag("g", tag("title", label), outline, texts, score, class_=f"box {place.stage.kind}")


def _score(place: Place, x: float, y: float, say: Words) -> Markup | None:
    if math.isnan(place.score):
        return None
    number = tag("text", say.number(place.score), x=x, y=y + 4)
    return tag("g", tag("circle", cx=x, cy=y, r=14), number, class_=f"score {place.tone}")
