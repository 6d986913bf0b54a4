"""What the exports of a system call their fields, and what each is to us: tables, not code."""

from __future__ import annotations

import os
import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import attrs

from ...errors import DataError, UnknownNameError, UsageError

__all__ = [
    "Dialect",
    "Exported",
    "Field",
    "Overrides",
    "Role",
    "bare",
    "dialect_of",
    "overrides_of",
    "systems",
]

KINDS = ("text", "number", "boolean", "date", "set")
# What a field may be: how many words follow the verb, and how the report says it.
VERBS = {
    "customer": (0, "the customer"),
    "alias": (0, "another id of the customer or the row"),
    "named": (0, "the customer's name"),
    "id": (0, "the id of the row"),
    "key": (1, "the id of one of the {0}"),
    "link": (1, "link {0!r} to another customer"),
    "attribute": (1, "attribute {0!r}"),
    "at": (1, "time of {0!r}"),
    "time": (0, "the time"),
    "recorded": (0, "when it became known"),
    "activity": (0, "the activity"),
    "value": (0, "the value"),
    "text": (0, "the text"),
    "answer": (1, "value or text of {0!r}"),
    "event_id": (0, "the id of the event"),
    "channel": (0, "the channel"),
    "actor": (0, "the actor"),
    "stage": (0, "the recorded stage"),
    "since": (0, "the time of the recorded stage"),
    "entered": (0, "a recorded stage change"),
    "left": (0, "when a recorded stage was left"),
    "history": (0, "recorded stage changes"),
    "field": (0, "the field that changed"),
    "old": (0, "its value before"),
    "new": (0, "its value after"),
    "label": (0, "the label of a stage"),
    "flag": (0, ""),
    "ignore": (0, ""),
    "refuse": (0, ""),
}
NAMED = frozenset({"value", "text"})  # of which activity, if not of the row's own


@attrs.frozen
class Role:
    """What a field is: a verb, what it is about, the kind of value, and a unit or a reason."""

    verb: str
    name: str = ""
    kind: str = "text"
    more: str = ""

    def __str__(self) -> str:
        said = VERBS[self.verb][1].format(self.name)
        if self.verb in NAMED and self.name:
            said += f" of {self.name!r}"
        extra = ", ".join(filter(None, (self.kind if self.kind != "text" else "", self.more)))
        return f"{said} ({extra})" if extra and said else said


@attrs.frozen(kw_only=True)
class Field:
    """One field of an export: its names in every dialect, and its role."""

    names: tuple[str, ...]
    role: Role


@attrs.frozen(kw_only=True)
class Exported:
    """One kind of table that a system exports.

    Attributes:
        name: what it holds, such as ``companies``.
        is_customers: whether its rows are the customers.
        words: by which the names of its files are known.
        activity: of rows that say when, but not what.
        activities: what values of the activity field are called here.
        stages: the fields of a history that hold a stage.
        begins, ends: the activities or date attributes between which all else about a row should lie.
        guess: what unknown fields may be: ``attributes``, ``answers`` or nothing.
        fields: what is known of its fields.
    """

    name: str
    is_customers: bool = False
    words: tuple[str, ...] = ()
    activity: str = ""
    activities: Mapping[str, str] = attrs.field(factory=dict)
    stages: tuple[str, ...] = ()
    begins: str = ""
    ends: str = ""
    guess: str = ""
    fields: tuple[Field, ...] = ()

    def by_name(self) -> dict[str, Field]:
        """From every spelling of a plain name to the field; the first field of a name counts."""
        known: dict[str, Field] = {}
        for field in self.fields:
            for name in field.names:
                if "*" not in name:
                    known.setdefault(bare(name), field)
        return known

    def patterns(self) -> Iterator[tuple[re.Pattern[str], Field]]:
        """The names with a part that varies, such as ``hs_date_entered_*``."""
        for field in self.fields:
            for name in field.names:
                if "*" in name:
                    yield re.compile(re.escape(name).replace(r"\*", "(.+)"), re.IGNORECASE), field


@attrs.frozen(kw_only=True)
class Dialect:
    """All that is known about the exports of one system."""

    name: str
    wrappers: tuple[str, ...] = ()
    ids: str = ""
    objects: tuple[Exported, ...] = ()

    def exported(self, name: str) -> Exported:
        """The kind of table of that name.

        Raises:
            UnknownNameError: if there is none.
        """
        known = {one.name: one for one in self.objects}
        if name not in known:
            raise UnknownNameError(f"export of {self.name}", name, known)
        return known[name]


@attrs.frozen(kw_only=True)
class Overrides:
    """What the user says instead of the table.

    Attributes:
        files: from the paths of files to what they hold, or to ``ignore``.
        fields: per kind of table, from names of fields to roles.
        stages: from recorded stages to the names they are to have; an empty name leaves them out.
        allow: fields that betray the outcome and are wanted all the same.
    """

    files: Mapping[str, str] = attrs.field(factory=dict)
    fields: Mapping[str, Mapping[str, Role]] = attrs.field(factory=dict)
    stages: Mapping[str, str] = attrs.field(factory=dict)
    allow: tuple[str, ...] = ()


@lru_cache(maxsize=100_000)
def bare(name: str) -> str:
    """One form for all spellings: ``Create Date``, ``createdate``, ``CREATE_DATE``, ``Créate date``."""
    plain = "".join(
        sign for sign in unicodedata.normalize("NFKD", name[:500]) if not unicodedata.combining(sign)
    )
    return re.sub(r"[\W_]", "", plain.casefold()) or name.strip().casefold()


def systems() -> tuple[str, ...]:
    """The systems of which tables are there."""
    found = files(__package__).joinpath("tables").iterdir()
    return tuple(sorted(one.name.removesuffix(".toml") for one in found if one.name.endswith(".toml")))


@lru_cache(maxsize=64)
def dialect_of(name: str) -> Dialect:
    """The table of a system.

    Raises:
        UnknownNameError: if there is none.
    """
    if name not in systems():
        raise UnknownNameError("system", name, systems())
    read = tomllib.loads(files(__package__).joinpath("tables", f"{name}.toml").read_text("utf-8"))
    objects = tuple(_exported(key, value) for key, value in read["objects"].items())
    return Dialect(
        name=name, wrappers=tuple(read.get("wrappers", ())), ids=read.get("ids", ""), objects=objects
    )


def _exported(name: str, table: Mapping[str, Any]) -> Exported:
    plain = {key: value for key, value in table.items() if key not in ("fields", "words", "stages")}
    fields = []
    for key, value in table["fields"].items():
        role, *labels = [value] if isinstance(value, str) else value
        fields.append(Field(names=(key, *labels), role=role_of(role, f"{name}.{key}")))
    plain |= {key: tuple(table.get(key, ())) for key in ("words", "stages")}
    return Exported(name=name, fields=tuple(fields), **plain)


def role_of(text: str, place: str) -> Role:
    """The role that a text says, such as ``attribute seats number``.

    Raises:
        UnknownNameError: if there is no such role or kind.
        UsageError: if something is missing.
    """
    verb, *words = text.split()
    if verb not in VERBS:
        raise UnknownNameError(f"role of {place}", verb, VERBS)
    if verb in ("ignore", "refuse", "flag"):
        return Role(verb, more=" ".join(words))
    n_names = VERBS[verb][0]
    if len(words) < n_names:
        raise UsageError(f"{place}: {verb!r} needs a name after it, such as '{verb} seats'")
    if verb == "attribute":
        kind = words[1] if len(words) > 1 else "text"
        if kind not in KINDS:
            raise UnknownNameError(f"kind of attribute of {place}", kind, KINDS)
        return Role(verb, words[0], kind, " ".join(words[2:]))
    return Role(verb, words[0] if words else "", more=" ".join(words[1:]))


def overrides_of(given: object, dialect: Dialect) -> Overrides:
    """What the user says, from a TOML file, its text as a mapping, or nothing.

    Raises:
        DataError: if the file cannot be read.
        UsageError: if it has other parts than files, fields, stages and allow.
        UnknownNameError: if it names a kind of table or a role that does not exist.
    """
    if given is None:
        return Overrides()
    read = _read(given)
    for part in read:
        if part not in ("files", "fields", "stages", "allow"):
            raise UnknownNameError("part of the overrides", part, ("files", "fields", "stages", "allow"))
    for name in (*_texts(read, "files").values(), *_tables(read, "fields")):
        if name != "ignore":
            dialect.exported(name)
    allow = read.get("allow", [])
    if not isinstance(allow, list) or not all(isinstance(name, str) for name in allow):
        raise UsageError(f"overrides: allow is a list of names of fields, not {allow!r:.80}")
    return Overrides(
        files=_texts(read, "files"),
        fields={
            name: {field: role_of(role, f"{name}.{field}") for field, role in _texts(table, name).items()}
            for name, table in ((name, _tables(read, "fields")) for name in _tables(read, "fields"))
        },
        stages=_texts(read, "stages"),
        allow=tuple(allow),
    )


def _read(given: object) -> Mapping[str, Any]:
    if isinstance(given, Mapping):
        return given
    if not isinstance(given, (str, os.PathLike)):
        raise UsageError(f"overrides: a TOML file or a mapping was expected, not {given!r:.80}")
    try:
        return tomllib.loads(Path(given).expanduser().read_text("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"overrides {str(given)!r:.200}: {error}") from error


def _tables(read: Mapping[str, Any], part: str) -> Mapping[str, Any]:
    table = read.get(part, {})
    if not isinstance(table, Mapping):
        raise UsageError(f"overrides: {part!r} is a table, not {table!r:.80}")
    return table


def _texts(read: Mapping[str, Any], part: str) -> Mapping[str, str]:
    table = _tables(read, part)
    for key, value in table.items():
        if not isinstance(value, str) or (part != "stages" and not value.strip()):
            raise UsageError(f"overrides: {part}.{key} is a text, not {value!r:.80}")
    return table
