"""Any classifier of scikit-learn's as a scorer, calibrated on later data than it was fitted on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ...criteria._literals import as_duration
from ...errors import DataError, MissingExtraError, UnknownNameError, UsageError
from .._checks import inverse
from .._contract import Scores
from ..evaluation._measures import log_loss
from ._calibration import AsSaid, Calibration, isotonic_of, log_odds_of, platt_of
from ._learning import (
    Decided,
    Encoding,
    Unfitted,
    decided,
    encoding_of,
    inputs_of,
    later_rows,
    names,
    names_or_all,
)

if TYPE_CHECKING:
    from ...snapshots import Snapshot

__all__ = ["EstimatorScorer", "FittedEstimator"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WAYS = ("chosen", "as said", "platt", "isotonic")
WEIGHTS = ("class_weight", "scale_pos_weight", "is_unbalance", "auto_class_weights")
NO_WEIGHTS = (None, False, 1, 1.0)


def _classifier(_: object, __: object, given: Any) -> None:
    if not hasattr(given, "fit") or not hasattr(given, "get_params") or isinstance(given, type):
        raise UsageError(
            f"a scikit-learn classifier was expected (an object, not a class), not {given!r:.80}"
        )
    if not hasattr(given, "predict_proba") and not hasattr(given, "decision_function"):
        raise UsageError(f"{type(given).__name__} has neither predict_proba nor decision_function")
    for name, value in given.get_params(deep=True).items():
        is_none = any(value is no or value == no for no in NO_WEIGHTS)
        if name.rpartition("__")[2] in WEIGHTS and not is_none:
            raise UsageError(
                f"{name}={value!r:.40} makes every probability wrong and ranks no better; leave it out: "
                "rare events need no weights"
            )


@attrs.frozen(kw_only=True)
class EstimatorScorer(Unfitted):
    """A classifier of scikit-learn's, to be fitted on earlier rows and calibrated on later ones.

    Numbers reach the classifier as they are, categories as one column per level. Where it takes no missing
    numbers, these stand at the median, and a column says that they are missing. What the classifier says is
    then held against later rows: as said, along Platt's line or along an isotonic curve, whichever foretells
    the other half of their customers better.

    Needs scikit-learn (``pip install "cjlib[ml]"``).

    Attributes:
        estimator: the classifier, or a pipeline that ends in one; it is copied, never fitted itself.
        horizon: within which time the event is awaited.
        event: what is awaited, as for :func:`cjlib.scoring.outcomes`; churn if unsaid.
        metrics: the columns to learn from; all of the panel if unsaid.
        calibration: ``chosen``, or one of ``as said``, ``platt`` and ``isotonic``.
        allow: columns that are as of the moment of the row, though their names look like outcomes.
        seed: of the choice of rows where time does not order them, and of customers who choose.

    >>> from sklearn.linear_model import LogisticRegression
    >>> EstimatorScorer(LogisticRegression(), horizon="30d").name
    'LogisticRegression'
    """

    estimator: Any = attrs.field(kw_only=False, validator=_classifier)
    horizon: str | timedelta = "90d"
    event: str | None = None
    metrics: Sequence[str] | None = attrs.field(default=None, converter=names_or_all)
    calibration: str = "chosen"
    allow: Sequence[str] = attrs.field(default=(), converter=names)
    seed: int = 0

    def __attrs_post_init__(self) -> None:
        as_duration(self.horizon)
        if self.calibration not in WAYS:
            raise UnknownNameError("calibration", self.calibration, WAYS)

    @property
    def name(self) -> str:
        """The class of the estimator, or of the last step of a pipeline."""
        steps = getattr(self.estimator, "steps", None)
        return type(steps[-1][1] if steps else self.estimator).__name__

    @property
    def requires(self) -> frozenset[str]:
        """The metrics to learn from, as far as they were named."""
        return frozenset(self.metrics or ())

    def fit(self, panel: Snapshot, outcomes: Any, /) -> FittedEstimator:
        """A scorer that has learnt from rows whose outcome is known.

        The classifier sees the earlier three quarters of the time, less one horizon; the calibration sees the
        last quarter. Where the rows are of one moment, customers are divided at random instead.

        Args:
            panel: a snapshot or panel.
            outcomes: a trace, what :func:`cjlib.scoring.outcomes` made of it, or (n,) bool: whether the
                event came within the horizon; NaN where nobody knows.

        Raises:
            MissingExtraError: without scikit-learn.
            UsageError: if something else is passed.
            DataError: if nothing can be learnt, or an input betrays the outcome.
        """
        found = decided(panel, outcomes, event=self.event, horizon=self.horizon)
        rows = panel.select(found.rows)
        earlier, later, how = self._divided(rows, found)
        inputs = inputs_of(panel, self.metrics, allow=self.allow)
        past = rows.select(earlier)
        encoding, notes = encoding_of(past, inputs, found.happened[earlier])
        if not encoding.names:
            raise DataError("there is no column to learn from: each is the same everywhere")
        design = _design(past, encoding, _takes_missing(self.estimator))
        fitted = _copy(self.estimator).fit(design.matrix(past), found.happened[earlier])
        bare = FittedEstimator(
            scorer=self, estimator=fitted, event=found.event, design=design, calibration=AsSaid(),
            rate=float(found.happened[later].mean()), notes=(*found.notes, *notes), rows=len(rows),
        )  # fmt: skip
        after = rows.select(later)
        chosen, why = self._calibrated(bare.log_odds(after), found.happened[later], after.codes_of_customers)
        return attrs.evolve(bare, calibration=chosen, notes=(*bare.notes, f"{how}; {why}"))

    def _divided(self, rows: Snapshot, found: Decided) -> tuple[Ints, Ints, str]:
        divided, how = later_rows(rows, self.horizon), "calibrated on later rows"
        if divided is None:
            customers = rows.codes_of_customers
            is_later = np.random.default_rng(self.seed).random(len(rows.ids))[customers] < 0.25
            divided, how = (np.flatnonzero(~is_later), np.flatnonzero(is_later)), "calibrated on a quarter"
        for part, what in zip(divided, ("fit", "calibration"), strict=True):
            if len(np.unique(found.happened[part])) < 2:
                raise DataError(
                    f"{found.event}: of the {len(part):,} rows for the {what} all have the same outcome; "
                    "more rows or moments are needed"
                )
        return *divided, how

    def _calibrated(self, said: Floats, came: Floats, customers: Any) -> tuple[Calibration, str]:
        """The calibration that foretells the other half of the customers best."""
        makers: dict[str, Callable[[Floats, Floats], Calibration]] = {
            "as said": lambda *_: AsSaid(),
            "platt": platt_of,
            "isotonic": isotonic_of,
        }
        if self.calibration != "chosen":
            return makers[self.calibration](said, came), f"{self.calibration}, as asked for"
        half = np.random.default_rng(self.seed + 1).random(1 + int(customers.max(initial=0)))[customers] < 0.5
        losses = dict.fromkeys(makers, 0.0)
        for fit, judge in ((half, ~half), (~half, half)):
            if len(np.unique(came[fit])) < 2 or not judge.any():
                return AsSaid(), "as said: too few rows to choose"
            for way, make in makers.items():
                losses[way] += log_loss(make(said[fit], came[fit])(said[judge]), came[judge]) * judge.mean()
        best = min(losses, key=losses.__getitem__)
        told = ", ".join(f"{way} {loss:.4f}" for way, loss in losses.items())
        return makers[best](said, came), f"{best}, by log loss on other customers ({told})"


@attrs.frozen(eq=False, kw_only=True)
class _Design:
    """What becomes a column of the classifier's matrix.

    Attributes:
        encoding: how columns become numbers.
        medians: per column the number that stands for what is missing; NaN where it stays missing.
    """

    encoding: Encoding
    medians: tuple[float, ...]

    def matrix(self, snapshot: Snapshot) -> Floats:
        """(n, k) float64."""
        made = []
        for values, levels, median in zip(
            self.encoding.columns(snapshot), self.encoding.levels, self.medians, strict=True
        ):
            if levels is not None:
                made += [values == place for place in range(len(levels))]
            elif np.isnan(median):
                made.append(values)
            else:
                is_missing = np.isnan(values)
                made += [np.where(is_missing, median, values), is_missing]
        return np.stack(made, axis=1).astype(np.float64)


@attrs.frozen(eq=False, kw_only=True, repr=False)
class FittedEstimator:
    """A classifier that was fitted and calibrated; made by :meth:`EstimatorScorer.fit`.

    Attributes:
        scorer: with what it was fitted.
        estimator: the fitted classifier.
        event: what is awaited.
        design: how a snapshot becomes its matrix.
        calibration: what becomes of what it says.
        rate: of events in the rows it was calibrated on; what its scores start from.
        rows: how many rows were decided.
        notes: what was left out, and how the calibration was chosen.
    """

    scorer: EstimatorScorer
    estimator: Any
    event: str
    design: _Design
    calibration: Calibration
    rate: float
    rows: int
    notes: tuple[str, ...]

    @property
    def name(self) -> str:
        """The class of the estimator."""
        return self.scorer.name

    @property
    def horizon(self) -> str | timedelta:
        """Within which time the event is awaited."""
        return self.scorer.horizon

    @property
    def requires(self) -> frozenset[str]:
        """The metrics that it reads."""
        return self.design.encoding.requires

    @property
    def fingerprint(self) -> str:
        """A content hash of settings and of what it was fitted on; not of what is inside the classifier."""
        told = (
            repr(self.estimator),
            self.event,
            str(self.horizon),
            self.design.encoding,
            self.design.medians,
        )
        return hashlib.sha256(
            repr((*told, self.calibration.label, self.rate, self.rows)).encode()
        ).hexdigest()

    def __repr__(self) -> str:
        return f"<{self.name} of {self.event} within {self.horizon}, {self.calibration.label}>"

    def score(self, snapshot: Snapshot, /) -> Scores:
        """The probability that the event comes within the horizon; its only part is what the classifier says.

        Raises:
            UnknownNameError: if the snapshot lacks a column.
            DataError: if a number became a category, or the other way round.
        """
        said = log_odds_of(self.calibration(self.log_odds(snapshot)))
        base = float(log_odds_of(np.array([self.rate]))[0])
        return Scores(
            inverse(said, "logit"), scorer=self, snapshot=snapshot, parts={self.name: said - base},
            base=base, link="logit", coverage=self._coverage(snapshot),
        )  # fmt: skip

    def log_odds(self, snapshot: Snapshot) -> Floats:
        """(n,) what the classifier says before calibration."""
        if not len(snapshot):
            return np.empty(0)
        matrix = self.design.matrix(snapshot)
        if hasattr(self.estimator, "predict_proba"):
            return log_odds_of(np.asarray(self.estimator.predict_proba(matrix)[:, 1], np.float64))
        return np.asarray(self.estimator.decision_function(matrix), np.float64)

    def _coverage(self, snapshot: Snapshot) -> Floats:
        columns = self.design.encoding.columns(snapshot)
        found: Floats = 1 - np.mean([np.isnan(values) for values in columns], axis=0)
        return found


def _design(rows: Snapshot, encoding: Encoding, takes_missing: bool) -> _Design:
    columns = zip(encoding.columns(rows), encoding.levels, strict=True)
    medians = [np.nan if levels is not None or takes_missing else float(np.nanmedian(values))
               for values, levels in columns]  # fmt: skip
    return _Design(encoding=encoding, medians=tuple(medians))


def _sklearn() -> Any:
    try:
        import sklearn.base
        import sklearn.utils
    except ImportError:
        raise MissingExtraError("scikit-learn", "ml", "an estimator as a scorer") from None
    return sklearn


def _copy(estimator: Any) -> Any:
    return _sklearn().base.clone(estimator)


def _takes_missing(estimator: Any) -> bool:
    return bool(_sklearn().utils.get_tags(estimator).input_tags.allow_nan)
