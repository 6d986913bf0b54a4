"""Curves of durations of which some still go on: Kaplan–Meier, Aalen–Johansen, and the log-rank test."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ..errors import DataError, UsageError

__all__ = ["Incidence", "LogRank", "Survival", "aalen_johansen", "kaplan_meier", "log_rank", "median_time"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

_Z = 1.959963984540054  # the 97.5 % quantile of the normal distribution
_ROUNDING = 1e-12  # a running product may miss a level by this much


@attrs.frozen(eq=False, kw_only=True)
class Survival:
    """A Kaplan–Meier curve: the share whose duration has not ended, from each time at which one ended.

    Attributes:
        times: (k,) the different times at which durations ended, ascending.
        at_risk: (k,) how many were seen right before.
        ended: (k,) how many ended then.
        curve: (k,) the share that goes on after each time; before the first, it is 1.
        low: (k,) lower end of the 95 % interval; NaN where the curve is 0.
        high: (k,) upper end of the 95 % interval; NaN where the curve is 0.
    """

    times: Floats
    at_risk: Floats
    ended: Floats
    curve: Floats
    low: Floats
    high: Floats

    def at(self, times: Any) -> Floats:
        """(m,) the share that goes on after each of these times."""
        found: Floats = np.append(1.0, self.curve)[np.searchsorted(self.times, times, side="right")]
        return found

    def quantile(self, share: float = 0.5) -> tuple[float, float, float]:
        """When a share has ended, with its 95 % interval; NaN where the curve doesn't come down that far.

        The interval inverts the log-log band of the curve (Brookmeyer and Crowley, 1982).
        """
        level = 1.0 - share
        first, low, high = (_first_below(self.times, one, level) for one in (self.curve, self.low, self.high))
        return first, low, high


@attrs.frozen(eq=False, kw_only=True)
class Incidence:
    """Cumulative incidences: the share that has ended by each time, by cause.

    Attributes:
        times: (k,) the different times at which durations ended, ascending.
        at_risk: (k,) how many were seen right before.
        ended: (k, causes) how many ended then, by cause.
        curves: (k, causes) the share that has ended by then, by cause.
        errors: (k, causes) standard errors of the curves.
        low: (k, causes) lower end of the 95 % interval; NaN where the share is 0 or 1.
        high: (k, causes) upper end of the 95 % interval; NaN where the share is 0 or 1.
    """

    times: Floats
    at_risk: Floats
    ended: Floats
    curves: Floats
    errors: Floats
    low: Floats
    high: Floats

    def at(self, times: Any) -> Floats:
        """(m, causes) the share that has ended by each of these times."""
        before = np.vstack([np.zeros((1, self.curves.shape[1])), self.curves])
        found: Floats = before[np.searchsorted(self.times, times, side="right")]
        return found


@attrs.frozen(kw_only=True)
class LogRank:
    """Whether groups end at the same pace.

    Attributes:
        statistic: chi-squared.
        freedom: the degrees of freedom: groups less one.
        p: the probability of a statistic as large if all end at the same pace.
        observed: how many ended, by group.
        expected: how many were to be expected, by group.
    """

    statistic: float
    freedom: int
    p: float
    observed: tuple[float, ...]
    expected: tuple[float, ...]


def kaplan_meier(
    durations: Floats, is_ended: Mask, *, entered: Floats | None = None, weights: Floats | None = None
) -> Survival:
    """The share that goes on, durations that were still going on counted right.

    What ends and what is last seen at one time: the latter was still at risk. The interval is that of
    log(-log(curve)) with Greenwood's variance (Kalbfleisch and Prentice, 2002, section 1.4).

    Args:
        durations: (n,) float64, of any one unit, at least 0: when each ended, or was last seen.
        is_ended: (n,) whether it ended; False where it was still going on.
        entered: (n,) from when on each was seen, at a duration less than its own; unsaid: from 0 on. Who
            came into view at a time was not at risk of ending at that very time (left truncation).
        weights: (n,) how many each row stands for; unsaid: one.

    Raises:
        DataError: if a number is missing, infinite or negative, or a duration doesn't exceed its entry.

    >>> kaplan_meier(np.array([1.0, 2.0, 3.0, 9.0]), np.array([True, True, False, False])).curve
    array([0.75, 0.5 ])
    """
    risk = _Risk.of(durations, entered, weights)
    times, ended = risk.ended(np.asarray(is_ended, bool)[risk.order])
    inside = risk.inside(times)
    curve, variance = _curve(ended, inside)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = _Z * np.sqrt(variance) / np.log(curve)
        low, high = curve ** np.exp(-spread), curve ** np.exp(spread)
    return Survival(times=times, at_risk=inside, ended=ended, curve=curve, low=low, high=high)


def aalen_johansen(
    durations: Floats,
    cause: Ints,
    causes: int,
    *,
    entered: Floats | None = None,
    weights: Floats | None = None,
) -> Incidence:
    """The share that has ended by each cause, where causes compete.

    Standard errors by the delta method (Marubini and Valsecchi, *Analysing Survival Data from Clinical
    Trials and Observational Studies*, 1995, section 10.3); intervals of log(-log(share)).

    Args:
        durations: (n,) float64, as of `kaplan_meier`.
        cause: (n,) int, from 0 on; -1 where the duration was still going on.
        causes: how many there are.
        entered: (n,) as of `kaplan_meier`.
        weights: (n,) as of `kaplan_meier`.

    Raises:
        DataError: as of `kaplan_meier`, or if a cause is out of range.

    >>> found = aalen_johansen(np.array([1.0, 2.0, 3.0, 9.0]), np.array([0, 1, -1, 0]), 2)
    >>> found.curves[:, 0], found.curves[:, 1]
    (array([0.25, 0.25, 0.75]), array([0.  , 0.25, 0.25]))
    """
    risk = _Risk.of(durations, entered, weights)
    of_row = np.asarray(cause, np.int64)[risk.order]
    if len(of_row) and not -1 <= of_row.min() <= of_row.max() < causes:
        raise DataError(f"a cause is a number from 0 to {causes - 1}, or -1 for none")
    times, _ = risk.ended(of_row >= 0)
    ended = np.zeros((len(times), causes))
    for one in range(causes):
        when, count = risk.ended(of_row == one)
        ended[np.searchsorted(times, when), one] = count
    inside = risk.inside(times)
    total = ended.sum(axis=1)
    before = np.append(1.0, _curve(total, inside)[0])[:-1]
    curves = np.cumsum((before / inside)[:, None] * ended, axis=0)
    errors = np.sqrt(np.maximum(_incidence_variance(curves, ended, total, before, inside), 0.0))
    shares = np.where(curves > 1 - _ROUNDING, np.nan, curves)  # a running sum may miss 1 by this much
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = _Z * errors / (shares * np.log(shares))
        low, high = shares ** np.exp(-spread), shares ** np.exp(spread)
    return Incidence(
        times=times, at_risk=inside, ended=ended, curves=curves, errors=errors, low=low, high=high
    )


def log_rank(durations: Floats, is_ended: Mask, group: Ints, *, entered: Floats | None = None) -> LogRank:
    """Whether groups end at the same pace.

    Source: Mantel (1966); for several groups Kalbfleisch and Prentice (2002), section 1.5.

    Args:
        durations: (n,) float64, as of `kaplan_meier`.
        is_ended: (n,) as of `kaplan_meier`.
        group: (n,) int, from 0 on.
        entered: (n,) as of `kaplan_meier`.

    Returns:
        The test; with p = 1 where fewer than two groups were ever at risk when something ended.

    >>> weeks, who = np.array([6.0, 7.0, 10.0, 15.0, 1.0, 1.0, 2.0, 3.0]), np.array([0, 0, 0, 0, 1, 1, 1, 1])
    >>> round(log_rank(weeks, np.full(8, True), who).p, 4)
    0.0062
    """
    from scipy.stats import chi2

    group = np.asarray(group, np.int64)
    if len(group) and group.min() < 0:
        raise DataError("a group is a number from 0 on")
    is_ended = np.asarray(is_ended, bool)
    times, total = _Risk.of(durations, entered, None).counted(is_ended)
    groups = int(group.max(initial=-1)) + 1
    ended, inside = np.zeros((len(times), groups)), np.zeros((len(times), groups))
    for one in range(groups):
        rows = group == one
        risk = _Risk.of(
            np.asarray(durations)[rows], None if entered is None else np.asarray(entered)[rows], None
        )
        when, count = risk.counted(is_ended[rows])
        ended[np.searchsorted(times, when), one] = count
        inside[:, one] = risk.inside(times)
    everybody = inside.sum(axis=1)
    share = inside / everybody[:, None]
    expected = (total[:, None] * share).sum(axis=0)
    spread = total * (everybody - total) / np.maximum(everybody - 1, 1)
    covariance = np.diag(share.T @ spread) - (share * spread[:, None]).T @ share
    difference = ended.sum(axis=0) - expected
    statistic = max(float(difference @ np.linalg.pinv(covariance, hermitian=True) @ difference), 0.0)
    freedom = int(np.linalg.matrix_rank(covariance, hermitian=True))
    return LogRank(
        statistic=statistic, freedom=freedom, p=float(chi2.sf(statistic, freedom)) if freedom else 1.0,
        observed=tuple(ended.sum(axis=0).tolist()), expected=tuple(expected.tolist()),
    )  # fmt: skip


def median_time(durations: Floats, is_ended: Mask) -> tuple[float, float, float]:
    """The Kaplan–Meier median and its 95 % interval, NaN where the curve does not come down to it.

    >>> median_time(np.array([1.0, 2.0, 3.0, 9.0]), np.array([True, True, False, False]))[0]
    2.0
    """
    return kaplan_meier(durations, is_ended).quantile(0.5)


@attrs.frozen(eq=False)
class _Risk:
    """Durations and entries in order, so that who is at risk is found by counting."""

    order: Ints
    durations: Floats
    weights: Floats | None
    entered: Floats | None
    entered_weights: Floats | None

    @classmethod
    def of(cls, durations: Any, entered: Any, weights: Any) -> _Risk:
        durations = _numbers(durations, "duration")
        weights = None if weights is None else _numbers(weights, "weight", len(durations))
        order = np.argsort(durations)
        sorted_weights = None if weights is None else weights[order]
        if entered is None:
            return cls(order, durations[order], sorted_weights, None, None)
        entered = _numbers(entered, "entry", len(durations))
        is_late = entered > 0
        if (at_fault := is_late & (entered >= durations)).any():
            row = int(np.argmax(at_fault))
            raise DataError(
                f"a duration is longer than the time from which on it was seen, not {durations[row]:g} "
                f"seen from {entered[row]:g} on (row {row}, and {int(at_fault.sum()):,} in all)"
            )
        late = np.flatnonzero(is_late)
        late = late[np.argsort(entered[late])]
        return cls(
            order, durations[order], sorted_weights, entered[late], None if weights is None else weights[late]
        )

    def counted(self, is_ended: Mask) -> tuple[Floats, Floats]:
        """The same as `ended`, of rows in the order in which they were given."""
        return self.ended(is_ended[self.order])

    def ended(self, chosen: Mask) -> tuple[Floats, Floats]:
        """The different times of the chosen rows (in order of duration), and how many they are."""
        times = self.durations[chosen]
        if not len(times):
            return times, times
        first = np.flatnonzero(np.append(True, times[1:] != times[:-1]))
        if self.weights is None:
            return times[first], np.diff(first, append=len(times)).astype(np.float64)
        count = np.add.reduceat(self.weights[chosen], first)
        return times[first[count > 0]], count[count > 0]

    def inside(self, times: Floats) -> Floats:
        """(k,) how many were at risk right before each time."""
        found = _from(self.durations, self.weights, times)
        if self.entered is not None:
            found -= _from(self.entered, self.entered_weights, times)
        return found


def _from(ordered: Floats, weights: Floats | None, times: Floats) -> Floats:
    """(k,) how much weight lies at each time or after it."""
    places = np.searchsorted(ordered, times, side="left")
    if weights is None:
        return (len(ordered) - places).astype(np.float64)
    found: Floats = np.append(np.cumsum(weights[::-1])[::-1], 0.0)[places]
    return found


def _numbers(given: Any, what: str, rows: int | None = None) -> Floats:
    try:
        array = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise UsageError(f"each {what} must be a number ({error})") from error
    if array.ndim != 1 or rows not in (None, len(array)):
        expected = "one row of numbers" if rows is None else f"{rows} numbers"
        raise UsageError(f"expected for each {what}: {expected}, not an array of shape {array.shape}")
    if len(array) and not (array.min() >= 0 and array.max() < np.inf):
        row = int(np.argmin((array >= 0) & (array < np.inf)))
        raise DataError(f"each {what} is a finite number, at least 0, not {array[row]!r} (row {row})")
    return array


def _curve(ended: Floats, inside: Floats) -> tuple[Floats, Floats]:
    """(k,) the running product, and Greenwood's sum."""
    left = np.where(inside - ended > _ROUNDING * inside, inside - ended, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        curve: Floats = np.cumprod(left / inside, dtype=np.float64)
        return curve, np.cumsum(ended / (inside * left))


def _incidence_variance(
    curves: Floats, ended: Floats, total: Floats, before: Floats, inside: Floats
) -> Floats:
    """(k, causes) sums over earlier times of squares of differences, written out so that each runs once."""
    left = np.where(inside - total > _ROUNDING * inside, inside - total, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.where(left > 0, total / (inside * left), 0.0)[:, None]  # at 0 the curves stand still
    own = before[:, None] ** 2 * ended * (inside[:, None] - ended) / inside[:, None] ** 3
    cross = before[:, None] * ended / inside[:, None] ** 2
    first = (
        curves**2 * np.cumsum(greenwood, axis=0)
        - 2 * curves * np.cumsum(greenwood * curves, axis=0)
        + np.cumsum(greenwood * curves**2, axis=0)
    )
    third = curves * np.cumsum(cross, axis=0) - np.cumsum(cross * curves, axis=0)
    return np.asarray(first + np.cumsum(own, axis=0) - 2 * third)


def _first_below(times: Floats, curve: Floats, level: float) -> float:
    below = np.flatnonzero(curve <= level + _ROUNDING)
    return float(times[below[0]]) if len(below) else np.nan
