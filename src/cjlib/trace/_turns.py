"""Which turns of a leaf an event or time can bring about, so that nothing is evaluated in vain."""

from __future__ import annotations

from typing import Final

from ._layout import EQ, GE, GT, KNOWN, LE, LT, SENSELESS, WINDOW

__all__ = ["FALLS", "RISES", "event_turns", "time_turns"]

RISES: Final = 1
FALLS: Final = 2
BOTH: Final = 3
UP = {GE: RISES, GT: RISES, LE: FALLS, LT: FALLS}
DOWN = {GE: FALLS, GT: FALLS, LE: RISES, LT: RISES}
ALWAYS_KNOWN = ("count", "distinct", "sum", "idle")


def event_turns(kind: str, operator: int) -> int:
    """What one more event can do to a leaf: counts only grow by it, idle times only shrink."""
    if operator == SENSELESS:
        return 0
    if operator == KNOWN:
        return 0 if kind in ALWAYS_KNOWN else RISES
    if kind in ("count", "distinct"):
        return UP.get(operator, BOTH)
    if kind == "idle":
        return DOWN.get(operator, BOTH)
    return BOTH


def time_turns(kind: str, span: int, operator: int) -> int:
    """What time alone can do to a leaf."""
    if operator == SENSELESS:
        return 0
    if span == WINDOW:
        if operator == KNOWN:
            return 0 if kind in ALWAYS_KNOWN else FALLS
        return DOWN.get(operator, BOTH) if kind in ("count", "distinct") else BOTH
    if kind in ("dwell", "age", "idle"):
        return UP.get(operator, 0)
    return DOWN.get(operator, 0) if kind == "until" and operator < EQ else 0
