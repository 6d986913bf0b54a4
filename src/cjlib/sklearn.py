"""Snapshots in scikit-learn's pipelines; needs the extra ``ml``.

It is not imported by ``import cjlib``: write ``from cjlib.sklearn import SnapshotFeatures``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .errors import DataError, MissingExtraError, UnknownNameError, UsageError
from .snapshots import Snapshot

try:
    from sklearn.base import BaseEstimator, TransformerMixin
    from sklearn.utils.validation import check_is_fitted, validate_data
except ImportError as error:
    raise MissingExtraError("scikit-learn", "ml", "cjlib.sklearn") from error

__all__ = ["SnapshotFeatures"]


class SnapshotFeatures(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """The metrics of a snapshot or panel as the matrix that scikit-learn's estimators take.

    Numbers stay as they are, NaN included; a category becomes a column of 0 and 1 for each value that was
    seen when it was fitted, all NaN where it is missing and all 0 where the value is new. An array or a frame
    of numbers passes through, so that the transformer stands wherever others do.

    Args:
        metrics: which metrics, in this order; unsaid, all that the snapshot has when it is fitted.

    Attributes:
        metrics_: the metrics that are read.
        categories_: by metric, the values that became columns.
        n_features_in_: how many metrics there were.

    >>> import cjlib as cj
    >>> table = {"customer": ["a", "b", "c"], "logins": [3, None, 9], "plan": ["pro", "free", None]}
    >>> features = SnapshotFeatures().fit(cj.Snapshot.from_frame(table))
    >>> features.get_feature_names_out().tolist()
    ['logins', 'plan=free', 'plan=pro']
    >>> features.transform(cj.Snapshot.from_frame(table))
    array([[ 3.,  0.,  1.],
           [nan,  1.,  0.],
           [ 9., nan, nan]])
    """

    def __init__(self, metrics: Sequence[str] | None = None) -> None:
        self.metrics = metrics

    def fit(self, X: Any, y: Any = None) -> SnapshotFeatures:
        """Learn which columns there are.

        Args:
            X: a snapshot or panel; or an array or frame of numbers.
            y: not looked at.

        Raises:
            UnknownNameError: if the snapshot lacks a metric.
            UsageError: if metrics are named and no snapshot is given.
        """
        if not isinstance(X, Snapshot):
            if self.metrics is not None:
                raise UsageError(
                    f"metrics={self.metrics!r} are those of a Snapshot, not of {type(X).__name__}"
                )
            _numbers(self, X, reset=True)
            self.metrics_ = None
            return self
        names = X.names if self.metrics is None else tuple(self.metrics)
        if not names:
            raise DataError("the snapshot has no metric")
        kinds = {name: X.kind(name) for name in names}
        self.metrics_ = names
        self.categories_ = {
            name: tuple(sorted({*X[name].tolist()} - {None}, key=str))
            for name, kind in kinds.items()
            if kind == "category"
        }
        self.n_features_in_ = len(names)
        self.feature_names_in_ = np.array(names, dtype=object)
        return self

    def transform(self, X: Any) -> Any:
        """(n, k) float64, a row for each row of the snapshot.

        Raises:
            UnknownNameError: if the snapshot lacks a metric.
            DataError: if a metric is a number here and was a category when it was fitted, or the reverse.
        """
        check_is_fitted(self, "metrics_")
        if self.metrics_ is None:
            return _numbers(self, X, reset=False)
        if not isinstance(X, Snapshot):
            raise UsageError(f"it was fitted on a Snapshot; another was expected, not {type(X).__name__}")
        return np.column_stack([self._columns(X, name) for name in self.metrics_])

    def _columns(self, snapshot: Snapshot, name: str) -> Any:
        known = self.categories_.get(name)
        is_category = snapshot.kind(name) == "category"
        if known is None and not (is_category and snapshot.categories(name)):
            return np.asarray(snapshot[name], np.float64)
        if known is not None and not is_category and np.isnan(snapshot[name]).all():
            return np.full((len(snapshot), len(known)), np.nan)
        if known is None or not is_category:
            was = "a number" if known is None else "a category"
            raise DataError(f"metric {name!r} was {was} when it was fitted, and is none in this snapshot")
        position = {value: code for code, value in enumerate(snapshot.categories(name))}
        wanted = np.array([position.get(value, len(position)) for value in known], np.int32)
        codes = snapshot.codes(name)[:, None]
        return np.where(codes < 0, np.nan, codes == wanted)

    def get_feature_names_out(self, input_features: Any = None) -> Any:
        """(k) the names of the columns: a metric, or ``metric=value`` of a category."""
        check_is_fitted(self, "metrics_")
        if self.metrics_ is None:
            return _names_out(self, input_features)
        given = None if input_features is None else tuple(input_features)
        if given not in (None, self.metrics_):
            raise UnknownNameError("features", given, [self.metrics_])
        names = []
        for name in self.metrics_:
            known = self.categories_.get(name)
            names += [name] if known is None else [f"{name}={value}" for value in known]
        return np.array(names, dtype=object)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


def _numbers(features: Any, given: Any, *, reset: bool) -> Any:
    options = {"dtype": np.float64, "ensure_all_finite": "allow-nan", "reset": reset}
    return validate_data(features, given, **options)


def _names_out(features: Any, input_features: Any) -> Any:
    """As scikit-learn names features that come out as they went in."""
    from sklearn.utils.validation import _check_feature_names_in

    return _check_feature_names_in(features, input_features)
