"""Tables of the report: a caption, headings, cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import attrs

from ._html import Child, Markup, tag

__all__ = ["Column", "grid", "name"]


@attrs.frozen
class Column:
    """A heading; numbers stand to the right."""

    heading: str
    is_number: bool = False


def grid(caption: str, columns: Sequence[Column], rows: Iterable[Sequence[Child]]) -> Markup:
    """A table that scrolls sideways where it is too wide; the first cell of a row is its heading."""
    styles = ["n" if column.is_number else None for column in columns]
    head = tag("tr", (tag("th", column.heading, scope="col", class_=style)
                      for column, style in zip(columns, styles, strict=True)))  # fmt: skip
    body = (
        tag("tr", tag("th", row[0], scope="row"),
            (tag("td", cell, class_=style) for cell, style in zip(row[1:], styles[1:], strict=True)))
        for row in rows
    )  # fmt: skip
    table = tag("table", tag("caption", caption), tag("thead", head), tag("tbody", body))
    return tag("div", table, class_="wide", role="region", tabindex=0, aria_label=caption)


def name(text: object) -> Markup:
    """Text of the user's, kept apart from the direction in which the text around it is written."""
    return tag("bdi", str(text))
