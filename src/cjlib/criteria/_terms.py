"""The words of the criteria: one function per term."""

from __future__ import annotations

from datetime import timedelta

from ._literals import as_duration
from ._nodes import Happened, Known, Term

__all__ = [
    "age", "attribute", "count", "distinct", "dwell", "happened", "idle", "known", "last", "max", "mean",
    "min", "sum", "until",
]  # fmt: skip

Span = str | timedelta | None


def _spanned(
    kind: str, activity: str | None, ever: bool, within: Span, channel: str | None, touchpoint: str | None
) -> Term:
    window = None if within is None else as_duration(within)
    return Term(kind, activity, ever=ever, within=window, channel=channel, touchpoint=touchpoint)


def count(activity: str | None = None, *, ever: bool = False, within: Span = None, channel: str | None = None,
          touchpoint: str | None = None) -> Term:  # fmt: skip
    """The number of events since the visit began, in (s, t].

    Args:
        activity: the name of the events; or give ``touchpoint``.
        ever: over the whole past instead, (-inf, t].
        within: over the window (t - within, t] instead, visits notwithstanding.
        channel: only events over this channel.
        touchpoint: the events of this touchpoint, in place of an activity.

    Raises:
        CriterionError: if both or none of activity and touchpoint, or both of ever and within, are given.

    >>> count("login", within="14d") >= 3
    parse('count("login", within="14d") >= 3')
    """
    return _spanned("count", activity, ever, within, channel, touchpoint)


def distinct(activity: str | None = None, *, ever: bool = False, within: Span = None,
             channel: str | None = None, touchpoint: str | None = None) -> Term:  # fmt: skip
    """The number of different actors of the events, over the spans of :func:`count`.

    >>> distinct("login", within="30d") >= 5
    parse('distinct("login", within="30d") >= 5')
    """
    return _spanned("distinct", activity, ever, within, channel, touchpoint)


def sum(activity: str | None = None, *, ever: bool = False, within: Span = None, channel: str | None = None,
        touchpoint: str | None = None) -> Term:  # fmt: skip
    """The sum of the events' values, exact to a millionth; 0 where there is none.

    >>> sum("order", ever=True) >= 1000
    parse('sum("order", ever=True) >= 1000')
    """
    return _spanned("sum", activity, ever, within, channel, touchpoint)


def mean(activity: str | None = None, *, ever: bool = False, within: Span = None, channel: str | None = None,
         touchpoint: str | None = None) -> Term:  # fmt: skip
    """The mean of the events' values; unknown where there is none.

    >>> mean("csat", within="90d") < 3.5
    parse('mean("csat", within="90d") < 3.5')
    """
    return _spanned("mean", activity, ever, within, channel, touchpoint)


def min(activity: str | None = None, *, ever: bool = False, within: Span = None, channel: str | None = None,
        touchpoint: str | None = None) -> Term:  # fmt: skip
    """The smallest of the events' values; unknown where there is none.

    >>> min("nps") <= 6
    parse('min("nps") <= 6')
    """
    return _spanned("min", activity, ever, within, channel, touchpoint)


def max(activity: str | None = None, *, ever: bool = False, within: Span = None, channel: str | None = None,
        touchpoint: str | None = None) -> Term:  # fmt: skip
    """The largest of the events' values; unknown where there is none.

    >>> max("seats_used", within="30d") >= 10
    parse('max("seats_used", within="30d") >= 10')
    """
    return _spanned("max", activity, ever, within, channel, touchpoint)


def last(activity: str | None = None, *, channel: str | None = None, touchpoint: str | None = None) -> Term:
    """The latest value of the events up to t; unknown where there is none.

    >>> last("seats") >= 5
    parse('last("seats") >= 5')
    """
    return Term("last", activity, channel=channel, touchpoint=touchpoint)


def idle(activity: str | None = None, *, channel: str | None = None, touchpoint: str | None = None) -> Term:
    """The time since the latest such event; since the customer's first moment where there is none.

    >>> idle("login") >= "60d"
    parse('idle("login") >= "60d"')
    """
    return Term("idle", activity, channel=channel, touchpoint=touchpoint)


def dwell() -> Term:
    """The time since the visit began; in a milestone or a signal, which read no visit, that is `age`.

    >>> dwell() > "30d"
    parse('dwell() > "30d"')
    """
    return Term("dwell")


def age() -> Term:
    """The time since the customer's first moment.

    >>> age() >= "365d"
    parse('age() >= "365d"')
    """
    return Term("age")


def attribute(name: str) -> Term:
    """An attribute of the customer at t; unknown where it is missing.

    >>> attribute("plan").is_in(["pro", "team"])
    parse('attribute("plan") in ["pro", "team"]')
    """
    return Term("attribute", name)


def until(name: str) -> Term:
    """A date attribute minus t: how long it is until then, negative once passed.

    >>> until("renewal_date") <= "90d"
    parse('until("renewal_date") <= "90d"')
    """
    return Term("until", name)


def happened(activity: str | None = None, *, ever: bool = False, within: Span = None,
             channel: str | None = None, touchpoint: str | None = None) -> Happened:  # fmt: skip
    """A criterion: at least one such event since the visit began (or ever, or within a window).

    >>> happened("kickoff") & ~happened("complaint", within="14d")
    parse('happened("kickoff") and not happened("complaint", within="14d")')
    """
    return Happened(_spanned("count", activity, ever, within, channel, touchpoint))


def known(term: Term) -> Known:
    """A criterion: the term has a value. Never unknown itself.

    >>> known(attribute("sponsor"))
    parse('known(attribute("sponsor"))')
    """
    return Known(term)
