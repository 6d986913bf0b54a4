"""Measures over several moments, and between what they lie when customers are drawn anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

__all__ = ["Sample", "intervals", "measured"]

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

LEVEL = 0.95


@attrs.frozen(eq=False, kw_only=True)
class Sample:
    """The judged customers of one moment, with what does not change when they are drawn anew.

    Attributes:
        customer: (n,) positions among all customers.
        risk: (n,) positions of the risks among the different ones.
        recency: (n,) the same of the days since the last event.
        happened: (n,) 1 or 0.
        losses: by name, (n,) squared distances and negative log-likelihoods of probabilities, if these were
            said, and the latter of the base rate, if that was known.
        value: (n,) what customers are worth, None if that was not asked for.
    """

    customer: Places
    risk: Places
    recency: Places
    happened: Floats
    losses: dict[str, Floats]
    value: Floats | None

    @classmethod
    def of(
        cls, customer: Any, risk: Floats, recency: Floats, happened: Floats, probability: Floats | None,
        base_rate: float, value: Any,
    ) -> Sample:  # fmt: skip
        """The sample of one moment."""
        losses = {}
        if probability is not None:
            losses["brier"] = (probability - happened) ** 2
            losses["log_loss"] = _log_losses(probability, happened)
            if not np.isnan(base_rate):
                losses["base_log_loss"] = _log_losses(np.full(len(happened), base_rate), happened)
                losses["log_loss_where_based"] = losses["log_loss"]
        places = (np.unique(one, return_inverse=True)[1] for one in (risk, recency))
        return cls(
            customer=customer, risk=next(places), recency=next(places), happened=happened, losses=losses,
            value=None if value is None else np.nan_to_num(np.asarray(value, np.float64)),
        )  # fmt: skip


def _log_losses(probability: Floats, happened: Floats) -> Floats:
    tiny = np.finfo(np.float64).eps
    p = np.clip(probability, tiny, 1 - tiny)
    return np.asarray(-np.where(happened == 1, np.log(p), np.log1p(-p)), np.float64)


def measured(samples: Sequence[Sample], capacity: float, weights: Floats) -> dict[str, float]:
    """All measures, where every customer counts as often as its weight says.

    Rankings are made within moments. AUCs are averaged over the pairs of all moments, average precisions over
    the events, losses over the rows; precision, recall and lift are those of the lists of all moments
    together, the lift in value is the mean over moments.
    """
    sums: dict[str, float] = {}
    value_lifts = []

    def add(**terms: float) -> None:
        for name, term in terms.items():
            sums[name] = sums.get(name, 0.0) + term

    for one in samples:
        weight = weights[one.customer]
        events, others = _levels(one.risk, one.happened, weight)
        pairs = float(events.sum() * others.sum())
        if pairs:
            recency = _levels(one.recency, one.happened, weight)
            add(pairs=pairs, auc=_concordant(events, others), recency_auc=_concordant(*recency))
        listed, rows = _listed(events + others, capacity), float(weight.sum())
        hits = float(listed @ events)
        add(rows=rows, listed=float(listed @ (events + others)), hits=hits, events=float(events.sum()))
        add(average_precision=_precisions(events, others))
        for name, losses in one.losses.items():
            add(**{name: float(weight @ losses), f"rows of {name}": rows})
        if one.value is not None:
            worth = np.bincount(one.risk, weight * one.happened * one.value)
            share = float(listed @ (events + others)) / rows if rows else np.nan
            value_lifts.append(_ratio(_ratio(float(listed @ worth), float(worth.sum())), share))
    return _together(sums, value_lifts)


def _together(sums: dict[str, float], value_lifts: list[float]) -> dict[str, float]:
    """Sums over moments as the measures that they make."""
    total = {name: sums.get(name, np.nan) for name in ("pairs", "rows", "listed", "hits", "events")}
    auc = _ratio(sums.get("auc", np.nan), total["pairs"])
    recency = _ratio(sums.get("recency_auc", np.nan), total["pairs"])
    precision = _ratio(total["hits"], total["listed"])
    said = [one for one in value_lifts if not np.isnan(one)]
    found = {
        "auc": auc,
        "recency_auc": recency,
        "gain": auc - recency,
        "average_precision": _ratio(sums.get("average_precision", np.nan), total["events"]),
        "precision": precision,
        "recall": _ratio(total["hits"], total["events"]),
        "lift": _ratio(precision, _ratio(total["events"], total["rows"])),
        "value_lift": float(np.mean(said)) if said else np.nan,
    }
    for name in ("brier", "log_loss", "base_log_loss", "log_loss_where_based"):
        found[name] = _ratio(sums.get(name, np.nan), sums.get(f"rows of {name}", np.nan))
    found["log_loss_gain"] = found["base_log_loss"] - found.pop("log_loss_where_based")
    return found


def intervals(
    samples: Sequence[Sample], capacity: float, customers: int, resamples: int, seed: int
) -> dict[str, tuple[float, float]]:
    """By measure, between what it lies in 95 % of the draws of as many customers, with replacement.

    A customer is drawn with all its rows, since its moments are no news to each other. Source: Davison and
    Hinkley, *Bootstrap Methods and their Application* (1997), 3.8; percentile intervals, 5.3.1.
    """
    rng = np.random.default_rng(seed)
    draws: dict[str, list[float]] = {}
    for _ in range(resamples if customers else 0):
        weights = np.bincount(rng.integers(0, customers, customers), minlength=customers).astype(np.float64)
        for name, number in measured(samples, capacity, weights).items():
            draws.setdefault(name, []).append(number)
    return {name: _interval(np.array(numbers)) for name, numbers in draws.items()}


def _interval(draws: Floats) -> tuple[float, float]:
    said = draws[~np.isnan(draws)]
    if not len(said):
        return np.nan, np.nan
    low, high = np.quantile(said, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def _levels(place: Places, happened: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Weights of events and of others at every different risk, from the lowest on."""
    events = np.bincount(place, weight * happened).astype(np.float64, copy=False)
    return events, np.bincount(place, weight * (1 - happened)).astype(np.float64, copy=False)


def _concordant(events: Floats, others: Floats) -> float:
    """Pairs, one with the event and one without, in which the risk says so; ties count half."""
    return float((events * (np.cumsum(others) - others / 2)).sum())


def _precisions(events: Floats, others: Floats) -> float:
    """The sum over the events of the precision of the list down to them."""
    hits, listed = np.cumsum(events[::-1]), np.cumsum((events + others)[::-1])
    return float((events[::-1] * hits / np.where(listed > 0, listed, 1.0)).sum())


def _listed(rows: Floats, capacity: float) -> Floats:
    """Which share of every risk, from the lowest on, is on the list; ties at its end are drawn by lot."""
    total = float(rows.sum())
    room = min(np.floor(capacity), total) if capacity >= 1 else min(max(round(capacity * total), 1.0), total)
    above = np.cumsum(rows[::-1])[::-1] - rows
    return np.clip((room - above) / np.where(rows > 0, rows, 1.0), 0.0, 1.0)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else np.nan
