"""Event logs in XES (IEEE 1849): traces and events, with entities and document types refused."""

from __future__ import annotations

from typing import Any
from xml.parsers import expat

from ...errors import DataError

__all__ = ["traces_of"]

VALUES = frozenset({"string", "date", "int", "float", "boolean", "id"})
DEEPEST = 50


class _Traces:
    """What expat tells, gathered: one record per event, with the attributes of its trace as ``case:…``."""

    def __init__(self, place: str) -> None:
        self.place = place
        self.records: list[dict[str, Any]] = []
        self.path: list[str] = []
        self.trace: dict[str, str] = {}
        self.event: dict[str, str] = {}

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition(":")[2]
        if len(self.path) > DEEPEST:
            raise DataError(f"{self.place}: the XML is nested more than {DEEPEST} deep")
        above = self.path[-1] if self.path else ""
        if tag == "trace":
            self.trace = {}
        elif tag == "event":
            self.event = {}
        elif tag in VALUES and "key" in attributes and above in ("trace", "event"):
            holder = self.event if above == "event" else self.trace
            prefix = "" if above == "event" else "case:"
            holder[prefix + attributes["key"]] = attributes.get("value", "")
        self.path.append(tag)

    def end(self, tag: str) -> None:
        if self.path.pop() == "event":
            self.records.append({**self.trace, **self.event})

    def refuse(self, *_: Any) -> None:
        raise DataError(f"{self.place}: document types and entities are not read; XES needs none")


def traces_of(content: bytes, place: str) -> list[dict[str, Any]]:
    """One record per event.

    Raises:
        DataError: if it is no XML, no XES, or declares a document type.
    """
    traces = _Traces(place)
    parser = expat.ParserCreate()
    parser.StartElementHandler = traces.start
    parser.EndElementHandler = traces.end
    parser.StartDoctypeDeclHandler = traces.refuse
    parser.EntityDeclHandler = traces.refuse
    try:
        parser.Parse(content, True)
    except (
        expat.ExpatError,
        LookupError,
        ValueError,
    ) as error:  # an unknown encoding
        raise DataError(f"{place}: the XML cannot be read: {error}") from error
    if not traces.records:
        raise DataError(f"{place}: there is no event of a trace in it; XES was expected")
    return traces.records
