"""The report's charts as SVG: the funnel, survival curves, the spread of scores."""

from __future__ import annotations

import math
from collections.abc import Sequence

import attrs
import numpy as np
from numpy.typing import NDArray

from ..scoring._survival import Survival
from ._html import Markup, tag
from ._widths import width_of
from ._words import Words

__all__ = ["Step", "curve_chart", "funnel_chart", "histogram"]

Floats = NDArray[np.float64]
MOST_POINTS = 160  # of a curve: more cannot be seen


@attrs.frozen(kw_only=True)
class Step:
    """How many reached a stage or went beyond it; of those who went no further, who waits and who is lost."""

    label: str
    reached: int
    waiting: int
    lost: int


def funnel_chart(steps: Sequence[Step], say: Words, width: float = 880) -> Markup:
    """Bars of those who came so far: who went further, who still stands there, who was lost from there."""
    row, left, right = 34.0, 150.0, 120.0
    most = max([1, *(step.reached for step in steps)])
    room = width - left - right
    pieces = []
    for i, step in enumerate(steps):
        y = i * row + 4
        x = left
        further = step.reached - step.waiting - step.lost
        for count, tone in ((further, "accent"), (step.waiting, "fair"), (step.lost, "bad")):
            size = room * count / most
            if size > 0:
                pieces.append(
                    tag("rect", x=_n(x), y=y, width=_n(size), height=row - 12, class_=f"{tone}-fill")
                )
            x += size
        pieces.append(_label(step.label, 0, y + 15, left - 10))
        shown = f"{say.number(step.reached)} · {say.share(step.reached, steps[0].reached)}"
        pieces.append(tag("text", shown, x=_n(x + 7), y=y + 15, class_="soft"))
    return _chart(width, len(steps) * row, pieces)


def _label(text: str, x: float, y: float, room: float) -> Markup:
    """A text that is squeezed where it is too wide."""
    size = 12.0
    wide = width_of(text, size)
    shown = text if wide <= room * 1.25 else text[: max(1, int(len(text) * room * 1.2 / wide))].rstrip() + "…"
    length = _n(room) if width_of(shown, size) > room else None
    return tag("text", shown, x=_n(x), y=_n(y), textLength=length,
               lengthAdjust="spacingAndGlyphs" if length else None)  # fmt: skip


def curve_chart(curve: Survival, target: float, limit: float, say: Words) -> Markup:
    """The share that is still in a stage, day by day, with its 95 % band, the target and the limit."""
    width, height, left, foot = 300.0, 150.0, 46.0, 22.0
    last = _horizon(curve, target, limit)
    rows = np.flatnonzero(curve.times <= last)
    rows = rows[np.unique(np.linspace(0, len(rows) - 1, MOST_POINTS).astype(int))] if len(rows) else rows
    times = np.append(curve.times[rows], last)

    def x(days: float) -> float:
        return left + (width - left - 8) * min(1.0, days / last)

    def y(share: float) -> float:
        return 6 + (height - foot - 6) * (1 - share)

    def steps(shares: Floats) -> list[tuple[float, float]]:
        points, level = [(x(0), y(1))], 1.0
        for day, share in zip(times, np.append(shares, shares[-1] if len(shares) else 1.0), strict=True):
            points += [(x(day), y(level)), (x(day), y(share))]
            level = float(share)
        return points

    low, high = (
        np.where(np.isnan(one[rows]), curve.curve[rows], one[rows]) for one in (curve.low, curve.high)
    )
    pieces = [
        tag("line", x1=_n(left), x2=_n(width - 8), y1=_n(y(s)), y2=_n(y(s)), class_="rule")
        for s in (0, 0.5, 1)
    ]
    pieces += [
        tag("text", say.share(s, 1), x=_n(left - 5), y=_n(y(s) + 4), class_="soft end") for s in (0, 0.5, 1)
    ]
    if len(rows):
        band = [*steps(high), *reversed(steps(low))]
        pieces.append(tag("polygon", points=_points(band), class_="band"))
    pieces.append(tag("polyline", points=_points(steps(curve.curve[rows])), class_="curve"))
    for days, tone in ((target, "target"), (limit, "limit")):
        if days == days and days <= last:
            pieces.append(tag("line", x1=_n(x(days)), x2=_n(x(days)), y1=_n(y(1)), y2=_n(y(0)), class_=tone))
    pieces.append(tag("text", say.days(0), x=_n(left), y=height - 5, class_="soft"))
    pieces.append(tag("text", say.days(last), x=_n(width - 8), y=height - 5, class_="soft end"))
    return _chart(width, height, pieces)


def _horizon(curve: Survival, target: float, limit: float) -> float:
    """As far as something happens: where nearly all have left, or a little beyond the limit."""
    wanted = [days for days in (1.25 * target, 1.1 * limit) if days == days]
    gone = curve.times[curve.curve <= 0.05]
    ends = float(gone[0]) if len(gone) else float(curve.times[-1]) if len(curve.times) else 0.0
    return max([*wanted, ends]) or 1.0


def histogram(counts: Sequence[int], scale: tuple[float, float], tones: Sequence[str], say: Words) -> Markup:
    """How many customers have which score; each column in the colour of its band."""
    width, height, foot = 640.0, 150.0, 20.0
    low, high = scale
    step, floor, largest = width / max(1, len(counts)), height - foot, max([1, *counts])
    pieces = []
    for i, (count, tone) in enumerate(zip(counts, tones, strict=True)):
        size = (floor - 16) * count / largest
        pieces.append(tag("rect", tag("title", say.number(count)), x=_n(i * step + 1), y=_n(floor - size),
                          width=_n(step - 2), height=_n(size), class_=f"{tone}-fill"))  # fmt: skip
    pieces.append(tag("line", x1=0, x2=width, y1=floor + 0.5, y2=floor + 0.5, class_="rule"))
    digits = 0 if high - low > 10 else 2
    for share in (0, 0.25, 0.5, 0.75, 1):
        anchor = "soft" if share == 0 else "soft end" if share == 1 else "soft middle"
        pieces.append(tag("text", say.number(low + share * (high - low), digits), x=_n(share * width),
                          y=height - 4, class_=anchor))  # fmt: skip
    return _chart(width, height, pieces)


def _chart(width: float, height: float, pieces: Sequence[Markup]) -> Markup:
    """Hidden from readers: what it shows is said in a table or a list beside it."""
    return tag("svg", pieces, class_="chart", aria_hidden="true", viewBox=f"0 0 {_n(width)} {_n(height)}",
               width=_n(width), height=_n(height))  # fmt: skip


def _points(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{_n(x)},{_n(y)}" for x, y in points)


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0") if math.isfinite(value) else "0"
