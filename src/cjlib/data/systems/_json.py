"""JSON as exports have it: one record, a list, an envelope around a list, or one record a line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ...errors import DataError
from .._ledger import Findings

__all__ = ["records_of", "spread"]

ENVELOPES = ("results", "records", "data", "items", "events", "value")
DEEPEST = 4
SEPARATOR = ";"


def records_of(text: str, place: str, findings: Findings) -> list[dict[str, Any]]:
    """The records in a text.

    Raises:
        DataError: if there are none, or the text is no JSON.
    """
    try:
        return _unwrapped(json.loads(text), place, findings)
    except (ValueError, RecursionError) as error:
        records, n_broken = _of_lines(text)
        if not records:
            raise DataError(f"{place}: neither JSON nor JSON Lines: {str(error)[:200]}") from error
    if n_broken:
        findings.note("left out: lines that are no JSON records", n_broken, place)
    return records


def _unwrapped(value: Any, place: str, findings: Findings) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        inside = next((value[key] for key in ENVELOPES if isinstance(value.get(key), list)), None)
        value = [value] if inside is None else inside
    if not isinstance(value, list):
        raise DataError(f"{place}: records were expected, not {type(value).__name__}")
    records = [record for record in value if isinstance(record, dict)]
    if len(records) < len(value):
        findings.note("left out: entries that are no records", len(value) - len(records), place)
    return records


def _of_lines(text: str) -> tuple[list[dict[str, Any]], int]:
    records, n_broken = [], 0
    for line in text.splitlines():
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            record = None
        if isinstance(record, dict):
            records.append(record)
        else:
            n_broken += 1
    return records, n_broken


def spread(records: Iterable[Mapping[str, Any]]) -> list[list[str]]:
    """A header and rows: what is nested gets a name with points, lists of plain values are joined by ``;``.

    >>> spread([{"id": 7, "traits": {"plan": "pro", "tags": ["a", "b"]}}])
    [['id', 'traits.plan', 'traits.tags'], ['7', 'pro', 'a;b']]
    """
    flat = [dict(_flat(record, "", 0)) for record in records]
    names = [*dict.fromkeys(name for record in flat for name in record)]
    return [names, *([record.get(name, "") for name in names] for record in flat)] if names else []


def _flat(record: Mapping[str, Any], above: str, depth: int) -> Iterable[tuple[str, str]]:
    for key, value in record.items():
        name = f"{above}{key}"
        if isinstance(value, dict) and value and depth < DEEPEST:
            yield from _flat(value, f"{name}.", depth + 1)
        else:
            yield name, _text(value)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    if isinstance(value, list) and not any(isinstance(each, (dict, list)) for each in value):
        return SEPARATOR.join(_text(each) for each in value)
    return str(value) if isinstance(value, int) else json.dumps(value, ensure_ascii=False)
