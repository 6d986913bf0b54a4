"""Gamma-gamma: what the next purchases of a customer will be worth, each."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ...errors import DataError, UsageError
from .._contract import Scores
from ._learning import Unfitted
from ._likelihood import Maximum, maximise
from ._retention_rows import FIRST, PURCHASES, SPEND, latest, spending

if TYPE_CHECKING:
    from ...snapshots import Snapshot

__all__ = ["FittedSpend", "SpendScorer", "fit_spend"]

Floats = NDArray[np.float64]

STARTS = ((1.0, 2.0, 1.0), (6.0, 4.0, 0.5), (0.3, 3.0, 10.0), (20.0, 20.0, 1.0))


@attrs.frozen(kw_only=True)
class SpendScorer(Unfitted):
    """A gamma-gamma model of spend, to be fitted on who bought more than once.

    A customer's purchases scatter around a mean of its own (gamma, shape p), and these means over the
    customers (inverse-gamma, q and γ). Of one who bought seldom the forecast stays near the mean of all, of
    one who bought often near its own. How much is spent must not depend on how often: see ``correlation`` of
    the fit.

    Source: Fader and Hardie (2013), The gamma-gamma model of monetary value; Fader, Hardie and Lee (2005),
    RFM and CLV, Journal of Marketing Research 42(4).

    Attributes:
        purchases: the metric that counts all purchases.
        spend: the metric that sums them up.
        first: the metric that tells what the first cost, which the model leaves out.

    >>> sorted(SpendScorer().requires)
    ['first_spend', 'purchases', 'spend']
    """

    purchases: str = PURCHASES
    spend: str = SPEND
    first: str = FIRST
    name: str = "spend"

    @property
    def requires(self) -> frozenset[str]:
        """The metrics that it reads."""
        return frozenset({self.purchases, self.spend, self.first})

    def fit(self, panel: Snapshot, trace: Any = None) -> FittedSpend:
        """A scorer fitted on the last row of every customer of a panel.

        Args:
            panel: the rows.
            trace: not read; other scorers need one.

        Raises:
            DataError: if somebody spent less than nothing, or too few bought twice to tell three numbers.
        """
        return self.fit_blocks([panel])

    def fit_blocks(self, blocks: Sequence[Snapshot]) -> FittedSpend:
        """The fit on several blocks of customers, without putting them together.

        Every Newton step passes over the blocks once and adds up what they say; so the result does not depend
        on how the customers were divided.

        Args:
            blocks: panels; no customer stands in two of them.
        """
        if not blocks:
            raise UsageError("fit_blocks needs at least one block")
        bought = [spending(latest(block), self.purchases, self.spend, self.first) for block in blocks]
        fit, notes = fit_spend(bought)
        return FittedSpend(scorer=self, fit=fit, correlation=_correlation(bought), notes=notes)


@attrs.frozen(eq=False, kw_only=True, repr=False)
class FittedSpend:
    """A gamma-gamma model that was learnt; made by :meth:`SpendScorer.fit`.

    Attributes:
        scorer: the names that it reads.
        fit: p, q and γ (in the unit of the spend), their standard errors, the log-likelihood.
        correlation: of how often with how much, over who bought again; far from 0 the model is not fair.
        notes: what was left out.
    """

    scorer: SpendScorer
    fit: Maximum
    correlation: float
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        p, q, gamma = self.fit.parameters
        return f"<FittedSpend: p {p:.3f}, q {q:.3f}, gamma {gamma:.3f}>"

    @property
    def name(self) -> str:
        """What it is called in tables and messages."""
        return self.scorer.name

    @property
    def requires(self) -> frozenset[str]:
        """The metrics that it reads."""
        return self.scorer.requires

    @property
    def fingerprint(self) -> str:
        """A hash of what was learnt."""
        return hashlib.sha256(repr(self.scorer).encode() + self.fit.parameters.tobytes()).hexdigest()

    @property
    def mean(self) -> float:
        """What a purchase is worth over all customers; NaN where the mean has no bound (q up to 1)."""
        p, q, gamma = self.fit.parameters
        return float(p * gamma / (q - 1)) if q > 1 else np.nan

    def score(self, snapshot: Snapshot, /) -> Scores:
        """What each of the coming purchases is worth to be expected: the mean of all, moved by one's own.

        Coverage is how much the customer's own purchases weigh. Who never bought is judged as the mean; a
        mean without bound cannot be said.
        """
        p, q, gamma = self.fit.parameters
        names = self.scorer
        repeats, spent = spending(snapshot, names.purchases, names.spend, names.first)
        x, z = np.nan_to_num(repeats), np.nan_to_num(spent)
        own = p * x / (p * x + q - 1) if q > 1 else np.where(p * x + q > 1, 1.0, np.nan)
        with np.errstate(divide="ignore", invalid="ignore"):
            values = np.where(p * x + q > 1, p * (gamma + z) / (p * x + q - 1), np.nan)
        parts = {"own purchases": values - self.mean} if q > 1 else None
        return Scores(
            values, scorer=self, snapshot=snapshot, scale=(0.0, np.inf), parts=parts,
            base=self.mean if q > 1 else None, coverage=np.clip(np.nan_to_num(own), 0.0, 1.0),
        )  # fmt: skip


def fit_spend(blocks: Sequence[tuple[Floats, Floats]]) -> tuple[Maximum, tuple[str, ...]]:
    """p, q and γ from blocks of repeats and what was spent on them, and what was left out.

    Source: Fader and Hardie (2013), equation 1a.

    Raises:
        DataError: if fewer than three customers bought again, for something.
    """
    used = [(x[rows], z[rows]) for x, z in blocks for rows in [(x > 0) & (z > 0)]]
    free = sum(int(((x > 0) & (z == 0)).sum()) for x, z in blocks)
    notes = (f"{free:,} customers whose repeats cost nothing are left out",) if free else ()
    customers = sum(len(x) for x, _ in used)
    if customers < 3:
        raise DataError(
            f"gamma-gamma: {customers} customers bought a second time for money; three numbers cannot be "
            "learnt from fewer than three of them: wait longer, or take more customers"
        )
    unit = float(sum((z / x).sum() for x, z in used)) / customers
    tables = [_Block.of(x, z / unit) for x, z in used]

    def evaluate(theta: Floats) -> tuple[float, Floats, Floats]:
        each = [block.sums(theta) for block in tables]
        return (
            sum(v for v, _, _ in each),
            np.sum([g for _, g, _ in each], 0),
            np.sum([h for *_, h in each], 0),
        )

    found = maximise(evaluate, STARTS, "gamma-gamma")
    of_unit = np.array([1.0, 1.0, unit])
    return attrs.evolve(
        found, parameters=found.parameters * of_unit, errors=found.errors * of_unit,
        log_likelihood=found.log_likelihood - customers * float(np.log(unit)),
    ), notes  # fmt: skip


@attrs.frozen(eq=False)
class _Block:
    """What a pass over a block needs: its different numbers of repeats, and everybody's spend."""

    x: Floats
    codes: NDArray[np.int64]
    customers: Floats
    log_means: Floats
    spent: Floats

    @classmethod
    def of(cls, repeats: Floats, spent: Floats) -> _Block:
        x, codes = np.unique(repeats, return_inverse=True)
        log_means = np.bincount(codes, weights=np.log(spent / repeats), minlength=len(x)).astype(np.float64)
        customers = np.bincount(codes, minlength=len(x)).astype(np.float64)
        return cls(x, codes, customers, log_means, spent)

    def sums(self, theta: Floats) -> tuple[float, Floats, Floats]:
        """Log-likelihood, gradient and second derivatives by p, q, γ."""
        from scipy.special import digamma, gammaln, polygamma

        p, q, gamma = theta
        x, n = self.x, self.customers
        per = 1 / (gamma + self.spent)
        logs, once, twice = (
            np.bincount(self.codes, weights=one, minlength=len(x)) for one in (-np.log(per), per, per * per)
        )
        shape = p * x + q
        value = n @ (gammaln(shape) - gammaln(p * x) - gammaln(q) + q * np.log(gamma) + p * x * np.log(x))
        value += (p * x - 1) @ self.log_means - shape @ logs
        of_p = x * (n * (digamma(shape) - digamma(p * x) + np.log(x)) + self.log_means - logs)
        of_q = n * (digamma(shape) - digamma(q) + np.log(gamma)) - logs
        of_gamma = n * q / gamma - shape * once
        both, own, fixed = polygamma(1, shape), polygamma(1, p * x), polygamma(1, q)
        pp, pq, qq = n @ (x * x * (both - own)), n @ (x * both), n @ (both - fixed)
        pg, qg = -(x @ once), n.sum() / gamma - once.sum()
        gg = -n.sum() * q / gamma**2 + shape @ twice
        curvature = np.array([[pp, pq, pg], [pq, qq, qg], [pg, qg, gg]])
        return float(value), np.array([of_p.sum(), of_q.sum(), of_gamma.sum()]), curvature


def _correlation(blocks: Sequence[tuple[Floats, Floats]]) -> float:
    """Of how often with how much, over who bought again; NaN where one of them is the same for all."""
    x, z = (np.concatenate(column) for column in zip(*blocks, strict=True))
    again = x > 0
    x, means = x[again], z[again] / x[again]
    if len(x) < 2 or np.ptp(x) == 0 or np.ptp(means) == 0:
        return np.nan
    return float(np.corrcoef(x, means)[0, 1])
