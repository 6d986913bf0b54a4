"""What betrays the outcome: fields that are written when it comes, and evidence from after the moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

import numpy as np

from ...data.systems import betrayal
from ...errors import DataError, UsageError
from ...journey._metrics import Metric
from ...snapshots import Snapshot

__all__ = ["refuse_leaks"]


def refuse_leaks(
    snapshot: Snapshot, names: Iterable[str] | None = None, *, allow: Iterable[str] = ()
) -> None:
    """Refuse inputs that betray the outcome; what learns or is judged calls it first.

    A field that is written when the outcome comes foretells it perfectly in every table that is exported
    afterwards, and never again. Known by name, in any spelling: what Salesforce, HubSpot, Planhat and Vitally
    write when a customer leaves or a deal closes, also where a metric reads it as an attribute under another
    name. Known by time: metrics whose evidence is younger than the moment of the row.

    Args:
        snapshot: the table, or a panel.
        names: the columns that are used; all of them if unsaid.
        allow: columns that are known to be as of the moment of the row, in spite of their names.

    Raises:
        DataError: with all the columns at fault, and why each is.
        UsageError: if ``allow`` is no list of names.

    >>> import cjlib as cj
    >>> table = cj.Snapshot.from_frame({"customer": ["acme"], "logins": [3], "Churned At": [17.0]})
    >>> try:
    ...     refuse_leaks(table)
    ... except cj.CJError as error:
    ...     print(error)
    inputs betray the outcome: leave them out, or allow what is as of the moment of its row
      'Churned At': it is filled in when the customer leaves
    >>> refuse_leaks(table, ["logins"])
    """
    if isinstance(allow, str) or not all(isinstance(name, str) for name in allow):
        raise UsageError(f"allow takes a list of the names of columns, not {allow!r:.80}")
    wanted = list(snapshot.names if names is None else names)
    kept = set(allow)
    found = [
        f"  {name!r}: {reason}" for name in wanted if name not in kept for reason in _reasons(snapshot, name)
    ]
    if found:
        head = "inputs betray the outcome: leave them out, or allow what is as of the moment of its row"
        raise DataError("\n".join([head, *found]))


def _reasons(snapshot: Snapshot, name: str) -> Iterator[str]:
    """Why a column must not be used, at most one reason."""
    metric = snapshot.metrics.get(name)
    told = {field: betrayal(field) for field in (name, *(() if metric is None else _fields_of(metric)))}
    field, reason = next(((field, why) for field, why in told.items() if why), (name, None))
    if reason:
        yield reason if field == name else f"it reads the attribute {field!r}: {reason}"
    elif name in snapshot.ages:
        age = snapshot.evidence_age(name)
        if (age < 0).any():
            row = int(np.argmax(age < 0))
            rows = f"{int((age < 0).sum()):,} rows, first row {row}"
            yield f"its evidence is younger than the moment of the row by {-age[row]:g} days ({rows})"


def _fields_of(metric: Metric) -> Iterator[str]:
    """The attributes that a metric reads, as far as its own fields tell."""
    told = chain((metric.attribute, metric.activity), metric.ratio or (), (metric.start, metric.end))
    for field in told:
        if field is not None:
            yield field.removeprefix("@").removeprefix("attribute:")
