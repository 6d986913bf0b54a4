"""What has to be known of the data to answer a metric, as values that metrics share."""

from __future__ import annotations

import math

import attrs

from ._layout import ALWAYS

__all__ = [
    "EVENTS", "MILESTONES", "VISITS", "Anchor", "Filter", "Held", "Pairing", "Question", "Request", "Stay",
]  # fmt: skip

Stream = tuple[str, ...]  # what happened one by one; also ("changes", "plan"), ("touchpoint", "kickoff")
EVENTS: Stream = ("events",)
VISITS: Stream = ("visits",)
MILESTONES: Stream = ("milestones",)


@attrs.frozen(kw_only=True)
class Filter:
    """Which of the things that happened count.

    Attributes:
        stream: where they are looked for.
        kinds: activities (stages, milestones); None for all.
        channel: only over this channel.
        needs: a bit for each column that must hold something.
        lowest: the smallest value that counts, where values are needed.
        highest: the largest.
    """

    stream: Stream = EVENTS
    kinds: tuple[str, ...] | None = None
    channel: str | None = None
    needs: int = 0
    lowest: float = -math.inf
    highest: float = math.inf


@attrs.frozen(kw_only=True)
class Question:
    """An aggregate of what a filter lets pass in (t - lag - window, t - lag], in microseconds."""

    filter: Filter
    aggregate: int
    window: int = ALWAYS
    lag: int = 0
    zone: str = "UTC"


@attrs.frozen(kw_only=True)
class Held:
    """The value of an attribute a while before t, as it is known at t."""

    attribute: str
    lag: int = 0


@attrs.frozen(kw_only=True)
class Stay:
    """The time spent in a stage in (t - window, t]."""

    stage: str
    window: int = ALWAYS


@attrs.frozen
class Anchor:
    """Where a time begins or ends: something that recurs in a stream, or a moment that comes once."""

    kind: str
    name: str


@attrs.frozen(kw_only=True)
class Pairing:
    """Starts and ends that belong together: which pair, or the mean over those that ended in the window."""

    start: Anchor
    end: Anchor
    of: str
    window: int = ALWAYS


Request = Question | Held | Stay | Pairing
