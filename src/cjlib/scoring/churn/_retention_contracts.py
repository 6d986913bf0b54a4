"""The shifted beta-geometric: contracts are renewed or not, by customers some of whom are more loyal."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ...data._tables import Table
from ...errors import DataError, UsageError
from .._contract import Scores
from ._likelihood import Maximum, maximise
from ._retention_rows import SAME_END, alike, days, fingerprint_of, length, limit_notes

if TYPE_CHECKING:
    from ...snapshots import Snapshot

__all__ = ["ContractCounts", "FittedContracts", "fit_contracts"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

STARTS = ((1.0, 1.0), (0.3, 3.0), (3.0, 0.3), (20.0, 60.0))
MOST_PERIODS = 1_000_000
LIMITS = {
    "alpha high": SAME_END, "beta high": SAME_END, "alpha low": "who doesn't leave at once stays for good",
    "beta low": "who doesn't leave at once stays for good",
}  # fmt: skip


@attrs.frozen(eq=False)
class ContractCounts:
    """How many contracts came up for renewal at the end of each period, and how many were not renewed.

    Attributes:
        at_risk: (periods,) int64, whose first entry is of the first period.
        lost: (periods,) int64.

    >>> ContractCounts.of(np.array([0, 0, 1]), np.array([2, 3, 3]), np.array([True, False, True])).at_risk
    array([2, 3, 2])
    """

    at_risk: Ints
    lost: Ints

    @classmethod
    def of(cls, entered: Ints, ended: Ints, is_lost: NDArray[np.bool_]) -> ContractCounts:
        """From contracts: renewals before they were seen, renewals due up to the end of what was seen.

        Args:
            entered: (n,) how many periods were over when each came into view.
            ended: (n,) at the end of which period each was lost, or was last seen to be renewed.
            is_lost: (n,) whether it was lost.
        """
        periods = int(ended.max(initial=0))
        if periods > MOST_PERIODS:
            raise DataError(
                f"{periods:,} periods of contract are more than {MOST_PERIODS:,}: is period= too short?"
            )
        seen = ended > entered
        came = np.bincount(entered[seen], minlength=periods + 1)
        went = np.bincount(ended[seen], minlength=periods + 1)
        inside = np.cumsum(came - np.append(0, went[1:]))
        lost = np.bincount(ended[seen & is_lost], minlength=periods + 1)
        return cls(inside[:periods], lost[1:])

    def __add__(self, other: ContractCounts) -> ContractCounts:
        periods = max(len(self.lost), len(other.lost))

        def padded(counts: Ints) -> Ints:
            return np.pad(counts, (0, periods - len(counts)))

        return ContractCounts(
            padded(self.at_risk) + padded(other.at_risk), padded(self.lost) + padded(other.lost)
        )


def fit_contracts(counts: ContractCounts) -> Maximum:
    """α and β: of the chance that a contract isn't renewed, beta-distributed over the customers.

    Source: Fader and Hardie (2007), How to project customer retention, J. of Interactive Marketing 21(1).
    In period t, α / (α + β + t - 1) of those who are left are lost (their equation 7), so that the numbers at
    risk and lost by period tell all.

    Raises:
        DataError: if the counts cannot tell two parameters; it says what is missing.

    >>> kept = np.array([1000, 869, 743, 653, 593, 551, 517, 491])
    >>> fit_contracts(ContractCounts(kept[:-1], -np.diff(kept))).parameters.round(3)
    array([0.668, 3.806])
    """
    _check(counts)
    period = np.arange(len(counts.lost), dtype=np.float64)
    lost, at_risk = counts.lost.astype(np.float64), counts.at_risk.astype(np.float64)
    kept = at_risk - lost

    def evaluate(theta: Floats) -> tuple[float, Floats, Floats]:
        alpha, beta = theta
        stays, all_ = beta + period, alpha + beta + period
        value = lost.sum() * np.log(alpha) + kept @ np.log(stays) - at_risk @ np.log(all_)
        common = at_risk @ (1 / all_)
        bend = at_risk @ (1 / all_**2)
        gradient = np.array([lost.sum() / alpha - common, kept @ (1 / stays) - common])
        curvature = np.array([[bend - lost.sum() / alpha**2, bend], [bend, bend - kept @ (1 / stays**2)]])
        return float(value), gradient, curvature

    return maximise(evaluate, STARTS, "sbg")


def _check(counts: ContractCounts) -> None:
    at_risk, lost = int(counts.at_risk.sum()), int(counts.lost.sum())
    told = f"sbg: {at_risk:,} contracts came up for renewal"
    if not at_risk:
        raise DataError(
            "sbg: no contract came up for renewal before the end of what was seen: is period= longer than it?"
        )
    if not lost:
        raise DataError(f"{told} and every one was renewed, so nothing says when one is not: wait, or pool")
    if lost == at_risk:
        raise DataError(f"{told} and not one was renewed: there is no curve of retention to draw")
    if np.count_nonzero(counts.at_risk) < 2:
        raise DataError(
            f"{told}, all of them at the end of one period; two numbers cannot be told from one: take "
            "contracts of different ages"
        )


def log_survival(parameters: Floats, entered: Floats, ended: Floats) -> Floats:
    """(n,) the logarithm of the chance that a contract renewed so often is renewed up to a later period.

    >>> np.exp(log_survival(np.array([1.0, 1.0]), np.array([0.0, 1.0]), np.array([1.0, 2.0]))).round(3)
    array([0.5  , 0.667])
    """
    from scipy.special import betaln

    alpha, beta = parameters
    found: Floats = betaln(alpha, beta + ended) - betaln(alpha, beta + entered)
    return found


@attrs.frozen(eq=False, kw_only=True, repr=False)
class FittedContracts:
    """A shifted beta-geometric that was learnt; made by :meth:`RetentionScorer.fit`.

    Attributes:
        horizon: how far ahead ``score`` looks.
        event: what ends contracts.
        period: how long one runs.
        tenure: the metric that tells how many days ago the customer began.
        counts: contracts at risk and lost, by period.
        fit: α and β, their standard errors, the log-likelihood.
        notes: what is worth saying about the fit.
    """

    horizon: str | timedelta
    event: str
    period: str | timedelta
    tenure: str
    counts: ContractCounts
    fit: Maximum
    notes: tuple[str, ...]
    name: str

    @classmethod
    def of(cls, counts: ContractCounts, **settings: Any) -> FittedContracts:
        """The fit on counts."""
        fit = fit_contracts(counts)
        return cls(counts=counts, fit=fit, notes=limit_notes(fit, "alpha beta", LIMITS), **settings)

    def merge(self, other: FittedContracts) -> FittedContracts:
        """The fit on the customers of both; no customer stands in two of them.

        Raises:
            UsageError: if the other was learnt for something else.
        """
        return self.of(self.counts + other.counts, **alike(self, other))

    def __repr__(self) -> str:
        alpha, beta = self.fit.parameters
        return f"<FittedContracts of {self.event}: alpha {alpha:.3f}, beta {beta:.3f}>"

    @property
    def requires(self) -> frozenset[str]:
        """The metrics that it reads."""
        return frozenset({self.tenure})

    @property
    def fingerprint(self) -> str:
        """A hash of what was learnt."""
        return fingerprint_of(self)

    def curve(self, periods: int) -> Table:
        """What becomes of new contracts: period, share kept up to its end, share lost of who was left."""
        if isinstance(periods, bool) or not isinstance(periods, int) or periods < 1:
            raise UsageError(f"periods is a whole number, at least 1, not {periods!r:.80}")
        number = np.arange(1, periods + 1)
        kept = np.exp(log_survival(self.fit.parameters, np.zeros(periods), number.astype(np.float64)))
        alpha, beta = self.fit.parameters
        columns = {"period": number, "kept": kept, "lost": alpha / (alpha + beta + number - 1)}
        return Table(columns, name="retention")

    def score(self, snapshot: Snapshot, /) -> Scores:
        """The probability of the event within the horizon: that of a newcomer, moved by the time so far."""
        return self.within(snapshot, self.horizon)

    def within(self, snapshot: Snapshot, horizon: Any) -> Scores:
        """The same within any horizon, such as ``"365d"``; 0 where no contract ends before."""
        begun = days(snapshot, self.tenure)
        old, new = self._renewals(begun, horizon)
        values = -np.expm1(log_survival(self.fit.parameters, old, new))
        newcomer = -np.expm1(log_survival(self.fit.parameters, np.zeros(len(old)), new - old))
        return Scores(
            values, scorer=self, snapshot=snapshot, scale=(0.0, 1.0), base=newcomer,
            parts={self.tenure: values - newcomer}, coverage=(~np.isnan(begun)).astype(np.float64),
        )  # fmt: skip

    def survival(self, snapshot: Snapshot, horizons: Iterable[Any]) -> Floats:
        """(n, horizons) the probability that the event has not come; it never rises with the horizon."""
        begun = days(snapshot, self.tenure)
        pairs = [self._renewals(begun, horizon) for horizon in horizons]
        return np.column_stack([np.exp(log_survival(self.fit.parameters, *pair)) for pair in pairs])

    def _renewals(self, begun: Floats, horizon: Any) -> tuple[Floats, Floats]:
        """(n,) each: how many contracts have ended so far, and by the end of the horizon."""
        period = length(self.period)
        return np.floor(begun / period + 1e-9), np.floor((begun + length(horizon)) / period + 1e-9)
