"""Journeys in files: TOML for people, JSON for machines, each read back exactly."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import attrs

from ..errors import MOST_PROBLEMS, DefinitionError, Problem, UsageError, did_you_mean
from ._definition import HEAD, LISTS, Definition
from ._documents import LARGEST, read_json, read_toml, write_json, write_toml
from ._journey import Journey
from ._plain import plain
from ._structure import structure

__all__ = ["FORMAT", "JourneyFileError", "dump", "dumps", "load", "loads"]

FORMAT = 1
Format = Literal["toml", "json"]
_READERS = {"toml": read_toml, "json": read_json}
_WRITERS = {"toml": write_toml, "json": write_json}
_TOP = ("format", "journey", *LISTS)


class JourneyFileError(DefinitionError, OSError):
    """A journey file that cannot be read or written."""


def load(path: str | os.PathLike[str]) -> Journey:
    """The journey that a ``.toml`` or ``.json`` file says.

    Args:
        path: the file.

    Raises:
        DefinitionError: with all problems and their places, as in ``transitions[5].when``.
        JourneyFileError: a DefinitionError and OSError, if there is no such file or it cannot be read.

    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "short.toml"
    >>> _ = path.write_text('[journey]\\nname = "short"\\n[[stages]]\\nid = "trial"')
    >>> load(path)
    Journey('short', version='1', 1 stage, 0 transitions)
    """
    file = _path(path)
    format = _format_of(file)
    return _journey(_read(file), format, f"{file}")


def loads(text: str, format: Format = "toml") -> Journey:
    """The journey that a text says.

    Args:
        text: a TOML or JSON document.
        format: ``toml`` or ``json``.

    Raises:
        DefinitionError: with all problems and their places.

    >>> loads('[journey]\\nname = "short"\\n[[stages]]\\nid = "trial"').initial
    'trial'
    """
    if not isinstance(text, str):
        raise UsageError(
            f"a journey is read from text, not from {type(text).__name__}; load(path) reads a file"
        )
    return _journey(text, _known_format(format), f"{format} text")


def dump(journey: Journey, path: str | os.PathLike[str]) -> None:
    """Write a journey to a ``.toml`` or ``.json`` file, whole or not at all.

    Args:
        journey: the journey.
        path: the file; one that exists is replaced at the end, in one step.

    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "short.json"
    >>> journey = loads('[journey]\\nname = "short"\\n[[stages]]\\nid = "trial"')
    >>> dump(journey, path)
    >>> load(path) == journey
    True
    """
    file = _path(path)
    text = dumps(journey, _format_of(file))
    try:
        _replace(file, text)
    except OSError as error:
        raise JourneyFileError(f"{file}: it cannot be written ({error.strerror or error})") from error


def dumps(journey: Journey, format: Format = "toml") -> str:
    """The text of a journey: what differs from the defaults, in a fixed order.

    >>> print(dumps(loads('[journey]\\nname = "short"\\n[[stages]]\\nid = "trial"\\nlimit = "2w"')))
    [journey]
    name = "short"
    <BLANKLINE>
    [[stages]]
    id = "trial"
    limit = "14d"
    <BLANKLINE>
    """
    if not isinstance(journey, Journey):
        raise UsageError(f"a Journey was expected, not {type(journey).__name__}")
    data = plain(journey)
    head = {key: data[key] for key in HEAD if key in data}
    lists = {key: data[key] for key in LISTS if key in data}
    return _WRITERS[_known_format(format)]({"journey": head, **lists})


def _journey(text: str, format: Format, where: str) -> Journey:
    try:
        data = _READERS[format](text.removeprefix("\ufeff"))
    except DefinitionError as error:
        raise DefinitionError(f"{where}: {error.thing}") from error.__cause__
    problems = _top_problems(data)
    head = data.get("journey")
    flat = {**(head if isinstance(head, Mapping) else {}), **{key: data[key] for key in LISTS if key in data}}
    known = {key: flat[key] for key in flat if key in (*HEAD, *LISTS)}
    definition, found = structure(known, Definition)
    problems += [_below_journey(problem) for problem in found]
    if problems:
        raise DefinitionError(where, problems[:MOST_PROBLEMS])
    fields = {field.name: getattr(definition, field.name) for field in attrs.fields(Definition)}
    return Journey(fields.pop("name"), **fields)


def _top_problems(data: Mapping[str, Any]) -> list[Problem]:
    found = list(islice(_unknown_fields(data), MOST_PROBLEMS))
    if data.get("format", FORMAT) != FORMAT or isinstance(data.get("format"), bool):
        message = f"format {data['format']!r:.40} is unknown: this cjlib reads {FORMAT}; a newer one may help"
        found.append(Problem("CJ013", "error", "format", message))
    head = data.get("journey")
    if not isinstance(head, Mapping):
        hint = " [journey] with its name" if head is None else ""
        found.append(Problem("CJ012", "error", "journey", f"a table{hint} was expected"))
    return found


def _unknown_fields(data: Mapping[str, Any]) -> Iterator[Problem]:
    head = data.get("journey")
    for key in data:
        if key not in (*_TOP, "$schema"):
            hint = "; it stands in [journey]" if key in HEAD else did_you_mean(key, _TOP)
            yield Problem("CJ010", "error", "", f"unknown field {key[:80]!r}{hint}")
    for key in head if isinstance(head, Mapping) else ():
        if key not in HEAD:
            hint = f"; it stands beside [journey] as [[{key}]]" if key in LISTS else did_you_mean(key, HEAD)
            yield Problem("CJ010", "error", "journey", f"unknown field {key[:80]!r}{hint}")


def _below_journey(problem: Problem) -> Problem:
    place = problem.place.lstrip(".")
    first = place.partition(".")[0].partition("[")[0]
    return attrs.evolve(problem, place=f"journey.{place}" if first in HEAD else place or "journey")


def _known_format(format: str) -> Format:
    if format not in ("toml", "json"):
        raise UsageError(f"format is 'toml' or 'json', not {format!r:.40}{did_you_mean(format, _READERS)}")
    return format  # type: ignore[return-value]


def _format_of(file: Path) -> Format:
    ending = file.suffix.lower().removeprefix(".")
    if ending not in _READERS:
        raise UsageError(f"{file}: a journey is in a .toml or .json file")
    return _known_format(ending)


def _path(path: str | os.PathLike[str]) -> Path:
    if not isinstance(path, (str, os.PathLike)):
        raise UsageError(f"a path was expected, not {type(path).__name__}")
    return Path(path)


def _read(file: Path) -> str:
    try:
        if file.exists() and not file.is_file():
            raise JourneyFileError(f"{file}: it is no file")
        with file.open("rb") as stream:
            content = stream.read(4 * LARGEST + 1)
    except (OSError, ValueError) as error:
        if isinstance(error, JourneyFileError):
            raise
        raise JourneyFileError(f"{file}: {getattr(error, 'strerror', None) or error}") from error
    if content[:2] in (b"\xff\xfe", b"\xfe\xff") or content[:200:2].count(0) + content[1:200:2].count(0) > 20:
        raise DefinitionError(f"{file}: it looks like UTF-16; save it as UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise DefinitionError(f"{file}: line {line} is not UTF-8; save the file as UTF-8") from error


def _replace(file: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name[:40]}.", suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        os.chmod(name, file.stat().st_mode & 0o777 if file.exists() else 0o644)
        os.replace(name, file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
