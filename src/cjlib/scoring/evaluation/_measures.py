"""How good scores were: ranking, probabilities, and the top of the list, each by its textbook definition."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ...data._tables import Table
from ...errors import UsageError

__all__ = [
    "average_precision",
    "brier_score",
    "calibration",
    "calibration_error",
    "log_loss",
    "roc_auc",
    "top_of",
]

Floats = NDArray[np.float64]


def roc_auc(risks: Any, happened: Any, weights: Any = None) -> float:
    """The share of pairs, one with the event and one without, in which the risk says so; ties count half.

    This is the Mann–Whitney statistic, the area under the ROC curve (Hanley and McNeil, 1982).

    Args:
        risks: (n,) the higher, the likelier; any scale.
        happened: (n,) 1 or True where the event came, else 0.
        weights: (n,) how often each row counts; once if unsaid.

    Returns:
        Between 0 and 1; NaN where all rows have the event, or none has.

    >>> roc_auc([0.1, 0.4, 0.4, 0.8], [0, 0, 1, 1])
    0.875
    """
    risk, is_event, weight = _checked(risks, happened, weights)
    events, others = _by_risk(risk, is_event, weight)
    pairs = events.sum() * others.sum()
    if not pairs:
        return float("nan")
    below = np.cumsum(others) - others
    return float((events * (below + others / 2)).sum() / pairs)


def average_precision(risks: Any, happened: Any, weights: Any = None) -> float:
    """The precision at every event of the list, averaged over the events; rows of equal risk stand together.

    The sum of (R_k - R_(k-1)) P_k over the distinct risks, without interpolation.

    Args:
        risks: as for :func:`roc_auc`.
        happened: as for :func:`roc_auc`.
        weights: as for :func:`roc_auc`.

    >>> average_precision([0.9, 0.8, 0.7], [1, 0, 1]).__round__(4)
    0.8333
    """
    events, others = _by_risk(*_checked(risks, happened, weights))
    hits, listed = np.cumsum(events[::-1]), np.cumsum((events + others)[::-1])
    if not hits[-1:].sum():
        return float("nan")
    return float((events[::-1] / hits[-1] * hits / np.where(listed > 0, listed, 1.0)).sum())


def brier_score(probabilities: Any, happened: Any) -> float:
    """The mean squared distance between probability and outcome (Brier, 1950).

    Args:
        probabilities: (n,) between 0 and 1.
        happened: (n,) 1 or True where the event came, else 0.

    >>> brier_score([0.0, 0.5], [0, 1])
    0.125
    """
    risk, is_event, _ = _checked(probabilities, happened, None, is_probability=True)
    return float(np.mean((risk - is_event) ** 2)) if len(risk) else float("nan")


def log_loss(probabilities: Any, happened: Any) -> float:
    """The mean negative log-likelihood; probabilities are kept one rounding away from 0 and 1.

    Args:
        probabilities: (n,) between 0 and 1.
        happened: (n,) 1 or True where the event came, else 0.

    >>> log_loss([0.5, 0.5], [0, 1]).__round__(4)
    0.6931
    """
    risk, is_event, _ = _checked(probabilities, happened, None, is_probability=True)
    if not len(risk):
        return float("nan")
    tiny = np.finfo(np.float64).eps
    p = np.clip(risk, tiny, 1 - tiny)
    return float(-np.mean(np.where(is_event, np.log(p), np.log1p(-p))))


def calibration(probabilities: Any, happened: Any, *, bins: int = 15) -> Table:
    """What was said and what came, in bins of equally many rows from the lowest probability to the highest.

    Args:
        probabilities: (n,) between 0 and 1.
        happened: (n,) 1 or True where the event came, else 0.
        bins: how many.

    Returns:
        One row per bin that holds something: rows, said (the mean probability), came (the rate).

    >>> print(calibration([0.0, 0.5, 0.5, 1.0], [0, 0, 1, 1], bins=2))
    calibration: 2 rows
    rows  said  came
    2     0.25  0.0
    2     0.75  1.0
    """
    risk, is_event, _ = _checked(probabilities, happened, None, is_probability=True)
    if not isinstance(bins, (int, np.integer)) or bins < 1:
        raise UsageError(f"bins is a whole number, at least 1, not {bins!r:.80}")
    parts = [part for part in np.array_split(np.argsort(risk, kind="stable"), bins) if len(part)]
    return Table(
        {
            "rows": np.array([len(part) for part in parts], np.int64),
            "said": np.array([risk[part].mean() for part in parts], np.float64),
            "came": np.array([is_event[part].mean() for part in parts], np.float64),
        },
        name="calibration",
    )


def calibration_error(probabilities: Any, happened: Any, *, bins: int = 15) -> float:
    """The expected calibration error: the mean distance of said and came over the rows (Naeini et al., 2015).

    Args:
        probabilities: as for :func:`calibration`.
        happened: as for :func:`calibration`.
        bins: as for :func:`calibration`.

    >>> calibration_error([0.1, 0.2, 0.6, 0.8], [0, 0, 1, 1], bins=2).__round__(3)
    0.225
    """
    table = calibration(probabilities, happened, bins=bins)
    rows = table["rows"]
    return (
        float((rows * np.abs(table["said"] - table["came"])).sum() / rows.sum())
        if len(table)
        else float("nan")
    )


@attrs.frozen(kw_only=True)
class Top:
    """The rows of highest risk, as many as a team can care for.

    Attributes:
        rows: how many.
        precision: the share of them with the event.
        recall: the share of all events that are among them.
        lift: precision by the rate among all rows.
        value_lift: the share of the value of the events that is among them, by the share of rows.
    """

    rows: int
    precision: float
    recall: float
    lift: float
    value_lift: float


def top_of(risks: Any, happened: Any, *, capacity: float = 0.1, value: Any = None) -> Top:
    """What a team that cares for those of highest risk would have met.

    Where the list ends among rows of equal risk, each of these counts in part, as if drawn by lot.

    Args:
        risks: as for :func:`roc_auc`.
        happened: as for :func:`roc_auc`.
        capacity: how many rows (from 1 on), or which share of them (below 1).
        value: (n,) what each row is worth, such as its revenue.

    >>> top_of([0.9, 0.8, 0.2, 0.1], [1, 0, 1, 0], capacity=2).lift
    1.0
    """
    risk, is_event, _ = _checked(risks, happened, None)
    if not capacity > 0 or not np.isfinite(capacity):
        raise UsageError(f"capacity is a number of rows or a share of them, not {capacity!r:.80}")
    n = len(risk)
    k = min(int(capacity), n) if capacity >= 1 else min(max(round(capacity * n), 1), n)
    if not n:
        return Top(rows=0, **dict.fromkeys(("precision", "recall", "lift", "value_lift"), float("nan")))
    edge = np.partition(risk, n - k)[n - k]
    above, tied = risk > edge, risk == edge
    share = above + tied * ((k - above.sum()) / tied.sum())
    hits, events = float(share @ is_event), float(is_event.sum())
    worth = is_event * (np.ones(n) if value is None else np.asarray(value, np.float64))
    with np.errstate(invalid="ignore", divide="ignore"):
        return Top(
            rows=k, precision=hits / k, recall=float(np.float64(hits) / events),
            lift=float(np.float64(hits) / k / (events / n)),
            value_lift=float(np.float64(share @ worth) / worth.sum() / (k / n)),
        )  # fmt: skip


def _by_risk(risk: Floats, is_event: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Weights of events and of others at every distinct risk, from the lowest on."""
    _, place = np.unique(risk, return_inverse=True)
    events = np.bincount(place, weight * is_event).astype(np.float64, copy=False)
    return events, np.bincount(place, weight * (1 - is_event)).astype(np.float64, copy=False)


def _checked(
    risks: Any, happened: Any, weights: Any, *, is_probability: bool = False
) -> tuple[Floats, Floats, Floats]:
    risk, is_event = np.asarray(risks, np.float64), np.asarray(happened, np.float64)
    weight = np.ones(len(risk)) if weights is None else np.asarray(weights, np.float64)
    if not risk.shape == is_event.shape == weight.shape or risk.ndim != 1:
        shapes = f"{risk.shape} and {is_event.shape}" + ("" if weights is None else f" and {weight.shape}")
        raise UsageError(f"risks and outcomes must be two columns of one length, not {shapes}")
    if np.isnan(risk).any():
        raise UsageError(f"row {int(np.argmax(np.isnan(risk)))} has no risk; leave out what cannot be said")
    is_odd = (is_event != 0) & (is_event != 1)
    if is_odd.any():
        row = int(np.argmax(is_odd))
        raise UsageError(
            f"row {row}: the outcome is 1 or 0, not {is_event[row]}; leave out what is undecided"
        )
    if is_probability and ((risk < 0) | (risk > 1)).any():
        row = int(np.argmax((risk < 0) | (risk > 1)))
        raise UsageError(f"row {row}: a probability lies between 0 and 1, not at {risk[row]}")
    return risk, is_event, weight
