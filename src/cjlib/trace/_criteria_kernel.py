"""Whether a criterion holds at a moment, and when time alone could change that."""

from __future__ import annotations  # noqa: I001 - the names of the layout stand as a paragraph

import numpy as np

from .._jit import hot, inner
from ._layout import (
    AND, ATTRIBUTE, CODE, COUNT, DISTINCT, EQ, FALSE, GE, GT, IN, KNOWN, LAST, LE, LT, L_ATTRIBUTE, L_FROM,
    L_LITERAL, L_OPERATOR, L_TERM, L_TO, MAX, MEAN, MIN, NAT, NE, NEVER, NOT, ROOTS, SENSELESS, STACK, SUM,
    S_COUNT, S_COUNT_BASE, TRUE, T_ATTRIBUTE, T_KIND, T_SPAN, UNKNOWN, UNTIL, WINDOW, Inputs, Program,
    State, Whole,
)  # fmt: skip
from ._terms_kernel import float_value, is_known, next_exit, roll_window, since, whole_value


@hot
def _holds(left: float, operator: int, right: float) -> bool:
    """Integers stay integers: this is compiled for both."""
    if operator == GE:
        return left >= right
    if operator == GT:
        return left > right
    if operator == LE:
        return left <= right
    if operator == LT:
        return left < right
    return left == right if operator == EQ else left != right


@hot
def _sum_holds(total: int, operator: int, limit: int, limit_float: float, count: int) -> bool:
    """A sum against limit x count; where that leaves 64 bits, the sum is far from it and floats can tell."""
    product = limit_float * count
    if abs(product) >= 9e18:
        return _holds(float(total), operator, product)
    return _holds(total, operator, limit * count)


@hot
def _is_option(p: Program, leaf: int, value: float) -> bool:
    low, high = p.leaves[leaf, L_FROM], p.leaves[leaf, L_TO]
    end = high
    while low < high:
        middle = (low + high) // 2
        if p.floats[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low < end and p.floats[low] == value  # type: ignore[no-any-return]


@hot
def leaf_value(p: Program, x: Inputs, w: State, leaf: int, now: int) -> int:
    """False, unknown or true."""
    operator = p.leaves[leaf, L_OPERATOR]
    if operator >= SENSELESS:
        return UNKNOWN if operator == SENSELESS else FALSE
    term = p.leaves[leaf, L_TERM]
    kind = p.terms[term, T_KIND]
    if p.terms[term, T_SPAN] == WINDOW:
        roll_window(p, x, w, term, now)
    if kind <= DISTINCT and operator <= NE and p.leaves[leaf, L_ATTRIBUTE] < 0:
        value = float(w.counts[term, S_COUNT] - w.counts[term, S_COUNT_BASE])
        return TRUE if _holds(value, operator, p.floats[leaf]) else FALSE
    known = is_known(p, w, term)
    if operator == KNOWN:
        return TRUE if known else FALSE
    if not known:
        return UNKNOWN
    right = p.floats[leaf]
    right_attribute = p.leaves[leaf, L_ATTRIBUTE]
    if right_attribute >= 0:
        right = w.floats[right_attribute]
        if np.isnan(right):
            return UNKNOWN
    if operator == IN:
        holds = _is_option(p, leaf, _as_float(p, x, w, term, now))
    elif kind == COUNT or kind == DISTINCT:
        holds = _holds(float(whole_value(p, w, term, now)), operator, right)
    elif kind == SUM or kind == MEAN:
        limit = p.leaves[leaf, L_LITERAL]
        if right_attribute >= 0:
            right = np.rint(right * 1e6)
            limit = Whole(right) if abs(right) < 9e18 else 0
        count = w.counts[term, S_COUNT] - w.counts[term, S_COUNT_BASE] if kind == MEAN else 1
        holds = _sum_holds(whole_value(p, w, term, now), operator, limit, right, count)
    elif kind == MIN or kind == MAX or kind == LAST or kind == ATTRIBUTE:
        holds = _holds(float_value(p, x, w, term), operator, right)
    else:
        holds = _holds(whole_value(p, w, term, now), operator, p.leaves[leaf, L_LITERAL])
    return TRUE if holds else FALSE


@hot
def _as_float(p: Program, x: Inputs, w: State, term: int, now: int) -> float:
    """What IN looks up: counts, sums and means in millionths, extremes and attributes as they came."""
    kind = p.terms[term, T_KIND]
    if kind > MEAN:
        return float_value(p, x, w, term)
    value = float(whole_value(p, w, term, now))
    return value / (w.counts[term, S_COUNT] - w.counts[term, S_COUNT_BASE]) if kind == MEAN else value


@inner
def root_value(p: Program, x: Inputs, w: State, root: int, now: int) -> int:
    """False, unknown or true for a whole criterion, by its reverse Polish code."""
    bottom = p.ints[STACK] - 1
    top = bottom
    for position in range(p.ints[p.ints[ROOTS] + root], p.ints[p.ints[ROOTS] + root + 1]):
        code = p.ints[p.ints[CODE] + position]
        if code >= 0:
            top += 1
            w.marks[top] = leaf_value(p, x, w, code, now)
        elif code == NOT:
            w.marks[top] = TRUE - w.marks[top]
        else:
            top -= 1
            left, right = w.marks[top], w.marks[top + 1]
            w.marks[top] = min(left, right) if code == AND else max(left, right)
    return w.marks[bottom + 1]  # type: ignore[no-any-return]


@hot
def next_flip(p: Program, x: Inputs, w: State, leaf: int, now: int, watch: int) -> int:
    """The first moment after now at which time alone could change the leaf, or NEVER.

    Only changes that ``watch`` asks for count: bit 1 for becoming true, bit 2 for ceasing to be true.
    """
    term = p.leaves[leaf, L_TERM]
    operator = p.leaves[leaf, L_OPERATOR]
    kind = p.terms[term, T_KIND]
    if p.terms[term, T_SPAN] == WINDOW:
        if (kind == COUNT or kind == DISTINCT) and not _exit_matters(operator, watch):
            return NEVER
        roll_window(p, x, w, term, now)
        moment = next_exit(p, x, w, term)
        return moment if moment != NAT else NEVER
    if operator > LT:
        return NEVER
    literal = p.leaves[leaf, L_LITERAL]
    if kind == UNTIL:
        date = w.floats[p.terms[term, T_ATTRIBUTE]]
        if np.isnan(date):
            return NEVER
        moment = Whole(date) - literal + (operator == LT or operator == GE)
        rises = operator == LE or operator == LT
    else:
        moment = since(p, w, term) + literal + (operator == GT or operator == LE)
        rises = operator == GE or operator == GT
    wanted = watch & 1 if rises else watch & 2
    return moment if wanted != 0 and moment > now else NEVER


@hot
def _exit_matters(operator: int, watch: int) -> bool:
    """Whether a count that can only shrink may change the leaf in a way that is watched."""
    if operator == GE or operator == GT:
        return watch & 2 != 0
    if operator == LE or operator == LT:
        return watch & 1 != 0
    return operator != KNOWN
