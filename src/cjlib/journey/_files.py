"""Journeys in files: TOML for people, JSON for machines, each read back exactly."""

from __future__ import annotations

import json
import math
import os
import re
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn

import attrs

from ..errors import MOST_PROBLEMS, DefinitionError, Problem, UsageError, did_you_mean
from ._definition import HEAD, LISTS, Definition
from ._journey import Journey
from ._plain import iso, plain, structure

if TYPE_CHECKING:
    from tomlkit.items import AoT, Item, Table

__all__ = ["FORMAT", "JourneyFileError", "dump", "dumps", "load", "loads"]

FORMAT = 1
LARGEST = 2_000_000
DEEPEST = 20
Format = Literal["toml", "json"]
FORMATS = ("toml", "json")
_TOP = ("format", "journey", *LISTS)
# Also what is never closed counts as a string, and a key is looked for where one begins only: no text takes
# more than a few passes. A multi-line string may end in up to five quotes.
_STRINGS = re.compile(
    r'"""(?:\\.|[^\\])*?(?:""""{0,2}|\\?\Z)|' + r"'''.*?(?:''''{0,2}|\Z)|"
    r'"(?:\\.|[^"\\\n])*+"?|' + r"'[^'\n]*+'?|" + r"\#[^\n]*+",
    re.DOTALL,
)
_DOTTED = re.compile(rf"(?<![A-Za-z0-9_@-])(?:[A-Za-z0-9_@-]++[ \t]*+\.[ \t]*+){{{DEEPEST}}}")
_INLINE = frozenset({"aims", "notes", "curve", "targets", "weights", "bands", "scores"})


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

    Raises:
        UsageError: if it is no journey, or the file ends in neither.
        JourneyFileError: a DefinitionError and OSError, if the file cannot be written.

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

    Args:
        journey: the journey.
        format: ``toml`` or ``json``.

    Raises:
        UsageError: if it is no journey, or the format is neither.

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
    written = {"journey": head, **lists}
    if _known_format(format) == "toml":
        return _toml(written)
    return json.dumps(written, default=iso, allow_nan=False, ensure_ascii=False, indent=2) + "\n"


def _journey(text: str, format: Format, where: str) -> Journey:
    try:
        data = _data(text.removeprefix("\ufeff"), format)
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
    if format not in FORMATS:
        raise UsageError(f"format is 'toml' or 'json', not {format!r:.40}{did_you_mean(format, FORMATS)}")
    return format  # type: ignore[return-value]


def _format_of(file: Path) -> Format:
    ending = file.suffix.lower().removeprefix(".")
    if ending not in FORMATS:
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


class _Refused(ValueError):
    """What a document must not hold, although its format allows it."""


def _data(text: str, format: Format) -> dict[str, Any]:
    """The data of a document, which must be one object."""
    what = f"{format.upper()} document"
    if len(text) > LARGEST:
        raise DefinitionError(f"{what}: {len(text):,} characters are too many, at most {LARGEST:,}")
    if not text.strip():
        raise DefinitionError(f"{what}: it is empty")
    try:
        found = _from_toml(text) if format == "toml" else _from_json(text)
    except RecursionError as error:
        raise DefinitionError(f"{what}: brackets nested too deeply") from error
    except ValueError as error:
        raise DefinitionError(
            f"{what}: {str(error)[:200]}{'...' if len(str(error)) > 200 else ''}"
        ) from error
    if not isinstance(found, dict):
        raise DefinitionError(f"{what}: an object was expected, not {type(found).__name__}")
    _check_depth(found, what)
    return found


def _from_toml(text: str) -> Any:
    # tomllib needs memory in the square of the parts of a dotted key, so those are counted first.
    if _DOTTED.search(_STRINGS.sub("@", text)):
        raise _Refused(f"a key with more than {DEEPEST} parts")
    return tomllib.loads(text, parse_float=_finite)


def _from_json(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_unique, parse_float=_finite, parse_constant=_no_constant)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise _Refused(f"{text[:40]} is no finite number")
    return number


def _no_constant(text: str) -> NoReturn:
    raise _Refused(f"{text} is no number that JSON knows")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        (twice, _), *_ = Counter(key for key, _ in pairs).most_common(1)
        raise _Refused(f"the key {twice[:80]!r} stands twice in one object")
    return found


def _check_depth(found: dict[str, Any], what: str) -> None:
    level: list[Any] = [found]
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return
    raise DefinitionError(f"{what}: more than {DEEPEST} levels inside each other")


def _inside(value: Any) -> Iterator[Any]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return (entry for entry in inner if isinstance(entry, (dict, list)))


def _toml(data: Mapping[str, Any]) -> str:
    """A TOML document for people: short values on one line, elements under headings of their own."""
    import tomlkit

    document = tomlkit.document()
    for key, value in data.items():
        document.add(key, _headed(value))
    return tomlkit.dumps(document)


def _headed(value: Any) -> Table | AoT:
    """What stands under a heading of its own; a list, under one for each entry."""
    import tomlkit

    if isinstance(value, list):
        tables = tomlkit.aot()
        for row in value:
            tables.append(_headed(row))
        return tables
    table = tomlkit.table()
    for key in sorted(value, key=lambda key: _is_heading(key, value[key])):
        table.add(key, _headed(value[key]) if _is_heading(key, value[key]) else _item(value[key]))
    return table


def _is_heading(key: str, value: Any) -> bool:
    holds_tables = isinstance(value, list) and bool(value) and isinstance(value[0], dict)
    return key not in _INLINE and (isinstance(value, dict) or holds_tables)


def _item(value: Any) -> Item:
    """What stands behind a key."""
    import tomlkit

    if isinstance(value, str):
        is_literal = '"' in value and "'" not in value and value.isprintable()
        return tomlkit.string(value, literal=is_literal)
    if isinstance(value, dict):
        table = tomlkit.inline_table()
        for key, entry in value.items():
            table.add(key, _item(entry))
        return table
    if isinstance(value, list):
        array = tomlkit.array()
        for entry in value:
            array.append(_item(entry))
        holds_tables = bool(value) and isinstance(value[0], dict)
        return array.multiline(holds_tables or len(tomlkit.dumps({"": array})) > 100)
    item: Item = tomlkit.item(value)
    return item
