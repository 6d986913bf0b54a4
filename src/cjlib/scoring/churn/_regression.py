"""Penalised regression with the complementary log-log link: Newton's method over blocks of rows."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ...errors import DataError
from ._hazard_kernel import LANES, add_squares, add_up, solve

__all__ = ["Answer", "Fit", "Rows", "best_of", "fit_rows", "fit_sources", "log_likelihoods"]

Floats = NDArray[np.float64]

CONVERGED = 1e-6  # of a coefficient; the error after such a step of Newton's method is about its square
MOST_STEPS = 25  # where there is a best fit, ten are many
ROUNDING = 1e-13
SINGULAR = 1e-11
BLOCK = 1 << 15  # rows that a thread adds up at once
SAMPLE = 1 << 15  # rows from which large fits begin
HIGHEST = 30.0  # exp of it is more than any hazard


@attrs.frozen(eq=False)
class Answer:
    """What came of the rows in the eyes of one cause.

    Attributes:
        came: (n,) 1 where it came, else 0.
        offset: (n,) the logarithm of how long it could.
    """

    came: Floats
    offset: Floats


@attrs.frozen(eq=False)
class Rows:
    """Some rows of a regression.

    Attributes:
        x: (n, k) float64, the level first.
        answers: one for each cause.
        owner: (n,) whose they are; rows of one owner are not independent. None if all are.
    """

    x: Floats
    answers: Sequence[Answer]
    owner: Any = None

    def select(self, rows: Any) -> Rows:
        """Some of the rows."""
        told = [Answer(one.came[rows], one.offset[rows]) for one in self.answers]
        return Rows(self.x[rows], told, None if self.owner is None else self.owner[rows])


@attrs.frozen(eq=False)
class Fit:
    """The best coefficients of one cause.

    Attributes:
        coefficients: (k,) the level first.
        ridge: (k,) the penalty of each.
        log_likelihood: of the rows.
        information: (k, k) that is expected there, without the penalty.
        curvature: (k, k) the observed information, where owners are known.
        meat: (k, k) the sum over owners of the outer products of their scores, where owners are known.
    """

    coefficients: Floats
    ridge: Floats
    log_likelihood: float
    information: Floats
    curvature: Any
    meat: Any

    def errors(self, *, clustered: bool = False) -> Floats:
        """(k,) standard errors, from the expected information, or from the scores of the owners.

        The penalty counts as information. Sources: McCullagh and Nelder (1989), section 2.5.1; White,
        Econometrica 50 (1982), with the scores of each owner added up.
        """
        told = (self.curvature if clustered else self.information) + np.diag(self.ridge)
        spread = np.linalg.pinv(told, rcond=SINGULAR, hermitian=True)
        if clustered:
            spread = spread @ self.meat @ spread
        errors: Floats = np.sqrt(np.diag(spread).clip(min=0))
        return errors


@attrs.define(eq=False)
class Newton:
    """Where one cause stands on the way to its best fit: ask for the sums at ``trial``, and tell them."""

    ridge: Floats
    trial: Floats
    best: Floats | None = None
    value: float = -np.inf
    step: Floats | None = None
    tries: int = 0
    done: bool = False

    def tell(self, likelihood: float, gradient: Floats, information: Floats) -> None:
        """The log-likelihood at the trial, its gradient, and minus its second derivatives."""
        self.tries += 1
        worth = likelihood - 0.5 * float(self.ridge @ self.trial**2)
        if not worth >= self.value - ROUNDING * abs(self.value):
            assert self.step is not None
            assert self.best is not None
            self.step = self.step / 2
            self.trial = self.best + self.step
        else:
            self.best, self.value = self.trial, worth
            slope = gradient - self.ridge * self.trial
            self.step = _solved(information, self.ridge, slope)
            self.trial = self.trial + self.step
        if np.abs(self.step).max() < CONVERGED:
            self.done = True
            return
        if self.tries > MOST_STEPS:
            raise DataError(
                "there is no best fit, for some columns tell exactly who has the event: give a penalty above "
                "0, or leave such columns out"
            )


def fit_rows(rows: Rows, penalties: Sequence[float]) -> list[Fit]:
    """One fit for each cause of rows that are in memory.

    Args:
        rows: with the level as their first column.
        penalties: for each cause: half of it times the sum of the squares of the coefficients, the level
            excepted, is taken off the log-likelihood.

    Raises:
        DataError: if there is no best fit, as under perfect separation without a penalty.
    """
    return fit_sources(lambda: [rows], penalties, [
        _start(Rows(rows.x, [answer]), penalty)
        for answer, penalty in zip(rows.answers, penalties, strict=True)
    ])  # fmt: skip


def best_of(rows: Rows, penalty: float, start: Floats | None = None) -> Floats:
    """The best coefficients of rows with one cause, without errors."""
    begin = _start(rows, penalty) if start is None else start
    return _fitted(lambda: [rows], [penalty], [begin])[0]


def fit_sources(
    read: Callable[[], Iterable[Rows]], penalties: Sequence[float], start: Sequence[Floats]
) -> list[Fit]:
    """One fit for each cause of rows that are read in blocks, once per step and once for the errors.

    Source: McCullagh and Nelder, *Generalized Linear Models*, 2nd ed., 1989, sections 2.5 and 4.3.1.

    Args:
        read: gives the blocks, each time from the first; no owner stands in two.
        penalties: one for each cause.
        start: coefficients to start from, for each cause.
    """
    betas = _fitted(read, penalties, start)
    sums: list[list[Any]] = [[] for _ in betas]
    for rows in read():
        for place, (beta, answer) in enumerate(zip(betas, rows.answers, strict=True)):
            likelihood, _, information = _sums(rows.x, answer, beta, is_expected=True)
            owned: tuple[Any, Any] = (0.0, 0.0)
            if rows.owner is not None:
                owned = _sums(rows.x, answer, beta)[2], _meat(rows, answer, beta)
            sums[place] = _added(sums[place], (likelihood, information, *owned))
    return [
        Fit(beta, _ridge(penalty, len(beta)), *found)
        for beta, penalty, found in zip(betas, penalties, sums, strict=True)
    ]


def log_likelihoods(rows: Rows, beta: Floats) -> Floats:
    """(n,) of rows with one cause, at these coefficients."""
    (answer,) = rows.answers
    hazard = np.exp(np.clip(rows.x @ beta + answer.offset, -700.0, HIGHEST))
    found = -hazard
    is_event = answer.came > 0
    found[is_event] = np.log(-np.expm1(-hazard[is_event]))
    return found


def _fitted(
    read: Callable[[], Iterable[Rows]], penalties: Sequence[float], start: Sequence[Floats]
) -> list[Floats]:
    """The best coefficients for each cause; all causes step together, so that blocks are read once."""
    states = [
        Newton(_ridge(penalty, len(beta)), np.array(beta, np.float64))
        for penalty, beta in zip(penalties, start, strict=True)
    ]
    while open_ones := [place for place, state in enumerate(states) if not state.done]:
        sums: dict[int, list[Any]] = {place: [] for place in open_ones}
        for rows in read():
            for place in open_ones:
                sums[place] = _added(sums[place], _sums(rows.x, rows.answers[place], states[place].trial))
        for place in open_ones:
            states[place].tell(*sums[place])
    return [state.trial for state in states]


def _start(rows: Rows, penalty: float) -> Floats:
    """Coefficients to start from: the best of a sample of many rows; of few, the level alone."""
    if len(rows.x) > 4 * SAMPLE and penalty > 0:
        some = rows.select(slice(None, None, len(rows.x) // SAMPLE))
        if some.answers[0].came.any():
            return best_of(some, penalty * len(some.x) / len(rows.x))
    beta = np.zeros(rows.x.shape[1])
    events, exposure = float(rows.answers[0].came.sum()), float(np.exp(rows.answers[0].offset).sum())
    beta[0] = np.log(max(events, 0.5) / exposure)
    return beta


def _ridge(penalty: float, width: int) -> Floats:
    ridge = np.full(width, float(penalty))
    ridge[0] = 0.0
    return ridge


def _solved(information: Floats, ridge: Floats, slope: Floats) -> Floats:
    """A step of Newton's method; the shortest one where columns say the same twice."""
    step = slope.copy()
    if ridge.any() and solve(information + np.diag(ridge), step):
        return step
    shortest = np.linalg.lstsq(information + np.diag(ridge), slope, rcond=SINGULAR)[0]
    return shortest.astype(np.float64, copy=False)


def _sums(x: Floats, answer: Answer, beta: Floats, *, is_expected: bool = False) -> tuple[float, Any, Any]:
    """The log-likelihood, its gradient, and minus its second derivatives, observed or expected."""
    width = len(beta)

    def work(low: int) -> tuple[float, Floats, Floats]:
        gradient, information = np.zeros(width), np.zeros((width, width))
        high, room = min(low + BLOCK, len(x)), np.empty((LANES, width))
        found = add_up(
            x, answer.came, answer.offset, beta, is_expected, low, high, room, gradient, information
        )
        return found, gradient, information

    total: list[Any] = []
    for found in _each(work, range(0, len(x), BLOCK)):
        total = _added(total, found)
    return total[0], total[1], _whole(total[2])


def _whole(upper: Floats) -> Floats:
    """A symmetric matrix from its upper half."""
    whole: Floats = np.triu(upper) + np.triu(upper, 1).T
    return whole


def _added(total: list[Any], found: Sequence[Any]) -> list[Any]:
    return [a + b for a, b in zip(total, found, strict=True)] if total else list(found)


def _each(work: Callable[[int], Any], parts: range) -> Iterator[Any]:
    """What becomes of each part, in order; the parts do not depend on how many processors there are."""
    if len(parts) == 1:
        yield work(parts[0])
    else:
        with ThreadPoolExecutor(min(len(parts), os.cpu_count() or 1)) as pool:
            yield from pool.map(work, parts)


def _meat(rows: Rows, answer: Answer, beta: Floats) -> Floats:
    """The sum over owners of the outer products of their scores."""
    hazard = np.exp(np.clip(rows.x @ beta + answer.offset, -700.0, HIGHEST))
    lost = np.expm1(-hazard)
    score = np.where(answer.came > 0, hazard * (1.0 + lost) / -lost, -hazard)
    order = np.argsort(rows.owner, kind="stable")
    begins = np.flatnonzero(np.append(True, np.diff(rows.owner[order]) != 0))
    summed = np.add.reduceat(rows.x[order] * score[order, None], begins, axis=0)
    meat = np.zeros((len(beta), len(beta)))
    add_squares(summed, np.empty((LANES, len(beta))), meat)
    return _whole(meat)
