"""How a laid-out map is judged: no box over another, all on the page, every text within its box."""

from __future__ import annotations

import numpy as np

from cjlib.outputs._pieces import Piece
from cjlib.outputs._sheet import Sheet
from cjlib.outputs._widths import width_of

ROUNDING = 0.11  # places are rounded to a tenth of a pixel


def overlaps(pieces: tuple[Piece, ...]) -> list[tuple[str, str]]:
    """Pairs of boxes that share more than a line."""
    x, y, w, h = (np.array([getattr(one, name) for one in pieces]) for name in ("x", "y", "width", "height"))
    is_over = (x[:, None] + w[:, None] > x + ROUNDING) & (x[:, None] < x + w - ROUNDING)
    is_over &= (y[:, None] + h[:, None] > y + ROUNDING) & (y[:, None] < y + h - ROUNDING)
    return [(str(pieces[i]), str(pieces[j])) for i, j in np.argwhere(np.triu(is_over, 1))]


def outside(sheet: Sheet) -> list[str]:
    """Boxes and names that leave the page."""
    found = [
        str(one)
        for one in (*sheet.pieces, *sheet.grounds)
        if one.x < 0 or one.y < 0 or one.x + one.width > sheet.width or one.y + one.height > sheet.height
    ]
    return found + [str(t) for t in sheet.texts if t.span[0] < 0 or t.span[1] > sheet.width]


def spilt(sheet: Sheet) -> list[str]:
    """Texts that leave their box, above, below or aside, and bars that do."""
    found = []
    for piece in (*sheet.pieces, *sheet.grounds):
        for text in piece.texts:
            left, right = text.span
            wide = left < piece.x - ROUNDING or right > piece.x + piece.width + ROUNDING
            tall = text.y - text.size < piece.y - 1 or text.y + 0.2 * text.size > piece.y + piece.height + 1
            measured = abs(width_of(text.text, text.size, bold="strong" in text.style) - text.width) < 0.01
            if wide or tall or not measured:
                found.append(f"{text} in {piece}")
        for bar in piece.bars:
            if bar.x < piece.x - 0.6 or bar.x + bar.width > piece.x + piece.width + 0.6:
                found.append(f"{bar} in {piece}")
    return found


def covered_names(sheet: Sheet) -> list[str]:
    """Names of lanes that a box covers."""
    found = []
    for text in sheet.texts:
        left, right = text.span
        for one in sheet.pieces:
            is_beside = right <= one.x or left >= one.x + one.width
            if not is_beside and one.y < text.y - 2 and text.y - text.size + 2 < one.y + one.height:
                found.append(f"{text} under {one}")
    return found
