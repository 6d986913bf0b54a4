"""What hooks are told: frozen records, each of one thing that happened to one customer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

import attrs
import numpy as np

from ._keys import from_key, to_key

__all__ = ["Breached", "MilestoneReached", "Raised", "Record", "Revised", "Scored", "Transitioned"]


@attrs.frozen(kw_only=True)
class Record:
    """One thing that happened to one customer.

    Attributes:
        customer: the id.
        at: when it happened, UTC; what a late event brings to light happened before it was told.
        key: the same at every delivery of the record and of no other one: whoever keeps the keys that have
            been dealt with deals with each record exactly once.
    """

    kind: ClassVar[str]
    customer: Any
    at: np.datetime64
    key: str = ""

    def to_json(self) -> str:
        """The record as one line of JSON, times in ISO 8601."""
        return json.dumps(_plain(self))


@attrs.frozen(kw_only=True)
class Transitioned(Record):
    """A customer moved from stage to stage.

    Attributes:
        source: the stage that was left.
        target: the stage that was entered.
        transition: the position of the transition in the journey.
    """

    kind: ClassVar[str] = "transitioned"
    source: str
    target: str
    transition: int


@attrs.frozen(kw_only=True)
class MilestoneReached(Record):
    """A milestone's criterion was true for the first time."""

    kind: ClassVar[str] = "milestone_reached"
    milestone: str


@attrs.frozen(kw_only=True)
class Raised(Record):
    """A signal was raised."""

    kind: ClassVar[str] = "raised"
    signal: str


@attrs.frozen(kw_only=True)
class Breached(Record):
    """Something was not done in time.

    Attributes:
        what: ``limit`` (of a stage), ``deadline`` (of a handoff) or ``answer`` (to a signal).
        place: the stage, the transition as ``source -> target``, or the signal.
        started: since when the time ran.
    """

    kind: ClassVar[str] = "breached"
    what: str
    place: str
    started: np.datetime64


@attrs.frozen(kw_only=True)
class Scored(Record):
    """A customer was scored.

    Attributes:
        scorer: the name of the scorer.
        value: the score; NaN where the scorer cannot say.
        band: the band, None without bands.
    """

    kind: ClassVar[str] = "scored"
    scorer: str
    value: float
    band: str | None = None


@attrs.frozen(kw_only=True)
class Revised(Record):
    """What was told of a customer's past is not so, or not all: an event came late, or the journey changed.

    Attributes:
        before: the records that no longer hold, with the keys under which they were told.
        after: the records that hold now and happened before what had been told; each of them is delivered by
            itself too.
    """

    kind: ClassVar[str] = "revised"
    before: tuple[Record, ...]
    after: tuple[Record, ...]


KINDS: Mapping[str, type[Record]] = {
    record.kind: record for record in (Transitioned, MilestoneReached, Raised, Breached, Scored, Revised)
}


def _plain(value: Any) -> Any:
    """Records as plain values; ids as they are where JSON has them, else as text."""
    if isinstance(value, Record):
        fields = {field.name: _plain(getattr(value, field.name)) for field in attrs.fields(type(value))}
        return {"kind": value.kind} | fields
    if isinstance(value, np.datetime64):
        return f"{value}Z"
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float):
        return None if np.isnan(value) else value
    return value if value is None or isinstance(value, (str, int)) else str(value)


def stored(record: Record) -> str:
    """The record as the outbox holds it."""
    return json.dumps(_packed(record))


def restored(text: str) -> Record:
    """The record that `stored` wrote."""
    return _unpacked(json.loads(text))


def _packed(record: Record) -> dict[str, Any]:
    packed: dict[str, Any] = {"kind": record.kind}
    for field in attrs.fields(type(record)):
        value = getattr(record, field.name)
        if field.name == "customer":
            value = to_key(value)
        elif isinstance(value, np.datetime64):
            value = int(value.astype(np.int64))
        elif isinstance(value, tuple):
            value = [_packed(one) for one in value]
        packed[field.name] = value
    return packed


def _unpacked(packed: dict[str, Any]) -> Record:
    kind = KINDS[packed.pop("kind")]
    packed["customer"] = from_key(packed["customer"])
    for name in ("at", "started"):
        if name in packed:
            packed[name] = np.int64(packed[name]).view("datetime64[us]")
    for name in ("before", "after"):
        if name in packed:
            packed[name] = tuple([_unpacked(one) for one in packed[name]])
    return kind(**packed)
