"""In which band a score lies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from ..journey._scorecards import Bands

__all__ = ["banded", "labelled"]

_ON_EDGE = 1e-9


def banded(bands: Bands, values: NDArray[np.float64]) -> NDArray[np.int32]:
    """(n,) positions in ``bands.labels``, −1 where the value is NaN; within 1e-9 of an edge is on it.

    >>> banded(Bands(("red", "green"), edges=(50,)), np.array([49.9, 50.0, np.nan]))
    array([ 0,  1, -1], dtype=int32)
    """
    edges = np.array(bands.edges)
    slack = _ON_EDGE * np.maximum(1.0, np.abs(edges))
    if bands.at_edge == "upper":
        codes = np.searchsorted(edges - slack, values, side="right")
    else:
        codes = np.searchsorted(edges + slack, values, side="left")
    return np.where(np.isnan(values), -1, codes).astype(np.int32)


def labelled(
    scorer: str, labels: Sequence[str | None], rows: int
) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """Codes and the different labels, in the order in which they first come."""
    given = [None if label is None else str(label) for label in labels]
    if len(given) != rows:
        raise DataError(f"scores of {scorer}: {rows} values, but {len(given)} bands")
    known = {label: code for code, label in enumerate(dict.fromkeys(one for one in given if one is not None))}
    codes = np.array([-1 if label is None else known[label] for label in given], dtype=np.int32)
    return codes, tuple(known)
