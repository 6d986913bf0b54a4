"""What changed between two journeys, and what of it changes behaviour."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Literal

import attrs

from ..criteria import Criterion
from ..criteria._literals import duration_text
from ..errors import UsageError
from ._definition import HEAD, LISTS
from ._elements import Aim, Handoff, Touchpoint, Transition
from ._fields import shown
from ._journey import Journey
from ._plain import written
from .curves import CURVES

__all__ = ["Change", "Diff", "diff"]

Kind = Literal["added", "removed", "changed", "moved"]
Effect = Literal["replay", "judgement", "documentation"]

# Fields that are not named here are documentation.
_REPLAY = {
    "Journey": {"initial", "start"},
    "Stage": {"id", "limit"},
    "Touchpoint": {"stages", "activities"},
    "Transition": {"source", "target", "when", "priority"},
    "Handoff": {"deadline"},
    "ChecklistItem": {"id", "when", "attribute", "required"},
    "Milestone": {"id", "when"},
    "Signal": {"id", "when", "stages", "response", "within"},
    "Attribute": {"type"},
}
_JUDGEMENT = {
    "Stage": {"kind", "target", "scorecard", "weights"},
    "Touchpoint": {"after", "channel", "mode", "personas", "moment_of_truth", "metrics", "effort", "share"},
    "Transition": {"kind", "reason", "imposed"},
    "Signal": {"severity"},
    "Attribute": {"unit", "options"},
    "Persona": {"id", "when", "ideal", "triggers", "channels", "targets", "weights"},
    "Aim": {"metric", "value", "by"},
}
_ALL_JUDGEMENT = ("Metric", "Scorecard", "Group", "Measure", "Bands", *(kind.__name__ for kind in CURVES))
_WORDS = ("label", "description")
_ORDERED = {"transitions": "replay", "personas": "judgement"}


@attrs.frozen
class Change:
    """One thing that changed.

    Attributes:
        kind: ``added``, ``removed``, ``changed``, or ``moved`` where the order matters.
        place: where it stands, such as ``stages[2] 'care'.limit``; for what was removed, where it stood.
        before: the value before, None for what was added.
        after: the value after, None for what was removed.
        effect: ``replay`` (customers may stand elsewhere, or milestones, signals, handoffs and breaches
            differ), ``judgement`` (what happened is the same, but measured or judged otherwise) or
            ``documentation``.
    """

    kind: Kind
    place: str
    before: object = attrs.field(kw_only=True, default=None)
    after: object = attrs.field(kw_only=True, default=None)
    effect: Effect = attrs.field(kw_only=True, default="documentation")

    @property
    def behaviour(self) -> bool:
        """Whether any answer may differ: everything but documentation."""
        return self.effect != "documentation"

    def __str__(self) -> str:
        values = f": {_text(self.before)} -> {_text(self.after)}" if self.kind == "changed" else ""
        return f"{self.kind} {self.place}{values} ({self.effect})"


@attrs.frozen
class Diff:
    """What changed between two journeys.

    Attributes:
        old: name and version of the one.
        new: name and version of the other.
        changes: in the order of the definition.
    """

    old: str
    new: str
    changes: tuple[Change, ...]

    @property
    def behaviour(self) -> tuple[Change, ...]:
        """The changes after which an answer may differ."""
        return tuple(change for change in self.changes if change.behaviour)

    @property
    def replay(self) -> tuple[Change, ...]:
        """The changes after which a replay may differ."""
        return tuple(change for change in self.changes if change.effect == "replay")

    def __bool__(self) -> bool:
        return bool(self.changes)

    def __str__(self) -> str:
        count, telling = len(self.changes), len(self.behaviour)
        title = f"{self.old} -> {self.new}: {count} change{'' if count == 1 else 's'}"
        return "\n".join([f"{title}, {telling} of behaviour", *(f"  {change}" for change in self.changes)])


def diff(old: Journey, new: Journey) -> Diff:
    """What changed from one journey to another.

    Elements are the same if they have the same id; transitions, if they have the same source and target.

    Args:
        old: the journey before.
        new: the journey after.

    Raises:
        UsageError: if one of them is no journey.

    >>> from cjlib import Journey, Stage
    >>> before = Journey("care", stages=[Stage("care", limit="30d")])
    >>> after = Journey("care", stages=[Stage("care", limit="45d", label="Care"), Stage("gone", kind="lost")])
    >>> print(diff(before, after))
    care 1 -> care 1: 3 changes, 2 of behaviour
      changed stages[0] 'care'.label: '' -> 'Care' (documentation)
      changed stages[0] 'care'.limit: 30d -> 45d (replay)
      added stages[1] 'gone' (replay)
    """
    for journey in (old, new):
        if not isinstance(journey, Journey):
            raise UsageError(f"two journeys are compared, not {shown(journey)}")
    changes = [change for field in HEAD for change in _field(old, new, field, "journey")]
    for field in LISTS:
        changes += _elements(getattr(old, field), getattr(new, field), field)
        if field in _ORDERED:
            changes += _moved(getattr(old, field), getattr(new, field), field)
    return Diff(str(old), str(new), tuple(changes))


def _effect(kind: str, field: str) -> Effect:
    if field in _REPLAY.get(kind, ()):
        return "replay"
    if field in _JUDGEMENT.get(kind, ()) or (kind in _ALL_JUDGEMENT and field not in _WORDS):
        return "judgement"
    return "documentation"


def _whole_effect(element: object) -> Effect:
    """What it means that an element is there or is not."""
    kind = type(element).__name__
    if isinstance(element, Handoff):
        return "replay" if element.checklist or element.deadline else "documentation"
    if isinstance(element, Touchpoint):
        return "replay" if element.activities else "judgement"
    if kind in _REPLAY and kind != "Attribute":
        return "replay"
    return "judgement" if kind in _JUDGEMENT or kind in _ALL_JUDGEMENT else "documentation"


def _field(old: Any, new: Any, field: str, place: str) -> Iterator[Change]:
    """The changes of one field of two elements."""
    before, after = getattr(old, field), getattr(new, field)
    where = f"{place}.{written(type(new), field)}"
    if before == after:
        return
    if _are_elements(before) and _are_elements(after):
        yield from _elements(before, after, where)
    elif _is_element(before) and type(before) is type(after):
        yield from _inside(before, after, where)
    elif before is None and _is_element(after):
        yield Change("added", where, after=after, effect=_whole_effect(after))
    elif after is None and _is_element(before):
        yield Change("removed", where, before=before, effect=_whole_effect(before))
    else:
        effect = _effect(type(new).__name__, field)
        yield Change("changed", where, before=before, after=after, effect=effect)


def _is_element(value: object) -> bool:
    return attrs.has(type(value)) and not isinstance(value, Criterion)


def _inside(old: Any, new: Any, place: str) -> Iterator[Change]:
    for field in attrs.fields(type(new)):
        yield from _field(old, new, field.name, place)


def _are_elements(value: object) -> bool:
    return isinstance(value, tuple) and all(map(_is_element, value))


def _elements(old: Sequence[Any], new: Sequence[Any], place: str) -> Iterator[Change]:
    """The changes of a list of elements."""
    before, after = _keyed(old), _keyed(new)
    for key, (position, element) in after.items():
        where = f"{place}[{position}]{_label(element)}"
        if key in before:
            yield from _inside(before[key][1], element, where)
        else:
            yield Change("added", where, after=element, effect=_whole_effect(element))
    for key, (position, element) in before.items():
        if key not in after:
            where = f"{place}[{position}]{_label(element)}"
            yield Change("removed", where, before=element, effect=_whole_effect(element))


def _keyed(elements: Sequence[Any]) -> Mapping[object, tuple[int, Any]]:
    """Elements with their positions by what makes them the same; the n-th of a kind is its own."""
    found: dict[object, tuple[int, Any]] = {}
    for position, element in enumerate(elements):
        key = _identity(element)
        number = 0
        while (key, number) in found:
            number += 1
        found[key, number] = (position, element)
    return found


def _identity(element: Any) -> object:
    if isinstance(element, Transition):
        return element.source, element.target
    if isinstance(element, Aim):
        return element.metric
    return getattr(element, "id", element)


def _label(element: Any) -> str:
    if isinstance(element, Transition):
        return f" '{element.source} -> {element.target}'"
    return f" {element.id!r}" if hasattr(element, "id") else ""


def _moved(old: Sequence[Any], new: Sequence[Any], place: str) -> Iterator[Change]:
    """That what both have stands in another order, where the order decides."""
    before, after = _keyed(old), _keyed(new)
    groups = {getattr(element, "source", "") for element in new}
    for group in sorted(groups):
        order = [key for key in before if key in after and getattr(before[key][1], "source", "") == group]
        now = [key for key in after if key in before and getattr(after[key][1], "source", "") == group]
        if order != now:
            from_stage = f" of {group!r}" if group else ""
            effect: Any = _ORDERED[place]
            yield Change("moved", f"{place}{from_stage}", before=order, after=now, effect=effect)


def _text(value: object) -> str:
    if isinstance(value, timedelta):
        return duration_text(value)
    if isinstance(value, Criterion):
        text = str(value)
        return text if len(text) <= 200 else text[:197] + "..."
    return shown(value)
