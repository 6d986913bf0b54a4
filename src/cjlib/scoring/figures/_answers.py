"""What customers answered: net promoter score, satisfaction, effort."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...data._ledger import LedgerEntry
from ._by import Rows
from ._span import Counted, Span, Untold

__all__ = ["ces", "csat", "nps"]

Floats = NDArray[np.float64]

NPS_SCALE = (0.0, 10.0)
CSAT_SCALE, SATISFIED = (1.0, 5.0), (4.0, 5.0)
CES_SCALE = (1.0, 7.0)


def nps(span: Span) -> Counted:
    """Promoters (9 and 10) minus detractors (0 to 6) of all answers, -100 to 100 (F. Reichheld, 2003)."""
    rows, values, notes = _answers(span, "nps", NPS_SCALE)
    counted = (values >= 9).astype(float) - (values <= 6)
    return _counted(
        span, rows, counted, notes, method="tango", scale=100.0, bounds=(-100.0, 100.0), unit="points"
    )


def csat(span: Span) -> Counted:
    """The share of the answers that are satisfied, 4 or 5 of 5; as a mean if the metric says so."""
    return _shared_or_mean(span, "csat", CSAT_SCALE, SATISFIED)


def ces(span: Span) -> Counted:
    """The mean answer, 1 to 7; as a share if the metric says so (CES 2.0: 7 is effortless)."""
    return _shared_or_mean(span, "ces", CES_SCALE, None)


def _shared_or_mean(
    span: Span, figure: str, scale: tuple[float, float], usual: tuple[float, float] | None
) -> Counted:
    metric = span.metric(figure)
    between = usual if metric is None or metric.between is None else metric.between
    is_mean = (figure == "ces" or (metric is not None and metric.aggregate == "mean")) and (
        metric is None or metric.between is None
    )
    if is_mean:
        known = scale if metric is None else (-np.inf, np.inf)
        rows, values, notes = _answers(span, figure, known)
        unit = "points" if metric is None or not metric.unit else metric.unit
        return _counted(span, rows, values, notes, method="ratio", bounds=known, unit=unit)
    assert between is not None
    is_own = metric is not None and metric.between is not None
    rows, values, notes = _answers(span, figure, (-np.inf, np.inf) if is_own else scale)
    return _counted(span, rows, ((values >= between[0]) & (values <= between[1])).astype(float), notes)


def _answers(
    span: Span, figure: str, scale: tuple[float, float]
) -> tuple[Rows, Floats, tuple[LedgerEntry, ...]]:
    """The answers of the period; what lies off the scale is none."""
    found, log = span.events(figure, figure), span.facts.log
    if log.value is None:
        raise Untold(f"the events of {figure!r} have no values")
    found = found[span.within(log.time[found])]
    values = log.value[found]
    is_answer = (values >= scale[0]) & (values <= scale[1])
    off = int(np.count_nonzero(~is_answer & ~np.isnan(values)))
    detail = f"{figure} in {span.period.name}: answers lie between {scale[0]:g} and {scale[1]:g}"
    notes = (LedgerEntry("values off the scale", off, (), detail),) if off else ()
    found = found[is_answer]
    return Rows(customers=span.facts.owners(found), events=found), values[is_answer], notes


def _counted(
    span: Span, rows: Rows, values: Floats, notes: tuple[LedgerEntry, ...], **options: object
) -> Counted:
    ones = np.ones(len(values))
    return Counted(
        rows=rows,
        numerator=values,
        denominator=ones,
        moment=span.period.closing,
        notes=notes,
        **options,  # type: ignore[arg-type]
    )
