"""Weights that the past would have chosen, shrunk towards those that a team chose by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ...data._tables import Table
from ...errors import DataError, UsageError
from ...journey._scorecards import Scorecard
from ..health._plan import HealthPlan
from ..health._run import judge
from ..health._scorer import HealthScorer, prepared
from ._labels import decided
from ._leaks import refuse_leaks
from ._measures import roc_auc
from ._penalised import KEPT, PENALTIES, chosen_penalty, fitted

if TYPE_CHECKING:
    from ...snapshots import Snapshot

__all__ = ["LearntScorer", "Learning", "learn_weights"]

Floats = NDArray[np.float64]
SMALLEST_SHARE = 1e-6  # what weighs less is switched off


@attrs.frozen(eq=False, kw_only=True, repr=False)
class Learning:
    """What was learnt, and how it differs from the weights by hand.

    Attributes:
        weights: one row per measure: ``measure``, ``group``, ``before`` and ``after`` (its share of the
            whole), ``alone`` (of all pairs, one with the event and one without, the share in which the score
            of this measure alone tells which) and ``known`` (the share of rows in which it is).
        rows: how many rows were decided.
        events: how many of them with the event.
        penalty: how strongly weights were drawn to those by hand, infinite where these were kept.
        log_loss: of customers who were left out of the fit, by the weights that were learnt.
        log_loss_before: of the same customers, by the weights by hand.
    """

    weights: Table
    rows: int
    events: int
    penalty: float
    log_loss: float
    log_loss_before: float

    @property
    def is_kept(self) -> bool:
        """Whether the weights by hand were kept, since no others were better by more than chance."""
        return bool(np.isinf(self.penalty))

    def __repr__(self) -> str:
        return f"<Learning from {self.rows:,} rows with {self.events:,} events, penalty {self.penalty:g}>"

    def __str__(self) -> str:
        lines = [f"weights learnt from {self.rows:,} rows, {self.events:,} of them with the event"]
        losses = f"log loss of customers left out {self.log_loss:.4f}, by hand {self.log_loss_before:.4f}"
        if self.is_kept:
            lines.append(f"kept as they were: nothing else is better by more than chance ({losses})")
        else:
            lines.append(losses)
        names = ("measure", "before", "after", "alone")
        rows = zip(*(self.weights[name].tolist() for name in names), strict=True)
        for measure, before, after, alone in sorted(rows, key=lambda row: -abs(row[2] - row[1])):
            told = "" if np.isnan(alone) else f"   (alone it tells {alone:.0%} of pairs)"
            lines.append(f"  {before:6.1%} -> {after:6.1%}  {measure}{told}")
        return "\n".join(lines)


@attrs.frozen
class LearntScorer(HealthScorer):
    """A `HealthScorer` with weights from the past, and what was learnt.

    Attributes:
        learning: how the weights differ from those by hand, and why.
    """

    learning: Learning | None = attrs.field(default=None, kw_only=True, repr=False, eq=False)


def learn_weights(
    scorer: HealthScorer,
    panel: Snapshot,
    outcomes: Any,
    *,
    horizon: str | timedelta | None = None,
    risk: str = "low",
    penalty: float | None = None,
    seed: int = 0,
) -> LearntScorer:
    """The same scorecard, with the weights by which it would have foretold the event best.

    Curves, bands, policies, pulse and overrides stay. Weights are never negative, so that every measure goes
    on pointing where its curve points. They are found by logistic regression on the scores of the measures,
    where a ridge penalty draws their proportions towards those by hand. How strongly is chosen by the log
    loss of customers who were left out (five times a fifth); of penalties that are no worse than the best by
    more than a standard error, the strongest wins, and keeping the weights is one of them.

    Measures that say the same of everybody, and what they share with the rest, keep their share. Rows in
    stages or personas with weights of their own are left out; so are rows whose outcome is not decided.

    Source of the penalty towards a target: van Wieringen and Binder, *Transfer learning of regression models
    from a sequence of datasets by penalized estimation* (2022); of the rule of one standard error: Breiman et
    al., *Classification and Regression Trees* (1984), 3.4.3.

    Args:
        scorer: with the weights by hand; its groups make means or sums.
        panel: customers at moments of the past.
        outcomes: what :func:`cjlib.scoring.outcomes` found, with a ``horizon``; or one number per row: 1
            where the event came, 0 where it did not, NaN where that is not decided.
        horizon: within which the event counts, if ``outcomes`` are times.
        risk: whether ``low`` scores go with the event (churn) or ``high`` ones (renewal).
        penalty: how strongly to draw; chosen if unsaid.
        seed: for the division of customers.

    Returns:
        A scorer like the old one. Its ``learning`` tells what differs: print it.

    Raises:
        UsageError: if an argument is of the wrong kind, or the scorecard takes the worst of something.
        DataError: if there is nothing to learn from, or an input betrays the outcome.

    >>> import cjlib as cj
    >>> line = cj.curves.linear(0, 10)
    >>> measures = [cj.Measure(name, metric=name, curve=line) for name in ("logins", "noise")]
    >>> rng = np.random.default_rng(1)
    >>> logins, noise = rng.uniform(0, 10, (2, 400))
    >>> left = (rng.random(400) < 1 / (1 + np.exp(logins - 3))).astype(float)
    >>> table = cj.Snapshot.from_frame({"customer": range(400), "logins": logins, "noise": noise})
    >>> card = cj.Scorecard("health", groups=[cj.Group("all", measures=measures)])
    >>> learnt = learn_weights(cj.HealthScorer(card), table, left)
    >>> learnt.scorecard.measure("logins").weight > 3 * learnt.scorecard.measure("noise").weight
    True
    """
    _check(scorer, risk, penalty)
    refuse_leaks(panel, sorted(scorer.requires))
    came = decided("learn_weights", panel, outcomes, horizon)
    read = prepared(scorer, panel, as_scores=True)
    is_own = np.ones(len(panel), bool) if read.variants is None else read.variants == 0
    rows = np.flatnonzero(~np.isnan(came) & is_own)
    happened = came[rows]
    if not 0 < happened.sum() < len(rows):
        found = f"{int(happened.sum()):,} of {len(rows):,} decided rows have the event"
        raise DataError(f"learn_weights: {found}, so there is nothing to learn from")
    plan = read.plans[0]
    _, _, filled, weighed = judge(read, 0, rows)
    by_hand = _shares(plan)
    scores = _scores(scorer.scorecard, plan, filled, weighed)
    signed = -scores if risk == "low" else scores
    is_moved = scores.std(axis=1) > 1e-9 * max(map(abs, scorer.scorecard.scale))
    customer = panel.codes_of_customers[rows]
    among = PENALTIES if penalty is None else (float(penalty), KEPT)
    choice = chosen_penalty(signed[is_moved], happened, by_hand[is_moved], customer, seed, among)
    if penalty is not None:
        choice = attrs.evolve(choice, penalty=float(penalty), loss=choice.losses[0])
    learnt = by_hand.copy()
    if not np.isinf(choice.penalty) and is_moved.sum() > 1:
        slopes = fitted(signed[is_moved], happened, by_hand[is_moved], choice.penalty).slopes
        if slopes.sum() > 0:
            learnt[is_moved] = slopes / slopes.sum() * by_hand[is_moved].sum()
            learnt[learnt < SMALLEST_SHARE * learnt.sum()] = 0.0
    card = _with_shares(scorer.scorecard, plan, learnt)
    learning = Learning(
        weights=_table(plan, by_hand, learnt, signed, happened, filled), rows=len(rows),
        events=int(happened.sum()), penalty=choice.penalty, log_loss=choice.loss, log_loss_before=choice.kept,
    )  # fmt: skip
    return LearntScorer(card, journey=scorer.journey, overrides=scorer.overrides, learning=learning)


def _check(scorer: object, risk: object, penalty: Any) -> None:
    if not isinstance(scorer, HealthScorer):
        raise UsageError(f"learn_weights: a HealthScorer was expected, not {scorer!r:.80}")
    card = scorer.scorecard
    if "worst" in {card.combine, *(group.combine or card.combine for group in card.groups)}:
        raise UsageError(f"scorecard {card.id!r} takes the worst of something, where weights mean nothing")
    if risk not in ("low", "high"):
        raise UsageError(f"learn_weights: risk is 'low' or 'high' scores, not {risk!r:.80}")
    is_number = isinstance(penalty, (int, float)) and not isinstance(penalty, bool)
    if penalty is not None and not (is_number and penalty >= 0):
        raise UsageError(f"learn_weights: a penalty is a number from 0 on, not {penalty!r:.80}")


def _shares(plan: HealthPlan) -> Floats:
    """(m,) how much of the score every measure makes, in sums the factor of its points."""
    groups, measures, card = plan.arrays.groups, plan.arrays.measures, plan.arrays.card[0]
    number = np.repeat(np.arange(len(groups)), groups["last"] - groups["first"])
    is_mean = [_is_mean(one) for one in groups["combine"]]
    within = np.where(
        np.array(is_mean)[number], measures["weight"] / groups["total"][number], measures["weight"]
    )
    whole = groups["weight"] / card["total"] if _is_mean(card["combine"]) else groups["weight"]
    return np.asarray(whole[number] * within, np.float64)


def _is_mean(combine: Any) -> bool:
    return bool(combine == 0)


def _scores(card: Scorecard, plan: HealthPlan, filled: Floats, weighed: Floats) -> Floats:
    """(m, n) how far each measure is from neutral, or in a sum from nothing; 0 where it is left out."""
    groups, neutral = plan.arrays.groups, plan.arrays.card["neutral"][0]
    number = np.repeat(np.arange(len(groups)), groups["last"] - groups["first"])
    reference = np.where([_is_mean(one) for one in groups["combine"]], neutral, 0.0)[number]
    moved = (filled - reference[:, None]) * weighed
    return np.where(np.isnan(moved), 0.0, moved)


def _with_shares(card: Scorecard, plan: HealthPlan, shares: Floats) -> Scorecard:
    """The scorecard with weights that give these shares."""
    own = dict(zip((measure.id for measure in plan.measures), shares.tolist(), strict=True))
    total = sum(group.weight for group in card.groups) if card.combine == "mean" else 1.0
    groups = []
    for group in card.groups:
        sizes = {one.id: own.get(one.id, 0.0) for one in group.measures}
        is_mean = (group.combine or card.combine) == "mean"
        if not any(sizes.values()):
            groups.append(attrs.evolve(group, weight=0.0))
            continue
        weight = sum(sizes.values()) * total if is_mean else group.weight
        factor = 100 / sum(sizes.values()) if is_mean else total / group.weight
        measures = [attrs.evolve(one, weight=sizes[one.id] * factor) for one in group.measures]
        groups.append(attrs.evolve(group, weight=weight, measures=measures))
    return attrs.evolve(card, groups=groups)


def _table(
    plan: HealthPlan, before: Floats, after: Floats, signed: Floats, happened: Floats, filled: Floats
) -> Table:
    groups = plan.arrays.groups
    number = np.repeat(np.arange(len(groups)), groups["last"] - groups["first"])
    columns: dict[str, Any] = {
        "measure": np.array([measure.id for measure in plan.measures], object),
        "group": np.array([plan.groups[g] for g in number], object),
        "before": before / before.sum(),
        "after": after / after.sum(),
        "alone": np.array([roc_auc(one, happened) for one in signed]),
        "known": 1.0 - np.isnan(filled).mean(axis=1),
    }
    return Table(columns, name="weights")
