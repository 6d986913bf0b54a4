"""From the outbox to the hooks: at least once, in order for each customer, again after failures."""

from __future__ import annotations

import asyncio
import inspect
import secrets
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import attrs

from ..errors import UsageError
from ._hooks import Hook
from ._records import Record, restored
from ._rows import Rows

__all__ = ["DeadLetter", "Delivery", "deliver"]

Write = Callable[[Callable[[Rows], Any]], Any]

BATCH = 100
HOLD = 60.0
"""Seconds for which a process has a hook to itself; it asks for more after a third of them."""


@attrs.frozen(kw_only=True)
class Delivery:
    """What became of a call of `Tracker.deliver`.

    Attributes:
        delivered: how many records hooks took.
        failed: how many attempts failed; they are tried again.
        dead: how many records were given up and lie among the dead letters.
        busy: hooks that another process was delivering to.
    """

    delivered: int = 0
    failed: int = 0
    dead: int = 0
    busy: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class DeadLetter:
    """A record that a hook never took, and why."""

    hook: str
    record: Record
    error: str


@attrs.define
class _Turn:
    """One pass of one process over what a hook has to be told."""

    hook: Hook
    me: str
    hold: float
    delivered: int = 0
    failed: int = 0
    dead: int = 0


@attrs.define
class _Batch:
    """What became of some letters."""

    done: list[int] = attrs.field(factory=list)
    failed: list[tuple[Any, str]] = attrs.field(factory=list)


def deliver(write: Write, hooks: Iterable[Hook], *, hold: float = HOLD) -> Delivery:
    """Tell the hooks all that waits for them and may be tried now."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        pass
    else:
        raise UsageError("deliver waits for hooks; inside a loop: await asyncio.to_thread(tracker.deliver)")
    total, busy = Delivery(), []
    with asyncio.Runner() as runner:
        for hook in hooks:
            turn = _Turn(hook, secrets.token_hex(8), hold)
            if not write(partial(_take, turn=turn)):
                busy.append(hook.name)
                continue
            try:
                _tell(write, turn, runner)
            finally:
                write(partial(_release, turn=turn))
            total = Delivery(
                delivered=total.delivered + turn.delivered,
                failed=total.failed + turn.failed,
                dead=total.dead + turn.dead,
            )
    return attrs.evolve(total, busy=tuple(busy))


def _tell(write: Write, turn: _Turn, runner: asyncio.Runner) -> None:
    while letters := write(partial(_waiting, turn=turn)):
        batch = _Batch()
        try:
            _try(turn, runner, letters, batch)
        finally:  # what was taken is taken, also if somebody interrupts us
            turn.delivered += len(batch.done)
            turn.failed += len(batch.failed)
            turn.dead += write(partial(_settled, turn=turn, batch=batch))


def _try(turn: _Turn, runner: asyncio.Runner, letters: list[Any], batch: _Batch) -> None:
    held_back: set[str] = set()
    begun = time.monotonic()
    for letter in letters:
        if letter.customer in held_back:
            continue
        if time.monotonic() - begun > turn.hold / 3:
            return
        try:
            answer = turn.hook.call(restored(letter.record))
            if inspect.isawaitable(answer):
                runner.run(_awaited(answer))
        except Exception as error:
            held_back.add(letter.customer)
            batch.failed.append((letter, f"{type(error).__name__}: {error}"[:2000]))
        else:
            batch.done.append(letter.id)


async def _awaited(answer: Any) -> None:
    await answer


def _take(rows: Rows, turn: _Turn) -> bool:
    """Have the hook to ourselves for a while, unless another process has it."""
    hooks, now = rows.tables.hooks, time.time()
    is_free = (hooks.c.held_by.is_(None)) | (hooks.c.held_by == turn.me) | (hooks.c.held_until < now)
    taken = hooks.update().where((hooks.c.name == turn.hook.name) & is_free)
    found = rows.connection.execute(taken.values(held_by=turn.me, held_until=now + turn.hold))
    return bool(found.rowcount)


def _release(rows: Rows, turn: _Turn) -> None:
    hooks = rows.tables.hooks
    mine = (hooks.c.name == turn.hook.name) & (hooks.c.held_by == turn.me)
    rows.connection.execute(hooks.update().where(mine).values(held_by=None))


def _waiting(rows: Rows, turn: _Turn) -> list[Any]:
    """The next letters that may be tried, oldest first; none if the hook is not ours any more."""
    if not _take(rows, turn):
        return []
    outbox, now = rows.tables.outbox, time.time()
    earlier = outbox.alias()
    is_held_back = (
        (earlier.c.hook == outbox.c.hook)
        & (earlier.c.customer == outbox.c.customer)
        & (earlier.c.id < outbox.c.id)
        & (earlier.c.not_before > now)
    )
    chosen = rows.sa.select(outbox).where(
        (outbox.c.hook == turn.hook.name)
        & (outbox.c.not_before <= now)
        & ~rows.sa.exists(rows.sa.select(earlier.c.id).where(is_held_back))
    )
    return list(rows.connection.execute(chosen.order_by(outbox.c.id).limit(BATCH)).all())


def _settled(rows: Rows, turn: _Turn, batch: _Batch) -> int:
    """Take out what was delivered, put off what failed, give up what failed too often: how many."""
    outbox = rows.tables.outbox
    given_up = []
    for letter, error in batch.failed:
        attempts = letter.attempts + 1
        if attempts >= turn.hook.retry.attempts:
            given_up.append(
                {"hook": letter.hook, "customer": letter.customer, "record": letter.record, "error": error}
            )
            batch.done.append(letter.id)
        else:
            not_before = time.time() + turn.hook.retry.wait(attempts)
            waits = outbox.update().where(outbox.c.id == letter.id)
            rows.connection.execute(waits.values(attempts=attempts, not_before=not_before))
    if given_up:
        rows.connection.execute(rows.tables.dead_letters.insert(), given_up)
    if batch.done:
        rows.connection.execute(outbox.delete().where(outbox.c.id.in_(batch.done)))
    return len(given_up)


def dead_letters(rows: Rows) -> list[DeadLetter]:
    """What hooks never took, oldest first."""
    table = rows.tables.dead_letters
    found = rows.connection.execute(rows.sa.select(table).order_by(table.c.id)).all()
    return [DeadLetter(hook=one.hook, record=restored(one.record), error=one.error) for one in found]


def revive(rows: Rows, hook: str) -> int:
    """Lay a hook's dead letters into the outbox again: how many."""
    dead, outbox = rows.tables.dead_letters, rows.tables.outbox
    found = rows.connection.execute(rows.sa.select(dead).where(dead.c.hook == hook).order_by(dead.c.id)).all()
    again = [
        {
            "hook": hook,
            "customer": one.customer,
            "record": one.record,
            "attempts": 0,
            "not_before": 0.0,
        }
        for one in found
    ]
    if again:
        rows.connection.execute(outbox.insert(), again)
        rows.connection.execute(dead.delete().where(dead.c.id.in_([one.id for one in found])))
    return len(again)
