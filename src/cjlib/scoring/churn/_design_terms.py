"""What becomes of a metric in a regression: a spline, or a column for each level, and what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ...errors import DataError, UsageError

if TYPE_CHECKING:
    from ...snapshots import Snapshot

__all__ = [
    "Category", "Curve", "Number", "Term", "basis", "check_bends", "curve_of", "indicators", "missing",
    "positions", "term_of",
]  # fmt: skip

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

QUANTILES = {3: (0.1, 0.5, 0.9), 4: (0.05, 0.35, 0.65, 0.95), 5: (0.05, 0.275, 0.5, 0.725, 0.95)}
MOST_LEVELS = 50
FEW = 20  # rows below which nothing bends
LARGEST = 1e300  # two of them can still be subtracted
FARTHEST = 10.0  # eleven thousand spreads from the median


@attrs.frozen
class Curve:
    """A restricted cubic spline, its columns centred and scaled by the rows that it was made from.

    Attributes:
        knots: fewer than three make a straight line.
        shift: (k,) the means of the columns, which are taken off.
        scale: (k,) what the columns are divided by; none of them is the same everywhere.
    """

    knots: tuple[float, ...]
    shift: tuple[float, ...]
    scale: tuple[float, ...]

    def columns(self, x: Floats) -> Floats:
        """(n, k) float64."""
        made = basis(x, self.knots)
        made -= np.array(self.shift)
        made /= np.array(self.scale)
        return made


@attrs.frozen
class Number:
    """A number, squeezed so that no outlier rules, and bent by a spline.

    Attributes:
        name: the metric.
        centre: its median.
        spread: its interquartile range; the mean distance from the median if that is 0.
        curve: of the squeezed number; None if it is the same wherever it is known.
        has_missing: whether a column says that it is missing.
    """

    name: str
    centre: float
    spread: float
    curve: Curve | None
    has_missing: bool

    @property
    def labels(self) -> tuple[str, ...]:
        """What the columns are called."""
        width = 0 if self.curve is None else len(self.curve.shift)
        told = (self.name, *(f"{self.name} (bend {i})" for i in range(1, width)))[:width]
        return (*told, *((f"{self.name} missing",) if self.has_missing else ()))

    def columns(self, panel: Snapshot) -> Floats:
        """(n, k) float64; what is missing stands at the mean."""
        given = _numbers(panel, self.name)
        is_missing = np.isnan(given)
        parts = []
        if self.curve is not None:
            bent = self.curve.columns(self.squeezed(np.where(is_missing, self.centre, given)))
            bent[is_missing] = 0.0
            parts.append(bent)
        if self.has_missing:
            parts.append(is_missing[:, None].astype(np.float64))
        return np.concatenate(parts, axis=1)

    def squeezed(self, given: Floats) -> Floats:
        """Near the median as it is, far from it like a logarithm, and very far all the same."""
        with np.errstate(over="ignore"):
            distance = (np.clip(given, -LARGEST, LARGEST) - self.centre) / self.spread
        squeezed: Floats = np.clip(np.arcsinh(distance), -FARTHEST, FARTHEST)
        return squeezed


@attrs.frozen
class Category:
    """A category: a column for each level, which one that was never seen leaves at zero.

    Attributes:
        name: the metric.
        levels: those with rows.
        has_missing: whether a column says that it is missing.
    """

    name: str
    levels: tuple[Any, ...]
    has_missing: bool

    @property
    def labels(self) -> tuple[str, ...]:
        """What the columns are called."""
        told = tuple(f"{self.name} = {level}" for level in self.levels)
        return (*told, *((f"{self.name} missing",) if self.has_missing else ()))

    def columns(self, panel: Snapshot) -> Floats:
        """(n, k) float64."""
        told = indicators(positions(panel, self.name, self.levels), len(self.levels))
        if not self.has_missing:
            return told
        is_missing = missing(panel, self.name)[:, None].astype(np.float64)
        return np.concatenate([told, is_missing], axis=1)


Term = Number | Category


def basis(x: Floats, knots: tuple[float, ...]) -> Floats:
    """(n, max(1, knots - 1)) the restricted cubic spline: cubic between the knots, straight beyond them.

    Source: Harrell, *Regression Modeling Strategies*, 2nd ed., 2015, equation 2.26, each bend divided by the
    square of the distance of the outer knots.
    """
    made = np.empty((len(x), max(1, len(knots) - 1)))
    made[:, 0] = x
    if len(knots) >= 3:
        first, before, last = knots[0], knots[-2], knots[-1]
        beyond = [_cube(x - knot) for knot in (before, last)]
        for column, knot in enumerate(knots[:-2], start=1):
            bend = _cube(x - knot)
            bend -= beyond[0] * ((last - knot) / (last - before))
            bend += beyond[1] * ((before - knot) / (last - before))
            made[:, column] = bend / (last - first) ** 2
    return made


def _cube(x: Floats) -> Floats:
    """(n,) the third power, 0 below 0."""
    above = np.maximum(x, 0.0)
    cube: Floats = above * above * above
    return cube


def term_of(panel: Snapshot, name: str, bends: int) -> Term | None:
    """What becomes of a metric, with knots at quantiles; None if it is the same everywhere.

    Source: Harrell (2015), table 2.3.

    Args:
        panel: the rows.
        name: the metric.
        bends: how many knots a number has, 3 to 5; 0 for straight lines.

    Raises:
        DataError: if it is infinite somewhere, or has too many categories.
    """
    return _category(panel, name) if panel.kind(name) == "category" else _number(panel, name, bends)


def check_bends(bends: Any) -> int:
    """How many knots, if that can be.

    Raises:
        UsageError: if not.
    """
    if isinstance(bends, bool) or bends not in (0, *QUANTILES):
        raise UsageError(f"a number bends at 0, {', '.join(map(str, QUANTILES))} knots, not {bends!r:.80}")
    return int(bends)


def positions(panel: Snapshot, name: str, levels: tuple[Any, ...]) -> Ints:
    """(n,) which of the levels each row has, -1 for none of them.

    Raises:
        DataError: if it is a number now, and not all missing.
    """
    if panel.kind(name) == "number":
        if np.isnan(panel[name]).all():
            return np.full(len(panel), -1, np.int64)
        raise DataError(f"metric {name!r} was a category when the scorer learnt, and is a number now")
    place = {level: i for i, level in enumerate(levels)}
    of_code = np.array([*(place.get(level, -1) for level in panel.categories(name)), -1], np.int64)
    found: Ints = of_code[panel.codes(name)]
    return found


def missing(panel: Snapshot, name: str) -> NDArray[np.bool_]:
    """(n,) where a number or a category is unknown."""
    is_number = panel.kind(name) == "number"
    unknown: NDArray[np.bool_] = np.isnan(panel[name]) if is_number else panel.codes(name) < 0
    return unknown


def _numbers(panel: Snapshot, name: str) -> Floats:
    if panel.kind(name) == "category":
        if (panel.codes(name) < 0).all():
            return np.full(len(panel), np.nan)
        raise DataError(f"metric {name!r} was a number when the scorer learnt, and is a category now")
    given: Floats = panel[name]
    if np.isinf(given).any():
        row = int(np.argmax(np.isinf(given)))
        raise DataError(
            f"metric {name!r} is infinite in row {row}: a number that can be compared is expected"
        )
    return given


def _category(panel: Snapshot, name: str) -> Category | None:
    codes, known = panel.codes(name), panel.categories(name)
    used = np.bincount(codes[codes >= 0], minlength=len(known))
    levels = tuple(sorted((one for one, count in zip(known, used, strict=True) if count), key=str))
    if len(levels) > MOST_LEVELS:
        raise DataError(
            f"metric {name!r} has {len(levels):,} categories, more than {MOST_LEVELS}: leave it out or put "
            "rare ones together"
        )
    has_missing = bool((codes < 0).any())
    return Category(name, levels, has_missing) if len(levels) + has_missing > 1 else None


def _number(panel: Snapshot, name: str, bends: int) -> Number | None:
    given = _numbers(panel, name)
    said = given[~np.isnan(given)]
    has_missing = len(said) < len(given)
    if not len(said):
        return None
    said = np.clip(said, -LARGEST, LARGEST)
    low, centre, high = np.quantile(said, (0.25, 0.5, 0.75))
    spread = float(high - low) or float(np.sum(np.abs(said - centre) / len(said))) or 1.0
    made = Number(name, float(centre), spread, None, has_missing)
    curve = curve_of(made.squeezed(said), bends)
    return attrs.evolve(made, curve=curve) if curve is not None or has_missing else None


def curve_of(x: Floats, bends: int) -> Curve | None:
    """Knots at quantiles, of the different values where too many are equal; None if all are."""
    if not len(x) or np.ptp(x) <= 1e-12 * max(1.0, float(np.abs(x).max())):
        return None
    knots: tuple[float, ...] = ()
    if bends and len(x) >= FEW:
        for values in (x, np.unique(x)):
            knots = tuple(np.unique(np.quantile(values, QUANTILES[bends])).tolist())
            if len(knots) >= 3:
                break
    raw = basis(x, knots if len(knots) >= 3 and np.diff(knots).min() > 1e-9 else ())
    mean, spread = raw.mean(axis=0), raw.std(axis=0)
    return Curve(
        knots if raw.shape[1] > 1 else (),
        tuple(mean.tolist()),
        tuple(np.where(spread > 0, spread, 1.0).tolist()),
    )


def indicators(position: Ints, width: int) -> Floats:
    made = np.zeros((len(position), width))
    rows = np.flatnonzero(position >= 0)
    made[rows, position[rows]] = 1.0
    return made
