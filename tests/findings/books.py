"""Books of customers with a planted fault, or with none, made in a line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

import cjlib as cj

START = np.datetime64("2025-01-01", "us")
UNTIL = np.datetime64("2026-01-01", "us")
DAY = np.timedelta64(86_400_000_000, "us")


def days(number: Any) -> Any:
    """Moments so many days after the start; (n,) if numbers are."""
    return START + (np.asarray(number, float) * 86_400e6).astype("timedelta64[us]")


def log(*parts: dict[str, Any]) -> cj.EventLog:
    """Events from parts, each with customer, activity, day and perhaps value, channel, actor, text."""
    columns: dict[str, list[Any]] = {}
    names = ("customer", "activity", "day", "value", "channel", "actor", "text", "recorded")
    for part in parts:
        n = len(part["customer"])
        for name in names:
            given = part.get(name)
            each = [given] * n if given is None or isinstance(given, str | float | int) else list(given)
            columns.setdefault(name, []).extend(each)
    has = {name: any(one is not None for one in values) for name, values in columns.items()}
    values = [np.nan if one is None else float(one) for one in columns["value"]]
    recorded = None
    if has["recorded"]:
        recorded = days(columns["recorded"])
    return cj.EventLog.from_columns(
        columns["customer"],
        columns["activity"],
        days(columns["day"]),
        values if has["value"] else None,
        channel=columns["channel"] if has["channel"] else None,
        actor=columns["actor"] if has["actor"] else None,
        text=columns["text"] if has["text"] else None,
        recorded=recorded,
    )


def happen(customers: Iterable[int], activity: str, day: Any, **more: Any) -> dict[str, Any]:
    """One event of each customer on its day (NaN: none)."""
    who = np.asarray(list(customers))
    on = np.broadcast_to(np.asarray(day, float), who.shape)
    there = ~np.isnan(on) & (on < 365)
    picked = {
        name: np.asarray(value)[there].tolist() if isinstance(value, list | np.ndarray) else value
        for name, value in more.items()
    }
    return {"customer": who[there].tolist(), "activity": activity, "day": on[there].tolist(), **picked}
