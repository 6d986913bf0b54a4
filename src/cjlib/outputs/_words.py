"""The report's words, numbers and times in English and French."""

from __future__ import annotations

import math

import attrs
import numpy as np

from ..errors import UnknownNameError
from ._french import FRENCH

__all__ = ["Words", "capital", "isolated", "words"]

NBSP, THIN = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"
LANGUAGES = ("en", "fr")


@attrs.frozen
class Words:
    """Says things in one language; call it with an English text to get that text."""

    language: str

    def __call__(self, text: str, **facts: object) -> str:
        """The text in this language, with its facts filled in."""
        said = FRENCH.get(text, text) if self.language == "fr" else text
        return said.format(**facts) if facts else said

    def name(self, id: str) -> str:
        """A name that is known here, such as a channel's, in this language; any other as it is, in words.

        >>> words("fr").name("phone"), words("en").name("on_site")
        ('téléphone', 'on site')
        """
        return self(id.replace("_", " "))

    def counted(self, count: int, one: str, many: str, **facts: object) -> str:
        """The text for one or for many, ``{count}`` filled in; French counts 0 as one.

        >>> words("en").counted(1, "{count} signal", "{count} signals")
        '1 signal'
        """
        is_one = count in (0, 1) if self.language == "fr" else count == 1
        return self(one if is_one else many, count=self.number(count), **facts)

    def number(self, value: float, digits: int = 0) -> str:
        """A number as it is written here; a dash where there is none.

        >>> words("en").number(12345.678, 1), words("fr").number(12345.678, 1)
        ('12,345.7', '12\\u202f345,7')
        """
        if not math.isfinite(value):
            return "—"
        text = f"{value:,.{digits}f}"
        if self.language == "fr":
            return text.replace(",", THIN).replace(".", ",")
        return text

    def share(self, part: float, whole: float) -> str:
        """A percentage, a dash of nothing.

        >>> words("en").share(1, 8)
        '12.5\\xa0%'
        """
        if not whole:
            return "—"
        share = 100 * part / whole
        return f"{self.number(share, 1 if 0 < share < 99.95 else 0)}{NBSP}%"

    def days(self, value: float) -> str:
        """A length of time given in days, in the unit that reads best.

        >>> words("en").days(34.2), words("en").days(0.25)
        ('34\\xa0d', '6\\xa0h')
        """
        if not math.isfinite(value):
            return "—"
        if value < 1:
            hours = value * 24
            return f"{self.number(hours, 1 if 0 < hours < 1 else 0)}{NBSP}h"
        return f"{self.number(value, 1 if value < 10 else 0)}{NBSP}{'j' if self.language == 'fr' else 'd'}"

    def moment(self, value: np.datetime64) -> str:
        """A time to the minute, UTC.

        >>> words("en").moment(np.datetime64("2026-03-01T12:30:59"))
        '2026-03-01 12:30'
        """
        return "—" if np.isnat(value) else str(value.astype("datetime64[m]")).replace("T", " ")

    def day(self, value: np.datetime64) -> str:
        """The calendar day of a time, UTC."""
        return "—" if np.isnat(value) else str(value.astype("datetime64[D]"))


def capital(text: str) -> str:
    """The text with a capital letter at its beginning."""
    return text[:1].upper() + text[1:]


def isolated(text: str) -> str:
    """Text of the user's for the middle of a sentence, so that its direction stays its own."""
    return f"\N{FIRST STRONG ISOLATE}{text}\N{POP DIRECTIONAL ISOLATE}"


def words(language: str) -> Words:
    """The words of a language.

    Raises:
        UnknownNameError: if the report does not speak it.
    """
    if language not in LANGUAGES:
        raise UnknownNameError("language", language, LANGUAGES)
    return Words(language)
