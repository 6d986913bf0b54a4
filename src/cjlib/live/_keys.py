"""Ids as text that any database can hold: what they were is kept in the first letter."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import numpy as np

from ..errors import UsageError

__all__ = ["from_key", "to_key"]

_ESCAPED = re.compile(r"\\([\\0])")


def to_key(value: Any) -> str:
    """The id as text; ids of different kinds never give the same.

    Raises:
        UsageError: if it is no id.

    >>> to_key("acme"), to_key(7), to_key(b"x")
    ('s:acme', 'i:7', 'b:78')
    """
    if type(value) is int:
        return f"i:{value}"
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, str):
        # PostgreSQL's text holds no NUL.
        if "\\" in value or "\x00" in value:
            value = value.replace("\\", "\\\\").replace("\x00", "\\0")
        return f"s:{value}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"i:{value}"
    if isinstance(value, bytes):
        return f"b:{value.hex()}"
    if isinstance(value, UUID):
        return f"u:{value.hex}"
    raise UsageError(f"an id is text, an integer, bytes or a UUID, not {value!r:.80}")


def from_key(key: str) -> Any:
    """The id that a key stands for.

    >>> from_key("s:acme"), from_key("i:7")
    ('acme', 7)
    """
    kind, text = key[0], key[2:]
    if kind == "i":
        return int(text)
    if kind == "b":
        return bytes.fromhex(text)
    if kind == "u":
        return UUID(hex=text)
    if "\\" not in text:
        return text
    return _ESCAPED.sub(lambda found: "\x00" if found[1] == "0" else "\\", text)
