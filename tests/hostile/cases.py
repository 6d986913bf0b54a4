"""One hostile case, and what must become of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs


@attrs.frozen
class Case:
    """What is tried, and the words that an error or the ledger must have; an empty list: it simply works.

    Attributes:
        name: what is hostile about it.
        run: reads it, given an empty folder.
        words: what the error says, or the refused or noted entry.
        refused: how many rows the ledger says were refused; None if an error is expected.
    """

    name: str
    run: Callable[[Path], Any]
    words: tuple[str, ...]
    refused: int | None = None
