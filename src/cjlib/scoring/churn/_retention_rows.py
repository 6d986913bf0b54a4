"""Purchase histories and contracts out of the columns of a panel."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ...criteria._literals import as_duration
from ...errors import DataError, UsageError
from ...journey._metrics import Metric
from ...snapshots import Snapshot
from ._likelihood import Maximum

__all__ = [
    "alike", "days", "fingerprint_of", "histories", "latest", "length", "limit_notes", "metrics_of",
    "spending",
]  # fmt: skip

Floats = NDArray[np.float64]

PURCHASES, LAST, TENURE, SPEND, FIRST = (
    "purchases", "days_since_purchase", "tenure", "spend", "first_spend",
)  # fmt: skip
NEVER = "said goodbye"  # an activity that no log has, so that the time until then stays open
SAME_END = "all leave at much the same rate"
ROUNDING = 1e-9  # days by which two times may differ that are the same


def metrics_of(activity: str) -> tuple[Metric, ...]:
    """What the purchase models read, measured from the events of one activity.

    Args:
        activity: the name of the purchases; their values are what was spent.

    Returns:
        ``purchases``, ``days_since_purchase``, ``tenure`` (days since the first), ``spend``, ``first_spend``.

    >>> [metric.id for metric in metrics_of("order")]
    ['purchases', 'days_since_purchase', 'tenure', 'spend', 'first_spend']
    """
    return (
        Metric(PURCHASES, activity=activity),
        Metric(LAST, activity=activity, aggregate="days_since"),
        Metric(TENURE, start=activity, end=NEVER),
        Metric(SPEND, activity=activity, aggregate="sum"),
        Metric(FIRST, activity=activity, aggregate="first"),
    )


def length(duration: Any) -> float:
    """Days.

    Raises:
        UsageError: if it is not longer than nothing.
    """
    found = as_duration(duration) / timedelta(days=1)
    if found <= 0:
        raise UsageError(f"a horizon or a period must be longer than nothing, not {duration!r:.80}")
    return found


def days(panel: Snapshot, name: str) -> Floats:
    """(n,) days; of a time that is still open, what has passed of it. NaN where it is missing.

    Raises:
        DataError: if a time is negative or infinite.
    """
    given = _numbers(panel, name)
    found = np.where(np.isnan(given), panel.so_far(name), given)
    is_fault = (found < 0) | np.isinf(found)
    if is_fault.any():
        row = int(np.argmax(is_fault))
        raise DataError(
            f"metric {name!r} must be days, at least 0, not {float(found[row])!r} as in row {row}"
        )
    return found


def _numbers(panel: Snapshot, name: str) -> Floats:
    """(n,) the metric; a column in which nothing is said has no kind."""
    if panel.kind(name) == "category" and panel.categories(name):
        raise UsageError(f"metric {name!r} is a category; numbers were expected")
    return np.asarray(panel[name], np.float64)


def latest(panel: Snapshot) -> Snapshot:
    """Of every customer the last of its rows.

    Raises:
        UsageError: if it is no snapshot.
    """
    if not isinstance(panel, Snapshot):
        raise UsageError(f"a cjlib.Snapshot (or panel) was expected, not {panel!r:.80}")
    order = np.lexsort((panel.numbers_of_moments, panel.codes_of_customers))
    owner = panel.codes_of_customers[order]
    is_last = np.append(owner[1:] != owner[:-1], True)[: len(owner)]
    return panel.select(np.sort(order[is_last]))


def histories(panel: Snapshot, purchases: str, last: str, tenure: str) -> tuple[Floats, Floats, Floats]:
    """(n,) each: repeats, days from the first purchase to the last, days since the first.

    All NaN where one is missing or nothing was bought yet.

    Raises:
        DataError: if purchases are no whole numbers, or the last came before the first.
    """
    bought = _numbers(panel, purchases)
    age, since = days(panel, tenure), days(panel, last)
    known = ~np.isnan(bought) & ~np.isnan(age) & ~np.isnan(since) & (bought != 0)
    is_fault = known & ~((bought > 0) & (bought < np.inf) & (bought == np.floor(bought)))
    if is_fault.any():
        row = int(np.argmax(is_fault))
        raise DataError(
            f"metric {purchases!r} must be whole numbers, not {float(bought[row])!r} as in row {row}"
        )
    is_early = known & (since > age + ROUNDING)
    if is_early.any():
        row = int(np.argmax(is_early))
        raise DataError(
            f"the last purchase was {since[row]:g} days ago ({last!r}), before the first, {age[row]:g} days "
            f"ago ({tenure!r}), as in row {row} and {int(is_early.sum()):,} in all"
        )
    recency = np.where(bought > 1, np.clip(age - since, 0, None), 0.0)
    repeats, recency, age = (np.where(known, column, np.nan) for column in (bought - 1, recency, age))
    return repeats, recency, age


def spending(panel: Snapshot, purchases: str, spend: str, first: str) -> tuple[Floats, Floats]:
    """(n,) each: repeats, and what was spent on them. NaN where one is missing or nothing was bought.

    Raises:
        DataError: if somebody spent less than nothing, or without end.
    """
    bought, total = _numbers(panel, purchases), _numbers(panel, spend)
    on_first = np.where(bought > 1, _numbers(panel, first), total)
    known = ~np.isnan(bought) & ~np.isnan(total) & ~np.isnan(on_first) & (bought >= 1)
    repeats = np.where(known, bought - 1, np.nan)
    slack = ROUNDING * np.abs(np.where(known, total, 0.0))
    spent = np.where(known, total - on_first, np.nan)
    is_fault = known & ~((spent >= -slack) & (spent < np.inf) & (bought < np.inf))
    if is_fault.any():
        row = int(np.argmax(is_fault))
        raise DataError(
            f"what repeats cost must be a number, at least 0, not {float(spent[row])!r} as in row {row} and "
            f"{int(is_fault.sum()):,} in all: take refunds off the purchase they belong to, or leave them out"
        )
    return repeats, np.where(spent <= slack, 0.0, spent)


def limit_notes(fit: Maximum, names: str, limits: Mapping[str, str]) -> tuple[str, ...]:
    """What it means that parameters stand at the limits up to which they were looked for.

    Args:
        fit: the parameters.
        names: what they are called, such as ``"r alpha a b"``.
        limits: by name and ``high`` or ``low``, such as ``"a low"``, what that means.
    """
    ends = ["high" if parameter > 1 else "low" for parameter in fit.parameters]
    stuck = [
        f"{name} {end}" for name, end, is_at in zip(names.split(), ends, fit.at_limit, strict=True) if is_at
    ]
    return tuple(dict.fromkeys(limits.get(one, f"the likelihood rises without end: {one}") for one in stuck))


def alike(one: Any, other: Any) -> dict[str, Any]:
    """What both were fitted for, by name.

    Raises:
        UsageError: if they were fitted for different things.
    """
    learnt = ("counts", "fit", "notes")
    settings = {field.name: getattr(one, field.name) for field in attrs.fields(type(one))}
    settings = {name: value for name, value in settings.items() if name not in learnt}
    if type(one) is not type(other) or any(getattr(other, name) != told for name, told in settings.items()):
        raise UsageError(f"merge puts together what was fitted alike, not {one!r:.120} and {other!r:.120}")
    return settings


def fingerprint_of(fitted: Any) -> str:
    """A hash of what was learnt, and what for."""
    return hashlib.sha256(repr(alike(fitted, fitted)).encode() + fitted.fit.parameters.tobytes()).hexdigest()
