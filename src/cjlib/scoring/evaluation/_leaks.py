"""What betrays the outcome: fields that are written when it comes, and evidence from after the moment."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain

import numpy as np

from ...errors import DataError, UsageError
from ...journey._metrics import Metric
from ...snapshots import Snapshot

__all__ = ["refuse_leaks"]

LEFT = "it is filled in when the customer leaves"
CLOSED = "it is written when the deal closes"
FOLLOWS = "it follows the stage of the deal, and tells the outcome once that is closed"
LATEST_ONLY = "of each stage only the latest visit is kept, the one after the moment too"
REVISED = "it is written anew as the outcome becomes known"
REASONS = {
    LEFT: (
        "churned", "churned_at", "churn_date", "churn_reason", "churn_type", "is_churn", "is_churned",
        "has_churned", "cancelled_at", "canceled_at", "cancellation_date", "cancellation_reason",
        "termination_date", "terminated_at", "deactivated_at", "lost_reason", "loss_reason", "lost_at",
        "exit_reason", "reason_for_leaving", "customerTo", "hs_current_customer", "date_unregistration",
    ),
    CLOSED: (
        "IsWon", "IsClosed", "closedate", "closed_won", "closed_lost", "closed_lost_reason",
        "closed_won_reason", "days_to_close", "recent_deal_close_date", "hs_is_closed", "hs_is_closed_won",
        "hs_is_closed_lost", "hs_closed_amount", "hs_closed_amount_in_home_currency",
    ),
    FOLLOWS: (
        "Probability", "ForecastCategory", "ForecastCategoryName", "ExpectedRevenue", "StageName",
        "salesStage", "dealstage", "hs_deal_stage_probability", "hs_forecast_probability",
        "hs_manual_forecast_category", "hs_forecast_amount", "hs_projected_amount",
    ),
    REVISED: ("renewalStatus", "hDiff", "hDiffDate"),
}  # fmt: skip  # Salesforce, HubSpot, Planhat and Vitally, as their documentation describes the fields


def _bare(name: str) -> str:
    """One form for all spellings of a name: ``Close Date``, ``closedate``, ``sfdc.CloseDate``."""
    return re.sub(r"[^a-z0-9]", "", re.sub(r"__c$", "", re.split(r"[./]", name)[-1].casefold()))


BETRAYING = {_bare(name): reason for reason, names in REASONS.items() for name in names}
STAGE_HISTORY = re.compile(r"hs(v2)?(date(entered|exited)|(latest|cumulative)?timein)")


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
    told = {field: _of_name(field) for field in (name, *(() if metric is None else _fields_of(metric)))}
    field, reason = next(((field, why) for field, why in told.items() if why), (name, None))
    if reason:
        yield reason if field == name else f"it reads the attribute {field!r}: {reason}"
    elif name in snapshot.ages:
        age = snapshot.evidence_age(name)
        if (age < 0).any():
            row = int(np.argmax(age < 0))
            rows = f"{int((age < 0).sum()):,} rows, first row {row}"
            yield f"its evidence is younger than the moment of the row by {-age[row]:g} days ({rows})"


def _of_name(name: str) -> str | None:
    bare = _bare(name)
    for spelled in (bare, bare.removeprefix("property")):
        if spelled in BETRAYING:
            return BETRAYING[spelled]
        if STAGE_HISTORY.match(spelled):
            return LATEST_ONLY
    return None


def _fields_of(metric: Metric) -> Iterator[str]:
    """The attributes that a metric reads, as far as its own fields tell."""
    told = chain((metric.attribute, metric.activity), metric.ratio or (), (metric.start, metric.end))
    for field in told:
        if field is not None:
            yield field.removeprefix("@").removeprefix("attribute:")
