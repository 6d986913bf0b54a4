"""What a drawing consists of: boxes with texts and bars in them, and lines; all places in pixels."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ._widths import fitted, width_of, wrapped

__all__ = ["Bar", "Curve", "Piece", "Point", "Text", "line_of", "lines_of", "moved", "stacked"]

Point = tuple[float, float]
SMALL, NORMAL, LEADING = 10.5, 11.5, 1.3
PADDING = 5.0


@attrs.frozen(kw_only=True)
class Text:
    """One line of text: where its baseline begins (or ends, or is centred), and how wide it was measured."""

    x: float
    y: float
    text: str
    size: float
    width: float
    style: str = ""  # classes of the style sheet, "strong" among them
    anchor: str = "start"

    @property
    def span(self) -> tuple[float, float]:
        """From where to where it reaches."""
        left = self.x - {"start": 0.0, "middle": 0.5, "end": 1.0}[self.anchor] * self.width
        return left, left + self.width


@attrs.frozen(kw_only=True)
class Bar:
    """A filled rectangle, or a disc where it is round."""

    x: float
    y: float
    width: float
    height: float
    tone: str
    round: bool = False


@attrs.frozen(kw_only=True)
class Piece:
    """A box that no other box may cover, with what stands in it.

    Attributes:
        kind: the classes by which the style sheet knows it.
        title: what a pointer that rests on it is told.
        href: where it leads; empty, nowhere.
    """

    kind: str
    x: float
    y: float
    width: float
    height: float
    texts: tuple[Text, ...] = ()
    bars: tuple[Bar, ...] = ()
    title: str = ""
    href: str = ""


@attrs.frozen(kw_only=True)
class Curve:
    """A line: an arrow between stages, a separator, the curve of emotions.

    Attributes:
        kind: the classes by which the style sheet knows it.
        points: its corners.
        width: of the stroke; 0: as the style sheet says.
        arrow: whether it ends in an arrow.
        title: what a pointer that rests on it is told.
    """

    kind: str
    points: tuple[Point, ...]
    width: float = 0.0
    arrow: bool = False
    title: str = ""


def line_of(
    text: str,
    x: float,
    y: float,
    *,
    size: float = SMALL,
    style: str = "",
    anchor: str = "start",
    room: float | None = None,
) -> Text:
    """A line of text, cut with an ellipsis where there is less room for it."""
    bold = "strong" in style
    said = text if room is None else fitted(text, max(room, 0.0), size, bold=bold)
    width = width_of(said, size, bold=bold)
    return Text(x=x, y=y, text=said, size=size, width=width, style=style, anchor=anchor)


def lines_of(
    text: str, x: float, y: float, room: float, *, lines: int, size: float = SMALL, style: str = ""
) -> tuple[Text, ...]:
    """A paragraph that begins below y and keeps within the room."""
    found = wrapped(text, room, size, lines=lines, bold="strong" in style)
    return tuple(
        line_of(line, x, round(y + size * (1 + i * LEADING), 2), size=size, style=style)
        for i, line in enumerate(found)
    )


def moved(piece: Piece, dx: float, dy: float) -> Piece:
    """The piece somewhere else."""
    return attrs.evolve(
        piece,
        x=piece.x + dx,
        y=piece.y + dy,
        texts=tuple(attrs.evolve(text, x=text.x + dx, y=text.y + dy) for text in piece.texts),
        bars=tuple(attrs.evolve(bar, x=bar.x + dx, y=bar.y + dy) for bar in piece.bars),
    )


def stacked(pieces: Iterable[Piece], gap: float = PADDING) -> tuple[Piece, ...]:
    """Pieces one below the other, the first at the top."""
    found: list[Piece] = []
    y = 0.0
    for piece in pieces:
        found.append(moved(piece, 0.0, y - piece.y))
        y += piece.height + gap
    return tuple(found)
