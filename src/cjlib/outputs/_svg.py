"""A laid-out map as SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise

import attrs

from ._html import Markup, tag
from ._journey_map import JourneyMap
from ._pieces import Bar, Curve, Piece, Point, Text
from ._sheet import Sheet, lay_out_map
from ._widths import fits_exactly
from ._words import words

__all__ = ["drawing", "style_of", "svg"]

RADIUS, ARROW = 9.0, 8.0
PAPER = 0.58  # the height of a sheet of paper by its width, with room for a heading


def svg(journey_map: JourneyMap, /) -> str:
    """The map as one SVG document, its style sheet inside, that needs nothing else.

    >>> import cjlib as cj
    >>> svg(cj.draw(cj.Journey("demo", stages=[cj.Stage("trial")])))[:40]
    '<svg xmlns="http://www.w3.org/2000/svg" '
    """
    sheet = lay_out_map(journey_map)
    style = Markup(f"<style>{style_of('map.css')}</style>")
    label = words(journey_map.language)("Journey map: stages and the ways between them")
    return str(_root(sheet, style, _drawn(sheet), xmlns="http://www.w3.org/2000/svg", role="img",
                     aria_label=f"{journey_map.title}: {label}", class_="cj-map")) + "\n"  # fmt: skip


def drawing(journey_map: JourneyMap, *, heading: bool = False) -> Markup:
    """The map for a page that has its style sheet and says all of it in words too: hidden from readers.

    It comes in slices that join without a seam on the screen and fit on sheets of paper.
    """
    sheet = lay_out_map(journey_map, heading=heading)
    return tag(
        "div", (_slice(sheet, top, end) for top, end in _cuts(sheet)), class_="slices", aria_hidden="true"
    )


def _cuts(sheet: Sheet) -> list[tuple[float, float]]:
    """From where to where each slice goes: as many lanes as a sheet of paper takes."""
    cuts, last, end = [0.0], 0.0, float(sheet.height)
    for y in (*sheet.breaks, end):
        if y - cuts[-1] > PAPER * sheet.width and last > cuts[-1]:
            cuts.append(last)
        last = y
    return list(pairwise([*cuts, end]))


def _slice(sheet: Sheet, top: float, end: float) -> Markup:
    """What stands between two cuts."""

    def is_here(y: float) -> bool:
        return top <= y < end

    part = attrs.evolve(
        sheet,
        pieces=tuple(piece for piece in sheet.pieces if is_here(piece.y)),
        grounds=tuple(piece for piece in sheet.grounds if is_here(piece.y)),
        curves=tuple(curve for curve in sheet.curves if curve.points and is_here(curve.points[0][1])),
        texts=tuple(text for text in sheet.texts if is_here(text.y)),
    )
    height = _n(end - top)
    return tag("svg", _drawn(part), viewBox=f"0 {_n(top)} {_n(sheet.width)} {height}", width=_n(sheet.width),
               height=height, class_="cj-map")  # fmt: skip


@lru_cache(maxsize=4)
def style_of(name: str) -> str:
    """One of the style sheets that come with this package."""
    return files(__package__).joinpath(name).read_text("utf-8")


def _root(sheet: Sheet, *children: Markup | list[Markup], **attributes: str) -> Markup:
    width, height = math.ceil(sheet.width), math.ceil(sheet.height)
    return tag("svg", *children, **attributes, viewBox=f"0 0 {width} {height}", width=width, height=height)


def _drawn(sheet: Sheet) -> list[Markup]:
    """What lies lower comes first: grounds, lines, boxes, names."""
    grounds = [piece for piece in sheet.grounds if piece.kind == "ground"]
    marks = [piece for piece in sheet.grounds if piece.kind != "ground"]
    return [
        *map(_piece, grounds),
        *map(_curve, sheet.curves),
        *map(_piece, marks),
        *map(_piece, sheet.pieces),
        *map(_text, sheet.texts),
    ]


def _piece(piece: Piece) -> Markup:
    outline = tag("rect", x=_n(piece.x), y=_n(piece.y), width=_n(piece.width), height=_n(piece.height))
    title = tag("title", piece.title) if piece.title else None
    inside = (title, outline, map(_bar, piece.bars), map(_text, piece.texts))
    group = tag("g", *inside, class_=piece.kind)
    return tag("a", group, href=piece.href, tabindex=-1) if piece.href else group


def _bar(bar: Bar) -> Markup:
    if bar.round:
        half = bar.width / 2
        return tag("circle", cx=_n(bar.x + half), cy=_n(bar.y + half), r=_n(half), class_=bar.tone)
    return tag("rect", x=_n(bar.x), y=_n(bar.y), width=_n(bar.width), height=_n(bar.height), class_=bar.tone)


def _text(text: Text) -> Markup:
    """A measured text keeps its width whatever font the reader has."""
    anchor = {"start": None, "middle": "middle", "end": "end"}[text.anchor]
    length = _n(text.width) if text.text and fits_exactly(text.text) else None
    return tag("text", text.text, x=_n(text.x), y=_n(text.y), font_size=_n(text.size), text_anchor=anchor,
               class_=text.style or None, textLength=length)  # fmt: skip


def _curve(curve: Curve) -> Markup:
    title = tag("title", curve.title) if curve.title else None
    if not curve.arrow:
        path = tag("polyline", points=" ".join(f"{_n(x)},{_n(y)}" for x, y in curve.points))
        return tag("g", title, path, class_=curve.kind)
    points = _shortened(curve.points, ARROW)
    path = tag("path", d=_path(points), stroke_width=_n(curve.width))
    return tag("g", title, path, _arrow(curve.points, max(4.5, curve.width)), class_=curve.kind)


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


def _arrow(points: Sequence[Point], half: float) -> Markup:
    (x0, y0), (x1, y1) = points[-2:]
    length = math.hypot(x1 - x0, y1 - y0) or 1.0
    dx, dy = (x1 - x0) / length, (y1 - y0) / length
    base = (x1 - (ARROW + 1) * dx, y1 - (ARROW + 1) * dy)
    wings = [(base[0] - half * dy, base[1] + half * dx), (base[0] + half * dy, base[1] - half * dx)]
    return tag("polygon", points=" ".join(f"{_n(x)},{_n(y)}" for x, y in [(x1, y1), *wings]))


def _at(point: Point) -> str:
    return f"{_n(point[0])} {_n(point[1])}"


def _n(value: float) -> str:
    """A length as short as it can be written."""
    return f"{value:.1f}".removesuffix(".0")
