"""The key figures of a journey: what they are, on how many they rest, and whether their aims are met."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import tzinfo
from functools import cached_property
from typing import Any

import attrs
import numpy as np

from ...data._customers import Customers
from ...data._events import EventLog
from ...data._ledger import LedgerEntry
from ...errors import UnknownNameError, UsageError
from ...journey._journey import Journey
from ...trace._trace import Trace
from ._aims import odd_aims
from ._answers import ces, csat, nps
from ._by import By, Groups, NoSuchGroup, Rows, Where, listed
from ._by_facts import Facts
from ._intervals import summed
from ._key_figures import FIGURES, FLOWS, Found, KeyFigures, figure_table, move_table
from ._lifetime import Economics, clv
from ._loyalty import abandonment, activation, churn, cross_sell, repurchase, retention
from ._money import Book, arr, book_of, flow, mrr, referral_value, referrals, yearly_of
from ._periods import periods
from ._span import Counted, Span, Untold
from ._tally import tally

__all__ = ["kpis"]

COUNTED: Mapping[str, Callable[[Span], Counted]] = {
    "nps": nps, "csat": csat, "ces": ces, "retention": retention, "churn": churn, "repurchase": repurchase,
    "abandonment": abandonment, "activation": activation, "cross_sell": cross_sell, "mrr": mrr, "arr": arr,
    "referrals": referrals, "referral_value": referral_value,
}  # fmt: skip


def kpis(
    journey: Journey,
    trace: Trace,
    log: EventLog,
    *,
    period: Any,
    last: int = 1,
    by: By = None,
    where: Where = None,
    figures: Iterable[str] | None = None,
    customers: Customers | None = None,
    margin: float | str | None = None,
    acquisition_cost: float | str | None = None,
    cost_to_serve: float | str | None = None,
    hourly_cost: float | None = None,
    discount: float = 0.1,
    confidence: float = 0.95,
    tz: str | tzinfo = "UTC",
) -> KeyFigures:
    """The key figures of a journey in one or several periods, each as it was known at the period's end.

    A metric of the journey with the id of a figure says what that figure is computed from; the reference page
    tells of each what is taken otherwise. A figure that lacks what it needs is in ``missing``, never 0.

    Args:
        journey: the definition.
        trace: its replay.
        log: the events that were replayed.
        period: a pair of moments, the first included, the second not; a duration such as ``"90d"``: that
            long up to the end of the trace; ``week``, ``month``, ``quarter`` or ``year``: the latest that is
            over; or one of the calendar, such as ``"2026-Q1"``.
        last: how many such periods, the one that is meant being the last.
        by: what groups are made by: an attribute, one of ``persona role stage channel touchpoint cohort``, a
            criterion, or a list of these. Customers are in the group where they were at the start of the
            period for what compares it with its end (retention, churn, cross_sell, grr, nrr and its parts),
            else at its end; answers and stays in stages have a stage, channel and touchpoint of their own.
        where: whom it is about: a criterion, or a mapping from what ``by`` takes to labels.
        figures: which; all if unsaid.
        customers: attributes and links, where they are others than those that were replayed.
        margin: for clv, the share of revenue that is left, or the attribute that says it; so the next two.
        acquisition_cost: for clv, what winning a customer cost.
        cost_to_serve: for clv, what serving a customer costs a year.
        hourly_cost: for clv, what an hour of a touchpoint's ``effort`` costs.
        discount: for clv, by how much a year later is worth less.
        confidence: how sure intervals are.
        tz: the zone of naive moments and of the calendar.

    Raises:
        UsageError: if journey, trace and log do not belong together, or an argument makes no sense.
        UnknownNameError, CriterionError: if ``figures``, ``by`` or ``where`` names what there is not.

    >>> import cjlib as cj
    >>> journey = cj.Journey("shop", stages=[cj.Stage("care"), cj.Stage("gone", kind="lost")],
    ...     transitions=[cj.Transition("care", "gone", when='happened("left")')],
    ...     aims=[cj.Aim(metric="retention", value=0.9)])
    >>> log = cj.EventLog.from_columns(["a", "b", "c", "b"], ["came", "came", "came", "left"],
    ...     ["2026-01-01", "2026-01-02", "2026-01-03", "2026-02-05"])
    >>> trace = cj.replay(journey, log, until="2026-04-01")
    >>> print(cj.kpis(journey, trace, log, period="2026-02", figures=["retention"]))
    2026-02  retention: 0.6667 (0.2077 to 0.9385), 2 of 3, aim 0.9 not met
    """
    wanted = _wanted(figures)
    if not isinstance(confidence, (int, float)) or not 0 < confidence < 1:
        raise UsageError(f"confidence lies between 0 and 1, such as 0.95, not {confidence!r:.60}")
    economics = Economics(
        margin=margin, acquisition_cost=acquisition_cost, cost_to_serve=cost_to_serve,
        hourly_cost=hourly_cost, discount=discount,
    )  # fmt: skip
    facts = Facts.of(journey, trace, log, customers)
    found: list[Found] = []
    gaps: list[dict[str, str]] = []
    moves: list[tuple[Any, ...]] = []
    notes = list(odd_aims(journey, wanted))
    for one_period in periods(period, last, int(trace.until.view(np.int64)), tz):
        span = Span(journey=journey, facts=facts.as_known(one_period.closing), period=one_period)
        asked = _Asked(span, Groups(span.facts), by, where, economics, confidence)
        results = [asked.figure(figure) for figure in wanted]
        found += [one.found for one in results if one.found is not None]
        gaps.append({one.figure: one.why for one in results if one.found is None})
        if by is not None and any(one.found is not None and one.figure in FLOWS for one in results):
            moves += asked.moves()
        notes += [*(note for one in results for note in one.notes), *asked.groups.notes()]
    missing, odd = _missing(gaps)
    return KeyFigures(
        table=figure_table(journey, map(str, listed(by)), found),
        moved=move_table(moves),
        missing=missing,
        ledger=facts.log.ledger.add(noted=dict.fromkeys([*notes, *odd])),
        fingerprint=journey.fingerprint,
    )


def _wanted(figures: Iterable[str] | None) -> tuple[str, ...]:
    if isinstance(figures, str):
        raise UsageError(f"figures takes several names: [{figures!r}]")
    wanted = FIGURES if figures is None else tuple(dict.fromkeys(figures))
    for name in wanted:
        if name not in FIGURES:
            raise UnknownNameError("key figure", name, FIGURES)
    return wanted


def _missing(gaps: Sequence[Mapping[str, str]]) -> tuple[dict[str, str], list[LedgerEntry]]:
    """What is missing in every period and why; and notes on what is missing in some."""
    always = {name: why for name, why in gaps[-1].items() if all(name in gap for gap in gaps)}
    some: dict[tuple[str, str], int] = {}
    for gap in gaps:
        for name, why in gap.items():
            if name not in always:
                some[name, why] = some.get((name, why), 0) + 1
    notes = [
        LedgerEntry("periods without a figure", count, (), f"{name}: {why}")
        for (name, why), count in some.items()
    ]
    return always, notes


@attrs.frozen(eq=False)
class _Result:
    """A figure of one period, or why there is none."""

    figure: str
    found: Found | None = None
    why: str = ""
    notes: tuple[LedgerEntry, ...] = ()


@attrs.frozen(eq=False, slots=False)
class _Asked:
    """One period, and how its figures are divided."""

    span: Span
    groups: Groups
    by: By
    where: Where
    economics: Economics
    confidence: float

    def figure(self, figure: str) -> _Result:
        """One figure, group by group."""
        try:
            return self._clv() if figure == "clv" else self._tallied(figure)
        except (Untold, NoSuchGroup) as reason:
            return _Result(figure, why=str(reason))

    def _tallied(self, figure: str) -> _Result:
        counted = flow(self.book, figure) if figure in FLOWS else COUNTED[figure](self.span)
        found = tally(counted, self.groups, self.by, self.where, self.confidence)
        result = Found(self.span.period, figure, found, counted.method, counted.unit)
        return _Result(figure, result, notes=counted.notes)

    def _clv(self) -> _Result:
        found, notes = clv(self.span, self.economics, self.groups, self.by, self.where, self.confidence)
        result = Found(self.span.period, "clv", found, "wilson of retention", yearly_of(self.span).unit)
        return _Result("clv", result, notes=notes)

    @cached_property
    def book(self) -> Book:
        """The revenue of those who were customers at the start."""
        return book_of(self.span)

    def moves(self) -> Iterator[tuple[Any, ...]]:
        """Who is in another group at the end than at the start, way of grouping by way of grouping."""
        book, period = self.book, self.span.period
        rows = Rows(customers=book.customers)
        is_meant = self.groups.chosen(self.where, rows, period.opening)
        for way in listed(self.by):
            before, after = (self.groups.grouped(way, rows, at) for at in (period.opening, period.closing))
            width = len(after.labels)
            pairs, codes = np.unique(before.codes * width + after.codes, return_inverse=True)
            counts, start, end = (
                summed(one, codes, len(pairs))
                for one in (is_meant, book.start * is_meant, book.end * is_meant)
            )
            for number, pair in enumerate(pairs.tolist()):
                labels = before.labels[pair // width][0], after.labels[pair % width][0]
                if labels[0] != labels[1] and counts[number]:
                    sums = float(start[number]), float(end[number])
                    yield period.name, str(way), *labels, int(counts[number]), *sums
