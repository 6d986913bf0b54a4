"""Waivers: who let which checklist item pass, for whom, why, and for how long."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import attrs
import numpy as np

from ..data._times import to_us
from ..errors import DataError, UnknownNameError, UsageError
from ..journey._journey import Journey
from ._layout import NEVER, Ints

__all__ = ["Waiver"]


def _moment(value: object) -> int:
    return NEVER if value is None else to_us(value)


@attrs.frozen(kw_only=True)
class Waiver:
    """A checklist item that need not hold for one customer, start <= t < end.

    Attributes:
        customer: whose handoff it is.
        transition: the position of the transition in the journey, or its (source, target).
        item: the id of the checklist item.
        author: who answers for it.
        reason: why.
        start: from when it is in force.
        end: until when, not included; None for ever.

    >>> waiver = Waiver(customer="c1", transition=("sold", "onboarding"), item="sponsor", author="Ada",
    ...                 reason="sponsor on leave", start="2026-01-05", end="2026-02-01")
    """

    customer: Any
    transition: int | tuple[str, str]
    item: str
    author: str
    reason: str
    start: Any
    end: Any = None

    def __attrs_post_init__(self) -> None:
        for name in ("item", "author", "reason"):
            text = getattr(self, name)
            if not isinstance(text, str) or not text.strip():
                raise UsageError(f"waiver for {self.customer!r:.80}: {name} must be text, not {text!r:.80}")
        way = self.transition
        if isinstance(way, bool) or not isinstance(way, (int, tuple)):
            raise UsageError(f"waiver: transition is a position or (source, target), not {way!r:.80}")
        if self.customer is None or isinstance(self.customer, (list, dict, set)):
            raise UsageError(f"waiver: customer is one id, not {self.customer!r:.80}")
        if self.start is None:
            raise UsageError("waiver: a time was expected as start, not None")
        if self.end_us <= self.start_us:
            raise DataError(f"waiver of {self.item!r} for {self.customer!r:.80} ends before it starts")

    @property
    def start_us(self) -> int:
        """The start in microseconds since 1970, UTC."""
        return _moment(self.start)

    @property
    def end_us(self) -> int:
        """The end in microseconds since 1970, UTC."""
        return _moment(self.end)


def waiver_arrays(
    waivers: Iterable[Waiver] | None,
    journey: Journey,
    items: Sequence[tuple[int, int]],
    codes: dict[Any, int] | None,
    n_customers: int,
) -> tuple[Ints, Ints, int]:
    """The waivers customer by customer, and how many are for customers that nobody knows.

    Returns:
        Slices per customer, rows of (item, start, end), and the count of waivers left out.
    """
    rows = []
    left_out = 0
    if waivers is not None and not isinstance(waivers, Iterable):
        raise UsageError(f"waivers are cjlib.Waiver values, not {waivers!r:.80}")
    for waiver in waivers or ():
        if not isinstance(waiver, Waiver):
            raise UsageError(f"waivers are cjlib.Waiver values, not {type(waiver).__name__}")
        number = _item_number(waiver, journey, items)
        customer = (codes or {}).get(waiver.customer)
        if customer is None:
            left_out += 1
        else:
            rows.append((customer, number, waiver.start_us, waiver.end_us))
    rows.sort()
    table = np.array(rows, np.int64).reshape(-1, 4)
    slices = np.searchsorted(table[:, 0], np.arange(n_customers + 1)).astype(np.int64)
    return slices, np.ascontiguousarray(table[:, 1:]), left_out


def _item_number(waiver: Waiver, journey: Journey, items: Sequence[tuple[int, int]]) -> int:
    for position in _positions(waiver, journey):
        handoff = journey.transitions[position].handoff
        ids = [item.id for item in handoff.checklist] if handoff else []
        if waiver.item in ids:
            return items.index((position, ids.index(waiver.item)))
    known = [
        item.id
        for p in _positions(waiver, journey)
        if (h := journey.transitions[p].handoff)
        for item in h.checklist
    ]
    raise UnknownNameError(f"checklist item of transition {waiver.transition!r}", waiver.item, known)


def _positions(waiver: Waiver, journey: Journey) -> list[int]:
    if isinstance(waiver.transition, int):
        if not 0 <= waiver.transition < len(journey.transitions):
            raise UnknownNameError("transition", waiver.transition, range(len(journey.transitions)))
        return [waiver.transition]
    found = [n for n, t in enumerate(journey.transitions) if (t.source, t.target) == tuple(waiver.transition)]
    if not found:
        known = [(t.source, t.target) for t in journey.transitions]
        raise UnknownNameError("transition", tuple(waiver.transition), known)
    return found
