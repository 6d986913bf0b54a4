"""What people decided about a customer's score: who, why, and until when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from ...data._tables import Table
from ...data._times import NAT, to_us
from ...errors import DataError, UsageError
from ...journey._scorecards import Scorecard

if TYPE_CHECKING:
    from ...snapshots import Snapshot

__all__ = ["InForce", "Override", "checked_overrides", "in_force", "override_table"]

NUMBERS = ("value", "minimum", "maximum")


@attrs.frozen(kw_only=True)
class Override:
    """What somebody decided about one customer's score, from ``start`` until ``end``.

    With ``measure`` it speaks of that measure's score (in a sum: its points); without any number it then
    waives the measure: it is left out, and the others share its weight.

    Attributes:
        customer: whose score it is.
        author: who answers for it.
        reason: why.
        start: from when it is in force.
        end: until when, not included; None for ever.
        measure: the id of a measure; unsaid, the whole score.
        value: what the score is.
        minimum: the score never counts for less.
        maximum: the score never counts for more.

    Raises:
        UsageError: if author or reason is empty, or the fields don't go together.
        DataError: if it ends before it starts.

    >>> escalated = Override(customer="acme", maximum=40, author="Ada", reason="open escalation",
    ...                      start="2026-03-01", end="2026-04-01")
    >>> no_survey = Override(customer="acme", measure="nps", author="Ada", reason="asked not to be surveyed",
    ...                      start="2026-01-01")
    """

    customer: Any
    author: str
    reason: str
    start: Any
    end: Any = None
    measure: str | None = None
    value: float | None = None
    minimum: float | None = None
    maximum: float | None = None

    def __attrs_post_init__(self) -> None:
        whose = f"override for {self.customer!r:.80}"
        for name in ("author", "reason"):
            text = getattr(self, name)
            if not isinstance(text, str) or not text.strip():
                raise UsageError(f"{whose}: {name} must be text, not {text!r:.80}")
        if self.customer is None or isinstance(self.customer, (list, dict, set)):
            raise UsageError(f"override: customer is one id, not {self.customer!r:.80}")
        if self.start is None:
            raise UsageError(f"{whose}: a time was expected as start, not None")
        said = [name for name in NUMBERS if getattr(self, name) is not None]
        for name in said:
            number = getattr(self, name)
            if isinstance(number, bool) or not isinstance(number, (int, float)) or not np.isfinite(number):
                raise UsageError(f"{whose}: {name} must be a finite number, not {number!r:.80}")
        if not said and self.measure is None:
            raise UsageError(f"{whose}: say value, minimum or maximum, or which measure is waived")
        if "value" in said and len(said) > 1:
            raise UsageError(f"{whose}: a value leaves nothing for minimum or maximum to decide")
        if len(said) == 2 and not self.minimum <= self.maximum:  # type: ignore[operator]
            raise UsageError(f"{whose}: the minimum {self.minimum} is above the maximum {self.maximum}")
        if self.end_us <= self.start_us:
            raise DataError(f"{whose} by {self.author!r:.80} ends before it starts")

    @property
    def waives(self) -> bool:
        """Whether it leaves a measure out."""
        return all(getattr(self, name) is None for name in NUMBERS)

    @property
    def start_us(self) -> int:
        """The start in microseconds since 1970, UTC."""
        return to_us(self.start)

    @property
    def end_us(self) -> int:
        """The end in microseconds since 1970, UTC; far in the future without one."""
        return np.iinfo(np.int64).max if self.end is None else to_us(self.end)

    def apply(self, score: float) -> float:
        """What becomes of a score; NaN, where nothing could be said, has no minimum and no maximum."""
        if self.value is not None:
            return float(self.value)
        score = score if self.minimum is None or not score < self.minimum else float(self.minimum)
        return score if self.maximum is None or not score > self.maximum else float(self.maximum)


InForce = Sequence[tuple[int, Override]]


def checked_overrides(card: Scorecard, overrides: Iterable[Override]) -> tuple[Override, ...]:
    """The overrides, if they fit the scorecard.

    Raises:
        UsageError: if something is no override, or a number lies outside the scale.
        UnknownNameError: if there is no such measure.
    """
    if isinstance(overrides, Override):
        overrides = (overrides,)
    if not isinstance(overrides, Iterable):
        raise UsageError(f"overrides are a list of cjlib.Override, not {overrides!r:.80}")
    found = tuple(overrides)
    for override in found:
        if not isinstance(override, Override):
            raise UsageError(f"overrides are cjlib.Override values, not {override!r:.80}")
        low, high = card.scale
        if override.measure is not None:
            ends = card.measure(override.measure).curve.span(card.scale)
            low, high = min(low, *ends), max(high, *ends)
        for name in NUMBERS:
            number = getattr(override, name)
            if number is not None and not low <= number <= high:
                outside = f"{name} {number:g} lies outside the scale from {low:g} to {high:g}"
                raise UsageError(f"override for {override.customer!r:.80}: {outside}")
    return found


def in_force(overrides: Sequence[Override], snapshot: Snapshot) -> InForce:
    """Pairs of a row and an override that holds at its moment, by row; of several, the latest start is last.

    Raises:
        DataError: if the snapshot doesn't say of which moment its rows are.
    """
    return [
        (row, override) for row, override in _rows(overrides, snapshot) if _holds(override, snapshot, row)
    ]


def _rows(overrides: Sequence[Override], snapshot: Snapshot) -> Iterator[tuple[int, Override]]:
    """The rows of every customer of whom an override speaks."""
    if not overrides:
        return
    by_customer: dict[Any, list[Override]] = {}
    for override in sorted(overrides, key=lambda override: override.start_us):
        by_customer.setdefault(override.customer, []).append(override)
    ids = snapshot.ids.tolist()
    places = {place: by_customer[id] for place, id in enumerate(ids) if id in by_customer}
    if places:
        codes = snapshot.codes_of_customers
        for row in np.flatnonzero(np.isin(codes, list(places))).tolist():
            yield from ((row, override) for override in places[int(codes[row])])


def _holds(override: Override, snapshot: Snapshot, row: int) -> bool:
    moment = int(snapshot.moments.view(np.int64)[snapshot.numbers_of_moments[row]])
    if moment == NAT:
        raise DataError(
            "overrides hold from a time until another: say of which moment the snapshot is, as_of=..."
        )
    return override.start_us <= moment < override.end_us


def override_table(overrides: Sequence[Override], snapshot: Snapshot) -> Table:
    """One row per override: who decided what, and in how many rows of the snapshot it is in force."""
    counts = {id(override): 0 for override in overrides}
    for _, override in in_force(overrides, snapshot):
        counts[id(override)] += 1
    known = set(snapshot.ids[np.unique(snapshot.codes_of_customers)].tolist())
    moments = snapshot.moments.view(np.int64)
    status = []
    for override in overrides:
        if override.customer not in known:
            status.append("unknown customer")
        elif counts[id(override)]:
            status.append("in force")
        else:
            status.append("expired" if len(moments) and moments.max() >= override.end_us else "not yet")
    columns: dict[str, Any] = {
        "customer": _objects(override.customer for override in overrides),
        "measure": _objects(override.measure for override in overrides),
        **{name: np.array([_number(getattr(o, name)) for o in overrides], float) for name in NUMBERS},
        "author": _objects(override.author for override in overrides),
        "reason": _objects(override.reason for override in overrides),
        "start": np.array([override.start_us for override in overrides], np.int64).view("M8[us]"),
        "end": np.array([NAT if o.end is None else o.end_us for o in overrides], np.int64).view("M8[us]"),
        "status": _objects(status),
        "rows": np.array([counts[id(override)] for override in overrides], np.int64),
    }
    return Table(columns, name="overrides")


def _objects(values: Iterable[Any]) -> np.ndarray:
    entries = list(values)
    array = np.empty(len(entries), dtype=object)
    array[:] = entries
    return array


def _number(value: float | None) -> float:
    return np.nan if value is None else float(value)
