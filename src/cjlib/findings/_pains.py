"""Pains: on the map and seen, on the map only, seen only; with what customers say there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ..data import Coded, Table
from ..journey import Note
from ._contacts import Contacts
from ._contract import Finding, Place
from ._given import Given
from ._say import said

__all__ = ["Pains"]

Ints = NDArray[np.int64]

HURTS = frozenset({
    "bottleneck", "drop-off", "late handoff", "missing item", "regression", "loop", "repeat", "wait",
    "uneven duration", "uneven conversion", "uneven satisfaction", "felt worse", "misplaced contact",
    "repeated contact",
})  # fmt: skip  # kinds of findings that show a pain


@attrs.frozen(kw_only=True)
class Pains:
    """The pains that the map documents, held against what the other detectors found.

    * *pain seen*: noted at a stage or touchpoint at which something hurts;
    * *pain not seen*: noted where nothing was found; the note may be old, or the data blind to it;
    * *pain not noted*: something hurts at a stage or touchpoint where the map notes no pain.

    The evidence holds what customers said there in the ``text`` of their events: first what shares words with
    the note, then the unhappiest, then the latest.

    Attributes:
        quotes: how many of them.

    >>> sorted(Pains().needs)
    ['findings', 'log']
    """

    quotes: int = 5
    name: str = attrs.field(default="pains", init=False)
    needs: frozenset[str] = attrs.field(default=frozenset({"log", "findings"}), init=False)

    def detect(self, given: Given, /) -> Iterator[Finding]:
        """One finding per note of a pain, and per place that hurts without one."""
        contacts = Contacts.of(given)
        hurts = [one for one in given.findings if one.kind in HURTS]
        noted: set[tuple[str, str]] = set()
        for kind, id, note in _noted(given):
            noted.add((kind, id))
            here = [one for one in hurts if (kind, id) in _places(one) and _is_about(note, one)]
            place = Place(**{kind: id}, persona=note.persona, channel=note.channel)
            yield self._pain(contacts, "pain seen" if here else "pain not seen", place, here, note)
        for kind, id in dict.fromkeys(each for one in hurts for each in _places(one)):
            if (kind, id) not in noted:
                here = [one for one in hurts if (kind, id) in _places(one)]
                yield self._pain(contacts, "pain not noted", Place(**{kind: id}), here, None)

    def _pain(
        self, contacts: Contacts, kind: str, place: Place, here: list[Any], note: Note | None
    ) -> Finding:
        given = contacts.given
        who = given.who(_together(given, here)) if here else ()
        where = (place.touchpoint and given.journey.touchpoint(place.touchpoint).label) or (
            place.stage and given.journey.stage(place.stage).label
        )
        days = [one.days for one in here if one.days == one.days]
        return Finding(
            kind=kind,
            place=place,
            who=who,
            of=len(given.trace),
            days=max(days, default=np.nan),
            evidence=self._quotes(contacts, place, note),
            **said(kind, place=where or place.touchpoint or place.stage, note=note.text if note else "",
                   shown=", ".join(dict.fromkeys(one.kind for one in here)), count=len(who),
                   evidence=note.evidence if note else ""),
        )  # fmt: skip

    def _quotes(self, contacts: Contacts, place: Place, note: Note | None) -> Table:
        log, rows = contacts.log, _spoken(contacts, place)
        words = _words(note.text) if note else set()
        shared = np.array([len(words & _words(str(log.text[row]))) for row in rows[:1000]], np.int64)  # type: ignore[index]
        rows = rows[:1000][np.argsort(-shared, kind="stable")][: self.quotes]
        columns = {
            "customer": Coded(contacts.customer[rows], contacts.given.trace.ids),
            "time": log.time[rows].view("datetime64[us]"),
            "activity": Coded(log.activity[rows], log.activities),
            "text": _objects(str(log.text[row]) for row in rows),  # type: ignore[index]
            "row": log.row[rows],
        }
        return Table(columns, name="what customers say")


def _noted(given: Given) -> Iterator[tuple[str, str, Note]]:
    elements: Iterable[tuple[str, Any]] = [
        *(("stage", stage) for stage in given.journey.stages),
        *(("touchpoint", touchpoint) for touchpoint in given.journey.touchpoints),
    ]
    for kind, element in elements:
        yield from ((kind, element.id, note) for note in element.notes if note.kind == "pain")


def _places(finding: Any) -> set[tuple[str, str]]:
    """The stages and touchpoints that a finding is at; a transition's are the one that is left."""
    place = finding.place
    found = {("touchpoint", place.touchpoint)} if place.touchpoint else set()
    if place.stage and not place.touchpoint:
        found.add(("stage", place.stage))
    if place.transition:
        found.add(("stage", place.transition.split(" -> ")[0]))
    return found


def _is_about(note: Note, finding: Any) -> bool:
    """Whether a finding speaks of those of whom the note speaks."""
    return note.persona in (None, finding.place.persona) or finding.place.persona is None


def _together(given: Given, found: list[Any]) -> Any:
    is_one = np.zeros(len(given.trace.ids), bool)
    for one in found:
        is_one[one.who.codes if isinstance(one.who, Coded) else np.isin(given.trace.ids, one.customers)] = (
            True
        )
    return is_one


def _spoken(contacts: Contacts, place: Place) -> Ints:
    """The events with text at a place, the unhappiest first, then the latest."""
    log, journey = contacts.log, contacts.given.journey
    if log.text is None:
        return np.zeros(0, np.int64)
    if place.touchpoint is not None:
        here = contacts.touchpoint == [one.id for one in journey.touchpoints].index(place.touchpoint)
    else:
        here = contacts.stage == journey.stage_index[str(place.stage)]
    if place.channel in log.channels:
        here = here & (contacts.channel == log.channels.index(str(place.channel)))
    rows = np.flatnonzero(here)
    is_said = np.array([isinstance(text, str) and bool(text.strip()) for text in log.text[rows]], bool)
    rows = rows[is_said] if len(rows) else rows
    value = np.full(len(rows), np.nan) if log.value is None else log.value[rows]
    spoken: Ints = rows[np.lexsort((-log.time[rows], value))]  # NaN sorts last
    return spoken


def _objects(values: Iterable[str]) -> np.ndarray:
    return np.array([*values], dtype=object)


def _words(text: str) -> set[str]:
    """The words of a text that may tell what it is about."""
    return set(re.findall(r"\w{4,}", text.casefold()))
