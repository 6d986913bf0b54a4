"""Which aim holds for a figure, and whether it is met."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from ...data._ledger import LedgerEntry
from ...journey._definition import aims
from ...journey._elements import Aim
from ...journey._journey import Journey

__all__ = ["aim_of", "is_met", "odd_aims"]

DOWN = ("churn", "abandonment", "contraction", "lost_revenue")
SHARES = ("csat", "retention", "churn", "repurchase", "abandonment", "activation", "cross_sell", "grr", "nrr",
          "referrals")  # fmt: skip
LARGEST_SHARE = 5.0  # no revenue grows fivefold by itself: somebody wrote percent


def aim_of(journey: Journey, figure: str, labels: Mapping[str, str | None], closing: int) -> float:
    """The number that a group's figure is to reach; NaN where there is none.

    The aim of the group's touchpoint, stage or persona, else that of the journey. Of several, the one that is
    due next at the end of the period, else the latest.
    """
    for group in (*_own(journey, labels), journey.aims):
        wanted = [aim for aim in group if aim.metric == figure]
        if wanted:
            return _due(wanted, closing).value
    return float("nan")


def _own(journey: Journey, labels: Mapping[str, str | None]) -> Iterator[tuple[Aim, ...]]:
    yield from (one.aims for one in journey.touchpoints if one.id == labels.get("touchpoint"))
    yield from (one.aims for one in journey.stages if one.id == labels.get("stage"))
    yield from (one.aims for one in journey.personas if one.id == labels.get("persona"))


def _due(several: Iterable[Aim], closing: int) -> Aim:
    day = np.datetime64(closing, "us").astype("datetime64[D]").item()
    ordered = sorted(several, key=lambda aim: (aim.by is None, str(aim.by)))
    return next((aim for aim in ordered if aim.by is None or aim.by >= day), ordered[-1])


def is_met(journey: Journey, figure: str, value: float, aim: float) -> bool | None:
    """Whether the aim is reached; None without aim or figure."""
    if np.isnan(value) or np.isnan(aim):
        return None
    said = [one.direction for one in journey.metrics if one.id == figure]
    direction = (said[0] if said else None) or ("down" if figure in DOWN else "up")
    return bool(value <= aim if direction == "down" else value >= aim)


def odd_aims(journey: Journey, figures: Iterable[str]) -> Iterator[LedgerEntry]:
    """Aims of shares that seem to be written in percent."""
    for _, aim in aims(journey):
        if aim.metric in SHARES and aim.metric in figures and aim.value > LARGEST_SHARE:
            detail = f"{aim.metric} is a share: {aim.value / 100:g} instead of {aim.value:g}?"
            yield LedgerEntry("aims that seem to be in percent", 1, (), detail)
