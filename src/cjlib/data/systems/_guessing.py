"""What a field is that no table knows, told by its values."""

from __future__ import annotations

import re
import unicodedata

from ._dialects import Role, bare
from ._values import FALSE, TRUE, numbers_of, times_of

__all__ = ["guessed", "slug"]

LONGEST = 80
FEW = 20  # different texts that are certainly categories
SENTENCE = re.compile(r"\w{2,}\W+\w{2,}")
SCALES = (
    ("nps", re.compile(r"(?<![a-z])nps(?![a-z])|recommend|recommand|weiterempf", re.IGNORECASE)),
    ("csat", re.compile(r"(?<![a-z])csat(?![a-z])|satisf|zufrieden", re.IGNORECASE)),
    ("ces", re.compile(r"(?<![a-z])ces(?![a-z])|\beffort\b|\beasy\b|facile|einfach|aufwand", re.IGNORECASE)),
)


def slug(name: str) -> str:
    """A name as attributes and activities have them.

    >>> slug("Qualité du suivi (%)")
    'qualite_du_suivi'
    """
    plain = "".join(s for s in unicodedata.normalize("NFKD", name) if not unicodedata.combining(s))
    return re.sub(r"[^a-z0-9]+", "_", re.sub(r"__c$", "", plain.casefold())).strip("_")[:60] or "unnamed"


def guessed(heading: str, label: str, column: list[str], guess: str) -> tuple[Role | None, str]:
    """A role and why it is that, or None and why it is ignored."""
    if not guess:
        return None, ""
    values = [value for value in column if value.strip()]
    if not values:
        return None, "it is empty"
    if guess == "answers":
        return _answer(heading, label, values)
    return _attribute(heading, values)


def _answer(heading: str, label: str, values: list[str]) -> tuple[Role | None, str]:
    asked = f"{heading} {label}"
    _, is_bad, _ = numbers_of(values, False)
    if not is_bad.any():
        name = next((name for name, words in SCALES if words.search(asked)), f"answered_{slug(heading)}")
        return Role("answer", name), f"all its values are numbers{_quoted(label)}"
    if any(SENTENCE.search(value) for value in values):
        return Role("answer", f"said_{slug(heading)}"), f"there are sentences in it{_quoted(label)}"
    return None, "neither numbers nor sentences"


def _quoted(label: str) -> str:
    return f", under the question {label.strip()!r:.60}" if label.strip() else ""


def _attribute(heading: str, values: list[str]) -> tuple[Role | None, str]:
    name = slug(heading)
    if re.search(r"(^|[_. ])(id|ids|uuid|guid)$|[a-z]I[dD]s?$", heading.strip()) or bare(heading) in (
        "id",
        "ids",
    ):
        return None, "ids of something else"
    if all(value.strip().casefold() in TRUE | FALSE for value in values) and not set(values) <= {"0", "1"}:
        return Role("attribute", name, "boolean"), "an own field; all its values are yes or no"
    if not numbers_of(values, False)[1].any():
        return Role("attribute", name, "number"), "an own field; all its values are numbers"
    if not times_of(values, "UTC", None).is_bad.any():
        return Role("attribute", name, "date"), "an own field; all its values are times"
    different = len(set(values))
    if max(map(len, values)) > LONGEST or different > max(FEW, len(values) // 2):
        return None, "free text: nearly every value is another"
    return Role("attribute", name, "text"), f"an own field with {different:,} different values"
