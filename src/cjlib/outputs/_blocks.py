"""What a report consists of, before it becomes a page, Markdown or a workbook."""

from __future__ import annotations

from typing import TypeAlias

import attrs
import numpy as np

from ._html import Markup

__all__ = [
    "Bars", "Block", "Card", "Cards", "Cell", "Column", "Facts", "Figure", "Grid", "Items", "Part", "Said",
    "Section", "Tile", "Tiles",
]  # fmt: skip


@attrs.frozen(kw_only=True)
class Said:
    """A text; of the user's, it is kept apart from the direction of the text around it.

    Attributes:
        text: what is said.
        href: where it leads; empty, nowhere.
        is_name: whether it is a name of the user's.
        tone: ``bad fair good none soft``; empty for the usual one.
        pill: whether it is shown as a label.
        code: whether it is the text of a program.
    """

    text: str = attrs.field(kw_only=False)
    href: str = ""
    is_name: bool = False
    tone: str = ""
    pill: bool = False
    code: bool = False


@attrs.frozen(kw_only=True)
class Part:
    """One part of a score: its name, and what it adds or takes."""

    name: str
    size: float
    shown: str


@attrs.frozen(kw_only=True)
class Cell:
    """A cell of a table.

    Attributes:
        said: what it shows.
        note: what stands below it in small.
        value: the number or moment that it stands for; None where it is text.
        parts: parts of a score, in place of a text.
        bar: shares of a bar with their colours, below the text.
    """

    said: Said
    note: str = ""
    value: float | np.datetime64 | None = None
    parts: tuple[Part, ...] = ()
    bar: tuple[tuple[float, str], ...] = ()


@attrs.frozen(kw_only=True)
class Column:
    """A heading; numbers stand to the right."""

    heading: str
    is_number: bool = False


@attrs.frozen(kw_only=True)
class Grid:
    """A table; ``name`` is that of its sheet in a workbook."""

    name: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


@attrs.frozen(kw_only=True)
class Items:
    """A list; ``kind`` holds the classes by which the style sheet knows it."""

    entries: tuple[tuple[Said, ...], ...]
    kind: str = "items"


@attrs.frozen(kw_only=True)
class Bars:
    """The parts of a score, each with a bar to the left or to the right."""

    parts: tuple[Part, ...]


@attrs.frozen(kw_only=True)
class Facts:
    """Questions and what answers them."""

    entries: tuple[tuple[str, tuple[tuple[Said, ...], ...]], ...]


@attrs.frozen(kw_only=True)
class Tile:
    """A figure that is to be seen at once."""

    label: str
    shown: str
    href: str = ""
    tone: str = ""
    note: str = ""


@attrs.frozen(kw_only=True)
class Tiles:
    """Figures side by side."""

    entries: tuple[Tile, ...]


@attrs.frozen(kw_only=True)
class Figure:
    """A drawing; what it shows is said elsewhere too.

    Attributes:
        drawing: SVG.
        wide: whether it may be wider than the page.
        kind: the classes by which the style sheet knows it.
    """

    drawing: Markup
    label: str
    wide: bool = False
    kind: str = ""


@attrs.frozen(kw_only=True)
class Card:
    """A part of the page about one thing, with an anchor of its own."""

    anchor: str
    title: str
    blocks: tuple[Block, ...]
    tone: str = ""
    badge: Said | None = None


@attrs.frozen(kw_only=True)
class Cards:
    """Cards side by side."""

    entries: tuple[Card, ...]


Block: TypeAlias = "Said | Grid | Items | Bars | Facts | Tiles | Figure | Cards"


@attrs.frozen(kw_only=True)
class Section:
    """A part of the report."""

    anchor: str
    title: str
    blocks: tuple[Block, ...]
