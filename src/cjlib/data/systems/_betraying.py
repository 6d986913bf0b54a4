"""Fields that are written when the outcome comes: exported afterwards, they foretell it perfectly."""

from __future__ import annotations

import re

__all__ = ["betrayal"]

LEFT = "it is filled in when the customer leaves"
CLOSED = "it is written when the deal closes"
FOLLOWS = "it follows the stage of the deal, and tells the outcome once that is closed"
LATEST_ONLY = "of each stage only the latest visit is kept, the one after the moment too"
LATEST = "only the latest of them is kept, the one after the moment too"
REVISED = "it is written anew as the outcome becomes known"
REASONS = {
    LEFT: (
        "churned", "churned_at", "churn_date", "churn_reason", "churn_type", "churn_flag", "is_churn",
        "is_churned", "has_churned", "cancelled_at", "canceled_at", "cancellation_date",
        "cancellation_reason", "termination_date", "terminated_at", "deactivated_at", "lost_reason",
        "loss_reason", "lost_at", "exit_reason", "reason_for_leaving", "customerTo", "hs_current_customer",
        "date_unregistration",
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
    LATEST: (
        "notes_last_contacted", "notes_last_updated", "hs_last_sales_activity_timestamp", "LastActivityDate",
        "lastTouch", "lastRenewal", "lastSeenTimestamp", "lastInboundMessageTimestamp",
        "lastOutboundMessageTimestamp", "latest_contact", "latest_activity", "latest_sales_activity",
        "latest_seen", "latest_message", "latest_renewal",
    ),
}  # fmt: skip  # Salesforce, HubSpot, Planhat and Vitally, as their documentation describes the fields


def _bare(name: str) -> str:
    """One form for all spellings of a name: ``Close Date``, ``closedate``, ``sfdc.CloseDate``."""
    return re.sub(r"[^a-z0-9]", "", re.sub(r"__c$", "", re.split(r"[./]", name)[-1].casefold()))


BETRAYING = {_bare(name): reason for reason, names in REASONS.items() for name in names}
STAGE_HISTORY = re.compile(r"hs(v2)?(date(entered|exited)|(latest|cumulative)?timein)")


def betrayal(name: str) -> str | None:
    """Why a field of that name, in any spelling, betrays the outcome; None if it is not known to.

    >>> betrayal("sfdc.Is_Won__c")
    'it is written when the deal closes'
    >>> betrayal("seats") is None
    True
    """
    bare = _bare(name)
    for spelled in (bare, bare.removeprefix("property")):
        if spelled in BETRAYING:
            return BETRAYING[spelled]
        if STAGE_HISTORY.match(spelled):
            return LATEST_ONLY
    return None
