"""Text of TOML and JSON documents to plain data and back, with nothing lost, doubled or endless."""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, NoReturn

from ..errors import DefinitionError

if TYPE_CHECKING:
    from tomlkit.items import AoT, InlineTable, Item, String, Table

__all__ = ["LARGEST", "canonical_json", "read_json", "read_toml", "write_json", "write_toml"]

LARGEST = 2_000_000
DEEPEST = 20
# Also what is never closed counts as a string, and a key is looked for where one begins only: no text takes
# more than a few passes. A multi-line string may end in up to five quotes.
_STRINGS = re.compile(
    r'"""(?:\\.|[^\\])*?(?:""""{0,2}|\\?\Z)|' + r"'''.*?(?:''''{0,2}|\Z)|"
    r'"(?:\\.|[^"\\\n])*+"?|' + r"'[^'\n]*+'?|" + r"\#[^\n]*+",
    re.DOTALL,
)
_DOTTED = re.compile(rf"(?<![A-Za-z0-9_@-])(?:[A-Za-z0-9_@-]++[ \t]*+\.[ \t]*+){{{DEEPEST}}}")
_INLINE = frozenset({"aims", "notes", "curve", "targets", "weights", "bands", "scores"})


class _Refused(ValueError):
    """What a parser's hook refuses."""


def read_toml(text: str) -> dict[str, Any]:
    """The data of a TOML document."""
    _check_size(text, "TOML")
    # tomllib needs memory in the square of the parts of a dotted key, so those are counted first.
    if _DOTTED.search(_STRINGS.sub("@", text)):
        raise DefinitionError(f"TOML document: a key with more than {DEEPEST} parts")
    try:
        return _checked(tomllib.loads(text, parse_float=_finite), "TOML")
    except RecursionError as error:
        raise DefinitionError("TOML document: brackets nested too deeply") from error
    except ValueError as error:
        raise DefinitionError(f"TOML document: {_short(error)}") from error


def read_json(text: str) -> dict[str, Any]:
    """The data of a JSON document, which must be one object."""
    _check_size(text, "JSON")
    try:
        found = json.loads(text, object_pairs_hook=_unique, parse_float=_finite, parse_constant=_no_constant)
    except RecursionError as error:
        raise DefinitionError("JSON document: brackets nested too deeply") from error
    except ValueError as error:
        raise DefinitionError(f"JSON document: {_short(error)}") from error
    if not isinstance(found, dict):
        raise DefinitionError(f"JSON document: an object was expected, not {type(found).__name__}")
    return _checked(found, "JSON")


def _short(error: Exception) -> str:
    text = str(error)
    return text if len(text) <= 200 else text[:200] + "..."


def _check_size(text: str, what: str) -> None:
    if len(text) > LARGEST:
        raise DefinitionError(f"{what} document: {len(text):,} characters are too many, at most {LARGEST:,}")
    if not text.strip():
        raise DefinitionError(f"{what} document: it is empty")


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


def _checked(found: dict[str, Any], what: str) -> dict[str, Any]:
    level: list[Any] = [found]
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return found
    raise DefinitionError(f"{what} document: more than {DEEPEST} levels inside each other")


def _inside(value: Any) -> Iterator[Any]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return (entry for entry in inner if isinstance(entry, (dict, list)))


def _iso(value: object) -> str:
    assert isinstance(value, date)
    return value.isoformat()


def canonical_json(data: Mapping[str, Any]) -> str:
    """One line of ASCII that is the same for the same data."""
    return json.dumps(data, default=_iso, allow_nan=False, sort_keys=True, separators=(",", ":"))


def write_json(data: Mapping[str, Any]) -> str:
    """A JSON document for people and machines."""
    return json.dumps(data, default=_iso, allow_nan=False, ensure_ascii=False, indent=2) + "\n"


def write_toml(data: Mapping[str, Any]) -> str:
    """A TOML document for people: short values on one line, elements under headings of their own."""
    import tomlkit

    document = tomlkit.document()
    for key, value in data.items():
        document.add(key, _table(value) if isinstance(value, dict) else _tables(value))
    return tomlkit.dumps(document)


def _tables(rows: list[dict[str, Any]]) -> AoT:
    import tomlkit

    tables = tomlkit.aot()
    for row in rows:
        tables.append(_table(row))
    return tables


def _table(data: Mapping[str, Any]) -> Table:
    import tomlkit

    table = tomlkit.table()
    for key in sorted(data, key=lambda key: _is_heading(key, data[key])):
        value = data[key]
        if _is_heading(key, value):
            table.add(key, _table(value) if isinstance(value, dict) else _tables(value))
        else:
            table.add(key, _item(value))
    return table


def _is_heading(key: str, value: Any) -> bool:
    holds_tables = isinstance(value, list) and bool(value) and isinstance(value[0], dict)
    return key not in _INLINE and (isinstance(value, dict) or holds_tables)


def _item(value: Any) -> Item:
    import tomlkit

    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, dict):
        return _inline(value)
    if isinstance(value, list):
        array = tomlkit.array()
        for entry in value:
            array.append(_item(entry))
        holds_tables = bool(value) and isinstance(value[0], dict)
        return array.multiline(holds_tables or len(tomlkit.dumps({"": array})) > 100)
    item: Item = tomlkit.item(value)
    return item


def _inline(data: Mapping[str, Any]) -> InlineTable:
    import tomlkit

    table = tomlkit.inline_table()
    for key, value in data.items():
        table.add(key, _item(value))
    return table


def _quoted(text: str) -> String:
    import tomlkit

    is_literal = '"' in text and "'" not in text and text.isprintable()
    return tomlkit.string(text, literal=is_literal)
