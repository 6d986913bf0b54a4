"""The slow, obvious replay: what the design says, read literally, one customer at a time.

Integers of microseconds, plain lists, everything computed from scratch at every instant. It is written from
the design alone and shares nothing with the compiled kernel but the definition; the two must agree on every
visit, milestone, signal, evidence row and breach.
"""

from __future__ import annotations

from ._replay import replay
from ._world import Breach, Event, Evidence, Fact, History, Raised, Reached, Visit, Waiver, World

__all__ = [
    "Breach",
    "Event",
    "Evidence",
    "Fact",
    "History",
    "Raised",
    "Reached",
    "Visit",
    "Waiver",
    "World",
    "replay",
]
