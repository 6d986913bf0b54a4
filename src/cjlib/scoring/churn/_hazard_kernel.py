"""One pass over rows: the log-likelihood of complementary log-log hazards, its slope and its curvature."""

from __future__ import annotations

import math

from ..._jit import jit
from ...snapshots._layout import Floats

__all__ = ["LANES", "add_squares", "add_up", "solve"]

LANES = 8  # rows that are added up at once, so that a sum is loaded and stored for eight products


@jit(fastmath={"contract": True, "reassoc": True})
def add_up(
    x: Floats,
    came: Floats,
    offset: Floats,
    beta: Floats,
    is_expected: bool,
    low: int,
    high: int,
    scaled: Floats,
    gradient: Floats,
    information: Floats,
) -> float:
    """The log-likelihood of the rows from ``low`` to ``high``; slope and curvature are added to arrays.

    With h = exp(x β + offset) and the odds o = h / (exp(h) - 1), a row gives log(1 - exp(-h)), o x and
    o (h + o - 1) x x' if the event came, else -h, -h x and h x x'; expected, h o x x' in both cases.

    Args:
        x: (n, k).
        came: (n,) 1 where the event came, else 0.
        offset: (n,).
        beta: (k,).
        is_expected: whether the curvature is the expected one.
        low: the first row.
        high: behind the last row.
        scaled: (LANES, k) room to work in.
        gradient: (k,) to which is added.
        information: (k, k) to whose upper half is added.
    """
    width = len(beta)
    likelihood = 0.0
    for first in range(low, high, LANES):
        for lane in range(LANES):
            row = first + lane
            if row >= high:
                for j in range(width):
                    scaled[lane, j] = 0.0
                continue
            eta = 0.0
            for j in range(width):
                eta += x[row, j] * beta[j]
            hazard = math.exp(min(max(eta + offset[row], -700.0), 30.0))
            lost = math.expm1(-hazard)
            odds = hazard * (1.0 + lost) / -lost
            if came[row] > 0:
                likelihood += math.log(-lost)
                slope = odds
                weight = odds * max(hazard + odds - 1.0, 0.0)
            else:
                likelihood -= hazard
                slope = -hazard
                weight = hazard
            if is_expected:
                weight = hazard * odds
            root = math.sqrt(weight)
            for j in range(width):
                gradient[j] += slope * x[row, j]
                scaled[lane, j] = root * x[row, j]
        _square(scaled, information)
    return likelihood


@jit(fastmath={"contract": True, "reassoc": True})
def add_squares(x: Floats, scaled: Floats, information: Floats) -> None:
    """Adds x' x to the upper half of (k, k) ``information``; ``scaled`` is room to work in, as above."""
    for first in range(0, len(x), LANES):
        for lane in range(LANES):
            for j in range(x.shape[1]):
                scaled[lane, j] = x[first + lane, j] if first + lane < len(x) else 0.0
        _square(scaled, information)


@jit(fastmath={"contract": True, "reassoc": True})
def _square(scaled: Floats, information: Floats) -> None:
    width = scaled.shape[1]
    for i in range(width):
        a, b, c, d = scaled[0, i], scaled[1, i], scaled[2, i], scaled[3, i]
        e, f, g, h = scaled[4, i], scaled[5, i], scaled[6, i], scaled[7, i]
        for j in range(i, width):
            information[i, j] += (
                a * scaled[0, j] + b * scaled[1, j] + c * scaled[2, j] + d * scaled[3, j]
            ) + (e * scaled[4, j] + f * scaled[5, j] + g * scaled[6, j] + h * scaled[7, j])


@jit
def solve(matrix: Floats, right: Floats) -> bool:
    """Puts the solution in the place of ``right``; False if the matrix is not positive definite.

    By Cholesky's decomposition, in place: (k, k) ``matrix`` is destroyed. Matrices of a regression are so
    small that several threads would wait for each other longer than they work.
    """
    size = len(right)
    for j in range(size):
        pivot = matrix[j, j]
        for m in range(j):
            pivot -= matrix[j, m] * matrix[j, m]
        if not pivot > 1e-14 * abs(matrix[j, j]):
            return False
        root = math.sqrt(pivot)
        matrix[j, j] = root
        for i in range(j + 1, size):
            total = matrix[i, j]
            for m in range(j):
                total -= matrix[i, m] * matrix[j, m]
            matrix[i, j] = total / root
        right[j] /= root
        for i in range(j + 1, size):
            right[i] -= matrix[i, j] * right[j]
    for j in range(size - 1, -1, -1):
        for i in range(j + 1, size):
            right[j] -= matrix[i, j] * right[i]
        right[j] /= matrix[j, j]
    return True
