"""A small builder of HTML and SVG in which text can only ever be text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import Union

import attrs

__all__ = ["Child", "Markup", "tag"]

_VOID = frozenset({"br", "col", "hr", "meta"})
# What no HTML document may hold: controls, lone surrogates, and the non-characters.
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


@attrs.frozen
class Markup:
    """A finished piece of a document; only :func:`tag` makes one."""

    text: str

    def __str__(self) -> str:
        return self.text


Child = Union[Markup, str, int, float, None, "Iterable[Child]"]


def tag(name: str, /, *children: Child, **attributes: str | int | float | bool | None) -> Markup:
    """An element with its children; everything that is not itself an element is escaped.

    Args:
        name: the name of the element, such as ``td``.
        children: elements, text, numbers, or iterables of these; None is left out.
        attributes: values that stand quoted and escaped; ``class_`` is ``class``, ``aria_label`` is
            ``aria-label``; True stands alone, None and False are left out.

    >>> str(tag("p", "a < b", tag("b", "bold"), class_="note"))
    '<p class="note">a &lt; b<b>bold</b></p>'
    """
    opening = f"<{name}{''.join(_attribute(key, value) for key, value in attributes.items())}>"
    if name in _VOID:
        return Markup(opening)
    return Markup(f"{opening}{''.join(map(_text, children))}</{name}>")


def _attribute(key: str, value: str | int | float | bool | None) -> str:
    name = key.rstrip("_").replace("_", "-")
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{_escaped(value)}"'


def _text(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Markup):
        return child.text
    if isinstance(child, (str, int, float)):
        return _escaped(child)
    return "".join(map(_text, child))


def _escaped(value: str | int | float) -> str:
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return escape(_UNFIT.sub("\N{REPLACEMENT CHARACTER}", text), quote=True)
