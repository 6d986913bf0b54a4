"""What is new since hooks were last told, and what no longer holds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import attrs
import numpy as np

from ._records import Breached, MilestoneReached, Raised, Record, Revised, Transitioned
from ._standing import Fact

__all__ = ["NOTHING", "Telling", "read_told", "record_of", "telling", "write_told"]


NOTHING = "[]\n[]"
"""Told of whom hooks were told nothing."""


@attrs.frozen
class Telling:
    """What hooks are to be told of one customer.

    Attributes:
        records: in order, with their keys.
        told: every fact that holds now and the number of the record that told it, as `write_told` writes it.
        number: of the next record.
    """

    records: tuple[Record, ...]
    told: str
    number: int


def write_told(told: Iterable[tuple[int, Fact]]) -> str:
    """Facts that were told, and the number of the record that told each, as text."""
    pairs = list(told)
    numbers, facts = [number for number, _ in pairs], [fact for _, fact in pairs]
    return f"{json.dumps(numbers)}\n{json.dumps(facts)}"


def read_told(text: str) -> list[tuple[int, Fact]]:
    """What `write_told` wrote."""
    numbers, _, facts = text.partition("\n")
    return [
        (number, tuple(fact)) for number, fact in zip(json.loads(numbers), json.loads(facts), strict=True)
    ]


def telling(
    customer: Any,
    told: str,
    facts: Sequence[Fact],
    *,
    end: int | None,
    number: int,
    key: Callable[[int], str],
    is_heard: bool = True,
) -> Telling:
    """Compare what was told with what holds.

    Args:
        customer: the id.
        told: facts that were told before, as `write_told` writes them.
        facts: what holds now, in order.
        end: as of when the former was told; None if nothing was.
        number: of the next record.
        key: the key of a record, by its number.
        is_heard: whether there is any hook; without one, records get their numbers all the same.
    """
    numbers, _, before = told.partition("\n")
    now = json.dumps(facts)
    if now == before:
        return Telling((), told, number)
    if before == "[]" or now.startswith(f"{before[:-1]}, "):
        # Nearly always, something was added at the end: reading what was told would take the most time here.
        known = numbers.count(",") + 1 if before != "[]" else 0
        added = facts[known:]
        if end is None or added[0][1] >= end:
            fresh = range(number, number + len(added))
            pairs = zip(fresh, added, strict=True) if is_heard else ()
            records = [record_of(fact, customer, key(n)) for n, fact in pairs]
            listed = ", ".join(map(str, fresh))
            numbers = f"{numbers[:-1]}, {listed}]" if known else f"[{listed}]"
            return Telling(tuple(records), f"{numbers}\n{now}", number + len(added))
    return _revised(customer, read_told(told), facts, end, number, key)


def _revised(
    customer: Any,
    told: list[tuple[int, Fact]],
    facts: Sequence[Fact],
    end: int | None,
    number: int,
    key: Callable[[int], str],
) -> Telling:
    """The same where the past may be another one than was told."""
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
    holds = write_told([(numbers[_told_as(fact)], fact) for fact in facts])
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
