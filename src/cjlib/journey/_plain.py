"""Values to plain data and back: nothing lost, and every problem told with its path."""

from __future__ import annotations

import json
import types
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import cache
from itertools import islice
from typing import Any, Union, get_args, get_origin, get_type_hints

import attrs
import cattrs
from cattrs.gen import make_dict_structure_fn, override

from ..criteria import Criterion
from ..criteria._literals import duration_text
from ..errors import MOST_PROBLEMS, DefinitionError, Problem, did_you_mean
from . import _fields as f

__all__ = ["canonical_json", "field_types", "iso", "plain", "structure", "written"]

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


def iso(value: object) -> str:
    """How JSON tells a day, the one plain value that it does not know."""
    assert isinstance(value, date)
    return value.isoformat()


def canonical_json(data: Mapping[str, Any]) -> str:
    """One line of ASCII that is the same for the same data."""
    return json.dumps(data, default=iso, allow_nan=False, sort_keys=True, separators=(",", ":"))


class _Mismatch(Exception):
    """A value of the wrong kind, told in words."""


def structure(data: object, kind: type, place: str = "") -> tuple[Any, list[Problem]]:
    """The value of that class that plain data says, and all problems (the first 500) if it cannot be made.

    Args:
        data: mappings, lists, text, numbers, truth values and dates, as read from a document.
        kind: the class.
        place: where the data stands in the document.
    """
    try:
        return _converter().structure(data, kind), []
    except Exception as error:
        found = list(islice(_problems(error, place), MOST_PROBLEMS))
        if not found:
            raise
        return None, found


@cache
def _converter() -> cattrs.Converter:
    converter = cattrs.Converter(forbid_extra_keys=True, detailed_validation=True)
    converter.register_structure_hook_factory(attrs.has, lambda kind: _class_hook(kind, converter))
    converter.register_structure_hook_factory(_is_tuple, lambda kind: _tuple_hook(kind, converter))
    converter.register_structure_hook_factory(_is_union, lambda kind: _union_hook(kind, converter))
    for kind, hook in _LEAVES.items():
        converter.register_structure_hook(kind, hook)
    return converter


def _is_tuple(kind: Any) -> bool:
    return get_origin(kind) is tuple


def _is_union(kind: Any) -> bool:
    return get_origin(kind) in (Union, types.UnionType)


def _class_hook(kind: type, converter: cattrs.Converter) -> Callable[[Any, Any], Any]:
    overrides: dict[str, Any] = {
        field.name: override(
            rename=written(kind, field.name), struct_hook=_field_hook(field, hint, converter)
        )
        for field, hint in zip(attrs.fields(kind), field_types(kind).values(), strict=True)
    }
    fields: Callable[..., Any] = make_dict_structure_fn(
        kind,
        converter,
        _cattrs_forbid_extra_keys=True,
        _cattrs_detailed_validation=True,
        **overrides,
    )
    tag = getattr(kind, "kind", None) if "kind" not in overrides else None

    def hook(data: Any, _: Any) -> Any:
        if not isinstance(data, Mapping):
            raise _Mismatch(f"a table was expected, not {f.shown(data)}")
        without_tag = {key: data[key] for key in data if key != "kind"} if isinstance(tag, str) else data
        return fields(without_tag, kind)

    return hook


def _field_hook(
    field: attrs.Attribute[Any], hint: Any, converter: cattrs.Converter
) -> Callable[[Any, Any], Any]:
    convert: Any = field.converter

    def hook(data: Any, _: Any) -> Any:
        value = converter.structure(data, hint)
        if convert is not None:
            value = convert(value)
        if field.validator is not None:
            field.validator(None, field, value)
        return value

    return hook


def _tuple_hook(kind: Any, converter: cattrs.Converter) -> Callable[[Any, Any], Any]:
    arguments = get_args(kind)
    if arguments[-1] is not Ellipsis:
        return _row_hook(arguments, converter)
    member = arguments[0]
    if _is_named_pair(member):
        return _mapping_hook(get_args(member)[1], converter)
    each = converter.get_structure_hook(list[member])  # type: ignore[valid-type]

    def hook(data: Any, _: Any) -> Any:
        if not isinstance(data, list):
            raise _Mismatch(f"a list was expected, not {f.shown(data)}")
        if len(data) > f.MOST_MEMBERS:
            raise _Mismatch(f"more than {f.MOST_MEMBERS:,} entries")
        return tuple(each(data, list[member]))  # type: ignore[valid-type]

    return hook


def _is_named_pair(kind: Any) -> bool:
    return _is_tuple(kind) and len(get_args(kind)) == 2 and get_args(kind)[0] is str


def _mapping_hook(member: Any, converter: cattrs.Converter) -> Callable[[Any, Any], Any]:
    def hook(data: Any, _: Any) -> Any:
        if not isinstance(data, Mapping):
            raise _Mismatch(f"a table from names to values was expected, not {f.shown(data)}")
        return tuple(converter.structure(dict(data), dict[str, member]).items())

    return hook


def _row_hook(members: tuple[Any, ...], converter: cattrs.Converter) -> Callable[[Any, Any], Any]:
    def hook(data: Any, _: Any) -> Any:
        if not isinstance(data, list) or len(data) != len(members):
            raise _Mismatch(f"a list of {len(members)} was expected, not {f.shown(data)}")
        return tuple(converter.structure(entry, kind) for entry, kind in zip(data, members, strict=True))

    return hook


def _union_hook(union: Any, converter: cattrs.Converter) -> Callable[[Any, Any], Any]:
    members = [member for member in get_args(union) if member is not type(None)]
    if len(members) == 1:
        return lambda data, _: converter.structure(data, members[0])
    tagged = {member.kind: member for member in members}

    def hook(data: Any, _: Any) -> Any:
        if not isinstance(data, Mapping):
            raise _Mismatch(f"a table with its kind was expected, not {f.shown(data)}")
        tag = data.get("kind")
        if not isinstance(tag, str) or tag not in tagged:
            hint = did_you_mean(tag, tagged) if isinstance(tag, str) else ""
            raise _Mismatch(f"kind is one of {', '.join(tagged)}, not {f.shown(tag)}{hint}")
        return converter.structure(data, tagged[tag])

    return hook


def _text(data: Any, _: Any) -> str:
    if not isinstance(data, str):
        hint = "; put it in quotes" if isinstance(data, (int, float)) else ""
        raise _Mismatch(f"text was expected, not {_spelled(data)}{hint}")
    return str(data)


def _truth(data: Any, _: Any) -> bool:
    if not isinstance(data, bool):
        raise _Mismatch(f"true or false was expected, not {_spelled(data)}")
    return data


def _whole(data: Any, _: Any) -> int:
    is_whole = isinstance(data, int) or (isinstance(data, float) and data.is_integer())
    if isinstance(data, bool) or not is_whole:
        raise _Mismatch(f"a whole number was expected, not {_spelled(data)}")
    return int(data)


def _number(data: Any, _: Any) -> float:
    if isinstance(data, bool) or not isinstance(data, (int, float)):
        raise _Mismatch(f"a number was expected, not {_spelled(data)}")
    return data


def _day(data: Any, _: Any) -> Any:
    if isinstance(data, datetime) or not isinstance(data, (date, str)):
        raise _Mismatch(f"a day was expected, such as 2026-11-30, not {_spelled(data)}")
    return data


def _duration(data: Any, _: Any) -> Any:
    if not isinstance(data, str):
        raise _Mismatch(f'a duration in quotes was expected, such as "30d", not {_spelled(data)}')
    return data


def _criterion(data: Any, _: Any) -> Any:
    if not isinstance(data, str):
        raise _Mismatch(f"the text of a criterion was expected, not {_spelled(data)}")
    return data


def _spelled(data: Any) -> str:
    if data is None:
        return "null; leave the field out instead"
    return str(data).lower() if isinstance(data, bool) else f.shown(data)


_LEAVES: dict[Any, Callable[[Any, Any], Any]] = {
    str: _text,
    bool: _truth,
    int: _whole,
    float: _number,
    date: _day,
    timedelta: _duration,
    Criterion: _criterion,
}


def _problems(error: BaseException, place: str) -> Iterator[Problem]:
    if isinstance(error, cattrs.BaseValidationError):
        for inner in error.exceptions:
            yield from _problems(inner, place + _step(inner, error.cl))
    elif isinstance(error, DefinitionError):
        yield from _told(error, place)
    elif isinstance(error, cattrs.ForbiddenExtraKeysError):
        yield from _extra(error, place)
    elif isinstance(error, _Mismatch):
        yield Problem("CJ011", "error", place, str(error))
    elif isinstance(error, KeyError):
        yield Problem("CJ012", "error", _parent(place), f"{error.args[0]!r} is missing")


def _step(error: BaseException, kind: Any) -> str:
    for note in getattr(error, "__notes__", ()):
        if isinstance(note, cattrs.AttributeValidationNote):
            return f".{written(kind, note.name)}"
        if isinstance(note, cattrs.IterableValidationNote):
            return f"[{note.index!r}]"
    return ""


def _parent(place: str) -> str:
    return place.rpartition(".")[0]


def _told(error: DefinitionError, place: str) -> Iterator[Problem]:
    last = place.rpartition(".")[2].partition("[")[0]
    for problem in error.problems:
        inner = "" if problem.place == last else problem.place
        yield attrs.evolve(problem, place=f"{place}.{inner}".strip(".") if inner else place)
    if not error.problems:
        yield Problem("CJ005", "error", place, str(error))


def _extra(error: cattrs.ForbiddenExtraKeysError, place: str) -> Iterator[Problem]:
    known = [written(error.cl, field.name) for field in attrs.fields(error.cl)] if error.cl else []
    for key in sorted(error.extra_fields, key=str):
        yield Problem("CJ010", "error", place, f"unknown field {f.shown(key)}{did_you_mean(key, known)}")
