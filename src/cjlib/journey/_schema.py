"""The JSON Schema of journey files, derived from the classes so that there is one source of truth."""

from __future__ import annotations

import json
import re
import types
from datetime import date, timedelta
from typing import Any, Union, get_args, get_origin

import attrs

from ..criteria import Criterion
from . import _fields as f
from ._definition import HEAD, LISTS, Definition
from ._files import FORMAT
from ._journey import Journey
from ._plain import field_types, written

__all__ = ["schema", "schema_text"]

Schema = dict[str, Any]

_END = r"$(?!\n)"  # Python's $ also matches before a last line break, that of other readers does not
_ID = r"^[A-Za-z_][A-Za-z0-9_-]{0,63}" + _END
_DURATION = r"^\s*(?=[0-9.]*[1-9])[0-9]{1,12}(\.[0-9]{1,6})?(w|d|h|min|s)\s*" + _END
_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}" + _END
_TEXT = "^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f]*" + _END
_NAME = "^(?=[\\s\\S]*\\S)[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f]*" + _END
_TYPES: dict[Any, Schema] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    date: {"type": "string", "format": "date", "pattern": _DAY},
    timedelta: {"type": "string", "pattern": _DURATION},
    Criterion: {"type": "string", "minLength": 1},
}
_TEXTS: dict[Any, Schema] = {
    f.identifier: {"pattern": _ID},
    f.name: {"pattern": _NAME, "maxLength": f.LONGEST_NAME},
    f.text: {"pattern": _TEXT, "maxLength": f.LONGEST_TEXT},
}
_TOGETHER: dict[str, Schema] = {
    "ChecklistItem": {"oneOf": [{"required": ["when"]}, {"required": ["attribute"]}]},
}


def schema() -> Schema:
    """The JSON Schema (draft 2020-12) of journey files; it is shipped beside this module.

    It tells the fields, their types and limits; what only the whole journey can tell is left to the checks.

    >>> schema()["$defs"]["Stage"]["required"]
    ['id']
    """
    kinds: dict[str, Schema] = {}
    lists = {name: _array({"$ref": _define(kind, kinds)}) for name, kind in LISTS.items()}
    head = _object(Definition, HEAD, kinds, _told(Journey))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:cjlib:journey:{FORMAT}",
        "title": "A customer journey",
        "type": "object",
        "properties": {"$schema": {}, "format": {"const": FORMAT}, "journey": head, **lists},
        "required": ["journey", "stages"],
        "additionalProperties": False,
        "$defs": dict(sorted(kinds.items())),
    }


def schema_text() -> str:
    """The file ``journey.schema.json`` as it is shipped."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _define(kind: type, kinds: dict[str, Schema]) -> str:
    """A reference to the definition of a class, which is made at its first use."""
    if kind.__name__ not in kinds:
        kinds[kind.__name__] = {}
        names = tuple(field.name for field in attrs.fields(kind))
        kinds[kind.__name__] = _object(kind, names, kinds, _told(kind))
    return f"#/$defs/{kind.__name__}"


def _object(kind: type, names: tuple[str, ...], kinds: dict[str, Schema], told: dict[str, str]) -> Schema:
    fields, hints = attrs.fields_dict(kind), field_types(kind)
    tag = getattr(kind, "kind", None) if "kind" not in fields else None
    properties: Schema = {"kind": {"const": tag}} if isinstance(tag, str) else {}
    required = list(properties)
    for name in names:
        described = {"description": told[name]} if name in told else {}
        key = written(kind, name)
        properties[key] = (
            described | _value(hints[name], fields[name].validator, kinds) | _default(fields[name])
        )
        if fields[name].default is attrs.NOTHING:
            required.append(key)
    found: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    if required:
        found["required"] = required
    return {"description": _summary(kind), **found, **_TOGETHER.get(kind.__name__, {})}


def _default(field: attrs.Attribute[Any]) -> Schema:
    default = field.default
    is_plain = isinstance(default, (str, bool, int, float)) and default != ""
    return {"default": default} if is_plain else {}


def _value(hint: Any, validator: Any, kinds: dict[str, Schema]) -> Schema:
    """The schema of a type, narrowed by what its validator says."""
    inner = getattr(validator, "inner", None)
    if get_origin(hint) in (Union, types.UnionType):
        members = [member for member in get_args(hint) if member is not type(None)]
        if len(members) == 1:
            return _value(members[0], inner or validator, kinds)
        return {"oneOf": [{"$ref": _define(member, kinds)} for member in members]}
    if get_origin(hint) is tuple:
        return _tuple(get_args(hint), inner, kinds)
    if attrs.has(hint) and hint is not Criterion:
        return {"$ref": _define(hint, kinds)}
    return _TYPES[hint] | _narrowed(validator)


def _narrowed(validator: Any) -> Schema:
    found: Schema = dict(_TEXTS.get(validator, {}))
    if options := getattr(validator, "options", None):
        found["enum"] = list(options)
    for limit in ("minimum", "maximum"):
        if hasattr(validator, limit):
            found[limit] = getattr(validator, limit)
    return found


def _tuple(members: tuple[Any, ...], validator: Any, kinds: dict[str, Schema]) -> Schema:
    if members[-1] is not Ellipsis:
        rows = [_value(member, validator, kinds) for member in members]
        return {"type": "array", "prefixItems": rows, "items": False, "minItems": len(rows)}
    member = members[0]
    if get_origin(member) is tuple and get_args(member)[0] is str:
        return {"type": "object", "additionalProperties": _value(get_args(member)[1], validator, kinds)}
    found = _array(_value(member, validator, kinds))
    return found | {"uniqueItems": True} if validator is not None and member is str else found


def _array(items: Schema) -> Schema:
    return {"type": "array", "items": items, "maxItems": f.MOST_MEMBERS}


def _summary(kind: type) -> str:
    return (kind.__doc__ or "").strip().partition("\n")[0]


def _told(kind: type) -> dict[str, str]:
    """What the docstring says about each field, without its mark-up."""
    section = re.search(r"\n    (?:Attributes|Args):\n(.*?)(?:\n\n|\Z)", kind.__doc__ or "", re.DOTALL)
    entries = re.split(r"\n {8}(?=\w+: )", "\n" + section[1]) if section else []
    pairs = (re.sub(r"\s+", " ", entry).strip().partition(": ") for entry in entries if entry.strip())
    return {name: re.sub(r"``|:\w+:`~?|`|<[^>]*>", "", text) for name, _, text in pairs}


if __name__ == "__main__":
    print(schema_text(), end="")
