"""Taking a store to another version of its journey: looked at first, then wholly or not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import attrs
import numpy as np

from ..errors import CJError, DataError, UnknownNameError, UsageError, did_you_mean
from ..journey._files import dumps
from ..journey._journey import Journey
from ._keeping import needed_activities
from ._rows import Customer, Head, Rows
from ._settling import past_of, settle
from ._standing import Fact, standings
from ._telling import read_told, write_told
from ._tracker import Tracker

__all__ = ["Migration", "migrate"]

BLOCK = 2_000
KINDS = ("stages", "milestones", "signals")


@attrs.frozen(kw_only=True)
class Migration:
    """What a migration does, or would do.

    Attributes:
        is_done: whether it was done; False for a dry run.
        customers: how many customers there are.
        moves: how many customers stand in another stage, by the stage where they stood (by its new name) and
            the one where they stand; None for who has not begun.
        problems: why it cannot be done, one sentence each.
    """

    is_done: bool
    customers: int
    moves: Mapping[tuple[str | None, str | None], int]
    problems: tuple[str, ...]

    @property
    def n_moved(self) -> int:
        """How many customers stand elsewhere."""
        return sum(self.moves.values())

    def __str__(self) -> str:
        done = "moved" if self.is_done else "would move"
        lines = [f"{self.n_moved:,} of {self.customers:,} customers {done}"]
        lines += [f"  {source} -> {target}: {n:,}" for (source, target), n in self.moves.items()]
        return "\n".join([*lines, *(f"problem: {one}" for one in self.problems)])


def migrate(
    tracker: Tracker, journey: Journey, mapping: Mapping[str, str] | None = None, *, dry_run: bool = True
) -> Migration:
    """Take a tracker's store to another version of the journey.

    All customers are replayed under the new journey in one transaction; whoever records waits for it.
    Where the past is told differently, hooks are told so by `Revised` records. Afterwards the store is opened
    with the new journey; trackers of the old one refuse to record.

    Args:
        tracker: of the old journey.
        journey: the new one.
        mapping: of stages, milestones and signals that are called otherwise now: from old to new names.
        dry_run: only say what would happen.

    Returns:
        How many customers stand elsewhere under the new journey, and what speaks against it.

    Raises:
        DataError: if it is not a dry run and there are problems.

    >>> import cjlib as cj
    >>> old = cj.Journey("demo", stages=[cj.Stage("trial")])
    >>> new = cj.Journey("demo", stages=[cj.Stage("evaluation")])
    >>> tracker = cj.Tracker(old, store="sqlite://")
    >>> receipt = tracker.record({"customer": "a", "activity": "login", "time": "2026-01-03"})
    >>> print(cj.live.migrate(tracker, new, {"trial": "evaluation"}))
    0 of 1 customers would move
    """
    if not isinstance(tracker, Tracker) or not isinstance(journey, Journey):
        raise UsageError("migrate takes a cjlib.Tracker and the cjlib.Journey that it is to follow")
    names = dict(mapping or {})
    if dry_run:
        return tracker.read(lambda rows: _looked_at(rows, tracker, tracker.head(rows), journey, names))

    def change(rows: Rows) -> Migration:
        head = tracker.head(rows, lock="exclusive")
        report = _looked_at(rows, tracker, head, journey, names)
        if report.problems:
            raise DataError("the store cannot be taken to the new journey: " + "; ".join(report.problems))
        for some in _blocks(rows, lock=True):
            for one in some.values():
                one.told = write_told((n, _renamed(fact, names)) for n, fact in read_told(one.told))
                _rename_waivers(one, names)
            pages = rows.pages(sorted(some))
            settle(rows, journey, head, some, pages, {}, max_visits=tracker.max_visits)
        rows.set_head(journey=dumps(journey, format="json"), fingerprint=journey.fingerprint)
        return attrs.evolve(report, is_done=True)

    return tracker.write(change)


def _blocks(rows: Rows, *, lock: bool = False) -> Iterator[dict[str, Customer]]:
    """All customers, some at a time."""
    last = ""
    while some := rows.customers_after(last, BLOCK, lock=lock):
        yield some
        last = max(some)


def _looked_at(
    rows: Rows, tracker: Tracker, head: Head, journey: Journey, names: Mapping[str, str]
) -> Migration:
    problems = [*_unknown(tracker.journey, journey, names), *_dropped(head, journey)]
    moves: Counter[tuple[str | None, str | None]] = Counter()
    n = 0
    for some in _blocks(rows):
        n += len(some)
        for one in some.values():
            _rename_waivers(one, names)
        known = {key: one for key, one in some.items() if one.end(head.advanced) is not None}
        ends = np.array([one.end(head.advanced) for one in known.values()], np.int64)
        try:
            past = past_of(journey, head, known, rows.pages(sorted(known)), by_key=True)
            found = standings(journey, past, ends, tracker.max_visits) if known else []
        except CJError as error:  # what the new journey makes of them, not what the store does
            problems.append(str(error))
            break
        for one, standing in zip(known.values(), found, strict=True):
            stood = None if one.stage is None else names.get(one.stage, one.stage)
            if stood != standing.stage:
                moves[stood, standing.stage] += 1
    return Migration(is_done=False, customers=n, moves=dict(moves), problems=tuple(problems))


def _unknown(old: Journey, new: Journey, names: Mapping[str, str]) -> Iterator[str]:
    """What the mapping names and is not there."""
    for kind in KINDS:
        before = {one.id for one in getattr(old, kind)}
        after = {one.id for one in getattr(new, kind)}
        for name in sorted(before):
            if name in names and names[name] not in after:
                hint = did_you_mean(names[name], sorted(after))
                yield f"the new journey has no {kind[:-1]} {names[name]!r}, as {name!r} is to be called{hint}"
    known = {one.id for kind in KINDS for one in getattr(old, kind)}
    for name in names:
        if name not in known:
            error = UnknownNameError("stage, milestone or signal of the old journey", name, sorted(known))
            yield str(error)


def _dropped(head: Head, journey: Journey) -> Iterator[str]:
    """What the new journey mentions and was not kept."""
    needed = needed_activities(journey)
    gone = [name for name in head.dropped if needed is None or name in needed]
    if gone:
        yield (
            f"old events of {', '.join(map(repr, gone[:20]))} were dropped by compact, "
            "and the new journey mentions them"
        )


def _renamed(fact: Fact, names: Mapping[str, str]) -> Fact:
    """What was told, by its new names."""
    kind, time, *rest = fact
    new: list[Any] = [names.get(one, one) if isinstance(one, str) else one for one in rest]
    if kind == "breach":
        new[0] = rest[0]  # limit, deadline or answer
        new[1] = " -> ".join(names.get(part, part) for part in rest[1].split(" -> "))
    return (kind, time, *new)


def _rename_waivers(customer: Customer, names: Mapping[str, str]) -> None:
    for waiver in customer.waivers:
        if isinstance(waiver[0], list):
            waiver[0] = [names.get(stage, stage) for stage in waiver[0]]
