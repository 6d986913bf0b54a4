"""Seasons: whether customers are lost more often at some times of the year or week than at others."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ..data import NAT, Coded
from ..errors import UsageError
from ..scoring.figures._by import Groups, Rows, Where
from ..scoring.figures._by_facts import Facts
from ..trace import Trace
from ._answers import Answer, Mask
from ._calendar import edges_of
from ._chance import corrected
from ._paths import Ints, end_of
from ._rates import divided

__all__ = ["seasons"]

Floats = NDArray[np.float64]

DAY_US = 86_400_000_000
UNITS = {"month": ("month", 12), "quarter": ("quarter", 4), "weekday": ("day", 7)}
NAMES = {
    "month": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "quarter": ("Q1", "Q2", "Q3", "Q4"),
    "weekday": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}


def seasons(trace: Trace, *, unit: str = "month", where: Where = None) -> Answer:
    """How often customers are lost in each season, per time that they could have been.

    Months differ in length and in how many customers there are, so losses are held against customer-days: the
    days that customers spent in stages that are not lost.

    Args:
        trace: the replay.
        unit: ``month`` of the year, ``quarter``, or ``weekday``; in UTC.
        where: whose losses.

    Returns:
        The season, ``lost`` (moves into a lost stage), ``customer_days``, ``periods`` (how many of these
        months, quarters or days were seen: of one only, a season cannot be told from an incident), ``rate``
        (lost per 30 customer-days) with its exact 95 % interval ``low`` and ``high`` (Garwood, 1936),
        ``base`` (the rate over all) and ``lift``; ``p`` (binomial: given all that were lost, whether so many
        in this season) and ``q`` (corrected for the number of seasons, Benjamini and Hochberg). The test over
        all seasons (chi-squared) is ``found.asked["p"]``. ``found.customers(row)`` gives who was lost then,
        ``found.among(row)`` who could have been.

    >>> import cjlib as cj
    >>> journey = cj.Journey("demo", stages=[cj.Stage("care"), cj.Stage("gone", kind="lost")],
    ...     transitions=[cj.Transition("care", "gone", when='happened("cancel")', kind="exit")])
    >>> log = cj.EventLog.from_columns(["a", "a", "b"], ["visit", "cancel", "visit"],
    ...     ["2026-01-01", "2026-01-31", "2026-01-01"])
    >>> found = seasons(cj.replay(journey, log, until="2026-03-02"))
    >>> print(found.select([0, 1, 2])["lost"], found["customer_days"][:3])
    [1 0 0] [61. 28.  1.]
    """
    if not isinstance(trace, Trace):
        raise UsageError(f"seasons: a Trace was expected, not {type(trace).__name__}: see replay")
    if unit not in UNITS:
        raise UsageError(f"seasons: unit is one of {', '.join(UNITS)}, not {unit!r:.40}")
    stays = _Stays.of(trace, where)
    period, n_seasons = UNITS[unit]
    edges = edges_of(period, stays.first, stays.end, "seasons")
    season = _seasons(edges[:-1], unit)
    days = np.diff(stays.days_before(np.minimum(edges, stays.end)))
    customer_days = np.bincount(season, days, minlength=n_seasons).astype(np.float64)
    lost = np.bincount(_seasons(stays.lost_at, unit), minlength=n_seasons)
    periods = np.bincount(season[days > 0], minlength=n_seasons)
    rate, low, high = _rates(lost, customer_days)
    ps, p = _tests(lost, customer_days)
    base = divided(lost.sum() * 30.0, customer_days.sum())
    return Answer(
        {
            unit: Coded(np.arange(n_seasons), NAMES[unit]), "lost": lost, "customer_days": customer_days,
            "periods": periods, "rate": rate, "low": low, "high": high, "base": np.full(n_seasons, base),
            "lift": divided(rate, base), "p": ps, "q": np.array(corrected(ps.tolist())),
        },
        name="seasons",
        asked={"unit": unit, "where": where, "p": p},
        evidence=_Losing(trace.ids, stays, unit, edges, season),
    )  # fmt: skip


@attrs.frozen(eq=False)
class _Stays:
    """Stays in stages that are not lost.

    Attributes:
        customer: (k,) whose.
        entered, left: (k,) microseconds; the end of the replay where it is still going on.
        lost_by, lost_at: who moved into a lost stage, and when.
        end: of the replay.
    """

    customer: Ints
    entered: Ints
    left: Ints
    lost_by: Ints
    lost_at: Ints
    end: int

    @classmethod
    def of(cls, trace: Trace, where: Where) -> _Stays:
        visits, end = trace.visits, end_of(trace)
        groups = Groups(Facts(trace, trace._log, trace._customers))
        chosen = groups.chosen(where, Rows(customers=np.arange(len(trace.ids))), end)
        lost = {stage.id for stage in trace.journey.stages if stage.kind == "lost"}
        customer = visits.codes("customer").astype(np.int64)
        entered, left = visits["entered"].view(np.int64), visits["left"].view(np.int64)
        into_lost = np.array([way.target in lost for way in trace.journey.transitions] + [False])
        is_alive = chosen[customer] & ~np.isin(visits["stage"], list(lost))
        is_left = is_alive & into_lost[visits["via"]]
        ends = np.where(left == NAT, end, left)
        return cls(
            customer[is_alive], entered[is_alive], ends[is_alive], customer[is_left], left[is_left], end
        )

    @property
    def first(self) -> int:
        return int(self.entered.min(initial=self.end))

    def days_before(self, moments: Ints) -> Floats:
        """(m,) customer-days up to each moment."""
        return _area(self.entered, moments) - _area(self.left, moments)


def _area(begins: Ints, moments: Ints) -> Floats:
    """(m,) the days from all beginnings to each moment, where they are before it."""
    ordered = np.sort(begins)
    base = int(ordered[0]) if len(ordered) else 0
    sums = np.append(0.0, np.cumsum((ordered - base) / DAY_US))
    count = np.searchsorted(ordered, moments, side="left")
    days: Floats = count * ((moments - base) / DAY_US) - sums[count]
    return days


@attrs.frozen(eq=False)
class _Losing:
    """Who was lost in a season."""

    ids: Any
    stays: _Stays
    unit: str
    edges: Ints
    season: Ints

    def behind(self, row: int) -> Mask:
        is_lost = np.zeros(len(self.ids), bool)
        is_lost[self.stays.lost_by[_seasons(self.stays.lost_at, self.unit) == row]] = True
        return is_lost

    def among(self, row: int) -> Mask:
        was_there = np.zeros(len(self.ids), bool)
        for begin, end in zip(self.edges[:-1], self.edges[1:], strict=True):
            if _seasons(np.array([begin]), self.unit)[0] == row:
                inside = (self.stays.entered < end) & (self.stays.left > begin)
                was_there[self.stays.customer[inside]] = True
        was_there |= self.behind(row)
        return was_there


def _seasons(moments: Ints, unit: str) -> Ints:
    """(m,) the season in which each moment lies."""
    if unit == "weekday":
        weekday: Ints = (moments // DAY_US + 3) % 7  # 1970-01-01 was a Thursday
        return weekday
    months = moments.view("datetime64[us]").astype("datetime64[M]").astype(np.int64) % 12
    return months // 3 if unit == "quarter" else months


def _rates(lost: Ints, days: Floats) -> tuple[Floats, Floats, Floats]:
    """Losses per 30 customer-days, and the exact interval of a Poisson rate."""
    from scipy.stats import chi2

    low = np.where(lost > 0, chi2.ppf(0.025, 2 * np.maximum(lost, 1)) / 2, 0.0)
    high = chi2.ppf(0.975, 2 * (lost + 1)) / 2
    rate, low, high = (divided(one * 30.0, days) for one in (lost, low, high))
    return rate, low, high


def _tests(lost: Ints, days: Floats) -> tuple[Floats, float]:
    """p of each season, and of all together; NaN where there was nothing to lose."""
    from scipy.stats import binomtest, chisquare

    total, whole = int(lost.sum()), float(days.sum())
    seen = days > 0
    if not total or seen.sum() < 2:
        return np.ones(len(lost)), 1.0
    each = [
        float(binomtest(int(k), total, float(d / whole)).pvalue) if d > 0 else 1.0
        for k, d in zip(lost.tolist(), days.tolist(), strict=True)
    ]
    inside = lost[seen]  # not those at the very first instant of a season in which nobody was there
    p = float(chisquare(inside, inside.sum() * days[seen] / whole).pvalue) if inside.any() else 1.0
    return np.array(each), p
