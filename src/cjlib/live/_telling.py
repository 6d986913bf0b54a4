"""What is new since hooks were last told, and what no longer holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import attrs
import numpy as np

from ._records import Breached, MilestoneReached, Raised, Record, Revised, Transitioned
from ._standing import Fact

__all__ = ["Telling", "record_of", "telling"]


@attrs.frozen
class Telling:
    """What hooks are to be told of one customer.

    Attributes:
        records: in order, with their keys.
        told: every fact that holds now, and the number of the record that told it.
        number: of the next record.
    """

    records: tuple[Record, ...]
    told: tuple[tuple[int, Fact], ...]
    number: int


def telling(
    customer: Any,
    told: Iterable[tuple[int, Fact]],
    facts: Sequence[Fact],
    *,
    end: int | None,
    number: int,
    key: Callable[[int], str],
) -> Telling:
    """Compare what was told with what holds.

    Args:
        customer: the id.
        told: facts that were told before, and the number of the record of each.
        facts: what holds now, in order.
        end: as of when the former was told; None if nothing was.
        number: of the next record.
        key: the key of a record, by its number.
    """
    before = {_told_as(fact): (told_by, fact) for told_by, fact in told}
    added = [fact for fact in facts if _told_as(fact) not in before]
    holding = {_told_as(fact) for fact in facts}
    withdrawn = [one for name, one in before.items() if name not in holding]
    late = {fact for fact in added if end is not None and fact[1] < end}
    is_revised = bool(withdrawn or late)
    first = number + is_revised
    numbers = {name: told_by for name, (told_by, _) in before.items()}
    numbers |= {_told_as(fact): first + place for place, fact in enumerate(added)}
    records: list[Record] = [record_of(fact, customer, key(numbers[_told_as(fact)])) for fact in added]
    if is_revised:
        at = min([fact[1] for _, fact in withdrawn] + [fact[1] for fact in late])
        revised = Revised(
            customer=customer,
            at=_moment(at),
            key=key(number),
            before=tuple([record_of(fact, customer, key(told_by)) for told_by, fact in withdrawn]),
            after=tuple([one for fact, one in zip(added, records, strict=True) if fact in late]),
        )
        records.insert(0, revised)
    holds = tuple([(numbers[_told_as(fact)], fact) for fact in facts])
    return Telling(tuple(records), holds, first + len(added))


def _told_as(fact: Fact) -> Fact:
    """What makes a fact the one that was told; the place of a way in the journey does not."""
    return fact[:4] if fact[0] == "transition" else fact


def record_of(fact: Fact, customer: Any, key: str = "") -> Record:
    """The fact as hooks are told it."""
    kind, moment, *rest = fact
    at = _moment(moment)
    if kind == "transition":
        source, target, via = rest
        return Transitioned(customer=customer, at=at, key=key, source=source, target=target, transition=via)
    if kind == "milestone":
        return MilestoneReached(customer=customer, at=at, key=key, milestone=rest[0])
    if kind == "signal":
        return Raised(customer=customer, at=at, key=key, signal=rest[0])
    what, place, started = rest
    return Breached(customer=customer, at=at, key=key, what=what, place=place, started=_moment(started))


def _moment(time: int) -> np.datetime64:
    return np.int64(time).view("datetime64[us]")  # type: ignore[no-any-return]
