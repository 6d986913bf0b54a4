"""What goes wrong, told so that it can be mended."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Literal

import attrs

__all__ = [
    "CJError",
    "CriterionError",
    "DataError",
    "DefinitionError",
    "MissingExtraError",
    "Problem",
    "ReplayError",
    "UnknownNameError",
    "UsageError",
    "did_you_mean",
]


class CJError(Exception):
    """The family of all errors that cjlib raises on purpose."""


@attrs.frozen
class Problem:
    """One thing that a check found: its code, where it stands and what to do.

    Attributes:
        code: the code of the check, such as ``CJ101``.
        severity: ``error`` (the journey cannot be built) or ``warning``.
        place: the path in the definition, such as ``stages[3] 'renewal'``.
        message: what is wrong, in one sentence, with the nearest right name.
    """

    code: str
    severity: Literal["error", "warning"]
    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.code} {self.place}: {self.message}" if self.place else f"{self.code} {self.message}"


class DefinitionError(CJError, ValueError):
    """A definition that cannot be run; ``problems`` lists everything found."""

    def __init__(self, thing: str, problems: Sequence[Problem] = ()) -> None:
        self.thing = thing
        self.problems = tuple(problems)
        super().__init__(thing, self.problems)

    def __str__(self) -> str:
        if not self.problems:
            return self.thing
        count = len(self.problems)
        lines = [f"{self.thing} has {count} problem{'s' if count > 1 else ''}"]
        return "\n".join(lines + [f"  {problem}" for problem in self.problems])


class CriterionError(DefinitionError):
    """A criterion that cannot be read or makes no sense."""


class DataError(CJError, ValueError):
    """Data that cannot be used as it is; ``ledger`` holds the rows if rows are at fault."""

    def __init__(self, message: str, *, ledger: object = None) -> None:
        self.ledger = ledger
        super().__init__(message)


class UnknownNameError(CJError, KeyError):
    """A name that does not exist, with the nearest one that does."""

    def __init__(self, what: str, name: object, known: Iterable[object] = ()) -> None:
        self.what = what
        self.name = name
        self.known = tuple(known)
        super().__init__(what, name)

    def __str__(self) -> str:
        return f"unknown {self.what} {self.name!r}{did_you_mean(self.name, self.known)}"


class UsageError(CJError, TypeError):
    """A call that cannot be meant: a wrong type or arguments that exclude each other."""


class ReplayError(CJError, RuntimeError):
    """A replay that cannot go on, such as a customer caught in a loop."""


class MissingExtraError(CJError, ImportError):
    """An optional package is needed; the message says how to install it."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        self.package = package
        self.extra = extra
        super().__init__(f'{purpose} needs {package}: pip install "cjlib[{extra}]"')


def did_you_mean(name: object, known: Iterable[object]) -> str:
    """The end of an error message that suggests the nearest known name, or nothing.

    >>> did_you_mean("seat", ["seats", "logins"])
    " (did you mean 'seats'?)"
    """
    text = str(name)[:200]
    names = {str(candidate): candidate for candidate in known}
    nearest = difflib.get_close_matches(text, names, n=1, cutoff=0.6)
    if not nearest:
        folded = {key.casefold().strip(): key for key in names}
        nearest = [folded[text.casefold().strip()]] if text.casefold().strip() in folded else []
    return f" (did you mean {names[nearest[0]]!r}?)" if nearest else ""
