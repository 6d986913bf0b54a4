"""Whether a change helped."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ..criteria._literals import as_duration
from ..data import Coded, EventLog, Table, to_us
from ..errors import UsageError
from ..journey import Journey
from ..scoring.figures._by import Rows, Where
from ..scoring.figures._by_facts import Facts
from ..trace import Trace
from ._chance import LEVEL
from ._contacts import Contacts, felt_metrics
from ._given import Given
from ._stays import Stays

__all__ = ["Impact", "impact"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

OUTCOMES = ("forward", "lost", "left", "satisfaction")
SIDES = ("treated", "comparison")
TIMES = ("before", "after")
Z = 1.959963984540054  # the 97.5 % quantile of the normal distribution
POWER_Z = 0.8416212335729143  # the 80 % quantile


@attrs.frozen(eq=False, repr=False, kw_only=True)
class Impact:
    """What went with a change.

    Attributes:
        place: the stage or touchpoint that it is about.
        outcome: what was looked at: ``forward lost left satisfaction``.
        change: when the change came.
        table: one row per group (treated, comparison) and time (before, after): ``customers``, ``mean`` (a
            share, or a mean answer) and its standard ``error``.
        effect: by how much the treated changed, less by how much the comparison group did.
        low: the lower end of its 95 % interval.
        high: the upper end.
        p: how often chance alone does as much.
        smallest: the smallest effect that these numbers of customers would have shown in 80 % of cases.
        drift: p that treated and comparison group had moved apart before the change already; NaN without.
        association: whether there was no comparison group, so that whatever else changed may be behind it.
    """

    place: str
    outcome: str
    change: np.datetime64
    table: Table
    effect: float
    low: float
    high: float
    p: float
    smallest: float
    drift: float
    association: bool

    @property
    def verdict(self) -> str:
        """What can be said of it, in a sentence."""
        size = f"{self.effect:+.3g} ({self.low:+.3g} to {self.high:+.3g})"
        if np.isnan(self.effect):
            return f"{self._what} cannot be compared: a group has too few customers before or after."
        if self.p > LEVEL:
            unseen = f"an effect smaller than {self.smallest:.3g} would hardly have shown"
            return f"{self._what}: {size}, which chance may do; {unseen}."
        if self.association:
            return f"{self._what}: {size} since then; without a comparison group it may have other causes."
        if self.drift <= LEVEL:
            return f"{self._what}: {size}, but the two groups moved apart before the change already."
        return f"{self._what}: {size} more than in the comparison group."

    @property
    def _what(self) -> str:
        words = {"left": "left in time", "lost": "lost", "forward": "went on", "satisfaction": "satisfaction"}
        return f"{self.place}, {words[self.outcome]}"

    def __repr__(self) -> str:
        return f"<Impact at {self.place} on {str(self.change)[:10]}: {self.effect:+.3g}>"

    def __str__(self) -> str:
        lines = [self.verdict]
        for row in self.table.rows():
            who = f"{row['group']}, {row['time']}"
            lines.append(
                f"  {who:<20} {row['mean']:.4g} ± {row['error']:.2g} ({row['customers']:,} customers)"
            )
        return "\n".join(lines)


def impact(
    journey: Journey,
    trace: Trace,
    log: EventLog,
    *,
    change: Any,
    stage: str | None = None,
    touchpoint: str | None = None,
    outcome: str = "forward",
    within: str | timedelta = "30d",
    window: str | timedelta = "180d",
    treated: Where = None,
    where: Where = None,
) -> Impact:
    """Whether things got better with a change, and whether that is more than chance and than elsewhere.

    Of a stage, each customer's first visit that began in the window counts: before the change, if its outcome
    was settled before it; after the change, if its outcome is settled by now. Of a touchpoint, each
    customer's mean answer counts, before and after apart. With ``treated`` the others are the comparison
    group, and the effect is the difference in differences; the standard errors are those of independent
    means, and ``drift`` does the same for the two halves of the time before. Without it, only before and
    after are compared, and the result is an association.

    Args:
        journey: the definition.
        trace: its replay.
        log: the events that were replayed.
        change: when the change came: a datetime, a date or ISO text.
        stage: the stage that it is about, or
        touchpoint: the touchpoint, for ``satisfaction``.
        outcome: ``forward`` (went on), ``lost`` (into a lost stage), ``left`` (in any way), each within
            ``within``; or ``satisfaction``.
        within: how long a visit has for its outcome.
        window: how far before and after the change visits are looked at.
        treated: for whom the change was made, as ``where``, read at the end of the trace; None: for all.
        where: whom it is about at all.

    Raises:
        UsageError: if the three do not belong together, or a part is missing.
        UnknownNameError: if there is no such stage or touchpoint.

    >>> import cjlib as cj
    >>> shop = cj.template("ecommerce")
    >>> made = cj.simulate(shop, 300, seed=1, until="2026-01-01")
    >>> trace = cj.replay(shop, made.log, made.customers, until="2026-01-01")
    >>> found = cj.findings.impact(shop, trace, made.log, change="2025-07-01", stage=shop.stages[0].id)
    >>> found.association
    True
    """
    facts = Facts.of(journey, trace, log)
    given = Given(trace=trace, log=facts.log, facts=facts)
    at = to_us(change)
    if not at < given.until:
        raise UsageError(f"impact: the trace ends at {trace.until}; a change at {change} shows nothing yet")
    if outcome not in OUTCOMES:
        raise UsageError(f"impact: outcome is one of {', '.join(OUTCOMES)}, not {outcome!r:.40}")
    spans = [round(as_duration(one) / timedelta(microseconds=1)) for one in (within, window)]
    when, who, value = _outcomes(given, at, stage, touchpoint, outcome, *spans)
    everyone = Rows(customers=np.arange(len(trace.ids)))
    chosen = given.groups.chosen(where, everyone, given.until)[who]
    is_treated = given.groups.chosen(treated, everyone, given.until)[who]
    cells = _Cells(who[chosen], value[chosen], is_treated[chosen])
    return _judged(cells, when[chosen], at, str(stage or touchpoint), outcome, treated is not None, spans[1])


def _outcomes(
    given: Given, at: int, stage: str | None, touchpoint: str | None, outcome: str, within: int, window: int
) -> tuple[Ints, Ints, Floats]:
    """When each outcome began, whose it is, and what it was."""
    if outcome == "satisfaction":
        if touchpoint is None:
            raise UsageError("impact: satisfaction is that of a touchpoint: pass touchpoint=")
        return _answers(given, at, touchpoint, window)
    if stage is None:
        raise UsageError(f"impact: {outcome!r} is an outcome of visits to a stage: pass stage=")
    stays, number = Stays.of(given), given.journey.stage_index[given.journey.stage(stage).id]
    is_in_time = stays.is_left & (stays.ends - stays.entered <= within)
    is_so = {"left": is_in_time, "lost": is_in_time & stays.is_lost, "forward": is_in_time & stays.is_forward}
    settled = stays.entered + within
    before = (stays.entered >= at - window) & (settled <= at)
    after = (stays.entered >= at) & (stays.entered < at + window) & (settled <= given.until)
    rows = np.flatnonzero((stays.stage == number) & (stays.number_here == 0) & (before | after))
    return stays.entered[rows], stays.customer[rows], is_so[outcome][rows].astype(float)


def _answers(given: Given, at: int, id: str, window: int) -> tuple[Ints, Ints, Floats]:
    contacts, touchpoint = Contacts.of(given), given.journey.touchpoint(id)
    metrics = felt_metrics(given, touchpoint)
    if not metrics:
        raise UsageError(f"impact: touchpoint {id!r} has no metric that tells how it was felt")
    is_one = np.zeros(len(contacts.log), bool)
    for metric in metrics:
        is_one |= contacts.answers(metric)
    time = contacts.log.time
    rows = np.flatnonzero(is_one & (time >= at - window) & (time < at + window))
    value = np.zeros(0) if contacts.log.value is None else contacts.log.value[rows]
    return time[rows], contacts.customer[rows].astype(np.int64), value


@attrs.frozen(eq=False)
class _Cells:
    """Outcomes by group; each customer counts once in each time, with its mean."""

    who: Ints
    value: Floats
    is_treated: Mask

    def mean(self, rows: Mask) -> tuple[int, float, float]:
        """How many customers, their mean, and the variance of that mean."""
        if not rows.any():
            return 0, np.nan, np.nan
        _, places = np.unique(self.who[rows], return_inverse=True)
        means = np.bincount(places, self.value[rows]) / np.bincount(places)
        n = len(means)
        return n, float(means.mean()), float(means.var(ddof=1)) / n if n > 1 else np.nan

    def difference(self, late: Mask, early: Mask, has_comparison: bool) -> tuple[float, float]:
        """By how much the treated changed, less the others' change; and its variance."""
        total, variance = 0.0, 0.0
        for side, sign in ((self.is_treated, 1), *(((~self.is_treated, -1),) if has_comparison else ())):
            for rows, way in ((late, 1), (early, -1)):
                _, mean, spread = self.mean(side & rows)
                total, variance = total + sign * way * mean, variance + spread
        return total, variance


def _judged(
    cells: _Cells, when: Ints, at: int, place: str, outcome: str, has_comparison: bool, window: int
) -> Impact:
    late = when >= at
    effect, variance = cells.difference(late, ~late, has_comparison)
    error = float(np.sqrt(variance))
    p = _two_sided(effect, error)
    drift = np.nan
    if has_comparison and (~late).any():
        middle = np.median(when[~late])
        moved, spread = cells.difference(~late & (when >= middle), ~late & (when < middle), True)
        drift = _two_sided(moved, float(np.sqrt(spread)))
    return Impact(
        place=place, outcome=outcome, change=np.datetime64(at, "us"),
        table=_table(cells, late, has_comparison), effect=effect, low=effect - Z * error,
        high=effect + Z * error, p=p, smallest=(Z + POWER_Z) * error, drift=drift,
        association=not has_comparison,
    )  # fmt: skip


def _two_sided(effect: float, error: float) -> float:
    from scipy.stats import norm

    if not error > 0:
        return np.nan if np.isnan(effect) or np.isnan(error) else float(effect == 0)
    return float(2 * norm.sf(abs(effect) / error))


def _table(cells: _Cells, late: Mask, has_comparison: bool) -> Table:
    sides = SIDES if has_comparison else SIDES[:1]
    rows = [
        (group, time, *cells.mean((cells.is_treated == (group == 0)) & (late == bool(time))))
        for group in range(len(sides))
        for time in range(2)
    ]
    group, time, customers, mean, variance = (np.array(column) for column in zip(*rows, strict=True))
    return Table(
        {
            "group": Coded(group, SIDES),
            "time": Coded(time, TIMES),
            "customers": customers.astype(np.int64),
            "mean": mean.astype(float),
            "error": np.sqrt(variance.astype(float)),
        },
        name="impact",
    )
