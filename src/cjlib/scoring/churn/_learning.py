"""What learning scorers share: rows whose outcome is decided, their columns as numbers, an order in time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ...criteria._literals import as_duration
from ...errors import DataError, NotFittedError, UsageError
from ...snapshots import Snapshot
from ...trace import Trace
from ..evaluation._leaks import refuse_leaks
from ..evaluation._outcomes import Outcomes, outcomes

__all__ = [
    "Decided", "Encoding", "Unfitted", "decided", "encoding_of", "inputs_of", "later_rows", "names",
    "names_or_all",
]  # fmt: skip

STAGE, DWELL = "@stage", "@dwell"
MOST_LEVELS = 200
MICROSECOND = timedelta(microseconds=1)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@attrs.frozen(eq=False, kw_only=True)
class Decided:
    """The rows from which one can learn.

    Attributes:
        rows: (m,) positions in the panel, by moment and customer, so that no other order matters.
        happened: (m,) float64, 1 where the event came within the horizon, else 0.
        event: what is awaited.
        notes: how many rows were left out, and why.
    """

    rows: Ints
    happened: Floats
    event: str
    notes: tuple[str, ...]


@attrs.frozen(kw_only=True)
class Encoding:
    """How the columns of a snapshot become numbers.

    Attributes:
        names: the columns.
        levels: of a category its levels, from the least rate of events to the largest; None of a number.
    """

    names: tuple[str, ...]
    levels: tuple[tuple[Any, ...] | None, ...]

    @property
    def requires(self) -> frozenset[str]:
        """The metrics among the columns; the stage and the time in it are none."""
        return frozenset(name for name in self.names if not name.startswith("@"))

    def columns(self, snapshot: Snapshot) -> list[Floats]:
        """One (n,) float64 per name; NaN where it is missing, or a level that was never seen."""
        return [_numbers(snapshot, *pair) for pair in zip(self.names, self.levels, strict=True)]


class Unfitted:
    """What has still to learn: ``fit`` gives the scorer."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        if name == "score":
            raise NotFittedError(
                f"{type(self).__name__} has not learnt yet: scorer.fit(...) gives what scores"
            )
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")


def names(given: Any) -> tuple[str, ...]:
    """A name, or several, as a tuple; the converter of fields."""
    found = (given,) if isinstance(given, str) else tuple(given)
    if not all(isinstance(name, str) for name in found):
        raise UsageError(f"names of columns were expected, not {given!r:.80}")
    return found


def names_or_all(given: Any) -> tuple[str, ...] | None:
    """The same, or None for all that there are."""
    return None if given is None else names(given)


def decided(
    panel: Snapshot,
    outcomes_or_trace: Any,
    *,
    event: str | None,
    horizon: str | timedelta,
) -> Decided:
    """The rows of a panel whose outcome is known for all of their moment.

    Of a moment whose horizon is not over only those are known who left early; so its rows are left out.

    Args:
        panel: the rows.
        outcomes_or_trace: a trace, what :func:`cjlib.scoring.outcomes` made of it, or (n,) 1 or True where
            the event came, 0 or False where it did not, NaN where nobody knows.
        event: what is awaited, where a trace tells.
        horizon: within which time.

    Raises:
        UsageError: if it is none of these.
        DataError: if there is nothing to learn: no row is decided, or all have the same outcome.
    """
    if not isinstance(panel, Snapshot):
        raise UsageError(f"fit takes a cjlib.Snapshot or panel, not {type(panel).__name__}")
    given, name = outcomes_or_trace, event or "churn"
    if isinstance(given, Trace):
        given = outcomes(panel, given, event)
    if isinstance(given, Outcomes):
        happened, name = _within(panel, given, horizon), given.event
    else:
        happened = _flags(panel, given)
    rows = np.lexsort((panel.codes_of_customers, np.asarray(panel.as_of).view(np.int64)))
    rows = rows[~np.isnan(happened[rows])]
    came = happened[rows]
    if not len(rows):
        raise DataError(f"{name}: nothing to learn from, the outcome of all {len(panel):,} rows is undecided")
    if came.min() == came.max():
        what = "came in all" if came[0] else "came in none"
        raise DataError(f"{name} {what} of {len(rows):,} decided rows: there is nothing to tell apart")
    open_rows = len(panel) - len(rows)
    notes = (f"{open_rows:,} rows left out: not at risk, or not decided yet",) if open_rows else ()
    return Decided(rows=rows, happened=came, event=name, notes=notes)


def inputs_of(
    panel: Snapshot, metrics: Iterable[str] | None, *, allow: Iterable[str] = ()
) -> tuple[str, ...]:
    """The columns to learn from: those named, else all, with the stage and the time in it where known.

    Raises:
        UnknownNameError: if the panel lacks one.
        DataError: if one betrays the outcome.
    """
    own = (STAGE, DWELL) if panel.has_stage else ()
    chosen = (*panel.names, *own) if metrics is None else tuple(metrics)
    for name in chosen:
        panel.kind(name)
    refuse_leaks(panel, [name for name in chosen if name not in (STAGE, DWELL)], allow=allow)
    return chosen


def encoding_of(panel: Snapshot, inputs: Iterable[str], came: Floats) -> tuple[Encoding, tuple[str, ...]]:
    """How columns become numbers, and which are left out since they are the same everywhere.

    Categories stand in the order of their rates of events: for two outcomes, the best split of a category is
    one of this order (Fisher, 1958; Breiman et al., 1984, theorem 4.5).

    Args:
        panel: the rows from which is learnt.
        inputs: the columns.
        came: (n,) 1 where the event came, else 0.

    Raises:
        DataError: if a column has too many categories.
    """
    kept, levels, notes = [], [], []
    for name in inputs:
        found = _levels(panel, name, came) if panel.kind(name) == "category" else None
        values = _numbers(panel, name, found)
        said = values[~np.isnan(values)]
        if not len(said) or (len(said) == len(values) and said.min() == said.max()):
            notes.append(f"{name!r} is the same everywhere: left out")
            continue
        kept.append(name)
        levels.append(found)
    return Encoding(names=tuple(kept), levels=tuple(levels)), tuple(notes)


def later_rows(panel: Snapshot, horizon: str | timedelta, share: float = 0.25) -> tuple[Ints, Ints] | None:
    """Earlier rows to learn from and later ones to be judged by; None where time does not divide the rows.

    No outcome of an earlier row reaches into the later rows' time: one horizon lies between them.

    Args:
        panel: the rows.
        horizon: within which time the outcome comes.
        share: how many of the rows are later ones, at least.
    """
    moments = np.asarray(panel.as_of).view(np.int64)
    ahead = as_duration(horizon) // MICROSECOND
    for cut in np.unique(moments)[::-1]:
        later, earlier = np.flatnonzero(moments >= cut), np.flatnonzero(moments + ahead <= cut)
        if len(later) >= share * len(panel):
            return (earlier, later) if len(earlier) else None
    return None


def _within(panel: Snapshot, found: Outcomes, horizon: str | timedelta) -> Floats:
    if len(found) != len(panel):
        raise UsageError(f"outcomes of {len(found):,} rows for a panel of {len(panel):,}")
    happened = found.within(horizon)
    is_over = found.start + as_duration(horizon) // MICROSECOND <= found.until.max(initial=0)
    return np.where(is_over, happened, np.nan)


def _flags(panel: Snapshot, given: Any) -> Floats:
    try:
        flags = np.asarray(given, np.float64)
    except (TypeError, ValueError):
        raise UsageError(
            f"fit takes a cjlib.Trace, cjlib.scoring.Outcomes, or {len(panel):,} outcomes, each True or "
            f"False (NaN where nobody knows), not {given!r:.80}"
        ) from None
    if flags.shape != (len(panel),):
        raise UsageError(
            f"fit takes a cjlib.Trace, cjlib.scoring.Outcomes, or {len(panel):,} outcomes, one per row, "
            f"not {type(given).__name__} of shape {np.shape(given)}"
        )
    is_odd = ~np.isnan(flags) & (flags != 0) & (flags != 1)
    if is_odd.any():
        row = int(np.argmax(is_odd))
        raise DataError(f"the outcome of row {row} is 1, 0 or NaN (undecided), not {flags[row]:g}")
    return flags


def _levels(panel: Snapshot, name: str, came: Floats) -> tuple[Any, ...]:
    codes, categories = panel.codes(name), panel.categories(name)
    is_known = codes >= 0
    rows = np.bincount(codes[is_known], minlength=len(categories))
    events = np.bincount(codes[is_known], came[is_known], minlength=len(categories))
    seen = np.flatnonzero(rows)
    if len(seen) > MOST_LEVELS:
        raise DataError(
            f"metric {name!r} has {len(seen):,} categories, more than {MOST_LEVELS}: leave it out or put "
            "rare ones together"
        )
    rate = (events + came.mean()) / (rows + 1)
    return tuple(categories[i] for i in sorted(seen.tolist(), key=lambda i: (rate[i], str(categories[i]))))


def _numbers(snapshot: Snapshot, name: str, levels: tuple[Any, ...] | None) -> Floats:
    if levels is None:
        if snapshot.kind(name) == "category":
            if (snapshot.codes(name) < 0).all():
                return np.full(len(snapshot), np.nan)  # what is missing everywhere is of no kind
            raise DataError(f"metric {name!r} was a number when the scorer learnt, and is a category now")
        numbers: Floats = snapshot[name]
        return numbers
    if snapshot.kind(name) == "number":
        if np.isnan(snapshot[name]).all():
            return np.full(len(snapshot), np.nan)
        raise DataError(f"metric {name!r} was a category when the scorer learnt, and is a number now")
    place = {level: float(i) for i, level in enumerate(levels)}
    of_code = np.array([*(place.get(level, np.nan) for level in snapshot.categories(name)), np.nan])
    found: Floats = of_code[snapshot.codes(name)]
    return found
