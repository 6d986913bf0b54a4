"""Random numbers that belong to a customer, not to the order in which customers are made."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError

__all__ = ["Floats", "Keys", "integers", "keys_of", "normal", "seed_key", "shifted_lognormal", "uniform"]

Keys = NDArray[np.uint64]
Floats = NDArray[np.floating[Any]]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_LONGEST = 0.994  # durations end at this share of their distribution, so that every plan has an end


def _mixed(bits: Keys) -> Keys:
    """The finaliser of splitmix64 (Steele, Lea, Flood 2014): every bit reaches every other."""
    bits = (bits ^ (bits >> np.uint64(30))) * _FIRST
    bits = (bits ^ (bits >> np.uint64(27))) * _SECOND
    return bits ^ (bits >> np.uint64(31))


def seed_key(seed: int | np.random.Generator) -> int:
    """The 64 bits that a seed stands for; a Generator is asked once."""
    if isinstance(seed, np.random.Generator):
        return int(seed.integers(0, 2**63))
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise UsageError(f"simulate: seed is a number, 0 or more, or a numpy Generator, not {seed!r:.80}")
    return int(np.random.SeedSequence(seed).generate_state(1, np.uint64)[0])


def keys_of(seed: int, customers: NDArray[Any], number: int | NDArray[Any] = 0) -> Keys:
    """One key per customer and visit number; the same whoever else is simulated."""
    own = _mixed(np.array([seed], np.uint64) + _GOLDEN * (customers.astype(np.uint64) + np.uint64(1)))
    return _mixed(own + _GOLDEN * np.atleast_1d(number).astype(np.uint64))


def uniform(keys: Keys, purpose: str, item: int | NDArray[Any] = 0) -> Floats:
    """Numbers in (0, 1), one per key, independent between purposes and items."""
    label = np.uint64(zlib.crc32(purpose.encode()) * int(_GOLDEN) % 2**64)
    bits = _mixed((keys ^ label) + _GOLDEN * np.atleast_1d(item).astype(np.uint64))
    return ((bits >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52


def integers(keys: Keys, purpose: str, count: int, item: int | NDArray[Any] = 0) -> NDArray[np.int64]:
    """Numbers 0 … count − 1."""
    return (uniform(keys, purpose, item) * count).astype(np.int64)


def normal(keys: Keys, purpose: str, item: int | NDArray[Any] = 0) -> Floats:
    """Standard normal numbers."""
    from scipy.special import ndtri

    found: Floats = ndtri(uniform(keys, purpose, item))
    return found


def shifted_lognormal(shares: Floats, median: Floats, shape: float, longest: Floats) -> Floats:
    """The quantiles of a lognormal duration that is cut off at ``longest`` (all in the same unit).

    >>> shifted_lognormal(np.array([0.5]), np.array([10.0]), 0.5, np.array([np.inf])).round(1)
    array([10.])
    """
    from scipy.special import ndtr, ndtri

    with np.errstate(divide="ignore"):
        cut = np.minimum(ndtr((np.log(longest) - np.log(median)) / shape), _LONGEST)
    cut = np.where(np.isinf(longest), _LONGEST, cut)
    found: Floats = median * np.exp(shape * ndtri(shares * np.maximum(cut, 1e-290)))
    return np.minimum(found, longest)
