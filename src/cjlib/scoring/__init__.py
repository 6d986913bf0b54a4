"""Scores of customers: the contract, and health by a scorecard."""

from ._contract import Fingerprints, Scorer, Scores
from ._explanation import ScoreExplanation
from ._rollup import rollup
from ._series import ScorePanel, score_panel
from .churn._additive import AdditiveScorer, FittedAdditive
from .churn._estimator import EstimatorScorer, FittedEstimator
from .evaluation._backtest import backtest
from .evaluation._leaks import refuse_leaks
from .evaluation._outcomes import Outcomes, outcomes
from .evaluation._verdict import Backtest
from .health._counterfactual import counterfactual
from .health._overrides import Override
from .health._scorer import HealthScorer
from .health._sensitivity import sensitivity

__all__ = [
    "AdditiveScorer",
    "Backtest",
    "EstimatorScorer",
    "Fingerprints",
    "FittedAdditive",
    "FittedEstimator",
    "HealthScorer",
    "Outcomes",
    "Override",
    "ScoreExplanation",
    "ScorePanel",
    "Scorer",
    "Scores",
    "backtest",
    "counterfactual",
    "outcomes",
    "refuse_leaks",
    "rollup",
    "score_panel",
    "sensitivity",
]
