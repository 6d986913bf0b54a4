"""Sentences with numbers in them, in English and French at once."""

from __future__ import annotations

import math
import string
from collections.abc import Mapping
from typing import Any

import attrs

from ._french_names import VALUES
from ._sentences import SENTENCES

__all__ = ["said"]

NBSP, THIN = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"


@attrs.frozen
class _Writer(string.Formatter):
    """Writes numbers as a language does.

    ``{x:%}`` is a share, ``{x:days}`` a length of time, ``{x:name}`` one or several names of channels, kinds
    and the like, parted by commas.
    """

    language: str

    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec == "name":
            return ", ".join(self._name(one) for one in str(value).split(", "))
        if isinstance(value, str) or format_spec not in ("", "%", "days"):
            return format(value, format_spec)
        if not math.isfinite(value):
            return "—"
        if format_spec == "%":
            percent = 100 * value
            return f"{self._number(percent, 1 if 0 < abs(percent) < 9.95 else 0)}{NBSP}%"
        if format_spec == "days":
            return self._days(value)
        return self._number(value, 0 if float(value).is_integer() or abs(value) >= 100 else 2)

    def _name(self, id: str) -> str:
        words = id.replace("_", " ")
        return VALUES.get(words, words) if self.language == "fr" else words

    def _number(self, value: float, digits: int) -> str:
        text = f"{value:,.{digits}f}"
        if digits:
            text = text.rstrip("0").rstrip(".")
        return text.replace(",", THIN).replace(".", ",") if self.language == "fr" else text

    def _days(self, value: float) -> str:
        day = "j" if self.language == "fr" else "d"
        if abs(value) < 1:
            return f"{self._number(24 * value, 1)}{NBSP}h"
        return f"{self._number(value, 1 if abs(value) < 10 else 0)}{NBSP}{day}"


_ENGLISH, _FRENCH = _Writer("en"), _Writer("fr")


def said(key: str, **facts: Any) -> Mapping[str, Any]:
    """The ``sentence`` and ``translations`` of a finding, with its facts filled in.

    >>> said("repeat", count=1200, of=4000, share=0.3, touchpoint="Demo", within=7.0)["sentence"]
    '1,200 of 4,000 customers (30\\xa0%) had Demo again within 7\\xa0d, where once is usual.'
    """
    english, french = SENTENCES[key]
    return {
        "sentence": _ENGLISH.vformat(english, (), facts),
        "translations": {"fr": _FRENCH.vformat(french, (), facts)},
    }
