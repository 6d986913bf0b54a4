"""BG/NBD: who buys again, where nobody says goodbye and each customer buys at a rate of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ..._jit import jit
from ...errors import DataError
from ._likelihood import Maximum, maximise

__all__ = ["PurchaseCounts", "fit_purchases", "log_likelihood"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

STARTS = ((0.5, 0.5, 1.0, 2.0), (0.2, 0.1, 0.5, 2.0), (2.0, 2.0, 0.1, 1.0), (1.0, 0.3, 3.0, 10.0))
FEW = 4000  # different histories, on which starts are compared


@attrs.frozen(eq=False)
class PurchaseCounts:
    """Purchase histories, each different one once, and how many customers have it.

    Attributes:
        repeats: (n,) float64 whole numbers, purchases after the first.
        recency: (n,) from the first purchase to the last; 0 without a repeat.
        age: (n,) from the first purchase to the end of what was seen.
        customers: (n,) int64.

    >>> PurchaseCounts.of(np.array([2.0, 0.0, 2.0]), np.array([5.0, 0.0, 5.0]), np.array([9.0] * 3)).customers
    array([1, 2])
    """

    repeats: Floats
    recency: Floats
    age: Floats
    customers: Ints

    @classmethod
    def of(cls, repeats: Any, recency: Any, age: Any, customers: Any = None) -> PurchaseCounts:
        """From customers, or from histories with how many have them.

        Raises:
            DataError: if a history cannot be; it names the row.
        """
        x, last, until = (np.asarray(one, np.float64) for one in (repeats, recency, age))
        many = np.ones(len(x), np.int64) if customers is None else np.asarray(customers, np.int64)
        _check_histories(x, last, until)
        last = np.where(x > 0, last, 0.0)
        order = np.lexsort((until, last, x))
        x, last, until = x[order], last[order], until[order]
        is_new = np.append(True, (np.diff(x) != 0) | (np.diff(last) != 0) | (np.diff(until) != 0))[: len(x)]
        first = np.flatnonzero(is_new)
        counts = np.add.reduceat(many[order], first) if len(first) else many
        return cls(x[first], last[first], until[first], counts)

    def __add__(self, other: PurchaseCounts) -> PurchaseCounts:
        fields = ("repeats", "recency", "age", "customers")
        return PurchaseCounts.of(*(np.append(getattr(self, f), getattr(other, f)) for f in fields))

    def every(self, step: int) -> PurchaseCounts:
        """Every so many of the histories."""
        return PurchaseCounts(
            self.repeats[::step], self.recency[::step], self.age[::step], self.customers[::step]
        )


def _check_histories(x: Floats, last: Floats, until: Floats) -> None:
    faults = (
        (~((x >= 0) & (x < np.inf) & (x == np.floor(x))), "purchases are whole numbers, at least 0", x),
        (
            ~((until >= 0) & (until < np.inf)),
            "the time since the first purchase is a number, at least 0",
            until,
        ),
        (~((last >= 0) & (last <= until)), "the last purchase lies between the first and the moment", last),
    )
    for is_fault, told, column in faults:
        if is_fault.any():
            row = int(np.argmax(is_fault))
            raise DataError(
                f"bgnbd: {told}, not {column[row]!r:.40} (row {row}, and {int(is_fault.sum()):,} in all)"
            )


def fit_purchases(counts: PurchaseCounts) -> Maximum:
    """r, α, a and b: rates are gamma-distributed (r, α), the chances to leave after a purchase beta (a, b).

    Source: Fader, Hardie and Lee (2005), "Counting your customers" the easy way, Marketing Science 24(2),
    equation 6. All starts climb on every so many of the histories, the best goes on with all of them.

    Raises:
        DataError: if the histories cannot tell four parameters; it says what is missing.
    """
    _check(counts)
    unit = float(counts.customers @ counts.age) / float(counts.customers.sum())
    few = counts.every(1 + len(counts.age) // FEW)
    starts: Sequence[Sequence[float]] = STARTS
    if len(few.age) < len(counts.age):
        starts = [maximise(_evaluator(few, unit), STARTS, "bgnbd").parameters.tolist()]
    found = maximise(_evaluator(counts, unit), starts, "bgnbd")
    of_unit = np.array([1.0, unit, 1.0, 1.0])  # α is a time
    moved = float(counts.customers @ counts.repeats) * np.log(unit)
    return attrs.evolve(
        found, parameters=found.parameters * of_unit, errors=found.errors * of_unit,
        log_likelihood=found.log_likelihood - moved,
    )  # fmt: skip


def _check(counts: PurchaseCounts) -> None:
    customers, different = int(counts.customers.sum()), len(counts.age)
    if not customers:
        raise DataError("bgnbd: nobody has bought, so nothing can be learnt")
    if not (counts.repeats > 0).any():
        raise DataError(
            f"bgnbd: not one of {customers:,} customers bought a second time, so nothing says how often they "
            "do: wait longer, or take more customers"
        )
    if different < 4:
        raise DataError(
            f"bgnbd: four numbers cannot be learnt from {different} different histor"
            f"{'y' if different == 1 else 'ies'}: take more customers"
        )


def _evaluator(counts: PurchaseCounts, unit: float) -> Any:
    """Log-likelihood and derivatives at parameters, with times in units of their mean age."""
    values, codes = np.unique(counts.repeats, return_inverse=True)
    codes = codes.astype(np.int32)
    many = counts.customers.astype(np.float64)
    recency, age = counts.recency / unit, counts.age / unit
    by_value: Floats = np.bincount(codes, weights=many, minlength=len(values)).astype(np.float64)

    def evaluate(theta: Floats) -> tuple[float, Floats, Floats]:
        value, gradient, curvature = _gammas(values, by_value, theta)
        sums = np.zeros(15)
        _sums(values, codes, recency, age, many, theta, sums)
        upper = np.zeros((4, 4))
        upper[np.triu_indices(4)] = sums[5:]
        return (
            value + sums[0],
            gradient + sums[1:5],
            curvature + upper + np.triu(upper, 1).T,
        )

    return evaluate


def _gammas(x: Floats, many: Floats, theta: Floats) -> tuple[float, Floats, Floats]:
    """What depends on the number of repeats alone: logarithms of gamma functions, and their derivatives."""
    from scipy.special import digamma, gammaln, polygamma

    r, alpha, a, b = theta
    everybody = many.sum()

    def each(gamma: Any) -> tuple[Floats, ...]:
        """At r + x, b + x and a + b + x, each less its value without repeats."""
        return tuple(gamma(base + x) - gamma(base) for base in (r, b, a + b))

    of_r, of_b, of_ab = each(gammaln)
    value = float(many @ (of_r + of_b - of_ab)) + everybody * r * np.log(alpha)
    of_r, of_b, of_ab = each(digamma)
    gradient = np.array(
        [
            many @ of_r + everybody * np.log(alpha), everybody * r / alpha, -(many @ of_ab),
            many @ (of_b - of_ab),
        ]
    )  # fmt: skip
    of_r, of_b, of_ab = each(lambda at: polygamma(1, at))
    curvature = np.zeros((4, 4))
    curvature[0, 0] = many @ of_r
    curvature[0, 1] = curvature[1, 0] = everybody / alpha
    curvature[1, 1] = -everybody * r / alpha**2
    curvature[2, 2] = curvature[2, 3] = curvature[3, 2] = -(many @ of_ab)
    curvature[3, 3] = many @ (of_b - of_ab)
    return value, gradient, curvature


@jit
def _sums(values, codes, recency, age, many, theta, sums):  # type: ignore[no-untyped-def]
    """Adds up, over histories: log(still here + has left), its gradient, the upper half of its curvature.

    Of each history two cases are weighed: still a customer, (α + age)^-(r + x), and gone after the last
    purchase, a / (b + x - 1) (α + recency)^-(r + x).
    """
    r, alpha, a, b = theta[0], theta[1], theta[2], theta[3]
    log_a = np.log(a)
    for i in range(len(codes)):
        n, x = many[i], values[codes[i]]
        shape = r + x
        log_here, per_here = np.log(alpha + age[i]), 1.0 / (alpha + age[i])
        if x == 0.0:
            sums[0] -= n * shape * log_here
            sums[1] -= n * log_here
            sums[2] -= n * shape * per_here
            sums[6] -= n * per_here
            sums[9] += n * shape * per_here * per_here
            continue
        log_gone, per_gone = np.log(alpha + recency[i]), 1.0 / (alpha + recency[i])
        less = b + x - 1.0
        d_r, d_alpha, d_a, d_b = log_here - log_gone, shape * (per_here - per_gone), 1.0 / a, -1.0 / less
        odds = log_a - np.log(less) + shape * d_r
        if odds > 0:
            small = np.exp(-odds)
            gone, log_sum = 1.0 / (1.0 + small), odds + np.log1p(small)
        else:
            small = np.exp(odds)
            gone, log_sum = small / (1.0 + small), np.log1p(small)
        both = gone * (1.0 - gone)
        sums[0] += n * (log_sum - shape * log_here)
        sums[1] += n * (gone * d_r - log_here)
        sums[2] += n * (gone * d_alpha - shape * per_here)
        sums[3] += n * gone * d_a
        sums[4] += n * gone * d_b
        sums[5] += n * both * d_r * d_r
        sums[6] += n * (both * d_r * d_alpha - (1.0 - gone) * per_here - gone * per_gone)
        sums[7] += n * both * d_r * d_a
        sums[8] += n * both * d_r * d_b
        bend = (1.0 - gone) * per_here * per_here + gone * per_gone * per_gone
        sums[9] += n * (both * d_alpha * d_alpha + shape * bend)
        sums[10] += n * both * d_alpha * d_a
        sums[11] += n * both * d_alpha * d_b
        sums[12] += n * (both * d_a * d_a - gone * d_a * d_a)
        sums[13] += n * both * d_a * d_b
        sums[14] += n * (both * d_b * d_b + gone * d_b * d_b)


def log_likelihood(counts: PurchaseCounts, parameters: Floats) -> tuple[float, Floats, Floats]:
    """The log-likelihood at r, α, a, b, its gradient (4,) and its second derivatives (4, 4)."""
    found: tuple[float, Floats, Floats] = _evaluator(counts, 1.0)(np.asarray(parameters, np.float64))
    return found
