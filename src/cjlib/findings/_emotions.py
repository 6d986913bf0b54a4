"""What was felt at a touchpoint, against what the map assumes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ..data import Coded, Table
from ..journey import Metric, Touchpoint
from ._chance import LEVEL, corrected
from ._contacts import Contacts, felt_metrics
from ._contract import Finding, Place, Test
from ._given import Given
from ._say import said
from ._stays import persona_codes

__all__ = ["Emotions", "emotions", "felt_by_customer"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

SCALES = ((0.0, 1.0), (1.0, 5.0), (1.0, 7.0), (0.0, 10.0), (0.0, 100.0))


@attrs.frozen(kw_only=True)
class Emotions:
    """Touchpoints that are felt otherwise than the notes on the map assume.

    The assumed emotion is the mean of the notes of a touchpoint, of all or of one persona, from −2 to +2. The
    felt one is the mean over customers of their mean answer to the touchpoint's metrics, put on the same
    scale: the smallest of 0–1, 1–5, 1–7, 0–10, 0–100 that holds all answers (NPS: 0–10). It is told where the
    two are at least ``apart`` and the t-test says that it is not chance.

    Attributes:
        apart: the least distance worth telling.

    >>> Emotions(apart=0.5).name
    'emotions'
    """

    apart: float = 1.0
    name: str = attrs.field(default="emotions", init=False)
    needs: frozenset[str] = attrs.field(default=frozenset({"log"}), init=False)

    def detect(self, given: Given, /) -> Iterator[Finding]:
        """One finding per touchpoint and persona that is felt otherwise."""
        contacts = Contacts.of(given)
        found = [
            (touchpoint, persona, assumed, who, felt)
            for touchpoint in given.journey.touchpoints
            for persona, assumed in _assumed(touchpoint).items()
            for who, felt in [_felt(contacts, touchpoint, persona)]
            if len(felt) > 2
        ]
        ps = corrected([_t_test(felt, assumed)[1] for *_, assumed, _, felt in found])
        for (touchpoint, persona, assumed, who, felt), p in zip(found, ps, strict=True):
            if p <= LEVEL and abs(float(felt.mean()) - assumed) >= self.apart:
                yield _finding(given, touchpoint, persona, assumed, who, felt, p)


def emotions(contacts: Contacts) -> dict[str, float]:
    """The felt emotion of each touchpoint that has a metric of satisfaction, from −2 to +2."""
    touchpoints = contacts.given.journey.touchpoints
    felt = {one.id: _felt(contacts, one, None)[1] for one in touchpoints}
    return {id: float(values.mean()) for id, values in felt.items() if len(values)}


def felt_by_customer(contacts: Contacts) -> Floats:
    """(n,) the mean of what each customer felt at all touchpoints, from −2 to +2; NaN if never asked."""
    total, count = (np.zeros(len(contacts.given.trace.ids)) for _ in range(2))
    for touchpoint in contacts.given.journey.touchpoints:
        who, felt = _felt(contacts, touchpoint, None)
        total[who] += felt
        count[who] += 1
    with np.errstate(invalid="ignore"):
        return total / np.where(count > 0, count, np.nan)


def _assumed(touchpoint: Touchpoint) -> dict[str | None, float]:
    """The mean emotion of the notes, by persona; None stands for everyone's."""
    noted: dict[str | None, list[int]] = {}
    for note in touchpoint.notes:
        if note.emotion is not None:
            noted.setdefault(note.persona, []).append(note.emotion)
    return {persona: float(np.mean(values)) for persona, values in noted.items()}


def _felt(contacts: Contacts, touchpoint: Touchpoint, persona: str | None) -> tuple[Ints, Floats]:
    """(k,) customers who answered, and what each felt on the whole, from −2 to +2."""
    rows, felt = [], []
    for metric in felt_metrics(contacts.given, touchpoint):
        positions = np.flatnonzero(contacts.answers(metric))
        if len(positions):
            assert contacts.log.value is not None
            rows.append(positions)
            felt.append(_as_emotion(metric, contacts.log.value[positions]))
    if not rows:
        return np.zeros(0, np.int64), np.zeros(0)
    who = contacts.customer[np.concatenate(rows)].astype(np.int64)
    values: Any = np.concatenate(felt)
    if persona is not None:
        given = contacts.given
        wanted = [one.id for one in given.journey.personas].index(persona)
        is_one = persona_codes(given)[who] == wanted
        who, values = who[is_one], values[is_one]
    customers, places = np.unique(who, return_inverse=True)
    return customers, np.bincount(places, values) / np.bincount(places)


def _as_emotion(metric: Metric, values: Floats) -> Floats:
    fitting = [(low, high) for low, high in SCALES if low <= values.min() and values.max() <= high]
    low, high = (
        (0.0, 10.0) if metric.aggregate == "nps" else fitting[0] if fitting else (values.min(), values.max())
    )
    felt: Floats = 4 * (values - low) / (high - low) - 2 if high > low else np.zeros(len(values))
    return -felt if metric.direction == "down" else felt


def _t_test(felt: Floats, assumed: float) -> tuple[float, float]:
    """Statistic and p that the mean is the assumed one; where all feel the same there is no chance in it."""
    from scipy.stats import ttest_1samp

    if np.ptp(felt) < 1e-12:
        return (0.0, 1.0) if abs(felt[0] - assumed) < 1e-12 else (np.inf, 0.0)
    test = ttest_1samp(felt, assumed)
    return float(test.statistic), float(test.pvalue)


def _finding(
    given: Given,
    touchpoint: Touchpoint,
    persona: str | None,
    assumed: float,
    who: Ints,
    felt: Floats,
    p: float,
) -> Finding:
    from scipy.stats import t

    mean = float(felt.mean())
    half = float(t.ppf(0.975, len(felt) - 1) * felt.std(ddof=1) / np.sqrt(len(felt)))
    is_worse = mean < assumed
    apart = (felt < assumed) if is_worse else (felt > assumed)
    kind = "felt worse" if is_worse else "felt better"
    return Finding(
        kind=kind,
        place=Place(touchpoint=touchpoint.id, persona=persona),
        who=given.who(who[apart]),
        of=len(who),
        estimate=mean,
        low=mean - half,
        high=mean + half,
        unit="emotion",
        base=assumed,
        test=Test(name="t", statistic=_t_test(felt, assumed)[0], p=p),
        evidence=Table({"customer": Coded(who, given.trace.ids), "felt": felt}, name="answers"),
        **said(kind, touchpoint=touchpoint.label or touchpoint.id, felt=mean, assumed=assumed, of=len(who)),
    )
