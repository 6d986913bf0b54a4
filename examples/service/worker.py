"""What cron runs: lets time pass, and tells hooks what happened.

``*/15 * * * * python worker.py sqlite:///journey.db``
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import cjlib as cj
from cjlib.live import Delivery, Hook, Record

JOURNEY = Path(__file__).with_name("journey.toml")


def tell(record: Record) -> None:
    """Stands for whatever is to be told: a CRM, a chat, a mail."""
    print(record.to_json())


def work(
    store: str, now: datetime | None = None, hooks: Iterable[Hook] = (Hook("stdout", tell),)
) -> Delivery:
    """Let time pass until now and tell the hooks.

    Should two of these ever run at once, or one be killed, nothing is lost and nothing happens twice: hooks
    are told at least once, and the key of a record tells whether it was told before.

    Args:
        store: where events are kept.
        now: up to when; unsaid, the present.
        hooks: who is told.
    """
    with cj.Tracker(cj.load(JOURNEY), store=store, hooks=hooks) as tracker:
        tracker.advance(datetime.now(UTC) if now is None else now)
        return tracker.deliver()


if __name__ == "__main__":
    print(work(sys.argv[1]), file=sys.stderr)
