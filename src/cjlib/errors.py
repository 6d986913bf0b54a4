"""What goes wrong, told so that it can be mended."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import islice
from typing import Literal

import attrs

__all__ = [
    "MOST_PROBLEMS",
    "CJError",
    "CriterionError",
    "DataError",
    "DefinitionError",
    "MissingExtraError",
    "NotFittedError",
    "OutputError",
    "Problem",
    "ReplayError",
    "StoreError",
    "UnknownNameError",
    "UsageError",
    "did_you_mean",
]

MOST_PROBLEMS = 500  # that are looked for
MOST_LINES = 100  # of problems in a message
MOST_NAMES = 1000  # among which the nearest is looked for


class CJError(Exception):
    """The family of all errors that cjlib raises on purpose; each is also the built-in that people expect.

    >>> import cjlib as cj
    >>> try:
    ...     cj.parse("cuont('login') >= 3")
    ... except cj.CJError as error:
    ...     print(error)
    criterion, at character 1 ("cuont('login')"): unknown word 'cuont' (did you mean 'count'?)
    """


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
        least = "at least " if count >= MOST_PROBLEMS else ""
        lines = [f"{self.thing} has {least}{count} problem{'s' if count > 1 else ''}"]
        rest = [f"  ... and {count - MOST_LINES} more"] if count > MOST_LINES else []
        return "\n".join([*lines, *(f"  {problem}" for problem in self.problems[:MOST_LINES]), *rest])


class CriterionError(DefinitionError):
    """A criterion that cannot be read or makes no sense."""


class DataError(CJError, ValueError):
    """Data that cannot be used as it is; ``ledger`` holds the rows if rows are at fault."""

    def __init__(self, message: str, *, ledger: object = None) -> None:
        self.ledger = ledger
        super().__init__(message)

    def __reduce__(self) -> tuple[object, ...]:
        return _data_error, (type(self), *self.args, self.ledger)


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


class OutputError(CJError, OSError):
    """A file that cannot be written."""


class StoreError(CJError, OSError):
    """A store that cannot be read or written: a full disk, a lost connection, another journey's store."""


class NotFittedError(CJError, AttributeError):
    """A scorer that is asked for scores before it has learnt."""


class MissingExtraError(CJError, ImportError):
    """An optional package is needed; the message says how to install it."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        self.package = package
        self.extra = extra
        self.purpose = purpose
        super().__init__(package, extra, purpose)

    def __str__(self) -> str:
        return f'{self.purpose} needs {self.package}: pip install "cjlib[{self.extra}]"'


def _data_error(kind: type[DataError], message: str, ledger: object) -> DataError:
    return kind(message, ledger=ledger)


def did_you_mean(name: object, known: Iterable[object]) -> str:
    """The end of an error message that suggests the nearest known name, or nothing.

    >>> did_you_mean("seat", ["seats", "logins"])
    " (did you mean 'seats'?)"
    """
    names = {str(candidate): candidate for candidate in islice(known, MOST_NAMES)}
    nearest = _nearest(str(name)[:200], tuple(names))
    return f" (did you mean {names[nearest]!r}?)" if nearest is not None else ""


@lru_cache(maxsize=256)
def _nearest(text: str, names: tuple[str, ...]) -> str | None:
    near = difflib.get_close_matches(text, names, n=1, cutoff=0.6)
    folded = text.casefold().strip()
    return near[0] if near else next((name for name in names if name.casefold().strip() == folded), None)
