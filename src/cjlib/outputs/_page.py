"""The report as one HTML page."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence

from ._blocks import (
    Bars,
    Block,
    Card,
    Cell,
    Facts,
    Figure,
    Grid,
    Items,
    Part,
    Said,
    Section,
    Tile,
    Tiles,
)
from ._html import Child, Markup, tag
from ._svg import style_of
from ._words import Words

__all__ = ["document", "drawn"]


def document(
    title: str, header: Iterable[Child], sections: Sequence[Section], footer: str, say: Words
) -> str:
    """The whole page: no network, no script, one style sheet that is known by its hash."""
    style = style_of("report.css") + style_of("map.css")
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_policy(style)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", title),
        Markup(f"<style>{style}</style>"),
    )
    links = (tag("li", tag("a", one.title, href=f"#{one.anchor}")) for one in sections)
    skip = tag("a", say("Skip to the report"), href="#report", class_="skip")
    nav = tag("nav", tag("ul", links), aria_label=say("Sections")) if len(sections) > 1 else None
    main = tag("main", map(_section, sections), id="report", tabindex=-1)
    body = tag("body", skip, tag("header", header, nav), main, tag("footer", footer))
    return f"<!doctype html>\n{tag('html', head, body, lang=say.language)}\n"


def _policy(style: str) -> str:
    """Nothing may load or run."""
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _section(section: Section) -> Markup:
    title = tag("h2", section.title, id=f"{section.anchor}-title")
    return tag("section", title, map(drawn, section.blocks), id=section.anchor,
               aria_labelledby=f"{section.anchor}-title")  # fmt: skip


def drawn(block: Block) -> Markup:
    """One block as HTML."""
    if isinstance(block, Said):
        return tag("p", _said(block))
    if isinstance(block, Grid):
        return _grid(block)
    if isinstance(block, Items):
        entries = (tag("li", map(_said, entry)) for entry in block.entries)
        return tag("ul", entries, class_=block.kind)
    if isinstance(block, Bars):
        return _bars(block)
    if isinstance(block, Facts):
        return tag("dl", map(_answer, block.entries), class_="answers")
    if isinstance(block, Tiles):
        return tag("dl", map(_tile, block.entries), class_="tiles")
    if isinstance(block, Figure):
        return _figure(block)
    return tag("div", map(_card, block.entries), class_="cards")


def _said(said: Said) -> Child:
    text: Child = tag("bdi", said.text) if said.is_name else said.text
    if said.code:
        text = tag("code", text)
    if said.href:
        text = tag("a", text, href=said.href)
    if said.pill:
        return tag("span", text, class_=f"pill {said.tone}")
    return tag("span", text, class_=said.tone) if said.tone else text


def _answer(entry: tuple[str, tuple[tuple[Said, ...], ...]]) -> Markup:
    question, answers = entry
    return tag("div", tag("dt", question), (tag("dd", map(_said, answer)) for answer in answers))


def _tile(tile: Tile) -> Markup:
    shown: Child = tag("a", tile.shown, href=tile.href) if tile.href else tile.shown
    note = tag("small", tile.note) if tile.note else None
    return tag("div", tag("dt", tile.label), tag("dd", shown, note), class_=tile.tone or None)


def _figure(block: Figure) -> Markup:
    if block.wide:
        return tag("div", block.drawing, class_=f"wide {block.kind}".strip(), role="region", tabindex=0,
                   aria_label=block.label)  # fmt: skip
    return tag("div", block.drawing, class_=block.kind or None)


def _card(card: Card) -> Markup:
    badge = _said(card.badge) if card.badge else None
    title = tag("h3", tag("bdi", card.title), " ", badge, id=f"{card.anchor}-title")
    return tag("article", title, map(drawn, card.blocks), id=card.anchor, class_=f"card {card.tone}".strip(),
               aria_labelledby=f"{card.anchor}-title")  # fmt: skip


def _grid(grid: Grid) -> Markup:
    """A table that scrolls sideways where it is too wide; the first cell of a row is its heading."""
    styles = ["n" if column.is_number and i else None for i, column in enumerate(grid.columns)]
    head = tag("tr", (tag("th", column.heading, scope="col", class_=style)
                      for column, style in zip(grid.columns, styles, strict=True)))  # fmt: skip
    body = (
        tag("tr", tag("th", _cell(row[0]), scope="row"),
            (tag("td", _cell(cell), class_=style) for cell, style in zip(row[1:], styles[1:], strict=True)))
        for row in grid.rows
    )  # fmt: skip
    table = tag("table", tag("thead", head), tag("tbody", body), aria_label=grid.caption)
    wide = tag("div", table, class_="wide", role="region", tabindex=0, aria_label=grid.caption)
    return tag("figure", tag("figcaption", grid.caption), wide)


def _cell(cell: Cell) -> Child:
    if cell.parts:
        return tag("ul", map(_part, cell.parts), class_="parts")
    note = tag("small", tag("bdi", cell.note)) if cell.note else None
    return [_said(cell.said), note, _bar(cell.bar) if cell.bar else None]


def _part(part: Part) -> Markup:
    return tag(
        "li", tag("b", part.shown, class_="bad" if part.size < 0 else "good"), " ", tag("bdi", part.name)
    )


def _bars(block: Bars) -> Markup:
    """A list in which each part has a bar, to the left if it takes something."""
    most = max([1e-9, *(abs(part.size) for part in block.parts)])

    def row(part: Part) -> Markup:
        length = 50 * abs(part.size) / most
        tone = "bad" if part.size < 0 else "good"
        left = 50 - length if part.size < 0 else 50.0
        bar = tag(
            "rect", x=f"{left:.1f}%", y="15%", width=f"{length:.1f}%", height="70%", class_=f"{tone}-fill"
        )
        drawn = tag(
            "svg", bar, tag("line", x1="50%", x2="50%", y1=0, y2="100%", class_="rule"), aria_hidden="true"
        )
        return tag("li", tag("bdi", part.name), drawn, tag("b", part.shown, class_=tone))

    return tag("ul", map(row, block.parts), class_="bars")


def _bar(shares: Iterable[tuple[float, str]]) -> Markup:
    """Shares of one as a bar; the numbers stand beside it."""
    x, pieces = 0.0, []
    for share, tone in shares:
        if share > 0:
            pieces.append(
                tag("rect", x=f"{100 * x:.2f}%", y=0, width=f"{100 * share:.2f}%", height="100%", class_=tone)
            )
        x += share
    return tag("svg", pieces, class_="bar", aria_hidden="true")
