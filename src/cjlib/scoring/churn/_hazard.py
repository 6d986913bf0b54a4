"""The hazard scorer: what is learnt from the person-periods of a panel, at once or block by block."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import attrs
import numpy as np

from ...errors import DataError, UsageError
from ...snapshots import Snapshot
from ...trace import Trace
from ..evaluation._leaks import refuse_leaks
from ._design import Design, design_of
from ._design_terms import check_bends
from ._hazard_fitted import CauseHazard, FittedHazard
from ._hazard_penalty import Chosen, chosen_penalty
from ._hazard_periods import DAY_US, WAYS, Periods, days_of, periods_of
from ._learning import Unfitted, names, names_or_all
from ._regression import Answer, Fit, Rows, fit_rows, fit_sources

__all__ = ["HazardScorer"]

SHARED = ("horizon", "event", "by", "competing", "period")  # by two fits of one model
FEW = 10  # events below which the result says that they are few
NO_STAGES = "the panel knows no stages (make it with journey=): one level for all, whatever the time in stage"


@attrs.frozen(kw_only=True)
class HazardScorer(Unfitted):
    """A discrete-time hazard, to be fitted on the rows of a panel.

    Every row at risk is followed for the horizon, in one period or in several. The chance that the event
    comes in a period is 1 - exp(-exp(η) days), the complementary log-log link, where η is a smooth baseline
    per stage in the time since it was entered plus the effects of the metrics as they were at the row's
    moment: restricted cubic splines of numbers, a column for every category, a column for what is missing. A
    ridge penalty shrinks all but the level; it is chosen by how well earlier rows foretell later ones.

    Exits compete. Where another event than churn is awaited, churn ends the waiting, and so do the events
    that ``competing`` names; each cause has a hazard of its own, and its chance is that of coming first.

    Sources: Prentice and Gloeckler, Biometrics 34 (1978), for the link on grouped times; Tutz and Schmid,
    *Modeling Discrete Time-to-Event Data* (2016), chapters 3, 5 and 8, for person-periods, penalties and
    competing causes; van Houwelingen, Scandinavian Journal of Statistics 34 (2007), for landmarks.

    Attributes:
        horizon: how far ahead scores look, and how long each row is followed.
        event: what is awaited, as for :func:`cjlib.scoring.outcomes`; churn if unsaid.
        metrics: the columns to learn from; all of the panel if unsaid.
        penalty: the strength of the ridge; chosen if unsaid, for each cause.
        by: tell the causes of the event apart, by the ``stage`` entered or by the ``reason`` of the exit.
        competing: other events that end the waiting, such as ``("expanded", "completed")``.
        period: the length of a person-period, where risks within the horizon are to be told finely; the
            whole horizon if unsaid.
        bends: how many knots the splines have, 3 to 5; 0 for straight lines.
        allow: columns that are as of the moment of the row, though their names look like outcomes.

    >>> HazardScorer(horizon="30d", event="renewed", metrics=["logins"]).requires
    frozenset({'logins'})
    """

    horizon: str | timedelta = "90d"
    event: str | None = None
    metrics: Sequence[str] | None = attrs.field(default=None, converter=names_or_all)
    penalty: float | None = None
    by: str | None = None
    competing: Sequence[str] = attrs.field(default=(), converter=names)
    period: str | timedelta | None = None
    bends: int = attrs.field(default=4, converter=check_bends)
    allow: Sequence[str] = attrs.field(default=(), converter=names)
    name: str = "hazard"

    def __attrs_post_init__(self) -> None:
        days_of(self.horizon)
        if self.period is not None:
            days_of(self.period, "a period")
        if self.by not in WAYS:
            raise UsageError(f"causes are told apart by 'stage' or by 'reason', not {self.by!r:.80}")
        if self.penalty is not None and (
            isinstance(self.penalty, bool)
            or not isinstance(self.penalty, (int, float))
            or not 0 <= self.penalty < np.inf
        ):
            raise UsageError(f"the penalty is a number, at least 0, not {self.penalty!r:.80}")

    @property
    def requires(self) -> frozenset[str]:
        """The metrics to learn from, as far as they were named."""
        return frozenset(self.metrics or ())

    def fit(self, panel: Snapshot, outcomes: Any, /) -> FittedHazard:
        """A scorer that has learnt from the rows of a panel and from what came after.

        Args:
            panel: the rows, made with ``journey=`` so that the stages are known.
            outcomes: the trace. Or, for one period and cause only, what :func:`cjlib.scoring.outcomes` made
                of it, or (n,) bool: whether the event came within the horizon; NaN where nobody knows.

        Raises:
            UsageError: if something else is passed.
            UnknownNameError: if the panel lacks a metric, or the journey the event.
            DataError: if nothing can be learnt, for no row is at risk or the event came in none or in all;
                if a column betrays the outcome, is infinite or has too many categories; if without a penalty
                there is no best fit.
        """
        periods = self._periods(panel, outcomes)
        inputs = panel.names if self.metrics is None else tuple(self.metrics)
        refuse_leaks(panel, inputs, allow=self.allow)
        chosen, rest = _causes(periods)
        said = [] if panel.has_stage else [NO_STAGES]
        design = design_of(
            panel, inputs, periods.row, _middles(periods), bends=self.bends, notes=[*said, *rest]
        )
        rows = _rows(panel, periods, design, chosen)
        why = [self._penalty(rows, number, periods) for number in range(len(chosen))]
        alone = rows if periods.overlap else attrs.evolve(rows, owner=None)
        fits = fit_rows(alone, [one.penalty for one in why])
        return self._fitted(panel, outcomes, periods, chosen, design, why, fits, rows.answers)

    def fit_blocks(
        self, blocks: Iterable[tuple[Snapshot, Any]], /, *, like: FittedHazard | None = None
    ) -> FittedHazard:
        """The fit on several blocks of customers, each a panel and a trace, without putting them together.

        Every step of Newton's method passes over the blocks once and adds up what they say. With the same
        knots and penalties the result does not depend on how the customers were divided.

        Args:
            blocks: panels and traces (or what else `fit` takes), which can be passed over again and again: a
                list, or an object that makes each when it is its turn. No customer stands in two of them.
            like: the fit whose knots and penalties are used, such as one on a sample; the fit on the first
                block if unsaid.

        Raises:
            UsageError: if the blocks can be passed over only once, or there is none.
            DataError: as for `fit`.
        """
        if isinstance(blocks, Iterator) or not isinstance(blocks, Iterable):
            raise UsageError("fit_blocks passes over the blocks several times: give a list, not an iterator")
        if like is None:
            first = next(iter(blocks), None)
            if first is None:
                raise UsageError("fit_blocks needs at least one block, a panel and a trace")
            like = self.fit(*first)
        if any(getattr(like.scorer, name) != getattr(self, name) for name in SHARED):
            told = ", ".join(f"{name}={getattr(like.scorer, name)!r}" for name in SHARED)
            raise UsageError(f"like= was fitted with {told}; this scorer differs")
        made = _Blocks(self, blocks, like)
        fits = fit_sources(
            made, [one.penalty for one in like.hazards], [one.coefficients for one in like.hazards]
        )
        return attrs.evolve(
            like, scorer=self, rows=made.rows, clustered=made.overlap,
            hazards=tuple(
                attrs.evolve(one, coefficients=fit.coefficients, log_likelihood=fit.log_likelihood,
                             errors=fit.errors(clustered=made.overlap), events=int(events))
                for one, fit, events in zip(like.hazards, fits, made.events, strict=True)
            ),
        )  # fmt: skip

    def _periods(self, panel: Snapshot, outcomes: Any) -> Periods:
        if not isinstance(panel, Snapshot):
            raise UsageError(f"fit takes a cjlib.Snapshot or panel, not {type(panel).__name__}")
        return periods_of(
            panel, outcomes, self.event, by=self.by, competing=self.competing, horizon=self.horizon,
            period=self.period,
        )  # fmt: skip

    def _penalty(self, rows: Rows, number: int, periods: Periods) -> Chosen:
        if self.penalty is not None:
            return Chosen(float(self.penalty), f"{self.penalty:g}, as given")
        return chosen_penalty(rows, number, periods.moment, round(days_of(self.horizon) * DAY_US))

    def _fitted(
        self, panel: Snapshot, outcomes: Any, periods: Periods, chosen: list[int], design: Design,
        why: list[Chosen], fits: list[Fit], answers: Sequence[Answer],
    ) -> FittedHazard:  # fmt: skip
        stages = outcomes.journey.stages if isinstance(outcomes, Trace) else ()
        over = [stage.id for stage in stages if stage.kind == "lost" or stage.id == self.event]
        hazards = tuple(
            CauseHazard(
                cause=periods.causes[number], is_awaited=number < periods.targets,
                coefficients=fit.coefficients, errors=fit.errors(clustered=periods.overlap),
                log_likelihood=fit.log_likelihood, events=int(answer.came.sum()), penalty=how.penalty,
                why=how.why,
            )
            for number, fit, how, answer in zip(chosen, fits, why, answers, strict=True)
        )  # fmt: skip
        return FittedHazard(
            scorer=self, event=periods.event, design=design, hazards=hazards, rows=len(periods),
            clustered=periods.overlap, over=tuple(over), has_stage=panel.has_stage,
        )  # fmt: skip


@attrs.define(eq=False)
class _Blocks:
    """Blocks of rows, made anew each time that they are passed over, and what they hold."""

    scorer: HazardScorer
    blocks: Iterable[tuple[Snapshot, Any]]
    like: FittedHazard
    rows: int = 0
    events: Any = 0.0
    overlap: bool = False

    def __call__(self) -> Iterator[Rows]:
        self.rows, self.events = 0, np.zeros(len(self.like.hazards))
        for panel, trace in self.blocks:
            periods = self.scorer._periods(panel, trace)
            chosen = [periods.causes.index(one.cause) for one in self.like.hazards]
            made = _rows(panel, periods, self.like.design, chosen)
            self.rows += len(made.x)
            self.events += [one.came.sum() for one in made.answers]
            self.overlap |= periods.overlap
            if len(made.x):
                yield made
        if not self.rows:
            raise DataError(f"{self.like.event}: no row of any block is at risk before the end of the replay")
        for one, count in zip(self.like.hazards, self.events, strict=True):
            if not count:
                raise DataError(f"{one.cause} came in none of {self.rows:,} periods of the blocks")


def _causes(periods: Periods) -> tuple[list[int], list[str]]:
    """The causes that came, and a note on those that came seldom or never.

    Raises:
        DataError: if there are no rows, or they have one outcome only.
    """
    if not len(periods):
        raise DataError(f"{periods.event}: no row of the panel is at risk before the end of the replay")
    counts = [float(periods.came(number).sum()) for number in range(len(periods.causes))]
    awaited = sum(counts[: periods.targets])
    if not awaited:
        raise DataError(
            f"{periods.event} came in none of {len(periods):,} periods, so nothing can be learnt of it: take "
            "more customers, a longer past or horizon, or another event="
        )
    if awaited == len(periods):
        raise DataError(f"{periods.event} came in all of {len(periods):,} periods: nothing to tell apart")
    notes = [
        f"{name} came {count:g} times only: little can be told of it" if count else f"{name} never came"
        for name, count in zip(periods.causes, counts, strict=True)
        if count < FEW
    ]
    return [number for number, count in enumerate(counts) if count], notes


def _middles(periods: Periods) -> Any:
    """(m,) days after the row's moment at which the baseline of a period is read."""
    return periods.since + periods.whole / 2


def _rows(panel: Snapshot, periods: Periods, design: Design, chosen: Sequence[int]) -> Rows:
    x = design.columns(panel, periods.row, _middles(periods))
    answers = [Answer(periods.came(number), np.log(periods.exposure(number))) for number in chosen]
    return Rows(x, answers, panel.codes_of_customers[periods.row])
