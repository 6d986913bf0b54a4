"""Values to plain data: what differs from the defaults, in a fixed order."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, get_type_hints

import attrs

from ..criteria import Criterion
from ..criteria._literals import duration_text

__all__ = ["field_types", "plain", "written"]

_RENAMED = {"Handoff": {"source": "from", "target": "to"}}
_EXACT = 2**53


def field_types(kind: type) -> dict[str, Any]:
    """The types of the fields of an attrs class, resolved."""
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in attrs.fields(kind)}


def written(kind: type, name: str) -> str:
    """The name under which a field stands in files."""
    return _RENAMED.get(kind.__name__, {}).get(name, name)


def plain(value: Any) -> dict[str, Any]:
    """The plain data of an attrs value: what differs from the default, in the order of the fields."""
    kind = type(value)
    tag = getattr(kind, "kind", None) if "kind" not in field_types(kind) else None
    found: dict[str, Any] = {"kind": tag} if isinstance(tag, str) else {}
    for field in attrs.fields(kind):
        entry = getattr(value, field.name)
        if not _is_default(value, field, entry):
            found[written(kind, field.name)] = _plain(entry)
    return found


def _is_default(value: Any, field: attrs.Attribute[Any], entry: Any) -> bool:
    default: Any = field.default
    if isinstance(default, attrs.Factory):  # type: ignore[arg-type]
        default = default.factory(value) if default.takes_self else default.factory()
    return default is not attrs.NOTHING and type(entry) is type(default) and entry == default


def _plain(value: Any) -> Any:
    if attrs.has(type(value)) and not isinstance(value, Criterion):
        return plain(value)
    if isinstance(value, tuple):
        if value and all(_is_named(entry) for entry in value):
            return {name: _plain(entry) for name, entry in value}
        return [_plain(entry) for entry in value]
    if isinstance(value, Criterion):
        return str(value)
    if isinstance(value, timedelta):
        return duration_text(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return int(value)
    return value


def _is_named(entry: Any) -> bool:
    return (
        isinstance(entry, tuple)
        and len(entry) == 2
        and isinstance(entry[0], str)
        and not isinstance(entry[1], str)
    )
