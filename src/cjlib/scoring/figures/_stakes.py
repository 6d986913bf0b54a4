"""What may be lost with each customer: the probability that it leaves, and what it is worth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ...data._tables import Coded
from ...errors import DataError, UnknownNameError, UsageError
from .._contract import Scores, scorer_name

__all__ = ["KNOWN", "REASONS", "Stakes", "checked_scores", "stakes", "unique_customers"]

Floats = NDArray[np.float64]

REASONS = ("known", "no score", "no value", "negative value")
KNOWN = 0


@attrs.frozen(eq=False)
class Stakes:
    """What may be lost with each customer.

    Attributes:
        risk: (n,) the probability that it leaves; NaN where it cannot be said.
        value: (n,) what it is worth; NaN where unknown.
        expected: (n,) risk x value; 0 where ``reason`` is not ``known``.
        low: (n,) the least of it that the score allows for, NaN where that is not told.
        high: (n,) the most.
        reason: (n,) positions in ``REASONS``.
    """

    risk: Floats
    value: Floats
    expected: Floats
    low: Floats
    high: Floats
    reason: NDArray[np.int32]


def checked_scores(who: str, scores: Any) -> None:
    """Stop unless these are scores, one per customer.

    Raises:
        UsageError: if they are something else.
        DataError: if a customer stands twice, as in the scores of a panel.
    """
    if not isinstance(scores, Scores):
        raise UsageError(f"{who}: scores must be cjlib.Scores, not {type(scores).__name__}")
    codes = unique_customers(scores)
    twice = np.flatnonzero(np.bincount(codes) > 1) if len(codes) else codes
    if len(twice):
        row = int(np.flatnonzero(codes == twice[0])[0])
        raise DataError(
            f"{who}: customer {scores.customers[row]!r:.60} has several scores, as in a panel; "
            f"pass the scores of one moment"
        )


def unique_customers(scores: Scores) -> NDArray[np.int64]:
    """(n,) a number per customer, equal for equal ids."""
    customers = scores._customers
    if isinstance(customers, Coded):
        return customers.codes.astype(np.int64)
    if customers.dtype.kind != "O":
        return np.unique(customers, return_inverse=True)[1].astype(np.int64)
    known: dict[Any, int] = {}
    return np.array([known.setdefault(one, len(known)) for one in customers.tolist()], np.int64)


def stakes(who: str, scores: Scores, value: Any, risk: Mapping[str, float] | None) -> Stakes:
    """What may be lost with each customer.

    Args:
        who: who asks, for messages.
        scores: probabilities, or anything with bands.
        value: a number, one per customer, a mapping from customers, or a column of the snapshot.
        risk: of scores that are no probabilities: that of each band.
    """
    checked_scores(who, scores)
    probability, low, high = _risks(who, scores, risk)
    worth = _values(who, scores, value)
    reason = np.select([np.isnan(probability), np.isnan(worth), worth < 0], [1, 2, 3], KNOWN).astype(np.int32)
    least, most = (np.where(reason == KNOWN, one * worth, np.nan) for one in (low, high))
    expected = np.where(reason == KNOWN, probability * worth, 0.0)
    return Stakes(probability, worth, expected, least, most, reason)


def _risks(who: str, scores: Scores, risk: Any) -> tuple[Floats, Floats, Floats]:
    none = np.full(len(scores), np.nan)
    if risk is None:
        if scores.scale != (0.0, 1.0):
            least, most = scores.scale
            raise UsageError(
                f"{who}: scores of {scorer_name(scores.scorer)} lie between {least:g} and {most:g}, so they "
                f"are no probabilities; say how likely each band is to leave, such as risk={{'red': 0.3}}"
            )
        low, high = (none if one is None else one for one in (scores.low, scores.high))
        return scores.values, low, high
    if scores.band_codes is None:
        raise UsageError(f"{who}: risk= is by band, but these scores have no bands")
    if not isinstance(risk, Mapping):
        raise UsageError(f"{who}: risk= maps bands to probabilities, not {risk!r:.60}")
    for band in (*risk, *scores.band_labels):
        if band not in scores.band_labels or band not in risk:
            raise UnknownNameError("band in risk=", band, scores.band_labels if band in risk else risk)
    chances = np.array([_chance(who, band, risk[band]) for band in scores.band_labels] + [np.nan])
    return chances[scores.band_codes], none, none


def _chance(who: str, band: str, chance: Any) -> float:
    is_number = isinstance(chance, (int, float, np.number)) and not isinstance(chance, bool)
    if not is_number or not 0 <= chance <= 1:
        raise UsageError(f"{who}: the risk of {band!r} is a probability, not {chance!r:.60}")
    return float(chance)


def _values(who: str, scores: Scores, value: Any) -> Floats:
    """(n,) what each customer is worth, NaN where unknown."""
    if isinstance(value, str):
        if scores.snapshot is None:
            raise UsageError(f"{who}: value={value!r} names a column, but the scores carry no snapshot")
        value = scores.snapshot[value]
    if isinstance(value, Mapping):
        value = [value.get(customer, np.nan) for customer in scores.customers.tolist()]
    try:
        column = np.asarray(value)
        worth = column.astype(np.float64) if column.dtype.kind in "fiuO" else None
    except (TypeError, ValueError) as error:
        raise DataError(f"{who}: value must be numbers ({error})") from error
    if worth is None:
        raise DataError(f"{who}: value must be numbers, not {column.dtype}")
    if worth.ndim > 1 or (worth.ndim == 1 and len(worth) != len(scores)):
        expected = f"a number, or one per customer ({len(scores):,})"
        raise DataError(f"{who}: value must be {expected}, not an array of shape {column.shape}")
    if np.isinf(worth).any():
        raise DataError(f"{who}: value must be finite")
    return np.broadcast_to(worth, (len(scores),))
