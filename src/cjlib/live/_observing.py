"""The records of a whole trace or of scores, and hooks that are told them in batch code."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..data._tables import Table
from ..errors import UsageError
from ..scoring import Scores
from ..trace import Trace
from ._hooks import Webhook
from ._records import Record, Scored
from ._standing import KINDS, Fact
from ._telling import record_of

__all__ = ["observe", "records"]


def records(told: Trace | Scores) -> Iterator[Record]:
    """What a tracker would have told of a trace, in order of time; or one record for each score.

    Keys are the same whenever the same journey is replayed on the same data.
    """
    if isinstance(told, Scores):
        yield from _of_scores(told)
    elif isinstance(told, Trace):
        for number, (customer, fact) in enumerate(_facts(told)):
            yield record_of(fact, customer, f"{told.fingerprint[:32]}-{number}")
    else:
        raise UsageError(f"a cjlib.Trace or cjlib.Scores can be told, not {type(told).__name__}")


def _of_scores(scores: Scores) -> Iterator[Record]:
    if scores.as_of is None:
        raise UsageError("scores without as_of speak of no moment, so they cannot be told")
    labels = [*scores.band_labels, None]
    codes = np.full(len(scores.values), -1) if scores.band_codes is None else scores.band_codes
    name = scores.scorer if isinstance(scores.scorer, str) else type(scores.scorer).__name__
    rows = zip(scores.customers.tolist(), scores.as_of, scores.values.tolist(), codes.tolist(), strict=True)
    for customer, at, value, code in rows:
        at = at.astype("datetime64[us]")
        key = f"{name}-{customer}-{at}"
        yield Scored(customer=customer, at=at, key=key, scorer=name, value=value, band=labels[code])


def _facts(trace: Trace) -> list[tuple[Any, Fact]]:
    """Every fact of the trace and whose it is, by time, then customer."""
    facts: list[tuple[Any, Fact]] = []
    ways = trace.journey.transitions
    for who, left, via in _rows(trace.visits, "customer", "left", "via"):
        if via >= 0:
            facts.append((who, ("transition", left, ways[via].source, ways[via].target, via)))
    for who, name, time in _rows(trace.milestones, "customer", "milestone", "time"):
        facts.append((who, ("milestone", time, name)))
    for who, name, raised in _rows(trace.signals, "customer", "signal", "raised"):
        facts.append((who, ("signal", raised, name)))
    for who, kind, place, started, at in _rows(trace.breaches, "customer", "kind", "place", "started", "at"):
        facts.append((who, ("breach", at, kind, place, started)))
    codes = {one: code for code, one in enumerate(trace.ids.tolist())}
    return sorted(facts, key=lambda one: (one[1][1], codes[one[0]], KINDS.index(one[1][0])))


def _rows(table: Table, *names: str) -> Iterator[tuple[Any, ...]]:
    columns = [table[name] for name in names]
    plain = [column.view(np.int64) if column.dtype.kind == "M" else column for column in columns]
    return zip(*(column.tolist() for column in plain), strict=True)


@contextmanager
def observe(*hooks: Callable[[Record], object]) -> Iterator[Callable[[Trace | Scores], int]]:
    """Tell hooks what is found in batch code, as a tracker would.

    Within the block, hand over traces and scores. Hooks are callables of one record, async ones too; what
    they raise is raised. At the end, webhooks are closed.

    >>> import cjlib as cj
    >>> shop = cj.template("ecommerce")
    >>> made = cj.simulate(shop, 20, seed=1, until="2026-01-01")
    >>> seen = []
    >>> with cj.live.observe(seen.append) as tell:
    ...     found = tell(cj.replay(shop, made.log, made.customers, until="2026-01-01"))
    >>> found == len(seen)
    True
    """
    for hook in hooks:
        if not callable(hook):
            raise UsageError(f"a hook is called with each record, so not {hook!r:.80}")
    with asyncio.Runner() as runner:

        def tell(told: Trace | Scores) -> int:
            count = 0
            for record in records(told):
                count += 1
                for hook in hooks:
                    answer = hook(record)
                    if inspect.isawaitable(answer):
                        runner.run(_awaited(answer))
            return count

        try:
            yield tell
        finally:
            for hook in hooks:
                if isinstance(hook, Webhook):
                    hook.close()


async def _awaited(answer: Any) -> None:
    await answer
