"""Journeys to start from, shipped with the package."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Literal

from ..errors import UnknownNameError
from ._files import loads
from ._journey import Journey

__all__ = ["template", "template_text", "templates"]

LANGUAGES = ("en", "fr")
_FOLDER = files(__package__).joinpath("templates")


@cache
def templates() -> tuple[str, ...]:
    """The names of the journeys that are shipped.

    >>> templates()
    ('ecommerce', 'lifecycle', 'ocobo', 'relationship', 'saas', 'success-manager')
    """
    ending = f".{LANGUAGES[0]}.toml"
    names = (entry.name for entry in _FOLDER.iterdir())
    return tuple(sorted(name.removesuffix(ending) for name in names if name.endswith(ending)))


def template(name: str, language: Literal["en", "fr"] = "en") -> Journey:
    """The shipped journey of that name; in both languages it is the same but for its texts.

    Args:
        name: one of :func:`templates`.
        language: the language of labels, objectives, notes and the like.

    Raises:
        UnknownNameError: with the nearest name there is.

    >>> template("saas").stage("onboarding").objective
    'First value within a month'
    >>> template("saas", language="fr").stage("onboarding").objective
    'Une première valeur en moins d’un mois'
    """
    return _read(template_text(name, language))


@cache
def _read(text: str) -> Journey:
    return loads(text, format="toml")


def template_text(name: str, language: Literal["en", "fr"] = "en") -> str:
    """The file of a shipped journey with its comments: what to copy in order to start one's own.

    Args:
        name: one of :func:`templates`.
        language: the language of texts and comments.

    Raises:
        UnknownNameError: with the nearest name there is.

    >>> print(template_text("relationship").splitlines()[0])
    # The relationship: acquisition, onboarding, adoption, engagement, renewal, and round again.
    """
    if name not in templates():
        raise UnknownNameError("template", name, templates())
    if language not in LANGUAGES:
        raise UnknownNameError("language", language, LANGUAGES)
    return _FOLDER.joinpath(f"{name}.{language}.toml").read_text(encoding="utf-8")
